#include "rules/families.h"

#include "rules/repository.h"
#include "rules/templates.h"

/*
 * COPY of the whole tree in front of an install: the COPY becomes one of the manifests, and the
 * whole tree comes behind the install. Where the install builds, too, its downloads get a step of
 * their own in front.
 */

/* Does the COPY or ADD take the whole context? */
static bool copies_everything(const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || at->broken ||
        instruction_flag(at, "from") || instruction_flag(at, "exclude"))
        return false;
    for (uint32_t i = 0; i + 1 < at->words.count; i++)
        if (STR_IN(at->words.at[i].raw, ".", "./", "/", "*", "./*"))
            return true;
    return false;
}

const struct step_facts *copy_of_everything(const struct facts *facts,
                                            const struct step_facts *step)
{
    for (const struct step_facts *at = step; at-- > step_look_first(facts, step);) {
        if (at->stage != step->stage)
            return NULL;
        if (copies_everything(at))
            return at;
    }
    return NULL;
}

/* -- what an install reads --------------------------------------------------------------------- */

struct manifest_row {
    const char *program, *subs; /* subs "-" is the bare command; NULL: any */
    const char *pattern;        /* what brings them where no tree is known; NULL: no text then */
    const char *files;          /* the first must be there; the others where they are */
    const char *directories;    /* that are brought whole where they are; NULL */
    const char *first;          /* step that downloads only, put in front; NULL: the RUN moves */
    const char *option;         /* option for that step, behind the subcommand; NULL */
};

static const struct manifest_row manifest_rows[] = {
    {"npm", "ci clean-install install i", "package*.json",
     "package.json package-lock.json npm-shrinkwrap.json .npmrc", NULL, NULL, NULL},
    {"yarn", "install -", "package.json yarn.lock*", "package.json yarn.lock .yarnrc.yml .yarnrc",
     ".yarn", NULL, NULL},
    {"pnpm", "install i fetch", "package.json pnpm-lock.yaml*",
     "package.json pnpm-lock.yaml .npmrc .pnpmfile.cjs", NULL, NULL, NULL},
    {"bun", "install i", "package.json bun.lock*", "package.json bun.lock bun.lockb bunfig.toml",
     NULL, NULL, NULL},
    {"go", "mod", "go.mod go.sum*", "go.mod go.sum", NULL, NULL, NULL},
    {"bundle", "install -", "Gemfile*", "Gemfile Gemfile.lock .ruby-version", NULL, NULL, NULL},
    {"composer", "install", "composer.*", "composer.json composer.lock", NULL, NULL, NULL},
    {"pipenv", "install sync", "Pipfile*", "Pipfile Pipfile.lock", NULL, NULL, NULL},
    {"poetry", "install", "pyproject.toml poetry.lock*", "pyproject.toml poetry.lock poetry.toml",
     NULL, "", " --no-root"},
    {"uv", "sync", "pyproject.toml uv.lock*", "pyproject.toml uv.lock .python-version uv.toml",
     NULL, "", " --no-install-project"},
    {"cargo", "fetch", NULL, "Cargo.toml Cargo.lock", ".cargo", NULL, NULL},
    {"dotnet", "restore", NULL, NULL, NULL, NULL, NULL},
};

/* Builds that download first, all in one step: notes, where the tree shows the manifests. */
static const struct manifest_row build_rows[] = {
    {"go", "build install test", NULL, "go.mod go.sum", NULL, "go mod download", NULL},
    {"cargo", "build install", NULL, "Cargo.toml Cargo.lock", ".cargo",
     "mkdir -p src && touch src/main.rs src/lib.rs && cargo fetch && rm -r src", NULL},
    {"mvn", "package install verify compile", NULL, "pom.xml", NULL, "mvn -B dependency:go-offline",
     NULL},
    {"mvnw", "package install verify compile", NULL, "pom.xml mvnw", ".mvn",
     "./mvnw -B dependency:go-offline", NULL},
    {"gradle", "build assemble bootJar installDist shadowJar jar", NULL,
     "build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties",
     "gradle", "gradle dependencies --no-daemon", NULL},
    {"gradlew", "build assemble bootJar installDist shadowJar jar", NULL,
     "gradlew build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties",
     "gradle", "./gradlew dependencies --no-daemon", NULL},
};

