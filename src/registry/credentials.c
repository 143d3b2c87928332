#include "registry/credentials.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "data/data.h"

/* -- base64 ------------------------------------------------------------------------------------ */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_read(struct arena *arena, str text, str *out_bytes)
{
    char *out = arena_alloc(arena, text.len + 1, 1);
    uint32_t bits = 0;
    size_t len = 0, count = 0;
    while (text.len && text.at[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        size_t digit = str_find_char((str){digits, sizeof(digits) - 1}, text.at[i]);
        if (digit == STR_MISSING)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[len++] = (char)(bits >> count & 0xff);
        }
    }
    *out_bytes = (str){out, len};
    return count < 6;
}

str base64_write(struct arena *arena, str bytes)
{
    struct buf out = buf_init(arena, bytes.len * 2 + 8);
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t bits = 0;
        size_t left = bytes.len - i < 3 ? bytes.len - i : 3;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < left ? (unsigned char)bytes.at[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            buf_add_char(&out, k <= left ? digits[bits >> (18 - 6 * k) & 63] : '=');
    }
    return buf_str(&out);
}

/* -- one file ---------------------------------------------------------------------------------- */

bool credentials_given(const struct credentials *credentials)
{
    return credentials->user.len || credentials->identity_token.len ||
           credentials->registry_token.len;
}

/* "https://index.docker.io/v1/" is docker.io; "http://host:5000/v2/" is host:5000. */
static str plain_key(str key)
{
    static const char *const ends[] = {"/", "/v1", "/v2"};
    if (str_starts_nocase(key, STR("https://")))
        key = str_from_index(key, 8);
    else if (str_starts_nocase(key, STR("http://")))
        key = str_from_index(key, 7);
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(key, str_from(ends[i])))
            key = str_slice(key, 0, key.len - str_from(ends[i]).len);
    return STR_IN(key, "index.docker.io", "registry-1.docker.io") ? STR("docker.io") : key;
}

/* The value whose key fits `where` ("host/name/space") best; NULL when none does. */
static const struct node *best_entry(const struct node *map, str where)
{
    const struct node *best = NULL;
    size_t best_len = 0;
    if (!map || map->kind != NODE_MAP)
        return NULL;
    VEC_EACH(struct node_pair, pair, map->pairs) {
        str key = plain_key(pair->key->value);
        if (key.len > best_len && path_is_in(where, key)) {
            best = pair->value;
            best_len = key.len;
        }
    }
    return best;
}

static bool entry_read(struct arena *arena, const struct node *entry, struct credentials *out,
                       struct err *err)
{
    str auth = node_str(node_get(entry, "auth")), both;
    out->user = node_str(node_get(entry, "username"));
    out->secret = node_str(node_get(entry, "password"));
    out->identity_token = node_str(node_get(entry, "identitytoken"));
    out->registry_token = node_str(node_get(entry, "registrytoken"));
    if (!auth.len)
        return true;
    if (!base64_read(arena, auth, &both))
        return err_set(err, ERR_FORMAT, "'auth' in it is no base64");
    while (both.len && !both.at[both.len - 1])
        both.len--; /* old docker padded with NUL */
    size_t colon = str_find_char(both, ':');
    if (colon == STR_MISSING)
        return err_set(err, ERR_FORMAT, "'auth' in it is not USER:PASSWORD");
    out->user = str_slice(both, 0, colon);
    out->secret = str_from_index(both, colon + 1);
    return true;
}

bool credentials_read(struct arena *arena, str text, str where, struct credentials *out_credentials,
                      str *out_helper, struct err *err)
{
    struct node *root;
    struct credentials credentials = {0};
    if (!json_parse(arena, text, &root, err))
        return false;
    const struct node *helper = best_entry(node_get(root, "credHelpers"), where);
    const struct node *entry = best_entry(node_get(root, "auths"), where);
    *out_helper = node_str(helper ? helper : node_get(root, "credsStore"));
    if (!out_helper->len && entry && !entry_read(arena, entry, &credentials, err))
        return false;
    *out_credentials = credentials;
    return true;
}

/* -- all of them ------------------------------------------------------------------------------- */

static str server_name(str registry)
{
    return str_eq(registry, STR("docker.io")) ? STR("https://index.docker.io/v1/") : registry;
}

static bool read_file(struct arena *arena, const struct host *host, str path, str where,
                      struct credentials *out, struct err *err)
{
    str text, helper;
    size_t slash = str_find_char(where, '/');
    if (!path_may_be(host->cwd_fd, path))
        return true;
    if (!file_read(arena, host->cwd_fd, path, LIMIT_MANIFEST, &text, err))
        return false;
    if (!credentials_read(arena, text, where, out, &helper, err))
        return err_wrap(err, "'%.*s'", STR_ARG(path));
    if (!helper.len)
        return true;
    if (!helper_ask(arena, host, helper, server_name(str_slice(where, 0, slash)), out, err))
        return err_wrap(err, "'%.*s' names a credential helper", STR_ARG(path));
    return true;
}

bool credentials_find(struct arena *arena, const struct host *host, str registry, str repository,
                      struct credentials *out_credentials, struct err *err)
{
    str where = str_fmt(arena, "%.*s/%.*s", STR_ARG(registry), STR_ARG(repository));
    str home = host_env(host, "HOME"), docker = host_env(host, "DOCKER_CONFIG");
    const struct {
        str folder;
        const char *path;
    } files[] = {
        {host_env(host, "REGISTRY_AUTH_FILE"), ""},
        {host_env(host, "XDG_RUNTIME_DIR"), "containers/auth.json"},
        {home, ".config/containers/auth.json"},
        {docker.len ? docker : home, docker.len ? "config.json" : ".docker/config.json"},
    };
    *out_credentials = (struct credentials){0};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        if (!files[i].folder.len)
            continue;
        str path = files[i].path[0] ? path_join(arena, files[i].folder, str_from(files[i].path))
                                    : files[i].folder;
        if (!read_file(arena, host, path, where, out_credentials, err))
            return false;
        if (credentials_given(out_credentials))
            return true;
    }
    return true;
}
