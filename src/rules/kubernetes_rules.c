#include "rules/families.h"
#include "rules/yaml_fix.h"
#include "secrets/secrets.h"

/*
 * Pods: who their processes are, what they may write, what they may ask of the kernel. What is said
 * and dangerous is louder than what is only not said; fragments are judged by what they say alone.
 */

static bool is_judged(const struct yaml_file *file, const struct container_facts *container)
{
    return pod_is_whole(file, container->pod) && !pod_is_windows(container->pod);
}

static str image_repository(const struct yaml_file *file, str image)
{
    return image_name_parse(file->arena, image).repository;
}

static const struct node *own_security(const struct container_facts *container)
{
    return node_get(container->node, "securityContext");
}

/* -- who --------------------------------------------------------------------------------------- */

static void non_root(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    const struct node *user = container_security(container, "runAsUser");
    const struct node *flag = container_security(container, "runAsNonRoot");
    int64_t uid;
    bool numbered = node_int(user, &uid);
    if (numbered && uid == 0) {
        found(sink, place_in(container->node, user, container_place(container)),
              "runAsUser 0 is root");
        found_severity(sink, SEVERITY_ERROR);
        return;
    }
    if (numbered || node_is_true(flag) || !is_judged(file, container))
        return;
    found(sink, container_place(container), "nothing keeps this container from running as root");
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, container->node, "securityContext", "runAsNonRoot", STR("true"));
    yaml_fix_done(&fix, sink, "Set runAsNonRoot");
}

static void check_non_root(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, non_root);
}

/* -- what it may write ------------------------------------------------------------------------- */

static bool has_mount_at(const struct container_facts *container, str path)
{
    const struct node *mounts = node_get(container->node, "volumeMounts");
    for (uint32_t i = 0; i < node_count(mounts); i++)
        if (str_eq(node_str(node_get(node_item(mounts, i), "mountPath")), path))
            return true;
    return false;
}

static bool has_volume(const struct pod_facts *pod, str name)
{
    const struct node *volumes = node_get(pod->spec, "volumes");
    for (uint32_t i = 0; i < node_count(volumes); i++)
        if (str_eq(node_str(node_get(node_item(volumes, i), "name")), name))
            return true;
    return false;
}

/* A read-only root with the directories that programs expect to write to. */
static void read_only_fix(const struct yaml_file *file, struct rule_sink *sink,
                          const struct container_facts *container)
{
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, container->node, "securityContext", "readOnlyRootFilesystem",
                    STR("true"));
    if (!has_mount_at(container, STR("/tmp"))) {
        yaml_fix_append(&fix, container->node, "volumeMounts", STR("name: tmp\nmountPath: /tmp"),
                        STR("{name: tmp, mountPath: /tmp}"));
        if (!has_volume(container->pod, STR("tmp")))
            yaml_fix_append(&fix, container->pod->spec, "volumes",
                            STR("name: tmp\nemptyDir:\n  sizeLimit: 64Mi"),
                            STR("{name: tmp, emptyDir: {sizeLimit: 64Mi}}"));
    }
    yaml_fix_done(&fix, sink, "Make the root read-only, with an emptyDir for /tmp");
}

static void read_only(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    const struct node *flag = container_security(container, "readOnlyRootFilesystem");
    if (node_is_true(flag) || (!flag && !is_judged(file, container)))
        return;
    if (server_image_find(image_repository(file, container->image)) && !flag)
        return; /* its own writable paths would be needed first */
    found(sink, place_in(container->node, flag, container_place(container)),
          "the root file system can be written: whoever breaks in can change programs");
    read_only_fix(file, sink, container);
}

static void check_read_only(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, read_only);
}

/* -- what it may ask of the kernel ------------------------------------------------------------- */

static void capabilities_fix(const struct yaml_file *file, struct rule_sink *sink,
                             const struct container_facts *container)
{
    struct yaml_fix fix = {.file = file};
    const struct node *security = own_security(container);
    const struct node *capabilities = node_get(security, "capabilities");
    const struct server_image *server = server_image_find(image_repository(file, container->image));
    if (server && server->capabilities[0])
        return; /* which of them its start script needs is for a run to show */
    if (capabilities)
        yaml_fix_append(&fix, capabilities, "drop", STR("ALL"), STR("ALL"));
    else if (security)
        yaml_fix_set(&fix, security, "capabilities", STR("\ndrop:\n  - ALL"));
    else
        yaml_fix_nested(&fix, container->node, "securityContext", "capabilities",
                        STR("\ndrop:\n  - ALL"));
    yaml_fix_done(&fix, sink, "Drop all capabilities");
}

