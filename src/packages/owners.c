#include "packages/notes.h"

#include "base/arena.h"
#include "base/map.h"

#include <string.h>

/* From a path's hash to the package that lists it: open addressing, 0 is free. */
struct owner_table {
    struct owner_slot {
        uint64_t hash;
        uint32_t package; /* + 1 */
    } * slots;
    uint64_t mask;
};

struct finding_owners {
    struct arena *arena;
    const struct image_view *view;
    struct package_list *result;
    struct owner_table table;
    struct map folders; /* folder -> index + 1, as a pointer */
    struct map debs;    /* name -> index + 1 */
    uint64_t paths;     /* that packages list */
    uint32_t next;      /* package whose paths come */
};

const char *package_type_name(enum package_type type)
{
    static const char *const names[] = {"deb", "apk", "pip",   "npm",   "gem",
                                        "rpm", "go",  "cargo", "maven", "conda"};
    return (size_t)type < ARRAY_COUNT(names) ? names[type] : "unknown";
}

static void *index_pointer(uint32_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static uint32_t pointer_index(const void *pointer)
{
    return pointer ? (uint32_t)(uintptr_t)pointer - 1 : PACKAGE_NONE_OWNS;
}

/* -- the table --------------------------------------------------------------------------------- */

static void table_init(struct finding_owners *f, uint64_t paths)
{
    uint64_t size = 16;
    while (size < paths * 4) /* each path may stand under two names */
        size *= 2;
    f->table.slots = NEW_ARRAY(f->arena, struct owner_slot, size);
    f->table.mask = size - 1;
}

static void table_add(struct owner_table *table, uint64_t hash, uint32_t package)
{
    uint64_t at = hash & table->mask;
    while (table->slots[at].package && table->slots[at].hash != hash)
        at = (at + 1) & table->mask;
    if (!table->slots[at].package)
        table->slots[at] = (struct owner_slot){hash, package + 1};
}

static uint32_t table_find(const struct owner_table *table, str path)
{
    uint64_t hash = path_hash(path), at = hash & table->mask;
    while (table->slots[at].package) {
        if (table->slots[at].hash == hash)
            return table->slots[at].package - 1;
        at = (at + 1) & table->mask;
    }
    return PACKAGE_NONE_OWNS;
}

/* -- reading the notes ------------------------------------------------------------------------- */

typedef void note_work(struct finding_owners *f, const struct note_package *package, str path);

/* Every note of a database that is live in the image. */
static void each_note(struct finding_owners *f, uint32_t inspector, note_work *work)
{
    /* Which version of a file is live is known by the view's entry. */
    for (uint32_t i = 0; i < f->view->count; i++) {
        const struct view_file *file = &f->view->files[i];
        const struct layer_report *report = &f->view->layers[file->layer].report;
        if (file->fate != FATE_LIVE || !report->record_count)
            continue;
        uint32_t low = 0, high = report->record_count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (report->records[middle].entry < file->entry)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < report->record_count && report->records[low].entry == file->entry; low++) {
            const struct layer_record *record = &report->records[low];
            if (record->inspector != inspector)
                continue;
            str rest = str_slice(report->heap, record->at, record->at + record->len);
            struct note_package package;
            while (note_next(&rest, &package))
                work(f, &package, view_path(f->view, file));
        }
    }
}

static uint32_t add_package(struct finding_owners *f, const struct note_package *note)
{
    struct package package = {.type = note->type, .name = note->name, .version = note->version};
    vec_push(f->arena, &f->result->list, package);
    return f->result->list.count - 1;
}

/* The folder that belongs to a package whose manifest stands at `path`. */
static str folder_of(struct arena *arena, const struct note_package *note, str path)
{
    if (note->type == PACKAGE_NPM)
        return str_dirname(path);
    str name = str_basename(path);
    name = str_slice(name, 0, name.len - STR(".gemspec").len);
    str root = str_dirname(str_dirname(path));
    return str_fmt(arena, "%.*s%sgems/%.*s", STR_ARG(root), root.len ? "/" : "", STR_ARG(name));
}

