#include "secrets/secrets.h"

#include "secrets/tokens.h"

#include <string.h>

/*
 * Finding secrets in text, in one pass.
 *
 * At each byte that begins a word, the rows whose literal start has that first byte are tried; at
 * each '=' and ':' the name to its left and the value to its right are looked at; at "://" a URL's
 * credentials. Most bytes begin no word that any row begins with, and cost a table look-up.
 *
 * What is found must not look made up: too regular (entropy), or with a word such as "example" in
 * it.
 */

enum { ROW_END = 255 };

/* Rows by the first byte of their literal: first[byte], then next[row]. */
struct row_index {
    uint8_t first[256], next[256];
};

static void index_rows(struct row_index *index)
{
    assert(token_row_count < ROW_END);
    memset(index, ROW_END, sizeof(*index));
    for (size_t i = token_row_count; i-- > 0;) {
        unsigned char c = (unsigned char)token_rows[i].shape[0];
        index->next[i] = index->first[c];
        index->first[c] = (uint8_t)i;
    }
}

/* The binary logarithm of 1 or more, to 2^-24, by squaring: the mathematical library would be one
 * more to load at each start. */
static double binary_log(double x)
{
    double whole = 0, part = 0;
    for (; x >= 2; x /= 2)
        whole += 1;
    for (double bit = 0.5; bit > 1.0 / (1 << 24); bit /= 2) {
        x *= x;
        if (x >= 2) {
            x /= 2;
            part += bit;
        }
    }
    return whole + part;
}

double secret_entropy(str text)
{
    unsigned counts[256] = {0};
    for (size_t i = 0; i < text.len; i++)
        counts[(unsigned char)text.at[i]]++;
    double bits = 0;
    for (int c = 0; c < 256 && text.len; c++) {
        if (!counts[c])
            continue;
        double rarity = (double)text.len / counts[c];
        bits += binary_log(rarity) / rarity;
    }
    return bits;
}

/* Words that stand in made-up tokens only. */
static bool looks_made_up(str text)
{
    static const char *const words[] = {"example",    "xxxxx",       "00000",
                                        "your",       "placeholder", "changeme",
                                        "abcdefghij", "1234567890",  "redacted"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_has_nocase(text, str_from(words[i])))
            return true;
    return false;
}

/* The row that the text at its start belongs to, and its length; NULL when there is none. */
static const struct token_row *row_at(const struct row_index *index, str text, size_t *out_len)
{
    unsigned row = index->first[(unsigned char)text.at[0]];
    for (; row != ROW_END; row = index->next[row]) {
        const struct token_row *found = &token_rows[row];
        size_t len = shape_match(found->shape, text);
        if (!len)
            continue;
        str token = str_slice(text, 0, len);
        str body = str_from_index(token, shape_literal(found->shape));
        unsigned least = found->entropy_tenths ? found->entropy_tenths : 25;
        if (secret_entropy(body) * 10 < least || looks_made_up(token))
            continue;
        *out_len = len;
        return found;
    }
    return NULL;
}

/* "-----BEGIN RSA PRIVATE KEY-----" and its relatives; the length of the block, or 0. */
static size_t private_key(str text)
{
    str head = str_slice(text, 0, 60);
    size_t mark = str_find(head, STR("PRIVATE KEY"));
    if (!str_starts(head, STR("-----BEGIN ")) || mark == STR_MISSING)
        return 0;
    size_t line = str_find_char(head, '\n');
    if (line != STR_MISSING && line < mark)
        return 0;
    size_t after = mark + sizeof("PRIVATE KEY-----") - 1;
    if (str_starts(str_from_index(text, mark), STR("PRIVATE KEY BLOCK-----")))
        after += sizeof(" BLOCK") - 1;
    str body = str_slice(text, after, after + 16384);
    size_t end = str_find(body, STR("-----END "));
    if (end == STR_MISSING || end < 64)
        return 0; /* named in a program or a document, not given */
    size_t tail = str_find_char(str_from_index(body, end), '\n');
    return after + (tail == STR_MISSING ? body.len : end + tail);
}

/* -- NAME=value in any text -------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return char_is_name(c) || c == '-' || c == '.';
}

/* The name that ends in front of `at` ('=' or ':'), without quotes and blanks. */
static str name_before(str text, size_t at)
{
    size_t end = at;
    while (end > 0 && char_is_blank(text.at[end - 1]))
        end--;
    if (end > 0 && (text.at[end - 1] == '"' || text.at[end - 1] == '\''))
        end--;
    size_t start = end;
    while (start > 0 && is_name_byte(text.at[start - 1]) && end - start < 64)
        start--;
    return str_slice(text, start, end);
}

/* The value that begins behind `at`: quoted, or up to a blank or a mark that ends it. */
static str value_after(str text, size_t at)
{
    size_t start = at;
    while (start < text.len && char_is_blank(text.at[start]))
        start++;
    char quote = start < text.len ? text.at[start] : '\0';
    bool quoted = quote == '"' || quote == '\'';
    start += quoted;
    size_t end = start;
    for (; end < text.len && end - start < 512; end++) {
        char c = text.at[end];
        if (c == '\n' || (quoted ? c == quote : char_is_space(c) || strchr("\"',;&|", c)))
            break;
    }
    return str_slice(text, start, end);
}

