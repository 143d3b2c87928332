#include "rules/families.h"

#include "base/io.h"
#include "base/num.h"
#include "rules/repository.h"
#include "rules/yaml_facts.h"
#include "secrets/secrets.h"

/* What builds ask of Dockerfiles, and Dockerfiles of builds: secrets, targets. */

/* -- which Dockerfile a build reads ------------------------------------------------------------ */

/* A directory change in front of the build makes its paths unknown. */
static bool changes_directory(const struct build_call *call)
{
    if (call->step && node_get(call->step->node, "working-directory"))
        return true;
    if (!call->command)
        return false;
    VEC_EACH(struct shell_command, command, call->command->script->script->commands) {
        if (STR_IN(command->name, "cd", "pushd"))
            return true;
    }
    return false;
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

const struct facts *build_call_facts(struct arena *arena, const struct check_job *job,
                                     const struct build_call *call)
{
    const struct repository *repository = job->repository;
    bool compose = call->caller == BUILD_BY_COMPOSE;
    if (!repository || !is_plain_path(call->context) || !is_plain_path(call->dockerfile) ||
        (!call->dockerfile_known && call->dockerfile.len) || changes_directory(call) ||
        (compose && node_get(call->node, "dockerfile_inline")) ||
        (!call->context_known && call->context.len))
        return NULL;
    /* Only compose and the default look below the context. */
    str path = call->dockerfile.len && !compose ? call->dockerfile : call->context;
    if (!call->dockerfile.len || compose)
        path = str_fmt(arena, "%.*s/%.*s", STR_ARG(call->context),
                       STR_ARG(call->dockerfile.len ? call->dockerfile : STR("Dockerfile")));
    if (compose)
        return facts_at(arena, repository, str_dirname(job->inside), path);
    if (call->step)
        return facts_at(arena, repository, STR(""), path);
    const struct facts *own = facts_at(arena, repository, str_dirname(job->inside), path);
    const struct facts *root = facts_at(arena, repository, STR(""), path);
    return own && root && own != root ? NULL : own ? own : root;
}

/* -- secrets as arguments ---------------------------------------------------------------------- */

static void check_arguments(const struct build_calls *calls, struct rule_sink *sink)
{
    VEC_EACH(struct build_call, call, *calls) {
        VEC_EACH(struct build_value, value, call->build_args) {
            size_t equals = str_find_char(value->text, '=');
            bool given = equals < value->text.len;
            str name = given ? str_slice(value->text, 0, equals) : value->text;
            str text = given ? str_from_index(value->text, equals + 1) : STR("");
            bool literal = given && value->known;
            if (!secret_name(name) || (literal && !secret_value(text)))
                continue;
            found(sink, value->at, "the build argument '%.*s' stays in the image's history",
                  STR_ARG(name));
        }
    }
}

static void check_yaml_arguments(const struct yaml_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file, NULL);
    check_arguments(&calls, sink);
}

static void check_command_arguments(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, NULL, file);
    check_arguments(&calls, sink);
}

/* -- all builds of a repository ---------------------------------------------------------------- */

typedef void build_check(struct rule_sink *sink, const struct build_call *call,
                         const struct facts *facts);

static void each_known_build(const struct repository *repository, struct rule_sink *sink,
                             build_check *check)
{
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!job->source || (!job->yaml && !job->commands))
            continue;
        struct build_calls calls = build_calls_of(sink->arena, job->yaml, job->commands);
        struct rule_sink own = repository_sink(job, sink->rule);
        VEC_EACH(struct build_call, call, calls) {
            const struct facts *facts = build_call_facts(sink->arena, job, call);
            if (facts)
                check(&own, call, facts);
        }
    }
}

static void check_target(struct rule_sink *sink, const struct build_call *call,
                         const struct facts *facts)
{
    uint64_t number;
    if (!call->target.len || !call->target_known || str_has_char(call->target, '$') ||
        (str_to_u64(call->target, &number) && number < facts->stage_count))
        return;
    str nearest = STR("");
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        str name = facts->stages[i].stage->name;
        if (str_eq_nocase(name, call->target))
            return;
        if (name.len && str_distance(name, call->target, 2) <= 2)
            nearest = name;
    }
    if (!facts->stage_count)
        return;
    found(sink, call->target_at, "'%.*s' has no stage '%.*s'%s%.*s%s", STR_ARG(facts->source->path),
          STR_ARG(call->target), nearest.len ? "; there is '" : "", STR_ARG(nearest),
          nearest.len ? "'" : "");
}

static void check_targets(const struct repository *repository, struct rule_sink *sink)
{
    each_known_build(repository, sink, check_target);
}

/* -- secret ids -------------------------------------------------------------------------------- */

static str mount_id(const struct mount *mount)
{
    if (mount->id.len)
        return mount->id;
    return str_basename(mount->target.len ? mount->target : mount->source);
}

