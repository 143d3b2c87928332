#include "cli/analyze_args.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/num.h"
#include "report/report.h"
#include "tui/tui.h"

#include <unistd.h>

/* plimsoll analyze: where an image's bytes are, who put them there, and what is waste. */

#define AT(field) offsetof(struct analyze_args, field)
static const struct opt opts[] = {
    {"top", 0, OPT_INT, AT(top), "N",
     "show that many rows of each list; a summary of 20 lines when not given"},
    {"tree", 0, OPT_FLAG, AT(tree), NULL, "show the folders with their sizes, small ones as one"},
    {"interactive", 'i', OPT_FLAG, AT(interactive), NULL,
     "look through it on a terminal; '?' shows the keys"},
    {"source", 0, OPT_STRING, AT(source), "DIR",
     "the folder with the Dockerfile: names the line that made each layer"},
    {"file", 'f', OPT_STRING, AT(file), "FILE", "the Dockerfile, where it is not DIR/Dockerfile"},
    {"base", 0, OPT_STRING, AT(base), "IMAGE", "the base image, where only its layers can tell"},
    IMAGE_OPTS,
    {"report", 0, OPT_STRING, AT(report), "FILE",
     "write a page for browsers, complete in one file, e.g. report.html"},
    {"max-size", 0, OPT_SIZE, AT(max_size), "SIZE", "status 1 when the image is larger"},
    {"max-pull", 0, OPT_SIZE, AT(max_pull), "SIZE", "status 1 when its blobs are larger"},
    {"max-waste", 0, OPT_SIZE, AT(max_waste), "SIZE", "status 1 when more is hidden"},
    {"max-layers", 0, OPT_INT, AT(max_layers), "N", "status 1 when it has more layers"},
    {"max-category", 0, OPT_LIST, AT(max_category), "CATEGORY=SIZE",
     "status 1 when a category weighs more, e.g. docs=10MB"},
    {"max-growth", 0, OPT_STRING, AT(max_growth), "SIZE|PERCENT",
     "status 1 when it has grown more since --reference, e.g. 5%"},
    {"reference", 0, OPT_STRING, AT(reference), "IMAGE", "what --max-growth compares with"},
    {"ci", 0, OPT_FLAG, AT(ci), NULL, "judge by the rules of .dive-ci, as dive --ci does"},
    {"ci-config", 0, OPT_STRING, AT(ci_config), "FILE",
     "the rules, where they are not in .dive-ci"},
    {"lowestEfficiency", 0, OPT_STRING, AT(efficiency), "RATIO",
     "status 1 when less of the bytes is live; of dive's"},
    {"highestWastedBytes", 0, OPT_STRING, AT(wasted), "SIZE", "status 1 when more is hidden"},
    {"highestUserWastedPercent", 0, OPT_STRING, AT(user_wasted), "RATIO",
     "status 1 when more of what is above the lowest layer is hidden"},
    {"compat", 0, OPT_CHOICE, AT(compat), "true|dive",
     "judge true numbers, or those that dive gives"},
    {"json", 'j', OPT_STRING, AT(dive_json), "FILE", "write the file that dive --json writes"},
    {"threads", 0, OPT_INT, AT(threads), "N", "workers; one a core when not given"},
};
/* The name with dive's --source in front of it. */
static str image_name(struct ctx *ctx, const struct analyze_args *args)
{
    str name = args->images.at[0];
    if (!analyze_source_is_engine(args->source) || str_eq(args->source, STR("podman")))
        return name;
    const char *transport =
        str_eq(args->source, STR("docker")) ? "docker-daemon:" : "docker-archive:";
    return str_starts(name, str_from(transport))
               ? name
               : str_fmt(ctx->arena, "%s%.*s", transport, STR_ARG(name));
}

/* What is known beside the image: its Dockerfile, its base. */
static bool read_hints(struct ctx *ctx, const struct analyze_args *args, struct image *base,
                       struct analysis_hints *out_hints, struct err *err)
{
    *out_hints = (struct analysis_hints){0};
    if (!analyze_source(ctx, args, &out_hints->file, err))
        return false;
    if (!args->base.len)
        return true;
    if (!image_arg_open(ctx, &args->image, args->base, base, err))
        return err_wrap(err, "--base");
    out_hints->base = base;
    return true;
}

/* What else is written beside the answer. */
static bool write_files(struct ctx *ctx, const struct analyze_args *args,
                        const struct analysis *analysis, const struct read_image *read,
                        struct err *err)
{
    if (args->report.len && !file_replace(ctx->host.cwd_fd, args->report,
                                          report_page(ctx->arena, analysis, &read->packages), err))
        return false;
    return !args->dive_json.len ||
           file_replace(ctx->host.cwd_fd, args->dive_json, report_dive(ctx->arena, analysis), err);
}

