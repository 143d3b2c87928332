#include "oci/opening.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/*
 * A directory tree as an image of one layer, which is written as it is read and stands nowhere.
 *
 *   walk: names, sorted, parents first -> list of tar entries -> [header data padding] .. end
 *
 * The list is made once; the bytes twice: to learn the diff id, and for whoever reads the layer. A
 * file that changed between the two is found by that diff id. No link is followed, no other file
 * system entered, no device opened; the same tree gives the same bytes on every machine.
 */

enum { XATTR_LIST_MAX = 64 << 10, HEADER_MAX = 2 << 20 };

VEC_TYPE(tree_entries, struct tar_entry);

struct tree {
    struct blob_source source; /* first: it is what is handed out */
    struct arena *arena, *scratch;
    struct arena_mark scratch_empty;
    int root_fd;
    dev_t device;
    struct tree_entries entries;
    struct map inodes; /* of files with several names: the first one's path */
    /* the stream */
    uint64_t at;
    uint32_t next; /* entry */
    str ready;     /* bytes to give before the file's */
    int fd;        /* of the present file, -1 */
    uint64_t left; /* bytes of it */
};

/* -- the list ---------------------------------------------------------------------------------- */

static int text_order(const void *left, const void *right)
{
    return str_order(*(const str *)left, *(const str *)right);
}

static int xattr_order(const void *left, const void *right)
{
    return str_order(((const struct tar_xattr *)left)->name,
                     ((const struct tar_xattr *)right)->name);
}

/* What an image keeps: labels of this host's own security modules are none of it. */
static bool is_kept_attribute(str name)
{
    return str_eq(name, STR("security.capability")) || str_starts(name, STR("user."));
}

/* By the open directory and a name in it: the last part is not followed. */
static bool read_xattrs(struct tree *tree, int dir_fd, const char *name, struct tar_entry *entry,
                        struct err *err)
{
    char path[LIMIT_PATH];
    int length = snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, name);
    ssize_t size = length < LIMIT_PATH ? llistxattr(path, NULL, 0) : 0;
    if (size <= 0)
        return true;
    if (size > XATTR_LIST_MAX)
        return err_set(err, ERR_LIMIT, "'%s' has too many attributes", name);
    char *list = arena_alloc(tree->scratch, XATTR_LIST_MAX, 1);
    char *value = arena_alloc(tree->scratch, XATTR_LIST_MAX, 1);
    size = llistxattr(path, list, XATTR_LIST_MAX);
    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(list + at) + 1) {
        str key = str_from(list + at);
        if (!is_kept_attribute(key))
            continue;
        ssize_t got = lgetxattr(path, list + at, value, XATTR_LIST_MAX);
        if (got < 0)
            return err_sys(err, "cannot read the attribute %s of '%s'", list + at, name);
        struct tar_xattr xattr = {str_copy(tree->arena, key),
                                  str_copy(tree->arena, (str){value, (size_t)got})};
        vec_push(tree->arena, &entry->xattrs, xattr);
    }
    if (entry->xattrs.count)
        qsort(entry->xattrs.at, entry->xattrs.count, sizeof(*entry->xattrs.at), xattr_order);
    return true;
}

static bool type_of(mode_t mode, enum tar_type *out_type)
{
    switch (mode & S_IFMT) {
    case S_IFREG: *out_type = TAR_FILE; return true;
    case S_IFDIR: *out_type = TAR_DIRECTORY; return true;
    case S_IFLNK: *out_type = TAR_SYMLINK; return true;
    case S_IFCHR: *out_type = TAR_CHARACTER; return true;
    case S_IFBLK: *out_type = TAR_BLOCK; return true;
    case S_IFIFO: *out_type = TAR_FIFO; return true;
    default: return false; /* a socket is nothing without its process */
    }
}

/* A second name of a file is a hard link to the first. */
static void find_first_name(struct tree *tree, const struct stat *stat, struct tar_entry *entry)
{
    str key = str_copy(tree->arena, (str){(const char *)&stat->st_ino, sizeof(stat->st_ino)});
    const str *first = map_find(&tree->inodes, key);
    if (first) {
        entry->type = TAR_HARD_LINK;
        entry->link = *first;
        entry->size = entry->stored = 0;
        return;
    }
    str *path = NEW(tree->arena, str);
    *path = entry->path;
    map_set(tree->arena, &tree->inodes, key, path);
}

