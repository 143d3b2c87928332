#include "rules/rules.h"

#include "base/map.h"
#include "data/data.h"

/*
 * A finding's fingerprint: rule, path, the flagged text with its blanks folded, and which of the
 * equal ones it is. Lines above may come and go without changing it.
 */

static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash ^= more + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
    return hash;
}

static uint64_t text_hash(str text)
{
    uint64_t hash = 0;
    str word;
    while (str_next_word(&text, &word))
        hash = mix(hash, hash_bytes(word.at, word.len));
    return hash;
}

static uint64_t finding_key(const struct checked_file *file, const struct finding *finding)
{
    str name = str_from(finding->rule->name);
    uint64_t hash = hash_bytes(name.at, name.len);
    hash = mix(hash, hash_bytes(file->path.at, file->path.len));
    return mix(hash, text_hash(source_text(finding->source, finding->at)));
}

/* How many findings have had this key so far. */
static uint64_t place_among_equals(struct arena *arena, struct map *seen, const uint64_t *key)
{
    str name = {(const char *)key, sizeof(*key)};
    uint64_t *count = map_find(seen, name);
    if (!count) {
        count = NEW(arena, uint64_t);
        map_set(arena, seen, name, count);
    }
    return (*count)++;
}

const uint64_t *finding_fingerprints(struct arena *arena, const struct checked_file *file)
{
    uint32_t count = file->findings.count;
    uint64_t *keys = NEW_ARRAY(arena, uint64_t, count), *all = NEW_ARRAY(arena, uint64_t, count);
    struct map seen = {0};
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = finding_key(file, &file->findings.at[i]);
        all[i] = mix(keys[i], place_among_equals(arena, &seen, &keys[i]));
    }
    return all;
}

str baseline_print(struct arena *arena, const struct check_result *result)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.baseline/1");
    json_list(&out, "findings");
    VEC_EACH(struct checked_file, file, result->files) {
        const uint64_t *fingerprints = finding_fingerprints(arena, file);
        for (uint32_t i = 0; i < file->findings.count; i++) {
            const struct finding *finding = &file->findings.at[i];
            json_object(&out, NULL);
            json_z(&out, "rule", finding->rule->name);
            json_str(&out, "file", file->path);
            json_str(&out, "fingerprint", str_fmt(arena, "%016" PRIx64, fingerprints[i]));
            json_str(&out, "message", finding->message);
            json_end_object(&out);
        }
    }
    json_end_list(&out);
    json_end_object(&out);
    buf_add_char(&out.buf, '\n');
    return buf_str(&out.buf);
}

static void count_out(struct check_result *result, enum severity severity)
{
    uint32_t *counts[] = {&result->notes, &result->warnings, &result->errors};
    assert(*counts[severity] > 0);
    --*counts[severity];
}

bool baseline_apply(struct arena *arena, str json, struct check_result *result, struct err *err)
{
    struct node *root;
    if (!json_parse(arena, json, &root, err))
        return err_wrap(err, "reading the baseline");
    const struct node *findings = node_get(root, "findings");
    if (!str_eq(node_str(node_get(root, "schema")), STR("plimsoll.baseline/1")) || !findings ||
        findings->kind != NODE_LIST) {
        err_set(err, ERR_FORMAT, "the baseline is no plimsoll.baseline/1 document");
        return err_hint(err, "write it with 'plimsoll check --write-baseline FILE'");
    }
    struct map known = {0};
    VEC_EACH(struct node *, item, findings->items) {
        map_set(arena, &known, node_str(node_get(*item, "fingerprint")), *item);
    }
    VEC_EACH(struct checked_file, file, result->files) {
        const uint64_t *fingerprints = finding_fingerprints(arena, file);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < file->findings.count; i++) {
            if (map_has(&known, str_fmt(arena, "%016" PRIx64, fingerprints[i])))
                count_out(result, file->findings.at[i].severity);
            else
                file->findings.at[kept++] = file->findings.at[i];
        }
        file->ignored += file->findings.count - kept;
        file->findings.count = kept;
    }
    return true;
}
