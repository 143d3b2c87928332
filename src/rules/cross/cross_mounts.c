#include "rules/compose/compose_rules.h"
#include "rules/families.h"
#include "rules/image_uses.h"
#include "rules/kubernetes/kubernetes_rules.h"

/*
 * What is mounted, and what the image has there. An empty mount hides the image's files; one that
 * belongs to root keeps out the user that the image gave the directory to.
 *
 *   emptyDir   mode 0777: everybody may write
 *   claim      root's, unless fsGroup says else
 *   tmpfs      root's, with the mode of the directory below it
 */

/* Places that programs use as scratch: nothing in them is missed. */
static bool is_scratch(str path)
{
    return STR_IN(path, "/tmp", "/var/tmp", "/run", "/var/run", "/var/log", "/var/cache",
                  "/dev/shm");
}

/* -- pods -------------------------------------------------------------------------------------- */

enum volume_kind { VOLUME_OTHER, VOLUME_EMPTY, VOLUME_CLAIM };

static enum volume_kind volume_kind(const struct pod_facts *pod, str name)
{
    const struct node *volume = map_find(&pod->volumes, name);
    if (node_own_pair(volume, "emptyDir"))
        return VOLUME_EMPTY;
    if (volume && (node_get(volume, "persistentVolumeClaim") || node_get(volume, "ephemeral")))
        return VOLUME_CLAIM;
    return !volume && map_has(&pod->claims, name) ? VOLUME_CLAIM : VOLUME_OTHER;
}

struct pod_mount {
    enum volume_kind kind;
    const struct node *at; /* the value of mountPath */
    str path, volume;
};

/* The mounts of a container that begin empty and that nobody prepares. */
static bool next_mount(const struct container_facts *container, uint32_t *cursor,
                       struct pod_mount *out_mount)
{
    const struct node *mounts = node_get(container->node, "volumeMounts");
    for (; !container->init && *cursor < node_count(mounts);) {
        const struct node *mount = node_item(mounts, (*cursor)++);
        struct pod_mount found_mount = {.at = node_get(mount, "mountPath"),
                                        .volume = node_str(node_get(mount, "name"))};
        found_mount.path = node_str(found_mount.at);
        while (found_mount.path.len > 1 && str_ends(found_mount.path, STR("/")))
            found_mount.path.len--;
        found_mount.kind = volume_kind(container->pod, found_mount.volume);
        if (found_mount.kind == VOLUME_OTHER || !found_mount.path.len ||
            node_get(mount, "subPath") || node_get(mount, "subPathExpr") ||
            map_has(&container->pod->prepared, found_mount.volume))
            continue; /* an init container may fill it, or change its owner */
        *out_mount = found_mount;
        return true;
    }
    return false;
}

/* Directories without which no image runs. */
static void over_system(const struct yaml_file *file, struct rule_sink *sink,
                        const struct container_facts *container)
{
    (void)file;
    struct pod_mount mount;
    for (uint32_t cursor = 0; next_mount(container, &cursor, &mount);)
        if (mount.kind == VOLUME_EMPTY && STR_IN(mount.path, "/", "/bin", "/sbin", "/lib", "/usr",
                                                 "/usr/bin", "/usr/lib", "/usr/local/bin", "/etc"))
            found(sink, place_in(container->node, mount.at, container_place(container)),
                  "an empty directory hides what the image has at '%.*s'", STR_ARG(mount.path));
}

static void pod_over_image(struct rule_sink *sink, const struct image_use *use)
{
    struct pod_mount mount;
    if (!use->container)
        return;
    for (uint32_t cursor = 0; next_mount(use->container, &cursor, &mount);) {
        const struct trace *trace =
            is_scratch(mount.path) ? NULL : image_fills(use->facts, mount.path);
        if (!trace)
            continue;
        found(sink, place_in(use->container->node, mount.at, container_place(use->container)),
              "an empty volume hides '%.*s', which line %u of '%.*s' puts there",
              STR_ARG(trace->path), source_position(use->facts->source, trace->at.start).line,
              STR_ARG(use->facts->source->path));
    }
}

