#include "rules/families.h"

/* Variables that nothing sets, a '!' that hides a failure, a loop over one word. */

/* -- what a step itself names ---------------------------------------------------------------- */

/* Every name of the step's text that does not stand behind '$' or "${": whatever assigns a variable
 * (x=, for x in, read x, printf -v x, $((x = 1))) writes it so. */
static struct map bare_names(const struct facts *facts, const struct step_facts *step)
{
    struct map names = {0};
    str text = source_text(facts->source, step->instruction->at);
    for (size_t i = 0; i < text.len;) {
        size_t start = i;
        while (i < text.len && char_is_name(text.at[i]))
            i++;
        if (i == start) {
            i++;
            continue;
        }
        char before = start ? text.at[start - 1] : ' ';
        char before_that = start > 1 ? text.at[start - 2] : ' ';
        bool used = before == '$' || (before == '{' && before_that == '$');
        if (!used && !char_is_digit(text.at[start]))
            map_set(facts->arena, &names, str_slice(text, start, i), NULL);
    }
    return names;
}

/* Does the step take variables from somewhere that the text does not show? */
static bool takes_unknown(const struct step_facts *step)
{
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        if (STR_IN(command->name, ".", "source", "eval") || !command->name.len)
            if (command->argv.count)
                return true;
    }
    return false;
}

/* Names that the shell or the builder sets. */
static bool is_set_by_shell(str name)
{
    return STR_IN(name, "HOME", "PATH", "PWD", "OLDPWD", "IFS", "PPID", "OPTIND", "OPTARG",
                  "OPTERR", "SHLVL", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "UID", "EUID",
                  "GROUPS", "HOSTNAME", "HOSTTYPE", "MACHTYPE", "OSTYPE", "SHELL", "TERM", "REPLY",
                  "COLUMNS", "LINES", "DIRSTACK", "FUNCNAME", "PIPESTATUS", "MAPFILE", "_") ||
           str_starts(name, STR("BASH")) || str_starts(name, STR("COMP_")) ||
           str_starts(name, STR("EPOCH")) || str_starts(name, STR("PS")) || is_proxy_arg(name);
}

static bool is_lower_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] >= 'A' && name.at[i] <= 'Z')
            return false;
    return name.len > 0 && (char_is_alpha(name.at[0]) || name.at[0] == '_');
}

static bool mount_sets(const struct step_facts *step, str name)
{
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        if (str_eq(mount->env, name))
            return true;
    }
    return false;
}

static bool has_default(const struct shell_part *part)
{
    str op = part->op;
    return op.len && (STR_IN(str_slice(op, 0, 1), "-", "+", "?", "=") ||
                      STR_IN(str_slice(op, 0, 2), ":-", ":+", ":?", ":="));
}

struct unset_search {
    const struct facts *facts;
    struct rule_sink *sink;
    const struct step_facts *step;
    struct map bare, reported;
};

static void report_global(struct unset_search *search, str name, span at)
{
    const struct facts *facts = search->facts;
    found(search->sink, at,
          is_platform_arg(name)
              ? "'$%.*s' is empty here: the builder gives it to stages that declare it"
              : "'$%.*s' is empty here: an ARG in front of FROM is not seen inside a stage",
          STR_ARG(name));
    const struct stage_facts *stage = step_stage(facts, search->step);
    if (!stage)
        return;
    found_fix(search->sink, "Declare it in this stage");
    str line = str_fmt(search->sink->arena, "ARG %.*s", STR_ARG(name));
    struct edit edit = insert_after_instruction(facts, stage->stage->from, line);
    found_edit(search->sink, edit.at, edit.text);
}

/* A base image may set any name, in capitals by custom: of those only the ARGs in front of FROM and
 * the platform's are judged, which a stage gets by declaring them. */
static void check_part(struct unset_search *search, const struct shell_part *part)
{
    const struct facts *facts = search->facts;
    str name = part->name;
    if (part->kind != SHELL_PARAM || !name.len ||
        !(char_is_alpha(name.at[0]) || name.at[0] == '_') || has_default(part) ||
        is_set_by_shell(name) || map_has(&search->bare, name) || map_has(&search->reported, name) ||
        dockerfile_variable(facts->file, search->step->instruction, name) ||
        mount_sets(search->step, name))
        return;
    bool global = map_has(&facts->file->global_args, name) || is_platform_arg(name);
    if (!global && !is_lower_name(name))
        return;
    map_set(facts->arena, &search->reported, name, NULL);
    if (global) {
        report_global(search, name, part->at);
        return;
    }
    found(search->sink, part->at, "nothing sets '$%.*s': neither ARG nor ENV nor this step",
          STR_ARG(name));
    const struct stage_facts *stage = step_stage(facts, search->step);
    if (!stage || !stage->base) /* an image that we do not know may */
        found_severity(search->sink, SEVERITY_NOTE);
}

static void check_words(struct unset_search *search, const struct shell_words *words)
{
    VEC_EACH(struct shell_word, word, *words) {
        VEC_EACH(struct shell_part, part, word->parts) {
            check_part(search, part);
        }
    }
}

