#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * archive/zip -- the entries of a zip file (a jar, a wheel) that is in memory.
 *
 *   bytes --zip_open--> struct zip --zip_next--> entries --zip_read--> bytes
 *
 * Shapes   Borrows the bytes. What the central directory says counts; entries that it places
 *          outside of the file have no bytes. Neither zip64 nor encryption.
 * Errors   None: what cannot be read is passed over.
 * Source   PKWARE's APPNOTE.TXT, 6.3.
 */

struct zip {
    str bytes, directory; /* what of the central directory was not read yet */
};

struct zip_entry {
    str name;
    uint16_t method; /* 0: stored, 8: deflated */
    uint32_t size, stored, at;
};

/* False for what is no zip file. */
bool zip_open(str bytes, struct zip *out_zip);

/* The next entry; false at the end, or where the directory is damaged. */
bool zip_next(struct zip *zip, struct zip_entry *out_entry);

/* An entry's bytes; false past size_max, for other methods and for damaged ones. */
bool zip_read(struct arena *arena, const struct zip *zip, const struct zip_entry *entry,
              size_t size_max, str *out_bytes);

/* All of a raw deflate stream; false past size_max, or when it is damaged. */
bool inflate_whole(struct arena *arena, str deflated, size_t size_max, str *out_bytes);