static void check_pod_over_image(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, pod_over_image);
}

static void claim_owner(struct rule_sink *sink, const struct image_use *use)
{
    const struct container_facts *container = use->container;
    struct image_user user = image_user_of(use->facts);
    struct pod_mount mount;
    if (!container || !user.known || user.root || container_security(container, "runAsUser") ||
        node_path(container->pod->spec, "securityContext.fsGroup"))
        return;
    for (uint32_t cursor = 0; next_mount(container, &cursor, &mount);) {
        if (mount.kind != VOLUME_CLAIM || !image_gives(use->facts, mount.path, &user))
            continue;
        found(sink, place_in(container->node, mount.at, container_place(container)),
              "'%.*s' belongs to '%.*s' in the image, but a new volume belongs to root",
              STR_ARG(mount.path), STR_ARG(user.name));
        if (user.uid <= 0 || container->pod->spec->aliased)
            continue;
        struct yaml_fix fix = {.file = use->job->yaml};
        yaml_fix_nested(&fix, container->pod->spec, "securityContext", "fsGroup",
                        str_fmt(sink->arena, "%d", (int)user.uid));
        yaml_fix_done(&fix, sink, "Give the pod's volumes to the user's group");
    }
}

static void check_claim_owner(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, claim_owner);
}

/* -- services and docker run ------------------------------------------------------------------- */

struct tmpfs {
    str path, options;
    span at;
    const struct node *item;       /* of a service, in short form; else NULL */
    const struct shell_word *word; /* of docker run; else NULL */
};
VEC_TYPE(tmpfs_list, struct tmpfs);

static void add_tmpfs(struct arena *arena, struct tmpfs_list *list, str text, struct tmpfs tmpfs)
{
    size_t colon = str_find_char(text, ':');
    tmpfs.path = str_slice(text, 0, colon);
    tmpfs.options = colon == STR_MISSING ? STR("") : str_from_index(text, colon + 1);
    while (tmpfs.path.len > 1 && str_ends(tmpfs.path, STR("/")))
        tmpfs.path.len--;
    if (str_starts(tmpfs.path, STR("/")) && !str_has_char(text, '$'))
        vec_push(arena, list, tmpfs);
}

static struct tmpfs_list tmpfs_of(struct arena *arena, const struct image_use *use)
{
    struct tmpfs_list list = {0};
    const struct node *items = use->service ? node_get(use->service->node, "tmpfs") : NULL;
    for (uint32_t i = 0; i < node_count(items); i++) {
        const struct node *item = node_item(items, i);
        add_tmpfs(arena, &list, node_str(item),
                  (struct tmpfs){.at = service_place(use->service, item), .item = item});
    }
    const struct node *volumes = use->service ? node_get(use->service->node, "volumes") : NULL;
    for (uint32_t i = 0; i < node_count(volumes); i++) {
        const struct node *item = node_item(volumes, i);
        struct service_mount mount = service_mount_of(item);
        if (mount.tmpfs && !node_path(item, "tmpfs.mode"))
            add_tmpfs(arena, &list, mount.target,
                      (struct tmpfs){.at = service_place(use->service, item)});
    }
    struct docker_value value;
    for (uint32_t cursor = 0; use->run && docker_option(use->run, "--tmpfs", &cursor, &value);)
        if (value.known)
            add_tmpfs(arena, &list, value.text, (struct tmpfs){.at = value.at, .word = value.word});
    return list;
}

static void tmpfs_over_image(struct rule_sink *sink, const struct image_use *use)
{
    struct tmpfs_list list = tmpfs_of(sink->arena, use);
    VEC_EACH(struct tmpfs, tmpfs, list) {
        const struct trace *trace =
            is_scratch(tmpfs->path) ? NULL : image_fills(use->facts, tmpfs->path);
        if (trace)
            found(sink, tmpfs->at, "a tmpfs hides '%.*s', which line %u of '%.*s' puts there",
                  STR_ARG(trace->path), source_position(use->facts->source, trace->at.start).line,
                  STR_ARG(use->facts->source->path));
    }
}

