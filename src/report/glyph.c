#include "report/paint.h"

#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

/*
 * One character of foreign text as it may be shown.
 *
 * Whatever could drive a terminal or lie about the order of what is read (C0, DEL, C1,
 * bidirectional controls, bytes that are not UTF-8) is written as an escape. Widths follow the East
 * Asian "wide" ranges of Unicode, coarsely: a caret that is off by one under an exotic script does
 * no harm.
 */

static const struct {
    uint32_t first, last;
    unsigned width;
} widths[] = {
    {0x0300, 0x036f, 0},   {0x1100, 0x115f, 2},   {0x200b, 0x200d, 0},   {0x20d0, 0x20f0, 0},
    {0x2e80, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
    {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
    {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
};

unsigned code_width(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_COUNT(widths); i++)
        if (code >= widths[i].first && code <= widths[i].last)
            return widths[i].width;
    return 1;
}

static bool code_is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xfeff;
}

static struct glyph plain(unsigned bytes, const char *text)
{
    struct glyph glyph = {.bytes = bytes, .len = (unsigned)strlen(text)};
    memcpy(glyph.text, text, glyph.len);
    glyph.width = glyph.len;
    return glyph;
}

static struct glyph escaped(unsigned bytes, uint32_t code)
{
    char text[16];
    if (code < 0x100)
        snprintf(text, sizeof(text), "\\x%02x", code);
    else
        snprintf(text, sizeof(text), "\\u{%04x}", code);
    return plain(bytes, text);
}

struct glyph glyph_at(str rest)
{
    uint32_t code = 0;
    unsigned bytes = utf8_decode(rest, &code);
    if (!bytes)
        return (struct glyph){0};
    if (code == '\t')
        return plain(1, "    ");
    if (code == '\n')
        return plain(1, "\\n");
    if (code == '\r')
        return plain(1, "\\r");
    if (code == 0xfffd && bytes == 1)
        return escaped(1, (unsigned char)rest.at[0]);
    if (code_is_unsafe(code))
        return escaped(bytes, code);
    struct glyph glyph = {.len = bytes, .bytes = bytes, .width = code_width(code)};
    memcpy(glyph.text, rest.at, bytes);
    return glyph;
}

unsigned text_width(str text)
{
    unsigned width = 0;
    while (text.len) {
        struct glyph glyph = glyph_at(text);
        width += glyph.width;
        text = str_from_index(text, glyph.bytes);
    }
    return width;
}
