#include "layer/building.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/content.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 1 << 20, ROOM_KEPT = 8 << 20 };
enum { LINKS_MAX = 64 }; /* a link to a link to a link: writers name the file itself */

#define WHITEOUT_PREFIX ".wh."
#define OPAQUE_NAME     ".wh..wh..opq"

enum { INSPECTORS_MAX = 64, BEGIN_BYTES = 4 };

struct building building_new(struct arena *arena, const struct inspectors *inspectors)
{
    assert(inspectors->count <= INSPECTORS_MAX);
    struct arena *scratch = arena_child(arena, 0);
    return (struct building){
        .arena = arena,
        .heap = buf_init(arena, LIMIT_LAYER_NAMES),
        .inspectors = inspectors,
        .scratch = scratch,
        .scratch_empty = arena_mark(scratch),
        .room_arena = arena_child(arena, 0),
        .state = content_new(arena),
    };
}

/* -- paths ------------------------------------------------------------------------------------- */

int layer_path_order(str a, str b)
{
    size_t least = a.len < b.len ? a.len : b.len, i = 0;
    while (i + 8 <= least && memcmp(a.at + i, b.at + i, 8) == 0)
        i += 8;
    while (i < least && a.at[i] == b.at[i])
        i++;
    if (i == least)
        return (a.len > b.len) - (a.len < b.len);
    int left = a.at[i] == '/' ? -1 : (uint8_t)a.at[i],
        right = b.at[i] == '/' ? -1 : (uint8_t)b.at[i];
    return left - right;
}

/* Add the clean form of a path to the heap: no leading '/' or "./", no doubled '/'. */
static bool add_path(struct building *building, str path, uint32_t *out_at, uint32_t *out_len,
                     struct err *err)
{
    size_t start = building->heap.len;
    str part, rest = path;
    while (str_next(&rest, '/', &part)) {
        if (!part.len || str_eq(part, STR(".")))
            continue;
        if (str_eq(part, STR("..")))
            return err_set(err, ERR_FORMAT, "the entry '%.*s' leads out of the root",
                           STR_ARG(path));
        if (building->heap.len > start)
            buf_add_char(&building->heap, '/');
        buf_add(&building->heap, part);
    }
    *out_at = (uint32_t)start;
    *out_len = (uint32_t)(building->heap.len - start);
    return !building->heap.full ||
           err_set(err, ERR_LIMIT, "names take more than %zu bytes", LIMIT_LAYER_NAMES);
}

static str heap_str(const struct building *building, uint32_t at, uint32_t len)
{
    return str_slice(buf_str(&building->heap), at, at + len);
}

/* ".wh.NAME" becomes NAME, in place; the opaque marker its directory. */
static bool read_whiteout(struct building *building, struct layer_entry *entry)
{
    str path = heap_str(building, entry->path_at, entry->path_len);
    str name = str_basename(path), folder = str_dirname(path);
    const str prefix = STR(WHITEOUT_PREFIX);
    if (!str_starts(name, prefix))
        return true;
    if (str_eq(name, STR(OPAQUE_NAME))) {
        entry->kind = LAYER_OPAQUE;
        entry->path_len = (uint32_t)folder.len;
        return true;
    }
    if (str_starts(name, STR(WHITEOUT_PREFIX WHITEOUT_PREFIX)) || name.len == prefix.len)
        return false; /* what aufs kept for itself */
    char *at = building->heap.at + entry->path_at + (path.len - name.len);
    memmove(at, at + prefix.len, name.len - prefix.len);
    entry->path_len -= (uint32_t)prefix.len;
    building->heap.len -= prefix.len;
    entry->kind = LAYER_WHITEOUT;
    return true;
}

/* -- entries ----------------------------------------------------------------------------------- */

static uint64_t meta_of(const struct tar_entry *entry)
{
    uint64_t numbers[] = {
        entry->mode,     entry->uid,          entry->gid,         (uint64_t)entry->mtime_s,
        entry->mtime_ns, entry->device_major, entry->device_minor};
    uint64_t hash = content_mix((str){(const char *)numbers, sizeof(numbers)}, 0);
    /* Added, so that the order of attributes does not count. */
    VEC_EACH(struct tar_xattr, xattr, entry->xattrs) {
        hash += content_mix(xattr->value, content_mix(xattr->name, 0));
    }
    return hash;
}

static enum layer_kind kind_of(enum tar_type type)
{
    static const enum layer_kind kinds[] = {
        [TAR_FILE] = LAYER_FILE,       [TAR_HARD_LINK] = LAYER_HARD_LINK,
        [TAR_SYMLINK] = LAYER_SYMLINK, [TAR_CHARACTER] = LAYER_DEVICE,
        [TAR_BLOCK] = LAYER_DEVICE,    [TAR_DIRECTORY] = LAYER_DIRECTORY,
        [TAR_FIFO] = LAYER_FIFO,       [TAR_OTHER] = LAYER_OTHER,
    };
    return kinds[type];
}

