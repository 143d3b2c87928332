#include "cli/rule_args.h"

#include "base/io.h"
#include "report/report.h"

/* plimsoll check: look at files, say what is wrong, answer with a status. */

enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NOTE, FAIL_ON_NONE, FAIL_ON_UNSET };
#define FAIL_ON_WORDS "error|warning|note|none"

struct check_args {
    struct rule_args rules; /* first: RULE_OPTS counts on it */
    unsigned fail_on;
    str write_baseline;
};

#define AT(field) offsetof(struct check_args, field)
static const struct opt opts[] = {
    RULE_OPTS,
    {"fail-on", 0, OPT_CHOICE, AT(fail_on), FAIL_ON_WORDS,
     "status 1 from this severity on; warning when nothing else is configured"},
    {"write-baseline", 0, OPT_STRING, AT(write_baseline), "FILE",
     "write what is found to FILE, and end with status 0"},
};

static const struct check_args defaults = {.fail_on = FAIL_ON_UNSET};

static int gate(const struct check_result *result, str fail_on)
{
    uint32_t counted = result->errors;
    if (str_eq(fail_on, STR("none")))
        return EXIT_CLEAN;
    if (!str_eq(fail_on, STR("error")))
        counted += result->warnings;
    if (str_eq(fail_on, STR("note")))
        counted += result->notes;
    return counted ? EXIT_FINDINGS : EXIT_CLEAN;
}

static bool write_baseline(struct ctx *ctx, str path, const struct check_result *result,
                           struct err *err)
{
    str json = baseline_print(ctx->arena, result);
    if (!file_replace(ctx->host.cwd_fd, path, json, err))
        return err_wrap(err, "writing the baseline");
    ctx_note(ctx, "wrote %u findings to %.*s", result->errors + result->warnings + result->notes,
             STR_ARG(path));
    return true;
}

static bool run_check(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct check_args *args = raw_args;
    struct check_options options = {0};
    struct check_result result = {0};
    if (!rule_args_check(ctx, &args->rules, &options, &result, err))
        return false;
    if (args->fail_on != FAIL_ON_UNSET)
        options.fail_on = choice_word(FAIL_ON_WORDS, args->fail_on);
    bool unread = ctx_tell_unread(ctx, &result);
    if (args->write_baseline.len) {
        *out_exit = unread ? EXIT_FAILED : EXIT_CLEAN;
        return write_baseline(ctx, args->write_baseline, &result, err);
    }
    if (!rule_args_baseline(ctx, &options, &result, err))
        return false;
    ctx_note(ctx, "looked at %u file%s", result.files.count, result.files.count == 1 ? "" : "s");
    struct report_style style = ctx_style(ctx);
    enum check_format format = (enum check_format)ctx->common.format;
    if (format == CHECK_HUMAN || format == CHECK_LINE || format == CHECK_GITHUB)
        check_join(ctx->arena, &result);
    str report = report_check(ctx->arena, &result, format, &style);
    *out_exit = unread ? EXIT_FAILED : gate(&result, options.fail_on);
    return ctx_print(ctx, report, err);
}

const struct command cmd_check = {
    .name = "check",
    .summary = "lint Dockerfiles, ignore files, compose, Kubernetes and CI files",
    .operands = "[PATH...]",
    .about =
        "Look at files and say what is wrong, what it costs and how to mend it. A directory is "
        "walked, and the files in it are recognised by name and content; without PATH it is the "
        "current one. '-' reads a Dockerfile from standard input.\n\n"
        "Rules are named GROUP/NAME; wherever a rule is asked for, the id that another linter "
        "gives it (DL3009, SC2086) will do. A comment '# plimsoll: ignore=RULE -- reason' above "
        "an instruction takes a finding away, and so does hadolint's.\n\n"
        "The status is 0 when nothing at or above --fail-on was found, 1 when something was, 2 for "
        "a wrong option or configuration, and 3 when a file could not be read.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct check_args),
    .defaults = &defaults,
    .formats = CHECK_FORMATS,
    .operands_offset = AT(rules.paths),
    .operands_max = OPERANDS_ANY,
    .examples = "plimsoll check\tlook at everything below this directory\n"
                "plimsoll check Dockerfile --fail-on error\tfail on errors only\n"
                "plimsoll check --format sarif -o plimsoll.sarif\tfor GitHub code scanning\n"
                "plimsoll check --write-baseline plimsoll-baseline.json\tbegin from here\n"
                "plimsoll check --select layers,size/apt-lists-left -\tread standard input\n",
    .run = run_check,
};
