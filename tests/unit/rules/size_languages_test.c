#include "tests/unit/rules/rules_unit.h"

/* Rules of size/ about languages: caches, locks, development dependencies, programs. */

static const struct rule_row rows[] = {
    /* size/pip-cache */
    {"pip keeps its cache", "size/pip-cache", "FROM python:3.12\nRUN pip install a\n", 2,
     "FROM python:3.12\nRUN pip install --no-cache-dir a\n"},
    {"as a module", "size/pip-cache", "FROM python:3.12\nRUN python3 -m pip install a\n", 2,
     "FROM python:3.12\nRUN python3 -m pip install --no-cache-dir a\n"},
    {"pip3", "size/pip-cache", "FROM x\nRUN pip3 install MySQL_python\n", 2},
    {"the option may stand last", "size/pip-cache", "FROM x\nRUN pip install a --no-cache-dir\n",
     0},
    {"cache mount", "size/pip-cache",
     "FROM x\nRUN --mount=type=cache,target=/root/.cache/pip pip install foobar\n", 0},
    {"tmpfs mount", "size/pip-cache",
     "FROM x\nRUN --mount=type=tmpfs,target=/root/.cache/pip pip install foobar\n", 0},
    {"ENV switches it off", "size/pip-cache", "FROM x\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a\n",
     0},
    {"ENV says no", "size/pip-cache", "FROM x\nENV PIP_NO_CACHE_DIR=off\nRUN pip install a\n", 3},
    {"the stage below switches it off", "size/pip-cache",
     "FROM debian:12 as base\nENV PIP_NO_CACHE_DIR=1\nFROM base\nRUN pip install six\n", 0},
    {"another stage does not", "size/pip-cache",
     "FROM debian:12 as base\nENV PIP_NO_CACHE_DIR=1\nFROM debian:12\nRUN pip install six\n", 4},
    {"in the command's own words", "size/pip-cache",
     "FROM x\nRUN PIP_NO_CACHE_DIR=true pip install a\n", 0},
    {"by export", "size/pip-cache",
     "FROM x\nRUN export PIP_NO_CACHE_DIR=on && pip install MySQL_python\n", 0},
    {"removed in the same RUN", "size/pip-cache",
     "FROM x\nRUN pip install a && rm -rf ~/.cache/pip\n", 0},
    {"a stage that does not ship", "size/pip-cache",
     "FROM x AS b\nRUN pip install a\nFROM x\nCOPY --from=b /v /v\n", 0},
    {"pipx and pipenv are others", "size/pip-cache", "FROM x\nRUN pipx install a\n", 0},
    /* size/language-cache */
    {"yarn", "size/language-cache", "FROM node:20\nRUN yarn install\n", 2,
     "FROM node:20\nRUN yarn install && yarn cache clean\n"},
    {"gem", "size/language-cache", "FROM ruby:3.3\nRUN gem install rails\n", 2,
     "FROM ruby:3.3\nRUN gem install rails && rm -rf \"$(gem env gemdir)\"/cache\n"},
    {"bundle", "size/language-cache",
     "FROM ruby:3.3\nRUN bundle install \\\n    && rm -rf ~/.bundle /usr/local/bundle/cache/*.gem\n",
     0},
    {"bundle, left", "size/language-cache", "FROM ruby:3.3\nRUN bundle install\n", 2},
    {"bundler is small", "size/language-cache", "FROM ruby:3.3\nRUN gem install bundler:2.5\n", 0},
    {"yarn, cleaned", "size/language-cache", "FROM node:20\nRUN yarn install && yarn cache clean\n",
     0},
    {"cleaned before it is filled", "size/language-cache",
     "FROM node:20\nRUN yarn cache clean && yarn install\n", 2},
    {"cache mount", "size/language-cache",
     "FROM node:20\nRUN --mount=type=cache,target=/root/.cache/yarn yarn install\n", 0},
    {"a mount of something else", "size/language-cache",
     "FROM node:20\nRUN --mount=type=cache,target=/var/lib/foobar yarn install\n", 2},
    {"npm, cleaned", "size/language-cache", "FROM node:20\nRUN npm ci && npm cache clean --force\n",
     0},
    {"conda", "size/language-cache", "FROM x\nRUN conda install -y a\n", 2},
    {"a stage that does not ship", "size/language-cache",
     "FROM node:20 AS b\nRUN npm ci\nFROM scratch\n", 0},
    /* size/install-without-lock */
    {"npm install beside a lock file", "size/install-without-lock",
     "FROM node:20\nCOPY package.json package-lock.json ./\nRUN npm install\n", 3,
     "FROM node:20\nCOPY package.json package-lock.json ./\nRUN npm ci\n"},
    {"a glob for it", "size/install-without-lock",
     "FROM node:20\nCOPY package*.json ./\nRUN npm install\n", 3},
    {"no lock file is copied", "size/install-without-lock",
     "FROM node:20\nCOPY package.json ./\nRUN npm install\n", 0},
    {"one package by name", "size/install-without-lock",
     "FROM node:20\nCOPY package*.json ./\nRUN npm install -g pnpm && npm install left-pad\n", 0},
    {"yarn", "size/install-without-lock",
     "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install\n", 3,
     "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install --frozen-lockfile\n"},
    /* size/deprecated-omit */
    {"npm 6's word", "size/deprecated-omit", "FROM node:20\nRUN npm ci --only=production\n", 2,
     "FROM node:20\nRUN npm ci --omit=dev\n"},
    {"npm 6 itself", "size/deprecated-omit", "FROM node:12\nRUN npm ci --only=production\n", 0},
    /* size/dev-dependencies */
    {"everything ships", "size/dev-dependencies",
     "FROM node:20\nCOPY . .\nRUN npm ci\nCMD [\"node\", \"a.js\"]\n", 3,
     "FROM node:20\nCOPY . .\nRUN npm ci --omit=dev\nCMD [\"node\", \"a.js\"]\n"},
    {"omitted", "size/dev-dependencies", "FROM node:20\nRUN npm ci --omit=dev\n", 0},
    {"NODE_ENV omits", "size/dev-dependencies",
     "FROM node:20\nENV NODE_ENV=production\nRUN npm ci\n", 0},
    {"pruned later in the same layers", "size/dev-dependencies",
     "FROM node:20\nRUN npm ci && npm run build && npm prune --omit=dev\n", 0},
    {"an image to develop in", "size/dev-dependencies",
     "FROM node:20\nRUN npm ci\nCMD [\"npm\", \"run\", \"dev\"]\n", 0},
    {"pip in exec form", "size/pip-cache", "FROM python:3\nRUN [\"pip\", \"install\", \"a\"]\n", 2,
     "FROM python:3\nRUN [\"pip\", \"install\", \"--no-cache-dir\", \"a\"]\n"},
    {"a server is no development server", "size/dev-dependencies",
     "FROM node:20\nRUN npm ci\nCMD [\"node\", \"server.js\"]\n", 2,
     "FROM node:20\nRUN npm ci --omit=dev\nCMD [\"node\", \"server.js\"]\n"},
    {"a server is nothing that serves for development", "size/dev-dependencies",
     "FROM node:20\nRUN npm ci\nCMD [\"node\", \"server.js\"]\n", 2},
    {"serve is", "size/dev-dependencies",
     "FROM node:20\nRUN npm ci\nCMD [\"npm\", \"run\", \"serve\"]\n", 0},
    {"a build stage needs them", "size/dev-dependencies",
     "FROM node:20 AS b\nRUN npm ci\nFROM node:20\nCOPY --from=b /app/dist ./dist\n", 0},
    {"node_modules of a full install", "size/dev-dependencies",
     "FROM node:20 AS deps\nRUN npm ci\nFROM node:20\nCOPY --from=deps /app/node_modules "
     "./node_modules\nCMD [\"node\", \"a\"]\n",
     4},
    {"composer", "size/dev-dependencies",
     "FROM php:8\nRUN composer install --no-dev\nRUN composer install\n", 3},
    /* size/build-after-omit, size/production-before-build */
    {"the guide's own: build without build tools", "size/build-after-omit",
     "FROM node:20-alpine\nRUN npm ci --only=production && npm cache clean --force\nCOPY . .\nRUN "
     "npm run build\n",
     4},
    {"a full install", "size/build-after-omit", "FROM node:20\nRUN npm ci\nRUN npm run build\n", 0},
    {"built first, omitted then", "size/build-after-omit",
     "FROM node:20\nRUN npm ci && npm run build && npm ci --omit=dev\n", 0},
    {"another stage", "size/build-after-omit",
     "FROM node:20 AS a\nRUN npm ci --omit=dev\nFROM node:20\nRUN npm run build\n", 0},
    {"bun brings its own bundler", "size/build-after-omit",
     "FROM oven/bun:1\nRUN bun install --production\nRUN bun run build\n", 0},
    {"NODE_ENV omits before the build", "size/production-before-build",
     "FROM node:20\nENV NODE_ENV=production\nRUN npm ci\nRUN npm run build\n", 4},
    {"development dependencies asked for", "size/production-before-build",
     "FROM node:20\nENV NODE_ENV=production\nRUN npm ci --include=dev\nRUN npm run build\n", 0},
    /* size/go-symbols */
    {"symbols stay", "size/go-symbols",
     "FROM golang:1.22 AS b\nRUN go build -o app .\nFROM scratch\nCOPY --from=b /app /app\n", 2,
     "FROM golang:1.22 AS b\nRUN go build -trimpath -ldflags=\"-s -w\" -o app .\nFROM "
     "scratch\nCOPY --from=b /app /app\n"},
    {"stripped by the linker", "size/go-symbols",
     "FROM golang:1.22\nRUN go build -ldflags=\"-w -s\" -o app .\n", 0},
    {"flags with something else in them", "size/go-symbols",
     "FROM golang:1.22\nRUN go build -ldflags \"-X main.v=1\" -o app .\n", 2,
     "FROM golang:1.22\nRUN go build -trimpath -ldflags \"-s -w -X main.v=1\" -o app .\n"},
    {"one flag without quotes", "size/go-symbols",
     "FROM golang:1.22\nRUN go build -trimpath -ldflags=-linkmode=external .\n", 2,
     "FROM golang:1.22\nRUN go build -trimpath -ldflags=\"-s -w -linkmode=external\" .\n"},
    {"too old for -trimpath", "size/go-symbols", "FROM golang:1.11\nRUN go install ./...\n", 2,
     "FROM golang:1.11\nRUN go install -ldflags=\"-s -w\" ./...\n"},
    {"made by make, copied, not stripped", "size/unstripped",
     "FROM gcc:12 AS b\nWORKDIR /s\nCOPY . .\nRUN make\nFROM debian:12-slim\nCOPY --from=b /s/tool "
     "/usr/bin/tool\n",
     6,
     "FROM gcc:12 AS b\nWORKDIR /s\nCOPY . .\nRUN make && strip --strip-all /s/tool\nFROM "
     "debian:12-slim\nCOPY --from=b /s/tool /usr/bin/tool\n"},
    {"stripped already", "size/unstripped",
     "FROM gcc:12 AS b\nRUN make && strip /s/tool\nFROM debian:12-slim\nCOPY --from=b /s/tool /t\n",
     0},
    {"make of what is no C program", "size/unstripped",
     "FROM golang:1.22 AS b\nRUN apk add gcc && make\nRUN go build -o /s/tool .\nFROM "
     "debian:12-slim\nCOPY --from=b /s/tool /t\n",
     0},
    {"a script, and a directory", "size/unstripped",
     "FROM gcc:12 AS b\nRUN make\nFROM debian:12-slim\nCOPY --from=b /s/run.sh /t\nCOPY --from=b "
     "/s/build /t\n",
     0},
    {"flags from a variable are not known", "size/go-symbols",
     "FROM golang:1.22\nRUN go build -ldflags \"$FLAGS\" -o app .\n", 0},
    {"stripped afterwards", "size/go-symbols",
     "FROM golang:1.22\nRUN go build -o app . && strip app\n", 0},
    {"a stage that nobody needs", "size/go-symbols",
     "FROM golang:1.22 AS b\nRUN go build -o app .\nFROM scratch\n", 0},
    /* size/cargo-debug */
    {"a debug build is copied", "size/cargo-debug",
     "FROM rust:1 AS b\nRUN cargo build\nFROM debian:12\nCOPY --from=b /a/target/debug/a /a\n", 2},
    {"release", "size/cargo-debug",
     "FROM rust:1 AS b\nRUN cargo build --release\nFROM debian:12\nCOPY --from=b /a /a\n", 0},
    {"a debug build that is only tested", "size/cargo-debug",
     "FROM rust:1 AS b\nRUN cargo build && cargo test && cargo build --release\nFROM "
     "debian:12\nCOPY --from=b /a/target/release/a /a\n",
     0},
    /* size/unstripped */
    {"symbols ship", "size/unstripped",
     "FROM gcc:12 AS b\nRUN gcc -O2 -o /app a.c\nFROM debian:12\nCOPY --from=b /app /app\n", 2,
     "FROM gcc:12 AS b\nRUN gcc -s -O2 -o /app a.c\nFROM debian:12\nCOPY --from=b /app /app\n"},
    {"an object is no program", "size/unstripped", "FROM gcc:12\nRUN gcc -shared a.c -o a.o\n", 0},
    {"stripped", "size/unstripped",
     "FROM gcc:12 AS b\nRUN gcc -o /app a.c && strip /app\nFROM debian:12\nCOPY --from=b /app "
     "/app\n",
     0},
};

static void test_size_languages(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_size_languages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
