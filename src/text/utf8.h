#pragma once

#include "base/str.h"

/*
 * text/utf8 -- is it UTF-8, which character stands there, and how is one written?
 *
 * Shapes   What is not well-formed is taken byte by byte, as U+FFFD each: so does Go, and with it
 *          the builder.
 * Errors   None.
 * Source   RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
 */

enum { UTF8_BAD = 0xfffd };

/* The character at the front of `text`: gives its bytes, 0 at the end. A byte that begins none is
 * UTF8_BAD of one byte; the well-formed U+FFFD has three. */
unsigned utf8_decode(str text, uint32_t *out_code);

/* The character at *at, which stands in front of `end`; moves *at behind it. */
uint32_t utf8_next(const char **at, const char *end);

/* Bytes of the well-formed character at the front of `text`; 0 when there is none. */
unsigned utf8_length(str text);

/* Offset of the first byte that is not part of a well-formed character; STR_MISSING when none. */
size_t utf8_bad_byte(str text);

/* Write a code point; gives the number of bytes. Surrogates and what is too large give U+FFFD. */
unsigned utf8_put(char out[4], uint32_t code_point);
