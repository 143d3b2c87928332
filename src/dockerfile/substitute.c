#include "base/buf.h"
#include "dockerfile/instructions.h"
#include "text/utf8.h"

#include <string.h>

/*
 * The patterns of ${name#pattern}, ${name%pattern} and ${name/pattern/text}.
 *
 *   '*' any run, '?' any one character, neither a line end; all else is itself, also '['
 *
 * One automaton, a state per pattern item, is run over the value; each state keeps the leftmost
 * start that reached it. So a match costs pattern x value steps, and no value can make it slower.
 */

#define STEPS_MAX ((size_t)1 << 26)

enum { ITEM_STAR = 0x110000, ITEM_ANY };

struct pattern {
    uint32_t *items;
    size_t count;
};

struct runes {
    uint32_t *at;
    size_t count;
};

static struct runes runes_of(struct arena *arena, str text)
{
    struct runes runes = {NEW_ARRAY(arena, uint32_t, text.len + 1), 0};
    const char *at = text.at ? text.at : "", *end = at + text.len;
    while (at < end)
        runes.at[runes.count++] = utf8_next(&at, end);
    return runes;
}

static void reverse(struct runes *runes)
{
    for (size_t i = 0; i < runes->count / 2; i++) {
        uint32_t swap = runes->at[i];
        runes->at[i] = runes->at[runes->count - 1 - i];
        runes->at[runes->count - 1 - i] = swap;
    }
}

/* A backslash may stand before '*', '?' and itself, and before '}' and '/' (then it vanishes). */
static bool pattern_compile(struct arena *arena, str text, struct pattern *out)
{
    struct runes runes = runes_of(arena, text);
    struct pattern pattern = {NEW_ARRAY(arena, uint32_t, runes.count + 1), 0};
    for (size_t i = 0; i < runes.count; i++) {
        uint32_t rune = runes.at[i];
        uint32_t next = i + 1 < runes.count ? runes.at[i + 1] : 0;
        if (rune == '\\' && (next == '}' || next == '/'))
            continue;
        if (rune == '\\' && next != '*' && next != '?' && next != '\\')
            return false;
        if (rune == '\\')
            i++;
        uint32_t item = rune == '*'    ? (uint32_t)ITEM_STAR
                        : rune == '?'  ? (uint32_t)ITEM_ANY
                        : rune == '\\' ? next
                                       : rune;
        pattern.items[pattern.count++] = item;
    }
    *out = pattern;
    return true;
}

static bool item_takes(uint32_t item, uint32_t rune)
{
    if (item == ITEM_STAR || item == ITEM_ANY)
        return rune != '\n';
    return item == rune;
}

struct match {
    bool found;
    size_t start, end;
};

/* What the automaton has reached: for each state, the leftmost start, or NO_START. */
#define NO_START SIZE_MAX

static void reach(const struct pattern *pattern, size_t *states, size_t state, size_t start)
{
    while (start < states[state]) {
        states[state] = start;
        if (state == pattern->count || pattern->items[state] != ITEM_STAR)
            break;
        state++; /* a star may take nothing */
    }
}

/* Step all states over one character into `next`; false when none of them goes on. */
static bool step_states(const struct pattern *pattern, const struct match *match,
                        const size_t *states, size_t *next, uint32_t rune)
{
    bool alive = false;
    for (size_t i = 0; i < pattern->count; i++) {
        size_t here = states[i];
        bool useful = here != NO_START && (!match->found || here <= match->start);
        if (!useful || !item_takes(pattern->items[i], rune))
            continue;
        reach(pattern, next, pattern->items[i] == ITEM_STAR ? i : i + 1, here);
        alive = true;
    }
    return alive;
}

/* The leftmost match in [from, end); of those the shortest or the longest. */
static struct match pattern_find(const struct pattern *pattern, const struct runes *value,
                                 size_t from, bool anchored, bool greedy, size_t *states)
{
    struct match match = {0};
    size_t count = pattern->count + 1, *next = states + count;
    for (size_t i = 0; i < 2 * count; i++)
        states[i] = NO_START;
    for (size_t at = from;; at++) {
        if (!match.found && (!anchored || at == from))
            reach(pattern, states, 0, at);
        size_t start = states[count - 1];
        if (start != NO_START && (!match.found || start <= match.start)) {
            match = (struct match){true, start, at};
            if (!greedy)
                return match;
        }
        if (at >= value->count)
            return match;
        bool alive = step_states(pattern, &match, states, next, value->at[at]);
        if (!alive && (match.found || anchored))
            return match;
        memcpy(states, next, count * sizeof *states);
        for (size_t i = 0; i < count; i++)
            next[i] = NO_START;
    }
}

