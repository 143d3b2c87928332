#include "registry/url.h"

#include "base/arena.h"
#include "base/buf.h"

static bool is_clean(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f || str_has_char(STR("\"<>\\^`{|}"), text.at[i]))
            return false;
    return true;
}

static bool is_host(str host)
{
    bool address = str_has_char(host, ':');
    if (!host.len || host.len > 255)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool fits = address ? char_is_alnum(c) || c == ':' || c == '.'
                            : char_is_name(c) || c == '-' || c == '.';
        if (!fits)
            return false;
    }
    return true;
}

static bool take_port(str text, uint16_t *out_port)
{
    uint64_t port;
    if (!str_to_u64(text, &port) || !port || port > UINT16_MAX)
        return false;
    *out_port = (uint16_t)port;
    return true;
}

/* "host", "host:port", "[address]:port" */
static bool take_authority(str text, struct url *url)
{
    url->port = 0;
    if (str_starts(text, STR("["))) {
        size_t end = str_find_char(text, ']');
        if (end == STR_MISSING)
            return false;
        url->host = str_slice(text, 1, end);
        str rest = str_from_index(text, end + 1);
        if (!str_has_char(url->host, ':') || !is_host(url->host))
            return false;
        return !rest.len || (rest.at[0] == ':' && take_port(str_from_index(rest, 1), &url->port));
    }
    size_t colon = str_find_char(text, ':');
    url->host = str_slice(text, 0, colon == STR_MISSING ? text.len : colon);
    return is_host(url->host) &&
           (colon == STR_MISSING || take_port(str_from_index(text, colon + 1), &url->port));
}

static str without_fragment(str text)
{
    size_t hash = str_find_char(text, '#');
    return hash == STR_MISSING ? text : str_slice(text, 0, hash);
}

/* What stands behind the scheme's "//". */
static bool take_rest(struct arena *arena, str text, struct url *url)
{
    size_t end = 0;
    while (end < text.len && text.at[end] != '/' && text.at[end] != '?')
        end++;
    if (!take_authority(str_slice(text, 0, end), url))
        return false;
    url->host = str_lower(arena, url->host);
    url->path = str_from_index(text, end);
    if (!str_starts(url->path, STR("/")))
        url->path = str_cat(arena, STR("/"), url->path);
    return true;
}

static bool refuse(str text, struct err *err)
{
    return err_set(err, ERR_FORMAT, "'%.*s' is no address of http or https",
                   STR_ARG(str_slice(text, 0, 100)));
}

bool url_parse(struct arena *arena, str text, struct url *out_url, struct err *err)
{
    struct url url = {0};
    str rest = without_fragment(text);
    if (text.len > URL_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "an address of more than %d bytes", URL_BYTES_MAX);
    url.tls = str_starts_nocase(rest, STR("https://"));
    if (!url.tls && !str_starts_nocase(rest, STR("http://")))
        return refuse(text, err);
    if (!is_clean(rest) || !take_rest(arena, str_from_index(rest, url.tls ? 8 : 7), &url))
        return refuse(text, err);
    *out_url = url;
    return true;
}

str url_print(struct arena *arena, const struct url *url)
{
    bool address = str_has_char(url->host, ':');
    str port = url->port ? str_fmt(arena, ":%u", url->port) : STR("");
    return str_fmt(arena, "%s://%s%.*s%s%.*s%.*s", url->tls ? "https" : "http", address ? "[" : "",
                   STR_ARG(url->host), address ? "]" : "", STR_ARG(port), STR_ARG(url->path));
}

/* Without "." and "..": RFC 3986, 5.2.4. The query stays as it is. */
static str clean_path(struct arena *arena, str path)
{
    size_t query = str_find_char(path, '?');
    str tail = query == STR_MISSING ? STR("") : str_from_index(path, query), part;
    str rest = query == STR_MISSING ? path : str_slice(path, 0, query);
    struct buf out = buf_init(arena, URL_BYTES_MAX * 2);
    if (str_starts(rest, STR("/")))
        rest = str_from_index(rest, 1);
    while (str_next(&rest, '/', &part)) {
        bool up = str_eq(part, STR("..")), last = !rest.at;
        if (up) {
            size_t slash = str_find_last_char(buf_str(&out), '/');
            out.len = slash == STR_MISSING ? 0 : slash;
        }
        bool dots = up || str_eq(part, STR("."));
        if (!dots || last)
            buf_add_char(&out, '/');
        if (!dots)
            buf_add(&out, part);
    }
    buf_add(&out, tail);
    return buf_str(&out);
}

bool url_follow(struct arena *arena, const struct url *base, str location, struct url *out_url,
                struct err *err)
{
    struct url url = *base;
    size_t colon = str_find(location, STR("://"));
    size_t stop = 0;
    while (stop < location.len && !str_has_char(STR("/?#"), location.at[stop]))
        stop++;
    if (location.len > URL_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "an address of more than %d bytes", URL_BYTES_MAX);
    if (colon != STR_MISSING && colon < stop)
        return url_parse(arena, location, out_url, err);
    location = without_fragment(location);
    if (!is_clean(location))
        return refuse(location, err);
    if (str_starts(location, STR("//"))) {
        if (!take_rest(arena, str_from_index(location, 2), &url))
            return refuse(location, err);
    } else if (str_starts(location, STR("/")))
        url.path = clean_path(arena, location);
    else {
        size_t query = str_find_char(base->path, '?');
        str path = query == STR_MISSING ? base->path : str_slice(base->path, 0, query);
        if (!str_starts(location, STR("?")))
            path = str_slice(path, 0, str_find_last_char(path, '/') + 1);
        url.path = clean_path(arena, str_cat(arena, path, location));
    }
    *out_url = url;
    return true;
}

static uint16_t port_of(const struct url *url)
{
    return url->port ? url->port : url->tls ? 443 : 80;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return a->tls == b->tls && str_eq_nocase(a->host, b->host) && port_of(a) == port_of(b);
}

bool host_is_loopback(str host)
{
    uint64_t value;
    unsigned parts = 0;
    str rest = host, part;
    if (str_eq_nocase(host, STR("localhost")) || str_eq(host, STR("::1")))
        return true;
    if (!str_starts(host, STR("127.")))
        return false;
    for (; str_next(&rest, '.', &part); parts++)
        if (part.len > 3 || !str_to_u64(part, &value) || value > 255)
            return false; /* "127.0.0.1.example.org" is a name like any other */
    return parts == 4;
}

bool url_of_registry(struct arena *arena, str registry, bool tls, struct url *out_url,
                     struct err *err)
{
    struct url url = {.tls = tls, .path = STR("/")};
    if (!is_clean(registry) || !take_authority(registry, &url))
        return err_set(err, ERR_USAGE, "'%.*s' is no registry", STR_ARG(registry));
    url.host = str_lower(arena, url.host);
    *out_url = url;
    return true;
}

str url_escape(struct arena *arena, str text)
{
    struct buf out = buf_init(arena, text.len * 3 + 1);
    for (size_t i = 0; i < text.len; i++)
        if (char_is_name(text.at[i]) || str_has_char(STR("-.~"), text.at[i]))
            buf_add_char(&out, text.at[i]);
        else
            buf_fmt(&out, "%%%02X", (unsigned char)text.at[i]);
    return buf_str(&out);
}

struct url url_with(struct arena *arena, const struct url *url, const char *key, str value)
{
    struct url more = *url;
    more.path =
        str_fmt(arena, "%.*s%s%s=%.*s", STR_ARG(url->path),
                str_has_char(url->path, '?') ? "&" : "?", key, STR_ARG(url_escape(arena, value)));
    return more;
}
