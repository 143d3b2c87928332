#include "base/limits.h"
#include "data/data.h"
#include "data/yaml_indent.h"
#include "text/utf8.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

/*
 * YAML from libfyaml's events to a tree with spans.
 *
 *   scalar, [ , ], { , }, *alias  --one stack of open collections-->  struct node
 *
 * Of libfyaml only the events and the positions of their tokens are used: aliases, merge keys and
 * duplicate keys are our own, because its composer recurses and knows no bound. Its scanner takes
 * quadratic time over blank lines at the head of a block scalar, and reads bytes that are not text
 * without complaint; both are refused before it starts. A token's span leaves out quotes and the
 * head of a block scalar ("|-"); both are put back here.
 */

enum { BLANK_LINES_MAX = 256 };

struct frame {
    struct node *node;
    struct node *key; /* of a map: the key whose value comes next */
    uint32_t extra;
};

struct reader {
    struct arena *arena;
    struct yaml *yaml;
    const struct source *source;
    struct frame frames[LIMIT_NESTING];
    unsigned depth;
    struct map anchors; /* name -> struct node, of this document */
    uint32_t last;      /* end of the newest token */
    bool in_document, has_root;
};

static bool refuse(struct reader *reader, uint32_t start, uint32_t end, const char *what)
{
    if (reader->yaml->ok) {
        reader->yaml->ok = false;
        reader->yaml->problem = str_copy(reader->arena, str_from(what));
        reader->yaml->problem_at = (span){start, end < start ? start : end};
    }
    return false;
}

/* What libfyaml must not be given. */
static bool is_readable(struct reader *reader)
{
    str text = reader->source->text;
    size_t bad = utf8_bad_byte(text);
    if (bad != STR_MISSING)
        return refuse(reader, (uint32_t)bad, (uint32_t)bad + 1, "the text is not UTF-8");
    if (text.len > LIMIT_LINT_FILE)
        return refuse(reader, 0, 0, "the file is larger than 16 MiB");
    unsigned newlines = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool lone = c == '\r' && (i + 1 == text.len || text.at[i + 1] != '\n');
        reader->yaml->uncertain = reader->yaml->uncertain || lone;
        newlines = c == '\n' ? newlines + 1 : c == '\r' ? newlines : 0;
        if (newlines > BLANK_LINES_MAX)
            return refuse(reader, (uint32_t)i, (uint32_t)i, "more than 256 blank lines in a row");
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return refuse(reader, (uint32_t)i, (uint32_t)i + 1, "a control character");
    }
    return true;
}

static span token_span(struct fy_token *token)
{
    const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
    return start && end ? (span){(uint32_t)start->input_pos, (uint32_t)end->input_pos} : (span){0};
}

static char char_at(const struct reader *reader, uint32_t at)
{
    return at < reader->source->text.len ? reader->source->text.at[at] : '\0';
}

/* Past blanks, line ends and comments. */
static uint32_t skip_blank(const struct reader *reader, uint32_t at)
{
    for (;;) {
        char c = char_at(reader, at);
        if (c && char_is_space(c)) {
            at++;
        } else if (c == '#' && (!at || char_is_space(char_at(reader, at - 1)))) {
            while (at < reader->source->text.len && char_at(reader, at) != '\n')
                at++;
        } else {
            return at;
        }
    }
}

static struct node *new_node(struct reader *reader, enum node_kind kind, span at)
{
    struct node *node = NEW(reader->arena, struct node);
    node->kind = kind;
    node->at = at;
    struct position position = source_position(reader->source, at.start);
    node->column = position.column - 1;
    if (position.line == 1 && reader->source->bom && node->column >= 3)
        node->column -= 3;
    return node;
}

/* Where a value that is not written would stand: behind the ':' or '-' that asks for it. */
static struct node *missing_node(struct reader *reader, struct fy_token *anchor,
                                 struct fy_token *tag)
{
    uint32_t at = reader->last;
    uint32_t marker = skip_blank(reader, at);
    char c = char_at(reader, marker);
    bool flow = reader->depth && reader->frames[reader->depth - 1].node->style == 'f';
    if (c == ':' || (c == '-' && !flow) || c == '?')
        at = marker + 1;
    span anchor_at = token_span(anchor), tag_at = token_span(tag);
    at = anchor_at.end > at ? anchor_at.end : at;
    at = tag_at.end > at ? tag_at.end : at;
    struct node *node = new_node(reader, NODE_NULL, (span){at, at});
    node->style = 'p';
    reader->last = at;
    return node;
}

