#include "context/ignore.h"

#include <string.h>

/*
 * Reading an ignore file, and deciding by it.
 *
 * Two cleanings follow each other, as in the builder: the file's reader trims each line and cleans
 * its path, then the matcher does so again with the '!' in front. The second one matters for "!/"
 * only, which it turns into a lone "!": an error.
 *
 * Deciding goes through the patterns in order. One whose effect equals the present state is passed
 * over; one that matches the path or any parent of it sets the state.
 */

enum { IGNORE_LINE_MAX = 65535 };

/* -- cleaning --------------------------------------------------------------------------------- */

/* Length of the blank at the start of `text`, Unicode's included; 0 when there is none. */
static size_t blank_at(str text)
{
    if (text.len && char_is_space(text.at[0]))
        return 1;
    if (str_starts(text, STR("\xc2\x85")) || str_starts(text, STR("\xc2\xa0")))
        return 2;
    if (text.len < 3)
        return 0;
    unsigned char third = (unsigned char)text.at[2];
    bool general = str_starts(text, STR("\xe2\x80")) &&
                   (third <= 0x8a || third == 0xa8 || third == 0xa9 || third == 0xaf);
    bool other = str_starts(text, STR("\xe1\x9a\x80")) || str_starts(text, STR("\xe2\x81\x9f")) ||
                 str_starts(text, STR("\xe3\x80\x80"));
    return general || other ? 3 : 0;
}

static str trim(str text)
{
    for (size_t n; (n = blank_at(text)) > 0;)
        text = str_from_index(text, n);
    for (size_t n = 1; n <= 3 && n <= text.len;) {
        bool blank = blank_at(str_from_index(text, text.len - n)) == n;
        text.len -= blank ? n : 0;
        n = blank ? 1 : n + 1;
    }
    return text;
}

/* ".." takes the last part away, down to `floor`; false when there is none. */
static bool go_up(struct buf *out, size_t floor)
{
    if (out->len <= floor)
        return false;
    size_t slash = str_find_last_char(buf_str(out), '/');
    out->len = slash == STR_MISSING || slash < floor ? floor : slash;
    return true;
}

/* The path without ".", "..", doubled and trailing '/', as the builder cleans one; "" is ".". */
static str clean(struct arena *arena, str path)
{
    struct buf out = buf_init(arena, path.len + 2);
    bool rooted = path.len && path.at[0] == '/';
    size_t floor = rooted; /* ".." cannot go below this many bytes */
    if (rooted)
        buf_add_char(&out, '/');
    str part;
    for (str rest = path; str_next(&rest, '/', &part);) {
        if (part.len == 0 || str_eq(part, STR(".")))
            continue;
        bool up = str_eq(part, STR(".."));
        if (up && (go_up(&out, floor) || rooted))
            continue;
        if (out.len && out.at[out.len - 1] != '/')
            buf_add_char(&out, '/');
        buf_add(&out, part);
        floor = up ? out.len : floor;
    }
    return out.len ? buf_str(&out) : STR(".");
}

/* Does the text change when it is cleaned? Most patterns do not, and are kept where they are. */
static bool is_clean(str text)
{
    return text.len && text.at[0] != '/' && text.at[0] != '.' && !str_has(text, STR("//")) &&
           !str_has(text, STR("/.")) && text.at[text.len - 1] != '/';
}

static str clean_if_needed(struct arena *arena, str text)
{
    return is_clean(text) ? text : clean(arena, text);
}

/* -- compiling -------------------------------------------------------------------------------- */

/* Add what the matcher makes of one cleaned line; "!" stands for an exception. */
static void add_pattern(struct arena *arena, struct ignore *ignore, struct ignore_pattern line,
                        str text)
{
    text = clean_if_needed(arena, text);
    line.negated = text.at[0] == '!';
    line.cleaned = str_from_index(text, line.negated);
    struct pattern compiled = {.kind = PATTERN_BAD, .flaw = "'!' stands alone"};
    if (line.cleaned.len > IGNORE_LINE_MAX)
        compiled.flaw = "it is longer than the builder's reader takes";
    else if (line.cleaned.len)
        compiled = pattern_compile(arena, line.cleaned);
    line.bad = compiled.kind == PATTERN_BAD;
    ignore->negations += line.negated && !line.bad;
    vec_push(arena, &ignore->patterns, line);
    vec_push(arena, &ignore->compiled, compiled);
}

/* One line of the file, without its end. */
static void add_line(struct arena *arena, struct ignore *ignore, str text, struct ignore_pattern at)
{
    if (str_starts(text, STR("#")))
        return;
    str trimmed = trim(text);
    if (trimmed.len == 0)
        return;
    at.raw = trimmed;
    at.at.start += (uint32_t)(trimmed.at - text.at);
    at.at.end = at.at.start + (uint32_t)trimmed.len;
    bool inverted = trimmed.at[0] == '!';
    str path = inverted ? trim(str_from_index(trimmed, 1)) : trimmed;
    if (path.len)
        path = clean_if_needed(arena, path);
    if (path.len > 1 && path.at[0] == '/')
        path = str_from_index(path, 1);
    add_pattern(arena, ignore, at, inverted ? str_cat(arena, STR("!"), path) : path);
}

