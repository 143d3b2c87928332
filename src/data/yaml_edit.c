#include "base/limits.h"
#include "data/data.h"
#include "data/yaml_indent.h"

#include <string.h>

/*
 * YAML edits at byte offsets. What is not replaced is not touched, so comments, order, quoting,
 * anchors, indentation and line ends stay by construction; the work is in finding the right place:
 *
 *   spec:            <- map.column is the indentation of its pairs
 *     a: 1  # why    <- a new pair goes behind the line that the last pair's value ends on
 *     b: {c: 1}      <- or in front of the bracket, behind the last value
 *
 * Where an edit would have to guess (explicit "? key", a value with a tag, "|+" whose trailing
 * lines are content, anything reached through an alias), the answer is false.
 */

enum { EDIT_TEXT_MAX = 1 << 20, INDENT_DEFAULT = 2, INDENT_MAX = 16 };

struct place {
    struct arena *arena;
    const struct source *source;
};

static struct place place_of(struct arena *arena, const struct yaml *yaml)
{
    return (struct place){arena, yaml->source};
}

static char char_at(const struct place *place, size_t at)
{
    return at < place->source->text.len ? place->source->text.at[at] : '\0';
}

static span line_of(const struct place *place, uint32_t offset)
{
    return source_line(place->source, source_position(place->source, offset).line);
}

static span full_line_of(const struct place *place, uint32_t offset)
{
    return source_full_line(place->source, source_position(place->source, offset).line);
}

/* -- writing scalars --------------------------------------------------------------------------- */

/* May a plain scalar begin so? */
static bool is_plain_start(str text, bool flow)
{
    static const char first[] = "-?:,[]{}#&*!|>'\"%@`";
    if (!text.len || char_is_space(text.at[0]) || char_is_space(text.at[text.len - 1]) ||
        str_starts(text, STR("---")) || str_starts(text, STR("...")))
        return false;
    bool dash = strchr("-?:", text.at[0]) && text.len > 1 && !char_is_space(text.at[1]) && !flow;
    return !strchr(first, text.at[0]) || dash;
}

static bool is_plain_safe(str text, bool flow)
{
    if (!is_plain_start(text, flow))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        if (c == ':' && (flow || i + 1 == text.len || char_is_space(text.at[i + 1])))
            return false;
        if (c == '#' && i && char_is_space(text.at[i - 1]))
            return false;
        if (flow && strchr(",[]{}", c))
            return false;
    }
    return true;
}

/* Would a plain scalar be read as something else than a string? */
static bool reads_as_string(str text)
{
    if (STR_IN(text, "null", "Null", "NULL", "~", "true", "True", "TRUE", "false", "False", "FALSE",
               "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "<<",
               "="))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_digit(text.at[i]) && !strchr("+-._:eExXoabcdfABCDFinN", text.at[i]))
            return true;
    bool starts = text.len && (char_is_digit(text.at[0]) || strchr("+-.", text.at[0]));
    return !starts;
}

static str double_quoted(struct arena *arena, str text)
{
    struct buf out = buf_init(arena, EDIT_TEXT_MAX);
    buf_add_char(&out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"' || c == '\\')
            buf_fmt(&out, "\\%c", c);
        else if (c == '\n')
            buf_add(&out, STR("\\n"));
        else if (c == '\t')
            buf_add(&out, STR("\\t"));
        else if ((unsigned char)c < 0x20 || c == 0x7f)
            buf_fmt(&out, "\\x%02x", (unsigned char)c);
        else
            buf_add_char(&out, c);
    }
    buf_add_char(&out, '"');
    return buf_str(&out);
}

static bool has_control(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
            return true;
    return false;
}

