#include "rules/families.h"

/*
 * Variables that are not there. A base image may set any variable, so a name that the text does not
 * know is reported only when the text itself shows what was meant: a global ARG that was not
 * redeclared, a name one letter off, or a stage that begins with nothing.
 */

/* In longer files no name is suggested: each would be compared with all the others. */
enum { NAMES_SOUGHT_MAX = 2000 };

static bool is_expanded(enum instruction_kind kind)
{
    switch (kind) {
    case INSTRUCTION_ADD:
    case INSTRUCTION_ARG:
    case INSTRUCTION_COPY:
    case INSTRUCTION_ENV:
    case INSTRUCTION_EXPOSE:
    case INSTRUCTION_LABEL:
    case INSTRUCTION_STOPSIGNAL:
    case INSTRUCTION_USER:
    case INSTRUCTION_VOLUME:
    case INSTRUCTION_WORKDIR: return true;
    default: return false;
    }
}

static str nearest_name(const struct map *scope, str name)
{
    str best = STR("");
    unsigned distance = name.len < 5 ? 2 : 3;
    for (uint32_t i = 0; i < scope->count; i++) {
        unsigned far = str_distance(name, scope->entries[i].key, distance - 1);
        if (far < distance && !is_proxy_arg(scope->entries[i].key)) {
            distance = far;
            best = scope->entries[i].key;
        }
    }
    return best;
}

static void check_reference(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct word_reference *reference)
{
    str name = reference->name;
    const struct instruction *at = step->instruction;
    if (reference->has_default || dockerfile_variable(facts->file, at, name) ||
        is_proxy_arg(name) || str_eq(name, STR("PATH")) || !name.len ||
        !(char_is_alpha(name.at[0]) || name.at[0] == '_'))
        return;
    if (map_has(&facts->file->global_args, name) || is_platform_arg(name)) {
        found(sink, reference->at,
              "'$%.*s' is empty here: an ARG in front of FROM is not seen inside a stage",
              STR_ARG(name));
        found_fix(sink, "Declare it in this stage");
        const struct stage_facts *stage = step_stage(facts, step);
        str line = str_fmt(sink->arena, "ARG %.*s", STR_ARG(name));
        struct edit edit = stage ? insert_after_instruction(facts, stage->stage->from, line)
                                 : insert_before_instruction(facts, at, line);
        found_edit(sink, edit.at, edit.text);
        return;
    }
    bool many = facts->file->instructions.count > NAMES_SOUGHT_MAX;
    str near = many ? STR("") : nearest_name(dockerfile_scope(facts->arena, facts->file, at), name);
    const struct stage_facts *stage = step_stage(facts, step);
    bool nothing_below = stage && stage->family == FAMILY_SCRATCH;
    if (near.len) {
        found(sink, reference->at, "'$%.*s' is not set; did you mean '$%.*s'?", STR_ARG(name),
              STR_ARG(near));
    } else if (nothing_below) {
        found(sink, reference->at, "'$%.*s' is not set", STR_ARG(name));
    }
}

static void check_undefined_in(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (!is_expanded(at->kind) || step->stage == NO_INDEX || !str_has_char(at->logical.text, '$'))
        return;
    char escape = facts->file->directives.escape;
    struct word_references references = {0};
    if (at->pairs.count)
        VEC_EACH(struct pair, pair, at->pairs) {
            struct word word = {.raw = pair->value, .at = pair->value_at};
            if (str_has_char(word.raw, '$'))
                word_references(facts->arena, &word, escape, &at->logical, &references);
        }
    else
        VEC_EACH(struct word, word, at->words) {
            if (str_has_char(word->raw, '$'))
                word_references(facts->arena, word, escape, &at->logical, &references);
        }
    VEC_EACH(struct word_reference, reference, references) {
        check_reference(facts, sink, step, reference);
    }
}

static void check_undefined(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_undefined_in);
}

/* -- FROM -------------------------------------------------------------------------------------- */

static void check_from(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        const struct stage *stage = facts->stages[i].stage;
        if (!str_has_char(stage->base_raw, '$'))
            continue;
        struct word word = {.raw = stage->base_raw, .at = stage->base_at};
        struct word_references references = {0};
        word_references(facts->arena, &word, facts->file->directives.escape, &stage->from->logical,
                        &references);
        VEC_EACH(struct word_reference, reference, references) {
            if (reference->has_default || map_has(&facts->file->global_args, reference->name) ||
                is_platform_arg(reference->name) || is_proxy_arg(reference->name))
                continue;
            str near = nearest_name(&facts->file->global_args, reference->name);
            found(sink, reference->at, "no ARG in front of FROM declares '$%.*s'%s%.*s%s",
                  STR_ARG(reference->name), near.len ? "; did you mean '$" : "", STR_ARG(near),
                  near.len ? "'?" : "");
        }
    }
}

