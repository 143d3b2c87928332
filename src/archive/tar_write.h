#pragma once

#include "archive/tar.h"
#include "base/buf.h"

/*
 * archive/tar_write -- tar headers: the same bytes for the same entry, whoever writes it when.
 *
 *   entry --tar_write_header--> [PAX header] header     data, tar_padding --> .. --> tar_end
 *
 * Shapes   ustar; what has no room in it (long names, large numbers, fractions of a second,
 *          extended attributes) stands in a PAX header before it, its keys in one fixed order.
 *          A directory's path ends in '/'. What tar_next() reads back is the entry.
 * Errors   None: the buf tells when it was too small.
 * Source   POSIX.1-2017 pax, "ustar Interchange Format".
 */

/* Add the header of an entry; of its places in the archive nothing is used. */
void tar_write_header(struct buf *out, const struct tar_entry *entry);

/* The zeros behind `size` bytes of an entry; those at the end of an archive. */
str tar_padding(uint64_t size);
str tar_end(void);
