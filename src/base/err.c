#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Write into `size` bytes of a line; text that does not fit ends in "...". */
PRINTF_LIKE(3, 0)
static void fill(char *line, size_t size, const char *fmt, va_list args)
{
    assert(size > 3 && size <= ERR_LINE_BYTES);
    int length = vsnprintf(line, size, fmt, args);
    if (length >= (int)size)
        memcpy(line + size - 4, "...", 4);
}

PRINTF_LIKE(2, 0)
static void add_line(struct err *err, const char *fmt, va_list args)
{
    unsigned at = err->lines < ERR_LINES_MAX ? err->lines++ : ERR_LINES_MAX - 1;
    fill(err->line[at], ERR_LINE_BYTES, fmt, args);
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    err_clear(err);
    err->code = code;
    va_list args;
    va_start(args, fmt);
    add_line(err, fmt, args);
    va_end(args);
    return false;
}

bool err_sys(struct err *err, const char *fmt, ...)
{
    int cause = errno;
    const char *says = strerrordesc_np(cause);
    if (!says)
        says = "unknown error";
    err_clear(err);
    err->code = cause == EACCES || cause == EPERM ? ERR_DENIED : ERR_IO;
    err->sys_errno = cause;
    err->lines = 1;
    size_t room = ERR_LINE_BYTES - strlen(says) - 2; /* a long path must not hide the cause */
    va_list args;
    va_start(args, fmt);
    fill(err->line[0], room, fmt, args);
    va_end(args);
    size_t used = strlen(err->line[0]);
    snprintf(err->line[0] + used, ERR_LINE_BYTES - used, ": %s", says);
    return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
    assert(err->code != ERR_NONE);
    va_list args;
    va_start(args, fmt);
    add_line(err, fmt, args);
    va_end(args);
    return false;
}

bool err_hint(struct err *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill(err->hint, ERR_LINE_BYTES, fmt, args);
    va_end(args);
    return false;
}

bool err_is_unreadable(const struct err *err)
{
    return (err->code == ERR_IO || err->code == ERR_DENIED) && err->sys_errno != ENOENT;
}

void err_clear(struct err *err)
{
    err->code = ERR_NONE;
    err->sys_errno = 0;
    err->lines = 0;
    err->line[0][0] = err->hint[0] = '\0';
}
