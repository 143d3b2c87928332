#pragma once

#include "analyze/analyze.h"

/*
 * report/analyze_words -- what the analysis reports share. Private to report/.
 */

/* "deleted", "replaced", "touched"; "live" for what is not hidden. */
const char *fate_name(enum fate fate);

/* Is there a compressed blob, so that a pull is not what the files weigh? */
bool is_compressed(const struct analysis *analysis);

/* plimsoll.analyze/1 */
str analysis_json(struct arena *arena, const struct analysis *analysis);
