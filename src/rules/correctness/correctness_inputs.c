#include "rules/contents.h"
#include "rules/families.h"

/*
 * Files that a RUN reads before anything brought them: manifests that tools look for where they
 * run, and files that a command names.
 */

/* -- what tools look for ----------------------------------------------------------------------- */

struct input_row {
    const char *program;
    const char *subs;      /* "" is any; "-" stands for the bare command */
    const char *files;     /* any of them will do */
    bool above;            /* it looks in the directories above too */
    const char *options;   /* any of them makes it look elsewhere, or at nothing */
    const char *variables; /* so do they, declared or assigned */
    const char *copies; /* what of the context is enough for it; NULL: it needs the sources too */
};

static const struct input_row input_rows[] = {
    {"npm", "ci clean-install run run-script", "package.json", true,
     "--prefix -C -g --global --version -v", "npm_config_prefix", "package*.json"},
    {"pnpm", "install i run", "package.json package.yaml package.json5 pnpm-workspace.yaml", true,
     "--dir -C -g --global --prefix --version -v", "", "package.json pnpm-lock.yaml"},
    {"yarn", "run", "package.json", true, "--cwd", "", NULL},
    {"poetry", "install build", "pyproject.toml", true, "-C --directory -P --project", "",
     "pyproject.toml poetry.lock"},
    {"uv", "sync", "pyproject.toml", true, "--project --directory --script", "UV_PROJECT",
     "pyproject.toml uv.lock"},
    {"bundle", "install -", "Gemfile gems.rb", true, "--gemfile --version", "BUNDLE_GEMFILE",
     "Gemfile Gemfile.lock"},
    {"composer", "install", "composer.json", true, "-d --working-dir", "COMPOSER COMPOSER_HOME",
     "composer.json composer.lock"},
    {"cargo", "build b check test t run r fetch", "Cargo.toml", true,
     "--manifest-path -C -Z --version", "", NULL},
    {"go", "build mod vet", "go.mod go.work", true, "-C -modfile",
     "GO111MODULE GOFLAGS GOWORK GOPATH", NULL},
    {"mvn", "clean compile test package verify install dependency:go-offline dependency:resolve",
     "pom.xml", false, "-f --file -v --version", "MAVEN_ARGS", NULL},
    {"gradle", "assemble build bootJar classes jar shadowJar",
     "build.gradle build.gradle.kts settings.gradle settings.gradle.kts", true,
     "-p --project-dir -b --build-file -v --version", "", NULL},
    {"make", "", "Makefile makefile GNUmakefile", false,
     "-f -C --file --directory --makefile -v --version --help -h", "MAKEFILES", NULL},
};

/* A step that is being looked at. */
struct reading {
    const struct facts *facts;
    struct rule_sink *sink;
    const struct step_facts *step;
    uint32_t command;     /* its index */
    uint32_t joined_from; /* from this command on, all are joined by && to the end */
    bool errexit;
};

enum { ABOVE_MAX = 16 };

static const struct shell_command *command_at(const struct reading *reading)
{
    return &reading->step->commands[reading->command];
}

/* Does the build stop when this command fails? */
static bool is_fatal(const struct reading *reading)
{
    const struct shell_command *command = command_at(reading);
    if (!command_is_certain(command) || command->depth || command->outer >= 0 ||
        command->place + 1 < command->pipeline_length)
        return false;
    bool ends = command->after == SHELL_SEP_SEMI || command->after == SHELL_SEP_NEWLINE;
    return reading->command >= reading->joined_from || (reading->errexit && ends);
}

/* Mounts bring files of their own; a bind mount without a target stands in the working
 * directory. */
static bool is_mounted(const struct step_facts *step, str path)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (mount->type == MOUNT_BIND || !str_starts(mount->target, STR("/")) ||
            step_mount(step, mount->type, path))
            return true;
    }
    return false;
}

/* How a missing file is told. */
struct telling {
    str reader;        /* "this reads" */
    const char *files; /* what to copy in front, where that is enough: "" is the file; NULL: not */
};

