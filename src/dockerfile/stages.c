#include "dockerfile/instructions.h"
#include "dockerfile/scope.h"

/* Stages: what each is built on, as far as the text says. */

/* A stage by its name only, the last one wins; FROM knows no numbers. */
static uint32_t stage_by_name(const struct map *names, struct arena *arena, str name)
{
    uintptr_t found = name.len > 0 ? (uintptr_t)map_find(names, str_lower(arena, name)) : 0;
    return found ? (uint32_t)(found - 1) : NO_INDEX;
}

static void set_base(struct parser *parser, struct stage *stage, const struct map *names)
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
        stage->base_stage = stage_by_name(names, parser->arena, stage->base);
}

static void add_stage(struct parser *parser, const struct instruction *from, struct map *names)
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
    set_base(parser, &stage, names);
    if (stage.name.len > 0)
        map_set(parser->arena, names, stage.name, (void *)((uintptr_t)stage.index + 1));
    vec_push(parser->arena, &file->stages, stage);
}

void stages_build(struct parser *parser)
{
    struct dockerfile *file = parser->file;
    struct map names = {0};
    scope_begin_file(parser->arena, file);
    VEC_EACH(struct instruction, in, file->instructions) {
        if (in->kind == INSTRUCTION_FROM)
            add_stage(parser, in, &names);
        if (file->stages.count > 0)
            vec_last(&file->stages)->end = in->index + 1;
        scope_take(parser->arena, file, in);
    }
}

uint32_t stage_find(const struct dockerfile *file, str name, uint32_t before)
{
    uint32_t count = before < file->stages.count ? before : file->stages.count;
    uint64_t number;
    for (uint32_t i = count; name.len > 0 && i > 0; i--)
        if (str_eq_nocase(file->stages.at[i - 1].name, name))
            return i - 1;
    if (str_to_u64(name, &number) && number < count)
        return (uint32_t)number;
    return NO_INDEX;
}
