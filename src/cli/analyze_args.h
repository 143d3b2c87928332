#pragma once

#include "cli/image_arg.h"

/*
 * cli/analyze_args -- what `analyze` was asked for, and the gates that judge its answer. Private to
 * cli/.
 */

struct analyze_args {
    struct image_args image;
    struct opt_list images, max_category;
    str report, dive_json, source, file, base;
    str ci_config, efficiency, wasted, user_wasted;
    str max_growth, reference;
    uint64_t top, max_size, max_waste, max_pull, max_layers, threads;
    unsigned compat;
    bool ci, tree, interactive;
};

/* What is judged, read before the image is: a mistake in it costs no time. */
struct analyze_gates {
    struct gates dive;
    bool judged; /* dive's rules are asked for */
    VEC(struct category_budget {
        size_t category; /* index of category_name() */
        uint64_t most;
    })
    categories;
    bool growth, growth_is_ratio;
    double growth_most; /* bytes, or a ratio of the reference's size */
};
MUST_CHECK bool analyze_gates_read(struct ctx *ctx, const struct analyze_args *args,
                                   struct analyze_gates *out_gates, struct err *err);

/* Tell on standard error what is over its limit, by how much and because of what; out_broken is
 * true when anything is. */
MUST_CHECK bool analyze_gates_tell(struct ctx *ctx, const struct analyze_args *args,
                                   const struct analyze_gates *gates,
                                   const struct analysis *analysis, bool *out_broken,
                                   struct err *err);

/* The Dockerfile that --source and --file name; NULL when neither is given. */
MUST_CHECK bool analyze_source(struct ctx *ctx, const struct analyze_args *args,
                               const struct dockerfile **out_file, struct err *err);

/* dive's --source: the engine or the kind of file that the image comes from. */
bool analyze_source_is_engine(str source);
