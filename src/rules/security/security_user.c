#include "rules/families.h"
#include "rules/repository.h"

#include "rules/templates.h"

/* Who the container runs as, and what root leaves behind for whom. */

static const struct instruction *start_instruction(const struct facts *facts)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    if (entry && cmd)
        return entry->instruction->index < cmd->instruction->index ? entry->instruction
                                                                   : cmd->instruction;
    return entry ? entry->instruction : cmd ? cmd->instruction : NULL;
}

static const struct instruction *last_user(const struct facts *facts)
{
    for (uint32_t i = facts->step_count; i-- > 0;) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (step->instruction->kind == INSTRUCTION_USER && stage && stage->ships)
            return step->instruction;
    }
    return NULL;
}

static void check_explicit_root(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    if (!final || final->windows || !final->user.len || !final->user_known ||
        !user_is_root(final->user, NULL))
        return;
    const struct instruction *at = last_user(facts);
    if (!at)
        return;
    found(sink, at->at, "the image runs as root: this is the last USER of the stage that ships");
    template_drop_root(facts, sink, start_instruction(facts), at);
}

/* Servers that begin as root to open a port or a log and then drop to their own user. */
static bool drops_by_itself(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    if (final->base && final->base->cmd)
        return true;
    for (uint32_t i = final->stage->first; i < final->stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; k < step->command_count; k++)
            if (STR_IN(step->commands[k].name, "gosu", "su-exec", "setpriv", "tini-drop",
                       "runuser") ||
                (step->commands[k].via & SHELL_VIA_SUDO))
                return true;
    }
    return false;
}

/* A prompt for whoever starts it: an image that others build on, and no program. */
static bool starts_a_prompt(const struct facts *facts)
{
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    if (!cmd || cmd->command_count != 1)
        return false;
    const struct shell_command *command = &cmd->commands[0];
    if (str_eq(command->name, STR("php")))
        return shell_option(command, "-a") != NULL;
    return command->argv.count == 1 &&
           STR_IN(command->name, "sh", "bash", "ash", "zsh", "python", "python2", "python3", "irb",
                  "node", "jshell", "julia", "R", "iex", "erl", "ghci", "pypy3", "perl", "swipl");
}

static void check_no_user(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    const struct instruction *start = final ? start_instruction(facts) : NULL;
    if (!start || final->windows || final->user.len || last_user(facts) ||
        !user_is_root(STR(""), final->base) || drops_by_itself(facts) || starts_a_prompt(facts))
        return;
    found(sink, final->stage->from->at, "no USER: the container runs as root%s",
          final->base ? "" : ", unless the base image says otherwise");
    template_drop_root(facts, sink, start, NULL);
}

/* The name that useradd or adduser makes; "" when it is not known. */
static str created_user(const struct facts *facts, const struct shell_command *command)
{
    if (!STR_IN(command->name, "useradd", "adduser"))
        return STR("");
    struct shell_words operands = shell_operands(facts->arena, command, false);
    /* "adduser USER GROUP" adds a member; it makes nobody. */
    if (!operands.count || (str_eq(command->name, STR("adduser")) && operands.count > 1))
        return STR("");
    const struct shell_word *name = vec_last(&operands);
    return name->known ? name->value : STR("");
}

/* Is the name a word of its own, and not a part of a path or of a longer one? */
static bool stands_alone(str text, str name)
{
    for (size_t at, from = 0; (at = str_find(str_from_index(text, from), name)) != STR_MISSING;
         from += at + name.len) {
        char before = from + at ? text.at[from + at - 1] : ' ';
        char after = from + at + name.len < text.len ? text.at[from + at + name.len] : ' ';
        if (!char_is_name(before) && !str_has_char(STR("/.-"), before) && !char_is_name(after) &&
            !str_has_char(STR("/.-"), after))
            return true;
    }
    return false;
}

