#include "archive/archive.h"
#include "base/arena.h"
#include "base/io.h"
#include "layer/layer.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

/*
 * A report depends on nothing but the uncompressed bytes; and an archive that is damaged anywhere
 * is refused, or tells what the whole one tells.
 */

static const struct inspectors no_inspectors = {NULL, 0};

/* Sanitizers make each opening ten times as dear: there, every third byte. */
#ifdef PLIMSOLL_POISON
enum { BYTE_STEP = 3 };
#else
enum { BYTE_STEP = 1 };
#endif

/* -- making images ----------------------------------------------------------------------------- */

static void add_file(struct buf *tar, const char *path, size_t size, char fill)
{
    struct tar_entry entry = {
        .path = str_from(path), .size = size, .stored = size, .mode = 0644, .mtime_s = 1};
    tar_write_header(tar, &entry);
    for (size_t i = 0; i < size; i++)
        buf_add_char(tar, (char)(fill + (char)(i % 7)));
    buf_add(tar, tar_padding(size));
}

static str small_tar(struct arena *arena, char fill)
{
    struct buf tar = buf_init(arena, 1 << 20);
    add_file(&tar, "etc/one", 700, fill);
    add_file(&tar, fill == 'a' ? "etc/two" : ".wh.gone", 0, fill);
    struct tar_entry link = {
        .path = STR("etc/hard"), .type = TAR_HARD_LINK, .link = STR("etc/one"), .mtime_s = 1};
    tar_write_header(&tar, &link);
    buf_add(&tar, tar_end());
    return buf_str(&tar);
}

