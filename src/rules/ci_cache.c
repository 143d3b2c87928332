#include "rules/families.h"

#include "rules/repository.h"
#include "rules/yaml_facts.h"

/* Builds in CI and elsewhere: what they keep for the next one. */

static bool is_ci(enum file_kind kind)
{
    return kind == FILE_GITHUB || kind == FILE_GITLAB;
}

/* -- none at all ------------------------------------------------------------------------------- */

/* What the file's other builds write to: the backend that a team has chosen. */
static str backend_of(const struct build_calls *calls)
{
    VEC_EACH(struct build_call, call, *calls) {
        VEC_EACH(struct build_value, value, call->cache_to) {
            str type = build_field(value->text, "type");
            if (type.len)
                return type;
        }
    }
    return STR("");
}

static bool has_buildx(const struct yaml_file *file, const struct ci_job *job)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        if (step->job == job && str_starts(step->uses, STR("docker/setup-buildx-action@")))
            return true;
    }
    return false;
}

/* Runners of one's own keep their cache from job to job. */
static bool keeps_disk(const struct ci_job *job, const struct yaml_file *file)
{
    const struct node *on = job ? node_get(job->node, "runs-on") : NULL;
    str text = on ? source_text(file->source, on->at) : STR("");
    return !on || !(str_has(text, STR("ubuntu-")) || str_has(text, STR("windows-")));
}

static void offer_cache(const struct yaml_file *file, struct rule_sink *sink,
                        const struct build_call *call, str backend)
{
    bool usable = !backend.len || str_eq(backend, STR("gha"));
    if (!usable || !call->node || call->node->aliased || !has_buildx(file, call->step->job))
        return;
    struct edit first, again;
    if (!yaml_edit_set(sink->arena, file->yaml, call->node, "cache-from", "type=gha", &first) ||
        !yaml_edit_set(sink->arena, file->yaml, call->node, "cache-to", "type=gha,mode=max",
                       &again))
        return;
    found_fix(sink, "Keep the cache with GitHub");
    found_edit(sink, first.at, first.text);
    found_edit(sink, again.at, again.text);
}

static void check_missing(const struct yaml_file *file, struct rule_sink *sink)
{
    if (file->kind != FILE_GITHUB)
        return;
    struct build_calls calls = build_calls_of(sink->arena, file, NULL);
    str backend = backend_of(&calls);
    VEC_EACH(struct build_call, call, calls) {
        if (call->cache_from.count || call->cache_to.count || call->no_cache || !call->step->job ||
            keeps_disk(call->step->job, file))
            continue;
        found(sink, call->at, "this build begins without a cache on every run");
        offer_cache(file, sink, call, backend);
    }
}

/* -- how much is kept -------------------------------------------------------------------------- */

static void check_modes(const struct check_job *job, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, job->yaml, job->commands);
    VEC_EACH(struct build_call, call, calls) {
        const struct facts *facts = NULL;
        VEC_EACH(struct build_value, value, call->cache_to) {
            str type = build_field(value->text, "type"), mode = build_field(value->text, "mode");
            bool inlined = str_eq(type, STR("inline"));
            bool other = STR_IN(type, "registry", "gha", "local", "s3", "azblob");
            if (!value->known || (!inlined && !other) || (mode.len && str_eq(mode, STR("max"))))
                continue;
            facts =
                facts ? facts : build_call_facts(sink->arena, job->repository, job->inside, call);
            if (!facts || facts->stage_count < 2)
                continue;
            found(sink, value->at, "only the last stage is kept, and %s has %u",
                  str_z(sink->arena, facts->source->path), facts->stage_count);
            span at = value->at;
            bool exact = str_ends(source_text(job->source, at), value->text);
            if (inlined || mode.len || !exact)
                continue;
            found_fix(sink, "Keep all stages");
            found_insert(sink, at.end, STR(",mode=max"));
        }
    }
}

