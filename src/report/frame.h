#pragma once

#include "report/paint.h"

/*
 * report/frame -- the lines that a finding is about, numbered, with carets. Private to report/.
 *
 *     5 | RUN apt-get update && apt-get install -y curl
 *       |     ^^^^^^^^^^^^^^
 *
 * Cost     A few hundred bytes of each line are looked at, however long it is.
 */

/* Lines of a span; at most four of them. Gives the width of the gutter before the '|'. */
unsigned paint_frame(struct paint *paint, const struct source *source, span at, enum ink ink);
