#include "shell/grammar.h"

#include <string.h>

const unsigned char shell_char_class[256] = {
    [' '] = CHAR_META,     ['\t'] = CHAR_META,    ['\n'] = CHAR_META,   [';'] = CHAR_META,
    ['&'] = CHAR_META,     ['|'] = CHAR_META,     ['<'] = CHAR_META,    ['>'] = CHAR_META,
    ['('] = CHAR_META,     [')'] = CHAR_META,     ['$'] = CHAR_SPECIAL, ['`'] = CHAR_SPECIAL,
    ['"'] = CHAR_SPECIAL,  ['\''] = CHAR_SPECIAL, ['*'] = CHAR_SPECIAL, ['?'] = CHAR_SPECIAL,
    ['['] = CHAR_SPECIAL,  ['{'] = CHAR_SPECIAL,  ['~'] = CHAR_SPECIAL, ['\r'] = CHAR_SPECIAL,
    ['\\'] = CHAR_SPECIAL,
};

void view_enter(struct parser *p, const struct joined *joined)
{
    p->view = (struct view){
        .joined = joined, .text = joined->text.at, .end = joined->text.len, .nested = true};
}

/* Make the piece of an offset the one used last. */
static void find_piece(struct parser *p, size_t offset)
{
    const struct joined *joined = p->view.joined;
    uint32_t piece = joined_piece_of(joined, offset);
    p->view.piece_start = joined->pieces.at[piece].at;
    p->view.piece_source = joined->pieces.at[piece].source;
    p->view.piece_end =
        piece + 1 < joined->pieces.count ? joined->pieces.at[piece + 1].at : joined->text.len;
}

uint32_t place(struct parser *p, size_t offset)
{
    const struct joined *joined = p->view.joined;
    if (!joined->pieces.count)
        return 0;
    bool behind = offset > 0 && offset >= joined->text.len;
    if (behind)
        offset = joined->text.len - 1;
    if (joined->text.len == 0)
        return joined->pieces.at[0].source;
    if (offset < p->view.piece_start || offset >= p->view.piece_end)
        find_piece(p, offset);
    return p->view.piece_source + (uint32_t)(offset - p->view.piece_start) + behind;
}

span place_span(struct parser *p, size_t start, size_t end)
{
    uint32_t first = place(p, start);
    return end <= start ? (span){first, first} : (span){first, place(p, end - 1) + 1};
}

size_t line_end_length(const struct parser *p, size_t offset)
{
    size_t left = p->view.end > offset ? p->view.end - offset : 0;
    if (left > 0 && p->view.text[offset] == '\n')
        return 1;
    return left > 1 && p->view.text[offset] == '\r' && p->view.text[offset + 1] == '\n' ? 2 : 0;
}

size_t join_length(const struct parser *p, size_t offset)
{
    if (offset >= p->view.end || p->view.text[offset] != '\\')
        return 0;
    size_t length = line_end_length(p, offset + 1);
    return length ? length + 1 : 0;
}

/* Does a join of source lines stand inside the comment, with more than blanks behind it? */
static bool swallows(struct parser *p, size_t start, size_t end)
{
    const struct joined *joined = p->view.joined;
    if (end <= start || place(p, end - 1) - place(p, start) == end - 1 - start)
        return false;
    for (uint32_t i = 1; i < joined->pieces.count && joined->pieces.at[i].at < end; i++) {
        const struct joined_piece *piece = &joined->pieces.at[i];
        uint32_t gap = piece->source - piece[-1].source - (piece->at - piece[-1].at);
        if (piece->at > start && gap >= 2 && str_trim(view_slice(p, piece->at, end)).len)
            return true;
    }
    return false;
}

static void skip_comment(struct parser *p)
{
    size_t start = p->view.at;
    const char *end = memchr(p->view.text + start, '\n', p->view.end - start);
    p->view.at = end ? (size_t)(end - p->view.text) : p->view.end;
    if (end && p->view.text[p->view.at - 1] == '\r')
        p->view.at--;
    struct shell_comment comment = {place_span(p, start, p->view.at),
                                    swallows(p, start, p->view.at)};
    vec_push(p->arena, &p->script->comments, comment);
}

void skip_trivia(struct parser *p)
{
    while (!at_end(p)) {
        char c = p->view.text[p->view.at];
        if (c == ' ' || c == '\t')
            p->view.at++;
        else if (c == '\\' && join_length(p, p->view.at))
            p->view.at += join_length(p, p->view.at);
        else if (c == '\r' && line_end_length(p, p->view.at))
            p->view.at++;
        else if (c == '#')
            skip_comment(p);
        else
            return;
    }
}

void token(struct parser *p, size_t start)
{
    if (p->in_word || p->view.nested)
        return;
    struct shell_token token = {.trivia = view_slice(p, p->view.printed, start),
                                .text = view_slice(p, start, p->view.at),
                                .at = place_span(p, start, p->view.at)};
    vec_push(p->arena, &p->script->tokens, token);
    p->view.printed = p->view.at;
}

bool take(struct parser *p, const char *text)
{
    size_t length = strlen(text);
    if (p->view.end - p->view.at < length || memcmp(p->view.text + p->view.at, text, length) != 0)
        return false;
    p->view.at += length;
    token(p, p->view.at - length);
    return true;
}

bool at_keyword(const struct parser *p, const char *word)
{
    size_t length = strlen(word), left = p->view.end - p->view.at;
    if (left < length || memcmp(p->view.text + p->view.at, word, length) != 0)
        return false;
    return left == length || line_end_length(p, p->view.at + length) ||
           shell_char_class[(unsigned char)p->view.text[p->view.at + length]] == CHAR_META;
}

bool take_keyword(struct parser *p, const char *word)
{
    return at_keyword(p, word) && take(p, word);
}

void problem(struct parser *p, size_t start, size_t end, const char *what)
{
    vec_push(p->arena, &p->script->problems,
             (struct shell_problem){place_span(p, start, end), what});
}

void bashism_at(struct parser *p, span at, const char *what, const char *code)
{
    if (p->dialect == SHELL_SH)
        vec_push(p->arena, &p->script->bashisms,
                 (struct shell_bashism){at, what, code, ash_has(what)});
}

void bashism(struct parser *p, size_t start, size_t end, const char *what, const char *code)
{
    if (p->dialect == SHELL_SH)
        bashism_at(p, place_span(p, start, end), what, code);
}

bool enter(struct parser *p)
{
    if (p->nesting++ < LIMIT_NESTING)
        return true;
    problem(p, p->view.at, p->view.at, "nested too deeply");
    size_t start = p->view.at;
    p->view.at = p->view.end;
    token(p, start);
    return false;
}