static bool user_is_used(const struct facts *facts, str name)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        bool user = at->kind == INSTRUCTION_USER && at->words.count;
        if (user && str_has(at->words.at[0].raw, name))
            return true;
        if (user && stage && stage->ships && !facts->steps[i].user_known)
            return true;
        bool starts = at->kind == INSTRUCTION_CMD || at->kind == INSTRUCTION_ENTRYPOINT;
        if (starts && stands_alone(instruction_rest(at), name))
            return true;
        for (uint32_t k = 0; k < facts->steps[i].command_count; k++)
            if (STR_IN(facts->steps[i].commands[k].name, "gosu", "su-exec", "su", "setpriv"))
                return true;
    }
    return false;
}

/* Does the container start with a script of one's own? It may change the user; where the repository
 * has it, its text says whether it does. */
static bool script_uses(const struct facts *facts, str name)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *start = entry ? entry : final_step(facts, INSTRUCTION_CMD);
    if (!start || !start->command_count || !start->commands[0].words.count)
        return false;
    str program = start->commands[0].words.at[0].value;
    for (uint32_t i = 0; i < start->commands[0].words.count; i++)
        if (str_ends(start->commands[0].words.at[i].value, STR(".sh")))
            program = start->commands[0].words.at[i].value;
    bool script = str_ends(program, STR(".sh")) || str_has(program, STR("entrypoint"));
    if (!script)
        return false;
    const struct context_tree *tree = facts->tree;
    for (uint32_t i = 0; tree && facts->repository && i < tree->count; i++) {
        if (!str_eq(str_basename(tree->entries[i].path), str_basename(program)))
            continue;
        str path = path_join(facts->arena, facts->context_path, tree->entries[i].path);
        return str_has(repository_text(facts->arena, facts->repository, path), name);
    }
    return true;
}

static bool is_forgotten(const struct facts *facts, const struct shell_command *command)
{
    str name = created_user(facts, command);
    return name.len && !shell_option(command, "--system") && !shell_option(command, "-r") &&
           !shell_option(command, "-S") && !user_is_used(facts, name) && !script_uses(facts, name);
}

/* As many users as this nobody makes: each is looked for in the whole file. */
enum { MADE_USERS_MAX = 32 };

static void check_users_unused(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    const struct instruction *start = final ? start_instruction(facts) : NULL;
    if (!start || final->user.len || !user_is_root(STR(""), final->base))
        return;
    uint32_t made = 0;
    for (uint32_t i = final->stage->first; i < final->stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step_is_run(facts, step) && k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            if (!STR_IN(command->name, "useradd", "adduser") || ++made > MADE_USERS_MAX ||
                !is_forgotten(facts, command))
                continue;
            str name = created_user(facts, command);
            found(sink, command->at, "user '%.*s' is made here, but nothing runs as it",
                  STR_ARG(name));
            found_fix(sink, "Run as '%.*s'", STR_ARG(name));
            struct edit edit = insert_before_instruction(
                facts, start, str_fmt(sink->arena, "USER %.*s", STR_ARG(name)));
            found_edit(sink, edit.at, edit.text);
        }
    }
}

/* Is there a line that gives the stage a passwd file? */
static bool brings_passwd(const struct facts *facts, const struct stage *stage)
{
    for (uint32_t i = stage->first; i < stage->end; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if ((at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD) && at->words.count) {
            if (str_has(instruction_rest(at), STR("passwd")) ||
                str_eq(at->words.at[at->words.count - 1].raw, STR("/")) ||
                str_has(instruction_rest(at), STR("/etc")))
                return true;
        }
    }
    return false;
}

static void check_user_unresolved(const struct facts *facts, struct rule_sink *sink,
                                  const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    str user;
    if (!stage || stage->family != FAMILY_SCRATCH || !step->instruction->words.count ||
        !word_value(facts, step->instruction, step->instruction->words.at[0].raw, &user))
        return;
    str name = str_slice(user, 0, str_find_char(user, ':'));
    uint64_t number;
    if (!name.len || str_to_u64(name, &number) || brings_passwd(facts, stage->stage))
        return;
    found(sink, step->instruction->at, "'%.*s' cannot be looked up: this stage has no /etc/passwd",
          STR_ARG(name));
    if (str_eq(name, STR("root")))
        return;
    found_fix(sink, "Use a number: 65532 is the non-root user of minimal images");
    found_edit(sink, step->instruction->words.at[0].at, STR("65532:65532"));
}

static void check_users_unresolved(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_USER, check_user_unresolved);
}

