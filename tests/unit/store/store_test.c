#include "tests/unit/unit.h"

#include "base/io.h"
#include "base/nameless.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A store in a folder of its own: what is written is there, what is not whole is not. */

#define MANIFEST "application/vnd.oci.image.manifest.v1+json"

struct bench {
    struct arena *arena;
    char path[64];
    struct store *store;
    struct err err;
};

static int setup(void **state)
{
    struct bench *bench = test_calloc(1, sizeof(*bench));
    bench->arena = arena_new(0);
    memcpy(bench->path, "/tmp/plimsoll-store-XXXXXX", 27);
    assert_non_null(mkdtemp(bench->path));
    assert_true(store_open(bench->arena, str_from(bench->path), true, &bench->store, &bench->err));
    *state = bench;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    (void)stat, (void)kind, (void)place;
    return remove(path);
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    store_close(bench->store);
    assert_int_equal(nftw(bench->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    arena_free(bench->arena);
    test_free(bench);
    return 0;
}

/* Write a blob; its descriptor. */
static struct descriptor put(struct bench *bench, str text, const char *media_type)
{
    struct descriptor descriptor = {.media_type = str_from(media_type), .size = text.len};
    assert_true(store_put(bench->store, text, &descriptor.digest, &bench->err));
    return descriptor;
}

static str hex_of(struct bench *bench, digest id)
{
    return str_fmt(bench->arena, "sha256:%s", digest_hex(id).z);
}

/* An image of one layer, under a name. */
static struct descriptor put_image(struct bench *bench, const char *layer, const char *name)
{
    struct arena *arena = bench->arena;
    struct descriptor blob = put(bench, str_from(layer), "application/vnd.oci.image.layer.v1.tar");
    str text = str_fmt(arena, "{\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[\"%.*s\"]}}",
                       STR_ARG(hex_of(bench, blob.digest)));
    struct descriptor config = put(bench, text, "application/vnd.oci.image.config.v1+json");
    text = str_fmt(arena,
                   "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"%.*s\",\"digest\":\"%.*s\","
                   "\"size\":%" PRIu64 "},\"layers\":[{\"mediaType\":\"%.*s\",\"digest\":\"%.*s\","
                   "\"size\":%" PRIu64 "}]}",
                   STR_ARG(config.media_type), STR_ARG(hex_of(bench, config.digest)), config.size,
                   STR_ARG(blob.media_type), STR_ARG(hex_of(bench, blob.digest)), blob.size);
    struct descriptor manifest = put(bench, text, MANIFEST);
    assert_true(store_tag(bench->store, str_from(name), &manifest, 1700000000, &bench->err));
    return manifest;
}

static bool has_blob(struct bench *bench, digest id)
{
    struct blob blob;
    bool found;
    assert_true(store_find_blob(bench->store, id, &found, &blob, &bench->err));
    if (found)
        close(blob.fd);
    return found;
}

static void a_blob_is_what_was_written(void **state)
{
    struct bench *bench = *state;
    struct descriptor descriptor = put(bench, STR("some bytes"), "x");
    assert_true(digest_eq(descriptor.digest, sha256_of(STR("some bytes"))));
    struct blob blob;
    bool found;
    str text = STR("");
    assert_true(store_find_blob(bench->store, descriptor.digest, &found, &blob, &bench->err));
    assert_true(found && blob_read(bench->arena, &blob, 100, &text, &bench->err));
    assert_true(str_eq(text, STR("some bytes")));
    close(blob.fd);
    put(bench, STR("some bytes"), "x"); /* again is no error */
    assert_false(has_blob(bench, sha256_of(STR("others"))));
}

static void another_digest_is_not_kept(void **state)
{
    struct bench *bench = *state;
    struct store_writer *writer;
    digest expected = sha256_of(STR("what was announced"));
    assert_true(store_write_begin(bench->store, &writer, &bench->err));
    assert_true(store_write_add(writer, STR("what came"), &bench->err));
    assert_int_equal(store_write_size(writer), 9);
    assert_false(store_write_end(writer, &expected, NULL, &bench->err));
    assert_int_equal(bench->err.code, ERR_DIGEST);
    assert_false(has_blob(bench, expected) || has_blob(bench, sha256_of(STR("what came"))));
}

static void a_dropped_blob_leaves_nothing(void **state)
{
    struct bench *bench = *state;
    struct store_writer *writer;
    assert_true(store_write_begin(bench->store, &writer, &bench->err));
    assert_true(store_write_add(writer, STR("half of"), &bench->err));
    store_write_drop(writer);
    str path = str_fmt(bench->arena, "%s/blobs/sha256", bench->path);
    assert_int_equal(rmdir(str_z(bench->arena, path)), 0); /* it is empty */
}

static void names_are_set_found_and_taken_away(void **state)
{
    struct bench *bench = *state;
    struct descriptor one = put_image(bench, "layer one", "docker.io/library/app:1");
    struct descriptor two = put_image(bench, "layer two", "docker.io/library/app:2");
    put_image(bench, "layer two", "docker.io/library/app:1"); /* it moves */
    struct store_names names;
    assert_true(store_list(bench->arena, bench->store, &names, &bench->err));
    assert_int_equal(names.count, 2);
    assert_true(str_eq(names.at[0].name, STR("docker.io/library/app:1")));
    assert_true(digest_eq(names.at[0].descriptor.digest, two.digest));
    assert_int_equal(names.at[0].tagged_s, 1700000000);
    bool found;
    struct store_name name;
    assert_true(store_untag(bench->store, STR("docker.io/library/app:1"), &found, &bench->err));
    assert_true(found);
    assert_true(store_untag(bench->store, STR("docker.io/library/app:1"), &found, &bench->err));
    assert_false(found);
    assert_true(store_find_name(bench->arena, bench->store, STR("docker.io/library/app:2"), &found,
                                &name, &bench->err));
    assert_true(found && digest_eq(name.descriptor.digest, two.digest));
    assert_true(has_blob(bench, one.digest)); /* blobs stay until prune */
}

static void prune_keeps_what_names_lead_to(void **state)
{
    struct bench *bench = *state;
    struct descriptor kept = put_image(bench, "kept", "docker.io/library/kept:1");
    struct descriptor gone = put_image(bench, "gone", "docker.io/library/gone:1");
    struct store_pruned pruned;
    bool found;
    str note, key = str_fmt(bench->arena, "%s-1", digest_hex(sha256_of(STR("kept"))).z);
    str gone_key = str_fmt(bench->arena, "%s-1", digest_hex(sha256_of(STR("gone"))).z);
    assert_true(store_note_put(bench->store, STORE_NOTE_REPORT, key, STR("kept"), &bench->err));
    assert_true(store_note_put(bench->store, STORE_NOTE_REPORT, gone_key, STR("x"), &bench->err));
    assert_true(store_untag(bench->store, STR("docker.io/library/gone:1"), &found, &bench->err));
    assert_true(store_prune(bench->store, true, &pruned, &bench->err));
    assert_int_equal(pruned.blobs, 3);
    assert_true(has_blob(bench, gone.digest));
    assert_true(store_prune(bench->store, false, &pruned, &bench->err));
    assert_int_equal(pruned.blobs, 3);
    assert_int_equal(pruned.notes, 1);
    assert_false(has_blob(bench, gone.digest) || has_blob(bench, sha256_of(STR("gone"))));
    assert_true(has_blob(bench, kept.digest) && has_blob(bench, sha256_of(STR("kept"))));
    assert_true(store_note_find(bench->store, STORE_NOTE_REPORT, key, &found, &note, &bench->err));
    assert_true(found && str_eq(note, STR("kept")));
}

static void prune_waits_for_others(void **state)
{
    struct bench *bench = *state;
    struct store *other;
    struct store_pruned pruned;
    put(bench, STR("not named yet"), "x");
    assert_true(store_open(bench->arena, str_from(bench->path), false, &other, &bench->err));
    assert_false(store_prune(bench->store, false, &pruned, &bench->err));
    assert_int_equal(bench->err.code, ERR_DENIED);
    assert_true(has_blob(bench, sha256_of(STR("not named yet"))));
    store_close(other);
    assert_true(store_prune(bench->store, false, &pruned, &bench->err));
    assert_int_equal(pruned.blobs, 1);
}

static void a_damaged_note_is_not_found(void **state)
{
    struct bench *bench = *state;
    bool found;
    str text, key = str_from(digest_hex(sha256_of(STR("k"))).z);
    assert_true(store_note_put(bench->store, STORE_NOTE_PULL, key, STR("12345678"), &bench->err));
    str path = str_fmt(bench->arena, "%s/plimsoll/notes/pull/%.*s", bench->path, STR_ARG(key));
    for (int at = 0; at < 40; at++) {
        int fd = open(str_z(bench->arena, path), O_RDWR | O_CLOEXEC);
        char byte, other;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = (char)(byte ^ 4);
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        assert_true(
            store_note_find(bench->store, STORE_NOTE_PULL, key, &found, &text, &bench->err));
        assert_false(found);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    assert_true(store_note_find(bench->store, STORE_NOTE_PULL, key, &found, &text, &bench->err));
    assert_true(found && str_eq(text, STR("12345678")));
}

static void origins_are_remembered(void **state)
{
    struct bench *bench = *state;
    struct strs origins;
    digest id = sha256_of(STR("layer"));
    assert_true(store_origin_add(bench->store, id, STR("r.io/b"), &bench->err));
    assert_true(store_origin_add(bench->store, id, STR("r.io/a"), &bench->err));
    assert_true(store_origin_add(bench->store, id, STR("r.io/a"), &bench->err));
    assert_true(store_origins(bench->arena, bench->store, id, &origins, &bench->err));
    assert_int_equal(origins.count, 2);
    assert_true(str_eq(origins.at[0], STR("r.io/a")) && str_eq(origins.at[1], STR("r.io/b")));
}

static void a_broken_database_is_begun_anew(void **state)
{
    struct bench *bench = *state;
    put_image(bench, "layer", "docker.io/library/app:1");
    store_close(bench->store);
    int fd = dir_open(AT_FDCWD, str_fmt(bench->arena, "%s/plimsoll", bench->path), &bench->err);
    assert_true(file_replace(fd, STR("index.sqlite"), STR("no database of any kind"), &bench->err));
    close(fd);
    struct store_names names;
    assert_true(store_open(bench->arena, str_from(bench->path), true, &bench->store, &bench->err));
    assert_true(store_list(bench->arena, bench->store, &names, &bench->err));
    assert_int_equal(names.count, 1);
    assert_int_equal(names.at[0].tagged_s, 0);
}

static void a_folder_of_files_is_no_store(void **state)
{
    struct bench *bench = *state;
    struct store *store;
    str path = str_fmt(bench->arena, "%s/blobs", bench->path);
    assert_false(store_open(bench->arena, path, true, &store, &bench->err));
    assert_int_equal(bench->err.code, ERR_FORMAT);
    /* What is not there is an empty store, until it is asked to be made. */
    struct store_names names;
    struct err err = {0};
    path = str_fmt(bench->arena, "%s/none", bench->path);
    assert_true(store_open(bench->arena, path, false, &store, &err));
    assert_true(store_list(bench->arena, store, &names, &err));
    assert_int_equal(names.count, 0);
    struct store_writer *writer;
    assert_false(store_write_begin(store, &writer, &err));
    store_close(store);
}

/* A store whose making ended half-way is one all the same. */
static void a_half_made_store_is_made_whole(void **state)
{
    struct bench *bench = *state;
    struct store *store;
    struct store_names names;
    static const char *const steps[] = {".plimsoll-1-1", "oci-layout", "index.json"};
    for (size_t count = 0; count <= ARRAY_COUNT(steps); count++) {
        str path = str_fmt(bench->arena, "%s/half%zu", bench->path, count);
        assert_true(dirs_make(AT_FDCWD, path, &bench->err));
        int fd = dir_open(AT_FDCWD, path, &bench->err);
        static const char *const texts[] = {"{", "{\"imageLayoutVersion\":\"1.0.0\"}",
                                            "{\"schemaVersion\":2,\"manifests\":[]}"};
        for (size_t i = 0; i < count; i++)
            assert_true(file_replace(fd, str_from(steps[i]), str_from(texts[i]), &bench->err));
        close(fd);
        assert_true(store_open(bench->arena, path, false, &store, &bench->err));
        assert_true(store_list(bench->arena, store, &names, &bench->err));
        store_close(store);
        assert_true(store_open(bench->arena, path, true, &store, &bench->err));
        assert_true(store_put(store, STR("x"), NULL, &bench->err));
        store_close(store);
    }
}

/* Only a damaged database is put aside: one that cannot be opened now may be whole. */
static void a_database_in_the_way_is_left_alone(void **state)
{
    struct bench *bench = *state;
    struct strs origins;
    str path = str_fmt(bench->arena, "%s/plimsoll/index.sqlite", bench->path);
    assert_true(dirs_make(AT_FDCWD, path, &bench->err));
    assert_false(
        store_origins(bench->arena, bench->store, sha256_of(STR("x")), &origins, &bench->err));
    assert_int_equal(bench->err.code, ERR_IO);
    struct stat stat;
    assert_true(path_stat(AT_FDCWD, path, &stat));
}

/* Prune believes no manifest whose bytes are not its digest's: nothing goes. */
static void a_damaged_manifest_stops_prune(void **state)
{
    struct bench *bench = *state;
    struct descriptor manifest = put_image(bench, "layer", "docker.io/library/app:1");
    struct store_pruned pruned;
    int fd = dir_open(AT_FDCWD, str_fmt(bench->arena, "%s/blobs/sha256", bench->path), &bench->err);
    str hex = str_from(digest_hex(manifest.digest).z);
    assert_true(file_replace(fd, hex, STR("{\"schemaVersion\":2}"), &bench->err));
    assert_false(store_prune(bench->store, false, &pruned, &bench->err));
    assert_int_equal(bench->err.code, ERR_DIGEST);
    assert_true(has_blob(bench, sha256_of(STR("layer"))));
    /* Written again it is whole again, since its length is another. */
    close(fd);
    put_image(bench, "layer", "docker.io/library/app:1");
    struct err err = {0};
    assert_true(store_prune(bench->store, false, &pruned, &err));
    assert_int_equal(pruned.blobs, 0);
}

#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_blob_is_what_was_written),
        STORE_TEST(another_digest_is_not_kept),
        STORE_TEST(a_dropped_blob_leaves_nothing),
        STORE_TEST(names_are_set_found_and_taken_away),
        STORE_TEST(prune_keeps_what_names_lead_to),
        STORE_TEST(prune_waits_for_others),
        STORE_TEST(a_damaged_note_is_not_found),
        STORE_TEST(origins_are_remembered),
        STORE_TEST(a_broken_database_is_begun_anew),
        STORE_TEST(a_folder_of_files_is_no_store),
        STORE_TEST(a_half_made_store_is_made_whole),
        STORE_TEST(a_database_in_the_way_is_left_alone),
        STORE_TEST(a_damaged_manifest_stops_prune),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
