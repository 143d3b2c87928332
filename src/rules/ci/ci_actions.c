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

/* Majors whose action.yml asks for Node.js 16 or older, which runners have no more (GitHub
 * changelog 2024-09-25, End of life for Actions Node16), or whose service was switched off. */
struct action_major {
    const char *name; /* the action, or what all actions of a repository begin with */
    unsigned first;   /* lowest major that current runners and services support */
    unsigned use;     /* the one to go to */
    unsigned fails;   /* majors below this one fail since their service was switched off; 0: none */
    const char *source;
};

static const struct action_major majors[] = {
    {"actions/checkout", 4, 4, 0, "the runner's warning names v3 as Node.js 16"},
    {"actions/setup-node", 4, 4, 0, "the runner's warning names v3 as Node.js 16"},
    {"actions/setup-python", 5, 5, 0, "actions/setup-python#772: node16 to node20 in v5"},
    {"actions/setup-go", 5, 5, 0, "actions/setup-go#421: node16 to node20 in v5"},
    {"actions/setup-java", 4, 4, 0, "the runner's warning names v4 as Node.js 20"},
    {"actions/cache", 3, 4, 3, "actions/cache#1510: v1 and v2 fail since 2025-03-01"},
    {"actions/upload-artifact", 4, 4, 4, "changelog 2024-04-16: v3 fails since 2025-01-30"},
    {"actions/download-artifact", 4, 4, 4, "changelog 2024-04-16: v3 fails since 2025-01-30"},
    {"github/codeql-action/", 3, 4, 0,
     "changelog 2024-01-12: v2 ends in December 2024; 2025-10-28: v3 ends in December 2026"},
    {"docker/build-push-action", 5, 5, 0, "docker/build-push-action#954: node20 in v5"},
    {"docker/setup-buildx-action", 3, 3, 0, "docker/setup-buildx-action#264: node20 in v3"},
    {"docker/setup-qemu-action", 3, 3, 0, "docker/setup-qemu-action#102: node20 in v3"},
    {"docker/login-action", 3, 3, 0, "docker/login-action#590: node20 in v3"},
    {"docker/metadata-action", 5, 5, 0, "docker/metadata-action, commit 547dcd6d: node20 in v5"},
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
    if (fails)
        found(sink, uses_at(step), "'%.*s' no longer works: its service is gone",
              STR_ARG(step->uses));
    else
        found(sink, uses_at(step), "'%.*s' is out of date: v%u is the first for today's runners",
              STR_ARG(step->uses), row->first);
    if (fails)
        found_severity(sink, SEVERITY_WARNING);
    found_fix(sink, "Use v%u", row->use);
    str value = str_fmt(sink->arena, "%.*s@v%u", STR_ARG(name), row->use);
    struct edit edit = yaml_edit_scalar(file->arena, node_get(step->node, "uses"), value);
    found_edit(sink, edit.at, edit.text);
}

static void check_all_deprecated(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_deprecated);
}

/* -- releases that were taken over ------------------------------------------------------------- */

/* Tags of trivy-action below 0.35.0 were moved to code that stole secrets, on 2026-03-19. They came
 * back under names with a "v"; those without one are gone (aquasecurity/trivy-action#541). */
static bool is_taken_over(str name, str ref)
{
    uint64_t minor;
    if (!str_eq(name, STR("aquasecurity/trivy-action")) || !str_starts(ref, STR("0.")))
        return false;
    str rest = str_from_index(ref, 2);
    return str_to_u64(str_slice(rest, 0, str_find_char(rest, '.')), &minor) && minor < 35;
}

static void check_hijacked_step(const struct yaml_file *file, struct rule_sink *sink,
                                const struct ci_step *step)
{
    str name, ref;
    if (!action_parts(step, &name, &ref) || !is_taken_over(name, ref))
        return;
    found(sink, uses_at(step),
          "the tag '%.*s' was moved to code that steals secrets, and was then removed",
          STR_ARG(ref));
    found_fix(sink, "Use release 0.35.0, which nobody moved");
    struct edit edit =
        yaml_edit_scalar(file->arena, node_get(step->node, "uses"),
                         STR("aquasecurity/trivy-action@57a97c7e7821a5776cebc9bb87c984fa69cba8f1"));
    found_edit(sink, edit.at, edit.text);
}

static void check_hijacked(const struct yaml_file *file, struct rule_sink *sink)
{
    each_ci_step(file, sink, check_hijacked_step);
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
     .source = "GitHub changelog 2024-09-25 (Node.js 16), 2024-04-16 (artifacts), 2025-10-28 "
               "(CodeQL); actions/cache#1510; the actions' own pull requests to Node.js 20",
     .yaml = check_all_deprecated},
    {.name = "ci/action-hijacked",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s18",
     .what = "a release of an action whose tag was moved to hostile code",
     .why = "who ran it in those hours gave his secrets away; today the step fails",
     .how = "a commit of a release that was not moved; change the secrets of runs of 2026-03-19",
     .source = "aquasecurity/trivy-action#541, GHSA-69fq-xp46-6x23",
     .yaml = check_hijacked},
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
