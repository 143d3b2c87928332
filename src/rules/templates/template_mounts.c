#include "rules/families.h"

#include "base/buf.h"
#include "rules/repository.h"
#include "rules/templates.h"

/*
 * RUN without a cache mount: what its package managers download is mounted, at the directory that
 * the tool uses for the step's user and settings, and what would empty the mount is taken away.
 */

struct mount_row {
    const char *program, *subs; /* subs NULL: any; "-" the bare command */
    const char *usual;          /* where its cache is; "~" is the user's home */
    const char *root;           /* where it is for root, when that is another place */
    const char *image, *there;  /* where it is in an image that moves it */
    const char *setting;        /* environment variable that moves it */
    const char *below;          /* directories below it that are mounted; NULL: itself */
    const char *options;        /* that move it, or do without: no text then */
    const char *defeats;        /* that keep nothing in it */
    const char *off;            /* environment variable that switches it off */
    bool locked;                /* the tool wants it for itself */
    bool keeps;                 /* later steps read what lies in it */
    bool system;                /* of the distribution: only when asked for */
    bool rpm;                   /* its cache is where rpm_cache_of() says */
};

#define NO_CACHE "--no-cache --no-cache-dir"

#define RPM_ROW                                                                             \
    .subs = "install localinstall groupinstall", .options = "--installroot --cacheonly -C", \
    .locked = true, .system = true, .rpm = true

/* poetry keeps its environments below its cache directory, so that only two parts are mounted.
 * /var/lib/apt holds more than lists: which packages apt installed by itself. */
static const struct mount_row mount_rows[] = {
    {.program = "npm",
     .subs = "ci clean-install install i",
     .usual = "~/.npm",
     .setting = "NPM_CONFIG_CACHE",
     .options = "--cache"},
    {.program = "yarn",
     .subs = "install -",
     .usual = "~/.cache/yarn",
     .root = "/usr/local/share/.cache/yarn",
     .setting = "YARN_CACHE_FOLDER",
     .options = "--cache-folder"},
    {.program = "pnpm",
     .subs = "install i",
     .usual = "~/.local/share/pnpm",
     .setting = "PNPM_HOME",
     .below = "store",
     .options = "--store-dir --offline"},
    {.program = "pnpm",
     .subs = "fetch",
     .usual = "~/.local/share/pnpm",
     .setting = "PNPM_HOME",
     .below = "store",
     .options = "--store-dir",
     .keeps = true},
    {.program = "bun",
     .subs = "install i",
     .usual = "~/.bun/install/cache",
     .setting = "BUN_INSTALL_CACHE_DIR",
     .options = "--cache-dir",
     .defeats = "--no-cache"},
    {.program = "pip",
     .subs = "install wheel download",
     .usual = "~/.cache/pip",
     .setting = "PIP_CACHE_DIR",
     .options = "--cache-dir",
     .defeats = NO_CACHE,
     .off = "PIP_NO_CACHE_DIR"},
    {.program = "uv",
     .subs = "sync pip",
     .usual = "~/.cache/uv",
     .setting = "UV_CACHE_DIR",
     .options = "--cache-dir",
     .defeats = "--no-cache -n",
     .off = "UV_NO_CACHE"},
    {.program = "poetry",
     .subs = "install",
     .usual = "~/.cache/pypoetry",
     .setting = "POETRY_CACHE_DIR",
     .below = "cache artifacts",
     .defeats = "--no-cache"},
    {.program = "go",
     .subs = "build install mod test get",
     .usual = "~/go/pkg/mod",
     .image = "golang",
     .there = "/go/pkg/mod",
     .setting = "GOMODCACHE",
     .options = "-mod",
     .keeps = true},
    {.program = "go",
     .subs = "build install test",
     .usual = "~/.cache/go-build",
     .setting = "GOCACHE"},
    {.program = "cargo",
     .subs = "build fetch install test check",
     .usual = "~/.cargo",
     .image = "rust",
     .there = "/usr/local/cargo",
     .setting = "CARGO_HOME",
     .below = "registry git",
     .options = "--offline",
     .keeps = true},
    {.program = "mvn", .usual = "~/.m2/repository", .options = "-o --offline", .keeps = true},
    {.program = "gradle",
     .usual = "~/.gradle",
     .setting = "GRADLE_USER_HOME",
     .below = "caches",
     .options = "-g --gradle-user-home --offline",
     .keeps = true},
    {.program = "gradlew",
     .usual = "~/.gradle",
     .setting = "GRADLE_USER_HOME",
     .below = "caches wrapper",
     .options = "-g --gradle-user-home --offline",
     .keeps = true},
    {.program = "composer",
     .subs = "install require update",
     .usual = "~/.composer/cache",
     .image = "composer",
     .there = "/tmp/cache",
     .setting = "COMPOSER_CACHE_DIR",
     .defeats = "--no-cache"},
    {.program = "dotnet",
     .subs = "restore build publish",
     .usual = "~/.nuget/packages",
     .setting = "NUGET_PACKAGES",
     .options = "--packages",
     .keeps = true},
    {.program = "nuget",
     .subs = "restore",
     .usual = "~/.nuget/packages",
     .setting = "NUGET_PACKAGES",
     .options = "-PackagesDirectory",
     .keeps = true},
    {.program = "bundle",
     .subs = "install -",
     .image = "ruby",
     .there = "/usr/local/bundle/cache",
     .options = "--path --deployment --local --no-cache",
     .off = "BUNDLE_PATH"},
    {.program = "apt-get",
     .subs = "install update upgrade",
     .usual = "/var/cache/apt",
     .locked = true,
     .system = true},
    {.program = "apt-get",
     .subs = "install update upgrade",
     .usual = "/var/lib/apt/lists",
     .locked = true,
     .system = true},
    {.program = "apk",
     .subs = "add",
     .usual = "/etc/apk/cache",
     .options = "--cache-dir --root --no-network",
     .defeats = "--no-cache",
     .locked = true,
     .system = true},
    {.program = "dnf", RPM_ROW},
    {.program = "dnf5", RPM_ROW},
    {.program = "yum", RPM_ROW},
    {.program = "microdnf", RPM_ROW},
};

