#include "registry/download.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "data/data.h"

#define ACCEPT                                                    \
    "Accept: application/vnd.oci.image.index.v1+json, "           \
    "application/vnd.oci.image.manifest.v1+json, "                \
    "application/vnd.docker.distribution.manifest.list.v2+json, " \
    "application/vnd.docker.distribution.manifest.v2+json"

/* -- documents --------------------------------------------------------------------------------- */

/* The media type that a document says of itself; where it says none, by what it holds. */
static bool own_type(struct arena *arena, str text, str *out_type, struct err *err)
{
    struct node *root;
    if (!json_parse(arena, text, &root, err))
        return false;
    int64_t version = 0;
    if (node_int(node_get(root, "schemaVersion"), &version) && version == 1) {
        err_set(err, ERR_UNSUPPORTED, "it is a manifest of schema 1, which nobody checks");
        return err_hint(err, "push the image again with a docker of this decade");
    }
    *out_type = node_str(node_get(root, "mediaType"));
    if (!out_type->len)
        *out_type = node_get(root, "manifests") ? STR("application/vnd.oci.image.index.v1+json")
                                                : STR("application/vnd.oci.image.manifest.v1+json");
    return true;
}

static bool is_known_type(str type)
{
    return STR_IN(type, "application/vnd.oci.image.index.v1+json",
                  "application/vnd.oci.image.manifest.v1+json",
                  "application/vnd.docker.distribution.manifest.list.v2+json",
                  "application/vnd.docker.distribution.manifest.v2+json");
}

/* What it says it is must be what the server, or who named it, says that it is. */
static bool settle_type(struct arena *arena, str text, str announced, str *out_type,
                        struct err *err)
{
    size_t end = str_find_char(announced, ';');
    str type = str_trim(end == STR_MISSING ? announced : str_slice(announced, 0, end));
    if (!own_type(arena, text, out_type, err))
        return false;
    if (!is_known_type(*out_type))
        return err_set(err, ERR_UNSUPPORTED, "it is a '%.*s', and no image", STR_ARG(*out_type));
    if (!is_known_type(type) || str_eq(type, *out_type))
        return true;
    return err_set(err, ERR_FORMAT, "it is announced as '%.*s' and says it is '%.*s'",
                   STR_ARG(type), STR_ARG(*out_type));
}

static bool ask_manifest(struct arena *arena, struct client *client, const char *name,
                         struct http_answer *out_answer, str *out_text, struct err *err)
{
    struct call call = {.actions = "pull", .request = {.method = "GET"}};
    call.url = client_url(arena, client, "manifests/%s", name);
    vec_push(arena, &call.request.headers, STR(ACCEPT));
    for (unsigned attempt = 0;; attempt++) {
        if (!client_send(arena, client, &call, out_answer, err))
            return false;
        if (out_answer->status != 200)
            return client_refused(arena, client, out_answer, "it gives no manifest", err);
        if (http_text(arena, client->http, LIMIT_MANIFEST, out_text, err))
            return true;
        if (http_trouble(client->http) != HTTP_BROKEN || attempt + 1 >= CLIENT_TRIES ||
            !client_wait(client, attempt, NULL))
            return err_wrap(err, "registry %.*s", STR_ARG(client->remote->registry));
        err_clear(err);
    }
}

static bool check(const struct client *client, str text, digest want, struct err *err)
{
    digest got = sha256_of(text);
    if (digest_eq(got, want))
        return true;
    err_set(err, ERR_DIGEST, "%.*s gives sha256:%s for sha256:%s",
            STR_ARG(client->remote->registry), digest_hex(got).z, digest_hex(want).z);
    return err_hint(err, "the registry is damaged, or somebody stands between");
}

bool manifest_get(struct arena *arena, struct client *client, const struct reference *reference,
                  struct descriptor *out_descriptor, str *out_text, struct err *err)
{
    struct http_answer answer;
    struct descriptor descriptor = {0};
    digest said;
    str name = reference->has_digest ? digest_print(arena, reference->digest) : reference->tag;
    if (!ask_manifest(arena, client, str_z(arena, name), &answer, out_text, err))
        return false;
    if (reference->has_digest && !check(client, *out_text, reference->digest, err))
        return false;
    if (oci_digest_parse(answer.content_digest, &said) && !check(client, *out_text, said, err))
        return false;
    descriptor.digest = sha256_of(*out_text);
    descriptor.size = out_text->len;
    if (!settle_type(arena, *out_text, answer.content_type, &descriptor.media_type, err))
        return err_wrap(err, "the manifest of %.*s", STR_ARG(name));
    *out_descriptor = descriptor;
    return true;
}

bool document_get(struct arena *arena, struct client *client, const struct descriptor *descriptor,
                  str *out_text, struct err *err)
{
    struct http_answer answer;
    str type;
    str name = digest_print(arena, descriptor->digest);
    if (descriptor->size > LIMIT_MANIFEST)
        return err_set(err, ERR_LIMIT, "a manifest of %" PRIu64 " bytes, the limit is %zu",
                       descriptor->size, LIMIT_MANIFEST);
    if (!ask_manifest(arena, client, str_z(arena, name), &answer, out_text, err) ||
        !check(client, *out_text, descriptor->digest, err))
        return false;
    if (!settle_type(arena, *out_text, descriptor->media_type, &type, err))
        return err_wrap(err, "manifest %.*s", STR_ARG(name));
    return true;
}

/* -- blobs ------------------------------------------------------------------------------------- */

struct download {
    struct arena *arena;
    struct client *client;
    struct descriptor descriptor;
    uint64_t at;   /* bytes that were given out */
    uint64_t skip; /* bytes that come again and are passed over */
    unsigned attempt;
    bool open;
};

