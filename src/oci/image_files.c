#include "oci/image_files.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { LINKS_MAX = 8, SCAN_BYTES = 64 << 10 };

struct file_entry {
    uint64_t at, size;
    str link; /* of a symbolic or hard link: the clean path that it means; "" for a file */
};

/* "a/b/../c": what a link means that stands in `folder`; "" when it leads out. */
static str inside(struct arena *arena, str folder, str link)
{
    str path = path_clean(arena, folder.len ? path_join(arena, folder, link) : link);
    return str_starts(path, STR("..")) || str_starts(path, STR("/")) ? STR("") : path;
}

static void note_entry(struct files *files, const struct tar_entry *entry)
{
    str path = entry->path;
    while (str_starts(path, STR("/")))
        path = str_from_index(path, 1);
    path = path_clean(files->arena, path);
    if (str_starts(path, STR("..")))
        return; /* no layout has such a file: it is never asked for */
    struct file_entry *file = NEW(files->arena, struct file_entry);
    *file = (struct file_entry){.at = entry->data_at, .size = entry->stored, .link = STR("")};
    if (entry->type == TAR_SYMLINK)
        file->link = inside(files->arena, str_dirname(path), entry->link);
    else if (entry->type == TAR_HARD_LINK)
        file->link = inside(files->arena, STR(""), entry->link);
    bool link = entry->type == TAR_SYMLINK || entry->type == TAR_HARD_LINK;
    if (link ? !file->link.len : entry->type != TAR_FILE)
        return; /* a link that leads out leads nowhere */
    map_set(files->arena, &files->entries, path, file);
}

/* Walk the headers; data is not read, but passed over. */
static bool scan(struct files *files, uint64_t size, struct err *err)
{
    struct arena *scratch = arena_child(files->arena, 0);
    struct tar *tar = tar_new(scratch);
    char *buffer = arena_alloc(scratch, SCAN_BYTES, 1);
    struct blob whole = {files->fd, 0, size};
    uint64_t at = 0;
    uint32_t entries = 0;
    while (at < size) {
        size_t count;
        if (!blob_read_at(&whole, at, buffer, SCAN_BYTES, &count, err))
            return false;
        str piece = {buffer, count}, data;
        enum tar_step step;
        while ((step = tar_next(tar, &piece, &data, err)) == TAR_ENTRY || step == TAR_DONE) {
            if (step == TAR_DONE)
                continue;
            if (++entries > LIMIT_ARCHIVE_FILES)
                return err_set(err, ERR_LIMIT, "more than %d files", LIMIT_ARCHIVE_FILES);
            note_entry(files, tar_entry(tar));
        }
        if (step == TAR_FAIL)
            return false;
        if (step == TAR_END)
            return true;
        at = step == TAR_DATA ? tar_skip(tar, data.len) : at + count;
    }
    return tar_finish(tar, err);
}

bool files_open(struct arena *arena, str path, struct files *out_files, struct err *err)
{
    struct files files = {.arena = arena, .shown = path};
    files.fd = open_readable(AT_FDCWD, path, err);
    if (files.fd < 0)
        return false;
    struct stat stat;
    if (fstat(files.fd, &stat) != 0)
        return err_sys(err, "cannot look at '%.*s'", STR_ARG(path));
    files.is_archive = S_ISREG(stat.st_mode);
    if (!files.is_archive && !S_ISDIR(stat.st_mode))
        return err_set(err, ERR_FORMAT, "'%.*s' is neither a directory nor a file", STR_ARG(path));
    if (files.is_archive && !scan(&files, (uint64_t)stat.st_size, err))
        return err_wrap(err, "'%.*s' as a tar archive", STR_ARG(path));
    *out_files = files;
    return true;
}

static bool find_in_directory(struct files *files, str path, bool *out_found, struct blob *out_blob,
                              struct err *err)
{
    *out_found = false;
    struct err ignored = {0};
    int fd = open_beneath(files->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, &ignored);
    if (fd < 0)
        return ignored.sys_errno == ENOENT || ignored.sys_errno == ENOTDIR
                   ? true
                   : err_set(err, ignored.code, "%s", ignored.line[0]);
    struct stat stat;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        fd_cleanup(&fd);
        return err_set(err, ERR_FORMAT, "'%.*s' is no regular file", STR_ARG(path));
    }
    *out_found = true;
    *out_blob = (struct blob){fd, 0, (uint64_t)stat.st_size};
    return true;
}

bool files_find(struct files *files, str path, bool *out_found, struct blob *out_blob,
                struct err *err)
{
    if (!files->is_archive)
        return find_in_directory(files, path, out_found, out_blob, err);
    *out_found = false;
    for (int hops = 0; hops < LINKS_MAX; hops++) {
        const struct file_entry *file = map_find(&files->entries, path);
        if (!file)
            return true;
        if (!file->link.len) {
            *out_found = true;
            *out_blob = (struct blob){files->fd, file->at, file->size};
            return true;
        }
        path = file->link;
    }
    return err_set(err, ERR_FORMAT, "'%.*s': too many links", STR_ARG(path));
}

bool files_read(struct files *files, str path, uint64_t size_max, str *out_bytes, struct err *err)
{
    struct blob blob;
    bool found;
    if (!files_find(files, path, &found, &blob, err))
        return false;
    if (!found)
        return err_set(err, ERR_FORMAT, "it has no '%.*s'", STR_ARG(path));
    bool good = blob_read(files->arena, &blob, size_max, out_bytes, err);
    if (!files->is_archive)
        fd_cleanup(&blob.fd);
    return good || err_wrap(err, "reading '%.*s'", STR_ARG(path));
}
