#include "rules/families.h"

#include "base/num.h"
#include "rules/builds.h"
#include "rules/repository.h"
#include "secrets/secrets.h"

/* What builds ask of Dockerfiles, and Dockerfiles of builds: secrets, targets. */

/* -- secrets as arguments ---------------------------------------------------------------------- */

/* "${{ secrets.X }}" is a secret under any name. */
static bool is_secret_expression(str text)
{
    return str_has(text, STR("${{")) && str_has(text, STR("secrets."));
}

/* Does the Dockerfile take the argument in a stage that is part of what ships? */
static bool reaches_image(const struct facts *facts, str name)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        if (at->kind != INSTRUCTION_ARG || !stage || !stage->ships)
            continue;
        for (uint32_t k = 0; k < at->pairs.count; k++)
            if (str_eq(at->pairs.at[k].name, name))
                return true;
    }
    return false;
}

static void report_argument(const struct repository *repository, struct rule_sink *sink,
                            const struct build_call *call, const struct build_value *value,
                            str name)
{
    /* Which Dockerfiles compose reads is not looked for: `call` is NULL there. */
    const struct facts *facts =
        call ? build_facts_in(sink->arena, repository, call->source, call) : NULL;
    bool ships = !facts || call->target.len || reaches_image(facts, name);
    if (ships) {
        found(sink, value->at, "the build argument '%.*s' stays in the %s", STR_ARG(name),
              facts && !call->target.len ? "image's history"
                                         : "history of each stage that takes it");
        return;
    }
    found(sink, value->at,
          "the build argument '%.*s' stays in the build cache and in the provenance, though no "
          "stage that ships takes it",
          STR_ARG(name));
    found_severity(sink, SEVERITY_WARNING);
}

static void check_argument(const struct repository *repository, struct rule_sink *sink,
                           const struct build_call *call, const struct build_value *value)
{
    size_t equals = str_find_char(value->text, '=');
    bool given = equals < value->text.len;
    str name = given ? str_slice(value->text, 0, equals) : value->text;
    str text = given ? str_from_index(value->text, equals + 1) : STR("");
    bool literal = given && value->known;
    bool named = secret_name(name) && (!literal || secret_value(text));
    if (named || is_secret_expression(source_text(sink->source, value->at)))
        report_argument(repository, sink, call, value, name);
}

static void check_arguments(const struct repository *repository, const struct build_calls *calls,
                            struct rule_sink *sink)
{
    VEC_EACH(struct build_call, call, *calls) {
        VEC_EACH(struct build_value, value, call->build_args) {
            check_argument(repository, sink, call, value);
        }
    }
}

static void check_yaml_arguments(const struct yaml_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file, NULL);
    check_arguments(file->repository, &calls, sink);
}

/* "/kaniko/executor --build-arg NAME=x", "buildctl build --opt build-arg:NAME=x". */
static void check_other_builder(struct rule_sink *sink, const struct command_script *script,
                                const struct shell_command *command)
{
    bool buildctl = str_eq(command->name, STR("buildctl"));
    bool kaniko = str_eq(command->name, STR("executor")) && command->argv.count &&
                  str_has(command->argv.at[0].raw, STR("kaniko"));
    for (uint32_t i = 1; (buildctl || kaniko) && i < command->argv.count; i++) {
        const struct shell_word *word = &command->argv.at[i];
        str text = word->known ? word->value : word->prefix;
        if (buildctl && str_starts(text, STR("build-arg:")))
            text = str_from_index(text, 10);
        else if (kaniko && str_starts(text, STR("--build-arg=")))
            text = str_from_index(text, 12);
        else if (!kaniko || !str_eq(command->argv.at[i - 1].raw, STR("--build-arg")))
            continue;
        span at = script->exact ? word->at : script->at;
        struct build_value argument = {.text = text, .known = word->known, .at = at};
        check_argument(NULL, sink, NULL, &argument);
    }
}

static void check_command_arguments(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, NULL, file);
    check_arguments(file->repository, &calls, sink);
    VEC_EACH(struct docker_command, docker, file->docker) {
        struct docker_value value;
        if (!str_eq(docker->verb, STR("compose build")))
            continue;
        for (uint32_t cursor = 0; docker_option(docker, "--build-arg", &cursor, &value);) {
            struct build_value argument = {
                .text = value.text, .known = value.known, .at = value.at};
            check_argument(NULL, sink, NULL, &argument);
        }
    }
    VEC_EACH(struct command_script *, script, file->scripts) {
        VEC_EACH(struct shell_command, command, (*script)->script->commands) {
            check_other_builder(sink, *script, command);
        }
    }
}

/* -- all builds of a repository ---------------------------------------------------------------- */

typedef void build_check(struct rule_sink *sink, const struct build_call *call,
                         const struct facts *facts);

static void each_known_build(const struct repository *repository, struct rule_sink *sink,
                             build_check *check)
{
    VEC_EACH(struct known_build, build, *repository->builds) {
        struct rule_sink own = repository_sink(build->job, sink->rule);
        if (build->facts)
            check(&own, &build->call, build->facts);
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

/* What all builds of a repository give, and to which Dockerfiles there is a build. */
struct given {
    bool unknown; /* some id is not known */
    struct map ids, built;
};

static struct given given_by(struct arena *arena, const struct known_builds *builds)
{
    struct given given = {0};
    VEC_EACH(struct known_build, build, *builds) {
        if (build->facts)
            map_set(arena, &given.built, build->facts->source->path, build);
        VEC_EACH(struct build_value, value, build->call.secrets) {
            str id = secret_id(&build->call, value->text);
            given.unknown = given.unknown || !id.len || str_has_char(id, '$');
            map_set(arena, &given.ids, id, build);
        }
    }
    return given;
}

static void check_missing_ids(const struct repository *repository, struct rule_sink *sink)
{
    struct given given = given_by(sink->arena, repository->builds);
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct facts *facts = (*slot)->facts;
        if (!facts || facts->is_template || given.unknown ||
            !map_has(&given.built, facts->source->path))
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
