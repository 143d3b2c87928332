#include "report/check_formats.h"
#include "report/frame.h"

#include "base/num.h"

/* The result of a check for people, and as one line a finding. */

struct placed placed_of(const struct checked_file *file, uint32_t index)
{
    assert(index < file->findings.count);
    const struct finding *finding = &file->findings.at[index];
    return (struct placed){
        .file = file,
        .finding = finding,
        .index = index,
        .start = source_position(file->source, finding->at.start),
        .end =
            source_position(file->source, finding->at.end > finding->at.start ? finding->at.end
                                                                              : finding->at.start),
    };
}

str finding_rules(const struct finding *finding)
{
    return finding->rules.len ? finding->rules : str_from(finding->rule->name);
}

bool placed_has_edits(const struct placed *placed)
{
    return placed->finding->fix.safety != FIX_NONE && placed->finding->fix.edits.count > 0;
}

str json_document(struct json_out *out)
{
    str text = buf_str(&out->buf);
    if (!text.len || text.at[text.len - 1] != '\n')
        buf_add_char(&out->buf, '\n');
    return buf_str(&out->buf);
}

static void paint_place(struct paint *paint, str path, struct position at)
{
    paint_text(paint, INK_BOLD, path);
    paint_fmt(paint, INK_BOLD, ":%u:%u:", at.line, at.column);
}

/* One more thing to know, under the frame. */
static void begin_remark(struct paint *paint, unsigned gutter)
{
    paint_blanks(paint, gutter);
    paint_z(paint, INK_DIM, "= ");
}

static void paint_related(struct paint *paint, const struct placed *placed, unsigned gutter)
{
    VEC_EACH(struct related, related, placed->finding->related) {
        struct position at = source_position(placed->file->source, related->at.start);
        begin_remark(paint, gutter);
        paint_fmt(paint, INK_PLAIN, "line %u: ", at.line);
        paint_text(paint, INK_PLAIN, related->note);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_remarks(struct paint *paint, const struct placed *placed, unsigned gutter)
{
    const struct finding *finding = placed->finding;
    paint_related(paint, placed, gutter);
    if (finding->bytes) {
        begin_remark(paint, gutter);
        paint_text(
            paint, INK_PLAIN,
            str_cat(paint->out.arena, STR("costs "), size_print(paint->out.arena, finding->bytes)));
        paint_z(paint, INK_PLAIN, "\n");
    }
    if (finding->fix.safety == FIX_NONE)
        return;
    begin_remark(paint, gutter);
    paint_fmt(paint, INK_GREEN, "fix (%s): ", fix_safety_name(finding->fix.safety));
    paint_wrapped(paint, finding->fix.title, gutter + 20, gutter + 4);
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_finding(struct paint *paint, const struct placed *placed)
{
    const struct finding *finding = placed->finding;
    enum ink ink = severity_ink(finding->severity);
    paint_place(paint, placed->file->path, placed->start);
    paint_fmt(paint, ink, " %s: ", severity_name(finding->severity));
    paint_text(paint, INK_BOLD, finding->message);
    paint_fmt(paint, INK_DIM, " [%.*s]\n", STR_ARG(finding_rules(finding)));
    unsigned gutter = paint_frame(paint, placed->file->source, finding->at, ink);
    paint_remarks(paint, placed, gutter);
    paint_z(paint, INK_PLAIN, "\n");
}

struct tally {
    uint32_t fixable, ignored, findings;
};

static struct tally tally_of(const struct check_result *result)
{
    struct tally tally = {0};
    VEC_EACH(struct checked_file, file, result->files) {
        tally.ignored += file->ignored;
        tally.findings += file->findings.count;
        VEC_EACH(struct finding, finding, file->findings)
            tally.fixable += finding->fix.safety == FIX_SAFE && finding->fix.edits.count > 0;
    }
    return tally;
}

static void paint_count(struct paint *paint, enum severity severity, uint32_t count, bool *first)
{
    if (!count)
        return;
    paint_fmt(paint, severity_ink(severity), "%s%u %s%s", *first ? "" : ", ", count,
              severity_name(severity), count == 1 ? "" : "s");
    *first = false;
}

static void paint_summary(struct paint *paint, const struct check_result *result)
{
    struct tally tally = tally_of(result);
    bool first = true;
    paint_count(paint, SEVERITY_ERROR, result->errors, &first);
    paint_count(paint, SEVERITY_WARNING, result->warnings, &first);
    paint_count(paint, SEVERITY_NOTE, result->notes, &first);
    paint_fmt(paint, INK_PLAIN, "%s in %u file%s", first ? "nothing found" : "",
              result->files.count, result->files.count == 1 ? "" : "s");
    if (tally.ignored)
        paint_fmt(paint, INK_PLAIN, ", %u ignored", tally.ignored);
    if (tally.fixable)
        paint_fmt(paint, INK_PLAIN, "; 'plimsoll fix' mends %u", tally.fixable);
    paint_z(paint, INK_PLAIN, "\n");
}

static str check_human(struct arena *arena, const struct check_result *result,
                       const struct report_style *style)
{
    struct paint paint = paint_init(arena, style);
    EACH_PLACED(placed, result)
    paint_finding(&paint, &placed);
    if (!style->quiet)
        paint_summary(&paint, result);
    return buf_str(&paint.out);
}

static str check_line(struct arena *arena, const struct check_result *result)
{
    const struct report_style plain = {.width = 80};
    struct paint paint = paint_init(arena, &plain);
    EACH_PLACED(placed, result)
    {
        paint_text(&paint, INK_PLAIN, placed.file->path);
        paint_fmt(&paint, INK_PLAIN, ":%u:%u: %s %.*s: ", placed.start.line, placed.start.column,
                  severity_name(placed.finding->severity), STR_ARG(finding_rules(placed.finding)));
        paint_text(&paint, INK_PLAIN, placed.finding->message);
        paint_z(&paint, INK_PLAIN, "\n");
    }
    return buf_str(&paint.out);
}

str report_check(struct arena *arena, const struct check_result *result, enum check_format format,
                 const struct report_style *style)
{
    switch (format) {
    case CHECK_HUMAN: return check_human(arena, result, style);
    case CHECK_LINE: return check_line(arena, result);
    case CHECK_JSON: return check_json(arena, result);
    case CHECK_SARIF: return check_sarif(arena, result);
    case CHECK_GITHUB: return check_github(arena, result);
    case CHECK_GITLAB: return check_gitlab(arena, result);
    case CHECK_RDJSON: return check_rdjson(arena, result);
    case CHECK_BUILDKIT: return check_buildkit(arena, result);
    }
    return STR_NONE;
}
