#pragma once

#include "layer/layer.h"

/*
 * analyze/image_tree -- the folders of an image as one arena of rows.
 *
 *   image_view --tree_build--> struct tree --tree_sum--> what stands at and below a path
 *
 *   row  path     end   before[row]             sum of "usr" = before[5] - before[1]
 *    0   ""        6    0
 *    1   usr       5    0
 *    2   usr/bin   4    0
 *    3   usr/bin/x 4    0
 *    4   usr/lib   5    size of x
 *    5   var       6    ...
 *
 * Shapes   A row a path, in the order of the paths, so that all that is below a row stands behind
 *          it, up to its `end`. The root is row 0, even of an image without files. A folder that no
 *          layer has an entry for (only for what is in it) has a row without versions; past a
 *          million of those a row's name may have slashes.
 *          Nothing is recomputed when somebody opens, closes or sorts a folder.
 * Units    Bytes of regular files. Live bytes count where they were written: a file that only
 *          another hard link still reaches counts at its own path.
 * Cost     Linear in the view; 88 bytes a row. A sum is one subtraction; to go over the children
 *          of a row costs a step each, to sort them their logarithm more.
 * Errors   None.
 * Threads  A tree never changes; share it freely.
 */

enum { TREE_NONE = UINT32_MAX };

struct tree_row {
    str path;        /* "usr/bin/env"; "" is the root */
    uint32_t parent; /* TREE_NONE for the root */
    uint32_t end;    /* behind the last row below it; its own index + 1 when there is none */
    uint32_t file;   /* its first version in view->files */
    uint32_t
        version_count; /* how many stand there, from the lowest layer; 0 for an implied folder */
    uint16_t name_at;  /* where its last component begins */
    uint16_t depth;    /* 0 for the root */
};

struct tree_sum {
    uint64_t live, live_pull;     /* bytes that the image shows, and what they cost to pull */
    uint64_t hidden, hidden_pull; /* the same of bytes that a higher layer hides */
    uint32_t files, hidden_files;
};

struct tree {
    const struct image_view *view;
    const struct tree_row *rows;
    const struct tree_sum *before; /* count + 1: of all rows in front of this one */
    uint32_t count;
};

/* The folders of a view, which must outlive them. */
struct tree tree_build(struct arena *arena, const struct image_view *view);

/* What stands at a row and below it; and at the row alone. */
struct tree_sum tree_sum(const struct tree *tree, uint32_t row);
struct tree_sum tree_own(const struct tree *tree, uint32_t row);

/* The row of a path; TREE_NONE when the image never had it. */
uint32_t tree_find(const struct tree *tree, str path);

/* The version of a row that the image shows, as an index in view->files; TREE_NONE when there is
 * none: it was taken away, or is an implied folder. */
uint32_t tree_live_version(const struct tree *tree, uint32_t row);

/* Is it a folder: in the image, or (when it is gone) in the layers? */
bool tree_is_folder(const struct tree *tree, uint32_t row);

enum tree_order { TREE_BY_NAME, TREE_BY_LIVE, TREE_BY_HIDDEN, TREE_BY_PULL, TREE_BY_FILES };

/* The children of a row, the largest first (or by name); equal ones stay in the order of names. */
uint32_t *tree_children(struct arena *arena, const struct tree *tree, uint32_t row,
                        enum tree_order order, uint32_t *out_count);

/* for each child of `parent`, in the order of names */
#define TREE_EACH(child, tree, parent)                                      \
    for (uint32_t child = (parent) + 1; child < (tree)->rows[(parent)].end; \
         child = (tree)->rows[child].end)

/* The last component. */
static inline str tree_name(const struct tree *tree, uint32_t row)
{
    return str_from_index(tree->rows[row].path, tree->rows[row].name_at);
}
