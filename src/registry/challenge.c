#include "registry/challenge.h"

#include "base/arena.h"
#include "base/buf.h"

enum { VALUE_BYTES_MAX = 16 << 10 };

static void skip_blanks(str *rest)
{
    *rest = str_trim_start(*rest);
}

static bool is_token_char(char c)
{
    return char_is_alnum(c) || (c && str_has_char(STR("!#$%&'*+-.^_`|~"), c));
}

static str take_token(str *rest)
{
    size_t end = 0;
    while (end < rest->len && is_token_char(rest->at[end]))
        end++;
    str token = str_slice(*rest, 0, end);
    *rest = str_from_index(*rest, end);
    return token;
}

/* A token, or a quoted string with its escapes undone; false when it does not end. */
static bool take_value(struct arena *arena, str *rest, str *out_value)
{
    if (!str_starts(*rest, STR("\""))) {
        *out_value = take_token(rest);
        return out_value->len > 0;
    }
    struct buf out = buf_init(arena, VALUE_BYTES_MAX);
    for (size_t i = 1; i < rest->len; i++) {
        char c = rest->at[i];
        if (c == '"') {
            *rest = str_from_index(*rest, i + 1);
            *out_value = buf_str(&out);
            return !out.full;
        }
        if (c == '\\' && i + 1 < rest->len)
            c = rest->at[++i];
        buf_add_char(&out, c);
    }
    return false;
}

static void note(struct challenge *challenge, str key, str value)
{
    if (str_eq_nocase(key, STR("realm")))
        challenge->realm = value;
    else if (str_eq_nocase(key, STR("service")))
        challenge->service = value;
    else if (str_eq_nocase(key, STR("scope")))
        challenge->scope = value;
    else if (str_eq_nocase(key, STR("error")))
        challenge->error = value;
}

/* The parameters behind a scheme; *rest is left at the next scheme. False: it cannot be read. */
static bool take_parameters(struct arena *arena, str *rest, struct challenge *challenge)
{
    for (;;) {
        skip_blanks(rest);
        while (str_starts(*rest, STR(","))) {
            *rest = str_from_index(*rest, 1);
            skip_blanks(rest);
        }
        str before = *rest, value;
        str key = take_token(rest);
        skip_blanks(rest);
        if (!key.len || !str_starts(*rest, STR("="))) {
            *rest = before;
            return key.len || !before.len;
        }
        *rest = str_from_index(*rest, 1);
        skip_blanks(rest);
        if (!take_value(arena, rest, &value))
            return false;
        note(challenge, key, value);
    }
}

struct challenge challenge_parse(struct arena *arena, str header)
{
    struct challenge best = {0};
    str rest = header;
    bool readable = true;
    while (readable) {
        struct challenge one = {
            .realm = STR(""), .service = STR(""), .scope = STR(""), .error = STR("")};
        skip_blanks(&rest);
        str scheme = take_token(&rest);
        if (!scheme.len)
            break;
        readable = take_parameters(arena, &rest, &one);
        if (!readable)
            break;
        if (str_eq_nocase(scheme, STR("bearer")) && one.realm.len)
            one.kind = CHALLENGE_BEARER;
        else if (str_eq_nocase(scheme, STR("basic")))
            one.kind = CHALLENGE_BASIC;
        if (one.kind > best.kind)
            best = one;
    }
    return best;
}
