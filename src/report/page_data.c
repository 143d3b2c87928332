#include "report/page_columns.h"

#include <stdlib.h>

/*
 * What the script draws from. Files are given as columns, parents first, each with its depth; a
 * subtree that weighs too little is one row with the sums of it. How little follows from how much
 * the page may hold, so that a page of 100,000 files loads at once.
 *
 * A row is of one layer and one fate, so that sums by those are exact: versions of one path are
 * several rows. One that stands for several files has the package and category that most of its
 * bytes have.
 */
enum { MADE_BY_BYTES = 400 }; /* of an instruction: the page has it in full elsewhere */

struct mapping {
    struct page *page;
    struct page_columns columns;
    struct tree_sum all;
    uint32_t share;  /* of PAGE_PARTS: what weighs less is not shown by itself */
    uint32_t *files; /* what is collected, as indexes in view->files */
    uint32_t file_count;
    uint64_t *by_owner, *by_category; /* zero but while a group is tallied */
    uint32_t *owner_at;               /* by package: 1 + its index in `owners` */
    VEC(uint32_t) owners;
};

static bool is_small(const struct mapping *mapping, uint32_t row)
{
    struct tree_sum sum = tree_sum(mapping->page->tree, row);
    const struct tree_sum *all = &mapping->all;
    double raw = percent_of(sum.live + sum.hidden, all->live + all->hidden);
    double pull = percent_of(sum.live_pull + sum.hidden_pull, all->live_pull + all->hidden_pull);
    double share = raw > pull ? raw : pull;
    return share <= 0 || share * (PAGE_PARTS / 100) < mapping->share;
}

/* Does a folder have rows of its own to show below it? */
static bool is_open(const struct mapping *mapping, uint32_t row)
{
    TREE_EACH(child, mapping->page->tree, row)
        if (!is_small(mapping, child))
            return true;
    return false;
}

/* What the rows take with a share. */
static uint64_t cost(void *raw, uint32_t share)
{
    struct mapping *mapping = raw;
    const struct tree *tree = mapping->page->tree;
    uint64_t bytes = 0;
    mapping->share = share;
    for (uint32_t row = 1; row < tree->count;) {
        bool small = is_small(mapping, row);
        bytes += small ? 0 : PAGE_ROW_BYTES + tree_name(tree, row).len;
        row = small ? tree->rows[row].end : row + 1;
    }
    return bytes;
}

/* -- versions that are shown together ---------------------------------------------------------- */

/* Versions of one layer and fate. */
struct group {
    const uint32_t *files; /* indexes in view->files */
    uint32_t count, owner, category;
    uint64_t raw, pull;
};

static void collect(struct mapping *mapping, uint32_t first, uint32_t end)
{
    const struct tree *tree = mapping->page->tree;
    for (uint32_t i = first; i < end; i++)
        for (uint32_t k = 0; k < tree->rows[i].version_count; k++) {
            uint32_t file = tree->rows[i].file + k;
            if (view_entry(tree->view, &tree->view->files[file])->kind == LAYER_FILE)
                mapping->files[mapping->file_count++] = file;
        }
}

static int group_order(const void *left, const void *right, void *raw)
{
    const struct image_view *view = raw;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct view_file *a = &view->files[i], *b = &view->files[j];
    if (a->counted != b->counted)
        return b->counted - a->counted;
    if (a->layer != b->layer)
        return a->layer - b->layer;
    if (!a->counted && a->hider != b->hider)
        return a->hider - b->hider;
    if (!a->counted && a->fate != b->fate)
        return a->fate - b->fate;
    return (i > j) - (i < j);
}

static bool is_same_group(const struct view_file *a, const struct view_file *b)
{
    return a->counted == b->counted && a->layer == b->layer &&
           (a->counted || (a->hider == b->hider && a->fate == b->fate));
}

/* Which value most bytes have. `bytes` is zero before and after. */
struct tally {
    uint64_t *bytes;
    uint32_t best;
};

static void tally_add(struct tally *tally, uint32_t value, uint64_t bytes)
{
    tally->bytes[value] += bytes;
    if (tally->bytes[value] >= tally->bytes[tally->best])
        tally->best = value;
}

static uint32_t owner_of(const struct page *page, uint32_t file)
{
    uint32_t owner = page->packages->owner[file];
    return owner == PACKAGE_NONE_OWNS ? page->packages->list.count : owner;
}

/* The next group of what was collected and sorted; false when there is none from `at` on. */
static bool next_group(struct mapping *mapping, uint32_t *at, struct group *out_group)
{
    const struct image_view *view = mapping->page->tree->view;
    struct tally owner = {mapping->by_owner, 0}, category = {mapping->by_category, 0};
    struct group group = {.files = &mapping->files[*at]};
    uint32_t end = *at;
    for (; end < mapping->file_count; end++) {
        const struct view_file *file = &view->files[mapping->files[end]];
        uint64_t size = view_entry(view, file)->size;
        if (!is_same_group(file, &view->files[group.files[0]]))
            break;
        tally_add(&owner, owner_of(mapping->page, mapping->files[end]), size);
        tally_add(&category, mapping->page->analysis->category[mapping->files[end]], size);
        group.raw += size;
        group.pull += view_pull(view, file);
        group.count++;
    }
    for (; *at < end; ++*at) {
        uint32_t file = mapping->files[*at];
        mapping->by_owner[owner_of(mapping->page, file)] = 0;
        mapping->by_category[mapping->page->analysis->category[file]] = 0;
    }
    group.owner = owner.best;
    group.category = category.best;
    *out_group = group;
    return group.count > 0;
}

