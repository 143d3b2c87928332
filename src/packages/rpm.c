#include "packages/readers.h"

#include "base/arena.h"
#include "base/elf.h"
#include "data/data.h"

#include <string.h>

/*
 * rpm keeps one blob a package, its header: a list of tags, each with a place in the data behind.
 * The three databases differ in how they store the blobs.
 */

enum {
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
    TAG_DIR_INDEXES = 1116,
    TAG_BASE_NAMES = 1117,
    TAG_DIR_NAMES = 1118,
};
enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRINGS = 8, TYPE_I18N = 9 };
enum { TAGS_MAX = 1 << 16, FILES_MAX = 1 << 20, HEADER_MAX = 64 << 20 };

static uint32_t big32(str bytes, uint64_t at)
{
    return (uint32_t)elf_number(bytes, at, 4, true);
}

static uint32_t little32(str bytes, uint64_t at)
{
    return (uint32_t)elf_number(bytes, at, 4, false);
}

/* -- a header ---------------------------------------------------------------------------------- */

struct tag {
    uint32_t type, count;
    str data; /* from its place to the end of all data */
};

static bool find_tag(str header, uint32_t number, struct tag *out_tag)
{
    uint32_t tags = big32(header, 0), bytes = big32(header, 4);
    if (tags > TAGS_MAX || header.len < 8 + 16ull * tags + bytes)
        return false;
    str data = str_slice(header, 8 + 16ul * tags, 8 + 16ul * tags + bytes);
    for (uint32_t i = 0; i < tags; i++) {
        uint64_t at = 8 + 16ull * i;
        if (big32(header, at) != number)
            continue;
        *out_tag = (struct tag){big32(header, at + 4), big32(header, at + 12),
                                str_from_index(data, big32(header, at + 8))};
        return true;
    }
    return false;
}

/* The next string of a tag's data. */
static bool take_string(str *data, str *out_text)
{
    size_t end = str_find_char(*data, '\0');
    if (end == STR_MISSING)
        return false;
    *out_text = str_slice(*data, 0, end);
    *data = str_from_index(*data, end + 1);
    return true;
}

static str string_tag(str header, uint32_t number)
{
    struct tag tag;
    str text = STR("");
    bool found = find_tag(header, number, &tag) &&
                 (tag.type == TYPE_STRING || tag.type == TYPE_I18N || tag.type == TYPE_STRINGS);
    return found && take_string(&tag.data, &text) ? text : STR("");
}

static void note_files(struct arena *scratch, str header, struct note_writer *writer)
{
    struct tag names, folders, indexes;
    if (!find_tag(header, TAG_BASE_NAMES, &names) || !find_tag(header, TAG_DIR_NAMES, &folders) ||
        !find_tag(header, TAG_DIR_INDEXES, &indexes) || indexes.type != TYPE_INT32 ||
        names.count > FILES_MAX || folders.count > names.count)
        return;
    str *dirs = NEW_ARRAY(scratch, str, (size_t)folders.count + 1), name;
    for (uint32_t i = 0; i < folders.count; i++)
        if (!take_string(&folders.data, &dirs[i]))
            return;
    for (uint32_t i = 0; i < names.count && take_string(&names.data, &name); i++) {
        uint32_t dir = big32(indexes.data, 4ull * i);
        if (dir < folders.count)
            note_path(writer, str_fmt(scratch, "%.*s%.*s", STR_ARG(dirs[dir]), STR_ARG(name)));
    }
}

static void note_header(struct arena *scratch, str header, struct buf *note)
{
    str name = string_tag(header, TAG_NAME), version = string_tag(header, TAG_VERSION),
        release = string_tag(header, TAG_RELEASE);
    struct tag epoch;
    if (!name.len || str_eq(name, STR("gpg-pubkey")))
        return;
    struct arena_mark mark = arena_mark(scratch);
    str full = str_fmt(scratch, "%.*s-%.*s", STR_ARG(version), STR_ARG(release));
    if (find_tag(header, TAG_EPOCH, &epoch) && epoch.type == TYPE_INT32 && big32(epoch.data, 0))
        full = str_fmt(scratch, "%" PRIu32 ":%.*s", big32(epoch.data, 0), STR_ARG(full));
    struct note_writer writer = note_begin(note, NOTE_PACKAGE, PACKAGE_RPM, name, full);
    note_files(scratch, header, &writer);
    note_end(&writer);
    arena_rewind(scratch, mark);
}

/* -- SQLite ------------------------------------------------------------------------------------ */

