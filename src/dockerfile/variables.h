#pragma once

#include "dockerfile/shapes.h"

/*
 * dockerfile/variables -- ARG and ENV: which are visible where, and what a word with them means;
 * comes with dockerfile/dockerfile.h.
 *
 *   word + variables --expand_word--> value, or why it has none
 *
 * Shapes   A variable is known when the text alone decides its value. Names are case sensitive.
 * Cost     dockerfile_variable() is a look-up; scope_walk passes a stage once.
 * Errors   None; an expansion that fails says so in its result.
 */

/* The value of a variable, or false when it is not set. */
struct variables {
    bool (*find)(const void *context, str name, str *out_value);
    const void *context;
};

struct expansion {
    bool ok;
    str value;         /* when ok */
    const char *error; /* when not ok */
    str error_text;    /* what it is about, e.g. the message of ${x?message} */
    bool unset;        /* some variable without a default was not set: taken as "" */
    str unset_name;
};

/* Expand one word by Dockerfile rules: quotes removed, every ${} form. */
struct expansion expand_word(struct arena *arena, str word, char escape,
                             const struct variables *variables);

/* The same, and split at blanks outside of quotes, as COPY and friends do. */
struct expansion expand_words(struct arena *arena, str word, char escape,
                              const struct variables *variables, struct str_list *out_values);

/* Each variable that a word refers to, in order: its name and where ("${x:-1}" whole). `at` is the
 * word's own place in the instruction's logical text. */
struct word_reference {
    str name;
    span at;
    bool has_default; /* :- - :+ + forms */
};
VEC_TYPE(word_references, struct word_reference);
void word_references(struct arena *arena, const struct word *word, char escape,
                     const struct joined *logical, struct word_references *out_references);

/* One variable that is visible at an instruction. */
struct variable {
    str name, value;
    bool known;  /* the value is known from the text (an ARG without default is not) */
    bool set;    /* it has a value, known or not; false: only the command line gives one */
    bool is_env; /* ENV; else ARG */
    const struct pair *pair; /* NULL for predefined ones */
    const struct instruction *instruction;
};

/* The variable of that name just before `at`, NULL when the text sets none. Cheap. */
const struct variable *dockerfile_variable(const struct dockerfile *file,
                                           const struct instruction *at, str name);

/* What is visible just before `instruction`: ARGs and ENVs of its stage and of those it is built
 * on, or (for FROM and what stands before it) the global ARGs and the platform args.
 * `name` -> struct variable *. Walks the stage from its start: for one name take
 * dockerfile_variable(), for all instructions take scope_walk. */
const struct map *dockerfile_scope(struct arena *arena, const struct dockerfile *file,
                                   const struct instruction *instruction);

/* The same for all instructions of a stage in one walk: `variables` is what is visible before the
 * first instruction behind FROM; scope_step() takes over what an instruction sets.
 *
 *     struct scope_walk walk = scope_begin(arena, file, stage->index);
 *     for (uint32_t i = stage->first + 1; i < stage->end; i++) {
 *         ... walk.variables ...
 *         scope_step(&walk, &file->instructions.at[i]);
 *     }
 */
struct scope_walk {
    struct arena *arena;
    const struct dockerfile *file;
    struct map variables; /* name -> struct variable * */
};
struct scope_walk scope_begin(struct arena *arena, const struct dockerfile *file, uint32_t stage);
void scope_step(struct scope_walk *walk, const struct instruction *in);

/* Predefined in every stage: HTTP_PROXY ... ; and the platform args of the global scope. */
bool is_proxy_arg(str name);
bool is_platform_arg(str name);
