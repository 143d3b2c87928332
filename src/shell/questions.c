#include "shell/grammar.h"

#include <string.h>

static bool is_option(str word)
{
    return word.len > 1 && word.at[0] == '-' && !str_eq(word, STR("--"));
}

/* `tar xzf FILE`: the first word is a bundle without its dash. */
static bool is_bare_bundle(const struct shell_command *command, uint32_t index)
{
    str word = command->argv.at[index].value;
    if (index != 1 || !word.len || word.at[0] == '-' || !STR_IN(command->name, "tar", "bsdtar"))
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (!char_is_alpha(word.at[i]))
            return false;
    return true;
}

/* Does the last letter of a bundle "-qyo" take the next word? `from`: its first letter. */
static bool bundle_takes_next(const struct shell_command *command, str word, size_t from)
{
    for (size_t i = from; i < word.len; i++) {
        char option[2] = {'-', word.at[i]};
        if (option_list_has(command->value_options, (str){option, 2}))
            return i + 1 == word.len; /* else its value is attached */
    }
    return false;
}

static bool option_takes_next(const struct shell_command *command, str word)
{
    if (str_has_char(word, '='))
        return false;
    if (option_list_has(command->value_options, word))
        return true;
    return !str_starts(word, STR("--")) && !command->word_options && word.len > 2 &&
           bundle_takes_next(command, word, 1);
}

void shell_know_program(struct shell_command *command)
{
    know_options(command);
    for (uint32_t i = 1; *command->value_options && i < command->argv.count; i++) {
        struct shell_word *word = &command->argv.at[i];
        if (is_bare_bundle(command, i))
            word->takes_next = bundle_takes_next(command, word->value, 0);
        else
            word->takes_next = is_option(word->prefix) && option_takes_next(command, word->prefix);
    }
}

/* Step to the next operand from *index on; false at the end. */
static bool next_operand(const struct shell_command *command, uint32_t *index, bool *options)
{
    const struct shell_words *argv = &command->argv;
    for (; *index < argv->count; (*index)++) {
        const struct shell_word *word = &argv->at[*index];
        bool option = word->prefix.len > 1 && word->prefix.at[0] == '-';
        if (!*options || (!option && !is_bare_bundle(command, *index)))
            return true;
        if (str_eq(word->value, STR("--")))
            *options = false;
        *index += word->takes_next;
    }
    return false;
}

const struct shell_word *shell_subcommand(const struct shell_command *command)
{
    bool options = true;
    for (uint32_t i = 1; next_operand(command, &i, &options); i++)
        return command->argv.at[i].known ? &command->argv.at[i] : NULL;
    return NULL;
}

static bool is_version_of(str name, str program)
{
    if (!str_starts(name, program))
        return false;
    for (size_t i = program.len; i < name.len; i++)
        if (!char_is_digit(name.at[i]) && name.at[i] != '.')
            return false;
    return true;
}

bool shell_is(const struct shell_command *command, const char *name, const char *sub)
{
    if (!command->name.len || command->name.at[0] != name[0])
        return false; /* most commands: no length needs to be known */
    str program = str_from(name);
    bool same = str_eq(command->name, program);
    if (!same && STR_IN(program, "pip", "python"))
        same = is_version_of(command->name, program);
    if (!same || !sub)
        return same;
    const struct shell_word *word = shell_subcommand(command);
    return word && str_eq(word->value, str_from(sub));
}

/* Does a bundle of letters, "-xzf" or `tar`'s "xzf", hold this one? */
static bool bundle_has(const struct shell_command *command, str word, bool bare, char wanted,
                       size_t *out_value)
{
    for (size_t i = bare ? 0 : 1; i < word.len && char_is_alnum(word.at[i]); i++) {
        char letter[2] = {'-', word.at[i]};
        *out_value = i + 1;
        if (word.at[i] == wanted)
            return true;
        if (option_list_has(command->value_options, (str){letter, 2}) && !bare)
            return false;
    }
    return false;
}

/* Does the word hold this option? Then also where its value would begin in it. */
static bool word_has_option(const struct shell_command *command, uint32_t index, str option,
                            size_t *out_value)
{
    str word = command->argv.at[index].prefix;
    bool bare = is_bare_bundle(command, index);
    if (!bare && !is_option(word))
        return false;
    if (str_starts(word, option) && (word.len == option.len || word.at[option.len] == '=')) {
        *out_value = option.len + (word.len > option.len);
        return true;
    }
    bool bundles = bare || (word.at[1] != '-' && !command->word_options);
    bool letter = option.len == 2 && option.at[0] == '-' && option.at[1] != '-';
    return bundles && letter && bundle_has(command, word, bare, option.at[1], out_value);
}

static bool find_option(const struct shell_command *command, str option, uint32_t *out_index,
                        size_t *out_value)
{
    const struct shell_words *argv = &command->argv;
    for (uint32_t i = 1; i < argv->count; i++) {
        if (str_eq(argv->at[i].value, STR("--")))
            return false;
        if (word_has_option(command, i, option, out_value)) {
            *out_index = i;
            return true;
        }
        i += argv->at[i].takes_next;
    }
    return false;
}

const struct shell_word *shell_option(const struct shell_command *command, const char *option)
{
    uint32_t index;
    size_t value;
    if (!find_option(command, str_from(option), &index, &value))
        return NULL;
    return &command->argv.at[index];
}

bool shell_option_value(const struct shell_command *command, const char *option, str *out_value)
{
    uint32_t index;
    size_t value;
    if (!find_option(command, str_from(option), &index, &value))
        return false;
    const struct shell_word *word = &command->argv.at[index];
    str text = word->known ? word->value : word->raw;
    bool equals = value > 0 && value <= text.len && text.at[value - 1] == '=';
    if (value < text.len || equals) {
        *out_value = str_from_index(text, value);
        return true;
    }
    if (index + 1 >= command->argv.count)
        return false;
    const struct shell_word *next = &command->argv.at[index + 1];
    *out_value = next->known ? next->value : next->raw;
    return true;
}

struct shell_words shell_operands(struct arena *arena, const struct shell_command *command,
                                  bool skip_sub)
{
    struct shell_words operands = {0};
    bool options = true;
    for (uint32_t i = 1; next_operand(command, &i, &options); i++) {
        if (!skip_sub)
            vec_push(arena, &operands, command->argv.at[i]);
        skip_sub = false;
    }
    return operands;
}
