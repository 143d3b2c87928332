#pragma once

#include "rules/conventions.h"

/*
 * rules/ci_facts -- what the rules about scans in CI files share.
 *
 * Shapes   A gate is a scan whose findings make its job fail.
 * Cost     A walk over a file's steps; an edit costs its own length.
 * Source   The actions' own documentation: aquasecurity/trivy-action, anchore/scan-action,
 *          docker/scout-action, snyk/actions; `trivy image --help`, `grype --help`.
 */

/* A workflow or a pipeline. */
bool is_ci_file(enum file_kind kind);

/* Where to report a step: its script, else its "uses". */
span ci_step_at(const struct ci_step *step);

/* Does the step use the action of trivy? */
bool is_trivy_step(const struct ci_step *step);

/* Is this step an action whose findings make the job fail? */
bool is_gate_step(const struct ci_step *step);

/* Does this scan by a command fail its job by what it finds? */
bool is_gate_command(const struct image_scan *scan);

/* Does the scan print something else than a table, for another tool that judges it? */
bool writes_report(const struct image_scan *scan);

/* "cmd || true": the command that forgives a failure of this one; NULL when there is none. */
const struct shell_command *forgiven_by(const struct image_scan *scan);

/* The reference of a build's first tag as it may stand in another step of the same job; "" where it
 * could mean anything there. */
str ci_tag_text(const struct build_call *call);

/* Is it certain that BuildKit builds this? Docker's engine has it by default since 23.0. */
bool ci_uses_buildkit(const struct command_file *file, const struct build_call *call);

/* A name for what a build makes: of its image, else of its context's directory; "" when neither is
 * in the text. */
str ci_build_name(struct arena *arena, const struct build_call *call);

/* The action's reference that the file's repository uses already, such as
 * "github/codeql-action/upload-sarif@v3"; STR_NONE when there is none. */
str action_in_use(const struct repository *repository, str prefix);

/* A step in lines ("- name: x\n  uses: y\n", from column 0), behind another one. False where that
 * step does not stand in lines of its own. */
bool ci_insert_step(struct arena *arena, const struct yaml_file *file, const struct ci_step *behind,
                    str lines, struct edit *out_edit);
