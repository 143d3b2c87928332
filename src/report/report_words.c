#include "report/report.h"

#include "data/data.h"

/* Words that several reports use, and the lines of standard error. */

const char *severity_name(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR: return "error";
    case SEVERITY_WARNING: return "warning";
    case SEVERITY_NOTE: return "note";
    }
    return "note";
}

const char *fix_safety_name(enum fix_safety safety)
{
    switch (safety) {
    case FIX_SAFE: return "safe";
    case FIX_PROOF: return "proof";
    case FIX_SUGGESTION: return "suggestion";
    case FIX_NONE: return "none";
    }
    return "none";
}

str report_error(struct arena *arena, const struct err *err)
{
    struct buf out = buf_init(arena, (size_t)16 << 10);
    buf_add(&out, STR("plimsoll: error: "));
    for (unsigned i = err->lines; i > 0; i--) {
        buf_add(&out, report_escape(arena, str_from(err->line[i - 1])));
        buf_add(&out, i > 1 ? STR(": ") : STR("\n"));
    }
    if (err->hint[0]) {
        buf_add(&out, STR("hint: "));
        buf_add(&out, report_escape(arena, str_from(err->hint)));
        buf_add_char(&out, '\n');
    }
    return buf_str(&out);
}

str report_note(struct arena *arena, str text, bool json)
{
    if (!json)
        return str_fmt(arena, "plimsoll: %.*s\n", STR_ARG(report_escape(arena, text)));
    struct json_out out = json_out_init(arena, false);
    json_object(&out, NULL);
    json_z(&out, "event", "note");
    json_str(&out, "text", text);
    json_end_object(&out);
    return str_cat(arena, str_trim_end(buf_str(&out.buf)), STR("\n"));
}
