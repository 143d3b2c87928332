#include "tests/unit/unit.h"

#include "context/context.h"

/* One row, one sentence of the builder's reference; `want` is what happens to the path. */
static const struct {
    const char *says, *text, *path;
    bool dropped;
    unsigned line;
} cases[] = {
    {"a name matches at the root", "dist", "dist", true, 1},
    {"a name is not a prefix", "dist", "distant", false, 0},
    {"a name is anchored at the root", "node_modules", "web/node_modules", false, 0},
    {"a directory drops what is in it", "dist", "dist/app.js", true, 1},
    {"a trailing slash means nothing", "dist/", "dist", true, 1},
    {"a leading slash means nothing", "/dist", "dist/a", true, 1},
    {"a path is cleaned", "./a//b/../c/", "a/c", true, 1},
    {"** spans directories", "**/*.pem", "a/b/key.pem", true, 1},
    {"** spans no directory too", "**/*.pem", "key.pem", true, 1},
    {"**name is a suffix", "**foo", "barfoo", true, 1},
    {"**/name is a whole component", "**/foo", "barfoo", false, 0},
    {"dir/** is below dir", "dir/**", "dir/a/b", true, 1},
    {"dir/** is not dir", "dir/**", "dir", false, 0},
    {"a/**/b needs no folder between", "a/**/b", "a/b", true, 1},
    {"a/**/b takes many folders", "a/**/b", "a/x/y/b", true, 1},
    {"* stops at a slash", "*.pem", "a/key.pem", false, 0},
    {"* includes hidden files", "*", ".env", true, 1},
    {"? is one character, not a byte", "?.txt", "\xc3\xa9.txt", true, 1},
    {"? is no slash", "a?b", "a/b", false, 0},
    {"brackets are classes", "[a-c]x", "bx", true, 1},
    {"^ negates a class", "[^a-c]x", "bx", false, 0},
    {"! does not negate a class", "[!a]x", "bx", false, 0},
    {"a backslash escapes", "a\\*b", "a*b", true, 1},
    {"a dot is a dot", "a.b", "axb", false, 0},
    {"the last match decides", "*.md\n!API.md", "API.md", false, 2},
    {"order matters", "!API.md\n*.md", "API.md", true, 2},
    {"an exception reaches into a dropped directory", "docs\n!docs/a.md", "docs/a.md", false, 2},
    {"an exception of a directory returns what is below", "*\n!src", "src/a/b.c", false, 2},
    {"an exception may have blanks behind the !", "*\n!  src", "src/a", false, 2},
    {"comments and blanks count for nothing", "# x\n\nlogs", "logs", true, 3},
    {"an indented # is a pattern", " #x", "#x", true, 1},
    {"blanks around a pattern go", "  dist\t", "dist", true, 1},
    {"CRLF line ends go", "dist\r\nlogs\r\n", "logs", true, 2},
    {"a byte order mark goes",
     "\xef\xbb\xbf"
     "dist",
     "dist", true, 1},
    {"case matters", "Dist", "dist", false, 0},
    {"a pattern of the parent of the context matches nothing", "../x", "x", false, 0},
};

static void ignore_follows_the_reference(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct ignore *ignore;
        struct err err = {0};
        assert_true(ignore_compile(*state, str_from(cases[i].text), &ignore, &err));
        struct ignore_verdict verdict = ignore_match(ignore, str_from(cases[i].path));
        unit_row(&rows, cases[i].says,
                 verdict.dropped == cases[i].dropped && verdict.line == cases[i].line);
    }
    assert_rows(rows);
}

static void a_malformed_pattern_is_an_error(void **state)
{
    static const char *const bad[] = {"!", "!/", "a[", "[]", "[]a]", "[a-]", "a\\", "[z-a]", "! "};
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        struct ignore *ignore;
        struct err err = {0};
        str text = str_fmt(*state, "ok\n%s\n", bad[i]);
        bool refused = !ignore_compile(*state, text, &ignore, &err) && err.code == ERR_FORMAT &&
                       str_has(str_from(err.line[0]), STR("line 2"));
        size_t count;
        const struct ignore_pattern *marked =
            ignore_patterns(ignore_compile_lenient(*state, text), &count);
        unit_row(&rows, bad[i], refused && count == 2 && marked[1].bad && !marked[0].bad);
    }
    assert_rows(rows);
}

static void patterns_know_where_they_stand(void **state)
{
    str text = STR("# c\n  !./a/  \n");
    size_t count;
    const struct ignore_pattern *pattern =
        ignore_patterns(ignore_compile_lenient(*state, text), &count);
    assert_int_equal(count, 1);
    assert_true(str_eq(pattern->raw, STR("!./a/")));
    assert_true(str_eq(pattern->cleaned, STR("a")));
    assert_true(str_eq(str_slice(text, pattern->at.start, pattern->at.end), STR("!./a/")));
    assert_true(pattern->negated && pattern->line == 2);
}

static void copy_sources_are_globs(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *path;
        bool hit;
    } globs[] = {
        {"*.c", "a.c", true},
        {"*.c", "a/b.c", false},
        {"a*b*c", "aXbXbc", true},
        {"a*b*c", "aXbX", false},
        {"?", "\xc3\xa9", true},
        {"[a-c]?", "bz", true},
        {"[^a]", "a", false},
        {"src/*/x", "src/a/x", true},
        {"src/*/x", "src/a/b/x", false},
        {"\\*", "*", true},
        {"[", "[", false},
        {"package*.json", "package.json", true},
        {"", "", true},
        {"*", "", true},
        {"**", "a/b", false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(globs); i++)
        unit_row(&rows, globs[i].glob,
                 glob_match(str_from(globs[i].glob), str_from(globs[i].path)) == globs[i].hit);
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(ignore_follows_the_reference),
        UNIT_TEST(a_malformed_pattern_is_an_error),
        UNIT_TEST(patterns_know_where_they_stand),
        UNIT_TEST(copy_sources_are_globs),
    };
    return cmocka_run_group_tests_name("context/ignore", tests, NULL, NULL);
}
