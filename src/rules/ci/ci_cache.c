#include "rules/families.h"

#include "rules/ci_facts.h"
#include "rules/repository.h"

/* Builds in CI and elsewhere: what they keep for the next one. */

/* -- none at all ------------------------------------------------------------------------------- */

static bool uses_action(const struct yaml_file *file, const struct ci_job *job, str prefix)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        if (step->job == job && str_starts(step->uses, prefix))
            return true;
    }
    return false;
}

/* A builder of its own; "driver: docker" is the engine's. */
static bool sets_up_buildx(const struct yaml_file *file, const struct ci_job *job)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        if (step->job == job && str_starts(step->uses, STR("docker/setup-buildx-action@")))
            return !str_eq(node_str(node_get(step->with, "driver")), STR("docker"));
    }
    return false;
}

static bool runs_buildx_create(const struct command_file *file, const struct ci_job *job)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        if (docker->buildx && str_eq(docker->verb, STR("create")) && docker->script->step &&
            docker->script->step->job == job)
            return true;
    }
    return false;
}

/* Is there a builder that can export a cache? The engine's own one cannot. Builds of one job stand
 * together, so the last answer is kept. */
struct builder {
    const struct ci_job *job;
    bool there;
};

static bool has_builder(const struct command_file *file, const struct ci_job *job,
                        struct builder *last)
{
    if (last->job != job)
        last->there = sets_up_buildx(file->yaml, job) || runs_buildx_create(file, job);
    last->job = job;
    return last->there;
}

/* "services: [docker:dind]": an engine that is new in each job. */
static bool has_own_engine(const struct node *services)
{
    for (uint32_t i = 0; i < node_count(services); i++) {
        const struct node *item = node_item(services, i);
        str name = item->kind == NODE_MAP ? node_str(node_get(item, "name")) : node_str(item);
        if (str_has(name, STR("dind")))
            return true;
    }
    return false;
}

/* Does the runner keep its disk from job to job, or is that not known? */
static bool keeps_disk(const struct yaml_file *file, const struct ci_job *job)
{
    if (file->kind == FILE_GITLAB)
        return !has_own_engine(node_get(job->node, "services")) &&
               !has_own_engine(node_get(file->ci_root, "services")) &&
               !has_own_engine(node_path(file->ci_root, "default.services"));
    const struct node *on = node_get(job->node, "runs-on");
    str text = on ? source_text(file->source, on->at) : STR("");
    return !str_has(text, STR("ubuntu-")) && !str_has(text, STR("windows-"));
}

/* A word that is a variable may hold any option. */
static bool has_open_words(const struct docker_command *docker)
{
    for (uint32_t i = docker->first; i < docker->command->argv.count; i++) {
        const struct shell_word *word = &docker->command->argv.at[i];
        bool context = i + 1 == docker->command->argv.count;
        if (!word->known && !word->prefix.len && !word->quoted && !context &&
            !str_starts(docker->command->argv.at[i - 1].raw, STR("-")))
            return true;
    }
    return false;
}

/* "docker build --check" builds nothing. */
static bool only_checks(const struct docker_command *docker)
{
    struct docker_value value;
    uint32_t cursor = 0;
    return docker_has(docker, "--check") || docker_option(docker, "--call", &cursor, &value) ||
           docker_has(docker, "--help");
}

/* Without a RUN there is nothing to keep. */
static bool has_work(const struct facts *facts)
{
    for (uint32_t i = 0; facts && i < facts->step_count; i++)
        if (facts->steps[i].instruction->kind == INSTRUCTION_RUN)
            return true;
    return !facts;
}

static bool begins_bare(const struct command_file *file, const struct build_call *call)
{
    if (call->cache_from.count || call->cache_to.count || call->no_cache || !call->step ||
        !call->step->job || call->caller == BUILD_BY_COMPOSE)
        return false;
    if (call->command && (!str_eq(call->command->command->name, STR("docker")) ||
                          has_open_words(call->command) || only_checks(call->command)))
        return false;
    return !keeps_disk(file->yaml, call->step->job) &&
           has_work(build_facts_in(file->arena, file->repository, file->source, call));
}

/* "ghcr.io/x/y:1.2" is "ghcr.io/x/y"; "" when the tag's start is not certain. */
static str repository_part(str text)
{
    size_t slash = str_find_last_char(text, '/'), colon = str_find_last_char(text, ':');
    if (colon == STR_MISSING || (slash != STR_MISSING && colon < slash))
        return text;
    str tag = str_from_index(text, colon + 1);
    bool balanced = !str_has_char(tag, '}') || str_has_char(tag, '{');
    return balanced ? str_slice(text, 0, colon) : STR("");
}

