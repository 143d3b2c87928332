#include "registry/referrers.h"

#include "base/arena.h"
#include "base/limits.h"
#include "data/data.h"
#include "registry/download.h"

enum { PAGES_MAX = 64 };

#define INDEX_TYPE "application/vnd.oci.image.index.v1+json"

/* -- the index that stands in ------------------------------------------------------------------ */

static str fallback_tag(struct arena *arena, digest subject)
{
    return str_fmt(arena, "sha256-%s", digest_hex(subject).z);
}

/* An index's descriptors; none when there is no such tag. */
static bool read_fallback(struct arena *arena, struct client *client, digest subject,
                          const char *actions, struct descriptors *out_list, struct err *err)
{
    struct http_answer answer;
    str text, tag = fallback_tag(arena, subject);
    struct call call = {.actions = actions, .request = {.method = "GET"}};
    call.url = client_url(arena, client, "manifests/%.*s", STR_ARG(tag));
    vec_push(arena, &call.request.headers, STR("Accept: " INDEX_TYPE));
    *out_list = (struct descriptors){0};
    if (!client_send(arena, client, &call, &answer, err))
        return false;
    if (answer.status == 404)
        return true;
    if (answer.status != 200)
        return client_refused(arena, client, &answer, "it does not say what is attached", err);
    return http_text(arena, client->http, LIMIT_MANIFEST, &text, err) &&
           index_parse(arena, text, out_list, err);
}

/* A descriptor as it is to stand in the index: with the type and annotations of its manifest. */
static void write_descriptor(struct json_out *out, const struct descriptor *manifest,
                             const struct node *root)
{
    const struct node *notes = node_get(root, "annotations");
    str type = node_str(node_get(root, "artifactType"));
    if (!type.len)
        type = node_str(node_get(node_get(root, "config"), "mediaType"));
    json_object(out, NULL);
    json_str(out, "mediaType", manifest->media_type);
    json_digest(out, "digest", &manifest->digest);
    json_u64(out, "size", manifest->size);
    if (type.len)
        json_str(out, "artifactType", type);
    if (notes && notes->kind == NODE_MAP) {
        json_object(out, "annotations");
        VEC_EACH(struct node_pair, pair, notes->pairs) {
            json_str(out, str_z(out->buf.arena, pair->key->value), node_str(pair->value));
        }
        json_end_object(out);
    }
    json_end_object(out);
}

/* The index with one more: those that are there stay as they are written. */
static str index_with(struct arena *arena, const struct descriptors *list,
                      const struct descriptor *manifest, const struct node *root)
{
    struct json_out one = json_out_init(arena, false);
    struct buf out = buf_init(arena, LIMIT_MANIFEST);
    write_descriptor(&one, manifest, root);
    buf_add(&out, STR("{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":["));
    VEC_EACH(struct descriptor, there, *list) {
        buf_add(&out, there->text);
        buf_add_char(&out, ',');
    }
    buf_add(&out, str_trim_end(buf_str(&one.buf)));
    buf_add(&out, STR("]}"));
    return buf_str(&out);
}

bool referrers_note(struct arena *arena, struct client *client, const struct descriptor *manifest,
                    str text, struct err *err)
{
    struct node *root;
    struct descriptors list;
    struct http_answer answer;
    digest subject;
    if (!json_parse(arena, text, &root, err))
        return false;
    if (!oci_digest_parse(node_str(node_get(node_get(root, "subject"), "digest")), &subject))
        return true;
    if (!read_fallback(arena, client, subject, "pull,push", &list, err))
        return err_wrap(err, "the list of what is attached");
    VEC_EACH(struct descriptor, there, list) {
        if (digest_eq(there->digest, manifest->digest))
            return true;
    }
    str tag = fallback_tag(arena, subject);
    struct call call = {.actions = "pull,push", .request = {.method = "PUT", .has_body = true}};
    call.url = client_url(arena, client, "manifests/%.*s", STR_ARG(tag));
    call.request.body = index_with(arena, &list, manifest, root);
    vec_push(arena, &call.request.headers, STR("Content-Type: " INDEX_TYPE));
    if (!client_send(arena, client, &call, &answer, err))
        return false;
    if (answer.status != 201 && answer.status != 200)
        return client_refused(arena, client, &answer,
                              "it does not take the list of what is "
                              "attached",
                              err);
    return true;
}

/* -- asking ------------------------------------------------------------------------------------ */

/* "</v2/..>; rel="next"": where the next page is; "" when there is none. */
static str next_page(str link)
{
    size_t open = str_find_char(link, '<'), end = str_find_char(link, '>');
    if (open == STR_MISSING || end == STR_MISSING || end < open ||
        !str_has(str_from_index(link, end), STR("next")))
        return STR("");
    return str_slice(link, open + 1, end);
}

static bool ask(struct arena *arena, struct client *client, digest subject, str artifact_type,
                struct descriptors *out_list, struct err *err)
{
    struct http_answer answer;
    str text;
    struct digest_text hex = digest_hex(subject);
    struct call call = {.actions = "pull", .request = {.method = "GET"}};
    call.url = client_url(arena, client, "referrers/sha256:%s", hex.z);
    if (artifact_type.len)
        call.url = url_with(arena, &call.url, "artifactType", artifact_type);
    vec_push(arena, &call.request.headers, STR("Accept: " INDEX_TYPE));
    for (unsigned page = 0; page < PAGES_MAX; page++) {
        struct descriptors some;
        if (!client_send(arena, client, &call, &answer, err))
            return false;
        if (!page && answer.status == 404)
            return read_fallback(arena, client, subject, "pull", out_list, err);
        if (answer.status != 200)
            return client_refused(arena, client, &answer, "it does not say what is attached", err);
        if (!http_text(arena, client->http, LIMIT_MANIFEST, &text, err) ||
            !index_parse(arena, text, &some, err))
            return false;
        VEC_EACH(struct descriptor, descriptor, some) {
            vec_push(arena, out_list, *descriptor);
        }
        str next = next_page(answer.link);
        struct url base = call.url;
        if (!next.len)
            return true;
        if (!url_follow(arena, &base, next, &call.url, err))
            return false;
        if (!url_same_origin(&base, &call.url))
            return err_set(err, ERR_DENIED, "the list goes on at another host");
    }
    return err_set(err, ERR_LIMIT, "a list of more than %d pages", PAGES_MAX);
}

bool registry_referrers(struct arena *arena, const struct registry_settings *settings,
                        const struct reference *reference, str artifact_type,
                        struct descriptors *out_referrers, struct err *err)
{
    struct remote remote;
    struct descriptor subject;
    struct descriptors all = {0}, fit = {0};
    str text;
    if (!hash_open(err) ||
        !remote_open(arena, settings, reference->registry, reference->repository, &remote, err))
        return false;
    struct client *client = client_new(arena, &remote);
    bool good = manifest_get(arena, client, reference, &subject, &text, err) &&
                ask(arena, client, subject.digest, artifact_type, &all, err);
    client_free(client);
    VEC_EACH(struct descriptor, descriptor, all) {
        if (good && (!artifact_type.len || str_eq(descriptor->artifact_type, artifact_type)))
            vec_push(arena, &fit, *descriptor);
    }
    if (good)
        *out_referrers = fit;
    return good;
}
