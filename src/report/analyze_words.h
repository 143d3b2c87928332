#pragma once

#include "analyze/analyze.h"
#include "report/paint.h"

/*
 * report/analyze_words -- what the analysis reports share. Private to report/.
 */

/* "deleted", "replaced", "touched"; "live" for what is not hidden. */
const char *fate_name(enum fate fate);

/* Is there a compressed blob, so that a pull is not what the files weigh? */
bool is_compressed(const struct analysis *analysis);

/* plimsoll.analyze/1 */
str analysis_json(struct arena *arena, const struct analysis *analysis);

/* A word in front of a line, in its column. */
void paint_label(struct paint *paint, const char *label);

/* ": deleted .., replaced .., touched ..; .. of every pull", and the end of the line. */
void paint_waste_parts(struct paint *paint, const struct analysis *analysis);

/* What is behind the image's name, in a line, where its label tells it. */
void paint_stands_behind(struct paint *paint, const struct image *image);

/* The first line of what made a layer, cut to the width; `column` is where it begins. */
void paint_created_by(struct paint *paint, str text, unsigned column);

/* What could go: a line. */
void paint_bloat_row(struct paint *paint, const struct analysis *analysis, const struct bloat *row);

/* All of it in 20 lines at most. */
void paint_summary(struct paint *paint, const struct analysis *analysis);

/* The folders and what is in them; those of less than a hundredth of the image are one line. */
void paint_tree(struct paint *paint, const struct analysis *analysis);
