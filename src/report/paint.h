#pragma once

#include "base/buf.h"
#include "report/report.h"

/*
 * report/paint -- text for a terminal, put together piece by piece. Private to report/.
 *
 * Shapes   A paint writes ANSI only when the style has colour. A glyph is one character as it may
 *          be shown: what to print and how many columns it takes.
 */

enum ink { INK_PLAIN, INK_BOLD, INK_RED, INK_YELLOW, INK_CYAN, INK_GREEN, INK_DIM };

struct paint {
    struct buf out;
    struct report_style style;
};

/* All text of one report; more is cut. */
#define REPORT_BYTES_MAX ((size_t)1 << 30)

/* An empty report in that style. */
struct paint paint_init(struct arena *arena, const struct report_style *style);

/* Our own text. */
void paint_z(struct paint *paint, enum ink ink, const char *text);
void paint_fmt(struct paint *paint, enum ink ink, const char *format, ...) PRINTF_LIKE(3, 4);

/* Text of others, made safe. */
void paint_text(struct paint *paint, enum ink ink, str text);

/* Our own or safe text, broken at blanks to the width; lines after the first begin with `indent`
 * blanks. `column` is where the first line stands. */
void paint_wrapped(struct paint *paint, str text, unsigned column, unsigned indent);

/* The colour of a severity. */
enum ink severity_ink(enum severity severity);

/* The longest name that padding has to allow for is left to the caller: `count` blanks. */
void paint_blanks(struct paint *paint, unsigned count);

/* Bytes as a cell of a column of sizes. */
void paint_size(struct paint *paint, enum ink ink, uint64_t bytes);

struct glyph {
    char text[16];
    unsigned len;   /* of text */
    unsigned width; /* columns */
    unsigned bytes; /* it takes in the source; 0 at the end */
};

/* The first character of `rest`. */
struct glyph glyph_at(str rest);

/* Columns of a character: 0, 1 or 2. */
unsigned code_width(uint32_t code);

/* Columns that a text takes when shown. */
unsigned text_width(str text);
