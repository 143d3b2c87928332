#include "context/suggest.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which lines would leave more out of the context, and leave every build as it is. */

enum { PATHS_MAX = 16, SECRETS_MAX = 100, LARGE_BYTES = 1000000 };

struct hits {
    VEC(uint32_t) entries;
    bool kept; /* the pattern would leave out something that must stay */
};

struct suggesting {
    struct arena *arena;
    const struct context_needs *needs; /* NULL: nothing is known of any build */
    const struct context_sums *sums;
    struct context_report *report;
    const struct context_tree *tree;
    struct hits *hits;          /* a row */
    struct map by_name, by_end; /* -> row */
    const struct ignore_pattern *patterns;
    size_t pattern_count;
    bool documents; /* documents are what is built */
};

static bool does(const struct suggesting *all, uint32_t steps)
{
    return all->needs && all->needs->steps & steps;
}

/* Nothing is known of a build, or it does one of these. */
static bool may_be_made(const struct suggesting *all, uint32_t steps)
{
    return !all->needs || !all->needs->builds || does(all, steps);
}

static uint32_t index_of(const struct suggesting *all, const struct context_entry *entry)
{
    return (uint32_t)(entry - all->tree->entries);
}

static bool beside(const struct suggesting *all, const struct context_entry *entry,
                   const char *name)
{
    return tree_has_beside(all->tree, entry, name);
}

static bool below(const struct suggesting *all, const struct context_entry *entry, const char *name)
{
    return tree_has_below(all->tree, entry, name);
}

/* -- guards ----------------------------------------------------------------------------------- */

/* What a directory holds beyond prose and data: something a build may list or compile. */
static bool is_manifest(str name)
{
    return STR_IN(name, "package.json", "Cargo.toml", "go.mod", "pyproject.toml", "setup.py",
                  "pom.xml", "build.gradle", "build.gradle.kts", "CMakeLists.txt", "Makefile",
                  "Makefile.am", "meson.build", "BUILD", "BUILD.bazel", "tsconfig.json",
                  "composer.json", "mix.exs", "Kbuild", "SConscript") ||
           str_ends(name, STR(".csproj")) || str_ends(name, STR(".fsproj")) ||
           str_ends(name, STR(".cabal")) || str_ends(name, STR(".vcxproj"));
}

static bool is_code(str name)
{
    size_t dot = str_find_last_char(name, '.');
    str end = dot == STR_MISSING ? STR_NONE : str_from_index(name, dot + 1);
    return STR_IN(end, "go", "py", "js", "ts", "tsx", "jsx", "mjs", "rs", "java", "kt", "c", "h",
                  "cc", "cpp", "hpp", "cs", "rb", "php", "ex", "exs", "swift", "scala", "vue",
                  "sql", "proto", "sh");
}

static bool holds(const struct suggesting *all, const struct context_entry *entry,
                  bool (*is)(str name))
{
    for (uint32_t i = index_of(all, entry) + 1; i < entry->end; i++)
        if (all->tree->entries[i].type == ENTRY_FILE &&
            is(str_basename(all->tree->entries[i].path)))
            return true;
    return false;
}

static bool is_not_log(str name)
{
    return !str_has(name, STR(".log")) && !STR_IN(name, ".gitkeep", ".gitignore", ".keep");
}

static bool is_spec(str name)
{
    return str_has(name, STR("_spec.")) || str_has(name, STR(".spec.")) ||
           str_has(name, STR("spec_helper")) || str_has(name, STR("Spec."));
}

static bool is_built(const struct suggesting *all, const struct context_entry *entry, str name)
{
    if (!all->needs || !all->needs->builds)
        return false;
    if (does(all, STEP_NODE_BUILD) && beside(all, entry, "package.json"))
        return true;
    if (!STR_IN(name, "build", "dist"))
        return false;
    if (does(all, STEP_GRADLE) &&
        (beside(all, entry, "build.gradle") || beside(all, entry, "build.gradle.kts")))
        return true;
    if (beside(all, entry, "CMakeLists.txt") && below(all, entry, "CMakeCache.txt"))
        return true;
    return does(all, STEP_PYTHON_BUILD) && str_eq(name, STR("build")) &&
           (below(all, entry, "lib") || below(all, entry, "bdist.linux-x86_64"));
}

static bool is_go_vendor(const struct suggesting *all, const struct context_entry *entry)
{
    return beside(all, entry, "go.mod") && below(all, entry, "modules.txt");
}

static bool is_fetched(const struct suggesting *all, const struct context_entry *entry)
{
    if (is_go_vendor(all, entry))
        return does(all, STEP_GO_MODULES) && !does(all, STEP_GO_VENDOR);
    return beside(all, entry, "composer.json") && below(all, entry, "autoload.php") &&
           does(all, STEP_COMPOSER);
}