static bool read_link(struct tree *tree, int dir_fd, const char *name, struct tar_entry *entry,
                      struct err *err)
{
    char target[LIMIT_PATH];
    ssize_t length = readlinkat(dir_fd, name, target, sizeof(target));
    if (length < 0 || length == (ssize_t)sizeof(target))
        return err_sys(err, "cannot read the link '%s'", name);
    entry->link = str_copy(tree->arena, (str){target, (size_t)length});
    return true;
}

static bool add_entry(struct tree *tree, int dir_fd, str folder, str name, struct err *err)
{
    struct stat stat;
    const char *z = str_z(tree->scratch, name);
    if (fstatat(dir_fd, z, &stat, AT_SYMLINK_NOFOLLOW) != 0)
        return err_sys(err, "cannot look at '%s'", z);
    struct tar_entry entry = {
        .path = folder.len ? str_fmt(tree->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name))
                           : str_copy(tree->arena, name),
        .mode = stat.st_mode & 07777,
        .uid = stat.st_uid,
        .gid = stat.st_gid,
        .mtime_s = stat.st_mtim.tv_sec,
        .mtime_ns = (uint32_t)stat.st_mtim.tv_nsec,
    };
    if (str_starts(name, STR(".wh."))) {
        err_set(err, ERR_FORMAT, "'%.*s' has the name of a whiteout: no layer can hold such a file",
                STR_ARG(entry.path));
        return err_hint(err, "rename it, or name a directory without it");
    }
    if (!type_of(stat.st_mode, &entry.type))
        return true;
    if (entry.type == TAR_FILE)
        entry.size = entry.stored = (uint64_t)stat.st_size;
    entry.device_major = major(stat.st_rdev); /* 0 of what is no device */
    entry.device_minor = minor(stat.st_rdev);
    if (entry.type == TAR_FILE && stat.st_nlink > 1)
        find_first_name(tree, &stat, &entry);
    if ((entry.type == TAR_SYMLINK && !read_link(tree, dir_fd, z, &entry, err)) ||
        (entry.type != TAR_HARD_LINK && !read_xattrs(tree, dir_fd, z, &entry, err)))
        return false;
    if (entry.path.len > LIMIT_TAR_PATH || tree->entries.count == LIMIT_LAYER_ENTRIES)
        return err_set(err, ERR_LIMIT, "too long a path, or more than %d entries",
                       LIMIT_LAYER_ENTRIES);
    vec_push(tree->arena, &tree->entries, entry);
    return true;
}

static bool list_folder(struct tree *tree, str folder, struct err *err)
{
    struct dir_names names;
    struct stat stat;
    arena_rewind(tree->scratch, tree->scratch_empty);
    AUTO(fd)
    int fd = open_beneath(tree->root_fd, folder.len ? folder : STR("."),
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW, err);
    if (fd < 0)
        return false;
    if (fstat(fd, &stat) != 0)
        return err_sys(err, "cannot look at '%.*s'", STR_ARG(folder));
    if (!folder.len)
        tree->device = stat.st_dev;
    if (stat.st_dev != tree->device) /* something else is mounted there */
        return true;
    if (!dir_list(tree->scratch, fd, &names, err))
        return false;
    if (names.count)
        qsort(names.at, names.count, sizeof(*names.at), text_order);
    VEC_EACH(str, name, names) {
        if (!add_entry(tree, fd, folder, *name, err))
            return err_wrap(err, "in '%.*s'", STR_ARG(folder));
    }
    return true;
}

static bool list_all(struct tree *tree, struct err *err)
{
    if (!list_folder(tree, STR(""), err))
        return false;
    for (uint32_t i = 0; i < tree->entries.count; i++)
        if (tree->entries.at[i].type == TAR_DIRECTORY &&
            !list_folder(tree, tree->entries.at[i].path, err))
            return false;
    return true;
}

/* -- the stream -------------------------------------------------------------------------------- */

static str header_of(struct tree *tree, const struct tar_entry *entry)
{
    arena_rewind(tree->scratch, tree->scratch_empty);
    struct buf out = buf_init(tree->scratch, HEADER_MAX);
    tar_write_header(&out, entry);
    return buf_str(&out);
}

static uint64_t size_of(struct tree *tree)
{
    uint64_t size = tar_end().len;
    VEC_EACH(struct tar_entry, entry, tree->entries) {
        size += header_of(tree, entry).len + entry->stored + tar_padding(entry->stored).len;
    }
    return size;
}

