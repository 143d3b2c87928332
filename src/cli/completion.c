#include "cli/cli.h"

#include "base/buf.h"

#include <string.h>

/*
 * Completions for bash, zsh and fish, from the tables. A value is completed by what its placeholder
 * says: FILE, PATH and DIR by the shell's own file names, RULE by the names that `plimsoll explain`
 * lists, choices by their words.
 */

enum { COMPLETION_BYTES_MAX = 256 << 10 };

enum value_kind { VALUE_NONE, VALUE_FILE, VALUE_DIR, VALUE_RULE, VALUE_WORDS, VALUE_TEXT };

static enum value_kind value_kind(const struct opt *opt)
{
    if (opt->kind == OPT_FLAG)
        return VALUE_NONE;
    if (opt->kind == OPT_CHOICE)
        return VALUE_WORDS;
    str value = str_from(opt->value);
    if (STR_IN(value, "FILE", "PATH"))
        return VALUE_FILE;
    if (str_eq(value, STR("DIR")))
        return VALUE_DIR;
    return str_starts(value, STR("RULE")) ? VALUE_RULE : VALUE_TEXT;
}

/* The option at a place of own and common options in a row; NULL past the end or not taken. */
static const struct opt *opt_at(const struct command *command, size_t i)
{
    if (i < command->opt_count)
        return &command->opts[i];
    size_t common = i - command->opt_count;
    return command_has_common(command, common) ? &common_opts[common] : NULL;
}

static size_t opt_total(const struct command *command)
{
    return command->opt_count + common_opt_count;
}

static str words_of(struct arena *arena, const struct command *command, const struct opt *opt)
{
    return str_replace(arena, opt_value_text(command, opt), STR("|"), STR(" "));
}

/* "ls" of "image ls"; NULL where a command is no verb of another. */
static const char *verb_of(const struct command *command)
{
    const char *blank = strchr(command->name, ' ');
    return blank ? blank + 1 : NULL;
}

/* -- bash -------------------------------------------------------------------------------------- */

static void bash_command_names(struct buf *out)
{
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden && !verb_of(commands[i]))
            buf_fmt(out, "%s ", commands[i]->name);
    buf_add(out, STR("help"));
}

static void bash_value_case(struct buf *out, const struct command *command, const struct opt *opt)
{
    char letter = opt_letter(command, opt);
    if (letter)
        buf_fmt(out, "                --%s|-%c) ", opt->name, letter);
    else
        buf_fmt(out, "                --%s) ", opt->name);
    switch (value_kind(opt)) {
    case VALUE_WORDS:
        buf_fmt(out, "words='%s' ;;\n", str_z(out->arena, words_of(out->arena, command, opt)));
        return;
    case VALUE_FILE: buf_add(out, STR("files=1 ;;\n")); return;
    case VALUE_DIR: buf_add(out, STR("files=1 ;;\n")); return;
    case VALUE_RULE: buf_add(out, STR("words=$(_plimsoll_rules) ;;\n")); return;
    case VALUE_TEXT:
    case VALUE_NONE: buf_add(out, STR("words=' ' ;;\n")); return;
    }
}

static void bash_command(struct buf *out, const struct command *command)
{
    buf_fmt(out, "        '%s')\n            case \"$previous\" in\n", command->name);
    for (size_t i = 0; i < opt_total(command); i++) {
        const struct opt *opt = opt_at(command, i);
        if (opt && value_kind(opt) != VALUE_NONE)
            bash_value_case(out, command, opt);
    }
    buf_add(out, STR("            esac\n            options='"));
    for (size_t i = 0; i < opt_total(command); i++)
        if (opt_at(command, i))
            buf_fmt(out, "--%s ", opt_at(command, i)->name);
    buf_add(out, STR("'\n            operands='"));
    for (const char *const *word = command->words; word && *word; word++)
        buf_fmt(out, "%s ", *word);
    for (size_t i = 0; i < command_count; i++)
        if (command_is_verb_of(commands[i], command))
            buf_fmt(out, "%s ", verb_of(commands[i]));
    buf_add(out, STR("'\n"));
    if (str_has(str_from(command->operands), STR("RULE")))
        buf_add(out, STR("            operands=$(_plimsoll_rules)\n"));
    buf_add(out, STR("            ;;\n"));
}