/* -- inspectors -------------------------------------------------------------------------------- */

/* Who wants to see the newest entry? */
static void begin_watching(struct building *building)
{
    const struct layer_entry *entry = vec_last(&building->entries);
    str path = heap_str(building, entry->path_at, entry->path_len);
    building->watching = 0;
    building->seen = (struct buf){0};
    for (uint32_t i = 0; building->in_file && i < building->inspectors->count; i++)
        if (entry->size && entry->size <= building->inspectors->at[i]->wants(path))
            building->watching |= 1ull << i;
}

/* Room for a file's bytes: used again by the next one, but what a large one took, a small one does
 * not hold. */
static void make_room(struct building *building, size_t size)
{
    if (building->room_bytes < size || building->room_bytes > ROOM_KEPT) {
        arena_empty(building->room_arena);
        building->room_bytes = size < ROOM_LEAST ? ROOM_LEAST : size;
        building->room = arena_alloc(building->room_arena, building->room_bytes, 1);
    }
    building->seen.at = building->room;
    building->seen.capacity = size;
}

static void empty_scratch(struct building *building)
{
    if (arena_used_bytes(building->scratch) > ROOM_KEPT)
        arena_empty(building->scratch);
    else
        arena_rewind(building->scratch, building->scratch_empty);
}

/* Its first bytes are there: who still does? Where they come in pieces, make room for all. */
static void look_closer(struct building *building, str bytes, bool whole)
{
    const struct layer_entry *entry = vec_last(&building->entries);
    str path = heap_str(building, entry->path_at, entry->path_len);
    for (uint32_t i = 0; i < building->inspectors->count; i++) {
        const struct inspector *inspector = building->inspectors->at[i];
        if (building->watching >> i & 1 && inspector->begins &&
            (whole || bytes.len >= BEGIN_BYTES) && !inspector->begins(path, bytes))
            building->watching &= ~(1ull << i);
    }
    if (!building->watching)
        return;
    empty_scratch(building);
    building->seen = buf_init(building->room_arena, entry->size);
    if (!whole)
        make_room(building, entry->size);
}

static void show(struct building *building, str bytes)
{
    const struct layer_entry *entry = vec_last(&building->entries);
    str path = str_copy(building->scratch, heap_str(building, entry->path_at, entry->path_len));
    for (uint32_t i = 0; i < building->inspectors->count; i++) {
        if (!(building->watching >> i & 1))
            continue;
        struct layer_record record = {
            .entry = entry->order, .inspector = i, .at = (uint32_t)building->heap.len};
        building->inspectors->at[i]->note(building->scratch, path, bytes, &building->heap);
        record.len = (uint32_t)(building->heap.len - record.at);
        if (record.len)
            vec_push(building->arena, &building->records, record);
    }
    building->watching = 0;
}

/* -- an entry ---------------------------------------------------------------------------------- */

bool building_entry(struct building *building, const struct tar_entry *tar, struct err *err)
{
    if (building->entries.count == LIMIT_LAYER_ENTRIES)
        return err_set(err, ERR_LIMIT, "more than %d entries", LIMIT_LAYER_ENTRIES);
    struct layer_entry entry = {
        .kind = kind_of(tar->type),
        .size = tar->type == TAR_FILE ? tar->size : 0,
        .meta = meta_of(tar),
        .mtime_s = tar->mtime_s,
        .mtime_ns = tar->mtime_ns,
        .mode = tar->mode,
        .uid = (uint32_t)tar->uid,
        .gid = (uint32_t)tar->gid,
        .target = LAYER_NOWHERE,
        .order = building->entries.count,
    };
    if (!add_path(building, tar->path, &entry.path_at, &entry.path_len, err))
        return false;
    bool kept = read_whiteout(building, &entry);
    if (!kept || entry.kind == LAYER_WHITEOUT || entry.kind == LAYER_OPAQUE)
        entry.size = 0;
    if (!kept)
        entry.kind = LAYER_OTHER;
    if (entry.kind == LAYER_HARD_LINK) {
        if (!add_path(building, tar->link, &entry.link_at, &entry.link_len, err))
            return false;
    } else if (entry.kind == LAYER_SYMLINK) {
        entry.link_at = (uint32_t)building->heap.len;
        entry.link_len = (uint32_t)tar->link.len;
        buf_add(&building->heap, tar->link);
    }
    building->in_file = entry.kind == LAYER_FILE;
    building->hashing = false;
    vec_push(building->arena, &building->entries, entry);
    begin_watching(building);
    return true;
}

static void set_content(struct building *building, content_hash hash)
{
    struct layer_entry *entry = vec_last(&building->entries);
    memcpy(entry->content, hash.at, sizeof(entry->content));
}

