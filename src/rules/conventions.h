#pragma once

#include "rules/builds.h"

/*
 * rules/conventions -- what a repository already does, so that fixes extend it and add no second
 * of a kind.
 *
 *   all jobs of a repository --conventions_of--> one set of facts, before any rule runs
 *
 * Shapes   "" and FAMILY_UNKNOWN: the files do not agree, or none says. A way of Dockerfiles is a
 *          convention when at least CONVENTION_FILES_MIN of them have it, and three of four of
 *          those that could.
 * Cost     Linear in the repository's files.
 * Source   The guide's Existing Repository Compatibility.
 */

enum { CONVENTION_FILES_MIN = 3 };

enum scanner {
    SCANNER_NONE,
    SCANNER_TRIVY,
    SCANNER_GRYPE,
    SCANNER_SNYK,
    SCANNER_SCOUT,
    SCANNER_PLIMSOLL,
};

/* One scan of an image in a CI file: by an action, or by a command. */
struct image_scan {
    const struct source *source;
    enum scanner scanner;
    const struct ci_step *step;          /* NULL: a command outside of CI */
    const struct shell_command *command; /* NULL: an action */
    const struct command_script *script; /* of the command */
    uint32_t index;                      /* of the command in its script */
    struct shell_words words;            /* behind "trivy image", also of one run in a container */
    str image;                           /* as written; "" when there is none */
    bool image_known;                    /* no variable decides it */
    span at;
};
VEC_TYPE(image_scans, struct image_scan);

struct conventions {
    bool names_scanner;        /* some CI file, script or recipe speaks of a scanner */
    bool scans_unknown;        /* some scanner is used in a way that is not understood */
    struct image_scans scans;  /* in the order of the files */
    struct map scanned;        /* base names of the images that are scanned */
    bool scans_open;           /* some scan's image is not known */
    struct map made;           /* base name of a tag -> the struct known_build that makes it */
    uint32_t action_builds;    /* builds by docker/build-push-action */
    str cache_backend;         /* of most cache exports: "gha", "registry", "local" ... */
    str cache_ref;             /* of one registry export whose text is known: "ghcr.io/x/y:cache" */
    str run_rights;            /* options by which the repository's own runs give up rights */
    enum base_family family;   /* of what ships */
    str node_manager;          /* npm, yarn, pnpm, bun */
    str python_manager;        /* pip, poetry, uv */
    str user;                  /* who images run as, by name */
    str user_of_most;          /* the same of fewer files: for who has to choose a name */
    str uid;                   /* number of the user that most images run as: "10001" */
    bool user_by_number;       /* and USER gives it */
    str workdir;               /* of the stage that ships */
    str no_new_privileges;     /* item of security_opt, as the compose files write it */
    str all_capabilities;      /* item of cap_drop, as they and the manifests write it */
    str size_limit;            /* of most emptyDirs: "128Mi" */
    bool seccomp_by_container; /* profiles stand at the containers, not at their pods */
    bool classic_builder;      /* some file builds with a builder that knows no mounts */
};

/* How the repository's files write these, and how they are written where none does: "ALL",
 * "no-new-privileges:true", the given size. `repository` may be NULL. */
str usual_all_capabilities(const struct repository *repository);
str usual_no_new_privileges(const struct repository *repository);
str usual_size_limit(const struct repository *repository, const char *otherwise);

/* Do seccomp profiles stand at the containers, not at their pods? */
bool usual_seccomp_by_container(const struct repository *repository);

/* Look at all jobs: for repository_learn(). */
const struct conventions *conventions_of(const struct repository *repository);

/* Does a text speak of a scanner? Wider than what is understood, so that nobody who scans is told
 * to. */
bool names_scanner(str text);

/* The scans of one CI file; either may be NULL. */
struct image_scans image_scans_of(struct arena *arena, const struct yaml_file *yaml,
                                  const struct command_file *commands);

/* An option of a scan that is a command; false when it is not there. A switch has the value "". */
bool scan_option(const struct image_scan *scan, const char *name, str *out_value);

/* "ghcr.io/x/app:1@sha256:.." is "app": what builds, tags and scans of one image share. */
str image_base_name(str reference);

/* The options of a `docker run` that give up rights, in their order and spelling; "" for none. */
str run_rights_of(struct arena *arena, const struct source *source,
                  const struct docker_command *docker);

/* Does a `docker run` give up any right, as far as its text tells? */
bool docker_gives_up(const struct docker_command *docker);

/* The directory that the stage which ships says last; "" when it says none or it is not known. */
str final_workdir(const struct facts *facts);

/* "debian", "alpine" ...: for messages. */
const char *family_name(enum base_family family);
