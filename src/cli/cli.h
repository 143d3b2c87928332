#pragma once

#include "base/err.h"
#include "base/host.h"
#include "base/vec.h"

/*
 * cli/cli -- arguments in, one library call, one report out.
 *
 *   argv --alias--> command --opts_parse--> struct of arguments --run--> exit code
 *
 * Shapes   A command is one const row: its option table is the parser, the --help text, the man
 *          page's OPTIONS and the shell completion. Options that every command has stand in
 *          common_opts; --format and -o only where a command has formats.
 * Units    OPT_SIZE gives bytes; OPT_CHOICE gives the index of the word in "a|b|c".
 * Errors   A wrong argument is ERR_USAGE (exit 2) with a hint that names the nearest option.
 * Threads  One; commands start workers below.
 */

VEC_TYPE(opt_list, str);

enum opt_kind {
    OPT_FLAG,   /* bool                                                                */
    OPT_STRING, /* str                                                                 */
    OPT_LIST,   /* struct opt_list; may be repeated, and commas separate               */
    OPT_SIZE,   /* uint64_t bytes: "20MiB"                                             */
    OPT_CHOICE, /* unsigned: index into the words of `value`, which '|' separates      */
    OPT_INT,    /* uint64_t                                                            */
};

struct opt {
    const char *name; /* without dashes                                                    */
    char letter;      /* 0: it has none                                                    */
    enum opt_kind kind;
    size_t offset;     /* of its field in the arguments                                     */
    const char *value; /* what stands for the value: "FILE", "DIR", "RULE", "a|b|c"; or NULL */
    const char *help;  /* one line, small first letter, no full stop                        */
};

/* What every command takes. */
struct common {
    unsigned format; /* index into the command's formats */
    str output;      /* -o; "" is standard output        */
    bool quiet;
    unsigned color;    /* enum color_choice    */
    unsigned progress; /* enum progress_choice */
    str config;
    bool help;
};

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum progress_choice { PROGRESS_AUTO, PROGRESS_TTY, PROGRESS_PLAIN, PROGRESS_JSON, PROGRESS_NONE };

struct ctx;
struct command;
struct store; /* store/store.h */

/* Run with parsed arguments; false with err set when it could not be done. `out_exit` is written
 * only on success. */
typedef bool command_run(struct ctx *ctx, const void *args, int *out_exit, struct err *err);
struct command {
    const char *name;     /* "check"; "image ls" is a verb of "image" */
    const char *summary;  /* one line */
    const char *operands; /* "[PATH...]" as usage shows it; "" when it takes none */
    const char *about;    /* paragraphs for the man page, a blank line between two */
    const struct opt *opts;
    size_t opt_count;
    size_t args_size;
    const void *defaults;   /* args_size bytes; NULL: all zero */
    const char *formats;    /* "human|json", the first is the default; NULL: it prints as it does */
    size_t operands_offset; /* of a struct opt_list in the arguments */
    unsigned operands_min, operands_max;
    const char *const *words; /* what the first operand may be, NULL at the end; NULL: anything */
    const char *examples;     /* "command\twhat it does\n" lines */
    bool hidden;              /* for scripts and packagers: not listed in --help */
    command_run *run;
};

/* What a running command has to work with. */
struct ctx {
    struct arena *arena;
    struct host host;
    const struct command *command;
    struct common common;
    bool stderr_tty;
    struct events *events;      /* of ctx_events(); NULL until it was asked */
    VEC(struct store *) stores; /* closed when the command has run */
};

#define OPERANDS_ANY 65535u

/* All commands in the order that --help lists them. */
extern const struct command *const commands[];
extern const size_t command_count;

/* The options that every command takes. `format` and `output` stand first. */
extern const struct opt common_opts[];
extern const size_t common_opt_count;
enum { COMMON_FORMAT, COMMON_OUTPUT };

/* Does this command take that common option? */
bool command_has_common(const struct command *command, size_t common_index);

/* An option's letter in a command: a common option loses it to the command's own; 0 for none. */
char opt_letter(const struct command *command, const struct opt *opt);

