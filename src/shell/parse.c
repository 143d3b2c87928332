#include "shell/grammar.h"

#include <string.h>

/*
 *   script = list            list = and-or { (; | & | newline) and-or }
 *   and-or = pipeline { (&& | ||) pipeline }     pipeline = [!] command { | command }
 *
 * A list of one is its child, so a plain command is one node. Commands stand in script->commands in
 * the order of the text; what joins them is written into them when the joining token is read.
 */

struct shell_node *node_new(struct parser *p, enum shell_node_kind kind)
{
    struct shell_node *node = NEW(p->arena, struct shell_node);
    node->kind = kind;
    return node;
}

/* The command that stands first or last in a node; NULL when that is no simple command. */
static struct shell_command *edge_command(struct parser *p, const struct shell_node *node,
                                          bool last)
{
    while (node && (node->kind == SHELL_NODE_AND_OR || node->kind == SHELL_NODE_PIPELINE))
        node = node->children.count ? node->children.at[last ? node->children.count - 1 : 0] : NULL;
    return node && node->kind == SHELL_NODE_SIMPLE ? &p->script->commands.at[node->command] : NULL;
}

/* Write a separator into the commands at its two sides. */
static void join_nodes(struct parser *p, const struct shell_node *left,
                       const struct shell_node *right, enum shell_separator separator)
{
    struct shell_command *before = left ? edge_command(p, left, true) : NULL;
    struct shell_command *after = right ? edge_command(p, right, false) : NULL;
    if (before)
        before->after = separator;
    if (after)
        after->before = separator;
}

static void set_separator_at(struct parser *p, const struct shell_node *left, span at)
{
    struct shell_command *before = edge_command(p, left, true);
    if (before)
        before->separator_at = at;
}

/* Gather what stands on the stacks from the marks on. One child without separators is itself. */
static struct shell_node *gather(struct parser *p, enum shell_node_kind kind, uint32_t nodes,
                                 uint32_t separators)
{
    uint32_t count = p->nodes.count - nodes;
    if (count == 1) {
        struct shell_node *only = p->nodes.at[nodes];
        p->nodes.count = nodes;
        p->separators.count = separators;
        return only;
    }
    struct shell_node *node = node_new(p, kind);
    TAKE(p, nodes, nodes, &node->children);
    TAKE(p, separators, separators, &node->separators);
    if (count)
        node->at =
            span_join(node->children.at[0]->at, node->children.at[node->children.count - 1]->at);
    else
        node->at = place_span(p, p->view.at, p->view.at);
    return node;
}

void skip_newlines(struct parser *p)
{
    skip_trivia(p);
    size_t length;
    while ((length = line_end_length(p, p->view.at))) {
        size_t start = p->view.at;
        p->view.at += length;
        token(p, start);
        read_heredocs(p);
        skip_trivia(p);
    }
}

void recover(struct parser *p, const char *what)
{
    size_t start = p->view.at, at = start;
    unsigned open = 0;
    for (; at < p->view.end; at++) {
        char c = p->view.text[at];
        if (c == '(')
            open++;
        else if (c == ')' && open)
            open--;
        else if (c == ')' || c == '\n' || c == ';' || c == '&' || c == '|')
            break;
    }
    if (at == start && at < p->view.end)
        at++;
    p->view.at = at;
    problem(p, start, at, what);
    token(p, start);
}

/* -- pipelines -------------------------------------------------------------------------------- */

static struct shell_node *parse_command(struct parser *p)
{
    struct shell_node *node = NULL;
    if (enter(p)) {
        node = parse_compound(p);
        if (node) {
            uint32_t mark = p->redirects.count;
            size_t start = p->view.at;
            for (skip_trivia(p); parse_redirect(p, -1); skip_trivia(p))
                start = p->view.at;
            take_redirects(p, mark, &node->redirects);
            if (node->redirects.count)
                node->at = span_join(node->at, place_span(p, start, start));
        } else {
            node = parse_simple(p);
        }
    }
    leave(p);
    return node;
}

/* "time" before a command is seen through as a wrapper; before ( or { it is a keyword. */
static bool times_compound(const struct parser *p)
{
    if (peek(p, 0) != 't' || !at_keyword(p, "time"))
        return false;
    size_t ahead = 4;
    while (char_is_blank(peek(p, ahead)))
        ahead++;
    return peek(p, ahead) == '(' || (peek(p, ahead) == '{' && char_is_space(peek(p, ahead + 1)));
}

/* Take "!" and a leading "time" of a compound command. */
static bool parse_negation(struct parser *p)
{
    bool negated = false;
    for (;; skip_trivia(p)) {
        if (peek(p, 0) == '!' && take_keyword(p, "!"))
            negated = !negated;
        else if (!times_compound(p) || !take(p, "time"))
            return negated;
    }
}

static void number_pipeline(struct parser *p, uint32_t mark, uint32_t pipeline)
{
    uint32_t length = p->nodes.count - mark;
    for (uint32_t i = 0; i < length; i++) {
        const struct shell_node *node = p->nodes.at[mark + i];
        if (node->kind != SHELL_NODE_SIMPLE)
            continue;
        struct shell_command *command = &p->script->commands.at[node->command];
        command->pipeline = pipeline;
        command->place = i;
        command->pipeline_length = length;
    }
}