static void drop_all(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    const struct node *drop = node_path(own_security(container), "capabilities.drop");
    if (!is_judged(file, container) || node_has_word(drop, "ALL") ||
        node_is_true(container_security(container, "privileged")))
        return;
    found(sink, container_place(container),
          "it keeps the default capabilities: drop ALL, and add "
          "what is needed");
    capabilities_fix(file, sink, container);
}

static void check_drop_all(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, drop_all);
}

static void added(const struct yaml_file *file, struct rule_sink *sink,
                  const struct container_facts *container)
{
    const struct node *add = node_path(own_security(container), "capabilities.add");
    for (uint32_t i = 0; i < node_count(add); i++) {
        const struct node *item = node_item(add, i);
        str name = capability_name(file->arena, node_str(item));
        bool root = false;
        const char *risk = capability_risk(name, &root);
        if (!risk)
            continue;
        found(sink, place_in(container->node, item, container_place(container)), "%.*s: %s",
              STR_ARG(name), risk);
        if (root)
            found_severity(sink, SEVERITY_ERROR);
    }
}

static void check_added(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, added);
}

static void escalation(const struct yaml_file *file, struct rule_sink *sink,
                       const struct container_facts *container)
{
    const struct node *flag = container_security(container, "allowPrivilegeEscalation");
    bool privileged = node_is_true(container_security(container, "privileged"));
    bool asks = node_has_word(node_path(own_security(container), "capabilities.add"), "SYS_ADMIN");
    if (node_is_false(flag) || privileged || (!flag && !is_judged(file, container)))
        return;
    found(sink, place_in(container->node, flag, container_place(container)),
          "a setuid program may give this container's processes more than they started with");
    if (asks)
        return; /* the API refuses the two together */
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, container->node, "securityContext", "allowPrivilegeEscalation",
                    STR("false"));
    yaml_fix_done(&fix, sink, "Set allowPrivilegeEscalation: false");
}

static void check_escalation(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, escalation);
}

static void seccomp(const struct yaml_file *file, struct rule_sink *sink,
                    const struct pod_facts *pod)
{
    if (!pod_is_whole(file, pod) || pod_is_windows(pod))
        return;
    VEC_EACH(struct container_facts, container, pod->containers) {
        if (container_security(container, "seccompProfile") ||
            node_is_true(container_security(container, "privileged")))
            return;
    }
    found(sink, pod_place(pod), "no seccomp profile: every system call is open");
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, pod->spec, "securityContext", "seccompProfile",
                    STR("\ntype: RuntimeDefault"));
    yaml_fix_done(&fix, sink, "Take the runtime's default profile");
}

static void check_seccomp(const struct yaml_file *file, struct rule_sink *sink)
{
    each_pod(file, sink, seccomp);
}

static void privileged(const struct yaml_file *file, struct rule_sink *sink,
                       const struct container_facts *container)
{
    (void)file;
    const struct node *flag = container_security(container, "privileged");
    if (node_is_true(flag))
        found(sink, place_in(container->node, flag, container_place(container)),
              "privileged: its root is the host's root");
}

static void check_privileged(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, privileged);
}

static void host_modes(const struct yaml_file *file, struct rule_sink *sink,
                       const struct pod_facts *pod)
{
    (void)file;
    static const char *const fields[] = {"hostPID", "hostIPC", "hostNetwork"};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        const struct node *flag = node_get(pod->spec, fields[i]);
        if (node_is_true(flag))
            found(sink, place_in(pod->spec, flag, pod_place(pod)),
                  "%s: the pod shares this with every process of the host", fields[i]);
    }
}

static void check_host_modes(const struct yaml_file *file, struct rule_sink *sink)
{
    each_pod(file, sink, host_modes);
}

/* -- levels ------------------------------------------------------------------------------------ */

/* Put a field of the pod's security context where it counts: into each container. */
static void move_down(const struct yaml_file *file, struct rule_sink *sink,
                      const struct pod_facts *pod, const struct node *security, const char *field)
{
    struct yaml_fix fix = {.file = file};
    str value = yaml_value_text(file->arena, file->source, node_get(security, field));
    fix.failed = !value.len;
    VEC_EACH(struct container_facts, container, pod->containers) {
        if (!fix.failed && !node_get(own_security(container), field))
            yaml_fix_nested(&fix, container->node, "securityContext", field, value);
    }
    if (!fix.failed)
        yaml_fix_remove(&fix, security, field);
    yaml_fix_done(&fix, sink, "Move it to the containers");
}