/* First what packages there are. */
static void note_packages(struct finding_owners *f, const struct note_package *note, str path)
{
    if (note->kind == NOTE_PATHS)
        return;
    uint32_t index = add_package(f, note);
    if (note->kind == NOTE_FOLDER)
        map_set(f->arena, &f->folders, folder_of(f->arena, note, path), index_pointer(index));
    if (note->kind == NOTE_VERSION)
        map_set(f->arena, &f->debs, note->name, index_pointer(index));
}

static void count_paths(struct finding_owners *f, const struct note_package *note, str path)
{
    (void)path;
    f->paths += note->count;
}

/* Then what they list. Packages come in the same order again. */
static void note_paths(struct finding_owners *f, const struct note_package *note, str path)
{
    (void)path;
    uint32_t index;
    if (note->kind == NOTE_PATHS) {
        index = pointer_index(map_find(&f->debs, note->name));
    } else {
        index = f->next++;
    }
    for (uint32_t i = 0; index != PACKAGE_NONE_OWNS && i < note->count; i++)
        table_add(&f->table, note_hash(note, i), index);
}

/* -- whose a file is --------------------------------------------------------------------------- */

/* "a/__pycache__/b.cpython-311.pyc" is made from "a/b.py". */
static str python_source(struct arena *arena, str path)
{
    str folder = str_dirname(path), name = str_basename(path);
    if (!str_ends(name, STR(".pyc")) || !str_eq(str_basename(folder), STR("__pycache__")))
        return STR("");
    str stem = str_slice(name, 0, str_find_char(name, '.'));
    return str_fmt(arena, "%.*s/%.*s.py", STR_ARG(str_dirname(folder)), STR_ARG(stem));
}

/* The nearest folder on the way up that is a package's. */
static uint32_t folder_owner(const struct finding_owners *f, str path)
{
    for (str folder = str_dirname(path); f->folders.count && folder.len;
         folder = str_dirname(folder)) {
        uint32_t index = pointer_index(map_find(&f->folders, folder));
        if (index != PACKAGE_NONE_OWNS)
            return index;
    }
    return PACKAGE_NONE_OWNS;
}

/* Debian lists /bin/sh where /bin is a link to usr/bin. */
static uint32_t merged_owner(const struct finding_owners *f, str path)
{
    const str usr = STR("usr/");
    if (str_starts(path, usr))
        return table_find(&f->table, str_from_index(path, usr.len));
    return PACKAGE_NONE_OWNS;
}

static uint32_t owner_of(struct finding_owners *f, str path)
{
    uint32_t index = table_find(&f->table, path);
    if (index == PACKAGE_NONE_OWNS)
        index = merged_owner(f, path);
    if (index == PACKAGE_NONE_OWNS)
        index = folder_owner(f, path);
    if (index != PACKAGE_NONE_OWNS)
        return index;
    struct arena_mark mark = arena_mark(f->arena);
    str source = python_source(f->arena, path);
    if (source.len) {
        index = table_find(&f->table, source);
        if (index == PACKAGE_NONE_OWNS)
            index = merged_owner(f, source);
    }
    arena_rewind(f->arena, mark);
    return index;
}

static void name_owners(struct finding_owners *f)
{
    for (uint32_t i = 0; i < f->view->count; i++) {
        const struct view_file *file = &f->view->files[i];
        const struct layer_entry *entry = view_entry(f->view, file);
        f->result->owner[i] = PACKAGE_NONE_OWNS;
        if (!file->counted || entry->kind != LAYER_FILE)
            continue;
        uint32_t index = owner_of(f, view_path(f->view, file));
        f->result->owner[i] = index;
        if (index == PACKAGE_NONE_OWNS)
            continue;
        struct package *package = &f->result->list.at[index];
        const struct pull_map *pull = &f->view->layers[file->layer].pull;
        package->files++;
        package->bytes += entry->size;
        package->pull += entry->order < pull->count ? pull->shares[entry->order] : 0;
    }
}

struct package_list packages_find(struct arena *arena, const struct image_view *view,
                                  uint32_t inspector)
{
    struct package_list result = {.owner = NEW_ARRAY(arena, uint32_t, view->count + 1)};
    struct finding_owners f = {.arena = arena, .view = view, .result = &result};
    each_note(&f, inspector, note_packages);
    each_note(&f, inspector, count_paths);
    table_init(&f, f.paths);
    each_note(&f, inspector, note_paths);
    name_owners(&f);
    return result;
}
