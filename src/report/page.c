#include "report/page.h"

/* The page of one image: which parts it has, and in which order. */

static void put_facts(struct page *page)
{
    const struct image *image = page->analysis->image;
    const struct platform *platform = &image->config->platform;
    page_text(page, image->transport);
    if (platform->os.len) {
        page_z(page, " &middot; ");
        page_text(page, platform->os);
        page_z(page, "/");
        page_text(page, platform->architecture);
    }
    str words = image_label(image, LABEL_STANDS_BEHIND);
    if (words.len) {
        page_z(page, " &middot; behind this name: ");
        page_text(page, words);
    }
    if (image->has_digest)
        page_fmt(page, " &middot; <span class=\"digest\">sha256:%s</span>",
                 digest_hex(image->digest).z);
}

str report_page(struct arena *arena, const struct analysis *analysis,
                const struct package_list *packages)
{
    static const char *const parts[] = {
        "layers",     "Layers",     "map",          "Map",          "fixes",    "What to do",
        "waste",      "Waste",      "duplicates",   "Duplicates",   "packages", "Packages",
        "categories", "Categories", "instructions", "Instructions", NULL};
    struct tree tree = tree_build(arena, analysis->view);
    struct page page = page_init(arena, analysis, packages, &tree);
    page_begin(&page, "analyze", analysis->image->name);
    put_facts(&page);
    page_z(&page, "</p></div>");
    page_nav(&page, parts);
    page_z(&page, "<main>\n");
    page_summary(&page);
    page_layers(&page);
    page_map(&page);
    page_fixes(&page);
    page_waste(&page);
    page_tables(&page);
    page_z(&page, "</main>\n");
    page_data(&page);
    return page_end(&page);
}
