#pragma once

#include "dockerfile/dockerfile.h"

/* What stages.c needs of scope.c. */

/* Expand by what `at` sees; *out_known tells whether the text alone decides the value. */
struct expansion scope_expand(struct arena *arena, const struct dockerfile *file,
                              const struct instruction *at, str word, bool *out_known);

/* Before the first instruction, and then each one in order: take over what it sets. */
void scope_begin_file(struct arena *arena, struct dockerfile *file);
void scope_take(struct arena *arena, struct dockerfile *file, struct instruction *in);
