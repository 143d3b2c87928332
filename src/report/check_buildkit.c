#include "report/check_formats.h"
#include "report/paint.h"

/*
 * The document of `docker build --call=check,format=json` (BuildKit's lint subrequest), of the
 * Dockerfiles in a result. A finding that BuildKit has too carries BuildKit's name.
 */

/* The id of `family` among the blank-separated ids, "buildkit:FromAsCasing"; empty when none. */
static str aka_of(const struct rule *rule, str family)
{
    str rest = str_from(rule->aka), word;
    while (str_next_word(&rest, &word))
        if (str_starts(word, family))
            return str_from_index(word, family.len);
    return STR_NONE;
}

/* "FromAsCasing" is documented under "from-as-casing"; a run of capitals stays together. */
static str buildkit_url(struct arena *arena, str name)
{
    struct buf out = buf_init(arena, 512);
    buf_add(&out, STR("https://docs.docker.com/go/dockerfile/rule/"));
    for (size_t i = 0; i < name.len; i++) {
        bool upper = name.at[i] >= 'A' && name.at[i] <= 'Z';
        bool after_lower = i > 0 && name.at[i - 1] >= 'a' && name.at[i - 1] <= 'z';
        bool before_lower = i > 0 && i + 1 < name.len && name.at[i + 1] >= 'a';
        if (upper && (after_lower || before_lower))
            buf_add_char(&out, '-');
        buf_add_char(&out, char_lower(name.at[i]));
    }
    buf_add_char(&out, '/');
    return buf_str(&out);
}

static str base64(struct arena *arena, str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t block = 0;
        for (size_t k = 0; k < 3; k++)
            block = block << 8 | (k < left ? (unsigned char)bytes.at[i + k] : 0u);
        char quad[4] = {digits[block >> 18], digits[block >> 12 & 63], digits[block >> 6 & 63],
                        digits[block & 63]};
        for (size_t k = left < 3 ? left + 1 : 4; k < 4; k++)
            quad[k] = '=';
        buf_add(&out, (str){quad, 4});
    }
    return buf_str(&out);
}

static void put_warning(struct arena *arena, struct json_out *out, const struct placed *placed,
                        uint32_t source_index)
{
    str theirs = aka_of(placed->finding->rule, STR("buildkit:"));
    json_object(out, NULL);
    json_str(out, "ruleName", theirs.len ? theirs : str_from(placed->finding->rule->name));
    json_z(out, "description", placed->finding->rule->what);
    if (theirs.len)
        json_str(out, "url", buildkit_url(arena, theirs));
    json_str(out, "detail", placed->finding->message);
    json_object(out, "location");
    if (source_index)
        json_u64(out, "sourceIndex", source_index);
    json_list(out, "ranges");
    json_object(out, NULL);
    const struct position ends[2] = {placed->start, placed->end};
    for (unsigned i = 0; i < 2; i++) {
        json_object(out, i ? "end" : "start");
        json_u64(out, "line", ends[i].line);
        json_end_object(out);
    }
    json_end_object(out);
    json_end_list(out);
    json_end_object(out);
    json_end_object(out);
}

static bool has_warnings(const struct checked_file *file)
{
    return file->kind == FILE_DOCKERFILE && file->findings.count > 0;
}

str check_buildkit(struct arena *arena, const struct check_result *result)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_list(&out, "warnings");
    uint32_t source_index = 0;
    VEC_EACH(struct checked_file, file, result->files) {
        if (!has_warnings(file))
            continue;
        for (uint32_t i = 0; i < file->findings.count; i++) {
            struct placed placed = placed_of(file, i);
            put_warning(arena, &out, &placed, source_index);
        }
        source_index++;
    }
    json_end_list(&out);
    json_list(&out, "sources");
    VEC_EACH(struct checked_file, file, result->files) {
        if (!has_warnings(file))
            continue;
        json_object(&out, NULL);
        json_str(&out, "fileName", file->path);
        json_z(&out, "language", "Dockerfile");
        json_null(&out, "definition");
        json_str(&out, "data", base64(arena, file->source->text));
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return json_document(&out);
}
