#include "base/limits.h"
#include "base/map.h"
#include "data/data.h"
#include "data/parse_fail.h"
#include "text/utf8.h"

#include <string.h>

/*
 * A TOML reader, for manifests (pyproject.toml, Cargo.toml). One pass over the text; every table
 * carries an index of its keys, so that 10^5 headers cost 10^5 look-ups and no more. Dates are
 * strings. Spans are those of the value's token; a table's is its header's.
 */

/* Every NODE_MAP that this file makes is the first member of one of these. */
struct table {
    struct node node;
    struct map index; /* key -> its struct node */
    bool header;      /* [a.b] named it: a second header is an error */
};

struct toml {
    struct arena *arena;
    str text;
    size_t at;
    unsigned depth;
    struct err *err;
    struct table *root, *current;
};

static bool fail(struct toml *toml, size_t at, const char *what)
{
    return parse_fail(toml->err, "TOML", toml->text, at, what);
}

static char peek(const struct toml *toml, size_t ahead)
{
    return toml->at + ahead < toml->text.len ? toml->text.at[toml->at + ahead] : '\0';
}

static bool ahead(const struct toml *toml, str text)
{
    return str_starts(str_from_index(toml->text, toml->at), text);
}

static void skip_blank(struct toml *toml)
{
    while (char_is_blank(peek(toml, 0)))
        toml->at++;
}

/* Blanks, line ends and comments. */
static void skip_lines(struct toml *toml)
{
    for (;;) {
        char c = peek(toml, 0);
        if (c == '#') {
            while (toml->at < toml->text.len && peek(toml, 0) != '\n')
                toml->at++;
        } else if (c && char_is_space(c)) {
            toml->at++;
        } else {
            return;
        }
    }
}

static struct node *new_node(struct toml *toml, enum node_kind kind, size_t start)
{
    struct node *node =
        kind == NODE_MAP ? &NEW(toml->arena, struct table)->node : NEW(toml->arena, struct node);
    node->kind = kind;
    node->at = (span){(uint32_t)start, (uint32_t)toml->at};
    node->style = kind == NODE_MAP || kind == NODE_LIST ? 'b' : 'p';
    return node;
}

static struct table *as_table(struct node *node)
{
    assert(node->kind == NODE_MAP);
    return (struct table *)node;
}

static void add_pair(struct toml *toml, struct table *table, struct node *key, struct node *value)
{
    vec_push(toml->arena, &table->node.pairs, (struct node_pair){key, value});
    map_set(toml->arena, &table->index, key->value, value);
}

/* -- strings ----------------------------------------------------------------------------------- */

static bool read_hex(struct toml *toml, unsigned digits, struct buf *out)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < digits; i++) {
        char c = char_lower(peek(toml, i));
        if (!char_is_digit(c) && !(c >= 'a' && c <= 'f'))
            return fail(toml, toml->at, "bad \\u escape");
        code = code << 4 | (uint32_t)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    toml->at += digits;
    char bytes[4];
    buf_add(out, (str){bytes, utf8_put(bytes, code)});
    return true;
}

static bool read_escape(struct toml *toml, bool multiline, struct buf *out)
{
    static const char from[] = "\"\\bfnrt", to[] = "\"\\\b\f\n\r\t";
    char c = peek(toml, 0);
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        toml->at++;
        buf_add_char(out, to[simple - from]);
        return true;
    }
    if (c == 'u' || c == 'U') {
        toml->at++;
        return read_hex(toml, c == 'u' ? 4 : 8, out);
    }
    if (!multiline || !c || !char_is_space(c))
        return fail(toml, toml->at, "bad escape in a string");
    while (peek(toml, 0) && char_is_space(peek(toml, 0)))
        toml->at++;
    return true;
}

/* The line end behind the opening quotes of a string of several lines is none of its text. */
static void skip_first_line_end(struct toml *toml)
{
    if (ahead(toml, STR("\r\n")))
        toml->at += 2;
    else if (peek(toml, 0) == '\n')
        toml->at++;
}

/* Up to the closing quotes. */
static bool read_characters(struct toml *toml, str end, size_t start, struct buf *out)
{
    bool multiline = end.len == 3, literal = end.at[0] == '\'';
    while (!ahead(toml, end)) {
        char c = peek(toml, 0);
        if (toml->at >= toml->text.len || (!multiline && c == '\n'))
            return fail(toml, start, "a string without an end");
        toml->at++;
        if (c != '\\' || literal)
            buf_add_char(out, c);
        else if (!read_escape(toml, multiline, out))
            return false;
    }
    return true;
}

