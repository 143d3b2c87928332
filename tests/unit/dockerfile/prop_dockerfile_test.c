#include "tests/unit/unit.h"

#include "base/buf.h"
#include "tests/prop/prop.h"

#include "tests/prop/prop_dockerfile.c" /* one body, two uses: this one, and the fuzzer's */

/* Pieces that Dockerfiles are made of; files are drawn from them. */
static const char *const scraps[] = {
    "FROM x",       "RUN ",       "COPY ",   "ENV ",     "ARG ",    "LABEL ",     "ONBUILD ",
    "HEALTHCHECK ", "CMD ",       "\n",      "\n",       "\n",      " ",          " ",
    "\\\n",         "\\",         "#",       "# a\n",    "`",       "# escape=`", "\r\n",
    "<<E",          "<<-'F'",     "E\n",     "\tF\n",    "'",       "\"",         "[\"",
    "\", \"",       "\"]",        "${",      "}",        "$v",      "${v:-",      "${v##",
    "${v//",        "/",          "*",       "a",        "b=",      "v",          "--mount=",
    "--from=",      "type=cache", "target=", ",",        "--",      " AS a",      "\xc2\xa0",
    "\xff",         "\t",         "=",       "FROM a\n", "VOLUME ", "0",          "{\"syntax\":",
};

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void any_file_keeps_its_bytes_and_places(void **state)
{
    uint64_t seed = 20260101;
    for (int round = 0; round < 3000; round++) {
        struct arena_mark mark = arena_mark(*state);
        struct buf buf = buf_init(*state, 4096);
        buf_add(&buf, round % 4 ? STR("FROM x\n") : STR_NONE);
        for (uint64_t left = next(&seed) % 60; left > 0; left--)
            buf_add(&buf, str_from(scraps[next(&seed) % ARRAY_COUNT(scraps)]));
        prop_dockerfile(*state, str_copy(*state, buf_str(&buf)));
        arena_rewind(*state, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(any_file_keeps_its_bytes_and_places)};
    return cmocka_run_group_tests_name("prop_dockerfile", tests, NULL, NULL);
}
