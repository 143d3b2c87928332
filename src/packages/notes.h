#pragma once

#include "packages/packages.h"

/*
 * packages/notes -- what the inspector writes down of a database, and how it is read again.
 *
 * Shapes   A note is a run of packages: kind, name NUL version NUL, a count, that many path hashes.
 *          Kind and count are little-endian. A list of dpkg has no version, its status no paths:
 *          they are joined by name when the image is whole.
 */

enum note_kind {
    NOTE_PACKAGE = 1, /* a package, with its paths          */
    NOTE_VERSION,     /* a package and its version only      */
    NOTE_PATHS,       /* a package's paths only              */
    NOTE_FOLDER,      /* a package: all below the folders that stand for paths */
    NOTE_PART,        /* a package that is inside of another's file */
    NOTE_DIVERSION,   /* two paths: what others ship as the first stands at the second */
    NOTE_NEEDS,       /* of a deb: what it depends on, as its status says it */
    NOTE_RECOMMENDS,  /* the same of what it recommends       */
    NOTE_PROVIDES,    /* the same of what it stands for       */
    NOTE_UNASKED,     /* a deb that nobody asked for by name  */
    NOTE_SYMBOLS,     /* bytes of a program that strip(1) would take, as text */
    NOTE_DEVELOPMENT, /* folders of packages that only development needs */
    NOTE_KINDS,
};

struct note_package {
    enum note_kind kind;
    enum package_type type;
    str name, version;
    const char *hashes; /* unaligned */
    uint32_t count;
};

/* The hash under which a path is known. */
uint64_t path_hash(str path);
uint64_t note_hash(const struct note_package *package, uint32_t index);

/* Begin a package in a note; then its paths; then close it. */
struct note_writer {
    struct buf *note;
    size_t count_at;
    uint32_t count;
};
struct note_writer note_begin(struct buf *note, enum note_kind kind, enum package_type type,
                              str name, str version);
void note_path(struct note_writer *writer, str path);
void note_end(struct note_writer *writer);

/* The next package of a note; false at its end, or where it is damaged. */
bool note_next(str *rest, struct note_package *out_package);
