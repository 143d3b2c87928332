#include "oci/opening.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"

/* An index may name an index; nobody nests deeper, and a ring of them ends here. */
enum { INDEX_DEPTH_MAX = 4 };

/* -- choosing ---------------------------------------------------------------------------------- */

/* "1.0" and "app:1.0" fit "docker.io/library/app:1.0": a part behind a ':' or a '/'. */
static bool name_fits(str name, str tag)
{
    if (!str_ends(name, tag))
        return false;
    char before = name.len > tag.len ? name.at[name.len - tag.len - 1] : '/';
    return before == '/' || before == ':';
}

/* Is it "@N", and are there so many? */
static bool index_fits(str tag, uint32_t count, uint32_t *out_index)
{
    uint64_t index;
    if (!str_starts(tag, STR("@")) || !str_to_u64(str_from_index(tag, 1), &index) || index >= count)
        return false;
    *out_index = (uint32_t)index;
    return true;
}

/* The image that a tag means: the one of that very name, else the only one whose name ends so. */
static bool named_so(const struct image_names *images, str tag, uint32_t *out_index)
{
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < images->count; i++) {
        bool fits = false;
        VEC_EACH(str, name, images->at[i]) {
            if (str_eq(*name, tag)) {
                *out_index = i;
                return true;
            }
            fits = fits || name_fits(*name, tag);
        }
        if (fits && !fitting++)
            *out_index = i;
    }
    return fitting == 1;
}

bool opening_choose(struct opening *opening, const struct image_names *images, uint32_t *out_index,
                    struct err *err)
{
    struct buf names = buf_init(opening->arena, 512);
    str tag = opening->tag;
    if (tag.len && named_so(images, tag, out_index))
        return true;
    for (uint32_t i = 0; i < images->count; i++)
        VEC_EACH(str, name, images->at[i]) {
            buf_fmt(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(*name));
        }
    if (index_fits(tag, images->count, out_index))
        return true;
    *out_index = 0;
    if (images->count == 1 && !tag.len)
        return true;
    if (!images->count)
        return err_set(err, ERR_FORMAT, "it lists no image");
    if (tag.len)
        err_set(err, ERR_USAGE, "it has no image called '%.*s', or more than one", STR_ARG(tag));
    else
        err_set(err, ERR_USAGE, "it has %" PRIu32 " images, and none was named", images->count);
    return err_hint(err, "it has: %.*s%s@0 to @%" PRIu32, STR_ARG(buf_str(&names)),
                    names.len ? "; " : "", images->count - 1);
}

/* What the images of a layout are called. */
static struct image_names names_of(struct arena *arena, const struct descriptors *manifests)
{
    struct image_names images = {0};
    VEC_EACH(struct descriptor, descriptor, *manifests) {
        struct strs names = {0};
        if (descriptor->image_name.len)
            vec_push(arena, &names, descriptor->image_name);
        if (descriptor->ref_name.len && !str_eq(descriptor->ref_name, descriptor->image_name))
            vec_push(arena, &names, descriptor->ref_name);
        vec_push(arena, &images, names);
    }
    return images;
}

/* -- reading what was chosen ------------------------------------------------------------------- */

bool opening_read(struct opening *opening, const struct descriptor *descriptor, uint64_t size_max,
                  str *out_text, struct err *err)
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

bool opening_take_config(struct opening *opening, str text, struct err *err)
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

