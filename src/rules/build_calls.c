#include "rules/builds.h"

/* The same build, said in three languages. */

static str with_text(const struct node *map, const char *key, bool *out_known)
{
    str text = node_str(node_get(map, key));
    *out_known = !str_has(text, STR("${"));
    return text.len ? text : STR("");
}

/* -- commands ---------------------------------------------------------------------------------- */

/* The value's own part of "--tag=x" or of the word behind "--tag". */
static str raw_value(const struct docker_value *value)
{
    str raw = value->word->raw;
    size_t equals = str_find_char(raw, '=');
    return str_starts(raw, STR("-")) && equals < raw.len ? str_from_index(raw, equals + 1) : raw;
}

static void collect_option(struct arena *arena, const struct docker_command *docker,
                           const char *name, struct build_values *out_values)
{
    struct docker_value value;
    for (uint32_t cursor = 0; docker_option(docker, name, &cursor, &value);)
        vec_push(arena, out_values,
                 (struct build_value){.text = value.text,
                                      .known = value.known,
                                      .at = value.at,
                                      .raw = raw_value(&value)});
}

static str single_option(const struct docker_command *docker, const char *name, bool *out_known,
                         span *out_at)
{
    struct docker_value value;
    uint32_t cursor = 0;
    *out_known = true;
    if (!docker_option(docker, name, &cursor, &value))
        return STR("");
    *out_known = value.known;
    if (out_at)
        *out_at = value.at;
    return value.text;
}

static void add_command(struct arena *arena, const struct command_file *file,
                        const struct docker_command *docker, struct build_calls *calls)
{
    struct build_call call = {
        .caller = BUILD_BY_COMMAND,
        .source = file->source,
        .at = docker->at,
        .buildx = docker->buildx,
        .no_cache = docker_has(docker, "--no-cache"),
        .push = docker_has(docker, "--push"),
        .command = docker,
        .step = docker->script->step,
    };
    call.dockerfile = single_option(docker, "--file", &call.dockerfile_known, NULL);
    call.target = single_option(docker, "--target", &call.target_known, &call.target_at);
    struct shell_words operands = docker_operands(arena, docker);
    if (operands.count) {
        const struct shell_word *last = vec_last(&operands);
        call.context = last->known ? last->value : last->prefix;
        call.context_known = last->known;
    } else {
        call.context = STR("");
    }
    collect_option(arena, docker, "--build-arg", &call.build_args);
    collect_option(arena, docker, "--secret", &call.secrets);
    collect_option(arena, docker, "--cache-from", &call.cache_from);
    collect_option(arena, docker, "--cache-to", &call.cache_to);
    collect_option(arena, docker, "--tag", &call.tags);
    vec_push(arena, calls, call);
}

/* -- docker/build-push-action ------------------------------------------------------------------ */

/* One value a line, each at its own place where it can be found there. */
static void collect_lines(struct arena *arena, const struct source *source, const struct node *map,
                          const char *key, struct build_values *out_values)
{
    const struct node *scalar = node_get(map, key);
    str rest = node_str(scalar), line;
    if (!rest.len)
        return;
    size_t from = 0;
    str text = source_text(source, scalar->at);
    while (str_next_line(&rest, &line)) {
        line = str_trim(line);
        if (!line.len)
            continue;
        struct build_value value = {
            .text = line, .known = !str_has(line, STR("${")), .at = scalar->at};
        size_t found = str_find(str_from_index(text, from), line);
        if (found != STR_MISSING && !scalar->aliased) {
            found += from;
            value.at.start = scalar->at.start + (uint32_t)found;
            value.at.end = value.at.start + (uint32_t)line.len;
            from = found + line.len;
        }
        vec_push(arena, out_values, value);
    }
}

