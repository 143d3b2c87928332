#include "store/folder.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define EMPTY_INDEX                                                                            \
    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifes" \
    "ts\":[]}"

static bool has(const struct store *store, const char *name)
{
    struct stat stat;
    return path_stat(store->root_fd, str_from(name), &stat);
}

/* Is there nothing in it, but what an end nobody asked for left? A folder of somebody's files is
 * never made a store. */
static bool is_empty(const struct store *store)
{
    struct dir_names names;
    struct err unheard = {0};
    if (!dir_list(store->arena, store->root_fd, &names, &unheard))
        return false;
    VEC_EACH(str, name, names) {
        if (!str_starts(*name, STR(NAMELESS_HIDDEN)))
            return false;
    }
    return true;
}

/* Write a file of the root that is not there; what somebody else wrote meanwhile stays. */
static bool write_new(const struct store *store, const char *name, str text, struct err *err)
{
    AUTO(nameless) struct nameless file = {.fd = -1};
    return has(store, name) ||
           (nameless_open(store->root_fd, &file, err) && fd_write_all(file.fd, text, err) &&
            nameless_keep(&file, str_from(name), err));
}

/* oci-layout comes first: a folder with it is a store, however far its making came. */
static bool make_layout(struct store *store, struct err *err)
{
    if (!has(store, "oci-layout") && !is_empty(store) && !has(store, "oci-layout")) {
        err_set(err, ERR_FORMAT, "'%.*s' has files in it and is no image store",
                STR_ARG(store->path));
        return err_hint(err, "name an empty folder, or one with an OCI image layout");
    }
    return write_new(store, "oci-layout", STR(LAYOUT_TEXT), err) &&
           write_new(store, "index.json", STR(EMPTY_INDEX), err) &&
           dirs_make(store->root_fd, STR("blobs/sha256"), err) &&
           dirs_make(store->root_fd, STR("plimsoll/notes"), err);
}

/* Open a folder of the store; -1 where there is none. */
static bool sub_folder(const struct store *store, const char *path, int *out_fd, struct err *err)
{
    struct err problem = {0};
    *out_fd = open_beneath(store->root_fd, str_from(path), O_RDONLY | O_DIRECTORY, &problem);
    if (*out_fd >= 0 || problem.sys_errno == ENOENT)
        return true;
    *err = problem;
    return false;
}

/* Hold the lock that says: somebody uses it. Where it cannot be made, because the store is not ours
 * to write or is another tool's layout, it is read without. */
static bool take_use(struct store *store, bool create, struct err *err)
{
    bool held;
    struct err problem = {0};
    if (store->own_fd < 0)
        return true;
    store->use_fd = lock_open(store->own_fd, STR("use.lock"), &problem);
    if (store->use_fd >= 0)
        return lock_take(store->use_fd, false, true, &held, err);
    int reason = problem.sys_errno;
    if (!create && (reason == ENOENT || reason == EACCES || reason == EROFS))
        return true;
    *err = problem;
    return false;
}

static bool open_root(struct store *store, bool create, struct err *err)
{
    struct stat stat;
    if (!path_stat(AT_FDCWD, store->path, &stat)) {
        if (errno != ENOENT && errno != ENOTDIR)
            return err_sys(err, "cannot look at '%.*s'", STR_ARG(store->path));
        if (!create)
            return true;
        if (!dirs_make(AT_FDCWD, store->path, err))
            return false;
    }
    store->root_fd = dir_open(AT_FDCWD, store->path, err);
    if (store->root_fd < 0 || (create && !make_layout(store, err)))
        return false;
    if (!has(store, "oci-layout")) {
        if (is_empty(store)) {
            fd_cleanup(&store->root_fd);
            return true;
        }
        err_set(err, ERR_FORMAT, "'%.*s' is no image store: it has no oci-layout",
                STR_ARG(store->path));
        return err_hint(err, "--store and $PLIMSOLL_STORE name the store");
    }
    return sub_folder(store, "blobs/sha256", &store->blobs_fd, err) &&
           sub_folder(store, "plimsoll", &store->own_fd, err) && take_use(store, create, err);
}

str store_path_default(struct arena *arena, const struct host *host)
{
    str store = host_env(host, "PLIMSOLL_STORE"), data = host_env(host, "XDG_DATA_HOME"),
        home = host_env(host, "HOME");
    if (store.len)
        return store;
    if (data.len && data.at[0] == '/') /* XDG: a relative path counts as none */
        return path_join(arena, data, STR("plimsoll"));
    if (geteuid() == 0 || !home.len)
        return STR("/var/lib/plimsoll");
    return path_join(arena, home, STR(".local/share/plimsoll"));
}

bool store_open(struct arena *arena, str path, bool create, struct store **out_store,
                struct err *err)
{
    struct store *store = NEW(arena, struct store);
    *store = (struct store){.arena = arena,
                            .path = str_copy(arena, path),
                            .root_fd = -1,
                            .blobs_fd = -1,
                            .own_fd = -1,
                            .use_fd = -1,
                            .names_fd = -1};
    if (!hash_open(err) || !open_root(store, create, err)) {
        store_close(store);
        return err_wrap(err, "store '%.*s'", STR_ARG(path));
    }
    *out_store = store;
    return true;
}

void store_close(struct store *store)
{
    if (store->db)
        sqlite_close(store->db);
    store->db = NULL;
    fd_cleanup(&store->names_fd);
    fd_cleanup(&store->use_fd);
    fd_cleanup(&store->own_fd);
    fd_cleanup(&store->blobs_fd);
    fd_cleanup(&store->root_fd);
}

bool folder_writable(const struct store *store, struct err *err)
{
    if (store->own_fd >= 0 && store->blobs_fd >= 0)
        return true;
    return err_set(err, ERR_DENIED, "the store '%.*s' was opened for reading only",
                   STR_ARG(store->path));
}

/* -- the database ------------------------------------------------------------------------------ */

static const char *const schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS tagged(name TEXT PRIMARY KEY, digest BLOB, tagged_s INTEGER);"
    "CREATE TABLE IF NOT EXISTS origin(digest BLOB, repository TEXT,"
    " PRIMARY KEY(digest, repository)) WITHOUT ROWID;";

static bool open_database(struct store *store, str path, struct err *err)
{
    if (!sqlite_open(store->arena, path, &store->db, err))
        return false;
    if (sqlite_do(store->db, schema, err))
        return true;
    sqlite_close(store->db);
    store->db = NULL;
    return false;
}

/* Put a broken database aside; the names do not depend on it. */
static bool put_aside(struct store *store, struct err *err)
{
    if (renameat(store->own_fd, "index.sqlite", store->own_fd, "index.sqlite.broken") != 0 &&
        errno != ENOENT) /* somebody else did it */
        return err_sys(err, "cannot put the broken index.sqlite aside");
    unlinkat(store->own_fd, "index.sqlite-wal", 0);
    unlinkat(store->own_fd, "index.sqlite-shm", 0);
    return true;
}

bool folder_database(struct store *store, struct err *err)
{
    if (store->db)
        return true;
    if (!folder_writable(store, err))
        return false;
    /* By descriptor: the folder stays the one that was opened, whatever is renamed meanwhile. */
    str path = str_fmt(store->arena, "/proc/self/fd/%d/index.sqlite", store->own_fd);
    struct err first = {0};
    if (open_database(store, path, &first))
        return true;
    if (first.code == ERR_FORMAT)
        return put_aside(store, err) && open_database(store, path, err);
    *err = first;
    return false;
}
