#include "archive/tar.h"

#include "archive/tar_header.h"
#include "base/arena.h"
#include "base/limits.h"

#include <string.h>

/*
 * A header block is put together in `block` when pieces cut it; an extended header (PAX, GNU long
 * names) goes into `extended` and counts for the entry behind it. The offset `at` moves over the
 * stream; `until` is where the present part ends.
 *
 *   HEADER -> EXTENDED -> HEADER -> .. -> DATA -> PADDING -> HEADER -> .. -> ENDED
 */
enum part { PART_HEADER, PART_EXTENDED, PART_SPARSE, PART_DATA, PART_PADDING, PART_ENDED };

struct tar {
    struct arena *arena; /* of one entry: rewound at the next */
    struct arena_mark empty;
    struct arena *kept; /* global headers */
    enum part part;
    uint64_t at, until;
    uint8_t block[TAR_BLOCK_BYTES];
    uint32_t filled; /* of block */
    char *extended;  /* the present extended header */
    size_t extended_bytes;
    char extended_flag;
    uint32_t zeros; /* blocks of zeros in a row */
    bool fresh;     /* no header of the next entry was seen yet */
    struct tar_extra global, extra;
    uint64_t global_bytes, extra_bytes; /* of extended headers: of all, of this entry */
    struct tar_entry entry;
};

struct tar *tar_new(struct arena *arena)
{
    struct tar *tar = NEW(arena, struct tar);
    tar->kept = arena;
    tar->arena = arena_child(arena, 0);
    tar->empty = arena_mark(tar->arena);
    tar->until = TAR_BLOCK_BYTES;
    tar->fresh = true;
    return tar;
}

const struct tar_entry *tar_entry(const struct tar *tar)
{
    return &tar->entry;
}

uint64_t tar_wants(const struct tar *tar)
{
    if (tar->part == PART_DATA) /* nothing happens before its padding is through */
        return tar->entry.end_at;
    return tar->part == PART_ENDED ? UINT64_MAX : tar->until;
}

static uint64_t padded(uint64_t bytes)
{
    return (bytes + TAR_BLOCK_BYTES - 1) & ~(uint64_t)(TAR_BLOCK_BYTES - 1);
}

static void go_to_header(struct tar *tar)
{
    tar->part = PART_HEADER;
    tar->filled = 0;
    tar->until = tar->at + TAR_BLOCK_BYTES;
}

/* Up to `until`, into `to`; true when it is all there. */
static bool gather(struct tar *tar, str *piece, void *to, size_t *filled)
{
    uint64_t want = tar->until - tar->at;
    size_t count = want < piece->len ? (size_t)want : piece->len;
    if (count)
        memcpy((char *)to + *filled, piece->at, count);
    *filled += count;
    tar->at += count;
    *piece = str_from_index(*piece, count);
    return tar->at == tar->until;
}

static enum tar_step begin_entry(struct tar *tar, struct err *err)
{
    uint64_t header_at = tar->entry.header_at;
    if (!tar_header_read(tar->arena, tar->block, &tar->global, &tar->extra, &tar->entry, err)) {
        err_wrap(err, "the header at byte %" PRIu64, tar->at - TAR_BLOCK_BYTES);
        return TAR_FAIL;
    }
    tar->entry.header_at = header_at;
    tar->entry.data_at = tar->at;
    if (tar->entry.stored > UINT64_MAX / 2 - tar->at) {
        err_set(err, ERR_FORMAT, "the entry at byte %" PRIu64 " is larger than a file can be",
                header_at);
        return TAR_FAIL;
    }
    tar->until = tar->at + tar->entry.stored;
    tar->entry.end_at = tar->at + padded(tar->entry.stored);
    tar->part = PART_DATA;
    tar->fresh = true;
    return TAR_ENTRY;
}

static bool begin_extended(struct tar *tar, struct err *err)
{
    uint64_t size;
    if (!tar_header_size(tar->block, &size))
        return err_set(err, ERR_FORMAT, "the size of an extended header at byte %" PRIu64,
                       tar->at - TAR_BLOCK_BYTES);
    if (size > LIMIT_TAR_HEADER)
        return err_set(err, ERR_LIMIT,
                       "the extended header at byte %" PRIu64 " passes its limit of %zu bytes",
                       tar->at - TAR_BLOCK_BYTES, LIMIT_TAR_HEADER);
    tar->extended_flag = (char)tar->block[TAR_FLAG_AT];
    uint64_t *total = tar->extended_flag == 'g' ? &tar->global_bytes : &tar->extra_bytes;
    *total += size + TAR_BLOCK_BYTES;
    if (*total > 4 * LIMIT_TAR_HEADER)
        return err_set(err, ERR_LIMIT, "extended headers up to byte %" PRIu64 " pass their limit",
                       tar->at);
    tar->extended = arena_alloc(tar->arena, size + 1, 1);
    tar->extended_bytes = 0;
    tar->until = tar->at + padded(size);
    tar->part = PART_EXTENDED;
    tar->entry.stored = size;
    return true;
}

static bool is_extended(char flag)
{
    return flag == 'x' || flag == 'g' || flag == 'X' || flag == 'L' || flag == 'K';
}

