#include "store/folder.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool store_find_blob(struct store *store, digest id, bool *out_found, struct blob *out_blob,
                     struct err *err)
{
    struct err problem = {0};
    *out_found = false;
    if (store->blobs_fd < 0)
        return true;
    struct digest_text hex = digest_hex(id);
    int fd = open_beneath(store->blobs_fd, str_from(hex.z), O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                          &problem);
    if (fd < 0 && problem.sys_errno == ENOENT)
        return true;
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        fd_cleanup(&fd);
        return err_set(err, ERR_IO, "blob %s of the store cannot be read", hex.z);
    }
    *out_blob = (struct blob){.fd = fd, .size = (uint64_t)stat.st_size};
    *out_found = true;
    return true;
}

/* -- writing ----------------------------------------------------------------------------------- */

struct store_writer {
    struct arena *arena; /* its own: writers work in several threads */
    struct nameless file;
    struct sha256 hash;
    uint64_t size;
};

bool store_write_begin(struct store *store, struct store_writer **out_writer, struct err *err)
{
    if (!folder_writable(store, err))
        return false;
    struct nameless file;
    if (!nameless_open(store->blobs_fd, &file, err))
        return err_wrap(err, "store '%.*s'", STR_ARG(store->path));
    struct arena *arena = arena_new(1 << 20);
    struct store_writer *writer = NEW(arena, struct store_writer);
    *writer = (struct store_writer){.arena = arena, .file = file};
    sha256_init(&writer->hash);
    sha256_begin(&writer->hash);
    *out_writer = writer;
    return true;
}

bool store_write_add(struct store_writer *writer, str bytes, struct err *err)
{
    if (!fd_write_all(writer->file.fd, bytes, err))
        return false;
    sha256_add(&writer->hash, bytes);
    writer->size += bytes.len;
    return true;
}

uint64_t store_write_size(const struct store_writer *writer)
{
    return writer->size;
}

void store_write_drop(struct store_writer *writer)
{
    nameless_drop(&writer->file);
    sha256_release(&writer->hash);
    arena_free(writer->arena);
}

static bool keep(struct store_writer *writer, const digest *expected, digest *out_digest,
                 struct err *err)
{
    digest got = sha256_end(&writer->hash);
    struct digest_text hex = digest_hex(got);
    if (expected && !digest_eq(got, *expected)) {
        struct digest_text want = digest_hex(*expected);
        err_set(err, ERR_DIGEST, "sha256:%s was announced, sha256:%s came", want.z, hex.z);
        return err_hint(err, "nothing of it was kept; get it again, or from another source");
    }
    struct stat old;
    if (path_stat(writer->file.dir_fd, str_from(hex.z), &old) && S_ISREG(old.st_mode) &&
        (uint64_t)old.st_size != writer->size)
        unlinkat(writer->file.dir_fd, hex.z,
                 0); /* another tool was interrupted: here it is whole */
    if (!nameless_keep(&writer->file, str_from(hex.z), err))
        return false;
    if (out_digest)
        *out_digest = got;
    return true;
}

bool store_write_end(struct store_writer *writer, const digest *expected, digest *out_digest,
                     struct err *err)
{
    bool good = keep(writer, expected, out_digest, err);
    store_write_drop(writer);
    return good;
}

bool store_put(struct store *store, str bytes, digest *out_digest, struct err *err)
{
    struct store_writer *writer;
    if (!store_write_begin(store, &writer, err))
        return false;
    if (!store_write_add(writer, bytes, err)) {
        store_write_drop(writer);
        return false;
    }
    return store_write_end(writer, NULL, out_digest, err);
}
