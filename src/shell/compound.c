#include "shell/grammar.h"

#include <string.h>

/* Read a list as the next child of a node, with these bits added to the context. */
static void add_list(struct parser *p, struct shell_node *node, uint32_t bits)
{
    uint32_t context = p->context;
    p->context = (context & ~(uint32_t)SHELL_NEGATED) | bits;
    p->depth++;
    struct shell_node *child = parse_list(p);
    p->depth--;
    p->context = context;
    vec_push(p->arena, &node->children, child);
    vec_push(p->arena, &node->separators, SHELL_SEP_END);
}

/* Take the word that goes on with a construct; a problem at its beginning when it is not there. */
static bool expect(struct parser *p, size_t start, const char *word, const char *what)
{
    skip_trivia(p);
    if (take_keyword(p, word))
        return true;
    size_t end = start;
    while (end < p->view.end && !shell_char_class[(unsigned char)p->view.text[end]])
        end++;
    problem(p, start, end > start ? end : start + 1, what);
    return false;
}

static void parse_if(struct parser *p, struct shell_node *node, size_t start)
{
    do {
        add_list(p, node, SHELL_IN_CONDITION);
        if (!expect(p, start, "then", "'if' without 'then'"))
            return;
        add_list(p, node, SHELL_IN_BRANCH);
        skip_trivia(p);
    } while (take_keyword(p, "elif"));
    if (take_keyword(p, "else"))
        add_list(p, node, SHELL_IN_BRANCH);
    expect(p, start, "fi", "'if' without 'fi'");
}

static void parse_do(struct parser *p, struct shell_node *node, size_t start)
{
    if (!expect(p, start, "do", "loop without 'do'"))
        return;
    add_list(p, node, SHELL_IN_LOOP);
    expect(p, start, "done", "loop without 'done'");
}

static void parse_while(struct parser *p, struct shell_node *node, size_t start)
{
    add_list(p, node, SHELL_IN_CONDITION);
    parse_do(p, node, start);
}

/* Words up to a separator, onto the node. */
static void parse_words(struct parser *p, struct shell_node *node)
{
    uint32_t mark = p->words.count;
    for (skip_trivia(p); !at_end(p); skip_trivia(p)) {
        size_t start = p->view.at;
        p->in_word++;
        struct shell_word word = parse_word(p, false);
        p->in_word--;
        if (p->view.at == start)
            break;
        vec_push(p->arena, &p->words, word);
        token(p, start);
    }
    TAKE(p, words, mark, &node->words);
}

static bool parse_arith_command(struct parser *p)
{
    size_t start = p->view.at, end = arith_end(p, start + 2);
    if (end == STR_MISSING)
        return false;
    parse_expanding_text(p, start + 2, end);
    p->view.at = end + 2;
    token(p, start);
    return true;
}

static void parse_for(struct parser *p, struct shell_node *node, size_t start)
{
    skip_trivia(p);
    size_t name = p->view.at;
    if (peek(p, 0) == '(' && peek(p, 1) == '(' && parse_arith_command(p)) {
        bashism(p, start, p->view.at, "for ((", "SC3005");
    } else {
        while (char_is_name(peek(p, 0)))
            p->view.at++;
        node->name = view_slice(p, name, p->view.at);
        if (node->name.len)
            token(p, name);
        else
            problem(p, start, start + 3, "loop without a variable");
        skip_newlines(p);
        if (take_keyword(p, "in"))
            parse_words(p, node);
    }
    skip_trivia(p);
    if (peek(p, 0) == ';')
        take(p, ";");
    skip_newlines(p);
    if (peek(p, 0) == '{' && take_keyword(p, "{")) {
        add_list(p, node, SHELL_IN_LOOP);
        expect(p, start, "}", "'{' without '}'");
    } else {
        parse_do(p, node, start);
    }
}

/* pattern | pattern ) list ;; */
static bool parse_case_item(struct parser *p, struct shell_node *node, size_t start)
{
    struct shell_node *item = node_new(p, SHELL_NODE_LIST);
    size_t item_start = p->view.at;
    if (peek(p, 0) == '(')
        take(p, "(");
    do {
        skip_trivia(p);
        size_t word_start = p->view.at;
        p->in_word++;
        struct shell_word word = parse_word(p, false);
        p->in_word--;
        if (p->view.at == word_start)
            break;
        token(p, word_start);
        vec_push(p->arena, &item->words, word);
        skip_trivia(p);
    } while (peek(p, 0) == '|' && take(p, "|"));
    skip_trivia(p);
    if (!take(p, ")")) {
        problem(p, start, start + 4, "'case' with a bad pattern");
        return false;
    }
    add_list(p, item, SHELL_IN_BRANCH);
    item->at = place_span(p, item_start, p->view.at);
    vec_push(p->arena, &node->children, item);
    vec_push(p->arena, &node->separators, SHELL_SEP_SEMI);
    size_t at = p->view.at;
    if (take(p, ";;&") || take(p, ";&"))
        bashism(p, at, p->view.at, "fall through in case", "SC2127");
    else if (!take(p, ";;"))
        return false;
    return true;
}

static void parse_case(struct parser *p, struct shell_node *node, size_t start)
{
    skip_trivia(p);
    uint32_t mark = p->words.count;
    size_t subject = p->view.at;
    p->in_word++;
    struct shell_word word = parse_word(p, false);
    p->in_word--;
    token(p, subject);
    vec_push(p->arena, &p->words, word);
    TAKE(p, words, mark, &node->words);
    skip_newlines(p);
    if (!expect(p, start, "in", "'case' without 'in'"))
        return;
    do {
        skip_newlines(p);
    } while (!at_end(p) && !at_keyword(p, "esac") && parse_case_item(p, node, start));
    skip_newlines(p);
    expect(p, start, "esac", "'case' without 'esac'");
}

