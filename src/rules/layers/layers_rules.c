#include "rules/families.h"

/* Steps that belong together: index, install and cleanup; copy and ownership. */

static bool step_ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships;
}

static bool is_system_manager(const char *manager)
{
    return manager && STR_IN(str_from(manager), "apt-get", "apt", "aptitude", "apk", "yum", "dnf",
                             "dnf5", "microdnf", "tdnf", "zypper");
}

/* apt and apt-get share one index; so do yum and its kin. */
static bool same_manager(const char *a, const char *b)
{
    str left = str_from(a), right = str_from(b);
    bool apt = str_starts(left, STR("apt")) && str_starts(right, STR("apt"));
    bool rpm = STR_IN(left, "yum", "dnf", "dnf5", "microdnf", "tdnf") &&
               STR_IN(right, "yum", "dnf", "dnf5", "microdnf", "tdnf");
    return apt || rpm || str_eq(left, right);
}

/* The step's first command that does this with the manager; NULL when there is none. */
static const struct package_command *step_does(const struct step_facts *step, const char *manager,
                                               enum package_verb verb)
{
    for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        if (package->verb == verb && package->manager && same_manager(package->manager, manager))
            return package;
    }
    return NULL;
}

static const struct stage *own_stage(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage ? stage->stage : NULL;
}

/* -- the index in a step of its own ------------------------------------------------------------ */

/* A later step of the stage that installs from the index which this one fetched. */
static const struct step_facts *user_of_index(const struct facts *facts,
                                              const struct step_facts *step, const char *manager)
{
    const struct stage *stage = own_stage(facts, step);
    const struct step_facts *end = step_look_end(facts, step);
    if (end > facts->steps + stage->end)
        end = facts->steps + stage->end;
    for (const struct step_facts *next = step + 1; next < end; next++) {
        if (step_does(next, manager, PACKAGE_UPDATE))
            return NULL;
        if (step_does(next, manager, PACKAGE_INSTALL))
            return next;
    }
    return NULL;
}

/* Scripts and programs may install too: only a step that updates, adds repositories and no more is
 * an update alone. */
static bool only_updates(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        bool harmless = STR_IN(step->commands[k].name, "echo", "set", "true", "rm", "mkdir", "sed",
                               "add-apt-repository", "printf", "dpkg", "curl", "tee", "gpg",
                               "apt-key", "export", "cat", "wget", "sleep");
        if (package->verb != PACKAGE_UPDATE && package->verb != PACKAGE_CLEAN && !harmless)
            return false;
    }
    return true;
}

static void check_index(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_UPDATE || !is_system_manager(package->manager) ||
        step->instruction->kind != INSTRUCTION_RUN || !only_updates(step) ||
        step_does(step, package->manager, PACKAGE_UPDATE) != package ||
        step_mount(step, MOUNT_CACHE, STR("/var/lib/apt/lists"))) /* cache/index-in-mount's */
        return;
    str manager = str_from(package->manager);
    bool lists_removed = false;
    for (uint32_t k = 0; k < step->command_count; k++)
        lists_removed =
            lists_removed || command_removes(&step->commands[k], STR("/var/lib/apt/lists"));
    const struct step_facts *next = user_of_index(facts, step, package->manager);
    if (!next && lists_removed)
        return;
    found(sink, package->command->at,
          next ? "'%.*s' gets its index in a step of its own: once cached it grows old, and the "
                 "install below takes versions that are gone"
               : "'%.*s' gets an index that nothing here installs from",
          STR_ARG(manager));
    if (!next) {
        found_severity(sink, SEVERITY_NOTE);
        return;
    }
    found_related(sink, step_does(next, package->manager, PACKAGE_INSTALL)->command->at,
                  "installed here");
    struct edit edit;
    if (next == step + 1 && merge_runs_edit(facts, step, next, &edit)) {
        found_fix(sink, "Update and install in one RUN");
        found_edit(sink, edit.at, edit.text);
    }
}

static void check_indexes(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_index);
}

