#include "shell/grammar.h"

#include <string.h>

struct body {
    size_t start, end; /* the lines */
    size_t after;      /* end of the terminator's line, without its line end */
    bool terminated;
};

static bool ends_in_join(str line)
{
    size_t backslashes = 0;
    while (backslashes < line.len && line.at[line.len - 1 - backslashes] == '\\')
        backslashes++;
    return backslashes % 2;
}

static struct body find_body(const struct parser *p, size_t start, str delimiter, bool tabs,
                             bool expands)
{
    str rest = view_slice(p, start, p->view.end), line;
    bool joined = false;
    while (str_next_line(&rest, &line)) {
        size_t at = (size_t)(line.at - p->view.text);
        str content = line;
        while (tabs && content.len && content.at[0] == '\t')
            content = str_from_index(content, 1);
        if (content.len && content.at[content.len - 1] == '\r')
            content.len--;
        if (!joined && str_eq(content, delimiter))
            return (struct body){start, at, at + line.len, true};
        joined = expands && ends_in_join(content);
    }
    return (struct body){start, p->view.end, p->view.end, false};
}

/* The body without the tabs that <<- takes away; its places are kept. */
static struct joined strip_tabs(struct parser *p, struct body body)
{
    struct joined out = {.text = STR_NONE};
    char *copy = NEW_ARRAY(p->arena, char, body.end - body.start + 1);
    size_t used = 0;
    bool line_start = true;
    for (size_t at = body.start; at < body.end; at++) {
        char c = p->view.text[at];
        if (line_start && c == '\t')
            continue;
        uint32_t source = place(p, at);
        const struct joined_piece *last = out.pieces.count ? vec_last(&out.pieces) : NULL;
        if (!last || last->source + (used - last->at) != source)
            vec_push(p->arena, &out.pieces, (struct joined_piece){(uint32_t)used, source});
        line_start = c == '\n';
        copy[used++] = c;
    }
    if (!out.pieces.count)
        vec_push(p->arena, &out.pieces, (struct joined_piece){0, place(p, body.start)});
    out.text = (str){copy, used};
    return out;
}

static bool has_substitution(str text)
{
    return str_has(text, STR("$(")) || str_has_char(text, '`');
}

static void read_heredoc(struct parser *p, const struct pending *pending)
{
    struct shell_redirect *redirect =
        pending->redirect ? pending->redirect : &p->redirects.at[pending->index];
    bool tabs = redirect->op.len == 3, expands = redirect->heredoc_expands;
    str delimiter = redirect->target.known ? redirect->target.value : redirect->target.raw;
    struct body body = find_body(p, p->view.at, delimiter, tabs, expands);
    if (!body.terminated)
        vec_push(p->arena, &p->script->problems,
                 (struct shell_problem){redirect->at, "unterminated heredoc"});
    struct joined text =
        tabs ? strip_tabs(p, body) : joined_slice(p->arena, p->view.joined, body.start, body.end);
    redirect->heredoc = text.text;
    redirect->heredoc_at = place_span(p, body.start, body.end);
    p->in_word++;
    if (expands && has_substitution(text.text)) {
        int32_t outer = p->outer;
        p->outer = pending->command;
        parse_expanding_text(p, body.start, body.end);
        p->outer = outer;
    }
    if (pending->command >= 0)
        see_input(p, (uint32_t)pending->command, &text);
    p->in_word--;
    size_t start = p->view.at;
    p->view.at = body.after;
    token(p, start);
}

void read_heredocs(struct parser *p)
{
    /* Bodies can hold substitutions with heredocs of their own, so the list is taken first. */
    uint32_t count = p->pending.count;
    if (!count)
        return;
    struct pending *list = NEW_ARRAY(p->arena, struct pending, count);
    memcpy(list, p->pending.at, count * sizeof(*list));
    p->pending.count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i && line_end_length(p, p->view.at)) {
            size_t start = p->view.at;
            p->view.at += line_end_length(p, p->view.at);
            token(p, start);
        }
        read_heredoc(p, &list[i]);
    }
}

void drop_heredocs(struct parser *p, uint32_t mark)
{
    for (; p->pending.count > mark; p->pending.count--) {
        const struct pending *pending = vec_last(&p->pending);
        const struct shell_redirect *redirect =
            pending->redirect ? pending->redirect : &p->redirects.at[pending->index];
        vec_push(p->arena, &p->script->problems,
                 (struct shell_problem){redirect->at, "unterminated heredoc"});
    }
}