void opening_name_layers(struct opening *opening)
{
    struct image *image = opening->image;
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

bool opening_take_manifest(struct opening *opening, const struct descriptor *descriptor, str text,
                           struct err *err)
{
    struct manifest manifest;
    str config;
    if (!manifest_parse(opening->arena, text, &manifest, err))
        return err_wrap(err, "manifest %s", digest_hex(descriptor->digest).z);
    opening->image->digest = descriptor->digest;
    opening->image->has_digest = true;
    opening->image->manifest = text;
    opening->image->manifest_type =
        manifest.media_type.len ? manifest.media_type : descriptor->media_type;
    VEC_EACH(struct descriptor, layer, manifest.layers) {
        if (!take_layer(opening, layer, err))
            return false;
    }
    if (!opening_read(opening, &manifest.config, LIMIT_CONFIG, &config, err) ||
        !opening_take_config(opening, config, err))
        return false;
    opening_name_layers(opening);
    return true;
}

static bool take_descriptor(struct opening *opening, const struct descriptor *descriptor,
                            struct err *err)
{
    for (int depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
        str text;
        struct descriptors manifests;
        if (!opening_read(opening, descriptor, LIMIT_MANIFEST, &text, err))
            return false;
        if (!descriptor_is_index(descriptor))
            return opening_take_manifest(opening, descriptor, text, err);
        if (!index_parse(opening->arena, text, &manifests, err))
            return err_wrap(err, "index %s", digest_hex(descriptor->digest).z);
        if (!platform_choose(opening->arena, &manifests, opening->choice, &descriptor, err))
            return false;
    }
    return err_set(err, ERR_LIMIT, "an index in an index, more than %d deep", INDEX_DEPTH_MAX);
}

static bool read_index(struct opening *opening, struct descriptors *out_manifests, struct err *err)
{
    str text;
    return files_read(&opening->files, STR("index.json"), LIMIT_MANIFEST, &text, err) &&
           (index_parse(opening->arena, text, out_manifests, err) || err_wrap(err, "index.json"));
}

static bool open_layout(struct opening *opening, struct err *err)
{
    struct descriptors manifests;
    uint32_t chosen;
    if (!read_index(opening, &manifests, err))
        return false;
    struct image_names names = names_of(opening->arena, &manifests);
    if (!opening_choose(opening, &names, &chosen, err))
        return false;
    opening->image->tags = names.at[chosen];
    return take_descriptor(opening, &manifests.at[chosen], err);
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

/* What the files are: "" where they are no image. */
static str kind_of(struct opening *opening)
{
    if (has_file(opening, "manifest.json") || has_file(opening, "repositories"))
        return STR("docker-archive");
    if (!has_file(opening, "index.json"))
        return STR("");
    return opening->files.is_archive ? STR("oci-archive") : STR("oci");
}

/* "oci:DIR" is cut into its transport and the rest; a bare path has none. */
static str cut_transport(str name, str *path)
{
    static const char *const transports[] = {"oci", "oci-archive", "docker-archive", "rootfs"};
    size_t colon = str_find_char(name, ':');
    *path = name;
    if (colon == STR_MISSING ||
        !str_in(str_slice(name, 0, colon), transports, ARRAY_COUNT(transports)))
        return STR("");
    *path = str_from_index(name, colon + 1);
    return str_slice(name, 0, colon);
}

static bool open_named_files(struct opening *opening, str name, str path, struct err *err)
{
    struct image *image = opening->image;
    if (!open_files(opening, path, err))
        return false;
    if (!image->transport.len)
        image->transport = kind_of(opening);
    if (image->transport.len)
        return true;
    err_set(err, ERR_FORMAT, "'%.*s' is no image: no manifest.json and no index.json",
            STR_ARG(name));
    return opening->files.is_archive
               ? err_hint(err, "take an OCI layout, or what 'docker save' wrote")
               : err_hint(err, "take an OCI layout; 'rootfs:DIR' reads a directory tree");
}

static bool open_chosen(struct opening *opening, struct err *err)
{
    if (!str_eq(opening->image->transport, STR("docker-archive")))
        return open_layout(opening, err);
    return has_file(opening, "manifest.json") ? open_saved(opening, err)
                                              : open_legacy(opening, err);
}

bool image_open(struct arena *arena, str name, const struct image_choice *choice,
                struct image *out_image, struct err *err)
{
    struct image image = {.name = name};
    struct opening opening = {.arena = arena, .choice = choice, .image = &image};
    str path;
    image.transport = cut_transport(name, &path);
    bool tree = str_eq(image.transport, STR("rootfs"));
    if (!hash_open(err) || (!tree && !open_named_files(&opening, name, path, err)))
        return false;
    if (!(tree ? open_rootfs(&opening, path, err) : open_chosen(&opening, err)))
        return err_wrap(err, "image '%.*s'", STR_ARG(name));
    *out_image = image;
    return true;
}

bool images_count(struct arena *arena, str name, uint32_t *out_count, struct err *err)
{
    struct image image = {.name = name};
    struct opening opening = {.arena = arena, .image = &image};
    struct descriptors manifests;
    str path;
    image.transport = cut_transport(name, &path);
    *out_count = 1;
    if (str_eq(image.transport, STR("rootfs")))
        return true;
    if (!hash_open(err) || !open_named_files(&opening, name, path, err))
        return false;
    if (opening.tag.len)
        return true;
    if (str_eq(image.transport, STR("docker-archive")))
        return has_file(&opening, "manifest.json") ? saved_count(&opening, out_count, err)
                                                   : legacy_count(&opening, out_count, err);
    if (!read_index(&opening, &manifests, err))
        return err_wrap(err, "image '%.*s'", STR_ARG(name));
    *out_count = manifests.count;
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