static void check_tmpfs_over_image(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, tmpfs_over_image);
}

static bool says_owner(str options)
{
    return str_has(options, STR("uid=")) || str_has(options, STR("mode="));
}

static void tmpfs_owner_fix(struct rule_sink *sink, const struct image_use *use,
                            const struct tmpfs *tmpfs, const struct image_user *user)
{
    str option = user->uid > 0 ? str_fmt(sink->arena, "uid=%d", (int)user->uid) : STR("mode=1777");
    str joint = tmpfs->options.len ? STR(",") : STR(":");
    if (tmpfs->item) {
        struct yaml_fix fix = {.file = use->job->yaml};
        yaml_fix_scalar(&fix, tmpfs->item,
                        str_fmt(sink->arena, "%.*s%.*s%.*s", STR_ARG(node_str(tmpfs->item)),
                                STR_ARG(joint), STR_ARG(option)));
        yaml_fix_done(&fix, sink, "Mount it for the image's user");
        return;
    }
    bool plain = tmpfs->word && use->run->script->exact && !str_has_char(tmpfs->word->raw, '"') &&
                 !str_has_char(tmpfs->word->raw, '\'');
    if (!plain)
        return;
    found_fix(sink, "Mount it for the image's user");
    found_insert(sink, tmpfs->word->at.end, str_cat(sink->arena, joint, option));
}

static void tmpfs_owner(struct rule_sink *sink, const struct image_use *use)
{
    struct image_user user = image_user_of(use->facts);
    bool told = (use->service && node_get(use->service->node, "user")) ||
                (use->run && docker_has(use->run, "--user"));
    if (use->container || !user.known || user.root || told)
        return;
    struct tmpfs_list list = tmpfs_of(sink->arena, use);
    VEC_EACH(struct tmpfs, tmpfs, list) {
        if (says_owner(tmpfs->options) || !image_gives(use->facts, tmpfs->path, &user))
            continue;
        found(sink, tmpfs->at,
              "'%.*s' belongs to '%.*s' in the image, but the tmpfs over it belongs to root",
              STR_ARG(tmpfs->path), STR_ARG(user.name));
        tmpfs_owner_fix(sink, use, tmpfs, &user);
    }
}

static void check_tmpfs_owner(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, tmpfs_owner);
}

/* -- a read-only root, and where the image's user writes --------------------------------------- */

static bool run_mounts(struct arena *arena, const struct image_use *use, str path)
{
    static const char *const options[] = {"--tmpfs", "--volume", "--mount"};
    struct tmpfs_list list = tmpfs_of(arena, use);
    VEC_EACH(struct tmpfs, tmpfs, list) {
        if (path_is_in(path, tmpfs->path))
            return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        struct docker_value value;
        for (uint32_t cursor = 0; docker_option(use->run, options[i], &cursor, &value);)
            if (!value.known || (i && str_has(value.text, path)))
                return true;
    }
    return false;
}

static bool is_read_only(const struct image_use *use)
{
    if (use->container)
        return node_is_true(container_security(use->container, "readOnlyRootFilesystem"));
    if (use->service)
        return node_is_true(node_get(use->service->node, "read_only"));
    return docker_has(use->run, "--read-only");
}

static bool use_mounts(struct arena *arena, const struct image_use *use, str path)
{
    if (use->container)
        return container_mount(use->container, path) != NULL;
    return use->service ? service_mounts(use->service, path) : run_mounts(arena, use, path);
}

