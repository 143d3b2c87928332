#include "rules/families.h"

#include "rules/conventions.h"
#include "rules/repository.h"
#include "rules/yaml_fix.h"

/* docker run: the rights of a container that stays. */

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

static bool is_switch_word(str word, char letter)
{
    if (word.len < 2 || word.at[0] != '-' || word.at[1] == '-')
        return false;
    for (size_t i = 1; i < word.len; i++)
        if (!str_has_char(STR("ditP"), word.at[i]))
            return str_has_char(STR("pevw"), word.at[i]) &&
                   str_has_char(str_slice(word, 0, i), letter);
    return str_has_char(word, letter);
}

/* A service, not a program that somebody runs once or tries out: restarted; or detached or with a
 * port, and no --rm. A port and a terminal is a try, too, and a job of CI throws all away. */
static bool is_service(const struct command_file *file, const struct docker_command *docker,
                       const struct shell_word *image)
{
    uint32_t cursor = 0;
    struct docker_value value;
    bool port = docker_option(docker, "--publish", &cursor, &value);
    bool detached = docker_has(docker, "--detach"), terminal = false;
    if (docker_has(docker, "--restart"))
        return true;
    for (uint32_t i = docker->first; i < docker->command->argv.count; i++) {
        str word = docker->command->argv.at[i].raw;
        if (docker->command->argv.at[i].at.start >= image->at.start)
            break;
        detached = detached || is_switch_word(word, 'd');
        terminal = terminal || is_switch_word(word, 't') || is_switch_word(word, 'i');
    }
    bool stays = !docker_has(docker, "--rm") && !file->yaml;
    return stays && (detached || (port && !terminal));
}

/* A run that asks for more than the default is no plain service: it has its reasons. */
static bool wants_more(const struct docker_command *docker)
{
    static const char *const names[] = {"--security-opt", "--cap-add", "--device", "--pid"};
    struct docker_value value;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        uint32_t cursor = 0;
        if (docker_option(docker, names[i], &cursor, &value))
            return true;
    }
    return docker_has(docker, "--privileged");
}

/* Documents write "..." and "<image>" where an image would stand. */
static bool is_image(const struct shell_word *word)
{
    str text = word->known ? word->value : word->prefix;
    return !word->known || (text.len && char_is_alnum(text.at[0]));
}

/* -- what it could go without --------------------------------------------------------------------
 * */

static str each_word(struct arena *arena, const char *words, const char *option)
{
    str all = STR(""), rest = str_from(words), word;
    while (str_next_word(&rest, &word))
        all = str_fmt(arena, "%.*s %s %.*s", STR_ARG(all), option, STR_ARG(word));
    return all;
}

/* The Dockerfile that makes this image, by a tag of some build; NULL when none does. */
static const struct facts *made_here(const struct repository *repository, str image)
{
    const struct known_build *build =
        repository ? map_find(&repository->conventions->made, image_base_name(image)) : NULL;
    return build ? build->facts : NULL;
}

/* What the repository's other runs say; else what is known about the image. */
static str rights_for(const struct command_file *file, struct arena *arena, str image)
{
    const struct repository *repository = file->repository;
    if (repository && repository->conventions->run_rights.len)
        return repository->conventions->run_rights;
    const char *last = "--security-opt no-new-privileges:true";
    str repository_name = image_name_parse(arena, image).repository;
    const struct server_image *server = server_image_find(repository_name);
    if (server) {
        str add = each_word(arena, server->capabilities, "--cap-add");
        str tmpfs = each_word(arena, server->writable, "--tmpfs");
        return server->writable[0]
                   ? str_fmt(arena, "--read-only --tmpfs /tmp%.*s --cap-drop ALL%.*s %s",
                             STR_ARG(tmpfs), STR_ARG(add), last)
                   : str_fmt(arena, "--cap-drop ALL%.*s %s", STR_ARG(add), last);
    }
    const struct facts *facts = made_here(repository, image);
    const struct stage_facts *final = facts ? facts->final : NULL;
    bool plain = final && final->user_known && !user_is_root(final->user, final->base);
    return plain ? str_fmt(arena, "--read-only --tmpfs /tmp --cap-drop ALL %s", last)
                 : str_from(last);
}

static void check_rights(const struct command_file *file, struct rule_sink *sink)
{
    VEC_EACH(struct docker_command, docker, file->docker) {
        bool runs = str_eq(docker->verb, STR("run")) &&
                    STR_IN(docker->command->name, "docker", "podman", "nerdctl");
        struct shell_words operands = {0};
        if (runs)
            operands = docker_operands(sink->arena, docker);
        if (!operands.count || !is_service(file, docker, &operands.at[0]) ||
            has_open_words(docker) || !is_image(&operands.at[0]) || wants_more(docker) ||
            docker_gives_up(docker))
            continue;
        found(sink, docker->at,
              "this container may write its own files, keeps all capabilities and may gain more");
        if (!docker->script->exact)
            continue;
        str image = operands.at[0].known ? operands.at[0].value : STR("");
        found_fix(sink, "Run it with fewer rights");
        struct edit edit =
            docker_add_option(sink->arena, docker, rights_for(file, sink->arena, image));
        found_edit(sink, edit.at, edit.text);
    }
}

RULE_FAMILY(command_run,
            {.name = "command/run-rights",
             .severity = SEVERITY_NOTE,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s15 s16 s17",
             .what = "docker run of a service with all rights that a container can have",
             .why = "who takes over the process may change the program and use every capability",
             .how = "--read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges:true",
             .source = "guide: read-only file system, capabilities, no-new-privileges",
             .commands = check_rights});