static bool is_pip(const struct package_command *package)
{
    return package->manager && str_eq(str_from(package->manager), STR("pip"));
}

/* A path that pip's -r or -c names, relative to the step's directory; "" when it lies elsewhere. */
static str listed_file(const struct step_facts *step, const struct shell_word *word)
{
    str file = word->known ? word->value : STR("");
    if (step->workdir_known && step->workdir.len > 1 && path_is_below(file, step->workdir))
        file = str_from_index(file, step->workdir.len + 1);
    while (str_starts(file, STR("./")))
        file = str_from_index(file, 2);
    bool plain = file.len && file.at[0] != '/' && !str_has(file, STR("..")) &&
                 !str_has(file, STR("://")) && !glob_is_pattern(file);
    return plain ? file : STR("");
}

/* The files of `pip install -r a -c b`; "" when there are none, or the install reads more. */
static str pip_files(const struct facts *facts, const struct step_facts *step,
                     const struct package_command *package)
{
    const struct shell_words *argv = &package->command->argv;
    str files = STR("");
    bool listed = false;
    if (package->packages.count || shell_option(package->command, "-e"))
        return STR("");
    for (uint32_t i = 1; i < argv->count; i++) {
        str raw = argv->at[i].raw;
        bool requirement = STR_IN(raw, "-r", "--requirement");
        if (!requirement && !STR_IN(raw, "-c", "--constraint")) {
            if (str_starts(raw, STR("-r")) || str_starts(raw, STR("--requirement=")) ||
                str_starts(raw, STR("--constraint=")))
                return STR("");
            continue;
        }
        str file = i + 1 < argv->count ? listed_file(step, &argv->at[i + 1]) : STR("");
        if (!file.len)
            return STR("");
        listed = listed || requirement;
        files =
            files.len ? str_fmt(facts->arena, "%.*s %.*s", STR_ARG(files), STR_ARG(file)) : file;
    }
    return listed ? files : STR("");
}

static const struct manifest_row *row_of(const struct shell_command *command,
                                         const struct manifest_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!command->name.len || command->name.at[0] != rows[i].program[0] ||
            !shell_is(command, rows[i].program, NULL))
            continue;
        const struct shell_word *sub = shell_subcommand(command);
        if (str_is_listed(rows[i].subs, sub ? sub->value : STR("-")))
            return &rows[i];
    }
    return NULL;
}

/* The row of an install of all that its manifests name; NULL when it names packages itself. */
static const struct manifest_row *install_row(const struct package_command *package)
{
    const struct shell_command *command = package->command;
    bool named = package->packages.count && !str_eq(command->name, STR("dotnet"));
    if (package->verb != PACKAGE_INSTALL || named || shell_option(command, "-g") ||
        shell_option(command, "--global"))
        return NULL;
    return row_of(command, manifest_rows, ARRAY_COUNT(manifest_rows));
}

static bool installs_all(const struct facts *facts, const struct step_facts *step,
                         const struct package_command *package)
{
    if (is_pip(package) && package->verb == PACKAGE_INSTALL)
        return pip_files(facts, step, package).len > 0;
    return install_row(package) != NULL;
}

/* -- what else it may read --------------------------------------------------------------------- */

/* package.json with scripts that run at every install, with workspaces or local packages. */
static bool node_reads_more(const struct facts *facts, const struct shell_command *command)
{
    static const char *const hooks[] = {"preinstall", "install",    "postinstall",
                                        "prepare",    "preprepare", "postprepare"};
    static const char *const groups[] = {"dependencies", "devDependencies", "optionalDependencies"};
    str text = template_file(facts, STR("package.json"));
    struct node *root;
    struct err err = {0};
    if (!text.at)
        return false;
    if (!json_parse(facts->arena, text, &root, &err) || node_get(root, "workspaces"))
        return true;
    const struct node *scripts = node_get(root, "scripts");
    for (size_t i = 0; i < ARRAY_COUNT(hooks) && !shell_option(command, "--ignore-scripts"); i++)
        if (node_get(scripts, hooks[i]))
            return true;
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++) {
        const struct node *group = node_get(root, groups[i]);
        if (!group || group->kind != NODE_MAP)
            continue;
        VEC_EACH(struct node_pair, pair, group->pairs) {
            str version = node_str(pair->value);
            if (str_starts(version, STR("file:")) || str_starts(version, STR("link:")) ||
                str_starts(version, STR("workspace:")) || str_starts(version, STR("patch:")))
                return true;
        }
    }
    return false;
}

