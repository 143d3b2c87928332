#pragma once

#include "base/base.h"

/*
 * archive/huffman -- the decoding tables of deflate (RFC 1951, 3.2).
 *
 * Shapes   An entry tells what its code means and how many bits it has. Codes longer than the root
 *          go on in a second table behind it. A code that does not occur is HUFFMAN_BAD.
 *
 *              31..28 flags | 27..12 value | 11..8 extra bits | 7..0 bits of the code
 *
 * Cost     Linear in the table.
 */

enum {
    HUFFMAN_LITERAL = 1 << 28, /* value: the byte                                    */
    HUFFMAN_LENGTH = 1 << 29,  /* value: base of a length or distance                */
    HUFFMAN_TABLE = 1 << 30,   /* value: where the second table begins; extra: its bits */
    HUFFMAN_END = 1 << 27,     /* end of the block; the value is below this bit      */
};

enum {
    HUFFMAN_ROOT_LENGTHS = 11,
    HUFFMAN_ROOT_DISTANCES = 8,
    HUFFMAN_LENGTHS_MAX = 2400,  /* enough for any complete code of 286 symbols: 2342 */
    HUFFMAN_DISTANCES_MAX = 512, /* 402                                               */
    HUFFMAN_BITS_MAX = 15,
};

/* What an entry says: bits of its code, extra bits behind it, its value. */
static inline unsigned huffman_bits(uint32_t entry)
{
    return entry & 255;
}
static inline unsigned huffman_extra(uint32_t entry)
{
    return entry >> 8 & 15;
}
static inline unsigned huffman_value(uint32_t entry)
{
    return entry >> 12 & 32767;
}

/* Tables for the bit lengths of a block's codes (0: the symbol does not occur). False when they
 * are no code: over-full, or incomplete with more than one symbol. */
bool huffman_lengths(uint32_t *table, const uint8_t *bits, unsigned count);
bool huffman_distances(uint32_t *table, const uint8_t *bits, unsigned count);

/* The code of the code lengths: 7 bits, one table of 128 entries whose values are symbols. */
bool huffman_precode(uint32_t *table, const uint8_t *bits);
