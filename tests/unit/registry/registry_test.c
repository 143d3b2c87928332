#include "registry/challenge.h"
#include "registry/remote.h"
#include "tests/unit/registry/prop_registry.c" /* one body, two uses: this one, and the fuzzer's */
#include "tests/unit/unit.h"

/* What registries and login files say, row by row. */

static void challenges(void **state)
{
    static const struct {
        const char *says, *header, *realm, *scope;
        enum challenge_kind kind;
    } cases[] = {
        {"a bearer's realm and scope", "Bearer realm=\"https://a/t\",scope=\"repository:x:pull\"",
         "https://a/t", "repository:x:pull", CHALLENGE_BEARER},
        {"a comma inside quotes parts nothing",
         "Bearer realm=\"https://a/t\",scope=\"repository:x:pull,push\"", "https://a/t",
         "repository:x:pull,push", CHALLENGE_BEARER},
        {"names do not care for case", "bEARER REALM=\"r\"", "r", "", CHALLENGE_BEARER},
        {"blanks around = and ,", "Bearer  realm = \"r\" , scope = s", "r", "s", CHALLENGE_BEARER},
        {"escapes in quotes", "Bearer realm=\"a\\\"b\\\\c\"", "a\"b\\c", "", CHALLENGE_BEARER},
        {"basic", "Basic realm=\"x\"", "x", "", CHALLENGE_BASIC},
        {"basic without anything", "Basic", "", "", CHALLENGE_BASIC},
        {"bearer counts before basic", "Basic realm=\"x\", Bearer realm=\"y\"", "y", "",
         CHALLENGE_BEARER},
        {"in either order", "Bearer realm=\"y\", Basic realm=\"x\"", "y", "", CHALLENGE_BEARER},
        {"an unknown scheme is passed over", "Negotiate, Bearer realm=\"y\"", "y", "",
         CHALLENGE_BEARER},
        {"a bearer needs a realm", "Bearer scope=\"x\"", "", "", CHALLENGE_NONE},
        {"quotes that do not end", "Bearer realm=\"https://a", "", "", CHALLENGE_NONE},
        {"what was read before the damage counts", "Basic realm=\"x\", Bearer realm=\"y", "x", "",
         CHALLENGE_BASIC},
        {"nothing", "", "", "", CHALLENGE_NONE},
        {"= alone", "=", "", "", CHALLENGE_NONE},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct challenge got = challenge_parse(*state, str_from(cases[i].header));
        unit_row(&rows, cases[i].says, got.kind == cases[i].kind);
        unit_row_str(&rows, cases[i].says, got.realm, str_from(cases[i].realm));
        unit_row_str(&rows, cases[i].says, got.scope, str_from(cases[i].scope));
    }
    assert_rows(rows);
}

static void addresses(void **state)
{
    static const struct {
        const char *says, *text, *printed; /* NULL: refused */
    } cases[] = {
        {"as it is", "https://host:5000/v2/a?x=1", "https://host:5000/v2/a?x=1"},
        {"hosts are small", "HTTP://HOST/A", "http://host/A"},
        {"a path begins with /", "http://host?x", "http://host/?x"},
        {"fragments are dropped", "http://host/a#b", "http://host/a"},
        {"an address of IPv6", "http://[::1]:80/x", "http://[::1]:80/x"},
        {"no user", "http://user@host/", NULL},
        {"no password", "http://u:p@host/", NULL},
        {"no other scheme", "ftp://host/", NULL},
        {"no blank", "http://host/a b", NULL},
        {"no line end", "http://host/a\r\nX: y", NULL},
        {"no port 0", "http://host:0/", NULL},
        {"no port past 65535", "http://host:65536/", NULL},
        {"no empty port", "http://host:/", NULL},
        {"no host", "http:///x", NULL},
        {"brackets hold an address", "http://[host]/", NULL},
        {"brackets end", "http://[::1/", NULL},
        {"no percent in hosts", "http://ho%73t/", NULL},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct url url;
        struct err err = {0};
        bool good = url_parse(*state, str_from(cases[i].text), &url, &err);
        unit_row(&rows, cases[i].says, good == (cases[i].printed != NULL));
        if (good && cases[i].printed)
            unit_row_str(&rows, cases[i].says, url_print(*state, &url), str_from(cases[i].printed));
    }
    assert_rows(rows);
}

