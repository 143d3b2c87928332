#include "dockerfile/instructions.h"

#include <stdarg.h>
#include <stdio.h>

/* Blanks beyond ASCII: U+0085 U+00A0 U+1680 U+2000-200A U+2028 U+2029 U+202F U+205F U+3000. */

static bool is_wide_blank(const unsigned char *at, size_t len)
{
    if (len == 2)
        return at[0] == 0xC2 && (at[1] == 0x85 || at[1] == 0xA0);
    if (at[0] == 0xE1)
        return at[1] == 0x9A && at[2] == 0x80;
    if (at[0] == 0xE2 && at[1] == 0x80)
        return (at[2] >= 0x80 && at[2] <= 0x8A) || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF;
    if (at[0] == 0xE2)
        return at[1] == 0x81 && at[2] == 0x9F;
    return at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80;
}

size_t blank_at(str text, size_t at)
{
    if (at >= text.len)
        return 0;
    if (char_is_space(text.at[at]))
        return 1;
    const unsigned char *byte = (const unsigned char *)text.at + at;
    if (*byte == 0xC2)
        return at + 2 <= text.len && is_wide_blank(byte, 2) ? 2 : 0;
    if (*byte >= 0xE1 && *byte <= 0xE3)
        return at + 3 <= text.len && is_wide_blank(byte, 3) ? 3 : 0;
    return 0;
}

size_t blank_before(str text, size_t end)
{
    if (end == 0)
        return 0;
    if (char_is_space(text.at[end - 1]))
        return 1;
    const unsigned char *stop = (const unsigned char *)text.at + end;
    if (stop[-1] < 0x80)
        return 0;
    if (end >= 2 && is_wide_blank(stop - 2, 2))
        return 2;
    return end >= 3 && is_wide_blank(stop - 3, 3) ? 3 : 0;
}

str blank_trim(str text)
{
    size_t start = 0, end = text.len, len;
    while ((len = blank_at(text, start)) > 0)
        start += len;
    while (end > start && (len = blank_before(text, end)) > 0)
        end -= len;
    return (str){text.at ? text.at + start : NULL, end > start ? end - start : 0};
}

void dockerfile_problem(struct parser *parser, enum problem_kind kind, span at, str message,
                        str suggestion)
{
    vec_push(
        parser->arena, &parser->file->problems,
        (struct problem){.kind = kind, .at = at, .message = message, .suggestion = suggestion});
}

void dockerfile_problem_fmt(struct parser *parser, enum problem_kind kind, span at,
                            const char *format, ...)
{
    char text[512]; /* long words of the user are cut here, so that a message stays a line */
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t used = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    dockerfile_problem(parser, kind, at, str_copy(parser->arena, (str){text, used}), STR_NONE);
}

str dockerfile_nearest(str word, const char *const *words, size_t count)
{
    unsigned best = 3;
    str nearest = STR_NONE;
    if (word.len == 0 || word.len > 64)
        return nearest;
    char lower[64];
    for (size_t i = 0; i < word.len; i++)
        lower[i] = char_lower(word.at[i]);
    for (size_t i = 0; i < count; i++) {
        unsigned distance = str_distance((str){lower, word.len}, str_from(words[i]), best);
        if (distance < best && distance < word.len) {
            best = distance;
            nearest = str_from(words[i]);
        }
    }
    return nearest;
}
