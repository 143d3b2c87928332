#include "cli/cli.h"
#include "tests/unit/unit.h"

#include <string.h>

/* The option parser over a table of its own, with every kind of option. */

struct sample_args {
    bool flag, other;
    str text;
    struct opt_list list, operands;
    uint64_t size, number;
    unsigned choice;
};

#define AT(field) offsetof(struct sample_args, field)
static const struct opt sample_opts[] = {
    {"flag", 'a', OPT_FLAG, AT(flag), NULL, "a flag"},
    {"other", 'b', OPT_FLAG, AT(other), NULL, "another"},
    {"text", 't', OPT_STRING, AT(text), "TEXT", "a text"},
    {"list-of", 'l', OPT_LIST, AT(list), "RULE", "a list"},
    {"size", 0, OPT_SIZE, AT(size), "SIZE", "a size"},
    {"number", 0, OPT_INT, AT(number), "N", "a number"},
    {"choice", 0, OPT_CHOICE, AT(choice), "red|green|blue", "a choice"},
};

static const struct command sample = {
    .name = "sample",
    .summary = "a sample",
    .operands = "[PATH...]",
    .about = "A sample.",
    .opts = sample_opts,
    .opt_count = ARRAY_COUNT(sample_opts),
    .args_size = sizeof(struct sample_args),
    .formats = "human|json",
    .operands_offset = AT(operands),
    .operands_max = 3,
};

/* Everything that was parsed, as one text. */
static str told(struct arena *arena, const struct sample_args *args, const struct common *common)
{
    str text = str_fmt(arena, "%s%s", args->flag ? "a" : "", args->other ? "b" : "");
    if (args->text.at)
        text = str_fmt(arena, "%.*s text=%.*s", STR_ARG(text), STR_ARG(args->text));
    VEC_EACH(str, item, args->list)
        text = str_fmt(arena, "%.*s +%.*s", STR_ARG(text), STR_ARG(*item));
    if (args->size)
        text = str_fmt(arena, "%.*s size=%" PRIu64, STR_ARG(text), args->size);
    if (args->number)
        text = str_fmt(arena, "%.*s number=%" PRIu64, STR_ARG(text), args->number);
    if (args->choice)
        text = str_fmt(arena, "%.*s choice=%u", STR_ARG(text), args->choice);
    if (common->format)
        text = str_fmt(arena, "%.*s format=%u", STR_ARG(text), common->format);
    if (common->quiet)
        text = str_fmt(arena, "%.*s quiet", STR_ARG(text));
    VEC_EACH(str, operand, args->operands)
        text = str_fmt(arena, "%.*s (%.*s)", STR_ARG(text), STR_ARG(*operand));
    return str_trim(text);
}

/* Parse a command line of blank-separated words; the error's first line when it fails. */
static str parsed(struct arena *arena, const char *line, const char *environment)
{
    VEC(str) words = {0};
    str rest = str_from(line), word;
    while (str_next_word(&rest, &word))
        vec_push(arena, &words, word);
    const char *const variables[] = {environment, NULL};
    struct ctx ctx = {.arena = arena, .host = {.environment = variables}, .command = &sample};
    struct sample_args args = {0};
    struct err err = {0};
    if (!opts_parse(&ctx, words.at, words.count, &args, &err))
        return str_fmt(arena, "%s%s%s", err.line[0], err.hint[0] ? " / " : "", err.hint);
    return told(arena, &args, &ctx.common);
}

