#include "packages/readers.h"

#include "base/arena.h"
#include "base/elf.h"
#include "data/data.h"

/*
 * The databases of package managers. Each reader takes the whole file and notes its packages;
 * lines that it does not know are passed over.
 */

enum { STATUS_MAX = 64 << 20, LIST_MAX = 16 << 20, MANIFEST_MAX = 1 << 20 };

/* A program is held whole while it is read; shared libraries seldom say more than their symbols. */
enum { PROGRAM_MAX = 48 << 20, LIBRARY_MAX = 16 << 20 };

/* -- apk --------------------------------------------------------------------------------------- */

/* "P:name", "V:version", "F:folder", "R:file in it"; a blank line ends a package. */
static void read_apk(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)path;
    str line, name = STR(""), folder = STR("");
    struct note_writer writer = {0};
    while (str_next_line(&text, &line)) {
        str value = str_from_index(line, 2);
        if (line.len < 2 || line.at[1] != ':') {
            if (writer.note)
                note_end(&writer);
            writer.note = NULL;
        } else if (line.at[0] == 'P') {
            name = value;
        } else if (line.at[0] == 'V') {
            if (writer.note)
                note_end(&writer);
            writer = note_begin(note, NOTE_PACKAGE, PACKAGE_APK, name, value);
        } else if (line.at[0] == 'F') {
            folder = value;
        } else if (line.at[0] == 'R' && writer.note) {
            note_path(&writer, folder.len
                                   ? str_fmt(scratch, "%.*s/%.*s", STR_ARG(folder), STR_ARG(value))
                                   : value);
        }
    }
    if (writer.note)
        note_end(&writer);
}

/* -- languages --------------------------------------------------------------------------------- */

/* ".../site-packages/NAME-VERSION.dist-info/RECORD": "path,hash,size" a line, paths from
 * site-packages. */
static void read_pip(struct arena *scratch, str path, str text, struct buf *note)
{
    str info = str_dirname(path), site = str_dirname(info);
    str name = str_basename(info);
    name = str_slice(name, 0, name.len - STR(".dist-info").len);
    size_t dash = str_find_char(name, '-');
    str version = dash == STR_MISSING ? STR("") : str_from_index(name, dash + 1);
    struct note_writer writer =
        note_begin(note, NOTE_PACKAGE, PACKAGE_PIP, str_slice(name, 0, dash), version);
    str line;
    while (str_next_line(&text, &line)) {
        str file;
        if (str_starts(line, STR("\""))) {
            file = str_from_index(line, 1);
            file = str_slice(file, 0, str_find_char(file, '"'));
        } else {
            file = str_slice(line, 0, str_find_char(line, ','));
        }
        /* "../../../bin/tool" */
        str folder = site;
        while (str_starts(file, STR("../"))) {
            file = str_from_index(file, 3);
            folder = str_dirname(folder);
        }
        if (file.len)
            note_path(&writer, folder.len
                                   ? str_fmt(scratch, "%.*s/%.*s", STR_ARG(folder), STR_ARG(file))
                                   : file);
    }
    note_end(&writer);
}

/* A package that all below a folder belongs to. */
static void note_folder(struct buf *note, enum package_type type, str name, str version, str folder)
{
    struct note_writer writer = note_begin(note, NOTE_FOLDER, type, name, version);
    note_path(&writer, folder);
    note_end(&writer);
}

static void read_npm(struct arena *scratch, str path, str text, struct buf *note)
{
    struct node *root;
    struct err ignored = {0};
    if (!json_parse(scratch, text, &root, &ignored))
        return;
    str name = node_str(node_get(root, "name")), version = node_str(node_get(root, "version"));
    if (!name.len || str_has_char(name, '\0') || str_has_char(version, '\0'))
        return;
    note_folder(note, PACKAGE_NPM, name, version, str_dirname(path));
}

