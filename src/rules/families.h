#pragma once

#include "rules/facts.h"

/*
 * rules/families -- the files that rules stand in, one table each.
 *
 * Shapes   FAMILY(x) is `const struct rule family_x[]` with `const size_t family_x_count`, defined
 *          at the end of rules/<file>.c by RULE_FAMILY(x, {...}, {...}). registry.c joins them.
 */

/* One a line, in name order. */
/* clang-format off */
#define RULE_FAMILIES(FAMILY)     \
    FAMILY(base_choice) \
    FAMILY(base_stages) \
    FAMILY(cache_builds)          \
    FAMILY(cache_mounts)          \
    FAMILY(cache_order)           \
    FAMILY(cache_syntax)          \
    FAMILY(ci_actions)            \
    FAMILY(ci_cache)              \
    FAMILY(ci_scan)               \
    FAMILY(command_run)           \
    FAMILY(compose)               \
    FAMILY(context_copy)          \
    FAMILY(context_ignore)        \
    FAMILY(correctness_commands)  \
    FAMILY(correctness_form)      \
    FAMILY(correctness_problems)  \
    FAMILY(correctness_variables) \
    FAMILY(correctness_yaml)      \
    FAMILY(cross_builds)          \
    FAMILY(inline)                \
    FAMILY(kubernetes)            \
    FAMILY(kubernetes_volumes)    \
    FAMILY(layers_bytes)          \
    FAMILY(layers_left)           \
    FAMILY(layers_rules)          \
    FAMILY(runtime_metadata)      \
    FAMILY(runtime_start)         \
    FAMILY(secrets)               \
    FAMILY(security_download)     \
    FAMILY(security_misc)         \
    FAMILY(security_user)         \
    FAMILY(shell)                 \
    FAMILY(size_binaries)         \
    FAMILY(size_dev)              \
    FAMILY(size_languages)        \
    FAMILY(size_leftovers)        \
    FAMILY(size_packages)
/* clang-format on */

#define RULE_FAMILY(family, ...)                         \
    const struct rule family_##family[] = {__VA_ARGS__}; \
    const size_t family_##family##_count = ARRAY_COUNT(family_##family)

#define FAMILY_DECLARE(family)                  \
    extern const struct rule family_##family[]; \
    extern const size_t family_##family##_count;
RULE_FAMILIES(FAMILY_DECLARE)