/* The program as the table calls it. */
static str program_of(const struct shell_command *command)
{
    str name = command->name;
    if (str_eq(name, STR("mvnw")))
        return STR("mvn");
    if (str_eq(name, STR("apt")))
        return STR("apt-get");
    return str_starts(name, STR("pip3")) || str_eq(name, STR("pip2")) ? STR("pip") : name;
}

static bool row_fits(const struct mount_row *row, const struct shell_command *command)
{
    if (!command->name.len || command->name.at[0] != row->program[0] ||
        !str_eq(program_of(command), str_from(row->program)))
        return false;
    const struct shell_word *sub = row->subs ? shell_subcommand(command) : NULL;
    return !row->subs || str_is_listed(row->subs, sub ? sub->value : STR("-"));
}

/* The first option of a list that the command has. */
static const struct shell_word *option_of(struct arena *arena, const struct shell_command *command,
                                          const char *options)
{
    str rest = str_from(options), option;
    while (str_next_word(&rest, &option)) {
        const struct shell_word *word = shell_option(command, str_z(arena, option));
        if (word)
            return word;
    }
    return NULL;
}

/* -- what a mount would break ------------------------------------------------------------------ */

/* A program that may call any other. What an image begins is no build, if it is no script. */
static bool is_opaque(const struct shell_command *command, bool starts)
{
    if (!command->argv.count || STR_IN(command->name, "mvnw", "gradlew"))
        return false;
    return !command->name.len || str_ends(command->name, STR(".sh")) ||
           (!starts && str_has_char(command->argv.at[0].value, '/')) ||
           STR_IN(command->name, "make", "sh", "bash", "just", "task", "ninja", "cmake", "bazel",
                  "npm", "npx", "yarn", "pnpm", "ng", "dapr", "mage", "air", "goreleaser");
}

/* Does a later step read what this one downloads, without being able to mount it? */
static bool is_read_later(const struct facts *facts, const struct step_facts *step,
                          const struct mount_row *row, str target)
{
    for (const struct step_facts *at = step + 1; at < step_look_end(facts, step); at++) {
        const struct instruction *in = at->instruction;
        const struct flag *from = instruction_flag(in, "from");
        if (from && in->words.count && str_starts(in->words.at[0].raw, target) &&
            stage_find(facts->file, from->value, in->stage) == step->stage)
            return true;
        if (!template_stands_on(facts, at->stage, step->stage))
            continue;
        bool starts = in->kind == INSTRUCTION_CMD || in->kind == INSTRUCTION_ENTRYPOINT;
        bool fixed = in->kind == INSTRUCTION_RUN && !in->json && str_eq(at->user, step->user);
        for (uint32_t k = 0; k < at->command_count; k++) {
            bool same = str_eq(program_of(&at->commands[k]), str_from(row->program));
            if (same ? !fixed
                     : (starts || in->kind == INSTRUCTION_RUN) &&
                           is_opaque(&at->commands[k], starts))
                return true;
        }
    }
    return false;
}

