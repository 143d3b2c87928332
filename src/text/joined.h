#pragma once

#include "base/vec.h"
#include "text/source.h"

/*
 * text/joined -- text put together from pieces of a source, that still knows where each byte is.
 *
 *   "RUN a \⏎  # note⏎  b"  --join-->  "RUN a   b"   offset 8 -> line 3
 *
 * Shapes   `text` is the pieces one after the other. `pieces` say, for ascending offsets of
 *          `text`, at which source offset that piece begins. A joined of one piece is just a
 *          slice of the source and shares its bytes.
 * Cost     joined_offset() is a binary search over the pieces.
 */

struct joined_piece {
    uint32_t at;     /* offset in text */
    uint32_t source; /* offset in the source of that byte */
};

struct joined {
    str text;
    VEC(struct joined_piece) pieces;
};

/* The identity: source[at]. */
struct joined joined_of(struct arena *arena, const struct source *source, span at);

/* Index of the last piece that begins at or before an offset; there must be a piece. */
uint32_t joined_piece_of(const struct joined *joined, size_t offset);

/* Source offset of a byte of the text. `offset` == text.len gives the place just behind the last
 * byte. */
uint32_t joined_offset(const struct joined *joined, size_t offset);

/* Source span from the first byte of [start, end) to just behind its last. Whatever was left out
 * between the two lies inside. */
span joined_span(const struct joined *joined, size_t start, size_t end);

/* A part of a joined, as a joined. */
struct joined joined_slice(struct arena *arena, const struct joined *joined, size_t start,
                           size_t end);
