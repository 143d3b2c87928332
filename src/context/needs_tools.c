#include "context/needs.h"

/*
 * What build tools read without a COPY that names it: manifests and lock files at the top, the
 * README that a package description names, vendored modules, the history, and test trees where a
 * step runs tests. They count only where some COPY takes them.
 */

struct tool_file {
    const char *name;
    uint32_t steps; /* a build that does one of these reads it */
    bool text;      /* read it: it may name other files */
};

static const struct tool_file tool_files[] = {
    {"package.json", STEP_NODE_INSTALL | STEP_NODE_BUILD, true},
    {"package-lock.json", STEP_NPM, false},
    {"npm-shrinkwrap.json", STEP_NPM, false},
    {"yarn.lock", STEP_YARN, false},
    {"pnpm-lock.yaml", STEP_PNPM, false},
    {"pnpm-workspace.yaml", STEP_PNPM, false},
    {"bun.lockb", STEP_BUN, false},
    {"bun.lock", STEP_BUN, false},
    {"tsconfig.json", STEP_NODE_BUILD, false},
    {"go.mod", STEP_GO_MODULES | STEP_GO_VENDOR, false},
    {"go.sum", STEP_GO_MODULES, false},
    {"Cargo.toml", STEP_CARGO, true},
    {"Cargo.lock", STEP_CARGO, false},
    {"build.rs", STEP_CARGO, true},
    {"src/lib.rs", STEP_CARGO, true},
    {"src/main.rs", STEP_CARGO, true},
    {"pyproject.toml", STEP_PYTHON_BUILD, true},
    {"setup.py", STEP_PYTHON_BUILD, true},
    {"setup.cfg", STEP_PYTHON_BUILD, true},
    {"MANIFEST.in", STEP_PYTHON_BUILD, true},
    {"pom.xml", STEP_MAVEN, true},
    {"build.gradle", STEP_GRADLE, true},
    {"build.gradle.kts", STEP_GRADLE, true},
    {"settings.gradle", STEP_GRADLE, false},
    {"settings.gradle.kts", STEP_GRADLE, false},
    {"composer.json", STEP_COMPOSER, true},
    {"composer.lock", STEP_COMPOSER, false},
    {"Gemfile", STEP_BUNDLE, true},
    {"Gemfile.lock", STEP_BUNDLE, false},
    {"Directory.Build.props", STEP_DOTNET, true},
    {"Makefile", STEP_MAKE, true},
    {"makefile", STEP_MAKE, true},
    {"GNUmakefile", STEP_MAKE, true},
    {"CMakeLists.txt", STEP_MAKE, true},
    {"meson.build", STEP_MAKE, true},
    {"justfile", STEP_MAKE, true},
    {"Taskfile.yml", STEP_MAKE, true},
    {"magefile.go", STEP_MAKE, true},
    {"Rakefile", STEP_MAKE, true},
};

/* Words of build files that say that the history is read. */
static const char *const git_readers[] = {
    "git describe",
    "git rev-parse",
    "git log",
    "git show",
    "git rev-list",
    "git ls-files",
    "git status",
    "git diff",
    "git submodule",
    "setuptools_scm",
    "setuptools-scm",
    "hatch-vcs",
    "versioningit",
    "poetry-dynamic-versioning",
    "vergen",
    "git-version",
    "git-commit-id",
    "jgitver",
    "GitVersion",
    "MinVer",
    "Nerdbank.GitVersioning",
    "axion-release",
    "grgit",
    "\"pbr",
    "git_version",
    "git2",
    "dunamai",
};

static bool is_taken(const struct context_needs *needs, const struct context_entry *entry)
{
    return needs->whole || needs->soft_all ||
           needs->marks[entry - needs->tree->entries] & (NEED_SOFT | NEED_USED) ||
           needs->range_ends[entry - needs->tree->entries] > 0;
}

static bool tells_of_git(str text)
{
    for (size_t i = 0; i < ARRAY_COUNT(git_readers); i++)
        if (str_has(text, str_from(git_readers[i])))
            return true;
    return false;
}