/* COPY . . stands further down: the file by itself can come first. */
static void fix_by_copy(const struct reading *reading, const struct step_facts *later, str path,
                        const char *files)
{
    const struct words *words = &later->instruction->words;
    str directory = reading->step->workdir, goal;
    if (!reading->step->workdir_known || words->count != 2 || !str_eq(words->at[0].raw, STR(".")) ||
        instruction_flag(later->instruction, "from") ||
        !word_value(reading->facts, later->instruction, words->at[1].raw, &goal) ||
        !str_eq(step_path(reading->facts, later, goal), directory) || directory.len < 2 ||
        !path_is_in(path, directory) || str_eq(path, directory))
        return;
    str source = files ? str_from(files) : str_from_index(path, directory.len + 1);
    str below = files ? STR("") : str_dirname(source), rest = source, file;
    while (reading->facts->tree && str_next_word(&rest, &file))
        if (context_match(reading->facts->tree, file, 0) == NO_ENTRY)
            return;
    str line = str_fmt(reading->sink->arena, "COPY %.*s ./%.*s%s", STR_ARG(source), STR_ARG(below),
                       below.len ? "/" : "");
    struct edit edit = insert_before_instruction(reading->facts, reading->step->instruction, line);
    found_fix(reading->sink, "Copy it in front of this RUN");
    found_edit(reading->sink, edit.at, edit.text);
}

static void tell(const struct reading *reading, enum holds holds, str path, span at,
                 const struct telling *telling)
{
    str reader = telling->reader;
    struct rule_sink *sink = reading->sink;
    const struct step_facts *later = contents_brought_later(reading->facts, reading->step, path);
    if (holds == HOLDS_MISSING)
        found(sink, at, "%.*s '%.*s', which is not in the context that was copied", STR_ARG(reader),
              STR_ARG(path));
    else if (later)
        found(sink, at, "%.*s '%.*s', which comes only further down", STR_ARG(reader),
              STR_ARG(path));
    else
        found(sink, at, "%.*s '%.*s', and nothing brings it into the stage", STR_ARG(reader),
              STR_ARG(path));
    if (holds == HOLDS_MISSING)
        found_severity(sink, SEVERITY_WARNING);
    else if (later)
        found_related(sink, later->instruction->at, "brought here");
    if (holds == HOLDS_NO && later && telling->files)
        fix_by_copy(reading, later, path, telling->files[0] ? telling->files : NULL);
}

/* -- manifests --------------------------------------------------------------------------------- */

/* Before 1.16 a package needed no module. */
static bool is_module_go(const struct stage_facts *stage)
{
    uint64_t minor;
    str tag = stage->tag;
    if (!str_eq(stage->repository, STR("golang")))
        return false;
    if (!str_starts(tag, STR("1.")))
        return !tag.len || !char_is_digit(tag.at[0]);
    size_t end = 2;
    while (end < tag.len && char_is_digit(tag.at[end]))
        end++;
    return str_to_u64(str_slice(tag, 2, end), &minor) && minor >= 16;
}

/* A build of packages of the module itself; with "x.go", or another module's path, it reads other
 * things. */
static bool go_reads_module(const struct reading *reading)
{
    const struct shell_command *command = command_at(reading);
    struct shell_words operands = shell_operands(reading->facts->arena, command, true);
    const struct shell_word *sub = shell_subcommand(command);
    if (!is_module_go(step_stage(reading->facts, reading->step)))
        return false;
    if (str_eq(sub->value, STR("mod")))
        return operands.count == 1 && STR_IN(operands.at[0].value, "download", "tidy", "verify");
    VEC_EACH(struct shell_word, word, operands) {
        bool own = str_eq(word->value, STR(".")) || str_starts(word->value, STR("./"));
        if (!own || str_ends(word->value, STR(".go")))
            return false;
    }
    return true;
}

/* Is one of the blank-separated variables set, by the Dockerfile or by the command? */
static bool sets_any(const struct reading *reading, const char *variables)
{
    str rest = str_from(variables), name;
    while (str_next_word(&rest, &name)) {
        if (dockerfile_variable(reading->facts->file, reading->step->instruction, name))
            return true;
        VEC_EACH(struct shell_assign, assign, command_at(reading)->assigns) {
            if (str_eq(assign->name, name))
                return true;
        }
    }
    return false;
}

/* Options may come from a variable. */
static bool has_open_word(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && word->splits && !word->prefix.len)
            return true;
    }
    return false;
}

static bool row_applies(const struct reading *reading, const struct input_row *row)
{
    const struct shell_command *command = command_at(reading);
    if (!shell_is(command, row->program, NULL) || command_has_any(command, row->options))
        return false;
    const struct shell_word *sub = shell_subcommand(command);
    str verb = sub ? sub->value : command->argv.count == 1 ? STR("-") : STR("");
    if (row->subs[0] && !str_is_listed(row->subs, verb))
        return false;
    if (sets_any(reading, row->variables) || has_open_word(command))
        return false;
    if (STR_IN(str_from(row->program), "go"))
        return go_reads_module(reading);
    const struct package_command *package = &reading->step->packages[reading->command];
    return package->verb != PACKAGE_INSTALL || !package->packages.count;
}

