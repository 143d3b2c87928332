#include "cli/cli.h"

#include "base/io.h"
#include "base/limits.h"
#include "report/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* What commands share: the options that all have, printing a result, talking. */

const struct opt common_opts[] = {
    {"format", 'f', OPT_CHOICE, offsetof(struct common, format), "FORMAT",
     "how the result is printed"},
    {"output", 'o', OPT_STRING, offsetof(struct common, output), "FILE",
     "write the result to FILE, whole or not at all"},
    {"quiet", 'q', OPT_FLAG, offsetof(struct common, quiet), NULL, "print results only, no talk"},
    {"color", 0, OPT_CHOICE, offsetof(struct common, color), "auto|always|never",
     "when to use colour; auto means on a terminal, unless NO_COLOR is set"},
    {"progress", 0, OPT_CHOICE, offsetof(struct common, progress), "auto|tty|plain|json|none",
     "how to tell on standard error what is going on"},
    {"config", 0, OPT_STRING, offsetof(struct common, config), "FILE",
     "use this configuration, not the nearest .plimsoll.yaml"},
    {"help", 'h', OPT_FLAG, offsetof(struct common, help), NULL, "show this help"},
};
const size_t common_opt_count = ARRAY_COUNT(common_opts);

bool ctx_print(struct ctx *ctx, str text, struct err *err)
{
    progress_clear(ctx->events);
    if (ctx->common.output.len && !str_eq(ctx->common.output, STR("-")))
        return file_replace(ctx->host.cwd_fd, ctx->common.output, text, err);
    if (!fd_write_all(STDOUT_FILENO, text, err))
        return err_wrap(err, "writing to standard output");
    return true;
}

/* One write to standard error; when that fails there is nobody left to tell. */
static void say(str text)
{
    struct err unheard = {0};
    if (!fd_write_all(STDERR_FILENO, text, &unheard))
        return;
}

struct events *ctx_events(struct ctx *ctx)
{
    unsigned choice = ctx->common.progress;
    if (ctx->events || ctx->common.quiet || choice == PROGRESS_NONE)
        return ctx->events;
    bool live = choice == PROGRESS_TTY || (choice == PROGRESS_AUTO && ctx->stderr_tty);
    ctx->events = progress_new(ctx->arena, &ctx->host,
                               choice == PROGRESS_JSON ? PROGRESS_FORM_JSON
                               : live                  ? PROGRESS_FORM_LIVE
                                                       : PROGRESS_FORM_PLAIN,
                               say);
    return ctx->events;
}

static bool talks(const struct ctx *ctx)
{
    if (ctx->common.quiet || ctx->common.progress == PROGRESS_NONE)
        return false;
    return ctx->common.progress != PROGRESS_AUTO || ctx->stderr_tty;
}

void ctx_note(struct ctx *ctx, const char *format, ...)
{
    if (!talks(ctx))
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    progress_clear(ctx->events);
    say(report_note(ctx->arena, str_from(text), ctx->common.progress == PROGRESS_JSON));
}

void ctx_complain(struct ctx *ctx, str what)
{
    progress_clear(ctx->events);
    say(str_fmt(ctx->arena, "plimsoll: error: %.*s\n", STR_ARG(report_escape(ctx->arena, what))));
}

void ctx_warn(struct ctx *ctx, str what)
{
    if (!ctx->common.quiet)
        say(str_fmt(ctx->arena, "plimsoll: warning: %.*s\n",
                    STR_ARG(report_escape(ctx->arena, what))));
}

bool ctx_stdin(struct ctx *ctx, str *out_text, struct err *err)
{
    if (!fd_read_all(ctx->arena, STDIN_FILENO, LIMIT_LINT_FILE, out_text, err))
        return err_wrap(err, "reading standard input");
    return true;
}
