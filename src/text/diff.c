#include "text/diff.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"

#include <string.h>

/*
 * Lines are compared by hash and bytes. Equal head and tail are cut; Myers' greedy search finds
 * the shortest script for the middle, keeping each round's frontier to walk it back.
 */

enum { CONTEXT_LINES = 3, EDITS_MAX = 2000 };

VEC_TYPE(line_list, str);

struct change {
    uint32_t old_start, old_count, new_start, new_count;
};
VEC_TYPE(change_list, struct change);

struct pair_of_texts {
    struct line_list old, new;
    uint32_t old_end, new_end; /* the middle is [head, end) */
    uint32_t head;
};

/* Lines with their line ends. */
static struct line_list split(struct arena *arena, str text)
{
    struct line_list lines = {0};
    while (text.len) {
        size_t end = str_find_char(text, '\n');
        size_t size = end == STR_MISSING ? text.len : end + 1;
        vec_push(arena, &lines, str_slice(text, 0, size));
        text = str_from_index(text, size);
    }
    return lines;
}

static void add_change(struct arena *arena, struct change_list *changes, struct change more)
{
    struct change *last = changes->count ? vec_last(changes) : NULL;
    if (last && last->old_start + last->old_count == more.old_start &&
        last->new_start + last->new_count == more.new_start) {
        last->old_count += more.old_count;
        last->new_count += more.new_count;
        return;
    }
    vec_push(arena, changes, more);
}

struct search {
    const struct pair_of_texts *texts;
    uint32_t **rounds; /* rounds[d][k + d]: furthest old line on diagonal k after d edits */
    uint32_t distance;
};

static bool search_round(struct arena *arena, struct search *search, uint32_t d)
{
    const struct pair_of_texts *t = search->texts;
    int64_t old_count = t->old_end - t->head, new_count = t->new_end - t->head;
    uint32_t *now = search->rounds[d] = NEW_ARRAY(arena, uint32_t, 2 * (size_t)d + 1);
    const uint32_t *before = d ? search->rounds[d - 1] : NULL;
    for (int64_t k = -(int64_t)d; k <= d; k += 2) {
        int64_t x = 0;
        if (d) {
            bool down =
                k == -(int64_t)d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
            x = down ? before[k + 1 + d - 1] : (int64_t)before[k - 1 + d - 1] + 1;
        }
        int64_t y = x - k;
        while (x < old_count && y >= 0 && y < new_count &&
               str_eq(t->old.at[t->head + x], t->new.at[t->head + y]))
            x++, y++;
        now[k + d] = (uint32_t)x;
        if (x >= old_count && y >= new_count) {
            search->distance = d;
            return true;
        }
    }
    return false;
}

/* Walk the rounds back; gives the changes last first. */
static void walk_back(struct arena *arena, const struct search *search,
                      struct change_list *out_changes)
{
    const struct pair_of_texts *t = search->texts;
    int64_t x = t->old_end - t->head, y = t->new_end - t->head;
    for (uint32_t d = search->distance; d > 0; d--) {
        int64_t k = x - y;
        const uint32_t *before = search->rounds[d - 1];
        bool down = k == -(int64_t)d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
        int64_t before_k = down ? k + 1 : k - 1;
        int64_t before_x = before[before_k + d - 1], before_y = before_x - before_k;
        struct change change = {.old_start = t->head + (uint32_t)before_x,
                                .new_start = t->head + (uint32_t)before_y,
                                .old_count = !down,
                                .new_count = down};
        vec_push(arena, out_changes, change);
        x = before_x;
        y = before_y;
    }
}

static struct change_list changes_of(struct arena *arena, const struct pair_of_texts *t)
{
    struct change_list changes = {0}, backwards = {0};
    uint32_t old_count = t->old_end - t->head, new_count = t->new_end - t->head;
    uint32_t most = old_count + new_count < EDITS_MAX ? old_count + new_count : EDITS_MAX;
    struct search search = {.texts = t, .rounds = NEW_ARRAY(arena, uint32_t *, most + 1)};
    bool done = false;
    for (uint32_t d = 0; d <= most && !done; d++)
        done = search_round(arena, &search, d);
    if (!done) {
        add_change(arena, &changes, (struct change){t->head, old_count, t->head, new_count});
        return changes;
    }
    walk_back(arena, &search, &backwards);
    for (uint32_t i = backwards.count; i-- > 0;)
        add_change(arena, &changes, backwards.at[i]);
    return changes;
}

