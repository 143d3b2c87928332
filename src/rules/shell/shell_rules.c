#include "rules/families.h"

/* The dozen shell mistakes that make up 93 % of what ShellCheck finds in real Dockerfiles. */

static bool knows_pipefail(enum shell_kind shell)
{
    return shell == SHELL_KIND_BASH || shell == SHELL_KIND_ASH;
}

/* Commands whose failure in front of a pipe loses something: a download, a build, a decoder. What
 * only prints (echo, cat, ls, printf) is not worth a word. */
static bool can_fail(const struct shell_command *command)
{
    return STR_IN(command->name, "curl", "wget", "git", "tar", "gpg", "openssl", "pip", "npm", "go",
                  "cargo", "make", "apt-get", "apk", "yum", "dnf", "mysqldump", "pg_dump", "gunzip",
                  "unzip", "xz", "zcat", "python", "python3", "node", "ruby", "perl", "php");
}

static void check_pipe(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    bool set = step->shell_pipefail || (step->script && step->script->sets_pipefail);
    if (set || command->place > 0 || command->pipeline_length < 2 || !can_fail(command) ||
        (command->context & (SHELL_IN_CONDITION | SHELL_GUARDED)))
        return;
    found(sink, command->at, "if '%.*s' fails here, the step goes on with what it got",
          STR_ARG(command->name));
    if (step->instruction->json || step->script_is_heredoc || !knows_pipefail(step->shell) ||
        !step->script || step->command_count == 0)
        return;
    found_fix(sink, "Set pipefail in this step");
    found_insert(sink, step->commands[0].at.start, STR("set -o pipefail && "));
    (void)facts;
}

static void check_pipes(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_pipe);
}

/* -- quoting ----------------------------------------------------------------------------------- */

/* Where word splitting cannot happen or is what everybody means. */
static bool splitting_is_meant(const struct shell_command *command, const struct shell_word *word)
{
    if (STR_IN(command->name, "echo", "printf", "export", "local", "set", "apk", "apt-get", "apt",
               "yum", "dnf", "pip", "make", "[["))
        return true;
    VEC_EACH(struct shell_part, part, word->parts) {
        if (part->kind == SHELL_PARAM && STR_IN(part->name, "#", "?", "$", "!", "@", "*"))
            return true;
    }
    return false;
}

static bool name_says_list(str name)
{
    /* $buildDeps, $PHPIZE_DEPS, $CFLAGS, $(nproc): several words on purpose. */
    return str_has_nocase(name, STR("deps")) || str_has_nocase(name, STR("flags")) ||
           str_has_nocase(name, STR("packages")) || str_has_nocase(name, STR("pkgs")) ||
           str_has_nocase(name, STR("opts")) || str_has_nocase(name, STR("args")) ||
           str_has_nocase(name, STR("options")) || str_has_nocase(name, STR("extra")) ||
           str_ends(name, STR("s")) || str_ends(name, STR("S"));
}

/* A number, or the name of a temporary file: nothing in it splits. */
static bool output_is_plain(const struct shell_word *value)
{
    if (value->parts.count == 0)
        return false;
    VEC_EACH(struct shell_part, part, value->parts) {
        bool number = part->kind == SHELL_ARITH ||
                      (part->kind == SHELL_PARAM && STR_IN(part->name, "?", "#", "$", "!"));
        bool temporary = part->kind == SHELL_COMMAND && (str_starts(part->text, STR("$(mktemp")) ||
                                                         str_starts(part->text, STR("$(id -")) ||
                                                         str_starts(part->text, STR("$(nproc")));
        bool text = part->kind == SHELL_LITERAL || part->kind == SHELL_DOUBLE;
        if (!number && !temporary && !(text && part->kind == SHELL_DOUBLE))
            return false;
    }
    return true;
}

/* Is the variable's value in the text, and without anything that splits? */
static bool value_is_plain(const struct facts *facts, const struct step_facts *step, str name)
{
    bool assigned = false;
    for (uint32_t i = 0; i < step->command_count; i++)
        VEC_EACH(struct shell_assign, assign, step->commands[i].assigns) {
            if (!str_eq(assign->name, name))
                continue;
            str value = assign->value.value;
            if (!output_is_plain(&assign->value) &&
                (!assign->value.known || str_has_char(value, ' ') || glob_is_pattern(value)))
                return false;
            assigned = true;
        }
    if (assigned)
        return true;
    const struct variable *variable =
        map_find(dockerfile_scope(facts->arena, facts->file, step->instruction), name);
    return variable && variable->known && !str_has_char(variable->value, ' ') &&
           !glob_is_pattern(variable->value);
}

