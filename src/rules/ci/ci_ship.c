#include "rules/families.h"

#include "rules/builds.h"
#include "rules/repository.h"

/* What is pushed: under which name, and which stage. */

/* -- names ------------------------------------------------------------------------------------- */

static bool is_latest(str tag)
{
    size_t slash = str_find_last_char(tag, '/');
    str name = slash == STR_MISSING ? tag : str_from_index(tag, slash + 1);
    return str_ends(name, STR(":latest")) || !str_has_char(name, ':');
}

static void check_latest(const struct command_file *file, struct rule_sink *sink)
{
    if (file->kind != FILE_GITHUB && file->kind != FILE_GITLAB)
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

/* -- stages ------------------------------------------------------------------------------------ */

/* A stage whose name says that it ships. */
static const struct stage_facts *other_stage(const struct facts *facts)
{
    for (uint32_t i = facts->stage_count - 1; i-- > 0;) {
        str name = facts->stages[i].stage->name;
        if (STR_IN(name, "prod", "production", "release", "runtime", "final", "app", "runner",
                   "image", "deploy", "dist", "server"))
            return &facts->stages[i];
    }
    return NULL;
}

static void check_stages(const struct repository *repository, struct rule_sink *sink)
{
    VEC_EACH(struct known_build, build, *repository->builds) {
        const struct facts *facts = build->facts;
        if (!facts || facts->stage_count < 2 || build->call.target.len || !build->call.push)
            continue;
        str last = facts->stages[facts->stage_count - 1].stage->name;
        const struct stage_facts *other = other_stage(facts);
        if (!is_workshop_name(str_lower(sink->arena, last)))
            continue;
        struct rule_sink own = repository_sink(build->job, sink->rule);
        found(&own, build->call.at, "without a target this pushes the last stage, '%.*s'%s%.*s%s",
              STR_ARG(last), other ? "; there is '" : "",
              STR_ARG(other ? other->stage->name : STR("")), other ? "'" : "");
    }
}

RULE_FAMILY(ci_ship,
            {.name = "ci/latest-only",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s23",
             .what = "an image pushed under the tag latest only",
             .why = "there is no way back to the build before it",
             .how = "a tag with the release or the commit beside it",
             .source = "Docker: Building best practices, tags",
             .commands = check_latest},
            {.name = "ci/target-needed",
             .severity = SEVERITY_WARNING,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s10 s23",
             .what = "a push without --target of a Dockerfile whose last stage is for tests or "
                     "development",
             .why = "what ships has the test tools and the sources in it",
             .how = "--target with the stage that is to ship, or put that stage last",
             .source = "docker build --target: without it the last stage is built",
             .repository = check_stages});