/* "type=registry,ref=x/y:buildcache" beside the image itself, with the tag that the repository's
 * other caches have. */
static str registry_cache(struct arena *arena, const struct conventions *ways,
                          const struct build_call *call)
{
    if (!call->push || call->push_when.len || !call->tags.count)
        return STR("");
    str text = repository_part(ci_tag_text(call));
    str ours = ways ? ways->cache_ref : STR("");
    str tag = str_basename(ours);
    size_t colon = str_find_char(tag, ':');
    tag = colon == STR_MISSING ? STR("buildcache") : str_from_index(tag, colon + 1);
    if (!text.len || str_has_char(tag, '$') || str_has_char(text, ' '))
        return STR("");
    return str_fmt(arena, "type=registry,ref=%.*s:%.*s", STR_ARG(text), STR_ARG(tag));
}

/* Builds of several images share one cache of GitHub only under different scopes. */
static str github_cache(struct arena *arena, const struct command_file *file,
                        const struct build_call *call)
{
    if (!file->repository || file->repository->conventions->action_builds < 2)
        return STR("type=gha");
    str name = ci_build_name(arena, call);
    return name.len ? str_fmt(arena, "type=gha,scope=%.*s", STR_ARG(name)) : STR("");
}

static void offer_options(struct rule_sink *sink, const struct build_call *call, str cache)
{
    if (!call->buildx || !call->command->script->exact)
        return;
    str options = str_fmt(sink->arena, "--cache-from %.*s --cache-to %.*s,mode=max", STR_ARG(cache),
                          STR_ARG(cache));
    found_fix(sink, "Keep the cache in the registry");
    struct edit edit = docker_add_option(sink->arena, call->command, options);
    found_edit(sink, edit.at, edit.text);
}

static void offer_inputs(const struct command_file *file, struct rule_sink *sink,
                         const struct build_call *call, str cache)
{
    struct edit first, again;
    str max = str_cat(sink->arena, cache, STR(",mode=max"));
    if (!yaml_edit_set(sink->arena, file->yaml->yaml, call->node, "cache-from",
                       str_z(sink->arena, cache), &first) ||
        !yaml_edit_set(sink->arena, file->yaml->yaml, call->node, "cache-to",
                       str_z(sink->arena, max), &again))
        return;
    found_fix(sink, "Keep the cache %s",
              str_starts(cache, STR("type=gha")) ? "with GitHub" : "in the registry");
    found_edit(sink, first.at, first.text);
    found_edit(sink, again.at, again.text);
}

static void offer_cache(const struct command_file *file, struct rule_sink *sink,
                        const struct build_call *call, struct builder *builder)
{
    const struct conventions *ways = file->repository ? file->repository->conventions : NULL;
    str backend = ways ? ways->cache_backend : STR("");
    bool action = call->caller == BUILD_BY_ACTION && call->node && !call->node->aliased;
    if (!has_builder(file, call->step->job, builder))
        return;
    str cache = STR("");
    if (action && (!backend.len || str_eq(backend, STR("gha"))))
        cache = github_cache(sink->arena, file, call);
    else if (str_eq(backend, STR("registry")) || (!backend.len && call->command))
        cache = registry_cache(sink->arena, ways, call);
    if (cache.len && action)
        offer_inputs(file, sink, call, cache);
    else if (cache.len)
        offer_options(sink, call, cache);
}

static void check_missing(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind) || !file->yaml)
        return;
    struct builder builder = {0};
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        if (!begins_bare(file, call))
            continue;
        found(sink, call->at, "this build begins without a cache on every run");
        offer_cache(file, sink, call, &builder);
    }
}

/* -- how much is kept -------------------------------------------------------------------------- */

/* The inline cache of a pushed image, as one of its own beside the image. */
static void offer_registry(struct rule_sink *sink, const struct build_call *call,
                           const struct build_value *value, const struct facts *facts)
{
    const struct repository *repository = facts->repository;
    str cache = registry_cache(sink->arena, repository ? repository->conventions : NULL, call);
    if (!cache.len || !call->command || !call->command->script->exact ||
        !str_eq(value->text, STR("type=inline")) ||
        !str_ends(source_text(sink->source, value->at), value->text))
        return;
    found_fix_as(sink, FIX_PROOF, "Keep all stages in the registry");
    struct edit from = docker_add_option(sink->arena, call->command,
                                         str_fmt(sink->arena, "--cache-from %.*s", STR_ARG(cache)));
    found_edit(sink, from.at, from.text);
    span at = {value->at.end - (uint32_t)value->text.len, value->at.end};
    found_edit(sink, at, str_cat(sink->arena, cache, STR(",mode=max")));
}

