#include "rules/families.h"

#include "rules/ci_facts.h"

/* SARIF: does what a scan found reach GitHub? */

#define UPLOAD "github/codeql-action/upload-sarif@"

static bool is_upload(const struct ci_step *step)
{
    return str_starts(step->uses, STR(UPLOAD));
}

/* -- rights ------------------------------------------------------------------------------------ */

static bool grants(const struct node *rights)
{
    return str_eq(node_str(rights), STR("write-all")) ||
           str_eq(node_str(node_get(rights, "security-events")), STR("write"));
}

static const struct node *rights_of(const struct yaml_file *file, const struct ci_job *job)
{
    const struct node *own = node_get(job->node, "permissions");
    return own ? own : node_get(file->ci_root, "permissions");
}

/* All of the job's steps are known to ask for no other right than to read the code. */
static bool needs_little(const struct yaml_file *file, const struct ci_job *job)
{
    str text = source_text(file->source, job->node->at);
    if (str_has(text, STR("GITHUB_TOKEN")) || str_has(text, STR("github.token")) ||
        str_has(text, STR("gh ")))
        return false;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (step->job != job || !step->uses.len)
            continue;
        str name = str_slice(step->uses, 0, str_find_char(step->uses, '@'));
        if (!str_starts(name, STR("docker/")) && !str_starts(name, STR("actions/setup-")) &&
            !STR_IN(name, "actions/checkout", "actions/cache", "actions/upload-artifact",
                    "actions/download-artifact", "aquasecurity/trivy-action", "anchore/scan-action",
                    "github/codeql-action/upload-sarif"))
            return false;
    }
    return true;
}

/* An edit that gives the job the right to upload; false where it cannot be given by text. */
static bool right_edit(struct arena *arena, const struct yaml_file *file, const struct ci_job *job,
                       struct edit *out_edit)
{
    const struct node *rights = rights_of(file, job);
    if (rights && rights->kind == NODE_MAP)
        return !rights->aliased &&
               yaml_edit_set(arena, file->yaml, rights, "security-events", "write", out_edit);
    return !rights && !job->node->aliased &&
           yaml_edit_set(arena, file->yaml, job->node, "permissions",
                         "contents: read\nactions: read\nsecurity-events: write", out_edit);
}

/* A workflow that others call has the rights that they give, unless it says its own. */
static bool is_called(const struct yaml_file *file)
{
    const struct node *on = node_get(file->ci_root, "on");
    if (on && on->kind == NODE_MAP)
        return node_get(on, "workflow_call") || node_pair_find(on, "workflow_call");
    for (uint32_t i = 0; i < node_count(on); i++)
        if (str_eq(node_str(node_item(on, i)), STR("workflow_call")))
            return true;
    return false;
}

static void check_permission(const struct yaml_file *file, struct rule_sink *sink,
                             const struct ci_step *step)
{
    const struct node *rights = rights_of(file, step->job);
    if (grants(rights) || (!rights && is_called(file)))
        return;
    found(sink, ci_step_at(step), "the upload may not write: 'security-events: write' is missing");
    if (rights)
        found_severity(sink, SEVERITY_ERROR);
    struct edit edit;
    if (!right_edit(sink->arena, file, step->job, &edit))
        return;
    found_fix_as(sink, rights || needs_little(file, step->job) ? FIX_SAFE : FIX_SUGGESTION,
                 "Give the job that permission");
    found_edit(sink, edit.at, edit.text);
}

static void check_permissions(const struct yaml_file *file, struct rule_sink *sink)
{
    const struct ci_job *last = NULL;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (!is_upload(step) || !step->job || step->job == last)
            continue;
        last = step->job;
        check_permission(file, sink, step);
    }
}

/* -- after a failure --------------------------------------------------------------------------- */

/* A condition without one of these counts only while nothing has failed. */
static bool runs_after_failure(str condition)
{
    return str_has(condition, STR("always()")) || str_has(condition, STR("failure()")) ||
           str_has(condition, STR("cancelled()"));
}

static str always_and(struct arena *arena, str condition)
{
    if (!condition.len)
        return STR("always()");
    if (str_starts(condition, STR("${{")) && str_ends(condition, STR("}}")))
        condition = str_trim(str_slice(condition, 3, condition.len - 2));
    bool odd = str_has(condition, STR("${{")) || str_has_char(condition, '\n');
    return odd ? STR("") : str_fmt(arena, "always() && (%.*s)", STR_ARG(condition));
}

