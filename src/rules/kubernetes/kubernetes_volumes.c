#include "rules/conventions.h"
#include "rules/families.h"
#include "rules/yaml_fix.h"

/* What pods mount: from the host, and for writing. */

typedef void volume_check(const struct yaml_file *file, struct rule_sink *sink,
                          const struct pod_facts *pod, const struct node *volume);

static void each_volume(const struct yaml_file *file, struct rule_sink *sink, volume_check *check)
{
    VEC_EACH(struct pod_facts, pod, file->pods) {
        const struct node *volumes = node_get(pod->spec, "volumes");
        for (uint32_t i = 0; i < node_count(volumes); i++)
            if (node_item(volumes, i)->kind == NODE_MAP)
                check(file, sink, pod, node_item(volumes, i));
    }
}

static void host_path(const struct yaml_file *file, struct rule_sink *sink,
                      const struct pod_facts *pod, const struct node *volume)
{
    (void)file;
    const struct node *node = node_path(volume, "hostPath.path");
    str path = node_str(node);
    if (!path.len)
        return;
    span at = place_in(pod->spec, node, pod_place(pod));
    const char *risk = host_path_risk(path);
    if (is_engine_socket(path)) {
        found(sink, at, "the engine's socket: whoever reaches it is root on the node");
        found_severity(sink, SEVERITY_ERROR);
    } else if (risk) {
        found(sink, at, "'%.*s' of the host holds %s", STR_ARG(path), risk);
    }
}

static void check_host_path(const struct yaml_file *file, struct rule_sink *sink)
{
    each_volume(file, sink, host_path);
}

static void empty_dir(const struct yaml_file *file, struct rule_sink *sink,
                      const struct pod_facts *pod, const struct node *volume)
{
    const struct node_pair *pair = node_own_pair(volume, "emptyDir");
    if (!pair || node_get(pair->value, "sizeLimit"))
        return;
    found(sink, place_in(pod->spec, pair->key, pod_place(pod)),
          "no sizeLimit: what is written here may %s",
          str_eq(node_str(node_get(pair->value, "medium")), STR("Memory"))
              ? "take all memory that the pod may have"
              : "fill the node's disk");
    struct yaml_fix fix = {.file = file};
    str size = usual_size_limit(file->repository, "256Mi");
    bool flow = volume->style == 'f' || pair->value->style == 'f';
    if (pair->value->kind == NODE_MAP && pair->value->pairs.count)
        yaml_fix_set(&fix, pair->value, "sizeLimit", size);
    else
        yaml_fix_set(
            &fix, volume, "emptyDir",
            str_fmt(file->arena, flow ? "{sizeLimit: %.*s}" : "\nsizeLimit: %.*s", STR_ARG(size)));
    yaml_fix_done(&fix, sink,
                  str_z(file->arena, str_fmt(file->arena, "Limit it to %.*s", STR_ARG(size))));
}

static void check_empty_dir(const struct yaml_file *file, struct rule_sink *sink)
{
    each_volume(file, sink, empty_dir);
}

RULE_FAMILY(kubernetes_volumes,
            {.name = "kubernetes/empty-dir-limit",
             .severity = SEVERITY_NOTE,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s15",
             .what = "an emptyDir without sizeLimit",
             .why = "it grows until the node evicts pods",
             .how = "emptyDir: {sizeLimit: ...}, above what a run was seen to write",
             .source = "Kubernetes: Volumes, emptyDir",
             .yaml = check_empty_dir},
            {.name = "kubernetes/host-path",
             .aka = "trivy:KSV023 trivy:KSV-0023 trivy:KSV006 trivy:KSV-0006 checkov:CKV_K8S_27 "
                    "kube-linter:sensitive-host-mounts kube-linter:docker-sock",
             .severity = SEVERITY_WARNING,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s16",
             .what = "a directory of the host that holds more than data",
             .why = "it leads out of the container",
             .how = "a volume claim, a ConfigMap, or the one file that is needed, read-only",
             .source = "Kubernetes: Volumes, hostPath",
             .yaml = check_host_path});
