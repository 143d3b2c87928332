#include "tui/draw.h"

#include "base/num.h"
#include "report/report.h"
#include "tui/screen.h"

/*
 *   1.3 GB, 300.0 MB hidden  bytes  image.tar         title
 *   > all layers        | 600.1 MB [####] usr/        panes: the second alone below 60 columns
 *     12.3 MB RUN make  |   3.2 MB [    ]   bin/
 *   usr/bin/python3.11 ..                             details, where there is room
 *   ? help  q end                                     status
 */

enum {
    TWO_PANES_LEAST = 60,
    LEFT_MOST = 50,
    SIZE_COLUMNS = 9,
    BAR_COLUMNS = 10,
    DETAILS = 4,
    HELP_COLUMNS = 49,
    HELP_KEYS_COLUMNS = 16
};

/* A part of the screen. */
struct area {
    unsigned line, column, lines, columns;
};

struct drawing {
    struct arena *arena;
    struct browser *browser;
};

static str size_cell(struct arena *arena, uint64_t bytes)
{
    return str_fmt(arena, "%*.*s ", SIZE_COLUMNS, STR_ARG(size_print(arena, bytes)));
}

/* Put text into a line of an area, behind what is there. */
static void put(const struct area *area, unsigned line, unsigned *at, unsigned tone, str text)
{
    if (line < area->lines && *at < area->columns)
        *at += screen_put(area->line + line, area->column + *at, area->columns - *at, tone, text);
}

/* One line of others' text, whole or its first line. */
static str first_line(struct arena *arena, str text)
{
    str line = STR("");
    str_next_line(&text, &line);
    return report_escape(arena, line);
}

/* The first row of a pane, so that the cursor stays in it. */
static uint32_t scroll_to(uint32_t first, uint32_t cursor, uint32_t lines)
{
    if (cursor < first)
        return cursor;
    return lines && cursor >= first + lines ? cursor - lines + 1 : first;
}

/* -- layers ------------------------------------------------------------------------------------ */

static void draw_layer(struct drawing *d, const struct area *area, unsigned line, uint32_t index)
{
    const struct analysis *analysis = d->browser->analysis;
    bool pull = d->browser->pull, here = index == d->browser->layer;
    unsigned at = 0, tone = here ? TONE_BOLD : TONE_PLAIN;
    if (here && d->browser->pane == PANE_LAYERS)
        tone |= TONE_REVERSE;
    if (!index) {
        uint64_t bytes = pull ? analysis->compressed_size : analysis->size;
        put(area, line, &at, tone, size_cell(d->arena, bytes));
        put(area, line, &at, tone, STR("the whole image"));
        return;
    }
    const struct layer_row *layer = &analysis->layers.at[index - 1];
    put(area, line, &at, tone, size_cell(d->arena, pull ? layer->compressed_size : layer->size));
    if (layer->line)
        put(area, line, &at, tone, str_fmt(d->arena, "%" PRIu32 ": ", layer->line));
    put(area, line, &at, tone, first_line(d->arena, layer->created_by));
}

static void draw_layers(struct drawing *d, const struct area *area)
{
    struct browser *browser = d->browser;
    uint32_t count = browser->analysis->layers.count + 1;
    browser->layer_scroll = scroll_to(browser->layer_scroll, browser->layer, area->lines);
    for (uint32_t i = 0; i < area->lines && browser->layer_scroll + i < count; i++)
        draw_layer(d, area, i, browser->layer_scroll + i);
}

/* -- files ------------------------------------------------------------------------------------- */

static uint32_t owner_of(const struct browser *browser, uint32_t row)
{
    uint32_t version = browser_version(browser, row);
    if (version == TREE_NONE || tree_is_folder(&browser->tree, row) || !browser->packages->owner)
        return PACKAGE_NONE_OWNS;
    return browser->packages->owner[version];
}

