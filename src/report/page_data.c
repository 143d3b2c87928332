#include "report/page.h"

#include "report/check_formats.h"

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
enum { KIND_FOLDER, KIND_FILE, KIND_MANY };
enum { COLUMN_BYTES_MAX = 800000, ROW_BYTES = 40, PARTS = 1000000 };

struct columns {
    struct page *page;
    struct json_out depth, kind, name, count, raw, pull, layer, hider, owner, category, fate;
    struct tree_sum all;
    uint32_t part;   /* of PARTS: what weighs less is not shown by itself */
    uint32_t *files; /* what is collected, as indexes in view->files */
    uint32_t file_count;
    uint64_t *by_owner, *by_category; /* zero but while a group is tallied */
    uint32_t *owner_at;               /* by package: 1 + its index in `owners` */
    VEC(uint32_t) owners;
};

static bool is_small(const struct columns *columns, uint32_t row)
{
    struct tree_sum sum = tree_sum(columns->page->tree, row);
    const struct tree_sum *all = &columns->all;
    double raw = percent_of(sum.live + sum.hidden, all->live + all->hidden);
    double pull = percent_of(sum.live_pull + sum.hidden_pull, all->live_pull + all->hidden_pull);
    double share = raw > pull ? raw : pull;
    return share <= 0 || share * (PARTS / 100) < columns->part;
}

/* Does a folder have rows of its own to show below it? */
static bool is_open(const struct columns *columns, uint32_t row)
{
    TREE_EACH(child, columns->page->tree, row)
        if (!is_small(columns, child))
            return true;
    return false;
}

/* What the rows take that this bound lets through. */
static uint64_t cost(const struct columns *columns)
{
    const struct tree *tree = columns->page->tree;
    uint64_t bytes = 0;
    for (uint32_t row = 1; row < tree->count;) {
        bool small = is_small(columns, row);
        bytes += small ? 0 : ROW_BYTES + tree_name(tree, row).len;
        row = small ? tree->rows[row].end : row + 1;
    }
    return bytes;
}

static void choose_part(struct columns *columns)
{
    static const uint32_t parts[] = {0, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000};
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        columns->part = parts[i];
        if (cost(columns) <= COLUMN_BYTES_MAX)
            return;
    }
}

/* -- versions that are shown together ---------------------------------------------------------- */

/* Versions of one layer and fate. */
struct group {
    const uint32_t *files; /* indexes in view->files */
    uint32_t count, owner, category;
    uint64_t raw, pull;
};

