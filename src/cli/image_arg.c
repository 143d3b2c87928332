#include "cli/image_arg.h"

#include "base/arena.h"
#include "registry/registry.h"

/* Who looks at files while layers are read. */
enum { INSPECT_PACKAGES };
static const struct inspector *const inspector_list[] = {[INSPECT_PACKAGES] = &package_inspector};
static const struct inspectors inspectors = {inspector_list, ARRAY_COUNT(inspector_list)};

bool image_arg_choice(const struct image_args *args, struct image_choice *out_choice,
                      struct err *err)
{
    struct platform platform = {0};
    str rest = args->platform;
    *out_choice = (struct image_choice){0};
    if (!rest.len)
        return true;
    if (!str_next(&rest, '/', &platform.os) || !str_next(&rest, '/', &platform.architecture) ||
        !platform.os.len || !platform.architecture.len) {
        err_set(err, ERR_USAGE, "'%.*s' is no platform", STR_ARG(args->platform));
        return err_hint(err, "write it as linux/amd64 or linux/arm/v7");
    }
    if (rest.at)
        platform.variant = rest;
    out_choice->platform = platform;
    return true;
}

bool image_arg_store(struct ctx *ctx, const struct image_args *args, bool create,
                     struct store **out_store, struct err *err)
{
    str path = args->store.len ? args->store : store_path_default(ctx->arena, &ctx->host);
    if (!store_open(ctx->arena, path, create, out_store, err))
        return false;
    vec_push(ctx->arena, &ctx->stores, *out_store);
    return true;
}

bool image_arg_name(struct ctx *ctx, str text, str *out_name, struct err *err)
{
    struct reference reference;
    if (!reference_parse(ctx->arena, text, &reference, err))
        return false;
    *out_name = reference_print(ctx->arena, &reference);
    return true;
}

bool image_arg_stored(struct ctx *ctx, struct store *store, str text, struct store_name *out_name,
                      struct err *err)
{
    str name;
    bool found;
    if (!image_arg_name(ctx, text, &name, err) ||
        !store_find_name(ctx->arena, store, name, &found, out_name, err))
        return false;
    if (found)
        return true;
    err_set(err, ERR_IO, "the store has no image '%.*s'", STR_ARG(name));
    return err_hint(err, "'plimsoll image ls' lists what it has");
}

str image_arg_reference(str text)
{
    const str scheme = STR("docker://");
    return str_starts(text, scheme) ? str_from_index(text, scheme.len) : text;
}

/* Where it was found, where the name alone does not say it. */
static void tell_where(struct ctx *ctx, const struct image *image)
{
    static const struct {
        const char *transport, *words;
    } places[] = {{"store", "from the store"},
                  {"docker-daemon", "from an engine on this host"},
                  {"registry", "from its registry"}};
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        if (str_eq(image->transport, str_from(places[i].transport)))
            ctx_note(ctx, "'%.*s': %s", STR_ARG(image->name), places[i].words);
}

/* What a blob is counts, as it does for every other tool; that it says something else is told. A
 * layer of a stream is not looked at: its first bytes come when it is read. */
static void tell_types(struct ctx *ctx, const struct image *image)
{
    static const char *const ends[] = {"tar", "gzip", "zstd"};
    for (uint32_t i = 0; i < image->layers.count; i++) {
        const struct image_layer *layer = &image->layers.at[i];
        enum compression compression;
        struct err unheard = {0};
        if (layer->blob.source || !layer->has_digest || !layer->media_type.len ||
            !layer_compression(layer, &compression, &unheard) ||
            str_ends(layer->media_type, str_from(ends[compression])))
            continue;
        ctx_warn(ctx, str_fmt(ctx->arena,
                              "layer %" PRIu32 " is %s, whatever its media type says: %.*s", i + 1,
                              compression == COMPRESSION_NONE ? "not compressed"
                                                              : compression_name(compression),
                              STR_ARG(layer->media_type)));
    }
}

bool image_arg_open(struct ctx *ctx, const struct image_args *args, str name,
                    struct image *out_image, struct err *err)
{
    struct image_search search = {
        .settings = {.host = &ctx->host, .events = ctx_events(ctx)},
        .store_path = args->store,
        .pull = args->pull,
        .no_engine = args->from_engine == 1,
    };
    if (!image_arg_choice(args, &search.choice, err) ||
        !image_find(ctx->arena, &search, name, out_image, err))
        return false;
    tell_where(ctx, out_image);
    tell_types(ctx, out_image);
    return true;
}

/* The store for reports: none where none can be had, which costs time only. */
static struct store *report_store(struct ctx *ctx, const struct image_args *args)
{
    struct store *store;
    struct err unheard = {0};
    return image_arg_store(ctx, args, true, &store, &unheard) ? store : NULL;
}

bool image_arg_read(struct ctx *ctx, const struct image_args *args, unsigned threads,
                    struct read_image *read, struct err *err)
{
    struct layer_reading how = {
        .inspectors = &inspectors, .threads = threads, .store = report_store(ctx, args)};
    uint32_t count = read->image.layers.count;
    read->layers = NEW_ARRAY(ctx->arena, struct layer_result, count + 1);
    if (!layers_read(ctx->arena, &read->image, &how, read->layers, err))
        return err_wrap(err, "image '%.*s'", STR_ARG(read->image.name));
    read->view = view_fold(ctx->arena, read->layers, count);
    read->packages = packages_find(ctx->arena, &read->view, INSPECT_PACKAGES);
    return true;
}

bool image_arg_size(struct ctx *ctx, struct store *store, const struct image *image,
                    uint64_t *out_bytes)
{
    const struct layer_reading how = {.inspectors = &inspectors, .store = store};
    uint32_t count = image->layers.count;
    struct layer_result *layers = NEW_ARRAY(ctx->arena, struct layer_result, count + 1);
    if (!layers_find(ctx->arena, image, &how, layers))
        return false;
    *out_bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        *out_bytes += layers[i].report.file_bytes;
    return true;
}
