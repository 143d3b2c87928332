#pragma once

#include "shell/script.h"

/*
 * shell/shell -- the POSIX/bash that stands in RUN, CMD, ENTRYPOINT, HEALTHCHECK and CI steps.
 *
 *   joined text --shell_parse--> lossless tree (nodes, words, parts) + flat list of commands
 *
 * Shapes   Everything has a span in the *source* (through line joins). Nodes cover the text: the
 *          tokens of a script, in order, with the trivia between them, are the text again
 *          (shell_print). `commands` lists every simple command in source order, also those inside
 *          substitutions, functions, loops and `sh -c '...'`; each is seen *through* its wrappers
 *          (sudo, env, exec, command, time, nice, nohup, xargs, find -exec, sh -c, full paths).
 *          A word whose value depends on anything that the text does not say is `known == false`:
 *          it is unknown, never guessed. Its literal beginning is still in `prefix`.
 *          What a script is made of stands in script.h, which comes with this door.
 * Units    Byte offsets.
 * Cost     Linear in the text. Memory: a small multiple of it.
 * Errors   None: a syntax error becomes a problem; what was read up to it is kept, and parsing goes
 *          on at the next line or separator. Nesting past LIMIT_NESTING is a problem too.
 * Threads  A parsed script never changes.
 * Source   POSIX.1-2017 chapter 2; the bash manual for [[ ]], (( )), arrays, <( ), function, $'..'.
 */

enum shell_dialect { SHELL_SH, SHELL_BASH }; /* SHELL_SH: bash features are parsed and marked */

/* Parse. `text` and the source under it must outlive the result. */
struct script *shell_parse(struct arena *arena, const struct joined *text,
                           enum shell_dialect dialect);

/* The text again, put together from the tokens. */
str shell_print(struct arena *arena, const struct script *script);

/* -- questions that rules ask ---------------------------------------------------------------- */

/* The command's first word after its options that does not begin with '-' and is known: the
 * subcommand ("install" of `apt-get -y install x`). Options that take a value separately, as
 * `git -C DIR clone`, `npm --prefix DIR ci`, `apt-get -o X=Y install`, are stepped over where the
 * program is one we know. NULL when there is none. */
const struct shell_word *shell_subcommand(const struct shell_command *command);

/* Is it `name sub` (sub NULL: any)? */
bool shell_is(const struct shell_command *command, const char *name, const char *sub);

/* Fill what is known of its options, from its name and words: for a command made by hand. */
void shell_know_program(struct shell_command *command);

/* The word that is this option: "-y" also matches inside a bundle ("-qy"); "--yes" also matches
 * "--yes=1". Options behind a "--" do not count. NULL when it is not there. */
const struct shell_word *shell_option(const struct shell_command *command, const char *option);

/* The value of an option: "--file=x", "--file x", "-fx", "-f x". False when it is not there. */
bool shell_option_value(const struct shell_command *command, const char *option, str *out_value);

/* Operands: words behind the program (and subcommand, when skip_sub) that are not options and not
 * values of options known to take one. Unknown words are included. */
struct shell_words shell_operands(struct arena *arena, const struct shell_command *command,
                                  bool skip_sub);
