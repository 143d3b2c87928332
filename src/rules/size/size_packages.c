#include "rules/families.h"

/* What system packages leave in the layers that ship: indexes, caches, and packages that nothing
 * at run time needs. Stages that do not ship cost no bytes, so they are not judged here. */

static bool ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships;
}

static bool is_apt(const char *manager)
{
    return manager && STR_IN(str_from(manager), "apt-get", "apt", "aptitude");
}

static bool is_mounted(const struct step_facts *step, str path)
{
    return step->instruction->mounts.count &&
           (step_mount(step, MOUNT_CACHE, path) || step_mount(step, MOUNT_TMPFS, path));
}

/* Does a command behind `after` take the path away? */
static bool removes_behind(const struct step_facts *step, const struct shell_command *after,
                           str path)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if (step->commands[k].at.start > after->at.start &&
            command_removes(&step->commands[k], path))
            return true;
    return false;
}

/* The last command of the step that does this: only the last one is reported. */
static bool is_last(const struct step_facts *step, const struct package_command *package)
{
    for (uint32_t k = step->command_count; k-- > 0;) {
        const struct package_command *other = &step->packages[k];
        if (other->verb == package->verb && other->manager &&
            str_eq(str_from(other->manager), str_from(package->manager)))
            return other == package;
    }
    return false;
}

static void fix_by_appending(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const char *command)
{
    if (step->instruction->json || !step->script || step->script->comments.count ||
        step->script->problems.count ||
        (step->instruction->heredocs.count && !step->script_is_heredoc))
        return;
    found_fix(sink, "Add '%s' to this RUN", command);
    struct edit edit = run_append_edit(facts, step, NULL, str_from(command));
    found_edit(sink, edit.at, edit.text);
}

/* -- apt's index ------------------------------------------------------------------------------- */

static const str apt_lists = {"/var/lib/apt/lists", 18};

/* A later step that does nothing but clean up says so itself (layers/cleanup-alone). */
static bool lists_removed_later(const struct facts *facts, const struct step_facts *step)
{
    for (const struct step_facts *next = step + 1; next < step_look_end(facts, step); next++) {
        if (!next->packages || !ships(facts, next))
            continue;
        for (uint32_t k = 0; k < next->command_count; k++) {
            if (next->packages[k].verb == PACKAGE_UPDATE)
                return false;
            if (command_removes(&next->commands[k], apt_lists))
                return true;
        }
    }
    return false;
}

static void check_lists(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_UPDATE || !is_apt(package->manager) || !ships(facts, step) ||
        !is_last(step, package) || is_mounted(step, apt_lists) ||
        removes_behind(step, package->command, apt_lists))
        return;
    bool dist_clean = false, installs = false;
    for (uint32_t k = 0; k < step->command_count; k++) {
        dist_clean = dist_clean || shell_is(&step->commands[k], "apt-get", "dist-clean") ||
                     shell_is(&step->commands[k], "apt-get", "distclean") ||
                     shell_is(&step->commands[k], "apt", "dist-clean");
        installs = installs || step->packages[k].verb == PACKAGE_INSTALL ||
                   step->packages[k].verb == PACKAGE_UPGRADE;
    }
    if (dist_clean || lists_removed_later(facts, step))
        return;
    struct finding *finding =
        found(sink, package->command->at, "the index that '%s update' fetches stays in the image",
              package->manager);
    finding->bytes = 19856468; /* debian:12, main alone: measured 2026-11 */
    if (installs)
        fix_by_appending(facts, sink, step, "rm -rf /var/lib/apt/lists/*");
}

/* Debian's and Ubuntu's images remove each .deb themselves, unless somebody removes the hook. */
static bool hook_is_lifted(const struct facts *facts, const struct step_facts *step)
{
    for (const struct step_facts *at = step_look_first(facts, step); at <= step; at++) {
        if (at->stage != step->stage || !at->packages)
            continue;
        for (uint32_t k = 0; k < at->command_count; k++)
            if (str_eq(at->commands[k].name, STR("rm")) &&
                str_has(source_text(facts->source, at->commands[k].at), STR("docker-clean")))
                return true;
    }
    return false;
}

static void check_archives(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct package_command *package)
{
    str archives = STR("/var/cache/apt/archives");
    if (package->verb != PACKAGE_INSTALL || !is_apt(package->manager) || !ships(facts, step) ||
        !is_last(step, package) || is_mounted(step, archives) || cleans_behind(step, package) ||
        removes_behind(step, package->command, archives) || !hook_is_lifted(facts, step))
        return;
    found(sink, package->command->at, "without the docker-clean hook, every .deb stays in %.*s",
          STR_ARG(archives));
    fix_by_appending(facts, sink, step, "apt-get clean");
}

