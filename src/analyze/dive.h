#pragma once

#include "layer/layer.h"

/*
 * analyze/dive -- the numbers that dive gives, its quirks included.
 *
 * Shapes   dive asks of each layer's leaves how often their path comes in all layers: efficiency is
 *          the sum of the smallest sizes over the sum of all, and wasted are all versions of a path
 *          that comes twice, also the one that is needed. A whiteout has the size of the directory
 *          below it (0 for a file), in a stack of layers that knows no opaque directories. A
 *          whiteout of nothing ends its layer, and its path counts as -1.
 * Cost     Linear in the entries; a directory that is removed is walked.
 * Source   dive 0.13.1 itself: on fifteen made images its numbers and verdicts are the same. Layers
 *          that remove and write one path at once can still differ.
 */

struct dive_path {
    str path; /* "/usr/bin/x" */
    uint64_t bytes;
    uint32_t count;
};

struct dive_numbers {
    double efficiency, user_wasted_percent; /* both 0 to 1; the second may be NaN or infinite */
    uint64_t wasted_bytes, image_bytes, user_bytes;
    VEC(struct dive_path) wasted; /* the heaviest first */
};

/* Count as dive does, the lowest layer first. */
struct dive_numbers dive_count(struct arena *arena, const struct layer_result *layers,
                               uint32_t count);

/* What dive does not take into its trees: opaque markers, what aufs kept, the root. */
bool dive_drops(str path, const struct layer_entry *entry);