static struct shell_node *parse_pipeline(struct parser *p)
{
    uint32_t nodes = p->nodes.count, separators = p->separators.count, context = p->context;
    uint32_t pipeline = p->pipeline_count++;
    size_t start = p->view.at;
    bool negated = parse_negation(p);
    if (negated)
        p->context |= SHELL_NEGATED;
    for (;;) {
        struct shell_node *node = parse_command(p);
        if (!node)
            break;
        vec_push(p->arena, &p->nodes, node);
        skip_trivia(p);
        size_t bar = p->view.at;
        if (peek(p, 0) != '|' || peek(p, 1) == '|')
            break;
        if (take(p, "|&"))
            bashism(p, bar, p->view.at, "|&", "SC3029");
        else
            take(p, "|");
        set_separator_at(p, node, place_span(p, bar, p->view.at));
        vec_push(p->arena, &p->separators, SHELL_SEP_PIPE);
        skip_newlines(p);
    }
    if (p->separators.count - separators >= p->nodes.count - nodes && p->nodes.count > nodes)
        problem(p, p->view.at, p->view.at, "nothing behind '|'");
    p->context = context;
    number_pipeline(p, nodes, pipeline);
    for (uint32_t i = nodes + 1; i < p->nodes.count; i++)
        join_nodes(p, p->nodes.at[i - 1], p->nodes.at[i], SHELL_SEP_PIPE);
    if (p->nodes.count == nodes && !negated)
        return NULL;
    if (!negated)
        return gather(p, SHELL_NODE_PIPELINE, nodes, separators);
    struct shell_node *node = node_new(p, SHELL_NODE_PIPELINE);
    TAKE(p, nodes, nodes, &node->children);
    TAKE(p, separators, separators, &node->separators);
    node->negated = true;
    node->at = place_span(p, start, p->view.at);
    if (node->children.count)
        node->at = (span){place(p, start), node->children.at[node->children.count - 1]->at.end};
    return node;
}

/* -- and-or ----------------------------------------------------------------------------------- */

/* Mark commands whose failure an || catches; each is looked at once for each level it stands in. */
static uint32_t guard(struct parser *p, uint32_t from)
{
    for (; from < p->script->commands.count; from++)
        p->script->commands.at[from].context |= SHELL_GUARDED;
    return from;
}

static struct shell_node *parse_and_or(struct parser *p)
{
    uint32_t nodes = p->nodes.count, separators = p->separators.count, context = p->context;
    uint32_t guarded = p->script->commands.count;
    enum shell_separator separator = SHELL_SEP_END;
    for (;;) {
        struct shell_node *node = parse_pipeline(p);
        if (!node)
            break;
        if (separator != SHELL_SEP_END)
            join_nodes(p, p->nodes.at[p->nodes.count - 1], node, separator);
        vec_push(p->arena, &p->nodes, node);
        skip_trivia(p);
        size_t start = p->view.at;
        bool both = peek(p, 0) == '&' && take(p, "&&");
        if (!both && !(peek(p, 0) == '|' && take(p, "||")))
            break;
        separator = both ? SHELL_SEP_AND : SHELL_SEP_OR;
        set_separator_at(p, node, place_span(p, start, p->view.at));
        vec_push(p->arena, &p->separators, separator);
        if (!both)
            guarded = guard(p, guarded);
        p->context = context | (both ? SHELL_AFTER_AND : SHELL_AFTER_OR);
        skip_newlines(p);
    }
    p->context = context;
    if (p->nodes.count == nodes)
        return NULL;
    if (p->separators.count - separators >= p->nodes.count - nodes)
        problem(p, p->view.at, p->view.at, "nothing behind '&&' or '||'");
    return gather(p, SHELL_NODE_AND_OR, nodes, separators);
}

/* -- lists ------------------------------------------------------------------------------------ */

static bool at_closing(const struct parser *p)
{
    if (at_end(p))
        return true;
    switch (peek(p, 0)) {
    case ')': return true;
    case ';': return peek(p, 1) == ';' || peek(p, 1) == '&';
    case '}': return at_keyword(p, "}");
    case 't': return at_keyword(p, "then");
    case 'd': return at_keyword(p, "do") || at_keyword(p, "done");
    case 'f': return at_keyword(p, "fi");
    case 'e': return at_keyword(p, "else") || at_keyword(p, "elif") || at_keyword(p, "esac");
    default: return false;
    }
}

/* Take a separator; SHELL_SEP_END when none stands here. */
static enum shell_separator take_separator(struct parser *p)
{
    size_t start = p->view.at, length = line_end_length(p, start);
    if (length) {
        p->view.at += length;
        token(p, start);
        read_heredocs(p);
        return SHELL_SEP_NEWLINE;
    }
    if (peek(p, 0) == ';' && peek(p, 1) != ';' && peek(p, 1) != '&' && take(p, ";"))
        return SHELL_SEP_SEMI;
    if (peek(p, 0) == '&' && peek(p, 1) != '&' && take(p, "&"))
        return SHELL_SEP_BACKGROUND;
    return SHELL_SEP_END;
}

