#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/host.h"
#include "base/map.h"

static void slices_are_clamped(void **state)
{
    struct unit_rows rows = {0};
    str text = STR("abc");
    unit_row_str(&rows, "inside", str_slice(text, 1, 2), STR("b"));
    unit_row_str(&rows, "end behind the text", str_slice(text, 1, 9), STR("bc"));
    unit_row_str(&rows, "start behind the end", str_slice(text, 3, 1), STR(""));
    unit_row_str(&rows, "start behind the text", str_from_index(text, 9), STR(""));
    unit_row_str(&rows, "of nothing", str_slice(STR_NONE, 0, 9), STR(""));
    unit_row(&rows, "NULL is the empty one", !str_from(NULL).at && !str_from(NULL).len);
    assert_rows(rows);
    (void)state;
}

static void comparing(void **state)
{
    static const struct {
        const char *a, *b;
        bool eq, eq_nocase;
        int order;
        bool starts, ends, has;
    } cases[] = {
        {"", "", true, true, 0, true, true, true},
        {"a", "", false, false, 1, true, true, true},
        {"", "a", false, false, -1, false, false, false},
        {"abc", "ab", false, false, 1, true, false, true},
        {"abc", "bc", false, false, -1, false, true, true},
        {"abcd", "bc", false, false, -1, false, false, true},
        {"ABC", "abc", false, true, -1, false, false, false},
        {"\xff", "a", false, false, 1, false, false, false},
        {"k\xc3\xa4", "k\xc3\x84", false, false, 1, false, false, false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str a = str_from(cases[i].a), b = str_from(cases[i].b);
        int order = str_order(a, b);
        unit_row(&rows, cases[i].a, str_eq(a, b) == cases[i].eq);
        unit_row(&rows, cases[i].a, str_eq_nocase(a, b) == cases[i].eq_nocase);
        unit_row(&rows, cases[i].a, (order > 0) - (order < 0) == cases[i].order);
        unit_row(&rows, cases[i].a, str_starts(a, b) == cases[i].starts);
        unit_row(&rows, cases[i].a, str_ends(a, b) == cases[i].ends);
        unit_row(&rows, cases[i].a, str_has(a, b) == cases[i].has);
    }
    unit_row(&rows, "case of a part", str_has_nocase(STR("xABCy"), STR("abc")));
    unit_row(&rows, "a part that is longer", !str_has_nocase(STR("a"), STR("ab")));
    unit_row(&rows, "case of a start", str_starts_nocase(STR("FROM x"), STR("from")));
    unit_row(&rows, "NUL is a byte", !str_eq(STR("a\0b"), STR("a\0c")));
    assert_rows(rows);
    (void)state;
}

/* What an iterator gives, joined by '|'. */
static str parts_of(struct arena *arena, str text, int how)
{
    str all = STR(""), part;
    while (how == 0   ? str_next(&text, ',', &part)
           : how == 1 ? str_next_word(&text, &part)
                      : str_next_line(&text, &part))
        all = str_fmt(arena, "%.*s%.*s|", STR_ARG(all), STR_ARG(part));
    return all;
}

static void cutting(void **state)
{
    static const struct {
        const char *text, *parts, *words, *lines;
    } cases[] = {
        {"", "|", "", ""},
        {"a,,b", "a||b|", "a,,b|", "a,,b|"},
        {",", "||", ",|", ",|"},
        {" a  b\t", " a  b\t|", "a|b|", " a  b\t|"},
        {"x\r\ny\n", "x\r\ny\n|", "x|y|", "x\r|y|"},
        {"\n\n", "\n\n|", "", "||"},
        {"x\ny", "x\ny|", "x|y|", "x|y|"},
    };
    struct arena *arena = *state;
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str text = str_from(cases[i].text);
        unit_row_str(&rows, "parts", parts_of(arena, text, 0), str_from(cases[i].parts));
        unit_row_str(&rows, "words", parts_of(arena, text, 1), str_from(cases[i].words));
        unit_row_str(&rows, "lines", parts_of(arena, text, 2), str_from(cases[i].lines));
    }
    unit_row_str(&rows, "trimmed", str_trim(STR(" \t\r\n\v\fx y \n")), STR("x y"));
    unit_row_str(&rows, "only blanks", str_trim(STR(" \t\n")), STR(""));
    unit_row(&rows, "listed", str_is_listed("apt apt-get apk", STR("apt-get")));
    unit_row(&rows, "a part of a listed word", !str_is_listed("apt-get apk", STR("apt")));
    unit_row(&rows, "in a set", STR_IN(STR("b"), "a", "b") && !STR_IN(STR(""), "a", "b"));
    unit_row(&rows, "the empty word in a set", STR_IN(STR(""), "a", ""));
    assert_rows(rows);
}