static void add_lines(struct buf *out, char mark, const struct line_list *lines, uint32_t from,
                      uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        buf_add_char(out, mark);
        buf_add(out, lines->at[i]);
        if (!str_ends(lines->at[i], STR("\n")))
            buf_add(out, STR("\n\\ No newline at end of file\n"));
    }
}

static void add_range(struct buf *out, char mark, uint32_t start, uint32_t count)
{
    /* A range without lines names the line before it. */
    buf_fmt(out, "%c%u", mark, count ? start + 1 : start);
    if (count != 1)
        buf_fmt(out, ",%u", count);
}

/* Changes [first, end) in one hunk. */
static void add_hunk(struct buf *out, const struct pair_of_texts *t, const struct change *first,
                     const struct change *end)
{
    const struct change *last = end - 1;
    uint32_t lead = first->old_start < CONTEXT_LINES ? first->old_start : CONTEXT_LINES;
    uint32_t old_from = first->old_start - lead, new_from = first->new_start - lead;
    uint32_t old_last = last->old_start + last->old_count;
    uint32_t tail =
        t->old.count - old_last < CONTEXT_LINES ? t->old.count - old_last : CONTEXT_LINES;
    uint32_t new_to = last->new_start + last->new_count + tail;
    buf_add(out, STR("@@ "));
    add_range(out, '-', old_from, old_last + tail - old_from);
    buf_add_char(out, ' ');
    add_range(out, '+', new_from, new_to - new_from);
    buf_add(out, STR(" @@\n"));
    uint32_t at = old_from;
    for (const struct change *change = first; change < end; change++) {
        add_lines(out, ' ', &t->old, at, change->old_start);
        add_lines(out, '-', &t->old, change->old_start, change->old_start + change->old_count);
        add_lines(out, '+', &t->new, change->new_start, change->new_start + change->new_count);
        at = change->old_start + change->old_count;
    }
    add_lines(out, ' ', &t->old, at, old_last + tail);
}

/* "a/path", quoted as git does when it holds blanks at risk, quotes or control bytes. */
static void add_path(struct buf *out, const char *prefix, str path)
{
    bool quote = false;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.at[i];
        quote = quote || c < ' ' || c == '"' || c == '\\' || c >= 0x7f;
    }
    if (quote)
        buf_add_char(out, '"');
    buf_add(out, str_from(prefix));
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.at[i];
        if (c == '"' || c == '\\')
            buf_fmt(out, "\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            buf_fmt(out, "\\%03o", c);
        else
            buf_add_char(out, (char)c);
    }
    if (quote)
        buf_add_char(out, '"');
    else if (str_has_char(path, ' '))
        buf_add_char(out, '\t');
    buf_add_char(out, '\n');
}

str diff_unified(struct arena *arena, str path, str before, str after)
{
    if (before.at && str_eq(before, after))
        return STR("");
    struct pair_of_texts t = {.old = split(arena, before), .new = split(arena, after)};
    t.old_end = t.old.count;
    t.new_end = t.new.count;
    while (t.head < t.old_end && t.head < t.new_end && str_eq(t.old.at[t.head], t.new.at[t.head]))
        t.head++;
    while (t.old_end > t.head && t.new_end > t.head &&
           str_eq(t.old.at[t.old_end - 1], t.new.at[t.new_end - 1]))
        t.old_end--, t.new_end--;
    struct change_list changes = changes_of(arena, &t);
    struct buf out = buf_init(arena, 2 * (before.len + after.len) + 64 * 1024 +
                                         32 * ((size_t)t.old.count + t.new.count));
    if (before.at) {
        buf_add(&out, STR("--- "));
        add_path(&out, "a/", path);
    } else {
        buf_add(&out, STR("--- /dev/null\n"));
    }
    buf_add(&out, STR("+++ "));
    add_path(&out, "b/", path);
    for (uint32_t i = 0; i < changes.count;) {
        uint32_t end = i + 1;
        while (end < changes.count && changes.at[end].old_start - (changes.at[end - 1].old_start +
                                                                   changes.at[end - 1].old_count) <=
                                          2 * CONTEXT_LINES)
            end++;
        add_hunk(&out, &t, &changes.at[i], &changes.at[end - 1] + 1);
        i = end;
    }
    return buf_str(&out);
}