str completion_bash(struct arena *arena)
{
    struct buf out = buf_init(arena, COMPLETION_BYTES_MAX);
    buf_add(&out, STR("# bash completion for plimsoll, made by 'plimsoll completion bash'\n"
                      "_plimsoll_rules() {\n"
                      "    plimsoll plumbing rules 2>/dev/null\n"
                      "}\n\n"
                      "_plimsoll_verbs='"));
    for (size_t i = 0; i < command_count; i++)
        if (verb_of(commands[i]))
            buf_fmt(&out, "%.*s ",
                    STR_ARG(str_replace(arena, str_from(commands[i]->name), STR(" "), STR("-"))));
    buf_add(&out, STR("'\n\n"
                      "_plimsoll() {\n"
                      "    local current=${COMP_WORDS[COMP_CWORD]}\n"
                      "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                      "    local words= files= options= operands= command=${COMP_WORDS[1]}\n"
                      "    COMPREPLY=()\n"
                      "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                      "        COMPREPLY=($(compgen -W '"));
    bash_command_names(&out);
    buf_add(&out, STR("' -- \"$current\"))\n"
                      "        return\n"
                      "    fi\n"
                      "    if [ \"$COMP_CWORD\" -gt 2 ] && "
                      "[[ \" $_plimsoll_verbs \" == *\" $command-${COMP_WORDS[2]} \"* ]]; then\n"
                      "        command=\"$command ${COMP_WORDS[2]}\"\n"
                      "    fi\n"
                      "    case \"$command\" in\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            bash_command(&out, commands[i]);
    buf_add(&out, STR("    esac\n"
                      "    if [ -n \"$words\" ]; then\n"
                      "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                      "    elif [ -n \"$files\" ]; then\n"
                      "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
                      "    elif [[ $current == -* ]]; then\n"
                      "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
                      "    elif [ -n \"$operands\" ]; then\n"
                      "        COMPREPLY=($(compgen -W \"$operands\" -- \"$current\"))\n"
                      "    else\n"
                      "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
                      "    fi\n"
                      "}\n"
                      "complete -o filenames -F _plimsoll plimsoll\n"));
    return buf_str(&out);
}

static bool has_verbs(const struct command *command)
{
    for (size_t i = 0; i < command_count; i++)
        if (command_is_verb_of(commands[i], command))
            return true;
    return false;
}

/* -- zsh --------------------------------------------------------------------------------------- */

/* Text inside '...' and inside a _arguments description: quotes, brackets and colons escaped. */
static str zsh_text(struct arena *arena, const char *text)
{
    struct buf out = buf_init(arena, 4096);
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            buf_add(&out, STR("'\\''"));
            continue;
        }
        if (*c == '[' || *c == ']' || *c == ':' || *c == '\\')
            buf_add_char(&out, '\\');
        buf_add_char(&out, *c);
    }
    return buf_str(&out);
}

static str zsh_action(struct arena *arena, const struct command *command, const struct opt *opt)
{
    switch (value_kind(opt)) {
    case VALUE_WORDS: return str_fmt(arena, "(%.*s)", STR_ARG(words_of(arena, command, opt)));
    case VALUE_FILE: return STR("_files");
    case VALUE_DIR: return STR("_files -/");
    case VALUE_RULE: return STR("_plimsoll_rules");
    case VALUE_TEXT:
    case VALUE_NONE: return STR(" ");
    }
    return STR(" ");
}

static void zsh_opt(struct buf *out, const struct command *command, const struct opt *opt)
{
    const char *repeat = opt->kind == OPT_LIST ? "*" : "";
    str help = zsh_text(out->arena, opt->help);
    str action = zsh_action(out->arena, command, opt);
    const char *placeholder = opt->kind == OPT_CHOICE ? "word" : opt->value;
    for (int dashes = 1; dashes <= 2; dashes++) {
        if (dashes == 1 && !opt_letter(command, opt))
            continue;
        buf_fmt(out, "                '%s", repeat);
        if (dashes == 1)
            buf_fmt(out, "-%c[%.*s]", opt->letter, STR_ARG(help));
        else if (opt->kind == OPT_FLAG)
            buf_fmt(out, "--%s[%.*s]", opt->name, STR_ARG(help));
        else
            buf_fmt(out, "--%s=[%.*s]", opt->name, STR_ARG(help));
        if (opt->kind != OPT_FLAG)
            buf_fmt(out, ":%s:%.*s", placeholder, STR_ARG(action));
        buf_add(out, STR("' \\\n"));
    }
}

static void zsh_operands(struct buf *out, const struct command *command)
{
    if (!command->operands_max || has_verbs(command))
        return;
    buf_add(out, command->operands_max > 1 ? STR("                '*:argument:")
                                           : STR("                '1:argument:"));
    if (command->words) {
        buf_add(out, STR("("));
        for (const char *const *word = command->words; *word; word++)
            buf_fmt(out, "%s ", *word);
        buf_add(out, STR(")"));
    } else if (str_has(str_from(command->operands), STR("RULE")))
        buf_add(out, STR("_plimsoll_rules"));
    else
        buf_add(out, STR("_files"));
    buf_add(out, STR("' \\\n"));
}

static void zsh_described(struct buf *out, const char *word, const char *summary)
{
    buf_fmt(out, "        '%s:%s'\n", word, str_z(out->arena, zsh_text(out->arena, summary)));
}

/* A command with verbs: the second word is one of them, and then part of the command's name. */
static void zsh_verbs(struct buf *out, const struct command *command)
{
    buf_fmt(out, "    if [ $command = %s ]; then\n    commands=(\n", command->name);
    for (size_t i = 0; i < command_count; i++)
        if (command_is_verb_of(commands[i], command))
            zsh_described(out, verb_of(commands[i]), commands[i]->summary);
    buf_add(out, STR("    )\n"
                     "        if (( CURRENT == 2 )); then\n"
                     "            _describe 'command' commands\n"
                     "            return\n"
                     "        fi\n"
                     "        command=\"$command $words[2]\"\n"
                     "        shift words\n"
                     "        (( CURRENT-- ))\n"
                     "    fi\n"));
}

static void zsh_command(struct buf *out, const struct command *command)
{
    buf_fmt(out, "        '%s')\n            _arguments -s -S \\\n", command->name);
    for (size_t i = 0; i < opt_total(command); i++)
        if (opt_at(command, i))
            zsh_opt(out, command, opt_at(command, i));
    zsh_operands(out, command);
    buf_add(out, STR("                && return 0\n            ;;\n"));
}

str completion_zsh(struct arena *arena)
{
    struct buf out = buf_init(arena, COMPLETION_BYTES_MAX);
    buf_add(&out, STR("#compdef plimsoll\n"
                      "# zsh completion for plimsoll, made by 'plimsoll completion zsh'\n"
                      "_plimsoll_rules() {\n"
                      "    local -a rules\n"
                      "    rules=(${(f)\"$(plimsoll plumbing rules 2>/dev/null)\"})\n"
                      "    _describe 'rule' rules\n"
                      "}\n\n"
                      "_plimsoll() {\n"
                      "    local -a commands\n"
                      "    commands=(\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden && !verb_of(commands[i]))
            zsh_described(&out, commands[i]->name, commands[i]->summary);
    buf_add(&out, STR("    )\n"
                      "    if (( CURRENT == 2 )); then\n"
                      "        _describe 'command' commands\n"
                      "        return\n"
                      "    fi\n"
                      "    local command=$words[2]\n"
                      "    shift words\n"
                      "    (( CURRENT-- ))\n"));
    for (size_t i = 0; i < command_count; i++)
        if (has_verbs(commands[i]))
            zsh_verbs(&out, commands[i]);
    buf_add(&out, STR("    case $command in\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            zsh_command(&out, commands[i]);
    buf_add(&out, STR("    esac\n}\n\nif [ \"$funcstack[1]\" = _plimsoll ]; then\n"
                      "    _plimsoll \"$@\"\nelse\n    compdef _plimsoll plimsoll\nfi\n"));
    return buf_str(&out);
}

/* -- fish -------------------------------------------------------------------------------------- */

static str fish_text(struct arena *arena, const char *text)
{
    str escaped = str_replace(arena, str_from(text), STR("\\"), STR("\\\\"));
    return str_replace(arena, escaped, STR("'"), STR("\\'"));
}

/* "__fish_seen_subcommand_from image; and __fish_seen_subcommand_from ls" */
static str fish_seen(struct arena *arena, const struct command *command)
{
    str rest = str_from(command->name), word;
    struct buf out = buf_init(arena, 4096);
    while (str_next_word(&rest, &word))
        buf_fmt(&out, "%s__fish_seen_subcommand_from %.*s", out.len ? "; and " : "", STR_ARG(word));
    return buf_str(&out);
}

static void fish_opt(struct buf *out, const struct command *command, const struct opt *opt)
{
    buf_fmt(out, "complete -c plimsoll -n '%.*s' -l %s", STR_ARG(fish_seen(out->arena, command)),
            opt->name);
    if (opt_letter(command, opt))
        buf_fmt(out, " -s %c", opt->letter);
    switch (value_kind(opt)) {
    case VALUE_WORDS:
        buf_fmt(out, " -x -a '%s'", str_z(out->arena, words_of(out->arena, command, opt)));
        break;
    case VALUE_FILE: buf_add(out, STR(" -r -F")); break;
    case VALUE_DIR: buf_add(out, STR(" -x -a '(__fish_complete_directories)'")); break;
    case VALUE_RULE: buf_add(out, STR(" -x -a '(__plimsoll_rules)'")); break;
    case VALUE_TEXT: buf_add(out, STR(" -x")); break;
    case VALUE_NONE: break;
    }
    buf_fmt(out, " -d '%s'\n", str_z(out->arena, fish_text(out->arena, opt->help)));
}

static void fish_command(struct buf *out, const struct command *command)
{
    const char *verb = verb_of(command), *summary = command->summary;
    str text = fish_text(out->arena, summary);
    if (verb)
        buf_fmt(out,
                "complete -c plimsoll -n '__fish_seen_subcommand_from %.*s' -f -a %s -d '%.*s'\n",
                (int)(verb - command->name - 1), command->name, verb, STR_ARG(text));
    else
        buf_fmt(out, "complete -c plimsoll -n __fish_use_subcommand -f -a %s -d '%.*s'\n",
                command->name, STR_ARG(text));
    for (const char *const *word = command->words; word && *word; word++)
        buf_fmt(out, "complete -c plimsoll -n '__fish_seen_subcommand_from %s' -f -a %s\n",
                command->name, *word);
    if (str_has(str_from(command->operands), STR("RULE")))
        buf_fmt(out,
                "complete -c plimsoll -n '__fish_seen_subcommand_from %s' -f "
                "-a '(__plimsoll_rules)'\n",
                command->name);
    for (size_t i = 0; i < opt_total(command); i++)
        if (opt_at(command, i))
            fish_opt(out, command, opt_at(command, i));
}

str completion_fish(struct arena *arena)
{
    struct buf out = buf_init(arena, COMPLETION_BYTES_MAX);
    buf_add(&out, STR("# fish completion for plimsoll, made by 'plimsoll completion fish'\n"
                      "function __plimsoll_rules\n"
                      "    plimsoll plumbing rules 2>/dev/null\n"
                      "end\n\n"));
    for (size_t i = 0; i < command_count; i++)
        if (!commands[i]->hidden)
            fish_command(&out, commands[i]);
    return buf_str(&out);
}
