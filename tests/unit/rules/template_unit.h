#pragma once

#include "tests/unit/rules/rules_unit.h"

/*
 * tests/unit/rules/template_unit -- rows of rules whose fix is a template.
 *
 * Shapes   Rows as in rules_unit.h; `after` of NO_FIX: found, but nothing that text could do. Each
 *          fix must parse and take its finding away.
 */

#define NO_FIX ""

static inline void template_row_check(struct arena *arena, struct unit_rows *rows,
                                      const struct rule_row *row)
{
    struct rule_row plain = *row;
    bool no_fix = row->after && !row->after[0];
    plain.after = no_fix ? NULL : row->after;
    rule_row_check(arena, rows, &plain);
    const struct rule *rule = rule_find(str_from(row->rule));
    if (!rule || !row->line)
        return;
    struct finding_list before = rule_findings(arena, row, rule);
    bool has_fix = before.count && before.at[0].fix.edits.count;
    unit_row(rows, row->says, !row->after || has_fix == !no_fix);
    if (!has_fix)
        return;
    edits_sort(&before.at[0].fix.edits);
    plain.text = str_z(arena, edits_apply(arena, str_from(row->text), &before.at[0].fix.edits));
    struct finding_list after = rule_findings(arena, &plain, rule);
    unit_row(rows, row->says, after.count < before.count);
    const struct source *source = source_new(arena, STR("Dockerfile"), str_from(plain.text));
    unit_row(rows, row->says, !dockerfile_parse(arena, source)->problems.count);
}

static inline void template_rows_check(struct arena *arena, const struct rule_row *at, size_t count)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < count; i++)
        template_row_check(arena, &checked, &at[i]);
    assert_rows(checked);
}