static void redirects(void **state)
{
    static const struct {
        const char *location, *leads; /* from https://host:1/v2/a/b?q; NULL: refused */
    } cases[] = {
        {"https://other/x", "https://other/x"},
        {"//other/x", "https://other/x"},
        {"/x?y", "https://host:1/x?y"},
        {"c", "https://host:1/v2/a/c"},
        {"./c", "https://host:1/v2/a/c"},
        {"../c", "https://host:1/v2/c"},
        {"../../../../c", "https://host:1/c"},
        {"?z", "https://host:1/v2/a/b?z"},
        {"/a//b/", "https://host:1/a//b/"},
        {"/a?next=http://x/", "https://host:1/a?next=http://x/"},
        {"file:///etc/passwd", NULL},
        {"/a\nb", NULL},
        {"//user@other/", NULL},
    };
    struct unit_rows rows = {0};
    struct url base, next;
    struct err err = {0};
    assert_true(url_parse(*state, STR("https://host:1/v2/a/b?q"), &base, &err));
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        bool good = url_follow(*state, &base, str_from(cases[i].location), &next, &err);
        unit_row(&rows, cases[i].location, good == (cases[i].leads != NULL));
        if (good && cases[i].leads)
            unit_row_str(&rows, cases[i].location, url_print(*state, &next),
                         str_from(cases[i].leads));
    }
    assert_rows(rows);
}

static void loopback(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is;
    } cases[] = {
        {"localhost", true},           {"127.0.0.1", true},
        {"127.255.0.9", true},         {"::1", true},
        {"localhost.evil.org", false}, {"127.0.0.1.evil.org", false},
        {"128.0.0.1", false},          {"127.0.0", false},
        {"127.0.0.0.1", false},        {"127.1", false},
        {"127.0.0.256", false},        {"0.0.0.0", false},
        {"2130706433", false},         {"", false},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        unit_row(&rows, cases[i].host, host_is_loopback(str_from(cases[i].host)) == cases[i].is);
    assert_rows(rows);
}

static void logins(void **state)
{
    static const struct {
        const char *says, *text, *where, *user, *secret, *helper;
    } cases[] = {
        {"a host", "{'auths':{'h:5000':{'auth':'bWU6cGFzcw=='}}}", "h:5000/a", "me", "pass", ""},
        {"colons stay in the secret", "{'auths':{'h.io':{'auth':'bWU6YTpi'}}}", "h.io/a", "me",
         "a:b", ""},
        {"user and password apart", "{'auths':{'h.io':{'username':'u','password':'p'}}}", "h.io/a",
         "u", "p", ""},
        {"docker's own key for the hub",
         "{'auths':{'https://index.docker.io/v1/':{'auth':'bWU6cGFzcw=='}}}", "docker.io/library/x",
         "me", "pass", ""},
        {"another host says nothing", "{'auths':{'h.io':{'auth':'bWU6cGFzcw=='}}}", "i.io/a", "",
         "", ""},
        {"a host is no prefix of a name", "{'auths':{'h.i':{'auth':'bWU6cGFzcw=='}}}", "h.io/a", "",
         "", ""},
        {"the longest key counts",
         "{'auths':{'h.io':{'auth':'eDp4'},'h.io/a/b':{'auth':'bWU6cGFzcw=='}}}", "h.io/a/b/c",
         "me", "pass", ""},
        {"a namespace is no other", "{'auths':{'h.io/a':{'auth':'eDp4'}}}", "h.io/ab/c", "", "",
         ""},
        {"a helper for the host", "{'credHelpers':{'h.io':'one'},'credsStore':'two'}", "h.io/a", "",
         "", "one"},
        {"the store for the others", "{'credHelpers':{'i.io':'one'},'credsStore':'two'}", "h.io/a",
         "", "", "two"},
        {"nothing at all", "{}", "h.io/a", "", "", ""},
        {"auths that are no map", "{'auths':[1]}", "h.io/a", "", "", ""},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct credentials got = {0};
        struct err err = {0};
        str helper = STR("");
        str text = str_replace(*state, str_from(cases[i].text), STR("'"), STR("\""));
        unit_row(&rows, cases[i].says,
                 credentials_read(*state, text, str_from(cases[i].where), &got, &helper, &err));
        unit_row_str(&rows, cases[i].says, got.user, str_from(cases[i].user));
        unit_row_str(&rows, cases[i].says, got.secret, str_from(cases[i].secret));
        unit_row_str(&rows, cases[i].says, helper, str_from(cases[i].helper));
    }
    assert_rows(rows);
}