static bool too_large(str pattern, str value)
{
    return (pattern.len + 1) > STEPS_MAX / (value.len + 1);
}

/* Byte offset of the n-th character, counted on from a place already known. */
static size_t byte_of(str value, size_t rune, size_t *known_rune, size_t *known_byte)
{
    uint32_t unused;
    for (; *known_rune < rune; ++*known_rune)
        *known_byte += utf8_decode(str_from_index(value, *known_byte), &unused);
    return *known_byte;
}

bool substitute_trim(struct arena *arena, str text, str value, bool suffix, bool greedy,
                     str *out_value)
{
    struct pattern pattern;
    if (too_large(text, value) || !pattern_compile(arena, text, &pattern))
        return false;
    struct runes runes = runes_of(arena, value);
    if (suffix) {
        struct runes items = {pattern.items, pattern.count};
        reverse(&items);
        reverse(&runes);
    }
    size_t *states = NEW_ARRAY(arena, size_t, 2 * (pattern.count + 1));
    struct match match = pattern_find(&pattern, &runes, 0, true, greedy, states);
    size_t cut = match.found ? match.end : 0, rune = 0, byte = 0;
    if (suffix)
        *out_value = str_slice(value, 0, byte_of(value, runes.count - cut, &rune, &byte));
    else
        *out_value = str_from_index(value, byte_of(value, cut, &rune, &byte));
    return true;
}

/* With //, "$1" and "${name}" in the text that is put in mean groups, of which there are none. */
static str without_groups(struct arena *arena, str text)
{
    if (!str_has_char(text, '$'))
        return text;
    struct buf buf = buf_init(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '$') {
            buf_add_char(&buf, text.at[i]);
            continue;
        }
        size_t at = i + 1;
        bool brace = at < text.len && text.at[at] == '{';
        at += brace;
        size_t name = at;
        while (at < text.len && char_is_name(text.at[at]))
            at++;
        bool group = at > name && (!brace || (at < text.len && text.at[at] == '}'));
        if (group) {
            i = brace ? at : at - 1;
        } else {
            buf_add_char(&buf, '$');
            i += i + 1 < text.len && text.at[i + 1] == '$';
        }
    }
    return str_copy(arena, buf_str(&buf));
}

bool substitute_all(struct arena *arena, str text, str value, str replacement, bool all,
                    str *out_value)
{
    struct pattern pattern;
    if (too_large(text, value) || !pattern_compile(arena, text, &pattern))
        return false;
    struct runes runes = runes_of(arena, value);
    size_t *states = NEW_ARRAY(arena, size_t, 2 * (pattern.count + 1));
    struct buf buf = buf_init(arena, LIMIT_INSTRUCTION);
    size_t rune = 0, byte = 0, copied = 0, last_end = 0, steps = 0;
    if (all)
        replacement = without_groups(arena, replacement);
    for (size_t from = 0; from <= runes.count;) {
        struct match match = pattern_find(&pattern, &runes, from, false, true, states);
        if (!match.found)
            break;
        steps += (match.end - from + 1) * (pattern.count + 1);
        size_t start = byte_of(value, match.start, &rune, &byte);
        buf_add(&buf, str_slice(value, copied, start));
        if (match.end > last_end || match.start == 0) /* none right behind the last one */
            buf_add(&buf, replacement);
        copied = byte_of(value, match.end, &rune, &byte);
        last_end = match.end;
        from = match.end > from ? match.end : from + 1;
        if (!all || steps > STEPS_MAX)
            break;
    }
    buf_add(&buf, str_from_index(value, copied));
    *out_value = str_copy(arena, buf_str(&buf));
    return !buf.full && steps <= STEPS_MAX;
}
