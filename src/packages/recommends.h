#pragma once

#include "base/map.h"
#include "packages/notes.h"

/*
 * packages/recommends -- debs that nobody asked for and none needs; and files that no list names.
 * Private to packages/.
 *
 *   notes of status and extended_states --recommending_add--> .. --recommending_end--> recommended
 *
 * Shapes   Packages that somebody asked for, and all that they need, stay. Of the rest those that
 *          another one recommends, and what only they need, came by recommendation.
 */

struct deb; /* what it needs, recommends, provides */

struct recommending {
    struct arena *arena;
    struct package_list *list;
    const struct map *names; /* of debs: index + 1 as a pointer */
    struct map provided;     /* name -> struct providers * */
    struct deb *debs;        /* by index in the list */
    bool any;                /* some are unasked */
};

/* Begin with the packages that are there; add each note; then say which came by recommendation. */
struct recommending recommending_new(struct arena *arena, struct package_list *list,
                                     const struct map *names);
/* A note of any database. */
void recommending_add(struct recommending *r, str note);
/* Set `recommended` in the list. */
void recommending_end(struct recommending *r);

/* The names of the debs that make such a file, blank-separated, the likeliest first; false where
 * none is known to. */
bool package_makers(str path, str *out_names);
