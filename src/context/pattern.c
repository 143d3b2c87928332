#include "context/pattern.h"

#include "base/buf.h"
#include "base/vec.h"
#include "text/utf8.h"

#include <string.h>

/*
 * The builder matches a pattern that holds any of * ? [ ] \ by a regular expression that it writes
 * piece by piece: '*' becomes [^/]*, '?' becomes [^/], '**' and its '/' become (.*'/')?, and all
 * else stays, escaped where need be. The pieces are written without looking whether they stand
 * inside of brackets, so "[*]" is a class of three characters; and "\d" is a digit. To be exactly
 * as odd, we write the same text and read it back as what such a text can hold: a row of characters
 * and classes, some starred, and "any folders".
 *
 *   *.p?m   ^[^/]*\.p[^/]m$     tokens: NOT_SLASH* '.' 'p' NOT_SLASH 'm'
 *
 * Matching keeps the set of tokens at which a match could stand, one bit each. State i means "in
 * front of token i"; state token_count is the end. All moves without a character go to the right,
 * so one pass over the set in ascending order closes it.
 */

enum token_kind {
    TOKEN_CHAR,        /* this character                       */
    TOKEN_NOT_SLASH,   /* [^/]                                 */
    TOKEN_ANY,         /* '.': anything but a newline          */
    TOKEN_CLASS,       /* [...]                                */
    TOKEN_FOLDERS,     /* (.*'/')? entered: inside, or past it */
    TOKEN_FOLDERS_IN,  /* inside: any text, out behind a '/'   */
    TOKEN_START,       /* ^ and \A: only at the first byte     */
    TOKEN_END,         /* \z                                   */
    TOKEN_WORD_EDGE,   /* \b                                   */
    TOKEN_NO_WORD_EDGE /* \B                                   */
};

struct range {
    uint32_t low, high;
};

struct token {
    enum token_kind kind;
    bool starred, negated;
    uint32_t value; /* TOKEN_CHAR; TOKEN_CLASS: how many ranges */
    const struct range *ranges;
};

/* -- compiling: pattern to expression --------------------------------------------------------- */

struct writing {
    struct buf out;
    enum pattern_kind kind;
    const char *at, *end;
};

static void write_star(struct writing *w, bool first)
{
    if (w->at == w->end || *w->at != '*') {
        buf_add(&w->out, STR("[^/]*"));
        w->kind = PATTERN_TOKENS;
        return;
    }
    w->at++;
    if (w->at < w->end && *w->at == '/')
        w->at++;
    if (w->at < w->end) {
        buf_add(&w->out, STR("(.*/)?"));
        w->kind = PATTERN_TOKENS;
    } else if (w->kind == PATTERN_EXACT) {
        w->kind = PATTERN_PREFIX;
    } else {
        buf_add(&w->out, STR(".*"));
        w->kind = PATTERN_TOKENS;
    }
    if (first)
        w->kind = PATTERN_SUFFIX;
}

/* Write the expression of a pattern, and say which kind of comparison it needs. */
static enum pattern_kind write_expression(struct writing *w)
{
    for (bool first = true; w->at < w->end; first = false) {
        char c = *w->at++;
        if (c == '*') {
            write_star(w, first);
        } else if (c == '?') {
            buf_add(&w->out, STR("[^/]"));
            w->kind = PATTERN_TOKENS;
        } else if (memchr(".+()|{}$", c, 8)) {
            buf_add_char(&w->out, '\\');
            buf_add_char(&w->out, c);
        } else {
            buf_add_char(&w->out, c);
            if (c == '\\' && w->at < w->end)
                buf_add_char(&w->out, *w->at++);
            if (c == '\\' || c == '[' || c == ']')
                w->kind = PATTERN_TOKENS;
        }
    }
    return w->kind;
}

/* -- compiling: expression to tokens ---------------------------------------------------------- */

struct reading {
    struct arena *arena;
    VEC(struct token) tokens;
    VEC(struct range) ranges; /* of the class being read */
    const char *at, *end;
    const char *flaw; /* set: the builder's regular expressions refuse it */
    bool never;
};