/* A package as the script knows it: -1 for none. */
static int64_t owner_index(struct mapping *mapping, uint32_t owner)
{
    if (owner == mapping->page->packages->list.count)
        return -1;
    if (!mapping->owner_at[owner]) {
        vec_push(mapping->page->arena, &mapping->owners, owner);
        mapping->owner_at[owner] = mapping->owners.count;
    }
    return (int64_t)mapping->owner_at[owner] - 1;
}

/* A row for each layer and fate of what was collected. */
static void put_groups(struct mapping *mapping, uint32_t depth, enum page_kind kind, str name)
{
    const struct image_view *view = mapping->page->tree->view;
    struct page_columns *columns = &mapping->columns;
    struct group group;
    qsort_r(mapping->files, mapping->file_count, sizeof(*mapping->files), group_order,
            (void *)(uintptr_t)view);
    for (uint32_t at = 0; next_group(mapping, &at, &group);) {
        const struct view_file *file = &view->files[group.files[0]];
        if (!group.raw && !group.pull)
            continue;
        page_row(columns, depth, kind, name);
        page_cell(columns, group.count);
        page_cell(columns, (int64_t)group.raw);
        page_cell(columns, (int64_t)group.pull);
        page_cell(columns, file->layer);
        page_cell(columns, file->counted ? file->layer : file->hider);
        page_cell(columns, owner_index(mapping, group.owner));
        page_cell(columns, group.category);
        page_cell(columns, file->counted ? FATE_LIVE : file->fate);
    }
    mapping->file_count = 0;
}

/* -- the rows ---------------------------------------------------------------------------------- */

static void put_leaf(struct mapping *mapping, uint32_t row)
{
    const struct tree_row *at = &mapping->page->tree->rows[row];
    enum page_kind kind = at->end > row + 1 ? PAGE_MANY : PAGE_FILE;
    collect(mapping, row, at->end);
    put_groups(mapping, at->depth, kind, tree_name(mapping->page->tree, row));
}

/* The children of a folder that weigh too little, together; and what stood at its own path while
 * it was a file. */
static void put_rest(struct mapping *mapping, uint32_t row)
{
    const struct tree *tree = mapping->page->tree;
    collect(mapping, row, row + 1);
    TREE_EACH(child, tree, row)
        if (is_small(mapping, child))
            collect(mapping, child, tree->rows[child].end);
    put_groups(mapping, tree->rows[row].depth + 1u, PAGE_MANY, STR(""));
}

static void put_rows(struct mapping *mapping)
{
    const struct tree *tree = mapping->page->tree;
    for (uint32_t row = 0; row < tree->count;) {
        const struct tree_row *at = &tree->rows[row];
        if (row && is_small(mapping, row)) {
            row = at->end;
        } else if (!row || is_open(mapping, row)) {
            page_row(&mapping->columns, at->depth, PAGE_FOLDER, tree_name(tree, row));
            page_cells_zero(&mapping->columns);
            put_rest(mapping, row);
            row++;
        } else {
            put_leaf(mapping, row);
            row = at->end;
        }
    }
}

/* -- the document ------------------------------------------------------------------------------ */

static struct mapping mapping_init(struct page *page)
{
    static const char *const names[] = {"depth", "kind",  "name",  "count",    "raw", "pull",
                                        "layer", "hider", "owner", "category", "fate"};
    return (struct mapping){
        .page = page,
        .columns = page_columns_init(page, names, ARRAY_COUNT(names)),
        .all = tree_sum(page->tree, 0),
        .files = NEW_ARRAY(page->arena, uint32_t, page->tree->view->count + 1u),
        .by_owner = NEW_ARRAY(page->arena, uint64_t, page->packages->list.count + 1u),
        .by_category = NEW_ARRAY(page->arena, uint64_t, category_count),
        .owner_at = NEW_ARRAY(page->arena, uint32_t, page->packages->list.count + 1u),
    };
}

static void put_layers(struct page *page, struct json_out *out)
{
    json_list(out, "layers");
    for (uint32_t i = 0; i < page->analysis->layers.count; i++) {
        const struct layer_row *row = &page->analysis->layers.at[i];
        str made_by = str_slice(page_layer_text(page, i), 0, MADE_BY_BYTES);
        json_object(out, NULL);
        json_str(out, "made_by", report_escape(page->arena, made_by));
        json_u64(out, "line", row->line);
        json_u64(out, "size", row->size);
        json_u64(out, "pull", row->compressed_size);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_names(const struct mapping *mapping, struct json_out *out)
{
    struct page *page = mapping->page;
    json_list(out, "owners");
    VEC_EACH(uint32_t, owner, mapping->owners) {
        const struct package *package = &page->packages->list.at[*owner];
        str name = str_fmt(page->arena, "%s %.*s %.*s", package_type_name(package->type),
                           STR_ARG(package->name), STR_ARG(package->version));
        json_str(out, NULL, report_escape(page->arena, name));
    }
    json_end_list(out);
    json_list(out, "categories");
    for (size_t i = 0; i < category_count; i++) {
        bool removable;
        json_z(out, NULL, category_name(i, &removable));
    }
    json_end_list(out);
}

void page_data(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    struct mapping mapping = mapping_init(page);
    mapping.share = page_fold_share(cost, &mapping);
    put_rows(&mapping);
    struct json_out out = json_out_init(page->arena, false);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.page/1");
    json_z(&out, "mode", "image");
    json_u64(&out, "size", analysis->size);
    json_u64(&out, "wasted_bytes", analysis->wasted_bytes);
    json_bool(&out, "compressed", page->compressed);
    json_ratio(&out, "folded_below", (double)mapping.share / PAGE_PARTS);
    put_layers(page, &out);
    put_names(&mapping, &out);
    page_data_put(&out, &mapping.columns);
}