static void paths_by_name(void **state)
{
    static const struct {
        const char *path, *base, *dir;
    } cases[] = {
        {"a", "a", ""},  {"a/b", "b", "a"},   {"/a", "a", ""},
        {"a/", "", "a"}, {"a//b", "b", "a/"}, {"", "", ""},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str path = str_from(cases[i].path);
        unit_row_str(&rows, cases[i].path, str_basename(path), str_from(cases[i].base));
        unit_row_str(&rows, cases[i].path, str_dirname(path), str_from(cases[i].dir));
    }
    assert_rows(rows);
    (void)state;
}

static void paths_below_folders(void **state)
{
    static const struct {
        const char *path, *folder;
        bool below, in;
    } cases[] = {
        {"a/b", "a", true, true},    {"a/b/c", "a", true, true},   {"a", "a", false, true},
        {"ab", "a", false, false},   {"a", "a/b", false, false},   {"/a", "/", true, true},
        {"/", "/", false, true},     {"a", "/", false, false},     {"a", "", true, true},
        {"/a", "", true, true},      {"", "", false, true},        {"", "a", false, false},
        {"/a/b", "/a/", true, true}, {"/a", "/a/", false, true},   {"/a/", "/a", false, true},
        {"/a/b", "a", false, false}, {"/ab", "/a/", false, false}, {"b/a", "a", false, false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str path = str_from(cases[i].path), folder = str_from(cases[i].folder);
        unit_row(&rows, cases[i].path, path_is_below(path, folder) == cases[i].below);
        unit_row(&rows, cases[i].path, path_is_in(path, folder) == cases[i].in);
    }
    assert_rows(rows);
    (void)state;
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1a", false, 0},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint64_t value = 4711;
        bool ok = str_to_u64(str_from(cases[i].text), &value);
        unit_row(&rows, cases[i].text, ok == cases[i].ok);
        unit_row(&rows, cases[i].text, value == (ok ? cases[i].value : 4711));
    }
    assert_rows(rows);
    (void)state;
}

static void making_text(void **state)
{
    struct arena *arena = *state;
    struct unit_rows rows = {0};
    unit_row_str(&rows, "joined", str_cat(arena, STR("a"), STR("b")), STR("ab"));
    unit_row_str(&rows, "joined with nothing", str_cat(arena, STR_NONE, STR_NONE), STR(""));
    unit_row_str(&rows, "small letters", str_lower(arena, STR("AbC\xc3\x84")), STR("abc\xc3\x84"));
    unit_row_str(&rows, "replaced", str_replace(arena, STR("a.b.c"), STR("."), STR("--")),
                 STR("a--b--c"));
    unit_row_str(&rows, "taken out", str_replace(arena, STR("aaa"), STR("aa"), STR("")), STR("a"));
    unit_row_str(&rows, "nothing to replace", str_replace(arena, STR("abc"), STR("x"), STR("y")),
                 STR("abc"));
    str longer = str_fmt(arena, "%0*d", 1000, 7);
    unit_row(&rows, "formatted past the small buffer",
             longer.len == 1000 && longer.at[999] == '7' && longer.at[1000] == '\0');
    unit_row(&rows, "a copy of nothing is nothing", !str_copy(arena, STR_NONE).at);
    unit_row_str(&rows, "terminated", str_from(str_z(arena, STR("ab\0c"))), STR("ab"));
    assert_rows(rows);
}

