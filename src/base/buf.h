#pragma once

#include "base/str.h"

/*
 * base/buf -- bytes that are being put together, in an arena, with a mandatory maximum.
 *
 * Shapes   Zero is not a valid buf: begin with buf_init(). What was added is buf_str().
 * Errors   Adding past `max_bytes` drops the rest and sets `full`; check it once at the end.
 */

struct buf {
    struct arena *arena;
    char *at;
    size_t len, capacity, max_bytes;
    bool full;
};

/* An empty buf in the arena. */
struct buf buf_init(struct arena *arena, size_t max_bytes);

void buf_add(struct buf *buf, str text);                                  /* append bytes    */
void buf_add_char(struct buf *buf, char c);                               /* append one byte */
void buf_fmt(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3); /* append printf   */

/* What was added so far; good until the next addition. */
static inline str buf_str(const struct buf *buf)
{
    return (str){buf->at, buf->len};
}
