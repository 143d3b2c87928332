#include "shell/grammar.h"

#include <string.h>

/* A builtin of bash that POSIX shells lack. `local` is not here: dash and busybox have it. */
static const struct {
    const char *name, *code;
} builtins[] = {
    {"source", "SC3046"},    {"declare", "SC3044"}, {"typeset", "SC3044"}, {"shopt", "SC3044"},
    {"let", "SC3039"},       {"pushd", "SC3044"},   {"popd", "SC3044"},    {"dirs", "SC3044"},
    {"mapfile", "SC3044"},   {"disown", "SC3044"},  {"caller", "SC3044"},  {"compgen", "SC3044"},
    {"readarray", "SC3044"}, {"enable", "SC3044"},  {"builtin", "SC3044"}, {"coproc", "SC3032"},
    {"bind", "SC3044"},      {"help", "SC3044"},    {"logout", "SC3044"},  {"suspend", "SC3044"},
    {"complete", "SC3044"},
};

/* Tried with busybox 1.35, whose ASH_BASH_COMPAT is on; of a `what` that has several meanings
 * ("option of read") ash knows those that occur. */
bool ash_has(const char *what)
{
    return STR_IN(str_from(what), "[[ ]]", "== in test", "pipefail", "set -E", "trap ERR",
                  "function", "source", "let", "$'...'", "echo -e", "option of read",
                  "option of wait", "${x/y/z}", "${x:0:1}", "process substitution", "&>", ">& file",
                  "** in arithmetic", "++ in arithmetic", "$RANDOM");
}

static void mark_builtin(struct parser *p, const struct shell_word *word)
{
    for (size_t i = 0; i < ARRAY_COUNT(builtins); i++)
        if (word->value.at[0] == builtins[i].name[0] &&
            str_eq(word->value, str_from(builtins[i].name)))
            bashism_at(p, word->at, builtins[i].name, builtins[i].code);
}

/* [ a == b ] */
static void mark_test(struct parser *p, const struct shell_words *argv)
{
    for (uint32_t i = 1; i < argv->count; i++) {
        const struct shell_word *word = &argv->at[i];
        if (i == 1 && word->known && str_eq(word->value, STR("-v")))
            bashism_at(p, word->at, "test -v", "SC3016");
        else if (word->known && str_eq(word->value, STR("==")))
            bashism_at(p, word->at, "== in test", "SC3014");
        else if (word->known && str_eq(word->value, STR("=~")))
            bashism_at(p, word->at, "=~ in test", "SC3015");
    }
}

static void mark_set(struct parser *p, const struct shell_words *argv)
{
    for (uint32_t i = 1; i < argv->count; i++) {
        str word = argv->at[i].value;
        if (word.len < 2 || (word.at[0] != '-' && word.at[0] != '+'))
            continue;
        if (str_has_char(word, 'E') || str_has_char(word, 'T'))
            bashism_at(p, argv->at[i].at, "set -E", "SC3041");
        if (word.at[word.len - 1] != 'o' || ++i >= argv->count)
            continue;
        if (str_eq(argv->at[i].value, STR("pipefail")))
            bashism_at(p, argv->at[i].at, "pipefail", "SC3040");
        else if (STR_IN(argv->at[i].value, "errtrace", "functrace", "posix", "history"))
            bashism_at(p, argv->at[i].at, "option of set", "SC3040");
    }
}

/* The letters of a word like "-en"; STR_NONE when it is none. */
static str option_letters(const struct shell_word *word)
{
    str text = word->value;
    if (text.len < 2 || text.at[0] != '-')
        return STR_NONE;
    for (size_t i = 1; i < text.len; i++)
        if (!char_is_alpha(text.at[i]))
            return STR_NONE;
    return str_from_index(text, 1);
}

/* Options of builtins that POSIX shells do not know. */
static void mark_builtin_options(struct parser *p, str name, const struct shell_words *argv)
{
    const struct shell_word *first = argv->count > 1 ? &argv->at[1] : NULL;
    str option = first ? option_letters(first) : STR_NONE;
    if (!option.len)
        return;
    if (str_eq(name, STR("echo")) && (str_has_char(option, 'e') || str_has_char(option, 'E')) &&
        option.len <= 3)
        bashism_at(p, first->at, "echo -e", "SC3037");
    else if (str_eq(name, STR("printf")) && str_eq(option, STR("v")))
        bashism_at(p, first->at, "printf -v", "SC3045");
    else if (str_eq(name, STR("read")) && !STR_IN(option, "r"))
        bashism_at(p, first->at, "option of read", "SC3045");
    else if (str_eq(name, STR("export")) && STR_IN(option, "f", "n"))
        bashism_at(p, first->at, "option of export", "SC3045");
    else if (str_eq(name, STR("wait")))
        bashism_at(p, first->at, "option of wait", "SC3045");
}

