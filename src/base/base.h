#pragma once

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * base/base -- the words that every file of Plimsoll may use without asking.
 *
 * Shapes   Macros and one enum; nothing here allocates, fails or prints.
 */

#define ARRAY_COUNT(array)         (sizeof(array) / sizeof((array)[0]))
#define MUST_CHECK                 __attribute__((warn_unused_result))
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))
#define UNUSED                     __attribute__((unused))

/* Run kind##_cleanup(&variable) when the variable leaves its scope. */
#define AUTO(kind) __attribute__((cleanup(kind##_cleanup)))

/* What a pull iterator answers: an item was written, there are no more, or reading failed. */
enum step { STEP_ITEM, STEP_END, STEP_FAIL };

/* The exit codes of the program, the same for every command (design.md, section 2). */
enum exit_code {
    EXIT_CLEAN = 0,
    EXIT_FINDINGS = 1,
    EXIT_USAGE = 2,
    EXIT_FAILED = 3,
    EXIT_UNPROVEN = 4,
};
