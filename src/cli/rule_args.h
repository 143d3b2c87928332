#pragma once

#include "cli/commands.h"

#include "rules/rules.h"

/*
 * cli/rule_args -- the arguments that every command takes which runs rules. Private to cli/.
 *
 * Shapes   A command's own arguments begin with a struct rule_args, so that RULE_OPTS fits.
 */

struct rule_args {
    struct opt_list paths, select, ignore, severity;
    str stdin_name, baseline, target;
    bool no_repository, no_inline, modernize;
    uint64_t threads;
};

#define RULE_AT(field) offsetof(struct rule_args, field)
/* clang-format off */
#define RULE_OPTS \
    {"select", 0, OPT_LIST, RULE_AT(select), "RULE", \
     "only these rules or groups; 'all' for every rule"}, \
    {"ignore", 0, OPT_LIST, RULE_AT(ignore), "RULE", \
     "leave out these rules, groups or peers' ids"}, \
    {"severity-override", 0, OPT_LIST, RULE_AT(severity), "RULE=LEVEL", \
     "give a rule another severity: error, warning, note or off"}, \
    {"baseline", 0, OPT_STRING, RULE_AT(baseline), "FILE", \
     "leave out the findings that FILE knows"}, \
    {"stdin-filename", 0, OPT_STRING, RULE_AT(stdin_name), "PATH", \
     "what to call standard input"}, \
    {"target", 0, OPT_STRING, RULE_AT(target), "STAGE", \
     "the stage that ships, if not the last"}, \
    {"no-repository", 0, OPT_FLAG, RULE_AT(no_repository), NULL, \
     "look at each file alone, without the tree around it"}, \
    {"no-inline", 0, OPT_FLAG, RULE_AT(no_inline), NULL, \
     "let no comment in a file ignore a finding"}, \
    {"modernize", 0, OPT_FLAG, RULE_AT(modernize), NULL, \
     "also propose other base images, stages, and caches for system packages"}, \
    {"threads", 0, OPT_INT, RULE_AT(threads), "N", "workers; one a core when not given"}
/* clang-format on */

/* Read the configuration, lay the options over it, and run the check. */
MUST_CHECK bool rule_args_check(struct ctx *ctx, const struct rule_args *args,
                                struct check_options *options, struct check_result *result,
                                struct err *err);

/* Take away what the baseline knows. */
MUST_CHECK bool rule_args_baseline(struct ctx *ctx, const struct check_options *options,
                                   struct check_result *result, struct err *err);
