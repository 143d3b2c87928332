#include "archive/unpack.h"

#include "archive/inflate.h"
#include "base/arena.h"

#include <string.h>
#include <zstd.h>

static_assert((int)UNPACK_HISTORY == (int)INFLATE_HISTORY &&
                  (int)UNPACK_SLACK > (int)INFLATE_PASS_MAX + 16,
              "the buffer rules are those of inflate");

struct unpack {
    enum compression compression;
    struct inflate *inflate;
    ZSTD_DStream *zstd;
    const char *in;
    size_t in_left;
    uint64_t fed;
    char *base, *out, *limit;
    uint64_t before; /* bytes given out before `base` */
    bool open;       /* inside of a zstd frame */
};

enum compression compression_of(str begin)
{
    if (begin.len >= 2 && memcmp(begin.at, "\x1f\x8b", 2) == 0)
        return COMPRESSION_GZIP;
    if (begin.len >= 4 && memcmp(begin.at, "\x28\xb5\x2f\xfd", 4) == 0)
        return COMPRESSION_ZSTD;
    /* A skippable frame may stand in front: zstd:chunked writes them behind. */
    if (begin.len >= 4 && ((uint8_t)begin.at[0] & 0xf0) == 0x50 &&
        memcmp(begin.at + 1, "\x2a\x4d\x18", 3) == 0)
        return COMPRESSION_ZSTD;
    return COMPRESSION_NONE;
}

const char *compression_name(enum compression compression)
{
    static const char *const names[] = {"none", "gzip", "zstd"};
    return names[compression];
}

struct unpack *unpack_new(struct arena *arena, enum compression compression)
{
    struct unpack *unpack = NEW(arena, struct unpack);
    unpack->compression = compression;
    if (compression == COMPRESSION_GZIP)
        unpack->inflate = inflate_new(arena, INFLATE_GZIP);
    if (compression == COMPRESSION_ZSTD)
        unpack->zstd = ZSTD_createDStream();
    return unpack;
}

void unpack_release(struct unpack *unpack)
{
    if (unpack && unpack->zstd)
        ZSTD_freeDStream(unpack->zstd);
}

void unpack_input(struct unpack *unpack, str bytes)
{
    if (unpack->inflate) {
        inflate_input(unpack->inflate, bytes);
        return;
    }
    assert(!unpack->in_left);
    unpack->in = bytes.at;
    unpack->in_left = bytes.len;
    unpack->fed += bytes.len;
}

void unpack_output(struct unpack *unpack, char *at, size_t history, size_t capacity)
{
    if (unpack->inflate) {
        inflate_output(unpack->inflate, at, history, capacity);
        return;
    }
    unpack->before = unpack_produced(unpack) - history;
    unpack->base = at;
    unpack->out = at + history;
    unpack->limit = at + capacity - UNPACK_SLACK;
}

uint64_t unpack_produced(const struct unpack *unpack)
{
    if (unpack->inflate)
        return inflate_produced(unpack->inflate);
    return unpack->before + (uint64_t)(unpack->out - unpack->base);
}

uint64_t unpack_consumed(const struct unpack *unpack)
{
    return unpack->inflate ? inflate_consumed(unpack->inflate) : unpack->fed - unpack->in_left;
}

static size_t room(const struct unpack *unpack, uint64_t mark)
{
    uint64_t wanted = mark - unpack_produced(unpack);
    size_t left = (size_t)(unpack->limit - unpack->out);
    return wanted < left ? (size_t)wanted : left;
}

static enum unpack_stop copy_plain(struct unpack *unpack, uint64_t mark)
{
    size_t count = room(unpack, mark);
    if (count > unpack->in_left)
        count = unpack->in_left;
    if (count)
        memcpy(unpack->out, unpack->in, count);
    unpack->out += count;
    unpack->in += count;
    unpack->in_left -= count;
    return UNPACK_INPUT;
}

static enum unpack_stop run_zstd(struct unpack *unpack, uint64_t mark, struct err *err)
{
    if (!unpack->zstd) {
        err_set(err, ERR_LIMIT, "no memory for zstd");
        return UNPACK_BAD;
    }
    ZSTD_inBuffer in = {unpack->in, unpack->in_left, 0};
    ZSTD_outBuffer out = {unpack->out, room(unpack, mark), 0};
    size_t left = ZSTD_decompressStream(unpack->zstd, &out, &in);
    if (ZSTD_isError(left)) {
        err_set(err, ERR_FORMAT, "the compressed data is damaged near byte %" PRIu64 ": %s",
                unpack_consumed(unpack), ZSTD_getErrorName(left));
        return UNPACK_BAD;
    }
    /* Asked again behind a frame, it hopes for another one: that is no frame begun. */
    if (in.pos || out.pos)
        unpack->open = left != 0;
    unpack->out += out.pos;
    unpack->in += in.pos;
    unpack->in_left -= in.pos;
    return UNPACK_INPUT;
}

/* Until a mark, the buffer's end, or until nothing moves any more. */
static enum unpack_stop run_other(struct unpack *unpack, uint64_t mark, struct err *err)
{
    for (;;) {
        if (unpack_produced(unpack) >= mark)
            return UNPACK_MARK;
        if (unpack->out >= unpack->limit)
            return UNPACK_FULL;
        const char *out = unpack->out, *in = unpack->in;
        enum unpack_stop stop = unpack->compression == COMPRESSION_ZSTD
                                    ? run_zstd(unpack, mark, err)
                                    : copy_plain(unpack, mark);
        if (stop == UNPACK_BAD)
            return stop;
        if (unpack->out == out && unpack->in == in)
            return unpack->open ? UNPACK_INPUT : UNPACK_END;
    }
}

enum unpack_stop unpack_run(struct unpack *unpack, uint64_t mark, struct err *err)
{
    static const enum unpack_stop stops[] = {
        [INFLATE_MARK] = UNPACK_MARK, [INFLATE_FULL] = UNPACK_FULL, [INFLATE_INPUT] = UNPACK_INPUT,
        [INFLATE_END] = UNPACK_END,   [INFLATE_BAD] = UNPACK_BAD,
    };
    if (unpack->inflate)
        return stops[inflate_run(unpack->inflate, mark, err)];
    return run_other(unpack, mark, err);
}