/* Quote what is split of a word; the first of a command is its finding. */
static void quote_word(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command,
                       const struct shell_word *word, bool *io_reported)
{
    bool inside = command->via & SHELL_VIA_SH_C; /* quotes would end those around its text */
    VEC_EACH(struct shell_part, part, word->parts) {
        if (part->kind != SHELL_PARAM || part->quoted || name_says_list(part->name) ||
            value_is_plain(facts, step, part->name))
            continue;
        if (!*io_reported) {
            found(sink, part->at,
                  "'%.*s' unquoted: a blank or a '*' in its value makes it several words",
                  STR_ARG(part->text));
            if (!inside)
                found_fix(sink, "Quote it");
        }
        *io_reported = true;
        if (inside)
            return;
        found_insert(sink, part->at.start, STR("\""));
        found_insert(sink, part->at.end, STR("\""));
    }
}

static void check_unquoted(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    bool reported = false;
    if (!STR_IN(command->name, "rm", "cp", "mv", "mkdir", "chmod", "chown", "ln", "cd", "cat",
                "touch", "tar", "install", "test", "["))
        return;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        const struct shell_word *word = &command->argv.at[i];
        if (word->splits && !splitting_is_meant(command, word))
            quote_word(facts, sink, step, command, word, &reported);
    }
}

static void check_quotes(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_unquoted);
}

static void check_unquoted_command(const struct facts *facts, struct rule_sink *sink,
                                   const struct step_facts *step,
                                   const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!STR_IN(command->name, "rm", "mkdir", "cd", "cp", "mv", "touch"))
        return;
    for (uint32_t i = 1; i < command->argv.count; i++)
        VEC_EACH(struct shell_part, part, command->argv.at[i].parts) {
            bool lists = str_has(part->text, STR("find ")) || str_has(part->text, STR("ls ")) ||
                         str_has(part->text, STR("xargs"));
            if (part->kind == SHELL_COMMAND && !part->quoted && !lists)
                found(sink, part->at, "this command's output is split into words");
        }
}

static void check_command_quotes(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_unquoted_command);
}

static void check_masked(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!STR_IN(command->name, "export", "local", "declare", "readonly", "typeset"))
        return;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        const struct shell_word *word = &command->argv.at[i];
        if (!str_has_char(word->raw, '='))
            continue;
        VEC_EACH(struct shell_part, part, word->parts) {
            if (part->kind != SHELL_COMMAND || str_starts(part->text, STR("$(mktemp")))
                continue; /* without room for a directory nothing else goes well either */
            found(sink, command->at, "'%.*s' succeeds even when the command inside fails",
                  STR_ARG(command->name));
            return;
        }
    }
}

static void check_masks(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_masked);
}

/* -- cd without a guard ------------------------------------------------------------------------ */

static void check_cd_guard(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    bool stops = step->shell_errexit || (step->script && step->script->sets_errexit);
    bool loose = command->after == SHELL_SEP_SEMI || command->after == SHELL_SEP_NEWLINE;
    if (!STR_IN(command->name, "cd", "pushd") || stops || !loose ||
        (command->context & (SHELL_IN_CONDITION | SHELL_GUARDED)) ||
        (command->argv.count > 1 && STR_IN(command->argv.at[1].value, "..", "-", "/", "/tmp")))
        return;
    found(sink, command->at, "if this cd fails, what follows runs in the wrong directory");
    if (command->after != SHELL_SEP_SEMI ||
        !str_eq(source_text(sink->source, command->separator_at), STR(";")))
        return;
    found_fix(sink, "Go on only if it succeeded");
    found_edit(sink, command->separator_at, STR(" &&"));
}

static void check_cds(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_cd_guard);
}

/* -- chains that hide failures ----------------------------------------------------------------- */

static bool matters(const struct facts *facts, const struct shell_command *command)
{
    return can_fail(command) || STR_IN(command->name, "gradle", "mvn", "cmake", "yarn", "pnpm") ||
           package_command_of(facts->arena, command).verb == PACKAGE_INSTALL;
}