/* A list of requirements that names other lists, or directories. */
static bool list_reads_more(const struct facts *facts, str path)
{
    str rest = template_file(facts, path), line;
    while (rest.at && str_next_line(&rest, &line)) {
        line = str_trim(line);
        if (str_starts(line, STR("-r")) || str_starts(line, STR("-c")) ||
            str_starts(line, STR("-e")) || str_starts(line, STR("--req")) ||
            str_starts(line, STR(".")) || str_starts(line, STR("/")) || str_has(line, STR("file:")))
            return true;
    }
    return false;
}

/* Words in a manifest that speak of other files. */
static bool text_reads_more(const struct facts *facts, const char *path, const char *marks)
{
    str text = template_file(facts, str_from(path)), rest = str_from(marks), mark;
    while (text.at && str_next_word(&rest, &mark))
        if (str_has(text, mark))
            return true;
    return false;
}

/* What the install makes would be overwritten by what the COPY brings. */
static bool is_brought_too(const struct facts *facts, str program)
{
    if (STR_IN(program, "npm", "yarn", "pnpm", "bun"))
        return template_sent(facts, STR("node_modules"));
    return STR_IN(program, "composer", "bundle") ? template_sent(facts, STR("vendor"))
                                                 : template_sent(facts, STR(".venv"));
}

/* Words of a manifest that name other files which an install reads. */
static const struct {
    const char *programs, *manifest, *words;
} more_readers[] = {
    {"bundle", "Gemfile", "gemspec path: eval_gemfile"},
    {"composer", "composer.json", "\"scripts\" \"path\" \"classmap\" \"files\""},
    {"poetry uv pipenv", "pyproject.toml", "workspace path"},
    {"poetry uv pipenv", "Pipfile", "path"},
    {"go", "go.mod", "./"},
    {"cargo", "Cargo.toml", "[workspace path [[bench [[test [[example build proc-macro"},
    {"mvn mvnw", "pom.xml", "<modules> <parent><relativePath>"},
    {"gradle gradlew", "settings.gradle", "include"},
    {"gradle gradlew", "settings.gradle.kts", "include"},
    {"gradle gradlew", "build.gradle", "file( files( apply\\ from"},
};

static bool reads_more(const struct facts *facts, const struct shell_command *command)
{
    if (is_brought_too(facts, command->name))
        return true;
    if (STR_IN(command->name, "npm", "yarn", "pnpm", "bun"))
        return node_reads_more(facts, command) ||
               template_sent(facts, STR("pnpm-workspace.yaml")) ||
               template_sent(facts, STR("patches"));
    for (size_t i = 0; i < ARRAY_COUNT(more_readers); i++)
        if (str_is_listed(more_readers[i].programs, command->name) &&
            text_reads_more(facts, more_readers[i].manifest, more_readers[i].words))
            return true;
    return false;
}

/* -- the lines --------------------------------------------------------------------------------- */

/* The text of the flags, each with a blank in front. */
static str flags_text(const struct facts *facts, const struct instruction *at)
{
    str text = STR("");
    VEC_EACH(struct flag, flag, at->flags) {
        text = str_fmt(facts->arena, "%.*s %.*s", STR_ARG(text),
                       STR_ARG(source_text(facts->source, flag->at)));
    }
    return text;
}

/* Where the COPY puts things, as a directory: "./", "/app/". */
static str goal_of(const struct facts *facts, const struct step_facts *copy)
{
    str goal = vec_last(&copy->instruction->words)->raw;
    if (STR_IN(goal, ".", "./"))
        return STR("./");
    return str_ends(goal, STR("/")) ? goal : str_cat(facts->arena, goal, STR("/"));
}

