#include "analyze/analyze.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FATES = 4, COPIES_COMPARED = 64 };

struct work {
    struct arena *arena;
    struct analysis *analysis;
    const struct image_view *view;
    const struct package_list *packages;
    uint32_t *pair_at; /* fate, writer, hider -> index + 1 into pairs */
};

/* Hidden bytes: those of a file that no name reaches any more. */
static bool is_waste(const struct image_view *view, const struct view_file *file)
{
    return !file->counted && view_entry(view, file)->size > 0;
}

/* -- who hides what of whom -------------------------------------------------------------------- */

static struct waste_pair *pair_of(struct work *work, const struct view_file *file)
{
    uint32_t layers = work->view->layer_count;
    uint32_t *at = &work->pair_at[(file->fate * layers + file->layer) * layers + file->hider];
    if (!*at) {
        struct waste_pair pair = {.writer = file->layer, .hider = file->hider, .fate = file->fate};
        vec_push(work->arena, &work->analysis->pairs, pair);
        *at = work->analysis->pairs.count;
    }
    return &work->analysis->pairs.at[*at - 1];
}

static void add_to_pair(struct work *work, const struct view_file *file, uint64_t pull)
{
    struct waste_pair *pair = pair_of(work, file);
    uint64_t size = view_entry(work->view, file)->size;
    pair->bytes += size;
    pair->pull += pull;
    pair->files++;
    if (size <= pair->example_bytes)
        return;
    pair->example_bytes = size;
    pair->example = view_path(work->view, file);
}

static void add_to_path(struct work *work, const struct view_file *file, uint64_t pull)
{
    struct analysis *analysis = work->analysis;
    str path = view_path(work->view, file);
    uint64_t size = view_entry(work->view, file)->size;
    struct waste_path *row = analysis->waste.count ? vec_last(&analysis->waste) : NULL;
    if (!row || !str_eq(row->path, path)) {
        vec_push(work->arena, &analysis->waste, (struct waste_path){.path = path});
        row = vec_last(&analysis->waste);
    }
    if (size > row->bytes || !row->count) { /* versions of one path stand side by side */
        row->writer = file->layer;
        row->hider = file->hider;
        row->fate = file->fate;
    }
    row->bytes += size;
    row->pull += pull;
    row->count++;
}

static void find_waste(struct work *work)
{
    const struct image_view *view = work->view;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        if (!is_waste(view, file))
            continue;
        uint64_t pull = view_pull(view, file);
        add_to_pair(work, file, pull);
        add_to_path(work, file, pull);
        work->analysis->layers.at[file->layer].wasted_bytes += view_entry(view, file)->size;
        work->analysis->pull_wasted += pull;
    }
}

/* -- one content, several paths ---------------------------------------------------------------- */

static const struct layer_entry *live_file(const struct image_view *view, uint32_t index)
{
    const struct view_file *file = &view->files[index];
    const struct layer_entry *entry = view_entry(view, file);
    return file->fate == FATE_LIVE && entry->kind == LAYER_FILE && entry->size ? entry : NULL;
}

static int content_order(const void *left, const void *right, void *raw)
{
    const struct image_view *view = raw;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    const struct layer_entry *a = live_file(view, i), *b = live_file(view, j);
    if (a->size != b->size)
        return (a->size < b->size) - (a->size > b->size);
    for (int word = 0; word < 2; word++)
        if (a->content[word] != b->content[word])
            return (a->content[word] > b->content[word]) - (a->content[word] < b->content[word]);
    return (i > j) - (i < j);
}

static bool same_content(const struct layer_entry *a, const struct layer_entry *b)
{
    return a->size == b->size && a->content[0] == b->content[0] && a->content[1] == b->content[1];
}

/* What the copies behind the first weigh, and whose they are. */
static void weigh_copies(struct work *work, struct duplicate *row, const uint32_t *copies)
{
    const struct image_view *view = work->view;
    for (uint32_t i = 1; i < row->count; i++) {
        const struct view_file *file = &view->files[copies[i]];
        row->pull += view_pull(view, file);
        row->layer = file->layer;
        bool had = false; /* in this layer already */
        for (uint32_t k = i; k-- > 0 && i - k <= COPIES_COMPARED && !had;)
            had = view->files[copies[k]].layer == file->layer;
        if (work->packages->owner[copies[i]] != PACKAGE_NONE_OWNS)
            row->owned += row->bytes;
        else if (had)
            row->within_layer += row->bytes;
        else
            row->across_layers += row->bytes;
    }
}

