#pragma once

#include "rules/yaml_fix.h"

/*
 * rules/compose/compose_rules -- what the files of the compose/ group share.
 *
 * Shapes   Of "a:b:ro" and of {type, source, target, read_only} one struct.
 * Cost     Linear in the text.
 * Source   The compose specification.
 */

/* A row of a check over one file, in the order of its fields; what is left is given by name. */
#define COMPOSE_RULE(rule_name, ids, level, safety, section, says, reason, mend, check, ...) \
    {                                                                                        \
        .name = rule_name, .aka = ids, .severity = level, .fix = safety, .since = "0.1",     \
        .guide = section, .what = says, .why = reason, .how = mend,                          \
        .source = "the compose specification; Docker engine security", check, __VA_ARGS__    \
    }

/* An item of a service's volumes. */
struct service_mount {
    str source; /* "" for an anonymous volume and a tmpfs */
    str target;
    bool read_only, tmpfs, host; /* host: source is a path */
};
struct service_mount service_mount_of(const struct node *item);

/* Where to report a value: its own place inside of the service, else the service's name. */
span service_place(const struct service_facts *service, const struct node *value);

/* Mount a tmpfs at each of these, which are "PATH" or "PATH:OPTIONS". */
void yaml_fix_tmpfs(struct yaml_fix *fix, const struct service_facts *service,
                    const struct yaml_items *paths);

/* Is something mounted at this path or above it? */
bool service_mounts(const struct service_facts *service, str path);

/* runtime/writable-missing, as far as one file tells. */
void check_service_writable(const struct yaml_file *file, struct rule_sink *sink,
                            const struct service_facts *service);
