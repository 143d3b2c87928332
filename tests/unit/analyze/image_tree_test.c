#include "analyze/image_tree.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#include <string.h>

/* Folders over a view of two layers, made by hand; each sum is compared with one by brute force. */

struct made {
    const char *path;
    uint32_t kind;
    uint64_t size;
};

/* In the order of layer_path_order(): '/' stands before every other byte. */
static const struct made lower[] = {
    {"", LAYER_DIRECTORY, 0},
    {"a", LAYER_DIRECTORY, 0},
    {"a/b/c/deep", LAYER_FILE, 100},
    {"a/x", LAYER_FILE, 20},
    {"a-b", LAYER_FILE, 3},
    {"gone/one", LAYER_FILE, 1000},
    {"gone/two/three", LAYER_FILE, 5000},
    {"z", LAYER_FILE, 7},
};
static const struct made upper[] = {
    {"a/x", LAYER_FILE, 21},
    {"gone", LAYER_WHITEOUT, 0},
    {"z", LAYER_DIRECTORY, 0},
    {"z/y", LAYER_FILE, 50000},
};

static struct layer_result layer_of(struct arena *arena, const struct made *made, uint32_t count)
{
    struct layer_entry *entries = NEW_ARRAY(arena, struct layer_entry, count);
    uint64_t *shares = NEW_ARRAY(arena, uint64_t, count);
    struct buf heap = buf_init(arena, 64 << 20);
    for (uint32_t i = 0; i < count; i++) {
        str path = str_from(made[i].path);
        entries[i] = (struct layer_entry){.size = made[i].size,
                                          .content = {made[i].size, i},
                                          .path_at = (uint32_t)heap.len,
                                          .path_len = (uint32_t)path.len,
                                          .order = i,
                                          .target = LAYER_NOWHERE,
                                          .kind = made[i].kind};
        shares[i] = made[i].size / 2;
        buf_add(&heap, path);
    }
    return (struct layer_result){
        .report = {.entries = entries, .count = count, .heap = buf_str(&heap)},
        .pull = {.shares = shares, .count = count},
    };
}

static struct tree make(struct arena *arena)
{
    struct layer_result *layers = NEW_ARRAY(arena, struct layer_result, 2);
    struct image_view *view = NEW(arena, struct image_view);
    layers[0] = layer_of(arena, lower, ARRAY_COUNT(lower));
    layers[1] = layer_of(arena, upper, ARRAY_COUNT(upper));
    *view = view_fold(arena, layers, 2);
    return tree_build(arena, view);
}

static const struct {
    const char *path;
    uint64_t live, hidden;
    uint32_t files, hidden_files, versions;
    bool folder;
} rows[] = {
    {"", 50124, 6027, 4, 4, 1, true},
    {"a", 121, 20, 2, 1, 1, true},
    {"a/b", 100, 0, 1, 0, 0, true},
    {"a/b/c", 100, 0, 1, 0, 0, true},
    {"a/b/c/deep", 100, 0, 1, 0, 1, false},
    {"a/x", 21, 20, 1, 1, 2, false},
    {"a-b", 3, 0, 1, 0, 1, false},
    {"gone", 0, 6000, 0, 2, 0, true},
    {"gone/one", 0, 1000, 0, 1, 1, false},
    {"gone/two", 0, 5000, 0, 1, 0, true},
    {"gone/two/three", 0, 5000, 0, 1, 1, false},
    {"z", 50000, 7, 1, 1, 2, true},
    {"z/y", 50000, 0, 1, 0, 1, false},
};

static void a_row_says_what_is_below_it(void **state)
{
    struct tree tree = make(*state);
    struct unit_rows wrong = {0};
    assert_int_equal(tree.count, ARRAY_COUNT(rows));
    for (uint32_t i = 0; i < tree.count; i++) {
        struct tree_sum sum = tree_sum(&tree, i);
        unit_row_str(&wrong, "rows stand in the order of paths", tree.rows[i].path,
                     str_from(rows[i].path));
        unit_row(&wrong, rows[i].path,
                 sum.live == rows[i].live && sum.hidden == rows[i].hidden &&
                     sum.files == rows[i].files && sum.hidden_files == rows[i].hidden_files &&
                     tree.rows[i].version_count == rows[i].versions &&
                     tree_is_folder(&tree, i) == rows[i].folder &&
                     tree_find(&tree, str_from(rows[i].path)) == i);
    }
    assert_rows(wrong);
    assert_int_equal(tree_find(&tree, STR("gone/")), TREE_NONE);
    assert_int_equal(tree_find(&tree, STR("zz")), TREE_NONE);
}

