#include "tests/unit/rules/template_unit.h"

/* cache/copy-before-install: manifests, install, then the sources. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"npm: what the tree has", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "# all of it\n"
     "COPY . .\n"
     "RUN npm ci\n"
     "RUN npm run build\n", 5,
     "FROM node:20\n"
     "WORKDIR /app\n"
     "# all of it\n"
     "COPY package.json package-lock.json .npmrc ./\n"
     "RUN npm ci\n"
     "COPY . .\n"
     "RUN npm run build\n",
     "package.json package-lock.json .npmrc a.js"},
    {"the manifest is not there: no edit", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN npm ci\n", 4,
     NO_FIX,
     "web/package.json a.js"},
    {"node_modules come with the tree: no edit", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN npm ci\n", 4,
     NO_FIX,
     "package.json node_modules/a/b.js"},
    {"the build stays behind the sources", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY --chown=node:node . .\n"
     "ENV A=b\n"
     "RUN npm ci && \\\n"
     "    npm run build", 5,
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY --chown=node:node package.json package-lock.json ./\n"
     "ENV A=b\n"
     "RUN npm ci\n"
     "COPY --chown=node:node . .\n"
     "RUN npm run build",
     "package.json package-lock.json"},
    {"yarn and its releases", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . /app\n"
     "RUN yarn install --immutable\n", 4,
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY package.json yarn.lock .yarnrc.yml /app/\n"
     "COPY .yarn /app/.yarn\n"
     "RUN yarn install --immutable\n"
     "COPY . /app\n",
     "package.json yarn.lock .yarnrc.yml .yarn/releases/y.cjs"},
    {"pnpm, and WORKDIR behind the COPY", "cache/copy-before-install",
     "FROM node:20\n"
     "COPY . /app\n"
     "WORKDIR /app\n"
     "RUN pnpm i\n", 4,
     "FROM node:20\n"
     "COPY package.json pnpm-lock.yaml /app/\n"
     "WORKDIR /app\n"
     "RUN pnpm i\n"
     "COPY . /app\n",
     "package.json pnpm-lock.yaml"},
    {"a workspace: no edit", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN pnpm i\n", 4,
     NO_FIX,
     "package.json pnpm-lock.yaml pnpm-workspace.yaml"},
    {"bun, in small letters", "cache/copy-before-install",
     "from oven/bun:1\n"
     "workdir /app\n"
     "copy . .\n"
     "run bun install\n", 4,
     "from oven/bun:1\n"
     "workdir /app\n"
     "copy package.json bun.lockb ./\n"
     "run bun install\n"
     "copy . .\n",
     "package.json bun.lockb"},
    {"pip with constraints", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt -c "
     "constraints.txt\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY requirements.txt constraints.txt ./\n"
     "RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt -c "
     "constraints.txt\n"
     "COPY . .\n",
     "requirements.txt constraints.txt"},
    {"pip, a list in a directory", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN pip install -r requirements/prod.txt\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY requirements/prod.txt ./requirements/\n"
     "RUN pip install -r requirements/prod.txt\n"
     "COPY . .\n",
     "requirements/prod.txt"},
    {"poetry: the project itself comes later", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install --only main\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY pyproject.toml poetry.lock ./\n"
     "RUN poetry install --no-root --only main\n"
     "COPY . .\n"
     "RUN poetry install --only main\n",
     "pyproject.toml poetry.lock"},
    {"poetry without the project", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN poetry install --no-root\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY pyproject.toml poetry.lock ./\n"
     "RUN poetry install --no-root\n"
     "COPY . .\n",
     "pyproject.toml poetry.lock"},
    {"uv", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN uv sync --locked\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY pyproject.toml uv.lock ./\n"
     "RUN uv sync --no-install-project --locked\n"
     "COPY . .\n"
     "RUN uv sync --locked\n",
     "pyproject.toml uv.lock"},
    {"pipenv", "cache/copy-before-install",
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN pipenv install --system --deploy\n", 4,
     "FROM python:3.12\n"
     "WORKDIR /app\n"
     "COPY Pipfile Pipfile.lock ./\n"
     "RUN pipenv install --system --deploy\n"
     "COPY . .\n",
     "Pipfile Pipfile.lock"},
    {"go mod download", "cache/copy-before-install",
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN go mod download\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 4,
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n",
     "go.mod go.sum"},
    {"go build alone", "cache/copy-before-install",
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 4,
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY go.mod go.sum ./\n"
     "RUN go mod download\n"
     "COPY . .\n"
     "RUN CGO_ENABLED=0 go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n",
     "go.mod go.sum a.go"},
    {"go with vendored modules", "cache/copy-before-install",
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 0,
     NULL,
     "go.mod go.sum vendor/modules.txt"},
    {"go without modules of others", "cache/copy-before-install",
     "FROM golang:1.22 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN go build -o /a .\n"
     "FROM scratch\n"
     "COPY --from=b /a /a\n", 0,
     NULL,
     "go.mod a.go"},
    {"cargo", "cache/copy-before-install",
     "FROM rust:1 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n", 4,
     "FROM rust:1 AS b\n"
     "WORKDIR /s\n"
     "COPY Cargo.toml Cargo.lock ./\n"
     "RUN mkdir -p src && touch src/main.rs src/lib.rs && cargo fetch && rm -r src\n"
     "COPY . .\n"
     "RUN cargo build --release\n"
     "FROM debian:12\n"
     "COPY --from=b /s/target/release/a /a\n",
     "Cargo.toml Cargo.lock src/main.rs"},
    {"maven", "cache/copy-before-install",
     "FROM maven:3.9 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN mvn package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/target/a.jar /a.jar\n", 4,
     "FROM maven:3.9 AS b\n"
     "WORKDIR /s\n"
     "COPY pom.xml ./\n"
     "RUN mvn -B dependency:go-offline\n"
     "COPY . .\n"
     "RUN mvn package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/target/a.jar /a.jar\n",
     "pom.xml src/a.java"},
    {"maven's wrapper", "cache/copy-before-install",
     "FROM eclipse-temurin:21 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN ./mvnw package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/target/a.jar /a.jar\n", 4,
     "FROM eclipse-temurin:21 AS b\n"
     "WORKDIR /s\n"
     "COPY pom.xml mvnw ./\n"
     "COPY .mvn ./.mvn\n"
     "RUN ./mvnw -B dependency:go-offline\n"
     "COPY . .\n"
     "RUN ./mvnw package\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/target/a.jar /a.jar\n",
     "pom.xml mvnw .mvn/wrapper/x"},
    {"gradle's wrapper", "cache/copy-before-install",
     "FROM eclipse-temurin:21 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN ./gradlew build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n", 4,
     "FROM eclipse-temurin:21 AS b\n"
     "WORKDIR /s\n"
     "COPY gradlew build.gradle.kts ./\n"
     "COPY gradle ./gradle\n"
     "RUN ./gradlew dependencies --no-daemon\n"
     "COPY . .\n"
     "RUN ./gradlew build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n",
     "gradlew build.gradle.kts gradle/wrapper/x"},
    {"gradle", "cache/copy-before-install",
     "FROM gradle:8 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN gradle build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n", 4,
     "FROM gradle:8 AS b\n"
     "WORKDIR /s\n"
     "COPY build.gradle settings.gradle ./\n"
     "RUN gradle dependencies --no-daemon\n"
     "COPY . .\n"
     "RUN gradle build\n"
     "FROM eclipse-temurin:21-jre\n"
     "COPY --from=b /s/a.jar /a.jar\n",
     "build.gradle settings.gradle"},
    {"bundler", "cache/copy-before-install",
     "FROM ruby:3\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN bundle install\n", 4,
     "FROM ruby:3\n"
     "WORKDIR /s\n"
     "COPY Gemfile Gemfile.lock ./\n"
     "RUN bundle install\n"
     "COPY . .\n",
     "Gemfile Gemfile.lock"},
    {"composer", "cache/copy-before-install",
     "FROM composer:2\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN composer install --no-dev\n", 4,
     "FROM composer:2\n"
     "WORKDIR /s\n"
     "COPY composer.json composer.lock ./\n"
     "RUN composer install --no-dev\n"
     "COPY . .\n",
     "composer.json composer.lock"},
    {"nuget", "cache/copy-before-install",
     "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\n"
     "WORKDIR /s\n"
     "COPY . .\n"
     "RUN dotnet restore a.csproj\n"
     "RUN dotnet publish -o /o\n"
     "FROM mcr.microsoft.com/dotnet/aspnet:8.0\n"
     "COPY --from=b /o /o\n", 4,
     "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\n"
     "WORKDIR /s\n"
     "COPY a.csproj nuget.config ./\n"
     "RUN dotnet restore a.csproj\n"
     "COPY . .\n"
     "RUN dotnet publish -o /o\n"
     "FROM mcr.microsoft.com/dotnet/aspnet:8.0\n"
     "COPY --from=b /o /o\n",
     "a.csproj nuget.config"},
    {"a COPY to another place: no edit", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . /src\n"
     "RUN npm ci\n", 4,
     NO_FIX,
     "package.json"},
    {"a step between may need the sources: no edit", "cache/copy-before-install",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN ./configure\n"
     "RUN npm ci\n", 5,
     NO_FIX,
     "package.json"},
    {"line ends of Windows", "cache/copy-before-install",
     "FROM node:20\r\n"
     "WORKDIR /app\r\n"
     "COPY . .\r\n"
     "RUN npm ci && npm run build\r\n", 4,
     "FROM node:20\r\n"
     "WORKDIR /app\r\n"
     "COPY package.json package-lock.json ./\r\n"
     "RUN npm ci\r\n"
     "COPY . .\r\n"
     "RUN npm run build\r\n",
     "package.json package-lock.json"},
};
/* clang-format on */

static void test_template_manifests(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_manifests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
