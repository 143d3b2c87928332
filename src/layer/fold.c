#include "layer/layer.h"

#include "base/arena.h"

#include <string.h>

/*
 * All reports are sorted by path, so one merge over them sees every path once, with what each layer
 * wrote there, parents first. For each directory on the way down it is kept which layers hide what
 * lower ones have below it; a version of layer i is hidden by the lowest such layer above i.
 *
 *   layer 0:  a/  a/x          hides below a:  {2}       a/x of layer 0 is hidden by 2
 *   layer 1:  a/  a/x                                    a/x of layer 1 is hidden by 2
 *   layer 2:  .wh.a  a/ a/y
 */
enum { WORDS = OCI_LAYERS_MAX / 64, DEPTH_MAX = 2050 };

struct layer_set {
    uint64_t word[WORDS];
};

struct level {
    str path;
    struct layer_set hides; /* layers that hide what is below */
    struct layer_set seen;  /* layers that have something below */
    uint32_t first, end;    /* its versions in the view */
};

struct folding {
    struct arena *arena;
    const struct layer_result *layers;
    uint32_t layer_count, words;
    uint32_t *at;   /* per layer: its next entry */
    uint32_t *heap; /* layers by their next path */
    uint32_t heap_count;
    struct level *levels;
    uint32_t depth;
    struct image_view *view;
    uint32_t **place; /* per layer, per entry: its index in the view; for hard links */
};

/* -- sets of layers ---------------------------------------------------------------------------- */

static void set_add(struct layer_set *set, uint32_t layer)
{
    set->word[layer / 64] |= 1ull << layer % 64;
}

static bool set_has(const struct layer_set *set, uint32_t layer)
{
    return set->word[layer / 64] >> layer % 64 & 1;
}

/* The lowest layer of the set above `layer`; LAYER_NOWHERE when there is none. */
static uint32_t set_above(const struct layer_set *set, uint32_t layer, uint32_t words)
{
    uint32_t first = layer + 1;
    for (uint32_t i = first / 64; i < words; i++) {
        uint64_t word = set->word[i];
        if (i == first / 64)
            word &= ~0ull << first % 64;
        if (word)
            return i * 64 + (uint32_t)__builtin_ctzll(word);
    }
    return LAYER_NOWHERE;
}

/* -- the merge --------------------------------------------------------------------------------- */

static const struct layer_entry *next_entry(const struct folding *f, uint32_t layer)
{
    return &f->layers[layer].report.entries[f->at[layer]];
}

static str next_path(const struct folding *f, uint32_t layer)
{
    return layer_path(&f->layers[layer].report, next_entry(f, layer));
}

static bool comes_first(const struct folding *f, uint32_t a, uint32_t b)
{
    int order = layer_path_order(next_path(f, a), next_path(f, b));
    return order < 0 || (order == 0 && a < b);
}

static void sift_down(struct folding *f, uint32_t at)
{
    for (;;) {
        uint32_t child = 2 * at + 1, layer = f->heap[at];
        if (child >= f->heap_count)
            return;
        if (child + 1 < f->heap_count && comes_first(f, f->heap[child + 1], f->heap[child]))
            child++;
        if (!comes_first(f, f->heap[child], layer))
            return;
        f->heap[at] = f->heap[child];
        f->heap[child] = layer;
        at = child;
    }
}

static void begin_merge(struct folding *f)
{
    for (uint32_t i = 0; i < f->layer_count; i++)
        if (f->layers[i].report.count)
            f->heap[f->heap_count++] = i;
    for (uint32_t i = f->heap_count / 2; i-- > 0;)
        sift_down(f, i);
}

/* Step the layer at the heap's top behind its present entry. */
static void advance(struct folding *f)
{
    uint32_t layer = f->heap[0];
    if (++f->at[layer] == f->layers[layer].report.count)
        f->heap[0] = f->heap[--f->heap_count];
    if (f->heap_count)
        sift_down(f, 0);
}

/* -- one path ---------------------------------------------------------------------------------- */

/* What one layer says of the present path. */
struct said {
    uint32_t layer;
    uint32_t first, end; /* its entries */
    uint32_t entry;      /* the one that counts; LAYER_NOWHERE: only markers */
    bool whiteout, opaque;
};

VEC_TYPE(said_list, struct said);