static void check_all_lists(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_lists);
    each_package(facts, sink, check_archives);
}

/* -- packages that come along ------------------------------------------------------------------ */

/* Does this step tell apt never to install recommended packages? */
static bool switches_recommends_off(const struct step_facts *step)
{
    str text = step->instruction->logical.text;
    size_t at = str_find(text, STR("nstall-Recommends"));
    str rest = at == STR_MISSING ? STR("") : str_from_index(text, at);
    return str_has(rest, STR("false")) || str_has(rest, STR("0"));
}

static void check_recommend(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct package_command *package)
{
    const struct shell_command *command = package->command;
    if (package->verb != PACKAGE_INSTALL || !is_apt(package->manager) || !ships(facts, step) ||
        shell_option(command, "--no-install-recommends") ||
        shell_option(command, "--without-recommends") || shell_option(command, "-R") ||
        shell_option(command, "--install-recommends") || !package->packages.count)
        return;
    bool only_files = true;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && word->splits && !word->prefix.len && !package->packages.count)
            return; /* options may come from a variable */
        if (str_has(word->raw, STR("nstall-Recommends")) ||
            str_has(word->raw, STR("nstall-recommends")))
            return;
    }
    VEC_EACH(struct shell_word, word, package->packages) {
        only_files = only_files && str_ends(word->raw, STR(".deb"));
    }
    const struct shell_word *sub = shell_subcommand(command);
    if (only_files || !sub)
        return;
    found(sink, sub->at, "'%s install' brings recommended packages that nobody asked for",
          package->manager);
    found_fix(sink, "Add --no-install-recommends");
    struct edit edit = insert_after_word(sink->arena, sub, STR(" --no-install-recommends"));
    found_edit(sink, edit.at, edit.text);
}

static void check_recommends(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step->packages || !step_is_run(facts, step))
            continue;
        if (switches_recommends_off(step))
            return;
        for (uint32_t k = 0; k < step->command_count; k++)
            check_recommend(facts, sink, step, &step->packages[k]);
    }
}

/* -- apk --------------------------------------------------------------------------------------- */

static void check_apk(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct package_command *package)
{
    const struct shell_command *command = package->command;
    const struct shell_word *sub = shell_subcommand(command);
    bool leaves = package->verb == PACKAGE_INSTALL || package->verb == PACKAGE_UPGRADE;
    str cache = STR("/var/cache/apk");
    if (!leaves || !sub || !str_eq(str_from(package->manager), STR("apk")) || !ships(facts, step) ||
        shell_option(command, "--no-cache") || shell_option(command, "--root") ||
        shell_option(command, "--no-network") || shell_option(command, "--cache-dir") ||
        is_mounted(step, cache) || is_mounted(step, STR("/etc/apk/cache")) ||
        removes_behind(step, command, cache) || cleans_behind(step, package))
        return;
    found(sink, sub->at, "without --no-cache, apk leaves its index in %.*s", STR_ARG(cache));
    found_fix(sink, "Add --no-cache");
    struct edit edit = insert_after_word(sink->arena, sub, STR(" --no-cache"));
    found_edit(sink, edit.at, edit.text);
}

static void check_apks(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_apk);
}

/* -- yum and its kin, zypper ------------------------------------------------------------------- */

struct rpm_manager {
    const char *name, *cache, *second_cache, *clean;
};

static const struct rpm_manager rpm_managers[] = {
    {"yum", "/var/cache/yum", "/var/cache/dnf", "yum clean all"},
    {"dnf", "/var/cache/dnf", "/var/cache/libdnf5", "dnf clean all"},
    {"dnf5", "/var/cache/libdnf5", "/var/cache/dnf", "dnf5 clean all"},
    {"microdnf", "/var/cache/yum", "/var/cache/dnf", "microdnf clean all"},
    {"tdnf", "/var/cache/tdnf", "/var/cache/tdnf", "tdnf clean all"},
    {"zypper", "/var/cache/zypp", "/var/cache/zypp", "zypper clean --all"},
};

static const struct rpm_manager *rpm_manager_of(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_COUNT(rpm_managers); i++)
        if (str_eq(str_from(name), str_from(rpm_managers[i].name)))
            return &rpm_managers[i];
    return NULL;
}

