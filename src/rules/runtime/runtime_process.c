#include "rules/builds.h"
#include "rules/families.h"
#include "rules/repository.h"
#include "rules/yaml_fix.h"

/* The first process of the container: its init, its capabilities, how long its health may hang. */

static bool is_init(str name)
{
    return STR_IN(name, "tini", "tini-static", "dumb-init", "catatonit");
}

/* -- an init that is there and does nothing -------------------------------------------------- */

struct init_found {
    span at;
    str name;    /* as the file calls it */
    str program; /* what ENTRYPOINT is to call: a name in PATH, or the path it was put to */
};

static bool init_installed(const struct step_facts *step, struct init_found *out)
{
    for (uint32_t i = 0; step->packages && i < step->command_count; i++) {
        if (step->packages[i].verb != PACKAGE_INSTALL)
            continue;
        VEC_EACH(struct shell_word, word, step->packages[i].packages) {
            str name = str_slice(word->value, 0, str_find_char(word->value, '='));
            if (!is_init(name))
                continue;
            *out = (struct init_found){.at = word->at, .name = name, .program = name};
            return true;
        }
    }
    return false;
}

/* COPY, ADD or a download to a path that is called so. */
static bool init_written(const struct step_facts *step, struct init_found *out)
{
    VEC_EACH(struct trace, trace, step->traces) {
        if ((trace->kind != TRACE_COPY && trace->kind != TRACE_DOWNLOAD) || trace->guess ||
            trace->tree || !is_init(str_basename(trace->path)))
            continue;
        *out = (struct init_found){
            .at = trace->at, .name = str_basename(trace->path), .program = trace->path};
        return true;
    }
    return false;
}

/* Does any instruction behind it speak of it, or start a script that could? */
static bool init_is_used(const struct facts *facts, const struct step_facts *from, str name)
{
    for (const struct step_facts *step = from + 1; step < facts->steps + facts->step_count;
         step++) {
        const struct instruction *at = step->instruction;
        bool start = at->kind == INSTRUCTION_ENTRYPOINT || at->kind == INSTRUCTION_CMD ||
                     at->kind == INSTRUCTION_ENV || at->kind == INSTRUCTION_LABEL;
        bool moves = at->kind == INSTRUCTION_RUN &&
                     (step_find(step, "ln", NULL) || step_find(step, "cp", NULL) ||
                      step_find(step, "mv", NULL) || step_find(step, "echo", NULL));
        if ((start || moves) && str_has(at->logical.text, name))
            return true;
        /* Somebody builds on this stage and starts it in his own way. */
        if (at->kind == INSTRUCTION_COPY && at->stage != from->stage &&
            str_has(at->logical.text, name))
            return true;
    }
    return false;
}

/* A program that is what it is called: no script that could call the init by itself. */
static bool is_runtime(const struct shell_command *command)
{
    return STR_IN(command->name, "node", "python", "python3", "java", "ruby", "php", "gunicorn",
                  "uvicorn", "flask", "celery", "dotnet", "npm", "yarn", "pnpm", "bun", "deno",
                  "puma", "rails", "nginx", "httpd", "php-fpm", "perl", "erl", "mix");
}

static void init_edit(const struct facts *facts, struct rule_sink *sink,
                      const struct init_found *init)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    str words = str_fmt(sink->arena, "\"%.*s\", \"--\"", STR_ARG(init->program));
    if (entry && (!entry->instruction->json || !entry->instruction->words.count))
        return;
    found_fix(sink, "Start the program under %.*s", STR_ARG(init->name));
    if (entry) {
        found_insert(sink, entry->instruction->words.at[0].at.start,
                     str_cat(sink->arena, words, STR(", ")));
        return;
    }
    struct edit edit = insert_before_instruction(
        facts, cmd->instruction, str_fmt(sink->arena, "ENTRYPOINT [%.*s]", STR_ARG(words)));
    found_edit(sink, edit.at, edit.text);
}

static void check_init_unused(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    const struct step_facts *start = entry ? entry : cmd;
    if (!start || !start->command_count || !is_runtime(&start->commands[0]))
        return;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        struct init_found init;
        if (!stage || !stage->ships || stage->windows ||
            !(init_installed(step, &init) || init_written(step, &init)))
            continue;
        if (init_is_used(facts, step, init.name))
            return;
        found(sink, init.at, "'%.*s' is in the image, but nothing starts under it",
              STR_ARG(init.name));
        found_related(sink, start->instruction->at, "this is the first process");
        init_edit(facts, sink, &init);
        return;
    }
}

/* -- no init at all -------------------------------------------------------------------------- */

