#include "analyze/analyze.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

/* Where there is no Dockerfile, findings stand in the history, a line a layer. */
static const struct source *history_source(struct arena *arena, const struct analysis *analysis)
{
    struct buf text = buf_init(arena, LIMIT_LINT_FILE);
    VEC_EACH(struct layer_row, row, analysis->layers) {
        str rest = row->created_by, line = STR("");
        if (str_next_line(&rest, &line))
            buf_add(&text, line);
        buf_add_char(&text, '\n');
    }
    return source_new(arena, analysis->image->name, buf_str(&text));
}

static span place_of(const struct analysis *analysis, const struct source *source,
                     const struct bloat *bloat)
{
    if (!analysis->origins)
        return bloat->layer < source->line_count ? source_line(source, bloat->layer + 1)
                                                 : (span){0, 0};
    VEC_EACH(struct instruction, in, analysis->origins->file->instructions) {
        if (in->line == bloat->line)
            return in->at;
    }
    return (span){0, 0};
}

static const char *row_rule_name(const struct rule *rule)
{
    return rule->name;
}

struct check_result bloat_findings(struct arena *arena, const struct analysis *analysis,
                                   uint64_t least)
{
    const struct source *source =
        analysis->origins ? analysis->origins->file->source : history_source(arena, analysis);
    struct checked_file file = {
        .path = source->path, .place = source->path, .kind = FILE_DOCKERFILE, .source = source};
    struct check_result result = {0};
    VEC_EACH(struct bloat, bloat, analysis->bloat) {
        if (bloat->bytes < least)
            continue;
        struct finding finding = {
            .rule = &bloat->rule->rule,
            .source = source,
            .at = place_of(analysis, source, bloat),
            .severity = bloat->in_base ? SEVERITY_NOTE : bloat->rule->rule.severity,
            .message = str_fmt(arena, "%.*s; %.*s", STR_ARG(bloat_message(arena, analysis, bloat)),
                               STR_ARG(bloat_fix(arena, analysis, bloat))),
            .bytes = bloat->bytes,
            .fix = {.safety = FIX_SUGGESTION, .title = bloat_fix(arena, analysis, bloat)},
        };
        result.warnings += finding.severity == SEVERITY_WARNING;
        result.notes += finding.severity == SEVERITY_NOTE;
        vec_push(arena, &file.findings, finding);
    }
    findings_sort(&file.findings, row_rule_name);
    vec_push(arena, &result.files, file);
    return result;
}
