#include "rules/families.h"
#include "rules/repository.h"

#include "base/num.h"

/* The ignore file: what it does not leave out, what it should not, and what it does not do at all.
 * */

/* A line for the end of the file, behind a last line that may lack its line end. */
static void append_line(struct rule_sink *sink, str line)
{
    str text = sink->source->text;
    str newline = source_newline(sink->source);
    bool open = text.len && text.at[text.len - 1] != '\n';
    str added = open ? str_cat(sink->arena, newline, line) : str_cat(sink->arena, line, newline);
    found_insert(sink, (uint32_t)text.len, added);
}

static span first_line(const struct rule_sink *sink)
{
    return source_line(sink->source, 1);
}

/* -- categories: one rule each, all from one measurement --------------------------------------- */

static void check_category(const struct ignore_file *file, struct rule_sink *sink,
                           const char *category)
{
    if (!file->report)
        return;
    VEC_EACH(struct context_suggestion, suggestion, file->report->suggest) {
        if (!str_eq(str_from(suggestion->category), str_from(category)) ||
            (!suggestion->bytes && str_eq(str_from(category), STR("large files"))))
            continue;
        str size = size_print(sink->arena, suggestion->bytes);
        struct finding *finding = found(sink, first_line(sink),
                                        "'%.*s' is sent with every build: %" PRIu64 " file%s, %.*s",
                                        STR_ARG(suggestion->pattern), suggestion->files,
                                        suggestion->files == 1 ? "" : "s", STR_ARG(size));
        finding->bytes = suggestion->bytes;
        if (suggestion->bytes < 1000000 && finding->severity == SEVERITY_WARNING)
            found_severity(sink, SEVERITY_NOTE);
        found_fix(sink, "Add the line '%.*s'", STR_ARG(suggestion->pattern));
        append_line(sink, suggestion->pattern);
    }
}

#define CATEGORY_CHECK(function, category)                                       \
    static void function(const struct ignore_file *file, struct rule_sink *sink) \
    {                                                                            \
        check_category(file, sink, category);                                    \
    }

CATEGORY_CHECK(check_version_control, "version control")
CATEGORY_CHECK(check_dependencies, "dependencies")
CATEGORY_CHECK(check_artefacts, "build artefacts")
CATEGORY_CHECK(check_secret_files, "secrets")
CATEGORY_CHECK(check_editor, "editor")
CATEGORY_CHECK(check_documentation, "documentation")
CATEGORY_CHECK(check_ci, "ci")
CATEGORY_CHECK(check_tests, "tests")
CATEGORY_CHECK(check_large, "large files")
CATEGORY_CHECK(check_docker, "docker")

/* -- patterns ---------------------------------------------------------------------------------- */

/* Names of build output that sources have, too: only what stands around them tells. */
static bool is_ambiguous(str name)
{
    return STR_IN(name, "bin", "obj", "coverage");
}

/* Names that people mean wherever they stand. */
static bool means_every_depth(const struct ignore_pattern *pattern, bool tree_known)
{
    str text = pattern->cleaned;
    if (pattern->bad || pattern->negated || str_has_char(text, '/') ||
        str_starts(pattern->raw, STR("/")) || str_starts(text, STR("**")))
        return false;
    if (str_starts(text, STR("*.")) || str_starts(text, STR("*~")))
        return true;
    return STR_IN(text, "node_modules", "__pycache__", ".DS_Store", ".env", "Thumbs.db", ".venv",
                  "venv", ".pytest_cache", ".mypy_cache", ".idea", ".vscode", ".git", ".svn",
                  ".npmrc", "npm-debug.log", ".coverage", ".gradle", ".terraform", "*~") ||
           (tree_known && is_ambiguous(text)) || str_starts(text, STR(".env."));
}

/* The directories that show that one called `name` in them is output: those of .NET projects for
 * bin and obj; for coverage those that hold such a directory with a report in it. */
static struct map output_parents(struct arena *arena, const struct context_tree *tree, str name)
{
    struct map parents = {0};
    bool coverage = str_eq(name, STR("coverage"));
    for (uint32_t i = 0; i < tree->count; i++) {
        str path = tree->entries[i].path, file = str_basename(path);
        bool project = str_ends(file, STR(".csproj")) || str_ends(file, STR(".fsproj")) ||
                       str_ends(file, STR(".vbproj"));
        bool report = STR_IN(file, "lcov.info", "coverage-final.json", "clover.xml") &&
                      str_eq(str_basename(str_dirname(path)), name);
        if (coverage ? report : project)
            map_set(arena, &parents, str_dirname(coverage ? str_dirname(path) : path), NULL);
    }
    return parents;
}

