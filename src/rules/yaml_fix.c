#include "rules/yaml_fix.h"

/* What the rules of kubernetes/ and compose/ share. */

/* -- edits ------------------------------------------------------------------------------------- */

/* Two inserts at one place, of a container and then of its pod, become one. */
static void add_edit(struct yaml_fix *fix, struct edit edit)
{
    struct arena *arena = fix->file->arena;
    str text = fix->file->source->text;
    VEC_EACH(struct edit, other, fix->edits) {
        bool same =
            span_is_empty(edit.at) && span_is_empty(other->at) && edit.at.start == other->at.start;
        if (same) {
            bool first = edit.at.start && str_has_char(STR("{["), text.at[edit.at.start - 1]);
            str between = first ? STR(", ") : STR("");
            other->text = str_cat(arena, str_cat(arena, other->text, between), edit.text);
            return;
        }
        if (edit.at.start < other->at.end && other->at.start < edit.at.end)
            fix->failed = true;
    }
    vec_push(arena, &fix->edits, edit);
}

static void add_if(struct yaml_fix *fix, bool ok, struct edit edit)
{
    if (ok && !fix->failed)
        add_edit(fix, edit);
    else
        fix->failed = true;
}

void yaml_fix_set(struct yaml_fix *fix, const struct node *map, const char *key, str value)
{
    struct edit edit = {0};
    struct arena *arena = fix->file->arena;
    bool ok = yaml_edit_set(arena, fix->file->yaml, map, key, str_z(arena, value), &edit);
    add_if(fix, ok, edit);
}

static bool is_own_map(const struct node *node)
{
    return node && node->kind == NODE_MAP && !node->aliased;
}

/* "key: value", or "key:" with the value's lines below it. */
static str pair_lines(struct arena *arena, const char *key, str value)
{
    if (!str_starts(value, STR("\n")))
        return str_fmt(arena, "\n%s: %.*s", key, STR_ARG(value));
    str shifted = str_replace(arena, value, STR("\n"), STR("\n  "));
    return str_fmt(arena, "\n%s:%.*s", key, STR_ARG(shifted));
}

void yaml_fix_nested(struct yaml_fix *fix, const struct node *map, const char *outer,
                     const char *key, str value)
{
    struct arena *arena = fix->file->arena;
    const struct node_pair *pair = node_own_pair(map, outer);
    if (pair && pair->value->kind != NODE_NULL) {
        bool own = is_own_map(pair->value);
        fix->failed = fix->failed || !own;
        if (own)
            yaml_fix_set(fix, pair->value, key, value);
        return;
    }
    if (!pair && node_get(map, outer)) { /* merged in from elsewhere: a new one would hide it */
        fix->failed = true;
        return;
    }
    bool flow = map->style == 'f' && !str_has_char(value, '\n');
    str text =
        flow ? str_fmt(arena, "{%s: %.*s}", key, STR_ARG(value)) : pair_lines(arena, key, value);
    yaml_fix_set(fix, map, outer, text);
}

void yaml_fix_append(struct yaml_fix *fix, const struct node *map, const char *key, str item,
                     str flow)
{
    struct arena *arena = fix->file->arena;
    const struct node_pair *pair = node_own_pair(map, key);
    if (!pair && node_get(map, key)) {
        fix->failed = true;
        return;
    }
    if (pair && pair->value->kind == NODE_LIST && (pair->value->items.count || map->style == 'f')) {
        struct edit edit = {0};
        str text = pair->value->style == 'f' ? flow : item;
        bool ok = yaml_edit_append(arena, fix->file->yaml, pair->value, str_z(arena, text), &edit);
        add_if(fix, ok, edit);
        return;
    }
    if (pair && pair->value->kind != NODE_NULL && pair->value->kind != NODE_LIST) {
        fix->failed = true;
        return;
    }
    str lines = str_replace(arena, item, STR("\n"), STR("\n  "));
    str text = map->style == 'f' ? str_fmt(arena, "[%.*s]", STR_ARG(flow))
                                 : str_fmt(arena, "\n- %.*s", STR_ARG(lines));
    yaml_fix_set(fix, map, key, text);
}

void yaml_fix_remove(struct yaml_fix *fix, const struct node *map, const char *key)
{
    struct edit edit = {0};
    bool ok = yaml_edit_remove(fix->file->arena, fix->file->yaml, map, key, &edit);
    add_if(fix, ok, edit);
}

