#include "shell/grammar.h"

#include <string.h>

/* Commands inside ( ... ), up to the parenthesis; the view stands behind the opening one. */
static void parse_parenthesis(struct parser *p, enum shell_part_kind kind, bool quoted,
                              size_t start)
{
    const struct shell_node *body = NULL;
    if (enter(p)) {
        body = parse_substitution(p);
        if (peek(p, 0) == ')')
            p->view.at++;
        else
            problem(p, start, start + 2, "unterminated command substitution");
    }
    leave(p);
    push_part(p, kind, quoted, start);
    vec_last(&p->parts)->body = body;
}

void parse_process(struct parser *p)
{
    size_t start = p->view.at;
    p->view.at += 2;
    parse_parenthesis(p, SHELL_PROCESS, false, start);
    bashism(p, start, p->view.at, "process substitution", "SC3001");
}

size_t arith_end(const struct parser *p, size_t start)
{
    unsigned open = 0;
    for (size_t at = start; at < p->view.end; at++) {
        char c = p->view.text[at];
        if (c == '\\') {
            at++;
        } else if (c == '\'' || c == '"') {
            const char *close = memchr(p->view.text + at + 1, c, p->view.end - at - 1);
            if (!close)
                return STR_MISSING;
            at = (size_t)(close - p->view.text);
        } else if (c == '(') {
            open++;
        } else if (c == ')' && open) {
            open--;
        } else if (c == ')') {
            bool closed = at + 1 < p->view.end && p->view.text[at + 1] == ')';
            return closed ? at : STR_MISSING;
        }
    }
    return STR_MISSING;
}

void parse_expanding_text(struct parser *p, size_t start, size_t end)
{
    size_t at = p->view.at, view_end = p->view.end;
    uint32_t mark = p->parts.count;
    p->view.at = start;
    p->view.end = end;
    p->in_word++;
    if (enter(p))
        parse_double(p, '\0');
    leave(p);
    p->in_word--;
    p->parts.count = mark;
    p->view.at = at;
    p->view.end = view_end;
}

static void parse_arith(struct parser *p, bool quoted, size_t end)
{
    size_t start = p->view.at;
    str text = view_slice(p, start + 3, end);
    if (str_has(text, STR("++")))
        bashism(p, start, end + 2, "++ in arithmetic", "SC3018");
    if (str_has(text, STR("**")))
        bashism(p, start, end + 2, "** in arithmetic", "SC3019");
    parse_expanding_text(p, start + 3, end);
    p->view.at = end + 2;
    push_part(p, SHELL_ARITH, quoted, start);
}

/* `...` holding backslashes: one level of them goes before it is read. */
static const struct shell_node *parse_escaped_backtick(struct parser *p, size_t start, size_t end,
                                                       bool quoted)
{
    struct joined copy = {.text = STR_NONE};
    char *text = NEW_ARRAY(p->arena, char, end - start);
    size_t used = 0;
    for (size_t at = start; at < end; at++) {
        char next = at + 1 < end ? p->view.text[at + 1] : '\0';
        bool escape = p->view.text[at] == '\\' &&
                      (next == '`' || next == '$' || next == '\\' || (quoted && next == '"'));
        at += escape;
        uint32_t source = place(p, at);
        const struct joined_piece *last = copy.pieces.count ? vec_last(&copy.pieces) : NULL;
        if (!last || last->source + (used - last->at) != source)
            vec_push(p->arena, &copy.pieces, (struct joined_piece){(uint32_t)used, source});
        text[used++] = p->view.text[at];
    }
    copy.text = (str){text, used};
    struct view view = p->view;
    uint32_t heredocs = p->pending.count;
    view_enter(p, &copy);
    const struct shell_node *body = parse_substitution(p);
    drop_heredocs(p, heredocs);
    p->view = view;
    return body;
}

static const struct shell_node *parse_plain_backtick(struct parser *p, size_t start, size_t end)
{
    size_t view_end = p->view.end;
    uint32_t heredocs = p->pending.count;
    p->view.at = start;
    p->view.end = end;
    const struct shell_node *body = parse_substitution(p);
    drop_heredocs(p, heredocs);
    p->view.end = view_end;
    return body;
}

static void parse_backtick(struct parser *p, bool quoted)
{
    size_t start = p->view.at, end = start + 1;
    bool escapes = false;
    for (; end < p->view.end && p->view.text[end] != '`'; end++)
        if (p->view.text[end] == '\\') {
            escapes = true;
            end++;
        }
    bool closed = end < p->view.end;
    if (!closed)
        end = p->view.end;
    const struct shell_node *body = NULL;
    if (!closed)
        problem(p, start, start + 1, "unterminated backtick");
    if (enter(p))
        body = escapes ? parse_escaped_backtick(p, start + 1, end, quoted)
                       : parse_plain_backtick(p, start + 1, end);
    leave(p);
    p->view.at = end + closed;
    push_part(p, SHELL_COMMAND, quoted, start);
    vec_last(&p->parts)->body = body;
}

/* The word behind a parameter's operator, up to the closing brace, which is taken. */
static bool parse_param_word(struct parser *p, bool quoted)
{
    char first = peek(p, 0);
    bool pattern = first == '#' || first == '%' || first == '/';
    uint32_t mark = p->parts.count;
    bool closed = false;
    while (!at_end(p) && !closed) {
        char c = peek(p, 0);
        size_t at = p->view.at++;
        if (c == '}') {
            closed = true;
        } else if (c == '\\' && !at_end(p)) {
            p->view.at++;
        } else if (c == '"') {
            parse_double(p, '"');
        } else if (c == '\'' && (!quoted || pattern)) {
            const char *end = memchr(p->view.text + at + 1, '\'', p->view.end - at - 1);
            p->view.at = end ? (size_t)(end - p->view.text) + 1 : p->view.end;
        } else if (c == '$' || c == '`') {
            p->view.at = at;
            if (!parse_expansion(p, true))
                p->view.at = at + 1;
        }
    }
    p->parts.count = mark;
    return closed;
}