static void add_duplicate(struct work *work, const uint32_t *copies, uint32_t count)
{
    struct analysis *analysis = work->analysis;
    const struct image_view *view = work->view;
    struct duplicate row = {.path = view_path(view, &view->files[copies[0]]),
                            .bytes = live_file(view, copies[0])->size,
                            .count = count};
    weigh_copies(work, &row, copies);
    analysis->duplicate_bytes += row.bytes * (count - 1);
    analysis->duplicate_within += row.within_layer;
    analysis->duplicate_across += row.across_layers;
    analysis->duplicate_owned += row.owned;
    analysis->duplicate_pull += row.pull;
    vec_push(work->arena, &analysis->duplicates, row);
}

/* How often each content is there: open addressing, 0 is free. */
struct content_table {
    const struct image_view *view;
    struct content_slot {
        uint32_t first, count;
    } * slots;
    uint64_t mask;
};

/* Where a content stands. The place depends on where the table lies in memory, so that nobody can
 * make files which all meet in one place; nothing else does. */
static struct content_slot *content_slot(const struct content_table *table,
                                         const struct layer_entry *entry)
{
    uint64_t factor = (uintptr_t)table->slots * 0x9e3779b97f4a7c15 | 1;
    uint64_t at = ((entry->content[0] ^ entry->size) * factor) >> 32 & table->mask;
    while (table->slots[at].count &&
           !same_content(entry, live_file(table->view, table->slots[at].first)))
        at = (at + 1) & table->mask;
    return &table->slots[at];
}

/* Leave only files whose content is there more than once: sorting all would take far longer. */
static uint32_t only_copies(struct work *work, uint32_t *live, uint32_t count)
{
    uint64_t size = 16;
    uint32_t left = 0;
    while (size < 2ull * count)
        size *= 2;
    struct content_table table = {work->view, NEW_ARRAY(work->arena, struct content_slot, size),
                                  size - 1};
    for (uint32_t i = 0; i < count; i++) {
        struct content_slot *slot = content_slot(&table, live_file(work->view, live[i]));
        if (!slot->count++)
            slot->first = live[i];
    }
    for (uint32_t i = 0; i < count; i++)
        if (content_slot(&table, live_file(work->view, live[i]))->count > 1)
            live[left++] = live[i];
    return left;
}

static void find_duplicates(struct work *work)
{
    const struct image_view *view = work->view;
    uint32_t *live = NEW_ARRAY(work->arena, uint32_t, view->count + 1), count = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        const struct layer_entry *entry = view_entry(view, file);
        if (live_file(view, i))
            live[count++] = i;
        else if (file->fate == FATE_LIVE && entry->kind == LAYER_FILE)
            work->analysis->empty_files++;
    }
    count = only_copies(work, live, count);
    qsort_r(live, count, sizeof(*live), content_order, (void *)(uintptr_t)view);
    for (uint32_t i = 0, end; i < count; i = end) {
        const struct layer_entry *first = live_file(view, live[i]);
        for (end = i + 1; end < count && same_content(first, live_file(view, live[end])); end++)
            ;
        if (end - i > 1)
            add_duplicate(work, live + i, end - i);
    }
}

/* -- whose, and what for ----------------------------------------------------------------------- */

static void find_categories(struct work *work)
{
    const struct image_view *view = work->view;
    struct category_row *rows = NEW_ARRAY(work->arena, struct category_row, category_count);
    struct category_finder finder = category_finder_new();
    uint8_t *of_file = NEW_ARRAY(work->arena, uint8_t, (size_t)view->count + 1);
    work->analysis->category = of_file;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        const struct layer_entry *entry = view_entry(view, file);
        if (!file->counted || entry->kind != LAYER_FILE)
            continue;
        of_file[i] = (uint8_t)category_find(&finder, view_path(view, file));
        struct category_row *row = &rows[of_file[i]];
        row->files++;
        row->bytes += entry->size;
        row->pull += view_pull(view, file);
    }
    for (size_t i = 0; i < category_count; i++) {
        rows[i].category = category_name(i, &rows[i].removable);
        if (rows[i].files)
            vec_push(work->arena, &work->analysis->categories, rows[i]);
    }
}

