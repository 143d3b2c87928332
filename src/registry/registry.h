#pragma once

#include "base/events.h"
#include "base/host.h"
#include "store/store.h"

/*
 * registry/registry -- images of registries and engines, and where an image named by a user is.
 *
 *   IMAGE --image_find--> struct image (store, engine, registry, layout, archive, rootfs)
 *
 * Shapes   A bare name means what docker means by it. It is sought in the store, then in a docker
 *          or podman engine on this host, then in the registry; the result says where it was.
 * Errors   ERR_IO for the network, with what the server said; ERR_DIGEST; ERR_USAGE for a name that
 *          is none; ERR_FORMAT.
 * Threads  One session is used by one thread; it downloads blobs side by side itself.
 * Source   OCI distribution specification 1.1; docker's registry token authentication.
 */

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER };

struct image_search {
    const struct host *host;
    struct events *events;
    str store_path; /* "": as store_path_default() says */
    enum pull_policy pull;
    bool no_engine;
    struct image_choice choice;
};

/* Open the image that the user named. */
MUST_CHECK bool image_find(struct arena *arena, const struct image_search *search, str name,
                           struct image *out_image, struct err *err);
