#pragma once

#include "shell/shell.h"

/*
 * rules/traces -- what each step leaves on the disk, and what it takes away again.
 *
 *   RUN wget -O /tmp/a.tgz ... && tar xf ... --traces_make--> DOWNLOAD /tmp/a.tgz, UNPACK /opt
 *
 * Shapes   In the order of the step's text. What the text does not decide has no trace.
 * Cost     Linear in the file.
 * Errors   None.
 */

struct facts;
struct step_facts;

/* What a step does to a path. */
enum trace_kind {
    TRACE_DOWNLOAD, /* a file from the network              */
    TRACE_COPY,     /* COPY, ADD, cp, mv: the new place      */
    TRACE_UNPACK,   /* what came out of an archive           */
    TRACE_CLONE,    /* a source tree by git                  */
    TRACE_BUILD,    /* what a build or an install made       */
    TRACE_CACHE,    /* package index or cache                */
    TRACE_TEXT,     /* a few lines by echo or a heredoc      */
    TRACE_REMOVED,  /* taken away; its path may be a glob    */
    TRACE_MOVED,    /* moved away by mv                      */
};

/* Paths are absolute and clean. A variable that the Dockerfile declares without a value stays in
 * them as "${NAME}", one of the script's own as "${NAME#step}": equal text is the same path. */
struct trace {
    enum trace_kind kind;
    str path;
    span at;                             /* the command, or the whole instruction */
    const struct shell_command *command; /* NULL: COPY, ADD */
    bool tree;                           /* a directory whose contents are not known by name */
    bool guess;                          /* the name may be another one (COPY of a directory) */
};
VEC_TYPE(trace_list, struct trace);

/* Note what each RUN, COPY and ADD writes and takes away (rules/traces.c): for facts_make(). */
void traces_make(struct facts *facts);

/* The path that a word of a step's own command names, made absolute by the directory that the
 * command runs in; "" when the text does not decide it. Variables as in traces. */
str trace_path(const struct facts *facts, const struct step_facts *step,
               const struct shell_command *command, const struct shell_word *word);

/* Is `path` one that `pattern` (a removal's operand, made absolute) takes away: it, what is
 * below it, or what its glob matches? */
bool trace_covers(str pattern, str path);

/* A few kilobytes at most, by its name: scripts, settings, keys. */
bool trace_is_small(const struct trace *trace);
