#pragma once

#include "rules/choice.h"
#include "rules/questions.h"
#include "tests/unit/unit.h"
#include "text/edit.h"

/*
 * tests/unit/rules/rules_unit -- one rule over one Dockerfile text.
 *
 *   {says, rule, text, line, after}: line 0 means that the rule must be silent; `after`, where it
 *   is given, is the text once the first finding's edits were applied, and then there is one less.
 */

struct rule_row {
    const char *says, *rule, *text;
    uint32_t line;
    const char *after;
    const char *tree;   /* paths of the build context, blank-separated; NULL: not known */
    const char *ignore; /* text of its ignore file */
    bool asked;         /* --modernize */
};

static inline struct finding_list rule_findings(struct arena *arena, const struct rule_row *row,
                                                const struct rule *rule)
{
    struct finding_list *findings = NEW(arena, struct finding_list);
    const struct source *source = source_new(arena, STR("Dockerfile"), str_from(row->text));
    struct check_options *options = NEW(arena, struct check_options);
    options->modernize = row->asked;
    struct facts *facts = facts_make(arena, dockerfile_parse(arena, source), options, 20000);
    if (row->tree) {
        VEC(str) paths = {0};
        str rest = str_from(row->tree), path;
        while (str_next_word(&rest, &path))
            vec_push(arena, &paths, path);
        facts->ignore = row->ignore ? ignore_compile_lenient(arena, str_from(row->ignore)) : NULL;
        facts->tree = context_tree_of(arena, paths.at, paths.count, facts->ignore);
    }
    struct rule_sink sink = {
        .arena = arena, .rule = rule, .source = source, .facts = facts, .findings = findings};
    if (rule->dockerfile)
        rule->dockerfile(facts, &sink);
    return *findings;
}

static inline void rule_row_check(struct arena *arena, struct unit_rows *rows,
                                  const struct rule_row *row)
{
    const struct rule *rule = rule_find(str_from(row->rule));
    if (!rule) {
        rows->bad++;
        print_error("there is no rule %s (row: %s)\n", row->rule, row->says);
        return;
    }
    struct finding_list findings = rule_findings(arena, row, rule);
    uint32_t line =
        findings.count ? source_position(findings.at[0].source, findings.at[0].at.start).line : 0;
    if (line != row->line) {
        rows->bad++;
        print_error("row fails: %s: %s\n  found on line %u, wanted %u%s\n%s\n", row->rule,
                    row->says, line, row->line, row->line ? "" : " (silent)", row->text);
        return;
    }
    if (!row->after || !findings.count)
        return;
    edits_sort(&findings.at[0].fix.edits);
    str after = edits_apply(arena, str_from(row->text), &findings.at[0].fix.edits);
    unit_row_str(rows, row->says, after, str_from(row->after));
    if (str_eq(after, str_from(row->text)))
        return;
    struct rule_row again = *row;
    again.text = str_z(arena, after);
    unit_row(rows, "the fix takes the finding away",
             rule_findings(arena, &again, rule).count < findings.count);
}
