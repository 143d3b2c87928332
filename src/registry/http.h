#pragma once

#include "oci/oci.h"
#include "registry/url.h"

/*
 * registry/http -- one request at a time over connections that are kept, by libcurl.
 *
 *   http_send --> status and headers; then http_next --> piece, piece, ... end; http_done
 *
 * Shapes   A `struct http` is what one thread speaks with. Redirects, authentication and trying
 *          again are the caller's (registry/client). A body that is sent is a text or a blob.
 *          What comes is pulled: where nobody takes it, the server has to wait.
 * Units    Bytes, seconds.
 * Cost     libcurl is opened at first use: linked, it would cost 6 ms of every start (measured).
 * Errors   ERR_IO and http_trouble() for the network, ERR_DENIED for a certificate that does not
 *          hold, ERR_LIMIT for headers over HTTP_HEADERS_MAX.
 * Threads  http_open() is called before threads start; then one `struct http` a thread.
 */

enum { HTTP_HEADERS_MAX = 64 << 10, HTTP_REDIRECTS_MAX = 5 };

struct http;

struct http_setup {
    str socket;          /* path of a unix socket; "": the address says where */
    str ca_file, ca_pem; /* whom to trust: a file, or certificates themselves; "": the system's */
    str client_cert, client_key; /* files; "": none */
    unsigned silence_s;          /* how long a server may say nothing */
};

/* Open the library. */
MUST_CHECK bool http_open(struct err *err);

/* Something to speak with, and giving back what it holds. */
struct http *http_new(struct arena *arena, const struct http_setup *setup);
void http_free(struct http *http);

struct http_request {
    const char *method;
    const struct url *url;
    struct strs headers; /* "Name: value" */
    bool has_body;
    str body;                /* the body, unless there is a blob */
    const struct blob *blob; /* the body is its bytes [at, at + size) */
    uint64_t at, size;
    unsigned patience; /* how many times longer than usual it may say nothing; 0 is 1 */
};

/* What a server says in front of a body. Texts are "" where it says nothing. */
struct http_answer {
    unsigned status;
    bool has_length;
    uint64_t length;
    str content_type, location, challenge, content_digest, range, content_range, link, subject,
        retry_after, chunk_min;
};

/* Send, and wait for the headers. What is left of the answer before is dropped. */
MUST_CHECK bool http_send(struct arena *arena, struct http *http,
                          const struct http_request *request, struct http_answer *out_answer,
                          struct err *err);

/* The next bytes of the body, good until the next call; STEP_END when it is complete. */
enum step http_next(struct http *http, str *out_piece, struct err *err);

/* All of a body that is small. */
MUST_CHECK bool http_text(struct arena *arena, struct http *http, size_t size_max, str *out_text,
                          struct err *err);

/* No more of this answer. Its connection is used again when the body was read to the end. */
void http_done(struct http *http);

/* What kind of failure the last one was. */
enum http_trouble {
    HTTP_FINE,
    HTTP_BROKEN,      /* it began and broke: worth another try     */
    HTTP_UNREACHABLE, /* nobody is there: worth one more try       */
    HTTP_REFUSED,     /* trying again would not help: certificates, limits */
};
enum http_trouble http_trouble(const struct http *http);
