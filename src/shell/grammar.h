#pragma once

#include "shell/parser.h"

/*
 * shell/grammar -- what the parts of the grammar ask of each other; private to shell/.
 *
 *   parse.c: lists    compound.c, simple.c: commands    words.c, expand.c: words and their parts
 *   wrappers.c: what is seen through    bash.c: what only bash knows
 */

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

/* Push a part that ends at the view's place. */
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

/* A node that begins at the view's place. */
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

/* -- wrappers.c ------------------------------------------------------------------------------- */

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
