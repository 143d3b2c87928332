#include "registry/remote.h"

#include "base/arena.h"
#include "data/data.h"

/* Mirrors, from the registries.conf (version 2) that podman, skopeo and buildah read. */

/* "*.example.org" stands for every host below it; else whole components count. */
static size_t prefix_fits(str prefix, str where)
{
    if (!str_starts(prefix, STR("*.")))
        return path_is_in(where, prefix) ? prefix.len : 0;
    size_t slash = str_find_char(where, '/');
    str host = str_slice(where, 0, slash == STR_MISSING ? where.len : slash);
    str tail = str_from_index(prefix, 1);
    return str_ends(host, tail) && host.len > tail.len ? prefix.len : 0;
}

bool mirrors_read(struct arena *arena, str text, str where, struct strs *out_places,
                  struct err *err)
{
    struct node *root;
    const struct node *best = NULL;
    str best_prefix = STR("");
    struct strs places = {0};
    if (!toml_parse(arena, text, &root, err))
        return false;
    const struct node *registries = node_get(root, "registry");
    if (registries && registries->kind == NODE_LIST)
        VEC_EACH(struct node *, item, registries->items) {
            str prefix = node_str(node_get(*item, "prefix"));
            if (!prefix.len)
                prefix = node_str(node_get(*item, "location"));
            if (prefix.len && prefix_fits(prefix, where) > best_prefix.len) {
                best = *item;
                best_prefix = prefix;
            }
        }
    if (node_is_true(node_get(best, "blocked"))) {
        err_set(err, ERR_DENIED, "registries.conf blocks '%.*s'", STR_ARG(best_prefix));
        return err_hint(err, "whoever set this machine up does not want images from there");
    }
    const struct node *mirrors = node_get(best, "mirror");
    bool wild = str_starts(best_prefix, STR("*"));
    if (mirrors && mirrors->kind == NODE_LIST)
        VEC_EACH(struct node *, item, mirrors->items) {
            str location = node_str(node_get(*item, "location"));
            size_t slash = str_find_char(where, '/');
            size_t keep = wild ? slash : best_prefix.len;
            if (location.len)
                vec_push(arena, &places, str_cat(arena, location, str_from_index(where, keep)));
        }
    *out_places = places;
    return true;
}
