#include "fix/fix.h"

#include "base/limits.h"
#include "dockerfile/dockerfile.h"
#include "text/edit.h"

#include <string.h>

/*
 * One round: take the fixes that do not conflict, apply them together, check the text again. When
 * the check disagrees, the round is done again with half of them, down to single ones, so that one
 * bad edit costs only itself.
 *
 * A fix that makes a milder finding, which has a fix of its own, owes that one. When a debt is open
 * at the end, all is done again without the fix that made it.
 */

/* Fixes at one place take a round each; what is left then waits for another run. Checks are bounded
 * too: each refusal takes some. */
enum { ROUNDS_MAX = 256, CHECKS_MAX = 2048, RESTARTS_MAX = 16 };

struct debt {
    const struct rule *owed;
    struct fix_refused by; /* the fix that made it, and what to say of that */
};

struct work {
    struct arena *arena;
    const struct check_result *result;
    const struct checked_file *file;
    const struct fix_options *options;
    struct fixed_file *out;
    str text;                     /* as it is now */
    struct finding_list findings; /* of that text */
    uint32_t checks;              /* made so far */
    bool some_known;              /* the baseline knows some of the first findings */
    VEC(struct debt) debts;
    struct fix_refused_list banned; /* they made a debt that stayed open */
};

VEC_TYPE(choice_list, const struct finding *);

static uint32_t count_of(const struct finding_list *findings, const struct rule *rule)
{
    uint32_t count = 0;
    VEC_EACH(struct finding, finding, *findings) {
        count += finding->rule == rule;
    }
    return count;
}

/* An edit may change the text that the baseline knows a finding by: as many as it knew of a rule
 * stay, whichever they are. */
static bool is_old(const struct work *work, const struct finding *finding)
{
    uint32_t old = 0;
    if (!work->some_known)
        return false;
    VEC_EACH(struct finding, other, work->file->all) {
        old += other->known && other->rule == finding->rule;
    }
    return finding->known || (old && count_of(&work->findings, finding->rule) <= old);
}

/* Has it a fix that this run may apply? */
static bool can_be_mended(const struct work *work, const struct finding *finding)
{
    return finding->fix.edits.count &&
           (finding->fix.safety == FIX_SAFE ||
            (finding->fix.safety == FIX_PROOF && work->options->unproven));
}

static bool wanted(const struct work *work, const struct finding *finding)
{
    return can_be_mended(work, finding) && !is_old(work, finding);
}

static bool same_fix(const struct fix_refused *refused, const struct finding *finding)
{
    return refused->rule == finding->rule && str_eq(refused->title, finding->fix.title);
}

static bool is_among(const struct fix_refused_list *list, const struct finding *finding)
{
    uint32_t line = source_position(finding->source, finding->at.start).line;
    VEC_EACH(struct fix_refused, refused, *list) {
        if (same_fix(refused, finding) && refused->line == line)
            return true;
    }
    return false;
}

static bool was_refused(const struct work *work, const struct finding *finding)
{
    return is_among(&work->out->refused, finding) || is_among(&work->banned, finding);
}

static struct fix_refused refusal_of(const struct finding *finding, str why)
{
    return (struct fix_refused){
        .rule = finding->rule,
        .title = finding->fix.title,
        .why = why,
        .line = source_position(finding->source, finding->at.start).line,
    };
}

