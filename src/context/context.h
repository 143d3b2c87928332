#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "text/source.h"

/*
 * context/context -- .dockerignore, and what a build context holds.
 *
 *   text --ignore_compile--> struct ignore --ignore_match--> sent | left out, and by which line
 *   directory --context_walk--> struct context_tree (paths, sizes, verdicts)
 *
 * Shapes   A path is relative to the context root, '/'-separated, with no leading "./", no ".." and
 *          no trailing '/'. Patterns keep their order: the last one that matches decides, "!" turns
 *          a drop back into a keep, and a pattern also matches what is below its matches.
 *          Symbolic links are entries, never followed.
 * Units    Bytes are sizes of regular files (st_size); line numbers start at 1.
 * Cost     ignore_match: patterns x path bytes, no memory, no backtracking blow-up. context_walk:
 *          getdents64 + statx with several threads; at most 1.3 times `find -printf`.
 * Errors   ignore_compile: ERR_FORMAT with the line for a malformed pattern or a lone "!",
 *          ERR_LIMIT past IGNORE_PATTERNS_MAX. context_walk: ERR_IO for the root only; what cannot
 *          be read below it is in `unread`.
 * Threads  A compiled ignore and a finished tree never change.
 * Source   The builder's matcher (moby/patternmatcher) by its published behaviour; research (d).
 */

enum { IGNORE_PATTERNS_MAX = 4096 };

struct ignore;

struct ignore_verdict {
    bool dropped;
    uint32_t line; /* of the deciding pattern; 0 when none matched */
};

/* One line that is a pattern, as written and as it is matched. */
struct ignore_pattern {
    str raw;     /* as written, trimmed */
    str cleaned; /* as it is matched: without "!", "./", leading and trailing '/' */
    bool negated;
    bool bad; /* malformed: the build would fail */
    uint32_t line;
    span at;
};

/* Compile a .dockerignore. `text` must outlive the result, which points into it. */
MUST_CHECK bool ignore_compile(struct arena *arena, str text, struct ignore **out_ignore,
                               struct err *err);

/* Compile a list of patterns as they are given to the matcher, not read from a file: no comments.
 * "Line" is the place in the list, from 1. COPY --exclude is one such list. */
MUST_CHECK bool ignore_compile_patterns(struct arena *arena, const str *patterns, size_t count,
                                        struct ignore **out_ignore, struct err *err);

/* The same, but malformed patterns are marked and passed over: for linting. Cannot fail. */
struct ignore *ignore_compile_lenient(struct arena *arena, str text);

/* Its patterns in order. */
const struct ignore_pattern *ignore_patterns(const struct ignore *ignore, size_t *out_count);

/* Decide one path. ignore may be NULL: everything is sent. */
struct ignore_verdict ignore_match(const struct ignore *ignore, str path);

/* Does one pattern by itself match this path or one of its parents? */
bool ignore_pattern_match(const struct ignore *ignore, size_t pattern, str path);

/* One glob against one path with the rules of COPY sources ('*' and '?' stop at '/', classes). */
bool glob_match(str pattern, str path);
bool glob_is_pattern(str text); /* has any of * ? [ \ */

/* -- the tree ---------------------------------------------------------------------------------- */

enum entry_type { ENTRY_FILE, ENTRY_DIRECTORY, ENTRY_LINK, ENTRY_OTHER };

struct context_entry {
    str path;
    uint64_t size_bytes; /* regular files; 0 otherwise */
    enum entry_type type;
    bool dropped;    /* by the ignore file; of a directory: itself */
    uint32_t line;   /* of the pattern that decided */
    uint32_t parent; /* index, NO_ENTRY at the top */
    uint32_t end;    /* entries (index, end) stand below this directory */
    uint32_t files;  /* of a directory that counts for all below it; 0 otherwise */
};

#define NO_ENTRY UINT32_MAX

struct context_tree {
    struct context_entry *entries; /* depth first, names in byte order: parents before children */
    uint32_t count;
    uint64_t files, bytes;                 /* sent */
    uint64_t dropped_files, dropped_bytes; /* left out, counted in full below dropped directories */
    const struct ignore *ignore;           /* may be NULL */
    VEC(str) unread;                       /* directories that could not be read */
    bool truncated;                        /* past entries_max: the rest was not looked at */
};

