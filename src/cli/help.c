#include "cli/cli.h"

#include "base/buf.h"

/* --help, from the tables. */

enum { HELP_BYTES_MAX = 256 << 10, TERM_INDENT = 2, HELP_COLUMN = 30 };

/* Words of `text` broken to the width; the first line begins at `column`, the others at `indent`.
 * */
static void put_wrapped(struct buf *out, str text, size_t column, size_t indent, unsigned width)
{
    str word;
    bool first = true;
    while (str_next_word(&text, &word)) {
        if (!first && column + 1 + word.len > width) {
            buf_fmt(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            buf_add_char(out, ' ');
            column++;
        }
        buf_add(out, word);
        column += word.len;
        first = false;
    }
    buf_add_char(out, '\n');
}

/* "  term                        what it is" */
static void put_row(struct buf *out, str term, str text, size_t column, unsigned width)
{
    buf_fmt(out, "%*s%.*s", TERM_INDENT, "", STR_ARG(term));
    size_t used = TERM_INDENT + term.len;
    if (used + 2 > column) {
        buf_add_char(out, '\n');
        used = 0;
    }
    buf_fmt(out, "%*s", (int)(column - used), "");
    put_wrapped(out, text, column, column, width);
}

static str opt_term(struct arena *arena, const struct command *command, const struct opt *opt)
{
    str value = opt->kind == OPT_CHOICE && opt->value && str_has_char(str_from(opt->value), '|')
                    ? STR("WHEN")
                    : str_from(opt->value);
    if (opt->kind == OPT_CHOICE && opt == &common_opts[COMMON_FORMAT])
        value = STR("FORMAT");
    else if (opt->kind == OPT_CHOICE && opt->offset != offsetof(struct common, color))
        value = STR("WORD");
    char letter = opt_letter(command, opt);
    str term = letter ? str_fmt(arena, "-%c, --%s", letter, opt->name)
                      : str_fmt(arena, "    --%s", opt->name);
    return value.len ? str_fmt(arena, "%.*s %.*s", STR_ARG(term), STR_ARG(value)) : term;
}

static str opt_text(struct arena *arena, const struct command *command, const struct opt *opt)
{
    if (opt->kind != OPT_CHOICE)
        return str_from(opt->help);
    str words = str_replace(arena, opt_value_text(command, opt), STR("|"), STR(", "));
    return str_fmt(arena, "%s: %.*s", opt->help, STR_ARG(words));
}

static void put_opt(struct buf *out, const struct command *command, const struct opt *opt,
                    unsigned width)
{
    put_row(out, opt_term(out->arena, command, opt), opt_text(out->arena, command, opt),
            HELP_COLUMN, width);
}

static void put_examples(struct buf *out, const char *examples, unsigned width)
{
    str rest = str_from(examples), line;
    if (!rest.len)
        return;
    buf_add(out, STR("\nExamples:\n"));
    while (str_next_line(&rest, &line)) {
        size_t tab = str_find_char(line, '\t');
        put_row(out, str_slice(line, 0, tab), str_from_index(line, tab + 1), 52, width);
    }
}

/* The commands whose names begin with this one's. */
static void put_verbs(struct buf *out, const struct command *command, unsigned width)
{
    bool first = true;
    for (size_t i = 0; i < command_count; i++) {
        if (!command_is_verb_of(commands[i], command))
            continue;
        if (first)
            buf_add(out, STR("\nCommands:\n"));
        first = false;
        put_row(out, str_from(commands[i]->name), str_from(commands[i]->summary), 20, width);
    }
}

str help_command(struct arena *arena, const struct command *command, unsigned width)
{
    struct buf out = buf_init(arena, HELP_BYTES_MAX);
    buf_fmt(&out, "Usage: plimsoll %s [OPTION...]%s%s\n\n", command->name,
            *command->operands ? " " : "", command->operands);
    str about = str_from(command->about), line;
    while (str_next_line(&about, &line))
        put_wrapped(&out, line, 0, 0, width);
    put_verbs(&out, command, width);
    buf_add(&out, STR("\nOptions:\n"));
    for (size_t i = 0; i < command->opt_count; i++)
        put_opt(&out, command, &command->opts[i], width);
    for (size_t i = 0; i < common_opt_count; i++)
        if (command_has_common(command, i))
            put_opt(&out, command, &common_opts[i], width);
    put_examples(&out, command->examples, width);
    return buf_str(&out);
}

str help_program(struct arena *arena, unsigned width)
{
    struct buf out = buf_init(arena, HELP_BYTES_MAX);
    buf_add(&out, STR("Usage: plimsoll [COMMAND] [OPTION...] [ARGUMENT...]\n\n"));
    put_wrapped(&out,
                STR("Plimsoll finds what makes container images large, slow to build or unsafe to "
                    "run, and mends it. Without a command it tells what it found in this "
                    "repository, the biggest wins and the next command."),
                0, 0, width);
    buf_add(&out, STR("\nCommands:\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden && !str_has_char(str_from(commands[i]->name), ' '))
            put_row(&out, str_from(commands[i]->name), str_from(commands[i]->summary), 16, width);
    buf_add(&out, STR("\n"));
    put_wrapped(&out,
                STR("Every option can be given as PLIMSOLL_<OPTION> in the environment. "
                    "'plimsoll COMMAND --help' shows a command's options."),
                0, 0, width);
    return buf_str(&out);
}
