#include "store/folder.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/nameless.h"

#include <errno.h>
#include <stdlib.h>

bool folder_names(struct arena *arena, struct store *store, struct descriptors *out_manifests,
                  struct err *err)
{
    str text;
    *out_manifests = (struct descriptors){0};
    struct stat stat;
    if (store->root_fd < 0 ||
        (!path_stat(store->root_fd, STR("index.json"), &stat) && errno == ENOENT))
        return true;
    if (!file_read_beneath(arena, store->root_fd, STR("index.json"), LIMIT_MANIFEST, &text, err) ||
        !index_parse(arena, text, out_manifests, err))
        return err_wrap(err, "index.json of the store '%.*s'", STR_ARG(store->path));
    return true;
}

/* -- changing them ----------------------------------------------------------------------------- */

static bool lock_names(struct store *store, struct err *err)
{
    bool held;
    if (!folder_writable(store, err))
        return false;
    if (store->names_fd < 0)
        store->names_fd = lock_open(store->own_fd, STR("names.lock"), err);
    return store->names_fd >= 0 && lock_take(store->names_fd, true, true, &held, err);
}

/* Write index.json with all but `without`, and with `added` behind them. */
static bool write_index(struct arena *arena, struct store *store,
                        const struct descriptors *manifests, str without, str added,
                        struct err *err)
{
    struct strs entries = {0};
    VEC_EACH(struct descriptor, manifest, *manifests) {
        if (!str_eq(manifest->ref_name, without))
            vec_push(arena, &entries, manifest->text);
    }
    if (added.len)
        vec_push(arena, &entries, added);
    str text = index_print(arena, &entries);
    if (text.len > LIMIT_MANIFEST)
        return err_set(err, ERR_LIMIT, "the store has too many names");
    return file_replace(store->root_fd, STR("index.json"), text, err);
}

static bool tag_locked(struct arena *arena, struct store *store, str name,
                       const struct descriptor *descriptor, struct err *err)
{
    struct descriptors manifests;
    struct descriptor named = *descriptor;
    named.ref_name = named.image_name = name;
    return folder_names(arena, store, &manifests, err) &&
           write_index(arena, store, &manifests, name, descriptor_print(arena, &named), err);
}

bool store_tag(struct store *store, str name, const struct descriptor *descriptor, int64_t now_s,
               struct err *err)
{
    str bytes = {(const char *)descriptor->digest.at, sizeof(descriptor->digest.at)};
    const struct sqlite_value values[] = {SQLITE_STR(name), SQLITE_BLOB(bytes), SQLITE_I64(now_s)};
    /* The time first: it means nothing without the name, so what fails here changed nothing. */
    if (!folder_database(store, err) ||
        !sqlite_change(store->db, "INSERT OR REPLACE INTO tagged VALUES(?,?,?)", values,
                       ARRAY_COUNT(values), err) ||
        !lock_names(store, err))
        return false;
    AUTO(arena) struct arena *arena = arena_new(0);
    bool good = tag_locked(arena, store, name, descriptor, err);
    lock_drop(store->names_fd);
    return good;
}

bool store_untag(struct store *store, str name, bool *out_found, struct err *err)
{
    struct store_name old;
    if (!lock_names(store, err))
        return false;
    AUTO(arena) struct arena *arena = arena_new(0);
    struct descriptors manifests;
    bool good = store_find_name(arena, store, name, out_found, &old, err) &&
                folder_names(arena, store, &manifests, err);
    if (good && *out_found)
        good = write_index(arena, store, &manifests, old.name, STR(""), err);
    lock_drop(store->names_fd);
    return good;
}

/* -- finding them ------------------------------------------------------------------------------ */

