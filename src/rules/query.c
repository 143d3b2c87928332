#include "rules/questions.h"

/* Questions that many rules ask of one step or one command. */

const struct stage_facts *step_stage(const struct facts *facts, const struct step_facts *step)
{
    return step->stage < facts->stage_count ? &facts->stages[step->stage] : NULL;
}

const struct step_facts *step_look_first(const struct facts *facts, const struct step_facts *step)
{
    return step - facts->steps > LOOK_STEPS_MAX ? step - LOOK_STEPS_MAX : facts->steps;
}

const struct step_facts *step_look_end(const struct facts *facts, const struct step_facts *step)
{
    const struct step_facts *end = facts->steps + facts->step_count;
    return end - step > LOOK_STEPS_MAX ? step + LOOK_STEPS_MAX : end;
}

bool step_is_posix(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    if (stage && stage->windows)
        return false;
    return step->shell != SHELL_KIND_POWERSHELL && step->shell != SHELL_KIND_CMD &&
           step->shell != SHELL_KIND_OTHER;
}

bool step_is_run(const struct facts *facts, const struct step_facts *step)
{
    return step->instruction->kind == INSTRUCTION_RUN && !step->instruction->broken &&
           step_is_posix(facts, step);
}

void each_run_command(const struct facts *facts, struct rule_sink *sink, command_check *check)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step_is_run(facts, step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++)
            check(facts, sink, step, &step->commands[k]);
    }
}

void each_package(const struct facts *facts, struct rule_sink *sink, package_check *check)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step->packages || !step_is_run(facts, step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++)
            if (step->packages[k].verb != PACKAGE_NONE)
                check(facts, sink, step, &step->packages[k]);
    }
}

void each_step(const struct facts *facts, struct rule_sink *sink, enum instruction_kind kind,
               step_check *check)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (!at->broken && (kind == INSTRUCTION_COUNT || at->kind == kind))
            check(facts, sink, &facts->steps[i]);
    }
}

const struct step_facts *final_step(const struct facts *facts, enum instruction_kind kind)
{
    return facts->final_steps[kind];
}

bool user_is_root(str user, const struct base_fact *base)
{
    if (!user.len)
        return !base || !base->user || !base->user[0] ||
               str_eq(str_from(base->user), STR("root")) || str_eq(str_from(base->user), STR("0"));
    str name = str_slice(user, 0, str_find_char(user, ':'));
    return str_eq(name, STR("root")) || str_eq(name, STR("0"));
}

const struct mount *step_mount(const struct step_facts *step, enum mount_type type, str path)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        str target = mount->target;
        while (target.len > 1 && target.at[target.len - 1] == '/')
            target.len--;
        if (mount->type == type && target.len && path_is_in(path, target))
            return mount;
    }
    return NULL;
}

const struct shell_command *step_find(const struct step_facts *step, const char *name,
                                      const char *sub)
{
    for (uint32_t i = 0; i < step->command_count; i++)
        if (shell_is(&step->commands[i], name, sub))
            return &step->commands[i];
    return NULL;
}

bool command_has_any(const struct shell_command *command, const char *options)
{
    str rest = str_from(options), option;
    char text[32];
    while (str_next_word(&rest, &option)) {
        size_t length = option.len < sizeof(text) - 1 ? option.len : sizeof(text) - 1;
        for (size_t i = 0; i < length; i++)
            text[i] = option.at[i];
        text[length] = '\0';
        if (shell_option(command, text))
            return true;
    }
    return false;
}

static bool removal_covers(str operand, str path)
{
    while (str_ends(operand, STR("/*")) || str_ends(operand, STR("/.")) ||
           (operand.len > 1 && operand.at[operand.len - 1] == '/'))
        operand.len -= operand.at[operand.len - 1] == '/' ? 1 : 2;
    if (!operand.len)
        return false;
    if (path_is_in(path, operand))
        return true;
    /* rm of something below the path: "/var/lib/apt/lists/deb.debian.org_*" */
    if (operand.len > path.len && path_is_in(operand, path))
        return true;
    return glob_is_pattern(operand) && glob_match(operand, path);
}

bool command_removes(const struct shell_command *command, str path)
{
    bool find = shell_is(command, "find", NULL) && shell_option(command, "-delete");
    bool find_exec = shell_is(command, "rm", NULL) && (command->via & SHELL_VIA_FIND);
    if (!find && !find_exec && !STR_IN(command->name, "rm", "rmdir", "unlink", "shred"))
        return false;
    const struct shell_words *words = find_exec ? &command->words : &command->argv;
    for (uint32_t i = 1; i < words->count; i++) {
        const struct shell_word *word = &words->at[i];
        str text = word->known ? word->value : word->raw;
        if (str_starts(text, STR("-")) && (find || find_exec))
            break;
        if (!str_starts(text, STR("-")) && removal_covers(text, path))
            return true;
    }
    return false;
}

