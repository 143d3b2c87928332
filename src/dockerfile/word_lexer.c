#include "base/buf.h"
#include "dockerfile/instructions.h"
#include "text/utf8.h"

#include <string.h>

/*
 * BuildKit's word lexer: quotes, escapes and every form of ${}.
 *
 *   lex_until(end) --+-- '...'  "..."  \x
 *                    +-- $name
 *                    +-- ${name op word} --lex_until('}')--> nested
 *
 * Splitting happens after expansion: blanks in an unquoted value separate words. One oddity of the
 * builder is kept, because images are built with it: while words are split, a ${} form that holds
 * a nested word forgets what stood before it in the same word ("a${b:-c}d" gives "cd").
 */

/* An expanded word may not grow past this: values can refer to values that refer to values. */
#define EXPANDED_MAX LIMIT_INSTRUCTION

struct lexer {
    struct arena *arena;
    str text;
    size_t at;
    const struct lex_options *options;
    bool raw_escapes;
    unsigned depth;
    struct expansion *result;
    struct str_list *words;
    struct spans *spans;
    struct buf word; /* the word being built, while splitting */
    size_t word_start, token_start;
    bool in_word;
};

static bool fail(struct lexer *lexer, const char *error, str about)
{
    if (!lexer->result->error) {
        lexer->result->error = error;
        lexer->result->error_text = about;
    }
    return false;
}

/* -- words while splitting -------------------------------------------------------------------- */

static void end_word(struct lexer *lexer, size_t end)
{
    if (lexer->word.len == 0)
        return;
    vec_push(lexer->arena, lexer->words, str_copy(lexer->arena, buf_str(&lexer->word)));
    if (lexer->spans)
        vec_push(lexer->arena, lexer->spans, (span){(uint32_t)lexer->word_start, (uint32_t)end});
    lexer->word.len = 0;
    lexer->in_word = false;
}

/* Bytes that belong to a word whatever they are. */
static void word_raw(struct lexer *lexer, str bytes)
{
    if (!lexer->options->split || lexer->depth > 0)
        return;
    if (lexer->word.len == 0)
        lexer->word_start = lexer->token_start;
    buf_add(&lexer->word, bytes);
    lexer->in_word = true;
}

/* Bytes among which blanks end words. */
static void word_split(struct lexer *lexer, str bytes)
{
    if (!lexer->options->split || lexer->depth > 0)
        return;
    for (size_t i = 0, start = 0; i <= bytes.len;) {
        size_t blank = blank_at(bytes, i);
        if (i < bytes.len && !blank) {
            i++;
            continue;
        }
        if (i > start)
            word_raw(lexer, str_slice(bytes, start, i));
        if (i == bytes.len)
            break;
        if (lexer->in_word)
            end_word(lexer, lexer->token_start);
        i += blank;
        start = i;
    }
}

/* -- the input -------------------------------------------------------------------------------- */

static bool at_end(const struct lexer *lexer)
{
    return lexer->at >= lexer->text.len;
}
static char peek(const struct lexer *lexer)
{
    return lexer->text.at[lexer->at];
}
static bool next_is(const struct lexer *lexer, char c)
{
    return !at_end(lexer) && peek(lexer) == c;
}

/* One character, all its bytes. */
static str take_char(struct lexer *lexer)
{
    size_t start = lexer->at;
    uint32_t unused;
    unsigned len = utf8_decode(str_from_index(lexer->text, start), &unused);
    lexer->at += len ? len : 1;
    return str_slice(lexer->text, start, lexer->at);
}

/* -- quotes ----------------------------------------------------------------------------------- */

static bool lex_single(struct lexer *lexer, struct buf *out)
{
    const char *at = lexer->text.at + lexer->at;
    const char *close = memchr(at + 1, '\'', lexer->text.len - lexer->at - 1);
    if (!close)
        return fail(lexer, "unexpected end of statement while looking for matching single-quote",
                    STR_NONE);
    size_t len = (size_t)(close - at) + 1;
    str quoted = {at, len};
    buf_add(out, lexer->options->raw_quotes ? quoted : str_slice(quoted, 1, len - 1));
    lexer->at += len;
    return true;
}

static bool lex_dollar(struct lexer *lexer, struct buf *out);

