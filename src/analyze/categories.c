#include "analyze/analyze.h"

/*
 * What a file is for, by its path. The first row that fits wins. `removable` means that a program
 * that runs does not need it, as a rule; whether this one does only a trial can tell.
 */
static const struct {
    const char *category;
    bool removable;
    const char *below;  /* folders, blank-separated: at the root, or anywhere with a leading '*' */
    const char *suffix; /* ends, blank-separated */
} rows[] = {
    {"package lists", true, "var/lib/apt/lists var/cache/apk var/cache/dnf var/cache/yum", NULL},
    {"package archives", true, "var/cache/apt var/cache/zypp", NULL},
    {"tool caches", true,
     "*.cache/pip *.npm/_cacache *.cache/go-build *.cache/yarn *.cargo/registry *.m2/repository "
     "*.gradle/caches *.cache/uv *.composer/cache *.cache/pypoetry go/pkg/mod",
     NULL},
    {"version control", true, "*.git *.svn *.hg *.github *.gitlab", NULL},
    {"documentation", true,
     "usr/share/doc usr/share/man usr/share/info usr/local/share/man "
     "usr/share/gtk-doc usr/local/share/doc usr/share/doc-base usr/share/lintian",
     NULL},
    {"locales", true, "usr/share/locale usr/share/i18n usr/lib/locale", ".mo"},
    {"character sets", false, "*gconv", NULL},
    {"time zones", false, "usr/share/zoneinfo", NULL},
    {"headers", true, "usr/include usr/local/include", ".h .hpp"},
    {"static libraries", true, NULL, ".a .la"},
    {"compilers", true, "usr/lib/gcc usr/libexec/gcc usr/local/go/pkg/tool", NULL},
    {"bytecode", true, NULL, ".pyc .pyo"},
    {"source maps", true, NULL, ".map .d.ts"},
    {"type hints", true, NULL, ".pyi .pyx .pxd"},
    {"tests", true, "*tests *test *__tests__", NULL},
    {"logs", true, "var/log var/cache/ldconfig var/cache/debconf",
     ".log passwd- group- shadow- gshadow- status-old templates.dat-old config.dat-old"},
    {"shared libraries", false, NULL, ".so"},
    {"package database", false, "var/lib/dpkg lib/apk usr/lib/apk var/lib/rpm usr/lib/sysimage/rpm",
     NULL},
    {"Perl", false,
     "usr/share/perl usr/share/perl5 usr/lib/x86_64-linux-gnu/perl "
     "usr/lib/aarch64-linux-gnu/perl usr/local/lib/perl5",
     ".pm .pod"},
    {"Python code", false, NULL, ".py"},
    {"JavaScript code", false, NULL, ".js .mjs .cjs .json"},
    {"other", false, NULL, NULL},
};
const size_t category_count = ARRAY_COUNT(rows);

const char *category_name(size_t index, bool *out_removable)
{
    *out_removable = rows[index].removable;
    return rows[index].category;
}

/* Some folder of the path is called so: "a/tests/b" has "tests". */
static bool passes(str folder, str name)
{
    for (size_t at = 0, slash; at < folder.len; at += slash + 1) {
        str rest = str_from_index(folder, at);
        if (path_is_in(rest, name))
            return true;
        slash = str_find_char(rest, '/');
        if (slash == STR_MISSING)
            return false;
    }
    return false;
}

static bool has_folder(str folder, const char *names)
{
    str rest = str_from(names), name;
    while (str_next_word(&rest, &name)) {
        bool anywhere = name.at[0] == '*';
        if (anywhere ? passes(folder, str_from_index(name, 1)) : path_is_in(folder, name))
            return true;
    }
    return false;
}

/* The first row that names a folder around the files of this one. */
static size_t row_of_folder(str folder)
{
    size_t row = 0;
    while (row + 1 < ARRAY_COUNT(rows) && !(rows[row].below && has_folder(folder, rows[row].below)))
        row++;
    return row;
}

/* ".so.6" in "libm.so.6" */
static bool has_so_version(str name)
{
    const str so = STR(".so.");
    size_t dot;
    for (str rest = name; (dot = str_find_char(rest, '.')) != STR_MISSING;
         rest = str_from_index(rest, 1)) {
        rest = str_from_index(rest, dot);
        if (str_starts(rest, so))
            return true;
    }
    return false;
}

/* The first row that names the end of a file's name. */
static size_t row_of_name(const struct category_finder *finder, str name)
{
    for (uint32_t i = 0; i < finder->count; i++) {
        const struct category_suffix *suffix = &finder->suffixes[i];
        char last = suffix->text.at[suffix->text.len - 1];
        if ((name.len && name.at[name.len - 1] == last && str_ends(name, suffix->text)) ||
            (suffix->versioned && has_so_version(name)))
            return suffix->row;
    }
    return ARRAY_COUNT(rows) - 1;
}

struct category_finder category_finder_new(void)
{
    struct category_finder finder = {.row = ARRAY_COUNT(rows) - 1};
    for (uint32_t i = 0; i < ARRAY_COUNT(rows); i++) {
        str rest = str_from(rows[i].suffix ? rows[i].suffix : ""), suffix;
        while (str_next_word(&rest, &suffix)) {
            assert(finder.count < CATEGORY_SUFFIXES);
            finder.suffixes[finder.count++] =
                (struct category_suffix){suffix, i, str_eq(suffix, STR(".so"))};
        }
    }
    return finder;
}

size_t category_find(struct category_finder *finder, str path)
{
    str folder = str_dirname(path);
    if (!str_eq(folder, finder->folder)) {
        finder->folder = folder;
        finder->row = row_of_folder(folder);
    }
    size_t row = row_of_name(finder, str_from_index(path, folder.len + (folder.len > 0)));
    return row < finder->row ? row : finder->row;
}
