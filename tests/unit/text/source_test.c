#include "tests/unit/unit.h"

#include "text/finding.h"
#include "text/joined.h"
#include "text/utf8.h"

static void places_are_lines_and_columns_of_bytes(void **state)
{
    static const struct {
        const char *says, *text;
        uint32_t offset, line, column;
    } cases[] = {
        {"the start", "ab\ncd", 0, 1, 1},
        {"the line end belongs to its line", "ab\ncd", 2, 1, 3},
        {"the next line", "ab\ncd", 3, 2, 1},
        {"the end", "ab\ncd", 5, 2, 3},
        {"past the end is the end", "ab\ncd", 99, 2, 3},
        {"nothing", "", 0, 1, 1},
        {"behind the last line end", "ab\n", 3, 2, 1},
        {"a CR is a column", "ab\r\ncd", 3, 1, 4},
        {"behind CR LF", "ab\r\ncd", 4, 2, 1},
        {"a lone CR ends no line", "ab\rcd", 4, 1, 5},
        {"a tab is one column", "\t\tx", 2, 1, 3},
        {"columns count bytes of UTF-8", "\xc3\xa4\xe2\x82\xacx", 5, 1, 6},
        {"a BOM is three columns",
         "\xEF\xBB\xBF"
         "FROM",
         3, 1, 4},
        {"empty lines", "\n\n\nx", 2, 3, 1},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct source *source = source_new(*state, STR("x"), str_from(cases[i].text));
        struct position at = source_position(source, cases[i].offset);
        unit_row(&rows, cases[i].says, at.line == cases[i].line && at.column == cases[i].column);
    }
    assert_rows(rows);
}

