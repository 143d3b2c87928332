#include "rules/families.h"

/* How stages are named and images referred to: case, digests. */

static bool has_upper(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] >= 'A' && text.at[i] <= 'Z')
            return true;
    return false;
}

/* -- AS -------------------------------------------------------------------------------------- */

static void check_as_in(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    if (at->words.count != 3 || !str_eq_nocase(at->words.at[1].raw, STR("as")))
        return;
    const struct word *as = &at->words.at[1];
    bool lower = !has_upper(at->keyword);
    bool upper = str_eq(at->keyword, STR("FROM"));
    str want = lower ? STR("as") : STR("AS");
    if ((!lower && !upper) || str_eq(as->raw, want)) /* "From": that is another finding */
        return;
    found(sink, as->at, "'%.*s' beside '%.*s'", STR_ARG(as->raw), STR_ARG(at->keyword));
    found_fix(sink, "Write %.*s", STR_ARG(want));
    found_edit(sink, as->at, want);
}

static void check_as(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_FROM, check_as_in);
}

/* -- case of stage names --------------------------------------------------------------------- */

/* Write a name in lower case where it stands as a whole word and means this stage. */
static void lower_edit(struct rule_sink *sink, const struct stage *stage, str raw, span at)
{
    if (str_eq_nocase(raw, stage->name) && has_upper(raw) &&
        str_eq(source_text(sink->source, at), raw))
        found_edit(sink, at, stage->name);
}

/* The source of each mount, as a span: "from=NAME" inside the flag's text. */
static void lower_mounts(struct rule_sink *sink, const struct stage *stage,
                         const struct instruction *at)
{
    VEC_EACH(struct mount, mount, at->mounts) {
        str text = source_text(sink->source, mount->value_at);
        size_t from = str_find(text, STR("from="));
        if (from == STR_MISSING || !str_eq_nocase(mount->from, stage->name))
            continue;
        uint32_t start = mount->value_at.start + (uint32_t)from + 5;
        lower_edit(sink, stage, mount->from, (span){start, start + (uint32_t)mount->from.len});
    }
}

static void lower_references(const struct facts *facts, struct rule_sink *sink,
                             const struct stage *stage)
{
    for (uint32_t i = stage->first; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        const struct flag *from = instruction_flag(at, "from");
        if (from)
            lower_edit(sink, stage, from->value, from->value_at);
        lower_mounts(sink, stage, at);
        if (at->kind == INSTRUCTION_FROM && at->words.count && at->index > stage->from->index)
            lower_edit(sink, stage, at->words.at[0].raw, at->words.at[0].at);
    }
}

static void check_stage_case(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct stage, stage, facts->file->stages) {
        const struct words *words = &stage->from->words;
        if (!stage->name.len || words->count != 3 || !has_upper(words->at[2].raw))
            continue;
        found(sink, stage->name_at, "stage '%.*s' is known to the builder as '%.*s'",
              STR_ARG(words->at[2].raw), STR_ARG(stage->name));
        if (facts->stage_count > LOOK_STEPS_MAX)
            continue;
        VEC_EACH(struct stage, other, facts->file->stages) {
            bool same = other->index > stage->index && has_upper(other->base_raw) &&
                        str_eq_nocase(other->base_raw, stage->name);
            if (!same)
                continue;
            found_severity(sink, SEVERITY_ERROR);
            found_related(sink, other->base_at, "FROM looks for it as it is spelled here");
            break;
        }
        found_fix(sink, "Write it in lower case everywhere");
        found_edit(sink, stage->name_at, stage->name);
        lower_references(facts, sink, stage);
    }
}

/* -- digests --------------------------------------------------------------------------------- */

/* One tag pinned to two contents, or one content under two tags of a repository: one of them was
 * forgotten when the pin was moved. */
static void check_digests(const struct facts *facts, struct rule_sink *sink)
{
    struct map tags = {0}, digests = {0};
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        const struct stage_facts *stage = &facts->stages[i];
        if (stage->stage->base_stage != NO_INDEX || !stage->digest.len || !stage->tag.len)
            continue;
        str tag =
            str_fmt(facts->arena, "%.*s:%.*s", STR_ARG(stage->repository), STR_ARG(stage->tag));
        str pinned =
            str_fmt(facts->arena, "%.*s@%.*s", STR_ARG(stage->repository), STR_ARG(stage->digest));
        const struct stage_facts *by_tag = map_find(&tags, tag);
        const struct stage_facts *by_digest = map_find(&digests, pinned);
        if (by_tag && !str_eq(by_tag->digest, stage->digest)) {
            found(sink, stage->stage->base_at, "'%.*s' is pinned to another digest above",
                  STR_ARG(tag));
            found_related(sink, by_tag->stage->base_at, "the other pin");
        } else if (by_digest && !str_eq(by_digest->tag, stage->tag)) {
            found(sink, stage->stage->base_at, "this digest was taken for the tag '%.*s' above",
                  STR_ARG(by_digest->tag));
            found_related(sink, by_digest->stage->base_at, "the same digest");
        }
        map_set(facts->arena, &tags, tag, &facts->stages[i]);
        map_set(facts->arena, &digests, pinned, &facts->stages[i]);
    }
}

RULE_FAMILY(
    base_names,
    {.name = "base/digest-disagrees",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "one tag with two digests, or one digest under two tags",
     .why = "the digest decides and the tag is only shown: one of the stages is built on another "
            "image than whoever reads it thinks",
     .how = "pin both to the digest that the tag has today",
     .source = "OCI distribution specification: a digest overrides the tag beside it",
     .dockerfile = check_digests},
    {.name = "base/stage-name-casing",
     .aka = "buildkit:StageNameCasing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "a stage's name with capital letters",
     .why = "the builder keeps names in lower case; COPY --from finds them in any case, FROM only "
            "as they are kept, and takes another spelling for an image",
     .how = "lower case, in the name and where it is used",
     .source = "BuildKit check StageNameCasing; its stage lookup",
     .dockerfile = check_stage_case},
    {.name = "correctness/as-casing",
     .aka = "buildkit:FromAsCasing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "FROM and AS in different case",
     .why = "the eye looks for the other form and misses the name",
     .how = "FROM ... AS, or from ... as",
     .source = "BuildKit check FromAsCasing",
     .dockerfile = check_as});
