#include "archive/tar_header.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

/* Our tar reader beside libarchive: what it writes in each format is read back entry by entry,
 * whatever the pieces; and traps that no writer makes. */

struct made {
    const char *path, *link;
    mode_t type;
    size_t size;
    int64_t mtime_s;
    long mtime_ns;
    int64_t uid;
    const char *xattr;
};

#define LONG_NAME                                                                                  \
    "a-name-that-is-longer-than-the-hundred-bytes-of-an-old-header/and-goes-on-in-a-directory/of-" \
    "its-own/until-even-the-prefix-field-of-ustar-is-too-short-for-it/because-it-has-two-hundred-" \
    "and-fifty-six-bytes-or-more-of-them-in-the-end/so-it-needs-an-extended-header"

static const struct made entries[] = {
    {.path = "dir/", .type = AE_IFDIR, .mtime_s = 1},
    {.path = "dir/file",
     .type = AE_IFREG,
     .size = 1000,
     .mtime_s = 1700000000,
     .mtime_ns = 250000000},
    {.path = "dir/empty", .type = AE_IFREG, .size = 0, .mtime_s = 1},
    {.path = "block", .type = AE_IFREG, .size = 512, .mtime_s = 1},
    {.path = "dir/link", .link = "file", .type = AE_IFLNK, .mtime_s = 1},
    {.path = LONG_NAME, .type = AE_IFREG, .size = 3, .mtime_s = 1},
    {.path = "large-uid", .type = AE_IFREG, .size = 1, .mtime_s = 1, .uid = 5000000},
    {.path = "attribute", .type = AE_IFREG, .size = 7, .mtime_s = 1, .xattr = "user.key"},
};

struct sink {
    struct buf bytes;
};

static la_ssize_t take(struct archive *archive, void *raw, const void *at, size_t count)
{
    (void)archive;
    buf_add(&((struct sink *)raw)->bytes, (str){at, count});
    return (la_ssize_t)count;
}

static str written(struct arena *arena, int format)
{
    struct sink sink = {buf_init(arena, 1 << 20)};
    struct archive *archive = archive_write_new();
    archive_write_set_format(archive, format);
    archive_write_open(archive, &sink, NULL, take, NULL);
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++) {
        const struct made *made = &entries[i];
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, made->path);
        archive_entry_set_mode(entry, made->type | 0640);
        archive_entry_set_size(entry, (la_int64_t)made->size);
        archive_entry_set_mtime(entry, made->mtime_s, made->mtime_ns);
        archive_entry_set_uid(entry, made->uid);
        if (made->link)
            archive_entry_set_symlink(entry, made->link);
        if (made->xattr)
            archive_entry_xattr_add_entry(entry, made->xattr, "value", 5);
        if (archive_write_header(archive, entry) == ARCHIVE_OK)
            for (size_t k = 0; k < made->size; k++)
                archive_write_data(archive, "x", 1);
        archive_entry_free(entry);
    }
    archive_write_close(archive);
    archive_write_free(archive);
    return buf_str(&sink.bytes);
}

static void check_entry(struct unit_rows *rows, const struct tar_entry *got, bool pax)
{
    const struct made *want = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++)
        if (str_eq(got->path, str_from(entries[i].path)))
            want = &entries[i];
    unit_row(rows, "the path is one that was written", want);
    if (!want)
        return;
    unit_row(rows, "its size", got->size == want->size);
    unit_row(rows, "its seconds", got->mtime_s == want->mtime_s);
    unit_row(rows, "its mode", got->mode == 0640);
    unit_row(rows, "its owner", got->uid == (uint64_t)want->uid);
    unit_row_str(rows, "its link", got->link, want->link ? str_from(want->link) : STR(""));
    unit_row(rows, "its nanoseconds", !pax || got->mtime_ns == want->mtime_ns);
    unit_row(rows, "its attributes", !pax || got->xattrs.count == (want->xattr != NULL));
    if (got->xattrs.count)
        unit_row_str(rows, "an attribute", got->xattrs.at[0].value, STR("value"));
}

