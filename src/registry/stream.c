#include "registry/download.h"

#include "base/arena.h"
#include "base/limits.h"

#include <string.h>

/*
 * docker://REF: an image whose layers are read while they are downloaded. Each layer has a client
 * of its own, made when its first byte is asked for, by the thread that reads it.
 */

struct layer_stream {
    struct blob_source source; /* first: it is what is handed out */
    struct arena *arena;
    const struct client *like;
    struct client *client;
    struct download *download;
    struct descriptor descriptor;
    uint32_t step;
    uint64_t at;
    str head; /* the first bytes, which are read twice: once to see what they are */
    str rest; /* of the newest piece */
};

enum { HEAD_BYTES = 16 };

struct streaming {
    struct image_source source; /* first */
    struct arena *arena;
    struct client *client;
};

static bool begin(struct layer_stream *stream)
{
    struct events *events = stream->like->remote->settings->events;
    stream->client = client_like(stream->arena, stream->like);
    stream->download = download_new(stream->arena, stream->client, &stream->descriptor);
    stream->step = event_begin(
        events, str_fmt(stream->arena, "layer %.12s", digest_hex(stream->descriptor.digest).z),
        stream->descriptor.size);
    return true;
}

static void end(struct layer_stream *stream, str outcome)
{
    event_end(stream->like->remote->settings->events, stream->step, outcome);
    client_free(stream->client);
    stream->client = NULL;
    stream->rest = STR_NONE;
}

/* Have the next piece at hand; an empty one at the end. */
static bool advance(struct layer_stream *stream, struct err *err)
{
    if (stream->rest.len || stream->at == stream->descriptor.size)
        return true;
    if (!stream->client && !stream->download)
        begin(stream);
    if (!stream->client)
        return err_set(err, ERR_IO, "the download is over");
    switch (download_next(stream->download, &stream->rest, err)) {
    case STEP_ITEM:
        event_bytes(stream->like->remote->settings->events, stream->step, stream->rest.len);
        return true;
    case STEP_END: stream->rest = STR_NONE; return true;
    case STEP_FAIL: end(stream, STR("failed")); return false;
    }
    return false;
}

/* Keep the first bytes: whoever looks at them reads them again. */
static bool fill_head(struct layer_stream *stream, struct err *err)
{
    char *head = arena_alloc(stream->arena, HEAD_BYTES, 1);
    size_t want =
        stream->descriptor.size < HEAD_BYTES ? (size_t)stream->descriptor.size : HEAD_BYTES;
    size_t len = 0;
    while (len < want) {
        if (!advance(stream, err))
            return false;
        size_t take = stream->rest.len < want - len ? stream->rest.len : want - len;
        if (!take)
            return err_set(err, ERR_FORMAT, "the layer ends early");
        memcpy(head + len, stream->rest.at, take);
        stream->rest = str_from_index(stream->rest, take);
        len += take;
    }
    stream->at = len;
    stream->head = (str){head, len};
    return true;
}

static bool read_stream(struct blob_source *source, uint64_t at, char *to, size_t count,
                        size_t *out_count, struct err *err)
{
    struct layer_stream *stream = (struct layer_stream *)source;
    size_t done = 0;
    if (!stream->head.at && !fill_head(stream, err))
        return false;
    if (at < stream->head.len) {
        size_t left = stream->head.len - (size_t)at;
        done = count < left ? count : left;
        memcpy(to, stream->head.at + at, done);
    }
    if (done < count && at + done != stream->at && at + done < stream->descriptor.size)
        return err_set(err, ERR_UNSUPPORTED, "a layer that is downloaded is read once, in order");
    while (done < count && stream->at < stream->descriptor.size) {
        if (!advance(stream, err))
            return false;
        size_t take = stream->rest.len < count - done ? stream->rest.len : count - done;
        if (!take)
            return err_set(err, ERR_FORMAT, "the layer ends early");
        memcpy(to + done, stream->rest.at, take);
        stream->rest = str_from_index(stream->rest, take);
        stream->at += take;
        done += take;
    }
    if (stream->at == stream->descriptor.size && stream->client)
        end(stream, STR(""));
    *out_count = done;
    return true;
}

static bool get_text(struct image_source *source, struct arena *arena,
                     const struct descriptor *descriptor, str *out_text, struct err *err)
{
    struct streaming *streaming = (struct streaming *)source;
    bool is_config = str_has(descriptor->media_type, STR("config")) ||
                     str_has(descriptor->media_type, STR("container.image.v1"));
    return is_config ? blob_get(arena, streaming->client, descriptor, LIMIT_CONFIG, out_text, err)
                     : document_get(arena, streaming->client, descriptor, out_text, err);
}

static bool get_layer(struct image_source *source, const struct descriptor *descriptor,
                      struct blob *out_blob, struct err *err)
{
    struct streaming *streaming = (struct streaming *)source;
    struct layer_stream *stream = NEW(streaming->arena, struct layer_stream);
    if (descriptor->size > LIMIT_BLOB)
        return err_set(err, ERR_LIMIT, "a layer of %" PRIu64 " bytes", descriptor->size);
    stream->source.read = read_stream;
    stream->arena = arena_child(streaming->arena, 0);
    stream->like = streaming->client;
    stream->descriptor = *descriptor;
    *out_blob = (struct blob){.fd = -1, .size = descriptor->size, .source = &stream->source};
    return true;
}

static bool open_remote(struct arena *arena, const struct remote *remote,
                        const struct reference *reference, const struct image_choice *choice,
                        struct image *out_image, struct err *err)
{
    struct streaming *streaming = NEW(arena, struct streaming);
    struct descriptor descriptor;
    str text;
    struct reference there = *reference;
    streaming->source = (struct image_source){get_text, get_layer};
    streaming->arena = arena;
    streaming->client = client_new(arena, remote);
    there.repository = remote->repository;
    if (!manifest_get(arena, streaming->client, &there, &descriptor, &text, err)) {
        client_free(streaming->client);
        return false;
    }
    struct image_place place = {
        .dir_fd = -1, .name = reference_familiar(arena, reference), .descriptor = &descriptor};
    bool good = image_open_from(arena, &streaming->source, &place, choice, out_image, err);
    client_free(streaming->client); /* its tokens stay, for the clients of the layers */
    return good;
}

bool registry_image_open(struct arena *arena, const struct registry_settings *settings,
                         const struct reference *reference, const struct image_choice *choice,
                         struct image *out_image, struct err *err)
{
    struct remotes remotes;
    struct registry_settings *kept = NEW(arena, struct registry_settings);
    *kept = *settings; /* layers are read after this call */
    if (!hash_open(err) || !remotes_open(arena, kept, reference, &remotes, err))
        return false;
    for (uint32_t i = 0; i < remotes.count; i++) {
        if (open_remote(arena, &remotes.at[i], reference, choice, out_image, err))
            return true;
        if (!remotes.at[i].is_mirror)
            break;
        event_note(settings->events, str_fmt(arena, "the mirror %.*s does not do: %s",
                                             STR_ARG(remotes.at[i].registry), err->line[0]));
        err_clear(err);
    }
    return err_wrap(err, "image '%.*s'", STR_ARG(reference_familiar(arena, reference)));
}