/* [[ ... ]]: words and operators, taken as they come. */
static void parse_test(struct parser *p, struct shell_node *node, size_t start)
{
    uint32_t mark = p->words.count;
    bool closed = false;
    for (skip_newlines(p); !at_end(p) && !closed; skip_newlines(p)) {
        size_t at = p->view.at;
        closed = at_keyword(p, "]]");
        char c = peek(p, 0);
        if (!closed && c == ';')
            break;
        if (closed || c == '&' || c == '|' || c == '(' || c == ')' ||
            ((c == '<' || c == '>') && peek(p, 1) != '(')) {
            p->view.at += closed ? 2 : 1;
            token(p, at);
            continue;
        }
        p->in_word++;
        struct shell_word word = parse_word(p, false);
        p->in_word--;
        vec_push(p->arena, &p->words, word);
        token(p, at);
    }
    TAKE(p, words, mark, &node->words);
    if (!closed)
        problem(p, start, start + 2, "'[[' without ']]'");
}

static struct shell_node *parse_parentheses(struct parser *p)
{
    size_t start = p->view.at;
    struct shell_node *node = node_new(p, SHELL_NODE_SUBSHELL);
    if (peek(p, 1) == '(' && parse_arith_command(p)) {
        node->kind = SHELL_NODE_ARITH;
        bashism(p, start, p->view.at, "(( ))", "SC3006");
    } else {
        take(p, "(");
        add_list(p, node, SHELL_IN_SUBSHELL);
        skip_trivia(p);
        if (!take(p, ")"))
            problem(p, start, start + 1, "'(' without ')'");
    }
    node->at = place_span(p, start, p->view.at);
    return node;
}

struct shell_node *parse_function_body(struct parser *p, size_t start, str name)
{
    struct shell_node *node = node_new(p, SHELL_NODE_FUNCTION);
    node->name = name;
    vec_push(p->arena, &p->script->functions, name);
    skip_newlines(p);
    uint32_t context = p->context;
    p->context = (context & ~(uint32_t)SHELL_NEGATED) | SHELL_IN_FUNCTION;
    struct shell_node *body = parse_compound(p);
    p->context = context;
    if (body)
        vec_push(p->arena, &node->children, body);
    else
        problem(p, start, p->view.at, "function without a body");
    node->at = place_span(p, start, p->view.at);
    return node;
}

static struct shell_node *parse_function(struct parser *p, size_t start)
{
    skip_trivia(p);
    size_t name = p->view.at;
    while (!at_end(p) && shell_char_class[(unsigned char)peek(p, 0)] != CHAR_META)
        p->view.at++;
    str text = view_slice(p, name, p->view.at);
    if (text.len)
        token(p, name);
    skip_trivia(p);
    bool parentheses = peek(p, 0) == '(' && take(p, "(");
    if (parentheses) {
        skip_trivia(p);
        take(p, ")");
    }
    bashism(p, start, p->view.at, "function", parentheses ? "SC2113" : "SC2112");
    return parse_function_body(p, start, text);
}

typedef void compound_body(struct parser *p, struct shell_node *node, size_t start);

static struct shell_node *parse_with(struct parser *p, enum shell_node_kind kind,
                                     compound_body *body)
{
    size_t start = p->view.at;
    while (!at_end(p) && !shell_char_class[(unsigned char)peek(p, 0)])
        p->view.at++;
    str word = view_slice(p, start, p->view.at);
    token(p, start);
    struct shell_node *node = node_new(p, kind);
    if (str_eq(word, STR("until")))
        node->name = word;
    if (str_eq(word, STR("select")))
        bashism(p, start, p->view.at, "select", "SC3008");
    body(p, node, start);
    node->at = place_span(p, start, p->view.at);
    return node;
}

static struct shell_node *parse_group(struct parser *p)
{
    size_t start = p->view.at;
    struct shell_node *node = node_new(p, SHELL_NODE_GROUP);
    take(p, "{");
    add_list(p, node, SHELL_IN_GROUP);
    expect(p, start, "}", "'{' without '}'");
    node->at = place_span(p, start, p->view.at);
    return node;
}

struct shell_node *parse_compound(struct parser *p)
{
    size_t start = p->view.at;
    switch (peek(p, 0)) {
    case '(': return parse_parentheses(p);
    case '{': return at_keyword(p, "{") ? parse_group(p) : NULL;
    case '[':
        if (!at_keyword(p, "[["))
            return NULL;
        take(p, "[[");
        struct shell_node *node = node_new(p, SHELL_NODE_TEST);
        parse_test(p, node, start);
        node->at = place_span(p, start, p->view.at);
        bashism(p, start, p->view.at, "[[ ]]", "SC3010");
        return node;
    case 'i': return at_keyword(p, "if") ? parse_with(p, SHELL_NODE_IF, parse_if) : NULL;
    case 'c': return at_keyword(p, "case") ? parse_with(p, SHELL_NODE_CASE, parse_case) : NULL;
    case 'w': return at_keyword(p, "while") ? parse_with(p, SHELL_NODE_WHILE, parse_while) : NULL;
    case 'u': return at_keyword(p, "until") ? parse_with(p, SHELL_NODE_WHILE, parse_while) : NULL;
    case 's': return at_keyword(p, "select") ? parse_with(p, SHELL_NODE_FOR, parse_for) : NULL;
    case 'f':
        if (at_keyword(p, "for"))
            return parse_with(p, SHELL_NODE_FOR, parse_for);
        return take_keyword(p, "function") ? parse_function(p, start) : NULL;
    default: return NULL;
    }
}
