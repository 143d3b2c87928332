#include "fix/fix.h"

#include "text/edit.h"

/*
 * One round: take the fixes that do not conflict, apply them together, check the text again. When
 * the check disagrees, the round is done again with half of them, down to single ones, so that one
 * bad edit costs only itself.
 */

enum { ROUNDS_MAX = 12 };

struct work {
    struct arena *arena;
    const struct check_result *result;
    const struct checked_file *file;
    const struct fix_options *options;
    struct fixed_file *out;
    str text;                     /* as it is now */
    struct finding_list findings; /* of that text */
};

VEC_TYPE(choice_list, const struct finding *);

static bool wanted(const struct work *work, const struct finding *finding)
{
    if (!finding->fix.edits.count)
        return false;
    return finding->fix.safety == FIX_SAFE ||
           (finding->fix.safety == FIX_PROOF && work->options->unproven);
}

static bool same_fix(const struct fix_refused *refused, const struct finding *finding)
{
    return refused->rule == finding->rule && str_eq(refused->title, finding->fix.title);
}

static bool was_refused(const struct work *work, const struct finding *finding)
{
    uint32_t line = source_position(finding->source, finding->at.start).line;
    VEC_EACH(struct fix_refused, refused, work->out->refused) {
        if (same_fix(refused, finding) && refused->line == line)
            return true;
    }
    return false;
}

static void refuse(struct work *work, const struct finding *finding, str why)
{
    struct fix_refused refused = {
        .rule = finding->rule,
        .title = finding->fix.title,
        .why = why,
        .line = source_position(finding->source, finding->at.start).line,
    };
    vec_push(work->arena, &work->out->refused, refused);
}

/* Two fixes with the very same edits are one fix for two findings. */
static bool same_edits(const struct edit_list *a, const struct edit_list *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->at[i].at.start != b->at[i].at.start || a->at[i].at.end != b->at[i].at.end ||
            !str_eq(a->at[i].text, b->at[i].text))
            return false;
    return true;
}

/* Fixes that go together, in the order of the findings; those in conflict wait for a later round.
 * */
static struct choice_list choose(const struct work *work)
{
    struct choice_list chosen = {0};
    struct edit_list edits = {0};
    VEC_EACH(struct finding, finding, work->findings) {
        if (!wanted(work, finding) || was_refused(work, finding))
            continue;
        bool twin = false;
        VEC_EACH(const struct finding *, other, chosen) {
            twin = twin || same_edits(&(*other)->fix.edits, &finding->fix.edits);
        }
        if (twin || edits_conflict(&edits, &finding->fix.edits))
            continue;
        vec_push(work->arena, &chosen, finding);
        VEC_EACH(struct edit, edit, finding->fix.edits) {
            vec_push(work->arena, &edits, *edit);
        }
    }
    return chosen;
}

static str apply(const struct work *work, const struct choice_list *chosen)
{
    struct edit_list edits = {0};
    VEC_EACH(const struct finding *, finding, *chosen) {
        VEC_EACH(struct edit, edit, (*finding)->fix.edits) {
            vec_push(work->arena, &edits, *edit);
        }
    }
    edits_sort(&edits);
    return edits_apply(work->arena, work->text, &edits);
}

static uint32_t count_of(const struct finding_list *findings, const struct rule *rule)
{
    uint32_t count = 0;
    VEC_EACH(struct finding, finding, *findings) {
        count += finding->rule == rule;
    }
    return count;
}

/* What is wrong with the text after a round; "" when all is well. */
static str objection(const struct work *work, const struct choice_list *chosen,
                     const struct finding_list *after)
{
    VEC_EACH(struct finding, finding, *after) {
        if (count_of(after, finding->rule) > count_of(&work->findings, finding->rule))
            return str_fmt(work->arena, "it would lead to a new finding: %s (%.*s)",
                           finding->rule->name, STR_ARG(finding->message));
    }
    VEC_EACH(const struct finding *, fixed, *chosen) {
        uint32_t before = count_of(&work->findings, (*fixed)->rule), meant = 0;
        /* A cross-file finding is not made by check_text: its going away cannot be seen here. */
        if ((*fixed)->rule->repository)
            continue;
        VEC_EACH(const struct finding *, other, *chosen) {
            meant += (*other)->rule == (*fixed)->rule;
        }
        if (count_of(after, (*fixed)->rule) + meant > before)
            return STR("the finding would still be there");
    }
    return STR("");
}

static void note_applied(struct work *work, const struct choice_list *chosen)
{
    VEC_EACH(const struct finding *, finding, *chosen) {
        struct fix_applied applied = {
            .rule = (*finding)->rule,
            .safety = (*finding)->fix.safety,
            .title = (*finding)->fix.title,
            .line = source_position((*finding)->source, (*finding)->at.start).line,
        };
        vec_push(work->arena, &work->out->applied, applied);
    }
}

/* Apply these if the check agrees; else halve, and refuse what is alone and still wrong. True when
 * the text changed: the remaining choices are then out of date. */
static bool try_fixes(struct work *work, struct choice_list chosen)
{
    while (chosen.count) {
        str text = apply(work, &chosen);
        struct finding_list after =
            check_text(work->arena, work->result, work->file, text, work->options->check);
        str why =
            str_eq(text, work->text) ? STR("it changes nothing") : objection(work, &chosen, &after);
        if (!why.len) {
            note_applied(work, &chosen);
            work->text = text;
            work->findings = after;
            return true;
        }
        if (chosen.count == 1) {
            refuse(work, chosen.at[0], why);
            return false;
        }
        struct choice_list first = {chosen.at, chosen.count / 2, chosen.count / 2};
        if (try_fixes(work, first))
            return true;
        chosen.at += first.count;
        chosen.count -= first.count;
        chosen.capacity = chosen.count;
    }
    return false;
}

struct fixed_file fix_file(struct arena *arena, const struct check_result *result,
                           const struct checked_file *file, const struct fix_options *options)
{
    struct fixed_file out = {.path = file->path, .before = file->source->text};
    struct work work = {.arena = arena,
                        .result = result,
                        .file = file,
                        .options = options,
                        .out = &out,
                        .text = file->source->text,
                        .findings = file->findings};
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct choice_list chosen = choose(&work);
        if (!chosen.count)
            break;
        /* Refusals of one round may free others; each round refuses or changes something. */
        try_fixes(&work, chosen);
    }
    out.after = work.text;
    out.left = work.findings;
    VEC_EACH(struct finding, finding, work.findings) {
        out.unproven +=
            finding->fix.safety == FIX_PROOF && finding->fix.edits.count && !options->unproven;
    }
    return out;
}
