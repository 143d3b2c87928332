#include "packages/recommends.h"

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

/* A note of a database that is live in the image. */
struct live_note {
    str text, path;
};

struct diversion {
    uint64_t from, to; /* hashes of paths */
    uint32_t package;  /* that may use `from` */
};

struct finding_owners {
    struct arena *arena;
    const struct image_view *view;
    struct package_list *result;
    VEC(struct live_note) notes;
    struct owner_table table;   /* of paths   */
    struct owner_table folders; /* all below belongs to the package */
    struct map debs;            /* name -> index + 1, as a pointer */
    struct map parts;           /* type, name, version -> the same */
    VEC(struct diversion) diversions;
    uint64_t paths, folder_count; /* that packages list */
    uint32_t next;                /* package whose paths come */
    bool system;                  /* now those of the system's packages come */
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

/* -- the tables -------------------------------------------------------------------------------- */

static struct owner_table table_new(struct arena *arena, uint64_t paths)
{
    uint64_t size = 16;
    while (size < paths * 2)
        size *= 2;
    return (struct owner_table){NEW_ARRAY(arena, struct owner_slot, size), size - 1};
}

static void table_add(struct owner_table *table, uint64_t hash, uint32_t package)
{
    uint64_t at = hash & table->mask;
    while (table->slots[at].package && table->slots[at].hash != hash)
        at = (at + 1) & table->mask;
    if (!table->slots[at].package)
        table->slots[at] = (struct owner_slot){hash, package + 1};
}

static uint32_t table_find_hash(const struct owner_table *table, uint64_t hash)
{
    uint64_t at = hash & table->mask;
    while (table->slots[at].package) {
        if (table->slots[at].hash == hash)
            return table->slots[at].package - 1;
        at = (at + 1) & table->mask;
    }
    return PACKAGE_NONE_OWNS;
}

static uint32_t table_find(const struct owner_table *table, str path)
{
    return table_find_hash(table, path_hash(path));
}

/* -- reading the notes ------------------------------------------------------------------------- */

/* Both a view and its reports stand in the order of paths, so one step a file finds its notes. */
static void collect_notes(struct finding_owners *f, uint32_t inspector)
{
    uint32_t *next = NEW_ARRAY(f->arena, uint32_t, (size_t)f->view->layer_count + 1);
    for (uint32_t i = 0; i < f->view->count; i++) {
        const struct view_file *file = &f->view->files[i];
        const struct layer_report *report = &f->view->layers[file->layer].report;
        uint32_t *at = &next[file->layer];
        while (*at < report->record_count && report->records[*at].entry < file->entry)
            ++*at;
        for (; *at < report->record_count && report->records[*at].entry == file->entry; ++*at) {
            const struct layer_record *record = &report->records[*at];
            if (record->inspector != inspector || file->fate != FATE_LIVE)
                continue;
            str text = str_slice(report->heap, record->at, (size_t)record->at + record->len);
            vec_push(f->arena, &f->notes, (struct live_note){text, view_path(f->view, file)});
        }
    }
}

typedef void note_work(struct finding_owners *f, const struct note_package *package);

static void each_note(struct finding_owners *f, note_work *work)
{
    VEC_EACH(struct live_note, live, f->notes) {
        str rest = live->text;
        struct note_package package;
        while (note_next(&rest, &package))
            work(f, &package);
    }
}

static bool is_system(const struct note_package *note)
{
    return note->type == PACKAGE_DEB || note->type == PACKAGE_RPM || note->type == PACKAGE_APK;
}

/* Is it one that add_package() made a row for, with paths of its own? */
static bool has_row(const struct note_package *note)
{
    return note->kind == NOTE_PACKAGE || note->kind == NOTE_VERSION || note->kind == NOTE_FOLDER;
}

/* First what packages there are. */
static void note_packages(struct finding_owners *f, const struct note_package *note)
{
    struct package package = {.type = note->type, .name = note->name, .version = note->version};
    f->paths += note->kind == NOTE_FOLDER ? 0 : note->count;
    f->folder_count += note->kind == NOTE_FOLDER ? note->count : 0;
    if (note->kind == NOTE_VERSION)
        map_set(f->arena, &f->debs, note->name, index_pointer(f->result->list.count));
    if (has_row(note))
        vec_push(f->arena, &f->result->list, package);
}

/* Then, behind them, what is inside of others' files: each once. */
static void note_parts(struct finding_owners *f, const struct note_package *note)
{
    if (note->kind != NOTE_PART)
        return;
    str key = str_fmt(f->arena, "%d %.*s %.*s", (int)note->type, STR_ARG(note->name),
                      STR_ARG(note->version));
    if (map_has(&f->parts, key))
        return;
    struct package package = {
        .type = note->type, .name = note->name, .version = note->version, .part = true};
    map_set(f->arena, &f->parts, key, index_pointer(f->result->list.count));
    vec_push(f->arena, &f->result->list, package);
}

static void note_diversions(struct finding_owners *f, const struct note_package *note)
{
    if (note->kind != NOTE_DIVERSION || note->count != 2)
        return;
    struct diversion diversion = {note_hash(note, 0), note_hash(note, 1),
                                  pointer_index(map_find(&f->debs, note->name))};
    vec_push(f->arena, &f->diversions, diversion);
}

/* When all folders are known: those of packages that only development needs. */
static void note_development(struct finding_owners *f, const struct note_package *note)
{
    for (uint32_t i = 0; note->kind == NOTE_DEVELOPMENT && i < note->count; i++) {
        uint32_t index = table_find_hash(&f->folders, note_hash(note, i));
        if (index != PACKAGE_NONE_OWNS)
            f->result->list.at[index].development = true;
    }
}

/* Where another package diverted a path, this one's file stands elsewhere. */
static uint64_t diverted(const struct finding_owners *f, uint64_t hash, uint32_t package)
{
    VEC_EACH(struct diversion, diversion, f->diversions) {
        if (diversion->from == hash && diversion->package != package)
            return diversion->to;
    }
    return hash;
}

/* Then what they list, the system's before all others. Packages come in the same order again. */
static void note_paths(struct finding_owners *f, const struct note_package *note)
{
    uint32_t index = PACKAGE_NONE_OWNS;
    if (note->kind == NOTE_PATHS)
        index = pointer_index(map_find(&f->debs, note->name));
    else if (has_row(note))
        index = f->next++;
    if (index == PACKAGE_NONE_OWNS || is_system(note) != f->system)
        return;
    struct owner_table *table = note->kind == NOTE_FOLDER ? &f->folders : &f->table;
    bool debs = note->type == PACKAGE_DEB;
    for (uint32_t i = 0; i < note->count; i++) {
        uint64_t hash = note_hash(note, i);
        table_add(table, debs ? diverted(f, hash, index) : hash, index);
    }
}

/* -- whose a file is --------------------------------------------------------------------------- */

/* Debian lists /bin/sh where /bin is a link to usr/bin; or usr/bin/sh where it is none. */
static uint32_t listed_owner(const struct finding_owners *f, str path)
{
    const str usr = STR("usr/");
    uint32_t index = table_find(&f->table, path);
    if (index != PACKAGE_NONE_OWNS)
        return index;
    if (str_starts(path, usr))
        return table_find(&f->table, str_from_index(path, usr.len));
    if (!str_starts(path, STR("bin/")) && !str_starts(path, STR("sbin/")) &&
        !str_starts(path, STR("lib")))
        return PACKAGE_NONE_OWNS;
    struct arena_mark mark = arena_mark(f->arena);
    index = table_find(&f->table, str_cat(f->arena, usr, path));
    arena_rewind(f->arena, mark);
    return index;
}

/* "a/__pycache__/b.cpython-311.pyc" is made from "a/b.py", and so is "a/b.pyc". */
static uint32_t source_owner(const struct finding_owners *f, str path)
{
    if (!str_ends(path, STR(".pyc")) && !str_ends(path, STR(".pyo")))
        return PACKAGE_NONE_OWNS;
    str folder = str_dirname(path), name = str_basename(path);
    if (str_eq(str_basename(folder), STR("__pycache__")))
        folder = str_dirname(folder);
    struct arena_mark mark = arena_mark(f->arena);
    str stem = str_slice(name, 0, str_find_char(name, '.'));
    uint32_t index = listed_owner(f, str_fmt(f->arena, "%.*s%s%.*s.py", STR_ARG(folder),
                                             folder.len ? "/" : "", STR_ARG(stem)));
    arena_rewind(f->arena, mark);
    return index;
}

/* The nearest folder on the way up that is a package's. */
static uint32_t folder_owner(const struct finding_owners *f, str path)
{
    for (str folder = str_dirname(path); f->folder_count && folder.len;
         folder = str_dirname(folder)) {
        uint32_t index = table_find(&f->folders, folder);
        if (index != PACKAGE_NONE_OWNS)
            return index;
    }
    return PACKAGE_NONE_OWNS;
}

/* What a package made when it was installed, and lists nowhere. */
static uint32_t maker_owner(const struct finding_owners *f, str path)
{
    str rest, name;
    if (!f->debs.count || !package_makers(path, &rest))
        return PACKAGE_NONE_OWNS;
    while (str_next_word(&rest, &name)) {
        uint32_t index = pointer_index(map_find(&f->debs, name));
        if (index != PACKAGE_NONE_OWNS)
            return index;
    }
    return PACKAGE_NONE_OWNS;
}

static uint32_t owner_of(const struct finding_owners *f, str path)
{
    uint32_t index = listed_owner(f, path);
    if (index == PACKAGE_NONE_OWNS)
        index = folder_owner(f, path);
    if (index == PACKAGE_NONE_OWNS)
        index = source_owner(f, path);
    return index == PACKAGE_NONE_OWNS ? maker_owner(f, path) : index;
}

static void name_owners(struct finding_owners *f)
{
    for (uint32_t i = 0; i < f->view->count; i++) {
        const struct view_file *file = &f->view->files[i];
        const struct layer_entry *entry = view_entry(f->view, file);
        f->result->owner[i] = PACKAGE_NONE_OWNS;
        if (!file->counted || entry->kind != LAYER_FILE || !f->result->list.count)
            continue;
        uint32_t index = owner_of(f, view_path(f->view, file));
        f->result->owner[i] = index;
        if (index == PACKAGE_NONE_OWNS)
            continue;
        struct package *package = &f->result->list.at[index];
        package->files++;
        package->bytes += entry->size;
        package->pull += view_pull(f->view, file);
    }
}

/* What strip(1) would take of the programs that the image shows. */
static void sum_symbols(struct finding_owners *f)
{
    VEC_EACH(struct live_note, live, f->notes) {
        str rest = live->text;
        struct note_package package;
        uint64_t bytes;
        while (note_next(&rest, &package))
            if (package.kind == NOTE_SYMBOLS && str_to_u64(package.version, &bytes))
                vec_push(f->arena, &f->result->symbols, (struct symbols){live->path, bytes});
    }
}

struct package_list packages_find(struct arena *arena, const struct image_view *view,
                                  uint32_t inspector)
{
    struct package_list result = {.owner = NEW_ARRAY(arena, uint32_t, view->count + 1)};
    struct finding_owners f = {.arena = arena, .view = view, .result = &result};
    collect_notes(&f, inspector);
    each_note(&f, note_packages);
    f.table = table_new(arena, f.paths);
    f.folders = table_new(arena, f.folder_count);
    each_note(&f, note_diversions);
    for (int others = 0; others < 2; others++) {
        f.system = !others;
        f.next = 0;
        each_note(&f, note_paths);
    }
    each_note(&f, note_development);
    each_note(&f, note_parts);
    name_owners(&f);
    sum_symbols(&f);
    struct recommending r = recommending_new(arena, &result, &f.debs);
    VEC_EACH(struct live_note, live, f.notes)
        recommending_add(&r, live->text);
    recommending_end(&r);
    return result;
}
