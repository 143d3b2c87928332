#include "report/frame.h"

#include <stdio.h>

/* Source lines with carets under what is meant. A line that is too wide is shown around its
 * beginning of interest, with "..." where something was cut. */

enum { FRAME_LINES_MAX = 4, FRAME_TEXT_MAX = 4096, CUT_WIDTH = 3 };

/* As much of the front of `text` as fits into `columns`. */
static str fit_front(str text, unsigned columns)
{
    size_t used = 0;
    unsigned width = 0;
    while (used < text.len) {
        struct glyph glyph = glyph_at(str_from_index(text, used));
        if (width + glyph.width > columns)
            break;
        width += glyph.width;
        used += glyph.bytes;
    }
    return str_slice(text, 0, used);
}

/* As much of the back of `text` as fits into `columns`. */
static str fit_back(str text, unsigned columns)
{
    if (text.len > FRAME_TEXT_MAX)
        text = str_from_index(text, text.len - FRAME_TEXT_MAX);
    unsigned width = text_width(text);
    while (width > columns) {
        struct glyph glyph = glyph_at(text);
        width -= glyph.width;
        text = str_from_index(text, glyph.bytes);
    }
    return text;
}

static str first_bytes(str text)
{
    return str_slice(text, 0, FRAME_TEXT_MAX);
}

static void paint_gutter(struct paint *paint, unsigned digits, uint32_t line)
{
    if (line)
        paint_fmt(paint, INK_DIM, "%*u | ", (int)digits + 1, line);
    else
        paint_fmt(paint, INK_DIM, "%*s | ", (int)digits + 1, "");
}

static void paint_carets(struct paint *paint, unsigned count, enum ink ink)
{
    static const char carets[] = "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^";
    const unsigned most = sizeof(carets) - 1;
    for (unsigned part; count; count -= part) {
        part = count < most ? count : most;
        paint_fmt(paint, ink, "%.*s", (int)part, carets);
    }
}

/* One line: what is before, what is marked, what is behind. */
static void paint_line(struct paint *paint, unsigned digits, uint32_t line, const str part[3],
                       enum ink ink)
{
    unsigned room = paint->style.width > digits + 24 ? paint->style.width - digits - 4 : 20;
    str before = part[0], marked = first_bytes(part[1]), behind = first_bytes(part[2]);
    unsigned before_width = before.len > FRAME_TEXT_MAX ? room + 1 : text_width(before);
    unsigned marked_width = text_width(marked);
    bool cut_front = before_width > room / 2 && before_width + marked_width > room;
    if (cut_front) {
        unsigned keep = marked_width < room ? room - marked_width : room / 4;
        keep = keep > room / 2 ? room / 2 : keep;
        before = fit_back(before, keep > CUT_WIDTH ? keep - CUT_WIDTH : 0);
        before_width = text_width(before) + CUT_WIDTH;
    }
    unsigned left = room > before_width ? room - before_width : 1;
    bool cut_marked = marked_width > left;
    if (cut_marked)
        marked = fit_front(marked, left > CUT_WIDTH ? left - CUT_WIDTH : 1);
    marked_width = text_width(marked);
    left = left > marked_width ? left - marked_width : 0;
    bool cut_behind = !cut_marked && text_width(behind) > left;
    if (cut_behind)
        behind = fit_front(behind, left > CUT_WIDTH ? left - CUT_WIDTH : 0);

    paint_gutter(paint, digits, line);
    paint_z(paint, INK_PLAIN, cut_front ? "..." : "");
    paint_text(paint, INK_PLAIN, before);
    paint_text(paint, INK_PLAIN, marked);
    if (!cut_marked)
        paint_text(paint, INK_PLAIN, behind);
    paint_z(paint, INK_PLAIN, cut_marked || cut_behind ? "...\n" : "\n");

    paint_gutter(paint, digits, 0);
    paint_blanks(paint, before_width);
    paint_carets(paint, marked_width ? marked_width : 1, ink);
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_span_line(struct paint *paint, unsigned digits, const struct source *source,
                            uint32_t line, span at, enum ink ink)
{
    span whole = source_line(source, line);
    if (line == 1 && source->bom && whole.end - whole.start >= 3)
        whole.start += 3;
    uint32_t start = at.start > whole.start ? at.start : whole.start;
    uint32_t end = at.end < whole.end ? at.end : whole.end;
    start = start < whole.end ? start : whole.end;
    end = end > start ? end : start;
    bool continued = at.start < whole.start;
    uint32_t most = start + FRAME_TEXT_MAX;
    if (continued) /* the indentation of a later line is not what is meant */
        while (start < end && start < most && char_is_blank(source->text.at[start]))
            start++;
    const str part[3] = {source_text(source, (span){whole.start, start}),
                         source_text(source, (span){start, end}),
                         source_text(source, (span){end, whole.end})};
    paint_line(paint, digits, line, part, ink);
}

unsigned paint_frame(struct paint *paint, const struct source *source, span at, enum ink ink)
{
    uint32_t first = source_position(source, at.start).line;
    uint32_t last = at.end > at.start ? source_position(source, at.end - 1).line : first;
    char number[16];
    unsigned digits = (unsigned)snprintf(number, sizeof(number), "%u", last);
    if (digits < 3)
        digits = 3;
    for (uint32_t line = first; line <= last; line++) {
        if (last - first >= FRAME_LINES_MAX && line == first + FRAME_LINES_MAX - 2) {
            paint_fmt(paint, INK_DIM, "%*s |", (int)digits + 1, "...");
            paint_z(paint, INK_PLAIN, "\n");
            line = last;
        }
        paint_span_line(paint, digits, source, line, at, ink);
    }
    return digits + 2;
}
