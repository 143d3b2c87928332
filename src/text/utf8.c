#include "text/utf8.h"

unsigned utf8_decode(str text, uint32_t *out_code)
{
    if (!text.len)
        return 0;
    const unsigned char *at = (const unsigned char *)text.at;
    *out_code = at[0];
    if (at[0] < 0x80)
        return 1;
    unsigned length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    *out_code = UTF8_BAD;
    if (at[0] < 0xc2 || at[0] > 0xf4 || text.len < length)
        return 1;
    uint32_t code = at[0] & (0x7fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (at[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 1;
    *out_code = code;
    return length;
}

uint32_t utf8_next(const char **at, const char *end)
{
    assert(*at < end);
    uint32_t code;
    *at += utf8_decode((str){*at, (size_t)(end - *at)}, &code);
    return code;
}

unsigned utf8_length(str text)
{
    uint32_t code = 0;
    unsigned length = utf8_decode(text, &code);
    return code == UTF8_BAD && length == 1 ? 0 : length;
}

size_t utf8_bad_byte(str text)
{
    size_t at = 0;
    while (at < text.len) {
        if ((unsigned char)text.at[at] < 0x80) {
            at++;
            continue;
        }
        unsigned length = utf8_length(str_from_index(text, at));
        if (!length)
            return at;
        at += length;
    }
    return STR_MISSING;
}

unsigned utf8_put(char out[4], uint32_t code_point)
{
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
        code_point = 0xfffd;
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}
