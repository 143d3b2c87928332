#include "report/check_formats.h"
#include "report/paint.h"

#include "text/edit.h"

/* Formats of code hosts and review tools: GitHub annotations, GitLab code quality, rdjson. */

/* -- GitHub workflow commands ------------------------------------------------------------------ */

/* Percent-escapes, as the runner undoes them; `property` also for ':' and ','. */
static void put_escaped(struct buf *out, str text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
            buf_fmt(out, "%%%02X", (unsigned)(unsigned char)c);
        else
            buf_add_char(out, c);
    }
}

static const char *github_level(enum severity severity)
{
    return severity == SEVERITY_NOTE ? "notice" : severity_name(severity);
}

str check_github(struct arena *arena, const struct check_result *result)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    EACH_PLACED(placed, result)
    {
        buf_fmt(&out, "::%s file=", github_level(placed.finding->severity));
        put_escaped(&out, report_escape(arena, placed.file->path), true);
        buf_fmt(&out, ",line=%u", placed.start.line);
        if (placed.end.line == placed.start.line)
            buf_fmt(&out, ",col=%u,endColumn=%u", placed.start.column, placed.end.column);
        else
            buf_fmt(&out, ",endLine=%u", placed.end.line);
        buf_add(&out, STR(",title="));
        put_escaped(&out, finding_rules(placed.finding), true);
        buf_add(&out, STR("::"));
        put_escaped(&out, report_escape(arena, placed.finding->message), false);
        buf_add_char(&out, '\n');
    }
    return buf_str(&out);
}

/* -- GitLab code quality ----------------------------------------------------------------------- */

static const char *gitlab_severity(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR: return "critical";
    case SEVERITY_WARNING: return "major";
    case SEVERITY_NOTE: return "minor";
    }
    return "info";
}

str check_gitlab(struct arena *arena, const struct check_result *result)
{
    struct json_out out = json_out_init(arena, true);
    json_list(&out, NULL);
    const uint64_t *fingerprints = NULL;
    EACH_PLACED(placed, result)
    {
        if (!placed.index)
            fingerprints = finding_fingerprints(arena, placed.file);
        json_object(&out, NULL);
        json_str(&out, "description", placed.finding->message);
        json_z(&out, "check_name", placed.finding->rule->name);
        json_str(&out, "fingerprint", str_fmt(arena, "%016" PRIx64, fingerprints[placed.index]));
        json_z(&out, "severity", gitlab_severity(placed.finding->severity));
        json_object(&out, "location");
        json_str(&out, "path", placed.file->path);
        json_object(&out, "lines");
        json_u64(&out, "begin", placed.start.line);
        json_u64(&out, "end", placed.end.line);
        json_end_object(&out);
        json_end_object(&out);
        json_end_object(&out);
    }
    json_end_list(&out);
    return json_document(&out);
}

/* -- reviewdog --------------------------------------------------------------------------------- */

enum { SUGGESTION_LINES_MAX = 40, SUGGESTION_BYTES_MAX = 1 << 16 };

static void put_position(struct json_out *out, const char *key, struct position at)
{
    json_object(out, key);
    json_u64(out, "line", at.line);
    json_u64(out, "column", at.column);
    json_end_object(out);
}

static void put_range(struct json_out *out, struct position start, struct position end)
{
    json_object(out, "range");
    put_position(out, "start", start);
    put_position(out, "end", end);
    json_end_object(out);
}

/* A suggestion is one replacement, so the edits of a fix become one that spans them all. */
static void put_suggestion(struct arena *arena, struct json_out *out, const struct placed *placed)
{
    const struct source *source = placed->file->source;
    struct edit_list edits = {0};
    VEC_EACH(struct edit, edit, placed->finding->fix.edits)
        vec_push(arena, &edits, *edit);
    edits_sort(&edits);
    uint32_t first = edits.at[0].at.start, last = vec_last(&edits)->at.end;
    struct position start = source_position(source, first), end = source_position(source, last);
    if (end.line - start.line > SUGGESTION_LINES_MAX || last - first > SUGGESTION_BYTES_MAX)
        return;
    VEC_EACH(struct edit, edit, edits) {
        edit->at.start -= first;
        edit->at.end -= first;
    }
    str old = source_text(source, (span){first, last});
    json_list(out, "suggestions");
    json_object(out, NULL);
    put_range(out, start, end);
    json_str(out, "text", edits_apply(arena, old, &edits));
    json_end_object(out);
    json_end_list(out);
}

static const char *rd_severity(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR: return "ERROR";
    case SEVERITY_WARNING: return "WARNING";
    case SEVERITY_NOTE: return "INFO";
    }
    return "INFO";
}

str check_rdjson(struct arena *arena, const struct check_result *result)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_object(&out, "source");
    json_z(&out, "name", "plimsoll");
    json_end_object(&out);
    json_list(&out, "diagnostics");
    EACH_PLACED(placed, result)
    {
        json_object(&out, NULL);
        json_str(&out, "message", placed.finding->message);
        json_object(&out, "location");
        json_str(&out, "path", placed.file->path);
        put_range(&out, placed.start, placed.end);
        json_end_object(&out);
        json_z(&out, "severity", rd_severity(placed.finding->severity));
        json_object(&out, "code");
        json_z(&out, "value", placed.finding->rule->name);
        json_end_object(&out);
        if (placed_has_edits(&placed))
            put_suggestion(arena, &out, &placed);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return json_document(&out);
}