void yaml_fix_scalar(struct yaml_fix *fix, const struct node *scalar, str value)
{
    bool ok = !scalar->aliased && !scalar->anchored && scalar->kind != NODE_MAP &&
              scalar->kind != NODE_LIST;
    add_if(fix, ok, ok ? yaml_edit_scalar(fix->file->arena, scalar, value) : (struct edit){0});
}

void yaml_fix_done(struct yaml_fix *fix, struct rule_sink *sink, const char *title)
{
    if (fix->failed || !fix->edits.count)
        return;
    found_fix(sink, "%s", title);
    VEC_EACH(struct edit, edit, fix->edits) {
        found_edit(sink, edit->at, edit->text);
    }
}

str yaml_value_text(struct arena *arena, const struct source *source, const struct node *value)
{
    if (value->aliased || value->anchored || value->style == '|' || value->style == '>')
        return STR_NONE;
    str text = source_text(source, value->at);
    if (value->style != 'b')
        return str_has_char(text, '\n') ? STR_NONE : text;
    struct buf out = buf_init(arena, 1 << 20);
    str line;
    for (bool begun = false; str_next_line(&text, &line); begun = true) {
        uint32_t cut = 0;
        while (begun && cut < value->column && cut < line.len && line.at[cut] == ' ')
            cut++;
        buf_add_char(&out, '\n');
        str rest = str_from_index(line, cut);
        buf_add(&out, str_ends(rest, STR("\r")) ? str_slice(rest, 0, rest.len - 1) : rest);
    }
    return out.full ? STR_NONE : buf_str(&out);
}

/* -- places ------------------------------------------------------------------------------------ */

span place_in(const struct node *inside, const struct node *value, span otherwise)
{
    bool own = value && value->at.start >= inside->at.start && value->at.end <= inside->at.end &&
               !span_is_empty(value->at);
    return own ? value->at : otherwise;
}

span container_place(const struct container_facts *container)
{
    const struct node *node = container->node;
    span first = node->pairs.count ? node->pairs.at[0].key->at : node->at;
    if (node->aliased)
        return node->at;
    const struct node_pair *name = node_own_pair(node, "name");
    return place_in(node, name ? name->value : node_get(node, "image"), first);
}

span pod_place(const struct pod_facts *pod)
{
    const struct node_pair *pair = node_own_pair(pod->spec, "containers");
    if (pair)
        return pair->key->at;
    return pod->spec->pairs.count ? pod->spec->pairs.at[0].key->at : pod->spec->at;
}

/* -- questions --------------------------------------------------------------------------------- */

bool pod_is_whole(const struct yaml_file *file, const struct pod_facts *pod)
{
    if (pod->fragment || file->templated || !pod->containers.count || pod->spec->aliased)
        return false;
    VEC_EACH(struct container_facts, container, pod->containers) {
        if (!container->image.len)
            return false;
    }
    return true;
}

bool pod_is_windows(const struct pod_facts *pod)
{
    const struct node *selector = node_get(pod->spec, "nodeSelector");
    return str_eq(node_str(node_path(pod->spec, "os.name")), STR("windows")) ||
           str_eq(node_str(node_get(selector, "kubernetes.io/os")), STR("windows")) ||
           str_eq(node_str(node_get(selector, "beta.kubernetes.io/os")), STR("windows"));
}

bool service_is_whole(const struct yaml_file *file, const struct service_facts *service)
{
    const struct node *node = service->node;
    return !file->templated && !node->aliased && !node_get(node, "extends") &&
           (node_get(node, "image") || node_get(node, "build"));
}

bool node_has_word(const struct node *list, const char *word)
{
    for (uint32_t i = 0; i < node_count(list); i++)
        if (str_eq_nocase(node_str(node_item(list, i)), str_from(word)))
            return true;
    return false;
}

str capability_name(struct arena *arena, str text)
{
    char *name = str_z(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 32);
    str upper = {name, text.len};
    return str_starts(upper, STR("CAP_")) ? str_from_index(upper, 4) : upper;
}

