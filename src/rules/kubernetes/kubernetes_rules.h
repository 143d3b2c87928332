#pragma once

#include "rules/yaml_fix.h"

/*
 * rules/kubernetes/kubernetes_rules -- what the files of the kubernetes/ group share.
 *
 * Shapes   A container's `pod` is the one it stands in. Places are of the file that says the value.
 * Cost     Linear in the pod.
 */

/* A row of a check over one file, in the order of its fields; what is left is given by name. */
#define K8S_RULE(rule_name, ids, level, safety, section, says, reason, mend, check, ...)     \
    {                                                                                        \
        .name = rule_name, .aka = ids, .severity = level, .fix = safety, .since = "0.1",     \
        .guide = section, .what = says, .why = reason, .how = mend,                          \
        .source = "Kubernetes: Pod security standards, Security context", check, __VA_ARGS__ \
    }

/* Is what is absent from this container worth a word? Not in fragments, templates, on Windows. */
bool container_is_judged(const struct container_facts *container);

/* The first containerPort below 1024, 0 when there is none. */
int64_t container_low_port(const struct container_facts *container, const struct node **out_place);

/* May the container not open ports below 1024, by what the manifest says of it? `non_root` tells
 * that its image is known not to start as root. */
bool low_port_is_closed(const struct yaml_file *file, const struct container_facts *container,
                        bool non_root);

/* Let it: the capability for root, the sysctl for everybody else. */
void low_port_fix(const struct yaml_file *file, struct rule_sink *sink,
                  const struct container_facts *container, bool non_root);

/* Where the container's own text, or else its pod's, gives the value. */
span value_place(const struct container_facts *container, const struct node *value);

/* What is mounted at this path or above it in the container; NULL when nothing is. */
const struct node *container_mount(const struct container_facts *container, str path);

/* Mount an emptyDir at each of the blank-separated paths that nothing is mounted at; false when
 * something is mounted at all of them. */
bool yaml_fix_empty_dirs(struct yaml_fix *fix, const struct container_facts *container, str paths);

/* The blank-separated paths that nothing is mounted at. */
str container_unmounted(struct arena *arena, const struct container_facts *container, str paths);

/* kubernetes/writable-missing, as far as one file tells. */
void check_container_writable(const struct yaml_file *file, struct rule_sink *sink,
                              const struct container_facts *container);
