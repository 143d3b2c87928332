#include "shell/shell.h"
#include "tests/unit/unit.h"

#include "base/buf.h"

/* What rules ask of a command, where it stands in the source, and what only bash knows. */

static struct script *parsed(struct arena *arena, str text, enum shell_dialect dialect)
{
    const struct source *source = source_new(arena, STR("x"), text);
    struct joined *joined = NEW(arena, struct joined);
    *joined = joined_of(arena, source, (span){0, (uint32_t)text.len});
    return shell_parse(arena, joined, dialect);
}

static const struct shell_command *first(struct arena *arena, const char *text)
{
    struct script *script = parsed(arena, str_from(text), SHELL_SH);
    assert_true(script->commands.count > 0);
    return &script->commands.at[0];
}

static void options_are_found_as_the_program_reads_them(void **state)
{
    static const struct {
        const char *says, *text, *option, *want; /* want: the value; "+" there; NULL not there */
    } cases[] = {
        {"alone", "apt-get install -y x", "-y", "+"},
        {"in a bundle", "apt-get install -qy x", "-y", "+"},
        {"not there", "apt-get install -q x", "-y", NULL},
        {"a long one is no bundle", "apt-get install --yes x", "-y", NULL},
        {"a long one", "apt-get install --yes x", "--yes", "+"},
        {"a long one with a value", "npm ci --omit=dev", "--omit", "dev"},
        {"a value behind a blank", "npm ci --omit dev", "--omit", "dev"},
        {"a value glued to its letter", "curl -ofile x", "-o", "file"},
        {"a value behind its letter", "curl -o file x", "-o", "file"},
        {"a value at the end of a bundle", "curl -sSLo file x", "-o", "file"},
        {"behind --", "rm -- -f", "-f", NULL},
        {"the start of another one", "x --yesterday", "--yes", NULL},
        {"in the value of another option", "curl -o -f x", "-f", NULL},
        {"unknown words are no option", "x $opts", "-y", NULL},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct shell_command *command = first(*state, cases[i].text);
        bool there = shell_option(command, cases[i].option) != NULL;
        unit_row(&rows, cases[i].says, there == (cases[i].want != NULL));
        str value = STR("");
        if (cases[i].want && *cases[i].want != '+') {
            unit_row(&rows, cases[i].says, shell_option_value(command, cases[i].option, &value));
            unit_row_str(&rows, cases[i].says, value, str_from(cases[i].want));
        }
    }
    assert_rows(rows);
}

static void subcommands_and_operands(void **state)
{
    static const struct {
        const char *text, *sub, *operands;
    } cases[] = {
        {"apt-get -y install curl git", "install", "curl git "},
        {"apt-get -o X=Y install curl", "install", "curl "},
        {"apt-get install -t stable curl", "install", "curl "},
        {"git -C /x clone url dir", "clone", "url dir "},
        {"npm --prefix /a ci", "ci", ""},
        {"pip install -r req.txt flask==1", "install", "flask==1 "},
        {"apk add --virtual .deps gcc", "add", "gcc "},
        {"apt-get install $PACKAGES", "install", "?$PACKAGES "},
        {"apt-get $ACTION x", "", NULL},
        {"apt-get", "", NULL},
        {"rm -rf -- -x y", NULL, "-x y "},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct shell_command *command = first(*state, cases[i].text);
        const struct shell_word *sub = shell_subcommand(command);
        if (cases[i].sub)
            unit_row_str(&rows, cases[i].text, sub ? sub->value : STR(""), str_from(cases[i].sub));
        const char *name = str_z(*state, command->name);
        if (cases[i].sub && *cases[i].sub)
            unit_row(&rows, cases[i].text,
                     shell_is(command, name, cases[i].sub) && !shell_is(command, name, "x-y"));
        if (!cases[i].operands)
            continue;
        struct shell_words operands = shell_operands(*state, command, cases[i].sub != NULL);
        struct buf out = buf_init(*state, 1000);
        VEC_EACH(struct shell_word, word, operands)
            buf_fmt(&out, "%s%.*s ", word->known ? "" : "?",
                    STR_ARG(word->known ? word->value : word->raw));
        unit_row_str(&rows, cases[i].text, buf_str(&out), str_from(cases[i].operands));
    }
    assert_rows(rows);
}

/* The source of the words of a RUN whose lines are joined: a comment and a blank line between. */
static void spans_lead_through_line_joins(void **state)
{
    struct arena *arena = *state;
    str text =
        STR("RUN apt-get \\\n    # note\n\n  inst\\\nall x && \\\n  sh -c \"rm \\\"/a b\\\"\"\n");
    const struct source *source = source_new(arena, STR("x"), text);
    struct joined joined = {.text = STR("apt-get   install x &&   sh -c \"rm \\\"/a b\\\"\"")};
    static const struct joined_piece pieces[] = {{0, 4}, {8, 26}, {14, 34}, {23, 45}};
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
        vec_push(arena, &joined.pieces, pieces[i]);
    struct script *script = shell_parse(arena, &joined, SHELL_SH);
    struct unit_rows rows = {0};
    unit_row_str(&rows, "the joined text again", shell_print(arena, script), joined.text);
    assert_int_equal(script->commands.count, 3);
    const struct shell_command *apt = &script->commands.at[0], *rm = &script->commands.at[2];
    unit_row_str(&rows, "a word before the join", source_text(source, apt->argv.at[0].at),
                 STR("apt-get"));
    unit_row_str(&rows, "a word with a join inside", source_text(source, apt->argv.at[1].at),
                 STR("inst\\\nall"));
    unit_row_str(&rows, "its value", apt->argv.at[1].value, STR("install"));
    unit_row_str(&rows, "a command over lines", source_text(source, apt->at),
                 STR("apt-get \\\n    # note\n\n  inst\\\nall x"));
    unit_row_str(&rows, "what separates", source_text(source, apt->separator_at), STR("&&"));
    unit_row_str(&rows, "inside of sh -c", source_text(source, rm->argv.at[0].at), STR("rm"));
    unit_row_str(&rows, "through escapes", rm->argv.at[1].value, STR("/a b"));
    unit_row(&rows, "which command holds it", rm->outer == 1);
    assert_rows(rows);
}

