#pragma once

#include "base/str.h"

/*
 * report/tabulate -- columns from tabs, as docker's tables have them.
 *
 * Shapes   A cell ends with a tab; what stands behind the last tab of a line is in no column. A
 *          column is as wide as its widest cell in lines that follow each other and all have it.
 * Units    A wide character takes two columns, a combining one none: docker's own copy of it
 *          counts so.
 * Source   go.dev/pkg/text/tabwriter.
 */

/* Each column at least `least` wide, with `padding` blanks behind the widest cell. */
str tabulate(struct arena *arena, str text, unsigned least, unsigned padding);
