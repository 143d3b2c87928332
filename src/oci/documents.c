#include "oci/documents.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

#define REF_NAME_KEY   "org.opencontainers.image.ref.name"
#define IMAGE_NAME_KEY "io.containerd.image.name"

/* -- one key, one value ------------------------------------------------------------------------ */

static bool keys_are_single(struct arena *arena, const struct node *node, str *out_key)
{
    if (node->kind == NODE_LIST) {
        VEC_EACH(struct node *, item, node->items) {
            if (!keys_are_single(arena, *item, out_key))
                return false;
        }
    }
    if (node->kind != NODE_MAP)
        return true;
    struct map seen = {0};
    VEC_EACH(struct node_pair, pair, node->pairs) {
        if (map_has(&seen, pair->key->value)) {
            *out_key = pair->key->value;
            return false;
        }
        map_set(arena, &seen, pair->key->value, pair);
        if (!keys_are_single(arena, pair->value, out_key))
            return false;
    }
    return true;
}

static bool document(struct arena *arena, str text, enum node_kind kind, struct node **out_root,
                     struct err *err)
{
    str key;
    if (!json_parse(arena, text, out_root, err))
        return false;
    if (!keys_are_single(arena, *out_root, &key))
        return err_set(err, ERR_FORMAT, "'%.*s' stands twice in it", STR_ARG(key));
    if ((*out_root)->kind != kind)
        return err_set(err, ERR_FORMAT, "it is no JSON %s", kind == NODE_MAP ? "object" : "array");
    return true;
}

/* -- descriptors ------------------------------------------------------------------------------- */

bool oci_digest_parse(str text, digest *out_digest)
{
    const str algorithm = STR("sha256:");
    return str_starts(text, algorithm) &&
           digest_parse(str_from_index(text, algorithm.len), out_digest);
}

str platform_print(struct arena *arena, const struct platform *platform)
{
    return str_fmt(arena, "%.*s/%.*s%s%.*s", STR_ARG(platform->os), STR_ARG(platform->architecture),
                   platform->variant.len ? "/" : "", STR_ARG(platform->variant));
}

static struct platform platform_of(const struct node *node)
{
    return (struct platform){.os = node_str(node_get(node, "os")),
                             .architecture = node_str(node_get(node, "architecture")),
                             .variant = node_str(node_get(node, "variant"))};
}

static bool descriptor_read(const struct node *node, str document_text,
                            struct descriptor *out_descriptor, struct err *err)
{
    int64_t size;
    str text = node_str(node_get(node, "digest"));
    *out_descriptor = (struct descriptor){
        .media_type = node_str(node_get(node, "mediaType")),
        .artifact_type = node_str(node_get(node, "artifactType")),
        .platform = platform_of(node_get(node, "platform")),
        .ref_name = node_str(node_get(node_get(node, "annotations"), REF_NAME_KEY)),
        .image_name = node_str(node_get(node_get(node, "annotations"), IMAGE_NAME_KEY)),
        .text = str_slice(document_text, node->at.start, node->at.end),
    };
    if (!oci_digest_parse(text, &out_descriptor->digest))
        return err_set(err, ERR_FORMAT, "'%.*s' is no sha256 digest", STR_ARG(text));
    if (!node_int(node_get(node, "size"), &size) || size < 0)
        return err_set(err, ERR_FORMAT, "%.*s has no size", STR_ARG(text));
    out_descriptor->size = (uint64_t)size;
    return true;
}

static bool descriptors_read(struct arena *arena, const struct node *list, str text,
                             struct descriptors *out_descriptors, struct err *err)
{
    struct descriptors descriptors = {0};
    if (!list || list->kind != NODE_LIST)
        return err_set(err, ERR_FORMAT, "it lists no descriptors");
    VEC_EACH(struct node *, item, list->items) {
        struct descriptor descriptor;
        if (!descriptor_read(*item, text, &descriptor, err))
            return false;
        vec_push(arena, &descriptors, descriptor);
    }
    *out_descriptors = descriptors;
    return true;
}

