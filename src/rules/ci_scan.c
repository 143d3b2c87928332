#include "rules/families.h"

#include "rules/repository.h"
#include "rules/yaml_facts.h"

/* Vulnerability scans in CI: is there one, can it fail, does anyone see what it found? */

static bool is_ci(enum file_kind kind)
{
    return kind == FILE_GITHUB || kind == FILE_GITLAB;
}

static bool is_trivy(const struct ci_step *step)
{
    return str_starts(step->uses, STR("aquasecurity/trivy-action@"));
}

static span step_at(const struct ci_step *step)
{
    return step->run ? step->run->at : node_get(step->node, "uses")->at;
}

/* Does a file's text name a scanner at all? Wider than what the other rules understand, so that
 * nobody who scans is told to. */
static bool names_scanner(str text)
{
    static const char *const words[] = {
        "trivy",          "grype",  "snyk",     "anchore",        "scout",         "clair",
        "container-scan", "sysdig", "twistcli", "container_scan", "prisma",        "xray",
        "aquasec",        "wiz",    "lacework", "mondoo",         "vulnerability",
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_has_nocase(text, str_from(words[i])))
            return true;
    return false;
}

/* -- never scanned ----------------------------------------------------------------------------- */

/* The first build of a CI file that is for others: that pushes, or whose file has a push. */
static void report_unscanned(const struct yaml_file *yaml, const struct command_file *commands,
                             struct rule_sink *sink)
{
    bool pushes = false;
    if (commands)
        VEC_EACH(struct docker_command, docker, commands->docker) {
            pushes = pushes || str_eq(docker->verb, STR("push"));
        }
    struct build_calls calls = build_calls_of(sink->arena, yaml, commands);
    VEC_EACH(struct build_call, call, calls) {
        bool ships = call->push || (pushes && call->caller == BUILD_BY_COMMAND);
        if (!ships || !call->step)
            continue;
        found(sink, call->at, "this image is pushed, and nothing in the repository scans it");
        return;
    }
}

static void check_unscanned(const struct repository *repository, struct rule_sink *sink)
{
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        bool runs = is_ci(job->kind) || job->kind == FILE_SHELL || job->kind == FILE_MAKE;
        if (runs && job->source && names_scanner(job->source->text))
            return;
    }
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!is_ci(job->kind) || !job->yaml || !job->source)
            continue;
        struct rule_sink own = repository_sink(job, sink->rule);
        report_unscanned(job->yaml, job->commands, &own);
    }
}

/* -- cannot fail ------------------------------------------------------------------------------- */

static bool is_zero(str text)
{
    return !text.len || str_eq(text, STR("0"));
}

/* A trivy step whose findings make the job fail. */
static bool is_gate(const struct ci_step *step)
{
    return is_trivy(step) && !is_zero(node_str(node_get(step->with, "exit-code"))) &&
           !node_is_true(node_get(step->node, "continue-on-error"));
}

/* Reports are for another tool that judges them. */
static bool is_report(str format)
{
    return format.len && !str_eq(format, STR("table"));
}

static bool file_has_gate(const struct yaml_file *file)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        if (is_gate(step))
            return true;
    }
    return false;
}

static bool is_scan_step(const struct ci_step *step)
{
    return is_trivy(step) || str_starts(step->uses, STR("anchore/scan-action@")) ||
           str_starts(step->uses, STR("docker/scout-action@"));
}

static void check_toothless_step(const struct yaml_file *file, struct rule_sink *sink,
                                 const struct ci_step *step, bool gated)
{
    const struct node *ignored = node_get(step->node, "continue-on-error");
    if (node_is_true(ignored)) {
        found(sink, ignored->at, "this scan cannot fail: its step may go wrong");
        return;
    }
    const struct node *fail = node_get(step->with, "fail-build");
    if (node_is_false(fail)) {
        found(sink, fail->at, "this scan cannot fail");
        return;
    }
    bool configured =
        str_has(file->source->text, STR("TRIVY_EXIT_CODE")) || node_get(step->with, "trivy-config");
    if (!is_trivy(step) || gated || configured ||
        is_report(node_str(node_get(step->with, "format"))) ||
        !is_zero(node_str(node_get(step->with, "exit-code"))))
        return;
    found(sink, step_at(step), "this scan cannot fail: it has no exit-code");
    struct edit edit;
    if (step->with && !step->with->aliased &&
        yaml_edit_set(sink->arena, file->yaml, step->with, "exit-code", "\"1\"", &edit)) {
        found_fix(sink, "Fail on what is found");
        found_edit(sink, edit.at, edit.text);
    }
}

static void check_toothless_steps(const struct yaml_file *file, struct rule_sink *sink)
{
    if (!is_ci(file->kind))
        return;
    bool gated = file_has_gate(file);
    VEC_EACH(struct ci_step, step, file->steps) {
        if (is_scan_step(step))
            check_toothless_step(file, sink, step, gated);
    }
}

static bool is_scan_command(const struct shell_command *command)
{
    return shell_is(command, "trivy", "image") || shell_is(command, "snyk", "container") ||
           (str_eq(command->name, STR("grype")) && command->argv.count > 1);
}

/* "cmd || true": the next command of the script. */
static bool is_forgiven(const struct command_script *script, size_t index)
{
    const struct shell_commands *commands = &script->script->commands;
    if (commands->at[index].after != SHELL_SEP_OR || index + 1 >= commands->count)
        return false;
    return STR_IN(commands->at[index + 1].name, "true", ":", "echo");
}

