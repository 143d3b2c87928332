#include "tests/unit/unit.h"

#include "base/buf.h"
#include "base/limits.h"
#include "dockerfile/dockerfile.h"

static struct dockerfile *parse(struct arena *arena, str text)
{
    return dockerfile_parse(arena, source_new(arena, STR("Dockerfile"), text));
}

/* One line that says what was understood: KEYWORD --flag [word] {name=value} <<heredoc>>; ... */
static void show(struct buf *buf, const struct instruction *in)
{
    buf_fmt(buf, "%s", in->kind ? instruction_name(in->kind) : "?");
    VEC_EACH(struct flag, flag, in->flags)
        buf_fmt(buf, " %.*s", STR_ARG(flag->text));
    buf_fmt(buf, in->json ? " json" : in->json_failed ? " nojson" : "");
    if (in->healthcheck.len > 0)
        buf_fmt(buf, " (%.*s)", STR_ARG(in->healthcheck));
    if (in->pairs.count == 0)
        VEC_EACH(struct word, word, in->words)
            buf_fmt(buf, " [%.*s]", STR_ARG(word->raw));
    VEC_EACH(struct pair, pair, in->pairs)
        buf_fmt(buf, " {%.*s%s%.*s}", STR_ARG(pair->name), pair->has_value ? "=" : "",
                STR_ARG(pair->value));
    if (in->trigger) {
        buf_fmt(buf, " -> ");
        show(buf, in->trigger);
        return;
    }
    VEC_EACH(struct heredoc, heredoc, in->heredocs)
        buf_fmt(buf, " <<%.*s%s%s:%.*s>>", STR_ARG(heredoc->name), heredoc->expand ? "" : "'",
                heredoc->terminated ? "" : "!", STR_ARG(heredoc->body));
}

static str shown(struct arena *arena, const struct dockerfile *file)
{
    struct buf buf = buf_init(arena, 65536);
    VEC_EACH(struct instruction, in, file->instructions) {
        if (in->index > 0)
            buf_add(&buf, STR("; "));
        show(&buf, in);
        if (in->broken)
            buf_add_char(&buf, '!');
    }
    return buf_str(&buf);
}

#define F "FROM x\n"
#define G "FROM [x]; "

