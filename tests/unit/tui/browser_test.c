#include "tui/browser.h"

#include "tests/unit/unit.h"
#include "tui/screen.h"

#include <time.h>

/* What keys do to what is looked at, without a terminal. */

struct made {
    const char *path;
    uint32_t kind;
    uint64_t size;
};

/* In the order of layer_path_order(). */
static const struct made lower[] = {
    {"a", LAYER_DIRECTORY, 0}, {"a/big", LAYER_FILE, 100}, {"a/one", LAYER_FILE, 1},
    {"b", LAYER_DIRECTORY, 0}, {"b/gone", LAYER_FILE, 30}, {"b/same", LAYER_FILE, 5},
};
static const struct made upper[] = {
    {"a", LAYER_DIRECTORY, 0},
    {"a/big", LAYER_FILE, 60},
    {"b/gone", LAYER_WHITEOUT, 0},
    {"c/new", LAYER_FILE, 7},
};

static void add_entry(struct arena *arena, struct layer_entry *entry, str *heap, str path)
{
    entry->path_at = (uint32_t)heap->len;
    entry->path_len = (uint32_t)path.len;
    entry->target = LAYER_NOWHERE;
    *heap = str_cat(arena, *heap, path);
}

static struct layer_result layer_of(struct arena *arena, const struct made *made, uint32_t count)
{
    struct layer_entry *entries = NEW_ARRAY(arena, struct layer_entry, count);
    uint64_t *shares = NEW_ARRAY(arena, uint64_t, count);
    str heap = STR("");
    for (uint32_t i = 0; i < count; i++) {
        entries[i] = (struct layer_entry){
            .size = made[i].size, .content = {made[i].size, i}, .order = i, .kind = made[i].kind};
        add_entry(arena, &entries[i], &heap, str_from(made[i].path));
        shares[i] = made[i].size / 2;
    }
    return (struct layer_result){.report = {.entries = entries, .count = count, .heap = heap},
                                 .pull = {.shares = shares, .count = count}};
}

static struct browser browser_of(struct arena *arena, const struct layer_result *layers,
                                 uint32_t count)
{
    struct image_view *view = NEW(arena, struct image_view);
    struct analysis *analysis = NEW(arena, struct analysis);
    struct package_list *packages = NEW(arena, struct package_list);
    *view = view_fold(arena, layers, count);
    analysis->view = view;
    for (uint32_t i = 0; i < count; i++)
        vec_push(arena, &analysis->layers, ((struct layer_row){.size = 1}));
    return browser_new(arena, &(struct tui){.analysis = analysis, .packages = packages});
}

static struct browser small(struct arena *arena)
{
    struct layer_result *layers = NEW_ARRAY(arena, struct layer_result, 2);
    layers[0] = layer_of(arena, lower, ARRAY_COUNT(lower));
    layers[1] = layer_of(arena, upper, ARRAY_COUNT(upper));
    return browser_of(arena, layers, 2);
}

/* The list as text: "a 61 | b 5": each row with its weight and its state. */
static str shown(struct arena *arena, const struct browser *browser)
{
    static const char states[] = {'.', '=', '+', 0, '*', 0, 0, 0, '-'};
    str text = STR("");
    for (uint32_t i = 0; i < browser->list_count; i++) {
        uint32_t row = browser->list[i];
        text = str_fmt(arena, "%.*s%s%c%.*s %" PRIu64, STR_ARG(text), i ? " | " : "",
                       states[browser->state[row]], STR_ARG(browser->tree.rows[row].path),
                       browser_weight(browser, row));
    }
    return text;
}

