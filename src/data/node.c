#include "data/data.h"

#include "base/limits.h"

/* Reading a tree: the same questions for JSON, YAML and TOML. */

/* How many maps one look-up may visit through merge keys. People merge two or three; a hostile
 * file could name so many that each look-up took seconds. */
enum { MERGED_MAPS_MAX = 256 };

static const struct node_pair *find_own(const struct node *map, str key)
{
    VEC_EACH(struct node_pair, pair, map->pairs)
        if (pair->key && pair->key->kind != NODE_LIST && pair->key->kind != NODE_MAP &&
            str_eq(pair->key->value, key))
            return pair;
    return NULL;
}

const struct node_pair *node_own_pair(const struct node *map, const char *key)
{
    return map && map->kind == NODE_MAP ? find_own(map, str_from(key)) : NULL;
}

static const struct node_pair *find_merged(const struct node *map, str key, unsigned depth,
                                           unsigned *budget)
{
    if (!map || map->kind != NODE_MAP || depth > LIMIT_NESTING || !*budget)
        return NULL;
    --*budget;
    const struct node_pair *own = find_own(map, key);
    if (own)
        return own;
    const struct node_pair *merge = find_own(map, STR("<<"));
    if (!merge || merge->key->style != 'p')
        return NULL;
    if (merge->value->kind == NODE_MAP)
        return find_merged(merge->value, key, depth + 1, budget);
    if (merge->value->kind != NODE_LIST)
        return NULL;
    VEC_EACH(struct node *, item, merge->value->items) {
        const struct node_pair *pair = find_merged(*item, key, depth + 1, budget);
        if (pair)
            return pair;
    }
    return NULL;
}

const struct node_pair *node_pair_find(const struct node *node, const char *key)
{
    unsigned budget = MERGED_MAPS_MAX;
    return find_merged(node, str_from(key), 0, &budget);
}

struct node *node_get(const struct node *node, const char *key)
{
    const struct node_pair *pair = node_pair_find(node, key);
    return pair ? pair->value : NULL;
}

struct node *node_get_str(const struct node *node, str key)
{
    unsigned budget = MERGED_MAPS_MAX;
    const struct node_pair *pair = find_merged(node, key, 0, &budget);
    return pair ? pair->value : NULL;
}

struct node *node_path(const struct node *node, const char *path)
{
    str rest = str_from(path), step;
    struct node *at = NULL;
    while (str_next(&rest, '.', &step)) {
        at = node_get_str(node, step);
        if (!at)
            return NULL;
        node = at;
    }
    return at;
}

str node_str(const struct node *node)
{
    if (!node || node->kind == NODE_LIST || node->kind == NODE_MAP || node->kind == NODE_NULL)
        return STR_NONE;
    return node->value;
}

static bool is_word(const struct node *node, const char *const *words, size_t count)
{
    if (!node || node->kind == NODE_LIST || node->kind == NODE_MAP)
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(node->value, str_from(words[i])))
            return true;
    return false;
}

bool node_is_true(const struct node *node)
{
    static const char *const words[] = {"true", "yes", "on"};
    return is_word(node, words, ARRAY_COUNT(words));
}

bool node_is_false(const struct node *node)
{
    static const char *const words[] = {"false", "no", "off"};
    return is_word(node, words, ARRAY_COUNT(words));
}

bool node_int(const struct node *node, int64_t *out_value)
{
    str text = node_str(node);
    bool negative = text.len > 1 && text.at[0] == '-';
    if (text.len > 1 && (text.at[0] == '-' || text.at[0] == '+'))
        text = str_from_index(text, 1);
    uint64_t value;
    if (!text.len || !str_to_u64(text, &value) || value > INT64_MAX)
        return false;
    *out_value = negative ? -(int64_t)value : (int64_t)value;
    return true;
}