struct edit yaml_edit_scalar(struct arena *arena, const struct node *scalar, str value)
{
    bool typed = scalar->kind != NODE_STRING;
    str text;
    if (scalar->style == '\'' && !has_control(value))
        text = str_fmt(arena, "'%.*s'", STR_ARG(str_replace(arena, value, STR("'"), STR("''"))));
    else if (scalar->style == 'p' && is_plain_safe(value, true) &&
             (typed || reads_as_string(value)))
        text = str_copy(arena, value);
    else if (scalar->style == 'p' && is_plain_safe(value, false) && !str_has(value, STR(",")) &&
             (typed || reads_as_string(value)) && !strpbrk(str_z(arena, value), "[]{}"))
        text = str_copy(arena, value); /* "a:b", which flow text would read as a pair */
    else
        text = double_quoted(arena, value);
    bool missing = span_is_empty(scalar->at);
    return (struct edit){scalar->at, missing ? str_cat(arena, STR(" "), text) : text};
}

/* -- finding places ---------------------------------------------------------------------------- */

/* The offset behind the ':' of a pair; false for "? key" and for a flow key that has none. */
static bool behind_colon(const struct place *place, const struct node_pair *pair, uint32_t *out_at)
{
    uint32_t at = pair->key->at.end;
    while (char_is_blank(char_at(place, at)))
        at++;
    if (char_at(place, at) != ':')
        return false;
    *out_at = at + 1;
    return true;
}

static bool is_space(const struct place *place, uint32_t start, uint32_t end)
{
    return !str_trim(source_text(place->source, (span){start, end})).len;
}

static const struct node *last_scalar(const struct node *node)
{
    for (;;) {
        if (!node->aliased && node->kind == NODE_MAP && node->pairs.count)
            node = vec_last(&node->pairs)->value;
        else if (!node->aliased && node->kind == NODE_LIST && node->items.count)
            node = *vec_last(&node->items);
        else
            return node;
    }
}

/* The column of a block scalar's content: that of its first line that is not blank, 0 when the text
 * ends before. What is no deeper than the lines around it is not content at all. */
static uint32_t content_column(const struct place *place, const struct node *scalar)
{
    uint32_t at = full_line_of(place, scalar->at.start).end, start = at;
    for (; char_at(place, at) == ' ' || char_at(place, at) == '\n' || char_at(place, at) == '\r';
         at++)
        if (char_at(place, at) == '\n')
            start = at + 1;
    return at < place->source->text.len ? at - start : 0;
}

/* May lines at `column` be added behind this value without changing it? Not when they would be its
 * content, when its trailing line ends are content ("|+"), when all of it is blanks, or when it has
 * no line end yet and would get one. */
static bool can_follow(const struct place *place, const struct node *value, uint32_t column)
{
    const struct node *last = last_scalar(value);
    if (last->aliased || (last->style != '|' && last->style != '>'))
        return true;
    if (content_column(place, last) <= column)
        return false;
    bool only_blanks = !str_has_char(source_text(place->source, last->at), '\n');
    if (last->value.len && only_blanks) /* its content is taken for the blanks behind it */
        return false;
    str head =
        source_text(place->source, (span){last->at.start, line_of(place, last->at.start).end});
    size_t comment = str_find_char(head, '#');
    head = str_slice(head, 0, comment);
    return !str_has_char(head, '+') &&
           full_line_of(place, last->at.end).end < place->source->text.len;
}

/* Does a line begin with this offset, blanks aside? */
static bool begins_line(const struct place *place, uint32_t offset)
{
    uint32_t start = line_of(place, offset).start;
    return is_space(place, start, offset);
}

static bool has_anchor(const struct node *node)
{
    if (node->anchored)
        return true;
    if (node->aliased)
        return false;
    VEC_EACH(struct node_pair, pair, node->pairs)
        if (has_anchor(pair->key) || has_anchor(pair->value))
            return true;
    VEC_EACH(struct node *, item, node->items)
        if (has_anchor(*item))
            return true;
    return false;
}

/* How far lists stand inside the key that holds them, as the file has it; -1 when it has none. */
static int list_indent(const struct node *node)
{
    if (node->aliased)
        return -1;
    VEC_EACH(struct node_pair, pair, node->pairs) {
        const struct node *value = pair->value;
        if (value->kind == NODE_LIST && value->style == 'b' && !value->aliased &&
            node->style == 'b' && value->column >= node->column)
            return (int)(value->column - node->column);
        int found = list_indent(value);
        if (found >= 0)
            return found;
    }
    VEC_EACH(struct node *, item, node->items) {
        int found = list_indent(*item);
        if (found >= 0)
            return found;
    }
    return -1;
}

