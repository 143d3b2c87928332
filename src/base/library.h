#pragma once

#include "base/err.h"

/*
 * base/library -- shared libraries that are opened when they are needed first.
 *
 *   library_open("libcurl.so.4", symbols, count, err): each symbol's address stands where it says
 *
 * Shapes   A library stays open. Where one symbol is missing, none counts: addresses are written
 *          only when all were found.
 * Cost     Linked, a library would add to every start of the program.
 * Errors   ERR_UNSUPPORTED with what the loader says; the caller's hint names the package.
 * Threads  Called before threads start.
 */

struct library_symbol {
    const char *name;
    void *at; /* of the pointer that is to hold its address */
};

/* Open a library and find all symbols. */
MUST_CHECK bool library_open(const char *file, const struct library_symbol *symbols, size_t count,
                             struct err *err);
