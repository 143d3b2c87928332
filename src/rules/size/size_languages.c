#include "rules/families.h"

/* What the package managers of languages leave beside what they install. */

static bool ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships;
}

static bool is_manager(const struct package_command *package, const char *name)
{
    return package->manager && str_eq(str_from(package->manager), str_from(name));
}

/* The value of an environment variable where a command runs: its own assignment, an export before
 * it in the script, ENV or ARG; "" when none says so. */
static str environment(const struct facts *facts, const struct step_facts *step,
                       const struct shell_command *command, const char *name)
{
    str wanted = str_from(name);
    VEC_EACH(struct shell_assign, assign, command->assigns) {
        if (str_eq(assign->name, wanted))
            return assign->value.known ? assign->value.value : assign->value.raw;
    }
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *before = &step->commands[k];
        if (before->at.start >= command->at.start)
            break;
        if (!str_eq(before->name, STR("export")))
            continue;
        VEC_EACH(struct shell_word, word, before->argv) {
            if (str_starts(word->raw, wanted) && word->raw.len > wanted.len &&
                word->raw.at[wanted.len] == '=')
                return str_from_index(word->raw, wanted.len + 1);
        }
    }
    const struct variable *variable = dockerfile_variable(facts->file, step->instruction, wanted);
    if (!variable)
        return STR("");
    return variable->known ? variable->value : STR("?");
}

static bool is_on(str value)
{
    return value.len && !STR_IN(value, "0", "off", "no", "false", "n", "f");
}

/* A mount over one of the caches, or over a directory that is called like one. */
static bool is_cached(const struct step_facts *step, str word)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if ((mount->type == MOUNT_CACHE || mount->type == MOUNT_TMPFS) &&
            (str_has(mount->target, word) || str_ends(mount->target, STR("/.cache")) ||
             STR_IN(mount->target, "/root", "/root/", "/tmp/cache") ||
             /* the last is composer's */ str_has_char(mount->target, '$')))
            return true;
    }
    return false;
}

/* A removal behind the command that names the cache: "rm -rf ~/.cache/pip /root/.npm". */
static bool is_removed(const struct step_facts *step, const struct shell_command *after, str word)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        if (command->at.start < after->at.start || !STR_IN(command->name, "rm", "find"))
            continue;
        VEC_EACH(struct shell_word, operand, command->words) {
            if (str_has(operand->raw, word) || str_ends(operand->raw, STR("/.cache")) ||
                str_ends(operand->raw, STR("/.cache/")) || str_ends(operand->raw, STR("/.cache/*")))
                return true;
        }
    }
    return false;
}

/* -- pip --------------------------------------------------------------------------------------- */

static void check_pip(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct package_command *package)
{
    const struct shell_command *command = package->command;
    const struct shell_word *sub = shell_subcommand(command);
    if (package->verb != PACKAGE_INSTALL || !is_manager(package, "pip") || !ships(facts, step) ||
        !sub || !str_eq(sub->value, STR("install")) || shell_option(command, "--no-cache-dir") ||
        shell_option(command, "--cache-dir") || is_cached(step, STR("pip")) ||
        is_removed(step, command, STR(".cache/pip")) || cleans_behind(step, package) ||
        shell_option(command, "--dry-run"))
        return;
    if (is_on(environment(facts, step, command, "PIP_NO_CACHE_DIR")) ||
        environment(facts, step, command, "PIP_CACHE_DIR").len)
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && str_has(word->raw, STR("no-cache")))
            return;
    }
    found(sink, sub->at, "pip keeps what it downloads in its cache, and the cache in the image");
    found_fix(sink, "Add --no-cache-dir");
    struct edit edit = insert_after_word(sink->arena, sub, STR(" --no-cache-dir"));
    found_edit(sink, edit.at, edit.text);
}

static void check_pips(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_pip);
}

/* -- the other managers ------------------------------------------------------------------------ */

struct cache_row {
    const char *manager;
    const char *mark;    /* a word that its cache's path holds */
    const char *option;  /* that keeps nothing; NULL */
    const char *setting; /* environment variable that moves the cache or switches it off; NULL */
    const char *clean;   /* command that empties it */
    bool heavy;
};

