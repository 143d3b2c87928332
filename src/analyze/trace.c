#include "analyze/analyze.h"

#include "base/arena.h"

const char *part_name(enum part part)
{
    static const char *const names[] = {"base", "runtime", "dependencies", "application"};
    return names[part];
}

/* -- whose a layer is -------------------------------------------------------------------------- */

/* The layers that both images begin with, when those are all that `base` has. */
static uint32_t common_layers(const struct image *image, const struct image *base)
{
    uint32_t count = base->layers.count;
    if (count > image->layers.count)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        if (!digest_eq(image->layers.at[i].diff_id, base->layers.at[i].diff_id))
            return 0;
    return count;
}

static str base_label(const struct image *image)
{
    return image_label(image, STR("org.opencontainers.image.base.name"));
}

/* A base image ends with what it starts, its CMD; whoever builds on it goes on behind that. So the
 * last CMD with a layer behind it ends the base. One that has none is a root file system: an ADD of
 * everything, and nothing else. */
static uint32_t layers_by_history(struct arena *arena, const struct analysis *analysis)
{
    const struct image_config *config = analysis->image->config;
    uint32_t layers = 0, base = 0;
    if (analysis->image->layers.count < 2 || analysis->image->layers.at[0].history < 0)
        return 0;
    for (uint32_t i = 0; i < config->history.count; i++) {
        str made = created_by_clean(arena, config->history.at[i].created_by);
        layers += !config->history.at[i].empty_layer;
        if (config->history.at[i].empty_layer && str_starts(made, STR("CMD ")) &&
            layers < analysis->image->layers.count)
            base = layers;
    }
    str first = analysis->layers.at[0].created_by;
    bool root = (str_starts(first, STR("ADD ")) &&
                 (str_ends(first, STR(" /")) || str_has(first, STR(" / ")))) ||
                str_has(first, STR("debootstrap")) || str_starts(first, STR("# debian.sh"));
    return base || !root ? base : 1;
}

static struct base_layers find_base(struct arena *arena, const struct analysis *analysis,
                                    const struct analysis_hints *hints)
{
    const struct image *image = analysis->image;
    struct base_layers base = {.name = base_label(image)};
    if (hints->base) {
        base.count = common_layers(image, hints->base);
        base.known_by = base.count ? BASE_GIVEN : BASE_UNKNOWN;
        base.name = hints->base->name;
        if (base.count)
            return base;
    }
    if (analysis->origins && analysis->origins->found) {
        base.count = analysis->origins->base_layers;
        base.known_by = BASE_DOCKERFILE;
        const struct stage *from = origins_base(analysis->origins);
        base.name = from->base.len ? from->base : from->base_raw;
        base.line = from->from->line;
        return base;
    }
    base.count = layers_by_history(arena, analysis);
    base.known_by = base.count ? BASE_HISTORY : BASE_UNKNOWN;
    return base;
}

/* -- what a file is to the builder ------------------------------------------------------------- */

static bool is_runtime_name(str name)
{
    static const char *const stems[] = {"python",  "libpython", "nodejs", "node",    "golang",
                                        "openjdk", "temurin",   "ruby",   "libruby", "php",
                                        "perl",    "libperl",   "dotnet", "erlang",  "java"};
    for (size_t i = 0; i < ARRAY_COUNT(stems); i++) {
        str stem = str_from(stems[i]);
        if (str_starts(name, stem) && (name.len == stem.len || !char_is_alpha(name.at[stem.len])))
            /* python3-requests is somebody's library; python3-minimal is Python. */
            return !str_has(name, STR("-")) || str_has(name, STR("-minimal")) ||
                   str_has(name, STR("-stdlib")) || str_has(name, STR("-base")) ||
                   str_has(name, STR("-jre")) || str_has(name, STR("-jdk")) ||
                   str_has(name, STR("-modules")) || str_has(name, STR("-go")) ||
                   str_has(name, STR("-src"));
    }
    return false;
}

/* Where a language stands that no package manager put there: folders, and programs. */
static const char *const runtimes[] = {"usr/local/go",
                                       "usr/local/lib/python",
                                       "usr/local/include",
                                       "opt/java",
                                       "usr/local/lib/ruby",
                                       "usr/local/lib/node_modules/npm",
                                       "usr/share/dotnet",
                                       "usr/lib/jvm",
                                       "usr/local/bin/node",
                                       "usr/local/bin/python",
                                       "usr/local/bin/ruby",
                                       "usr/local/bin/php",
                                       "usr/local/lib/libpython",
                                       "usr/local/lib/libruby"};

static bool is_runtime_path(str path)
{
    if (str_has(path, STR("/site-packages/")) || str_has(path, STR("/dist-packages/")) ||
        str_has(path, STR("/gems/")))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(runtimes); i++)
        if (str_starts(path, str_from(runtimes[i])))
            return true;
    return false;
}

