#include "cli/man.h"
#include "cli/cli.h"

/*
 * Man pages in the man(7) macros, from the tables. They are made so that `mandoc -Tlint` has
 * nothing to say, which is why they are not written in a language on top of it.
 */

enum { LINE_WIDTH = 76 };

/* The day of the pages' last change of substance: a date of the build would not be reproducible. */
#define MAN_DATE "2026-11-24"

static void put_escaped(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\\')
            buf_add(out, STR("\\e"));
        else if (c == '-')
            buf_add(out, STR("\\-"));
        else
            buf_add_char(out, c);
    }
}

void man_text(struct buf *out, str text)
{
    str word;
    size_t column = 0;
    while (str_next_word(&text, &word)) {
        if (column && column + 1 + word.len > LINE_WIDTH) {
            buf_add_char(out, '\n');
            column = 0;
        } else if (column) {
            buf_add_char(out, ' ');
            column++;
        }
        if (!column && (word.at[0] == '.' || word.at[0] == '\''))
            buf_add(out, STR("\\&"));
        put_escaped(out, word);
        column += word.len;
        /* An escaped dash is two bytes of input. */
        for (size_t i = 0; i < word.len; i++)
            column += word.at[i] == '-';
    }
    buf_add_char(out, '\n');
}

/* Paragraphs behind a heading: a blank line of the text begins the next one. */
static void put_paragraphs(struct buf *out, str text)
{
    str line;
    while (str_next_line(&text, &line)) {
        if (!str_trim(line).len)
            buf_add(out, STR(".PP\n"));
        else
            man_text(out, line);
    }
}

static void put_upper(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '-')
            buf_add_char(out, '\\');
        buf_add_char(out, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
    }
}

void man_section(struct buf *out, str heading)
{
    buf_add(out, STR(".SH "));
    put_upper(out, heading);
    buf_add_char(out, '\n');
}

void man_head(struct buf *out, str title, const char *section, const char *summary)
{
    buf_add(out, STR(".TH "));
    put_upper(out, title);
    buf_fmt(out, " %s %s \"plimsoll %s\"\n.SH NAME\n", section, MAN_DATE, PLIMSOLL_VERSION);
    put_escaped(out, title);
    buf_add(out, STR(" \\-\n"));
    man_text(out, str_from(summary));
}

void man_term(struct buf *out, str term, str text)
{
    buf_add(out, STR(".TP\n\\fB"));
    put_escaped(out, term);
    buf_add(out, STR("\\fR\n"));
    man_text(out, text);
}

static void put_opt(struct buf *out, const struct command *command, const struct opt *opt)
{
    buf_add(out, STR(".TP\n"));
    char letter = opt_letter(command, opt);
    if (letter)
        buf_fmt(out, "\\fB\\-%c\\fR, ", letter);
    buf_add(out, STR("\\fB\\-\\-"));
    put_escaped(out, str_from(opt->name));
    buf_add(out, STR("\\fR"));
    if (opt->kind != OPT_FLAG) {
        buf_add(out, STR(" \\fI"));
        put_escaped(out, opt->kind == OPT_CHOICE ? STR("WORD") : str_from(opt->value));
        buf_add(out, STR("\\fR"));
    }
    buf_add_char(out, '\n');
    str text = str_from(opt->help);
    if (opt->kind == OPT_CHOICE) {
        str words = str_replace(out->arena, opt_value_text(command, opt), STR("|"), STR(", "));
        text = str_fmt(out->arena, "%s: %.*s", opt->help, STR_ARG(words));
    }
    man_text(out, text);
}

static void put_options(struct buf *out, const struct command *command)
{
    buf_add(out, STR(".SH OPTIONS\n"));
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
    buf_add(out, STR(".SH EXAMPLES\n"));
    while (str_next_line(&rest, &line)) {
        size_t tab = str_find_char(line, '\t');
        man_term(out, str_slice(line, 0, tab), str_from_index(line, tab + 1));
    }
}

