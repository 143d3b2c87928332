#include "rules/families.h"

/* Stages: their names, what refers to them, the platform they are built for. */

typedef void from_check(const struct facts *facts, struct rule_sink *sink,
                        const struct stage *stage, str from, span at);

/* Every --from of COPY, and from= of a mount, whose value is in the text. */
static void each_from(const struct facts *facts, struct rule_sink *sink, from_check *check)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (at->broken || at->stage == NO_INDEX)
            continue;
        const struct stage *stage = facts->stages[at->stage].stage;
        const struct flag *from = instruction_flag(at, "from");
        if (from && from->value.len && !str_has_char(from->value, '$'))
            check(facts, sink, stage, from->value, from->value_at);
        uint64_t number;
        VEC_EACH(struct mount, mount, at->mounts) {
            if (mount->from.len && !mount->expands && !str_to_u64(mount->from, &number))
                check(facts, sink, stage, mount->from, mount->value_at);
        }
    }
}

static bool is_number(str text, uint64_t *out_value)
{
    return text.len && char_is_digit(text.at[0]) && str_to_u64(text, out_value);
}

static bool is_image_like(str name)
{
    return str_has_char(name, '/') || str_has_char(name, ':') || str_has_char(name, '.') ||
           base_fact_find(name, STR("")) != NULL;
}

static void check_unknown_from(const struct facts *facts, struct rule_sink *sink,
                               const struct stage *stage, str from, span at)
{
    uint64_t index;
    if (is_number(from, &index)) {
        if (index > stage->index && index < UINT32_MAX) {
            found(sink, at, "there is no stage %.*s above this one", STR_ARG(from));
            found_severity(sink, SEVERITY_ERROR);
        }
        return;
    }
    if (stage_find(facts->file, from, stage->index) != NO_INDEX || str_eq_nocase(from, stage->name))
        return;
    /* The builder looks at all stages, so a later one hides an image of that name. */
    uint32_t later = stage_find(facts->file, from, facts->stage_count);
    if (later != NO_INDEX) {
        found(sink, at, "stage '%.*s' is defined further down, and only those above can be used",
              STR_ARG(from));
        found_severity(sink, SEVERITY_ERROR);
        found_related(sink, facts->stages[later].stage->from->at, "it begins here");
        return;
    }
    uint32_t first = stage->index > LOOK_STEPS_MAX ? stage->index - LOOK_STEPS_MAX : 0;
    for (uint32_t i = first; i < stage->index && !is_image_like(from); i++) {
        str name = facts->stages[i].stage->name;
        if (!name.len || str_distance(name, from, 2) > 2)
            continue;
        found(sink, at, "no stage is called '%.*s'; did you mean '%.*s'?", STR_ARG(from),
              STR_ARG(name));
        return;
    }
}

static void check_unknown_stage(const struct facts *facts, struct rule_sink *sink)
{
    each_from(facts, sink, check_unknown_from);
}

static void check_own_from(const struct facts *facts, struct rule_sink *sink,
                           const struct stage *stage, str from, span at)
{
    uint64_t index;
    bool own = is_number(from, &index)
                   ? index == stage->index
                   : stage->name.len && str_eq_nocase(from, stage->name) &&
                         stage_find(facts->file, from, stage->index) == NO_INDEX;
    if (own)
        found(sink, at, "a stage cannot take files from itself");
}

static void check_own_stage(const struct facts *facts, struct rule_sink *sink)
{
    each_from(facts, sink, check_own_from);
}

static void check_duplicate(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct stage, stage, facts->file->stages) {
        uint32_t first =
            stage->name.len ? stage_find(facts->file, stage->name, stage->index) : NO_INDEX;
        if (first == NO_INDEX || char_is_digit(stage->name.at[0]))
            continue;
        const struct stage *other = &facts->file->stages.at[first];
        found(sink, stage->name_at,
              "a stage above is called '%.*s' too: which one is meant "
              "depends on where it is named",
              STR_ARG(stage->name));
        found_related(sink, other->name_at, "first here");
    }
}

static void check_reserved(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct stage, stage, facts->file->stages) {
        if (STR_IN(stage->name, "scratch", "context"))
            found(sink, stage->name_at, "'%.*s' is a name that the builder keeps for itself",
                  STR_ARG(stage->name));
    }
}

static void check_unreachable(const struct facts *facts, struct rule_sink *sink)
{
    /* A file whose stages are all targets of their own names no other stage at all. */
    bool links = false;
    for (uint32_t i = 0; i < facts->stage_count; i++)
        links = links || (facts->stages[i].reachable && !facts->stages[i].final);
    for (uint32_t i = 0; links && i + 1 < facts->stage_count; i++) {
        const struct stage *stage = facts->stages[i].stage;
        if (facts->stages[i].reachable || stage->name.len)
            continue;
        found(sink, stage->from->at, "nothing uses this stage, and without a name it is no target");
    }
}