struct ignore *ignore_compile_lenient(struct arena *arena, str text)
{
    struct ignore *ignore = NEW(arena, struct ignore);
    bool bom = str_starts(text, STR("\xef\xbb\xbf"));
    str rest = text, line;
    for (uint32_t number = 1; str_next_line(&rest, &line); number++) {
        if (number == 1 && bom)
            line = str_from_index(line, 3);
        if (str_ends(line, STR("\r")))
            line.len--;
        struct ignore_pattern at = {.line = number, .at = {.start = (uint32_t)(line.at - text.at)}};
        add_line(arena, ignore, line, at);
    }
    return ignore;
}

static bool accept(const struct ignore *ignore, struct err *err)
{
    if (ignore->patterns.count > IGNORE_PATTERNS_MAX)
        return err_set(err, ERR_LIMIT, "%u patterns; at most %d are allowed",
                       ignore->patterns.count, IGNORE_PATTERNS_MAX);
    for (uint32_t i = 0; i < ignore->patterns.count; i++) {
        const struct ignore_pattern *pattern = &ignore->patterns.at[i];
        if (pattern->bad)
            return err_set(err, ERR_FORMAT, "line %u: bad pattern '%.*s': %s", pattern->line,
                           STR_ARG(str_slice(pattern->raw, 0, 80)), ignore->compiled.at[i].flaw);
    }
    return true;
}

bool ignore_compile(struct arena *arena, str text, struct ignore **out_ignore, struct err *err)
{
    struct ignore *ignore = ignore_compile_lenient(arena, text);
    if (!accept(ignore, err))
        return false;
    *out_ignore = ignore;
    return true;
}

bool ignore_compile_patterns(struct arena *arena, const str *patterns, size_t count,
                             struct ignore **out_ignore, struct err *err)
{
    struct ignore *ignore = NEW(arena, struct ignore);
    for (size_t i = 0; i < count; i++) {
        str trimmed = trim(patterns[i]);
        struct ignore_pattern line = {.raw = trimmed, .line = (uint32_t)i + 1};
        if (trimmed.len)
            add_pattern(arena, ignore, line, trimmed);
    }
    if (!accept(ignore, err))
        return false;
    *out_ignore = ignore;
    return true;
}

const struct ignore_pattern *ignore_patterns(const struct ignore *ignore, size_t *out_count)
{
    *out_count = ignore ? ignore->patterns.count : 0;
    return ignore ? ignore->patterns.at : NULL;
}

/* -- deciding --------------------------------------------------------------------------------- */

bool ignore_pattern_match(const struct ignore *ignore, size_t pattern, str path)
{
    assert(pattern < ignore->patterns.count);
    const struct pattern *compiled = &ignore->compiled.at[pattern];
    if (pattern_matches(compiled, path))
        return true;
    for (size_t i = 1; i < path.len; i++)
        if (path.at[i] == '/' && pattern_matches(compiled, str_slice(path, 0, i)))
            return true;
    return false;
}

struct ignore_verdict ignore_match(const struct ignore *ignore, str path)
{
    struct ignore_verdict verdict = {0};
    for (uint32_t i = 0; ignore && i < ignore->patterns.count; i++) {
        const struct ignore_pattern *pattern = &ignore->patterns.at[i];
        if (pattern->negated == verdict.dropped && ignore_pattern_match(ignore, i, path)) {
            verdict.dropped = !pattern->negated;
            verdict.line = pattern->line;
        }
    }
    return verdict;
}

struct ignore_verdict ignore_match_below(const struct ignore *ignore, str path,
                                         const uint64_t *parent)
{
    struct ignore_verdict verdict = {0};
    for (uint32_t i = 0; ignore && i < ignore->patterns.count; i++) {
        const struct ignore_pattern *pattern = &ignore->patterns.at[i];
        if (pattern->negated != verdict.dropped)
            continue;
        bool inherited = parent && (parent[i / 64] >> (i % 64) & 1);
        if (inherited || pattern_matches(&ignore->compiled.at[i], path)) {
            verdict.dropped = !pattern->negated;
            verdict.line = pattern->line;
        }
    }
    return verdict;
}

size_t ignore_set_words(const struct ignore *ignore)
{
    return ignore ? ignore->patterns.count / 64 + 1 : 0;
}

void ignore_set_below(const struct ignore *ignore, str path, const uint64_t *parent, uint64_t *set)
{
    for (uint32_t i = 0; ignore && i < ignore->patterns.count; i++) {
        uint64_t bit = 1ull << (i % 64);
        bool inherited = parent && (parent[i / 64] & bit);
        if (inherited || pattern_matches(&ignore->compiled.at[i], path))
            set[i / 64] |= bit;
    }
}

bool ignore_may_return(const struct ignore *ignore, str directory)
{
    for (uint32_t i = 0; ignore && ignore->negations && i < ignore->patterns.count; i++) {
        if (!ignore->patterns.at[i].negated || ignore->patterns.at[i].bad)
            continue;
        str stem = ignore->compiled.at[i].stem;
        bool longer = stem.len > directory.len;
        if (longer ? str_starts(stem, directory) && stem.at[directory.len] == '/'
                   : str_starts(directory, stem))
            return true;
    }
    return false;
}

str ignore_file_for(struct arena *arena, int root_fd, str dockerfile)
{
    if (dockerfile.len) {
        str own = str_cat(arena, dockerfile, STR(".dockerignore"));
        if (path_may_be(root_fd, own))
            return own;
    }
    return path_may_be(root_fd, STR(".dockerignore")) ? STR(".dockerignore") : STR("");
}