/* pnpm, bun and uv link files from their store, so that it costs little beside them. */
static const struct cache_row cache_rows[] = {
    {"npm", ".npm", "--cache", "NPM_CONFIG_CACHE", "npm cache clean --force", false},
    {"yarn", "yarn", "--cache-folder", "YARN_CACHE_FOLDER", "yarn cache clean", false},
    {"composer", "composer", "--no-cache", "COMPOSER_CACHE_DIR", "composer clear-cache", false},
    {"conda", "pkgs", NULL, "CONDA_PKGS_DIRS", "conda clean -afy", true},
    {"mamba", "pkgs", NULL, "CONDA_PKGS_DIRS", "mamba clean -afy", true},
    {"micromamba", "pkgs", NULL, "CONDA_PKGS_DIRS", "micromamba clean -afy", true},
    {"poetry", "pypoetry", "--no-cache", "POETRY_CACHE_DIR", "rm -rf ~/.cache/pypoetry", false},
    {"gem", "cache", NULL, NULL, "rm -rf \"$(gem env gemdir)\"/cache", false},
    {"bundle", "cache", NULL, NULL, "rm -rf \"$(gem env gemdir)\"/cache", false},
    {"cargo", "registry", NULL, "CARGO_HOME", "rm -rf \"$CARGO_HOME/registry\"", false},
};

static const struct cache_row *cache_row_of(const struct package_command *package)
{
    for (size_t i = 0; package->manager && i < ARRAY_COUNT(cache_rows); i++)
        if (is_manager(package, cache_rows[i].manager))
            return &cache_rows[i];
    return NULL;
}

/* The last install of the step with this manager: there the cleanup belongs. */
static bool is_last_install(const struct step_facts *step, const struct package_command *package)
{
    for (uint32_t k = step->command_count; k-- > 0;) {
        const struct package_command *other = &step->packages[k];
        if (other->verb == PACKAGE_INSTALL && other->manager &&
            str_eq(str_from(other->manager), str_from(package->manager)))
            return other == package;
    }
    return true;
}

/* `gem install bundler`: a tool of one small file. */
static bool is_small_tool(const struct package_command *package)
{
    VEC_EACH(struct shell_word, word, package->packages) {
        if (!word->known || !str_starts(word->value, STR("bundler")))
            return false;
    }
    return package->packages.count > 0;
}

static void check_cache(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct package_command *package)
{
    const struct cache_row *row = package->verb == PACKAGE_INSTALL ? cache_row_of(package) : NULL;
    if (!row || !ships(facts, step) || !is_last_install(step, package) || is_small_tool(package) ||
        is_cached(step, str_from(row->mark)) || cleans_behind(step, package) ||
        is_removed(step, package->command, str_from(row->mark)) ||
        (row->option && shell_option(package->command, row->option)) ||
        (row->setting && environment(facts, step, package->command, row->setting).len))
        return;
    found(sink, package->command->at, "what %s downloads stays in its cache, and so in the image",
          row->manager);
    if (row->heavy)
        found_severity(sink, SEVERITY_WARNING);
    bool own_clean = !str_eq(str_from(row->manager), STR("cargo"));
    if (step->instruction->json || !step->script || step->script->comments.count || !own_clean ||
        step->script->problems.count ||
        (step->instruction->heredocs.count && !step->script_is_heredoc))
        return;
    found_fix(sink, "Add '%s' to this RUN", row->clean);
    struct edit edit = run_append_edit(facts, step, NULL, str_from(row->clean));
    found_edit(sink, edit.at, edit.text);
}

static void check_caches(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_cache);
}

/* -- lock files -------------------------------------------------------------------------------- */

/* Does an earlier COPY of the stage bring this file, by name or by a glob written for it? */
static bool is_copied(const struct facts *facts, const struct step_facts *step, const char *name)
{
    const struct stage *stage = step_stage(facts, step)->stage;
    const struct step_facts *first = step_look_first(facts, step);
    if (first < facts->steps + stage->first)
        first = facts->steps + stage->first;
    for (const struct step_facts *at = first; at < step; at++) {
        if (at->instruction->kind != INSTRUCTION_COPY && at->instruction->kind != INSTRUCTION_ADD)
            continue;
        for (uint32_t i = 0; i + 1 < at->instruction->words.count; i++) {
            str source = str_basename(at->instruction->words.at[i].raw);
            bool glob = glob_is_pattern(source) &&
                        str_starts(source, str_slice(str_from(name), 0, 4)) &&
                        glob_match(source, str_from(name));
            if (str_eq(source, str_from(name)) || glob)
                return true;
        }
    }
    return false;
}

struct lock_row {
    const char *manager, *sub; /* sub "": bare, as `yarn` */
    const char *lock;
    const char *options; /* any of them: it holds itself to the lock file */
    const char *add;     /* option that makes it so; NULL: `npm ci` */
};

static const struct lock_row lock_rows[] = {
    {"npm", "install", "package-lock.json", "-g --global --package-lock=false", NULL},
    {"npm", "i", "package-lock.json", "-g --global --package-lock=false", NULL},
    {"yarn", "install", "yarn.lock",
     "--frozen-lockfile --immutable --pure-lockfile --immutable-cache -g", " --frozen-lockfile"},
    {"pnpm", "install", "pnpm-lock.yaml", "--frozen-lockfile --no-frozen-lockfile --offline -g",
     " --frozen-lockfile"},
    {"pnpm", "i", "pnpm-lock.yaml", "--frozen-lockfile --no-frozen-lockfile --offline -g",
     " --frozen-lockfile"},
    {"bun", "install", "bun.lock", "--frozen-lockfile -g", " --frozen-lockfile"},
    {"uv", "sync", "uv.lock", "--frozen --locked", " --locked"},
    {"pipenv", "install", "Pipfile.lock", "--deploy --ignore-pipfile", " --deploy"},
};

