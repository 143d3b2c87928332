#include "tests/unit/rules/template_unit.h"

/* cache/mount-missing: where each manager's cache is, and what would empty it. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"npm, and its clean goes", "cache/mount-missing",
     "FROM node:20\n"
     "RUN npm ci && npm cache clean --force\n", 2,
     "FROM node:20\n"
     "RUN --mount=type=cache,target=/root/.npm \\\n"
     "    npm ci\n"},
    {"yarn of the user that the base brings", "cache/mount-missing",
     "FROM node:20\n"
     "USER node\n"
     "RUN yarn install --frozen-lockfile\n", 3,
     "FROM node:20\n"
     "USER node\n"
     "RUN --mount=type=cache,target=/home/node/.cache/yarn,uid=1000,gid=1000 \\\n"
     "    yarn install --frozen-lockfile\n"},
    {"yarn of root", "cache/mount-missing",
     "FROM node:20\n"
     "RUN yarn --frozen-lockfile install\n", 2,
     "FROM node:20\n"
     "RUN --mount=type=cache,target=/usr/local/share/.cache/yarn \\\n"
     "    yarn --frozen-lockfile install\n"},
    {"yarn 2 and newer", "cache/mount-missing",
     "FROM node:20\n"
     "RUN yarn install --immutable\n", 2,
     "FROM node:20\n"
     "RUN --mount=type=cache,target=/root/.yarn/berry/cache \\\n"
     "    yarn install --immutable\n",
     ".yarnrc.yml package.json"},
    {"pnpm", "cache/mount-missing",
     "FROM node:20\n"
     "RUN corepack enable\n"
     "RUN pnpm install --frozen-lockfile\n", 3,
     "FROM node:20\n"
     "RUN corepack enable\n"
     "RUN --mount=type=cache,target=/root/.local/share/pnpm/store \\\n"
     "    pnpm install --frozen-lockfile\n"},
    {"pnpm where a setting moves it", "cache/mount-missing",
     "FROM node:20\n"
     "ENV PNPM_HOME=/pnpm\n"
     "RUN pnpm install --frozen-lockfile\n", 3,
     "FROM node:20\n"
     "ENV PNPM_HOME=/pnpm\n"
     "RUN --mount=type=cache,target=/pnpm/store \\\n"
     "    pnpm install --frozen-lockfile\n"},
    {"bun", "cache/mount-missing",
     "FROM node:20\n"
     "RUN bun install --no-cache\n", 2,
     "FROM node:20\n"
     "RUN --mount=type=cache,target=/root/.bun/install/cache \\\n"
     "    bun install\n"},
    {"pip that keeps nothing, an option a line", "cache/mount-missing",
     "FROM python:3.12-slim\n"
     "RUN pip install \\\n"
     "    --no-cache-dir \\\n"
     "    -r requirements.txt\n", 2,
     "FROM python:3.12-slim\n"
     "RUN --mount=type=cache,target=/root/.cache/pip \\\n"
     "    pip install \\\n"
     "    -r requirements.txt\n"},
    {"pip of a user that the file makes", "cache/mount-missing",
     "FROM python:3.12\r\n"
     "RUN useradd -m -u 1001 app\r\n"
     "USER app\r\n"
     "RUN pip install --user -r r.txt\r\n", 4,
     "FROM python:3.12\r\n"
     "RUN useradd -m -u 1001 app\r\n"
     "USER app\r\n"
     "RUN --mount=type=cache,target=/home/app/.cache/pip,uid=1001 \\\r\n"
     "    pip install --user -r r.txt\r\n"},
    {"a user whose number is not known has no edit", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN useradd -m app\n"
     "USER app\n"
     "RUN pip install --user a\n", 4,
     NO_FIX},
    {"pip that the environment tells to keep nothing", "cache/mount-missing",
     "FROM python:3.12\n"
     "ENV PIP_NO_CACHE_DIR=1\n"
     "RUN pip install a\n", 0},
    {"poetry, whose environments lie beside its cache", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN poetry install --no-root --no-cache\n", 2,
     "FROM python:3.12\n"
     "RUN --mount=type=cache,target=/root/.cache/pypoetry/cache \\\n"
     "    --mount=type=cache,target=/root/.cache/pypoetry/artifacts \\\n"
     "    poetry install --no-root\n"},
    {"uv where a setting moves it", "cache/mount-missing",
     "FROM python:3.12\n"
     "ENV UV_CACHE_DIR=/c/uv\n"
     "RUN uv sync --locked --no-cache\n", 3,
     "FROM python:3.12\n"
     "ENV UV_CACHE_DIR=/c/uv\n"
     "RUN --mount=type=cache,target=/c/uv \\\n"
     "    uv sync --locked\n"},
    {"go: modules", "cache/mount-missing",
     "FROM golang:1.22 AS b\n"
     "RUN go mod download\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 2,
     "FROM golang:1.22 AS b\n"
     "RUN --mount=type=cache,target=/go/pkg/mod \\\n"
     "    go mod download\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n"},
    {"go: modules and builds", "cache/mount-missing",
     "FROM golang:1.22 AS b\n"
     "RUN CGO_ENABLED=0 go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 2,
     "FROM golang:1.22 AS b\n"
     "RUN --mount=type=cache,target=/go/pkg/mod \\\n"
     "    --mount=type=cache,target=/root/.cache/go-build \\\n"
     "    CGO_ENABLED=0 go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n"},
    {"make may need the modules: no edit", "cache/mount-missing",
     "FROM golang:1.22 AS b\n"
     "RUN go mod download\n"
     "RUN make\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 2,
     NO_FIX},
    {"cargo", "cache/mount-missing",
     "FROM rust:1 AS b\n"
     "RUN cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n", 2,
     "FROM rust:1 AS b\n"
     "RUN --mount=type=cache,target=/usr/local/cargo/registry \\\n"
     "    --mount=type=cache,target=/usr/local/cargo/git \\\n"
     "    cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n"},
    {"cargo elsewhere", "cache/mount-missing",
     "FROM debian:12 AS b\n"
     "RUN cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n", 2,
     "FROM debian:12 AS b\n"
     "RUN --mount=type=cache,target=/root/.cargo/registry \\\n"
     "    --mount=type=cache,target=/root/.cargo/git \\\n"
     "    cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n"},
    {"maven", "cache/mount-missing",
     "FROM maven:3.9 AS b\n"
     "RUN mvn -B package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n", 2,
     "FROM maven:3.9 AS b\n"
     "RUN --mount=type=cache,target=/root/.m2/repository \\\n"
     "    mvn -B package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n"},
    {"the image itself starts maven: no edit", "cache/mount-missing",
     "FROM maven:3.9\n"
     "RUN mvn -B package\n"
     "CMD [\"mvn\", \"spring-boot:run\"]\n", 2,
     NO_FIX},
    {"gradle's wrapper", "cache/mount-missing",
     "FROM eclipse-temurin:21 AS b\n"
     "RUN ./gradlew build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n", 2,
     "FROM eclipse-temurin:21 AS b\n"
     "RUN --mount=type=cache,target=/root/.gradle/caches \\\n"
     "    --mount=type=cache,target=/root/.gradle/wrapper \\\n"
     "    ./gradlew build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n"},
    {"gradle", "cache/mount-missing",
     "FROM gradle:8 AS b\n"
     "RUN gradle build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n", 2,
     "FROM gradle:8 AS b\n"
     "RUN --mount=type=cache,target=/root/.gradle/caches \\\n"
     "    gradle build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n"},
    {"composer in its own image", "cache/mount-missing",
     "FROM composer:2\n"
     "RUN composer install --no-cache --no-dev\n", 2,
     "FROM composer:2\n"
     "RUN --mount=type=cache,target=/tmp/cache \\\n"
     "    composer install --no-dev\n"},
    {"composer elsewhere", "cache/mount-missing",
     "FROM php:8.3\n"
     "RUN composer install --no-dev\n", 2,
     "FROM php:8.3\n"
     "RUN --mount=type=cache,target=/root/.composer/cache \\\n"
     "    composer install --no-dev\n"},
    {"bundler", "cache/mount-missing",
     "FROM ruby:3.3\n"
     "RUN bundle install\n", 2,
     "FROM ruby:3.3\n"
     "RUN --mount=type=cache,target=/usr/local/bundle/cache \\\n"
     "    bundle install\n"},
    {"bundler elsewhere: no edit", "cache/mount-missing",
     "FROM debian:12\n"
     "RUN bundle install\n", 2,
     NO_FIX},
    {"nuget, at the restore", "cache/mount-missing",
     "FROM mcr.microsoft.com/dotnet/sdk:8.0\n"
     "RUN dotnet restore\n"
     "RUN dotnet publish --no-restore -o /out\n", 2,
     "FROM mcr.microsoft.com/dotnet/sdk:8.0\n"
     "RUN --mount=type=cache,target=/root/.nuget/packages \\\n"
     "    dotnet restore\n"
     "RUN dotnet publish --no-restore -o /out\n"},
    {"apt only when asked", "cache/mount-missing",
     "FROM debian:12\n"
     "RUN apt-get update && apt-get install -y curl\n", 0},
    {"apt: its hook, its cleaning and its lists", "cache/mount-missing",
     "FROM debian:12\n"
     "RUN apt-get update && \\\n"
     "    apt-get install -y --no-install-recommends curl && \\\n"
     "    apt-get clean && \\\n"
     "    rm -rf /var/lib/apt/lists/* /tmp/x\n", 2,
     "FROM debian:12\n"
     "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
     "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n"
     "    rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && \\\n"
     "    apt-get install -y --no-install-recommends curl && \\\n"
     "    rm -rf /tmp/x\n",
     NULL, NULL, true},
    {"apk: the index, too", "cache/mount-missing",
     "FROM alpine:3.20\n"
     "RUN apk add --no-cache curl\n", 2,
     "FROM alpine:3.20\n"
     "RUN --mount=type=cache,target=/etc/apk/cache,sharing=locked \\\n"
     "    apk add --update-cache curl\n",
     NULL, NULL, true},
    {"dnf keeps what it fetched", "cache/mount-missing",
     "FROM fedora:40\n"
     "RUN dnf install -y curl \\\n"
     "  && dnf clean all\n", 2,
     "FROM fedora:40\n"
     "RUN --mount=type=cache,target=/var/cache/dnf,sharing=locked \\\n"
     "  dnf install --setopt=keepcache=1 -y curl\n",
     NULL, NULL, true},
    {"dnf 5 of Fedora", "cache/mount-missing",
     "FROM fedora:42\n"
     "RUN dnf install -y nginx && dnf clean all\n", 2,
     "FROM fedora:42\n"
     "RUN --mount=type=cache,target=/var/cache/libdnf5,sharing=locked \\\n"
     "    dnf install --setopt=keepcache=1 -y nginx\n",
     NULL, NULL, true},
    {"dnf", "cache/mount-missing",
     "FROM almalinux:9\n"
     "RUN dnf -y install nginx && dnf clean all\n", 2,
     "FROM almalinux:9\n"
     "RUN --mount=type=cache,target=/var/cache/dnf,sharing=locked \\\n"
     "    dnf -y install --setopt=keepcache=1 nginx\n",
     NULL, NULL, true},
    {"yum that is dnf", "cache/mount-missing",
     "FROM rockylinux:9\n"
     "RUN yum install -y nginx && yum clean all && rm -rf /var/cache/dnf\n", 2,
     "FROM rockylinux:9\n"
     "RUN --mount=type=cache,target=/var/cache/dnf,sharing=locked \\\n"
     "    yum install --setopt=keepcache=1 -y nginx\n",
     NULL, NULL, true},
    {"yum", "cache/mount-missing",
     "FROM amazonlinux:2\n"
     "RUN yum install -y nginx && \\\n"
     "    yum clean all && \\\n"
     "    rm -rf /var/cache/yum\n", 2,
     "FROM amazonlinux:2\n"
     "RUN --mount=type=cache,target=/var/cache/yum,sharing=locked \\\n"
     "    yum install --setopt=keepcache=1 -y nginx\n",
     NULL, NULL, true},
    {"microdnf", "cache/mount-missing",
     "FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4\n"
     "RUN microdnf install -y nginx && microdnf clean all\n", 2,
     "FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4\n"
     "RUN --mount=type=cache,target=/var/cache/yum,sharing=locked \\\n"
     "    microdnf install --setopt=keepcache=1 -y nginx\n",
     NULL, NULL, true},
    {"two managers in one step", "cache/mount-missing",
     "FROM python:3.12-slim\n"
     "RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/* && pip install "
     "--no-cache-dir a\n", 2,
     "FROM python:3.12-slim\n"
     "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
     "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n"
     "    --mount=type=cache,target=/root/.cache/pip \\\n"
     "    rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y gcc && "
     "pip install a\n",
     NULL, NULL, true},
    {"flags that are there stay", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN --mount=type=secret,id=a,env=A pip install a\n", 2,
     "FROM python:3.12\n"
     "RUN --mount=type=secret,id=a,env=A \\\n"
     "    --mount=type=cache,target=/root/.cache/pip \\\n"
     "    pip install a\n"},
    {"a script in a heredoc", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN <<EOF\n"
     "pip install a\n"
     "EOF\n", 3,
     "FROM python:3.12\n"
     "RUN --mount=type=cache,target=/root/.cache/pip <<EOF\n"
     "pip install a\n"
     "EOF\n"},
    {"exec form has no edit", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN [\"pip\", \"install\", \"a\"]\n", 2,
     NO_FIX},
    {"a frontend older than mounts", "cache/mount-missing",
     "# syntax=docker/dockerfile:1.0\n"
     "FROM python:3.12\n"
     "RUN pip install a\n", 0},
    {"a base that is not known has no edit", "cache/mount-missing",
     "FROM x.org/y\n"
     "RUN pip install a\n", 2,
     NO_FIX},
    {"an argument decides the place: no edit", "cache/mount-missing",
     "FROM python:3.12\n"
     "ARG PIP_CACHE_DIR\n"
     "RUN pip install a\n", 3,
     NO_FIX},
    {"the command moves its cache itself: no edit", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN PIP_CACHE_DIR=/x pip install a\n", 2,
     NO_FIX},
    {"told to keep nothing by its own command", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN export PIP_NO_CACHE_DIR=1 && pip install a\n", 0},
    {"a flag on a line of its own", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN --mount=type=secret,id=a \\\n"
     "    pip install a\n", 3,
     "FROM python:3.12\n"
     "RUN --mount=type=secret,id=a \\\n"
     "    --mount=type=cache,target=/root/.cache/pip \\\n"
     "    pip install a\n"},
    {"a RUN that begins on the next line", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN \\\n"
     "  pip install a\n", 3,
     "FROM python:3.12\n"
     "RUN --mount=type=cache,target=/root/.cache/pip \\\n"
     "  pip install a\n"},
    {"inside of an if", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN if true; then pip install --no-cache-dir a; fi\n", 2,
     "FROM python:3.12\n"
     "RUN --mount=type=cache,target=/root/.cache/pip \\\n"
     "    if true; then pip install a; fi\n"},
    {"a cache that is emptied from above: no edit", "cache/mount-missing",
     "FROM python:3.12\n"
     "RUN pip install a && rm -rf /root/.cache\n", 2,
     NO_FIX},
};
/* clang-format on */

static void test_template_mounts(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_mounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
