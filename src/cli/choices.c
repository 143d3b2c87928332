#include "cli/cli.h"

/* "a|b|c" as a list of words. */

size_t choice_count(const char *choices)
{
    size_t count = 1;
    for (; *choices; choices++)
        count += *choices == '|';
    return count;
}

str choice_word(const char *choices, size_t index)
{
    str rest = str_from(choices), word = STR_NONE;
    for (size_t i = 0; i <= index; i++)
        if (!str_next(&rest, '|', &word))
            return STR_NONE;
    return word;
}
