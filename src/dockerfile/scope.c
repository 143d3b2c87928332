#include "dockerfile/scope.h"

/*
 * Which variables an instruction sees.
 *
 *   ARG before FROM --> FROM lines; a bare "ARG name" in a stage fetches the value from there
 *   ARG, ENV        --> the lines behind them, in their stage and in stages built on it
 *
 * Of several assignments the last one counts, be it ARG or ENV; a bare ARG assigns nothing when
 * neither the command line nor the global scope has a value.
 */

/* Stages built on stages built on ...: deeper than this, the base counts as unknown. */
enum { STAGE_CHAIN_MAX = 256 };

bool is_proxy_arg(str name)
{
    return STR_IN(name, "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY",
                  "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy");
}

bool is_platform_arg(str name)
{
    return STR_IN(name, "BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT",
                  "TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT",
                  "TARGETSTAGE");
}

static const char *const platform_args[] = {"BUILDPLATFORM", "BUILDOS",         "BUILDOSVERSION",
                                            "BUILDARCH",     "BUILDVARIANT",    "TARGETPLATFORM",
                                            "TARGETOS",      "TARGETOSVERSION", "TARGETARCH",
                                            "TARGETVARIANT", "TARGETSTAGE"};

struct lookup {
    const struct map *scope;
    bool *saw_unknown;
};

static bool find_in_scope(const void *context, str name, str *out_value)
{
    const struct lookup *lookup = context;
    const struct variable *variable = map_find(lookup->scope, name);
    if (!variable || !variable->set)
        return false;
    if (!variable->known)
        *lookup->saw_unknown = true;
    *out_value = variable->value;
    return true;
}

struct expansion scope_expand(struct arena *arena, const struct map *scope, str word, char escape,
                              bool *out_known)
{
    bool saw_unknown = false;
    struct lookup lookup = {scope, &saw_unknown};
    struct variables variables = {find_in_scope, &lookup};
    struct expansion expansion = expand_word(arena, word, escape, &variables);
    *out_known = expansion.ok && !expansion.unset && !saw_unknown;
    return expansion;
}

static struct variable *set_variable(struct arena *arena, struct map *scope, struct variable what)
{
    struct variable *variable = NEW(arena, struct variable);
    *variable = what;
    map_set(arena, scope, what.name, variable);
    return variable;
}

static void set_platform_args(struct arena *arena, struct map *scope)
{
    for (size_t i = 0; i < ARRAY_COUNT(platform_args); i++)
        set_variable(arena, scope,
                     (struct variable){.name = str_from(platform_args[i]), .set = true});
}

/* A pair with its value expanded by `before`. */
static struct variable evaluate(struct arena *arena, const struct dockerfile *file,
                                const struct instruction *in, const struct pair *pair,
                                const struct map *before)
{
    struct variable variable = {.pair = pair,
                                .instruction = in,
                                .name = pair->name,
                                .set = pair->has_value,
                                .is_env = in->kind == INSTRUCTION_ENV};
    bool known;
    char escape = file->directives.escape;
    struct expansion name = scope_expand(arena, before, pair->name, escape, &known);
    if (known)
        variable.name = name.value;
    if (!pair->has_value)
        return variable;
    struct expansion value = scope_expand(arena, before, pair->value, escape, &variable.known);
    if (variable.known)
        variable.value = value.value;
    return variable;
}

static void take_global(struct arena *arena, struct dockerfile *file, const struct instruction *in)
{
    VEC_EACH(struct pair, pair, in->pairs) {
        map_set(arena, &file->global_args, pair->name, pair);
        set_variable(arena, &file->global_scope,
                     evaluate(arena, file, in, pair, &file->global_scope));
    }
}

void scope_globals(struct arena *arena, struct dockerfile *file)
{
    set_platform_args(arena, &file->global_scope);
    VEC_EACH(struct instruction, in, file->instructions) {
        if (in->kind == INSTRUCTION_FROM)
            break;
        if (in->kind == INSTRUCTION_ARG)
            take_global(arena, file, in);
    }
}

/* "ARG name": the global value, else what is there already, else declared but not known. */
static void take_bare_arg(struct scope_walk *walk, struct variable variable)
{
    const struct variable *global = map_find(&walk->file->global_scope, variable.name);
    if (global && global->set) {
        variable.value = global->value;
        variable.known = global->known;
        variable.set = true;
    } else if (map_has(&walk->variables, variable.name)) {
        return;
    }
    set_variable(walk->arena, &walk->variables, variable);
}

void scope_step(struct scope_walk *walk, const struct instruction *in)
{
    if (in->kind != INSTRUCTION_ENV && in->kind != INSTRUCTION_ARG)
        return;
    if (in->kind == INSTRUCTION_ARG) {
        VEC_EACH(struct pair, pair, in->pairs) {
            struct variable variable =
                evaluate(walk->arena, walk->file, in, pair, &walk->variables);
            if (pair->has_value)
                set_variable(walk->arena, &walk->variables, variable);
            else
                take_bare_arg(walk, variable);
        }
        return;
    }
    /* All values of one ENV see what was there before it. */
    struct variable *made = NEW_ARRAY(walk->arena, struct variable, in->pairs.count);
    for (uint32_t i = 0; i < in->pairs.count; i++)
        made[i] = evaluate(walk->arena, walk->file, in, &in->pairs.at[i], &walk->variables);
    for (uint32_t i = 0; i < in->pairs.count; i++)
        map_set(walk->arena, &walk->variables, made[i].name, &made[i]);
}

static void step_to(struct scope_walk *walk, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        scope_step(walk, &walk->file->instructions.at[i]);
}

struct scope_walk scope_begin(struct arena *arena, const struct dockerfile *file, uint32_t stage)
{
    struct scope_walk walk = {.arena = arena, .file = file};
    uint32_t chain[STAGE_CHAIN_MAX], count = 0;
    uint32_t base = stage < file->stages.count ? file->stages.at[stage].base_stage : NO_INDEX;
    for (; base != NO_INDEX && count < STAGE_CHAIN_MAX; base = file->stages.at[base].base_stage)
        chain[count++] = base;
    while (count > 0) {
        const struct stage *below = &file->stages.at[chain[--count]];
        step_to(&walk, below->first, below->end);
    }
    return walk;
}

const struct map *dockerfile_scope(struct arena *arena, const struct dockerfile *file,
                                   const struct instruction *instruction)
{
    struct map *scope = NEW(arena, struct map);
    if (instruction->stage == NO_INDEX || instruction->kind == INSTRUCTION_FROM) {
        set_platform_args(arena, scope);
        for (uint32_t i = 0; i < instruction->index; i++) {
            const struct instruction *in = &file->instructions.at[i];
            if (in->kind == INSTRUCTION_FROM)
                break;
            for (uint32_t p = 0; in->kind == INSTRUCTION_ARG && p < in->pairs.count; p++)
                set_variable(arena, scope, evaluate(arena, file, in, &in->pairs.at[p], scope));
        }
        return scope;
    }
    struct scope_walk walk = scope_begin(arena, file, instruction->stage);
    step_to(&walk, file->stages.at[instruction->stage].first, instruction->index);
    *scope = walk.variables;
    return scope;
}
