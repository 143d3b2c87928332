#include "shell/grammar.h"

#include <string.h>

/*
 * Seeing through. A wrapper runs the words behind its own options and operands: those words become
 * argv, in place. Programs that are given a whole script (sh -c, eval) or a second command (find
 * -exec) stay what they are, and what they run is added to the list as commands inside of them.
 */

struct wrapper {
    const char *name;
    const char *values;    /* options that take the next word, blank-separated */
    unsigned operands : 4; /* words of its own before the command */
    unsigned assigns  : 1; /* NAME=value may stand before the command */
    const char *stops;     /* options with which it runs nothing */
    uint32_t via;
};

static const struct wrapper wrappers[] = {
    {"sudo", "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot", 0,
     1, "-l -e -v -k -K -V --list --edit", SHELL_VIA_SUDO},
    {"doas", "-u -C -a", 0, 1, "-L", SHELL_VIA_SUDO},
    {"gosu", "", 1, 0, "", SHELL_VIA_SUDO},
    {"su-exec", "", 1, 0, "", SHELL_VIA_SUDO},
    {"setuser", "", 1, 0, "", SHELL_VIA_SUDO},
    {"s6-setuidgid", "", 1, 0, "", SHELL_VIA_SUDO},
    {"chpst", "-u -U -b -e -/ -n -l -L -m -d -o -p -f -c", 0, 0, "", SHELL_VIA_SUDO},
    {"runuser", "-u -g -G --user --group --supp-group -s --shell", 0, 0,
     "-c -l - --command --login", SHELL_VIA_SUDO},
    {"setpriv",
     "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig "
     "--selinux-label --apparmor-profile",
     0, 0, "-d --dump", SHELL_VIA_SUDO},
    {"env", "-u -C --unset --chdir -S --split-string", 0, 1, "-S --split-string", SHELL_VIA_ENV},
    {"exec", "-a", 0, 0, "", SHELL_VIA_EXEC},
    {"xargs",
     "-I -n -P -L -d -E -s -a --replace --max-args --max-procs --max-lines --delimiter --arg-file "
     "--max-chars",
     0, 0, "", SHELL_VIA_XARGS},
    {"command", "", 0, 0, "-v -V", SHELL_VIA_OTHER},
    {"builtin", "", 0, 0, "", SHELL_VIA_OTHER},
    {"time", "-f -o --format --output", 0, 0, "", SHELL_VIA_OTHER},
    {"nice", "-n --adjustment", 0, 0, "", SHELL_VIA_OTHER},
    {"ionice", "-c -n -p --class --classdata", 0, 0, "-p", SHELL_VIA_OTHER},
    {"nohup", "", 0, 0, "", SHELL_VIA_OTHER},
    {"setsid", "", 0, 0, "", SHELL_VIA_OTHER},
    {"timeout", "-k -s --kill-after --signal", 1, 0, "", SHELL_VIA_OTHER},
    {"chroot", "--userspec --groups", 1, 0, "", SHELL_VIA_OTHER},
    {"stdbuf", "-i -o -e --input --output --error", 0, 0, "", SHELL_VIA_OTHER},
    {"unbuffer", "", 0, 0, "", SHELL_VIA_OTHER},
    {"fakeroot", "-l -s -i -f -u -b --lib --faked", 0, 0, "", SHELL_VIA_OTHER},
    {"eatmydata", "", 0, 0, "", SHELL_VIA_OTHER},
    {"tini", "-p -e", 0, 0, "", SHELL_VIA_OTHER},
    {"dumb-init", "-r --rewrite", 0, 0, "", SHELL_VIA_OTHER},
    {"catatonit", "", 0, 0, "", SHELL_VIA_OTHER},
    {"flock", "-w -E --timeout --wait --conflict-exit-code", 1, 0, "-c --command", SHELL_VIA_OTHER},
    {"taskset", "", 1, 0, "-p --pid", SHELL_VIA_OTHER},
    {"chrt", "-T -P -D", 1, 0, "-p -m", SHELL_VIA_OTHER},
    {"setarch", "", 1, 0, "", SHELL_VIA_OTHER},
    {"linux32", "", 0, 0, "", SHELL_VIA_OTHER},
    {"linux64", "", 0, 0, "", SHELL_VIA_OTHER},
    {"busybox", "", 0, 0, "--list --install --help", SHELL_VIA_OTHER},
    {"xvfb-run", "-e -f -n -p -s -w --server-args --server-num --error-file --auth-file", 0, 0, "",
     SHELL_VIA_OTHER},
    {"dbus-run-session", "--config-file --dbus-daemon", 0, 0, "", SHELL_VIA_OTHER},
    {"strace", "-e -o -p -s -u -E -a -O -S", 0, 0, "-p", SHELL_VIA_OTHER},
};

