#include "store/folder.h"

#include "base/content.h"
#include "base/io.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/*
 * A note is a header and its bytes; what does not fit its header is as good as absent. The header
 * is 32 bytes, so that mapped bytes stand as well as allocated ones.
 */
struct note_header {
    char magic[8];
    uint64_t size;
    uint64_t check[2]; /* XXH3 of the bytes */
};
static_assert(sizeof(struct note_header) == 32, "mapped notes are aligned");
#define NOTE_MAGIC "PLNOTE1\n"

static str note_path(struct arena *arena, const char *kind, str key)
{
    assert(!str_has_char(key, '/'));
    return str_fmt(arena, "notes/%s/%.*s", kind, STR_ARG(key));
}

/* Take what is mapped if it is whole. */
static bool check_note(str mapped, str *out_bytes)
{
    struct note_header header;
    if (mapped.len < sizeof(header))
        return false;
    memcpy(&header, mapped.at, sizeof(header));
    str bytes = str_from_index(mapped, sizeof(header));
    if (memcmp(header.magic, NOTE_MAGIC, sizeof(header.magic)) != 0 || header.size != bytes.len)
        return false;
    content_hash hash = content_of(bytes);
    if (memcmp(hash.at, header.check, sizeof(header.check)) != 0)
        return false;
    *out_bytes = bytes;
    return true;
}

bool store_note_find(struct store *store, const char *kind, str key, bool *out_found,
                     str *out_bytes, struct err *err)
{
    *out_found = false;
    if (store->own_fd < 0)
        return true;
    AUTO(arena) struct arena *arena = arena_new(1 << 20);
    struct err problem = {0};
    AUTO(fd)
    int fd = open_beneath(store->own_fd, note_path(arena, kind, key),
                          O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &problem);
    struct stat stat;
    if (fd < 0)
        return problem.sys_errno == ENOENT || err_set(err, ERR_IO, "%s", problem.line[0]);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || stat.st_size <= 0)
        return true;
    size_t size = (size_t)stat.st_size;
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED)
        return err_sys(err, "cannot map a note of the store");
    *out_found = check_note((str){at, size}, out_bytes);
    if (!*out_found)
        munmap(at, size);
    return true;
}

bool store_note_put(struct store *store, const char *kind, str key, str bytes, struct err *err)
{
    if (!folder_writable(store, err))
        return false;
    AUTO(arena) struct arena *arena = arena_new(1 << 20);
    struct note_header header = {.size = bytes.len};
    content_hash hash = content_of(bytes);
    memcpy(header.magic, NOTE_MAGIC, sizeof(header.magic));
    memcpy(header.check, hash.at, sizeof(header.check));
    str folder = str_fmt(arena, "notes/%s", kind);
    if (!dirs_make(store->own_fd, folder, err))
        return false;
    AUTO(fd) int folder_fd = open_beneath(store->own_fd, folder, O_RDONLY | O_DIRECTORY, err);
    if (folder_fd < 0)
        return false;
    AUTO(nameless) struct nameless file = {.fd = -1};
    return nameless_open(folder_fd, &file, err) &&
           fd_write_all(file.fd, (str){(const char *)&header, sizeof(header)}, err) &&
           fd_write_all(file.fd, bytes, err) && nameless_replace(&file, key, err);
}
