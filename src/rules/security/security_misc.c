#include "rules/families.h"

/* Permissions, passwords, services and paths that an image should not have. */

/* The mode operand of chmod: the first word that is no option. */
static const struct shell_word *mode_of(const struct facts *facts,
                                        const struct shell_command *command)
{
    if (!str_eq(command->name, STR("chmod")))
        return NULL;
    struct shell_words operands = shell_operands(facts->arena, command, false);
    for (uint32_t i = 0; i < operands.count; i++)
        if (operands.at[i].known)
            for (uint32_t k = 0; k < command->argv.count; k++)
                if (command->argv.at[k].at.start == operands.at[i].at.start)
                    return &command->argv.at[k];
    return NULL;
}

static bool is_octal(str mode)
{
    for (size_t i = 0; i < mode.len; i++)
        if (mode.at[i] < '0' || mode.at[i] > '7')
            return false;
    return mode.len >= 3 && mode.len <= 5;
}

/* Does a symbolic mode ("a+rwx", "ugo=rw", "+w" has umask's say) let others write? */
static bool symbolic_others_write(str mode)
{
    str part;
    while (str_next(&mode, ',', &part)) {
        size_t op = str_find_char(part, '+');
        if (op == STR_MISSING)
            op = str_find_char(part, '=');
        if (op == STR_MISSING)
            continue;
        str who = str_slice(part, 0, op), what = str_from_index(part, op + 1);
        if ((str_has_char(who, 'o') || str_has_char(who, 'a')) && str_has_char(what, 'w') &&
            !str_has_char(what, 't'))
            return true;
    }
    return false;
}

static void check_writable(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    (void)step;
    const struct shell_word *mode = mode_of(facts, command);
    if (!mode)
        return;
    bool octal = is_octal(mode->value);
    char others = octal ? mode->value.at[mode->value.len - 1] : '0';
    bool sticky = octal && mode->value.len > 3 && ((mode->value.at[mode->value.len - 4] - '0') & 1);
    bool any_known = false; /* chmod 777 "$tempDir" is a step's own scratch room */
    VEC_EACH(struct shell_word, word, command->argv) {
        any_known = any_known || (word->at.start > mode->at.start && word->prefix.len);
    }
    if (!any_known ||
        !(octal ? ((others - '0') & 2) && !sticky : symbolic_others_write(mode->value)))
        return;
    found(sink, mode->at, "mode %.*s lets every user of the container write", STR_ARG(mode->value));
    if (!octal)
        return;
    char *mended = str_z(sink->arena, mode->value);
    size_t last = mode->value.len - 1;
    mended[last] = (char)('0' + ((others - '0') & 5));
    mended[last - 1] = (char)('0' + ((mended[last - 1] - '0') & 5));
    found_fix(sink, "Take the right to write away from group and others");
    found_edit(sink, mode->at, (str){mended, mode->value.len});
}

static void check_copy_mode(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    (void)facts;
    const struct flag *flag = instruction_flag(step->instruction, "chmod");
    if (!flag || !is_octal(flag->value) || !((flag->value.at[flag->value.len - 1] - '0') & 2))
        return;
    found(sink, flag->at, "mode %.*s lets every user of the container write", STR_ARG(flag->value));
}

static void check_writables(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_writable);
    each_step(facts, sink, INSTRUCTION_COPY, check_copy_mode);
    each_step(facts, sink, INSTRUCTION_ADD, check_copy_mode);
}

static void check_setuid(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct shell_command *command)
{
    (void)step;
    const struct shell_word *mode = mode_of(facts, command);
    if (!mode)
        return;
    str value = mode->value;
    bool octal = is_octal(value) && value.len >= 4 && ((value.at[value.len - 4] - '0') & 4);
    size_t plus = str_find_char(value, '+');
    bool symbolic = plus != STR_MISSING && str_has_char(str_from_index(value, plus), 's') &&
                    !str_has_char(str_slice(value, 0, plus), 'g');
    if (octal || symbolic)
        found(sink, command->at, "a setuid file: whoever runs it becomes its owner");
}

static void check_setuids(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_setuid);
}

static void check_setcap(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct shell_command *command)
{
    (void)step;
    if (str_eq(command->name, STR("setcap")) && facts->final && facts->final->user.len &&
        !user_is_root(facts->final->user, NULL))
        found(sink, command->at,
              "file capabilities do nothing under no-new-privileges, which hardened runs set");
}

static void check_setcaps(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_setcap);
}

/* -- passwords --------------------------------------------------------------------------------- */

static const char password_set[] =
    "a password is set in the build: everybody who has the image has it";
static const char password_empty[] = "an empty password: anybody can log in";

