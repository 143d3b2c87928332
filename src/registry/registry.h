#pragma once

#include "base/events.h"
#include "base/host.h"
#include "store/store.h"

/*
 * registry/registry -- images of registries and engines, and where an image named by a user is.
 *
 *   REF --registry_pull--> store        store --registry_push--> REF
 *   IMAGE --image_find--> struct image (store, engine, registry, layout, archive, rootfs)
 *
 * Shapes   A bare name means what docker means by it. It is sought in the store, then in a docker
 *          or podman engine on this host, then in the registry; the result says where it was.
 *          A blob goes into the store whole or not at all. A broken connection is gone on with by
 *          Range in the same run; what a killed run had of a blob is gone, the blobs that it had
 *          are not fetched again.
 * Units    Bytes; seconds.
 * Errors   ERR_IO for the network and ERR_DENIED, with what the server said; ERR_DIGEST; ERR_USAGE
 *          for a name that is none; ERR_FORMAT; ERR_LIMIT.
 * Threads  One thread calls; blobs are moved side by side by up to REGISTRY_WORKERS threads.
 * Source   OCI distribution specification 1.1; docker's registry token authentication.
 */

enum { REGISTRY_WORKERS = 4, REGISTRY_SILENCE_S = 60 };

/* How registries are spoken to. */
struct registry_settings {
    const struct host *host;
    struct events *events; /* NULL: nobody listens */
    str cert_dir;          /* more certificates to trust, as in certs.d/HOST; "" */
    unsigned silence_s;    /* how long a server may say nothing; 0: REGISTRY_SILENCE_S */
};

struct registry_pull {
    struct registry_settings settings;
    struct store *store;
    struct image_choice choice;
    bool all_platforms; /* the index and all that is in it */
};

/* What a pull or a push did. */
struct registry_moved {
    struct descriptor descriptor; /* of what the name leads to now */
    str name;                     /* in normal form */
    str from;                     /* the host that gave it: a mirror, or the registry */
    uint32_t blobs;               /* that were moved, manifests not counted */
    uint32_t present;             /* that were there already */
    uint32_t mounted;             /* push: that the registry took from another repository */
    uint64_t bytes;               /* of the blobs that were moved */
};

VEC_TYPE(moved_images, struct registry_moved);

/* Get an image into the store and name it. */
MUST_CHECK bool registry_pull(struct arena *arena, const struct registry_pull *pull,
                              const struct reference *reference, struct registry_moved *out_moved,
                              struct err *err);

struct registry_push {
    struct registry_settings settings;
    struct store *store;
};

/* Send an image of the store. */
MUST_CHECK bool registry_push(struct arena *arena, const struct registry_push *push,
                              const struct store_name *name, const struct reference *to,
                              struct registry_moved *out_moved, struct err *err);

/* Open an image where it is: layers are read while they are downloaded, nothing is kept. */
MUST_CHECK bool registry_image_open(struct arena *arena, const struct registry_settings *settings,
                                    const struct reference *reference,
                                    const struct image_choice *choice, struct image *out_image,
                                    struct err *err);

/* What was attached to a manifest (signatures, SBOMs): the referrers API, or the tag that stands in
 * for it. `artifact_type` "": all. */
MUST_CHECK bool registry_referrers(struct arena *arena, const struct registry_settings *settings,
                                   const struct reference *reference, str artifact_type,
                                   struct descriptors *out_referrers, struct err *err);

/* -- where an image is ------------------------------------------------------------------------- */

enum pull_policy { PULL_MISSING, PULL_ALWAYS, PULL_NEVER };

struct image_search {
    struct registry_settings settings;
    str store_path; /* "": as store_path_default() says */
    enum pull_policy pull;
    bool no_engine;
    struct image_choice choice;
};

/* Open the image that the user named; its transport says where it was found. */
MUST_CHECK bool image_find(struct arena *arena, const struct image_search *search, str name,
                           struct image *out_image, struct err *err);
