#pragma once

#include "base/err.h"
#include "base/map.h"
#include "shell/shell.h"
#include "text/joined.h"

/*
 * dockerfile/dockerfile -- the whole Dockerfile language, once, for linting and for building.
 *
 *   bytes --dockerfile_parse--> instructions + stages + problems --dockerfile_print--> same bytes
 *
 * Shapes   Lossless: every byte of the source belongs to exactly one `piece` (an instruction, or
 *          the comments, blank lines and directives between), so print(parse(x)) == x for any
 *          bytes. Every word, flag and heredoc knows its span in the source, through line joins.
 *          A bad instruction is marked `broken`, costs itself only, and leaves a problem.
 * Units    Byte offsets; lines start at 1.
 * Cost     Linear in the file. Shell text is left to shell/.
 * Errors   None; what is wrong is in `problems`.
 * Threads  A parsed dockerfile never changes.
 * Source   docs.docker.com's Dockerfile reference; behaviour as BuildKit's parser (1.4 and newer).
 */

enum instruction_kind {
    INSTRUCTION_UNKNOWN,
    INSTRUCTION_ADD,
    INSTRUCTION_ARG,
    INSTRUCTION_CMD,
    INSTRUCTION_COPY,
    INSTRUCTION_ENTRYPOINT,
    INSTRUCTION_ENV,
    INSTRUCTION_EXPOSE,
    INSTRUCTION_FROM,
    INSTRUCTION_HEALTHCHECK,
    INSTRUCTION_LABEL,
    INSTRUCTION_MAINTAINER,
    INSTRUCTION_ONBUILD,
    INSTRUCTION_RUN,
    INSTRUCTION_SHELL,
    INSTRUCTION_STOPSIGNAL,
    INSTRUCTION_USER,
    INSTRUCTION_VOLUME,
    INSTRUCTION_WORKDIR,
    INSTRUCTION_COUNT,
};

/* A word of an instruction before variable expansion. For JSON form: one element. */
struct word {
    str raw; /* as written, joins removed, quotes kept; for JSON: the decoded element */
    span at; /* for JSON: with its quotes */
};
VEC_TYPE(words, struct word);

struct flag {
    str text;  /* the whole flag as the builder sees it: quotes and escapes removed */
    str name;  /* "mount" of --mount=type=cache */
    str value; /* as the builder sees it before expansion; as written at value_at */
    bool has_value;
    span at, name_at, value_at; /* at covers the leading "--" */
};
VEC_TYPE(flags, struct flag);

enum mount_type { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET, MOUNT_SSH, MOUNT_UNKNOWN };

/* --mount of RUN, its keys' aliases resolved (target = dst = destination, ...). */
struct mount {
    enum mount_type type;
    str type_name;
    str target, source, from, id, sharing, mode, uid, gid, env,
        size; /* raw values; "" = not given */
    bool readonly, readwrite, required;
    bool expands; /* some value holds a $ */
    span at;      /* the whole flag */
    span value_at;
};
VEC_TYPE(mounts, struct mount);

struct heredoc {
    str name;        /* delimiter without quotes */
    int fd;          /* digits in front of <<; -1 when there are none */
    bool expand;     /* no part of the delimiter was quoted */
    bool strip_tabs; /* <<- */
    bool terminated;
    str body;           /* as the reader gets it (tabs stripped for <<-), line ends as they are */
    struct joined text; /* the same with its places in the source */
    span at;            /* the <<EOF token */
    span body_at;       /* all lines of the body */
    span end_at;        /* the terminator's line, without its line end */
};
VEC_TYPE(heredocs, struct heredoc);

/* One name[=value] of ENV, LABEL, ARG. */
struct pair {
    str name, value; /* raw */
    bool has_value;
    span at, name_at, value_at;
};
VEC_TYPE(pairs, struct pair);

VEC_TYPE(str_list, str);

#define NO_INDEX UINT32_MAX

/* Instructions that are kept of one file; those behind them are one PROBLEM_LIMIT. The longest
 * generated Dockerfiles have some thousands; this bounds memory to some 200 MB. */
enum { DOCKERFILE_INSTRUCTIONS_MAX = 1 << 18 };

