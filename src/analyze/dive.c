#include "analyze/dive.h"

#include "base/arena.h"
#include "base/map.h"

#include <stdlib.h>

/* A node of dive's stacked tree: what the layers so far have at a path. */
struct stacked {
    struct stacked *child, *sibling;
    uint64_t size;
    bool is_directory; /* an entry said so; a folder that only its files name is none */
    bool gone;
};

/* What is counted of one path. */
struct counted {
    str path;
    uint64_t bytes;
    int64_t least; /* -1: met, but never counted */
    uint32_t count;
};

struct dive {
    struct arena *arena;
    struct map stack;   /* path -> struct stacked */
    struct map counted; /* path -> struct counted */
};

/* -- the stacked tree -------------------------------------------------------------------------- */

static struct stacked *stack_add(struct dive *dive, str path)
{
    struct stacked *node = map_find(&dive->stack, path);
    if (node && !node->gone)
        return node;
    if (!node) {
        node = NEW(dive->arena, struct stacked);
        map_set(dive->arena, &dive->stack, path, node);
    }
    *node = (struct stacked){0};
    if (path.len) {
        struct stacked *parent = stack_add(dive, str_dirname(path));
        node->sibling = parent->child;
        parent->child = node;
    }
    return node;
}

static struct stacked *stack_find(struct dive *dive, str path)
{
    struct stacked *node = map_find(&dive->stack, path);
    return node && !node->gone ? node : NULL;
}

/* All below a node, it included; with `remove` it is taken away. */
static uint64_t stack_walk(struct stacked *node, bool remove)
{
    uint64_t size = node->gone ? 0 : node->size;
    for (struct stacked *child = node->child; child; child = child->sibling)
        if (!child->gone)
            size += stack_walk(child, remove);
    if (remove) {
        node->gone = true;
        node->child = NULL;
    }
    return size;
}

/* -- leaves ------------------------------------------------------------------------------------ */

bool dive_drops(str path, const struct layer_entry *entry)
{
    return entry->kind == LAYER_OPAQUE || entry->overridden || !path.len ||
           (entry->kind == LAYER_OTHER && str_starts(str_basename(path), STR(".wh..wh.")));
}

/* An entry with nothing below it in its own layer. A whiteout is a leaf of its own. */
static bool is_leaf(const struct layer_report *report, uint32_t index)
{
    str path = layer_path(report, &report->entries[index]);
    if (report->entries[index].kind == LAYER_WHITEOUT)
        return true;
    for (uint32_t i = index + 1; i < report->count; i++) {
        str other = layer_path(report, &report->entries[i]);
        if (!str_eq(other, path))
            return !path_is_below(other, path);
    }
    return true;
}

/* Leaves come in the order of their names as written: ".wh.x" stands before "a". */
struct leaf {
    str name;
    const struct layer_entry *entry;
};
VEC_TYPE(leaves, struct leaf);

static int leaf_order(const void *left, const void *right)
{
    const struct leaf *a = left, *b = right;
    return layer_path_order(a->name, b->name);
}

static struct leaves leaves_of(struct arena *arena, const struct layer_report *report)
{
    struct leaves leaves = {0};
    bool whiteouts = false;
    for (uint32_t i = 0; i < report->count; i++) {
        const struct layer_entry *entry = &report->entries[i];
        str path = layer_path(report, entry);
        if (dive_drops(path, entry) || !is_leaf(report, i))
            continue;
        struct leaf leaf = {path, entry};
        if (entry->kind == LAYER_WHITEOUT) {
            str folder = str_dirname(path);
            leaf.name = str_fmt(arena, "%.*s%s.wh.%.*s", STR_ARG(folder), folder.len ? "/" : "",
                                STR_ARG(str_basename(path)));
            whiteouts = true;
        }
        vec_push(arena, &leaves, leaf);
    }
    if (whiteouts)
        qsort(leaves.at, leaves.count, sizeof(struct leaf), leaf_order);
    return leaves;
}

