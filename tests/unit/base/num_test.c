#include "tests/unit/unit.h"

#include "base/err.h"
#include "base/num.h"
#include "base/pool.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

static void sizes_are_printed_as_docker_prints_them(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0 B"},           {999, "999 B"},     {1000, "1.0 kB"},      {12300000, "12.3 MB"},
        {999949, "999.9 kB"}, {999950, "1.0 MB"}, {999999999, "1.0 GB"}, {UINT64_MAX, "18.4 EB"},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row_str(&rows, cases[i].want, size_print(*state, cases[i].bytes),
                     str_from(cases[i].want));
    assert_rows(rows);
}

static void sizes_are_read(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t want;
    } cases[] = {
        {"20", true, 20},
        {"20B", true, 20},
        {"20k", true, 20000},
        {"20KB", true, 20000},
        {" 20 MB ", true, 20000000},
        {"20MiB", true, 20 << 20},
        {"1.5G", true, 1500000000},
        {"0.25KiB", true, 256},
        {"2TiB", true, 2ull << 40},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999TB", false, 0},
        {"", false, 0},
        {"MB", false, 0},
        {".", false, 0},
        {"1.2.3", false, 0},
        {"-1", false, 0},
        {"1e3", false, 0},
        {"5 apples", false, 0},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct err err = {0};
        uint64_t bytes = 4711;
        bool ok = size_parse(str_from(cases[i].text), &bytes, &err);
        unit_row(&rows, cases[i].text, ok == cases[i].ok);
        unit_row(&rows, cases[i].text, bytes == (ok ? cases[i].want : 4711));
        unit_row(&rows, cases[i].text, ok || (err.code == ERR_USAGE && err.hint[0]));
    }
    assert_rows(rows);
    (void)state;
}

static void dates(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t days;
    } cases[] = {
        {"1970-01-01", true, 0},       {"1969-12-31", true, -1}, {"2000-02-29", true, 11016},
        {"2026-11-24", true, 20781},   {"1900-02-29", false, 0}, {"2023-02-29", false, 0},
        {"2024-02-29", true, 19782},   {"2026-04-31", false, 0}, {"2026-12-31", true, 20818},
        {"2026-13-01", false, 0},      {"2026-00-10", false, 0}, {"2026-01-00", false, 0},
        {"2026-1-01", false, 0},       {"2026/01/01", false, 0}, {"2026-01-01 ", false, 0},
        {"26-01-01", false, 0},        {"", false, 0},           {"9999-12-31", true, 2932896},
        {"0001-01-01", true, -719162}, {"2026-01-1x", false, 0},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t days = 4711;
        bool ok = date_parse(str_from(cases[i].text), &days);
        unit_row(&rows, cases[i].text, ok == cases[i].ok);
        unit_row(&rows, cases[i].text, days == (ok ? cases[i].days : 4711));
        if (ok)
            unit_row_str(&rows, "and printed again", date_print(*state, days),
                         str_from(cases[i].text));
    }
    for (int64_t day = -800000; day < 2900000; day += 997) {
        int64_t again = 0;
        str text = date_print(*state, day);
        if (text.len == 10 && text.at[0] != '-')
            unit_row(&rows, "any day there and back", date_parse(text, &again) && again == day);
    }
    assert_rows(rows);
}

static void an_error_tells_from_the_cause_outwards(void **state)
{
    struct err err = {0};
    assert_false(err_set(&err, ERR_FORMAT, "line %d", 7));
    assert_false(err_wrap(&err, "reading '%s'", "x"));
    assert_false(err_hint(&err, "look at it"));
    assert_int_equal(err.lines, 2);
    assert_string_equal(err.line[0], "line 7");
    assert_string_equal(err.line[1], "reading 'x'");
    assert_string_equal(err.hint, "look at it");
    for (int i = 0; i < 20; i++)
        err_wrap(&err, "level %d", i);
    assert_int_equal(err.lines, ERR_LINES_MAX);
    assert_string_equal(err.line[0], "line 7");
    assert_string_equal(err.line[ERR_LINES_MAX - 1], "level 19");
    err_clear(&err);
    assert_true(err.code == ERR_NONE && !err.lines && !err.hint[0]);
    (void)state;
}

static void long_errors_are_cut_and_keep_their_cause(void **state)
{
    struct err err = {0};
    char name[400];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    err_set(&err, ERR_USAGE, "cannot open '%s'", name);
    assert_int_equal(strlen(err.line[0]), ERR_LINE_BYTES - 1);
    assert_string_equal(err.line[0] + ERR_LINE_BYTES - 4, "...");
    errno = ENOENT;
    err_sys(&err, "cannot open '%s'", name);
    assert_true(str_ends(str_from(err.line[0]), STR("...: No such file or directory")));
    assert_true(err.code == ERR_IO && err.sys_errno == ENOENT);
    errno = EACCES;
    err_sys(&err, "cannot open '%s'", "x");
    assert_string_equal(err.line[0], "cannot open 'x': Permission denied");
    assert_int_equal(err.code, ERR_DENIED);
    (void)state;
}

enum { JOBS = 5000 };

struct done {
    atomic_uint times[JOBS];
    atomic_uint workers[64];
    atomic_bool strange;
    unsigned threads;
};

static void do_one(void *context, size_t index, unsigned worker)
{
    struct done *done = context;
    if (index >= JOBS || worker >= done->threads) {
        done->strange = true;
        return;
    }
    done->times[index]++;
    done->workers[worker]++;
}

static void every_index_is_worked_on_once(void **state)
{
    static const struct {
        size_t count;
        unsigned threads, most;
    } cases[] = {{0, 4, 1}, {1, 4, 1}, {JOBS, 1, 1}, {JOBS, 4, 4}, {3, 16, 3}, {JOBS, 1000, 64}};
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct done *done = NEW(*state, struct done);
        done->threads = cases[i].most;
        pool_each(cases[i].count, cases[i].threads, do_one, done);
        bool once = !done->strange;
        for (size_t k = 0; k < JOBS; k++)
            once = once && done->times[k] == (k < cases[i].count);
        unit_row(&rows, "each index once, by a worker of that number", once);
    }
    struct done *done = NEW(*state, struct done);
    done->threads = 64;
    pool_each(JOBS, 0, do_one, done);
    unit_row(&rows, "as many threads as there are cores", !done->strange && pool_cores() >= 1);
    assert_rows(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(sizes_are_printed_as_docker_prints_them),
        UNIT_TEST(sizes_are_read),
        UNIT_TEST(dates),
        UNIT_TEST(an_error_tells_from_the_cause_outwards),
        UNIT_TEST(long_errors_are_cut_and_keep_their_cause),
        UNIT_TEST(every_index_is_worked_on_once),
    };
    return cmocka_run_group_tests_name("base/num", tests, NULL, NULL);
}
