#include "data/data.h"
#include "text/utf8.h"

#include <math.h>

/* JSON as it comes. Which of the open brackets are objects is kept as one bit a level, so that a
 * key in a list, or none in an object, is an assertion and not a broken document. */

/* The largest report: 10^5 findings of a kilobyte each, with room. */
#define JSON_OUT_MAX ((size_t)512 << 20)

enum { JSON_OUT_DEPTH_MAX = 63 };

struct json_out json_out_init(struct arena *arena, bool pretty)
{
    return (struct json_out){.buf = buf_init(arena, JSON_OUT_MAX), .pretty = pretty};
}

static void new_line(struct json_out *out)
{
    if (!out->pretty)
        return;
    buf_add_char(&out->buf, '\n');
    for (uint32_t i = 0; i < out->depth; i++)
        buf_add(&out->buf, STR("  "));
}

static void add_escaped(struct json_out *out, unsigned char c)
{
    switch (c) {
    case '"': buf_add(&out->buf, STR("\\\"")); break;
    case '\\': buf_add(&out->buf, STR("\\\\")); break;
    case '\n': buf_add(&out->buf, STR("\\n")); break;
    case '\r': buf_add(&out->buf, STR("\\r")); break;
    case '\t': buf_add(&out->buf, STR("\\t")); break;
    default: buf_fmt(&out->buf, "\\u%04x", c); break;
    }
}

static void add_string(struct json_out *out, str text)
{
    size_t plain = 0, at = 0;
    buf_add_char(&out->buf, '"');
    while (at < text.len) {
        unsigned char c = (unsigned char)text.at[at];
        unsigned length = utf8_length(str_from_index(text, at));
        bool escape = c < 0x20 || c == 0x7f || c == '"' || c == '\\';
        if (length && !escape) {
            at += length;
            continue;
        }
        buf_add(&out->buf, str_slice(text, plain, at));
        if (length)
            add_escaped(out, c);
        else
            buf_add(&out->buf, STR("\xef\xbf\xbd"));
        plain = ++at;
    }
    buf_add(&out->buf, str_slice(text, plain, at));
    buf_add_char(&out->buf, '"');
}

/* What stands in front of every value: comma, line end, key. */
static void begin_value(struct json_out *out, const char *key)
{
    bool in_object = out->depth && (out->objects >> (out->depth - 1) & 1);
    assert(in_object == (key != NULL));
    if (out->comma)
        buf_add_char(&out->buf, ',');
    if (out->depth)
        new_line(out);
    out->comma = true;
    if (!key)
        return;
    add_string(out, str_from(key));
    buf_add(&out->buf, out->pretty ? STR(": ") : STR(":"));
}

static void begin_collection(struct json_out *out, const char *key, bool object)
{
    begin_value(out, key);
    assert(out->depth < JSON_OUT_DEPTH_MAX);
    out->objects &= ~((uint64_t)1 << out->depth);
    out->objects |= (uint64_t)object << out->depth;
    out->depth++;
    out->comma = false;
    buf_add_char(&out->buf, object ? '{' : '[');
}

static void end_collection(struct json_out *out, bool object)
{
    assert(out->depth > 0);
    out->depth--;
    assert((out->objects >> out->depth & 1) == object);
    if (out->comma)
        new_line(out);
    out->comma = true;
    buf_add_char(&out->buf, object ? '}' : ']');
    if (!out->depth && out->pretty)
        buf_add_char(&out->buf, '\n');
}

void json_object(struct json_out *out, const char *key)
{
    begin_collection(out, key, true);
}

void json_list(struct json_out *out, const char *key)
{
    begin_collection(out, key, false);
}

void json_end_object(struct json_out *out)
{
    end_collection(out, true);
}

void json_end_list(struct json_out *out)
{
    end_collection(out, false);
}

void json_str(struct json_out *out, const char *key, str value)
{
    begin_value(out, key);
    add_string(out, value);
}

void json_z(struct json_out *out, const char *key, const char *value)
{
    if (value)
        json_str(out, key, str_from(value));
    else
        json_null(out, key);
}

void json_u64(struct json_out *out, const char *key, uint64_t value)
{
    begin_value(out, key);
    buf_fmt(&out->buf, "%" PRIu64, value);
}

void json_i64(struct json_out *out, const char *key, int64_t value)
{
    begin_value(out, key);
    buf_fmt(&out->buf, "%" PRId64, value);
}

static void put_real(struct json_out *out, const char *key, double value, int digits)
{
    if (!isfinite(value)) {
        json_null(out, key);
        return;
    }
    begin_value(out, key);
    buf_fmt(&out->buf, "%.*f", digits, value);
}

void json_double(struct json_out *out, const char *key, double value)
{
    put_real(out, key, value, 2);
}

void json_ratio(struct json_out *out, const char *key, double value)
{
    put_real(out, key, value, 6);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
    begin_value(out, key);
    buf_add(&out->buf, value ? STR("true") : STR("false"));
}

void json_null(struct json_out *out, const char *key)
{
    begin_value(out, key);
    buf_add(&out->buf, STR("null"));
}

void json_digest(struct json_out *out, const char *key, const digest *value)
{
    if (value)
        json_str(out, key, digest_print(out->buf.arena, *value));
    else
        json_null(out, key);
}
