#include "rules/families.h"

#include "rules/ci_facts.h"
#include "rules/repository.h"

/* Scans in CI: can they fail, and for what? */

/* -- steps ------------------------------------------------------------------------------------- */

static bool file_has_gate(const struct yaml_file *file)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        if (is_gate_step(step))
            return true;
    }
    return false;
}

static bool is_scan_step(const struct ci_step *step)
{
    return is_trivy_step(step) || str_starts(step->uses, STR("anchore/scan-action@")) ||
           str_starts(step->uses, STR("docker/scout-action@")) ||
           str_starts(step->uses, STR("snyk/actions/docker@"));
}

/* Reports are for another tool that judges them. */
static bool is_report(str format)
{
    return format.len && !str_eq(format, STR("table"));
}

/* Does a later step of the job hand the results on: to GitHub, which has gates of its own, or to
 * another job? */
static bool is_uploaded(const struct yaml_file *file, const struct ci_step *scan)
{
    const struct ci_step *end = file->steps.at + file->steps.count;
    for (const struct ci_step *step = scan + 1;
         step < end && step->job == scan->job && step <= scan + LOOK_STEPS_MAX; step++)
        if (str_starts(step->uses, STR("github/codeql-action/upload-sarif@")) ||
            str_starts(step->uses, STR("actions/upload-artifact@")))
            return true;
    return false;
}

static void offer_removal(const struct yaml_file *file, struct rule_sink *sink,
                          const struct node *map, const char *key)
{
    struct edit edit;
    if (map->aliased || !yaml_edit_remove(sink->arena, file->yaml, map, key, &edit))
        return;
    found_fix(sink, "Take '%s' away", key);
    found_edit(sink, edit.at, edit.text);
}

static void check_step(const struct yaml_file *file, struct rule_sink *sink,
                       const struct ci_step *step, bool gated)
{
    const struct node *ignored = node_get(step->node, "continue-on-error");
    const struct node *fail = node_get(step->with, "fail-build");
    if ((node_is_true(ignored) || node_is_false(fail)) && is_uploaded(file, step))
        return;
    if (node_is_true(ignored)) {
        found(sink, ignored->at, "this scan cannot fail: its step may go wrong");
        offer_removal(file, sink, step->node, "continue-on-error");
        return;
    }
    if (node_is_false(fail)) {
        found(sink, fail->at, "this scan cannot fail");
        offer_removal(file, sink, step->with, "fail-build");
        return;
    }
    bool configured =
        str_has(file->source->text, STR("TRIVY_EXIT_CODE")) || node_get(step->with, "trivy-config");
    str code = node_str(node_get(step->with, "exit-code"));
    if (!is_trivy_step(step) || gated || configured ||
        is_report(node_str(node_get(step->with, "format"))) ||
        (code.len && !str_eq(code, STR("0"))))
        return;
    found(sink, ci_step_at(step), "this scan cannot fail: it has no exit-code");
    struct edit edit;
    if (step->with && !step->with->aliased &&
        yaml_edit_set(sink->arena, file->yaml, step->with, "exit-code", "\"1\"", &edit)) {
        found_fix(sink, "Fail on what is found");
        found_edit(sink, edit.at, edit.text);
    }
}

static void check_steps(const struct yaml_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind))
        return;
    bool gated = file_has_gate(file);
    VEC_EACH(struct ci_step, step, file->steps) {
        if (is_scan_step(step))
            check_step(file, sink, step, gated);
    }
}

/* -- commands ---------------------------------------------------------------------------------- */

/* The options that make a scanner fail, and the word that they stand behind. */
static const char *gate_options(const struct image_scan *scan, bool has_severity)
{
    switch (scan->scanner) {
    case SCANNER_TRIVY:
        return has_severity ? "--exit-code 1" : "--exit-code 1 --severity HIGH,CRITICAL";
    case SCANNER_GRYPE: return "--fail-on high";
    case SCANNER_SCOUT:
        return has_severity ? "--exit-code" : "--exit-code --only-severity critical,high";
    default: return NULL;
    }
}

static bool has_severity(const struct image_scan *scan)
{
    str value;
    return scan_option(scan, "--severity", &value) || scan_option(scan, "-s", &value) ||
           scan_option(scan, "--only-severity", &value);
}

/* May a file that we do not read, or the environment, decide? */
static bool is_configured(const struct command_file *file, const struct image_scan *scan)
{
    str value, text = file->source->text;
    const struct context_tree *tree = file->repository ? file->repository->tree : NULL;
    return scan_option(scan, "--config", &value) || scan_option(scan, "-c", &value) ||
           str_has(text, STR("TRIVY_EXIT_CODE")) || str_has(text, STR("GRYPE_FAIL_ON")) ||
           (tree &&
            (context_find(tree, STR("trivy.yaml")) || context_find(tree, STR(".grype.yaml"))));
}