bool descriptor_is_index(const struct descriptor *descriptor)
{
    return STR_IN(descriptor->media_type, "application/vnd.oci.image.index.v1+json",
                  "application/vnd.docker.distribution.manifest.list.v2+json");
}

bool index_parse(struct arena *arena, str text, struct descriptors *out_manifests, struct err *err)
{
    struct node *root;
    return document(arena, text, NODE_MAP, &root, err) &&
           descriptors_read(arena, node_get(root, "manifests"), text, out_manifests, err);
}

bool manifest_parse(struct arena *arena, str text, struct manifest *out_manifest, struct err *err)
{
    struct node *root;
    struct manifest manifest;
    if (!document(arena, text, NODE_MAP, &root, err))
        return false;
    manifest.media_type = node_str(node_get(root, "mediaType"));
    if (!node_get(root, "config"))
        return err_set(err, ERR_FORMAT, "it names no config");
    if (!descriptor_read(node_get(root, "config"), text, &manifest.config, err) ||
        !descriptors_read(arena, node_get(root, "layers"), text, &manifest.layers, err))
        return false;
    if (manifest.layers.count > OCI_LAYERS_MAX)
        return err_set(err, ERR_LIMIT, "it has more than %d layers", OCI_LAYERS_MAX);
    *out_manifest = manifest;
    return true;
}

bool oci_children(struct arena *arena, const struct descriptor *descriptor, str text,
                  struct descriptors *out_children, struct err *err)
{
    struct manifest manifest;
    struct descriptors children = {0};
    if (descriptor_is_index(descriptor))
        return index_parse(arena, text, out_children, err);
    if (!manifest_parse(arena, text, &manifest, err))
        return false;
    vec_push(arena, &children, manifest.config);
    VEC_EACH(struct descriptor, layer, manifest.layers) {
        vec_push(arena, &children, *layer);
    }
    *out_children = children;
    return true;
}

static void platform_write(struct json_out *out, const struct platform *platform)
{
    if (!platform->architecture.len)
        return;
    json_object(out, "platform");
    json_str(out, "architecture", platform->architecture);
    json_str(out, "os", platform->os);
    if (platform->variant.len)
        json_str(out, "variant", platform->variant);
    json_end_object(out);
}

str descriptor_print(struct arena *arena, const struct descriptor *descriptor)
{
    struct json_out out = json_out_init(arena, false);
    json_object(&out, NULL);
    json_str(&out, "mediaType", descriptor->media_type);
    json_digest(&out, "digest", &descriptor->digest);
    json_u64(&out, "size", descriptor->size);
    if (descriptor->artifact_type.len)
        json_str(&out, "artifactType", descriptor->artifact_type);
    platform_write(&out, &descriptor->platform);
    if (descriptor->ref_name.len) {
        json_object(&out, "annotations");
        if (descriptor->image_name.len)
            json_str(&out, IMAGE_NAME_KEY, descriptor->image_name);
        json_str(&out, REF_NAME_KEY, descriptor->ref_name);
        json_end_object(&out);
    }
    json_end_object(&out);
    return buf_str(&out.buf);
}

str index_print(struct arena *arena, const struct strs *descriptors)
{
    struct buf out = buf_init(arena, SIZE_MAX);
    const char *separator = "\n";
    buf_add(&out, STR("{\"schemaVersion\":2,"
                      "\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
                      "\"manifests\":["));
    VEC_EACH(str, text, *descriptors) {
        buf_fmt(&out, "%s%.*s", separator, STR_ARG(*text));
        separator = ",\n";
    }
    buf_add(&out, STR("\n]}\n"));
    return buf_str(&out);
}

/* -- config ------------------------------------------------------------------------------------ */

static struct strs strings_of(struct arena *arena, const struct node *list)
{
    struct strs strings = {0};
    if (list && list->kind == NODE_LIST)
        VEC_EACH(struct node *, item, list->items) {
            vec_push(arena, &strings, node_str(*item));
        }
    return strings;
}

static struct strs keys_of(struct arena *arena, const struct node *map)
{
    struct strs keys = {0};
    if (map && map->kind == NODE_MAP)
        VEC_EACH(struct node_pair, pair, map->pairs) {
            vec_push(arena, &keys, pair->key->value);
        }
    return keys;
}

