#pragma once

#include "registry/credentials.h"
#include "registry/http.h"
#include "registry/registry.h"

/*
 * registry/remote -- one repository of one registry, and how it is spoken to.
 *
 *   "debian" --remotes_open--> mirrors of docker.io in order, then registry-1.docker.io
 *
 * Shapes   Loopback hosts are spoken to over plain HTTP unless certificates are laid out for them;
 *          all others over TLS. Whom to trust: $SSL_CERT_FILE or the system's, and the *.crt of
 *          --cert-dir and of certs.d/HOST as docker has them (a *.cert with its *.key is ours).
 *          Mirrors are those of containers' registries.conf ($CONTAINERS_REGISTRIES_CONF,
 *          ~/.config/containers, /etc/containers).
 * Threads  A remote never changes.
 */

struct remote {
    const struct registry_settings *settings;
    str registry;   /* as the user names it: "docker.io" */
    str repository; /* as the endpoint names it */
    struct url base;
    struct http_setup setup;
    struct credentials credentials;
    bool is_mirror;
};
VEC_TYPE(remotes, struct remote);

/* Where a pull looks, in order; the registry itself stands last. */
MUST_CHECK bool remotes_open(struct arena *arena, const struct registry_settings *settings,
                             const struct reference *reference, struct remotes *out_remotes,
                             struct err *err);

/* The registry itself: for pushes. */
MUST_CHECK bool remote_open(struct arena *arena, const struct registry_settings *settings,
                            str registry, str repository, struct remote *out_remote,
                            struct err *err);

/* The places that a registries.conf gives for "HOST/REPOSITORY": "mirror.example/hub/library/x". */
MUST_CHECK bool mirrors_read(struct arena *arena, str text, str where, struct strs *out_places,
                             struct err *err);
