#include "rules/families.h"
#include "rules/kubernetes/kubernetes_rules.h"
#include "secrets/secrets.h"

/* What manifests name, hold and ask for: images, secrets, memory, probes, tokens, namespaces. */

/* -- images ------------------------------------------------------------------------------------ */

static bool image_is_known(const struct container_facts *container)
{
    return container->image.len && !str_has_char(container->image, '$') &&
           !str_has(container->image, STR("{{"));
}

static span image_place(const struct container_facts *container)
{
    return place_in(container->node, node_get(container->node, "image"),
                    container_place(container));
}

static bool moves(struct image_name name)
{
    return !name.digest.len && (!name.tag.len || str_eq(name.tag, STR("latest")));
}

static void image_tag(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    struct image_name name = image_name_parse(file->arena, container->image);
    if (image_is_known(container) && moves(name))
        found(sink, image_place(container), "'%.*s' %s: each node may run another image",
              STR_ARG(container->image), name.tag.len ? "is a moving tag" : "has no tag");
}

static void image_digest(const struct yaml_file *file, struct rule_sink *sink,
                         const struct container_facts *container)
{
    if (image_is_known(container) && !image_name_parse(file->arena, container->image).digest.len)
        found(sink, image_place(container), "'%.*s' may be pushed again with other content",
              STR_ARG(container->image));
}

/* The default is Always for a tag of latest or none, IfNotPresent otherwise. */
static void pull_policy(const struct yaml_file *file, struct rule_sink *sink,
                        const struct container_facts *container)
{
    const struct node *policy = node_get(container->node, "imagePullPolicy");
    struct image_name name = image_name_parse(file->arena, container->image);
    bool always = policy ? str_eq(node_str(policy), STR("Always")) : moves(name);
    if (image_is_known(container) && !always && !name.digest.len)
        found(sink, place_in(container->node, policy, container_place(container)),
              "a node that has the tag runs what it has, without asking the registry");
}

/* -- resources, probes ------------------------------------------------------------------------- */

static bool lacks(const struct container_facts *container, const char *path)
{
    return container_is_judged(container) && !container->init && !node_path(container->node, path);
}

static void memory_limit(const struct yaml_file *file, struct rule_sink *sink,
                         const struct container_facts *container)
{
    (void)file;
    if (lacks(container, "resources.limits.memory"))
        found(sink, container_place(container),
              "no memory limit: one leak takes the other pods of the node with it");
}

static void cpu_limit(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    (void)file;
    if (lacks(container, "resources.limits.cpu"))
        found(sink, container_place(container), "no CPU limit: it may use every core of the node");
}

/* What is limited is requested too, unless another request is given. */
static bool is_requested(const struct container_facts *container, const char *what)
{
    const struct node *resources = node_get(container->node, "resources");
    return node_get(node_get(resources, "requests"), what) ||
           node_get(node_get(resources, "limits"), what);
}

static void requests(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    (void)file;
    if (container->init || !container_is_judged(container))
        return;
    bool cpu = is_requested(container, "cpu"), memory = is_requested(container, "memory");
    if (!cpu || !memory)
        found(sink, container_place(container),
              "no request for %s: the scheduler takes it for none",
              cpu      ? "memory"
              : memory ? "CPU"
                       : "CPU and memory");
}

static void probes(const struct yaml_file *file, struct rule_sink *sink,
                   const struct container_facts *container)
{
    (void)file;
    bool serves = STR_IN(container->pod->kind, "Deployment", "StatefulSet", "DaemonSet");
    if (serves && lacks(container, "readinessProbe") && lacks(container, "livenessProbe"))
        found(sink, container_place(container), "no probe: a hung process gets requests for ever");
}

/* -- pods -------------------------------------------------------------------------------------- */

static void token(const struct yaml_file *file, struct rule_sink *sink, const struct pod_facts *pod)
{
    const struct node *flag = node_get(pod->spec, "automountServiceAccountToken");
    if (!pod->whole || flag || node_get(pod->spec, "serviceAccountName") ||
        node_get(pod->spec, "serviceAccount"))
        return;
    found(sink, pod_place(pod), "the service account's token is mounted, used or not");
    struct yaml_fix fix = {.file = file};
    yaml_fix_set(&fix, pod->spec, "automountServiceAccountToken", STR("false"));
    yaml_fix_done(&fix, sink, "Do not mount it");
}