static void check_chain(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->script || step->shell_errexit ||
        step->script->sets_errexit || step->script->problems.count)
        return;
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        bool loose = command->after == SHELL_SEP_SEMI || command->after == SHELL_SEP_NEWLINE;
        if (command->depth || !loose || !matters(facts, command) ||
            (command->context & (SHELL_GUARDED | SHELL_IN_CONDITION | SHELL_IN_SUBSHELL)) ||
            i + 1 >= step->command_count)
            continue;
        found(sink, command->at, "if '%.*s' fails, the step goes on and succeeds",
              STR_ARG(command->name));
        if (step->script_is_heredoc) {
            found_fix(sink, "Stop at the first failure");
            span body = step->instruction->heredocs.at[0].body_at;
            str first = source_text(sink->source, body);
            size_t skip = str_starts(first, STR("#!")) ? str_find_char(first, '\n') + 1 : 0;
            found_insert(sink, body.start + (uint32_t)skip,
                         str_cat(sink->arena, STR("set -e"), source_newline(sink->source)));
        } else if (command->after == SHELL_SEP_SEMI) {
            found_fix(sink, "Stop at the first failure");
            found_insert(sink, step->commands[0].at.start, STR("set -e; "));
        }
        return;
    }
}

static void check_chains(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_chain);
}

/* -- bash under sh ----------------------------------------------------------------------------- */

/* dash 0.5.12: -E is taken for another option, and read has a prompt. */
static bool dash_takes(str what, str text)
{
    return str_eq(what, STR("set -E")) ||
           (str_eq(what, STR("option of read")) && STR_IN(text, "-p", "-rp", "-pr"));
}

static void check_bashism(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    bool posix = step->shell == SHELL_KIND_DASH || step->shell == SHELL_KIND_ASH;
    if (!step_is_run(facts, step) || !step->script || !posix)
        return;
    bool ash = step->shell == SHELL_KIND_ASH;
    VEC_EACH(struct shell_bashism, bashism, step->script->bashisms) {
        str text = source_text(sink->source, bashism->at);
        if (ash ? bashism->in_ash : dash_takes(str_from(bashism->what), text))
            continue;
        found(sink, bashism->at, "%s: this base's sh is %s, which does not know it", bashism->what,
              ash ? "busybox ash" : "dash");
        if (str_eq(str_from(bashism->what), STR("echo -e")))
            found_severity(sink, SEVERITY_WARNING); /* it writes "-e": wrong text, not the end */
        return;
    }
}

static void check_bashisms(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_bashism);
}

/* -- slips ------------------------------------------------------------------------------------- */

static void check_swallow(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->script)
        return;
    VEC_EACH(struct shell_comment, comment, step->script->comments) {
        if (comment->swallows)
            found(
                sink, comment->at,
                "this '#' makes the rest of the instruction a comment: the lines are joined first");
    }
}

static void check_swallows(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_swallow);
}

static void check_slip(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    (void)step;
    struct package_command package = step_package(facts, step, command);
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        str target = redirect->target.value;
        bool version = target.len && (char_is_digit(target.at[0]) || target.at[0] == '=');
        if (package.verb == PACKAGE_INSTALL && version && redirect->op.len == 1)
            found(sink, redirect->at,
                  "the shell takes '%.*s' for a redirection: nothing of it reaches '%s'",
                  STR_ARG(source_text(sink->source, redirect->at)), package.manager);
    }
    if (command->argv.count > 1 && str_eq(command->argv.at[0].raw, STR("RUN")))
        found(sink, command->argv.at[0].at, "'RUN' inside RUN: a continuation too many above");
}

static void check_slips(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_slip);
}

static void check_echo(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    /* dash and ash read escapes in echo; bash does not. */
    if (!str_eq(command->name, STR("echo")) || step->shell != SHELL_KIND_BASH ||
        shell_option(command, "-e"))
        return;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        str value = command->argv.at[i].value;
        if (str_has(value, STR("\\n")) || str_has(value, STR("\\t")))
            found(sink, command->argv.at[i].at,
                  "bash's echo writes '\\n' as it stands: use printf");
    }
}

static void check_echoes(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_echo);
}

static void check_problem(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->script || !step->script->problems.count)
        return;
    const struct shell_problem *problem = &step->script->problems.at[0];
    found(sink, problem->at, "the shell will not take this: %s", problem->what);
}

static void check_problems(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_problem);
}