static void check_all_modes(const struct repository *repository, struct rule_sink *sink)
{
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!job->source || (!job->yaml && !job->commands))
            continue;
        struct rule_sink own = repository_sink(job, sink->rule);
        check_modes(job, &own);
    }
}

/* -- images pulled for a cache ----------------------------------------------------------------- */

static bool has_registry_cache(const struct command_file *file, const struct docker_command *pull)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        struct docker_value value;
        if (docker->script != pull->script || !str_eq(docker->verb, STR("build")) ||
            docker->command <= pull->command)
            continue;
        for (uint32_t cursor = 0; docker_option(docker, "--cache-from", &cursor, &value);)
            if (str_eq(build_field(value.text, "type"), STR("registry")))
                return true;
    }
    return false;
}

/* "docker pull x || true" alone on its line goes with its line. */
static void remove_pull(const struct command_file *file, struct rule_sink *sink,
                        const struct docker_command *pull, const struct shell_command *behind)
{
    const struct source *source = file->source;
    span at = {pull->command->at.start, behind->at.end};
    uint32_t line = source_position(source, at.start).line;
    span whole = source_full_line(source, line);
    if (!pull->script->exact || file->kind == FILE_MAKE ||
        source_position(source, at.end).line != line ||
        !str_eq(str_trim(source_text(source, whole)), source_text(source, at)))
        return;
    found_fix(sink, "Leave the pull out");
    found_edit(sink, whole, STR(""));
}

static void check_pulls(const struct command_file *file, struct rule_sink *sink)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        const struct shell_commands *all = &docker->script->script->commands;
        const struct shell_command *behind = docker->command + 1;
        if (!str_eq(docker->verb, STR("pull")) || docker->command->after != SHELL_SEP_OR ||
            behind >= all->at + all->count || !STR_IN(behind->name, "true", ":") ||
            !has_registry_cache(file, docker))
            continue;
        found(sink, docker->at,
              "the image is pulled whole, and type=registry reads its cache without that");
        remove_pull(file, sink, docker, behind);
    }
}

/* -- cache that nobody writes ------------------------------------------------------------------ */

/* The unknown end of a tag could be a release or a commit, which is no name of a cache. */
static bool is_release_variable(str text)
{
    return str_has_nocase(text, STR("version")) || str_has_nocase(text, STR("sha")) ||
           str_has_nocase(text, STR("commit"));
}

static bool may_write(const struct source *source, const struct build_value *value, str ref)
{
    str written = build_field(value->text, "ref");
    written = written.len ? written : value->text;
    if (value->known && !str_has_char(written, '$'))
        return str_eq(written, ref) || (str_starts(ref, written) &&
                                        str_eq(str_from_index(ref, written.len), STR(":latest")));
    str prefix = str_slice(written, 0, str_find_char(written, '$'));
    return str_starts(ref, prefix) && !is_release_variable(source_text(source, value->at));
}

static bool call_writes(const struct build_call *call, str ref)
{
    VEC_EACH(struct build_value, value, call->cache_to) {
        if (may_write(call->source, value, ref))
            return true;
    }
    VEC_EACH(struct build_value, value, call->tags) {
        if (may_write(call->source, value, ref))
            return true;
    }
    return false;
}

static bool anyone_writes(const struct build_calls *calls, const struct command_file *commands,
                          struct arena *arena, str ref)
{
    VEC_EACH(struct build_call, call, *calls) {
        if (call_writes(call, ref))
            return true;
    }
    if (commands)
        VEC_EACH(struct docker_command, docker, commands->docker) {
            if (!STR_IN(docker->verb, "push", "tag", "bake"))
                continue;
            struct shell_words words = docker_operands(arena, docker);
            VEC_EACH(struct shell_word, word, words) {
                if (word->known ? str_eq(word->value, ref) : str_starts(ref, word->prefix))
                    return true;
            }
        }
    return false;
}

