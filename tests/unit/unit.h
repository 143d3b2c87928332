#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * tests/unit/unit -- what every unit test uses: an arena a test, and tables whose rows fail one by
 * one, so that a broken build names every sentence it breaks and not just the first.
 */

struct unit_rows {
    unsigned bad;
};

static inline int unit_setup(void **state)
{
    *state = arena_new(0);
    return 0;
}

static inline int unit_teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* Note a row; says is the sentence that it stands for. */
static inline void unit_row(struct unit_rows *rows, const char *says, bool ok)
{
    if (ok)
        return;
    rows->bad++;
    print_error("row fails: %s\n", says);
}

/* The same, with what came out beside what was wanted. */
static inline void unit_row_str(struct unit_rows *rows, const char *says, str got, str want)
{
    if (str_eq(got, want))
        return;
    rows->bad++;
    print_error("row fails: %s\n  got  '%.*s'\n  want '%.*s'\n", says, STR_ARG(got), STR_ARG(want));
}

#define UNIT_TEST(function) cmocka_unit_test_setup_teardown(function, unit_setup, unit_teardown)
#define assert_rows(rows)   assert_int_equal((rows).bad, 0)
