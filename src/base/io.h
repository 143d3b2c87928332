#pragma once

#include "base/err.h"
#include "base/str.h"

#include <sys/stat.h>
#include <sys/types.h>

/*
 * base/io -- the only place that opens files.
 *
 * Shapes   A directory descriptor and a relative path name a file; AT_FDCWD is allowed where the
 *          user typed the path. Everything is opened O_CLOEXEC.
 * Errors   ERR_IO with errno, ERR_LIMIT past a maximum, ERR_FORMAT when it is not a regular file.
 *          The path is in the message.
 * Threads  All functions are safe to call from workers.
 */

/* For AUTO(fd): close the descriptor that the variable holds, if it is not negative. */
void fd_cleanup(int *fd);

/* Write all of it. */
MUST_CHECK bool fd_write_all(int fd, str bytes, struct err *err);

/* Read until the end; ERR_LIMIT past size_max. For pipes and standard input. */
MUST_CHECK bool fd_read_all(struct arena *arena, int fd, size_t size_max, str *out_bytes,
                            struct err *err);

/* Read a whole regular file (symbolic links are followed). A directory, device or FIFO is
 * ERR_FORMAT and never blocks. */
MUST_CHECK bool file_read(struct arena *arena, int dir_fd, str path, size_t size_max,
                          str *out_bytes, struct err *err);

/* Read a regular file that stands below dir_fd: no "..", no absolute path and no link leads out
 * (openat2 RESOLVE_BENEATH, or a walk component by component where the kernel lacks it). */
MUST_CHECK bool file_read_beneath(struct arena *arena, int dir_fd, str path, size_t size_max,
                                  str *out_bytes, struct err *err);

/* Open below dir_fd under the same rules; -1 with err set on failure. */
int open_beneath(int dir_fd, str path, int flags, struct err *err);

/* Open a directory as the user named it; -1 with err set on failure. */
int dir_open(int dir_fd, str path, struct err *err);

/* Open a file or a directory as the user named it, for reading; -1 with err set on failure. */
int open_readable(int dir_fd, str path, struct err *err);

/* The absolute path of an open directory; "" where the kernel does not say it. */
str dir_path(struct arena *arena, int fd);

/* Replace or create a file atomically: nameless or hidden temporary in the same directory, fsync,
 * rename. An existing file's mode and owner are kept; a new one gets 0644 less umask. A symbolic
 * link is followed, so that the file behind it is replaced. On failure nothing has changed. */
MUST_CHECK bool file_replace(int dir_fd, str path, str bytes, struct err *err);

/* What stands at a path, links followed; false, with errno, when there is nothing that can be
 * looked at. */
bool path_stat(int dir_fd, str path, struct stat *out_stat);

/* Does a regular file stand there, or something that we may not look at? Whoever then reads it is
 * told why it cannot be read, where path_stat() would have taken it for absent. */
bool path_may_be(int dir_fd, str path);

/* Lexically clean, '/'-separated, relative or absolute: "a/./b//../c" is "a/c"; "" is ".". */
str path_clean(struct arena *arena, str path);

/* a + "/" + b, cleaned; b alone when it is absolute. */
str path_join(struct arena *arena, str a, str b);