/* All sums follow from what each row has by itself, and from who stands below whom. */
static void sums_are_those_of_the_rows_below(void **state)
{
    struct tree tree = make(*state);
    for (uint32_t i = 0; i < tree.count; i++) {
        struct tree_sum own = tree_own(&tree, i), sum = tree_sum(&tree, i);
        TREE_EACH(child, &tree, i) {
            struct tree_sum part = tree_sum(&tree, child);
            assert_int_equal(tree.rows[child].parent, i);
            assert_int_equal(tree.rows[child].depth, tree.rows[i].depth + 1);
            own.live += part.live;
            own.live_pull += part.live_pull;
            own.hidden += part.hidden;
            own.hidden_pull += part.hidden_pull;
            own.files += part.files;
            own.hidden_files += part.hidden_files;
        }
        assert_memory_equal(&own, &sum, sizeof(own));
    }
}

static void children_are_sorted(void **state)
{
    struct tree tree = make(*state);
    static const struct {
        enum tree_order order;
        const char *names;
    } orders[] = {
        {TREE_BY_NAME, "a a-b gone z "},   {TREE_BY_LIVE, "z a a-b gone "},
        {TREE_BY_HIDDEN, "gone a z a-b "}, {TREE_BY_PULL, "z gone a a-b "},
        {TREE_BY_FILES, "a a-b z gone "},
    };
    struct unit_rows wrong = {0};
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
        uint32_t count;
        uint32_t *children = tree_children(*state, &tree, 0, orders[i].order, &count);
        str names = STR("");
        for (uint32_t k = 0; k < count; k++)
            names = str_fmt(*state, "%.*s%.*s ", STR_ARG(names),
                            STR_ARG(tree_name(&tree, children[k])));
        unit_row_str(&wrong, "order", names, str_from(orders[i].names));
    }
    assert_rows(wrong);
}

static void what_is_live_is_the_newest_that_shows(void **state)
{
    struct tree tree = make(*state);
    const struct image_view *view = tree.view;
    uint32_t both = tree_live_version(&tree, tree_find(&tree, STR("a/x")));
    assert_int_equal(view->files[both].layer, 1);
    assert_int_equal(tree_live_version(&tree, tree_find(&tree, STR("gone/one"))), TREE_NONE);
    assert_int_equal(tree_live_version(&tree, tree_find(&tree, STR("a/b"))), TREE_NONE);
}

static void an_image_without_files_has_a_root(void **state)
{
    struct image_view view = {0};
    struct tree tree = tree_build(*state, &view);
    uint32_t count;
    assert_int_equal(tree.count, 1);
    assert_int_equal(tree.rows[0].end, 1);
    assert_int_equal(tree_sum(&tree, 0).files, 0);
    tree_children(*state, &tree, 0, TREE_BY_LIVE, &count);
    assert_int_equal(count, 0);
    assert_true(tree_is_folder(&tree, 0));
}

/* 700 paths of 2,000 folders each would be 1.4 million rows. */
static void deep_paths_do_not_multiply(void **state)
{
    enum { PATHS = 700, DEPTH = 2000 };
    struct made *made = NEW_ARRAY(*state, struct made, PATHS);
    struct layer_result *layer = NEW(*state, struct layer_result);
    for (uint32_t i = 0; i < PATHS; i++) {
        char *path = NEW_ARRAY(*state, char, 2 * DEPTH + 8);
        snprintf(path, 8, "%05u", i);
        for (uint32_t k = 0; k < DEPTH; k++)
            memcpy(path + 5 + 2 * (size_t)k, "/a", 2);
        made[i] = (struct made){path, LAYER_FILE, 1};
    }
    *layer = layer_of(*state, made, PATHS);
    struct image_view view = view_fold(*state, layer, 1);
    struct tree tree = tree_build(*state, &view);
    assert_in_range(tree.count, 1 << 20, (1 << 20) + PATHS + 1);
    assert_int_equal(tree_sum(&tree, 0).live, PATHS);
    for (uint32_t i = 0; i < PATHS; i++)
        assert_int_not_equal(tree_find(&tree, str_from(made[i].path)), TREE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_row_says_what_is_below_it),
        UNIT_TEST(sums_are_those_of_the_rows_below),
        UNIT_TEST(children_are_sorted),
        UNIT_TEST(what_is_live_is_the_newest_that_shows),
        UNIT_TEST(an_image_without_files_has_a_root),
        UNIT_TEST(deep_paths_do_not_multiply),
    };
    return cmocka_run_group_tests_name("analyze/image_tree", tests, NULL, NULL);
}
