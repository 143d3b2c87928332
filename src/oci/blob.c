#include "oci/oci.h"

#include "base/arena.h"

#include <errno.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20 };

bool blob_read_at(const struct blob *blob, uint64_t at, char *to, size_t count, size_t *out_count,
                  struct err *err)
{
    size_t done = 0;
    if (blob->source)
        return blob->source->read(blob->source, at, to, count, out_count, err);
    if (at > blob->size)
        at = blob->size;
    if (count > blob->size - at)
        count = (size_t)(blob->size - at);
    while (done < count) {
        ssize_t got = pread(blob->fd, to + done, count - done, (off_t)(blob->at + at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, "cannot read");
        if (!got)
            return err_set(err, ERR_FORMAT, "the file ends %zu bytes early", count - done);
        done += (size_t)got;
    }
    *out_count = done;
    return true;
}

bool blob_read(struct arena *arena, const struct blob *blob, uint64_t size_max, str *out_bytes,
               struct err *err)
{
    if (blob->size > size_max)
        return err_set(err, ERR_LIMIT, "%" PRIu64 " bytes pass the limit of %" PRIu64, blob->size,
                       size_max);
    char *at = arena_alloc(arena, (size_t)blob->size + 1, 1);
    size_t count;
    if (!blob_read_at(blob, 0, at, (size_t)blob->size, &count, err))
        return false;
    *out_bytes = (str){at, count};
    return true;
}

bool blob_copy(const struct blob *blob, const struct byte_sink *sink, digest *out_digest,
               struct err *err)
{
    AUTO(arena) struct arena *arena = arena_new(2 * PIECE_BYTES);
    char *piece = arena_alloc(arena, PIECE_BYTES, 1);
    struct sha256 hash;
    bool good = true;
    sha256_init(&hash);
    sha256_begin(&hash);
    for (uint64_t at = 0; good && at < blob->size;) {
        size_t count;
        good = blob_read_at(blob, at, piece, PIECE_BYTES, &count, err);
        if (good && !count)
            good = err_set(err, ERR_FORMAT, "it ends %" PRIu64 " bytes early", blob->size - at);
        if (!good)
            break;
        sha256_add(&hash, (str){piece, count});
        at += count;
        good = !sink || sink->add(sink->to, (str){piece, count}, err);
    }
    *out_digest = sha256_end(&hash);
    sha256_release(&hash);
    return good;
}

bool blob_hash(const struct blob *blob, digest *out_digest, struct err *err)
{
    return blob_copy(blob, NULL, out_digest, err);
}