static int map_indent(const struct node *node)
{
    if (node->aliased)
        return -1;
    VEC_EACH(struct node_pair, pair, node->pairs) {
        const struct node *value = pair->value;
        if (value->kind == NODE_MAP && value->style == 'b' && !value->aliased &&
            node->style == 'b' && value->column > node->column)
            return (int)(value->column - node->column);
        int found = map_indent(value);
        if (found >= 0)
            return found;
    }
    VEC_EACH(struct node *, item, node->items) {
        int found = map_indent(*item);
        if (found >= 0)
            return found;
    }
    return -1;
}

void yaml_indents_note(struct arena *arena, struct yaml *yaml)
{
    struct yaml_indent last = {.map = INDENT_DEFAULT, .list = 0};
    VEC_EACH(struct node *, document, yaml->documents) {
        int map = map_indent(*document), list = list_indent(*document);
        if (map >= 0 && map <= INDENT_MAX)
            last.map = (uint32_t)map;
        if (list >= 0 && list <= INDENT_MAX)
            last.list = (uint32_t)list;
        vec_push(arena, &yaml->indents, last);
    }
}

struct yaml_indent yaml_indent_at(const struct yaml *yaml, const struct node *node)
{
    uint32_t low = 0, high = yaml->indents.count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (yaml->documents.at[middle]->at.start <= node->at.start)
            low = middle;
        else
            high = middle;
    }
    return high ? yaml->indents.at[low] : (struct yaml_indent){.map = INDENT_DEFAULT};
}

/* How far the lines of a new value stand inside its key: as in this map, else as in the file. */
static uint32_t indent_for(const struct yaml *yaml, const struct node *map, str value)
{
    bool list = str_starts(str_trim_start(value), STR("- "));
    int own = list ? list_indent(map) : map_indent(map);
    if (own >= 0 && own <= INDENT_MAX)
        return (uint32_t)own;
    struct yaml_indent indent = yaml_indent_at(yaml, map);
    return list ? indent.list : indent.map;
}

/* -- writing lines ----------------------------------------------------------------------------- */

static void add_blanks(struct buf *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_add_char(out, ' ');
}

/* The lines of a value, each shifted to `column`; the first one only when `first` says so. */
static void add_lines(const struct place *place, struct buf *out, str value, uint32_t column,
                      bool first)
{
    str rest = value, line;
    for (bool begun = false; str_next_line(&rest, &line); begun = true) {
        if (begun)
            buf_add(out, source_newline(place->source));
        if (line.len && (begun || first))
            add_blanks(out, column);
        buf_add(out, line);
    }
}

/* ": value" as it stands behind a key of that column. */
static void add_value(const struct place *place, struct buf *out, str value, uint32_t column,
                      uint32_t indent)
{
    if (!str_has_char(value, '\n')) {
        buf_fmt(out, ": %.*s", STR_ARG(value));
        return;
    }
    if (value.at[0] == '\n') /* asks for lines of its own, be it only one */
        value = str_from_index(value, 1);
    else if (value.at[0] == '|' || value.at[0] == '>') { /* its lines carry their own indentation */
        buf_add(out, STR(": "));
        add_lines(place, out, value, column, false);
        return;
    }
    buf_add_char(out, ':');
    buf_add(out, source_newline(place->source));
    add_lines(place, out, value, column + indent, true);
}

static str key_text(struct arena *arena, const struct node *map, str key)
{
    bool quoted = map->pairs.count && vec_last(&map->pairs)->key->style == '"';
    if (!quoted && is_plain_safe(key, map->style == 'f') && reads_as_string(key))
        return key;
    return double_quoted(arena, key);
}

/* New lines behind the line on which `last` ends. */
static bool insert_lines(const struct place *place, const struct node *last, uint32_t column,
                         str lines, struct edit *out_edit)
{
    if (!can_follow(place, last, column))
        return false;
    span line = line_of(place, last->at.end), full = full_line_of(place, last->at.end);
    str newline = source_newline(place->source);
    if (full.end > line.end)
        *out_edit = (struct edit){{full.end, full.end}, str_cat(place->arena, lines, newline)};
    else
        *out_edit = (struct edit){{full.end, full.end}, str_cat(place->arena, newline, lines)};
    return true;
}