/* A string of any of the four kinds. */
static bool read_string(struct toml *toml, struct node **out_node)
{
    size_t start = toml->at;
    char quote = peek(toml, 0);
    bool multiline = peek(toml, 1) == quote && peek(toml, 2) == quote;
    str end = str_slice(quote == '"' ? STR("\"\"\"") : STR("'''"), 0, multiline ? 3 : 1);
    toml->at += end.len;
    if (multiline)
        skip_first_line_end(toml);
    struct buf out = buf_init(toml->arena, LIMIT_LINT_FILE);
    if (!read_characters(toml, end, start, &out))
        return false;
    toml->at += end.len;
    for (int extra = 0; multiline && extra < 2 && peek(toml, 0) == quote; extra++, toml->at++)
        buf_add_char(&out, quote); /* up to two quotes may stand in front of the closing three */
    struct node *node = new_node(toml, NODE_STRING, start);
    node->value = out.len ? buf_str(&out) : STR("");
    node->style = quote;
    *out_node = node;
    return true;
}

/* -- keys -------------------------------------------------------------------------------------- */

static bool read_key(struct toml *toml, struct node **out_key)
{
    skip_blank(toml);
    if (peek(toml, 0) == '"' || peek(toml, 0) == '\'') {
        if (!read_string(toml, out_key))
            return false;
    } else {
        size_t start = toml->at;
        while (char_is_name(peek(toml, 0)) || peek(toml, 0) == '-')
            toml->at++;
        if (toml->at == start)
            return fail(toml, start, "a key is missing");
        *out_key = new_node(toml, NODE_STRING, start);
        (*out_key)->value = str_slice(toml->text, start, toml->at);
    }
    skip_blank(toml);
    return true;
}

/* The table under a key, made when it is not there; the newest one of a list of tables. */
static bool step_into(struct toml *toml, struct table **table, struct node *key)
{
    struct node *found = map_find(&(*table)->index, key->value);
    if (!found) {
        found = new_node(toml, NODE_MAP, key->at.start);
        found->at = key->at;
        add_pair(toml, *table, key, found);
    }
    if (found->kind == NODE_LIST && found->style == 'b' && found->items.count)
        found = *vec_last(&found->items);
    if (found->kind != NODE_MAP || found->style == 'f')
        return fail(toml, key->at.start, "the key has a value already");
    *table = as_table(found);
    return true;
}

/* a.b.c: steps into all but the last key. */
static bool read_dotted(struct toml *toml, struct table **table, struct node **out_key)
{
    struct node *key;
    unsigned parts = 0;
    if (!read_key(toml, &key))
        return false;
    while (peek(toml, 0) == '.') {
        toml->at++;
        if (++parts > LIMIT_NESTING)
            return err_set(toml->err, ERR_LIMIT, "TOML key of more than %d parts", LIMIT_NESTING);
        if (!step_into(toml, table, key) || !read_key(toml, &key))
            return false;
    }
    *out_key = key;
    return true;
}

/* -- values ------------------------------------------------------------------------------------ */

static bool read_value(struct toml *toml, struct node **out_node);

static bool read_array(struct toml *toml, struct node **out_node)
{
    struct node *list = new_node(toml, NODE_LIST, toml->at++);
    list->style = 'f';
    skip_lines(toml);
    while (peek(toml, 0) != ']') {
        struct node *item;
        if (!read_value(toml, &item))
            return false;
        vec_push(toml->arena, &list->items, item);
        skip_lines(toml);
        if (peek(toml, 0) != ',' && peek(toml, 0) != ']')
            return fail(toml, toml->at, "no ',' or ']' in an array");
        if (peek(toml, 0) == ',')
            toml->at++;
        skip_lines(toml);
    }
    toml->at++;
    list->at.end = (uint32_t)toml->at;
    *out_node = list;
    return true;
}

static bool read_pair(struct toml *toml, struct table *table)
{
    struct node *key, *value;
    if (!read_dotted(toml, &table, &key))
        return false;
    if (map_has(&table->index, key->value))
        return fail(toml, key->at.start, "the key is there twice");
    if (peek(toml, 0) != '=')
        return fail(toml, toml->at, "no '=' behind a key");
    toml->at++;
    if (!read_value(toml, &value))
        return false;
    add_pair(toml, table, key, value);
    return true;
}

static bool read_inline_table(struct toml *toml, struct node **out_node)
{
    struct node *map = new_node(toml, NODE_MAP, toml->at++);
    skip_lines(toml);
    while (peek(toml, 0) != '}') {
        if (!read_pair(toml, as_table(map)))
            return false;
        skip_lines(toml);
        if (peek(toml, 0) != ',' && peek(toml, 0) != '}')
            return fail(toml, toml->at, "no ',' or '}' in a table");
        if (peek(toml, 0) == ',')
            toml->at++;
        skip_lines(toml);
    }
    toml->at++;
    map->style = 'f'; /* closed: nothing may be added to it later */
    map->at.end = (uint32_t)toml->at;
    *out_node = map;
    return true;
}