RULE_FAMILY(
    shell,
    {.name = "shell/pipefail",
     .aka = "hadolint:DL4006 semgrep:dockerfile.correctness.missing-pipefail",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "a pipe whose first command can fail, without pipefail",
     .why = "a failed download goes unseen, and its half-empty result is kept in the cache",
     .how =
         "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"], or a file in between; busybox ash "
         "knows 'set -o pipefail', dash only since 0.5.13",
     .source = "hadolint DL4006, only where the left side can fail",
     .dockerfile = check_pipes},
    {.name = "shell/unquoted",
     .aka = "shellcheck:SC2086",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .what = "an unquoted variable where a path is meant",
     .why = "a blank or a glob in the value hits other files; with rm, the wrong ones",
     .how = "\"$name\"",
     .source = "ShellCheck SC2086, without lists that are meant to split",
     .dockerfile = check_quotes},
    {.name = "shell/unquoted-command",
     .aka = "shellcheck:SC2046",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "an unquoted command substitution where a path is meant",
     .why = "its output is split at blanks",
     .how = "\"$(command)\"",
     .source = "ShellCheck SC2046",
     .dockerfile = check_command_quotes},
    {.name = "shell/masked-status",
     .aka = "shellcheck:SC2155",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "export or local with a command inside",
     .why = "the command's failure is lost, also under set -e",
     .how = "name=$(command) && export name",
     .source = "ShellCheck SC2155",
     .dockerfile = check_masks},
    {.name = "shell/cd",
     .aka = "shellcheck:SC2164",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .what = "cd followed by ';' without set -e",
     .why = "what follows runs in the wrong directory when the right one is not there",
     .how = "cd x && ...",
     .source = "ShellCheck SC2164",
     .dockerfile = check_cds},
    {.name = "shell/no-errexit",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "a chain of ';' or a heredoc without set -e",
     .why = "only the last command's status counts: the image is built although a step failed",
     .how = "'set -e' first, or '&&'",
     .source = "hadolint#882; measured with BuildKit: a RUN heredoc runs without -e",
     .dockerfile = check_chains},
    {.name = "shell/bashism",
     .aka =
         "shellcheck:SC2039 shellcheck:SC2112 shellcheck:SC2113 shellcheck:SC2127 shellcheck:SC3001 "
         "shellcheck:SC3002 shellcheck:SC3003 shellcheck:SC3004 shellcheck:SC3005 shellcheck:SC3006 "
         "shellcheck:SC3008 shellcheck:SC3009 shellcheck:SC3010 shellcheck:SC3011 shellcheck:SC3014 "
         "shellcheck:SC3015 shellcheck:SC3016 shellcheck:SC3018 shellcheck:SC3019 shellcheck:SC3020 "
         "shellcheck:SC3021 shellcheck:SC3022 shellcheck:SC3024 shellcheck:SC3025 shellcheck:SC3028 "
         "shellcheck:SC3029 shellcheck:SC3030 shellcheck:SC3032 shellcheck:SC3034 shellcheck:SC3037 "
         "shellcheck:SC3039 shellcheck:SC3040 shellcheck:SC3041 shellcheck:SC3043 shellcheck:SC3044 "
         "shellcheck:SC3045 shellcheck:SC3046 shellcheck:SC3047 shellcheck:SC3053 shellcheck:SC3054 "
         "shellcheck:SC3057 shellcheck:SC3059 shellcheck:SC3060",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "a bash feature under a base whose sh is dash or ash",
     .why = "the step fails, or a test is silently false",
     .how = "SHELL [\"/bin/bash\", \"-c\"] where bash is there; else the POSIX form",
     .source = "ShellCheck SC3xxx; dash(1), busybox ash",
     .dockerfile = check_bashisms},
    {.name = "shell/comment-swallows",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "a '#' behind a command of a joined instruction",
     .why = "lines are joined before the shell reads them: what follows is never run",
     .how = "put the comment on a line of its own, which the builder removes",
     .source = "hadolint#760",
     .dockerfile = check_swallows},
    {.name = "shell/slip",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "'package>1.0' without quotes, or RUN inside RUN",
     .why = "the shell makes a file '=1.0' and the limit is lost; 'RUN' is no command",
     .how = "quote the requirement: 'package>=1.0'",
     .source = "POSIX shell, redirection; pip, requirement specifiers",
     .dockerfile = check_slips},
    {.name = "shell/echo-escapes",
     .aka = "shellcheck:SC2028",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "escapes in bash's echo",
     .why = "they are written as they stand",
     .how = "printf",
     .source = "ShellCheck SC2028",
     .dockerfile = check_echoes},
    {.name = "shell/syntax",
     .aka = "shellcheck:SC1072 shellcheck:SC1073 shellcheck:SC1088",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .what = "shell text that does not parse",
     .why = "the step fails",
     .how = "close the quote, the bracket or the loop",
     .source = "POSIX.1-2017, chapter 2",
     .dockerfile = check_problems});
