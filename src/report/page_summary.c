#include "report/page.h"

#include "base/num.h"
#include "base/vec.h"

#include <string.h>

/* One sentence, and bars that share one scale: what the image weighs, and how much of it is for
 * nothing. */

static uint64_t pull_total(const struct page *page)
{
    return page->analysis->compressed_size;
}

/* What the advice of class A would save; of the base image only another base can. */
static struct share savings(const struct analysis *analysis)
{
    struct share sum = {0};
    VEC_EACH(struct bloat, bloat, analysis->bloat) {
        if (bloat_letter(bloat) != 'A' || bloat->in_base)
            continue;
        sum.bytes += bloat->bytes;
        sum.pull += bloat->pull;
        sum.files++;
    }
    return sum;
}

/* "557.3 MB to pull, 1.4 GB of files in 9 layers. 306.7 MB of that is hidden ..." */
static void put_sentence(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    struct share saved = savings(analysis);
    page_z(page, "<p class=\"sentence\"><strong>");
    if (page->compressed) {
        page_size(page, pull_total(page));
        page_z(page, "</strong> to pull, <strong>");
    }
    page_size(page, analysis->size);
    page_fmt(page, "</strong> of files in %" PRIu32 " %s. ", analysis->layers.count,
             analysis->layers.count == 1 ? "layer" : "layers");
    if (!analysis->wasted_bytes) {
        page_z(page, "No byte of it is hidden by a later layer.");
    } else {
        page_z(page, "<strong class=\"bad\">");
        page_size(page, analysis->wasted_bytes);
        page_z(page, "</strong> of that (");
        page_share(page, analysis->wasted_bytes, analysis->size);
        page_z(page, ") is hidden by later layers: every pull brings it, and no program can see "
                     "it.");
    }
    if (saved.bytes) {
        page_fmt(page,
                 " <a href=\"#fixes\">%" PRIu32 " safe %s</a> would save <strong "
                 "class=\"good\">",
                 saved.files, saved.files == 1 ? "step" : "steps");
        page_size(page, saved.bytes);
        page_z(page, "</strong>.");
    }
    page_z(page, "</p>\n");
}

void page_bar(struct page *page, const char *label, uint64_t live, uint64_t hidden, uint64_t scale)
{
    double live_width = percent_of(live, scale), hidden_width = percent_of(hidden, scale);
    bool pull = str_ends(str_from(label), STR("pull"));
    page_fmt(page,
             "<div class=\"bar%s\"><span>%s</span><svg role=\"img\" aria-label=\"%s: %.*s live",
             pull ? " pulled" : "", label, label, STR_ARG(size_print(page->arena, live)));
    page_fmt(page, ", %.*s hidden\">", STR_ARG(size_print(page->arena, hidden)));
    page_fmt(page, "<rect class=\"live\" width=\"%.3f%%\" height=\"100%%\"/>", live_width);
    page_fmt(page, "<rect class=\"hidden\" x=\"%.3f%%\" width=\"%.3f%%\" height=\"100%%\"/></svg>",
             live_width, hidden_width);
    page_z(page, "<b>");
    page_size(page, live + hidden);
    page_z(page, "</b></div>\n");
}

void page_bar_key(struct page *page)
{
    page_z(page,
           "<p class=\"key\"><svg><rect class=\"live\" width=\"100%\" height=\"100%\"/></svg> "
           "live: the image shows it <svg><rect class=\"hidden\" width=\"100%\" "
           "height=\"100%\"/></svg> hidden: a later layer deleted, replaced or touched "
           "it</p>\n");
}

/* Whose the live bytes are, to the one who built the image. */
static void put_split(struct page *page)
{
    const struct share *split = page->analysis->split;
    uint64_t live = page->analysis->view->live_bytes;
    double x = 0;
    if (!live)
        return;
    page_z(page,
           "<div class=\"bar split\"><span>live is</span><svg role=\"img\" aria-label=\"whose "
           "the live bytes are; the words below say the same\">");
    for (int part = 0; part < PART_COUNT; part++) {
        double width = percent_of(split[part].bytes, live);
        page_fmt(page, "<rect class=\"p%d\" x=\"%.3f%%\" width=\"%.3f%%\" height=\"100%%\"/>", part,
                 x, width);
        x += width;
    }
    page_z(page, "</svg><b>");
    page_size(page, live);
    page_z(page, "</b></div>\n<p class=\"key\">");
    for (int part = 0; part < PART_COUNT; part++) {
        page_fmt(page, "<i class=\"chip p%d\"></i>%s ", part, part_name((enum part)part));
        page_size(page, split[part].bytes);
    }
    page_z(page, "</p>\n");
}

static void put_bars(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    uint64_t size = analysis->size, pull = pull_total(page);
    uint64_t scale = pull > size ? pull : size;
    page_z(page, "<div class=\"bars\">\n");
    page_bar(page, "files", size - analysis->wasted_bytes, analysis->wasted_bytes, scale);
    if (page->compressed)
        page_bar(page, "pull", pull - analysis->pull_wasted, analysis->pull_wasted, scale);
    struct share saved = savings(analysis);
    if (saved.bytes)
        page_bar(page, page->compressed ? "mended pull" : "mended files",
                 page->compressed ? pull - saved.pull : size - saved.bytes, 0, scale);
    put_split(page);
    page_bar_key(page);
    page_z(page, "</div>\n");
}

static void card_begin(struct page *page, const char *target, const char *name)
{
    page_fmt(page, "<a class=\"card\" href=\"#%s\"><span>%s</span><b>", target, name);
}

static void card_end(struct page *page, const char *note)
{
    page_fmt(page, "</b><small>%s</small></a>\n", note);
}

static void put_cards(struct page *page)
{
    const struct analysis *analysis = page->analysis;
    page_z(page, "<div class=\"cards\">\n");
    card_begin(page, "layers", "files");
    page_size(page, analysis->size);
    card_end(page, "all layers, bytes of regular files");
    if (page->compressed) {
        card_begin(page, "layers", "pull");
        page_size(page, pull_total(page));
        card_end(page, "the compressed blobs");
    }
    card_begin(page, "waste", "waste");
    page_size(page, analysis->wasted_bytes);
    card_end(page, "deleted, replaced or touched later");
    card_begin(page, "waste", "efficiency");
    page_fmt(page, "<data value=\"%.6f\">%.1f %%</data>", analysis->efficiency,
             analysis->efficiency * 100);
    card_end(page, "live bytes of all bytes");
    card_begin(page, "duplicates", "duplicates");
    page_size(page, analysis->duplicate_bytes);
    card_end(page, "the same content under more than one path");
    card_begin(page, "packages", "packages");
    page_count(page, analysis->packages.count);
    card_end(page, "with files in the image");
    page_z(page, "</div>\n");
}

void page_summary(struct page *page)
{
    page_z(page, "<section id=\"summary\" aria-label=\"Summary\">\n");
    put_sentence(page);
    put_bars(page);
    put_cards(page);
    page_z(page, "</section>\n");
}