static const struct {
    const char *says, *line, *environment, *want;
} cases[] = {
    {"nothing", "", NULL, ""},
    {"a long flag", "--flag", NULL, "a"},
    {"short flags in a bundle", "-ab", NULL, "ab"},
    {"a value behind a blank", "--text x", NULL, "text=x"},
    {"a value behind =", "--text=x=y", NULL, "text=x=y"},
    {"an empty value behind =", "--text=", NULL, "text="},
    {"a value in the bundle", "-atx", NULL, "a text=x"},
    {"a value behind a letter", "-t x", NULL, "text=x"},
    {"a value may begin with a dash", "--text -x", NULL, "text=-x"},
    {"lists repeat and split at commas", "--list-of a,b -l c", NULL, "+a +b +c"},
    {"sizes are decimal or binary", "--size 20MiB", NULL, "size=20971520"},
    {"a number", "--number 7", NULL, "number=7"},
    {"a choice is an index", "--choice blue", NULL, "choice=2"},
    {"options and operands mix", "x --flag y", NULL, "a (x) (y)"},
    {"behind -- all are operands", "--flag -- --other -b", NULL, "a (--other) (-b)"},
    {"a lone dash is an operand", "-", NULL, "(-)"},
    {"a common option", "-q --format json", NULL, "format=1 quiet"},
    {"the last one counts", "--text a --text b", NULL, "text=b"},
    {"the environment is a default", "", "PLIMSOLL_TEXT=e", "text=e"},
    {"flag wins over environment", "--text f", "PLIMSOLL_TEXT=e", "text=f"},
    {"a list of the line replaces that of the environment", "-l a", "PLIMSOLL_LIST_OF=b,c", "+a"},
    {"a dash is an underscore in the environment", "", "PLIMSOLL_LIST_OF=b,c", "+b +c"},
    {"an empty variable is none", "", "PLIMSOLL_NUMBER=", ""},
    {"a flag of the environment", "", "PLIMSOLL_FLAG=yes", "a"},
    {"a flag of the environment that is off", "", "PLIMSOLL_FLAG=0", ""},
    {"a format that other commands have is theirs", "", "PLIMSOLL_FORMAT=sarif", ""},
    {"a format that none has is wrong", "", "PLIMSOLL_FORMAT=xyz",
     "PLIMSOLL_FORMAT has no value 'xyz'; it takes human|json"},
    {"an unknown option names the nearest", "--txet x", NULL,
     "'sample' has no option '--txet' / did you mean '--text'?"},
    {"an unknown letter", "-z", NULL,
     "'sample' has no option '-z' / 'plimsoll sample --help' lists its options"},
    {"another tool's option is translated", "--exit-code 1", NULL,
     "'sample' has no option '--exit-code' / here that is '--fail-on': findings at or above it end "
     "with status 1"},
    {"a missing value", "--text", NULL, "--text wants a value: TEXT"},
    {"a wrong choice", "--choice gren", NULL,
     "--choice has no value 'gren'; it takes red|green|blue / did you mean 'green'?"},
    {"a wrong number", "--number x", NULL, "--number wants a number, not 'x'"},
    {"a flag takes no other value", "--flag=maybe", NULL, "--flag is on or off, not 'maybe'"},
    {"too many operands", "a b c d", NULL,
     "'sample' does not take 'd' / usage: plimsoll sample [PATH...]"},
    {"--help judges nothing else", "a b c d --help", NULL, ""},
    {"an empty option name", "--=x", NULL,
     "'sample' has no option '--' / 'plimsoll sample --help' lists its options"},
};

static void options_follow_the_table(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row_str(&rows, cases[i].says, parsed(*state, cases[i].line, cases[i].environment),
                     str_from(cases[i].want));
    assert_rows(rows);
}

/* No command may have an option twice, by name or by letter, or one that its table hides. */
static void tables_are_consistent(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = commands[i];
        for (size_t k = 0; k < command->opt_count; k++)
            for (size_t m = 0; m < command->opt_count + common_opt_count; m++) {
                const struct opt *a = &command->opts[k];
                const struct opt *b = m < command->opt_count ? &command->opts[m]
                                                             : &common_opts[m - command->opt_count];
                bool own = m < command->opt_count; /* a format of its own hides the common one */
                if (a == b || (!own && !command_has_common(command, m - command->opt_count)))
                    continue;
                unit_row(&rows, a->name, strcmp(a->name, b->name) != 0);
                unit_row(&rows, a->name, !own || !a->letter || a->letter != b->letter);
            }
        unit_row(&rows, command->name, command->operands && command->about && command->summary);
    }
    (void)state;
    assert_rows(rows);
}

/* Every alias leads to a command of this version or to one that design promises, never to itself
 * under another name. */
static void aliases_lead_somewhere(void **state)
{
    struct unit_rows rows = {0};
    for (size_t i = 0; i < alias_count; i++) {
        VEC(str) words = {0};
        str rest = str_from(aliases[i].words), word;
        while (str_next_word(&rest, &word))
            vec_push((struct arena *)*state, &words, word);
        size_t used;
        const struct alias *found = alias_find(words.at, words.count, &used);
        unit_row(&rows, aliases[i].words, found == &aliases[i] && used == words.count);
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(options_follow_the_table),
        UNIT_TEST(tables_are_consistent),
        UNIT_TEST(aliases_lead_somewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
