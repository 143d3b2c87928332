#pragma once

#include "rules/rules.h"

/*
 * fix/fix -- choosing, ordering and applying the edits that findings carry.
 *
 *   findings of a file --fix_file--> text after, what was applied, what was refused and why
 *
 * Shapes   A fix is applied whole or not at all. Rounds go on until nothing is left to do, so that
 *          fix(fix(x)) == fix(x). After each round the text is checked again: a fix that leaves its
 *          own finding in place, makes one that was not there, or breaks the parse is taken back
 *          and refused with that reason. A milder one that another fix of the run takes away is a
 *          step on the way; where it stays, all is done again without the fix that made it.
 *          Bytes outside of the edits stay as they are: line ends, BOM, missing last newline.
 * Units    Byte offsets.
 * Cost     One check of the file a round, and one a refused fix: a few rounds as a rule.
 * Errors   None; writing the file is the caller's.
 * Source   Edits and their classes come from rules/.
 */

struct fix_options {
    bool unproven;                     /* apply edits that want a proof, too */
    const struct check_options *check; /* as the findings were made */
};

struct fix_applied {
    const struct rule *rule;
    enum fix_safety safety;
    str title;
    uint32_t line; /* of the finding, in the text as it was then */
};
VEC_TYPE(fix_applied_list, struct fix_applied);

struct fix_refused {
    const struct rule *rule;
    str title, why;
    uint32_t line;
};
VEC_TYPE(fix_refused_list, struct fix_refused);

struct fixed_file {
    str path;
    str before, after; /* the same bytes when nothing was applied */
    struct fix_applied_list applied;
    struct fix_refused_list refused;
    uint32_t unproven;        /* fixes that were left because they want a proof */
    struct finding_list left; /* what is still found in `after` */
};

/* Fix one file of a check. */
struct fixed_file fix_file(struct arena *arena, const struct check_result *result,
                           const struct checked_file *file, const struct fix_options *options);
