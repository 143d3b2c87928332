#include "tests/unit/rules/rules_unit.h"

#include "rules/base_table.h"

#include <string.h>

static const struct rule_row rows[] = {
    {"a constant platform", "base/constant-platform", "FROM --platform=linux/amd64 debian:12\n", 1},
    {"a platform of the build is none", "base/constant-platform",
     "FROM --platform=$BUILDPLATFORM debian:12\n", 0},
    {"the default platform goes", "base/platform-redundant",
     "FROM --platform=$TARGETPLATFORM debian:12 AS a\n", 1, "FROM debian:12 AS a\n"},
    {"a name twice", "base/duplicate-stage", "FROM a:1 AS x\nFROM b:1 AS X\n", 2},
    {"names that differ", "base/duplicate-stage", "FROM a:1 AS x\nFROM b:1 AS y\n", 0},
    {"a typo of a stage", "base/unknown-stage",
     "FROM a:1 AS builder\nFROM b:1\nCOPY --from=bulider /x /x\n", 3},
    {"an image is no stage", "base/unknown-stage",
     "FROM a:1 AS ngin\nFROM b:1\nCOPY --from=nginx /x /x\n", 0},
    {"a named context is no error", "base/unknown-stage", "FROM b:1\nCOPY --from=assets /x /x\n",
     0},
    {"a number that is no stage", "base/unknown-stage", "FROM b:1\nCOPY --from=3 /x /x\n", 2},
    {"a copy from itself", "base/own-stage", "FROM b:1 AS x\nCOPY --from=x /a /b\n", 2},
    {"a copy from the stage of that name above", "base/own-stage",
     "FROM a:1 AS x\nFROM b:1 AS y\nCOPY --from=x /a /b\n", 0},
    {"scratch is a reserved name", "base/reserved-stage-name", "FROM a:1 AS scratch\n", 1},
    {"scratch cannot run", "base/run-without-shell", "FROM scratch\nRUN echo\n", 2},
    {"what was copied may be a shell", "base/run-without-shell",
     "FROM scratch\nCOPY rootfs /\nRUN echo\n", 0},
    {"an unnamed stage that nothing uses", "base/unused-stage",
     "FROM a:1\nFROM b:1 AS x\nFROM c:1\nCOPY --from=x /a /a\n", 1},
    {"a named stage is a target", "base/unused-stage",
     "FROM a:1 AS t\nFROM b:1 AS x\nFROM c:1\nCOPY --from=x /a /a\n", 0},
    {"no tag", "base/untagged", "FROM debian\n", 1},
    {"a digest is enough", "base/untagged", "FROM debian@sha256:aa\n", 0},
    {"a stage has no tag", "base/untagged", "FROM debian:12 AS a\nFROM a\n", 0},
    {"a variable chooses", "base/untagged", "ARG B=debian\nFROM $B\n", 0},
    {"distroless has no versions", "base/untagged", "FROM gcr.io/distroless/static\n", 0},
    {"latest", "base/latest", "FROM debian:latest\n", 1},
    {"Debian 10 has ended", "base/end-of-life", "FROM debian:buster-slim\n", 1},
    {"as part of another image's tag", "base/end-of-life", "FROM node:22-buster\n", 1},
    {"Alpine by number", "base/end-of-life", "FROM python:3.12-alpine3.12\n", 1},
    {"a supported release", "base/end-of-life", "FROM debian:13\n", 0},
    {"3.1 is not 3.10", "base/end-of-life", "FROM alpine:3.22\n", 0},
    {"openjdk was given up", "base/abandoned", "FROM openjdk:17\n", 1},
    {"an SDK that starts a program", "base/sdk-shipped",
     "FROM golang:1.26\nCOPY . .\nRUN go build -o app .\nCMD [\"./app\"]\n", 1},
    {"an SDK in a build stage", "base/sdk-shipped",
     "FROM golang:1.26 AS b\nFROM scratch\nCOPY --from=b /a /a\nCMD [\"/a\"]\n", 0},
    {"a tool image starts no program of its own", "base/sdk-shipped", "FROM golang:1.26\n", 0},
    {"a slim sibling", "base/slim-sibling",
     "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"gunicorn\"]\n", 1},
    {"slim already", "base/slim-sibling", "FROM python:3.12-slim\nCOPY . .\nCMD [\"gunicorn\"]\n",
     0},
    {"an interpreter that runs a program", "base/slim-sibling",
     "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"python\", \"app.py\"]\n", 1},
    {"an interpreter as a prompt", "base/slim-sibling",
     "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"python\"]\n", 0},
    {"an interpreter that runs a program", "base/slim-sibling",
     "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"python\", \"app.py\"]\n", 1},
    {"an interpreter as a prompt", "base/slim-sibling",
     "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"python\"]\n", 0},
    {"distroless debug", "base/debug-shipped", "FROM gcr.io/distroless/base:debug\n", 1},
};

static void base_rules(void **state)
{
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &result, &rows[i]);
    assert_int_equal(result.bad, 0);
}

static void every_row_can_be_reached_and_names_its_source(void **state)
{
    size_t count;
    const struct base_fact *all = base_facts_all(*state, &count);
    assert_true(count > 100);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].source[0] && all[i].use[0] && all[i].tradeoff[0]);
        assert_true((all[i].unpacked_mb > 0) == (all[i].measured != NULL));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(all[i].name, all[k].name);
            bool hidden =
                strcmp(all[k].repository, all[i].repository) == 0 && strcmp(all[k].tags, "*") == 0;
            assert_false(hidden);
        }
    }
}

static void references_are_taken_apart(void **state)
{
    struct image_name name =
        image_name_parse(*state, STR("docker.io/library/python:3.12@sha256:ab"));
    assert_true(str_eq(name.repository, STR("python")) && str_eq(name.tag, STR("3.12")) &&
                str_eq(name.digest, STR("sha256:ab")));
    name = image_name_parse(*state, STR("localhost:5000/a/b"));
    assert_true(str_eq(name.repository, STR("localhost:5000/a/b")) && !name.tag.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(base_rules),
        UNIT_TEST(every_row_can_be_reached_and_names_its_source),
        UNIT_TEST(references_are_taken_apart),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
