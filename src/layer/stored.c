#include "layer/stored.h"

#include "base/arena.h"
#include "base/content.h"

#include <string.h>

/* What stands in front of a stored report. Numbers are of this machine: a store that is carried to
 * another kind of machine is not found to fit. */
enum { STORED_VERSION = 1, PULL_VERSION = 1 };

struct stored_header {
    uint32_t version, entry_bytes; /* a layout that changed does not fit */
    uint32_t count, record_count;
    uint64_t heap_bytes, tar_bytes, file_bytes;
    uint32_t file_count, zero;
    digest diff_id;
};
static_assert(sizeof(struct stored_header) % 8 == 0, "entries behind it are aligned");

struct pull_header {
    uint32_t version, exact;
    uint64_t blob_bytes;
    uint32_t count, zero;
};
static_assert(sizeof(struct pull_header) % 8 == 0, "shares behind it are aligned");

struct layer_cache layer_cache_new(struct store *store, const struct inspectors *inspectors)
{
    uint64_t fingerprint = STORED_VERSION;
    for (uint32_t i = 0; i < inspectors->count; i++) {
        const struct inspector *inspector = inspectors->at[i];
        fingerprint = content_mix(str_from(inspector->name), fingerprint + inspector->version);
    }
    return (struct layer_cache){store, fingerprint};
}

static str report_key(struct arena *arena, const struct layer_cache *cache, digest diff_id)
{
    return str_fmt(arena, "%s-%016" PRIx64, digest_hex(diff_id).z, cache->fingerprint);
}

/* -- what is found is checked ------------------------------------------------------------------ */

static bool entry_fits(const struct layer_report *report, const struct layer_entry *entry)
{
    uint64_t path_end = (uint64_t)entry->path_at + entry->path_len;
    uint64_t link_end = (uint64_t)entry->link_at + entry->link_len;
    return path_end <= report->heap.len && link_end <= report->heap.len &&
           entry->order < report->count && entry->kind <= LAYER_OTHER &&
           (entry->target == LAYER_NOWHERE || entry->target < report->count);
}

static bool record_fits(const struct layer_report *report, const struct layer_record *record)
{
    return record->entry < report->count && (uint64_t)record->at + record->len <= report->heap.len;
}

bool layer_report_parse(str bytes, digest diff_id, struct layer_report *out_report)
{
    struct stored_header header;
    if (bytes.len < sizeof(header))
        return false;
    memcpy(&header, bytes.at, sizeof(header));
    uint64_t entries = (uint64_t)header.count * sizeof(struct layer_entry);
    uint64_t records = (uint64_t)header.record_count * sizeof(struct layer_record);
    uint64_t room = bytes.len - sizeof(header);
    if (header.version != STORED_VERSION || header.entry_bytes != sizeof(struct layer_entry) ||
        !digest_eq(header.diff_id, diff_id) || header.zero || entries + records > room ||
        header.heap_bytes != room - entries - records)
        return false;
    const char *at = bytes.at + sizeof(header);
    struct layer_report report = {
        .diff_id = diff_id,
        .entries = (const struct layer_entry *)(const void *)at,
        .count = header.count,
        .records = (const struct layer_record *)(const void *)(at + entries),
        .record_count = header.record_count,
        .heap = {at + entries + records, header.heap_bytes},
        .tar_bytes = header.tar_bytes,
        .file_bytes = header.file_bytes,
        .file_count = header.file_count,
    };
    for (uint32_t i = 0; i < report.count; i++)
        if (!entry_fits(&report, &report.entries[i]))
            return false;
    for (uint32_t i = 0; i < report.record_count; i++)
        if (!record_fits(&report, &report.records[i]))
            return false;
    *out_report = report;
    return true;
}

