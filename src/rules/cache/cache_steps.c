#include "rules/families.h"

/* Steps and the cache: an index in a mount, copies that need no rerun, chains that could run side
 * by side. */

static bool is_apt(const char *manager)
{
    return manager && STR_IN(str_from(manager), "apt-get", "apt", "aptitude");
}

/* -- the index in a mount -------------------------------------------------------------------- */

static const struct package_command *apt_does(const struct step_facts *step, enum package_verb verb)
{
    for (uint32_t k = 0; step->packages && k < step->command_count; k++)
        if (step->packages[k].verb == verb && is_apt(step->packages[k].manager))
            return &step->packages[k];
    return NULL;
}

/* The newest step above that updates apt's index, in this stage; NULL when there is none. */
static const struct step_facts *update_above(const struct facts *facts,
                                             const struct step_facts *step)
{
    for (const struct step_facts *at = step; at-- > step_look_first(facts, step);) {
        if (at->stage != step->stage)
            return NULL;
        if (apt_does(at, PACKAGE_UPDATE))
            return at;
    }
    return NULL;
}

/* Local packages and a script's own update need no index of ours. */
static bool needs_index(const struct package_command *install)
{
    VEC_EACH(struct shell_word, word, install->packages) {
        if (word->known && !str_has_char(word->value, '/'))
            return true;
    }
    return false;
}

static void check_index_step(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct package_command *install = apt_does(step, PACKAGE_INSTALL);
    if (!step_is_run(facts, step) || !install || apt_does(step, PACKAGE_UPDATE) ||
        !needs_index(install))
        return;
    const struct step_facts *update = update_above(facts, step);
    const struct mount *mount =
        update ? step_mount(update, MOUNT_CACHE, STR("/var/lib/apt/lists")) : NULL;
    if (!mount)
        return;
    const struct shell_command *command = install->command;
    found(sink, command->at, "the package index is in a mount that another step filled");
    found_related(sink, mount->at, "a cached step does not fill it again");
    if (command->depth || command->place || command->via || !step->script)
        return;
    found_fix(sink, "Update in this step too");
    found_insert(sink, command->at.start, STR("apt-get update && "));
    if (step_mount(step, MOUNT_CACHE, STR("/var/lib/apt/lists")))
        return;
    str flag =
        str_fmt(sink->arena, "--mount=%.*s", STR_ARG(source_text(sink->source, mount->value_at)));
    struct edit edit = add_flag(facts, step->instruction, flag);
    found_edit(sink, edit.at, edit.text);
}

static void check_index(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_index_step);
}

/* -- COPY --link ----------------------------------------------------------------------------- */

/* An owner that needs no /etc/passwd. */
static bool owner_is_number(const struct flag *chown)
{
    str rest = chown->value, part;
    uint64_t number;
    while (str_next(&rest, ':', &part))
        if (!str_to_u64(part, &number))
            return false;
    return true;
}

/* A copy from another stage, to a directory that no symbolic link of a base leads away: what
 * --link writes is laid over the image as it is. */
static void check_link_step(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct stage_facts *stage = step_stage(facts, step);
    const struct flag *chown = instruction_flag(at, "chown");
    if (!stage || !stage->ships || stage->windows || at->words.count < 2 ||
        !instruction_flag(at, "from") || instruction_flag(at, "link") ||
        instruction_flag(at, "parents") || (chown && !owner_is_number(chown)))
        return;
    str goal = step_path(facts, step, vec_last(&at->words)->raw);
    bool own = goal.len > 1 && !STR_IN(goal, "/bin", "/sbin", "/lib", "/lib64", "/usr", "/var",
                                       "/etc", "/run", "/opt", "/tmp");
    if (!own || str_starts(goal, STR("/bin/")) || str_starts(goal, STR("/sbin/")) ||
        str_starts(goal, STR("/lib")) || str_starts(goal, STR("/var/run")))
        return;
    found(sink, at->keyword_at, "this layer is made again whenever the one below it changes");
    found_fix(sink, "Link it");
    struct edit edit = add_flag(facts, at, STR("--link"));
    found_edit(sink, edit.at, edit.text);
}

