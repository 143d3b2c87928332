#include "registry/download.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/pool.h"

#include <stdlib.h>

/*
 * A pull: manifests first, then the blobs that the store does not have, side by side, the largest
 * first; last the manifests and the name, so that a name never leads to what is not there.
 */

enum { INDEX_DEPTH_MAX = 4, MANIFESTS_MAX = 4096 };

struct document {
    struct descriptor descriptor;
    str text;
};
VEC_TYPE(documents, struct document);

struct pulling {
    struct arena *arena;
    const struct registry_pull *pull;
    const struct remote *remote;
    struct client *client;
    struct documents documents; /* what stands first is what the name leads to */
    struct map seen;            /* digests of blobs and documents */
    struct descriptors blobs;
    struct registry_moved moved;
    /* by blob */
    struct err *errors;
    bool *failed;
    bool *got;
    struct client *clients[REGISTRY_WORKERS];
};

static bool note_seen(struct pulling *pulling, digest id)
{
    str key = str_copy(pulling->arena, str_from(digest_hex(id).z));
    if (map_has(&pulling->seen, key))
        return false;
    map_set(pulling->arena, &pulling->seen, key, NULL);
    return true;
}

/* -- manifests --------------------------------------------------------------------------------- */

static bool take_document(struct pulling *pulling, const struct descriptor *descriptor, str text,
                          unsigned depth, struct err *err);

static bool get_document(struct pulling *pulling, const struct descriptor *descriptor,
                         unsigned depth, struct err *err)
{
    struct blob blob;
    bool found;
    str text;
    if (!store_find_blob(pulling->pull->store, descriptor->digest, &found, &blob, err))
        return false;
    if (found) {
        found = blob_read(pulling->arena, &blob, LIMIT_MANIFEST, &text, err) &&
                digest_eq(sha256_of(text), descriptor->digest);
        fd_cleanup(&blob.fd);
        err_clear(err);
    }
    if (!found && !document_get(pulling->arena, pulling->client, descriptor, &text, err))
        return false;
    return take_document(pulling, descriptor, text, depth, err);
}

static bool take_index(struct pulling *pulling, str text, unsigned depth, struct err *err)
{
    struct descriptors manifests;
    if (!index_parse(pulling->arena, text, &manifests, err))
        return err_wrap(err, "the index");
    if (depth == INDEX_DEPTH_MAX)
        return err_set(err, ERR_LIMIT, "an index in an index, more than %d deep", INDEX_DEPTH_MAX);
    VEC_EACH(struct descriptor, manifest, manifests) {
        if (note_seen(pulling, manifest->digest) &&
            !get_document(pulling, manifest, depth + 1, err))
            return false;
    }
    return true;
}

static bool take_document(struct pulling *pulling, const struct descriptor *descriptor, str text,
                          unsigned depth, struct err *err)
{
    struct descriptors children;
    if (pulling->documents.count == MANIFESTS_MAX)
        return err_set(err, ERR_LIMIT, "it has more than %d manifests", MANIFESTS_MAX);
    vec_push(pulling->arena, &pulling->documents, (struct document){*descriptor, text});
    if (descriptor_is_index(descriptor))
        return take_index(pulling, text, depth, err);
    if (!oci_children(pulling->arena, descriptor, text, &children, err))
        return err_wrap(err, "manifest sha256:%s", digest_hex(descriptor->digest).z);
    VEC_EACH(struct descriptor, child, children) {
        if (note_seen(pulling, child->digest))
            vec_push(pulling->arena, &pulling->blobs, *child);
    }
    return true;
}

/* From what the name leads to down to the manifest of the platform that is wanted. */
static bool choose(struct pulling *pulling, struct descriptor *descriptor, str *text,
                   struct err *err)
{
    for (unsigned depth = 0; descriptor_is_index(descriptor); depth++) {
        struct descriptors manifests;
        const struct descriptor *chosen;
        if (depth == INDEX_DEPTH_MAX)
            return err_set(err, ERR_LIMIT, "an index in an index, more than %d deep",
                           INDEX_DEPTH_MAX);
        if (!index_parse(pulling->arena, *text, &manifests, err))
            return err_wrap(err, "the index");
        if (!platform_choose(pulling->arena, &manifests, &pulling->pull->choice, &chosen, err) ||
            !document_get(pulling->arena, pulling->client, chosen, text, err))
            return false;
        *descriptor = *chosen;
    }
    return true;
}

static bool get_manifests(struct pulling *pulling, const struct reference *reference,
                          struct err *err)
{
    struct descriptor descriptor;
    str text;
    struct reference there = *reference;
    there.repository = pulling->remote->repository;
    if (!manifest_get(pulling->arena, pulling->client, &there, &descriptor, &text, err))
        return false;
    if (!pulling->pull->all_platforms && !choose(pulling, &descriptor, &text, err))
        return false;
    note_seen(pulling, descriptor.digest);
    pulling->moved.descriptor = descriptor;
    return take_document(pulling, &descriptor, text, 0, err);
}

/* -- blobs ------------------------------------------------------------------------------------- */

static bool receive(struct pulling *pulling, struct client *client,
                    const struct descriptor *descriptor, uint32_t step, struct err *err)
{
    struct events *events = pulling->pull->settings.events;
    struct download *download = download_new(client->arena, client, descriptor);
    struct store_writer *writer;
    enum step next;
    str piece;
    if (!store_write_begin(pulling->pull->store, &writer, err))
        return false;
    while ((next = download_next(download, &piece, err)) == STEP_ITEM) {
        if (!store_write_add(writer, piece, err)) {
            http_done(client->http);
            next = STEP_FAIL;
            break;
        }
        event_bytes(events, step, piece.len);
    }
    if (next == STEP_END)
        return store_write_end(writer, &descriptor->digest, NULL, err);
    store_write_drop(writer);
    return false;
}