static enum holds any_of(const struct reading *reading, const struct input_row *row)
{
    enum holds best = HOLDS_NO;
    struct arena *arena = reading->facts->arena;
    str up = reading->step->directories[reading->command];
    for (uint32_t level = 0; up.len; level++) {
        str rest = str_from(row->files), file;
        while (str_next_word(&rest, &file)) {
            str path = path_join(arena, up, file);
            enum holds holds =
                is_mounted(reading->step, path)
                    ? HOLDS_UNKNOWN
                    : contents_before(reading->facts, reading->step, reading->command, path);
            best = holds > best ? holds : best;
        }
        if (best >= HOLDS_UNKNOWN || !row->above || up.len == 1)
            break;
        up = str_dirname(up).len ? str_dirname(up) : STR("/");
        if (level == ABOVE_MAX)
            return HOLDS_UNKNOWN;
    }
    return best;
}

static void check_manifest(const struct reading *reading, const struct input_row *row)
{
    const struct shell_command *command = command_at(reading);
    str directory = reading->step->directories[reading->command];
    if (!directory.len || !row_applies(reading, row) || !is_fatal(reading))
        return;
    enum holds holds = any_of(reading, row);
    if (holds >= HOLDS_UNKNOWN)
        return;
    str file = str_slice(str_from(row->files), 0, str_find_char(str_from(row->files), ' '));
    const struct shell_word *sub = shell_subcommand(command);
    str verb = sub && row->subs[0] ? sub->value : STR("");
    str reader = str_fmt(reading->sink->arena, "'%s%s%.*s' needs", row->program,
                         verb.len ? " " : "", STR_ARG(verb));
    struct telling telling = {.reader = reader, .files = row->copies};
    if (reading->step->packages[reading->command].verb != PACKAGE_INSTALL)
        telling.files = NULL; /* scripts need the sources */
    tell(reading, holds, path_join(reading->facts->arena, directory, file), command->at, &telling);
}

/* -- files that commands name ------------------------------------------------------------------ */

static void check_word(const struct reading *reading, const struct shell_word *word)
{
    const struct facts *facts = reading->facts;
    str path = trace_path(facts, reading->step, command_at(reading), word);
    if (!path.len || str_eq(word->value, STR("-")) || str_has_char(path, '$') ||
        glob_is_pattern(path) || str_has(path, STR(":/")) || is_mounted(reading->step, path))
        return;
    enum holds holds = contents_before(facts, reading->step, reading->command, path);
    struct telling telling = {.reader = STR("this reads"), .files = ""};
    if (holds < HOLDS_UNKNOWN && is_fatal(reading))
        tell(reading, holds, path, word->at, &telling);
}

/* pip's -r FILE, -c FILE, in all their forms. */
static void check_requirements(const struct reading *reading)
{
    const struct shell_words *argv = &command_at(reading)->argv;
    for (uint32_t i = 1; i + 1 < argv->count; i++)
        if (STR_IN(argv->at[i].value, "-r", "--requirement", "-c", "--constraint") &&
            !str_has(argv->at[i + 1].value, STR("://")))
            check_word(reading, &argv->at[++i]);
}

/* What the command reads among its operands: [from, end) of them. */
static void check_operands(const struct reading *reading, uint32_t from, uint32_t spared)
{
    struct shell_words operands = shell_operands(reading->facts->arena, command_at(reading), false);
    for (uint32_t i = from; i + spared < operands.count; i++)
        check_word(reading, &operands.at[i]);
}

/* `dotnet publish App.csproj` */
static void check_projects(const struct reading *reading)
{
    struct shell_words operands = shell_operands(reading->facts->arena, command_at(reading), true);
    VEC_EACH(struct shell_word, word, operands) {
        if (str_ends(word->value, STR("proj")) || str_ends(word->value, STR(".sln")))
            check_word(reading, word);
    }
}

/* The script of an interpreter, where it is the first word. */
static void check_script(const struct reading *reading)
{
    const struct shell_words *argv = &command_at(reading)->argv;
    if (argv->count > 1 && argv->at[1].known && !str_starts(argv->at[1].value, STR("-")))
        check_word(reading, &argv->at[1]);
}

