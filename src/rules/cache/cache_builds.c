#include "rules/families.h"

/* Seconds: what is downloaded or compiled again although it was there, and what is kept although it
 * should be fetched again. */

static bool is_needed(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->reachable;
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
