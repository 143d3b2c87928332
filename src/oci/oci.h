#pragma once

#include "archive/archive.h"
#include "base/hash.h"
#include "base/vec.h"
#include "oci/reference.h"

/*
 * oci/oci -- images as they stand in a layout or an archive: manifest, config, where blobs are.
 *
 *   oci:DIR | oci-archive:FILE | docker-archive:FILE | PATH --image_open--> struct image
 *
 * Shapes   Nothing is unpacked and no layer is read: a blob is a place in an open file. Manifest
 *          and config are checked against their digests before they are parsed, layers by whoever
 *          reads them. Where a manifest has no digests (docker-archive), has_digest is false.
 *          Layers stand from the lowest up.
 * Units    Sizes are bytes as stored: compressed where the blob is.
 * Errors   ERR_IO, ERR_FORMAT, ERR_DIGEST, ERR_LIMIT; ERR_USAGE when the name fits no image, with
 *          the names that are there in the hint.
 * Threads  An opened image never changes; blobs may be read from any thread (pread).
 * Source   OCI image specification 1.1 (manifest, config, index, layout); `docker save`.
 */

enum { OCI_LAYERS_MAX = 512 };

VEC_TYPE(strs, str);
VEC_TYPE(digest_list, digest);

/* Bytes that stand in no file: they are read in order, each once. */
struct blob_source {
    bool (*read)(struct blob_source *source, uint64_t at, char *to, size_t count, size_t *out_count,
                 struct err *err);
};

/* Bytes inside an open file, or of a source. */
struct blob {
    int fd;
    uint64_t at, size;
    struct blob_source *source; /* NULL: the file */
};

struct platform {
    str os, architecture, variant;
};

/* "linux/arm/v7" */
str platform_print(struct arena *arena, const struct platform *platform);

struct descriptor {
    str media_type, artifact_type;
    digest digest;
    uint64_t size;
    struct platform platform;
    str ref_name;   /* org.opencontainers.image.ref.name */
    str image_name; /* io.containerd.image.name: docker.io/library/debian:12 */
    str text;       /* as it stands in its document */
};
VEC_TYPE(descriptors, struct descriptor);

struct image_history {
    str created, created_by, author, comment;
    bool empty_layer;
};

struct name_value {
    str name, value;
};

struct image_config {
    str text; /* as it stands */
    struct platform platform;
    str created, user, working_dir, stop_signal;
    struct strs env, entrypoint, cmd, ports, volumes;
    VEC(struct name_value) labels;
    VEC(digest) diff_ids;
    VEC(struct image_history) history;
};

struct image_layer {
    digest diff_id;
    digest digest; /* of the blob; only with has_digest */
    bool has_digest;
    str media_type;
    struct blob blob;
    str file;        /* its name in a docker archive; "" elsewhere */
    int32_t history; /* index of what made it; -1: the history does not fit the layers */
};

struct image {
    str name;      /* as the user should see it */
    str transport; /* "oci", "oci-archive", "docker-archive", "rootfs", "store" */
    struct strs tags;
    bool has_digest;
    digest digest, config_digest;
    str manifest, manifest_type; /* as it stands; at NULL: there is none */
    const struct image_config *config;
    VEC(struct image_layer) layers;
};

struct image_choice {
    struct platform
        platform; /* "" where it is the same to the user: this machine's, else the only */
};

/* Open an image. The files stay open as long as the program runs. "PATH:@N" is the N-th of a
 * layout or an archive, from 0. */
MUST_CHECK bool image_open(struct arena *arena, str name, const struct image_choice *choice,
                           struct image *out_image, struct err *err);

/* How many images a name leads to: of a whole layout or archive all that are in it. */
MUST_CHECK bool images_count(struct arena *arena, str name, uint32_t *out_count, struct err *err);

