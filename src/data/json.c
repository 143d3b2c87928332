#include "base/limits.h"
#include "data/data.h"
#include "data/parse_fail.h"
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

/*
 * A JSON reader that knows where each token stands (docs/decisions/0011 says why it is our own).
 * Recursive descent, one function a grammar rule, depth bounded by LIMIT_JSON_DEPTH, one pass.
 */

struct json {
    struct arena *arena;
    str text;
    size_t at;
    unsigned depth;
    struct err *err;
};

static bool fail(struct json *json, size_t at, const char *what)
{
    return parse_fail(json->err, "JSON", json->text, at, what);
}

static void skip_space(struct json *json)
{
    while (json->at < json->text.len) {
        char c = json->text.at[json->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
        json->at++;
    }
}

static char peek(const struct json *json)
{
    return json->at < json->text.len ? json->text.at[json->at] : '\0';
}

static struct node *new_node(struct json *json, enum node_kind kind, size_t start)
{
    struct node *node = NEW(json->arena, struct node);
    node->kind = kind;
    node->at.start = (uint32_t)start;
    return node;
}

static bool hex4(struct json *json, size_t at, uint32_t *out_value)
{
    uint32_t value = 0;
    if (at + 4 > json->text.len)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        char c = char_lower(json->text.at[i]);
        if (!char_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return false;
        value = value << 4 | (uint32_t)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *out_value = value;
    return true;
}

/* The escape behind a backslash at `at`; writes its bytes and gives the offset behind it. */
static bool read_escape(struct json *json, size_t *at, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *at < json->text.len ? json->text.at[*at] : '\0';
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        buf_add_char(out, to[simple - from]);
        ++*at;
        return true;
    }
    uint32_t code, low;
    if (c != 'u' || !hex4(json, *at + 1, &code))
        return fail(json, *at, "bad escape in a string");
    *at += 5;
    if (code >= 0xd800 && code < 0xdc00 &&
        str_starts(str_from_index(json->text, *at), STR("\\u")) && hex4(json, *at + 2, &low) &&
        low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        *at += 6;
    }
    char bytes[4];
    buf_add(out, (str){bytes, utf8_put(bytes, code)});
    return true;
}

static bool read_string(struct json *json, struct node **out_node)
{
    size_t start = json->at, at = start + 1;
    while (at < json->text.len && json->text.at[at] != '"' && json->text.at[at] != '\\')
        at++;
    struct node *node = new_node(json, NODE_STRING, start);
    node->style = '"';
    node->value = str_slice(json->text, start + 1, at);
    if (at < json->text.len && json->text.at[at] == '\\') {
        struct buf decoded = buf_init(json->arena, LIMIT_JSON_DOCUMENT);
        buf_add(&decoded, node->value);
        while (at < json->text.len && json->text.at[at] != '"') {
            if (json->text.at[at] == '\\') {
                at++;
                if (!read_escape(json, &at, &decoded))
                    return false;
            } else {
                buf_add_char(&decoded, json->text.at[at++]);
            }
        }
        node->value = buf_str(&decoded);
    }
    if (at >= json->text.len)
        return fail(json, start, "a string without an end");
    for (size_t i = start; i < at; i++)
        if ((unsigned char)json->text.at[i] < 0x20)
            return fail(json, i, "a control character in a string");
    json->at = at + 1;
    node->at.end = (uint32_t)json->at;
    *out_node = node;
    return true;
}

static size_t digits(const struct json *json, size_t at)
{
    while (at < json->text.len && char_is_digit(json->text.at[at]))
        at++;
    return at;
}

static bool read_number(struct json *json, struct node **out_node)
{
    str text = json->text;
    size_t start = json->at, at = start + (text.at[start] == '-');
    size_t whole = digits(json, at);
    if (whole == at || (text.at[at] == '0' && whole > at + 1))
        return fail(json, start, "not a value");
    at = whole;
    if (at < text.len && text.at[at] == '.') {
        size_t end = digits(json, at + 1);
        if (end == at + 1)
            return fail(json, start, "a number that ends in a point");
        at = end;
    }
    if (at < text.len && char_lower(text.at[at]) == 'e') {
        at++;
        if (at < text.len && (text.at[at] == '+' || text.at[at] == '-'))
            at++;
        size_t end = digits(json, at);
        if (end == at)
            return fail(json, start, "a number without digits in its exponent");
        at = end;
    }
    struct node *node = new_node(json, NODE_NUMBER, start);
    node->style = 'p';
    node->value = str_slice(text, start, at);
    node->at.end = (uint32_t)at;
    json->at = at;
    *out_node = node;
    return true;
}

static bool read_word(struct json *json, struct node **out_node)
{
    static const struct {
        str word;
        enum node_kind kind;
    } words[] = {{{"true", 4}, NODE_BOOL}, {{"false", 5}, NODE_BOOL}, {{"null", 4}, NODE_NULL}};
    str rest = str_from_index(json->text, json->at);
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        if (!str_starts(rest, words[i].word))
            continue;
        struct node *node = new_node(json, words[i].kind, json->at);
        node->style = 'p';
        node->value = str_slice(rest, 0, words[i].word.len);
        json->at += words[i].word.len;
        node->at.end = (uint32_t)json->at;
        *out_node = node;
        return true;
    }
    return fail(json, json->at, json->at < json->text.len ? "not a value" : "the text ends early");
}