static bool allows_failure(const struct command_file *file, const struct ci_step *step)
{
    const char *key = file->kind == FILE_GITLAB ? "allow_failure" : "continue-on-error";
    return step && (node_is_true(node_get(step->node, key)) ||
                    (step->job && node_is_true(node_get(step->job->node, key))));
}

static void check_toothless_commands(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci(file->kind))
        return;
    VEC_EACH(struct command_script *, slot, file->scripts) {
        const struct command_script *script = *slot;
        for (uint32_t i = 0; i < script->script->commands.count; i++) {
            const struct shell_command *command = &script->script->commands.at[i];
            if (!is_scan_command(command))
                continue;
            span at = script->exact ? command->at : script->at;
            if (is_forgiven(script, i))
                found(sink, at, "this scan cannot fail: what follows '||' always succeeds");
            else if (allows_failure(file, script->step))
                found(sink, at, "this scan cannot fail: its job may go wrong");
        }
    }
}

/* -- severities -------------------------------------------------------------------------------- */

static void check_severity(const struct yaml_file *file, struct rule_sink *sink)
{
    if (!is_ci(file->kind) || str_has(file->source->text, STR("TRIVY_SEVERITY")))
        return;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (!is_gate(step) || node_get(step->with, "severity") ||
            node_get(step->with, "trivy-config"))
            continue;
        found(sink, step_at(step), "this scan fails for findings of any severity");
        struct edit edit;
        if (!step->with->aliased && yaml_edit_set(sink->arena, file->yaml, step->with, "severity",
                                                  "HIGH,CRITICAL", &edit)) {
            found_fix(sink, "Fail for high and critical findings");
            found_edit(sink, edit.at, edit.text);
        }
    }
}

/* -- SARIF ------------------------------------------------------------------------------------- */

static bool is_upload(const struct ci_step *step)
{
    return str_starts(step->uses, STR("github/codeql-action/upload-sarif@"));
}

static bool grants(const struct node *rights)
{
    return str_eq(node_str(rights), STR("write-all")) ||
           str_eq(node_str(node_get(rights, "security-events")), STR("write"));
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

static void check_permission(const struct yaml_file *file, struct rule_sink *sink,
                             const struct ci_step *step)
{
    const struct node *own = node_get(step->job->node, "permissions");
    const struct node *rights = own ? own : node_get(file->ci_root, "permissions");
    if (grants(rights))
        return;
    found(sink, step_at(step), "the upload may not write: 'security-events: write' is missing");
    if (rights)
        found_severity(sink, SEVERITY_ERROR);
    struct edit edit;
    bool done;
    if (rights && rights->kind == NODE_MAP)
        done = !rights->aliased &&
               yaml_edit_set(sink->arena, file->yaml, rights, "security-events", "write", &edit);
    else
        done = !rights && !step->job->node->aliased &&
               yaml_edit_set(sink->arena, file->yaml, step->job->node, "permissions",
                             "contents: read\nactions: read\nsecurity-events: write", &edit);
    if (!done)
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

/* The upload runs only when the scan in front of it found nothing. */
static void check_always(const struct yaml_file *file, struct rule_sink *sink)
{
    const struct ci_step *gate = NULL;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (is_gate(step))
            gate = step;
        if (!is_upload(step) || !gate || gate->job != step->job || node_get(step->node, "if"))
            continue;
        found(sink, step_at(step), "the results are not uploaded when the scan finds something");
        found_related(sink, step_at(gate), "fails the job before the upload");
        struct edit edit;
        if (!step->node->aliased &&
            yaml_edit_set(sink->arena, file->yaml, step->node, "if", "always()", &edit)) {
            found_fix(sink, "Upload in any case");
            found_edit(sink, edit.at, edit.text);
        }
    }
}

static void check_lost(const struct yaml_file *file, struct rule_sink *sink)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        const struct node *output = node_get(step->with, "output");
        if (!is_trivy(step) || !str_eq(node_str(node_get(step->with, "format")), STR("sarif")) ||
            str_has(file->source->text, STR("upload-sarif")) ||
            str_has(file->source->text, STR("upload-artifact")))
            continue;
        found(sink, output ? output->at : step_at(step),
              "the scan's SARIF report is uploaded nowhere");
    }
}

RULE_FAMILY(
    ci_scan,
    {.name = "ci/scan-missing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s18",
     .what = "an image that CI pushes and nothing scans",
     .why = "known holes in the base and in libraries are shipped unseen",
     .how = "trivy image --exit-code 1 --severity HIGH,CRITICAL in front of the push",
     .source = "guide: image scanning",
     .repository = check_unscanned},
    {.name = "ci/scan-cannot-fail",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s18",
     .what = "a scan whose findings stop nothing",
     .why = "the image is shipped whatever the scan says",
     .how = "exit-code: 1; no continue-on-error, allow_failure or '|| true'",
     .source = "trivy-action, exit-code",
     .yaml = check_toothless_steps,
     .commands = check_toothless_commands},
    {.name = "ci/scan-severity",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s18",
     .what = "a scan that fails for every severity",
     .why = "low findings without a fix stop every build, so people switch the scan off",
     .how = "severity: HIGH,CRITICAL",
     .source = "trivy-action, severity",
     .yaml = check_severity},
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
     .source = "GitHub: Uploading a SARIF file",
     .yaml = check_always},
    {.name = "ci/sarif-lost",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s18",
     .what = "a SARIF report that is uploaded nowhere",
     .why = "it is gone with the runner",
     .how = "github/codeql-action/upload-sarif with if: always()",
     .source = "GitHub: Uploading a SARIF file",
     .yaml = check_lost});