/* "0x1f", "0o17": the digits behind the mark. */
static bool is_radix_number(str text)
{
    for (size_t i = 2; i < text.len; i++) {
        char c = char_lower(text.at[i]);
        if (!char_is_digit(c) && !(text.at[1] == 'x' && c >= 'a' && c <= 'f'))
            return false;
    }
    return text.len > 2;
}

static bool is_number(str text)
{
    size_t at = text.len && (text.at[0] == '-' || text.at[0] == '+'), digits = 0;
    if (STR_IN(str_from_index(text, at), ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"))
        return true;
    if (str_starts(text, STR("0x")) || str_starts(text, STR("0o")))
        return is_radix_number(text);
    bool point = false, exponent = false;
    for (; at < text.len; at++) {
        char c = text.at[at];
        if (char_is_digit(c)) {
            digits++;
        } else if (c == '.' && !point && !exponent) {
            point = true;
        } else if (char_lower(c) == 'e' && digits && !exponent && at + 1 < text.len) {
            exponent = true;
            at += (text.at[at + 1] == '-' || text.at[at + 1] == '+') && at + 2 < text.len;
        } else {
            return false;
        }
    }
    return digits > 0;
}

static enum node_kind plain_kind(str text)
{
    if (!text.len || STR_IN(text, "null", "Null", "NULL", "~"))
        return NODE_NULL;
    if (STR_IN(text, "true", "True", "TRUE", "false", "False", "FALSE"))
        return NODE_BOOL;
    return is_number(text) ? NODE_NUMBER : NODE_STRING;
}

/* A block scalar's span begins at its '|' or '>', which stands somewhere behind the newest token,
 * its anchor and its tag. */
static uint32_t block_head(const struct reader *reader, uint32_t from, uint32_t content)
{
    uint32_t at = from;
    while (at < content) {
        at = skip_blank(reader, at);
        char c = char_at(reader, at);
        if (at >= content || c == '|' || c == '>')
            break;
        at++;
    }
    return at < content ? at : content;
}

/* 'p' plain, the quote, '|' or '>'. */
static char scalar_style(struct fy_token *token)
{
    unsigned style = (unsigned)fy_token_scalar_style(token);
    return "p\'\"|>p"[style <= FYSS_FOLDED ? style : 5];
}

/* The text with its quotes, or with the head of its block and without the line ends behind it. */
static span scalar_span(const struct reader *reader, span at, char style, uint32_t behind)
{
    if (style == '\'' || style == '"')
        return (span){at.start - 1, at.end + 1};
    if (style != '|' && style != '>')
        return at;
    at.start = block_head(reader, behind, at.start);
    while (at.end > at.start && char_is_space(char_at(reader, at.end - 1)))
        at.end--;
    return at;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static struct node *scalar_node(struct reader *reader, const struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    if (!token)
        return missing_node(reader, event->scalar.anchor, event->scalar.tag);
    size_t length = 0;
    const char *decoded = fy_token_get_text(token, &length);
    str text = decoded ? (str){decoded, length} : STR("");
    char style = scalar_style(token);
    span anchor = token_span(event->scalar.anchor), tag = token_span(event->scalar.tag);
    uint32_t behind = later(later(reader->last, anchor.end), tag.end);
    span at = scalar_span(reader, token_span(token), style, behind);
    bool text_only = style != 'p' || event->scalar.tag;
    struct node *node = new_node(reader, text_only ? NODE_STRING : plain_kind(text), at);
    str raw = source_text(reader->source, at);
    node->value = style == 'p' && str_eq(raw, text) ? raw : str_copy(reader->arena, text);
    node->style = style;
    if (!node->value.len && style == 'p') /* "!!str" and nothing else */
        node->at = (span){behind, behind};
    reader->last = later(reader->last, node->at.end);
    return node;
}

static uint32_t weight_of(const struct node *node)
{
    uint64_t weight = (uint64_t)(node->at.end - node->at.start) + node->extra + 1;
    return weight > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)weight;
}

/* Give a finished node to the collection that is open, or make it the document's root. */
/* Not "key:" but "? key", or a key that is not written: where its value would stand is a guess. */
static bool is_odd_key(const struct reader *reader, const struct node *map, const struct node *key)
{
    uint32_t at = key->at.end;
    while (char_is_blank(char_at(reader, at)))
        at++;
    bool colon = char_at(reader, at) == ':' || map->style == 'f';
    return !colon || span_is_empty(key->at) || key->style == '|' || key->style == '>';
}

static bool place(struct reader *reader, struct node *node)
{
    if (!reader->depth) {
        if (reader->has_root)
            return true;
        vec_push(reader->arena, &reader->yaml->documents, node);
        reader->has_root = true;
        return true;
    }
    struct frame *frame = &reader->frames[reader->depth - 1];
    uint32_t extra = node->aliased ? weight_of(node) : node->extra;
    frame->extra += extra; /* both stay far below 2^31 because of the test that follows */
    if (frame->extra > LIMIT_YAML_EXPANDED)
        return refuse(reader, node->at.start, node->at.end, "aliases expand to more than 1 MiB");
    if (frame->node->kind == NODE_LIST) {
        vec_push(reader->arena, &frame->node->items, node);
    } else if (!frame->key) {
        frame->key = node;
    } else {
        vec_push(reader->arena, &frame->node->pairs, (struct node_pair){frame->key, node});
        if (is_odd_key(reader, frame->node, frame->key))
            reader->yaml->uncertain = true;
        frame->key = NULL;
    }
    return true;
}

static void set_anchor(struct reader *reader, struct node *node, struct fy_token *anchor)
{
    size_t length;
    const char *name = anchor ? fy_token_get_text(anchor, &length) : NULL;
    if (!name)
        return;
    node->anchored = true;
    map_set(reader->arena, &reader->anchors, str_copy(reader->arena, (str){name, length}), node);
}

static bool add_alias(struct reader *reader, const struct fy_event *event)
{
    span at = token_span(event->alias.anchor);
    size_t length = 0;
    const char *name = fy_token_get_text(event->alias.anchor, &length);
    at.start -= at.start && char_at(reader, at.start - 1) == '*';
    struct node *target = name ? map_find(&reader->anchors, (str){name, length}) : NULL;
    if (!target)
        return refuse(reader, at.start, at.end, "an alias of an anchor that is not there");
    for (unsigned i = 0; i < reader->depth; i++)
        if (reader->frames[i].node == target)
            return refuse(reader, at.start, at.end, "an alias of what it stands in");
    struct node *node = NEW(reader->arena, struct node);
    uint32_t extra = weight_of(target);
    *node = *target;
    node->aliased = true;
    node->anchored = false;
    node->extra = extra;
    node->at = at;
    reader->last = at.end;
    return place(reader, node);
}

static bool open_collection(struct reader *reader, enum node_kind kind, struct fy_token *token,
                            struct fy_token *anchor)
{
    span at = token_span(token);
    if (reader->depth == LIMIT_NESTING)
        return refuse(reader, at.start, at.end, "the text nests deeper than 64");
    enum fy_token_type type = token ? fy_token_get_type(token) : FYTT_NONE;
    struct node *node = new_node(reader, kind, at);
    bool flow = type == FYTT_FLOW_MAPPING_START || type == FYTT_FLOW_SEQUENCE_START;
    node->style = flow ? 'f' : 'b';
    set_anchor(reader, node, anchor);
    reader->frames[reader->depth++] = (struct frame){.node = node};
    reader->last = at.end > reader->last ? at.end : reader->last;
    return true;
}

static bool close_collection(struct reader *reader, struct fy_token *token)
{
    struct frame *frame = &reader->frames[--reader->depth];
    struct node *node = frame->node;
    span at = token_span(token);
    if (node->style == 'f' && at.end > reader->last)
        reader->last = at.end;
    node->at.end = reader->last > node->at.start ? reader->last : node->at.start;
    if (node->style == 'b') { /* a one-pair map in a flow list has no bracket of its own */
        const struct node *first =
            node->kind == NODE_MAP ? (node->pairs.count ? node->pairs.at[0].key : NULL) : NULL;
        if (first && !node->at.start)
            node->at.start = first->at.start;
    }
    node->extra = frame->extra;
    return place(reader, node);
}

static bool take_event(struct reader *reader, struct fy_event *event)
{
    struct node *node;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        reader->in_document = true;
        reader->has_root = false;
        reader->anchors = (struct map){0};
        reader->last = token_span(event->document_start.document_start).end;
        return true;
    case FYET_DOCUMENT_END: reader->in_document = false; return true;
    case FYET_ALIAS: return add_alias(reader, event);
    case FYET_SCALAR:
        node = scalar_node(reader, event);
        set_anchor(reader, node, event->scalar.anchor);
        return place(reader, node);
    case FYET_MAPPING_START:
        return open_collection(reader, NODE_MAP, event->mapping_start.mapping_start,
                               event->mapping_start.anchor);
    case FYET_SEQUENCE_START:
        return open_collection(reader, NODE_LIST, event->sequence_start.sequence_start,
                               event->sequence_start.anchor);
    case FYET_MAPPING_END: return close_collection(reader, event->mapping_end.mapping_end);
    case FYET_SEQUENCE_END: return close_collection(reader, event->sequence_end.sequence_end);
    default: return true;
    }
}

/* libfyaml tells its errors through this; they are collected, never printed. */
static void say_nothing(struct fy_diag *diag UNUSED, void *user UNUSED, const char *text UNUSED,
                        size_t length UNUSED)
{
}

static struct fy_diag *quiet_diag(void)
{
    struct fy_diag_cfg config;
    fy_diag_cfg_default(&config);
    config.fp = NULL;
    config.output_fn = say_nothing;
    config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&config);
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    return diag;
}

