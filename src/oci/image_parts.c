#include "oci/oci.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/limits.h"
#include "data/data.h"

/* The blobs of an image, as they are to stand elsewhere: no byte of them is changed. */

static const char *layer_type_of(enum compression compression)
{
    static const char *const types[] = {
        [COMPRESSION_NONE] = "application/vnd.oci.image.layer.v1.tar",
        [COMPRESSION_GZIP] = "application/vnd.oci.image.layer.v1.tar+gzip",
        [COMPRESSION_ZSTD] = "application/vnd.oci.image.layer.v1.tar+zstd",
    };
    return types[compression];
}

bool layer_compression(const struct image_layer *layer, enum compression *out_compression,
                       struct err *err)
{
    char first[4];
    size_t got;
    if (!blob_read_at(&layer->blob, 0, first, sizeof(first), &got, err))
        return false;
    *out_compression = compression_of((str){first, got});
    return true;
}

/* The digest of a layer whose manifest does not tell it. */
static bool know_digest(const struct image_layer *layer, enum compression compression,
                        digest *out_digest, struct err *err)
{
    *out_digest = layer->has_digest ? layer->digest : layer->diff_id;
    return layer->has_digest || compression == COMPRESSION_NONE ||
           blob_hash(&layer->blob, out_digest, err);
}

static void add_part(struct arena *arena, struct image_parts *parts, struct image_part part)
{
    VEC_EACH(struct image_part, other, parts->list) {
        if (digest_eq(other->digest, part.digest))
            return;
    }
    vec_push(arena, &parts->list, part);
}

static void descriptor_write(struct json_out *out, const char *key, const char *type, digest id,
                             uint64_t size)
{
    json_object(out, key);
    json_z(out, "mediaType", type);
    json_digest(out, "digest", &id);
    json_u64(out, "size", size);
    json_end_object(out);
}

/* The manifest of an image that has none. */
static bool make_manifest(struct arena *arena, const struct image *image, str *out_text,
                          struct err *err)
{
    struct json_out out = json_out_init(arena, false);
    json_object(&out, NULL);
    json_i64(&out, "schemaVersion", 2);
    json_z(&out, "mediaType", OCI_MANIFEST_TYPE);
    descriptor_write(&out, "config", "application/vnd.oci.image.config.v1+json",
                     image->config_digest, image->config->text.len);
    json_list(&out, "layers");
    VEC_EACH(struct image_layer, layer, image->layers) {
        enum compression compression;
        digest id;
        if (!layer_compression(layer, &compression, err) ||
            !know_digest(layer, compression, &id, err))
            return false;
        descriptor_write(&out, NULL, layer_type_of(compression), id, layer->blob.size);
    }
    json_end_list(&out);
    json_end_object(&out);
    *out_text = buf_str(&out.buf);
    return true;
}

bool image_parts_of(struct arena *arena, const struct image *image, struct image_parts *out_parts,
                    struct err *err)
{
    struct image_parts parts = {0};
    str text = image->manifest, type = image->manifest_type;
    if (!text.at) {
        type = STR(OCI_MANIFEST_TYPE);
        if (!make_manifest(arena, image, &text, err))
            return false;
    }
    VEC_EACH(struct image_layer, layer, image->layers) {
        struct image_part part = {.size = layer->blob.size, .blob = layer->blob};
        enum compression compression = COMPRESSION_NONE;
        if ((!layer->has_digest && !layer_compression(layer, &compression, err)) ||
            !know_digest(layer, compression, &part.digest, err))
            return false;
        vec_push(arena, &parts.layers, part.digest);
        add_part(arena, &parts, part);
    }
    str config = image->config->text;
    add_part(
        arena, &parts,
        (struct image_part){.digest = image->config_digest, .size = config.len, .text = config});
    parts.root = (struct descriptor){.media_type = type,
                                     .digest = sha256_of(text),
                                     .size = text.len,
                                     .platform = image->config->platform};
    add_part(arena, &parts,
             (struct image_part){.digest = parts.root.digest, .size = text.len, .text = text});
    *out_parts = parts;
    return true;
}

bool image_part_copy(const struct image_part *part, const struct byte_sink *sink, struct err *err)
{
    digest got;
    if (part->text.at)
        return sink->add(sink->to, part->text, err); /* it was checked when it was opened */
    if (!blob_copy(&part->blob, sink, &got, err))
        return err_wrap(err, "copying blob %s", digest_hex(part->digest).z);
    if (digest_eq(got, part->digest))
        return true;
    err_set(err, ERR_DIGEST, "blob sha256:%s has the bytes of sha256:%s",
            digest_hex(part->digest).z, digest_hex(got).z);
    return err_hint(err, "the image is damaged; get it again");
}

/* "debian" is a tag of a layout, "debian:12" and "team/app" are names. */
static bool is_name(const struct image *image, str tag)
{
    return STR_IN(image->transport, "store", "registry", "docker", "docker-daemon") ||
           str_has_char(tag, ':') || str_has_char(tag, '/');
}

struct strs image_full_names(struct arena *arena, const struct image *image)
{
    struct strs names = {0};
    VEC_EACH(str, tag, image->tags) {
        struct reference reference;
        struct err unheard = {0};
        if (!is_name(image, *tag) || !reference_parse(arena, *tag, &reference, &unheard))
            continue;
        reference.has_digest = false;
        str name = reference_print(arena, &reference);
        bool known = !reference.tag.len;
        VEC_EACH(str, other, names) {
            known = known || str_eq(*other, name);
        }
        if (!known)
            vec_push(arena, &names, name);
    }
    return names;
}
