#pragma once

#include "base/limits.h"
#include "shell/shell.h"

/*
 * shell/parser -- what the parts of the parser share; private to shell/.
 *
 *   lexer.c: bytes -> trivia, tokens, places    words.c: word -> parts    parse.c: grammar
 *   wrappers.c: simple command -> seen through its wrappers               bash.c: bashisms
 *
 * Shapes   One parser walks one view at a time. A view is a text with its places in the source;
 *          `sh -c '...'` and backticks make a new view for a while, and then the old one returns.
 *          Lists under construction stand on shared stacks (words, parts, ...) and are copied out
 *          with exact size, so that the arena holds no half-empty arrays.
 * Units    Offsets count bytes of the view's text; spans count bytes of the source.
 */

VEC_TYPE(shell_nodes, struct shell_node *);
VEC_TYPE(shell_separators, enum shell_separator);

/* A heredoc whose operator was read and whose body was not. */
struct pending {
    struct shell_redirect *redirect; /* NULL while it still stands on the stack of redirects */
    uint32_t index;                  /* its place on that stack */
    int32_t command;                 /* whose input it is, -1: of a compound command */
};

struct view {
    const struct joined *joined;
    const char *text;
    size_t end;                    /* nothing behind it is read */
    size_t at;                     /* next byte */
    size_t printed;                /* end of the last token */
    size_t piece_start, piece_end; /* offsets of the piece used last ... */
    uint32_t piece_source;         /* ... and where it begins in the source */
    size_t no_bracket_before, bracket_at, no_brace_before; /* what looking ahead has found */
    bool nested; /* text inside a word: no tokens are recorded */
};

struct parser {
    struct arena *arena;
    struct view view;
    struct script *script;
    enum shell_dialect dialect;
    unsigned nesting;
    unsigned in_word; /* >0: inside a word, whose token is recorded as a whole */
    uint32_t context, depth, list, pipeline_count, via;
    int32_t outer;
    struct shell_words words;
    struct shell_parts parts;
    struct shell_assigns assigns;
    struct shell_redirects redirects;
    struct shell_nodes nodes;
    struct shell_separators separators;
    VEC(struct pending) pending;
};

/* Move what stands on a stack from `mark` on into an array of exact size. */
#define TAKE(parser, stack, mark, out)                                                   \
    do {                                                                                 \
        uint32_t count_ = (parser)->stack.count - (mark);                                \
        if (count_) {                                                                    \
            (out)->at = arena_alloc((parser)->arena, count_ * sizeof(*(out)->at),        \
                                    _Alignof(__typeof__(*(out)->at)));                   \
            memcpy((out)->at, (parser)->stack.at + (mark), count_ * sizeof(*(out)->at)); \
        }                                                                                \
        (out)->count = (out)->capacity = count_;                                         \
        (parser)->stack.count = (mark);                                                  \
    } while (0)

/* -- lexer.c ---------------------------------------------------------------------------------- */

enum char_class {
    CHAR_PLAIN = 0,
    CHAR_SPECIAL = 1, /* needs a look inside a word: quotes, $, globs, braces */
    CHAR_META = 2,    /* ends a word: blank, line end, ; & | < > ( ) */
};
extern const unsigned char shell_char_class[256];

/* Was the whole view read? */
static inline bool at_end(const struct parser *p)
{
    return p->view.at >= p->view.end;
}

/* The byte `ahead` of the next one; NUL behind the end. */
static inline char peek(const struct parser *p, size_t ahead)
{
    return p->view.end - p->view.at > ahead ? p->view.text[p->view.at + ahead] : '\0';
}

/* The bytes [start, end) of the view. */
static inline str view_slice(const struct parser *p, size_t start, size_t end)
{
    return (str){p->view.text + start, end - start};
}

/* Read this text now; view_set_end only narrows the view. Give the old view back by assignment. */
void view_enter(struct parser *p, const struct joined *joined);

/* Place in the source of a byte of the view; of [start, end). */
uint32_t place(struct parser *p, size_t offset);
span place_span(struct parser *p, size_t start, size_t end);

/* Length of a line join (backslash, line end) at an offset, else 0. */
size_t join_length(const struct parser *p, size_t offset);

/* Is the byte at an offset a line end, or the CR of one? Gives its length. */
size_t line_end_length(const struct parser *p, size_t offset);

/* Step over blanks, line joins and comments. */
void skip_trivia(struct parser *p);

/* Record the token [start, view.at). */
void token(struct parser *p, size_t start);

/* If `text` stands next, take it as a token. */
bool take(struct parser *p, const char *text);

/* Does this keyword stand next, ended by a metacharacter? */
bool at_keyword(const struct parser *p, const char *word);
bool take_keyword(struct parser *p, const char *word);

/* Note a syntax error, or a feature of bash, over bytes of the view or a place of the source. */
void problem(struct parser *p, size_t start, size_t end, const char *what);
void bashism(struct parser *p, size_t start, size_t end, const char *what, const char *code);
void bashism_at(struct parser *p, span at, const char *what, const char *code);

/* Go one level deeper. False past LIMIT_NESTING: then the rest of the view is given up. */
bool enter(struct parser *p);
static inline void leave(struct parser *p)
{
    p->nesting--;
}

/* Read the bodies of pending heredocs; the view stands behind a line end. */
void read_heredocs(struct parser *p);

/* Take blanks, comments and line ends, with the heredocs that begin behind these. */
void skip_newlines(struct parser *p);

/* Give up on heredocs added since `mark`: their bodies never came. */
void drop_heredocs(struct parser *p, uint32_t mark);
