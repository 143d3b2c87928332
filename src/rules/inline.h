#pragma once

#include "rules/rules.h"

/*
 * rules/inline -- findings that a comment in the file takes away.
 *
 *   # plimsoll: ignore=rule[,rule] [until=YYYY-MM-DD] [-- reason]     above an instruction
 *   # hadolint ignore=..., # hadolint global ignore=..., # check=skip=...
 *
 * Shapes   An ignore covers the next instruction (in other files: the next line that is no
 *          comment, and its own line when it stands behind something).
 * Cost     One search for each marker word; a file without one pays nothing more.
 */

struct dockerfile;

/* Take away what the comments of this file ignore; add findings about ignores that are unused,
 * expired, or name no rule. `file` is NULL for files that are no Dockerfiles. `today` is days since
 * 1970. Gives how many were taken away. */
uint32_t inline_apply(struct arena *arena, const struct source *source,
                      const struct dockerfile *file, const struct rule_choice *choice,
                      int64_t today, struct finding_list *findings);