static void lines_with_and_without_their_ends(void **state)
{
    static const struct {
        const char *text;
        uint32_t count, line;
        const char *bare, *full;
        bool crlf;
    } cases[] = {
        {"", 1, 1, "", "", false},
        {"a", 1, 1, "a", "a", false},
        {"a\n", 2, 1, "a", "a\n", false},
        {"a\n", 2, 2, "", "", false},
        {"a\r\nb\r\n", 3, 2, "b", "b\r\n", true},
        {"a\r\nb\nc\r\n", 4, 2, "b", "b\n", true},
        {"a\r\nb\n", 3, 1, "a", "a\r\n", false},
        {"\n", 2, 1, "", "\n", false},
        {"a\r", 1, 1, "a", "a\r", false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct source *source = source_new(*state, STR("x"), str_from(cases[i].text));
        unit_row(&rows, "count of lines", source->line_count == cases[i].count);
        unit_row_str(&rows, "without line end",
                     source_text(source, source_line(source, cases[i].line)),
                     str_from(cases[i].bare));
        unit_row_str(&rows, "with it", source_text(source, source_full_line(source, cases[i].line)),
                     str_from(cases[i].full));
        unit_row(&rows, "most lines end in CR LF", source->crlf == cases[i].crlf);
        unit_row_str(&rows, "the line end of the file", source_newline(source),
                     cases[i].crlf ? STR("\r\n") : STR("\n"));
    }
    assert_true(source_new(*state, STR("x"), STR("\xEF\xBB\xBF"))->bom);
    assert_false(source_new(*state, STR("x"), STR("\xEF\xBB"))->bom);
    assert_rows(rows);
}

/* "RUN a \<LF>  # note<LF>  b" as a parser joins it: "RUN a " and "  b". */
static void joined_text_knows_its_places(void **state)
{
    struct arena *arena = *state;
    struct source *source = source_new(arena, STR("x"), STR("RUN a \\\n  # note\n  b\n"));
    struct joined joined = {.text = STR("RUN a   b")};
    vec_push(arena, &joined.pieces, (struct joined_piece){0, 0});
    vec_push(arena, &joined.pieces, (struct joined_piece){6, 17});
    static const struct {
        size_t start, end;
        uint32_t from, to;
    } cases[] = {
        {0, 3, 0, 3},   {0, 9, 0, 20},  {8, 9, 19, 20}, {5, 7, 5, 18},
        {6, 6, 17, 17}, {9, 9, 20, 20}, {0, 0, 0, 0},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        span at = joined_span(&joined, cases[i].start, cases[i].end);
        unit_row(&rows, "span", at.start == cases[i].from && at.end == cases[i].to);
        struct joined part = joined_slice(arena, &joined, cases[i].start, cases[i].end);
        unit_row_str(&rows, "slice", part.text,
                     str_slice(joined.text, cases[i].start, cases[i].end));
        for (size_t k = 0; k < part.text.len; k++)
            unit_row(&rows, "places of a slice",
                     joined_offset(&part, k) == joined_offset(&joined, cases[i].start + k));
    }
    for (size_t i = 0; i < joined.text.len; i++)
        unit_row(&rows, "each byte is that of the source",
                 source->text.at[joined_offset(&joined, i)] == joined.text.at[i]);
    struct joined whole = joined_of(arena, source, (span){4, 5});
    unit_row_str(&rows, "one piece", whole.text, STR("a"));
    unit_row(&rows, "and its end", joined_offset(&whole, 1) == 5);
    assert_rows(rows);
}

static const char *name_of(const struct rule *rule)
{
    return (const char *)rule;
}

static void findings_are_in_order_of_place_rule_and_words(void **state)
{
    static const struct {
        uint32_t start, end;
        const char *rule, *message;
    } sorted[] = {
        {0, 5, "b/x", "m"}, {3, 4, "a/x", "m"}, {3, 9, "a/a", "z"},
        {3, 9, "a/x", "a"}, {3, 9, "a/x", "b"}, {7, 7, "a/a", "a"},
    };
    static const uint8_t orders[][6] = {{5, 4, 3, 2, 1, 0}, {2, 0, 4, 1, 5, 3}, {0, 1, 2, 3, 4, 5}};
    struct unit_rows rows = {0};
    for (size_t o = 0; o < ARRAY_COUNT(orders); o++) {
        struct finding_list list = {0};
        for (size_t i = 0; i < 6; i++) {
            uint8_t k = orders[o][i];
            struct finding finding = {.at = {sorted[k].start, sorted[k].end},
                                      .rule = (const struct rule *)(const void *)sorted[k].rule,
                                      .message = str_from(sorted[k].message)};
            vec_push((struct arena *)*state, &list, finding);
        }
        findings_sort(&list, name_of);
        for (size_t i = 0; i < 6; i++)
            unit_row(&rows, sorted[i].rule,
                     list.at[i].at.start == sorted[i].start && list.at[i].at.end == sorted[i].end &&
                         str_eq(list.at[i].message, str_from(sorted[i].message)));
    }
    findings_sort(&(struct finding_list){0}, name_of);
    assert_rows(rows);
}

static void utf8_is_that_of_rfc_3629(void **state)
{
    static const struct {
        const char *says, *bytes;
        uint32_t code;
        unsigned used, length; /* as decoded; as a well-formed character */
    } cases[] = {
        {"nothing", "", 0, 0, 0},
        {"ASCII", "ab", 'a', 1, 1},
        {"two bytes", "\xc3\xa4x", 0xe4, 2, 2},
        {"three bytes", "\xe2\x82\xac", 0x20ac, 3, 3},
        {"four bytes", "\xf0\x9f\x90\xb3", 0x1f433, 4, 4},
        {"the last one", "\xf4\x8f\xbf\xbf", 0x10ffff, 4, 4},
        {"behind the last one", "\xf4\x90\x80\x80", UTF8_BAD, 1, 0},
        {"U+FFFD itself", "\xef\xbf\xbd", UTF8_BAD, 3, 3},
        {"overlong slash", "\xc0\xaf", UTF8_BAD, 1, 0},
        {"overlong, three bytes", "\xe0\x80\xaf", UTF8_BAD, 1, 0},
        {"overlong, four bytes", "\xf0\x80\x80\xaf", UTF8_BAD, 1, 0},
        {"a surrogate", "\xed\xa0\x80", UTF8_BAD, 1, 0},
        {"the one below them", "\xed\x9f\xbf", 0xd7ff, 3, 3},
        {"cut short", "\xe2\x82", UTF8_BAD, 1, 0},
        {"a lone tail", "\xa4", UTF8_BAD, 1, 0},
        {"0xff", "\xff\xfe", UTF8_BAD, 1, 0},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str text = str_from(cases[i].bytes);
        uint32_t code = 0;
        unit_row(&rows, cases[i].says, utf8_decode(text, &code) == cases[i].used);
        unit_row(&rows, cases[i].says, code == cases[i].code);
        unit_row(&rows, cases[i].says, utf8_length(text) == cases[i].length);
        unit_row(&rows, cases[i].says,
                 (utf8_bad_byte(text) == 0) == (text.len > 0 && !cases[i].length));
        char again[4];
        if (cases[i].length)
            unit_row_str(&rows, "written again", (str){again, utf8_put(again, code)},
                         str_slice(text, 0, cases[i].length));
    }
    char bad[4];
    unit_row(&rows, "a surrogate is not written", utf8_put(bad, 0xd800) == 3);
    unit_row(&rows, "the first bad byte", utf8_bad_byte(STR("a\xc3\xa4\xff")) == 3);
    assert_rows(rows);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(places_are_lines_and_columns_of_bytes),
        UNIT_TEST(lines_with_and_without_their_ends),
        UNIT_TEST(joined_text_knows_its_places),
        UNIT_TEST(utf8_is_that_of_rfc_3629),
        UNIT_TEST(findings_are_in_order_of_place_rule_and_words),
    };
    return cmocka_run_group_tests_name("text/source", tests, NULL, NULL);
}
