#include "rules/families.h"

#include "base/io.h"
#include "rules/ci_facts.h"
#include "rules/repository.h"

/* References that caches are read from: are they pulled in vain, does anybody write them? */

/* -- images pulled for a cache ----------------------------------------------------------------- */

/* The references that a build behind this place, in the same script or job, imports. */
static bool is_imported_later(const struct command_file *file, const struct build_calls *calls,
                              const struct docker_command *pull, str image)
{
    VEC_EACH(struct build_call, call, *calls) {
        const struct ci_step *step = pull->script->step;
        bool same_job = step && call->step && call->step->job == step->job;
        bool same_script = call->command && call->command->script == pull->script;
        if (call->at.start < pull->at.start || (!same_job && !same_script && file->yaml))
            continue;
        VEC_EACH(struct build_value, value, call->cache_from) {
            str text = source_text(file->source, value->at);
            bool plain = !str_has(text, STR("type=")) && ci_uses_buildkit(file, call);
            if ((str_has(text, STR("type=registry")) &&
                 str_ends(build_field(text, "ref"), str_trim(image))) ||
                (plain && str_eq(value->raw, image)))
                return true;
        }
    }
    return false;
}

/* Does another command want the image to be here? */
static bool is_used_otherwise(const struct command_file *file, const struct docker_command *pull,
                              str image)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        if (docker == pull || STR_IN(docker->verb, "build", "push", "pull"))
            continue;
        for (uint32_t i = docker->first; i < docker->command->argv.count; i++)
            if (str_eq(docker->command->argv.at[i].raw, image))
                return true;
    }
    return false;
}

/* "docker pull x || true" alone on its line, or alone in an item of a list, goes with its line. */
static void remove_pull(const struct command_file *file, struct rule_sink *sink,
                        const struct docker_command *pull, const struct shell_command *behind)
{
    const struct source *source = file->source;
    span at = {pull->command->at.start, behind->at.end};
    uint32_t line = source_position(source, at.start).line;
    span whole = source_full_line(source, line);
    str text = str_trim(source_text(source, whole));
    const struct ci_step *step = pull->script->step;
    if (file->kind == FILE_GITLAB && str_starts(text, STR("- ")) &&
        node_count(node_get(step->node, "script")) > 1)
        text = str_trim(str_from_index(text, 2));
    if (!pull->script->exact || file->kind == FILE_MAKE ||
        source_position(source, at.end).line != line || !str_eq(text, source_text(source, at)))
        return;
    found_fix(sink, "Leave the pull out");
    found_edit(sink, whole, STR(""));
}

static void check_pulls(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    for (uint32_t i = 0; i < file->docker.count && i < LOOK_STEPS_MAX; i++) {
        const struct docker_command *docker = &file->docker.at[i];
        const struct shell_commands *all = &docker->script->script->commands;
        const struct shell_command *behind = docker->command + 1;
        if (!str_eq(docker->verb, STR("pull")) || docker->command->after != SHELL_SEP_OR ||
            behind >= all->at + all->count || !STR_IN(behind->name, "true", ":", "echo"))
            continue;
        struct shell_words operands = docker_operands(sink->arena, docker);
        str image = operands.count ? operands.at[0].raw : STR("");
        if (!image.len || !is_imported_later(file, &calls, docker, image) ||
            is_used_otherwise(file, docker, image))
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

/* Pushes and tags by name; what bake writes stands in a file that is not read. */
static bool commands_write(struct arena *arena, const struct command_file *file, str ref)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        if (str_eq(docker->verb, STR("bake")))
            return true;
        if (!STR_IN(docker->verb, "push", "tag"))
            continue;
        struct shell_words words = docker_operands(arena, docker);
        VEC_EACH(struct shell_word, word, words) {
            if (word->known ? str_eq(word->value, ref) : str_starts(ref, word->prefix))
                return true;
        }
    }
    if (file->yaml)
        VEC_EACH(struct ci_step, step, file->yaml->steps) {
            if (str_starts(step->uses, STR("docker/bake-action")))
                return true;
        }
    return false;
}

/* Does a file of the repository other than this one write it? */
static bool others_write(const struct command_file *file, struct arena *arena, str ref)
{
    if (!file->repository)
        return false;
    VEC_EACH(struct known_build, build, *file->repository->builds) {
        if (!str_eq(build->call.source->path, file->source->path) && call_writes(&build->call, ref))
            return true;
    }
    VEC_EACH(struct check_job *, job, file->repository->jobs) {
        if ((*job)->commands && !str_eq((*job)->path, file->source->path) &&
            commands_write(arena, (*job)->commands, ref))
            return true;
    }
    return false;
}

static bool calls_write(const struct build_calls *calls, str ref)
{
    VEC_EACH(struct build_call, call, *calls) {
        if (call_writes(call, ref))
            return true;
    }
    return false;
}

enum { UNWRITTEN_REFS_MAX = 16 };

/* Only files that write some cache themselves are judged: others may share that of another
 * repository. */
static void check_unwritten(const struct command_file *file, struct rule_sink *sink)
{
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    bool writes = false;
    VEC_EACH(struct build_call, call, calls) {
        writes = writes || call->cache_to.count;
    }
    uint32_t judged = 0;
    for (uint32_t i = 0; writes && i < calls.count && i < LOOK_STEPS_MAX; i++) {
        VEC_EACH(struct build_value, value, calls.at[i].cache_from) {
            str ref = build_field(value->text, "ref");
            bool plain =
                value->known && ref.len && !str_has_char(ref, '$') && !str_has_char(ref, '{');
            if (!plain || ++judged > UNWRITTEN_REFS_MAX || calls_write(&calls, ref) ||
                commands_write(sink->arena, file, ref) || others_write(file, sink->arena, ref))
                continue;
            found(sink, value->at, "nothing here writes '%.*s', so it holds no cache",
                  STR_ARG(ref));
        }
    }
}