/* -- cleanup in a step of its own -------------------------------------------------------------- */

static bool is_cache_path(str path)
{
    static const char *const caches[] = {"/var/lib/apt",
                                         "/var/cache/apt",
                                         "/var/cache/apk",
                                         "/var/cache/yum",
                                         "/var/cache/dnf",
                                         "/var/cache",
                                         "/root/.cache",
                                         "/root/.npm",
                                         "/var/cache/zypp",
                                         "~/.cache",
                                         "/usr/local/share/.cache",
                                         "~/.npm",
                                         "/tmp",
                                         "/var/tmp",
                                         "/var/lib/dpkg/info"};
    while (path.len > 1 && (path.at[path.len - 1] == '/' || path.at[path.len - 1] == '*'))
        path.len--;
    for (size_t i = 0; i < ARRAY_COUNT(caches); i++) {
        str cache = str_from(caches[i]);
        if (path_is_in(path, cache))
            return true;
    }
    return false;
}

/* Does this command only take caches away? */
static bool is_cleanup(const struct shell_command *command, const struct package_command *package)
{
    if (package->verb == PACKAGE_CLEAN)
        return true;
    if (package->verb == PACKAGE_REMOVE)
        return shell_is(command, "apt-get", "autoremove") || shell_is(command, "apt", "autoremove");
    if (!str_eq(command->name, STR("rm")))
        return false;
    bool some = false;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        const struct shell_word *word = &command->argv.at[i];
        str text = word->known ? word->value : word->raw;
        if (str_starts(text, STR("-")))
            continue;
        some = true;
        if (!is_cache_path(text))
            return false;
    }
    return some;
}

static bool cleans_something(const struct step_facts *step)
{
    bool cleans = false;
    for (uint32_t k = 0; k < step->command_count; k++) {
        if (STR_IN(step->commands[k].name, "set", "echo", "true"))
            continue;
        if (!is_cleanup(&step->commands[k], &step->packages[k]))
            return false;
        cleans = true;
    }
    return cleans;
}

/* The newest step before this one, in the layers that ship, that installs something: whose leavings
 * the cleanup is about. */
static const struct step_facts *installer_before(const struct facts *facts,
                                                 const struct step_facts *step)
{
    for (const struct step_facts *before = step; before-- > step_look_first(facts, step);) {
        if (!before->packages || !step_ships(facts, before))
            continue;
        for (uint32_t k = 0; k < before->command_count; k++) {
            enum package_verb verb = before->packages[k].verb;
            if (verb == PACKAGE_INSTALL || verb == PACKAGE_UPDATE || verb == PACKAGE_UPGRADE)
                return before;
        }
    }
    return NULL;
}

static bool can_take_cleanup(const struct step_facts *installer, const struct step_facts *step)
{
    return installer->stage == step->stage && !installer->instruction->heredocs.count &&
           !installer->instruction->json && str_eq(installer->user, step->user) &&
           installer->script && !installer->script->comments.count && !step->script_is_heredoc &&
           step->script && !step->script->comments.count;
}

static void check_cleanup(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step_ships(facts, step) || !step->packages ||
        !step->command_count || step->instruction->flags.count || !cleans_something(step))
        return;
    const struct step_facts *installer = installer_before(facts, step);
    if (!installer)
        return;
    const struct shell_command *last = &step->commands[step->command_count - 1];
    span at = span_join(step->commands[0].at, last->at);
    found(sink, at, "cleaning up in a step of its own frees nothing: the layers before keep it");
    found_related(sink, installer->instruction->at, "clean up here");
    if (!can_take_cleanup(installer, step))
        return;
    found_fix(sink, "Clean up in the RUN that installs");
    str text = source_text(sink->source, at);
    struct edit edit = run_append_edit(facts, installer, NULL, text);
    found_edit(sink, edit.at, edit.text);
    found_remove_instruction(sink, step->instruction);
}

static void check_cleanups(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_cleanup);
}

/* -- RUN behind RUN ---------------------------------------------------------------------------- */

