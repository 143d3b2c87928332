#include "rules/families.h"

#include "rules/ci_facts.h"
#include "rules/repository.h"
#include "rules/yaml_fix.h"

/* Images that are pushed and that nothing scans. */

/* By commit: on 2026-03-19 the action's tags below 0.35.0 were moved to code that stole secrets,
 * and releases since that one cannot be moved (aquasecurity/trivy-action#541). */
#define TRIVY_ACTION "aquasecurity/trivy-action@57a97c7e7821a5776cebc9bb87c984fa69cba8f1 # v0.35.0"

/* -- the scan to add --------------------------------------------------------------------------- */

/* The scanner's own words for "fail on high and critical findings". */
static str gate_inputs(struct arena *arena, enum scanner scanner, str image)
{
    switch (scanner) {
    case SCANNER_NONE:
    case SCANNER_TRIVY:
        return str_fmt(arena,
                       "    image-ref: %.*s\n    exit-code: \"1\"\n    severity: HIGH,CRITICAL\n",
                       STR_ARG(image));
    case SCANNER_GRYPE:
        return str_fmt(arena, "    image: %.*s\n    fail-build: true\n    severity-cutoff: high\n",
                       STR_ARG(image));
    case SCANNER_SCOUT:
        return str_fmt(arena,
                       "    command: cves\n    image: %.*s\n    exit-code: true\n"
                       "    only-severities: critical,high\n",
                       STR_ARG(image));
    default: return STR("");
    }
}

/* The action of the repository's first scan that is one; a command's program may be missing in
 * another job. */
static const struct image_scan *known_action(const struct conventions *ways)
{
    VEC_EACH(struct image_scan, scan, ways->scans) {
        if (scan->step && !scan->command)
            return scan;
    }
    return NULL;
}

static void offer_step(const struct yaml_file *file, struct rule_sink *sink,
                       const struct build_call *call)
{
    const struct conventions *ways = file->repository->conventions;
    const struct image_scan *like = known_action(ways);
    str image = ci_tag_text(call);
    bool shell_variable = str_has_char(image, '$') && !str_has(image, STR("${{"));
    if (!image.len || shell_variable || !call->step->job || (ways->scans.count && !like))
        return;
    str inputs = gate_inputs(sink->arena, like ? like->scanner : SCANNER_NONE, image);
    if (!inputs.len)
        return;
    str when = call->push_when.len ? str_fmt(sink->arena, "  if: %.*s\n", STR_ARG(call->push_when))
                                   : STR("");
    str uses = like ? like->step->uses : STR(TRIVY_ACTION);
    str lines = str_fmt(sink->arena, "- name: Scan the image\n%.*s  uses: %.*s\n  with:\n%.*s",
                        STR_ARG(when), STR_ARG(uses), STR_ARG(inputs));
    struct edit edit;
    if (!ci_insert_step(sink->arena, file, call->step, lines, &edit))
        return;
    found_fix(sink, "Scan the image, and fail on high and critical findings");
    found_edit(sink, edit.at, edit.text);
}

/* Variables that GitLab gives to every job, or that the file gives to all its jobs. */
static bool is_global(const struct yaml_file *file, str text)
{
    const struct node *variables = node_get(file->ci_root, "variables");
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '$')
            continue;
        size_t start = i + 1 + (i + 1 < text.len && text.at[i + 1] == '{');
        size_t end = start;
        while (end < text.len && char_is_name(text.at[end]))
            end++;
        str name = str_slice(text, start, end);
        if (!str_starts(name, STR("CI_")) && !node_get_str(variables, name))
            return false;
    }
    return true;
}

/* When the build runs the scan must run, else what it needs is not there: the keys that decide
 * about that, and about the runner, as text. STR_NONE where they cannot be told. */
static str same_conditions(struct arena *arena, const struct yaml_file *file,
                           const struct node *job)
{
    static const char *const keys[] = {"stage", "tags", "rules", "only", "except"};
    str text = STR("");
    if (node_get(job, "extends"))
        return STR_NONE;
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        const struct node *value = node_get(job, keys[i]);
        if (!value)
            continue;
        str lines = yaml_value_text(arena, file->source, value);
        if (!lines.at)
            return STR_NONE;
        bool below = str_starts(lines, STR("\n"));
        lines = str_replace(arena, lines, STR("\n"), STR("\n  "));
        text = str_fmt(arena, "%.*s%s:%s%.*s\n", STR_ARG(text), keys[i], below ? "" : " ",
                       STR_ARG(lines));
    }
    return text;
}

