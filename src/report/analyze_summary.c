#include "report/analyze_words.h"

#include "base/num.h"

#include <stdlib.h>

/* An analysis in 20 lines: totals, a bar a layer, the five largest savings. */

enum { LINES_MAX = 20, FIXES_SHOWN = 5, BAR_COLUMNS = 20 };

/* Of the lines: a blank and a title for the bars, the same and what could go behind them. */
enum { LINES_TAKEN = 2 + 2 + FIXES_SHOWN };

static str size_of(struct paint *paint, uint64_t bytes)
{
    return size_print(paint->out.arena, bytes);
}

/* -- totals ------------------------------------------------------------------------------------ */

static void paint_waste_line(struct paint *paint, const struct analysis *analysis)
{
    paint_label(paint, "waste");
    paint_fmt(paint, analysis->wasted_bytes ? INK_YELLOW : INK_PLAIN, "%.*s",
              STR_ARG(size_of(paint, analysis->wasted_bytes)));
    paint_waste_parts(paint, analysis);
}

static void paint_split(struct paint *paint, const struct analysis *analysis)
{
    static const char *const known[] = {[BASE_UNKNOWN] = "not known",
                                        [BASE_GIVEN] = "by its layers",
                                        [BASE_DOCKERFILE] = "by the Dockerfile",
                                        [BASE_HISTORY] = "by the history"};
    paint_label(paint, "is");
    for (int part = 0; part < PART_COUNT; part++) {
        paint_fmt(paint, INK_PLAIN, "%s%s %.*s", part ? ", " : "", part_name((enum part)part),
                  STR_ARG(size_of(paint, analysis->split[part].bytes)));
        if (part == PART_BASE)
            paint_fmt(paint, INK_DIM, " (%s)", known[analysis->base.known_by]);
    }
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_totals(struct paint *paint, const struct analysis *analysis)
{
    uint64_t live = analysis->view->live_bytes;
    paint_label(paint, "image");
    paint_text(paint, INK_BOLD, analysis->image->name);
    paint_fmt(paint, INK_PLAIN, "  (%.*s, %" PRIu32 " layers)\n",
              STR_ARG(analysis->image->transport), analysis->layers.count);
    paint_stands_behind(paint, analysis->image);
    paint_label(paint, "size");
    paint_fmt(paint, INK_PLAIN, "%.*s", STR_ARG(size_of(paint, analysis->size)));
    if (is_compressed(analysis))
        paint_fmt(paint, INK_PLAIN, ", %.*s to pull",
                  STR_ARG(size_of(paint, analysis->compressed_size)));
    paint_fmt(paint, INK_PLAIN, "; %.*s live, efficiency %.2f %%\n", STR_ARG(size_of(paint, live)),
              analysis->efficiency * 100);
    paint_waste_line(paint, analysis);
    paint_split(paint, analysis);
    paint_label(paint, "owned");
    paint_fmt(paint, INK_PLAIN, "%.2f %% by %" PRIu32 " packages; %.*s are copies of other files\n",
              live ? 100 * (double)analysis->owned_bytes / (double)live : 100.0,
              analysis->packages.count, STR_ARG(size_of(paint, analysis->duplicate_bytes)));
}

/* -- a bar a layer ----------------------------------------------------------------------------- */

static int size_order(const void *left, const void *right, void *raw)
{
    const struct analysis *analysis = raw;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    uint64_t a = analysis->layers.at[i].size, b = analysis->layers.at[j].size;
    return a != b ? (a < b) - (a > b) : (i > j) - (i < j);
}

static int index_order(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* '#' what is live, '-' what is hidden. */
static void paint_bar(struct paint *paint, const struct layer_row *row, uint64_t largest)
{
    unsigned all = largest ? (unsigned)((row->size * BAR_COLUMNS + largest - 1) / largest) : 0;
    unsigned hidden =
        row->size ? (unsigned)((row->wasted_bytes * all + row->size / 2) / row->size) : 0;
    for (unsigned i = 0; i < BAR_COLUMNS; i++) {
        const char *dot = i >= all ? " " : i >= all - hidden ? "-" : "#";
        paint_z(paint, i >= all - hidden ? INK_YELLOW : INK_GREEN, dot);
    }
}

static void paint_layer(struct paint *paint, const struct analysis *analysis, uint32_t index,
                        uint64_t largest)
{
    const struct layer_row *row = &analysis->layers.at[index];
    paint_fmt(paint, INK_DIM, "%4" PRIu32, index + 1);
    paint_size(paint, INK_PLAIN, row->size);
    paint_z(paint, INK_PLAIN, " ");
    paint_bar(paint, row, largest);
    paint_z(paint, INK_PLAIN, " ");
    unsigned column = 38;
    if (row->line) {
        str line = str_fmt(paint->out.arena, "line %" PRIu32 " ", row->line);
        paint_fmt(paint, INK_CYAN, "%.*s", STR_ARG(line));
        column += (unsigned)line.len;
    }
    paint_created_by(paint, row->created_by, column);
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_bars(struct paint *paint, const struct analysis *analysis)
{
    uint32_t count = analysis->layers.count, most = LINES_MAX - LINES_TAKEN;
    str rest_of = buf_str(&paint->out), line;
    while (most > 1 && str_next_line(&rest_of, &line))
        most--;
    uint32_t shown = count < most ? count : most;
    uint32_t *order = NEW_ARRAY(paint->out.arena, uint32_t, (size_t)count + 1);
    if (!count)
        return;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof(*order), size_order, (void *)(uintptr_t)analysis);
    uint64_t largest = analysis->layers.at[order[0]].size, rest = 0;
    for (uint32_t i = shown; i < count; i++)
        rest += analysis->layers.at[order[i]].size;
    qsort(order, shown, sizeof(*order), index_order);
    if (shown < count)
        paint_fmt(paint, INK_BOLD, "\nlargest layers (%" PRIu32 " others hold %.*s; - is hidden)\n",
                  count - shown, STR_ARG(size_of(paint, rest)));
    else
        paint_z(paint, INK_BOLD, "\nlayers (- is hidden)\n");
    for (uint32_t i = 0; i < shown; i++)
        paint_layer(paint, analysis, order[i], largest);
}

/* -- what could go ----------------------------------------------------------------------------- */

void paint_bloat_row(struct paint *paint, const struct analysis *analysis, const struct bloat *row)
{
    struct arena *arena = paint->out.arena;
    str place = row->line ? str_fmt(arena, "line %" PRIu32, row->line)
                          : str_fmt(arena, "layer %" PRIu32, row->layer + 1);
    str what = str_from_index(str_from(row->rule->rule.name), STR("image/").len);
    paint_size(paint, INK_YELLOW, row->bytes);
    if (is_compressed(analysis))
        paint_fmt(paint, INK_DIM, " (%.*s pull)", STR_ARG(size_of(paint, row->pull)));
    paint_fmt(paint, INK_PLAIN, " %c %.*s, ", bloat_letter(row), STR_ARG(what));
    paint_fmt(paint, INK_CYAN, "%.*s", STR_ARG(place));
    paint_z(paint, INK_PLAIN, ": ");
    unsigned column = 32 + (unsigned)(what.len + place.len);
    str fix = bloat_fix(arena, analysis, row);
    unsigned room = paint->style.width > column + 30 ? paint->style.width - column : 30;
    bool cut = fix.len > room;
    paint_text(paint, INK_PLAIN, cut ? str_slice(fix, 0, room - 3) : fix);
    paint_z(paint, INK_DIM, cut ? "...\n" : "\n");
}

static void paint_fixes(struct paint *paint, const struct analysis *analysis)
{
    paint_z(paint, INK_BOLD, "\nlargest savings (A: safe, B: costs something, C: try it)\n");
    uint32_t shown = 0;
    VEC_EACH(struct bloat, row, analysis->bloat) {
        if (shown++ == FIXES_SHOWN)
            break;
        paint_bloat_row(paint, analysis, row);
    }
    if (!shown)
        paint_z(paint, INK_GREEN, "    none\n");
}

void paint_summary(struct paint *paint, const struct analysis *analysis)
{
    paint_totals(paint, analysis);
    paint_bars(paint, analysis);
    paint_fixes(paint, analysis);
}
