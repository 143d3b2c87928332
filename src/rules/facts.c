#include "rules/contents.h"

#include <string.h>

/*
 * One walk over a Dockerfile: what is in force at each instruction, which image is below each
 * stage, which stages ship. A stage begins with the state that the stage below it ended with.
 */

struct state {
    str user;
    bool user_known;
    str workdir;
    bool workdir_set, workdir_known;
    enum shell_kind shell;
    bool shell_set, pipefail, errexit;
};

struct lookup {
    const struct dockerfile *file;
    const struct instruction *at;
    bool unknown; /* some variable is declared, but its value is not in the text */
};

static bool lookup_variable(const void *context, str name, str *out_value)
{
    /* The flag is this call's own: one lookup struct serves one expansion. */
    struct lookup *lookup = (struct lookup *)(uintptr_t)context;
    const struct variable *variable = dockerfile_variable(lookup->file, lookup->at, name);
    if (!variable || !variable->known) {
        lookup->unknown = lookup->unknown || variable || !is_proxy_arg(name);
        return false;
    }
    *out_value = variable->value;
    return true;
}

bool word_value(const struct facts *facts, const struct instruction *at, str raw, str *out_value)
{
    if (!str_has_char(raw, '$') && !str_has_char(raw, '"') && !str_has_char(raw, '\'') &&
        !str_has_char(raw, facts->file->directives.escape)) {
        *out_value = raw;
        return true;
    }
    struct lookup lookup = {.file = facts->file, .at = at};
    struct variables variables = {.find = lookup_variable, .context = &lookup};
    struct expansion expansion =
        expand_word(facts->arena, raw, facts->file->directives.escape, &variables);
    if (!expansion.ok || lookup.unknown)
        return false;
    *out_value = expansion.value;
    return true;
}

/* -- shells ------------------------------------------------------------------------------------ */

static enum shell_kind shell_of_program(str program)
{
    str name = str_basename(program);
    size_t backslash = str_find_last_char(name, '\\');
    if (backslash != STR_MISSING)
        name = str_from_index(name, backslash + 1);
    if (str_starts_nocase(name, STR("powershell")) || str_starts_nocase(name, STR("pwsh")))
        return SHELL_KIND_POWERSHELL;
    if (str_eq_nocase(name, STR("cmd")) || str_eq_nocase(name, STR("cmd.exe")))
        return SHELL_KIND_CMD;
    if (str_eq(name, STR("bash")))
        return SHELL_KIND_BASH;
    if (str_eq(name, STR("dash")))
        return SHELL_KIND_DASH;
    if (str_eq(name, STR("ash")) || str_eq(name, STR("busybox")))
        return SHELL_KIND_ASH;
    if (STR_IN(name, "zsh", "ksh", "mksh"))
        return SHELL_KIND_BASH; /* near enough: they know what bash knows of what rules ask */
    return str_eq(name, STR("sh")) ? SHELL_KIND_SH : SHELL_KIND_OTHER;
}

static void apply_shell(struct state *state, const struct instruction *instruction,
                        const struct stage_facts *stage)
{
    if (!instruction->json || !instruction->words.count)
        return;
    state->shell_set = true;
    state->pipefail = state->errexit = false;
    state->shell = shell_of_program(instruction->words.at[0].raw);
    if (state->shell == SHELL_KIND_SH && stage && stage->base)
        state->shell = stage->base->shell;
    for (uint32_t i = 1; i < instruction->words.count; i++) {
        str word = instruction->words.at[i].raw;
        if (str_eq(word, STR("pipefail")))
            state->pipefail = true;
        if (word.len > 1 && word.at[0] == '-' && word.at[1] != '-' && str_has_char(word, 'e'))
            state->errexit = true;
    }
}

/* -- stages ------------------------------------------------------------------------------------ */

static bool image_is_windows(const struct stage_facts *stage)
{
    static const char *const marks[] = {"windows", "nanoserver", "servercore"};
    for (size_t i = 0; i < ARRAY_COUNT(marks); i++)
        if (str_has_nocase(stage->repository, str_from(marks[i])) ||
            str_has_nocase(stage->tag, str_from(marks[i])))
            return true;
    return stage->base && stage->base->family == FAMILY_WINDOWS;
}

