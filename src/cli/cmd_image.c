#include "cli/image_arg.h"

#include "base/arena.h"
#include "base/limits.h"
#include "report/report.h"

/*
 * plimsoll image: the images that are kept here.
 *
 * Each verb is a command of its own whose name has two words ("image ls"): a row in commands.c with
 * its own options. `image` alone tells which verbs there are.
 */

struct image_list_args {
    struct image_args image;
    struct opt_list names;
    bool dry_run;
};

#define AT(field) offsetof(struct image_list_args, field)

static bool run_image(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    if (args->names.count) {
        err_set(err, ERR_USAGE, "'image' has no verb '%.*s'", STR_ARG(args->names.at[0]));
        return err_hint(err, "'plimsoll image' lists them");
    }
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, help_command(ctx->arena, ctx->command, ctx->host.width), err);
}

const struct command cmd_image = {
    .name = "image",
    .summary = "images that are kept here",
    .operands = "[VERB]",
    .about = "Work with the images of the store, which is an OCI image layout that other tools "
             "read too. 'plimsoll image VERB --help' shows a verb's options.",
    .args_size = sizeof(struct image_list_args),
    .operands_offset = AT(names),
    .operands_max = 1,
    .run = run_image,
};

/* -- ls ---------------------------------------------------------------------------------------- */

/* The platforms of an index, or of the one image. */
static str platforms_of(struct arena *arena, struct store *store, const struct store_name *name,
                        const struct image *image)
{
    struct descriptors children = {0};
    struct buf out = buf_init(arena, 4096);
    struct err unheard = {0};
    struct blob blob;
    bool found;
    str text;
    if (descriptor_is_index(&name->descriptor) &&
        store_find_blob(store, name->descriptor.digest, &found, &blob, &unheard) && found &&
        blob_read(arena, &blob, LIMIT_MANIFEST, &text, &unheard) &&
        oci_children(arena, &name->descriptor, text, &children, &unheard))
        VEC_EACH(struct descriptor, child, children) {
            if (!str_eq(child->platform.os, STR("unknown")))
                buf_fmt(&out, "%s%.*s", out.len ? "," : "",
                        STR_ARG(platform_print(arena, &child->platform)));
        }
    return out.len || !image ? buf_str(&out) : platform_print(arena, &image->config->platform);
}

/* An image that cannot be opened is not whole; one that cannot be read is an error. */
static bool look_at(struct ctx *ctx, struct store *store, const struct store_name *name,
                    struct stored_image *out_row, struct err *err)
{
    struct stored_image row = {
        .name = name->name, .digest = name->descriptor.digest, .tagged_s = name->tagged_s};
    struct image_choice choice = {0};
    struct image image;
    struct reference reference;
    struct err problem = {0};
    row.whole = store_image_open(ctx->arena, store, name, &choice, &image, &problem);
    if (!row.whole && problem.code == ERR_IO) {
        *err = problem;
        return false;
    }
    if (reference_parse(ctx->arena, name->name, &reference, &problem))
        row.name = reference_familiar(ctx->arena, &reference);
    row.platforms = platforms_of(ctx->arena, store, name, row.whole ? &image : NULL);
    if (row.whole) {
        row.layers = image.layers.count;
        row.stands_behind = image_label(&image, LABEL_STANDS_BEHIND);
        row.sized = image_arg_size(ctx, store, &image, &row.size);
    }
    for (uint32_t i = 0; i < row.layers; i++)
        row.compressed_size += image.layers.at[i].blob.size;
    *out_row = row;
    return true;
}

/* "debian" fits debian:12 and debian:latest; "debian:12" only itself. */
static bool is_asked(const struct opt_list *asked, str name)
{
    VEC_EACH(str, want, *asked) {
        if (str_eq(*want, name) ||
            (str_starts(name, *want) && name.len > want->len && name.at[want->len] == ':'))
            return true;
    }
    return !asked->count;
}

static bool run_ls(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    struct store *store;
    struct store_names names;
    struct stored_images rows = {0};
    if (!image_arg_store(ctx, &args->image, false, &store, err) ||
        !store_list(ctx->arena, store, &names, err))
        return false;
    VEC_EACH(struct store_name, name, names) {
        struct stored_image row;
        if (!look_at(ctx, store, name, &row, err))
            return false;
        if (is_asked(&args->names, row.name))
            vec_push(ctx->arena, &rows, row);
    }
    struct report_style style = ctx_style(ctx);
    *out_exit = EXIT_CLEAN;
    return ctx_print(
        ctx, report_images(ctx->arena, &rows, ctx->common.format == 1, ctx->host.now_s, &style),
        err);
}

static const struct opt store_opts[] = {STORE_OPT};

