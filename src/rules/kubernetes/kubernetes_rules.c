#include "rules/kubernetes/kubernetes_rules.h"
#include "rules/conventions.h"
#include "rules/families.h"
#include "rules/image_uses.h"

/*
 * Pods: who their processes are, what they may write, what they may ask of the kernel. What is said
 * and dangerous is louder than what is only not said; fragments are judged by what they say alone.
 */

static const struct node *own_security(const struct container_facts *container)
{
    return node_get(container->node, "securityContext");
}

/* -- who --------------------------------------------------------------------------------------- */

/* What the pod says is told once, at the first container that it counts for. */
static bool told_before(const struct container_facts *container, const struct node *value,
                        const char *field)
{
    if (node_get(own_security(container), field) == value)
        return false;
    VEC_EACH(struct container_facts, other, container->pod->containers) {
        if (other == container)
            return false;
        if (container_security(other, field) == value)
            return true;
    }
    return false;
}

/* Our table knows the image, and that it starts as root. */
static const struct base_fact *known_image(const struct yaml_file *file,
                                           const struct container_facts *container)
{
    struct image_name name = image_name_parse(file->arena, container->image);
    return name.repository.len ? base_fact_find(name.repository, name.tag) : NULL;
}

static void set_user(struct yaml_fix *fix, const struct container_facts *container, int uid)
{
    struct arena *arena = fix->file->arena;
    const struct node *map = container->node;
    if (node_get(map, "securityContext")) {
        yaml_fix_nested(fix, map, "securityContext", "runAsNonRoot", STR("true"));
        yaml_fix_nested(fix, map, "securityContext", "runAsUser", str_fmt(arena, "%d", uid));
        return;
    }
    yaml_fix_set(fix, map, "securityContext",
                 map->style == 'f' ? str_fmt(arena, "{runAsNonRoot: true, runAsUser: %d}", uid)
                                   : str_fmt(arena, "\nrunAsNonRoot: true\nrunAsUser: %d", uid));
}

/* With the flag alone the kubelet refuses an image of root, or of a user that it cannot number. */
static void non_root_fix(const struct yaml_file *file, struct rule_sink *sink,
                         const struct container_facts *container)
{
    const struct base_fact *base = known_image(file, container);
    struct image_known image = container_image(file, container);
    struct image_user user = image.user;
    if (!image.facts && base && user_is_root(STR(""), base))
        return; /* which user it can run as is more than a flag */
    if (user.root || (user.by_name && user.uid <= 0))
        return;
    struct yaml_fix fix = {.file = file};
    if (user.by_name)
        set_user(&fix, container, (int)user.uid);
    else
        yaml_fix_nested(&fix, container->node, "securityContext", "runAsNonRoot", STR("true"));
    yaml_fix_done(&fix, sink,
                  user.by_name ? "Set runAsNonRoot, with the image's user by its number"
                               : "Set runAsNonRoot");
}

static void non_root(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    const struct node *user = container_security(container, "runAsUser");
    const struct node *flag = container_security(container, "runAsNonRoot");
    int64_t uid;
    bool numbered = node_int(user, &uid);
    if (numbered && uid == 0) {
        if (told_before(container, user, "runAsUser"))
            return;
        found(sink, value_place(container, user), "runAsUser 0 is root");
        found_severity(sink, SEVERITY_ERROR);
        return;
    }
    if (numbered || node_is_true(flag) || !container_is_judged(container))
        return;
    found(sink, container_place(container), "nothing keeps this container from running as root");
    non_root_fix(file, sink, container);
}

/* The kubelet looks at the image's USER, and refuses root and whatever it cannot look up. */
static void refused(const struct yaml_file *file, struct rule_sink *sink,
                    const struct container_facts *container)
{
    const struct node *flag = container_security(container, "runAsNonRoot");
    const struct base_fact *image = known_image(file, container);
    uint64_t number;
    if (!node_is_true(flag) || container_security(container, "runAsUser") || !image ||
        pod_is_windows(container->pod) || str_to_u64(str_from(image->user), &number))
        return;
    const char *why = image->user[0] ? "names its user, and does not number it" : "starts as root";
    found(sink, value_place(container, flag),
          "'%.*s' %s: with runAsNonRoot and no runAsUser the container is not started",
          STR_ARG(container->image), why);
    if (image->nonroot_uid <= 0)
        return;
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, container->node, "securityContext", "runAsUser",
                    str_fmt(file->arena, "%d", image->nonroot_uid));
    yaml_fix_done(&fix, sink, "Run as the user that the image brings");
}

/* -- what it may ask of the kernel ------------------------------------------------------------- */

