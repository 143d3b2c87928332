#include "analyze/origins.h"
#include "analyze/analyze.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

enum { LAID_MAX = 2000, SURE = 4, SAME_TEXT = 16 };

/* An instruction, or an entry of the history, as they are compared. */
struct side {
    enum instruction_kind kind;
    str text;      /* behind the keyword, without blanks and quotes */
    str target;    /* of COPY and ADD, of WORKDIR */
    str name;      /* of the first pair of ENV, LABEL, ARG */
    str bodies[2]; /* of a RUN with a heredoc: other ways to say it */
    const struct instruction *instruction;
};

struct laying {
    struct arena *arena;
    const struct dockerfile *file;
    VEC(struct side) instructions, entries;
    uint32_t *best; /* (entries + 1) x (instructions + 1): score of what stands in front of both */
    uint32_t first; /* entry of the history that entries begin with */
};

/* -- text -------------------------------------------------------------------------------------- */

/* Without blanks, quotes, brackets, commas and backslashes: builders set those as they like. */
static str bare(struct arena *arena, str text)
{
    char *to = arena_alloc(arena, text.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_space(text.at[i]) && !str_has_char(STR("\"'[],\\"), text.at[i]))
            to[len++] = text.at[i];
    return (str){to, len};
}

static str last_word(str text)
{
    str word, last = STR("");
    while (str_next_word(&text, &word))
        last = word;
    return last;
}

/* "A" of "A=1 B=2" and of "A 1". */
static str first_name(str text)
{
    size_t end = 0;
    while (end < text.len && !char_is_space(text.at[end]) && text.at[end] != '=')
        end++;
    return str_slice(text, 0, end);
}

/* "./app/" and "app" name the same place, as far as a text can tell. */
static str clean_target(str target)
{
    while (str_starts(target, STR("./")))
        target = str_from_index(target, 2);
    while (target.len > 1 && str_ends(target, STR("/")))
        target = str_slice(target, 0, target.len - 1);
    return str_eq(target, STR(".")) ? STR("") : target;
}

static bool has_target(enum instruction_kind kind)
{
    return kind == INSTRUCTION_COPY || kind == INSTRUCTION_ADD || kind == INSTRUCTION_WORKDIR;
}

static bool has_name(enum instruction_kind kind)
{
    return kind == INSTRUCTION_ENV || kind == INSTRUCTION_LABEL || kind == INSTRUCTION_ARG;
}

static enum instruction_kind kind_of(str word)
{
    for (int kind = INSTRUCTION_UNKNOWN + 1; kind < INSTRUCTION_COUNT; kind++)
        if (str_eq(word, str_from(instruction_name((enum instruction_kind)kind))))
            return (enum instruction_kind)kind;
    return INSTRUCTION_UNKNOWN;
}

/* "--mount=type=cache .." in front of what is run or copied. */
static str behind_flags(str text)
{
    text = str_trim_start(text);
    while (str_starts(text, STR("--"))) {
        str word;
        if (!str_next_word(&text, &word))
            break;
        text = str_trim_start(text);
    }
    return text;
}

static struct side side_of_entry(struct arena *arena, str created_by)
{
    str text = created_by_clean(arena, created_by), keyword = STR("");
    str rest = text;
    if (!str_next_word(&rest, &keyword))
        rest = STR("");
    struct side side = {.kind = kind_of(keyword)};
    rest = behind_flags(rest);
    if (side.kind == INSTRUCTION_UNKNOWN)
        rest = text;
    side.text = bare(arena, rest);
    if (has_target(side.kind))
        side.target = clean_target(last_word(rest));
    if (has_name(side.kind))
        side.name = first_name(rest);
    return side;
}

struct scope_at {
    const struct dockerfile *file;
    const struct instruction *at;
};

static bool find_variable(const void *context, str name, str *out_value)
{
    const struct scope_at *scope = context;
    const struct variable *variable = dockerfile_variable(scope->file, scope->at, name);
    if (!variable || !variable->known)
        return false;
    *out_value = variable->value;
    return true;
}

/* The words as they are once variables have their values; raw where that cannot be told. */
static str words_text(struct laying *laying, const struct instruction *in)
{
    struct scope_at scope = {laying->file, in};
    struct variables variables = {find_variable, &scope};
    struct buf text = buf_init(laying->arena, LIMIT_INSTRUCTION);
    VEC_EACH(struct word, word, in->words) {
        struct expansion value = {0};
        if (in->kind != INSTRUCTION_RUN && !in->json)
            value =
                expand_word(laying->arena, word->raw, laying->file->directives.escape, &variables);
        buf_add(&text, text.len ? STR(" ") : STR(""));
        buf_add(&text, value.ok ? value.value : word->raw);
    }
    return buf_str(&text);
}

