#include "cli/cli.h"

#include "base/num.h"

#include <string.h>

/*
 * The option parser. Tables in, values at offsets out.
 *
 * An option is looked for in the command's own table first, then in common_opts. Which ones were
 * given is kept in two bit sets, so that a variable of the environment only fills what the command
 * line left open: flag, then environment, then (in the commands) configuration file.
 */

enum { OPTS_MAX = 64 };

struct parse {
    struct arena *arena;
    const struct command *command;
    const str *argv;
    size_t argc, next;
    char *args;
    struct common *common;
    bool given[OPTS_MAX], common_given[OPTS_MAX];
};

/* One option of either table. */
struct found_opt {
    const struct opt *opt;
    void *field;
    bool *given;
};

bool command_has_common(const struct command *command, size_t common_index)
{
    if (common_index == COMMON_FORMAT || common_index == COMMON_OUTPUT) {
        for (size_t i = 0; i < command->opt_count; i++)
            if (strcmp(command->opts[i].name, common_opts[common_index].name) == 0)
                return false; /* it has one of its own */
        return command->formats != NULL;
    }
    return true;
}

char opt_letter(const struct command *command, const struct opt *opt)
{
    for (size_t i = 0; i < command->opt_count; i++)
        if (&command->opts[i] != opt && command->opts[i].letter == opt->letter &&
            opt >= common_opts && opt < common_opts + common_opt_count)
            return 0;
    return opt->letter;
}

str opt_value_text(const struct command *command, const struct opt *opt)
{
    if (opt == &common_opts[COMMON_FORMAT])
        return str_from(command->formats);
    return str_from(opt->value);
}

str opt_env_name(struct arena *arena, const struct opt *opt)
{
    str name = str_fmt(arena, "PLIMSOLL_%s", opt->name);
    char *at = str_z(arena, name);
    for (char *c = at; *c; c++)
        *c = *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    return str_from(at);
}

static struct found_opt own_opt(struct parse *parse, size_t i)
{
    const struct opt *opt = &parse->command->opts[i];
    return (struct found_opt){opt, parse->args + opt->offset, &parse->given[i]};
}

static struct found_opt common_opt(struct parse *parse, size_t i)
{
    const struct opt *opt = &common_opts[i];
    return (struct found_opt){opt, (char *)parse->common + opt->offset, &parse->common_given[i]};
}

/* By long name, or by letter when `name` is empty. */
static struct found_opt find_opt(struct parse *parse, str name, char letter)
{
    const struct command *command = parse->command;
    for (size_t i = 0; i < command->opt_count; i++) {
        const struct opt *opt = &command->opts[i];
        if (name.len ? str_eq(str_from(opt->name), name) : opt->letter == letter)
            return own_opt(parse, i);
    }
    for (size_t i = 0; i < common_opt_count; i++) {
        const struct opt *opt = &common_opts[i];
        if (!command_has_common(command, i))
            continue;
        if (name.len ? str_eq(str_from(opt->name), name) : opt->letter == letter)
            return common_opt(parse, i);
    }
    return (struct found_opt){0};
}

/* The option whose name is nearest to a mistyped one; NULL when none is near. */
static const char *nearest_opt(const struct parse *parse, str name)
{
    const char *best = NULL;
    unsigned best_distance = name.len > 3 ? 3 : 2;
    const struct command *command = parse->command;
    for (size_t i = 0; i < command->opt_count + common_opt_count; i++) {
        bool own = i < command->opt_count;
        if (!own && !command_has_common(command, i - command->opt_count))
            continue;
        const char *known = own ? command->opts[i].name : common_opts[i - command->opt_count].name;
        unsigned distance = str_distance(name, str_from(known), best_distance);
        if (distance < best_distance) {
            best_distance = distance;
            best = known;
        }
    }
    return best;
}

static bool unknown_opt(struct parse *parse, str name, struct err *err)
{
    err_set(err, ERR_USAGE, "'%s' has no option '--%.*s'", parse->command->name, STR_ARG(name));
    const char *near = nearest_opt(parse, name);
    const char *foreign = foreign_option(name);
    if (foreign)
        return err_hint(err, str_starts(str_from(foreign), STR("not ")) ? "%s" : "here that is %s",
                        foreign);
    if (near)
        return err_hint(err, "did you mean '--%s'?", near);
    return err_hint(err, "'plimsoll %s --help' lists its options", parse->command->name);
}

static bool set_flag(str value, bool *field, str label, struct err *err)
{
    if (STR_IN(value, "1", "true", "yes", "on")) {
        *field = true;
        return true;
    }
    if (STR_IN(value, "", "0", "false", "no", "off")) {
        *field = false;
        return true;
    }
    return err_set(err, ERR_USAGE, "%.*s is on or off, not '%.*s'", STR_ARG(label), STR_ARG(value));
}

