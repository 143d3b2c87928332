#pragma once

#include "rules/templates.h"

/*
 * rules/templates/template_stages -- making two stages of one, for all kinds of programs.
 *
 *   begin -> (the kind's own: base, ship ...) -> give
 *
 * Shapes   Only the last stage of a file is taken apart, at its last RUN. What is shipped keeps its
 *          path, so that CMD and ENTRYPOINT stay as they are.
 */

enum { SHIPPED_MAX = 16 };

struct second_stage {
    const struct facts *facts;
    const struct step_facts *last;  /* RUN of the stage */
    const struct step_facts *start; /* ENTRYPOINT, else CMD: one command */
    str base;                       /* reference of the new stage's image */
    str paths[SHIPPED_MAX];         /* absolute, what is copied from the old stage */
    str places[SHIPPED_MAX];        /* and where to: the same path, as a rule */
    uint32_t path_count;
    bool libraries; /* what is built needs packages: `packages` gets those that are not to build */
    str packages;   /* the new stage installs, blank-separated */
    str setting;    /* ENV line of the new stage, without its line end; "" when none */
    str command;    /* the new stage runs behind its COPY; "" when nothing */
    struct template_edits edits;
};

/* Can the stage that ships be taken apart at all? */
bool second_stage_begin(const struct facts *facts, struct second_stage *plan);

/* Ship a path too, to the same place or to another one. */
void second_stage_ship(struct second_stage *plan, str path);
void second_stage_ship_to(struct second_stage *plan, str path, str place);

/* Ship the directories that programs read and that the tree has, where all of it was copied; false
 * where the tree is not known. */
bool second_stage_assets(const struct facts *facts, struct second_stage *plan);

/* The program that is begun, as an absolute path; "" when that is not known. */
str second_stage_program(const struct second_stage *plan);

/* The release of the system below a build image: "alpine:3.19", "debian:bookworm-slim"; "" when
 * there is none of these two. */
str second_stage_system(const struct facts *facts);

/* Is the directory of a .venv in PATH when the program is begun, or named by it? */
bool second_stage_begins_in_venv(const struct second_stage *plan);

/* What other Dockerfiles of the repository ship the results of the same builder on, "" when none
 * does. libc LIBC_NONE: a static program, which runs anywhere. */
str second_stage_usual_base(const struct facts *facts, enum base_libc libc);

/* Give the newest finding the edits. */
bool second_stage_give(struct rule_sink *sink, struct second_stage *plan, const char *title);

/* The same for what pip builds, on an image of python: "" when the image has all of it. */
const char *template_wheel_library_of(str package, bool apk);

/* The library's own packages, blank-separated, of a package to build with; NULL: not known. */
const char *template_library_of(str package, bool apk);

/* The kinds of programs (template_programs.c, template_native.c, template_runtimes.c): fill base
 * and paths. */
bool second_stage_native(struct second_stage *plan);
bool second_stage_c(struct second_stage *plan);
bool second_stage_java(struct second_stage *plan);
bool second_stage_dotnet(struct second_stage *plan);
bool second_stage_uv(struct second_stage *plan);
