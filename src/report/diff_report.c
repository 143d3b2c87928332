#include "report/analyze_words.h"
#include "report/diff_words.h"
#include "report/paint.h"

#include "base/num.h"

/* What changed between two images: for people, and for pull requests. */

enum { DELTA_COLUMNS = 10 };

enum package_change package_change(const struct diff_package *row)
{
    if (!row->version[0].len && !row->bytes[0])
        return PACKAGE_ADDED;
    return !row->version[1].len && !row->bytes[1] ? PACKAGE_REMOVED : PACKAGE_CHANGED;
}

const char *package_change_name(enum package_change change)
{
    static const char *const names[] = {"added", "removed", "changed"};
    return names[change];
}

int64_t diff_saved(const struct image_diff *diff)
{
    return (int64_t)diff->side[0]->size - (int64_t)diff->side[1]->size;
}

double diff_saved_percent(const struct image_diff *diff)
{
    uint64_t before = diff->side[0]->size;
    return before ? 100.0 * (double)diff_saved(diff) / (double)before : 0;
}

str delta_print(struct arena *arena, int64_t bytes)
{
    str size = size_print(arena, bytes < 0 ? (uint64_t)-bytes : (uint64_t)bytes);
    return str_fmt(arena, "%s%.*s", bytes < 0 ? "-" : bytes > 0 ? "+" : "", STR_ARG(size));
}

/* What a cause says of itself: its versions, or the first line of its instruction. */
static str cause_text(struct arena *arena, const struct image_diff *diff,
                      const struct diff_cause *cause)
{
    str rest = cause->name, line = STR("");
    if (cause->package == UINT32_MAX) {
        str_next_line(&rest, &line);
        return str_trim(line);
    }
    const struct diff_package *package = &diff->packages.at[cause->package];
    const str *version = package->version;
    switch (package_change(package)) {
    case PACKAGE_ADDED:
        return str_fmt(arena, "%.*s %.*s, new", STR_ARG(cause->name), STR_ARG(version[1]));
    case PACKAGE_REMOVED:
        return str_fmt(arena, "%.*s %.*s, gone", STR_ARG(cause->name), STR_ARG(version[0]));
    default: break;
    }
    if (str_eq(version[0], version[1]))
        return str_fmt(arena, "%.*s %.*s", STR_ARG(cause->name), STR_ARG(version[1]));
    return str_fmt(arena, "%.*s %.*s -> %.*s", STR_ARG(cause->name), STR_ARG(version[0]),
                   STR_ARG(version[1]));
}

/* -- for people -------------------------------------------------------------------------------- */

static void paint_delta(struct paint *paint, int64_t bytes)
{
    enum ink ink = bytes > 0 ? INK_RED : bytes < 0 ? INK_GREEN : INK_DIM;
    paint_fmt(paint, ink, "%*.*s", DELTA_COLUMNS, STR_ARG(delta_print(paint->out.arena, bytes)));
}

