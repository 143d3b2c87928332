#include "rules/families.h"

#include "base/num.h"
#include "rules/yaml_facts.h"

/* Workflows: which actions they use, with what rights, and what strangers may write into them. */

typedef void step_check_ci(const struct yaml_file *file, struct rule_sink *sink,
                           const struct ci_step *step);

static void each_ci_step(const struct yaml_file *file, struct rule_sink *sink, step_check_ci *check)
{
    if (file->kind != FILE_GITHUB)
        return;
    VEC_EACH(struct ci_step, step, file->steps) {
        if (!step->node->aliased)
            check(file, sink, step);
    }
}

/* "owner/name/path@ref" apart; false for local actions, images and scripts. */
static bool action_parts(const struct ci_step *step, str *out_name, str *out_ref)
{
    str uses = step->uses;
    size_t at = str_find_char(uses, '@');
    if (!uses.len || at >= uses.len || str_starts(uses, STR("./")) ||
        str_starts(uses, STR("docker://")) || str_has(uses, STR("${{")))
        return false;
    *out_name = str_slice(uses, 0, at);
    *out_ref = str_from_index(uses, at + 1);
    return true;
}

static span uses_at(const struct ci_step *step)
{
    return node_get(step->node, "uses")->at;
}

static bool is_commit(str ref)
{
    for (size_t i = 0; i < ref.len; i++)
        if (!char_is_digit(ref.at[i]) && !(ref.at[i] >= 'a' && ref.at[i] <= 'f'))
            return false;
    return ref.len == 40 || ref.len == 64;
}

static void check_branch(const struct yaml_file *file, struct rule_sink *sink,
                         const struct ci_step *step)
{
    (void)file;
    str name, ref;
    if (action_parts(step, &name, &ref) && STR_IN(ref, "master", "main", "HEAD", "develop", "dev"))
        found(sink, uses_at(step), "'%.*s' runs whatever its branch '%.*s' holds today",
              STR_ARG(name), STR_ARG(ref));
}

static void check_branches(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_branch);
}

static void check_unpinned(const struct yaml_file *file, struct rule_sink *sink,
                           const struct ci_step *step)
{
    (void)file;
    str name, ref;
    if (action_parts(step, &name, &ref) && !is_commit(ref))
        found(sink, uses_at(step), "'%.*s' is not pinned to a commit", STR_ARG(step->uses));
}

static void check_all_unpinned(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_unpinned);
}

/* -- majors that ended ------------------------------------------------------------------------- */

struct action_major {
    const char *name; /* the action, or what all actions of a repository begin with */
    unsigned first;   /* lowest major that still runs on a supported Node.js */
    unsigned fails;   /* majors below this one fail since their service was switched off; 0: none */
};

static const struct action_major majors[] = {
    {"actions/checkout", 4, 0},           {"actions/setup-node", 4, 0},
    {"actions/setup-python", 5, 0},       {"actions/setup-go", 5, 0},
    {"actions/setup-java", 4, 0},         {"actions/cache", 4, 3},
    {"actions/upload-artifact", 4, 4},    {"actions/download-artifact", 4, 4},
    {"github/codeql-action/", 3, 0},      {"docker/build-push-action", 5, 0},
    {"docker/setup-buildx-action", 3, 0}, {"docker/setup-qemu-action", 3, 0},
    {"docker/login-action", 3, 0},        {"docker/metadata-action", 5, 0},
};

static const struct action_major *major_find(str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(majors); i++) {
        str row = str_from(majors[i].name);
        bool all = str_ends(row, STR("/"));
        if (all ? str_starts(name, row) : str_eq(name, row))
            return &majors[i];
    }
    return NULL;
}

/* "v3", "v3.1.0": 3 */
static bool major_of(str ref, uint64_t *out_major)
{
    return str_starts(ref, STR("v")) &&
           str_to_u64(str_slice(ref, 1, str_find_char(ref, '.')), out_major);
}

