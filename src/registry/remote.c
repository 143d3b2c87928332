#include "registry/remote.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/nameless.h"

#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"
enum { CERTIFICATES_MAX = 16 << 20 };

/* -- whom to trust ----------------------------------------------------------------------------- */

static bool add_certificate(struct arena *arena, const struct host *host, str path, struct buf *pem,
                            struct err *err)
{
    str text;
    if (!file_read(arena, host->cwd_fd, path, CERTIFICATES_MAX, &text, err))
        return false;
    buf_add(pem, text);
    buf_add_char(pem, '\n');
    return true;
}

/* The files of one folder of certificates; one that is not there has none. */
static bool read_folder(struct arena *arena, const struct host *host, str folder,
                        struct http_setup *setup, struct buf *pem, struct err *err)
{
    struct dir_names names;
    struct stat stat;
    if (!path_stat(host->cwd_fd, folder, &stat))
        return true;
    AUTO(fd) int fd = dir_open(host->cwd_fd, folder, err);
    if (fd < 0 || !dir_list(arena, fd, &names, err))
        return false;
    VEC_EACH(str, name, names) {
        str path = path_join(arena, folder, *name);
        if (str_ends(*name, STR(".crt")) && !add_certificate(arena, host, path, pem, err))
            return err_wrap(err, "a certificate of '%.*s'", STR_ARG(folder));
        if (!str_ends(*name, STR(".cert")))
            continue;
        setup->client_cert = path;
        setup->client_key = str_fmt(arena, "%.*s.key", STR_ARG(str_slice(path, 0, path.len - 5)));
    }
    return true;
}

/* Fill in whom to trust; out_laid_out when certificates are laid out for this very host. */
static bool find_trust(struct arena *arena, const struct registry_settings *settings, str endpoint,
                       struct http_setup *setup, bool *out_laid_out, struct err *err)
{
    const struct host *host = settings->host;
    str home = host_env(host, "HOME");
    const str roots[] = {
        STR("/etc/docker/certs.d"),
        STR("/etc/containers/certs.d"),
        home.len ? path_join(arena, home, STR(".config/containers/certs.d")) : STR(""),
    };
    struct buf pem = buf_init(arena, CERTIFICATES_MAX);
    setup->ca_file = host_env(host, "SSL_CERT_FILE");
    for (size_t i = 0; i < ARRAY_COUNT(roots); i++)
        if (roots[i].len &&
            !read_folder(arena, host, path_join(arena, roots[i], endpoint), setup, &pem, err))
            return false;
    if (settings->cert_dir.len && !read_folder(arena, host, settings->cert_dir, setup, &pem, err))
        return false;
    *out_laid_out = pem.len || setup->client_cert.len;
    if (!pem.len)
        return true;
    str base = setup->ca_file.len ? setup->ca_file : STR(SYSTEM_CERTIFICATES);
    if (path_may_be(host->cwd_fd, base) && !add_certificate(arena, host, base, &pem, err))
        return false;
    if (pem.full)
        return err_set(err, ERR_LIMIT, "certificates of more than %d bytes", CERTIFICATES_MAX);
    setup->ca_pem = buf_str(&pem);
    return true;
}

/* -- where ------------------------------------------------------------------------------------- */

/* docker.io is the name of a registry that answers elsewhere. */
static str endpoint_of(str registry)
{
    return str_eq(registry, STR("docker.io")) ? STR("registry-1.docker.io") : registry;
}

bool remote_open(struct arena *arena, const struct registry_settings *settings, str registry,
                 str repository, struct remote *out_remote, struct err *err)
{
    bool laid_out;
    struct remote remote = {
        .settings = settings,
        .registry = registry,
        .repository = repository,
        .setup = {.silence_s = settings->silence_s ? settings->silence_s : REGISTRY_SILENCE_S},
    };
    str endpoint = endpoint_of(registry);
    if (!http_open(err) || !url_of_registry(arena, endpoint, true, &remote.base, err) ||
        !find_trust(arena, settings, endpoint, &remote.setup, &laid_out, err) ||
        !credentials_find(arena, settings->host, registry, repository, &remote.credentials, err))
        return err_wrap(err, "registry %.*s", STR_ARG(registry));
    remote.base.tls = laid_out || !host_is_loopback(remote.base.host);
    *out_remote = remote;
    return true;
}

static bool find_mirrors(struct arena *arena, const struct host *host, str where,
                         struct strs *out_places, struct err *err)
{
    str home = host_env(host, "HOME");
    const str paths[] = {
        host_env(host, "CONTAINERS_REGISTRIES_CONF"),
        home.len ? path_join(arena, home, STR(".config/containers/registries.conf")) : STR(""),
        STR("/etc/containers/registries.conf"),
    };
    str text;
    *out_places = (struct strs){0};
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        if (!paths[i].len || !path_may_be(host->cwd_fd, paths[i]))
            continue;
        if (!file_read(arena, host->cwd_fd, paths[i], LIMIT_MANIFEST, &text, err))
            return false;
        if (!mirrors_read(arena, text, where, out_places, err))
            return err_wrap(err, "'%.*s'", STR_ARG(paths[i]));
        return true; /* the first that is there counts, as podman has it */
    }
    return true;
}

bool remotes_open(struct arena *arena, const struct registry_settings *settings,
                  const struct reference *reference, struct remotes *out_remotes, struct err *err)
{
    struct strs places;
    struct remotes remotes = {0};
    struct remote remote;
    str where =
        str_fmt(arena, "%.*s/%.*s", STR_ARG(reference->registry), STR_ARG(reference->repository));
    if (!find_mirrors(arena, settings->host, where, &places, err))
        return false;
    VEC_EACH(str, place, places) {
        size_t slash = str_find_char(*place, '/');
        if (slash == STR_MISSING)
            continue;
        if (!remote_open(arena, settings, str_slice(*place, 0, slash),
                         str_from_index(*place, slash + 1), &remote, err))
            return err_wrap(err, "a mirror of %.*s", STR_ARG(where));
        remote.is_mirror = true;
        vec_push(arena, &remotes, remote);
    }
    if (!remote_open(arena, settings, reference->registry, reference->repository, &remote, err))
        return false;
    vec_push(arena, &remotes, remote);
    *out_remotes = remotes;
    return true;
}
