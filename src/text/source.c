#include "text/source.h"

#include "base/limits.h"

struct source *source_new(struct arena *arena, str path, str text)
{
    assert(text.len <= UINT32_MAX / 2);
    struct source *source = NEW(arena, struct source);
    *source = (struct source){.path = path, .text = text, .line_count = 1};
    uint32_t returns = 0;
    for (str rest = text; str_has_char(rest, '\n'); source->line_count++) {
        size_t at = str_find_char(rest, '\n');
        returns += at > 0 && rest.at[at - 1] == '\r';
        rest = str_from_index(rest, at + 1);
    }
    source->crlf = returns * 2 > source->line_count - 1;
    source->bom = str_starts(text, STR("\xEF\xBB\xBF"));
    source->line_starts = NEW_ARRAY(arena, uint32_t, source->line_count);
    uint32_t line = 1;
    for (size_t at = 0; line < source->line_count; line++) {
        at += str_find_char(str_from_index(text, at), '\n') + 1;
        source->line_starts[line] = (uint32_t)at;
    }
    return source;
}

struct position source_position(const struct source *source, uint32_t offset)
{
    if (offset > source->text.len)
        offset = (uint32_t)source->text.len;
    uint32_t low = 0, high = source->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return (struct position){low + 1, offset - source->line_starts[low] + 1};
}

span source_full_line(const struct source *source, uint32_t line)
{
    assert(line >= 1 && line <= source->line_count);
    uint32_t end =
        line < source->line_count ? source->line_starts[line] : (uint32_t)source->text.len;
    return (span){source->line_starts[line - 1], end};
}

span source_line(const struct source *source, uint32_t line)
{
    span at = source_full_line(source, line);
    if (at.end > at.start && source->text.at[at.end - 1] == '\n')
        at.end--;
    if (at.end > at.start && source->text.at[at.end - 1] == '\r')
        at.end--;
    return at;
}

str source_text(const struct source *source, span at)
{
    return str_slice(source->text, at.start, at.end);
}

str source_newline(const struct source *source)
{
    return source->crlf ? STR("\r\n") : STR("\n");
}