static void check_rpm(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct package_command *package)
{
    const struct rpm_manager *row = rpm_manager_of(package->manager);
    bool leaves = package->verb == PACKAGE_INSTALL || package->verb == PACKAGE_UPGRADE;
    if (!row || !leaves || !ships(facts, step) || !is_last(step, package) ||
        shell_option(package->command, "--installroot") || cleans_behind(step, package))
        return;
    const char *const caches[] = {row->cache, row->second_cache, "/var/cache/yum", "/var/cache/dnf",
                                  "/var/cache/libdnf5"};
    for (size_t i = 0; i < ARRAY_COUNT(caches); i++)
        if (is_mounted(step, str_from(caches[i])) ||
            removes_behind(step, package->command, str_from(caches[i])))
            return;
    const struct shell_word *sub = shell_subcommand(package->command);
    found(sink, package->command->at, "what '%s %.*s' caches stays in the image", row->name,
          STR_ARG(sub ? sub->value : STR("")));
    fix_by_appending(facts, sink, step, row->clean);
}

static void check_rpms(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_rpm);
}

/* -- upgrades ---------------------------------------------------------------------------------- */

static void check_upgrade(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct package_command *package)
{
    (void)facts;
    (void)step;
    const struct shell_command *command = package->command;
    bool named = false;
    struct shell_words operands = shell_operands(sink->arena, command, true);
    VEC_EACH(struct shell_word, word, operands) {
        named = named || !str_starts(word->raw, STR(">"));
    }
    if (package->verb != PACKAGE_UPGRADE || named ||
        STR_IN(str_from(package->manager), "npm", "conda", "mamba", "micromamba", "pip"))
        return;
    found(sink, command->at,
          "upgraded packages are in the image twice, and differ from build to build");
}

static void check_upgrades(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_upgrade);
}

RULE_FAMILY(
    size_packages,
    {.name = "size/apt-lists-left",
     .aka = "hadolint:DL3009 dockle:DKL-DI-0005 droast:DF004 "
            "semgrep:dockerfile.best-practice.missing-apt-lists-cleanup",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "apt's package index stays in the image",
     .why = "19.9 MB on debian:12, more with several components: nothing reads it at run time",
     .how = "rm -rf /var/lib/apt/lists/* in the RUN that updates, or --mount=type=cache",
     .source = "guide: Combining RUN Commands; measured: sum of the files apt-get update writes "
               "for bookworm, bookworm-updates and bookworm-security, main",
     .dockerfile = check_all_lists},
    {.name = "size/recommends",
     .aka = "hadolint:DL3015 trivy:DS029 trivy:DS-0029 droast:DF016 "
            "semgrep:dockerfile.best-practice.missing-no-install-recommends",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "apt installs recommended packages too",
     .why = "tens to hundreds of megabytes of documentation, helpers and desktop parts",
     .how = "apt-get install --no-install-recommends, and name what is really needed",
     .source = "guide: Combining RUN Commands; Debian Policy 7.2",
     .dockerfile = check_recommends},
    {.name = "size/apk-cache",
     .aka = "hadolint:DL3019 trivy:DS025 trivy:DS-0025 dockle:DKL-DI-0004 droast:DF029 "
            "semgrep:dockerfile.best-practice.missing-apk-no-cache",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s2 s23",
     .what = "apk add without --no-cache",
     .why = "its index stays in the layer: some 2 MB beside a base of 7",
     .how = "apk add --no-cache, or --mount=type=cache,target=/var/cache/apk",
     .source = "guide: Complete Optimization Example",
     .dockerfile = check_apks},
    {.name = "size/rpm-cache",
     .aka = "hadolint:DL3032 hadolint:DL3040 hadolint:DL3036 trivy:DS015 trivy:DS-0015 trivy:DS019 "
            "trivy:DS-0019 trivy:DS020 trivy:DS-0020 trivy:DS027",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "yum, dnf, microdnf or zypper without a clean in the same RUN",
     .why = "metadata and packages stay in the layer: often more than what was installed",
     .how = "&& dnf clean all, or --mount=type=cache,target=/var/cache/dnf",
     .source = "guide: Combining RUN Commands; dnf(8), clean",
     .dockerfile = check_rpms},
    {.name = "size/upgrade",
     .aka = "hadolint:DL3005 hadolint:DL3017 hadolint:DL3031 hadolint:DL3035 hadolint:DL3039 "
            "trivy:DS024 trivy:DS-0024 dockle:DKL-DI-0003",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "all packages of the base are upgraded",
     .why = "each upgraded file is in the image twice, and two builds of one file differ; a newer "
            "base image costs nothing",
     .how = "build on a newer base (--pull); upgrade by name what cannot wait",
     .source = "docs.docker.com, Building best practices; hadolint DL3005 and its kin",
     .dockerfile = check_upgrades});