/* "\ndrop:\n  - ALL\nadd:\n  - CHOWN": drop, and what the image's start script needs. */
static str capabilities_value(struct arena *arena, str all, const char *needed)
{
    str text = str_fmt(arena, "\ndrop:\n  - %.*s", STR_ARG(all)), rest = str_from(needed), name;
    for (bool begun = false; str_next_word(&rest, &name); begun = true)
        text =
            str_fmt(arena, "%.*s%s\n  - %.*s", STR_ARG(text), begun ? "" : "\nadd:", STR_ARG(name));
    return text;
}

/* The capabilities that the image needs, as far as its name and its ports tell. */
static const char *needed_capabilities(const struct yaml_file *file,
                                       const struct container_facts *container)
{
    struct image_known image = container_image(file, container);
    if (image.server && image.as_root) /* another user's start script has no root to give up */
        return image.server->capabilities;
    return container_low_port(container, NULL) ? "NET_BIND_SERVICE" : "";
}

static void capabilities_fix(const struct yaml_file *file, struct rule_sink *sink,
                             const struct container_facts *container)
{
    struct yaml_fix fix = {.file = file};
    const struct node *security = own_security(container);
    const struct node *capabilities = node_get(security, "capabilities");
    const char *needed = needed_capabilities(file, container);
    str all = usual_all_capabilities(file->repository);
    str value = yaml_fix_text(&fix, container->node, capabilities_value(file->arena, all, needed));
    if (capabilities) {
        struct capabilities_said said = container_capabilities(container);
        struct yaml_items items = {0};
        str rest = str_from(needed), name;
        yaml_fix_append(&fix, capabilities, "drop", all, all);
        while (str_next_word(&rest, &name))
            if (!capabilities_add(file->arena, &said, name))
                vec_push(file->arena, &items, (struct yaml_item){name, name});
        if (items.count)
            yaml_fix_append_all(&fix, capabilities, "add", &items);
    } else if (security) {
        yaml_fix_set(&fix, security, "capabilities", value);
    } else {
        yaml_fix_nested(&fix, container->node, "securityContext", "capabilities", value);
    }
    yaml_fix_done(&fix, sink,
                  needed[0] ? "Drop all capabilities, add what the image is known to need"
                            : "Drop all capabilities");
}

static void drop_all(const struct yaml_file *file, struct rule_sink *sink,
                     const struct container_facts *container)
{
    if (!container_is_judged(container) || container_capabilities(container).drops_all ||
        node_is_true(container_security(container, "privileged")))
        return;
    found(sink, container_place(container),
          "it keeps the default capabilities: drop ALL, and add "
          "what is needed");
    capabilities_fix(file, sink, container);
}

static void added(const struct yaml_file *file, struct rule_sink *sink,
                  const struct container_facts *container)
{
    (void)file;
    const struct node *add = node_path(own_security(container), "capabilities.add");
    for (uint32_t i = 0; i < node_count(add); i++) {
        const struct node *item = node_item(add, i);
        found_capability(sink, item, place_in(container->node, item, container_place(container)));
    }
}

