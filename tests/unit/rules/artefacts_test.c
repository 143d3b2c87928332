#include "tests/unit/rules/rules_unit.h"

#define GO_GLIBC "FROM golang:1.22 AS b\nWORKDIR /s\nCOPY . .\nRUN go build -o app .\n"
#define GO_OFF                                      \
    "FROM golang:1.22 AS b\nWORKDIR /s\nCOPY . .\n" \
    "RUN CGO_ENABLED=0 go build -o app .\n"
#define GO_MUSL "FROM golang:1.22-alpine AS b\nWORKDIR /s\nCOPY . .\nRUN go build -o app .\n"
#define RUST    "FROM rust:1.79 AS b\nWORKDIR /s\nCOPY . .\nRUN cargo build --release\n"
#define TAKE    "COPY --from=b /s/app /app\nENTRYPOINT [\"/app\"]\n"

static const struct rule_row rows[] = {
    {"a server of go with cgo in scratch", "base/loader-missing",
     GO_GLIBC "FROM scratch\nEXPOSE 80\n" TAKE, 7,
     "FROM golang:1.22 AS b\nWORKDIR /s\nCOPY . .\nRUN CGO_ENABLED=0 go build -o app .\n"
     "FROM scratch\nEXPOSE 80\n" TAKE},
    {"cgo switched off", "base/loader-missing", GO_OFF "FROM scratch\n" TAKE, 0},
    {"cgo switched off by ENV", "base/loader-missing",
     "FROM golang:1.22 AS b\nENV CGO_ENABLED=0\nRUN go build -o /s/app .\nFROM scratch\n" TAKE, 0},
    {"a variable decides", "base/loader-missing",
     "FROM golang:1.22 AS b\nARG CGO_ENABLED\nRUN go build -o /s/app .\nFROM scratch\n" TAKE, 0},
    {"golang on alpine has no C compiler", "base/loader-missing", GO_MUSL "FROM scratch\n" TAKE, 0},
    {"unless it is installed", "base/loader-missing",
     "FROM golang:1.22-alpine AS b\nRUN apk add --no-cache build-base\n"
     "RUN go build -o /s/app .\nFROM scratch\n" TAKE,
     5},
    {"linked statically", "base/loader-missing",
     "FROM golang:1.22 AS b\nRUN go build -ldflags '-extldflags -static' -o /s/app .\n"
     "FROM scratch\n" TAKE,
     0},
    {"a cross build has no cgo", "base/loader-missing",
     "FROM golang:1.22 AS b\nRUN GOARCH=arm64 go build -o /s/app .\nFROM scratch\n" TAKE, 0},
    {"flags from a variable", "base/loader-missing",
     "FROM golang:1.22 AS b\nARG FLAGS\nRUN go build $FLAGS -o /s/app .\nFROM scratch\n" TAKE, 0},
    {"rust links against glibc", "base/loader-missing",
     RUST "FROM gcr.io/distroless/static-debian12\nCOPY --from=b /s/target/release/app /app\n", 6},
    {"also when it was moved before", "base/loader-missing",
     RUST "RUN cp target/release/app /out/app\nFROM scratch\nCOPY --from=b /out/app /app\n", 7},
    {"a musl target does not", "base/loader-missing",
     "FROM rust:1.79 AS b\nWORKDIR /s\nRUN cargo build --release --target "
     "x86_64-unknown-linux-musl\nFROM scratch\n"
     "COPY --from=b /s/target/x86_64-unknown-linux-musl/release/app /app\n",
     0},
    {"rust on alpine is static", "base/loader-missing",
     "FROM rust:1.79-alpine AS b\nWORKDIR /s\nRUN cargo build --release\nFROM scratch\n"
     "COPY --from=b /s/target/release/app /app\n",
     0},
    {"flags of rustc", "base/loader-missing",
     "FROM rust:1.79 AS b\nENV RUSTFLAGS='-C target-feature=+crt-static'\nWORKDIR /s\n"
     "RUN cargo build --release\nFROM scratch\nCOPY --from=b /s/target/release/app /app\n",
     0},
    {"the loader is copied too", "base/loader-missing",
     RUST "FROM scratch\nCOPY --from=b /lib64 /lib64\n"
          "COPY --from=b /s/target/release/app /app\n",
     0},
    {"distroless with libc has one", "base/loader-missing",
     RUST "FROM gcr.io/distroless/cc-debian12\nCOPY --from=b /s/target/release/app /app\n", 0},

    {"glibc on musl", "base/libc-mismatch",
     RUST "FROM alpine:3.20\nCOPY --from=b /s/target/release/app /app\n", 6},
    {"with the compatibility package", "base/libc-mismatch",
     RUST "FROM alpine:3.20\nRUN apk add --no-cache gcompat\n"
          "COPY --from=b /s/target/release/app /app\n",
     0},
    {"a static program", "base/libc-mismatch", GO_OFF "FROM alpine:3.20\n" TAKE, 0},
    {"add-ons of node", "base/libc-mismatch",
     "FROM node:20 AS b\nWORKDIR /a\nRUN npm ci\nFROM node:20-alpine\n"
     "COPY --from=b /a/node_modules ./node_modules\n",
     5},
    {"built for the same", "base/libc-mismatch",
     "FROM node:20-slim AS b\nWORKDIR /a\nRUN npm ci\nFROM node:20\n"
     "COPY --from=b /a/node_modules ./node_modules\n",
     0},
    {"assets know no libc", "base/libc-mismatch",
     "FROM node:20 AS b\nWORKDIR /a\nRUN npm ci\nFROM nginx:1.27-alpine\n"
     "COPY --from=b /a/dist /usr/share/nginx/html\n",
     0},
    {"a bundle of scripts holds no gems", "base/libc-mismatch",
     "FROM node:20 AS b\nFROM nginx:1.27-alpine\nCOPY --from=b /a/bundle /usr/share/nginx/html\n",
     0},
    {"a virtual environment", "base/libc-mismatch",
     "FROM python:3.12-slim AS b\nRUN python -m venv /venv\nFROM python:3.12-alpine\n"
     "COPY --from=b /venv /venv\n",
     4},

    {"a static program on debian", "base/static-on-distro", GO_OFF "FROM debian:12-slim\n" TAKE, 5},
    {"on alpine, with certificates", "base/static-on-distro",
     GO_OFF "FROM alpine:3.20\nRUN apk add --no-cache ca-certificates tzdata\n" TAKE, 5},
    {"with a tool that it calls", "base/static-on-distro",
     GO_OFF "FROM alpine:3.20\nRUN apk add --no-cache git\n" TAKE, 0},
    {"started by a shell", "base/static-on-distro",
     GO_OFF "FROM alpine:3.20\nCOPY --from=b /s/app /app\nCMD /app --port $PORT\n", 0},
    {"started by a script", "base/static-on-distro",
     GO_OFF "FROM alpine:3.20\nCOPY --from=b /s/app /app\nENTRYPOINT [\"/run.sh\"]\n", 0},
    {"distroless already", "base/static-on-distro",
     GO_OFF "FROM gcr.io/distroless/static-debian12\n" TAKE, 0},
    {"perhaps static is not static", "base/static-on-distro", GO_GLIBC "FROM debian:12-slim\n" TAKE,
     0},
    {"a dynamic program on debian", "base/dynamic-on-distro", GO_GLIBC "FROM debian:12-slim\n" TAKE,
     5},
    {"of musl, on alpine, there is nothing smaller", "base/dynamic-on-distro",
     "FROM golang:1.22-alpine AS b\nRUN apk add --no-cache gcc musl-dev\n"
     "RUN go build -o /s/app .\nFROM alpine:3.20\n" TAKE,
     0},

    {"add-ons of another node", "base/mixed-versions",
     "FROM node:18-alpine AS b\nFROM node:20-alpine\nCOPY --from=b /a/node_modules ./\n", 3},
    {"a fuller name of the same", "base/mixed-versions",
     "FROM node:20-alpine AS b\nFROM node:20.11-alpine3.19\nCOPY --from=b /a/node_modules ./\n", 0},
    {"a tag without a version", "base/mixed-versions",
     "FROM node:lts AS b\nFROM node:20\nCOPY --from=b /a/node_modules ./\n", 0},
    {"stages that share nothing", "base/mixed-versions", "FROM node:18 AS b\nFROM node:20\n", 0},
    {"another runtime", "base/mixed-versions",
     "FROM node:18 AS b\nFROM python:3.12\nCOPY --from=b /a/dist ./\n", 0},
    {"classes of a newer Java", "base/mixed-versions",
     "FROM maven:3.9-eclipse-temurin-21 AS b\nFROM eclipse-temurin:17-jre\n"
     "COPY --from=b /a/target/app.jar ./\n",
     3},
    {"classes of an older one", "base/mixed-versions",
     "FROM eclipse-temurin:17-jdk AS b\nFROM eclipse-temurin:21-jre\n"
     "COPY --from=b /a/target/app.jar ./\n",
     0},

    {"certificates that stay behind", "base/scratch-data",
     "FROM golang:1.22-alpine AS b\nRUN apk add --no-cache ca-certificates\n"
     "RUN CGO_ENABLED=0 go build -o /s/app .\nFROM scratch\n" TAKE,
     5,
     "FROM golang:1.22-alpine AS b\nRUN apk add --no-cache ca-certificates\n"
     "RUN CGO_ENABLED=0 go build -o /s/app .\nFROM scratch\nCOPY --from=b /s/app /app\n"
     "COPY --from=b /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\nENTRYPOINT [\"/app\"]\n"},
    {"they are copied", "base/scratch-data",
     "FROM golang:1.22-alpine AS b\nRUN apk add --no-cache ca-certificates\nFROM scratch\n"
     "COPY --from=b /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n" TAKE,
     0},
    {"nothing says that they are wanted", "base/scratch-data", GO_OFF "FROM scratch\n" TAKE, 0},
    {"an https address", "base/scratch-data",
     GO_OFF "FROM scratch\nENV API=https://api.example.com\n" TAKE, 6},
    {"an https address in a label", "base/scratch-data",
     GO_OFF "FROM scratch\nLABEL url=https://example.com\n" TAKE, 0},
    {"a time zone", "base/scratch-data", GO_OFF "FROM scratch\nENV TZ=Europe/Paris\n" TAKE, 6},
    {"UTC needs no data", "base/scratch-data", GO_OFF "FROM scratch\nENV TZ=UTC\n" TAKE, 0},
    {"distroless has both", "base/scratch-data",
     GO_OFF "FROM gcr.io/distroless/static-debian12\nENV TZ=Europe/Paris\n" TAKE, 0},

    {"all of the build, with its tools", "size/build-directory-copied",
     "FROM node:20 AS b\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\nFROM node:20-slim\n"
     "COPY --from=b /a /a\nCMD [\"node\", \"/a/dist/x.js\"]\n",
     6},
    {"the result alone", "size/build-directory-copied",
     "FROM node:20 AS b\nWORKDIR /a\nCOPY . .\nRUN npm ci && npm run build\nFROM node:20-slim\n"
     "COPY --from=b /a/dist /a/dist\nCMD [\"node\", \"/a/dist/x.js\"]\n",
     0},
    {"pruned before", "size/build-directory-copied",
     "FROM node:20 AS b\nWORKDIR /a\nCOPY . .\n"
     "RUN npm ci && npm run build && npm prune --omit=dev\n"
     "FROM node:20-slim\nCOPY --from=b /a /a\nCMD [\"node\", \"/a/dist/x.js\"]\n",
     0},
    {"the target directory of cargo", "size/build-directory-copied",
     RUST "FROM debian:12\nCOPY --from=b /s/target /opt/app\n", 6},
    {"the program of cargo", "size/build-directory-copied",
     RUST "FROM debian:12\nCOPY --from=b /s/target/release/app /app\n", 0},
    {"go's sources", "size/build-directory-copied", GO_OFF "FROM debian:12\nCOPY --from=b /s /s\n",
     6},
    {"a directory of results", "size/build-directory-copied",
     "FROM golang:1.22 AS b\nWORKDIR /s/bin\nRUN go build ../cmd/x\nFROM debian:12\n"
     "COPY --from=b /s/bin /usr/bin\n",
     0},

    {"a repository line", "correctness/fixed-architecture",
     "FROM debian:12\nRUN echo \"deb [arch=amd64] https://x.io/deb stable main\" > "
     "/etc/apt/sources.list.d/x.list\n",
     2,
     "FROM debian:12\nRUN echo \"deb [arch=$(dpkg --print-architecture)] https://x.io/deb stable "
     "main\" > /etc/apt/sources.list.d/x.list\n"},
    {"a download, twice in its address", "correctness/fixed-architecture",
     "FROM alpine:3.20\nRUN wget -O /x.tgz https://x.io/x86_64/x-x86_64.tgz\n", 2,
     "FROM alpine:3.20\nRUN wget -O /x.tgz https://x.io/$(uname -m)/x-$(uname -m).tgz\n"},
    {"a step that asks", "correctness/fixed-architecture",
     "FROM debian:12\nARG TARGETARCH\nRUN if [ $TARGETARCH = amd64 ]; then curl -o x "
     "https://x.io/amd64; fi\n",
     0},
    {"a case of several", "correctness/fixed-architecture",
     "FROM debian:12\nRUN case $A in a) u=https://x.io/amd64;; b) u=https://x.io/arm64;; esac; "
     "curl -o x https://x.io/amd64\n",
     0},
    {"FROM says the platform", "correctness/fixed-architecture",
     "FROM --platform=linux/amd64 debian:12\nRUN curl -o x https://x.io/amd64/x\n", 0},
    {"part of another word", "correctness/fixed-architecture",
     "FROM debian:12\nRUN curl -o x https://x.io/gamd64x/x\n", 0},
    {"an ADD", "correctness/fixed-architecture",
     "FROM debian:12\nADD https://x.io/x_linux-x64.tgz /x.tgz\n", 2},
};

