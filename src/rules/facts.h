#pragma once

#include "base/io.h"
#include "context/context.h"
#include "data/data.h"
#include "dockerfile/dockerfile.h"
#include "rules/rules.h"
#include "rules/traces.h"
#include "shell/shell.h"

/*
 * rules/facts -- what every rule may know about a file, worked out once.
 *
 * Shapes   steps[i] belongs to file->instructions[i]. A value that the text does not decide is not
 *          guessed: `known` flags say so, and base == NULL means that the base image is not in
 *          our table. `tree` is the build context where one is known, else NULL.
 * Cost     Linear in the file.
 */

enum shell_kind {
    SHELL_KIND_UNKNOWN, /* base not known: treat as sh */
    SHELL_KIND_SH,      /* POSIX sh whose make is not known */
    SHELL_KIND_DASH,
    SHELL_KIND_ASH,
    SHELL_KIND_BASH,
    SHELL_KIND_POWERSHELL,
    SHELL_KIND_CMD,
    SHELL_KIND_NONE,  /* scratch, distroless: there is no shell */
    SHELL_KIND_OTHER, /* python, perl ...: not judged */
};

enum base_family {
    FAMILY_UNKNOWN,
    FAMILY_DEBIAN,
    FAMILY_UBUNTU,
    FAMILY_ALPINE,
    FAMILY_RHEL, /* fedora, centos, rocky, alma, ubi, amazonlinux, oraclelinux */
    FAMILY_SUSE,
    FAMILY_WOLFI,
    FAMILY_ARCH,
    FAMILY_BUSYBOX,
    FAMILY_DISTROLESS,
    FAMILY_SCRATCH,
    FAMILY_WINDOWS,
};

enum base_libc { LIBC_UNKNOWN, LIBC_GLIBC, LIBC_MUSL, LIBC_NONE };

/* One row of what is known about base images (rules/base_facts.c). */
struct base_fact {
    const char *name;       /* for `explain base/NAME`: "python-slim" */
    const char *repository; /* normalised: "python", "gcr.io/distroless/static-debian12" */
    const char *tags;       /* globs over the tag, first row that matches wins: "*-slim*", "*" */
    enum base_family family;
    enum base_libc libc;
    enum shell_kind shell; /* what /bin/sh is */
    bool has_bash;
    const char *user;     /* user in its config: "" is root */
    const char *nonroot;  /* a non-root user that it brings: "node"; NULL when there is none */
    int nonroot_uid;      /* -1 when there is none */
    const char *packages; /* "apt", "apk", "dnf", "microdnf", "yum", "zypper", NULL */
    const char *has;      /* programs it has that rules ask about: "curl wget git gcc make ..." */
    bool ca_certificates, tzdata;
    bool sdk;           /* made to build with, not to ship: golang, rust, gcc, maven, jdk ... */
    const char *slim;   /* what to ship instead, NULL: "-slim" at the tag's end, "-slim-" behind its
                         * version, or a reference: "eclipse-temurin:21-jre" */
    const char *alpine; /* the alpine sibling: "-alpine", NULL */
    double unpacked_mb, pull_mb; /* 0: not measured */
    const char *measured;        /* the day on which `sample` was built; NULL with both 0 */
    const char *sample;          /* the image that was measured: "python:3.14-slim" */
    const char *use, *tradeoff;
    const char *cmd; /* its CMD or ENTRYPOINT names a server: "nginx"; NULL */
    const char *source;
};

enum package_verb {
    PACKAGE_NONE,
    PACKAGE_INSTALL,
    PACKAGE_UPDATE,
    PACKAGE_UPGRADE,
    PACKAGE_CLEAN,
    PACKAGE_REMOVE
};

/* What a command does with a package manager. */
struct package_command {
    const struct shell_command *command;
    const char *manager; /* "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pip",
                          * "npm", "yarn", "pnpm", "bun", "gem", "bundle", "composer", "poetry",
                          * "uv", "conda", "go", "cargo", "mvn", "gradle", "nuget"; NULL: none */
    enum package_verb verb;
    struct shell_words packages; /* operands of an install: unknown words included */
};
/* How far a rule looks from one step to others, and how many commands of one step are looked at for
 * packages: further than any file that a person wrote, so that hostile ones cost linear time. */
