#include "rules/families.h"

/* How the container starts: CMD, ENTRYPOINT, HEALTHCHECK, STOPSIGNAL. */

/* A JSON array of a command's words; false when some word is not known from the text. */
static bool json_of(struct arena *arena, const struct shell_command *command, str *out_json)
{
    struct buf out = buf_init(arena, 64 * 1024);
    buf_add_char(&out, '[');
    for (uint32_t i = 0; i < command->words.count; i++) {
        const struct shell_word *word = &command->words.at[i];
        if (!word->known || str_has_char(word->value, '\n'))
            return false;
        buf_add(&out, i ? STR(", \"") : STR("\""));
        for (size_t k = 0; k < word->value.len; k++) {
            char c = word->value.at[k];
            if ((unsigned char)c < ' ')
                return false;
            if (c == '"' || c == '\\')
                buf_add_char(&out, '\\');
            buf_add_char(&out, c);
        }
        buf_add_char(&out, '"');
    }
    buf_add_char(&out, ']');
    *out_json = buf_str(&out);
    return !out.full;
}

/* One simple command, with no variable, redirection or assignment: exec form means the same. */
static bool is_plain(const struct step_facts *step)
{
    return step->script && step->command_count == 1 && !step->script->problems.count &&
           !step->commands[0].assigns.count && !step->commands[0].redirects.count &&
           step->commands[0].after == SHELL_SEP_END && !step->commands[0].context &&
           step->commands[0].words.count;
}

static bool is_builtin(const struct shell_command *command)
{
    return STR_IN(command->name, "exec", "cd", ".", "source", "eval", "export", "set", "ulimit",
                  "umask", "test", "[", "trap", "wait", "exit", ":", "true", "false") ||
           (command->via & SHELL_VIA_EXEC);
}

static void check_shell_form(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct stage_facts *stage = step_stage(facts, step);
    bool start = at->kind == INSTRUCTION_CMD || at->kind == INSTRUCTION_ENTRYPOINT;
    if (!start || at->json || at->json_failed || step->shell_set || !stage || stage->windows ||
        !instruction_rest(at).len)
        return;
    if (step->command_count && (step->commands[0].via & SHELL_VIA_EXEC))
        return;
    str name = str_from(instruction_name(at->kind));
    found(sink, at->at, "%.*s in shell form: signals go to the shell, not to the program",
          STR_ARG(name));
    str json;
    if (!is_plain(step) || is_builtin(&step->commands[0]) ||
        !json_of(sink->arena, &step->commands[0], &json))
        return;
    uint32_t from = joined_offset(&at->logical, at->rest);
    while (from < at->at.end && char_is_blank(sink->source->text.at[from]))
        from++;
    found_fix(sink, "Write it as a JSON array");
    found_edit(sink, (span){from, at->at.end}, json);
}

static void check_shell_forms(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_shell_form);
}

/* ['a', 'b',] to ["a", "b"]: single quotes and a trailing comma are what goes wrong most. */
static bool mend_array(struct arena *arena, str text, str *out_json)
{
    text = str_trim(text);
    if (text.len < 2 || text.at[text.len - 1] != ']' || str_has_char(text, '\\'))
        return false;
    if (str_has_char(text, '"') && str_has_char(text, '\''))
        return false;
    if (!str_has_char(text, '"') && !str_has_char(text, '\''))
        return false;
    struct buf out = buf_init(arena, text.len + 16);
    uint32_t quotes = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool quote = c == '\'' || c == '"';
        quotes += quote;
        str rest = str_trim_start(str_from_index(text, i + 1));
        bool outside = quotes % 2 == 0;
        if (outside && c == ',' && (str_starts(rest, STR("]")) || str_starts(rest, STR(","))))
            continue;
        if (outside && !quote && !STR_IN(((str){&c, 1}), "[", "]", ",", " ", "\t"))
            return false;
        buf_add_char(&out, quote ? '"' : c);
    }
    *out_json = buf_str(&out);
    return quotes % 2 == 0;
}

