#pragma once

#include "base/arena.h"
#include "tui/keys.h"
#include "tui/tui.h"

/*
 * tui/browser -- what is looked at, without a terminal. Private to tui/.
 *
 *   key --browser_key--> state --list--> the rows to draw
 *
 * Shapes   `layer` 0 is the whole image, n the layer n - 1. For the one that is chosen each row has
 *          a state, and `before` the prefix sums of what rows weigh: what a folder weighs is one
 *          subtraction. `list` are the rows that are to be seen, in their order.
 * Cost     Choosing a layer, a sort, a filter: one walk over the rows. All other keys: constant, or
 *          the rows that are open.
 */

enum row_state { ROW_ABSENT = 0, ROW_SAME = 1, ROW_ADDED = 2, ROW_CHANGED = 4, ROW_REMOVED = 8 };
enum { ROW_ALL = ROW_SAME | ROW_ADDED | ROW_CHANGED | ROW_REMOVED };

enum pane { PANE_LAYERS, PANE_FILES };
enum sorting { SORT_SIZE, SORT_NAME, SORT_COUNT, SORTINGS };
enum bars { BARS_BAR, BARS_SHARE, BARS_BOTH, BARS_NONE, BARS_KINDS };
enum overlay { OVERLAY_NONE, OVERLAY_HELP, OVERLAY_FIX };

struct amount {
    uint64_t bytes, pull;
    uint32_t files;
};

struct browser {
    struct arena *arena, *listing; /* the second is emptied for each list */
    struct arena_mark empty;       /* of the listing */
    const struct analysis *analysis;
    const struct package_list *packages;
    struct tree tree;
    struct key_map keys;
    struct amount *before; /* tree.count + 1 */
    uint8_t *state;        /* of a row by itself: enum row_state */
    uint8_t *below;        /* states of a row and of all below it, together */
    bool *open;
    bool *found; /* passes the filter, or leads to what does */
    uint32_t *list;
    uint32_t list_count;
    uint32_t cursor, scroll;      /* in the list */
    uint32_t layer, layer_scroll; /* 0: the whole image */
    uint32_t page;                /* rows of the pane, as last drawn */
    uint32_t overlay_scroll;
    uint32_t extract; /* version that is to be written to a file; TREE_NONE: none */
    str said;         /* of the last key, on the bottom line; "" for nothing */
    enum pane pane;
    enum sorting sorting;
    enum bars bars;
    enum overlay overlay;
    uint8_t shown; /* states that are */
    bool pull, owner, waste, layer_only, typing, all_open;
    char filter[64];
    uint32_t filter_len;
};

/* Look at an image. */
struct browser browser_new(struct arena *arena, const struct tui *tui);

/* Take a key; false when it ends the program. */
bool browser_key(struct browser *browser, uint32_t key);

/* What a row and all below it weigh; and as the one number that counts now. */
struct amount browser_sum(const struct browser *browser, uint32_t row);
uint64_t browser_weight(const struct browser *browser, uint32_t row);

/* The row under the cursor; TREE_NONE for none. */
uint32_t browser_row(const struct browser *browser);

/* The version of a row that is told about: of the layer that is chosen, or what stands there with
 * it, or what it takes away; else the live one, else the last. TREE_NONE: no layer wrote one. */
uint32_t browser_version(const struct browser *browser, uint32_t row);

/* What is shown first: the states of the rows for the layer that is chosen, then the list. */
void browser_measure(struct browser *browser);
void browser_list(struct browser *browser);
void browser_filter(struct browser *browser);