/* `node build.js`: other words are looked for with endings of node's own. */
static void check_node(const struct reading *reading)
{
    const struct shell_words *argv = &command_at(reading)->argv;
    str name = argv->count > 1 ? argv->at[1].value : STR("");
    if (str_ends(name, STR(".js")) || str_ends(name, STR(".mjs")) || str_ends(name, STR(".cjs")))
        check_script(reading);
}

/* `sed -i 's/a/b/' FILE` */
static void check_edited(const struct reading *reading)
{
    if (!command_has_any(command_at(reading), "-e -f --expression --file"))
        check_operands(reading, 1, 0);
}

/* `dpkg -i FILE` */
static void check_archives(const struct reading *reading)
{
    if (command_has_any(command_at(reading), "-i --install"))
        check_operands(reading, 0, 0);
}

/* `tar xzf FILE` */
static void check_archive(const struct reading *reading)
{
    const struct shell_words *argv = &command_at(reading)->argv;
    if (argv->count < 3 || !str_ends(argv->at[1].value, STR("f")) ||
        !str_has_char(argv->at[1].value, 'x') || str_eq(argv->at[2].value, STR("-")))
        return;
    check_word(reading, &argv->at[2]);
}

static void check_sources(const struct reading *reading)
{
    if (!command_has_any(command_at(reading), "-t --target-directory"))
        check_operands(reading, 0, 1);
}

static void check_changed(const struct reading *reading)
{
    if (!command_has_any(command_at(reading), "-f --reference"))
        check_operands(reading, 1, 0);
}

static void check_all_operands(const struct reading *reading)
{
    check_operands(reading, 0, 0);
}

static const struct {
    const char *names;
    void (*check)(const struct reading *reading);
} readers[] = {
    {"cp mv", check_sources},
    {"chmod chown", check_changed},
    {"sh bash ash dash python python3 ruby perl", check_script},
    {"dotnet", check_projects},
    {"tar", check_archive},
    {"unzip cat", check_all_operands},
    {"node", check_node},
    {"sed", check_edited},
    {"dpkg", check_archives},
};

static void check_files(const struct reading *reading)
{
    const struct shell_command *command = command_at(reading);
    const struct package_command *package = &reading->step->packages[reading->command];
    if (package->verb == PACKAGE_INSTALL && str_eq(str_from(package->manager), STR("pip"))) {
        check_requirements(reading);
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(readers); i++)
        if (str_is_listed(readers[i].names, command->name)) {
            readers[i].check(reading);
            return;
        }
    if (command->argv.count && str_has_char(command->argv.at[0].value, '/'))
        check_word(reading, &command->argv.at[0]);
}

static void check_step(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    if (!step->packages || contents_lost(facts, step) || !step_is_run(facts, step))
        return;
    struct reading reading = {.facts = facts, .sink = sink, .step = step};
    reading.errexit = step->shell_errexit || (step->script && step->script->sets_errexit);
    reading.joined_from = step->command_count;
    for (uint32_t k = step->command_count; k-- > 0;) {
        const struct shell_command *command = &step->commands[k];
        if (command->depth || command->outer >= 0)
            continue;
        bool last = reading.joined_from == step->command_count;
        bool joined = command->after == SHELL_SEP_AND || command->after == SHELL_SEP_PIPE ||
                      (command->after == SHELL_SEP_END && last);
        if (!joined)
            break;
        reading.joined_from = k;
    }
    for (uint32_t k = 0; k < step->command_count; k++) {
        reading.command = k;
        check_files(&reading);
        str name = step->commands[k].name;
        for (size_t i = 0; name.len && i < ARRAY_COUNT(input_rows); i++)
            if (input_rows[i].program[0] == name.at[0])
                check_manifest(&reading, &input_rows[i]);
    }
}

static void check_inputs(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_step);
}

RULE_FAMILY(
    correctness_inputs,
    {.name = "correctness/input-missing",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s4 s14",
     .what = "RUN reads a file that no COPY has brought",
     .why = "the build stops here; found only where the base image and every step before are known "
            "not to hold the file, nor a mount to bring it",
     .how = "COPY it in front of this RUN, or mount it: RUN --mount=type=bind,target=. ...",
     .source = "guide: base images, distroless with non-root (they build without a COPY); the "
               "tools' own documentation",
     .dockerfile = check_inputs});
