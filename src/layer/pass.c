#include "layer/pass.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/pool.h"
#include "base/ring.h"
#include "layer/building.h"

#include <string.h>

/* What was unpacked is hashed and looked at while it is still in the core's cache. */
enum { SLOTS = 4, INPUT_BYTES = 64 << 10, OUTPUT_BYTES = 256 << 10 };
enum { BUFFER_BYTES = UNPACK_HISTORY + OUTPUT_BYTES + UNPACK_SLACK };

VEC_TYPE(positions, uint64_t);

/* The side that reads and unpacks. */
struct source_side {
    struct arena *arena;
    struct unpack *unpack;
    struct tar *tar; /* NULL where the blob is plain: then an entry costs what it is */
    struct sha256 hash;
    char *input;
    uint64_t read;         /* of the blob */
    struct positions ends; /* of each entry: how much of the blob it and all before took */
    uint64_t entry_end;    /* offset at which the present entry ends; 0: none is open */
    struct err err;
    bool good;
};

/* The side that looks at what was unpacked. */
struct look_side {
    struct arena *arena;
    struct tar *tar;
    struct sha256 hash;
    struct building building;
    uint64_t bytes;
    struct positions ends; /* of each entry, in the unpacked stream */
    struct err err;
    bool good;
};

struct slot {
    char *at;
    size_t start, len; /* what is new in it */
    bool last;
};

struct pass {
    struct arena *results, *work; /* what stays, and what is needed for one layer only */
    const struct image_layer *layer;
    const struct inspectors *inspectors;
    enum compression compression;
    struct slot slots[SLOTS];
    struct source_side source;
    struct look_side look;
    struct ring *ring;
    struct layer_report report;
};

struct pass *pass_new(struct arena *arena, const struct image_layer *layer,
                      const struct inspectors *inspectors)
{
    struct arena *work = arena_new(0);
    struct pass *pass = NEW(work, struct pass);
    pass->results = arena;
    pass->work = work;
    pass->layer = layer;
    pass->inspectors = inspectors;
    /* Each side has an arena: they may be two threads. */
    pass->source.arena = arena_child(work, 0);
    pass->look.arena = work;
    return pass;
}

/* -- reading and unpacking --------------------------------------------------------------------- */

static bool read_piece(struct pass *pass, char *to, size_t most, size_t *out_count)
{
    struct source_side *side = &pass->source;
    if (!blob_read_at(&pass->layer->blob, side->read, to, most, out_count, &side->err))
        return false;
    side->read += *out_count;
    if (pass->layer->has_digest && pass->compression != COMPRESSION_NONE)
        sha256_add(&side->hash, (str){to, *out_count});
    return true;
}

/* Follow the headers in what was just unpacked, and note what entries took. */
static bool follow(struct source_side *side, str piece)
{
    str data;
    uint64_t produced = unpack_produced(side->unpack);
    if (side->entry_end && produced >= side->entry_end) {
        vec_push(side->arena, &side->ends, unpack_consumed(side->unpack));
        side->entry_end = 0;
    }
    enum tar_step step;
    while ((step = tar_next(side->tar, &piece, &data, &side->err)) != TAR_MORE) {
        if (step == TAR_FAIL)
            return false;
        if (step != TAR_ENTRY)
            continue;
        const struct tar_entry *entry = tar_entry(side->tar);
        side->entry_end = entry->end_at;
        if (produced >= entry->end_at) { /* a symbol's rest took us past an entry without bytes */
            vec_push(side->arena, &side->ends, unpack_consumed(side->unpack));
            side->entry_end = 0;
        }
    }
    return true;
}

/* Fill a slot with what comes next. */
static bool unpack_slot(struct pass *pass, struct slot *slot)
{
    struct source_side *side = &pass->source;
    const char *at = slot->at + slot->start;
    for (;;) {
        uint64_t before = unpack_produced(side->unpack);
        enum unpack_stop stop = unpack_run(side->unpack, tar_wants(side->tar), &side->err);
        size_t count = (size_t)(unpack_produced(side->unpack) - before);
        slot->len += count;
        if (stop == UNPACK_BAD || (count && !follow(side, (str){at, count})))
            return false;
        at += count;
        if (stop == UNPACK_FULL)
            return true;
        if (stop == UNPACK_MARK)
            continue;
        bool over = side->read == pass->layer->blob.size;
        if (over && stop == UNPACK_INPUT)
            return err_set(&side->err, ERR_FORMAT, "the compressed data ends early");
        if (over) {
            slot->last = true;
            return true;
        }
        size_t got;
        if (!read_piece(pass, side->input, INPUT_BYTES, &got))
            return false;
        unpack_input(side->unpack, (str){side->input, got});
    }
}