static void check_init_missing(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *start = entry ? entry : final_step(facts, INSTRUCTION_CMD);
    if (!start || start->command_count != 1 || !start->instruction->json)
        return;
    const struct shell_command *command = &start->commands[0];
    if (!STR_IN(command->name, "node", "python", "python3", "ruby", "perl", "php", "deno", "bun"))
        return;
    found(sink, start->instruction->at,
          "'%.*s' is process 1: a signal that it does not handle is ignored there",
          STR_ARG(command->name));
}

/* -- health checks --------------------------------------------------------------------------- */

static void check_health_timeout(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *health = final_step(facts, INSTRUCTION_HEALTHCHECK);
    if (!health || !str_eq(health->instruction->healthcheck, STR("CMD")) ||
        instruction_flag(health->instruction, "timeout"))
        return;
    found(sink, health->instruction->at, "without --timeout a check that hangs is seen after 30 s");
}

/* -- capabilities ---------------------------------------------------------------------------- */

static const char *const capabilities[] = {"ALL",
                                           "AUDIT_CONTROL",
                                           "AUDIT_READ",
                                           "AUDIT_WRITE",
                                           "BLOCK_SUSPEND",
                                           "BPF",
                                           "CHECKPOINT_RESTORE",
                                           "CHOWN",
                                           "DAC_OVERRIDE",
                                           "DAC_READ_SEARCH",
                                           "FOWNER",
                                           "FSETID",
                                           "IPC_LOCK",
                                           "IPC_OWNER",
                                           "KILL",
                                           "LEASE",
                                           "LINUX_IMMUTABLE",
                                           "MAC_ADMIN",
                                           "MAC_OVERRIDE",
                                           "MKNOD",
                                           "NET_ADMIN",
                                           "NET_BIND_SERVICE",
                                           "NET_BROADCAST",
                                           "NET_RAW",
                                           "PERFMON",
                                           "SETFCAP",
                                           "SETGID",
                                           "SETPCAP",
                                           "SETUID",
                                           "SYS_ADMIN",
                                           "SYS_BOOT",
                                           "SYS_CHROOT",
                                           "SYS_MODULE",
                                           "SYS_NICE",
                                           "SYS_PACCT",
                                           "SYS_PTRACE",
                                           "SYS_RAWIO",
                                           "SYS_RESOURCE",
                                           "SYS_TIME",
                                           "SYS_TTY_CONFIG",
                                           "SYSLOG",
                                           "WAKE_ALARM"};

/* "cap_net_raw" and "NET_RAW" are the same. */
static str bare_capability(str name)
{
    name = str_trim(name);
    return str_starts_nocase(name, STR("CAP_")) ? str_from_index(name, 4) : name;
}

static str bare_value(str value)
{
    bool quoted = value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\'');
    return quoted ? str_slice(value, 1, value.len - 1) : value;
}

static bool lists_capability(str list, const char *wanted)
{
    str name;
    list = str_trim(list);
    while (str_next(&list, ',', &name)) {
        name = bare_capability(name);
        if (str_eq_nocase(name, str_from(wanted)) || str_eq_nocase(name, STR("ALL")))
            return true;
    }
    return false;
}

/* The label that documents them: the guide calls it security.capabilities. */
static const struct pair *capabilities_label(const struct facts *facts)
{
    const struct pair *found_pair = NULL;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        if (!stage || !stage->ships || facts->steps[i].instruction->kind != INSTRUCTION_LABEL)
            continue;
        VEC_EACH(struct pair, pair, facts->steps[i].instruction->pairs) {
            if (str_has(pair->name, STR("security.capabilities")) &&
                !str_has_char(pair->value, '$'))
                found_pair = pair;
        }
    }
    return found_pair;
}

/* A port below 1024 that EXPOSE names, for a container that is not root. */
static const struct word *low_port(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    if (!final->user.len || !final->user_known || user_is_root(final->user, NULL))
        return NULL;
    for (uint32_t i = final->stage->first; i < final->stage->end; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        VEC_EACH(struct word, word, at->words) {
            str number = str_slice(word->raw, 0, str_find_char(word->raw, '/'));
            uint64_t port;
            if (at->kind == INSTRUCTION_EXPOSE && str_to_u64(number, &port) && port > 0 &&
                port < 1024)
                return word;
        }
    }
    return NULL;
}

static void check_label_words(struct rule_sink *sink, const struct pair *label, str list)
{
    str name;
    while (str_next(&list, ',', &name)) {
        name = bare_capability(name);
        bool known = !name.len || STR_IN(name, "NONE", "none");
        for (size_t i = 0; i < ARRAY_COUNT(capabilities); i++)
            known = known || str_eq_nocase(name, str_from(capabilities[i]));
        if (!known)
            found(sink, label->value_at, "'%.*s' is no capability", STR_ARG(name));
    }
}