/* -- platforms --------------------------------------------------------------------------------- */

static void check_platform(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct stage, stage, facts->file->stages) {
        const struct flag *platform = instruction_flag(stage->from, "platform");
        if (platform && platform->value.len && !str_has_char(platform->value, '$'))
            found(sink, platform->at,
                  "a constant platform: the image is '%.*s' whatever the build asks for",
                  STR_ARG(platform->value));
    }
}

static void check_platform_redundant(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct stage, stage, facts->file->stages) {
        const struct flag *platform = instruction_flag(stage->from, "platform");
        if (!platform || !STR_IN(platform->value, "$TARGETPLATFORM", "${TARGETPLATFORM}"))
            continue;
        found(sink, platform->at, "this is the platform that FROM takes anyway");
        found_fix(sink, "Remove the flag");
        span at = platform->at;
        str text = facts->source->text;
        while (at.end < text.len && char_is_blank(text.at[at.end]))
            at.end++;
        found_edit(sink, at, STR(""));
    }
}

/* -- scratch ----------------------------------------------------------------------------------- */

static void check_run_in_scratch(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t s = 0; s < facts->stage_count; s++) {
        const struct stage_facts *stage = &facts->stages[s];
        if (!stage->base || stage->base->shell != SHELL_KIND_NONE ||
            stage->stage->base_stage != NO_INDEX)
            continue;
        bool filled = false;
        for (uint32_t i = stage->stage->first; i < stage->stage->end; i++) {
            const struct step_facts *step = &facts->steps[i];
            const struct instruction *at = step->instruction;
            /* Whatever was copied may be a shell. */
            filled = filled || at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD;
            if (at->kind == INSTRUCTION_RUN && !at->json && !at->broken && !filled &&
                !step->shell_set)
                found(sink, at->at, "'%.*s' has no shell that could run this",
                      STR_ARG(stage->repository));
        }
    }
}

RULE_FAMILY(base_stages,
            {.name = "base/constant-platform",
             .aka = "hadolint:DL3029 buildkit:FromPlatformFlagConstDisallowed semgrep:set-platform "
                    "tally:platform",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .what = "FROM --platform with a constant",
             .why = "one architecture is built under emulation or fails on the others",
             .how = "--platform=$BUILDPLATFORM for a stage that cross-compiles; none otherwise",
             .source = "BuildKit: FromPlatformFlagConstDisallowed",
             .dockerfile = check_platform},
            {.name = "base/duplicate-stage",
             .aka = "hadolint:DL3024 buildkit:DuplicateStageName dockerlint:D11",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s6",
             .what = "two stages of one name",
             .why = "--target and --from silently take one of them",
             .how = "give each stage a name of its own",
             .source = "BuildKit: DuplicateStageName",
             .dockerfile = check_duplicate},
            {.name = "base/own-stage",
             .aka = "hadolint:DL3023 trivy:DS006",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .what = "COPY --from of the stage it stands in",
             .why = "the build stops: a stage is not there before it is built",
             .how = "copy inside the stage with RUN cp, or from the stage that was meant",
             .source = "Dockerfile reference, COPY --from",
             .dockerfile = check_own_stage},
            {.name = "base/platform-redundant",
             .aka = "hadolint:DL3065 buildkit:RedundantTargetPlatform",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SAFE,
             .since = "0.1",
             .what = "--platform=$TARGETPLATFORM",
             .why = "it says what is the default",
             .how = "leave the flag out",
             .source = "BuildKit: RedundantTargetPlatform",
             .dockerfile = check_platform_redundant},
            {.name = "base/reserved-stage-name",
             .aka = "hadolint:DL3063 buildkit:ReservedStageName",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .what = "a stage called scratch or context",
             .why = "the builder refuses it, or takes its own meaning",
             .how = "another name",
             .source = "BuildKit: ReservedStageName",
             .dockerfile = check_reserved},
            {.name = "base/run-without-shell",
             .aka = "tally:shell-run-in-scratch",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s4",
             .what = "RUN in shell form where the image has no shell",
             .why = "the build stops here",
             .how = "do it in a build stage and copy the result",
             .source = "the images' own documentation",
             .dockerfile = check_run_in_scratch},
            {.name = "base/unknown-stage",
             .aka = "hadolint:DL3022",
             .severity = SEVERITY_WARNING,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s2",
             .what = "--from of something close to a stage's name, or of a number that is no stage",
             .why = "the builder looks for an image of that name and fails, or takes a stranger's",
             .how = "name the stage; an image or a named context needs no change",
             .source = "Dockerfile reference, COPY --from",
             .dockerfile = check_unknown_stage},
            {.name = "base/unused-stage",
             .aka = "tally:no-unreachable-stages",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s10",
             .what = "a stage without a name that nothing uses",
             .why = "the classic builder builds it all the same: seconds for nothing",
             .how = "remove it, or name it",
             .source = "guide: parallel stages",
             .dockerfile = check_unreachable});
