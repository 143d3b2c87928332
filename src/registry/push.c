#include "registry/referrers.h"
#include "registry/upload.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/pool.h"

#include <stdlib.h>

/*
 * A push: is the name there already and leads to the same? Then nothing is sent. Else the blobs,
 * side by side; then the manifests, what an index names before the index, the name last.
 */

enum { INDEX_DEPTH_MAX = 4, MANIFESTS_MAX = 4096 };

struct sent_document {
    struct descriptor descriptor;
    str text;
};

struct pushing {
    struct arena *arena;
    const struct registry_push *push;
    const struct remote *remote;
    struct client *client;
    VEC(struct sent_document) documents; /* in the order in which they are sent */
    struct map seen;
    struct descriptors blobs;
    struct registry_moved moved;
    struct err *errors; /* by blob, as what follows */
    bool *failed;
    enum upload_way *ways;
    str *mounts;
    struct client *clients[REGISTRY_WORKERS];
};

static bool is_new(struct pushing *pushing, digest id)
{
    str key = str_copy(pushing->arena, str_from(digest_hex(id).z));
    if (map_has(&pushing->seen, key))
        return false;
    map_set(pushing->arena, &pushing->seen, key, NULL);
    return true;
}

/* -- what there is to send --------------------------------------------------------------------- */

static bool get_blob(const struct pushing *pushing, const struct descriptor *descriptor,
                     struct blob *out_blob, struct err *err)
{
    bool found;
    struct digest_text hex = digest_hex(descriptor->digest);
    if (!store_find_blob(pushing->push->store, descriptor->digest, &found, out_blob, err))
        return false;
    if (!found) {
        err_set(err, ERR_IO, "the store does not have sha256:%s", hex.z);
        return err_hint(err, "pull it again, an image for several platforms with --all-platforms");
    }
    if (out_blob->size == descriptor->size)
        return true;
    fd_cleanup(&out_blob->fd);
    return err_set(err, ERR_DIGEST, "sha256:%s of the store has %" PRIu64 " bytes, not %" PRIu64,
                   hex.z, out_blob->size, descriptor->size);
}

static bool read_document(const struct pushing *pushing, const struct descriptor *descriptor,
                          str *out_text, struct err *err)
{
    struct blob blob;
    if (!get_blob(pushing, descriptor, &blob, err))
        return false;
    AUTO(fd) UNUSED int fd = blob.fd;
    if (!blob_read(pushing->arena, &blob, LIMIT_MANIFEST, out_text, err))
        return false;
    if (digest_eq(sha256_of(*out_text), descriptor->digest))
        return true;
    return err_set(err, ERR_DIGEST, "sha256:%s of the store is damaged",
                   digest_hex(descriptor->digest).z);
}

static bool collect(struct pushing *pushing, const struct descriptor *descriptor, unsigned depth,
                    struct err *err)
{
    str text;
    struct descriptors children;
    if (depth > INDEX_DEPTH_MAX || pushing->documents.count == MANIFESTS_MAX)
        return err_set(err, ERR_LIMIT, "an index with too much in it");
    if (!read_document(pushing, descriptor, &text, err) ||
        !oci_children(pushing->arena, descriptor, text, &children, err))
        return false;
    bool index = descriptor_is_index(descriptor);
    VEC_EACH(struct descriptor, child, children) {
        if (!is_new(pushing, child->digest))
            continue;
        if (!index)
            vec_push(pushing->arena, &pushing->blobs, *child);
        else if (!collect(pushing, child, depth + 1, err))
            return false;
    }
    vec_push(pushing->arena, &pushing->documents, (struct sent_document){*descriptor, text});
    return true;
}

/* A repository of the same registry that had the blob; "" when we know of none. A store that keeps
 * no origins (another tool made it) costs a mount, not the push. */
