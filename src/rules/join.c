#include "rules/rules.h"

#include "base/arena.h"

/*
 * Findings that are one to a person: at the same place, of the same weight, about one and the same
 * thing, each with a mend of the same class. "No capabilities dropped", "no-new-privileges not set"
 * and "a writable root" of a service are read, and answered, together.
 */

static bool go_together(const struct finding *a, const struct finding *b)
{
    return a->rule->joins && b->rule->joins && a->rule != b->rule &&
           str_eq(str_from(a->rule->joins), str_from(b->rule->joins)) &&
           a->at.start == b->at.start && a->at.end == b->at.end && a->severity == b->severity &&
           a->fix.safety != FIX_NONE && a->fix.safety == b->fix.safety;
}

/* What the findings from `first` say together; those behind it are then marked as told. */
static void join_behind(struct arena *arena, struct finding *first, uint32_t count, bool *told)
{
    struct finding joined = *first;
    str parts = str_from(first->rule->part);
    for (uint32_t i = 1; i < count; i++) {
        const struct finding *other = &first[i];
        if (told[i] || !go_together(first, other))
            continue;
        told[i] = true;
        parts = str_fmt(arena, "%.*s, %s", STR_ARG(parts), other->rule->part);
        joined.rules = joined.rules.len ? joined.rules : str_from(first->rule->name);
        joined.rules = str_fmt(arena, "%.*s, %s", STR_ARG(joined.rules), other->rule->name);
        joined.fix.title =
            str_fmt(arena, "%.*s; %.*s", STR_ARG(joined.fix.title), STR_ARG(other->fix.title));
    }
    if (!joined.rules.len)
        return;
    joined.message = str_fmt(arena, "%s: %.*s", first->rule->joins, STR_ARG(parts));
    *first = joined;
}

static void count_finding(struct check_result *result, const struct finding *finding)
{
    result->errors += finding->severity == SEVERITY_ERROR;
    result->warnings += finding->severity == SEVERITY_WARNING;
    result->notes += finding->severity == SEVERITY_NOTE;
}

void check_join(struct arena *arena, struct check_result *result)
{
    result->errors = result->warnings = result->notes = 0;
    VEC_EACH(struct checked_file, file, result->files) {
        uint32_t count = file->findings.count, kept = 0;
        bool *told = NEW_ARRAY(arena, bool, count + 1);
        for (uint32_t i = 0; i < count; i++) {
            struct finding *finding = &file->findings.at[i];
            uint32_t end = i + 1;
            while (end < count && file->findings.at[end].at.start == finding->at.start)
                end++; /* they are sorted by place */
            if (told[i])
                continue;
            join_behind(arena, finding, end - i, told + i);
            count_finding(result, finding);
            file->findings.at[kept++] = *finding;
        }
        file->findings.count = kept;
    }
}