static str copy_line(const struct facts *facts, const struct step_facts *copy, str sources,
                     str goal)
{
    return str_fmt(facts->arena, "%.*s%.*s %.*s %.*s%.*s", STR_ARG(copy->instruction->keyword),
                   STR_ARG(flags_text(facts, copy->instruction)), STR_ARG(sources), STR_ARG(goal),
                   STR_ARG(source_newline(facts->source)));
}

/* Those of a list of paths that are sent, one COPY a directory; "" when the first is missing. */
static str lines_of_files(const struct facts *facts, const struct step_facts *copy,
                          const char *files, const char *directories)
{
    str goal = goal_of(facts, copy), sources = STR(""), lines, rest = str_from(files), path;
    for (bool first = true; str_next_word(&rest, &path); first = false) {
        if (!template_sent(facts, path)) {
            bool other = first && str_eq(path, STR("build.gradle")) &&
                         template_sent(facts, STR("build.gradle.kts"));
            if (first && !other)
                return STR("");
            continue;
        }
        sources = sources.len ? str_fmt(facts->arena, "%.*s %.*s", STR_ARG(sources), STR_ARG(path))
                              : path;
    }
    lines = copy_line(facts, copy, sources, goal);
    rest = directories ? str_from(directories) : STR("");
    while (str_next_word(&rest, &path))
        if (template_sent(facts, path))
            lines = str_cat(facts->arena, lines,
                            copy_line(facts, copy, path, str_cat(facts->arena, goal, path)));
    return lines;
}

/* The lists of pip, each into its own directory. */
static str lines_of_lists(const struct facts *facts, const struct step_facts *copy, str files)
{
    str lines = STR(""), path, together = STR(""), goal = goal_of(facts, copy);
    while (str_next_word(&files, &path)) {
        str directory = str_dirname(path);
        if ((facts->tree && !template_sent(facts, path)) || list_reads_more(facts, path))
            return STR("");
        if (!directory.len) {
            together = together.len
                           ? str_fmt(facts->arena, "%.*s %.*s", STR_ARG(together), STR_ARG(path))
                           : path;
            continue;
        }
        str below = str_fmt(facts->arena, "%.*s%.*s/", STR_ARG(goal), STR_ARG(directory));
        lines = str_cat(facts->arena, lines, copy_line(facts, copy, path, below));
    }
    if (together.len)
        lines = str_cat(facts->arena, copy_line(facts, copy, together, goal), lines);
    return lines;
}

/* The only project at the top, with what NuGet reads beside it; NULL when it refers to others. */
static const char *dotnet_files(const struct facts *facts)
{
    str glob = STR("*.csproj");
    uint32_t project = facts->tree ? context_match(facts->tree, glob, 0) : NO_ENTRY;
    if (project == NO_ENTRY || context_match(facts->tree, glob, project + 1) != NO_ENTRY)
        return NULL;
    str path = facts->tree->entries[project].path, text = template_file(facts, path);
    if (str_has_char(path, ' ') || (text.at && str_has(text, STR("ProjectReference"))))
        return NULL;
    return str_z(facts->arena, str_cat(facts->arena, path,
                                       STR(" nuget.config NuGet.config NuGet.Config global.json "
                                           "Directory.Build.props Directory.Packages.props")));
}

static str manifest_lines(const struct facts *facts, const struct step_facts *copy,
                          const struct step_facts *step, const struct manifest_row *row,
                          const struct package_command *package)
{
    if (!row)
        return lines_of_lists(facts, copy, pip_files(facts, step, package));
    const char *files = row->files ? row->files : dotnet_files(facts);
    if (!files || reads_more(facts, package->command))
        return STR("");
    if (facts->tree)
        return lines_of_files(facts, copy, files, row->directories);
    return row->pattern ? copy_line(facts, copy, str_from(row->pattern), goal_of(facts, copy))
                        : STR("");
}

