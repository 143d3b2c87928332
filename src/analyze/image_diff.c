#include "analyze/image_diff.h"

#include "base/arena.h"
#include "base/map.h"

#include <stdlib.h>

/*
 * Both views stand in the order of their paths, so one walk over the two meets every path once.
 * Causes and packages are found by a key in a map, and keep the index that they got there until
 * they are sorted at the end.
 */

struct comparing {
    struct arena *arena;
    const struct diff_side *side[2];
    const struct image_view *view[2];
    struct image_diff *diff;
    struct map causes, packages; /* key -> index + 1 */
};

const char *change_name(enum change change)
{
    static const char *const names[] = {"added", "removed", "changed", "attributes", "time"};
    return names[change];
}

static void *as_value(uint32_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static uint32_t as_index(const void *value)
{
    return value ? (uint32_t)(uintptr_t)value - 1 : UINT32_MAX;
}

/* -- packages ---------------------------------------------------------------------------------- */

/* "deb openssl": what tells packages apart, and what a cause is called. */
static str package_key(struct arena *arena, enum package_type type, str name)
{
    return str_fmt(arena, "%s %.*s", package_type_name(type), STR_ARG(name));
}

static uint32_t package_of(struct comparing *comparing, const struct package *package)
{
    struct image_diff *diff = comparing->diff;
    str key = package_key(comparing->arena, package->type, package->name);
    uint32_t at = as_index(map_find(&comparing->packages, key));
    if (at != UINT32_MAX)
        return at;
    struct diff_package row = {.type = package->type, .name = package->name};
    row.version[0] = row.version[1] = STR("");
    vec_push(comparing->arena, &diff->packages, row);
    map_set(comparing->arena, &comparing->packages, key, as_value(diff->packages.count - 1));
    return diff->packages.count - 1;
}

/* One name may be there in several versions. */
static str add_version(struct arena *arena, str versions, str version)
{
    str rest = versions, part;
    while (versions.len && str_next(&rest, ',', &part))
        if (str_eq(str_trim(part), version))
            return versions;
    return versions.len ? str_fmt(arena, "%.*s, %.*s", STR_ARG(versions), STR_ARG(version))
                        : version;
}

static void list_packages(struct comparing *comparing, int side)
{
    VEC_EACH(struct package, package, comparing->side[side]->packages->list) {
        uint32_t at = package_of(comparing, package); /* it may move the list */
        struct diff_package *row = &comparing->diff->packages.at[at];
        row->version[side] = add_version(comparing->arena, row->version[side], package->version);
        row->bytes[side] += package->bytes;
        row->pull[side] += package->pull;
    }
}

/* -- causes ------------------------------------------------------------------------------------ */

static uint32_t cause_of(struct comparing *comparing, struct diff_cause cause)
{
    struct image_diff *diff = comparing->diff;
    str key = str_fmt(comparing->arena, "%d %.*s", (int)cause.kind, STR_ARG(cause.name));
    uint32_t at = as_index(map_find(&comparing->causes, key));
    if (at != UINT32_MAX)
        return at;
    vec_push(comparing->arena, &diff->causes, cause);
    map_set(comparing->arena, &comparing->causes, key, as_value(diff->causes.count - 1));
    return diff->causes.count - 1;
}

/* Why a file is as it is: its package, or what made its layer. */
static uint32_t file_cause(struct comparing *comparing, int side, uint32_t index)
{
    const struct diff_side *image = comparing->side[side];
    uint32_t owner = image->packages->owner[index];
    struct diff_cause cause = {.kind = CAUSE_INSTRUCTION, .package = UINT32_MAX};
    if (owner != PACKAGE_NONE_OWNS) {
        const struct package *package = &image->packages->list.at[owner];
        cause.kind = CAUSE_PACKAGE;
        cause.package = package_of(comparing, package);
        cause.name = package_key(comparing->arena, package->type, package->name);
        return cause_of(comparing, cause);
    }
    uint32_t layer = comparing->view[side]->files[index].layer;
    cause.name = image->analysis->layers.at[layer].created_by;
    if (!cause.name.len)
        cause.name = str_fmt(comparing->arena, "layer %" PRIu32, layer + 1);
    return cause_of(comparing, cause);
}

/* What files do not explain: bytes that layers hide, entries of directories, ends of archives. */
static void add_rest(struct comparing *comparing)
{
    const struct analysis *a = comparing->side[0]->analysis, *b = comparing->side[1]->analysis;
    struct diff_cause cause = {.kind = CAUSE_HIDDEN, .package = UINT32_MAX};
    cause.name = STR("bytes that later layers hide");
    cause.bytes = (int64_t)b->size - (int64_t)a->size;
    cause.pull = (int64_t)b->compressed_size - (int64_t)a->compressed_size;
    VEC_EACH(struct diff_cause, other, comparing->diff->causes) {
        cause.bytes -= other->bytes;
        cause.pull -= other->pull;
    }
    if (cause.bytes || cause.pull)
        cause_of(comparing, cause);
}

/* -- files ------------------------------------------------------------------------------------- */

/* The next file that a container sees, from an index on. */
static uint32_t next_live(const struct image_view *view, uint32_t index)
{
    while (index < view->count && view->files[index].fate != FATE_LIVE)
        index++;
    return index;
}

static bool same_content(const struct comparing *comparing, const struct layer_entry *a,
                         const struct layer_entry *b, const struct view_file *file_a,
                         const struct view_file *file_b)
{
    if (a->kind != b->kind || a->size != b->size)
        return false;
    if (a->kind == LAYER_FILE)
        return a->content[0] == b->content[0] && a->content[1] == b->content[1];
    str link_a = layer_link(&comparing->view[0]->layers[file_a->layer].report, a);
    str link_b = layer_link(&comparing->view[1]->layers[file_b->layer].report, b);
    return str_eq(link_a, link_b);
}

static enum change compare(const struct comparing *comparing, const struct view_file *file_a,
                           const struct view_file *file_b)
{
    const struct layer_entry *a = view_entry(comparing->view[0], file_a),
                             *b = view_entry(comparing->view[1], file_b);
    if (!same_content(comparing, a, b, file_a, file_b))
        return CHANGE_CONTENT;
    if (a->meta == b->meta)
        return CHANGE_KINDS; /* nothing */
    bool time = a->mtime_s != b->mtime_s || a->mtime_ns != b->mtime_ns;
    bool owner = a->uid != b->uid || a->gid != b->gid || a->mode != b->mode;
    return time && !owner ? CHANGE_TIME : CHANGE_META;
}

/* What a file weighs; one that another name counts for weighs nothing. */
static void weigh(const struct comparing *comparing, int side, uint32_t index,
                  struct diff_file *row)
{
    const struct image_view *view = comparing->view[side];
    const struct view_file *file = &view->files[index];
    const struct layer_entry *entry = view_entry(view, file);
    row->size[side] = entry->kind == LAYER_FILE ? entry->size : 0;
    row->pull[side] = view_pull(view, file);
}

static void add_file(struct comparing *comparing, struct diff_file row)
{
    struct image_diff *diff = comparing->diff;
    int64_t bytes = (int64_t)row.size[1] - (int64_t)row.size[0];
    int64_t pull = (int64_t)row.pull[1] - (int64_t)row.pull[0];
    diff->sums[row.change].files++;
    diff->sums[row.change].bytes += bytes;
    diff->sums[row.change].pull += pull;
    struct diff_cause *cause = &diff->causes.at[row.cause];
    cause->files += row.change != CHANGE_TIME;
    cause->bytes += bytes;
    cause->pull += pull;
    vec_push(comparing->arena, &diff->files, row);
}

/* A path that one side alone has. */
static void add_lone(struct comparing *comparing, int side, uint32_t index)
{
    const struct image_view *view = comparing->view[side];
    struct diff_file row = {.path = view_path(view, &view->files[index]),
                            .change = side ? CHANGE_ADDED : CHANGE_REMOVED};
    weigh(comparing, side, index, &row);
    row.cause = file_cause(comparing, side, index);
    add_file(comparing, row);
}

static void add_pair(struct comparing *comparing, uint32_t a, uint32_t b)
{
    const struct image_view *view = comparing->view[1];
    enum change change = compare(comparing, &comparing->view[0]->files[a], &view->files[b]);
    struct diff_file row = {.path = view_path(view, &view->files[b]), .change = change};
    if (change == CHANGE_KINDS) {
        comparing->diff->same_files++;
        /* The same file may cost another pull: its blob was compressed otherwise. */
        if (view_pull(comparing->view[0], &comparing->view[0]->files[a]) ==
            view_pull(view, &view->files[b]))
            return;
        uint32_t at = file_cause(comparing, 1, b);
        struct diff_cause *cause = &comparing->diff->causes.at[at];
        cause->pull += (int64_t)view_pull(view, &view->files[b]) -
                       (int64_t)view_pull(comparing->view[0], &comparing->view[0]->files[a]);
        return;
    }
    weigh(comparing, 0, a, &row);
    weigh(comparing, 1, b, &row);
    row.cause = file_cause(comparing, 1, b);
    add_file(comparing, row);
}

static void walk_files(struct comparing *comparing)
{
    const struct image_view *left = comparing->view[0], *right = comparing->view[1];
    uint32_t a = next_live(left, 0), b = next_live(right, 0);
    while (a < left->count || b < right->count) {
        int order = a >= left->count    ? 1
                    : b >= right->count ? -1
                                        : layer_path_order(view_path(left, &left->files[a]),
                                                           view_path(right, &right->files[b]));
        if (order < 0)
            add_lone(comparing, 0, a);
        else if (order > 0)
            add_lone(comparing, 1, b);
        else
            add_pair(comparing, a, b);
        if (order <= 0)
            a = next_live(left, a + 1);
        if (order >= 0)
            b = next_live(right, b + 1);
    }
}

/* -- layers ------------------------------------------------------------------------------------ */

/* A layer is the same by its diff id; one that stands there twice is taken twice. */
static void match_layers(struct comparing *comparing)
{
    const struct analysis *a = comparing->side[0]->analysis, *b = comparing->side[1]->analysis;
    struct image_diff *diff = comparing->diff;
    bool *taken = NEW_ARRAY(comparing->arena, bool, a->layers.count + 1);
    for (uint32_t i = 0; i < b->layers.count; i++) {
        struct diff_layer row = {{UINT32_MAX, i}};
        for (uint32_t j = 0; j < a->layers.count && row.at[0] == UINT32_MAX; j++)
            if (!taken[j] && digest_eq(a->layers.at[j].diff_id, b->layers.at[i].diff_id))
                row.at[0] = j;
        if (row.at[0] != UINT32_MAX) {
            taken[row.at[0]] = true;
            diff->same_layers++;
        }
        vec_push(comparing->arena, &diff->layers, row);
    }
    for (uint32_t j = 0; j < a->layers.count; j++)
        if (!taken[j])
            vec_push(comparing->arena, &diff->layers, (struct diff_layer){{j, UINT32_MAX}});
}

/* -- order ------------------------------------------------------------------------------------- */

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? (uint64_t)-value : (uint64_t)value;
}

