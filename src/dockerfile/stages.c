#include "dockerfile/instructions.h"
#include "dockerfile/scope.h"

/* Stages: what each is built on, as far as the text says. */

/* A stage by its name only, the last one wins; FROM knows no numbers. */
static uint32_t stage_by_name(const struct dockerfile *file, struct arena *arena, str name)
{
    uintptr_t found =
        name.len > 0 ? (uintptr_t)map_find(&file->stage_names, str_lower(arena, name)) : 0;
    return found ? (uint32_t)(found - 1) : NO_INDEX;
}

static void set_base(struct parser *parser, struct stage *stage)
{
    const struct words *words = &stage->from->words;
    if (words->count == 0)
        return;
    stage->base_raw = words->at[0].raw;
    stage->base_at = words->at[0].at;
    struct expansion base =
        scope_expand(parser->arena, parser->file, stage->from, stage->base_raw, &stage->base_known);
    if (stage->base_known)
        stage->base = base.value;
    if (stage->base_known)
        stage->base_stage = stage_by_name(parser->file, parser->arena, stage->base);
}

static void add_stage(struct parser *parser, const struct instruction *from)
{
    struct dockerfile *file = parser->file;
    struct stage stage = {
        .index = file->stages.count,
        .from = from,
        .base_stage = NO_INDEX,
        .first = from->index,
    };
    const struct words *words = &from->words;
    if (words->count == 3 && str_eq_nocase(words->at[1].raw, STR("as"))) {
        stage.name = str_lower(parser->arena, words->at[2].raw);
        stage.name_at = words->at[2].at;
    }
    const struct flag *platform = instruction_flag(from, "platform");
    stage.platform = platform ? platform->value : STR_NONE;
    set_base(parser, &stage);
    stage.namesake = stage_by_name(file, parser->arena, stage.name);
    if (stage.name.len > 0)
        map_set(parser->arena, &file->stage_names, stage.name,
                (void *)((uintptr_t)stage.index + 1));
    vec_push(parser->arena, &file->stages, stage);
}

void stages_build(struct parser *parser)
{
    struct dockerfile *file = parser->file;
    scope_begin_file(parser->arena, file);
    VEC_EACH(struct instruction, in, file->instructions) {
        if (in->kind == INSTRUCTION_FROM)
            add_stage(parser, in);
        if (file->stages.count > 0)
            vec_last(&file->stages)->end = in->index + 1;
        scope_take(parser->arena, file, in);
    }
}

/* The last stage of that name, found without memory: names longer than this nobody writes. */
enum { NAME_BYTES_MAX = 256 };

static uint32_t last_named(const struct dockerfile *file, str name)
{
    char lower[NAME_BYTES_MAX];
    if (name.len == 0 || name.len > sizeof(lower))
        return NO_INDEX;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = char_lower(name.at[i]);
    uintptr_t found = (uintptr_t)map_find(&file->stage_names, (str){lower, name.len});
    return found ? (uint32_t)(found - 1) : NO_INDEX;
}

uint32_t stage_find(const struct dockerfile *file, str name, uint32_t before)
{
    uint32_t index = last_named(file, name);
    while (index != NO_INDEX && index >= before)
        index = file->stages.at[index].namesake;
    if (index != NO_INDEX)
        return index;
    uint64_t number;
    uint32_t count = before < file->stages.count ? before : file->stages.count;
    return str_to_u64(name, &number) && number < count ? (uint32_t)number : NO_INDEX;
}
