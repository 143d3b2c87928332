#pragma once

#include "context/ignore.h"

/*
 * context/walk -- folders as they were read, before they become a tree. Private to context/.
 *
 * Shapes   A slot is one folder; its children are in byte order of their names. A slot belongs to
 *          the worker that found it and lives in that worker's arena.
 */

struct slot;

struct child {
    str name;
    uint64_t size_bytes;
    struct slot *slot; /* of a folder */
    uint32_t line;
    enum entry_type type;
    bool dropped;
};

struct slot {
    str path; /* terminated, "" for the root */
    VEC(struct child) children;
    uint64_t *set;    /* patterns that match it or a parent; see context/ignore.h */
    uint32_t line;    /* of the pattern that dropped it */
    bool all_dropped; /* and so is all below it */
    bool collapsed;   /* its entries are counted, not listed */
    bool unread, too_long;
    int saved_errno;
};

/* Lay out what was read depth first, in `arena`. */
struct context_tree *tree_lay_out(struct arena *arena, struct arena *scratch,
                                  const struct slot *root, const struct ignore *ignore);

/* Byte order of paths in which '/' comes first: the order of a tree's entries. */
int path_order(str a, str b);
