#pragma once

#include "rules/questions.h"

/*
 * rules/contents -- what the file system of a stage holds, as far as the text tells.
 *
 *   base image, COPY, ADD, WORKDIR, RUN --contents_make--> puts --contents_at_end--> answer
 *
 * Shapes   A put is something that an instruction may write, or surely takes away. Whatever a
 *          command may do that is not understood is "anything, anywhere": after it nothing is said
 *          to be absent. So HOLDS_NO is only answered where the base and every step are known.
 * Cost     Making: linear in the file. A question looks at PUTS_LOOK_MAX puts at most, through
 *          copies from other stages, then the answer is HOLDS_UNKNOWN.
 * Errors   None.
 */

/* In the order in which several answers add up: the highest one counts. */
enum holds {
    HOLDS_NO,      /* nothing can have put it there                                          */
    HOLDS_MISSING, /* a COPY would bring it, but the build context does not have it (today)  */
    HOLDS_UNKNOWN,
    HOLDS_YES,
};

struct contents;

/* Fill facts->contents, for facts_make(): after traces_make(). */
void contents_make(struct facts *facts);

/* Does a stage hold an absolute, clean path when it is finished? */
enum holds contents_at_end(const struct facts *facts, uint32_t stage, str path);

/* The same just before a step of its stage runs; of a RUN: before the command of that index. */
enum holds contents_before(const struct facts *facts, const struct step_facts *step,
                           uint32_t command, str path);

/* Is nothing known to be absent when a step begins? A cheap answer for those who would ask much. */
bool contents_lost(const struct facts *facts, const struct step_facts *step);

/* Does some COPY or ADD of the stage itself, or of a stage it is built on, bring more than
 * manifests and lock files into this directory, or below it? */
bool contents_copied_into(const struct facts *facts, uint32_t stage, str directory);

/* The first COPY or ADD behind a step, in its stage, that may bring the path; NULL: none does. */
const struct step_facts *contents_brought_later(const struct facts *facts,
                                                const struct step_facts *step, str path);

/* Where the stage itself surely or perhaps writes something of this name; "" when no step names it.
 * `out_step` says where that is written. */
str contents_of_name(const struct facts *facts, uint32_t stage, str name,
                     const struct step_facts **out_step);

/* A command that runs once, in any case, and fails its list when it fails. */
bool command_is_certain(const struct shell_command *command);

/* -- base images (rules/contents/contents_base.c) ---------------------------------------------- */

/* The working directory in the configuration of the image below a stage; NULL when not known. */
const char *base_workdir(const struct stage_facts *stage);

/* Does the image below a stage hold the path? Never HOLDS_MISSING. */
enum holds base_holds(const struct stage_facts *stage, str path);

/* Is it in a directory that packages of a distribution are installed into: /usr, /etc, /opt ...? */
bool is_system_path(str path);