void read_rpm_sqlite(struct arena *scratch, str path, str bytes, struct buf *note)
{
    (void)path;
    struct sqlite *db;
    struct sqlite_rows *rows;
    struct err unheard = {0};
    if (!sqlite_open_bytes(scratch, bytes, &db, &unheard))
        return;
    if (sqlite_query(db, "SELECT blob FROM Packages ORDER BY hnum", NULL, 0, &rows, &unheard)) {
        while (sqlite_next(rows, &unheard) == STEP_ITEM)
            note_header(scratch, sqlite_bytes(rows, 0), note);
        sqlite_end(rows);
    }
    sqlite_close(db);
}

/* -- ndb --------------------------------------------------------------------------------------- */

/* Pages of slots, 16 bytes each, that say where blobs are, in blocks of 16 bytes. */
void read_rpm_ndb(struct arena *scratch, str path, str bytes, struct buf *note)
{
    (void)path;
    enum { SLOT = 16, FIRST = 2, PAGE = 4096, BLOB_HEADER = 16 };
    if (!str_starts(bytes, STR("RpmP")))
        return;
    uint64_t slots = (uint64_t)little32(bytes, 12) * (PAGE / SLOT);
    for (uint64_t i = FIRST; i < slots && (i + 1) * SLOT <= bytes.len; i++) {
        str slot = str_from_index(bytes, i * SLOT);
        uint64_t at = (uint64_t)little32(slot, 8) * SLOT;
        if (!str_starts(slot, STR("Slot")) || !little32(slot, 4) || at > bytes.len)
            continue;
        str blob = str_from_index(bytes, at);
        uint32_t size = little32(blob, 12);
        if (str_starts(blob, STR("BlbS")) && size <= blob.len - BLOB_HEADER)
            note_header(scratch, str_slice(blob, BLOB_HEADER, BLOB_HEADER + (size_t)size), note);
    }
}

/* -- Berkeley DB, a hash ----------------------------------------------------------------------- */

struct bdb {
    str bytes;
    uint32_t page_bytes, pages;
    bool big;
};

enum { BDB_PAGE_HEADER = 26, BDB_HASH_MAGIC = 0x061561 };
enum { BDB_HASH_UNSORTED = 2, BDB_OVERFLOW = 7, BDB_HASH = 13, BDB_OFF_PAGE = 3 };

static uint32_t bdb_number(const struct bdb *db, str at, uint64_t offset, unsigned size)
{
    return (uint32_t)elf_number(at, offset, size, db->big);
}

static str bdb_page(const struct bdb *db, uint32_t number)
{
    uint64_t at = (uint64_t)number * db->page_bytes;
    return str_slice(db->bytes, at, at + db->page_bytes);
}

/* A value too large for its page stands in a chain of others. */
static void note_chain(struct arena *scratch, const struct bdb *db, str item, struct buf *note)
{
    uint32_t page_number = bdb_number(db, item, 4, 4), size = bdb_number(db, item, 8, 4);
    struct arena_mark mark = arena_mark(scratch);
    if (!size || size > HEADER_MAX || size > db->bytes.len)
        return;
    struct buf header = buf_init(scratch, size);
    for (uint32_t hops = 0; hops < db->pages && page_number && header.len < size; hops++) {
        str page = bdb_page(db, page_number);
        if (page.len < BDB_PAGE_HEADER || page.at[25] != BDB_OVERFLOW)
            break;
        uint32_t used = bdb_number(db, page, 22, 2);
        buf_add(&header, str_slice(page, BDB_PAGE_HEADER, BDB_PAGE_HEADER + (size_t)used));
        page_number = bdb_number(db, page, 16, 4);
    }
    if (header.len == size)
        note_header(scratch, buf_str(&header), note);
    arena_rewind(scratch, mark);
}

void read_rpm_bdb(struct arena *scratch, str path, str bytes, struct buf *note)
{
    (void)path;
    struct bdb db = {.bytes = bytes, .big = big32(bytes, 12) == BDB_HASH_MAGIC};
    if (!db.big && little32(bytes, 12) != BDB_HASH_MAGIC)
        return;
    db.page_bytes = bdb_number(&db, bytes, 20, 4);
    if (db.page_bytes < 512 || db.page_bytes > 65536)
        return;
    db.pages = (uint32_t)(bytes.len / db.page_bytes);
    for (uint32_t i = 1; i < db.pages; i++) {
        str page = bdb_page(&db, i);
        if (page.at[25] != BDB_HASH && page.at[25] != BDB_HASH_UNSORTED)
            continue;
        uint32_t entries = bdb_number(&db, page, 20, 2);
        /* Keys and values in turn; an entry is the offset of its item. */
        for (uint32_t k = 1; k < entries && BDB_PAGE_HEADER + 2ul * k + 2 <= page.len; k += 2) {
            str item = str_from_index(page, bdb_number(&db, page, BDB_PAGE_HEADER + 2ull * k, 2));
            if (item.len >= 12 && item.at[0] == BDB_OFF_PAGE)
                note_chain(scratch, &db, item, note);
        }
    }
}
