#pragma once

#include "tui/tui.h"

/*
 * tui/keys -- which key does what. Private to tui/.
 */

enum action {
    ACTION_NONE,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_IN,
    ACTION_OUT,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_PANE,
    ACTION_FOLD,
    ACTION_FOLD_ALL,
    ACTION_FILTER,
    ACTION_SORT_NAME,
    ACTION_SORT_SIZE,
    ACTION_SORT_COUNT,
    ACTION_SORT_NEXT,
    ACTION_BARS,
    ACTION_PULL,
    ACTION_OWNER,
    ACTION_WASTE,
    ACTION_FIX,
    ACTION_ADDED,
    ACTION_REMOVED,
    ACTION_CHANGED,
    ACTION_SAME,
    ACTION_LAYER_ONLY,
    ACTION_EXTRACT,
    ACTION_HELP,
    ACTION_QUIT,
    ACTION_COUNT,
};

/* What a key does. */
enum action key_action(const struct key_map *chosen, uint32_t key);

/* A line of help: the keys that do it now, the user's where there are some. */
struct key_help {
    str keys;
    const char *what;
};
struct key_help key_help(struct arena *arena, const struct key_map *chosen, enum action action);

/* The first of them; "" where all its keys were given to others. */
str key_first(struct arena *arena, const struct key_map *chosen, enum action action);
