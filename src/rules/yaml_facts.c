#include "rules/yaml_facts.h"

/* -- which kind of YAML ------------------------------------------------------------------------ */

/* Does some line begin with this text at column 0 (a key of the document's root)? */
static bool has_root_key(str text, str key)
{
    if (str_starts(text, key))
        return true;
    for (size_t at = 0; at < text.len;) {
        size_t found = str_find(str_from_index(text, at), key);
        if (found >= text.len - at)
            return false;
        at += found;
        if (at == 0 || text.at[at - 1] == '\n')
            return true;
        at += key.len;
    }
    return false;
}

static bool is_compose_name(str name)
{
    return str_starts(name, STR("docker-compose")) || str_starts(name, STR("compose.")) ||
           str_starts(name, STR("compose-")) || str_starts(name, STR("podman-compose"));
}

static bool is_github_file(str path, str text)
{
    str name = str_basename(path);
    return str_has(path, STR(".github/workflows/")) ||
           (has_root_key(text, STR("jobs:")) && has_root_key(text, STR("on:"))) ||
           (STR_IN(name, "action.yml", "action.yaml") && has_root_key(text, STR("runs:")));
}

/* A piece of a manifest, as pages and charts have it. */
static bool is_fragment(str text)
{
    return has_root_key(text, STR("securityContext:")) ||
           has_root_key(text, STR("volumeMounts:")) ||
           (has_root_key(text, STR("volumes:")) && str_has(text, STR("emptyDir")));
}

enum file_kind yaml_classify(str path, str text)
{
    if (is_github_file(path, text))
        return FILE_GITHUB;
    if (str_ends(path, STR(".gitlab-ci.yml")) || str_ends(path, STR(".gitlab-ci.yaml")))
        return FILE_GITLAB;
    if (has_root_key(text, STR("apiVersion:")))
        return has_root_key(text, STR("kind:")) ? FILE_KUBERNETES : FILE_KIND_COUNT;
    if (has_root_key(text, STR("services:")))
        return FILE_COMPOSE;
    if (is_compose_name(str_basename(path)))
        return FILE_KIND_COUNT;
    return is_fragment(text) ? FILE_YAML : FILE_KIND_COUNT;
}

/* -- Kubernetes -------------------------------------------------------------------------------- */

static void add_containers(struct yaml_file *file, struct pod_facts *pod, const char *key)
{
    const struct node *list = node_get(pod->spec, key);
    if (!list || list->kind != NODE_LIST)
        return;
    VEC_EACH(struct node *, slot, list->items) {
        const struct node *node = *slot;
        if (node->kind != NODE_MAP)
            continue;
        struct container_facts container = {
            .node = node,
            .name = node_str(node_get(node, "name")),
            .image = node_str(node_get(node, "image")),
            .init = key[0] == 'i',
        };
        vec_push(file->arena, &pod->containers, container);
    }
}

static const struct node *pod_spec(str kind, const struct node *document)
{
    if (str_eq(kind, STR("Pod")))
        return node_get(document, "spec");
    if (str_eq(kind, STR("CronJob")))
        return node_path(document, "spec.jobTemplate.spec.template.spec");
    if (str_eq(kind, STR("PodTemplate")))
        return node_path(document, "template.spec");
    if (STR_IN(kind, "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job",
               "ReplicationController", "DeploymentConfig", "Rollout"))
        return node_path(document, "spec.template.spec");
    return NULL;
}

static void add_document(struct yaml_file *file, const struct node *document, int depth)
{
    if (document->kind != NODE_MAP || depth > 2)
        return;
    str kind = node_str(node_get(document, "kind"));
    const struct node *items = node_get(document, "items");
    if (str_eq(kind, STR("List")) && items && items->kind == NODE_LIST) {
        VEC_EACH(struct node *, item, items->items) {
            add_document(file, *item, depth + 1);
        }
        return;
    }
    const struct node *spec = pod_spec(kind, document);
    if (!spec || spec->kind != NODE_MAP)
        return;
    struct pod_facts pod = {
        .document = document,
        .spec = spec,
        .kind = kind,
        .name = node_str(node_path(document, "metadata.name")),
        .namespace_name = node_str(node_path(document, "metadata.namespace")),
    };
    add_containers(file, &pod, "initContainers");
    add_containers(file, &pod, "containers");
    vec_push(file->arena, &file->pods, pod);
}

/* The fragment's map is pod and container in one. */
static void add_fragment(struct yaml_file *file, const struct node *document)
{
    if (document->kind != NODE_MAP)
        return;
    if (!node_get(document, "securityContext") && !node_get(document, "volumeMounts") &&
        !node_get(document, "volumes"))
        return;
    struct pod_facts pod = {
        .document = document, .spec = document, .kind = STR(""), .fragment = true};
    add_containers(file, &pod, "initContainers");
    add_containers(file, &pod, "containers");
    if (!pod.containers.count)
        vec_push(file->arena, &pod.containers, (struct container_facts){.node = document});
    vec_push(file->arena, &file->pods, pod);
}

static void note_named(struct arena *arena, struct map *names, const struct node *list,
                       const char *path)
{
    for (uint32_t i = 0; list && list->kind == NODE_LIST && i < list->items.count; i++) {
        str name = node_str(node_path(list->items.at[i], path));
        if (name.len && !map_has(names, name))
            map_set(arena, names, name, list->items.at[i]);
    }
}