/* Was the user given more groups than the one that USER names? */
static void check_user_groups(const struct facts *facts, struct rule_sink *sink,
                              const struct step_facts *step)
{
    const struct words *words = &step->instruction->words;
    str user = words->count ? words->at[0].raw : STR("");
    size_t colon = str_find_char(user, ':');
    if (colon == STR_MISSING || str_has_char(user, '$'))
        return;
    str name = str_slice(user, 0, colon);
    for (uint32_t i = 0; i < step->instruction->index; i++)
        for (uint32_t k = 0; k < facts->steps[i].command_count; k++) {
            const struct shell_command *command = &facts->steps[i].commands[k];
            struct shell_words operands = shell_operands(facts->arena, command, false);
            str groups;
            bool member = (STR_IN(command->name, "usermod", "useradd") &&
                           (shell_option_value(command, "-G", &groups) ||
                            shell_option_value(command, "--groups", &groups))) ||
                          (STR_IN(command->name, "adduser", "addgroup") && operands.count == 2);
            if (!member || !operands.count || !str_eq(operands.at[0].value, name))
                continue;
            found(sink, step->instruction->at,
                  "naming a group drops the groups that '%.*s' was added to", STR_ARG(name));
            found_related(sink, command->at, "added to a group here");
            found_fix(sink, "Name the user alone");
            found_edit(sink, words->at[0].at, name);
            return;
        }
}

static void check_users_groups(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_USER, check_user_groups);
}

static void check_copy_owner(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct stage_facts *stage = step_stage(facts, step);
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || !stage || !stage->final ||
        instruction_flag(at, "chown") || !step->user.len || !step->user_known ||
        user_is_root(step->user, NULL))
        return;
    found(sink, at->at, "these files will belong to root, not to '%.*s'", STR_ARG(step->user));
    found_fix(sink, "Give them to '%.*s'", STR_ARG(step->user));
    struct edit edit =
        add_flag(facts, at, str_fmt(sink->arena, "--chown=%.*s", STR_ARG(step->user)));
    found_edit(sink, edit.at, edit.text);
}

static void check_copies_owner(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_copy_owner);
}

static void check_needs_root(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    if (!step->user_known || !step->user.len || user_is_root(step->user, NULL) ||
        (command->via & SHELL_VIA_SUDO) || (command->context & SHELL_GUARDED))
        return;
    struct package_command package = step_package(facts, step, command);
    if (!package.manager || (package.verb != PACKAGE_INSTALL && package.verb != PACKAGE_UPDATE) ||
        !STR_IN(str_from(package.manager), "apt-get", "apt", "apk", "yum", "dnf", "microdnf",
                "zypper"))
        return;
    found(sink, command->at, "'%s' needs root, but this runs as '%.*s'", package.manager,
          STR_ARG(step->user));
}

static void check_all_need_root(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_needs_root);
}

static void check_sudo(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    const struct shell_word *first = command->words.count ? &command->words.at[0] : NULL;
    if (!first || !first->known || !str_eq(str_basename(first->value), STR("sudo")))
        return;
    found(sink, first->at, "sudo in a build step");
    const struct stage_facts *stage = step_stage(facts, step);
    bool root = step->user_known && user_is_root(step->user, stage ? stage->base : NULL) && stage &&
                (stage->base || step->user.len);
    bool plain = command->words.count > 1 && command->words.at[1].known &&
                 !str_starts(command->words.at[1].value, STR("-"));
    if (!root || !plain)
        return;
    found_fix(sink, "Drop sudo: this step is root already");
    found_edit(sink, (span){first->at.start, command->words.at[1].at.start}, STR(""));
}

static void check_sudos(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_sudo);
}

static void check_port(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    if (!stage || !stage->final || stage->windows || !stage->user.len || !stage->user_known ||
        user_is_root(stage->user, NULL))
        return;
    VEC_EACH(struct word, word, step->instruction->words) {
        str number = str_slice(word->raw, 0, str_find_char(word->raw, '/'));
        uint64_t port;
        if (str_to_u64(number, &port) && port > 0 && port < 1024)
            found(sink, word->at,
                  "port %" PRIu64 " is below 1024, but the container runs as '%.*s'", port,
                  STR_ARG(stage->user));
    }
}

