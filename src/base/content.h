#pragma once

#include "base/str.h"

/*
 * base/content -- XXH3 of bytes that come in pieces: to tell same content from other content.
 *
 * Shapes   128 bits: equal hashes and sizes are taken for equal content where nothing is acted on.
 * Cost     About 10 GB/s; a piece that is all of it needs no state.
 * Errors   None. It is no defence against whoever makes collisions: digests are (base/hash).
 */

typedef struct {
    uint64_t at[2];
} content_hash;

struct content_state;

/* A state to use again and again. */
struct content_state *content_new(struct arena *arena);

/* Begin, add, and what came out so far. */
void content_begin(struct content_state *state);
void content_add(struct content_state *state, str bytes);
content_hash content_end(const struct content_state *state);

/* All at once. */
content_hash content_of(str bytes);

/* 64 bits of it, mixed with a seed. */
uint64_t content_mix(str bytes, uint64_t seed);
