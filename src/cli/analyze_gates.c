#include "cli/analyze_args.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/num.h"
#include "report/report.h"

#include <stdlib.h>

/* -- what is asked for ------------------------------------------------------------------------- */

static bool in_ci(const struct ctx *ctx)
{
    str ci = host_env(&ctx->host, "CI");
    return str_eq_nocase(ci, STR("true")) || STR_IN(ci, "1", "yes");
}

/* dive's rules that count: the file's, then the flags'. */
static bool read_dive(struct ctx *ctx, const struct analyze_args *args, struct analyze_gates *gates,
                      struct err *err)
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
    gates->dive = gates_default();
    gates->judged = args->ci || named || (file && in_ci(ctx));
    if (file && (!file_read(ctx->arena, ctx->host.cwd_fd, path, LIMIT_LINT_FILE, &text, err) ||
                 !gates_read(ctx->arena, path, text, &gates->dive, err)))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        bool known;
        if (!flags[i].value.at) /* not given; "" is: it switches the rule off */
            continue;
        gates->judged = true;
        if (!gates_set(&gates->dive, str_from(flags[i].key), flags[i].value, &known, err))
            return false;
    }
    return true;
}

static bool find_category(str name, size_t *out_category)
{
    for (size_t i = 0; i < category_count; i++) {
        bool removable;
        if (!str_eq_nocase(name, str_from(category_name(i, &removable))))
            continue;
        *out_category = i;
        return true;
    }
    /* Short words for what people say most. */
    if (STR_IN(name, "docs", "doc"))
        return find_category(STR("documentation"), out_category);
    if (STR_IN(name, "pyc"))
        return find_category(STR("bytecode"), out_category);
    if (STR_IN(name, "caches"))
        return find_category(STR("tool caches"), out_category);
    return false;
}

static bool read_categories(struct ctx *ctx, const struct analyze_args *args,
                            struct analyze_gates *gates, struct err *err)
{
    VEC_EACH(str, item, args->max_category) {
        size_t equals = str_find_char(*item, '=');
        struct category_budget budget;
        str name = str_slice(*item, 0, equals);
        if (equals == STR_MISSING || !find_category(name, &budget.category)) {
            err_set(err, ERR_USAGE, "--max-category '%.*s' names no category", STR_ARG(*item));
            return err_hint(err, "write CATEGORY=SIZE, as in docs=10MB; the categories are those "
                                 "that --format json lists");
        }
        if (!size_parse(str_from_index(*item, equals + 1), &budget.most, err))
            return err_wrap(err, "--max-category '%.*s'", STR_ARG(*item));
        vec_push(ctx->arena, &gates->categories, budget);
    }
    return true;
}

/* "10MB", or "5%" of the reference. */
static bool read_growth(struct ctx *ctx, const struct analyze_args *args,
                        struct analyze_gates *gates, struct err *err)
{
    str value = args->max_growth;
    gates->growth = value.len > 0;
    if (!gates->growth != !args->reference.len) {
        err_set(err, ERR_USAGE, "--max-growth and --reference go together");
        return err_hint(err, "--max-growth 5%% --reference IMAGE");
    }
    if (!gates->growth)
        return true;
    uint64_t bytes;
    if (!str_ends(value, STR("%"))) {
        if (!size_parse(value, &bytes, err))
            return err_wrap(err, "--max-growth");
        gates->growth_most = (double)bytes;
        return true;
    }
    char *end, *z = str_z(ctx->arena, str_slice(value, 0, value.len - 1));
    gates->growth_is_ratio = true;
    gates->growth_most = strtod(z, &end) / 100;
    if (end != z && !*end && gates->growth_most >= 0)
        return true;
    err_set(err, ERR_USAGE, "--max-growth '%.*s' is no share", STR_ARG(value));
    return err_hint(err, "a size as in 10MB, or a share as in 5%%");
}

bool analyze_gates_read(struct ctx *ctx, const struct analyze_args *args,
                        struct analyze_gates *out_gates, struct err *err)
{
    *out_gates = (struct analyze_gates){0};
    return read_dive(ctx, args, out_gates, err) && read_categories(ctx, args, out_gates, err) &&
           read_growth(ctx, args, out_gates, err);
}

/* -- because of what --------------------------------------------------------------------------- */

