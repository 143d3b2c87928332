#pragma once

#include "rules/yaml_facts.h"

/*
 * rules/yaml_fix -- what the rules of kubernetes/ and compose/ share: walking, places, edits.
 *
 *   yaml_fix_set, yaml_fix_nested, yaml_fix_append ... --yaml_fix_done--> the newest finding's fix
 *
 * Shapes   A fix that cannot be made whole is not made at all: each step notes a failure, and
 *          yaml_fix_done() then gives the finding no fix.
 * Cost     An edit costs its own length.
 */

struct yaml_fix {
    const struct yaml_file *file;
    struct edit_list edits;
    bool failed;
};

/* map[key] = value; see yaml_edit_set. */
void yaml_fix_set(struct yaml_fix *fix, const struct node *map, const char *key, str value);

/* map[outer][key] = value, with the outer map made when there is none. */
void yaml_fix_nested(struct yaml_fix *fix, const struct node *map, const char *outer,
                     const char *key, str value);

/* One more item in the list map[key], which is made when there is none. `flow` is the same item for
 * lists in brackets. */
void yaml_fix_append(struct yaml_fix *fix, const struct node *map, const char *key, str item,
                     str flow);

/* Take map[key] away. */
void yaml_fix_remove(struct yaml_fix *fix, const struct node *map, const char *key);

/* Another text for a scalar. */
void yaml_fix_scalar(struct yaml_fix *fix, const struct node *scalar, str value);

/* Give the newest finding this fix, of the rule's own class. */
void yaml_fix_done(struct yaml_fix *fix, struct rule_sink *sink, const char *title);

/* A value as text that can be set elsewhere: lines are moved to column 0. STR_NONE for an alias. */
str yaml_value_text(struct arena *arena, const struct source *source, const struct node *value);

/* -- places ------------------------------------------------------------------------------------ */

/* Where to report a value: its own place when it stands inside of `inside`, else `otherwise`. */
span place_in(const struct node *inside, const struct node *value, span otherwise);

/* The name of a container, else its image, else its first key. */
span container_place(const struct container_facts *container);

/* The key of the list of containers. */
span pod_place(const struct pod_facts *pod);

/* -- questions --------------------------------------------------------------------------------- */

/* Is everything about the pod here? Not in fragments, patches and templates: what is absent from
 * these says nothing. */
bool pod_is_whole(const struct yaml_file *file, const struct pod_facts *pod);
bool pod_is_windows(const struct pod_facts *pod);

/* The same of a service: an override file, or one that extends another, is not whole. */
bool service_is_whole(const struct yaml_file *file, const struct service_facts *service);

/* Is this word an item of the list (or the scalar itself)? Letter case does not count. */
bool node_has_word(const struct node *list, const char *word);

/* "CAP_SYS_ADMIN" and "sys_admin" are SYS_ADMIN. */
str capability_name(struct arena *arena, str text);

/* Why a capability should not be given: NULL when it is one of the harmless ones. `root` tells
 * whether it is as good as root of the host. */
const char *capability_risk(str name, bool *out_root);

/* Path of a container engine's socket, or a directory that holds it? */
bool is_engine_socket(str path);

/* A directory of the host that should stay there; NULL or what stands in it. */
const char *host_path_risk(str path);

/* What a well-known server image needs from its container. */
struct server_image {
    const char *repository;
    const char *capabilities; /* blank-separated, "" when none */
    const char *writable;     /* paths it writes to, beside its data volume */
    bool drops_root;          /* its start script goes on as another user */
    bool database;            /* nobody but the application should reach its port */
};
const struct server_image *server_image_find(str repository);

typedef void pod_check(const struct yaml_file *file, struct rule_sink *sink,
                       const struct pod_facts *pod);
typedef void container_check(const struct yaml_file *file, struct rule_sink *sink,
                             const struct container_facts *container);
typedef void service_check(const struct yaml_file *file, struct rule_sink *sink,
                           const struct service_facts *service);

/* Run a check over every pod, container or compose service of a file. */
void each_pod(const struct yaml_file *file, struct rule_sink *sink, pod_check *check);
void each_container(const struct yaml_file *file, struct rule_sink *sink, container_check *check);
void each_service(const struct yaml_file *file, struct rule_sink *sink, service_check *check);
