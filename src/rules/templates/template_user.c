#include "rules/templates.h"

#include "rules/conventions.h"
#include "rules/repository.h"

/*
 * A user for a stage that ships as root: the base's own, one that the stage makes already, or a new
 * one, made as the distribution does it and called as the repository's other images call theirs.
 *
 *   RUN groupadd --system app && useradd --system --gid app --create-home app
 *   COPY --chown=app:app . .        where the program is known to write beside its code
 *   USER app
 *   CMD ...
 */

struct drop {
    const struct facts *facts;
    const struct instruction *start; /* first CMD or ENTRYPOINT */
    str name;
    str uid; /* that it is made with; "" leaves that to the system */
    enum { THERE_ALREADY, BY_BUSYBOX, BY_SHADOW } made; /* how */
    bool writes;                                        /* the program writes below WORKDIR */
    str owned;           /* directories that it must own, blank-separated */
    uint32_t run_before; /* index of the instruction that the RUN stands in front of, at most */
    struct template_edits edits;
};

/* -- may it be done ---------------------------------------------------------------------------- */

/* Scripts and supervisors that begin as root on purpose. */
static bool begins_as_root(const struct facts *facts, const struct step_facts *step)
{
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    bool arguments = cmd && cmd != step && step->instruction->kind == INSTRUCTION_ENTRYPOINT &&
                     cmd->instruction->json && cmd->instruction->words.count &&
                     !str_starts(cmd->instruction->words.at[0].raw, STR("-"));
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        VEC_EACH(struct shell_word, word, command->argv) {
            if (str_ends(word->value, STR(".sh")) || str_has(word->value, STR("entrypoint")))
                return true;
        }
        bool bare = !arguments &&
                    (command->argv.count == 1 ||
                     (command->argv.count == 2 && str_eq(command->argv.at[1].value, STR("-a"))));
        if (bare &&
            STR_IN(command->name, "python", "python3", "irb", "ruby", "node", "php", "perl",
                   "jshell", "java", "dotnet", "erl", "iex", "R", "julia", "lua", "ghci", "pypy3"))
            return true; /* an image for others to build on */
        if (!command->name.len ||
            STR_IN(command->name, "nginx", "apache2", "httpd", "apachectl", "sshd", "supervisord",
                   "cron", "crond", "init", "systemd", "dockerd", "containerd", "s6-svscan",
                   "runsvdir", "apache2-foreground", "php-fpm", "haproxy", "dhcpd", "named", "smbd",
                   "tcpdump", "iptables", "wg-quick", "openvpn", "bash", "sh", "ash", "postfix"))
            return true;
    }
    return false;
}

/* Is what begins a script of the context, under whatever name it is copied? */
static bool is_copied_script(const struct facts *facts, const struct step_facts *copy,
                             const struct step_facts *start)
{
    const struct instruction *at = copy->instruction;
    if (at->kind != INSTRUCTION_COPY || instruction_flag(at, "from") || !start->command_count ||
        !start->commands[0].name.len)
        return false;
    str program = start->commands[0].name, goal = str_basename(vec_last(&at->words)->raw);
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str source = at->words.at[i].raw;
        if (!str_eq(str_basename(source), program) && !str_eq(goal, program))
            continue;
        str text = template_file(facts, source), line = STR("");
        if (text.at)
            str_next_line(&text, &line);
        if (str_ends(source, STR(".sh")) ||
            (str_starts(line, STR("#!")) && str_has(line, STR("sh"))))
            return true;
    }
    return false;
}

/* Something lies in root's own directory, where nobody else looks. */
static bool uses_root_home(const struct step_facts *step)
{
    str text = step->instruction->logical.text;
    bool writes = step->instruction->kind != INSTRUCTION_USER &&
                  step->instruction->kind != INSTRUCTION_FROM && !step->instruction->mounts.count;
    return writes && (str_has(text, STR("/root")) || str_has(text, STR("~/")) ||
                      str_has(text, STR("$HOME")) || str_has(text, STR("${HOME")));
}

static bool has_low_port(const struct step_facts *step)
{
    VEC_EACH(struct word, word, step->instruction->words) {
        uint64_t port;
        str number = str_slice(word->raw, 0, str_find_char(word->raw, '/'));
        if (!str_to_u64(number, &port) || port < 1024)
            return true;
    }
    return false;
}

