#include "registry/client.h"

#include "base/arena.h"
#include "base/buf.h"
#include "data/data.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

enum { FIRST_WAIT_MS = 250, ERROR_BODY_MAX = 64 << 10, ERRORS_SHOWN = 3 };

/* -- clients ----------------------------------------------------------------------------------- */

struct client *client_new(struct arena *arena, const struct remote *remote)
{
    struct client *client = NEW(arena, struct client);
    client->arena = arena;
    client->remote = remote;
    client->http = http_new(arena, &remote->setup);
    return client;
}

struct client *client_like(struct arena *arena, const struct client *other)
{
    struct client *client = client_new(arena, other->remote);
    for (uint32_t i = 0; i < other->tokens.count; i++)
        map_set(arena, &client->tokens, other->tokens.entries[i].key,
                other->tokens.entries[i].value);
    return client;
}

void client_free(struct client *client)
{
    if (client)
        http_free(client->http);
    if (client)
        client->http = NULL;
}

struct url client_url(struct arena *arena, const struct client *client, const char *format, ...)
{
    char tail[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(tail, sizeof(tail), format, args);
    va_end(args);
    struct url url = client->remote->base;
    url.path = str_fmt(arena, "/v2/%.*s/%s", STR_ARG(client->remote->repository), tail);
    return url;
}

/* -- one answer -------------------------------------------------------------------------------- */

static str scope_of(struct arena *arena, const struct call *call)
{
    return str_fmt(arena, "%s %.*s", call->actions, STR_ARG(call->mount_from));
}

static bool send_signed(struct arena *arena, struct client *client, const struct call *call,
                        const struct url *url, struct http_answer *out_answer, struct err *err)
{
    struct http_request request = call->request;
    struct strs headers = {0};
    const str *value = map_find(&client->tokens, scope_of(arena, call));
    VEC_EACH(str, header, call->request.headers) {
        vec_push(arena, &headers, *header);
    }
    if (value && url_same_origin(url, &client->remote->base))
        vec_push(arena, &headers, str_cat(arena, STR("Authorization: "), *value));
    request.headers = headers;
    request.url = url;
    return http_send(arena, client->http, &request, out_answer, err);
}

/* Where a redirect leads, if we may go there. */
static bool redirect(struct arena *arena, struct client *client, str location, struct url *url,
                     struct err *err)
{
    struct url next;
    bool inside = host_is_loopback(client->remote->base.host);
    if (!url_follow(arena, url, location, &next, err))
        return err_wrap(err, "a redirect of %.*s", STR_ARG(url->host));
    if (!next.tls && !host_is_loopback(next.host))
        return err_set(err, ERR_DENIED, "%.*s redirects to %.*s without TLS", STR_ARG(url->host),
                       STR_ARG(next.host));
    if (!inside && host_is_loopback(next.host))
        return err_set(err, ERR_DENIED, "%.*s redirects to this host", STR_ARG(url->host));
    *url = next;
    return true;
}

/* Sign in for a call, and keep what came of it; out_again when there is something new to say. */
static bool sign_in(struct arena *arena, struct client *client, const struct call *call,
                    str challenge, bool *out_again, struct err *err)
{
    str value;
    if (!client_authorize(arena, client, call, challenge, &value, err))
        return false;
    *out_again = value.len > 0;
    if (!value.len)
        return true;
    str *kept = NEW(client->arena, str);
    *kept = str_copy(client->arena, value);
    map_set(client->arena, &client->tokens, str_copy(client->arena, scope_of(arena, call)), kept);
    return true;
}

/* Redirects and signing in. */
static bool send_followed(struct arena *arena, struct client *client, const struct call *call,
                          struct http_answer *out_answer, struct err *err)
{
    struct url url = call->url;
    bool signed_in = false;
    unsigned redirects = 0;
    for (;;) {
        if (!send_signed(arena, client, call, &url, out_answer, err))
            return false;
        unsigned status = out_answer->status;
        bool moved =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        if (status == 401 && !signed_in && url_same_origin(&url, &client->remote->base)) {
            signed_in = true;
            bool again;
            struct http_answer refused = *out_answer;
            if (!sign_in(arena, client, call, refused.challenge, &again, err))
                return false;
            if (again)
                continue;
            return send_signed(arena, client, call, &url, out_answer, err);
        }
        if (!moved || !out_answer->location.len)
            return true;
        if (++redirects > HTTP_REDIRECTS_MAX)
            return err_set(err, ERR_LIMIT, "%.*s redirects more than %d times",
                           STR_ARG(client->remote->registry), HTTP_REDIRECTS_MAX);
        if (!redirect(arena, client, out_answer->location, &url, err))
            return false;
    }
}

/* -- tries ------------------------------------------------------------------------------------- */

bool client_wait(const struct client *client, unsigned attempt, const struct http_answer *answer)
{
    uint64_t wait_ms = (uint64_t)FIRST_WAIT_MS << attempt, seconds;
    if (answer && str_to_u64(answer->retry_after, &seconds)) {
        if (seconds > RETRY_AFTER_MAX_S)
            return false;
        wait_ms = seconds * 1000;
    }
    /* Many clients that failed together must not come back together. */
    wait_ms += host_ticks_ms(client->remote->settings->host) * 2654435761u % (wait_ms / 4 + 1);
    poll(NULL, 0, (int)wait_ms);
    return true;
}

static bool is_busy(unsigned status)
{
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
           status == 504;
}

bool client_send(struct arena *arena, struct client *client, const struct call *call,
                 struct http_answer *out_answer, struct err *err)
{
    assert(call->actions && call->request.method);
    for (unsigned attempt = 0;; attempt++) {
        bool sent = send_followed(arena, client, call, out_answer, err);
        enum http_trouble trouble = sent ? HTTP_FINE : http_trouble(client->http);
        unsigned tries = trouble == HTTP_UNREACHABLE ? 2 : CLIENT_TRIES;
        bool again = sent ? is_busy(out_answer->status)
                          : trouble == HTTP_BROKEN || trouble == HTTP_UNREACHABLE;
        if (!again || call->once || attempt + 1 >= tries ||
            !client_wait(client, attempt, sent ? out_answer : NULL))
            return sent || err_wrap(err, "registry %.*s", STR_ARG(client->remote->registry));
        event_note(client->remote->settings->events,
                   str_fmt(arena, "%.*s: trying again: %s", STR_ARG(client->remote->registry),
                           sent ? str_z(arena, str_fmt(arena, "status %u", out_answer->status))
                                : err->line[0]));
        err_clear(err);
    }
}

/* -- what went wrong --------------------------------------------------------------------------- */

/* "code: message; code: message" of the registry's JSON; "" when it says none. */
static str server_words(struct arena *arena, struct client *client)
{
    str text;
    struct node *root;
    struct err ignored = {0};
    struct buf words = buf_init(arena, 150);
    if (!http_text(arena, client->http, ERROR_BODY_MAX, &text, &ignored) ||
        !json_parse(arena, text, &root, &ignored))
        return STR("");
    const struct node *errors = node_get(root, "errors");
    if (!errors || errors->kind != NODE_LIST) {
        str message = node_str(node_get(root, "details"));
        return message.len ? message : node_str(node_get(root, "message"));
    }
    for (uint32_t i = 0; i < errors->items.count && i < ERRORS_SHOWN; i++) {
        str message = node_str(node_get(errors->items.at[i], "message"));
        str code = node_str(node_get(errors->items.at[i], "code"));
        buf_fmt(&words, "%s%.*s%s%.*s", words.len ? "; " : "", STR_ARG(code),
                code.len && message.len ? ": " : "", STR_ARG(message));
    }
    return buf_str(&words);
}

bool client_refused(struct arena *arena, struct client *client, const struct http_answer *answer,
                    const char *what, struct err *err)
{
    unsigned status = answer->status;
    str registry = client->remote->registry;
    str words = server_words(arena, client);
    bool signed_in = credentials_given(&client->remote->credentials);
    enum err_code code = status == 401 || status == 403 ? ERR_DENIED : ERR_IO;
    err_set(err, code, "%.*s: status %u%s%.*s", STR_ARG(registry), status, words.len ? ": " : "",
            STR_ARG(words));
    err_wrap(err, "%s", what);
    if ((status == 401 || status == 403) && !signed_in)
        return err_hint(err, "log in first: docker login %.*s", STR_ARG(registry));
    if (status == 401 || status == 403)
        return err_hint(err, "the login that is kept for %.*s does not do for this",
                        STR_ARG(registry));
    if (status == 429 && answer->retry_after.len)
        return err_hint(err, "it asks to wait %.*s seconds", STR_ARG(answer->retry_after));
    if (status == 404)
        return err_hint(err, "look at the spelling; an image that is not public is not seen "
                             "without a login either");
    return false;
}