static const struct {
    const char *says, *text, *want;
} cases[] = {
    /* lines */
    {"an escape at the end of a line goes on", F "RUN a \\\n  b", G "RUN [a   b]"},
    {"blanks may follow the escape", F "RUN a \\ \t\n b", G "RUN [a  b]"},
    {"a doubled escape does not go on", F "RUN a \\\\\nRUN b", G "RUN [a \\\\]; RUN [b]"},
    {"a line with only the escape goes on", F "RUN a \\\n\\\nb", G "RUN [a b]"},
    {"an escape alone may come first", F "\\\nRUN a", G "RUN [a]"},
    {"a continuation may end the file", F "RUN a \\", G "RUN [a]"},
    {"a continuation may end the file behind a line end", F "RUN a \\\n", G "RUN [a]"},
    {"comments vanish inside a continuation", F "RUN a \\\n # x\n#y\n b", G "RUN [a  b]"},
    {"comments vanish inside a quoted string", F "RUN echo 'a \\\n# x\nb'", G "RUN [echo 'a b']"},
    {"blank lines are skipped inside a continuation", F "RUN a \\\n\n \n b", G "RUN [a  b]"},
    {"the first line loses its leading blanks", "  \tFROM x", "FROM [x]"},
    {"a # inside a line is no comment", F "RUN a # b", G "RUN [a # b]"},
    {"CRLF line ends are tolerated", "FROM x\r\nRUN a \\\r\n b\r\n", G "RUN [a  b]"},
    {"a byte order mark is skipped",
     "\xef\xbb\xbf"
     "FROM x",
     "FROM [x]"},
    {"the last line needs no end", F "RUN a", G "RUN [a]"},
    {"keywords are read in any case", "from x\nrUn a", G "RUN [a]"},
    {"a no-break space around is a blank too", F "RUN a\xc2\xa0\n", G "RUN [a]"},
    /* directives */
    {"the escape directive changes continuations", "# escape=`\n" F "RUN a `\n b \\\nRUN c",
     G "RUN [a  b \\]; RUN [c]"},
    {"directive keys are read in any case", "#ESCAPE = ` \n" F "RUN a `\nb", G "RUN [a b]"},
    {"a blank line ends directives", "\n# escape=`\n" F "RUN a `\nRUN b", G "RUN [a `]; RUN [b]"},
    {"prose ends directives", "# hello\n# escape=`\n" F "RUN a `\nRUN b", G "RUN [a `]; RUN [b]"},
    {"an unknown key ends directives", "# x=y\n# escape=`\n" F "RUN a `\nRUN b",
     G "RUN [a `]; RUN [b]"},
    /* flags */
    {"flags end at the first other word", F "COPY --from=a --link b --c d",
     G "COPY --from=a --link [b] [--c] [d]"},
    {"quotes in flags go", F "RUN --mount=\"type=cache,target=/a b\" x",
     G "RUN --mount=type=cache,target=/a b [x]"},
    {"escapes in flags go", F "COPY --chown=a\\ b c d", G "COPY --chown=a b [c] [d]"},
    {"a bare -- ends flags", F "RUN -- --x", G "RUN [--x]"},
    {"a flag may stand on a line of its own", F "RUN --network=none \\\n  x",
     G "RUN --network=none [x]"},
    /* JSON or shell */
    {"an array of strings is the exec form", F "CMD [\"a\", \"b c\"]", G "CMD json [a] [b c]"},
    {"escapes in JSON are decoded", F "CMD [\"\\u00e9\\t\\\"\"]", G "CMD json [\xc3\xa9\t\"]"},
    {"surrogates make one character", F "CMD [\"\\ud83d\\ude00\"]",
     G "CMD json [\xf0\x9f\x98\x80]"},
    {"an empty array is JSON", F "CMD []", G "CMD json"},
    {"single quotes are shell form", F "CMD ['a']", G "CMD nojson [['a']]"},
    {"a trailing comma is shell form", F "CMD [\"a\",]", G "CMD nojson [[\"a\",]]"},
    {"an unquoted variable is shell form", F "CMD [$X]", G "CMD nojson [[$X]]"},
    {"a number makes the instruction bad", F "CMD [1]", G "CMD!"},
    {"a nested list makes it bad", F "CMD [[\"a\"]]", G "CMD!"},
    {"COPY takes JSON", F "COPY [\"a b\", \"c\"]", G "COPY json [a b] [c]"},
    {"VOLUME takes JSON", F "VOLUME [\"/a\"]", G "VOLUME json [/a]"},
    {"HEALTHCHECK CMD takes JSON", F "HEALTHCHECK --interval=5s CMD [\"a\"]",
     G "HEALTHCHECK --interval=5s json (CMD) [a]"},
    {"EXPOSE knows no JSON", F "EXPOSE [\"80\"]", G "EXPOSE [[\"80\"]]"},
    {"COPY splits at blanks, quotes or not", F "COPY a\tb /c", G "COPY [a] [b] [/c]"},
    {"JSON may span lines", F "CMD [\"a\", \\\n \"b\"]", G "CMD json [a] [b]"},
    /* ENV, LABEL, ARG */
    {"ENV takes several pairs", F "ENV a=1 b=\"2 3\" c=4\\ 5", G "ENV {a=1} {b=\"2 3\"} {c=4\\ 5}"},
    {"a first word without = selects the old form", F "ENV a b=c  d", G "ENV {a=b=c  d}"},
    {"LABEL has the old form too", F "LABEL a b", G "LABEL {a=b}"},
    {"the old form needs a value", F "ENV a", G "ENV!"},
    {"a later word without = is bad", F "ENV a=1 b", G "ENV {a=1} {b}!"},
    {"an empty name is bad", F "ENV =1", G "ENV {=1}!"},
    {"ARG takes several names", F "ARG a b=1", G "ARG {a} {b=1}"},
    {"a value may be empty", F "ENV a=", G "ENV {a=}"},
    /* heredocs */
    {"RUN takes a heredoc", F "RUN <<EOF\na\nEOF\nRUN b", G "RUN [<<EOF] <<EOF:a\n>>; RUN [b]"},
    {"quotes turn expansion off", F "COPY <<'E' /a\n$x\nE\n", G "COPY [<<'E'] [/a] <<E':$x\n>>"},
    {"quoting a part is enough", F "COPY <<E\"O\" /a\nEO\n", G "COPY [<<E\"O\"] [/a] <<EO':>>"},
    {"<<- strips tabs, also before the end", F "RUN <<-E\n\ta\n\t\tE\n", G "RUN [<<-E] <<E:a\n>>"},
    {"<<- keeps spaces", F "RUN <<-E\n  a\nE\n", G "RUN [<<-E] <<E:  a\n>>"},
    {"the end is the whole line", F "RUN <<E\nE \n E\nE\n", G "RUN [<<E] <<E:E \n E\n>>"},
    {"digits may stand in front", F "RUN 3<<E cat\na\nE\n", G "RUN [3<<E cat] <<E:a\n>>"},
    {"blanks may follow <<", F "RUN cat << E\na\nE\n", G "RUN [cat << E] <<E:a\n>>"},
    {"<<< is none", F "RUN cat <<<E\nRUN a", G "RUN [cat <<<E]; RUN [a]"},
    {"<< glued to a name is none", F "RUN cat<<E\nRUN a", G "RUN [cat<<E]; RUN [a]"},
    {"bodies follow in order", F "RUN <<A <<B\na\nA\nb\nB\n",
     G "RUN [<<A <<B] <<A:a\n>> <<B:b\n>>"},
    {"bodies have no comments and no continuations", F "RUN <<E\n# a\nb \\\nE\n",
     G "RUN [<<E] <<E:# a\nb \\\n>>"},
    {"JSON has no heredocs", F "CMD [\"<<E\"]\nRUN a", G "CMD json [<<E]; RUN [a]"},
    {"ENV has no heredocs", F "ENV a=<<E\nRUN a", G "ENV {a=<<E}; RUN [a]"},
    {"ONBUILD of RUN has heredocs", F "ONBUILD RUN <<E\na\nE\n",
     G "ONBUILD -> RUN [<<E] <<E:a\n>>"},
    {"CRLF ends a heredoc too", "FROM x\r\nRUN <<E\r\na\r\nE\r\n", G "RUN [<<E] <<E:a\r\n>>"},
    {"an open quote means no heredoc at all", F "RUN <<E it's\nRUN a", G "RUN [<<E it's]; RUN [a]"},
    {"without its end, the next instruction is still read", F "RUN <<E\na\nRUN b",
     G "RUN [<<E] <<E!:a\n>>!; RUN [b]"},
    {"the comment behind a heredoc is a comment", F "RUN <<E\nE\n# x\nRUN b",
     G "RUN [<<E] <<E:>>; RUN [b]"},
    {"backtick files read heredoc names with backslashes", "# escape=`\n" F "RUN <<\\E\na\nE\n",
     G "RUN [<<\\E] <<E:a\n>>"},
    /* ONBUILD and others */
    {"ONBUILD holds an instruction", F "ONBUILD COPY --link a b",
     G "ONBUILD -> COPY --link [a] [b]"},
    {"ONBUILD may not hold FROM", F "ONBUILD FROM y", G "ONBUILD -> FROM [y]!"},
    {"ONBUILD may not hold ONBUILD", F "ONBUILD ONBUILD RUN a", G "ONBUILD -> ONBUILD -> RUN [a]!"},
    {"HEALTHCHECK NONE", F "HEALTHCHECK NONE", G "HEALTHCHECK (NONE)"},
    {"a bad instruction costs only itself", F "RUM a\nCOPY b\nRUN c", G "?!; COPY [b]!; RUN [c]"},
    {"nothing may stand before FROM", "RUN a\nFROM x", "RUN [a]!; FROM [x]"},
    {"but ARG may", "ARG a=1\nFROM x", "ARG {a=1}; FROM [x]"},
};

