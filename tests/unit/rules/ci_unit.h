#pragma once

#include "rules/choice.h"
#include "rules/repository.h"
#include "rules/yaml_fix.h"
#include "tests/unit/unit.h"
#include "text/edit.h"

/*
 * tests/unit/rules/ci_unit -- one rule over a small repository: CI files, scripts, Dockerfiles.
 *
 *   {says, rule, kind, text, line, after, beside}: line 0 means that the rule is silent in `text`;
 *   `after`, where given, is the text once the first finding's edits were applied; `beside` is the
 *   text of a Dockerfile at the root.
 */

struct ci_row {
    const char *says, *rule;
    enum file_kind kind;
    const char *text;
    uint32_t line;
    const char *after;
    const char *beside;
};

static inline struct check_job *ci_job_make(struct arena *arena, struct repository *repository,
                                            const char *path, enum file_kind kind, const char *text)
{
    struct check_job *job = NEW(arena, struct check_job);
    const struct source *source = source_new(arena, str_from(path), str_from(text));
    *job = (struct check_job){.path = str_from(path),
                              .inside = str_from(path),
                              .kind = kind,
                              .named = true,
                              .read = true,
                              .arena = arena,
                              .source = source,
                              .repository = repository};
    if (kind == FILE_DOCKERFILE) {
        struct dockerfile *file = dockerfile_parse(arena, source);
        job->facts = facts_make(arena, file, repository->options, 20000);
        job->facts->repository = repository;
    } else {
        bool yaml = kind >= FILE_COMPOSE && kind <= FILE_YAML;
        if (yaml)
            job->yaml = yaml_file_make(arena, source, kind, repository->options);
        job->commands = command_file_make(arena, source, kind, job->yaml, repository->options);
        job->commands->repository = repository;
        if (yaml)
            job->yaml->repository = repository;
    }
    repository_add(repository, job);
    return job;
}

static inline void ci_job_run(const struct check_job *job, const struct rule *rule)
{
    struct rule_sink sink = repository_sink(job, rule);
    sink.facts = job->facts;
    if (job->facts && rule->dockerfile)
        rule->dockerfile(job->facts, &sink);
    if (job->yaml)
        yaml_rule_run(job->yaml, &sink);
    if (job->commands && rule->commands)
        rule->commands(job->commands, &sink);
}

static inline void ci_row_check(struct arena *arena, struct unit_rows *rows,
                                const struct ci_row *row)
{
    const struct rule *rule = rule_find(str_from(row->rule));
    if (!rule) {
        rows->bad++;
        print_error("there is no rule %s (row: %s)\n", row->rule, row->says);
        return;
    }
    struct repository *repository = NEW(arena, struct repository);
    *repository = (struct repository){
        .arena = arena, .root_fd = -1, .options = NEW(arena, struct check_options)};
    bool dockerfile = row->kind == FILE_DOCKERFILE;
    struct check_job *job =
        ci_job_make(arena, repository, dockerfile ? "Dockerfile" : "ci", row->kind, row->text);
    if (row->beside)
        ci_job_make(arena, repository, dockerfile ? "ci.sh" : "Dockerfile",
                    dockerfile ? FILE_SHELL : FILE_DOCKERFILE, row->beside);
    repository_learn(repository);
    ci_job_run(job, rule);
    if (rule->repository) {
        struct rule_sink sink = repository_sink(job, rule);
        rule->repository(repository, &sink);
    }
    const struct finding *first = job->findings.count ? &job->findings.at[0] : NULL;
    uint32_t line = first ? source_position(first->source, first->at.start).line : 0;
    if (line != row->line) {
        rows->bad++;
        print_error("row fails: %s: %s\n  found on line %u, wanted %u%s\n%s\n", row->rule,
                    row->says, line, row->line, row->line ? "" : " (silent)", row->text);
        return;
    }
    if (!row->after || !first)
        return;
    edits_sort(&job->findings.at[0].fix.edits);
    str after = edits_apply(arena, str_from(row->text), &job->findings.at[0].fix.edits);
    unit_row_str(rows, row->says, after, str_from(row->after));
}
