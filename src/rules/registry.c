#include "rules/families.h"

#include "rules/choice.h"

#include <stdlib.h>

/* The families joined into one table, and finding a rule by its name or a peer's id. */

struct family {
    const struct rule *rules;
    const size_t *count;
};

#define FAMILY_ROW(family) {family_##family, &family_##family##_count},
static const struct family families[] = {RULE_FAMILIES(FAMILY_ROW)};

static int by_name(const void *a, const void *b)
{
    const struct rule *const *left = a, *const *right = b;
    return str_order(str_from((*left)->name), str_from((*right)->name));
}

const struct rule *const *rules_all(struct arena *arena, size_t *out_count)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        count += *families[i].count;
    const struct rule **rules = NEW_ARRAY(arena, const struct rule *, count);
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        for (size_t k = 0; k < *families[i].count; k++)
            rules[at++] = &families[i].rules[k];
    qsort(rules, count, sizeof(*rules), by_name);
    *out_count = count;
    return rules;
}

str rule_group(const struct rule *rule)
{
    str name = str_from(rule->name);
    return str_slice(name, 0, str_find_char(name, '/'));
}

bool rule_has_id(const struct rule *rule, str id)
{
    if (str_eq(str_from(rule->name), id))
        return true;
    str rest = str_from(rule->aka), word;
    while (str_next_word(&rest, &word)) {
        size_t colon = str_find_char(word, ':');
        if (str_eq_nocase(word, id) ||
            (colon != STR_MISSING && str_eq_nocase(str_from_index(word, colon + 1), id)))
            return true;
    }
    return false;
}

const struct rule *rule_find(str name_or_aka)
{
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        for (size_t k = 0; k < *families[i].count; k++)
            if (rule_has_id(&families[i].rules[k], name_or_aka))
                return &families[i].rules[k];
    return NULL;
}

const struct rule *rule_nearest(str name)
{
    const struct rule *best = NULL;
    unsigned best_distance = 4;
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        for (size_t k = 0; k < *families[i].count; k++) {
            const struct rule *rule = &families[i].rules[k];
            str full = str_from(rule->name);
            str tail = str_from_index(full, str_find_char(full, '/') + 1);
            unsigned whole = str_distance(name, full, best_distance);
            unsigned part = str_distance(name, tail, best_distance);
            unsigned distance = whole < part ? whole : part;
            if (distance < best_distance) {
                best = rule;
                best_distance = distance;
            }
        }
    return best;
}