/* Which steps are gates: one flag a step. */
static bool *gates_of(struct arena *arena, const struct yaml_file *file,
                      const struct command_file *commands)
{
    bool *gates = NEW_ARRAY(arena, bool, file->steps.count);
    for (uint32_t i = 0; i < file->steps.count; i++)
        gates[i] = is_gate_step(&file->steps.at[i]);
    struct image_scans scans = image_scans_of(arena, NULL, commands);
    VEC_EACH(struct image_scan, scan, scans) {
        if (scan->step && scan->scanner != SCANNER_PLIMSOLL && is_gate_command(scan) &&
            !forgiven_by(scan) && !node_is_true(node_get(scan->step->node, "continue-on-error")))
            gates[scan->step - file->steps.at] = true;
    }
    return gates;
}

/* The upload runs only when the scan in front of it found nothing. */
static void check_always(const struct command_file *commands, struct rule_sink *sink)
{
    const struct yaml_file *file = commands->yaml;
    if (!file || file->kind != FILE_GITHUB || !str_has(file->source->text, STR(UPLOAD)))
        return;
    const bool *gates = gates_of(sink->arena, file, commands);
    const struct ci_step *gate = NULL;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (gates[step - file->steps.at])
            gate = step;
        const struct node *condition = node_get(step->node, "if");
        if (!is_upload(step) || !gate || gate->job != step->job ||
            runs_after_failure(node_str(condition)))
            continue;
        found(sink, ci_step_at(step), "the results are not uploaded when the scan finds something");
        found_related(sink, ci_step_at(gate), "fails the job before the upload");
        str always = always_and(sink->arena, condition ? node_str(condition) : STR(""));
        struct edit edit;
        if (always.len && !step->node->aliased &&
            yaml_edit_set(sink->arena, file->yaml, step->node, "if", str_z(sink->arena, always),
                          &edit)) {
            found_fix(sink, "Upload in any case");
            found_edit(sink, edit.at, edit.text);
        }
    }
}

/* -- not uploaded ------------------------------------------------------------------------------ */

static void offer_upload(const struct yaml_file *file, struct rule_sink *sink,
                         const struct ci_step *scan, str output)
{
    struct edit step_edit, right;
    bool needs_right = !grants(rights_of(file, scan->job));
    str uses = action_in_use(file->repository, STR(UPLOAD));
    str lines = str_fmt(sink->arena,
                        "- name: Upload the results\n  if: always()\n  uses: %.*s\n  with:\n"
                        "    sarif_file: %.*s\n",
                        STR_ARG(uses.at ? uses : STR(UPLOAD "v4")), STR_ARG(output));
    if (!ci_insert_step(sink->arena, file, scan, lines, &step_edit) ||
        (needs_right && !right_edit(sink->arena, file, scan->job, &right)))
        return;
    /* Two inserts at one place have no order. */
    if (needs_right && right.at.start == step_edit.at.start)
        return;
    found_fix(sink, "Upload it");
    found_edit(sink, step_edit.at, step_edit.text);
    if (needs_right)
        found_edit(sink, right.at, right.text);
}

static void check_lost(const struct yaml_file *file, struct rule_sink *sink)
{
    str text = file->source->text;
    if (str_has(text, STR("upload-sarif")) || str_has(text, STR("upload-artifact")))
        return;
    VEC_EACH(struct ci_step, step, file->steps) {
        const struct node *output = node_get(step->with, "output");
        if (!is_trivy_step(step) || !str_eq(node_str(node_get(step->with, "format")), STR("sarif")))
            continue;
        found(sink, output ? output->at : ci_step_at(step),
              "the scan's SARIF report is uploaded nowhere");
        if (output && step->job && !str_has_char(node_str(output), '$'))
            offer_upload(file, sink, step, node_str(output));
    }
}

RULE_FAMILY(
    ci_sarif,
    {.name = "ci/sarif-permission",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s18",
     .what = "a SARIF upload without the permission for it",
     .why = "the upload is refused: an error where permissions are given, and else wherever the "
            "default token may only read, as in new repositories",
     .how = "permissions: {contents: read, security-events: write}",
     .source = "GitHub: Uploading a SARIF file",
     .yaml = check_permissions},
    {.name = "ci/sarif-always",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s18",
     .what = "a SARIF upload that a failing scan skips",
     .why = "exactly the results that matter are never shown",
     .how = "if: always()",
     .source = "GitHub: Uploading a SARIF file; Expressions, status check functions",
     .commands = check_always},
    {.name = "ci/sarif-lost",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s18",
     .what = "a SARIF report that is uploaded nowhere",
     .why = "it is gone with the runner",
     .how = "github/codeql-action/upload-sarif with if: always()",
     .source = "GitHub: Uploading a SARIF file",
     .yaml = check_lost});
