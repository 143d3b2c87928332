#include "rules/ci_facts.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "rules/repository.h"

bool is_ci_file(enum file_kind kind)
{
    return kind == FILE_GITHUB || kind == FILE_GITLAB;
}

span ci_step_at(const struct ci_step *step)
{
    return step->run ? step->run->at : node_get(step->node, "uses")->at;
}

bool is_trivy_step(const struct ci_step *step)
{
    return str_starts(step->uses, STR("aquasecurity/trivy-action@"));
}

static bool is_zero(str text)
{
    return !text.len || str_eq(text, STR("0"));
}

bool is_gate_step(const struct ci_step *step)
{
    if (node_is_true(node_get(step->node, "continue-on-error")))
        return false;
    if (is_trivy_step(step))
        return !is_zero(node_str(node_get(step->with, "exit-code")));
    if (str_starts(step->uses, STR("docker/scout-action@")))
        return node_is_true(node_get(step->with, "exit-code"));
    return (str_starts(step->uses, STR("anchore/scan-action@")) &&
            !node_is_false(node_get(step->with, "fail-build"))) ||
           str_starts(step->uses, STR("snyk/actions/docker@"));
}

const struct shell_command *forgiven_by(const struct image_scan *scan)
{
    const struct shell_commands *commands = &scan->script->script->commands;
    if (scan->command->after != SHELL_SEP_OR || scan->index + 1 >= commands->count)
        return NULL;
    const struct shell_command *next = scan->command + 1;
    return STR_IN(next->name, "true", ":", "echo") ? next : NULL;
}

bool is_gate_command(const struct image_scan *scan)
{
    str value;
    switch (scan->scanner) {
    case SCANNER_TRIVY: return scan_option(scan, "--exit-code", &value) && !is_zero(value);
    case SCANNER_GRYPE:
        return scan_option(scan, "-f", &value) || scan_option(scan, "--fail-on", &value);
    case SCANNER_SCOUT:
        return scan_option(scan, "--exit-code", &value) || scan_option(scan, "-e", &value);
    default: return true;
    }
}

bool writes_report(const struct image_scan *scan)
{
    static const char *const names[] = {"--format", "-f", "--output", "-o", "--file", "--template"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        str value;
        bool threshold = scan->scanner == SCANNER_GRYPE && i == 1;
        if (!threshold && scan_option(scan, names[i], &value) && !str_eq(value, STR("table")))
            return true;
    }
    return false;
}

/* -- texts ---------------------------------------------------------------------------------------
 * */

str ci_tag_text(const struct build_call *call)
{
    if (!call->tags.count)
        return STR("");
    const struct build_value *tag = &call->tags.at[0];
    str text = source_text(call->source, tag->at);
    if (call->caller == BUILD_BY_COMMAND) {
        /* Where places are exact the source has what "${{ }}" hides in the word. */
        size_t length = str_trim(tag->raw).len;
        bool exact = call->command->script->exact && length <= text.len;
        text = exact ? str_from_index(text, text.len - length) : tag->raw;
        if (!exact && str_has(text, STR("$__")))
            return STR("");
    }
    while (text.len && str_has_char(STR("\"'"), text.at[0]))
        text = str_from_index(text, 1);
    while (text.len && str_has_char(STR("\"'"), text.at[text.len - 1]))
        text.len--;
    bool odd =
        str_has(text, STR("$(")) || str_has(text, STR("steps.")) || str_has(text, STR("type="));
    for (size_t i = 0; i < text.len; i++)
        odd = odd || str_has_char(STR("`,\n\\"), text.at[i]);
    return odd ? STR("") : text;
}

/* "docker:27-dind", "docker:latest", "docker": not "docker:19.03". */
static bool is_new_docker(str image)
{
    if (!str_eq(image_base_name(image), STR("docker")))
        return false;
    size_t colon = str_find_char(image, ':');
    str tag = colon == STR_MISSING ? STR("latest") : str_from_index(image, colon + 1);
    size_t digits = 0;
    while (digits < tag.len && char_is_digit(tag.at[digits]))
        digits++;
    uint64_t major = 0;
    if (!digits)
        return STR_IN(tag, "latest", "dind", "cli", "git");
    return str_to_u64(str_slice(tag, 0, digits), &major) && major >= 23;
}