static void offer_job(const struct yaml_file *file, struct rule_sink *sink,
                      const struct build_call *call)
{
    const struct ci_job *build = call->step->job;
    str image = ci_tag_text(call);
    const char *name = node_get(file->ci_root, "scan") ? "scan-image" : "scan";
    if (!image.len || !build || str_starts(build->name, STR(".")) || !is_global(file, image) ||
        file->repository->conventions->scans.count || node_get(file->ci_root, name))
        return;
    str when = same_conditions(sink->arena, file, build->node);
    if (!when.at)
        return;
    /* What all jobs do first is for an image with docker in it. */
    if (node_count(node_get(file->ci_root, "before_script")) ||
        node_count(node_path(file->ci_root, "default.before_script")))
        when = str_cat(sink->arena, when, STR("before_script: []\n"));
    str value = str_fmt(sink->arena,
                        "%.*sneeds: [\"%.*s\"]\nimage:\n  name: aquasec/trivy:0.69.3\n"
                        "  entrypoint: [\"\"]\nvariables:\n  TRIVY_USERNAME: $CI_REGISTRY_USER\n"
                        "  TRIVY_PASSWORD: $CI_REGISTRY_PASSWORD\nscript:\n"
                        "  - trivy image --exit-code 1 --severity HIGH,CRITICAL \"%.*s\"",
                        STR_ARG(when), STR_ARG(build->name), STR_ARG(image));
    struct edit edit;
    if (!yaml_edit_set(sink->arena, file->yaml, file->ci_root, name, str_z(sink->arena, value),
                       &edit))
        return;
    found_fix(sink, "Scan the image in a job of its own");
    found_edit(sink, edit.at, str_cat(sink->arena, source_newline(file->source), edit.text));
}

/* -- what is scanned --------------------------------------------------------------------------- */

/* May one of these scans look at the image? */
static bool may_be_scanned(const struct image_scans *own, str name)
{
    for (uint32_t i = 0; i < own->count && i < LOOK_STEPS_MAX; i++)
        if (!own->at[i].image_known || str_eq(image_base_name(own->at[i].image), name))
            return true;
    return false;
}

/* Is it certain that no scan of the repository, or of this file as it is now, looks at this build's
 * image? */
static bool is_unscanned(const struct command_file *file, const struct image_scans *own,
                         const struct build_call *call)
{
    const struct conventions *ways = file->repository->conventions;
    bool named = names_scanner(file->source->text);
    if (!ways->names_scanner && !named)
        return true;
    if (ways->scans_unknown || ways->scans_open || (named && !own->count) || !call->tags.count)
        return false;
    VEC_EACH(struct build_value, tag, call->tags) {
        str name = image_base_name(tag->text);
        bool known = name.len && (tag->known || !str_has_char(name, '$'));
        if (!known || map_has(&ways->scanned, name) || may_be_scanned(own, name))
            return false;
    }
    return true;
}

static bool file_pushes(const struct command_file *file)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        if (str_eq(docker->verb, STR("push")))
            return true;
    }
    return false;
}

/* The first build of a CI file that is for others: that pushes, or whose file has a push. */
static void check_unscanned(const struct command_file *file, struct rule_sink *sink)
{
    if (!is_ci_file(file->kind) || !file->yaml || !file->repository)
        return;
    bool pushes = file_pushes(file);
    struct image_scans own = image_scans_of(sink->arena, file->yaml, file);
    struct build_calls calls = build_calls_of(sink->arena, file->yaml, file);
    VEC_EACH(struct build_call, call, calls) {
        bool ships = call->push || (pushes && call->caller == BUILD_BY_COMMAND);
        if (!ships || !call->step || !is_unscanned(file, &own, call))
            continue;
        found(sink, call->at, "this image is pushed, and nothing in the repository scans it");
        if (file->kind == FILE_GITHUB)
            offer_step(file->yaml, sink, call);
        else
            offer_job(file->yaml, sink, call);
        return;
    }
}

RULE_FAMILY(ci_scan, {.name = "ci/scan-missing",
                      .severity = SEVERITY_NOTE,
                      .fix = FIX_PROOF,
                      .since = "0.1",
                      .guide = "s18",
                      .what = "an image that CI pushes and nothing scans",
                      .why = "known holes in the base and in libraries are shipped unseen",
                      .how = "the scanner that the repository uses, else trivy image --exit-code 1 "
                             "--severity HIGH,CRITICAL",
                      .source = "guide: image scanning",
                      .commands = check_unscanned});
