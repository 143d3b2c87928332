#include "report/page.h"

#include "base/num.h"

/*
 * A bar a layer, and arcs from the layer that wrote hidden bytes to the one that hides them. All
 * rows are of one height, so that one drawing beside the table can point at them.
 */
enum { ROW_HEIGHT = 38, ARCS_WIDTH = 96, ARCS_MAX = 24 };

static void put_bar(struct page *page, const char *kind, uint64_t bytes, uint64_t hidden,
                    uint64_t scale)
{
    double live = percent_of(bytes - hidden, scale);
    page_fmt(page, "<svg class=\"%s\" aria-hidden=\"true\">", kind);
    page_fmt(page, "<rect class=\"live\" width=\"%.3f%%\" height=\"100%%\"/>", live);
    if (hidden)
        page_fmt(page, "<rect class=\"hidden\" x=\"%.3f%%\" width=\"%.3f%%\" height=\"100%%\"/>",
                 live, percent_of(hidden, scale));
    page_z(page, "</svg>");
}

static double middle_of(uint32_t layer)
{
    return ROW_HEIGHT * (layer + 0.5);
}

static void put_arc(struct page *page, const struct waste_pair *pair)
{
    double from = middle_of(pair->writer), to = middle_of(pair->hider);
    double far = percent_of(pair->hider - pair->writer, page->analysis->layers.count) / 100;
    double reach = 22 + (ARCS_WIDTH - 34) * far;
    double width = 1.5 + 4 * percent_of(pair->bytes, page->analysis->pairs.at[0].bytes) / 100;
    page_fmt(page,
             "<path class=\"arc f%d\" data-pair=\"%" PRIu32 "-%" PRIu32
             "-%d\" stroke-width=\"%.1f\" d=\"M2,%.1f C%.1f,%.1f %.1f,%.1f 8,%.1f\" "
             "marker-end=\"url(#arrow)\"><title>",
             (int)pair->fate, pair->writer, pair->hider, (int)pair->fate, width, from, reach * 1.33,
             from, reach * 1.33, to, to);
    page_fmt(page, "%.*s that layer %" PRIu32 " wrote, %s by layer %" PRIu32 "</title></path>\n",
             STR_ARG(size_print(page->arena, pair->bytes)), pair->writer + 1, fate_name(pair->fate),
             pair->hider + 1);
}

static void put_arcs(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    uint32_t count = analysis->layers.count, drawn = 0;
    page_fmt(page,
             "<td class=\"arcs\" rowspan=\"%" PRIu32 "\"><svg width=\"%d\" height=\"%" PRIu32
             "\" role=\"img\" aria-label=\"arcs from the layer that wrote hidden bytes to the one "
             "that hides them; the same stands in the table of waste\">",
             count, ARCS_WIDTH, count * ROW_HEIGHT);
    for (uint32_t i = 0; i < analysis->pairs.count && drawn < ARCS_MAX; i++) {
        if (analysis->pairs.at[i].writer == analysis->pairs.at[i].hider)
            continue;
        put_arc(page, &analysis->pairs.at[i]);
        drawn++;
    }
    page_z(page, "</svg></td>");
}

