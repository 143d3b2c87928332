#include "rules/families.h"
#include "rules/kubernetes/kubernetes_rules.h"

/*
 * Fields that stand where nothing reads them. The API server drops what it does not know, so the
 * pod is less hardened than its file says.
 *
 *   pod:        spec.securityContext              fsGroup, sysctls ...
 *   container:  containers[].securityContext      capabilities, readOnlyRootFilesystem ...
 *   nowhere:    beside a securityContext
 */

static const char *const of_container[] = {"readOnlyRootFilesystem", "allowPrivilegeEscalation",
                                           "capabilities", "privileged", "procMount"};
static const char *const of_pod[] = {"fsGroup", "fsGroupChangePolicy", "supplementalGroups",
                                     "supplementalGroupsPolicy", "sysctls"};
static const char *const of_both[] = {"runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile"};

static const struct node *security_of(const struct node *map)
{
    return node_get(map, "securityContext");
}

/* Put a field where it counts for containers: into each one that has none of its own. */
static void move_down(const struct yaml_file *file, struct rule_sink *sink,
                      const struct pod_facts *pod, const struct node *from, const char *field)
{
    struct yaml_fix fix = {.file = file};
    str value = yaml_value_text(file->arena, file->source, node_get(from, field));
    fix.failed = !value.len;
    VEC_EACH(struct container_facts, container, pod->containers) {
        if (!fix.failed && !node_get(security_of(container->node), field))
            yaml_fix_nested(&fix, container->node, "securityContext", field, value);
    }
    if (!fix.failed)
        yaml_fix_remove(&fix, from, field);
    yaml_fix_done(&fix, sink, "Move it to the containers");
}

static bool same_text(const struct source *source, const struct node *a, const struct node *b)
{
    return str_eq(source_text(source, a->at), source_text(source, b->at));
}

/* Into the pod's securityContext: not where it or another container says something else. */
static void move_up(const struct yaml_file *file, struct rule_sink *sink,
                    const struct pod_facts *pod, const struct node *from, const char *field)
{
    struct yaml_fix fix = {.file = file};
    const struct node *value = node_get(from, field),
                      *have = node_get(security_of(pod->spec), field);
    str text = yaml_value_text(file->arena, file->source, value);
    fix.failed = !text.len || (have && !same_text(file->source, have, value));
    VEC_EACH(struct container_facts, container, pod->containers) {
        const struct node *other = node_get(security_of(container->node), field);
        fix.failed = fix.failed || (other && !same_text(file->source, other, value));
    }
    if (!fix.failed && !have)
        yaml_fix_nested(&fix, pod->spec, "securityContext", field, text);
    if (!fix.failed)
        yaml_fix_remove(&fix, from, field);
    yaml_fix_done(&fix, sink, "Move it to the pod");
}

static void move_inside(const struct yaml_file *file, struct rule_sink *sink,
                        const struct node *map, const char *field)
{
    struct yaml_fix fix = {.file = file};
    str text = yaml_value_text(file->arena, file->source, node_get(map, field));
    fix.failed = !text.len || node_get(security_of(map), field);
    if (!fix.failed)
        yaml_fix_nested(&fix, map, "securityContext", field, text);
    if (!fix.failed)
        yaml_fix_remove(&fix, map, field);
    yaml_fix_done(&fix, sink, "Move it into the securityContext");
}

static void in_pod_security(const struct yaml_file *file, struct rule_sink *sink,
                            const struct pod_facts *pod)
{
    const struct node *security = security_of(pod->spec);
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

static void in_container_security(const struct yaml_file *file, struct rule_sink *sink,
                                  const struct container_facts *container)
{
    const struct node *security = security_of(container->node);
    for (size_t i = 0; i < ARRAY_COUNT(of_pod); i++) {
        const struct node_pair *pair = node_own_pair(security, of_pod[i]);
        if (!pair)
            continue;
        found(sink, place_in(container->node, pair->key, container_place(container)),
              "'%s' counts in the pod's securityContext only: here nothing reads it", of_pod[i]);
        move_up(file, sink, container->pod, security, of_pod[i]);
    }
}

static void beside(const struct yaml_file *file, struct rule_sink *sink, const struct node *map,
                   const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct node_pair *pair = node_own_pair(map, fields[i]);
        if (!pair)
            continue;
        found(sink, pair->key->at,
              "'%s' counts inside of a securityContext only: here nothing reads it", fields[i]);
        move_inside(file, sink, map, fields[i]);
    }
}

static void wrong_level(const struct yaml_file *file, struct rule_sink *sink,
                        const struct pod_facts *pod)
{
    if (pod->fragment || pod->spec->aliased)
        return; /* a fragment is pod and container in one */
    const struct node *outer = node_get(pod->document, "spec");
    const struct node_pair *stray =
        outer != pod->spec ? node_own_pair(outer, "securityContext") : NULL;
    if (stray)
        found(sink, stray->key->at,
              "a securityContext counts in the pod's template only: here nothing reads it");
    in_pod_security(file, sink, pod);
    beside(file, sink, pod->spec, of_pod, ARRAY_COUNT(of_pod));
    beside(file, sink, pod->spec, of_both, ARRAY_COUNT(of_both));
    VEC_EACH(struct container_facts, container, pod->containers) {
        if (container->node->aliased)
            continue;
        in_container_security(file, sink, container);
        beside(file, sink, container->node, of_container, ARRAY_COUNT(of_container));
        beside(file, sink, container->node, of_both, ARRAY_COUNT(of_both));
    }
}

RULE_FAMILY(kubernetes_levels,
            K8S_RULE("kubernetes/wrong-level", "", SEVERITY_WARNING, FIX_SAFE, "s15",
                     "a security field of containers at the pod, of the pod at a container, or "
                     "beside a securityContext",
                     "it is silently dropped: the pod is not as hardened as its file says",
                     "the securityContext that the field belongs to", .pod = wrong_level));