static void check_ports(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_EXPOSE, check_port);
}

RULE_FAMILY(
    security_user,
    {.name = "security/root-user",
     .aka = "hadolint:DL3002 trivy:DS002 trivy:DS-0002 checkov:CKV_DOCKER_8 "
            "semgrep:dockerfile.security.last-user-is-root",
     .severity = SEVERITY_ERROR,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14",
     .what = "the stage that ships ends with USER root",
     .why = "a process that breaks out of its program owns everything in the container, and every "
            "mounted path that root may write",
     .how = "end the stage with a USER that is not root; go back to root only in build stages",
     .source = "guide: Non-Root User; CIS Docker Benchmark 4.1",
     .dockerfile = check_explicit_root},
    {.name = "security/no-user",
     .aka = "dockle:CIS-DI-0001 checkov:CKV_DOCKER_3 "
            "semgrep:dockerfile.security.missing-user droast:DF020",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14",
     .what = "no USER in a stage that ships a program, on a base whose own user is root",
     .why = "the container runs as root unless whoever starts it says otherwise",
     .how = "add USER with the base image's own user (node, nobody, 65532) or one that you make",
     .source = "guide: Non-Root User; CIS Docker Benchmark 4.1",
     .dockerfile = check_no_user},
    {.name = "security/user-unused",
     .aka = "tally:unused-user",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14",
     .what = "a user is made, but nothing ever runs as it",
     .why = "the author meant the image not to run as root; it still does",
     .how = "add USER in front of CMD or ENTRYPOINT",
     .source = "Dockerfile reference, USER",
     .dockerfile = check_users_unused},
    {.name = "security/user-unresolved",
     .aka = "hadolint:DL3066",
     .severity = SEVERITY_ERROR,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14 s15",
     .what = "USER by name in an image that has no /etc/passwd",
     .why = "the engine cannot look the name up and refuses to start the container",
     .how = "use a number, or copy an /etc/passwd that has the name",
     .source = "Dockerfile reference, USER; OCI image specification, config",
     .dockerfile = check_users_unresolved},
    {.name = "security/user-group",
     .aka = "tally:user-explicit-group-drops-supplementary-groups",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s14",
     .what = "USER name:group although the user was added to further groups",
     .why = "with a group named, the engine gives the process that group alone",
     .how = "write USER name",
     .source = "Dockerfile reference, USER",
     .dockerfile = check_users_groups},
    {.name = "security/copy-owner",
     .aka = "tally:copy-after-user-without-chown",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .policy = true,
     .since = "0.1",
     .guide = "s14",
     .what = "COPY behind USER without --chown",
     .why = "COPY writes as root whatever USER says: the program can read these files, not write "
            "them, which is right for code and wrong for data",
     .how = "add --chown where the program must write",
     .source = "Dockerfile reference, COPY --chown",
     .dockerfile = check_copies_owner},
    {.name = "security/root-needed",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s14",
     .what = "a system package manager after USER has left root",
     .why = "the step fails: package databases belong to root",
     .how = "move the installation in front of USER",
     .source = "guide: Non-Root User installs as root first",
     .dockerfile = check_all_need_root},
    {.name = "security/sudo",
     .aka = "hadolint:DL3004 trivy:DS010 trivy:DS-0010 checkov:CKV2_DOCKER_1 dockle:DKL-DI-0001 "
            "droast:DF010",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14",
     .what = "sudo in RUN",
     .why = "a build step is root unless USER said otherwise; sudo left in the image is a way back "
            "to root",
     .how = "drop sudo; put USER root in front of what needs it and USER name behind it",
     .source = "hadolint DL3004",
     .dockerfile = check_sudos},
    {.name = "security/privileged-port",
     .aka = "trivy:KSV117 kube-linter:privileged-ports",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s16",
     .what = "EXPOSE below 1024 in an image that does not run as root",
     .why = "docker lets any user open such a port; Kubernetes does so only with "
            "NET_BIND_SERVICE or a sysctl",
     .how = "listen on 8080 and publish it as 80",
     .source = "guide: Drop Capabilities",
     .dockerfile = check_ports});