static bool set_choice(struct parse *parse, const struct found_opt *found, str value, str label,
                       struct err *err)
{
    str choices = opt_value_text(parse->command, found->opt);
    str rest = choices, word;
    unsigned best = 3;
    str near = STR_NONE;
    for (unsigned index = 0; str_next(&rest, '|', &word); index++) {
        if (str_eq(word, value)) {
            *(unsigned *)found->field = index;
            return true;
        }
        unsigned distance = str_distance(value, word, best);
        if (distance < best) {
            best = distance;
            near = word;
        }
    }
    err_set(err, ERR_USAGE, "%.*s has no value '%.*s'; it takes %.*s", STR_ARG(label),
            STR_ARG(value), STR_ARG(choices));
    const char *foreign = foreign_word(value);
    if (foreign)
        return err_hint(err, "here that is '%s'", foreign);
    if (near.len)
        return err_hint(err, "did you mean '%.*s'?", STR_ARG(near));
    if (str_eq(label, STR("-f")) && found->opt == &common_opts[COMMON_FORMAT])
        return err_hint(err, "-f is --format; a file is an argument: 'plimsoll check FILE'");
    return false;
}

static void set_list(struct parse *parse, struct opt_list *list, str value)
{
    str part;
    while (str_next(&value, ',', &part)) {
        part = str_trim(part);
        if (part.len)
            vec_push(parse->arena, list, part);
    }
}

/* Put a value where its option wants it. `label` names the option in messages. */
static bool set_value(struct parse *parse, const struct found_opt *found, str value, str label,
                      struct err *err)
{
    switch (found->opt->kind) {
    case OPT_FLAG: return set_flag(value, found->field, label, err);
    case OPT_STRING: *(str *)found->field = value; return true;
    case OPT_LIST: set_list(parse, found->field, value); return true;
    case OPT_CHOICE: return set_choice(parse, found, value, label, err);
    case OPT_SIZE:
        if (!size_parse(value, found->field, err))
            return err_wrap(err, "%.*s", STR_ARG(label));
        return true;
    case OPT_INT:
        if (!str_to_u64(value, found->field))
            return err_set(err, ERR_USAGE, "%.*s wants a number, not '%.*s'", STR_ARG(label),
                           STR_ARG(value));
        return true;
    }
    return true;
}

/* The first time that the command line gives a list, what the defaults said goes away. */
static void begin_given(const struct found_opt *found)
{
    if (!*found->given && found->opt->kind == OPT_LIST)
        *(struct opt_list *)found->field = (struct opt_list){0};
    *found->given = true;
}

static bool take_value(struct parse *parse, const struct found_opt *found, str label,
                       struct err *err)
{
    if (parse->next >= parse->argc)
        return err_set(err, ERR_USAGE, "%.*s wants %s %s", STR_ARG(label),
                       found->opt->kind == OPT_CHOICE ? "one of" : "a value:",
                       str_z(parse->arena, opt_value_text(parse->command, found->opt)));
    return set_value(parse, found, parse->argv[parse->next++], label, err);
}

/* --name, --name=value, --name value */
static bool parse_long(struct parse *parse, str text, struct err *err)
{
    size_t equals = str_find_char(text, '=');
    str name = equals == STR_MISSING ? text : str_slice(text, 0, equals);
    struct found_opt found = name.len ? find_opt(parse, name, 0) : (struct found_opt){0};
    if (!found.opt)
        return unknown_opt(parse, name, err);
    str label = str_fmt(parse->arena, "--%s", found.opt->name);
    begin_given(&found);
    if (equals != STR_MISSING)
        return set_value(parse, &found, str_from_index(text, equals + 1), label, err);
    if (found.opt->kind == OPT_FLAG)
        return set_value(parse, &found, STR("1"), label, err);
    return take_value(parse, &found, label, err);
}

/* -q, -qe, -oFILE, -o FILE */
static bool parse_short(struct parse *parse, str letters, struct err *err)
{
    for (size_t i = 0; i < letters.len; i++) {
        struct found_opt found = find_opt(parse, STR_NONE, letters.at[i]);
        if (!found.opt) {
            err_set(err, ERR_USAGE, "'%s' has no option '-%c'", parse->command->name,
                    letters.at[i]);
            return err_hint(err, "'plimsoll %s --help' lists its options", parse->command->name);
        }
        str label = str_fmt(parse->arena, "-%c", letters.at[i]);
        begin_given(&found);
        if (found.opt->kind == OPT_FLAG) {
            bool said = i + 1 < letters.len && letters.at[i + 1] == '='; /* -H=false */
            str value = said ? str_from_index(letters, i + 2) : STR("1");
            if (!set_value(parse, &found, value, label, err))
                return false;
            if (said)
                return true;
            continue;
        }
        if (i + 1 < letters.len)
            return set_value(parse, &found, str_from_index(letters, i + 1), label, err);
        return take_value(parse, &found, label, err);
    }
    return true;
}

