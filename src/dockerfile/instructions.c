#include "dockerfile/instructions.h"

#include <string.h>

/* From logical lines to instructions, one by one; what is wrong with one stays with it. */

static const struct {
    const char *name;
    enum instruction_kind kind;
} kinds[] = {
    {"ADD", INSTRUCTION_ADD},
    {"ARG", INSTRUCTION_ARG},
    {"CMD", INSTRUCTION_CMD},
    {"COPY", INSTRUCTION_COPY},
    {"ENTRYPOINT", INSTRUCTION_ENTRYPOINT},
    {"ENV", INSTRUCTION_ENV},
    {"EXPOSE", INSTRUCTION_EXPOSE},
    {"FROM", INSTRUCTION_FROM},
    {"HEALTHCHECK", INSTRUCTION_HEALTHCHECK},
    {"LABEL", INSTRUCTION_LABEL},
    {"MAINTAINER", INSTRUCTION_MAINTAINER},
    {"ONBUILD", INSTRUCTION_ONBUILD},
    {"RUN", INSTRUCTION_RUN},
    {"SHELL", INSTRUCTION_SHELL},
    {"STOPSIGNAL", INSTRUCTION_STOPSIGNAL},
    {"USER", INSTRUCTION_USER},
    {"VOLUME", INSTRUCTION_VOLUME},
    {"WORKDIR", INSTRUCTION_WORKDIR},
};

const char *instruction_name(enum instruction_kind kind)
{
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "";
}

enum instruction_kind instruction_kind_of(str keyword)
{
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (keyword.len > 0 && char_lower(keyword.at[0]) == char_lower(kinds[i].name[0]) &&
            str_eq_nocase(keyword, str_from(kinds[i].name)))
            return kinds[i].kind;
    return INSTRUCTION_UNKNOWN;
}

const struct flag *instruction_flag(const struct instruction *instruction, const char *name)
{
    const struct flag *found = NULL;
    VEC_EACH(struct flag, flag, instruction->flags)
        if (str_eq(flag->name, str_from(name)))
            found = flag;
    return found;
}

str instruction_rest(const struct instruction *instruction)
{
    return blank_trim(str_from_index(instruction->logical.text, instruction->rest));
}

/* -- arguments -------------------------------------------------------------------------------- */

static void one_word(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    if (start < end)
        vec_push(parser->arena, &in->words,
                 (struct word){str_slice(in->logical.text, start, end),
                               joined_span(&in->logical, start, end)});
}

/* True when the arguments are a JSON array, be it a good one or one of the wrong things. */
static bool json_form(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    while (start < end && blank_at(in->logical.text, start))
        start += blank_at(in->logical.text, start);
    str rest = str_slice(in->logical.text, start, end);
    if (rest.len == 0 || rest.at[0] != '[')
        return false;
    enum json_list list = exec_words(parser->arena, rest, &in->words);
    in->json = list == JSON_STRINGS;
    in->json_failed = list == JSON_NONE;
    VEC_EACH(struct word, word, in->words)
        word->at = joined_span(&in->logical, start + word->at.start, start + word->at.end);
    if (list == JSON_NOT_STRINGS) {
        dockerfile_problem(parser, PROBLEM_BAD_JSON, joined_span(&in->logical, start, end),
                           STR("a JSON array here may hold strings only"), STR_NONE);
        in->broken = true;
    }
    return list != JSON_NONE;
}

static void maybe_json(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    if (!json_form(parser, in, start, end))
        one_word(parser, in, start, end);
}

static void maybe_json_list(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    if (!json_form(parser, in, start, end))
        words_blank(parser, in, start, end);
}

static void health_words(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    str text = in->logical.text;
    size_t stop = start;
    while (stop < end && !char_is_space(text.at[stop]))
        stop++;
    in->healthcheck = str_slice(text, start, stop);
    while (stop < end && char_is_space(text.at[stop]))
        stop++;
    maybe_json(parser, in, stop, end);
}

static void parse_logical(struct parser *parser, struct instruction *in, unsigned depth);

