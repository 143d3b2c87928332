#include "tui/keys.h"

#include "base/map.h"
#include "text/utf8.h"
#include "tui/screen.h"

#include <string.h>

#define CTRL(letter) ((letter)&31)
enum { KEYS_MAX = 4 };

static const struct binding {
    const char *name, *what;
    uint32_t at[KEYS_MAX];
} bindings[ACTION_COUNT] = {
    [ACTION_UP] = {"up", "one up", {SCREEN_UP, 'k'}},
    [ACTION_DOWN] = {"down", "one down", {SCREEN_DOWN, 'j'}},
    [ACTION_IN] = {"in", "into the folder", {SCREEN_RIGHT, 'l', '\r', '\n'}},
    [ACTION_OUT] = {"out", "out of the folder", {SCREEN_LEFT, 'h'}},
    [ACTION_FIRST] = {"first", "first", {SCREEN_HOME}},
    [ACTION_LAST] = {"last", "last", {SCREEN_END, 'G'}},
    [ACTION_PAGE_UP] = {"page-up", "a page up", {SCREEN_PAGE_UP}},
    [ACTION_PAGE_DOWN] = {"page-down", "a page down", {SCREEN_PAGE_DOWN}},
    [ACTION_PANE] = {"pane", "the other pane", {'\t', SCREEN_BACK_TAB}},
    [ACTION_FOLD] = {"fold", "open or close the folder", {' '}},
    [ACTION_FOLD_ALL] = {"fold-all", "open or close all folders", {'z'}},
    [ACTION_FILTER] = {"filter", "show names with a text", {'/', CTRL('f')}},
    [ACTION_SORT_NAME] = {"sort-name", "sort by name", {'n'}},
    [ACTION_SORT_SIZE] = {"sort-size", "sort by size", {'s'}},
    [ACTION_SORT_COUNT] = {"sort-count", "sort by files", {'C'}},
    [ACTION_SORT_NEXT] = {"sort-next", "sort by the next", {CTRL('o')}},
    [ACTION_BARS] = {"bars", "bars, shares, both, none", {'g'}},
    [ACTION_PULL] = {"pull", "bytes of files, or of the pull", {'p'}},
    [ACTION_OWNER] = {"owner", "colour by owner", {'o'}},
    [ACTION_WASTE] = {"waste", "only what is hidden", {'w'}},
    [ACTION_FIX] = {"fix", "what to do about it", {'f'}},
    [ACTION_ADDED] = {"added", "hide or show added", {CTRL('a')}},
    [ACTION_REMOVED] = {"removed", "hide or show removed", {CTRL('r')}},
    [ACTION_CHANGED] = {"modified", "hide or show modified", {'m'}},
    [ACTION_SAME] = {"unchanged", "hide or show unchanged", {CTRL('u')}},
    [ACTION_LAYER_ONLY] = {"layer-only", "bytes of this layer, or up to it", {CTRL('l')}},
    [ACTION_EXTRACT] = {"extract", "write the file into this folder", {CTRL('e')}},
    [ACTION_HELP] = {"help", "this help", {'?'}},
    [ACTION_QUIT] = {"quit", "end", {'q', CTRL('c'), SCREEN_CLOSED}},
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
             {"shift-tab", SCREEN_BACK_TAB},
             {"space", ' '},
             {"enter", '\r'}};

static uint32_t key_named(str name)
{
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

/* As key_named() reads it; "" for what nobody types. */
static str key_name(struct arena *arena, uint32_t key)
{
    char utf8[4];
    for (size_t i = 0; i < ARRAY_COUNT(named); i++)
        if (named[i].key == key)
            return str_from(named[i].name);
    if (key == '\n' || key > SCREEN_NONE) /* enter, tab, once more */
        return STR("");
    if (key < ' ')
        return str_fmt(arena, "ctrl-%c", (int)(key | 0x60));
    return str_fmt(arena, "%.*s", (int)utf8_put(utf8, key), utf8);
}

/* All of them, or the first, with a blank between. */
static str keys_text(struct arena *arena, const struct key_map *chosen, enum action action,
                     unsigned most)
{
    str text = STR("");
    uint32_t keys[KEYS_MAX + 1] = {chosen->at[action]};
    memcpy(keys + 1, bindings[action].at, sizeof(bindings[action].at));
    for (unsigned i = 0, count = 0; i <= KEYS_MAX && count < most; i++) {
        str name =
            keys[i] && key_action(chosen, keys[i]) == action ? key_name(arena, keys[i]) : STR("");
        if (!name.len)
            continue;
        text = str_fmt(arena, "%.*s%s%.*s", STR_ARG(text), count ? " " : "", STR_ARG(name));
        count++;
    }
    return text;
}

str key_first(struct arena *arena, const struct key_map *chosen, enum action action)
{
    return keys_text(arena, chosen, action, 1);
}

struct key_help key_help(struct arena *arena, const struct key_map *chosen, enum action action)
{
    str keys = keys_text(arena, chosen, action, KEYS_MAX + 1);
    if (action == ACTION_FOLD_ALL)
        keys = str_fmt(arena, "ctrl-space%s%.*s", keys.len ? " " : "", STR_ARG(keys));
    return (struct key_help){keys, bindings[action].what};
}
