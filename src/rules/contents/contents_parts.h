#pragma once

#include "rules/contents.h"

/*
 * rules/contents/contents_parts -- what contents.c (questions) and the files that make puts share.
 *
 * Shapes   Puts in the order of the file; those of step i are [first[i], first[i + 1]).
 */

enum {
    PUTS_STAGE_MAX = 1024, /* of one stage; past it anything may be anywhere */
    PUTS_LOOK_MAX = 4096,  /* that one question looks at */
    COPY_CHAIN_MAX = 16,   /* stages that a question follows copies through */
};

enum put_kind {
    PUT_ANYTHING, /* anywhere                                         */
    PUT_SYSTEM,   /* anything in the directories of a distribution    */
    PUT_BELOW,    /* anything at or below the path                    */
    PUT_PATH,     /* the path itself, nothing below it                */
    PUT_COPY,     /* `source`, of the context or of a stage           */
    PUT_INSTALL,  /* what npm and its kin install at the path        */
    PUT_REMOVED,  /* surely gone, with what was below                 */
};

struct put {
    enum put_kind kind;
    bool sure;        /* PUT_PATH: it is there once the step is done */
    bool into;        /* PUT_COPY: the target is a directory in any case */
    uint32_t command; /* of a RUN */
    uint32_t stage;   /* PUT_COPY: copied from; NO_INDEX: the context */
    str path;
    str source; /* PUT_COPY: relative to the context, or absolute in the stage;
                 * PUT_INSTALL: the top directory that `path` stands in */
};
VEC_TYPE(put_list, struct put);

struct contents {
    struct put_list puts;
    uint32_t *first; /* one a step, and the end */
};

/* One walk over the file, with the step that is being looked at. */
struct contents_maker {
    struct facts *facts;
    struct contents *contents;
    const struct step_facts *step;
    uint32_t command;     /* its index */
    uint32_t stage_first; /* puts before the stage */
};

/* Note that something may be there: the put that stands for it, which is PUT_ANYTHING where the
 * path is not known. Good until the next one. */
struct put *contents_put(struct contents_maker *maker, enum put_kind kind, str path);

/* Anything may be anywhere, and nothing was taken away since. */
bool contents_is_lost(const struct contents_maker *maker);

/* What an instruction other than RUN puts. */
void contents_put_instruction(struct contents_maker *maker);

/* What an install of JavaScript packages (PUT_INSTALL) gives. */
enum holds install_gives(const struct facts *facts, uint32_t stage, const struct put *put,
                         str path);

/* A name that is a file's, not a directory's, by its ending: "package.json", "app.py". */
bool is_file_name(str path);

/* A program that makes no file, but by a redirection; one that makes them in the directories of the
 * distribution alone. */
bool program_is_harmless(str name);
bool program_is_system_wide(str name);
