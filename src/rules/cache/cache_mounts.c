#include "rules/families.h"

/* RUN --mount=type=cache: mounts that something defeats, that two builds fight over, in the
 * wrong place, or that take what a later step needs. */

/* Where each manager keeps what it downloads: words that such a path holds. */
struct cache_place {
    const char *manager;
    const char *marks; /* blank-separated */
    const char *usual; /* for root */
    const char *setting;
};

static const struct cache_place places[] = {
    {"npm", ".npm", "/root/.npm", "NPM_CONFIG_CACHE"},
    {"pip", "pip", "/root/.cache/pip", "PIP_CACHE_DIR"},
    {"yarn", "yarn", "/usr/local/share/.cache/yarn", "YARN_CACHE_FOLDER"},
    {"pnpm", "pnpm", "/root/.local/share/pnpm/store", "PNPM_HOME"},
    {"bun", ".bun", "/root/.bun/install/cache", "BUN_INSTALL_CACHE_DIR"},
    {"apt-get", "/var/cache/apt /var/lib/apt", "/var/cache/apt", NULL},
    {"apt", "/var/cache/apt /var/lib/apt", "/var/cache/apt", NULL},
    {"apk", "apk", "/var/cache/apk", NULL},
    {"yum", "yum dnf", "/var/cache/yum", NULL},
    {"dnf", "dnf yum", "/var/cache/dnf", NULL},
    {"microdnf", "dnf yum", "/var/cache/dnf", NULL},
    {"zypper", "zypp", "/var/cache/zypp", NULL},
    {"go", "pkg/mod go-build", "/go/pkg/mod", "GOMODCACHE"},
    {"cargo", "cargo", "/usr/local/cargo/registry", "CARGO_HOME"},
    {"composer", "composer", "/root/.composer/cache", "COMPOSER_CACHE_DIR"},
    {"poetry", "pypoetry", "/root/.cache/pypoetry", "POETRY_CACHE_DIR"},
    {"uv", "uv", "/root/.cache/uv", "UV_CACHE_DIR"},
    {"conda", "pkgs", "/opt/conda/pkgs", "CONDA_PKGS_DIRS"},
    {"bundle", "bundle gem", "/usr/local/bundle/cache", "BUNDLE_CACHE_PATH"},
    {"gem", "bundle gem", "/usr/local/bundle/cache", NULL},
};

static const struct cache_place *place_named(str program)
{
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        if (str_eq(program, str_from(places[i].manager)))
            return &places[i];
    return NULL;
}

static const struct cache_place *place_of(const char *manager)
{
    return manager ? place_named(str_from(manager)) : NULL;
}

static bool has_mark(str target, const char *marks)
{
    str rest = str_from(marks), mark;
    while (str_next_word(&rest, &mark))
        if (str_has(target, mark))
            return true;
    return false;
}

static bool is_whole_cache(str target)
{
    return str_ends(target, STR("/.cache")) || str_ends(target, STR("/.cache/")) ||
           STR_IN(target, "/root", "/root/", "/var/cache", "/var/cache/");
}

/* The cache mount of the step that holds what this manager downloads; NULL when there is none. */
static const struct mount *mount_of(const struct step_facts *step, const struct cache_place *place)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_CACHE && has_mark(mount->target, place->marks))
            return mount;
    }
    return NULL;
}

static bool has_cache_mount(const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_CACHE)
            return true;
    }
    return false;
}

/* -- defeated ---------------------------------------------------------------------------------- */

static void remove_word(struct rule_sink *sink, const struct shell_word *word)
{
    uint32_t start = word->at.start;
    while (start > 0 && char_is_blank(sink->source->text.at[start - 1]))
        start--;
    found_fix(sink, "Remove %.*s", STR_ARG(word->value));
    found_edit(sink, (span){start, word->at.end}, STR(""));
}

/* An install that is told to keep nothing. */
static void check_no_cache(struct rule_sink *sink, const struct step_facts *step,
                           const struct package_command *package)
{
    const struct cache_place *place = place_of(package->manager);
    const struct mount *mount = place ? mount_of(step, place) : NULL;
    if (package->verb != PACKAGE_INSTALL || !mount)
        return;
    const struct shell_word *option = shell_option(package->command, "--no-cache-dir");
    if (!option)
        option = shell_option(package->command, "--no-cache");
    if (!option)
        return;
    found(sink, option->at, "'%.*s' makes nothing of the cache mounted at '%.*s'",
          STR_ARG(option->value), STR_ARG(mount->target));
    found_related(sink, mount->at, "mounted here");
    remove_word(sink, option);
}

