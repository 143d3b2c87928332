#include "report/paint.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Pieces of terminal text; the only place that knows ANSI. */

static const char *const ink_codes[] = {
    [INK_PLAIN] = "",          [INK_BOLD] = "\033[1m",
    [INK_RED] = "\033[1;31m",  [INK_YELLOW] = "\033[1;33m",
    [INK_CYAN] = "\033[1;36m", [INK_GREEN] = "\033[32m",
    [INK_DIM] = "\033[2m",
};

struct paint paint_init(struct arena *arena, const struct report_style *style)
{
    return (struct paint){.out = buf_init(arena, REPORT_BYTES_MAX), .style = *style};
}

static bool ink_begin(struct paint *paint, enum ink ink)
{
    if (!paint->style.color || ink == INK_PLAIN)
        return false;
    buf_add(&paint->out, str_from(ink_codes[ink]));
    return true;
}

static void ink_end(struct paint *paint, bool begun)
{
    if (begun)
        buf_add(&paint->out, STR("\033[0m"));
}

void paint_z(struct paint *paint, enum ink ink, const char *text)
{
    bool begun = ink_begin(paint, ink);
    buf_add(&paint->out, str_from(text));
    ink_end(paint, begun);
}

void paint_fmt(struct paint *paint, enum ink ink, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    paint_z(paint, ink, text);
}

static void add_safe(struct buf *out, str text)
{
    while (text.len) {
        struct glyph glyph = glyph_at(text);
        buf_add(out, (str){glyph.text, glyph.len});
        text = str_from_index(text, glyph.bytes);
    }
}

void paint_text(struct paint *paint, enum ink ink, str text)
{
    bool begun = ink_begin(paint, ink);
    add_safe(&paint->out, text);
    ink_end(paint, begun);
}

void paint_blanks(struct paint *paint, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_add_char(&paint->out, ' ');
}

enum { SIZE_COLUMNS = 9 }; /* "1000.0 MB" */

void paint_size(struct paint *paint, enum ink ink, uint64_t bytes)
{
    str size = size_print(paint->out.arena, bytes);
    paint_fmt(paint, ink, "%*.*s", SIZE_COLUMNS, STR_ARG(size));
}

void paint_wrapped(struct paint *paint, str text, unsigned column, unsigned indent)
{
    unsigned at = column;
    bool first = true;
    str word;
    while (str_next_word(&text, &word)) {
        unsigned width = text_width(word);
        if (!first && at + 1 + width > paint->style.width) {
            buf_add_char(&paint->out, '\n');
            paint_blanks(paint, indent);
            at = indent;
        } else if (!first) {
            buf_add_char(&paint->out, ' ');
            at++;
        }
        add_safe(&paint->out, word);
        at += width;
        first = false;
    }
}

enum ink severity_ink(enum severity severity)
{
    switch (severity) {
    case SEVERITY_ERROR: return INK_RED;
    case SEVERITY_WARNING: return INK_YELLOW;
    case SEVERITY_NOTE: return INK_CYAN;
    }
    return INK_PLAIN;
}

str report_escape(struct arena *arena, str text)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    add_safe(&out, text);
    return buf_str(&out);
}