static void escalation(const struct yaml_file *file, struct rule_sink *sink,
                       const struct container_facts *container)
{
    const struct node *flag = container_security(container, "allowPrivilegeEscalation");
    bool privileged = node_is_true(container_security(container, "privileged"));
    bool asks = node_has_word(node_path(own_security(container), "capabilities.add"), "SYS_ADMIN");
    if (node_is_false(flag) || privileged || (!flag && !container_is_judged(container)))
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

/* "Unconfined" is told where it stands; the rest once a pod. */
static void seccomp(const struct yaml_file *file, struct rule_sink *sink,
                    const struct pod_facts *pod)
{
    bool open = false;
    VEC_EACH(struct container_facts, container, pod->containers) {
        const struct node *profile = container_security(container, "seccompProfile");
        const struct node *type = node_get(profile, "type");
        bool privileged = node_is_true(container_security(container, "privileged"));
        open = open || (!profile && !privileged);
        if (!str_eq(node_str(type), STR("Unconfined")) || privileged ||
            told_before(container, profile, "seccompProfile"))
            continue;
        found(sink, value_place(container, type), "Unconfined: every system call is open");
        found_severity(sink, SEVERITY_WARNING);
        struct yaml_fix fix = {.file = file};
        yaml_fix_scalar(&fix, type, STR("RuntimeDefault"));
        yaml_fix_done(&fix, sink, "Take the runtime's default profile");
    }
    if (!open || !pod->whole || pod_is_windows(pod))
        return;
    bool one = pod->containers.count == 1;
    found(sink, one ? container_place(&pod->containers.at[0]) : pod_place(pod),
          "no seccomp profile: every system call is open");
    struct yaml_fix fix = {.file = file};
    bool own = one && usual_seccomp_by_container(file->repository);
    yaml_fix_nested(&fix, own ? pod->containers.at[0].node : pod->spec, "securityContext",
                    "seccompProfile", STR("\ntype: RuntimeDefault"));
    yaml_fix_done(&fix, sink, "Take the runtime's default profile");
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

RULE_FAMILY(
    kubernetes,
    K8S_RULE("kubernetes/capability-added",
             "trivy:KSV005 trivy:KSV-0005 trivy:KSV022 trivy:KSV-0022 trivy:KSV119 "
             "trivy:KSV-0119 trivy:KSV120 trivy:KSV-0120 checkov:CKV_K8S_25 "
             "checkov:CKV_K8S_39",
             SEVERITY_WARNING, FIX_SUGGESTION, "s16",
             "a capability that reaches past the container",
             "what it allows is the host's business, not a program's",
             "leave it out, or give it to a small helper of its own", .container = added),
    K8S_RULE("kubernetes/capabilities-kept",
             "trivy:KSV003 trivy:KSV-0003 trivy:KSV004 trivy:KSV-0004 trivy:KSV106 "
             "trivy:KSV-0106 checkov:CKV_K8S_28 checkov:CKV_K8S_37 "
             "kube-linter:drop-net-raw-capability",
             SEVERITY_NOTE, FIX_PROOF, "s16", "capabilities that were not dropped",
             "fourteen of them come by default, and most programs need none",
             "capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]} with what a run shows it needs",
             .container = drop_all, .joins = MORE_RIGHTS, .part = "default capabilities"),
    K8S_RULE("kubernetes/host-namespace",
             "trivy:KSV008 trivy:KSV-0008 trivy:KSV009 trivy:KSV-0009 trivy:KSV010 "
             "trivy:KSV-0010 checkov:CKV_K8S_17 checkov:CKV_K8S_18 checkov:CKV_K8S_19 "
             "kube-linter:host-pid kube-linter:host-ipc kube-linter:host-network",
             SEVERITY_WARNING, FIX_SUGGESTION, "s16", "a namespace shared with the host",
             "the pod sees and reaches what other pods are kept from",
             "leave it out; a Service or a hostPort is often what was meant", .pod = host_modes),
    K8S_RULE("kubernetes/non-root-refused", "", SEVERITY_ERROR, FIX_PROOF, "s14 s15",
             "runAsNonRoot for an image that starts as root, or as a user without a number",
             "the kubelet refuses to start it: CreateContainerConfigError",
             "runAsUser with the number of a user that the image has", .container = refused),
    K8S_RULE("kubernetes/privilege-escalation",
             "trivy:KSV001 trivy:KSV-0001 checkov:CKV_K8S_20 "
             "kube-linter:privilege-escalation-container",
             SEVERITY_NOTE, FIX_PROOF, "s17", "allowPrivilegeEscalation is not false",
             "setuid programs of the image still work for whoever breaks in",
             "securityContext: {allowPrivilegeEscalation: false}", .container = escalation,
             .joins = MORE_RIGHTS, .part = "new privileges by setuid"),
    K8S_RULE("kubernetes/privileged",
             "trivy:KSV017 trivy:KSV-0017 checkov:CKV_K8S_16 "
             "kube-linter:privileged-container",
             SEVERITY_ERROR, FIX_SUGGESTION, "s16", "a privileged container",
             "every device and capability: leaving it is a matter of one mount",
             "the one capability or device that is needed", .container = privileged),
    K8S_RULE("kubernetes/run-as-non-root",
             "trivy:KSV012 trivy:KSV-0012 trivy:KSV105 trivy:KSV-0105 "
             "checkov:CKV_K8S_23 kube-linter:run-as-non-root",
             SEVERITY_NOTE, FIX_PROOF, "s15", "a pod that may run as root",
             "root in the container is one kernel bug away from root on the node",
             "runAsNonRoot: true, with a numeric USER in the image", .container = non_root,
             .joins = MORE_RIGHTS, .part = "root as its user"),
    K8S_RULE("kubernetes/seccomp",
             "trivy:KSV030 trivy:KSV-0030 trivy:KSV104 trivy:KSV-0104 "
             "checkov:CKV_K8S_31",
             SEVERITY_NOTE, FIX_PROOF, NULL, "no seccomp profile",
             "the default of the API is none, unlike docker's",
             "securityContext: {seccompProfile: {type: RuntimeDefault}}", .pod = seccomp,
             .joins = MORE_RIGHTS, .part = "every system call"));
