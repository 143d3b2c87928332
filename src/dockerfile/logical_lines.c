#include "dockerfile/instructions.h"

#include <string.h>

/*
 * From physical lines to logical ones, as BuildKit's scanner joins them.
 *
 *   RUN a \        first line: leading blanks go
 *     # note       comments go, wherever they stand
 *                  blank lines go too, and are warned of
 *     b            later lines keep their leading blanks
 *
 * A line goes on when its last character but blanks is the escape character, and that is either
 * alone on its line or not doubled.
 */

bool lines_read(struct parser *parser, struct line *out_line)
{
    if (parser->at >= parser->text.len)
        return false;
    size_t start = parser->at, left = parser->text.len - start;
    const char *newline = memchr(parser->text.at + start, '\n', left);
    size_t end = newline ? (size_t)(newline - parser->text.at) : parser->text.len;
    size_t next = newline ? end + 1 : end;
    if (end - start > LIMIT_DOCKERFILE_LINE) {
        dockerfile_problem_fmt(parser, PROBLEM_LONG_LINE, (span){(uint32_t)start, (uint32_t)end},
                               "line is longer than the %zu bytes that a builder reads",
                               LIMIT_DOCKERFILE_LINE);
        parser->long_line = true;
    }
    while (end > start && parser->text.at[end - 1] == '\r')
        end--;
    if (start == 0 && parser->source->bom)
        start = end < 3 ? end : 3;
    *out_line = (struct line){start, end, next};
    parser->at = next;
    parser->line++;
    return true;
}

/* Where the first byte that is not blank stands; `end` when there is none. */
static size_t skip_blanks(const struct parser *parser, size_t start, size_t end)
{
    str line = {parser->text.at, end};
    size_t len;
    while (start < end && (len = blank_at(line, start)) > 0)
        start += len;
    return start;
}

static void add_comment(struct parser *parser, size_t start, size_t end, bool inside)
{
    if (parser->file->comments.count == DOCKERFILE_COMMENTS_MAX)
        return;
    struct comment comment = {
        .at = {(uint32_t)start, (uint32_t)end},
        .text = blank_trim((str){parser->text.at + start + 1, end - start - 1}),
        .line = parser->line,
        .before = parser->file->instructions.count,
        .inside = inside,
    };
    vec_push(parser->arena, &parser->file->comments, comment);
}

/* "# key = value" with leading blanks gone. */
static bool directive_split(str line, str *out_key, str *out_value)
{
    str rest = blank_trim(str_from_index(line, 1));
    size_t equals = str_find_char(rest, '=');
    if (equals == STR_MISSING)
        return false;
    str key = str_trim_end(str_slice(rest, 0, equals));
    if (key.len == 0 || !char_is_alpha(key.at[0]))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!char_is_alnum(key.at[i]))
            return false;
    *out_key = key;
    *out_value = str_trim(str_from_index(rest, equals + 1));
    return out_value->len > 0;
}

static void set_escape(struct parser *parser, str value, span at)
{
    struct directives *directives = &parser->file->directives;
    if (value.len == 1 && (value.at[0] == '\\' || value.at[0] == '`')) {
        parser->escape = directives->escape = value.at[0];
        return;
    }
    dockerfile_problem_fmt(parser, PROBLEM_BAD_DIRECTIVE, at,
                           "escape must be '\\' or '`', not '%.*s'", STR_ARG(value));
}

/* True when the comment line [start, end) is a directive. */
static bool take_directive(struct parser *parser, size_t start, size_t end)
{
    struct directives *directives = &parser->file->directives;
    str key, value;
    if (!directive_split((str){parser->text.at + start, end - start}, &key, &value))
        return false;
    span at = {(uint32_t)start, (uint32_t)end};
    span *place = str_eq_nocase(key, STR("syntax"))   ? &directives->syntax_at
                  : str_eq_nocase(key, STR("escape")) ? &directives->escape_at
                  : str_eq_nocase(key, STR("check"))  ? &directives->check_at
                                                      : NULL;
    if (!place)
        return false;
    if (!span_is_empty(*place)) {
        dockerfile_problem_fmt(parser, PROBLEM_BAD_DIRECTIVE, at, "directive '%.*s' is given twice",
                               STR_ARG(key));
        return true;
    }
    *place = at;
    if (place == &directives->syntax_at)
        directives->syntax = str_slice(value, 0, str_find_char(value, ' '));
    else if (place == &directives->check_at)
        directives->check = str_slice(value, 0, str_find_char(value, ' '));
    else {
        directives->escape_given = true;
        set_escape(parser, value, at);
    }
    return true;
}

/* Look through the leading "MARK key=value" lines of `rest` for a key that was not given yet. */
static void seek_directives(struct parser *parser, str rest, const char *mark, bool with_check)
{
    struct directives *directives = &parser->file->directives;
    str line, key, value;
    while (str_next_line(&rest, &line) && str_starts(line, str_from(mark))) {
        if (!directive_split(str_from_index(line, str_from(mark).len - 1), &key, &value))
            return;
        uint32_t start = (uint32_t)(line.at - parser->text.at);
        span at = {start, start + (uint32_t)str_trim_end(line).len};
        value = str_slice(value, 0, str_find_char(value, ' '));
        if (str_eq_nocase(key, STR("syntax")) && directives->syntax.len == 0) {
            directives->syntax = value;
            directives->syntax_at = at;
        } else if (str_eq_nocase(key, STR("check")) && with_check && directives->check.len == 0) {
            directives->check = value;
            directives->check_at = at;
        } else if (!str_eq_nocase(key, STR("escape"))) {
            return; /* another key, or a repeat, ends them */
        }
    }
}

