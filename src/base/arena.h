#pragma once

#include "base/base.h"

/*
 * base/arena -- memory by lifetime.
 *
 *   command arena > phase arena > item arena; freeing one frees all that was taken from it
 *
 * Shapes   A chain of blocks; what is taken is zeroed, and lives until the arena is rewound to a
 *          mark made before, or freed. Blocks never move, so pointers stay good.
 * Units    Bytes.
 * Cost     A few instructions for a small object; a block is malloc'd at each doubling.
 * Errors   None: out of memory or past `limit_bytes` prints one prepared line and ends the
 *          process with status 3 (there is nothing better to do, and callers stay clear).
 * Threads  One thread at a time; a worker owns an arena.
 */

struct arena;

/* A place to rewind to. Plain value; valid while the arena is not rewound further back. */
struct arena_mark {
    void *block;
    size_t used_bytes;
};

/* A new arena that may hold at most `limit_bytes` (0: the default of base/limits.h). */
struct arena *arena_new(size_t limit_bytes);

/* An arena that is freed together with its parent: for a worker, or a phase whose results the
 * parent must see. */
struct arena *arena_child(struct arena *parent, size_t limit_bytes);

/* Give everything back, children included. NULL is allowed; not for children. */
void arena_free(struct arena *arena);

/* For AUTO(arena): free the arena that the variable holds. */
void arena_cleanup(struct arena **arena);

/* `size_bytes` of zeroed memory, aligned to `align` (a power of two). Never NULL. */
void *arena_alloc(struct arena *arena, size_t size_bytes, size_t align);

/* Grow the newest allocation in place if it is `at`, else move it. New bytes are zeroed. */
void *arena_grow(struct arena *arena, void *at, size_t old_bytes, size_t new_bytes, size_t align);

/* The place to come back to. */
struct arena_mark arena_mark(const struct arena *arena);

/* Drop all that was taken since the mark; test builds poison it. Blocks are kept for reuse. */
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Give back all that was taken, and the blocks; the arena stays. Its children do, too. */
void arena_empty(struct arena *arena);

/* Bytes handed out so far, padding included. */
size_t arena_used_bytes(const struct arena *arena);

#define NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type), _Alignof(type)))
#define NEW_ARRAY(arena, type, count) \
    ((type *)arena_alloc((arena), arena_array_bytes((count), sizeof(type)), _Alignof(type)))

/* count * size, or a size that no arena can give when that overflows. */
static inline size_t arena_array_bytes(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX / 2 : bytes;
}