/* Is there a value that the FROM's ARGs do not give by default? */
static void check_from_default(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        const struct stage *stage = facts->stages[i].stage;
        if (!str_has_char(stage->base_raw, '$') || stage->base_stage != NO_INDEX)
            continue;
        struct word word = {.raw = stage->base_raw, .at = stage->base_at};
        struct word_references references = {0};
        word_references(facts->arena, &word, facts->file->directives.escape, &stage->from->logical,
                        &references);
        str name = STR("");
        VEC_EACH(struct word_reference, reference, references) {
            const struct pair *pair = map_find(&facts->file->global_args, reference->name);
            if (pair && !pair->has_value && !reference->has_default)
                name = reference->name;
        }
        str base = stage->base;
        bool bad = !stage->base_known ? name.len > 0
                                      : !base.len || str_ends(base, STR(":")) ||
                                            str_ends(base, STR("@")) || str_ends(base, STR("/")) ||
                                            str_starts(base, STR(":")) || str_has(base, STR("//"));
        if (!bad)
            continue;
        if (name.len)
            found(sink, stage->base_at, "without --build-arg %.*s=... this is no valid image name",
                  STR_ARG(name));
        else
            found(sink, stage->base_at,
                  "with the defaults of its ARGs this is no valid image name");
    }
}

/* -- ENV that refers to itself ----------------------------------------------------------------- */

static void check_same_env_in(const struct facts *facts, struct rule_sink *sink,
                              const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->pairs.count < 2 || !str_has_char(at->logical.text, '$'))
        return;
    for (uint32_t i = 1; i < at->pairs.count; i++) {
        struct word word = {.raw = at->pairs.at[i].value, .at = at->pairs.at[i].value_at};
        struct word_references references = {0};
        if (str_has_char(word.raw, '$'))
            word_references(facts->arena, &word, facts->file->directives.escape, &at->logical,
                            &references);
        VEC_EACH(struct word_reference, reference, references) {
            for (uint32_t k = 0; k < i; k++)
                if (str_eq(at->pairs.at[k].name, reference->name) &&
                    !dockerfile_variable(facts->file, at, reference->name)) {
                    found(sink, reference->at,
                          "'$%.*s' has its old value here: the whole ENV sees what was before it",
                          STR_ARG(reference->name));
                    found_fix(sink, "Split the ENV in front of this name");
                    span gap = {at->pairs.at[i - 1].at.end, at->pairs.at[i].at.start};
                    found_edit(sink, gap,
                               str_cat(sink->arena, source_newline(sink->source),
                                       str_cat(sink->arena, at->keyword, STR(" "))));
                    return;
                }
        }
    }
}

static void check_same_env(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_ENV, check_same_env_in);
}

RULE_FAMILY(correctness_variables,
            {.name = "correctness/undefined-variable",
             .aka = "buildkit:UndefinedVar",
             .severity = SEVERITY_WARNING,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s10",
             .what = "a variable that is empty where it is used",
             .why = "the builder puts nothing in its place and goes on",
             .how = "declare ARG name in the stage, or mend the name",
             .source = "BuildKit check UndefinedVar; docker/buildx#3718",
             .dockerfile = check_undefined},
            {.name = "correctness/undefined-in-from",
             .aka = "buildkit:UndefinedArgInFrom",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s10",
             .what = "FROM uses a variable that no global ARG declares",
             .why = "the image's name is cut short, and the build fails or takes another image",
             .how = "declare it with ARG in front of the first FROM",
             .source = "BuildKit check UndefinedArgInFrom",
             .dockerfile = check_from},
            {.name = "correctness/from-default",
             .aka = "buildkit:InvalidDefaultArgInFrom",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s10",
             .what = "FROM is no valid image name without --build-arg",
             .why = "'docker build .' fails for whoever does not know the argument",
             .how = "give the ARG a default",
             .source = "BuildKit check InvalidDefaultArgInFrom",
             .dockerfile = check_from_default},
            {.name = "correctness/same-env",
             .aka = "hadolint:DL3044",
             .severity = SEVERITY_WARNING,
             .fix = FIX_PROOF,
             .since = "0.1",
             .what = "ENV uses a name that the same ENV sets",
             .why = "all values of one ENV see the environment from before it",
             .how = "use two ENV instructions",
             .source = "Dockerfile reference, ENV",
             .dockerfile = check_same_env});