static void a_file_is_understood(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        str text = str_from(cases[i].text);
        struct dockerfile *file = parse(*state, text);
        unit_row_str(&rows, cases[i].says, shown(*state, file), str_from(cases[i].want));
        unit_row_str(&rows, cases[i].says, dockerfile_print(*state, file), text);
    }
    assert_rows(rows);
}

/* -- directives ------------------------------------------------------------------------------- */

static const struct {
    const char *says, *text, *syntax, *check;
} directives[] = {
    {"syntax", "# syntax=a/b:1\nFROM x", "a/b:1", ""},
    {"the reference ends at a blank", "# syntax=a b\nFROM x", "a", ""},
    {"check", "# check=skip=all;error=true\nFROM x", "", "skip=all;error=true"},
    {"both", "# syntax=a\n# check=skip=b\nFROM x", "a", "skip=b"},
    {"behind a comment they are inert", "# hello\n# syntax=a\nFROM x", "", ""},
    {"a #! line may precede", "#!/usr/bin/x\n# syntax=a\nFROM x", "a", ""},
    {"// works for syntax", "//syntax=a\n", "a", ""},
    {"// does not work for check", "//check=skip=all\n", "", ""},
    {"so does a JSON object", "{\"a\": [1], \"syntax\": \"b\"}", "b", ""},
    {"an empty value is none", "# syntax=\nFROM x", "", ""},
    {"a BOM is skipped",
     "\xef\xbb\xbf"
     "# syntax=a\nFROM x",
     "a", ""},
};