static void history_read(struct arena *arena, const struct node *list, struct image_config *config)
{
    if (!list || list->kind != NODE_LIST)
        return;
    VEC_EACH(struct node *, item, list->items) {
        struct image_history history = {
            .created = node_str(node_get(*item, "created")),
            .created_by = node_str(node_get(*item, "created_by")),
            .author = node_str(node_get(*item, "author")),
            .comment = node_str(node_get(*item, "comment")),
            .empty_layer = node_is_true(node_get(*item, "empty_layer")),
        };
        vec_push(arena, &config->history, history);
    }
}

static bool diff_ids_read(struct arena *arena, const struct node *root, struct image_config *config,
                          struct err *err)
{
    const struct node *list = node_get(node_get(root, "rootfs"), "diff_ids");
    if (!list || list->kind != NODE_LIST)
        return err_set(err, ERR_FORMAT, "it lists no diff ids");
    if (list->items.count > OCI_LAYERS_MAX)
        return err_set(err, ERR_LIMIT, "it has more than %d layers", OCI_LAYERS_MAX);
    VEC_EACH(struct node *, item, list->items) {
        digest diff_id;
        if (!oci_digest_parse(node_str(*item), &diff_id))
            return err_set(err, ERR_FORMAT, "'%.*s' is no sha256 diff id",
                           STR_ARG(node_str(*item)));
        vec_push(arena, &config->diff_ids, diff_id);
    }
    return true;
}

bool oci_config_parse(struct arena *arena, str text, struct image_config *out_config,
                      struct err *err)
{
    struct node *root;
    if (!document(arena, text, NODE_MAP, &root, err))
        return false;
    const struct node *run = node_get(root, "config");
    struct image_config config = {
        .text = text,
        .platform = platform_of(root),
        .created = node_str(node_get(root, "created")),
        .user = node_str(node_get(run, "User")),
        .working_dir = node_str(node_get(run, "WorkingDir")),
        .stop_signal = node_str(node_get(run, "StopSignal")),
    };
    config.env = strings_of(arena, node_get(run, "Env"));
    config.entrypoint = strings_of(arena, node_get(run, "Entrypoint"));
    config.cmd = strings_of(arena, node_get(run, "Cmd"));
    config.ports = keys_of(arena, node_get(run, "ExposedPorts"));
    config.volumes = keys_of(arena, node_get(run, "Volumes"));
    const struct node *labels = node_get(run, "Labels");
    if (labels && labels->kind == NODE_MAP)
        VEC_EACH(struct node_pair, pair, labels->pairs) {
            vec_push(arena, &config.labels,
                     (struct name_value){pair->key->value, node_str(pair->value)});
        }
    history_read(arena, node_get(root, "history"), &config);
    if (!diff_ids_read(arena, root, &config, err))
        return false;
    *out_config = config;
    return true;
}

str image_label(const struct image *image, str name)
{
    for (uint32_t i = 0; image->config && i < image->config->labels.count; i++)
        if (str_eq(image->config->labels.at[i].name, name))
            return image->config->labels.at[i].value;
    return STR("");
}

/* -- docker save ------------------------------------------------------------------------------- */

bool saved_parse(struct arena *arena, str text, struct saved_images *out_images, struct err *err)
{
    struct node *root;
    struct saved_images images = {0};
    if (!document(arena, text, NODE_LIST, &root, err))
        return false;
    VEC_EACH(struct node *, item, root->items) {
        struct saved_image image = {.config = node_str(node_get(*item, "Config"))};
        image.tags = strings_of(arena, node_get(*item, "RepoTags"));
        image.layers = strings_of(arena, node_get(*item, "Layers"));
        if (!image.config.len)
            return err_set(err, ERR_FORMAT, "an image in it names no config");
        if (image.layers.count > OCI_LAYERS_MAX)
            return err_set(err, ERR_LIMIT, "it has more than %d layers", OCI_LAYERS_MAX);
        vec_push(arena, &images, image);
    }
    *out_images = images;
    return true;
}