/* Does a path go through a directory called `name` of one of these? */
static bool is_output(const struct map *parents, str path, str name)
{
    for (str at = path; at.len; at = str_dirname(at))
        if (str_eq(str_basename(at), name) && map_has(parents, str_dirname(at)))
            return true;
    return false;
}

/* Files that the pattern would leave out at any depth, and does not now; STR_MISSING bytes: one of
 * them is needed by the build, or may be a source. */
static uint64_t missed(const struct ignore_file *file, str pattern, str *out_example)
{
    uint64_t bytes = 0;
    *out_example = STR("");
    AUTO(arena) struct arena *arena = arena_new(0);
    struct ignore *deep = ignore_compile_lenient(arena, str_cat(arena, STR("**/"), pattern));
    struct map parents = {0};
    if (is_ambiguous(pattern))
        parents = output_parents(arena, file->tree, pattern);
    for (uint32_t i = 0; i < file->tree->count; i++) {
        const struct context_entry *entry = &file->tree->entries[i];
        if (entry->dropped || entry->type != ENTRY_FILE || !str_has_char(entry->path, '/') ||
            !ignore_match(deep, entry->path).dropped)
            continue;
        if ((file->needs && context_needed(file->needs, entry->path)) ||
            (is_ambiguous(pattern) && !is_output(&parents, entry->path, pattern)))
            return UINT64_MAX;
        if (!out_example->len)
            *out_example = entry->path;
        bytes += entry->size_bytes;
    }
    return bytes;
}

static void check_anchored(const struct ignore_file *file, struct rule_sink *sink)
{
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ignore_pattern *pattern = &patterns[i];
        if (!means_every_depth(pattern, file->tree != NULL))
            continue;
        str example = STR("");
        uint64_t bytes = file->tree ? missed(file, pattern->cleaned, &example) : 0;
        if (bytes == UINT64_MAX || (file->tree && !example.len))
            continue;
        struct finding *finding;
        if (example.len) {
            str size = size_print(sink->arena, bytes);
            finding =
                found(sink, pattern->at, "'%.*s' matches at the top only: '%.*s' is sent (%.*s)",
                      STR_ARG(pattern->raw), STR_ARG(example), STR_ARG(size));
            finding->bytes = bytes;
            found_severity(sink, SEVERITY_WARNING);
        } else {
            found(sink, pattern->at, "'%.*s' matches at the top of the context only",
                  STR_ARG(pattern->raw));
        }
        found_fix(sink, "Match at every depth");
        found_insert(sink, pattern->at.start, STR("**/"));
    }
}

static void check_bad(const struct ignore_file *file, struct rule_sink *sink)
{
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ignore_pattern *pattern = &patterns[i];
        size_t hash = str_find(pattern->raw, STR(" #"));
        if (pattern->bad) {
            found(sink, pattern->at, "'%.*s' is no pattern: the build stops here",
                  STR_ARG(pattern->raw));
        } else if (str_starts(pattern->raw, STR("#"))) {
            found(sink, pattern->at, "an indented '#' begins a pattern, not a comment");
            found_severity(sink, SEVERITY_WARNING);
            span line =
                source_line(sink->source, source_position(sink->source, pattern->at.start).line);
            found_fix(sink, "Move it to the start of the line");
            found_edit(sink, (span){line.start, pattern->at.start}, STR(""));
        } else if (hash != STR_MISSING) {
            found(sink, pattern->at, "what stands behind '#' is part of the pattern");
            found_severity(sink, SEVERITY_WARNING);
            str left = str_trim_end(str_slice(pattern->raw, 0, hash));
            str note = str_from_index(pattern->raw, hash + 1);
            found_fix(sink, "Put the comment on a line of its own");
            found_edit(sink, pattern->at,
                       str_fmt(sink->arena, "%.*s%.*s%.*s", STR_ARG(note),
                               STR_ARG(source_newline(sink->source)), STR_ARG(left)));
        } else if (str_has(pattern->raw, STR("[!"))) {
            found(sink, pattern->at, "'[!x]' is no negation here: write '[^x]'");
            found_severity(sink, SEVERITY_WARNING);
            size_t inside = str_find(pattern->raw, STR("[!"));
            found_fix(sink, "Write [^...]");
            uint32_t bang = pattern->at.start + (uint32_t)inside + 1;
            found_edit(sink, (span){bang, bang + 1}, STR("^"));
        }
    }
}