/* "node_modules/.package-lock.json": {"packages": {"node_modules/x": {"dev": true}}} */
static void read_npm_lock(struct arena *scratch, str path, str text, struct buf *note)
{
    struct node *root;
    struct err ignored = {0};
    str project = str_dirname(str_dirname(path));
    if (!json_parse(scratch, text, &root, &ignored))
        return;
    const struct node *packages = node_get(root, "packages");
    if (!packages || packages->kind != NODE_MAP)
        return;
    struct note_writer writer = note_begin(note, NOTE_DEVELOPMENT, PACKAGE_NPM, STR(""), STR(""));
    VEC_EACH(struct node_pair, pair, packages->pairs) {
        const struct node *dev = node_get(pair->value, "dev");
        if (dev && str_eq(dev->value, STR("true")))
            note_path(&writer, str_fmt(scratch, "%.*s%s%.*s", STR_ARG(project),
                                       project.len ? "/" : "", STR_ARG(pair->key->value)));
    }
    note_end(&writer);
}

/* ".../specifications/NAME-VERSION.gemspec": what is in gems/NAME-VERSION. */
static void read_gem(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)text;
    str name = str_basename(path), root = str_dirname(str_dirname(path));
    name = str_slice(name, 0, name.len - STR(".gemspec").len);
    size_t dash = str_find_last_char(name, '-');
    if (dash == STR_MISSING)
        return;
    str folder =
        str_fmt(scratch, "%.*s%sgems/%.*s", STR_ARG(root), root.len ? "/" : "", STR_ARG(name));
    note_folder(note, PACKAGE_GEM, str_slice(name, 0, dash), str_from_index(name, dash + 1),
                folder);
}

/* ".../NAME-VERSION-py3.11.egg-info/installed-files.txt": paths from the folder it stands in. Of
 * an egg-info that is one file, PKG-INFO's text, the name alone is known. */
static void read_egg(struct arena *scratch, str path, str text, struct buf *note)
{
    bool list = str_eq(str_basename(path), STR("installed-files.txt"));
    str info = list ? str_dirname(path) : path, name = str_basename(info), line;
    name = str_slice(name, 0, name.len - STR(".egg-info").len);
    size_t dash = str_find_char(name, '-');
    str version = dash == STR_MISSING ? STR("") : str_from_index(name, dash + 1);
    version = str_slice(version, 0, str_find(version, STR("-py")));
    struct note_writer writer =
        note_begin(note, NOTE_PACKAGE, PACKAGE_PIP, str_slice(name, 0, dash), version);
    note_path(&writer, path);
    while (list && str_next_line(&text, &line)) {
        str folder = info;
        for (; str_starts(line, STR("../")); line = str_from_index(line, 3))
            folder = str_dirname(folder);
        if (line.len)
            note_path(&writer, str_fmt(scratch, "%.*s%s%.*s", STR_ARG(folder),
                                       folder.len ? "/" : "", STR_ARG(line)));
    }
    note_end(&writer);
}

/* "conda-meta/NAME-VERSION-BUILD.json": its files stand below the folder that has conda-meta. */
static void read_conda(struct arena *scratch, str path, str text, struct buf *note)
{
    struct node *root;
    struct err unheard = {0};
    if (!json_parse(scratch, text, &root, &unheard))
        return;
    str name = node_str(node_get(root, "name")), version = node_str(node_get(root, "version")),
        prefix = str_dirname(str_dirname(path));
    const struct node *files = node_get(root, "files");
    if (!name.len || str_has_char(name, '\0') || str_has_char(version, '\0') || !files)
        return;
    struct note_writer writer = note_begin(note, NOTE_PACKAGE, PACKAGE_CONDA, name, version);
    note_path(&writer, path);
    VEC_EACH(struct node *, file, files->items)
        note_path(&writer, str_fmt(scratch, "%.*s%s%.*s", STR_ARG(prefix), prefix.len ? "/" : "",
                                   STR_ARG(node_str(*file))));
    note_end(&writer);
}

/* -- which file is read how -------------------------------------------------------------------- */

struct reader_row {
    void (*read)(struct arena *scratch, str path, str text, struct buf *note);
    size_t most;
};

/* node_modules/NAME/package.json, node_modules/@SCOPE/NAME/package.json */
static bool is_npm_manifest(str path)
{
    str folder = str_dirname(str_dirname(path)); /* what holds NAME */
    if (str_starts(str_basename(folder), STR("@")))
        folder = str_dirname(folder);
    return str_eq(str_basename(folder), STR("node_modules"));
}