static void stage_image(struct facts *facts, struct stage_facts *out)
{
    const struct stage *stage = out->stage;
    if (stage->base_stage != NO_INDEX && stage->base_stage < stage->index) {
        const struct stage_facts *below = &facts->stages[stage->base_stage];
        out->image = below->image;
        out->repository = below->repository;
        out->tag = below->tag;
        out->digest = below->digest;
        out->base = below->base;
        out->family = below->family;
        out->windows = below->windows;
        return;
    }
    if (stage->base_known) {
        struct image_name name = image_name_parse(facts->arena, stage->base);
        out->image = stage->base;
        out->repository = name.repository;
        out->tag = name.tag;
        out->digest = name.digest;
        out->base = base_fact_find(name.repository, name.tag);
        out->family = out->base ? out->base->family : FAMILY_UNKNOWN;
    }
    str platform = stage->platform;
    out->windows = image_is_windows(out) || str_starts_nocase(platform, STR("windows")) ||
                   facts->file->directives.escape == '`' ||
                   (!stage->base_known && (str_has_nocase(stage->base_raw, STR("windows")) ||
                                           str_has_nocase(stage->base_raw, STR("nanoserver"))));
}

static void mark_reachable(struct facts *facts, uint32_t index)
{
    /* A stage needs only stages before it, so one pass from the last to the first is enough. */
    facts->stages[index].reachable = true;
    for (uint32_t i = index + 1; i-- > 0;) {
        const struct stage *stage = facts->stages[i].stage;
        if (!facts->stages[i].reachable)
            continue;
        if (stage->base_stage != NO_INDEX && stage->base_stage < i)
            facts->stages[stage->base_stage].reachable = true;
        for (uint32_t k = stage->first; k < stage->end; k++) {
            const struct instruction *at = &facts->file->instructions.at[k];
            const struct flag *from = instruction_flag(at, "from");
            uint32_t needed = from ? stage_find(facts->file, from->value, i) : NO_INDEX;
            if (needed != NO_INDEX)
                facts->stages[needed].reachable = true;
            VEC_EACH(struct mount, mount, at->mounts) {
                needed = mount->from.len ? stage_find(facts->file, mount->from, i) : NO_INDEX;
                if (needed != NO_INDEX)
                    facts->stages[needed].reachable = true;
            }
        }
    }
}

/* A stage ships, and with it those that it is built on. */
static void mark_shipped(struct facts *facts, uint32_t index)
{
    if (facts->final)
        facts->stages[facts->final - facts->stages].final = false;
    facts->final = &facts->stages[index];
    facts->stages[index].final = true;
    for (uint32_t i = index; i != NO_INDEX && i < facts->stage_count;) {
        facts->stages[i].ships = true;
        uint32_t below = facts->file->stages.at[i].base_stage;
        i = below < i ? below : NO_INDEX;
    }
    mark_reachable(facts, index);
}

static void stages_make(struct facts *facts)
{
    const struct dockerfile *file = facts->file;
    facts->stage_count = file->stages.count;
    facts->stages = NEW_ARRAY(facts->arena, struct stage_facts, file->stages.count);
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        facts->stages[i].stage = &file->stages.at[i];
        stage_image(facts, &facts->stages[i]);
    }
    if (!facts->stage_count)
        return;
    str target = facts->options ? facts->options->target : STR_NONE;
    uint32_t wanted = target.len ? stage_find(file, target, facts->stage_count) : NO_INDEX;
    mark_shipped(facts, wanted != NO_INDEX ? wanted : facts->stage_count - 1);
}

/* -- steps ------------------------------------------------------------------------------------- */

/* Shell text of a RUN with heredocs that the shell itself reads: the logical line, then the bodies
 * as they stand in the file. */
static struct joined with_bodies(struct facts *facts, const struct instruction *at)
{
    struct joined line = joined_slice(facts->arena, &at->logical, at->rest, at->logical.text.len);
    if (!at->heredocs.count)
        return line;
    const struct heredoc *first = &at->heredocs.at[0];
    str bodies = source_text(facts->source, (span){first->body_at.start, at->at.end});
    struct joined all = {0};
    all.text = str_fmt(facts->arena, "%.*s\n%.*s", STR_ARG(line.text), STR_ARG(bodies));
    VEC_EACH(struct joined_piece, piece, line.pieces) {
        vec_push(facts->arena, &all.pieces, *piece);
    }
    uint32_t end = (uint32_t)line.text.len;
    uint32_t newline = first->body_at.start ? first->body_at.start - 1 : 0;
    vec_push(facts->arena, &all.pieces, (struct joined_piece){end, newline});
    vec_push(facts->arena, &all.pieces, (struct joined_piece){end + 1, first->body_at.start});
    return all;
}

static bool is_heredoc_script(const struct instruction *at)
{
    if (at->heredocs.count != 1)
        return false;
    str rest = instruction_rest(at);
    return rest.len >= 2 && rest.at[0] == '<' &&
           rest.len == at->heredocs.at[0].at.end - at->heredocs.at[0].at.start;
}

