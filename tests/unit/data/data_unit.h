#pragma once

#include "data/data.h"
#include "tests/unit/unit.h"

/*
 * tests/unit/data/data_unit -- a tree told as one line: {k: 1, "s": [true, null]}; strings stand in
 * double quotes, all else as it is; '*' marks an alias, '&' an anchored node.
 */

static inline void tree_tell(struct buf *out, const struct node *node, int depth)
{
    if (node->aliased || node->anchored)
        buf_add_char(out, node->aliased ? '*' : '&');
    switch (node->kind) {
    case NODE_NULL: buf_add(out, STR("null")); break;
    case NODE_BOOL:
    case NODE_NUMBER: buf_add(out, node->value); break;
    case NODE_STRING: buf_fmt(out, "\"%.*s\"", STR_ARG(node->value)); break;
    case NODE_LIST:
        buf_add_char(out, '[');
        for (uint32_t i = 0; i < node->items.count && depth < 20; i++) {
            buf_add(out, i ? STR(", ") : STR(""));
            tree_tell(out, node->items.at[i], depth + 1);
        }
        buf_add_char(out, ']');
        break;
    case NODE_MAP:
        buf_add_char(out, '{');
        for (uint32_t i = 0; i < node->pairs.count && depth < 20; i++) {
            buf_fmt(out, "%s%.*s: ", i ? ", " : "", STR_ARG(node->pairs.at[i].key->value));
            tree_tell(out, node->pairs.at[i].value, depth + 1);
        }
        buf_add_char(out, '}');
    }
}

static inline str tree_told(struct arena *arena, const struct node *node)
{
    struct buf out = buf_init(arena, 1 << 20);
    tree_tell(&out, node, 0);
    return buf_str(&out);
}

/* "a.1.b": keys and indexes. */
static inline const struct node *tree_at(const struct node *node, const char *path)
{
    str rest = str_from(path), step;
    while (node && rest.len && str_next(&rest, '.', &step)) {
        uint64_t index;
        if (node->kind == NODE_LIST && str_to_u64(step, &index))
            node = index < node->items.count ? node->items.at[index] : NULL;
        else
            node = node_get_str(node, step);
    }
    return node;
}
