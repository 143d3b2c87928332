#pragma once

#include "report/page.h"

/*
 * report/page_merge -- the folders of two images as one tree. Private to report/.
 *
 *   tree of A + tree of B --page_merge--> rows by path, each with its row in A and in B
 *
 * Shapes   As analyze/image_tree: parents first, what is below a row stands up to its `end`.
 *          TREE_NONE where an image never had the path.
 * Units    Bytes of regular files, hidden ones too: a pull brings both.
 */

enum merge_change { MERGE_SAME, MERGE_OTHER, MERGE_GROWN, MERGE_SHRUNK, MERGE_NEW, MERGE_GONE };
enum { MERGE_CHANGES = MERGE_GONE + 1 };

struct merge_row {
    str path;
    uint32_t a, b, end, parent;
    uint16_t name_at, depth;
};

struct merge {
    const struct tree *a, *b;
    const struct merge_row *rows;
    uint32_t count;
};

/* What both images have somewhere. */
struct merge_sum {
    uint64_t a, a_pull, b, b_pull;
    uint32_t a_files, b_files;
};

/* Both trees as one; they must outlive it. */
struct merge page_merge(struct arena *arena, const struct tree *a, const struct tree *b);

/* What stands at a row alone; and at it and below. */
struct merge_sum merge_own(const struct merge *merge, uint32_t row);
struct merge_sum merge_total(const struct merge *merge, uint32_t row);

/* What became of a file; MERGE_SAME too where neither image has one. */
enum merge_change merge_change_at(const struct merge *merge, uint32_t row);
