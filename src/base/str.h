#pragma once

#include "base/arena.h"

/*
 * base/str -- a borrowed piece of text: where it is and how long.
 *
 * Shapes   {at, len}; not terminated; may hold any bytes, NUL included. An empty str may have
 *          at == NULL. Copy it freely; there is nothing to release.
 * Units    len is bytes.
 * Cost     Slicing is free; only the functions that take an arena allocate.
 * Errors   None can fail.
 */

typedef struct {
    const char *at;
    size_t len;
} str;

#define STR(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_NONE     ((str){NULL, 0})

/* printf of a str: printf("%.*s", STR_ARG(name)) */
#define STR_ARG(text) (int)(text).len, (text).at ? (text).at : ""

#define STR_MISSING SIZE_MAX /* what the searches answer when there is nothing */

/* The str of a terminated string; NULL gives the empty one. */
str str_from(const char *z);

/* [start, end) of `text`; both are clamped to it. */
str str_slice(str text, size_t start, size_t end);

/* From `start` to the end. */
str str_from_index(str text, size_t start);

/* Same bytes. */
bool str_eq(str a, str b);

/* Same bytes but for the case of ASCII letters. */
bool str_eq_nocase(str a, str b);

/* Byte order: negative, 0 or positive. */
int str_order(str a, str b);

bool str_starts(str text, str prefix);        /* text begins with prefix                   */
bool str_starts_nocase(str text, str prefix); /* the same, ASCII case ignored              */
bool str_ends(str text, str suffix);          /* text ends with suffix                     */
bool str_has(str text, str part);             /* part stands anywhere in text              */
bool str_has_nocase(str text, str part);      /* the same, ASCII case ignored              */
bool str_has_char(str text, char c);          /* c stands anywhere in text                 */

/* Index of the first `part`, of the first `c`, of the last `c`; STR_MISSING when there is none. */
size_t str_find(str text, str part);
size_t str_find_char(str text, char c);
size_t str_find_last_char(str text, char c);

/* Without blanks (space, tab, CR, LF, VT, FF) at both ends, at the start, at the end. */
str str_trim(str text);
str str_trim_start(str text);
str str_trim_end(str text);

/* Cut at the first `separator`: gives what is before it and moves *rest behind it.
 * False when *rest is exhausted (rest->at == NULL). "a,,b" gives "a", "", "b"; "" gives "". */
bool str_next(str *rest, char separator, str *out_part);

/* The next blank-separated word of *rest; false when there are none left. */
bool str_next_word(str *rest, str *out_word);

/* Is it one of the blank-separated words of a list? */
bool str_is_listed(const char *list, str word);

/* The next line without its "\n" (a "\r" stays); false at the end. */
bool str_next_line(str *rest, str *out_line);

/* The last component of a '/'-separated path. */
str str_basename(str path);

/* Everything before the last '/', "" when there is none. */
str str_dirname(str path);

/* Is a '/'-separated path below the folder? "a/b" is below "a"; "ab" and "a" itself are not. All
 * that begins with '/' is below "/", all but "" is below "". Slashes at a folder's end do not
 * count. */
bool path_is_below(str path, str folder);

/* The same, or the folder itself. */
bool path_is_in(str path, str folder);

/* A decimal number without sign; false when it is not all digits or does not fit. */
bool str_to_u64(str text, uint64_t *out_value);

/* True when text is one of the `count` words. */
bool str_in(str text, const char *const *words, size_t count);
#define STR_IN(text, ...)                              \
    str_in((text), (const char *const[]){__VA_ARGS__}, \
           ARRAY_COUNT(((const char *const[]){__VA_ARGS__})))

/* Copies in the arena: as they are, terminated for a system call, lower-cased. */
str str_copy(struct arena *arena, str text);
char *str_z(struct arena *arena, str text);
str str_lower(struct arena *arena, str text);

/* Joined, formatted, with each `from` replaced by `to`. */
str str_cat(struct arena *arena, str a, str b);
str str_fmt(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
str str_replace(struct arena *arena, str text, str from, str to);

/* How many single-byte edits turn a into b; gives up above `most` and answers most + 1.
 * For "did you mean". Strings over 64 bytes count as far apart. */
unsigned str_distance(str a, str b, unsigned most);

/* Space or tab. These judge bytes as ASCII, whatever the locale. */
static inline bool char_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Blank, line end, VT, FF. */
static inline bool char_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* 0 to 9. */
static inline bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A letter of ASCII. */
static inline bool char_is_alpha(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* A letter or digit of ASCII. */
static inline bool char_is_alnum(char c)
{
    return char_is_digit(c) || char_is_alpha(c);
}

/* What a name of a variable is made of. */
static inline bool char_is_name(char c)
{
    return char_is_alnum(c) || c == '_';
}

/* The small letter of an ASCII capital; all else as it is. */
static inline char char_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