static void check_broken_array(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    str text = instruction_rest(at);
    if (at->kind == INSTRUCTION_HEALTHCHECK)
        text = str_trim(str_from_index(text, str_starts(text, STR("CMD")) ? 3 : 0));
    bool test = str_starts(text, STR("[ ")) || str_starts(text, STR("[["));
    if (!at->json_failed || (at->kind == INSTRUCTION_RUN && test) || !str_has_char(text, ']'))
        return;
    if (!str_has_char(text, '"') && !str_has_char(text, '\'') && !str_has_char(text, ','))
        return;
    found(sink, at->at, "this array is no valid JSON, so a shell is given it as text");
    str json;
    size_t inside = str_find(at->logical.text, text);
    if (inside == STR_MISSING || !mend_array(sink->arena, text, &json))
        return;
    found_fix(sink, "Write it as JSON");
    found_edit(sink, joined_span(&at->logical, inside, inside + text.len), json);
}

static void check_broken_arrays(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_broken_array);
}

static void check_repeated(const struct facts *facts, struct rule_sink *sink)
{
    static const enum instruction_kind kinds[] = {INSTRUCTION_CMD, INSTRUCTION_ENTRYPOINT,
                                                  INSTRUCTION_HEALTHCHECK};
    for (uint32_t s = 0; s < facts->stage_count; s++)
        for (size_t k = 0; k < ARRAY_COUNT(kinds); k++) {
            const struct stage *stage = facts->stages[s].stage;
            const struct instruction *last = NULL;
            for (uint32_t i = stage->end; i-- > stage->first;) {
                const struct instruction *at = facts->steps[i].instruction;
                if (at->kind != kinds[k] || at->broken)
                    continue;
                if (!last) {
                    last = at;
                    continue;
                }
                found(sink, at->at, "this %s never counts: a later one of the stage replaces it",
                      instruction_name(at->kind));
                found_related(sink, last->at, "the one that counts");
                found_fix(sink, "Remove it");
                found_remove_instruction(sink, at);
            }
        }
}

static void check_entry_ignores_cmd(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *entry = final_step(facts, INSTRUCTION_ENTRYPOINT);
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    if (!entry || !cmd || entry->instruction->json || entry->instruction->json_failed ||
        facts->final->windows || entry->shell_set)
        return;
    str text = instruction_rest(entry->instruction);
    if (str_has(text, STR("$@")) || str_has(text, STR("$*")))
        return;
    found(sink, cmd->instruction->at, "this CMD is never used: ENTRYPOINT is in shell form");
    found_related(sink, entry->instruction->at, "a shell that gets no arguments");
}

static void check_npm_start(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    if (!cmd || !cmd->command_count)
        return;
    const struct shell_command *command = &cmd->commands[cmd->command_count - 1];
    bool runner = STR_IN(command->name, "npm", "yarn", "pnpm");
    const struct shell_word *sub = runner ? shell_subcommand(command) : NULL;
    if (!sub || !STR_IN(sub->value, "start", "run", "run-script", "serve"))
        return;
    found(sink, cmd->instruction->at,
          "'%.*s' stands between the container's signals and the program", STR_ARG(command->name));
}

static bool has_word(const struct shell_command *command, str value)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (word->known && str_eq(word->value, value))
            return true;
    }
    return false;
}

/* `npm run dev` and its kin. */
static bool runs_dev_script(const struct shell_command *command, str verb, str text)
{
    return STR_IN(command->name, "npm", "yarn", "pnpm", "bun") &&
           (str_eq(verb, STR("dev")) || str_has(text, STR("run dev")) ||
            str_has(text, STR("\"run\", \"dev\"")));
}

/* A program that is, or begins, a server for development. */
static bool is_dev_program(const struct shell_command *command, str verb)
{
    str name = command->name;
    if (STR_IN(name, "nodemon", "ts-node-dev", "webpack-dev-server", "air", "reflex",
               "CompileDaemon", "fresh"))
        return true;
    if (STR_IN(name, "next", "nuxt", "astro"))
        return STR_IN(verb, "dev");
    if (STR_IN(name, "uvicorn", "gunicorn", "hypercorn"))
        return shell_option(command, "--reload");
    return (str_eq(name, STR("ng")) && STR_IN(verb, "serve")) ||
           (str_eq(name, STR("vite")) && !STR_IN(verb, "preview", "build")) ||
           (str_eq(name, STR("php")) && shell_option(command, "-S")) ||
           (str_eq(name, STR("flask")) && has_word(command, STR("run")));
}