static str image_text(const struct node *image)
{
    str name = node_str(image && image->kind == NODE_MAP ? node_get(image, "name") : image);
    return name.at ? name : STR("");
}

bool ci_uses_buildkit(const struct command_file *file, const struct build_call *call)
{
    const struct ci_job *job = call->step ? call->step->job : NULL;
    str text = file->source->text;
    if (str_has(text, STR("DOCKER_BUILDKIT: 0")) || str_has(text, STR("DOCKER_BUILDKIT: \"0")) ||
        str_has(text, STR("DOCKER_BUILDKIT: '0")) || str_has(text, STR("DOCKER_BUILDKIT=0")))
        return false;
    if (call->buildx || str_has(text, STR("DOCKER_BUILDKIT")))
        return true;
    if (!job || !file->yaml)
        return false;
    if (file->kind == FILE_GITHUB) {
        const struct node *on = node_get(job->node, "runs-on");
        return on && str_starts(node_str(on), STR("ubuntu-"));
    }
    const struct node *own = node_get(job->node, "image");
    const struct node *all = node_get(file->yaml->ci_root, "image");
    if (!all)
        all = node_path(file->yaml->ci_root, "default.image");
    return is_new_docker(image_text(own ? own : all));
}

str ci_build_name(struct arena *arena, const struct build_call *call)
{
    str name = image_base_name(ci_tag_text(call));
    if (!name.len || str_has_char(name, '$') || str_has_char(name, '}'))
        name = str_basename(path_clean(arena, call->context));
    bool odd = str_has_char(name, '$') || str_has_char(name, '}') || str_eq(name, STR("."));
    return odd ? STR("") : name;
}

str action_in_use(const struct repository *repository, str prefix)
{
    if (!repository)
        return STR_NONE;
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        if (!(*slot)->yaml)
            continue;
        VEC_EACH(struct ci_step, step, (*slot)->yaml->steps) {
            if (str_starts(step->uses, prefix))
                return step->uses;
        }
    }
    return STR_NONE;
}

bool ci_insert_step(struct arena *arena, const struct yaml_file *file, const struct ci_step *behind,
                    str lines, struct edit *out_edit)
{
    const struct source *source = file->source;
    const struct node *node = behind->node;
    if (node->aliased || node->style == 'f' || file->yaml->uncertain ||
        node->at.end <= node->at.start)
        return false;
    span first = source_line(source, source_position(source, node->at.start).line);
    str mark = source_text(source, (span){first.start, node->at.start});
    str dash = str_trim(mark);
    if (!str_eq(dash, STR("-"))) {
        /* The dash may stand alone, on the line above. */
        uint32_t line = source_position(source, node->at.start).line;
        mark = line > 1 ? source_text(source, source_line(source, line - 1)) : STR("");
        if (dash.len || !str_eq(str_trim(mark), STR("-")))
            return false;
    }
    str indent = str_slice(mark, 0, str_find_char(mark, '-'));
    uint32_t last = node->at.end - 1;
    while (last > node->at.start && char_is_space(source->text.at[last]))
        last--;
    span whole = source_full_line(source, source_position(source, last).line);
    struct buf buf = buf_init(arena, LIMIT_LINT_FILE);
    if (!whole.end || source->text.at[whole.end - 1] != '\n')
        buf_add(&buf, source_newline(source));
    str line;
    while (str_next_line(&lines, &line)) {
        if (!line.len)
            continue;
        buf_add(&buf, indent);
        buf_add(&buf, line);
        buf_add(&buf, source_newline(source));
    }
    *out_edit = (struct edit){.at = {whole.end, whole.end}, .text = buf_str(&buf)};
    return true;
}
