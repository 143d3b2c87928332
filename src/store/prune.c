#include "store/folder.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * What can be reached from the names stays: manifests, configs, layers, and the notes of those
 * layers. All else goes. It is done alone: whoever has the store open may be about to name what
 * he wrote.
 */
struct sweep {
    struct arena *arena;
    struct store *store;
    struct map kept; /* hex digests of blobs and of diff ids */
    bool dry;
    bool hidden_only; /* in the root: all else there is somebody's */
    struct store_pruned *pruned;
};

/* Note a digest; false when it was there already. */
static bool keep(struct sweep *sweep, digest id)
{
    str hex = str_copy(sweep->arena, str_from(digest_hex(id).z));
    if (map_has(&sweep->kept, hex))
        return false;
    map_set(sweep->arena, &sweep->kept, hex, NULL);
    return true;
}

/* Read a blob that decides what stays; one whose bytes are not its digest's decides nothing. */
static bool read_blob(struct sweep *sweep, digest id, size_t size_max, bool *out_found,
                      str *out_text, struct err *err)
{
    struct blob blob;
    if (!store_find_blob(sweep->store, id, out_found, &blob, err))
        return false;
    if (!*out_found)
        return true;
    bool good = blob_read(sweep->arena, &blob, size_max, out_text, err);
    fd_cleanup(&blob.fd);
    return good && (digest_eq(sha256_of(*out_text), id) ||
                    err_set(err, ERR_DIGEST, "blob %s is damaged", digest_hex(id).z));
}

static bool refuse(struct err *err)
{
    return err_hint(err, "nothing was removed; remove the name that leads to it first");
}

/* The diff ids of a config, for the notes that are kept under them. */
static void keep_diff_ids(struct sweep *sweep, digest id)
{
    bool found;
    str text;
    struct image_config config;
    struct err unheard = {0};
    if (read_blob(sweep, id, LIMIT_CONFIG, &found, &text, &unheard) && found &&
        oci_config_parse(sweep->arena, text, &config, &unheard))
        for (uint32_t i = 0; i < config.diff_ids.count; i++)
            keep(sweep, config.diff_ids.at[i]);
}

/* Keep what a descriptor leads to, in rounds instead of by recursion: `pending` grows. */
static bool keep_all(struct sweep *sweep, struct descriptors pending, struct err *err)
{
    for (uint32_t i = 0; i < pending.count; i++) {
        struct descriptor descriptor = pending.at[i];
        struct descriptors children;
        bool found;
        str text;
        if (!keep(sweep, descriptor.digest) || descriptor.size > LIMIT_MANIFEST)
            continue;
        bool manifest = descriptor_is_index(&descriptor) ||
                        STR_IN(descriptor.media_type, "application/vnd.oci.image.manifest.v1+json",
                               "application/vnd.docker.distribution.manifest.v2+json");
        if (STR_IN(descriptor.media_type, "application/vnd.oci.image.config.v1+json",
                   "application/vnd.docker.container.image.v1+json"))
            keep_diff_ids(sweep, descriptor.digest);
        if (!manifest)
            continue;
        if (!read_blob(sweep, descriptor.digest, LIMIT_MANIFEST, &found, &text, err))
            return refuse(err);
        if (!found)
            continue; /* an index may name platforms that were never pulled */
        if (!oci_children(sweep->arena, &descriptor, text, &children, err)) {
            err_wrap(err, "blob %s", digest_hex(descriptor.digest).z);
            return refuse(err);
        }
        VEC_EACH(struct descriptor, child, children) {
            vec_push(sweep->arena, &pending, *child);
        }
    }
    return true;
}

/* May a file of the store go? Strangers' files may not. */
static bool may_go(const struct sweep *sweep, str name)
{
    digest ignored;
    str hex = str_slice(name, 0, 64);
    return str_starts(name, STR(NAMELESS_HIDDEN)) ||
           (!sweep->hidden_only && digest_parse(hex, &ignored) && !map_has(&sweep->kept, hex));
}

/* Remove a folder's files that begin with a digest nobody keeps. */
static bool sweep_folder(struct sweep *sweep, int folder_fd, uint64_t *count, struct err *err)
{
    struct dir_names names;
    if (!dir_list(sweep->arena, folder_fd, &names, err))
        return false;
    VEC_EACH(str, name, names) {
        struct stat stat;
        if (!may_go(sweep, *name))
            continue;
        if (!path_stat(folder_fd, *name, &stat)) {
            if (errno != ENOENT)
                return err_sys(err, "cannot look at '%.*s'", STR_ARG(*name));
            continue;
        }
        if (!S_ISREG(stat.st_mode))
            continue;
        if (!sweep->dry && unlinkat(folder_fd, str_z(sweep->arena, *name), 0) != 0 &&
            errno != ENOENT)
            return err_sys(err, "cannot remove '%.*s'", STR_ARG(*name));
        (*count)++;
        sweep->pruned->bytes += (uint64_t)stat.st_size;
    }
    return true;
}

static bool sweep_notes(struct sweep *sweep, struct err *err)
{
    static const char *const kinds[] = {STORE_NOTE_REPORT, STORE_NOTE_PULL};
    if (sweep->store->own_fd < 0)
        return true; /* a layout that others made: nothing was learned here */
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct err problem = {0};
        str path = str_fmt(sweep->arena, "notes/%s", kinds[i]);
        AUTO(fd)
        int fd = open_beneath(sweep->store->own_fd, path, O_RDONLY | O_DIRECTORY, &problem);
        if (fd < 0 && problem.sys_errno != ENOENT) {
            *err = problem;
            return false;
        }
        if (fd >= 0 && !sweep_folder(sweep, fd, &sweep->pruned->notes, err))
            return false;
    }
    return true;
}

/* What writers of index.json left that were killed. */
static bool sweep_root(struct sweep *sweep, struct err *err)
{
    uint64_t count = 0;
    sweep->hidden_only = true;
    bool good = sweep_folder(sweep, sweep->store->root_fd, &count, err);
    sweep->hidden_only = false;
    return good;
}

static bool sweep_all(struct sweep *sweep, struct err *err)
{
    struct descriptors names;
    return folder_names(sweep->arena, sweep->store, &names, err) && keep_all(sweep, names, err) &&
           sweep_folder(sweep, sweep->store->blobs_fd, &sweep->pruned->blobs, err) &&
           sweep_notes(sweep, err) && sweep_root(sweep, err);
}

bool store_prune(struct store *store, bool dry, struct store_pruned *out_pruned, struct err *err)
{
    struct store_pruned pruned = {0};
    AUTO(arena) struct arena *arena = arena_new(0);
    struct sweep sweep = {.arena = arena, .store = store, .dry = dry, .pruned = &pruned};
    bool held = dry;
    *out_pruned = pruned;
    if (store->blobs_fd < 0)
        return true;
    if (!dry &&
        (!folder_writable(store, err) || !lock_take(store->use_fd, true, false, &held, err)))
        return false;
    if (!held) {
        err_set(err, ERR_DENIED, "the store '%.*s' is in use", STR_ARG(store->path));
        return err_hint(err, "another process reads or writes it; try again when it has ended");
    }
    bool good = sweep_all(&sweep, err);
    bool shared;
    struct err unheard = {0};
    if (!dry && !lock_take(store->use_fd, false, true, &shared, &unheard))
        *err = unheard, good = false;
    if (good)
        *out_pruned = pruned;
    return good;
}
