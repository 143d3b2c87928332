#pragma once

#include "base/buf.h"
#include "report/analyze_words.h"
#include "report/report.h"

/*
 * report/page -- the parts of the page that `--report` writes. Private to report/.
 *
 *   head, style | summary | layers | map | fixes | waste | duplicates | ... | data, script
 *
 * Shapes   Markup is ours and goes through page_z() and page_fmt(); whatever comes from an image
 *          goes through page_text(), and nothing else writes it. Numbers that people read stand in
 *          <data value="exact">. Without script the page is whole but for the map, which is then a
 *          list.
 * Units    Bytes.
 */

enum { PAGE_PAIRS_SHOWN = 400 };
enum { PAGE_BYTES_MAX = 256 << 20 };

struct page {
    struct arena *arena, *scratch; /* scratch: text on its way into `out`, which grows in `arena` */
    struct buf out;
    const struct analysis *analysis;
    const struct package_list *packages;
    const struct tree *tree;
    bool compressed;       /* a pull is not what the files weigh */
    uint64_t *hidden_pull; /* by layer: of what it wrote and others hide */
    uint32_t *first_pair;  /* by layer: the largest of analysis->pairs that it wrote */
};

/* -- the frame --------------------------------------------------------------------------------- */

/* Nothing written yet. The tree must be that of the analysis' view. */
struct page page_init(struct arena *arena, const struct analysis *analysis,
                      const struct package_list *packages, const struct tree *tree);

/* Up to the facts below the title, which the caller writes, and ends with "</p></div>". */
void page_begin(struct page *page, const char *command, str title);

/* The links to the parts: id and name of each in turn, NULL at the end. */
void page_nav(struct page *page, const char *const *parts);

/* The end, with the script; gives the whole. */
str page_end(struct page *page);

/* -- writing ----------------------------------------------------------------------------------- */

/* Our own markup; the same with numbers in it, never with text of others. */
void page_z(struct page *page, const char *markup);
void page_fmt(struct page *page, const char *format, ...) PRINTF_LIKE(2, 3);

/* Text of others, safe in content and in quoted attributes: what drives or misleads a reader is
 * written as an escape, what HTML would read as markup as an entity. */
void page_text(struct page *page, str text);

/* "12.3 MB", "1,234" and "12.3 %", with the exact value for programs. */
void page_size(struct page *page, uint64_t bytes);
void page_count(struct page *page, uint64_t count);
void page_share(struct page *page, uint64_t part, uint64_t whole);

/* A part of 100: 0 where there is no whole. */
double percent_of(uint64_t part, uint64_t whole);

struct page_column {
    const char *title;
    bool number;
};

/* A table that script can sort. `caption` is markup of ours. Rows are the caller's <tr>s. */
void page_table_begin(struct page *page, const char *caption, const struct page_column *columns,
                      size_t count);
void page_table_end(struct page *page);

/* A section with its heading; `lead` is markup of ours, or NULL. */
void page_section(struct page *page, const char *id, const char *title, const char *lead);

/* What made a layer: the Dockerfile's own words where they are known, else the image's. */
str page_layer_text(const struct page *page, uint32_t layer);

/* The same on one line, with "line 12" in front of it; and behind a link to the layer's row. */
void page_made_by(struct page *page, uint32_t layer);
void page_layer_link(struct page *page, uint32_t layer);

/* A bar of live and hidden bytes, with its label; the words for its colours. */
void page_bar(struct page *page, const char *label, uint64_t live, uint64_t hidden, uint64_t scale);
void page_bar_key(struct page *page);

/* "and 123 more", where a table does not show all. */
void page_more(struct page *page, uint32_t all, uint32_t shown);

/* What the script draws a map into; `colours`: it may be coloured by several properties. */
void page_map_frame(struct page *page, bool colours);

/* -- parts ------------------------------------------------------------------------------------- */

void page_summary(struct page *page);
void page_layers(struct page *page);
void page_map(struct page *page); /* the frame of the map, and the same as a list */
void page_fixes(struct page *page);
void page_waste(struct page *page);
void page_tables(struct page *page); /* duplicates, packages, categories, instructions */

/* The document that the script reads: plimsoll.page/1. */
void page_data(struct page *page);