/* Programs that keep their data, caches or compiled parts beside their code. */
static bool writes_beside_code(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        if (STR_IN(command->name, "rails", "puma", "jupyter", "jupyter-lab", "vite", "nodemon",
                   "webpack-dev-server", "gradle", "mvn", "cargo"))
            return true;
        VEC_EACH(struct shell_word, word, command->argv) {
            if (STR_IN(word->value, "rails", "puma", "artisan", "runserver", "dev", "nodemon",
                       "serve", "jekyll", "notebook"))
                return true;
        }
    }
    return false;
}

static void add_owned(struct drop *drop, str path)
{
    bool for_all = STR_IN(path, "/", "/tmp", "/var/tmp", "/dev/shm", "/run/lock");
    if (for_all || str_is_listed(str_z(drop->facts->arena, drop->owned), path))
        return;
    drop->owned = drop->owned.len ? str_fmt(drop->facts->arena, "%.*s %.*s", STR_ARG(drop->owned),
                                            STR_ARG(path))
                                  : path;
}

static bool take_volume(struct drop *drop, const struct step_facts *step)
{
    VEC_EACH(struct word, word, step->instruction->words) {
        if (!str_starts(word->raw, STR("/")) || str_has_char(word->raw, '$') ||
            str_has_char(word->raw, ' '))
            return false;
        add_owned(drop, word->raw);
    }
    if (step->instruction->index < drop->run_before)
        drop->run_before = step->instruction->index;
    return true;
}

/* Look through the stage once: false where another user would break what the text shows. */
static bool look_through(struct drop *drop)
{
    const struct facts *facts = drop->facts;
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; i < stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        enum instruction_kind kind = step->instruction->kind;
        bool starts = kind == INSTRUCTION_CMD || kind == INSTRUCTION_ENTRYPOINT;
        if (step->instruction->broken || (starts && begins_as_root(facts, step)) ||
            uses_root_home(step) ||
            is_copied_script(facts, step, &facts->steps[drop->start->index]) ||
            (kind == INSTRUCTION_EXPOSE && has_low_port(step)) || kind == INSTRUCTION_ONBUILD ||
            (kind == INSTRUCTION_RUN && i > drop->start->index) ||
            (kind == INSTRUCTION_VOLUME && !take_volume(drop, step)))
            return false;
        drop->writes = drop->writes || (starts && writes_beside_code(step));
    }
    /* What lies below another stage's WORKDIR belongs to root already. */
    return !drop->writes || stage->base_stage == NO_INDEX;
}

/* -- who --------------------------------------------------------------------------------------- */

/* A user that the shipped stage makes itself. */
static str made_here(const struct facts *facts)
{
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; i < stage->end; i++)
        for (uint32_t k = 0; k < facts->steps[i].command_count; k++) {
            const struct shell_command *command = &facts->steps[i].commands[k];
            const struct shell_word *last =
                command->argv.count > 1 ? vec_last(&command->argv) : NULL;
            if (last && STR_IN(command->name, "useradd", "adduser") && last->known &&
                !str_starts(last->value, STR("-")))
                return last->value;
        }
    return STR("");
}

/* The base's own user, where the release that the tag names has it: Ubuntu's came with 23.04,
 * .NET's with 8.0. */
static str user_of_base(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    str user = str_from(final->base->nonroot ? final->base->nonroot : ""), tag = final->tag;
    static const char *const with_ubuntu[] = {"noble", "plucky", "questing", "resolute",
                                              "24.",   "25.",    "26."};
    if (str_starts(final->repository, STR("mcr.microsoft.com/dotnet/"))) {
        uint64_t major = 0;
        size_t end = str_find_char(tag, '.');
        bool known = str_to_u64(str_slice(tag, 0, end), &major);
        return known && major >= 8 ? user : STR("");
    }
    if (!str_eq(user, STR("ubuntu")))
        return user;
    for (size_t i = 0; i < ARRAY_COUNT(with_ubuntu); i++)
        if (str_has(tag, str_from(with_ubuntu[i])))
            return user;
    return str_eq(final->repository, STR("ubuntu")) && STR_IN(tag, "", "latest", "rolling")
               ? user
               : STR("");
}