/* The command that one or two words name; an error where there is none. */
MUST_CHECK bool command_named(struct arena *arena, const struct opt_list *words,
                              const struct command **out_command, struct err *err);

/* Is it a verb of the other: "image ls" of "image"? */
bool command_is_verb_of(const struct command *command, const struct command *group);

/* The command of that name, hidden ones too; NULL when there is none. */
const struct command *command_find(str name);

/* Run the program: argv[0] is its own name. Gives the exit code. */
int cli_main(struct arena *arena, const struct host *host, int argc, const char *const *argv,
             bool stderr_tty);

/* -- options ----------------------------------------------------------------------------------- */

/* Parse `argv` (behind the name of ctx->command) and the PLIMSOLL_ variables into `args` (args_size
 * bytes, filled with the defaults) and ctx->common. With --help the rest is not judged. */
MUST_CHECK bool opts_parse(struct ctx *ctx, const str *argv, size_t argc, void *args,
                           struct err *err);

/* "PLIMSOLL_FAIL_ON" of "fail-on". */
str opt_env_name(struct arena *arena, const struct opt *opt);

/* "--format FORMAT" as help shows it: the placeholder, or the choices themselves. */
str opt_value_text(const struct command *command, const struct opt *opt);

/* -- words that users of other tools type ------------------------------------------------------ */

/* What the first words of a command line mean here. */
struct alias {
    const char *words; /* "scout cves" */
    const char *ours;  /* "scan image" */
};
extern const struct alias aliases[];
extern const size_t alias_count;

/* The longest alias that the words begin with, NULL when none does. `out_used` counts words. */
const struct alias *alias_find(const str *words, size_t count, size_t *out_used);

/* How many words of `pattern` the words begin with; 0 when not with all of them. */
size_t words_match(const char *pattern, const str *words, size_t count);

/* A verb of another tool that nothing here stands for, and the command that comes nearest. */
struct foreign_verb {
    const char *theirs; /* "buildx bake" */
    const char *instead;
};

/* The longest foreign verb that the words begin with, NULL when none does. */
const struct foreign_verb *foreign_verb_find(const str *words, size_t count, size_t *out_used);

/* What another tool's option is called here, NULL when we know nothing of it. */
const char *foreign_option(str name);

/* What another tool's word for a format or a severity is called here, NULL when we know none. */
const char *foreign_word(str word);

/* -- what commands share ----------------------------------------------------------------------- */

/* Print a result to standard output or to -o FILE, atomically. */
MUST_CHECK bool ctx_print(struct ctx *ctx, str text, struct err *err);

/* Say something on standard error, unless -q; progress none; or auto without a terminal. */
void ctx_note(struct ctx *ctx, const char *format, ...) PRINTF_LIKE(2, 3);

/* Who is told what goes on: lines on standard error as --progress says; NULL for none. */
struct events *ctx_events(struct ctx *ctx);

/* "plimsoll: error: ..." for something that does not end the run. */
void ctx_complain(struct ctx *ctx, str what);

/* What a result does without, on stderr; not with --quiet. */
void ctx_warn(struct ctx *ctx, str what);

/* Standard input, once. */
MUST_CHECK bool ctx_stdin(struct ctx *ctx, str *out_text, struct err *err);

/* The words of "a|b|c": the count, and one of them. */
size_t choice_count(const char *choices);
str choice_word(const char *choices, size_t index);

/* -- help, completions, man pages: all from the tables ----------------------------------------- */

/* What --help prints, for the program and for a command, and what the shells read. */
str help_program(struct arena *arena, unsigned width);
str help_command(struct arena *arena, const struct command *command, unsigned width);
str completion_bash(struct arena *arena);
str completion_zsh(struct arena *arena);
str completion_fish(struct arena *arena);

/* A man page: of a command, or of the program for NULL; and plimsoll-rules(7). */
str man_page(struct arena *arena, const struct command *command);
str man_rules_page(struct arena *arena);
