#pragma once

#include "base/map.h"
#include "registry/remote.h"

/*
 * registry/client -- requests to a registry that are answered: signed in, redirected, tried again.
 *
 *   client_send --> the last answer; its body by http_next(client->http)
 *
 * Shapes   A client is what one thread speaks with; client_like() makes another one that knows the
 *          tokens of the first. A token is got when the registry asks for one, kept for its scope,
 *          and got again when it is no longer taken.
 *          A redirect is followed HTTP_REDIRECTS_MAX times; what we are known by is shown to the
 *          registry alone. Nobody is spoken to without TLS but loopback hosts, and no other host
 *          may send us to a loopback host.
 * Units    Milliseconds.
 * Errors   As registry/http, after CLIENT_TRIES tries; a status is no error here.
 */

enum { CLIENT_TRIES = 5, RETRY_AFTER_MAX_S = 120 };

struct client {
    struct arena *arena;
    const struct remote *remote;
    struct http *http;
    struct map tokens; /* scope -> value of Authorization */
};

/* A client, another one for a worker, and giving back what it holds. */
struct client *client_new(struct arena *arena, const struct remote *remote);
struct client *client_like(struct arena *arena, const struct client *client);
void client_free(struct client *client);

struct call {
    const char *actions; /* what it needs: "pull", "pull,push" */
    str mount_from;      /* another repository that it reads, or "" */
    struct url url;
    struct http_request request; /* its url is not looked at */
    bool once;                   /* the caller tries again itself, from further back */
};

/* "/v2/REPOSITORY/" + what follows. */
struct url client_url(struct arena *arena, const struct client *client, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Send. */
MUST_CHECK bool client_send(struct arena *arena, struct client *client, const struct call *call,
                            struct http_answer *out_answer, struct err *err);

/* An answer that is no good, in words: what the registry says, and what can be done. Its body is
 * read for it. */
bool client_refused(struct arena *arena, struct client *client, const struct http_answer *answer,
                    const char *what, struct err *err);

/* Wait before the `attempt`-th next try (from 0), or as long as the answer says (may be NULL).
 * False when that is longer than we wait. */
bool client_wait(const struct client *client, unsigned attempt, const struct http_answer *answer);

/* Get what Authorization is to say for a call, as the challenge wants it. `out_value` is "" when
 * we know nothing to say. (registry/auth.c) */
MUST_CHECK bool client_authorize(struct arena *arena, struct client *client,
                                 const struct call *call, str challenge, str *out_value,
                                 struct err *err);