/* -- where ------------------------------------------------------------------------------------- */

/* dnf 5 came with Fedora 41. */
static bool has_dnf5(const struct stage_facts *stage)
{
    uint64_t release = 0;
    bool number = str_to_u64(stage->tag, &release);
    return str_has(stage->repository, STR("fedora")) &&
           (number ? release >= 41 : STR_IN(stage->tag, "", "latest", "rawhide"));
}

/* Where an rpm system's program keeps its cache: yum is another name of dnf since release 8. */
static str rpm_cache_of(const struct stage_facts *stage, const char *program)
{
    if (str_eq(str_from(program), STR("microdnf")))
        return STR("/var/cache/yum");
    if (str_eq(str_from(program), STR("dnf5")) || has_dnf5(stage))
        return STR("/var/cache/libdnf5");
    const char *own = stage->base ? stage->base->packages : NULL;
    bool old = own && str_eq(str_from(own), STR("yum")) && !str_starts(stage->tag, STR("8")) &&
               !str_starts(stage->tag, STR("centos8")) && !str_starts(stage->tag, STR("stream"));
    return old && str_eq(str_from(program), STR("yum")) ? STR("/var/cache/yum")
                                                        : STR("/var/cache/dnf");
}

/* The directory of a row for this step; "" when it is not known. */
static str directory_of(const struct facts *facts, const struct step_facts *step,
                        const struct mount_row *row, const struct template_user *user)
{
    const struct stage_facts *stage = step_stage(facts, step);
    str value;
    if (row->setting) {
        if (!template_variable(facts, step->instruction, row->setting, &value))
            return STR("");
        if (value.len)
            return str_starts(value, STR("/")) ? path_clean(facts->arena, value) : STR("");
    }
    static const char *const movers[] = {"XDG_CACHE_HOME", "XDG_DATA_HOME", "GOPATH"};
    for (size_t i = 0; i < ARRAY_COUNT(movers); i++)
        if (!template_variable(facts, step->instruction, movers[i], &value) || value.len)
            return STR("");
    if (row->image && str_eq(stage->repository, str_from(row->image)))
        return str_from(row->there);
    if (row->rpm)
        return rpm_cache_of(stage, row->program);
    if (!row->usual)
        return STR("");
    if (row->root && !user->uid.len)
        return str_from(row->root);
    if (row->usual[0] != '~')
        return str_from(row->usual);
    return str_fmt(facts->arena, "%.*s%s", STR_ARG(user->home), row->usual + 1);
}

struct mounts_plan {
    struct template_edits edits;
    str flags[16];
    uint32_t flag_count;
};

/* Yarn 2 and newer keeps its cache elsewhere. */
static bool is_berry(const struct facts *facts)
{
    return facts->tree && context_find(facts->tree, STR(".yarnrc.yml"));
}

static void plan_flag(const struct facts *facts, struct mounts_plan *plan,
                      const struct mount_row *row, const struct template_user *user, str target)
{
    str flag = str_fmt(facts->arena, "--mount=type=cache,target=%.*s%s", STR_ARG(target),
                       row->locked ? ",sharing=locked" : "");
    if (user->uid.len)
        flag = str_fmt(facts->arena, "%.*s,uid=%.*s%s%.*s", STR_ARG(flag), STR_ARG(user->uid),
                       user->gid.len ? ",gid=" : "", STR_ARG(user->gid));
    for (uint32_t i = 0; i < plan->flag_count; i++)
        if (str_eq(plan->flags[i], flag))
            return;
    if (plan->flag_count == ARRAY_COUNT(plan->flags)) {
        plan->edits.impossible = true;
        return;
    }
    plan->flags[plan->flag_count++] = flag;
}

/* -- what would empty it ----------------------------------------------------------------------- */

/* Take out of an `rm` what would empty the mount: the operand, or all of it. */
static void plan_removal(const struct facts *facts, struct mounts_plan *plan,
                         const struct step_facts *step, const struct shell_command *command,
                         str target)
{
    if (!command_removes(command, target) ||
        str_has(source_text(facts->source, command->at), STR("docker-clean")))
        return;
    struct shell_words operands = shell_operands(facts->arena, command, false);
    uint32_t hits = 0;
    struct edit edit;
    VEC_EACH(struct shell_word, word, operands) {
        str path = word->known ? word->value : word->raw;
        hits += str_starts(path, target);
    }
    if (!hits || !str_eq(command->name, STR("rm"))) {
        plan->edits.impossible = true; /* the whole of what is above it, or by find */
    } else if (hits == operands.count) {
        if (remove_command_edit(facts, step, command, &edit))
            template_add(facts->arena, &plan->edits, edit.at, edit.text);
        else
            plan->edits.impossible = true;
    } else {
        VEC_EACH(struct shell_word, word, operands) {
            str path = word->known ? word->value : word->raw;
            if (!str_starts(path, target))
                continue;
            if (remove_word_edit(facts, command, word, &edit))
                template_add(facts->arena, &plan->edits, edit.at, edit.text);
            else
                plan->edits.impossible = true;
        }
    }
}