static void check_capabilities(const struct facts *facts, struct rule_sink *sink)
{
    const struct pair *label = facts->final ? capabilities_label(facts) : NULL;
    if (!label)
        return;
    str list = bare_value(label->value);
    check_label_words(sink, label, list);
    const struct word *port = low_port(facts);
    if (port && !lists_capability(list, "NET_BIND_SERVICE")) {
        found(sink, label->at, "port %.*s needs NET_BIND_SERVICE, which this label does not list",
              STR_ARG(port->raw));
        found_related(sink, port->at, "opened here, by a user who is not root");
    }
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    bool drops = entry && entry->command_count &&
                 ((entry->commands[0].via & SHELL_VIA_SUDO) ||
                  (entry->commands[0].words.count &&
                   STR_IN(str_basename(entry->commands[0].words.at[0].value), "gosu", "su-exec")));
    if (drops && !(lists_capability(list, "SETUID") && lists_capability(list, "SETGID"))) {
        found(sink, label->at,
              "changing the user needs SETUID and SETGID, which this label does not list");
        found_related(sink, entry->instruction->at, "it is changed here");
    }
}

/* The service whose `build` this is. */
static const struct service_facts *service_of(const struct yaml_file *file,
                                              const struct build_call *call)
{
    VEC_EACH(struct service_facts, service, file->services) {
        if (node_get(service->node, "build") == call->node)
            return service;
    }
    return NULL;
}

/* A service that drops all capabilities must give back what the image's label asks for. */
static void check_service(struct rule_sink *sink, const struct known_build *build)
{
    const struct pair *label =
        build->facts && build->facts->final ? capabilities_label(build->facts) : NULL;
    const struct service_facts *service = label ? service_of(build->job->yaml, &build->call) : NULL;
    const struct node *dropped = service ? node_get(service->node, "cap_drop") : NULL;
    if (!dropped || !node_has_word(dropped, "ALL"))
        return;
    struct rule_sink own = repository_sink(build->job, sink->rule);
    const struct node *added = node_get(service->node, "cap_add");
    str rest = bare_value(label->value), name;
    while (str_next(&rest, ',', &name)) {
        name = bare_capability(name);
        bool given = !name.len || str_eq_nocase(name, STR("ALL"));
        for (uint32_t i = 0; i < node_count(added); i++)
            given = given || str_eq_nocase(bare_capability(node_str(node_item(added, i))), name);
        if (given)
            continue;
        found(&own, place_in(service->node, dropped, service->key->at),
              "the image's label asks for %.*s, which '%.*s' drops", STR_ARG(name),
              STR_ARG(service->name));
    }
}

static void check_services(const struct repository *repository, struct rule_sink *sink)
{
    VEC_EACH(struct known_build, build, *repository->builds) {
        if (build->call.caller == BUILD_BY_COMPOSE && build->job->yaml)
            check_service(sink, build);
    }
}

RULE_FAMILY(
    runtime_process,
    {.name = "runtime/healthcheck-timeout",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .guide = "s23",
     .what = "HEALTHCHECK without --timeout",
     .why = "the default is 30 s a try and three tries: a program that hangs is seen after two "
            "minutes and more",
     .how = "HEALTHCHECK --interval=30s --timeout=3s",
     .source = "guide: complete example; Dockerfile reference, HEALTHCHECK",
     .dockerfile = check_health_timeout},
    {.name = "runtime/init-missing",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .guide = "s23",
     .what = "an interpreter is the first process",
     .why = "the kernel does not apply default actions to process 1: SIGTERM ends it only if the "
            "program handles it, and orphans are not reaped; whether it does, the Dockerfile "
            "cannot say",
     .how = "ENTRYPOINT [\"tini\", \"--\"], or 'docker run --init', or a handler in the program",
     .source = "guide: complete example; signal(7), pid_namespaces(7)",
     .dockerfile = check_init_missing},
    {.name = "runtime/init-unused",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s23",
     .what = "tini or dumb-init is installed, and nothing starts under it",
     .why = "the program is process 1 all the same: signals that it does not handle are ignored, "
            "and 'docker stop' waits ten seconds and kills",
     .how = "ENTRYPOINT [\"dumb-init\", \"--\"]",
     .source = "guide: complete example",
     .dockerfile = check_init_unused},
    {.name = "security/capabilities-label",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s16",
     .what = "a label of capabilities that does not fit what the file or its service shows",
     .why = "whoever drops all but those gets a container that does not start",
     .how = "list NET_BIND_SERVICE for ports below 1024, SETUID and SETGID for gosu and su-exec",
     .source = "guide: Drop Capabilities; capabilities(7)",
     .dockerfile = check_capabilities,
     .repository = check_services});