/* Comments that are kept; more than these nobody wrote by hand. */
enum { DOCKERFILE_COMMENTS_MAX = 1 << 18 };

struct instruction {
    enum instruction_kind kind;
    str keyword; /* as written */
    span keyword_at;
    span at;        /* keyword to the end of its last line (or heredoc terminator), no line end */
    uint32_t index; /* in the file's instructions; that of the ONBUILD for a trigger */
    uint32_t stage; /* NO_INDEX before the first FROM */
    uint32_t line, end_line;
    struct joined logical; /* the logical line from the keyword on: joins and comments removed */
    size_t rest;           /* offset in logical.text of what follows keyword and flags */
    struct flags flags;
    bool json;             /* the arguments are a valid JSON array of strings */
    bool json_failed;      /* they begin with '[' but are not; so they are shell form */
    struct words words;    /* arguments; one for shell forms, as BuildKit gives them */
    struct pairs pairs;    /* ENV, LABEL, ARG */
    bool legacy;           /* ENV/LABEL name value */
    struct variable *sets; /* ENV, ARG: what each pair sets; a name of "" sets nothing */
    struct mounts mounts;
    struct heredocs heredocs;
    const struct instruction *trigger; /* ONBUILD: what it triggers, broken when it may not;
                                          NULL when there is none. Heredocs are also here. */
    str healthcheck;                   /* HEALTHCHECK: "CMD" or "NONE"; words are what follows it */
    bool broken;                       /* its problem was reported; rules pass it over */
};

struct stage {
    uint32_t index;
    str name; /* lower case, "" when it has none */
    span name_at;
    const struct instruction *from;
    str base_raw; /* as written                                              */
    span base_at;
    str base; /* after expansion with defaults of global ARGs; "" when not known */
    bool base_known;
    uint32_t base_stage; /* NO_INDEX when the base is an image */
    str platform;        /* raw value of --platform, "" when not given */
    uint32_t first, end; /* its instructions: [first, end), the FROM included */
    uint32_t namesake;   /* the stage above of the same name; NO_INDEX when there is none */
};

/* What stands in the leading run of directives. */
struct directives {
    str syntax, check;
    char escape; /* '\\' or '`' */
    bool escape_given;
    span syntax_at, escape_at, check_at; /* whole lines; empty when not given */
};

enum problem_kind {
    PROBLEM_UNKNOWN_INSTRUCTION,
    PROBLEM_BEFORE_FROM,
    PROBLEM_NO_FROM,
    PROBLEM_MISSING_ARGUMENT,
    PROBLEM_BAD_ARGUMENT,
    PROBLEM_UNKNOWN_FLAG,
    PROBLEM_BAD_FLAG,
    PROBLEM_BAD_MOUNT,
    PROBLEM_BAD_JSON, /* valid JSON, but not all strings */
    PROBLEM_UNTERMINATED_HEREDOC,
    PROBLEM_UNTERMINATED_QUOTE,
    PROBLEM_BAD_EXPANSION,
    PROBLEM_BAD_DIRECTIVE, /* unknown escape, repeated directive */
    PROBLEM_BAD_ONBUILD,
    PROBLEM_LONG_LINE,
    PROBLEM_LIMIT,
    PROBLEM_EMPTY_CONTINUATION, /* warning: blank line inside a continuation */
    PROBLEM_ENCODING,           /* NUL bytes, UTF-16: not text */
};

struct problem {
    enum problem_kind kind;
    span at;
    str message;
    str suggestion; /* nearest word, or "" */
};

/* A comment line (also those inside continuations) without its '#'. */
struct comment {
    span at;  /* from '#' to the end of the line */
    str text; /* trimmed */
    uint32_t line;
    uint32_t before; /* index of the instruction that follows it; count when none does */
    bool inside;     /* stands inside a continued instruction */
};

struct dockerfile {
    const struct source *source;
    struct directives directives;
    VEC(struct instruction) instructions;
    VEC(struct stage) stages;
    VEC(struct problem) problems;
    VEC(struct comment) comments;
    VEC(span) pieces;        /* cover the source, in order */
    struct map global_args;  /* name -> struct pair *, ARGs before the first FROM */
    struct map global_scope; /* name -> struct variable *: these and the platform args */
    struct map assignments;  /* for dockerfile_variable() */
    struct map stage_names;  /* lower-case name -> index + 1 of the last such stage */
};