static uint32_t crc32_of(str bytes)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (uint8_t)bytes.at[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void add_little(struct buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_add_char(out, (char)(value >> 8 * i));
}

/* gzip of stored blocks; a member for each half of the bytes when `members` is 2. */
static str gzip_of(struct arena *arena, str bytes, size_t members)
{
    struct buf out = buf_init(arena, 4 << 20);
    size_t each = bytes.len / members + 1;
    for (size_t at = 0; at < bytes.len; at += each) {
        str part = str_slice(bytes, at, at + each);
        buf_add(&out, (str){"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10});
        for (size_t from = 0; from < part.len; from += 60000) {
            str block = str_slice(part, from, from + 60000);
            buf_add_char(&out, from + 60000 >= part.len);
            add_little(&out, (uint32_t)block.len, 2);
            add_little(&out, ~(uint32_t)block.len, 2);
            buf_add(&out, block);
        }
        add_little(&out, crc32_of(part), 4);
        add_little(&out, (uint32_t)part.len, 4);
    }
    return buf_str(&out);
}

static str zstd_of(struct arena *arena, str bytes)
{
    size_t most = ZSTD_compressBound(bytes.len);
    char *at = arena_alloc(arena, most, 1);
    return (str){at, ZSTD_compress(at, most, bytes.at, bytes.len, 3)};
}

static int memory_file(str bytes)
{
    struct err err = {0};
    int fd = memfd_create("image", MFD_CLOEXEC);
    assert_true(fd >= 0 && fd_write_all(fd, bytes, &err));
    return fd;
}

/* An image whose layers stand in files of their own. */
static struct image image_of(struct arena *arena, const str *tars, const str *blobs, uint32_t count)
{
    struct image image = {.name = STR("made"), .transport = STR("store")};
    struct image_config *config = NEW(arena, struct image_config);
    struct buf text = buf_init(arena, 1 << 20);
    buf_add(&text, STR("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":["));
    for (uint32_t i = 0; i < count; i++) {
        struct image_layer layer = {
            .diff_id = sha256_of(tars[i]),
            .digest = sha256_of(blobs[i]),
            .has_digest = true,
            .blob = {.fd = memory_file(blobs[i]), .size = blobs[i].len},
        };
        vec_push(arena, &image.layers, layer);
        buf_fmt(&text, "%s\"sha256:%s\"", i ? "," : "", digest_hex(layer.diff_id).z);
    }
    buf_add(&text, STR("]}}"));
    struct err err = {0};
    assert_true(oci_config_parse(arena, buf_str(&text), config, &err));
    image.config = config;
    image.config_digest = sha256_of(buf_str(&text));
    vec_push(arena, &image.tags, STR("made:1"));
    return image;
}

/* -- one report, whatever the way -------------------------------------------------------------- */

static bool same_report(const struct layer_report *a, const struct layer_report *b)
{
    return digest_eq(a->diff_id, b->diff_id) && a->count == b->count &&
           a->tar_bytes == b->tar_bytes && a->file_bytes == b->file_bytes &&
           str_eq(a->heap, b->heap) &&
           memcmp(a->entries, b->entries, a->count * sizeof(*a->entries)) == 0;
}

static uint64_t sum_of(const struct pull_map *map)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < map->count; i++)
        sum += map->shares[i];
    return sum;
}

static str large_tar(struct arena *arena, uint32_t seed)
{
    struct buf tar = buf_init(arena, 8 << 20);
    char path[64];
    for (uint32_t i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "dir%u/file%u", i * seed % 7, i);
        add_file(&tar, path, i * seed * 97 % 20000, (char)('a' + i % 20));
    }
    buf_add(&tar, tar_end());
    return buf_str(&tar);
}

static void reports_depend_on_the_bytes_alone(void **state)
{
    struct arena *arena = *state;
    struct err err = {0};
    struct unit_rows rows = {0};
    assert_true(hash_open(&err));
    str tars[4];
    for (uint32_t i = 0; i < 4; i++)
        tars[i] = i == 3 ? str_slice(tar_end(), 0, 1024) : large_tar(arena, i * 2 + 3);
    struct layer_result first[4];
    for (int how = 0; how < 4; how++) {
        str blobs[4];
        for (uint32_t i = 0; i < 4; i++)
            blobs[i] = how == 0   ? tars[i]
                       : how == 3 ? zstd_of(arena, tars[i])
                                  : gzip_of(arena, tars[i], (size_t)how);
        struct image image = image_of(arena, tars, blobs, 4);
        for (unsigned threads = 1; threads <= 5; threads += 2) {
            struct layer_reading reading = {.inspectors = &no_inspectors, .threads = threads};
            struct layer_result results[4];
            assert_true(layers_read(arena, &image, &reading, results, &err));
            if (how == 0 && threads == 1)
                memcpy(first, results, sizeof(first));
            for (uint32_t i = 0; i < 4; i++) {
                unit_row(&rows, "the same report",
                         same_report(&first[i].report, &results[i].report));
                unit_row(&rows, "shares add up to the blob",
                         sum_of(&results[i].pull) == (results[i].pull.count ? blobs[i].len : 0));
            }
        }
    }
    assert_rows(rows);
}

/* -- one file, read again ---------------------------------------------------------------------- */

struct taken {
    struct buf bytes;
};

static bool take(void *to, str bytes, struct err *err)
{
    (void)err;
    buf_add(&((struct taken *)to)->bytes, bytes);
    return true;
}

/* What layer_extract() gives of a place; at NULL where it refuses. */
static str extracted(struct arena *arena, const struct image_layer *layer, uint32_t order,
                     struct err *err)
{
    struct taken taken = {buf_init(arena, 1 << 20)};
    const struct byte_sink sink = {take, &taken};
    *err = (struct err){0};
    if (!layer_extract(layer, order, &sink, err))
        return STR_NONE;
    return str_cat(arena, STR("="), buf_str(&taken.bytes)); /* an empty file is one, too */
}

/* As add_file() fills it. */
static bool is_file_of(str bytes, size_t size, char fill)
{
    for (size_t i = 1; i < bytes.len; i++)
        if (bytes.at[i] != (char)(fill + (char)((i - 1) % 7)))
            return false;
    return bytes.len == size + 1;
}

static void a_file_is_read_again(void **state)
{
    struct arena *arena = *state;
    struct err err = {0};
    struct unit_rows rows = {0};
    assert_true(hash_open(&err));
    str tar = large_tar(arena, 3), small = small_tar(arena, 'a');
    for (int how = 0; how < 4; how++) {
        str tars[2] = {tar, small}, blobs[2];
        for (int i = 0; i < 2; i++)
            blobs[i] = how == 0   ? tars[i]
                       : how == 3 ? zstd_of(arena, tars[i])
                                  : gzip_of(arena, tars[i], (size_t)how);
        struct image image = image_of(arena, tars, blobs, 2);
        struct image_layer *large = &image.layers.at[0];
        for (uint32_t order = 0; order < 300; order += 23)
            unit_row(&rows, "the bytes of the file at that place",
                     is_file_of(extracted(arena, large, order, &err), order * 3 * 97 % 20000,
                                (char)('a' + order % 20)));
        unit_row(&rows, "no entry", !extracted(arena, large, 300, &err).at);
        unit_row(&rows, "is told", err.code == ERR_FORMAT);
        unit_row(&rows, "a hard link is no file", !extracted(arena, large + 1, 2, &err).at);
        unit_row(&rows, "is told", err.code == ERR_UNSUPPORTED);
        large->diff_id.at[0] ^= 1;
        unit_row(&rows, "other bytes than the diff id's", !extracted(arena, large, 1, &err).at);
        unit_row(&rows, "are told", err.code == ERR_DIGEST && err.hint[0]);
        large->blob.size /= 2;
        unit_row(&rows, "half a layer", !extracted(arena, large, 1, &err).at && err.lines);
    }
    assert_rows(rows);
}

/* -- damage ------------------------------------------------------------------------------------ */

struct trial {
    int fd;
    const struct layer_result *whole;
    unsigned refused, read;
};

/* Open the archive as it stands in the file; what is read must be what the whole one says. */
static bool try_archive(struct trial *trial)
{
    struct arena *arena = arena_new(0);
    struct err err = {0};
    struct image_choice choice = {0};
    struct image image;
    struct layer_result *results = NEW_ARRAY(arena, struct layer_result, OCI_LAYERS_MAX);
    struct layer_reading reading = {.inspectors = &no_inspectors, .threads = 1};
    char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", trial->fd);
    bool good = image_open(arena, str_from(name), &choice, &image, &err) &&
                layers_read(arena, &image, &reading, results, &err);
    bool right = good ? image.layers.count == 2 : err.code != ERR_NONE && err.lines;
    for (uint32_t i = 0; right && good && i < 2; i++)
        right = same_report(&results[i].report, &trial->whole[i].report);
    trial->read += good;
    trial->refused += !good;
    arena_free(arena);
    close_range((unsigned)trial->fd + 1, ~0u, 0); /* an opened image keeps its files */
    return right;
}

static void damage_each_byte(void **state, enum image_form form, bool compressed)
{
    struct arena *arena = *state;
    struct err err = {0};
    assert_true(hash_open(&err));
    str tars[2] = {small_tar(arena, 'a'), small_tar(arena, 'm')};
    str blobs[2] = {compressed ? gzip_of(arena, tars[0], 1) : tars[0],
                    compressed ? zstd_of(arena, tars[1]) : tars[1]};
    struct image image = image_of(arena, tars, blobs, 2);
    struct layer_result whole[2];
    struct layer_reading reading = {.inspectors = &no_inspectors, .threads = 1};
    assert_true(layers_read(arena, &image, &reading, whole, &err));
    int fd = memory_file(STR(""));
    struct image_save save = {&image, 1, form, STR("memory"), fd};
    assert_true(images_save(arena, &save, &err));
    off_t size = lseek(fd, 0, SEEK_END);
    struct trial trial = {.fd = fd, .whole = whole};
    assert_true(try_archive(&trial) && trial.read == 1);
    for (off_t at = 0; at < size; at += BYTE_STEP) {
        char byte, changed;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        changed = (char)(byte ^ (1 << at % 8));
        assert_int_equal(pwrite(fd, &changed, 1, at), 1);
        assert_true(try_archive(&trial));
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    assert_true(trial.refused >
                (unsigned)size / 8 / BYTE_STEP); /* most of it is covered by a digest */
    for (off_t length = size - 1; length > 0; length -= 1 + length / 700) {
        assert_int_equal(ftruncate(fd, length), 0);
        assert_true(try_archive(&trial));
    }
    close(fd);
}

static void every_byte_of_docker_save(void **state)
{
    damage_each_byte(state, IMAGE_DOCKER_ARCHIVE, false);
}

static void every_byte_of_compressed_layers(void **state)
{
    damage_each_byte(state, IMAGE_OCI_ARCHIVE, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(reports_depend_on_the_bytes_alone),
        UNIT_TEST(a_file_is_read_again),
        UNIT_TEST(every_byte_of_docker_save),
        UNIT_TEST(every_byte_of_compressed_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
