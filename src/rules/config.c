#include "rules/choice.h"

#include "base/io.h"
#include "base/limits.h"
#include "data/data.h"

/*
 * Configuration: .plimsoll.yaml, and what .hadolint.yaml says in its own words. Both are looked for
 * from the start directory upwards, to the directory that holds .git.
 */

struct config {
    struct arena *arena;
    const struct yaml *yaml;
    str path;
    struct check_options *options;
    struct err *err;
};

static bool bad(struct config *config, const struct node *node, const char *what)
{
    struct position at = source_position(config->yaml->source, node->at.start);
    return err_set(config->err, ERR_USAGE, "%.*s:%u: %s", STR_ARG(config->path), at.line, what);
}

static bool read_names(struct config *config, const struct node *node, struct name_list *names)
{
    if (node->kind == NODE_STRING) {
        str rest = node->value, name;
        while (str_next(&rest, ',', &name))
            if (str_trim(name).len)
                vec_push(config->arena, names, str_trim(name));
        return true;
    }
    if (node->kind == NODE_NULL)
        return true;
    if (node->kind != NODE_LIST)
        return bad(config, node, "a list of names is expected here");
    VEC_EACH(struct node *, item, node->items) {
        if (!node_str(*item).at)
            return bad(config, *item, "a name is expected here");
        vec_push(config->arena, names, node_str(*item));
    }
    return true;
}

/* Names that mean nothing: all of them in a choice; in a list to ignore those of ours alone, since
 * a peer's id that no rule of ours carries is nothing to fail about. */
static bool check_names(struct config *config, const struct node *node,
                        const struct name_list *names, bool ignoring)
{
    for (uint32_t i = 0; i < names->count; i++) {
        str name = names->at[i];
        if (selector_known(config->arena, name) || (ignoring && !str_has_char(name, '/')))
            continue;
        bool list = node->kind == NODE_LIST && i < node->items.count;
        const struct rule *near = rule_nearest(name);
        bad(config, list ? node->items.at[i] : node, "there is no such rule or group");
        return near ? err_hint(config->err, "did you mean '%s'?", near->name) : false;
    }
    return true;
}

static bool read_choice(struct config *config, const struct node *node, struct name_list *names,
                        bool ignoring)
{
    struct name_list given = {0};
    if (!read_names(config, node, &given) || !check_names(config, node, &given, ignoring))
        return false;
    for (uint32_t i = 0; i < given.count; i++)
        vec_push(config->arena, names, given.at[i]);
    return true;
}

static bool set_severity(struct config *config, const struct node *at, str id, str severity)
{
    static const struct {
        const char *given, *ours;
    } words[] = {{"error", "error"}, {"warning", "warning"}, {"note", "note"}, {"off", "off"},
                 {"info", "note"},   {"style", "note"},      {"none", "off"}};
    const char *ours = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_eq(severity, str_from(words[i].given)))
            ours = words[i].ours;
    if (!ours)
        return bad(config, at, "a severity is one of error, warning, note, off");
    size_t count;
    const struct rule *const *rules = rules_all(config->arena, &count);
    for (size_t i = 0; i < count; i++)
        if (rule_has_id(rules[i], id))
            map_set(config->arena, &config->options->choice.severity, str_from(rules[i]->name),
                    str_z(config->arena, str_from(ours)));
    return true;
}

static bool read_severities(struct config *config, const struct node *node)
{
    if (node->kind != NODE_MAP)
        return bad(config, node, "'severity' is a map from rule to error, warning, note or off");
    VEC_EACH(struct node_pair, pair, node->pairs) {
        if (!rule_find(pair->key->value)) {
            const struct rule *near = rule_nearest(pair->key->value);
            bad(config, pair->key, "there is no such rule");
            return near ? err_hint(config->err, "did you mean '%s'?", near->name) : false;
        }
        if (!set_severity(config, pair->value, pair->key->value, node_str(pair->value)))
            return false;
    }
    return true;
}

static bool read_words(struct config *config, const struct node *node, struct map *to,
                       const char *wanted)
{
    if (node->kind != NODE_MAP)
        return bad(config, node, wanted);
    VEC_EACH(struct node_pair, pair, node->pairs) {
        map_set(config->arena, to, pair->key->value, str_z(config->arena, node_str(pair->value)));
    }
    return true;
}

static bool read_labels(struct config *config, const struct node *node)
{
    return read_words(config, node, &config->options->label_schema,
                      "a map from label to its type is expected here");
}