static void exec_form(struct facts *facts, struct step_facts *step)
{
    const struct words *words = &step->instruction->words;
    if (!words->count)
        return;
    struct shell_command *command = NEW(facts->arena, struct shell_command);
    command->at = span_join(words->at[0].at, vec_last(words)->at);
    command->outer = -1;
    command->pipeline_length = 1;
    for (uint32_t i = 0; i < words->count; i++) {
        struct shell_word word = {.at = words->at[i].at,
                                  .raw = words->at[i].raw,
                                  .value = words->at[i].raw,
                                  .prefix = words->at[i].raw,
                                  .known = true,
                                  .quoted = true};
        vec_push(facts->arena, &command->words, word);
    }
    command->argv = command->words;
    command->name = str_basename(command->argv.at[0].value);
    shell_know_program(command);
    step->commands = command;
    step->command_count = 1;
}

/* The interpreter that a script's first line names. */
static void read_shebang(struct step_facts *step, str text)
{
    str line;
    if (!str_starts(text, STR("#!")))
        return;
    str_next_line(&text, &line);
    step->interpreter = str_trim(str_from_index(line, 2));
    str program, argument = step->interpreter;
    str_next_word(&argument, &program);
    if (str_eq(str_basename(program), STR("env")))
        str_next_word(&argument, &program);
    step->shell = shell_of_program(program);
}

/* The shell text of an instruction in shell form. */
static struct joined script_text(struct facts *facts, struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->kind == INSTRUCTION_RUN && is_heredoc_script(at)) {
        step->script_is_heredoc = true;
        read_shebang(step, at->heredocs.at[0].text.text);
        return at->heredocs.at[0].text;
    }
    if (at->kind != INSTRUCTION_HEALTHCHECK)
        return with_bodies(facts, at);
    size_t skip = str_find(str_from_index(at->logical.text, at->rest), STR("CMD"));
    skip = at->rest + (skip == STR_MISSING ? 0 : skip + 3);
    return joined_slice(facts->arena, &at->logical, skip, at->logical.text.len);
}

static void step_script(struct facts *facts, struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    bool health = at->kind == INSTRUCTION_HEALTHCHECK && str_eq(at->healthcheck, STR("CMD"));
    if (at->broken || !(at->kind == INSTRUCTION_RUN || at->kind == INSTRUCTION_CMD ||
                        at->kind == INSTRUCTION_ENTRYPOINT || health))
        return;
    if (at->json) {
        exec_form(facts, step);
        return;
    }
    struct joined text = script_text(facts, step);
    bool posix = step->shell != SHELL_KIND_POWERSHELL && step->shell != SHELL_KIND_CMD &&
                 step->shell != SHELL_KIND_OTHER;
    const struct stage_facts *stage = step_stage(facts, step);
    if (!posix || (stage && stage->windows))
        return;
    step->script =
        shell_parse(facts->arena, &text, step->shell == SHELL_KIND_BASH ? SHELL_BASH : SHELL_SH);
    step->commands = step->script->commands.at;
    step->command_count = step->script->commands.count;
}

static void step_packages(struct facts *facts, struct step_facts *step)
{
    if (step->instruction->kind != INSTRUCTION_RUN || !step->command_count ||
        step->command_count > STEP_COMMANDS_MAX)
        return;
    struct package_command *packages =
        NEW_ARRAY(facts->arena, struct package_command, step->command_count);
    for (uint32_t i = 0; i < step->command_count; i++)
        packages[i] = package_command_of(facts->arena, &step->commands[i]);
    step->packages = packages;
}

static struct state stage_start(const struct facts *facts, uint32_t index, const struct state *ends)
{
    const struct stage_facts *stage = &facts->stages[index];
    uint32_t below = stage->stage->base_stage;
    if (below != NO_INDEX && below < index)
        return ends[below];
    struct state state = {.workdir = STR("/"), .user_known = true, .workdir_known = true};
    if (stage->windows)
        state.shell = SHELL_KIND_CMD;
    else if (stage->base)
        state.shell = stage->base->shell;
    const char *workdir = base_workdir(stage);
    if (workdir)
        state.workdir = str_from(workdir);
    if (stage->windows)
        state.workdir_known = false;
    return state;
}