static void check_dev_server(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    if (!cmd)
        cmd = final_step(facts, INSTRUCTION_ENTRYPOINT);
    for (uint32_t i = 0; cmd && i < cmd->command_count; i++) {
        const struct shell_command *command = &cmd->commands[i];
        str text = source_text(sink->source, command->at);
        const struct shell_word *sub = shell_subcommand(command);
        str verb = sub ? sub->value : STR("");
        bool django = str_has(text, STR("manage.py")) && str_has(text, STR("runserver"));
        if (!django && !runs_dev_script(command, verb, text) && !is_dev_program(command, verb))
            continue;
        found(sink, cmd->instruction->at, "the image starts a development server");
        return;
    }
}

/* Programs that people call in a health check, and do not have. */
static bool has_program(const struct facts *facts, str program)
{
    const struct stage_facts *final = facts->final;
    if (!final->base)
        return true;
    str rest = str_from(final->base->has), name;
    while (str_next_word(&rest, &name))
        if (str_eq(name, program))
            return true;
    for (uint32_t s = 0; s < facts->stage_count; s++) {
        if (!facts->stages[s].ships)
            continue;
        const struct stage *stage = facts->stages[s].stage;
        for (uint32_t i = stage->first; i < stage->end; i++) {
            const struct instruction *at = facts->steps[i].instruction;
            bool copy = at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD;
            if ((copy || at->kind == INSTRUCTION_RUN) &&
                (str_has(source_text(facts->source, at->at), program) ||
                 (copy && at->words.count && str_eq(vec_last(&at->words)->raw, STR("/")))))
                return true;
        }
    }
    return false;
}

static void check_health_tool(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *health = final_step(facts, INSTRUCTION_HEALTHCHECK);
    if (!health || !str_eq(health->instruction->healthcheck, STR("CMD")))
        return;
    if (facts->final->base && facts->final->base->shell == SHELL_KIND_NONE &&
        !health->instruction->json && health->script) {
        found(sink, health->instruction->at,
              "this health check needs a shell, and the image has none");
        return;
    }
    for (uint32_t i = 0; i < health->command_count; i++) {
        const struct shell_command *command = &health->commands[i];
        bool judged = STR_IN(command->name, "curl", "wget", "nc", "pg_isready", "mysqladmin",
                             "redis-cli", "httpie", "python", "python3", "node");
        if (judged && !has_program(facts, command->name)) {
            found(sink, command->at, "'%.*s' is not in the image, so every check fails",
                  STR_ARG(command->name));
            return;
        }
    }
}

static void check_health_missing(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->final || final_step(facts, INSTRUCTION_HEALTHCHECK) ||
        !(final_step(facts, INSTRUCTION_CMD) || final_step(facts, INSTRUCTION_ENTRYPOINT)))
        return;
    found(sink, facts->final->stage->from->at, "the image has no HEALTHCHECK");
}

static const char *const signals[] = {
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};

static void check_signal(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct words *words = &step->instruction->words;
    str value;
    if (words->count != 1 || !word_value(facts, step->instruction, words->at[0].raw, &value))
        return;
    uint64_t number;
    bool numeric = str_to_u64(value, &number);
    str name = str_starts_nocase(value, STR("SIG")) ? str_from_index(value, 3) : value;
    for (size_t i = 0; !numeric && i < ARRAY_COUNT(signals); i++)
        if (str_eq_nocase(name, str_from(signals[i]))) {
            str right = str_fmt(sink->arena, "SIG%s", signals[i]);
            if (str_eq(right, value))
                break;
            found(sink, words->at[0].at, "the signal's name is '%.*s'", STR_ARG(right));
            found_fix(sink, "Write %.*s", STR_ARG(right));
            found_edit(sink, words->at[0].at, right);
            return;
        }
    bool kill = str_eq_nocase(name, STR("KILL")) || str_eq_nocase(name, STR("STOP")) ||
                (numeric && (number == 9 || number == 19));
    if (kill)
        found(sink, words->at[0].at,
              "'%.*s' cannot be caught: the program ends without cleaning up", STR_ARG(value));
    else if (numeric && (number == 0 || number > 64))
        found(sink, words->at[0].at, "there is no signal %" PRIu64, number);
}