static int larger_first(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int cause_order(const void *left, const void *right)
{
    const struct diff_cause *a = left, *b = right;
    int order = larger_first(magnitude(a->bytes), magnitude(b->bytes));
    if (!order)
        order = larger_first(magnitude(a->pull), magnitude(b->pull));
    return order ? order : str_order(a->name, b->name);
}

static uint64_t package_delta(const struct diff_package *row)
{
    return magnitude((int64_t)row->bytes[1] - (int64_t)row->bytes[0]);
}

static int package_order(const void *left, const void *right)
{
    const struct diff_package *a = left, *b = right;
    int order = larger_first(package_delta(a), package_delta(b));
    if (!order)
        order = (a->type > b->type) - (a->type < b->type);
    return order ? order : str_order(a->name, b->name);
}

/* Sort causes; files and packages follow to where theirs went. */
static void sort_causes(struct comparing *comparing)
{
    struct image_diff *diff = comparing->diff;
    uint32_t count = diff->causes.count;
    uint32_t *went = NEW_ARRAY(comparing->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) /* the old place, kept in the row while it moves */
        went[i] = diff->causes.at[i].files, diff->causes.at[i].files = i;
    if (count)
        qsort(diff->causes.at, count, sizeof(*diff->causes.at), cause_order);
    uint32_t *place = NEW_ARRAY(comparing->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t old = diff->causes.at[i].files;
        place[old] = i;
        diff->causes.at[i].files = went[old];
    }
    VEC_EACH(struct diff_file, file, diff->files) {
        file->cause = place[file->cause];
    }
}

/* Packages that are the same on both sides are left out. */
static void sort_packages(struct comparing *comparing)
{
    struct image_diff *diff = comparing->diff;
    uint32_t kept = 0, count = diff->packages.count;
    uint32_t *place = NEW_ARRAY(comparing->arena, uint32_t, count + 1);
    struct diff_package *rows = diff->packages.at;
    if (!count)
        return;
    qsort(rows, count, sizeof(*rows), package_order);
    for (uint32_t i = 0; i < count; i++)
        if (!str_eq(rows[i].version[0], rows[i].version[1]) || rows[i].bytes[0] != rows[i].bytes[1])
            rows[kept++] = rows[i];
    diff->packages.count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        str key = package_key(comparing->arena, rows[i].type, rows[i].name);
        uint32_t old = as_index(map_find(&comparing->packages, key));
        place[old] = i + 1;
    }
    VEC_EACH(struct diff_cause, cause, diff->causes) {
        if (cause->package != UINT32_MAX)
            cause->package = place[cause->package] - 1;
    }
}

struct image_diff diff_images(struct arena *arena, const struct diff_side *a,
                              const struct diff_side *b)
{
    struct image_diff diff = {.side = {a->analysis, b->analysis}};
    struct comparing comparing = {.arena = arena,
                                  .side = {a, b},
                                  .view = {a->analysis->view, b->analysis->view},
                                  .diff = &diff};
    list_packages(&comparing, 0);
    list_packages(&comparing, 1);
    walk_files(&comparing);
    add_rest(&comparing);
    match_layers(&comparing);
    diff_settings(arena, &diff);
    sort_causes(&comparing);
    sort_packages(&comparing);
    return diff;
}
