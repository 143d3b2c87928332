#pragma once

#include "analyze/analyze.h"
#include "report/report.h"

/* report/diff_words -- what the reports of a diff share. Private to report/. */

enum package_change { PACKAGE_ADDED, PACKAGE_REMOVED, PACKAGE_CHANGED, PACKAGE_CHANGES };

/* Which way a package differs. */
enum package_change package_change(const struct diff_package *row);

/* "added", "removed", "changed". */
const char *package_change_name(enum package_change change);

/* How much smaller B is than A, and in percent of A. */
int64_t diff_saved(const struct image_diff *diff);
double diff_saved_percent(const struct image_diff *diff);

/* "+1.2 MB", "-300 B", "0 B". */
str delta_print(struct arena *arena, int64_t bytes);

/* plimsoll.diff/1; Markdown for a pull request. */
str diff_json(struct arena *arena, const struct image_diff *diff);
str diff_markdown(struct arena *arena, const struct image_diff *diff, uint32_t top);
