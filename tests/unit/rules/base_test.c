#include "tests/unit/rules/rules_unit.h"

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
    {"Node writes slim last", "base/slim-sibling",
     "FROM node:24-bookworm\nCOPY . .\nCMD [\"gunicorn\"]\n", 1},
    {"nginx that only brings files", "base/slim-sibling",
     "FROM nginx:1.30-alpine\nCOPY dist /usr/share/nginx/html\n", 1},
    {"nginx from before its slim tags", "base/slim-sibling",
     "FROM nginx:1.19-alpine\nCOPY dist /usr/share/nginx/html\n", 0},
    {"nginx without an Alpine tag has no slim one", "base/slim-sibling",
     "FROM nginx:1.30\nCOPY dist /usr/share/nginx/html\n", 0},
    {"what ends first counts", "base/end-of-life", "FROM node:24-alpine3.12\n", 1},
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

struct message_row {
    const char *rule, *text, *message;
};

/* What is found, told with the saving that the table knows. */
static void findings_quote_the_saving(void **state)
{
    static const struct message_row messages[] = {
        {"base/slim-sibling", "FROM python:3.12-bookworm\nCOPY . .\nCMD [\"gunicorn\"]\n",
         "'python:3.12-slim-bookworm' is about 1.0 GB smaller: 119.5 MB unpacked"},
        {"base/slim-sibling", "FROM python:bookworm\nCOPY . .\nCMD [\"gunicorn\"]\n",
         "'python:slim-bookworm' is about 1.0 GB smaller: 119.5 MB unpacked"},
        {"base/slim-sibling", "FROM node:24-bookworm\nCOPY . .\nCMD [\"node\"]\n",
         "'node:24-bookworm-slim' is about 910.3 MB smaller: 229.7 MB unpacked"},
        {"base/slim-sibling", "FROM debian\nCOPY . .\nCMD [\"/app\"]\n",
         "'debian:stable-slim' is about 41.3 MB smaller: 78.8 MB unpacked"},
        {"base/slim-sibling", "FROM nginx:1.30-alpine3.23\nCOPY dist /srv\n",
         "'nginx:1.30-alpine3.23-slim' is about 49.6 MB smaller: 12.7 MB unpacked"},
        {"base/slim-sibling", "FROM elixir:1.19-otp-28\nCOPY . .\nCMD [\"mix\"]\n",
         "'elixir:1.19-otp-28-slim' is smaller: by how much is not measured"},
        {"base/sdk-shipped", "FROM golang:1.27\nCOPY . .\nCMD [\"/app\"]\n",
         "'golang' is made to build with, and ships about 806.4 MB that 'debian-slim' would not"},
        {"base/sdk-shipped",
         "FROM mcr.microsoft.com/dotnet/sdk:9.0-alpine\nCOPY . .\nCMD [\"/app\"]\n",
         "'mcr.microsoft.com/dotnet/sdk' is made to build with, and ships about 612.1 MB that "
         "'dotnet-aspnet-alpine' would not"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        struct rule_row row = {.text = messages[i].text};
        struct finding_list findings =
            rule_findings(*state, &row, rule_find(str_from(messages[i].rule)));
        assert_int_equal(findings.count, 1);
        if (!str_eq(findings.at[0].message, str_from(messages[i].message)))
            print_error("got:    %.*s\nwanted: %s\n", STR_ARG(findings.at[0].message),
                        messages[i].message);
        assert_true(str_eq(findings.at[0].message, str_from(messages[i].message)));
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
        UNIT_TEST(findings_quote_the_saving),
        UNIT_TEST(references_are_taken_apart),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
