#include "shell/grammar.h"

#include <string.h>

/*
 * A word is read into parts on the parser's stack; its value is put together afterwards. As long
 * as the pieces of a value lie side by side in the text, the value is a slice of it; the first gap
 * (a closing quote, a backslash, a line join) makes a copy.
 */

struct builder {
    str slice;
    char *copy;
    size_t room;
};

static void build(struct parser *p, struct builder *b, const char *at, size_t len)
{
    if (!len)
        return;
    if (!b->slice.len) {
        b->slice = (str){at, len};
        return;
    }
    if (!b->copy && b->slice.at + b->slice.len == at) {
        b->slice.len += len;
        return;
    }
    size_t need = b->slice.len + len;
    if (need > b->room) {
        char *copy = arena_grow(p->arena, b->copy, b->room, need * 2, 1);
        if (!b->copy)
            memcpy(copy, b->slice.at, b->slice.len);
        b->copy = copy;
        b->room = need * 2;
    }
    memcpy(b->copy + b->slice.len, at, len);
    b->slice = (str){b->copy, need};
}

void push_part(struct parser *p, enum shell_part_kind kind, bool quoted, size_t start)
{
    struct shell_part part = {.kind = kind,
                              .quoted = quoted,
                              .at = place_span(p, start, p->view.at),
                              .text = view_slice(p, start, p->view.at)};
    vec_push(p->arena, &p->parts, part);
}

/* Is this [ the start of a glob, that is, does a ] follow in the same word? */
static bool opens_bracket(struct parser *p, size_t at)
{
    struct view *view = &p->view;
    if (at < view->bracket_at)
        return true;
    if (at < view->no_bracket_before)
        return false;
    size_t end = at + 1;
    while (end < view->end && view->text[end] != ']' &&
           shell_char_class[(unsigned char)view->text[end]] != CHAR_META)
        end++;
    bool found = end < view->end && view->text[end] == ']' && end > at + 1;
    *(found ? &view->bracket_at : &view->no_bracket_before) = end + !found;
    return found;
}

/* Behind the brace expansion that begins here; 0 when it is none. */
static size_t brace_end(struct parser *p, size_t at)
{
    struct view *view = &p->view;
    if (at < view->no_brace_before)
        return 0;
    unsigned open = 0;
    bool expands = false;
    size_t end = at;
    for (; end < view->end; end++) {
        char c = view->text[end];
        bool last = c == '}' && open == 1;
        if (c == '{')
            open++;
        else if (c == '}')
            open--;
        else if (c == ',' || (c == '.' && end > at && view->text[end - 1] == '.'))
            expands = true;
        else if (c == '`' || c == '\\' || shell_char_class[(unsigned char)c] == CHAR_META)
            break;
        if (last && expands)
            return end + 1;
        if (last)
            break;
    }
    view->no_brace_before = end + 1;
    return 0;
}

/* Is a special character just itself where it stands? */
static bool is_literal_here(struct parser *p, size_t at, size_t start)
{
    switch (p->view.text[at]) {
    case '~': return at != start;
    case '[': return !opens_bracket(p, at);
    case '{': return !brace_end(p, at);
    case '\r': return !line_end_length(p, at);
    default: return false;
    }
}

static void parse_literal(struct parser *p, size_t word_start)
{
    size_t start = p->view.at, at = start, end = p->view.end;
    for (; at < end; at++) {
        unsigned char class = shell_char_class[(unsigned char)p->view.text[at]];
        if (class && (class == CHAR_META || !is_literal_here(p, at, word_start)))
            break;
    }
    p->view.at = at;
    if (at > start)
        push_part(p, SHELL_LITERAL, false, start);
}

static void parse_single(struct parser *p)
{
    size_t start = p->view.at;
    const char *end = memchr(p->view.text + start + 1, '\'', p->view.end - start - 1);
    p->view.at = end ? (size_t)(end - p->view.text) + 1 : p->view.end;
    if (!end)
        problem(p, start, start + 1, "unterminated single quote");
    push_part(p, SHELL_SINGLE, false, start);
}

static void parse_tilde(struct parser *p)
{
    size_t start = p->view.at++;
    while (!at_end(p) && (char_is_name(peek(p, 0)) || peek(p, 0) == '-'))
        p->view.at++;
    push_part(p, SHELL_TILDE, false, start);
}

static void parse_glob(struct parser *p)
{
    size_t start = p->view.at++;
    if (p->view.text[start] == '[')
        for (size_t at = p->view.at; at < p->view.bracket_at; at++) {
            char c = p->view.text[at];
            if (c == '"' || c == '\'' || c == '$' || c == '`' || c == '\\')
                break;
            if (at + 1 == p->view.bracket_at)
                p->view.at = at + 2;
        }
    push_part(p, SHELL_GLOB, false, start);
}

