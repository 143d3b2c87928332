#include "cli/commands.h"
#include "cli/plumbing.h"

#include "base/buf.h"
#include "base/io.h"
#include "report/report.h"

#include <errno.h>
#include <sys/stat.h>

/* plimsoll plumbing: the parts, for scripts, other test suites and bug reports. */

struct plumbing_args {
    struct opt_list operands;
};

static bool write_page(struct ctx *ctx, str directory, str name, str text, struct err *err)
{
    str path = str_fmt(ctx->arena, "%.*s/%.*s.md", STR_ARG(directory), STR_ARG(name));
    return file_replace(ctx->host.cwd_fd, path, text, err);
}

static bool make_directory(struct ctx *ctx, str path, struct err *err)
{
    const char *z = str_z(ctx->arena, path);
    if (mkdirat(ctx->host.cwd_fd, z, 0777) == 0 || errno == EEXIST)
        return true;
    return err_sys(err, "making %s", z);
}

bool plumbing_rules_docs(struct ctx *ctx, str directory, struct err *err)
{
    const struct report_style plain = {.width = 100};
    size_t count;
    const struct rule *const *rules = rules_all(ctx->arena, &count);
    if (!make_directory(ctx, directory, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        str group =
            str_fmt(ctx->arena, "%.*s/%.*s", STR_ARG(directory), STR_ARG(rule_group(rules[i])));
        if (!make_directory(ctx, group, err) ||
            !write_page(ctx, directory, str_from(rules[i]->name),
                        report_rule(ctx->arena, rules[i], EXPLAIN_MARKDOWN, &plain), err))
            return false;
    }
    return write_page(ctx, directory, STR("README"),
                      report_rules(ctx->arena, rules, count, EXPLAIN_MARKDOWN, &plain), err);
}

static bool print_rule_names(struct ctx *ctx, struct err *err)
{
    size_t count;
    const struct rule *const *rules = rules_all(ctx->arena, &count);
    struct buf out = buf_init(ctx->arena, (size_t)1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_fmt(&out, "%s\n", rules[i]->name);
    return ctx_print(ctx, buf_str(&out), err);
}

static bool run_plumbing(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct plumbing_args *args = raw_args;
    str word = args->operands.at[0];
    const str *rest = args->operands.at + 1;
    size_t count = args->operands.count - 1;
    *out_exit = EXIT_CLEAN;
    if (str_eq(word, STR("parse")))
        return plumbing_parse(ctx, rest, count, err);
    if (str_eq(word, STR("rules-docs"))) {
        if (count != 1)
            return err_set(err, ERR_USAGE, "'plumbing rules-docs' wants a directory");
        return plumbing_rules_docs(ctx, rest[0], err);
    }
    if (count)
        return err_set(err, ERR_USAGE, "'plumbing %.*s' does not take '%.*s'", STR_ARG(word),
                       STR_ARG(rest[0]));
    if (str_eq(word, STR("words")))
        return plumbing_each(ctx, plumbing_words, err);
    if (str_eq(word, STR("ignore")))
        return plumbing_each(ctx, plumbing_ignore, err);
    return print_rule_names(ctx, err);
}

static const char *const words[] = {"parse", "words", "ignore", "rules", "rules-docs", NULL};

const struct command cmd_plumbing = {
    .name = "plumbing",
    .summary = "the parts: JSON lines in, JSON lines out, for scripts and other test suites",
    .operands = "parse|words|ignore|rules|rules-docs [ARG...]",
    .about =
        "'parse [FILE...]' prints one JSON document a file (or for standard input): directives, "
        "instructions with flags, words and heredocs, and what is wrong.\n\n"
        "'words' reads one question a line, {\"word\": \"${a:-b}\", \"env\": {\"a\": \"x\"}, "
        "\"escape\": \"\\\\\", \"split\": false}, and answers {\"value\": ...}, {\"values\": "
        "[...]} or {\"error\": ...}.\n\n"
        "'ignore' reads {\"patterns\": [...], \"path\": \"docs/a.md\"} and answers {\"ignored\": "
        "..., \"pattern\": ...}.\n\n"
        "'rules' prints the name of every rule; 'rules-docs DIR' writes a Markdown page for each.",
    .args_size = sizeof(struct plumbing_args),
    .operands_offset = offsetof(struct plumbing_args, operands),
    .operands_min = 1,
    .operands_max = OPERANDS_ANY,
    .words = words,
    .run = run_plumbing,
};