static struct side side_of_instruction(struct laying *laying, const struct instruction *in)
{
    struct arena *arena = laying->arena;
    str rest = in->words.count ? words_text(laying, in) : instruction_rest(in);
    struct side side = {.kind = in->kind, .instruction = in, .text = bare(arena, rest)};
    if (has_target(in->kind))
        side.target = clean_target(last_word(rest));
    if (has_name(in->kind))
        side.name = first_name(instruction_rest(in));
    if (in->kind == INSTRUCTION_RUN && in->heredocs.count) {
        const struct heredoc *doc = &in->heredocs.at[0];
        side.bodies[0] = bare(arena, doc->body);
        side.bodies[1] = bare(arena, str_fmt(arena, "%.*s%.*s%.*s", STR_ARG(rest),
                                             STR_ARG(doc->body), STR_ARG(doc->name)));
    }
    return side;
}

/* -- how well two agree ------------------------------------------------------------------------ */

/* A shell of its own (SHELL, "|1 A=b /bin/sh -c") stands in front of what is run. */
static bool same_text(str entry, str ours)
{
    return str_eq(entry, ours) || (ours.len >= 4 && str_ends(entry, ours));
}

static bool same_target(str entry, str ours)
{
    if (!ours.len || !entry.len)
        return str_eq(entry, ours);
    return str_eq(entry, ours) || (entry.at[0] == '/' && str_ends(entry, ours) &&
                                   entry.at[entry.len - ours.len - 1] == '/');
}

/* 0: they cannot be the same; at least SURE: they are, as far as a text can tell. */
static uint32_t agreement(const struct side *entry, const struct side *ours)
{
    bool bare_run = entry->kind == INSTRUCTION_UNKNOWN && ours->kind == INSTRUCTION_RUN;
    if (entry->kind != ours->kind && !bare_run)
        return 0;
    if (same_text(entry->text, ours->text) ||
        (ours->bodies[0].len &&
         (same_text(entry->text, ours->bodies[0]) || same_text(entry->text, ours->bodies[1]))))
        return SAME_TEXT;
    if (bare_run)
        return 0;
    if (has_name(ours->kind))
        return str_eq(entry->name, ours->name) ? SAME_TEXT / 2 : 0;
    if (has_target(ours->kind) && same_target(entry->target, ours->target))
        return SAME_TEXT / 2;
    return 1;
}

/* -- laying one beside the other --------------------------------------------------------------- */

static uint32_t *cell(const struct laying *laying, uint32_t entry, uint32_t instruction)
{
    return &laying->best[(size_t)entry * (laying->instructions.count + 1) + instruction];
}

static void score(struct laying *laying)
{
    uint32_t entries = laying->entries.count, count = laying->instructions.count;
    laying->best = NEW_ARRAY(laying->arena, uint32_t, (size_t)(entries + 1) * (count + 1));
    for (uint32_t e = 1; e <= entries; e++)
        for (uint32_t i = 1; i <= count; i++) {
            uint32_t best = *cell(laying, e - 1, i), other = *cell(laying, e, i - 1);
            uint32_t agrees =
                agreement(&laying->entries.at[e - 1], &laying->instructions.at[i - 1]);
            best = best > other ? best : other;
            if (agrees && *cell(laying, e - 1, i - 1) + agrees > best)
                best = *cell(laying, e - 1, i - 1) + agrees;
            *cell(laying, e, i) = best;
        }
}

/* Go back from the end; `out_of` gets index + 1 for each entry. */
static void trace_back(struct laying *laying, uint32_t *out_of)
{
    uint32_t e = laying->entries.count, i = laying->instructions.count;
    while (e && i) {
        uint32_t agrees = agreement(&laying->entries.at[e - 1], &laying->instructions.at[i - 1]);
        uint32_t here = *cell(laying, e, i);
        if (agrees && *cell(laying, e - 1, i - 1) + agrees == here) {
            out_of[--e] = i--;
        } else if (*cell(laying, e, i - 1) == here) {
            i--;
        } else {
            e--;
        }
    }
}

/* What agrees in its kind alone is believed beside something sure. */
static void drop_doubtful(struct laying *laying, uint32_t *of)
{
    uint32_t count = laying->entries.count;
    bool *sure = NEW_ARRAY(laying->arena, bool, (size_t)count + 2); /* shifted by one */
    for (uint32_t e = 0; e < count; e++)
        sure[e + 1] =
            of[e] && agreement(&laying->entries.at[e], &laying->instructions.at[of[e] - 1]) >= SURE;
    for (uint32_t e = 0; e < count; e++)
        if (of[e] && !sure[e + 1])
            sure[e + 1] = e && sure[e] && of[e - 1] + 1 == of[e];
    for (uint32_t e = count; e-- > 0;)
        if (of[e] && !sure[e + 1])
            sure[e + 1] = e + 1 < count && sure[e + 2] && of[e + 1] == of[e] + 1;
    for (uint32_t e = 0; e < count; e++)
        if (!sure[e + 1])
            of[e] = 0;
}