/* -- package managers -------------------------------------------------------------------------- */

struct manager_verb {
    const char *manager, *sub;
    enum package_verb verb;
    const char *second; /* a further word that must follow: "mod" "download" */
};

/* The first row that fits wins. sub NULL: no subcommand at all. */
static const struct manager_verb manager_verbs[] = {
    {"apt-get", "install", PACKAGE_INSTALL, NULL},
    {"apt-get", "update", PACKAGE_UPDATE, NULL},
    {"apt-get", "upgrade", PACKAGE_UPGRADE, NULL},
    {"apt-get", "dist-upgrade", PACKAGE_UPGRADE, NULL},
    {"apt-get", "full-upgrade", PACKAGE_UPGRADE, NULL},
    {"apt-get", "clean", PACKAGE_CLEAN, NULL},
    {"apt-get", "autoclean", PACKAGE_CLEAN, NULL},
    {"apt-get", "distclean", PACKAGE_CLEAN, NULL},
    {"apt-get", "remove", PACKAGE_REMOVE, NULL},
    {"apt-get", "purge", PACKAGE_REMOVE, NULL},
    {"apt-get", "autoremove", PACKAGE_REMOVE, NULL},
    {"apk", "add", PACKAGE_INSTALL, NULL},
    {"apk", "update", PACKAGE_UPDATE, NULL},
    {"apk", "upgrade", PACKAGE_UPGRADE, NULL},
    {"apk", "del", PACKAGE_REMOVE, NULL},
    {"apk", "cache", PACKAGE_CLEAN, NULL},
    {"yum", "install", PACKAGE_INSTALL, NULL},
    {"yum", "in", PACKAGE_INSTALL, NULL},
    {"yum", "reinstall", PACKAGE_INSTALL, NULL},
    {"yum", "rei", PACKAGE_INSTALL, NULL},
    {"yum", "localinstall", PACKAGE_INSTALL, NULL},
    {"yum", "groupinstall", PACKAGE_INSTALL, NULL},
    {"yum", "module", PACKAGE_INSTALL, "install"},
    {"yum", "makecache", PACKAGE_UPDATE, NULL},
    {"yum", "update", PACKAGE_UPGRADE, NULL},
    {"yum", "upgrade", PACKAGE_UPGRADE, NULL},
    {"yum", "up", PACKAGE_UPGRADE, NULL},
    {"yum", "upgrade-minimal", PACKAGE_UPGRADE, NULL},
    {"yum", "up-min", PACKAGE_UPGRADE, NULL},
    {"yum", "clean", PACKAGE_CLEAN, NULL},
    {"yum", "remove", PACKAGE_REMOVE, NULL},
    {"yum", "erase", PACKAGE_REMOVE, NULL},
    {"zypper", "install", PACKAGE_INSTALL, NULL},
    {"zypper", "in", PACKAGE_INSTALL, NULL},
    {"zypper", "refresh", PACKAGE_UPDATE, NULL},
    {"zypper", "ref", PACKAGE_UPDATE, NULL},
    {"zypper", "update", PACKAGE_UPGRADE, NULL},
    {"zypper", "up", PACKAGE_UPGRADE, NULL},
    {"zypper", "dist-upgrade", PACKAGE_UPGRADE, NULL},
    {"zypper", "dup", PACKAGE_UPGRADE, NULL},
    {"zypper", "patch", PACKAGE_UPGRADE, NULL},
    {"zypper", "clean", PACKAGE_CLEAN, NULL},
    {"zypper", "cc", PACKAGE_CLEAN, NULL},
    {"zypper", "remove", PACKAGE_REMOVE, NULL},
    {"zypper", "rm", PACKAGE_REMOVE, NULL},
    {"pip", "install", PACKAGE_INSTALL, NULL},
    {"pip", "wheel", PACKAGE_INSTALL, NULL},
    {"pip", "download", PACKAGE_INSTALL, NULL},
    {"pip", "cache", PACKAGE_CLEAN, NULL},
    {"pip", "uninstall", PACKAGE_REMOVE, NULL},
    {"npm", "ci", PACKAGE_INSTALL, NULL},
    {"npm", "clean-install", PACKAGE_INSTALL, NULL},
    {"npm", "install", PACKAGE_INSTALL, NULL},
    {"npm", "i", PACKAGE_INSTALL, NULL},
    {"npm", "add", PACKAGE_INSTALL, NULL},
    {"npm", "update", PACKAGE_UPGRADE, NULL},
    {"npm", "cache", PACKAGE_CLEAN, NULL},
    {"npm", "prune", PACKAGE_REMOVE, NULL},
    {"npm", "uninstall", PACKAGE_REMOVE, NULL},
    {"yarn", NULL, PACKAGE_INSTALL, NULL},
    {"yarn", "install", PACKAGE_INSTALL, NULL},
    {"yarn", "add", PACKAGE_INSTALL, NULL},
    {"yarn", "workspaces", PACKAGE_INSTALL, "focus"},
    {"yarn", "global", PACKAGE_INSTALL, "add"},
    {"yarn", "cache", PACKAGE_CLEAN, NULL},
    {"pnpm", "install", PACKAGE_INSTALL, NULL},
    {"pnpm", "i", PACKAGE_INSTALL, NULL},
    {"pnpm", "add", PACKAGE_INSTALL, NULL},
    {"pnpm", "fetch", PACKAGE_INSTALL, NULL},
    {"pnpm", "store", PACKAGE_CLEAN, "prune"},
    {"bun", "install", PACKAGE_INSTALL, NULL},
    {"bun", "i", PACKAGE_INSTALL, NULL},
    {"bun", "add", PACKAGE_INSTALL, NULL},
    {"gem", "install", PACKAGE_INSTALL, NULL},
    {"gem", "cleanup", PACKAGE_CLEAN, NULL},
    {"bundle", "install", PACKAGE_INSTALL, NULL},
    {"composer", "install", PACKAGE_INSTALL, NULL},
    {"composer", "require", PACKAGE_INSTALL, NULL},
    {"composer", "update", PACKAGE_INSTALL, NULL},
    {"composer", "clear-cache", PACKAGE_CLEAN, NULL},
    {"composer", "clearcache", PACKAGE_CLEAN, NULL},
    {"poetry", "install", PACKAGE_INSTALL, NULL},
    {"poetry", "add", PACKAGE_INSTALL, NULL},
    {"poetry", "cache", PACKAGE_CLEAN, NULL},
    {"pipenv", "install", PACKAGE_INSTALL, NULL},
    {"pipenv", "sync", PACKAGE_INSTALL, NULL},
    {"uv", "sync", PACKAGE_INSTALL, NULL},
    {"uv", "pip", PACKAGE_INSTALL, "install"},
    {"uv", "pip", PACKAGE_INSTALL, "sync"},
    {"uv", "tool", PACKAGE_INSTALL, "install"},
    {"uv", "cache", PACKAGE_CLEAN, NULL},
    {"conda", "install", PACKAGE_INSTALL, NULL},
    {"conda", "create", PACKAGE_INSTALL, NULL},
    {"conda", "env", PACKAGE_INSTALL, NULL},
    {"conda", "clean", PACKAGE_CLEAN, NULL},
    {"conda", "update", PACKAGE_UPGRADE, NULL},
    {"go", "mod", PACKAGE_INSTALL, "download"},
    {"go", "get", PACKAGE_INSTALL, NULL},
    {"go", "install", PACKAGE_INSTALL, NULL},
    {"go", "clean", PACKAGE_CLEAN, NULL},
    {"cargo", "fetch", PACKAGE_INSTALL, NULL},
    {"cargo", "install", PACKAGE_INSTALL, NULL},
    {"nuget", "restore", PACKAGE_INSTALL, NULL},
    {"dotnet", "restore", PACKAGE_INSTALL, NULL},
};

