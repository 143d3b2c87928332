#include "report/page_diff.h"

#include <stdlib.h>

/* What changed between two images, as tables: they need no script. */
enum { ROWS_SHOWN = 400 };

static void put_size_cell(struct page *page, uint64_t bytes)
{
    page_z(page, "<td class=\"n\">");
    page_size(page, bytes);
    page_z(page, "</td>");
}

static void put_delta_cell(struct page *page, int64_t by)
{
    page_z(page, "<td class=\"n\">");
    page_delta(page, by);
    page_z(page, "</td>");
}

static void put_text_cell(struct page *page, str text)
{
    page_z(page, "<td class=\"path\"><code>");
    page_text(page, text);
    page_z(page, "</code></td>");
}

static int64_t delta_of(const uint64_t sides[2])
{
    return (int64_t)sides[1] - (int64_t)sides[0];
}

/* Nothing to show: say so and end the section. */
static bool is_empty(struct page *page, uint32_t count, const char *words)
{
    if (count)
        return false;
    page_fmt(page, "<p class=\"lead\">%s</p></section>\n", words);
    return true;
}

/* -- causes ------------------------------------------------------------------------------------ */

static const char *cause_words(enum cause_kind kind)
{
    static const char *const words[] = {"package", "instruction", "hidden bytes"};
    return words[kind];
}

static void put_causes(struct diff_page *diff)
{
    static const struct page_column columns[] = {
        {"files by", true}, {"pull by", true}, {"changed", true}, {"cause", false}, {"", false}};
    struct page *page = &diff->page;
    const struct image_diff *changes = diff->diff;
    page_section(page, "causes", "Causes",
                 "The package that owns a changed file, else the instruction that wrote it; bytes "
                 "that later layers hide are a cause of their own. They add up to the whole.");
    if (is_empty(page, changes->causes.count, "Nothing changed."))
        return;
    page_table_begin(page, "Why it became larger or smaller", columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < changes->causes.count && i < ROWS_SHOWN; i++) {
        const struct diff_cause *cause = &changes->causes.at[i];
        page_z(page, "<tr>");
        put_delta_cell(page, cause->bytes);
        put_delta_cell(page, cause->pull);
        page_z(page, "<td class=\"n\">");
        page_count(page, cause->files);
        page_fmt(page, "</td><td>%s</td>", cause_words(cause->kind));
        put_text_cell(page, str_slice(cause->name, 0, 300));
        page_z(page, "</tr>\n");
    }
    page_table_end(page);
    page_more(page, changes->causes.count, ROWS_SHOWN);
    page_z(page, "</section>\n");
}

/* -- files ------------------------------------------------------------------------------------- */

static int file_order(const void *left, const void *right)
{
    const struct diff_file *a = *(const struct diff_file *const *)left,
                           *b = *(const struct diff_file *const *)right;
    int64_t x = llabs(delta_of(a->size)), y = llabs(delta_of(b->size));
    if (x != y)
        return x < y ? 1 : -1;
    return (a > b) - (a < b); /* they stand by path */
}

static const char *change_class(const struct diff_file *file)
{
    switch (file->change) {
    case CHANGE_ADDED: return "d4";
    case CHANGE_REMOVED: return "d5 d3";
    default: return "d1";
    }
}

static void put_file(struct diff_page *diff, const struct diff_file *file)
{
    struct page *page = &diff->page;
    page_z(page, "<tr>");
    put_delta_cell(page, delta_of(file->size));
    put_size_cell(page, file->size[0]);
    put_size_cell(page, file->size[1]);
    page_fmt(page, "<td class=\"fate\"><i class=\"chip %s\"></i>%s</td>", change_class(file),
             change_name(file->change));
    page_z(page, "<td class=\"path\"><code>/");
    page_text(page, file->path);
    page_z(page, "</code></td><td>");
    page_text(page, str_slice(diff->diff->causes.at[file->cause].name, 0, 80));
    page_z(page, "</td></tr>\n");
}

