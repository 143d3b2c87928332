#include "oci/oci.h"

#include "base/arena.h"

#include <errno.h>
#include <unistd.h>

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
