#include "base/num.h"
#include "rules/compose/compose_rules.h"
#include "rules/families.h"
#include "secrets/secrets.h"

/* What a compose file says of ports, names, images and secrets. */

/* -- ports ------------------------------------------------------------------------------------- */

struct published {
    str ip, host, target, protocol; /* "" when not given */
};

/* The next part of "a:b:c"; a colon inside of "${X:-1}" or "[::1]" is none. */
static bool next_part(str *rest, str *out_part)
{
    if (!rest->at)
        return false;
    unsigned depth = 0;
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->at[i];
        depth += c == '{' || c == '[';
        depth -= depth && (c == '}' || c == ']');
        if (c != ':' || depth)
            continue;
        *out_part = str_slice(*rest, 0, i);
        *rest = str_from_index(*rest, i + 1);
        return true;
    }
    *out_part = *rest;
    *rest = STR_NONE;
    return true;
}

static struct published published_of(struct arena *arena, const struct node *item)
{
    struct published port = {.protocol = STR("tcp")};
    if (item->kind == NODE_MAP) {
        port.ip = node_str(node_get(item, "host_ip"));
        port.host = node_str(node_get(item, "published"));
        port.target = node_str(node_get(item, "target"));
        if (node_get(item, "protocol"))
            port.protocol = node_str(node_get(item, "protocol"));
        return port;
    }
    str rest = node_str(item), part;
    size_t slash = str_find_last_char(rest, '/');
    if (slash != STR_MISSING) {
        port.protocol = str_from_index(rest, slash + 1);
        rest = str_slice(rest, 0, slash);
    }
    VEC(str) parts = {0};
    while (next_part(&rest, &part))
        vec_push(arena, &parts, part);
    if (!parts.count || parts.count > 3)
        return port;
    port.target = parts.at[parts.count - 1];
    if (parts.count > 1)
        port.host = parts.at[parts.count - 2];
    if (parts.count > 2)
        port.ip = parts.at[0];
    return port;
}

static bool is_everywhere(const struct published *port)
{
    return !port->ip.len || STR_IN(port->ip, "0.0.0.0", "::", "[::]", "*");
}

static void public_port(const struct yaml_file *file, struct rule_sink *sink,
                        const struct service_facts *service)
{
    str image = node_str(node_get(service->node, "image"));
    struct image_name name = image_name_parse(file->arena, image);
    const struct server_image *server = image.len ? server_image_find(name.repository) : NULL;
    const struct node *ports = node_get(service->node, "ports");
    if (!server || !server->database || node_get(service->node, "network_mode"))
        return;
    for (uint32_t i = 0; i < node_count(ports); i++) {
        const struct node *item = node_item(ports, i);
        struct published port = published_of(file->arena, item);
        if (!port.host.len || !is_everywhere(&port))
            continue;
        found(sink, service_place(service, item),
              "port %.*s of '%.*s' is open on every address of the host, past its firewall",
              STR_ARG(port.host), STR_ARG(name.repository));
        struct yaml_fix fix = {.file = file};
        if (item->kind == NODE_MAP)
            yaml_fix_set(&fix, item, "host_ip", STR("127.0.0.1"));
        else if (!port.ip.len)
            yaml_fix_scalar(&fix, item, str_cat(file->arena, STR("127.0.0.1:"), node_str(item)));
        yaml_fix_done(&fix, sink, "Open it for this host alone");
    }
}

/* Services of profiles may never run together. */
static bool always_runs(const struct service_facts *service)
{
    return !node_get(service->node, "profiles") && !service->node->aliased &&
           !node_get(service->node, "extends");
}

struct taken {
    const struct service_facts *service;
    struct published port;
    span at;
};

static void take_port(struct rule_sink *sink, struct map *taken,
                      const struct service_facts *service, const struct node *item)
{
    struct published port = published_of(sink->arena, item);
    uint64_t number;
    if (!str_to_u64(port.host, &number) || !number || str_has_char(port.ip, '$'))
        return;
    str key = str_fmt(sink->arena, "%.*s/%.*s", STR_ARG(port.host), STR_ARG(port.protocol));
    const struct taken *before = map_find(taken, key);
    if (!before) {
        struct taken *fresh = NEW(sink->arena, struct taken);
        *fresh = (struct taken){service, port, item->at};
        map_set(sink->arena, taken, key, fresh);
        return;
    }
    bool same =
        is_everywhere(&port) || is_everywhere(&before->port) || str_eq(port.ip, before->port.ip);
    if (!same || before->service == service)
        return;
    found(sink, service_place(service, item), "port %.*s of the host is taken by '%.*s' already",
          STR_ARG(port.host), STR_ARG(before->service->name));
    found_related(sink, before->at, "taken here");
}