/* What the repository's images call theirs, if it is not the name of some base's own. */
static str usual_user(const struct facts *facts)
{
    const struct conventions *ways = facts->repository ? facts->repository->conventions : NULL;
    bool named =
        ways && ways->user_of_most.len &&
        !STR_IN(ways->user_of_most, "node", "nginx", "www-data", "postgres", "redis", "ubuntu");
    return named ? ways->user_of_most : STR("app");
}

/* The number that the repository's images give theirs; "" when they give none, or one of a system
 * user, whose numbers each distribution has its own. */
static str usual_uid(const struct facts *facts)
{
    const struct conventions *ways = facts->repository ? facts->repository->conventions : NULL;
    uint64_t number = 0;
    bool free_number = ways && str_to_u64(ways->uid, &number) && number >= 1000 && number < 60000;
    bool taken = facts->final->base && facts->final->base->nonroot_uid == (int)number;
    return free_number && !taken ? ways->uid : STR("");
}

static bool choose_user(struct drop *drop)
{
    const struct facts *facts = drop->facts;
    const struct base_fact *base = facts->final->base;
    drop->name = made_here(facts);
    if (drop->name.len || !base)
        return drop->name.len > 0;
    drop->name = user_of_base(facts);
    if (drop->name.len)
        return true;
    if (base->family == FAMILY_SCRATCH || base->family == FAMILY_DISTROLESS) {
        drop->name = STR("65532:65532");
        return !drop->owned.len;
    }
    drop->name = usual_user(facts);
    bool shadow = base->family == FAMILY_DEBIAN || base->family == FAMILY_UBUNTU ||
                  (base->family == FAMILY_RHEL && base->packages &&
                   !str_eq(str_from(base->packages), STR("microdnf")) &&
                   !str_has(facts->final->repository, STR("amazonlinux")));
    drop->uid = usual_uid(facts);
    if (base->family == FAMILY_ALPINE || base->family == FAMILY_BUSYBOX)
        drop->made = BY_BUSYBOX;
    else if (shadow)
        drop->made = BY_SHADOW;
    return drop->made != THERE_ALREADY;
}

/* -- where ------------------------------------------------------------------------------------- */

static void insert_line(struct drop *drop, const struct instruction *at, str line, bool alone)
{
    const struct facts *facts = drop->facts;
    struct edit edit = insert_before_instruction(facts, at, line);
    uint32_t start = template_above(facts, at);
    uint32_t number = source_position(facts->source, start).line;
    bool blank_above =
        number > 1 &&
        !str_trim(source_text(facts->source, source_line(facts->source, number - 1))).len;
    if (alone && blank_above)
        edit.text = str_cat(facts->arena, edit.text, source_newline(facts->source));
    template_add(facts->arena, &drop->edits, (span){start, start}, edit.text);
}

/* Files that the program writes to belong to it. */
static void give_files(struct drop *drop)
{
    const struct facts *facts = drop->facts;
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; drop->writes && i < stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct instruction *at = step->instruction;
        if (at->kind != INSTRUCTION_COPY || instruction_flag(at, "chown") || at->words.count < 2 ||
            !step->workdir_known || !step->workdir_set)
            continue;
        str place = step_path(facts, step, vec_last(&at->words)->raw);
        if (!place.len || !trace_covers(step->workdir, place))
            continue;
        struct edit edit = add_flag(
            facts, at,
            str_fmt(facts->arena, "--chown=%.*s:%.*s", STR_ARG(drop->name), STR_ARG(drop->name)));
        template_add(facts->arena, &drop->edits, edit.at, edit.text);
        add_owned(drop, step->workdir);
        if (i < drop->run_before)
            drop->run_before = i;
    }
}