static struct said gather(struct folding *f, str path)
{
    struct said said = {.layer = f->heap[0], .first = f->at[f->heap[0]], .entry = LAYER_NOWHERE};
    while (f->heap_count && f->heap[0] == said.layer && str_eq(next_path(f, said.layer), path)) {
        const struct layer_entry *entry = next_entry(f, said.layer);
        said.whiteout = said.whiteout || entry->kind == LAYER_WHITEOUT;
        said.opaque = said.opaque || entry->kind == LAYER_OPAQUE;
        if (entry->kind != LAYER_WHITEOUT && entry->kind != LAYER_OPAQUE)
            said.entry = f->at[said.layer];
        advance(f);
    }
    said.end = said.entry == LAYER_NOWHERE ? said.first : f->at[said.layer];
    return said;
}

static const struct layer_entry *entry_of(const struct folding *f, const struct said *said)
{
    return said->entry == LAYER_NOWHERE ? NULL
                                        : &f->layers[said->layer].report.entries[said->entry];
}

/* The bytes behind an entry: its own, or those of the file that a hard link names. */
static const struct layer_entry *bytes_of(const struct folding *f, uint32_t layer,
                                          const struct layer_entry *entry)
{
    if (entry->kind == LAYER_HARD_LINK && entry->target != LAYER_NOWHERE)
        return &f->layers[layer].report.entries[entry->target];
    return entry;
}

static enum fate fate_of(const struct folding *f, uint32_t layer, const struct layer_entry *old,
                         const struct said *hider)
{
    const struct layer_entry *new = hider ? entry_of(f, hider) : NULL;
    if (!new || (new->kind != LAYER_FILE &&new->kind != LAYER_HARD_LINK))
        return FATE_DELETED;
    const struct layer_entry *was = bytes_of(f, layer, old), *is = bytes_of(f, hider->layer, new);
    bool same = was->size == is->size && was->content[0] == is->content[0] &&
                was->content[1] == is->content[1];
    return same ? FATE_TOUCHED : FATE_REPLACED;
}

static void add_version(struct folding *f, const struct said_list *list, uint32_t which,
                        const struct layer_set *above)
{
    const struct said *said = &list->at[which];
    const struct layer_report *report = &f->layers[said->layer].report;
    bool is_folder = report->entries[said->entry].kind == LAYER_DIRECTORY;
    uint32_t hider = set_above(above, said->layer, f->words);
    const struct said *by = NULL;
    for (uint32_t i = which + 1; i < list->count && list->at[i].layer <= hider; i++) {
        const struct layer_entry *new = entry_of(f, &list->at[i]);
        bool hides = list->at[i].whiteout || (new && !(is_folder && new->kind == LAYER_DIRECTORY));
        if (!hides)
            continue;
        by = &list->at[i];
        hider = by->layer;
        break;
    }
    for (uint32_t entry = said->first; entry < said->end; entry++) {
        const struct layer_entry *old = &report->entries[entry];
        if (old->kind == LAYER_WHITEOUT || old->kind == LAYER_OPAQUE)
            continue;
        struct view_file *file = &f->view->files[f->view->count];
        bool again = entry != said->entry; /* the same path comes later in its own layer */
        struct said own = {.layer = said->layer, .entry = said->entry};
        *file = (struct view_file){.layer = (uint16_t)said->layer, .entry = entry};
        file->hider = (uint16_t)(again || hider == LAYER_NOWHERE ? said->layer : hider);
        if (again || hider != LAYER_NOWHERE)
            file->fate = (uint8_t)fate_of(f, said->layer, old, again ? &own : by);
        f->place[said->layer][entry] = f->view->count++;
    }
}

/* A lower layer's file is gone where a layer has a folder, said or not. */
static void hide_files_of(struct folding *f, const struct level *level, uint32_t layer)
{
    for (uint32_t i = level->first; i < level->end; i++) {
        struct view_file *file = &f->view->files[i];
        if (file->layer >= layer || view_entry(f->view, file)->kind == LAYER_DIRECTORY ||
            (file->fate != FATE_LIVE && file->hider <= layer))
            continue;
        file->hider = (uint16_t)layer;
        file->fate = FATE_DELETED;
    }
}

/* A layer that has something below a path has a folder there. What was asked once for a level was
 * asked for those around it too. */
static void hide_files_above(struct folding *f, uint32_t layer)
{
    for (uint32_t i = f->depth; i-- > 0 && !set_has(&f->levels[i].seen, layer);) {
        set_add(&f->levels[i].seen, layer);
        hide_files_of(f, &f->levels[i], layer);
    }
}