static void plan_clean(const struct facts *facts, struct mounts_plan *plan,
                       const struct step_facts *step, const struct mount_row *row, str target)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        const struct shell_command *command = &step->commands[k];
        bool own =
            package->verb == PACKAGE_CLEAN && str_eq(program_of(command), str_from(row->program));
        bool first_of_two = str_ends(target, STR("/lists")); /* apt-get clean is the other's */
        struct edit edit;
        if (own && !first_of_two) {
            if (remove_command_edit(facts, step, command, &edit))
                template_add(facts->arena, &plan->edits, edit.at, edit.text);
            else
                plan->edits.impossible = true;
        } else {
            plan_removal(facts, plan, step, command, target);
        }
    }
}

/* Options that keep nothing. apk needs an index in place of the one that it then fetched. */
static void plan_options(const struct facts *facts, struct mounts_plan *plan,
                         const struct step_facts *step, const struct mount_row *row,
                         const struct shell_command *command)
{
    const struct shell_word *option =
        row->defeats ? option_of(facts->arena, command, row->defeats) : NULL;
    const struct shell_word *sub = shell_subcommand(command);
    struct edit edit;
    if (str_eq(str_from(row->program), STR("apk")) && sub && !step_find(step, "apk", "update") &&
        !shell_option(command, "-U") && !shell_option(command, "--update-cache") &&
        !shell_option(command, "--update")) {
        span at = option ? option->at : (span){sub->at.end, sub->at.end};
        template_add(facts->arena, &plan->edits, at,
                     option ? STR("--update-cache") : STR(" --update-cache"));
    } else if (option && remove_word_edit(facts, command, option, &edit)) {
        template_add(facts->arena, &plan->edits, edit.at, edit.text);
    } else if (option) {
        plan->edits.impossible = true;
    }
    if (row->rpm && sub && !str_has(source_text(facts->source, command->at), STR("keepcache")))
        template_add(facts->arena, &plan->edits, (span){sub->at.end, sub->at.end},
                     STR(" --setopt=keepcache=1"));
}

static bool has_mounts(const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_CACHE || mount->type == MOUNT_TMPFS)
            return true;
    }
    return false;
}

/* The first apt command of a step, where text in front of it does no harm; NULL. */
static const struct shell_command *first_apt(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        if (!str_eq(program_of(command), STR("apt-get")))
            continue;
        bool plain = !command->depth && !command->via && !step->script_is_heredoc &&
                     !step->instruction->json && !(command->context & ~(uint32_t)SHELL_AFTER_AND);
        return plain ? command : NULL;
    }
    return NULL;
}

/* Debian's images empty /var/cache/apt after each install: the first of the stage's steps lifts
 * that, for those behind it too. */
static void plan_hook(const struct facts *facts, struct mounts_plan *plan,
                      const struct step_facts *step)
{
    for (const struct step_facts *at = step_look_first(facts, step); at <= step; at++)
        if (at->stage == step->stage &&
            (str_has(at->instruction->logical.text, STR("docker-clean")) ||
             (at < step && at->packages && first_apt(at) && !has_mounts(at))))
            return;
    const struct shell_command *first = first_apt(step);
    if (first)
        template_add(facts->arena, &plan->edits, (span){first->at.start, first->at.start},
                     STR("rm -f /etc/apt/apt.conf.d/docker-clean && "));
    else
        plan->edits.impossible = true;
}

/* -- together ---------------------------------------------------------------------------------- */

/* The stage's builder, or its frontend, knows no mounts. */
static bool is_classic(const struct facts *facts)
{
    str syntax = facts->file->directives.syntax;
    size_t colon = str_find_char(syntax, ':');
    str version = colon == STR_MISSING ? STR("") : str_from_index(syntax, colon + 1);
    return template_is_classic(facts) || STR_IN(version, "1.0", "1.1") ||
           str_starts(version, STR("1.0.")) || str_starts(version, STR("1.1."));
}

