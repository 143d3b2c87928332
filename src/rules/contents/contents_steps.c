#include "rules/contents/contents_parts.h"

/*
 * What each step may put where. Commands are told apart by how far they reach: nothing new, the
 * directories of the distribution, the place they run in, paths that they name, or anything.
 */

static void put_anything(struct contents_maker *maker)
{
    contents_put(maker, PUT_ANYTHING, STR(""));
}

static const struct shell_command *command_of(const struct contents_maker *maker)
{
    return &maker->step->commands[maker->command];
}

static str path_of(const struct contents_maker *maker, const struct shell_word *word)
{
    return trace_path(maker->facts, maker->step, command_of(maker), word);
}

/* The path that an option names; "" when it is not known, or not given. */
static str option_path(const struct contents_maker *maker, const char *option)
{
    str value;
    if (!shell_option_value(command_of(maker), option, &value) || str_has_char(value, '$'))
        return STR("");
    str directory = maker->step->directories[maker->command];
    if (!str_starts(value, STR("/")) && !directory.len)
        return STR("");
    return path_join(maker->facts->arena, directory, value);
}

/* The top directory of the place where the command runs: workspaces write beside their members.
 * "" when it is not known, or the root itself. */
static str top_directory(const struct contents_maker *maker)
{
    str directory = maker->step->directories[maker->command];
    size_t slash = directory.len > 1 ? str_find_char(str_from_index(directory, 1), '/') : 0;
    str top = slash == STR_MISSING ? directory : str_slice(directory, 0, slash + 1);
    return top.len > 1 ? top : STR("");
}

/* Anything below that, and in the directories of the distribution. */
static void put_here(struct contents_maker *maker)
{
    contents_put(maker, PUT_SYSTEM, STR(""));
    contents_put(maker, PUT_BELOW, top_directory(maker));
}

/* What tools keep for themselves. */
static void put_caches(struct contents_maker *maker)
{
    static const char *const caches[] = {"/root", "/home", "/tmp"};
    for (size_t i = 0; i < ARRAY_COUNT(caches); i++)
        contents_put(maker, PUT_BELOW, str_from(caches[i]));
}

static void put_install(struct contents_maker *maker)
{
    put_caches(maker);
    str top = top_directory(maker);
    struct put *made =
        contents_put(maker, PUT_INSTALL, top.len ? maker->step->directories[maker->command] : top);
    if (made->kind == PUT_INSTALL)
        made->source = top;
}

bool command_is_certain(const struct shell_command *command)
{
    const uint32_t perhaps = SHELL_IN_CONDITION | SHELL_IN_BRANCH | SHELL_IN_LOOP |
                             SHELL_IN_FUNCTION | SHELL_IN_SUBST | SHELL_AFTER_OR | SHELL_GUARDED |
                             SHELL_NEGATED;
    return !(command->context & perhaps) &&
           !(command->via & (SHELL_VIA_FIND | SHELL_VIA_XARGS | SHELL_VIA_OTHER));
}

/* -- commands that name what they write -------------------------------------------------------- */

static void put_operands(struct contents_maker *maker, enum put_kind kind)
{
    const struct shell_command *command = command_of(maker);
    struct shell_words operands = shell_operands(maker->facts->arena, command, false);
    VEC_EACH(struct shell_word, word, operands) {
        struct put *made = contents_put(maker, kind, path_of(maker, word));
        made->sure = made->kind == PUT_PATH && word->known && command_is_certain(command);
    }
}

/* cp, mv, install, ln: the target, whatever of it. */
static void put_target(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    struct shell_words operands = shell_operands(maker->facts->arena, command, false);
    if (str_eq(command->name, STR("install")) && shell_option(command, "-d"))
        put_operands(maker, PUT_PATH);
    else if (shell_option(command, "-t") || shell_option(command, "--target-directory") ||
             operands.count < 2)
        put_anything(maker);
    else if (str_eq(command->name, STR("ln")))
        put_operands(maker, PUT_BELOW); /* what is written through the link stands behind it */
    else
        contents_put(maker, PUT_BELOW, path_of(maker, vec_last(&operands)));
}

