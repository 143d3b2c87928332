#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * base/num -- numbers that people write and read.
 *
 * Units    Bytes are decimal: "12.3 MB" is 12 300 000, as docker prints them; "20MiB" is read as
 *          binary. Dates are days since 1970-01-01, UTC, proleptic Gregorian.
 */

/* "0 B", "999 B", "12.3 kB", "1.2 GB": one digit, decimal units. */
str size_print(struct arena *arena, uint64_t size_bytes);

/* "20", "20k", "20kB", "20 MB", "20MiB", "1.5G"; ERR_USAGE otherwise. */
MUST_CHECK bool size_parse(str text, uint64_t *out_bytes, struct err *err);

/* "2026-11-24" to days; false when it is no date. */
bool date_parse(str text, int64_t *out_days);

/* "2026-11-25T08:40:40.123+02:00" (RFC 3339) to seconds since 1970, UTC, the fraction cut off;
 * false when it is none. */
bool time_parse(str text, int64_t *out_seconds);

/* Days to "2026-11-24". */
str date_print(struct arena *arena, int64_t days);
