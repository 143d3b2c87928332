#include "rules/yaml_facts.h"

#include <string.h>

/* Command lines of image tools, read by the tools' own grammar: which words are options, which are
 * their values, which are operands. Options that take no value are listed; all others take one. */

static bool is_image_tool(str name)
{
    return STR_IN(name, "docker", "podman", "buildah", "nerdctl", "plimsoll", "docker-compose",
                  "podman-compose");
}

/* -- the verb ---------------------------------------------------------------------------------- */

static bool is_global_flag_with_value(str word)
{
    return STR_IN(word, "--context", "-c", "--host", "-H", "--log-level", "-l", "--config",
                  "--tlscacert", "--tlscert", "--tlskey", "--builder", "--root", "--runroot",
                  "--namespace", "-n", "--address", "--storage-driver");
}

/* The index of the first word at or behind `from` that is no global option. */
static uint32_t skip_globals(const struct shell_words *words, uint32_t from)
{
    while (from < words->count && str_starts(words->at[from].raw, STR("-")))
        from += is_global_flag_with_value(words->at[from].raw) ? 2 : 1;
    return from;
}

/* "docker compose -f x build": the index of compose's own verb. */
static uint32_t skip_compose_globals(const struct shell_words *words, uint32_t from)
{
    while (from < words->count && str_starts(words->at[from].raw, STR("-")))
        from += STR_IN(words->at[from].raw, "-f", "--file", "-p", "--project-name", "--profile",
                       "--env-file", "--project-directory", "--ansi", "--progress", "--parallel")
                    ? 2
                    : 1;
    return from;
}

static str verb_name(str word)
{
    if (STR_IN(word, "bud", "build-using-dockerfile"))
        return STR("build");
    return word;
}

/* The command as an image tool's; false when it is none of its commands. */
static bool read_verb(struct docker_command *docker)
{
    const struct shell_words *words = &docker->command->argv;
    bool compose = str_ends(docker->command->name, STR("-compose"));
    uint32_t at = compose ? 0 : skip_globals(words, 1);
    if (at >= words->count || !words->at[at].known)
        return false;
    str word = words->at[at].value;
    if (compose || str_eq(word, STR("compose"))) {
        at = skip_compose_globals(words, at + 1);
        docker->verb = STR("compose");
        docker->first = at;
        if (at < words->count && str_eq(words->at[at].value, STR("build"))) {
            docker->verb = STR("compose build");
            docker->first = at + 1;
        }
        return true;
    }
    if (STR_IN(word, "buildx", "image", "container", "builder")) {
        docker->buildx = str_eq(word, STR("buildx"));
        at = skip_globals(words, at + 1);
        if (at >= words->count || !words->at[at].known)
            return false;
        word = words->at[at].value;
    }
    docker->verb = verb_name(word);
    docker->first = at + 1;
    return true;
}

void docker_commands_collect(struct command_file *file)
{
    VEC_EACH(struct command_script *, slot, file->scripts) {
        struct command_script *script = *slot;
        VEC_EACH(struct shell_command, command, script->script->commands) {
            script->moves = script->moves || STR_IN(command->name, "cd", "pushd");
            if (!is_image_tool(command->name))
                continue;
            struct docker_command docker = {
                .script = script,
                .command = command,
                .at = script->exact ? command->at : script->at,
            };
            if (read_verb(&docker))
                vec_push(file->arena, &file->docker, docker);
        }
    }
}

/* -- options ----------------------------------------------------------------------------------- */

static const char *const switches[] = {
    "--all-tags",
    "--check",
    "--compress",
    "--debug",
    "--detach",
    "--force-rm",
    "--help",
    "--init",
    "--interactive",
    "--load",
    "--no-cache",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--pull",
    "--push",
    "--quiet",
    "--read-only",
    "--rm",
    "--sig-proxy",
    "--squash",
    "--tty",
    "--disable-content-trust",
    "--replace",
    "--rmi",
    "--layers",
    "--tls-verify",
    "--all",
    "--force",
    "--no-trunc",
    "--human",
    "--json",
};

static bool is_switch(str option, str verb)
{
    /* `docker run --pull always` takes a value, `docker build --pull` does not. */
    if (str_eq(option, STR("--pull")))
        return !str_eq(verb, STR("run")) && !str_eq(verb, STR("create"));
    return str_in(option, switches, ARRAY_COUNT(switches));
}

static bool is_short_switch(char letter, str verb)
{
    bool build = str_eq(verb, STR("build"));
    return strchr(build ? "qD" : "itdqPa", letter) != NULL;
}

