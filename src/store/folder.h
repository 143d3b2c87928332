#pragma once

#include "data/data.h"
#include "store/store.h"

/*
 * store/folder -- an opened store, for the files of store/.
 *
 *   ROOT/oci-layout  index.json  blobs/sha256/HEX          what every tool of OCI reads
 *        plimsoll/use.lock        held with others while a store is open, alone by prune
 *        plimsoll/names.lock      held alone while index.json is read, changed and replaced
 *        plimsoll/index.sqlite    what the layout cannot say: when a name was given, whence a blob
 *        plimsoll/notes/KIND/KEY  what can be worked out again
 *
 * Shapes   index.json alone says which names there are: what another tool wrote into it counts.
 *          The database may be lost: only times and origins are lost with it.
 */

struct store {
    struct arena *arena;
    str path;
    int root_fd;  /* -1: there is no such folder, so it is an empty store */
    int blobs_fd; /* -1: it has no blobs yet, and may not be written */
    int own_fd;   /* plimsoll/; -1 as above */
    int use_fd, names_fd;
    struct sqlite *db; /* NULL until it is asked for */
};

/* The database, opened at first use; a broken one is put aside and begun anew. */
MUST_CHECK bool folder_database(struct store *store, struct err *err);

/* Refuse to write where there is no folder that may be written. */
MUST_CHECK bool folder_writable(const struct store *store, struct err *err);

/* Names as index.json has them, without times. */
MUST_CHECK bool folder_names(struct arena *arena, struct store *store,
                             struct descriptors *out_manifests, struct err *err);