static const struct {
    const char *says, *keys, *shown;
} rows[] = {
    {"folders by size", "", "=a 61 | .c 7 | =b 5"},
    {"by name", "n", "=a 61 | =b 5 | .c 7"},
    {"by files", "C", "=a 61 | =b 5 | .c 7"},
    {"size again", "ns", "=a 61 | .c 7 | =b 5"},
    {"by pull bytes", "p", "=a 30 | .c 3 | =b 2"},
    {"into a folder", "l", "=a 61 | =a/big 60 | =a/one 1 | .c 7 | =b 5"},
    {"and out of it", "lljh h", "=a 61 | .c 7 | =b 5"},
    {"space opens", " ", "=a 61 | =a/big 60 | =a/one 1 | .c 7 | =b 5"},
    {"and closes", "  ", "=a 61 | .c 7 | =b 5"},
    {"all open", "z",
     "=a 61 | =a/big 60 | =a/one 1 | .c 7 | =c/new 7 | =b 5 | =b/same 5 | -b/gone 0"},
    {"and closed", "zz", "=a 61 | .c 7 | =b 5"},
    {"only what is hidden", "wz", "=a 100 | =a/big 100 | =b 30 | -b/gone 30"},
    {"what the first layer added", "z\tj",
     "+a 101 | +a/big 100 | +a/one 1 | +b 35 | +b/gone 30 | +b/same 5"},
    {"what the second changed", "z\tjj",
     "=a 61 | *a/big 60 | =a/one 1 | .c 7 | +c/new 7 | =b 5 | =b/same 5 | -b/gone 0"},
    {"without the unchanged", "z\tjj\x15",
     "=a 61 | *a/big 60 | .c 7 | +c/new 7 | =b 5 | -b/gone 0"},
    {"only the added", "z\tjj\x15m\x12", ".c 7 | +c/new 7"},
    {"only the removed", "z\tjj\x15m\x01", "=b 5 | -b/gone 0"},
    {"bytes of the layer alone", "\tjj\x0c", "=a 60 | .c 7 | =b 0"},
    {"what the second hides", "z\tjjw", "=a 100 | *a/big 100 | =b 30 | -b/gone 30"},
    {"what the first hides", "z\tjw", ""},
    {"a filter opens what it finds", "/NE",
     "=a 61 | =a/one 1 | .c 7 | =c/new 7 | =b 5 | -b/gone 0"},
    {"a backspace takes back", "/newx\x7f", ".c 7 | =c/new 7"},
    {"escape ends it", "/new\x1b", "=a 61 | .c 7 | =b 5"},
    {"keys are text in it", "/q", ""},
    {"enter keeps it", "/new\rn", ".c 7 | =c/new 7"},
    {"no layer is beyond the last", "\tjjjjjjjk\tz",
     "+a 101 | +a/big 100 | +a/one 1 | +b 35 | +b/gone 30 | +b/same 5"},
    {"help leaves all as it is", "?jjq", "=a 61 | .c 7 | =b 5"},
};

static void keys_change_what_is_shown(void **state)
{
    struct unit_rows wrong = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct browser browser = small(*state);
        bool goes_on = true;
        for (const char *key = rows[i].keys; *key; key++)
            goes_on = goes_on && browser_key(&browser, (unsigned char)*key);
        unit_row(&wrong, rows[i].says, goes_on);
        unit_row_str(&wrong, rows[i].says, shown(*state, &browser), str_from(rows[i].shown));
    }
    assert_rows(wrong);
}

/* Which version ctrl-e takes: its size; 0 for none. */
static const struct {
    const char *says, *keys;
    uint64_t size;
} extracts[] = {
    {"the live one", "lj\x05", 60},
    {"not of a folder", "l\x05", 0},
    {"what the layer wrote", "\tj\tlj\x05", 100},
    {"nor from the other pane", "lj\t\x05", 0},
    {"what stands there with the layer", "\tjj\tljj\x05", 1},
    {"what the layer takes away", "\tjj\tz/gone\rG\x05", 30},
    {"the last of what is gone", "nwjlj\x05", 30},
};

