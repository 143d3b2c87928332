#include "cli/plumbing.h"

#include "base/io.h"
#include "base/limits.h"
#include "context/context.h"
#include "data/data.h"
#include "dockerfile/dockerfile.h"

#include <unistd.h>

/* plumbing words and plumbing ignore: a question a line. */

static bool answer_line(struct arena *arena, str line, plumbing_answer *answer,
                        struct json_out *out)
{
    struct err err = {0};
    struct node *question = NULL;
    json_object(out, NULL);
    if (!json_parse(arena, line, &question, &err))
        json_z(out, "error", err.line[0]);
    else if (question->kind != NODE_MAP)
        json_z(out, "error", "a question is a JSON object");
    else
        answer(arena, question, out);
    json_end_object(out);
    return true;
}

bool plumbing_each(struct ctx *ctx, plumbing_answer *answer, struct err *err)
{
    str text, line;
    if (!fd_read_all(ctx->arena, STDIN_FILENO, LIMIT_JSON_DOCUMENT, &text, err))
        return err_wrap(err, "reading questions");
    struct buf all = buf_init(ctx->arena, (size_t)1 << 30);
    AUTO(arena) struct arena *item = arena_new(0);
    while (str_next_line(&text, &line)) {
        if (!str_trim(line).len)
            continue;
        struct arena_mark mark = arena_mark(item);
        struct json_out out = json_out_init(item, false);
        answer_line(item, line, answer, &out);
        buf_add(&all, str_trim_end(buf_str(&out.buf)));
        buf_add_char(&all, '\n');
        arena_rewind(item, mark);
    }
    return ctx_print(ctx, buf_str(&all), err);
}

static bool find_in_env(const void *context, str name, str *out_value)
{
    const struct node *env = context;
    if (!env || env->kind != NODE_MAP)
        return false;
    VEC_EACH(struct node_pair, pair, env->pairs)
        if (str_eq(pair->key->value, name)) {
            *out_value = pair->value->value;
            return true;
        }
    return false;
}

void plumbing_words(struct arena *arena, const struct node *question, struct json_out *out)
{
    struct variables variables = {.find = find_in_env, .context = node_get(question, "env")};
    const struct node *asked = node_get(question, "word");
    if (!asked || asked->kind != NODE_STRING) {
        json_z(out, "error", "a question needs 'word', a text");
        return;
    }
    str word = node_str(asked);
    str escape = node_str(node_get(question, "escape"));
    bool split = node_is_true(node_get(question, "split"));
    char escape_char = escape.len ? escape.at[0] : '\\';
    struct str_list values = {0};
    struct expansion expansion = split ? expand_words(arena, word, escape_char, &variables, &values)
                                       : expand_word(arena, word, escape_char, &variables);
    if (!expansion.ok) {
        str about = expansion.error_text;
        json_str(out, "error",
                 about.len ? str_fmt(arena, "%s: %.*s", expansion.error, STR_ARG(about))
                           : str_from(expansion.error));
        return;
    }
    if (!split) {
        json_str(out, "value", expansion.value);
        return;
    }
    json_list(out, "values");
    VEC_EACH(str, value, values)
        json_str(out, NULL, *value);
    json_end_list(out);
}

void plumbing_ignore(struct arena *arena, const struct node *question, struct json_out *out)
{
    const struct node *list = node_get(question, "patterns");
    VEC(str) patterns = {0};
    for (uint32_t i = 0; list && list->kind == NODE_LIST && i < list->items.count; i++)
        vec_push(arena, &patterns, node_str(list->items.at[i]));
    const struct node *path = node_get(question, "path");
    if (!path || path->kind != NODE_STRING) {
        json_z(out, "error", "a question needs 'path', a text");
        return;
    }
    struct ignore *ignore;
    struct err err = {0};
    if (!ignore_compile_patterns(arena, patterns.at, patterns.count, &ignore, &err)) {
        json_z(out, "error", err.line[0]);
        return;
    }
    struct ignore_verdict verdict = ignore_match(ignore, node_str(path));
    json_bool(out, "ignored", verdict.dropped);
    size_t count;
    const struct ignore_pattern *all = ignore_patterns(ignore, &count);
    for (size_t i = 0; verdict.line && i < count; i++)
        if (all[i].line == verdict.line) {
            json_str(out, "pattern", all[i].raw);
            return;
        }
    json_null(out, "pattern");
}
