#include "packages/readers.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/elf.h"
#include "data/data.h"

#include <string.h>

enum { AUDIT_MAX = 16 << 20, MODULES_MAX = 1 << 16 };

/* A package inside of another's file: it has no bytes of its own. */
static void note_part(struct buf *note, enum package_type type, str name, str version)
{
    if (name.len && !str_has_char(name, '\0') && !str_has_char(version, '\0'))
        note_fact(note, NOTE_PART, type, name, version);
}

/* The package that the program is. */
static void note_program(struct buf *note, enum package_type type, str name, str version, str path)
{
    if (!name.len || str_has_char(name, '\0') || str_has_char(version, '\0'))
        return;
    struct note_writer writer = note_begin(note, NOTE_PACKAGE, type, name, version);
    note_path(&writer, path);
    note_end(&writer);
}

/* -- Go ---------------------------------------------------------------------------------------- */

/* A string behind its length as a varint. */
static bool take_varint_string(str *rest, str *out_text)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < 10 && i < rest->len; i++) {
        unsigned char byte = (unsigned char)rest->at[i];
        size |= (uint64_t)(byte & 127) << (7 * i);
        if (byte & 128)
            continue;
        *rest = str_from_index(*rest, i + 1);
        if (size > rest->len)
            return false;
        *out_text = str_slice(*rest, 0, size);
        *rest = str_from_index(*rest, size);
        return true;
    }
    return false;
}

/* Before Go 1.18: the address of a string's address and length. */
static str pointed_string(const struct elf *elf, str info, unsigned which)
{
    unsigned size = (unsigned char)info.at[14];
    bool big = info.at[15] & 1;
    if (size != 4 && size != 8)
        return STR_NONE;
    str header = elf_at(elf, elf_number(info, 16 + (uint64_t)which * size, size, big));
    str text = elf_at(elf, elf_number(header, 0, size, big));
    uint64_t len = elf_number(header, size, size, big);
    return len <= text.len ? str_slice(text, 0, len) : STR_NONE;
}

/* What `go version -m` prints, without the marks of 16 bytes on both sides. */
static bool find_modules(const struct elf *elf, str *out_version, str *out_modules)
{
    struct elf_section section;
    str modules = STR_NONE;
    if (!elf_find(elf, STR(".go.buildinfo"), &section) || section.bytes.len < 32 ||
        !str_starts(section.bytes, STR("\377 Go buildinf:")))
        return false;
    if (section.bytes.at[15] & 2) {
        str rest = str_from_index(section.bytes, 32);
        if (!take_varint_string(&rest, out_version) || !take_varint_string(&rest, &modules))
            return false;
    } else {
        *out_version = pointed_string(elf, section.bytes, 0);
        modules = pointed_string(elf, section.bytes, 1);
    }
    bool marked = modules.len >= 33 && modules.at[modules.len - 17] == '\n';
    *out_modules = marked ? str_slice(modules, 16, modules.len - 16) : STR("");
    return true;
}

/* "dep TAB module TAB version TAB sum"; "=> .." replaces the one before. */
static void read_go(const struct elf *elf, str path, struct buf *note)
{
    str version = STR(""), modules, line, kind, name = STR(""), at = STR("");
    if (!find_modules(elf, &version, &modules))
        return;
    str pending_name = STR(""), pending_version = STR("");
    bool has_main = false;
    for (unsigned count = 0; count < MODULES_MAX && str_next_line(&modules, &line); count++) {
        str rest = line;
        if (!str_next(&rest, '\t', &kind) || !str_next(&rest, '\t', &name))
            continue;
        if (!str_next(&rest, '\t', &at))
            at = STR("");
        bool replaces = str_eq(kind, STR("=>"));
        if (!replaces)
            note_part(note, PACKAGE_GO, pending_name, pending_version);
        pending_name = pending_version = STR("");
        if (str_eq(kind, STR("mod"))) {
            note_program(note, PACKAGE_GO, name, at, path);
            has_main = true;
        } else if (replaces || str_eq(kind, STR("dep"))) {
            pending_name = name;
            pending_version = at;
        }
    }
    note_part(note, PACKAGE_GO, pending_name, pending_version);
    if (!has_main)
        note_program(note, PACKAGE_GO, str_basename(path), STR(""), path);
    if (str_starts(version, STR("go")))
        note_part(note, PACKAGE_GO, STR("stdlib"), str_from_index(version, 2));
}

/* -- Rust -------------------------------------------------------------------------------------- */

/* ".dep-v0": {"packages": [{"name", "version", "source", "kind", "root"}]}, by zlib. */
static void read_rust(struct arena *scratch, const struct elf *elf, str path, struct buf *note)
{
    struct elf_section section;
    struct node *root;
    struct err unheard = {0};
    str text;
    if (!elf_find(elf, STR(".dep-v0"), &section) || section.bytes.len < 8 ||
        !inflate_whole(scratch, str_from_index(section.bytes, 2), AUDIT_MAX, &text) ||
        !json_parse(scratch, text, &root, &unheard))
        return;
    const struct node *packages = node_get(root, "packages");
    if (!packages || packages->kind != NODE_LIST)
        return;
    VEC_EACH(struct node *, item, packages->items) {
        str name = node_str(node_get(*item, "name")),
            version = node_str(node_get(*item, "version"));
        const struct node *main = node_get(*item, "root");
        if (str_eq(node_str(node_get(*item, "kind")), STR("build")))
            continue; /* ran while it was made; is not in it */
        if (main && str_eq(main->value, STR("true")))
            note_program(note, PACKAGE_CARGO, name, version, path);
        else
            note_part(note, PACKAGE_CARGO, name, version);
    }
}

