#pragma once

#include "base/err.h"
#include "base/host.h"

/*
 * registry/credentials -- who we are to a registry: what `docker login` and `podman login` left.
 *
 *   $REGISTRY_AUTH_FILE | $XDG_RUNTIME_DIR/containers/auth.json | ~/.config/containers/auth.json
 *   | $DOCKER_CONFIG/config.json (~/.docker) --credentials_find--> user and secret, or nothing
 *
 * Shapes   The first file that says something of the registry counts. In a file: its helper in
 *          credHelpers, else credsStore, else auths. A key may be a host, an address as docker
 *          writes it, or HOST/NAMESPACE as podman does: the longest that fits.
 * Errors   ERR_FORMAT for a file that is no JSON, ERR_IO for a helper that fails or says nothing
 *          for HELPER_WAIT_S. Secrets are never part of a message.
 * Source   docker's config.json; containers-auth.json(5); docker-credential-helpers' protocol.
 */

struct credentials {
    str user, secret;   /* basic */
    str identity_token; /* a refresh token, exchanged for tokens by POST */
    str registry_token; /* a token that is ready to use */
};

enum { HELPER_WAIT_S = 30 };

/* What is known for a repository; all "" when nothing is. */
MUST_CHECK bool credentials_find(struct arena *arena, const struct host *host, str registry,
                                 str repository, struct credentials *out_credentials,
                                 struct err *err);

/* What one file says: `text` of config.json or auth.json. out_helper: the helper to ask, or "". */
MUST_CHECK bool credentials_read(struct arena *arena, str text, str where,
                                 struct credentials *out_credentials, str *out_helper,
                                 struct err *err);

/* Are there any? */
bool credentials_given(const struct credentials *credentials);

/* RFC 4648, with or without padding; false for what is none. */
bool base64_read(struct arena *arena, str text, str *out_bytes);
str base64_write(struct arena *arena, str bytes);

/* Run docker-credential-NAME get. */
MUST_CHECK bool helper_ask(struct arena *arena, const struct host *host, str name, str server,
                           struct credentials *out_credentials, struct err *err);