static bool wants_secret(const struct facts *facts, str id)
{
    for (uint32_t i = 0; i < facts->step_count; i++)
        VEC_EACH(struct mount, mount, facts->steps[i].instruction->mounts) {
            if (mount->type == MOUNT_SECRET && (mount->expands || str_eq(mount_id(mount), id)))
                return true;
        }
    return false;
}

/* "id=npmrc,src=..", "npmrc=${{ .. }}" of the action, "npmrc" of compose; "" when not known. */
static str secret_id(const struct build_call *call, str text)
{
    if (call->caller == BUILD_BY_COMPOSE)
        return text;
    if (call->caller == BUILD_BY_ACTION)
        text = str_has(text, STR("id=")) ? text : str_slice(text, 0, str_find_char(text, '='));
    else if (!str_has(text, STR("id=")))
        return STR("");
    str part;
    while (str_next(&text, ',', &part)) {
        part = str_trim(part);
        if (str_starts(part, STR("id=")))
            return str_from_index(part, 3);
        if (call->caller == BUILD_BY_ACTION && !str_has_char(part, '='))
            return str_trim(part);
    }
    return STR("");
}

static void check_unused_id(struct rule_sink *sink, const struct build_call *call,
                            const struct facts *facts)
{
    VEC_EACH(struct build_value, value, call->secrets) {
        str id = secret_id(call, value->text);
        if (!id.len || str_has_char(id, '$') || str_has_char(id, '"') || str_has_char(id, ' ') ||
            str_eq(id, STR("GIT_AUTH_TOKEN")) || wants_secret(facts, id))
            continue;
        found(sink, value->at, "no RUN of '%.*s' mounts the secret '%.*s'",
              STR_ARG(facts->source->path), STR_ARG(id));
    }
}

static void check_unused_ids(const struct repository *repository, struct rule_sink *sink)
{
    each_known_build(repository, sink, check_unused_id);
}

/* What the builds of one Dockerfile give to it. */
struct given {
    uint32_t builds;
    bool unknown; /* some id is not known */
    struct map ids;
};

static struct given given_to(const struct repository *repository, struct arena *arena,
                             const struct facts *facts)
{
    struct given given = {0};
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!job->source || (!job->yaml && !job->commands))
            continue;
        struct build_calls calls = build_calls_of(arena, job->yaml, job->commands);
        VEC_EACH(struct build_call, call, calls) {
            const struct facts *of = build_call_facts(arena, job, call);
            given.builds += of == facts;
            VEC_EACH(struct build_value, value, call->secrets) {
                str id = secret_id(call, value->text);
                given.unknown = given.unknown || !id.len || str_has_char(id, '$');
                map_set(arena, &given.ids, id, call);
            }
        }
    }
    return given;
}

static void check_missing_ids(const struct repository *repository, struct rule_sink *sink)
{
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct facts *facts = (*slot)->facts;
        bool any = false;
        for (uint32_t i = 0; facts && i < facts->step_count; i++)
            VEC_EACH(struct mount, mount, facts->steps[i].instruction->mounts) {
                any = any || mount->type == MOUNT_SECRET;
            }
        if (!any || facts->is_template)
            continue;
        struct given given = given_to(repository, sink->arena, facts);
        if (!given.builds || given.unknown)
            continue;
        struct rule_sink own = repository_sink(*slot, sink->rule);
        for (uint32_t i = 0; i < facts->step_count; i++)
            VEC_EACH(struct mount, mount, facts->steps[i].instruction->mounts) {
                if (mount->type != MOUNT_SECRET || mount->expands ||
                    map_has(&given.ids, mount_id(mount)))
                    continue;
                found(&own, mount->at, "no build in this repository gives the secret '%.*s'",
                      STR_ARG(mount_id(mount)));
                if (mount->required)
                    found_severity(&own, SEVERITY_ERROR);
            }
    }
}

RULE_FAMILY(
    cross_builds,
    {.name = "secrets/build-arg",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s19",
     .what = "a secret given as a build argument",
     .why = "docker history shows it to everyone who can pull the image, and so does provenance",
     .how = "--secret id=npm,env=NPM_TOKEN and RUN --mount=type=secret,id=npm",
     .source = "BuildKit check SecretsUsedInArgOrEnv; Docker: Build secrets",
     .yaml = check_yaml_arguments,
     .commands = check_command_arguments},
    {.name = "secrets/id-not-given",
     .severity = SEVERITY_WARNING,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s19",
     .what = "a secret mount whose id no build of the repository gives",
     .why = "the file is not there and the command fails, or works without its credentials",
     .how = "docker build --secret id=NAME,src=FILE",
     .source = "Docker: Build secrets",
     .repository = check_missing_ids},
    {.name = "secrets/id-unused",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s19",
     .what = "a build gives a secret that no RUN mounts",
     .why = "a mistyped id: the command that needs it does not get it",
     .how = "write the same id in both",
     .source = "Docker: Build secrets",
     .repository = check_unused_ids},
    {.name = "correctness/target-missing",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s13",
     .what = "a build of a stage that does not exist",
     .why = "the build fails",
     .how = "name a stage of the Dockerfile",
     .source = "docker build --target",
     .repository = check_targets});
