#include "report/report.h"
#include "tests/unit/unit.h"

#include <string.h>

/* The renderers over a result made by hand, so that each format is judged by itself. */

static const struct rule rule_sample = {
    .name = "size/sample",
    .aka = "hadolint:DL0001 buildkit:FromAsCasing",
    .severity = SEVERITY_WARNING,
    .fix = FIX_SAFE,
    .since = "0.1",
    .what = "a sample",
    .why = "it is <large>",
    .how = "make it small",
};

/* A result of one file with one finding over `at`, with one edit. */
static struct check_result *result_of(struct arena *arena, str path, str text, span at)
{
    struct check_result *result = NEW(arena, struct check_result);
    struct checked_file file = {
        .path = path, .kind = FILE_DOCKERFILE, .source = source_new(arena, path, text)};
    struct finding finding = {.rule = &rule_sample,
                              .source = file.source,
                              .at = at,
                              .severity = SEVERITY_WARNING,
                              .message = STR("too large, 100%"),
                              .bytes = 12300000};
    finding.fix.safety = FIX_SAFE;
    finding.fix.title = STR("Make it small");
    vec_push(arena, &finding.fix.edits, (struct edit){{at.start, at.start}, STR("x ")});
    vec_push(arena, &file.findings, finding);
    vec_push(arena, &result->files, file);
    result->warnings = 1;
    return result;
}

static const struct report_style plain = {.width = 60};

static str render(struct arena *arena, const struct check_result *result, enum check_format format)
{
    return report_check(arena, result, format, &plain);
}

/* -- line hashes ------------------------------------------------------------------------------- */

static const struct {
    const char *says, *text;
    size_t line; /* counted from 1 */
    const char *hash;
} hashes[] = {
    {"an empty file has one line", "", 1, "c129715d7a2bc9a3:1"},
    {"the first line", "FROM alpine\nRUN true\n", 1, "7108ed8ecd1c0dd5:1"},
    {"the second line", "FROM alpine\nRUN true\n", 2, "93719ade26353fee:1"},
    {"what is behind the last line end is a line", "FROM alpine\nRUN true\n", 3,
     "c129715d7a2bc9a3:1"},
    {"CR LF hashes as LF", "FROM alpine\r\nRUN true\r\n", 2, "93719ade26353fee:1"},
    {"blanks do not count", "FROM  alpine\n\tRUN true \n", 2, "93719ade26353fee:1"},
    {"UTF-16 units are hashed, pairs for the upper planes",
     "# caf\xc3\xa9 \xf0\x9f\x90\xb3\nFROM x\n", 1, "3c1329452ba70785:1"},
    {"equal hashes are counted",
     "RUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\n"
     "RUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\nRUN a\n",
     5, "463231d774055900:5"},
};

static void line_hashes_are_those_of_github(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(hashes); i++) {
        size_t count;
        const str *all = report_line_hashes(*state, str_from(hashes[i].text), &count);
        str got = hashes[i].line <= count ? all[hashes[i].line - 1] : STR("no such line");
        unit_row_str(&rows, hashes[i].says, got, str_from(hashes[i].hash));
    }
    assert_rows(rows);
}

/* -- foreign text ------------------------------------------------------------------------------ */

static const struct {
    const char *says, *text, *shown;
} escapes[] = {
    {"plain text stays", "RUN echo", "RUN echo"},
    {"UTF-8 stays", "caf\xc3\xa9", "caf\xc3\xa9"},
    {"an escape sequence is defused", "\033[31mred", "\\x1b[31mred"},
    {"a line end is written out", "a\nb", "a\\nb"},
    {"DEL is written out", "a\177", "a\\x7f"},
    {"C1 controls are written out", "\xc2\x9b", "\\x9b"},
    {"bytes that are not UTF-8 are written out", "a\xff", "a\\xff"},
    {"overlong forms are not UTF-8", "\xc0\xaf", "\\xc0\\xaf"},
    {"surrogates are not UTF-8", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"characters that turn the reading direction are written out", "\xe2\x80\xae", "\\u{202e}"},
    {"a tab is four blanks", "\t", "    "},
};

static void foreign_text_cannot_drive_the_terminal(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(escapes); i++)
        unit_row_str(&rows, escapes[i].says, report_escape(*state, str_from(escapes[i].text)),
                     str_from(escapes[i].shown));
    assert_rows(rows);
}

/* -- formats ----------------------------------------------------------------------------------- */

static void human_shows_the_frame(void **state)
{
    struct arena *arena = *state;
    str text =
        render(arena, result_of(arena, STR("Dockerfile"), STR("FROM x\nRUN abc\n"), (span){11, 14}),
               CHECK_HUMAN);
    struct unit_rows rows = {0};
    unit_row_str(&rows, "place, frame, cost, fix, summary", text,
                 STR("Dockerfile:2:5: warning: too large, 100% [size/sample]\n"
                     "   2 | RUN abc\n"
                     "     |     ^^^\n"
                     "     = costs 12.3 MB\n"
                     "     = fix (safe): Make it small\n"
                     "\n"
                     "1 warning in 1 file; 'plimsoll fix' mends 1\n"));
    assert_rows(rows);
}

