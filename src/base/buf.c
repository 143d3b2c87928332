#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_init(struct arena *arena, size_t max_bytes)
{
    assert(max_bytes > 0);
    return (struct buf){.arena = arena, .max_bytes = max_bytes};
}

/* Make room for `more` bytes, or for as many as the maximum lets. */
static size_t reserve(struct buf *buf, size_t more)
{
    size_t left = buf->max_bytes - buf->len;
    if (more > left) {
        buf->full = true;
        more = left;
    }
    if (buf->capacity - buf->len >= more)
        return more;
    size_t wanted = buf->capacity ? buf->capacity * 2 : 256;
    while (wanted < buf->len + more)
        wanted *= 2;
    buf->at = arena_grow(buf->arena, buf->at, buf->capacity, wanted, 1);
    buf->capacity = wanted;
    return more;
}

void buf_add(struct buf *buf, str text)
{
    size_t take = reserve(buf, text.len);
    if (take)
        memcpy(buf->at + buf->len, text.at, take);
    buf->len += take;
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, (str){&c, 1});
}

void buf_fmt(struct buf *buf, const char *format, ...)
{
    char small[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (length < 0)
        return;
    if ((size_t)length < sizeof(small)) {
        buf_add(buf, (str){small, (size_t)length});
        return;
    }
    char *large = arena_alloc(buf->arena, (size_t)length + 1, 1);
    va_start(args, format);
    vsnprintf(large, (size_t)length + 1, format, args);
    va_end(args);
    buf_add(buf, (str){large, (size_t)length});
}