/* May the COPY come behind the step instead: nothing between reads what it brings? */
static bool can_move(const struct facts *facts, const struct step_facts *copy,
                     const struct step_facts *step)
{
    const struct instruction *at = copy->instruction;
    str goal = vec_last(&at->words)->raw;
    bool relative = !str_starts(goal, STR("/"));
    str place = step_path(facts, copy, goal);
    if (at->kind != INSTRUCTION_COPY || at->words.count != 2 || at->json || !place.len ||
        !str_eq(step->workdir, place) || !step->workdir_known || !step->workdir_set ||
        at->line != at->end_line || STR_IN(at->words.at[0].raw, "*", "./*") ||
        str_has_char(goal, '"'))
        return false;
    for (const struct step_facts *between = copy + 1; between < step; between++) {
        enum instruction_kind kind = between->instruction->kind;
        bool harmless = kind == INSTRUCTION_EXPOSE || kind == INSTRUCTION_LABEL ||
                        kind == INSTRUCTION_ENV || kind == INSTRUCTION_ARG ||
                        (kind == INSTRUCTION_WORKDIR && !relative);
        if (!harmless)
            return false;
    }
    return true;
}

/* Commands that install, one after the other from the first; 0 when the RUN is no plain chain. */
static uint32_t leading_installs(const struct step_facts *step)
{
    uint32_t count = 0;
    if (!step->script || step->script->comments.count || step->script->problems.count ||
        step->instruction->heredocs.count || step->instruction->json)
        return 0;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        bool plain = !command->depth && command->pipeline_length == 1 &&
                     (command->after == SHELL_SEP_AND || command->after == SHELL_SEP_END);
        if (!plain)
            return 0;
        bool own =
            step->packages[k].verb == PACKAGE_INSTALL || step->packages[k].verb == PACKAGE_CLEAN;
        count += own && count == k;
    }
    return count;
}

static void add_lines(const struct facts *facts, struct template_edits *edits,
                      const struct step_facts *copy, str lines)
{
    span line = source_full_line(facts->source, copy->instruction->line);
    template_add(facts->arena, edits, line, lines);
}

/* The COPY itself, as a line. */
static str copy_itself(const struct facts *facts, const struct step_facts *copy)
{
    return str_cat(facts->arena, source_text(facts->source, copy->instruction->at),
                   source_newline(facts->source));
}

/* The RUN stays where it is: manifests above it, the COPY behind it, or in the middle of it. */
static void move_copy(const struct facts *facts, struct template_edits *edits,
                      const struct step_facts *copy, const struct step_facts *step, str lines)
{
    uint32_t installs = leading_installs(step);
    str itself = copy_itself(facts, copy), newline = source_newline(facts->source);
    if (!installs) {
        edits->impossible = true;
        return;
    }
    add_lines(facts, edits, copy, lines);
    if (installs < step->command_count) {
        const struct shell_command *next = &step->commands[installs];
        span joint = {step->commands[installs - 1].at.end, next->at.start};
        template_add(facts->arena, edits, joint,
                     str_fmt(facts->arena, "%.*s%.*s%.*s%.*s ", STR_ARG(newline), STR_ARG(itself),
                             STR_ARG(step->instruction->keyword),
                             STR_ARG(flags_text(facts, step->instruction))));
        return;
    }
    span last = source_full_line(facts->source, step->instruction->end_line);
    bool ended = str_ends(source_text(facts->source, last), STR("\n"));
    if (!ended)
        itself = str_cat(facts->arena, newline, source_text(facts->source, copy->instruction->at));
    template_add(facts->arena, edits, (span){last.end, last.end}, itself);
}

/* A step that only downloads, between the manifests and the COPY. */
static void put_step_in_front(const struct facts *facts, struct template_edits *edits,
                              const struct step_facts *copy, const struct step_facts *step,
                              str command, str lines)
{
    str line = str_fmt(facts->arena, "%.*s%.*s %.*s%.*s", STR_ARG(step->instruction->keyword),
                       STR_ARG(flags_text(facts, step->instruction)), STR_ARG(command),
                       STR_ARG(source_newline(facts->source)));
    uint32_t start = template_above(facts, copy->instruction);
    template_add(facts->arena, edits, (span){start, start}, str_cat(facts->arena, lines, line));
}