/* -- images without a cache in them ------------------------------------------------------------ */

/* BuildKit reads a cache from an image only when the image's own build put one in. */
static bool puts_cache_in(const struct command_file *file)
{
    str text = file->source->text;
    return str_has(text, STR("BUILDKIT_INLINE_CACHE")) || str_has(text, STR("cache-to")) ||
           str_has(text, STR("type=inline"));
}

static bool tags_it(const struct build_calls *calls, str image)
{
    VEC_EACH(struct build_call, call, *calls) {
        VEC_EACH(struct build_value, tag, call->tags) {
            if (str_eq(tag->raw, image))
                return true;
        }
    }
    return false;
}

static void check_empty(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind) || puts_cache_in(file))
        return;
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    for (uint32_t i = 0; i < calls.count && i < LOOK_STEPS_MAX; i++) {
        const struct build_call *call = &calls.at[i];
        if (!call->command || !ci_uses_buildkit(file, call))
            continue;
        VEC_EACH(struct build_value, value, call->cache_from) {
            if (!value->raw.len || str_has(value->raw, STR("type=")) ||
                !tags_it(&calls, value->raw))
                continue;
            found(sink, value->at,
                  "there is no cache in this image: the build that makes it puts "
                  "none in");
            if (!call->command->script->exact)
                break;
            found_fix(sink, "Put the cache into the image");
            struct edit edit = docker_add_option(sink->arena, call->command,
                                                 STR("--build-arg BUILDKIT_INLINE_CACHE=1"));
            found_edit(sink, edit.at, edit.text);
            break;
        }
    }
}

/* -- one cache of GitHub's for several images ---------------------------------------------------
 * */

static const struct build_value *github_value(const struct build_values *values)
{
    VEC_EACH(struct build_value, value, *values) {
        if (str_eq(build_field(value->text, "type"), STR("gha")))
            return value;
    }
    return NULL;
}

/* What is built: the same text is the same image. */
static str built_text(struct arena *arena, const struct build_call *call)
{
    return str_fmt(arena, "%.*s|%.*s|%.*s", STR_ARG(path_clean(arena, call->context)),
                   STR_ARG(call->dockerfile), STR_ARG(call->target));
}

static bool is_open(const struct build_call *call)
{
    return str_has_char(call->context, '$') || str_has_char(call->dockerfile, '$') ||
           str_has_char(call->target, '$');
}

static void offer_scope(struct rule_sink *sink, const struct build_call *call)
{
    const struct build_value *to = github_value(&call->cache_to);
    const struct build_value *from = github_value(&call->cache_from);
    str name = ci_build_name(sink->arena, call);
    bool plain = from && !build_field(to->text, "scope").len &&
                 !build_field(from->text, "scope").len &&
                 str_ends(source_text(sink->source, to->at), to->text) &&
                 str_ends(source_text(sink->source, from->at), from->text);
    if (!plain || !name.len)
        return;
    str scope = str_fmt(sink->arena, ",scope=%.*s", STR_ARG(name));
    found_fix(sink, "Give this image a scope of its own");
    found_insert(sink, from->at.end, scope);
    found_insert(sink, to->at.end, scope);
}

/* Who writes each scope first; a later build of something else is reported. */
static void check_shared(const struct repository *repository, struct rule_sink *sink)
{
    struct map first = {0};
    VEC_EACH(struct known_build, build, *repository->builds) {
        const struct build_call *call = &build->call;
        const struct build_value *to = github_value(&call->cache_to);
        if (!to || str_has_char(to->text, '$') || call->caller == BUILD_BY_COMPOSE)
            continue;
        str scope = build_field(to->text, "scope");
        scope = scope.len ? scope : STR("buildkit");
        str own = built_text(sink->arena, call);
        struct rule_sink place = repository_sink(build->job, sink->rule);
        if (is_open(call)) {
            if (str_has(own, STR("matrix.")))
                found(&place, to->at, "all images of this matrix write the one cache '%.*s'",
                      STR_ARG(scope));
            continue;
        }
        const struct known_build *other = map_find(&first, scope);
        if (!other) {
            map_set(sink->arena, &first, scope, build);
            continue;
        }
        if (str_eq(built_text(sink->arena, &other->call), own))
            continue;
        found(&place, to->at, "the cache '%.*s' is also written by another image's build",
              STR_ARG(scope));
        if (other->job == build->job)
            found_related(&place, other->call.at, "this one");
        offer_scope(&place, call);
    }
}

RULE_FAMILY(
    ci_cache_refs,
    {.name = "ci/cache-empty",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s11",
     .what = "--cache-from of an image that is built without a cache in it",
     .why = "BuildKit finds nothing in it, says nothing, and builds every layer again",
     .how = "--build-arg BUILDKIT_INLINE_CACHE=1, or --cache-to type=registry with mode=max",
     .source = "Docker: Inline cache; Docker Engine 23.0 release notes (BuildKit by default)",
     .commands = check_empty},
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
    {.name = "ci/cache-shared",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s10",
     .what = "builds of several images that write one GitHub cache",
     .why = "each export replaces the one before: all images but the last begin cold",
     .how = "type=gha,scope=NAME in cache-from and cache-to, one name an image",
     .source = "Docker: GitHub Actions cache, scope",
     .repository = check_shared},
    {.name = "ci/cache-unwritten",
     .severity = SEVERITY_WARNING,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s10",
     .what = "a cache is read from a reference that nothing writes",
     .why = "each build asks the registry in vain, and builds the stage again",
     .how = "--cache-to type=registry,ref=<the same>,mode=max",
     .source = "Docker: Registry cache",
     .commands = check_unwritten});