enum { LOOK_STEPS_MAX = 256, STEP_COMMANDS_MAX = 1024 };

/* One instruction, with what is in force when it runs. */
struct step_facts {
    const struct instruction *instruction;
    uint32_t stage; /* NO_INDEX before the first FROM */
    str user;       /* as USER says, expanded; "" when only the base says */
    bool user_known;
    str workdir;      /* absolute, expanded; a base's own that is not known is taken as "/" */
    bool workdir_set; /* some WORKDIR of this stage or of a stage below said so */
    bool workdir_known;
    enum shell_kind shell;
    bool shell_set;                     /* a SHELL instruction is in force */
    bool shell_pipefail, shell_errexit; /* what SHELL's own words switch on */
    const struct script
        *script; /* shell form text of RUN, CMD, ENTRYPOINT, HEALTHCHECK; heredoc script */
    bool script_is_heredoc;               /* RUN that is only a heredoc: no errexit by default */
    str interpreter;                      /* its shebang, "" when none */
    const struct shell_command *commands; /* of the script, or the exec form as one command */
    uint32_t command_count;
    const struct package_command
        *packages; /* of a RUN: one a command; NULL otherwise, and past STEP_COMMANDS_MAX */
    struct trace_list traces; /* of RUN, COPY and ADD, in order */
    str *directories; /* where each command runs, "" not known; of a RUN with packages, else NULL */
};

struct stage_facts {
    const struct stage *stage;
    str image; /* reference of the image below all stages, "" when not known */
    str repository, tag,
        digest; /* of that reference; repository is normalised: "python", "ghcr.io/x/y" */
    const struct base_fact *base;
    enum base_family family;
    bool windows;
    bool ships;     /* it, or a stage built on it, is what is shipped */
    bool final;     /* it is the stage that is shipped */
    bool reachable; /* the shipped stage needs it */
    str user;       /* in force at its end; "" is the base's own */
    bool user_known;
};

/* The only rule that runs over a template. */
#define RULE_OF_TEMPLATES "correctness/template"

struct facts {
    struct arena *arena;
    const struct source *source;
    const struct dockerfile *file;
    const struct check_options *options;
    struct step_facts *steps; /* one an instruction */
    uint32_t step_count;
    struct stage_facts *stages;
    uint32_t stage_count;
    struct name_list targets; /* stages that ship, where known builds name them; else empty */
    const struct stage_facts *final;                         /* NULL when there is no stage */
    const struct step_facts *final_steps[INSTRUCTION_COUNT]; /* for final_step() */
    const struct contents *contents;     /* what its stages hold: rules/contents.h */
    const struct context_tree *tree;     /* build context; NULL when not known */
    str context_path;                    /* of the context, relative to the repository */
    const struct ignore *ignore;         /* NULL when there is none */
    const struct repository *repository; /* NULL when not known */
    bool is_template; /* "{{ if }}" and its kin, and problems: no Dockerfile yet, not judged */
    int64_t today;    /* days since 1970 */
};

/* Work out the facts of a parsed file. */
struct facts *facts_make(struct arena *arena, const struct dockerfile *file,
                         const struct check_options *options, int64_t today);

/* The stages that ship, where another than the last does: the last of them is the final one. Those
 * that the file does not have are passed over; with none left nothing changes. */
void facts_ship(struct facts *facts, const str *targets, uint32_t count);

/* Does a stage's name say that it is for development or tests: "dev", "test", "dev-envs" ...? */
bool is_workshop_name(str name);

/* The row for an image reference, NULL when it is not in the table. */
const struct base_fact *base_fact_find(str repository, str tag);

/* The row of a sibling as a row's `slim` or `alpine` names it; NULL when there is none. */
const struct base_fact *base_sibling(struct arena *arena, const struct base_fact *base,
                                     const char *sibling);

