#pragma once

#include "archive/archive.h"
#include "base/arena.h"
#include "base/buf.h"
#include "layer/layer.h"

/*
 * layer/building -- a report while its layer is being read.
 *
 * Shapes   Entries come in the archive's order; building_end() sorts them, tells which are
 *          overridden, and finds what hard links name.
 * Errors   ERR_FORMAT for a path that leads out of the root, ERR_LIMIT past LIMIT_LAYER_ENTRIES.
 */

struct content_state; /* base/content.h */

struct building {
    struct arena *arena;
    VEC(struct layer_entry) entries;
    struct buf heap;
    VEC(struct layer_record) records; /* `entry` is the order until the end */
    const struct inspectors *inspectors;
    struct arena *scratch; /* of one file */
    struct arena_mark scratch_empty;
    struct arena *room_arena; /* of the bytes of a file that come in pieces */
    char *room;
    size_t room_bytes;
    uint64_t watching; /* bit n: inspector n wants to see the newest entry */
    struct buf seen;   /* its bytes, where they come in pieces */
    bool in_file;      /* the newest entry's bytes are coming */
    bool hashing;      /* the state has some of them */
    struct content_state *state;
};

/* An empty one; the inspectors see every file. */
struct building building_new(struct arena *arena, const struct inspectors *inspectors);

/* The next entry; then its bytes (`whole`: these are all); then that they are through. */
MUST_CHECK bool building_entry(struct building *building, const struct tar_entry *entry,
                               struct err *err);
void building_data(struct building *building, str bytes, bool whole);
void building_done(struct building *building);

/* The report of it all. */
MUST_CHECK bool building_end(struct building *building, struct layer_report *out_report,
                             struct err *err);
