#include "report/page.h"

#include "base/num.h"

/* What is hidden: how it grew over the build, who wrote and who hides it. */
enum { PATHS_SHOWN = 400, LABELS_MAX = 40 };

/* -- over the build ---------------------------------------------------------------------------- */

/* What is hidden of the image as it is after a layer, by fate. */
static void hidden_after(const struct analysis *analysis, uint32_t layer,
                         uint64_t hidden[FATE_TOUCHED + 1])
{
    for (int fate = 0; fate <= FATE_TOUCHED; fate++)
        hidden[fate] = 0;
    VEC_EACH(struct waste_pair, pair, analysis->pairs)
        if (pair->hider <= layer)
            hidden[pair->fate] += pair->bytes;
}

static double put_piece(struct page *page, const char *kind, double x, double width, double below,
                        double height)
{
    if (height > 0)
        page_fmt(page,
                 "<rect class=\"%s\" x=\"%.3f%%\" y=\"%.3f%%\" width=\"%.3f%%\" "
                 "height=\"%.3f%%\"/>",
                 kind, x, 100 - below - height, width, height);
    return below + height;
}

static void put_column(struct page *page, uint32_t layer, uint64_t size)
{
    const struct analysis *analysis = page->analysis;
    double step = 100.0 / analysis->layers.count, x = layer * step, width = step * 0.86;
    uint64_t hidden[FATE_TOUCHED + 1], live = size;
    static const char *const kinds[] = {"live", "f1", "f2", "f3"};
    hidden_after(analysis, layer, hidden);
    for (int fate = FATE_DELETED; fate <= FATE_TOUCHED; fate++)
        live -= hidden[fate];
    hidden[FATE_LIVE] = live;
    page_fmt(page, "<g><title>after layer %" PRIu32 ": %.*s live, ", layer + 1,
             STR_ARG(size_print(page->arena, live)));
    page_fmt(page, "%.*s hidden</title>", STR_ARG(size_print(page->arena, size - live)));
    double below = 0;
    for (int fate = FATE_LIVE; fate <= FATE_TOUCHED; fate++)
        below = put_piece(page, kinds[fate], x, width, below,
                          percent_of(hidden[fate], analysis->size) * 0.9);
    if (analysis->layers.count <= LABELS_MAX)
        page_fmt(page, "<text x=\"%.3f%%\" y=\"%.3f%%\" dy=\"-4\">%" PRIu32 "</text>",
                 x + width / 2, 100 - below, layer + 1);
    page_z(page, "</g>\n");
}

static void put_growth(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    uint64_t size = 0;
    if (analysis->layers.count < 2 || !analysis->pairs.count)
        return;
    page_z(page, "<figure><svg class=\"growth\" role=\"img\" aria-label=\"What the image weighs "
                 "after each layer: live bytes below, hidden ones above\">\n");
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        size += analysis->layers.at[i].size;
        put_column(page, i, size);
    }
    page_z(page, "</svg><figcaption>The image after each layer: <i class=\"chip live\"></i>live "
                 "<i class=\"chip f1\"></i>deleted <i class=\"chip f2\"></i>replaced "
                 "<i class=\"chip f3\"></i>touched</figcaption></figure>\n");
}

/* -- tables ------------------------------------------------------------------------------------ */

static const struct page_column pair_columns[] = {
    {"bytes", true},   {"pull", true},   {"files", true},        {"fate", false},
    {"writer", false}, {"hider", false}, {"the largest", false},
};
static const struct page_column path_columns[] = {
    {"bytes", true}, {"pull", true},    {"versions", true}, {"fate", false},
    {"path", false}, {"writer", false}, {"hider", false},
};

static void put_pair_filter(struct page *page, const struct waste_pair *pair)
{
    page_fmt(page, "<a href=\"#map\" data-filter=\"pair:%" PRIu32 "-%" PRIu32 "-%d\">",
             pair->writer, pair->hider, (int)pair->fate);
}

static void put_layer_cell(struct page *page, uint32_t layer)
{
    page_fmt(page, "<td class=\"cmd\" data-v=\"%" PRIu32 "\" title=\"", layer);
    page_text(page, page_layer_text(page, layer));
    page_z(page, "\">");
    page_layer_link(page, layer);
    page_z(page, "</td>");
}

static void put_fate_cell(struct page *page, enum fate fate)
{
    page_fmt(page, "<td class=\"fate\"><i class=\"chip f%d\"></i>%s</td>", (int)fate,
             fate_name(fate));
}

static void put_pairs(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_table_begin(page, "By who wrote and who hides it", pair_columns,
                     ARRAY_COUNT(pair_columns));
    for (uint32_t i = 0; i < analysis->pairs.count && i < PAGE_PAIRS_SHOWN; i++) {
        const struct waste_pair *pair = &analysis->pairs.at[i];
        page_z(page, "<tr");
        if (page->first_pair[pair->writer] == i)
            page_fmt(page, " id=\"waste-of-%" PRIu32 "\"", pair->writer);
        page_z(page, "><td class=\"n\">");
        page_size(page, pair->bytes);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, pair->pull);
        page_z(page, "</td><td class=\"n\">");
        put_pair_filter(page, pair);
        page_count(page, pair->files);
        page_z(page, "</a></td>");
        put_fate_cell(page, pair->fate);
        put_layer_cell(page, pair->writer);
        put_layer_cell(page, pair->hider);
        page_z(page, "<td class=\"path\"><code>/");
        page_text(page, pair->example);
        page_z(page, "</code></td></tr>\n");
    }
    page_table_end(page);
    page_more(page, analysis->pairs.count, PAGE_PAIRS_SHOWN);
}

static void put_paths(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    uint32_t shown = analysis->waste.count < PATHS_SHOWN ? analysis->waste.count : PATHS_SHOWN;
    uint64_t rest = 0;
    page_z(page, "<details open><summary>By path</summary>\n");
    page_table_begin(page, "The paths with the most hidden bytes", path_columns,
                     ARRAY_COUNT(path_columns));
    for (uint32_t i = 0; i < analysis->waste.count; i++) {
        const struct waste_path *row = &analysis->waste.at[i];
        rest += i < shown ? 0 : row->bytes;
        if (i >= shown)
            continue;
        page_z(page, "<tr><td class=\"n\">");
        page_size(page, row->bytes);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->pull);
        page_z(page, "</td><td class=\"n\">");
        page_count(page, row->count);
        page_z(page, "</td>");
        put_fate_cell(page, row->fate);
        page_z(page, "<td class=\"path\"><code>/");
        page_text(page, row->path);
        page_fmt(page, "</code></td><td class=\"n\">%" PRIu32 "</td><td class=\"n\">%" PRIu32,
                 row->writer + 1, row->hider + 1);
        page_z(page, "</td></tr>\n");
    }
    page_table_end(page);
    if (rest) {
        page_z(page, "<p class=\"note\">and ");
        page_size(page, rest);
        page_z(page, " in ");
        page_count(page, analysis->waste.count - shown);
        page_z(page, " more paths; <code>analyze --format json</code> has them all</p>\n");
    }
    page_z(page, "</details>\n");
}

void page_waste(struct page *page)
{
    page_section(page, "waste", "Waste over the build", NULL);
    put_growth(page);
    if (page->analysis->pairs.count) {
        put_pairs(page);
        put_paths(page);
    } else {
        page_z(page, "<p class=\"lead\">Nothing is hidden: each byte of each layer is live.</p>\n");
    }
    page_z(page, "</section>\n");
}