static void report_emptied(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command,
                           const struct mount *mount)
{
    found(sink, command->at,
          "this empties the cache mounted at '%.*s', and the image is no smaller",
          STR_ARG(mount->target));
    found_related(sink, mount->at, "mounted here");
    struct edit edit;
    if (!remove_command_edit(facts, step, command, &edit))
        return;
    found_fix(sink, "Leave the cache alone");
    found_edit(sink, edit.at, edit.text);
}

/* `npm cache clean`, `apt-get clean`, `go clean -modcache` ... */
static const struct mount *emptied_by_clean(const struct step_facts *step,
                                            const struct package_command *package)
{
    const struct cache_place *place = place_of(package->manager);
    if (package->verb != PACKAGE_CLEAN || !place)
        return NULL;
    bool verifies =
        shell_option(package->command, "--help") || shell_is(package->command, "pnpm", NULL);
    if (verifies)
        return NULL;
    VEC_EACH(struct shell_word, word, package->command->argv) {
        if (STR_IN(word->value, "verify", "ls", "list", "dir", "info", "prune", "autoclean"))
            return NULL;
    }
    if (str_starts(str_from(package->manager), STR("apt"))) {
        VEC_EACH(struct mount, mount, step->instruction->mounts) {
            if (mount->type == MOUNT_CACHE && str_has(mount->target, STR("/var/cache/apt")))
                return mount;
        }
        return NULL;
    }
    return mount_of(step, place);
}

/* `rm -rf ~/.cache/pypoetry`: the home is not known here, but what is below it. */
static bool removes_below_home(const struct shell_command *command, str target)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        bool home = str_starts(word->raw, STR("~/.")) || str_starts(word->raw, STR("$HOME/."));
        str below = str_from_index(word->raw, str_find_char(word->raw, '/'));
        if (home && str_has(target, below) && str_eq(command->name, STR("rm")))
            return true;
    }
    return false;
}

/* rm -rf of the mounted directory, of what is in it, or of what is above it. */
static const struct mount *emptied_by_rm(const struct step_facts *step,
                                         const struct shell_command *command)
{
    if (!STR_IN(command->name, "rm", "find"))
        return NULL;
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        bool known =
            mount->type == MOUNT_CACHE && mount->target.len > 1 && mount->target.at[0] == '/';
        bool place = false;
        for (size_t i = 0; known && i < ARRAY_COUNT(places); i++)
            place = place || has_mark(mount->target, places[i].marks);
        if (known && (place || is_whole_cache(mount->target)) &&
            (command_removes(command, mount->target) || removes_below_home(command, mount->target)))
            return mount;
    }
    return NULL;
}

static void check_defeated_step(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->packages || !has_cache_mount(step))
        return;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        const struct shell_command *command = &step->commands[k];
        const struct mount *emptied = emptied_by_clean(step, package);
        if (!emptied)
            emptied = emptied_by_rm(step, command);
        bool lock_only = str_has(source_text(sink->source, command->at), STR("lock"));
        if (emptied && !lock_only)
            report_emptied(facts, sink, step, command, emptied);
        else
            check_no_cache(sink, step, package);
    }
}

static void check_defeated(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_defeated_step);
}

/* -- apt's clean hook -------------------------------------------------------------------------- */

static bool lifts_hook(const struct facts *facts, const struct step_facts *step)
{
    for (const struct step_facts *at = step_look_first(facts, step); at <= step; at++) {
        str text = at->instruction->logical.text;
        if (str_has(text, STR("docker-clean")) || str_has(text, STR("Keep-Downloaded-Packages")))
            return true;
    }
    return false;
}

/* The cache mount of /var/cache/apt; NULL when there is none. */
static const struct mount *apt_mount_of(const struct step_facts *step)
{
    const struct mount *mount = NULL;
    VEC_EACH(struct mount, other, step->instruction->mounts) {
        if (other->type == MOUNT_CACHE && str_starts(other->target, STR("/var/cache/apt")))
            mount = other;
    }
    return mount;
}

static bool installs_by_apt(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if (step->packages[k].verb == PACKAGE_INSTALL &&
            str_starts(str_from(step->packages[k].manager), STR("apt")))
            return true;
    return false;
}