/* Where traces know what the command writes; else `otherwise`. */
static void put_traced(struct contents_maker *maker,
                       void (*otherwise)(struct contents_maker *maker))
{
    bool any = false;
    VEC_EACH(struct trace, trace, maker->step->traces) {
        bool writes = trace->kind != TRACE_REMOVED && trace->kind != TRACE_MOVED;
        if (trace->command != command_of(maker) || !writes || trace->kind == TRACE_TEXT ||
            trace->guess)
            continue;
        contents_put(maker, trace->tree ? PUT_BELOW : PUT_PATH, trace->path);
        any = true;
    }
    if (!any)
        otherwise(maker);
}

static void put_download(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    bool curl = str_eq(command->name, STR("curl"));
    /* Several files, or one that the server names. */
    bool tree = command_has_any(command, curl ? "-J --remote-header-name --remote-name-all -K"
                                              : "-r -m -i --recursive --content-disposition");
    bool quiet = curl ? !command_has_any(command, "-o --output -O --remote-name --config")
                      : shell_option(command, "--spider") != NULL;
    str output;
    bool standard = shell_option_value(command, curl ? "-o" : "-O", &output) &&
                    (STR_IN(output, "-", "/dev/null", "/dev/stdout"));
    if (tree)
        put_here(maker);
    else if (!quiet && !standard)
        put_traced(maker, put_here);
}

static void put_tar(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    bool lists = shell_option(command, "-t") || shell_option(command, "--list");
    if (!lists || shell_option(command, "-x"))
        put_traced(maker, put_anything);
}

static void put_git(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    if (shell_option(command, "-C") || shell_option(command, "--git-dir"))
        put_anything(maker);
    else if (shell_is(command, "git", "config"))
        contents_put(maker, PUT_SYSTEM, STR(""));
    else
        put_traced(maker, shell_is(command, "git", "clone") ? put_anything : put_here);
}

/* -- builds ------------------------------------------------------------------------------------ */

/* The value of -o as a file, or as a directory of any files. */
static void put_output(struct contents_maker *maker, const char *option)
{
    const struct shell_command *command = command_of(maker);
    str value, path = option_path(maker, option);
    if (!shell_option_value(command, option, &value))
        return;
    if (STR_IN(value, "/dev/null", "-"))
        return;
    contents_put(maker, PUT_BELOW, path);
}

static bool declares(const struct contents_maker *maker, const char *variable)
{
    if (dockerfile_variable(maker->facts->file, maker->step->instruction, str_from(variable)))
        return true;
    VEC_EACH(struct shell_assign, assign, command_of(maker)->assigns) {
        if (str_eq(assign->name, str_from(variable)))
            return true;
    }
    return false;
}

static void put_go(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    const struct shell_word *sub = shell_subcommand(command);
    str verb = sub ? sub->value : STR("");
    if (declares(maker, "GOBIN") || declares(maker, "GOPATH") || declares(maker, "GOMODCACHE") ||
        declares(maker, "GOFLAGS") || shell_option(command, "-C") ||
        STR_IN(verb, "generate", "run", "test", "tool", "work", "")) {
        put_anything(maker);
        return;
    }
    contents_put(maker, PUT_SYSTEM, STR(""));
    contents_put(maker, PUT_BELOW, STR("/go/pkg"));
    contents_put(maker, PUT_BELOW, STR("/go/bin"));
    if (str_eq(verb, STR("build")) && shell_option(command, "-o"))
        put_output(maker, "-o");
    else if (!STR_IN(verb, "install", "env", "version", "vet", "list", "clean"))
        put_here(maker);
}

static void put_cargo(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    const struct shell_word *sub = shell_subcommand(command);
    bool known = sub && STR_IN(sub->value, "build", "b", "check", "clippy", "fetch", "install",
                               "init", "new", "clean", "update", "generate-lockfile", "vendor");
    if (!known || declares(maker, "CARGO_TARGET_DIR") || declares(maker, "CARGO_HOME") ||
        shell_option(command, "--target-dir") || shell_option(command, "--manifest-path") ||
        shell_option(command, "--root") || shell_option(command, "--out-dir"))
        put_anything(maker);
    else
        put_here(maker);
}