/* In a program's text a name that says secret mostly gets an expression; only a value that looks
 * random is one. */
static bool looks_random(str value)
{
    bool digit = false, letter = false;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c <= ' ' || c == 127 || strchr("(){}[]<>$`;\\", c))
            return false;
        digit = digit || char_is_digit(c);
        letter = letter || char_is_alpha(c);
    }
    return value.len >= 10 && value.len <= 256 && digit && letter && secret_entropy(value) >= 3.0;
}

struct search {
    struct arena *arena;
    str text;
    struct row_index index;
    struct secret_matches *out;
};

static size_t found(struct search *search, const char *kind, const char *title, size_t start,
                    size_t len)
{
    struct secret_match match = {kind, title, {(uint32_t)start, (uint32_t)(start + len)}};
    vec_push(search->arena, search->out, match);
    return start + len;
}

/* A named value around the '=' or ':' at `at`; where to go on. */
static size_t try_named(struct search *search, size_t at)
{
    str name = name_before(search->text, at);
    if (name.len < 3 || !secret_name(name))
        return at + 1;
    str value = value_after(search->text, at + 1);
    if (!looks_random(value) || !secret_value(value) || looks_made_up(value))
        return at + 1;
    size_t start = (size_t)(value.at - search->text.at), len;
    const struct token_row *row = row_at(&search->index, value, &len);
    if (row)
        return found(search, row->kind, row->title, start, len);
    return found(search, "generic-secret", "a value whose name says secret", start, value.len);
}

static size_t try_url(struct search *search, size_t at)
{
    size_t start = at;
    while (start > 0 &&
           (char_is_alnum(search->text.at[start - 1]) || search->text.at[start - 1] == '+'))
        start--;
    span hit = secret_in_url(str_slice(search->text, start, at + 1024));
    if (span_is_empty(hit))
        return at + 3;
    return found(search, "url-credentials", "credentials in a URL", start + hit.start,
                 hit.end - hit.start);
}

void secrets_find(struct arena *arena, str text, struct secret_matches *out_matches)
{
    struct search search = {.arena = arena, .text = text, .out = out_matches};
    index_rows(&search.index);
    char before = '\n';
    for (size_t at = 0; at < text.len;) {
        char c = text.at[at];
        size_t next = at + 1, len = 0;
        const struct token_row *row = NULL;
        if (search.index.first[(unsigned char)c] != ROW_END && !char_is_alnum(before) &&
            (before != '_' || c == '_'))
            row = row_at(&search.index, str_from_index(text, at), &len);
        if (row)
            next = found(&search, row->kind, row->title, at, len);
        else if (c == '-' && before != '-' && (len = private_key(str_from_index(text, at))) > 0)
            next = found(&search, "private-key", "a private key", at, len);
        else if (c == ':' && str_starts(str_slice(text, at, at + 3), STR("://")))
            next = try_url(&search, at);
        else if (c == '=' || c == ':')
            next = try_named(&search, at);
        before = text.at[next - 1];
        at = next;
    }
}

const char *secret_in_value(struct arena *arena, str value)
{
    struct secret_matches matches = {0};
    secrets_find(arena, value, &matches);
    return matches.count ? matches.at[0].title : NULL;
}

/* -- what may be shown ------------------------------------------------------------------------- */

str secret_redact(struct arena *arena, str secret)
{
    size_t shown = secret.len / 4 < 4 ? secret.len / 4 : 4;
    for (size_t i = 0; i < shown; i++)
        if (secret.at[i] <= ' ' || secret.at[i] > '~')
            shown = i;
    const char *size = secret.len < 16 ? "short" : secret.len < 64 ? "medium" : "long";
    return str_fmt(arena, "%.*s*** (%s)", STR_ARG(str_slice(secret, 0, shown)), size);
}

/* Where the authority of the URL ends: at '/', '?', '#', a blank or a quote. */
static size_t authority_end(str text, size_t start)
{
    size_t end = start;
    while (end < text.len && (unsigned char)text.at[end] > ' ' &&
           !strchr("/?#\"'`<>\\,;|)", text.at[end]))
        end++;
    return end;
}

span secret_in_url(str text)
{
    size_t mark = str_find(text, STR("://"));
    if (mark == STR_MISSING || mark == 0)
        return (span){0};
    size_t start = mark + 3, end = authority_end(text, start);
    str authority = str_slice(text, start, end);
    size_t sign = str_find_last_char(authority, '@');
    if (sign == STR_MISSING || sign == 0 || sign + 1 >= authority.len)
        return (span){0};
    str user = str_slice(authority, 0, sign);
    size_t colon = str_find_char(user, ':');
    str secret = colon == STR_MISSING ? user : str_from_index(user, colon + 1);
    bool likely = colon == STR_MISSING ? secret.len >= 20 && secret_entropy(secret) >= 3.0
                                       : secret_value(secret) && !looks_made_up(secret);
    if (!likely)
        return (span){0};
    uint32_t at = (uint32_t)(secret.at - text.at);
    return (span){at, at + (uint32_t)secret.len};
}