static void add_action(struct arena *arena, const struct yaml_file *file,
                       const struct ci_step *step, struct build_calls *calls)
{
    const struct node *with = step->with;
    const struct node *uses = node_get(step->node, "uses");
    struct build_call call = {
        .caller = BUILD_BY_ACTION,
        .source = file->source,
        .at = uses->at,
        .buildx = true,
        .no_cache = node_is_true(node_get(with, "no-cache")),
        .push = node_is_true(node_get(with, "push")),
        .push_when = STR(""),
        .node = with,
        .step = step,
    };
    str push = node_str(node_get(with, "push"));
    if (str_has(push, STR("${{"))) {
        call.push = true;
        call.push_when = push;
    }
    call.context = with_text(with, "context", &call.context_known);
    call.dockerfile = with_text(with, "file", &call.dockerfile_known);
    call.target = with_text(with, "target", &call.target_known);
    if (call.target.len)
        call.target_at = node_get(with, "target")->at;
    collect_lines(arena, file->source, with, "build-args", &call.build_args);
    collect_lines(arena, file->source, with, "secrets", &call.secrets);
    collect_lines(arena, file->source, with, "secret-files", &call.secrets);
    collect_lines(arena, file->source, with, "secret-envs", &call.secrets);
    collect_lines(arena, file->source, with, "cache-from", &call.cache_from);
    collect_lines(arena, file->source, with, "cache-to", &call.cache_to);
    collect_lines(arena, file->source, with, "tags", &call.tags);
    vec_push(arena, calls, call);
}

/* -- compose ----------------------------------------------------------------------------------- */

static void collect_list(struct arena *arena, const struct node *list,
                         struct build_values *out_values)
{
    for (uint32_t i = 0; i < node_count(list); i++) {
        const struct node *item = node_item(list, i);
        /* A secret's long form: what the Dockerfile calls it is its target. */
        const struct node *target = node_get(item, "target");
        str text = item->kind == NODE_MAP ? node_str(target ? target : node_get(item, "source"))
                                          : node_str(item);
        if (text.len)
            vec_push(arena, out_values,
                     (struct build_value){text, !str_has_char(text, '$'), item->at});
    }
}

static void collect_args(struct arena *arena, const struct node *args,
                         struct build_values *out_values)
{
    if (!args || args->kind != NODE_MAP) {
        collect_list(arena, args, out_values);
        return;
    }
    VEC_EACH(struct node_pair, pair, args->pairs) {
        str value = node_str(pair->value);
        vec_push(
            arena, out_values,
            (struct build_value){
                .text = str_fmt(arena, "%.*s=%.*s", STR_ARG(node_str(pair->key)), STR_ARG(value)),
                .known = value.len && !str_has_char(value, '$'),
                .at = pair->key->at,
            });
    }
}

static void add_compose(struct arena *arena, const struct yaml_file *file,
                        const struct service_facts *service, struct build_calls *calls)
{
    const struct node_pair *pair = node_pair_find(service->node, "build");
    if (!pair)
        return;
    const struct node *build = pair->value;
    struct build_call call = {.caller = BUILD_BY_COMPOSE,
                              .source = file->source,
                              .at = pair->key->at,
                              .node = build,
                              .buildx = true};
    if (build->kind == NODE_STRING) {
        call.context = node_str(build);
        call.context_known = !str_has_char(call.context, '$');
        call.dockerfile = call.target = STR("");
        call.dockerfile_known = call.target_known = true;
    } else if (build->kind == NODE_MAP) {
        call.context = with_text(build, "context", &call.context_known);
        call.dockerfile = with_text(build, "dockerfile", &call.dockerfile_known);
        call.target = with_text(build, "target", &call.target_known);
        if (call.target.len)
            call.target_at = node_get(build, "target")->at;
        if (node_get(build, "dockerfile_inline"))
            call.dockerfile_known = false;
        collect_args(arena, node_get(build, "args"), &call.build_args);
        collect_list(arena, node_get(build, "secrets"), &call.secrets);
        collect_list(arena, node_get(build, "cache_from"), &call.cache_from);
        collect_list(arena, node_get(build, "cache_to"), &call.cache_to);
        call.no_cache = node_is_true(node_get(build, "no_cache"));
    } else {
        return;
    }
    vec_push(arena, calls, call);
}

struct build_calls build_calls_of(struct arena *arena, const struct yaml_file *yaml,
                                  const struct command_file *commands)
{
    struct build_calls calls = {0};
    if (yaml) {
        VEC_EACH(struct service_facts, service, yaml->services) {
            add_compose(arena, yaml, service, &calls);
        }
        VEC_EACH(struct ci_step, step, yaml->steps) {
            if (str_starts(step->uses, STR("docker/build-push-action")))
                add_action(arena, yaml, step, &calls);
        }
    }
    if (commands)
        VEC_EACH(struct docker_command, docker, commands->docker) {
            if (str_eq(docker->verb, STR("build")))
                add_command(arena, commands, docker, &calls);
        }
    return calls;
}
