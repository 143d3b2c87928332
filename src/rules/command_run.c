#include "rules/families.h"

#include "rules/yaml_facts.h"

/* docker run: the rights of a container that stays. */

static bool has_value(const struct docker_command *docker, const char *name, const char *part)
{
    struct docker_value value;
    for (uint32_t cursor = 0; docker_option(docker, name, &cursor, &value);)
        if (!part || !value.known || str_has_nocase(value.text, str_from(part)))
            return true;
    return false;
}

/* A word that is a variable may hold any option. */
static bool has_open_words(const struct docker_command *docker)
{
    for (uint32_t i = docker->first; i < docker->command->argv.count; i++) {
        const struct shell_word *word = &docker->command->argv.at[i];
        if (!word->known && !word->prefix.len)
            return true;
    }
    return false;
}

static bool is_detached(const struct docker_command *docker)
{
    for (uint32_t i = docker->first; i < docker->command->argv.count; i++) {
        const struct shell_word *word = &docker->command->argv.at[i];
        if (!str_starts(word->raw, STR("-")))
            return false;
        if (STR_IN(word->raw, "-d", "-dt", "-td", "-dit", "-itd", "-dp", "--detach"))
            return true;
        if (STR_IN(word->raw, "--rm", "-it", "-ti", "-i", "-t"))
            continue;
        if (str_starts(word->raw, STR("--restart")))
            return true;
        i += !str_has_char(word->raw, '=') && i + 1 < docker->command->argv.count &&
             !str_starts(docker->command->argv.at[i + 1].raw, STR("-"));
    }
    return false;
}

/* One note a file: readers mend the rest by the same example. */
static void check_rights(const struct command_file *file, struct rule_sink *sink)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        if (!str_eq(docker->verb, STR("run")) || !is_detached(docker) || has_open_words(docker) ||
            docker_has(docker, "--privileged"))
            continue;
        bool read_only = docker_has(docker, "--read-only");
        bool drops = has_value(docker, "--cap-drop", NULL);
        bool no_new = has_value(docker, "--security-opt", "no-new-privileges");
        if (read_only || drops || no_new)
            continue;
        found(sink, docker->at,
              "this container may write its own files, keeps all capabilities and may gain more");
        return;
    }
}

RULE_FAMILY(command_run,
            {.name = "command/run-rights",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .since = "0.1",
             .guide = "s15 s16 s17",
             .what = "docker run of a service with all rights that a container can have",
             .why = "who takes over the process may change the program and use every capability",
             .how = "--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges:true",
             .source = "guide: read-only file system, capabilities, no-new-privileges",
             .commands = check_rights});
