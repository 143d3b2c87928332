#include "context/walk.h"

#include "base/fault.h"
#include "base/limits.h"
#include "base/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Walking a directory tree with several threads and without locks.
 *
 *   level 0: [root]   level 1: [a, b]   level 2: [a/x, b/y, b/z] ...
 *
 * The folders of one level are read by all workers at once, each into its own arena; between two
 * levels one thread lists the folders of the next. So no folder waits for another of its level, all
 * results stand in slots by index, and the order of the outcome cannot depend on timing. At the end
 * the slots are laid out depth first by tree.c.
 *
 * No symbolic link is followed, not even one that is swapped in while we walk: folders are opened
 * from the root with RESOLVE_NO_SYMLINKS. So there are no loops, and nothing outside is read.
 */

enum { READ_BYTES = 64 << 10, ENTRIES_MAX_DEFAULT = 5000000 };

struct worker {
    struct arena *arena;
    char *buffer;          /* READ_BYTES of directory records */
    char path[LIMIT_PATH]; /* of the entry being looked at */
};

struct walk {
    int root_fd;
    const struct ignore *ignore;
    struct worker *workers;
    struct slot **level;
    uint64_t seen, seen_max;
    int root_errno;
};

/* The kernel's record; the C library has no name for it. */
struct record {
    uint64_t inode;
    int64_t offset;
    uint16_t len;
    uint8_t type;
    char name[];
};

static int open_folder(int root_fd, const char *path)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (fault_hits())
        return -1;
    if (!*path)
        return openat(root_fd, ".", flags);
    struct open_how how = {.flags = (uint64_t)flags,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(root_fd, path, flags);
    return fd;
}

static enum entry_type type_of(mode_t mode)
{
    return S_ISREG(mode)   ? ENTRY_FILE
           : S_ISDIR(mode) ? ENTRY_DIRECTORY
           : S_ISLNK(mode) ? ENTRY_LINK
                           : ENTRY_OTHER;
}

/* Type and size of an entry; false when it is gone. */
static bool look(struct slot *slot, int fd, const struct record *record, struct child *child)
{
    if (record->type == DT_DIR || record->type == DT_LNK) {
        child->type = record->type == DT_DIR ? ENTRY_DIRECTORY : ENTRY_LINK;
        return true;
    }
    if (record->type != DT_REG && record->type != DT_UNKNOWN) {
        child->type = ENTRY_OTHER;
        return true;
    }
    struct statx got;
    if (statx(fd, record->name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE,
              &got) == 0) {
        child->type = type_of(got.stx_mode);
        child->size_bytes = child->type == ENTRY_FILE ? got.stx_size : 0;
        return true;
    }
    slot->unread = errno != ENOENT; /* we may list this folder, but not look into it */
    child->type = record->type == DT_REG ? ENTRY_FILE : ENTRY_OTHER;
    return errno != ENOENT;
}

/* The path of an entry, put together in the worker's buffer; empty when it is longer than any. */
static str path_of(struct worker *worker, const struct slot *slot, str name)
{
    size_t start = slot->path.len ? slot->path.len + 1 : 0;
    if (start + name.len >= sizeof(worker->path))
        return STR_NONE;
    if (start) {
        memcpy(worker->path, slot->path.at, slot->path.len);
        worker->path[start - 1] = '/';
    }
    memcpy(worker->path + start, name.at, name.len);
    worker->path[start + name.len] = '\0';
    return (str){worker->path, start + name.len};
}

/* The slot of a folder found in `slot`, with all that its entries need to be decided. */
static void prepare_folder(const struct walk *walk, struct worker *worker, const struct slot *slot,
                           struct child *child, str path)
{
    struct slot *below = NEW(worker->arena, struct slot);
    child->slot = below;
    below->too_long = path.len == 0;
    below->path = (str){str_z(worker->arena, path), path.len};
    below->collapsed = slot->collapsed;
    below->line = child->line;
    below->all_dropped =
        slot->all_dropped || (child->dropped && !ignore_may_return(walk->ignore, path));
    if (below->all_dropped || !walk->ignore)
        return;
    below->set = NEW_ARRAY(worker->arena, uint64_t, ignore_set_words(walk->ignore));
    ignore_set_below(walk->ignore, path, slot->set, below->set);
}