/* bin and obj: of a .NET project, known by what stands in them. */
static bool is_dotnet(const struct suggesting *all, const struct context_entry *entry, str name)
{
    bool output = str_eq(name, STR("obj"))
                      ? below(all, entry, "project.assets.json")
                      : below(all, entry, "Debug") || below(all, entry, "Release");
    return output && does(all, STEP_DOTNET);
}

static bool is_test_tree(const struct suggesting *all, const struct context_entry *entry, str name)
{
    if (does(all, STEP_TEST | STEP_TEST_IMPLIED) || holds(all, entry, is_manifest))
        return false;
    bool cargo = beside(all, entry, "Cargo.toml") && all->needs &&
                 (needs_texts_have(all->needs, STR("[[test]]")) ||
                  needs_texts_have(all->needs, STR("[[bench]]")));
    return !cargo && (!str_eq(name, STR("spec")) || holds(all, entry, is_spec));
}

static bool is_large(const struct suggesting *all, const struct context_entry *entry)
{
    return entry->size_bytes >= LARGE_BYTES &&
           !(all->needs && needs_texts_have(all->needs, str_basename(entry->path)));
}

/* "x.o" beside "x.c": what a compiler made; without its source it is an input. */
static bool has_its_source(const struct suggesting *all, const struct context_entry *entry)
{
    static const char *const ends[] = {"c", "cc", "cpp", "cxx", "s", "S", "m", "f90", "py"};
    str name = str_basename(entry->path);
    str stem = str_slice(name, 0, str_find_last_char(name, '.'));
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
        char source[300];
        int len = snprintf(source, sizeof(source), "%.*s.%s", STR_ARG(stem), ends[i]);
        if (len > 0 && (size_t)len < sizeof(source) && beside(all, entry, source))
            return true;
    }
    return false;
}

static bool guard_agrees(const struct suggesting *all, enum guard guard,
                         const struct context_entry *entry)
{
    str name = str_basename(entry->path);
    switch (guard) {
    case GUARD_NONE: return true;
    case GUARD_MODULES: return does(all, STEP_NODE_INSTALL) || !does(all, STEP_NODE);
    case GUARD_VENDOR: return is_fetched(all, entry);
    case GUARD_VENV:
        return below(all, entry, "pyvenv.cfg") && may_be_made(all, STEP_PYTHON_INSTALL);
    case GUARD_BUILT: return is_built(all, entry, name);
    case GUARD_TARGET:
        return (beside(all, entry, "Cargo.toml") && does(all, STEP_CARGO)) ||
               (beside(all, entry, "pom.xml") && does(all, STEP_MAVEN));
    case GUARD_DOTNET: return is_dotnet(all, entry, name);
    case GUARD_EGG: return does(all, STEP_PYTHON_BUILD | STEP_PYTHON_INSTALL);
    case GUARD_GITIGNORE:
        return !context_find(all->tree, STR("turbo.json")) &&
               !context_find(all->tree, STR("nx.json")) &&
               !(all->needs && needs_texts_have(all->needs, STR("hatchling")));
    case GUARD_DOCS:
        return !all->documents && !holds(all, entry, is_code) && !holds(all, entry, is_manifest);
    case GUARD_DOCUMENT: return !all->documents;
    case GUARD_TESTS: return is_test_tree(all, entry, name);
    case GUARD_TEST_FILE: return !does(all, STEP_TEST | STEP_TEST_IMPLIED);
    case GUARD_LARGE: return is_large(all, entry);
    case GUARD_COMPILED: return has_its_source(all, entry);
    case GUARD_LOGS: return !holds(all, entry, is_not_log);
    }
    return false;
}

/* -- what must stay --------------------------------------------------------------------------- */

static bool is_kept(const struct suggesting *all, enum row_strength strength,
                    const struct context_entry *entry)
{
    if (!all->needs)
        return false;
    uint32_t i = index_of(all, entry);
    const struct context_sums *sums = all->sums;
    if (sums->hard[entry->end] > sums->hard[i])
        return true;
    if (strength != STRENGTH_JUNK && all->needs->soft_all)
        return true;
    if (strength == STRENGTH_LOOSE)
        return sums->loose[entry->end] > sums->loose[i];
    return strength == STRENGTH_JUNK && all->needs->marks[i] & NEED_MENTION;
}

/* Somebody wrote "!" and its name: it is meant to be sent. */
static bool is_brought_back(const struct suggesting *all, const struct context_entry *entry)
{
    if (!entry->line || entry->dropped)
        return false;
    for (size_t i = 0; i < all->pattern_count; i++) {
        const struct ignore_pattern *pattern = &all->patterns[i];
        if (pattern->line != entry->line)
            continue;
        str last = str_basename(pattern->cleaned);
        return pattern->negated && !STR_IN(last, "*", "**") &&
               glob_match(last, str_basename(entry->path));
    }
    return false;
}

