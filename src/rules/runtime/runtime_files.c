#include "rules/contents.h"
#include "rules/families.h"
#include "rules/repository.h"

/* Files that the started container asks for, and that nothing has brought into the image. */

struct start {
    const struct facts *facts;
    struct rule_sink *sink;
    const struct step_facts *step;
    const struct shell_command *command;
};

/* Programs that start others: "tini -- node x.js", "su-exec app node x.js". Gives the index of the
 * program that is meant. */
static uint32_t skip_wrappers(const struct shell_words *argv)
{
    uint32_t i = 0;
    while (i < argv->count) {
        str name = str_basename(argv->at[i].value);
        if (STR_IN(name, "tini", "tini-static", "dumb-init", "catatonit")) {
            for (i++; i < argv->count && str_starts(argv->at[i].value, STR("-"));)
                i++;
        } else if (STR_IN(name, "gosu", "su-exec")) {
            i += 2;
        } else {
            break;
        }
    }
    return i;
}

/* `java -jar X` */
static const struct shell_word *jar_of(const struct shell_words *argv, uint32_t program)
{
    for (uint32_t i = program + 1; i + 1 < argv->count; i++)
        if (str_eq(argv->at[i].value, STR("-jar")))
            return &argv->at[i + 1];
    return NULL;
}

/* An option in front of the script, without a value behind it. */
static bool is_flag_before_script(str word, bool node)
{
    return str_eq(word, STR("-u")) ||
           (node && str_starts(word, STR("--")) &&
            (str_has_char(word, '=') || str_starts(word, STR("--enable-")) ||
             str_starts(word, STR("--no-"))));
}

static bool is_script_word(str program, str word)
{
    if (str_starts(word, STR("-")))
        return false;
    return !STR_IN(program, "dotnet", "bun") || str_ends(word, STR(".dll")) ||
           str_ends(word, STR(".js")) || str_ends(word, STR(".ts"));
}

/* The file that an interpreter is given; NULL where options make that unclear. */
static const struct shell_word *script_of(const struct shell_words *argv, uint32_t program)
{
    str name = str_basename(argv->at[program].value);
    bool node = STR_IN(name, "node", "nodejs");
    if (str_eq(name, STR("java")))
        return jar_of(argv, program);
    if (!node && !STR_IN(name, "python", "python3", "ruby", "perl", "php", "sh", "bash", "ash",
                         "dash", "dotnet", "bun"))
        return NULL;
    for (uint32_t i = program + 1; i < argv->count; i++)
        if (!is_flag_before_script(argv->at[i].value, node))
            return is_script_word(name, argv->at[i].value) ? &argv->at[i] : NULL;
    return NULL;
}

/* What node and python also take for that name. */
static enum holds script_holds(const struct facts *facts, uint32_t stage, str path)
{
    static const char *const ends[] = {"",      ".js",       ".mjs",          ".cjs",
                                       ".json", "/index.js", "/package.json", "/__main__.py"};
    enum holds best = HOLDS_NO;
    for (size_t i = 0; i < ARRAY_COUNT(ends) && best < HOLDS_UNKNOWN; i++) {
        str whole = str_cat(facts->arena, path, str_from(ends[i]));
        enum holds holds = contents_at_end(facts, stage, whole);
        best = holds > best ? holds : best;
    }
    return best;
}

/* Volumes are filled when the container starts. */
static bool is_volume(const struct facts *facts, str path)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!stage || !stage->ships || step->instruction->kind != INSTRUCTION_VOLUME)
            continue;
        VEC_EACH(struct word, word, step->instruction->words) {
            str value;
            if (!word_value(facts, step->instruction, word->raw, &value) ||
                path_is_in(path, path_clean(facts->arena, value)))
                return true;
        }
    }
    return false;
}

enum { JOBS_LOOK_MAX = 256, ABOVE_MAX = 16 };

/* Something in the repository mounts a directory over the file's own. */
static bool is_mounted(const struct facts *facts, str path)
{
    uint32_t looked = 0;
    if (!facts->repository)
        return false;
    VEC_EACH(struct check_job *, job, facts->repository->jobs) {
        enum file_kind kind = (*job)->kind;
        bool runs = kind == FILE_COMPOSE || kind == FILE_KUBERNETES || kind == FILE_SHELL ||
                    kind == FILE_MAKE || kind == FILE_MARKDOWN;
        if (!runs || !(*job)->source || looked++ >= JOBS_LOOK_MAX)
            continue;
        str text = (*job)->source->text, up = str_dirname(path);
        for (uint32_t level = 0; up.len && level < ABOVE_MAX; level++, up = str_dirname(up))
            if (str_has(text, str_fmt(facts->arena, ":%.*s", STR_ARG(up))) ||
                str_has(text, str_fmt(facts->arena, "mountPath: %.*s", STR_ARG(up))))
                return true;
    }
    return false;
}

