#pragma once

#include "report/page_merge.h"

/*
 * report/page_diff -- the parts of the page of two images. Private to report/.
 */

struct diff_page {
    struct page page; /* what both kinds of page share; its analysis is that of B */
    const struct image_diff *diff;
    struct merge merge;
};

/* "-12.3 MB" in green, "+12.3 MB" in red. */
void page_delta(struct page *page, int64_t by);

/* Causes, files, packages, config, layers. */
void page_diff_tables(struct diff_page *diff);

/* The document that the script reads. */
void page_diff_data(struct diff_page *diff);