static void check_same_port(const struct yaml_file *file, struct rule_sink *sink)
{
    struct map taken = {0};
    VEC_EACH(struct service_facts, service, file->services) {
        const struct node *ports = node_get(service->node, "ports");
        if (!always_runs(service) || node_get(service->node, "network_mode"))
            continue;
        for (uint32_t i = 0; i < node_count(ports); i++)
            take_port(sink, &taken, service, node_item(ports, i));
    }
}

/* -- names ------------------------------------------------------------------------------------- */

static void check_same_name(const struct yaml_file *file, struct rule_sink *sink)
{
    struct map taken = {0};
    VEC_EACH(struct service_facts, service, file->services) {
        const struct node *name = node_get(service->node, "container_name");
        str text = node_str(name);
        if (!text.len || str_has_char(text, '$') || !always_runs(service))
            continue;
        const struct service_facts *before = map_find(&taken, text);
        if (before) {
            found(sink, service_place(service, name),
                  "the container name '%.*s' is taken by '%.*s' already", STR_ARG(text),
                  STR_ARG(before->name));
            found_related(sink, service_place(before, node_get(before->node, "container_name")),
                          "taken here");
        } else {
            map_set(sink->arena, &taken, text, service);
        }
    }
}

static void same_keys(struct rule_sink *sink, const struct node *map)
{
    struct map seen = {0};
    if (!map || map->kind != NODE_MAP || map->aliased)
        return;
    VEC_EACH(struct node_pair, pair, map->pairs) {
        str key = node_str(pair->key);
        const struct node *before = map_find(&seen, key);
        if (before && key.len && !str_eq(key, STR("<<"))) {
            found(sink, pair->key->at, "'%.*s' stands here twice: compose does not read the file",
                  STR_ARG(key));
            found_related(sink, before->at, "first here");
        }
        map_set(sink->arena, &seen, key, pair->key);
    }
}

static void check_same_key(const struct yaml_file *file, struct rule_sink *sink)
{
    const struct node *root = file->services.count ? file->services.at[0].root : NULL;
    same_keys(sink, root);
    same_keys(sink, node_get(root, "services"));
    VEC_EACH(struct service_facts, service, file->services) {
        same_keys(sink, service->node);
        same_keys(sink, node_get(service->node, "environment"));
    }
}

/* -- images ------------------------------------------------------------------------------------ */

static bool image_is_known(const struct service_facts *service, str image)
{
    return image.len && !str_has_char(image, '$') && !str_has(image, STR("{{")) &&
           !node_get(service->node, "build");
}

static void image_tag(const struct yaml_file *file, struct rule_sink *sink,
                      const struct service_facts *service)
{
    const struct node *image = node_get(service->node, "image");
    str text = node_str(image);
    struct image_name name = image_name_parse(file->arena, text);
    if (!image_is_known(service, text) || name.digest.len)
        return;
    if (!name.tag.len || str_eq(name.tag, STR("latest")))
        found(sink, service_place(service, image), "'%.*s' %s: the next pull may bring another",
              STR_ARG(text), name.tag.len ? "is a moving tag" : "has no tag");
}

static void image_digest(const struct yaml_file *file, struct rule_sink *sink,
                         const struct service_facts *service)
{
    const struct node *image = node_get(service->node, "image");
    str text = node_str(image);
    if (image_is_known(service, text) && !image_name_parse(file->arena, text).digest.len)
        found(sink, service_place(service, image), "'%.*s' may be pushed again with other content",
              STR_ARG(text));
}

/* -- secrets ----------------------------------------------------------------------------------- */

static void one_setting(const struct yaml_file *file, struct rule_sink *sink, str name, str value,
                        span at)
{
    if (!is_secret_setting(file->arena, name, value))
        return;
    str shown = secret_redact(file->arena, value);
    found(sink, at, "%.*s=%.*s: a secret stands in the compose file", STR_ARG(name),
          STR_ARG(shown));
}

