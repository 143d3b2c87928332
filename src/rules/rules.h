#pragma once

#include "base/err.h"
#include "base/host.h"
#include "base/map.h"
#include "rules/base_facts.h"
#include "text/finding.h"

/*
 * rules/rules -- what is wrong with a repository's files: the table, the choice, the run.
 *
 *   paths --check_run--> files, each with its findings, sorted by place
 *
 * Shapes   A rule is one const row beside its check; rules_all() lists them in name order. What
 *          concerns one file is found from that file alone; what concerns several is reported at
 *          the place where a person would mend it.
 * Units    Byte offsets; `bytes` of a finding are what its rule measured or quotes.
 * Cost     A Dockerfile of 3 KB: under 0.3 ms. Files run in parallel; order never depends on it.
 * Errors   check_run() fails only when nothing could be done (ERR_USAGE, ERR_IO). A file that
 *          cannot be read is a `struct unread` beside the results, and the exit code is 3.
 * Threads  Rules share const data only.
 */

enum file_kind {
    FILE_DOCKERFILE,
    FILE_IGNORE,
    FILE_COMPOSE,
    FILE_KUBERNETES,
    FILE_GITHUB, /* workflow or composite action */
    FILE_GITLAB,
    FILE_YAML,  /* other YAML: judged as a fragment when it shows a securityContext */
    FILE_SHELL, /* docker build|run lines in it */
    FILE_MAKE,
    FILE_PACKAGE_JSON,
    FILE_MARKDOWN,
    FILE_KIND_COUNT,
};

struct facts;       /* rules/facts.h: one Dockerfile, looked at once */
struct ignore_file; /* rules/facts.h: one ignore file with its tree  */
struct yaml_file;   /* rules/yaml_facts.h: one YAML file, classified */
struct pod_facts;   /* the same: a pod of it, a container, a service */
struct container_facts;
struct service_facts;
struct command_file; /* rules/facts.h: docker command lines found in scripts, make, docs */
struct repository;   /* rules/facts.h: everything of one repository   */
struct rule_sink;
struct baseline; /* rules/baseline.c */

/* One row of the table. `name` is group/kebab-case and never reused. */
struct rule {
    const char *name;
    const char
        *aka; /* peers' ids, blank-separated: "hadolint:DL3009 buildkit:X shellcheck:SC2086" */
    enum severity severity;
    enum fix_safety fix; /* the class of its edits: A is FIX_SAFE, P FIX_PROOF, S FIX_SUGGESTION */
    bool policy;         /* off unless configured or selected by name */
    bool nursery;        /* new: off unless selected by name */
    const char *since;
    const char *guide;  /* sections of the guide that ask for it: "s1 s3"; NULL when none do */
    const char *what;   /* what is found, one line */
    const char *why;    /* what it costs, with the evidence */
    const char *how;    /* how to mend it */
    const char *source; /* where the evidence is from */
    const char *joins;  /* findings with the same words here are one to a person: check_join() */
    const char *part;   /* what this rule's findings are of it */
    void (*dockerfile)(const struct facts *facts, struct rule_sink *sink);
    void (*ignore)(const struct ignore_file *file, struct rule_sink *sink);
    void (*yaml)(const struct yaml_file *file, struct rule_sink *sink);
    void (*pod)(const struct yaml_file *file, struct rule_sink *sink, const struct pod_facts *pod);
    void (*container)(const struct yaml_file *file, struct rule_sink *sink,
                      const struct container_facts *container);
    void (*service)(const struct yaml_file *file, struct rule_sink *sink,
                    const struct service_facts *service);
    void (*commands)(const struct command_file *file, struct rule_sink *sink);
    void (*repository)(const struct repository *repository, struct rule_sink *sink);
};

/* All rules in name order. */
const struct rule *const *rules_all(struct arena *arena, size_t *out_count);

/* By name, or by a peer's id ("DL3009", "hadolint:DL3009", "SC2086"); NULL when there is none. */
const struct rule *rule_find(str name_or_aka);

/* The name closest to a mistyped one, NULL when nothing is near. */
const struct rule *rule_nearest(str name);

/* "layers" of "layers/dead-bytes". */
str rule_group(const struct rule *rule);

/* -- a run ------------------------------------------------------------------------------------- */

VEC_TYPE(name_list, str);