/* echo user:word | chpasswd */
static void check_piped(struct rule_sink *sink, const struct step_facts *step,
                        const struct shell_command *command)
{
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *before = &step->commands[i];
        bool writes = before->pipeline == command->pipeline &&
                      STR_IN(before->name, "echo", "printf") && before->argv.count > 1;
        str text = writes ? vec_last(&before->argv)->raw : STR("");
        if (str_has_char(text, ':') && !str_has_char(text, '$'))
            found(sink, span_join(before->at, command->at), "%s", password_set);
    }
}

static bool option_of_two(const struct shell_command *command, const char *letter, const char *word,
                          str *out_value)
{
    return shell_option_value(command, letter, out_value) ||
           shell_option_value(command, word, out_value);
}

/* What a command on accounts does to them; NULL when that is no matter. */
static const char *account_problem(const struct shell_command *command)
{
    str value;
    if (STR_IN(command->name, "usermod", "useradd") &&
        option_of_two(command, "-p", "--password", &value) && !str_has_char(value, '$') &&
        !STR_IN(value, "!", "*", "x", "!!", "*LK*"))
        return value.len ? password_set : password_empty;
    if (str_eq(command->name, STR("passwd")))
        return command_has_any(command, "-d --delete") ? password_empty : NULL;
    if (STR_IN(command->name, "useradd", "adduser", "groupadd", "usermod") &&
        command_has_any(command, "-o --non-unique") && shell_option_value(command, "-u", &value) &&
        str_eq(value, STR("0")))
        return "a second root: another name for uid 0";
    return NULL;
}

static void check_password(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    if (str_eq(command->name, STR("chpasswd")) && command->place > 0) {
        check_piped(sink, step, command);
        return;
    }
    const char *problem = account_problem(command);
    if (problem)
        found(sink, command->at, "%s", problem);
}

static void check_passwords(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_password);
}

/* -- ssh --------------------------------------------------------------------------------------- */

static void check_ssh_port(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step)
{
    (void)facts;
    VEC_EACH(struct word, word, step->instruction->words) {
        if (STR_IN(word->raw, "22", "22/tcp"))
            found(sink, word->at, "port 22: an SSH server in a container");
    }
}

static void check_ssh_install(const struct facts *facts, struct rule_sink *sink,
                              const struct step_facts *step, const struct shell_command *command)
{
    const struct stage_facts *stage = step_stage(facts, step);
    struct package_command package = step_package(facts, step, command);
    if (!stage || !stage->ships || package.verb != PACKAGE_INSTALL)
        return;
    VEC_EACH(struct shell_word, word, package.packages) {
        if (STR_IN(word->value, "openssh-server", "dropbear", "telnetd", "openssh-sftp-server"))
            found(sink, word->at, "'%.*s': 'docker exec' needs no server in the image",
                  STR_ARG(word->value));
    }
}

static void check_ssh(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_EXPOSE, check_ssh_port);
    each_run_command(facts, sink, check_ssh_install);
}

/* -- paths ------------------------------------------------------------------------------------- */

static bool is_system_directory(str path)
{
    return STR_IN(path, "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run",
                  "/sbin", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/sbin", "/var") ||
           str_starts(path, STR("/proc/")) || str_starts(path, STR("/sys/")) ||
           str_starts(path, STR("/dev/"));
}

static void check_system_path(const struct facts *facts, struct rule_sink *sink,
                              const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct stage_facts *stage = step_stage(facts, step);
    if ((at->kind != INSTRUCTION_VOLUME && at->kind != INSTRUCTION_WORKDIR) || !stage ||
        stage->windows)
        return;
    VEC_EACH(struct word, word, at->words) {
        str path = word->raw;
        if (!str_starts(path, STR("/")))
            continue;
        path = path_clean(facts->arena, path);
        if (str_has(path, STR("docker.sock")))
            found(sink, word->at, "the engine's socket: whoever has it is root on the host");
        else if (is_system_directory(path) &&
                 (at->kind == INSTRUCTION_VOLUME || str_starts(path, STR("/proc")) ||
                  str_starts(path, STR("/sys")) || str_starts(path, STR("/dev"))))
            found(sink, word->at, "%s over the system directory '%.*s'", instruction_name(at->kind),
                  STR_ARG(path));
    }
}

/* A mount over a directory that the step's own programs are in. */
static void check_system_mount(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        str path =
            str_starts(mount->target, STR("/")) ? path_clean(facts->arena, mount->target) : STR("");
        if (STR_IN(path, "/", "/bin", "/sbin", "/lib", "/lib64", "/usr", "/usr/bin", "/usr/lib",
                   "/usr/sbin", "/etc", "/dev", "/proc", "/sys"))
            found(sink, mount->at, "a mount over '%.*s' hides what the step needs of it",
                  STR_ARG(path));
    }
}

