#include "tui/keys.h"

#include "tui/screen.h"

#define CTRL(letter) ((letter)&31)
enum { KEYS_MAX = 4 };

static const struct binding {
    const char *keys, *what;
    uint32_t at[KEYS_MAX];
} bindings[ACTION_COUNT] = {
    [ACTION_UP] = {"up k", "one up", {SCREEN_UP, 'k'}},
    [ACTION_DOWN] = {"down j", "one down", {SCREEN_DOWN, 'j'}},
    [ACTION_IN] = {"right l enter", "into the folder", {SCREEN_RIGHT, 'l', '\r', '\n'}},
    [ACTION_OUT] = {"left h", "out of the folder", {SCREEN_LEFT, 'h'}},
    [ACTION_FIRST] = {"home", "first", {SCREEN_HOME}},
    [ACTION_LAST] = {"end G", "last", {SCREEN_END, 'G'}},
    [ACTION_PAGE_UP] = {"pgup", "a page up", {SCREEN_PAGE_UP}},
    [ACTION_PAGE_DOWN] = {"pgdn", "a page down", {SCREEN_PAGE_DOWN}},
    [ACTION_PANE] = {"tab", "the other pane", {'\t', SCREEN_BACK_TAB}},
    [ACTION_FOLD] = {"space", "open or close the folder", {' '}},
    [ACTION_FOLD_ALL] = {"ctrl-space z", "open or close all folders", {'z'}},
    [ACTION_FILTER] = {"/ ctrl-f", "show names with a text", {'/', CTRL('f')}},
    [ACTION_SORT_NAME] = {"n", "sort by name", {'n'}},
    [ACTION_SORT_SIZE] = {"s", "sort by size", {'s'}},
    [ACTION_SORT_COUNT] = {"C", "sort by files", {'C'}},
    [ACTION_SORT_NEXT] = {"ctrl-o", "sort by the next", {CTRL('o')}},
    [ACTION_BARS] = {"g", "bars, shares, both, none", {'g'}},
    [ACTION_PULL] = {"p", "bytes of files, or of the pull", {'p'}},
    [ACTION_OWNER] = {"o", "colour by owner", {'o'}},
    [ACTION_WASTE] = {"w", "only what is hidden", {'w'}},
    [ACTION_FIX] = {"f", "what to do about it", {'f'}},
    [ACTION_ADDED] = {"ctrl-a", "hide or show added", {CTRL('a')}},
    [ACTION_REMOVED] = {"ctrl-r", "hide or show removed", {CTRL('r')}},
    [ACTION_CHANGED] = {"m", "hide or show modified", {'m'}},
    [ACTION_SAME] = {"ctrl-u", "hide or show unchanged", {CTRL('u')}},
    [ACTION_LAYER_ONLY] = {"ctrl-l", "bytes of this layer, or up to it", {CTRL('l')}},
    [ACTION_HELP] = {"?", "this help", {'?'}},
    [ACTION_QUIT] = {"q ctrl-c", "end", {'q', CTRL('c'), SCREEN_CLOSED}},
};

enum action key_action(uint32_t key)
{
    if (key == 0) /* ctrl-space */
        return ACTION_FOLD_ALL;
    for (unsigned i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
        for (unsigned k = 0; k < KEYS_MAX && bindings[i].at[k]; k++)
            if (bindings[i].at[k] == key)
                return (enum action)i;
    return ACTION_NONE;
}

struct key_help key_help(enum action action)
{
    const struct binding *binding = &bindings[action];
    return (struct key_help){binding->keys ? binding->keys : "",
                             binding->what ? binding->what : ""};
}
