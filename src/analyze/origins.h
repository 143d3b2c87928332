#pragma once

#include "dockerfile/dockerfile.h"
#include "layer/layer.h"

/*
 * analyze/origins -- which instruction of a Dockerfile made which layer.
 *
 *   image config's history + Dockerfile --origins_find--> an instruction for each entry and layer
 *
 * Shapes   The instructions that count are those of the last stage and of the stages it stands on.
 *          They are laid beside the history so that both keep their order and as much text as
 *          possible agrees; texts are compared without blanks and quotes, so the classic builder's
 *          "#(nop)", BuildKit's remarks, "|1 ARG=v /bin/sh -c" and joined lines do not matter.
 *          An entry whose text differs counts only beside one that agrees.
 *          An image without history is laid from its top, by order and by what layers hold.
 * Cost     Entries times instructions; both are cut to their last 2,000.
 * Errors   None: what cannot be told has no instruction.
 */

struct origins {
    const struct dockerfile *file;
    const struct instruction **of_history; /* by index in config->history; NULL: not known */
    const struct instruction **of_layer;   /* by layer */
    uint32_t found;                        /* layers that have one */
    uint32_t base_layers; /* below the first that has one: of the base image; only when found */
};

/* `layers` may be NULL; they help only where there is no history. */
struct origins origins_find(struct arena *arena, const struct image *image,
                            const struct layer_result *layers, const struct dockerfile *file);

/* The FROM of the stage that stands on an image, below all others; NULL when there is none. */
const struct stage *origins_base(const struct origins *origins);