static void paint_measure(struct paint *paint, const char *label, uint64_t a, uint64_t b)
{
    int64_t delta = (int64_t)b - (int64_t)a;
    paint_fmt(paint, INK_DIM, "%-8s", label);
    paint_size(paint, INK_PLAIN, a);
    paint_z(paint, INK_DIM, " -> ");
    paint_size(paint, INK_PLAIN, b);
    paint_delta(paint, delta);
    if (a && delta)
        paint_fmt(paint, INK_PLAIN, "  %+.2f %%", 100.0 * (double)delta / (double)a);
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_side(struct paint *paint, const char *label, const struct image *image)
{
    paint_fmt(paint, INK_DIM, "%-8s", label);
    paint_text(paint, INK_BOLD, image->name);
    paint_z(paint, INK_PLAIN, "\n");
    paint_stands_behind(paint, image);
}

static void paint_sides(struct paint *paint, const struct image_diff *diff)
{
    const struct analysis *a = diff->side[0], *b = diff->side[1];
    paint_side(paint, "from", a->image);
    paint_side(paint, "to", b->image);
    paint_measure(paint, "size", a->size, b->size);
    paint_measure(paint, "pull", a->compressed_size, b->compressed_size);
    paint_measure(paint, "waste", a->wasted_bytes, b->wasted_bytes);
    paint_fmt(paint, INK_DIM, "%-8s", "layers");
    paint_fmt(paint, INK_PLAIN, "%" PRIu32 " -> %" PRIu32 ", %" PRIu32 " the same\n",
              a->layers.count, b->layers.count, diff->same_layers);
}

static void paint_causes(struct paint *paint, const struct image_diff *diff, uint32_t top)
{
    uint32_t shown = 0;
    VEC_EACH(struct diff_cause, cause, diff->causes) {
        if ((!cause->bytes && !cause->pull) || shown == top)
            continue;
        if (!shown++)
            paint_z(paint, INK_BOLD, "\nwhy\n");
        paint_delta(paint, cause->bytes);
        paint_z(paint, INK_PLAIN, "  ");
        paint_text(paint, INK_PLAIN, cause_text(paint->out.arena, diff, cause));
        if (cause->files)
            paint_fmt(paint, INK_DIM, "  (%" PRIu32 " file%s)", cause->files,
                      cause->files == 1 ? "" : "s");
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static int64_t file_delta(const struct diff_file *file)
{
    return (int64_t)file->size[1] - (int64_t)file->size[0];
}

/* The files with the largest deltas, by insertion into a short list. */
static uint32_t largest_files(const struct image_diff *diff, uint32_t top,
                              const struct diff_file **list)
{
    uint32_t count = 0;
    VEC_EACH(struct diff_file, file, diff->files) {
        int64_t delta = file_delta(file);
        uint64_t weight = delta < 0 ? (uint64_t)-delta : (uint64_t)delta;
        uint32_t at = count;
        if (!weight)
            continue;
        for (; at > 0; at--) {
            int64_t other = file_delta(list[at - 1]);
            if ((other < 0 ? (uint64_t)-other : (uint64_t)other) >= weight)
                break;
            if (at < top)
                list[at] = list[at - 1];
        }
        if (at < top)
            list[at] = file;
        count += count < top;
    }
    return count;
}

static void paint_files(struct paint *paint, const struct image_diff *diff, uint32_t top)
{
    const struct diff_file **list =
        NEW_ARRAY(paint->out.arena, const struct diff_file *, (size_t)top + 1);
    uint32_t count = largest_files(diff, top, list);
    const struct change_sum *sums = diff->sums;
    paint_fmt(paint, INK_BOLD,
              "\nfiles: %" PRIu32 " added, %" PRIu32 " removed, %" PRIu32 " changed, %" PRIu32
              " with other owner or mode, %" PRIu32 " the same\n",
              sums[CHANGE_ADDED].files, sums[CHANGE_REMOVED].files, sums[CHANGE_CONTENT].files,
              sums[CHANGE_META].files, diff->same_files);
    if (sums[CHANGE_TIME].files)
        paint_fmt(paint, INK_DIM, "noise: %" PRIu32 " files differ in their time only\n",
                  sums[CHANGE_TIME].files);
    for (uint32_t i = 0; i < count; i++) {
        paint_delta(paint, file_delta(list[i]));
        paint_fmt(paint, INK_DIM, "  %-10s  ", change_name(list[i]->change));
        paint_text(paint, INK_PLAIN, list[i]->path);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_packages(struct paint *paint, const struct image_diff *diff)
{
    uint32_t counts[PACKAGE_CHANGES] = {0};
    VEC_EACH(struct diff_package, row, diff->packages) {
        counts[package_change(row)]++;
    }
    if (diff->packages.count)
        paint_fmt(paint, INK_BOLD,
                  "\npackages: %" PRIu32 " added, %" PRIu32 " removed, %" PRIu32 " changed\n",
                  counts[PACKAGE_ADDED], counts[PACKAGE_REMOVED], counts[PACKAGE_CHANGED]);
}

static void paint_config(struct paint *paint, const struct image_diff *diff)
{
    if (diff->config.count)
        paint_z(paint, INK_BOLD, "\nconfig\n");
    VEC_EACH(struct diff_setting, setting, diff->config) {
        paint_z(paint, INK_PLAIN, "  ");
        paint_text(paint, INK_PLAIN, setting->key);
        paint_z(paint, INK_DIM, ": ");
        paint_text(paint, INK_PLAIN, setting->value[0].len ? setting->value[0] : STR("none"));
        paint_z(paint, INK_DIM, " -> ");
        paint_text(paint, INK_PLAIN, setting->value[1].len ? setting->value[1] : STR("none"));
        paint_z(paint, INK_PLAIN, "\n");
    }
}

str report_diff(struct arena *arena, const struct image_diff *diff, enum diff_format format,
                uint32_t top, const struct report_style *style)
{
    if (format == DIFF_JSON)
        return diff_json(arena, diff);
    if (format == DIFF_MARKDOWN)
        return diff_markdown(arena, diff, top);
    struct paint paint = paint_init(arena, style);
    paint_sides(&paint, diff);
    paint_causes(&paint, diff, top);
    paint_files(&paint, diff, top);
    paint_packages(&paint, diff);
    paint_config(&paint, diff);
    return buf_str(&paint.out);
}

/* -- for pull requests: causes before totals --------------------------------------------------- */

/* Text of others inside a table's cell: nothing that Markdown or HTML would read. */
static str cell(struct arena *arena, str text)
{
    struct buf out = buf_init(arena, 1 << 16);
    str safe = report_escape(arena, text);
    for (size_t i = 0; i < safe.len; i++) {
        char c = safe.at[i];
        if (c == '<')
            buf_add(&out, STR("&lt;"));
        else if (c == '&')
            buf_add(&out, STR("&amp;"));
        else {
            if (str_has_char(STR("|`*_[]\\@#~"), c))
                buf_add_char(&out, '\\');
            buf_add_char(&out, c);
        }
    }
    return buf_str(&out);
}

str diff_markdown(struct arena *arena, const struct image_diff *diff, uint32_t top)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    const struct analysis *a = diff->side[0], *b = diff->side[1];
    uint32_t shown = 0;
    buf_fmt(&out, "**Image %.*s** (%.*s to pull): %.*s -> %.*s\n",
            STR_ARG(delta_print(arena, -diff_saved(diff))),
            STR_ARG(delta_print(arena, (int64_t)b->compressed_size - (int64_t)a->compressed_size)),
            STR_ARG(size_print(arena, a->size)), STR_ARG(size_print(arena, b->size)));
    VEC_EACH(struct diff_cause, cause, diff->causes) {
        if ((!cause->bytes && !cause->pull) || shown == top)
            continue;
        if (!shown++)
            buf_add(&out, STR("\n| size | pull | why |\n| ---: | ---: | --- |\n"));
        buf_fmt(&out, "| %.*s | %.*s | %.*s |\n", STR_ARG(delta_print(arena, cause->bytes)),
                STR_ARG(delta_print(arena, cause->pull)),
                STR_ARG(cell(arena, cause_text(arena, diff, cause))));
    }
    VEC_EACH(struct diff_setting, setting, diff->config) {
        if (setting == diff->config.at)
            buf_add(&out, STR("\n| config | before | after |\n| --- | --- | --- |\n"));
        buf_fmt(&out, "| %.*s | %.*s | %.*s |\n", STR_ARG(cell(arena, setting->key)),
                STR_ARG(cell(arena, setting->value[0])), STR_ARG(cell(arena, setting->value[1])));
    }
    if (!shown && !diff->config.count)
        buf_add(&out, STR("\nNothing that a container sees differs.\n"));
    return buf_str(&out);
}
