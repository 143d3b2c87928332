#include "rules/contents.h"
#include "rules/families.h"

/* What COPY --from takes from a stage that cannot hold it. */

static str stage_title(const struct facts *facts, struct arena *arena, uint32_t stage)
{
    str name = facts->stages[stage].stage->name;
    return name.len ? str_fmt(arena, "stage '%.*s'", STR_ARG(name))
                    : str_fmt(arena, "stage %u", stage);
}

/* What a stage is asked for, and does not hold. */
static void check_source(const struct facts *facts, struct rule_sink *sink, uint32_t stage,
                         str source, const struct word *word, span at)
{
    str path = path_join(facts->arena, STR("/"), source);
    enum holds holds = contents_at_end(facts, stage, path);
    if (holds >= HOLDS_UNKNOWN)
        return;
    str title = stage_title(facts, sink->arena, stage);
    const struct step_facts *writer;
    str other = contents_of_name(facts, stage, str_basename(path), &writer);
    if (holds == HOLDS_MISSING)
        found(sink, at, "'%.*s' is not in %.*s, and not in the context that it copies",
              STR_ARG(path), STR_ARG(title));
    else if (other.len && !str_eq(other, path))
        found(sink, at, "'%.*s' cannot be in %.*s: what is made there is '%.*s'", STR_ARG(path),
              STR_ARG(title), STR_ARG(other));
    else
        found(sink, at, "'%.*s' cannot be in %.*s: nothing there makes it", STR_ARG(path),
              STR_ARG(title));
    if (holds == HOLDS_MISSING)
        found_severity(sink, SEVERITY_WARNING);
    if (holds == HOLDS_MISSING || !other.len || str_eq(other, path))
        return;
    found_related(sink, writer->instruction->at, "made here");
    if (!word)
        return;
    found_fix(sink, "Copy '%.*s'", STR_ARG(other));
    found_edit(sink, word->at, other);
}

static void check_copy_from(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    if (step->stage >= facts->stage_count || step_stage(facts, step)->windows)
        return;
    uint32_t stage = from ? stage_find(facts->file, from->value, at->stage) : NO_INDEX;
    for (uint32_t i = 0; stage != NO_INDEX && i + 1 < at->words.count; i++) {
        str source;
        if (word_value(facts, at, at->words.at[i].raw, &source) && source.len &&
            !glob_is_pattern(source))
            check_source(facts, sink, stage, source, &at->words.at[i], at->words.at[i].at);
    }
    VEC_EACH(struct mount, mount, at->mounts) {
        stage = mount->from.len ? stage_find(facts->file, mount->from, at->stage) : NO_INDEX;
        if (stage != NO_INDEX && mount->type == MOUNT_BIND && mount->source.len && !mount->expands)
            check_source(facts, sink, stage, mount->source, NULL, mount->value_at);
    }
}

static void check_copies_from(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_copy_from);
}

RULE_FAMILY(
    correctness_contents,
    {.name = "correctness/copy-from-missing",
     .aka = "tally:copy-from-empty-scratch-stage",
     .severity = SEVERITY_ERROR,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2 s4",
     .what = "COPY --from of a path that the stage cannot hold",
     .why =
         "the build stops here; found only where the stage's base and every one of its steps are "
         "known, with the working directory that the base image brings ('/go' of golang)",
     .how =
         "copy the path that the stage writes, or give the stage a WORKDIR and the COPY it needs",
     .source = "guide: base images, distroless with non-root (their builders have no WORKDIR); "
               "Dockerfile reference, COPY --from",
     .dockerfile = check_copies_from});
