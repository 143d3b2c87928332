#include "registry/upload.h"

#include "base/arena.h"

enum { UPLOAD_CHUNK = 64 << 20, PATIENCE = 10 };

/* A blob that tells of its bytes as they are read. */
struct told_blob {
    struct blob_source source; /* first */
    const struct blob *blob;
    struct events *events;
    uint32_t step;
    uint64_t told; /* bytes that go a second time are not told again */
};

static bool read_told(struct blob_source *source, uint64_t at, char *to, size_t count,
                      size_t *out_count, struct err *err)
{
    struct told_blob *told = (struct told_blob *)source;
    if (!blob_read_at(told->blob, at, to, count, out_count, err))
        return false;
    uint64_t end = at + *out_count;
    if (end > told->told) {
        event_bytes(told->events, told->step, end - told->told);
        told->told = end;
    }
    return true;
}

struct sending {
    struct arena *arena;
    struct client *client;
    const struct upload *upload;
    struct told_blob told;
    struct blob blob; /* the told one */
    struct url session;
    uint64_t at, chunk;
    bool mounted;
};

static struct call call_of(const char *method, struct url url)
{
    return (struct call){.actions = "pull,push", .url = url, .request = {.method = method}};
}

static bool is_there(struct sending *sending, bool *out_there, struct err *err)
{
    struct http_answer answer;
    str name = digest_print(sending->arena, sending->upload->descriptor.digest);
    struct call call =
        call_of("HEAD", client_url(sending->arena, sending->client, "blobs/%.*s", STR_ARG(name)));
    if (!client_send(sending->arena, sending->client, &call, &answer, err))
        return false;
    *out_there = answer.status == 200;
    if (answer.status == 200 || answer.status == 404)
        return true;
    return client_refused(sending->arena, sending->client, &answer,
                          "it does not say which blobs it has", err);
}

/* Where the session goes on. */
static bool follow(struct sending *sending, const struct http_answer *answer, struct err *err)
{
    if (!answer->location.len)
        return err_set(err, ERR_FORMAT, "the registry does not say where to send it");
    if (!url_follow(sending->arena, &sending->session, answer->location, &sending->session, err))
        return err_wrap(err, "where to send it");
    if (!sending->session.tls && !host_is_loopback(sending->session.host))
        return err_set(err, ERR_DENIED, "the registry wants it sent without TLS");
    return true;
}

static bool open_session(struct sending *sending, str mount_from, bool *out_open, struct err *err)
{
    struct http_answer answer;
    struct arena *arena = sending->arena;
    struct call call = call_of("POST", client_url(arena, sending->client, "blobs/uploads/"));
    call.request.has_body = true; /* an empty one: some want a Content-Length */
    if (mount_from.len) {
        call.url = url_with(arena, &call.url, "mount",
                            digest_print(arena, sending->upload->descriptor.digest));
        call.url = url_with(arena, &call.url, "from", mount_from);
        call.mount_from = mount_from;
    }
    if (!client_send(arena, sending->client, &call, &answer, err))
        return false;
    sending->mounted = mount_from.len && answer.status == 201;
    *out_open = answer.status == 202;
    if (sending->mounted || (mount_from.len && !*out_open))
        return true;
    if (!*out_open)
        return client_refused(arena, sending->client, &answer, "it takes no blob", err);
    uint64_t least;
    sending->session = call.url;
    sending->at = 0;
    sending->chunk = UPLOAD_CHUNK;
    if (str_to_u64(answer.chunk_min, &least) && least > sending->chunk)
        sending->chunk = least;
    return follow(sending, &answer, err);
}

static bool begin(struct sending *sending, struct err *err)
{
    bool open = false;
    str from = sending->upload->mount_from;
    sending->mounted = false;
    if (from.len && !open_session(sending, from, &open, err)) {
        err_clear(err); /* we may not read the other repository: send it */
        open = sending->mounted = false;
    }
    return open || sending->mounted || open_session(sending, STR(""), &open, err);
}

/* One request with bytes of the blob; a status is the caller's. */
static bool send_bytes(struct sending *sending, const char *method, uint64_t size,
                       struct http_answer *out_answer, struct err *err)
{
    struct arena *arena = sending->arena;
    bool last = method[1] == 'U';
    struct call call = call_of(method, sending->session);
    if (last)
        call.url = url_with(arena, &call.url, "digest",
                            digest_print(arena, sending->upload->descriptor.digest));
    call.once = true;
    call.request.has_body = true;
    call.request.patience = PATIENCE; /* it hashes all of it before it answers */
    if (size) {
        call.request.blob = &sending->blob;
        call.request.at = sending->at;
        call.request.size = size;
    }
    vec_push(arena, &call.request.headers, STR("Content-Type: application/octet-stream"));
    if (!last)
        vec_push(arena, &call.request.headers,
                 str_fmt(arena, "Content-Range: %" PRIu64 "-%" PRIu64, sending->at,
                         sending->at + size - 1));
    return client_send(arena, sending->client, &call, out_answer, err);
}

