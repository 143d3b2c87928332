#pragma once

#include "analyze/dive.h"
#include "analyze/gates.h"
#include "analyze/image_tree.h"
#include "packages/packages.h"

/*
 * analyze/analyze -- where an image's bytes are, who put them there, and what is waste.
 *
 *   image + image_view --analyze_image--> struct analysis
 *
 * Shapes   Rows are sorted by what they weigh. A hidden byte has a writer (the layer that added it)
 *          and a hider (the layer that took it from sight): a pull still brings it.
 * Units    Bytes of regular files; `pull` are compressed bytes of the blobs. efficiency is V / L, 1
 *          for an image without bytes.
 * Cost     Linear in the entries, and a sort.
 * Errors   None.
 * Source   The identity deleted + replaced + touched = L - V holds.
 */

/* All that one layer hides of what another wrote. */
struct waste_pair {
    uint32_t writer, hider;
    enum fate fate;
    uint64_t bytes, pull;
    uint32_t files;
    str example; /* the largest of them */
    uint64_t example_bytes;
};

struct waste_path {
    str path;
    uint64_t bytes, pull;
    uint32_t count;         /* hidden versions */
    uint32_t writer, hider; /* of the largest version */
    enum fate fate;
};

struct layer_row {
    digest diff_id;
    uint64_t size, compressed_size;
    str created_by; /* cleaned: "RUN make", "COPY . /app" */
    uint32_t line;  /* of the Dockerfile; 0 where it is not known */
    uint32_t files;
    uint64_t wasted_bytes; /* of what this layer wrote */
};

/* One content under several live paths. */
struct duplicate {
    str path;       /* the first of them */
    uint64_t bytes; /* of one copy */
    uint32_t count;
};

/* What a file is for, by where it stands; and whether an image could do without. */
struct category_row {
    const char *category;
    uint32_t files;
    uint64_t bytes, pull;
    bool removable;
};

struct analysis {
    const struct image *image;
    const struct image_view *view;
    uint64_t size, compressed_size, pull_wasted;
    VEC(struct layer_row) layers;
    VEC(struct waste_pair) pairs;
    VEC(struct waste_path) waste;
    VEC(struct duplicate) duplicates;
    uint64_t duplicate_bytes; /* of all copies but the first */
    VEC(struct category_row) categories;
    VEC(const struct package *) packages; /* those that own live bytes */
    uint64_t owned_bytes;                 /* of the live ones: by packages */
    double efficiency;
    uint64_t wasted_bytes;
};

/* Add up what is there. The view and the packages must live as long as the result. */
struct analysis analyze_image(struct arena *arena, const struct image *image,
                              const struct image_view *view, const struct package_list *packages);

/* The category of a path, and its index below category_count. */
size_t category_of(str path);
extern const size_t category_count;
const char *category_name(size_t index, bool *out_removable);

/* What made a layer, as a Dockerfile would say it: without the shell that every RUN has, and
 * without the builder's remarks. */
str created_by_clean(struct arena *arena, str created_by);
