#pragma once

#include "base/map.h"
#include "oci/oci.h"

/*
 * oci/image_files -- the files of a layout, whether it is a directory or a tar archive.
 *
 * Shapes   Paths are relative, '/'-separated and clean: "blobs/sha256/ab..". In a directory they
 *          are opened below it (no link leads out); in an archive links are followed inside of it.
 * Cost     An archive's headers are read once; its data is passed over.
 * Errors   As oci/oci.h.
 */

struct files {
    struct arena *arena;
    str shown; /* the path, for messages */
    int fd;    /* of the directory or the archive */
    bool is_archive;
    struct map entries; /* archive: path -> struct file_entry */
};

/* Open a directory, or an archive and read where its files are. */
MUST_CHECK bool files_open(struct arena *arena, str path, struct files *out_files, struct err *err);

/* Where a file is; false without an error when it is not there. */
MUST_CHECK bool files_find(struct files *files, str path, bool *out_found, struct blob *out_blob,
                           struct err *err);

/* A file that must be there, whole. */
MUST_CHECK bool files_read(struct files *files, str path, uint64_t size_max, str *out_bytes,
                           struct err *err);