static void how_far_apart(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned most, want;
    } cases[] = {
        {"", "", 3, 0},       {"RUN", "RUN", 3, 0}, {"RNU", "RUN", 3, 2}, {"COPPY", "COPY", 3, 1},
        {"abc", "xyz", 3, 3}, {"abc", "xyz", 2, 3}, {"", "ab", 3, 2},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row(&rows, cases[i].a,
                 str_distance(str_from(cases[i].a), str_from(cases[i].b), cases[i].most) ==
                     cases[i].want);
    str longer = str_fmt(*state, "%065d", 0);
    unit_row(&rows, "long words are far apart", str_distance(longer, longer, 3) == 4);
    assert_rows(rows);
}

static void a_buf_stops_at_its_maximum(void **state)
{
    struct buf buf = buf_init(*state, 600);
    buf_add(&buf, STR("abc"));
    buf_add_char(&buf, '-');
    buf_fmt(&buf, "%0*d", 590, 7);
    assert_int_equal(buf_str(&buf).len, 594);
    assert_false(buf.full);
    buf_add(&buf, STR("0123456789"));
    assert_true(buf.full);
    assert_int_equal(buf_str(&buf).len, 600);
    assert_true(str_ends(buf_str(&buf), STR("7012345")));
    buf_add(&buf, STR("x"));
    assert_int_equal(buf_str(&buf).len, 600);
}

static void a_map_keeps_the_order_of_first_insertion(void **state)
{
    struct arena *arena = *state;
    struct map map = {0};
    static int values[3000];
    assert_null(map_find(&map, STR("a")));
    for (int i = 0; i < 3000; i++) {
        values[i] = i;
        map_set(arena, &map, str_fmt(arena, "key %d", i), &values[i]);
    }
    map_set(arena, &map, STR("key 7"), &values[0]);
    map_set(arena, &map, STR("nothing"), NULL);
    assert_int_equal(map.count, 3001);
    assert_ptr_equal(map_find(&map, STR("key 7")), &values[0]);
    assert_ptr_equal(map_find(&map, STR("key 2999")), &values[2999]);
    assert_true(map_has(&map, STR("nothing")) && !map_has(&map, STR("key")));
    assert_null(map_find(&map, STR("nothing")));
    for (uint32_t i = 0; i < 3000; i++)
        assert_true(str_eq(map.entries[i].key, str_fmt(arena, "key %u", i)));
    map_set(arena, &map, STR(""), &values[1]);
    assert_ptr_equal(map_find(&map, STR_NONE), &values[1]);
}

static void hashes_are_those_of_xxh64(void **state)
{
    assert_true(hash_bytes("", 0) == 0xEF46DB3751D8E999u);
    assert_true(hash_bytes(NULL, 0) == 0xEF46DB3751D8E999u);
    assert_true(hash_bytes("a", 1) == 0xD24EC4F1A98C6E5Bu);
    assert_true(hash_bytes("abc", 3) == 0x44BC2CF5AD770999u);
    (void)state;
}

static void the_environment_is_read_by_whole_names(void **state)
{
    static const char *const environment[] = {"PATH_X=1",     "EMPTY=",   "PATH=/bin",
                                              "PATH=/second", "NO_VALUE", NULL};
    struct host host = {.environment = environment};
    struct unit_rows rows = {0};
    unit_row_str(&rows, "the first one counts", host_env(&host, "PATH"), STR("/bin"));
    unit_row(&rows, "empty is set", host_env(&host, "EMPTY").at != NULL);
    unit_row(&rows, "not set", !host_env(&host, "PAT").at && !host_env(&host, "NO_VALUE").at);
    unit_row(&rows, "no environment", !host_env(&(struct host){0}, "PATH").at);
    assert_rows(rows);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(slices_are_clamped),
        UNIT_TEST(comparing),
        UNIT_TEST(cutting),
        UNIT_TEST(paths_by_name),
        UNIT_TEST(paths_below_folders),
        UNIT_TEST(whole_numbers),
        UNIT_TEST(making_text),
        UNIT_TEST(how_far_apart),
        UNIT_TEST(a_buf_stops_at_its_maximum),
        UNIT_TEST(a_map_keeps_the_order_of_first_insertion),
        UNIT_TEST(hashes_are_those_of_xxh64),
        UNIT_TEST(the_environment_is_read_by_whole_names),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
