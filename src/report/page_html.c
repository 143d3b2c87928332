#include "report/page.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How the page is written: what is ours as it is, what is of others escaped. */

void page_z(struct page *page, const char *markup)
{
    buf_add(&page->out, str_from(markup));
}

void page_fmt(struct page *page, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(length >= 0 && (size_t)length < sizeof(text));
    buf_add(&page->out, (str){text, (size_t)length});
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void page_text(struct page *page, str text)
{
    struct arena_mark mark = arena_mark(page->scratch);
    str safe = report_escape(page->scratch, text);
    size_t plain = 0;
    for (size_t i = 0; i < safe.len; i++) {
        const char *entity = entity_of(safe.at[i]);
        if (!entity)
            continue;
        buf_add(&page->out, str_slice(safe, plain, i));
        buf_add(&page->out, str_from(entity));
        plain = i + 1;
    }
    buf_add(&page->out, str_from_index(safe, plain));
    arena_rewind(page->scratch, mark);
}

void page_size(struct page *page, uint64_t bytes)
{
    struct arena_mark mark = arena_mark(page->scratch);
    page_fmt(page, "<data value=\"%" PRIu64 "\">%.*s</data>", bytes,
             STR_ARG(size_print(page->scratch, bytes)));
    arena_rewind(page->scratch, mark);
}

void page_count(struct page *page, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    page_fmt(page, "<data value=\"%s\">", digits);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            page_z(page, ",");
        buf_add_char(&page->out, digits[i]);
    }
    page_z(page, "</data>");
}

double percent_of(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

void page_share(struct page *page, uint64_t part, uint64_t whole)
{
    double percent = percent_of(part, whole);
    page_fmt(page, "<data value=\"%.4f\">%.1f %%</data>", percent, percent);
}

void page_table_begin(struct page *page, const char *caption, const struct page_column *columns,
                      size_t count)
{
    page_z(page, "<div class=\"scroll tall\" tabindex=\"0\"><table class=\"sortable\"><caption>");
    page_z(page, caption);
    page_z(page, "</caption><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        page_z(page, columns[i].number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        page_z(page, columns[i].title);
        page_z(page, "</th>");
    }
    page_z(page, "</tr></thead><tbody>\n");
}

void page_table_end(struct page *page)
{
    page_z(page, "</tbody></table></div>\n");
}

void page_section(struct page *page, const char *id, const char *title, const char *lead)
{
    page_fmt(page, "<section id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n",
             id, id, id, title);
    if (!lead)
        return;
    page_z(page, "<p class=\"lead\">");
    page_z(page, lead);
    page_z(page, "</p>\n");
}

str page_layer_text(const struct page *page, uint32_t layer)
{
    const struct analysis *analysis = page->analysis;
    const struct instruction *in = analysis->origins ? analysis->origins->of_layer[layer] : NULL;
    return in ? in->logical.text : analysis->layers.at[layer].created_by;
}

void page_made_by(struct page *page, uint32_t layer)
{
    const struct layer_row *row = &page->analysis->layers.at[layer];
    str rest = page_layer_text(page, layer), line;
    if (row->line)
        page_fmt(page, "<span class=\"line\">line %" PRIu32 "</span> ", row->line);
    if (!rest.len || !str_next_line(&rest, &line)) {
        page_fmt(page, "<span class=\"muted\">layer %" PRIu32 "</span>", layer + 1);
        return;
    }
    page_z(page, "<code>");
    page_text(page, line);
    page_z(page, rest.len ? " &hellip;</code>" : "</code>");
}