static void directives_are_the_leading_lines(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(directives); i++) {
        struct dockerfile *file = parse(*state, str_from(directives[i].text));
        unit_row_str(&rows, directives[i].says, file->directives.syntax,
                     str_from(directives[i].syntax));
        unit_row_str(&rows, directives[i].says, file->directives.check,
                     str_from(directives[i].check));
    }
    assert_rows(rows);
}

/* -- places ----------------------------------------------------------------------------------- */

/* `what` of the last instruction, and the bytes of the source that it must be. */
static const struct {
    const char *says, *text;
    enum { AT, KEYWORD, WORD, FLAG, FLAG_VALUE, PAIR_VALUE, HEREDOC, BODY, END, TRIGGER } what;
    const char *want;
} places[] = {
    {"an instruction ends with its last line", F "RUN a \\\n b\n", AT, "RUN a \\\n b"},
    {"comments behind the last line are not in it", F "RUN a\n# b\n", AT, "RUN a"},
    {"a heredoc belongs to it", F "RUN <<E\na\nE\n", AT, "RUN <<E\na\nE"},
    {"the keyword", F "  run a", KEYWORD, "run"},
    {"a word may go through a join", F "EXPOSE 80\\\n80", WORD, "80\\\n80"},
    {"a JSON word has its quotes", F "CMD [ \\\n# c\n \"a\" ]", WORD, "\"a\""},
    {"a flag has its dashes", F "RUN \\\n --network=none x", FLAG, "--network=none"},
    {"a flag's value is as written", F "RUN --mount=\"type=ssh\" x", FLAG_VALUE, "\"type=ssh\""},
    {"a value", F "ENV a=1 \\\n b=\"2 3\"", PAIR_VALUE, "\"2 3\""},
    {"an old value", F "ENV a  b c ", PAIR_VALUE, "b c"},
    {"the heredoc's word", F "RUN cat \\\n <<-'E' x\nE\n", HEREDOC, "<<-'E'"},
    {"the body is whole lines", F "RUN <<-E\n\ta\n\tb\n\tE\n", BODY, "\ta\n\tb\n"},
    {"the end is a line", F "RUN <<-E\n\ta\n\tE\n", END, "\tE"},
    {"the trigger", F "ONBUILD  RUN \\\n a", TRIGGER, "RUN \\\n a"},
};

static span place_of(const struct instruction *in, int what)
{
    switch (what) {
    case AT: return in->at;
    case KEYWORD: return in->keyword_at;
    case WORD: return vec_last(&in->words)->at;
    case FLAG: return vec_last(&in->flags)->at;
    case FLAG_VALUE: return vec_last(&in->flags)->value_at;
    case PAIR_VALUE: return vec_last(&in->pairs)->value_at;
    case HEREDOC: return vec_last(&in->heredocs)->at;
    case BODY: return vec_last(&in->heredocs)->body_at;
    case END: return vec_last(&in->heredocs)->end_at;
    default: return in->trigger->at;
    }
}

static void everything_knows_its_place(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        struct dockerfile *file = parse(*state, str_from(places[i].text));
        span at = place_of(vec_last(&file->instructions), places[i].what);
        unit_row_str(&rows, places[i].says, source_text(file->source, at),
                     str_from(places[i].want));
    }
    assert_rows(rows);
}

static void comments_know_what_they_precede(void **state)
{
    struct dockerfile *file =
        parse(*state, STR("# syntax=a\n# one\nFROM x\n  #two \nRUN a \\\n#three\n b\n# four"));
    assert_int_equal(file->comments.count, 4);
    static const struct {
        const char *text;
        uint32_t before, line;
        bool inside;
    } want[] = {
        {"one", 0, 2, false}, {"two", 1, 4, false}, {"three", 1, 6, true}, {"four", 2, 8, false}};
    struct unit_rows rows = {0};
    for (uint32_t i = 0; i < 4; i++) {
        const struct comment *comment = &file->comments.at[i];
        unit_row_str(&rows, "text", comment->text, str_from(want[i].text));
        unit_row(&rows, want[i].text,
                 comment->before == want[i].before && comment->line == want[i].line &&
                     comment->inside == want[i].inside);
    }
    assert_rows(rows);
}

/* -- hostile files ---------------------------------------------------------------------------- */

