#include "report/analyze_words.h"
#include "report/check_formats.h"

#include "base/num.h"

/* Where an image's bytes are: for people. */

enum { LAYERS_SHOWN = 12, BLOAT_SHOWN = 100000 };

const char *fate_name(enum fate fate)
{
    static const char *const names[] = {"live", "deleted", "replaced", "touched"};
    return names[fate];
}

bool is_compressed(const struct analysis *analysis)
{
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        const struct layer_result *layer = &analysis->view->layers[i];
        if (layer->pull.blob_bytes != layer->report.tar_bytes)
            return true;
    }
    return false;
}

void paint_label(struct paint *paint, const char *label)
{
    paint_fmt(paint, INK_DIM, "%-8s", label);
}

void paint_stands_behind(struct paint *paint, const struct image *image)
{
    str words = image_label(image, LABEL_STANDS_BEHIND);
    if (!words.len)
        return;
    paint_label(paint, "behind");
    paint_text(paint, INK_PLAIN, words);
    paint_z(paint, INK_PLAIN, "\n");
}

void paint_waste_parts(struct paint *paint, const struct analysis *analysis)
{
    struct arena *arena = paint->out.arena;
    const struct image_view *view = analysis->view;
    if (analysis->wasted_bytes)
        paint_fmt(paint, INK_PLAIN, ": deleted %.*s, replaced %.*s, touched %.*s",
                  STR_ARG(size_print(arena, view->deleted_bytes)),
                  STR_ARG(size_print(arena, view->replaced_bytes)),
                  STR_ARG(size_print(arena, view->touched_bytes)));
    if (analysis->pull_wasted && is_compressed(analysis))
        paint_fmt(paint, INK_PLAIN, "; %.*s of every pull",
                  STR_ARG(size_print(arena, analysis->pull_wasted)));
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_totals(struct paint *paint, const struct analysis *analysis)
{
    struct arena *arena = paint->out.arena;
    const struct image_view *view = analysis->view;
    paint_label(paint, "image");
    paint_text(paint, INK_BOLD, analysis->image->name);
    paint_fmt(paint, INK_PLAIN, "  (%.*s, %" PRIu32 " layers)\n",
              STR_ARG(analysis->image->transport), analysis->layers.count);
    paint_stands_behind(paint, analysis->image);
    paint_label(paint, "size");
    paint_size(paint, INK_PLAIN, analysis->size);
    if (is_compressed(analysis))
        paint_fmt(paint, INK_PLAIN, ", %.*s to pull",
                  STR_ARG(size_print(arena, analysis->compressed_size)));
    paint_z(paint, INK_PLAIN, "\n");
    paint_label(paint, "live");
    paint_size(paint, INK_PLAIN, view->live_bytes);
    paint_fmt(paint, INK_PLAIN, ", efficiency %.2f %%\n", analysis->efficiency * 100);
    paint_label(paint, "waste");
    paint_size(paint, analysis->wasted_bytes ? INK_YELLOW : INK_PLAIN, analysis->wasted_bytes);
    paint_waste_parts(paint, analysis);
}

void paint_created_by(struct paint *paint, str text, unsigned column)
{
    str line;
    unsigned width = paint->style.width > column + 20 ? paint->style.width - column : 20;
    bool more = str_next_line(&text, &line) && text.len;
    if (line.len > width - 3) {
        line = str_slice(line, 0, width - 3);
        more = true;
    }
    paint_text(paint, INK_PLAIN, line);
    paint_z(paint, INK_DIM, more ? "..." : "");
}

static void paint_layers(struct paint *paint, const struct analysis *analysis)
{
    paint_z(paint, INK_BOLD, "\nlayers, the lowest first\n");
    uint32_t shown = 0;
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        const struct layer_row *row = &analysis->layers.at[i];
        if (analysis->layers.count > LAYERS_SHOWN && !row->size)
            continue;
        paint_fmt(paint, INK_DIM, "%4" PRIu32, i + 1);
        paint_size(paint, INK_PLAIN, row->size);
        paint_size(paint, row->wasted_bytes ? INK_YELLOW : INK_DIM, row->wasted_bytes);
        paint_z(paint, INK_DIM, " hidden  ");
        if (row->line)
            paint_fmt(paint, INK_CYAN, "line %" PRIu32 ": ", row->line);
        paint_created_by(paint, row->created_by, row->line ? 42 : 32);
        paint_z(paint, INK_PLAIN, "\n");
        shown++;
    }
    if (shown < analysis->layers.count)
        paint_fmt(paint, INK_DIM, "     and %" PRIu32 " without files\n",
                  analysis->layers.count - shown);
}

/* "layer 3", and its line where that is known. */
static void paint_layer_name(struct paint *paint, const struct analysis *analysis, uint32_t index)
{
    paint_fmt(paint, INK_PLAIN, "layer %" PRIu32, index + 1);
    if (analysis->layers.at[index].line)
        paint_fmt(paint, INK_CYAN, " (line %" PRIu32 ")", analysis->layers.at[index].line);
}

