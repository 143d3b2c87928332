#pragma once

#include "cli/cli.h"

/*
 * cli/plumbing -- the parts as programs: JSON lines in, JSON lines out, one answer a question, in
 * order. Private to cli/.
 *
 * Errors   A question that is no JSON is answered with {"error": ...}, so that answers keep step
 *          with questions.
 */

struct node;
struct json_out;

/* One document a file, or one for standard input. */
MUST_CHECK bool plumbing_parse(struct ctx *ctx, const str *files, size_t count, struct err *err);

/* Answer one question in the object that `out` has open; `arena` is rewound after each. */
typedef void plumbing_answer(struct arena *arena, const struct node *question,
                             struct json_out *out);
plumbing_answer plumbing_words, plumbing_ignore;

/* Read questions from standard input and answer each. */
MUST_CHECK bool plumbing_each(struct ctx *ctx, plumbing_answer *answer, struct err *err);

/* docs/rules from the rule table: a page for each rule and the list of them. */
MUST_CHECK bool plumbing_rules_docs(struct ctx *ctx, str directory, struct err *err);