static void default_namespace(const struct yaml_file *file, struct rule_sink *sink,
                              const struct pod_facts *pod)
{
    (void)file;
    if (!pod->whole || (pod->namespace_name.len && !str_eq(pod->namespace_name, STR("default"))))
        return;
    const struct node *given = node_path(pod->document, "metadata.namespace");
    found(sink, place_in(pod->document, given, pod_place(pod)),
          "it lands in the namespace 'default', with everything that names none");
}

static void host_port(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    (void)file;
    const struct node *ports = node_get(container->node, "ports");
    for (uint32_t i = 0; i < node_count(ports); i++) {
        const struct node *port = node_get(node_item(ports, i), "hostPort");
        int64_t number;
        if (node_int(port, &number) && number > 0 &&
            !node_is_true(node_get(container->pod->spec, "hostNetwork")))
            found(sink, place_in(container->node, port, container_place(container)),
                  "hostPort %d: one such pod a node, and network policies do not see who comes in",
                  (int)number);
    }
}

/* Numbers that a user of the node may have, too. */
static void low_uid(const struct yaml_file *file, struct rule_sink *sink,
                    const struct container_facts *container)
{
    (void)file;
    static const char *const fields[] = {"runAsUser", "runAsGroup"};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        const struct node *id = container_security(container, fields[i]);
        int64_t number;
        if (node_int(id, &number) && number > 0 && number <= 10000)
            found(sink, value_place(container, id),
                  "%s %d: a user of the node may have the same number", fields[i], (int)number);
    }
}

/* -- secrets ----------------------------------------------------------------------------------- */

static void env_secret(const struct yaml_file *file, struct rule_sink *sink,
                       const struct container_facts *container)
{
    const struct node *env = node_get(container->node, "env");
    for (uint32_t i = 0; i < node_count(env); i++) {
        const struct node *item = node_item(env, i), *value = node_get(item, "value");
        str name = node_str(node_get(item, "name")), text = node_str(value);
        if (!is_secret_setting(file->arena, name, text))
            continue;
        str shown = secret_redact(file->arena, text);
        found(sink, place_in(container->node, value, container_place(container)),
              "%.*s=%.*s: a secret stands in the manifest", STR_ARG(name), STR_ARG(shown));
    }
}

static void secret_in_env(const struct yaml_file *file, struct rule_sink *sink,
                          const struct container_facts *container)
{
    (void)file;
    const struct node *env = node_get(container->node, "env");
    for (uint32_t i = 0; i < node_count(env); i++) {
        const struct node *from = node_path(node_item(env, i), "valueFrom.secretKeyRef");
        if (from)
            found(sink, place_in(container->node, from, container_place(container)),
                  "a secret in a variable is seen by every child process and crash report");
    }
}

static void check_config_map(const struct yaml_file *file, struct rule_sink *sink)
{
    if (file->kind != FILE_KUBERNETES)
        return;
    VEC_EACH(struct node *, slot, file->yaml->documents) {
        const struct node *data = node_get(*slot, "data");
        if (!str_eq(node_str(node_get(*slot, "kind")), STR("ConfigMap")) || !data ||
            data->kind != NODE_MAP)
            continue;
        VEC_EACH(struct node_pair, pair, data->pairs) {
            str name = node_str(pair->key), text = node_str(pair->value);
            if (str_has_char(text, '\n') || !is_secret_setting(file->arena, name, text))
                continue;
            str shown = secret_redact(file->arena, text);
            found(sink, pair->key->at, "%.*s: %.*s: a ConfigMap holds a secret", STR_ARG(name),
                  STR_ARG(shown));
        }
    }
}