/* The same of a layout's directory, from a descriptor of it on; `name` is what the user sees. */
struct image_place {
    int dir_fd; /* of the layout; not taken over */
    str name;
    const struct descriptor *descriptor;
};
MUST_CHECK bool image_open_at(struct arena *arena, const struct image_place *place,
                              const struct image_choice *choice, struct image *out_image,
                              struct err *err);

/* Documents and layers that stand in no layout: how they are got. A document's digest is checked
 * by image_open_from(), a layer's by whoever reads it. */
struct image_source {
    bool (*document)(struct image_source *source, struct arena *arena,
                     const struct descriptor *descriptor, str *out_text, struct err *err);
    bool (*layer)(struct image_source *source, const struct descriptor *descriptor,
                  struct blob *out_blob, struct err *err);
};
MUST_CHECK bool image_open_from(struct arena *arena, struct image_source *source,
                                const struct image_place *place, const struct image_choice *choice,
                                struct image *out_image, struct err *err);

/* The platform of this machine. */
struct platform platform_machine(void);

/* How well an image for one platform runs where another is wanted: 0 not at all, a lower variant
 * of the same architecture less than the same. */
unsigned platform_rank(const struct platform *have, const struct platform *wanted);

/* The image of an index that fits the choice best; this machine's, or the only one, when it says
 * nothing. ERR_USAGE, with what there is, when none does. */
MUST_CHECK bool platform_choose(struct arena *arena, const struct descriptors *manifests,
                                const struct image_choice *choice,
                                const struct descriptor **out_chosen, struct err *err);

/* What a label of the image says; "" where it has none. */
str image_label(const struct image *image, str name);

/* A label of images that stand under another's name (tools/bases, and what is built on them): what
 * is in them really. Every report of an image tells it. */
#define LABEL_STANDS_BEHIND STR("io.plimsoll.stands-behind")

/* "sha256:..." of a descriptor; false for other algorithms and for what is no digest. */
bool oci_digest_parse(str text, digest *out_digest);

/* Does it lead to an index, by its media type? */
bool descriptor_is_index(const struct descriptor *descriptor);

/* The "manifests" of an index, or of a layout's index.json. */
MUST_CHECK bool index_parse(struct arena *arena, str text, struct descriptors *out_manifests,
                            struct err *err);

/* A descriptor, and an index.json of descriptors, as text. */
str descriptor_print(struct arena *arena, const struct descriptor *descriptor);
str index_print(struct arena *arena, const struct strs *descriptors);

/* All that an index or a manifest names: manifests, or the config and the layers behind it. */
MUST_CHECK bool oci_children(struct arena *arena, const struct descriptor *descriptor, str text,
                             struct descriptors *out_children, struct err *err);

/* The documents themselves. Unknown keys are passed over; duplicate keys are ERR_FORMAT. */
MUST_CHECK bool oci_config_parse(struct arena *arena, str text, struct image_config *out_config,
                                 struct err *err);

/* Read all of a blob that is no layer; ERR_LIMIT past size_max. */
MUST_CHECK bool blob_read(struct arena *arena, const struct blob *blob, uint64_t size_max,
                          str *out_bytes, struct err *err);

/* Some bytes from a place in it: fewer only at its end. */
MUST_CHECK bool blob_read_at(const struct blob *blob, uint64_t at, char *to, size_t count,
                             size_t *out_count, struct err *err);

/* All bytes of it in order, to whoever takes them, and their digest. */
struct byte_sink {
    bool (*add)(void *to, str bytes, struct err *err);
    void *to;
};
MUST_CHECK bool blob_copy(const struct blob *blob, const struct byte_sink *sink, digest *out_digest,
                          struct err *err);
MUST_CHECK bool blob_hash(const struct blob *blob, digest *out_digest, struct err *err);

/* How a layer's blob is compressed, whatever its media type says. */
MUST_CHECK bool layer_compression(const struct image_layer *layer,
                                  enum compression *out_compression, struct err *err);

#include "oci/save.h"
