#include "report/page.h"

/* What could go, the largest saving first: what it saves, where, and what to write instead. */
enum { FIXES_SHOWN = 20 };

static const char *class_words(const struct bloat *bloat)
{
    switch (bloat_letter(bloat)) {
    case 'A': return "right for nearly every image";
    case 'B': return "costs something: a start, a trace";
    default: return "only a trial can decide";
    }
}

void page_layer_link(struct page *page, uint32_t layer)
{
    page_fmt(page, "<a href=\"#layers\" data-layer=\"%" PRIu32 "\">%" PRIu32 "</a> ", layer,
             layer + 1);
    page_made_by(page, layer);
}

static void put_files(struct page *page, const struct bloat *bloat)
{
    const char *categories = bloat->rule->categories ? bloat->rule->categories : "";
    if (!bloat->rule->categories && bloat->layer == bloat->hider)
        page_z(page, "<p><a href=\"#duplicates\">");
    else if (bloat->layer == bloat->hider)
        page_fmt(page, "<p><a href=\"#map\" data-filter=\"bloat:%" PRIu32 ":%s\">", bloat->layer,
                 categories);
    else
        page_fmt(page, "<p><a href=\"#map\" data-filter=\"hidden:%" PRIu32 "-%" PRIu32 "\">",
                 bloat->layer, bloat->hider);
    page_count(page, bloat->files);
    page_z(page, bloat->files == 1 ? " file</a>, <code>/" : " files</a>, the largest <code>/");
    page_text(page, bloat->example);
    page_z(page, "</code></p>");
}

static void put_fix(struct page *page, const struct bloat *bloat)
{
    struct arena_mark mark = arena_mark(page->scratch);
    page_z(page, "<li><b class=\"saving\">");
    page_size(page, bloat->bytes);
    if (page->compressed) {
        page_z(page, " <small class=\"muted\">pull ");
        page_size(page, bloat->pull);
        page_z(page, "</small>");
    }
    page_fmt(page, "</b><div><p><span class=\"class\" title=\"%s\">%c</span> <strong>%s</strong> ",
             class_words(bloat), bloat_letter(bloat), bloat->rule->rule.what);
    page_fmt(page, "<span class=\"muted\">%s</span></p>", bloat->rule->rule.name);
    put_files(page, bloat);
    page_z(page, "<p class=\"by\">written by ");
    page_layer_link(page, bloat->layer);
    if (bloat->layer != bloat->hider) {
        page_z(page, "</p><p class=\"by\">hidden by ");
        page_layer_link(page, bloat->hider);
    }
    page_z(page, "</p><div class=\"patch\"><pre>");
    page_text(page, bloat_fix(page->scratch, page->analysis, bloat));
    page_z(page, "</pre><button type=\"button\" data-copy hidden>copy</button></div>"
                 "</div></li>\n");
    arena_rewind(page->scratch, mark);
}

void page_fixes(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_section(page, "fixes", "What to do",
                 "A: right for nearly every image. B: costs something, a slower start or a poorer "
                 "trace. C: only a trial of this image can decide.");
    if (!analysis->bloat.count) {
        page_z(page,
               "<p class=\"lead\">Nothing was found that it could do without.</p></section>\n");
        return;
    }
    page_z(page, "<ol class=\"fixes\">\n");
    for (uint32_t i = 0; i < analysis->bloat.count && i < FIXES_SHOWN; i++)
        put_fix(page, &analysis->bloat.at[i]);
    page_z(page, "</ol>");
    page_more(page, analysis->bloat.count, FIXES_SHOWN);
    page_z(page, "</section>\n");
}
