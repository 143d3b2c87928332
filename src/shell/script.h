#pragma once

#include "text/joined.h"

/*
 * shell/script -- what a parsed script is made of; comes with shell/shell.h.
 *
 *   script > nodes > commands > words > parts
 *
 * Shapes   Plain values; every one has its span in the source.
 * Units    Byte offsets.
 */

enum shell_part_kind {
    SHELL_LITERAL, /* unquoted text                                     */
    SHELL_ESCAPED, /* backslash and one character                       */
    SHELL_SINGLE,  /* '...'  and  $'...'                                */
    SHELL_DOUBLE,  /* "..." : its inner parts follow, with quoted set   */
    SHELL_PARAM,   /* $x ${x...}                                        */
    SHELL_COMMAND, /* $(...) and `...`                                  */
    SHELL_ARITH,   /* $((...))                                          */
    SHELL_PROCESS, /* <(...) >(...)                                     */
    SHELL_GLOB,    /* unquoted * ? [                                    */
    SHELL_TILDE,   /* leading ~ or ~user                                */
    SHELL_BRACE,   /* {a,b} {1..3} and an array's (a b): bash only      */
};

struct shell_node;

struct shell_part {
    enum shell_part_kind kind;
    bool quoted; /* stands inside "..." */
    span at;
    str text; /* as written                                                    */
    str name; /* SHELL_PARAM: the variable's name ("@", "1", "PATH", ...)      */
    str op;   /* SHELL_PARAM: the operator with its word (":-x", "%.*"), or "" */
    const struct shell_node *body; /* SHELL_COMMAND, SHELL_PROCESS: what is run */
};
VEC_TYPE(shell_parts, struct shell_part);

struct shell_word {
    span at;
    str raw;         /* as written, line joins removed                                  */
    str value;       /* quotes removed; meaningful when known, else "" */
    str prefix;      /* what is literally known from the start; equals value when known */
    bool known;      /* no expansion at all decides the value (globs are not known)  */
    bool quoted;     /* some part is quoted                                          */
    bool splits;     /* an unquoted $x, $(..) or glob: may become several words      */
    bool globs;      /* an unquoted * ? or [                                         */
    bool takes_next; /* an option whose value is the next word                       */
    struct shell_parts parts;
};
VEC_TYPE(shell_words, struct shell_word);

struct shell_assign {
    str name;
    struct shell_word value; /* empty span when there is none ("x=") */
    bool append;             /* x+=  */
    span at;
};
VEC_TYPE(shell_assigns, struct shell_assign);

struct shell_redirect {
    int fd; /* -1: the operator's default */
    str op; /* "<" ">" ">>" "<<" "<<-" "<<<" "<&" ">&" "&>" "<>" ">|" */
    struct shell_word target;
    str heredoc; /* the body, for << and <<- */
    span heredoc_at;
    bool heredoc_expands;
    span at;
};
VEC_TYPE(shell_redirects, struct shell_redirect);

/* What joins a command to the one after it. */
enum shell_separator {
    SHELL_SEP_END,        /* none: first or last of its list */
    SHELL_SEP_AND,        /* &&                             */
    SHELL_SEP_OR,         /* ||                             */
    SHELL_SEP_SEMI,       /* ;                              */
    SHELL_SEP_NEWLINE,    /* line end                       */
    SHELL_SEP_PIPE,       /* | or |&                        */
    SHELL_SEP_BACKGROUND, /* &                              */
};

/* Where a command stands; bits. */
enum shell_context {
    SHELL_IN_CONDITION = 1 << 0, /* between if/while/until and then/do                   */
    SHELL_IN_BRANCH = 1 << 1,    /* body of if or case: may not run                      */
    SHELL_IN_LOOP = 1 << 2,      /* body of for/while/until                              */
    SHELL_IN_FUNCTION = 1 << 3,
    SHELL_IN_SUBSHELL = 1 << 4, /* ( ... )                                              */
    SHELL_IN_GROUP = 1 << 5,    /* { ...; }                                             */
    SHELL_IN_SUBST = 1 << 6,    /* $( ... ), ` `, <( )                                  */
    SHELL_AFTER_AND = 1 << 7,   /* runs only if what is before succeeded                */
    SHELL_AFTER_OR = 1 << 8,    /* runs only if what is before failed                   */
    SHELL_GUARDED = 1 << 9,     /* its failure is caught: something follows it with ||  */
    SHELL_NEGATED = 1 << 10,    /* ! cmd                                                */
    SHELL_IN_TEXT = 1 << 11,    /* stands inside sh -c '...' or eval                    */
};

