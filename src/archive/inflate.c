#include "archive/inflate.h"
#include "archive/huffman.h"
#include "base/arena.h"

#include <string.h>

/*
 * Bits wait in a 64-bit buffer, the next one lowest. While eight bytes of input and room for a
 * whole match are there, symbols are decoded without asking again (decode_fast); near the end of
 * a piece of input each symbol is looked at first and taken only when all its bits are there
 * (decode_one), so that nothing of a symbol has to be remembered between pieces.
 *
 * In the buffer `count` bits are valid. decode_fast may leave true input bits above them; filling
 * up again puts the same bits there.
 */
enum phase {
    PHASE_MEMBER, /* ten bytes of a gzip header */
    PHASE_EXTRA_LENGTH,
    PHASE_EXTRA,
    PHASE_NAME,
    PHASE_COMMENT,
    PHASE_HEADER_CRC,
    PHASE_BLOCK,
    PHASE_STORED_LENGTH,
    PHASE_STORED,
    PHASE_COUNTS,
    PHASE_PRECODE,
    PHASE_BITS,
    PHASE_SYMBOLS,
    PHASE_TRAILER,
    PHASE_END,
};

enum { FLAG_HEADER_CRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_UNKNOWN = 224 };
enum { OUTPUT_SLACK = INFLATE_PASS_MAX + 16 };

struct inflate {
    enum inflate_kind kind;
    enum phase phase;
    const uint8_t *in, *in_end;
    uint64_t fed;   /* bytes of input given, this piece included */
    uint64_t bits;  /* read, not used; the next one lowest       */
    unsigned count; /* how many of them                          */
    uint8_t *out, *base, *limit;
    uint64_t before; /* bytes given out before `base` */
    bool last, any;  /* the last block of its member; some member was read */
    unsigned at;     /* how far a header is read  */
    uint8_t flags;
    uint32_t left; /* of a stored block, an extra field */
    unsigned length_count, distance_count, precode_count;
    uint8_t sizes[320];
    uint32_t lengths[HUFFMAN_LENGTHS_MAX], distances[HUFFMAN_DISTANCES_MAX];
};

struct inflate *inflate_new(struct arena *arena, enum inflate_kind kind)
{
    struct inflate *inflate = NEW(arena, struct inflate);
    inflate->kind = kind;
    inflate->phase = kind == INFLATE_GZIP ? PHASE_MEMBER : PHASE_BLOCK;
    return inflate;
}

void inflate_input(struct inflate *inflate, str bytes)
{
    assert(inflate->in == inflate->in_end);
    inflate->in = (const uint8_t *)bytes.at;
    inflate->in_end = inflate->in + bytes.len;
    inflate->fed += bytes.len;
}

void inflate_output(struct inflate *inflate, char *at, size_t history, size_t capacity)
{
    assert(capacity > history + OUTPUT_SLACK && history <= INFLATE_HISTORY);
    inflate->before = inflate_produced(inflate) - history;
    inflate->base = (uint8_t *)at;
    inflate->out = inflate->base + history;
    inflate->limit = inflate->base + capacity - OUTPUT_SLACK;
}

uint64_t inflate_produced(const struct inflate *inflate)
{
    return inflate->before + (uint64_t)(inflate->out - inflate->base);
}

uint64_t inflate_consumed(const struct inflate *inflate)
{
    return inflate->fed - (uint64_t)(inflate->in_end - inflate->in) - inflate->count / 8;
}

/* -- bits -------------------------------------------------------------------------------------- */

/* Fill the buffer as far as there is input. */
static void fill_bits(struct inflate *s)
{
    while (s->count <= 56 && s->in < s->in_end) {
        s->bits |= (uint64_t)*s->in++ << s->count;
        s->count += 8;
    }
}

static bool need_bits(struct inflate *s, unsigned count)
{
    if (s->count < count)
        fill_bits(s);
    return s->count >= count;
}

static uint32_t take_bits(struct inflate *s, unsigned count)
{
    uint32_t value = (uint32_t)(s->bits & ((1ull << count) - 1));
    s->bits >>= count;
    s->count -= count;
    return value;
}

/* Bits above `count` may be input already seen; before bytes are copied they must be gone. */
static void drop_seen_bits(struct inflate *s)
{
    s->bits &= s->count ? ~0ull >> (64 - s->count) : 0;
}

