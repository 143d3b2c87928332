#pragma once

#include "base/limits.h"
#include "dockerfile/dockerfile.h"

/*
 * dockerfile/instructions -- what the files of dockerfile/ share while a file is being parsed.
 *
 *   logical_lines.c --struct logical--> instructions.c --> instruction
 *     with the help of arguments.c, exec_form.c, heredoc_bodies.c, mount.c and accept.c
 *
 * Shapes   Offsets named `start`, `end`, `pos` in arguments.c are into instruction.logical.text;
 *          those in logical_lines.c and heredoc_bodies.c are into the source.
 */

struct parser {
    struct arena *arena;
    const struct source *source;
    str text;
    struct dockerfile *file;
    char escape;
    size_t at;           /* next unread byte of the source */
    uint32_t line;       /* how many lines were read       */
    bool long_line;      /* a line past its limit was read; whoever reads resets it */
    bool directives_end; /* the leading run of directives is over */
    uint32_t piece_end;  /* the source is covered by pieces up to here */
    size_t scan_left;    /* bytes that searches for missing heredoc ends may still look at */
    bool has_nul;
    uint32_t stage;  /* of the last FROM; NO_INDEX before it */
    VEC(span) parts; /* scratch of logical_lines.c: what the logical line is made of */
};

/* One physical line: [start, end) without its line end; `next` begins the following one. */
struct line {
    size_t start, end, next;
};

/* One logical line. `text` begins with its first byte that is not blank. */
struct logical {
    struct joined text;
    span at;
    uint32_t line, end_line;
    bool spoilt; /* a line or the whole is over its limit; already reported */
};

/* -- logical_lines.c --------------------------------------------------------------------------- */
bool lines_read(struct parser *parser, struct line *out_line);
bool lines_next(struct parser *parser, struct logical *out_logical);
void lines_directives_elsewhere(struct parser *parser);

/* -- blanks.c: blanks as Go has them, and problems ------------------------------------------- */

/* Length of the blank character at `at` (0: there is none), and of the one that ends there. */
size_t blank_at(str text, size_t at);
size_t blank_before(str text, size_t end);

/* The same text without such blanks around. */
str blank_trim(str text);

/* Report a problem. */
void dockerfile_problem(struct parser *parser, enum problem_kind kind, span at, str message,
                        str suggestion);
void dockerfile_problem_fmt(struct parser *parser, enum problem_kind kind, span at,
                            const char *format, ...) PRINTF_LIKE(4, 5);

/* The nearest of the words, or "". */
str dockerfile_nearest(str word, const char *const *words, size_t count);

/* -- exec_form.c ------------------------------------------------------------------------------- */
enum json_list { JSON_NONE, JSON_NOT_STRINGS, JSON_STRINGS };

/* Is `text` a JSON array of strings? The words' raw is decoded, their `at` are offsets in text. */
enum json_list exec_words(struct arena *arena, str text, struct words *out_words);

/* The string member `key` of the JSON object that `text` is; false when there is none. */
bool exec_member(struct arena *arena, str text, str key, str *out_value);

/* -- arguments.c ------------------------------------------------------------------------------- */
size_t words_flags(struct parser *parser, struct instruction *in, size_t pos);
void words_blank(struct parser *parser, struct instruction *in, size_t start, size_t end);
void words_quoted(struct parser *parser, struct instruction *in, size_t start, size_t end);
void words_pairs(struct parser *parser, struct instruction *in, size_t start, size_t end);
bool is_field_blank(char c);

/* -- heredoc_bodies.c ------------------------------------------------------------------------- */
void heredoc_read(struct parser *parser, struct instruction *in);

/* -- word_lexer.c ----------------------------------------------------------------------------- */

/* How BuildKit's word lexer can be bent; heredocs need it so. */
struct lex_options {
    char escape;
    bool split, raw_quotes, raw_escapes, skip_unset;
    const struct variables *variables;
};
VEC_TYPE(spans, span);

/* Lex a text. With `split` the words go to out_words, and where they began and ended in the text
 * to out_spans (may be NULL). */
struct expansion lex_words(struct arena *arena, str text, const struct lex_options *options,
                           struct str_list *out_words, struct spans *out_spans);

/* -- substitute.c ------------------------------------------------------------------------------ */

/* The pattern forms of ${name...}: # ## % %% and / //. False: a bad pattern, or too large. */
bool substitute_trim(struct arena *arena, str pattern, str value, bool suffix, bool greedy,
                     str *out_value);
bool substitute_all(struct arena *arena, str pattern, str value, str replacement, bool all,
                    str *out_value);

/* -- instructions.c, mount.c, accept.c, stages.c ----------------------------------------------- */
enum instruction_kind instruction_kind_of(str keyword);
void mounts_parse(struct parser *parser, struct instruction *in);
void check_instruction(struct parser *parser, struct instruction *in);
void stages_build(struct parser *parser);