/* Only files that write some cache themselves are judged: others may share that of another
 * repository. */
static void check_unwritten(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    bool writes = false;
    VEC_EACH(struct build_call, call, calls) {
        writes = writes || call->cache_to.count;
    }
    for (uint32_t i = 0; writes && i < calls.count && i < LOOK_STEPS_MAX; i++) {
        VEC_EACH(struct build_value, value, calls.at[i].cache_from) {
            str ref = build_field(value->text, "ref");
            bool plain =
                value->known && ref.len && !str_has_char(ref, '$') && !str_has_char(ref, '{');
            if (plain && !anyone_writes(&calls, file, sink->arena, ref))
                found(sink, value->at, "nothing here writes '%.*s', so it holds no cache",
                      STR_ARG(ref));
        }
    }
}

/* -- thrown away ------------------------------------------------------------------------------- */

static void check_no_cache(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci(file->kind) || str_has(file->source->text, STR("schedule")))
        return;
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        if (call->no_cache)
            found(sink, call->at, "every run builds every layer again");
    }
}

static bool is_latest(str tag)
{
    size_t slash = str_find_last_char(tag, '/');
    str name = slash == STR_MISSING ? tag : str_from_index(tag, slash + 1);
    return str_ends(name, STR(":latest")) || !str_has_char(name, ':');
}

static void check_latest(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci(file->kind))
        return;
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        bool all = call->push && call->tags.count;
        VEC_EACH(struct build_value, value, call->tags) {
            str tag = str_slice(value->text, 0, str_find_char(value->text, ','));
            bool open = !value->known && !str_ends(tag, STR(":latest"));
            all = all && !open && is_latest(tag) && tag.len == value->text.len;
        }
        if (all)
            found(sink, call->tags.at[0].at, "the image is pushed as 'latest' only");
    }
}

RULE_FAMILY(ci_cache,
            {.name = "ci/cache-missing",
             .severity = SEVERITY_NOTE,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s10",
             .what = "a build on a hosted runner without cache import and export",
             .why = "each run builds every layer: the runner's disk is new",
             .how = "cache-from: type=gha and cache-to: type=gha,mode=max",
             .source = "Docker: Cache management with GitHub Actions",
             .yaml = check_missing},
            {.name = "ci/cache-mode",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SAFE,
             .since = "0.1",
             .guide = "s11",
             .what = "a cache export that keeps the last stage only",
             .why = "inline and mode=min have no layers of build stages, which are the slow ones",
             .how = "a registry, gha or local cache with mode=max",
             .source = "Docker: Cache storage backends",
             .repository = check_all_modes},
            {.name = "ci/cache-pull",
             .severity = SEVERITY_WARNING,
             .fix = FIX_SAFE,
             .since = "0.1",
             .guide = "s10",
             .what = "docker pull in front of a build that reads its cache from the registry",
             .why = "BuildKit fetches only the layers that it uses; the pull fetches all of them",
             .how = "leave the pull out",
             .source = "Docker: Registry cache",
             .commands = check_pulls},
            {.name = "ci/cache-unwritten",
             .severity = SEVERITY_WARNING,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s10",
             .what = "a cache is read from a reference that nothing writes",
             .why = "each build asks the registry in vain, and builds the stage again",
             .how = "--cache-to type=registry,ref=<the same>,mode=max",
             .source = "Docker: Registry cache",
             .commands = check_unwritten},
            {.name = "ci/no-cache",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s10",
             .what = "--no-cache in CI",
             .why = "seconds, on every run",
             .how = "leave it out; a scheduled job may build afresh",
             .source = "docker build --no-cache",
             .commands = check_no_cache},
            {.name = "ci/latest-only",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s23",
             .what = "an image pushed under the tag latest only",
             .why = "there is no way back to the build before it",
             .how = "a tag with the release or the commit beside it",
             .source = "Docker: Building best practices, tags",
             .commands = check_latest});
