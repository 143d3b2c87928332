#pragma once

#include "base/arena.h"

/*
 * base/vec -- a typed, growing array in an arena.
 *
 *   VEC(str) names = {0};  vec_push(arena, &names, STR("a"));  VEC_EACH(str, name, names) ...
 *
 * Shapes   {at, count, capacity}; zero-initialised is empty. Elements move when it grows, so keep
 *          indexes, not pointers, while pushing.
 * Cost     Doubling; the old storage stays in the arena (or grows in place when it is newest).
 */

#define VEC(type)                 \
    struct {                      \
        type *at;                 \
        uint32_t count, capacity; \
    }

/* The same with a name, so that it can be passed to functions: VEC_TYPE(edit_list, struct edit). */
#define VEC_TYPE(name, type)      \
    struct name {                 \
        type *at;                 \
        uint32_t count, capacity; \
    }

/* Make room for one more; used by vec_push only. */
void *vec_grow(struct arena *arena, void *at, uint32_t count, uint32_t *capacity, size_t size,
               size_t align);

/* Add one element at the end. `vec` is a pointer to a VEC and is evaluated more than once. */
#define vec_push(arena, vec, ...)                                                       \
    do {                                                                                \
        if ((vec)->count == (vec)->capacity)                                            \
            (vec)->at = vec_grow((arena), (vec)->at, (vec)->count, &(vec)->capacity,    \
                                 sizeof(*(vec)->at), _Alignof(__typeof__(*(vec)->at))); \
        (vec)->at[(vec)->count++] = (__VA_ARGS__);                                      \
    } while (0)

/* The last element; the vec must not be empty. */
#define vec_last(vec) (&(vec)->at[(vec)->count - 1])

/* for each element, `item` a pointer to it */
#define VEC_EACH(type, item, vec)                                                                  \
    for (__typeof__(type) *item = (vec).at, *const item##_end_ = item ? item + (vec).count : item; \
         item < item##_end_; item++)
