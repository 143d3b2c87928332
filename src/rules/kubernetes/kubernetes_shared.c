#include "rules/kubernetes/kubernetes_rules.h"

/* What the files of the kubernetes/ group share: ports, mounts, volumes. */

bool container_is_judged(const struct container_facts *container)
{
    return container->pod->whole && !pod_is_windows(container->pod);
}

span value_place(const struct container_facts *container, const struct node *value)
{
    return place_in(container->node, value,
                    place_in(container->pod->spec, value, container_place(container)));
}

/* -- ports below 1024 -------------------------------------------------------------------------- */

int64_t container_low_port(const struct container_facts *container, const struct node **out_place)
{
    const struct node *ports = node_get(container->node, "ports");
    for (uint32_t i = 0; i < node_count(ports); i++) {
        const struct node *port = node_get(node_item(ports, i), "containerPort");
        int64_t number;
        if (!node_int(port, &number) || number <= 0 || number >= 1024)
            continue;
        if (out_place)
            *out_place = port;
        return number;
    }
    return 0;
}

static bool has_sysctl(const struct pod_facts *pod)
{
    const struct node *list = node_path(pod->spec, "securityContext.sysctls");
    for (uint32_t i = 0; i < node_count(list); i++)
        if (str_eq(node_str(node_get(node_item(list, i), "name")),
                   STR("net.ipv4.ip_unprivileged_port_start")))
            return true;
    return false;
}

/* By the manifest: some user that is not root. */
static bool is_not_root(const struct container_facts *container)
{
    int64_t uid;
    if (node_int(container_security(container, "runAsUser"), &uid))
        return uid != 0;
    return node_is_true(container_security(container, "runAsNonRoot"));
}

static bool is_root(const struct container_facts *container)
{
    int64_t uid;
    return node_int(container_security(container, "runAsUser"), &uid) && uid == 0;
}

/* A program of another user may have the capability on its file; who adds it knows of that. Without
 * escalation such a file gives nothing. */
bool low_port_is_closed(const struct yaml_file *file, const struct container_facts *container,
                        bool non_root)
{
    struct capabilities_said said = container_capabilities(container);
    if (has_sysctl(container->pod) || node_is_true(container_security(container, "privileged")) ||
        capabilities_add(file->arena, &said, STR("NET_BIND_SERVICE")))
        return false;
    if (said.drops_all)
        return true;
    if (non_root)
        return !is_root(container);
    return is_not_root(container) &&
           node_is_false(container_security(container, "allowPrivilegeEscalation"));
}

void low_port_fix(const struct yaml_file *file, struct rule_sink *sink,
                  const struct container_facts *container, bool non_root)
{
    struct yaml_fix fix = {.file = file};
    const struct pod_facts *pod = container->pod;
    const struct node *security = node_get(container->node, "securityContext");
    const struct node *own = node_get(security, "capabilities");
    struct capabilities_said said = container_capabilities(container);
    if (said.drops_all && own && !non_root && !is_not_root(container)) {
        yaml_fix_append(&fix, own, "add", STR("NET_BIND_SERVICE"), STR("NET_BIND_SERVICE"));
        yaml_fix_done(&fix, sink, "Add NET_BIND_SERVICE");
        return;
    }
    if (pod->fragment || node_is_true(node_get(pod->spec, "hostNetwork")))
        return;
    const struct node *pod_security = node_get(pod->spec, "securityContext");
    str item = STR("name: net.ipv4.ip_unprivileged_port_start\nvalue: \"0\"");
    str flow = STR("{name: net.ipv4.ip_unprivileged_port_start, value: \"0\"}");
    if (pod_security && node_get(pod_security, "sysctls"))
        yaml_fix_append(&fix, pod_security, "sysctls", item, flow);
    else
        yaml_fix_nested(&fix, pod->spec, "securityContext", "sysctls",
                        STR("\n- name: net.ipv4.ip_unprivileged_port_start\n  value: \"0\""));
    yaml_fix_done(&fix, sink, "Let every user of the pod open low ports");
}

/* -- mounts ------------------------------------------------------------------------------------ */

const struct node *container_mount(const struct container_facts *container, str path)
{
    const struct node *mounts = node_get(container->node, "volumeMounts");
    for (uint32_t i = 0; i < node_count(mounts); i++) {
        const struct node *mount = node_item(mounts, i);
        str at = node_str(node_get(mount, "mountPath"));
        if (at.len && path_is_in(path, at))
            return mount;
    }
    return NULL;
}