static void add_operand(struct parse *parse, struct opt_list *operands, str operand)
{
    vec_push(parse->arena, operands, operand);
}

static bool parse_line(struct parse *parse, struct opt_list *operands, struct err *err)
{
    bool only_operands = false;
    while (parse->next < parse->argc) {
        str arg = parse->argv[parse->next++];
        if (only_operands || arg.len < 2 || arg.at[0] != '-')
            add_operand(parse, operands, arg);
        else if (str_eq(arg, STR("--")))
            only_operands = true;
        else if (str_starts(arg, STR("--"))) {
            if (!parse_long(parse, str_from_index(arg, 2), err))
                return false;
        } else if (!parse_short(parse, str_from_index(arg, 1), err))
            return false;
    }
    return true;
}

/* A format that only other commands have is meant for those. */
static bool format_is_foreign(const struct parse *parse, const struct opt *opt, str value)
{
    if (opt != &common_opts[COMMON_FORMAT])
        return false;
    str own = str_from(parse->command->formats), word;
    while (str_next(&own, '|', &word))
        if (str_eq(word, value))
            return false;
    for (size_t i = 0; i < command_count; i++) {
        str theirs = str_from(commands[i]->formats);
        while (theirs.at && str_next(&theirs, '|', &word))
            if (str_eq(word, value))
                return true;
    }
    return false;
}

/* What the command line left open is taken from PLIMSOLL_<OPTION>. */
static bool fill_from_env(struct parse *parse, const struct host *host, struct found_opt found,
                          struct err *err)
{
    if (*found.given || str_eq(str_from(found.opt->name), STR("help")))
        return true;
    str name = opt_env_name(parse->arena, found.opt);
    str value = host_env(host, str_z(parse->arena, name));
    if (!value.at || format_is_foreign(parse, found.opt, value))
        return true;
    if (!value.len && found.opt->kind != OPT_FLAG)
        return true;
    begin_given(&found);
    return set_value(parse, &found, value, name, err);
}

static bool parse_env(struct parse *parse, const struct host *host, struct err *err)
{
    for (size_t i = 0; i < parse->command->opt_count; i++)
        if (!fill_from_env(parse, host, own_opt(parse, i), err))
            return false;
    for (size_t i = 0; i < common_opt_count; i++)
        if (command_has_common(parse->command, i) &&
            !fill_from_env(parse, host, common_opt(parse, i), err))
            return false;
    return true;
}

static bool judge_operands(const struct command *command, const struct opt_list *operands,
                           struct err *err)
{
    if (operands->count > command->operands_max)
        err_set(err, ERR_USAGE, "'%s' does not take '%.*s'", command->name,
                STR_ARG(operands->at[command->operands_max]));
    else if (operands->count < command->operands_min)
        err_set(err, ERR_USAGE, "'%s' wants %s", command->name, command->operands);
    else if (command->words && operands->count) {
        str allowed = STR_NONE;
        for (const char *const *word = command->words; *word && !allowed.at; word++)
            if (str_eq(str_from(*word), operands->at[0]))
                allowed = operands->at[0];
        if (allowed.at)
            return true;
        err_set(err, ERR_USAGE, "'%s' has no '%.*s'", command->name, STR_ARG(operands->at[0]));
    } else
        return true;
    return err_hint(err, "usage: plimsoll %s %s", command->name, command->operands);
}

bool opts_parse(struct ctx *ctx, const str *argv, size_t argc, void *args, struct err *err)
{
    const struct command *command = ctx->command;
    assert(command->opt_count <= OPTS_MAX && common_opt_count <= OPTS_MAX);
    struct parse parse = {.arena = ctx->arena,
                          .command = command,
                          .argv = argv,
                          .argc = argc,
                          .args = args,
                          .common = &ctx->common};
    struct opt_list operands = {0};
    if (!parse_line(&parse, &operands, err))
        return false;
    if (ctx->common.help)
        return true;
    if (!parse_env(&parse, &ctx->host, err) || !judge_operands(command, &operands, err))
        return false;
    if (command->operands_max)
        memcpy((char *)args + command->operands_offset, &operands, sizeof(operands));
    return true;
}
