#include "rules/families.h"

/*
 * What the container's program writes, by the file's own words, where its user may not.
 *
 * Only a directory that this file made as root, or that every distribution keeps for root, is
 * judged; whatever could have given it away (chown, --chown, a step of that user, VOLUME) is
 * enough to be silent.
 */

/* Is `path` the directory or below it? Both absolute and clean. */
/* -- evidence -------------------------------------------------------------------------------- */

enum { WRITTEN_MAX = 16 }; /* files that are looked at */

struct written {
    span at;
    str path; /* absolute */
};
VEC_TYPE(written_list, struct written);

static void add_path(const struct facts *facts, const struct step_facts *step, str path, span at,
                     struct written_list *list)
{
    str absolute = step_path(facts, step, path);
    if (absolute.len)
        vec_push(facts->arena, list, ((struct written){at, absolute}));
}

/* "sqlite:///app.db" is relative, "sqlite:////data/app.db" absolute, "file:./dev.db" Prisma's. */
static str database_path(str value)
{
    if (value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\''))
        value = str_slice(value, 1, value.len - 1);
    size_t scheme = str_find(value, STR(":///"));
    str path = STR("");
    if (str_starts(value, STR("sqlite")) && scheme != STR_MISSING)
        path = str_from_index(value, scheme + 4);
    else if (str_starts(value, STR("file:./")))
        path = str_from_index(value, 5);
    path = str_slice(path, 0, str_find_char(path, '?'));
    bool named = str_has(path, STR(".db")) || str_has(path, STR(".sqlite"));
    return named && !str_has(path, STR(":memory:")) ? path : STR("");
}

/* Its beat keeps a file of what ran when, in the working directory unless told otherwise. */
static void written_by_celery(const struct facts *facts, const struct step_facts *step,
                              const struct shell_command *command, struct written_list *list)
{
    if (shell_option(command, "-s") || shell_option(command, "--schedule") ||
        shell_option(command, "-S") || shell_option(command, "--scheduler"))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (STR_IN(word->value, "beat", "-B", "--beat"))
            add_path(facts, step, STR("celerybeat-schedule"), word->at, list);
    }
}

static void written_by_command(const struct facts *facts, const struct step_facts *step,
                               const struct shell_command *command, struct written_list *list)
{
    static const char *const options[] = {
        "--access-logfile", "--error-logfile", "--log-file", "--logfile",
        "--pidfile",        "--pid-file",      "--pid",      "--logto"};
    str value;
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if (shell_option_value(command, options[i], &value) && !str_eq(value, STR("-")) &&
            (str_has_char(value, '/') || str_has_char(value, '.')))
            add_path(facts, step, value, command->at, list);
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        bool writes =
            redirect->op.len && redirect->op.at[0] == '>' && !str_eq(redirect->op, STR(">&"));
        if (writes && redirect->target.known)
            add_path(facts, step, redirect->target.value, redirect->at, list);
    }
    VEC_EACH(struct shell_word, word, command->argv) {
        str path = word->known ? database_path(word->value) : STR("");
        if (path.len)
            add_path(facts, step, path, word->at, list);
    }
    if (str_eq(command->name, STR("celery")))
        written_by_celery(facts, step, command, list);
}

static struct written_list written_paths(const struct facts *facts, const struct step_facts *start)
{
    struct written_list list = {0};
    for (uint32_t i = 0; i < start->command_count && i < STEP_COMMANDS_MAX; i++)
        written_by_command(facts, start, &start->commands[i], &list);
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!stage || !stage->ships || step->instruction->kind != INSTRUCTION_ENV)
            continue;
        VEC_EACH(struct pair, pair, step->instruction->pairs) {
            str value, path = STR("");
            if (word_value(facts, step->instruction, pair->value, &value))
                path = database_path(value);
            if (path.len)
                add_path(facts, start, path, pair->value_at, &list);
        }
    }
    return list;
}

/* -- who owns a directory -------------------------------------------------------------------- */

static bool always_writable(str path)
{
    static const char *const rooms[] = {"/tmp", "/var/tmp", "/dev", "/proc"};
    for (size_t i = 0; i < ARRAY_COUNT(rooms); i++)
        if (path_is_in(path, str_from(rooms[i])))
            return true;
    return path_is_in(path, STR("/home"));
}

/* Does this command give something away at or above the directory, or below it? An operand that is
 * not known may be it. */
static bool command_gives(const struct facts *facts, const struct step_facts *step,
                          const struct shell_command *command, str directory)
{
    if (!STR_IN(command->name, "chown", "chmod", "chgrp", "setfacl", "install", "useradd",
                "adduser", "usermod", "fix-permissions") &&
        !(str_eq(command->name, STR("mkdir")) && shell_option(command, "-m")))
        return false;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known)
            return true;
        str path = step_path(facts, step, word->value);
        if (str_starts(word->value, STR("-")) || !path.len)
            continue;
        if (path_is_in(directory, path) || path_is_in(path, directory))
            return true;
    }
    return false;
}