static bool lex_double(struct lexer *lexer, struct buf *out)
{
    char escape = lexer->options->escape;
    if (lexer->options->raw_quotes)
        buf_add_char(out, '"');
    lexer->at++;
    while (!at_end(lexer)) {
        char c = peek(lexer);
        if (c == '"') {
            lexer->at++;
            if (lexer->options->raw_quotes)
                buf_add_char(out, '"');
            return true;
        }
        if (c == '$') {
            if (!lex_dollar(lexer, out))
                return false;
            continue;
        }
        str bytes = take_char(lexer);
        if (c == escape) {
            if (lexer->raw_escapes)
                buf_add(out, bytes);
            if (at_end(lexer))
                continue;
            if (next_is(lexer, '"') || next_is(lexer, '$') || next_is(lexer, escape))
                bytes = take_char(lexer);
        }
        buf_add(out, bytes);
    }
    return fail(lexer, "unexpected end of statement while looking for matching double-quote",
                STR_NONE);
}

/* -- $ ---------------------------------------------------------------------------------------- */

/* Letters beyond ASCII, by the blocks that hold them. */
static bool is_wide_letter(uint32_t rune)
{
    static const uint32_t ranges[][2] = {
        {0xAA, 0xAA},     {0xB5, 0xB5},     {0xBA, 0xBA},     {0xC0, 0xD6},       {0xD8, 0xF6},
        {0xF8, 0x2C1},    {0x370, 0x373},   {0x376, 0x377},   {0x37B, 0x37D},     {0x386, 0x386},
        {0x388, 0x481},   {0x48A, 0x556},   {0x5D0, 0x5F2},   {0x620, 0x64A},     {0x671, 0x6D3},
        {0x904, 0x939},   {0xE01, 0xE30},   {0x10A0, 0x10FA}, {0x1100, 0x1248},   {0x1E00, 0x1FBC},
        {0x2C00, 0x2CE4}, {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x3105, 0x312F},   {0x3131, 0x318E},
        {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xA000, 0xA48C}, {0xAC00, 0xD7A3},   {0xF900, 0xFAD9},
        {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A}, {0xFF66, 0xFFDC}, {0x20000, 0x323AF},
    };
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++)
        if (rune >= ranges[i][0] && rune <= ranges[i][1])
            return true;
    return false;
}

static str lex_name(struct lexer *lexer)
{
    size_t start = lexer->at;
    if (at_end(lexer))
        return STR_NONE;
    if (char_is_digit(peek(lexer))) {
        while (!at_end(lexer) && char_is_digit(peek(lexer)))
            lexer->at++;
        return str_slice(lexer->text, start, lexer->at);
    }
    if (str_has_char(STR("@*#?-$!"), peek(lexer))) {
        lexer->at++;
        return str_slice(lexer->text, start, lexer->at);
    }
    while (!at_end(lexer)) {
        uint32_t code;
        unsigned len = utf8_decode(str_from_index(lexer->text, lexer->at), &code);
        if (code < 0x80 ? !char_is_name((char)code) : !is_wide_letter(code))
            break;
        lexer->at += len;
    }
    return str_slice(lexer->text, start, lexer->at);
}

static bool find_value(struct lexer *lexer, str name, bool has_default, str *out_value)
{
    *out_value = STR_NONE;
    const struct variables *variables = lexer->options->variables;
    if (variables->find(variables->context, name, out_value))
        return true;
    if (!has_default && !lexer->result->unset) {
        lexer->result->unset = true;
        lexer->result->unset_name = name;
    }
    return false;
}

static bool lex_until(struct lexer *lexer, char stop, bool raw_escapes, struct buf *out);

/* The nested word up to `stop`, into a buf of its own. */
static bool lex_nested(struct lexer *lexer, char stop, bool raw_escapes, str *out_word)
{
    if (lexer->depth >= LIMIT_NESTING)
        return fail(lexer, "expansions are nested too deeply", STR_NONE);
    if (lexer->depth == 0)
        lexer->word.len = 0; /* the oddity that the head of this file speaks of */
    lexer->depth++;
    bool saved = lexer->raw_escapes;
    struct buf word = buf_init(lexer->arena, EXPANDED_MAX);
    bool good = lex_until(lexer, stop, raw_escapes, &word);
    lexer->raw_escapes = saved;
    lexer->depth--;
    *out_word = buf_str(&word);
    if (!good && at_end(lexer))
        lexer->result->error =
            stop == '/' ? "syntax error: missing '/' in ${}" : "syntax error: missing '}'";
    return good;
}