/* What to ship a program on that was built on `base`: its slim sibling, else the smallest plain
 * image of its family; NULL when the table has none. */
const struct base_fact *base_to_ship(struct arena *arena, const struct base_fact *base);

/* The first day on which a release gets no more fixes, "2024-06-30": of the image itself or of the
 * distribution release that its tag names. NULL when it is supported or not known. `out_what` says
 * what ended: "Debian 10 (buster)". */
const char *base_end(str repository, str tag, const char **out_what);

/* All rows, for explain. */
const struct base_fact *base_facts_all(struct arena *arena, size_t *out_count);

/* "docker.io/library/python:3.12-slim@sha256:..": python, 3.12-slim, sha256:.. */
struct image_name {
    str repository, tag, digest;
};
struct image_name image_name_parse(struct arena *arena, str reference);

/* -- what is found ----------------------------------------------------------------------------- */

struct rule_sink {
    struct arena *arena;
    const struct rule *rule; /* whose check is running */
    const struct source *source;
    const struct facts *facts; /* NULL outside of Dockerfiles */
    struct finding_list *findings;
};

/* Report at a place of the sink's source. The finding is good until the next one: set bytes, fix
 * and related right away. The message: what is wrong here, single quotes around foreign words, no
 * full stop. */
struct finding *found(struct rule_sink *sink, span at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Give the newest finding a fix of the rule's own class; then add its edits. */
void found_fix(struct rule_sink *sink, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same with another class than the rule's. */
void found_fix_as(struct rule_sink *sink, enum fix_safety safety, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* One edit of the newest finding's fix: replace `at` by `text`. */
void found_edit(struct rule_sink *sink, span at, str text);

/* An edit that inserts in front of / behind. */
void found_insert(struct rule_sink *sink, uint32_t offset, str text);

/* An edit that takes away whole lines of an instruction, its line end included. */
void found_remove_instruction(struct rule_sink *sink, const struct instruction *instruction);

/* Another place that the newest finding speaks of. */
void found_related(struct rule_sink *sink, span at, const char *format, ...) PRINTF_LIKE(3, 4);

/* Other severity than the rule's own, for this one finding. */
void found_severity(struct rule_sink *sink, enum severity severity);

/* -- walking (rules/query.c) ------------------------------------------------------------------- */

typedef void command_check(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command);

/* Every command of every RUN that POSIX rules judge. */
void each_run_command(const struct facts *facts, struct rule_sink *sink, command_check *check);

typedef void package_check(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct package_command *package);

/* Every command of every RUN that does something with a package manager. */
void each_package(const struct facts *facts, struct rule_sink *sink, package_check *check);

typedef void step_check(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step);

/* Every instruction of a kind that is not broken; INSTRUCTION_COUNT is any kind. */
void each_step(const struct facts *facts, struct rule_sink *sink, enum instruction_kind kind,
               step_check *check);

/* -- questions that many rules ask (rules/query.c) --------------------------------------------- */

/* for each step of the file that has commands and is to be judged by POSIX rules */
bool step_is_posix(const struct facts *facts, const struct step_facts *step);

/* RUN instruction of POSIX text. */
bool step_is_run(const struct facts *facts, const struct step_facts *step);

/* The steps around one that rules look at: [step_look_first, step_look_end). */
const struct step_facts *step_look_first(const struct facts *facts, const struct step_facts *step);
const struct step_facts *step_look_end(const struct facts *facts, const struct step_facts *step);

/* The stage that the step stands in. */
const struct stage_facts *step_stage(const struct facts *facts, const struct step_facts *step);

/* The last instruction of a kind in the stage that ships (its own lines only), NULL when there is
 * none. */
const struct step_facts *final_step(const struct facts *facts, enum instruction_kind kind);

/* Is this user root? "root", "0", "0:0", "root:root", and "" with a base whose own user is root. */
bool user_is_root(str user, const struct base_fact *base);

/* Is `path` the directory itself, or below it? Both absolute or both relative, no trailing '/'. */
bool path_covers(str directory, str path);

/* Does the step have a mount of that type whose target covers `path` ("/var/cache/apt" covers
 * "/var/cache/apt/archives")? NULL when it has not. */
const struct mount *step_mount(const struct step_facts *step, enum mount_type type, str path);

/* The step's text holds this command; NULL when it has not. `sub` may be NULL. */
const struct shell_command *step_find(const struct step_facts *step, const char *name,
                                      const char *sub);

/* Has it any of these blank-separated options? */
bool command_has_any(const struct shell_command *command, const char *options);

/* Is it a removal (rm, find -delete, unlink) that takes away `path`, globs of the removal included
 * ("rm -rf /var/lib/apt/lists" and "/var/lib/apt/lists/x*" both remove what is below it)? */
bool command_removes(const struct shell_command *command, str path);

/* Is the manager's own clean-up called behind this command, in the same step? */
bool cleans_behind(const struct step_facts *step, const struct package_command *package);

/* What a command does with packages; its manager is NULL when it does nothing with them. */
struct package_command package_command_of(struct arena *arena, const struct shell_command *command);

/* The same for a command of a step: as it was found when the facts were made. */
struct package_command step_package(const struct facts *facts, const struct step_facts *step,
                                    const struct shell_command *command);

/* Where text goes to stand behind a command in the same RUN: " && rm -rf x" in the style that this
 * RUN uses (own line with its indentation and continuation, or the same line; "&&" at the end or
 * the start of lines). */
struct edit run_append_edit(const struct facts *facts, const struct step_facts *step,
                            const struct shell_command *after, str command_text);

/* Insert an option behind a word, in the word's own line: " --no-install-recommends"; as elements of
 * its array in exec form. */
struct edit insert_after_word(struct arena *arena, const struct shell_word *word, str text);

/* A new instruction line in front of / behind an instruction, in the file's line end and keyword
 * case ("USER app\n"). */
struct edit insert_before_instruction(const struct facts *facts, const struct instruction *at,
                                      str line);
struct edit insert_after_instruction(const struct facts *facts, const struct instruction *at,
                                     str line);

/* Add --mount=... (or another flag) to a RUN, in front of its other arguments. */
struct edit add_flag(const struct facts *facts, const struct instruction *at, str flag);

/* The same for several at once, each on a line of its own as far as the RUN has such lines. */
struct edit add_mounts(const struct facts *facts, const struct instruction *at, const str *flags,
                       uint32_t count);

/* Take an option out of its command, with the blanks or the line join in front of it. False where a
 * comment stands between. */
bool remove_word_edit(const struct facts *facts, const struct shell_command *command,
                      const struct shell_word *word, struct edit *out_edit);

/* Take a command out of its RUN together with what joins it to its neighbour. False when it stands
 * alone, or where that cannot be done by text. */
bool remove_command_edit(const struct facts *facts, const struct step_facts *step,
                         const struct shell_command *command, struct edit *out_edit);

/* Make one RUN of two that follow each other: "a && \ b", comments between kept. False when that
 * could change what they do (other flags, cd, set, ||, heredocs, ...). */
bool merge_runs_edit(const struct facts *facts, const struct step_facts *first,
                     const struct step_facts *second, struct edit *out_edit);

/* The value of a Dockerfile word with the variables in force, or not known. */
bool word_value(const struct facts *facts, const struct instruction *at, str raw, str *out_value);

/* A path of an instruction made absolute by the step's WORKDIR and cleaned; "" when not known. */
str step_path(const struct facts *facts, const struct step_facts *step, str path);

/* The image that ships is one to develop or test in, by its name and by what it starts. */
bool is_for_development(const struct facts *facts);

/* The last install of a stage that brought development dependencies, when nothing took them out
 * again; NULL otherwise. */
const struct shell_command *dev_install_of(const struct facts *facts, uint32_t stage);

/* A path of the context whose first name is what build steps outside of Dockerfiles make. */
bool is_made_elsewhere(str path);

/* The step's text names this path (word-wise, after joining with WORKDIR). */
bool step_mentions(const struct facts *facts, const struct step_facts *step, str path);
