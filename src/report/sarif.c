#include "report/check_formats.h"
#include "report/paint.h"

/*
 * SARIF 2.1.0, as GitHub code scanning and others read it.
 *
 * Columns count code points ("unicodeCodePoints"). Relative paths stand below %SRCROOT%. Rules are
 * listed once each, in the order of their first result, with all that the table says of them.
 */

enum { MARK_BYTES = 1024 };

struct sarif {
    struct arena *arena;
    struct json_out out;
    const struct source *marked;       /* the source that `marks` are of */
    uint32_t *marks;                   /* code points before each MARK_BYTES of it */
    const struct checked_file *hashed; /* the file that `fingerprints` are of */
    const uint64_t *fingerprints;
    VEC(const struct rule *) rules;
    struct map rule_index; /* name -> uint32_t * */
};

static uint64_t fingerprint_of(struct sarif *sarif, const struct placed *placed)
{
    if (sarif->hashed != placed->file)
        sarif->fingerprints = finding_fingerprints(sarif->arena, placed->file);
    sarif->hashed = placed->file;
    return sarif->fingerprints[placed->index];
}

static uint32_t rule_index_of(struct sarif *sarif, const struct rule *rule)
{
    uint32_t *known = map_find(&sarif->rule_index, str_from(rule->name));
    if (known)
        return *known;
    uint32_t *index = NEW(sarif->arena, uint32_t);
    *index = sarif->rules.count;
    vec_push(sarif->arena, &sarif->rules, rule);
    map_set(sarif->arena, &sarif->rule_index, str_from(rule->name), index);
    return *index;
}

static void put_text(struct json_out *out, const char *key, str text)
{
    json_object(out, key);
    json_str(out, "text", text);
    json_end_object(out);
}

/* A path as a URI reference: what is not unreserved or '/' is percent-escaped. */
static str uri_of(struct arena *arena, str path)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    if (str_starts(path, STR("/")))
        buf_add(&out, STR("file://"));
    while (str_starts(path, STR("./")))
        path = str_from_index(path, 2);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];
        if (char_is_alnum(c) || str_has_char(STR("-._~/@+="), c))
            buf_add_char(&out, c);
        else
            buf_fmt(&out, "%%%02X", (unsigned)(unsigned char)c);
    }
    return buf_str(&out);
}

static void put_artifact(struct sarif *sarif, const char *key, str path)
{
    json_object(&sarif->out, key);
    json_str(&sarif->out, "uri", uri_of(sarif->arena, path));
    if (!str_starts(path, STR("/")))
        json_z(&sarif->out, "uriBaseId", "%SRCROOT%");
    json_end_object(&sarif->out);
}

/* Bytes that begin a code point: all but UTF-8's continuation bytes. */
static uint32_t count_points(str text)
{
    uint32_t points = 0;
    for (size_t i = 0; i < text.len; i++)
        points += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return points;
}

/* Code points before an offset. Counts are kept at every MARK_BYTES, so that a file of one long
 * line with a finding at each byte costs no more than another. */
static uint32_t points_before(struct sarif *sarif, const struct source *source, uint32_t offset)
{
    if (sarif->marked != source) {
        size_t count = source->text.len / MARK_BYTES + 1;
        sarif->marked = source;
        sarif->marks = NEW_ARRAY(sarif->arena, uint32_t, count);
        for (size_t i = 1; i < count; i++)
            sarif->marks[i] =
                sarif->marks[i - 1] +
                count_points((str){source->text.at + (i - 1) * MARK_BYTES, MARK_BYTES});
    }
    uint32_t mark = offset / MARK_BYTES;
    return sarif->marks[mark] + count_points(str_slice(source->text, mark * MARK_BYTES, offset));
}

/* Column in code points of an offset. */
static uint32_t code_column(struct sarif *sarif, const struct source *source, uint32_t offset,
                            struct position at)
{
    uint32_t start = source_line(source, at.line).start;
    uint32_t end = offset < source->text.len ? offset : (uint32_t)source->text.len;
    if (end < start)
        return 1;
    return points_before(sarif, source, end) - points_before(sarif, source, start) + 1;
}