static const struct {
    const char *name;
    struct range ranges[4];
} posix_classes[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", {{0, 127}}},
    {"blank", {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", {{0, 31}, {127, 127}}},
    {"digit", {{'0', '9'}}},
    {"graph", {{'!', '~'}}},
    {"lower", {{'a', 'z'}}},
    {"print", {{' ', '~'}}},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", {{'\t', '\r'}, {' ', ' '}}},
    {"upper", {{'A', 'Z'}}},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

/* \d, \s, \w: the table rows of the same meaning, but \s knows no vertical tab. */
static bool add_perl_class(struct reading *r, char c)
{
    static const struct range digit[] = {{'0', '9'}};
    static const struct range space[] = {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    static const struct range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    const struct range *ranges = c == 'd' ? digit : c == 's' ? space : c == 'w' ? word : NULL;
    size_t count = c == 'd' ? 1 : c == 's' ? 3 : 4;
    for (size_t i = 0; ranges && i < count; i++)
        vec_push(r->arena, &r->ranges, ranges[i]);
    return ranges != NULL;
}

/* The same with capitals: everything else. The rows are in order and do not overlap. */
static bool add_perl_class_negated(struct reading *r, char c)
{
    uint32_t first = r->ranges.count, next = 0;
    if (!(c == 'D' || c == 'S' || c == 'W') || !add_perl_class(r, char_lower(c)))
        return false;
    for (uint32_t i = first; i < r->ranges.count; i++) {
        struct range *range = &r->ranges.at[i];
        struct range gap = {next, range->low - 1};
        next = range->high + 1;
        *range = gap;
    }
    vec_push(r->arena, &r->ranges, (struct range){next, 0x10ffff});
    return true;
}

static uint32_t read_octal(struct reading *r, char first)
{
    uint32_t value = (uint32_t)(first - '0');
    for (int i = 0; i < 2 && r->at < r->end && *r->at >= '0' && *r->at <= '7'; i++)
        value = value * 8 + (uint32_t)(*r->at++ - '0');
    return value;
}

static int hex_digit(char c)
{
    if (char_is_digit(c))
        return c - '0';
    c = char_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\x": two digits, or any number of them in braces (which arrive escaped, so never). */
static uint32_t read_hex(struct reading *r)
{
    int high = r->at < r->end ? hex_digit(r->at[0]) : -1;
    int low = r->at + 1 < r->end ? hex_digit(r->at[1]) : -1;
    if (high < 0 || low < 0) {
        r->flaw = "'\\x' wants two hexadecimal digits";
        return 0;
    }
    r->at += 2;
    return (uint32_t)(high * 16 + low);
}

/* One escaped character; *at is behind the backslash. */
static uint32_t read_escape(struct reading *r)
{
    if (r->at == r->end) {
        r->flaw = "nothing follows the last '\\'";
        return 0;
    }
    if ((unsigned char)*r->at >= 0x80) {
        r->flaw = "'\\' in front of a letter that needs no escape";
        return utf8_next(&r->at, r->end);
    }
    char c = *r->at++;
    if (!char_is_alnum(c))
        return (uint32_t)c;
    static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    const char *known = memchr(letters, c, 6);
    if (known)
        return (uint32_t)values[known - letters];
    bool octal_next = r->at < r->end && *r->at >= '0' && *r->at <= '7';
    if (c == '0' || (c >= '1' && c <= '7' && octal_next))
        return read_octal(r, c);
    if (c == 'x')
        return read_hex(r);
    r->flaw = "'\\' in front of a letter that has no escaped meaning";
    return 0;
}

/* "[:alpha:]" inside of brackets; false when it is none. */
static bool read_posix(struct reading *r)
{
    str rest = {r->at, (size_t)(r->end - r->at)};
    size_t close =
        str_starts(rest, STR("[:")) ? str_find(str_from_index(rest, 2), STR(":]")) : STR_MISSING;
    if (close == STR_MISSING)
        return false;
    str name = str_slice(rest, 2, 2 + close);
    r->at += close + 4;
    for (size_t i = 0; i < ARRAY_COUNT(posix_classes); i++) {
        if (!str_eq(name, str_from(posix_classes[i].name)))
            continue;
        for (size_t k = 0; k < 4 && posix_classes[i].ranges[k].high; k++)
            vec_push(r->arena, &r->ranges, posix_classes[i].ranges[k]);
        return true;
    }
    r->flaw = "no such class of characters";
    return true;
}

static uint32_t read_class_char(struct reading *r)
{
    if (r->at == r->end) {
        r->flaw = "'[' is not closed";
        return 0;
    }
    if (*r->at != '\\')
        return utf8_next(&r->at, r->end);
    r->at++;
    return read_escape(r);
}

/* One member of a class: a named class, a perl class, a character or a range. */
static void read_class_member(struct reading *r)
{
    if (read_posix(r))
        return;
    if (*r->at == '\\' && r->at + 1 < r->end &&
        (add_perl_class(r, r->at[1]) || add_perl_class_negated(r, r->at[1]))) {
        r->at += 2;
        return;
    }
    struct range range;
    range.low = range.high = read_class_char(r);
    if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
        r->at++;
        range.high = read_class_char(r);
        if (range.high < range.low)
            r->flaw = "a range in brackets runs backwards";
    }
    vec_push(r->arena, &r->ranges, range);
}

static void push_class(struct reading *r, bool negated)
{
    struct range *ranges = NEW_ARRAY(r->arena, struct range, r->ranges.count + 1);
    if (r->ranges.count)
        memcpy(ranges, r->ranges.at, r->ranges.count * sizeof(*ranges));
    vec_push(
        r->arena, &r->tokens,
        (struct token){
            .kind = TOKEN_CLASS, .negated = negated, .value = r->ranges.count, .ranges = ranges});
}

static void read_class(struct reading *r)
{
    bool negated = r->at < r->end && *r->at == '^';
    r->at += negated;
    r->ranges.count = 0;
    for (bool first = true; !r->flaw; first = false) {
        if (r->at == r->end)
            r->flaw = "'[' is not closed";
        else if (*r->at == ']' && !first)
            break;
        else
            read_class_member(r);
    }
    r->at++;
    bool not_slash = negated && r->ranges.count == 1 && r->ranges.at[0].low == '/' &&
                     r->ranges.at[0].high == '/';
    if (not_slash)
        vec_push(r->arena, &r->tokens, (struct token){.kind = TOKEN_NOT_SLASH});
    else
        push_class(r, negated);
}

/* Behind a backslash, outside of brackets. */
static void read_backslash(struct reading *r)
{
    static const char edges[] = "AzbB";
    static const enum token_kind kinds[] = {TOKEN_START, TOKEN_END, TOKEN_WORD_EDGE,
                                            TOKEN_NO_WORD_EDGE};
    char c = r->at < r->end ? *r->at : '\0';
    const char *edge = c ? memchr(edges, c, 4) : NULL;
    r->ranges.count = 0;
    if (edge) {
        r->at++;
        vec_push(r->arena, &r->tokens, (struct token){.kind = kinds[edge - edges]});
    } else if (add_perl_class(r, c) || add_perl_class_negated(r, c)) {
        r->at++;
        push_class(r, false);
    } else if (c == 'Q' ||
               ((c == 'p' || c == 'P') && r->end - r->at > 1 && memchr("CLMNPSZ\\", r->at[1], 8))) {
        r->never = true; /* a quotation or a Unicode class: no path that people have */
        r->at = r->end;
    } else {
        vec_push(r->arena, &r->tokens, (struct token){.kind = TOKEN_CHAR, .value = read_escape(r)});
    }
}

static void read_token(struct reading *r)
{
    char c = *r->at;
    if (c == '(') { /* stands unescaped only in "(.*'/')?" */
        r->at += 6;
        vec_push(r->arena, &r->tokens, (struct token){.kind = TOKEN_FOLDERS});
        vec_push(r->arena, &r->tokens, (struct token){.kind = TOKEN_FOLDERS_IN});
        return;
    }
    if (c == '[') {
        r->at++;
        read_class(r);
    } else if (c == '\\') {
        r->at++;
        read_backslash(r);
    } else if (c == '.' || c == '^') {
        r->at++;
        vec_push(r->arena, &r->tokens, (struct token){.kind = c == '.' ? TOKEN_ANY : TOKEN_START});
    } else {
        vec_push(r->arena, &r->tokens,
                 (struct token){.kind = TOKEN_CHAR, .value = utf8_next(&r->at, r->end)});
    }
    if (r->at < r->end && *r->at == '*' && r->tokens.count) {
        r->at++;
        vec_last(&r->tokens)->starred = true;
    }
}

/* -- compiling: what can be compared before the automaton is asked ---------------------------- */

static bool is_plain(const struct token *token)
{
    return token->kind == TOKEN_CHAR && !token->starred && token->value < 0x80;
}

static void find_head_and_tail(struct arena *arena, struct pattern *pattern)
{
    uint32_t head = 0, tail = 0, count = pattern->token_count;
    while (head < count && is_plain(&pattern->tokens[head]))
        head++;
    while (tail < count && is_plain(&pattern->tokens[count - 1 - tail]))
        tail++;
    struct buf text = buf_init(arena, (size_t)head + tail + 1);
    for (uint32_t i = 0; i < head; i++)
        buf_add_char(&text, (char)pattern->tokens[i].value);
    for (uint32_t i = count - tail; i < count; i++)
        buf_add_char(&text, (char)pattern->tokens[i].value);
    pattern->head = pattern->stem = str_slice(buf_str(&text), 0, head);
    pattern->tail = str_from_index(buf_str(&text), head);
}

static void compile_tokens(struct arena *arena, struct pattern *pattern, str expression)
{
    struct reading r = {.arena = arena, .at = expression.at, .end = expression.at + expression.len};
    while (r.at < r.end && !r.flaw)
        read_token(&r);
    pattern->flaw = r.flaw;
    if (!r.flaw && r.tokens.count > PATTERN_TOKENS_MAX)
        pattern->flaw = "it is longer than any path";
    pattern->kind = pattern->flaw ? PATTERN_BAD : r.never ? PATTERN_NEVER : PATTERN_TOKENS;
    pattern->tokens = r.tokens.at;
    pattern->token_count = r.tokens.count;
    if (pattern->kind == PATTERN_TOKENS)
        find_head_and_tail(arena, pattern);
}

struct pattern pattern_compile(struct arena *arena, str text)
{
    if (!glob_valid(text))
        return (struct pattern){.kind = PATTERN_BAD,
                                .flaw = "a '[' is not closed, or nothing follows a '\\'"};
    struct writing w = {.out = buf_init(arena, text.len * 6 + 16),
                        .at = text.at,
                        .end = text.at + text.len,
                        .kind = PATTERN_EXACT};
    struct pattern pattern = {.kind = write_expression(&w), .text = text, .stem = text};
    if (pattern.kind == PATTERN_PREFIX) /* "a/" and "**" */
        pattern.text = pattern.stem = str_slice(text, 0, text.len - 2);
    else if (pattern.kind == PATTERN_SUFFIX)
        pattern.text = str_from_index(text, 2), pattern.stem = STR_NONE;
    else if (pattern.kind == PATTERN_TOKENS)
        compile_tokens(arena, &pattern, buf_str(&w.out));
    return pattern;
}

/* -- matching --------------------------------------------------------------------------------- */

enum { STATE_WORDS = PATTERN_TOKENS_MAX / 64 + 1 };

struct run {
    const struct pattern *pattern;
    uint64_t now[STATE_WORDS], next[STATE_WORDS];
    unsigned words;
    bool at_start, at_end, word_before, word_after;
};

static bool in_class(const struct token *token, uint32_t c)
{
    bool hit = false;
    for (uint32_t i = 0; i < token->value && !hit; i++)
        hit = token->ranges[i].low <= c && c <= token->ranges[i].high;
    return hit != token->negated;
}

static bool takes(const struct token *token, uint32_t c)
{
    switch (token->kind) {
    case TOKEN_CHAR: return c == token->value;
    case TOKEN_NOT_SLASH: return c != '/';
    case TOKEN_ANY: return c != '\n';
    case TOKEN_CLASS: return in_class(token, c);
    default: return false;
    }
}

/* May state `i` move on without a character? */
static bool is_open(const struct run *run, const struct token *token)
{
    switch (token->kind) {
    case TOKEN_START: return run->at_start;
    case TOKEN_END: return run->at_end;
    case TOKEN_WORD_EDGE: return run->word_before != run->word_after;
    case TOKEN_NO_WORD_EDGE: return run->word_before == run->word_after;
    default: return token->starred;
    }
}

static void state_add(uint64_t *set, uint32_t state)
{
    set[state / 64] |= 1ull << (state % 64);
}

/* Add what state `i` reaches without a character, and with `c`. */
static void state_step(struct run *run, uint32_t i, uint32_t c)
{
    const struct token *token = &run->pattern->tokens[i];
    if (token->kind == TOKEN_FOLDERS) {
        state_add(run->now, i + 1);
        state_add(run->now, i + 2);
        return;
    }
    if (token->kind == TOKEN_FOLDERS_IN) {
        if (c != '\n')
            state_add(run->next, i);
        if (c == '/')
            state_add(run->next, i + 1);
        return;
    }
    if (is_open(run, token))
        state_add(run->now, i + 1);
    if (takes(token, c))
        state_add(run->next, token->starred ? i : i + 1);
}

/* All states over one character ('\n' at the end of the path, where nothing is looked at after). */
static void run_step(struct run *run, uint32_t c)
{
    for (unsigned w = 0; w < run->words; w++) {
        uint64_t done = 0;
        while (run->now[w] & ~done) {
            unsigned bit = (unsigned)__builtin_ctzll(run->now[w] & ~done);
            done |= 1ull << bit;
            uint32_t state = w * 64 + bit;
            if (state < run->pattern->token_count)
                state_step(run, state, c);
        }
    }
}

static bool is_word_at(const char *at, const char *end)
{
    return at < end && char_is_name(*at);
}

static bool tokens_match(const struct pattern *pattern, str path)
{
    struct run run = {.pattern = pattern, .words = pattern->token_count / 64 + 1};
    const char *at = path.at, *end = path.at + path.len;
    state_add(run.now, 0);
    while (at < end) {
        run.at_start = at == path.at;
        run.word_before = at > path.at && char_is_name(at[-1]);
        run.word_after = is_word_at(at, end);
        run_step(&run, utf8_next(&at, end));
        uint64_t any = 0;
        for (unsigned w = 0; w < run.words; w++) {
            any |= run.now[w] = run.next[w];
            run.next[w] = 0;
        }
        if (!any)
            return false;
    }
    run.at_start = path.len == 0;
    run.at_end = true;
    run.word_before = path.len && char_is_name(end[-1]);
    run.word_after = false;
    run_step(&run, '\n');
    return run.now[pattern->token_count / 64] >> (pattern->token_count % 64) & 1;
}

bool pattern_matches(const struct pattern *pattern, str path)
{
    switch (pattern->kind) {
    case PATTERN_EXACT: return str_eq(path, pattern->text);
    case PATTERN_PREFIX: return str_starts(path, pattern->text);
    case PATTERN_SUFFIX:
        return str_ends(path, pattern->text) || (pattern->text.len && pattern->text.at[0] == '/' &&
                                                 str_eq(path, str_from_index(pattern->text, 1)));
    case PATTERN_TOKENS:
        return str_starts(path, pattern->head) && str_ends(path, pattern->tail) &&
               tokens_match(pattern, path);
    case PATTERN_NEVER:
    case PATTERN_BAD: break;
    }
    return false;
}
