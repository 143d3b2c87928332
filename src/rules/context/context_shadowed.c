#include "rules/families.h"
#include "rules/repository.h"

/* Lines of an ignore file that another line does the work of. */

enum { SHADOW_PATTERNS_MAX = 256 }; /* each is held against each */

/* Does an exception stand between the two lines? Then their order means something. */
static bool exception_between(const struct ignore_pattern *patterns, size_t a, size_t b)
{
    size_t low = a < b ? a : b, high = a < b ? b : a;
    for (size_t i = low + 1; i < high; i++)
        if (patterns[i].negated)
            return true;
    return false;
}

static void check_shadowed(const struct ignore_file *file, struct rule_sink *sink)
{
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count && count <= SHADOW_PATTERNS_MAX; i++) {
        const struct ignore_pattern *pattern = &patterns[i];
        if (pattern->negated || pattern->bad || glob_is_pattern(pattern->cleaned))
            continue;
        for (size_t k = 0; k < count; k++) {
            bool other = k != i && !patterns[k].negated && !patterns[k].bad &&
                         !str_eq(patterns[k].cleaned, pattern->cleaned);
            if (!other || !ignore_pattern_match(file->ignore, k, pattern->cleaned) ||
                exception_between(patterns, i, k))
                continue;
            found(sink, pattern->at, "'%.*s' is left out by '%.*s' already", STR_ARG(pattern->raw),
                  STR_ARG(patterns[k].raw));
            found_related(sink, patterns[k].at, "this line does it");
            found_fix(sink, "Remove it");
            found_edit(sink, source_full_line(sink->source, pattern->line), STR(""));
            break;
        }
    }
}

RULE_FAMILY(context_shadowed,
            {.name = "context/pattern-shadowed",
             .aka = "",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SAFE,
             .since = "0.1",
             .guide = "s7",
             .what = "a name that another pattern leaves out already",
             .why = "whoever removes it to have the file sent wonders why nothing changes",
             .how = "remove the line",
             .source = "Docker: build context, .dockerignore: the last line that matches decides",
             .ignore = check_shadowed});
