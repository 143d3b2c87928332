#include "base/arena.h"

#include "base/fault.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#    include <sanitizer/asan_interface.h>
#else
#    define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#    define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/*
 * A chain of blocks, newest first in `last`. Bytes behind `used` in a block were never handed out,
 * or were given back by a rewind; what is handed out is zeroed first.
 *
 *   last -> [block 256K | used ...... free] -> [block 128K | full] -> [block 64K | full] -> NULL
 */

enum { FIRST_BLOCK = 64 << 10, LARGEST_BLOCK = 4 << 20 };

struct block {
    struct block *before;
    size_t size, used;

    max_align_t data[];
};

struct arena {
    struct block *last, *spare;
    size_t limit, taken;
    struct arena *children, *sibling;
};

static _Noreturn void out_of_memory(void)
{
    static const char line[] = "plimsoll: error: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)ignored;
    _exit(EXIT_FAILED);
}

static char *block_data(struct block *block)
{
    return (char *)block->data;
}

struct arena *arena_new(size_t limit_bytes)
{
    struct arena *arena = fault_hits() ? NULL : calloc(1, sizeof(*arena));
    if (!arena)
        out_of_memory();
    arena->limit = limit_bytes ? limit_bytes : LIMIT_ARENA;
    return arena;
}

struct arena *arena_child(struct arena *parent, size_t limit_bytes)
{
    struct arena *arena = arena_new(limit_bytes);
    arena->sibling = parent->children;
    parent->children = arena;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *before = block->before;
        ASAN_UNPOISON_MEMORY_REGION(block_data(block), block->size);
        free(block);
        block = before;
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    struct arena *child = arena->children;
    while (child) {
        struct arena *next = child->sibling;
        arena_free(child);
        child = next;
    }
    free_blocks(arena->last);
    free_blocks(arena->spare);
    free(arena);
}

void arena_cleanup(struct arena **arena)
{
    arena_free(*arena);
    *arena = NULL;
}

static struct block *take_spare(struct arena *arena, size_t need)
{
    for (struct block **at = &arena->spare; *at; at = &(*at)->before)
        if ((*at)->size >= need) {
            struct block *block = *at;
            *at = block->before;
            return block;
        }
    return NULL;
}

static void add_block(struct arena *arena, size_t need)
{
    struct block *block = take_spare(arena, need);
    if (!block) {
        size_t size = arena->last ? arena->last->size * 2 : FIRST_BLOCK;
        if (size > LARGEST_BLOCK)
            size = LARGEST_BLOCK;
        if (size < need)
            size = need;
        if (size > arena->limit || arena->taken > arena->limit - size)
            out_of_memory();
        block = fault_hits() ? NULL : malloc(sizeof(*block) + size);
        if (!block)
            out_of_memory();
        block->size = size;

        arena->taken += size;
        ASAN_POISON_MEMORY_REGION(block_data(block), block->size);
    }
    block->used = 0;
    block->before = arena->last;
    arena->last = block;
}

void *arena_alloc(struct arena *arena, size_t size_bytes, size_t align)
{
    assert(align && !(align & (align - 1)) && align <= _Alignof(max_align_t));
    if (size_bytes > arena->limit)
        out_of_memory();
    struct block *block = arena->last;
    size_t start = block ? (block->used + align - 1) & ~(align - 1) : 0;
    if (!block || start > block->size || block->size - start < size_bytes) {
        add_block(arena, size_bytes ? size_bytes : 1);
        block = arena->last;
        start = 0;
    }
    block->used = start + size_bytes;
    char *at = block_data(block) + start;
    ASAN_UNPOISON_MEMORY_REGION(at, size_bytes);
    memset(at, 0, size_bytes);
    return at;
}

void *arena_grow(struct arena *arena, void *at, size_t old_bytes, size_t new_bytes, size_t align)
{
    assert(new_bytes >= old_bytes);
    struct block *block = arena->last;
    if (at && block) {
        size_t start = (size_t)((char *)at - block_data(block));
        bool newest = (char *)at >= block_data(block) && start + old_bytes == block->used;
        if (newest && block->size - start >= new_bytes) {
            block->used = start + new_bytes;
            ASAN_UNPOISON_MEMORY_REGION((char *)at + old_bytes, new_bytes - old_bytes);
            memset((char *)at + old_bytes, 0, new_bytes - old_bytes);
            return at;
        }
    }
    void *moved = arena_alloc(arena, new_bytes, align);
    if (old_bytes)
        memcpy(moved, at, old_bytes);
    return moved;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->last, arena->last ? arena->last->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    while (arena->last && arena->last != mark.block) {
        struct block *block = arena->last;
        arena->last = block->before;
#ifdef PLIMSOLL_POISON
        ASAN_UNPOISON_MEMORY_REGION(block_data(block), block->size); /* gaps from alignment */
        memset(block_data(block), 0xDD, block->used);
#endif
        ASAN_POISON_MEMORY_REGION(block_data(block), block->size);
        block->before = arena->spare;
        arena->spare = block;
    }
    assert(arena->last == mark.block);
    if (!arena->last)
        return;
    assert(arena->last->used >= mark.used_bytes);
    char *from = block_data(arena->last) + mark.used_bytes;
#ifdef PLIMSOLL_POISON
    ASAN_UNPOISON_MEMORY_REGION(from, arena->last->size - mark.used_bytes);
    memset(from, 0xDD, arena->last->used - mark.used_bytes);
#endif
    ASAN_POISON_MEMORY_REGION(from, arena->last->size - mark.used_bytes);
    arena->last->used = mark.used_bytes;
}

void arena_empty(struct arena *arena)
{
    free_blocks(arena->last);
    free_blocks(arena->spare);
    arena->last = arena->spare = NULL;
    arena->taken = 0;
}

size_t arena_used_bytes(const struct arena *arena)
{
    size_t used = 0;
    for (const struct block *block = arena->last; block; block = block->before)
        used += block->used;
    return used;
}
