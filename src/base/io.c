#include "base/io.h"

#include "base/fault.h"
#include "base/limits.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Every open of the program stands here: close-on-exec, never blocking on a FIFO. What can fail
 * goes through fault_hits(), so that tests/fault can see it fail.
 */

void fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

str dir_path(struct arena *arena, int fd)
{
    char z[64], target[LIMIT_PATH];
    snprintf(z, sizeof(z), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(z, target, sizeof(target));
    if (length <= 0 || length >= (ssize_t)sizeof(target) || target[0] != '/')
        return STR("");
    return str_copy(arena, (str){target, (size_t)length});
}

bool fd_write_all(int fd, str bytes, struct err *err)
{
    while (bytes.len) {
        ssize_t done = fault_hits() ? -1 : write(fd, bytes.at, bytes.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(err, "cannot write");
        bytes = str_from_index(bytes, (size_t)done);
    }
    return true;
}

static bool read_all(struct arena *arena, int fd, size_t size_max, size_t expected, str *out_bytes,
                     struct err *err)
{
    size_t capacity = expected + 1, len = 0;
    char *at = arena_alloc(arena, capacity, 1);
    for (;;) {
        if (len == capacity) {
            size_t more = capacity < 4096 ? 8192 : capacity * 2;
            at = arena_grow(arena, at, capacity, more, 1);
            capacity = more;
        }
        ssize_t got = fault_hits() ? -1 : read(fd, at + len, capacity - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_sys(err, "cannot read");
        if (!got)
            break;
        len += (size_t)got;
        if (len > size_max)
            return err_set(err, ERR_LIMIT, "larger than the limit of %zu bytes", size_max);
    }
    *out_bytes = (str){at, len};
    return true;
}

bool fd_read_all(struct arena *arena, int fd, size_t size_max, str *out_bytes, struct err *err)
{
    return read_all(arena, fd, size_max, 4095, out_bytes, err);
}

static bool path_z(char out[LIMIT_PATH], str path, struct err *err)
{
    if (!path.len || path.len >= LIMIT_PATH || str_has_char(path, '\0'))
        return err_set(err, ERR_USAGE, "'%.*s' is no usable path", STR_ARG(path));
    memcpy(out, path.at, path.len);
    out[path.len] = '\0';
    return true;
}

static bool read_regular(struct arena *arena, int fd, str path, size_t size_max, str *out_bytes,
                         struct err *err)
{
    struct stat stat;
    if (fault_hits() || fstat(fd, &stat) != 0)
        return err_sys(err, "cannot look at '%.*s'", STR_ARG(path));
    if (S_ISDIR(stat.st_mode))
        return err_set(err, ERR_FORMAT, "'%.*s' is a directory", STR_ARG(path));
    if (!S_ISREG(stat.st_mode))
        return err_set(err, ERR_FORMAT, "'%.*s' is no regular file", STR_ARG(path));
    if ((uint64_t)stat.st_size > size_max)
        return err_set(err, ERR_LIMIT, "'%.*s' is larger than the limit of %zu bytes",
                       STR_ARG(path), size_max);
    if (!read_all(arena, fd, size_max, (size_t)stat.st_size, out_bytes, err))
        return err_wrap(err, "reading '%.*s'", STR_ARG(path));
    return true;
}

bool file_read(struct arena *arena, int dir_fd, str path, size_t size_max, str *out_bytes,
               struct err *err)
{
    char z[LIMIT_PATH];
    if (!path_z(z, path, err))
        return false;
    AUTO(fd)
    int fd = fault_hits() ? -1 : openat(dir_fd, z, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_sys(err, "cannot open '%s'", z);
    return read_regular(arena, fd, path, size_max, out_bytes, err);
}

/* For kernels without openat2: one component at a time, no links, no "..". */
static int walk_beneath(int dir_fd, str path, int flags)
{
    AUTO(fd) int at = dup(dir_fd);
    str part;
    while (at >= 0 && str_next(&path, '/', &part)) {
        if (!part.len || str_eq(part, STR(".")))
            continue;
        if (str_eq(part, STR("..")) || part.len > 255) {
            errno = EXDEV;
            return -1;
        }
        char name[256];
        memcpy(name, part.at, part.len);
        name[part.len] = '\0';
        bool last = !path.at;
        int how = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
        int next = fault_hits() ? -1 : openat(at, name, how | O_CLOEXEC);
        if (last || next < 0)
            return next;
        close(at);
        at = next;
    }
    errno = ENOENT;
    return -1;
}

int open_beneath(int dir_fd, str path, int flags, struct err *err)
{
    char z[LIMIT_PATH];
    if (!path_z(z, path, err))
        return -1;
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | O_NOCTTY),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long fd = fault_hits() ? -1 : syscall(SYS_openat2, dir_fd, z, &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = walk_beneath(dir_fd, path, flags);
    if (fd < 0)
        err_sys(err, "cannot open '%s'", z);
    return (int)fd;
}

bool file_read_beneath(struct arena *arena, int dir_fd, str path, size_t size_max, str *out_bytes,
                       struct err *err)
{
    AUTO(fd) int fd = open_beneath(dir_fd, path, O_RDONLY | O_NONBLOCK, err);
    return fd >= 0 && read_regular(arena, fd, path, size_max, out_bytes, err);
}

int dir_open(int dir_fd, str path, struct err *err)
{
    char z[LIMIT_PATH];
    if (!path_z(z, path, err))
        return -1;
    int fd = fault_hits() ? -1 : openat(dir_fd, z, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_sys(err, "cannot open the directory '%s'", z);
    return fd;
}

int open_readable(int dir_fd, str path, struct err *err)
{
    char z[LIMIT_PATH];
    if (!path_z(z, path, err))
        return -1;
    int fd = fault_hits() ? -1 : openat(dir_fd, z, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        err_sys(err, "cannot open '%s'", z);
    return fd;
}

/* -- replacing a file -------------------------------------------------------------------------- */

/* A hidden file beside its goal, unlinked unless it was renamed. */
struct temporary {
    int dir_fd, fd;
    char name[LIMIT_PATH];
};

static void temporary_cleanup(struct temporary *temporary)
{
    if (temporary->fd < 0)
        return;
    close(temporary->fd);
    if (temporary->name[0])
        unlinkat(temporary->dir_fd, temporary->name, 0);
}

static bool temporary_open(struct temporary *temporary, str beside, mode_t mode, struct err *err)
{
    str directory = str_dirname(beside);
    bool root = str_starts(beside, STR("/")) && !directory.len;
    for (unsigned try = 0; try < 1000; try++) {
        int length = snprintf(temporary->name, sizeof(temporary->name), "%s%.*s%s.plimsoll-%d-%u",
                              root ? "/" : "", STR_ARG(directory), directory.len ? "/" : "",
                              (int)getpid(), try);
        if (length >= (int)sizeof(temporary->name))
            break;
        temporary->fd = fault_hits()
                            ? -1
                            : openat(temporary->dir_fd, temporary->name,
                                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (temporary->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    return err_sys(err, "cannot create a file beside '%.*s'", STR_ARG(beside));
}

/* Where a chain of symbolic links ends, so that the file behind it is replaced, not the link.
 * Not inlined: its two paths of 4 KiB would stay on the stack of the whole replacement. */
static __attribute__((noinline)) bool follow_links(int dir_fd, char path[LIMIT_PATH],
                                                   struct err *err)
{
    for (int depth = 0; depth < 40; depth++) {
        char target[LIMIT_PATH];
        ssize_t length = fault_hits() ? -1 : readlinkat(dir_fd, path, target, sizeof(target) - 1);
        if (length < 0 && (errno == EINVAL || errno == ENOENT))
            return true;
        if (length < 0)
            return err_sys(err, "cannot look at '%s'", path);
        target[length] = '\0';
        str directory = target[0] == '/' ? STR("") : str_dirname(str_from(path));
        char joined[LIMIT_PATH];
        int size = snprintf(joined, sizeof(joined), "%.*s%s%s", STR_ARG(directory),
                            directory.len ? "/" : "", target);
        if (size >= (int)sizeof(joined))
            return err_set(err, ERR_LIMIT, "the link '%s' leads to too long a path", path);
        memcpy(path, joined, (size_t)size + 1);
    }
    return err_set(err, ERR_FORMAT, "'%s' is a loop of symbolic links", path);
}

/* Write all, give the file the old one's mode and owner (NULL: there is none), down to the disk. */
static bool temporary_fill(struct temporary *temporary, const char *goal, str bytes,
                           const struct stat *old, struct err *err)
{
    if (!fd_write_all(temporary->fd, bytes, err))
        return err_wrap(err, "writing '%s'", goal);
    if (old) {
        /* An owner that we may not give is kept out of the way of the user's edit. */
        int given = fchown(temporary->fd, old->st_uid, old->st_gid);
        (void)given;
        if (fault_hits() || fchmod(temporary->fd, old->st_mode & 07777) != 0)
            return err_sys(err, "cannot give the new '%s' its mode", goal);
    }
    if (fault_hits() || fsync(temporary->fd) != 0)
        return err_sys(err, "cannot write '%s' to disk", goal);
    return true;
}

bool file_replace(int dir_fd, str path, str bytes, struct err *err)
{
    char z[LIMIT_PATH];
    if (!path_z(z, path, err) || !follow_links(dir_fd, z, err))
        return false;
    struct stat old;
    bool exists = !fault_hits() && fstatat(dir_fd, z, &old, 0) == 0;
    if (!exists && errno != ENOENT)
        return err_sys(err, "cannot look at '%s'", z);
    if (exists && !S_ISREG(old.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is no regular file", z);
    AUTO(temporary) struct temporary temporary = {.dir_fd = dir_fd, .fd = -1};
    if (!temporary_open(&temporary, str_from(z), 0666, err) ||
        !temporary_fill(&temporary, z, bytes, exists ? &old : NULL, err))
        return false;
    if (fault_hits() || renameat(dir_fd, temporary.name, dir_fd, z) != 0)
        return err_sys(err, "cannot replace '%s'", z);
    temporary.name[0] = '\0';
    return true;
}

bool path_may_be(int dir_fd, str path)
{
    struct stat stat;
    if (path_stat(dir_fd, path, &stat))
        return S_ISREG(stat.st_mode);
    return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
}

bool path_stat(int dir_fd, str path, struct stat *out_stat)
{
    char z[LIMIT_PATH];
    struct err ignored = {0};
    struct stat stat;
    errno = ENAMETOOLONG; /* of what path_z() refuses */
    if (!path_z(z, path, &ignored) || fault_hits() || fstatat(dir_fd, z, &stat, 0) != 0)
        return false;
    *out_stat = stat;
    return true;
}

/* -- lexical paths ----------------------------------------------------------------------------- */

str path_clean(struct arena *arena, str path)
{
    bool absolute = str_starts(path, STR("/"));
    char *out = arena_alloc(arena, path.len + 2, 1);
    size_t len = 0, floor = 0; /* what is below floor is "/" or leading "../" */
    if (absolute)
        out[len++] = '/', floor = 1;
    str part;
    while (str_next(&path, '/', &part)) {
        if (!part.len || str_eq(part, STR(".")))
            continue;
        if (str_eq(part, STR(".."))) {
            if (len > floor) {
                while (len > floor && out[len - 1] != '/')
                    len--;
                len -= len > floor;
                continue;
            }
            if (absolute)
                continue;
        }
        if (len && out[len - 1] != '/')
            out[len++] = '/';
        memcpy(out + len, part.at, part.len);
        len += part.len;
        if (str_eq(part, STR("..")))
            floor = len;
    }
    if (!len)
        out[len++] = '.';
    return (str){out, len};
}

str path_join(struct arena *arena, str a, str b)
{
    if (!a.len || str_starts(b, STR("/")))
        return path_clean(arena, b);
    return path_clean(arena, str_fmt(arena, "%.*s/%.*s", STR_ARG(a), STR_ARG(b)));
}
