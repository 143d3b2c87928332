#include "tests/unit/rules/rules_unit.h"

#include "base/num.h"
#include "rules/base/base_table.h"

#include <string.h>

/* What must hold for every row of the table of base images. */

struct table {
    const struct base_fact *at;
    size_t count;
};

static struct table table_of(void **state)
{
    struct table table;
    table.at = base_facts_all(*state, &table.count);
    return table;
}

static void figures_have_a_sample_and_a_day(void **state)
{
    struct table table = table_of(state);
    size_t measured = 0;
    for (size_t i = 0; i < table.count; i++) {
        const struct base_fact *row = &table.at[i];
        int64_t day;
        assert_true(row->source[0]);
        assert_true((row->unpacked_mb > 0) == (row->measured != NULL));
        assert_true((row->sample != NULL) == (row->measured != NULL));
        if (!row->measured)
            assert_true(row->pull_mb <= 0);
        else {
            assert_true(date_parse(str_from(row->measured), &day));
            assert_true(row->pull_mb < row->unpacked_mb);
            measured++;
        }
    }
    assert_true(measured >= 50);
}

static void a_user_has_a_number(void **state)
{
    struct table table = table_of(state);
    for (size_t i = 0; i < table.count; i++) {
        const struct base_fact *row = &table.at[i];
        assert_true((row->nonroot != NULL) == (row->nonroot_uid > 0));
        /* A user in the configuration is the one that the row speaks of. */
        if (row->user[0])
            assert_true(strcmp(row->user, row->nonroot) == 0 ||
                        str_eq(str_from(row->user), str_fmt(*state, "%d", row->nonroot_uid)));
    }
}

/* Each row is what its own name, repository and first tag find: none hides another. */
static void no_row_hides_another(void **state)
{
    struct table table = table_of(state);
    for (size_t i = 0; i < table.count; i++) {
        const struct base_fact *row = &table.at[i];
        char repository[128], tag[64];
        size_t length = 0;
        for (const char *at = row->repository; *at; at++)
            repository[length++] = *at == '*' ? 'x' : *at;
        repository[length] = '\0';
        length = 0;
        for (const char *at = row->tags; *at && *at != ' '; at++)
            tag[length++] = *at == '*' ? '-' : *at == '?' ? '8' : *at;
        tag[length] = '\0';
        const struct base_fact *got = base_fact_find(str_from(repository), str_from(tag));
        assert_non_null(got);
        if (strcmp(got->name, row->name) != 0)
            print_error("%s:%s finds %s, not %s\n", repository, tag, got->name, row->name);
        assert_string_equal(got->name, row->name);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(row->name, table.at[k].name);
    }
}

/* A sibling that a row names is another row, and the smaller one. */
static void siblings_are_smaller(void **state)
{
    struct table table = table_of(state);
    for (size_t i = 0; i < table.count; i++) {
        const char *siblings[] = {table.at[i].slim, table.at[i].alpine};
        for (size_t k = 0; k < ARRAY_COUNT(siblings); k++) {
            const struct base_fact *row = &table.at[i];
            if (!siblings[k])
                continue;
            const struct base_fact *sibling = base_sibling(*state, row, siblings[k]);
            if (!sibling)
                print_error("%s has no row for its sibling %s\n", row->name, siblings[k]);
            assert_non_null(sibling);
            assert_false(k == 0 && sibling->sdk && !row->sdk);
            assert_true(k == 0 || sibling->family == FAMILY_ALPINE);
            if (sibling->unpacked_mb > 0 && row->unpacked_mb > 0)
                assert_true(sibling->unpacked_mb < row->unpacked_mb);
        }
    }
}

static void a_row_agrees_with_itself(void **state)
{
    struct table table = table_of(state);
    for (size_t i = 0; i < table.count; i++) {
        const struct base_fact *row = &table.at[i];
        str has = str_from(row->has);
        assert_true(row->use[0] && row->tradeoff[0]);
        assert_int_equal(row->has_bash, str_has(has, STR("bash")));
        if (row->family == FAMILY_ALPINE)
            assert_int_equal(row->libc, LIBC_MUSL);
        if (row->family == FAMILY_SCRATCH || row->family == FAMILY_DISTROLESS) {
            assert_int_equal(row->shell, SHELL_KIND_NONE);
            assert_null(row->packages);
        }
    }
}

