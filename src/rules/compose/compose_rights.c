#include "rules/compose/compose_rules.h"
#include "rules/conventions.h"
#include "rules/families.h"
#include "rules/image_uses.h"

/* What a service may do: write its own files, use capabilities, gain more, take all memory. */

static bool is_privileged(const struct service_facts *service)
{
    return node_is_true(node_get(service->node, "privileged"));
}

/* -- a root that cannot be written ------------------------------------------------------------- */

bool service_mounts(const struct service_facts *service, str path)
{
    const struct node *volumes = node_get(service->node, "volumes");
    for (uint32_t i = 0; i < node_count(volumes); i++) {
        struct service_mount mount = service_mount_of(node_item(volumes, i));
        if (mount.target.len && path_is_in(path, mount.target))
            return true;
    }
    const struct node *tmpfs = node_get(service->node, "tmpfs");
    for (uint32_t i = 0; i < node_count(tmpfs); i++) {
        str text = node_str(node_item(tmpfs, i));
        if (path_is_in(path, str_slice(text, 0, str_find_char(text, ':'))))
            return true;
    }
    return false;
}

void yaml_fix_tmpfs(struct yaml_fix *fix, const struct service_facts *service,
                    const struct yaml_items *paths)
{
    struct arena *arena = fix->file->arena;
    const struct node_pair *pair = node_own_pair(service->node, "tmpfs");
    bool scalar = pair && pair->value->kind == NODE_STRING;
    if (!scalar) {
        yaml_fix_append_all(fix, service->node, "tmpfs", paths);
        return;
    }
    str text = yaml_value_text(arena, fix->file->source, pair->value);
    fix->failed = fix->failed || !text.len || service->node->style == 'f';
    text = str_fmt(arena, "\n- %.*s", STR_ARG(text));
    VEC_EACH(struct yaml_item, item, *paths) {
        text = str_fmt(arena, "%.*s\n- %.*s", STR_ARG(text), STR_ARG(item->block));
    }
    if (!fix->failed)
        yaml_fix_set(fix, service->node, "tmpfs", text);
}

/* A tmpfs takes the owner and mode of the image's directory, root's as a rule: with a mode of its
 * own it fits whoever the image runs as, today and once its USER is another. */
static str open_to_all(struct arena *arena, str path)
{
    return STR_IN(path, "/tmp", "/run", "/var/run")
               ? path
               : str_fmt(arena, "%.*s:mode=1777", STR_ARG(path));
}

/* Those of the blank-separated paths that nothing is mounted at. */
static struct yaml_items unmounted(struct arena *arena, const struct service_facts *service,
                                   str paths)
{
    struct yaml_items open = {0};
    str path;
    while (str_next_word(&paths, &path))
        if (!service_mounts(service, path)) {
            str text = open_to_all(arena, path);
            vec_push(arena, &open, (struct yaml_item){text, text});
        }
    return open;
}

/* What the image's Dockerfile makes for its user to write to. */
static void add_own(struct arena *arena, const struct service_facts *service,
                    const struct image_known *image, struct yaml_items *items)
{
    for (uint32_t i = 0; image->writable && i < image->writable->count; i++) {
        str path = image->writable->at[i];
        if (service_mounts(service, path))
            continue;
        str text = tmpfs_for(arena, path, &image->user);
        vec_push(arena, items, (struct yaml_item){text, text});
    }
}

static void read_only(const struct yaml_file *file, struct rule_sink *sink,
                      const struct service_facts *service)
{
    const struct node *flag = node_get(service->node, "read_only");
    struct image_known image = service_image(file, service);
    if (node_is_true(flag) || (!flag && !service_is_whole(file, service)) ||
        is_privileged(service) || (image.server && !image.server->writable))
        return;
    found(sink, service_place(service, flag),
          "the root file system can be written: whoever breaks in can change programs");
    struct yaml_fix fix = {.file = file};
    str paths = str_fmt(file->arena, "/tmp %s", image.server ? image.server->writable : "");
    struct yaml_items open = unmounted(file->arena, service, paths);
    add_own(file->arena, service, &image, &open);
    yaml_fix_set(&fix, service->node, "read_only", STR("true"));
    if (open.count)
        yaml_fix_tmpfs(&fix, service, &open);
    yaml_fix_done(&fix, sink,
                  open.count ? "Make the root read-only, with a tmpfs where it writes"
                             : "Make the root read-only");
}

