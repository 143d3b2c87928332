#include "context/context.h"
#include "context/pattern.h"
#include "text/utf8.h"

/*
 * Globs of COPY and ADD sources: '*' and '?' stop at '/', brackets are classes, '\' escapes.
 *
 * A star can never cross a '/', so a mismatch has to go back to the last star only: what an earlier
 * star took was the shortest that fits, and a later star can take all that a longer one would give.
 * That bounds the work by pattern length x path length.
 */

/* One end of a range inside brackets; false when it is malformed. */
static bool class_char(const char **at, const char *end, uint32_t *out_char)
{
    if (*at == end || **at == '-' || **at == ']')
        return false;
    if (**at == '\\' && ++*at == end)
        return false;
    const char *before = *at;
    *out_char = utf8_next(at, end);
    if (*out_char == UTF8_BAD && *at - before == 1)
        return false; /* a lone byte of something longer */
    return *at < end; /* the closing bracket must still come */
}

/* Read "[...]" from *at (behind the '['); false when malformed. *out_hit: does `c` belong to it? */
static bool class_read(const char **at, const char *end, uint32_t c, bool *out_hit)
{
    bool negated = *at < end && **at == '^';
    bool hit = false;
    *at += negated;
    for (unsigned ranges = 0;; ranges++) {
        if (*at < end && **at == ']' && ranges > 0)
            break;
        uint32_t low, high;
        if (!class_char(at, end, &low))
            return false;
        high = low;
        if (**at == '-') {
            ++*at;
            if (!class_char(at, end, &high))
                return false;
        }
        hit = hit || (low <= c && c <= high);
    }
    ++*at;
    *out_hit = hit != negated;
    return true;
}

bool glob_valid(str glob)
{
    const char *at = glob.at, *end = glob.at + glob.len;
    while (at < end) {
        char c = *at++;
        bool hit;
        if (c == '[' && !class_read(&at, end, 0, &hit))
            return false;
        if (c == '\\' && at++ == end)
            return false;
    }
    return true;
}

/* Match one step of a well-formed glob, no star, against the character at *path; moves both. */
static bool glob_step(const char **glob, const char *glob_end, const char **path,
                      const char *path_end)
{
    char c = *(*glob)++;
    if (c == '[') {
        bool hit = false;
        return class_read(glob, glob_end, utf8_next(path, path_end), &hit) && hit;
    }
    if (c == '?')
        return utf8_next(path, path_end) != '/';
    if (c == '\\')
        c = *(*glob)++;
    return *(*path)++ == c;
}

bool glob_match(str pattern, str path)
{
    if (!glob_valid(pattern))
        return false;
    const char *glob = pattern.at, *glob_end = glob + pattern.len;
    const char *at = path.at, *end = at + path.len;
    const char *star = NULL, *star_at = NULL; /* behind the last star; where it stopped taking */
    for (;;) {
        if (glob < glob_end && *glob == '*') {
            star = ++glob;
            star_at = at;
            continue;
        }
        if (glob == glob_end && at == end)
            return true;
        if (glob < glob_end && at < end && glob_step(&glob, glob_end, &at, end))
            continue;
        if (!star || star_at == end || *star_at == '/')
            return false;
        glob = star;
        at = ++star_at;
    }
}

bool glob_is_pattern(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '*' || text.at[i] == '?' || text.at[i] == '[' || text.at[i] == '\\')
            return true;
    return false;
}
