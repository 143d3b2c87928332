#include "base/buf.h"
#include "dockerfile/instructions.h"

/*
 * JSON as far as a Dockerfile needs it: is the text an array of strings, and which?
 * Strict, as Go's decoder is: a trailing comma, a single quote or a control byte in a string
 * make it no JSON at all, and the instruction is in shell form.
 */

struct json {
    struct arena *arena;
    str text;
    size_t at;
    unsigned depth;
};

static void skip_space(struct json *json)
{
    while (json->at < json->text.len && str_has_char(STR(" \t\n\r"), json->text.at[json->at]))
        json->at++;
}

static bool take(struct json *json, char c)
{
    if (json->at >= json->text.len || json->text.at[json->at] != c)
        return false;
    json->at++;
    return true;
}

static bool take_word(struct json *json, str word)
{
    if (!str_starts(str_from_index(json->text, json->at), word))
        return false;
    json->at += word.len;
    return true;
}

static size_t take_digits(struct json *json)
{
    size_t start = json->at;
    while (json->at < json->text.len && char_is_digit(json->text.at[json->at]))
        json->at++;
    return json->at - start;
}

static bool take_number(struct json *json)
{
    take(json, '-');
    if (!take(json, '0') && take_digits(json) == 0)
        return false;
    if (take(json, '.') && take_digits(json) == 0)
        return false;
    if (!take(json, 'e') && !take(json, 'E'))
        return true;
    if (!take(json, '+'))
        take(json, '-');
    return take_digits(json) > 0;
}