static unsigned tone_of(const struct browser *browser, uint32_t row)
{
    if (browser->owner) {
        uint32_t owner = owner_of(browser, row);
        return owner == PACKAGE_NONE_OWNS ? TONE_PLAIN : 1 + owner % (TONE_COLORS - 1);
    }
    if (browser->state[row] == ROW_ADDED)
        return TONE_GREEN;
    if (browser->state[row] == ROW_REMOVED)
        return TONE_RED;
    bool changed = browser->below[row] & (ROW_ADDED | ROW_CHANGED | ROW_REMOVED);
    return browser->layer && changed ? TONE_YELLOW : TONE_PLAIN;
}

static str bar(struct drawing *d, uint32_t row)
{
    const struct browser *browser = d->browser;
    uint64_t all = browser_weight(browser, browser->tree.rows[row].parent);
    double share = all ? (double)browser_weight(browser, row) / (double)all : 0;
    int full = (int)(share * BAR_COLUMNS + 0.5);
    str drawn = str_fmt(d->arena, "[%.*s%*s] ", full, "##########", BAR_COLUMNS - full, "");
    str told = str_fmt(d->arena, "%5.1f%% ", share * 100);
    switch (browser->bars) {
    case BARS_BAR: return drawn;
    case BARS_SHARE: return told;
    case BARS_BOTH: return str_cat(d->arena, told, drawn);
    default: return STR("");
    }
}

static str owner_text(struct arena *arena, const struct package_list *packages, uint32_t owner)
{
    const struct package *package = &packages->list.at[owner];
    return report_escape(arena, str_fmt(arena, "%s %.*s %.*s", package_type_name(package->type),
                                        STR_ARG(package->name), STR_ARG(package->version)));
}

static str row_name(struct drawing *d, uint32_t row)
{
    const struct browser *browser = d->browser;
    const struct image_view *view = browser->analysis->view;
    str name = report_escape(d->arena, tree_name(&browser->tree, row));
    uint32_t version = browser_version(browser, row);
    if (tree_is_folder(&browser->tree, row))
        return str_fmt(d->arena, "%c %.*s/", browser->open[row] ? '-' : '+', STR_ARG(name));
    if (version == TREE_NONE)
        return name;
    const struct view_file *file = &view->files[version];
    const struct layer_entry *entry = view_entry(view, file);
    str link = report_escape(d->arena, layer_link(&view->layers[file->layer].report, entry));
    const char *arrow = entry->kind == LAYER_SYMLINK ? " -> " : " = ";
    return link.len ? str_fmt(d->arena, "  %.*s%s%.*s", STR_ARG(name), arrow, STR_ARG(link))
                    : str_fmt(d->arena, "  %.*s", STR_ARG(name));
}

static void draw_row(struct drawing *d, const struct area *area, unsigned line, uint32_t index)
{
    const struct browser *browser = d->browser;
    uint32_t row = browser->list[index];
    unsigned at = 0, tone = tone_of(browser, row);
    if (index == browser->cursor)
        tone |= browser->pane == PANE_FILES ? TONE_REVERSE : TONE_BOLD;
    put(area, line, &at, tone, size_cell(d->arena, browser_weight(browser, row)));
    if (area->columns >= 40)
        put(area, line, &at, tone, bar(d, row));
    if (browser->sorting == SORT_COUNT)
        put(area, line, &at, tone,
            str_fmt(d->arena, "%6" PRIu32 " ", browser_sum(browser, row).files));
    unsigned depth = browser->tree.rows[row].depth;
    unsigned indent = 2 * (depth < area->columns / 4 ? depth - 1 : area->columns / 4);
    put(area, line, &at, tone, str_fmt(d->arena, "%*s", (int)indent, ""));
    put(area, line, &at, tone, row_name(d, row));
    uint32_t owner = browser->owner ? owner_of(browser, row) : PACKAGE_NONE_OWNS;
    if (owner == PACKAGE_NONE_OWNS)
        return;
    put(area, line, &at, tone, STR("  "));
    put(area, line, &at, tone, owner_text(d->arena, browser->packages, owner));
}