/* Said before the image is read. */
static bool terminal_is_there(const struct analyze_args *args, struct err *err)
{
    if (!args->interactive || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        return true;
    err_set(err, ERR_USAGE, "-i wants a terminal for standard input and output");
    return err_hint(err, "leave -i away, or write a page for browsers with --report FILE");
}

/* What .plimsoll.yaml says of keys. */
static bool read_keys(struct ctx *ctx, const struct analyze_args *args, struct key_map *out_keys,
                      struct err *err)
{
    struct check_options options = {0};
    *out_keys = (struct key_map){0};
    return !args->interactive || (check_config_read(ctx->arena, &ctx->host, STR("."),
                                                    ctx->common.config, &options, err) &&
                                  tui_keys_read(&options.keys, out_keys, err));
}

/* The answer: on a terminal until 'q', or printed. */
static bool show(struct ctx *ctx, const struct analyze_args *args, const struct tui *tui,
                 struct err *err)
{
    struct report_style style = ctx_style(ctx);
    const struct analysis_report how = {.format = (enum analyze_format)ctx->common.format,
                                        .top = (uint32_t)args->top,
                                        .tree = args->tree,
                                        .style = style};
    struct tui_times times;
    if (!args->interactive)
        return ctx_print(ctx, report_analysis(ctx->arena, tui->analysis, &how), err);
    progress_clear(ctx->events);
    if (!tui_run(ctx->arena, tui, &times, err))
        return false;
    if (host_env(&ctx->host, "PLIMSOLL_TRACE").len)
        ctx_warn(ctx, str_fmt(ctx->arena, "%" PRIu32 " keys, the slowest took %" PRIu64 " ms",
                              times.keys, times.worst_ms));
    return true;
}

/* The terminal is taken when all is read: until then it says what it waits for. */
static void tell_reading(struct ctx *ctx, const struct analyze_args *args,
                         const struct image *image)
{
    uint64_t bytes = 0;
    if (!args->interactive)
        return;
    VEC_EACH(struct image_layer, layer, image->layers)
        bytes += layer->blob.size;
    ctx_note(ctx, "reading the %u layers of %.*s, %.*s ...", image->layers.count,
             STR_ARG(report_escape(ctx->arena, image->name)),
             STR_ARG(size_print(ctx->arena, bytes)));
}

static bool run_analyze(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct analyze_args *args = raw_args;
    struct read_image read;
    struct image base;
    struct analyze_gates gates;
    struct analysis_hints hints;
    struct key_map keys;
    bool broken;
    if (!terminal_is_there(args, err) || !read_keys(ctx, args, &keys, err) ||
        !analyze_gates_read(ctx, args, &gates, err) || !read_hints(ctx, args, &base, &hints, err) ||
        !image_arg_open(ctx, &args->image, image_name(ctx, args), &read.image, err))
        return false;
    tell_reading(ctx, args, &read.image);
    if (!image_arg_read(ctx, &args->image, (unsigned)args->threads, &read, err))
        return false;
    struct analysis analysis = analyze_image(ctx->arena, &read.image, &read.view, &read.packages);
    analysis_trace(ctx->arena, &analysis, &read.packages, &hints);
    const struct tui tui = {&analysis, &read.packages, &ctx->host, keys, ctx_style(ctx).color};
    if (!show(ctx, args, &tui, err) || !write_files(ctx, args, &analysis, &read, err) ||
        !analyze_gates_tell(ctx, args, &gates, &analysis, &broken, err))
        return false;
    *out_exit = broken ? EXIT_FINDINGS : EXIT_CLEAN;
    return true;
}

const struct command cmd_analyze = {
    .name = "analyze",
    .summary = "tell where an image's bytes are, who put them there, and what is waste",
    .operands = "IMAGE",
    .about =
        "Read each layer of an image once and tell what it holds: bytes and files a layer, what a "
        "later layer hides of an earlier one (a pull still brings it), and content that is there "
        "more than once. Nothing is unpacked. Digests are checked before anything is told.\n\n"
        "IMAGE is a name, which is sought in the store, in an engine on this host, and in its "
        "registry; docker://REF, read straight from the registry; docker-daemon:REF; oci:DIR, "
        "oci-archive:FILE or docker-archive:FILE, with :TAG behind it where there are several; or "
        "a path, which is looked at.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct analyze_args),
    .formats = ANALYZE_FORMATS,
    .operands_offset = AT(images),
    .operands_min = 1,
    .operands_max = 1,
    .examples = "plimsoll analyze image.tar\twhat docker save wrote\n"
                "plimsoll analyze oci:layout:1.0 --format json\tfor programs\n"
                "plimsoll analyze image.tar --source .\tand which line of the Dockerfile it was\n"
                "plimsoll analyze image.tar --max-waste 10MB\ta gate for CI\n",
    .run = run_analyze,
};
