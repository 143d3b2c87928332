#include "base/elf.h"

bool is_elf(str bytes)
{
    return str_starts(bytes, STR("\177ELF"));
}

uint64_t elf_number(str bytes, uint64_t at, unsigned size, bool big)
{
    uint64_t number = 0;
    if (at > bytes.len || bytes.len - at < size)
        return 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t byte = (unsigned char)bytes.at[at + (big ? i : size - 1 - i)];
        number = number << 8 | byte;
    }
    return number;
}

static uint64_t number(const struct elf *elf, uint64_t at, unsigned size)
{
    return elf_number(elf->bytes, at, size, elf->big);
}

/* What lies in the file; nothing where it would end outside. */
static str piece(const struct elf *elf, uint64_t at, uint64_t size)
{
    if (at > elf->bytes.len || size > elf->bytes.len - at)
        return STR_NONE;
    return (str){elf->bytes.at + at, size};
}

/* Sections follow each other; this is where one's header stands. */
static uint64_t header_at(const struct elf *elf, uint32_t index)
{
    return elf->sections_at + (uint64_t)index * elf->entry_bytes;
}

static struct elf_section read_section(const struct elf *elf, uint32_t index)
{
    uint64_t at = header_at(elf, index);
    unsigned word = elf->wide ? 8 : 4;
    struct elf_section section = {
        .type = (uint32_t)number(elf, at + 4, 4),
        .flags = number(elf, at + 8, word),
        .address = number(elf, at + 8 + word, word),
        .size = number(elf, at + 8 + 3ull * word, word),
        .link = (uint32_t)number(elf, at + 8 + 4ull * word, 4),
    };
    if (section.type != ELF_NO_BITS)
        section.bytes = piece(elf, number(elf, at + 8 + 2ull * word, word), section.size);
    return section;
}

bool elf_open(str bytes, struct elf *out_elf)
{
    struct elf elf = {.bytes = bytes};
    if (!is_elf(bytes) || bytes.len < 52)
        return false;
    elf.wide = bytes.at[4] == 2;
    elf.big = bytes.at[5] == 2;
    elf.sections_at = elf.wide ? number(&elf, 40, 8) : number(&elf, 32, 4);
    uint64_t rest = elf.wide ? 58 : 46;
    elf.entry_bytes = (uint32_t)number(&elf, rest, 2);
    elf.count = (uint32_t)number(&elf, rest + 2, 2);
    uint32_t names = (uint32_t)number(&elf, rest + 4, 2);
    if (elf.entry_bytes < (elf.wide ? 64u : 40u) || !elf.count || elf.sections_at > bytes.len ||
        (uint64_t)elf.count * elf.entry_bytes > bytes.len - elf.sections_at)
        return false;
    if (names < elf.count)
        elf.names = read_section(&elf, names).bytes;
    *out_elf = elf;
    return true;
}

struct elf_section elf_section(const struct elf *elf, uint32_t index)
{
    struct elf_section section = read_section(elf, index);
    str name = str_from_index(elf->names, number(elf, header_at(elf, index), 4));
    size_t end = str_find_char(name, '\0');
    section.name = end == STR_MISSING ? STR("") : str_slice(name, 0, end);
    return section;
}

bool elf_find(const struct elf *elf, str name, struct elf_section *out_section)
{
    for (uint32_t i = 0; i < elf->count; i++) {
        struct elf_section section = elf_section(elf, i);
        if (!str_eq(section.name, name))
            continue;
        *out_section = section;
        return true;
    }
    return false;
}

str elf_at(const struct elf *elf, uint64_t address)
{
    for (uint32_t i = 0; i < elf->count; i++) {
        struct elf_section section = read_section(elf, i);
        if (section.address && address >= section.address &&
            address - section.address < section.bytes.len)
            return str_from_index(section.bytes, address - section.address);
    }
    return STR_NONE;
}
