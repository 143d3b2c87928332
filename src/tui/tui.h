#pragma once

#include "analyze/analyze.h"

/*
 * tui/tui -- an image looked through on a terminal: layers on the left, files on the right.
 *
 *   analysis --tui_run--> keys in, screens out, until 'q'
 *
 * Shapes   The image's folders are one arena of rows (analyze/image_tree.h). What a layer shows is
 *          one walk over them when it is chosen; sums are prefix sums, so that no key does more.
 * Cost     A key on an image of 100,000 files: under 50 ms, most of them under 1 ms
 *          (tests/unit/tui, tests/cli/test_tui.py).
 * Errors   ERR_UNSUPPORTED without libncursesw, or on a terminal that it does not know; ERR_USAGE
 *          for a key that is none.
 * Source   The keys of dive and of ncdu.
 */

struct host;         /* base/host.h */
struct package_list; /* packages/packages.h */

/* Keys that the user chose, by action; 0: as usual. */
enum { TUI_ACTIONS = 30 };
struct key_map {
    uint32_t at[TUI_ACTIONS];
};

/* Read "fold" -> "space". */
struct map; /* base/map.h */
MUST_CHECK bool tui_keys_read(const struct map *words, struct key_map *out_keys, struct err *err);

struct tui {
    const struct analysis *analysis; /* traced */
    const struct package_list *packages;
    const struct host *host; /* its clock tells how long keys took; its folder is where files go */
    struct key_map keys;
    bool color;
};

/* What it was like. */
struct tui_times {
    uint32_t keys;
    uint64_t worst_ms; /* from a key to the screen that answers it */
};

/* Show it. Standard input and output must be a terminal. */
MUST_CHECK bool tui_run(struct arena *arena, const struct tui *tui, struct tui_times *out_times,
                        struct err *err);
