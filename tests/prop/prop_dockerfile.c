#include "dockerfile/dockerfile.h"
#include "tests/prop/prop.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * What must hold for any bytes, be they a fuzzer's or drawn from a seed:
 * the pieces put together are the file; every place lies inside it, in order, and inside what it
 * belongs to; expanding any word ends, with a value or with an error.
 */

static bool is_inside(span at, span whole)
{
    return at.start <= at.end && at.start >= whole.start && at.end <= whole.end;
}
#define inside(...) must(is_inside(__VA_ARGS__))

static bool find(const void *context, str name, str *out_value)
{
    (void)context;
    *out_value = STR("/a b/c.tar");
    return name.len % 2 == 1;
}

static void check_word(struct arena *arena, const struct dockerfile *file,
                       const struct instruction *in, const struct word *word)
{
    static const struct variables variables = {find, NULL};
    char escape = file->directives.escape;
    struct expansion whole = expand_word(arena, word->raw, escape, &variables);
    struct str_list words = {0};
    struct expansion split = expand_words(arena, word->raw, escape, &variables, &words);
    must(whole.ok == split.ok && whole.ok == (whole.error == NULL));
    struct word_references references;
    word_references(arena, word, escape, &in->logical, &references);
    VEC_EACH(struct word_reference, reference, references)
        inside(reference->at, word->at);
}

static void check_instruction(struct arena *arena, const struct dockerfile *file,
                              const struct instruction *in)
{
    str all = file->source->text;
    inside(in->at, (span){0, (uint32_t)all.len});
    inside(in->keyword_at, in->at);
    must(in->rest <= in->logical.text.len);
    must(in->line >= 1 && in->line <= in->end_line && in->end_line <= file->source->line_count);
    VEC_EACH(struct word, word, in->words) {
        inside(word->at, in->at);
        check_word(arena, file, in, word);
    }
    VEC_EACH(struct flag, flag, in->flags) {
        inside(flag->at, in->at);
        inside(flag->name_at, flag->at);
        inside(flag->value_at, flag->at);
    }
    VEC_EACH(struct pair, pair, in->pairs) {
        inside(pair->at, in->at);
        inside(pair->name_at, pair->at);
        inside(pair->value_at, pair->at);
    }
    VEC_EACH(struct heredoc, heredoc, in->heredocs) {
        inside(heredoc->at, in->at);
        inside(heredoc->body_at, in->at);
        must(!heredoc->terminated || heredoc->body_at.end == heredoc->end_at.start);
        must(heredoc->terminated || in->broken);
    }
    VEC_EACH(struct mount, mount, in->mounts)
        inside(mount->value_at, mount->at);
    if (in->trigger) {
        inside(in->trigger->at, in->at);
        check_instruction(arena, file, in->trigger);
    }
}

static void check_stages(struct arena *arena, const struct dockerfile *file)
{
    uint32_t before = 0;
    VEC_EACH(struct stage, stage, file->stages) {
        must(stage->from->kind == INSTRUCTION_FROM && stage->from->index == stage->first);
        must(stage->first >= before && stage->end > stage->first);
        must(stage->end <= file->instructions.count);
        must(stage->base_stage == NO_INDEX || stage->base_stage < stage->index);
        before = stage->end;
        struct scope_walk walk = scope_begin(arena, file, stage->index);
        for (uint32_t i = stage->first; i < stage->end; i++) {
            must(file->instructions.at[i].stage == stage->index);
            scope_step(&walk, &file->instructions.at[i]);
        }
    }
}

void prop_dockerfile(struct arena *arena, str text)
{
    const struct source *source = source_new(arena, STR("Dockerfile"), text);
    const struct dockerfile *file = dockerfile_parse(arena, source);
    must(str_eq(dockerfile_print(arena, file), text));
    uint32_t end = 0, instruction_end = 0;
    VEC_EACH(span, piece, file->pieces) {
        must(piece->start == end && piece->end > piece->start);
        end = piece->end;
    }
    VEC_EACH(struct instruction, in, file->instructions) {
        must(in->at.start >= instruction_end);
        instruction_end = in->at.end;
        check_instruction(arena, file, in);
    }
    VEC_EACH(struct problem, problem, file->problems) {
        inside(problem->at, (span){0, (uint32_t)text.len});
        must(problem->message.len > 0);
    }
    VEC_EACH(struct comment, comment, file->comments) {
        inside(comment->at, (span){0, (uint32_t)text.len});
        must(text.at[comment->at.start] == '#');
        must(comment->before <= file->instructions.count);
    }
    check_stages(arena, file);
}
