#pragma once

#include "context/needs.h"

/*
 * context/suggest -- which lines would leave more out. Private to context/.
 *
 *   sent entries --row by name--> guard: junk in this tree? --> needed by no build? --> a line
 *
 * Shapes   One table of names that are seldom build inputs. A row's pattern is used as it stands
 *          only when all that it matches may go; else each path gets a line of its own.
 * Cost     Two look-ups an entry; what is below a suggested directory is passed over.
 */

/* When a row's entry may be left out. */
enum guard {
    GUARD_NONE,
    GUARD_MODULES,   /* node_modules: a step installs them, or nothing runs them */
    GUARD_VENDOR,    /* a step downloads what vendor/ holds                      */
    GUARD_VENV,      /* a virtual environment that a step makes again            */
    GUARD_BUILT,     /* dist, build, out: beside a manifest whose tool a step runs */
    GUARD_TARGET,    /* of cargo or maven                                        */
    GUARD_DOTNET,    /* bin and obj beside a project                             */
    GUARD_EGG,       /* beside setup.py or pyproject.toml                        */
    GUARD_GITIGNORE, /* no tool is there that reads it                           */
    GUARD_DOCS,      /* a directory of documents and nothing that is compiled    */
    GUARD_DOCUMENT,  /* a document, where documents are not the product          */
    GUARD_TESTS,     /* a test tree that no step runs and no build lists         */
    GUARD_TEST_FILE, /* the same for one file                                    */
    GUARD_LARGE,     /* an archive of a megabyte and more that nothing names     */
    GUARD_LOGS,      /* a directory of logs only                                 */
    GUARD_COMPILED,  /* beside its source                                         */
};

enum row_kind { ROW_FILE = 1, ROW_DIRECTORY = 2, ROW_ANY = 3 };

/* How much it takes to keep what a row matches. */
enum row_strength {
    STRENGTH_JUNK,  /* unless it is named by itself          */
    STRENGTH_MADE,  /* the same, and each path for itself    */
    STRENGTH_LOOSE, /* unless it is named in any way         */
};

struct suggest_row {
    const char *name; /* "x", "*x" or "x*", of the last component of a path */
    const char *category;
    const char *why;
    enum row_kind kind;
    bool top; /* at the top only */
    enum row_strength strength;
    enum guard guard;
};

extern const struct suggest_row suggest_rows[];
extern const size_t suggest_row_count;

/* What is sent, added up: of a directory, all below it. */
struct context_sums {
    uint64_t *bytes;
    uint32_t *files;
    uint32_t *hard, *loose; /* marks in front of an entry: of a range by subtraction */
};

/* Fill report->suggest. Needs tree, ignore_path and secrets of the report. */
void context_suggest(struct arena *arena, const struct context_needs *needs,
                     const struct context_sums *sums, struct context_report *report);
