#pragma once

#include "base/str.h"

/*
 * text/source -- a file's text and where its lines begin.
 *
 * Shapes   A span is a half-open range of byte offsets into the source's text. Offsets are the
 *          currency; lines and columns are made for people, at the very end.
 * Units    Lines and columns start at 1; columns count UTF-8 bytes.
 * Cost     The line table is made in one pass; a position is a binary search.
 */

typedef struct {
    uint32_t start, end;
} span;

struct source {
    str path;              /* as the user should see it; "-" is standard input */
    str text;              /* at most LIMIT_LINT_FILE bytes, any bytes         */
    uint32_t *line_starts; /* offset of the first byte of each line            */
    uint32_t line_count;   /* at least 1                                       */
    bool crlf;             /* most lines end in CR LF                          */
    bool bom;              /* begins with EF BB BF                             */
};

struct position {
    uint32_t line, column;
};

/* A source over borrowed text. */
struct source *source_new(struct arena *arena, str path, str text);

/* Where an offset is; past the end counts as the end. */
struct position source_position(const struct source *source, uint32_t offset);

/* A line's span without its line end; line starts at 1 and must exist. */
span source_line(const struct source *source, uint32_t line);

/* A line's span with its line end. */
span source_full_line(const struct source *source, uint32_t line);

/* The text of a span. */
str source_text(const struct source *source, span at);

/* The line end this file uses: "\n" or "\r\n". */
str source_newline(const struct source *source);

/* From the first to the last byte of both. */
static inline span span_join(span a, span b)
{
    return (span){a.start < b.start ? a.start : b.start, a.end > b.end ? a.end : b.end};
}

/* Has it no bytes? */
static inline bool span_is_empty(span at)
{
    return at.end <= at.start;
}

/* Do they share a byte? */
static inline bool span_overlaps(span a, span b)
{
    return a.start < b.end && b.start < a.end;
}
