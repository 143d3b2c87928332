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