static str find_mount(const struct pushing *pushing, digest id)
{
    struct strs origins = {0};
    struct err unheard = {0};
    str found = STR("");
    if (!store_origins(pushing->arena, pushing->push->store, id, &origins, &unheard))
        return found;
    VEC_EACH(str, origin, origins) {
        size_t slash = str_find_char(*origin, '/');
        str repository = slash == STR_MISSING ? STR("") : str_from_index(*origin, slash + 1);
        if (repository.len && str_eq(str_slice(*origin, 0, slash), pushing->remote->registry) &&
            !str_eq(repository, pushing->remote->repository))
            found = repository;
    }
    return found;
}

/* The blobs are there from now on: later pushes may mount them. */
static void note_origins(const struct pushing *pushing)
{
    struct err unheard = {0};
    str repository = str_fmt(pushing->arena, "%.*s/%.*s", STR_ARG(pushing->remote->registry),
                             STR_ARG(pushing->remote->repository));
    VEC_EACH(struct descriptor, blob, pushing->blobs) {
        if (!store_origin_add(pushing->push->store, blob->digest, repository, &unheard))
            return;
    }
}

/* -- sending ----------------------------------------------------------------------------------- */

static void push_blob(void *raw, size_t index, unsigned worker)
{
    static const char *const outcomes[] = {"is there already", "taken from another repository", ""};
    struct pushing *pushing = raw;
    struct client *client = pushing->clients[worker];
    struct events *events = pushing->push->settings.events;
    struct upload upload = {.descriptor = pushing->blobs.at[index],
                            .mount_from = pushing->mounts[index]};
    for (size_t i = 0; i < index; i++)
        if (pushing->failed[i])
            return;
    if (!get_blob(pushing, &upload.descriptor, &upload.blob, &pushing->errors[index])) {
        pushing->failed[index] = true;
        return;
    }
    AUTO(fd) UNUSED int fd = upload.blob.fd;
    upload.step = event_begin(
        events, str_fmt(client->arena, "blob %.12s", digest_hex(upload.descriptor.digest).z),
        upload.descriptor.size);
    bool good = upload_blob(client, &upload, &pushing->ways[index], &pushing->errors[index]);
    pushing->failed[index] = !good;
    event_end(events, upload.step, good ? str_from(outcomes[pushing->ways[index]]) : STR("failed"));
}

static int larger_first(const void *left, const void *right)
{
    const struct descriptor *a = left, *b = right;
    return (a->size < b->size) - (a->size > b->size);
}

static bool send_blobs(struct pushing *pushing, struct err *err)
{
    uint32_t count = pushing->blobs.count;
    unsigned workers = count < REGISTRY_WORKERS ? count : REGISTRY_WORKERS;
    pushing->errors = NEW_ARRAY(pushing->arena, struct err, count + 1);
    pushing->failed = NEW_ARRAY(pushing->arena, bool, count + 1);
    pushing->ways = NEW_ARRAY(pushing->arena, enum upload_way, count + 1);
    pushing->mounts = NEW_ARRAY(pushing->arena, str, count + 1);
    qsort(pushing->blobs.at, count, sizeof(struct descriptor), larger_first);
    for (uint32_t i = 0; i < count; i++)
        pushing->mounts[i] = find_mount(pushing, pushing->blobs.at[i].digest);
    for (unsigned i = 0; i < workers; i++)
        pushing->clients[i] = client_like(arena_child(pushing->arena, 0), pushing->client);
    pool_each(count, workers ? workers : 1, push_blob, pushing);
    for (unsigned i = 0; i < workers; i++)
        client_free(pushing->clients[i]);
    for (uint32_t i = 0; i < count; i++) {
        if (pushing->failed[i]) {
            *err = pushing->errors[i];
            return false;
        }
        pushing->moved.blobs += pushing->ways[i] == UPLOAD_SENT;
        pushing->moved.mounted += pushing->ways[i] == UPLOAD_MOUNTED;
        pushing->moved.present += pushing->ways[i] == UPLOAD_PRESENT;
        pushing->moved.bytes += pushing->ways[i] == UPLOAD_SENT ? pushing->blobs.at[i].size : 0;
    }
    return true;
}

