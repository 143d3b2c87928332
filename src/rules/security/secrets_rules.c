#include "rules/families.h"
#include "rules/repository.h"
#include "rules/templates.h"

#include "secrets/secrets.h"

/* Secrets that the text puts into an image: in a layer, in its history, or in its configuration. */

static str unquoted(str value)
{
    bool quoted = value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\'') &&
                  value.at[value.len - 1] == value.at[0];
    return quoted ? str_slice(value, 1, value.len - 1) : value;
}

/* Steps that are looked through for one argument: more than anybody wrote. */
enum { ARG_STEPS_MAX = 1024 };

/* Is the ARG's name handed on into the image or a command, as `$NAME`? */
static bool arg_is_used(const struct facts *facts, const struct instruction *arg, str name)
{
    str plain = str_cat(facts->arena, STR("$"), name);
    str braced = str_fmt(facts->arena, "${%.*s", STR_ARG(name));
    uint32_t end = facts->step_count - arg->index > ARG_STEPS_MAX ? arg->index + ARG_STEPS_MAX
                                                                  : facts->step_count;
    for (uint32_t i = arg->index + 1; i < end; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (str_has(at->logical.text, plain) || str_has(at->logical.text, braced))
            return true;
    }
    return false;
}

/* Does a package manager's file at the top of the context read the variable, as "${NAME}"? Then the
 * argument is used though no instruction names it. */
static const char *read_by_config(const struct facts *facts, str name)
{
    static const char *const files[] = {".npmrc",       ".yarnrc.yml", ".yarnrc",
                                        "bunfig.toml",  "pip.conf",    "nuget.config",
                                        "NuGet.Config", "auth.json",   "settings.xml"};
    if (!facts->tree || !facts->repository || facts->step_count > ARG_STEPS_MAX)
        return NULL;
    AUTO(arena) struct arena *arena = arena_new(0); /* the files' texts are not kept */
    str braced = str_fmt(arena, "${%.*s", STR_ARG(name));
    str percent = str_fmt(arena, "%%%.*s%%", STR_ARG(name));
    str maven = str_fmt(arena, "${env.%.*s}", STR_ARG(name));
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        if (!context_find(facts->tree, str_from(files[i])))
            continue;
        str path = path_join(arena, facts->context_path, str_from(files[i]));
        str text = repository_text(arena, facts->repository, path);
        if (str_has(text, braced) || str_has(text, percent) || str_has(text, maven))
            return files[i];
    }
    return NULL;
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
    if (!named || pair->has_value || at->kind != INSTRUCTION_ARG)
        return;
    const char *config = NULL;
    if (!arg_is_used(facts, at, pair->name) && !(config = read_by_config(facts, pair->name)))
        return;
    found(sink, pair->at, "the value of build argument '%.*s'%s%s stays in the image's history",
          STR_ARG(pair->name), config ? ", which is read by " : "", config ? config : "");
    found_severity(sink, SEVERITY_WARNING);
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
        str inside = str_starts(path, STR("/")) ? str_from_index(path, 1) : path;
        const char *kind = secret_file(path, STR_NONE);
        if (kind) /* by its name: what is in it decides */
            kind = secret_file(path, template_file(facts, path_clean(facts->arena, inside)));
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

/* Is "$NAME" or "${NAME}" in the text one that ARG or ENV sets? What a step reads from a mounted
 * secret is not in the history. */
static bool names_variable(const struct facts *facts, const struct step_facts *step, str text)
{
    for (size_t at = str_find_char(text, '$'); at < text.len; at++) {
        size_t start = at + 1 + (at + 1 < text.len && text.at[at + 1] == '{');
        size_t end = start;
        while (end < text.len && char_is_name(text.at[end]))
            end++;
        str name = str_slice(text, start, end);
        if (text.at[at] == '$' && name.len &&
            dockerfile_variable(facts->file, step->instruction, name))
            return true;
    }
    return false;
}

