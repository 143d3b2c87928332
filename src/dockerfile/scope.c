#include "dockerfile/scope.h"

/*
 * Which variables an instruction sees.
 *
 *   ARG before FROM --> FROM lines; a bare "ARG name" in a stage fetches the value from there
 *   ARG, ENV        --> the lines behind them, in their stage and in stages built on it
 *
 * Of several assignments the last one counts, be it ARG or ENV; a bare ARG assigns nothing when
 * neither the command line nor the global scope has a value.
 *
 * Each assignment is evaluated once, when the file is parsed, and stands in the list of its name:
 *
 *   "v" -> [ARG v=1 at 0] [ENV v=2 at 5] [ENV v=$w at 9]     in the order of the file
 *
 * so that what an instruction sees is the last one before it in its own stage, else the last one
 * of the stage that it is built on, and so on.
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

/* One assignment, or the declaration that a bare ARG is. */
struct assignment {
    uint32_t instruction, stage;
    const struct variable *variable;
};

struct assignments {
    VEC(struct assignment) list;
};

struct lookup {
    const struct dockerfile *file;
    const struct instruction *at;
    bool saw_unknown;
};

/* The last assignment before the instruction `end` in that stage; NULL when there is none. */
static const struct variable *last_before(const struct assignments *all, uint32_t stage,
                                          uint32_t end)
{
    uint32_t low = 0, high = all->list.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (all->list.at[middle].instruction < end)
            low = middle + 1;
        else
            high = middle;
    }
    const struct assignment *found = low > 0 ? &all->list.at[low - 1] : NULL;
    return found && found->stage == stage ? found->variable : NULL;
}

static const struct variable *platform_variable(str name)
{
    static const struct variable unknown = {.set = true};
    return is_platform_arg(name) ? &unknown : NULL;
}

const struct variable *dockerfile_variable(const struct dockerfile *file,
                                           const struct instruction *at, str name)
{
    const struct assignments *all = map_find(&file->assignments, name);
    uint32_t stage = at->stage, end = at->index;
    if (stage == NO_INDEX || at->kind == INSTRUCTION_FROM) {
        uint32_t first = file->stages.count > 0 ? file->stages.at[0].first : end;
        const struct variable *global =
            all ? last_before(all, NO_INDEX, end < first ? end : first) : NULL;
        return global ? global : platform_variable(name);
    }
    for (unsigned depth = 0; all && stage != NO_INDEX && depth <= STAGE_CHAIN_MAX; depth++) {
        const struct variable *variable = last_before(all, stage, end);
        if (variable)
            return variable;
        stage = file->stages.at[stage].base_stage;
        end = stage != NO_INDEX ? file->stages.at[stage].end : 0;
    }
    return NULL;
}

static bool find_at(const void *context, str name, str *out_value)
{
    /* The flag is this call's own: one lookup serves one expansion. */
    struct lookup *lookup = (struct lookup *)(uintptr_t)context;
    const struct variable *variable = dockerfile_variable(lookup->file, lookup->at, name);
    if (!variable || !variable->set)
        return false;
    lookup->saw_unknown |= !variable->known;
    *out_value = variable->value;
    return true;
}

struct expansion scope_expand(struct arena *arena, const struct dockerfile *file,
                              const struct instruction *at, str word, bool *out_known)
{
    struct lookup lookup = {.file = file, .at = at};
    struct variables variables = {find_at, &lookup};
    struct expansion expansion = expand_word(arena, word, file->directives.escape, &variables);
    *out_known = expansion.ok && !expansion.unset && !lookup.saw_unknown;
    return expansion;
}

/* -- while the file is parsed ----------------------------------------------------------------- */

