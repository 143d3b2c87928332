#include "tests/unit/data/data_unit.h"

#include "base/limits.h"
#include "text/edit.h"

#include <string.h>

static const struct yaml *parsed(struct arena *arena, str text)
{
    return yaml_parse(arena, source_new(arena, STR("x.yaml"), text));
}

static void yaml_is_read(void **state)
{
    static const struct {
        const char *says, *text, *want; /* want: documents, joined by " --- "; "! ..." problem */
    } cases[] = {
        {"nothing", "", ""},
        {"a comment", "# x\n", ""},
        {"a map", "a: 1\nb: x\nc: true\nd:\n", "{a: 1, b: \"x\", c: true, d: null}"},
        {"a list", "- 1\n- x y\n-\n", "[1, \"x y\", null]"},
        {"nested", "a:\n  - b: 1\n    c: 2\n  - d\n", "{a: [{b: 1, c: 2}, \"d\"]}"},
        {"a list at the key's own column", "a:\n- b\n- c\nd: 1\n", "{a: [\"b\", \"c\"], d: 1}"},
        {"flow", "a: {b: [1, 2], c: {}}\n", "{a: {b: [1, 2], c: {}}}"},
        {"flow over lines", "a: [\n  x,\n  y\n]\nb: {\n  c: 1,\n}\n",
         "{a: [\"x\", \"y\"], b: {c: 1}}"},
        {"flow that ends at its key", "a:\n  b: [\n      x,\n  ]\n  c: 1\n",
         "{a: {b: [\"x\"], c: 1}}"},
        {"flow that ends before its key", "a:\n    b: [\n  x\n  ]\n    c: 1\n",
         "{a: {b: [\"x\"], c: 1}}"},
        {"quotes", "a: 'it''s'\nb: \"x\\ty\"\nc: '1'\n", "{a: \"it's\", b: \"x\ty\", c: \"1\"}"},
        {"literal and folded", "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{a: \"x\ny\n\", b: \"x y\"}"},
        {"an alias", "a: &x {b: 1}\nc: *x\n", "{a: &{b: 1}, c: *{b: 1}}"},
        {"documents", "a: 1\n---\nb: 2\n...\n---\nc\n", "{a: 1} --- {b: 2} --- \"c\""},
        {"a key twice", "a: 1\na: 2\n", "{a: 1, a: 2}"},
        {"the tag of a string, and others", "a: !!str 1\nb: !x {c: 1}\n", "{a: \"1\", b: {c: 1}}"},
        {"CR LF", "a: 1\r\nb:\r\n  - c\r\n", "{a: 1, b: [\"c\"]}"},
        {"a BOM",
         "\xEF\xBB\xBF"
         "a: 1\n",
         "{a: 1}"},
        {"the documents before a bad one", "a: 1\n---\nb: [\n", "! {a: 1}"},
        {"a tab as indentation", "a:\n\tb: 1\n", "! "},
        {"an alias of nothing", "a: *x\n", "! "},
        {"an unterminated quote", "a: 'x\n", "! "},
        {"an unterminated list", "a: [1, 2\n", "! "},
        {"bytes that are not UTF-8", "a: \xff\n", "! "},
        {"a control character", "a: \x01\n", "! "},
        {"an alias of itself", "a: &x [*x]\n", "! "},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct yaml *yaml = parsed(*state, str_from(cases[i].text));
        str got = yaml->ok ? STR("") : STR("! ");
        VEC_EACH(struct node *, root, yaml->documents)
            got = str_fmt(*state, "%.*s%s%.*s", STR_ARG(got),
                          root == yaml->documents.at ? "" : " --- ",
                          STR_ARG(tree_told(*state, *root)));
        str want = str_from(cases[i].want);
        if (str_eq(want, STR("! ")))
            unit_row(&rows, cases[i].says, !yaml->ok && yaml->problem.len);
        else
            unit_row_str(&rows, cases[i].says, got, want);
    }
    assert_rows(rows);
}

static void places(void **state)
{
    static const char text[] =
        "# head\na: 'x''y' # c\nb:\n  - \"q\"\n  - {c: 1, d: [2]}\ne: |\n  l1\n"
        "  l2\nf: *\n";
    static const char good[] =
        "# head\na: 'x''y' # c\nb:\n  - \"q\"\n  - {c: 1, d: [2]}\ne: |\n  l1\n"
        "  l2\nf: &g pl ain\nh: *g\n";
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"a", "'x''y'"},  {"b.0", "\"q\""}, {"b.1", "{c: 1, d: [2]}"},
        {"b.1.d", "[2]"}, {"b.1.d.0", "2"}, {"e", "|\n  l1\n  l2"},
        {"f", "pl ain"},  {"h", "*g"},      {"b", "- \"q\"\n  - {c: 1, d: [2]}"},
    };
    assert_false(parsed(*state, str_from(text))->ok);
    const struct yaml *yaml = parsed(*state, str_from(good));
    assert_true(yaml->ok);
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct node *node = tree_at(yaml->documents.at[0], cases[i].path);
        unit_row_str(&rows, cases[i].path, node ? source_text(yaml->source, node->at) : STR("none"),
                     str_from(cases[i].want));
    }
    assert_rows(rows);
}

