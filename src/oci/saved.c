#include "oci/opening.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

/*
 * What `docker save` wrote.
 *
 *   docker 25 and newer   manifest.json beside an OCI layout: blobs/sha256/..
 *   1.10 to 24            manifest.json, CONFIG.json, ID/layer.tar (some of them links to others)
 *   before 1.10           repositories, and for each layer ID/json and ID/layer.tar
 */

static bool take_layer(struct opening *opening, str path, struct err *err)
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

/* -- with manifest.json ------------------------------------------------------------------------ */

static bool read_saved(struct opening *opening, struct saved_images *out_images, struct err *err)
{
    str text;
    return files_read(&opening->files, STR("manifest.json"), LIMIT_MANIFEST, &text, err) &&
           (saved_parse(opening->arena, text, out_images, err) || err_wrap(err, "manifest.json"));
}

bool saved_count(struct opening *opening, uint32_t *out_count, struct err *err)
{
    struct saved_images images;
    if (!read_saved(opening, &images, err))
        return false;
    *out_count = images.count;
    return true;
}

/* Does a manifest of the layout beside it lead to the config and the layers that we have? */
static bool is_manifest_of(const struct image *image, const struct manifest *manifest)
{
    if (!digest_eq(manifest->config.digest, image->config_digest) ||
        manifest->layers.count != image->layers.count)
        return false;
    for (uint32_t i = 0; i < image->layers.count; i++)
        if (!image->layers.at[i].has_digest ||
            !digest_eq(image->layers.at[i].digest, manifest->layers.at[i].digest))
            return false;
    return true;
}

static void take_found(struct image *image, const struct descriptor *descriptor, str text,
                       const struct manifest *manifest)
{
    image->digest = descriptor->digest;
    image->has_digest = true;
    image->manifest = text;
    image->manifest_type = descriptor->media_type;
    for (uint32_t k = 0; k < image->layers.count; k++)
        image->layers.at[k].media_type = manifest->layers.at[k].media_type;
}

/* Those of an index behind the others; an index in an index is passed over. */
static void add_inner(struct arena *arena, str text, struct descriptors *list)
{
    struct err ignored = {0};
    struct descriptors inner;
    if (!index_parse(arena, text, &inner, &ignored))
        return;
    VEC_EACH(struct descriptor, child, inner) {
        if (!descriptor_is_index(child))
            vec_push(arena, list, *child);
    }
}

/* The manifest that the image had where it came from stands in the layout. What is wrong with
 * that layout does not count: manifest.json is enough. */
static void find_manifest(struct opening *opening)
{
    struct err ignored = {0};
    struct descriptors list;
    str text;
    if (!files_read(&opening->files, STR("index.json"), LIMIT_MANIFEST, &text, &ignored) ||
        !index_parse(opening->arena, text, &list, &ignored))
        return;
    for (uint32_t i = 0; i < list.count && i < OCI_LAYERS_MAX; i++) {
        struct descriptor descriptor = list.at[i];
        struct manifest manifest;
        if (!opening_read(opening, &descriptor, LIMIT_MANIFEST, &text, &ignored))
            continue;
        if (descriptor_is_index(&descriptor)) {
            add_inner(opening->arena, text, &list);
        } else if (manifest_parse(opening->arena, text, &manifest, &ignored) &&
                   is_manifest_of(opening->image, &manifest)) {
            take_found(opening->image, &descriptor, text, &manifest);
            return;
        }
    }
}

bool open_saved(struct opening *opening, struct err *err)
{
    str config;
    struct saved_images images;
    struct image_names names = {0};
    uint32_t chosen;
    if (!read_saved(opening, &images, err))
        return false;
    VEC_EACH(struct saved_image, image, images) {
        vec_push(opening->arena, &names, image->tags);
    }
    if (!opening_choose(opening, &names, &chosen, err))
        return false;
    opening->image->tags = images.at[chosen].tags;
    VEC_EACH(str, path, images.at[chosen].layers) {
        if (!take_layer(opening, *path, err))
            return false;
    }
    if (!files_read(&opening->files, images.at[chosen].config, LIMIT_CONFIG, &config, err) ||
        !opening_take_config(opening, config, err))
        return false;
    opening_name_layers(opening);
    find_manifest(opening);
    return true;
}

/* -- before manifest.json ---------------------------------------------------------------------- */

struct legacy_image {
    str id;
    struct strs tags;
};
VEC_TYPE(legacy_images, struct legacy_image);

static void add_tag(struct arena *arena, struct legacy_images *images, str id, str tag)
{
    VEC_EACH(struct legacy_image, image, *images) {
        if (str_eq(image->id, id)) {
            vec_push(arena, &image->tags, tag);
            return;
        }
    }
    struct legacy_image image = {.id = id};
    vec_push(arena, &image.tags, tag);
    vec_push(arena, images, image);
}

/* {"debian": {"8": "ID", ..}, ..} */
static bool read_repositories(struct opening *opening, struct legacy_images *out_images,
                              struct err *err)
{
    str text;
    struct node *root;
    struct legacy_images images = {0};
    if (!files_read(&opening->files, STR("repositories"), LIMIT_MANIFEST, &text, err))
        return false;
    if (!json_parse(opening->arena, text, &root, err))
        return err_wrap(err, "repositories");
    VEC_EACH(struct node_pair, repository, root->pairs) {
        VEC_EACH(struct node_pair, tag, repository->value->pairs) {
            str name = str_fmt(opening->arena, "%.*s:%.*s", STR_ARG(repository->key->value),
                               STR_ARG(tag->key->value));
            if (!node_str(tag->value).len)
                return err_set(err, ERR_FORMAT, "'%.*s' in repositories names no layer",
                               STR_ARG(name));
            add_tag(opening->arena, &images, node_str(tag->value), name);
        }
    }
    *out_images = images;
    return true;
}