/* Something more in a flow collection, behind `last`; as lines when the others are lines. */
static struct edit insert_in_flow(const struct place *place, const struct node *collection,
                                  span last_start, uint32_t last_end, str text)
{
    if (span_is_empty(last_start) && !last_end) {
        uint32_t at = collection->at.start + 1;
        return (struct edit){{at, at}, text};
    }
    str between = STR(", ");
    if (begins_line(place, last_start.start)) {
        struct buf out = buf_init(place->arena, EDIT_TEXT_MAX);
        buf_fmt(&out, ",%.*s", STR_ARG(source_newline(place->source)));
        buf_add(&out, source_text(place->source, (span){line_of(place, last_start.start).start,
                                                        last_start.start}));
        between = buf_str(&out);
    }
    return (struct edit){{last_end, last_end}, str_cat(place->arena, between, text)};
}

/* -- set, append, remove ----------------------------------------------------------------------- */

static bool add_pair(const struct place *place, const struct yaml *yaml, const struct node *map,
                     str key, str value, struct edit *out_edit)
{
    struct buf out = buf_init(place->arena, EDIT_TEXT_MAX);
    const struct node_pair *last = map->pairs.count ? vec_last(&map->pairs) : NULL;
    str name = key_text(place->arena, map, key);
    if (map->style == 'f') {
        if (str_has_char(value, '\n'))
            return false;
        buf_fmt(&out, "%.*s: %.*s", STR_ARG(name), STR_ARG(value));
        *out_edit = insert_in_flow(place, map, last ? last->key->at : (span){0},
                                   last ? last->value->at.end : 0, buf_str(&out));
        return true;
    }
    uint32_t start = line_of(place, map->at.start).start;
    if (!last || str_starts(str_from_index(place->source->text, start), STR("---")))
        return false;
    add_blanks(&out, map->column);
    buf_add(&out, name);
    add_value(place, &out, value, map->column, indent_for(yaml, map, value));
    return insert_lines(place, last->value, map->column, buf_str(&out), out_edit);
}

/* A flow map's key without a colon, "{a}": the value and its colon go behind it. */
static bool give_value(const struct place *place, const struct node *map, const struct node *old,
                       str value, struct edit *out_edit)
{
    if (map->style != 'f' || str_has_char(value, '\n') || !span_is_empty(old->at))
        return false;
    *out_edit = (struct edit){{old->at.end, old->at.end}, str_cat(place->arena, STR(": "), value)};
    return true;
}

static bool replace_value(const struct place *place, const struct yaml *yaml,
                          const struct node *map, const struct node_pair *pair, str value,
                          struct edit *out_edit)
{
    const struct node *old = pair->value;
    bool lines = str_has_char(value, '\n'),
         collection = old->kind == NODE_LIST || old->kind == NODE_MAP;
    bool block = collection && old->style == 'b' && !old->aliased;
    uint32_t colon;
    if (has_anchor(old) && (collection || lines))
        return false;
    if (!behind_colon(place, pair, &colon))
        return give_value(place, map, old, value, out_edit);
    if (map->style == 'f' && lines)
        return false;
    if (!lines && !block && old->style != '|' && old->style != '>') {
        str blank = span_is_empty(old->at) ? STR(" ") : STR("");
        *out_edit = (struct edit){old->at, str_cat(place->arena, blank, value)};
        return true;
    }
    if (!is_space(place, colon, old->at.start) || old->anchored ||
        !can_follow(place, old, map->column))
        return false; /* a comment, an anchor or a tag stands between */
    struct buf out = buf_init(place->arena, EDIT_TEXT_MAX);
    add_value(place, &out, value, map->column, indent_for(yaml, map, value));
    *out_edit = (struct edit){{colon - 1, old->at.end}, buf_str(&out)};
    return true;
}

