#pragma once

#include "tests/unit/rules/ci_unit.h"

/*
 * tests/unit/rules/yaml_unit -- one rule over one manifest or compose file.
 *
 *   {says, rule, text, line, after, dockerfile}: line 0 means that the rule is silent; `after`,
 *   where given, is the text once the first finding's edits were applied, and the rule then finds
 *   less in it; `dockerfile` is that of the image acme/app, which a script beside it builds.
 */

struct yaml_row {
    const char *says, *rule, *text;
    uint32_t line;
    const char *after;
    const char *dockerfile;
};

static inline const struct check_job *yaml_row_run(struct arena *arena, const struct yaml_row *row,
                                                   const struct rule *rule, const char *path,
                                                   str text)
{
    struct repository *repository = NEW(arena, struct repository);
    *repository = (struct repository){
        .arena = arena, .root_fd = -1, .options = NEW(arena, struct check_options)};
    enum file_kind kind = yaml_classify(str_from(path), text);
    struct check_job *job = ci_job_make(arena, repository, path, kind, str_z(arena, text));
    if (row->dockerfile) {
        ci_job_make(arena, repository, "Dockerfile", FILE_DOCKERFILE, row->dockerfile);
        ci_job_make(arena, repository, "build.sh", FILE_SHELL, "docker build -t acme/app:1 .\n");
    }
    repository_learn(repository);
    ci_job_run(job, rule);
    if (rule->repository) {
        struct rule_sink sink = repository_sink(job, rule);
        rule->repository(repository, &sink);
    }
    return job;
}

static inline void yaml_row_check(struct arena *arena, struct unit_rows *rows,
                                  const struct yaml_row *row, const char *path)
{
    const struct rule *rule = rule_find(str_from(row->rule));
    if (!rule) {
        rows->bad++;
        print_error("there is no rule %s (row: %s)\n", row->rule, row->says);
        return;
    }
    const struct check_job *job = yaml_row_run(arena, row, rule, path, str_from(row->text));
    const struct finding_list *found_here = &job->findings;
    const struct finding *first = found_here->count ? &found_here->at[0] : NULL;
    uint32_t line = first ? source_position(first->source, first->at.start).line : 0;
    if (line != row->line) {
        rows->bad++;
        print_error("row fails: %s: %s\n  found on line %u, wanted %u%s\n%s\n", row->rule,
                    row->says, line, row->line, row->line ? "" : " (silent)", row->text);
        return;
    }
    if (!row->after || !first)
        return;
    struct edit_list edits = first->fix.edits;
    edits_sort(&edits);
    str after = edits_apply(arena, str_from(row->text), &edits);
    unit_row_str(rows, row->says, after, str_from(row->after));
    const struct check_job *again = yaml_row_run(arena, row, rule, path, after);
    if (edits.count && again->findings.count >= found_here->count) {
        rows->bad++;
        print_error("row fails: %s: %s\n  the fix leaves its finding\n", row->rule, row->says);
    }
}
