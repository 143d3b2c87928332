#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * base/nameless -- files that nobody sees until they are whole.
 *
 *   nameless_open --fd_write_all(file.fd)--> nameless_keep: synced, then linked under its name
 *
 * Shapes   A file without a name in a directory (O_TMPFILE); where the file system has none of
 *          that, a hidden ".plimsoll-PID-N", which is unlinked when it is dropped. What was never
 *          kept is gone when the program ends, however it ends (but for those hidden ones).
 * Errors   ERR_IO with errno.
 * Threads  Any; one file belongs to one thread.
 */

#define NAMELESS_HIDDEN ".plimsoll-" /* how hidden names begin; those of file_replace() too */

struct nameless {
    int fd; /* for writing and reading; -1: there is none */
    int dir_fd;
    char hidden[48]; /* "": it has no name at all */
};

/* Open one in a directory, which must stay open. */
MUST_CHECK bool nameless_open(int dir_fd, struct nameless *out_file, struct err *err);

/* Sync it and give it a name, and the name to the disk. Where something has that name already, it
 * stays and the new file is dropped: names are digests, so it is the same. */
MUST_CHECK bool nameless_keep(struct nameless *file, str name, struct err *err);

/* The same, where the name is somebody's choice: what has that name already stays, out_taken tells,
 * and the new file can be given another name. No link is followed. */
MUST_CHECK bool nameless_keep_new(struct nameless *file, str name, bool *out_taken,
                                  struct err *err);

/* Put it in the place of what has that name, without waiting for the disk: for what can be made
 * again, and is checked when it is read. */
MUST_CHECK bool nameless_replace(struct nameless *file, str name, struct err *err);

/* Forget it. Nothing happens to one that was kept. */
void nameless_drop(struct nameless *file);

/* For AUTO(nameless). */
void nameless_cleanup(struct nameless *file);

/* Make a directory and those above it, below dir_fd; those that are there stay as they are. */
MUST_CHECK bool dirs_make(int dir_fd, str path, struct err *err);

/* Bring the names of a directory to the disk. */
MUST_CHECK bool dir_sync(int dir_fd, struct err *err);

/* The names in an open directory, "." and ".." left out, in no order. */
VEC_TYPE(dir_names, str);
MUST_CHECK bool dir_list(struct arena *arena, int dir_fd, struct dir_names *out_names,
                         struct err *err);

/* Open a file that locks are held on, made when it is not there and may be; -1 with err set. */
int lock_open(int dir_fd, str name, struct err *err);

/* Hold it with others, or alone. `wait`: until it is free; else out_held tells. */
MUST_CHECK bool lock_take(int fd, bool alone, bool wait, bool *out_held, struct err *err);
void lock_drop(int fd);