static void check_deprecated(const struct yaml_file *file, struct rule_sink *sink,
                             const struct ci_step *step)
{
    str name, ref;
    uint64_t major;
    if (!action_parts(step, &name, &ref) || !major_of(ref, &major))
        return;
    const struct action_major *row = major_find(name);
    if (!row || major >= row->first)
        return;
    bool fails = major < row->fails;
    found(sink, uses_at(step), "'%.*s' %s: v%u is the oldest that is kept up", STR_ARG(step->uses),
          fails ? "no longer works" : "is out of date", row->first);
    if (fails)
        found_severity(sink, SEVERITY_WARNING);
    found_fix(sink, "Use v%u", row->first);
    str value = str_fmt(sink->arena, "%.*s@v%u", STR_ARG(name), row->first);
    struct edit edit = yaml_edit_scalar(file->arena, node_get(step->node, "uses"), value);
    found_edit(sink, edit.at, edit.text);
}

static void check_all_deprecated(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_deprecated);
}

/* -- rights ------------------------------------------------------------------------------------ */

static void check_rights_of(const struct node *map, struct rule_sink *sink)
{
    const struct node *rights = node_get(map, "permissions");
    if (rights && str_eq(node_str(rights), STR("write-all")))
        found(sink, rights->at, "the token of this workflow may write everything");
}

static void check_permissions(const struct yaml_file *file, struct rule_sink *sink)
{
    if (file->kind != FILE_GITHUB)
        return;
    check_rights_of(file->ci_root, sink);
    VEC_EACH(struct ci_job, job, file->jobs) {
        check_rights_of(job->node, sink);
    }
}

static void check_credentials(const struct yaml_file *file, struct rule_sink *sink,
                              const struct ci_step *step)
{
    (void)file;
    if (str_starts(step->uses, STR("actions/checkout@")) &&
        !node_get(step->with, "persist-credentials"))
        found(sink, uses_at(step), "the token stays in .git/config for all later steps");
}

static void check_all_credentials(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_credentials);
}

/* -- text of strangers ------------------------------------------------------------------------- */

/* Is it a field that anyone may fill who can open an issue or a pull request? */
static bool is_strangers_text(str expression)
{
    static const char *const fields[] = {
        "github.head_ref",
        "github.event.issue.title",
        "github.event.issue.body",
        "github.event.pull_request.title",
        "github.event.pull_request.body",
        "github.event.pull_request.head.ref",
        "github.event.pull_request.head.label",
        "github.event.comment.body",
        "github.event.review.body",
        "github.event.discussion.title",
        "github.event.discussion.body",
        "github.event.head_commit.message",
        "github.event.head_commit.author.name",
        "github.event.head_commit.author.email",
        "github.event.workflow_run.head_branch",
    };
    return str_in(str_trim(expression), fields, ARRAY_COUNT(fields));
}

static void check_script(const struct yaml_file *file, struct rule_sink *sink,
                         const struct node *script)
{
    if (!script || script->kind != NODE_STRING || script->aliased)
        return;
    str text = source_text(file->source, script->at);
    for (size_t from = 0; from < text.len;) {
        size_t open = str_find(str_from_index(text, from), STR("${{"));
        if (open == STR_MISSING || from + open >= text.len)
            return;
        size_t start = from + open;
        size_t length = str_find(str_from_index(text, start), STR("}}"));
        if (length == STR_MISSING || start + length >= text.len)
            return;
        str expression = str_trim(str_slice(text, start + 3, start + length));
        uint32_t place = script->at.start + (uint32_t)start;
        if (is_strangers_text(expression))
            found(sink, (span){place, place + (uint32_t)length + 2},
                  "'%.*s' is text of strangers and becomes part of the script",
                  STR_ARG(expression));
        from = start + length + 2;
    }
}

