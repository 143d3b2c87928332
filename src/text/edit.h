#pragma once

#include "base/err.h"
#include "text/finding.h"

/*
 * text/edit -- applying edits to a text.
 *
 * Shapes   Edits are sorted by start when applied; two edits conflict when they overlap, or when
 *          both insert at the same place.
 * Cost     One pass over the text.
 */

/* Sort by start, then end. Stable, so two inserts at one place keep their order. */
void edits_sort(struct edit_list *edits);

/* Would any edit of `more` conflict with one of `edits`? */
bool edits_conflict(const struct edit_list *edits, const struct edit_list *more);

/* The text after all edits, which must be sorted, inside the text and free of conflicts. */
str edits_apply(struct arena *arena, str text, const struct edit_list *edits);