/* The command lines that make the user and what belongs to it; "" when nothing is to be made. */
static str making_line(const struct drop *drop)
{
    struct arena *arena = drop->facts->arena;
    str name = drop->name, owned = drop->owned;
    str joint = str_fmt(arena, " && %c%.*s    ", drop->facts->file->directives.escape,
                        STR_ARG(source_newline(drop->facts->source)));
    str line = STR(""), uid = drop->uid;
    if (drop->made == BY_BUSYBOX)
        line = uid.len ? str_fmt(arena, "addgroup -g %.*s %.*s%.*sadduser -D -u %.*s -G %.*s %.*s",
                                 STR_ARG(uid), STR_ARG(name), STR_ARG(joint), STR_ARG(uid),
                                 STR_ARG(name), STR_ARG(name))
                       : str_fmt(arena, "addgroup -S %.*s%.*sadduser -S -G %.*s %.*s",
                                 STR_ARG(name), STR_ARG(joint), STR_ARG(name), STR_ARG(name));
    else if (drop->made == BY_SHADOW)
        line = uid.len ? str_fmt(arena,
                                 "groupadd --gid %.*s %.*s%.*suseradd --uid %.*s --gid %.*s "
                                 "--create-home %.*s",
                                 STR_ARG(uid), STR_ARG(name), STR_ARG(joint), STR_ARG(uid),
                                 STR_ARG(name), STR_ARG(name))
                       : str_fmt(arena,
                                 "groupadd --system %.*s%.*suseradd --system --gid %.*s "
                                 "--create-home %.*s",
                                 STR_ARG(name), STR_ARG(joint), STR_ARG(name), STR_ARG(name));
    if (!owned.len)
        return line;
    str owns = str_fmt(arena, "mkdir -p %.*s%.*schown %.*s:%.*s %.*s", STR_ARG(owned),
                       STR_ARG(joint), STR_ARG(name), STR_ARG(name), STR_ARG(owned));
    return line.len ? str_fmt(arena, "%.*s%.*s%.*s", STR_ARG(line), STR_ARG(joint), STR_ARG(owns))
                    : owns;
}

/* What USER says: the number where the repository's files do so. */
static str user_word(const struct drop *drop)
{
    const struct repository *repository = drop->facts->repository;
    return drop->uid.len && repository->conventions->user_by_number ? drop->uid : drop->name;
}

/* Not beside another RUN, where one may be found that is not: each RUN is a layer. */
static const struct instruction *place_of_run(const struct drop *drop)
{
    const struct facts *facts = drop->facts;
    uint32_t first = facts->final->stage->first;
    for (uint32_t i = drop->run_before; i > first; i--) {
        const struct step_facts *step = &facts->steps[i];
        bool root = step->user_known && user_is_root(step->user, facts->final->base);
        if (root && step->instruction->kind != INSTRUCTION_RUN &&
            (step - 1)->instruction->kind != INSTRUCTION_RUN)
            return step->instruction;
    }
    return NULL;
}

/* Is the USER that is there the one to change: nothing runs between it and the start? */
static bool is_last_word(const struct facts *facts, const struct instruction *root_user,
                         const struct instruction *start)
{
    if (!root_user || root_user->words.count != 1 || root_user->stage != start->stage)
        return false;
    for (uint32_t i = root_user->index; i < start->index; i++)
        if (facts->steps[i].instruction->kind == INSTRUCTION_RUN)
            return false;
    return true;
}

bool template_drop_root(const struct facts *facts, struct rule_sink *sink,
                        const struct instruction *start, const struct instruction *root_user)
{
    struct drop drop = {.facts = facts, .start = start};
    if (!start || !facts->final || start->stage != facts->final->stage->index)
        return false;
    drop.run_before = start->index;
    if (!look_through(&drop) || !choose_user(&drop))
        return false;
    give_files(&drop);
    str making = making_line(&drop);
    str user = str_fmt(facts->arena, "USER %.*s", STR_ARG(user_word(&drop)));
    const struct instruction *place = making.len ? place_of_run(&drop) : NULL;
    if (making.len && !place)
        return false;
    bool simple = !making.len && is_last_word(facts, root_user, start);
    str run = str_cat(facts->arena, STR("RUN "), making);
    if (simple) {
        template_add(facts->arena, &drop.edits, root_user->words.at[0].at, user_word(&drop));
    } else if (place == start) {
        struct edit second = insert_before_instruction(facts, start, user);
        str both =
            str_fmt(facts->arena, "%.*s%.*s%.*s", STR_ARG(run),
                    STR_ARG(source_newline(facts->source)), STR_ARG(str_trim_end(second.text)));
        insert_line(&drop, start, both, false);
    } else {
        if (place)
            insert_line(&drop, place, run, true);
        insert_line(&drop, start, user, false);
    }
    const char *brings = drop.made ? "which is made for it" : "which is there already";
    return template_give(sink, &drop.edits,
                         str_z(facts->arena, str_fmt(facts->arena, "Run as '%.*s', %s",
                                                     STR_ARG(drop.name), brings)));
}
