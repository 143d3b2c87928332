#pragma once

#include "base/host.h"
#include "oci/oci.h"

/*
 * store/store -- images that are kept on this host: blobs by digest, names, and what was learned.
 *
 *   bytes --store_write_*--> blob --store_tag--> name --store_image_open--> struct image
 *
 * Shapes   The root is a valid OCI image layout (oci-layout, index.json, blobs/sha256/), so that
 *          other tools read it; what only Plimsoll knows is below plimsoll/. A blob is written into
 *          a nameless temporary, hashed on the way, synced and linked under its digest: there are
 *          no half blobs. Names stand in index.json and in the SQLite index beside it.
 *          Notes are what can be worked out again (layer reports, pull maps): dropped, not missed.
 * Units    Bytes.
 * Errors   ERR_IO, ERR_DIGEST when bytes are not what was announced, ERR_LIMIT, ERR_FORMAT when the
 *          folder is no store. Nothing is left behind by what failed, nor by kill -9.
 * Threads  Blobs and notes may be written and read from any thread; names from one at a time.
 *          Several processes may share a store.
 * Source   OCI image layout specification 1.1.
 */

struct store;

/* $PLIMSOLL_STORE, else $XDG_DATA_HOME/plimsoll, else ~/.local/share/plimsoll; for root
 * /var/lib/plimsoll instead of the last. */
str store_path_default(struct arena *arena, const struct host *host);

/* Open a store. A folder that is not there is made with `create`, and is an empty store without. */
MUST_CHECK bool store_open(struct arena *arena, str path, bool create, struct store **out_store,
                           struct err *err);
void store_close(struct store *store);

/* -- blobs ------------------------------------------------------------------------------------- */

/* Where a blob is; false in out_found, and no error, when it is not there. */
MUST_CHECK bool store_find_blob(struct store *store, digest id, bool *out_found,
                                struct blob *out_blob, struct err *err);

/* A blob on its way in. Ended, or dropped: one of the two, always. */
struct store_writer;
MUST_CHECK bool store_write_begin(struct store *store, struct store_writer **out_writer,
                                  struct err *err);
MUST_CHECK bool store_write_add(struct store_writer *writer, str bytes, struct err *err);
/* How many bytes it has. */
uint64_t store_write_size(const struct store_writer *writer);
/* Keep it. With `expected`, ERR_DIGEST (and nothing is kept) when it is something else. */
MUST_CHECK bool store_write_end(struct store_writer *writer, const digest *expected,
                                digest *out_digest, struct err *err);
void store_write_drop(struct store_writer *writer);

/* A small blob at once. */
MUST_CHECK bool store_put(struct store *store, str bytes, digest *out_digest, struct err *err);

/* -- names ------------------------------------------------------------------------------------- */

/* An image under a name; `name` is normal form: "docker.io/library/debian:12". */
struct store_name {
    str name;
    struct descriptor descriptor; /* of its manifest or index */
    int64_t tagged_s;             /* when, in seconds since 1970; 0: another tool did */
};
VEC_TYPE(store_names, struct store_name);

MUST_CHECK bool store_tag(struct store *store, str name, const struct descriptor *descriptor,
                          int64_t now_s, struct err *err);
/* out_found false when there was no such name. The blobs stay until store_prune(). */
MUST_CHECK bool store_untag(struct store *store, str name, bool *out_found, struct err *err);
MUST_CHECK bool store_find_name(struct arena *arena, struct store *store, str name, bool *out_found,
                                struct store_name *out_name, struct err *err);
/* All of them, by name. */
MUST_CHECK bool store_list(struct arena *arena, struct store *store, struct store_names *out_names,
                           struct err *err);

/* Where a blob came from: "docker.io/library/debian", so that a push can mount it there. */
MUST_CHECK bool store_origin_add(struct store *store, digest id, str repository, struct err *err);
MUST_CHECK bool store_origins(struct arena *arena, struct store *store, digest id,
                              struct strs *out_repositories, struct err *err);

/* Open what stands behind a name. */
MUST_CHECK bool store_image_open(struct arena *arena, struct store *store,
                                 const struct store_name *name, const struct image_choice *choice,
                                 struct image *out_image, struct err *err);

/* -- what was learned -------------------------------------------------------------------------- */

/* Of a layer's bytes by diff id, and of what its entries cost by blob digest. */
#define STORE_NOTE_REPORT "report"
#define STORE_NOTE_PULL   "pull"

/* A note by kind and key (64 hexadecimal digits of a digest, and what else tells it apart). Found
 * bytes stay mapped as long as the program runs. A damaged note is not found. */
MUST_CHECK bool store_note_find(struct store *store, const char *kind, str key, bool *out_found,
                                str *out_bytes, struct err *err);
MUST_CHECK bool store_note_put(struct store *store, const char *kind, str key, str bytes,
                               struct err *err);

/* -- room -------------------------------------------------------------------------------------- */

struct store_pruned {
    uint64_t blobs, notes, bytes;
};
/* Remove what no name leads to, and notes of layers that are gone. `dry`: only tell. */
MUST_CHECK bool store_prune(struct store *store, bool dry, struct store_pruned *out_pruned,
                            struct err *err);
