#include "cli/commands.h"

#include "cli/rule_args.h"
#include "report/report.h"

/* plimsoll alone: what is here, what would win most, what to do next. */

struct overview_args {
    int unused;
};

static bool run_overview(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    (void)raw_args;
    struct check_options options = {0};
    struct check_result result = {0};
    const str here = STR(".");
    const struct check_input input = {.paths = &here, .count = 1};
    if (!check_config_read(ctx->arena, &ctx->host, here, ctx->common.config, &options, err) ||
        !check_run(ctx->arena, &ctx->host, &input, &options, &result, err) ||
        !rule_args_baseline(ctx, &options, &result, err))
        return false;
    bool unread = ctx_tell_unread(ctx, &result);
    struct report_style style = ctx_style(ctx);
    str text = report_overview(ctx->arena, &result, &style);
    if (!result.files.count)
        text = str_cat(ctx->arena, text,
                       str_cat(ctx->arena, STR("\n"), help_program(ctx->arena, ctx->host.width)));
    *out_exit = unread ? EXIT_FAILED : EXIT_CLEAN;
    return ctx_print(ctx, text, err);
}

const struct command cmd_overview = {
    .name = "overview",
    .summary = "what is in this repository, its five biggest wins, and the next command",
    .operands = "",
    .about = "What 'plimsoll' does when it is given no command.",
    .args_size = sizeof(struct overview_args),
    .hidden = true,
    .run = run_overview,
};
