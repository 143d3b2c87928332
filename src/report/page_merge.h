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

enum page_change {
    CHANGE_SAME,
    CHANGE_OTHER,
    CHANGE_GROWN,
    CHANGE_SHRUNK,
    CHANGE_NEW,
    CHANGE_GONE
};
enum { PAGE_CHANGES = CHANGE_GONE + 1 };

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
    uint32_t files; /* of the image that has more */
};

/* Both trees as one; they must outlive it. */
struct merge page_merge(struct arena *arena, const struct tree *a, const struct tree *b);

/* What stands at a row alone; and at it and below. */
struct merge_sum merge_own(const struct merge *merge, uint32_t row);
struct merge_sum merge_total(const struct merge *merge, uint32_t row);

/* What became of a file; CHANGE_SAME too where neither image has bytes. */
enum page_change merge_change(const struct merge *merge, uint32_t row);

/* "same", "other content", "grown", "shrunk", "new", "removed". */
const char *change_name(enum page_change change);
