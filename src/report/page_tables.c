#include "report/page.h"

/* Content that is there more than once, packages, categories, instructions. */
enum { DUPLICATES_SHOWN = 200, PACKAGES_SHOWN = 1000 };

void page_more(struct page *page, uint32_t all, uint32_t shown)
{
    if (all <= shown)
        return;
    page_z(page, "<p class=\"note\">and ");
    page_count(page, all - shown);
    page_z(page, " more; <code>analyze --format json</code> has them all</p>\n");
}

/* -- duplicates -------------------------------------------------------------------------------- */

static const struct page_column duplicate_columns[] = {{"could be saved", true},
                                                       {"of one copy", true},
                                                       {"copies", true},
                                                       {"the first of them", false}};

static void put_duplicates(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_section(page, "duplicates", "Duplicates", NULL);
    if (!analysis->duplicates.count) {
        page_z(page, "<p class=\"lead\">No content is there twice.</p></section>\n");
        return;
    }
    page_z(page, "<p class=\"lead\">");
    page_size(page, analysis->duplicate_bytes);
    page_z(page, " are copies of content that the image has under another path: ");
    page_size(page, analysis->duplicate_within);
    page_z(page, " inside of one layer (a link mends that), ");
    page_size(page, analysis->duplicate_across);
    page_z(page, " across layers (only the Dockerfile can), ");
    page_size(page, analysis->duplicate_owned);
    page_z(page, " brought by packages.</p>\n");
    page_table_begin(page, "The same content under several paths", duplicate_columns,
                     ARRAY_COUNT(duplicate_columns));
    for (uint32_t i = 0; i < analysis->duplicates.count && i < DUPLICATES_SHOWN; i++) {
        const struct duplicate *row = &analysis->duplicates.at[i];
        page_z(page, "<tr><td class=\"n\">");
        page_size(page, row->bytes * (row->count - 1));
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->bytes);
        page_z(page, "</td><td class=\"n\">");
        page_count(page, row->count);
        page_z(page, "</td><td class=\"path\"><code>/");
        page_text(page, row->path);
        page_z(page, "</code></td></tr>\n");
    }
    page_table_end(page);
    page_more(page, analysis->duplicates.count, DUPLICATES_SHOWN);
    page_z(page, "</section>\n");
}

/* -- packages ---------------------------------------------------------------------------------- */

static const struct page_column package_columns[] = {{"bytes", true}, {"pull", true},
                                                     {"files", true}, {"type", false},
                                                     {"name", false}, {"version", false}};

static void put_package(struct page *page, const struct package *package)
{
    const char *type = package_type_name(package->type);
    page_z(page, "<tr><td class=\"n\">");
    page_size(page, package->bytes);
    page_z(page, "</td><td class=\"n\">");
    page_size(page, package->pull);
    page_z(page, "</td><td class=\"n\">");
    page_count(page, package->files);
    page_fmt(page, "</td><td>%s</td><td><a href=\"#map\" data-filter=\"owner:%s ", type, type);
    page_text(page, package->name);
    page_z(page, " ");
    page_text(page, package->version);
    page_z(page, "\">");
    page_text(page, package->name);
    page_z(page, "</a></td><td>");
    page_text(page, package->version);
    page_z(page, "</td></tr>\n");
}

static void put_packages(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_section(page, "packages", "Packages", NULL);
    if (!analysis->packages.count) {
        page_z(page, "<p class=\"lead\">No package database names a file of it.</p></section>\n");
        return;
    }
    page_z(page, "<p class=\"lead\">");
    page_count(page, analysis->packages.count);
    page_z(page, " packages own ");
    page_share(page, analysis->owned_bytes, analysis->view->live_bytes);
    page_z(page, " of the live bytes.</p>\n");
    page_table_begin(page, "Packages by what they weigh", package_columns,
                     ARRAY_COUNT(package_columns));
    for (uint32_t i = 0; i < analysis->packages.count && i < PACKAGES_SHOWN; i++)
        put_package(page, analysis->packages.at[i]);
    page_table_end(page);
    page_more(page, analysis->packages.count, PACKAGES_SHOWN);
    page_z(page, "</section>\n");
}

/* -- categories -------------------------------------------------------------------------------- */

static const struct page_column category_columns[] = {{"bytes", true},     {"pull", true},
                                                      {"share", true},     {"files", true},
                                                      {"category", false}, {"needed", false}};

static void put_categories(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_section(page, "categories", "Categories",
                 "What files are for, by where they stand. What is seldom needed is not waste: "
                 "whether this image can do without it only a trial can tell.");
    page_table_begin(page, "Live bytes by what files are for", category_columns,
                     ARRAY_COUNT(category_columns));
    VEC_EACH(struct category_row, row, analysis->categories) {
        page_z(page, "<tr><td class=\"n\">");
        page_size(page, row->bytes);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->pull);
        page_z(page, "</td><td class=\"n\">");
        page_share(page, row->bytes, analysis->view->live_bytes);
        page_z(page, "</td><td class=\"n\">");
        page_count(page, row->files);
        page_fmt(page, "</td><td><a href=\"#map\" data-filter=\"category:%s\">%s</a></td><td>%s",
                 row->category, row->category,
                 row->removable ? "seldom, as a program runs" : "yes");
        page_z(page, "</td></tr>\n");
    }
    page_table_end(page);
    page_z(page, "</section>\n");
}

/* -- instructions ------------------------------------------------------------------------------ */

static const struct page_column instruction_columns[] = {
    {"bytes", true}, {"pull", true}, {"hidden", true}, {"layers", true}, {"instruction", false},
};

static void put_instructions(struct page *page)
{
    page_section(page, "instructions", "Instructions", NULL);
    page_table_begin(page, "All layers of one kind of instruction together", instruction_columns,
                     ARRAY_COUNT(instruction_columns));
    VEC_EACH(struct instruction_row, row, page->analysis->instructions) {
        page_z(page, "<tr><td class=\"n\">");
        page_size(page, row->bytes);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->pull);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->wasted_bytes);
        page_z(page, "</td><td class=\"n\">");
        page_count(page, row->layers);
        page_z(page, "</td><td>");
        page_text(page, row->instruction.len ? row->instruction : STR("not known"));
        page_z(page, "</td></tr>\n");
    }
    page_table_end(page);
    page_z(page, "</section>\n");
}

void page_tables(struct page *page)
{
    put_duplicates(page);
    put_packages(page);
    put_categories(page);
    put_instructions(page);
}