static void writable_fix(struct rule_sink *sink, const struct image_use *use, str path,
                         const struct image_user *user)
{
    struct arena *arena = sink->arena;
    str option = tmpfs_for(arena, path, user);
    if (use->run) {
        if (!use->run->script->exact)
            return;
        struct edit edit =
            docker_add_option(arena, use->run, str_fmt(arena, "--tmpfs %.*s", STR_ARG(option)));
        found_fix(sink, "Mount a tmpfs there");
        found_edit(sink, edit.at, edit.text);
        return;
    }
    struct yaml_fix fix = {.file = use->job->yaml};
    struct yaml_items items = {0};
    vec_push(arena, &items, (struct yaml_item){option, option});
    if (use->container)
        yaml_fix_empty_dirs(&fix, use->container, path);
    else
        yaml_fix_tmpfs(&fix, use->service, &items);
    yaml_fix_done(&fix, sink, "Mount something there that can be written");
}

static void writable(struct rule_sink *sink, const struct image_use *use)
{
    struct image_user user = image_user_of(use->facts);
    if (!is_read_only(use) || !user.known || user.root)
        return;
    struct str_list paths = image_writable(sink->arena, use->facts, &user);
    VEC_EACH(str, path, paths) {
        if (use_mounts(sink->arena, use, *path))
            continue;
        found(
            sink, image_use_place(use),
            "'%.*s' makes '%.*s' for '%.*s' to write to, but the root is read-only and nothing is "
            "mounted there",
            STR_ARG(use->facts->source->path), STR_ARG(*path), STR_ARG(user.name));
        writable_fix(sink, use, *path, &user);
    }
}

static void pod_writable(struct rule_sink *sink, const struct image_use *use)
{
    if (use->container && use->container->pod->whole)
        writable(sink, use);
}

static void check_pod_writable(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, pod_writable);
}

static void other_writable(struct rule_sink *sink, const struct image_use *use)
{
    if (!use->container)
        writable(sink, use);
}

static void check_writable(const struct repository *repository, struct rule_sink *sink)
{
    each_image_use(repository, sink, other_writable);
}

RULE_FAMILY(
    cross_mounts,
    {.name = "runtime/mount-over-image",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s15",
     .what = "a tmpfs over a directory that the image fills",
     .why = "the program's own files are hidden by it",
     .how = "mount it at the one directory below that is written",
     .source = "docker run --tmpfs; the compose specification",
     .repository = check_tmpfs_over_image},
    {.name = "runtime/tmpfs-owner",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14 s15",
     .what = "a tmpfs over a directory that the image gave to its own user",
     .why = "the mount belongs to root and takes the directory's mode: the user may not write",
     .how = "PATH:uid=NUMBER, or PATH:mode=1777",
     .source = "runc: a tmpfs takes the mode of the directory below it, and root as owner",
     .repository = check_tmpfs_owner},
    {.name = "kubernetes/mount-over-image",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s15",
     .what = "an empty volume mounted over a directory that the image fills",
     .why = "the program's own files are hidden by it",
     .how = "mount it at the one directory below that is written",
     .source = "Kubernetes: Volumes",
     .container = over_system,
     .repository = check_pod_over_image},
    {.name = "kubernetes/volume-owner",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14 s15",
     .what = "a volume claim over a directory that the image gave to its own user, without fsGroup",
     .why = "most drivers make a new volume that belongs to root: the user may not write",
     .how = "securityContext: {fsGroup: ...} of the pod",
     .source = "Kubernetes: Configure a security context, fsGroup",
     .repository = check_claim_owner},
    {.name = "kubernetes/writable-missing",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s15",
     .what = "a read-only root, and no volume where the image writes",
     .why = "the program ends with 'read-only file system', at its start or at its first write",
     .how = "an emptyDir with sizeLimit at each directory that is written",
     .source = "guide: Read-Only Root Filesystem",
     .container = check_container_writable,
     .repository = check_pod_writable},
    {.name = "runtime/writable-missing",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s15",
     .what = "a read-only root, and no tmpfs or volume where the image writes",
     .why = "the program ends with 'read-only file system', at its start or at its first write",
     .how = "a tmpfs or a volume at each directory that is written",
     .source = "guide: Read-Only Root Filesystem",
     .service = check_service_writable,
     .repository = check_writable});
