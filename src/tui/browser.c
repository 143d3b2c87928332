#include "tui/browser.h"

#include "tui/screen.h"

struct browser browser_new(struct arena *arena, const struct tui *tui)
{
    struct browser browser = {.arena = arena,
                              .listing = arena_child(arena, 0),
                              .analysis = tui->analysis,
                              .packages = tui->packages,
                              .keys = tui->keys,
                              .tree = tree_build(arena, tui->analysis->view),
                              .pane = PANE_FILES,
                              .page = 20,
                              .extract = TREE_NONE,
                              .shown = ROW_ALL};
    uint32_t count = browser.tree.count;
    browser.empty = arena_mark(browser.listing);
    browser.before = NEW_ARRAY(arena, struct amount, count + 1);
    browser.state = NEW_ARRAY(arena, uint8_t, count);
    browser.below = NEW_ARRAY(arena, uint8_t, count);
    browser.open = NEW_ARRAY(arena, bool, count);
    browser.found = NEW_ARRAY(arena, bool, count);
    browser_filter(&browser);
    browser_measure(&browser);
    browser_list(&browser);
    return browser;
}

uint32_t browser_row(const struct browser *browser)
{
    return browser->cursor < browser->list_count ? browser->list[browser->cursor] : TREE_NONE;
}

/* Make the list again, with the cursor on the same row, or on the nearest folder above it. */
static void list_again(struct browser *browser)
{
    uint32_t row = browser_row(browser);
    browser_list(browser);
    for (; row != TREE_NONE; row = browser->tree.rows[row].parent)
        for (uint32_t i = 0; i < browser->list_count; i++)
            if (browser->list[i] == row) {
                browser->cursor = i;
                return;
            }
    browser->cursor = 0;
}

static void measure_again(struct browser *browser)
{
    browser_measure(browser);
    list_again(browser);
}

static uint32_t stay_within(int64_t at, uint32_t count)
{
    if (at < 0 || !count)
        return 0;
    return at >= count ? count - 1 : (uint32_t)at;
}

static void choose_layer(struct browser *browser, int64_t layer)
{
    uint32_t chosen = stay_within(layer, browser->analysis->layers.count + 1);
    if (chosen == browser->layer)
        return;
    browser->layer = chosen;
    measure_again(browser);
}

static void move(struct browser *browser, int64_t by)
{
    if (browser->overlay)
        browser->overlay_scroll = stay_within((int64_t)browser->overlay_scroll + by, 10000);
    else if (browser->pane == PANE_LAYERS)
        choose_layer(browser, (int64_t)browser->layer + by);
    else
        browser->cursor = stay_within((int64_t)browser->cursor + by, browser->list_count);
}

static void set_open(struct browser *browser, uint32_t row, bool open)
{
    if (row == TREE_NONE || !tree_is_folder(&browser->tree, row) || browser->open[row] == open)
        return;
    browser->open[row] = open;
    list_again(browser);
}

static void go_in(struct browser *browser)
{
    uint32_t row = browser_row(browser);
    if (browser->pane == PANE_LAYERS)
        browser->pane = PANE_FILES;
    else if (row != TREE_NONE && browser->open[row])
        move(browser, 1);
    else
        set_open(browser, row, true);
}

static void go_out(struct browser *browser)
{
    uint32_t row = browser_row(browser);
    if (browser->pane == PANE_LAYERS || row == TREE_NONE)
        return;
    if (browser->open[row]) {
        set_open(browser, row, false);
        return;
    }
    uint32_t parent = browser->tree.rows[row].parent;
    for (uint32_t i = 0; i < browser->list_count; i++)
        if (browser->list[i] == parent)
            browser->cursor = i;
}

static void open_all(struct browser *browser)
{
    browser->all_open = !browser->all_open;
    for (uint32_t i = 0; i < browser->tree.count; i++)
        browser->open[i] = browser->all_open && tree_is_folder(&browser->tree, i);
    list_again(browser);
}

static void sort(struct browser *browser, enum sorting sorting)
{
    browser->sorting = sorting;
    list_again(browser);
}

static void toggle_state(struct browser *browser, uint8_t state)
{
    browser->shown ^= state;
    list_again(browser);
}

static void toggle_measure(struct browser *browser, bool *setting)
{
    *setting = !*setting;
    measure_again(browser);
}

/* Note what is to be written; who has the terminal does it. */
static void want_extract(struct browser *browser)
{
    uint32_t row = browser_row(browser);
    bool file =
        browser->pane == PANE_FILES && row != TREE_NONE && !tree_is_folder(&browser->tree, row);
    browser->extract = file ? browser_version(browser, row) : TREE_NONE;
    if (browser->extract == TREE_NONE)
        browser->said = STR("only a file can be extracted: put the cursor on one");
}

