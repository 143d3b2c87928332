#pragma once

#include "base/str.h"

/*
 * base/elf -- the sections of an ELF file, from bytes that nobody vouches for.
 *
 *   bytes --elf_open--> struct elf --elf_section--> name, type, place
 *
 * Shapes   Borrows the bytes. Whatever points outside of them is not there: a section without
 *          bytes, a name of "". Both word sizes, both byte orders.
 * Cost     A look-up by name passes all sections: at most ELF_SECTIONS_MAX.
 * Errors   None can fail; what is no ELF file is not opened.
 * Source   System V ABI, chapter 4.
 */

enum { ELF_SECTIONS_MAX = 65535 };

struct elf {
    str bytes, names;
    bool wide, big; /* 64-bit words; the most significant byte first */
    uint64_t sections_at;
    uint32_t count, entry_bytes;
};

enum { ELF_SYMBOLS = 2, ELF_STRINGS = 3, ELF_NO_BITS = 8 };

struct elf_section {
    str name;
    uint32_t type, link;
    uint64_t flags, address, size;
    str bytes; /* empty where the file has none of them */
};

/* The first four bytes. */
bool is_elf(str bytes);

/* False for what is no ELF file, or has no sections. */
bool elf_open(str bytes, struct elf *out_elf);

/* The section of that index, which is below elf->count. */
struct elf_section elf_section(const struct elf *elf, uint32_t index);

/* The section of that name; false when there is none. */
bool elf_find(const struct elf *elf, str name, struct elf_section *out_section);

/* What the program sees from `address` on; empty where no section is. */
str elf_at(const struct elf *elf, uint64_t address);

/* A number of 1, 2, 4 or 8 bytes at an offset; 0 outside. */
uint64_t elf_number(str bytes, uint64_t at, unsigned size, bool big);
