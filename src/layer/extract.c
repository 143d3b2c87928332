#include "layer/layer.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "layer/pass.h"

#include <string.h>

/*
 * One file of a layer, by reading the layer once more.
 *
 *   blob -> unpack -> hash, tar -> the bytes of the entry that is wanted
 *
 * Behind the entry all is read as well: only the end tells whether these were the layer's bytes.
 */

enum { INPUT_BYTES = 64 << 10, OUTPUT_BYTES = 256 << 10 };
enum { BUFFER_BYTES = UNPACK_HISTORY + OUTPUT_BYTES + UNPACK_SLACK };

struct extraction {
    const struct blob *blob;
    const struct byte_sink *sink;
    struct unpack *unpack;
    struct tar *tar;
    struct sha256 hash;
    char *input, *output;
    uint64_t read;      /* of the blob */
    uint32_t seen;      /* entries so far */
    uint32_t wanted;    /* place of the one */
    bool inside, found; /* it */
    bool over;
};

static bool enter(struct extraction *run, struct err *err)
{
    const struct tar_entry *entry = tar_entry(run->tar);
    run->inside = run->seen++ == run->wanted;
    if (!run->inside)
        return true;
    if (entry->type != TAR_FILE)
        return err_set(err, ERR_UNSUPPORTED, "it is no regular file");
    if (entry->sparse)
        return err_set(err, ERR_UNSUPPORTED, "it is a sparse file");
    run->found = true;
    return true;
}

static bool look_at(struct extraction *run, str piece, struct err *err)
{
    str data;
    enum tar_step step;
    sha256_add(&run->hash, piece);
    while ((step = tar_next(run->tar, &piece, &data, err)) != TAR_MORE) {
        if (step == TAR_FAIL || (step == TAR_ENTRY && !enter(run, err)))
            return false;
        if (step == TAR_DATA && run->inside && !run->sink->add(run->sink->to, data, err))
            return false;
        run->inside = run->inside && step != TAR_DONE;
    }
    return true;
}

/* Unpack behind `history` until the buffer is full or all is over. */
static bool fill(struct extraction *run, size_t history, size_t *out_count, struct err *err)
{
    uint64_t before = unpack_produced(run->unpack);
    unpack_output(run->unpack, run->output, history, BUFFER_BYTES);
    for (;;) {
        size_t got;
        enum unpack_stop stop = unpack_run(run->unpack, UINT64_MAX, err);
        bool all_read = run->read == run->blob->size;
        *out_count = (size_t)(unpack_produced(run->unpack) - before);
        if (stop == UNPACK_BAD)
            return false;
        run->over = all_read && stop == UNPACK_END;
        if (run->over || stop == UNPACK_FULL)
            return true;
        if (all_read)
            return err_set(err, ERR_FORMAT, "the compressed data ends early");
        if (!blob_read_at(run->blob, run->read, run->input, INPUT_BYTES, &got, err))
            return false;
        run->read += got;
        unpack_input(run->unpack, (str){run->input, got});
    }
}

static bool read_all(struct extraction *run, struct err *err)
{
    size_t history = 0, count;
    while (!run->over) {
        if (!fill(run, history, &count, err) ||
            !look_at(run, (str){run->output + history, count}, err))
            return false;
        size_t end = history + count;
        history = end < UNPACK_HISTORY ? end : UNPACK_HISTORY;
        memmove(run->output, run->output + end - history, history);
    }
    return true;
}

static bool run_extraction(struct extraction *run, const struct image_layer *layer, struct err *err)
{
    if (!read_all(run, err) || !pass_diff_id_is(sha256_end(&run->hash), layer->diff_id, err) ||
        !tar_finish(run->tar, err))
        return false;
    return run->found || err_set(err, ERR_FORMAT, "the layer has no such entry");
}

bool layer_extract(const struct image_layer *layer, uint32_t order, const struct byte_sink *sink,
                   struct err *err)
{
    enum compression compression;
    if (layer->blob.source) {
        err_set(err, ERR_UNSUPPORTED, "its layer is not kept");
        return err_hint(err, "'plimsoll image pull' or 'load' it first");
    }
    if (!layer_compression(layer, &compression, err))
        return false;
    AUTO(arena) struct arena *arena = arena_new(0);
    struct extraction run = {.blob = &layer->blob,
                             .sink = sink,
                             .unpack = unpack_new(arena, compression),
                             .tar = tar_new(arena),
                             .input = arena_alloc(arena, INPUT_BYTES, 1),
                             .output = arena_alloc(arena, BUFFER_BYTES, 1),
                             .wanted = order};
    sha256_init(&run.hash);
    sha256_begin(&run.hash);
    bool good = run_extraction(&run, layer, err);
    sha256_release(&run.hash);
    unpack_release(run.unpack);
    return good;
}