static void trigger_words(struct parser *parser, struct instruction *in, size_t start, size_t end,
                          unsigned depth)
{
    if (start == end || depth >= LIMIT_NESTING)
        return;
    struct instruction *trigger = NEW(parser->arena, struct instruction);
    *trigger = (struct instruction){
        .index = in->index,
        .stage = in->stage,
        .line = in->line,
        .end_line = in->end_line,
        .logical = joined_slice(parser->arena, &in->logical, start, in->logical.text.len),
        .at = {joined_offset(&in->logical, start), in->at.end},
    };
    parse_logical(parser, trigger, depth + 1);
    in->trigger = trigger;
}

/* By kind, as BuildKit's table of line parsers has it. */
static void parse_words(struct parser *parser, struct instruction *in, size_t start, size_t end,
                        unsigned depth)
{
    switch (in->kind) {
    case INSTRUCTION_RUN:
    case INSTRUCTION_CMD:
    case INSTRUCTION_ENTRYPOINT:
    case INSTRUCTION_SHELL: maybe_json(parser, in, start, end); break;
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY:
    case INSTRUCTION_VOLUME: maybe_json_list(parser, in, start, end); break;
    case INSTRUCTION_EXPOSE:
    case INSTRUCTION_FROM: words_blank(parser, in, start, end); break;
    case INSTRUCTION_ARG:
    case INSTRUCTION_ENV:
    case INSTRUCTION_LABEL: words_pairs(parser, in, start, end); break;
    case INSTRUCTION_HEALTHCHECK: health_words(parser, in, start, end); break;
    case INSTRUCTION_ONBUILD: trigger_words(parser, in, start, end, depth); break;
    case INSTRUCTION_MAINTAINER:
    case INSTRUCTION_STOPSIGNAL:
    case INSTRUCTION_USER:
    case INSTRUCTION_WORKDIR: one_word(parser, in, start, end); break;
    case INSTRUCTION_UNKNOWN:
    case INSTRUCTION_COUNT: break;
    }
}

/* Keyword, flags and arguments of in->logical. */
static void parse_logical(struct parser *parser, struct instruction *in, unsigned depth)
{
    str text = in->logical.text;
    size_t end = text.len, pos = 0, blank;
    while (end > 0 && (blank = blank_before(text, end)) > 0)
        end -= blank;
    while (pos < end && !is_field_blank(text.at[pos]))
        pos++;
    in->keyword = str_slice(text, 0, pos);
    in->keyword_at = joined_span(&in->logical, 0, pos);
    in->kind = instruction_kind_of(in->keyword);
    in->rest = pos;
    if (in->broken)
        return;
    size_t start = words_flags(parser, in, pos);
    while (start < end && (blank = blank_at(text, start)) > 0)
        start += blank;
    in->rest = start < text.len ? start : text.len;
    parse_words(parser, in, start < end ? start : end, end, depth);
}

/* Only RUN, COPY, ADD and ONBUILD of these, and only in shell form, open heredocs. */
static bool takes_heredocs(const struct instruction *in)
{
    if (in->kind == INSTRUCTION_ONBUILD && in->trigger)
        in = in->trigger;
    return !in->json && (in->kind == INSTRUCTION_RUN || in->kind == INSTRUCTION_COPY ||
                         in->kind == INSTRUCTION_ADD);
}

/* -- the file --------------------------------------------------------------------------------- */

static void add_pieces(struct parser *parser, span at)
{
    if (at.start > parser->piece_end)
        vec_push(parser->arena, &parser->file->pieces, (span){parser->piece_end, at.start});
    vec_push(parser->arena, &parser->file->pieces, at);
    parser->piece_end = at.end;
}

/* What became known after the trigger was made in trigger_words(). Nobody else has seen it yet, so
 * that writing to it is fine. */
static void finish_trigger(struct parser *parser, struct instruction *in)
{
    for (struct instruction *outer = in; outer->trigger;) {
        struct instruction *trigger = (struct instruction *)(uintptr_t)outer->trigger;
        trigger->heredocs = in->heredocs;
        trigger->stage = in->stage;
        trigger->at.end = in->at.end;
        trigger->end_line = in->end_line;
        trigger->broken |= in->broken;
        if (!in->broken)
            check_instruction(parser, trigger);
        in->broken |= trigger->broken;
        outer = trigger;
    }
}

