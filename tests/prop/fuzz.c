#include "tests/prop/prop.h"

#include <stdint.h>

/* libFuzzer's door; PROPERTY is one of the prop_ functions. */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = arena_new(0);
    PROPERTY(arena, str_copy(arena, (str){(const char *)bytes, size}));
    arena_free(arena);
    return 0;
}
