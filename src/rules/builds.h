#pragma once

#include "rules/yaml_facts.h"

/*
 * rules/builds -- builds of images, whoever asks for them.
 *
 *   a file's commands, steps and services --build_calls_of--> its builds
 *   all files of a repository --known_builds_of--> all builds, with the Dockerfile that each reads
 *
 * Shapes   What a build does not say is ""; what a variable decides is not `known`.
 * Cost     Linear in the file.
 * Source   `docker build --help`, docker/build-push-action, the compose specification's build.
 */

enum build_caller { BUILD_BY_COMMAND, BUILD_BY_ACTION, BUILD_BY_COMPOSE };

struct build_value {
    str text; /* "id=npmrc,src=...", "type=gha", "NAME=value" */
    bool known;
    span at;
    str raw; /* of a command: the word, quotes and variables as written; else "" */
};
VEC_TYPE(build_values, struct build_value);

/* One image build, as a command, a docker/build-push-action step or a compose `build:` says it. */
struct build_call {
    enum build_caller caller;
    const struct source *source;
    span at;
    str context, dockerfile, target; /* "" when not given; relative as written */
    bool context_known, dockerfile_known, target_known;
    span target_at;
    struct build_values build_args, secrets, cache_from, cache_to, tags;
    bool buildx, no_cache, push;
    str push_when; /* the expression that decides about the push; "" when it is plain */
    const struct docker_command *command; /* BUILD_BY_COMMAND */
    const struct node *node;              /* BUILD_BY_ACTION: `with`; BUILD_BY_COMPOSE: `build` */
    const struct ci_step *step;           /* CI files; else NULL */
};
VEC_TYPE(build_calls, struct build_call);

/* Every build of a file. Either may be NULL. */
struct build_calls build_calls_of(struct arena *arena, const struct yaml_file *yaml,
                                  const struct command_file *commands);

struct check_job;

/* A build, the file that asks for it and, where that is certain, the Dockerfile that it reads. */
struct known_build {
    const struct check_job *job;
    struct build_call call;
    const struct facts *facts; /* NULL: not known */
};
VEC_TYPE(known_builds, struct known_build);

/* All builds of all files of a repository: for repository_learn(). */
const struct known_builds *known_builds_of(const struct repository *repository);

/* The Dockerfile that a build of this job's file reads; NULL when that is not certain. */
const struct facts *build_call_facts(struct arena *arena, const struct check_job *job,
                                     const struct build_call *call);

/* The same for a file that is just being looked at: repository and path are found by its source. */
const struct facts *build_facts_in(struct arena *arena, const struct repository *repository,
                                   const struct source *source, const struct build_call *call);

/* The value of a field of "type=registry,ref=x,mode=max"; "" when it is not there. */
str build_field(str text, const char *name);