/* (a b c) behind name=. */
static void parse_array(struct parser *p)
{
    size_t start = p->view.at++;
    uint32_t mark = p->parts.count;
    p->in_word++;
    while (enter(p)) {
        skip_trivia(p);
        size_t length = line_end_length(p, p->view.at), before = p->view.at;
        p->view.at += length;
        if (!length)
            parse_word(p, false);
        leave(p);
        if (p->view.at == before)
            break;
    }
    p->in_word--;
    p->parts.count = mark;
    if (peek(p, 0) == ')')
        p->view.at++;
    else
        problem(p, start, start + 1, "unterminated array");
    bashism(p, start, p->view.at, "arrays", "SC3030");
    push_part(p, SHELL_BRACE, false, start);
}

/* @(a|b): behind its closing parenthesis, 0 when it is none. */
static size_t extglob_end(const struct parser *p, size_t at)
{
    unsigned open = 0;
    for (; at < p->view.end; at++) {
        char c = p->view.text[at];
        if (c == '\n' || c == ';' || c == '&')
            return 0;
        if (c == '(')
            open++;
        else if (c == ')' && --open == 0)
            return at + 1;
    }
    return 0;
}

/* Is [start, at) "name=" or "name+=" or "name[x]="? */
static bool ends_assignment(const struct parser *p, size_t start)
{
    size_t at = start;
    while (at < p->view.at && char_is_name(p->view.text[at]))
        at++;
    if (at == start || char_is_digit(p->view.text[start]))
        return false;
    if (at < p->view.at && p->view.text[at] == '+')
        at++;
    return at + 1 == p->view.at && p->view.text[at] == '=';
}

/* A metacharacter that goes on with the word: <( , @( , name=( . */
static bool parse_meta(struct parser *p, size_t word_start, bool assigned)
{
    char c = peek(p, 0);
    size_t start = p->view.at;
    if ((c == '<' || c == '>') && peek(p, 1) == '(') {
        parse_process(p);
        return true;
    }
    if (c != '(')
        return false;
    if (start == word_start ? assigned : ends_assignment(p, word_start)) {
        parse_array(p);
        return true;
    }
    if (start == word_start || !strchr("?*+@!", p->view.text[start - 1]))
        return false;
    size_t end = extglob_end(p, start);
    if (!end)
        return false;
    p->view.at = end;
    bashism(p, start - 1, end, "extended globs", "SC3002");
    push_part(p, SHELL_GLOB, false, start);
    return true;
}

static void parse_backslash(struct parser *p)
{
    size_t start = p->view.at, join = join_length(p, start);
    if (join) {
        p->view.at += join;
        return;
    }
    p->view.at = start + 2 < p->view.end ? start + 2 : p->view.end;
    push_part(p, p->view.at == start + 2 ? SHELL_ESCAPED : SHELL_LITERAL, false, start);
}

/* One special character and what belongs to it. False: the word ends here. */
static bool parse_special(struct parser *p)
{
    size_t start = p->view.at;
    switch (p->view.text[start]) {
    case '\\': parse_backslash(p); return true;
    case '\'': parse_single(p); return true;
    case '"':
        p->view.at++;
        push_part(p, SHELL_DOUBLE, false, start);
        uint32_t index = p->parts.count - 1;
        parse_double(p, '"');
        p->parts.at[index].at = place_span(p, start, p->view.at);
        p->parts.at[index].text = view_slice(p, start, p->view.at);
        return true;
    case '~': parse_tilde(p); return true;
    case '{':
        p->view.at = brace_end(p, start);
        bashism(p, start, p->view.at, "brace expansion", "SC3009");
        push_part(p, SHELL_BRACE, false, start);
        return true;
    case '*':
    case '?':
    case '[': parse_glob(p); return true;
    case '\r': return false;
    default: break;
    }
    if (!parse_expansion(p, false)) {
        p->view.at++;
        push_part(p, SHELL_LITERAL, false, start);
    }
    return true;
}

/* -- the value -------------------------------------------------------------------------------- */

/* Without the line joins, but those inside '...' are no joins. */
static str raw_of(struct parser *p, size_t start, size_t end, const struct shell_word *word)
{
    struct builder raw = {0};
    uint32_t part = 0;
    for (size_t at = start, from = start; at <= end; at++) {
        while (part < word->parts.count && (word->parts.at[part].kind != SHELL_SINGLE ||
                                            word->parts.at[part].text.at < p->view.text + at))
            part++;
        if (part < word->parts.count && word->parts.at[part].text.at == p->view.text + at)
            at += word->parts.at[part].text.len;
        size_t join = at < end ? join_length(p, at) : 0;
        if (join || at >= end) {
            build(p, &raw, p->view.text + from, (at < end ? at : end) - from);
            from = at + join;
            at += join ? join - 1 : 0;
        }
    }
    return raw.slice;
}

