#include "report/paint.h"
#include "text/utf8.h"

#include <string.h>

/*
 * The line hash by which GitHub code scanning recognises a result after the file has changed.
 *
 *   h = 37 * h + c - 37^100 * c[-100]     over the UTF-16 units of the file, blanks left out
 *
 * A line's hash is that of the 100 units from its first one on; equal hashes are numbered. Line
 * ends of all kinds count as one LF; the end of the file is the unit 65535, then zeros until the
 * window is empty. The algorithm is written from its published behaviour; the vectors are in the
 * unit test.
 */

enum { WINDOW = 100, MULTIPLIER = 37, END_UNIT = 65535 };

struct line_hash {
    struct arena *arena;
    struct map seen; /* hash text -> uint64_t * count */
    VEC(str) lines;
    uint64_t hash, first_power;
    uint32_t units[WINDOW];
    uint32_t line_of[WINDOW]; /* the line that begins with this unit; 0 when none does */
    unsigned index;
    uint32_t line;
    bool line_begins, after_cr;
};

static void put_line(struct line_hash *state)
{
    str hex = str_fmt(state->arena, "%" PRIx64, state->hash);
    uint64_t *count = map_find(&state->seen, hex);
    if (!count) {
        count = NEW(state->arena, uint64_t);
        map_set(state->arena, &state->seen, hex, count);
    }
    ++*count;
    vec_push(state->arena, &state->lines,
             str_fmt(state->arena, "%.*s:%" PRIu64, STR_ARG(hex), *count));
    state->line_of[state->index] = 0;
}

static void roll(struct line_hash *state, uint32_t unit)
{
    uint32_t old = state->units[state->index];
    state->units[state->index] = unit;
    state->hash = MULTIPLIER * state->hash + unit - state->first_power * old;
    state->index = (state->index + 1) % WINDOW;
}

static void add_unit(struct line_hash *state, uint32_t unit)
{
    bool lf_of_crlf = state->after_cr && unit == '\n';
    state->after_cr = unit == '\r';
    if (unit == ' ' || unit == '\t' || lf_of_crlf)
        return;
    if (unit == '\r')
        unit = '\n';
    if (state->line_of[state->index])
        put_line(state);
    if (state->line_begins)
        state->line_of[state->index] = ++state->line;
    state->line_begins = unit == '\n';
    roll(state, unit);
}

str *report_line_hashes(struct arena *arena, str text, size_t *out_count)
{
    struct line_hash *state = NEW(arena, struct line_hash);
    *state = (struct line_hash){.arena = arena, .first_power = 1, .line_begins = true};
    for (unsigned i = 0; i < WINDOW; i++)
        state->first_power *= MULTIPLIER;
    uint32_t code = 0;
    for (unsigned used; (used = utf8_decode(text, &code)) > 0; text = str_from_index(text, used)) {
        if (code >= 0x10000) {
            add_unit(state, 0xd800 + ((code - 0x10000) >> 10));
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        add_unit(state, code);
    }
    add_unit(state, END_UNIT);
    for (unsigned i = 0; i < WINDOW; i++) {
        if (state->line_of[state->index])
            put_line(state);
        roll(state, 0);
    }
    *out_count = state->lines.count;
    return state->lines.at;
}
