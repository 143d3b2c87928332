#pragma once

#include "analyze/bloat.h"
#include "analyze/dive.h"
#include "analyze/gates.h"
#include "analyze/image_tree.h"
#include "analyze/origins.h"
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

/* One content under several live paths. The copies behind the first are told apart: those that a
 * package brings are nobody's to change; the others stand in a layer that has the content already,
 * or bring it anew. */
struct duplicate {
    str path;       /* the first of them */
    uint64_t bytes; /* of one copy */
    uint32_t count;
    uint64_t pull; /* of the copies behind the first, as all that follows */
    uint64_t within_layer, across_layers, owned;
    uint32_t layer; /* of the last copy */
};

/* What a file is for, by where it stands; and whether an image could do without. */
struct category_row {
    const char *category;
    uint32_t files;
    uint64_t bytes, pull;
    bool removable;
};

/* All layers that one kind of instruction made. */
struct instruction_row {
    str instruction; /* "RUN"; "" where it is not known */
    uint32_t layers, files;
    uint64_t bytes, pull, wasted_bytes;
};

/* What the live bytes are to the one who built the image. They add up to all of them. */
enum part { PART_BASE, PART_RUNTIME, PART_DEPENDENCIES, PART_APPLICATION, PART_COUNT };
struct share {
    uint64_t bytes, pull;
    uint32_t files;
};

/* Which layers are the base image's, and how that was known. */
enum base_known { BASE_UNKNOWN, BASE_GIVEN, BASE_DOCKERFILE, BASE_HISTORY };
struct base_layers {
    uint32_t count;
    enum base_known known_by;
    str name;      /* of the label, the Dockerfile's FROM, or of the image that was given; or "" */
    uint32_t line; /* of that FROM; 0 without a Dockerfile */
};

struct analysis {
    const struct image *image;
    const struct image_view *view;
    uint64_t size, compressed_size, pull_wasted;
    VEC(struct layer_row) layers;
    VEC(struct waste_pair) pairs;
    VEC(struct waste_path) waste;
    VEC(struct duplicate) duplicates;
    uint64_t duplicate_bytes; /* of all copies but the first: the sum of the next three */
    uint64_t duplicate_within, duplicate_across, duplicate_owned, duplicate_pull;
    uint32_t empty_files;    /* live ones without a byte: no content to have twice */
    const uint8_t *category; /* by index in view->files: index of category_name() */
    VEC(struct category_row) categories;
    VEC(const struct package *) packages; /* those that own live bytes */
    uint64_t owned_bytes;                 /* of the live ones: by packages */
    double efficiency;
    uint64_t wasted_bytes;
    /* What analysis_trace() adds. */
    const struct origins *origins; /* NULL without a Dockerfile */
    struct base_layers base;
    struct share split[PART_COUNT];
    VEC(struct instruction_row) instructions;
    VEC(struct bloat) bloat; /* what could go, the largest saving first */
};

/* What is known beside the image. */
struct analysis_hints {
    const struct dockerfile *file; /* that it was built from; or NULL */
    const struct image *base;      /* that it stands on; or NULL */
};

/* Say of each layer which line of the Dockerfile made it and whose it is, and what could go. */
void analysis_trace(struct arena *arena, struct analysis *analysis,
                    const struct package_list *packages, const struct analysis_hints *hints);

/* "base", "runtime", "dependencies", "application". */
const char *part_name(enum part part);

/* Add up what is there. The view and the packages must live as long as the result. */
struct analysis analyze_image(struct arena *arena, const struct image *image,
                              const struct image_view *view, const struct package_list *packages);

/* The categories of paths: an index below category_count each; those of one folder best come one
 * after the other. */
enum { CATEGORY_SUFFIXES = 32 };
struct category_finder {
    struct category_suffix {
        str text;
        uint32_t row;
        bool versioned; /* ".so" is ".so.6" too */
    } suffixes[CATEGORY_SUFFIXES];
    uint32_t count;
    str folder; /* of the last path, and the first row that names it */
    size_t row;
};
struct category_finder category_finder_new(void);
size_t category_find(struct category_finder *finder, str path);
extern const size_t category_count;
const char *category_name(size_t index, bool *out_removable);

/* What made a layer, as a Dockerfile would say it: without the shell that every RUN has, and
 * without the builder's remarks. */
str created_by_clean(struct arena *arena, str created_by);

/* What stands on an analysis is behind the same door. */
#include "analyze/image_diff.h"