/* -- symbols ----------------------------------------------------------------------------------- */

/* What strip(1) would take: the symbol table, its strings, debug sections. */
static uint64_t symbol_bytes(const struct elf *elf)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < elf->count; i++) {
        struct elf_section section = elf_section(elf, i);
        bool debug =
            str_starts(section.name, STR(".debug_")) || str_starts(section.name, STR(".zdebug_"));
        if (debug || STR_IN(section.name, ".symtab", ".strtab"))
            bytes += section.bytes.len;
    }
    return bytes;
}

void read_elf(struct arena *scratch, str path, str bytes, struct buf *note)
{
    struct elf elf;
    if (!elf_open(bytes, &elf))
        return;
    read_go(&elf, path, note);
    read_rust(scratch, &elf, path, note);
    uint64_t symbols = str_ends(path, STR(".ko")) ? 0 : symbol_bytes(&elf);
    if (symbols)
        note_fact(note, NOTE_SYMBOLS, PACKAGE_DEB, STR(""), str_fmt(scratch, "%" PRIu64, symbols));
}

/* -- Java -------------------------------------------------------------------------------------- */

enum { PROPERTIES_MAX = 1 << 20, NESTED_MAX = 16 << 20, ENTRIES_MAX = 1 << 18 };

/* "key=value" of a .properties file, "Key: value" of a manifest. */
static str property(str text, const char *key, char separator)
{
    str line, name = str_from(key);
    while (str_next_line(&text, &line)) {
        if (str_starts(line, name) && line.len > name.len && line.at[name.len] == separator)
            return str_trim(str_from_index(line, name.len + 1));
    }
    return STR("");
}

/* "a-b-1.2.jar" is a-b in version 1.2: the version begins with the first digit behind a '-'. */
static void split_name(str path, str *out_name, str *out_version)
{
    str name = str_basename(path);
    name = str_slice(name, 0, str_find_last_char(name, '.'));
    *out_name = name;
    *out_version = STR("");
    for (size_t i = 0; i + 1 < name.len; i++) {
        if (name.at[i] != '-' || !char_is_digit(name.at[i + 1]))
            continue;
        *out_name = str_slice(name, 0, i);
        *out_version = str_from_index(name, i + 1);
        return;
    }
}

struct jar {
    struct arena *scratch;
    struct buf *note;
    str path;
    bool named; /* the package that the jar is, is noted */
    bool nested;
};

static void note_maven(struct jar *jar, str name, str version, bool own)
{
    if (own && !jar->named && !jar->nested)
        note_program(jar->note, PACKAGE_MAVEN, name, version, jar->path);
    else
        note_part(jar->note, PACKAGE_MAVEN, name, version);
    jar->named = jar->named || own;
}

static void read_pom(struct jar *jar, str text)
{
    str group = property(text, "groupId", '='), artifact = property(text, "artifactId", '='),
        version = property(text, "version", '=');
    if (!artifact.len)
        return;
    str name = group.len ? str_fmt(jar->scratch, "%.*s:%.*s", STR_ARG(group), STR_ARG(artifact))
                         : artifact;
    note_maven(jar, name, version, str_starts(str_basename(jar->path), artifact));
}

/* Where no pom says it: the manifest, else the file's name. */
static void name_jar(struct jar *jar, str manifest)
{
    str name, version;
    split_name(jar->path, &name, &version);
    str said = property(manifest, "Implementation-Version", ':');
    if (!said.len)
        said = property(manifest, "Bundle-Version", ':');
    note_maven(jar, name, said.len ? said : version, true);
}

static void read_entries(struct jar *jar, str bytes);

static void read_entry(struct jar *jar, const struct zip *zip, const struct zip_entry *entry)
{
    str text;
    bool pom = str_starts(entry->name, STR("META-INF/maven/")) &&
               str_ends(entry->name, STR("/pom.properties"));
    bool inner = !jar->nested && str_ends(entry->name, STR(".jar"));
    struct arena_mark mark = arena_mark(jar->scratch);
    if (pom && zip_read(jar->scratch, zip, entry, PROPERTIES_MAX, &text))
        read_pom(jar, text);
    if (inner && zip_read(jar->scratch, zip, entry, NESTED_MAX, &text)) {
        struct jar other = {
            .scratch = jar->scratch, .note = jar->note, .path = entry->name, .nested = true};
        read_entries(&other, text);
    }
    arena_rewind(jar->scratch, mark);
}

static void read_entries(struct jar *jar, str bytes)
{
    struct zip zip;
    struct zip_entry entry;
    str manifest = STR("");
    if (!zip_open(bytes, &zip))
        return;
    for (unsigned i = 0; i < ENTRIES_MAX && zip_next(&zip, &entry); i++) {
        if (str_eq(entry.name, STR("META-INF/MANIFEST.MF")) &&
            !zip_read(jar->scratch, &zip, &entry, PROPERTIES_MAX, &manifest))
            manifest = STR("");
        read_entry(jar, &zip, &entry);
    }
    if (!jar->named)
        name_jar(jar, manifest);
}

void read_jar(struct arena *scratch, str path, str bytes, struct buf *note)
{
    struct jar jar = {.scratch = scratch, .note = note, .path = path};
    read_entries(&jar, bytes);
}
