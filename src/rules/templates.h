#pragma once

#include "rules/questions.h"

/*
 * rules/templates -- what the larger mends have in common: mounts, stages, users.
 *
 *   a finding of some rule --template_*--> the edits of its fix, or none
 *
 * Shapes   A template gives the newest finding of the sink a fix of class FIX_PROOF, whole or not
 *          at all: what the text, the tree and the repository do not decide has no edit.
 *          Stage structure and base images change only where they were asked for.
 * Errors   None: false means that nothing was added.
 */

/* May this rule change stages and base images: by --modernize, or named in a selection? */
bool template_is_asked(const struct facts *facts, const struct rule *rule);

/* Does the repository build with a builder that knows no mounts? */
bool template_is_classic(const struct facts *facts);

/* Edits that go together. */
struct template_edits {
    struct edit_list list;
    bool impossible; /* one of them conflicts with another, or cannot be done by text */
};
void template_add(struct arena *arena, struct template_edits *edits, span at, str text);

/* Give them to the newest finding; false, and nothing given, when they are impossible or none. */
bool template_give(struct rule_sink *sink, const struct template_edits *edits, const char *title);

/* The turns of fixes that change what others stand on. */
enum { TURN_BASE = 1, TURN_STAGES = 2 };

/* Is a stage another one, or built on it? */
bool template_stands_on(const struct facts *facts, uint32_t stage, uint32_t below);

/* The flag of the shipped stage's FROM for a stage beside it, with a blank behind: "" without. */
str template_platform(const struct facts *facts);

/* The start of the line of an instruction, or of the comments that stand right above it. */
uint32_t template_above(const struct facts *facts, const struct instruction *at);

/* The user of a step, as its files must be owned. */
struct template_user {
    str home;     /* "/root", "/home/node" */
    str uid, gid; /* "" for root */
};

/* Who runs this step, where text and base say it. */
bool template_user_of(const struct facts *facts, const struct step_facts *step,
                      struct template_user *out_user);

/* The value of a variable in force; false when it is set to something that the text does not
 * tell, or by the instruction's own commands. Not set at all is "". */
bool template_variable(const struct facts *facts, const struct instruction *at, const char *name,
                       str *out_value);

/* The newest COPY of the whole context above a step, in its own stage; NULL when there is none. */
const struct step_facts *copy_of_everything(const struct facts *facts,
                                            const struct step_facts *step);

/* The text of a file of the build context, STR_NONE when it is not known. */
str template_file(const struct facts *facts, str path);

/* Is the file sent to the builder? */
bool template_sent(const struct facts *facts, str path);

/* Make the shipped stage, which begins its program at `start`, run as a user that is not root.
 * `root_user`: the last USER, when there is one that says root. */
bool template_drop_root(const struct facts *facts, struct rule_sink *sink,
                        const struct instruction *start, const struct instruction *root_user);

/* Does something in the stages that are needed strip, or pack, what was built? (size_binaries.c) */
bool template_something_strips(const struct facts *facts);

/* Programs that COPY takes from a stage that made them by make, and that nothing stripped. */
void template_check_copied(const struct facts *facts, struct rule_sink *sink);

/* A second stage for what was built in the one that ships; only when asked for. */
bool template_second_stage(const struct facts *facts, struct rule_sink *sink);

/* The same for a node program with its dependencies. */
bool template_node_stage(const struct facts *facts, struct rule_sink *sink);

/* What takes the development dependencies of a stage out again, as a command; NULL: not known. */
const char *template_pruning_of(const struct facts *facts, const struct step_facts *step);

/* COPY --from of all that another stage built in (template_copied.c): without what only the build
 * needs, or the program alone, which was built below `path`. */
bool template_prune_copied(const struct facts *facts, struct rule_sink *sink, uint32_t stage,
                           const struct step_facts *copy);
bool template_narrow_copy(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *copy, str path);

/* The same for what poetry or uv installed. (template_python.c) */
bool template_python_stage(const struct facts *facts, struct rule_sink *sink);

/* Is this one of uv's own images, which others take uv from? */
bool template_is_image_of_uv(str image);

/* The same image as a stage's, in its smaller variant: "node:20-slim"; "" when there is none that
 * has what the stage's own steps call. (base_choice.c) */
str base_slim_reference(const struct facts *facts, const struct stage_facts *stage);

/* Wheels built in a stage of their own, in place of the compilers of this install. */
bool template_wheels(const struct facts *facts, struct rule_sink *sink,
                     const struct step_facts *step, const struct package_command *compilers);