static void list_packages(struct work *work, const struct package_list *packages)
{
    VEC_EACH(struct package, package, packages->list) {
        if (!package->files && !package->part)
            continue;
        vec_push(work->arena, &work->analysis->packages, package);
        work->analysis->owned_bytes += package->bytes;
    }
}

/* -- layers, order ----------------------------------------------------------------------------- */

static void list_layers(struct work *work, const struct image *image)
{
    for (uint32_t i = 0; i < image->layers.count; i++) {
        const struct image_layer *layer = &image->layers.at[i];
        const struct layer_result *result = &work->view->layers[i];
        struct layer_row row = {
            .diff_id = layer->diff_id,
            .size = result->report.file_bytes,
            .compressed_size = layer->blob.size,
            .files = result->report.file_count,
            .created_by = STR(""),
        };
        if (layer->history >= 0)
            row.created_by =
                created_by_clean(work->arena, image->config->history.at[layer->history].created_by);
        work->analysis->size += row.size;
        work->analysis->compressed_size += row.compressed_size;
        vec_push(work->arena, &work->analysis->layers, row);
    }
}

static int order_by(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b); /* the larger first */
}

static int pair_order(const void *left, const void *right)
{
    const struct waste_pair *a = left, *b = right;
    int order = order_by(a->bytes, b->bytes);
    if (!order)
        order = (a->writer > b->writer) - (a->writer < b->writer);
    return order ? order : (a->hider > b->hider) - (a->hider < b->hider);
}

static int path_order(const void *left, const void *right)
{
    const struct waste_path *a = left, *b = right;
    int order = order_by(a->bytes, b->bytes);
    return order ? order : str_order(a->path, b->path);
}

static int duplicate_order(const void *left, const void *right)
{
    const struct duplicate *a = left, *b = right;
    int order = order_by(a->bytes * (a->count - 1), b->bytes * (b->count - 1));
    return order ? order : str_order(a->path, b->path);
}

static int category_order(const void *left, const void *right)
{
    const struct category_row *a = left, *b = right;
    int order = order_by(a->bytes, b->bytes);
    return order ? order : strcmp(a->category, b->category);
}

static int package_order(const void *left, const void *right)
{
    const struct package *a = *(const struct package *const *)left,
                         *b = *(const struct package *const *)right;
    int order = order_by(a->bytes, b->bytes);
    if (!order)
        order = str_order(a->name, b->name);
    return order ? order : str_order(a->version, b->version);
}

#define SORT(vec, order)                                              \
    do {                                                              \
        if ((vec).count)                                              \
            qsort((vec).at, (vec).count, sizeof(*(vec).at), (order)); \
    } while (0)

struct analysis analyze_image(struct arena *arena, const struct image *image,
                              const struct image_view *view, const struct package_list *packages)
{
    struct analysis analysis = {.image = image, .view = view, .efficiency = 1};
    size_t layers = view->layer_count;
    struct work work = {.arena = arena,
                        .analysis = &analysis,
                        .view = view,
                        .packages = packages,
                        .pair_at = NEW_ARRAY(arena, uint32_t, FATES * layers * layers + 1)};
    list_layers(&work, image);
    find_waste(&work);
    find_duplicates(&work);
    find_categories(&work);
    list_packages(&work, packages);
    SORT(analysis.pairs, pair_order);
    SORT(analysis.waste, path_order);
    SORT(analysis.duplicates, duplicate_order);
    SORT(analysis.categories, category_order);
    SORT(analysis.packages, package_order);
    analysis.wasted_bytes = view->total_bytes - view->live_bytes;
    if (view->total_bytes)
        analysis.efficiency = (double)view->live_bytes / (double)view->total_bytes;
    return analysis;
}
