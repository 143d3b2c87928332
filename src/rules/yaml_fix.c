#include "rules/yaml_fix.h"

#include "secrets/secrets.h"

/* What the rules of kubernetes/ and compose/ share. */

/* -- edits ------------------------------------------------------------------------------------- */

/* Inserts at one place are joined in yaml_fix_done(). */
static void add_edit(struct yaml_fix *fix, struct edit edit)
{
    VEC_EACH(struct edit, other, fix->edits) {
        if (edit.at.start < other->at.end && other->at.start < edit.at.end)
            fix->failed = true;
    }
    vec_push(fix->file->arena, &fix->edits, edit);
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
static str pair_lines(const struct yaml_fix *fix, const struct node *map, const char *key,
                      str value)
{
    static const char blanks[] = "                ";
    struct arena *arena = fix->file->arena;
    struct yaml_indent indent = yaml_indent_at(fix->file->yaml, map);
    if (!str_starts(value, STR("\n")))
        return str_fmt(arena, "\n%s: %.*s", key, STR_ARG(value));
    uint32_t step = str_starts(value, STR("\n- ")) ? indent.list : indent.map;
    str shift = str_fmt(arena, "\n%.*s", (int)step, blanks);
    str shifted = str_replace(arena, value, STR("\n"), shift);
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
        flow ? str_fmt(arena, "{%s: %.*s}", key, STR_ARG(value)) : pair_lines(fix, map, key, value);
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

void yaml_fix_append_all(struct yaml_fix *fix, const struct node *map, const char *key,
                         const struct yaml_items *items)
{
    struct arena *arena = fix->file->arena;
    const struct node_pair *pair = node_own_pair(map, key);
    bool fresh = !pair ? !node_get(map, key)
                       : pair->value->kind == NODE_NULL ||
                             (pair->value->kind == NODE_LIST && !pair->value->items.count);
    if (!fresh || items->count < 2) {
        VEC_EACH(struct yaml_item, item, *items) {
            yaml_fix_append(fix, map, key, item->block, item->flow);
        }
        return;
    }
    bool flow = map->style == 'f';
    str text = STR("");
    VEC_EACH(struct yaml_item, item, *items) {
        str lines = str_replace(arena, item->block, STR("\n"), STR("\n  "));
        text = flow ? str_fmt(arena, "%.*s%s%.*s", STR_ARG(text), text.len ? ", " : "",
                              STR_ARG(item->flow))
                    : str_fmt(arena, "%.*s\n- %.*s", STR_ARG(text), STR_ARG(lines));
    }
    yaml_fix_set(fix, map, key, flow ? str_fmt(arena, "[%.*s]", STR_ARG(text)) : text);
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

/* How deep the first line of an insert stands; items stand deeper than keys of their column. */
static size_t depth_of(const struct edit *edit)
{
    str text = edit->text;
    while (str_starts(text, STR("\n")) || str_starts(text, STR("\r")))
        text = str_from_index(text, 1);
    size_t blanks = 0;
    while (blanks < text.len && text.at[blanks] == ' ')
        blanks++;
    return blanks * 2 + str_starts(str_from_index(text, blanks), STR("- "));
}

/* All inserts at the place of `first` as one text: what belongs deeper comes first, else in the
 * order of the calls. Edits are few. */
static str joined_inserts(const struct yaml_fix *fix, const struct edit *first)
{
    struct arena *arena = fix->file->arena;
    struct edit_list sorted = {0};
    VEC_EACH(struct edit, edit, fix->edits) {
        if (!span_is_empty(edit->at) || edit->at.start != first->at.start)
            continue;
        vec_push(arena, &sorted, *edit);
        for (uint32_t i = sorted.count - 1; i && depth_of(&sorted.at[i - 1]) < depth_of(edit);
             i--) {
            struct edit shallow = sorted.at[i - 1];
            sorted.at[i - 1] = sorted.at[i];
            sorted.at[i] = shallow;
        }
    }
    str source = fix->file->source->text;
    bool opens = first->at.start && str_has_char(STR("{["), source.at[first->at.start - 1]);
    str text = STR("");
    VEC_EACH(struct edit, edit, sorted) {
        str between = opens && text.len ? STR(", ") : STR("");
        text = str_cat(arena, str_cat(arena, text, between), edit->text);
    }
    return text;
}

static bool is_joined_before(const struct yaml_fix *fix, const struct edit *edit)
{
    for (const struct edit *other = fix->edits.at; other < edit; other++)
        if (span_is_empty(other->at) && other->at.start == edit->at.start)
            return true;
    return false;
}

void yaml_fix_done(struct yaml_fix *fix, struct rule_sink *sink, const char *title)
{
    if (fix->failed || !fix->edits.count)
        return;
    found_fix(sink, "%s", title);
    VEC_EACH(struct edit, edit, fix->edits) {
        if (!span_is_empty(edit->at))
            found_edit(sink, edit->at, edit->text);
        else if (!is_joined_before(fix, edit))
            found_edit(sink, edit->at, joined_inserts(fix, edit));
    }
}

str yaml_fix_text(const struct yaml_fix *fix, const struct node *node, str text)
{
    struct yaml_indent indent = yaml_indent_at(fix->file->yaml, node);
    struct buf out = buf_init(fix->file->arena, 1 << 16);
    str line;
    for (bool begun = false; str_next_line(&text, &line); begun = true) {
        bool deep = str_starts(line, STR("  "));
        str rest = str_from_index(line, deep ? 2 : 0);
        uint32_t blanks = !deep ? 0 : str_starts(rest, STR("- ")) ? indent.list : indent.map;
        if (begun)
            buf_add_char(&out, '\n');
        while (blanks--)
            buf_add_char(&out, ' ');
        buf_add(&out, rest);
    }
    return buf_str(&out);
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

/* Why a capability should not be given: NULL when it is one of the harmless ones. `root` tells
 * whether it is as good as root of the host. */
static const char *capability_risk(str name, bool *out_root)
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

void found_capability(struct rule_sink *sink, const struct node *given, span at)
{
    str name = capability_name(sink->arena, node_str(given));
    bool root = false;
    const char *risk = capability_risk(name, &root);
    if (!risk)
        return;
    found(sink, at, "%.*s: %s", STR_ARG(name), risk);
    if (root)
        found_severity(sink, SEVERITY_ERROR);
}

bool is_engine_socket(str path)
{
    while (str_ends(path, STR("/")))
        path.len--;
    return STR_IN(path, "/run", "/var/run", "/var/run/docker.sock", "/run/docker.sock",
                  "/var/run/docker", "/run/containerd/containerd.sock",
                  "/var/run/containerd/containerd.sock", "/run/containerd",
                  "/var/run/crio/crio.sock", "/run/crio/crio.sock", "/run/podman/podman.sock",
                  "/var/run/podman/podman.sock", "/run/k3s/containerd/containerd.sock",
                  "/var/run/cri-dockerd.sock") ||
           str_ends(path, STR("/docker.sock"));
}

/* "GOOGLE_API_KEY_VAL": words in capitals with a "_" between name a value, and are none. */
static bool names_a_value(str text)
{
    bool joined = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        joined = joined || c == '_';
        if (c != '_' && !char_is_digit(c) && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return joined && !char_is_digit(text.at[0]);
}

/* An access key's short name is a user's name: what is secret has its own variable. */
static bool is_key_name(str name, str value)
{
    return str_ends(name, STR("ACCESS_KEY")) && !str_has(name, STR("SECRET")) && value.len < 16;
}

bool is_secret_setting(struct arena *arena, str name, str value)
{
    if (!value.len || is_key_name(name, value) || names_a_value(value) ||
        str_has(value, STR("{{")) || str_has(value, STR("${")) || str_starts(value, STR("$")))
        return false;
    return (secret_name(name) && secret_value(value)) || secret_in_value(arena, value);
}

struct capabilities_said container_capabilities(const struct container_facts *container)
{
    const struct node *own =
        node_path(node_get(container->node, "securityContext"), "capabilities");
    struct capabilities_said said = {.add = node_get(own, "add"), .drop = node_get(own, "drop")};
    said.drops_all = node_has_word(said.drop, "ALL");
    return said;
}

struct capabilities_said service_capabilities(const struct service_facts *service)
{
    struct capabilities_said said = {.add = node_get(service->node, "cap_add"),
                                     .drop = node_get(service->node, "cap_drop")};
    said.drops_all = node_has_word(said.drop, "ALL") || node_has_word(said.drop, "CAP_ALL");
    return said;
}

bool capabilities_add(struct arena *arena, const struct capabilities_said *said, str name)
{
    for (uint32_t i = 0; i < node_count(said->add); i++) {
        str given = capability_name(arena, node_str(node_item(said->add, i)));
        if (str_eq(given, name) || str_eq(given, STR("ALL")))
            return true;
    }
    return false;
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
        {"caddy", "NET_BIND_SERVICE", "/config /data", false, false},
        {"postgres", "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID", "/run/postgresql", true, true},
        {"mysql", "CHOWN DAC_OVERRIDE SETGID SETUID", "/run/mysqld", true, true},
        {"mariadb", "CHOWN DAC_OVERRIDE SETGID SETUID", "/run/mysqld", true, true},
        {"mongo", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"redis", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"valkey/valkey", "CHOWN DAC_OVERRIDE SETGID SETUID", "", true, true},
        {"rabbitmq", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
        {"memcached", "", "", true, true},
        {"elasticsearch", "", NULL, true, true},
        {"cassandra", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
        {"couchdb", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
        {"postgis/postgis", "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID", "/run/postgresql", true,
         true},
        {"timescale/timescaledb", "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID", "/run/postgresql",
         true, true},
        {"percona", "", "/run/mysqld", false, true},
        {"neo4j", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
        {"influxdb", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
        {"redis/redis-stack", "", NULL, false, true},
        {"redis/redis-stack-server", "", NULL, false, true},
        {"bitnami/postgresql", "", NULL, false, true},
        {"bitnami/mysql", "", NULL, false, true},
        {"bitnami/mariadb", "", NULL, false, true},
        {"bitnami/mongodb", "", NULL, false, true},
        {"bitnami/redis", "", NULL, false, true},
        {"mcr.microsoft.com/mssql/server", "", NULL, false, true},
        {"opensearchproject/opensearch", "", NULL, false, true},
        {"clickhouse/clickhouse-server", "CHOWN DAC_OVERRIDE SETGID SETUID", NULL, true, true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(images); i++)
        if (str_eq(repository, str_from(images[i].repository)))
            return &images[i];
    return NULL;
}

/* -- walking ----------------------------------------------------------------------------------- */

void yaml_rule_run(const struct yaml_file *file, struct rule_sink *sink)
{
    const struct rule *rule = sink->rule;
    if (rule->yaml)
        rule->yaml(file, sink);
    VEC_EACH(struct pod_facts, pod, file->pods) {
        if (rule->pod)
            rule->pod(file, sink, pod);
        VEC_EACH(struct container_facts, container, pod->containers) {
            if (rule->container && !container->node->aliased)
                rule->container(file, sink, container);
        }
    }
    VEC_EACH(struct service_facts, service, file->services) {
        if (rule->service && !service->node->aliased)
            rule->service(file, sink, service);
    }
}
