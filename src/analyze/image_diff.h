#pragma once

#include "analyze/analyze.h"

/*
 * analyze/image_diff -- what changed between two images, and why one is larger.
 *
 *   analysis of A, analysis of B --diff_images--> struct image_diff
 *
 * Shapes   Files are those that a container sees: the live ones. Each changed file has a cause: the
 *          package that owns it, else the instruction that wrote it. What images hide differs too:
 *          that is a cause of its own, so that the causes add up to the whole difference.
 * Units    Bytes; a delta is B less A.
 * Cost     One walk over two sorted lists.
 * Errors   None.
 */

enum change {
    CHANGE_ADDED,
    CHANGE_REMOVED,
    CHANGE_CONTENT, /* other bytes, or another kind of file */
    CHANGE_META,    /* the same bytes: owner, mode or attributes differ */
    CHANGE_TIME,    /* the same but for its time: noise */
    CHANGE_KINDS,
};

struct diff_file {
    str path;
    enum change change;
    uint64_t size[2], pull[2]; /* in A, in B; 0 where it is not */
    uint32_t cause;            /* index in causes */
};

enum cause_kind {
    CAUSE_PACKAGE,     /* name: "deb openssl" */
    CAUSE_INSTRUCTION, /* name: "COPY . /app" */
    CAUSE_HIDDEN,      /* the rest: bytes that a later layer hides, and what is in no file */
};

/* All that one package or instruction changed. */
struct diff_cause {
    enum cause_kind kind;
    str name;
    uint32_t package; /* index in packages; of the other kinds UINT32_MAX */
    uint32_t files;
    int64_t bytes, pull; /* deltas */
};

struct diff_package {
    enum package_type type;
    str name;
    str version[2]; /* "" where it is not; several stand with ", " between */
    uint64_t bytes[2], pull[2];
};

struct diff_layer {
    uint32_t at[2]; /* index of the layer in A and in B; UINT32_MAX where it is not */
};

struct diff_setting {
    str key; /* "user", "env PATH" */
    str value[2];
};

struct change_sum {
    uint32_t files;
    int64_t bytes, pull; /* deltas */
};

struct image_diff {
    const struct analysis *side[2];
    struct change_sum sums[CHANGE_KINDS];
    uint32_t same_files;
    VEC(struct diff_file) files;       /* by path; those that changed */
    VEC(struct diff_cause) causes;     /* the largest delta first, either way */
    VEC(struct diff_package) packages; /* those that differ, by the size of the delta */
    VEC(struct diff_layer) layers;     /* in B's order, then those that only A has */
    VEC(struct diff_setting) config;
    uint32_t same_layers;
};

/* One of the two images. */
struct diff_side {
    const struct analysis *analysis;
    const struct package_list *packages;
};

/* Compare two images; both must live as long as the result. */
struct image_diff diff_images(struct arena *arena, const struct diff_side *a,
                              const struct diff_side *b);

/* Compare the configs of both sides. */
void diff_settings(struct arena *arena, struct image_diff *diff);

/* "added", "removed", "changed", "attributes", "time". */
const char *change_name(enum change change);