static void put_tail(struct buf *out)
{
    static const char *const status[][2] = {
        {"0", "all is well"},
        {"1", "findings at or above the gate"},
        {"2", "a wrong option, argument or configuration"},
        {"3", "it could not be done: a missing file, no permission"},
        {"4", "a proof failed"},
    };
    static const char *const environment[][2] = {
        {"PLIMSOLL_<OPTION>", "the default of an option: PLIMSOLL_FAIL_ON for --fail-on; the "
                              "command line wins over it, and it over .plimsoll.yaml"},
        {"PLIMSOLL_NOW", "a date, or seconds since 1970, to take for now"},
        {"NO_COLOR", "no colour unless --color always is given"},
        {"COLUMNS", "the width of the output"},
    };
    buf_add(out, STR(".SH EXIT STATUS\n"));
    for (size_t i = 0; i < ARRAY_COUNT(status); i++)
        man_term(out, str_from(status[i][0]), str_from(status[i][1]));
    buf_add(out, STR(".SH ENVIRONMENT\n"));
    for (size_t i = 0; i < ARRAY_COUNT(environment); i++)
        man_term(out, str_from(environment[i][0]), str_from(environment[i][1]));
    buf_add(out, STR(".SH SEE ALSO\n"));
}

/* "plimsoll-image-ls" */
static str page_name(struct arena *arena, const struct command *command)
{
    return str_replace(arena, str_fmt(arena, "plimsoll-%s", command->name), STR(" "), STR("-"));
}

static void see_also(struct buf *out, str name)
{
    buf_add(out, STR(".BR "));
    put_escaped(out, name);
    buf_add(out, STR(" (1),\n"));
}

static str command_page(struct arena *arena, const struct command *command)
{
    struct buf out = buf_init(arena, MAN_BYTES_MAX);
    str name = page_name(arena, command);
    man_head(&out, name, "1", command->summary);
    buf_fmt(&out, ".SH SYNOPSIS\n\\fBplimsoll %s\\fR [\\fIOPTION\\fR...]", command->name);
    if (*command->operands) {
        buf_add(&out, STR("\n"));
        put_escaped(&out, str_from(command->operands));
    }
    buf_add(&out, STR("\n.SH DESCRIPTION\n"));
    put_paragraphs(&out, str_from(command->about));
    put_options(&out, command);
    put_examples(&out, command->examples);
    put_tail(&out);
    see_also(&out, STR("plimsoll"));
    for (size_t i = 0; i < command_count; i++)
        if (command_is_verb_of(commands[i], command) || command_is_verb_of(command, commands[i]))
            see_also(&out, page_name(arena, commands[i]));
    buf_add(&out, STR(".BR plimsoll.yaml (5),\n.BR plimsoll\\-rules (7)\n"));
    return buf_str(&out);
}

static str program_page(struct arena *arena)
{
    struct buf out = buf_init(arena, MAN_BYTES_MAX);
    man_head(&out, STR("plimsoll"), "1",
             "find and mend what makes container images large, slow to build or unsafe");
    buf_add(&out, STR(".SH SYNOPSIS\n\\fBplimsoll\\fR [\\fICOMMAND\\fR [\\fIOPTION\\fR...] "
                      "[\\fIARGUMENT\\fR...]]\n.SH DESCRIPTION\n"));
    man_text(&out, STR("Without a command it tells what it found in this repository, the five "
                       "biggest wins and the next command. Results go to standard output, talk to "
                       "standard error."));
    buf_add(&out, STR(".SH COMMANDS\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            man_term(&out, str_fmt(arena, "plimsoll %s", commands[i]->name),
                     str_from(commands[i]->summary));
    put_tail(&out);
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            see_also(&out, page_name(arena, commands[i]));
    buf_add(&out, STR(".BR plimsoll.yaml (5),\n.BR plimsoll\\-rules (7)\n"));
    return buf_str(&out);
}

str man_page(struct arena *arena, const struct command *command)
{
    return command ? command_page(arena, command) : program_page(arena);
}
