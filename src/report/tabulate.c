#include "report/tabulate.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "report/paint.h"
#include "text/utf8.h"

/* A line's cells; the last one is what no tab ends. */
struct tab_line {
    str *cells;
    uint32_t count;
    unsigned *widths; /* of the columns that its cells stand in */
};
VEC_TYPE(tab_lines, struct tab_line);

static unsigned width_of(str text)
{
    unsigned width = 0, bytes;
    uint32_t code;
    for (; (bytes = utf8_decode(text, &code)); text = str_from_index(text, bytes))
        width += code_width(code);
    return width;
}

static struct tab_line cut_line(struct arena *arena, str text)
{
    VEC(str) cells = {0};
    str cell;
    while (str_next(&text, '\t', &cell))
        vec_push(arena, &cells, cell);
    return (struct tab_line){cells.at, cells.count, NEW_ARRAY(arena, unsigned, cells.count + 1)};
}

/* Lines in a row that have this column share its width. */
static void measure_column(struct tab_lines *lines, uint32_t column, unsigned least,
                           unsigned padding)
{
    for (uint32_t from = 0, to; from < lines->count; from = to + 1) {
        unsigned width = least;
        for (to = from; to < lines->count && lines->at[to].count > column + 1; to++) {
            unsigned cell = width_of(lines->at[to].cells[column]) + padding;
            width = cell > width ? cell : width;
        }
        for (uint32_t i = from; i < to; i++)
            lines->at[i].widths[column] = width;
    }
}

str tabulate(struct arena *arena, str text, unsigned least, unsigned padding)
{
    struct tab_lines lines = {0};
    struct buf out = buf_init(arena, (size_t)1 << 30);
    uint32_t columns = 0;
    str line;
    while (str_next_line(&text, &line)) {
        struct tab_line cut = cut_line(arena, line);
        columns = cut.count > columns ? cut.count : columns;
        vec_push(arena, &lines, cut);
    }
    for (uint32_t column = 0; column < columns; column++)
        measure_column(&lines, column, least, padding);
    VEC_EACH(struct tab_line, row, lines) {
        for (uint32_t i = 0; i < row->count; i++) {
            buf_add(&out, row->cells[i]);
            unsigned used = width_of(row->cells[i]);
            for (; i + 1 < row->count && used < row->widths[i]; used++)
                buf_add_char(&out, ' ');
        }
        buf_add_char(&out, '\n');
    }
    return buf_str(&out);
}
