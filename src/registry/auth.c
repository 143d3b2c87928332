#include "registry/client.h"

#include "base/arena.h"
#include "base/buf.h"
#include "data/data.h"
#include "registry/challenge.h"

/* Signing in: basic, or a token from the server that the registry names. */

enum { TOKEN_ANSWER_MAX = 1 << 20, TOKEN_MAX = 32 << 10 };

static str basic_value(struct arena *arena, const struct credentials *credentials)
{
    str both =
        str_fmt(arena, "%.*s:%.*s", STR_ARG(credentials->user), STR_ARG(credentials->secret));
    return str_cat(arena, STR("Basic "), base64_write(arena, both));
}

/* The scopes that a call needs. */
static struct strs scopes_of(struct arena *arena, const struct client *client,
                             const struct call *call)
{
    struct strs scopes = {0};
    vec_push(
        arena, &scopes,
        str_fmt(arena, "repository:%.*s:%s", STR_ARG(client->remote->repository), call->actions));
    if (call->mount_from.len)
        vec_push(arena, &scopes, str_fmt(arena, "repository:%.*s:pull", STR_ARG(call->mount_from)));
    return scopes;
}

/* A header that names a token may hold nothing that ends it. */
static bool is_token(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
            return false;
    return text.len > 0 && text.len <= TOKEN_MAX;
}

static bool read_token(struct arena *arena, struct client *client, const struct url *url,
                       str *out_token, struct err *err)
{
    str text;
    struct node *root;
    if (!http_text(arena, client->http, TOKEN_ANSWER_MAX, &text, err))
        return false;
    if (!json_parse(arena, text, &root, err))
        return err_wrap(err, "the token of %.*s", STR_ARG(url->host));
    *out_token = node_str(node_get(root, "token"));
    if (!out_token->len)
        *out_token = node_str(node_get(root, "access_token"));
    if (is_token(*out_token))
        return true;
    return err_set(err, ERR_FORMAT, "%.*s answers without a token", STR_ARG(url->host));
}

/* Ask once; out_status 0 when nothing came that is an answer. */
static bool ask(struct arena *arena, struct client *client, const struct http_request *request,
                struct http_answer *out_answer, struct err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        bool sent = http_send(arena, client->http, request, out_answer, err);
        bool busy = sent && (out_answer->status == 429 || out_answer->status >= 500);
        bool again = busy || (!sent && http_trouble(client->http) == HTTP_BROKEN);
        if (!again || attempt + 1 >= CLIENT_TRIES ||
            !client_wait(client, attempt, sent ? out_answer : NULL))
            return sent;
        err_clear(err);
    }
}

/* By POST, for a refresh token; out_token is "" where the server has no such thing. */
static bool post_token(struct arena *arena, struct client *client, const struct url *realm,
                       str form, str *out_token, struct err *err)
{
    struct http_answer answer;
    struct http_request request = {.method = "POST", .url = realm, .has_body = true, .body = form};
    vec_push(arena, &request.headers, STR("Content-Type: application/x-www-form-urlencoded"));
    if (!ask(arena, client, &request, &answer, err))
        return false;
    *out_token = STR("");
    if (answer.status == 200)
        return read_token(arena, client, realm, out_token, err);
    if (answer.status == 404 || answer.status == 405)
        return true;
    return client_refused(arena, client, &answer, "the token server refuses the login", err);
}

static bool get_token(struct arena *arena, struct client *client, const struct url *url,
                      str *out_token, struct err *err)
{
    const struct credentials *credentials = &client->remote->credentials;
    struct http_answer answer;
    struct http_request request = {.method = "GET", .url = url};
    if (credentials->user.len)
        vec_push(arena, &request.headers,
                 str_cat(arena, STR("Authorization: "), basic_value(arena, credentials)));
    if (!ask(arena, client, &request, &answer, err))
        return false;
    if (answer.status == 200)
        return read_token(arena, client, url, out_token, err);
    return client_refused(arena, client, &answer, "the token server refuses the login", err);
}

static bool bearer(struct arena *arena, struct client *client, const struct call *call,
                   const struct challenge *challenge, str *out_token, struct err *err)
{
    const struct credentials *credentials = &client->remote->credentials;
    struct url realm;
    struct strs scopes = scopes_of(arena, client, call);
    if (!url_parse(arena, challenge->realm, &realm, err))
        return err_wrap(err, "the token server that the registry names");
    if (!realm.tls && !host_is_loopback(realm.host))
        return err_set(err, ERR_DENIED, "the registry names a token server without TLS: %.*s",
                       STR_ARG(realm.host));
    if (credentials->identity_token.len) {
        struct buf scope = buf_init(arena, URL_BYTES_MAX);
        VEC_EACH(str, item, scopes) {
            buf_fmt(&scope, "%s%.*s", scope.len ? " " : "", STR_ARG(*item));
        }
        str form = str_fmt(arena,
                           "grant_type=refresh_token&client_id=plimsoll&service=%.*s&scope=%.*s&"
                           "refresh_token=%.*s",
                           STR_ARG(url_escape(arena, challenge->service)),
                           STR_ARG(url_escape(arena, buf_str(&scope))),
                           STR_ARG(url_escape(arena, credentials->identity_token)));
        if (!post_token(arena, client, &realm, form, out_token, err))
            return false;
        if (out_token->len)
            return true;
    }
    struct url url = realm;
    if (challenge->service.len)
        url = url_with(arena, &url, "service", challenge->service);
    VEC_EACH(str, item, scopes) {
        url = url_with(arena, &url, "scope", *item);
    }
    if (credentials->user.len)
        url = url_with(arena, &url, "account", credentials->user);
    return get_token(arena, client, &url, out_token, err);
}

bool client_authorize(struct arena *arena, struct client *client, const struct call *call,
                      str challenge_text, str *out_value, struct err *err)
{
    const struct credentials *credentials = &client->remote->credentials;
    struct challenge challenge = challenge_parse(arena, challenge_text);
    str token;
    *out_value = STR("");
    if (challenge.kind == CHALLENGE_BASIC && credentials->user.len)
        *out_value = basic_value(arena, credentials);
    if (challenge.kind != CHALLENGE_BEARER)
        return true;
    if (credentials->registry_token.len)
        token = credentials->registry_token;
    else if (!bearer(arena, client, call, &challenge, &token, err))
        return false;
    *out_value = str_cat(arena, STR("Bearer "), token);
    return true;
}
