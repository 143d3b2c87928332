#include "rules/families.h"

/* Users that a build makes: numbers that are taken, and numbers that two names share. */

static bool makes_user(const struct shell_command *command, str *out_uid)
{
    return STR_IN(command->name, "useradd", "adduser") &&
           (shell_option_value(command, "-u", out_uid) ||
            shell_option_value(command, "--uid", out_uid));
}

/* The name that is made: the last operand. "adduser USER GROUP" makes none, but then has no uid. */
static str made_name(const struct facts *facts, const struct shell_command *command)
{
    struct shell_words operands = shell_operands(facts->arena, command, false);
    return operands.count && vec_last(&operands)->known ? vec_last(&operands)->value : STR("");
}

/* From here on nothing is known of who has which number. */
static bool changes_users(const struct facts *facts, const struct step_facts *step)
{
    for (uint32_t i = 0; i < step->command_count; i++)
        if (STR_IN(step->commands[i].name, "userdel", "deluser", "usermod", "groupmod", "delgroup"))
            return true;
    return str_has(source_text(facts->source, step->instruction->at), STR("/etc/passwd"));
}

struct uid_walk {
    const struct facts *facts;
    struct rule_sink *sink;
    const struct stage_facts *stage;
    struct map taken; /* uid -> the command that took it */
};

static void check_uid(struct uid_walk *walk, const struct shell_command *command)
{
    const struct facts *facts = walk->facts;
    const struct base_fact *base = walk->stage->base;
    str uid;
    uint64_t number;
    if (!makes_user(command, &uid) || !str_to_u64(uid, &number) || number == 0 ||
        (command->context &
         (SHELL_GUARDED | SHELL_IN_CONDITION | SHELL_IN_BRANCH | SHELL_AFTER_OR)))
        return;
    str name = made_name(facts, command);
    const struct shell_command *other = map_find(&walk->taken, uid);
    bool shared = shell_option(command, "-o") || shell_option(command, "--non-unique");
    bool of_base = base && base->nonroot && base->nonroot_uid == (int)number;
    if (shared && str_eq(command->name, STR("useradd"))) {
        found(walk->sink, command->at, "uid %.*s gets another name: files belong to both",
              STR_ARG(uid));
        found_severity(walk->sink, SEVERITY_WARNING);
    } else if (other && !str_eq(made_name(facts, other), name)) {
        found(walk->sink, command->at, "uid %.*s is taken: this fails", STR_ARG(uid));
        found_related(walk->sink, other->at, "taken here");
    } else if (of_base && !str_eq(name, str_from(base->nonroot))) {
        found(walk->sink, command->at, "uid %.*s is '%s' of '%.*s' already: this fails",
              STR_ARG(uid), base->nonroot, STR_ARG(walk->stage->repository));
    }
    map_set(facts->arena, &walk->taken, uid, (struct shell_command *)(uintptr_t)command);
}

static void check_stage_uids(const struct facts *facts, struct rule_sink *sink,
                             const struct stage_facts *stage)
{
    struct uid_walk walk = {.facts = facts, .sink = sink, .stage = stage};
    for (uint32_t i = stage->stage->first; i < stage->stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step_is_run(facts, step))
            continue;
        if (changes_users(facts, step))
            return;
        for (uint32_t k = 0; k < step->command_count; k++)
            check_uid(&walk, &step->commands[k]);
    }
}

static void check_uids(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->stage_count; i++)
        if (facts->stages[i].stage->base_stage == NO_INDEX && !facts->stages[i].windows)
            check_stage_uids(facts, sink, &facts->stages[i]);
}

RULE_FAMILY(
    security_users,
    {.name = "security/duplicate-uid",
     .aka = "dockle:DKL-LI-0002",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s14",
     .what = "a user is made with a number that is taken",
     .why = "useradd and adduser stop there; with --non-unique two names own the same files",
     .how = "use the base image's own user, or another number",
     .source = "useradd(8); the base images' /etc/passwd: node and ubuntu 24.04 have uid 1000",
     .dockerfile = check_uids});