static void wrong_level(const struct yaml_file *file, struct rule_sink *sink,
                        const struct pod_facts *pod)
{
    static const char *const of_container[] = {"readOnlyRootFilesystem", "allowPrivilegeEscalation",
                                               "capabilities", "privileged"};
    const struct node *security = node_get(pod->spec, "securityContext");
    if (pod->fragment || !security)
        return;
    for (size_t i = 0; i < ARRAY_COUNT(of_container); i++) {
        const struct node_pair *pair = node_own_pair(security, of_container[i]);
        if (!pair)
            continue;
        found(sink, place_in(pod->spec, pair->key, pod_place(pod)),
              "'%s' counts in a container's securityContext only: here nothing reads it",
              of_container[i]);
        move_down(file, sink, pod, security, of_container[i]);
    }
}

static void check_wrong_level(const struct yaml_file *file, struct rule_sink *sink)
{
    each_pod(file, sink, wrong_level);
}

/* -- others ------------------------------------------------------------------------------------ */

static void image_tag(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    struct image_name name = image_name_parse(file->arena, container->image);
    if (!container->image.len || str_has_char(container->image, '$') ||
        str_has(container->image, STR("{{")) || name.digest.len)
        return;
    if (!name.tag.len || str_eq(name.tag, STR("latest")))
        found(sink,
              place_in(container->node, node_get(container->node, "image"),
                       container_place(container)),
              "'%.*s' %s: each node may run another image", STR_ARG(container->image),
              name.tag.len ? "is a moving tag" : "has no tag");
}

static void check_image_tag(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, image_tag);
}

static void memory_limit(const struct yaml_file *file, struct rule_sink *sink,
                         const struct container_facts *container)
{
    if (is_judged(file, container) && !container->init &&
        !node_path(container->node, "resources.limits.memory"))
        found(sink, container_place(container),
              "no memory limit: one leak takes the other pods of the node with it");
}

static void check_memory_limit(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, memory_limit);
}

static void probes(const struct yaml_file *file, struct rule_sink *sink,
                   const struct container_facts *container)
{
    bool serves = STR_IN(container->pod->kind, "Deployment", "StatefulSet", "DaemonSet");
    if (is_judged(file, container) && serves && !container->init &&
        !node_get(container->node, "readinessProbe") && !node_get(container->node, "livenessProbe"))
        found(sink, container_place(container), "no probe: a hung process gets requests for ever");
}

static void check_probes(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, probes);
}

static void token(const struct yaml_file *file, struct rule_sink *sink, const struct pod_facts *pod)
{
    if (pod_is_whole(file, pod) && !node_get(pod->spec, "automountServiceAccountToken") &&
        !node_get(pod->spec, "serviceAccountName"))
        found(sink, pod_place(pod), "the service account's token is mounted, used or not");
}

static void check_token(const struct yaml_file *file, struct rule_sink *sink)
{
    each_pod(file, sink, token);
}

static void env_secret(const struct yaml_file *file, struct rule_sink *sink,
                       const struct container_facts *container)
{
    const struct node *env = node_get(container->node, "env");
    for (uint32_t i = 0; i < node_count(env); i++) {
        const struct node *item = node_item(env, i), *value = node_get(item, "value");
        str name = node_str(node_get(item, "name")), text = node_str(value);
        bool named = secret_name(name) && text.len && secret_value(text);
        if (!text.len || (!named && !secret_in_value(file->arena, text)))
            continue;
        str shown = secret_redact(file->arena, text);
        found(sink, place_in(container->node, value, container_place(container)),
              "%.*s=%.*s: a secret stands in the manifest", STR_ARG(name), STR_ARG(shown));
    }
}

static void check_env_secret(const struct yaml_file *file, struct rule_sink *sink)
{
    each_container(file, sink, env_secret);
}

#define K8S_RULE(rule_name, ids, level, safety, section, says, reason, mend, check_function, ...) \
    {                                                                                             \
        .name = rule_name, .aka = ids, .severity = level, .fix = safety, .since = "0.1",          \
        .guide = section, .what = says, .why = reason, .how = mend,                               \
        .source = "Kubernetes: Pod security standards, Security context", .yaml = check_function, \
        __VA_ARGS__                                                                               \
    }