/* -- rows ------------------------------------------------------------------------------------- */

static void index_rows(struct suggesting *all)
{
    for (size_t i = 0; i < suggest_row_count; i++) {
        const struct suggest_row *row = &suggest_rows[i];
        str name = str_from(row->name);
        void *value = (void *)(uintptr_t)row;
        if (str_starts(name, STR("*")))
            map_set(all->arena, &all->by_end, str_from_index(name, 1), value);
        else if (!str_ends(name, STR("*")))
            map_set(all->arena, &all->by_name, name, value);
    }
}

/* By an ending: of the last dot, of the one before it, or of the last byte. */
static const struct suggest_row *row_by_end(const struct suggesting *all, str name)
{
    size_t last = str_find_last_char(name, '.');
    if (str_ends(name, STR("~")))
        return map_find(&all->by_end, STR("~"));
    if (last == STR_MISSING || last == 0)
        return NULL;
    size_t before = str_find_last_char(str_slice(name, 0, last), '.');
    const struct suggest_row *row = NULL;
    if (before != STR_MISSING && before > 0)
        row = map_find(&all->by_end, str_from_index(name, before));
    return row ? row : map_find(&all->by_end, str_from_index(name, last));
}

/* By a beginning; such rows are of the top only. */
static const struct suggest_row *row_by_start(str name)
{
    for (size_t i = 0; i < suggest_row_count; i++) {
        str start = str_from(suggest_rows[i].name);
        if (str_ends(start, STR("*")) && str_starts(name, str_slice(start, 0, start.len - 1)))
            return &suggest_rows[i];
    }
    return NULL;
}

static const struct suggest_row *row_of(const struct suggesting *all,
                                        const struct context_entry *entry)
{
    str name = str_basename(entry->path);
    const struct suggest_row *row = map_find(&all->by_name, name);
    if (!row && entry->parent == NO_ENTRY)
        row = row_by_start(name);
    if (!row)
        row = row_by_end(all, name);
    return row && (!row->top || entry->parent == NO_ENTRY) ? row : NULL;
}

/* An entry that stays: no pattern of any row that matches it may be used. */
static void keep(struct suggesting *all, const struct context_entry *entry)
{
    str name = str_basename(entry->path);
    const struct suggest_row *rows[] = {map_find(&all->by_name, name), row_by_end(all, name),
                                        entry->parent == NO_ENTRY ? row_by_start(name) : NULL};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i])
            all->hits[rows[i] - suggest_rows].kept = true;
}

static bool fits(const struct suggest_row *row, const struct context_entry *entry)
{
    enum row_kind kind = entry->type == ENTRY_DIRECTORY ? ROW_DIRECTORY : ROW_FILE;
    return (row->kind & kind) != 0;
}

/* One pass in order, so that a directory takes all below it and nothing is counted twice. */
static void collect(struct suggesting *all)
{
    const struct context_tree *tree = all->tree;
    uint32_t protected_end = 0; /* inside of a directory that a COPY names, and that a row names */
    for (uint32_t i = 0; i < tree->count;) {
        const struct context_entry *entry = &tree->entries[i];
        const struct suggest_row *row = all->sums->files[i] ? row_of(all, entry) : NULL;
        if (!row) {
            i++;
        } else if (i < protected_end || entry->dropped || !fits(row, entry) ||
                   is_kept(all, row->strength, entry) || is_brought_back(all, entry) ||
                   !guard_agrees(all, row->guard, entry)) {
            keep(all, entry);
            bool named = all->needs && all->needs->marks[i] & NEED_HARD;
            if (named && entry->end > protected_end)
                protected_end = entry->end;
            i++;
        } else {
            vec_push(all->arena, &all->hits[row - suggest_rows].entries, i);
            i = entry->end;
        }
    }
}

/* -- lines ------------------------------------------------------------------------------------ */

/* Can a line of an ignore file say this path? */
static bool is_sayable(str path)
{
    return path.len && !str_has_char(path, '\n') && !str_has_char(path, '\r') &&
           str_eq(str_trim(path), path);
}

/* A path as a pattern that matches it and nothing else. */
static str exact_pattern(struct arena *arena, str path)
{
    struct buf out = buf_init(arena, path.len * 2 + 2);
    if (path.at[0] == '#' || path.at[0] == '!')
        buf_add_char(&out, '\\'); /* a '/' would not do: it is cut off before '!' is looked for */
    for (size_t i = 0; i < path.len; i++) {
        if (strchr("*?[]\\", path.at[i]) && path.at[i])
            buf_add_char(&out, '\\');
        buf_add_char(&out, path.at[i]);
    }
    return buf_str(&out);
}