/* Once no list grows any more, each container may point at its pod. */
static void link_containers(struct yaml_file *file)
{
    VEC_EACH(struct pod_facts, pod, file->pods) {
        pod->whole =
            !pod->fragment && !file->templated && pod->containers.count && !pod->spec->aliased;
        note_named(file->arena, &pod->volumes, node_get(pod->spec, "volumes"), "name");
        note_named(file->arena, &pod->claims, node_path(pod->document, "spec.volumeClaimTemplates"),
                   "metadata.name");
        VEC_EACH(struct container_facts, container, pod->containers) {
            const struct node *mounts = node_get(container->node, "volumeMounts");
            container->pod = pod;
            pod->whole = pod->whole && container->image.len;
            note_named(file->arena, &pod->mounted, mounts, "name");
            if (container->init)
                note_named(file->arena, &pod->prepared, mounts, "name");
        }
    }
}

const struct node *container_security(const struct container_facts *container, const char *field)
{
    const struct node *own = node_get(node_get(container->node, "securityContext"), field);
    if (own)
        return own;
    str name = str_from(field);
    bool of_pod = STR_IN(name, "runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile",
                         "seLinuxOptions", "appArmorProfile", "windowsOptions");
    if (!of_pod && !container->pod->fragment)
        return NULL;
    return node_get(node_get(container->pod->spec, "securityContext"), field);
}

/* -- compose ----------------------------------------------------------------------------------- */

static void add_services(struct yaml_file *file, const struct node *root)
{
    const struct node *services = node_get(root, "services");
    if (!services || services->kind != NODE_MAP)
        return;
    VEC_EACH(struct node_pair, pair, services->pairs) {
        if (pair->value->kind != NODE_MAP)
            continue;
        struct service_facts service = {
            .name = node_str(pair->key), .key = pair->key, .node = pair->value, .root = root};
        vec_push(file->arena, &file->services, service);
    }
}

/* -- CI ---------------------------------------------------------------------------------------- */

static void add_github_steps(struct yaml_file *file, const struct ci_job *job,
                             const struct node *steps)
{
    if (!steps || steps->kind != NODE_LIST)
        return;
    VEC_EACH(struct node *, slot, steps->items) {
        const struct node *node = *slot;
        if (node->kind != NODE_MAP)
            continue;
        const struct node *with = node_get(node, "with"), *run = node_get(node, "run");
        struct ci_step step = {
            .job = job,
            .node = node,
            .uses = node_str(node_get(node, "uses")),
            .with = with && with->kind == NODE_MAP ? with : NULL,
            .run = run && run->kind == NODE_STRING ? run : NULL,
        };
        vec_push(file->arena, &file->steps, step);
    }
}

static void add_github(struct yaml_file *file, const struct node *root)
{
    const struct node *jobs = node_get(root, "jobs");
    if (jobs && jobs->kind == NODE_MAP)
        VEC_EACH(struct node_pair, pair, jobs->pairs) {
            if (pair->value->kind == NODE_MAP)
                vec_push(file->arena, &file->jobs,
                         (struct ci_job){node_str(pair->key), pair->key, pair->value});
        }
    VEC_EACH(struct ci_job, job, file->jobs) {
        add_github_steps(file, job, node_get(job->node, "steps"));
    }
    add_github_steps(file, NULL, node_path(root, "runs.steps"));
}

static void add_gitlab_scripts(struct yaml_file *file, const struct ci_job *job, const char *key)
{
    const struct node *list = node_get(job->node, key);
    for (uint32_t i = 0; i < node_count(list); i++) {
        const struct node *item = node_item(list, i);
        if (item->kind == NODE_STRING)
            vec_push(file->arena, &file->steps,
                     (struct ci_step){.job = job, .node = job->node, .uses = STR(""), .run = item});
    }
}

static void add_gitlab(struct yaml_file *file, const struct node *root)
{
    if (root->kind != NODE_MAP)
        return;
    VEC_EACH(struct node_pair, pair, root->pairs) {
        bool reserved = STR_IN(node_str(pair->key), "stages", "variables", "include", "workflow",
                               "image", "services", "cache", "pages:deploy");
        if (pair->value->kind == NODE_MAP && !reserved)
            vec_push(file->arena, &file->jobs,
                     (struct ci_job){node_str(pair->key), pair->key, pair->value});
    }
    VEC_EACH(struct ci_job, job, file->jobs) {
        add_gitlab_scripts(file, job, "before_script");
        add_gitlab_scripts(file, job, "script");
        add_gitlab_scripts(file, job, "after_script");
    }
}

/* -- together ---------------------------------------------------------------------------------- */

struct yaml_file *yaml_file_make(struct arena *arena, const struct source *source,
                                 enum file_kind kind, const struct check_options *options)
{
    struct yaml_file *file = NEW(arena, struct yaml_file);
    *file = (struct yaml_file){.arena = arena, .source = source, .kind = kind, .options = options};
    file->yaml = yaml_parse(arena, source);
    file->templated = str_has(source->text, STR("{{"));
    file->is_template = !file->yaml->ok && file->templated;
    if (file->is_template)
        return file;
    VEC_EACH(struct node *, slot, file->yaml->documents) {
        const struct node *document = *slot;
        switch (kind) {
        case FILE_KUBERNETES: add_document(file, document, 0); break;
        case FILE_COMPOSE: add_services(file, document); break;
        case FILE_GITHUB:
        case FILE_GITLAB:
            if (file->ci_root)
                break;
            file->ci_root = document;
            if (kind == FILE_GITHUB)
                add_github(file, document);
            else
                add_gitlab(file, document);
            break;
        default: add_fragment(file, document); break;
        }
    }
    link_containers(file);
    return file;
}

uint32_t node_count(const struct node *node)
{
    if (!node || node->kind == NODE_NULL || node->kind == NODE_MAP)
        return 0;
    return node->kind == NODE_LIST ? node->items.count : 1;
}

const struct node *node_item(const struct node *node, uint32_t index)
{
    return node->kind == NODE_LIST ? node->items.at[index] : node;
}
