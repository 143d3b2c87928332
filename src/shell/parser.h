#pragma once

#include "base/limits.h"
#include "shell/shell.h"

/*
 * shell/parser -- what the parts of the parser share; private to shell/.
 *
 *   lexer.c: bytes -> trivia, tokens, places    words.c: word -> parts    parse.c: grammar
 *   commands.c: simple command -> seen through its wrappers               bash.c: bashisms
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

static inline bool at_end(const struct parser *p)
{
    return p->view.at >= p->view.end;
}

/* The byte `ahead` of the next one; NUL behind the end. */
static inline char peek(const struct parser *p, size_t ahead)
{
    return p->view.end - p->view.at > ahead ? p->view.text[p->view.at + ahead] : '\0';
}

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

/* -- words.c ---------------------------------------------------------------------------------- */

/* Read one word at the view's place, maybe empty. `assigned`: it is the value of an assignment. */
struct shell_word parse_word(struct parser *p, bool assigned);

/* Read the expansions in [start, end) as in double quotes, for the commands in them. */
void parse_expanding_text(struct parser *p, size_t start, size_t end);

/* The end of (( ... )) whose inside begins at `start`: offset of the first of the two closing
 * parentheses; STR_MISSING when it is not arithmetic, or does not end. */
size_t arith_end(const struct parser *p, size_t start);

/* The text that a word gives, for reading it as a script: expansions stay as they are written. */
struct joined word_text(struct parser *p, const struct shell_word *word);

/* -- expand.c --------------------------------------------------------------------------------- */

/* Read what begins with $ or ` and push its part. False: it was a literal $. */
bool parse_expansion(struct parser *p, bool quoted);

/* <( ... ) or >( ... ) */
void parse_process(struct parser *p);

/* Inside "..." up to the closing quote (or the view's end, `until` NUL). */
void parse_double(struct parser *p, char until);

void push_part(struct parser *p, enum shell_part_kind kind, bool quoted, size_t start);

/* -- parse.c ---------------------------------------------------------------------------------- */

/* A list up to the view's end, a closing word or parenthesis; the one child is given as it is. */
struct shell_node *parse_list(struct parser *p);

/* Read `joined` as a script inside of command `outer`. */
void parse_text(struct parser *p, const struct joined *joined, int32_t outer, uint32_t via);

/* A list inside a substitution: commands in it are marked. */
struct shell_node *parse_substitution(struct parser *p);

/* Leave out what does not parse, up to the next separator. */
void recover(struct parser *p, const char *what);

/* -- compound.c ------------------------------------------------------------------------------- */

/* if, for, while, case, {, (, [[, ((, function, select; NULL when none stands next. */
struct shell_node *parse_compound(struct parser *p);

struct shell_node *node_new(struct parser *p, enum shell_node_kind kind);

/* The body of a function, behind its name and parentheses. */
struct shell_node *parse_function_body(struct parser *p, size_t start, str name);

/* -- simple.c --------------------------------------------------------------------------------- */

/* A simple command or a function definition; NULL when nothing stands there. */
struct shell_node *parse_simple(struct parser *p);

/* Does a redirect stand here? Then read it onto the stack. */
bool parse_redirect(struct parser *p, int32_t command);

/* Take the redirects from `mark` on off the stack. */
void take_redirects(struct parser *p, uint32_t mark, struct shell_redirects *out);

/* -- commands.c ------------------------------------------------------------------------------- */

/* See through the wrappers of a command, and read the scripts that it is given as text. */
void see_through(struct parser *p, uint32_t index);

/* A heredoc was read that is this command's input: if it is a shell, that is a script. */
void see_input(struct parser *p, uint32_t index, const struct joined *body);

/* Does the name mean a shell that takes -c? */
bool is_shell_name(str name);

/* -- bash.c ----------------------------------------------------------------------------------- */

/* Does busybox ash have what we call `what`? */
bool ash_has(const char *what);

/* Mark what only bash knows in a simple command, a parameter. */
void mark_command(struct parser *p, uint32_t index);
void mark_param(struct parser *p, const struct shell_part *part);

/* Set sets_errexit and sets_pipefail. */
void find_options(struct script *script, str text);

/* -- options.c -------------------------------------------------------------------------------- */

/* Is it a word of this blank-separated list of options? */
bool option_list_has(const char *list, str word);

/* Fill value_options and word_options from the command's name. */
void know_options(struct shell_command *command);
