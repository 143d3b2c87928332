#include "archive/archive.h"
#include "tests/unit/unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

/* What is written is read back as it was, by our own reader and by libarchive. */

static str long_name(struct arena *arena, size_t length)
{
    char *at = arena_alloc(arena, length, 1);
    for (size_t i = 0; i < length; i++)
        at[i] = i % 50 == 48 ? '/' : (char)('a' + i % 26);
    return (str){at, length};
}

static const struct {
    const char *says;
    size_t path_len;
    struct tar_entry entry;
} rows[] = {
    {"a plain file", 0, {.path = {"a/b", 3}, .size = 700, .mode = 04755, .mtime_s = 1700000000}},
    {"a name of 100 bytes", 100, {.mtime_s = 1}},
    {"a name of 101 bytes", 101, {.mtime_s = 1}},
    {"a name of 4096 bytes", 4096, {.mtime_s = 1}},
    {"a directory", 0, {.type = TAR_DIRECTORY, .path = {"d/", 2}, .mode = 01777}},
    {"a symbolic link", 0, {.type = TAR_SYMLINK, .path = {"l", 1}, .link = {"../x", 4}}},
    {"a hard link", 0, {.type = TAR_HARD_LINK, .path = {"h", 1}, .link = {"a/b", 3}}},
    {"a device", 0, {.type = TAR_BLOCK, .path = {"s", 1}, .device_major = 8, .device_minor = 17}},
    {"a FIFO", 0, {.type = TAR_FIFO, .path = {"f", 1}}},
    {"the largest owner of ustar", 0, {.path = {"u", 1}, .uid = 07777777, .gid = 07777777}},
    {"a larger owner", 0, {.path = {"u", 1}, .uid = 010000000, .gid = 4000000000u}},
    {"a file of 8 GiB less one", 0, {.path = {"g", 1}, .size = 077777777777}},
    {"a file of 8 GiB", 0, {.path = {"g", 1}, .size = 0100000000000}},
    {"a fraction of a second", 0, {.path = {"t", 1}, .mtime_s = 5, .mtime_ns = 250000000}},
    {"a nanosecond", 0, {.path = {"t", 1}, .mtime_s = 5, .mtime_ns = 1}},
    {"before 1970", 0, {.path = {"t", 1}, .mtime_s = -7}},
    {"a fraction before 1970", 0, {.path = {"t", 1}, .mtime_s = -7, .mtime_ns = 250000000}},
    {"just before 1970", 0, {.path = {"t", 1}, .mtime_s = -1, .mtime_ns = 999999999}},
    {"names of owners", 0, {.path = {"n", 1}, .user = {"root", 4}, .group = {"www-data", 8}}},
};

static bool same(const struct tar_entry *a, const struct tar_entry *b)
{
    return a->type == b->type && str_eq(a->path, b->path) && str_eq(a->link, b->link) &&
           a->size == b->size && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
           a->mtime_s == b->mtime_s && a->mtime_ns == b->mtime_ns && str_eq(a->user, b->user) &&
           str_eq(a->group, b->group) && a->device_major == b->device_major &&
           a->device_minor == b->device_minor && a->xattrs.count == b->xattrs.count;
}

static struct tar_entry entry_of(struct arena *arena, size_t row)
{
    struct tar_entry entry = rows[row].entry;
    if (rows[row].path_len)
        entry.path = long_name(arena, rows[row].path_len);
    entry.stored = entry.size;
    return entry;
}

static void what_is_written_is_read_back(void **state)
{
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct tar_entry entry = entry_of(*state, i);
        struct buf out = buf_init(*state, 1 << 20);
        tar_write_header(&out, &entry);
        struct tar *tar = tar_new(*state);
        str piece = buf_str(&out), data;
        struct err err = {0};
        bool good = !out.full && piece.len % 512 == 0 &&
                    tar_next(tar, &piece, &data, &err) == TAR_ENTRY && same(tar_entry(tar), &entry);
        unit_row(&result, rows[i].says, good);
    }
    assert_rows(result);
}

static void attributes_are_kept(void **state)
{
    struct tar_entry entry = {.path = STR("x"), .mtime_s = 1};
    char value[1000];
    memset(value, 0, sizeof(value));
    vec_push((struct arena *)*state, &entry.xattrs,
             (struct tar_xattr){STR("security.capability"), {value, 20}});
    vec_push((struct arena *)*state, &entry.xattrs,
             (struct tar_xattr){STR("user.x"), {value, 1000}});
    struct buf out = buf_init(*state, 1 << 20);
    tar_write_header(&out, &entry);
    struct tar *tar = tar_new(*state);
    str piece = buf_str(&out), data;
    struct err err = {0};
    assert_int_equal(tar_next(tar, &piece, &data, &err), TAR_ENTRY);
    const struct tar_entry *got = tar_entry(tar);
    assert_int_equal(got->xattrs.count, 2);
    assert_true(str_eq(got->xattrs.at[0].name, STR("security.capability")));
    assert_int_equal(got->xattrs.at[0].value.len, 20);
    assert_int_equal(got->xattrs.at[1].value.len, 1000);
}

/* Records around each length at which their own length gets a digit more. */
static void record_lengths_count_themselves(void **state)
{
    for (size_t length = 1; length < 1100; length++) {
        struct tar_entry entry = {.path = long_name(*state, 100 + length), .mtime_s = 1};
        struct buf out = buf_init(*state, 1 << 20);
        tar_write_header(&out, &entry);
        struct tar *tar = tar_new(*state);
        str piece = buf_str(&out), data;
        struct err err = {0};
        assert_int_equal(tar_next(tar, &piece, &data, &err), TAR_ENTRY);
        assert_true(str_eq(tar_entry(tar)->path, entry.path));
    }
}

/* It takes the fraction of a time before 1970 for one towards the future. */
static bool is_for_libarchive(const struct tar_entry *entry)
{
    return entry->size <= 1000 && !(entry->mtime_s < 0 && entry->mtime_ns);
}

static void libarchive_reads_it(void **state)
{
    struct buf out = buf_init(*state, 1 << 20);
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct tar_entry entry = entry_of(*state, i);
        if (!is_for_libarchive(&entry))
            continue;
        tar_write_header(&out, &entry);
        for (uint64_t k = 0; k < entry.size; k++)
            buf_add_char(&out, 'x');
        buf_add(&out, tar_padding(entry.size));
        count++;
    }
    buf_add(&out, tar_end());
    struct archive *archive = archive_read_new();
    struct archive_entry *got;
    archive_read_support_format_tar(archive);
    assert_int_equal(archive_read_open_memory(archive, out.at, out.len), ARCHIVE_OK);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct tar_entry entry = entry_of(*state, i);
        if (!is_for_libarchive(&entry))
            continue;
        assert_int_equal(archive_read_next_header(archive, &got), ARCHIVE_OK);
        assert_true(str_eq(str_from(archive_entry_pathname(got)), entry.path));
        assert_int_equal(archive_entry_uid(got), entry.uid);
        assert_int_equal(archive_entry_mtime(got), entry.mtime_s);
        assert_int_equal(archive_entry_mtime_nsec(got), entry.mtime_ns);
        count--;
    }
    assert_int_equal(archive_read_next_header(archive, &got), ARCHIVE_EOF);
    assert_int_equal(count, 0);
    archive_read_free(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_is_written_is_read_back),
        UNIT_TEST(attributes_are_kept),
        UNIT_TEST(record_lengths_count_themselves),
        UNIT_TEST(libarchive_reads_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