/* -- headers ----------------------------------------------------------------------------------- */

static const char *next_member_phase(struct inflate *s, enum phase done)
{
    static const struct {
        enum phase phase;
        uint8_t flag;
    } order[] = {{PHASE_EXTRA_LENGTH, FLAG_EXTRA},
                 {PHASE_NAME, FLAG_NAME},
                 {PHASE_COMMENT, FLAG_COMMENT},
                 {PHASE_HEADER_CRC, FLAG_HEADER_CRC}};
    s->phase = PHASE_BLOCK;
    for (size_t i = ARRAY_COUNT(order); i-- > 0;)
        if (order[i].phase > done && s->flags & order[i].flag)
            s->phase = order[i].phase;
    return NULL;
}

static const char *member_byte(struct inflate *s, uint32_t byte)
{
    static const uint8_t magic[] = {0x1f, 0x8b, 8};
    if (s->at < ARRAY_COUNT(magic) && byte != magic[s->at])
        return s->any ? "there is something behind its end" : "it does not begin as gzip does";
    if (s->at == 3) {
        s->flags = (uint8_t)byte;
        if (byte & FLAGS_UNKNOWN)
            return "its header has flags that nobody knows";
    }
    if (++s->at == 10)
        return next_member_phase(s, PHASE_MEMBER);
    return NULL;
}

/* One step of a gzip header; NULL: go on. */
static const char *member_step(struct inflate *s, enum inflate_stop *out_stop)
{
    unsigned bits = s->phase == PHASE_EXTRA_LENGTH || s->phase == PHASE_HEADER_CRC ? 16 : 8;
    if (!need_bits(s, bits)) {
        bool over = s->phase == PHASE_MEMBER && s->at == 0 && s->any;
        *out_stop = over ? INFLATE_END : INFLATE_INPUT;
        return NULL;
    }
    uint32_t value = take_bits(s, bits);
    switch (s->phase) {
    case PHASE_MEMBER: return member_byte(s, value);
    case PHASE_EXTRA_LENGTH:
        s->left = value;
        s->phase = PHASE_EXTRA;
        return value ? NULL : next_member_phase(s, PHASE_EXTRA);
    case PHASE_EXTRA: return --s->left ? NULL : next_member_phase(s, PHASE_EXTRA);
    case PHASE_HEADER_CRC: return next_member_phase(s, PHASE_HEADER_CRC);
    default: /* a name or a comment ends at its NUL */
        return value ? NULL : next_member_phase(s, s->phase);
    }
}

static const char *fixed_codes(struct inflate *s)
{
    memset(s->sizes, 8, 144);
    memset(s->sizes + 144, 9, 112);
    memset(s->sizes + 256, 7, 24);
    memset(s->sizes + 280, 8, 8);
    bool good = huffman_lengths(s->lengths, s->sizes, 288);
    memset(s->sizes, 5, 32);
    good = good && huffman_distances(s->distances, s->sizes, 32);
    assert(good);
    s->phase = PHASE_SYMBOLS;
    return NULL;
}

static const char *begin_block(struct inflate *s)
{
    s->last = take_bits(s, 1);
    switch (take_bits(s, 2)) {
    case 0:
        drop_seen_bits(s);
        take_bits(s, s->count % 8);
        s->phase = PHASE_STORED_LENGTH;
        return NULL;
    case 1: return fixed_codes(s);
    case 2: s->phase = PHASE_COUNTS; return NULL;
    default: return "a block has no known kind";
    }
}

static void end_block(struct inflate *s)
{
    if (!s->last) {
        s->phase = PHASE_BLOCK;
        return;
    }
    drop_seen_bits(s);
    take_bits(s, s->count % 8);
    s->phase = s->kind == INFLATE_GZIP ? PHASE_TRAILER : PHASE_END;
    s->at = 0;
}

static const char *read_counts(struct inflate *s)
{
    s->length_count = take_bits(s, 5) + 257;
    s->distance_count = take_bits(s, 5) + 1;
    s->precode_count = take_bits(s, 4) + 4;
    if (s->length_count > 286 || s->distance_count > 30)
        return "a block has more codes than there are";
    memset(s->sizes, 0, sizeof(s->sizes));
    s->at = 0;
    s->phase = PHASE_PRECODE;
    return NULL;
}