static void put_files(struct diff_page *diff)
{
    static const struct page_column columns[] = {{"by", true},    {"before", true},
                                                 {"after", true}, {"change", false},
                                                 {"path", false}, {"cause", false}};
    struct page *page = &diff->page;
    const struct image_diff *changes = diff->diff;
    uint32_t count = 0, noise = changes->sums[CHANGE_TIME].files;
    const struct diff_file **files =
        NEW_ARRAY(page->arena, const struct diff_file *, changes->files.count + 1u);
    VEC_EACH(struct diff_file, file, changes->files) {
        if (file->change != CHANGE_TIME)
            files[count++] = file;
    }
    page_section(page, "files", "Files", NULL);
    page_z(page, "<p class=\"lead\">");
    page_count(page, changes->same_files);
    page_z(page, " are the same, ");
    page_count(page, noise);
    page_z(page, " but for their time. Files are those that a container sees.</p>\n");
    if (is_empty(page, count, "No other file changed."))
        return;
    qsort(files, count, sizeof(*files), file_order);
    page_table_begin(page, "What changed, the largest change first", columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < count && i < ROWS_SHOWN; i++)
        put_file(diff, files[i]);
    page_table_end(page);
    page_more(page, count, ROWS_SHOWN);
    page_z(page, "</section>\n");
}

/* -- packages, config -------------------------------------------------------------------------- */

static void put_packages(struct diff_page *diff)
{
    static const struct page_column columns[] = {{"by", true},      {"pull by", true},
                                                 {"type", false},   {"name", false},
                                                 {"before", false}, {"after", false}};
    struct page *page = &diff->page;
    const struct image_diff *changes = diff->diff;
    page_section(page, "packages", "Packages", NULL);
    if (is_empty(page, changes->packages.count, "The same packages in the same versions."))
        return;
    page_table_begin(page, "Packages that came, went or changed", columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < changes->packages.count && i < ROWS_SHOWN; i++) {
        const struct diff_package *package = &changes->packages.at[i];
        page_z(page, "<tr>");
        put_delta_cell(page, delta_of(package->bytes));
        put_delta_cell(page, delta_of(package->pull));
        page_fmt(page, "<td>%s</td>", package_type_name(package->type));
        put_text_cell(page, package->name);
        put_text_cell(page, package->version[0]);
        put_text_cell(page, package->version[1]);
        page_z(page, "</tr>\n");
    }
    page_table_end(page);
    page_more(page, changes->packages.count, ROWS_SHOWN);
    page_z(page, "</section>\n");
}

static void put_config(struct diff_page *diff)
{
    static const struct page_column columns[] = {
        {"setting", false}, {"before", false}, {"after", false}};
    struct page *page = &diff->page;
    page_section(page, "config", "Config", NULL);
    if (is_empty(page, diff->diff->config.count, "The same settings."))
        return;
    page_table_begin(page, "Settings that differ", columns, ARRAY_COUNT(columns));
    for (uint32_t i = 0; i < diff->diff->config.count && i < ROWS_SHOWN; i++) {
        const struct diff_setting *setting = &diff->diff->config.at[i];
        page_z(page, "<tr>");
        put_text_cell(page, setting->key);
        put_text_cell(page, str_slice(setting->value[0], 0, 2000));
        put_text_cell(page, str_slice(setting->value[1], 0, 2000));
        page_z(page, "</tr>\n");
    }
    page_table_end(page);
    page_more(page, diff->diff->config.count, ROWS_SHOWN);
    page_z(page, "</section>\n");
}

/* -- layers ------------------------------------------------------------------------------------ */

static void put_place(struct page *page, uint32_t at)
{
    page_z(page, "<td class=\"n\">");
    if (at == UINT32_MAX)
        page_z(page, "<data value=\"-1\">&mdash;</data>");
    else
        page_count(page, at + 1);
    page_z(page, "</td>");
}

static void put_layers(struct diff_page *diff)
{
    static const struct page_column columns[] = {
        {"A", true}, {"B", true}, {"files", true}, {"pull", true}, {"made by", false}};
    struct page *page = &diff->page;
    page_section(page, "layers", "Layers",
                 "What stands in both is pulled once by whoever has one of the images.");
    page_table_begin(page, "Layers of both, in the order of B", columns, ARRAY_COUNT(columns));
    VEC_EACH(struct diff_layer, layer, diff->diff->layers) {
        int side = layer->at[1] == UINT32_MAX ? 0 : 1;
        page->analysis = diff->diff->side[side];
        const struct layer_row *row = &page->analysis->layers.at[layer->at[side]];
        page_z(page, "<tr>");
        put_place(page, layer->at[0]);
        put_place(page, layer->at[1]);
        put_size_cell(page, row->size);
        put_size_cell(page, row->compressed_size);
        page_z(page, "<td class=\"path\">");
        page_made_by(page, layer->at[side]);
        page_z(page, "</td></tr>\n");
    }
    page->analysis = diff->diff->side[1];
    page_table_end(page);
    page_z(page, "</section>\n");
}

void page_diff_tables(struct diff_page *diff)
{
    put_causes(diff);
    put_files(diff);
    put_packages(diff);
    put_config(diff);
    put_layers(diff);
}
