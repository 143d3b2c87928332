#pragma once

#include "base/buf.h"

/*
 * cli/man -- pieces of man pages, in the man(7) macros. Private to cli/.
 *
 * Shapes   Each writes whole lines, made so that `mandoc -Tlint` has nothing to say.
 */

#define MAN_BYTES_MAX ((size_t)1 << 20)

/* .TH and NAME: `title` in upper case, "1" or "7", the name and what it is. */
void man_head(struct buf *out, str title, const char *section, const char *summary);

/* A heading, in upper case. */
void man_section(struct buf *out, str heading);

/* Text in lines of a readable length, none of which begins like a macro. */
void man_text(struct buf *out, str text);

/* ".TP", the term in bold, and what it is. */
void man_term(struct buf *out, str term, str text);
