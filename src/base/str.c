#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

str str_from(const char *z)
{
    return z ? (str){z, strlen(z)} : STR_NONE;
}

str str_slice(str text, size_t start, size_t end)
{
    if (end > text.len)
        end = text.len;
    if (start > end)
        start = end;
    return (str){text.at ? text.at + start : NULL, end - start};
}

str str_from_index(str text, size_t start)
{
    return str_slice(text, start, text.len);
}

bool str_eq(str a, str b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (char_lower(a.at[i]) != char_lower(b.at[i]))
            return false;
    return true;
}

int str_order(str a, str b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.at, b.at, least) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(str text, str prefix)
{
    return text.len >= prefix.len && str_eq(str_slice(text, 0, prefix.len), prefix);
}

bool str_starts_nocase(str text, str prefix)
{
    return text.len >= prefix.len && str_eq_nocase(str_slice(text, 0, prefix.len), prefix);
}

bool str_ends(str text, str suffix)
{
    return text.len >= suffix.len && str_eq(str_from_index(text, text.len - suffix.len), suffix);
}

bool str_has(str text, str part)
{
    return str_find(text, part) != STR_MISSING;
}

bool str_has_nocase(str text, str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (str_eq_nocase(str_slice(text, i, i + part.len), part))
            return true;
    return false;
}

bool str_has_char(str text, char c)
{
    return str_find_char(text, c) != STR_MISSING;
}

size_t str_find(str text, str part)
{
    if (!part.len)
        return 0;
    if (!text.len)
        return STR_MISSING;
    const char *at = memmem(text.at, text.len, part.at, part.len);
    return at ? (size_t)(at - text.at) : STR_MISSING;
}

size_t str_find_char(str text, char c)
{
    const char *at = text.len ? memchr(text.at, c, text.len) : NULL;
    return at ? (size_t)(at - text.at) : STR_MISSING;
}

size_t str_find_last_char(str text, char c)
{
    const char *at = text.len ? memrchr(text.at, c, text.len) : NULL;
    return at ? (size_t)(at - text.at) : STR_MISSING;
}

str str_trim(str text)
{
    return str_trim_start(str_trim_end(text));
}

str str_trim_start(str text)
{
    size_t i = 0;
    while (i < text.len && char_is_space(text.at[i]))
        i++;
    return str_from_index(text, i);
}

str str_trim_end(str text)
{
    while (text.len && char_is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool str_next(str *rest, char separator, str *out_part)
{
    if (!rest->at)
        return false;
    size_t end = str_find_char(*rest, separator);
    *out_part = str_slice(*rest, 0, end);
    *rest = end == STR_MISSING ? STR_NONE : str_from_index(*rest, end + 1);
    return true;
}

bool str_next_word(str *rest, str *out_word)
{
    str text = str_trim_start(*rest);
    size_t end = 0;
    while (end < text.len && !char_is_space(text.at[end]))
        end++;
    *out_word = str_slice(text, 0, end);
    *rest = str_from_index(text, end);
    return end > 0;
}

bool str_is_listed(const char *list, str word)
{
    str rest = str_from(list), next;
    while (str_next_word(&rest, &next))
        if (str_eq(next, word))
            return true;
    return false;
}

bool str_next_line(str *rest, str *out_line)
{
    if (!rest->len)
        return false;
    size_t end = str_find_char(*rest, '\n');
    *out_line = str_slice(*rest, 0, end);
    *rest = end == STR_MISSING ? (str){rest->at + rest->len, 0} : str_from_index(*rest, end + 1);
    return true;
}

str str_basename(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == STR_MISSING ? path : str_from_index(path, slash + 1);
}

str str_dirname(str path)
{
    size_t slash = str_find_last_char(path, '/');
    return slash == STR_MISSING ? STR("") : str_slice(path, 0, slash);
}

static str without_end_slashes(str path)
{
    while (path.len && path.at[path.len - 1] == '/')
        path.len--;
    return path;
}

bool path_is_below(str path, str folder)
{
    if (!folder.len)
        return path.len > 0;
    folder = without_end_slashes(folder);
    return path.len > folder.len + 1 && path.at[folder.len] == '/' &&
           memcmp(path.at, folder.at, folder.len) == 0;
}

bool path_is_in(str path, str folder)
{
    return path_is_below(path, folder) ||
           str_eq(without_end_slashes(path), without_end_slashes(folder));
}

bool str_to_u64(str text, uint64_t *out_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_digit(text.at[i]) || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.at[i] - '0'), &value))
            return false;
    if (!text.len)
        return false;
    *out_value = value;
    return true;
}

bool str_in(str text, const char *const *words, size_t count)
{
    /* Most words differ in their first byte already: no length needs to be known. */
    char first = '\0';
    if (text.len)
        first = text.at[0];
    for (size_t i = 0; i < count; i++)
        if (words[i][0] == first && str_eq(text, str_from(words[i])))
            return true;
    return false;
}

str str_copy(struct arena *arena, str text)
{
    if (!text.at)
        return text;
    return (str){str_z(arena, text), text.len};
}

char *str_z(struct arena *arena, str text)
{
    char *z = arena_alloc(arena, text.len + 1, 1);
    if (text.len)
        memcpy(z, text.at, text.len);
    return z;
}

str str_lower(struct arena *arena, str text)
{
    char *z = str_z(arena, text);
    for (size_t i = 0; i < text.len; i++)
        z[i] = char_lower(z[i]);
    return (str){z, text.len};
}

str str_cat(struct arena *arena, str a, str b)
{
    char *z = arena_alloc(arena, a.len + b.len + 1, 1);
    if (a.len)
        memcpy(z, a.at, a.len);
    if (b.len)
        memcpy(z + a.len, b.at, b.len);
    return (str){z, a.len + b.len};
}

str str_fmt(struct arena *arena, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (length < 0)
        return STR("");
    size_t size = (size_t)length;
    char *z = arena_alloc(arena, size + 1, 1);
    if (size < sizeof(small)) {
        memcpy(z, small, size);
    } else {
        va_start(args, format);
        vsnprintf(z, size + 1, format, args);
        va_end(args);
    }
    return (str){z, size};
}

str str_replace(struct arena *arena, str text, str from, str to)
{
    assert(from.len > 0);
    size_t count = 0;
    for (str rest = text; str_has(rest, from); count++)
        rest = str_from_index(rest, str_find(rest, from) + from.len);
    if (!count)
        return text;
    char *z = arena_alloc(arena, text.len - count * from.len + count * to.len + 1, 1);
    size_t used = 0;
    for (;;) {
        size_t at = str_find(text, from);
        size_t keep = at == STR_MISSING ? text.len : at;
        if (keep)
            memcpy(z + used, text.at, keep);
        used += keep;
        if (at == STR_MISSING)
            return (str){z, used};
        if (to.len)
            memcpy(z + used, to.at, to.len);
        used += to.len;
        text = str_from_index(text, at + from.len);
    }
}

unsigned str_distance(str a, str b, unsigned most)
{
    enum { LONGEST = 64 };
    if (a.len > LONGEST || b.len > LONGEST)
        return most + 1;
    unsigned row[LONGEST + 1];
    for (size_t k = 0; k <= b.len; k++)
        row[k] = (unsigned)k;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= b.len; k++) {
            unsigned above = row[k];
            unsigned best = diagonal + (a.at[i - 1] != b.at[k - 1]);
            best = best < above + 1 ? best : above + 1;
            row[k] = best < row[k - 1] + 1 ? best : row[k - 1] + 1;
            diagonal = above;
        }
    }
    return row[b.len] > most ? most + 1 : row[b.len];
}