static str repeat(struct arena *arena, str text, size_t count)
{
    struct buf buf = buf_init(arena, text.len * count + 1);
    for (size_t i = 0; i < count; i++)
        buf_add(&buf, text);
    return buf_str(&buf);
}

static bool has_problem(const struct dockerfile *file, enum problem_kind kind)
{
    VEC_EACH(struct problem, problem, file->problems)
        if (problem->kind == kind)
            return true;
    return false;
}

static void a_long_line_costs_its_instruction(void **state)
{
    str fits = repeat(*state, STR("a"), LIMIT_DOCKERFILE_LINE - 4);
    str text =
        str_fmt(*state, "FROM x\nRUN %.*s\nRUN %.*sb\nRUN c\n", STR_ARG(fits), STR_ARG(fits));
    struct dockerfile *file = parse(*state, text);
    assert_int_equal(file->instructions.count, 4);
    assert_false(file->instructions.at[1].broken);
    assert_true(file->instructions.at[2].broken);
    assert_false(file->instructions.at[3].broken);
    assert_int_equal(file->problems.count, 1);
    assert_int_equal(file->problems.at[0].kind, PROBLEM_LONG_LINE);
}

static void a_long_instruction_is_not_read(void **state)
{
    str lines = repeat(*state, STR("aaaaaaaaaaaaaaa\\\n"), LIMIT_INSTRUCTION / 15 + 1);
    struct dockerfile *file =
        parse(*state, str_fmt(*state, "FROM x\nRUN %.*sz\nRUN b", STR_ARG(lines)));
    assert_int_equal(file->instructions.count, 3);
    assert_true(file->instructions.at[1].broken);
    assert_true(has_problem(file, PROBLEM_LIMIT));
    assert_false(file->instructions.at[2].broken);
}

static void what_is_not_text_is_said_once(void **state)
{
    struct dockerfile *file = parse(*state, STR("\x7f"
                                                "ELF\0\0\1\n\0\2\n\0\3\n"));
    assert_true(has_problem(file, PROBLEM_ENCODING));
    assert_false(has_problem(file, PROBLEM_UNKNOWN_INSTRUCTION));
    file = parse(*state, STR("\xff\xfe"
                             "F\0R\0O\0M\0"));
    assert_int_equal(file->instructions.count, 0);
    assert_int_equal(file->problems.count, 1);
    assert_int_equal(file->problems.at[0].kind, PROBLEM_ENCODING);
}

static void nothing_is_said_to_be_nothing(void **state)
{
    static const char *const empty[] = {"", "\n", "# a", "  \n\t\n"};
    for (size_t i = 0; i < ARRAY_COUNT(empty); i++) {
        struct dockerfile *file = parse(*state, str_from(empty[i]));
        assert_int_equal(file->problems.count, 1);
        assert_int_equal(file->problems.at[0].kind, PROBLEM_NO_FROM);
    }
}

/* Each of these took quadratic time in some parser; here a large one ends at once. */
static void large_files_take_linear_time(void **state)
{
    static const char *const lines[] = {
        "RUN a\n",
        "RUN <<E\n",
        "ONBUILD ONBUILD ONBUILD ONBUILD RUN a\n",
        "FROM a AS a\n",
        "ENV a=${a}${a}\n",
        "a \\\n",
        "\\\n\n",
        "COPY ${a:-${a:-${a:-b}}} '\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        struct arena_mark mark = arena_mark(*state);
        str text = repeat(*state, str_from(lines[i]), 100000);
        struct dockerfile *file = parse(*state, text);
        assert_true(str_eq(dockerfile_print(*state, file), text));
        arena_rewind(*state, mark);
    }
    struct dockerfile *file = parse(*state, repeat(*state, STR("A\n"), 300000));
    assert_int_equal(file->instructions.count, DOCKERFILE_INSTRUCTIONS_MAX);
    assert_true(has_problem(file, PROBLEM_LIMIT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_file_is_understood),
        UNIT_TEST(directives_are_the_leading_lines),
        UNIT_TEST(everything_knows_its_place),
        UNIT_TEST(comments_know_what_they_precede),
        UNIT_TEST(a_long_line_costs_its_instruction),
        UNIT_TEST(a_long_instruction_is_not_read),
        UNIT_TEST(what_is_not_text_is_said_once),
        UNIT_TEST(nothing_is_said_to_be_nothing),
        UNIT_TEST(large_files_take_linear_time),
    };
    return cmocka_run_group_tests_name("parse_dockerfile", tests, NULL, NULL);
}
