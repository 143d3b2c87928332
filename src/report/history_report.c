#include "report/history_report.h"

#include "base/buf.h"
#include "base/num.h"
#include "data/data.h"
#include "report/paint.h"
#include "report/tabulate.h"
#include "text/utf8.h"

enum { CREATED_BY_COLUMNS = 45, ID_DIGITS = 12 };

/* Before 2000 nobody made an image: docker takes such a time for none. */
#define CREATED_LEAST_S INT64_C(946684800)

/* The fields in the order that {{json .}} has, with what heads their column. */
enum history_field { FIELD_COMMENT, FIELD_AT, FIELD_BY, FIELD_SINCE, FIELD_ID, FIELD_SIZE, FIELDS };
static const struct {
    const char *name, *heading;
} fields[FIELDS] = {
    [FIELD_COMMENT] = {"Comment", "COMMENT"},
    [FIELD_AT] = {"CreatedAt", "CREATED AT"},
    [FIELD_BY] = {"CreatedBy", "CREATED BY"},
    [FIELD_SINCE] = {"CreatedSince", "CREATED"},
    [FIELD_ID] = {"ID", "IMAGE"},
    [FIELD_SIZE] = {"Size", "SIZE"},
};

/* -- values as docker writes them -------------------------------------------------------------- */

static str duration_print(struct arena *arena, int64_t seconds)
{
    int64_t minutes = seconds / 60, hours = (seconds + 1800) / 3600;
    if (seconds < 1)
        return STR("Less than a second");
    if (seconds == 1)
        return STR("1 second");
    if (seconds < 60)
        return str_fmt(arena, "%" PRId64 " seconds", seconds);
    if (minutes == 1)
        return STR("About a minute");
    if (minutes < 60)
        return str_fmt(arena, "%" PRId64 " minutes", minutes);
    if (hours == 1)
        return STR("About an hour");
    if (hours < 48)
        return str_fmt(arena, "%" PRId64 " hours", hours);
    if (hours < 24 * 7 * 2)
        return str_fmt(arena, "%" PRId64 " days", hours / 24);
    if (hours < 24 * 30 * 2)
        return str_fmt(arena, "%" PRId64 " weeks", hours / 24 / 7);
    if (hours < 24 * 365 * 2)
        return str_fmt(arena, "%" PRId64 " months", hours / 24 / 30);
    return str_fmt(arena, "%" PRId64 " years", seconds / 3600 / 24 / 365);
}

static str size_three_digits(struct arena *arena, uint64_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)size;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < ARRAY_COUNT(units); unit++)
        value /= 1000;
    return str_fmt(arena, "%.3g%s", value, units[unit]);
}

static str time_print(struct arena *arena, int64_t seconds, int32_t offset_s)
{
    int64_t local = seconds + offset_s, day = local / 86400, rest = local % 86400;
    if (rest < 0) {
        rest += 86400;
        day--;
    }
    str text = str_fmt(arena, "%.*sT%02d:%02d:%02d", STR_ARG(date_print(arena, day)),
                       (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    int minutes = offset_s < 0 ? -offset_s / 60 : offset_s / 60;
    if (!minutes)
        return str_cat(arena, text, STR("Z"));
    return str_fmt(arena, "%.*s%c%02d:%02d", STR_ARG(text), offset_s < 0 ? '-' : '+', minutes / 60,
                   minutes % 60);
}

/* Cut to a width, the last column being the mark that something is missing. */
static str ellipsis(struct arena *arena, str text, unsigned most)
{
    unsigned width = 0, bytes;
    size_t kept = 0;
    uint32_t code;
    for (str rest = text; (bytes = utf8_decode(rest, &code)); rest = str_from_index(rest, bytes)) {
        width += code_width(code) == 2 ? 2 : 1; /* docker knows no narrower one */
        if (width < most)
            kept = text.len - rest.len + bytes;
    }
    if (width <= most)
        return text;
    return str_cat(arena, str_slice(text, 0, kept), STR("\xe2\x80\xa6"));
}

struct history_values {
    struct arena *arena;
    const struct history_style *style;
};

static str id_print(const struct history_values *values, bool first)
{
    if (!first)
        return STR("<missing>");
    digest id = values->style->image_id;
    return values->style->whole ? digest_print(values->arena, id)
                                : str_fmt(values->arena, "%.*s", ID_DIGITS, digest_hex(id).z);
}

static str field_value(const struct history_values *values, const struct history_row *row,
                       bool first, enum history_field field)
{
    struct arena *arena = values->arena;
    const struct history_style *style = values->style;
    switch (field) {
    case FIELD_COMMENT: return row->comment;
    case FIELD_ID: return id_print(values, first);
    case FIELD_SIZE:
        return style->human ? size_three_digits(arena, row->size)
                            : str_fmt(arena, "%" PRIu64, row->size);
    case FIELD_BY: {
        str text = str_replace(arena, row->created_by, STR("\t"), STR(" "));
        return style->whole ? text : ellipsis(arena, text, CREATED_BY_COLUMNS);
    }
    case FIELD_SINCE:
        if (style->human) {
            if (row->created_s <= CREATED_LEAST_S)
                return STR("N/A");
            str ago = duration_print(arena, style->now_s - row->created_s);
            return str_cat(arena, ago, STR(" ago"));
        }
        break;
    default: break;
    }
    return time_print(arena, row->created_s, row->offset_s);
}

/* -- templates --------------------------------------------------------------------------------- */

struct template_run {
    const struct history_values *values;
    const struct history_row *row; /* NULL: the heading */
    bool first;
    struct buf *out;
};

static bool field_named(str name, enum history_field *out_field)
{
    for (int i = 0; i < FIELDS; i++)
        if (str_eq(name, str_from(fields[i].name))) {
            *out_field = (enum history_field)i;
            return true;
        }
    return false;
}

static str run_field(const struct template_run *run, enum history_field field)
{
    return run->row ? field_value(run->values, run->row, run->first, field)
                    : str_from(fields[field].heading);
}

/* A JSON string as Go writes it; with `html`, what HTML would read is escaped too. */
static void add_json_string(struct buf *out, str text, bool html)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        const char *named = c == '"'    ? "\\\""
                            : c == '\\' ? "\\\\"
                            : c == '\n' ? "\\n"
                            : c == '\r' ? "\\r"
                            : c == '\t' ? "\\t"
                            : c == '\b' ? "\\b"
                            : c == '\f' ? "\\f"
                                        : NULL;
        if (named)
            buf_add(out, str_from(named));
        else if (c < 0x20 || (html && (c == '<' || c == '>' || c == '&')))
            buf_fmt(out, "\\u%04x", c);
        else
            buf_add_char(out, (char)c);
    }
    buf_add_char(out, '"');
}