static void put_region(struct sarif *sarif, const char *key, const struct source *source, span at)
{
    uint32_t last = at.end > at.start ? at.end : at.start;
    struct position start = source_position(source, at.start);
    struct position end = source_position(source, last);
    json_object(&sarif->out, key);
    json_u64(&sarif->out, "startLine", start.line);
    json_u64(&sarif->out, "startColumn", code_column(sarif, source, at.start, start));
    json_u64(&sarif->out, "endLine", end.line);
    json_u64(&sarif->out, "endColumn", code_column(sarif, source, last, end));
    json_u64(&sarif->out, "byteOffset", at.start);
    json_u64(&sarif->out, "byteLength", last - at.start);
    json_end_object(&sarif->out);
}

static void put_physical(struct sarif *sarif, str path, const struct source *source, span at)
{
    json_object(&sarif->out, "physicalLocation");
    put_artifact(sarif, "artifactLocation", path);
    put_region(sarif, "region", source, at);
    json_end_object(&sarif->out);
}

static void put_related(struct sarif *sarif, const struct placed *placed)
{
    if (!placed->finding->related.count)
        return;
    json_list(&sarif->out, "relatedLocations");
    uint64_t id = 1;
    VEC_EACH(struct related, related, placed->finding->related) {
        json_object(&sarif->out, NULL);
        json_u64(&sarif->out, "id", id++);
        put_physical(sarif, placed->file->path, placed->file->source, related->at);
        put_text(&sarif->out, "message", related->note);
        json_end_object(&sarif->out);
    }
    json_end_list(&sarif->out);
}

static void put_fixes(struct sarif *sarif, const struct placed *placed)
{
    const struct fix *fix = &placed->finding->fix;
    if (!placed_has_edits(placed))
        return;
    struct json_out *out = &sarif->out;
    json_list(out, "fixes");
    json_object(out, NULL);
    put_text(out, "description", fix->title);
    json_list(out, "artifactChanges");
    json_object(out, NULL);
    put_artifact(sarif, "artifactLocation", placed->file->path);
    json_list(out, "replacements");
    VEC_EACH(struct edit, edit, fix->edits) {
        json_object(out, NULL);
        put_region(sarif, "deletedRegion", placed->file->source, edit->at);
        if (edit->text.len)
            put_text(out, "insertedContent", edit->text);
        json_end_object(out);
    }
    json_end_list(out);
    json_end_object(out);
    json_end_list(out);
    json_end_object(out);
    json_end_list(out);
}

static void put_result(struct sarif *sarif, const struct placed *placed, str line_hash)
{
    struct json_out *out = &sarif->out;
    const struct finding *finding = placed->finding;
    json_object(out, NULL);
    json_z(out, "ruleId", finding->rule->name);
    json_u64(out, "ruleIndex", rule_index_of(sarif, finding->rule));
    json_z(out, "level", severity_name(finding->severity));
    put_text(out, "message", finding->message);
    json_list(out, "locations");
    json_object(out, NULL);
    put_physical(sarif, placed->file->path, placed->file->source, finding->at);
    json_end_object(out);
    json_end_list(out);
    put_related(sarif, placed);
    json_object(out, "partialFingerprints");
    if (line_hash.len)
        json_str(out, "primaryLocationLineHash", line_hash);
    json_str(out, "plimsollFinding/v1",
             str_fmt(sarif->arena, "%016" PRIx64, fingerprint_of(sarif, placed)));
    json_end_object(out);
    put_fixes(sarif, placed);
    json_end_object(out);
}

static void put_file_results(struct sarif *sarif, const struct checked_file *file)
{
    if (!file->findings.count)
        return;
    size_t lines;
    const str *hashes = report_line_hashes(sarif->arena, file->source->text, &lines);
    for (uint32_t i = 0; i < file->findings.count; i++) {
        struct placed placed = placed_of(file, i);
        size_t line = placed.start.line - 1;
        put_result(sarif, &placed, line < lines ? hashes[line] : STR_NONE);
    }
}