/* A header block is whole: what it begins. TAR_MORE: go on. */
static enum tar_step take_block(struct tar *tar, struct err *err)
{
    if (tar_block_is_zero(tar->block)) {
        bool end = ++tar->zeros == 2;
        go_to_header(tar);
        if (end)
            tar->part = PART_ENDED;
        return end ? TAR_END : TAR_MORE;
    }
    if (tar->zeros) { /* a lone block of zeros ends it for GNU tar; whatever follows is not read */
        tar->part = PART_ENDED;
        return TAR_END;
    }
    if (!tar_header_is_sound(tar->block)) {
        err_set(err, ERR_FORMAT, "there is no tar header at byte %" PRIu64,
                tar->at - TAR_BLOCK_BYTES);
        return TAR_FAIL;
    }
    if (tar->fresh) {
        arena_rewind(tar->arena, tar->empty);
        tar->extra = (struct tar_extra){0};
        tar->extra_bytes = 0;
        tar->entry = (struct tar_entry){.header_at = tar->at - TAR_BLOCK_BYTES};
        tar->fresh = false;
    }
    char flag = (char)tar->block[TAR_FLAG_AT];
    if (is_extended(flag))
        return begin_extended(tar, err) ? TAR_MORE : TAR_FAIL;
    enum tar_step step = begin_entry(tar, err);
    if (step == TAR_ENTRY && flag == 'S' && tar->block[TAR_SPARSE_MORE_AT]) {
        tar->part = PART_SPARSE;
        tar->filled = 0;
        tar->until = tar->at + TAR_BLOCK_BYTES;
        return TAR_MORE;
    }
    return step;
}

/* An old sparse file has more blocks of its map behind the header. */
static enum tar_step take_sparse(struct tar *tar)
{
    bool more = tar->block[TAR_SPARSE_EXTENDED_AT];
    tar->filled = 0;
    tar->until = tar->at + TAR_BLOCK_BYTES;
    if (more)
        return TAR_MORE;
    tar->entry.data_at = tar->at;
    tar->until = tar->at + tar->entry.stored;
    tar->entry.end_at = tar->at + padded(tar->entry.stored);
    tar->part = PART_DATA;
    return TAR_ENTRY;
}

static bool take_extended(struct tar *tar, struct err *err)
{
    uint64_t size = tar->entry.stored;
    tar->entry.stored = 0;
    str text = {tar->extended, size};
    bool global = tar->extended_flag == 'g';
    if (tar->extended_flag == 'L' || tar->extended_flag == 'K') {
        str name = str_slice(text, 0, strnlen(text.at, text.len));
        if (name.len > LIMIT_TAR_PATH)
            return err_set(err, ERR_LIMIT, "a name passes its limit of %d bytes", LIMIT_TAR_PATH);
        *(tar->extended_flag == 'L' ? &tar->extra.long_path : &tar->extra.long_link) = name;
    } else if (!tar_pax_read(global ? tar->kept : tar->arena, text,
                             global ? &tar->global : &tar->extra, err)) {
        return err_wrap(err, "the extended header that ends at byte %" PRIu64, tar->at);
    }
    go_to_header(tar);
    return true;
}

static enum tar_step step_of(struct tar *tar, str *piece, str *out_data, struct err *err)
{
    size_t filled = tar->filled;
    switch (tar->part) {
    case PART_HEADER:
    case PART_SPARSE: {
        bool whole = gather(tar, piece, tar->block, &filled);
        tar->filled = (uint32_t)filled;
        if (!whole)
            return TAR_MORE;
        return tar->part == PART_HEADER ? take_block(tar, err) : take_sparse(tar);
    }
    case PART_EXTENDED: {
        /* The padding goes nowhere. */
        uint64_t size = tar->entry.stored, end = tar->until;
        if (tar->extended_bytes < size) {
            tar->until = end - (padded(size) - size);
            bool whole = gather(tar, piece, tar->extended, &tar->extended_bytes);
            tar->until = end;
            if (!whole)
                return TAR_MORE;
        }
        uint64_t skip = end - tar->at < piece->len ? end - tar->at : piece->len;
        tar->at += skip;
        *piece = str_from_index(*piece, skip);
        return tar->at < end || take_extended(tar, err) ? TAR_MORE : TAR_FAIL;
    }
    case PART_DATA: {
        uint64_t left = tar->until - tar->at;
        if (!left) {
            tar->part = PART_PADDING;
            tar->until = tar->entry.end_at;
            if (tar->at == tar->until)
                go_to_header(tar);
            return TAR_DONE;
        }
        size_t count = left < piece->len ? (size_t)left : piece->len;
        *out_data = str_slice(*piece, 0, count);
        *piece = str_from_index(*piece, count);
        tar->at += count;
        return count ? TAR_DATA : TAR_MORE;
    }
    case PART_PADDING: {
        uint64_t left = tar->until - tar->at;
        uint64_t skip = left < piece->len ? left : piece->len;
        *piece = str_from_index(*piece, skip);
        tar->at += skip;
        if (tar->at == tar->until)
            go_to_header(tar);
        return TAR_MORE;
    }
    default:
        tar->at += piece->len;
        *piece = STR_NONE;
        return TAR_MORE;
    }
}

enum tar_step tar_next(struct tar *tar, str *piece, str *out_data, struct err *err)
{
    /* An entry without bytes is done without any. */
    bool idle = tar->part == PART_DATA && tar->at == tar->until;
    while (piece->len || idle) {
        enum tar_step step = step_of(tar, piece, out_data, err);
        if (step != TAR_MORE)
            return step;
        idle = false;
    }
    return TAR_MORE;
}

uint64_t tar_skip(struct tar *tar, uint64_t seen)
{
    assert(tar->part == PART_DATA && tar->at - seen >= tar->entry.data_at);
    tar->at = tar->entry.end_at;
    go_to_header(tar);
    return tar->at;
}

bool tar_finish(const struct tar *tar, struct err *err)
{
    bool between = tar->part == PART_ENDED || (tar->part == PART_HEADER && tar->fresh);
    if (between && (tar->part == PART_ENDED || !tar->filled))
        return true;
    if (tar->part == PART_PADDING) /* whoever wrote it left the last block short */
        return true;
    return err_set(err, ERR_FORMAT, "the archive ends in the middle of an entry, at byte %" PRIu64,
                   tar->at);
}
