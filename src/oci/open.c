#include "oci/documents.h"
#include "oci/image_files.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"

/* An index may name an index; nobody nests deeper, and a ring of them ends here. */
enum { INDEX_DEPTH_MAX = 4 };

struct opening {
    struct arena *arena;
    struct files files;
    struct image_source *source; /* NULL: the files */
    str tag;                     /* "" when the user named none */
    const struct image_choice *choice;
    struct image *image;
};

/* -- choosing ---------------------------------------------------------------------------------- */

static str machine_architecture(void)
{
#if defined(__x86_64__)
    return STR("amd64");
#elif defined(__aarch64__)
    return STR("arm64");
#elif defined(__riscv)
    return STR("riscv64");
#elif defined(__powerpc64__)
    return STR("ppc64le");
#elif defined(__s390x__)
    return STR("s390x");
#else
    return STR("unknown");
#endif
}

static bool platform_fits(const struct platform *have, const struct platform *want)
{
    str os = want->os.len ? want->os : STR("linux");
    str architecture = want->architecture.len ? want->architecture : machine_architecture();
    return str_eq(have->os, os) && str_eq(have->architecture, architecture) &&
           (!want->variant.len || str_eq(have->variant, want->variant));
}

/* Attestations stand among the images of an index under this platform. */
static bool is_no_image(const struct descriptor *descriptor)
{
    return str_eq(descriptor->platform.os, STR("unknown"));
}

bool platform_choose(struct arena *arena, const struct descriptors *manifests,
                     const struct image_choice *choice, const struct descriptor **out_chosen,
                     struct err *err)
{
    const struct descriptor *only = NULL;
    unsigned images = 0;
    struct buf names = buf_init(arena, 512);
    VEC_EACH(struct descriptor, descriptor, *manifests) {
        if (is_no_image(descriptor))
            continue;
        if (platform_fits(&descriptor->platform, &choice->platform)) {
            *out_chosen = descriptor;
            return true;
        }
        images++;
        only = descriptor;
        buf_fmt(&names, "%s%.*s/%.*s", names.len ? ", " : "", STR_ARG(descriptor->platform.os),
                STR_ARG(descriptor->platform.architecture));
    }
    bool asked = choice->platform.os.len || choice->platform.architecture.len;
    if (images == 1 && !asked) {
        *out_chosen = only;
        return true;
    }
    err_set(err, ERR_USAGE, images ? "it has no image for this platform" : "it holds no image");
    return images ? err_hint(err, "--platform takes one of %.*s", STR_ARG(buf_str(&names))) : false;
}

/* "1.0" is the name itself, or what follows the last ':' of it. */
static bool name_fits(str name, str tag)
{
    size_t colon = str_find_last_char(name, ':');
    return str_eq(name, tag) ||
           (colon != STR_MISSING && str_eq(str_from_index(name, colon + 1), tag));
}

static bool choose_name(struct opening *opening, const struct descriptors *manifests,
                        const struct descriptor **out_chosen, struct err *err)
{
    struct buf names = buf_init(opening->arena, 512);
    VEC_EACH(struct descriptor, descriptor, *manifests) {
        if (opening->tag.len && name_fits(descriptor->ref_name, opening->tag)) {
            *out_chosen = descriptor;
            return true;
        }
        if (descriptor->ref_name.len)
            buf_fmt(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(descriptor->ref_name));
    }
    if (manifests->count == 1 && !opening->tag.len) {
        *out_chosen = &manifests->at[0];
        return true;
    }
    if (!manifests->count)
        return err_set(err, ERR_FORMAT, "its index holds no image");
    if (opening->tag.len)
        err_set(err, ERR_USAGE, "it has no image called '%.*s'", STR_ARG(opening->tag));
    else
        err_set(err, ERR_USAGE, "it has %" PRIu32 " images, and none was named", manifests->count);
    return names.len ? err_hint(err, "it has: %.*s", STR_ARG(buf_str(&names))) : false;
}

