#include "archive/huffman.h"

#include <string.h>

/* What symbols mean: length codes 257..285 and distance codes 0..29. */
static const uint16_t length_base[] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t distance_extra[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                         6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

enum alphabet { ALPHABET_LENGTHS, ALPHABET_DISTANCES, ALPHABET_PRECODE };

static uint32_t meaning(enum alphabet alphabet, unsigned symbol)
{
    if (alphabet == ALPHABET_PRECODE)
        return HUFFMAN_LITERAL | symbol << 12;
    if (alphabet == ALPHABET_DISTANCES)
        return symbol < ARRAY_COUNT(distance_base)
                   ? HUFFMAN_LENGTH | (uint32_t)distance_base[symbol] << 12 |
                         (uint32_t)distance_extra[symbol] << 8
                   : 0;
    if (symbol < 256)
        return HUFFMAN_LITERAL | symbol << 12;
    if (symbol == 256)
        return HUFFMAN_END;
    symbol -= 257;
    return symbol < ARRAY_COUNT(length_base)
               ? HUFFMAN_LENGTH | (uint32_t)length_base[symbol] << 12 |
                     (uint32_t)length_extra[symbol] << 8
               : 0;
}

/* The next code of `bits` bits, its bits in the order in which they come. */
static unsigned next_code(unsigned code, unsigned bits)
{
    unsigned bit = 1u << (bits - 1);
    while (code & bit)
        bit >>= 1;
    return bit ? (code & (bit - 1)) | bit : 0;
}

/* How wide the second table must be that begins with a code of `bits`, `left` codes to come. */
static unsigned second_bits(const uint16_t *left_of, unsigned bits, unsigned root, unsigned most)
{
    unsigned width = bits - root;
    int room = 1 << width;
    while (width + root < most) {
        room -= left_of[width + root];
        if (room <= 0)
            break;
        width++;
        room <<= 1;
    }
    return width;
}

struct making {
    uint32_t *table;
    unsigned root, size, used; /* entries: all, and handed out */
    enum alphabet alphabet;
    unsigned prefix, begin, width; /* the second table that is being filled */
};

/* Put an entry wherever a code of `bits` stands in a table of `width` bits, more bits behind it. */
static void repeat(uint32_t *table, unsigned width, unsigned code, unsigned bits, uint32_t entry)
{
    for (unsigned at = code; at < 1u << width; at += 1u << bits)
        table[at] = entry ? entry | bits : 0;
}

/* Begin a second table for the codes that share these first bits. False: it does not fit. */
static bool begin_second(struct making *making, unsigned prefix, unsigned width)
{
    making->prefix = prefix;
    making->begin = making->used;
    making->width = width;
    making->used += 1u << width;
    if (making->used > making->size)
        return false;
    memset(&making->table[making->begin], 0, sizeof(uint32_t) << width);
    making->table[prefix] = HUFFMAN_TABLE | making->begin << 12 | width << 8 | making->root;
    return true;
}

static bool fill(struct making *making, const uint16_t *sorted, uint16_t *left_of, unsigned most)
{
    unsigned code = 0, root = making->root, mask = (1u << root) - 1, bits = 1;
    making->prefix = UINT32_MAX;
    for (unsigned symbol = 0; bits <= most; symbol++) {
        while (bits <= most && !left_of[bits])
            bits++;
        if (bits > most)
            break;
        uint32_t entry = meaning(making->alphabet, sorted[symbol]);
        if (bits > root && (code & mask) != making->prefix &&
            !begin_second(making, code & mask, second_bits(left_of, bits, root, most)))
            return false;
        if (bits > root)
            repeat(&making->table[making->begin], making->width, code >> root, bits - root, entry);
        else
            repeat(making->table, root, code, bits, entry);
        left_of[bits]--;
        code = next_code(code, bits);
    }
    return true;
}

static bool make(struct making *making, const uint8_t *bits, unsigned count)
{
    uint16_t of_bits[HUFFMAN_BITS_MAX + 1] = {0}, from[HUFFMAN_BITS_MAX + 2] = {0}, sorted[320];
    for (unsigned i = 0; i < count; i++)
        of_bits[bits[i]]++;
    of_bits[0] = 0;
    unsigned most = 0;
    int room = 1;
    for (unsigned i = 1; i <= HUFFMAN_BITS_MAX; i++) {
        room = (room << 1) - of_bits[i];
        if (room < 0)
            return false;
        if (of_bits[i])
            most = i;
        from[i + 1] = (uint16_t)(from[i] + of_bits[i]);
    }
    bool single = most == 1 && of_bits[1] == 1;
    bool none = most == 0;
    if (room > 0 && !(making->alphabet != ALPHABET_PRECODE && (single || none)))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (bits[i])
            sorted[from[bits[i]]++] = (uint16_t)i;
    memset(making->table, 0, sizeof(uint32_t) << making->root);
    making->used = 1u << making->root;
    return fill(making, sorted, of_bits, most);
}

/* Table sizes of the alphabets (RFC 1951, 3.2.5 to 3.2.7), in the order of enum alphabet. */
static bool make_of(enum alphabet alphabet, uint32_t *table, const uint8_t *bits, unsigned count)
{
    static const struct {
        unsigned root, size;
    } sizes[] = {
        [ALPHABET_LENGTHS] = {HUFFMAN_ROOT_LENGTHS, HUFFMAN_LENGTHS_MAX},
        [ALPHABET_DISTANCES] = {HUFFMAN_ROOT_DISTANCES, HUFFMAN_DISTANCES_MAX},
        [ALPHABET_PRECODE] = {7, 128},
    };
    struct making making = {.table = table,
                            .root = sizes[alphabet].root,
                            .size = sizes[alphabet].size,
                            .alphabet = alphabet};
    return make(&making, bits, count);
}

bool huffman_lengths(uint32_t *table, const uint8_t *bits, unsigned count)
{
    return make_of(ALPHABET_LENGTHS, table, bits, count);
}

bool huffman_distances(uint32_t *table, const uint8_t *bits, unsigned count)
{
    return make_of(ALPHABET_DISTANCES, table, bits, count);
}

bool huffman_precode(uint32_t *table, const uint8_t *bits)
{
    return make_of(ALPHABET_PRECODE, table, bits, 19);
}