static bool lex_replace(struct lexer *lexer, str name, struct buf *out)
{
    bool all = next_is(lexer, '/');
    lexer->at += all;
    str pattern, replacement, value;
    if (!lex_nested(lexer, '/', true, &pattern) || !lex_nested(lexer, '}', true, &replacement))
        return false;
    bool set = find_value(lexer, name, false, &value);
    if (!set && lexer->options->skip_unset) {
        buf_fmt(out, "${%.*s/%.*s/%.*s}", STR_ARG(name), STR_ARG(pattern), STR_ARG(replacement));
        return true;
    }
    if (!substitute_all(lexer->arena, pattern, value, replacement, all, &value))
        return fail(lexer, "invalid pattern in substitution", pattern);
    buf_add(out, value);
    return true;
}

/* ${name?word} and ${name:?word} when there is no value. */
static bool fail_required(struct lexer *lexer, str name, bool set, str word)
{
    lexer->result->error_text = str_fmt(lexer->arena, "%.*s: %.*s", STR_ARG(name),
                                        STR_ARG(word.len > 0 ? word
                                                : set        ? STR("is not allowed to be empty")
                                                             : STR("is not allowed to be unset")));
    return fail(lexer, "required variable is not set", lexer->result->error_text);
}

/* ${name op word}, from behind the operator, which is `op` or ':' and `op` ("" at the end of the
 * text). After ':' empty counts as unset. */
static bool lex_modifier(struct lexer *lexer, str name, str op_text, struct buf *out)
{
    bool colon = op_text.at[0] == ':';
    str last = str_from_index(op_text, colon);
    char op = last.len == 1 ? last.at[0] : 0;
    str word, value;
    if (!lex_nested(lexer, '}', op == '#' || op == '%', &word))
        return false;
    bool set = find_value(lexer, name, op == '-' || op == '+', &value);
    if (!set && lexer->options->skip_unset) {
        buf_fmt(out, "${%.*s%.*s%.*s}", STR_ARG(name), STR_ARG(op_text), STR_ARG(word));
        return true;
    }
    bool has = set && !(colon && value.len == 0), greedy = word.len > 0 && word.at[0] == op;
    switch (op) {
    case '-': buf_add(out, has ? value : word); return true;
    case '+': buf_add(out, has ? word : STR_NONE); return true;
    case '?':
        if (!has)
            return fail_required(lexer, name, set, word);
        buf_add(out, value);
        return true;
    case '#':
    case '%':
        word = str_from_index(word, greedy);
        if (!substitute_trim(lexer->arena, word, value, op == '%', greedy, &value))
            return fail(lexer, "invalid pattern in substitution", word);
        buf_add(out, value);
        return true;
    default: return fail(lexer, "unsupported modifier in substitution", op_text);
    }
}

/* From behind "${". */
static bool lex_brace(struct lexer *lexer, struct buf *out)
{
    if (at_end(lexer))
        return fail(lexer, "syntax error: missing '}'", STR_NONE);
    if (next_is(lexer, '{') || next_is(lexer, '}') || next_is(lexer, ':'))
        return fail(lexer, "syntax error: bad substitution", STR_NONE);
    str name = lex_name(lexer), value;
    size_t start = lexer->at;
    if (at_end(lexer))
        return fail(lexer, "syntax error: missing '}'", name);
    str op = take_char(lexer);
    if (str_eq(op, STR("}"))) {
        bool set = find_value(lexer, name, false, &value);
        if (!set && lexer->options->skip_unset)
            buf_fmt(out, "${%.*s}", STR_ARG(name));
        else
            buf_add(out, value);
        return true;
    }
    if (str_eq(op, STR("/")))
        return lex_replace(lexer, name, out);
    bool colon = str_eq(op, STR(":"));
    if (colon && !at_end(lexer))
        take_char(lexer);
    op = str_slice(lexer->text, start, lexer->at);
    bool bad = colon ? STR_IN(op, ":#", ":%") : !STR_IN(op, "+", "-", "?", "#", "%");
    if (bad)
        return fail(lexer, "unsupported modifier in substitution", op);
    return lex_modifier(lexer, name, op, out);
}

static bool lex_dollar(struct lexer *lexer, struct buf *out)
{
    lexer->at++;
    if (next_is(lexer, '{')) {
        lexer->at++;
        return lex_brace(lexer, out);
    }
    str name = lex_name(lexer), value;
    if (name.len == 0) {
        buf_add_char(out, '$');
        return true;
    }
    bool set = find_value(lexer, name, false, &value);
    if (!set && lexer->options->skip_unset)
        buf_fmt(out, "$%.*s", STR_ARG(name));
    else
        buf_add(out, value);
    return true;
}

/* -- the loop --------------------------------------------------------------------------------- */

