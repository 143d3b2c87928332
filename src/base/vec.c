#include "base/vec.h"

void *vec_grow(struct arena *arena, void *at, uint32_t count, uint32_t *capacity, size_t size,
               size_t align)
{
    assert(count <= UINT32_MAX / 2);
    uint32_t wanted = count ? count * 2 : 4;
    void *grown = arena_grow(arena, at, arena_array_bytes(count, size),
                             arena_array_bytes(wanted, size), align);
    *capacity = wanted;
    return grown;
}