/* Is `word`, up to a '=', one of the blank-separated words of `list`? */
static bool listed(const char *list, str word)
{
    return str_is_listed(list, str_slice(word, 0, str_find_char(word, '=')));
}

static const struct wrapper *find_wrapper(str name)
{
    for (size_t i = 0; name.len && i < ARRAY_COUNT(wrappers); i++)
        if (wrappers[i].name[0] == name.at[0] && str_eq(name, str_from(wrappers[i].name)))
            return &wrappers[i];
    return NULL;
}

/* The program's name as far as the text tells it: "$VENV/bin/pip" is pip. */
static str name_of(const struct shell_word *word)
{
    if (word->known)
        return str_basename(word->value);
    if (!word->parts.count)
        return STR_NONE;
    const struct shell_part *last = vec_last(&word->parts);
    if (last->kind != SHELL_LITERAL || !str_has_char(last->text, '/'))
        return STR_NONE;
    return str_basename(last->text);
}

static bool is_assignment(str word)
{
    size_t equals = str_find_char(word, '=');
    if (equals == STR_MISSING || !equals || char_is_digit(word.at[0]))
        return false;
    for (size_t i = 0; i < equals; i++)
        if (!char_is_name(word.at[i]))
            return false;
    return true;
}

/* Does this option of a wrapper take the next word too? */
static bool takes_next(const struct wrapper *wrapper, str option)
{
    if (str_starts(option, STR("--")))
        return !str_has_char(option, '=') && listed(wrapper->values, option);
    for (size_t i = 1; i < option.len; i++) {
        char text[2] = {'-', option.at[i]};
        if (listed(wrapper->values, (str){text, 2}))
            return i + 1 == option.len;
    }
    return false;
}

static void add_assign(struct parser *p, struct shell_command *command,
                       const struct shell_word *word)
{
    size_t equals = str_find_char(word->prefix, '=');
    struct shell_assign assign = {
        .name = str_slice(word->prefix, 0, equals), .value = *word, .at = word->at};
    /* The value's parts still begin with the name; what rules ask for is value, raw and known. */
    assign.value.value = word->known ? str_from_index(word->value, equals + 1) : STR_NONE;
    assign.value.prefix = str_from_index(word->prefix, equals + 1);
    size_t raw = str_find_char(word->raw, '=');
    if (raw != STR_MISSING)
        assign.value.raw = str_from_index(word->raw, raw + 1);
    uint32_t shift = word->at.end - word->at.start > equals ? (uint32_t)equals + 1 : 0;
    assign.value.at.start += shift;
    /* The list was made with exact size, so that this moves it into one that grows. */
    struct shell_assigns list = {0};
    VEC_EACH(const struct shell_assign, old, command->assigns)
        vec_push(p->arena, &list, *old);
    vec_push(p->arena, &list, assign);
    command->assigns = list;
}

/* Index in argv of what a wrapper runs; 0 when it runs nothing that can be seen. */
static uint32_t wrapped_at(struct parser *p, struct shell_command *command,
                           const struct wrapper *wrapper)
{
    const struct shell_words *argv = &command->argv;
    unsigned operands = wrapper->operands;
    bool options = true;
    for (uint32_t i = 1; i < argv->count; i++) {
        const struct shell_word *word = &argv->at[i];
        bool option = options && word->prefix.len && word->prefix.at[0] == '-';
        if (option && listed(wrapper->stops, word->prefix))
            return 0;
        if (option && str_eq(word->value, STR("--")))
            options = false;
        else if (option)
            i += takes_next(wrapper, word->prefix);
        else if (wrapper->assigns && is_assignment(word->prefix))
            add_assign(p, command, word);
        else if (operands)
            operands--;
        else
            return i;
        if (!option)
            options = false;
    }
    return 0;
}