static void put_dotnet(struct contents_maker *maker)
{
    put_output(maker, "-o");
    put_output(maker, "--output");
    put_output(maker, "--packages");
    put_output(maker, "--tool-path");
    const struct shell_command *command = command_of(maker);
    const struct shell_word *sub = shell_subcommand(command);
    bool known = sub && STR_IN(sub->value, "restore", "build", "publish", "new", "add", "tool");
    VEC_EACH(struct shell_word, word, command->argv) {
        known = known && !str_has(word->raw, STR("..")) && !str_has(word->raw, STR("-p:")) &&
                !str_has(word->raw, STR("/p:")) && !str_has(word->raw, STR("--artifacts"));
    }
    if (known)
        put_here(maker);
    else
        put_anything(maker);
}

/* python -m venv DIR; every other script is not known. */
static void put_python(struct contents_maker *maker)
{
    const struct shell_words *argv = &command_of(maker)->argv;
    if (argv->count == 2 && STR_IN(argv->at[1].value, "--version", "-V"))
        return;
    if (argv->count < 4 || !str_eq(argv->at[1].value, STR("-m")) ||
        !STR_IN(argv->at[2].value, "venv", "virtualenv")) {
        put_anything(maker);
        return;
    }
    for (uint32_t i = 3; i < argv->count; i++)
        if (!str_starts(argv->at[i].value, STR("-")))
            contents_put(maker, PUT_BELOW, path_of(maker, &argv->at[i]));
}

/* -- packages ---------------------------------------------------------------------------------- */

static void put_pip(struct contents_maker *maker)
{
    static const char *const targets[] = {"--target",    "-t",       "--prefix", "--root",
                                          "--dest",      "-d",       "--src",    "-w",
                                          "--wheel-dir", "--report", "--log"};
    const struct shell_command *command = command_of(maker);
    contents_put(maker, PUT_SYSTEM, STR(""));
    bool named = false;
    for (size_t i = 0; i < ARRAY_COUNT(targets); i++)
        if (shell_option(command, targets[i])) {
            contents_put(maker, PUT_BELOW, option_path(maker, targets[i]));
            named = true;
        }
    bool here = shell_option(command, "-e") || shell_option(command, "--editable");
    VEC_EACH(struct shell_word, word, command->argv) {
        here = here || str_starts(word->raw, STR(".")) || str_starts(word->raw, STR("-e")) ||
               (STR_IN(word->value, "wheel", "download") && !named);
    }
    if (here)
        put_here(maker);
}

/* Some option sends what it installs to another place. */
static bool installs_elsewhere(const struct shell_command *command, str manager)
{
    return command_has_any(command,
                           "--root --installroot --prefix --cwd --dir --directory --project "
                           "--downloaddir --destdir --path --working-dir --modules-folder "
                           "--virtual-store-dir --install-dir --bindir -OutputDirectory") ||
           (str_eq(manager, STR("apk")) && shell_option(command, "-p")) ||
           (STR_IN(manager, "npm", "pnpm", "poetry") && shell_option(command, "-C")) ||
           (STR_IN(manager, "gem", "composer") && command_has_any(command, "-i -n -d"));
}

/* Managers of a project: node's, and those that install beside the manifest. */
static void put_project(struct contents_maker *maker, enum package_verb verb, bool node)
{
    if (verb == PACKAGE_CLEAN)
        put_caches(maker);
    else if (command_has_any(command_of(maker), "-g --global"))
        contents_put(maker, PUT_SYSTEM, STR(""));
    else if (node && verb == PACKAGE_INSTALL)
        put_install(maker);
    else
        put_here(maker);
}

