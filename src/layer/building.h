#pragma once

#include "archive/tar.h"
#include "base/buf.h"
#include "layer/layer.h"

/*
 * layer/building -- a report while its layer is being read.
 *
 * Shapes   Entries come in the archive's order; building_end() sorts them, tells which are
 *          overridden, and finds what hard links name.
 * Errors   ERR_FORMAT for a path that leads out of the root, ERR_LIMIT past LIMIT_LAYER_ENTRIES.
 */

struct building {
    struct arena *arena;
    VEC(struct layer_entry) entries;
    struct buf heap;
    bool in_file; /* the newest entry's bytes are coming */
    bool hashing; /* the state has some of them */
    void *state;  /* of XXH3 */
};

struct building building_new(struct arena *arena);

MUST_CHECK bool building_entry(struct building *building, const struct tar_entry *entry,
                               struct err *err);
void building_data(struct building *building, str bytes, bool whole);
void building_done(struct building *building);

MUST_CHECK bool building_end(struct building *building, struct layer_report *out_report,
                             struct err *err);