static bool plain_slot(struct pass *pass, struct slot *slot)
{
    if (!read_piece(pass, slot->at, OUTPUT_BYTES, &slot->len))
        return false;
    slot->last = pass->source.read == pass->layer->blob.size;
    return true;
}

/* The next slot: behind the last 32 KiB of the one before, where that is needed. */
static bool fill_slot(struct pass *pass, struct slot *slot, const struct slot *before)
{
    slot->start = slot->len = 0;
    slot->last = false;
    if (pass->compression == COMPRESSION_NONE)
        return plain_slot(pass, slot);
    if (before) {
        size_t end = before->start + before->len;
        slot->start = end < UNPACK_HISTORY ? end : UNPACK_HISTORY;
        memmove(slot->at, before->at + end - slot->start, slot->start);
    }
    unpack_output(pass->source.unpack, slot->at, slot->start, BUFFER_BYTES);
    return unpack_slot(pass, slot);
}

static bool begin_source(struct pass *pass)
{
    struct source_side *side = &pass->source;
    char first[4];
    size_t got;
    if (!blob_read_at(&pass->layer->blob, 0, first, sizeof(first), &got, &side->err))
        return false;
    pass->compression = compression_of((str){first, got});
    if (pass->compression != COMPRESSION_NONE) {
        side->unpack = unpack_new(side->arena, pass->compression);
        side->tar = tar_new(side->arena);
        side->input = arena_alloc(side->arena, INPUT_BYTES, 1);
    }
    sha256_init(&side->hash);
    sha256_begin(&side->hash);
    return true;
}

static bool end_source(struct pass *pass)
{
    struct source_side *side = &pass->source;
    if (!pass->layer->has_digest)
        return true;
    /* The blob of a plain layer is what the diff id names; the other side hashes it. */
    bool plain = pass->compression == COMPRESSION_NONE;
    digest got = plain ? pass->layer->diff_id : sha256_end(&side->hash);
    if (digest_eq(got, pass->layer->digest))
        return true;
    err_set(&side->err, ERR_DIGEST, "its bytes are sha256:%s, not sha256:%s", digest_hex(got).z,
            digest_hex(pass->layer->digest).z);
    return err_hint(&side->err, "the image is damaged; get it again");
}

/* -- looking ----------------------------------------------------------------------------------- */

static bool look_at(struct look_side *side, str piece)
{
    str data;
    enum tar_step step;
    while ((step = tar_next(side->tar, &piece, &data, &side->err)) != TAR_MORE) {
        const struct tar_entry *entry = tar_entry(side->tar);
        switch (step) {
        case TAR_FAIL: return false;
        case TAR_ENTRY:
            vec_push(side->arena, &side->ends, entry->end_at);
            if (!building_entry(&side->building, entry, &side->err))
                return false;
            break;
        case TAR_DATA: building_data(&side->building, data, data.len == entry->stored); break;
        case TAR_DONE: building_done(&side->building); break;
        default: break;
        }
    }
    return true;
}

static void begin_look(struct pass *pass)
{
    struct look_side *side = &pass->look;
    side->tar = tar_new(side->arena);
    side->building = building_new(side->arena, pass->inspectors);
    sha256_init(&side->hash);
    sha256_begin(&side->hash);
}

static bool look_slot(struct pass *pass, const struct slot *slot)
{
    struct look_side *side = &pass->look;
    str piece = {slot->at + slot->start, slot->len};
    side->bytes += piece.len;
    sha256_add(&side->hash, piece);
    return look_at(side, piece);
}

bool pass_diff_id_is(digest got, digest wanted, struct err *err)
{
    if (digest_eq(got, wanted))
        return true;
    err_set(err, ERR_DIGEST, "its diff id is sha256:%s, not sha256:%s", digest_hex(got).z,
            digest_hex(wanted).z);
    return err_hint(err, "the image is damaged; get it again");
}

static bool end_look(struct pass *pass)
{
    struct look_side *side = &pass->look;
    digest got = sha256_end(&side->hash);
    if (!pass_diff_id_is(got, pass->layer->diff_id, &side->err) ||
        !tar_finish(side->tar, &side->err) ||
        !building_end(&side->building, &pass->report, &side->err))
        return false;
    pass->report.diff_id = got;
    pass->report.tar_bytes = side->bytes;
    return true;
}