static void questions(void **state)
{
    const struct yaml *yaml = parsed(
        *state, STR("base: &b {x: 1, y: 2}\nm:\n  <<: *b\n  y: 3\nt: [yes, True, on, no, Off,"
                    " 'yes', 0x1f, -7, 1e3, x]\ns:\n  p: {q: deep}\n"));
    assert_true(yaml->ok);
    const struct node *root = yaml->documents.at[0], *t = node_get(root, "t");
    struct unit_rows rows = {0};
    int64_t number = 0;
    unit_row_str(&rows, "merged", node_str(node_path(root, "m.x")), STR("1"));
    unit_row_str(&rows, "own before merged", node_str(node_path(root, "m.y")), STR("3"));
    unit_row(&rows, "own pairs only",
             !node_own_pair(node_get(root, "m"), "x") && node_own_pair(node_get(root, "m"), "y"));
    unit_row_str(&rows, "a path", node_str(node_path(root, "s.p.q")), STR("deep"));
    unit_row(&rows, "a path to nothing", !node_path(root, "s.x.q") && !node_path(NULL, "a"));
    unit_row(&rows, "true",
             node_is_true(t->items.at[0]) && node_is_true(t->items.at[1]) &&
                 node_is_true(t->items.at[2]));
    unit_row(&rows, "false", node_is_false(t->items.at[3]) && node_is_false(t->items.at[4]));
    unit_row(&rows, "a quoted word, as compose takes it", node_is_true(t->items.at[5]));
    unit_row(&rows, "an integer", node_int(t->items.at[7], &number) && number == -7);
    unit_row(&rows, "no integer", !node_int(t->items.at[9], &number) && !node_int(NULL, &number));
    assert_rows(rows);
}

/* a: &a [x, x, ...]; b: &b [*a, *a, ...]; ... : 10^9 nodes when followed. */
static void aliases_are_bounded(void **state)
{
    struct buf out = buf_init(*state, 1 << 16);
    buf_add(&out, STR("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"));
    for (int i = 1; i < 12; i++) {
        buf_fmt(&out, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buf_fmt(&out, "%s*a%d", k ? "," : "", i - 1);
        buf_add(&out, STR("]\n"));
    }
    const struct yaml *yaml = parsed(*state, buf_str(&out));
    assert_false(yaml->ok);
    assert_true(yaml->problem.len > 0);
    static const struct {
        const char *piece;
        int times;
    } cases[] = {{"[", 100000}, {"{a: ", 100000}, {"- ", 100000}, {"? ", 50000},
                 {"a:\n ", 3},  {"&a ", 1000},    {"!x ", 1000}};
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct buf deep = buf_init(*state, 1 << 24);
        for (int k = 0; k < cases[i].times; k++)
            buf_add(&deep, str_from(cases[i].piece));
        yaml = parsed(*state, buf_str(&deep));
        unit_row(&rows, cases[i].piece, !yaml->ok == (cases[i].times > 3));
    }
    assert_rows(rows);
}

struct edit_row {
    const char *says, *text, *path;
    char how;                       /* 's' set, 'a' append, 'r' remove, 'v' the scalar's value */
    const char *key, *value, *want; /* want NULL: refused */
};

static str edited(struct arena *arena, const struct edit_row *row)
{
    const struct yaml *yaml = parsed(arena, str_from(row->text));
    if (!yaml->ok || !yaml->documents.count)
        return STR("does not parse");
    const struct node *node = tree_at(yaml->documents.at[0], row->path);
    if (!node)
        return STR("no such place");
    struct edit edit = {0};
    bool done = true;
    if (row->how == 's')
        done = yaml_edit_set(arena, yaml, node, row->key, row->value, &edit);
    else if (row->how == 'a')
        done = yaml_edit_append(arena, yaml, node, row->value, &edit);
    else if (row->how == 'r')
        done = yaml_edit_remove(arena, yaml, node, row->key, &edit);
    else
        edit = yaml_edit_scalar(arena, node, str_from(row->value));
    if (!done)
        return STR("refused");
    struct edit_list edits = {&edit, 1, 1};
    str after = edits_apply(arena, str_from(row->text), &edits);
    return parsed(arena, after)->ok ? after : str_fmt(arena, "broken: %.*s", STR_ARG(after));
}

