#pragma once

#include "base/map.h"
#include "context/context.h"

/*
 * context/needs -- what the Dockerfiles take from the context, an entry at a time. Private to
 * context/.
 *
 *   COPY, ADD, bind mounts ---> marks on entries     RUN, CMD, manifests ---> steps and mentions
 *
 * Shapes   One byte of marks an entry of the tree. A COPY of a whole directory marks a range, which
 *          is added up at the end, so that 10^5 instructions over 10^5 files stay linear.
 */

enum need {
    NEED_HARD = 1 << 0,    /* without it a build breaks or changes                              */
    NEED_SOFT = 1 << 1,    /* stands below a directory that a COPY names                        */
    NEED_USED = 1 << 2,    /* a COPY, ADD or bind mount takes it, other than one of everything  */
    NEED_MENTION = 1 << 3, /* a command or a build file names it                                */
};

/* What the RUN steps do, as far as it decides about files. */
enum step_fact {
    STEP_NODE_INSTALL = 1 << 0,
    STEP_NODE_BUILD = 1 << 1,
    STEP_PYTHON_INSTALL = 1 << 2,
    STEP_PYTHON_BUILD = 1 << 3, /* builds the project itself: reads its README and its version */
    STEP_GO_MODULES = 1 << 4,   /* downloads modules */
    STEP_GO_VENDOR = 1 << 5,    /* -mod=vendor */
    STEP_CARGO = 1 << 6,
    STEP_MAVEN = 1 << 7,
    STEP_GRADLE = 1 << 8,
    STEP_DOTNET = 1 << 9,
    STEP_COMPOSER = 1 << 10,
    STEP_BUNDLE = 1 << 11,
    STEP_MAKE = 1 << 12,
    STEP_TEST = 1 << 13,         /* a command runs tests                                */
    STEP_TEST_IMPLIED = 1 << 14, /* a build that runs tests unless told not to          */
    STEP_GIT = 1 << 15,          /* reads the history of the context                    */
    STEP_DOCUMENTS = 1 << 16,    /* makes something out of documents                    */
    STEP_NPM = 1 << 17,          /* which of them installs */
    STEP_YARN = 1 << 18,
    STEP_PNPM = 1 << 19,
    STEP_BUN = 1 << 20,
    STEP_NODE = 1 << 21, /* a base or a command that runs JavaScript outside of a browser */
};

struct context_needs {
    struct arena *arena;
    const struct context_tree *tree;
    int root_fd;
    uint8_t *marks;      /* enum need, an entry */
    int32_t *range_ends; /* while marking: +1 and -1 of ranges */
    struct map sources;  /* those marked already */
    uint32_t globs;
    uint32_t found, missing; /* sources that stand in the tree, and those that do not */
    uint32_t steps;          /* enum step_fact */
    str unread;              /* a file that says what a build needs, and cannot be read */
    bool builds;             /* there is a Dockerfile */
    bool whole;              /* some COPY takes everything */
    bool soft_all;           /* a source is not known: anything may be taken */
    VEC(str) texts;          /* Dockerfiles, build files and scripts */
    VEC(str) builders;       /* paths of the Dockerfiles */
};

/* Read what RUN, CMD and ENTRYPOINT do: fills steps, and marks what they mention. */
struct instruction;
void needs_read_step(struct context_needs *needs, const struct instruction *at);

/* Read the build files and scripts that steps use, and mark what they name. */
void needs_read_tools(struct context_needs *needs);

/* Mark one entry. */
void needs_mark(struct context_needs *needs, const struct context_entry *entry, uint8_t mark);

/* Does any text that was read hold these bytes? */
bool needs_texts_have(const struct context_needs *needs, str part);

/* Read a file of the context into texts; STR_NONE when there is none. */
str needs_read(struct context_needs *needs, str path);

/* Is there an entry of that name beside this one (in the same directory)? */
bool tree_has_beside(const struct context_tree *tree, const struct context_entry *entry,
                     const char *name);

/* Is there one of that name directly below it? */
bool tree_has_below(const struct context_tree *tree, const struct context_entry *entry,
                    const char *name);