/* -- reading what was chosen ------------------------------------------------------------------- */

static bool read_checked(struct opening *opening, const struct descriptor *descriptor,
                         uint64_t size_max, str *out_text, struct err *err)
{
    struct digest_text hex = digest_hex(descriptor->digest);
    str path = str_fmt(opening->arena, "blobs/sha256/%s", hex.z);
    if (opening->source) {
        if (!opening->source->document(opening->source, opening->arena, descriptor, out_text, err))
            return false;
    } else if (!files_read(&opening->files, path, size_max, out_text, err))
        return false;
    if (out_text->len != descriptor->size || !digest_eq(sha256_of(*out_text), descriptor->digest)) {
        err_set(err, ERR_DIGEST, "blob %s is not what its digest says", hex.z);
        return err_hint(err, "the image is damaged; get it again");
    }
    return true;
}

/* Which layer each history entry made; all unmapped when the counts disagree. */
static void map_history(struct image *image)
{
    uint32_t made = 0;
    VEC_EACH(struct image_history, history, image->config->history) {
        made += !history->empty_layer;
    }
    bool fits = made == image->layers.count;
    uint32_t at = 0;
    VEC_EACH(struct image_layer, layer, image->layers) {
        layer->history = -1;
        while (fits && image->config->history.at[at].empty_layer)
            at++;
        if (fits)
            layer->history = (int32_t)at++;
    }
}

static bool take_config(struct opening *opening, str text, struct err *err)
{
    struct image_config *config = NEW(opening->arena, struct image_config);
    if (!oci_config_parse(opening->arena, text, config, err))
        return err_wrap(err, "the image's config");
    opening->image->config = config;
    opening->image->config_digest = sha256_of(text);
    if (config->diff_ids.count == opening->image->layers.count)
        return true;
    return err_set(err, ERR_FORMAT, "%" PRIu32 " layers, but %" PRIu32 " diff ids",
                   opening->image->layers.count, config->diff_ids.count);
}

static void name_diff_ids(struct image *image)
{
    for (uint32_t i = 0; i < image->layers.count; i++)
        image->layers.at[i].diff_id = image->config->diff_ids.at[i];
    map_history(image);
}

static bool take_layer(struct opening *opening, const struct descriptor *descriptor,
                       struct err *err)
{
    struct digest_text hex = digest_hex(descriptor->digest);
    struct image_layer layer = {
        .digest = descriptor->digest, .has_digest = true, .media_type = descriptor->media_type};
    bool found;
    if (opening->source) {
        found = true;
        if (!opening->source->layer(opening->source, descriptor, &layer.blob, err))
            return false;
    } else if (!files_find(&opening->files, str_fmt(opening->arena, "blobs/sha256/%s", hex.z),
                           &found, &layer.blob, err))
        return false;
    if (!found)
        return err_set(err, ERR_FORMAT, "layer blob %s is missing", hex.z);
    if (layer.blob.size != descriptor->size)
        return err_set(err, ERR_DIGEST, "layer blob %s has %" PRIu64 " bytes, not %" PRIu64, hex.z,
                       layer.blob.size, descriptor->size);
    vec_push(opening->arena, &opening->image->layers, layer);
    return true;
}

static bool take_manifest(struct opening *opening, const struct descriptor *descriptor, str text,
                          struct err *err)
{
    struct manifest manifest;
    str config;
    if (!manifest_parse(opening->arena, text, &manifest, err))
        return err_wrap(err, "manifest %s", digest_hex(descriptor->digest).z);
    opening->image->digest = descriptor->digest;
    opening->image->has_digest = true;
    VEC_EACH(struct descriptor, layer, manifest.layers) {
        if (!take_layer(opening, layer, err))
            return false;
    }
    if (!read_checked(opening, &manifest.config, LIMIT_CONFIG, &config, err) ||
        !take_config(opening, config, err))
        return false;
    name_diff_ids(opening->image);
    return true;
}