/* The rows of the guide's table, by the image that it names. */
static void the_guides_images_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *repository, *tag, *name, *use, *tradeoff;
    } guide[] = {
        {"scratch", "", "scratch", "static binaries (Go, Rust)", "no shell, no debugging tools"},
        {"gcr.io/distroless/static", "", "distroless-static", "static binaries with CA certs",
         "no shell, no package manager"},
        {"gcr.io/distroless/base", "", "distroless-base", "dynamic binaries",
         "no shell, no package manager"},
        {"alpine", "", "alpine", "general purpose", "musl libc (compatibility issues)"},
        {"debian", "12-slim", "debian-slim", "good compatibility", "Debian-based"},
        {"ubuntu", "22.04", "ubuntu-22.04", "full compatibility", "larger, more attack surface"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(guide); i++) {
        const struct base_fact *row =
            base_fact_find(str_from(guide[i].repository), str_from(guide[i].tag));
        assert_non_null(row);
        assert_string_equal(row->name, guide[i].name);
        assert_true(str_starts(str_from(row->use), str_from(guide[i].use)));
        assert_true(str_starts(str_from(row->tradeoff), str_from(guide[i].tradeoff)));
    }
}

static void tags_find_their_rows(void **state)
{
    (void)state;
    static const struct {
        const char *repository, *tag, *name;
    } rows[] = {
        {"ubuntu", "", "ubuntu"},
        {"ubuntu", "24.04", "ubuntu"},
        {"ubuntu", "noble-20260905", "ubuntu"},
        {"ubuntu", "focal", "ubuntu-22.04"},
        {"ubuntu", "18.04", "ubuntu-22.04"},
        {"python", "3.14-slim-trixie", "python-slim"},
        {"python", "3.14-windowsservercore-ltsc2025", "python-windows"},
        {"nginx", "1.30-alpine3.23-slim", "nginx-alpine-slim"},
        {"nginx", "alpine", "nginx-alpine"},
        {"php", "8.4-fpm-trixie", "php-fpm"},
        {"php", "8.4-fpm-alpine", "php-fpm-alpine"},
        {"gcr.io/distroless/base-nossl-debian13", "nonroot", "distroless-base-nossl-nonroot"},
        {"gcr.io/distroless/base-debian13", "nonroot", "distroless-base-nonroot"},
        {"mcr.microsoft.com/dotnet/aspnet", "10.0-noble-chiseled-extra",
         "dotnet-aspnet-chiseled-extra"},
        {"mcr.microsoft.com/dotnet/runtime", "9.0-azurelinux3.0-distroless",
         "dotnet-runtime-azurelinux-distroless"},
        {"ghcr.io/astral-sh/uv", "0.9", "uv"},
        {"ghcr.io/astral-sh/uv", "python3.14-trixie-slim", "uv-debian"},
        {"dhi.io/node", "24-alpine3.24-dev", "hardened-node-alpine-dev"},
        {"denoland/deno", "alpine-2.5", "deno-alpine"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_string_equal(
            base_fact_find(str_from(rows[i].repository), str_from(rows[i].tag))->name,
            rows[i].name);
}

static void ends_are_the_first_of_all_that_a_tag_names(void **state)
{
    (void)state;
    static const struct {
        const char *repository, *tag, *end;
    } rows[] = {
        {"node", "22-buster", "2024-06-30"},
        {"node", "18-trixie", "2025-04-30"},
        {"python", "3.14-slim-trixie", "2030-06-30"},
        {"python", "3.14", "2030-10-31"},
        {"mcr.microsoft.com/dotnet/core/sdk", "3.1-alpine3.12", "2022-05-01"},
        {"amazonlinux", "2.0.20260831.0", "2026-06-30"},
        {"amazonlinux", "2023", "2029-06-30"},
        {"centos", "", "2021-12-31"},
        {"postgres", "18-alpine3.24", "2028-06-01"},
        {"example/own", "2.0", NULL},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const char *what = NULL,
                   *end = base_end(str_from(rows[i].repository), str_from(rows[i].tag), &what);
        if (!rows[i].end)
            assert_null(end);
        else
            assert_string_equal(end, rows[i].end);
        assert_true((end != NULL) == (what != NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(figures_have_a_sample_and_a_day),
        UNIT_TEST(a_user_has_a_number),
        UNIT_TEST(no_row_hides_another),
        UNIT_TEST(siblings_are_smaller),
        UNIT_TEST(a_row_agrees_with_itself),
        UNIT_TEST(the_guides_images_are_known),
        UNIT_TEST(tags_find_their_rows),
        UNIT_TEST(ends_are_the_first_of_all_that_a_tag_names),
    };
    return cmocka_run_group_tests_name("base_table", tests, NULL, NULL);
}