/* A pair with name and value expanded by what is visible before its instruction. */
static struct variable evaluate(struct arena *arena, const struct dockerfile *file,
                                const struct instruction *in, const struct pair *pair)
{
    struct variable variable = {
        .pair = pair,
        .instruction = in,
        .name = pair->name,
        .set = pair->has_value,
        .is_env = in->kind == INSTRUCTION_ENV,
    };
    bool known;
    struct expansion name = scope_expand(arena, file, in, pair->name, &known);
    if (known)
        variable.name = name.value;
    if (!pair->has_value)
        return variable;
    struct expansion value = scope_expand(arena, file, in, pair->value, &variable.known);
    if (variable.known)
        variable.value = value.value;
    return variable;
}

/* "ARG name" in a stage: the global value; else what is there already stays; else declared only. */
static void evaluate_bare_arg(const struct dockerfile *file, const struct instruction *in,
                              struct variable *variable)
{
    const struct variable *global = map_find(&file->global_scope, variable->name);
    if (global && global->set) {
        variable->value = global->value;
        variable->known = global->known;
        variable->set = true;
    } else if (dockerfile_variable(file, in, variable->name)) {
        variable->name = STR_NONE;
    }
}

static void add_assignment(struct arena *arena, struct dockerfile *file,
                           const struct instruction *in, const struct variable *variable)
{
    struct assignments *all = map_find(&file->assignments, variable->name);
    if (!all) {
        all = NEW(arena, struct assignments);
        map_set(arena, &file->assignments, variable->name, all);
    }
    vec_push(arena, &all->list, (struct assignment){in->index, in->stage, variable});
}

void scope_take(struct arena *arena, struct dockerfile *file, struct instruction *in)
{
    if (in->kind != INSTRUCTION_ENV && in->kind != INSTRUCTION_ARG)
        return;
    struct variable *sets = NEW_ARRAY(arena, struct variable, in->pairs.count);
    in->sets = sets;
    for (uint32_t i = 0; i < in->pairs.count; i++) {
        sets[i] = evaluate(arena, file, in, &in->pairs.at[i]);
        if (in->stage != NO_INDEX && !sets[i].set)
            evaluate_bare_arg(file, in, &sets[i]);
    }
    for (uint32_t i = 0; i < in->pairs.count; i++) {
        if (sets[i].name.len == 0)
            continue;
        add_assignment(arena, file, in, &sets[i]);
        if (in->stage == NO_INDEX) {
            map_set(arena, &file->global_args, in->pairs.at[i].name, &in->pairs.at[i]);
            map_set(arena, &file->global_scope, sets[i].name, &sets[i]);
        }
    }
}

static void set_platform_args(struct arena *arena, struct map *scope)
{
    struct variable *made = NEW_ARRAY(arena, struct variable, ARRAY_COUNT(platform_args));
    for (size_t i = 0; i < ARRAY_COUNT(platform_args); i++) {
        made[i] = (struct variable){.name = str_from(platform_args[i]), .set = true};
        map_set(arena, scope, made[i].name, &made[i]);
    }
}

void scope_begin_file(struct arena *arena, struct dockerfile *file)
{
    set_platform_args(arena, &file->global_scope);
}

/* -- all that is visible ---------------------------------------------------------------------- */

void scope_step(struct scope_walk *walk, const struct instruction *in)
{
    for (uint32_t i = 0; in->sets && i < in->pairs.count; i++)
        if (in->sets[i].name.len > 0)
            map_set(walk->arena, &walk->variables, in->sets[i].name, &in->sets[i]);
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
    struct scope_walk walk = {.arena = arena, .file = file};
    if (instruction->stage == NO_INDEX || instruction->kind == INSTRUCTION_FROM) {
        uint32_t first = file->stages.count > 0 ? file->stages.at[0].first : instruction->index;
        set_platform_args(arena, &walk.variables);
        step_to(&walk, 0, instruction->index < first ? instruction->index : first);
    } else {
        walk = scope_begin(arena, file, instruction->stage);
        step_to(&walk, file->stages.at[instruction->stage].first, instruction->index);
    }
    struct map *scope = NEW(arena, struct map);
    *scope = walk.variables;
    return scope;
}