static void what_only_bash_knows(void **state)
{
    static const struct {
        const char *text, *what, *code;
    } cases[] = {
        {"[[ a == b ]]", "[[", "SC3010"},
        {"a=(1 2)", "array", NULL},
        {"diff <(a) b", "process substitution", NULL},
        {"source x", "source", NULL},
        {"echo $'x'", "$'", NULL},
        {"a &> f", "&>", NULL},
        {"[ a == b ]", "==", "SC3014"},
        {"a <<< b", "here-string", "SC3011"},
        {"set -o pipefail", "pipefail", NULL},
        {"a && b | c > d 2>&1", NULL, NULL},
        {"[ a = b ] && x=${y:-z}", NULL, NULL},
        {"echo '[[ a ]]' \"<(b)\"", NULL, NULL},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct script *script = parsed(*state, str_from(cases[i].text), SHELL_SH);
        bool any = script->bashisms.count > 0;
        unit_row(&rows, cases[i].text, any == (cases[i].what != NULL));
        if (!any || !cases[i].what)
            continue;
        bool named = false;
        VEC_EACH(struct shell_bashism, bashism, script->bashisms)
            named = named ||
                    (str_has(str_from(bashism->what), str_from(cases[i].what)) &&
                     (!cases[i].code ||
                      (bashism->code && str_eq(str_from(bashism->code), str_from(cases[i].code)))));
        if (!named)
            print_error("  what: %s %s\n", script->bashisms.at[0].what,
                        script->bashisms.at[0].code);
        unit_row(&rows, cases[i].text, named);
    }
    assert_rows(rows);
}

static void set_options(void **state)
{
    static const struct {
        const char *text;
        bool errexit, pipefail;
    } cases[] = {
        {"set -e; a", true, false},
        {"set -eux; a", true, false},
        {"set -o errexit; a", true, false},
        {"set -euo pipefail; a | b", true, true},
        {"set -e -o pipefail && a", true, true},
        {"if a; then set -e; fi", false, false},
        {"(set -e); a", false, false},
        {"set +e", false, false},
        {"echo set -e", false, false},
        {"a", false, false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct script *script = parsed(*state, str_from(cases[i].text), SHELL_BASH);
        unit_row(&rows, cases[i].text, script->sets_errexit == cases[i].errexit);
        unit_row(&rows, cases[i].text, script->sets_pipefail == cases[i].pipefail);
    }
    assert_rows(rows);
}

/* `times` pieces, one after the other. */
static str repeated(struct arena *arena, const char *piece, int times)
{
    struct buf out = buf_init(arena, 1 << 24);
    for (int i = 0; i < times; i++)
        buf_add(&out, str_from(piece));
    return buf_str(&out);
}

/* Deep or long texts are read to their end, in bounded depth and in proportion. */
static void depth_is_bounded(void **state)
{
    static const struct {
        const char *piece;
        int times;
    } cases[] = {
        {"(", 100000},
        {"{ ", 100000},
        {"$(", 100000},
        {"`", 100000},
        {"if a; then ", 20000},
        {"${x:-", 100000},
        {"\"$(", 50000},
        {"$((", 50000},
        {"case x in a) ", 20000},
        {"a && ", 100000},
        {"a | ", 100000},
        {"! ", 100000},
        {"sudo ", 100000},
        {"env A=1 ", 50000},
        {"sh -c '", 50000},
        {"eval ", 50000},
        {"<<E ", 20000},
        {"'\\\n", 50000},
        {"f() ", 50000},
        {"\\\n", 100000},
        {"[[ ", 50000},
        {"{a,", 100000},
        {"[", 100000},
        {"a=(", 50000},
        {"time ", 100000},
        {"find . -exec ", 50000},
        {"xargs ", 50000},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct arena_mark mark = arena_mark(*state);
        str text = repeated(*state, cases[i].piece, cases[i].times);
        struct script *script = parsed(*state, text, SHELL_BASH);
        unit_row(&rows, cases[i].piece, str_eq(shell_print(*state, script), text));
        arena_rewind(*state, mark);
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(options_are_found_as_the_program_reads_them),
        UNIT_TEST(subcommands_and_operands),
        UNIT_TEST(spans_lead_through_line_joins),
        UNIT_TEST(what_only_bash_knows),
        UNIT_TEST(set_options),
        UNIT_TEST(depth_is_bounded),
    };
    return cmocka_run_group_tests_name("shell/questions", tests, NULL, NULL);
}
