#include "cli/cli.h"

#include "base/buf.h"

/* Man pages in scdoc's language, from the tables. */

enum { MAN_BYTES_MAX = 256 << 10 };

/* What scdoc would take for markup. */
static void put_text(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (str_has_char(STR("_*\\[]#<>~"), text.at[i]) || (i == 0 && text.at[i] == '-'))
            buf_add_char(out, '\\');
        buf_add_char(out, text.at[i]);
    }
}

/* Paragraphs, broken into lines of a readable length. */
static void put_paragraphs(struct buf *out, str text)
{
    str line, word;
    while (str_next_line(&text, &line)) {
        size_t column = 0;
        while (str_next_word(&line, &word)) {
            if (column && column + 1 + word.len > 80) {
                buf_add_char(out, '\n');
                column = 0;
            } else if (column) {
                buf_add_char(out, ' ');
                column++;
            }
            /* A line that begins with '.' or '\'' would be a macro in some readers. */
            put_text(out, word);
            column += word.len;
        }
        buf_add_char(out, '\n');
    }
}

static void put_opt(struct buf *out, const struct command *command, const struct opt *opt)
{
    char letter = opt_letter(command, opt);
    if (letter)
        buf_fmt(out, "*-%c*, ", letter);
    buf_fmt(out, "*--%s*", opt->name);
    str value = opt_value_text(command, opt);
    if (opt->kind == OPT_CHOICE) {
        buf_add(out, STR(" "));
        str word;
        for (bool first = true; str_next(&value, '|', &word); first = false)
            buf_fmt(out, "%s*%.*s*", first ? "" : "|", STR_ARG(word));
    } else if (value.len) {
        buf_add(out, STR(" _"));
        put_text(out, value);
        buf_add(out, STR("_"));
    }
    buf_add(out, STR("\n\t"));
    put_text(out, str_from(opt->help));
    buf_add(out, STR("\n\n"));
}

static void put_options(struct buf *out, const struct command *command)
{
    buf_add(out, STR("\n# OPTIONS\n\n"));
    for (size_t i = 0; i < command->opt_count; i++)
        put_opt(out, command, &command->opts[i]);
    for (size_t i = 0; i < common_opt_count; i++)
        if (command_has_common(command, i))
            put_opt(out, command, &common_opts[i]);
}

static void put_examples(struct buf *out, const char *examples)
{
    str rest = str_from(examples), line;
    if (!rest.len)
        return;
    buf_add(out, STR("# EXAMPLES\n\n"));
    while (str_next_line(&rest, &line)) {
        size_t tab = str_find_char(line, '\t');
        buf_add(out, STR("*"));
        put_text(out, str_slice(line, 0, tab));
        buf_add(out, STR("*\n\t"));
        put_text(out, str_from_index(line, tab + 1));
        buf_add(out, STR("\n\n"));
    }
}

static void put_status(struct buf *out)
{
    buf_add(out, STR("# EXIT STATUS\n\n"
                     "*0*\n\tall is well\n\n"
                     "*1*\n\tfindings at or above the gate\n\n"
                     "*2*\n\ta wrong option, argument or configuration\n\n"
                     "*3*\n\tit could not be done: a missing file, no permission\n\n"
                     "*4*\n\ta proof failed\n\n"));
}

static void put_environment(struct buf *out)
{
    buf_add(out, STR("# ENVIRONMENT\n\n"
                     "*PLIMSOLL\\_*_OPTION_\n"
                     "\tthe default of an option: PLIMSOLL\\_FAIL\\_ON for *--fail-on*\n\n"
                     "*PLIMSOLL\\_NOW*\n"
                     "\tthe date, or the seconds since 1970, to take for now\n\n"
                     "*NO\\_COLOR*\n\tno colour unless *--color always* is given\n\n"
                     "*COLUMNS*\n\tthe width of the output\n\n"));
}

static str command_page(struct arena *arena, const struct command *command)
{
    struct buf out = buf_init(arena, MAN_BYTES_MAX);
    buf_fmt(&out, "plimsoll-%s(1)\n\n# NAME\n\nplimsoll-%s - ", command->name, command->name);
    put_text(&out, str_from(command->summary));
    buf_fmt(&out, "\n\n# SYNOPSIS\n\n*plimsoll %s* [_OPTION_...]", command->name);
    if (*command->operands) {
        buf_add(&out, STR(" "));
        put_text(&out, str_from(command->operands));
    }
    buf_add(&out, STR("\n\n# DESCRIPTION\n\n"));
    put_paragraphs(&out, str_from(command->about));
    put_options(&out, command);
    put_examples(&out, command->examples);
    put_status(&out);
    put_environment(&out);
    buf_add(&out, STR("# SEE ALSO\n\n*plimsoll*(1), *plimsoll.yaml*(5)\n"));
    return buf_str(&out);
}

static str program_page(struct arena *arena)
{
    struct buf out = buf_init(arena, MAN_BYTES_MAX);
    buf_add(&out, STR("plimsoll(1)\n\n# NAME\n\n"
                      "plimsoll - find and mend what makes container images large, slow or unsafe"
                      "\n\n# SYNOPSIS\n\n*plimsoll* [_COMMAND_ [_OPTION_...] [_ARGUMENT_...]]\n\n"
                      "# DESCRIPTION\n\n"
                      "Without a command it tells what it found in this repository, the five\n"
                      "biggest wins and the next command.\n\n# COMMANDS\n\n"));
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i]->hidden)
            continue;
        buf_fmt(&out, "*plimsoll-%s*(1)\n\t", commands[i]->name);
        put_text(&out, str_from(commands[i]->summary));
        buf_add(&out, STR("\n\n"));
    }
    put_status(&out);
    put_environment(&out);
    buf_add(&out, STR("# SEE ALSO\n\n*plimsoll.yaml*(5)\n"));
    return buf_str(&out);
}

str man_page(struct arena *arena, const struct command *command)
{
    return command ? command_page(arena, command) : program_page(arena);
}