/* "size", "size/apt-lists-left", "DL3009", "all"; severity overrides; what config and flags say. */
struct rule_choice {
    struct name_list select; /* empty: the default set */
    struct name_list ignore;
    struct map severity; /* rule name -> "error" | "warning" | "note" | "off" */
};

/* What .plimsoll.yaml, .hadolint.yaml and the flags say, merged; flags win. */
struct check_options {
    struct rule_choice choice;
    struct name_list trusted_registries;
    struct map label_schema; /* label -> type, as .hadolint.yaml has it */
    struct map keys;         /* what `analyze -i` does -> its key */
    bool strict_labels;      /* no other labels than those */
    str fail_on;             /* "error", "warning", "note", "none"; "" means the command's own */
    str baseline;            /* path of a baseline to apply; "" is none */
    str stdin_name;          /* path to give standard input; "" means "-" */
    str target;              /* stage that ships; "" means the last */
    bool no_repository;      /* look at the named files alone: no tree, no cross-file rules */
    bool no_inline;          /* inline ignores do not count */
    bool modernize;          /* may propose another base image or stage structure */
    unsigned threads;        /* 0: one a core */
};

struct check_job; /* rules/repository.h */

/* A file that was looked at. */
struct checked_file {
    str path;  /* as the user should see it */
    str place; /* below the directory that holds .git, however the user named it */
    enum file_kind kind;
    const struct source *source;
    struct finding_list findings;
    struct finding_list all; /* with those that the baseline knows, in their order; empty without */
    uint32_t ignored;        /* findings that inline comments or the baseline took away */
    const struct check_job *job; /* for check_text; NULL with no_repository */
};

/* A file or folder that could not be looked at. */
struct unread {
    str path, why;
    bool asked; /* the user named it, or a folder above it; else only rules would have liked it */
};

struct check_result {
    VEC(struct checked_file) files; /* sorted by path */
    VEC(struct unread) unread;
    uint32_t errors, warnings, notes;
    const struct repository *repository; /* of the first path; NULL with no_repository */
    const struct baseline *baseline;     /* what baseline_apply() read; NULL without */
    int64_t today;                       /* days since 1970, as the run took it */
};

/* What to look at: files and directories as the user named them. */
struct check_input {
    const str *paths; /* "-" is standard input */
    size_t count;
    str stdin_text; /* of standard input */
};

/* Look at files and directories. Directories are walked; files inside them are recognised by name
 * and content. */
MUST_CHECK bool check_run(struct arena *arena, const struct host *host,
                          const struct check_input *input, const struct check_options *options,
                          struct check_result *out_result, struct err *err);

/* Make one of findings that are one to a person: for reports that people read. Its `rules` names
 * all of them, its fix has all their titles, but the edits of the first. */
void check_join(struct arena *arena, struct check_result *result);

/* Look at one text again, as check_run would have with the same options: for fix, which must know
 * whether an edit made a new finding. `like` tells path, kind and repository. */
struct finding_list check_text(struct arena *arena, const struct check_result *like,
                               const struct checked_file *file, str text,
                               const struct check_options *options);

/* Read .plimsoll.yaml and .hadolint.yaml, nearest upwards from `start` to the repository root, or
 * `config_path` when it is given. Unknown keys are ERR_USAGE with line and nearest key. */
MUST_CHECK bool check_config_read(struct arena *arena, const struct host *host, str start,
                                  str config_path, struct check_options *out_options,
                                  struct err *err);

/* -- baseline ---------------------------------------------------------------------------------- */

/* Findings that were there before, by rule, path and a hash of the flagged text and its place among
 * equals; line numbers do not count, so that unrelated edits keep a baseline good. Entries of a
 * file that is gone stand for equal findings of other files, one each: it was renamed. */
MUST_CHECK bool baseline_apply(struct arena *arena, str json, struct check_result *result,
                               struct err *err);

/* Mark the findings of another text of the file that the baseline knows: for check_text(). */
void baseline_mark(struct arena *arena, const struct baseline *baseline,
                   const struct checked_file *file, struct finding_list *findings);

/* The baseline of a result, as JSON text. */
str baseline_print(struct arena *arena, const struct check_result *result);

/* For each finding of a file a hash that survives unrelated edits: rule, path below the repository,
 * text, place among equals. */
const uint64_t *finding_fingerprints(struct arena *arena, const struct checked_file *file);