static void put_rule_tags(struct json_out *out, const struct rule *rule)
{
    str rest = str_from(rule->aka), word;
    json_object(out, "properties");
    json_list(out, "tags");
    json_str(out, NULL, rule_group(rule));
    while (str_next_word(&rest, &word))
        json_str(out, NULL, word);
    json_end_list(out);
    json_z(out, "precision", "high");
    json_z(out, "problem.severity",
           rule->severity == SEVERITY_NOTE ? "recommendation" : severity_name(rule->severity));
    json_end_object(out);
}

static void put_rule(struct sarif *sarif, const struct rule *rule)
{
    struct json_out *out = &sarif->out;
    const struct report_style plain = {.width = 100};
    json_object(out, NULL);
    json_z(out, "id", rule->name);
    put_text(out, "shortDescription", str_from(rule->what));
    put_text(out, "fullDescription", str_from(rule->why));
    json_object(out, "help");
    json_str(out, "text", report_rule(sarif->arena, rule, EXPLAIN_HUMAN, &plain));
    json_str(out, "markdown", report_rule(sarif->arena, rule, EXPLAIN_MARKDOWN, &plain));
    json_end_object(out);
    json_object(out, "defaultConfiguration");
    json_z(out, "level", severity_name(rule->severity));
    json_end_object(out);
    put_rule_tags(out, rule);
    json_end_object(out);
}

static void put_tool(struct sarif *sarif)
{
    struct json_out *out = &sarif->out;
    json_object(out, "tool");
    json_object(out, "driver");
    json_z(out, "name", "Plimsoll");
    json_z(out, "semanticVersion", PLIMSOLL_VERSION);
    json_list(out, "rules");
    VEC_EACH(const struct rule *, rule, sarif->rules)
        put_rule(sarif, *rule);
    json_end_list(out);
    json_end_object(out);
    json_end_object(out);
}

static void put_invocation(struct sarif *sarif, const struct check_result *result)
{
    struct json_out *out = &sarif->out;
    json_list(out, "invocations");
    json_object(out, NULL);
    bool whole = true;
    VEC_EACH(struct unread, unread, result->unread)
        whole = whole && !unread->asked;
    json_bool(out, "executionSuccessful", whole);
    json_list(out, "toolExecutionNotifications");
    VEC_EACH(struct unread, unread, result->unread) {
        json_object(out, NULL);
        json_z(out, "level", unread->asked ? "error" : "warning");
        put_text(out, "message", unread->why);
        json_list(out, "locations");
        json_object(out, NULL);
        json_object(out, "physicalLocation");
        put_artifact(sarif, "artifactLocation", unread->path);
        json_end_object(out);
        json_end_object(out);
        json_end_list(out);
        json_end_object(out);
    }
    json_end_list(out);
    json_end_object(out);
    json_end_list(out);
}

static void put_artifacts(struct sarif *sarif, const struct check_result *result)
{
    json_list(&sarif->out, "artifacts");
    VEC_EACH(struct checked_file, file, result->files) {
        json_object(&sarif->out, NULL);
        put_artifact(sarif, "location", file->path);
        json_u64(&sarif->out, "length", file->source->text.len);
        json_end_object(&sarif->out);
    }
    json_end_list(&sarif->out);
}

str check_sarif(struct arena *arena, const struct check_result *result)
{
    struct sarif sarif = {.arena = arena, .out = json_out_init(arena, true)};
    struct json_out *out = &sarif.out;
    json_object(out, NULL);
    json_z(out, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_z(out, "version", "2.1.0");
    json_list(out, "runs");
    json_object(out, NULL);
    json_list(out, "results");
    VEC_EACH(struct checked_file, file, result->files)
        put_file_results(&sarif, file);
    json_end_list(out);
    put_tool(&sarif); /* behind the results, which say which rules there are */
    put_invocation(&sarif, result);
    put_artifacts(&sarif, result);
    json_z(out, "columnKind", "unicodeCodePoints");
    json_end_object(out);
    json_end_list(out);
    json_end_object(out);
    return json_document(out);
}
