#pragma once

#include "report/page_merge.h"

/*
 * report/page_diff -- the parts of the page of two images. Private to report/.
 */

struct diff_page {
    struct page page; /* what both kinds of page share; its analysis is that of B */
    struct page_side a, b;
    struct merge merge;
};

/* The document that the script reads. */
void page_diff_data(struct diff_page *diff);
