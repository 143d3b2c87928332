#include "report/page_diff.h"

#include "base/num.h"

/* Two images on one page: what became smaller or larger, and where. */

/* -- summary ----------------------------------------------------------------------------------- */

void page_delta(struct page *page, int64_t by)
{
    uint64_t bytes = by < 0 ? (uint64_t)-by : (uint64_t)by;
    const char *class = by < 0 ? "good" : by ? "bad" : "muted";
    page_fmt(page, "<data class=\"%s\" value=\"%" PRId64 "\">%s%.*s</data>", class, by,
             by < 0 ? "&minus;"
             : by   ? "+"
                    : "",
             STR_ARG(size_print(page->arena, bytes)));
}

static void put_sentence(struct diff_page *diff)
{
    struct page *page = &diff->page;
    const struct analysis *a = diff->diff->side[0], *b = diff->diff->side[1];
    uint64_t before = page->compressed ? a->compressed_size : a->size;
    uint64_t after = page->compressed ? b->compressed_size : b->size;
    page_z(page, "<p class=\"sentence\"><strong>");
    page_size(page, before);
    page_fmt(page, "</strong> %s &rarr; <strong>", page->compressed ? "to pull" : "of files");
    page_size(page, after);
    if (before == after) {
        page_z(page, "</strong>: as large as before.</p>\n");
        return;
    }
    page_fmt(page, "</strong>: <strong class=\"%s\">", after < before ? "good" : "bad");
    page_size(page, after < before ? before - after : after - before);
    page_z(page, "</strong> (");
    page_share(page, after < before ? before - after : after - before, before);
    page_fmt(page, ") %s.</p>\n", after < before ? "smaller" : "larger");
}

static void put_bars(struct diff_page *diff)
{
    struct page *page = &diff->page;
    const struct analysis *a = diff->diff->side[0], *b = diff->diff->side[1];
    uint64_t scale = a->size > b->size ? a->size : b->size;
    if (page->compressed && a->compressed_size > scale)
        scale = a->compressed_size;
    if (page->compressed && b->compressed_size > scale)
        scale = b->compressed_size;
    page_z(page, "<div class=\"bars\">\n");
    page_bar(page, "A files", a->size - a->wasted_bytes, a->wasted_bytes, scale);
    page_bar(page, "B files", b->size - b->wasted_bytes, b->wasted_bytes, scale);
    if (page->compressed) {
        page_bar(page, "A pull", a->compressed_size - a->pull_wasted, a->pull_wasted, scale);
        page_bar(page, "B pull", b->compressed_size - b->pull_wasted, b->pull_wasted, scale);
    }
    page_bar_key(page);
    page_z(page, "</div>\n");
}

static void put_size_card(struct diff_page *diff, const char *name, uint64_t a, uint64_t b)
{
    struct page *page = &diff->page;
    page_fmt(page, "<a class=\"card\" href=\"#map\"><span>%s</span><b>", name);
    page_delta(page, (int64_t)b - (int64_t)a);
    page_z(page, "</b><small>");
    page_size(page, a);
    page_z(page, " &rarr; ");
    page_size(page, b);
    page_z(page, "</small></a>\n");
}

static void put_cards(struct diff_page *diff)
{
    struct page *page = &diff->page;
    const struct analysis *a = diff->diff->side[0], *b = diff->diff->side[1];
    page_z(page, "<div class=\"cards\">\n");
    put_size_card(diff, "files", a->size, b->size);
    if (page->compressed)
        put_size_card(diff, "pull", a->compressed_size, b->compressed_size);
    put_size_card(diff, "waste", a->wasted_bytes, b->wasted_bytes);
    put_size_card(diff, "duplicates", a->duplicate_bytes, b->duplicate_bytes);
    page_z(page, "</div>\n");
}

/* -- the page ---------------------------------------------------------------------------------- */

str report_diff_page(struct arena *arena, const struct image_diff *changes)
{
    static const char *const parts[] = {"map",    "Map",      "causes",   "Causes", "files",
                                        "Files",  "packages", "Packages", "config", "Config",
                                        "layers", "Layers",   NULL};
    const struct analysis *a = changes->side[0], *b = changes->side[1];
    struct tree a_tree = tree_build(arena, a->view), b_tree = tree_build(arena, b->view);
    struct diff_page diff = {
        .page = page_init(arena, b, NULL, &b_tree),
        .diff = changes,
        .merge = page_merge(arena, &a_tree, &b_tree),
    };
    struct page *page = &diff.page;
    str title =
        str_fmt(arena, "%.*s \xe2\x86\x92 %.*s", STR_ARG(a->image->name), STR_ARG(b->image->name));
    page->compressed = is_compressed(a) && is_compressed(b);
    page_begin(page, "diff", title);
    page_z(page, "</p></div>");
    page_nav(page, parts);
    page_z(page, "<main>\n<section id=\"summary\" aria-label=\"Summary\">\n");
    put_sentence(&diff);
    put_bars(&diff);
    put_cards(&diff);
    page_z(page, "</section>\n");
    page_section(page, "map", "Map of the files",
                 "An area is what a file weighs in the image where it weighs more. What is gone "
                 "stands as air; what is hatched green was saved, what is red came on top.");
    page_map_frame(page, false);
    page_z(page, "</section>\n");
    page_diff_tables(&diff);
    page_z(page, "</main>\n");
    page_diff_data(&diff);
    return page_end(page);
}
