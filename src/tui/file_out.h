#pragma once

#include "tui/browser.h"

/*
 * tui/file_out -- a file of the image, written where the program was started. Private to tui/.
 *
 * Shapes   Under its base name, or where that is taken name.1, name.2: nothing is overwritten, no
 *          link followed. It has that name only when its layer was what its diff id says.
 * Cost     Its layer is read once.
 */

struct host; /* base/host.h */

/* Write a version; says how it went, for the user. */
str extract_version(const struct browser *browser, const struct host *host, uint32_t version);
