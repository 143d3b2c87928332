#include "rules/families.h"

/* Seconds: what is downloaded or compiled again although it was there, and what is kept although it
 * should be fetched again. */

static bool is_needed(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->reachable;
}

/* -- installs without a cache mount ------------------------------------------------------------ */

struct mount_row {
    const char *program, *subs; /* subs NULL: any; "-" the bare command */
    const char *targets;        /* blank-separated */
};

static const struct mount_row mount_rows[] = {
    {"npm", "ci clean-install install i", "/root/.npm"},
    {"yarn", "install -", "/usr/local/share/.cache/yarn"},
    {"pnpm", "install i fetch", "/root/.local/share/pnpm/store"},
    {"bun", "install i", "/root/.bun/install/cache"},
    {"pip", "install wheel", "/root/.cache/pip"},
    {"uv", "sync pip", "/root/.cache/uv"},
    {"poetry", "install", "/root/.cache/pypoetry"},
    {"go", "build install mod test", "/go/pkg/mod /root/.cache/go-build"},
    {"cargo", "build fetch install test", "/usr/local/cargo/registry /usr/local/cargo/git"},
    {"mvn", NULL, "/root/.m2"},
    {"mvnw", NULL, "/root/.m2"},
    {"gradle", NULL, "/root/.gradle"},
    {"gradlew", NULL, "/root/.gradle"},
    {"composer", "install", "/root/.composer/cache"},
    {"bundle", "install -", "/usr/local/bundle/cache"},
    {"apt-get", "install", "/var/cache/apt /var/lib/apt"},
    {"dnf", "install", "/var/cache/dnf"},
};

static const struct mount_row *mount_row_of(const struct shell_command *command)
{
    for (size_t i = 0; i < ARRAY_COUNT(mount_rows); i++) {
        const struct mount_row *row = &mount_rows[i];
        if (!shell_is(command, row->program, NULL))
            continue;
        const struct shell_word *sub = row->subs ? shell_subcommand(command) : NULL;
        if (!row->subs || str_is_listed(row->subs, sub ? sub->value : STR("-")))
            return row;
    }
    return NULL;
}

/* The first apt command: there the hook has to be gone. NULL where that is no place for text. */
static const struct shell_command *first_apt(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if (str_starts(step->commands[k].name, STR("apt")))
            return step->commands[k].context || step->commands[k].depth ? NULL : &step->commands[k];
    return NULL;
}

static bool cleans(const struct step_facts *step, str path)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if (step->packages[k].verb == PACKAGE_CLEAN || command_removes(&step->commands[k], path))
            return true;
    return false;
}

static void fix_with_mounts(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct mount_row *row)
{
    bool apt = str_eq(str_from(row->program), STR("apt-get"));
    const struct stage_facts *stage = step_stage(facts, step);
    const struct shell_command *hook = apt ? first_apt(step) : NULL;
    if (!step->user_known || !user_is_root(step->user, stage->base) || step->instruction->json ||
        (apt && (step->script_is_heredoc || !hook)))
        return;
    str flags = STR(""), rest = str_from(row->targets), target;
    while (str_next_word(&rest, &target))
        if (!cleans(step, target))
            flags = str_fmt(sink->arena, "%.*s%s--mount=type=cache,target=%.*s%s", STR_ARG(flags),
                            flags.len ? " " : "", STR_ARG(target), apt ? ",sharing=locked" : "");
    if (!flags.len)
        return;
    found_fix(sink, "Mount its cache");
    struct edit edit = add_flag(facts, step->instruction, flags);
    found_edit(sink, edit.at, edit.text);
    if (hook)
        found_insert(sink, hook->at.start, STR("rm -f /etc/apt/apt.conf.d/docker-clean && "));
}

static void check_missing_step(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->packages || !is_needed(facts, step))
        return;
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_CACHE || mount->type == MOUNT_TMPFS)
            return;
    }
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct mount_row *row = mount_row_of(&step->commands[k]);
        if (!row || shell_option(&step->commands[k], "-g") ||
            shell_option(&step->commands[k], "--no-cache-dir"))
            continue;
        found(sink, step->commands[k].at,
              "what %s downloads is downloaded again whenever this step runs", row->program);
        fix_with_mounts(facts, sink, step, row);
        return;
    }
}

static void check_missing(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_missing_step);
}

/* -- go build -a ------------------------------------------------------------------------------- */

static void check_rebuild(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command)
{
    bool builds = shell_is(command, "go", "build") || shell_is(command, "go", "install");
    const struct shell_word *all = builds ? shell_option(command, "-a") : NULL;
    if (!all || !is_needed(facts, step))
        return;
    found(sink, all->at, "'-a' compiles every package again, the standard library too");
    const struct shell_word *suffix = shell_option(command, "-installsuffix");
    if (suffix)
        found_related(sink, suffix->at, "this has had no effect since Go 1.10's build cache");
}

