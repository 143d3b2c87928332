#pragma once

#include "rules/rules.h"

/*
 * rules/choice -- which rules run, and how severe each is.
 *
 * Shapes   A selector is a rule's name, a group ("size" or "size/"), a peer's id, or "all".
 *          Policy and nursery rules run only when a selector names them (a group does not), or
 *          when configuration gives them a severity, or by "all".
 */

/* Is `id` the rule's name or one of its peers' ids, with or without the peer's prefix? */
bool rule_has_id(const struct rule *rule, str id);

/* Does the choice let this rule run? */
bool rule_chosen(const struct rule_choice *choice, const struct rule *rule);

/* Does a selector name this very rule, by its own name or by a peer's id? Neither its group nor
 * "all" does. */
bool rule_named(const struct rule_choice *choice, const struct rule *rule);

/* The severity that the choice gives to a finding of this severity. */
enum severity rule_severity(const struct rule_choice *choice, const struct rule *rule,
                            enum severity severity);

/* Does a selector name a rule, a group, a peer's id of some rule, or all of them? */
bool selector_known(struct arena *arena, str selector);

/* Every selector must name something: ERR_USAGE with the nearest name otherwise. */
MUST_CHECK bool choice_verify(const struct rule_choice *choice, struct err *err);