static void base64(void **state)
{
    static const char *const bad[] = {"a", "a===", "ab!d", "ab\n="};
    struct unit_rows rows = {0};
    str out;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        unit_row(&rows, bad[i], !base64_read(*state, str_from(bad[i]), &out));
    assert_true(base64_read(*state, STR("TWE"), &out));
    unit_row_str(&rows, "without padding", out, STR("Ma"));
    unit_row_str(&rows, "one byte", base64_write(*state, STR("M")), STR("TQ=="));
    unit_row_str(&rows, "three bytes", base64_write(*state, STR("Man")), STR("TWFu"));
    assert_rows(rows);
}

static void mirrors(void **state)
{
    static const str text = STR("unqualified-search-registries = ['docker.io']\n"
                                "[[registry]]\nlocation = 'docker.io'\n"
                                "[[registry.mirror]]\nlocation = 'one.example/hub'\n"
                                "[[registry.mirror]]\nlocation = 'two.example'\ninsecure = true\n"
                                "[[registry]]\nprefix = 'docker.io/private'\n"
                                "location = 'docker.io/private'\n"
                                "[[registry]]\nprefix = '*.corp.example'\n"
                                "location = 'corp.example'\n"
                                "[[registry.mirror]]\nlocation = 'cache.example'\n"
                                "[[registry]]\nlocation = 'bad.example'\nblocked = true\n");
    static const struct {
        const char *where, *places;
    } cases[] = {
        {"docker.io/library/x", "one.example/hub/library/x two.example/library/x "},
        {"docker.io/private/x", ""},
        {"quay.io/a", ""},
        {"docker.iox/a", ""},
        {"a.corp.example/b/c", "cache.example/b/c "},
        {"corp.example/b", ""},
    };
    struct unit_rows rows = {0};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct strs places = {0};
        struct err err = {0};
        str all = STR("");
        unit_row(&rows, cases[i].where,
                 mirrors_read(*state, text, str_from(cases[i].where), &places, &err));
        VEC_EACH(str, place, places) {
            all = str_fmt(*state, "%.*s%.*s ", STR_ARG(all), STR_ARG(*place));
        }
        unit_row_str(&rows, cases[i].where, all, str_from(cases[i].places));
    }
    struct strs places;
    struct err err = {0};
    unit_row(&rows, "blocked", !mirrors_read(*state, text, STR("bad.example/x"), &places, &err));
    unit_row(&rows, "blocked is denied", err.code == ERR_DENIED);
    assert_rows(rows);
}

/* Pieces of what the properties are about, put together by a seed. */
static void whatever_the_bytes(void **state)
{
    static const char *const pieces[] = {
        "http://",  "https://",
        "host",     "[::1]",
        ":5000",    "/",
        "..",       "?",
        "#",        "@",
        "\n",       "%41",
        "Bearer ",  "Basic ",
        "realm=",   "\"",
        ",",        "\\",
        " ",        "{\"auths\":{\"host:5000\":{\"auth\":",
        "}}}",      "{\"credsStore\":\"x\"}",
        "bWU6cGE=", "\x01",
        "\xff",     "scope",
        "=",
    };
    uint64_t seed = 20261125;
    for (int round = 0; round < 20000; round++) {
        struct arena_mark mark = arena_mark(*state);
        str text = STR("");
        for (int i = 0; i < round % 12; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text = str_cat(*state, text, str_from(pieces[(seed >> 33) % ARRAY_COUNT(pieces)]));
        }
        prop_url(*state, text);
        prop_challenge(*state, text);
        prop_login(*state, text);
        arena_rewind(*state, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(challenges), UNIT_TEST(addresses),
        UNIT_TEST(redirects),  UNIT_TEST(loopback),
        UNIT_TEST(logins),     UNIT_TEST(base64),
        UNIT_TEST(mirrors),    UNIT_TEST(whatever_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