static void env_secret(const struct yaml_file *file, struct rule_sink *sink,
                       const struct service_facts *service)
{
    const struct node *settings = node_get(service->node, "environment");
    if (settings && settings->kind == NODE_MAP) {
        VEC_EACH(struct node_pair, pair, settings->pairs) {
            one_setting(file, sink, node_str(pair->key), node_str(pair->value),
                        service_place(service, pair->value));
        }
        return;
    }
    for (uint32_t i = 0; i < node_count(settings); i++) {
        const struct node *item = node_item(settings, i);
        str text = node_str(item);
        size_t equals = str_find_char(text, '=');
        if (equals != STR_MISSING)
            one_setting(file, sink, str_slice(text, 0, equals), str_from_index(text, equals + 1),
                        service_place(service, item));
    }
}

/* -- version ----------------------------------------------------------------------------------- */

static void check_version(const struct yaml_file *file, struct rule_sink *sink)
{
    /* docker stack deploy took no file without it before 2024. */
    if (!file->services.count || str_has(str_basename(file->source->path), STR("stack")))
        return;
    const struct node *root = file->services.at[0].root;
    const struct node_pair *version = node_own_pair(root, "version");
    if (!version)
        return;
    found(sink, version->key->at, "compose has not read 'version' since 2020, and warns of it");
    struct yaml_fix fix = {.file = file};
    yaml_fix_remove(&fix, root, "version");
    yaml_fix_done(&fix, sink, "Remove it");
}

RULE_FAMILY(
    compose_data,
    COMPOSE_RULE("compose/duplicate-key", "", SEVERITY_ERROR, FIX_NONE, NULL,
                 "a key that stands twice in one map",
                 "compose refuses the file: mapping key already defined",
                 "keep the one that is meant", .yaml = check_same_key),
    COMPOSE_RULE("compose/duplicate-name", "dclint:no-duplicate-container-names", SEVERITY_ERROR,
                 FIX_NONE, NULL, "a container name that two services have",
                 "the second of them is not created", "leave container_name out, or give another",
                 .yaml = check_same_name),
    COMPOSE_RULE("compose/duplicate-port", "dclint:no-duplicate-exported-ports", SEVERITY_WARNING,
                 FIX_NONE, NULL, "a port of the host that two services publish",
                 "the second of them does not start: the address is in use",
                 "another port of the host for one of them", .yaml = check_same_port),
    COMPOSE_RULE("compose/env-secret", "compose-lint:CL-0020 compose-lint:CL-0021", SEVERITY_ERROR,
                 FIX_SUGGESTION, "s19", "a secret as the value of a variable",
                 "everybody who reads the repository has it, and docker inspect shows it",
                 "secrets: with a file, or ${NAME:?} from an environment that is not committed",
                 .service = env_secret),
    COMPOSE_RULE("compose/image-digest", "compose-lint:CL-0019", SEVERITY_NOTE, FIX_SUGGESTION,
                 NULL, "an image without a digest", "a tag is what its registry holds today",
                 "image: NAME:TAG@sha256:...", .service = image_digest, .policy = true),
    COMPOSE_RULE("compose/image-tag",
                 "compose-lint:CL-0004 dclint:service-image-require-explicit-tag", SEVERITY_NOTE,
                 FIX_SUGGESTION, "s23", "an image without a tag of its own",
                 "the next pull may bring another program", "a version tag, or a digest",
                 .service = image_tag),
    COMPOSE_RULE("compose/public-database",
                 "compose-lint:CL-0005 dclint:no-unbound-port-interfaces", SEVERITY_WARNING,
                 FIX_PROOF, "s16", "a database's port on every address of the host",
                 "docker's rules come before the firewall's: the whole network may log in",
                 "no ports at all (other services reach it by name), or 127.0.0.1:PORT:PORT",
                 .service = public_port),
    COMPOSE_RULE("compose/version", "dclint:no-version-field", SEVERITY_NOTE, FIX_SAFE, NULL,
                 "the version field", "it means nothing, and each command warns of it", "remove it",
                 .yaml = check_version));
