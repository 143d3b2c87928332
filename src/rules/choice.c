#include "rules/choice.h"

static bool names_group(const struct rule *rule, str selector)
{
    if (selector.len && selector.at[selector.len - 1] == '/')
        selector.len--;
    return str_eq(rule_group(rule), selector);
}

/* 0: not named; 1: by its group; 2: by name, peer's id or "all". */
static int named(const struct rule *rule, const str *selectors, uint32_t count)
{
    int best = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (str_eq(selectors[i], STR("all")) || rule_has_id(rule, selectors[i]))
            return 2;
        if (names_group(rule, selectors[i]))
            best = 1;
    }
    return best;
}

bool rule_chosen(const struct rule_choice *choice, const struct rule *rule)
{
    const char *severity = map_find(&choice->severity, str_from(rule->name));
    if (severity && str_eq(str_from(severity), STR("off")))
        return false;
    if (named(rule, choice->ignore.at, choice->ignore.count))
        return false;
    int wanted = named(rule, choice->select.at, choice->select.count);
    if (rule->policy || rule->nursery)
        return wanted == 2 || severity;
    return !choice->select.count || wanted || severity;
}

bool rule_named(const struct rule_choice *choice, const struct rule *rule)
{
    VEC_EACH(str, selector, choice->select) {
        if (rule_has_id(rule, *selector))
            return true;
    }
    return false;
}

enum severity rule_severity(const struct rule_choice *choice, const struct rule *rule,
                            enum severity severity)
{
    const char *given = map_find(&choice->severity, str_from(rule->name));
    if (!given)
        return severity;
    str text = str_from(given);
    if (str_eq(text, STR("error")))
        return SEVERITY_ERROR;
    if (str_eq(text, STR("warning")))
        return SEVERITY_WARNING;
    return str_eq(text, STR("note")) ? SEVERITY_NOTE : severity;
}

bool selector_known(struct arena *arena, str selector)
{
    if (str_eq(selector, STR("all")) || rule_find(selector))
        return true;
    size_t count;
    const struct rule *const *rules = rules_all(arena, &count);
    for (size_t i = 0; i < count; i++)
        if (names_group(rules[i], selector))
            return true;
    return false;
}

bool choice_verify(const struct rule_choice *choice, struct err *err)
{
    AUTO(arena) struct arena *arena = arena_new(0);
    for (int ignoring = 0; ignoring < 2; ignoring++) {
        const str *at = ignoring ? choice->ignore.at : choice->select.at;
        uint32_t count = ignoring ? choice->ignore.count : choice->select.count;
        for (uint32_t i = 0; i < count; i++) {
            /* A peer's id that no rule of ours carries is nothing to fail about when ignored. */
            if (ignoring || selector_known(arena, at[i]))
                continue;
            const struct rule *near = rule_nearest(at[i]);
            err_set(err, ERR_USAGE, "there is no rule or group '%.*s'", STR_ARG(at[i]));
            if (near)
                return err_hint(err, "did you mean '%s'?", near->name);
            return err_hint(err, "'plimsoll explain' lists them all");
        }
    }
    return true;
}
