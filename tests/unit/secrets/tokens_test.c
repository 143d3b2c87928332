#include "tests/unit/unit.h"

#include "secrets/secrets.h"
#include "secrets/tokens.h"

#include <stdlib.h>
#include <string.h>

/* One of the letters, by a generator that is the same in each run. */
static char drawn(uint32_t *draw, const char *letters)
{
    *draw = *draw * 1664525 + 1013904223;
    return letters[(*draw >> 16) % strlen(letters)];
}

/* A token of the row's shape, put together here so that no file of ours holds one. */
static str made_token(struct arena *arena, const char *shape)
{
    static const char letters[] = "q7Rk2mZx9LwT4bVn8HcJ5sYd3PfG6aKu";
    static const char hex[] = "9f3a7c1e5b8d2064", capitals[] = "Q7RK2MZX5LWT4BVN6HCJ3SYDPFG";
    static const char smalls[] = "q7rk2mzx9lwt4bvn8hcj5syd3pfg", digits[] = "7402918365";
    static const char alphas[] = "qRkmZxLwTbVnHcJsYdPfGaKuEoIe";
    str out = STR("");
    uint32_t draw = 7;
    while (*shape) {
        if (*shape != '%') {
            out = str_fmt(arena, "%.*s%c", STR_ARG(out), *shape++);
            continue;
        }
        char class = shape[1];
        const char *from = strchr("xX", class)   ? hex
                           : strchr("UA", class) ? capitals
                           : class == 'a'        ? smalls
                           : class == 'd'        ? digits
                           : class == 'l'        ? alphas
                                                 : letters;
        size_t count = (size_t)strtol(shape + 3, NULL, 10);
        for (size_t i = 0; i < count; i++)
            out = str_fmt(arena, "%.*s%c", STR_ARG(out), drawn(&draw, from));
        shape = strchr(shape, '}') + 1;
    }
    return out;
}

static bool found_at(struct arena *arena, str text, str token, const char *kind)
{
    struct secret_matches matches = {0};
    secrets_find(arena, text, &matches);
    VEC_EACH(struct secret_match, match, matches)
        if (str_eq(str_slice(text, match->at.start, match->at.end), token) &&
            strcmp(match->kind, kind) == 0)
            return true;
    return false;
}

static void every_row_finds_its_tokens(void **state)
{
    struct unit_rows rows = {0};
    assert_true(token_row_count >= 60);
    for (size_t i = 0; i < token_row_count; i++) {
        const struct token_row *row = &token_rows[i];
        str token = made_token(*state, row->shape);
        bool begins = shape_literal(row->shape) >= 2;
        str quoted = str_fmt(*state, "x = \"%.*s\"\n", STR_ARG(token));
        unit_row(&rows, row->shape, begins && found_at(*state, quoted, token, row->kind));
        str inside = str_fmt(*state, "zz%.*s", STR_ARG(token));
        unit_row(&rows, row->shape, !found_at(*state, inside, token, row->kind));
    }
    assert_rows(rows);
}

static void what_is_no_secret_stays_unfound(void **state)
{
    static const char *const texts[] = {
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "token = ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "password = get_password()",
        "const token: string = '';",
        "password: {{ .Values.password }}",
        "TOKEN=$GITHUB_TOKEN",
        "url = https://example.org/a:b@c",
        "image: postgres:16",
        "sha256:9f3a7c1e5b8d20649f3a7c1e5b8d20649f3a7c1e5b8d20649f3a7c1e5b8d2064",
        "-----BEGIN PRIVATE KEY----- is how it starts",
        "git@github.com:owner/name.git",
        "https://user@example.org/path",
        "https://$USER:$TOKEN@example.org/",
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        unit_row(&rows, texts[i], secret_in_value(*state, str_from(texts[i])) == NULL);
    assert_rows(rows);
}

static void keys_names_and_urls_are_found(void **state)
{
    struct unit_rows rows = {0};
    str body = made_token(*state, "%b{300}");
    str key = str_fmt(*state, "-----BEGIN %s PRIVATE KEY-----\n%.*s\n-----END %s PRIVATE KEY-----",
                      "RSA", STR_ARG(body), "RSA");
    unit_row(&rows, "a private key, whole", found_at(*state, key, key, "private-key"));
    str url = STR("git clone https://bot:q7Rk2mZx@host.invalid/x.git");
    unit_row(&rows, "the password of a URL",
             found_at(*state, url, STR("q7Rk2mZx"), "url-credentials"));
    str named = STR("db_password: \"q7Rk2mZx9LwT\"");
    unit_row(&rows, "a random value with a telling name",
             found_at(*state, named, STR("q7Rk2mZx9LwT"), "generic-secret"));
    assert_rows(rows);
}

static void little_is_shown(void **state)
{
    struct unit_rows rows = {0};
    unit_row_str(&rows, "four bytes of a long one",
                 secret_redact(*state, STR("abcdefghijklmnopqrst")), STR("abcd*** (medium)"));
    unit_row_str(&rows, "at most a quarter", secret_redact(*state, STR("abcdef")),
                 STR("a*** (short)"));
    assert_rows(rows);
    assert_true(secret_entropy(STR("aaaa")) == 0);
    assert_true(secret_entropy(STR("abcdabcd")) > 1.99 && secret_entropy(STR("abcd")) < 2.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_row_finds_its_tokens),
        UNIT_TEST(what_is_no_secret_stays_unfound),
        UNIT_TEST(keys_names_and_urls_are_found),
        UNIT_TEST(little_is_shown),
    };
    return cmocka_run_group_tests_name("secrets/tokens", tests, NULL, NULL);
}
