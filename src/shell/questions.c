#include "shell/grammar.h"

#include <string.h>

/* Programs whose options are whole words behind a single dash ("-name"), never bundles. */
static bool has_word_options(str program)
{
    return STR_IN(program, "go", "find", "java", "javac", "openssl", "terraform", "gcc", "cc",
                  "g++", "clang", "nuget", "nginx", "ffmpeg", "convert", "setcap", "keytool", "mvn",
                  "update-rc.d", "sdkmanager", "xcodebuild", "test", "[");
}

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

/* How an option ends: alone, with its value in the same word, or in the next one. */
enum value_place { VALUE_NONE, VALUE_ATTACHED, VALUE_NEXT };

/* Where in a bundle "-qyoX" the value of its last option begins; STR_MISSING: it takes none. */
static enum value_place bundle_value(str program, str word, size_t *out_at)
{
    for (size_t i = 1; i < word.len; i++) {
        char option[2] = {'-', word.at[i]};
        if (option_takes_value(program, (str){option, 2})) {
            *out_at = i + 1;
            return i + 1 == word.len ? VALUE_NEXT : VALUE_ATTACHED;
        }
    }
    *out_at = word.len;
    return VALUE_NONE;
}

static enum value_place option_value_place(str program, str word)
{
    size_t at;
    if (str_has_char(word, '='))
        return VALUE_ATTACHED;
    if (str_starts(word, STR("--")) || has_word_options(program) || word.len == 2)
        return option_takes_value(program, word) ? VALUE_NEXT : VALUE_NONE;
    if (option_takes_value(program, word))
        return VALUE_NEXT;
    return bundle_value(program, word, &at);
}

/* Step to the next operand from *index on; false at the end. */
static bool next_operand(const struct shell_command *command, uint32_t *index, bool *options)
{
    const struct shell_words *argv = &command->argv;
    for (; *index < argv->count; (*index)++) {
        const struct shell_word *word = &argv->at[*index];
        if (*options && is_bare_bundle(command, *index)) {
            char bundle[66] = "-";
            size_t length = word->value.len < 64 ? word->value.len : 64, at;
            memcpy(bundle + 1, word->value.at, length);
            str text = {bundle, length + 1};
            *index += bundle_value(command->name, text, &at) == VALUE_NEXT;
            continue;
        }
        if (!*options || !word->prefix.len || word->prefix.at[0] != '-' || word->prefix.len == 1)
            return true;
        if (str_eq(word->value, STR("--")))
            *options = false;
        else if (option_value_place(command->name, word->prefix) == VALUE_NEXT)
            (*index)++;
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
    str program = str_from(name);
    bool same = str_eq(command->name, program);
    if (!same && STR_IN(program, "pip", "python"))
        same = is_version_of(command->name, program);
    if (!same || !sub)
        return same;
    const struct shell_word *word = shell_subcommand(command);
    return word && str_eq(word->value, str_from(sub));
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
    bool bundles = bare || (word.at[1] != '-' && !has_word_options(command->name));
    if (!bundles || option.len != 2 || option.at[0] != '-' || option.at[1] == '-')
        return false;
    for (size_t i = bare ? 0 : 1; i < word.len && char_is_alnum(word.at[i]); i++) {
        char letter[2] = {'-', word.at[i]};
        *out_value = i + 1;
        if (word.at[i] == option.at[1])
            return true;
        if (option_takes_value(command->name, (str){letter, 2}) && !bare)
            return false;
    }
    return false;
}

static bool find_option(const struct shell_command *command, str option, uint32_t *out_index,
                        size_t *out_value)
{
    const struct shell_words *argv = &command->argv;
    for (uint32_t i = 1; i < argv->count; i++) {
        str word = argv->at[i].prefix;
        if (str_eq(argv->at[i].value, STR("--")))
            return false;
        if (word_has_option(command, i, option, out_value)) {
            *out_index = i;
            return true;
        }
        if (is_option(word) && option_value_place(command->name, word) == VALUE_NEXT)
            i++;
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
