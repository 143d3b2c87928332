#include "registry/http.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/library.h"

#include <curl/curl.h>
#include <string.h>

enum {
    PIECE_BYTES = 1 << 20, /* taken from the network before the caller must take it */
    CURL_BYTES = 256 << 10,
    CONNECT_S = 15,
    SLOW_BYTES_S = 100, /* less a second is as good as silence */
    WAIT_MS = 1000,
};

/* What we use of libcurl. */
static struct {
    CURLcode (*global_init)(long);
    CURL *(*easy_new)(void);
    void (*easy_free)(CURL *);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_set)(CURL *, CURLoption, ...);
    CURLcode (*easy_pause)(CURL *, int);
    const char *(*easy_words)(CURLcode);
    CURLM *(*multi_new)(void);
    CURLMcode (*multi_free)(CURLM *);
    CURLMcode (*multi_add)(CURLM *, CURL *);
    CURLMcode (*multi_remove)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd[], unsigned, int, int *);
    CURLMsg *(*multi_read)(CURLM *, int *);
    struct curl_slist *(*list_add)(struct curl_slist *, const char *);
    void (*list_free)(struct curl_slist *);
} curl;

struct http {
    struct http_setup setup;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    bool sending; /* the easy handle is in the multi handle */
    bool done, paused, has_headers, given;
    CURLcode result;
    enum http_trouble trouble;
    struct err body_err; /* why the bytes to send could not be read */
    /* the answer */
    struct arena *arena;
    struct http_answer answer;
    size_t header_bytes;
    bool header_flood;
    char *piece;
    size_t piece_len;
    /* the request */
    struct http_request request;
    struct url url;
    uint64_t sent;
    char problem[CURL_ERROR_SIZE];
};

bool http_open(struct err *err)
{
    if (curl.list_free)
        return true;
    const struct library_symbol symbols[] = {
        {"curl_global_init", &curl.global_init},
        {"curl_easy_init", &curl.easy_new},
        {"curl_easy_cleanup", &curl.easy_free},
        {"curl_easy_reset", &curl.easy_reset},
        {"curl_easy_setopt", &curl.easy_set},
        {"curl_easy_pause", &curl.easy_pause},
        {"curl_easy_strerror", &curl.easy_words},
        {"curl_multi_init", &curl.multi_new},
        {"curl_multi_cleanup", &curl.multi_free},
        {"curl_multi_add_handle", &curl.multi_add},
        {"curl_multi_remove_handle", &curl.multi_remove},
        {"curl_multi_perform", &curl.multi_perform},
        {"curl_multi_poll", &curl.multi_poll},
        {"curl_multi_info_read", &curl.multi_read},
        {"curl_slist_append", &curl.list_add},
        {"curl_slist_free_all", &curl.list_free},
    };
    if (!library_open("libcurl.so.4", symbols, ARRAY_COUNT(symbols), err))
        return err_hint(err, "install libcurl (Debian: libcurl4)");
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, ERR_UNSUPPORTED, "libcurl does not start");
    return true;
}

struct http *http_new(struct arena *arena, const struct http_setup *setup)
{
    struct http *http = NEW(arena, struct http);
    assert(curl.list_free);
    http->setup = *setup;
    http->easy = curl.easy_new();
    http->multi = curl.multi_new();
    assert(http->easy && http->multi);
    http->piece = arena_alloc(arena, PIECE_BYTES, 1);
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    http_done(http);
    curl.easy_free(http->easy);
    curl.multi_free(http->multi);
}

enum http_trouble http_trouble(const struct http *http)
{
    return http->trouble;
}

/* -- what libcurl calls ------------------------------------------------------------------------ */

