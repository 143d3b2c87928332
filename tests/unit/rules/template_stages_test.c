#include "tests/unit/rules/template_unit.h"

/* base/sdk-shipped, size/dev-dependencies and base/slim-sibling: another stage, another base. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"only when asked", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "EXPOSE 8080\n"
     "CMD [\"/app\"]\n", 1,
     NO_FIX,
     "go.mod a.go"},
    {"a static Go program", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "EXPOSE 8080\n"
     "CMD [\"/app\"]\n", 1,
     "FROM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "\n"
     "FROM gcr.io/distroless/static-debian12\n"
     "WORKDIR /src\n"
     "COPY --from=build /app /app\n"
     "EXPOSE 8080\n"
     "CMD [\"/app\"]\n",
     "go.mod a.go", NULL, true},
    {"Go, with templates to read, and a shell to start it", "base/sdk-shipped",
     "FROM golang:1.22-bookworm AS server\n"
     "WORKDIR /src\n"
     "ENV PORT=80 \n"
     "ENV GOFLAGS=-mod=mod\n"
     "COPY . .\n"
     "RUN go build -o server .\n"
     "CMD ./server --port 80\n", 1,
     "FROM golang:1.22-bookworm AS build\n"
     "WORKDIR /src\n"
     "ENV PORT=80 \n"
     "ENV GOFLAGS=-mod=mod\n"
     "COPY . .\n"
     "RUN go build -o server .\n"
     "\n"
     "FROM debian:bookworm-slim AS server\n"
     "WORKDIR /src\n"
     "ENV PORT=80 \n"
     "COPY --from=build /src/templates /src/templates\n"
     "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
     "COPY --from=build /src/server /src/server\n"
     "CMD ./server --port 80\n",
     "go.mod a.go templates/a.html", NULL, true},
    {"Go on Alpine, CMD above the build", "base/sdk-shipped",
     "from golang:1.22-alpine3.19\n"
     "workdir /src\n"
     "copy . .\n"
     "cmd [\"/src/app\"]\n"
     "run apk add --no-cache git && go build -o app .", 1,
     "from golang:1.22-alpine3.19 as build\n"
     "workdir /src\n"
     "copy . .\n"
     "run apk add --no-cache git && go build -o app .\n"
     "\n"
     "from alpine:3.19\n"
     "workdir /src\n"
     "cmd [\"/src/app\"]\n"
     "copy --from=build /src/app /src/app",
     "go.mod a.go", NULL, true},
    {"packages that the program may need: no edit", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "RUN apt-get update && apt-get install -y ffmpeg\n"
     "COPY . /src\n"
     "WORKDIR /src\n"
     "RUN go build -o app .\n"
     "CMD [\"/src/app\"]\n", 1,
     NO_FIX,
     "go.mod a.go", NULL, true},
    {"no tree: what it reads is not known", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "EXPOSE 8080\n"
     "CMD [\"/app\"]\n", 1,
     NO_FIX,
     NULL, NULL, true},
    {"it starts something else: no edit", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN go build -o app .\n"
     "CMD [\"go\", \"run\", \".\"]\n", 1,
     NO_FIX,
     "go.mod a.go", NULL, true},
    {"Rust", "base/sdk-shipped",
     "FROM rust:1.80-bookworm\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "USER 1000\n"
     "CMD [\"./target/release/tool\"]\n", 1,
     "FROM rust:1.80-bookworm AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "\n"
     "FROM debian:bookworm-slim\n"
     "WORKDIR /src\n"
     "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
     "COPY --from=build /src/target/release/tool /src/target/release/tool\n"
     "USER 1000\n"
     "CMD [\"./target/release/tool\"]\n",
     "Cargo.toml src/main.rs", NULL, true},
    {"C", "base/sdk-shipped",
     "FROM gcc:13\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN gcc -O2 -s -o tool a.c\n"
     "ENTRYPOINT [\"/src/tool\"]\n", 1,
     "FROM gcc:13 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN gcc -O2 -s -o tool a.c\n"
     "\n"
     "FROM debian:stable-slim\n"
     "WORKDIR /src\n"
     "COPY --from=build /src/tool /src/tool\n"
     "ENTRYPOINT [\"/src/tool\"]\n",
     "a.c", NULL, true},
    {"Java by maven", "base/sdk-shipped",
     "FROM maven:3.9-eclipse-temurin-21\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN mvn -B package\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n", 1,
     "FROM maven:3.9-eclipse-temurin-21 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN mvn -B package\n"
     "\n"
     "FROM eclipse-temurin:21-jre\n"
     "WORKDIR /src\n"
     "COPY --from=build /src/target/app.jar /src/target/app.jar\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n",
     "pom.xml", NULL, true},
    {"Java by gradle, on Alpine", "base/sdk-shipped",
     "FROM gradle:8-jdk17-alpine\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN gradle build\n"
     "ENV JAVA_OPTS=-Xmx1g\n"
     "EXPOSE 8080\n"
     "CMD [\"java\", \"-jar\", \"/src/build/libs/app.jar\"]\n", 1,
     "FROM gradle:8-jdk17-alpine AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN gradle build\n"
     "\n"
     "FROM eclipse-temurin:17-jre-alpine\n"
     "WORKDIR /src\n"
     "COPY --from=build /src/build/libs/app.jar /src/build/libs/app.jar\n"
     "ENV JAVA_OPTS=-Xmx1g\n"
     "EXPOSE 8080\n"
     "CMD [\"java\", \"-jar\", \"/src/build/libs/app.jar\"]\n",
     "build.gradle", NULL, true},
    {"Java of a version that is not known: no edit", "base/sdk-shipped",
     "FROM maven:3.9\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN mvn -B package\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n", 1,
     NO_FIX,
     "pom.xml", NULL, true},
    {".NET", "base/sdk-shipped",
     "FROM mcr.microsoft.com/dotnet/sdk:8.0\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN dotnet publish -c Release -o /out\n"
     "WORKDIR /out\n"
     "ENTRYPOINT [\"dotnet\", \"/out/a.dll\"]\n", 1,
     "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN dotnet publish -c Release -o /out\n"
     "\n"
     "FROM mcr.microsoft.com/dotnet/aspnet:8.0\n"
     "WORKDIR /src\n"
     "COPY --from=build /out /out\n"
     "WORKDIR /out\n"
     "ENTRYPOINT [\"dotnet\", \"/out/a.dll\"]\n",
     "a.csproj", NULL, true},
    {"Node: what only the build needs", "size/dev-dependencies",
     "FROM node:20-bookworm\n"
     "WORKDIR /app\n"
     "COPY package*.json ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build\n"
     "EXPOSE 3000\n"
     "CMD [\"node\", \"dist/index.js\"]\n", 4,
     "FROM node:20-bookworm AS build\n"
     "WORKDIR /app\n"
     "COPY package*.json ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build && npm prune --omit=dev\n"
     "\n"
     "FROM node:20-bookworm-slim\n"
     "WORKDIR /app\n"
     "COPY --from=build /app /app\n"
     "EXPOSE 3000\n"
     "CMD [\"node\", \"dist/index.js\"]\n",
     "package.json", NULL, true},
    {"Node by pnpm, on Alpine", "size/dev-dependencies",
     "FROM node:20-alpine\n"
     "WORKDIR /app\n"
     "COPY package.json pnpm-lock.yaml ./\n"
     "RUN pnpm install --frozen-lockfile\n"
     "COPY . .\n"
     "RUN pnpm build\n"
     "CMD [\"node\", \"dist/index.js\"]\n", 4,
     "FROM node:20-alpine AS build\n"
     "WORKDIR /app\n"
     "COPY package.json pnpm-lock.yaml ./\n"
     "RUN pnpm install --frozen-lockfile\n"
     "COPY . .\n"
     "RUN pnpm build && pnpm prune --prod\n"
     "\n"
     "FROM node:20-alpine\n"
     "WORKDIR /app\n"
     "COPY --from=build /app /app\n"
     "CMD [\"node\", \"dist/index.js\"]\n",
     "package.json", NULL, true},
    {"Node by yarn 1", "size/dev-dependencies",
     "FROM node:20-alpine AS web\n"
     "WORKDIR /app\n"
     "COPY package.json yarn.lock ./\n"
     "RUN yarn install --frozen-lockfile\n"
     "COPY . .\n"
     "RUN yarn build\n"
     "CMD [\"node\", \"dist/index.js\"]\n", 4,
     "FROM node:20-alpine AS build\n"
     "WORKDIR /app\n"
     "COPY package.json yarn.lock ./\n"
     "RUN yarn install --frozen-lockfile\n"
     "COPY . .\n"
     "RUN yarn build && yarn install --frozen-lockfile --production --ignore-scripts "
     "--prefer-offline\n"
     "\n"
     "FROM node:20-alpine AS web\n"
     "WORKDIR /app\n"
     "COPY --from=build /app /app\n"
     "CMD [\"node\", \"dist/index.js\"]\n",
     "package.json yarn.lock", NULL, true},
    {"python's slim", "base/slim-sibling",
     "FROM python:3.12-bookworm\n"
     "COPY . .\n"
     "CMD [\"gunicorn\"]\n", 1,
     "FROM python:3.12-slim-bookworm\n"
     "COPY . .\n"
     "CMD [\"gunicorn\"]\n",
     NULL, NULL, true},
    {"python's slim of a release", "base/slim-sibling",
     "FROM python:bookworm\n"
     "COPY . .\n"
     "CMD [\"gunicorn\"]\n", 1,
     "FROM python:slim-bookworm\n"
     "COPY . .\n"
     "CMD [\"gunicorn\"]\n",
     NULL, NULL, true},
    {"node's slim", "base/slim-sibling",
     "FROM docker.io/library/node:20-bookworm AS a\n"
     "COPY . .\n"
     "CMD [\"node\", \"a\"]\n", 1,
     "FROM docker.io/library/node:20-bookworm-slim AS a\n"
     "COPY . .\n"
     "CMD [\"node\", \"a\"]\n",
     NULL, NULL, true},
    {"debian's slim", "base/slim-sibling",
     "FROM debian\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n", 1,
     "FROM debian:stable-slim\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n",
     NULL, NULL, true},
    {"git is called: no edit", "base/slim-sibling",
     "FROM node:20\n"
     "COPY . .\n"
     "RUN git describe\n"
     "CMD [\"node\", \"a\"]\n", 1,
     NO_FIX,
     NULL, NULL, true},
    {"line ends of Windows", "base/sdk-shipped",
     "FROM golang:1.22\r\n"
     "\r\n"
     "WORKDIR /src\r\n"
     "COPY . .\r\n"
     "RUN CGO_ENABLED=0 go build -o /app .\r\n"
     "CMD [\"/app\"]\r\n", 1,
     "FROM golang:1.22 AS build\r\n"
     "\r\n"
     "WORKDIR /src\r\n"
     "COPY . .\r\n"
     "RUN CGO_ENABLED=0 go build -o /app .\r\n"
     "\r\n"
     "FROM gcr.io/distroless/static-debian12\r\n"
     "\r\n"
     "WORKDIR /src\r\n"
     "COPY --from=build /app /app\r\n"
     "CMD [\"/app\"]\r\n",
     "go.mod a.go", NULL, true},
    {"the platform of the one stage is that of both", "base/sdk-shipped",
     "FROM --platform=$BUILDPLATFORM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "CMD [\"/app\"]\n", 1,
     "FROM --platform=$BUILDPLATFORM golang:1.22 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "\n"
     "FROM --platform=$BUILDPLATFORM gcr.io/distroless/static-debian12\n"
     "WORKDIR /src\n"
     "COPY --from=build /app /app\n"
     "CMD [\"/app\"]\n",
     "go.mod a.go", NULL, true},
    {"a stage of that name is there", "base/sdk-shipped",
     "FROM alpine:3.20 AS build\n"
     "RUN date > /d\n"
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "COPY --from=build /d /d\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "CMD [\"/app\"]\n", 3,
     "FROM alpine:3.20 AS build\n"
     "RUN date > /d\n"
     "FROM golang:1.22 AS builder\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "COPY --from=build /d /d\n"
     "RUN CGO_ENABLED=0 go build -o /app .\n"
     "\n"
     "FROM gcr.io/distroless/static-debian12\n"
     "WORKDIR /src\n"
     "COPY --from=builder /app /app\n"
     "CMD [\"/app\"]\n",
     "go.mod a.go", NULL, true},
    {"a user is made: no edit", "base/sdk-shipped",
     "FROM golang:1.22\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN useradd app && go build -o /app .\n"
     "USER app\n"
     "CMD [\"/app\"]\n", 1,
     NO_FIX,
     "go.mod a.go", NULL, true},
    {"Rust, installed and begun by name", "base/sdk-shipped",
     "FROM rust:1.79\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo install --path .\n"
     "CMD [\"tool\"]\n", 1,
     "FROM rust:1.79 AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN cargo install --path .\n"
     "\n"
     "FROM debian:stable-slim\n"
     "WORKDIR /src\n"
     "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n"
     "COPY --from=build /usr/local/cargo/bin/tool /usr/local/bin/tool\n"
     "CMD [\"tool\"]\n",
     "Cargo.toml", NULL, true},
    {"Go, installed where PATH leads", "base/sdk-shipped",
     "FROM golang:1.22-alpine\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN go build -o /usr/local/bin/tool .\n"
     "VOLUME /data\n"
     "CMD [\"tool\", \"serve\"]\n", 1,
     "FROM golang:1.22-alpine AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN go build -o /usr/local/bin/tool .\n"
     "\n"
     "FROM alpine:3\n"
     "WORKDIR /src\n"
     "COPY --from=build /usr/local/bin/tool /usr/local/bin/tool\n"
     "VOLUME /data\n"
     "CMD [\"tool\", \"serve\"]\n",
     "go.mod", NULL, true},
    {"a volume above the build", "base/sdk-shipped",
     "FROM eclipse-temurin:17-jdk-alpine\n"
     "VOLUME /data\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN ./mvnw package\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n", 1,
     "FROM eclipse-temurin:17-jdk-alpine AS build\n"
     "WORKDIR /src\n"
     "COPY . .\n"
     "RUN ./mvnw package\n"
     "\n"
     "FROM eclipse-temurin:17-jre-alpine\n"
     "WORKDIR /src\n"
     "VOLUME /data\n"
     "COPY --from=build /src/target/app.jar /src/target/app.jar\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"target/app.jar\"]\n",
     "pom.xml", NULL, true},
    {"gems may be compiled: no edit", "base/slim-sibling",
     "FROM ruby:3.3\n"
     "COPY . .\n"
     "RUN bundle install\n"
     "CMD [\"rackup\"]\n", 1,
     NO_FIX,
     NULL, NULL, true},
    {"uv's environment", "base/sdk-shipped",
     "FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim\n"
     "WORKDIR /app\n"
     "ENV UV_COMPILE_BYTECODE=1\n"
     "COPY . .\n"
     "RUN uv sync --locked\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "EXPOSE 8000\n"
     "CMD [\"fastapi\", \"run\"]\n", 1,
     "FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim AS build\n"
     "WORKDIR /app\n"
     "ENV UV_COMPILE_BYTECODE=1\n"
     "COPY . .\n"
     "RUN uv sync --locked\n"
     "\n"
     "FROM python:3.12-slim-bookworm\n"
     "WORKDIR /app\n"
     "COPY --from=build /app /app\n"
     "ENV PATH=\"/app/.venv/bin:$PATH\"\n"
     "EXPOSE 8000\n"
     "CMD [\"fastapi\", \"run\"]\n",
     "pyproject.toml uv.lock", NULL, true},
    {"uv itself is begun: no edit", "base/sdk-shipped",
     "FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN uv sync --locked\n"
     "CMD [\"uv\", \"run\", \"a.py\"]\n", 1,
     NO_FIX,
     "pyproject.toml uv.lock", NULL, true},
};
/* clang-format on */

static void test_template_stages(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_stages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