/* When a name was given; 0 where nobody noted it for what the name means now. */
static int64_t find_time(struct store *store, const struct store_name *name)
{
    struct sqlite_rows *rows;
    str bytes = {(const char *)name->descriptor.digest.at, sizeof(name->descriptor.digest.at)};
    const struct sqlite_value values[] = {SQLITE_STR(name->name), SQLITE_BLOB(bytes)};
    struct err unheard = {0}; /* whoever may not write a store still reads its names */
    int64_t tagged_s = 0;
    if (!folder_database(store, &unheard) ||
        !sqlite_query(store->db, "SELECT tagged_s FROM tagged WHERE name=? AND digest=?", values,
                      ARRAY_COUNT(values), &rows, &unheard))
        return 0;
    if (sqlite_next(rows, &unheard) == STEP_ITEM)
        tagged_s = sqlite_int(rows, 0);
    sqlite_end(rows);
    return tagged_s;
}

/* Is it the name, or another spelling of it? */
static bool is_called(struct arena *arena, str name, str asked)
{
    struct reference reference;
    struct err unheard = {0};
    return str_eq(name, asked) || (reference_parse(arena, name, &reference, &unheard) &&
                                   str_eq(reference_print(arena, &reference), asked));
}

bool store_find_name(struct arena *arena, struct store *store, str name, bool *out_found,
                     struct store_name *out_name, struct err *err)
{
    struct descriptors manifests;
    *out_found = false;
    if (!folder_names(arena, store, &manifests, err))
        return false;
    VEC_EACH(struct descriptor, manifest, manifests) {
        if (!manifest->ref_name.len || !is_called(arena, manifest->ref_name, name))
            continue;
        *out_found = true;
        *out_name = (struct store_name){.name = manifest->ref_name, .descriptor = *manifest};
        return true;
    }
    return true;
}

static int name_order(const void *left, const void *right)
{
    return str_order(((const struct store_name *)left)->name,
                     ((const struct store_name *)right)->name);
}

bool store_list(struct arena *arena, struct store *store, struct store_names *out_names,
                struct err *err)
{
    struct descriptors manifests;
    struct store_names names = {0};
    struct stat stat;
    if (!folder_names(arena, store, &manifests, err))
        return false;
    bool timed = store->own_fd >= 0 && path_stat(store->own_fd, STR("index.sqlite"), &stat);
    VEC_EACH(struct descriptor, manifest, manifests) {
        struct store_name name = {.name = manifest->ref_name, .descriptor = *manifest};
        if (timed)
            name.tagged_s = find_time(store, &name);
        vec_push(arena, &names, name);
    }
    if (names.count)
        qsort(names.at, names.count, sizeof(*names.at), name_order);
    *out_names = names;
    return true;
}

bool store_image_open(struct arena *arena, struct store *store, const struct store_name *name,
                      const struct image_choice *choice, struct image *out_image, struct err *err)
{
    struct image_place place = {store->root_fd, name->name, &name->descriptor};
    return image_open_at(arena, &place, choice, out_image, err);
}

/* -- where blobs came from --------------------------------------------------------------------- */

bool store_origin_add(struct store *store, digest id, str repository, struct err *err)
{
    str bytes = {(const char *)id.at, sizeof(id.at)};
    const struct sqlite_value values[] = {SQLITE_BLOB(bytes), SQLITE_STR(repository)};
    return folder_database(store, err) &&
           sqlite_change(store->db, "INSERT OR IGNORE INTO origin VALUES(?,?)", values,
                         ARRAY_COUNT(values), err);
}

bool store_origins(struct arena *arena, struct store *store, digest id,
                   struct strs *out_repositories, struct err *err)
{
    str bytes = {(const char *)id.at, sizeof(id.at)};
    const struct sqlite_value value = SQLITE_BLOB(bytes);
    struct sqlite_rows *rows;
    struct strs repositories = {0};
    enum step step;
    if (!folder_database(store, err) ||
        !sqlite_query(store->db, "SELECT repository FROM origin WHERE digest=? ORDER BY repository",
                      &value, 1, &rows, err))
        return false;
    while ((step = sqlite_next(rows, err)) == STEP_ITEM)
        vec_push(arena, &repositories, str_copy(arena, sqlite_bytes(rows, 0)));
    sqlite_end(rows);
    *out_repositories = repositories;
    return step == STEP_END;
}