static void note_header(struct http *http, str name, str value)
{
    struct http_answer *answer = &http->answer;
    const struct {
        const char *name;
        str *to;
    } known[] = {
        {"content-type", &answer->content_type},
        {"location", &answer->location},
        {"docker-content-digest", &answer->content_digest},
        {"range", &answer->range},
        {"content-range", &answer->content_range},
        {"link", &answer->link},
        {"oci-subject", &answer->subject},
        {"retry-after", &answer->retry_after},
        {"oci-chunk-min-length", &answer->chunk_min},
    };
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        if (str_eq_nocase(name, str_from(known[i].name)))
            *known[i].to = str_copy(http->arena, value);
    if (str_eq_nocase(name, STR("content-length")))
        answer->has_length = str_to_u64(value, &answer->length);
    if (str_eq_nocase(name, STR("www-authenticate"))) {
        str comma = answer->challenge.len ? STR(", ") : STR("");
        answer->challenge = str_fmt(http->arena, "%.*s%.*s%.*s", STR_ARG(answer->challenge),
                                    STR_ARG(comma), STR_ARG(value));
    }
}

static size_t on_header(char *at, size_t size, size_t count, void *raw)
{
    struct http *http = raw;
    str line = {at, size * count};
    http->header_bytes += line.len;
    http->header_flood = http->header_bytes > HTTP_HEADERS_MAX;
    if (http->header_flood)
        return 0;
    str text = str_trim(line);
    if (str_starts_nocase(text, STR("HTTP/"))) { /* each answer begins anew: 100, then 200 */
        uint64_t status = 0;
        str word, rest = text;
        http->answer = (struct http_answer){0};
        if (str_next_word(&rest, &word) && str_next_word(&rest, &word) &&
            str_to_u64(word, &status) && status < 1000)
            http->answer.status = (unsigned)status;
        return line.len;
    }
    size_t colon = str_find_char(text, ':');
    if (!text.len && http->answer.status >= 200)
        http->has_headers = true;
    else if (colon != STR_MISSING && !http->has_headers) /* trailers say nothing to us */
        note_header(http, str_slice(text, 0, colon), str_trim(str_from_index(text, colon + 1)));
    return line.len;
}

