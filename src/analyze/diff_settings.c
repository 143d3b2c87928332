#include "analyze/image_diff.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

/* What two images' configs say otherwise. */

static void add_setting(struct arena *arena, struct image_diff *diff, str key, str a, str b)
{
    if (!str_eq(a, b))
        vec_push(arena, &diff->config, (struct diff_setting){key, {a, b}});
}

/* ["a b", "c"] as JSON shows it, near enough to be read. */
static str list_text(struct arena *arena, const struct strs *list)
{
    struct buf out = buf_init(arena, 1 << 20);
    VEC_EACH(str, item, *list) {
        buf_fmt(&out, "%s\"%.*s\"", out.len ? ", " : "", STR_ARG(*item));
    }
    return out.len ? str_fmt(arena, "[%.*s]", STR_ARG(buf_str(&out))) : STR("");
}

/* Pairs of two maps: each key once, in the order of A, then of B. */
struct settings {
    struct map map; /* key -> str[2] */
};

static void put_pair(struct arena *arena, struct settings *pairs, str key, str value, int side)
{
    str *values = map_find(&pairs->map, key);
    if (!values) {
        values = NEW_ARRAY(arena, str, 2);
        values[0] = values[1] = STR("");
        map_set(arena, &pairs->map, key, values);
    }
    values[side] = value;
}

static void add_pairs(struct arena *arena, struct image_diff *diff, const struct settings *pairs,
                      const char *what)
{
    for (uint32_t i = 0; i < pairs->map.count; i++) {
        const struct map_entry *entry = &pairs->map.entries[i];
        const str *values = entry->value;
        add_setting(arena, diff, str_fmt(arena, "%s %.*s", what, STR_ARG(entry->key)), values[0],
                    values[1]);
    }
}

void diff_settings(struct arena *arena, struct image_diff *diff)
{
    const struct image_config *config[2] = {diff->side[0]->image->config,
                                            diff->side[1]->image->config};
    const struct {
        const char *key;
        str a, b;
    } rows[] = {
        {"platform", platform_print(arena, &config[0]->platform),
         platform_print(arena, &config[1]->platform)},
        {"user", config[0]->user, config[1]->user},
        {"working directory", config[0]->working_dir, config[1]->working_dir},
        {"entrypoint", list_text(arena, &config[0]->entrypoint),
         list_text(arena, &config[1]->entrypoint)},
        {"cmd", list_text(arena, &config[0]->cmd), list_text(arena, &config[1]->cmd)},
        {"ports", list_text(arena, &config[0]->ports), list_text(arena, &config[1]->ports)},
        {"volumes", list_text(arena, &config[0]->volumes), list_text(arena, &config[1]->volumes)},
        {"stop signal", config[0]->stop_signal, config[1]->stop_signal},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        add_setting(arena, diff, str_from(rows[i].key), rows[i].a, rows[i].b);
    struct settings env = {0}, labels = {0};
    for (int side = 0; side < 2; side++) {
        VEC_EACH(str, item, config[side]->env) {
            size_t equals = str_find_char(*item, '=');
            put_pair(arena, &env, str_slice(*item, 0, equals), str_from_index(*item, equals + 1),
                     side);
        }
        VEC_EACH(struct name_value, label, config[side]->labels) {
            put_pair(arena, &labels, label->name, label->value, side);
        }
    }
    add_pairs(arena, diff, &env, "env");
    add_pairs(arena, diff, &labels, "label");
}