static bool is_special_param(char c)
{
    return c && strchr("@*#?-$!", c);
}

/* Step over the name of a parameter; nothing is taken when there is none. */
static str parse_param_name(struct parser *p)
{
    size_t start = p->view.at;
    char c = peek(p, 0);
    if (char_is_digit(c))
        while (char_is_digit(peek(p, 0)))
            p->view.at++;
    else if (char_is_name(c))
        while (char_is_name(peek(p, 0)))
            p->view.at++;
    else if (is_special_param(c))
        p->view.at++;
    return view_slice(p, start, p->view.at);
}

/* ${{ ... }}, which a CI server replaces before any shell reads it. */
static bool parse_ci_expression(struct parser *p, bool quoted)
{
    size_t start = p->view.at;
    if (peek(p, 2) != '{')
        return false;
    size_t end = str_find(view_slice(p, start, p->view.end), STR("}}"));
    if (end == STR_MISSING)
        return false;
    p->view.at = start + end + 2;
    push_part(p, SHELL_PARAM, quoted, start);
    return true;
}

static void parse_braced_param(struct parser *p, bool quoted)
{
    size_t start = p->view.at;
    if (parse_ci_expression(p, quoted))
        return;
    p->view.at += 2;
    char c = peek(p, 0), next = peek(p, 1);
    bool prefixed = (c == '#' || c == '!') && (char_is_name(next) || next == '@' || next == '*');
    size_t op_start = p->view.at;
    p->view.at += prefixed;
    str name = parse_param_name(p);
    bool closed = false;
    if (!prefixed)
        op_start = p->view.at;
    if (enter(p)) {
        closed = parse_param_word(p, quoted);
        if (!closed)
            problem(p, start, start + 2, "unterminated ${");
        else if (!name.len)
            problem(p, start, p->view.at, "bad substitution");
    }
    leave(p);
    push_part(p, SHELL_PARAM, quoted, start);
    struct shell_part *part = vec_last(&p->parts);
    part->name = name;
    part->op = view_slice(p, op_start, p->view.at - closed);
    mark_param(p, part);
}

/* $'...' */
static void parse_ansi(struct parser *p)
{
    size_t start = p->view.at, at = start + 2;
    while (at < p->view.end && p->view.text[at] != '\'')
        at += p->view.text[at] == '\\' ? 2 : 1;
    bool closed = at < p->view.end;
    p->view.at = closed ? at + 1 : p->view.end;
    if (!closed)
        problem(p, start, start + 2, "unterminated single quote");
    bashism(p, start, p->view.at, "$'...'", "SC3003");
    push_part(p, SHELL_SINGLE, false, start);
}

bool parse_expansion(struct parser *p, bool quoted)
{
    size_t start = p->view.at;
    if (peek(p, 0) == '`') {
        parse_backtick(p, quoted);
        return true;
    }
    char next = peek(p, 1);
    if (next == '(') {
        size_t arith = peek(p, 2) == '(' ? arith_end(p, start + 3) : STR_MISSING;
        p->view.at += arith == STR_MISSING ? 2 : 0;
        if (arith == STR_MISSING)
            parse_parenthesis(p, SHELL_COMMAND, quoted, start);
        else
            parse_arith(p, quoted, arith);
        return true;
    }
    if (next == '{') {
        parse_braced_param(p, quoted);
        return true;
    }
    if (next == '\'' && !quoted) {
        parse_ansi(p);
        return true;
    }
    if (next == '"' && !quoted) {
        p->view.at++;
        bashism(p, start, start + 2, "$\"...\"", "SC3004");
        return true;
    }
    if (!char_is_name(next) && !is_special_param(next))
        return false;
    p->view.at++;
    if (char_is_digit(next))
        p->view.at++;
    str name = char_is_digit(next) ? view_slice(p, start + 1, start + 2) : parse_param_name(p);
    push_part(p, SHELL_PARAM, quoted, start);
    vec_last(&p->parts)->name = name;
    mark_param(p, vec_last(&p->parts));
    return true;
}

static void push_literal(struct parser *p, size_t start, size_t end)
{
    size_t at = p->view.at;
    if (end <= start)
        return;
    p->view.at = end;
    push_part(p, SHELL_LITERAL, true, start);
    p->view.at = at;
}

void parse_double(struct parser *p, char until)
{
    size_t from = p->view.at, open = from ? from - 1 : 0;
    while (!at_end(p)) {
        size_t at = p->view.at;
        char c = p->view.text[at];
        if (c == until && until) {
            push_literal(p, from, at);
            p->view.at++;
            return;
        }
        size_t join = c == '\\' ? join_length(p, at) : 0;
        if (join || (c == '\\' && peek(p, 1) && strchr("$`\"\\", peek(p, 1)))) {
            push_literal(p, from, at);
            p->view.at += join ? join : 2;
            if (!join)
                push_part(p, SHELL_ESCAPED, true, at);
            from = p->view.at;
        } else if (c == '$' || c == '`') {
            push_literal(p, from, at);
            from = at;
            if (parse_expansion(p, true))
                from = p->view.at;
            else
                p->view.at++;
        } else {
            p->view.at++;
        }
    }
    push_literal(p, from, p->view.at);
    if (until)
        problem(p, open, open + 1, "unterminated double quote");
}