/* Parse any bytes. `source` must outlive the result. */
struct dockerfile *dockerfile_parse(struct arena *arena, const struct source *source);

/* The bytes again, put together from the pieces. */
str dockerfile_print(struct arena *arena, const struct dockerfile *file);

/* "RUN" of INSTRUCTION_RUN; "" of INSTRUCTION_UNKNOWN. */
const char *instruction_name(enum instruction_kind kind);

/* The flag of that name, NULL when it is not given. The last one counts. */
const struct flag *instruction_flag(const struct instruction *instruction, const char *name);

/* The arguments behind keyword and flags, in the joined text, trimmed. */
str instruction_rest(const struct instruction *instruction);

/* The stage that a --from (or FROM) names: by name, ASCII case ignored, or by number; only stages
 * before `before` count. NO_INDEX when it is none (then it is an image or a named context). */
uint32_t stage_find(const struct dockerfile *file, str name, uint32_t before);

/* -- variables -------------------------------------------------------------------------------- */

/* The value of a variable, or false when it is not set. */
struct variables {
    bool (*find)(const void *context, str name, str *out_value);
    const void *context;
};

struct expansion {
    bool ok;
    str value;         /* when ok */
    const char *error; /* when not ok */
    str error_text;    /* what it is about, e.g. the message of ${x?message} */
    bool unset;        /* some variable without a default was not set: taken as "" */
    str unset_name;
};

/* Expand one word by Dockerfile rules: quotes removed, every ${} form. */
struct expansion expand_word(struct arena *arena, str word, char escape,
                             const struct variables *variables);

/* The same, and split at blanks outside of quotes, as COPY and friends do. */
struct expansion expand_words(struct arena *arena, str word, char escape,
                              const struct variables *variables, struct str_list *out_values);

/* Each variable that a word refers to, in order: its name and where ("${x:-1}" whole). `at` is the
 * word's own place in the instruction's logical text. */
struct reference {
    str name;
    span at;
    bool has_default; /* :- - :+ + forms */
};
VEC_TYPE(references, struct reference);
void word_references(struct arena *arena, const struct word *word, char escape,
                     const struct joined *logical, struct references *out_references);

/* One variable that is visible at an instruction. */
struct variable {
    str name, value;
    bool known;  /* the value is known from the text (an ARG without default is not) */
    bool set;    /* it has a value, known or not; false: only the command line gives one */
    bool is_env; /* ENV; else ARG */
    const struct pair *pair; /* NULL for predefined ones */
    const struct instruction *instruction;
};

/* The variable of that name just before `at`, NULL when the text sets none. Cheap. */
const struct variable *dockerfile_variable(const struct dockerfile *file,
                                           const struct instruction *at, str name);

/* What is visible just before `instruction`: ARGs and ENVs of its stage and of those it is built
 * on, or (for FROM and what stands before it) the global ARGs and the platform args.
 * `name` -> struct variable *. Walks the stage from its start: for one name take
 * dockerfile_variable(), for all instructions take scope_walk. */
const struct map *dockerfile_scope(struct arena *arena, const struct dockerfile *file,
                                   const struct instruction *instruction);

/* The same for all instructions of a stage in one walk: `variables` is what is visible before the
 * first instruction behind FROM; scope_step() takes over what an instruction sets.
 *
 *     struct scope_walk walk = scope_begin(arena, file, stage->index);
 *     for (uint32_t i = stage->first + 1; i < stage->end; i++) {
 *         ... walk.variables ...
 *         scope_step(&walk, &file->instructions.at[i]);
 *     }
 */
struct scope_walk {
    struct arena *arena;
    const struct dockerfile *file;
    struct map variables; /* name -> struct variable * */
};
struct scope_walk scope_begin(struct arena *arena, const struct dockerfile *file, uint32_t stage);
void scope_step(struct scope_walk *walk, const struct instruction *in);

/* Predefined in every stage: HTTP_PROXY ... ; and the platform args of the global scope. */
bool is_proxy_arg(str name);
bool is_platform_arg(str name);
