#include "cli/rule_args.h"

#include "base/io.h"
#include "base/limits.h"
#include "report/report.h"

/* From options and configuration to a check that has run. */

static bool set_severities(struct ctx *ctx, const struct opt_list *given, struct map *severity,
                           struct err *err)
{
    static const char *const levels[] = {"error", "warning", "note", "off"};
    VEC_EACH(str, entry, *given) {
        size_t equals = str_find_char(*entry, '=');
        str id = str_slice(*entry, 0, equals);
        str level = equals == STR_MISSING ? STR_NONE : str_from_index(*entry, equals + 1);
        const struct rule *rule = rule_find(id);
        if (!rule)
            return err_set(err, ERR_USAGE, "--severity-override: there is no rule '%.*s'",
                           STR_ARG(id));
        if (!str_in(level, levels, ARRAY_COUNT(levels)))
            return err_set(err, ERR_USAGE,
                           "--severity-override %s: a level is error, warning, note or off",
                           rule->name);
        map_set(ctx->arena, severity, str_from(rule->name), str_z(ctx->arena, level));
    }
    return true;
}

static void set_names(struct ctx *ctx, const struct opt_list *given, struct name_list *names)
{
    if (given->count)
        *names = (struct name_list){0}; /* flags win over the configuration file */
    VEC_EACH(str, name, *given)
        vec_push(ctx->arena, names, *name);
}

/* Configuration first, then what the command line says. */
static bool make_options(struct ctx *ctx, const struct rule_args *args,
                         struct check_options *options, struct err *err)
{
    str start = args->paths.count ? args->paths.at[0] : STR(".");
    if (str_eq(start, STR("-")))
        start = args->stdin_name.len ? args->stdin_name : STR(".");
    if (!check_config_read(ctx->arena, &ctx->host, start, ctx->common.config, options, err))
        return false;
    set_names(ctx, &args->select, &options->choice.select);
    set_names(ctx, &args->ignore, &options->choice.ignore);
    if (!set_severities(ctx, &args->severity, &options->choice.severity, err))
        return false;
    if (args->baseline.len)
        options->baseline = args->baseline;
    if (args->target.len)
        options->target = args->target;
    options->stdin_name = args->stdin_name;
    options->no_repository = args->no_repository;
    options->no_inline |= args->no_inline;
    options->modernize |= args->modernize;
    options->threads = args->threads > 64 ? 64 : (unsigned)args->threads;
    return true;
}

static bool has_stdin(const struct opt_list *paths)
{
    VEC_EACH(str, path, *paths)
        if (str_eq(*path, STR("-")))
            return true;
    return false;
}

bool ctx_tell_unread(struct ctx *ctx, const struct check_result *result)
{
    uint32_t asked = 0;
    VEC_EACH(struct unread, unread, result->unread) {
        str what =
            str_has(unread->why, unread->path)
                ? unread->why
                : str_fmt(ctx->arena, "%.*s: %.*s", STR_ARG(unread->path), STR_ARG(unread->why));
        asked += unread->asked;
        if (unread->asked)
            ctx_complain(ctx, what);
        else
            ctx_warn(ctx, str_fmt(ctx->arena, "%.*s: rules judge without it", STR_ARG(what)));
    }
    return asked > 0;
}

struct report_style ctx_style(const struct ctx *ctx)
{
    return (struct report_style){
        .width = ctx->host.width, .color = ctx->host.color, .quiet = ctx->common.quiet};
}

bool rule_args_baseline(struct ctx *ctx, const struct check_options *options,
                        struct check_result *result, struct err *err)
{
    str json;
    if (!options->baseline.len)
        return true;
    if (!file_read(ctx->arena, ctx->host.cwd_fd, options->baseline, LIMIT_JSON_DOCUMENT, &json,
                   err))
        return err_wrap(err, "reading the baseline");
    if (!baseline_apply(ctx->arena, json, result, err))
        return err_wrap(err, "baseline %.*s", STR_ARG(options->baseline));
    return true;
}

bool rule_args_check(struct ctx *ctx, const struct rule_args *args, struct check_options *options,
                     struct check_result *result, struct err *err)
{
    const str here = STR(".");
    struct check_input input = {
        .paths = args->paths.count ? args->paths.at : &here,
        .count = args->paths.count ? args->paths.count : 1,
    };
    return make_options(ctx, args, options, err) &&
           (!has_stdin(&args->paths) || ctx_stdin(ctx, &input.stdin_text, err)) &&
           check_run(ctx->arena, &ctx->host, &input, options, result, err);
}
