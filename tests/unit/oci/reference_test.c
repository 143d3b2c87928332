#include "tests/unit/unit.h"

#include "oci/oci.h"

#include <string.h>

/* The names of images, as docker reads them: github.com/distribution/reference. */

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void names_are_made_whole(void **state)
{
    static const struct {
        const char *text, *whole, *familiar;
    } rows[] = {
        {"debian", "docker.io/library/debian:latest", "debian:latest"},
        {"debian:12-slim", "docker.io/library/debian:12-slim", "debian:12-slim"},
        {"library/debian:12", "docker.io/library/debian:12", "debian:12"},
        {"docker.io/debian", "docker.io/library/debian:latest", "debian:latest"},
        {"index.docker.io/a/b", "docker.io/a/b:latest", "a/b:latest"},
        {"team/app:1", "docker.io/team/app:1", "team/app:1"},
        {"localhost/app", "localhost/app:latest", "localhost/app:latest"},
        {"localhost:5000/app:1", "localhost:5000/app:1", "localhost:5000/app:1"},
        {"127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest", "127.0.0.1:5000/a/b/c:latest"},
        {"[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"},
        {"ghcr.io/o/r", "ghcr.io/o/r:latest", "ghcr.io/o/r:latest"},
        {"Registry/app", "Registry/app:latest", "Registry/app:latest"},
        {"a/b__c--d.e", "docker.io/a/b__c--d.e:latest", "a/b__c--d.e:latest"},
        /* What would mean another image without its registry keeps it. */
        {"docker.io/li.brary/x", "docker.io/li.brary/x:latest", "docker.io/li.brary/x:latest"},
        {"docker.io/localhost/x", "docker.io/localhost/x:latest", "docker.io/localhost/x:latest"},
        {"library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
        {"library/" HEX, "docker.io/library/" HEX ":latest", "library/" HEX ":latest"},
        {"app@sha256:" HEX, "docker.io/library/app@sha256:" HEX, "app@sha256:" HEX},
        {"app:1@sha256:" HEX, "docker.io/library/app:1@sha256:" HEX, "app:1@sha256:" HEX},
        {"app:v1.0_RC-1", "docker.io/library/app:v1.0_RC-1", "app:v1.0_RC-1"},
    };
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct reference reference;
        struct err err = {0};
        if (!reference_parse(*state, str_from(rows[i].text), &reference, &err)) {
            unit_row(&result, rows[i].text, false);
            continue;
        }
        unit_row_str(&result, rows[i].text, reference_print(*state, &reference),
                     str_from(rows[i].whole));
        unit_row_str(&result, rows[i].text, reference_familiar(*state, &reference),
                     str_from(rows[i].familiar));
    }
    assert_rows(result);
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "Debian",
        "a//b",
        "/a",
        "a/",
        "a:",
        "a:-x",
        "a:b/c:",
        "a_-b/c",
        "a..b",
        "a___b",
        "-a",
        "a-",
        "a b",
        "a\nb",
        "a@sha256:",
        "a@md5:abcd",
        "a@sha256:" HEX "0",
        "host:99999/a",
        "host:x/a",
        HEX,
        "-x.io/a",
        "[::1/a",
        "team/App",
        "a:" HEX HEX "0",
    };
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct reference reference;
        struct err err = {0};
        bool good = reference_parse(*state, str_from(rows[i]), &reference, &err);
        unit_row(&result, rows[i], !good && err.code == ERR_USAGE && err.lines);
    }
    assert_rows(result);
}

static void names_have_an_end(void **state)
{
    char text[300];
    memset(text, 'a', sizeof(text));
    struct reference reference;
    struct err err = {0};
    size_t most = REFERENCE_NAME_MAX - strlen("docker.io/library/");
    assert_true(reference_parse(*state, (str){text, most}, &reference, &err));
    assert_false(reference_parse(*state, (str){text, most + 1}, &reference, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(names_are_made_whole),
        UNIT_TEST(what_is_no_name_is_refused),
        UNIT_TEST(names_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
