#include "base/content.h"

#include "base/arena.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { STATE_ALIGN = 64 }; /* what XXH3 wants, and no arena gives */

struct content_state {
    XXH3_state_t xxh;
};

struct content_state *content_new(struct arena *arena)
{
    char *at = arena_alloc(arena, sizeof(struct content_state) + STATE_ALIGN, 1);
    size_t over = (uintptr_t)at % STATE_ALIGN;
    return (void *)(at + (over ? STATE_ALIGN - over : 0));
}

void content_begin(struct content_state *state)
{
    XXH3_128bits_reset(&state->xxh);
}

void content_add(struct content_state *state, str bytes)
{
    XXH3_128bits_update(&state->xxh, bytes.at, bytes.len);
}

static content_hash of_xxh(XXH128_hash_t hash)
{
    return (content_hash){{hash.low64, hash.high64}};
}

content_hash content_end(const struct content_state *state)
{
    return of_xxh(XXH3_128bits_digest(&state->xxh));
}

content_hash content_of(str bytes)
{
    return of_xxh(XXH3_128bits(bytes.at, bytes.len));
}

uint64_t content_mix(str bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.at, bytes.len, seed);
}