static void draw_files(struct drawing *d, const struct area *area)
{
    struct browser *browser = d->browser;
    unsigned at = 0;
    browser->page = area->lines;
    browser->scroll = scroll_to(browser->scroll, browser->cursor, area->lines);
    for (uint32_t i = 0; i < area->lines && browser->scroll + i < browser->list_count; i++)
        draw_row(d, area, i, browser->scroll + i);
    if (!browser->list_count)
        put(area, 0, &at, TONE_DIM, STR("  nothing to show"));
}

/* -- details ----------------------------------------------------------------------------------- */

static str layer_text(struct drawing *d, uint32_t layer)
{
    const struct layer_row *row = &d->browser->analysis->layers.at[layer];
    return str_fmt(d->arena, "layer %" PRIu32 " %.*s", layer + 1,
                   STR_ARG(first_line(d->arena, row->created_by)));
}

static const char *fate_text(enum fate fate)
{
    static const char *const names[] = {"", "deleted", "replaced", "touched"};
    return names[fate];
}

static void draw_version(struct drawing *d, const struct area *area, unsigned line,
                         uint32_t version)
{
    const struct image_view *view = d->browser->analysis->view;
    const struct view_file *file = &view->files[version];
    unsigned at = 0;
    str size = size_print(d->arena, view_entry(view, file)->size);
    put(area, line, &at, TONE_PLAIN,
        str_fmt(d->arena, "%.*s (%.*s of the pull) by %.*s", STR_ARG(size),
                STR_ARG(size_print(d->arena, view_pull(view, file))),
                STR_ARG(layer_text(d, file->layer))));
    if (file->fate != FATE_LIVE)
        put(area, line, &at, TONE_RED,
            str_fmt(d->arena, "; %s by %.*s", fate_text(file->fate),
                    STR_ARG(layer_text(d, file->hider))));
}

static void draw_file_details(struct drawing *d, const struct area *area)
{
    const struct browser *browser = d->browser;
    uint32_t row = browser_row(browser);
    unsigned at = 0, second = 0;
    if (row == TREE_NONE)
        return;
    const struct tree_row *at_row = &browser->tree.rows[row];
    put(area, 0, &at, TONE_BOLD, STR("/"));
    put(area, 0, &at, TONE_BOLD, report_escape(d->arena, at_row->path));
    struct amount sum = browser_sum(browser, row);
    put(area, 1, &second, TONE_PLAIN,
        str_fmt(d->arena, "%.*s, %.*s of the pull, %" PRIu32 " files",
                STR_ARG(size_print(d->arena, sum.bytes)), STR_ARG(size_print(d->arena, sum.pull)),
                sum.files));
    uint32_t version = browser_version(browser, row), owner = owner_of(browser, row);
    if (version != TREE_NONE) {
        const struct image_view *view = browser->analysis->view;
        const struct layer_entry *entry = view_entry(view, &view->files[version]);
        put(area, 1, &second, TONE_PLAIN,
            str_fmt(d->arena, ", mode %04o, owner %" PRIu32 ":%" PRIu32, entry->mode & 07777,
                    entry->uid, entry->gid));
    }
    if (owner != PACKAGE_NONE_OWNS) {
        put(area, 1, &second, TONE_PLAIN, STR(", of "));
        put(area, 1, &second, TONE_CYAN, owner_text(d->arena, browser->packages, owner));
    }
    uint32_t first =
        at_row->version_count > area->lines - 2 ? at_row->version_count - area->lines + 2 : 0;
    for (uint32_t i = first; area->lines > 2 && i < at_row->version_count; i++)
        draw_version(d, area, 2 + i - first, at_row->file + i);
}