static void lay_history(struct laying *laying, const struct image *image, struct origins *origins)
{
    uint32_t count = image->config->history.count;
    laying->first = count > LAID_MAX ? count - LAID_MAX : 0;
    for (uint32_t i = laying->first; i < count; i++)
        vec_push(laying->arena, &laying->entries,
                 side_of_entry(laying->arena, image->config->history.at[i].created_by));
    uint32_t *of = NEW_ARRAY(laying->arena, uint32_t, (size_t)laying->entries.count + 1);
    score(laying);
    trace_back(laying, of);
    drop_doubtful(laying, of);
    for (uint32_t e = 0; e < laying->entries.count; e++)
        if (of[e])
            origins->of_history[laying->first + e] = laying->instructions.at[of[e] - 1].instruction;
    for (uint32_t i = 0; i < image->layers.count; i++)
        if (image->layers.at[i].history >= 0)
            origins->of_layer[i] = origins->of_history[image->layers.at[i].history];
}

/* -- without a history ------------------------------------------------------------------------- */

/* WORKDIR makes a layer only where its folder was not there: then it holds folders alone. */
static bool made_by_workdir(const struct layer_report *report)
{
    for (uint32_t i = 0; i < report->count; i++)
        if (report->entries[i].kind != LAYER_DIRECTORY)
            return false;
    return report->count > 0;
}

/* A COPY leaves something at its target. */
static bool may_have_copied(const struct layer_report *report, str target)
{
    if (!target.len || target.at[0] != '/' || target.len == 1)
        return true;
    target = str_from_index(target, 1);
    for (uint32_t i = 0; i < report->count; i++)
        if (path_is_in(layer_path(report, &report->entries[i]), target))
            return true;
    return false;
}

static void lay_layers(struct laying *laying, const struct image *image,
                       const struct layer_result *layers, struct origins *origins)
{
    uint32_t layer = image->layers.count;
    for (uint32_t i = laying->instructions.count; i-- > 0 && layer;) {
        const struct side *side = &laying->instructions.at[i];
        const struct layer_report *report = layers ? &layers[layer - 1].report : NULL;
        bool copies = side->kind == INSTRUCTION_COPY || side->kind == INSTRUCTION_ADD;
        if (side->kind == INSTRUCTION_WORKDIR && (!report || !made_by_workdir(report)))
            continue;
        if (!copies && side->kind != INSTRUCTION_RUN && side->kind != INSTRUCTION_WORKDIR)
            continue;
        if (copies && report && !may_have_copied(report, side->target))
            return; /* it is another image's Dockerfile, or the order is not kept */
        origins->of_layer[--layer] = side->instruction;
    }
}

/* -- both -------------------------------------------------------------------------------------- */

/* The instructions of a stage, those of the stages below it first. */
static void add_stage(struct laying *laying, uint32_t stage_index, uint32_t depth)
{
    const struct stage *stage = &laying->file->stages.at[stage_index];
    if (stage->base_stage != NO_INDEX && stage->base_stage < stage_index && depth < LIMIT_NESTING)
        add_stage(laying, stage->base_stage, depth + 1);
    for (uint32_t i = stage->first + 1; i < stage->end; i++) {
        const struct instruction *in = &laying->file->instructions.at[i];
        if (!in->broken && laying->instructions.count < LAID_MAX)
            vec_push(laying->arena, &laying->instructions, side_of_instruction(laying, in));
    }
}

struct origins origins_find(struct arena *arena, const struct image *image,
                            const struct layer_result *layers, const struct dockerfile *file)
{
    struct laying laying = {.arena = arena, .file = file};
    struct origins origins = {
        .file = file,
        .of_history =
            NEW_ARRAY(arena, const struct instruction *, (size_t)image->config->history.count + 1),
        .of_layer = NEW_ARRAY(arena, const struct instruction *, (size_t)image->layers.count + 1),
    };
    if (!file->stages.count)
        return origins;
    add_stage(&laying, file->stages.count - 1, 0);
    bool has_history = false;
    for (uint32_t i = 0; i < image->layers.count; i++)
        has_history = has_history || image->layers.at[i].history >= 0;
    if (has_history)
        lay_history(&laying, image, &origins);
    else
        lay_layers(&laying, image, layers, &origins);
    for (uint32_t i = 0; i < image->layers.count; i++) {
        if (!origins.found && !origins.of_layer[i])
            origins.base_layers++;
        origins.found += origins.of_layer[i] != NULL;
    }
    return origins;
}

const struct stage *origins_base(const struct origins *origins)
{
    const struct dockerfile *file = origins->file;
    if (!file->stages.count)
        return NULL;
    uint32_t at = file->stages.count - 1;
    while (file->stages.at[at].base_stage != NO_INDEX && file->stages.at[at].base_stage < at)
        at = file->stages.at[at].base_stage;
    return &file->stages.at[at];
}
