#include "report/page_columns.h"

enum { FIXED = 3 }; /* depth, kind, name */

struct page_columns page_columns_init(struct page *page, const char *const *names, uint32_t count)
{
    struct page_columns columns = {.page = page, .names = names, .count = count, .cell = count};
    columns.at = NEW_ARRAY(page->arena, struct json_out, count);
    for (uint32_t i = 0; i < count; i++) {
        columns.at[i] = json_out_init(arena_child(page->arena, 0), false);
        json_list(&columns.at[i], NULL);
    }
    return columns;
}

void page_row(struct page_columns *columns, uint32_t depth, enum page_kind kind, str name)
{
    assert(columns->cell == columns->count);
    struct arena *scratch = columns->page->scratch;
    struct arena_mark mark = arena_mark(scratch);
    json_u64(&columns->at[0], NULL, depth);
    json_u64(&columns->at[1], NULL, kind);
    json_str(&columns->at[2], NULL, report_escape(scratch, name));
    columns->cell = FIXED;
    arena_rewind(scratch, mark);
}

void page_cell(struct page_columns *columns, int64_t value)
{
    assert(columns->cell < columns->count);
    json_i64(&columns->at[columns->cell++], NULL, value);
}

void page_cells_zero(struct page_columns *columns)
{
    while (columns->cell < columns->count)
        page_cell(columns, 0);
}

/* Such bytes stand only in strings of a JSON text, where an escape says the same. */
void page_json(struct page *page, str json)
{
    size_t plain = 0;
    for (size_t i = 0; i < json.len; i++) {
        str rest = str_from_index(json, i);
        bool line_end =
            str_starts(rest, STR("\xe2\x80\xa8")) || str_starts(rest, STR("\xe2\x80\xa9"));
        if (!line_end && json.at[i] != '<' && json.at[i] != '>' && json.at[i] != '&')
            continue;
        buf_add(&page->out, str_slice(json, plain, i));
        if (line_end)
            page_fmt(page, "\\u%s", json.at[i + 2] == '\xa8' ? "2028" : "2029");
        else
            page_fmt(page, "\\u%04x", json.at[i]);
        i += line_end ? 2 : 0;
        plain = i + 1;
    }
    buf_add(&page->out, str_from_index(json, plain));
}

void page_data_put(struct json_out *out, struct page_columns *columns)
{
    struct page *page = columns->page;
    assert(columns->cell == columns->count && out->depth == 1);
    page_z(page, "<script type=\"application/json\" id=\"data\">");
    page_json(page, buf_str(&out->buf));
    page_z(page, ",\n\"tree\":{");
    for (uint32_t i = 0; i < columns->count; i++) {
        json_end_list(&columns->at[i]);
        page_fmt(page, "%s\"%s\":", i ? ",\n" : "", columns->names[i]);
        page_json(page, buf_str(&columns->at[i].buf));
    }
    page_z(page, "}}</script>\n");
}

uint32_t page_fold_share(uint64_t (*cost)(void *context, uint32_t share), void *context)
{
    static const uint32_t shares[] = {0,    20,   50,   100,   200,   500,
                                      1000, 2000, 5000, 10000, 50000, 200000};
    size_t i = 0;
    while (i + 1 < ARRAY_COUNT(shares) && cost(context, shares[i]) > PAGE_COLUMNS_BYTES)
        i++;
    return shares[i];
}
