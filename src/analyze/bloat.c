#include "analyze/analyze.h"

#include "base/arena.h"
#include "base/num.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 64 };

struct bloating {
    struct arena *arena;
    struct analysis *analysis;
    const struct package_list *packages;
    const struct bloat_rule **of_category; /* by category */
    uint32_t *live_at;                     /* rule, layer -> index + 1 in analysis->bloat */
    uint8_t *package_rule;                 /* by package: index + 1 of its rule */
    const struct bloat_rule *manager;
    bool compiler; /* some package is one */
};

/* -- rows -------------------------------------------------------------------------------------- */

/* Where a person would mend it. */
static uint32_t line_of(const struct analysis *analysis, const struct bloat *bloat)
{
    bool hidden = bloat->layer != bloat->hider;
    uint32_t writer = analysis->layers.at[bloat->layer].line,
             hider = analysis->layers.at[bloat->hider].line;
    bool touched = hidden && str_eq(str_from(bloat->rule->rule.name), STR("image/touched-later"));
    if (bloat->in_base && !hidden) /* of what a base image brings, the FROM decides */
        return analysis->base.line;
    return writer && !touched ? writer : hider;
}

/* Headers and static libraries serve a compiler, where there is one. */
static enum bloat_class class_of(const struct bloating *b, const struct bloat_rule *rule)
{
    bool serves = STR_IN(str_from(rule->rule.name), "image/headers", "image/static-libraries");
    return serves && b->compiler ? BLOAT_C : rule->class;
}

static struct bloat *bloat_row(struct bloating *b, const struct bloat_rule *rule, uint32_t layer)
{
    uint32_t *at = &b->live_at[(size_t)(rule - bloat_rules) * b->analysis->layers.count + layer];
    if (!*at) {
        struct bloat row = {.rule = rule,
                            .class = class_of(b, rule),
                            .layer = layer,
                            .hider = layer,
                            .in_base = layer < b->analysis->base.count,
                            .example = STR("")};
        row.line = line_of(b->analysis, &row);
        vec_push(b->arena, &b->analysis->bloat, row);
        *at = b->analysis->bloat.count;
    }
    return &b->analysis->bloat.at[*at - 1];
}

static void add_bytes(struct bloat *row, uint64_t bytes, uint64_t pull, str path)
{
    row->bytes += bytes;
    row->pull += pull;
    row->files++;
    if (bytes > row->example_bytes) {
        row->example_bytes = bytes;
        row->example = path;
    }
}

/* -- packages ---------------------------------------------------------------------------------- */

/* "gcc-12", "binutils-x86-64-linux-gnu": up to the first '-', or the whole name. */
static bool is_toolchain(str name)
{
    str stem = str_slice(name, 0, str_find_char(name, '-'));
    if (str_ends(name, STR("-base")) || str_ends(name, STR("-libs")))
        return false;
    return STR_IN(stem, "gcc", "g++", "cpp", "binutils", "make", "clang", "llvm", "cmake", "dpkg",
                  "gfortran", "rustc", "golang", "autoconf", "automake", "ninja", "meson", "git",
                  "mercurial", "subversion", "build") &&
           (!str_eq(stem, STR("dpkg")) || str_eq(name, STR("dpkg-dev"))) &&
           (!str_eq(stem, STR("build")) || STR_IN(name, "build-essential", "build-base"));
}

static bool is_manager(str name)
{
    return STR_IN(name, "apt", "dpkg", "apk-tools", "rpm", "dnf", "yum", "microdnf",
                  "libapt-pkg6.0", "debconf", "adduser", "gpgv");
}

