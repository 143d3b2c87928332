#pragma once

#include "rules/questions.h"

/*
 * rules/repository -- every file of one repository that a rule may look at, and its tree.
 *
 * Shapes   A job is one file: read, recognised, parsed, with its findings. A repository lists its
 *          jobs by kind; cross-file rules read other jobs and report at the place to mend.
 * Threads  Jobs are filled in parallel, each by one worker; after that nothing changes but the
 *          findings of cross-file rules, which run in one thread.
 */

struct yaml_file;
struct command_file;
struct known_builds; /* rules/builds.h      */
struct conventions;  /* rules/conventions.h */

/* One ignore file with the context that it rules. */
struct ignore_file {
    struct arena *arena;
    const struct source *source;
    const struct ignore *ignore;           /* lenient: bad patterns are marked */
    const struct context_tree *tree;       /* of its context; NULL when not known */
    const struct context_needs *needs;     /* of the Dockerfiles; NULL when not known */
    const struct context_report *report;   /* what the file does there; NULL when not known */
    VEC(const struct facts *) dockerfiles; /* those that build with it */
    str context_path;                      /* relative to the repository's root */
    const struct repository *repository;   /* NULL when not known */
    int root_fd;                           /* of the context; -1 when not known */
    const struct check_options *options;
};

struct check_job {
    str path;   /* as the user sees it */
    str inside; /* relative to the repository's root; "" when there is none */
    enum file_kind kind;
    bool named;  /* the user named it, so findings are shown; else it is only looked at */
    bool walked; /* its name was met on a walk: only its text tells whether it is what it seems */
    bool read;
    str why_unread;
    struct arena *arena; /* where all below lives */
    const struct source *source;
    struct facts *facts;
    struct ignore_file *ignore_file;
    struct yaml_file *yaml;
    struct command_file *commands;
    struct finding_list findings;
    uint32_t ignored;
    struct repository *repository;
};

/* A build context that some Dockerfile uses. */
struct build_context {
    str path;        /* relative to the root, "" is the root itself */
    str ignore_path; /* relative to the root; "" when there is none */
    const struct context_tree *tree;
    const struct ignore *ignore;
};

struct repository {
    struct arena *arena;
    str shown; /* how the user named the root: paths are shown below it */
    str below; /* path of the root below the directory that holds .git; "" when it is that one */
    int root_fd;
    bool asked;                      /* the user named it, not just files in it */
    const struct context_tree *tree; /* nothing is ignored in it */
    VEC(struct check_job *) jobs;    /* all files, by path */
    VEC(struct build_context) contexts;
    struct map images;      /* what builds of the repository are called: see rules/image_uses */
    struct map image_notes; /* path of a Dockerfile that is built -> what is known of its image */
    VEC(struct unread) unread; /* what rules needed beside the jobs, and could not have */
    const struct check_options *options;
    struct map jobs_inside; /* path below the root -> struct check_job */
    /* Set by repository_learn(), and never NULL once it was called. */
    struct map jobs_shown; /* path as it is shown -> struct check_job */
    const struct known_builds *builds;
    const struct conventions *conventions;
};

/* Look for the files of the tree that rules understand, and add a job for each. */
void repository_discover(struct repository *repository);

/* Add one file. */
void repository_add(struct repository *repository, struct check_job *job);

/* What kind of file a path is by its name; false when it is none that rules understand. YAML is
 * FILE_YAML here: its content decides later. */
bool file_kind_of(str path, enum file_kind *out_kind);

/* Is a file that is called like a Dockerfile one? "dockerfile.h" and pieces that others include
 * have no FROM. Those called just Dockerfile or Containerfile always are. */
bool is_dockerfile_text(str path, str text);

/* Give each Dockerfile its context, tree and ignore file, each ignore file its Dockerfiles. */
void repository_connect(struct repository *repository);

/* Look at all files together: the builds that they ask for, and the repository's own ways. Done
 * once all jobs are parsed and connected; after it rules of any thread may read both. */
void repository_learn(struct repository *repository);

/* Measure what an ignore file leaves in its context: fills tree and report from ignore, needs and
 * context_path. For the first run and for the text after an edit. */
void ignore_file_measure(struct ignore_file *file);

/* The text of a file of the repository, STR_NONE when it cannot be read (or is over 1 MiB). */
str repository_text(struct arena *arena, const struct repository *repository, str path);

/* The job of a path relative to the root, NULL when it is not looked at. */
const struct check_job *repository_job(const struct repository *repository, str inside);

/* A sink that reports into another file than the one whose rule runs: for cross-file rules. */
struct rule_sink repository_sink(const struct check_job *job, const struct rule *rule);
