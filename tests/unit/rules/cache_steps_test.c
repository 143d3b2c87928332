#include "tests/unit/rules/rules_unit.h"

/* Steps and the cache: what a cached step does not bring along, what waits for what. */

#define LISTS "--mount=type=cache,target=/var/lib/apt/lists"

static const struct rule_row rows[] = {
    /* cache/index-in-mount */
    {"the update is cached, the mount is not", "cache/index-in-mount",
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN " LISTS " apt-get install -y a\n", 3,
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN " LISTS
     " apt-get update && apt-get install -y a\n"},
    {"the install has no mount at all", "cache/index-in-mount",
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN apt-get install -y a\n", 3,
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN " LISTS
     " apt-get update && apt-get install -y a\n"},
    {"a second install", "cache/index-in-mount",
     "FROM debian:12\nRUN " LISTS " apt-get update && apt-get install -y a\nRUN " LISTS
     " apt-get install -y b\n",
     3},
    {"both in one step", "cache/index-in-mount",
     "FROM debian:12\nRUN " LISTS " apt-get update && apt-get install -y a\n", 0},
    {"the index is in a layer", "cache/index-in-mount",
     "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y a\n", 0},
    {"a package of one's own", "cache/index-in-mount",
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN apt-get install -y ./a.deb\n", 0},
    {"in another stage", "cache/index-in-mount",
     "FROM debian:12 AS a\nRUN " LISTS " apt-get update\nFROM debian:12\nRUN apt-get install -y "
     "a\n",
     0},
    {"an index alone in a mount is that rule's", "layers/index-alone",
     "FROM debian:12\nRUN " LISTS " apt-get update\nRUN " LISTS " apt-get install -y a\n", 0},
    /* cache/copy-link: policy */
    {"could be linked", "cache/copy-link",
     "FROM a:1 AS b\nFROM debian:12\nCOPY --from=b /a /app/a\n", 3,
     "FROM a:1 AS b\nFROM debian:12\nCOPY --from=b --link /a /app/a\n"},
    {"is linked", "cache/copy-link",
     "FROM a:1 AS b\nFROM debian:12\nCOPY --link --from=b /a /app/a\n", 0},
    {"an owner by name", "cache/copy-link",
     "FROM a:1 AS b\nFROM node:20\nCOPY --from=b --chown=node /a /app/a\n", 0},
    {"an owner by number", "cache/copy-link",
     "FROM a:1 AS b\nFROM node:20\nCOPY --from=b --chown=1000:1000 /a /app/a\n", 3},
    {"a directory that is a link", "cache/copy-link",
     "FROM a:1 AS b\nFROM debian:12\nCOPY --from=b /a /bin/a\n", 0},
    {"of the context", "cache/copy-link", "FROM debian:12\nCOPY a /app/a\n", 0},
    /* cache/serial-chains */
    {"a front end and a back end", "cache/serial-chains",
     "FROM x.io/tools:1 AS b\nWORKDIR /web\nCOPY web .\nRUN npm ci && npm run build\n"
     "WORKDIR /api\nCOPY api .\nRUN go build -o /srv .\nFROM debian:12\nCOPY --from=b /srv /srv\n",
     7},
    {"the second uses the first", "cache/serial-chains",
     "FROM x.io/tools:1 AS b\nWORKDIR /web\nCOPY web .\nRUN npm ci && npm run build\n"
     "WORKDIR /api\nCOPY api .\nRUN cp -r /web/dist . && go build -o /srv .\nFROM debian:12\n"
     "COPY --from=b /srv /srv\n",
     0},
    {"one tool", "cache/serial-chains",
     "FROM x.io/tools:1 AS b\nWORKDIR /web\nRUN npm ci\nWORKDIR /api\nRUN npm ci\nFROM debian:12\n"
     "COPY --from=b /srv /srv\n",
     0},
    {"one directory", "cache/serial-chains",
     "FROM x.io/tools:1 AS b\nWORKDIR /a\nRUN npm ci\nRUN go build .\nFROM debian:12\n"
     "COPY --from=b /srv /srv\n",
     0},
    {"one inside the other", "cache/serial-chains",
     "FROM x.io/tools:1 AS b\nWORKDIR /a\nRUN go build .\nWORKDIR /a/web\nRUN npm ci\n"
     "FROM debian:12\nCOPY --from=b /srv /srv\n",
     0},
    {"in two stages", "cache/serial-chains",
     "FROM node:20 AS w\nWORKDIR /web\nRUN npm ci\nFROM golang:1.22 AS a\nWORKDIR /api\nRUN go "
     "build .\nFROM debian:12\nCOPY --from=w /web /web\nCOPY --from=a /api /api\n",
     0},
};

static void test_cache_steps(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_cache_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