static void add_child(const struct walk *walk, struct worker *worker, struct slot *slot,
                      struct child child)
{
    bool folder = child.type == ENTRY_DIRECTORY;
    bool undecided = walk->ignore && !slot->all_dropped;
    str path = folder || undecided ? path_of(worker, slot, child.name) : STR_NONE;
    if (undecided) {
        struct ignore_verdict verdict = ignore_match_below(walk->ignore, path, slot->set);
        child.dropped = verdict.dropped;
        child.line = verdict.line;
    } else if (slot->all_dropped) {
        child.dropped = true;
        child.line = slot->line;
    }
    char *name = arena_alloc(worker->arena, child.name.len, 1);
    memcpy(name, child.name.at, child.name.len);
    child.name.at = name;
    if (folder)
        prepare_folder(walk, worker, slot, &child, path);
    vec_push(worker->arena, &slot->children, child);
}

static bool is_dots(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Take the records of one buffer; how many there were. */
static uint64_t take_records(struct walk *walk, struct worker *worker, struct slot *slot, int fd,
                             long len)
{
    uint64_t taken = 0;
    for (long at = 0; at < len;) {
        const struct record *record = (const void *)(worker->buffer + at);
        at += record->len;
        struct child child = {.name = {record->name, strlen(record->name)}};
        if (is_dots(record->name) || !look(slot, fd, record, &child))
            continue;
        add_child(walk, worker, slot, child);
        taken++;
    }
    return taken;
}

static int child_order(const void *a, const void *b)
{
    return str_order(((const struct child *)a)->name, ((const struct child *)b)->name);
}

static void read_folder(void *context, size_t index, unsigned worker_index)
{
    struct walk *walk = context;
    struct worker *worker = &walk->workers[worker_index];
    struct slot *slot = walk->level[index];
    errno = ENAMETOOLONG;
    AUTO(fd) int fd = slot->too_long ? -1 : open_folder(walk->root_fd, slot->path.at);
    if (fd < 0) {
        slot->unread = errno != ENOENT;
        slot->saved_errno = errno;
        return;
    }
    for (;;) {
        long len = fault_hits() ? -1 : syscall(SYS_getdents64, fd, worker->buffer, READ_BYTES);
        slot->saved_errno = len < 0 ? errno : 0;
        slot->unread = slot->unread || len < 0;
        if (len <= 0)
            break;
        uint64_t taken = take_records(walk, worker, slot, fd, len);
        if (__atomic_add_fetch(&walk->seen, taken, __ATOMIC_RELAXED) > walk->seen_max)
            break;
    }
    if (slot->children.count > 1)
        qsort(slot->children.at, slot->children.count, sizeof(struct child), child_order);
}

/* Read all levels below the root's slot. True when all could be taken. */
static bool read_levels(struct arena *scratch, struct walk *walk, struct slot *root,
                        const struct context_options *options, unsigned threads)
{
    VEC(struct slot *) level = {0}, next = {0};
    vec_push(scratch, &level, root);
    while (level.count) {
        walk->level = level.at;
        pool_each(level.count, threads, read_folder, walk);
        if (walk->seen > walk->seen_max)
            return false;
        next.count = 0;
        for (uint32_t i = 0; i < level.count; i++) {
            VEC_EACH(struct child, child, level.at[i]->children) {
                if (!child->slot)
                    continue;
                if (options->skip_git_objects && str_eq(child->name, STR(".git")))
                    child->slot->collapsed = true;
                vec_push(scratch, &next, child->slot);
            }
        }
        __typeof__(level) swap = level;
        level = next;
        next = swap;
    }
    return true;
}

bool context_walk(struct arena *arena, int root_fd, const struct ignore *ignore,
                  const struct context_options *options, struct context_tree **out_tree,
                  struct err *err)
{
    static const struct context_options defaults = {0};
    options = options ? options : &defaults;
    unsigned threads = options->threads ? options->threads : pool_cores();
    uint64_t most = options->entries_max ? options->entries_max : ENTRIES_MAX_DEFAULT;
    AUTO(arena) struct arena *scratch = arena_new(0);
    struct walk walk = {.root_fd = root_fd,
                        .ignore = ignore,
                        .seen_max = most,
                        .workers = NEW_ARRAY(scratch, struct worker, threads)};
    for (unsigned i = 0; i < threads; i++) {
        walk.workers[i].arena = arena_new(0);
        walk.workers[i].buffer = arena_alloc(walk.workers[i].arena, READ_BYTES, 8);
    }
    struct slot root = {.path = STR("")};
    bool whole = read_levels(scratch, &walk, &root, options, threads);
    bool readable = !(root.unread && root.saved_errno);
    if (readable) {
        *out_tree = tree_lay_out(arena, scratch, &root, ignore);
        (*out_tree)->truncated = !whole;
    }
    for (unsigned i = 0; i < threads; i++)
        arena_free(walk.workers[i].arena);
    errno = root.saved_errno;
    return readable || err_sys(err, "reading the build context");
}