/* Programs that behave as another one of the table. */
static const struct {
    const char *name, *as;
} manager_twins[] = {
    {"apt", "apt-get"},      {"aptitude", "apt-get"}, {"dnf", "yum"},      {"dnf5", "yum"},
    {"microdnf", "yum"},     {"tdnf", "yum"},         {"pip3", "pip"},     {"pip2", "pip"},
    {"pip3.11", "pip"},      {"pip3.12", "pip"},      {"pip3.13", "pip"},  {"mamba", "conda"},
    {"micromamba", "conda"}, {"bundler", "bundle"},   {"yarnpkg", "yarn"},
};

static const char *manager_name(str name, const char **out_reported)
{
    char first = name.at[0];
    for (size_t i = 0; i < ARRAY_COUNT(manager_twins); i++)
        if (manager_twins[i].name[0] == first && str_eq(name, str_from(manager_twins[i].name))) {
            bool own = str_starts(name, STR("apt")) || str_ends(name, STR("dnf")) ||
                       str_ends(name, STR("mamba"));
            *out_reported = own ? manager_twins[i].name : manager_twins[i].as;
            return manager_twins[i].as;
        }
    for (size_t i = 0; i < ARRAY_COUNT(manager_verbs); i++)
        if (manager_verbs[i].manager[0] == first &&
            str_eq(name, str_from(manager_verbs[i].manager)))
            return *out_reported = manager_verbs[i].manager;
    return NULL;
}

