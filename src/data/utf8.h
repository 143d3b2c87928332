#pragma once

#include "base/str.h"

/*
 * data/utf8 -- is it UTF-8, and how is a code point written in it? Private to data/.
 *
 * Errors   None.
 * Source   RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
 */

/* Bytes of the well-formed character at the front of `text`; 0 when there is none. */
unsigned utf8_length(str text);

/* Offset of the first byte that is not part of a well-formed character; STR_MISSING when none. */
size_t utf8_bad_byte(str text);

/* Write a code point; gives the number of bytes. Surrogates and what is too large give U+FFFD. */
unsigned utf8_put(char out[4], uint32_t code_point);