static void mark_if_taken(struct context_needs *needs, const struct context_entry *entry,
                          uint8_t mark)
{
    if (entry && is_taken(needs, entry))
        needs_mark(needs, entry, mark);
}

static void mark_manifests(struct context_needs *needs)
{
    for (size_t i = 0; i < ARRAY_COUNT(tool_files); i++) {
        const struct tool_file *row = &tool_files[i];
        if (!(needs->steps & row->steps))
            continue;
        str name = str_from(row->name);
        mark_if_taken(needs, context_find(needs->tree, name), NEED_HARD);
        if (row->text)
            needs_read(needs, name);
    }
}

/* Files at the top that name others and whose own names vary: Go sources embed, package
 * descriptions list. */
static void read_top_files(struct context_needs *needs)
{
    const struct context_tree *tree = needs->tree;
    bool go = context_find(tree, STR("go.mod")) != NULL;
    for (uint32_t i = 0; i < tree->count; i = tree->entries[i].end) {
        const struct context_entry *entry = &tree->entries[i];
        str path = entry->path;
        if (entry->type == ENTRY_FILE &&
            ((go && str_ends(path, STR(".go"))) || str_ends(path, STR(".gemspec")) ||
             str_ends(path, STR(".cabal")) || str_ends(path, STR(".csproj")) ||
             str_ends(path, STR(".nimble")) || STR_IN(path, "mix.exs", "package.yaml")))
            needs_read(needs, path);
    }
}

/* A document at the top that a build file names. */
static void mark_named_documents(struct context_needs *needs)
{
    const struct context_tree *tree = needs->tree;
    uint8_t mark = needs->steps & STEP_PYTHON_BUILD ? NEED_HARD | NEED_MENTION : NEED_MENTION;
    for (uint32_t i = 0; i < tree->count; i = tree->entries[i].end) {
        const struct context_entry *entry = &tree->entries[i];
        bool document = str_starts_nocase(entry->path, STR("readme")) ||
                        str_starts_nocase(entry->path, STR("license")) ||
                        str_starts_nocase(entry->path, STR("changelog")) ||
                        str_ends(entry->path, STR(".md")) || str_ends(entry->path, STR(".rst"));
        if (!document || entry->type != ENTRY_FILE)
            continue;
        for (uint32_t k = (uint32_t)needs->builders.count; k < needs->texts.count; k++)
            if (str_has(needs->texts.at[k], entry->path)) {
                mark_if_taken(needs, entry, mark);
                break;
            }
    }
}

static void mark_history(struct context_needs *needs)
{
    const struct context_entry *entry = context_find(needs->tree, STR(".git"));
    if (!entry || !is_taken(needs, entry))
        return;
    if (needs->steps & STEP_GIT)
        needs_mark(needs, entry, NEED_HARD);
    for (uint32_t k = (uint32_t)needs->builders.count; k < needs->texts.count; k++)
        if (tells_of_git(needs->texts.at[k]))
            needs_mark(needs, entry, NEED_MENTION);
}

/* Test trees at the top, where a command runs tests. */
static void mark_tests(struct context_needs *needs)
{
    static const char *const names[] = {"test", "tests", "spec", "__tests__"};
    for (size_t i = 0; i < ARRAY_COUNT(names) && needs->steps & STEP_TEST; i++) {
        const struct context_entry *entry = context_find(needs->tree, str_from(names[i]));
        if (entry && entry->type == ENTRY_DIRECTORY)
            mark_if_taken(needs, entry, NEED_HARD);
    }
}

void needs_read_tools(struct context_needs *needs)
{
    mark_manifests(needs);
    read_top_files(needs);
    mark_named_documents(needs);
    if (needs_texts_have(needs, STR("-mod=vendor")))
        needs->steps |= STEP_GO_VENDOR;
    if (needs->steps & STEP_GO_VENDOR && context_find(needs->tree, STR("vendor/modules.txt")))
        mark_if_taken(needs, context_find(needs->tree, STR("vendor")), NEED_HARD);
    if (!needs_texts_have(needs, STR("PRETEND_VERSION")))
        mark_history(needs);
    mark_tests(needs);
}
