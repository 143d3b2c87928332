#include "rules/families.h"

#include "rules/templates.h"

/* What stands above what: a step runs again when anything above it changed; what changes
 * often belongs below what takes long. */

static bool is_needed(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->reachable;
}

/* -- system packages behind the sources -------------------------------------------------------- */

/* Does a step of system packages read what was copied? A local package, a script, a list. */
static bool reads_files(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        const char *manager = step->packages[k].manager;
        bool system = manager && STR_IN(str_from(manager), "apt-get", "apt", "apk", "yum", "dnf",
                                        "microdnf", "tdnf", "zypper");
        bool known =
            system || STR_IN(command->name, "rm", "set", "echo", "true", "export", "mkdir");
        if (!known)
            return true;
        VEC_EACH(struct shell_word, word, step->packages[k].packages) {
            if (str_has_char(word->raw, '/') || str_has_char(word->raw, '$') ||
                str_has_char(word->raw, '('))
                return true;
        }
        VEC_EACH(struct shell_redirect, redirect, command->redirects) {
            if (str_eq(redirect->op, STR("<")))
                return true;
        }
    }
    return false;
}

static void check_system(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_INSTALL || !is_needed(facts, step) ||
        !STR_IN(str_from(package->manager), "apt-get", "apt", "apk", "yum", "dnf", "microdnf",
                "tdnf", "zypper"))
        return;
    const struct step_facts *copy = copy_of_everything(facts, step);
    if (!copy || reads_files(step))
        return;
    found(sink, package->command->at,
          "every change of any file installs these packages again: line %u copies the whole tree "
          "first",
          copy->instruction->line);
    found_related(sink, copy->instruction->at, "everything is copied here");
    bool between = false;
    for (const struct step_facts *at = copy; at < step; at++)
        between = between || (at->instruction->kind != INSTRUCTION_RUN && at != copy);
    if (between || !str_eq(copy->user, step->user))
        return;
    span run = span_join(source_full_line(sink->source, step->instruction->line),
                         source_full_line(sink->source, step->instruction->end_line));
    str text = source_text(sink->source, run);
    if (!str_ends(text, STR("\n")))
        text = str_cat(sink->arena, text, source_newline(sink->source));
    found_fix(sink, "Install before the sources are copied");
    found_insert(sink, source_full_line(sink->source, copy->instruction->line).start, text);
    found_edit(sink, run, STR(""));
}

static void check_systems(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_system);
}

/* -- values that change with every build ------------------------------------------------------- */

static bool is_volatile(str name)
{
    static const char *const parts[] = {
        "GIT_SHA",    "GIT_COMMIT", "COMMIT_SHA",    "COMMIT_HASH", "GIT_HASH",  "VCS_REF",
        "BUILD_DATE", "BUILD_TIME", "BUILD_NUMBER",  "BUILD_ID",    "REVISION",  "BUILDTIME",
        "BUILDDATE",  "GIT_REV",    "SOURCE_COMMIT", "GIT_REF",     "TIMESTAMP", "BUILD_SHA",
        "CI_COMMIT",  "GITHUB_SHA", "BUILD_NUM",     "COMMIT_ID"};
    if (STR_IN(name, "COMMIT", "SHA", "SHA1", "GITHASH"))
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
        if (str_eq_nocase(name, str_from(parts[i])) ||
            (str_has_nocase(name, str_from(parts[i])) && str_find(name, STR("URL")) == STR_MISSING))
            return true;
    return false;
}

static bool is_expensive(const struct step_facts *step)
{
    for (uint32_t k = 0; step->packages && k < step->command_count; k++)
        if (step->packages[k].verb == PACKAGE_INSTALL ||
            STR_IN(step->commands[k].name, "make", "mvn", "gradle", "gradlew", "cargo", "cmake"))
            return true;
    return false;
}

static bool refers_to(const struct instruction *at, str name)
{
    str rest = at->logical.text;
    for (size_t dollar = str_find_char(rest, '$'); dollar != STR_MISSING;
         dollar = str_find_char(rest, '$')) {
        rest = str_from_index(rest, dollar + 1);
        str word = str_starts(rest, STR("{")) ? str_from_index(rest, 1) : rest;
        if (str_starts(word, name) && (word.len == name.len || !char_is_name(word.at[name.len])))
            return true;
    }
    return false;
}

/* The first expensive step below, before anything but LABEL needs the value; *out_use: where it is
 * needed (NULL: nowhere). */
static const struct step_facts *expensive_below(const struct facts *facts,
                                                const struct step_facts *step, str name,
                                                const struct step_facts **out_use)
{
    const struct step_facts *slow = NULL;
    *out_use = NULL;
    for (const struct step_facts *at = step + 1;
         at < step_look_end(facts, step) && at->stage == step->stage; at++) {
        if (refers_to(at->instruction, name)) {
            *out_use = at;
            return slow;
        }
        if (!slow && at->instruction->kind == INSTRUCTION_RUN && is_expensive(at))
            slow = at;
    }
    return slow;
}

