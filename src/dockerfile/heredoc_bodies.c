#include "dockerfile/instructions.h"

#include <string.h>

/*
 * Heredocs: which words of a logical line open one, and the lines that belong to each.
 *
 *   RUN <<-EOF cat > a      word "<<-EOF": digits, <<, -, name; "<<" glued to a name is none
 *   <TAB>text               body, no comments or continuations in it
 *   EOF                     the whole line, but for tabs after <<-
 *
 * When the end is missing, the body is taken to reach to the next line that begins with an
 * instruction, so that what follows is still checked. Searching for missing ends looks at no more
 * than parser->scan_left bytes in all, so that 10^5 of them take no more than linear time.
 */

/* Heredocs of one instruction; people use one or two. */
enum { HEREDOCS_MAX = 64 };

/* Take "<<" apart: true when the word is digits, "<<", "-"?, blanks and a name without '<'. */
static bool heredoc_split(str word, struct heredoc *out, str *out_name)
{
    size_t at = 0;
    while (at < word.len && char_is_digit(word.at[at]))
        at++;
    uint64_t fd = 0;
    out->fd = at > 0 && str_to_u64(str_slice(word, 0, at), &fd) && fd < INT32_MAX ? (int)fd : -1;
    if (!str_starts(str_from_index(word, at), STR("<<")))
        return false;
    at += 2;
    out->strip_tabs = at < word.len && word.at[at] == '-';
    at += out->strip_tabs;
    while (at < word.len && char_is_space(word.at[at]))
        at++;
    *out_name = str_from_index(word, at);
    return out_name->len > 0 && !str_has_char(*out_name, '<');
}

static size_t count_quotes(str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '\'' || text.at[i] == '"';
    return count;
}

static bool no_variable(const void *context, str name, str *out_value)
{
    (void)context, (void)name, (void)out_value;
    return false;
}
static const struct variables no_variables = {no_variable, NULL};

static bool is_plain_name(str raw)
{
    for (size_t i = 0; i < raw.len; i++)
        if (!char_is_name(raw.at[i]))
            return false;
    return true;
}

/* The name without quotes; expansion is off when that removed any. */
static bool heredoc_name(struct arena *arena, str raw, struct heredoc *out)
{
    if (is_plain_name(raw)) {
        out->name = raw;
        out->expand = true;
        return true;
    }
    struct lex_options options = {
        .escape = '\\', .split = true, .skip_unset = true, .variables = &no_variables};
    struct str_list words = {0}, raw_words = {0};
    if (!lex_words(arena, raw, &options, &words, NULL).ok || words.count != 1)
        return false;
    options.raw_quotes = true;
    if (!lex_words(arena, raw, &options, &raw_words, NULL).ok || raw_words.count != 1)
        return false;
    out->name = words.at[0];
    out->expand = count_quotes(words.at[0]) == count_quotes(raw_words.at[0]);
    return true;
}

/* The heredocs that the logical line opens. */
static void find_openings(struct parser *parser, struct instruction *in)
{
    struct lex_options options = {.escape = '\\',
                                  .split = true,
                                  .raw_quotes = true,
                                  .raw_escapes = true,
                                  .skip_unset = true,
                                  .variables = &no_variables};
    struct str_list words = {0};
    struct spans places = {0};
    if (!lex_words(parser->arena, in->logical.text, &options, &words, &places).ok)
        return;
    for (uint32_t i = 0; i < words.count; i++) {
        struct heredoc heredoc = {0};
        str raw;
        if (!heredoc_split(words.at[i], &heredoc, &raw) ||
            !heredoc_name(parser->arena, raw, &heredoc))
            continue;
        if (in->heredocs.count == HEREDOCS_MAX) {
            dockerfile_problem_fmt(parser, PROBLEM_LIMIT, in->keyword_at,
                                   "instruction opens more than %d heredocs", (int)HEREDOCS_MAX);
            in->broken = true;
            return;
        }
        heredoc.at = joined_span(&in->logical, places.at[i].start, places.at[i].end);
        vec_push(parser->arena, &in->heredocs, heredoc);
    }
}

