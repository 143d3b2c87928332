#include "rules/compose/compose_rules.h"
#include "rules/families.h"
#include "rules/image_uses.h"
#include "rules/kubernetes/kubernetes_rules.h"

/* Who the image runs as and what it needs, against what its container is given. */

/* -- USER against runAsUser and runAsNonRoot --------------------------------------------------- */

static void refused(struct rule_sink *sink, const struct image_use *use,
                    const struct image_user *user, const struct node *flag)
{
    const struct container_facts *container = use->container;
    str dockerfile = use->facts->source->path;
    if (user->root)
        found(sink, value_place(container, flag),
              "'%.*s' ends as root: with runAsNonRoot and no runAsUser its image is not started",
              STR_ARG(dockerfile));
    else if (user->by_name)
        found(sink, value_place(container, flag),
              "'%.*s' ends with USER %.*s, a name: with runAsNonRoot and no runAsUser its image is "
              "not started",
              STR_ARG(dockerfile), STR_ARG(user->name));
    if (user->root || user->uid <= 0)
        return;
    struct yaml_fix fix = {.file = use->job->yaml};
    yaml_fix_nested(&fix, container->node, "securityContext", "runAsUser",
                    str_fmt(sink->arena, "%d", (int)user->uid));
    yaml_fix_done(&fix, sink, "Run as the image's user, by its number");
}

static void image_user(struct rule_sink *sink, const struct image_use *use)
{
    const struct container_facts *container = use->container;
    struct image_user user = image_user_of(use->facts);
    int64_t uid;
    if (!container || !user.known)
        return;
    const struct node *given = container_security(container, "runAsUser");
    const struct node *flag = container_security(container, "runAsNonRoot");
    if (!given && node_is_true(flag) && (user.root || user.by_name)) {
        refused(sink, use, &user, flag);
        return;
    }
    const struct step_facts *gift = user.root ? NULL : image_gives(use->facts, STR(""), &user);
    if (!gift || !node_int(given, &uid) || user.uid < 0 || uid == user.uid || uid == 0)
        return;
    found(sink, value_place(container, given),
          "runAsUser %d, but line %u of '%.*s' gives files to '%.*s', which is %d", (int)uid,
          gift->instruction->line, STR_ARG(use->facts->source->path), STR_ARG(user.name),
          (int)user.uid);
    found_severity(sink, SEVERITY_NOTE);
}

static void check_image_user(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, image_user);
}

/* -- ports below 1024 -------------------------------------------------------------------------- */

static void low_port(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    const struct node *place = NULL;
    int64_t port = container_low_port(container, &place);
    if (!port || pod_is_windows(container->pod) || !low_port_is_closed(file, container, false))
        return;
    found(sink, value_place(container, place),
          "port %d: this container may not open it, unless its node lets everybody", (int)port);
    low_port_fix(file, sink, container, false);
}

/* The same, where only the image tells the port or the user. Docker itself lets everybody. */
static void image_port(struct rule_sink *sink, const struct image_use *use)
{
    const struct container_facts *container = use->container;
    const struct yaml_file *file = use->job->yaml;
    if (!container || image_sets_capabilities(use->facts))
        return;
    const struct node *place = NULL;
    struct image_user user = image_user_of(use->facts);
    bool non_root = user.known && !user.root;
    int64_t port = container_low_port(container, &place);
    bool told = port && low_port_is_closed(file, container, false);
    port = port ? port : image_low_port(use->facts);
    if (!port || told || !low_port_is_closed(file, container, non_root))
        return;
    found(sink, value_place(container, place),
          "port %d of '%.*s': its user may not open it, unless the node lets everybody", (int)port,
          STR_ARG(use->facts->source->path));
    low_port_fix(file, sink, container, non_root);
}

static void check_image_port(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, image_port);
}

/* -- LABEL security.capabilities --------------------------------------------------------------- */

#define DEFAULT_CAPABILITIES                                                                    \
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP " \
    "SETGID SETPCAP SETUID SYS_CHROOT"

/* The value of the label, and where it stands; STR_NONE when there is none. */
static str label_value(const struct facts *facts, const struct instruction **out_at)
{
    str value = STR_NONE;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (step->instruction->kind != INSTRUCTION_LABEL || !stage || !stage->ships)
            continue;
        VEC_EACH(struct pair, pair, step->instruction->pairs) {
            str name, text;
            if (!word_value(facts, step->instruction, pair->name, &name) ||
                !str_eq(name, STR("security.capabilities")))
                continue;
            bool known = word_value(facts, step->instruction, pair->value, &text);
            value = known ? text : STR_NONE;
            *out_at = step->instruction;
        }
    }
    return value;
}

