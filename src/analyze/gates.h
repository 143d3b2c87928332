#pragma once

#include "analyze/dive.h"

/*
 * analyze/gates -- the three rules of dive's CI mode, on true numbers or on dive's.
 *
 *   .dive-ci, flags --gates_set--> struct gates --gates_judge--> PASS, FAIL or SKIP for each
 *
 * Shapes   Values are as dive has them: ratios of 0 to 1, bytes with SI or IEC units in any case;
 *          "", disabled, off and false switch a rule off. Keys of both of dive's files are known.
 * Errors   ERR_USAGE for a value that is none, ERR_FORMAT for a file that is no YAML.
 */

enum gate { GATE_EFFICIENCY, GATE_WASTED_BYTES, GATE_USER_WASTED, GATE_COUNT };

struct gates {
    bool on[GATE_COUNT];
    double limit[GATE_COUNT];
    str written[GATE_COUNT]; /* the limit as the user wrote it */
};

/* dive's own defaults: efficiency 0.9, user wasted 0.1. */
struct gates gates_default(void);

/* Set a rule by any of its keys; false without an error when there is no such key. */
MUST_CHECK bool gates_set(struct gates *gates, str key, str value, bool *out_known,
                          struct err *err);

/* The rules of a .dive-ci file. */
MUST_CHECK bool gates_read(struct arena *arena, str path, str text, struct gates *gates,
                           struct err *err);

enum gate_result { GATE_PASS, GATE_FAIL, GATE_SKIP };

struct gate_verdict {
    const char *key; /* "lowestEfficiency" */
    enum gate_result result;
    double value;
    str limit;
};

/* `values` are efficiency, wasted bytes and the ratio of user bytes that are wasted. */
void gates_judge(const struct gates *gates, const double values[GATE_COUNT],
                 struct gate_verdict out_verdicts[GATE_COUNT]);
