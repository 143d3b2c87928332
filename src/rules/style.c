#include "rules/questions.h"

#include "base/buf.h"

/*
 * Edits in the file's own style: where `&&` stands, how lines are indented, which line end and
 * which escape character the file uses.
 */

/* The blanks at the start of the line that holds an offset. */
static str line_indent(const struct source *source, uint32_t offset)
{
    span line = source_line(source, source_position(source, offset).line);
    str text = source_text(source, line);
    size_t blanks = text.len - str_trim_start(text).len;
    return str_slice(text, 0, blanks);
}

/* Is there nothing but blanks between the start of its line and the offset? */
static bool begins_line(const struct source *source, uint32_t offset)
{
    span line = source_line(source, source_position(source, offset).line);
    return str_trim(source_text(source, (span){line.start, offset})).len == 0;
}

struct chain {
    enum { CHAIN_INLINE, CHAIN_END, CHAIN_START } style;
    str separator; /* "&&" or ";" */
    str indent;
};

/* How this RUN joins its commands. */
static struct chain chain_of(const struct facts *facts, const struct step_facts *step)
{
    struct chain chain = {.style = CHAIN_INLINE, .separator = STR("&&"), .indent = STR("    ")};
    uint32_t semis = 0, ands = 0;
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        if (command->depth || span_is_empty(command->separator_at))
            continue;
        bool semi = command->after == SHELL_SEP_SEMI;
        if (!semi && command->after != SHELL_SEP_AND)
            continue;
        semis += semi;
        ands += !semi;
        uint32_t behind = source_position(facts->source, command->separator_at.end).line;
        bool last_on_line =
            i + 1 < step->command_count &&
            source_position(facts->source, step->commands[i + 1].at.start).line > behind;
        if (last_on_line) {
            chain.style = CHAIN_END;
            chain.indent = line_indent(facts->source, step->commands[i + 1].at.start);
        } else if (begins_line(facts->source, command->separator_at.start)) {
            chain.style = CHAIN_START;
            chain.indent = line_indent(facts->source, command->separator_at.start);
        }
    }
    if (semis > ands)
        chain.separator = STR(";");
    return chain;
}

struct edit run_append_edit(const struct facts *facts, const struct step_facts *step,
                            const struct shell_command *after, str command_text)
{
    const struct instruction *at = step->instruction;
    uint32_t end = at->at.end;
    if (after)
        end = after->at.end;
    else if (step->script_is_heredoc)
        end = at->heredocs.at[0].body_at.end;
    else
        end = joined_offset(&at->logical, str_trim_end(at->logical.text).len);
    str newline = source_newline(facts->source);
    if (step->script_is_heredoc) {
        str line = after
                       ? str_fmt(facts->arena, "%.*s%.*s", STR_ARG(newline), STR_ARG(command_text))
                       : str_fmt(facts->arena, "%.*s%.*s", STR_ARG(command_text), STR_ARG(newline));
        return (struct edit){.at = {end, end}, .text = line};
    }
    struct chain chain = chain_of(facts, step);
    char escape = facts->file->directives.escape;
    str joint = chain.separator.at[0] == ';' ? STR(";") : STR(" &&");
    str text;
    if (chain.style == CHAIN_END)
        text = str_fmt(facts->arena, "%.*s %c%.*s%.*s%.*s", STR_ARG(joint), escape,
                       STR_ARG(newline), STR_ARG(chain.indent), STR_ARG(command_text));
    else if (chain.style == CHAIN_START)
        text = str_fmt(facts->arena, " %c%.*s%.*s%.*s %.*s", escape, STR_ARG(newline),
                       STR_ARG(chain.indent), STR_ARG(chain.separator), STR_ARG(command_text));
    else
        text = str_fmt(facts->arena, "%.*s %.*s", STR_ARG(joint), STR_ARG(command_text));
    return (struct edit){.at = {end, end}, .text = text};
}