static void check_lock(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_INSTALL || package->packages.count || !step_stage(facts, step))
        return;
    const struct shell_word *sub = shell_subcommand(package->command);
    for (size_t i = 0; sub && i < ARRAY_COUNT(lock_rows); i++) {
        const struct lock_row *row = &lock_rows[i];
        if (!is_manager(package, row->manager) || !str_eq(sub->value, str_from(row->sub)) ||
            command_has_any(package->command, row->options) || !is_copied(facts, step, row->lock))
            continue;
        found(sink, sub->at, "'%s %s' may change what %s says", row->manager, row->sub, row->lock);
        found_fix(sink, "Install what the lock file says");
        if (row->add) {
            struct edit edit = insert_after_word(sink->arena, sub, str_from(row->add));
            found_edit(sink, edit.at, edit.text);
        } else {
            found_edit(sink, sub->at, step->instruction->json ? STR("\"ci\"") : STR("ci"));
        }
        return;
    }
}

static void check_locks(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_lock);
}

/* -- npm's old option -------------------------------------------------------------------------- */

/* Is it known that the base's npm is 7 or newer? node 16 brought npm 8. */
static bool knows_omit(const struct stage_facts *stage)
{
    uint64_t major = 0;
    if (!stage || !str_eq(stage->repository, STR("node")))
        return false;
    size_t digits = 0;
    while (digits < stage->tag.len && char_is_digit(stage->tag.at[digits]))
        digits++;
    return str_to_u64(str_slice(stage->tag, 0, digits), &major) && major >= 16;
}

static bool is_old_node(const struct stage_facts *stage)
{
    return stage && str_eq(stage->repository, STR("node")) && stage->tag.len &&
           char_is_digit(stage->tag.at[0]) && !knows_omit(stage);
}

static void check_omit(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct package_command *package)
{
    const struct stage_facts *stage = step_stage(facts, step);
    if (package->verb != PACKAGE_INSTALL || !is_manager(package, "npm") || is_old_node(stage))
        return;
    VEC_EACH(struct shell_word, word, package->command->argv) {
        if (!STR_IN(word->value, "--only=production", "--only=prod", "--production"))
            continue;
        found(sink, word->at, "'%.*s' is npm 6's word: npm 7 and newer say --omit=dev",
              STR_ARG(word->value));
        found_fix_as(sink, knows_omit(stage) ? FIX_SAFE : FIX_PROOF, "Say --omit=dev");
        found_edit(sink, word->at,
                   step->instruction->json ? STR("\"--omit=dev\"") : STR("--omit=dev"));
    }
}

static void check_omits(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_omit);
}

RULE_FAMILY(
    size_languages,
    {.name = "size/pip-cache",
     .aka = "hadolint:DL3042 droast:DF030 semgrep:dockerfile.best-practice.missing-pip-no-cache",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s4 s6",
     .what = "pip install without --no-cache-dir or a cache mount",
     .why = "each wheel is in the image twice: installed, and in /root/.cache/pip",
     .how = "pip install --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip",
     .source = "guide: Minimal Base Images; pip documentation, Caching",
     .dockerfile = check_pips},
    {.name = "size/language-cache",
     .aka = "hadolint:DL3060",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s3 s6",
     .what = "the cache of npm, yarn, composer, conda, poetry, gem or cargo stays in the image",
     .why = "what was downloaded is there packed beside what is installed",
     .how = "a cache mount; or the manager's own clean in the same RUN",
     .source = "guide: Chain Cleanup in Same Layer",
     .dockerfile = check_caches},
    {.name = "size/install-without-lock",
     .aka = "droast:DF031",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s3 s6",
     .what = "a lock file is there, and the install does not hold itself to it",
     .why = "the image may get versions that nobody has tested; npm ci is faster, too",
     .how = "npm ci, yarn --frozen-lockfile, pnpm --frozen-lockfile, uv sync --locked",
     .source = "docs.npmjs.com, npm-ci; guide: Exclude Development Dependencies",
     .dockerfile = check_locks},
    {.name = "size/deprecated-omit",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s6",
     .what = "npm --only=production",
     .why = "deprecated since npm 7: it warns today and will be gone",
     .how = "--omit=dev",
     .source = "docs.npmjs.com, config: only",
     .dockerfile = check_omits});
