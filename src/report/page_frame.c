#include "report/page.h"

#include "report/page_files.h"

/*
 * One page that needs nothing but itself: no other file, no network. Its policy allows one style
 * and one script, each known by its hash, so that not even a mistake of ours could let a name out
 * of an image run.
 */
enum { SCRATCH_BYTES_MAX = 64 << 20 };

struct page page_init(struct arena *arena, const struct analysis *analysis,
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
        .first_pair = NEW_ARRAY(arena, uint32_t, analysis->layers.count + 1u),
    };
    for (uint32_t i = analysis->pairs.count; i-- > 0;) {
        const struct waste_pair *pair = &analysis->pairs.at[i];
        page.hidden_pull[pair->writer] += pair->pull;
        page.first_pair[pair->writer] = i;
    }
    return page;
}

static void put_head(struct page *page, const char *command, str title)
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
    page_text(page, title);
    page_fmt(page, " - plimsoll %s</title>\n<style>", command);
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
    "</pattern><pattern id=\"air\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><rect class=\"air-back\" width=\"7\" height=\"7\"/>"
    "<rect class=\"air-line\" width=\"1.5\" height=\"7\"/></pattern><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"9\" "
    "markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
    "<path d=\"M0,0.5 L7,4 L0,7.5 Z\"/></marker></defs></svg>\n";

static const char mark[] =
    "<svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\"><circle cx=\"16\" cy=\"16\" "
    "r=\"10\"/><path d=\"M1,16 H31\"/></svg>";

void page_begin(struct page *page, const char *command, str title)
{
    put_head(page, command, title);
    page_z(page, "<body>\n");
    page_z(page, drawings);
    page_z(page, "<header>");
    page_z(page, mark);
    page_fmt(page, "<div><p class=\"muted\">plimsoll %s</p><h1>", command);
    page_text(page, title);
    page_z(page, "</h1><p class=\"muted\">");
}

void page_nav(struct page *page, const char *const *parts)
{
    page_z(page, "<button type=\"button\" id=\"theme\" hidden>dark</button></header>\n"
                 "<nav class=\"top\" aria-label=\"Parts of this page\">");
    for (; *parts; parts += 2)
        page_fmt(page, "<a href=\"#%s\">%s</a>", parts[0], parts[1]);
    page_z(page, "</nav>\n");
}

str page_end(struct page *page)
{
    page_z(page, "<footer class=\"muted\">Written by plimsoll " PLIMSOLL_VERSION
                 ". This page needs no network and no other file.</footer>\n<script>");
    buf_add(&page->out, page_script);
    page_z(page, "</script></body></html>\n");
    return buf_str(&page->out);
}