/* $'...' is known when it holds no escapes; those are rare, and guessing is worse. */
static bool build_single(struct parser *p, struct builder *value, str text)
{
    bool ansi = text.at[0] == '$';
    size_t open = ansi ? 2 : 1;
    size_t close = text.len > open && text.at[text.len - 1] == '\'' ? 1 : 0;
    str inner = str_slice(text, open, text.len - close);
    if (ansi && str_has_char(inner, '\\'))
        return false;
    build(p, value, inner.at, inner.len);
    return true;
}

static void finish_word(struct parser *p, struct shell_word *word)
{
    struct builder value = {0};
    word->known = true;
    VEC_EACH(const struct shell_part, part, word->parts) {
        bool decides = true;
        switch (part->kind) {
        case SHELL_LITERAL: break;
        case SHELL_ESCAPED:
        case SHELL_DOUBLE: word->quoted = true; break;
        case SHELL_SINGLE: word->quoted = true; break;
        case SHELL_GLOB: word->globs = true; __attribute__((fallthrough));
        case SHELL_PARAM:
        case SHELL_COMMAND:
        case SHELL_ARITH:
        case SHELL_BRACE:
            word->splits |= !part->quoted;
            decides = false;
            break;
        case SHELL_PROCESS:
        case SHELL_TILDE: decides = false; break;
        }
        if (decides && word->known && part->kind == SHELL_LITERAL)
            build(p, &value, part->text.at, part->text.len);
        else if (decides && word->known && part->kind == SHELL_ESCAPED)
            build(p, &value, part->text.at + 1, part->text.len - 1);
        else if (decides && word->known && part->kind == SHELL_SINGLE)
            decides = build_single(p, &value, part->text);
        word->known &= decides;
    }
    word->prefix = value.slice;
    word->value = word->known ? value.slice : STR_NONE;
}

struct shell_word parse_word(struct parser *p, bool assigned)
{
    size_t start = p->view.at;
    uint32_t mark = p->parts.count;
    bool plain = true;
    while (!at_end(p)) {
        parse_literal(p, start);
        if (at_end(p))
            break;
        bool meta = shell_char_class[(unsigned char)peek(p, 0)] == CHAR_META;
        if (meta ? !parse_meta(p, start, assigned) : !parse_special(p))
            break;
        plain = false;
    }
    struct shell_word word = {.at = place_span(p, start, p->view.at),
                              .raw = view_slice(p, start, p->view.at)};
    TAKE(p, parts, mark, &word.parts);
    if (plain) {
        word.known = true;
        word.value = word.prefix = word.raw;
        return word;
    }
    finish_word(p, &word);
    if (str_has_char(word.raw, '\n'))
        word.raw = raw_of(p, start, p->view.at, &word);
    return word;
}

/* -- a word as a script ----------------------------------------------------------------------- */

static void add_piece(struct parser *p, struct joined *out, struct builder *text, str piece)
{
    if (!piece.len)
        return;
    struct joined slice = joined_slice(p->arena, p->view.joined, (size_t)(piece.at - p->view.text),
                                       (size_t)(piece.at - p->view.text) + piece.len);
    VEC_EACH(const struct joined_piece, at, slice.pieces)
        vec_push(p->arena, &out->pieces,
                 (struct joined_piece){at->at + (uint32_t)text->slice.len, at->source});
    build(p, text, piece.at, piece.len);
}

/* What stands for a substitution whose commands were read already. */
static void add_unknown(struct parser *p, struct joined *out, struct builder *text,
                        const struct shell_part *part)
{
    /* The part may be shorter than what stands for it: an unterminated "`" at the end. */
    uint32_t at = (uint32_t)text->slice.len, last = part->at.end - 1;
    vec_push(p->arena, &out->pieces, (struct joined_piece){at, part->at.start});
    vec_push(p->arena, &out->pieces, (struct joined_piece){at + 1, part->at.start});
    vec_push(p->arena, &out->pieces, (struct joined_piece){at + 2, last});
    build(p, text, "$()", 3);
}

struct joined word_text(struct parser *p, const struct shell_word *word)
{
    struct joined out = {.text = STR_NONE};
    struct builder text = {0};
    VEC_EACH(const struct shell_part, part, word->parts) {
        str piece = part->text;
        bool runs = str_has_char(piece, '(') || str_has_char(piece, '`');
        if (part->kind == SHELL_DOUBLE)
            continue;
        if (part->kind == SHELL_SINGLE) {
            bool closed = piece.len > 1 && piece.at[piece.len - 1] == '\'';
            piece = str_slice(piece, piece.at[0] == '$' ? 2 : 1, piece.len - closed);
        } else if (part->kind == SHELL_ESCAPED) {
            piece = str_from_index(piece, 1);
        } else if (part->kind >= SHELL_PARAM && part->kind <= SHELL_PROCESS && runs) {
            add_unknown(p, &out, &text, part);
            continue;
        }
        add_piece(p, &out, &text, piece);
    }
    out.text = text.slice;
    if (!out.pieces.count)
        vec_push(p->arena, &out.pieces, (struct joined_piece){0, word->at.start});
    return out;
}