static bool take_descriptor(struct opening *opening, const struct descriptor *descriptor,
                            struct err *err)
{
    for (int depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
        str text;
        struct descriptors manifests;
        if (!read_checked(opening, descriptor, LIMIT_MANIFEST, &text, err))
            return false;
        if (!descriptor_is_index(descriptor))
            return take_manifest(opening, descriptor, text, err);
        if (!index_parse(opening->arena, text, &manifests, err))
            return err_wrap(err, "index %s", digest_hex(descriptor->digest).z);
        if (!platform_choose(opening->arena, &manifests, opening->choice, &descriptor, err))
            return false;
    }
    return err_set(err, ERR_LIMIT, "an index in an index, more than %d deep", INDEX_DEPTH_MAX);
}

static bool open_layout(struct opening *opening, struct err *err)
{
    str text;
    struct descriptors manifests;
    const struct descriptor *chosen = NULL;
    if (!files_read(&opening->files, STR("index.json"), LIMIT_MANIFEST, &text, err))
        return false;
    if (!index_parse(opening->arena, text, &manifests, err))
        return err_wrap(err, "index.json");
    if (!choose_name(opening, &manifests, &chosen, err))
        return false;
    if (chosen->ref_name.len)
        vec_push(opening->arena, &opening->image->tags, chosen->ref_name);
    return take_descriptor(opening, chosen, err);
}

/* -- docker save ------------------------------------------------------------------------------- */

static const struct saved_image *choose_saved(struct opening *opening,
                                              const struct saved_images *images, struct err *err)
{
    struct buf names = buf_init(opening->arena, 512);
    VEC_EACH(struct saved_image, image, *images) {
        VEC_EACH(str, tag, image->tags) {
            if (opening->tag.len && name_fits(*tag, opening->tag))
                return image;
            buf_fmt(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(*tag));
        }
    }
    if (images->count == 1 && !opening->tag.len)
        return &images->at[0];
    if (!images->count)
        err_set(err, ERR_FORMAT, "its manifest.json holds no image");
    else if (opening->tag.len)
        err_set(err, ERR_USAGE, "it has no image called '%.*s'", STR_ARG(opening->tag));
    else
        err_set(err, ERR_USAGE, "it has %" PRIu32 " images, and none was named", images->count);
    if (names.len)
        err_hint(err, "it has: %.*s", STR_ARG(buf_str(&names)));
    return NULL;
}

static bool take_saved_layer(struct opening *opening, str path, struct err *err)
{
    struct image_layer layer = {.media_type = STR("application/vnd.oci.image.layer.v1.tar"),
                                .file = path};
    const str blobs = STR("blobs/sha256/");
    bool found;
    if (!files_find(&opening->files, path, &found, &layer.blob, err))
        return false;
    if (!found)
        return err_set(err, ERR_FORMAT, "layer '%.*s' is missing", STR_ARG(path));
    layer.has_digest =
        str_starts(path, blobs) && digest_parse(str_from_index(path, blobs.len), &layer.digest);
    vec_push(opening->arena, &opening->image->layers, layer);
    return true;
}

static bool open_saved(struct opening *opening, struct err *err)
{
    str text, config;
    struct saved_images images;
    if (!files_read(&opening->files, STR("manifest.json"), LIMIT_MANIFEST, &text, err))
        return false;
    if (!saved_parse(opening->arena, text, &images, err))
        return err_wrap(err, "manifest.json");
    const struct saved_image *image = choose_saved(opening, &images, err);
    if (!image)
        return false;
    opening->image->tags = image->tags;
    VEC_EACH(str, path, image->layers) {
        if (!take_saved_layer(opening, *path, err))
            return false;
    }
    if (!files_read(&opening->files, image->config, LIMIT_CONFIG, &config, err) ||
        !take_config(opening, config, err))
        return false;
    name_diff_ids(opening->image);
    return true;
}

/* -- names ------------------------------------------------------------------------------------- */

