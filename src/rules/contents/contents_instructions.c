#include "rules/contents/contents_parts.h"

/* Putting, and what instructions other than RUN put where. */

bool contents_is_lost(const struct contents_maker *maker)
{
    const struct put_list *puts = &maker->contents->puts;
    return puts->count > maker->stage_first && vec_last(puts)->kind == PUT_ANYTHING;
}

struct put *contents_put(struct contents_maker *maker, enum put_kind kind, str path)
{
    struct put_list *puts = &maker->contents->puts;
    bool full = puts->count - maker->stage_first >= PUTS_STAGE_MAX;
    bool named = kind != PUT_ANYTHING && kind != PUT_SYSTEM;
    if (full || (named && (!path.len || str_has(path, STR("${")))) ||
        (kind == PUT_BELOW && path.len == 1)) {
        kind = PUT_ANYTHING;
        path = STR("");
    }
    /* What may be anything need not be said again. */
    if (contents_is_lost(maker) && kind != PUT_REMOVED && kind != PUT_COPY)
        return vec_last(puts);
    struct put next = {.kind = kind, .path = path, .stage = NO_INDEX, .command = maker->command};
    vec_push(maker->facts->arena, puts, next);
    return vec_last(puts);
}

/* -- COPY, ADD, WORKDIR ------------------------------------------------------------------------ */

static void put_source(struct contents_maker *maker, const struct word *word, str into,
                       bool directory)
{
    const struct instruction *at = maker->step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    uint32_t stage = from ? stage_find(maker->facts->file, from->value, at->stage) : NO_INDEX;
    str source;
    bool known = word_value(maker->facts, at, word->raw, &source) && source.len;
    if (str_starts(word->raw, STR("<<"))) {
        contents_put(maker, directory ? PUT_BELOW : PUT_PATH, into);
        return;
    }
    bool unpacks = false;
    VEC_EACH(struct trace, trace, maker->step->traces) {
        unpacks = unpacks || trace->kind == TRACE_UNPACK || trace->kind == TRACE_DOWNLOAD;
    }
    if (!known || (from && stage == NO_INDEX) || instruction_flag(at, "parents") || unpacks ||
        str_has(source, STR("://")) || str_starts(source, STR("git@")) ||
        instruction_flag(at, "exclude")) {
        contents_put(maker, PUT_BELOW, into);
        return;
    }
    struct arena *arena = maker->facts->arena;
    while (str_starts(source, STR("/")))
        source = str_from_index(source, 1);
    source = from ? path_join(arena, STR("/"), source) : path_clean(arena, source);
    struct put *copy = contents_put(maker, PUT_COPY, into);
    if (copy->kind != PUT_COPY)
        return;
    copy->source = source;
    copy->stage = stage;
    copy->into = directory;
}

static void put_copy(struct contents_maker *maker)
{
    const struct instruction *at = maker->step->instruction;
    str goal = STR(""), into = STR("");
    if (at->words.count < 2)
        return;
    if (word_value(maker->facts, at, vec_last(&at->words)->raw, &goal))
        into = step_path(maker->facts, maker->step, goal);
    bool directory =
        str_ends(goal, STR("/")) || at->words.count > 2 || STR_IN(str_basename(goal), ".", "..");
    for (uint32_t i = 0; i + 1 < at->words.count; i++)
        put_source(maker, &at->words.at[i], into, directory);
}

static void put_workdir(struct contents_maker *maker)
{
    /* What is in force behind it stands in the next step of the stage. */
    const struct step_facts *next = maker->step + 1;
    bool inside =
        next < maker->facts->steps + maker->facts->step_count && next->stage == maker->step->stage;
    if (!inside)
        return;
    struct put *made = contents_put(maker, PUT_PATH, next->workdir_known ? next->workdir : STR(""));
    made->sure = made->kind == PUT_PATH;
}

/* Engines make the directories of volumes. */
static void put_volumes(struct contents_maker *maker)
{
    VEC_EACH(struct word, word, maker->step->instruction->words) {
        str value;
        bool known = word_value(maker->facts, maker->step->instruction, word->raw, &value);
        contents_put(maker, PUT_BELOW,
                     known ? step_path(maker->facts, maker->step, value) : STR(""));
    }
}

static bool is_of_workdir(const struct contents_maker *maker, str name)
{
    for (const struct step_facts *step = step_look_first(maker->facts, maker->step);
         step < step_look_end(maker->facts, maker->step); step++)
        if (step->instruction->kind == INSTRUCTION_WORKDIR &&
            str_has(instruction_rest(step->instruction), name))
            return true;
    return false;
}

/* A directory that a variable names may be one that a tool writes into: PYTHONUSERBASE, GEM_HOME.
 * One that WORKDIR takes is the program's own. */
static void put_variables(struct contents_maker *maker)
{
    VEC_EACH(struct pair, pair, maker->step->instruction->pairs) {
        str value;
        if (pair->has_value && str_has_char(pair->value, '/') &&
            word_value(maker->facts, maker->step->instruction, pair->value, &value) &&
            str_starts(value, STR("/")) && value.len > 1 && !str_has_char(value, ':') &&
            !is_of_workdir(maker, pair->name))
            contents_put(maker, PUT_BELOW, path_clean(maker->facts->arena, value));
    }
}

void contents_put_instruction(struct contents_maker *maker)
{
    switch (maker->step->instruction->kind) {
    case INSTRUCTION_COPY:
    case INSTRUCTION_ADD: put_copy(maker); break;
    case INSTRUCTION_WORKDIR: put_workdir(maker); break;
    case INSTRUCTION_VOLUME: put_volumes(maker); break;
    case INSTRUCTION_ENV:
    case INSTRUCTION_ARG: put_variables(maker); break;
    default: break;
    }
}