static void check_neighbours(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct step_facts *before = step - 1;
    if (step == facts->steps || before->instruction->kind != INSTRUCTION_RUN ||
        before->stage != step->stage || !step_is_run(facts, step) || !step_ships(facts, step) ||
        !step->packages || !before->packages)
        return;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        if (package->verb != PACKAGE_UPDATE || !is_system_manager(package->manager) ||
            !step_does(before, package->manager, PACKAGE_INSTALL) ||
            !step_does(before, package->manager, PACKAGE_UPDATE) ||
            !step_does(step, package->manager, PACKAGE_INSTALL))
            continue;
        found(sink, package->command->at,
              "'%s' fetches its index again: the RUN above has just installed with it",
              package->manager);
        found_related(sink, before->instruction->at, "install here");
        struct edit edit;
        if (merge_runs_edit(facts, before, step, &edit)) {
            found_fix(sink, "Make one RUN of both");
            found_edit(sink, edit.at, edit.text);
        }
        return;
    }
}

static void check_consecutive(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_neighbours);
}

/* -- ownership after the copy ------------------------------------------------------------------ */

/* The newest COPY or ADD, in an earlier shipped step, of what this path covers. */
static const struct step_facts *copier_of(const struct facts *facts, const struct step_facts *step,
                                          str path, const struct trace **out_trace)
{
    for (const struct step_facts *before = step; before-- > step_look_first(facts, step);) {
        if (!before->traces.count || !step_ships(facts, before))
            continue;
        bool copy = before->instruction->kind == INSTRUCTION_COPY ||
                    before->instruction->kind == INSTRUCTION_ADD;
        VEC_EACH(struct trace, trace, before->traces) {
            bool big = trace->kind == TRACE_BUILD || trace->kind == TRACE_CLONE ||
                       trace->kind == TRACE_UNPACK || trace->kind == TRACE_DOWNLOAD;
            if ((copy || big) && !trace_is_small(trace) && trace_covers(path, trace->path)) {
                *out_trace = trace;
                return before;
            }
        }
    }
    return NULL;
}

static bool is_recursive(const struct shell_command *command)
{
    return shell_option(command, "-R") || shell_option(command, "--recursive");
}

/* --chown for the COPY, where the owner is a number or was there before the copy. */
static void fix_ownership(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command,
                          const struct step_facts *copier)
{
    const struct instruction *copy = copier->instruction;
    bool owner = str_eq(command->name, STR("chown"));
    struct shell_words operands = shell_operands(facts->arena, command, false);
    const char *flag = owner ? "chown" : "chmod";
    bool copies = copy->kind == INSTRUCTION_COPY || copy->kind == INSTRUCTION_ADD;
    if (!copies || operands.count != 2 || instruction_flag(copy, flag) || !operands.at[0].known ||
        step->stage != copier->stage)
        return;
    str value = operands.at[0].value;
    for (size_t i = 0; i < value.len; i++)
        if (!char_is_digit(value.at[i]) && value.at[i] != ':')
            return;
    struct edit cut,
        added = add_flag(facts, copy, str_fmt(sink->arena, "--%s=%.*s", flag, STR_ARG(value)));
    bool alone = step->command_count == 1;
    if (!alone && !remove_command_edit(facts, step, command, &cut))
        return;
    found_fix(sink, "Say so in the %s", instruction_name(copy->kind));
    found_edit(sink, added.at, added.text);
    if (alone)
        found_remove_instruction(sink, step->instruction);
    else
        found_edit(sink, cut.at, cut.text);
}

/* Has a command before this one in the step changed the same path? Once is enough to say. */
static bool is_repeated(const struct facts *facts, const struct step_facts *step,
                        const struct shell_command *command, str path)
{
    for (uint32_t k = 0; k < step->command_count && step->commands + k < command; k++) {
        const struct shell_command *other = &step->commands[k];
        if (!STR_IN(other->name, "chown", "chmod", "chgrp"))
            continue;
        VEC_EACH(struct shell_word, word, other->argv) {
            if (word->known && str_eq(step_path(facts, step, word->value), path))
                return true;
        }
    }
    return false;
}