static void paint_pair(struct paint *paint, const struct analysis *analysis,
                       const struct waste_pair *pair)
{
    paint_size(paint, INK_YELLOW, pair->bytes);
    paint_fmt(paint, INK_PLAIN, "  %-8s  ", fate_name(pair->fate));
    if (pair->writer == pair->hider) {
        paint_layer_name(paint, analysis, pair->writer);
        paint_z(paint, INK_PLAIN, " holds it twice: ");
    } else {
        paint_layer_name(paint, analysis, pair->writer);
        paint_z(paint, INK_PLAIN, " wrote it, ");
        paint_layer_name(paint, analysis, pair->hider);
        paint_z(paint, INK_PLAIN, " hides it: ");
    }
    if (pair->files > 1)
        paint_fmt(paint, INK_PLAIN, "%" PRIu32 " files, the largest ", pair->files);
    paint_z(paint, INK_PLAIN, "'");
    paint_text(paint, INK_PLAIN, pair->example);
    paint_z(paint, INK_PLAIN, "'\n");
}

static void paint_waste(struct paint *paint, const struct analysis *analysis, uint32_t top)
{
    if (!analysis->pairs.count)
        return;
    paint_z(paint, INK_BOLD, "\nwaste: a pull brings it, and nobody can see it\n");
    for (uint32_t i = 0; i < analysis->pairs.count && i < top; i++)
        paint_pair(paint, analysis, &analysis->pairs.at[i]);
}

static void paint_duplicates(struct paint *paint, const struct analysis *analysis, uint32_t top)
{
    if (analysis->duplicate_bytes < 1000000)
        return;
    paint_fmt(paint, INK_BOLD, "\nthe same content more than once: %.*s\n",
              STR_ARG(size_print(paint->out.arena, analysis->duplicate_bytes)));
    for (uint32_t i = 0; i < analysis->duplicates.count && i < top; i++) {
        const struct duplicate *row = &analysis->duplicates.at[i];
        paint_size(paint, INK_PLAIN, row->bytes);
        paint_fmt(paint, INK_PLAIN, "  %" PRIu32 " times  ", row->count);
        paint_text(paint, INK_PLAIN, row->path);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_packages(struct paint *paint, const struct analysis *analysis, uint32_t top)
{
    uint64_t live = analysis->view->live_bytes;
    if (!analysis->packages.count || !live)
        return;
    paint_fmt(paint, INK_BOLD, "\npackages: %" PRIu32 ", with %.2f %% of the live bytes\n",
              analysis->packages.count, 100.0 * (double)analysis->owned_bytes / (double)live);
    for (uint32_t i = 0; i < analysis->packages.count && i < top; i++) {
        const struct package *package = analysis->packages.at[i];
        paint_size(paint, INK_PLAIN, package->bytes);
        paint_fmt(paint, INK_PLAIN, "  %s ", package_type_name(package->type));
        paint_text(paint, INK_PLAIN, package->name);
        paint_z(paint, INK_PLAIN, " ");
        paint_text(paint, INK_DIM, package->version);
        paint_z(paint, INK_PLAIN, "\n");
    }
}

static void paint_categories(struct paint *paint, const struct analysis *analysis, uint32_t top)
{
    uint32_t shown = 0;
    VEC_EACH(struct category_row, row, analysis->categories) {
        if (!row->removable || row->bytes < 100000 || shown == top)
            continue;
        if (!shown++)
            paint_z(paint, INK_BOLD, "\nwhat a running program seldom needs\n");
        paint_size(paint, INK_PLAIN, row->bytes);
        paint_fmt(paint, INK_PLAIN, "  %s, %" PRIu32 " files\n", row->category, row->files);
    }
}

static void paint_bloat(struct paint *paint, const struct analysis *analysis, uint32_t top)
{
    uint32_t shown = 0;
    VEC_EACH(struct bloat, row, analysis->bloat) {
        if (shown == top || row->bytes < BLOAT_SHOWN)
            break;
        if (!shown++)
            paint_z(paint, INK_BOLD, "\nwhat could go (A: safe, B: costs something, C: try it)\n");
        paint_bloat_row(paint, analysis, row);
    }
}

static str for_people(struct arena *arena, const struct analysis *analysis,
                      const struct analysis_report *how)
{
    struct paint paint = paint_init(arena, &how->style);
    if (!how->top && !how->tree) {
        paint_summary(&paint, analysis);
        return buf_str(&paint.out);
    }
    paint_totals(&paint, analysis);
    if (how->tree)
        paint_tree(&paint, analysis);
    if (!how->top)
        return buf_str(&paint.out);
    paint_layers(&paint, analysis);
    paint_waste(&paint, analysis, how->top);
    paint_bloat(&paint, analysis, how->top);
    paint_duplicates(&paint, analysis, how->top);
    paint_packages(&paint, analysis, how->top);
    paint_categories(&paint, analysis, how->top);
    return buf_str(&paint.out);
}

str report_analysis(struct arena *arena, const struct analysis *analysis,
                    const struct analysis_report *how)
{
    struct check_result findings;
    switch (how->format) {
    case ANALYZE_JSON: return analysis_json(arena, analysis);
    case ANALYZE_SARIF:
        findings = bloat_findings(arena, analysis, BLOAT_SHOWN);
        return check_sarif(arena, &findings);
    case ANALYZE_GITHUB:
        findings = bloat_findings(arena, analysis, BLOAT_SHOWN);
        return check_github(arena, &findings);
    case ANALYZE_HUMAN: break;
    }
    return for_people(arena, analysis, how);
}
