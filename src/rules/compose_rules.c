#include "rules/families.h"
#include "rules/yaml_fix.h"

/* Compose services: rights that reach the host, ports for everybody, secrets in the file. */

static span service_place(const struct service_facts *service, const struct node *value)
{
    return place_in(service->node, value, service->key->at);
}

static void privileged(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    (void)file;
    const struct node *flag = node_get(service->node, "privileged");
    if (node_is_true(flag))
        found(sink, service_place(service, flag), "privileged: its root is the host's root");
}

static void check_privileged(const struct yaml_file *file, struct rule_sink *sink)
{
    each_service(file, sink, privileged);
}

static void host_modes(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    (void)file;
    static const char *const fields[] = {"network_mode", "pid", "ipc", "userns_mode"};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        const struct node *mode = node_get(service->node, fields[i]);
        if (str_eq(node_str(mode), STR("host")))
            found(sink, service_place(service, mode), "%s: host shares this with the whole host",
                  fields[i]);
    }
}

static void check_host_modes(const struct yaml_file *file, struct rule_sink *sink)
{
    each_service(file, sink, host_modes);
}

static void socket(const struct yaml_file *file, struct rule_sink *sink,
                   const struct service_facts *service)
{
    (void)file;
    const struct node *volumes = node_get(service->node, "volumes");
    for (uint32_t i = 0; i < node_count(volumes); i++) {
        const struct node *item = node_item(volumes, i);
        str from = node_str(item->kind == NODE_MAP ? node_get(item, "source") : item);
        if (from.len && is_engine_socket(str_slice(from, 0, str_find_char(from, ':'))))
            found(sink, service_place(service, item),
                  "the engine's socket: whoever reaches it is root on the host");
    }
}

static void check_socket(const struct yaml_file *file, struct rule_sink *sink)
{
    each_service(file, sink, socket);
}

static void escalation(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    const struct node *options = node_get(service->node, "security_opt");
    if (!service_is_whole(file, service) || node_has_word(options, "no-new-privileges:true") ||
        node_has_word(options, "no-new-privileges") ||
        node_has_word(options, "no-new-privileges=true"))
        return;
    found(sink, service->key->at,
          "setuid programs may give its processes more than they began with");
    struct yaml_fix fix = {.file = file};
    yaml_fix_append(&fix, service->node, "security_opt", STR("no-new-privileges:true"),
                    STR("\"no-new-privileges:true\""));
    yaml_fix_done(&fix, sink, "Set no-new-privileges");
}

static void check_escalation(const struct yaml_file *file, struct rule_sink *sink)
{
    each_service(file, sink, escalation);
}

static void check_version(const struct yaml_file *file, struct rule_sink *sink)
{
    if (!file->services.count)
        return;
    const struct node *root = file->services.at[0].root;
    const struct node_pair *version = node_own_pair(root, "version");
    if (!version)
        return;
    found(sink, version->key->at, "compose has not read 'version' since 2020, and warns of it");
    struct yaml_fix fix = {.file = file};
    yaml_fix_remove(&fix, root, "version");
    yaml_fix_done(&fix, sink, "Remove it");
}

#define COMPOSE_RULE(rule_name, ids, level, safety, section, says, reason, mend, function) \
    {                                                                                      \
        .name = rule_name, .aka = ids, .severity = level, .fix = safety, .since = "0.1",   \
        .guide = section, .what = says, .why = reason, .how = mend,                        \
        .source = "the compose specification; Docker engine security", .yaml = function    \
    }

RULE_FAMILY(
    compose,
    COMPOSE_RULE("compose/engine-socket", "compose-lint:socket", SEVERITY_WARNING, FIX_SUGGESTION,
                 "s16", "the container engine's socket in a service",
                 "a request to it starts a privileged container",
                 "a proxy that lets through the few requests that are needed", check_socket),
    COMPOSE_RULE("compose/host-namespace", "compose-lint:host-mode", SEVERITY_WARNING,
                 FIX_SUGGESTION, "s16", "a namespace shared with the host",
                 "the service sees and reaches what others are kept from",
                 "ports, or a network of its own", check_host_modes),
    COMPOSE_RULE("compose/new-privileges", "compose-lint:no-new-privileges", SEVERITY_NOTE,
                 FIX_PROOF, "s17", "no-new-privileges is not set",
                 "setuid programs of the image still work for whoever breaks in",
                 "security_opt: [no-new-privileges:true]", check_escalation),
    COMPOSE_RULE("compose/privileged", "compose-lint:privileged", SEVERITY_ERROR, FIX_SUGGESTION,
                 "s16", "a privileged service", "every device and capability of the host",
                 "the one capability or device that is needed", check_privileged),
    COMPOSE_RULE("compose/version", "dclint:no-version-field", SEVERITY_NOTE, FIX_SAFE, NULL,
                 "the version field", "it means nothing, and each command warns of it", "remove it",
                 check_version));