static bool is_end(const struct parser *parser, const struct line *line,
                   const struct heredoc *heredoc)
{
    size_t start = line->start;
    while (heredoc->strip_tabs && start < line->end && parser->text.at[start] == '\t')
        start++;
    return line->end - start == heredoc->name.len &&
           memcmp(parser->text.at + start, heredoc->name.at, heredoc->name.len) == 0;
}

/* Read lines up to the end of the heredoc; puts the parser back where it was when there is none. */
static bool read_body(struct parser *parser, struct heredoc *heredoc)
{
    size_t at = parser->at, start = at;
    uint32_t line_number = parser->line, problems = parser->file->problems.count;
    bool long_line = parser->long_line;
    struct line line;
    while (parser->at - start <= parser->scan_left && lines_read(parser, &line)) {
        if (!is_end(parser, &line, heredoc))
            continue;
        heredoc->terminated = true;
        heredoc->body_at = (span){(uint32_t)start, (uint32_t)line.start};
        heredoc->end_at = (span){(uint32_t)line.start, (uint32_t)line.end};
        return true;
    }
    size_t seen = parser->at - start;
    parser->scan_left -= seen < parser->scan_left ? seen : parser->scan_left;
    parser->at = at;
    parser->line = line_number;
    parser->file->problems.count = problems;
    parser->long_line = long_line;
    return false;
}

/* Without an end: up to the next line that begins with an instruction in capitals. */
static void recover(struct parser *parser, struct heredoc *heredoc)
{
    size_t start = parser->at, end = start;
    struct line line;
    while (parser->at < parser->text.len) {
        size_t stop = parser->at;
        while (stop < parser->text.len && parser->text.at[stop] >= 'A' &&
               parser->text.at[stop] <= 'Z')
            stop++;
        str word = str_slice(parser->text, parser->at, stop);
        if (stop < parser->text.len && char_is_blank(parser->text.at[stop]) &&
            instruction_kind_of(word) != INSTRUCTION_UNKNOWN)
            break;
        if (!lines_read(parser, &line))
            break;
        end = parser->at;
    }
    heredoc->body_at = (span){(uint32_t)start, (uint32_t)end};
    heredoc->end_at = (span){(uint32_t)end, (uint32_t)end};
}

/* The body as the reader gets it, and where its bytes are. */
static void set_text(struct parser *parser, struct heredoc *heredoc)
{
    span at = heredoc->body_at;
    if (!heredoc->strip_tabs || span_is_empty(at)) {
        heredoc->text = joined_of(parser->arena, parser->source, at);
        heredoc->body = heredoc->text.text;
        return;
    }
    char *to = NEW_ARRAY(parser->arena, char, at.end - at.start);
    size_t used = 0;
    struct joined joined = {0};
    for (uint32_t start = at.start; start < at.end;) {
        const char *newline = memchr(parser->text.at + start, '\n', at.end - start);
        uint32_t next = newline ? (uint32_t)(newline - parser->text.at) + 1 : at.end;
        while (start < next && parser->text.at[start] == '\t')
            start++;
        if (start < next)
            vec_push(parser->arena, &joined.pieces, (struct joined_piece){(uint32_t)used, start});
        memcpy(to + used, parser->text.at + start, next - start);
        used += next - start;
        start = next;
    }
    joined.text = (str){to, used};
    heredoc->text = joined;
    heredoc->body = joined.text;
}

void heredoc_read(struct parser *parser, struct instruction *in)
{
    if (!str_has(in->logical.text, STR("<<")))
        return;
    find_openings(parser, in);
    bool open = false;
    VEC_EACH(struct heredoc, heredoc, in->heredocs) {
        if (!open && read_body(parser, heredoc)) {
            set_text(parser, heredoc);
            in->at.end = heredoc->end_at.end;
            continue;
        }
        if (!open) {
            dockerfile_problem_fmt(parser, PROBLEM_UNTERMINATED_HEREDOC, heredoc->at,
                                   "heredoc '%.*s' is not closed: no line is just its name",
                                   STR_ARG(heredoc->name));
            recover(parser, heredoc);
            in->at.end = heredoc->body_at.end > in->at.end ? heredoc->body_at.end : in->at.end;
        } else {
            heredoc->body_at = heredoc->end_at = (span){in->at.end, in->at.end};
        }
        open = true;
        in->broken = true;
        set_text(parser, heredoc);
    }
    in->end_line = parser->line;
}
