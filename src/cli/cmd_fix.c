#include "cli/rule_args.h"

#include "base/io.h"
#include "fix/fix.h"
#include "report/report.h"

/* plimsoll fix: apply what can be applied, or show it. */

struct fix_args {
    struct rule_args rules; /* first: RULE_OPTS counts on it */
    bool diff, unproven;
};

#define AT(field) offsetof(struct fix_args, field)
static const struct opt opts[] = {
    RULE_OPTS,
    {"diff", 'd', OPT_FLAG, AT(diff), NULL,
     "print a unified diff and write nothing; status 1 when something would change"},
    {"unproven", 0, OPT_FLAG, AT(unproven), NULL,
     "also apply the fixes whose effect only a rebuild can prove"},
};

static bool is_changed(const struct fixed_file *file)
{
    return !str_eq(file->before, file->after);
}

/* Write a changed file, or print it when it came from standard input. */
static bool deliver(struct ctx *ctx, const struct fixed_file *file, bool from_stdin,
                    struct err *err)
{
    if (from_stdin)
        return ctx_print(ctx, file->after, err);
    if (!is_changed(file))
        return true;
    if (!file_replace(ctx->host.cwd_fd, file->path, file->after, err))
        return err_wrap(err, "fixing %.*s", STR_ARG(file->path));
    return true;
}

/* A path as `git apply` takes it: below this folder, without "./" and "..". PWD counts only where
 * it names this very folder. */
static str path_for_diff(struct ctx *ctx, str path)
{
    struct stat here, named;
    str folder = host_env(&ctx->host, "PWD");
    str clean = path_clean(ctx->arena, path);
    if (!str_starts(folder, STR("/")) || !path_stat(ctx->host.cwd_fd, STR("."), &here) ||
        !path_stat(ctx->host.cwd_fd, folder, &named) || here.st_ino != named.st_ino ||
        here.st_dev != named.st_dev)
        return clean;
    str whole = path_join(ctx->arena, folder, path);
    str above = str_cat(ctx->arena, path_clean(ctx->arena, folder), STR("/"));
    return str_starts(whole, above) ? str_from_index(whole, above.len) : clean;
}

/* Does the only argument say standard input? */
static bool reads_stdin(const struct rule_args *args)
{
    return args->paths.count == 1 && str_eq(args->paths.at[0], STR("-"));
}

static bool run_fix(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct fix_args *args = raw_args;
    struct check_options options = {0};
    struct check_result result = {0};
    if (!rule_args_check(ctx, &args->rules, &options, &result, err) ||
        !rule_args_baseline(ctx, &options, &result, err))
        return false;
    bool unread = ctx_tell_unread(ctx, &result), changed = false;
    bool from_stdin = reads_stdin(&args->rules);
    const struct fix_options fix_options = {.unproven = args->unproven, .check = &options};
    struct fix_report report = {.diff = args->diff};
    VEC_EACH(struct checked_file, file, result.files) {
        if (result.unread.count && file->kind == FILE_IGNORE)
            continue; /* its lines are right or wrong for the whole tree, which is not known */
        struct fixed_file fixed = fix_file(ctx->arena, &result, file, &fix_options);
        changed |= is_changed(&fixed);
        if (!args->diff && !deliver(ctx, &fixed, from_stdin, err))
            return false;
        if (args->diff && !from_stdin)
            fixed.path = path_for_diff(ctx, fixed.path);
        vec_push(ctx->arena, &report.files, fixed);
    }
    *out_exit = unread ? EXIT_FAILED : args->diff && changed ? EXIT_FINDINGS : EXIT_CLEAN;
    if (from_stdin && !args->diff)
        return true; /* the text itself is the result */
    struct report_style style = ctx_style(ctx);
    return ctx_print(ctx, report_fix(ctx->arena, &report, ctx->common.format == 1, &style), err);
}

const struct command cmd_fix = {
    .name = "fix",
    .summary = "mend what can be mended safely; --diff to look first",
    .operands = "[PATH...]",
    .about =
        "Apply the fixes that findings carry. Files are replaced whole, and keep their mode, owner, "
        "line ends and style; what is not part of a fix stays byte for byte as it was. After each "
        "round a file is checked again: a fix that does not take its finding away, makes a new one "
        "as severe or breaks the file is taken back, and said so.\n\n"
        "Fixes are of three classes. Safe ones are applied. Those whose effect only a rebuild can "
        "prove are applied with --unproven: cache mounts, manifests copied first, a user that is "
        "not root, stripping. Suggestions are for a person to read in 'plimsoll check'.\n\n"
        "Another base image, a second stage to build in, and cache mounts for the distribution's "
        "own packages are a repository's own choice: these are unproven fixes too, and made only "
        "with --modernize, or by a rule that --select names itself (base/slim-sibling, "
        "base/sdk-shipped, size/build-tools-left, size/dev-dependencies, cache/mount-missing), "
        "not by its group or 'all'. With '-' the text comes from standard input and goes to standard output.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct fix_args),
    .formats = FIX_FORMATS,
    .operands_offset = AT(rules.paths),
    .operands_max = OPERANDS_ANY,
    .examples =
        "plimsoll fix --diff\tlook first\n"
        "plimsoll fix --diff | git apply\tapply the diff by git\n"
        "plimsoll fix --select DL3009 Dockerfile\tmend one thing in one file\n"
        "plimsoll fix --unproven --modernize --diff\tsee what other stages and bases would do\n",
    .run = run_fix,
};
