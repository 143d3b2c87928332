#include "report/page_diff.h"

#include "report/page_columns.h"

/*
 * What the script draws a diff from. As for one image, a subtree that weighs too little in both is
 * folded; a row is of one change, so that sums by change are exact.
 */
struct mapping {
    struct page *page;
    const struct merge *merge;
    struct page_columns columns;
    struct merge_sum all, groups[MERGE_CHANGES]; /* a_files of a group: its paths */
    uint32_t share;
};

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool is_small(const struct mapping *mapping, uint32_t row)
{
    struct merge_sum sum = merge_total(mapping->merge, row);
    const struct merge_sum *all = &mapping->all;
    double raw = percent_of(larger(sum.a, sum.b), larger(all->a, all->b));
    double pull = percent_of(larger(sum.a_pull, sum.b_pull), larger(all->a_pull, all->b_pull));
    double share = raw > pull ? raw : pull;
    return share <= 0 || share * (PAGE_PARTS / 100) < mapping->share;
}

/* for each child of a row */
#define MERGE_EACH(child, merge, parent)                                     \
    for (uint32_t child = (parent) + 1; child < (merge)->rows[(parent)].end; \
         child = (merge)->rows[child].end)

static bool is_open(const struct mapping *mapping, uint32_t row)
{
    MERGE_EACH(child, mapping->merge, row)
    if (!is_small(mapping, child))
        return true;
    return false;
}

static uint64_t cost(void *raw, uint32_t share)
{
    struct mapping *mapping = raw;
    const struct merge_row *rows = mapping->merge->rows;
    uint64_t bytes = 0;
    mapping->share = share;
    for (uint32_t row = 1; row < mapping->merge->count;) {
        bool small = is_small(mapping, row);
        bytes += small ? 0 : PAGE_ROW_BYTES + rows[row].path.len - rows[row].name_at;
        row = small ? rows[row].end : row + 1;
    }
    return bytes;
}

static void collect(struct mapping *mapping, uint32_t first, uint32_t end)
{
    for (uint32_t row = first; row < end; row++) {
        struct merge_sum own = merge_own(mapping->merge, row);
        if (!own.a_files && !own.b_files)
            continue;
        struct merge_sum *group = &mapping->groups[merge_change_at(mapping->merge, row)];
        group->a += own.a;
        group->a_pull += own.a_pull;
        group->b += own.b;
        group->b_pull += own.b_pull;
        group->a_files++;
    }
}

/* A row for each change of what was collected. */
static void put_groups(struct mapping *mapping, uint32_t depth, enum page_kind kind, str name)
{
    for (int change = 0; change < MERGE_CHANGES; change++) {
        struct merge_sum *group = &mapping->groups[change];
        if (group->a || group->b || group->a_pull || group->b_pull) {
            page_row(&mapping->columns, depth, kind, name);
            page_cell(&mapping->columns, group->a_files);
            page_cell(&mapping->columns, (int64_t)group->a);
            page_cell(&mapping->columns, (int64_t)group->b);
            page_cell(&mapping->columns, (int64_t)group->a_pull);
            page_cell(&mapping->columns, (int64_t)group->b_pull);
            page_cell(&mapping->columns, change);
        }
        *group = (struct merge_sum){0};
    }
}

static void put_row(struct mapping *mapping, uint32_t row)
{
    const struct merge_row *rows = mapping->merge->rows, *at = &rows[row];
    str name = str_from_index(at->path, at->name_at);
    if (row && !is_open(mapping, row)) {
        collect(mapping, row, at->end);
        put_groups(mapping, at->depth, at->end > row + 1 ? PAGE_MANY : PAGE_FILE, name);
        return;
    }
    page_row(&mapping->columns, at->depth, PAGE_FOLDER, name);
    page_cells_zero(&mapping->columns);
    collect(mapping, row, row + 1);
    MERGE_EACH(child, mapping->merge, row)
    if (is_small(mapping, child))
        collect(mapping, child, rows[child].end);
    put_groups(mapping, at->depth + 1u, PAGE_MANY, STR(""));
}

static void put_side(struct json_out *out, const char *key, const struct analysis *side)
{
    struct arena *arena = out->buf.arena;
    json_object(out, key);
    json_str(out, "name", report_escape(arena, side->image->name));
    json_u64(out, "size", side->size);
    json_u64(out, "compressed_size", side->compressed_size);
    json_end_object(out);
}

void page_diff_data(struct diff_page *diff)
{
    static const char *const names[] = {"depth", "kind",   "name",   "count", "a",
                                        "b",     "a_pull", "b_pull", "change"};
    const struct merge *merge = &diff->merge;
    struct mapping mapping = {
        .page = &diff->page,
        .merge = merge,
        .columns = page_columns_init(&diff->page, names, ARRAY_COUNT(names)),
        .all = merge_total(merge, 0),
    };
    mapping.share = page_fold_share(cost, &mapping);
    for (uint32_t row = 0; row < merge->count;) {
        bool small = row && is_small(&mapping, row);
        if (!small)
            put_row(&mapping, row);
        row = small || (row && !is_open(&mapping, row)) ? merge->rows[row].end : row + 1;
    }
    struct json_out out = json_out_init(diff->page.arena, false);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.page/1");
    json_z(&out, "mode", "diff");
    put_side(&out, "a", diff->diff->side[0]);
    put_side(&out, "b", diff->diff->side[1]);
    json_bool(&out, "compressed", diff->page.compressed);
    json_ratio(&out, "folded_below", (double)mapping.share / PAGE_PARTS);
    page_data_put(&out, &mapping.columns);
}
