#include "shell/grammar.h"

#include <string.h>

/* Length of what stands before a redirect's operator: digits or {name}; STR_MISSING when no
 * redirect begins here. */
static size_t redirect_prefix(const struct parser *p)
{
    size_t length = 0;
    char c = peek(p, 0);
    if (char_is_digit(c)) {
        while (char_is_digit(peek(p, length)))
            length++;
    } else if (c == '{' && char_is_name(peek(p, 1))) {
        for (length = 1; char_is_name(peek(p, length)); length++)
            continue;
        if (peek(p, length++) != '}')
            return STR_MISSING;
    } else if (c == '&' && peek(p, 1) == '>') {
        return 0;
    }
    c = peek(p, length);
    if ((c != '<' && c != '>') || peek(p, length + 1) == '(')
        return STR_MISSING;
    return length;
}

static str take_operator(struct parser *p)
{
    static const char *const operators[] = {"&>>", "<<<", "<<-", "<<", "<&", "<>",
                                            "<",   "&>",  ">>",  ">&", ">|", ">"};
    str rest = view_slice(p, p->view.at, p->view.end);
    for (size_t i = 0; i < ARRAY_COUNT(operators); i++) {
        str operator= str_from(operators[i]);
        if (str_starts(rest, operator)) {
            p->view.at += operator.len;
            return operator;
        }
    }
    return STR_NONE;
}

static void mark_redirect(struct parser *p, const struct shell_redirect *redirect, size_t start)
{
    str op = redirect->op, target = redirect->target.value;
    if (op.at[0] == '&')
        bashism(p, start, p->view.at, "&>", "SC3020");
    else if (str_eq(op, STR("<<<")))
        bashism(p, start, p->view.at, "here-strings", "SC3011");
    else if (str_eq(op, STR(">&")) && redirect->target.known && target.len &&
             !char_is_digit(target.at[0]) && target.at[0] != '-')
        bashism(p, start, p->view.at, ">& file", "SC3021");
    if (str_starts(target, STR("/dev/tcp/")) || str_starts(target, STR("/dev/udp/")) ||
        str_starts(redirect->target.prefix, STR("/dev/tcp/")))
        bashism(p, start, p->view.at, "/dev/tcp", "SC3025");
    if (p->view.text[start] == '{')
        bashism(p, start, p->view.at, "named file descriptors", "SC3022");
}

bool parse_redirect(struct parser *p, int32_t command)
{
    char c = peek(p, 0);
    if (c != '<' && c != '>' && c != '&' && c != '{' && !char_is_digit(c))
        return false;
    size_t prefix = redirect_prefix(p), start = p->view.at;
    if (prefix == STR_MISSING)
        return false;
    struct shell_redirect redirect = {.fd = -1};
    uint64_t fd;
    if (prefix && str_to_u64(view_slice(p, start, start + prefix), &fd) && fd < INT32_MAX)
        redirect.fd = (int)fd;
    p->view.at += prefix;
    redirect.op = take_operator(p);
    token(p, start);
    skip_trivia(p);
    size_t target = p->view.at;
    p->in_word++;
    redirect.target = parse_word(p, false);
    p->in_word--;
    if (p->view.at > target)
        token(p, target);
    else
        problem(p, start, target, "redirect without a target");
    redirect.at = place_span(p, start, p->view.at);
    bool heredoc = str_eq(redirect.op, STR("<<")) || str_eq(redirect.op, STR("<<-"));
    redirect.heredoc_expands = heredoc && !redirect.target.quoted;
    mark_redirect(p, &redirect, start);
    if (heredoc)
        vec_push(p->arena, &p->pending,
                 (struct pending){.index = p->redirects.count, .command = command});
    vec_push(p->arena, &p->redirects, redirect);
    return true;
}

void take_redirects(struct parser *p, uint32_t mark, struct shell_redirects *out)
{
    TAKE(p, redirects, mark, out);
    for (uint32_t i = 0; out->count && i < p->pending.count; i++) {
        struct pending *pending = &p->pending.at[i];
        if (!pending->redirect && pending->index >= mark)
            pending->redirect = &out->at[pending->index - mark];
    }
}

/* Length of "name=", "name+=" or "name[x]=" here; 0 when it is no assignment. */
static size_t assignment_length(const struct parser *p, size_t *out_name)
{
    size_t length = 0;
    if (!char_is_name(peek(p, 0)) || char_is_digit(peek(p, 0)))
        return 0;
    while (char_is_name(peek(p, length)))
        length++;
    *out_name = length;
    if (peek(p, length) == '[') {
        do {
            length++;
            if (shell_char_class[(unsigned char)peek(p, length)] == CHAR_META || !peek(p, length))
                return 0;
        } while (peek(p, length) != ']');
        length++;
    }
    if (peek(p, length) == '+')
        length++;
    return peek(p, length) == '=' ? length + 1 : 0;
}

