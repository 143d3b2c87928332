#include "rules/families.h"

#include "secrets/secrets.h"

/* Secrets that the text puts into an image: in a layer, in its history, or in its configuration. */

static str unquoted(str value)
{
    bool quoted = value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\'') &&
                  value.at[value.len - 1] == value.at[0];
    return quoted ? str_slice(value, 1, value.len - 1) : value;
}

/* Is the ARG's name handed on into the image or a command, as `$NAME`? */
static bool arg_is_used(const struct facts *facts, const struct instruction *arg, str name)
{
    str plain = str_cat(facts->arena, STR("$"), name);
    str braced = str_fmt(facts->arena, "${%.*s", STR_ARG(name));
    for (uint32_t i = arg->index + 1; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (str_has(at->logical.text, plain) || str_has(at->logical.text, braced))
            return true;
    }
    return false;
}

static void check_pair(const struct facts *facts, struct rule_sink *sink,
                       const struct instruction *at, const struct pair *pair)
{
    str value = unquoted(pair->value);
    const char *title = value.len ? secret_in_value(facts->arena, value) : NULL;
    bool named = secret_name(pair->name);
    bool env = at->kind == INSTRUCTION_ENV;
    if (title || (named && value.len && secret_value(value))) {
        str shown = secret_redact(facts->arena, value);
        found(sink, pair->at, "%.*s=%.*s: %s%s is in the image for everybody who can pull it",
              STR_ARG(pair->name), STR_ARG(shown), title ? title : "a secret",
              env ? "" : ", given as the default of ARG,");
        return;
    }
    if (named && !pair->has_value && at->kind == INSTRUCTION_ARG &&
        arg_is_used(facts, at, pair->name)) {
        found(sink, pair->at, "the value of build argument '%.*s' stays in the image's history",
              STR_ARG(pair->name));
        found_severity(sink, SEVERITY_WARNING);
    }
}

static void check_variable(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->kind == INSTRUCTION_ENV || at->kind == INSTRUCTION_ARG || at->kind == INSTRUCTION_LABEL)
        VEC_EACH(struct pair, pair, at->pairs) {
            check_pair(facts, sink, at, pair);
        }
}

static void check_variables(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_variable);
}

static void check_instruction_text(const struct facts *facts, struct rule_sink *sink,
                                   const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->kind == INSTRUCTION_ENV || at->kind == INSTRUCTION_ARG || at->kind == INSTRUCTION_LABEL)
        return;
    str text = source_text(facts->source, at->at);
    struct secret_matches matches = {0};
    secrets_find(facts->arena, text, &matches);
    VEC_EACH(struct secret_match, match, matches) {
        span place = {at->at.start + match->at.start, at->at.start + match->at.end};
        str shown = secret_redact(facts->arena, source_text(facts->source, place));
        found(sink, place, "%s (%.*s) stands in the file and stays in the image", match->title,
              STR_ARG(shown));
    }
}

static void check_texts(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_instruction_text);
}

/* -- files ------------------------------------------------------------------------------------- */

static const struct step_facts *removed_later(const struct facts *facts,
                                              const struct step_facts *copy, str path)
{
    for (uint32_t i = copy->instruction->index + 1; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (step->stage != copy->stage)
            break;
        for (uint32_t k = 0; k < step->command_count; k++)
            if (str_eq(step->commands[k].name, STR("rm")) &&
                str_has(source_text(facts->source, step->commands[k].at), str_basename(path)))
                return step;
    }
    return NULL;
}

static void check_copied(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || at->heredocs.count ||
        instruction_flag(at, "from"))
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str path;
        if (!word_value(facts, at, at->words.at[i].raw, &path) || str_has(path, STR("://")))
            continue;
        const char *kind = secret_file(path, STR_NONE);
        if (!kind)
            continue;
        found(sink, at->words.at[i].at, "'%.*s' (%s) is copied into a layer", STR_ARG(path), kind);
        const struct step_facts *removal = removed_later(facts, step, path);
        if (removal)
            found_related(sink, removal->instruction->at,
                          "removing it here leaves it in the layer");
        const struct stage_facts *stage = step_stage(facts, step);
        if (stage && !stage->ships)
            found_severity(sink, SEVERITY_WARNING);
    }
}

