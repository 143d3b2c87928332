#pragma once

#include "data/data.h"
#include "oci/oci.h"

/*
 * oci/documents -- index, manifest and config as JSON says them.
 *
 * Errors   ERR_FORMAT with what is missing or wrong, ERR_LIMIT for more layers than
 *          OCI_LAYERS_MAX. A key that stands twice is refused: readers differ on which counts.
 */

struct manifest {
    str media_type; /* "" where it does not say */
    struct descriptor config;
    struct descriptors layers;
};
/* A manifest of OCI or of docker. */
MUST_CHECK bool manifest_parse(struct arena *arena, str text, struct manifest *out_manifest,
                               struct err *err);

/* The manifest.json of `docker save`. */
struct saved_image {
    str config;
    struct strs tags, layers; /* paths inside the archive */
};
VEC_TYPE(saved_images, struct saved_image);
MUST_CHECK bool saved_parse(struct arena *arena, str text, struct saved_images *out_images,
                            struct err *err);
