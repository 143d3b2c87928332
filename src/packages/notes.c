#include "packages/notes.h"

#include "base/map.h"

#include <string.h>

uint64_t path_hash(str path)
{
    return hash_bytes(path.at, path.len);
}

static void add_number(struct buf *note, uint64_t number, size_t bytes)
{
    buf_add(note, (str){(const char *)&number, bytes});
}

struct note_writer note_begin(struct buf *note, enum note_kind kind, enum package_type type,
                              str name, str version)
{
    buf_add_char(note, (char)kind);
    buf_add_char(note, (char)type);
    buf_add(note, name);
    buf_add_char(note, '\0');
    buf_add(note, version);
    buf_add_char(note, '\0');
    struct note_writer writer = {.note = note, .count_at = note->len};
    add_number(note, 0, sizeof(uint32_t));
    return writer;
}

void note_path(struct note_writer *writer, str path)
{
    while (str_starts(path, STR("/")))
        path = str_from_index(path, 1);
    if (!path.len)
        return;
    add_number(writer->note, path_hash(path), sizeof(uint64_t));
    writer->count++;
}

void note_end(struct note_writer *writer)
{
    if (writer->count_at + sizeof(uint32_t) <= writer->note->len)
        memcpy(writer->note->at + writer->count_at, &writer->count, sizeof(uint32_t));
}

static bool take_text(str *rest, str *out_text)
{
    size_t end = str_find_char(*rest, '\0');
    if (end == STR_MISSING)
        return false;
    *out_text = str_slice(*rest, 0, end);
    *rest = str_from_index(*rest, end + 1);
    return true;
}

bool note_next(str *rest, struct note_package *out_package)
{
    if (rest->len < 2)
        return false;
    struct note_package package = {.kind = (uint8_t)rest->at[0], .type = (uint8_t)rest->at[1]};
    if (package.kind >= NOTE_KINDS || package.type > PACKAGE_CONDA)
        return false;
    *rest = str_from_index(*rest, 2);
    if (!take_text(rest, &package.name) || !take_text(rest, &package.version) || rest->len < 4)
        return false;
    memcpy(&package.count, rest->at, sizeof(uint32_t));
    *rest = str_from_index(*rest, sizeof(uint32_t));
    if (package.count > rest->len / sizeof(uint64_t))
        return false;
    package.hashes = rest->at;
    *rest = str_from_index(*rest, package.count * sizeof(uint64_t));
    *out_package = package;
    return true;
}

uint64_t note_hash(const struct note_package *package, uint32_t index)
{
    uint64_t hash;
    memcpy(&hash, package->hashes + index * sizeof(hash), sizeof(hash));
    return hash;
}