static void fix_by_split(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *copy, const struct step_facts *step,
                         const struct manifest_row *row, const struct package_command *package)
{
    struct template_edits edits = {0};
    str lines =
        can_move(facts, copy, step) ? manifest_lines(facts, copy, step, row, package) : STR("");
    if (!lines.len)
        return;
    const struct shell_command *command = package->command;
    const struct shell_word *sub = shell_subcommand(command);
    bool only_others = row && row->option && shell_option(command, row->option + 1);
    if (only_others) {
        move_copy(facts, &edits, copy, step, lines);
    } else if (row && row->first && row->option) {
        if (!sub || !leading_installs(step))
            return;
        str before = source_text(facts->source, (span){command->at.start, sub->at.end});
        str behind = source_text(facts->source, (span){sub->at.end, command->at.end});
        put_step_in_front(
            facts, &edits, copy, step,
            str_fmt(facts->arena, "%.*s%s%.*s", STR_ARG(before), row->option, STR_ARG(behind)),
            lines);
    } else if (row && row->first) {
        put_step_in_front(facts, &edits, copy, step, str_from(row->first), lines);
    } else {
        move_copy(facts, &edits, copy, step, lines);
    }
    template_give(sink, &edits, "Copy the manifests and install before the sources come");
}

/* -- the findings ------------------------------------------------------------------------------ */

static bool is_needed(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->reachable;
}

/* Did the stage install with this program before everything was copied? Then that one is slow. */
static bool installed_above(const struct facts *facts, const struct step_facts *copy,
                            const struct package_command *package, bool any)
{
    for (const struct step_facts *at = copy; at-- > step_look_first(facts, copy);) {
        if (at->stage != copy->stage)
            return false;
        for (uint32_t k = 0; at->packages && k < at->command_count; k++) {
            const struct package_command *other = &at->packages[k];
            if (str_eq(other->command->name, package->command->name) &&
                (any || installs_all(facts, at, other)))
                return true;
        }
    }
    return false;
}

static void check_install(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct package_command *package)
{
    if (!is_needed(facts, step) || !installs_all(facts, step, package))
        return;
    const struct step_facts *copy = copy_of_everything(facts, step);
    if (!copy || installed_above(facts, copy, package, false))
        return;
    found(
        sink, package->command->at,
        "every change of any file installs all of this again: line %u copies the whole tree first",
        copy->instruction->line);
    found_related(sink, copy->instruction->at, "everything is copied here");
    fix_by_split(facts, sink, copy, step, install_row(package), package);
}

/* What the build downloads is there already: vendored, mounted, or there is nothing. */
static bool downloads_nothing(const struct facts *facts, const struct step_facts *step,
                              const struct manifest_row *row)
{
    str files = str_from(row->files), first;
    str_next_word(&files, &first);
    bool go = str_eq(str_from(row->program), STR("go"));
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_CACHE)
            return true;
    }
    return !facts->tree || template_sent(facts, STR("vendor")) ||
           (go && !template_sent(facts, STR("go.sum"))) ||
           (!template_sent(facts, first) && !template_sent(facts, STR("build.gradle.kts")));
}

static void check_build(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct shell_command *command)
{
    const struct manifest_row *row = row_of(command, build_rows, ARRAY_COUNT(build_rows));
    if (!row || !step->packages || !is_needed(facts, step) || downloads_nothing(facts, step, row))
        return;
    const struct package_command package = {.command = command};
    const struct step_facts *copy = copy_of_everything(facts, step);
    if (!copy || installed_above(facts, copy, &package, true) ||
        (step - 1 > copy && step_find(step - 1, row->program, NULL)))
        return;
    found(sink, command->at,
          "every change of any file downloads what '%s' needs again: line %u copies the whole tree "
          "first",
          row->program, copy->instruction->line);
    found_severity(sink, SEVERITY_NOTE);
    found_related(sink, copy->instruction->at, "everything is copied here");
    fix_by_split(facts, sink, copy, step, row, &package);
}

static void check_manifests(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_install);
    each_run_command(facts, sink, check_build);
}

RULE_FAMILY(
    template_manifests,
    {.name = "cache/copy-before-install",
     .aka = "tally:prefer-manifests-first",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s8",
     .what = "the whole tree is copied before dependencies are installed",
     .why = "any changed file makes the install run again: minutes a build instead of a cache hit",
     .how = "COPY the manifests, install, then COPY the rest",
     .source = "guide: Instruction Ordering for Cache Hits",
     .dockerfile = check_manifests});