static void check_repeated(const struct ignore_file *file, struct rule_sink *sink)
{
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    struct map seen = {0};
    for (size_t i = 0; i < count; i++) {
        const struct ignore_pattern *pattern = &patterns[i];
        if (pattern->negated) {
            seen = (struct map){0}; /* behind an exception, a repeat means something */
            continue;
        }
        const struct ignore_pattern *before = map_find(&seen, pattern->cleaned);
        if (!before) {
            map_set(sink->arena, &seen, pattern->cleaned,
                    (struct ignore_pattern *)(uintptr_t)pattern);
            continue;
        }
        found(sink, pattern->at, "'%.*s' stands here already", STR_ARG(pattern->raw));
        found_related(sink, before->at, "the first one");
        found_fix(sink, "Remove it");
        found_edit(sink, source_full_line(sink->source, pattern->line), STR(""));
    }
}

static void check_negations(const struct ignore_file *file, struct rule_sink *sink)
{
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ignore_pattern *pattern = &patterns[i];
        if (!pattern->negated || pattern->bad || glob_is_pattern(pattern->cleaned))
            continue;
        bool before = false, after = false;
        for (size_t k = 0; k < count; k++) {
            if (patterns[k].negated || patterns[k].bad)
                continue;
            bool hits = ignore_pattern_match(file->ignore, k, pattern->cleaned) ||
                        str_starts(patterns[k].cleaned, pattern->cleaned) ||
                        str_starts(patterns[k].cleaned, STR("**"));
            before = before || (hits && k < i);
            after = after || (k > i && ignore_pattern_match(file->ignore, k, pattern->cleaned));
        }
        if (after) {
            found(sink, pattern->at, "a later pattern leaves '%.*s' out again",
                  STR_ARG(pattern->cleaned));
            found_fix(sink, "Move it to the end");
            found_edit(sink, source_full_line(sink->source, pattern->line), STR(""));
            append_line(sink, pattern->raw);
        } else if (!before) {
            found(sink, pattern->at, "nothing in front of it leaves '%.*s' out",
                  STR_ARG(pattern->cleaned));
        }
    }
}

static void check_unused(const struct ignore_file *file, struct rule_sink *sink)
{
    if (!file->report)
        return;
    size_t count;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count; i++) {
        bool hit = patterns[i].negated || patterns[i].bad;
        for (uint32_t k = 0; k < file->tree->count && !hit; k++)
            hit = ignore_pattern_match(file->ignore, i, file->tree->entries[k].path);
        if (hit)
            continue;
        found(sink, patterns[i].at, "'%.*s' matches nothing today", STR_ARG(patterns[i].raw));
    }
}

/* -- what the build needs ---------------------------------------------------------------------- */

static void check_input_ignored(const struct ignore_file *file, struct rule_sink *sink)
{
    if (!file->needs || !file->tree)
        return;
    uint32_t last_line = 0;
    for (uint32_t i = 0; i < file->tree->count; i++) {
        const struct context_entry *entry = &file->tree->entries[i];
        if (!entry->dropped || !entry->line || entry->line == last_line ||
            !context_needed(file->needs, entry->path))
            continue;
        last_line = entry->line;
        span at = entry->line <= sink->source->line_count ? source_line(sink->source, entry->line)
                                                          : first_line(sink);
        found(sink, at, "the build reads '%.*s', which this line leaves out", STR_ARG(entry->path));
    }
}

static void check_unused_bytes(const struct ignore_file *file, struct rule_sink *sink)
{
    const struct context_report *report = file->report;
    if (!report || !file->dockerfiles.count || report->unused_bytes < 10000000)
        return;
    str size = size_print(sink->arena, report->unused_bytes);
    struct finding *finding =
        found(sink, first_line(sink), "%.*s in %" PRIu64 " files is sent, and no COPY uses it",
              STR_ARG(size), report->unused_files);
    finding->bytes = report->unused_bytes;
    for (uint32_t i = 0; i < report->unused.count && i < 3; i++) {
        str each = size_print(sink->arena, report->unused.at[i].bytes);
        found_related(sink, first_line(sink), "%.*s: %.*s", STR_ARG(report->unused.at[i].path),
                      STR_ARG(each));
    }
}