static void add_line(struct suggesting *all, const struct suggest_row *row, str pattern,
                     const uint32_t *entries, uint32_t count)
{
    struct context_suggestion line = {
        .pattern = pattern, .category = row->category, .why = str_from(row->why)};
    for (uint32_t i = 0; i < count; i++) {
        line.files += all->sums->files[entries[i]];
        line.bytes += all->sums->bytes[entries[i]];
    }
    vec_push(all->arena, &all->report->suggest, line);
}

static void add_row(struct suggesting *all, const struct suggest_row *row, const struct hits *hits)
{
    str name = str_from(row->name);
    if (!hits->entries.count)
        return;
    if (!hits->kept && row->strength != STRENGTH_MADE) {
        str pattern = row->top ? name : str_cat(all->arena, STR("**/"), name);
        add_line(all, row, pattern, hits->entries.at, hits->entries.count);
        return;
    }
    if (hits->entries.count > PATHS_MAX)
        return;
    VEC_EACH(uint32_t, index, hits->entries) {
        str path = all->tree->entries[*index].path;
        if (is_sayable(path))
            add_line(all, row, exact_pattern(all->arena, path), index, 1);
    }
}

/* -- secrets ---------------------------------------------------------------------------------- */

static const struct suggest_row secret_row = {
    .category = "secrets", .why = "COPY . puts it into a layer", .strength = STRENGTH_LOOSE};

static bool is_inside_hit(const struct suggesting *all, uint32_t index)
{
    for (size_t i = 0; i < suggest_row_count; i++)
        VEC_EACH(uint32_t, at, all->hits[i].entries)
            if (*at <= index && index < all->tree->entries[*at].end)
                return true;
    return false;
}

/* A secret gets a line unless a build may read it: package managers read their credentials. */
static void add_secrets(struct suggesting *all)
{
    if (all->report->secrets.count > SECRETS_MAX)
        return;
    VEC_EACH(struct context_secret, secret, all->report->secrets) {
        const struct context_entry *entry = context_find(all->tree, secret->path);
        str name = str_basename(secret->path);
        bool env = str_starts(name, STR(".env"));
        bool credentials = str_eq(str_from(secret->kind), STR("registry credentials"));
        if (!entry || !is_sayable(secret->path) ||
            (credentials && all->needs && all->needs->builds) ||
            is_kept(all, env ? STRENGTH_JUNK : STRENGTH_LOOSE, entry) ||
            is_brought_back(all, entry))
            continue;
        uint32_t index = index_of(all, entry);
        if (!is_inside_hit(all, index))
            add_line(all, &secret_row, exact_pattern(all->arena, secret->path), &index, 1);
    }
}

/* -- all of it -------------------------------------------------------------------------------- */

static int suggestion_order(const void *a, const void *b)
{
    const struct context_suggestion *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return str_order(left->pattern, right->pattern);
}

/* A site or a book: its documents are what is built. */
static bool builds_documents(const struct context_needs *needs, const struct context_tree *tree)
{
    static const char *const signs[] = {
        "mkdocs.yml",       "book.toml",  "_config.yml",
        "hugo.toml",        "hugo.yaml",  "docusaurus.config.js",
        "astro.config.mjs", "antora.yml", "docusaurus.config.ts",
        "config.toml",      ".vitepress", "docs/.vitepress",
        "docs/conf.py",     "conf.py",    ".readthedocs.yml",
        "gatsby-config.js",
    };
    for (size_t i = 0; i < ARRAY_COUNT(signs); i++)
        if (context_find(tree, str_from(signs[i])))
            return true;
    return needs && (needs->steps & STEP_DOCUMENTS || needs_texts_have(needs, STR("go:embed")) ||
                     needs_texts_have(needs, STR("include_str!(\"../README")));
}

void context_suggest(struct arena *arena, const struct context_needs *needs,
                     const struct context_sums *sums, struct context_report *report)
{
    struct suggesting all = {.arena = arena,
                             .needs = needs,
                             .sums = sums,
                             .report = report,
                             .tree = report->tree,
                             .hits = NEW_ARRAY(arena, struct hits, suggest_row_count),
                             .documents = builds_documents(needs, report->tree)};
    if (report->tree->ignore)
        all.patterns = ignore_patterns(report->tree->ignore, &all.pattern_count);
    index_rows(&all);
    collect(&all);
    for (size_t i = 0; i < suggest_row_count; i++)
        add_row(&all, &suggest_rows[i], &all.hits[i]);
    add_secrets(&all);
    if (report->suggest.count)
        qsort(report->suggest.at, report->suggest.count, sizeof(struct context_suggestion),
              suggestion_order);
}
