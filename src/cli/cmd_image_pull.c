#include "cli/image_arg.h"

#include "base/arena.h"
#include "base/num.h"
#include "registry/registry.h"
#include "report/report.h"

/* plimsoll image pull and image push: images of registries, into the store and out of it. */

struct moving_args {
    struct image_args image;
    struct opt_list names;
    str cert_dir;
    str artifact_type;
    uint64_t timeout_s;
    bool all_platforms;
};

#define AT(field) offsetof(struct moving_args, field)
/* clang-format off */
#define REGISTRY_OPTS \
    {"cert-dir", 0, OPT_STRING, AT(cert_dir), "DIR", \
     "trust the *.crt of DIR too, as /etc/docker/certs.d/HOST"}, \
    {"timeout", 0, OPT_INT, AT(timeout_s), "SECONDS", \
     "how long a registry may say nothing; 60 when not given"}
/* clang-format on */

static struct registry_settings settings_of(struct ctx *ctx, const struct moving_args *args)
{
    return (struct registry_settings){.host = &ctx->host,
                                      .events = ctx_events(ctx),
                                      .cert_dir = args->cert_dir,
                                      .silence_s = (unsigned)args->timeout_s};
}

/* -- pull -------------------------------------------------------------------------------------- */

/* All that were named, one after the other. */
static bool pull_names(struct ctx *ctx, const struct opt_list *names,
                       const struct registry_pull *pull, struct moved_images *moved,
                       struct err *err)
{
    VEC_EACH(str, name, *names) {
        struct reference reference;
        struct registry_moved one;
        if (!reference_parse(ctx->arena, image_arg_reference(*name), &reference, err) ||
            !registry_pull(ctx->arena, pull, &reference, &one, err))
            return false;
        vec_push(ctx->arena, moved, one);
        ctx_note(ctx, "%.*s from %.*s: %" PRIu32 " blobs, %.*s; %" PRIu32 " were here",
                 STR_ARG(reference_familiar(ctx->arena, &reference)), STR_ARG(one.from), one.blobs,
                 STR_ARG(size_print(ctx->arena, one.bytes)), one.present);
    }
    return true;
}

static bool run_pull(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct moving_args *args = raw_args;
    struct registry_pull pull = {.settings = settings_of(ctx, args),
                                 .all_platforms = args->all_platforms};
    struct moved_images moved = {0};
    if (args->all_platforms && args->image.platform.len) {
        err_set(err, ERR_USAGE, "--all-platforms and --platform do not go together");
        return err_hint(err, "name one of them");
    }
    if (!image_arg_choice(&args->image, &pull.choice, err) ||
        !image_arg_store(ctx, &args->image, true, &pull.store, err))
        return false;
    bool good = pull_names(ctx, &args->names, &pull, &moved, err);
    store_close(pull.store);
    if (!good)
        return false;
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, report_moved(ctx->arena, &moved, false, ctx->common.format == 1), err);
}

static const struct opt pull_opts[] = {
    STORE_OPT,
    PLATFORM_OPT,
    {"all-platforms", 'a', OPT_FLAG, AT(all_platforms), NULL,
     "the images of all platforms, and what is attached to them in the index"},
    REGISTRY_OPTS,
};

const struct command cmd_image_pull = {
    .name = "image pull",
    .summary = "get images from their registries",
    .operands = "REF...",
    .about =
        "Bring images into the store. Only blobs that are missing are fetched, several at a time, "
        "and each is checked against its digest before it is there under its name. A connection "
        "that breaks is gone on with where it broke; a pull that was killed fetches again only the "
        "blobs that were not whole.\n\n"
        "Logins are those of docker and podman ($REGISTRY_AUTH_FILE, auth.json, config.json, with "
        "credential helpers). Registries on loopback addresses are spoken to over plain HTTP "
        "unless certificates are laid out for them, all others over TLS; $SSL_CERT_FILE, "
        "/etc/docker/certs.d/HOST and --cert-dir say whom to trust. Mirrors are those of "
        "containers-registries.conf(5).",
    .opts = pull_opts,
    .opt_count = ARRAY_COUNT(pull_opts),
    .args_size = sizeof(struct moving_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = OPERANDS_ANY,
    .run = run_pull,
};

/* -- push -------------------------------------------------------------------------------------- */

static bool run_push(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct moving_args *args = raw_args;
    struct registry_push push = {.settings = settings_of(ctx, args)};
    struct store_name source;
    struct reference target;
    struct moved_images moved = {0};
    struct registry_moved one;
    str to = args->names.at[args->names.count - 1];
    if (!reference_parse(ctx->arena, image_arg_reference(to), &target, err) ||
        !image_arg_store(ctx, &args->image, false, &push.store, err))
        return false;
    str from = image_arg_reference(args->names.at[0]);
    bool good = image_arg_stored(ctx, push.store, from, &source, err) &&
                registry_push(ctx->arena, &push, &source, &target, &one, err);
    store_close(push.store);
    if (!good)
        return false;
    vec_push(ctx->arena, &moved, one);
    ctx_note(ctx, "%.*s: %" PRIu32 " blobs sent, %.*s; %" PRIu32 " mounted, %" PRIu32 " were there",
             STR_ARG(reference_familiar(ctx->arena, &target)), one.blobs,
             STR_ARG(size_print(ctx->arena, one.bytes)), one.mounted, one.present);
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx, report_moved(ctx->arena, &moved, true, ctx->common.format == 1), err);
}

static const struct opt push_opts[] = {STORE_OPT, REGISTRY_OPTS};

const struct command cmd_image_push = {
    .name = "image push",
    .summary = "send an image to its registry",
    .operands = "IMAGE [REF]",
    .about =
        "Send an image of the store, under its own name or under another one. Blobs that the "
        "registry has are not sent; those that it has in another repository are taken from there; "
        "nothing is sent of an image that has not changed. Logins, certificates and mirrors: "
        "plimsoll-image-pull(1).",
    .opts = push_opts,
    .opt_count = ARRAY_COUNT(push_opts),
    .args_size = sizeof(struct moving_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = 2,
    .run = run_push,
};

/* -- referrers --------------------------------------------------------------------------------- */

static bool run_referrers(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct moving_args *args = raw_args;
    struct registry_settings settings = settings_of(ctx, args);
    struct reference reference;
    struct descriptors referrers;
    if (!reference_parse(ctx->arena, image_arg_reference(args->names.at[0]), &reference, err) ||
        !registry_referrers(ctx->arena, &settings, &reference, args->artifact_type, &referrers,
                            err))
        return err_wrap(err, "what is attached to '%.*s'", STR_ARG(args->names.at[0]));
    *out_exit = EXIT_CLEAN;
    return ctx_print(ctx,
                     report_referrers(ctx->arena, reference_print(ctx->arena, &reference),
                                      &referrers, ctx->common.format == 1),
                     err);
}

static const struct opt referrers_opts[] = {
    {"artifact-type", 0, OPT_STRING, AT(artifact_type), "TYPE",
     "only what is of this type, e.g. application/spdx+json"},
    REGISTRY_OPTS,
};

const struct command cmd_image_referrers = {
    .name = "image referrers",
    .summary = "list what is attached to an image in its registry",
    .operands = "REF",
    .about =
        "List the signatures, SBOMs and other artifacts whose subject is the manifest or index "
        "that REF leads to. Registries without the referrers API are asked for the tag that "
        "stands in for it; 'plimsoll image push' writes that tag there.",
    .opts = referrers_opts,
    .opt_count = ARRAY_COUNT(referrers_opts),
    .args_size = sizeof(struct moving_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = 1,
    .run = run_referrers,
};