static void parse_instruction(struct parser *parser, struct logical *logical)
{
    struct instruction in = {
        .index = parser->file->instructions.count,
        .stage = NO_INDEX,
        .line = logical->line,
        .end_line = logical->end_line,
        .logical = logical->text,
        .at = logical->at,
        .broken = logical->spoilt,
    };
    if (!in.broken && in.logical.text.len > LIMIT_INSTRUCTION) {
        dockerfile_problem_fmt(parser, PROBLEM_LIMIT, in.at,
                               "instruction is over the limit of %zu bytes", LIMIT_INSTRUCTION);
        in.broken = true;
    }
    parse_logical(parser, &in, 0);
    if (!logical->spoilt && takes_heredocs(&in)) {
        heredoc_read(parser, &in);
        in.broken |= parser->long_line;
        parser->long_line = false;
    }
    if (in.kind == INSTRUCTION_FROM)
        parser->stage++;
    in.stage = parser->stage;
    check_instruction(parser, &in);
    if (in.kind == INSTRUCTION_ONBUILD)
        finish_trigger(parser, &in);
    vec_push(parser->arena, &parser->file->instructions, in);
    add_pieces(parser, in.at);
}

/* UTF-16 is not read at all; NUL bytes are reported once. */
static bool is_text(struct parser *parser)
{
    str text = parser->text;
    uint32_t len = (uint32_t)text.len;
    if (str_starts(text, STR("\xFF\xFE")) || str_starts(text, STR("\xFE\xFF"))) {
        dockerfile_problem(parser, PROBLEM_ENCODING, (span){0, 2},
                           STR("file is in UTF-16; a builder reads UTF-8"), STR_NONE);
        return false;
    }
    const char *nul = text.len ? memchr(text.at, 0, text.len) : NULL;
    if (!nul)
        return true;
    uint32_t at = (uint32_t)(nul - text.at);
    parser->has_nul = true;
    dockerfile_problem(parser, PROBLEM_ENCODING, (span){at, at + 1 < len ? at + 1 : len},
                       STR("file holds NUL bytes; it is not text"), STR_NONE);
    return true;
}

static void parse_all(struct parser *parser)
{
    struct logical logical;
    while (lines_next(parser, &logical)) {
        if (parser->file->instructions.count == DOCKERFILE_INSTRUCTIONS_MAX) {
            dockerfile_problem_fmt(parser, PROBLEM_LIMIT, logical.at,
                                   "file has more than %d instructions; the rest was not read",
                                   (int)DOCKERFILE_INSTRUCTIONS_MAX);
            break;
        }
        parse_instruction(parser, &logical);
    }
    lines_directives_elsewhere(parser);
}

static void sort_problems(struct dockerfile *file)
{
    /* They come nearly in order, so that insertion is linear; a hostile file, in which it is not,
     * keeps some of its order. */
    uint64_t moves = 0;
    for (uint32_t i = 1; i < file->problems.count && moves < 1000000; i++) {
        struct problem problem = file->problems.at[i];
        uint32_t to = i;
        for (; to > 0 && file->problems.at[to - 1].at.start > problem.at.start; to--, moves++)
            file->problems.at[to] = file->problems.at[to - 1];
        file->problems.at[to] = problem;
    }
}

/* In a file without any FROM that is one problem, not one for each instruction. */
static void drop_before_from(struct dockerfile *file)
{
    uint32_t kept = 0;
    VEC_EACH(struct problem, problem, file->problems)
        if (problem->kind != PROBLEM_BEFORE_FROM)
            file->problems.at[kept++] = *problem;
    file->problems.count = kept;
}

struct dockerfile *dockerfile_parse(struct arena *arena, const struct source *source)
{
    struct dockerfile *file = NEW(arena, struct dockerfile);
    struct parser parser = {
        .arena = arena,
        .source = source,
        .text = source->text,
        .file = file,
        .escape = '\\',
        .stage = NO_INDEX,
        .scan_left = 8 * source->text.len + LIMIT_INSTRUCTION,
    };
    file->source = source;
    file->directives.escape = '\\';
    bool readable = is_text(&parser);
    if (readable)
        parse_all(&parser);
    if (source->text.len > parser.piece_end)
        vec_push(arena, &file->pieces, (span){parser.piece_end, (uint32_t)source->text.len});
    stages_build(&parser);
    if (readable && file->stages.count == 0) {
        drop_before_from(file);
        dockerfile_problem(&parser, PROBLEM_NO_FROM, (span){0, 0},
                           file->instructions.count ? STR("file has no FROM")
                                                    : STR("file has no instructions"),
                           STR_NONE);
    }
    sort_problems(file);
    return file;
}
