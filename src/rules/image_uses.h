#pragma once

#include "rules/repository.h"
#include "rules/yaml_fix.h"

/*
 * rules/image_uses -- who runs the images that this repository builds, and what those images hold.
 *
 *   builds (tags) --names--> Dockerfile <--image:-- containers of pods, services, docker run
 *
 * Shapes   A use belongs to a Dockerfile only where one build of the repository makes an image of
 *          exactly that name, and no other Dockerfile does; a service with `build:` names its own.
 *          What the Dockerfile's text does not decide is not known.
 * Cost     One walk over the repository's builds; each rule one over pods, services and commands.
 * Errors   None.
 * Threads  For rules over a whole repository, in one thread, where nothing else is said.
 * Source   Compose specification (build, image), Skaffold's build.artifacts, docker build --tag.
 */

struct image_use {
    const struct check_job *job;             /* whose file says it */
    const struct facts *facts;               /* of the Dockerfile; never NULL, has a final stage */
    const struct container_facts *container; /* one of these three is set */
    const struct service_facts *service;
    const struct docker_command *run;
};
VEC_TYPE(image_uses, struct image_use);

/* Fill repository->images and image_notes: once all its files are parsed and connected. */
void images_name(struct repository *repository);

/* Who the image runs as. */
struct image_user {
    bool known;
    bool root;
    bool by_name; /* USER is a name, so that only its passwd file has the number */
    str name;     /* as USER says it, without group */
    int64_t uid;  /* -1 when not known */
};
struct image_user image_user_of(const struct facts *facts);

/* What a rule over one file may ask of an image: by its name, and by its Dockerfile where that is
 * certain. Takes no memory from the Dockerfile's arena, so that threads do not meet there. */
struct image_known {
    const struct facts *facts;         /* NULL when the repository does not build it */
    const struct server_image *server; /* it, or what it is built on; NULL when not in the table */
    struct image_user user;
    bool as_root;                    /* nothing says that it starts as another user */
    const struct str_list *writable; /* image_writable(); NULL when not known */
};
struct image_known container_image(const struct yaml_file *file,
                                   const struct container_facts *container);
struct image_known service_image(const struct yaml_file *file, const struct service_facts *service);

typedef void image_use_check(struct rule_sink *sink, const struct image_use *use);

/* Every use, with a sink that reports into its own file. */
void each_image_use(const struct repository *repository, struct rule_sink *sink,
                    image_use_check *check);

/* Where to report something about the use as a whole. */
span image_use_place(const struct image_use *use);

/* What fills the directory in the image: a COPY, ADD or command that writes it or below it, and
 * that nothing removes. NULL when the text tells of none. */
const struct trace *image_fills(const struct facts *facts, str path);

/* Is the directory given to this user by a chown, a COPY --chown or an install -d? NULL when the
 * text does not say so, else where it does. The path "" is any directory or file. */
const struct step_facts *image_gives(const struct facts *facts, str path,
                                     const struct image_user *user);

/* Directories that a RUN makes for this user, and that neither WORKDIR, VOLUME nor any file takes:
 * what is left is there to be written to when the program runs. */
struct str_list image_writable(struct arena *arena, const struct facts *facts,
                               const struct image_user *user);

/* "PATH:uid=1000": a tmpfs that this user may write to. */
str tmpfs_for(struct arena *arena, str path, const struct image_user *user);

/* A port below 1024 that EXPOSE names; 0 when there is none. */
unsigned image_low_port(const struct facts *facts);

/* Some command of the image sets a file's capabilities. */
bool image_sets_capabilities(const struct facts *facts);
