#include "analyze/image_tree.h"

#include "base/arena.h"
#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

/*
 * The view is sorted by path, parents first, so one pass makes the rows: the folders that lead to
 * the newest row are its chain of parents, and whatever does not stand below one of them ends it.
 */
enum { IMPLIED_MAX = 1 << 20 };

struct planting {
    uint32_t implied; /* folders without an entry so far */
    struct arena *arena;
    VEC(struct tree_row) rows;
    uint32_t open; /* the innermost folder that may still get rows */
};

static bool is_below(str path, str folder)
{
    if (!folder.len)
        return path.len > 0;
    return path.len > folder.len && path.at[folder.len] == '/' && str_starts(path, folder);
}

static void add_row(struct planting *planting, str path, uint32_t parent)
{
    struct tree_row row = {.path = path, .parent = parent};
    if (parent != TREE_NONE) {
        const struct tree_row *folder = &planting->rows.at[parent];
        row.name_at = (uint16_t)(folder->path.len ? folder->path.len + 1 : 0);
        row.depth = (uint16_t)(folder->depth + 1);
    }
    planting->open = planting->rows.count;
    vec_push(planting->arena, &planting->rows, row);
}

/* End the folders that this path does not stand in. */
static void close_until(struct planting *planting, str path)
{
    for (;;) {
        struct tree_row *folder = &planting->rows.at[planting->open];
        if (folder->parent == TREE_NONE || is_below(path, folder->path))
            return;
        folder->end = planting->rows.count;
        planting->open = folder->parent;
    }
}

/* The row of a path, and of each folder on the way that has none. An archive of a megabyte can name
 * millions of those: past a bound a row stands in the nearest folder there is, with the rest of its
 * path as its name. */
static void plant(struct planting *planting, str path)
{
    close_until(planting, path);
    size_t done = planting->rows.at[planting->open].path.len;
    for (size_t at = done ? done + 1 : 0; at <= path.len;) {
        size_t slash = str_find_char(str_from_index(path, at), '/');
        bool implies = slash != STR_MISSING && planting->implied < IMPLIED_MAX;
        size_t end = implies ? at + slash : path.len;
        planting->implied += implies;
        add_row(planting, str_slice(path, 0, end), planting->open);
        at = end + 1;
    }
}

static void add_version(struct tree_sum *sum, const struct image_view *view,
                        const struct view_file *file)
{
    uint64_t size = view_entry(view, file)->size, pull = view_pull(view, file);
    if (view_entry(view, file)->kind != LAYER_FILE)
        return;
    if (file->counted) {
        sum->live += size;
        sum->live_pull += pull;
        sum->files++;
    } else {
        sum->hidden += size;
        sum->hidden_pull += pull;
        sum->hidden_files++;
    }
}

static const struct tree_sum *add_up(struct arena *arena, const struct image_view *view,
                                     const struct tree_row *rows, uint32_t count)
{
    struct tree_sum *before = NEW_ARRAY(arena, struct tree_sum, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++) {
        before[i + 1] = before[i];
        for (uint32_t k = 0; k < rows[i].version_count; k++)
            add_version(&before[i + 1], view, &view->files[rows[i].file + k]);
    }
    return before;
}

struct tree tree_build(struct arena *arena, const struct image_view *view)
{
    struct planting planting = {.arena = arena};
    add_row(&planting, STR(""), TREE_NONE);
    for (uint32_t i = 0; i < view->count; i++) {
        str path = view_path(view, &view->files[i]);
        if (!str_eq(path, vec_last(&planting.rows)->path))
            plant(&planting, path);
        struct tree_row *row = vec_last(&planting.rows);
        if (!row->version_count++)
            row->file = i;
    }
    for (uint32_t row = planting.open; row != TREE_NONE; row = planting.rows.at[row].parent)
        planting.rows.at[row].end = planting.rows.count;
    return (struct tree){
        .view = view,
        .rows = planting.rows.at,
        .count = planting.rows.count,
        .before = add_up(arena, view, planting.rows.at, planting.rows.count),
    };
}

static struct tree_sum sum_between(const struct tree *tree, uint32_t first, uint32_t end)
{
    const struct tree_sum *a = &tree->before[first], *b = &tree->before[end];
    return (struct tree_sum){
        .live = b->live - a->live,
        .live_pull = b->live_pull - a->live_pull,
        .hidden = b->hidden - a->hidden,
        .hidden_pull = b->hidden_pull - a->hidden_pull,
        .files = b->files - a->files,
        .hidden_files = b->hidden_files - a->hidden_files,
    };
}

struct tree_sum tree_sum(const struct tree *tree, uint32_t row)
{
    assert(row < tree->count);
    return sum_between(tree, row, tree->rows[row].end);
}

struct tree_sum tree_own(const struct tree *tree, uint32_t row)
{
    assert(row < tree->count);
    return sum_between(tree, row, row + 1);
}

uint32_t tree_find(const struct tree *tree, str path)
{
    uint32_t low = 0, high = tree->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = layer_path_order(tree->rows[middle].path, path);
        if (!order)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return TREE_NONE;
}

uint32_t tree_live_version(const struct tree *tree, uint32_t row)
{
    const struct tree_row *at = &tree->rows[row];
    for (uint32_t i = at->version_count; i-- > 0;)
        if (tree->view->files[at->file + i].fate == FATE_LIVE)
            return at->file + i;
    return TREE_NONE;
}

bool tree_is_folder(const struct tree *tree, uint32_t row)
{
    const struct tree_row *at = &tree->rows[row];
    uint32_t version = tree_live_version(tree, row);
    if (version == TREE_NONE && at->version_count)
        version = at->file + at->version_count - 1;
    return version == TREE_NONE ||
           view_entry(tree->view, &tree->view->files[version])->kind == LAYER_DIRECTORY;
}

struct sorting {
    const struct tree *tree;
    enum tree_order order;
};

static uint64_t weight(const struct sorting *sorting, uint32_t row)
{
    struct tree_sum sum = tree_sum(sorting->tree, row);
    switch (sorting->order) {
    case TREE_BY_NAME: break;
    case TREE_BY_LIVE: return sum.live;
    case TREE_BY_HIDDEN: return sum.hidden;
    case TREE_BY_PULL: return sum.live_pull + sum.hidden_pull;
    case TREE_BY_FILES: return sum.files;
    }
    return 0;
}

static int child_order(const void *left, const void *right, void *raw)
{
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    uint64_t a = weight(raw, i), b = weight(raw, j);
    return a != b ? (a < b) - (a > b) : (i > j) - (i < j);
}

uint32_t *tree_children(struct arena *arena, const struct tree *tree, uint32_t row,
                        enum tree_order order, uint32_t *out_count)
{
    assert(row < tree->count);
    struct sorting sorting = {tree, order};
    uint32_t count = 0;
    TREE_EACH(child, tree, row)
        count++;
    uint32_t *children = NEW_ARRAY(arena, uint32_t, (size_t)count + 1);
    *out_count = count;
    count = 0;
    TREE_EACH(child, tree, row)
        children[count++] = child;
    qsort_r(children, count, sizeof(*children), child_order, &sorting);
    return children;
}