/* -- both -------------------------------------------------------------------------------------- */

static void fill_side(void *raw)
{
    struct pass *pass = raw;
    const struct slot *before = NULL;
    int at;
    bool last = false;
    pass->source.good = true;
    while (!last && pass->source.good && (at = ring_claim(pass->ring)) != RING_END) {
        pass->source.good = fill_slot(pass, &pass->slots[at], before);
        before = &pass->slots[at];
        last = before->last;
        if (pass->source.good)
            ring_publish(pass->ring);
    }
    if (pass->source.good && last)
        pass->source.good = end_source(pass);
    if (pass->source.good)
        ring_close(pass->ring);
    else
        ring_cancel(pass->ring);
}

static void look_side(void *raw)
{
    struct pass *pass = raw;
    int at;
    pass->look.good = true;
    while (pass->look.good && (at = ring_next(pass->ring)) != RING_END) {
        pass->look.good = look_slot(pass, &pass->slots[at]);
        ring_done(pass->ring);
    }
    if (!pass->look.good)
        ring_cancel(pass->ring);
}

static void run_alone(struct pass *pass)
{
    const struct slot *before = NULL;
    pass->source.good = pass->look.good = true;
    unsigned turn = pass->compression != COMPRESSION_NONE; /* plain bytes need no history */
    for (unsigned at = 0; pass->source.good && pass->look.good; at ^= turn) {
        struct slot *slot = &pass->slots[at];
        pass->source.good = fill_slot(pass, slot, before);
        if (pass->source.good)
            pass->look.good = look_slot(pass, slot);
        before = slot;
        if (slot->last)
            break;
    }
    if (pass->source.good && pass->look.good)
        pass->source.good = end_source(pass);
}

bool pass_run(struct pass *pass, bool two_threads, struct err *err)
{
    unsigned slots = two_threads ? SLOTS : 2;
    for (unsigned i = 0; i < slots; i++)
        pass->slots[i].at = arena_alloc(pass->look.arena, BUFFER_BYTES, 1);
    bool good = begin_source(pass);
    if (good) {
        begin_look(pass);
        pass->ring = ring_new(pass->look.arena, SLOTS);
        if (!two_threads || !pool_pair(fill_side, look_side, pass))
            run_alone(pass);
        ring_release(pass->ring);
        good = pass->source.good && pass->look.good && end_look(pass);
        sha256_release(&pass->look.hash);
    }
    unpack_release(pass->source.unpack);
    if (pass->source.hash.context)
        sha256_release(&pass->source.hash);
    if (!good) /* what the source says is the cause where it says something */
        *err = pass->source.err.code ? pass->source.err : pass->look.err;
    return good;
}

void pass_free(struct pass *pass)
{
    arena_free(pass->work);
}

static void *keep(struct pass *pass, const void *at, size_t count, size_t size)
{
    char *kept = arena_alloc(pass->results, arena_array_bytes(count, size), _Alignof(max_align_t));
    return count ? memcpy(kept, at, count * size) : kept;
}

/* The report, no larger than it is: it grew by doubling. */
static struct layer_report kept_report(struct pass *pass)
{
    struct layer_report report = pass->report;
    report.entries = keep(pass, report.entries, report.count, sizeof(*report.entries));
    report.records = keep(pass, report.records, report.record_count, sizeof(*report.records));
    report.heap.at = keep(pass, report.heap.at, report.heap.len, 1);
    return report;
}

void pass_result(struct pass *pass, struct layer_result *out_result)
{
    /* Positions become shares; what stands behind the last entry is its own. */
    bool plain = pass->compression == COMPRESSION_NONE;
    const struct positions *ends = plain ? &pass->look.ends : &pass->source.ends;
    uint32_t count = pass->report.count;
    uint64_t *shares = NEW_ARRAY(pass->results, uint64_t, count ? count : 1);
    uint64_t before = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t end = i + 1 == count    ? pass->layer->blob.size
                       : i < ends->count ? ends->at[i]
                                         : before;
        shares[i] = end - before;
        before = end;
    }
    *out_result = (struct layer_result){
        .report = kept_report(pass),
        .pull = {.exact = pass->compression == COMPRESSION_GZIP,
                 .blob_bytes = pass->layer->blob.size,
                 .shares = shares,
                 .count = count},
    };
}