static void check_signals(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_STOPSIGNAL, check_signal);
}

RULE_FAMILY(
    runtime_start,
    {.name = "runtime/shell-form",
     .aka = "hadolint:DL3025 buildkit:JSONArgsRecommended droast:DF018 droast:DF025",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s23",
     .what = "CMD or ENTRYPOINT in shell form",
     .why = "the shell is process 1 and does not hand SIGTERM on: 'docker stop' waits ten seconds "
            "and kills",
     .how = "write a JSON array; where a shell is needed, end with exec, or say SHELL",
     .source = "guide: complete example; Dockerfile reference, CMD",
     .dockerfile = check_shell_forms},
    {.name = "runtime/broken-array",
     .aka = "tally:invalid-json-form",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = NULL,
     .what = "an array that is no valid JSON",
     .why = "it silently becomes shell form: the shell is told to run a program called '['",
     .how = "double quotes, no trailing comma",
     .source = "moby/buildkit#1952",
     .dockerfile = check_broken_arrays},
    {.name = "runtime/repeated",
     .aka = "hadolint:DL4003 hadolint:DL4004 hadolint:DL3012 "
            "buildkit:MultipleInstructionsDisallowed trivy:DS016 trivy:DS007 trivy:DS023 "
            "trivy:DS-0016 trivy:DS-0007 trivy:DS-0023",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = NULL,
     .what = "several CMD, ENTRYPOINT or HEALTHCHECK in one stage",
     .why = "only the last one counts; whoever edits another one changes nothing",
     .how = "keep the last one",
     .source = "Dockerfile reference, CMD",
     .dockerfile = check_repeated},
    {.name = "runtime/cmd-unused",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = NULL,
     .what = "CMD beside an ENTRYPOINT in shell form",
     .why = "the shell form gets no arguments, so CMD and the arguments of 'docker run' are lost",
     .how = "write ENTRYPOINT as a JSON array",
     .source = "Dockerfile reference, how CMD and ENTRYPOINT interact",
     .dockerfile = check_entry_ignores_cmd},
    {.name = "runtime/npm-start",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "a package manager starts the program",
     .why = "it costs a second process of some 40 MB, and signals reach the program late or never",
     .how = "CMD [\"node\", \"server.js\"], under an init where the program does not reap",
     .source = "guide: complete example",
     .dockerfile = check_npm_start},
    {.name = "runtime/dev-server",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s6",
     .what = "the image starts a development server",
     .why = "it needs development dependencies, reloads files, and is not made for untrusted input",
     .how = "build for production and start the production server",
     .source = "guide: Exclude Development Dependencies",
     .dockerfile = check_dev_server},
    {.name = "runtime/healthcheck-tool",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "HEALTHCHECK uses a program that the image does not have",
     .why = "the container is never healthy",
     .how = "use what the image has (wget of busybox, the language's own runtime), or install it",
     .source = "Dockerfile reference, HEALTHCHECK; the table of base images",
     .dockerfile = check_health_tool},
    {.name = "runtime/healthcheck-missing",
     .aka = "hadolint:DL3057 trivy:DS026 trivy:DS-0026 checkov:CKV_DOCKER_2 dockle:CIS-DI-0006 "
            "droast:DF012",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .guide = "s23",
     .what = "no HEALTHCHECK",
     .why = "docker and compose cannot tell a hung program from a working one; Kubernetes does not "
            "read it",
     .how = "HEALTHCHECK CMD, or a probe of the orchestrator",
     .source = "guide: complete example",
     .dockerfile = check_health_missing},
    {.name = "runtime/stop-signal",
     .aka = "tally:stopsignal",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = NULL,
     .what = "STOPSIGNAL that is unknown, not spelled canonically, or cannot be caught",
     .why = "the program cannot clean up, or the engine refuses the image",
     .how = "SIGTERM, SIGINT or SIGQUIT, in full",
     .source = "signal(7)",
     .dockerfile = check_signals});