static struct reader_row dpkg_reader(str rest)
{
    bool single = str_starts(rest, STR("status.d/"));
    if (single && str_ends(rest, STR(".md5sums")))
        return (struct reader_row){read_dpkg_md5sums, LIST_MAX};
    if (single || str_eq(rest, STR("status")))
        return (struct reader_row){read_dpkg_status, STATUS_MAX};
    if (str_starts(rest, STR("info/")) && str_ends(rest, STR(".list")))
        return (struct reader_row){read_dpkg_list, LIST_MAX};
    if (str_eq(rest, STR("diversions")))
        return (struct reader_row){read_dpkg_diversions, LIST_MAX};
    return (struct reader_row){NULL, 0};
}

static const struct {
    const char *path;
    struct reader_row row;
} named[] = {
    {"lib/apk/db/installed", {read_apk, STATUS_MAX}},
    {"usr/lib/apk/db/installed", {read_apk, STATUS_MAX}},
    {"var/lib/apt/extended_states", {read_apt_states, LIST_MAX}},
    {"var/lib/rpm/rpmdb.sqlite", {read_rpm_sqlite, STATUS_MAX}},
    {"usr/lib/sysimage/rpm/rpmdb.sqlite", {read_rpm_sqlite, STATUS_MAX}},
    {"usr/lib/sysimage/rpm/Packages.db", {read_rpm_ndb, STATUS_MAX}},
    {"var/lib/rpm/Packages.db", {read_rpm_ndb, STATUS_MAX}},
    {"var/lib/rpm/Packages", {read_rpm_bdb, STATUS_MAX}},
};

/* What a name's end says; `inside` is what its folder's name must end with. */
static const struct {
    const char *suffix, *inside;
    struct reader_row row;
} endings[] = {
    {"/RECORD", ".dist-info", {read_pip, LIST_MAX}},
    {"/installed-files.txt", ".egg-info", {read_egg, LIST_MAX}},
    {".egg-info", "", {read_egg, MANIFEST_MAX}},
    {".gemspec", "specifications", {read_gem, MANIFEST_MAX}},
    {"/.package-lock.json", "node_modules", {read_npm_lock, LIST_MAX}},
    {".json", "conda-meta", {read_conda, LIST_MAX}},
    {".jar", "", {read_jar, PROGRAM_MAX}},
    {".war", "", {read_jar, PROGRAM_MAX}},
};

static struct reader_row reader_of(str path)
{
    const str dpkg = STR("var/lib/dpkg/");
    if (str_starts(path, dpkg))
        return dpkg_reader(str_from_index(path, dpkg.len));
    for (size_t i = 0; i < ARRAY_COUNT(named); i++)
        if (str_eq(path, str_from(named[i].path)))
            return named[i].row;
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++)
        if (str_ends(path, str_from(endings[i].suffix)) &&
            str_ends(str_basename(str_dirname(path)), str_from(endings[i].inside)))
            return endings[i].row;
    if (str_ends(path, STR("/package.json")) && is_npm_manifest(path))
        return (struct reader_row){read_npm, MANIFEST_MAX};
    return (struct reader_row){NULL, 0};
}

/* Of all other files only the first bytes tell whether they are programs. */
static struct reader_row program_reader(str path)
{
    bool library = str_has(str_basename(path), STR(".so"));
    return (struct reader_row){read_elf, library ? LIBRARY_MAX : PROGRAM_MAX};
}

static size_t wants(str path)
{
    struct reader_row row = reader_of(path);
    return row.read ? row.most : program_reader(path).most;
}

/* All of a known name; of others what begins like a program. */
static bool begins(str path, str bytes)
{
    return is_elf(bytes) || reader_of(path).read;
}

static void note(struct arena *scratch, str path, str bytes, struct buf *out)
{
    struct reader_row row = reader_of(path);
    if (!row.read)
        row = program_reader(path);
    row.read(scratch, path, bytes, out);
}

const struct inspector package_inspector = {
    .name = "packages", .version = 4, .wants = wants, .begins = begins, .note = note};