static void artefact_rules(void **state)
{
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &result, &rows[i]);
    assert_int_equal(result.bad, 0);
}

static struct finding found_with(struct arena *arena, const char *name, const char *text,
                                 bool modernize)
{
    const struct rule *rule = rule_find(str_from(name));
    const struct source *source = source_new(arena, STR("Dockerfile"), str_from(text));
    struct check_options *options = NEW(arena, struct check_options);
    options->modernize = modernize;
    struct facts *facts = facts_make(arena, dockerfile_parse(arena, source), options, 20000);
    struct finding_list findings = {0};
    struct rule_sink sink = {
        .arena = arena, .rule = rule, .source = source, .facts = facts, .findings = &findings};
    rule->dockerfile(facts, &sink);
    assert_int_equal(findings.count, 1);
    return findings.at[0];
}

static void another_base_is_an_edit_only_when_asked_for(void **state)
{
    const char *text = GO_OFF "FROM debian:12-slim\n" TAKE;
    struct finding plain = found_with(*state, "base/static-on-distro", text, false);
    assert_int_equal(plain.fix.edits.count, 0);
    assert_true(plain.bytes > 0);
    struct finding asked = found_with(*state, "base/static-on-distro", text, true);
    assert_int_equal(asked.fix.safety, FIX_PROOF);
    str after = edits_apply(*state, str_from(text), &asked.fix.edits);
    assert_true(str_has(after, STR("FROM gcr.io/distroless/static-debian13\n")));
}

static void certainty_decides_the_severity(void **state)
{
    struct finding tool =
        found_with(*state, "base/loader-missing", GO_GLIBC "FROM scratch\n" TAKE, false);
    assert_int_equal(tool.severity, SEVERITY_NOTE);
    struct finding server =
        found_with(*state, "base/loader-missing", GO_GLIBC "FROM scratch\nEXPOSE 80\n" TAKE, false);
    assert_int_equal(server.severity, SEVERITY_WARNING);
    struct finding rust =
        found_with(*state, "base/loader-missing",
                   RUST "FROM scratch\nCOPY --from=b /s/target/release/app /app\n", false);
    assert_int_equal(rust.severity, SEVERITY_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(artefact_rules),
        UNIT_TEST(another_base_is_an_edit_only_when_asked_for),
        UNIT_TEST(certainty_decides_the_severity),
    };
    return cmocka_run_group_tests_name("artefacts", tests, NULL, NULL);
}