static void draw_layer_details(struct drawing *d, const struct area *area)
{
    const struct analysis *analysis = d->browser->analysis;
    unsigned at = 0, second = 0, third = 0;
    if (!d->browser->layer)
        return;
    const struct layer_row *layer = &analysis->layers.at[d->browser->layer - 1];
    put(area, 0, &at, TONE_BOLD, layer_text(d, d->browser->layer - 1));
    put(area, 1, &second, TONE_PLAIN,
        str_fmt(d->arena, "%.*s in %" PRIu32 " files, %.*s of them hidden later",
                STR_ARG(size_print(d->arena, layer->size)), layer->files,
                STR_ARG(size_print(d->arena, layer->wasted_bytes))));
    put(area, 2, &third, TONE_DIM,
        str_fmt(d->arena, "diff id sha256:%s", digest_hex(layer->diff_id).z));
}

/* -- over all ---------------------------------------------------------------------------------- */

/* Text of some length, broken at blanks; moves `line` on, also where it is above the screen. */
static void draw_lines(struct drawing *d, const struct area *area, int64_t *line, unsigned tone,
                       str text)
{
    size_t most = area->columns > 8 ? area->columns - 2 : 8;
    str rest;
    while (str_next_line(&text, &rest)) {
        rest = report_escape(d->arena, rest);
        do {
            size_t end = rest.len;
            if (end > most) {
                size_t blank = str_find_last_char(str_slice(rest, 0, most), ' ');
                end = blank == STR_MISSING || !blank ? most : blank;
            }
            unsigned at = 0;
            if (*line >= 0)
                put(area, (unsigned)*line, &at, tone, str_slice(rest, 0, end));
            ++*line;
            rest = str_trim_start(str_from_index(rest, end));
        } while (rest.len);
    }
}

static void draw_fixes(struct drawing *d, const struct area *area)
{
    const struct analysis *analysis = d->browser->analysis;
    int64_t line = -(int64_t)d->browser->overlay_scroll;
    uint32_t layer = d->browser->layer, count = 0;
    VEC_EACH(struct bloat, bloat, analysis->bloat) {
        if (layer && bloat->layer != layer - 1 && bloat->hider != layer - 1)
            continue;
        if (line >= (int64_t)area->lines)
            break;
        draw_lines(d, area, &line, TONE_BOLD, bloat_message(d->arena, analysis, bloat));
        draw_lines(d, area, &line, TONE_GREEN, bloat_fix(d->arena, analysis, bloat));
        line++;
        count++;
    }
    if (!count)
        draw_lines(d, area, &line, TONE_PLAIN, STR("nothing is known that could go"));
}

/* In as many columns as there is room for; scrolled where that is not enough. */
static void draw_help(struct drawing *d, const struct area *area)
{
    unsigned columns = area->columns / HELP_COLUMNS > 1 ? area->columns / HELP_COLUMNS : 1;
    uint32_t first = d->browser->overlay_scroll < ACTION_COUNT - 2 ? d->browser->overlay_scroll
                                                                   : ACTION_COUNT - 2;
    for (uint32_t i = 0; i < area->lines * columns && first + 1 + i < ACTION_COUNT; i++) {
        struct key_help help = key_help(d->arena, &d->browser->keys, (enum action)(first + 1 + i));
        unsigned at = i / area->lines * HELP_COLUMNS;
        unsigned what_at = at + HELP_KEYS_COLUMNS;
        put(area, i % area->lines, &at, TONE_BOLD, str_fmt(d->arena, " %.*s ", STR_ARG(help.keys)));
        at = at > what_at ? at : what_at;
        put(area, i % area->lines, &at, TONE_PLAIN, str_from(help.what));
    }
}