static void check_value(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if ((at->kind != INSTRUCTION_ARG && at->kind != INSTRUCTION_ENV) || at->pairs.count != 1 ||
        !is_needed(facts, step) || !is_volatile(at->pairs.at[0].name))
        return;
    str name = at->pairs.at[0].name;
    const struct step_facts *use;
    const struct step_facts *slow = expensive_below(facts, step, name, &use);
    if (!slow)
        return;
    found(sink, at->at, "'%.*s' changes with every build, and so line %u runs again each time",
          STR_ARG(name), slow->instruction->line);
    found_related(sink, slow->instruction->at, "this step does not need it");
    if (!use || at->kind != INSTRUCTION_ARG)
        return;
    found_fix(sink, "Move it down to where it is needed");
    struct edit edit =
        insert_before_instruction(facts, use->instruction, source_text(sink->source, at->at));
    found_edit(sink, edit.at, edit.text);
    found_remove_instruction(sink, at);
}

static void check_values(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_value);
}

/* -- a lock file that is not there ------------------------------------------------------------- */

struct frozen_row {
    const char *manager, *sub, *option; /* option NULL: always frozen */
    const char *manifest, *locks;
};

static const struct frozen_row frozen_rows[] = {
    {"npm", "ci", NULL, "package.json", "package-lock.json npm-shrinkwrap.json"},
    {"pnpm", "install", "--frozen-lockfile", "package.json", "pnpm-lock.yaml"},
    {"pnpm", "i", "--frozen-lockfile", "package.json", "pnpm-lock.yaml"},
    {"uv", "sync", "--frozen", "pyproject.toml", "uv.lock"},
    {"uv", "sync", "--locked", "pyproject.toml", "uv.lock"},
    {"bun", "install", "--frozen-lockfile", "package.json", "bun.lock bun.lockb"},
    {"pipenv", "install", "--deploy", "Pipfile", "Pipfile.lock"},
};

/* Is the manifest brought alone: what comes into the stage is known, and no lock is among it? */
static bool comes_alone(const struct facts *facts, const struct step_facts *step,
                        const struct frozen_row *row)
{
    bool manifest = false;
    const struct stage *stage = step_stage(facts, step)->stage;
    if (stage->base_stage != NO_INDEX || step->instruction->mounts.count ||
        step - (facts->steps + stage->first) > LOOK_STEPS_MAX)
        return false;
    for (const struct step_facts *at = facts->steps + stage->first; at < step; at++) {
        const struct instruction *in = at->instruction;
        if (in->kind == INSTRUCTION_RUN && at->traces.count)
            return false; /* something else may have written it */
        if (in->kind != INSTRUCTION_COPY && in->kind != INSTRUCTION_ADD)
            continue;
        if (instruction_flag(in, "from") || instruction_flag(in, "parents"))
            return false;
        for (uint32_t i = 0; i + 1 < in->words.count; i++) {
            str source = str_basename(in->words.at[i].raw);
            if (!str_has_char(source, '.') || STR_IN(source, ".", "..", "*") ||
                glob_is_pattern(source) || str_has_char(source, '$') ||
                str_is_listed(row->locks, source))
                return false;
            manifest = manifest || str_eq(source, str_from(row->manifest));
        }
    }
    return manifest;
}

static void check_frozen(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct package_command *package)
{
    const struct shell_word *sub = shell_subcommand(package->command);
    if (package->verb != PACKAGE_INSTALL || !sub || !step_stage(facts, step))
        return;
    for (size_t i = 0; i < ARRAY_COUNT(frozen_rows); i++) {
        const struct frozen_row *row = &frozen_rows[i];
        if (!str_eq(str_from(package->manager), str_from(row->manager)) ||
            !str_eq(sub->value, str_from(row->sub)) ||
            (row->option && !shell_option(package->command, row->option)) ||
            !comes_alone(facts, step, row))
            continue;
        str locks = str_from(row->locks), first;
        str_next_word(&locks, &first);
        found(sink, package->command->at, "'%s %s' needs %.*s, and no COPY brings it", row->manager,
              row->sub, STR_ARG(first));
        return;
    }
}

static void check_all_frozen(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_frozen);
}

RULE_FAMILY(
    cache_order,
    {.name = "cache/packages-after-copy",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s8",
     .what = "system packages are installed behind a COPY of the whole tree",
     .why = "any changed file makes the install run again",
     .how = "install above the COPY",
     .source = "guide: Instruction Ordering for Cache Hits",
     .dockerfile = check_systems},
    {.name = "cache/volatile-early",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s8",
     .what = "an ARG or ENV that changes with every build stands above a slow step",
     .why = "its value is part of every RUN below it, so that none of them is ever cached; LABEL "
            "is not, and is no finding",
     .how = "declare it right above what needs it",
     .source = "Dockerfile reference, ARG: impact on build caching",
     .dockerfile = check_values},
    {.name = "cache/lockfile-missing",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s6",
     .what = "a frozen install without the lock file that it needs",
     .why = "the install stops: it may not make a lock file itself",
     .how = "COPY package.json package-lock.json ./",
     .source = "docs.npmjs.com, npm-ci; docs.astral.sh, uv sync --locked",
     .dockerfile = check_all_frozen});
