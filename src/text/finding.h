#pragma once

#include "base/vec.h"
#include "text/source.h"

/*
 * text/finding -- what is wrong with the user's file, and the edit that would mend it.
 *
 * Shapes   Plain values in the arena of the file they speak about. `rule` is known to rules/ and
 *          to those above; here it is only a name to carry.
 *          Edits of one fix do not overlap and go together: all or none.
 * Units    Byte offsets into the finding's own source.
 */

struct rule;

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* How much is known about an edit: SAFE is applied by default; PROOF only once a rebuild has shown
 * that it helps and breaks nothing (or with --unproven); SUGGESTION is text for a person, its
 * edits (if any) are never applied by the program. */
enum fix_safety { FIX_NONE, FIX_SAFE, FIX_PROOF, FIX_SUGGESTION };

struct edit {
    span at;  /* what is replaced; empty to insert */
    str text; /* what comes in its place           */
};

VEC_TYPE(edit_list, struct edit);

struct fix {
    enum fix_safety safety; /* FIX_NONE: there is no fix */
    uint8_t turn; /* above 0: changes what the other fixes were made for, so it goes before
                             * them, the highest first, and alone */
    str title;    /* imperative, no full stop: "Add --no-install-recommends" */
    struct edit_list edits;
};

/* Another place that the message speaks of ("written here"). */
struct related {
    span at;
    str note;
};

VEC_TYPE(related_list, struct related);

struct finding {
    const struct rule *rule;
    const struct source *source;
    span at;
    enum severity severity;
    str stage;      /* name of the stage, or its index as text; STR_NONE outside of one */
    str message;    /* what is wrong here, one line, no full stop */
    uint64_t bytes; /* what it costs, where that is known; 0 otherwise */
    str rules;      /* names of the rules that it speaks for, when these are several; else "" */
    bool known;     /* the baseline has it: it is neither shown nor mended */
    struct fix fix;
    struct related_list related;
};

VEC_TYPE(finding_list, struct finding);

/* By place, then rule name, then message. */
void findings_sort(struct finding_list *findings, const char *(*rule_name)(const struct rule *));
