#include "cli/commands.h"

#include "base/io.h"
#include "base/limits.h"
#include "context/context.h"
#include "report/report.h"

#include <errno.h>

/* plimsoll context: what a build would send, what it need not, and the ignore file. */

struct context_args {
    struct opt_list dirs;
    str dockerfile, explain;
    uint64_t max_bytes, threads;
    bool write;
};

#define AT(field) offsetof(struct context_args, field)
static const struct opt opts[] = {
    {"file", 'f', OPT_STRING, AT(dockerfile), "FILE",
     "the Dockerfile of the build, in the context"},
    {"write", 'w', OPT_FLAG, AT(write), NULL,
     "add the suggested lines to the ignore file, or make one"},
    {"explain", 'e', OPT_STRING, AT(explain), "PATH", "tell which line decides about PATH"},
    {"max", 0, OPT_SIZE, AT(max_bytes), "SIZE", "status 1 when more is sent, e.g. 20MiB"},
    {"threads", 0, OPT_INT, AT(threads), "N", "workers; one a core when not given"},
};

/* A context, opened. */
struct opened {
    int root_fd;
    str directory, ignore_path, ignore_text;
    struct ignore *ignore; /* NULL when there is no file */
};

static bool open_context(struct ctx *ctx, const struct context_args *args, struct opened *opened,
                         struct err *err)
{
    opened->directory = args->dirs.count ? args->dirs.at[0] : STR(".");
    opened->root_fd = dir_open(ctx->host.cwd_fd, opened->directory, err);
    if (opened->root_fd < 0)
        return false;
    opened->ignore_path = ignore_file_for(ctx->arena, opened->root_fd, args->dockerfile);
    if (!opened->ignore_path.len)
        return true;
    if (!file_read(ctx->arena, opened->root_fd, opened->ignore_path, LIMIT_LINT_FILE,
                   &opened->ignore_text, err))
        return false;
    if (!ignore_compile(ctx->arena, opened->ignore_text, &opened->ignore, err))
        return err_wrap(err, "%.*s", STR_ARG(opened->ignore_path));
    return true;
}