struct context_options {
    unsigned threads;      /* 0: one a core */
    uint32_t entries_max;  /* 0: 5 million */
    bool skip_git_objects; /* count .git as one entry with its size, for rules that need no more */
};

/* Walk the directory behind `root_fd`. */
MUST_CHECK bool context_walk(struct arena *arena, int root_fd, const struct ignore *ignore,
                             const struct context_options *options, struct context_tree **out_tree,
                             struct err *err);

/* A tree made from a list of paths ("dir/" is a directory), for tests and for git trees. */
struct context_tree *context_tree_of(struct arena *arena, const str *paths, size_t count,
                                     const struct ignore *ignore);

/* The entry at a path; "" or "." is none. NULL when nothing is there. Binary search, no state. */
const struct context_entry *context_find(const struct context_tree *tree, str path);

/* First entry at or after `from` that a COPY source (a glob or a plain path) names; NO_ENTRY when
 * there are no more. Dropped entries are given too: look at `dropped`. A source that names the
 * whole context (".") gives each entry at its top. */
uint32_t context_match(const struct context_tree *tree, str source, uint32_t from);

/* Which ignore file a build of `dockerfile` (path relative to the context, or "") with the context
 * behind root_fd uses: "<Dockerfile>.dockerignore" wins over ".dockerignore"; "" when none is
 * there. */
str ignore_file_for(struct arena *arena, int root_fd, str dockerfile);

/* -- measuring and suggesting ------------------------------------------------------------------ */

struct context_size {
    str path;
    uint64_t bytes, files;
};
VEC_TYPE(context_sizes, struct context_size);

struct context_secret {
    str path;
    const char *kind;
};
VEC_TYPE(context_secrets, struct context_secret);

/* A line that would leave something out, and what it saves. */
struct context_suggestion {
    str pattern;
    uint64_t files, bytes;
    const char
        *category; /* "version control", "dependencies", "build artefacts", "secrets", "editor",
                           * "documentation", "ci", "tests", "large files", "docker" */
    str why;
};
VEC_TYPE(context_suggestions, struct context_suggestion);

/* One pattern and what it leaves out. */
struct context_line {
    str pattern;
    uint32_t line;
    uint64_t files, bytes;
};
VEC_TYPE(context_lines, struct context_line);

struct context_report {
    const struct context_tree *tree;
    str ignore_path;              /* "" when there is none */
    struct context_sizes largest; /* sent files, biggest first, at most 20 */
    struct context_sizes largest_directories;
    struct context_lines lines;     /* every pattern without '!', with what it alone decides */
    struct context_secrets secrets; /* sent */
    struct context_sizes unused;    /* sent, but no COPY or ADD uses them: by top directory */
    uint64_t unused_bytes, unused_files;
    struct context_suggestions suggest; /* biggest saving first */
};

/* What the Dockerfiles of this context need of it: COPY/ADD/bind sources, with what build tools
 * read (lock files, vendor, the README that pyproject names). `dockerfiles` are texts. */
struct context_needs;
struct context_needs *context_needs_of(struct arena *arena, const struct context_tree *tree,
                                       int root_fd, const struct source *const *dockerfiles,
                                       size_t count);

/* Would leaving this path out break or change a build, as far as text and tree tell? */
bool context_needed(const struct context_needs *needs, str path);

/* A file of the context that says what a build reads, and that could not be read: what is needed is
 * then not known. "" when all could. */
str context_needs_unread(const struct context_needs *needs);

/* Everything that `plimsoll context` tells. */
MUST_CHECK bool context_measure(struct arena *arena, int root_fd, const struct context_tree *tree,
                                const struct context_needs *needs, str ignore_path,
                                struct context_report *out_report, struct err *err);

/* The ignore file after adding the suggestions, by category with a comment heading each; existing
 * lines stay as they are. */
str context_ignore_text(struct arena *arena, str old_text, const struct context_report *report);
