#include "cli/commands.h"

#include "report/report.h"
#include "rules/rules.h"

/* plimsoll explain: what a rule or a base image is about. */

struct explain_args {
    struct opt_list names;
};

VEC_TYPE(rule_list, const struct rule *);

/* The rules of a group; empty when there is no such group. */
static struct rule_list rules_of_group(struct arena *arena, str group)
{
    struct rule_list list = {0};
    size_t count;
    const struct rule *const *all = rules_all(arena, &count);
    if (str_ends(group, STR("/")))
        group.len--;
    for (size_t i = 0; i < count; i++)
        if (!group.at || str_eq(rule_group(all[i]), group))
            vec_push(arena, &list, all[i]);
    return list;
}

/* A row by its name, "python-slim", or by an image that it speaks of, "python:3.12-slim". */
static const struct base_fact *find_base(struct arena *arena, str name)
{
    size_t count;
    const struct base_fact *all = base_facts_all(arena, &count);
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(all[i].name), name))
            return &all[i];
    struct image_name image = image_name_parse(arena, name);
    return base_fact_find(image.repository, image.tag);
}

/* The base that was meant: "distroless/static" is "distroless-static", a typo its nearest name. */
static const struct base_fact *nearest_base(struct arena *arena, str name)
{
    size_t count;
    const struct base_fact *all = base_facts_all(arena, &count), *best = NULL;
    unsigned best_distance = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = str_distance(name, str_from(all[i].name), best_distance);
        if (distance < best_distance) {
            best = &all[i];
            best_distance = distance;
        }
    }
    return best;
}

static bool unknown(struct ctx *ctx, str name, struct err *err)
{
    err_set(err, ERR_USAGE, "there is no rule, group or base image '%.*s'", STR_ARG(name));
    if (str_starts(name, STR("base/"))) {
        const struct base_fact *base = nearest_base(ctx->arena, str_from_index(name, 5));
        if (base)
            return err_hint(err, "did you mean 'base/%s'?", base->name);
    }
    const struct rule *near = rule_nearest(name);
    if (near)
        return err_hint(err, "did you mean '%s'?", near->name);
    return err_hint(err, "'plimsoll explain' lists the rules, 'plimsoll explain base' the images");
}

/* One name to its text. A name that is both a rule and a group is taken as the rule. */
static bool explain_one(struct ctx *ctx, str name, str *out_text, struct err *err)
{
    struct report_style style = ctx_style(ctx);
    enum explain_format format = (enum explain_format)ctx->common.format;
    const struct rule *rule = rule_find(name);
    if (rule) {
        *out_text = report_rule(ctx->arena, rule, format, &style);
        return true;
    }
    if (str_eq(name, STR("base")) || str_eq(name, STR("base/"))) {
        size_t count;
        const struct base_fact *all = base_facts_all(ctx->arena, &count);
        *out_text = report_bases(ctx->arena, all, count, format, &style);
        return true;
    }
    struct rule_list group = rules_of_group(ctx->arena, name);
    if (group.count) {
        *out_text = report_rules(ctx->arena, group.at, group.count, format, &style);
        return true;
    }
    const struct base_fact *base =
        str_starts(name, STR("base/")) ? find_base(ctx->arena, str_from_index(name, 5)) : NULL;
    if (!base)
        return unknown(ctx, name, err);
    *out_text = report_base(ctx->arena, base, format, &style);
    return true;
}

static bool run_explain(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct explain_args *args = raw_args;
    *out_exit = EXIT_CLEAN;
    if (!args->names.count) {
        struct report_style style = ctx_style(ctx);
        struct rule_list all = rules_of_group(ctx->arena, STR_NONE);
        return ctx_print(ctx,
                         report_rules(ctx->arena, all.at, all.count,
                                      (enum explain_format)ctx->common.format, &style),
                         err);
    }
    str text;
    if (!explain_one(ctx, args->names.at[0], &text, err))
        return false;
    return ctx_print(ctx, text, err);
}

const struct command cmd_explain = {
    .name = "explain",
    .summary = "tell what a rule finds, why it matters and how to mend it",
    .operands = "[RULE|GROUP|base/NAME]",
    .about = "Print a rule's what, why (with its evidence), how and source. A rule is named by its "
             "own name or by the id that another linter gives it. With a group, or with nothing, "
             "rules are listed. 'base/NAME' prints what is known of a base image: sizes, users, "
             "package manager, C library; 'base' lists the names.",
    .args_size = sizeof(struct explain_args),
    .formats = EXPLAIN_FORMATS,
    .operands_offset = offsetof(struct explain_args, names),
    .operands_max = 1,
    .examples = "plimsoll explain\tlist every rule\n"
                "plimsoll explain DL3009\ta rule by hadolint's id\n"
                "plimsoll explain security\tthe rules of a group\n",
    .run = run_explain,
};
