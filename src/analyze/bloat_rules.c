#include "analyze/analyze.h"

/*
 * The catalogue. A row that names categories takes their live files; the others are found by
 * bloat.c, by name.
 */

#define ROW(name_, severity_, what_, why_, how_)                          \
    .rule = {.name = (name_),                                             \
             .aka = "",                                                   \
             .severity = (severity_),                                     \
             .fix = FIX_SUGGESTION,                                       \
             .since = "0.2",                                              \
             .what = (what_),                                             \
             .why = (why_),                                               \
             .how = (how_),                                               \
             .source = "measured on the image itself: plimsoll analyze"}, \
    .fix = (how_)

const struct bloat_rule bloat_rules[] = {
    {ROW("image/deleted-later", SEVERITY_WARNING, "a later layer deletes what this one wrote",
         "A layer never loses a byte: every pull still brings what was deleted.",
         "delete it in the RUN that writes it, or write it in a stage of its own"),
     .class = BLOAT_A},
    {ROW("image/replaced-later", SEVERITY_WARNING, "a later layer replaces what this one wrote",
         "Both contents are pulled, and one is never seen.",
         "write the last content at once: one RUN, or one COPY"),
     .class = BLOAT_A},
    {ROW("image/touched-later", SEVERITY_WARNING,
         "a later layer copies files to change their owner, mode or times only",
         "chown and chmod of a file in a lower layer store all of its bytes again.",
         "COPY --chown=... --chmod=..., and drop the RUN that changes them"),
     .class = BLOAT_A},
    {ROW("image/package-lists", SEVERITY_WARNING, "lists of packages are left",
         "They serve the installation alone, and are old by the time the image runs.",
         "rm -rf /var/lib/apt/lists/* in the same RUN, or a cache mount on it"),
     .class = BLOAT_A, .categories = "package lists"},
    {ROW("image/package-archives", SEVERITY_WARNING, "downloaded packages are left",
         "They are installed already: the archive is a second copy.",
         "apt-get clean in the same RUN, or --mount=type=cache,target=/var/cache/apt"),
     .class = BLOAT_A, .categories = "package archives"},
    {ROW("image/tool-caches", SEVERITY_WARNING, "the cache of a build tool is left",
         "pip, npm, go, cargo, maven keep what they downloaded for a next time that never comes.",
         "--mount=type=cache on the cache's folder, or the tool's own switch (--no-cache-dir)"),
     .class = BLOAT_A, .categories = "tool caches"},
    {ROW("image/version-control", SEVERITY_WARNING, "version control or CI files are inside",
         "History weighs, and tells everyone what was ever committed.",
         "name .git and .github in .dockerignore"),
     .class = BLOAT_A, .categories = "version control"},
    {ROW("image/logs", SEVERITY_NOTE, "logs and backups of an installation are left",
         "Nothing reads them, and they differ from build to build.",
         "remove them in the RUN that installs"),
     .class = BLOAT_A, .categories = "logs"},
    {ROW("image/documentation", SEVERITY_NOTE, "manual pages and documentation are inside",
         "Nobody reads them in a container. Licences (copyright files) are not counted: keep them.",
         "a dpkg path-exclude for /usr/share/doc and /usr/share/man before installing, with "
         "path-include for copyright"),
     .class = BLOAT_A, .categories = "documentation"},
    {ROW("image/static-libraries", SEVERITY_NOTE, "static libraries are inside",
         "They serve the linker alone.",
         "install the library, not its -dev package, or build in a stage of its own"),
     .class = BLOAT_A, .categories = "static libraries"},
    {ROW("image/headers", SEVERITY_NOTE, "header files are inside",
         "They serve the compiler alone.",
         "install the library, not its -dev package, or build in a stage of its own"),
     .class = BLOAT_A, .categories = "headers"},
    {ROW("image/recommended-packages", SEVERITY_WARNING,
         "packages that are recommended, and that none needs",
         "apt-get installs what a package recommends unless it is told not to.",
         "apt-get install --no-install-recommends"),
     .class = BLOAT_B},
    {ROW("image/toolchain", SEVERITY_WARNING, "compilers and build tools are in the last stage",
         "They weigh, and help whoever breaks in.",
         "build in a stage of its own and COPY --from it what it made"),
     .class = BLOAT_B, .categories = "compilers"},
    {ROW("image/debug-symbols", SEVERITY_NOTE, "programs carry symbols and debug sections",
         "The program runs without; a crash log then has addresses in place of names.",
         "strip in the build stage: -ldflags='-s -w' of go, strip = true of cargo, strip(1)"),
     .class = BLOAT_B},
    {ROW("image/development-packages", SEVERITY_NOTE,
         "packages that package-lock.json marks as for development", "They serve tests and builds.",
         "npm ci --omit=dev, in a stage of its own"),
     .class = BLOAT_B},
    {ROW("image/duplicates", SEVERITY_NOTE, "the same content stands under several paths",
         "Layers store it as often as it stands there.",
         "one COPY, and a symbolic link for the other path"),
     .class = BLOAT_B},
    {ROW("image/locales", SEVERITY_NOTE, "translations are inside",
         "A service speaks one language, mostly C.UTF-8.",
         "a dpkg path-exclude for /usr/share/locale before installing"),
     .class = BLOAT_B, .categories = "locales"},
    {ROW("image/bytecode", SEVERITY_NOTE, "compiled Python stands beside its source",
         "Python makes it again; without it a start takes longer.",
         "PYTHONDONTWRITEBYTECODE=1 and pip install --no-compile"),
     .class = BLOAT_B, .categories = "bytecode"},
    {ROW("image/source-maps", SEVERITY_NOTE, "source maps and type declarations are inside",
         "Debuggers and compilers read them, the program does not.",
         "bundle, or leave them out of what is copied"),
     .class = BLOAT_B, .categories = "source maps"},
    {ROW("image/tests", SEVERITY_NOTE, "tests are inside",
         "They run before the image is made. Some packages import their own tests.",
         "remove them in the RUN that installs, once a trial shows that nothing misses them"),
     .class = BLOAT_C, .categories = "tests"},
    {ROW("image/type-hints", SEVERITY_NOTE, "type hints and Cython sources are inside",
         "Checkers and compilers read them.", "remove them in the RUN that installs"),
     .class = BLOAT_C, .categories = "type hints"},
    {ROW("image/character-sets", SEVERITY_NOTE, "conversions between old character sets",
         "iconv opens them; a program that speaks UTF-8 alone does not.",
         "leave them out once a trial shows that nothing misses them"),
     .class = BLOAT_C, .categories = "character sets"},
    {ROW("image/time-zones", SEVERITY_NOTE, "time zones of the whole world",
         "A program with TZ unset reads none of them.",
         "leave out tzdata once a trial shows that nothing misses it"),
     .class = BLOAT_C, .categories = "time zones"},
    {ROW("image/perl", SEVERITY_NOTE, "Perl and its modules",
         "Packages bring it; few programs run it.", "another base image: one without Perl"),
     .class = BLOAT_C, .categories = "Perl"},
    {ROW("image/package-manager", SEVERITY_NOTE, "a package manager and its database",
         "An image that is never changed needs none; scanners need its database or status.d.",
         "a base image without one (distroless), made in a last stage"),
     .class = BLOAT_C},
};
const size_t bloat_rule_count = ARRAY_COUNT(bloat_rules);

const struct bloat_rule *bloat_rule_find(str name)
{
    for (size_t i = 0; i < bloat_rule_count; i++)
        if (str_eq(name, str_from(bloat_rules[i].rule.name)))
            return &bloat_rules[i];
    return NULL;
}

char bloat_letter(const struct bloat *bloat)
{
    return "ABC"[bloat->class];
}
