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

/* What the rules about rights are joined by. */
#define MORE_RIGHTS "more rights than most programs need"

struct yaml_fix {
    const struct yaml_file *file;
    struct edit_list edits;
    bool failed;
};

/* Text that was written with two blanks a step, as the document of `node` would have it: its own
 * steps for maps and for lists. One step deep. */
str yaml_fix_text(const struct yaml_fix *fix, const struct node *node, str text);

/* map[key] = value; see yaml_edit_set. */
void yaml_fix_set(struct yaml_fix *fix, const struct node *map, const char *key, str value);

/* map[outer][key] = value, with the outer map made when there is none. */
void yaml_fix_nested(struct yaml_fix *fix, const struct node *map, const char *outer,
                     const char *key, str value);

/* One more item in the list map[key], which is made when there is none. `flow` is the same item for
 * lists in brackets. */
void yaml_fix_append(struct yaml_fix *fix, const struct node *map, const char *key, str item,
                     str flow);

/* Several items for the list map[key]: as yaml_fix_append for each, but the list is made once. */
struct yaml_item {
    str block, flow;
};
VEC_TYPE(yaml_items, struct yaml_item);
void yaml_fix_append_all(struct yaml_fix *fix, const struct node *map, const char *key,
                         const struct yaml_items *items);

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

/* Does the pod ask for nodes that run Windows? */
bool pod_is_windows(const struct pod_facts *pod);

/* The same of a service: an override file, or one that extends another, is not whole. */
bool service_is_whole(const struct yaml_file *file, const struct service_facts *service);

/* Is this word an item of the list (or the scalar itself)? Letter case does not count. */
bool node_has_word(const struct node *list, const char *word);

/* "CAP_SYS_ADMIN" and "sys_admin" are SYS_ADMIN. */
str capability_name(struct arena *arena, str text);

/* Report a capability that is given, unless it is one of the harmless ones. */
void found_capability(struct rule_sink *sink, const struct node *given, span at);

/* Path of a container engine's socket, or a directory that holds it? */
bool is_engine_socket(str path);

/* NAME=value with a secret as its value: by what the name says, or by the look of the value. A text
 * that stands for a value ("GOOGLE_API_KEY_VAL", "$X", "{{ x }}") is none. */
bool is_secret_setting(struct arena *arena, str name, str value);

/* What "X" of securityContext.capabilities and cap_add/cap_drop says. */
struct capabilities_said {
    const struct node *add, *drop; /* lists; NULL when not given */
    bool drops_all;
};
struct capabilities_said container_capabilities(const struct container_facts *container);
struct capabilities_said service_capabilities(const struct service_facts *service);
bool capabilities_add(struct arena *arena, const struct capabilities_said *said, str name);

/* A directory of the host that should stay there; NULL or what stands in it. */
const char *host_path_risk(str path);

/* What a well-known server image needs from its container. */
struct server_image {
    const char *repository;
    const char *capabilities; /* blank-separated, "" when none */
    const char *writable;     /* paths it writes to, beside its volumes and /tmp; NULL: it edits its
                                 own settings at start, so its root has to be writable */
    bool drops_root;          /* its start script goes on as another user */
    bool database;            /* nobody but the application should reach its port */
};
const struct server_image *server_image_find(str repository);

/* Run the sink's rule over the file, its pods, containers and services. */
void yaml_rule_run(const struct yaml_file *file, struct rule_sink *sink);
