#include "dockerfile/instructions.h"

/* Where a word refers to variables, without expanding it. */

struct finder {
    struct arena *arena;
    str text;
    char escape;
    const struct joined *logical;
    size_t base; /* of the text in logical->text; STR_MISSING: not a part of it */
    span whole;
    struct word_references *out;
};

static bool is_name_start(char c)
{
    return char_is_alpha(c) || c == '_';
}

static span place(const struct finder *finder, size_t start, size_t end)
{
    if (finder->base == STR_MISSING)
        return finder->whole;
    return joined_span(finder->logical, finder->base + start, finder->base + end);
}

/* The end of the ${...} whose inside begins at `at`: behind its '}'. */
static size_t brace_end(const struct finder *finder, size_t at)
{
    unsigned depth = 1;
    for (; at < finder->text.len; at++) {
        char c = finder->text.at[at];
        if (c == finder->escape)
            at++;
        else if (c == '{' && finder->text.at[at - 1] == '$')
            depth++;
        else if (c == '}' && --depth == 0)
            return at + 1;
    }
    return finder->text.len;
}

/* From behind a '$'; gives where to look on (inside of ${...}, for nested ones). */
static size_t take_reference(struct finder *finder, size_t dollar, size_t *brace_budget)
{
    str text = finder->text;
    size_t at = dollar + 1;
    bool brace = at < text.len && text.at[at] == '{';
    size_t start = at + brace, end = start;
    if (start >= text.len || !is_name_start(text.at[start]))
        return start;
    while (end < text.len && char_is_name(text.at[end]))
        end++;
    size_t stop = end;
    if (brace && *brace_budget > 0) {
        stop = brace_end(finder, end);
        *brace_budget -= stop - end < *brace_budget ? stop - end : *brace_budget;
    }
    size_t op = end + (brace && end < text.len && text.at[end] == ':');
    struct word_reference reference = {
        .name = str_slice(text, start, end),
        .at = place(finder, dollar, stop),
        .has_default = brace && op < text.len && (text.at[op] == '-' || text.at[op] == '+'),
    };
    vec_push(finder->arena, finder->out, reference);
    return end;
}

void word_references(struct arena *arena, const struct word *word, char escape,
                     const struct joined *logical, struct word_references *out_references)
{
    str text = word->raw, all = logical->text;
    bool inside = all.at && text.at >= all.at && text.at + text.len <= all.at + all.len;
    struct finder finder = {
        .arena = arena,
        .text = text,
        .escape = escape,
        .logical = logical,
        .base = inside ? (size_t)(text.at - all.at) : STR_MISSING,
        .whole = word->at,
        .out = out_references,
    };
    size_t budget = 16 * text.len; /* nested braces look ahead; this keeps hostile ones linear */
    bool quoted = false;
    *out_references = (struct word_references){0};
    for (size_t i = 0; i < text.len;) {
        char c = text.at[i];
        if (c == escape) {
            i += 2;
        } else if (c == '\'' && !quoted) {
            size_t close = str_find_char(str_from_index(text, i + 1), '\'');
            i = close == STR_MISSING ? text.len : i + close + 2;
        } else if (c == '$') {
            i = take_reference(&finder, i, &budget);
        } else {
            quoted ^= c == '"';
            i++;
        }
    }
}