const struct command cmd_image_ls = {
    .name = "image ls",
    .summary = "list the images that are kept",
    .operands = "[NAME...]",
    .about = "List each name of the store with its digest, what a pull of it transfers, what its "
             "files take (where its layers were read once), when it was named and its "
             "platforms. -q prints names only.",
    .opts = store_opts,
    .opt_count = ARRAY_COUNT(store_opts),
    .args_size = sizeof(struct image_list_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_max = OPERANDS_ANY,
    .examples = "plimsoll image ls\twhat is kept\n"
                "plimsoll image ls debian --format json\tall tags of one name, for programs\n",
    .run = run_ls,
};

/* -- inspect ----------------------------------------------------------------------------------- */

static bool run_inspect(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    struct image image;
    if (!image_arg_open(ctx, &args->image, args->names.at[0], &image, err))
        return false;
    struct report_style style = ctx_style(ctx);
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, report_image(ctx->arena, &image, ctx->common.format == 1, &style), err);
}

static const struct opt image_opts[] = {IMAGE_OPTS};

const struct command cmd_image_inspect = {
    .name = "image inspect",
    .summary = "show an image's config and layers",
    .operands = "IMAGE",
    .about = "Print what an image says of itself: digests, platform, config, layers. No layer is "
             "read.",
    .opts = image_opts,
    .opt_count = ARRAY_COUNT(image_opts),
    .args_size = sizeof(struct image_list_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = 1,
    .examples = "plimsoll image inspect image.tar\twhat docker save wrote\n",
    .run = run_inspect,
};

/* -- tag, rm, prune ---------------------------------------------------------------------------- */

static bool run_tag(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    struct store *store;
    struct store_name source;
    struct reference target;
    if (!reference_parse(ctx->arena, args->names.at[1], &target, err))
        return false;
    if (target.has_digest) {
        err_set(err, ERR_USAGE, "a new name has no digest: '%.*s'", STR_ARG(args->names.at[1]));
        return err_hint(err, "write NAME:TAG");
    }
    *out_exit = EXIT_CLEAN;
    if (!image_arg_store(ctx, &args->image, true, &store, err))
        return false;
    bool good = image_arg_stored(ctx, store, args->names.at[0], &source, err) &&
                store_tag(store, reference_print(ctx->arena, &target), &source.descriptor,
                          ctx->host.now_s, err);
    store_close(store);
    return good;
}

const struct command cmd_image_tag = {
    .name = "image tag",
    .summary = "give an image another name",
    .operands = "IMAGE NAME[:TAG]",
    .about = "The image keeps the names that it has. A name that meant another image means this "
             "one from then on.",
    .opts = store_opts,
    .opt_count = ARRAY_COUNT(store_opts),
    .args_size = sizeof(struct image_list_args),
    .operands_offset = AT(names),
    .operands_min = 2,
    .operands_max = 2,
    .run = run_tag,
};

static bool run_rm(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    struct store *store;
    bool all = true;
    if (!image_arg_store(ctx, &args->image, true, &store, err))
        return false;
    VEC_EACH(str, text, args->names) {
        struct store_name name;
        struct err problem = {0};
        bool found;
        if (image_arg_stored(ctx, store, *text, &name, &problem)) {
            if (!store_untag(store, name.name, &found, err))
                return false;
            ctx_note(ctx, "removed the name %.*s", STR_ARG(name.name));
            continue;
        }
        all = false;
        ctx_complain(ctx, str_from(problem.line[0]));
    }
    ctx_note(ctx, "'plimsoll image prune' gives back the room of what no name leads to");
    *out_exit = all ? EXIT_CLEAN : EXIT_FAILED;
    return true;
}

const struct command cmd_image_rm = {
    .name = "image rm",
    .summary = "take names away",
    .operands = "NAME...",
    .about = "Remove names from the store. The bytes of what no name leads to any more are given "
             "back by 'plimsoll image prune'.",
    .opts = store_opts,
    .opt_count = ARRAY_COUNT(store_opts),
    .args_size = sizeof(struct image_list_args),
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = OPERANDS_ANY,
    .run = run_rm,
};

static bool run_prune(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct image_list_args *args = raw_args;
    struct store *store;
    struct store_pruned pruned;
    if (!image_arg_store(ctx, &args->image, !args->dry_run, &store, err) ||
        !store_prune(store, args->dry_run, &pruned, err))
        return false;
    struct report_style style = ctx_style(ctx);
    *out_exit = EXIT_CLEAN;
    return ctx_print(
        ctx, report_pruned(ctx->arena, &pruned, args->dry_run, ctx->common.format == 1, &style),
        err);
}

static const struct opt prune_opts[] = {
    STORE_OPT,
    {"dry-run", 'n', OPT_FLAG, AT(dry_run), NULL, "only tell what would be removed"},
};

const struct command cmd_image_prune = {
    .name = "image prune",
    .summary = "remove what no name leads to",
    .operands = "",
    .about = "Remove blobs that no name of the store leads to, and what was learned of their "
             "layers. While another process has the store open nothing is removed.",
    .opts = prune_opts,
    .opt_count = ARRAY_COUNT(prune_opts),
    .args_size = sizeof(struct image_list_args),
    .formats = IMAGE_FORMATS,
    .run = run_prune,
};
