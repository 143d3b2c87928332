#include "tests/unit/data/data_unit.h"

#include <string.h>

/* JSON and TOML: what is read, where it stands, what is refused; and JSON as it is written. */

struct row {
    const char *says, *text, *want; /* want: the tree, or "! " and a part of what is said */
};

typedef bool parse_text(struct arena *arena, str text, struct node **out_root, struct err *err);

static void check_rows(struct arena *arena, parse_text *parse, const struct row *cases,
                       size_t count)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < count; i++) {
        struct node *root;
        struct err err = {0};
        str got = parse(arena, str_from(cases[i].text), &root, &err)
                      ? tree_told(arena, root)
                      : str_fmt(arena, "! %s", err.line[0]);
        str want = str_from(cases[i].want);
        if (str_starts(want, STR("! ")))
            unit_row(&rows, cases[i].says,
                     str_starts(got, STR("! ")) && str_has(got, str_from_index(want, 2)));
        else
            unit_row_str(&rows, cases[i].says, got, want);
        if (rows.bad && str_starts(want, STR("! ")))
            print_error("  said: %.*s\n", STR_ARG(got));
    }
    assert_rows(rows);
}

static bool parse_json(struct arena *arena, str text, struct node **out_root, struct err *err)
{
    return json_parse(arena, text, out_root, err);
}

static bool parse_toml(struct arena *arena, str text, struct node **out_root, struct err *err)
{
    return toml_parse(arena, text, out_root, err);
}

static void json_is_that_of_rfc_8259(void **state)
{
    static const struct row cases[] = {
        {"scalars", " [1, -0.5e+3, true, false, null, \"a\"] ",
         "[1, -0.5e+3, true, false, null, \"a\"]"},
        {"a scalar alone", "\"x\"", "\"x\""},
        {"nothing in them", "{\"a\": {}, \"b\": []}", "{a: {}, b: []}"},
        {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"", "\"\"\\/\b\f\n\r\t\xc3\xa4\""},
        {"a pair of surrogates", "\"\\ud83d\\udc33\"", "\"\xf0\x9f\x90\xb3\""},
        {"order and duplicates stay", "{\"b\":1,\"a\":2,\"b\":3}", "{b: 1, a: 2, b: 3}"},
        {"nothing", "", "! "},
        {"blanks only", " \n", "! "},
        {"two values", "1 2", "! "},
        {"a comma too many", "[1,]", "! "},
        {"a comma too few", "[1 2]", "! line 1"},
        {"no value", "{\"a\":}", "! "},
        {"a key without quotes", "{a: 1}", "! "},
        {"single quotes", "['a']", "! "},
        {"a leading zero", "[01]", "! "},
        {"no digits behind the dot", "[1.]", "! "},
        {"a plus", "[+1]", "! "},
        {"a control character in a string", "\"a\nb\"", "! "},
        {"an unknown escape", "\"\\x41\"", "! "},
        {"half a surrogate pair, as Go reads it", "\"\\ud83d\"", "\"\xef\xbf\xbd\""},
        {"an unterminated string", "\"abc", "! "},
        {"an unterminated list", "[1, [2", "! "},
        {"NUL", "[1]\x01", "! "},
        {"a word", "[nul]", "! "},
        {"a comment", "[1] // x", "! "},
        {"bytes that are not UTF-8", "\"\xff\"", "! "},
        {"the place is told", "{\n  \"a\": x\n}", "! line 2"},
    };
    check_rows(*state, parse_json, cases, ARRAY_COUNT(cases));
}

static void toml_is_read(void **state)
{
    static const struct row cases[] = {
        {"nothing", "", "{}"},
        {"pairs", "a = 1\nb = 'x' # note\n\"c d\" = true\n", "{a: 1, b: \"x\", c d: true}"},
        {"tables", "[a]\nx = 1\n[a.b]\ny = 2\n", "{a: {x: 1, b: {y: 2}}}"},
        {"dotted keys", "a.b.c = 1\na.d = 2\n", "{a: {b: {c: 1}, d: 2}}"},
        {"lists of tables", "[[bin]]\nname = 'a'\n[[bin]]\nname = 'b'\n",
         "{bin: [{name: \"a\"}, {name: \"b\"}]}"},
        {"lists over lines", "a = [\n  1,\n  2, # two\n]\n", "{a: [1, 2]}"},
        {"inline tables", "a = {version = \"1\", features = [\"x\"]}\n",
         "{a: {version: \"1\", features: [\"x\"]}}"},
        {"strings over lines", "a = \"\"\"\nx\ny\"\"\"\nb = '''z'''\n", "{a: \"x\ny\", b: \"z\"}"},
        {"escapes", "a = \"\\t\\u00e4\\\\\"\nb = '\\t'\n", "{a: \"\t\xc3\xa4\\\", b: \"\\t\"}"},
        {"CR LF", "a = 1\r\nb = 2\r\n", "{a: 1, b: 2}"},
        {"no value", "a =\n", "! line 1"},
        {"no equals sign", "a\n", "! line 1"},
        {"an unterminated string", "a = \"x\n", "! line 1"},
        {"an unterminated list", "a = [1,\n", "! "},
        {"an unterminated table", "[a\n", "! line 1"},
        {"text behind a value", "a = 1 b = 2\n", "! line 1"},
    };
    check_rows(*state, parse_toml, cases, ARRAY_COUNT(cases));
}

