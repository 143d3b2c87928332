#pragma once

#include "registry/client.h"

/*
 * registry/referrers -- what is attached to a manifest, on registries that know it and on others.
 *
 * Shapes   Where the registry has no referrers API, an index under the tag "sha256-HEX" of the
 *          subject stands in for it.
 * Source   OCI distribution specification 1.1, "Listing Referrers" and "Pushing Manifests with
 *          Subject".
 */

/* A manifest was pushed to a registry that said nothing of its subject: write it into the index
 * that stands in. Nothing is done for a manifest without a subject. */
MUST_CHECK bool referrers_note(struct arena *arena, struct client *client,
                               const struct descriptor *manifest, str text, struct err *err);
