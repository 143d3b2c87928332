#include "packages/readers.h"

#include "base/arena.h"

/* The database of dpkg, and what apt adds to it. */

/* "Key: value" of an RFC 822 line; "" when it is another key. */
static str field(str line, const char *key)
{
    str name = str_from(key);
    if (!str_starts_nocase(line, name) || line.len <= name.len || line.at[name.len] != ':')
        return STR("");
    return str_trim(str_from_index(line, name.len + 1));
}

void note_fact(struct buf *note, enum note_kind kind, enum package_type type, str name, str text)
{
    if (str_has_char(name, '\0') || str_has_char(text, '\0'))
        return;
    struct note_writer writer = note_begin(note, kind, type, name, text);
    note_end(&writer);
}

struct paragraph {
    str name, version, depends, pre_depends, recommends, provides;
    bool installed;
};

static void note_paragraph(struct buf *note, const struct paragraph *p)
{
    if (!p->name.len || !p->installed)
        return;
    note_fact(note, NOTE_VERSION, PACKAGE_DEB, p->name, p->version);
    if (p->depends.len)
        note_fact(note, NOTE_NEEDS, PACKAGE_DEB, p->name, p->depends);
    if (p->pre_depends.len)
        note_fact(note, NOTE_NEEDS, PACKAGE_DEB, p->name, p->pre_depends);
    if (p->recommends.len)
        note_fact(note, NOTE_RECOMMENDS, PACKAGE_DEB, p->name, p->recommends);
    if (p->provides.len)
        note_fact(note, NOTE_PROVIDES, PACKAGE_DEB, p->name, p->provides);
}

/* Paragraphs of packages. In status.d, where all are installed, there is no Status. */
void read_dpkg_status(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    (void)path;
    str line;
    struct paragraph p = {.installed = true};
    for (bool more = true; more;) {
        more = str_next_line(&text, &line);
        if (!more || !str_trim(line).len) {
            note_paragraph(note, &p);
            p = (struct paragraph){.installed = true};
            continue;
        }
        const struct {
            const char *key;
            str *to;
        } keys[] = {{"Package", &p.name},          {"Version", &p.version},
                    {"Depends", &p.depends},       {"Pre-Depends", &p.pre_depends},
                    {"Recommends", &p.recommends}, {"Provides", &p.provides}};
        for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
            str value = field(line, keys[i].key);
            if (value.len)
                *keys[i].to = value;
        }
        if (field(line, "Status").len)
            p.installed = str_ends(field(line, "Status"), STR(" installed"));
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

void read_dpkg_list(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    struct note_writer writer = note_begin(note, NOTE_PATHS, PACKAGE_DEB, dpkg_name(path), STR(""));
    str line;
    while (str_next_line(&text, &line))
        note_path(&writer, line);
    note_end(&writer);
}

/* Distroless: "HASH  path" a line. */
void read_dpkg_md5sums(struct arena *scratch, str path, str text, struct buf *note)
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

/* Three lines each: the path, where it stands now, and the package that may use the path (":" for
 * the one who runs the machine). */
void read_dpkg_diversions(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    (void)path;
    str from, to, name;
    while (str_next_line(&text, &from) && str_next_line(&text, &to) &&
           str_next_line(&text, &name)) {
        if (str_has_char(name, '\0'))
            continue;
        struct note_writer writer = note_begin(note, NOTE_DIVERSION, PACKAGE_DEB, name, STR(""));
        note_path(&writer, from);
        note_path(&writer, to);
        note_end(&writer);
    }
}

/* apt's extended_states: "Auto-Installed: 1" for what it installed unasked. */
void read_apt_states(struct arena *scratch, str path, str text, struct buf *note)
{
    (void)scratch;
    (void)path;
    str line, name = STR("");
    while (str_next_line(&text, &line)) {
        if (field(line, "Package").len)
            name = field(line, "Package");
        else if (str_eq(field(line, "Auto-Installed"), STR("1")) && name.len)
            note_fact(note, NOTE_UNASKED, PACKAGE_DEB, name, STR(""));
    }
}
