#include "cli/image_arg.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "report/report.h"

/* plimsoll analyze: where an image's bytes are, who put them there, and what is waste. */

struct analyze_args {
    struct image_args image;
    struct opt_list images;
    str report;
    str ci_config, efficiency, wasted, user_wasted;
    uint64_t top, max_size, max_waste, max_pull, max_layers, threads;
    unsigned compat;
    bool ci;
};

#define AT(field) offsetof(struct analyze_args, field)
static const struct opt opts[] = {
    {"top", 0, OPT_INT, AT(top), "N", "how many rows of each list are shown"},
    IMAGE_OPTS,
    {"report", 0, OPT_STRING, AT(report), "FILE",
     "write a page for browsers, complete in one file, e.g. report.html"},
    {"max-size", 0, OPT_SIZE, AT(max_size), "SIZE", "status 1 when the image is larger"},
    {"max-pull", 0, OPT_SIZE, AT(max_pull), "SIZE", "status 1 when its blobs are larger"},
    {"max-waste", 0, OPT_SIZE, AT(max_waste), "SIZE", "status 1 when more is hidden"},
    {"max-layers", 0, OPT_INT, AT(max_layers), "N", "status 1 when it has more layers"},
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
    {"threads", 0, OPT_INT, AT(threads), "N", "workers; one a core when not given"},
};
static const struct analyze_args defaults = {.top = 5};

/* Tell each budget that is not kept; true when there is one. */
static bool tell_gates(struct ctx *ctx, const struct analyze_args *args,
                       const struct analysis *analysis)
{
    const struct {
        const char *name;
        uint64_t most, is;
    } gates[] = {
        {"max-size", args->max_size, analysis->size},
        {"max-pull", args->max_pull, analysis->compressed_size},
        {"max-waste", args->max_waste, analysis->wasted_bytes},
        {"max-layers", args->max_layers, analysis->layers.count},
    };
    bool broken = false;
    for (size_t i = 0; i < ARRAY_COUNT(gates); i++) {
        if (!gates[i].most || gates[i].is <= gates[i].most)
            continue;
        broken = true;
        ctx_complain(ctx, str_fmt(ctx->arena, "--%s: %" PRIu64 " is over %" PRIu64, gates[i].name,
                                  gates[i].is, gates[i].most));
    }
    return broken;
}

/* -- dive's rules ------------------------------------------------------------------------------ */

static bool in_ci(const struct ctx *ctx)
{
    str ci = host_env(&ctx->host, "CI");
    return str_eq_nocase(ci, STR("true")) || STR_IN(ci, "1", "yes");
}

/* The rules that count; `out_on` when any are asked for. */
static bool read_gates(struct ctx *ctx, const struct analyze_args *args, struct gates *gates,
                       bool *out_on, struct err *err)
{
    const struct {
        const char *key;
        str value;
    } flags[] = {{"lowestEfficiency", args->efficiency},
                 {"highestWastedBytes", args->wasted},
                 {"highestUserWastedPercent", args->user_wasted}};
    bool named = args->ci_config.len > 0;
    str path = named ? args->ci_config : STR(".dive-ci"), text;
    struct stat stat;
    bool file = named || path_stat(ctx->host.cwd_fd, path, &stat);
    *gates = gates_default();
    *out_on = args->ci || named || (file && in_ci(ctx));
    if (file && (!file_read(ctx->arena, ctx->host.cwd_fd, path, LIMIT_LINT_FILE, &text, err) ||
                 !gates_read(ctx->arena, path, text, gates, err)))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        bool known;
        if (!flags[i].value.len)
            continue;
        *out_on = true;
        if (!gates_set(gates, str_from(flags[i].key), flags[i].value, &known, err))
            return false;
    }
    return true;
}

/* What the rules judge: our numbers, or dive's. */
static void gate_values(struct ctx *ctx, const struct analyze_args *args,
                        const struct analysis *analysis, double values[GATE_COUNT])
{
    const struct image_view *view = analysis->view;
    uint64_t user = 0, wasted = 0;
    if (args->compat) {
        struct dive_numbers dive = dive_count(ctx->arena, view->layers, view->layer_count);
        values[GATE_EFFICIENCY] = dive.efficiency;
        values[GATE_WASTED_BYTES] = (double)dive.wasted_bytes;
        values[GATE_USER_WASTED] = dive.user_wasted_percent;
        return;
    }
    for (uint32_t i = 1; i < analysis->layers.count; i++) {
        user += analysis->layers.at[i].size;
        wasted += analysis->layers.at[i].wasted_bytes;
    }
    values[GATE_EFFICIENCY] = analysis->efficiency;
    values[GATE_WASTED_BYTES] = (double)analysis->wasted_bytes;
    values[GATE_USER_WASTED] = (double)wasted / (double)user;
}

/* Tell each rule's verdict on standard error; true when one fails. */
static bool tell_verdicts(struct ctx *ctx, const struct gate_verdict verdicts[GATE_COUNT])
{
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    bool fails = false;
    for (size_t i = 0; i < GATE_COUNT; i++) {
        const struct gate_verdict *verdict = &verdicts[i];
        fails = fails || verdict->result == GATE_FAIL;
        str text = str_fmt(ctx->arena, "%s: %s: %.*f, limit %.*s", words[verdict->result],
                           verdict->key, i == GATE_WASTED_BYTES ? 0 : 4, verdict->value,
                           STR_ARG(verdict->limit.len ? verdict->limit : STR("disabled")));
        if (verdict->result == GATE_FAIL)
            ctx_complain(ctx, text);
        else
            ctx_note(ctx, "%.*s", STR_ARG(text));
    }
    return fails;
}

static bool run_analyze(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct analyze_args *args = raw_args;
    struct read_image read;
    struct gates gates;
    bool judged;
    if (!read_gates(ctx, args, &gates, &judged, err) ||
        !image_arg_open(ctx, &args->image, args->images.at[0], &read.image, err) ||
        !image_arg_read(ctx, &args->image, (unsigned)args->threads, &read, err))
        return false;
    struct analysis analysis = analyze_image(ctx->arena, &read.image, &read.view, &read.packages);
    struct report_style style = ctx_style(ctx);
    if (!ctx_print(ctx,
                   report_analysis(ctx->arena, &analysis, ctx->common.format == 1,
                                   (uint32_t)args->top, &style),
                   err))
        return false;
    if (args->report.len &&
        !file_replace(ctx->host.cwd_fd, args->report,
                      report_page(ctx->arena, &(struct page_side){&analysis, &read.packages}), err))
        return false;
    bool broken = tell_gates(ctx, args, &analysis);
    if (judged) {
        double values[GATE_COUNT];
        struct gate_verdict verdicts[GATE_COUNT];
        gate_values(ctx, args, &analysis, values);
        gates_judge(&gates, values, verdicts);
        broken = tell_verdicts(ctx, verdicts) || broken;
    }
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
        "IMAGE is oci:DIR, oci-archive:FILE or docker-archive:FILE, with :TAG behind it where "
        "there are several, or a path, which is looked at.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct analyze_args),
    .defaults = &defaults,
    .formats = ANALYZE_FORMATS,
    .operands_offset = AT(images),
    .operands_min = 1,
    .operands_max = 1,
    .examples = "plimsoll analyze image.tar\twhat docker save wrote\n"
                "plimsoll analyze oci:layout:1.0 --format json\tfor programs\n"
                "plimsoll analyze image.tar --max-waste 10MB\ta gate for CI\n",
    .run = run_analyze,
};
