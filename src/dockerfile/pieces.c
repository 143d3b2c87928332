#include "dockerfile/dockerfile.h"

#include <string.h>

str dockerfile_print(struct arena *arena, const struct dockerfile *file)
{
    size_t len = 0, used = 0;
    VEC_EACH(span, piece, file->pieces)
        len += piece->end - piece->start;
    char *to = NEW_ARRAY(arena, char, len + 1);
    VEC_EACH(span, piece, file->pieces) {
        memcpy(to + used, file->source->text.at + piece->start, piece->end - piece->start);
        used += piece->end - piece->start;
    }
    return (str){to, used};
}
