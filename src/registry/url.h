#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * registry/url -- addresses of registries, and where a redirect leads.
 *
 *   "https://host:5000/v2/a?x=1" --url_parse--> {https, host, 5000, "/v2/a?x=1"}
 *   base + Location --url_follow--> the next address
 *
 * Shapes   Only http and https; no user information; no byte that is no printable ASCII. A port
 *          that is not written is 0. A path begins with '/'; fragments are dropped.
 * Errors   ERR_FORMAT for what is no such address.
 * Source   RFC 3986, the part of it that registries use.
 */

struct url {
    bool tls;
    str host; /* without brackets */
    uint16_t port;
    str path; /* with the query */
};

enum { URL_BYTES_MAX = 16 << 10 };

/* Take an address apart. */
MUST_CHECK bool url_parse(struct arena *arena, str text, struct url *out_url, struct err *err);

/* As text. */
str url_print(struct arena *arena, const struct url *url);

/* Where `location` leads from `base`: absolute, "//host/..", "/path", "path" or "?query". */
MUST_CHECK bool url_follow(struct arena *arena, const struct url *base, str location,
                           struct url *out_url, struct err *err);

/* The same scheme, host and port: what one of them may know, the other may. */
bool url_same_origin(const struct url *a, const struct url *b);

/* "localhost", 127.0.0.0/8 or ::1. */
bool host_is_loopback(str host);

/* "host:5000" or "[::1]:5000" of a reference, as an address with an empty path. */
MUST_CHECK bool url_of_registry(struct arena *arena, str registry, bool tls, struct url *out_url,
                                struct err *err);

/* Bytes that a query value may not hold are written %XX. */
str url_escape(struct arena *arena, str text);

/* The url with "key=value" added to its query. */
struct url url_with(struct arena *arena, const struct url *url, const char *key, str value);