static const char *read_precode(struct inflate *s)
{
    static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
    s->sizes[order[s->at]] = (uint8_t)take_bits(s, 3);
    if (++s->at < s->precode_count)
        return NULL;
    if (!huffman_precode(s->lengths, s->sizes))
        return "the code of a block's codes is none";
    s->at = 0;
    s->phase = PHASE_BITS;
    return NULL;
}

static const char *codes_are_read(struct inflate *s)
{
    uint8_t distances[32] = {0};
    memcpy(distances, s->sizes + s->length_count, s->distance_count);
    if (!s->sizes[256])
        return "a block has no end";
    if (!huffman_lengths(s->lengths, s->sizes, s->length_count))
        return "a block's codes for lengths are no code";
    if (!huffman_distances(s->distances, distances, s->distance_count))
        return "a block's codes for distances are no code";
    s->phase = PHASE_SYMBOLS;
    return NULL;
}

/* One code length, or a run of them. */
static const char *read_bits(struct inflate *s, enum inflate_stop *out_stop)
{
    static const struct {
        uint8_t extra, least;
    } runs[] = {{2, 3}, {3, 3}, {7, 11}};
    fill_bits(s);
    uint32_t entry = s->lengths[s->bits & 127];
    unsigned bits = huffman_bits(entry), symbol = huffman_value(entry);
    unsigned extra = symbol < 16 ? 0 : runs[symbol - 16].extra;
    if (entry && bits + extra > s->count) {
        *out_stop = INFLATE_INPUT;
        return NULL;
    }
    if (!entry) /* a code that is not complete is refused, so every seven bits mean something */
        return "a block's codes are no code";
    take_bits(s, bits);
    unsigned times = symbol < 16 ? 1 : runs[symbol - 16].least + take_bits(s, extra);
    uint8_t size = symbol < 16 ? (uint8_t)symbol : 0;
    if (symbol == 16 && !s->at)
        return "a block repeats a code before the first";
    if (symbol == 16)
        size = s->sizes[s->at - 1];
    unsigned all = s->length_count + s->distance_count;
    if (times > all - s->at)
        return "a block has more codes than it says";
    memset(s->sizes + s->at, size, times);
    s->at += times;
    return s->at < all ? NULL : codes_are_read(s);
}

/* -- bytes ------------------------------------------------------------------------------------- */