static void judge_packages(struct bloating *b)
{
    const struct bloat_rule *recommended = bloat_rule_find(STR("image/recommended-packages")),
                            *toolchain = bloat_rule_find(STR("image/toolchain")),
                            *development = bloat_rule_find(STR("image/development-packages"));
    b->manager = bloat_rule_find(STR("image/package-manager"));
    b->package_rule = NEW_ARRAY(b->arena, uint8_t, (size_t)b->packages->list.count + 1);
    for (uint32_t i = 0; i < b->packages->list.count; i++) {
        const struct package *package = &b->packages->list.at[i];
        bool system = package->type == PACKAGE_DEB || package->type == PACKAGE_APK ||
                      package->type == PACKAGE_RPM;
        const struct bloat_rule *rule = !system                       ? NULL
                                        : package->recommended        ? recommended
                                        : is_toolchain(package->name) ? toolchain
                                        : is_manager(package->name)   ? b->manager
                                                                      : NULL;
        b->compiler = b->compiler || (rule == toolchain && package->files);
        if (package->development)
            rule = development;
        b->package_rule[i] = rule ? (uint8_t)(rule - bloat_rules + 1) : 0;
    }
}

/* -- live files -------------------------------------------------------------------------------- */

static void pair_categories(struct bloating *b)
{
    b->of_category = NEW_ARRAY(b->arena, const struct bloat_rule *, category_count);
    for (size_t c = 0; c < category_count; c++) {
        bool removable;
        str name = str_from(category_name(c, &removable)), part;
        for (size_t i = 0; i < bloat_rule_count; i++) {
            str rest = str_from(bloat_rules[i].categories);
            while (bloat_rules[i].categories && str_next(&rest, '|', &part))
                if (str_eq(part, name))
                    b->of_category[c] = &bloat_rules[i];
        }
    }
}

/* The files that a licence asks for. */
static bool is_licence(str path)
{
    str name = str_basename(path);
    return str_starts_nocase(name, STR("copyright")) || str_starts_nocase(name, STR("licen"));
}

static const struct bloat_rule *rule_of_file(const struct bloating *b, uint32_t index, str path)
{
    const struct analysis *analysis = b->analysis;
    uint32_t owner = b->packages->owner[index];
    uint8_t by_package = owner == PACKAGE_NONE_OWNS ? 0 : b->package_rule[owner];
    const struct bloat_rule *rule = by_package ? &bloat_rules[by_package - 1] : NULL,
                            *category = b->of_category[analysis->category[index]];
    /* What goes with the whole package goes; else what the file is for decides. */
    if (!rule || (rule == b->manager && category))
        rule = category;
    return rule && !is_licence(path) ? rule : NULL;
}

static void find_live(struct bloating *b)
{
    const struct image_view *view = b->analysis->view;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        const struct layer_entry *entry = view_entry(view, file);
        if (!file->counted || entry->kind != LAYER_FILE || !entry->size)
            continue;
        str path = view_path(view, file);
        const struct bloat_rule *rule = rule_of_file(b, i, path);
        if (rule)
            add_bytes(bloat_row(b, rule, file->layer), entry->size, view_pull(view, file), path);
    }
}

/* -- hidden bytes, duplicates ------------------------------------------------------------------ */

static void find_hidden(struct bloating *b)
{
    static const char *const names[] = {[FATE_DELETED] = "image/deleted-later",
                                        [FATE_REPLACED] = "image/replaced-later",
                                        [FATE_TOUCHED] = "image/touched-later"};
    VEC_EACH(struct waste_pair, pair, b->analysis->pairs) {
        struct bloat row = {
            .rule = bloat_rule_find(str_from(names[pair->fate])),
            .class = BLOAT_A,
            .bytes = pair->bytes,
            .pull = pair->pull,
            .files = pair->files,
            .layer = pair->writer,
            .hider = pair->hider,
            .in_base = pair->hider < b->analysis->base.count,
            .example = pair->example,
            .example_bytes = pair->example_bytes,
        };
        row.line = line_of(b->analysis, &row);
        vec_push(b->arena, &b->analysis->bloat, row);
    }
}

static void find_twice(struct bloating *b)
{
    const struct bloat_rule *rule = bloat_rule_find(STR("image/duplicates"));
    VEC_EACH(struct duplicate, row, b->analysis->duplicates) {
        uint64_t bytes = row->within_layer + row->across_layers;
        if (!bytes)
            continue;
        struct bloat *bloat = bloat_row(b, rule, row->layer);
        add_bytes(bloat, bytes, row->pull, row->path);
    }
}