static bool open_file(struct tree *tree, const struct tar_entry *entry, struct err *err)
{
    struct stat stat;
    tree->fd = open_beneath(tree->root_fd, entry->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, err);
    if (tree->fd < 0)
        return false;
    if (fstat(tree->fd, &stat) != 0 || !S_ISREG(stat.st_mode) ||
        (uint64_t)stat.st_size != entry->stored) {
        err_set(err, ERR_IO, "'%.*s' changed while it was read", STR_ARG(entry->path));
        return err_hint(err, "read the directory when nobody writes into it");
    }
    tree->left = entry->stored;
    return true;
}

/* What comes behind what was given: a header, or the end. False at the end, or with err. */
static bool advance(struct tree *tree, struct err *err)
{
    if (tree->fd >= 0) { /* the bytes are through: their padding */
        fd_cleanup(&tree->fd);
        tree->ready = tar_padding(tree->entries.at[tree->next - 1].stored);
        return true;
    }
    if (tree->next > tree->entries.count)
        return false;
    if (tree->next == tree->entries.count) {
        tree->next++;
        tree->ready = tar_end();
        return true;
    }
    const struct tar_entry *entry = &tree->entries.at[tree->next++];
    tree->ready = header_of(tree, entry);
    return !entry->stored || open_file(tree, entry, err);
}

static bool read_some(struct tree *tree, char *to, size_t count, size_t *out_count, struct err *err)
{
    *out_count = 0;
    if (!tree->ready.len && !tree->left && !advance(tree, err))
        return !err->code;
    if (tree->ready.len) {
        size_t some = count < tree->ready.len ? count : tree->ready.len;
        memcpy(to, tree->ready.at, some);
        tree->ready = str_from_index(tree->ready, some);
        *out_count = some;
    } else if (tree->left) {
        size_t most = count < tree->left ? count : (size_t)tree->left;
        ssize_t got = read(tree->fd, to, most);
        if (got <= 0)
            return err_sys(err, "cannot read '%.*s'",
                           STR_ARG(tree->entries.at[tree->next - 1].path));
        tree->left -= (uint64_t)got;
        *out_count = (size_t)got;
    }
    tree->at += *out_count;
    return true;
}

static void rewind_tree(struct tree *tree)
{
    fd_cleanup(&tree->fd);
    tree->at = tree->left = tree->next = 0;
    tree->ready = STR_NONE;
}

static bool read_tree(struct blob_source *source, uint64_t at, char *to, size_t count,
                      size_t *out_count, struct err *err)
{
    struct tree *tree = (struct tree *)source;
    size_t done = 0, some;
    if (at < tree->at)
        rewind_tree(tree);
    while (tree->at < at) {
        char skipped[4096];
        uint64_t gap = at - tree->at;
        if (!read_some(tree, skipped, gap < sizeof(skipped) ? (size_t)gap : sizeof(skipped), &some,
                       err))
            return false;
    }
    while (done < count) {
        uint32_t before = tree->next;
        if (!read_some(tree, to + done, count - done, &some, err))
            return false;
        done += some;
        if (!some && tree->next == before && tree->next > tree->entries.count)
            break;
    }
    *out_count = done;
    return true;
}

/* -- the image --------------------------------------------------------------------------------- */

static bool take_tree(struct opening *opening, struct tree *tree, struct err *err)
{
    struct image_layer layer = {
        .media_type = STR("application/vnd.oci.image.layer.v1.tar"),
        .blob = {.fd = -1, .size = size_of(tree), .source = &tree->source},
    };
    digest id;
    if (!blob_hash(&layer.blob, &id, err))
        return false;
    vec_push(opening->arena, &opening->image->layers, layer);
    struct platform machine = platform_machine();
    str config = str_fmt(opening->arena,
                         "{\"architecture\":\"%.*s\",\"os\":\"%.*s\",\"config\":{},\"rootfs\":"
                         "{\"type\":\"layers\",\"diff_ids\":[\"sha256:%s\"]},"
                         "\"history\":[{\"created_by\":\"rootfs\"}]}",
                         STR_ARG(machine.architecture), STR_ARG(machine.os), digest_hex(id).z);
    if (!opening_take_config(opening, config, err))
        return false;
    opening_name_layers(opening);
    return true;
}

bool open_rootfs(struct opening *opening, str path, struct err *err)
{
    struct tree *tree = NEW(opening->arena, struct tree);
    *tree = (struct tree){.source = {read_tree},
                          .arena = opening->arena,
                          .scratch = arena_child(opening->arena, 0),
                          .fd = -1};
    tree->scratch_empty = arena_mark(tree->scratch);
    tree->root_fd = dir_open(AT_FDCWD, path, err);
    return tree->root_fd >= 0 && list_all(tree, err) && take_tree(opening, tree, err);
}
