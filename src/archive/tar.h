#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * archive/tar -- the entries of a tar stream, from pieces of any size.
 *
 *   pieces --tar_next--> ENTRY, DATA.., DONE, ENTRY, .., END
 *
 * Shapes   The caller gives a piece and calls until TAR_MORE. ustar, old tar, GNU (long names,
 *          base-256 numbers, sparse files) and PAX, local and global, with their order of
 *          precedence; `path` and `link` are as written. A stream may end without its two blocks
 *          of zeros; what stands behind them is passed over.
 *          An entry, its strings too, is good until the next one.
 * Units    Offsets are bytes from the start of the stream. `size` is the file's own; `stored` are
 *          the bytes of it in the archive, which is less for a sparse file.
 * Cost     Linear; DATA points into the piece, nothing is copied but headers.
 * Errors   ERR_FORMAT for a damaged header, ERR_LIMIT past LIMIT_TAR_PATH or LIMIT_TAR_HEADER;
 *          the offset is in the message. Memory is bounded by them, whatever is read.
 * Source   POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */

enum tar_type {
    TAR_FILE,
    TAR_HARD_LINK,
    TAR_SYMLINK,
    TAR_CHARACTER,
    TAR_BLOCK,
    TAR_DIRECTORY,
    TAR_FIFO,
    TAR_OTHER, /* a kind that nobody unpacks: it is told, with its bytes */
};

struct tar_xattr {
    str name, value; /* "security.capability" */
};

struct tar_entry {
    enum tar_type type;
    char flag; /* as written in the header */
    str path, link, user, group;
    uint64_t size, stored;
    uint32_t mode; /* permission bits, setuid and sticky included */
    uint64_t uid, gid;
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t device_major, device_minor;
    VEC(struct tar_xattr) xattrs;
    bool sparse;
    uint64_t header_at;       /* its first block, extended headers included */
    uint64_t data_at, end_at; /* its bytes; where the next header stands */
};

enum tar_step {
    TAR_ENTRY, /* entry is filled                          */
    TAR_DATA,  /* some bytes of the entry's file           */
    TAR_DONE,  /* the entry's bytes are through            */
    TAR_END,   /* no more entries; the rest is padding     */
    TAR_MORE,  /* the piece is used up                     */
    TAR_FAIL,  /* err says why                             */
};

struct tar;

/* Headers live in an arena of its own below `arena`. */
struct tar *tar_new(struct arena *arena);

/* The next step over *piece, whose used part is cut off. */
enum tar_step tar_next(struct tar *tar, str *piece, str *out_data, struct err *err);

/* The entry of the last TAR_ENTRY. */
const struct tar_entry *tar_entry(const struct tar *tar);

/* How far the stream must be there for the next step to be able to come: for a reader that wants
 * to stop where entries meet. */
uint64_t tar_wants(const struct tar *tar);

/* Pass over the present entry's bytes, `seen` of which the last TAR_DATA gave: the offset at which
 * the next piece begins. */
uint64_t tar_skip(struct tar *tar, uint64_t seen);

/* The stream is over: an error if it ended inside of an entry. */
MUST_CHECK bool tar_finish(const struct tar *tar, struct err *err);