#define CATEGORY_RULE(id, level, function, text, reason)                                  \
    {                                                                                     \
        .name = "context/" id, .aka = "droast:DF033", .severity = level, .fix = FIX_SAFE, \
        .since = "0.1", .guide = "s7", .what = text, .why = reason,                       \
        .how = "add the line; 'plimsoll context --write' adds them all",                  \
        .source = "guide: Comprehensive .dockerignore; sizes measured in the tree",       \
        .ignore = function                                                                \
    }

RULE_FAMILY(
    context_ignore,
    CATEGORY_RULE(
        "version-control", SEVERITY_WARNING, check_version_control,
        "the history of the repository is sent",
        "it changes with each commit, so COPY . is never cached, and it may hold secrets"),
    CATEGORY_RULE("dependencies", SEVERITY_WARNING, check_dependencies,
                  "installed dependencies are sent",
                  "they are installed again in the build, and may be for another platform"),
    CATEGORY_RULE("build-artefacts", SEVERITY_WARNING, check_artefacts,
                  "build results of this machine are sent",
                  "they change with each build on this machine and break the cache"),
    CATEGORY_RULE("secret-files", SEVERITY_ERROR, check_secret_files, "files with secrets are sent",
                  "COPY . puts them into a layer"),
    CATEGORY_RULE("editor-files", SEVERITY_NOTE, check_editor, "files of editors are sent",
                  "opening the editor breaks the cache"),
    CATEGORY_RULE("documentation", SEVERITY_NOTE, check_documentation, "documentation is sent",
                  "a changed sentence breaks the cache of COPY ."),
    CATEGORY_RULE("ci-files", SEVERITY_NOTE, check_ci, "files of the CI are sent",
                  "a changed pipeline breaks the cache of COPY ."),
    CATEGORY_RULE("test-files", SEVERITY_NOTE, check_tests, "tests are sent, and nothing runs them",
                  "a changed test breaks the cache of COPY ."),
    CATEGORY_RULE("large-files", SEVERITY_WARNING, check_large, "archives and logs are sent",
                  "every build reads and hashes them"),
    CATEGORY_RULE("docker-files", SEVERITY_NOTE, check_docker,
                  "Dockerfile and compose files are sent",
                  "a changed Dockerfile breaks the cache of COPY ."),
    {.name = "context/root-anchored",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s7",
     .what = "a pattern that is meant for every depth matches at the top only",
     .why = ".dockerignore is not .gitignore: '*.pyc', 'node_modules/' and '.env' say nothing of "
            "sub-directories",
     .how = "begin with '**/'",
     .source = "moby/patternmatcher; kubernetes-sigs/kueue#7170",
     .ignore = check_anchored},
    {.name = "context/bad-pattern",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s7",
     .what = "a line that is no pattern, or not the one that was meant",
     .why = "a malformed class or a lone '!' stops the build; a trailing comment makes a pattern "
            "that matches nothing",
     .how = "comments begin in the first column of a line of their own; negated classes are [^x]",
     .source = "Dockerfile reference, .dockerignore file; moby/patternmatcher",
     .ignore = check_bad},
    {.name = "context/pattern-repeated",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s7",
     .what = "the same pattern twice",
     .why = "whoever removes one wonders why nothing changes",
     .how = "keep the first",
     .source = "Dockerfile reference, .dockerignore file; moby/patternmatcher",
     .ignore = check_repeated},
    {.name = "context/negation",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s7",
     .what = "an exception that never applies",
     .why = "the last pattern that matches decides: an exception must stand behind what it excepts",
     .how = "move it behind the pattern, or remove it",
     .source = "Dockerfile reference, .dockerignore file; moby/patternmatcher",
     .ignore = check_negations},
    {.name = "context/pattern-unused",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .guide = "s7",
     .what = "a pattern that matches nothing in the tree",
     .why = "most are kept for a day that comes; some are misspelled",
     .how = "look whether it is spelled as the file is",
     .source = "Dockerfile reference, .dockerignore file; moby/patternmatcher",
     .ignore = check_unused},
    {.name = "context/input-ignored",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "a line leaves out what the build reads",
     .why =
         "the build fails, or goes without: lock files, vendor, the README that pyproject names, "
         ".git for version stamps, tests that a step runs",
     .how = "add an exception: '!path'",
     .source = "Dockerfile reference, .dockerignore file; the tools' own documentation",
     .ignore = check_input_ignored},
    {.name = "context/unused-bytes",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7 s22",
     .what = "much of what is sent is used by no COPY",
     .why = "it is read and compared at each build",
     .how = "'plimsoll context' shows where it is; leave it out, or build from a sub-directory",
     .source = "measured in the tree",
     .ignore = check_unused_bytes});