static void check_files(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_copied);
}

/* -- credentials on the command line ----------------------------------------------------------- */

static void check_credential(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    (void)step;
    VEC_EACH(struct shell_word, word, command->argv) {
        span inside = secret_in_url(word->raw);
        if (span_is_empty(inside))
            continue;
        str secret = str_slice(word->raw, inside.start, inside.end);
        bool variable = str_has_char(secret, '$');
        found(sink, word->at,
              variable ? "the value of '%.*s' in this URL ends up in the history"
                       : "credentials in a URL (%.*s) stay in the history",
              STR_ARG(variable ? secret : secret_redact(facts->arena, secret)));
        if (variable)
            found_severity(sink, SEVERITY_WARNING);
        return;
    }
    str user;
    if (!STR_IN(command->name, "curl", "wget") ||
        !(shell_option_value(command, "-u", &user) ||
          shell_option_value(command, "--user", &user) ||
          shell_option_value(command, "--password", &user)))
        return;
    size_t colon = str_find_char(user, ':');
    str secret = str_from_index(user, colon == STR_MISSING ? 0 : colon + 1);
    if (colon != STR_MISSING && secret.len && !str_has_char(secret, '$') && secret_value(secret))
        found(sink, command->at, "a password on the command line stays in the history");
}

static void check_credentials(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_credential);
}

/* -- secret mounts ----------------------------------------------------------------------------- */

static str mount_path(const struct facts *facts, const struct mount *mount)
{
    if (mount->target.len)
        return mount->target;
    str id = mount->id.len ? mount->id : str_basename(mount->source);
    return str_cat(facts->arena, STR("/run/secrets/"), id);
}

static void check_leak(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type != MOUNT_SECRET)
            continue;
        str path = mount_path(facts, mount);
        for (uint32_t i = 0; i < step->command_count; i++) {
            const struct shell_command *command = &step->commands[i];
            bool reads = false, writes = false;
            VEC_EACH(struct shell_word, word, command->argv) {
                reads = reads || str_eq(word->value, path);
            }
            VEC_EACH(struct shell_redirect, redirect, command->redirects) {
                writes = writes || (redirect->op.len && redirect->op.at[0] == '>' &&
                                    !str_starts(redirect->target.value, STR("/dev/")) &&
                                    !str_starts(redirect->op, STR(">&")));
            }
            bool copies = reads && STR_IN(command->name, "cp", "mv", "install", "tee", "dd");
            bool dumps =
                reads && writes && STR_IN(command->name, "cat", "echo", "printf", "base64");
            if (copies || dumps)
                found(sink, command->at, "the secret '%.*s' is written into the layer",
                      STR_ARG(path));
        }
    }
}

static void check_leaks(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_leak);
}

static bool has_secret_mount(const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_SECRET)
            return true;
    }
    return false;
}

/* The first install of that manager with a secret mount, in any stage. */
static const struct step_facts *install_with_secret(const struct facts *facts,
                                                    const struct step_facts *around,
                                                    const char *manager)
{
    const struct step_facts *end = step_look_end(facts, around);
    for (const struct step_facts *step = step_look_first(facts, around); step < end; step++) {
        if (!step_is_run(facts, step) || !has_secret_mount(step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            struct package_command package = package_command_of(facts->arena, &step->commands[k]);
            if (package.verb == PACKAGE_INSTALL &&
                str_eq(str_from(package.manager), str_from(manager)))
                return step;
        }
    }
    return NULL;
}

static void check_mount_missing(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step, const struct shell_command *command)
{
    if (has_secret_mount(step))
        return;
    struct package_command package = package_command_of(facts->arena, command);
    if (package.verb != PACKAGE_INSTALL ||
        !STR_IN(str_from(package.manager), "npm", "yarn", "pnpm", "bun", "pip", "poetry", "uv",
                "bundle", "composer", "go", "cargo", "nuget", "dotnet"))
        return;
    const struct step_facts *with = install_with_secret(facts, step, package.manager);
    if (!with || with->stage == step->stage)
        return;
    found(sink, command->at, "'%s' has a secret mount in another stage, but none here",
          package.manager);
    found_related(sink, with->instruction->at, "here the registry's credentials are mounted");
    VEC_EACH(struct mount, mount, with->instruction->mounts) {
        if (mount->type != MOUNT_SECRET)
            continue;
        found_fix(sink, "Mount the same secret");
        str flag = str_fmt(sink->arena, "--mount=%.*s",
                           STR_ARG(source_text(sink->source, mount->value_at)));
        struct edit edit = add_flag(facts, step->instruction, flag);
        found_edit(sink, edit.at, edit.text);
        return;
    }
}

static void check_mounts_missing(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_mount_missing);
}

