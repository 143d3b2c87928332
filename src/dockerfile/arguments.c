#include "dockerfile/instructions.h"
#include "text/utf8.h"

#include <string.h>

/*
 * Flags and words. Two ways to split, as the builder has them: COPY, ADD, EXPOSE, FROM and VOLUME
 * at every blank, quotes or not; ENV, LABEL and ARG at blanks outside of quotes.
 */

bool is_field_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

/* One flag word from `pos` to `end`, its quotes and escapes removed when it has any. */
static str plain_text(struct parser *parser, str raw)
{
    if (!memchr(raw.at, '\'', raw.len) && !memchr(raw.at, '"', raw.len) &&
        !memchr(raw.at, parser->escape, raw.len))
        return raw;
    char *to = NEW_ARRAY(parser->arena, char, raw.len);
    size_t used = 0;
    char quote = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.at[i];
        if (c == parser->escape) {
            if (++i < raw.len)
                to[used++] = raw.at[i];
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
        } else {
            to[used++] = c;
        }
    }
    return (str){to, used};
}

/* Where the flag word that begins at `pos` ends. */
static size_t flag_end(struct parser *parser, str text, size_t pos, bool *out_open)
{
    char quote = 0;
    for (; pos < text.len; pos++) {
        char c = text.at[pos];
        if (c == parser->escape && pos + 1 < text.len)
            pos++;
        else if (quote)
            quote = c == quote ? 0 : quote;
        else if (char_is_space(c))
            break;
        else if (c == '\'' || c == '"')
            quote = c;
    }
    *out_open = quote != 0;
    return pos < text.len ? pos : text.len;
}

/* The span of [start, end); an empty one lies just behind the byte before it. */
static span place(const struct instruction *in, size_t start, size_t end)
{
    if (start < end)
        return joined_span(&in->logical, start, end);
    uint32_t at = start > 0 ? joined_offset(&in->logical, start - 1) + 1 : in->at.start;
    return (span){at, at};
}

static void add_flag(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    str raw = str_slice(in->logical.text, start, end), text = plain_text(parser, raw);
    size_t raw_equals = str_find_char(raw, '='), equals = str_find_char(text, '=');
    size_t name_end = raw_equals == STR_MISSING ? end : start + raw_equals;
    struct flag flag = {
        .text = text,
        .name = str_slice(text, 2, equals),
        .has_value = equals != STR_MISSING,
        .at = joined_span(&in->logical, start, end),
        .name_at = place(in, start + 2, name_end),
    };
    if (flag.has_value) {
        flag.value = str_from_index(text, equals + 1);
        flag.value_at = place(in, name_end + 1, end);
    } else {
        flag.value_at = (span){flag.at.end, flag.at.end};
    }
    vec_push(parser->arena, &in->flags, flag);
}

/* Take the flags that stand at `pos`; gives where the arguments begin. */
size_t words_flags(struct parser *parser, struct instruction *in, size_t pos)
{
    str text = in->logical.text;
    for (;;) {
        while (pos < text.len && char_is_space(text.at[pos]))
            pos++;
        if (text.len - pos < 2 || text.at[pos] != '-' || text.at[pos + 1] != '-')
            return pos;
        bool open = false;
        size_t end = flag_end(parser, text, pos, &open);
        if (end - pos == 2)
            return end;
        if (open)
            dockerfile_problem(parser, PROBLEM_UNTERMINATED_QUOTE,
                               joined_span(&in->logical, pos, end),
                               STR("quote in a flag is not closed"), STR_NONE);
        in->broken |= open;
        add_flag(parser, in, pos, end);
        pos = end;
    }
}

static void add_word(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    struct word word = {str_slice(in->logical.text, start, end),
                        joined_span(&in->logical, start, end)};
    vec_push(parser->arena, &in->words, word);
}

void words_blank(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    str text = in->logical.text;
    while (start < end) {
        size_t stop = start;
        while (stop < end && !is_field_blank(text.at[stop]))
            stop++;
        add_word(parser, in, start, stop);
        while (stop < end && is_field_blank(text.at[stop]))
            stop++;
        start = stop;
    }
}

/* The end of a word in which quotes keep blanks. */
static size_t quoted_end(struct parser *parser, str text, size_t pos, bool *out_open)
{
    char quote = 0;
    while (pos < text.len) {
        char c = text.at[pos];
        if (c == parser->escape && quote != '\'') {
            if (pos + 1 >= text.len) {
                pos = text.len;
                break;
            }
            uint32_t unused;
            pos += 1 + utf8_decode(str_from_index(text, pos + 1), &unused);
            continue;
        }
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (blank_at(text, pos))
            break;
        pos++;
    }
    *out_open = quote != 0;
    return pos;
}