/* The other half of the pair: read-only, but nothing is mounted where the image writes. */
void check_service_writable(const struct yaml_file *file, struct rule_sink *sink,
                            const struct service_facts *service)
{
    const struct node *flag = node_get(service->node, "read_only");
    const struct server_image *server = service_image(file, service).server;
    if (!node_is_true(flag) || !server || !server->writable || !service_is_whole(file, service))
        return;
    struct yaml_items open = unmounted(file->arena, service, str_from(server->writable));
    if (!open.count)
        return;
    str path = str_slice(open.at[0].block, 0, str_find_char(open.at[0].block, ':'));
    found(sink, service_place(service, flag), "'%s' writes to %.*s, and nothing is mounted there",
          server->repository, STR_ARG(path));
    struct yaml_fix fix = {.file = file};
    yaml_fix_tmpfs(&fix, service, &open);
    yaml_fix_done(&fix, sink, "Mount a tmpfs there");
}

/* -- capabilities ------------------------------------------------------------------------------ */

static void kept(const struct yaml_file *file, struct rule_sink *sink,
                 const struct service_facts *service)
{
    struct capabilities_said said = service_capabilities(service);
    if (!service_is_whole(file, service) || said.drops_all || is_privileged(service))
        return;
    found(sink, service->key->at,
          "it keeps the default capabilities: drop ALL, and add what is needed");
    struct image_known image = service_image(file, service);
    struct yaml_fix fix = {.file = file};
    struct yaml_items needed = {0};
    str rest = str_from(image.server && image.as_root ? image.server->capabilities : ""), name;
    while (str_next_word(&rest, &name))
        if (!capabilities_add(file->arena, &said, name))
            vec_push(file->arena, &needed, (struct yaml_item){name, name});
    str all = usual_all_capabilities(file->repository);
    yaml_fix_append(&fix, service->node, "cap_drop", all, all);
    if (needed.count)
        yaml_fix_append_all(&fix, service->node, "cap_add", &needed);
    yaml_fix_done(&fix, sink,
                  needed.count ? "Drop all capabilities, add what the image is known to need"
                               : "Drop all capabilities");
}

static void added(const struct yaml_file *file, struct rule_sink *sink,
                  const struct service_facts *service)
{
    (void)file;
    const struct node *add = node_get(service->node, "cap_add");
    for (uint32_t i = 0; i < node_count(add); i++) {
        const struct node *item = node_item(add, i);
        found_capability(sink, item, service_place(service, item));
    }
}

/* -- gaining more ------------------------------------------------------------------------------ */

static void escalation(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    const struct node *options = node_get(service->node, "security_opt");
    if (!service_is_whole(file, service) || node_has_word(options, "no-new-privileges:true") ||
        node_has_word(options, "no-new-privileges") ||
        node_has_word(options, "no-new-privileges=true"))
        return;
    found(sink, service->key->at,
          "setuid programs may give its processes more than they began with");
    struct yaml_fix fix = {.file = file};
    str option = usual_no_new_privileges(file->repository);
    yaml_fix_append(&fix, service->node, "security_opt", option,
                    str_fmt(file->arena, "\"%.*s\"", STR_ARG(option)));
    yaml_fix_done(&fix, sink, "Set no-new-privileges");
}