static const struct {
    const char *says, *text;
    span at;
    const char *frame; /* the line and its carets must be in the output */
} frames[] = {
    {"an empty span has one caret", "RUN abc", {7, 7}, "1 | RUN abc\n     |        ^\n"},
    {"tabs keep the caret in place", "\tx y", {3, 4}, "1 |     x y\n     |       ^\n"},
    {"wide characters take two columns",
     "\xe5\xa4\xa7 b",
     {4, 5},
     "1 | \xe5\xa4\xa7 b\n     |    ^\n"},
    {"control bytes are shown as escapes", "a\001b", {2, 3}, "1 | a\\x01b\n     |      ^\n"},
    {"a span over two lines marks both",
     "ab\ncd",
     {1, 4},
     "1 | ab\n     |  ^\n   2 | cd\n     | ^\n"},
    {"CR is not shown", "ab\r\n", {0, 2}, "1 | ab\n     | ^^\n"},
    {"a byte order mark is not shown",
     "\xef\xbb\xbf"
     "FROM x",
     {3, 7},
     "1 | FROM x\n     | ^^^^\n"},
};

static void frames_point_at_what_is_meant(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(frames); i++) {
        const struct check_result *result =
            result_of(*state, STR("f"), str_from(frames[i].text), frames[i].at);
        str text = render(*state, result, CHECK_HUMAN);
        bool has = str_has(text, str_from(frames[i].frame));
        if (!has)
            print_error("%.*s", STR_ARG(text));
        unit_row(&rows, frames[i].says, has);
    }
    assert_rows(rows);
}

/* Each line of the frame must fit, however long the source line is. */
static void long_lines_are_cut_to_the_width(void **state)
{
    struct arena *arena = *state;
    size_t length = (size_t)1 << 20;
    char *line = arena_alloc(arena, length, 1);
    memset(line, 'a', length);
    static const span spans[] = {{0, 3}, {500000, 500004}, {1048570, 1048576}, {10, 900000}};
    for (size_t i = 0; i < ARRAY_COUNT(spans); i++) {
        str text =
            render(arena, result_of(arena, STR("f"), (str){line, length}, spans[i]), CHECK_HUMAN);
        str row;
        while (str_next_line(&text, &row))
            assert_true(row.len <= plain.width);
    }
}

static void machine_lines(void **state)
{
    struct arena *arena = *state;
    struct check_result *result =
        result_of(arena, STR("a,b:c%.yml"), STR("FROM x\n"), (span){0, 4});
    struct unit_rows rows = {0};
    unit_row_str(&rows, "line", render(arena, result, CHECK_LINE),
                 STR("a,b:c%.yml:1:1: warning size/sample: too large, 100%\n"));
    unit_row_str(&rows, "github escapes properties and data", render(arena, result, CHECK_GITHUB),
                 STR("::warning file=a%2Cb%3Ac%25.yml,line=1,col=1,endColumn=5,title=size/sample::"
                     "too large, 100%25\n"));
    assert_rows(rows);
}

static const struct {
    const char *says;
    enum check_format format;
    const char *has;
} pieces[] = {
    {"json: the schema", CHECK_JSON, "\"schema\": \"plimsoll.check/1\""},
    {"json: end is exclusive", CHECK_JSON, "\"end_column\": 5"},
    {"json: no stage is null", CHECK_JSON, "\"stage\": null"},
    {"json: aka is a list", CHECK_JSON, "\"hadolint:DL0001\","},
    {"json: edits are offsets", CHECK_JSON, "\"text\": \"x \""},
    {"sarif: GitHub's hash", CHECK_SARIF, "\"primaryLocationLineHash\": \"2e8eafc17b7b9ce5:1\""},
    {"sarif: the path is a URI", CHECK_SARIF, "\"uri\": \"a%20b/Dockerfile\""},
    {"gitlab: severity", CHECK_GITLAB, "\"severity\": \"major\""},
    {"rdjson: the edits as one suggestion", CHECK_RDJSON, "\"text\": \"x \""},
    {"buildkit: its own name", CHECK_BUILDKIT, "\"ruleName\": \"FromAsCasing\""},
    {"buildkit: its documentation", CHECK_BUILDKIT, "/rule/from-as-casing/"},
    {"buildkit: the source", CHECK_BUILDKIT, "\"data\": \"RlJPTSB4Cg==\""},
};

static void documents_say_what_they_must(void **state)
{
    struct check_result *result =
        result_of(*state, STR("a b/Dockerfile"), STR("FROM x\n"), (span){0, 4});
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        str text = render(*state, result, pieces[i].format);
        unit_row(&rows, pieces[i].says, str_has(text, str_from(pieces[i].has)));
    }
    assert_rows(rows);
}

static void errors_are_told_from_the_outside(void **state)
{
    struct err err = {0};
    err_set(&err, ERR_FORMAT, "line 3: no colon");
    err_wrap(&err, "reading %s", "\033x");
    err_hint(&err, "add one");
    struct unit_rows rows = {0};
    unit_row_str(&rows, "outermost first, cause last, control bytes defused",
                 report_error(*state, &err),
                 STR("plimsoll: error: reading \\x1bx: line 3: no colon\nhint: add one\n"));
    assert_rows(rows);
}

static void markdown_is_escaped(void **state)
{
    str text = report_rule(*state, &rule_sample, EXPLAIN_MARKDOWN, &plain);
    assert_true(str_has(text, STR("it is \\<large\\>")));
    assert_true(str_starts(text, STR("# size/sample\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(line_hashes_are_those_of_github),
        UNIT_TEST(foreign_text_cannot_drive_the_terminal),
        UNIT_TEST(human_shows_the_frame),
        UNIT_TEST(frames_point_at_what_is_meant),
        UNIT_TEST(long_lines_are_cut_to_the_width),
        UNIT_TEST(machine_lines),
        UNIT_TEST(documents_say_what_they_must),
        UNIT_TEST(errors_are_told_from_the_outside),
        UNIT_TEST(markdown_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
