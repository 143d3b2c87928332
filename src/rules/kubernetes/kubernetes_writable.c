#include "rules/conventions.h"
#include "rules/families.h"
#include "rules/image_uses.h"
#include "rules/kubernetes/kubernetes_rules.h"

/*
 * A root file system that cannot be written, and an emptyDir for each place that has to be.
 *
 *   volumeMounts:                      volumes:
 *   - name: tmp            <- pair ->  - name: tmp
 *     mountPath: /tmp                    emptyDir: {sizeLimit: 64Mi}
 *
 * Two containers never get one volume: what one leaves in /tmp is not the other's business.
 */

enum { VOLUME_NAME_MAX = 63, NAMES_TRIED = 8 };

/* "/var/cache/nginx": "var-cache-nginx" */
static str volume_stem(struct arena *arena, str path)
{
    char *name = str_z(arena, str_from_index(path, 1));
    size_t len = path.len - 1;
    for (size_t i = 0; i < len; i++)
        name[i] = char_is_alnum(name[i]) ? char_lower(name[i]) : '-';
    return (str){name, len};
}

/* A name for the volume at `path`: one that is free, or that of an emptyDir which nobody mounts.
 * STR_NONE when there is none. */
static str volume_name(struct arena *arena, const struct container_facts *container, str path,
                       bool *out_exists)
{
    const struct pod_facts *pod = container->pod;
    str stem = volume_stem(arena, path);
    bool alone = pod->containers.count < 2;
    for (unsigned i = 0; i < NAMES_TRIED; i++) {
        str name = stem;
        if (i == 1 || (i == 0 && !alone))
            name = str_fmt(arena, "%.*s-%.*s", STR_ARG(container->name), STR_ARG(stem));
        else if (i > 1)
            name = str_fmt(arena, "%.*s-%u", STR_ARG(stem), i);
        const struct node *volume = map_find(&pod->volumes, name);
        *out_exists = volume != NULL;
        if (!name.len || name.len > VOLUME_NAME_MAX || !char_is_alnum(name.at[0]))
            continue;
        if (!volume || (node_own_pair(volume, "emptyDir") && !map_has(&pod->mounted, name)))
            return name;
    }
    return STR_NONE;
}

static void add_pair(struct yaml_fix *fix, const struct container_facts *container, str path,
                     struct yaml_items *mounts, struct yaml_items *volumes)
{
    struct arena *arena = fix->file->arena;
    bool exists = false;
    str name = volume_name(arena, container, path, &exists);
    if (!name.len) {
        fix->failed = true;
        return;
    }
    struct yaml_item mount = {
        str_fmt(arena, "name: %.*s\nmountPath: %.*s", STR_ARG(name), STR_ARG(path)),
        str_fmt(arena, "{name: %.*s, mountPath: %.*s}", STR_ARG(name), STR_ARG(path)),
    };
    str size = usual_size_limit(fix->file->repository, "64Mi");
    struct yaml_item volume = {
        yaml_fix_text(fix, container->node,
                      str_fmt(arena, "name: %.*s\nemptyDir:\n  sizeLimit: %.*s", STR_ARG(name),
                              STR_ARG(size))),
        str_fmt(arena, "{name: %.*s, emptyDir: {sizeLimit: %.*s}}", STR_ARG(name), STR_ARG(size)),
    };
    vec_push(arena, mounts, mount);
    if (!exists)
        vec_push(arena, volumes, volume);
}

str container_unmounted(struct arena *arena, const struct container_facts *container, str paths)
{
    str open = STR(""), path;
    while (str_next_word(&paths, &path))
        if (!container_mount(container, path))
            open = str_fmt(arena, "%.*s%s%.*s", STR_ARG(open), open.len ? " " : "", STR_ARG(path));
    return open;
}

bool yaml_fix_empty_dirs(struct yaml_fix *fix, const struct container_facts *container, str paths)
{
    struct yaml_items mounts = {0}, volumes = {0};
    str rest = container_unmounted(fix->file->arena, container, paths), path;
    while (str_next_word(&rest, &path))
        add_pair(fix, container, path, &mounts, &volumes);
    if (mounts.count)
        yaml_fix_append_all(fix, container->node, "volumeMounts", &mounts);
    if (volumes.count)
        yaml_fix_append_all(fix, container->pod->spec, "volumes", &volumes);
    return mounts.count;
}

/* "/tmp", what the server writes to, what the Dockerfile makes for its user. */
static str writable_paths(struct arena *arena, const struct image_known *image)
{
    str paths = str_fmt(arena, "/tmp %s", image->server ? image->server->writable : "");
    for (uint32_t i = 0; image->writable && i < image->writable->count; i++)
        paths = str_fmt(arena, "%.*s %.*s", STR_ARG(paths), STR_ARG(image->writable->at[i]));
    return paths;
}

static void read_only(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container)
{
    const struct node *flag = container_security(container, "readOnlyRootFilesystem");
    if (node_is_true(flag) || (!flag && !container_is_judged(container)))
        return;
    struct image_known image = container_image(file, container);
    if ((image.server && !image.server->writable) ||
        node_is_true(container_security(container, "privileged")))
        return; /* it could not start; it may mount what it likes */
    found(sink, place_in(container->node, flag, container_place(container)),
          "the root file system can be written: whoever breaks in can change programs");
    if (container->pod->fragment)
        return;
    struct yaml_fix fix = {.file = file};
    yaml_fix_nested(&fix, container->node, "securityContext", "readOnlyRootFilesystem",
                    STR("true"));
    bool mounts = yaml_fix_empty_dirs(&fix, container, writable_paths(file->arena, &image));
    yaml_fix_done(&fix, sink,
                  mounts ? "Make the root read-only, with an emptyDir where it writes"
                         : "Make the root read-only");
}

/* The other half of the pair: read-only, but nothing is mounted where the image writes. */
void check_container_writable(const struct yaml_file *file, struct rule_sink *sink,
                              const struct container_facts *container)
{
    const struct node *flag = container_security(container, "readOnlyRootFilesystem");
    const struct server_image *server = container_image(file, container).server;
    if (!node_is_true(flag) || !server || !server->writable || !container_is_judged(container))
        return;
    str open = container_unmounted(file->arena, container, str_from(server->writable));
    if (!open.len)
        return;
    found(sink, place_in(container->node, flag, container_place(container)),
          "'%s' writes to %.*s, and nothing is mounted there", server->repository, STR_ARG(open));
    struct yaml_fix fix = {.file = file};
    yaml_fix_empty_dirs(&fix, container, open);
    yaml_fix_done(&fix, sink, "Mount an emptyDir there");
}

RULE_FAMILY(kubernetes_writable,
            K8S_RULE("kubernetes/read-only-root",
                     "trivy:KSV014 trivy:KSV-0014 checkov:CKV_K8S_22 "
                     "kube-linter:no-read-only-root-fs",
                     SEVERITY_NOTE, FIX_PROOF, "s15", "a root file system that can be written",
                     "what an attacker drops there stays and runs",
                     "readOnlyRootFilesystem: true, and an emptyDir with sizeLimit where it writes",
                     .container = read_only, .joins = MORE_RIGHTS, .part = "a writable root"));
