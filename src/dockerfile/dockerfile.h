#pragma once

#include "dockerfile/shapes.h"
#include "dockerfile/variables.h"

/*
 * dockerfile/dockerfile -- the whole Dockerfile language, once, for linting and for building.
 *
 *   bytes --dockerfile_parse--> instructions + stages + problems --dockerfile_print--> same bytes
 *
 * Shapes   Lossless: every byte of the source belongs to exactly one `piece` (an instruction, or
 *          the comments, blank lines and directives between), so print(parse(x)) == x for any
 *          bytes. Every word, flag and heredoc knows its span in the source, through line joins.
 *          A bad instruction is marked `broken`, costs itself only, and leaves a problem.
 *          What a tree is made of stands in shapes.h, variables in variables.h: both come with
 *          this door.
 * Units    Byte offsets; lines start at 1.
 * Cost     Linear in the file. Shell text is left to shell/.
 * Errors   None; what is wrong is in `problems`.
 * Threads  A parsed dockerfile never changes.
 * Source   docs.docker.com's Dockerfile reference; behaviour as BuildKit's parser (1.4 and newer).
 */

/* Parse any bytes. `source` must outlive the result. */
struct dockerfile *dockerfile_parse(struct arena *arena, const struct source *source);

/* The bytes again, put together from the pieces. */
str dockerfile_print(struct arena *arena, const struct dockerfile *file);

/* "RUN" of INSTRUCTION_RUN; "" of INSTRUCTION_UNKNOWN. */
const char *instruction_name(enum instruction_kind kind);

/* The flag of that name, NULL when it is not given. The last one counts. */
const struct flag *instruction_flag(const struct instruction *instruction, const char *name);

/* The arguments behind keyword and flags, in the joined text, trimmed. */
str instruction_rest(const struct instruction *instruction);

/* The stage that a --from (or FROM) names: by name, ASCII case ignored, or by number; only stages
 * before `before` count. NO_INDEX when it is none (then it is an image or a named context). */
uint32_t stage_find(const struct dockerfile *file, str name, uint32_t before);
