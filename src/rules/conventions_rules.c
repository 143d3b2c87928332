#include "rules/families.h"

#include "rules/conventions.h"
#include "rules/repository.h"

/* Files that go another way than the rest of the repository. */

static void check_family(const struct facts *facts, struct rule_sink *sink,
                         const struct conventions *ways)
{
    const struct stage_facts *final = facts->final;
    if (final->family == FAMILY_UNKNOWN || ways->family == FAMILY_UNKNOWN ||
        final->family == ways->family)
        return;
    found(sink, final->stage->base_at, "this image ships %s, and the repository's others ship %s",
          family_name(final->family), family_name(ways->family));
}

static void check_manager(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct package_command *package)
{
    const struct conventions *ways = facts->repository->conventions;
    str name = str_from(package->manager ? package->manager : "");
    if (package->verb != PACKAGE_INSTALL || step->stage == NO_INDEX)
        return;
    bool node = STR_IN(name, "npm", "yarn", "pnpm", "bun");
    /* pip also brings the others. */
    bool python = STR_IN(name, "poetry", "uv") ||
                  (str_eq(name, STR("pip")) && shell_option(package->command, "-r"));
    str usual = node ? ways->node_manager : python ? ways->python_manager : STR("");
    if (usual.len && !str_eq(usual, name))
        found(sink, package->command->at, "'%.*s' installs here, and '%.*s' elsewhere",
              STR_ARG(name), STR_ARG(usual));
}

static void check_user(const struct facts *facts, struct rule_sink *sink,
                       const struct conventions *ways)
{
    const struct step_facts *last = final_step(facts, INSTRUCTION_USER);
    str user = facts->final->user;
    user = str_slice(user, 0, str_find_char(user, ':'));
    if (!last || !ways->user.len || !facts->final->user_known || user_is_root(user, NULL) ||
        char_is_digit(user.at[0]) || str_eq(user, ways->user))
        return;
    found(sink, last->instruction->at, "this image runs as '%.*s', and the others as '%.*s'",
          STR_ARG(user), STR_ARG(ways->user));
}

static void check_workdir(const struct facts *facts, struct rule_sink *sink,
                          const struct conventions *ways)
{
    const struct step_facts *last = final_step(facts, INSTRUCTION_WORKDIR);
    str path = last ? final_workdir(facts) : STR("");
    if (!path.len || !ways->workdir.len || str_eq(path, ways->workdir))
        return;
    found(sink, last->instruction->at, "the program stands in '%.*s', and the others in '%.*s'",
          STR_ARG(path), STR_ARG(ways->workdir));
}

static void check_ways(const struct facts *facts, struct rule_sink *sink)
{
    const struct conventions *ways = facts->repository ? facts->repository->conventions : NULL;
    if (!ways || !facts->final || facts->final->windows)
        return;
    check_family(facts, sink, ways);
    each_package(facts, sink, check_manager);
    check_user(facts, sink, ways);
    check_workdir(facts, sink, ways);
}

RULE_FAMILY(
    conventions,
    {.name = "correctness/unlike-repository",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .guide = "s0",
     .what = "a base family, package manager, user or directory unlike the rest of the repository",
     .why = "each way of its own is pulled, patched and learnt apart; to be used with a baseline, "
            "so that only what is new speaks up",
     .how = "what three of four of the repository's Dockerfiles do; or an ignore with the reason",
     .source = "guide: Existing Repository Compatibility",
     .dockerfile = check_ways});
