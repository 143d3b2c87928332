#pragma once

#include "data/data.h"
#include "report/page.h"

/*
 * report/page_columns -- the data of a map as columns of JSON. Private to report/.
 *
 *   {"depth":[0,1,2],"kind":[0,0,1],"name":["","usr","env"], ...}    parents stand first
 *
 * Shapes   Every row has a depth, a kind and a name, then a number for each further column.
 */

enum page_kind {
    PAGE_FOLDER, /* what is in it follows, one deeper    */
    PAGE_FILE,
    PAGE_MANY, /* several files; with a name: a folder */
};

/* What all rows together may take, and what one takes beside its name: so much is folded that a
 * page of 100,000 files loads at once. Shares are of PAGE_PARTS. */
enum { PAGE_COLUMNS_BYTES = 800000, PAGE_ROW_BYTES = 40, PAGE_PARTS = 1000000 };

struct page_columns {
    struct page *page;
    const char *const *names;
    uint32_t count, cell; /* of columns; the next one to be written */
    struct json_out *at;
};

/* No rows yet. The first three names are depth, kind and name. */
struct page_columns page_columns_init(struct page *page, const char *const *names, uint32_t count);

/* Begin a row; write its next number. */
void page_row(struct page_columns *columns, uint32_t depth, enum page_kind kind, str name);
void page_cell(struct page_columns *columns, int64_t value);

/* Fill the rest of a row with zeros. */
void page_cells_zero(struct page_columns *columns);

/* Write the script element: the object in `out`, and the columns as its last key, "tree". */
void page_data_put(struct json_out *out, struct page_columns *columns);

/* JSON inside of a script element: nothing in it looks like markup or ends a line. */
void page_json(struct page *page, str json);

/* The smallest share, of PAGE_PARTS, with which all rows fit: the first that `cost` finds cheap
 * enough. */
uint32_t page_fold_share(uint64_t (*cost)(void *context, uint32_t share), void *context);