/* Of programs that stay, what strip(1) would take. */
static void find_symbols(struct bloating *b)
{
    const struct bloat_rule *rule = bloat_rule_find(STR("image/debug-symbols"));
    const struct image_view *view = b->analysis->view;
    uint32_t next = 0; /* both stand in the order of paths */
    for (uint32_t i = 0; i < view->count && next < b->packages->symbols.count; i++) {
        const struct view_file *file = &view->files[i];
        const struct symbols *symbols = &b->packages->symbols.at[next];
        str path = view_path(view, file);
        if (file->fate != FATE_LIVE || !str_eq(path, symbols->path))
            continue;
        next++;
        uint64_t size = view_entry(view, file)->size;
        if (!file->counted || symbols->bytes > size || rule_of_file(b, i, path))
            continue;
        double share = (double)symbols->bytes / (double)size;
        add_bytes(bloat_row(b, rule, file->layer), symbols->bytes,
                  (uint64_t)((double)view_pull(view, file) * share), path);
    }
}

static int bloat_order(const void *left, const void *right)
{
    const struct bloat *a = left, *b = right;
    if (a->bytes != b->bytes)
        return (a->bytes < b->bytes) - (a->bytes > b->bytes);
    int order = strcmp(a->rule->rule.name, b->rule->rule.name);
    if (!order)
        order = (a->layer > b->layer) - (a->layer < b->layer);
    return order ? order : (a->hider > b->hider) - (a->hider < b->hider);
}

void bloat_find(struct arena *arena, struct analysis *analysis, const struct package_list *packages)
{
    struct bloating b = {.arena = arena, .analysis = analysis, .packages = packages};
    b.live_at = NEW_ARRAY(arena, uint32_t, bloat_rule_count * (analysis->layers.count + 1));
    judge_packages(&b);
    pair_categories(&b);
    find_hidden(&b);
    find_live(&b);
    find_symbols(&b);
    find_twice(&b);
    if (analysis->bloat.count)
        qsort(analysis->bloat.at, analysis->bloat.count, sizeof(struct bloat), bloat_order);
}

/* -- words ------------------------------------------------------------------------------------- */

static str layer_words(struct arena *arena, const struct analysis *analysis, uint32_t layer)
{
    uint32_t line = analysis->layers.at[layer].line;
    if (line)
        return str_fmt(arena, "line %" PRIu32, line);
    return str_fmt(arena, "layer %" PRIu32 "%s", layer + 1,
                   layer < analysis->base.count ? " (base image)" : "");
}

str bloat_message(struct arena *arena, const struct analysis *analysis, const struct bloat *bloat)
{
    str size = size_print(arena, bloat->bytes);
    str files = bloat->files == 1 ? STR("") : str_fmt(arena, " in %" PRIu32 " files", bloat->files);
    str more = bloat->files > 1 ? STR(", the largest") : STR(",");
    if (bloat->layer != bloat->hider)
        return str_fmt(arena, "%.*s%.*s of %.*s are hidden by %.*s%.*s '%.*s'", STR_ARG(size),
                       STR_ARG(files), STR_ARG(layer_words(arena, analysis, bloat->layer)),
                       STR_ARG(layer_words(arena, analysis, bloat->hider)), STR_ARG(more),
                       STR_ARG(bloat->example));
    return str_fmt(arena, "%s: %.*s%.*s from %.*s%.*s '%.*s'", bloat->rule->rule.what,
                   STR_ARG(size), STR_ARG(files),
                   STR_ARG(layer_words(arena, analysis, bloat->layer)), STR_ARG(more),
                   STR_ARG(bloat->example));
}

str bloat_fix(struct arena *arena, const struct analysis *analysis, const struct bloat *bloat)
{
    if (!bloat->in_base)
        return str_from(bloat->rule->fix);
    str name = analysis->base.name;
    if (!name.len)
        return STR("the base image brings it: take a smaller one, or add layers to it no more "
                   "than needed");
    return str_fmt(arena, "the base image '%.*s' brings it: take a smaller one", STR_ARG(name));
}