static bool is_dependency_path(str path)
{
    return str_has(path, STR("node_modules/")) || str_has(path, STR("/site-packages/")) ||
           str_has(path, STR("/dist-packages/")) || str_has(path, STR("/vendor/"));
}

/* What the package manager keeps about dependencies, is of them too. */
static bool is_kept_by_manager(str path)
{
    return path_is_below(path, STR("var/lib/dpkg")) || path_is_below(path, STR("var/lib/apt")) ||
           path_is_below(path, STR("var/cache")) || path_is_below(path, STR("lib/apk")) ||
           path_is_below(path, STR("var/lib/rpm"));
}

static enum part part_of_path(str path)
{
    if (is_runtime_path(path))
        return PART_RUNTIME;
    return is_dependency_path(path) || is_kept_by_manager(path) ? PART_DEPENDENCIES
                                                                : PART_APPLICATION;
}

/* What the last folder's files are, if they are all the same: names follow each other by folder. */
struct folder_part {
    str folder; /* with the '/' */
    bool same;
    enum part part;
};

static enum part part_in_folder(struct folder_part *last, str path)
{
    str folder = str_slice(path, 0, path.len - str_basename(path).len);
    if (!str_eq(folder, last->folder)) {
        str first = str_slice(path, 0, folder.len + 1); /* something in it, whatever its name */
        *last = (struct folder_part){folder, true, part_of_path(first)};
        for (size_t i = 0; i < ARRAY_COUNT(runtimes); i++)
            last->same = last->same && !str_starts(str_from(runtimes[i]), folder);
    }
    return last->same ? last->part : part_of_path(path);
}

static enum part part_of(const struct analysis *analysis, const struct package_list *packages,
                         struct folder_part *last, uint32_t index)
{
    const struct view_file *file = &analysis->view->files[index];
    uint32_t owner = packages->owner[index];
    if (file->layer < analysis->base.count)
        return PART_BASE;
    if (owner != PACKAGE_NONE_OWNS) {
        const struct package *package = &packages->list.at[owner];
        bool system = package->type == PACKAGE_DEB || package->type == PACKAGE_APK ||
                      package->type == PACKAGE_RPM;
        return system && is_runtime_name(package->name) ? PART_RUNTIME : PART_DEPENDENCIES;
    }
    return part_in_folder(last, view_path(analysis->view, file));
}

static void split(struct analysis *analysis, const struct package_list *packages)
{
    const struct image_view *view = analysis->view;
    struct folder_part last = {.folder = STR_NONE};
    for (uint32_t i = 0; i < view->count; i++) {
        const struct view_file *file = &view->files[i];
        const struct layer_entry *entry = view_entry(view, file);
        if (!file->counted || entry->kind != LAYER_FILE)
            continue;
        struct share *share = &analysis->split[part_of(analysis, packages, &last, i)];
        share->bytes += entry->size;
        share->pull += view_pull(view, file);
        share->files++;
    }
}

/* -- instructions ------------------------------------------------------------------------------ */

static struct instruction_row *instruction_at(struct arena *arena, struct analysis *analysis,
                                              str name)
{
    VEC_EACH(struct instruction_row, row, analysis->instructions) {
        if (str_eq(row->instruction, name))
            return row;
    }
    vec_push(arena, &analysis->instructions, (struct instruction_row){.instruction = name});
    return vec_last(&analysis->instructions);
}

static str instruction_of(const struct layer_row *row)
{
    str rest = row->created_by, word;
    if (!str_next_word(&rest, &word) || word.len > 12)
        return STR("");
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] < 'A' || word.at[i] > 'Z')
            return STR("");
    return word;
}

static void sum_instructions(struct arena *arena, struct analysis *analysis)
{
    VEC_EACH(struct layer_row, row, analysis->layers) {
        struct instruction_row *sum = instruction_at(arena, analysis, instruction_of(row));
        sum->layers++;
        sum->files += row->files;
        sum->bytes += row->size;
        sum->pull += row->compressed_size;
        sum->wasted_bytes += row->wasted_bytes;
    }
}

void analysis_trace(struct arena *arena, struct analysis *analysis,
                    const struct package_list *packages, const struct analysis_hints *hints)
{
    if (hints->file) {
        struct origins *origins = NEW(arena, struct origins);
        *origins = origins_find(arena, analysis->image, analysis->view->layers, hints->file);
        analysis->origins = origins;
        for (uint32_t i = 0; i < analysis->layers.count; i++)
            if (origins->of_layer[i])
                analysis->layers.at[i].line = origins->of_layer[i]->line;
    }
    analysis->base = find_base(arena, analysis, hints);
    split(analysis, packages);
    sum_instructions(arena, analysis);
    bloat_find(arena, analysis, packages);
}
