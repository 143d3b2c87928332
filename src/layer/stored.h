#pragma once

#include "layer/layer.h"

/*
 * layer/stored -- what a pass found, kept in the store, so that no layer is read twice.
 *
 *   report: by diff id and the inspectors' fingerprint      pull map: by the blob's digest
 *
 * Shapes   A report is stored as it is used: header, entries, records, heap. Found ones stand in
 *          mapped memory. Every place in them is checked before they are used: a store is a folder
 *          that others may write into.
 * Cost     Linear in the entries; nothing is copied.
 * Errors   None: what cannot be found or kept is read again the next time.
 * Threads  Any.
 */

/* What tells the reports of one set of inspectors from those of another. */
struct layer_cache {
    struct store *store;
    uint64_t fingerprint;
};
struct layer_cache layer_cache_new(struct store *store, const struct inspectors *inspectors);

/* Is all known of a layer? */
bool layer_cache_find(struct arena *arena, const struct layer_cache *cache,
                      const struct image_layer *layer, struct layer_result *out_result);

/* Keep what a pass found. */
void layer_cache_put(struct arena *arena, const struct layer_cache *cache,
                     const struct image_layer *layer, const struct layer_result *result);