void building_data(struct building *building, str bytes, bool whole)
{
    if (!building->in_file)
        return;
    if (building->watching && !building->seen.arena)
        look_closer(building, bytes, whole);
    if (building->watching && whole)
        show(building, bytes);
    else if (building->watching)
        buf_add(&building->seen, bytes);
    if (whole && !building->hashing) {
        set_content(building, content_of(bytes));
        building->in_file = false;
        return;
    }
    if (!building->hashing)
        content_begin(building->state);
    building->hashing = true;
    content_add(building->state, bytes);
}

void building_done(struct building *building)
{
    if (building->watching)
        show(building, buf_str(&building->seen));
    if (building->in_file && building->hashing)
        set_content(building, content_end(building->state));
    else if (building->in_file)
        set_content(building, content_of(STR("")));
    building->in_file = false;
    building->hashing = false;
}

/* -- sorting ----------------------------------------------------------------------------------- */

/* qsort_r's: by path, then by place. */
static int entry_order(const void *left, const void *right, void *heap)
{
    const struct layer_entry *a = left, *b = right;
    const char *at = heap;
    int order =
        layer_path_order((str){at + a->path_at, a->path_len}, (str){at + b->path_at, b->path_len});
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* The newest entry of that path that stands before `order`; NOWHERE when there is none. */
static uint32_t find_before(const struct layer_report *report, str path, uint32_t order)
{
    uint32_t low = 0, high = report->count;
    while (low < high) { /* the first that stands behind */
        uint32_t middle = low + (high - low) / 2;
        const struct layer_entry *entry = &report->entries[middle];
        int way = layer_path_order(layer_path(report, entry), path);
        if (way > 0 || (way == 0 && entry->order >= order))
            high = middle;
        else
            low = middle + 1;
    }
    while (low-- > 0) {
        const struct layer_entry *entry = &report->entries[low];
        if (!str_eq(layer_path(report, entry), path))
            break;
        if (entry->kind != LAYER_WHITEOUT && entry->kind != LAYER_OPAQUE)
            return low;
    }
    return LAYER_NOWHERE;
}

static bool is_marker(const struct layer_entry *entry)
{
    return entry->kind == LAYER_WHITEOUT || entry->kind == LAYER_OPAQUE;
}

static int record_order(const void *left, const void *right)
{
    const struct layer_record *a = left, *b = right;
    int order = (a->entry > b->entry) - (a->entry < b->entry);
    return order ? order : (a->inspector > b->inspector) - (a->inspector < b->inspector);
}

/* Records name entries by their order in the archive until those are sorted. */
static void place_records(struct building *building, struct layer_report *report)
{
    uint32_t *place = NEW_ARRAY(building->arena, uint32_t, report->count + 1);
    for (uint32_t i = 0; i < report->count; i++)
        place[report->entries[i].order] = i;
    VEC_EACH(struct layer_record, record, building->records) {
        record->entry = place[record->entry];
    }
    report->records = building->records.at;
    report->record_count = building->records.count;
    if (report->record_count)
        qsort(building->records.at, report->record_count, sizeof(struct layer_record),
              record_order);
}

static void link_up(struct layer_entry *entries, struct layer_report *report)
{
    uint32_t newest = LAYER_NOWHERE; /* the entry of this path that counts so far */
    for (uint32_t i = 0; i < report->count; i++) {
        struct layer_entry *entry = &entries[i];
        str path = layer_path(report, entry);
        if (newest != LAYER_NOWHERE && !str_eq(layer_path(report, &entries[newest]), path))
            newest = LAYER_NOWHERE;
        if (!is_marker(entry)) {
            if (newest != LAYER_NOWHERE)
                entries[newest].overridden = 1;
            newest = i;
        }
        report->file_bytes += entry->size;
        report->file_count += entry->kind == LAYER_FILE;
    }
    for (uint32_t i = 0; i < report->count; i++) {
        if (entries[i].kind != LAYER_HARD_LINK)
            continue;
        uint32_t target = i;
        for (int hops = 0;
             hops < LINKS_MAX && target != LAYER_NOWHERE && entries[target].kind == LAYER_HARD_LINK;
             hops++)
            target =
                find_before(report, layer_link(report, &entries[target]), entries[target].order);
        bool file = target != LAYER_NOWHERE && entries[target].kind == LAYER_FILE;
        entries[i].target = file ? target : LAYER_NOWHERE;
    }
}

bool building_end(struct building *building, struct layer_report *out_report, struct err *err)
{
    if (building->heap.full)
        return err_set(err, ERR_LIMIT, "names take more than %zu bytes", LIMIT_LAYER_NAMES);
    struct layer_report report = {.entries = building->entries.at,
                                  .count = building->entries.count,
                                  .heap = buf_str(&building->heap)};
    if (report.count)
        qsort_r(building->entries.at, report.count, sizeof(struct layer_entry), entry_order,
                building->heap.at);
    link_up(building->entries.at, &report);
    place_records(building, &report);
    *out_report = report;
    return true;
}
