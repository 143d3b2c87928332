#include "tests/unit/unit.h"

#include "context/context.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A real folder to walk:  a/b/c.txt (3)  a/d.txt (5)  loop -> .  skip/x.bin (7)  skip/keep (2) */
static int made_tree(char *path)
{
    assert_non_null(mkdtemp(path));
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    static const char *const folders[] = {"a", "a/b", "skip"};
    static const struct {
        const char *path, *text;
    } files[] = {
        {"a/b/c.txt", "abc"}, {"a/d.txt", "12345"}, {"skip/x.bin", "1234567"}, {"skip/keep", "ok"}};
    for (size_t i = 0; i < ARRAY_COUNT(folders); i++)
        assert_int_equal(mkdirat(root, folders[i], 0755), 0);
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        int fd = openat(root, files[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        size_t len = strlen(files[i].text);
        assert_true(fd >= 0 && write(fd, files[i].text, len) == (ssize_t)len);
        close(fd);
    }
    assert_int_equal(symlinkat(".", root, "loop"), 0);
    return root;
}

static void remove_tree(int root, const char *path)
{
    static const char *const files[] = {"a/b/c.txt", "a/d.txt", "skip/x.bin", "skip/keep", "loop"};
    static const char *const folders[] = {"a/b", "a", "skip"};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++)
        unlinkat(root, files[i], 0);
    for (size_t i = 0; i < ARRAY_COUNT(folders); i++)
        unlinkat(root, folders[i], AT_REMOVEDIR);
    close(root);
    rmdir(path);
}

static str paths_of(struct arena *arena, const struct context_tree *tree)
{
    str all = STR("");
    for (uint32_t i = 0; i < tree->count; i++)
        all = str_fmt(arena, "%.*s%.*s%s ", STR_ARG(all), STR_ARG(tree->entries[i].path),
                      tree->entries[i].dropped ? "-" : "");
    return all;
}

static void a_walk_lists_all_and_follows_nothing(void **state)
{
    char path[] = "/tmp/plimsoll-walk-XXXXXX";
    int root = made_tree(path);
    struct unit_rows rows = {0};
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct context_tree *tree;
        struct err err = {0};
        struct context_options options = {.threads = threads};
        struct ignore *ignore = ignore_compile_lenient(*state, STR("skip\n!skip/keep"));
        assert_true(context_walk(*state, root, ignore, &options, &tree, &err));
        unit_row_str(&rows, "entries are depth first, in byte order", paths_of(*state, tree),
                     STR("a a/b a/b/c.txt a/d.txt loop skip- skip/keep skip/x.bin- "));
        unit_row(&rows, "a link is an entry without bytes",
                 context_find(tree, STR("loop"))->type == ENTRY_LINK);
        unit_row(&rows, "sent bytes are counted", tree->bytes == 10 && tree->files == 4);
        unit_row(&rows, "and so are those left out",
                 tree->dropped_bytes == 7 && tree->dropped_files == 1);
        unit_row(&rows, "a folder knows what is below it",
                 context_find(tree, STR("a"))->end == 4 && tree->entries[2].parent == 1);
    }
    remove_tree(root, path);
    assert_rows(rows);
}

static void dropped_folders_are_counted_in_full(void **state)
{
    char path[] = "/tmp/plimsoll-walk-XXXXXX";
    int root = made_tree(path);
    struct context_tree *tree;
    struct err err = {0};
    struct ignore *ignore = ignore_compile_lenient(*state, STR("a\n*.x"));
    assert_true(context_walk(*state, root, ignore, NULL, &tree, &err));
    assert_int_equal(tree->dropped_bytes, 8);
    assert_int_equal(tree->dropped_files, 2);
    assert_int_equal(context_find(tree, STR("a/b/c.txt"))->line, 1);
    struct context_options few = {.entries_max = 2};
    assert_true(context_walk(*state, root, NULL, &few, &tree, &err));
    assert_true(tree->truncated);
    remove_tree(root, path);
}

static void a_tree_of_names_has_its_folders(void **state)
{
    str paths[] = {STR("b/c/d"), STR("a-b"), STR("a/x"), STR("e/")};
    const struct context_tree *tree = context_tree_of(*state, paths, 4, NULL);
    assert_true(str_eq(paths_of(*state, tree), STR("a a/x a-b b b/c b/c/d e ")));
    assert_int_equal(context_find(tree, STR("b"))->end, 6);
    assert_int_equal(context_find(tree, STR("./b/c/"))->parent, 3);
    assert_null(context_find(tree, STR("nope")));
    assert_null(context_find(tree, STR(".")));
}

static void copy_sources_find_entries(void **state)
{
    str paths[] = {STR("package.json"), STR("package-lock.json"), STR("src/a.c"), STR("src/b.c")};
    const struct context_tree *tree = context_tree_of(*state, paths, 4, NULL);
    static const struct {
        const char *source;
        uint32_t from, want;
    } cases[] = {
        {"package*.json", 0, 0},
        {"package*.json", 1, 1},
        {"package*.json", 2, NO_ENTRY},
        {"src/*.c", 0, 3},
        {"src/*.c", 4, 4},
        {"./src/", 0, 2},
        {"/src/a.c", 0, 3},
        {".", 0, 0},
        {".", 3, NO_ENTRY},
        {"missing", 0, NO_ENTRY},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row(&rows, cases[i].source,
                 context_match(tree, str_from(cases[i].source), cases[i].from) == cases[i].want);
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_walk_lists_all_and_follows_nothing),
        UNIT_TEST(dropped_folders_are_counted_in_full),
        UNIT_TEST(a_tree_of_names_has_its_folders),
        UNIT_TEST(copy_sources_find_entries),
    };
    return cmocka_run_group_tests_name("context/walk", tests, NULL, NULL);
}
