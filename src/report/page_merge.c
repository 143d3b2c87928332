#include "report/page_merge.h"

#include "base/vec.h"

static int next_order(const struct merge *merge, uint32_t a, uint32_t b)
{
    if (a == merge->a->count)
        return 1;
    if (b == merge->b->count)
        return -1;
    return layer_path_order(merge->a->rows[a].path, merge->b->rows[b].path);
}

/* Both trees have all folders on the way to a path, so the merged one has them too. */
struct merge page_merge(struct arena *arena, const struct tree *a, const struct tree *b)
{
    struct merge merge = {.a = a, .b = b};
    VEC(struct merge_row) rows = {0};
    uint32_t open = TREE_NONE;
    for (uint32_t i = 0, j = 0; i < a->count || j < b->count;) {
        int order = next_order(&merge, i, j);
        const struct tree_row *from = order <= 0 ? &a->rows[i] : &b->rows[j];
        struct merge_row row = {.path = from->path,
                                .a = order <= 0 ? i++ : TREE_NONE,
                                .b = order >= 0 ? j++ : TREE_NONE,
                                .name_at = from->name_at,
                                .depth = from->depth};
        while (open != TREE_NONE && rows.at[open].depth >= row.depth) {
            rows.at[open].end = rows.count;
            open = rows.at[open].parent;
        }
        row.parent = open;
        open = rows.count;
        vec_push(arena, &rows, row);
    }
    for (; open != TREE_NONE; open = rows.at[open].parent)
        rows.at[open].end = rows.count;
    merge.rows = rows.at;
    merge.count = rows.count;
    return merge;
}

typedef struct tree_sum summing(const struct tree *tree, uint32_t row);

static struct merge_sum sum_of(const struct merge *merge, uint32_t row, summing *sum)
{
    const struct merge_row *at = &merge->rows[row];
    struct tree_sum a = {0}, b = {0};
    if (at->a != TREE_NONE)
        a = sum(merge->a, at->a);
    if (at->b != TREE_NONE)
        b = sum(merge->b, at->b);
    return (struct merge_sum){
        .a = a.live + a.hidden,
        .a_pull = a.live_pull + a.hidden_pull,
        .b = b.live + b.hidden,
        .b_pull = b.live_pull + b.hidden_pull,
        .a_files = a.files + a.hidden_files,
        .b_files = b.files + b.hidden_files,
    };
}

struct merge_sum merge_own(const struct merge *merge, uint32_t row)
{
    return sum_of(merge, row, tree_own);
}

struct merge_sum merge_total(const struct merge *merge, uint32_t row)
{
    return sum_of(merge, row, tree_sum);
}

static const struct layer_entry *live_entry(const struct tree *tree, uint32_t row)
{
    uint32_t file = row == TREE_NONE ? TREE_NONE : tree_live_version(tree, row);
    return file == TREE_NONE ? NULL : view_entry(tree->view, &tree->view->files[file]);
}

enum merge_change merge_change_at(const struct merge *merge, uint32_t row)
{
    struct merge_sum sum = merge_own(merge, row);
    if (!sum.a_files != !sum.b_files)
        return sum.a_files ? MERGE_GONE : MERGE_NEW;
    if (sum.a != sum.b)
        return sum.a < sum.b ? MERGE_GROWN : MERGE_SHRUNK;
    const struct layer_entry *a = live_entry(merge->a, merge->rows[row].a);
    const struct layer_entry *b = live_entry(merge->b, merge->rows[row].b);
    if (!a || !b)
        return MERGE_SAME;
    return a->content[0] == b->content[0] && a->content[1] == b->content[1] ? MERGE_SAME
                                                                            : MERGE_OTHER;
}