/* The other places where a frontend looks: behind "#!", and for `syntax` also "//" and JSON. */
void lines_directives_elsewhere(struct parser *parser)
{
    struct directives *directives = &parser->file->directives;
    str text = str_from_index(parser->text, parser->source->bom ? 3 : 0), rest = text, ignored;
    if (str_starts(text, STR("#!"))) {
        (void)str_next_line(&rest, &ignored);
        seek_directives(parser, rest, "#", true);
    }
    if (directives->syntax.len == 0)
        seek_directives(parser, rest, "//", false);
    text = blank_trim(text);
    if (directives->syntax.len == 0 && str_starts(text, STR("{")) &&
        exec_member(parser->arena, text, STR("syntax"), &rest))
        directives->syntax = str_slice(rest, 0, str_find_char(rest, ' '));
}

/* Cut the continuation off [start, *end). `first_line` has lost its leading blanks. */
static bool cut_continuation(const struct parser *parser, size_t start, size_t *end)
{
    size_t at = *end;
    while (at > start && char_is_blank(parser->text.at[at - 1]))
        at--;
    if (at == start || parser->text.at[at - 1] != parser->escape)
        return false;
    if (at - 1 > start && parser->text.at[at - 2] == parser->escape)
        return false;
    *end = at - 1;
    return true;
}

static void add_part(struct parser *parser, size_t start, size_t end)
{
    if (start < end)
        vec_push(parser->arena, &parser->parts, (span){(uint32_t)start, (uint32_t)end});
}

/* Put the parts together; leading blanks of the whole are left out. */
static struct joined join_parts(struct parser *parser)
{
    struct joined joined = {0};
    uint32_t first = 0;
    for (; first < parser->parts.count; first++) {
        span *part = &parser->parts.at[first];
        part->start = (uint32_t)skip_blanks(parser, part->start, part->end);
        if (part->start < part->end)
            break;
    }
    uint32_t count = parser->parts.count - first;
    if (count == 0)
        return joined;
    const span *parts = parser->parts.at + first;
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++)
        len += parts[i].end - parts[i].start;
    joined.pieces.at = NEW_ARRAY(parser->arena, struct joined_piece, count);
    joined.pieces.count = joined.pieces.capacity = count;
    char *to = count > 1 ? NEW_ARRAY(parser->arena, char, len) : NULL;
    joined.text = (str){to ? to : parser->text.at + parts[0].start, len};
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        joined.pieces.at[i] = (struct joined_piece){(uint32_t)used, parts[i].start};
        size_t part_len = parts[i].end - parts[i].start;
        if (to)
            memcpy(to + used, parser->text.at + parts[i].start, part_len);
        used += part_len;
    }
    return joined;
}

/* Read on while lines are continued. Gives the end of the last byte that belongs to it. */
static size_t join_more(struct parser *parser, size_t end)
{
    struct line line, blank = {0};
    bool goes_on = true;
    while (goes_on && lines_read(parser, &line)) {
        size_t start = skip_blanks(parser, line.start, line.end);
        if (start < line.end && parser->text.at[start] == '#') {
            add_comment(parser, start, line.end, true);
            continue;
        }
        if (start == line.end) {
            blank = blank.next ? blank : line;
            continue;
        }
        size_t part_end = line.end;
        goes_on = cut_continuation(parser, line.start, &part_end);
        add_part(parser, line.start, part_end);
        end = line.end;
    }
    if (blank.next)
        dockerfile_problem(parser, PROBLEM_EMPTY_CONTINUATION,
                           (span){(uint32_t)blank.start, (uint32_t)blank.next},
                           STR("blank line inside a continued instruction"), STR_NONE);
    return end;
}

/* A line that may begin an instruction: true unless it is blank, a comment or a directive. */
static bool begins_instruction(struct parser *parser, size_t start, size_t end)
{
    bool directives_end = parser->directives_end;
    if (start == end || parser->text.at[start] != '#') {
        parser->directives_end = true;
        return start < end;
    }
    if (directives_end || !take_directive(parser, start, end)) {
        parser->directives_end = true;
        add_comment(parser, start, end, false);
    }
    return false;
}

bool lines_next(struct parser *parser, struct logical *out_logical)
{
    struct line line;
    while (lines_read(parser, &line)) {
        size_t start = skip_blanks(parser, line.start, line.end);
        if (!begins_instruction(parser, start, line.end)) {
            parser->long_line = false;
            continue;
        }
        uint32_t first_line = parser->line;
        size_t part_end = line.end, end = line.end;
        parser->parts.count = 0;
        bool goes_on = cut_continuation(parser, start, &part_end);
        add_part(parser, start, part_end);
        if (goes_on)
            end = join_more(parser, end);
        *out_logical = (struct logical){
            .text = join_parts(parser),
            .line = first_line,
            .end_line = parser->line,
            .spoilt = parser->long_line,
        };
        if (out_logical->text.pieces.count == 0) /* nothing but escapes: an empty instruction */
            vec_push(parser->arena, &out_logical->text.pieces,
                     (struct joined_piece){0, (uint32_t)start});
        start = out_logical->text.pieces.at[0].source;
        out_logical->at = (span){(uint32_t)start, (uint32_t)end};
        parser->long_line = false;
        return true;
    }
    return false;
}
