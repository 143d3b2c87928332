#pragma once

#include "base/err.h"
#include "base/str.h"

/* data/parse_fail -- where a text breaks its format. Private to data/. */

/* ERR_FORMAT: "JSON, line 3, column 5: what". Always false. */
bool parse_fail(struct err *err, const char *format, str text, size_t at, const char *what);