static bool is_bare(char c, const char *marks)
{
    return char_is_alnum(c) || (c && strchr(marks, c));
}

/* "1979-05-27", "07:32:00" */
static bool is_date(str text)
{
    return text.len >= 8 && char_is_digit(text.at[0]) &&
           ((text.len >= 10 && text.at[4] == '-') || text.at[2] == ':');
}

/* The time that may follow a date behind a blank. */
static bool time_follows(const struct toml *toml)
{
    return peek(toml, 0) == ' ' && char_is_digit(peek(toml, 1)) && char_is_digit(peek(toml, 2)) &&
           peek(toml, 3) == ':';
}

static bool read_bare(struct toml *toml, struct node **out_node)
{
    size_t start = toml->at;
    while (is_bare(peek(toml, 0), "+-_.:"))
        toml->at++;
    str text = str_slice(toml->text, start, toml->at);
    bool date = is_date(text);
    if (date && text.len == 10 && time_follows(toml)) {
        toml->at++;
        while (is_bare(peek(toml, 0), "+-.:"))
            toml->at++;
        text = str_slice(toml->text, start, toml->at);
    }
    bool number = text.len && (char_is_digit(text.at[0]) || strchr("+-", text.at[0]) ||
                               STR_IN(text, "inf", "nan"));
    bool boolean = STR_IN(text, "true", "false");
    if (!date && !number && !boolean)
        return fail(toml, start, "not a value");
    *out_node = new_node(toml, date ? NODE_STRING : boolean ? NODE_BOOL : NODE_NUMBER, start);
    (*out_node)->value = text;
    return true;
}

static bool read_value(struct toml *toml, struct node **out_node)
{
    skip_blank(toml);
    if (toml->depth >= LIMIT_NESTING)
        return err_set(toml->err, ERR_LIMIT, "TOML nests deeper than %d", LIMIT_NESTING);
    toml->depth++;
    char c = peek(toml, 0);
    bool good = c == '"' || c == '\'' ? read_string(toml, out_node)
                : c == '['            ? read_array(toml, out_node)
                : c == '{'            ? read_inline_table(toml, out_node)
                                      : read_bare(toml, out_node);
    toml->depth--;
    return good;
}

/* -- lines ------------------------------------------------------------------------------------- */

static bool read_header(struct toml *toml)
{
    size_t start = toml->at;
    bool list = ahead(toml, STR("[["));
    toml->at += list ? 2 : 1;
    struct table *table = toml->root;
    struct node *key;
    if (!read_dotted(toml, &table, &key))
        return false;
    if (!ahead(toml, list ? STR("]]") : STR("]")))
        return fail(toml, toml->at, "no ']' behind a table's name");
    toml->at += list ? 2 : 1;
    if (!list) {
        if (!step_into(toml, &table, key))
            return false;
        if (table->header)
            return fail(toml, start, "the table is there twice");
        table->header = true;
        toml->current = table;
        return true;
    }
    struct node *tables = map_find(&table->index, key->value);
    if (!tables) {
        tables = new_node(toml, NODE_LIST, start);
        add_pair(toml, table, key, tables);
    }
    if (tables->kind != NODE_LIST || tables->style != 'b')
        return fail(toml, start, "the key has a value already");
    struct node *item = new_node(toml, NODE_MAP, start);
    vec_push(toml->arena, &tables->items, item);
    toml->current = as_table(item);
    return true;
}

bool toml_parse(struct arena *arena, str text, struct node **out_root, struct err *err)
{
    struct toml toml = {.arena = arena, .text = text, .err = err};
    if (text.len > LIMIT_LINT_FILE)
        return err_set(err, ERR_LIMIT, "TOML of more than %zu bytes", LIMIT_LINT_FILE);
    size_t bad = utf8_bad_byte(text);
    if (bad == STR_MISSING)
        bad = str_find_char(text, '\0');
    if (bad != STR_MISSING)
        return fail(&toml, bad, "not UTF-8 text");
    if (str_starts(text, STR("\xef\xbb\xbf")))
        toml.at = 3;
    toml.root = toml.current = as_table(new_node(&toml, NODE_MAP, 0));
    for (skip_lines(&toml); toml.at < text.len; skip_lines(&toml)) {
        bool good = peek(&toml, 0) == '[' ? read_header(&toml) : read_pair(&toml, toml.current);
        if (!good)
            return false;
        skip_blank(&toml);
        char c = peek(&toml, 0);
        if (c && c != '\n' && c != '\r' && c != '#')
            return fail(&toml, toml.at, "more text behind a value");
    }
    toml.root->node.at = (span){0, (uint32_t)text.len};
    *out_root = &toml.root->node;
    return true;
}
