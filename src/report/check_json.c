#include "report/check_formats.h"

/* plimsoll.check/1 (docs/json.md). */

static void put_aka(struct json_out *out, const char *aka)
{
    str rest = str_from(aka), word;
    json_list(out, "aka");
    while (str_next_word(&rest, &word))
        json_str(out, NULL, word);
    json_end_list(out);
}

static void put_fix(struct json_out *out, const struct fix *fix)
{
    if (fix->safety == FIX_NONE) {
        json_null(out, "fix");
        return;
    }
    json_object(out, "fix");
    json_z(out, "safety", fix_safety_name(fix->safety));
    json_str(out, "title", fix->title);
    json_list(out, "edits");
    VEC_EACH(struct edit, edit, fix->edits) {
        json_object(out, NULL);
        json_u64(out, "start", edit->at.start);
        json_u64(out, "end", edit->at.end);
        json_str(out, "text", edit->text);
        json_end_object(out);
    }
    json_end_list(out);
    json_end_object(out);
}

static void put_finding(struct json_out *out, const struct placed *placed)
{
    const struct finding *finding = placed->finding;
    json_object(out, NULL);
    json_z(out, "rule", finding->rule->name);
    json_z(out, "severity", severity_name(finding->severity));
    json_str(out, "file", placed->file->path);
    json_u64(out, "line", placed->start.line);
    json_u64(out, "column", placed->start.column);
    json_u64(out, "end_line", placed->end.line);
    json_u64(out, "end_column", placed->end.column);
    if (finding->stage.len)
        json_str(out, "stage", finding->stage);
    else
        json_null(out, "stage");
    json_str(out, "message", finding->message);
    put_aka(out, finding->rule->aka);
    put_fix(out, &finding->fix);
    json_end_object(out);
}

str check_json(struct arena *arena, const struct check_result *result)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.check/1");
    json_u64(&out, "files", result->files.count);
    json_list(&out, "findings");
    EACH_PLACED(placed, result)
    put_finding(&out, &placed);
    json_end_list(&out);
    json_end_object(&out);
    return json_document(&out);
}
