#pragma once

#include "oci/documents.h"
#include "oci/image_files.h"

/*
 * oci/opening -- an image on its way from its documents to a struct image. Private to oci/.
 *
 *   open.c   which transport; OCI layouts      saved.c   docker save, new and old
 *   rootfs.c a directory as an image
 */

struct opening {
    struct arena *arena;
    struct files files;
    struct image_source *source; /* NULL: the files */
    str tag;                     /* "" when the user named none; "@N": the N-th */
    const struct image_choice *choice;
    struct image *image;
};

/* The image of a manifest that is right: config, layers, history. */
MUST_CHECK bool opening_take_manifest(struct opening *opening, const struct descriptor *descriptor,
                                      str text, struct err *err);

/* The image's config, when its layers are there. */
MUST_CHECK bool opening_take_config(struct opening *opening, str text, struct err *err);

/* A document of the layout whose digest is right. */
MUST_CHECK bool opening_read(struct opening *opening, const struct descriptor *descriptor,
                             uint64_t size_max, str *out_text, struct err *err);

/* Layers take their diff ids from the config, and the history that made them. */
void opening_name_layers(struct opening *opening);

/* Which of several images is meant, by what they are called. */
VEC_TYPE(image_names, struct strs);
MUST_CHECK bool opening_choose(struct opening *opening, const struct image_names *images,
                               uint32_t *out_index, struct err *err);

/* What docker save wrote: with a manifest.json, or before docker 1.10 with `repositories`. */
MUST_CHECK bool open_saved(struct opening *opening, struct err *err);
MUST_CHECK bool open_legacy(struct opening *opening, struct err *err);

/* How many images are in them. */
MUST_CHECK bool saved_count(struct opening *opening, uint32_t *out_count, struct err *err);
MUST_CHECK bool legacy_count(struct opening *opening, uint32_t *out_count, struct err *err);

/* A directory tree as an image of one made layer. */
MUST_CHECK bool open_rootfs(struct opening *opening, str path, struct err *err);
