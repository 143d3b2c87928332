#pragma once

#include "base/base.h"

/*
 * base/err -- why an operation could not be done, told from the cause outwards.
 *
 * A command owns one `struct err` and passes it down. Whoever fails first calls err_set() or
 * err_sys(); each caller that knows more calls err_wrap(). Nothing here allocates, so running out
 * of memory or descriptors can be reported too. All setters return false, always, so that a
 * failure is one line:
 *
 *     return err_set(err, ERR_FORMAT, "layer %u: no media type", index);
 *
 * An err says what *the tool* could not do. What is wrong with *the user's file* is a finding
 * (text/finding.h), and never an err.
 */
enum err_code {
    ERR_NONE,        /* all is well                                             */
    ERR_USAGE,       /* the caller asked for something that makes no sense      */
    ERR_IO,          /* a system call failed; sys_errno says which way          */
    ERR_FORMAT,      /* bytes from outside break their own specification        */
    ERR_DIGEST,      /* content does not match the digest that named it         */
    ERR_LIMIT,       /* a documented limit was reached                          */
    ERR_DENIED,      /* the kernel or the registry refused                      */
    ERR_UNSUPPORTED, /* valid, but not implemented; the hint names the way out  */
    ERR_CANCELLED,   /* the user or a signal stopped the work                   */
};

enum { ERR_LINES_MAX = 8, ERR_LINE_BYTES = 192 };

struct err {
    enum err_code code;
    int sys_errno;
    unsigned lines;                           /* used in line[]; the cause is line[0] */
    char line[ERR_LINES_MAX][ERR_LINE_BYTES]; /* over-long text ends in "..."         */
    char hint[ERR_LINE_BYTES];                /* what the user can do, or ""          */
};

bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);  /* cause: errno */
bool err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3); /* adds a line  */
bool err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3); /* the way out  */

/* Did a system call fail for another reason than that nothing is there? */
bool err_is_unreadable(const struct err *err);

/* Forget what was said: all is well again. */
void err_clear(struct err *err);
