#pragma once

#include "rules/questions.h"

/*
 * rules/yaml_facts -- what rules may know about a file that is no Dockerfile, worked out once.
 *
 *   YAML --yaml_file_make--> pods and containers | services | jobs and steps
 *   scripts, make, package.json, Markdown, CI steps --command_file_make--> commands of docker & co
 *
 * Shapes   Nodes are those of the parsed document. A fragment (securityContext, volumes or
 *          volumeMounts without a kind) is a pod of kind "" whose `spec` is the fragment's map,
 *          with one container of the same node. Aliases are looked through; what is `aliased` is
 *          never edited. A template that does not parse gives an empty file with `is_template`.
 * Units    Byte offsets.
 * Cost     Linear in the file.
 * Errors   None: a document that is no YAML has yaml->ok false and what was read before it.
 * Source   The Kubernetes API reference (Pod v1, batch/v1, apps/v1), the compose specification, the
 *          syntax references of GitHub workflows and GitLab CI, `docker build --help`.
 */

struct pod_facts;

struct container_facts {
    const struct node *node; /* its map */
    str name, image;
    bool init;
    const struct pod_facts *pod;
};
VEC_TYPE(container_list, struct container_facts);

struct pod_facts {
    const struct node *document; /* root of the document it stands in */
    const struct node *spec;     /* the pod's spec: containers, volumes, securityContext */
    str kind, name, namespace_name;
    bool fragment;
    bool whole;                       /* no fragment, patch or template: what is absent is absent */
    struct container_list containers; /* init containers first */
    struct map volumes;               /* name -> node of spec.volumes */
    struct map claims;                /* name -> node of spec.volumeClaimTemplates */
    struct map mounted, prepared;     /* volumes that some, that some init container mounts */
};
VEC_TYPE(pod_list, struct pod_facts);

struct service_facts {
    str name;
    const struct node *key, *node; /* node is a map */
    const struct node *root;       /* of the compose file */
};
VEC_TYPE(service_list, struct service_facts);

struct ci_job;

struct ci_step {
    const struct ci_job *job; /* NULL in a composite action */
    const struct node *node;  /* GitHub: the step's map; GitLab: the job's */
    str uses;                 /* "docker/build-push-action@v6"; "" for a script */
    const struct node *with;  /* NULL when there is none */
    const struct node *run;   /* scalar with script; GitLab: one item of script: */
};
VEC_TYPE(ci_step_list, struct ci_step);

struct ci_job {
    str name;
    const struct node *key, *node;
};
VEC_TYPE(ci_job_list, struct ci_job);

struct yaml_file {
    struct arena *arena;
    const struct source *source;
    enum file_kind kind;
    struct yaml *yaml;
    bool is_template;
    bool templated; /* it parses, but has "{{": what is absent may come from a value */
    const struct check_options *options;
    struct pod_list pods;                /* FILE_KUBERNETES, FILE_YAML */
    struct service_list services;        /* FILE_COMPOSE */
    struct ci_job_list jobs;             /* FILE_GITHUB, FILE_GITLAB */
    struct ci_step_list steps;           /* of all jobs, in order */
    const struct node *ci_root;          /* the workflow's map; NULL otherwise */
    const struct repository *repository; /* NULL when not known */
};

/* What kind of YAML it is, by name and then by content; FILE_KIND_COUNT: none that rules know. */
enum file_kind yaml_classify(str path, str text);

/* Parse a YAML file and work out what its rules ask. */
struct yaml_file *yaml_file_make(struct arena *arena, const struct source *source,
                                 enum file_kind kind, const struct check_options *options);

/* securityContext.<field> of a container, else (for fields that pods have too) of its pod. NULL
 * when neither says so. */
const struct node *container_security(const struct container_facts *container, const char *field);

/* The items of a list, or of a scalar as a list of one: compose has both forms in many places. */
uint32_t node_count(const struct node *node);
const struct node *node_item(const struct node *node, uint32_t index);

/* -- commands ---------------------------------------------------------------------------------- */

/* One shell text inside a file. */
struct command_script {
    const struct script *script;
    bool exact;                 /* its spans are places of the source; else only `at` is */
    span at;                    /* of the whole text */
    const struct ci_step *step; /* CI files: the step that runs it; NULL elsewhere */
    bool moves;                 /* it changes the directory: its paths are not known */
};
VEC_TYPE(command_scripts, struct command_script);

/* One command line of an image tool: docker, podman, buildah, nerdctl, plimsoll. */
struct docker_command {
    const struct command_script *script;
    const struct shell_command *command;
    str verb;       /* "build" (also of buildx), "run", "pull", "push", "scan" ...; "compose build",
                     * "compose" for other verbs of compose; "" */
    bool buildx;    /* "docker buildx build" */
    uint32_t first; /* index in command->argv of the first word behind the verb */
    span at;        /* place to report at */
};
VEC_TYPE(docker_commands, struct docker_command);

struct command_file {
    struct arena *arena;
    const struct source *source;
    enum file_kind kind;
    const struct check_options *options;
    VEC(struct command_script *) scripts;
    struct docker_commands docker;
    const struct yaml_file *yaml;        /* CI files; NULL elsewhere */
    const struct repository *repository; /* NULL when not known */
};

/* Find the shell text of a file by its kind. `yaml` is the same file's, NULL when it is none. */
struct command_file *command_file_make(struct arena *arena, const struct source *source,
                                       enum file_kind kind, const struct yaml_file *yaml,
                                       const struct check_options *options);

/* Fill file->docker from file->scripts: the second half of command_file_make. */
void docker_commands_collect(struct command_file *file);

/* An option's value. Walk all of them with a cursor that starts at 0:
 *     for (uint32_t at = 0; docker_option(docker, "--cache-from", &at, &value);) ... */
struct docker_value {
    str text;   /* literal text, as far as it is known from its start */
    bool known; /* no variable decides it */
    span at;    /* of the option with its value */
    const struct shell_word *word;
};
bool docker_option(const struct docker_command *docker, const char *name, uint32_t *cursor,
                   struct docker_value *out_value);

/* Is a flag there at all ("--read-only", "--read-only=true")? */
bool docker_has(const struct docker_command *docker, const char *name);

/* Words that are neither options nor their values: the context of a build, image and command of a
 * run. */
struct shell_words docker_operands(struct arena *arena, const struct docker_command *docker);

/* Where an option would be written: right behind the verb. */
struct edit docker_add_option(struct arena *arena, const struct docker_command *docker, str option);