static void put_package(struct contents_maker *maker, const struct package_command *package)
{
    str manager = str_from(package->manager);
    bool node = STR_IN(manager, "npm", "yarn", "pnpm", "bun");
    if (str_eq(manager, STR("pip")))
        put_pip(maker);
    else if (installs_elsewhere(command_of(maker), manager) ||
             STR_IN(manager, "uv", "conda", "mamba", "micromamba"))
        put_anything(maker);
    else if (str_eq(manager, STR("go")))
        put_go(maker);
    else if (str_eq(manager, STR("cargo")))
        put_cargo(maker);
    else if (str_eq(manager, STR("dotnet")))
        put_dotnet(maker);
    else if (node || STR_IN(manager, "bundle", "composer", "poetry", "pipenv", "nuget"))
        put_project(maker, package->verb, node);
    else
        contents_put(maker, PUT_SYSTEM, STR(""));
}

/* -- one command ------------------------------------------------------------------------------- */

/* Users' homes may be anywhere. */
static void put_home(struct contents_maker *maker)
{
    static const char *const options[] = {"-d", "-h", "--home", "--home-dir", "-b", "--base-dir"};
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        str value;
        if (shell_option_value(command_of(maker), options[i], &value) &&
            str_starts(value, STR("/")))
            contents_put(maker, PUT_BELOW, option_path(maker, options[i]));
    }
}

static void put_gpg(struct contents_maker *maker)
{
    contents_put(maker, PUT_SYSTEM, STR(""));
    put_output(maker, "-o");
    put_output(maker, "--output");
    if (shell_option(command_of(maker), "--homedir"))
        contents_put(maker, PUT_BELOW, option_path(maker, "--homedir"));
}

static bool has_raw(const struct shell_command *command, const char *part)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_has(word->raw, str_from(part)))
            return true;
    }
    return false;
}

static void put_paths(struct contents_maker *maker)
{
    put_operands(maker, PUT_PATH);
}

static void put_maven(struct contents_maker *maker)
{
    if (command_has_any(command_of(maker), "-f --file"))
        put_anything(maker);
    else
        put_here(maker);
}

static void put_user(struct contents_maker *maker)
{
    put_home(maker);
    contents_put(maker, PUT_SYSTEM, STR(""));
}

static void put_sed(struct contents_maker *maker)
{
    if (has_raw(command_of(maker), "w "))
        put_anything(maker);
}

static void put_awk(struct contents_maker *maker)
{
    if (has_raw(command_of(maker), ">"))
        put_anything(maker);
}

static void put_sourced(struct contents_maker *maker)
{
    if (!has_raw(command_of(maker), "/etc/os-release"))
        put_anything(maker);
}

static const struct {
    const char *names;
    void (*put)(struct contents_maker *maker);
} put_rows[] = {
    {"adduser useradd usermod", put_user},
    {"mkdir touch tee", put_paths},
    {"cp mv install ln", put_target},
    {"curl wget", put_download},
    {"tar unzip", put_tar},
    {"git", put_git},
    {"go", put_go},
    {"cargo", put_cargo},
    {"dotnet", put_dotnet},
    {"mvn mvnw", put_maven},
    {"python python3", put_python},
    {"gpg", put_gpg},
    {"sed", put_sed},
    {"awk gawk mawk", put_awk},
    {". source", put_sourced},
};

/* `apt-get download`, `dpkg -x FILE DIRECTORY`: not into the system. */
static bool leaves_system(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (STR_IN(word->value, "download", "source", "fetch", "unpack", "build", "-x", "-X", "-e",
                   "--extract", "--vextract", "--control", "--root", "--installroot", "--instdir",
                   "--relocate", "--prefix", "-R") ||
            str_starts(word->value, STR("--root=")) || str_starts(word->value, STR("--prefix=")))
            return true;
    }
    return false;
}

static void put_by_name(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    if (!command->argv.count || program_is_harmless(command->name))
        return;
    for (size_t i = 0; i < ARRAY_COUNT(put_rows); i++)
        if (str_is_listed(put_rows[i].names, command->name)) {
            put_rows[i].put(maker);
            return;
        }
    if (program_is_system_wide(command->name) && !leaves_system(command))
        contents_put(maker, PUT_SYSTEM, STR(""));
    else
        put_anything(maker);
}