static const struct node *excuse_of(const struct command_file *file, const struct ci_step *step,
                                    const struct node **out_map)
{
    const char *key = file->kind == FILE_GITLAB ? "allow_failure" : "continue-on-error";
    const struct node *maps[] = {step ? step->node : NULL,
                                 step && step->job ? step->job->node : NULL};
    for (size_t i = 0; i < ARRAY_COUNT(maps); i++) {
        const struct node *value = node_get(maps[i], key);
        *out_map = maps[i];
        if (node_is_true(value))
            return value;
    }
    return NULL;
}

static void offer_gate(struct rule_sink *sink, const struct image_scan *scan,
                       const struct shell_command *forgives, bool needs_options)
{
    if (!scan->script->exact || !scan->words.count)
        return;
    const char *options = needs_options ? gate_options(scan, has_severity(scan)) : NULL;
    if (needs_options && !options)
        return;
    found_fix(sink, "Let the job fail on what is found");
    if (options)
        found_insert(sink, scan->words.at[0].at.start, str_fmt(sink->arena, "%s ", options));
    if (forgives)
        found_edit(sink, (span){scan->command->at.end, forgives->at.end}, STR(""));
}

static void check_command(const struct command_file *file, struct rule_sink *sink,
                          const struct image_scan *scan, bool gated)
{
    const struct shell_command *forgives = forgiven_by(scan);
    const struct node *map;
    const struct node *excuse = excuse_of(file, scan->step, &map);
    bool gate = is_gate_command(scan);
    if (forgives) {
        found(sink, scan->at, "this scan cannot fail: what follows '||' always succeeds");
        offer_gate(sink, scan, forgives, !gate);
    } else if (excuse) {
        found(sink, scan->at, "this scan cannot fail: its job may go wrong");
        if (gate)
            offer_removal(file->yaml, sink, map,
                          file->kind == FILE_GITLAB ? "allow_failure" : "continue-on-error");
    } else if (!gate && !gated && !writes_report(scan) && !is_configured(file, scan)) {
        found(sink, scan->at, "this scan cannot fail: it ends with 0 whatever it finds");
        offer_gate(sink, scan, NULL, true);
    }
}

static void check_commands(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind))
        return;
    struct image_scans scans = image_scans_of(sink->arena, NULL, file);
    bool gated = file->yaml && file_has_gate(file->yaml);
    VEC_EACH(struct image_scan, scan, scans) {
        gated = gated || is_gate_command(scan);
    }
    VEC_EACH(struct image_scan, scan, scans) {
        check_command(file, sink, scan, gated);
    }
}

/* -- severities -------------------------------------------------------------------------------- */

/* With format: sarif the action drops `severity` unless told not to (trivy-action#281, #309). */
static bool drops_severity(const struct ci_step *step)
{
    return str_eq(node_str(node_get(step->with, "format")), STR("sarif")) &&
           node_get(step->with, "severity") &&
           !node_is_true(node_get(step->with, "limit-severities-for-sarif"));
}

static void check_severity(const struct yaml_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind) || str_has(file->source->text, STR("TRIVY_SEVERITY")))
        return;
    VEC_EACH(struct ci_step, step, file->steps) {
        bool dropped = drops_severity(step);
        if (!is_trivy_step(step) || !is_gate_step(step) || node_get(step->with, "trivy-config") ||
            (node_get(step->with, "severity") && !dropped))
            continue;
        found(sink, ci_step_at(step), "this scan fails for findings of any severity%s",
              dropped ? ": with format sarif the action passes 'severity' over" : "");
        const char *key = dropped ? "limit-severities-for-sarif" : "severity";
        const char *value = dropped ? "true" : "HIGH,CRITICAL";
        struct edit edit;
        if (!step->with->aliased &&
            yaml_edit_set(sink->arena, file->yaml, step->with, key, value, &edit)) {
            found_fix(sink, "Fail for high and critical findings");
            found_edit(sink, edit.at, edit.text);
        }
    }
}

RULE_FAMILY(ci_scan_gate,
            {.name = "ci/scan-cannot-fail",
             .severity = SEVERITY_WARNING,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s18",
             .what = "a scan whose findings stop nothing",
             .why = "the image is shipped whatever the scan says",
             .how = "exit-code: 1, --exit-code 1, --fail-on high; no continue-on-error, "
                    "allow_failure or '|| true'",
             .source = "trivy, grype, docker scout: their exit codes",
             .yaml = check_steps,
             .commands = check_commands},
            {.name = "ci/scan-severity",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s18",
             .what = "a scan that fails for every severity",
             .why = "low findings without a fix stop every build, so people switch the scan off",
             .how = "severity: HIGH,CRITICAL, and limit-severities-for-sarif: true with SARIF",
             .source = "trivy-action, severity; trivy-action#281 and #309",
             .yaml = check_severity});