static void check_file(const struct start *start, const struct shell_word *word)
{
    const struct facts *facts = start->facts;
    str path = word->known ? trace_path(facts, start->step, start->command, word) : STR("");
    uint32_t stage = facts->final->stage->index;
    if (!path.len || str_has_char(path, '$') || glob_is_pattern(path))
        return;
    enum holds holds = script_holds(facts, stage, path);
    str directory = str_dirname(path).len ? str_dirname(path) : STR("/");
    /* Where nothing is copied, the files are mounted into the container. */
    if (holds >= HOLDS_UNKNOWN || is_volume(facts, path) ||
        !contents_copied_into(facts, stage, directory) || is_mounted(facts, path))
        return;
    bool health = start->step->instruction->kind == INSTRUCTION_HEALTHCHECK;
    const char *effect = health ? "every check fails" : "the container cannot start";
    if (holds == HOLDS_MISSING)
        found(start->sink, word->at, "'%.*s' is not in the context that is copied: %s",
              STR_ARG(path), effect);
    else
        found(start->sink, word->at, "nothing brings '%.*s' into the image: %s", STR_ARG(path),
              effect);
    if (holds == HOLDS_MISSING)
        found_severity(start->sink, SEVERITY_WARNING);
}

/* CMD beside an ENTRYPOINT may be no more than its arguments. */
static bool is_arguments(const struct facts *facts, const struct step_facts *step)
{
    if (step->instruction->kind != INSTRUCTION_CMD)
        return false;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *other = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, other);
        if (stage && stage->ships && other->instruction->kind == INSTRUCTION_ENTRYPOINT &&
            !other->instruction->broken && other->instruction->words.count &&
            !(other->command_count &&
              skip_wrappers(&other->commands[0].argv) == other->commands[0].argv.count))
            return true;
    }
    return false;
}

/* A WORKDIR behind it counts too, and then the step's own is not the one in force. */
static bool moves_later(const struct facts *facts, const struct step_facts *step)
{
    const struct step_facts *workdir = final_step(facts, INSTRUCTION_WORKDIR);
    return workdir && workdir > step;
}

static void check_start(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    if (!step || !step->command_count || moves_later(facts, step) || !step->workdir_known)
        return;
    const struct shell_command *command = &step->commands[0];
    bool health = step->instruction->kind == INSTRUCTION_HEALTHCHECK;
    bool plain = step->instruction->json || step->command_count == 1 ||
                 (health && command->after == SHELL_SEP_OR);
    if (!plain || (step->script && step->script->problems.count))
        return;
    struct start start = {.facts = facts, .sink = sink, .step = step, .command = command};
    const struct shell_words *argv = &command->argv;
    uint32_t program = skip_wrappers(argv);
    if (program >= argv->count)
        return;
    if (str_has_char(argv->at[program].value, '/') && !is_arguments(facts, step))
        check_file(&start, &argv->at[program]);
    const struct shell_word *script = script_of(argv, program);
    if (script)
        check_file(&start, script);
}

static void check_starts(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->final || facts->final->windows)
        return;
    check_start(facts, sink, final_step(facts, INSTRUCTION_ENTRYPOINT));
    check_start(facts, sink, final_step(facts, INSTRUCTION_CMD));
    const struct step_facts *health = final_step(facts, INSTRUCTION_HEALTHCHECK);
    if (health && str_eq(health->instruction->healthcheck, STR("CMD")))
        check_start(facts, sink, health);
}

RULE_FAMILY(
    runtime_files,
    {.name = "runtime/file-missing",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "CMD, ENTRYPOINT or HEALTHCHECK names a file that nothing brings into the image",
     .why =
         "the container does not start, or is never healthy; found only where the base image and "
         "every step are known not to make the file",
     .how = "COPY the file, or name the one that is there",
     .source = "guide: complete example, whose health check runs a file that no COPY brings",
     .dockerfile = check_starts});
