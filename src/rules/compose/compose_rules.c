#include "rules/compose/compose_rules.h"
#include "rules/families.h"

/* Compose services: rights that reach the host. */

span service_place(const struct service_facts *service, const struct node *value)
{
    return place_in(service->node, value, service->key->at);
}

static bool is_path(str source)
{
    return str_starts(source, STR("/")) || str_starts(source, STR(".")) ||
           str_starts(source, STR("~"));
}

struct service_mount service_mount_of(const struct node *item)
{
    struct service_mount mount = {0};
    if (item->kind == NODE_MAP) {
        mount.source = node_str(node_get(item, "source"));
        mount.target = node_str(node_get(item, "target"));
        mount.read_only = node_is_true(node_get(item, "read_only"));
        mount.tmpfs = str_eq(node_str(node_get(item, "type")), STR("tmpfs"));
        mount.host = is_path(mount.source);
        return mount;
    }
    str rest = node_str(item), first, second;
    if (!str_next(&rest, ':', &first))
        return mount;
    bool pair = str_next(&rest, ':', &second);
    mount.target = pair ? second : first;
    mount.source = pair ? first : STR("");
    mount.host = is_path(mount.source);
    mount.read_only = rest.at && (str_eq(rest, STR("ro")) || str_starts(rest, STR("ro,")) ||
                                  str_has(rest, STR(",ro")));
    return mount;
}

static void privileged(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    (void)file;
    const struct node *flag = node_get(service->node, "privileged");
    if (node_is_true(flag))
        found(sink, service_place(service, flag), "privileged: its root is the host's root");
}

static void host_modes(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    (void)file;
    static const char *const fields[] = {"network_mode", "pid", "ipc", "userns_mode", "uts"};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        const struct node *mode = node_get(service->node, fields[i]);
        if (str_eq(node_str(mode), STR("host")))
            found(sink, service_place(service, mode), "%s: host shares this with the whole host",
                  fields[i]);
    }
}

static void socket(const struct yaml_file *file, struct rule_sink *sink,
                   const struct service_facts *service)
{
    (void)file;
    const struct node *volumes = node_get(service->node, "volumes");
    for (uint32_t i = 0; i < node_count(volumes); i++) {
        struct service_mount mount = service_mount_of(node_item(volumes, i));
        if (mount.host && is_engine_socket(mount.source))
            found(sink, service_place(service, node_item(volumes, i)),
                  "the engine's socket: whoever reaches it is root on the host");
    }
}

static void host_path(const struct yaml_file *file, struct rule_sink *sink,
                      const struct service_facts *service)
{
    (void)file;
    const struct node *volumes = node_get(service->node, "volumes");
    for (uint32_t i = 0; i < node_count(volumes); i++) {
        struct service_mount mount = service_mount_of(node_item(volumes, i));
        const char *risk = mount.host ? host_path_risk(mount.source) : NULL;
        if (!risk || is_engine_socket(mount.source))
            continue;
        found(sink, service_place(service, node_item(volumes, i)), "'%.*s' of the host holds %s",
              STR_ARG(mount.source), risk);
        if (mount.read_only)
            found_severity(sink, SEVERITY_NOTE);
    }
}

RULE_FAMILY(
    compose,
    COMPOSE_RULE("compose/engine-socket", "compose-lint:CL-0001", SEVERITY_ERROR, FIX_SUGGESTION,
                 "s16", "the container engine's socket in a service",
                 "a request to it starts a privileged container",
                 "a proxy that lets through the few requests that are needed", .service = socket),
    COMPOSE_RULE("compose/host-namespace", "compose-lint:CL-0008 compose-lint:CL-0010",
                 SEVERITY_WARNING, FIX_SUGGESTION, "s16", "a namespace shared with the host",
                 "the service sees and reaches what others are kept from",
                 "ports, or a network of its own", .service = host_modes),
    COMPOSE_RULE("compose/host-path", "compose-lint:CL-0013 compose-lint:CL-0025", SEVERITY_WARNING,
                 FIX_SUGGESTION, "s16", "a directory of the host that holds more than data",
                 "it leads out of the container",
                 "a volume, or the one file that is needed, read-only", .service = host_path),
    COMPOSE_RULE("compose/privileged", "compose-lint:CL-0002", SEVERITY_ERROR, FIX_SUGGESTION,
                 "s16", "a privileged service", "every device and capability of the host",
                 "the one capability or device that is needed", .service = privileged));
