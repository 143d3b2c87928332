#include "cli/image_arg.h"

#include "base/arena.h"

/* Who looks at files while layers are read. */
enum { INSPECT_PACKAGES };
static const struct inspector *const inspector_list[] = {[INSPECT_PACKAGES] = &package_inspector};
static const struct inspectors inspectors = {inspector_list, ARRAY_COUNT(inspector_list)};

static bool read_platform(str text, struct image_choice *choice, struct err *err)
{
    struct platform *platform = &choice->platform;
    if (!text.len)
        return true;
    str rest = text;
    if (!str_next(&rest, '/', &platform->os) || !str_next(&rest, '/', &platform->architecture) ||
        !platform->os.len || !platform->architecture.len) {
        err_set(err, ERR_USAGE, "'%.*s' is no platform", STR_ARG(text));
        return err_hint(err, "write it as linux/amd64 or linux/arm/v7");
    }
    if (rest.at)
        platform->variant = rest;
    return true;
}

bool image_arg_store(struct ctx *ctx, const struct image_args *args, bool create,
                     struct store **out_store, struct err *err)
{
    str path = args->store.len ? args->store : store_path_default(ctx->arena, &ctx->host);
    return store_open(ctx->arena, path, create, out_store, err);
}

bool image_arg_name(struct ctx *ctx, str text, str *out_name, struct err *err)
{
    struct reference reference;
    if (!reference_parse(ctx->arena, text, &reference, err))
        return false;
    *out_name = reference_print(ctx->arena, &reference);
    return true;
}

/* What the store has under a name; no store where the name is none, or it has nothing. */
static bool find_stored(struct ctx *ctx, const struct image_args *args, str text,
                        struct store **out_store, struct store_name *out_name, struct err *err)
{
    str name;
    struct err unheard = {0};
    bool found = false;
    *out_store = NULL;
    if (!image_arg_name(ctx, text, &name, &unheard))
        return true;
    if (!image_arg_store(ctx, args, false, out_store, err) ||
        !store_find_name(ctx->arena, *out_store, name, &found, out_name, err))
        return false;
    if (!found)
        *out_store = NULL;
    return true;
}

bool image_arg_open(struct ctx *ctx, const struct image_args *args, str name,
                    struct image *out_image, struct err *err)
{
    struct image_choice choice = {0};
    struct store *store;
    struct store_name found;
    if (!read_platform(args->platform, &choice, err) ||
        !find_stored(ctx, args, name, &store, &found, err))
        return false;
    return store ? store_image_open(ctx->arena, store, &found, &choice, out_image, err)
                 : image_open(ctx->arena, name, &choice, out_image, err);
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
