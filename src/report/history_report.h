#pragma once

#include "base/err.h"
#include "base/hash.h"
#include "base/vec.h"

/*
 * report/history_report -- what made each layer, as `docker history` prints it.
 *
 * Shapes   Rows stand newest first. A template is docker's: "table ..." with a heading, fields in
 *          {{ }}, {{json .}}, "\t" and "\n".
 * Source   docker/cli's formatter and docker/go-units; held to the docker client by
 *          tests/cli/test_history.py.
 */

/* The zero of Go's times, which docker shows where there is none: the year 1. */
#define HISTORY_NO_TIME INT64_C(-62135596800)

struct history_row {
    str created_by, comment;
    str created;       /* as the config says it */
    int64_t created_s; /* seconds since 1970; HISTORY_NO_TIME where it says nothing */
    int32_t offset_s;  /* of local time there, from UTC */
    uint64_t size;
    bool empty; /* it made no layer */
    bool has_digest;
    digest diff_id, blob; /* of its layer */
};
VEC_TYPE(history_rows, struct history_row);

struct history_style {
    int64_t now_s;
    bool human; /* "2 weeks ago" and "12.3MB" */
    bool whole; /* nothing is cut */
    bool ids_only;
    digest image_id; /* of the config */
    str template;    /* "": docker's own table */
};

/* docker's output; ERR_USAGE for a template that is none. */
MUST_CHECK bool report_history(struct arena *arena, const struct history_rows *rows,
                               const struct history_style *style, str *out_text, struct err *err);

/* plimsoll.history/1. */
str report_history_json(struct arena *arena, const struct history_rows *rows);