struct download *download_new(struct arena *arena, struct client *client,
                              const struct descriptor *descriptor)
{
    struct download *download = NEW(arena, struct download);
    *download = (struct download){.arena = arena, .client = client, .descriptor = *descriptor};
    return download;
}

/* "bytes 5-9/10" begins where we want to go on, and is of something of the same size. */
static bool range_fits(const struct download *download, str range)
{
    uint64_t first, total;
    str rest = range, part;
    if (!str_starts(range, STR("bytes ")))
        return false;
    rest = str_from_index(rest, 6);
    if (!str_next(&rest, '-', &part) || !str_to_u64(part, &first) || first != download->at)
        return false;
    size_t slash = str_find_char(rest, '/');
    if (slash == STR_MISSING)
        return false;
    str all = str_from_index(rest, slash + 1);
    return str_eq(all, STR("*")) || (str_to_u64(all, &total) && total == download->descriptor.size);
}

/* Judge the answer to a request for the rest. */
static bool judge(struct download *download, const struct http_answer *answer, struct err *err)
{
    uint64_t size = download->descriptor.size, left = size;
    download->skip = 0;
    if (answer->status == 206 && download->at) {
        if (!range_fits(download, answer->content_range))
            return err_set(err, ERR_FORMAT, "it answers with another range than asked for: '%.*s'",
                           STR_ARG(answer->content_range));
        left = size - download->at;
    } else if (answer->status == 200)
        download->skip = download->at;
    else
        return client_refused(download->arena, download->client, answer, "it does not give it",
                              err);
    if (!answer->has_length || answer->length == left)
        return true;
    err_set(err, ERR_DIGEST, "it has %" PRIu64 " bytes there, the manifest says %" PRIu64,
            answer->length + size - left, size);
    return err_hint(err, "the registry is damaged, or somebody stands between");
}

static bool begin(struct download *download, struct err *err)
{
    struct http_answer answer;
    struct client *client = download->client;
    struct digest_text hex = digest_hex(download->descriptor.digest);
    struct call call = {.actions = "pull", .request = {.method = "GET"}};
    call.url = client_url(download->arena, client, "blobs/sha256:%s", hex.z);
    if (download->at)
        vec_push(download->arena, &call.request.headers,
                 str_fmt(download->arena, "Range: bytes=%" PRIu64 "-", download->at));
    if (!client_send(download->arena, client, &call, &answer, err) ||
        !judge(download, &answer, err))
        return false;
    download->open = true;
    return true;
}

/* A piece without what was had before; false when more comes than there may be. */
static bool take(struct download *download, str piece, str *out_piece, struct err *err)
{
    if (download->skip >= piece.len) {
        download->skip -= piece.len;
        *out_piece = STR("");
        return true;
    }
    piece = str_from_index(piece, (size_t)download->skip);
    download->skip = 0;
    if (piece.len > download->descriptor.size - download->at)
        return err_set(err, ERR_DIGEST, "more comes than the %" PRIu64 " bytes of the manifest",
                       download->descriptor.size);
    download->at += piece.len;
    download->attempt = 0;
    *out_piece = piece;
    return true;
}

/* Did it break in a way that another try may mend? Waits before it. */
static bool may_go_on(struct download *download, struct err *err)
{
    struct client *client = download->client;
    download->open = false;
    http_done(client->http);
    if (++download->attempt >= CLIENT_TRIES || !client_wait(client, download->attempt - 1, NULL))
        return false;
    event_note(client->remote->settings->events,
               str_fmt(download->arena, "blob %.12s: going on at byte %" PRIu64 ": %s",
                       digest_hex(download->descriptor.digest).z, download->at, err->line[0]));
    err_clear(err);
    return true;
}

static enum step next(struct download *download, str *out_piece, struct err *err)
{
    for (;;) {
        if (!download->open && !begin(download, err))
            return STEP_FAIL;
        str piece = STR_NONE;
        enum step step = http_next(download->client->http, &piece, err);
        bool whole = download->at == download->descriptor.size;
        if (step == STEP_ITEM) {
            if (!take(download, piece, out_piece, err))
                return STEP_FAIL;
            if (out_piece->len)
                return STEP_ITEM;
            continue;
        }
        if (whole) { /* how the connection ends is the same to us: the digest decides */
            err_clear(err);
            return STEP_END;
        }
        if (step == STEP_END)
            err_set(err, ERR_IO, "it ends %" PRIu64 " bytes early",
                    download->descriptor.size - download->at);
        else if (http_trouble(download->client->http) == HTTP_REFUSED)
            return STEP_FAIL;
        if (!may_go_on(download, err))
            return STEP_FAIL;
    }
}

enum step download_next(struct download *download, str *out_piece, struct err *err)
{
    enum step step = next(download, out_piece, err);
    if (step == STEP_FAIL) {
        http_done(download->client->http);
        err_wrap(err, "blob sha256:%s", digest_hex(download->descriptor.digest).z);
    }
    return step;
}

bool blob_get(struct arena *arena, struct client *client, const struct descriptor *descriptor,
              size_t size_max, str *out_text, struct err *err)
{
    if (descriptor->size > size_max)
        return err_set(err, ERR_LIMIT, "a blob of %" PRIu64 " bytes, the limit is %zu",
                       descriptor->size, size_max);
    struct download *download = download_new(arena, client, descriptor);
    struct buf text = buf_init(arena, size_max + 1);
    enum step step;
    str piece;
    while ((step = download_next(download, &piece, err)) == STEP_ITEM)
        buf_add(&text, piece);
    if (step == STEP_FAIL || !check(client, buf_str(&text), descriptor->digest, err))
        return false;
    *out_text = buf_str(&text);
    return true;
}