static void add_path(struct folding *f, str path, const struct said_list *list)
{
    while (f->depth && !path_is_below(path, f->levels[f->depth - 1].path))
        f->depth--;
    uint32_t first = f->view->count;
    static const struct layer_set none;
    const struct layer_set *above = f->depth ? &f->levels[f->depth - 1].hides : &none;
    struct layer_set below = *above;
    bool hides = false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct said *said = &list->at[i];
        const struct layer_entry *entry = entry_of(f, said);
        bool folder = entry && entry->kind == LAYER_DIRECTORY;
        if (said->whiteout || said->opaque || (entry && !folder)) {
            set_add(&below, said->layer);
            hides = true;
        }
        if (!entry)
            continue;
        hide_files_above(f, said->layer);
        add_version(f, list, i, above);
    }
    if (hides && f->depth < DEPTH_MAX)
        f->levels[f->depth++] =
            (struct level){.path = path, .hides = below, .first = first, .end = f->view->count};
}

/* -- hard links -------------------------------------------------------------------------------- */

/* The version of a path that was to be seen from `layer`, written by a lower one. */
static struct view_file *seen_from(struct image_view *view, str path, uint32_t layer)
{
    uint32_t low = 0, high = view->count;
    while (low < high) { /* the first of that path */
        uint32_t middle = low + (high - low) / 2;
        if (layer_path_order(view_path(view, &view->files[middle]), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < view->count && str_eq(view_path(view, &view->files[low]), path); low++) {
        struct view_file *file = &view->files[low];
        if (file->layer < layer && (file->fate == FATE_LIVE || file->hider >= layer))
            return file;
    }
    return NULL;
}

/* The file that a hard link names: in its own layer, or below it. */
static struct view_file *linked(struct folding *f, const struct view_file *link)
{
    const struct layer_entry *entry = view_entry(f->view, link);
    if (entry->kind != LAYER_HARD_LINK)
        return NULL;
    if (entry->target != LAYER_NOWHERE)
        return &f->view->files[f->place[link->layer][entry->target]];
    return seen_from(f->view, layer_link(&f->layers[link->layer].report, entry), link->layer);
}

/* A file's bytes are there as long as one of its names is. */
static void count_links(struct folding *f)
{
    struct image_view *view = f->view;
    for (uint32_t i = 0; i < view->count; i++) {
        struct view_file *file = &view->files[i];
        if (file->fate != FATE_LIVE)
            continue;
        file->counted = 1;
        struct view_file *target = linked(f, file);
        if (target)
            target->counted = 1;
    }
    /* Hidden under all its names: the last of them to go says who hid it. */
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *link = &view->files[i];
        struct view_file *file = linked(f, link);
        if (file && !file->counted && link->hider > file->hider) {
            file->hider = link->hider;
            file->fate = link->fate;
        }
    }
}

static void add_up(struct image_view *view)
{
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        uint64_t size = view_entry(view, file)->size;
        view->total_bytes += size;
        if (file->counted)
            view->live_bytes += size;
        else if (file->fate == FATE_DELETED)
            view->deleted_bytes += size;
        else if (file->fate == FATE_REPLACED)
            view->replaced_bytes += size;
        else
            view->touched_bytes += size;
    }
}

struct image_view view_fold(struct arena *arena, const struct layer_result *layers, uint32_t count)
{
    assert(count <= OCI_LAYERS_MAX);
    struct image_view view = {.layers = layers, .layer_count = count};
    struct folding f = {
        .arena = arena,
        .layers = layers,
        .layer_count = count,
        .words = (count + 63) / 64,
        .at = NEW_ARRAY(arena, uint32_t, count + 1),
        .heap = NEW_ARRAY(arena, uint32_t, count + 1),
        .levels = NEW_ARRAY(arena, struct level, DEPTH_MAX + 1),
        .place = NEW_ARRAY(arena, uint32_t *, count + 1),
        .view = &view,
    };
    uint32_t entries = 0;
    for (uint32_t i = 0; i < count; i++) {
        entries += layers[i].report.count;
        f.place[i] = NEW_ARRAY(arena, uint32_t, layers[i].report.count + 1);
    }
    view.files = NEW_ARRAY(arena, struct view_file, entries + 1);
    begin_merge(&f);
    struct said_list list = {0};
    while (f.heap_count) {
        str path = next_path(&f, f.heap[0]);
        list.count = 0;
        while (f.heap_count && str_eq(next_path(&f, f.heap[0]), path))
            vec_push(arena, &list, gather(&f, path));
        add_path(&f, path, &list);
    }
    count_links(&f);
    add_up(&view);
    return view;
}
