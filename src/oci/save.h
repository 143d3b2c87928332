#pragma once

#include "oci/oci.h"

/*
 * oci/save -- the blobs of an image as they are to stand elsewhere, and images written as layouts
 * and archives. Part of the door: oci/oci.h includes it.
 *
 *   struct image --image_parts_of--> blobs and a manifest --images_save--> oci, oci-archive,
 *                                                                          docker-archive
 *
 * Shapes   Blobs, manifest and config stay byte for byte, so zstd:chunked, eStargz and all
 *          annotations are intact. An archive has the same bytes each time.
 * Errors   As oci/oci.h; what was not whole is not there.
 * Source   OCI image layout 1.1; `docker save` of docker 25 and newer.
 */

#define OCI_MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

/* A blob of an image: a document (text.at is set) or a layer. */
struct image_part {
    digest digest;
    uint64_t size;
    str text;
    struct blob blob;
};
/* All of an image, each once, the manifest last: not one byte of it is changed. An image without a
 * manifest (docker before 25, rootfs) is given one. */
struct image_parts {
    struct descriptor root; /* of the manifest */
    struct digest_list layers;
    VEC(struct image_part) list;
};
MUST_CHECK bool image_parts_of(struct arena *arena, const struct image *image,
                               struct image_parts *out_parts, struct err *err);
/* Its bytes to whoever takes them; ERR_DIGEST at the end when they are not what was said. */
MUST_CHECK bool image_part_copy(const struct image_part *part, const struct byte_sink *sink,
                                struct err *err);

/* Its names in normal form; none where it has but a tag, or nothing. */
struct strs image_full_names(struct arena *arena, const struct image *image);

enum image_form { IMAGE_DOCKER_ARCHIVE, IMAGE_OCI_ARCHIVE, IMAGE_OCI };
struct image_save {
    const struct image *images;
    uint32_t count;
    enum image_form form;
    str path;
    int fd; /* where an archive is written to, no file of its own; -1: to the path */
};
/* Write images where nothing is, or over an archive, or into a layout beside what it has. */
MUST_CHECK bool images_save(struct arena *arena, const struct image_save *save, struct err *err);