static void pull_blob(void *raw, size_t index, unsigned worker)
{
    struct pulling *pulling = raw;
    const struct descriptor *descriptor = &pulling->blobs.at[index];
    struct events *events = pulling->pull->settings.events;
    struct err *err = &pulling->errors[index];
    struct client *client = pulling->clients[worker];
    struct blob blob;
    bool found;
    for (size_t i = 0; i < index; i++)
        if (pulling->failed[i])
            return; /* what comes after a failure is not begun */
    if (descriptor->size > LIMIT_BLOB) {
        pulling->failed[index] = true;
        err_set(err, ERR_LIMIT, "a blob of %" PRIu64 " bytes", descriptor->size);
        return;
    }
    str name = str_fmt(client->arena, "blob %.12s", digest_hex(descriptor->digest).z);
    if (!store_find_blob(pulling->pull->store, descriptor->digest, &found, &blob, err)) {
        pulling->failed[index] = true;
        return;
    }
    uint32_t step = event_begin(events, name, descriptor->size);
    if (found)
        fd_cleanup(&blob.fd);
    else
        pulling->failed[index] = !receive(pulling, client, descriptor, step, err);
    pulling->got[index] = !found && !pulling->failed[index];
    event_end(events, step,
              found                    ? STR("is there already")
              : pulling->failed[index] ? STR("failed")
                                       : STR(""));
}

static int larger_first(const void *left, const void *right)
{
    const struct descriptor *a = left, *b = right;
    return (a->size < b->size) - (a->size > b->size);
}

static bool get_blobs(struct pulling *pulling, struct err *err)
{
    uint32_t count = pulling->blobs.count;
    unsigned workers = count < REGISTRY_WORKERS ? count : REGISTRY_WORKERS;
    pulling->errors = NEW_ARRAY(pulling->arena, struct err, count + 1);
    pulling->failed = NEW_ARRAY(pulling->arena, bool, count + 1);
    pulling->got = NEW_ARRAY(pulling->arena, bool, count + 1);
    qsort(pulling->blobs.at, count, sizeof(struct descriptor), larger_first);
    for (unsigned i = 0; i < workers; i++)
        pulling->clients[i] = client_like(arena_child(pulling->arena, 0), pulling->client);
    pool_each(count, workers ? workers : 1, pull_blob, pulling);
    for (unsigned i = 0; i < workers; i++)
        client_free(pulling->clients[i]);
    for (uint32_t i = 0; i < count; i++) {
        if (pulling->failed[i]) {
            *err = pulling->errors[i];
            return false;
        }
        pulling->moved.blobs += pulling->got[i];
        pulling->moved.present += !pulling->got[i];
        pulling->moved.bytes += pulling->got[i] ? pulling->blobs.at[i].size : 0;
    }
    return true;
}

/* -- all of it --------------------------------------------------------------------------------- */

static bool keep(struct pulling *pulling, const struct reference *reference, struct err *err)
{
    struct store *store = pulling->pull->store;
    str repository = str_fmt(pulling->arena, "%.*s/%.*s", STR_ARG(pulling->remote->registry),
                             STR_ARG(pulling->remote->repository));
    for (uint32_t i = pulling->documents.count; i-- > 0;) {
        digest got;
        if (!store_put(store, pulling->documents.at[i].text, &got, err))
            return false;
        assert(digest_eq(got, pulling->documents.at[i].descriptor.digest));
    }
    VEC_EACH(struct descriptor, blob, pulling->blobs) {
        if (!store_origin_add(store, blob->digest, repository, err))
            return false;
    }
    pulling->moved.name = reference_print(pulling->arena, reference);
    pulling->moved.from = pulling->remote->registry;
    return store_tag(store, pulling->moved.name, &pulling->moved.descriptor,
                     pulling->pull->settings.host->now_s, err);
}

static bool pull_from(struct arena *arena, const struct registry_pull *pull,
                      const struct remote *remote, const struct reference *reference,
                      struct registry_moved *out_moved, struct err *err)
{
    struct pulling pulling = {.arena = arena, .pull = pull, .remote = remote};
    pulling.client = client_new(arena, remote);
    bool good = get_manifests(&pulling, reference, err) && get_blobs(&pulling, err) &&
                keep(&pulling, reference, err);
    client_free(pulling.client);
    if (good)
        *out_moved = pulling.moved;
    return good;
}

bool registry_pull(struct arena *arena, const struct registry_pull *pull,
                   const struct reference *reference, struct registry_moved *out_moved,
                   struct err *err)
{
    struct remotes remotes;
    if (!hash_open(err) || !remotes_open(arena, &pull->settings, reference, &remotes, err))
        return false;
    for (uint32_t i = 0; i < remotes.count; i++) {
        const struct remote *remote = &remotes.at[i];
        if (pull_from(arena, pull, remote, reference, out_moved, err))
            return true;
        if (!remote->is_mirror)
            break;
        event_note(pull->settings.events, str_fmt(arena, "the mirror %.*s does not do: %s",
                                                  STR_ARG(remote->registry), err->line[0]));
        err_clear(err);
    }
    return err_wrap(err, "pulling '%.*s'", STR_ARG(reference_familiar(arena, reference)));
}
