#pragma once

#include "base/str.h"

/*
 * text/diff -- a unified diff, as `git apply` and `patch -p1` take it.
 *
 * Shapes   Header lines "--- a/PATH" and "+++ b/PATH" (with /dev/null for a new file), three lines
 *          of context, "\ No newline at end of file" where it is so. CR stays in the lines.
 *          Paths with blanks, quotes or control bytes are quoted as git does. Empty when the texts
 *          are equal.
 * Cost     Myers' O(ND) over lines after common head and tail are cut; past 2000 differing lines
 *          the middle is given as one replacement.
 */

/* The diff from `before` to `after`. `before.at == NULL` means that the file is new. */
str diff_unified(struct arena *arena, str path, str before, str after);
