#include "rules/repository.h"

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

/* Rule and text: what a file keeps when it gets another name. */
static uint64_t content_key(const struct finding *finding)
{
    str name = str_from(finding->rule->name);
    uint64_t hash = hash_bytes(name.at, name.len);
    return mix(hash, text_hash(source_text(finding->source, finding->at)));
}

static uint64_t finding_key(const struct checked_file *file, const struct finding *finding)
{
    return mix(content_key(finding), hash_bytes(file->place.at, file->place.len));
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

static str hash_print(struct arena *arena, uint64_t hash)
{
    return str_fmt(arena, "%016" PRIx64, hash);
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
            json_str(&out, "file", file->place);
            json_str(&out, "fingerprint", hash_print(arena, fingerprints[i]));
            json_str(&out, "content", hash_print(arena, content_key(finding)));
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

/* Is an entry's file no longer in the tree that was looked at? */
static bool file_is_gone(const struct repository *repository, str place)
{
    if (!repository || !repository->tree)
        return false;
    str below = repository->below;
    if (below.len) {
        if (!str_starts(place, below) || place.len <= below.len || place.at[below.len] != '/')
            return false;
        place = str_from_index(place, below.len + 1);
    }
    return !context_find(repository->tree, place);
}

struct baseline {
    struct map exact;   /* fingerprint -> entry */
    struct map renamed; /* content of entries whose file is gone -> how many, in the pointer */
};

static struct baseline read_entries(struct arena *arena, const struct node *findings,
                                    const struct repository *repository)
{
    struct baseline known = {0};
    VEC_EACH(struct node *, item, findings->items) {
        map_set(arena, &known.exact, node_str(node_get(*item, "fingerprint")), *item);
        str content = node_str(node_get(*item, "content"));
        if (!content.len || !file_is_gone(repository, node_str(node_get(*item, "file"))))
            continue;
        uintptr_t count = (uintptr_t)map_find(&known.renamed, content) + 1;
        map_set(arena, &known.renamed, content, (void *)count);
    }
    return known;
}

static bool take_renamed(struct arena *arena, struct baseline *known, str content)
{
    uintptr_t count = (uintptr_t)map_find(&known->renamed, content);
    if (!count)
        return false;
    map_set(arena, &known->renamed, content, (void *)(count - 1));
    return true;
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
    struct baseline *known = NEW(arena, struct baseline);
    *known = read_entries(arena, findings, result->repository);
    struct baseline left = {0}; /* entries of renamed files stand for one finding each */
    for (uint32_t i = 0; i < known->renamed.count; i++)
        map_set(arena, &left.renamed, known->renamed.entries[i].key,
                known->renamed.entries[i].value);
    result->baseline = known;
    VEC_EACH(struct checked_file, file, result->files) {
        struct finding_list shown = {0};
        const uint64_t *fingerprints = finding_fingerprints(arena, file);
        for (uint32_t i = 0; i < file->findings.count; i++) {
            struct finding *finding = &file->findings.at[i];
            finding->known = map_has(&known->exact, hash_print(arena, fingerprints[i])) ||
                             take_renamed(arena, &left, hash_print(arena, content_key(finding)));
            if (finding->known)
                count_out(result, finding->severity);
            else
                vec_push(arena, &shown, *finding);
        }
        file->ignored += file->findings.count - shown.count;
        file->all = file->findings;
        file->findings = shown;
    }
    return true;
}

void baseline_mark(struct arena *arena, const struct baseline *baseline,
                   const struct checked_file *file, struct finding_list *findings)
{
    if (!baseline)
        return;
    struct checked_file other = *file;
    other.findings = *findings;
    const uint64_t *fingerprints = finding_fingerprints(arena, &other);
    for (uint32_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->at[i];
        finding->known = map_has(&baseline->exact, hash_print(arena, fingerprints[i])) ||
                         map_has(&baseline->renamed, hash_print(arena, content_key(finding)));
    }
}