bool legacy_count(struct opening *opening, uint32_t *out_count, struct err *err)
{
    struct legacy_images images;
    if (!read_repositories(opening, &images, err))
        return false;
    *out_count = images.count;
    return true;
}

struct legacy_layer {
    str id, text;
    struct node *json;
};
VEC_TYPE(legacy_layers, struct legacy_layer);

/* From the top layer down to the one without a parent. */
static bool read_chain(struct opening *opening, str id, struct legacy_layers *out_chain,
                       struct err *err)
{
    struct legacy_layers chain = {0};
    while (id.len) {
        struct legacy_layer layer = {.id = id};
        str path = str_fmt(opening->arena, "%.*s/json", STR_ARG(id));
        if (chain.count == OCI_LAYERS_MAX)
            return err_set(err, ERR_LIMIT, "it has more than %d layers", OCI_LAYERS_MAX);
        if (!files_read(&opening->files, path, LIMIT_CONFIG, &layer.text, err))
            return false;
        if (!json_parse(opening->arena, layer.text, &layer.json, err))
            return err_wrap(err, "'%.*s'", STR_ARG(path));
        vec_push(opening->arena, &chain, layer);
        id = node_str(node_get(layer.json, "parent"));
    }
    *out_chain = chain;
    return true;
}

/* A value of its document as it stands there; `otherwise` where it has none. */
static void add_value(struct buf *out, const struct legacy_layer *layer, const char *key,
                      const char *otherwise)
{
    const struct node *value = node_get(layer->json, key);
    str text = value ? str_slice(layer->text, value->at.start, value->at.end) : str_from(otherwise);
    buf_fmt(out, "\"%s\":%.*s", key, STR_ARG(text));
}

static void add_history(struct arena *arena, struct buf *out, const struct legacy_layer *layer)
{
    const struct node *cmd = node_path(layer->json, "container_config.Cmd");
    struct buf words = buf_init(arena, LIMIT_CONFIG);
    if (cmd && cmd->kind == NODE_LIST)
        VEC_EACH(struct node *, word, cmd->items) {
            buf_fmt(&words, "%s%.*s", words.len ? " " : "", STR_ARG(node_str(*word)));
        }
    struct json_out line = json_out_init(arena, false);
    json_object(&line, NULL);
    json_str(&line, "created", node_str(node_get(layer->json, "created")));
    json_str(&line, "author", node_str(node_get(layer->json, "author")));
    json_str(&line, "created_by", buf_str(&words));
    json_str(&line, "comment", node_str(node_get(layer->json, "comment")));
    json_end_object(&line);
    buf_add(out, buf_str(&line.buf));
}

/* The config that docker makes of such an image when it loads it. */
static str legacy_config(struct opening *opening, const struct legacy_layers *chain,
                         const struct digest_list *diff_ids)
{
    struct buf out = buf_init(opening->arena, LIMIT_CONFIG);
    const struct legacy_layer *top = &chain->at[0];
    buf_add_char(&out, '{');
    add_value(&out, top, "architecture", "\"amd64\"");
    buf_add_char(&out, ',');
    add_value(&out, top, "os", "\"linux\"");
    buf_add_char(&out, ',');
    add_value(&out, top, "created", "\"\"");
    buf_add_char(&out, ',');
    add_value(&out, top, "config", "{}");
    buf_add(&out, STR(",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["));
    for (uint32_t i = 0; i < diff_ids->count; i++)
        buf_fmt(&out, "%s\"sha256:%s\"", i ? "," : "", digest_hex(diff_ids->at[i]).z);
    buf_add(&out, STR("]},\"history\":["));
    for (uint32_t i = chain->count; i-- > 0;) {
        add_history(opening->arena, &out, &chain->at[i]);
        buf_add(&out, i ? STR(",") : STR("]}"));
    }
    return buf_str(&out);
}

bool open_legacy(struct opening *opening, struct err *err)
{
    struct legacy_images images;
    struct legacy_layers chain = {0};
    struct image_names names = {0};
    struct digest_list diff_ids = {0};
    uint32_t chosen;
    if (!read_repositories(opening, &images, err))
        return false;
    VEC_EACH(struct legacy_image, image, images) {
        vec_push(opening->arena, &names, image->tags);
    }
    if (!opening_choose(opening, &names, &chosen, err) ||
        !read_chain(opening, images.at[chosen].id, &chain, err))
        return false;
    opening->image->tags = images.at[chosen].tags;
    /* Nothing says what the layers' digests are: they are what they are. */
    for (uint32_t i = chain.count; i-- > 0;) {
        digest id;
        if (!take_layer(opening, str_fmt(opening->arena, "%.*s/layer.tar", STR_ARG(chain.at[i].id)),
                        err) ||
            !blob_hash(&vec_last(&opening->image->layers)->blob, &id, err))
            return false;
        vec_push(opening->arena, &diff_ids, id);
    }
    str config = legacy_config(opening, &chain, &diff_ids);
    if (!opening_take_config(opening, config, err))
        return false;
    opening_name_layers(opening);
    return true;
}