static void put_redirect(struct contents_maker *maker, const struct shell_redirect *redirect)
{
    if (!str_has_char(redirect->op, '>') || STR_IN(redirect->target.value, "1", "2", "-"))
        return;
    str path = path_of(maker, &redirect->target);
    if (!path_is_in(path, STR("/dev")))
        contents_put(maker, PUT_PATH, path);
}

/* Sure removals take their path away. */
static void put_removals(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    if (!STR_IN(command->name, "rm", "mv", "unlink") || !command_is_certain(command))
        return;
    VEC_EACH(struct trace, trace, maker->step->traces) {
        bool gone = trace->kind == TRACE_REMOVED || trace->kind == TRACE_MOVED;
        bool certain = !str_has_char(trace->path, '$') && !glob_is_pattern(trace->path);
        if (trace->command == command && gone && certain)
            contents_put(maker, PUT_REMOVED, trace->path);
    }
}

static void put_command(struct contents_maker *maker)
{
    const struct shell_command *command = command_of(maker);
    const struct package_command *package = &maker->step->packages[maker->command];
    put_removals(maker);
    if (contents_is_lost(maker))
        return;
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        put_redirect(maker, redirect);
    }
    if (package->verb != PACKAGE_NONE)
        put_package(maker, package);
    else
        put_by_name(maker);
}

/* Redirections of groups and loops ("done > file") stand in the tree alone. */
static bool writes_from_compound(const struct shell_node *node)
{
    VEC_EACH(struct shell_redirect, redirect, node->redirects) {
        if (str_has_char(redirect->op, '>') && node->kind != SHELL_NODE_SIMPLE &&
            !str_starts(redirect->target.value, STR("/dev/")) &&
            !STR_IN(redirect->target.value, "1", "2"))
            return true;
    }
    VEC_EACH(struct shell_node *, child, node->children) {
        if (writes_from_compound(*child)) /* as deep as the parser goes: LIMIT_NESTING */
            return true;
    }
    return false;
}

static void put_run(struct contents_maker *maker)
{
    const struct step_facts *step = maker->step;
    const struct script *script = step->script;
    bool known = step->packages && step->directories && step_is_posix(maker->facts, step) &&
                 (step->instruction->json ||
                  (script && !script->problems.count && !script->functions.count &&
                   !writes_from_compound(script->root)));
    if (!known) {
        put_anything(maker);
        return;
    }
    const struct put_list *puts = &maker->contents->puts;
    for (uint32_t k = 0; k < step->command_count; k++) {
        if (contents_is_lost(maker) && puts->count - maker->stage_first > PUTS_STAGE_MAX)
            return; /* more is not kept of a stage */
        maker->command = k;
        put_command(maker);
    }
}

static void put_step(struct contents_maker *maker)
{
    const struct instruction *at = maker->step->instruction;
    const struct stage_facts *stage = step_stage(maker->facts, maker->step);
    maker->command = 0;
    if (!stage || at->kind == INSTRUCTION_FROM)
        return;
    if (at->broken || stage->windows || at->kind == INSTRUCTION_ONBUILD)
        put_anything(maker);
    else if (at->kind == INSTRUCTION_RUN)
        put_run(maker);
    else
        contents_put_instruction(maker);
}

void contents_make(struct facts *facts)
{
    struct contents *contents = NEW(facts->arena, struct contents);
    contents->first = NEW_ARRAY(facts->arena, uint32_t, facts->step_count + 1);
    struct contents_maker maker = {.facts = facts, .contents = contents};
    for (uint32_t i = 0; i < facts->step_count; i++) {
        maker.step = &facts->steps[i];
        contents->first[i] = contents->puts.count;
        if (!i || maker.step->stage != facts->steps[i - 1].stage)
            maker.stage_first = contents->puts.count;
        put_step(&maker);
    }
    contents->first[facts->step_count] = contents->puts.count;
    facts->contents = contents;
}