RULE_FAMILY(
    kubernetes,
    K8S_RULE("kubernetes/capability-added", "trivy:KSV005 checkov:CKV_K8S_25 checkov:CKV_K8S_39",
             SEVERITY_WARNING, FIX_SUGGESTION, "s16",
             "a capability that reaches past the container",
             "what it allows is the host's business, not a program's",
             "leave it out, or give it to a small helper of its own", check_added),
    K8S_RULE("kubernetes/capabilities-kept",
             "trivy:KSV003 trivy:KSV106 checkov:CKV_K8S_28 checkov:CKV_K8S_37 "
             "kube-linter:drop-net-raw-capability",
             SEVERITY_NOTE, FIX_PROOF, "s16", "capabilities that were not dropped",
             "fourteen of them come by default, and most programs need none",
             "capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]} with what a run shows it needs",
             check_drop_all),
    K8S_RULE("kubernetes/env-secret", "kube-linter:env-var-secret checkov:CKV_K8S_35 trivy:KSV109",
             SEVERITY_ERROR, FIX_SUGGESTION, "s19", "a secret as the value of a variable",
             "everybody who reads the manifest or the pod's description has it",
             "valueFrom: {secretKeyRef: ...}, and a new secret", check_env_secret),
    K8S_RULE(
        "kubernetes/host-namespace",
        "trivy:KSV008 trivy:KSV009 trivy:KSV010 checkov:CKV_K8S_17 checkov:CKV_K8S_18 "
        "checkov:CKV_K8S_19 kube-linter:host-pid kube-linter:host-ipc kube-linter:host-network",
        SEVERITY_WARNING, FIX_SUGGESTION, "s16", "a namespace shared with the host",
        "the pod sees and reaches what other pods are kept from",
        "leave it out; a Service or a hostPort is often what was meant", check_host_modes),
    K8S_RULE("kubernetes/image-tag", "trivy:KSV013 checkov:CKV_K8S_14 kube-linter:latest-tag",
             SEVERITY_NOTE, FIX_SUGGESTION, "s23", "an image without a tag of its own",
             "a restart may bring another program", "a version tag, or a digest", check_image_tag),
    K8S_RULE("kubernetes/memory-limit",
             "trivy:KSV018 checkov:CKV_K8S_13 kube-linter:unset-memory-requirements", SEVERITY_NOTE,
             FIX_SUGGESTION, NULL, "a container without a memory limit",
             "the kernel ends whichever process it finds when the node is full",
             "resources: {limits: {memory: ...}} from what it really takes", check_memory_limit,
             .policy = true),
    K8S_RULE("kubernetes/privilege-escalation",
             "trivy:KSV001 checkov:CKV_K8S_20 kube-linter:privilege-escalation-container",
             SEVERITY_NOTE, FIX_PROOF, "s17", "allowPrivilegeEscalation is not false",
             "setuid programs of the image still work for whoever breaks in",
             "securityContext: {allowPrivilegeEscalation: false}", check_escalation),
    K8S_RULE("kubernetes/privileged",
             "trivy:KSV017 checkov:CKV_K8S_16 kube-linter:privileged-container", SEVERITY_ERROR,
             FIX_SUGGESTION, "s16", "a privileged container",
             "every device and capability: leaving it is a matter of one mount",
             "the one capability or device that is needed", check_privileged),
    K8S_RULE("kubernetes/probes",
             "checkov:CKV_K8S_8 checkov:CKV_K8S_9 kube-linter:no-readiness-probe "
             "kube-linter:no-liveness-probe",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a served container without any probe",
             "nothing notices that it hangs", "readinessProbe on what it serves", check_probes,
             .policy = true),
    K8S_RULE("kubernetes/read-only-root",
             "trivy:KSV014 checkov:CKV_K8S_22 kube-linter:no-read-only-root-fs", SEVERITY_NOTE,
             FIX_PROOF, "s15", "a root file system that can be written",
             "what an attacker drops there stays and runs",
             "readOnlyRootFilesystem: true, and an emptyDir with sizeLimit where it writes",
             check_read_only),
    K8S_RULE("kubernetes/run-as-non-root",
             "trivy:KSV012 trivy:KSV020 trivy:KSV105 checkov:CKV_K8S_23 checkov:CKV_K8S_40 "
             "kube-linter:run-as-non-root",
             SEVERITY_NOTE, FIX_PROOF, "s15", "a pod that may run as root",
             "root in the container is one kernel bug away from root on the node",
             "runAsNonRoot: true, with a numeric USER in the image", check_non_root),
    K8S_RULE("kubernetes/seccomp", "trivy:KSV030 trivy:KSV104 checkov:CKV_K8S_31", SEVERITY_NOTE,
             FIX_PROOF, NULL, "no seccomp profile",
             "the default of the API is none, unlike docker's",
             "securityContext: {seccompProfile: {type: RuntimeDefault}}", check_seccomp),
    K8S_RULE("kubernetes/service-account-token", "trivy:KSV036 checkov:CKV_K8S_38", SEVERITY_NOTE,
             FIX_SUGGESTION, NULL, "a service account's token where none is asked for",
             "it lets whoever breaks in talk to the API", "automountServiceAccountToken: false",
             check_token, .policy = true),
    K8S_RULE("kubernetes/wrong-level", "", SEVERITY_WARNING, FIX_SAFE, "s15",
             "a field of containers in the pod's securityContext",
             "it is silently dropped: the pod is not as hardened as its file says",
             "the container's own securityContext", check_wrong_level));