static bool read_own_key(struct config *config, const struct node_pair *pair)
{
    str key = pair->key->value;
    const struct node *value = pair->value;
    if (str_eq(key, STR("select")))
        return read_choice(config, value, &config->options->choice.select, false);
    if (str_eq(key, STR("ignore")))
        return read_choice(config, value, &config->options->choice.ignore, true);
    if (str_eq(key, STR("severity")))
        return read_severities(config, value);
    if (str_eq(key, STR("trusted-registries")))
        return read_names(config, value, &config->options->trusted_registries);
    if (str_eq(key, STR("labels")))
        return read_labels(config, value);
    if (str_eq(key, STR("keys")))
        return read_words(config, value, &config->options->keys,
                          "a map from what 'analyze -i' does to a key is expected here");
    if (str_eq(key, STR("strict-labels"))) {
        config->options->strict_labels = node_is_true(value);
        return true;
    }
    if (str_eq(key, STR("target"))) {
        config->options->target = node_str(value);
        return true;
    }
    if (str_eq(key, STR("fail-on"))) {
        config->options->fail_on = node_str(value);
        return STR_IN(node_str(value), "error", "warning", "note", "none") ||
               bad(config, value, "'fail-on' is one of error, warning, note, none");
    }
    if (str_eq(key, STR("baseline"))) {
        config->options->baseline =
            path_join(config->arena, str_dirname(config->path), node_str(value));
        return true;
    }
    bad(config, pair->key, "this key is not known");
    return err_hint(config->err, "known are select, ignore, severity, fail-on, baseline, target, "
                                 "trusted-registries, labels, strict-labels, keys");
}

static bool read_own(struct config *config, const struct node *root)
{
    VEC_EACH(struct node_pair, pair, root->pairs) {
        if (!read_own_key(config, pair))
            return false;
    }
    return true;
}

/* .hadolint.yaml: what has a meaning here is taken, the rest is passed over in silence. */
static bool read_hadolint(struct config *config, const struct node *root)
{
    const struct node *node = node_get(root, "ignored");
    if (node && !read_names(config, node, &config->options->choice.ignore))
        return false;
    if ((node = node_get(root, "trustedRegistries")) &&
        !read_names(config, node, &config->options->trusted_registries))
        return false;
    if ((node = node_get(root, "label-schema")) && !read_labels(config, node))
        return false;
    config->options->strict_labels = node_is_true(node_get(root, "strict-labels"));
    str threshold = node_str(node_get(root, "failure-threshold"));
    if (STR_IN(threshold, "error", "warning", "none"))
        config->options->fail_on = threshold;
    else if (STR_IN(threshold, "info", "style"))
        config->options->fail_on = STR("note");
    if (node_is_true(node_get(root, "no-fail")))
        config->options->fail_on = STR("none");
    config->options->no_inline = node_is_true(node_get(root, "disable-ignore-pragma"));
    static const char *const levels[] = {"error", "warning", "info", "style"};
    const struct node *override = node_get(root, "override");
    for (size_t i = 0; override && i < ARRAY_COUNT(levels); i++) {
        const struct node *list = node_get(override, levels[i]);
        for (uint32_t k = 0; list && list->kind == NODE_LIST && k < list->items.count; k++)
            if (!set_severity(config, list->items.at[k], node_str(list->items.at[k]),
                              str_from(levels[i])))
                return false;
    }
    return true;
}

static bool read_file(struct arena *arena, const struct host *host, str path,
                      struct check_options *options, struct err *err)
{
    str text;
    if (!file_read(arena, host->cwd_fd, path, LIMIT_LINT_FILE, &text, err))
        return err_wrap(err, "reading the configuration");
    struct yaml *yaml = yaml_parse(arena, source_new(arena, path, text));
    struct config config = {arena, yaml, path, options, err};
    if (!yaml->ok) {
        struct position at = source_position(yaml->source, yaml->problem_at.start);
        return err_set(err, ERR_USAGE, "%.*s:%u: %.*s", STR_ARG(path), at.line,
                       STR_ARG(yaml->problem));
    }
    const struct node *root = yaml->documents.count ? yaml->documents.at[0] : NULL;
    if (!root || root->kind == NODE_NULL)
        return true;
    if (root->kind != NODE_MAP)
        return bad(&config, root, "the configuration is a map of keys");
    return str_has(str_basename(path), STR("hadolint")) ? read_hadolint(&config, root)
                                                        : read_own(&config, root);
}

/* The nearest file of that name, from `start` to the repository's root; "" when there is none. */
static str find_upwards(struct arena *arena, const struct host *host, str start, const char *name)
{
    str directory = start.len ? start : STR(".");
    for (int depth = 0; depth < 32; depth++) {
        struct stat stat, before, after;
        str path = path_join(arena, directory, str_from(name));
        if (path_stat(host->cwd_fd, path, &stat) && S_ISREG(stat.st_mode))
            return path;
        str up = path_join(arena, directory, STR(".."));
        if (path_stat(host->cwd_fd, path_join(arena, directory, STR(".git")), &stat) ||
            !path_stat(host->cwd_fd, directory, &before) || !path_stat(host->cwd_fd, up, &after) ||
            before.st_ino == after.st_ino)
            break;
        directory = up;
    }
    return STR("");
}

bool check_config_read(struct arena *arena, const struct host *host, str start, str config_path,
                       struct check_options *out_options, struct err *err)
{
    if (config_path.len)
        return read_file(arena, host, config_path, out_options, err);
    static const char *const names[] = {".hadolint.yaml", ".hadolint.yml", ".plimsoll.yaml",
                                        ".plimsoll.yml"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        str path = find_upwards(arena, host, start, names[i]);
        if (path.len && !read_file(arena, host, path, out_options, err))
            return false;
    }
    return true;
}
