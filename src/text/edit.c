#include "text/edit.h"

#include <string.h>

void edits_sort(struct edit_list *edits)
{
    /* Insertion sort: fixes have a handful of edits, files have mostly sorted ones. */
    for (uint32_t i = 1; i < edits->count; i++) {
        struct edit edit = edits->at[i];
        uint32_t at = i;
        while (at > 0 && (edits->at[at - 1].at.start > edit.at.start ||
                          (edits->at[at - 1].at.start == edit.at.start &&
                           edits->at[at - 1].at.end > edit.at.end))) {
            edits->at[at] = edits->at[at - 1];
            at--;
        }
        edits->at[at] = edit;
    }
}

static bool conflict(const struct edit *a, const struct edit *b)
{
    if (a->at.start == b->at.start && (span_is_empty(a->at) || span_is_empty(b->at)))
        return span_is_empty(a->at) && span_is_empty(b->at);
    if (span_is_empty(a->at))
        return a->at.start > b->at.start && a->at.start < b->at.end;
    if (span_is_empty(b->at))
        return b->at.start > a->at.start && b->at.start < a->at.end;
    return span_overlaps(a->at, b->at);
}

bool edits_conflict(const struct edit_list *edits, const struct edit_list *more)
{
    for (uint32_t i = 0; i < edits->count; i++)
        for (uint32_t k = 0; k < more->count; k++)
            if (conflict(&edits->at[i], &more->at[k]))
                return true;
    return false;
}

str edits_apply(struct arena *arena, str text, const struct edit_list *edits)
{
    size_t size = text.len;
    VEC_EACH(struct edit, edit, *edits) {
        assert(edit->at.end <= text.len);
        size += edit->text.len - (edit->at.end - edit->at.start);
    }
    char *out = arena_alloc(arena, size + 1, 1);
    size_t used = 0, from = 0;
    for (uint32_t i = 0; i <= edits->count; i++) {
        size_t to = i < edits->count ? edits->at[i].at.start : text.len;
        assert(to >= from);
        if (to > from)
            memcpy(out + used, text.at + from, to - from);
        used += to - from;
        if (i == edits->count)
            break;
        str more = edits->at[i].text;
        if (more.len)
            memcpy(out + used, more.at, more.len);
        used += more.len;
        from = edits->at[i].at.end;
    }
    assert(used == size);
    return (str){out, used};
}