static void check_mode(struct rule_sink *sink, const struct build_call *call,
                       const struct facts *facts)
{
    VEC_EACH(struct build_value, value, call->cache_to) {
        str type = build_field(value->text, "type"), mode = build_field(value->text, "mode");
        bool inlined = str_eq(type, STR("inline"));
        bool other = STR_IN(type, "registry", "gha", "local", "s3", "azblob");
        if (!value->known || (!inlined && !other) || (mode.len && str_eq(mode, STR("max"))))
            continue;
        found(sink, value->at, "only the last stage is kept, and %s has %u",
              str_z(sink->arena, facts->source->path), facts->stage_count);
        bool exact = str_ends(source_text(sink->source, value->at), value->text);
        if (inlined)
            offer_registry(sink, call, value, facts);
        if (inlined || mode.len || !exact)
            continue;
        found_fix(sink, "Keep all stages");
        found_insert(sink, value->at.end, STR(",mode=max"));
    }
}

static void check_modes(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        if (!call->cache_to.count)
            continue;
        const struct facts *facts =
            build_facts_in(sink->arena, file->repository, file->source, call);
        if (facts && facts->stage_count > 1)
            check_mode(sink, call, facts);
    }
}

/* -- directories ------------------------------------------------------------------------------- */

static str local_directory(const struct build_values *values, const char *key)
{
    VEC_EACH(struct build_value, value, *values) {
        if (value->known && str_eq(build_field(value->text, "type"), STR("local")))
            return build_field(value->text, key);
    }
    return STR("");
}

/* Does some command move or remove the directory? */
static bool is_rotated(const struct command_file *file, str directory)
{
    str rest = file->source->text, line;
    while (str_next_line(&rest, &line))
        if (str_has(line, directory) && (str_has(line, STR("rm ")) || str_has(line, STR("mv "))))
            return true;
    return false;
}

static void check_local(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    for (uint32_t i = 0; i < calls.count && i < LOOK_STEPS_MAX; i++) {
        const struct build_call *call = &calls.at[i];
        str to = local_directory(&call->cache_to, "dest");
        if (!to.len)
            continue;
        bool kept = file->kind != FILE_GITHUB || !call->step || !call->step->job ||
                    keeps_disk(file->yaml, call->step->job) ||
                    uses_action(file->yaml, call->step->job, STR("actions/cache"));
        if (!kept)
            found(sink, call->cache_to.at[0].at, "'%.*s' is gone with the runner: nothing saves it",
                  STR_ARG(to));
        else if (str_eq(to, local_directory(&call->cache_from, "src")) && !is_rotated(file, to))
            found(sink, call->cache_to.at[0].at,
                  "'%.*s' only grows: what no build uses any more stays in it", STR_ARG(to));
    }
}

/* -- thrown away ------------------------------------------------------------------------------- */

static void check_no_cache(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind) || str_has(file->source->text, STR("schedule")))
        return;
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        if (call->no_cache)
            found(sink, call->at, "every run builds every layer again");
    }
}

RULE_FAMILY(
    ci_cache,
    {.name = "ci/cache-missing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s10 s12",
     .what = "a build on a fresh engine without cache import and export",
     .why = "each run builds every layer: the runner's disk is new",
     .how = "cache-from and cache-to of the backend that the repository uses, else "
            "type=gha on GitHub and type=registry elsewhere, with mode=max",
     .source = "Docker: Cache management with GitHub Actions, Cache storage backends",
     .commands = check_missing},
    {.name = "ci/cache-mode",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s11",
     .what = "a cache export that keeps the last stage only",
     .why = "inline and mode=min have no layers of build stages, which are the slow ones",
     .how = "a registry, gha or local cache with mode=max",
     .source = "Docker: Cache storage backends",
     .commands = check_modes},
    {.name = "ci/cache-local",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s13",
     .what = "a local cache directory that only grows, or that nobody saves",
     .why = "old entries are never deleted, so that saving and loading get slower each day; "
            "on a hosted runner the directory is lost",
     .how = "write to a second directory, then remove the first and move the second to its "
            "place",
     .source = "Docker: Cache management with GitHub Actions, local cache",
     .commands = check_local},
    {.name = "ci/no-cache",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s10",
     .what = "--no-cache in CI",
     .why = "seconds, on every run",
     .how = "leave it out; a scheduled job may build afresh",
     .source = "docker build --no-cache",
     .commands = check_no_cache});