/* A registry token written by the step itself. */
static void check_registry(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    str text = source_text(sink->source, command->at);
    bool npm = str_has(text, STR(":_authToken")) || str_has(text, STR("_auth="));
    bool writes = command->redirects.count || shell_is(command, "npm", "config") ||
                  shell_is(command, "yarn", "config") || shell_is(command, "pnpm", "config");
    bool mounted = step_mount(step, MOUNT_SECRET, STR("/root/.npmrc")) ||
                   step_mount(step, MOUNT_TMPFS, STR("/root"));
    if (npm && writes && !mounted)
        found(sink, command->at, "a registry token is written into the layer");
}

static void check_registries(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_registry);
}

RULE_FAMILY(
    secrets,
    {.name = "secrets/env",
     .aka = "hadolint:DL3064 buildkit:SecretsUsedInArgOrEnv trivy:DS031 trivy:DS-0031 "
            "dockle:CIS-DI-0010 droast:DF013 droast:DF014",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a secret in ENV, in LABEL or as the default of ARG",
     .why = "it is in the image's configuration: 'docker inspect' shows it to everybody who can "
            "pull the image, and no later layer takes it back",
     .how = "at build time: RUN --mount=type=secret,id=NAME; at run time: give it to the container",
     .source = "guide: Never Embed Secrets (WRONG block)",
     .dockerfile = check_variables},
    {.name = "secrets/in-text",
     .aka = "tally:secrets-in-code gitleaks:*",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a token or private key stands in an instruction",
     .why = "it is in the layer and in the history, and in the repository",
     .how = "revoke it, then read the new one from RUN --mount=type=secret",
     .source = "guide: Never Embed Secrets",
     .dockerfile = check_texts},
    {.name = "secrets/file-copied",
     .aka = "trivy:DS031 tally:copied-secret",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "COPY of a file that holds secrets",
     .why = "the file stays in that layer, also when a later step removes it",
     .how = "RUN --mount=type=secret,id=NAME,target=PATH in the step that needs it, and leave the "
            "file out by .dockerignore",
     .source = "guide: Never Embed Secrets",
     .dockerfile = check_files},
    {.name = "secrets/credentials",
     .aka = "zizmor:hardcoded-container-credentials",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a password in a URL or on a command line",
     .why = "the command is in the image's history, word by word",
     .how = "mount a .netrc or token file with RUN --mount=type=secret",
     .source = "research/lint.md (a): credential in URL or flag in RUN",
     .dockerfile = check_credentials},
    {.name = "secrets/mount-leaked",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a mounted secret is copied into the layer",
     .why = "the mount goes away with the step; the copy stays",
     .how = "use the mount's own path, or point the program at it with an environment variable",
     .source = "research/lint.md (a): secret mount leaked",
     .dockerfile = check_leaks},
    {.name = "secrets/mount-missing",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s19",
     .what = "an install with a secret mount in one stage and without it in another",
     .why = "the same packages need the same registry: the second install fails, or silently takes "
            "packages of the same name from the public registry",
     .how = "add the same --mount=type=secret, or copy what the first stage installed",
     .source = "guide: Never Embed Secrets, the BuildKit block",
     .dockerfile = check_mounts_missing},
    {.name = "secrets/registry-token",
     .aka = "tally:registry-config",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a step writes a registry token to a file of the layer",
     .why = "the file stays in the layer, also when the same instruction chain removes it later in "
            "another step",
     .how = "RUN --mount=type=secret,id=npmrc,target=/root/.npmrc",
     .source = "guide: Never Embed Secrets",
     .dockerfile = check_registries});
