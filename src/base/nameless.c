#include "base/nameless.h"

#include "base/fault.h"
#include "base/io.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES_MAX = 1000 };

static bool open_hidden(struct nameless *file, struct err *err)
{
    static unsigned counter; /* only keeps the names of one process apart */
    for (unsigned try = 0; try < TRIES_MAX; try++) {
        unsigned number = __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
        snprintf(file->hidden, sizeof(file->hidden), NAMELESS_HIDDEN "%d-%u", (int)getpid(),
                 number);
        file->fd = fault_hits() ? -1
                                : openat(file->dir_fd, file->hidden,
                                         O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (file->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    file->hidden[0] = '\0';
    return err_sys(err, "cannot create a temporary file");
}

bool nameless_open(int dir_fd, struct nameless *out_file, struct err *err)
{
    struct nameless file = {.fd = -1, .dir_fd = dir_fd};
    file.fd = fault_hits() ? -1 : openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    bool lacking = errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT;
    if (file.fd < 0 && !(lacking && open_hidden(&file, err)))
        return lacking ? false : err_sys(err, "cannot create a temporary file");
    *out_file = file;
    return true;
}

void nameless_drop(struct nameless *file)
{
    if (file->fd < 0)
        return;
    close(file->fd);
    if (file->hidden[0])
        unlinkat(file->dir_fd, file->hidden, 0);
    file->hidden[0] = '\0';
    file->fd = -1;
}

void nameless_cleanup(struct nameless *file)
{
    nameless_drop(file);
}

static bool name_z(char out[LIMIT_PATH], str name, struct err *err)
{
    if (name.len >= LIMIT_PATH || memchr(name.at, '\0', name.len))
        return err_set(err, ERR_LIMIT, "a path of %zu bytes is too long", name.len);
    memcpy(out, name.at, name.len);
    out[name.len] = '\0';
    return true;
}

bool dir_sync(int dir_fd, struct err *err)
{
    return (!fault_hits() && fsync(dir_fd) == 0) ||
           err_sys(err, "cannot write a directory to disk");
}

/* Give it a name; EEXIST where it is taken. */
static bool link_as(const struct nameless *file, const char *name)
{
    char link[64];
    if (fault_hits())
        return false;
    if (file->hidden[0])
        return linkat(file->dir_fd, file->hidden, file->dir_fd, name, 0) == 0;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, link, file->dir_fd, name, AT_SYMLINK_FOLLOW) == 0;
}

bool nameless_keep_new(struct nameless *file, str name, bool *out_taken, struct err *err)
{
    char z[LIMIT_PATH];
    *out_taken = false;
    if (!name_z(z, name, err))
        return false;
    if (fault_hits() || fsync(file->fd) != 0)
        return err_sys(err, "cannot write '%s' to disk", z);
    if (!link_as(file, z)) {
        *out_taken = errno == EEXIST;
        return *out_taken || err_sys(err, "cannot keep '%s'", z);
    }
    if (!dir_sync(file->dir_fd, err))
        return err_wrap(err, "'%s'", z);
    nameless_drop(file);
    return true;
}

bool nameless_keep(struct nameless *file, str name, struct err *err)
{
    bool taken;
    if (!nameless_keep_new(file, name, &taken, err))
        return false;
    /* Whoever made it may not have brought its name to the disk yet. */
    if (taken && !dir_sync(file->dir_fd, err))
        return err_wrap(err, "'%.*s'", STR_ARG(name));
    nameless_drop(file);
    return true;
}

bool nameless_replace(struct nameless *file, str name, struct err *err)
{
    char z[LIMIT_PATH], step[sizeof(file->hidden)];
    if (!name_z(z, name, err))
        return false;
    for (unsigned try = 0; !file->hidden[0] && try < TRIES_MAX; try++) {
        snprintf(step, sizeof(step), NAMELESS_HIDDEN "%d-r%d-%u", (int)getpid(), file->fd, try);
        if (link_as(file, step))
            memcpy(file->hidden, step, sizeof(file->hidden));
        else if (errno != EEXIST)
            break;
    }
    if (!file->hidden[0] || fault_hits() ||
        renameat(file->dir_fd, file->hidden, file->dir_fd, z) != 0)
        return err_sys(err, "cannot replace '%s'", z);
    file->hidden[0] = '\0';
    nameless_drop(file);
    return true;
}

bool dirs_make(int dir_fd, str path, struct err *err)
{
    char z[LIMIT_PATH];
    if (!name_z(z, path, err))
        return false;
    for (size_t i = 1; i <= path.len; i++) {
        if (z[i] != '/' && z[i])
            continue;
        char kept = z[i];
        z[i] = '\0';
        if (fault_hits() || (mkdirat(dir_fd, z, 0755) != 0 && errno != EEXIST))
            return err_sys(err, "cannot make the directory '%s'", z);
        z[i] = kept;
    }
    return true;
}

bool dir_list(struct arena *arena, int dir_fd, struct dir_names *out_names, struct err *err)
{
    struct dir_names names = {0};
    int fd = fault_hits() ? -1 : openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        err_sys(err, "cannot read a directory");
        fd_cleanup(&fd);
        return false;
    }
    struct dirent *entry;
    while ((entry = readdir(folder)))
        if (!STR_IN(str_from(entry->d_name), ".", ".."))
            vec_push(arena, &names, str_copy(arena, str_from(entry->d_name)));
    closedir(folder);
    *out_names = names;
    return true;
}

int lock_open(int dir_fd, str name, struct err *err)
{
    char z[LIMIT_PATH];
    if (!name_z(z, name, err))
        return -1;
    int fd = fault_hits() ? -1 : openat(dir_fd, z, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 && (errno == EROFS || errno == EACCES))
        fd = openat(dir_fd, z, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err_sys(err, "cannot open the lock '%s'", z);
    return fd;
}

bool lock_take(int fd, bool alone, bool wait, bool *out_held, struct err *err)
{
    int how = (alone ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);
    for (;;) {
        if (!fault_hits() && flock(fd, how) == 0)
            break;
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return err_sys(err, "cannot lock");
        *out_held = false;
        return true;
    }
    *out_held = true;
    return true;
}

void lock_drop(int fd)
{
    flock(fd, LOCK_UN);
}