/* "$TOKEN" of https://$TOKEN@host/path: who has no name in front of it is a token. */
static str variable_in_url(str text)
{
    size_t mark = str_find(text, STR("://"));
    str rest = str_from_index(text, mark == STR_MISSING ? text.len : mark + 3);
    str authority = str_slice(rest, 0, str_find_char(rest, '/'));
    size_t sign = str_find_char(authority, '@');
    str user = str_slice(authority, 0, sign == STR_MISSING ? 0 : sign);
    return str_from_index(user, str_has_char(user, ':') ? str_find_char(user, ':') + 1 : 0);
}

static void check_url(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct shell_word *word)
{
    str variable = variable_in_url(word->raw);
    if (str_has_char(variable, '$')) {
        if (!names_variable(facts, step, variable))
            return;
        found(sink, word->at, "the value of '%.*s' in this URL ends up in the history",
              STR_ARG(variable));
        found_severity(sink, SEVERITY_WARNING);
        return;
    }
    span inside = secret_in_url(word->raw);
    if (!span_is_empty(inside))
        found(sink, word->at, "credentials in a URL (%.*s) stay in the history",
              STR_ARG(secret_redact(facts->arena, str_slice(word->raw, inside.start, inside.end))));
}

static void check_credential(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_has(word->raw, STR("://")))
            check_url(facts, sink, step, word);
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

static bool writes_a_file(const struct shell_command *command)
{
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        if (redirect->op.len && redirect->op.at[0] == '>' &&
            !str_starts(redirect->target.value, STR("/dev/")) &&
            !str_starts(redirect->op, STR(">&")))
            return true;
    }
    return false;
}

/* The secret is a variable: all variables written to a file, or it by its name. */
static void check_env_leak(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, str name)
{
    str plain = str_cat(facts->arena, STR("$"), name);
    str braced = str_fmt(facts->arena, "${%.*s}", STR_ARG(name));
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        bool dumps = STR_IN(command->name, "env", "printenv", "set") ||
                     (str_eq(command->name, STR("export")) && shell_option(command, "-p"));
        bool names = false;
        VEC_EACH(struct shell_word, word, command->argv) {
            names = names || str_has(word->raw, plain) || str_has(word->raw, braced);
        }
        if ((dumps || (names && STR_IN(command->name, "echo", "printf"))) && writes_a_file(command))
            found(sink, command->at, "the secret '%.*s' is written into the layer", STR_ARG(name));
    }
}

static void check_leak(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type != MOUNT_SECRET)
            continue;
        if (mount->env.len)
            check_env_leak(facts, sink, step, mount->env);
        str path = mount_path(facts, mount);
        for (uint32_t i = 0; i < step->command_count; i++) {
            const struct shell_command *command = &step->commands[i];
            bool reads = false, writes = writes_a_file(command);
            VEC_EACH(struct shell_word, word, command->argv) {
                reads = reads || str_eq(word->value, path);
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
            struct package_command package = step_package(facts, step, &step->commands[k]);
            if (package.verb == PACKAGE_INSTALL &&
                str_eq(str_from(package.manager), str_from(manager)))
                return step;
        }
    }
    return NULL;
}

/* Does this install ask no registry, or another one than the project's: files, tools for everybody?
 * */
static bool needs_no_registry(const struct shell_command *command,
                              const struct package_command *package)
{
    static const char *const options[] = {"--no-index", "--offline", "-g", "--global"};
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if (shell_option(command, options[i]))
            return true;
    bool files = package->packages.count > 0;
    VEC_EACH(struct shell_word, word, package->packages) {
        str text = word->known ? word->value : word->prefix;
        files = files && (str_starts(text, STR("/")) || str_starts(text, STR(".")) ||
                          str_has(text, STR(".whl")));
    }
    return files && !shell_option(command, "-r");
}

static void check_mount_missing(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step, const struct shell_command *command)
{
    if (has_secret_mount(step))
        return;
    struct package_command package = step_package(facts, step, command);
    if (package.verb != PACKAGE_INSTALL ||
        !STR_IN(str_from(package.manager), "npm", "yarn", "pnpm", "bun", "pip", "poetry", "uv",
                "bundle", "composer", "go", "cargo", "nuget", "dotnet") ||
        needs_no_registry(command, &package))
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
     .source = "Docker: build secrets",
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
     .source = "Dockerfile reference, RUN --mount=type=secret",
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