struct edit insert_after_word(struct arena *arena, const struct shell_word *word, str text)
{
    bool element = word->quoted && !word->parts.count; /* of an exec form: no shell has parsed it */
    if (element && !str_has_char(text, '"')) {
        str rest = text, option;
        text = STR("");
        while (str_next_word(&rest, &option))
            text = str_fmt(arena, "%.*s, \"%.*s\"", STR_ARG(text), STR_ARG(option));
    }
    return (struct edit){.at = {word->at.end, word->at.end}, .text = str_copy(arena, text)};
}

/* The line with its keyword in the case that the file's instruction uses. */
static str in_keyword_case(const struct facts *facts, const struct instruction *at, str line)
{
    bool lower = at->keyword.len && char_lower(at->keyword.at[0]) == at->keyword.at[0];
    size_t blank = str_find_char(line, ' ');
    if (!lower || blank == STR_MISSING)
        return line;
    return str_cat(facts->arena, str_lower(facts->arena, str_slice(line, 0, blank)),
                   str_from_index(line, blank));
}

struct edit insert_before_instruction(const struct facts *facts, const struct instruction *at,
                                      str line)
{
    uint32_t start = source_full_line(facts->source, at->line).start;
    str text =
        str_cat(facts->arena, in_keyword_case(facts, at, line), source_newline(facts->source));
    return (struct edit){.at = {start, start}, .text = text};
}

struct edit insert_after_instruction(const struct facts *facts, const struct instruction *at,
                                     str line)
{
    uint32_t end = source_full_line(facts->source, at->end_line).end;
    bool has_newline = end > 0 && facts->source->text.at[end - 1] == '\n';
    str newline = source_newline(facts->source);
    line = in_keyword_case(facts, at, line);
    str text =
        has_newline ? str_cat(facts->arena, line, newline) : str_cat(facts->arena, newline, line);
    return (struct edit){.at = {end, end}, .text = text};
}

struct edit add_flag(const struct facts *facts, const struct instruction *at, str flag)
{
    if (at->flags.count) {
        uint32_t end = vec_last(&at->flags)->at.end;
        uint32_t first = joined_offset(&at->logical, at->rest);
        bool own_line =
            source_position(facts->source, first).line > source_position(facts->source, end).line;
        str text = own_line
                       ? str_fmt(facts->arena, " %c%.*s%.*s%.*s", facts->file->directives.escape,
                                 STR_ARG(source_newline(facts->source)),
                                 STR_ARG(line_indent(facts->source, first)), STR_ARG(flag))
                       : str_cat(facts->arena, STR(" "), flag);
        return (struct edit){.at = {end, end}, .text = text};
    }
    uint32_t end = at->keyword_at.end;
    return (struct edit){.at = {end, end}, .text = str_cat(facts->arena, STR(" "), flag)};
}

struct edit add_mounts(const struct facts *facts, const struct instruction *at, const str *flags,
                       uint32_t count)
{
    const struct source *source = facts->source;
    uint32_t first = joined_offset(&at->logical, at->rest);
    bool text_follows = source_position(source, first).line == at->line;
    bool one_line = at->heredocs.count && text_follows;
    str indent = STR("    ");
    if (at->line < at->end_line && !at->heredocs.count) {
        span second = source_line(source, at->line + 1);
        str own = line_indent(source, second.start); /* words may stand deeper than commands */
        if (own.len)
            indent = str_slice(own, 0, own.at[0] == '\t' ? 1 : 4);
    }
    str joint = one_line ? STR(" ")
                         : str_fmt(facts->arena, " %c%.*s%.*s", facts->file->directives.escape,
                                   STR_ARG(source_newline(source)), STR_ARG(indent));
    uint32_t start = at->flags.count ? vec_last(&at->flags)->at.end : at->keyword_at.end;
    struct buf text = buf_init(facts->arena, 4096);
    for (uint32_t i = 0; i < count; i++) {
        buf_add(&text, i || at->flags.count ? joint : STR(" "));
        buf_add(&text, flags[i]);
    }
    uint32_t end = start;
    if (text_follows && !one_line) {
        buf_add(&text, joint);
        while (end < source->text.len && char_is_blank(source->text.at[end]))
            end++;
    }
    return (struct edit){.at = {start, end}, .text = buf_str(&text)};
}

