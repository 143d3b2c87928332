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

/* Some folder on the way is called so: "a/tests/b" has "tests". */
static bool passes(str path, str folder)
{
    for (size_t at = 0; at < path.len;) {
        if (path_is_below(str_from_index(path, at), folder))
            return true;
        size_t slash = str_find_char(str_from_index(path, at), '/');
        if (slash == STR_MISSING)
            return false;
        at += slash + 1;
    }
    return false;
}

static bool has_folder(str path, const char *folders)
{
    str rest = str_from(folders), folder;
    while (str_next_word(&rest, &folder)) {
        bool anywhere = folder.at[0] == '*';
        if (anywhere ? passes(path, str_from_index(folder, 1)) : path_is_below(path, folder))
            return true;
    }
    return false;
}

/* ".so" is ".so.6" too. */
static bool has_suffix(str path, const char *suffixes)
{
    str rest = str_from(suffixes), suffix, name = str_basename(path);
    while (str_next_word(&rest, &suffix)) {
        size_t at = str_find(name, suffix);
        if (str_ends(name, suffix) || (str_eq(suffix, STR(".so")) && at != STR_MISSING &&
                                       at + 3 < name.len && name.at[at + 3] == '.'))
            return true;
    }
    return false;
}

size_t category_of(str path)
{
    for (size_t i = 0; i + 1 < ARRAY_COUNT(rows); i++)
        if ((rows[i].below && has_folder(path, rows[i].below)) ||
            (rows[i].suffix && has_suffix(path, rows[i].suffix)))
            return i;
    return ARRAY_COUNT(rows) - 1;
}
