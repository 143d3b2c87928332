#include "rules/repeat.h"

#include "rules/builds.h"

/* Cross-file rules, once more, for a file whose text was edited. */

static bool was_found(const struct checked_file *file, const struct rule *rule)
{
    VEC_EACH(struct finding, finding, file->findings) {
        if (finding->rule == rule)
            return true;
    }
    return false;
}

static void add_builds(struct known_builds *builds, const struct check_job *job)
{
    struct build_calls calls = build_calls_of(job->arena, job->yaml, job->commands);
    VEC_EACH(struct build_call, call, calls) {
        const struct facts *facts = build_call_facts(job->arena, job, call);
        vec_push(job->arena, builds, (struct known_build){job, *call, facts});
    }
}

/* The builds of a repository of twins, in their order: those of `fresh` are read again. */
static const struct known_builds *builds_with(const struct repository *repository,
                                              const struct check_job *old, struct check_job *fresh)
{
    struct arena *arena = fresh->arena;
    struct known_builds *builds = NEW(arena, struct known_builds);
    *builds = (struct known_builds){0};
    bool added = false;
    VEC_EACH(struct known_build, build, *old->repository->builds) {
        struct known_build twin = *build;
        twin.job = repository_job(repository, build->job->inside);
        if (build->facts && build->facts == old->facts)
            twin.facts = fresh->facts;
        if (build->job != old)
            vec_push(arena, builds, twin);
        else if (!added)
            add_builds(builds, fresh);
        added = added || build->job == old;
    }
    if (!added)
        add_builds(builds, fresh);
    return builds;
}

/* The repository of `old`, with `fresh` in its place. The others are twins without findings. */
static struct repository *repository_with(const struct check_job *old, struct check_job *fresh)
{
    struct arena *arena = fresh->arena;
    struct repository *repository = NEW(arena, struct repository);
    *repository = *old->repository;
    repository->arena = arena;
    repository->jobs.at = NULL;
    repository->jobs.count = repository->jobs.capacity = 0;
    repository->jobs_inside = repository->jobs_shown = (struct map){0};
    VEC_EACH(struct check_job *, slot, old->repository->jobs) {
        struct check_job *twin = fresh;
        if (*slot != old) {
            twin = NEW(arena, struct check_job);
            *twin = **slot;
            twin->findings = (struct finding_list){0};
        }
        twin->inside = (*slot)->inside;
        twin->repository = repository;
        repository_add(repository, twin);
        map_set(arena, &repository->jobs_shown, (*slot)->path, twin);
    }
    repository->builds = builds_with(repository, old, fresh);
    return repository;
}

void repository_repeat(const struct rule *const *rules, size_t count, struct check_job *job,
                       const struct checked_file *file)
{
    struct repository *repository = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = rules[i];
        if (!rule->repository || !was_found(file, rule))
            continue;
        if (!repository)
            repository = repository_with(file->job, job);
        struct rule_sink sink = {.arena = job->arena, .rule = rule};
        rule->repository(repository, &sink);
    }
}