static void a_file_is_extracted(void **state)
{
    struct unit_rows wrong = {0};
    for (size_t i = 0; i < ARRAY_COUNT(extracts); i++) {
        struct browser browser = small(*state);
        for (const char *key = extracts[i].keys; *key; key++)
            unit_row(&wrong, extracts[i].says, browser_key(&browser, (unsigned char)*key));
        const struct image_view *view = browser.analysis->view;
        bool none = browser.extract == TREE_NONE;
        uint64_t size = none ? 0 : view_entry(view, &view->files[browser.extract])->size;
        unit_row(&wrong, extracts[i].says, size == extracts[i].size && none == !!browser.said.len);
    }
    assert_rows(wrong);
}

static void q_ends(void **state)
{
    struct browser browser = small(*state);
    assert_true(browser_key(&browser, 'j'));
    assert_false(browser_key(&browser, 'q'));
    assert_false(browser_key(&browser, 3));
    assert_false(browser_key(&browser, SCREEN_CLOSED));
}

static void the_cursor_stays_on_its_row(void **state)
{
    struct browser browser = small(*state);
    assert_true(browser_key(&browser, 'G'));
    str path = browser.tree.rows[browser_row(&browser)].path;
    assert_true(str_eq(path, STR("b")));
    assert_true(browser_key(&browser, 'n'));
    assert_true(str_eq(browser.tree.rows[browser_row(&browser)].path, path));
    assert_true(browser_key(&browser, 'z'));
    assert_true(str_eq(browser.tree.rows[browser_row(&browser)].path, path));
}

/* 1,000 folders of 100 files in the first layer, each third file again in the second. */
enum { FOLDERS = 1000, FILES = 100 };
static struct layer_result large_layer(struct arena *arena, uint32_t step)
{
    uint32_t count = 0, room = FOLDERS * FILES;
    struct layer_entry *entries = NEW_ARRAY(arena, struct layer_entry, room);
    struct buf heap = buf_init(arena, (size_t)1 << 26);
    for (uint32_t i = 0; i < room; i += step) {
        struct layer_entry *entry = &entries[count];
        *entry =
            (struct layer_entry){.size = i % 977 + step, .content = {i, step}, .order = count++};
        entry->kind = LAYER_FILE;
        entry->target = LAYER_NOWHERE;
        entry->path_at = (uint32_t)heap.len;
        buf_fmt(&heap, "usr/folder%04" PRIu32 "/file%03" PRIu32, i / FILES, i % FILES);
        entry->path_len = (uint32_t)heap.len - entry->path_at;
    }
    return (struct layer_result){
        .report = {.entries = entries, .count = count, .heap = buf_str(&heap)}};
}

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void no_key_takes_50_ms_on_100000_files(void **state)
{
    struct layer_result *layers = NEW_ARRAY(*state, struct layer_result, 2);
    layers[0] = large_layer(*state, 1);
    layers[1] = large_layer(*state, 3);
    struct browser browser = browser_of(*state, layers, 2);
    assert_int_equal(browser.tree.count, FOLDERS * FILES + FOLDERS + 2);
    const char keys[] = "zsnCsjjjkkpwwogg\tjjkj\x0c\x0c\tG hG\x15\x15/file09\rz\x1bzllljjhh";
    uint64_t worst = 0;
    for (size_t i = 0; i < sizeof(keys) - 1; i++) {
        uint64_t began = now_us();
        assert_true(browser_key(&browser, (unsigned char)keys[i]));
        uint64_t took = now_us() - began;
        worst = took > worst ? took : worst;
    }
    print_message("the slowest key: %" PRIu64 " us\n", worst);
#ifndef PLIMSOLL_POISON /* sanitizers take their time */
    assert_in_range(worst, 0, 50000);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(keys_change_what_is_shown),
        UNIT_TEST(a_file_is_extracted),
        UNIT_TEST(q_ends),
        UNIT_TEST(the_cursor_stays_on_its_row),
        UNIT_TEST(no_key_takes_50_ms_on_100000_files),
    };
    return cmocka_run_group_tests_name("tui/browser", tests, NULL, NULL);
}
