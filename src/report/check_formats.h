#pragma once

#include "data/data.h"
#include "report/report.h"
#include "rules/rules.h"

/*
 * report/check_formats -- one function for each machine format of `check`. Private to report/.
 */

/* A finding with its place, worked out once. */
struct placed {
    const struct checked_file *file;
    const struct finding *finding;
    uint32_t index; /* in the file's findings */
    struct position start, end;
};

/* The place of a finding. An empty span at the end of a file is a place too. */
struct placed placed_of(const struct checked_file *file, uint32_t index);

/* The names of the rules that a finding speaks for: "compose/a, compose/b". */
str finding_rules(const struct finding *finding);

/* Does the finding have edits that a program may offer? */
bool placed_has_edits(const struct placed *placed);

/* for each finding of a result, in order */
#define EACH_PLACED(placed, result)                                                  \
    VEC_EACH(struct checked_file, placed##_file_, (result)->files)                   \
        for (uint32_t placed##_i_ = 0; placed##_i_ < placed##_file_->findings.count; \
             placed##_i_++)                                                          \
            for (struct placed placed = placed_of(placed##_file_, placed##_i_),      \
                               *placed##_once_ = &placed;                            \
                 placed##_once_; placed##_once_ = NULL)

/* The result of a check in one format each: a whole document, with its last line end. */
str check_json(struct arena *arena, const struct check_result *result);
str check_sarif(struct arena *arena, const struct check_result *result);
str check_github(struct arena *arena, const struct check_result *result);
str check_gitlab(struct arena *arena, const struct check_result *result);
str check_rdjson(struct arena *arena, const struct check_result *result);
str check_buildkit(struct arena *arena, const struct check_result *result);

/* Base images as the document of `explain base --format json`. */
str bases_json(struct arena *arena, const struct base_fact *bases, size_t count);

/* "glibc", "musl", "none"; NULL when it is not known. */
const char *libc_name(enum base_libc libc);

/* A finished JSON document with its last line end. */
str json_document(struct json_out *out);