static void lift_hook(struct rule_sink *sink, const struct step_facts *step)
{
    const struct shell_command *first = &step->commands[0];
    while (first < step->commands + step->command_count - 1 && !str_starts(first->name, STR("apt")))
        first++;
    if (step->script_is_heredoc || step->instruction->json || first->depth || first->context)
        return;
    found_fix(sink, "Remove the hook for this RUN");
    found_insert(sink, first->at.start, STR("rm -f /etc/apt/apt.conf.d/docker-clean && "));
}

static void check_hook(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool apt = stage && (stage->family == FAMILY_DEBIAN || stage->family == FAMILY_UBUNTU ||
                         stage->family == FAMILY_UNKNOWN);
    if (!step_is_run(facts, step) || !step->packages || !apt || !has_cache_mount(step))
        return;
    const struct mount *mount = apt_mount_of(step);
    if (!mount || !installs_by_apt(step) || lifts_hook(facts, step) ||
        str_has(mount->target, STR("archives")))
        return;
    found(sink, mount->at,
          "the base's docker-clean hook empties this cache after each install: it saves nothing");
    lift_hook(sink, step);
}

static void check_hooks(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_hook);
}

/* -- sharing ----------------------------------------------------------------------------------- */

static void check_share(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    (void)facts;
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        bool apt = str_starts(mount->target, STR("/var/cache/apt")) ||
                   str_starts(mount->target, STR("/var/lib/apt"));
        if (mount->type != MOUNT_CACHE || !apt || mount->sharing.len)
            continue;
        found(sink, mount->at, "two builds at once write to '%.*s': apt wants it for itself",
              STR_ARG(mount->target));
        str text = source_text(sink->source, mount->at);
        if (str_ends(text, STR("\"")) || str_ends(text, STR("'")))
            continue;
        found_fix(sink, "Add sharing=locked");
        found_insert(sink, mount->at.end, STR(",sharing=locked"));
    }
}

static void check_shares(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_share);
}

/* -- place ------------------------------------------------------------------------------------- */

static void check_owner(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct mount *mount)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool root = !step->user_known || !step->user.len || user_is_root(step->user, stage->base);
    if (root || mount->expands)
        return;
    if (str_starts(mount->target, STR("/root/"))) {
        found(sink, mount->at, "'%.*s' is root's: the step runs as '%.*s', which has another home",
              STR_ARG(mount->target), STR_ARG(step->user));
    } else if (!mount->uid.len && !mount->mode.len) {
        found(sink, mount->at, "the cache belongs to root: '%.*s' cannot write to it without uid=",
              STR_ARG(step->user));
        str user = str_slice(step->user, 0, str_find_char(step->user, ':'));
        uint64_t uid;
        str text = source_text(sink->source, mount->at);
        if (!str_to_u64(user, &uid) || str_ends(text, STR("\"")))
            return;
        found_fix(sink, "Give it to the user");
        found_insert(sink, mount->at.end, str_fmt(sink->arena, ",uid=%.*s", STR_ARG(user)));
    }
}

/* Is the place of this install's cache known, not moved, and not mounted? */
static bool misses_place(const struct facts *facts, const struct step_facts *step,
                         const struct package_command *package, const struct cache_place *place)
{
    return place && !mount_of(step, place) &&
           !command_has_any(package->command, "--cache-dir --cache --cache-folder --store-dir") &&
           !(place->setting &&
             dockerfile_variable(facts->file, step->instruction, str_from(place->setting)));
}

/* Is every mounted cache that of some manager, and of that alone? */
static bool mounts_are_known(const struct step_facts *step)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_COUNT(places); i++)
            known = known || has_mark(mount->target, places[i].marks);
        if (mount->type == MOUNT_CACHE && (!known || is_whole_cache(mount->target)))
            return false;
    }
    return true;
}

/* Mounts, and installs none of which keeps its cache there. */
static void check_strangers(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    const struct cache_place *missed = NULL;
    const struct package_command *install = NULL;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        const struct cache_place *place = place_of(package->manager);
        if (package->verb != PACKAGE_INSTALL)
            continue;
        if (!misses_place(facts, step, package, place))
            return;
        missed = place;
        install = package;
    }
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct cache_place *own = place_named(step->commands[k].name);
        if (own && mount_of(step, own))
            return; /* `go build` is no install, but uses its mount */
    }
    if (!missed || !mounts_are_known(step))
        return;
    found(sink, install->command->at, "none of the mounted caches is %s's, which is '%s'",
          missed->manager, missed->usual);
}

