#pragma once

#include "layer/layer.h"
#include "rules/rules.h"

/*
 * analyze/bloat -- what an image could do without: the catalogue, and what of it an image has.
 *
 *   analysis --bloat_find--> struct bloat, one for each rule and layer
 *
 * Shapes   A row of the catalogue is a struct rule (its name, why and how), a class, and the
 *          categories whose files it speaks of. A byte counts in one bloat only, so savings of
 *          live bytes add up; hidden bytes are apart from live ones by themselves.
 *          Class A is right for nearly every image; B costs something (a start, a trace); C only a
 *          trial can decide.
 * Units    Bytes of regular files, and what they cost to pull.
 * Source   docs/json.md, plimsoll.analyze/1.
 */

enum bloat_class { BLOAT_A, BLOAT_B, BLOAT_C };

struct bloat_rule {
    struct rule rule;
    enum bloat_class class;
    const char *categories; /* their names, parted by '|'; NULL: found in another way */
    const char *fix;        /* what to write in the Dockerfile */
};

struct bloat {
    const struct bloat_rule *rule;
    enum bloat_class class; /* the rule's, unless the image knows better */
    uint64_t bytes, pull;
    uint32_t files;
    uint32_t layer; /* that wrote it */
    uint32_t hider; /* that hides it; the same as layer for live bytes */
    uint32_t line;  /* of the Dockerfile: where to mend it; 0: not known */
    bool in_base;   /* the base image brings it */
    str example;    /* the largest of them */
    uint64_t example_bytes;
};

extern const struct bloat_rule bloat_rules[];
extern const size_t bloat_rule_count;

/* The row of that name; NULL when there is none. */
const struct bloat_rule *bloat_rule_find(str name);

/* 'A', 'B', 'C'. */
char bloat_letter(const struct bloat *bloat);

/* Fill analysis->bloat. */
struct analysis;
struct package_list;
void bloat_find(struct arena *arena, struct analysis *analysis,
                const struct package_list *packages);

/* What it says and what it asks for, a line each. */
str bloat_message(struct arena *arena, const struct analysis *analysis, const struct bloat *bloat);
str bloat_fix(struct arena *arena, const struct analysis *analysis, const struct bloat *bloat);

/* The same as findings in the Dockerfile, or (where there is none) in the image's history written
 * as one. What weighs less than `least` bytes is left out. */
struct check_result bloat_findings(struct arena *arena, const struct analysis *analysis,
                                   uint64_t least);