static void show_overlay(struct browser *browser, enum overlay overlay)
{
    browser->overlay = browser->overlay == overlay ? OVERLAY_NONE : overlay;
    browser->overlay_scroll = 0;
}

/* A key while the filter is written. */
static void type(struct browser *browser, uint32_t key)
{
    if (key == '\r' || key == '\n' || key == 27 || key == SCREEN_CLOSED) {
        browser->typing = false;
        if (key != 27)
            return;
        browser->filter_len = 0;
    } else if (key == SCREEN_BACKSPACE || key == 127 || key == 8) {
        while (browser->filter_len && (browser->filter[--browser->filter_len] & 0xc0) == 0x80) {
        }
    } else if (key >= ' ' && key < 127 && browser->filter_len + 1 < sizeof(browser->filter)) {
        browser->filter[browser->filter_len++] = (char)key;
    } else {
        return;
    }
    browser_filter(browser);
    list_again(browser);
}

static void navigate(struct browser *browser, enum action action)
{
    int64_t far = INT32_MAX, page = browser->page ? browser->page : 1;
    switch (action) {
    case ACTION_UP: move(browser, -1); break;
    case ACTION_DOWN: move(browser, 1); break;
    case ACTION_PAGE_UP: move(browser, -page); break;
    case ACTION_PAGE_DOWN: move(browser, page); break;
    case ACTION_FIRST: move(browser, -far); break;
    case ACTION_LAST: move(browser, far); break;
    case ACTION_IN: go_in(browser); break;
    case ACTION_OUT: go_out(browser); break;
    case ACTION_PANE: browser->pane = browser->pane == PANE_FILES ? PANE_LAYERS : PANE_FILES; break;
    case ACTION_FOLD: {
        uint32_t row = browser_row(browser);
        set_open(browser, row, row != TREE_NONE && !browser->open[row]);
        break;
    }
    case ACTION_FOLD_ALL: open_all(browser); break;
    default: break;
    }
}

static void change_look(struct browser *browser, enum action action)
{
    switch (action) {
    case ACTION_SORT_NAME: sort(browser, SORT_NAME); break;
    case ACTION_SORT_SIZE: sort(browser, SORT_SIZE); break;
    case ACTION_SORT_COUNT: sort(browser, SORT_COUNT); break;
    case ACTION_SORT_NEXT: sort(browser, (browser->sorting + 1) % SORTINGS); break;
    case ACTION_BARS: browser->bars = (browser->bars + 1) % BARS_KINDS; break;
    case ACTION_PULL:
        browser->pull = !browser->pull;
        list_again(browser);
        break;
    case ACTION_OWNER: browser->owner = !browser->owner; break;
    case ACTION_WASTE: toggle_measure(browser, &browser->waste); break;
    case ACTION_LAYER_ONLY: toggle_measure(browser, &browser->layer_only); break;
    default: break;
    }
}

static void change_shown(struct browser *browser, enum action action)
{
    switch (action) {
    case ACTION_ADDED: toggle_state(browser, ROW_ADDED); break;
    case ACTION_REMOVED: toggle_state(browser, ROW_REMOVED); break;
    case ACTION_CHANGED: toggle_state(browser, ROW_CHANGED); break;
    case ACTION_SAME: toggle_state(browser, ROW_SAME); break;
    case ACTION_FIX: show_overlay(browser, OVERLAY_FIX); break;
    case ACTION_HELP: show_overlay(browser, OVERLAY_HELP); break;
    case ACTION_EXTRACT: want_extract(browser); break;
    case ACTION_FILTER: browser->typing = true; break;
    default: break;
    }
}

bool browser_key(struct browser *browser, uint32_t key)
{
    if (key != SCREEN_RESIZE)
        browser->said = STR("");
    if (browser->typing && key != SCREEN_RESIZE) {
        type(browser, key);
        return key != SCREEN_CLOSED && key != 3;
    }
    enum action action = key_action(&browser->keys, key);
    bool moves = action >= ACTION_UP && action <= ACTION_PAGE_DOWN;
    if (browser->overlay && !moves && key != SCREEN_RESIZE && action != ACTION_FIX &&
        action != ACTION_HELP && key != 3 && key != SCREEN_CLOSED) {
        browser->overlay = OVERLAY_NONE; /* any other key leaves it, 'q' too */
        return true;
    }
    if (key == 27 && browser->filter_len) {
        browser->filter_len = 0;
        browser_filter(browser);
        list_again(browser);
    }
    if (browser->overlay && (action == ACTION_IN || action == ACTION_OUT))
        return true;
    navigate(browser, action);
    change_look(browser, action);
    change_shown(browser, action);
    return action != ACTION_QUIT;
}