static void check_owner(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct shell_command *command)
{
    if (!STR_IN(command->name, "chown", "chmod", "chgrp") || !step_ships(facts, step) ||
        step->command_count > STEP_COMMANDS_MAX ||
        (command->via & (SHELL_VIA_FIND | SHELL_VIA_XARGS)))
        return;
    bool recursive = is_recursive(command);
    struct shell_words operands = shell_operands(facts->arena, command, false);
    for (uint32_t i = 1; i < operands.count; i++) {
        str path = step_path(facts, step, operands.at[i].known ? operands.at[i].value : STR(""));
        const struct trace *wrote = NULL;
        const struct step_facts *copier =
            path.len > 1 ? copier_of(facts, step, path, &wrote) : NULL;
        if (!copier || is_repeated(facts, step, command, path) ||
            (!recursive && (wrote->tree || !str_eq(wrote->path, path))))
            continue;
        found(sink, command->at,
              "this %.*s writes '%.*s' a second time: what line %u brought is in two layers",
              STR_ARG(command->name), STR_ARG(path),
              source_position(sink->source, wrote->at.start).line);
        found_related(sink, wrote->at, "brought here");
        if (!recursive)
            found_severity(sink, SEVERITY_NOTE);
        if (!str_eq(command->name, STR("chgrp")))
            fix_ownership(facts, sink, step, command, copier);
        return;
    }
}

static void check_owners(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_owner);
}

/* -- small ones -------------------------------------------------------------------------------- */

static void check_lastlog(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    str uid;
    if (!str_eq(command->name, STR("useradd")) || shell_option(command, "-l") ||
        shell_option(command, "--no-log-init") ||
        (!shell_option_value(command, "-u", &uid) && !shell_option_value(command, "--uid", &uid)))
        return;
    for (size_t i = 0; i < uid.len; i++)
        if (!char_is_digit(uid.at[i]))
            return;
    if (uid.len < 6)
        return;
    found(sink, command->at, "useradd with uid %.*s writes a /var/log/lastlog of gigabytes",
          STR_ARG(uid));
    found_fix(sink, "Add --no-log-init");
    struct edit edit = insert_after_word(sink->arena, &command->argv.at[0], STR(" --no-log-init"));
    found_edit(sink, edit.at, edit.text);
}

static void check_lastlogs(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_lastlog);
}

/* Does what --from names hold a distribution? A stage on scratch holds what was put into it, and so
 * may an image that we do not know. */
static bool holds_a_system(const struct facts *facts, const struct instruction *at, str from)
{
    uint32_t index = stage_find(facts->file, from, at->stage);
    if (index == NO_INDEX) {
        struct image_name name = image_name_parse(facts->arena, from);
        const struct base_fact *base = base_fact_find(name.repository, name.tag);
        return base && base->family != FAMILY_SCRATCH;
    }
    const struct stage_facts *stage = &facts->stages[index];
    if (stage->base)
        return stage->base->family != FAMILY_SCRATCH;
    for (uint32_t i = stage->stage->first; i < stage->stage->end; i++)
        if (facts->steps[i].instruction->kind == INSTRUCTION_RUN)
            return true; /* there is a shell at least */
    return false;
}

static void check_whole(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    str source, goal;
    if (!from || at->words.count != 2 || !word_value(facts, at, at->words.at[0].raw, &source) ||
        !word_value(facts, at, at->words.at[1].raw, &goal) || !str_eq(source, STR("/")) ||
        !str_eq(goal, STR("/")) || !holds_a_system(facts, at, from->value))
        return;
    const struct stage_facts *stage = step_stage(facts, step);
    if (!stage || !stage->ships || stage->family == FAMILY_SCRATCH)
        return; /* thrown away; or the way to make one layer of many */
    found(sink, at->at, "all of '%.*s' is copied, what the image does not need too",
          STR_ARG(from->value));
}

