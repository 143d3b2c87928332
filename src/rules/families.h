#pragma once

#include "rules/questions.h"

/*
 * rules/families -- the files that rules stand in, one table each.
 *
 * Shapes   FAMILY(x) is `const struct rule family_x[]` with `const size_t family_x_count`, defined
 *          at the end of rules/<group>/<file>.c by RULE_FAMILY(x, {...}, {...}). registry.c joins
 *          them.
 */

/* One a line, in name order. */
/* clang-format off */
#define RULE_FAMILIES(FAMILY)     \
    FAMILY(base_artefacts) \
    FAMILY(base_choice) \
    FAMILY(base_names) \
    FAMILY(base_scratch) \
    FAMILY(base_stages) \
    FAMILY(base_versions) \
    FAMILY(cache_builds)          \
    FAMILY(cache_mounts)          \
    FAMILY(cache_order)           \
    FAMILY(cache_steps)           \
    FAMILY(cache_syntax)          \
    FAMILY(ci_actions)            \
    FAMILY(ci_cache)              \
    FAMILY(ci_cache_refs)         \
    FAMILY(ci_sarif)              \
    FAMILY(ci_scan)               \
    FAMILY(ci_scan_gate)          \
    FAMILY(ci_ship)               \
    FAMILY(command_run)           \
    FAMILY(compose)               \
    FAMILY(compose_data)          \
    FAMILY(compose_rights)        \
    FAMILY(context_allow)         \
    FAMILY(context_copy)          \
    FAMILY(context_ignore)        \
    FAMILY(context_shadowed)      \
    FAMILY(correctness_architecture) \
    FAMILY(conventions)           \
    FAMILY(correctness_commands)  \
    FAMILY(correctness_contents)  \
    FAMILY(correctness_form)      \
    FAMILY(correctness_inputs)    \
    FAMILY(correctness_problems)  \
    FAMILY(correctness_variables) \
    FAMILY(correctness_yaml)      \
    FAMILY(cross_builds)          \
    FAMILY(cross_mounts)          \
    FAMILY(cross_users)           \
    FAMILY(inline)                \
    FAMILY(kubernetes)            \
    FAMILY(kubernetes_levels)     \
    FAMILY(kubernetes_policy)     \
    FAMILY(kubernetes_volumes)    \
    FAMILY(kubernetes_writable)   \
    FAMILY(layers_bytes)          \
    FAMILY(layers_left)           \
    FAMILY(layers_rewritten)      \
    FAMILY(layers_rules)          \
    FAMILY(runtime_files)         \
    FAMILY(runtime_metadata)      \
    FAMILY(runtime_process)       \
    FAMILY(runtime_start)         \
    FAMILY(runtime_writes)        \
    FAMILY(secrets)               \
    FAMILY(security_checks)       \
    FAMILY(security_download)     \
    FAMILY(security_misc)         \
    FAMILY(security_user)         \
    FAMILY(security_users)        \
    FAMILY(shell)                 \
    FAMILY(shell_names)           \
    FAMILY(size_binaries)         \
    FAMILY(size_copied)           \
    FAMILY(size_dev)              \
    FAMILY(size_installers)       \
    FAMILY(size_languages)        \
    FAMILY(size_leftovers)        \
    FAMILY(size_packages)         \
    FAMILY(template_manifests)    \
    FAMILY(template_mounts)       \
    FAMILY(template_strip)
/* clang-format on */

#define RULE_FAMILY(family, ...)                         \
    const struct rule family_##family[] = {__VA_ARGS__}; \
    const size_t family_##family##_count = ARRAY_COUNT(family_##family)

#define FAMILY_DECLARE(family)                  \
    extern const struct rule family_##family[]; \
    extern const size_t family_##family##_count;
RULE_FAMILIES(FAMILY_DECLARE)