static void check_link(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_link_step);
}

/* -- side by side ---------------------------------------------------------------------------- */

/* The tool chain that a step works with, and takes long; NULL when there is none. */
static const char *chain_of(const struct step_facts *step)
{
    for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
        str name = step->commands[k].name;
        if (STR_IN(name, "npm", "yarn", "pnpm", "bun", "npx"))
            return "node";
        if (STR_IN(name, "go"))
            return "go";
        if (STR_IN(name, "cargo"))
            return "cargo";
        if (STR_IN(name, "mvn", "gradle", "mvnw", "gradlew"))
            return "java";
        if (STR_IN(name, "dotnet"))
            return "dotnet";
        if (STR_IN(name, "composer"))
            return "composer";
        if (STR_IN(name, "bundle"))
            return "bundle";
    }
    return NULL;
}

static bool path_is_apart(str a, str b)
{
    return a.len > 1 && b.len > 1 && !path_is_in(a, b) && !path_is_in(b, a);
}

/* Does the later chain use what the first one made: by its path, anywhere in between? */
static bool uses_path(const struct facts *facts, const struct step_facts *first,
                      const struct step_facts *last)
{
    for (const struct step_facts *step = first + 1; step <= last; step++) {
        str text = source_text(facts->source, step->instruction->at);
        if (str_eq(step->workdir, first->workdir))
            continue;
        if (str_has(text, first->workdir) || str_has(text, STR("..")))
            return true;
    }
    return false;
}

static void check_chains(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t s = 0; s < facts->stage_count; s++) {
        const struct stage_facts *stage = &facts->stages[s];
        const struct step_facts *first = NULL;
        if (stage->ships || !stage->reachable || stage->windows ||
            stage->stage->end - stage->stage->first > LOOK_STEPS_MAX)
            continue;
        for (uint32_t i = stage->stage->first; i < stage->stage->end; i++) {
            const struct step_facts *step = &facts->steps[i];
            const char *chain = step_is_run(facts, step) ? chain_of(step) : NULL;
            if (!chain || !step->workdir_known)
                continue;
            if (!first) {
                first = step;
                continue;
            }
            if (str_eq(str_from(chain_of(first)), str_from(chain)) ||
                !path_is_apart(first->workdir, step->workdir) || uses_path(facts, first, step))
                continue;
            found(sink, step->instruction->at,
                  "this and the %s build in '%.*s' wait for each other: stages run side by side",
                  chain_of(first), STR_ARG(first->workdir));
            found_related(sink, first->instruction->at, "the other build");
            break;
        }
    }
}

RULE_FAMILY(
    cache_steps,
    {.name = "cache/copy-link",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .policy = true,
     .since = "0.1",
     .guide = "s10",
     .what = "COPY --from without --link",
     .why = "the copy is made again, and pushed again, when the base image below it changes: "
            "seconds at each such change; but --link replaces a symbolic link where the target "
            "has one, so it is asked for by name",
     .how = "COPY --link --from=build /app /app, with a numeric --chown",
     .source = "Dockerfile reference, COPY --link",
     .dockerfile = check_link},
    {.name = "cache/index-in-mount",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s9",
     .what = "apt-get install from an index that another step put into a cache mount",
     .why = "a mount is no part of a cached step: on another machine, or once it was pruned, the "
            "update is taken from the cache, the mount is empty, and no package is found",
     .how = "apt-get update && apt-get install in one RUN, under the mount",
     .source = "Dockerfile reference, RUN --mount=type=cache",
     .dockerfile = check_index},
    {.name = "cache/serial-chains",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s10",
     .what = "two builds with different tools in different directories of one stage",
     .why = "the second waits for the first, and each change of the first runs the second again",
     .how = "a stage for each: the builder runs stages side by side",
     .source = "guide: CI/CD Layer Caching, one stage a purpose",
     .dockerfile = check_chains});