static void unconfined(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    (void)file;
    const struct node *options = node_get(service->node, "security_opt");
    for (uint32_t i = 0; i < node_count(options); i++) {
        const struct node *item = node_item(options, i);
        str text = node_str(item);
        if (STR_IN(text, "seccomp:unconfined", "seccomp=unconfined", "apparmor:unconfined",
                   "apparmor=unconfined", "systempaths=unconfined", "label:disable",
                   "label=disable"))
            found(sink, service_place(service, item),
                  "%.*s: the kernel no longer asks what this service does", STR_ARG(text));
    }
}

static void root_user(const struct yaml_file *file, struct rule_sink *sink,
                      const struct service_facts *service)
{
    (void)file;
    const struct node *user = node_get(service->node, "user");
    str text = node_str(user);
    if (text.len && user_is_root(text, NULL))
        found(sink, service_place(service, user), "user: %.*s: this service is told to be root",
              STR_ARG(text));
}

/* -- memory ------------------------------------------------------------------------------------ */

static void memory_limit(const struct yaml_file *file, struct rule_sink *sink,
                         const struct service_facts *service)
{
    if (service_is_whole(file, service) && !node_get(service->node, "mem_limit") &&
        !node_path(service->node, "deploy.resources.limits.memory"))
        found(sink, service->key->at, "no memory limit: one leak takes the host with it");
}

RULE_FAMILY(compose_rights,
            COMPOSE_RULE("compose/capabilities-kept", "compose-lint:CL-0006", SEVERITY_NOTE,
                         FIX_PROOF, "s16", "capabilities that were not dropped",
                         "fourteen of them come by default, and most programs need none",
                         "cap_drop: [ALL], and cap_add with what a run shows it needs",
                         .service = kept, .joins = MORE_RIGHTS, .part = "default capabilities"),
            COMPOSE_RULE("compose/capability-added",
                         "compose-lint:CL-0011 compose-lint:CL-0024 compose-lint:CL-0027 "
                         "compose-lint:CL-0028 compose-lint:CL-0030",
                         SEVERITY_WARNING, FIX_SUGGESTION, "s16",
                         "a capability that reaches past the container",
                         "what it allows is the host's business, not a program's",
                         "leave it out, or give it to a small helper of its own", .service = added),
            COMPOSE_RULE("compose/memory-limit", "compose-lint:CL-0026", SEVERITY_NOTE,
                         FIX_SUGGESTION, NULL, "a service without a memory limit",
                         "the kernel ends whichever process it finds when the host is full",
                         "mem_limit, or deploy: {resources: {limits: {memory: ...}}}",
                         .service = memory_limit, .policy = true),
            COMPOSE_RULE("compose/new-privileges", "compose-lint:CL-0003", SEVERITY_NOTE, FIX_PROOF,
                         "s17", "no-new-privileges is not set",
                         "setuid programs of the image still work for whoever breaks in",
                         "security_opt: [no-new-privileges:true]", .service = escalation,
                         .joins = MORE_RIGHTS, .part = "new privileges by setuid"),
            COMPOSE_RULE("compose/read-only-root", "compose-lint:CL-0007", SEVERITY_NOTE, FIX_PROOF,
                         "s15", "a root file system that can be written",
                         "what an attacker drops there stays and runs",
                         "read_only: true, and a tmpfs or a volume where it writes",
                         .service = read_only, .joins = MORE_RIGHTS, .part = "a writable root"),
            COMPOSE_RULE("compose/root-user", "compose-lint:CL-0018", SEVERITY_ERROR,
                         FIX_SUGGESTION, "s14", "a service that is told to run as root",
                         "it owns every file of the container and of each mounted directory",
                         "leave it out where the image has a USER, or name one",
                         .service = root_user),
            COMPOSE_RULE("compose/unconfined", "compose-lint:CL-0009", SEVERITY_WARNING,
                         FIX_SUGGESTION, "s16", "a security profile that is switched off",
                         "the default profiles keep off the calls that kernel bugs are reached by",
                         "the default profile, or one of the service's own",
                         .service = unconfined));