static void apply(struct facts *facts, struct state *state, const struct instruction *at)
{
    if (at->broken || !at->words.count)
        return;
    str value;
    str rest = at->words.at[0].raw;
    if (at->kind == INSTRUCTION_USER) {
        state->user_known = word_value(facts, at, rest, &value);
        state->user = state->user_known ? value : rest;
    } else if (at->kind == INSTRUCTION_WORKDIR) {
        state->workdir_set = true;
        bool known = word_value(facts, at, instruction_rest(at), &value);
        state->workdir_known = known && (state->workdir_known || str_starts(value, STR("/")));
        if (state->workdir_known)
            state->workdir = path_join(facts->arena, state->workdir, value);
    } else if (at->kind == INSTRUCTION_SHELL) {
        apply_shell(state, at, at->stage < facts->stage_count ? &facts->stages[at->stage] : NULL);
    }
}

static void steps_make(struct facts *facts)
{
    const struct dockerfile *file = facts->file;
    facts->step_count = file->instructions.count;
    facts->steps = NEW_ARRAY(facts->arena, struct step_facts, facts->step_count);
    struct state *ends = NEW_ARRAY(facts->arena, struct state, facts->stage_count);
    struct state state = {.workdir = STR("/")};
    uint32_t stage = NO_INDEX;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = &file->instructions.at[i];
        if (at->stage != stage) {
            stage = at->stage;
            if (stage < facts->stage_count)
                state = stage_start(facts, stage, ends);
        }
        struct step_facts *step = &facts->steps[i];
        *step = (struct step_facts){
            .instruction = at,
            .stage = at->stage,
            .user = state.user,
            .user_known = state.user_known,
            .workdir = state.workdir,
            .workdir_set = state.workdir_set,
            .workdir_known = state.workdir_known,
            .shell = state.shell,
            .shell_set = state.shell_set,
            .shell_pipefail = state.pipefail,
            .shell_errexit = state.errexit,
        };
        step_script(facts, step);
        step_packages(facts, step);
        apply(facts, &state, at);
        if (stage < facts->stage_count) {
            ends[stage] = state;
            facts->stages[stage].user = state.user;
            facts->stages[stage].user_known = state.user_known;
        }
    }
}

/* The last instruction of each kind in the stage that ships. */
static void final_steps_make(struct facts *facts)
{
    const struct stage *stage = facts->final ? facts->final->stage : NULL;
    memset(facts->final_steps, 0, sizeof(facts->final_steps));
    for (uint32_t i = stage ? stage->first : 0; stage && i < stage->end; i++)
        if (!facts->steps[i].instruction->broken)
            facts->final_steps[facts->steps[i].instruction->kind] = &facts->steps[i];
}

bool is_workshop_name(str name)
{
    return STR_IN(name, "test", "tests", "testing", "dev", "develop", "development", "debug",
                  "lint", "ci", "e2e", "unit-test", "unit-tests", "integration-test",
                  "devcontainer", "builder-dev", "qa", "dev-envs");
}

void facts_ship(struct facts *facts, const str *targets, uint32_t count)
{
    struct name_list known = {0};
    for (uint32_t i = 0; i < count; i++)
        if (stage_find(facts->file, targets[i], facts->stage_count) != NO_INDEX)
            vec_push(facts->arena, &known, targets[i]);
    if (!known.count)
        return;
    facts->targets = known;
    for (uint32_t i = 0; i < facts->stage_count; i++)
        facts->stages[i].ships = facts->stages[i].reachable = false;
    uint32_t last = 0;
    VEC_EACH(str, target, known) {
        uint32_t index = stage_find(facts->file, *target, facts->stage_count);
        last = index > last ? index : last;
        mark_shipped(facts, index);
    }
    mark_shipped(facts, last);
    final_steps_make(facts);
}

/* A file that some program fills in: it has the marks of a template language, and does not parse.
 * */
static bool looks_like_template(const struct dockerfile *file)
{
    str text = file->source->text;
    bool marks = (str_has(text, STR("{{")) && str_has(text, STR("}}"))) ||
                 (str_has(text, STR("{%")) && str_has(text, STR("%}"))) ||
                 (str_has(text, STR("<%")) && str_has(text, STR("%>")));
    if (marks)
        VEC_EACH(struct problem, problem, file->problems) {
            if (problem->kind != PROBLEM_EMPTY_CONTINUATION)
                return true;
        }
    return false;
}

struct facts *facts_make(struct arena *arena, const struct dockerfile *file,
                         const struct check_options *options, int64_t today)
{
    struct facts *facts = NEW(arena, struct facts);
    *facts = (struct facts){.arena = arena,
                            .source = file->source,
                            .file = file,
                            .options = options,
                            .is_template = looks_like_template(file),
                            .today = today};
    stages_make(facts);
    steps_make(facts);
    final_steps_make(facts);
    traces_make(facts);
    contents_make(facts);
    return facts;
}