static void edits_touch_only_what_they_say(void **state)
{
    static const struct edit_row cases[] = {
        {"add behind the last", "a: 1 # one\n", "", 's', "b", "2", "a: 1 # one\nb: 2\n"},
        {"no last line end", "a: 1", "", 's', "b", "2", "a: 1\nb: 2"},
        {"CR LF", "a: 1\r\nc:\r\n  d: 1\r\n", "c", 's', "e", "2",
         "a: 1\r\nc:\r\n  d: 1\r\n  e: 2\r\n"},
        {"the map's own indentation", "a:\n      b: 1\nc: 2\n", "a", 's', "d", "3",
         "a:\n      b: 1\n      d: 3\nc: 2\n"},
        {"in a list's item", "- a: 1\n  b: 2\n- c: 3\n", "0", 's', "d", "4",
         "- a: 1\n  b: 2\n  d: 4\n- c: 3\n"},
        {"flow", "a: {b: 1, c: 2} # x\n", "a", 's', "d", "3", "a: {b: 1, c: 2, d: 3} # x\n"},
        {"an empty flow map", "a: {}\n", "a", 's', "b", "1", "a: {b: 1}\n"},
        {"replace and keep the comment", "a: 1 # one\nb: 2\n", "", 's', "a", "5",
         "a: 5 # one\nb: 2\n"},
        {"replace a quoted one", "a: \"x\" # one\n", "", 's', "a", "true", "a: true # one\n"},
        {"several lines", "a:\n  b: 1\n", "a", 's', "c", "d: 1\ne: 2",
         "a:\n  b: 1\n  c:\n    d: 1\n    e: 2\n"},
        {"not through an alias", "x: &x {a: 1}\ny: *x\n", "y", 's', "b", "2", NULL},
        {"the anchored one", "x: &x\n  a: 1\ny: *x\n", "x", 's', "b", "2",
         "x: &x\n  a: 1\n  b: 2\ny: *x\n"},
        {"comments below belong to what follows", "a:\n  b: 1\n# about c\nc: 2\n", "a", 's', "d",
         "3", "a:\n  b: 1\n  d: 3\n# about c\nc: 2\n"},
        {"append", "a:\n  - b # x\n  - c\nd: 1\n", "a", 'a', NULL, "e",
         "a:\n  - b # x\n  - c\n  - e\nd: 1\n"},
        {"append at the key's column", "a:\n- b\nd: 1\n", "a", 'a', NULL, "e",
         "a:\n- b\n- e\nd: 1\n"},
        {"append in flow", "a: [b, c]\n", "a", 'a', NULL, "e", "a: [b, c, e]\n"},
        {"append in flow over lines", "a:\n  b: [\n      x,\n      y\n  ]\n  c: 1\n", "a.b", 'a',
         NULL, "e", "a:\n  b: [\n      x,\n      y,\n      e\n  ]\n  c: 1\n"},
        {"set behind such a list", "a:\n  b: [\n      x\n  ]\nc: 1\n", "a", 's', "d", "2",
         "a:\n  b: [\n      x\n  ]\n  d: 2\nc: 1\n"},
        {"append to nothing", "a: []\n", "a", 'a', NULL, "e", "a: [e]\n"},
        {"remove with its comment", "a: 1\nb: 2 # two\nc: 3\n", "", 'r', "b", NULL, "a: 1\nc: 3\n"},
        {"remove the last", "a: 1\nb:\n  - x\n  - y\n", "", 'r', "b", NULL, "a: 1\n"},
        {"remove in flow, first", "a: {b: 1, c: 2}\n", "a", 'r', "b", NULL, "a: {c: 2}\n"},
        {"remove in flow, last", "a: {b: 1, c: 2}\n", "a", 'r', "c", NULL, "a: {b: 1}\n"},
        {"a map left empty", "a:\n  b: 1\nc: 2\n", "a", 'r', "b", NULL, "a: {}\nc: 2\n"},
        {"what is not there", "a: 1\n", "", 'r', "b", NULL, NULL},
        {"a plain scalar", "a: x # c\n", "a", 'v', NULL, "y z", "a: y z # c\n"},
        {"a plain scalar that needs quotes", "a: x\n", "a", 'v', NULL, "yes", "a: \"yes\"\n"},
        {"single quotes", "a: 'x'\n", "a", 'v', NULL, "it's", "a: 'it''s'\n"},
        {"double quotes", "a: \"x\"\n", "a", 'v', NULL, "a\"b", "a: \"a\\\"b\"\n"},
        {"a line end needs double quotes", "a: 'x'\n", "a", 'v', NULL, "a\nb", "a: \"a\\nb\"\n"},
        {"a colon", "a: x\n", "a", 'v', NULL, "b: c", "a: \"b: c\"\n"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row_str(&rows, cases[i].says, edited(*state, &cases[i]),
                     cases[i].want ? str_from(cases[i].want) : STR("refused"));
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(yaml_is_read),
        UNIT_TEST(places),
        UNIT_TEST(questions),
        UNIT_TEST(aliases_are_bounded),
        UNIT_TEST(edits_touch_only_what_they_say),
    };
    return cmocka_run_group_tests_name("data/yaml", tests, NULL, NULL);
}
