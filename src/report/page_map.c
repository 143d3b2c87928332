#include "report/page.h"

/*
 * The map of the folders: the script draws it, from page_data(). Without script, and for whoever
 * reads rather than looks, the same stands as nested lists of what weighs a hundredth or more.
 */
enum { LIST_DEPTH_MAX = 10, LIST_PART = 100 };

static const char size_switch[] =
    "<div id=\"tools\" class=\"tools\" role=\"group\" aria-label=\"What the map shows\" hidden>"
    "<fieldset><legend>size</legend>"
    "<label><input type=\"radio\" name=\"size\" value=\"raw\" checked>files</label>"
    "<label><input type=\"radio\" name=\"size\" value=\"pull\">pull</label></fieldset>";
static const char colour_switch[] =
    "<fieldset><legend>colour</legend>"
    "<label><input type=\"radio\" name=\"colour\" value=\"layer\" checked>instruction</label>"
    "<label><input type=\"radio\" name=\"colour\" value=\"owner\">package</label>"
    "<label><input type=\"radio\" name=\"colour\" value=\"category\">category</label>"
    "<label><input type=\"radio\" name=\"colour\" value=\"fate\">fate</label></fieldset>";
static const char map_frame[] =
    "<label class=\"find\">search <input type=\"search\" id=\"search\" "
    "placeholder=\"part of a path\" spellcheck=\"false\"></label>"
    "<button type=\"button\" id=\"clear\" hidden></button></div>\n"
    "<nav id=\"crumbs\" aria-label=\"Folder that the map shows\"></nav>\n"
    "<div class=\"map\" hidden><svg id=\"treemap\" role=\"group\" "
    "aria-label=\"Map of the files. Arrow keys move, Enter opens a folder, Escape leaves it.\">"
    "</svg><aside id=\"about\" aria-live=\"polite\"></aside></div>\n"
    "<div id=\"legend\"></div>\n<div id=\"rows\"></div>\n"
    "<noscript><p class=\"note\">The map needs a script; without one, read the list and the "
    "tables.</p></noscript>\n";

void page_map_frame(struct page *page, bool colours)
{
    page_z(page, size_switch);
    page_z(page, colours ? colour_switch : "");
    page_z(page, map_frame);
}

static uint64_t weight(const struct tree_sum *sum)
{
    return sum->live + sum->hidden;
}

static void put_sums(struct page *page, const struct tree_sum *sum, bool folder)
{
    page_size(page, sum->live + sum->hidden);
    if (page->compressed) {
        page_z(page, " <span class=\"muted\">pull ");
        page_size(page, sum->live_pull + sum->hidden_pull);
        page_z(page, "</span>");
    }
    if (sum->hidden) {
        page_z(page, " <span class=\"bad\">hidden ");
        page_size(page, sum->hidden);
        page_z(page, "</span>");
    }
    if (folder) {
        page_z(page, " <span class=\"muted\">");
        page_count(page, (uint64_t)sum->files + sum->hidden_files);
        page_z(page, " files</span>");
    }
}

static bool is_listed(const struct page *page, uint32_t row)
{
    struct tree_sum sum = tree_sum(page->tree, row), all = tree_sum(page->tree, 0);
    return weight(&sum) && weight(&sum) >= weight(&all) / LIST_PART &&
           page->tree->rows[row].depth <= LIST_DEPTH_MAX;
}

static bool has_listed(const struct page *page, uint32_t row)
{
    TREE_EACH(child, page->tree, row)
        if (is_listed(page, child))
            return true;
    return false;
}

static void close_lists(struct page *page, uint32_t *open, uint32_t depth)
{
    for (; *open > depth; --*open)
        page_z(page, "</ul></details></li>\n");
}

/* Rows stand parents first, so the lists that are open are those of the folders on the way. */
static void put_list(struct page *page)
{
    const struct tree *tree = page->tree;
    uint32_t open = 1;
    page_z(page, "<details class=\"tree\"><summary>The same as a list: what weighs 1 % or more"
                 "</summary><ul>\n");
    for (uint32_t row = 1; row < tree->count;) {
        const struct tree_row *at = &tree->rows[row];
        if (!is_listed(page, row)) {
            row = at->end;
            continue;
        }
        bool opens = has_listed(page, row);
        struct tree_sum sum = tree_sum(tree, row);
        close_lists(page, &open, at->depth);
        page_z(page, opens ? "<li><details><summary><code>" : "<li><code>");
        page_text(page, tree_name(tree, row));
        page_z(page, at->end > row + 1 ? "/</code> " : "</code> ");
        put_sums(page, &sum, at->end > row + 1);
        page_z(page, opens ? "</summary><ul>\n" : "</li>\n");
        open += opens;
        row++;
    }
    close_lists(page, &open, 1);
    page_z(page, "</ul></details>\n");
}

void page_map(struct page *page)
{
    page_section(page, "map", "Map of the files",
                 "An area is what a file weighs; hatched bytes are hidden by a later layer. Click "
                 "or press Enter to open a folder.");
    page_map_frame(page, true);
    put_list(page);
    page_z(page, "</section>\n");
}