static bool take_hex4(struct json *json, uint32_t *out_value)
{
    uint32_t value = 0;
    if (json->text.len - json->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = char_lower(json->text.at[json->at++]);
        if (char_is_digit(c))
            value = value * 16 + (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    *out_value = value;
    return true;
}

static void add_utf8(struct buf *buf, uint32_t rune)
{
    if (rune < 0x80) {
        buf_add_char(buf, (char)rune);
        return;
    }
    if (rune < 0x800) {
        buf_add_char(buf, (char)(0xC0 | rune >> 6));
    } else if (rune < 0x10000) {
        buf_add_char(buf, (char)(0xE0 | rune >> 12));
        buf_add_char(buf, (char)(0x80 | (rune >> 6 & 0x3F)));
    } else {
        buf_add_char(buf, (char)(0xF0 | rune >> 18));
        buf_add_char(buf, (char)(0x80 | (rune >> 12 & 0x3F)));
        buf_add_char(buf, (char)(0x80 | (rune >> 6 & 0x3F)));
    }
    buf_add_char(buf, (char)(0x80 | (rune & 0x3F)));
}

/* Behind "\u": a character, which may be two surrogates; a lone one becomes U+FFFD. */
static bool take_unicode(struct json *json, struct buf *buf)
{
    uint32_t rune, low;
    if (!take_hex4(json, &rune))
        return false;
    if (rune >= 0xD800 && rune < 0xDC00) {
        size_t back = json->at;
        if (take_word(json, STR("\\u")) && take_hex4(json, &low) && low >= 0xDC00 && low < 0xE000) {
            rune = 0x10000 + ((rune - 0xD800) << 10 | (low - 0xDC00));
        } else {
            json->at = back;
            rune = 0xFFFD;
        }
    } else if (rune >= 0xDC00 && rune < 0xE000) {
        rune = 0xFFFD;
    }
    add_utf8(buf, rune);
    return true;
}

static bool take_escape(struct json *json, struct buf *buf)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (json->at >= json->text.len)
        return false;
    char c = json->text.at[json->at++];
    if (c == 'u')
        return take_unicode(json, buf);
    for (size_t i = 0; names[i]; i++) {
        if (names[i] == c) {
            buf_add_char(buf, values[i]);
            return true;
        }
    }
    return false;
}

/* A string; shares the source's bytes when nothing in it is escaped. */
static bool take_string(struct json *json, str *out_value)
{
    if (!take(json, '"'))
        return false;
    size_t start = json->at;
    struct buf buf = {0};
    bool escaped = false;
    while (json->at < json->text.len) {
        char c = json->text.at[json->at];
        if (c == '"') {
            str plain = str_slice(json->text, start, json->at++);
            *out_value = escaped ? buf_str(&buf) : plain;
            return true;
        }
        if ((unsigned char)c < 0x20)
            return false;
        if (c == '\\' && !escaped) {
            buf = buf_init(json->arena, LIMIT_INSTRUCTION * 3);
            buf_add(&buf, str_slice(json->text, start, json->at));
            escaped = true;
        }
        json->at++;
        if (c == '\\' ? !take_escape(json, &buf) : false)
            return false;
        if (c != '\\' && escaped)
            buf_add_char(&buf, c);
    }
    return false;
}

static bool take_value(struct json *json);

static bool take_object(struct json *json, str key, str *out_value, bool *out_found)
{
    str name;
    skip_space(json);
    if (take(json, '}'))
        return true;
    do {
        skip_space(json);
        if (!take_string(json, &name))
            return false;
        skip_space(json);
        if (!take(json, ':'))
            return false;
        skip_space(json);
        if (out_value && str_eq(name, key) && json->text.at[json->at] == '"') {
            *out_found = true;
            if (!take_string(json, out_value))
                return false;
        } else if (!take_value(json)) {
            return false;
        }
        skip_space(json);
    } while (take(json, ','));
    return take(json, '}');
}

static bool take_array(struct json *json)
{
    skip_space(json);
    if (take(json, ']'))
        return true;
    do {
        if (!take_value(json))
            return false;
        skip_space(json);
    } while (take(json, ','));
    return take(json, ']');
}

static bool take_value(struct json *json)
{
    str ignored;
    skip_space(json);
    if (json->at >= json->text.len || json->depth >= LIMIT_NESTING)
        return false;
    json->depth++;
    bool good;
    switch (json->text.at[json->at]) {
    case '"': good = take_string(json, &ignored); break;
    case '[': good = take(json, '[') && take_array(json); break;
    case '{': good = take(json, '{') && take_object(json, STR_NONE, NULL, NULL); break;
    case 't': good = take_word(json, STR("true")); break;
    case 'f': good = take_word(json, STR("false")); break;
    case 'n': good = take_word(json, STR("null")); break;
    default: good = take_number(json); break;
    }
    json->depth--;
    return good;
}

enum json_list exec_words(struct arena *arena, str text, struct words *out_words)
{
    struct json json = {.arena = arena, .text = text};
    struct words words = {0};
    bool strings = true;
    if (!take(&json, '['))
        return JSON_NONE;
    skip_space(&json);
    if (!take(&json, ']')) {
        do {
            skip_space(&json);
            size_t start = json.at;
            struct word word = {0};
            if (start < text.len && text.at[start] == '"') {
                if (!take_string(&json, &word.raw))
                    return JSON_NONE;
                word.at = (span){(uint32_t)start, (uint32_t)json.at};
                vec_push(arena, &words, word);
            } else {
                strings = false;
                if (!take_value(&json))
                    return JSON_NONE;
            }
            skip_space(&json);
        } while (take(&json, ','));
        if (!take(&json, ']'))
            return JSON_NONE;
    }
    skip_space(&json);
    if (json.at < text.len)
        return JSON_NONE;
    if (!strings)
        return JSON_NOT_STRINGS;
    *out_words = words;
    return JSON_STRINGS;
}

bool exec_member(struct arena *arena, str text, str key, str *out_value)
{
    struct json json = {.arena = arena, .text = text};
    bool found = false;
    str value = STR_NONE;
    if (!take(&json, '{') || !take_object(&json, key, &value, &found) || !found)
        return false;
    skip_space(&json);
    if (json.at < text.len)
        return false;
    *out_value = value;
    return true;
}