static void lex_less(struct lexer *lexer, struct buf *out)
{
    size_t start = lexer->at++;
    if (next_is(lexer, '<')) {
        lexer->at++;
        while (!at_end(lexer) && str_has_char(STR("\t\r "), peek(lexer)))
            lexer->at++;
    }
    buf_add(out, str_slice(lexer->text, start, lexer->at));
}

/* An escape and what it escapes; at the end of the text it vanishes. */
static void lex_escape(struct lexer *lexer, struct buf *out)
{
    str bytes = take_char(lexer);
    if (lexer->raw_escapes) {
        word_raw(lexer, bytes);
        buf_add(out, bytes);
    }
    if (at_end(lexer))
        return;
    bytes = take_char(lexer);
    word_raw(lexer, bytes);
    buf_add(out, bytes);
}

static bool lex_special(struct lexer *lexer, struct buf *out)
{
    size_t before = out->len;
    char c = peek(lexer);
    bool good = true;
    switch (c) {
    case '$': good = lex_dollar(lexer, out); break;
    case '\'': good = lex_single(lexer, out); break;
    case '"': good = lex_double(lexer, out); break;
    default: lex_less(lexer, out); break;
    }
    if (!good)
        return false;
    str made = str_from_index(buf_str(out), before);
    if (c == '$')
        word_split(lexer, made);
    else
        word_raw(lexer, made);
    if (c != '$' && made.len == 0)
        lexer->in_word = true;
    return true;
}

/* Lex up to `stop` (0: the end of the text), which is taken but not kept. */
static bool lex_until(struct lexer *lexer, char stop, bool raw_escapes, struct buf *out)
{
    lexer->raw_escapes = raw_escapes;
    while (!at_end(lexer)) {
        char c = peek(lexer);
        if (lexer->depth == 0)
            lexer->token_start = lexer->at;
        if (stop && c == stop) {
            lexer->at++;
            return true;
        }
        if (c == '$' || c == '\'' || c == '"' || c == '<') {
            if (!lex_special(lexer, out))
                return false;
            if (out->full)
                return fail(lexer, "expanded text is over its limit", STR_NONE);
        } else if (c == lexer->options->escape) {
            lex_escape(lexer, out);
        } else {
            size_t blank = blank_at(lexer->text, lexer->at);
            str bytes = take_char(lexer);
            buf_add(out, bytes);
            if (blank)
                word_split(lexer, bytes);
            else
                word_raw(lexer, bytes);
        }
    }
    if (!stop)
        return true;
    return fail(lexer, "unexpected end of statement while looking for the end of ${}", STR_NONE);
}

struct expansion lex_words(struct arena *arena, str text, const struct lex_options *options,
                           struct str_list *out_words, struct spans *out_spans)
{
    struct expansion result = {0};
    struct str_list words = {0};
    struct spans spans = {0};
    struct lexer lexer = {
        .arena = arena,
        .text = text,
        .at = str_starts(text, STR("\xEF\xBB\xBF")) ? 3 : 0,
        .options = options,
        .result = &result,
        .words = &words,
        .spans = out_spans ? &spans : NULL,
        .word = buf_init(arena, EXPANDED_MAX),
    };
    struct buf out = buf_init(arena, EXPANDED_MAX);
    result.ok = lex_until(&lexer, 0, options->raw_escapes, &out);
    if (out.full || lexer.word.full)
        result.ok = fail(&lexer, "expanded text is over its limit", STR_NONE);
    if (!result.ok)
        return result;
    result.value = buf_str(&out);
    if (options->split) {
        end_word(&lexer, text.len);
        *out_words = words;
        if (out_spans)
            *out_spans = spans;
    }
    return result;
}

/* Most words hold nothing to expand or unquote. */
static bool is_plain(str word, char escape)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (c == '$' || c == '\'' || c == '"' || c == escape || (unsigned char)c >= 0x80)
            return false;
    }
    return true;
}

struct expansion expand_word(struct arena *arena, str word, char escape,
                             const struct variables *variables)
{
    if (is_plain(word, escape))
        return (struct expansion){.ok = true, .value = word};
    struct lex_options options = {.escape = escape, .variables = variables};
    return lex_words(arena, word, &options, NULL, NULL);
}

struct expansion expand_words(struct arena *arena, str word, char escape,
                              const struct variables *variables, struct str_list *out_values)
{
    struct lex_options options = {.escape = escape, .split = true, .variables = variables};
    return lex_words(arena, word, &options, out_values, NULL);
}