/* "NET_BIND_SERVICE,CHOWN" and "CAP_CHOWN cap_setuid" as names. */
static struct str_list label_names(struct arena *arena, str value)
{
    struct str_list names = {0};
    str rest = str_replace(arena, value, STR(","), STR(" ")), word;
    while (str_next_word(&rest, &word)) {
        str name = capability_name(arena, word);
        if (!STR_IN(name, "NONE", "ALL"))
            vec_push(arena, &names, name);
    }
    return names;
}

struct given {
    struct str_list names;
    bool drops_all, all, unknown;
};

static void give(struct arena *arena, struct given *given, str text)
{
    str name = capability_name(arena, text);
    given->unknown = given->unknown || !name.len || str_has_char(name, '$');
    given->all = given->all || str_eq(name, STR("ALL"));
    vec_push(arena, &given->names, name);
}

static struct given given_to(struct arena *arena, const struct image_use *use)
{
    struct given given = {0};
    if (use->run) {
        struct docker_value value;
        for (uint32_t cursor = 0; docker_option(use->run, "--cap-add", &cursor, &value);)
            give(arena, &given, value.known ? value.text : STR(""));
        for (uint32_t cursor = 0; docker_option(use->run, "--cap-drop", &cursor, &value);)
            given.drops_all = given.drops_all || str_eq_nocase(value.text, STR("all"));
        given.all = given.all || docker_has(use->run, "--privileged");
        return given;
    }
    struct capabilities_said said = use->container ? container_capabilities(use->container)
                                                   : service_capabilities(use->service);
    for (uint32_t i = 0; i < node_count(said.add); i++)
        give(arena, &given, node_str(node_item(said.add, i)));
    given.drops_all = said.drops_all;
    const struct node *flag = use->container ? container_security(use->container, "privileged")
                                             : node_get(use->service->node, "privileged");
    given.all = given.all || node_is_true(flag);
    return given;
}

static bool is_in(const struct str_list *list, str name)
{
    VEC_EACH(str, item, *list) {
        if (str_eq(*item, name))
            return true;
    }
    return false;
}

static str joined(struct arena *arena, const struct str_list *names)
{
    str text = STR("");
    VEC_EACH(str, name, *names) {
        text = str_fmt(arena, "%.*s%s%.*s", STR_ARG(text), text.len ? ", " : "", STR_ARG(*name));
    }
    return text;
}

static void add_fix(struct rule_sink *sink, const struct image_use *use,
                    const struct str_list *missing)
{
    struct arena *arena = sink->arena;
    struct yaml_items items = {0};
    VEC_EACH(str, name, *missing) {
        vec_push(arena, &items, (struct yaml_item){*name, *name});
    }
    if (use->run && use->run->script->exact) {
        str options = STR("");
        VEC_EACH(str, name, *missing) {
            options = str_fmt(arena, "%.*s%s--cap-add=%.*s", STR_ARG(options),
                              options.len ? " " : "", STR_ARG(*name));
        }
        struct edit edit = docker_add_option(arena, use->run, options);
        found_fix(sink, "Add what the image says it needs");
        found_edit(sink, edit.at, edit.text);
    }
    if (use->run)
        return;
    struct yaml_fix fix = {.file = use->job->yaml};
    const struct node *security =
        use->container ? node_get(use->container->node, "securityContext") : NULL;
    const struct node *map =
        use->container ? node_get(security, "capabilities") : use->service->node;
    if (map)
        yaml_fix_append_all(&fix, map, use->container ? "add" : "cap_add", &items);
    yaml_fix_done(&fix, sink, "Add what the image says it needs");
}

static void label(struct rule_sink *sink, const struct image_use *use)
{
    struct arena *arena = sink->arena;
    const struct instruction *at = NULL;
    str value = label_value(use->facts, &at);
    if (!value.at)
        return;
    struct str_list wanted = label_names(arena, value), missing = {0}, extra = {0};
    struct given given = given_to(arena, use);
    if (given.unknown || given.all)
        return;
    VEC_EACH(str, name, wanted) {
        bool has = is_in(&given.names, *name) ||
                   (!given.drops_all && str_is_listed(DEFAULT_CAPABILITIES, *name));
        if (!has)
            vec_push(arena, &missing, *name);
    }
    VEC_EACH(str, name, given.names) {
        if (!is_in(&wanted, *name))
            vec_push(arena, &extra, *name);
    }
    span place = image_use_place(use);
    str path = use->facts->source->path;
    if (missing.count) {
        str list = joined(arena, &missing);
        found(sink, place, "it lacks %.*s, which the label on line %u of '%.*s' asks for",
              STR_ARG(list), at->line, STR_ARG(path));
        add_fix(sink, use, &missing);
    }
    if (extra.count) {
        str list = joined(arena, &extra);
        found(sink, place, "it is given %.*s, which the label on line %u of '%.*s' does not name",
              STR_ARG(list), at->line, STR_ARG(path));
        found_severity(sink, SEVERITY_NOTE);
    }
}