static void refuse(struct work *work, const struct finding *finding, str why)
{
    vec_push(work->arena, &work->out->refused, refusal_of(finding, why));
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

/* The highest turn of what can be done now. */
static unsigned next_turn(const struct work *work)
{
    unsigned turn = 0;
    VEC_EACH(struct finding, finding, work->findings) {
        if (finding->fix.turn > turn && wanted(work, finding) && !was_refused(work, finding))
            turn = finding->fix.turn;
    }
    return turn;
}

/* Fixes that go together, in the order of the findings; the others wait for another round. */
static struct choice_list choose(const struct work *work)
{
    struct choice_list chosen = {0};
    struct edit_list edits = {0};
    unsigned turn = next_turn(work);
    VEC_EACH(struct finding, finding, work->findings) {
        if (finding->fix.turn != turn || (turn && chosen.count) || !wanted(work, finding) ||
            was_refused(work, finding))
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

/* How much of a Dockerfile its grammar does not take: what no selection of rules may hide. An array
 * that is none any more is given to a shell as text. */
static uint32_t misread(struct arena *arena, str text)
{
    const struct source *source = source_new(arena, STR(""), text);
    const struct dockerfile *file = dockerfile_parse(arena, source);
    uint32_t count = file->problems.count;
    VEC_EACH(struct instruction, at, file->instructions) {
        count += at->json_failed;
    }
    return count;
}

static bool breaks_parse(const struct work *work, str text)
{
    return work->file->kind == FILE_DOCKERFILE &&
           misread(work->arena, text) > misread(work->arena, work->text);
}

static enum severity mildest(const struct choice_list *chosen)
{
    enum severity least = SEVERITY_ERROR;
    VEC_EACH(const struct finding *, finding, *chosen) {
        least = (*finding)->severity < least ? (*finding)->severity : least;
    }
    return least;
}

/* How often a rule found something: before a round, after it, and by what is to be fixed. */
struct tally {
    const struct rule *rule;
    uint32_t before, after, meant;
};
VEC_TYPE(tally_list, struct tally);

static struct tally *tally_of(struct arena *arena, struct tally_list *tallies,
                              const struct rule *rule)
{
    VEC_EACH(struct tally, tally, *tallies) {
        if (tally->rule == rule)
            return tally;
    }
    vec_push(arena, tallies, (struct tally){.rule = rule});
    return vec_last(tallies);
}

static struct tally_list tally_all(const struct work *work, const struct choice_list *chosen,
                                   const struct finding_list *after)
{
    struct tally_list tallies = {0};
    VEC_EACH(struct finding, finding, work->findings) {
        tally_of(work->arena, &tallies, finding->rule)->before++;
    }
    VEC_EACH(struct finding, finding, *after) {
        tally_of(work->arena, &tallies, finding->rule)->after++;
    }
    VEC_EACH(const struct finding *, finding, *chosen) {
        tally_of(work->arena, &tallies, (*finding)->rule)->meant++;
    }
    return tallies;
}

static str new_finding(const struct work *work, const struct finding *finding)
{
    return str_fmt(work->arena, "it would lead to a new finding: %s (%.*s)", finding->rule->name,
                   STR_ARG(finding->message));
}

/* What is wrong with the text after a round; "" when all is well. A finding that is milder than the
 * one it comes for, and that has a fix of its own, is a step on the way: `out_owed`. */
static str objection(const struct work *work, const struct choice_list *chosen,
                     const struct finding_list *after, struct choice_list *out_owed)
{
    struct tally_list tallies = tally_all(work, chosen, after);
    enum severity least = mildest(chosen);
    *out_owed = (struct choice_list){0};
    VEC_EACH(struct finding, finding, *after) {
        const struct tally *tally = tally_of(work->arena, &tallies, finding->rule);
        if (tally->after <= tally->before)
            continue;
        if (finding->severity >= least || !can_be_mended(work, finding))
            return new_finding(work, finding);
        vec_push(work->arena, out_owed, finding);
    }
    VEC_EACH(struct tally, tally, tallies) {
        /* A cross-file finding is not made by check_text: its going away cannot be seen here. */
        if (tally->meant && !tally->rule->repository && tally->after + tally->meant > tally->before)
            return STR("the finding would still be there");
    }
    return out_owed->count && chosen->count > 1 ? STR("one of them makes a new finding") : STR("");
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

static void owe(struct work *work, const struct finding *by, const struct choice_list *owed)
{
    VEC_EACH(const struct finding *, finding, *owed) {
        struct debt debt = {.owed = (*finding)->rule,
                            .by = refusal_of(by, new_finding(work, *finding))};
        vec_push(work->arena, &work->debts, debt);
    }
}

/* Apply these if the check agrees; else halve, and refuse what is alone and still wrong. True when
 * the text changed: the remaining choices are then out of date. */
static bool try_fixes(struct work *work, struct choice_list chosen)
{
    while (chosen.count && work->checks++ < CHECKS_MAX) {
        struct arena_mark mark = arena_mark(work->arena);
        str text = apply(work, &chosen);
        struct finding_list after =
            check_text(work->arena, work->result, work->file, text, work->options->check);
        struct choice_list owed;
        str why = objection(work, &chosen, &after, &owed);
        if (str_eq(text, work->text))
            why = STR("it changes nothing");
        else if (breaks_parse(work, text))
            why = STR("the file would not be read as it was");
        if (!why.len) {
            owe(work, chosen.at[0], &owed);
            note_applied(work, &chosen);
            work->text = text;
            work->findings = after;
            work->out->refused.count = 0; /* what was wrong with the old text may be right now */
            return true;
        }
        char kept[512];
        size_t size = why.len < sizeof(kept) ? why.len : sizeof(kept);
        memcpy(kept, why.at, size);
        arena_rewind(work->arena, mark); /* a file can cost a thousand checks */
        if (chosen.count == 1) {
            refuse(work, chosen.at[0], str_copy(work->arena, (str){kept, size}));
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

/* Why this file is not fixed at all, or no further; "" when it can be. */
static str unfixable(const struct work *work)
{
    if (str_has_char(work->text, '\0'))
        return STR("the file holds NUL bytes: it is not text");
    if (work->findings.count >= LIMIT_FINDINGS_PER_FILE)
        return STR("the file has more findings than are kept, so no fix can be judged");
    if (work->checks >= CHECKS_MAX)
        return STR("too many fixes were taken back; the others are not tried");
    return STR("");
}

static const struct finding_list *first_findings(const struct work *work)
{
    return work->file->all.count ? &work->file->all : &work->file->findings;
}

/* From the file as it is, with nothing applied. */
static void begin(struct work *work)
{
    work->text = work->file->source->text;
    work->findings = *first_findings(work);
    work->debts.count = 0;
    work->out->applied.count = 0;
    work->out->refused.count = 0;
}

static void do_rounds(struct work *work)
{
    begin(work);
    for (int changes = 0; changes < ROUNDS_MAX;) {
        struct choice_list chosen = choose(work);
        if (!chosen.count)
            return;
        str why = unfixable(work);
        if (why.len) {
            refuse(work, chosen.at[0], why);
            return;
        }
        /* Refusals of one round may free others; each round refuses or changes something. */
        changes += try_fixes(work, chosen);
    }
}

/* A finding that a fix made, and that no other fix took away again; NULL when there is none. */
static const struct debt *open_debt(const struct work *work)
{
    VEC_EACH(struct debt, debt, work->debts) {
        if (count_of(&work->findings, debt->owed) > count_of(first_findings(work), debt->owed))
            return debt;
    }
    return NULL;
}

struct fixed_file fix_file(struct arena *arena, const struct check_result *result,
                           const struct checked_file *file, const struct fix_options *options)
{
    struct fixed_file out = {.path = file->path, .before = file->source->text};
    struct work work = {
        .arena = arena, .result = result, .file = file, .options = options, .out = &out};
    VEC_EACH(struct finding, finding, file->all) {
        work.some_known = work.some_known || finding->known;
    }
    do_rounds(&work);
    const struct debt *debt;
    while ((debt = open_debt(&work))) {
        vec_push(arena, &work.banned, debt->by);
        if (work.banned.count > RESTARTS_MAX) {
            begin(&work);
            break;
        }
        do_rounds(&work);
    }
    VEC_EACH(struct fix_refused, banned, work.banned) {
        vec_push(arena, &out.refused, *banned);
    }
    out.after = work.text;
    VEC_EACH(struct finding, finding, work.findings) {
        if (is_old(&work, finding))
            continue;
        vec_push(arena, &out.left, *finding);
        out.unproven +=
            finding->fix.safety == FIX_PROOF && finding->fix.edits.count && !options->unproven;
    }
    return out;
}