static void check_injection(const struct yaml_file *file, struct rule_sink *sink,
                            const struct ci_step *step)
{
    check_script(file, sink, step->run);
    if (str_starts(step->uses, STR("actions/github-script@")))
        check_script(file, sink, node_get(step->with, "script"));
}

static void check_injections(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_injection);
}

/* -- images that jobs run in ------------------------------------------------------------------- */

static void check_image(struct rule_sink *sink, const struct node *node)
{
    const struct node *image = node && node->kind == NODE_MAP ? node_get(node, "image") : node;
    if (!node_get(node, "image"))
        image = node && node->kind == NODE_MAP ? node_get(node, "name") : image;
    str text = node_str(image);
    if (text.len && !str_has_char(text, '@') && !str_has_char(text, '$'))
        found(sink, image->at, "the job's image '%.*s' has no digest", STR_ARG(text));
}

static void check_images(const struct yaml_file *file, struct rule_sink *sink)
{
    if (file->kind != FILE_GITHUB && file->kind != FILE_GITLAB)
        return;
    if (file->kind == FILE_GITLAB)
        check_image(sink, node_get(file->ci_root, "image"));
    VEC_EACH(struct ci_job, job, file->jobs) {
        bool github = file->kind == FILE_GITHUB;
        const struct node *image = node_get(job->node, github ? "container" : "image");
        if (image && !image->aliased)
            check_image(sink, image);
    }
}

RULE_FAMILY(
    ci_actions,
    {.name = "ci/action-branch",
     .aka = "zizmor:unpinned-uses",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s18",
     .what = "an action taken from a branch",
     .why = "who can push to that branch runs code in this workflow, with its secrets",
     .how = "name a release, or a commit with the release as a comment",
     .source = "GitHub: Security hardening for GitHub Actions",
     .yaml = check_branches},
    {.name = "ci/action-unpinned",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .what = "an action that is not pinned to a commit",
     .why = "a tag can be moved to other code",
     .how = "owner/name@<40 digits> # v4.1.1",
     .source = "GitHub: Security hardening for GitHub Actions",
     .yaml = check_all_unpinned},
    {.name = "ci/action-deprecated",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s18",
     .what = "a major release of an action that is no longer kept up",
     .why = "it runs on a Node.js without fixes, or its service was switched off and the job fails",
     .how = "use the major release that the message names, after a look at what it changed",
     .source = "GitHub changelog: deprecations of actions and of Node.js 12, 16",
     .yaml = check_all_deprecated},
    {.name = "ci/permissions",
     .aka = "zizmor:excessive-permissions checkov:CKV2_GHA_1",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .what = "permissions: write-all",
     .why = "any step that is taken over can push code, releases and packages",
     .how = "permissions: {contents: read}, and more in the one job that needs it",
     .source = "GitHub: Assigning permissions to jobs",
     .yaml = check_permissions},
    {.name = "ci/credentials-kept",
     .aka = "zizmor:artipacked",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .what = "checkout leaves its token in .git/config",
     .why = "every later step can read it, and COPY . brings it into the image",
     .how = "with: {persist-credentials: false}, where no later step pushes",
     .source = "actions/checkout, persist-credentials",
     .yaml = check_all_credentials},
    {.name = "ci/template-injection",
     .aka = "zizmor:template-injection",
     .severity = SEVERITY_WARNING,
     .fix = FIX_NONE,
     .since = "0.1",
     .what = "text that strangers write is put into a script",
     .why = "a title such as $(curl x | sh) is run by the job, with its secrets",
     .how = "hand it over as a variable: env: {TITLE: ${{ ... }}} and \"$TITLE\" in the script",
     .source = "GitHub: Security hardening, script injections",
     .yaml = check_injections},
    {.name = "ci/image-unpinned",
     .aka = "zizmor:unpinned-images",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .what = "a job's image without a digest",
     .why = "the next run may have another compiler",
     .how = "image: name:tag@sha256:...",
     .source = "Docker: image digests",
     .yaml = check_images});
