#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Write into a fixed line; text that does not fit ends in "...". */
PRINTF_LIKE(2, 0)
static void fill(char line[ERR_LINE_BYTES], const char *fmt, va_list args)
{
    int length = vsnprintf(line, ERR_LINE_BYTES, fmt, args);
    if (length >= ERR_LINE_BYTES)
        memcpy(line + ERR_LINE_BYTES - 4, "...", 4);
}

PRINTF_LIKE(2, 0)
static void add_line(struct err *err, const char *fmt, va_list args)
{
    unsigned at = err->lines < ERR_LINES_MAX ? err->lines++ : ERR_LINES_MAX - 1;
    fill(err->line[at], fmt, args);
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
    err_clear(err);
    err->code = cause == EACCES || cause == EPERM ? ERR_DENIED : ERR_IO;
    err->sys_errno = cause;
    va_list args;
    va_start(args, fmt);
    add_line(err, fmt, args);
    va_end(args);
    size_t used = strlen(err->line[0]);
    snprintf(err->line[0] + used, ERR_LINE_BYTES - used, ": %s", strerrordesc_np(cause));
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
    fill(err->hint, fmt, args);
    va_end(args);
    return false;
}

void err_clear(struct err *err)
{
    err->code = ERR_NONE;
    err->sys_errno = 0;
    err->lines = 0;
    err->line[0][0] = err->hint[0] = '\0';
}
