#pragma once

#include "base/buf.h"
#include "base/io.h"
#include "context/context.h"
#include "context/pattern.h"

/*
 * context/ignore -- what a compiled ignore file holds, for the walk. Private to context/.
 *
 * Shapes   patterns and compiled run side by side. A "set" has one bit a pattern: it matches this
 *          directory or a parent of it, so that entries below need to look at themselves only.
 */

struct ignore {
    VEC(struct ignore_pattern) patterns;
    VEC(struct pattern) compiled;
    uint32_t negations;
};

/* How many words a set has. */
size_t ignore_set_words(const struct ignore *ignore);

/* The set of a directory, from that of its parent (NULL at the top). `set` must be zero. */
void ignore_set_below(const struct ignore *ignore, str path, const uint64_t *parent, uint64_t *set);

/* ignore_match() of an entry in a directory whose set is `parent`. */
struct ignore_verdict ignore_match_below(const struct ignore *ignore, str path,
                                         const uint64_t *parent);

/* Could any exception match something below this dropped directory, going by its plain start? */
bool ignore_may_return(const struct ignore *ignore, str directory);
