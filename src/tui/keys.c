#include "tui/keys.h"

#include "base/map.h"
#include "text/utf8.h"
#include "tui/screen.h"

#define CTRL(letter) ((letter)&31)
enum { KEYS_MAX = 4 };

static const struct binding {
    const char *name, *keys, *what;
    uint32_t at[KEYS_MAX];
} bindings[ACTION_COUNT] = {
    [ACTION_UP] = {"up", "up k", "one up", {SCREEN_UP, 'k'}},
    [ACTION_DOWN] = {"down", "down j", "one down", {SCREEN_DOWN, 'j'}},
    [ACTION_IN] = {"in", "right l enter", "into the folder", {SCREEN_RIGHT, 'l', '\r', '\n'}},
    [ACTION_OUT] = {"out", "left h", "out of the folder", {SCREEN_LEFT, 'h'}},
    [ACTION_FIRST] = {"first", "home", "first", {SCREEN_HOME}},
    [ACTION_LAST] = {"last", "end G", "last", {SCREEN_END, 'G'}},
    [ACTION_PAGE_UP] = {"page-up", "pgup", "a page up", {SCREEN_PAGE_UP}},
    [ACTION_PAGE_DOWN] = {"page-down", "pgdn", "a page down", {SCREEN_PAGE_DOWN}},
    [ACTION_PANE] = {"pane", "tab", "the other pane", {'\t', SCREEN_BACK_TAB}},
    [ACTION_FOLD] = {"fold", "space", "open or close the folder", {' '}},
    [ACTION_FOLD_ALL] = {"fold-all", "ctrl-space z", "open or close all folders", {'z'}},
    [ACTION_FILTER] = {"filter", "/ ctrl-f", "show names with a text", {'/', CTRL('f')}},
    [ACTION_SORT_NAME] = {"sort-name", "n", "sort by name", {'n'}},
    [ACTION_SORT_SIZE] = {"sort-size", "s", "sort by size", {'s'}},
    [ACTION_SORT_COUNT] = {"sort-count", "C", "sort by files", {'C'}},
    [ACTION_SORT_NEXT] = {"sort-next", "ctrl-o", "sort by the next", {CTRL('o')}},
    [ACTION_BARS] = {"bars", "g", "bars, shares, both, none", {'g'}},
    [ACTION_PULL] = {"pull", "p", "bytes of files, or of the pull", {'p'}},
    [ACTION_OWNER] = {"owner", "o", "colour by owner", {'o'}},
    [ACTION_WASTE] = {"waste", "w", "only what is hidden", {'w'}},
    [ACTION_FIX] = {"fix", "f", "what to do about it", {'f'}},
    [ACTION_ADDED] = {"added", "ctrl-a", "hide or show added", {CTRL('a')}},
    [ACTION_REMOVED] = {"removed", "ctrl-r", "hide or show removed", {CTRL('r')}},
    [ACTION_CHANGED] = {"modified", "m", "hide or show modified", {'m'}},
    [ACTION_SAME] = {"unchanged", "ctrl-u", "hide or show unchanged", {CTRL('u')}},
    [ACTION_LAYER_ONLY] = {"layer-only", "ctrl-l", "bytes of this layer, or up to it", {CTRL('l')}},
    [ACTION_HELP] = {"help", "?", "this help", {'?'}},
    [ACTION_QUIT] = {"quit", "q ctrl-c", "end", {'q', CTRL('c'), SCREEN_CLOSED}},
};

static_assert((int)TUI_ACTIONS == (int)ACTION_COUNT, "a key for each action");

static bool is_usual(const struct key_map *chosen, unsigned action, uint32_t key)
{
    for (unsigned i = 0; !chosen->at[action] && i < KEYS_MAX && bindings[action].at[i]; i++)
        if (bindings[action].at[i] == key)
            return true;
    return false;
}

enum action key_action(const struct key_map *chosen, uint32_t key)
{
    if (key == CTRL('c') || key == SCREEN_CLOSED)
        return ACTION_QUIT;
    for (unsigned i = ACTION_NONE + 1; key && i < ACTION_COUNT; i++)
        if (chosen->at[i] == key)
            return (enum action)i;
    if (key == 0) /* ctrl-space */
        return ACTION_FOLD_ALL;
    for (unsigned i = ACTION_NONE + 1; i < ACTION_COUNT; i++)
        if (is_usual(chosen, i, key))
            return (enum action)i;
    return ACTION_NONE;
}

static uint32_t key_named(str name)
{
    static const struct {
        const char *name;
        uint32_t key;
    } named[] = {{"up", SCREEN_UP},
                 {"down", SCREEN_DOWN},
                 {"left", SCREEN_LEFT},
                 {"right", SCREEN_RIGHT},
                 {"home", SCREEN_HOME},
                 {"end", SCREEN_END},
                 {"pgup", SCREEN_PAGE_UP},
                 {"pgdn", SCREEN_PAGE_DOWN},
                 {"tab", '\t'},
                 {"space", ' '},
                 {"enter", '\r'}};
    const str ctrl = STR("ctrl-");
    uint32_t code = 0;
    for (size_t i = 0; i < ARRAY_COUNT(named); i++)
        if (str_eq(name, str_from(named[i].name)))
            return named[i].key;
    if (name.len == ctrl.len + 1 && str_starts(name, ctrl) && char_is_alpha(name.at[ctrl.len]))
        return CTRL((unsigned char)name.at[ctrl.len]);
    return name.len && utf8_decode(name, &code) == name.len && code > ' ' && code != 127 ? code : 0;
}

bool tui_keys_read(const struct map *words, struct key_map *out_keys, struct err *err)
{
    struct key_map keys = {0};
    for (size_t i = 0; i < words->count; i++) {
        str name = words->entries[i].key, key = str_from(words->entries[i].value);
        unsigned action = ACTION_NONE + 1;
        while (action < ACTION_COUNT && !str_eq(name, str_from(bindings[action].name)))
            action++;
        if (action == ACTION_COUNT) {
            err_set(err, ERR_USAGE, "keys: 'analyze -i' has no action '%.*s'", STR_ARG(name));
            return err_hint(err, "plimsoll.yaml(5) lists them");
        }
        keys.at[action] = key_named(key);
        if (!keys.at[action]) {
            err_set(err, ERR_USAGE, "keys: '%.*s' is no key", STR_ARG(key));
            return err_hint(err, "write one character, ctrl-a, up, pgdn, tab, space or enter");
        }
    }
    *out_keys = keys;
    return true;
}

struct key_help key_help(enum action action)
{
    const struct binding *binding = &bindings[action];
    return (struct key_help){binding->keys ? binding->keys : "",
                             binding->what ? binding->what : ""};
}
