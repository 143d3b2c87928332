#include "tests/unit/rules/rules_unit.h"

/* Names of stages and images. BuildKit's own examples are rows. */

#define DIGEST_A "@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct rule_row rows[] = {
    /* correctness/as-casing */
    {"FROM with as", "correctness/as-casing", "FROM debian:12 as b\n", 1, "FROM debian:12 AS b\n"},
    {"from with AS", "correctness/as-casing", "from debian:12 AS b\n", 1, "from debian:12 as b\n"},
    {"FROM with aS", "correctness/as-casing", "FROM debian:12 aS b\n", 1, "FROM debian:12 AS b\n"},
    {"both upper", "correctness/as-casing", "FROM debian:12 AS b\n", 0},
    {"both lower", "correctness/as-casing", "from debian:12 as b\n", 0},
    {"a mixed keyword is another finding", "correctness/as-casing", "From debian:12 as b\n", 0},
    {"no name", "correctness/as-casing", "from debian:12\n", 0},
    /* base/stage-name-casing */
    {"a capital letter", "base/stage-name-casing", "FROM debian:12 AS BuilderBase\n", 1,
     "FROM debian:12 AS builderbase\n"},
    {"with everything that names it", "base/stage-name-casing",
     "FROM debian:12 AS Dep\nFROM Dep AS x\nRUN --mount=type=bind,from=Dep,target=/d ls\n"
     "FROM scratch\nCOPY --from=Dep /a /a\nCOPY --from=x /Dep /Dep\n",
     1,
     "FROM debian:12 AS dep\nFROM dep AS x\nRUN --mount=type=bind,from=dep,target=/d ls\n"
     "FROM scratch\nCOPY --from=dep /a /a\nCOPY --from=x /Dep /Dep\n"},
    {"lower case", "base/stage-name-casing", "FROM debian:12 AS builder-base_1.x\n", 0},
    {"the image's case is not the stage's", "base/stage-name-casing", "FROM a.io/B:X AS b\n", 0},
    /* base/digest-disagrees */
    {"one tag, two digests", "base/digest-disagrees",
     "FROM debian:12" DIGEST_A " AS a\nFROM debian:12" DIGEST_B "\n", 2},
    {"one digest, two tags", "base/digest-disagrees",
     "FROM debian:12" DIGEST_A " AS a\nFROM debian:13" DIGEST_A "\n", 2},
    {"the same twice", "base/digest-disagrees",
     "FROM debian:12" DIGEST_A " AS a\nFROM debian:12" DIGEST_A "\n", 0},
    {"two tags with their digests", "base/digest-disagrees",
     "FROM debian:12" DIGEST_A " AS a\nFROM debian:13" DIGEST_B "\n", 0},
    {"pinned once", "base/digest-disagrees", "FROM debian:12" DIGEST_A " AS a\nFROM debian:12\n",
     0},
    /* correctness/copy-from-missing: of a stage on scratch */
    {"nothing was put into it", "correctness/copy-from-missing",
     "FROM scratch AS e\nENV A=1\nFROM debian:12\nCOPY --from=e /a /a\n", 4},
    {"something was", "correctness/copy-from-missing",
     "FROM scratch AS e\nCOPY a /a\nFROM debian:12\nCOPY --from=e /a /a\n", 0},
    {"an argument of the build may be the base", "correctness/copy-from-missing",
     "ARG B=scratch\nFROM debian:12 AS d\nCOPY a /a\nFROM d AS e\nFROM debian:12\nCOPY --from=e /a "
     "/a\n",
     0},
    {"all of nothing", "correctness/copy-from-missing",
     "FROM scratch AS e\nFROM debian:12\nCOPY --from=e / /\n", 0},
    /* base/unknown-stage: the builder takes stages from above only */
    {"a stage further down", "base/unknown-stage",
     "FROM debian:12\nCOPY --from=late /x /x\nFROM debian:12 AS late\n", 2},
    {"a cycle has one such link", "base/unknown-stage",
     "FROM a:1 AS x\nCOPY --from=y /f /f\nFROM a:1 AS y\nCOPY --from=x /f /f\n", 2},
    {"a mount of a stage further down", "base/unknown-stage",
     "FROM debian:12\nRUN --mount=type=bind,from=late,target=/x ls /x\nFROM debian:12 AS late\n",
     2},
    {"a typo in a mount", "base/unknown-stage",
     "FROM a:1 AS builder\nFROM b:1\nRUN --mount=from=bilder,target=/x ls\n", 3},
    {"a mount of a stage above", "base/unknown-stage",
     "FROM a:1 AS builder\nFROM b:1\nRUN --mount=from=Builder,target=/x ls\n", 0},
    {"a cache mount from nowhere", "base/unknown-stage",
     "FROM a:1 AS builder\nFROM b:1\nRUN --mount=type=cache,target=/x ls\n", 0},
    /* base/abandoned, base/debug-shipped, base/latest, base/no-digest, base/reserved-stage-name */
    {"its successor is none", "base/abandoned", "FROM eclipse-temurin:21-jre\n", 0},
    {"a debug image to look around in", "base/debug-shipped",
     "FROM gcr.io/distroless/base-debian12:debug AS d\nFROM gcr.io/distroless/base-debian12\n", 0},
    {"a version", "base/latest", "FROM debian:12\nRUN ls\n", 0},
    {"latest by digest", "base/latest", "FROM debian:latest" DIGEST_A "\n", 0},
    {"a tag alone", "base/no-digest", "FROM debian:12\n", 1},
    {"a digest", "base/no-digest", "FROM debian:12" DIGEST_A "\n", 0},
    {"nothing has no digest", "base/no-digest", "FROM scratch\n", 0},
    {"the build's own platform", "base/platform-redundant",
     "FROM --platform=$BUILDPLATFORM debian:12\n", 0},
    {"a name of one's own", "base/reserved-stage-name", "FROM debian:12 AS contexts\n", 0},
    /* base/own-stage */
    {"its own name in a mount", "base/own-stage",
     "FROM a:1 AS x\nRUN --mount=from=x,target=/x ls\n", 2},
};

static void test_base_names(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_base_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
