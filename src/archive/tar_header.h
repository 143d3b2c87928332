#pragma once

#include "archive/tar.h"

/*
 * archive/tar_header -- what one header block of tar says, with the extended headers before it.
 *
 * Shapes   A block is TAR_BLOCK_BYTES. What PAX says goes before what GNU says before the block.
 * Errors   ERR_FORMAT, ERR_LIMIT; the caller adds where.
 */

enum {
    TAR_BLOCK_BYTES = 512,
    TAR_FLAG_AT = 156,
    TAR_SPARSE_MORE_AT = 482,     /* in a header of flag 'S' */
    TAR_SPARSE_EXTENDED_AT = 504, /* in a block of its map   */
};

/* What extended headers say of the next entry, or of all that follow. */
struct tar_extra {
    str long_path, long_link;     /* GNU */
    str path, link, user, group;  /* PAX; at == NULL: not said */
    str size, uid, gid, mtime;    /* PAX, as text */
    str sparse_path, sparse_size; /* GNU.sparse.* */
    bool sparse;
    VEC(struct tar_xattr) xattrs;
};

/* Is it a block of zeros? */
bool tar_block_is_zero(const uint8_t *block);

/* Is its checksum right, counted either way? */
bool tar_header_is_sound(const uint8_t *block);

/* The number in its size field. */
MUST_CHECK bool tar_header_size(const uint8_t *block, uint64_t *out_size);

/* The records of a PAX header; later ones win. */
MUST_CHECK bool tar_pax_read(struct arena *arena, str text, struct tar_extra *extra,
                             struct err *err);

/* All of it together. Strings of the block are copied. */
MUST_CHECK bool tar_header_read(struct arena *arena, const uint8_t *block,
                                const struct tar_extra *global, const struct tar_extra *extra,
                                struct tar_entry *out_entry, struct err *err);
