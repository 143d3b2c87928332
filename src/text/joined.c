#include "text/joined.h"

struct joined joined_of(struct arena *arena, const struct source *source, span at)
{
    struct joined joined = {.text = source_text(source, at)};
    vec_push(arena, &joined.pieces, (struct joined_piece){0, at.start});
    return joined;
}

uint32_t joined_piece_of(const struct joined *joined, size_t offset)
{
    assert(joined->pieces.count > 0);
    uint32_t low = 0, high = joined->pieces.count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (joined->pieces.at[middle].at <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t offset_in(const struct joined *joined, size_t offset)
{
    const struct joined_piece *piece = &joined->pieces.at[joined_piece_of(joined, offset)];
    return piece->source + (uint32_t)(offset - piece->at);
}

uint32_t joined_offset(const struct joined *joined, size_t offset)
{
    if (!joined->pieces.count)
        return 0;
    if (offset > 0 && offset >= joined->text.len)
        return offset_in(joined, joined->text.len - (joined->text.len > 0)) +
               (joined->text.len > 0);
    return offset_in(joined, offset);
}

span joined_span(const struct joined *joined, size_t start, size_t end)
{
    uint32_t first = joined_offset(joined, start);
    if (end <= start)
        return (span){first, first};
    return (span){first, joined_offset(joined, end - 1) + 1};
}

struct joined joined_slice(struct arena *arena, const struct joined *joined, size_t start,
                           size_t end)
{
    struct joined part = {.text = str_slice(joined->text, start, end)};
    if (end > joined->text.len)
        end = joined->text.len;
    vec_push(arena, &part.pieces, (struct joined_piece){0, joined_offset(joined, start)});
    if (!joined->pieces.count)
        return part;
    for (uint32_t i = joined_piece_of(joined, start) + 1; i < joined->pieces.count; i++) {
        struct joined_piece piece = joined->pieces.at[i];
        if (piece.at >= end)
            break;
        piece.at -= (uint32_t)start;
        vec_push(arena, &part.pieces, piece);
    }
    return part;
}