/* A lone escape character at the very end is dropped, as the builder does. */
static size_t drop_last_escape(const struct parser *parser, str text, size_t start, size_t end)
{
    size_t run = 0;
    if (end != text.len)
        return end;
    while (run < end - start && text.at[end - 1 - run] == parser->escape)
        run++;
    return run % 2 ? end - 1 : end;
}

void words_quoted(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    str text = str_slice(in->logical.text, 0, end);
    while (start < end) {
        size_t len = blank_at(text, start);
        if (len) {
            start += len;
            continue;
        }
        bool open = false;
        size_t stop = quoted_end(parser, text, start, &open);
        if (open) {
            dockerfile_problem(parser, PROBLEM_UNTERMINATED_QUOTE,
                               joined_span(&in->logical, start, stop), STR("quote is not closed"),
                               STR_NONE);
            in->broken = true;
        }
        size_t word_end = open ? stop : drop_last_escape(parser, text, start, stop);
        if (word_end > start)
            add_word(parser, in, start, word_end);
        start = stop;
    }
}

/* Where in logical.text a slice of it begins. */
static size_t offset_of(const struct instruction *in, str part)
{
    return (size_t)(part.at - in->logical.text.at);
}

static struct pair pair_of(const struct instruction *in, str word)
{
    size_t start = offset_of(in, word), equals = str_find_char(word, '=');
    struct pair pair = {
        .name = str_slice(word, 0, equals),
        .has_value = equals != STR_MISSING,
        .at = joined_span(&in->logical, start, start + word.len),
    };
    pair.name_at = pair.name.len > 0 ? place(in, start, start + pair.name.len)
                                     : (span){pair.at.start, pair.at.start};
    pair.value_at = (span){pair.at.end, pair.at.end};
    if (pair.has_value) {
        pair.value = str_from_index(word, equals + 1);
        pair.value_at = place(in, start + equals + 1, start + word.len);
    }
    return pair;
}

/* "ENV name the rest is the value". */
static void legacy_pair(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    str text = in->logical.text;
    size_t stop = start;
    while (stop < end && !is_field_blank(text.at[stop]))
        stop++;
    size_t value = stop;
    while (value < end && is_field_blank(text.at[value]))
        value++;
    if (stop == end) {
        dockerfile_problem_fmt(parser, PROBLEM_MISSING_ARGUMENT,
                               joined_span(&in->logical, start, end), "%s needs a name and a value",
                               instruction_name(in->kind));
        in->broken = true;
        return;
    }
    in->legacy = true;
    struct pair pair = {
        .name = str_slice(text, start, stop),
        .value = str_slice(text, value, end),
        .has_value = true,
        .at = joined_span(&in->logical, start, end),
        .name_at = joined_span(&in->logical, start, stop),
        .value_at = joined_span(&in->logical, value, end),
    };
    vec_push(parser->arena, &in->pairs, pair);
}

void words_pairs(struct parser *parser, struct instruction *in, size_t start, size_t end)
{
    bool was_broken = in->broken;
    uint32_t problems = parser->file->problems.count;
    words_quoted(parser, in, start, end);
    bool old_form = in->kind != INSTRUCTION_ARG && in->words.count > 0 &&
                    !str_has_char(in->words.at[0].raw, '=');
    if (old_form) {
        /* Quotes mean nothing to the split here; a lone one is found when the value is read. */
        in->broken = was_broken;
        in->words.count = 0;
        parser->file->problems.count = problems;
        legacy_pair(parser, in, start, end);
        return;
    }
    if (in->words.count == 0)
        return;
    in->pairs.at = NEW_ARRAY(parser->arena, struct pair, in->words.count);
    in->pairs.capacity = in->words.count;
    VEC_EACH(struct word, word, in->words) {
        struct pair pair = pair_of(in, word->raw);
        bool bad = pair.name.len == 0 || (!pair.has_value && in->kind != INSTRUCTION_ARG);
        if (bad) {
            dockerfile_problem_fmt(parser, PROBLEM_BAD_ARGUMENT, word->at,
                                   pair.has_value ? "%s with an empty name: '%.*s'"
                                                  : "%s needs name=value, not '%.*s'",
                                   instruction_name(in->kind), STR_ARG(word->raw));
            in->broken = true;
        }
        in->pairs.at[in->pairs.count++] = pair;
    }
}
