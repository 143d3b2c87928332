#pragma once

#include "base/str.h"

/*
 * context/pattern -- one pattern of an ignore file, ready to be matched. Private to context/.
 *
 *   "**" "/" "*.pem" --pattern_compile--> equality | prefix | suffix | automaton --> yes or no
 *
 * Shapes   Most patterns are plain text and become one comparison. The rest become a row of tokens,
 *          run as a set of states (one bit a token) over the path's characters, so that no pattern
 *          can make the matcher slow.
 * Units    Tokens are characters (UTF-8 decoded); a byte that is not UTF-8 is U+FFFD.
 * Cost     Path characters x tokens / 64, no memory.
 * Errors   None; a pattern that the builder refuses is PATTERN_BAD.
 * Source   moby/patternmatcher, by its published behaviour: it turns a pattern into a regular
 *          expression, and what that expression says counts, oddities included.
 */

enum { PATTERN_TOKENS_MAX = 2048 };

enum pattern_kind {
    PATTERN_EXACT,  /* the whole path is `text`                                   */
    PATTERN_PREFIX, /* the path begins with `text`                                */
    PATTERN_SUFFIX, /* it ends with `text`, or is `text` without its leading '/'  */
    PATTERN_TOKENS, /* the automaton decides                                      */
    PATTERN_NEVER,  /* well-formed, but nothing can match                         */
    PATTERN_BAD,    /* malformed: the build fails                                 */
};

struct token;

struct pattern {
    enum pattern_kind kind;
    str text;         /* see above */
    str head, tail;   /* PATTERN_TOKENS: each match begins and ends with these */
    str stem;         /* plain text that every match begins with, for any kind */
    const char *flaw; /* PATTERN_BAD: why */
    const struct token *tokens;
    uint32_t token_count;
};

/* Compile one cleaned pattern, without its '!'. `text` must outlive the result. */
struct pattern pattern_compile(struct arena *arena, str text);

/* Does it match this whole path? Parents are the caller's business. */
bool pattern_matches(const struct pattern *pattern, str path);

/* Is a glob well-formed: brackets closed and not empty, nothing behind a last backslash missing? */
bool glob_valid(str glob);