static bool send_document(struct pushing *pushing, const struct sent_document *document, str name,
                          struct err *err)
{
    struct arena *arena = pushing->arena;
    struct http_answer answer;
    struct call call = {.actions = "pull,push", .request = {.method = "PUT", .has_body = true}};
    digest got;
    call.url = client_url(arena, pushing->client, "manifests/%.*s", STR_ARG(name));
    call.request.body = document->text;
    vec_push(arena, &call.request.headers,
             str_cat(arena, STR("Content-Type: "), document->descriptor.media_type));
    if (!client_send(arena, pushing->client, &call, &answer, err))
        return false;
    if (answer.status != 201 && answer.status != 200)
        return client_refused(arena, pushing->client, &answer, "it does not take the manifest",
                              err);
    if (oci_digest_parse(answer.content_digest, &got) &&
        !digest_eq(got, document->descriptor.digest))
        return err_set(err, ERR_DIGEST, "it keeps sha256:%s for sha256:%s", digest_hex(got).z,
                       digest_hex(document->descriptor.digest).z);
    bool knows_subjects = answer.subject.len > 0;
    return knows_subjects ||
           referrers_note(arena, pushing->client, &document->descriptor, document->text, err);
}

static bool send_documents(struct pushing *pushing, str name, struct err *err)
{
    for (uint32_t i = 0; i < pushing->documents.count; i++) {
        const struct sent_document *document = &pushing->documents.at[i];
        bool last = i + 1 == pushing->documents.count;
        str digest_name = digest_print(pushing->arena, document->descriptor.digest);
        if (!send_document(pushing, document, last && name.len ? name : digest_name, err))
            return false;
    }
    return true;
}

/* Does the name lead to this very manifest already? */
static bool is_unchanged(struct pushing *pushing, str name, digest want, bool *out_same,
                         struct err *err)
{
    struct http_answer answer;
    struct call call = {.actions = "pull,push", .request = {.method = "HEAD"}};
    digest got;
    *out_same = false;
    call.url = client_url(pushing->arena, pushing->client, "manifests/%.*s", STR_ARG(name));
    vec_push(pushing->arena, &call.request.headers,
             str_cat(pushing->arena, STR("Accept: "),
                     vec_last(&pushing->documents)->descriptor.media_type));
    if (!client_send(pushing->arena, pushing->client, &call, &answer, err))
        return false;
    if (answer.status == 401 || answer.status == 403)
        return client_refused(pushing->arena, pushing->client, &answer, "it takes no image", err);
    *out_same = answer.status == 200 && oci_digest_parse(answer.content_digest, &got) &&
                digest_eq(got, want);
    return true;
}

static bool push_all(struct pushing *pushing, const struct store_name *name,
                     const struct reference *to, struct err *err)
{
    bool same = false;
    is_new(pushing, name->descriptor.digest);
    if (!collect(pushing, &name->descriptor, 0, err))
        return false;
    if (to->tag.len && !is_unchanged(pushing, to->tag, name->descriptor.digest, &same, err))
        return false;
    pushing->moved.present = same ? pushing->blobs.count : 0;
    return same || (send_blobs(pushing, err) && send_documents(pushing, to->tag, err));
}

bool registry_push(struct arena *arena, const struct registry_push *push,
                   const struct store_name *name, const struct reference *to,
                   struct registry_moved *out_moved, struct err *err)
{
    struct remote remote;
    struct pushing pushing = {.arena = arena, .push = push, .remote = &remote};
    str shown = reference_familiar(arena, to);
    if (to->has_digest && !digest_eq(to->digest, name->descriptor.digest))
        return err_set(err, ERR_USAGE, "'%.*s' has another digest than the image", STR_ARG(shown));
    if (!hash_open(err) ||
        !remote_open(arena, &push->settings, to->registry, to->repository, &remote, err))
        return false;
    pushing.client = client_new(arena, &remote);
    bool good = push_all(&pushing, name, to, err);
    client_free(pushing.client);
    if (good)
        note_origins(&pushing);
    else
        return err_wrap(err, "pushing '%.*s'", STR_ARG(shown));
    pushing.moved.descriptor = name->descriptor;
    pushing.moved.name = reference_print(arena, to);
    pushing.moved.from = to->registry;
    *out_moved = pushing.moved;
    return true;
}
