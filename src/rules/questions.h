#pragma once

#include "rules/facts.h"

/*
 * rules/questions -- how a rule reports, walks a file and asks what many rules ask.
 *
 * Shapes   Findings go to the sink of the rule that runs. A walk calls back in the file's order.
 * Cost     A question looks at one step, or at those around it (LOOK_STEPS_MAX).
 * Errors   None.
 */

/* -- what is found ----------------------------------------------------------------------------- */

struct rule_sink {
    struct arena *arena;
    const struct rule *rule; /* whose check is running */
    const struct source *source;
    const struct facts *facts; /* NULL outside of Dockerfiles */
    struct finding_list *findings;
};

/* Report at a place of the sink's source. The finding is good until the next one: set bytes, fix
 * and related right away. The message: what is wrong here, single quotes around foreign words, no
 * full stop. */
struct finding *found(struct rule_sink *sink, span at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Give the newest finding a fix of the rule's own class; then add its edits. */
void found_fix(struct rule_sink *sink, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same with another class than the rule's. */
void found_fix_as(struct rule_sink *sink, enum fix_safety safety, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One edit of the newest finding's fix: replace `at` by `text`. */
void found_edit(struct rule_sink *sink, span at, str text);

/* An edit that inserts in front of / behind. */
void found_insert(struct rule_sink *sink, uint32_t offset, str text);

/* An edit that takes away whole lines of an instruction, its line end included. */
void found_remove_instruction(struct rule_sink *sink, const struct instruction *instruction);

/* Another place that the newest finding speaks of. */
void found_related(struct rule_sink *sink, span at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Other severity than the rule's own, for this one finding. */
void found_severity(struct rule_sink *sink, enum severity severity);

/* -- walking (rules/query.c) ------------------------------------------------------------------- */

typedef void command_check(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command);

/* Every command of every RUN that POSIX rules judge. */
void each_run_command(const struct facts *facts, struct rule_sink *sink, command_check *check);

typedef void package_check(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct package_command *package);

/* Every command of every RUN that does something with a package manager. */
void each_package(const struct facts *facts, struct rule_sink *sink, package_check *check);

typedef void step_check(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step);

/* Every instruction of a kind that is not broken; INSTRUCTION_COUNT is any kind. */
void each_step(const struct facts *facts, struct rule_sink *sink, enum instruction_kind kind,
               step_check *check);

/* -- questions that many rules ask (rules/query.c) --------------------------------------------- */

/* for each step of the file that has commands and is to be judged by POSIX rules */
bool step_is_posix(const struct facts *facts, const struct step_facts *step);

/* RUN instruction of POSIX text. */
bool step_is_run(const struct facts *facts, const struct step_facts *step);

/* The steps around one that rules look at: [step_look_first, step_look_end). */
const struct step_facts *step_look_first(const struct facts *facts, const struct step_facts *step);
const struct step_facts *step_look_end(const struct facts *facts, const struct step_facts *step);

/* The stage that the step stands in. */
const struct stage_facts *step_stage(const struct facts *facts, const struct step_facts *step);

/* The last instruction of a kind in the stage that ships (its own lines only), NULL when there is
 * none. */
const struct step_facts *final_step(const struct facts *facts, enum instruction_kind kind);

/* Is this user root? "root", "0", "0:0", "root:root", and "" with a base whose own user is root. */
bool user_is_root(str user, const struct base_fact *base);

/* Does the step have a mount of that type whose target covers `path` ("/var/cache/apt" covers
 * "/var/cache/apt/archives")? NULL when it has not. */
const struct mount *step_mount(const struct step_facts *step, enum mount_type type, str path);

/* The step's text holds this command; NULL when it has not. `sub` may be NULL. */
const struct shell_command *step_find(const struct step_facts *step, const char *name,
                                      const char *sub);

/* Has it any of these blank-separated options? */
bool command_has_any(const struct shell_command *command, const char *options);

/* Is it a removal (rm, find -delete, unlink) that takes away `path`, globs of the removal included
 * ("rm -rf /var/lib/apt/lists" and "/var/lib/apt/lists/x*" both remove what is below it)? */
bool command_removes(const struct shell_command *command, str path);

/* Is the manager's own clean-up called behind this command, in the same step? */
bool cleans_behind(const struct step_facts *step, const struct package_command *package);

/* What a command does with packages; its manager is NULL when it does nothing with them. */
struct package_command package_command_of(struct arena *arena, const struct shell_command *command);

/* The same for a command of a step: as it was found when the facts were made. */
struct package_command step_package(const struct facts *facts, const struct step_facts *step,
                                    const struct shell_command *command);

/* Where text goes to stand behind a command in the same RUN: " && rm -rf x" in the style that this
 * RUN uses (own line with its indentation and continuation, or the same line; "&&" at the end or
 * the start of lines). */
struct edit run_append_edit(const struct facts *facts, const struct step_facts *step,
                            const struct shell_command *after, str command_text);

/* Insert an option behind a word, in the word's own line: " --no-install-recommends"; in exec form
 * as elements of its array. */
struct edit insert_after_word(struct arena *arena, const struct shell_word *word, str text);

/* A new instruction line in front of / behind an instruction, in the file's line end and keyword
 * case ("USER app\n"). */
struct edit insert_before_instruction(const struct facts *facts, const struct instruction *at,
                                      str line);
struct edit insert_after_instruction(const struct facts *facts, const struct instruction *at,
                                     str line);

/* Add --mount=... (or another flag) to a RUN, in front of its other arguments. */
struct edit add_flag(const struct facts *facts, const struct instruction *at, str flag);

/* The same for several at once, each on a line of its own as far as the RUN has such lines. */
struct edit add_mounts(const struct facts *facts, const struct instruction *at, const str *flags,
                       uint32_t count);

/* Take an option out of its command, with the blanks or the line join in front of it. False where a
 * comment stands between. */
bool remove_word_edit(const struct facts *facts, const struct shell_command *command,
                      const struct shell_word *word, struct edit *out_edit);

/* Take a command out of its RUN together with what joins it to its neighbour. False when it stands
 * alone, or where that cannot be done by text. */
bool remove_command_edit(const struct facts *facts, const struct step_facts *step,
                         const struct shell_command *command, struct edit *out_edit);

/* Make one RUN of two that follow each other: "a && \ b", comments between kept. False when that
 * could change what they do (other flags, cd, set, ||, heredocs, ...). */
bool merge_runs_edit(const struct facts *facts, const struct step_facts *first,
                     const struct step_facts *second, struct edit *out_edit);

/* The value of a Dockerfile word with the variables in force, or not known. */
bool word_value(const struct facts *facts, const struct instruction *at, str raw, str *out_value);

/* A path of an instruction made absolute by the step's WORKDIR and cleaned; "" when not known. */
str step_path(const struct facts *facts, const struct step_facts *step, str path);

/* The image that ships is one to develop or test in, by its name and by what it starts. */
bool is_for_development(const struct facts *facts);

/* The last install of a stage that brought development dependencies, when nothing took them out
 * again; NULL otherwise. */
const struct shell_command *dev_install_of(const struct facts *facts, uint32_t stage);

/* A path of the context whose first name is what build steps outside of Dockerfiles make. */
bool is_made_elsewhere(str path);

/* The step's text names this path (word-wise, after joining with WORKDIR). */
bool step_mentions(const struct facts *facts, const struct step_facts *step, str path);
