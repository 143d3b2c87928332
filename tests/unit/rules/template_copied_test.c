#include "tests/unit/rules/template_unit.h"

/* size/build-directory-copied: less of it. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"Node: development dependencies go", "size/build-directory-copied",
     "FROM node:22 AS build\n"
     "WORKDIR /app\n"
     "COPY package.json package-lock.json ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build\n"
     "\n"
     "FROM node:22-slim\n"
     "COPY --from=build /app /app\n"
     "USER node\n"
     "CMD [\"node\", \"/app/dist/app.js\"]\n", 9,
     "FROM node:22 AS build\n"
     "WORKDIR /app\n"
     "COPY package.json package-lock.json ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build && npm prune --omit=dev\n"
     "\n"
     "FROM node:22-slim\n"
     "COPY --from=build /app /app\n"
     "USER node\n"
     "CMD [\"node\", \"/app/dist/app.js\"]\n",
     "package.json package-lock.json app.js", NULL, false},
    {"another stage needs them: no edit", "size/build-directory-copied",
     "FROM node:22 AS build\n"
     "WORKDIR /app\n"
     "COPY package.json package-lock.json ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build\n"
     "\n"
     "FROM build AS test\n"
     "RUN npm test\n"
     "\n"
     "FROM node:22-slim\n"
     "COPY --from=build /app /app\n"
     "CMD [\"node\", \"/app/dist/app.js\"]\n", 12,
     NO_FIX,
     "package.json package-lock.json app.js", NULL, true},
    {"Rust: the program, and what it reads", "size/build-directory-copied",
     "FROM rust:1.80-bookworm AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "\n"
     "FROM debian:bookworm-slim\n"
     "WORKDIR /srv\n"
     "COPY --from=build --chown=1000 /src /srv\n"
     "USER 1000\n"
     "CMD [\"./target/release/tool\"]\n", 8,
     "FROM rust:1.80-bookworm AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "\n"
     "FROM debian:bookworm-slim\n"
     "WORKDIR /srv\n"
     "COPY --from=build --chown=1000 /src/target/release/tool /srv/target/release/tool\n"
     "COPY --from=build --chown=1000 /src/templates /srv/templates\n"
     "USER 1000\n"
     "CMD [\"./target/release/tool\"]\n",
     "Cargo.toml src/main.rs templates/a.html", NULL, false},
    {"Go", "size/build-directory-copied",
     "FROM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o bin/tool .\n"
     "\n"
     "FROM gcr.io/distroless/static-debian12\n"
     "COPY --from=build /src /src\n"
     "ENTRYPOINT [\"/src/bin/tool\"]\n", 7,
     "FROM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o bin/tool .\n"
     "\n"
     "FROM gcr.io/distroless/static-debian12\n"
     "COPY --from=build /src/bin/tool /src/bin/tool\n"
     "ENTRYPOINT [\"/src/bin/tool\"]\n",
     "go.mod main.go", NULL, false},
    {"Java", "size/build-directory-copied",
     "FROM maven:3.9-eclipse-temurin-21 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN mvn -B package\n"
     "\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=build /src /app\n"
     "CMD [\"java\", \"-jar\", \"/app/target/app.jar\"]\n", 7,
     "FROM maven:3.9-eclipse-temurin-21 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN mvn -B package\n"
     "\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=build /src/target/app.jar /app/target/app.jar\n"
     "CMD [\"java\", \"-jar\", \"/app/target/app.jar\"]\n",
     "pom.xml src/App.java", NULL, false},
    {"no tree: what it reads is not known", "size/build-directory-copied",
     "FROM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o bin/tool .\n"
     "\n"
     "FROM gcr.io/distroless/static-debian12\n"
     "COPY --from=build /src /src\n"
     "ENTRYPOINT [\"/src/bin/tool\"]\n", 7,
     NO_FIX,
     NULL, NULL, false},
    {"a later step looks into it: no edit", "size/build-directory-copied",
     "FROM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o bin/tool .\n"
     "\n"
     "FROM alpine:3.20\n"
     "COPY --from=build /src /src\n"
     "RUN mv /src/config /etc/tool\n"
     "ENTRYPOINT [\"/src/bin/tool\"]\n", 7,
     NO_FIX,
     "go.mod main.go", NULL, false},
};
/* clang-format on */

static void test_template_copied(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_copied)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