static void check_rebuilds(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_rebuild);
}

/* -- git clone without a pin ------------------------------------------------------------------- */

static bool is_pinned(const struct step_facts *step, const struct shell_command *clone)
{
    if (shell_option(clone, "--branch") || shell_option(clone, "-b") ||
        shell_option(clone, "--revision"))
        return true;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        if (command->at.start > clone->at.start &&
            (shell_is(command, "git", "checkout") || shell_is(command, "git", "reset") ||
             shell_is(command, "git", "switch") || shell_is(command, "git", "fetch")))
            return true;
    }
    return false;
}

static void check_clone(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct shell_command *command)
{
    if (!shell_is(command, "git", "clone") || !is_needed(facts, step) || is_pinned(step, command))
        return;
    bool later = false;
    for (const struct step_facts *next = step + 1;
         next < step_look_end(facts, step) && next->stage == step->stage && !later; next++)
        later = step_find(next, "git", "checkout") || step_find(next, "git", "reset") ||
                step_find(next, "git", "switch");
    if (!later)
        found(sink, command->at,
              "this takes what the default branch holds today, and stays cached when it moves on");
}

static void check_git_add(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    for (uint32_t i = 0; i + 1 < at->words.count && is_needed(facts, step); i++) {
        str url = at->words.at[i].raw;
        size_t git = str_find(url, STR(".git"));
        bool remote = str_starts(url, STR("https://")) || str_starts(url, STR("git@")) ||
                      str_starts(url, STR("git://"));
        if (remote && git != STR_MISSING && !str_has_char(url, '#') && git + 4 == url.len)
            found(sink, at->words.at[i].at, "this takes what the default branch holds today");
    }
}

static void check_clones(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_clone);
    each_step(facts, sink, INSTRUCTION_ADD, check_git_add);
}

/* -- tests in the chain ------------------------------------------------------------------------ */

static bool is_test(const struct shell_command *command)
{
    const struct shell_word *sub = shell_subcommand(command);
    if (STR_IN(command->name, "npm", "yarn", "pnpm", "go", "cargo", "mvn", "gradle", "gradlew",
               "dotnet", "mix", "bun"))
        for (uint32_t i = 1; i < command->argv.count && i < 4; i++)
            if (STR_IN(command->argv.at[i].value, "test", "t"))
                return true;
    return STR_IN(command->name, "pytest", "tox", "jest", "rspec", "phpunit", "ctest") ||
           (sub && str_eq(command->name, STR("make")) && STR_IN(sub->value, "test", "check"));
}

static void check_test(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    if (!is_test(command) || !is_needed(facts, step))
        return;
    found(sink, command->at,
          "every build waits for these tests: in a stage of their own they run beside it");
}

static void check_tests(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_test);
}

RULE_FAMILY(
    cache_builds,
    {.name = "cache/mount-missing",
     .aka = "tally:prefer-package-cache-mounts",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .nursery = true,
     .since = "0.1",
     .guide = "s9",
     .what = "an install without a cache mount",
     .why = "one changed dependency downloads all of them again",
     .how = "RUN --mount=type=cache,target=/root/.npm npm ci",
     .source = "guide: BuildKit Cache Mounts",
     .dockerfile = check_missing},
    {.name = "cache/go-rebuild-all",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s5",
     .what = "go build -a",
     .why = "it passes the build cache by, a mounted one too: minutes for nothing since Go 1.10",
     .how = "leave -a and -installsuffix out; CGO_ENABLED=0 is enough",
     .source = "cmd/go documentation, build flags; the guide's Strip Debug Symbols has it",
     .dockerfile = check_rebuilds},
    {.name = "cache/unpinned-clone",
     .aka = "tally:prefer-add-git",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s3",
     .what = "git clone or ADD of a repository without a commit, tag or branch",
     .why = "two builds of one file give two images; and a cached step never sees a new commit",
     .how = "ADD https://host/repo.git#<commit>, or git checkout <commit> in the same RUN",
     .source = "Dockerfile reference, ADD: Git repositories",
     .dockerfile = check_clones},
    {.name = "cache/tests-in-chain",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .nursery = true,
     .since = "0.1",
     .guide = "s23",
     .what = "tests run in a stage that the shipped image needs",
     .why = "the image waits for them even when nobody asks for a test run",
     .how = "FROM builder AS test, and build --target test beside the image",
     .source = "guide: Complete Optimization Example",
     .dockerfile = check_tests});
