#include "report/check_formats.h"
#include "report/paint.h"

#include "text/diff.h"

/* What `fix` did or would do: for people, as a diff, as plimsoll.fix/1. */

static str diff_of(struct arena *arena, const struct fixed_file *file)
{
    return diff_unified(arena, file->path, file->before, file->after);
}

static str all_diffs(struct arena *arena, const struct fix_report *report)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    VEC_EACH(struct fixed_file, file, report->files)
        buf_add(&out, diff_of(arena, file));
    return buf_str(&out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static void put_file(struct json_out *out, const struct fixed_file *file)
{
    json_object(out, NULL);
    json_str(out, "file", file->path);
    json_bool(out, "changed", !str_eq(file->before, file->after));
    json_list(out, "applied");
    VEC_EACH(struct fix_applied, applied, file->applied) {
        json_object(out, NULL);
        json_z(out, "rule", applied->rule->name);
        json_z(out, "safety", fix_safety_name(applied->safety));
        json_u64(out, "line", applied->line);
        json_str(out, "title", applied->title);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "refused");
    VEC_EACH(struct fix_refused, refused, file->refused) {
        json_object(out, NULL);
        json_z(out, "rule", refused->rule->name);
        json_u64(out, "line", refused->line);
        json_str(out, "title", refused->title);
        json_str(out, "why", refused->why);
        json_end_object(out);
    }
    json_end_list(out);
    json_u64(out, "unproven", file->unproven);
    json_u64(out, "left", file->left.count);
    json_end_object(out);
}

static str fix_json(struct arena *arena, const struct fix_report *report)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.fix/1");
    json_bool(&out, "written", !report->diff);
    json_list(&out, "files");
    VEC_EACH(struct fixed_file, file, report->files)
        put_file(&out, file);
    json_end_list(&out);
    json_str(&out, "patch", all_diffs(arena, report));
    json_end_object(&out);
    return json_document(&out);
}

/* -- for people -------------------------------------------------------------------------------- */

static void paint_step(struct paint *paint, uint32_t line, str title, const char *rule)
{
    paint_fmt(paint, INK_DIM, "  line %u: ", line);
    paint_text(paint, INK_PLAIN, title);
    paint_fmt(paint, INK_DIM, " [%s]", rule);
}

static void paint_file(struct paint *paint, const struct fixed_file *file)
{
    if (!file->applied.count && !file->refused.count)
        return;
    paint_text(paint, INK_BOLD, file->path);
    paint_z(paint, INK_PLAIN, "\n");
    VEC_EACH(struct fix_applied, applied, file->applied) {
        paint_step(paint, applied->line, applied->title, applied->rule->name);
        paint_z(paint, INK_PLAIN, "\n");
    }
    VEC_EACH(struct fix_refused, refused, file->refused) {
        paint_step(paint, refused->line, refused->title, refused->rule->name);
        paint_z(paint, INK_YELLOW, " left alone: ");
        paint_text(paint, INK_PLAIN, refused->why);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_fix_summary(struct paint *paint, const struct fix_report *report)
{
    uint32_t applied = 0, files = 0, unproven = 0, left = 0;
    VEC_EACH(struct fixed_file, file, report->files) {
        applied += file->applied.count;
        files += file->applied.count > 0;
        unproven += file->unproven;
        left += file->left.count;
    }
    paint_fmt(paint, INK_PLAIN, "%u fix%s in %u file%s", applied, applied == 1 ? "" : "es", files,
              files == 1 ? "" : "s");
    if (unproven)
        paint_fmt(paint, INK_PLAIN, ", %u more with --unproven", unproven);
    paint_fmt(paint, INK_PLAIN, "; %u finding%s left\n", left, left == 1 ? "" : "s");
}

static enum ink diff_ink(str line)
{
    if (str_starts(line, STR("--- a/")) || str_starts(line, STR("+++ b/")))
        return INK_BOLD;
    switch (line.len ? line.at[0] : ' ') {
    case '-': return INK_RED;
    case '+': return INK_GREEN;
    case '@': return INK_CYAN;
    case '\\': return INK_DIM;
    default: return INK_PLAIN;
    }
}

/* The diffs for somebody at a terminal: coloured, and made safe. Otherwise they stay as they are,
 * for git apply. */
static str painted_diffs(struct arena *arena, const struct fix_report *report,
                         const struct report_style *style)
{
    struct paint paint = paint_init(arena, style);
    str rest = all_diffs(arena, report), line;
    while (str_next_line(&rest, &line)) {
        paint_text(&paint, diff_ink(line), line);
        paint_z(&paint, INK_PLAIN, "\n");
    }
    return buf_str(&paint.out);
}

str report_fix(struct arena *arena, const struct fix_report *report, bool json,
               const struct report_style *style)
{
    if (json)
        return fix_json(arena, report);
    if (report->diff)
        return style->color ? painted_diffs(arena, report, style) : all_diffs(arena, report);
    struct paint paint = paint_init(arena, style);
    VEC_EACH(struct fixed_file, file, report->files)
        paint_file(&paint, file);
    if (!style->quiet)
        paint_fix_summary(&paint, report);
    return buf_str(&paint.out);
}
