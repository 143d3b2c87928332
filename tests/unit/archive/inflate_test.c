#include "archive/inflate.h"
#include "base/buf.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Our inflate beside zlib: the same bytes for every way of compressing and every cut of the input,
 * and no acceptance of what zlib refuses. */

enum { TEXT_BYTES = 200000, ROOM = 70000 };

static uint32_t draw(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Text of three kinds in turn: runs, words that come again, noise. */
static str made_text(struct arena *arena, uint32_t seed)
{
    char *at = arena_alloc(arena, TEXT_BYTES, 1);
    for (size_t i = 0; i < TEXT_BYTES;) {
        size_t count = 1 + draw(&seed) % 700, kind = draw(&seed) % 3,
               back = 1 + draw(&seed) % 40000;
        for (size_t k = 0; k < count && i < TEXT_BYTES; k++, i++)
            at[i] = kind == 0 ? 'a' : kind == 1 && i > back ? at[i - back] : (char)draw(&seed);
    }
    return (str){at, TEXT_BYTES};
}

static str deflated(struct arena *arena, str text, int level, int strategy)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, 9, strategy), Z_OK);
    size_t room = deflateBound(&z, text.len) + 100;
    char *at = arena_alloc(arena, room, 1);
    z.next_in = (Bytef *)(uintptr_t)text.at;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)at;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    str out = {at, z.total_out};
    deflateEnd(&z);
    return out;
}

/* Inflate in pieces; false when it is refused or ends early. */
static bool inflated(struct arena *arena, str input, size_t piece, size_t step, str *out_text,
                     uint64_t *out_consumed)
{
    struct inflate *inflate = inflate_new(arena, INFLATE_GZIP);
    struct buf text = buf_init(arena, 4 * TEXT_BYTES);
    struct err err = {0};
    char *buffer = arena_alloc(arena, INFLATE_HISTORY + ROOM, 1);
    size_t history = 0, given = 0, start = 0;
    inflate_output(inflate, buffer, 0, INFLATE_HISTORY + ROOM);
    for (;;) {
        uint64_t before = inflate_produced(inflate);
        enum inflate_stop stop = inflate_run(inflate, before + step, &err);
        size_t count = (size_t)(inflate_produced(inflate) - before);
        buf_add(&text, (str){buffer + history + start, count});
        start += count;
        if (stop == INFLATE_FULL) {
            size_t end = history + start, keep = end < INFLATE_HISTORY ? end : INFLATE_HISTORY;
            memmove(buffer, buffer + end - keep, keep);
            history = keep;
            start = 0;
            inflate_output(inflate, buffer, history, INFLATE_HISTORY + ROOM);
        } else if (stop == INFLATE_INPUT || (stop == INFLATE_END && given < input.len)) {
            if (given == input.len)
                return false;
            str next = str_slice(input, given, given + piece);
            given += next.len;
            inflate_input(inflate, next);
        } else if (stop != INFLATE_MARK) {
            *out_text = buf_str(&text);
            *out_consumed = inflate_consumed(inflate);
            return stop == INFLATE_END;
        }
    }
}

static void same_as_zlib(void **state)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
    static const size_t pieces[] = {1, 13, 300, 4096, 1 << 20};
    struct unit_rows rows = {0};
    for (int level = 0; level <= 9; level += 3)
        for (size_t s = 0; s < ARRAY_COUNT(strategies); s++) {
            str text = made_text(*state, (uint32_t)(level * 10 + (int)s));
            str input = deflated(*state, text, level, strategies[s]);
            for (size_t p = 0; p < ARRAY_COUNT(pieces); p++) {
                struct arena_mark mark = arena_mark(*state);
                str got = STR_NONE;
                uint64_t consumed = 0;
                bool good = inflated(*state, input, pieces[p], 1 + 977 * p, &got, &consumed);
                unit_row(&rows, "the same bytes, and all of the input",
                         good && str_eq(got, text) && consumed == input.len);
                arena_rewind(*state, mark);
            }
        }
    assert_rows(rows);
}

static void several_members(void **state)
{
    str a = deflated(*state, STR("first "), 6, Z_DEFAULT_STRATEGY);
    str b = deflated(*state, STR("second"), 1, Z_DEFAULT_STRATEGY);
    str got;
    uint64_t consumed;
    assert_true(inflated(*state, str_cat(*state, a, b), 7, 100, &got, &consumed));
    assert_true(str_eq(got, STR("first second")));
    assert_false(inflated(*state, str_cat(*state, a, STR("noise")), 7, 100, &got, &consumed));
}

/* zlib's answer to the same input. */
static bool zlib_takes(str input, char *room, size_t room_bytes)
{
    z_stream z = {0};
    inflateInit2(&z, 31);
    z.next_in = (Bytef *)(uintptr_t)input.at;
    z.avail_in = (uInt)input.len;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)room_bytes;
    int result = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return result == Z_STREAM_END;
}

/* A damaged stream is refused, or gives what zlib would give before it sees the CRC. */
static void damaged(void **state)
{
    uint32_t seed = 7;
    str text = made_text(*state, 3);
    str whole = deflated(*state, str_slice(text, 0, 20000), 6, Z_DEFAULT_STRATEGY);
    char *room = arena_alloc(*state, 4 * TEXT_BYTES, 1);
    for (int i = 0; i < 1500; i++) {
        struct arena_mark mark = arena_mark(*state);
        str input = str_copy(*state, whole);
        ((char *)(uintptr_t)input.at)[10 + draw(&seed) % (input.len - 18)] ^=
            (char)(1 << draw(&seed) % 8);
        str got;
        uint64_t consumed;
        bool ours = inflated(*state, input, 5000, 1000, &got, &consumed);
        if (zlib_takes(input, room, 4 * TEXT_BYTES))
            assert_true(ours);
        assert_false(
            inflated(*state, str_slice(input, 0, input.len / 2), 5000, 1000, &got, &consumed));
        arena_rewind(*state, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(same_as_zlib), UNIT_TEST(several_members),
                                       UNIT_TEST(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