static void collect(struct columns *columns, uint32_t first, uint32_t end)
{
    const struct tree *tree = columns->page->tree;
    for (uint32_t i = first; i < end; i++)
        for (uint32_t k = 0; k < tree->rows[i].version_count; k++) {
            uint32_t file = tree->rows[i].file + k;
            if (view_entry(tree->view, &tree->view->files[file])->kind == LAYER_FILE)
                columns->files[columns->file_count++] = file;
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
static bool next_group(struct columns *columns, uint32_t *at, struct group *out_group)
{
    const struct image_view *view = columns->page->tree->view;
    struct tally owner = {columns->by_owner, 0}, category = {columns->by_category, 0};
    struct group group = {.files = &columns->files[*at]};
    uint32_t end = *at;
    for (; end < columns->file_count; end++) {
        const struct view_file *file = &view->files[columns->files[end]];
        uint64_t size = view_entry(view, file)->size;
        if (!is_same_group(file, &view->files[group.files[0]]))
            break;
        tally_add(&owner, owner_of(columns->page, columns->files[end]), size);
        tally_add(&category, (uint32_t)category_of(view_path(view, file)), size);
        group.raw += size;
        group.pull += view_pull(view, file);
        group.count++;
    }
    for (; *at < end; ++*at) {
        uint32_t file = columns->files[*at];
        columns->by_owner[owner_of(columns->page, file)] = 0;
        columns->by_category[category_of(view_path(view, &view->files[file]))] = 0;
    }
    group.owner = owner.best;
    group.category = category.best;
    *out_group = group;
    return group.count > 0;
}

/* A package as the script knows it: -1 for none. */
static int64_t owner_index(struct columns *columns, uint32_t owner)
{
    if (owner == columns->page->packages->list.count)
        return -1;
    if (!columns->owner_at[owner]) {
        vec_push(columns->page->arena, &columns->owners, owner);
        columns->owner_at[owner] = columns->owners.count;
    }
    return (int64_t)columns->owner_at[owner] - 1;
}

static void put_row(struct columns *columns, uint32_t depth, int kind, str name)
{
    struct arena_mark mark = arena_mark(columns->page->scratch);
    json_u64(&columns->depth, NULL, depth);
    json_u64(&columns->kind, NULL, (uint64_t)kind);
    json_str(&columns->name, NULL, report_escape(columns->page->scratch, name));
    arena_rewind(columns->page->scratch, mark);
}

static void put_folder(struct columns *columns, uint32_t depth, str name)
{
    put_row(columns, depth, KIND_FOLDER, name);
    json_u64(&columns->count, NULL, 0);
    json_u64(&columns->raw, NULL, 0);
    json_u64(&columns->pull, NULL, 0);
    json_u64(&columns->layer, NULL, 0);
    json_u64(&columns->hider, NULL, 0);
    json_i64(&columns->owner, NULL, -1);
    json_u64(&columns->category, NULL, 0);
    json_u64(&columns->fate, NULL, 0);
}

/* A row for each layer and fate of what was collected. */
static void put_groups(struct columns *columns, uint32_t depth, int kind, str name)
{
    const struct image_view *view = columns->page->tree->view;
    struct group group;
    qsort_r(columns->files, columns->file_count, sizeof(*columns->files), group_order,
            (void *)(uintptr_t)view);
    for (uint32_t at = 0; next_group(columns, &at, &group);) {
        const struct view_file *file = &view->files[group.files[0]];
        if (!group.raw && !group.pull)
            continue;
        put_row(columns, depth, kind, name);
        json_u64(&columns->count, NULL, group.count);
        json_u64(&columns->raw, NULL, group.raw);
        json_u64(&columns->pull, NULL, group.pull);
        json_u64(&columns->layer, NULL, file->layer);
        json_u64(&columns->hider, NULL, file->counted ? file->layer : file->hider);
        json_i64(&columns->owner, NULL, owner_index(columns, group.owner));
        json_u64(&columns->category, NULL, group.category);
        json_u64(&columns->fate, NULL, file->counted ? FATE_LIVE : file->fate);
    }
    columns->file_count = 0;
}

/* -- the rows ---------------------------------------------------------------------------------- */

static void put_leaf(struct columns *columns, uint32_t row)
{
    const struct tree_row *at = &columns->page->tree->rows[row];
    int kind = at->end > row + 1 ? KIND_MANY : KIND_FILE;
    collect(columns, row, at->end);
    put_groups(columns, at->depth, kind, tree_name(columns->page->tree, row));
}

/* The children of a folder that weigh too little, together; and what stood at its own path while
 * it was a file. */
static void put_rest(struct columns *columns, uint32_t row)
{
    const struct tree *tree = columns->page->tree;
    collect(columns, row, row + 1);
    TREE_EACH(child, tree, row)
        if (is_small(columns, child))
            collect(columns, child, tree->rows[child].end);
    put_groups(columns, tree->rows[row].depth + 1u, KIND_MANY, STR(""));
}

static void put_rows(struct columns *columns)
{
    const struct tree *tree = columns->page->tree;
    for (uint32_t row = 0; row < tree->count;) {
        const struct tree_row *at = &tree->rows[row];
        if (row && is_small(columns, row)) {
            row = at->end;
        } else if (!row || is_open(columns, row)) {
            put_folder(columns, at->depth, tree_name(tree, row));
            put_rest(columns, row);
            row++;
        } else {
            put_leaf(columns, row);
            row = at->end;
        }
    }
}

/* -- the document ------------------------------------------------------------------------------ */

static struct json_out column(struct page *page)
{
    struct json_out out = json_out_init(arena_child(page->arena, 0), false);
    json_list(&out, NULL);
    return out;
}

static struct columns columns_init(struct page *page)
{
    struct columns columns = {
        .page = page,
        .all = tree_sum(page->tree, 0),
        .files = NEW_ARRAY(page->arena, uint32_t, page->tree->view->count + 1u),
        .by_owner = NEW_ARRAY(page->arena, uint64_t, page->packages->list.count + 1u),
        .by_category = NEW_ARRAY(page->arena, uint64_t, category_count),
        .owner_at = NEW_ARRAY(page->arena, uint32_t, page->packages->list.count + 1u),
        .depth = column(page),
        .kind = column(page),
        .name = column(page),
        .count = column(page),
        .raw = column(page),
        .pull = column(page),
        .layer = column(page),
        .hider = column(page),
        .owner = column(page),
        .category = column(page),
        .fate = column(page),
    };
    return columns;
}

/* JSON inside of a script element: nothing in it may look like markup. Such bytes stand only in
 * strings, where an escape says the same. */
static void add_guarded(struct page *page, str json)
{
    size_t plain = 0;
    for (size_t i = 0; i < json.len; i++) {
        str rest = str_from_index(json, i);
        bool line_end =
            str_starts(rest, STR("\xe2\x80\xa8")) || str_starts(rest, STR("\xe2\x80\xa9"));
        if (!line_end && json.at[i] != '<' && json.at[i] != '>' && json.at[i] != '&')
            continue;
        buf_add(&page->out, str_slice(json, plain, i));
        if (line_end)
            page_fmt(page, "\\u%s", json.at[i + 2] == '\xa8' ? "2028" : "2029");
        else
            page_fmt(page, "\\u%04x", json.at[i]);
        i += line_end ? 2 : 0;
        plain = i + 1;
    }
    buf_add(&page->out, str_from_index(json, plain));
}

static void add_column(struct page *page, const char *name, struct json_out *column)
{
    json_end_list(column);
    page_fmt(page, "%s\"%s\":", page->out.at[page->out.len - 1] == '{' ? "" : ",\n", name);
    add_guarded(page, buf_str(&column->buf));
}

static void put_names(struct page *page, const struct columns *columns, struct json_out *out)
{
    const struct analysis *analysis = page->analysis;
    struct arena *arena = page->arena;
    json_list(out, "layers");
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        const struct layer_row *row = &analysis->layers.at[i];
        json_object(out, NULL);
        json_str(out, "made_by", report_escape(arena, str_slice(row->created_by, 0, 400)));
        json_u64(out, "line", row->line);
        json_u64(out, "size", row->size);
        json_u64(out, "pull", row->compressed_size);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "owners");
    VEC_EACH(uint32_t, owner, columns->owners) {
        const struct package *package = &page->packages->list.at[*owner];
        str name = str_fmt(arena, "%s %.*s %.*s", package_type_name(package->type),
                           STR_ARG(package->name), STR_ARG(package->version));
        json_str(out, NULL, report_escape(arena, name));
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
    struct columns columns = columns_init(page);
    choose_part(&columns);
    put_rows(&columns);
    struct json_out out = json_out_init(page->arena, false);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.page/1");
    json_u64(&out, "size", analysis->size);
    json_u64(&out, "wasted_bytes", analysis->wasted_bytes);
    json_bool(&out, "compressed", page->compressed);
    json_ratio(&out, "folded_below", (double)columns.part / PARTS);
    put_names(page, &columns, &out);
    json_object(&out, "tree");
    json_end_object(&out);
    json_end_object(&out);

    page_z(page, "<script type=\"application/json\" id=\"data\">");
    add_guarded(page, str_slice(buf_str(&out.buf), 0, out.buf.len - 2)); /* "tree":{ stays open */
    add_column(page, "depth", &columns.depth);
    add_column(page, "kind", &columns.kind);
    add_column(page, "name", &columns.name);
    add_column(page, "count", &columns.count);
    add_column(page, "raw", &columns.raw);
    add_column(page, "pull", &columns.pull);
    add_column(page, "layer", &columns.layer);
    add_column(page, "hider", &columns.hider);
    add_column(page, "owner", &columns.owner);
    add_column(page, "category", &columns.category);
    add_column(page, "fate", &columns.fate);
    page_z(page, "}}</script>\n");
}