static bool read_value(struct json *json, struct node **out_node);

static bool read_pair(struct json *json, struct node *map)
{
    struct node_pair pair;
    if (peek(json) != '"')
        return fail(json, json->at, "an object's key must be a string");
    if (!read_string(json, &pair.key))
        return false;
    skip_space(json);
    if (peek(json) != ':')
        return fail(json, json->at, "no ':' behind an object's key");
    json->at++;
    if (!read_value(json, &pair.value))
        return false;
    vec_push(json->arena, &map->pairs, pair);
    return true;
}

static bool read_item(struct json *json, struct node *node)
{
    if (node->kind == NODE_MAP)
        return read_pair(json, node);
    struct node *item;
    if (!read_value(json, &item))
        return false;
    vec_push(json->arena, &node->items, item);
    return true;
}

static bool read_collection(struct json *json, struct node **out_node)
{
    bool map = peek(json) == '{';
    char end = map ? '}' : ']';
    struct node *node = new_node(json, map ? NODE_MAP : NODE_LIST, json->at++);
    node->style = 'f';
    if (++json->depth > LIMIT_JSON_DEPTH)
        return err_set(json->err, ERR_LIMIT, "JSON nests deeper than %d", LIMIT_JSON_DEPTH);
    skip_space(json);
    for (bool first = true; peek(json) != end; first = false) {
        if (!first) {
            if (peek(json) != ',')
                return fail(json, json->at, map ? "no ',' or '}'" : "no ',' or ']'");
            json->at++;
            skip_space(json);
        }
        if (!read_item(json, node))
            return false;
        skip_space(json);
    }
    json->at++;
    json->depth--;
    node->at.end = (uint32_t)json->at;
    *out_node = node;
    return true;
}

static bool read_value(struct json *json, struct node **out_node)
{
    skip_space(json);
    char c = peek(json);
    if (c == '{' || c == '[')
        return read_collection(json, out_node);
    if (c == '"')
        return read_string(json, out_node);
    if (c == '-' || char_is_digit(c))
        return read_number(json, out_node);
    return read_word(json, out_node);
}

bool json_parse(struct arena *arena, str text, struct node **out_root, struct err *err)
{
    struct json json = {.arena = arena, .text = text, .err = err};
    if (text.len > LIMIT_JSON_DOCUMENT)
        return err_set(err, ERR_LIMIT, "JSON of more than %zu bytes", LIMIT_JSON_DOCUMENT);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        json.at = 3;
    size_t bad = utf8_bad_byte(text);
    if (bad != STR_MISSING)
        return fail(&json, bad, "not UTF-8");
    struct node *root;
    if (!read_value(&json, &root))
        return false;
    skip_space(&json);
    if (json.at < text.len)
        return fail(&json, json.at, "more text behind the end of the value");
    *out_root = root;
    return true;
}