static void check_wholes(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_whole);
}

/* The same source from the same place, in an earlier step that ships. */
static void check_twice(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    if (!step_ships(facts, step) || at->words.count != 2 || at->heredocs.count)
        return;
    for (const struct step_facts *before = step; before-- > step_look_first(facts, step);) {
        const struct instruction *other = before->instruction;
        const struct flag *others = instruction_flag(other, "from");
        bool same = other->kind == INSTRUCTION_COPY && step_ships(facts, before) &&
                    other->words.count == 2 && !other->heredocs.count && !from == !others &&
                    (!from || str_eq(from->value, others->value)) &&
                    str_eq(other->words.at[0].raw, at->words.at[0].raw);
        if (!same || !from)
            continue;
        found(sink, at->at, "'%.*s' is copied a second time: line %u did it",
              STR_ARG(at->words.at[0].raw), other->line);
        found_related(sink, other->at, "the first time");
        return;
    }
}

static void check_twices(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_twice);
}

RULE_FAMILY(
    layers_rules,
    {.name = "layers/index-alone",
     .aka = "trivy:DS017 trivy:DS-0017 checkov:CKV_DOCKER_5 dockle:CIS-DI-0007 droast:DF028",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1 s9",
     .what = "the package index is fetched in a step of its own",
     .why = "the step stays cached while the archive moves on, so that the install fails or takes "
            "old versions; and the index (20 to 50 MB for apt) stays in its layer",
     .how = "update, install and clean up in one RUN",
     .source = "guide: Combining RUN Commands; docs.docker.com, Building best practices, apt-get",
     .dockerfile = check_indexes},
    {.name = "layers/cleanup-alone",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1 s3",
     .what = "caches are removed in a step of their own",
     .why = "the layer that wrote them keeps them: the image does not shrink by a byte",
     .how = "clean up in the RUN that installs, or keep the cache out with --mount=type=cache",
     .source = "guide: Combining RUN Commands",
     .dockerfile = check_cleanups},
    {.name = "layers/consecutive-run",
     .aka = "hadolint:DL3059 droast:DF003",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1 s22",
     .what = "two RUNs that follow each other do the same work twice",
     .why = "the package index is fetched twice, for seconds and megabytes; other neighbours cost "
            "nothing, and often keep the cache useful",
     .how = "one RUN",
     .source = "guide: Combining RUN Commands; hadolint DL3059, only where it costs",
     .dockerfile = check_consecutive},
    {.name = "layers/chown-after-copy",
     .aka = "tally:prefer-copy-chmod",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s14 s21",
     .what = "chown or chmod of what an earlier layer brought",
     .why = "a changed owner or mode writes the whole file again: its bytes are in the image "
            "twice",
     .how = "COPY --chown=... --chmod=...; or change it in the RUN that writes",
     .source = "overlayfs, copy_up; the guide's Compare Image Sizes does it",
     .dockerfile = check_owners},
    {.name = "layers/sparse-lastlog",
     .aka = "hadolint:DL3046",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "useradd with a large uid, without --no-log-init",
     .why = "lastlog has a slot for each uid: a sparse file of gigabytes, which tar does not keep "
            "sparse",
     .how = "useradd --no-log-init",
     .source = "useradd(8); golang/go#13548 in archive/tar",
     .dockerfile = check_lastlogs},
    {.name = "layers/whole-filesystem",
     .aka = "hadolint:DL3067",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s2",
     .what = "COPY --from copies a whole filesystem",
     .why = "everything that the other stage holds comes along, what only its build needs too",
     .how = "copy what is needed; from the stage on scratch, where one layer is meant",
     .source = "hadolint DL3067",
     .dockerfile = check_wholes},
    {.name = "layers/copied-twice",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s20",
     .what = "the same files are copied from another stage twice",
     .why = "each copy is a layer with all their bytes",
     .how = "copy once; link the second place",
     .source = "OCI image layer specification",
     .dockerfile = check_twices});
