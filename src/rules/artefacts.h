#pragma once

#include "rules/questions.h"

/*
 * rules/artefacts -- programs that a stage builds and another one copies: what made them, and how
 * they are linked.
 *
 *   COPY --from=build /src/app /app --artefact_of--> go build, static | against glibc | musl
 *
 * Shapes   What the text does not decide is LINK_UNKNOWN: flags from a variable, a build that a
 *          script does, a base that is not in the table.
 * Errors   None.
 */

enum artefact_kind { ARTEFACT_NONE, ARTEFACT_GO, ARTEFACT_RUST, ARTEFACT_C };

enum linkage {
    LINK_UNKNOWN,
    LINK_STATIC,
    LINK_PERHAPS, /* Go with cgo on: dynamic as soon as it uses net, os/user or C */
    LINK_DYNAMIC,
};

struct artefact {
    enum artefact_kind kind;
    enum linkage linkage;
    enum base_libc libc; /* of the stage that built it */
    uint32_t stage;
    const struct step_facts *step; /* that built it */
    const struct shell_command *command;
};

/* What made the file that this word of a COPY --from names. kind is ARTEFACT_NONE when the text
 * does not say. */
struct artefact artefact_of(const struct facts *facts, const struct step_facts *copy,
                            const struct word *source);

/* `cp target/release/app /app`: what was copied to this path; "" when this command did not. */
str artefact_moved_from(const struct facts *facts, const struct step_facts *step,
                        const struct shell_command *command, str path);

/* The stage that a COPY or ADD takes from; NO_INDEX: the context, an image. */
uint32_t copied_stage(const struct facts *facts, const struct step_facts *copy);

/* "go", "rustc", "cc" */
const char *artefact_maker(const struct artefact *artefact);

/* Does the image that ships listen on a port: EXPOSE in it, or in a stage below? */
bool ships_a_server(const struct facts *facts);

/* What is in this path that is built for one runtime and one libc ("wheels", "native add-ons"), by
 * the names of its directories and the image that made them; NULL: nothing that is known. */
const char *native_packages_in(str path, str repository);