static bool is_python(str name)
{
    if (!str_starts(name, STR("python")) && !str_starts(name, STR("pypy")))
        return false;
    char last = name.at[name.len - 1];
    return last == 'n' || last == 'y' || char_is_digit(last);
}

/* Index in argv of pip in `python -m pip ...`; 0 when it is something else. */
static uint32_t python_module_at(const struct shell_command *command)
{
    for (uint32_t i = 1; i + 1 < command->argv.count; i++) {
        str word = command->argv.at[i].prefix;
        if (str_eq(word, STR("-m"))) {
            str module = command->argv.at[i + 1].value;
            return STR_IN(module, "pip", "pipenv", "poetry", "uv", "pipx") ? i + 1 : 0;
        }
        if (word.len < 2 || word.at[0] != '-' || word.at[1] == 'c')
            return 0;
        i += str_eq(word, STR("-W")) || str_eq(word, STR("-X"));
    }
    return 0;
}

bool is_shell_name(str name)
{
    return STR_IN(name, "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh");
}

static struct shell_words words_from(const struct shell_words *words, uint32_t first, uint32_t end)
{
    return (struct shell_words){words->at + first, end - first, end - first};
}

/* -- scripts given as text -------------------------------------------------------------------- */

/* Index of the script of `sh -euxc 'script'`; 0 when it has none. */
static uint32_t script_at(const struct shell_words *argv)
{
    bool found = false;
    for (uint32_t i = 1; i < argv->count; i++) {
        str word = argv->at[i].prefix;
        bool option = word.len > 1 && (word.at[0] == '-' || word.at[0] == '+');
        if (!option)
            return found ? i : 0;
        if (str_starts(word, STR("--")))
            continue;
        found |= word.at[0] == '-' && str_has_char(word, 'c');
        i += word.at[word.len - 1] == 'o' || word.at[word.len - 1] == 'O';
    }
    return 0;
}

/* Index of the script of `su user -c 'script'` and the like. */
static uint32_t command_option_at(const struct shell_words *argv)
{
    for (uint32_t i = 1; i + 1 < argv->count; i++)
        if (STR_IN(argv->at[i].value, "-c", "-lc", "--command"))
            return i + 1;
    return 0;
}

static void read_script(struct parser *p, uint32_t index, const struct joined *text, uint32_t via,
                        enum shell_dialect dialect)
{
    if (!str_trim(text->text).len)
        return;
    enum shell_dialect old = p->dialect;
    p->dialect = dialect;
    parse_text(p, text, (int32_t)index, via);
    p->dialect = old;
}

static enum shell_dialect dialect_of(str name)
{
    return STR_IN(name, "bash", "zsh", "ksh", "mksh") ? SHELL_BASH : SHELL_SH;
}

/* eval 'a' "b": one text, the words with a blank between them. */
static void read_eval(struct parser *p, uint32_t index, uint32_t via)
{
    const struct shell_words argv = p->script->commands.at[index].argv;
    if (argv.count == 2) {
        struct joined text = word_text(p, &argv.at[1]);
        read_script(p, index, &text, via, p->dialect);
        return;
    }
    struct joined all = {.text = STR_NONE};
    size_t length = 0, used = 0;
    struct joined *texts = NEW_ARRAY(p->arena, struct joined, argv.count);
    for (uint32_t i = 1; i < argv.count; i++) {
        texts[i] = word_text(p, &argv.at[i]);
        length += texts[i].text.len + 1;
    }
    char *copy = NEW_ARRAY(p->arena, char, length + 1);
    for (uint32_t i = 1; i < argv.count; i++) {
        VEC_EACH(const struct joined_piece, piece, texts[i].pieces)
            vec_push(p->arena, &all.pieces,
                     (struct joined_piece){piece->at + (uint32_t)used, piece->source});
        if (texts[i].text.len)
            memcpy(copy + used, texts[i].text.at, texts[i].text.len);
        used += texts[i].text.len;
        if (i + 1 == argv.count)
            break;
        vec_push(p->arena, &all.pieces, (struct joined_piece){(uint32_t)used, argv.at[i].at.end});
        copy[used++] = ' ';
    }
    all.text = (str){copy, used};
    read_script(p, index, &all, via, p->dialect);
}