RULE_FAMILY(
    kubernetes_policy,
    K8S_RULE("kubernetes/config-map-secret",
             "trivy:KSV109 trivy:KSV-0109 kube-linter:configmap-with-credentials", SEVERITY_ERROR,
             FIX_SUGGESTION, "s19", "a secret in a ConfigMap",
             "whoever may read the namespace's settings has it, and so has the repository",
             "a Secret, and a new value", .yaml = check_config_map),
    K8S_RULE("kubernetes/cpu-limit", "trivy:KSV011 trivy:KSV-0011 checkov:CKV_K8S_11",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a container without a CPU limit",
             "a busy loop slows down its neighbours", "resources: {limits: {cpu: ...}}",
             .container = cpu_limit, .policy = true),
    K8S_RULE("kubernetes/default-namespace",
             "trivy:KSV110 trivy:KSV-0110 checkov:CKV_K8S_21 kube-linter:use-namespace",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a workload in the default namespace",
             "quotas, policies and rights are given by namespace", "metadata: {namespace: ...}",
             .pod = default_namespace, .policy = true),
    K8S_RULE("kubernetes/env-secret", "kube-linter:env-var-secret", SEVERITY_ERROR, FIX_SUGGESTION,
             "s19", "a secret as the value of a variable",
             "everybody who reads the manifest or the pod's description has it",
             "valueFrom: {secretKeyRef: ...}, and a new secret", .container = env_secret),
    K8S_RULE("kubernetes/host-port", "trivy:KSV024 trivy:KSV-0024 checkov:CKV_K8S_26",
             SEVERITY_NOTE, FIX_SUGGESTION, "s16", "a port of the host",
             "it ties the pod to free nodes, and is open past the cluster's network policy",
             "a Service of type NodePort or LoadBalancer, or an Ingress", .container = host_port),
    K8S_RULE("kubernetes/image-digest", "checkov:CKV_K8S_43 kube-linter:image-not-pinned-by-digest",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "an image without a digest",
             "a tag is what its registry holds today", "image: NAME:TAG@sha256:...",
             .container = image_digest, .policy = true),
    K8S_RULE("kubernetes/image-tag",
             "trivy:KSV013 trivy:KSV-0013 checkov:CKV_K8S_14 kube-linter:latest-tag", SEVERITY_NOTE,
             FIX_SUGGESTION, "s23", "an image without a tag of its own",
             "a restart may bring another program", "a version tag, or a digest",
             .container = image_tag),
    K8S_RULE("kubernetes/low-uid",
             "trivy:KSV020 trivy:KSV-0020 trivy:KSV021 trivy:KSV-0021 "
             "checkov:CKV_K8S_40",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a user or group number up to 10000",
             "out of its container, the process has the rights of the node's user of that number",
             "a number above 10000, in the image and here", .container = low_uid, .policy = true),
    K8S_RULE("kubernetes/memory-limit",
             "trivy:KSV018 trivy:KSV-0018 checkov:CKV_K8S_13 "
             "kube-linter:unset-memory-requirements",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a container without a memory limit",
             "the kernel ends whichever process it finds when the node is full",
             "resources: {limits: {memory: ...}} from what it really takes",
             .container = memory_limit, .policy = true),
    K8S_RULE("kubernetes/probes",
             "checkov:CKV_K8S_8 checkov:CKV_K8S_9 kube-linter:no-readiness-probe "
             "kube-linter:no-liveness-probe",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a served container without any probe",
             "nothing notices that it hangs", "readinessProbe on what it serves",
             .container = probes, .policy = true),
    K8S_RULE(
        "kubernetes/pull-policy", "checkov:CKV_K8S_15", SEVERITY_NOTE, FIX_SUGGESTION, NULL,
        "an image that is not asked for again",
        "who may run pods on the node may run its private images; a tag pushed again is missed",
        "imagePullPolicy: Always, or a digest", .container = pull_policy, .policy = true),
    K8S_RULE("kubernetes/requests",
             "trivy:KSV015 trivy:KSV-0015 trivy:KSV016 trivy:KSV-0016 "
             "checkov:CKV_K8S_10 checkov:CKV_K8S_12 kube-linter:unset-cpu-requirements",
             SEVERITY_NOTE, FIX_SUGGESTION, NULL, "a container that requests no CPU or memory",
             "nodes are filled past what they have, and this pod is ended first",
             "resources: {requests: {cpu: ..., memory: ...}}", .container = requests,
             .policy = true),
    K8S_RULE("kubernetes/secret-in-env", "checkov:CKV_K8S_35 kube-linter:read-secret-from-env-var",
             SEVERITY_NOTE, FIX_SUGGESTION, "s19", "a Secret given as a variable",
             "variables are inherited, logged and shown by debuggers; files are not",
             "mount the Secret as a volume and read the file", .container = secret_in_env,
             .policy = true),
    K8S_RULE("kubernetes/service-account-token",
             "trivy:KSV036 trivy:KSV-0036 checkov:CKV_K8S_38 "
             "kube-linter:automount-service-account-token",
             SEVERITY_NOTE, FIX_PROOF, NULL, "a service account's token where none is asked for",
             "it lets whoever breaks in talk to the API", "automountServiceAccountToken: false",
             .pod = token, .policy = true));