static size_t on_body(char *at, size_t size, size_t count, void *raw)
{
    struct http *http = raw;
    size_t bytes = size * count;
    if (http->given || bytes > PIECE_BYTES - http->piece_len) {
        http->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    memcpy(http->piece + http->piece_len, at, bytes);
    http->piece_len += bytes;
    return bytes;
}

static size_t on_send(char *to, size_t size, size_t count, void *raw)
{
    struct http *http = raw;
    const struct http_request *request = &http->request;
    uint64_t left = (request->blob ? request->size : request->body.len) - http->sent;
    size_t most = size * count, got;
    if (most > left)
        most = (size_t)left;
    if (!request->blob) {
        memcpy(to, request->body.at + http->sent, most);
        got = most;
    } else if (!blob_read_at(request->blob, request->at + http->sent, to, most, &got,
                             &http->body_err))
        return CURL_READFUNC_ABORT;
    http->sent += got;
    return got;
}

/* Connections that were kept may have been closed by the server: begin the body again. */
static int on_seek(void *raw, curl_off_t offset, int origin)
{
    struct http *http = raw;
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    http->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* -- a request --------------------------------------------------------------------------------- */

#define SET(http, option, ...) ((void)curl.easy_set((http)->easy, (option), __VA_ARGS__))

static void set_trust(struct arena *arena, struct http *http)
{
    const struct http_setup *setup = &http->setup;
    if (setup->ca_pem.len) {
        struct curl_blob blob = {(void *)(uintptr_t)setup->ca_pem.at, setup->ca_pem.len,
                                 CURL_BLOB_NOCOPY};
        SET(http, CURLOPT_CAINFO_BLOB, &blob);
    } else if (setup->ca_file.len)
        SET(http, CURLOPT_CAINFO, str_z(arena, setup->ca_file));
    if (setup->client_cert.len)
        SET(http, CURLOPT_SSLCERT, str_z(arena, setup->client_cert));
    if (setup->client_key.len)
        SET(http, CURLOPT_SSLKEY, str_z(arena, setup->client_key));
}

static void set_connection(struct arena *arena, struct http *http, unsigned patience)
{
    bool local = http->setup.socket.len || host_is_loopback(http->url.host);
    SET(http, CURLOPT_URL, str_z(arena, url_print(arena, &http->url)));
    SET(http, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(http, CURLOPT_NOSIGNAL, 1L);
    SET(http, CURLOPT_BUFFERSIZE, (long)CURL_BYTES);
    SET(http, CURLOPT_UPLOAD_BUFFERSIZE, (long)CURL_BYTES);
    SET(http, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(http, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S);
    SET(http, CURLOPT_LOW_SPEED_TIME, (long)http->setup.silence_s * (long)patience);
    SET(http, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(http, CURLOPT_USERAGENT, "plimsoll/" PLIMSOLL_VERSION);
    SET(http, CURLOPT_ERRORBUFFER, http->problem);
    if (http->setup.socket.len)
        SET(http, CURLOPT_UNIX_SOCKET_PATH, str_z(arena, http->setup.socket));
    if (local)
        SET(http, CURLOPT_PROXY, ""); /* no proxy leads back to this host */
    set_trust(arena, http);
}

static void set_body(struct http *http)
{
    const struct http_request *request = &http->request;
    str method = str_from(request->method);
    if (str_eq(method, STR("HEAD")))
        SET(http, CURLOPT_NOBODY, 1L);
    else if (request->has_body) {
        SET(http, CURLOPT_UPLOAD, 1L);
        SET(http, CURLOPT_READFUNCTION, on_send);
        SET(http, CURLOPT_READDATA, http);
        SET(http, CURLOPT_SEEKFUNCTION, on_seek);
        SET(http, CURLOPT_SEEKDATA, http);
        SET(http, CURLOPT_INFILESIZE_LARGE,
            (curl_off_t)(request->blob ? request->size : request->body.len));
    }
    if (!str_eq(method, STR("HEAD")))
        SET(http, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_headers(struct arena *arena, struct http *http)
{
    /* Waiting for "100 Continue" costs a second where the server does not know it. */
    http->headers = curl.list_add(http->headers, "Expect:");
    VEC_EACH(str, header, http->request.headers) {
        http->headers = curl.list_add(http->headers, str_z(arena, *header));
    }
    SET(http, CURLOPT_HTTPHEADER, http->headers);
    SET(http, CURLOPT_HEADERFUNCTION, on_header);
    SET(http, CURLOPT_HEADERDATA, http);
    SET(http, CURLOPT_WRITEFUNCTION, on_body);
    SET(http, CURLOPT_WRITEDATA, http);
}

static enum http_trouble trouble_of(const struct http *http)
{
    switch (http->result) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return HTTP_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_ABORTED_BY_CALLBACK: return HTTP_REFUSED;
    default: return http->header_flood ? HTTP_REFUSED : HTTP_BROKEN;
    }
}

static bool fail(struct http *http, struct err *err)
{
    str host = http->url.host;
    const char *words = http->problem[0] ? http->problem : curl.easy_words(http->result);
    http->trouble = trouble_of(http);
    if (http->body_err.code) {
        *err = http->body_err;
        return false;
    }
    if (http->header_flood || (http->result == CURLE_OUT_OF_MEMORY && !http->has_headers)) {
        http->trouble = HTTP_REFUSED;
        return err_set(err, ERR_LIMIT, "%.*s sends headers of more than 64 KiB", STR_ARG(host));
    }
    if (http->result == CURLE_PEER_FAILED_VERIFICATION) {
        err_set(err, ERR_DENIED, "the certificate of %.*s does not hold: %s", STR_ARG(host), words);
        return err_hint(err, "--cert-dir DIR or /etc/docker/certs.d/HOST/ca.crt name its issuer");
    }
    if (http->result == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, ERR_IO, "%.*s does not go on: %s", STR_ARG(host), words);
    return err_set(err, ERR_IO, "%.*s: %s", STR_ARG(host), words);
}

/* Let libcurl work until something happened or there is nothing to do for a while. */
static void pump(struct http *http)
{
    int running, queued;
    size_t before = http->piece_len;
    if (http->paused) {
        http->paused = false;
        curl.easy_pause(http->easy, CURLPAUSE_CONT);
    }
    curl.multi_perform(http->multi, &running);
    for (CURLMsg *message; (message = curl.multi_read(http->multi, &queued));)
        if (message->msg == CURLMSG_DONE) {
            http->done = true;
            http->result = message->data.result;
        }
    if (!http->done && !http->has_headers && !http->paused)
        curl.multi_poll(http->multi, NULL, 0, WAIT_MS, NULL);
    else if (!http->done && http->piece_len == before && !http->paused)
        curl.multi_poll(http->multi, NULL, 0, WAIT_MS, NULL);
}

bool http_send(struct arena *arena, struct http *http, const struct http_request *request,
               struct http_answer *out_answer, struct err *err)
{
    http_done(http);
    http->arena = arena;
    http->request = *request;
    http->url = *request->url;
    http->answer = (struct http_answer){0};
    http->header_bytes = http->piece_len = 0;
    http->header_flood = http->has_headers = http->done = http->paused = http->given = false;
    http->sent = 0;
    http->result = CURLE_OK;
    http->trouble = HTTP_FINE;
    http->problem[0] = '\0';
    err_clear(&http->body_err);
    curl.easy_reset(http->easy);
    set_connection(arena, http, request->patience ? request->patience : 1);
    set_body(http);
    set_headers(arena, http);
    if (curl.multi_add(http->multi, http->easy) != CURLM_OK)
        return err_set(err, ERR_IO, "libcurl does not take the request");
    http->sending = true;
    while (!http->has_headers && !http->done)
        pump(http);
    if (http->done && http->result != CURLE_OK && !http->has_headers)
        return fail(http, err);
    if (!http->has_headers) {
        http->trouble = HTTP_BROKEN;
        return err_set(err, ERR_IO, "%.*s answers nothing", STR_ARG(request->url->host));
    }
    *out_answer = http->answer;
    return true;
}

enum step http_next(struct http *http, str *out_piece, struct err *err)
{
    if (http->given) {
        http->given = false;
        http->piece_len = 0;
    }
    while (!http->piece_len && !http->done)
        pump(http);
    if (http->piece_len) {
        http->given = true;
        *out_piece = (str){http->piece, http->piece_len};
        return STEP_ITEM;
    }
    if (http->result == CURLE_OK)
        return STEP_END;
    fail(http, err);
    return STEP_FAIL;
}

bool http_text(struct arena *arena, struct http *http, size_t size_max, str *out_text,
               struct err *err)
{
    struct buf text = buf_init(arena, size_max);
    enum step step;
    str piece;
    if (http->answer.has_length && http->answer.length > size_max) {
        http->trouble = HTTP_REFUSED;
        return err_set(err, ERR_LIMIT, "the answer has %" PRIu64 " bytes, the limit is %zu",
                       http->answer.length, size_max);
    }
    while ((step = http_next(http, &piece, err)) == STEP_ITEM) {
        buf_add(&text, piece);
        if (text.full) {
            http->trouble = HTTP_REFUSED;
            return err_set(err, ERR_LIMIT, "the answer has more than the limit of %zu bytes",
                           size_max);
        }
    }
    *out_text = buf_str(&text);
    return step == STEP_END;
}

void http_done(struct http *http)
{
    if (http->sending)
        curl.multi_remove(http->multi, http->easy);
    http->sending = false;
    curl.list_free(http->headers);
    http->headers = NULL;
}