static void check_unset_in(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->script || step->script->problems.count ||
        !str_has_char(source_text(facts->source, step->instruction->at), '$') ||
        takes_unknown(step))
        return;
    struct unset_search search = {
        .facts = facts, .sink = sink, .step = step, .bare = bare_names(facts, step)};
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        if (command->context & SHELL_IN_TEXT)
            continue;
        check_words(&search, &command->words);
        VEC_EACH(struct shell_assign, assign, command->assigns) {
            VEC_EACH(struct shell_part, part, assign->value.parts) {
                check_part(&search, part);
            }
        }
        VEC_EACH(struct shell_redirect, redirect, command->redirects) {
            VEC_EACH(struct shell_part, part, redirect->target.parts) {
                check_part(&search, part);
            }
        }
    }
}

static void check_unset(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_unset_in);
}

/* -- ! under set -e -------------------------------------------------------------------------- */

/* Is the node's status looked at, by a condition, by && or ||, or because it is the step's own?
 * `used` says so of its parent; `index` is its place there. */
static bool status_is_used(const struct shell_node *parent, uint32_t index, bool used)
{
    uint32_t count = parent->children.count;
    switch (parent->kind) {
    case SHELL_NODE_SCRIPT:
    case SHELL_NODE_LIST: return index + 1 == count && used;
    case SHELL_NODE_AND_OR: return index + 1 < count || used;
    case SHELL_NODE_IF: return (index % 2 == 0 && index + 1 < count) || used;
    case SHELL_NODE_WHILE: return index == 0 || used;
    case SHELL_NODE_FOR:
    case SHELL_NODE_CASE:
    case SHELL_NODE_SUBSHELL:
    case SHELL_NODE_GROUP: return used;
    default: return true; /* a function's caller, a pipe */
    }
}

static void check_negated(struct rule_sink *sink, const struct shell_node *node, bool used)
{
    if (node->kind == SHELL_NODE_PIPELINE && node->negated) {
        if (!used)
            found(sink, node->at, "what stands behind '!' never stops the step, also under set -e");
        return;
    }
    /* As deep as the parser goes: LIMIT_NESTING. */
    for (uint32_t i = 0; i < node->children.count; i++)
        check_negated(sink, node->children.at[i], status_is_used(node, i, used));
}

static void check_negation_step(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step)
{
    if (step_is_run(facts, step) && step->script && step->script->root &&
        (step->shell_errexit || step->script->sets_errexit))
        check_negated(sink, step->script->root, true);
}

static void check_negations(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_negation_step);
}

/* -- for over one word ----------------------------------------------------------------------- */

/* One constant that is a list in disguise: "a b c" in quotes, or the name of a variable without its
 * '$'. A list of one plain word is a list that may grow, and no finding. */
static bool is_list_in_disguise(const struct facts *facts, const struct step_facts *step,
                                const struct shell_word *word, const char **out_why)
{
    str value = str_trim(word->value);
    if (word->quoted && word->known && str_has_char(value, ' ')) {
        *out_why = "quotes make one word of this list: the loop runs once";
        return true;
    }
    for (uint32_t i = 0; word->known && !word->quoted && i < step->command_count; i++)
        VEC_EACH(struct shell_assign, assign, step->commands[i].assigns) {
            bool list = str_has_char(assign->value.value, ' ') || !assign->value.known;
            if (str_eq(assign->name, value) && list) {
                *out_why = "this is the variable's name, not its value: the loop runs once";
                return true;
            }
        }
    const struct variable *variable =
        word->known && !word->quoted ? dockerfile_variable(facts->file, step->instruction, value)
                                     : NULL;
    *out_why = "this is the variable's name, not its value: the loop runs once";
    return variable != NULL;
}

static void check_loops_in(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_node *node)
{
    const char *why;
    if (node->kind == SHELL_NODE_FOR && node->words.count == 1 &&
        is_list_in_disguise(facts, step, &node->words.at[0], &why))
        found(sink, node->words.at[0].at, "%s", why);
    /* As deep as the parser goes: LIMIT_NESTING. */
    VEC_EACH(struct shell_node *, child, node->children) {
        check_loops_in(facts, sink, step, *child);
    }
}

static void check_loop_step(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    if (step_is_run(facts, step) && step->script && step->script->root)
        check_loops_in(facts, sink, step, step->script->root);
}

static void check_loops(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_loop_step);
}

RULE_FAMILY(
    shell_names,
    {.name = "shell/negated",
     .aka = "shellcheck:SC2251",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "'!' in front of a command under set -e",
     .why = "the shell never stops for a negated command: the check that it was meant to be is "
            "none",
     .how = "if command; then exit 1; fi",
     .source = "POSIX.1-2017, set -e; ShellCheck SC2251",
     .dockerfile = check_negations},
    {.name = "shell/one-item-loop",
     .aka = "shellcheck:SC2043 shellcheck:SC2066",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "a loop over a quoted list, or over a variable's name",
     .why = "the loop runs once, with the whole list or the name as its item",
     .how = "for x in a b c, without quotes; for x in $list",
     .source = "ShellCheck SC2043 and SC2066, without lists that have one item today",
     .dockerfile = check_loops},
    {.name = "shell/unset-variable",
     .aka = "shellcheck:SC2154",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s10",
     .what = "RUN uses a variable that nothing sets",
     .why = "the shell puts nothing in its place and goes on: 'rm -rf $dir/*' is 'rm -rf /*'",
     .how = "declare ARG name in the stage, set it in the step, or mend the name",
     .source = "ShellCheck SC2154, with the Dockerfile's ARG and ENV; names in capitals may be the "
               "base image's and are not judged",
     .dockerfile = check_unset});
