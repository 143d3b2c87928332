#include "data/parse_fail.h"

bool parse_fail(struct err *err, const char *format, str text, size_t at, const char *what)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < at && i < text.len; i++)
        if (text.at[i] == '\n') {
            line++;
            start = i + 1;
        }
    return err_set(err, ERR_FORMAT, "%s, line %zu, column %zu: %s", format, line, at - start + 1,
                   what);
}