static bool volume_gives(const struct facts *facts, const struct step_facts *step, str directory)
{
    VEC_EACH(struct word, word, step->instruction->words) {
        str path = step_path(facts, step, word->raw);
        if (!path.len || path_is_in(directory, path))
            return true;
    }
    return false;
}

static bool copy_gives(const struct facts *facts, const struct step_facts *step, str directory)
{
    const struct instruction *at = step->instruction;
    if (!at->words.count || !(instruction_flag(at, "chown") || instruction_flag(at, "chmod")))
        return false;
    str goal = step_path(facts, step, vec_last(&at->words)->raw);
    return !goal.len || path_is_in(directory, goal) || path_is_in(goal, directory);
}

static bool run_gives(const struct facts *facts, const struct step_facts *step, str directory)
{
    if (step->user.len && !user_is_root(step->user, NULL))
        return true; /* whatever that user makes is his own */
    if (step->command_count > STEP_COMMANDS_MAX || !step->command_count)
        return true;
    for (uint32_t i = 0; i < step->command_count; i++)
        if (command_gives(facts, step, &step->commands[i], directory) ||
            step->commands[i].via & SHELL_VIA_SUDO)
            return true;
    return false;
}

static bool step_gives(const struct facts *facts, const struct step_facts *step, str directory)
{
    switch (step->instruction->kind) {
    case INSTRUCTION_VOLUME: return volume_gives(facts, step, directory);
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY: return copy_gives(facts, step, directory);
    case INSTRUCTION_RUN: return run_gives(facts, step, directory);
    default: return false;
    }
}

/* The step that made the directory, or one above it, as root: WORKDIR or COPY. NULL: not known. */
static const struct step_facts *made_by_root(const struct facts *facts, str directory)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        const struct instruction *at = step->instruction;
        if (!stage || !stage->ships || at->broken || !at->words.count)
            continue;
        bool copies = at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD;
        if (at->kind != INSTRUCTION_WORKDIR && !copies)
            continue;
        str path = step_path(facts, step, vec_last(&at->words)->raw);
        if (path.len < 2 || !path_is_in(directory, path))
            continue;
        bool root = step->user.len ? step->user_known && user_is_root(step->user, NULL)
                                   : stage->base && user_is_root(STR(""), stage->base);
        return root ? step : NULL;
    }
    return NULL;
}

static bool belongs_to_root(str directory)
{
    return STR_IN(directory, "/", "/etc", "/usr", "/usr/local", "/opt", "/srv", "/run", "/var",
                  "/var/log", "/var/lib", "/var/run", "/var/cache");
}

/* -- the rule -------------------------------------------------------------------------------- */

static void chown_edit(const struct facts *facts, struct rule_sink *sink, str directory)
{
    const struct step_facts *user = final_step(facts, INSTRUCTION_USER);
    const struct stage_facts *final = facts->final;
    if (!user || !final->base || final->base->shell == SHELL_KIND_NONE ||
        belongs_to_root(directory))
        return;
    found_fix(sink, "Give the directory to '%.*s'", STR_ARG(final->user));
    str line = str_fmt(sink->arena, "RUN mkdir -p %.*s && chown %.*s %.*s", STR_ARG(directory),
                       STR_ARG(final->user), STR_ARG(directory));
    struct edit edit = insert_before_instruction(facts, user->instruction, line);
    found_edit(sink, edit.at, edit.text);
}

static void check_written(const struct facts *facts, struct rule_sink *sink,
                          const struct written *written)
{
    str directory = str_dirname(written->path);
    if (!directory.len)
        directory = STR("/");
    if (always_writable(directory))
        return;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        if (stage && stage->ships && step_gives(facts, &facts->steps[i], directory))
            return;
    }
    const struct step_facts *maker = made_by_root(facts, directory);
    bool known = maker || (belongs_to_root(directory) && facts->final->base);
    if (!known)
        return;
    found(sink, written->at, "'%.*s' may not write here: '%.*s' belongs to root",
          STR_ARG(facts->final->user), STR_ARG(directory));
    if (maker)
        found_related(sink, maker->instruction->at, "made here, as root");
    chown_edit(facts, sink, directory);
}

static void check_writes(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    if (!final || final->windows || !final->user.len || !final->user_known ||
        user_is_root(final->user, NULL) || facts->step_count > LOOK_STEPS_MAX)
        return;
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    const struct step_facts *start = cmd ? cmd : entry;
    if (!start)
        return;
    struct written_list list = written_paths(facts, start);
    for (uint32_t i = 0; i < list.count && i < WRITTEN_MAX; i++)
        check_written(facts, sink, &list.at[i]);
}

RULE_FAMILY(
    runtime_writes,
    {.name = "runtime/not-writable",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s15 s14",
     .what = "the program writes a file where its user may not",
     .why = "WORKDIR and COPY make directories as root: the database, log or pid file cannot be "
            "opened, and the program ends",
     .how = "make the directory and give it to the user before USER, or mount a volume or tmpfs",
     .source = "guide: Read-Only Root Filesystem; BuildKit: WORKDIR makes directories as the user "
               "in force",
     .dockerfile = check_writes});