static str layer_words(struct ctx *ctx, const struct analysis *analysis, uint32_t index)
{
    const struct layer_row *row = &analysis->layers.at[index];
    str rest = row->created_by, made = STR("");
    (void)str_next_line(&rest, &made);
    str name = row->line ? str_fmt(ctx->arena, "line %" PRIu32 " of %.*s", row->line,
                                   STR_ARG(analysis->origins->file->source->path))
                         : str_fmt(ctx->arena, "layer %" PRIu32, index + 1);
    made = report_escape(ctx->arena, str_slice(made, 0, 60));
    return made.len ? str_fmt(ctx->arena, "%.*s '%.*s'", STR_ARG(name), STR_ARG(made)) : name;
}

static str largest_layer(struct ctx *ctx, const struct analysis *analysis, bool pull)
{
    uint32_t largest = 0;
    if (!analysis->layers.count)
        return STR("");
    for (uint32_t i = 1; i < analysis->layers.count; i++) {
        const struct layer_row *row = &analysis->layers.at[i],
                               *best = &analysis->layers.at[largest];
        if (pull ? row->compressed_size > best->compressed_size : row->size > best->size)
            largest = i;
    }
    const struct layer_row *row = &analysis->layers.at[largest];
    return str_fmt(ctx->arena, "; the largest part, %.*s, is from %.*s",
                   STR_ARG(size_print(ctx->arena, pull ? row->compressed_size : row->size)),
                   STR_ARG(layer_words(ctx, analysis, largest)));
}

static str largest_waste(struct ctx *ctx, const struct analysis *analysis)
{
    if (!analysis->pairs.count)
        return STR("");
    const struct waste_pair *pair = &analysis->pairs.at[0];
    return str_fmt(
        ctx->arena, "; the largest part, %.*s with '%.*s', was written by %.*s%s%.*s",
        STR_ARG(size_print(ctx->arena, pair->bytes)),
        STR_ARG(report_escape(ctx->arena, pair->example)),
        STR_ARG(layer_words(ctx, analysis, pair->writer)),
        pair->writer == pair->hider ? " twice" : " and hidden by ",
        STR_ARG(pair->writer == pair->hider ? STR("") : layer_words(ctx, analysis, pair->hider)));
}

static str largest_of_category(struct ctx *ctx, const struct analysis *analysis, size_t category)
{
    const struct image_view *view = analysis->view;
    uint32_t largest = UINT32_MAX;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        if (!file->counted || analysis->category[i] != category ||
            view_entry(view, file)->kind != LAYER_FILE)
            continue;
        if (largest == UINT32_MAX ||
            view_entry(view, file)->size > view_entry(view, &view->files[largest])->size)
            largest = i;
    }
    if (largest == UINT32_MAX)
        return STR("");
    const struct view_file *file = &view->files[largest];
    return str_fmt(ctx->arena, "; the largest file, %.*s, is '%.*s' from %.*s",
                   STR_ARG(size_print(ctx->arena, view_entry(view, file)->size)),
                   STR_ARG(report_escape(ctx->arena, view_path(view, file))),
                   STR_ARG(layer_words(ctx, analysis, file->layer)));
}

/* -- verdicts ---------------------------------------------------------------------------------- */

static void tell_over(struct ctx *ctx, const char *gate, uint64_t is, uint64_t most, str because)
{
    ctx_complain(ctx, str_fmt(ctx->arena, "%s: %.*s (%" PRIu64 " bytes) is over %.*s%.*s", gate,
                              STR_ARG(size_print(ctx->arena, is)), is,
                              STR_ARG(size_print(ctx->arena, most)), STR_ARG(because)));
}

