#include "rules/builds.h"
#include "rules/repository.h"

/* Which Dockerfile a build reads, and all builds of a repository, collected once. */

/* A directory change makes a build's paths unknown. */
static bool changes_directory(const struct build_call *call)
{
    return (call->step && node_get(call->step->node, "working-directory")) ||
           (call->command && call->command->script->moves);
}

static bool is_plain_path(str path)
{
    return !str_has_char(path, '$') && !str_has(path, STR("://")) && !str_has(path, STR("..")) &&
           !str_starts(path, STR("/")) && !str_starts(path, STR("git@")) && !str_eq(path, STR("-"));
}

/* "./a/./b/" is "a/b". */
static str clean_path(struct arena *arena, str path)
{
    str part, clean = STR("");
    while (str_next(&path, '/', &part)) {
        if (!part.len || str_eq(part, STR(".")))
            continue;
        clean = clean.len ? str_fmt(arena, "%.*s/%.*s", STR_ARG(clean), STR_ARG(part)) : part;
    }
    return clean;
}

static const struct facts *facts_at(struct arena *arena, const struct repository *repository,
                                    str directory, str path)
{
    str whole = str_fmt(arena, "%.*s/%.*s", STR_ARG(directory), STR_ARG(path));
    const struct check_job *job = repository_job(repository, clean_path(arena, whole));
    return job && job->facts && !job->facts->is_template ? job->facts : NULL;
}

/* Are the paths of the call what they look like, seen from where they are named? */
static bool has_plain_paths(const struct build_call *call)
{
    if (!is_plain_path(call->context) || !is_plain_path(call->dockerfile) ||
        changes_directory(call))
        return false;
    if (call->caller == BUILD_BY_COMPOSE && node_get(call->node, "dockerfile_inline"))
        return false;
    return (call->dockerfile_known || !call->dockerfile.len) &&
           (call->context_known || !call->context.len);
}

/* Only compose and the default look below the context. */
static str dockerfile_path(struct arena *arena, const struct build_call *call)
{
    if (call->dockerfile.len && call->caller != BUILD_BY_COMPOSE)
        return call->dockerfile;
    return str_fmt(arena, "%.*s/%.*s", STR_ARG(call->context),
                   STR_ARG(call->dockerfile.len ? call->dockerfile : STR("Dockerfile")));
}

const struct facts *build_call_facts(struct arena *arena, const struct check_job *job,
                                     const struct build_call *call)
{
    const struct repository *repository = job->repository;
    str inside = job->inside;
    if (!repository || !has_plain_paths(call))
        return NULL;
    str path = dockerfile_path(arena, call);
    if (call->caller == BUILD_BY_COMPOSE)
        return facts_at(arena, repository, str_dirname(inside), path);
    if (call->step)
        return facts_at(arena, repository, STR(""), path);
    const struct facts *own = facts_at(arena, repository, str_dirname(inside), path);
    /* A page about building in general stands anywhere; one about this image beside its file. */
    if (str_ends(inside, STR(".md")) || str_ends(inside, STR(".markdown")))
        return own;
    const struct facts *root = facts_at(arena, repository, STR(""), path);
    return own && root && own != root ? NULL : own ? own : root;
}

const struct facts *build_facts_in(struct arena *arena, const struct repository *repository,
                                   const struct source *source, const struct build_call *call)
{
    const struct check_job *job =
        repository ? map_find(&repository->jobs_shown, source->path) : NULL;
    return job ? build_call_facts(arena, job, call) : NULL;
}

const struct known_builds *known_builds_of(const struct repository *repository)
{
    struct arena *arena = repository->arena;
    struct known_builds *all = NEW(arena, struct known_builds);
    *all = (struct known_builds){0};
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!job->source || (!job->yaml && !job->commands))
            continue;
        struct build_calls calls = build_calls_of(arena, job->yaml, job->commands);
        VEC_EACH(struct build_call, call, calls) {
            const struct facts *facts = build_call_facts(arena, job, call);
            vec_push(arena, all, (struct known_build){job, *call, facts});
        }
    }
    return all;
}

str build_field(str text, const char *name)
{
    str part, key = str_from(name);
    while (str_next(&text, ',', &part)) {
        part = str_trim(part);
        if (str_starts(part, key) && part.len > key.len && part.at[key.len] == '=')
            return str_from_index(part, key.len + 1);
    }
    return STR("");
}