/* "DIR:NAME": both may hold a ':' (DIR:python:3.12), so the whole is tried first, and then every
 * place to cut, from the left: what opens is the path. */
static bool open_files(struct opening *opening, str name, struct err *err)
{
    struct err ignored = {0};
    if (files_open(opening->arena, name, &opening->files, err))
        return true;
    for (size_t at = 1; at + 1 < name.len; at++)
        if (name.at[at] == ':' &&
            files_open(opening->arena, str_slice(name, 0, at), &opening->files, &ignored)) {
            opening->tag = str_from_index(name, at + 1);
            return true;
        }
    return false;
}

static bool has_file(struct opening *opening, const char *path)
{
    struct blob blob;
    bool found = false;
    struct err ignored = {0};
    if (!files_find(&opening->files, str_from(path), &found, &blob, &ignored))
        return false;
    if (found && !opening->files.is_archive)
        fd_cleanup(&blob.fd);
    return found;
}

str image_label(const struct image *image, str name)
{
    for (uint32_t i = 0; image->config && i < image->config->labels.count; i++)
        if (str_eq(image->config->labels.at[i].name, name))
            return image->config->labels.at[i].value;
    return STR("");
}

bool image_open(struct arena *arena, str name, const struct image_choice *choice,
                struct image *out_image, struct err *err)
{
    static const char *const transports[] = {"oci", "oci-archive", "docker-archive"};
    struct image image = {.name = name, .transport = STR("")};
    struct opening opening = {.arena = arena, .choice = choice, .image = &image};
    str path = name;
    for (size_t i = 0; i < ARRAY_COUNT(transports); i++) {
        str prefix = str_fmt(arena, "%s:", transports[i]);
        if (!str_starts(name, prefix))
            continue;
        image.transport = str_from(transports[i]);
        path = str_from_index(name, prefix.len);
    }
    if (!hash_open(err) || !open_files(&opening, path, err))
        return false;
    bool saved = str_eq(image.transport, STR("docker-archive"));
    if (!image.transport.len) {
        saved = has_file(&opening, "manifest.json");
        image.transport = saved                      ? STR("docker-archive")
                          : opening.files.is_archive ? STR("oci-archive")
                                                     : STR("oci");
        if (!saved && !has_file(&opening, "index.json")) {
            err_set(err, ERR_FORMAT, "'%.*s' is no image: no manifest.json and no index.json",
                    STR_ARG(name));
            return err_hint(err, "take an OCI layout, or what 'docker save' wrote");
        }
    }
    if (!(saved ? open_saved(&opening, err) : open_layout(&opening, err)))
        return err_wrap(err, "image '%.*s'", STR_ARG(name));
    *out_image = image;
    return true;
}

bool image_open_at(struct arena *arena, const struct image_place *place,
                   const struct image_choice *choice, struct image *out_image, struct err *err)
{
    struct image image = {.name = place->name, .transport = STR("store")};
    struct opening opening = {
        .arena = arena,
        .choice = choice,
        .image = &image,
        .files = {.arena = arena, .shown = place->name, .fd = place->dir_fd},
    };
    if (!hash_open(err) || !take_descriptor(&opening, place->descriptor, err))
        return err_wrap(err, "image '%.*s'", STR_ARG(place->name));
    vec_push(arena, &image.tags, place->name);
    *out_image = image;
    return true;
}

bool image_open_from(struct arena *arena, struct image_source *source,
                     const struct image_place *place, const struct image_choice *choice,
                     struct image *out_image, struct err *err)
{
    struct image image = {.name = place->name, .transport = STR("docker")};
    struct opening opening = {.arena = arena, .choice = choice, .image = &image, .source = source};
    if (!hash_open(err) || !take_descriptor(&opening, place->descriptor, err))
        return err_wrap(err, "image '%.*s'", STR_ARG(place->name));
    vec_push(arena, &image.tags, place->name);
    *out_image = image;
    return true;
}