static void check_system_paths(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_system_path);
    each_step(facts, sink, INSTRUCTION_RUN, check_system_mount);
}

/* Does the RUN name a path below the directory in full, or write one there that is known? A word
 * without a '/' in front is most often no path at all. */
static bool run_touches(const struct facts *facts, const struct step_facts *step, str directory)
{
    VEC_EACH(struct trace, trace, step->traces) {
        if (trace->kind != TRACE_REMOVED && path_is_in(trace->path, directory))
            return true;
    }
    for (uint32_t i = 0; i < step->command_count; i++) {
        VEC_EACH(struct shell_word, word, step->commands[i].argv) {
            if (str_starts(word->prefix, STR("/")) &&
                path_is_in(path_clean(facts->arena, word->prefix), directory))
                return true;
        }
        VEC_EACH(struct shell_redirect, redirect, step->commands[i].redirects) {
            str path = step_path(facts, step, redirect->target.value);
            if (path.len && path_is_in(path, directory))
                return true;
        }
    }
    return false;
}

/* VOLUME, then writes below it: the classic builder and podman drop them. */
static void check_volume(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    VEC_EACH(struct word, word, step->instruction->words) {
        str path = step_path(facts, step, word->raw);
        if (!path.len)
            continue;
        const struct step_facts *end = step_look_end(facts, step);
        for (const struct step_facts *later = step + 1; later < end; later++) {
            if (later->stage != step->stage)
                break;
            const struct instruction *at = later->instruction;
            bool copies =
                (at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD) && at->words.count;
            str goal = copies ? step_path(facts, later, vec_last(&at->words)->raw) : STR("");
            bool below = goal.len && path_is_in(goal, path);
            if (!below && !(at->kind == INSTRUCTION_RUN && run_touches(facts, later, path)))
                continue;
            found(sink, word->at, "what is written to '%.*s' behind this VOLUME may be lost",
                  STR_ARG(path));
            found_related(sink, at->at, "written here");
            return;
        }
    }
}

static void check_volumes(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_VOLUME, check_volume);
}

RULE_FAMILY(
    security_misc,
    {.name = "security/world-writable",
     .aka = "tally:no-world-writable droast:DF034",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14",
     .what = "chmod 777 and its kin",
     .why = "any process of the container may change these files, so one that is taken over can "
            "change what the others run",
     .how = "give the files to the user that needs them (COPY --chown) and keep 755 or 644",
     .source = "guide: Non-Root User",
     .dockerfile = check_writables},
    {.name = "security/setuid",
     .aka = "dockle:CIS-DI-0008",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s17",
     .what = "a file is made setuid",
     .why = "it is a way from any user of the container to root, and no-new-privileges breaks it",
     .how = "run the program as the user that it needs",
     .source = "guide: No New Privileges; CIS Docker Benchmark 4.8",
     .dockerfile = check_setuids},
    {.name = "security/file-capabilities",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s16 s17",
     .what = "setcap in an image that runs as another user than root",
     .why = "with no-new-privileges the kernel ignores file capabilities: the program that worked "
            "in the test fails in production",
     .how = "listen above 1023, or add the capability to the container and say so in a LABEL",
     .source = "capabilities(7), no_new_privs",
     .dockerfile = check_setcaps},
    {.name = "security/password",
     .aka = "checkov:CKV2_DOCKER_17 dockle:DKL-LI-0001",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s19",
     .what = "a password, or a second root, is made in a build step",
     .why = "everybody who can pull the image knows it, and the history shows it",
     .how = "no password at all: containers are entered by the engine",
     .source = "checkov CKV2_DOCKER_17",
     .dockerfile = check_passwords},
    {.name = "security/ssh-server",
     .aka = "trivy:DS004 trivy:DS-0004 checkov:CKV_DOCKER_1 kube-linter:ssh-port",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = NULL,
     .what = "an SSH server in the image",
     .why = "a second process, keys and accounts to keep, and a port to attack",
     .how = "docker exec, kubectl exec",
     .source = "trivy DS004",
     .dockerfile = check_ssh},
    {.name = "security/system-path",
     .aka = "trivy:DS030 dockle:DKL-DI-0002 semgrep:dockerfile.security.dockerd-socket-mount",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s15",
     .what = "VOLUME, WORKDIR or a mount on a system directory or the engine's socket",
     .why = "a volume there hides the image's own files or opens the host",
     .how = "use a directory of the program's own",
     .source = "dockle DKL-DI-0002",
     .dockerfile = check_system_paths},
    {.name = "correctness/volume-before-writes",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s15",
     .what = "files are written to a path behind its VOLUME",
     .why = "the classic builder and podman drop such writes; BuildKit keeps them",
     .how = "move VOLUME behind the last write",
     .source = "Dockerfile reference, VOLUME",
     .dockerfile = check_volumes});