static const char *stored_length(struct inflate *s)
{
    uint32_t length = take_bits(s, 16), check = take_bits(s, 16);
    if (length != (check ^ 0xffff))
        return "a stored block's length is damaged";
    s->left = length;
    s->phase = PHASE_STORED;
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes as they are: first those that wait in the bit buffer. */
static void copy_stored(struct inflate *s, uint64_t mark, enum inflate_stop *out_stop)
{
    for (; s->left && s->count && s->out < s->limit; s->left--)
        *s->out++ = (uint8_t)take_bits(s, 8);
    if (!s->count)
        s->bits = 0;
    uint64_t produced = inflate_produced(s);
    size_t count = least(s->left, (size_t)(s->in_end - s->in));
    count = least(count, (size_t)(s->limit - s->out));
    if (!s->count && count && produced < mark) {
        count = least(count, mark - produced);
        memcpy(s->out, s->in, count);
        s->out += count;
        s->in += count;
        s->left -= (uint32_t)count;
    } else if (s->left && s->out < s->limit && produced < mark && s->in == s->in_end) {
        *out_stop = INFLATE_INPUT;
    }
    if (!s->left)
        end_block(s);
}

/* `length` bytes from `distance` bytes back; up to seven bytes behind them are written too. */
static uint8_t *copy_match(uint8_t *out, size_t distance, size_t length)
{
    const uint8_t *from = out - distance;
    uint8_t *end = out + length;
    if (distance >= 8) {
        do {
            memcpy(out, from, 8);
            out += 8;
            from += 8;
        } while (out < end);
    } else if (distance == 1) {
        memset(out, *from, length);
    } else {
        while (out < end)
            *out++ = *from++;
    }
    return end;
}

#define LENGTH_MASK   ((1u << HUFFMAN_ROOT_LENGTHS) - 1)
#define DISTANCE_MASK ((1u << HUFFMAN_ROOT_DISTANCES) - 1)

static uint32_t low_bits(uint64_t bits, unsigned count)
{
    return (uint32_t)(bits & ((1ull << count) - 1));
}

static const char *const bad_code = "a code means nothing";
static const char *const bad_distance = "a match lies before the beginning";

/* Symbols while there is plenty of input and room: neither is asked for inside of the loop. */
static const char *decode_fast(struct inflate *s, const uint8_t *stop)
{
    const uint8_t *in = s->in, *in_end = s->in_end - 16;
    uint64_t bits = s->bits;
    unsigned count = s->count;
    uint8_t *out = s->out;
    const char *problem = NULL;
    bool ended = false;
#define REFILL()                         \
    do {                                 \
        uint64_t next;                   \
        memcpy(&next, in, sizeof(next)); \
        bits |= next << count;           \
        in += (63 - count) >> 3;         \
        count |= 56;                     \
    } while (0)
#define USE(n)             \
    do {                   \
        unsigned n_ = (n); \
        bits >>= n_;       \
        count -= n_;       \
    } while (0)
    while (out < stop && in < in_end) {
        REFILL();
        uint32_t entry = s->lengths[bits & LENGTH_MASK];
        for (int literals = 0; literals < 2 && entry & HUFFMAN_LITERAL; literals++) {
            USE(huffman_bits(entry));
            *out++ = (uint8_t)huffman_value(entry);
            entry = s->lengths[bits & LENGTH_MASK];
        }
        if (entry & HUFFMAN_TABLE) {
            USE(HUFFMAN_ROOT_LENGTHS);
            entry = s->lengths[huffman_value(entry) + low_bits(bits, huffman_extra(entry))];
        }
        USE(huffman_bits(entry));
        if (entry & HUFFMAN_LITERAL) {
            *out++ = (uint8_t)huffman_value(entry);
            continue;
        }
        if (!(entry & HUFFMAN_LENGTH)) {
            ended = entry & HUFFMAN_END;
            problem = ended ? NULL : bad_code;
            break;
        }
        REFILL();
        size_t length = huffman_value(entry) + low_bits(bits, huffman_extra(entry));
        USE(huffman_extra(entry));
        entry = s->distances[bits & DISTANCE_MASK];
        if (entry & HUFFMAN_TABLE) {
            USE(HUFFMAN_ROOT_DISTANCES);
            entry = s->distances[huffman_value(entry) + low_bits(bits, huffman_extra(entry))];
        }
        USE(huffman_bits(entry));
        size_t distance = huffman_value(entry) + low_bits(bits, huffman_extra(entry));
        USE(huffman_extra(entry));
        if (!(entry & HUFFMAN_LENGTH) || distance > (size_t)(out - s->base)) {
            problem = entry & HUFFMAN_LENGTH ? bad_distance : bad_code;
            break;
        }
        out = copy_match(out, distance, length);
    }
#undef REFILL
#undef USE
    s->in = in;
    s->bits = bits;
    s->count = count;
    s->out = out;
    if (ended)
        end_block(s);
    return problem;
}

/* Look a code up that may not be all there: its entry, its bits. False: more input is needed. */
static bool look_up(const struct inflate *s, const uint32_t *table, unsigned root, unsigned *used,
                    uint32_t *out_entry)
{
    uint64_t bits = s->bits >> *used;
    uint32_t entry = table[low_bits(bits, root)];
    unsigned length = huffman_bits(entry);
    if (entry & HUFFMAN_TABLE) {
        entry = table[huffman_value(entry) + low_bits(bits >> root, huffman_extra(entry))];
        length = root + huffman_bits(entry);
    }
    *out_entry = entry;
    if (!entry) /* with all bits that a code may have, or with all there are, it means nothing */
        return s->count >= *used + HUFFMAN_BITS_MAX;
    *used += length + (entry & HUFFMAN_LENGTH ? huffman_extra(entry) : 0);
    return *used <= s->count;
}

/* The number behind a code that ends at bit `used` of the buffer. */
static size_t number(const struct inflate *s, uint32_t entry, unsigned used)
{
    unsigned extra = huffman_extra(entry);
    return huffman_value(entry) + low_bits(s->bits >> (used - extra), extra);
}

static void use_bits(struct inflate *s, unsigned used)
{
    s->bits >>= used;
    s->count -= used;
}

/* One symbol, or nothing of it. */
static const char *decode_one(struct inflate *s, enum inflate_stop *out_stop)
{
    fill_bits(s);
    unsigned used = 0;
    uint32_t entry, other;
    if (!look_up(s, s->lengths, HUFFMAN_ROOT_LENGTHS, &used, &entry)) {
        *out_stop = INFLATE_INPUT;
        return NULL;
    }
    if (!(entry & HUFFMAN_LENGTH)) {
        use_bits(s, used);
        if (entry & HUFFMAN_LITERAL)
            *s->out++ = (uint8_t)huffman_value(entry);
        else if (entry & HUFFMAN_END)
            end_block(s);
        return entry ? NULL : bad_code;
    }
    size_t length = number(s, entry, used);
    if (!look_up(s, s->distances, HUFFMAN_ROOT_DISTANCES, &used, &other)) {
        *out_stop = INFLATE_INPUT;
        return NULL;
    }
    if (!(other & HUFFMAN_LENGTH))
        return bad_code;
    size_t distance = number(s, other, used);
    if (distance > (size_t)(s->out - s->base))
        return bad_distance;
    use_bits(s, used);
    s->out = copy_match(s->out, distance, length);
    return NULL;
}

static const char *decode(struct inflate *s, uint64_t mark, enum inflate_stop *out_stop)
{
    uint64_t room = mark - inflate_produced(s);
    const uint8_t *stop = room < (uint64_t)(s->limit - s->out) ? s->out + room : s->limit;
    if (s->in_end - s->in <= 16)
        return decode_one(s, out_stop);
    const uint8_t *in = s->in;
    const char *problem = decode_fast(s, stop);
    if (!problem && s->phase == PHASE_SYMBOLS && s->in == in && s->out < stop)
        return decode_one(s, out_stop);
    return problem;
}

/* The gzip trailer: a CRC, and the size modulo 2^32. */
static void trailer_step(struct inflate *s)
{
    take_bits(s, 32);
    if (++s->at < 2)
        return;
    s->any = true;
    s->at = 0;
    s->phase = PHASE_MEMBER;
}

/* How many bits a phase wants to have before its step. */
static unsigned wanted_bits(enum phase phase)
{
    switch (phase) {
    case PHASE_BLOCK:
    case PHASE_PRECODE: return 3;
    case PHASE_STORED_LENGTH:
    case PHASE_TRAILER: return 32;
    case PHASE_COUNTS: return 14;
    default: return 0;
    }
}

static const char *step(struct inflate *s, uint64_t mark, enum inflate_stop *out_stop)
{
    if (!need_bits(s, wanted_bits(s->phase))) {
        *out_stop = INFLATE_INPUT;
        return NULL;
    }
    switch (s->phase) {
    case PHASE_BLOCK: return begin_block(s);
    case PHASE_STORED_LENGTH: return stored_length(s);
    case PHASE_STORED: copy_stored(s, mark, out_stop); return NULL;
    case PHASE_COUNTS: return read_counts(s);
    case PHASE_PRECODE: return read_precode(s);
    case PHASE_BITS: return read_bits(s, out_stop);
    case PHASE_SYMBOLS: return decode(s, mark, out_stop);
    case PHASE_TRAILER: trailer_step(s); return NULL;
    case PHASE_END: *out_stop = INFLATE_END; return NULL;
    default: return member_step(s, out_stop);
    }
}

enum inflate_stop inflate_run(struct inflate *inflate, uint64_t mark, struct err *err)
{
    enum inflate_stop stop = INFLATE_MORE;
    while (stop == INFLATE_MORE) {
        if (inflate_produced(inflate) >= mark)
            return INFLATE_MARK;
        bool data = inflate->phase == PHASE_STORED || inflate->phase == PHASE_SYMBOLS;
        if (data && inflate->out >= inflate->limit)
            return INFLATE_FULL;
        const char *problem = step(inflate, mark, &stop);
        if (problem) {
            err_set(err, ERR_FORMAT, "the compressed data is damaged at byte %" PRIu64 ": %s",
                    inflate_consumed(inflate), problem);
            return INFLATE_BAD;
        }
    }
    return stop;
}