bool yaml_edit_set(struct arena *arena, const struct yaml *yaml, const struct node *map,
                   const char *key, const char *value, struct edit *out_edit)
{
    struct place place = place_of(arena, yaml);
    if (!map || map->kind != NODE_MAP || map->aliased || yaml->uncertain)
        return false;
    str text = str_from(value);
    while (str_ends(text, STR("\n")))
        text.len--;
    if (!text.len)
        return false;
    const struct node_pair *pair = node_own_pair(map, key);
    return pair ? replace_value(&place, yaml, map, pair, text, out_edit)
                : add_pair(&place, yaml, map, str_from(key), text, out_edit);
}

bool yaml_edit_append(struct arena *arena, const struct yaml *yaml, const struct node *list,
                      const char *value, struct edit *out_edit)
{
    struct place place = place_of(arena, yaml);
    if (!list || list->kind != NODE_LIST || list->aliased || !*value || yaml->uncertain)
        return false;
    str text = str_from(value);
    while (str_ends(text, STR("\n")))
        text.len--;
    const struct node *last = list->items.count ? *vec_last(&list->items) : NULL;
    if (list->style == 'f') {
        if (str_has_char(text, '\n'))
            return false;
        *out_edit = insert_in_flow(&place, list, last ? last->at : (span){0},
                                   last ? last->at.end : 0, text);
        return true;
    }
    if (!last)
        return false;
    struct buf out = buf_init(arena, EDIT_TEXT_MAX);
    add_blanks(&out, list->column);
    buf_add(&out, STR("- "));
    add_lines(&place, &out, text, list->column + 2, false);
    return insert_lines(&place, last, list->column, buf_str(&out), out_edit);
}

/* The whole map gives way to "{}", on the line of its key where it stood below it. */
static struct edit empty_map(const struct place *place, const struct node *map)
{
    uint32_t at = map->at.start;
    while (at && char_is_space(char_at(place, at - 1)))
        at--;
    if (map->style == 'b' && at < map->at.start && char_at(place, at - 1) == ':')
        return (struct edit){{at, map->at.end}, STR(" {}")};
    return (struct edit){map->at, STR("{}")};
}

/* The lines from one offset to another; at the top of the file, with the empty lines below them. */
static span lines_to_remove(const struct place *place, uint32_t from, uint32_t to)
{
    span lines = {line_of(place, from).start, full_line_of(place, to).end};
    while (!lines.start && lines.end < place->source->text.len &&
           is_space(place, lines.end, line_of(place, lines.end).end))
        lines.end = full_line_of(place, lines.end).end;
    return lines;
}

/* The pair of a block map of several: its lines, or its text up to the next key of its line. */
static bool remove_from_block(const struct place *place, const struct node *map,
                              const struct node_pair *pair, const struct node_pair *next,
                              struct edit *out_edit)
{
    uint32_t start = pair->key->at.start, end = pair->value->at.end, unused;
    if (!behind_colon(place, pair, &unused) || !can_follow(place, pair->value, map->column))
        return false;
    if (begins_line(place, start)) {
        *out_edit = (struct edit){lines_to_remove(place, start, end), STR("")};
        return true;
    }
    if (!next || next->key->anchored)
        return false;
    *out_edit = (struct edit){{start, next->key->at.start}, STR("")};
    return true;
}

bool yaml_edit_remove(struct arena *arena, const struct yaml *yaml, const struct node *map,
                      const char *key, struct edit *out_edit)
{
    struct place place = place_of(arena, yaml);
    const struct node_pair *pair =
        map && !map->aliased && !yaml->uncertain ? node_own_pair(map, key) : NULL;
    if (!pair || has_anchor(pair->key) || has_anchor(pair->value))
        return false;
    uint32_t start = pair->key->at.start, end = pair->value->at.end, index = 0;
    while (&map->pairs.at[index] != pair)
        index++;
    if (map->pairs.count == 1) {
        *out_edit = empty_map(&place, map);
        return map->style == 'f' || can_follow(&place, map, 0);
    }
    const struct node_pair *next = index + 1 < map->pairs.count ? pair + 1 : NULL;
    if (map->style == 'f') {
        *out_edit = (struct edit){
            {index ? pair[-1].value->at.end : start, index ? end : next->key->at.start}, STR("")};
        return true;
    }
    return remove_from_block(&place, map, pair, next, out_edit);
}
