#pragma once

#include "analyze/analyze.h"
#include "cli/commands.h"
#include "store/store.h"

/*
 * cli/image_arg -- what every command takes that has an IMAGE. Private to cli/.
 *
 *   IMAGE --image_arg_open--> struct image --image_arg_read--> layers, view, packages
 *
 * Shapes   A command's own arguments begin with a struct image_args, so that IMAGE_OPTS fits.
 */

struct image_args {
    str store, platform;
    unsigned pull;        /* enum pull_policy */
    unsigned from_engine; /* 1: no */
};

#define IMAGE_AT(field) offsetof(struct image_args, field)
/* clang-format off */
#define STORE_OPT \
    {"store", 0, OPT_STRING, IMAGE_AT(store), "DIR", \
     "where images are kept: $XDG_DATA_HOME/plimsoll, for root /var/lib/plimsoll"}
#define PLATFORM_OPT \
    {"platform", 0, OPT_STRING, IMAGE_AT(platform), "OS/ARCH", \
     "which image of several, e.g. linux/arm64; this machine's when not given"}
#define IMAGE_OPTS \
    STORE_OPT, \
    PLATFORM_OPT, \
    {"pull", 0, OPT_CHOICE, IMAGE_AT(pull), "missing|always|never", \
     "when a name is got from its registry"}, \
    {"from-engine", 0, OPT_CHOICE, IMAGE_AT(from_engine), "yes|no", \
     "may a docker or podman engine on this host be asked"}
/* clang-format on */

/* Open the store that is meant; one that is not there is made with `create`. */
MUST_CHECK bool image_arg_store(struct ctx *ctx, const struct image_args *args, bool create,
                                struct store **out_store, struct err *err);

/* What --platform says. */
MUST_CHECK bool image_arg_choice(const struct image_args *args, struct image_choice *out_choice,
                                 struct err *err);

/* The image of the store that a name means; an error where there is none. */
MUST_CHECK bool image_arg_stored(struct ctx *ctx, struct store *store, str text,
                                 struct store_name *out_name, struct err *err);

/* A reference as it may be written where only registries are meant: without "docker://". */
str image_arg_reference(str text);

/* Open the image that is meant: of the store, an engine, a registry, a layout, an archive. */
MUST_CHECK bool image_arg_open(struct ctx *ctx, const struct image_args *args, str name,
                               struct image *out_image, struct err *err);

/* An image and all that its layers tell. */
struct read_image {
    struct image image;
    struct layer_result *layers;
    struct image_view view;
    struct package_list packages;
};

/* Read the layers of an opened image, or find in the store what they hold. threads 0: one a
 * core. */
MUST_CHECK bool image_arg_read(struct ctx *ctx, const struct image_args *args, unsigned threads,
                               struct read_image *read, struct err *err);

/* What an image's files take; false when a layer of it was never read. */
bool image_arg_size(struct ctx *ctx, struct store *store, const struct image *image,
                    uint64_t *out_bytes);

/* The normal form of a name that the user gave. */
MUST_CHECK bool image_arg_name(struct ctx *ctx, str text, str *out_name, struct err *err);
