#pragma once

#include "dockerfile/dockerfile.h"

/* What stages.c needs of scope.c. */

/* Expand by what is in a scope; *out_known tells whether the text alone decides the value. */
struct expansion scope_expand(struct arena *arena, const struct map *scope, str word, char escape,
                              bool *out_known);

/* Fill global_args and global_scope from the ARGs before the first FROM. */
void scope_globals(struct arena *arena, struct dockerfile *file);