/* Read in pieces; the number of entries, or -1. */
static int read_all(struct arena *arena, str bytes, size_t piece, struct unit_rows *rows, bool pax)
{
    struct tar *tar = tar_new(arena);
    struct err err = {0};
    int count = 0;
    uint64_t data_bytes = 0;
    for (size_t at = 0; at < bytes.len; at += piece) {
        str next = str_slice(bytes, at, at + piece), data;
        enum tar_step step;
        while ((step = tar_next(tar, &next, &data, &err)) != TAR_MORE) {
            if (step == TAR_FAIL)
                return -1;
            if (step == TAR_ENTRY) {
                count++;
                data_bytes = 0;
                if (rows)
                    check_entry(rows, tar_entry(tar), pax);
            }
            if (step == TAR_DATA)
                data_bytes += data.len;
            if (step == TAR_DONE && data_bytes != tar_entry(tar)->stored)
                return -1;
        }
    }
    return tar_finish(tar, &err) ? count : -1;
}

static void formats_of_libarchive(void **state)
{
    static const struct {
        int format, entries;
        bool pax;
    } formats[] = {{ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, 8, true},
                   {ARCHIVE_FORMAT_TAR_GNUTAR, 8, false},
                   {ARCHIVE_FORMAT_TAR_USTAR, 6, false}}; /* it cannot hold two of them */
    static const size_t pieces[] = {1, 7, 512, 1000, 1 << 20};
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(formats); i++) {
        str bytes = written(*state, formats[i].format);
        for (size_t p = 0; p < ARRAY_COUNT(pieces); p++)
            unit_row(&rows, "all entries are read",
                     read_all(*state, bytes, pieces[p], &rows, formats[i].pax) ==
                         formats[i].entries);
        unit_row(&rows, "without its end it is whole",
                 read_all(*state, str_slice(bytes, 0, bytes.len - 1024), 4096, NULL, false) >= 0);
        unit_row(&rows, "cut inside of an entry it is not",
                 read_all(*state, str_slice(bytes, 0, 900), 4096, NULL, false) == -1);
    }
    assert_rows(rows);
}

/* Every byte of a small archive turned over: refused or read, never past the end. */
static void turned_bytes(void **state)
{
    str bytes = written(*state, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE);
    for (size_t i = 0; i < bytes.len; i++) {
        struct arena_mark mark = arena_mark(*state);
        str copy = str_copy(*state, bytes);
        ((char *)(uintptr_t)copy.at)[i] ^= 0x55;
        read_all(arena_child(*state, 0), copy, 4096, NULL, false);
        arena_rewind(*state, mark);
    }
}

static void put_octal(uint8_t *field, unsigned value)
{
    for (int i = 5; i >= 0; i--, value >>= 3)
        field[i] = (uint8_t)('0' + (value & 7));
    field[6] = '\0';
}

/* Sums over bytes of all kinds: right either way of counting, and wrong by one byte. */
static void checksums(void **state)
{
    (void)state;
    enum { FIELD = 148, WIDTH = 8 };
    struct unit_rows rows = {0};
    uint8_t block[TAR_BLOCK_BYTES];
    for (unsigned seed = 0; seed < 64; seed++) {
        uint32_t draw = seed * 2654435761u + 1;
        int plain = 0, with_sign = 0;
        for (unsigned i = 0; i < sizeof(block); i++) {
            draw = draw * 1103515245u + 12345u;
            block[i] = seed == 0 ? 0xff : (uint8_t)(draw >> 16);
            if (i >= FIELD && i < FIELD + WIDTH)
                block[i] = ' ';
            plain += block[i];
            with_sign += (int8_t)block[i];
        }
        bool fits = with_sign >= 0; /* no octal number is negative */
        put_octal(block + FIELD, (unsigned)plain);
        unit_row(&rows, "unsigned", tar_header_is_sound(block));
        block[seed * 8 % FIELD] ^= 0x80;
        unit_row(&rows, "one byte is another", !tar_header_is_sound(block));
        block[seed * 8 % FIELD] ^= 0x80;
        put_octal(block + FIELD, (unsigned)(fits ? with_sign : plain + 1));
        unit_row(&rows, "signed", tar_header_is_sound(block) == fits);
    }
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(formats_of_libarchive), UNIT_TEST(turned_bytes),
                                       UNIT_TEST(checksums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