/* How much does the registry have? False: the session is lost. */
static bool resume(struct sending *sending)
{
    struct http_answer answer;
    struct err unheard = {0};
    struct call call = call_of("GET", sending->session);
    uint64_t last;
    if (!client_send(sending->arena, sending->client, &call, &answer, &unheard) ||
        (answer.status != 204 && answer.status != 202) || !str_starts(answer.range, STR("0-")) ||
        !str_to_u64(str_from_index(answer.range, 2), &last))
        return false;
    if (answer.location.len && !follow(sending, &answer, &unheard))
        return false;
    /* "0-0" is what some say of nothing at all. */
    uint64_t has = last ? last + 1 : 0;
    if (has > sending->upload->blob.size)
        return false;
    sending->at = has;
    return true;
}

/* All chunks but what goes with the last PUT; false with no error: it broke, try again. */
static bool send_chunks(struct sending *sending, struct http_answer *out_answer, bool *out_whole,
                        struct err *err)
{
    uint64_t size = sending->upload->blob.size;
    *out_whole = false;
    while (size > sending->chunk && sending->at < size) {
        uint64_t count = size - sending->at;
        if (count > sending->chunk)
            count = sending->chunk;
        if (!send_bytes(sending, "PATCH", count, out_answer, err))
            return false;
        if (out_answer->status != 202)
            return true;
        sending->at += count;
        if (!follow(sending, out_answer, err))
            return false;
    }
    *out_whole = true;
    return true;
}

static bool try_once(struct sending *sending, struct http_answer *out_answer, struct err *err)
{
    bool whole;
    if (!send_chunks(sending, out_answer, &whole, err) || !whole)
        return false;
    return send_bytes(sending, "PUT", sending->upload->blob.size - sending->at, out_answer, err) &&
           out_answer->status == 201;
}

static bool worth_another(const struct sending *sending, const struct http_answer *answer,
                          const struct err *err)
{
    if (err->code)
        return http_trouble(sending->client->http) == HTTP_BROKEN;
    return answer->status >= 500 || answer->status == 429 || answer->status == 408 ||
           answer->status == 416 || answer->status == 404;
}

static bool send(struct sending *sending, struct err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        struct http_answer answer = {0};
        uint64_t before = sending->at;
        if (try_once(sending, &answer, err))
            return true;
        if (sending->at > before)
            attempt = 0; /* it went on, so it is no failure in a row */
        if (!worth_another(sending, &answer, err) || attempt + 1 >= CLIENT_TRIES ||
            !client_wait(sending->client, attempt, err->code ? NULL : &answer))
            return err->code ? false
                             : client_refused(sending->arena, sending->client, &answer,
                                              "it does not take the blob", err);
        event_note(sending->client->remote->settings->events,
                   str_fmt(sending->arena, "blob %.12s: sending again",
                           digest_hex(sending->upload->descriptor.digest).z));
        err_clear(err);
        bool kept = sending->upload->blob.size > sending->chunk && resume(sending);
        if (!kept && !begin(sending, err))
            return false;
        if (sending->mounted)
            return true;
    }
}

bool upload_blob(struct client *client, const struct upload *upload, enum upload_way *out_way,
                 struct err *err)
{
    bool there;
    struct sending sending = {.arena = client->arena, .client = client, .upload = upload};
    sending.told = (struct told_blob){.source = {read_told},
                                      .blob = &upload->blob,
                                      .events = client->remote->settings->events,
                                      .step = upload->step};
    sending.blob =
        (struct blob){.fd = -1, .size = upload->blob.size, .source = &sending.told.source};
    *out_way = UPLOAD_PRESENT;
    if (!is_there(&sending, &there, err) || (!there && !begin(&sending, err)))
        goto failed;
    if (there)
        return true;
    *out_way = UPLOAD_MOUNTED;
    if (!sending.mounted) {
        *out_way = UPLOAD_SENT;
        if (!send(&sending, err))
            goto failed;
    }
    *out_way = sending.mounted ? UPLOAD_MOUNTED : UPLOAD_SENT;
    return true;
failed:
    http_done(client->http);
    return err_wrap(err, "blob sha256:%s", digest_hex(upload->descriptor.digest).z);
}