static void places(void **state)
{
    static const struct {
        bool toml;
        const char *text, *path, *want;
    } cases[] = {
        {false, "{\"a\": [1, \"x\\ny\", {\"b\": tru", "", ""},
        {false, "{\"a\": [1, \"x\\ny\", {\"b\": true}]}", "a", "[1, \"x\\ny\", {\"b\": true}]"},
        {false, "{\"a\": [1, \"x\\ny\", {\"b\": true}]}", "a.1", "\"x\\ny\""},
        {false, "{\"a\": [1, \"x\\ny\", {\"b\": true}]}", "a.2.b", "true"},
        {false, " { } ", "", "{ }"},
        {true, "[a]\nb = 'x' # c\nd = [ 1 , 2 ]\n", "a.b", "'x'"},
        {true, "[a]\nb = 'x' # c\nd = [ 1 , 2 ]\n", "a.d", "[ 1 , 2 ]"},
        {true, "[a]\nb = 'x' # c\nd = [ 1 , 2 ]\n", "a.d.1", "2"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 1; i < ARRAY_COUNT(cases); i++) {
        struct node *root;
        struct err err = {0};
        str text = str_from(cases[i].text);
        assert_true(cases[i].toml ? toml_parse(*state, text, &root, &err)
                                  : json_parse(*state, text, &root, &err));
        const struct node *node = tree_at(root, cases[i].path);
        unit_row_str(&rows, cases[i].path,
                     node ? str_slice(text, node->at.start, node->at.end) : STR("none"),
                     str_from(cases[i].want));
    }
    assert_rows(rows);
}

static void depth_and_size_are_bounded(void **state)
{
    static const struct {
        bool toml;
        const char *before, *piece;
        int times;
    } cases[] = {
        {false, "", "[", 1000000},   {false, "", "{\"a\":", 500000},
        {true, "a = ", "[", 500000}, {true, "a = ", "{b = ", 200000},
        {true, "[", "a.", 200000},   {true, "", "a.", 200000},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct buf out = buf_init(*state, 1 << 24);
        struct node *root;
        struct err err = {0};
        buf_add(&out, str_from(cases[i].before));
        for (int k = 0; k < cases[i].times; k++)
            buf_add(&out, str_from(cases[i].piece));
        bool ok = cases[i].toml ? toml_parse(*state, buf_str(&out), &root, &err)
                                : json_parse(*state, buf_str(&out), &root, &err);
        unit_row(&rows, cases[i].piece, !ok && (err.code == ERR_LIMIT || err.code == ERR_FORMAT));
    }
    assert_rows(rows);
}

static void json_is_written(void **state)
{
    struct json_out out = json_out_init(*state, false);
    json_object(&out, NULL);
    json_str(&out, "s", STR("a\"\\\n\x01\xc3\xa4\xff"));
    json_z(&out, "none", NULL);
    json_u64(&out, "u", UINT64_MAX);
    json_i64(&out, "i", INT64_MIN);
    json_double(&out, "d", 0.125);
    json_list(&out, "l");
    json_bool(&out, NULL, true);
    json_null(&out, NULL);
    json_object(&out, NULL);
    json_end_object(&out);
    json_end_list(&out);
    json_end_object(&out);
    str text = buf_str(&out.buf);
    struct node *root;
    struct err err = {0};
    struct unit_rows rows = {0};
    unit_row(&rows, "what is written is read", json_parse(*state, text, &root, &err));
    unit_row_str(&rows, "strings come back, bad bytes replaced", node_str(node_get(root, "s")),
                 STR("a\"\\\n\x01\xc3\xa4\xef\xbf\xbd"));
    unit_row_str(&rows, "the whole", str_from_index(text, str_find(text, STR("\"none\""))),
                 STR("\"none\":null,\"u\":18446744073709551615,\"i\":-9223372036854775808,"
                     "\"d\":0.12,\"l\":[true,null,{}]}"));
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(json_is_that_of_rfc_8259),   UNIT_TEST(toml_is_read),    UNIT_TEST(places),
        UNIT_TEST(depth_and_size_are_bounded), UNIT_TEST(json_is_written),
    };
    return cmocka_run_group_tests_name("data/text_formats", tests, NULL, NULL);
}