/* find ... -exec COMMAND ; */
static void read_find(struct parser *p, uint32_t index)
{
    const struct shell_words argv = p->script->commands.at[index].argv;
    for (uint32_t i = 1; i < argv.count; i++) {
        if (!STR_IN(argv.at[i].value, "-exec", "-execdir", "-ok", "-okdir"))
            continue;
        uint32_t first = i + 1, end = first;
        while (end < argv.count && !STR_IN(argv.at[end].value, ";", "+"))
            end++;
        i = end;
        if (end == first)
            continue;
        const struct shell_command *find = &p->script->commands.at[index];
        struct shell_command command = {.context = find->context,
                                        .via = find->via | SHELL_VIA_FIND,
                                        .depth = find->depth + 1,
                                        .list = find->list,
                                        .outer = (int32_t)index,
                                        .pipeline = p->pipeline_count++,
                                        .pipeline_length = 1};
        command.words = command.argv = words_from(&argv, first, end);
        command.at = span_join(argv.at[first].at, argv.at[end - 1].at);
        uint32_t inner = p->script->commands.count;
        vec_push(p->arena, &p->script->commands, command);
        if (enter(p))
            see_through(p, inner);
        leave(p);
    }
}

static void read_texts(struct parser *p, uint32_t index)
{
    const struct shell_command *command = &p->script->commands.at[index];
    uint32_t via = command->via | SHELL_VIA_SH_C, at = 0;
    str name = command->name;
    enum shell_dialect dialect = dialect_of(name);
    if (is_shell_name(name))
        at = script_at(&command->argv);
    else if (STR_IN(name, "su", "runuser", "sg", "flock", "script"))
        at = command_option_at(&command->argv);
    if (STR_IN(name, "su", "runuser", "sg"))
        via |= SHELL_VIA_SUDO;
    if (at) {
        struct joined text = word_text(p, &command->argv.at[at]);
        read_script(p, index, &text, via, dialect);
    } else if (str_eq(name, STR("eval")) && command->argv.count > 1) {
        read_eval(p, index, via);
    } else if (str_eq(name, STR("find"))) {
        read_find(p, index);
    }
}

void see_input(struct parser *p, uint32_t index, const struct joined *body)
{
    const struct shell_command *command = &p->script->commands.at[index];
    if (!is_shell_name(command->name))
        return;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        str word = command->argv.at[i].value;
        if (str_eq(word, STR("-s")))
            break;
        if (!word.len || word.at[0] != '-' || str_has_char(word, 'c'))
            return;
    }
    uint32_t context = p->context;
    p->context = command->context;
    read_script(p, index, body, command->via | SHELL_VIA_SH_C, dialect_of(command->name));
    p->context = context;
}

void see_through(struct parser *p, uint32_t index)
{
    struct shell_command *command = &p->script->commands.at[index];
    for (unsigned hops = 0; hops < LIMIT_NESTING && command->argv.count; hops++) {
        command->name = name_of(&command->argv.at[0]);
        const struct wrapper *wrapper = find_wrapper(command->name);
        uint32_t next = 0;
        if (wrapper)
            next = wrapped_at(p, command, wrapper);
        else if (is_python(command->name))
            next = python_module_at(command);
        if (!next)
            break;
        command->via |= wrapper ? wrapper->via : (uint32_t)SHELL_VIA_OTHER;
        command->argv = words_from(&command->argv, next, command->argv.count);
    }
    shell_know_program(command);
    mark_command(p, index);
    read_texts(p, index);
}