static void put_row(struct page *page, uint32_t layer, uint64_t scale)
{
    const struct layer_row *row = &page->analysis->layers.at[layer];
    page_fmt(page,
             "<tr%s data-layer=\"%" PRIu32 "\"><td class=\"n\"><i class=\"chip c%" PRIu32
             "\"></i>%" PRIu32 "</td><td class=\"cmd\" title=\"",
             layer < page->analysis->base.count ? " class=\"of-base\"" : "", layer, layer % 12,
             layer + 1);
    page_text(page, page_layer_text(page, layer));
    page_z(page, "\">");
    if (layer < page->analysis->base.count)
        page_z(page, "<span class=\"line\">base</span> ");
    page_made_by(page, layer);
    page_z(page, "</td><td class=\"fall\">");
    put_bar(page, "raw", row->size, row->wasted_bytes, scale);
    if (page->compressed)
        put_bar(page, "pull", row->compressed_size, page->hidden_pull[layer], scale);
    page_fmt(page, "</td><td class=\"n\"><a href=\"#map\" data-filter=\"layer:%" PRIu32 "\">",
             layer);
    page_size(page, row->size);
    page_z(page, "</a></td>");
    if (page->compressed) {
        page_z(page, "<td class=\"n\">");
        page_size(page, row->compressed_size);
        page_z(page, "</td>");
    }
    page_z(page, row->wasted_bytes ? "<td class=\"n bad\">" : "<td class=\"n muted\">");
    if (row->wasted_bytes && page->first_pair[layer] < PAGE_PAIRS_SHOWN)
        page_fmt(page, "<a href=\"#waste-of-%" PRIu32 "\">", layer);
    else if (row->wasted_bytes)
        page_z(page, "<a href=\"#waste\">");
    page_size(page, row->wasted_bytes);
    page_z(page, row->wasted_bytes ? "</a></td>" : "</td>");
    if (!layer)
        put_arcs(page);
    page_z(page, "</tr>\n");
}

/* Which layers are the base image's. */
static void put_base(struct page *page)
{
    static const char *const known[] = {[BASE_UNKNOWN] = "",
                                        [BASE_GIVEN] = "as the layers of the given base tell",
                                        [BASE_DOCKERFILE] = "as the Dockerfile tells",
                                        [BASE_HISTORY] = "as the history tells"};
    const struct base_layers *base = &page->analysis->base;
    if (!base->count)
        return;
    page_fmt(page, "<p class=\"lead\">%" PRIu32 " %s of the base image", base->count,
             base->count == 1 ? "is" : "are");
    if (base->name.len) {
        page_z(page, " <code>");
        page_text(page, base->name);
        page_z(page, "</code>");
    }
    page_fmt(page, ", %s.</p>\n", known[base->known_by]);
}

/* What made each layer, in full: the table shows one line of it. */
static void put_instructions(struct page *page)
{
    page_z(page, "<details><summary>The instructions in full</summary><ol>\n");
    for (uint32_t i = 0; i < page->analysis->layers.count; i++) {
        str made = page_layer_text(page, i);
        page_fmt(page, "<li id=\"layer-%" PRIu32 "\"><pre>", i);
        page_text(page, made.len ? made : STR("(the image does not say)"));
        page_fmt(page, "</pre><small class=\"muted\">sha256:%s</small></li>\n",
                 digest_hex(page->analysis->layers.at[i].diff_id).z);
    }
    page_z(page, "</ol></details>\n");
}

void page_layers(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    uint64_t scale = 0;
    page_section(
        page, "layers", "Layers",
        "The lowest first, all bars on one scale: above the files, below what they cost to "
        "pull. An arc leads from the layer that wrote bytes to the one that hides them; "
        "to save them, bring the two together.");
    put_base(page);
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        const struct layer_row *row = &analysis->layers.at[i];
        scale = row->size > scale ? row->size : scale;
        scale = row->compressed_size > scale ? row->compressed_size : scale;
    }
    page_z(page,
           "<div class=\"scroll\"><table class=\"layers\"><caption class=\"sr\">Layers from the "
           "lowest up</caption><thead><tr><th scope=\"col\" class=\"n\">#</th>"
           "<th scope=\"col\">made by</th><th scope=\"col\">live and hidden</th>"
           "<th scope=\"col\" class=\"n\">files</th>");
    if (page->compressed)
        page_z(page, "<th scope=\"col\" class=\"n\">pull</th>");
    page_z(page, "<th scope=\"col\" class=\"n\">hidden</th><th scope=\"col\"><span class=\"sr\">"
                 "who hides it</span></th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < analysis->layers.count; i++)
        put_row(page, i, scale);
    page_z(page, "</tbody></table></div>\n");
    put_instructions(page);
    page_z(page, "</section>\n");
}