/* Is `second` the word behind the subcommand? */
static bool second_word_is(const struct shell_command *command, const struct shell_word *sub,
                           const char *second)
{
    bool seen = false;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (seen && word->known && !str_starts(word->value, STR("-")))
            return str_eq(word->value, str_from(second));
        seen = seen || word->at.start == sub->at.start;
    }
    return false;
}

/* `python -m pip install x` is pip. */
static const struct shell_command *module_command(struct arena *arena,
                                                  const struct shell_command *command)
{
    if (!str_starts(command->name, STR("python")) || command->argv.count < 3 ||
        !str_eq(command->argv.at[1].value, STR("-m")) ||
        !STR_IN(command->argv.at[2].value, "pip", "pipenv", "poetry", "uv"))
        return command;
    struct shell_command *inner = NEW(arena, struct shell_command);
    *inner = *command;
    inner->argv.at += 2;
    inner->argv.count -= 2;
    inner->argv.capacity = inner->argv.count;
    inner->name = inner->argv.at[0].value;
    return inner;
}

/* It says what it would do, and does nothing. */
static bool only_simulates(const struct shell_command *command)
{
    if (str_starts(command->name, STR("apt")))
        return shell_option(command, "-s") || shell_option(command, "--simulate") ||
               shell_option(command, "--dry-run") || shell_option(command, "--print-uris");
    return str_eq(command->name, STR("apk")) && shell_option(command, "--simulate");
}

struct package_command step_package(const struct facts *facts, const struct step_facts *step,
                                    const struct shell_command *command)
{
    bool known = step->packages && command >= step->commands &&
                 command < step->commands + step->command_count;
    return known ? step->packages[command - step->commands]
                 : package_command_of(facts->arena, command);
}

/* The row of the manager's command; NULL when it has none. */
static const struct manager_verb *verb_of(const struct shell_command *command, const char *manager,
                                          const struct shell_word *sub)
{
    for (size_t i = 0; i < ARRAY_COUNT(manager_verbs); i++) {
        const struct manager_verb *row = &manager_verbs[i];
        if (row->manager[0] != manager[0] || !str_eq(str_from(row->manager), str_from(manager)))
            continue;
        bool fits = row->sub ? sub && str_eq(sub->value, str_from(row->sub))
                             : !sub && command->argv.count == 1;
        if (fits && (!row->second || second_word_is(command, sub, row->second)))
            return row;
    }
    return NULL;
}

struct package_command package_command_of(struct arena *arena, const struct shell_command *command)
{
    command = module_command(arena, command);
    struct package_command result = {.command = command};
    const char *reported = NULL;
    const char *manager = command->name.len ? manager_name(command->name, &reported) : NULL;
    if (!manager)
        return result;
    const struct shell_word *sub = shell_subcommand(command);
    const struct manager_verb *row = verb_of(command, manager, sub);
    if (!row || only_simulates(command))
        return result;
    result.manager = reported;
    result.verb = row->verb;
    if (result.verb != PACKAGE_INSTALL)
        return result;
    struct shell_words operands = shell_operands(arena, command, true);
    bool two = str_eq(str_from(manager), STR("uv")) ||
               (sub && STR_IN(sub->value, "mod", "module", "global", "tool", "workspaces"));
    for (uint32_t i = two && operands.count ? 1 : 0; i < operands.count; i++)
        vec_push(arena, &result.packages, operands.at[i]);
    return result;
}

/* -- paths ------------------------------------------------------------------------------------- */

str step_path(const struct facts *facts, const struct step_facts *step, str path)
{
    if (!path.len || str_has_char(path, '$'))
        return STR("");
    if (path.at[0] == '/')
        return path_clean(facts->arena, path);
    return step->workdir_known ? path_join(facts->arena, step->workdir, path) : STR("");
}

bool step_mentions(const struct facts *facts, const struct step_facts *step, str path)
{
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        VEC_EACH(struct shell_word, word, command->argv) {
            str absolute = step_path(facts, step, word->known ? word->value : word->prefix);
            if (absolute.len && path_is_in(absolute, path))
                return true;
        }
        VEC_EACH(struct shell_redirect, redirect, command->redirects) {
            str absolute = step_path(facts, step, redirect->target.value);
            if (absolute.len && path_is_in(absolute, path))
                return true;
        }
    }
    return false;
}

bool cleans_behind(const struct step_facts *step, const struct package_command *package)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *other = &step->packages[k];
        if (other->verb == PACKAGE_CLEAN && other->command->at.start > package->command->at.start &&
            str_eq(str_from(other->manager), str_from(package->manager)))
            return true;
    }
    return false;
}