bool remove_word_edit(const struct facts *facts, const struct shell_command *command,
                      const struct shell_word *word, struct edit *out_edit)
{
    const struct shell_word *before = NULL;
    VEC_EACH(struct shell_word, other, command->words) {
        if (other->at.start < word->at.start)
            before = other;
    }
    if (!before || before->at.end > word->at.start)
        return false;
    span at = {before->at.end, word->at.end};
    if (str_has_char(source_text(facts->source, (span){at.start, word->at.start}), '#'))
        return false; /* a comment inside of the continuation */
    *out_edit = (struct edit){.at = at, .text = STR("")};
    return true;
}

/* -- whole commands ---------------------------------------------------------------------------- */

bool remove_command_edit(const struct facts *facts, const struct step_facts *step,
                         const struct shell_command *command, struct edit *out_edit)
{
    uint32_t index = (uint32_t)(command - step->commands);
    if (index >= step->command_count || command->pipeline_length > 1 || command->depth ||
        step->script_is_heredoc || (command->via & (SHELL_VIA_FIND | SHELL_VIA_XARGS)))
        return false;
    const struct shell_command *before = index ? &step->commands[index - 1] : NULL;
    bool follows = before && !before->depth && before->pipeline_length == 1 &&
                   (before->after == SHELL_SEP_AND || before->after == SHELL_SEP_SEMI);
    if (follows && command->after != SHELL_SEP_OR) {
        *out_edit = (struct edit){.at = {before->at.end, command->at.end}, .text = STR("")};
        return true;
    }
    const struct shell_command *next =
        index + 1 < step->command_count ? &step->commands[index + 1] : NULL;
    if (index || !next || next->depth || command->after != SHELL_SEP_AND)
        return false;
    *out_edit = (struct edit){.at = {command->at.start, next->at.start}, .text = STR("")};
    (void)facts;
    return true;
}

/* May other commands stand before or behind those of this RUN, joined by `&&`? */
static bool is_plain_chain(const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->kind != INSTRUCTION_RUN || at->broken || at->json || at->heredocs.count ||
        at->flags.count || !step->script || step->script->problems.count ||
        step->script->comments.count || !step->command_count)
        return false;
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        bool joined = command->after == SHELL_SEP_END || command->after == SHELL_SEP_AND ||
                      command->after == SHELL_SEP_PIPE;
        bool inside = (command->context & SHELL_IN_SUBST) != 0;
        if ((!joined && !inside) || (command->depth && !inside) || !command->argv.count ||
            STR_IN(command->name, "cd", "set", "export", "umask", "trap", "exit", "exec", ".",
                   "source", "unset", "pushd", "popd", "alias", "shopt", "ulimit"))
            return false;
    }
    return true;
}

bool merge_runs_edit(const struct facts *facts, const struct step_facts *first,
                     const struct step_facts *second, struct edit *out_edit)
{
    const struct instruction *a = first->instruction, *b = second->instruction;
    if (b != a + 1 || a->stage != b->stage || !is_plain_chain(first) || !is_plain_chain(second))
        return false;
    str rest = str_from_index(b->logical.text, b->rest);
    size_t blanks = rest.len - str_trim_start(rest).len;
    uint32_t start = joined_offset(&b->logical, b->rest + blanks);
    str newline = source_newline(facts->source), text = STR("");
    str gap = source_text(facts->source, (span){a->at.end, b->at.start}), line;
    while (str_next_line(&gap, &line))
        if (str_trim(line).len)
            text = str_fmt(facts->arena, "%.*s%.*s%.*s", STR_ARG(text), STR_ARG(str_trim_end(line)),
                           STR_ARG(newline));
    text = str_fmt(facts->arena, " && %c%.*s%.*s    ", facts->file->directives.escape,
                   STR_ARG(newline), STR_ARG(text));
    uint32_t end = a->at.end;
    while (end > a->at.start && char_is_blank(facts->source->text.at[end - 1]))
        end--;
    *out_edit = (struct edit){.at = {end, start}, .text = text};
    return true;
}