/* What a command was seen through; bits. */
enum shell_via {
    SHELL_VIA_SUDO = 1 << 0, /* sudo, doas, gosu, su-exec, su -c */
    SHELL_VIA_ENV = 1 << 1,
    SHELL_VIA_EXEC = 1 << 2,
    SHELL_VIA_XARGS = 1 << 3,
    SHELL_VIA_FIND = 1 << 4,  /* find ... -exec CMD            */
    SHELL_VIA_SH_C = 1 << 5,  /* sh -c 'CMD'                   */
    SHELL_VIA_OTHER = 1 << 6, /* time, nice, nohup, command, ionice, timeout, chroot, builtin ... */
};

/* One simple command, seen through its wrappers. */
struct shell_command {
    span at;  /* from its first assignment or word to its last word or redirect        */
    str name; /* last component of the program's path; "" when it is not known           */
    struct shell_words argv;  /* effective words; argv.at[0] is the program; may be empty      */
    struct shell_words words; /* as written, wrappers included                                */
    struct shell_assigns assigns;
    struct shell_redirects redirects;
    enum shell_separator before, after; /* in its own list or pipeline */
    span separator_at;                  /* the separator after it; empty at the end            */
    uint32_t context;                   /* enum shell_context                                  */
    uint32_t via;                       /* enum shell_via                                      */
    uint32_t pipeline; /* commands of one pipeline share this number                           */
    uint32_t place, pipeline_length; /* 0-based place in the pipeline, and its length          */
    uint32_t list;  /* commands of one top-level list item share this                       */
    uint32_t depth; /* 0 at the top level of the script                                     */
    int32_t outer;  /* command whose word or wrapper holds this one; -1 at the top          */
    const char *value_options; /* its program's options that take the next word: "-o --option" */
    bool word_options;         /* its program's options are words: "-ldflags" is no bundle     */
};
VEC_TYPE(shell_commands, struct shell_command);

/* A list, and-or or pipeline of one child, without "!", is that child. */
enum shell_node_kind {
    SHELL_NODE_SCRIPT,
    SHELL_NODE_LIST,     /* children separated by ; & newline */
    SHELL_NODE_AND_OR,   /* children joined by && and ||      */
    SHELL_NODE_PIPELINE, /* children joined by |              */
    SHELL_NODE_SIMPLE,   /* `command` indexes commands        */
    SHELL_NODE_SUBSHELL,
    SHELL_NODE_GROUP,
    SHELL_NODE_IF,    /* children: condition, then, [condition, then]..., [else] */
    SHELL_NODE_FOR,   /* `name`, `words`; child: body      */
    SHELL_NODE_WHILE, /* children: condition, body; `until` in name */
    SHELL_NODE_CASE,  /* `words`: the subject; children: a LIST an item, its patterns in `words` */
    SHELL_NODE_FUNCTION, /* `name`; child: body               */
    SHELL_NODE_TEST,     /* [[ ... ]]                         */
    SHELL_NODE_ARITH,    /* (( ... ))                         */
};

struct shell_node {
    enum shell_node_kind kind;
    span at;
    str name;
    uint32_t command; /* SHELL_NODE_SIMPLE: index into script->commands */
    bool negated;     /* SHELL_NODE_PIPELINE: ! in front */
    struct shell_words words;
    struct shell_redirects redirects; /* of compound commands: "done < file" */
    VEC(struct shell_node *) children;
    VEC(enum shell_separator) separators; /* separators.at[i] stands behind children.at[i] */
};

/* A bash feature seen in text that may be run by a POSIX shell. */
struct shell_bashism {
    span at;
    const char *what; /* "[[ ]]", "arrays", "process substitution", "pipefail", ... */
    const char *code; /* ShellCheck's number for it, e.g. "SC3010"; NULL when it has none */
    bool in_ash;      /* busybox ash, as Alpine and Debian build it, has it too           */
};

struct shell_problem {
    span at;
    const char *what; /* "unterminated single quote", ... */
};

struct shell_comment {
    span at;
    bool swallows; /* a line join behind it makes later lines part of the comment */
};

/* For losslessness and for rewriting: trivia (blanks, comments, line joins) then the token: a word,
 * an assignment, an operator, a line end, a heredoc's body, or text that did not parse. The last
 * token is empty and holds what trivia stands at the end. */
struct shell_token {
    str trivia, text; /* in the joined text */
    span at;          /* of text, in the source */
};

struct script {
    struct shell_node *root;
    struct shell_commands commands;
    VEC(struct shell_bashism) bashisms;
    VEC(struct shell_problem) problems;
    VEC(struct shell_comment) comments;
    VEC(str) functions;             /* names defined in the script                               */
    VEC(struct shell_token) tokens; /* every token and the trivia before it, in order        */
    bool sets_errexit; /* set -e (or -eu, -o errexit ...) runs unconditionally first  */
    bool sets_pipefail;
};
