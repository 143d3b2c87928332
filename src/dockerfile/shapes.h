#pragma once

#include "base/map.h"
#include "shell/shell.h"
#include "text/joined.h"

/*
 * dockerfile/shapes -- what a parsed Dockerfile is made of; comes with dockerfile/dockerfile.h.
 *
 *   dockerfile > stages > instructions > flags, words, pairs, mounts, heredocs
 *
 * Shapes   Plain values that point into the source. Whatever was written has its span there.
 * Units    Byte offsets; lines start at 1.
 */

VEC_TYPE(str_list, str);

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