static void add_object(struct template_run *run)
{
    buf_add_char(run->out, '{');
    for (int i = 0; i < FIELDS; i++) {
        buf_fmt(run->out, "%s\"%s\":", i ? "," : "", fields[i].name);
        add_json_string(run->out, run_field(run, (enum history_field)i), true);
    }
    buf_add_char(run->out, '}');
}

/* What stands inside of {{ }}: a field, or a function and a field. */
static bool run_action(struct template_run *run, str action, struct err *err)
{
    str rest = str_trim(action), function = STR(""), name;
    enum history_field field;
    str_next_word(&rest, &name);
    if (name.len && name.at[0] != '.') {
        function = name;
        name = str_trim(rest);
    } else if (str_trim(rest).len)
        name = STR("");
    if (str_eq(function, STR("json")) && str_eq(name, STR("."))) {
        if (run->row)
            add_object(run);
        return true;
    }
    bool known = name.len > 1 && field_named(str_from_index(name, 1), &field);
    if (known && !function.len)
        return buf_add(run->out, run_field(run, field)), true;
    if (known && STR_IN(function, "json", "lower")) {
        if (!run->row)
            buf_add(run->out, run_field(run, field));
        else if (str_eq(function, STR("json")))
            add_json_string(run->out, run_field(run, field), false);
        else
            buf_add(run->out, str_lower(run->values->arena, run_field(run, field)));
        return true;
    }
    err_set(err, ERR_USAGE, "--format has no '{{%.*s}}'", STR_ARG(action));
    return err_hint(err, "it takes {{.ID}} {{.CreatedSince}} {{.CreatedAt}} {{.CreatedBy}} "
                         "{{.Size}} {{.Comment}} and {{json .}}");
}

static bool run_template(struct template_run *run, str template, struct err *err)
{
    while (template.len) {
        size_t open = str_find(template, STR("{{"));
        buf_add(run->out, str_slice(template, 0, open));
        if (open == STR_MISSING)
            break;
        template = str_from_index(template, open + 2);
        size_t close = str_find(template, STR("}}"));
        if (close == STR_MISSING)
            return err_set(err, ERR_USAGE, "--format: '{{' without '}}'");
        if (!run_action(run, str_slice(template, 0, close), err))
            return false;
        template = str_from_index(template, close + 2);
    }
    buf_add_char(run->out, '\n');
    return true;
}

/* What is meant by no template, "table", "table ...", and escapes. */
static str whole_template(struct arena *arena, str text, const struct history_style *style,
                          bool *out_table)
{
    const str table = STR("table");
    *out_table = !text.len || str_starts(text, table);
    if (*out_table && text.len)
        text = str_trim(str_from_index(text, table.len));
    if (*out_table && !text.len) {
        if (style->ids_only)
            *out_table = false;
        return style->ids_only ? STR("{{.ID}}")
               : style->human
                   ? STR("{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}")
                   : STR("{{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}");
    }
    text = str_replace(arena, text, STR("\\t"), STR("\t"));
    return str_replace(arena, text, STR("\\n"), STR("\n"));
}

bool report_history(struct arena *arena, const struct history_rows *rows,
                    const struct history_style *style, str *out_text, struct err *err)
{
    struct buf out = buf_init(arena, (size_t)1 << 30);
    const struct history_values values = {arena, style};
    struct template_run run = {.values = &values, .out = &out};
    bool table;
    str template = whole_template(arena, style->template, style, &table);
    if (table && !run_template(&run, template, err))
        return false;
    for (uint32_t i = 0; i < rows->count; i++) {
        run.row = &rows->at[i];
        run.first = i == 0;
        if (!run_template(&run, template, err))
            return false;
    }
    *out_text = table ? tabulate(arena, buf_str(&out), 10, 3) : buf_str(&out);
    return true;
}

str report_history_json(struct arena *arena, const struct history_rows *rows)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.history/1");
    json_list(&out, "layers");
    VEC_EACH(struct history_row, row, *rows) {
        json_object(&out, NULL);
        json_str(&out, "created_by", row->created_by);
        json_str(&out, "created", row->created);
        json_u64(&out, "size", row->size);
        json_bool(&out, "empty", row->empty);
        json_digest(&out, "diff_id", row->empty ? NULL : &row->diff_id);
        json_digest(&out, "digest", row->has_digest ? &row->blob : NULL);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return buf_str(&out.buf);
}