static void mark_trap(struct parser *p, const struct shell_words *argv)
{
    for (uint32_t i = 2; i < argv->count; i++)
        if (STR_IN(argv->at[i].value, "ERR", "DEBUG", "RETURN"))
            bashism_at(p, argv->at[i].at, "trap ERR", "SC3047");
}

void mark_command(struct parser *p, uint32_t index)
{
    const struct shell_command *command = &p->script->commands.at[index];
    if (p->dialect != SHELL_SH)
        return;
    if (!command->words.count && command->redirects.count == 1 && !command->assigns.count &&
        (command->context & SHELL_IN_SUBST) && str_eq(command->redirects.at[0].op, STR("<")))
        bashism_at(p, command->at, "$(<file)", "SC3034");
    if (!command->argv.count || !command->argv.at[0].known || !command->name.len)
        return;
    str name = command->name;
    if (!str_eq(command->argv.at[0].value, name))
        return; /* "/bin/echo" is a program of its own */
    mark_builtin(p, &command->argv.at[0]);
    mark_builtin_options(p, name, &command->argv);
    if (STR_IN(name, "[", "test"))
        mark_test(p, &command->argv);
    else if (str_eq(name, STR("set")))
        mark_set(p, &command->argv);
    else if (str_eq(name, STR("trap")))
        mark_trap(p, &command->argv);
}

void mark_param(struct parser *p, const struct shell_part *part)
{
    if (p->dialect != SHELL_SH)
        return;
    str op = part->op, name = part->name;
    char first = op.len ? op.at[0] : '\0', second = op.len > 1 ? op.at[1] : '\0';
    if (first == '!')
        bashism_at(p, part->at, "${!x}", "SC3053");
    else if (first == '[')
        bashism_at(p, part->at, "array references", "SC3054");
    else if (first == '^' || first == ',')
        bashism_at(p, part->at, "${x^}", "SC3059");
    else if (first == '/')
        bashism_at(p, part->at, "${x/y/z}", "SC3060");
    else if (first == ':' && second && !strchr("-=?+", second))
        bashism_at(p, part->at, "${x:0:1}", "SC3057");
    else if (first == '@')
        bashism_at(p, part->at, "${x@Q}", "SC3057");
    if (str_eq(name, STR("RANDOM")))
        bashism_at(p, part->at, "$RANDOM", "SC3028");
    else if (STR_IN(name, "SRANDOM", "BASHPID", "BASH_SOURCE", "BASH_VERSION", "FUNCNAME",
                    "PIPESTATUS", "BASH_REMATCH", "BASH_VERSINFO", "DIRSTACK", "EPOCHSECONDS"))
        bashism_at(p, part->at, "variables of bash", "SC3028");
}

/* -- set -e ---------------------------------------------------------------------------------- */

static void read_set(struct script *script, const struct shell_words *argv)
{
    for (uint32_t i = 1; i < argv->count; i++) {
        str word = argv->at[i].value;
        if (word.len < 2 || word.at[0] != '-')
            continue;
        script->sets_errexit |= word.at[1] != '-' && str_has_char(word, 'e');
        if (word.at[word.len - 1] != 'o' || ++i >= argv->count)
            continue;
        script->sets_errexit |= str_eq(argv->at[i].value, STR("errexit"));
        script->sets_pipefail |= str_eq(argv->at[i].value, STR("pipefail"));
    }
}

void find_options(struct script *script, str text)
{
    str line;
    if (str_starts(text, STR("#!")) && str_next_line(&text, &line)) {
        size_t option = str_find(line, STR(" -"));
        script->sets_errexit =
            option != STR_MISSING && str_has_char(str_from_index(line, option), 'e');
    }
    VEC_EACH(const struct shell_command, command, script->commands) {
        if (command->context & (SHELL_IN_FUNCTION | SHELL_IN_SUBST))
            continue;
        bool prelude = !command->argv.count ||
                       STR_IN(command->name, "set", "export", "umask", "shopt", ":", "readonly");
        if (!prelude || command->depth || command->context & ~(uint32_t)SHELL_AFTER_AND)
            return;
        if (str_eq(command->name, STR("set")))
            read_set(script, &command->argv);
    }
}