struct shell_node *parse_list(struct parser *p)
{
    uint32_t nodes = p->nodes.count, separators = p->separators.count;
    for (;;) {
        skip_newlines(p);
        if (at_closing(p))
            break;
        if (p->depth == 0)
            p->list++;
        struct shell_node *node = parse_and_or(p);
        if (!node) {
            if (at_end(p))
                break;
            recover(p, "unexpected token");
            continue;
        }
        uint32_t count = p->nodes.count - nodes;
        if (count)
            join_nodes(p, NULL, node, p->separators.at[separators + count - 1]);
        vec_push(p->arena, &p->nodes, node);
        skip_trivia(p);
        size_t start = p->view.at;
        enum shell_separator separator = take_separator(p);
        while (separator == SHELL_SEP_END && !at_end(p) && !at_closing(p)) {
            recover(p, "unexpected token");
            separator = take_separator(p);
        }
        vec_push(p->arena, &p->separators, separator);
        join_nodes(p, node, NULL, separator);
        size_t width = separator == SHELL_SEP_END ? 0 : 1;
        set_separator_at(p, node, place_span(p, start, start + width));
    }
    uint32_t count = p->nodes.count - nodes;
    if (count == 1 && p->separators.at[separators] == SHELL_SEP_BACKGROUND) {
        struct shell_node *node = node_new(p, SHELL_NODE_LIST);
        TAKE(p, nodes, nodes, &node->children);
        TAKE(p, separators, separators, &node->separators);
        node->at = node->children.at[0]->at;
        return node;
    }
    return gather(p, SHELL_NODE_LIST, nodes, separators);
}

/* Lists up to the view's end, or a closing parenthesis when `closes`; closers that open nothing
 * are problems, and are stepped over. */
static struct shell_node *parse_until(struct parser *p, bool closes)
{
    uint32_t nodes = p->nodes.count, separators = p->separators.count;
    for (;;) {
        struct shell_node *node = parse_list(p);
        vec_push(p->arena, &p->nodes, node);
        if (at_end(p) || (closes && peek(p, 0) == ')'))
            break;
        vec_push(p->arena, &p->separators, SHELL_SEP_NEWLINE);
        size_t start = p->view.at++;
        while (!at_end(p) && (char_is_alpha(peek(p, 0)) || peek(p, 0) == ';'))
            p->view.at++;
        problem(p, start, p->view.at, "unexpected closing word");
        token(p, start);
    }
    return gather(p, SHELL_NODE_LIST, nodes, separators);
}

struct shell_node *parse_substitution(struct parser *p)
{
    uint32_t context = p->context;
    p->context = (context & ~(uint32_t)(SHELL_NEGATED)) | SHELL_IN_SUBST;
    p->depth++;
    p->in_word++;
    struct shell_node *node = parse_until(p, true);
    p->in_word--;
    p->depth--;
    p->context = context;
    return node;
}

void parse_text(struct parser *p, const struct joined *joined, int32_t outer, uint32_t via)
{
    struct view view = p->view;
    uint32_t context = p->context, old_via = p->via, heredocs = p->pending.count;
    int32_t old_outer = p->outer;
    if (enter(p)) {
        view_enter(p, joined);
        p->outer = outer;
        p->via = via;
        p->context = (context & ~(uint32_t)SHELL_NEGATED) | SHELL_IN_TEXT;
        p->depth++;
        parse_until(p, false);
        drop_heredocs(p, heredocs);
        p->depth--;
        p->view = view;
    }
    leave(p);
    p->context = context;
    p->via = old_via;
    p->outer = old_outer;
}

struct script *shell_parse(struct arena *arena, const struct joined *text,
                           enum shell_dialect dialect)
{
    assert(text->text.len <= UINT32_MAX);
    struct script *script = NEW(arena, struct script);
    struct parser parser = {.arena = arena, .script = script, .dialect = dialect, .outer = -1};
    struct parser *p = &parser;
    view_enter(p, text);
    p->view.nested = false;
    struct shell_node *root = node_new(p, SHELL_NODE_SCRIPT);
    struct shell_node *child = parse_until(p, false);
    vec_push(arena, &root->children, child);
    vec_push(arena, &root->separators, SHELL_SEP_END);
    root->at = place_span(p, 0, text->text.len);
    drop_heredocs(p, 0);
    token(p, p->view.at);
    script->root = root;
    find_options(script, text->text);
    return script;
}

str shell_print(struct arena *arena, const struct script *script)
{
    size_t length = 0, used = 0;
    VEC_EACH(const struct shell_token, token, script->tokens)
        length += token->trivia.len + token->text.len;
    char *out = NEW_ARRAY(arena, char, length + 1);
    VEC_EACH(const struct shell_token, token, script->tokens) {
        if (token->trivia.len)
            memcpy(out + used, token->trivia.at, token->trivia.len);
        used += token->trivia.len;
        if (token->text.len)
            memcpy(out + used, token->text.at, token->text.len);
        used += token->text.len;
    }
    return (str){out, length};
}
