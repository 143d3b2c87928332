#include "tests/unit/rules/template_unit.h"

/* security/no-user and security/root-user: which user, and what must belong to it. */

/* clang-format off */
static const struct rule_row rows[] = {
    {"the base's own", "security/no-user",
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN npm ci\n"
     "EXPOSE 3000\n"
     "\n"
     "# start it\n"
     "CMD [\"node\", \"a.js\"]\n", 1,
     "FROM node:20\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN npm ci\n"
     "EXPOSE 3000\n"
     "\n"
     "USER node\n"
     "# start it\n"
     "CMD [\"node\", \"a.js\"]\n"},
    {"made on Debian", "security/no-user",
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 1,
     "FROM python:3.12-slim\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "USER app\n"
     "CMD [\"python\", \"a.py\"]\n"},
    {"made on Alpine", "security/no-user",
     "FROM python:3.12-alpine\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 1,
     "FROM python:3.12-alpine\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN addgroup -S app && \\\n"
     "    adduser -S -G app app\n"
     "USER app\n"
     "CMD [\"python\", \"a.py\"]\n"},
    {"made on Fedora", "security/no-user",
     "FROM fedora:40\n"
     "COPY a /a\n"
     "ENTRYPOINT [\"/a\"]\n", 1,
     "FROM fedora:40\n"
     "COPY a /a\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "USER app\n"
     "ENTRYPOINT [\"/a\"]\n"},
    {"no tools to make one: no edit", "security/no-user",
     "FROM amazonlinux:2023\n"
     "COPY a /a\n"
     "ENTRYPOINT [\"/a\"]\n", 1,
     NO_FIX},
    {"a number where nobody has a name", "security/no-user",
     "FROM scratch\n"
     "COPY a /a\n"
     "ENTRYPOINT [\"/a\"]\n", 1,
     "FROM scratch\n"
     "COPY a /a\n"
     "USER 65532:65532\n"
     "ENTRYPOINT [\"/a\"]\n"},
    {"the RUN stands where no other does", "security/no-user",
     "FROM python:3.12-slim\n"
     "\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "RUN pip install --no-cache-dir -r r.txt\n"
     "CMD [\"python\", \"a.py\"]\n", 1,
     "FROM python:3.12-slim\n"
     "\n"
     "WORKDIR /app\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "COPY . .\n"
     "RUN pip install --no-cache-dir -r r.txt\n"
     "USER app\n"
     "CMD [\"python\", \"a.py\"]\n"},
    {"volumes belong to it", "security/no-user",
     "FROM debian:12\n"
     "COPY a /a\n"
     "VOLUME [\"/data\"]\n"
     "ENTRYPOINT [\"/a\"]\n", 1,
     "FROM debian:12\n"
     "COPY a /a\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app && \\\n"
     "    mkdir -p /data && \\\n"
     "    chown app:app /data\n"
     "VOLUME [\"/data\"]\n"
     "USER app\n"
     "ENTRYPOINT [\"/a\"]\n"},
    {"a server that writes beside its code", "security/no-user",
     "FROM ruby:3.3\n"
     "WORKDIR /app\n"
     "COPY Gemfile ./\n"
     "RUN bundle install\n"
     "COPY . .\n"
     "CMD [\"bundle\", \"exec\", \"rails\", \"server\"]\n", 1,
     "FROM ruby:3.3\n"
     "WORKDIR /app\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app && \\\n"
     "    mkdir -p /app && \\\n"
     "    chown app:app /app\n"
     "COPY --chown=app:app Gemfile ./\n"
     "RUN bundle install\n"
     "COPY --chown=app:app . .\n"
     "USER app\n"
     "CMD [\"bundle\", \"exec\", \"rails\", \"server\"]\n"},
    {"the base's own user writes", "security/no-user",
     "from node:20\n"
     "workdir /app\n"
     "copy . .\n"
     "cmd [\"npm\", \"run\", \"dev\"]\n", 1,
     "from node:20\n"
     "workdir /app\n"
     "run mkdir -p /app && \\\n"
     "    chown node:node /app\n"
     "copy --chown=node:node . .\n"
     "user node\n"
     "cmd [\"npm\", \"run\", \"dev\"]\n"},
    {"a port that it may not open: no edit", "security/no-user",
     "FROM python:3.12\n"
     "COPY . .\n"
     "EXPOSE 80\n"
     "CMD [\"python\", \"a.py\"]\n", 1,
     NO_FIX},
    {"a script that may want root: no edit", "security/no-user",
     "FROM python:3.12\n"
     "COPY . .\n"
     "ENTRYPOINT [\"/docker-entrypoint.sh\"]\n", 1,
     NO_FIX},
    {"a step behind CMD: no edit", "security/no-user",
     "FROM python:3.12\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n"
     "RUN make\n", 1,
     NO_FIX},
    {"a base that is not known: no edit", "security/no-user",
     "FROM x.org/y\n"
     "COPY . .\n"
     "CMD [\"python\", \"a.py\"]\n", 1,
     NO_FIX},
    {"the file makes one itself", "security/no-user",
     "FROM debian:12\n"
     "RUN useradd -r runner\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n", 1,
     "FROM debian:12\n"
     "RUN useradd -r runner\n"
     "COPY a /a\n"
     "USER runner\n"
     "CMD [\"/a\"]\n"},
    {"USER root at the end", "security/root-user",
     "FROM node:20\n"
     "USER root\n"
     "CMD [\"node\", \"a.js\"]\n", 2,
     "FROM node:20\n"
     "USER node\n"
     "CMD [\"node\", \"a.js\"]\n"},
    {"USER root, and then a step", "security/root-user",
     "FROM node:20\n"
     "USER node\n"
     "COPY . .\n"
     "USER root\n"
     "RUN npm ci\n"
     "CMD [\"node\", \"a.js\"]\n", 4,
     "FROM node:20\n"
     "USER node\n"
     "COPY . .\n"
     "USER root\n"
     "RUN npm ci\n"
     "USER node\n"
     "CMD [\"node\", \"a.js\"]\n"},
    {"USER root where one is to be made", "security/root-user",
     "FROM python:3.12-slim\n"
     "USER root\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n", 2,
     "FROM python:3.12-slim\n"
     "USER root\n"
     "COPY a /a\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "USER app\n"
     "CMD [\"/a\"]\n"},
    {"Ubuntu's user, where the release has it", "security/no-user",
     "FROM ubuntu:24.04\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n", 1,
     "FROM ubuntu:24.04\n"
     "COPY a /a\n"
     "USER ubuntu\n"
     "CMD [\"/a\"]\n"},
    {"an Ubuntu without one, and /tmp is everybody's", "security/no-user",
     "FROM eclipse-temurin:17-jre-focal\n"
     "VOLUME /tmp\n"
     "COPY a.jar /\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"/a.jar\"]\n", 1,
     "FROM eclipse-temurin:17-jre-focal\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "VOLUME /tmp\n"
     "COPY a.jar /\n"
     "USER app\n"
     "ENTRYPOINT [\"java\", \"-jar\", \"/a.jar\"]\n"},
    {".NET before 8 has none", "security/no-user",
     "FROM mcr.microsoft.com/dotnet/aspnet:6.0\n"
     "COPY a /app\n"
     "ENTRYPOINT [\"dotnet\", \"/app/a.dll\"]\n", 1,
     "FROM mcr.microsoft.com/dotnet/aspnet:6.0\n"
     "COPY a /app\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "USER app\n"
     "ENTRYPOINT [\"dotnet\", \"/app/a.dll\"]\n"},
    {"something lies in root's own directory: no edit", "security/no-user",
     "FROM debian:12\n"
     "COPY a.cfg /root/.a.cfg\n"
     "COPY a /a\n"
     "CMD [\"/a\"]\n", 1,
     NO_FIX},
    {"an image for others to build on: no edit", "security/no-user",
     "FROM debian:12\n"
     "COPY a /usr/bin/dotnet\n"
     "ENTRYPOINT [\"dotnet\"]\n"
     "CMD [\"--info\"]\n", 1,
     NO_FIX},
    {"ONBUILD runs as whom?: no edit", "security/no-user",
     "FROM node:20\n"
     "ONBUILD RUN npm ci\n"
     "CMD [\"node\", \"a.js\"]\n", 1,
     NO_FIX},
    {"it writes to what a stage below brought: no edit", "security/no-user",
     "FROM node:20 AS a\n"
     "WORKDIR /app\n"
     "COPY . .\n"
     "FROM a\n"
     "CMD [\"npm\", \"run\", \"dev\"]\n", 4,
     NO_FIX},
    {"line ends of Windows, and blank lines", "security/no-user",
     "FROM python:3.12-slim\r\n"
     "\r\n"
     "WORKDIR /app\r\n"
     "\r\n"
     "COPY . .\r\n"
     "RUN make\r\n"
     "\r\n"
     "CMD [\"python\", \"a.py\"]\r\n", 1,
     "FROM python:3.12-slim\r\n"
     "\r\n"
     "WORKDIR /app\r\n"
     "\r\n"
     "RUN groupadd --system app && \\\r\n"
     "    useradd --system --gid app --create-home app\r\n"
     "\r\n"
     "COPY . .\r\n"
     "RUN make\r\n"
     "\r\n"
     "USER app\r\n"
     "CMD [\"python\", \"a.py\"]\r\n"},
    {"an interpreter that CMD gives a program", "security/no-user",
     "FROM python:3.12-slim\n"
     "COPY a.py /\n"
     "ENTRYPOINT [\"python3\"]\n"
     "CMD [\"a.py\"]\n", 1,
     "FROM python:3.12-slim\n"
     "COPY a.py /\n"
     "RUN groupadd --system app && \\\n"
     "    useradd --system --gid app --create-home app\n"
     "USER app\n"
     "ENTRYPOINT [\"python3\"]\n"
     "CMD [\"a.py\"]\n"},
};
/* clang-format on */

static void test_template_user(void **state)
{
    template_rows_check(*state, rows, ARRAY_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_template_user)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