const char *capability_risk(str name, bool *out_root)
{
    static const struct {
        const char *name, *risk;
        bool root;
    } risks[] = {
        {"ALL", "it gives every capability there is", true},
        {"SYS_ADMIN", "it can mount, and leave the container by way of the kernel", true},
        {"SYS_MODULE", "it loads code into the host's kernel", true},
        {"SYS_PTRACE", "it reads and changes other processes", false},
        {"SYS_RAWIO", "it reads and writes the host's memory and disks", true},
        {"DAC_READ_SEARCH", "it opens any file of the host by handle", true},
        {"BPF", "it loads programs into the host's kernel", true},
        {"PERFMON", "it watches the whole host", false},
        {"SYS_BOOT", "it restarts the host", false},
        {"SYS_TIME", "it sets the host's clock", false},
        {"SYSLOG", "it reads the kernel's log and addresses", false},
        {"NET_ADMIN", "it changes routes and firewall", false},
        {"NET_RAW", "it forges packets of its neighbours", false},
        {"MAC_ADMIN", "it changes the host's mandatory access control", false},
        {"MAC_OVERRIDE", "it passes by mandatory access control", false},
        {"AUDIT_CONTROL", "it switches the host's audit off", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(risks); i++)
        if (str_eq(name, str_from(risks[i].name))) {
            *out_root = risks[i].root;
            return risks[i].risk;
        }
    return NULL;
}

bool is_engine_socket(str path)
{
    while (str_ends(path, STR("/")))
        path.len--;
    return STR_IN(path, "/var/run/docker.sock", "/run/docker.sock", "/var/run/docker",
                  "/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock",
                  "/run/containerd", "/var/run/crio/crio.sock", "/run/crio/crio.sock",
                  "/run/podman/podman.sock", "/var/run/podman/podman.sock",
                  "/run/k3s/containerd/containerd.sock", "/var/run/cri-dockerd.sock") ||
           str_ends(path, STR("/docker.sock"));
}

const char *host_path_risk(str path)
{
    while (path.len > 1 && str_ends(path, STR("/")))
        path.len--;
    if (str_eq(path, STR("/")))
        return "the whole host";
    if (STR_IN(path, "/etc", "/root", "/boot", "/dev", "/sys", "/proc", "/usr", "/lib", "/lib64",
               "/bin", "/sbin", "/home", "/var", "/run", "/var/run"))
        return "the host's system";
    if (STR_IN(path, "/var/lib/kubelet", "/etc/kubernetes", "/var/lib/docker",
               "/var/lib/containerd", "/var/lib/etcd", "/etc/cni", "/var/lib/rancher"))
        return "other containers of the host";
    if (STR_IN(path, "/etc/shadow", "/etc/passwd", "/etc/sudoers", "/etc/ssh", "/root/.ssh"))
        return "who may log in to the host";
    return NULL;
}

const struct server_image *server_image_find(str repository)
{
    /* From each image's own page and start script; capabilities are what the start script needs
     * while it is root. */
    static const struct server_image images[] = {
        {"nginx", "CHOWN SETGID SETUID NET_BIND_SERVICE", "/var/cache/nginx /run", true, false},
        {"httpd", "SETGID SETUID NET_BIND_SERVICE", "/usr/local/apache2/logs", true, false},
        {"haproxy", "NET_BIND_SERVICE", "", true, false},
        {"traefik", "NET_BIND_SERVICE", "", false, false},
        {"caddy", "NET_BIND_SERVICE", "", false, false},
        {"postgres", "CHOWN DAC_READ_SEARCH FOWNER SETGID SETUID", "/run/postgresql", true, true},
        {"mysql", "CHOWN DAC_OVERRIDE SETGID SETUID", "/run/mysqld", true, true},
        {"mariadb", "CHOWN DAC_OVERRIDE SETGID SETUID", "/run/mysqld", true, true},
        {"mongo", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"redis", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"valkey/valkey", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"rabbitmq", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"memcached", "", "", true, true},
        {"elasticsearch", "", "", true, true},
        {"cassandra", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"couchdb", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(images); i++)
        if (str_eq(repository, str_from(images[i].repository)))
            return &images[i];
    return NULL;
}

/* -- walking ----------------------------------------------------------------------------------- */

void each_pod(const struct yaml_file *file, struct rule_sink *sink, pod_check *check)
{
    VEC_EACH(struct pod_facts, pod, file->pods) {
        check(file, sink, pod);
    }
}

void each_container(const struct yaml_file *file, struct rule_sink *sink, container_check *check)
{
    VEC_EACH(struct pod_facts, pod, file->pods) {
        VEC_EACH(struct container_facts, container, pod->containers) {
            if (!container->node->aliased)
                check(file, sink, container);
        }
    }
}

void each_service(const struct yaml_file *file, struct rule_sink *sink, service_check *check)
{
    VEC_EACH(struct service_facts, service, file->services) {
        if (!service->node->aliased)
            check(file, sink, service);
    }
}