static void check_place(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step_stage(facts, step) || !has_cache_mount(step))
        return;
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type != MOUNT_CACHE)
            continue;
        if (str_starts(mount->target, STR("~")))
            found(sink, mount->at, "'~' is no home here: the mount is at a directory of that name");
        else
            check_owner(facts, sink, step, mount);
    }
    if (step->packages)
        check_strangers(facts, sink, step);
}

static void check_places(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_place);
}

/* -- output left in a mount -------------------------------------------------------------------- */

/* The cache mount that covers the path in the steps of a stage; NULL when none does, or when some
 * step writes there without it. */
static const struct mount *hidden_by(const struct facts *facts, uint32_t stage, str path)
{
    const struct stage *of = &facts->file->stages.at[stage];
    const struct mount *hides = NULL;
    uint32_t end = of->end - of->first > LOOK_STEPS_MAX ? of->first + LOOK_STEPS_MAX : of->end;
    for (uint32_t i = of->first; i < end; i++) {
        const struct step_facts *step = &facts->steps[i];
        VEC_EACH(struct trace, trace, step->traces) {
            if (trace->kind != TRACE_REMOVED &&
                (trace_covers(trace->path, path) || trace_covers(path, trace->path)) &&
                !(trace->tree && trace->kind == TRACE_COPY))
                return NULL;
        }
        VEC_EACH(struct mount, mount, step->instruction->mounts) {
            str target =
                mount->type == MOUNT_CACHE ? step_path(facts, step, mount->target) : STR("");
            if (target.len > 1 && trace_covers(target, path))
                hides = mount;
        }
    }
    return hides;
}

static void check_output(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    uint32_t stage = from ? stage_find(facts->file, from->value, at->stage) : NO_INDEX;
    if (stage == NO_INDEX || at->words.count < 2)
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str path;
        if (!word_value(facts, at, at->words.at[i].raw, &path) || !path.len)
            continue;
        path = path.at[0] == '/' ? path_clean(facts->arena, path)
                                 : path_join(facts->arena, STR("/"), path);
        const struct mount *mount = hidden_by(facts, stage, path);
        if (!mount)
            continue;
        found(sink, at->words.at[i].at,
              "'%.*s' is in a cache mount of its stage: outside of that RUN it is not there",
              STR_ARG(path));
        found_related(sink, mount->at, "mounted here");
        return;
    }
}

static void check_outputs(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_output);
}

RULE_FAMILY(
    cache_mounts,
    {.name = "cache/mount-defeated",
     .aka = "tally:no-cache-with-cache-mount",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s9 s23",
     .what = "a cache mount that the same RUN empties or does not use",
     .why = "a mount is never part of the image: cleaning it frees nothing there, and the next "
            "build downloads everything again",
     .how = "leave the clean or the --no-cache option out",
     .source = "Dockerfile reference, RUN --mount=type=cache; the guide's complete example does it",
     .dockerfile = check_defeated},
    {.name = "cache/docker-clean",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s9",
     .what = "an apt cache mount under Debian's or Ubuntu's docker-clean hook",
     .why = "the hook removes every .deb after an install: the mount stays empty",
     .how = "rm -f /etc/apt/apt.conf.d/docker-clean in the same RUN",
     .source = "Dockerfile reference, example of cache mounts for apt",
     .dockerfile = check_hooks},
    {.name = "cache/mount-sharing",
     .aka = "tally:require-cache-mount-sharing",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s9",
     .what = "an apt cache mount without sharing=locked",
     .why = "apt locks its directories: of two builds at once one fails",
     .how = "--mount=type=cache,target=/var/cache/apt,sharing=locked",
     .source = "Dockerfile reference, example of cache mounts for apt",
     .dockerfile = check_shares},
    {.name = "cache/mount-path",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s9",
     .what = "a cache mount where the tool does not look, or that its user cannot write to",
     .why = "nothing is ever cached, and what is downloaded goes into the layer",
     .how = "the tool's own directory, below the home of the step's user, with uid= for who is not "
            "root",
     .source = "Dockerfile reference, RUN --mount=type=cache: uid, gid, mode",
     .dockerfile = check_places},
    {.name = "cache/output-in-mount",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s9",
     .what = "COPY --from takes what lies in a cache mount",
     .why = "the mount is gone when its RUN ends: the build fails, or copies what an older layer "
            "had there",
     .how = "copy the result out of the mount in the same RUN: && cp target/release/app /app",
     .source = "Dockerfile reference, RUN --mount=type=cache",
     .dockerfile = check_outputs});