bool pull_map_parse(str bytes, struct pull_map *out_pull)
{
    struct pull_header header;
    if (bytes.len < sizeof(header))
        return false;
    memcpy(&header, bytes.at, sizeof(header));
    if (header.version != PULL_VERSION ||
        bytes.len - sizeof(header) != (uint64_t)header.count * sizeof(uint64_t))
        return false;
    struct pull_map pull = {
        .exact = header.exact,
        .blob_bytes = header.blob_bytes,
        .shares = (const uint64_t *)(const void *)(bytes.at + sizeof(header)),
        .count = header.count,
    };
    uint64_t sum = 0;
    for (uint32_t i = 0; i < pull.count; i++)
        if (__builtin_add_overflow(sum, pull.shares[i], &sum))
            return false;
    if (header.exact > 1 || header.zero || (pull.count && sum != pull.blob_bytes))
        return false;
    *out_pull = pull;
    return true;
}

/* The digest of a layer's blob: an uncompressed one is what its diff id says. */
static bool blob_digest(const struct image_layer *layer, const struct layer_report *report,
                        digest *out_digest)
{
    if (!layer->has_digest && layer->blob.size != report->tar_bytes)
        return false;
    *out_digest = layer->has_digest ? layer->digest : layer->diff_id;
    return true;
}

bool layer_cache_find(struct arena *arena, const struct layer_cache *cache,
                      const struct image_layer *layer, struct layer_result *out_result)
{
    struct layer_result result;
    struct err unheard = {0};
    digest blob;
    bool found;
    str bytes;
    if (!cache->store ||
        !store_note_find(cache->store, STORE_NOTE_REPORT, report_key(arena, cache, layer->diff_id),
                         &found, &bytes, &unheard) ||
        !found || !layer_report_parse(bytes, layer->diff_id, &result.report) ||
        !blob_digest(layer, &result.report, &blob) ||
        !store_note_find(cache->store, STORE_NOTE_PULL, str_from(digest_hex(blob).z), &found,
                         &bytes, &unheard) ||
        !found || !pull_map_parse(bytes, &result.pull) ||
        result.pull.count != result.report.count || result.pull.blob_bytes != layer->blob.size)
        return false;
    *out_result = result;
    return true;
}

/* -- keeping ----------------------------------------------------------------------------------- */

static void add_bytes(struct buf *out, const void *at, size_t size)
{
    buf_add(out, (str){at, size});
}

str layer_report_print(struct arena *arena, const struct layer_report *report)
{
    const struct stored_header header = {
        .version = STORED_VERSION,
        .entry_bytes = sizeof(struct layer_entry),
        .count = report->count,
        .record_count = report->record_count,
        .heap_bytes = report->heap.len,
        .tar_bytes = report->tar_bytes,
        .file_bytes = report->file_bytes,
        .file_count = report->file_count,
        .diff_id = report->diff_id,
    };
    struct buf out = buf_init(arena, SIZE_MAX / 2);
    add_bytes(&out, &header, sizeof(header));
    add_bytes(&out, report->entries, report->count * sizeof(*report->entries));
    add_bytes(&out, report->records, report->record_count * sizeof(*report->records));
    buf_add(&out, report->heap);
    return buf_str(&out);
}

str pull_map_print(struct arena *arena, const struct pull_map *pull)
{
    const struct pull_header header = {.version = PULL_VERSION,
                                       .exact = pull->exact,
                                       .blob_bytes = pull->blob_bytes,
                                       .count = pull->count};
    struct buf out = buf_init(arena, SIZE_MAX / 2);
    add_bytes(&out, &header, sizeof(header));
    add_bytes(&out, pull->shares, pull->count * sizeof(*pull->shares));
    return buf_str(&out);
}

void layer_cache_put(struct arena *arena, const struct layer_cache *cache,
                     const struct image_layer *layer, const struct layer_result *result)
{
    digest blob;
    struct err unheard = {0};
    if (!cache->store || !blob_digest(layer, &result->report, &blob))
        return;
    struct arena_mark mark = arena_mark(arena);
    bool good =
        store_note_put(cache->store, STORE_NOTE_REPORT, report_key(arena, cache, layer->diff_id),
                       layer_report_print(arena, &result->report), &unheard) &&
        store_note_put(cache->store, STORE_NOTE_PULL, str_from(digest_hex(blob).z),
                       pull_map_print(arena, &result->pull), &unheard);
    (void)good; /* a store that is full or read-only costs time only */
    arena_rewind(arena, mark);
}