static void check_label(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, label);
}

/* -- HEALTHCHECK against probes ---------------------------------------------------------------- */

static void healthcheck(struct rule_sink *sink, const struct image_use *use)
{
    const struct container_facts *container = use->container;
    const struct step_facts *check = final_step(use->facts, INSTRUCTION_HEALTHCHECK);
    if (!container || container->init || !container->pod->whole || !check ||
        !str_eq(check->instruction->healthcheck, STR("CMD")) ||
        !STR_IN(container->pod->kind, "Deployment", "StatefulSet", "DaemonSet") ||
        node_get(container->node, "livenessProbe") || node_get(container->node, "readinessProbe") ||
        node_get(container->node, "startupProbe"))
        return;
    found(sink, container_place(container),
          "nothing asks how it is: the HEALTHCHECK on line %u of '%.*s' is docker's alone",
          check->instruction->line, STR_ARG(use->facts->source->path));
}

static void check_healthcheck(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, healthcheck);
}

/* -- setcap against no-new-privileges ---------------------------------------------------------- */

static bool is_run_without_more(const struct image_use *use)
{
    if (use->container)
        return node_is_false(container_security(use->container, "allowPrivilegeEscalation"));
    if (use->service) {
        const struct node *options = node_get(use->service->node, "security_opt");
        return node_has_word(options, "no-new-privileges:true") ||
               node_has_word(options, "no-new-privileges");
    }
    struct docker_value value;
    for (uint32_t cursor = 0; docker_option(use->run, "--security-opt", &cursor, &value);)
        if (STR_IN(value.text, "no-new-privileges", "no-new-privileges:true"))
            return true;
    return false;
}

static void setcap(struct rule_sink *sink, const struct image_use *use)
{
    struct image_user user = image_user_of(use->facts);
    if (!image_sets_capabilities(use->facts) || !is_run_without_more(use) || !user.known ||
        user.root)
        return;
    found(sink, image_use_place(use),
          "'%.*s' gives a program capabilities by setcap: without new privileges it gets none",
          STR_ARG(use->facts->source->path));
}

static void check_setcap(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, setcap);
}

RULE_FAMILY(
    cross_users,
    {.name = "kubernetes/healthcheck-unread",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s23",
     .what = "a container without probes, whose Dockerfile has a HEALTHCHECK",
     .why = "the kubelet does not read it: a hung process gets requests for ever",
     .how = "a readinessProbe or livenessProbe with the same command",
     .source = "Kubernetes: Configure liveness, readiness and startup probes",
     .repository = check_healthcheck},
    {.name = "kubernetes/image-user",
     .severity = SEVERITY_ERROR,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14 s15",
     .what = "a pod whose user does not go with the USER of its Dockerfile",
     .why = "the kubelet refuses an image of root or of a named user under runAsNonRoot; with "
            "another number the program may not write its own files",
     .how = "a numeric USER in the Dockerfile, and the same number in runAsUser",
     .source = "Kubernetes: Configure a security context",
     .repository = check_image_user},
    {.name = "kubernetes/low-port",
     .aka = "trivy:KSV117 trivy:KSV-0117 kube-linter:privileged-ports",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s16",
     .what = "a port below 1024 that the container may not open",
     .why = "it ends with 'permission denied' on nodes that keep these ports for root",
     .how = "listen above 1024; or add NET_BIND_SERVICE (root), or the safe sysctl "
            "net.ipv4.ip_unprivileged_port_start (others)",
     .source = "Kubernetes: Using sysctls in a cluster; capabilities(7)",
     .container = low_port,
     .repository = check_image_port},
    {.name = "security/capabilities-given",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s16",
     .what = "the label security.capabilities and what the container is given differ",
     .why = "what is missing fails at run time; what is more is for whoever breaks in",
     .how = "the same names in the label, and in cap_add, --cap-add or capabilities.add",
     .source = "guide: Drop Capabilities",
     .repository = check_label},
    {.name = "security/setcap-lost",
     .severity = SEVERITY_WARNING,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s16 s17",
     .what = "file capabilities in an image that runs with no-new-privileges",
     .why = "the kernel does not grant them: what needed setcap fails",
     .how = "a port above 1024, or the capability by another way; else leave no-new-privileges out",
     .source = "prctl(2), PR_SET_NO_NEW_PRIVS; capabilities(7)",
     .repository = check_setcap});