static bool tell_budgets(struct ctx *ctx, const struct analyze_args *args,
                         const struct analyze_gates *gates, const struct analysis *analysis)
{
    bool broken = false;
    if (args->max_size && analysis->size > args->max_size) {
        broken = true;
        tell_over(ctx, "--max-size", analysis->size, args->max_size,
                  largest_layer(ctx, analysis, false));
    }
    if (args->max_pull && analysis->compressed_size > args->max_pull) {
        broken = true;
        tell_over(ctx, "--max-pull", analysis->compressed_size, args->max_pull,
                  largest_layer(ctx, analysis, true));
    }
    if (args->max_waste && analysis->wasted_bytes > args->max_waste) {
        broken = true;
        tell_over(ctx, "--max-waste", analysis->wasted_bytes, args->max_waste,
                  largest_waste(ctx, analysis));
    }
    if (args->max_layers && analysis->layers.count > args->max_layers) {
        broken = true;
        ctx_complain(ctx, str_fmt(ctx->arena,
                                  "--max-layers: %" PRIu32 " layers are over %" PRIu64
                                  "; the first past it is from %.*s",
                                  analysis->layers.count, args->max_layers,
                                  STR_ARG(layer_words(ctx, analysis, (uint32_t)args->max_layers))));
    }
    VEC_EACH(struct category_budget, budget, gates->categories) {
        bool removable;
        const char *name = category_name(budget->category, &removable);
        VEC_EACH(struct category_row, row, analysis->categories) {
            if (str_order(str_from(row->category), str_from(name)) || row->bytes <= budget->most)
                continue;
            broken = true;
            str gate = str_fmt(ctx->arena, "--max-category %s", name);
            tell_over(ctx, str_z(ctx->arena, gate), row->bytes, budget->most,
                      largest_of_category(ctx, analysis, budget->category));
        }
    }
    return broken;
}

static bool tell_growth(struct ctx *ctx, const struct analyze_args *args,
                        const struct analyze_gates *gates, const struct analysis *analysis,
                        bool *out_broken, struct err *err)
{
    struct read_image reference = {0};
    if (!gates->growth)
        return true;
    if (!image_arg_open(ctx, &args->image, args->reference, &reference.image, err) ||
        !image_arg_read(ctx, &args->image, (unsigned)args->threads, &reference, err))
        return err_wrap(err, "--reference");
    uint64_t was = reference.view.total_bytes;
    double most = gates->growth_is_ratio ? gates->growth_most * (double)was : gates->growth_most;
    double grown = (double)analysis->size - (double)was;
    if (grown <= most)
        return true;
    *out_broken = true;
    ctx_complain(ctx,
                 str_fmt(ctx->arena,
                         "--max-growth: %.*s is %.*s (%.2f %%) more than the %.*s of '%.*s', over "
                         "%.*s%.*s",
                         STR_ARG(size_print(ctx->arena, analysis->size)),
                         STR_ARG(size_print(ctx->arena, (uint64_t)grown)),
                         was ? 100 * grown / (double)was : 100.0,
                         STR_ARG(size_print(ctx->arena, was)), STR_ARG(args->reference),
                         STR_ARG(args->max_growth), STR_ARG(largest_layer(ctx, analysis, false))));
    return true;
}

/* What dive's rules judge: our numbers, or dive's. */
static void dive_values(struct ctx *ctx, const struct analyze_args *args,
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

/* Tell each rule's verdict; true when one fails. */
static bool tell_dive(struct ctx *ctx, const struct analyze_args *args,
                      const struct analyze_gates *gates, const struct analysis *analysis)
{
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    double values[GATE_COUNT];
    struct gate_verdict verdicts[GATE_COUNT];
    bool fails = false;
    dive_values(ctx, args, analysis, values);
    gates_judge(&gates->dive, values, verdicts);
    for (size_t i = 0; i < GATE_COUNT; i++) {
        const struct gate_verdict *verdict = &verdicts[i];
        bool failed = verdict->result == GATE_FAIL;
        str text = str_fmt(ctx->arena, "%s: %s: %.*f, limit %.*s%.*s", words[verdict->result],
                           verdict->key, i == GATE_WASTED_BYTES ? 0 : 4, verdict->value,
                           STR_ARG(verdict->limit.len ? verdict->limit : STR("disabled")),
                           STR_ARG(failed ? largest_waste(ctx, analysis) : STR("")));
        fails = fails || failed;
        if (failed)
            ctx_complain(ctx, text);
        else
            ctx_note(ctx, "%.*s", STR_ARG(text));
    }
    return fails;
}

bool analyze_gates_tell(struct ctx *ctx, const struct analyze_args *args,
                        const struct analyze_gates *gates, const struct analysis *analysis,
                        bool *out_broken, struct err *err)
{
    *out_broken = tell_budgets(ctx, args, gates, analysis);
    if (gates->judged && tell_dive(ctx, args, gates, analysis))
        *out_broken = true;
    return tell_growth(ctx, args, gates, analysis, out_broken, err);
}
