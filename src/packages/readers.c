#include "packages/notes.h"

#include "base/arena.h"
#include "data/data.h"

/*
 * The databases of package managers. Each reader takes the whole file and notes its packages;
 * lines that it does not know are passed over.
 */

enum { STATUS_MAX = 64 << 20, LIST_MAX = 16 << 20, MANIFEST_MAX = 1 << 20 };

/* "Key: value" of an RFC 822 line; "" when it is another key. */
static str field(str line, const char *key)
{
    str name = str_from(key);
    if (!str_starts_nocase(line, name) || line.len <= name.len || line.at[name.len] != ':')
        return STR("");
    return str_trim(str_from_index(line, name.len + 1));
}

static void note_version(struct buf *note, enum package_type type, str name, str version)
{
    struct note_writer writer = note_begin(note, NOTE_VERSION, type, name, version);
    note_end(&writer);
}

/* -- dpkg -------------------------------------------------------------------------------------- */

/* Paragraphs of packages. In status.d, where all are installed, there is no Status. */
static void read_dpkg_status(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    (void)path;
    str line, name = STR(""), version = STR("");
    bool installed = true;
    for (bool more = true; more;) {
        more = str_next_line(&text, &line);
        if (!more || !str_trim(line).len) {
            if (name.len && installed)
                note_version(note, PACKAGE_DEB, name, version);
            name = version = STR("");
            installed = true;
            continue;
        }
        if (field(line, "Package").len)
            name = field(line, "Package");
        else if (field(line, "Version").len)
            version = field(line, "Version");
        else if (field(line, "Status").len)
            installed = str_ends(field(line, "Status"), STR(" installed"));
    }
}

/* "var/lib/dpkg/info/libc6:amd64.list" */
static str dpkg_name(str path)
{
    str name = str_basename(path);
    name = str_slice(name, 0, str_find_last_char(name, '.'));
    size_t colon = str_find_char(name, ':');
    return str_slice(name, 0, colon == STR_MISSING ? name.len : colon);
}

static void read_dpkg_list(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    struct note_writer writer = note_begin(note, NOTE_PATHS, PACKAGE_DEB, dpkg_name(path), STR(""));
    str line;
    while (str_next_line(&text, &line))
        note_path(&writer, line);
    note_end(&writer);
}

/* Distroless: "HASH  path" a line. */
static void read_md5sums(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    struct note_writer writer = note_begin(note, NOTE_PATHS, PACKAGE_DEB, dpkg_name(path), STR(""));
    str line;
    while (str_next_line(&text, &line)) {
        size_t blank = str_find_char(line, ' ');
        if (blank != STR_MISSING)
            note_path(&writer, str_trim_start(str_from_index(line, blank)));
    }
    note_end(&writer);
}

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

static void read_npm(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)path;
    struct node *root;
    struct err ignored = {0};
    if (!json_parse(scratch, text, &root, &ignored))
        return;
    str name = node_str(node_get(root, "name")), version = node_str(node_get(root, "version"));
    if (!name.len || str_has_char(name, '\0') || str_has_char(version, '\0'))
        return;
    struct note_writer writer = note_begin(note, NOTE_FOLDER, PACKAGE_NPM, name, version);
    note_end(&writer);
}

/* ".../specifications/NAME-VERSION.gemspec": what is in gems/NAME-VERSION. */
static void read_gem(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    (void)text;
    str name = str_basename(path);
    name = str_slice(name, 0, name.len - STR(".gemspec").len);
    size_t dash = str_find_last_char(name, '-');
    if (dash == STR_MISSING)
        return;
    struct note_writer writer = note_begin(note, NOTE_FOLDER, PACKAGE_GEM, str_slice(name, 0, dash),
                                           str_from_index(name, dash + 1));
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

static struct reader_row reader_of(str path)
{
    const struct reader_row none = {NULL, 0};
    const str dpkg = STR("var/lib/dpkg/");
    if (str_starts(path, dpkg)) {
        str rest = str_from_index(path, dpkg.len);
        bool single = str_starts(rest, STR("status.d/"));
        if (single && str_ends(rest, STR(".md5sums")))
            return (struct reader_row){read_md5sums, LIST_MAX};
        if (single || str_eq(rest, STR("status")))
            return (struct reader_row){read_dpkg_status, STATUS_MAX};
        if (str_starts(rest, STR("info/")) && str_ends(rest, STR(".list")))
            return (struct reader_row){read_dpkg_list, LIST_MAX};
        return none;
    }
    if (STR_IN(path, "lib/apk/db/installed", "usr/lib/apk/db/installed"))
        return (struct reader_row){read_apk, STATUS_MAX};
    if (str_ends(path, STR(".dist-info/RECORD")))
        return (struct reader_row){read_pip, LIST_MAX};
    if (str_ends(path, STR("/package.json")) && is_npm_manifest(path))
        return (struct reader_row){read_npm, MANIFEST_MAX};
    if (str_ends(path, STR(".gemspec")) &&
        str_eq(str_basename(str_dirname(path)), STR("specifications")))
        return (struct reader_row){read_gem, MANIFEST_MAX};
    return none;
}

static size_t wants(str path)
{
    return reader_of(path).most;
}

static void note(struct arena *scratch, str path, str bytes, struct buf *out)
{
    reader_of(path).read(scratch, path, bytes, out);
}

const struct inspector package_inspector = {
    .name = "packages", .version = 1, .wants = wants, .note = note};
