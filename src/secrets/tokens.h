#pragma once

#include "base/str.h"

/*
 * secrets/tokens -- what tokens look like. Private to secrets/.
 *
 * Shapes   A shape is a literal start of at least two characters, then literals and counted
 *          classes: "ghp_%w{36}" is ghp_ and 36 letters or digits; "%u{20,}" has no upper limit.
 *              %w letters, digits     %u those, '_', '-'    %U A-Z 2-7 (base32)   %A A-Z 0-9
 *              %a a-z 0-9             %x 0-9 a-f            %X 0-9 a-f A-F        %d digits
 *              %l letters             %b base64: letters, digits, + / =           %s %u and . =
 *          A class takes all it can, and must not be followed by one more of itself.
 */

struct token_row {
    const char *kind, *title, *shape;
    unsigned entropy_tenths; /* least bits a character of the token, times ten; 0: 25 */
};

extern const struct token_row token_rows[];
extern const size_t token_row_count;

/* The literal start of a shape: its bytes before the first '%'. */
size_t shape_literal(const char *shape);

/* How many bytes at the start of `text` have this shape; 0 when they do not. */
size_t shape_match(const char *shape, str text);