/* The long name of a short option, where rules ask for it by that. */
static str long_name(char letter, str verb)
{
    bool build = str_eq(verb, STR("build"));
    switch (letter) {
    case 't': return build ? STR("--tag") : STR("--tty");
    case 'f': return build ? STR("--file") : STR("--force");
    case 'e': return STR("--env");
    case 'v': return STR("--volume");
    case 'p': return STR("--publish");
    case 'u': return STR("--user");
    case 'o': return STR("--output");
    case 'w': return STR("--workdir");
    default: return STR("");
    }
}

struct option {
    str name; /* long, or "" for a short one that nobody asks for */
    struct docker_value value;
    bool has_value;
    uint32_t next; /* index of the word behind it */
};

static struct docker_value value_from(const struct docker_command *docker,
                                      const struct shell_word *word, size_t skip, span at)
{
    str text = word->known ? word->value : word->prefix;
    return (struct docker_value){
        .text = str_from_index(text, skip < text.len ? skip : text.len),
        .known = word->known,
        .at = docker->script->exact ? at : docker->script->at,
        .word = word,
    };
}

static void take_next_word(const struct docker_command *docker, uint32_t index,
                           struct option *option)
{
    const struct shell_words *words = &docker->command->argv;
    if (index + 1 >= words->count)
        return;
    span at = span_join(words->at[index].at, words->at[index + 1].at);
    option->value = value_from(docker, &words->at[index + 1], 0, at);
    option->has_value = true;
    option->next = index + 2;
}

/* "-it", "-p80:80", "-t name", "-itv a:b" */
static void read_short(const struct docker_command *docker, uint32_t index, str text,
                       struct option *option)
{
    const struct shell_word *word = &docker->command->argv.at[index];
    size_t i = 1;
    while (i < text.len && is_short_switch(text.at[i], docker->verb))
        i++;
    if (i >= text.len)
        return;
    option->name = long_name(text.at[i], docker->verb);
    if (i + 1 == text.len && word->known) {
        take_next_word(docker, index, option);
        return;
    }
    size_t skip = i + 1 < text.len && text.at[i + 1] == '=' ? i + 2 : i + 1;
    option->value = value_from(docker, word, skip, word->at);
    option->has_value = true;
}

/* The option that the word at `index` begins; false when it is an operand. */
static bool read_option(const struct docker_command *docker, uint32_t index, struct option *option)
{
    const struct shell_word *word = &docker->command->argv.at[index];
    str text = word->known ? word->value : word->prefix;
    if (text.len < 2 || text.at[0] != '-')
        return false;
    *option = (struct option){.name = STR(""), .next = index + 1};
    option->value.at = docker->script->exact ? word->at : docker->script->at;
    option->value.word = word;
    if (text.at[1] != '-') {
        read_short(docker, index, text, option);
        return true;
    }
    size_t equals = str_find_char(text, '=');
    option->name = str_slice(text, 0, equals);
    if (equals < text.len) {
        option->value = value_from(docker, word, equals + 1, word->at);
        option->has_value = true;
    } else if (!is_switch(text, docker->verb)) {
        take_next_word(docker, index, option);
    }
    return true;
}

/* Options end at the first operand of `run`, `create` and `exec`: what follows is the container's.
 * */
static bool stops_at_operand(str verb)
{
    return STR_IN(verb, "run", "create", "exec");
}

bool docker_option(const struct docker_command *docker, const char *name, uint32_t *cursor,
                   struct docker_value *out_value)
{
    uint32_t at = *cursor ? *cursor : docker->first;
    while (at < docker->command->argv.count) {
        struct option option;
        if (!read_option(docker, at, &option)) {
            if (stops_at_operand(docker->verb))
                break;
            at++;
            continue;
        }
        at = option.next;
        if (!str_eq(option.name, str_from(name)))
            continue;
        *cursor = at;
        *out_value = option.value;
        return true;
    }
    *cursor = UINT32_MAX;
    return false;
}

bool docker_has(const struct docker_command *docker, const char *name)
{
    uint32_t cursor = 0;
    struct docker_value value;
    return docker_option(docker, name, &cursor, &value) && !str_eq(value.text, STR("false"));
}

struct shell_words docker_operands(struct arena *arena, const struct docker_command *docker)
{
    struct shell_words operands = {0};
    for (uint32_t at = docker->first; at < docker->command->argv.count;) {
        struct option option;
        bool done = operands.count && stops_at_operand(docker->verb);
        if (!done && read_option(docker, at, &option)) {
            at = option.next;
            continue;
        }
        vec_push(arena, &operands, docker->command->argv.at[at]);
        at++;
    }
    return operands;
}

struct edit docker_add_option(struct arena *arena, const struct docker_command *docker, str option)
{
    const struct shell_word *verb = &docker->command->argv.at[docker->first - 1];
    return (struct edit){.at = {verb->at.end, verb->at.end},
                         .text = str_fmt(arena, " %.*s", STR_ARG(option))};
}