static void plan_row(const struct facts *facts, struct mounts_plan *plan,
                     const struct step_facts *step, const struct mount_row *row,
                     const struct template_user *user, const struct shell_command *command)
{
    str directory = directory_of(facts, step, row, user);
    if (!directory.len || (row->options && option_of(facts->arena, command, row->options))) {
        plan->edits.impossible = true;
        return;
    }
    if (str_eq(str_from(row->program), STR("yarn")) && is_berry(facts))
        directory = str_fmt(facts->arena, "%.*s/.yarn/berry/cache", STR_ARG(user->home));
    str rest = row->below ? str_from(row->below) : STR("."), part;
    while (str_next_word(&rest, &part)) {
        str target = row->below ? path_join(facts->arena, directory, part) : directory;
        if (row->keeps && is_read_later(facts, step, row, target))
            plan->edits.impossible = true;
        uint32_t before = plan->flag_count;
        plan_flag(facts, plan, row, user, target);
        if (plan->flag_count > before)
            plan_clean(facts, plan, step, row, target);
    }
}

static bool is_off(const struct facts *facts, const struct step_facts *step,
                   const struct mount_row *row)
{
    str value;
    return row->off && (!template_variable(facts, step->instruction, row->off, &value) ||
                        (value.len && !STR_IN(value, "0", "off", "false", "no")));
}

/* Every row of every command of the step. */
static void plan_step(const struct facts *facts, struct mounts_plan *plan,
                      const struct step_facts *step, bool system)
{
    struct template_user user;
    if (!template_user_of(facts, step, &user)) {
        plan->edits.impossible = true;
        return;
    }
    bool apt = false, planned[ARRAY_COUNT(mount_rows)] = {false};
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        bool options = false;
        for (size_t i = 0; i < ARRAY_COUNT(mount_rows); i++) {
            const struct mount_row *row = &mount_rows[i];
            if (!row_fits(row, command) || (row->system && !system) || is_off(facts, step, row))
                continue;
            if (!planned[i])
                plan_row(facts, plan, step, row, &user, command);
            planned[i] = true;
            if (!options)
                plan_options(facts, plan, step, row, command);
            options = true;
            apt = apt || str_eq(str_from(row->program), STR("apt-get"));
        }
    }
    if (apt)
        plan_hook(facts, plan, step);
}

static void fix_with_mounts(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, bool system)
{
    const struct instruction *at = step->instruction;
    if (at->json || at->broken || !step->script || step->script->problems.count)
        return;
    struct mounts_plan plan = {0};
    plan_step(facts, &plan, step, system);
    if (!plan.flag_count)
        return;
    struct edit edit = add_mounts(facts, at, plan.flags, plan.flag_count);
    template_add(facts->arena, &plan.edits, edit.at, edit.text);
    template_give(sink, &plan.edits, "Mount its cache");
}

static const struct mount_row *row_of(const struct facts *facts, const struct step_facts *step,
                                      const struct shell_command *command, bool system)
{
    for (size_t i = 0; i < ARRAY_COUNT(mount_rows); i++) {
        const struct mount_row *row = &mount_rows[i];
        if (row_fits(row, command) && (!row->system || system) && !is_off(facts, step, row))
            return row;
    }
    return NULL;
}

static void check_missing(const struct facts *facts, struct rule_sink *sink)
{
    bool system = template_is_asked(facts, sink->rule);
    if (is_classic(facts))
        return;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!step_is_run(facts, step) || !step->packages || !stage || !stage->reachable ||
            has_mounts(step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            const struct mount_row *row = row_of(facts, step, &step->commands[k], system);
            if (!row || shell_option(&step->commands[k], "-g") ||
                shell_option(&step->commands[k], "--no-index") ||
                shell_option(&step->commands[k], "--prefer-offline") ||
                shell_option(&step->commands[k], "--version"))
                continue;
            found(sink, step->commands[k].at,
                  "what %s downloads is downloaded again whenever this step runs", row->program);
            fix_with_mounts(facts, sink, step, system);
            break;
        }
    }
}

RULE_FAMILY(template_mounts,
            {.name = "cache/mount-missing",
             .aka = "tally:prefer-package-cache-mounts",
             .severity = SEVERITY_NOTE,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s9",
             .what = "an install without a cache mount",
             .why = "one changed dependency downloads all of them again; for the distribution's "
                    "packages only when asked for by name or with --modernize",
             .how = "RUN --mount=type=cache,target=/root/.npm npm ci",
             .source = "guide: BuildKit Cache Mounts",
             .dockerfile = check_missing});