static bool explain_path(struct ctx *ctx, const struct context_args *args,
                         const struct opened *opened, struct err *err)
{
    struct context_answer answer = {.path = path_clean(ctx->arena, args->explain),
                                    .ignore_path = opened->ignore_path};
    struct stat stat;
    answer.exists = path_stat(opened->root_fd, answer.path, &stat);
    if (!answer.exists && errno != ENOENT && errno != ENOTDIR)
        return err_sys(err, "cannot look at '%.*s'", STR_ARG(answer.path));
    struct ignore_verdict verdict = ignore_match(opened->ignore, answer.path);
    answer.dropped = verdict.dropped;
    answer.line = verdict.line;
    size_t count = 0;
    const struct ignore_pattern *patterns =
        opened->ignore ? ignore_patterns(opened->ignore, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (patterns[i].line == verdict.line)
            answer.pattern = patterns[i].raw;
    struct report_style style = ctx_style(ctx);
    return ctx_print(
        ctx, report_context_answer(ctx->arena, &answer, ctx->common.format == 1, &style), err);
}

static bool is_dockerfile(str path)
{
    str name = str_basename(path);
    return STR_IN(name, "Dockerfile", "Containerfile") || str_starts(name, STR("Dockerfile.")) ||
           str_ends(name, STR(".Dockerfile")) || str_ends(name, STR(".dockerfile"));
}

VEC_TYPE(source_list, const struct source *);

static bool add_dockerfile(struct ctx *ctx, const struct opened *opened, str path,
                           struct source_list *sources, struct err *err)
{
    str text;
    if (str_ends(path, STR(".dockerignore")))
        return true;
    if (!file_read(ctx->arena, opened->root_fd, path, LIMIT_LINT_FILE, &text, err)) {
        if (err_is_unreadable(err))
            return false;
        err_clear(err); /* what is gone, is no text or none of this size needs nothing */
        return true;
    }
    vec_push(ctx->arena, sources, source_new(ctx->arena, path, text));
    return true;
}

/* At the top, or in a directory that people keep for Dockerfiles of the whole repository. */
static bool is_near_top(const struct context_tree *tree, const struct context_entry *entry)
{
    if (entry->parent == NO_ENTRY)
        return true;
    str folder = tree->entries[entry->parent].path;
    return STR_IN(folder, "docker", ".docker", "dockerfiles", "Docker", "containers", "deploy",
                  "deployment", "build", "ci", ".devcontainer", "images");
}

/* The Dockerfiles that build this context: those near its top, else all. */
static bool dockerfiles_of(struct ctx *ctx, const struct opened *opened,
                           const struct context_tree *tree, struct source_list *sources,
                           struct err *err)
{
    for (int deep = 0; deep < 2 && !sources->count; deep++)
        for (uint32_t i = 0; i < tree->count; i++) {
            const struct context_entry *entry = &tree->entries[i];
            if (entry->type == ENTRY_FILE && is_dockerfile(entry->path) &&
                is_near_top(tree, entry) == !deep &&
                !add_dockerfile(ctx, opened, entry->path, sources, err))
                return false;
        }
    return true;
}

/* The one that was named: it must be there, in the context or beside it. */
static bool named_dockerfile(struct ctx *ctx, const struct context_args *args,
                             const struct opened *opened, struct source_list *sources,
                             struct err *err)
{
    str text;
    if (!file_read(ctx->arena, opened->root_fd, args->dockerfile, LIMIT_LINT_FILE, &text, err))
        return err_hint(err, "--file is relative to the context, here '%.*s'",
                        STR_ARG(opened->directory));
    vec_push(ctx->arena, sources, source_new(ctx->arena, args->dockerfile, text));
    return true;
}

static bool measure(struct ctx *ctx, const struct context_args *args, const struct opened *opened,
                    struct context_report *report, struct err *err)
{
    const struct context_options options = {.threads = (unsigned)args->threads};
    struct context_tree *tree;
    if (!context_walk(ctx->arena, opened->root_fd, opened->ignore, &options, &tree, err))
        return err_wrap(err, "walking %.*s", STR_ARG(opened->directory));
    struct source_list sources = {0};
    if (!args->dockerfile.len ? !dockerfiles_of(ctx, opened, tree, &sources, err)
                              : !named_dockerfile(ctx, args, opened, &sources, err))
        return false;
    const struct context_needs *needs =
        context_needs_of(ctx->arena, tree, opened->root_fd, sources.at, sources.count);
    str unread = context_needs_unread(needs);
    if (unread.len)
        return err_set(err, ERR_IO, "'%.*s' cannot be read, and it says what a build needs",
                       STR_ARG(unread));
    return context_measure(ctx->arena, opened->root_fd, tree, needs, opened->ignore_path, report,
                           err);
}

static bool write_ignore(struct ctx *ctx, const struct opened *opened,
                         const struct context_report *report, struct err *err)
{
    str path = opened->ignore_path.len ? opened->ignore_path : STR(".dockerignore");
    if (report->tree->unread.count)
        return err_set(err, ERR_IO, "nothing is written: '%.*s' cannot be read",
                       STR_ARG(report->tree->unread.at[0]));
    if (!opened->ignore_path.len && path_may_be(opened->root_fd, path))
        return err_set(err, ERR_IO, "nothing is written: '%.*s' has come meanwhile", STR_ARG(path));
    str text = context_ignore_text(ctx->arena, opened->ignore_text, report);
    if (str_eq(text, opened->ignore_text))
        return true;
    if (!file_replace(opened->root_fd, path, text, err))
        return err_wrap(err, "writing %.*s", STR_ARG(path));
    ctx_note(ctx, "wrote %.*s: %u line%s added", STR_ARG(path), report->suggest.count,
             report->suggest.count == 1 ? "" : "s");
    return true;
}

static bool run_opened(struct ctx *ctx, const struct context_args *args,
                       const struct opened *opened, int *out_exit, struct err *err)
{
    *out_exit = EXIT_CLEAN;
    if (args->explain.len)
        return explain_path(ctx, args, opened, err);
    struct context_report report = {0};
    if (!measure(ctx, args, opened, &report, err) ||
        (args->write && !write_ignore(ctx, opened, &report, err)))
        return false;
    VEC_EACH(str, unread, report.tree->unread)
        ctx_complain(ctx, str_fmt(ctx->arena, "%.*s: cannot be read", STR_ARG(*unread)));
    if (report.tree->unread.count)
        *out_exit = EXIT_FAILED;
    else if (args->max_bytes && report.tree->bytes > args->max_bytes)
        *out_exit = EXIT_FINDINGS;
    struct report_style style = ctx_style(ctx);
    style.quiet = style.quiet || args->write; /* no hint to do what was just done */
    return ctx_print(ctx, report_context(ctx->arena, &report, ctx->common.format == 1, &style),
                     err);
}

static bool run_context(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct context_args *args = raw_args;
    struct opened opened = {.root_fd = -1};
    bool ok =
        open_context(ctx, args, &opened, err) && run_opened(ctx, args, &opened, out_exit, err);
    fd_cleanup(&opened.root_fd);
    return ok;
}

const struct command cmd_context = {
    .name = "context",
    .summary = "measure what a build would send, and what it need not; write the ignore file",
    .operands = "[DIR]",
    .about =
        "Walk a build context as the builder would and tell how many bytes and files are sent, "
        "what each line of the ignore file leaves out, the largest offenders, secrets about to be "
        "sent, files that no COPY uses, and lines that would save more. The ignore file is "
        "FILE.dockerignore of the Dockerfile, else .dockerignore.\n\n"
        "--write adds the suggested lines, made from what is really in the tree; it never leaves "
        "out what a build needs, as far as the Dockerfiles and the tools they call tell.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct context_args),
    .formats = CONTEXT_FORMATS,
    .operands_offset = AT(dirs),
    .operands_max = 1,
    .examples = "plimsoll context\tmeasure this directory\n"
                "plimsoll context --write\twrite or extend .dockerignore\n"
                "plimsoll context --explain docs/api.md\twhich line decides\n"
                "plimsoll context --max 20MiB\ta gate for CI\n",
    .run = run_context,
};