static struct counted *counted_at(struct dive *dive, str path)
{
    struct counted *counted = map_find(&dive->counted, path);
    if (!counted) {
        counted = NEW(dive->arena, struct counted);
        *counted = (struct counted){.path = path, .least = -1};
        map_set(dive->arena, &dive->counted, path, counted);
    }
    return counted;
}

/* False: dive gives up this layer here. */
static bool count_leaf(struct dive *dive, const struct layer_report *report,
                       const struct layer_entry *entry)
{
    str path = layer_path(report, entry);
    struct counted *counted = counted_at(dive, path);
    uint64_t size = entry->size;
    if (entry->kind == LAYER_WHITEOUT) {
        struct stacked *below = stack_find(dive, path);
        if (!below)
            return false;
        size = below->is_directory ? stack_walk(below, false) : 0;
    }
    counted->bytes += size;
    if (counted->least < 0 || size < (uint64_t)counted->least)
        counted->least = (int64_t)size;
    counted->count++;
    return true;
}

static void count_layer(struct dive *dive, const struct layer_report *report)
{
    struct leaves leaves = leaves_of(dive->arena, report);
    VEC_EACH(struct leaf, leaf, leaves) {
        if (!count_leaf(dive, report, leaf->entry))
            return;
    }
}

/* Of the lowest layer dive takes the tree as it is, so its whiteouts take nothing away. */
static void stack_layer(struct dive *dive, const struct layer_report *report, bool lowest)
{
    for (uint32_t i = 0; i < report->count; i++) {
        const struct layer_entry *entry = &report->entries[i];
        str path = layer_path(report, entry);
        if (dive_drops(path, entry))
            continue;
        if (entry->kind == LAYER_WHITEOUT) {
            struct stacked *node = lowest ? NULL : stack_find(dive, path);
            if (node)
                stack_walk(node, true);
            continue;
        }
        struct stacked *node = stack_add(dive, path);
        node->size = entry->size;
        node->is_directory = entry->kind == LAYER_DIRECTORY;
    }
}

/* -- the sums ---------------------------------------------------------------------------------- */

static int wasted_order(const void *left, const void *right)
{
    const struct dive_path *a = left, *b = right;
    return a->bytes != b->bytes ? (a->bytes < b->bytes) - (a->bytes > b->bytes)
                                : str_order(a->path, b->path);
}

struct dive_numbers dive_count(struct arena *arena, const struct layer_result *layers,
                               uint32_t count)
{
    struct dive dive = {.arena = arena};
    struct dive_numbers numbers = {.efficiency = 1};
    for (uint32_t i = 0; i < count; i++) {
        if (!i) /* and its whiteouts look for what they name in itself */
            stack_layer(&dive, &layers[i].report, true);
        count_layer(&dive, &layers[i].report);
        if (i)
            stack_layer(&dive, &layers[i].report, false);
        numbers.image_bytes += layers[i].report.file_bytes;
        numbers.user_bytes += i ? layers[i].report.file_bytes : 0;
    }
    int64_t least = 0;
    uint64_t all = 0;
    for (uint32_t i = 0; i < dive.counted.count; i++) {
        const struct counted *counted = dive.counted.entries[i].value;
        least += counted->least;
        all += counted->bytes;
        if (counted->count < 2)
            continue;
        numbers.wasted_bytes += counted->bytes;
        struct dive_path row = {str_fmt(arena, "/%.*s", STR_ARG(counted->path)), counted->bytes,
                                counted->count};
        vec_push(arena, &numbers.wasted, row);
    }
    if (all)
        numbers.efficiency = (double)least / (double)all;
    numbers.user_wasted_percent = (double)numbers.wasted_bytes / (double)numbers.user_bytes;
    if (numbers.wasted.count)
        qsort(numbers.wasted.at, numbers.wasted.count, sizeof(struct dive_path), wasted_order);
    return numbers;
}
