#include "report/page_diff.h"

#include "base/num.h"
#include "base/vec.h"

#include <stdlib.h>

/* Two images on one page: what became smaller or larger, and where. */
enum { FILES_SHOWN = 400 };

/* -- summary ----------------------------------------------------------------------------------- */

static void put_delta(struct page *page, uint64_t a, uint64_t b)
{
    uint64_t by = a > b ? a - b : b - a;
    page_fmt(page, "<data class=\"%s\" value=\"%s%" PRIu64 "\">%s",
             a > b   ? "good"
             : a < b ? "bad"
                     : "muted",
             a > b ? "-" : "", by,
             a > b   ? "&minus;"
             : a < b ? "+"
                     : "");
    page_fmt(page, "%.*s</data>", STR_ARG(size_print(page->arena, by)));
}

static void put_sentence(struct diff_page *diff)
{
    struct page *page = &diff->page;
    const struct analysis *a = diff->a.analysis, *b = diff->b.analysis;
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
    const struct analysis *a = diff->a.analysis, *b = diff->b.analysis;
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
    put_delta(page, a, b);
    page_z(page, "</b><small>");
    page_size(page, a);
    page_z(page, " &rarr; ");
    page_size(page, b);
    page_z(page, "</small></a>\n");
}

static void put_cards(struct diff_page *diff)
{
    struct page *page = &diff->page;
    const struct analysis *a = diff->a.analysis, *b = diff->b.analysis;
    page_z(page, "<div class=\"cards\">\n");
    put_size_card(diff, "files", a->size, b->size);
    if (page->compressed)
        put_size_card(diff, "pull", a->compressed_size, b->compressed_size);
    put_size_card(diff, "waste", a->wasted_bytes, b->wasted_bytes);
    put_size_card(diff, "duplicates", a->duplicate_bytes, b->duplicate_bytes);
    page_z(page, "</div>\n");
}

/* -- layers ------------------------------------------------------------------------------------ */

static bool has_layer(const struct analysis *analysis, digest diff_id)
{
    VEC_EACH(struct layer_row, row, analysis->layers)
        if (digest_eq(row->diff_id, diff_id))
            return true;
    return false;
}

static void put_layers_of(struct diff_page *diff, const struct page_side *side,
                          const struct page_side *other, const char *name)
{
    static const struct page_column columns[] = {
        {"#", true}, {"made by", false}, {"files", true}, {"pull", true}, {"in the other", false}};
    struct page *page = &diff->page;
    const struct analysis *kept = page->analysis;
    page->analysis = side->analysis;
    page_table_begin(page, name, columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < side->analysis->layers.count; i++) {
        const struct layer_row *row = &side->analysis->layers.at[i];
        page_fmt(page,
                 "<tr><td class=\"n\"><data value=\"%" PRIu32 "\">%" PRIu32
                 "</data></td><td class=\"cmd\">",
                 i, i + 1);
        page_made_by(page, i);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->size);
        page_z(page, "</td><td class=\"n\">");
        page_size(page, row->compressed_size);
        page_z(page, has_layer(other->analysis, row->diff_id) ? "</td><td>the same</td></tr>\n"
                                                              : "</td><td>no</td></tr>\n");
    }
    page_table_end(page);
    page->analysis = kept;
}

static void put_layers(struct diff_page *diff)
{
    page_section(&diff->page, "layers", "Layers",
                 "Layers that both images have are pulled once by whoever has one of them.");
    page_z(&diff->page, "<div class=\"sides\">");
    put_layers_of(diff, &diff->a, &diff->b, "A: before");
    put_layers_of(diff, &diff->b, &diff->a, "B: after");
    page_z(&diff->page, "</div></section>\n");
}

/* -- files ------------------------------------------------------------------------------------- */

struct changed {
    uint32_t row;
    uint64_t by;
};

static int changed_order(const void *left, const void *right)
{
    const struct changed *a = left, *b = right;
    if (a->by != b->by)
        return (a->by < b->by) - (a->by > b->by);
    return (a->row > b->row) - (a->row < b->row);
}

static void put_file(struct diff_page *diff, uint32_t row)
{
    struct page *page = &diff->page;
    struct merge_sum own = merge_own(&diff->merge, row);
    enum merge_change change = merge_change_at(&diff->merge, row);
    page_z(page, "<tr><td class=\"n\">");
    put_delta(page, own.a, own.b);
    page_z(page, "</td><td class=\"n\">");
    page_size(page, own.a);
    page_z(page, "</td><td class=\"n\">");
    page_size(page, own.b);
    page_fmt(page, "</td><td class=\"fate\"><i class=\"chip d%d\"></i>%s</td>", (int)change,
             merge_change_name(change));
    page_z(page, "<td class=\"path\"><code>/");
    page_text(page, diff->merge.rows[row].path);
    page_z(page, "</code></td></tr>\n");
}

static void put_files(struct diff_page *diff)
{
    static const struct page_column columns[] = {
        {"by", true}, {"before", true}, {"after", true}, {"change", false}, {"path", false}};
    struct page *page = &diff->page;
    VEC(struct changed) list = {0};
    for (uint32_t row = 0; row < diff->merge.count; row++) {
        struct merge_sum own = merge_own(&diff->merge, row);
        if (merge_change_at(&diff->merge, row) == MERGE_SAME)
            continue;
        uint64_t by = own.a > own.b ? own.a - own.b : own.b - own.a;
        vec_push(page->arena, &list, (struct changed){row, by});
    }
    page_section(page, "files", "Files", NULL);
    if (!list.count) {
        page_z(page, "<p class=\"lead\">Every file has the same content.</p></section>\n");
        return;
    }
    qsort(list.at, list.count, sizeof(*list.at), changed_order);
    page_table_begin(page, "What changed, the largest change first", columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < list.count && i < FILES_SHOWN; i++)
        put_file(diff, list.at[i].row);
    page_table_end(page);
    page_more(page, list.count, FILES_SHOWN);
    page_z(page, "</section>\n");
}

/* -- the page ---------------------------------------------------------------------------------- */

str report_diff_page(struct arena *arena, const struct page_side *a, const struct page_side *b)
{
    struct tree a_tree = tree_build(arena, a->analysis->view);
    struct tree b_tree = tree_build(arena, b->analysis->view);
    struct diff_page diff = {
        .page = page_init(arena, b->analysis, b->packages, &b_tree),
        .a = *a,
        .b = *b,
        .merge = page_merge(arena, &a_tree, &b_tree),
    };
    diff.page.compressed = is_compressed(a->analysis) && is_compressed(b->analysis);
    struct page *page = &diff.page;
    str title = str_fmt(arena, "%.*s \xe2\x86\x92 %.*s", STR_ARG(a->analysis->image->name),
                        STR_ARG(b->analysis->image->name));
    page_begin(page, "diff", title);
    page_z(page, "</p></div>");
    page_nav(page, (const char *const[]){"map", "Map", "files", "Files", "layers", "Layers", NULL});
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
    put_files(&diff);
    put_layers(&diff);
    page_z(page, "</main>\n");
    page_diff_data(&diff);
    return page_end(page);
}
