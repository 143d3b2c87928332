#include "report/page.h"

#include "report/page_files.h"

/*
 * One page that needs nothing but itself: no other file, no network. Its policy allows one style
 * and one script, each known by its hash, so that not even a mistake of ours could let a name out
 * of an image run.
 */
enum { SCRATCH_BYTES_MAX = 64 << 20 };

static struct page page_init(struct arena *arena, const struct analysis *analysis,
                             const struct package_list *packages, const struct tree *tree)
{
    struct page page = {
        .arena = arena,
        .scratch = arena_child(arena, SCRATCH_BYTES_MAX),
        .out = buf_init(arena_child(arena, 0), PAGE_BYTES_MAX),
        .analysis = analysis,
        .packages = packages,
        .tree = tree,
        .compressed = is_compressed(analysis),
        .hidden_pull = NEW_ARRAY(arena, uint64_t, analysis->layers.count + 1u),
    };
    VEC_EACH(struct waste_pair, pair, analysis->pairs)
        page.hidden_pull[pair->writer] += pair->pull;
    return page;
}

static void put_head(struct page *page)
{
    page_z(page, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "base-uri 'none'; form-action 'none'; style-src ");
    page_z(page, page_style_csp);
    page_z(page, "; script-src ");
    page_z(page, page_script_csp);
    page_z(page, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"generator\" content=\"plimsoll " PLIMSOLL_VERSION "\">\n<title>");
    page_text(page, page->analysis->image->name);
    page_z(page, " - plimsoll analyze</title>\n<style>");
    buf_add(&page->out, page_style);
    page_z(page, "</style></head>\n");
}

/* What drawings refer to: how hidden bytes are hatched, the mark of the head. */
static const char drawings[] =
    "<svg class=\"defs\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><rect class=\"hatch-back\" width=\"6\" height=\"6\"/>"
    "<rect class=\"hatch-line\" width=\"3\" height=\"6\"/></pattern>"
    "<pattern id=\"veil\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><rect class=\"hatch-line\" width=\"2.5\" height=\"7\"/>"
    "</pattern><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"9\" "
    "markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
    "<path d=\"M0,0.5 L7,4 L0,7.5 Z\"/></marker></defs></svg>\n";

static const char mark[] =
    "<svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><circle cx=\"16\" cy=\"16\" "
    "r=\"10\"/><path d=\"M1,16 H31\"/></svg>";

static void put_header(struct page *page)
{
    const struct image *image = page->analysis->image;
    const struct platform *platform = &image->config->platform;
    page_z(page, "<header>");
    page_z(page, mark);
    page_z(page, "<div><p class=\"muted\">plimsoll analyze</p><h1>");
    page_text(page, image->name);
    page_z(page, "</h1><p class=\"muted\">");
    page_text(page, image->transport);
    if (platform->os.len) {
        page_z(page, " &middot; ");
        page_text(page, platform->os);
        page_z(page, "/");
        page_text(page, platform->architecture);
    }
    if (image->has_digest)
        page_fmt(page, " &middot; <span class=\"digest\">sha256:%s</span>",
                 digest_hex(image->digest).z);
    page_z(page, "</p></div><button type=\"button\" id=\"theme\" hidden>dark</button></header>\n");
}

static void put_nav(struct page *page)
{
    page_z(page, "<nav class=\"top\" aria-label=\"Parts of this page\"><a href=\"#layers\">Layers"
                 "</a><a href=\"#map\">Map</a>");
    if (page->analysis->pairs.count)
        page_z(page, "<a href=\"#fixes\">What to do</a>");
    page_z(page,
           "<a href=\"#waste\">Waste</a><a href=\"#duplicates\">Duplicates</a>"
           "<a href=\"#packages\">Packages</a><a href=\"#categories\">Categories</a></nav>\n");
}

str report_page(struct arena *arena, const struct analysis *analysis,
                const struct package_list *packages)
{
    struct tree tree = tree_build(arena, analysis->view);
    struct page page = page_init(arena, analysis, packages, &tree);
    put_head(&page);
    page_z(&page, "<body>\n");
    page_z(&page, drawings);
    put_header(&page);
    put_nav(&page);
    page_z(&page, "<main>\n");
    page_summary(&page);
    page_layers(&page);
    page_map(&page);
    page_fixes(&page);
    page_waste(&page);
    page_tables(&page);
    page_z(&page, "</main>\n<footer class=\"muted\">Written by plimsoll " PLIMSOLL_VERSION
                  ". This page needs no network and no other file.</footer>\n");
    page_data(&page);
    page_z(&page, "<script>");
    buf_add(&page.out, page_script);
    page_z(&page, "</script></body></html>\n");
    return buf_str(&page.out);
}