/* The name stands last: it may be long. */
static void draw_title(struct drawing *d, unsigned columns)
{
    const struct browser *browser = d->browser;
    const struct analysis *analysis = browser->analysis;
    const struct area area = {0, 0, 1, columns};
    unsigned at = 0;
    put(&area, 0, &at, TONE_BOLD,
        str_fmt(d->arena, "%.*s, %.*s hidden", STR_ARG(size_print(d->arena, analysis->size)),
                STR_ARG(size_print(d->arena, analysis->wasted_bytes))));
    put(&area, 0, &at, TONE_CYAN, str_from(browser->pull ? "  pull" : "  bytes"));
    if (browser->waste)
        put(&area, 0, &at, TONE_RED, STR("  hidden only"));
    if (browser->layer)
        put(&area, 0, &at, TONE_CYAN,
            str_from(browser->layer_only ? "  of this layer" : "  up to this layer"));
    put(&area, 0, &at, TONE_PLAIN, STR("  "));
    put(&area, 0, &at, TONE_PLAIN, report_escape(d->arena, analysis->image->name));
}

static const struct {
    enum action action;
    const char *what;
} first_ones[] = {{ACTION_HELP, "help"},    {ACTION_QUIT, "end"},      {ACTION_PANE, "pane"},
                  {ACTION_FOLD, "fold"},    {ACTION_FILTER, "filter"}, {ACTION_PULL, "pull"},
                  {ACTION_WASTE, "hidden"}, {ACTION_FIX, "fix"},       {ACTION_EXTRACT, "extract"}};

static void draw_status(struct drawing *d, unsigned line, unsigned columns)
{
    const struct browser *browser = d->browser;
    const struct area area = {line, 0, 1, columns};
    unsigned at = 0;
    if (browser->said.len) {
        put(&area, 0, &at, TONE_BOLD, report_escape(d->arena, browser->said));
        return;
    }
    if (browser->typing || browser->filter_len) {
        put(&area, 0, &at, TONE_YELLOW,
            str_fmt(d->arena, "/%.*s%s", (int)browser->filter_len, browser->filter,
                    browser->typing ? "_" : ""));
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(first_ones); i++) {
        str key = key_first(d->arena, &browser->keys, first_ones[i].action);
        if (key.len)
            put(&area, 0, &at, TONE_DIM,
                str_fmt(d->arena, "%.*s:%s ", STR_ARG(key), first_ones[i].what));
    }
}

static void draw_panes(struct drawing *d, unsigned columns, unsigned lines)
{
    unsigned details = lines >= 14 ? DETAILS : lines >= 8 ? 1 : 0;
    unsigned body = lines > 2 + details ? lines - 2 - details : 0;
    unsigned left = columns * 2 / 5 < LEFT_MOST ? columns * 2 / 5 : LEFT_MOST;
    const struct area whole = {1, 0, body, columns}, bottom = {1 + body, 0, details, columns};
    if (columns >= TWO_PANES_LEAST) {
        const struct area layers = {1, 0, body, left - 1},
                          files = {1, left + 1, body, columns - left - 1};
        draw_layers(d, &layers);
        for (unsigned i = 0; i < body; i++)
            screen_put(1 + i, left, 1, TONE_DIM, STR("|"));
        draw_files(d, &files);
    } else if (d->browser->pane == PANE_LAYERS) {
        draw_layers(d, &whole);
    } else {
        draw_files(d, &whole);
    }
    if (details && d->browser->pane == PANE_FILES)
        draw_file_details(d, &bottom);
    else if (details)
        draw_layer_details(d, &bottom);
}

void draw(struct arena *scratch, struct browser *browser)
{
    struct arena_mark mark = arena_mark(scratch);
    struct drawing drawing = {scratch, browser};
    unsigned columns = screen_columns(), lines = screen_lines();
    const struct area whole = {1, 0, lines > 2 ? lines - 2 : 0, columns};
    screen_clear();
    draw_title(&drawing, columns);
    if (browser->overlay == OVERLAY_HELP)
        draw_help(&drawing, &whole);
    else if (browser->overlay == OVERLAY_FIX)
        draw_fixes(&drawing, &whole);
    else
        draw_panes(&drawing, columns, lines);
    if (lines > 1)
        draw_status(&drawing, lines - 1, columns);
    screen_show();
    arena_rewind(scratch, mark);
}