static bool parse_assignment(struct parser *p)
{
    size_t name = 0, start = p->view.at, length = assignment_length(p, &name);
    if (!length)
        return false;
    struct shell_assign assign = {.name = view_slice(p, start, start + name),
                                  .append = p->view.text[start + length - 2] == '+'};
    p->view.at += length;
    if (assign.append)
        bashism(p, start, p->view.at, "+=", "SC3024");
    if (p->view.text[start + name] == '[')
        bashism(p, start, p->view.at, "arrays", "SC3030");
    p->in_word++;
    assign.value = parse_word(p, true);
    p->in_word--;
    assign.at = place_span(p, start, p->view.at);
    token(p, start);
    vec_push(p->arena, &p->assigns, assign);
    return true;
}

/* Where the lists of one simple command begin on the stacks, and how far it goes. */
struct simple {
    uint32_t words, assigns, redirects, index;
    size_t start, end;
};

static bool is_function_head(struct parser *p, const struct simple *simple)
{
    if (p->words.count != simple->words + 1 || p->assigns.count != simple->assigns ||
        p->redirects.count != simple->redirects)
        return false;
    if (p->script->commands.count != simple->index + 1 || !vec_last(&p->words)->known)
        return false;
    size_t ahead = 1;
    while (char_is_blank(peek(p, ahead)))
        ahead++;
    return peek(p, ahead) == ')';
}

/* Words, assignments and redirects; stops before "()" of a function and gives true. */
static bool parse_parts(struct parser *p, struct simple *simple)
{
    for (skip_trivia(p); !at_end(p); skip_trivia(p)) {
        size_t start = p->view.at;
        char c = p->view.text[start];
        if (!parse_redirect(p, (int32_t)simple->index)) {
            if (c == '(' && is_function_head(p, simple))
                return true;
            if (shell_char_class[(unsigned char)c] == CHAR_META &&
                !((c == '<' || c == '>') && peek(p, 1) == '('))
                return false;
            if (p->words.count > simple->words || !parse_assignment(p)) {
                p->in_word++;
                struct shell_word word = parse_word(p, false);
                p->in_word--;
                if (p->view.at == start)
                    return false;
                vec_push(p->arena, &p->words, word);
                token(p, start);
            }
        }
        simple->end = p->view.at;
    }
    return false;
}

static void finish(struct parser *p, const struct simple *simple)
{
    struct shell_words words;
    struct shell_assigns assigns;
    struct shell_redirects redirects;
    TAKE(p, words, simple->words, &words);
    TAKE(p, assigns, simple->assigns, &assigns);
    take_redirects(p, simple->redirects, &redirects);
    struct shell_command *command = &p->script->commands.at[simple->index];
    command->words = command->argv = words;
    command->assigns = assigns;
    command->redirects = redirects;
    command->at = place_span(p, simple->start, simple->end);
}

static struct shell_node *finish_function(struct parser *p, const struct simple *simple)
{
    str name = p->words.at[simple->words].value;
    p->words.count = simple->words;
    p->script->commands.count = simple->index;
    take(p, "(");
    skip_trivia(p);
    take(p, ")");
    return parse_function_body(p, simple->start, name);
}

struct shell_node *parse_simple(struct parser *p)
{
    struct simple simple = {.words = p->words.count,
                            .assigns = p->assigns.count,
                            .redirects = p->redirects.count,
                            .index = p->script->commands.count,
                            .start = p->view.at,
                            .end = p->view.at};
    int32_t outer = p->outer;
    struct shell_command command = {.context = p->context,
                                    .depth = p->depth,
                                    .list = p->list - (p->list > 0),
                                    .outer = outer,
                                    .via = p->via,
                                    .pipeline_length = 1};
    vec_push(p->arena, &p->script->commands, command);
    p->outer = (int32_t)simple.index;
    bool is_function = parse_parts(p, &simple);
    p->outer = outer;
    if (is_function)
        return finish_function(p, &simple);
    if (simple.end == simple.start) {
        p->script->commands.count = simple.index;
        return NULL;
    }
    finish(p, &simple);
    struct shell_node *node = node_new(p, SHELL_NODE_SIMPLE);
    node->command = simple.index;
    node->at = p->script->commands.at[simple.index].at;
    see_through(p, simple.index);
    return node;
}
