#include "analyze/gates.h"

#include "base/arena.h"
#include "base/num.h"
#include "data/data.h"
#include "text/source.h"

#include <stdlib.h>
#include <string.h>

/* A rule under its name in .dive-ci and in dive's own configuration. */
static const struct {
    const char *key, *own_key;
} keys[GATE_COUNT] = {
    [GATE_EFFICIENCY] = {"lowestEfficiency", "lowest-efficiency"},
    [GATE_WASTED_BYTES] = {"highestWastedBytes", "highest-wasted-bytes"},
    [GATE_USER_WASTED] = {"highestUserWastedPercent", "highest-user-wasted-percent"},
};

struct gates gates_default(void)
{
    return (struct gates){
        .on = {[GATE_EFFICIENCY] = true, [GATE_USER_WASTED] = true},
        .limit = {[GATE_EFFICIENCY] = 0.9, [GATE_USER_WASTED] = 0.1},
        .written = {[GATE_EFFICIENCY] = STR("0.9"), [GATE_USER_WASTED] = STR("0.1")},
    };
}

static bool is_off(str value)
{
    static const char *const words[] = {"disabled", "off", "false"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_eq_nocase(value, str_from(words[i])))
            return true;
    return !value.len;
}

static bool read_ratio(str value, double *out_ratio)
{
    char z[32];
    if (value.len >= sizeof(z))
        return false;
    memcpy(z, value.at, value.len);
    z[value.len] = '\0';
    char *end;
    double ratio = strtod(z, &end);
    *out_ratio = ratio;
    return *end == '\0' && ratio >= 0 && ratio <= 1;
}

bool gates_set(struct gates *gates, str key, str value, bool *out_known, struct err *err)
{
    *out_known = false;
    for (size_t i = 0; i < GATE_COUNT; i++) {
        if (!str_eq(key, str_from(keys[i].key)) && !str_eq(key, str_from(keys[i].own_key)))
            continue;
        *out_known = true;
        gates->written[i] = value;
        gates->on[i] = !is_off(value);
        uint64_t bytes;
        if (!gates->on[i])
            return true;
        if (i == GATE_WASTED_BYTES && size_parse(value, &bytes, err)) {
            gates->limit[i] = (double)bytes;
            return true;
        }
        if (i != GATE_WASTED_BYTES && read_ratio(value, &gates->limit[i]))
            return true;
        err_clear(err);
        err_set(err, ERR_USAGE, "'%.*s' is no value for %s", STR_ARG(value), keys[i].key);
        return err_hint(err, i == GATE_WASTED_BYTES ? "bytes, as in 20MB, or 'disabled'"
                                                    : "a number from 0 to 1, or 'disabled'");
    }
    return true;
}

bool gates_read(struct arena *arena, str path, str text, struct gates *gates, struct err *err)
{
    const struct yaml *yaml = yaml_parse(arena, source_new(arena, path, text));
    if (!yaml->ok)
        return err_set(err, ERR_FORMAT, "'%.*s': %.*s", STR_ARG(path), STR_ARG(yaml->problem));
    const struct node *rules =
        yaml->documents.count ? node_get(yaml->documents.at[0], "rules") : NULL;
    if (!rules || rules->kind != NODE_MAP)
        return true;
    VEC_EACH(struct node_pair, pair, rules->pairs) {
        bool known; /* others are passed over, as dive does */
        if (!gates_set(gates, pair->key->value, node_str(pair->value), &known, err))
            return err_wrap(err, "'%.*s'", STR_ARG(path));
    }
    return true;
}

void gates_judge(const struct gates *gates, const double values[GATE_COUNT],
                 struct gate_verdict out_verdicts[GATE_COUNT])
{
    for (size_t i = 0; i < GATE_COUNT; i++) {
        /* Of 0 wasted in 0 bytes nothing is over a limit: comparing with NaN is false. */
        bool fails =
            i == GATE_EFFICIENCY ? gates->limit[i] > values[i] : values[i] > gates->limit[i];
        out_verdicts[i] = (struct gate_verdict){
            .key = keys[i].key,
            .result = !gates->on[i] ? GATE_SKIP
                      : fails       ? GATE_FAIL
                                    : GATE_PASS,
            .value = values[i],
            .limit = gates->written[i],
        };
    }
}
