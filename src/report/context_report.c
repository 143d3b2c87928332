#include "report/check_formats.h"
#include "report/paint.h"

#include "base/num.h"
#include "context/context.h"

/* What a build would send: for people, and plimsoll.context/1. */

enum { SHOWN_MAX = 10 };

/* -- JSON -------------------------------------------------------------------------------------- */

static void put_suggestion(struct json_out *out, const struct context_suggestion *suggestion)
{
    json_object(out, NULL);
    json_str(out, "pattern", suggestion->pattern);
    json_u64(out, "files", suggestion->files);
    json_u64(out, "bytes", suggestion->bytes);
    json_z(out, "category", suggestion->category);
    json_str(out, "why", suggestion->why);
    json_end_object(out);
}

static void put_lines(struct json_out *out, const struct context_report *report)
{
    json_list(out, "lines");
    VEC_EACH(struct context_line, line, report->lines) {
        json_object(out, NULL);
        json_u64(out, "line", line->line);
        json_str(out, "pattern", line->pattern);
        json_u64(out, "files", line->files);
        json_u64(out, "bytes", line->bytes);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_unused(struct json_out *out, const struct context_report *report)
{
    json_u64(out, "unused_files", report->unused_files);
    json_u64(out, "unused_bytes", report->unused_bytes);
    json_list(out, "unused");
    VEC_EACH(struct context_size, size, report->unused) {
        json_object(out, NULL);
        json_str(out, "path", size->path);
        json_u64(out, "files", size->files);
        json_u64(out, "bytes", size->bytes);
        json_end_object(out);
    }
    json_end_list(out);
}

static str context_json(struct arena *arena, const struct context_report *report)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.context/1");
    json_u64(&out, "files", report->tree->files);
    json_u64(&out, "bytes", report->tree->bytes);
    json_u64(&out, "ignored_files", report->tree->dropped_files);
    json_u64(&out, "ignored_bytes", report->tree->dropped_bytes);
    json_list(&out, "largest");
    VEC_EACH(struct context_size, size, report->largest) {
        json_object(&out, NULL);
        json_str(&out, "path", size->path);
        json_u64(&out, "bytes", size->bytes);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_list(&out, "secrets");
    VEC_EACH(struct context_secret, secret, report->secrets) {
        json_object(&out, NULL);
        json_str(&out, "path", secret->path);
        json_z(&out, "kind", secret->kind);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_list(&out, "suggest");
    VEC_EACH(struct context_suggestion, suggestion, report->suggest)
        put_suggestion(&out, suggestion);
    json_end_list(&out);
    if (report->ignore_path.len)
        json_str(&out, "ignore_file", report->ignore_path);
    else
        json_null(&out, "ignore_file");
    put_lines(&out, report);
    put_unused(&out, report);
    json_end_object(&out);
    return json_document(&out);
}

/* -- for people -------------------------------------------------------------------------------- */

static void paint_heading(struct paint *paint, const char *text)
{
    paint_z(paint, INK_PLAIN, "\n");
    paint_z(paint, INK_BOLD, text);
    paint_z(paint, INK_PLAIN, "\n");
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void paint_total(struct paint *paint, const char *what, uint64_t bytes, uint64_t files)
{
    paint_z(paint, INK_PLAIN, what);
    paint_size(paint, INK_PLAIN, bytes);
    paint_fmt(paint, INK_PLAIN, " in %" PRIu64 " file%s", files, plural(files));
}

static void paint_totals(struct paint *paint, const struct context_report *report)
{
    const struct context_tree *tree = report->tree;
    paint_total(paint, "sent     ", tree->bytes, tree->files);
    paint_z(paint, INK_PLAIN, "\n");
    paint_total(paint, "left out ", tree->dropped_bytes, tree->dropped_files);
    if (report->ignore_path.len) {
        paint_z(paint, INK_PLAIN, ", by ");
        paint_text(paint, INK_PLAIN, report->ignore_path);
    } else {
        paint_z(paint, INK_PLAIN, ": there is no ignore file");
    }
    paint_z(paint, INK_PLAIN, "\n");
    if (report->unused_files) {
        paint_total(paint, "unused   ", report->unused_bytes, report->unused_files);
        paint_z(paint, INK_PLAIN, " that no COPY or ADD names\n");
    }
}

static void paint_sizes(struct paint *paint, const char *heading, const struct context_sizes *sizes)
{
    if (!sizes->count)
        return;
    paint_heading(paint, heading);
    for (uint32_t i = 0; i < sizes->count && i < SHOWN_MAX; i++) {
        paint_size(paint, INK_PLAIN, sizes->at[i].bytes);
        paint_z(paint, INK_PLAIN, "  ");
        paint_text(paint, INK_PLAIN, sizes->at[i].path);
        if (sizes->at[i].files > 1)
            paint_fmt(paint, INK_DIM, " (%" PRIu64 " files)", sizes->at[i].files);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_secrets(struct paint *paint, const struct context_report *report)
{
    if (!report->secrets.count)
        return;
    paint_heading(paint, "secrets about to be sent");
    VEC_EACH(struct context_secret, secret, report->secrets) {
        paint_z(paint, INK_RED, "  ");
        paint_text(paint, INK_RED, secret->path);
        paint_fmt(paint, INK_PLAIN, "  %s\n", secret->kind);
    }
}

static void paint_lines(struct paint *paint, const struct context_report *report)
{
    if (!report->lines.count)
        return;
    paint_heading(paint, "what each line leaves out");
    VEC_EACH(struct context_line, line, report->lines) {
        paint_size(paint, INK_PLAIN, line->bytes);
        paint_fmt(paint, INK_DIM, "  line %u: ", line->line);
        paint_text(paint, INK_PLAIN, line->pattern);
        if (!line->files)
            paint_z(paint, INK_DIM, " (nothing)");
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_suggestions(struct paint *paint, const struct context_report *report)
{
    if (!report->suggest.count)
        return;
    paint_heading(paint, "lines that would save more");
    VEC_EACH(struct context_suggestion, suggestion, report->suggest) {
        paint_size(paint, INK_PLAIN, suggestion->bytes);
        paint_z(paint, INK_PLAIN, "  ");
        paint_text(paint, INK_GREEN, suggestion->pattern);
        paint_fmt(paint, INK_DIM, "  (%s, %" PRIu64 " file%s) ", suggestion->category,
                  suggestion->files, plural(suggestion->files));
        paint_text(paint, INK_DIM, suggestion->why);
        paint_z(paint, INK_PLAIN, "\n");
    }
    if (!paint->style.quiet)
        paint_z(paint, INK_PLAIN, "\n'plimsoll context --write' adds them\n");
}

str report_context(struct arena *arena, const struct context_report *report, bool json,
                   const struct report_style *style)
{
    if (json)
        return context_json(arena, report);
    struct paint paint = paint_init(arena, style);
    paint_totals(&paint, report);
    paint_secrets(&paint, report);
    paint_sizes(&paint, "largest files sent", &report->largest);
    paint_sizes(&paint, "largest directories sent", &report->largest_directories);
    paint_sizes(&paint, "sent, but no COPY or ADD names it", &report->unused);
    paint_lines(&paint, report);
    paint_suggestions(&paint, report);
    return buf_str(&paint.out);
}

/* -- one path ---------------------------------------------------------------------------------- */

static str answer_json(struct arena *arena, const struct context_answer *answer)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.context-explain/1");
    json_str(&out, "path", answer->path);
    json_bool(&out, "exists", answer->exists);
    json_bool(&out, "ignored", answer->dropped);
    if (answer->line) {
        json_u64(&out, "line", answer->line);
        json_str(&out, "pattern", answer->pattern);
    } else {
        json_null(&out, "line");
        json_null(&out, "pattern");
    }
    json_end_object(&out);
    return json_document(&out);
}

str report_context_answer(struct arena *arena, const struct context_answer *answer, bool json,
                          const struct report_style *style)
{
    if (json)
        return answer_json(arena, answer);
    struct paint paint = paint_init(arena, style);
    paint_text(&paint, INK_BOLD, answer->path);
    paint_z(&paint, INK_PLAIN, answer->exists ? "" : " (not there)");
    paint_z(&paint, INK_PLAIN, answer->dropped ? ": left out" : ": sent");
    if (answer->line) {
        paint_z(&paint, INK_PLAIN, ", by ");
        paint_text(&paint, INK_PLAIN, answer->ignore_path);
        paint_fmt(&paint, INK_PLAIN, ":%u: ", answer->line);
        paint_text(&paint, INK_PLAIN, answer->pattern);
    } else {
        paint_z(&paint, INK_PLAIN, ", no line names it");
    }
    paint_z(&paint, INK_PLAIN, "\n");
    return buf_str(&paint.out);
}