static void note_error(struct reader *reader, struct fy_diag *diag)
{
    void *iterator = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);
    uint32_t at = reader->last;
    if (error && error->line > 0 && (uint32_t)error->line <= reader->source->line_count) {
        span line = source_line(reader->source, (uint32_t)error->line);
        uint32_t column = error->column > 0 ? (uint32_t)error->column - 1 : 0;
        at = line.start + column < line.end ? line.start + column : line.end;
    }
    refuse(reader, at, at, error && error->msg ? error->msg : "the text is not YAML");
}

/* libfyaml 0.7 dereferences a null pointer when an explicit key ("? x") is followed by ":", a tab
 * and a block indicator, which YAML forbids anyway. True at the first such tab. */
static bool has_tab_trap(str text, uint32_t *out_at)
{
    if (!str_has_char(text, '?'))
        return false;
    for (size_t i = 0; i + 2 < text.len; i++) {
        if (text.at[i] != ':' || !char_is_blank(text.at[i + 1]))
            continue;
        size_t end = i + 1;
        bool tab = false;
        for (; end < text.len && char_is_blank(text.at[end]); end++)
            tab = tab || text.at[end] == '\t';
        *out_at = (uint32_t)i + 1;
        if (tab)
            return true;
    }
    return false;
}

static void read_events(struct reader *reader, struct fy_diag *diag)
{
    str text = reader->source->text;
    /* By the letter a flow collection is indented more than its key, its last bracket too; people
     * write that bracket below the key, and every other reader takes it. */
    const struct fy_parse_cfg config = {
        .flags = FYPCF_JSON_NONE | FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    if (!parser || fy_parser_set_string(parser, text.at, text.len)) {
        refuse(reader, 0, 0, "the YAML parser did not start");
        fy_parser_destroy(parser);
        return;
    }
    struct fy_event *event;
    bool good = true;
    while (good && (event = fy_parser_parse(parser))) {
        good = take_event(reader, event);
        fy_parser_event_free(parser, event);
    }
    if (good && fy_parser_get_stream_error(parser))
        note_error(reader, diag);
    if (reader->yaml->ok && reader->depth)
        refuse(reader, reader->last, reader->last, "the text ends early");
    fy_parser_destroy(parser);
}

struct yaml *yaml_parse(struct arena *arena, const struct source *source)
{
    struct yaml *yaml = NEW(arena, struct yaml);
    yaml->source = source;
    yaml->ok = true;
    struct reader *reader = NEW(arena, struct reader);
    *reader = (struct reader){.arena = arena, .yaml = yaml, .source = source};
    if (!source->text.len || !is_readable(reader))
        return yaml;
    uint32_t tab;
    if (has_tab_trap(source->text, &tab)) {
        refuse(reader, tab, tab, "a tab in front of a block indicator");
        return yaml;
    }
    struct fy_diag *diag = quiet_diag();
    if (diag)
        read_events(reader, diag);
    else
        refuse(reader, 0, 0, "the YAML parser did not start");
    if (diag)
        fy_diag_destroy(diag);
    yaml_indents_note(arena, yaml);
    return yaml;
}
