#include "tests/unit/rules/rules_unit.h"

/* Rules of cache/: mounts, order, the syntax directive, builds. And what a RUN forgets (layers/).
 * */

static const struct rule_row rows[] = {
    /* cache/mount-defeated */
    {"the guide's own: npm cache clean in its mount", "cache/mount-defeated",
     "FROM node:20\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci --omit=dev && \\\n    "
     "npm cache clean --force\n",
     4, "FROM node:20\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci --omit=dev\n"},
    {"a clean without a mount", "cache/mount-defeated",
     "FROM node:20\nRUN npm ci && npm cache clean --force\n", 0},
    {"pip that keeps nothing", "cache/mount-defeated",
     "FROM python:3\nRUN --mount=type=cache,target=/root/.cache/pip pip install --no-cache-dir "
     "a\n",
     2, "FROM python:3\nRUN --mount=type=cache,target=/root/.cache/pip pip install a\n"},
    {"apk that keeps nothing", "cache/mount-defeated",
     "FROM alpine:3\nRUN --mount=type=cache,target=/var/cache/apk apk add --no-cache a\n", 2},
    {"lists removed from their mount", "cache/mount-defeated",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && "
     "apt-get install -y a && rm -rf /var/lib/apt/lists/*\n",
     2},
    {"only the archives are mounted: the lists are to go", "cache/mount-defeated",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get "
     "install -y a && rm -rf /var/lib/apt/lists/*\n",
     0},
    {"removed from below the home", "cache/mount-defeated",
     "FROM python:3\nRUN --mount=type=cache,target=/root/.cache/pypoetry/cache poetry install && rm "
     "-rf ~/.cache/pypoetry\n",
     2,
     "FROM python:3\nRUN --mount=type=cache,target=/root/.cache/pypoetry/cache poetry install\n"},
    {"another tool's clean", "cache/mount-defeated",
     "FROM x\nRUN --mount=type=cache,target=/root/.cache/pip pip install a && npm cache clean "
     "--force\n",
     0},
    /* cache/docker-clean */
    {"the hook empties the mount", "cache/docker-clean",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update "
     "&& apt-get install -y a\n",
     2,
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked rm -f "
     "/etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y a\n"},
    {"removed in an earlier RUN", "cache/docker-clean",
     "FROM debian:12\nRUN rm -f /etc/apt/apt.conf.d/docker-clean\nRUN "
     "--mount=type=cache,target=/var/cache/apt apt-get install -y a\n",
     0},
    /* cache/mount-sharing */
    {"apt wants its directory for itself", "cache/mount-sharing",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt apt-get install -y a\n", 2,
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get install "
     "-y a\n"},
    {"locked", "cache/mount-sharing",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get install "
     "-y a\n",
     0},
    {"npm shares", "cache/mount-sharing",
     "FROM node:20\nRUN --mount=type=cache,target=/root/.npm npm ci\n", 0},
    /* cache/mount-path */
    {"root's directory for another user", "cache/mount-path",
     "FROM node:20\nUSER node\nRUN --mount=type=cache,target=/root/.npm npm ci\n", 3},
    {"no uid for a user who is not root", "cache/mount-path",
     "FROM node:20\nUSER 1000\nRUN --mount=type=cache,target=/home/node/.npm npm ci\n", 3,
     "FROM node:20\nUSER 1000\nRUN --mount=type=cache,target=/home/node/.npm,uid=1000 npm ci\n"},
    {"go build uses its mount, apk is no stranger", "cache/mount-path",
     "FROM golang:1-alpine\nRUN --mount=type=cache,target=/go/pkg/mod apk add git && go build .\n",
     0},
    {"with uid", "cache/mount-path",
     "FROM node:20\nUSER 1000\nRUN --mount=type=cache,target=/home/node/.npm,uid=1000 npm ci\n", 0},
    {"the wrong manager's cache", "cache/mount-path",
     "FROM node:20\nRUN --mount=type=cache,target=/root/.npm yarn install\n", 2},
    {"a setting moves the cache", "cache/mount-path",
     "FROM node:20\nENV YARN_CACHE_FOLDER=/root/.npm\nRUN --mount=type=cache,target=/root/.npm "
     "yarn install\n",
     0},
    {"~ is not expanded", "cache/mount-path",
     "FROM node:20\nRUN --mount=type=cache,target=~/.npm npm ci\n", 2},
    /* cache/output-in-mount */
    {"the result is in the mount", "cache/output-in-mount",
     "FROM rust:1 AS b\nWORKDIR /app\nRUN --mount=type=cache,target=/app/target cargo build "
     "--release\nFROM debian:12\nCOPY --from=b /app/target/release/a /a\n",
     5},
    {"copied out in the same RUN", "cache/output-in-mount",
     "FROM rust:1 AS b\nWORKDIR /app\nRUN --mount=type=cache,target=/app/target cargo build "
     "--release && cp target/release/a /a\nFROM debian:12\nCOPY --from=b /a /a\n",
     0},
    {"sources beside the mount", "cache/output-in-mount",
     "FROM rust:1 AS b\nWORKDIR /app\nCOPY . .\nRUN --mount=type=cache,target=/app/target cargo "
     "build\nFROM debian:12\nCOPY --from=b /app/static /static\n",
     0},
    /* cache/syntax-inert */
    {"the guide's own: behind a comment", "cache/syntax-inert",
     "# CORRECT: x\n# syntax=docker/dockerfile:1.4\n\nFROM node:20\n", 2,
     "# syntax=docker/dockerfile:1.4\n# CORRECT: x\n\nFROM node:20\n"},
    {"on the first line", "cache/syntax-inert", "# syntax=docker/dockerfile:1\nFROM node:20\n", 0},
    {"prose about it", "cache/syntax-inert", "# x\n# syntax=new is better\nFROM node:20\n", 0},
    /* cache/syntax-typo, cache/syntax-old */
    {"almost", "cache/syntax-typo", "# syntax=docker/dockefile:1\nFROM a\n", 1},
    {"somebody else's", "cache/syntax-typo", "# syntax=ghcr.io/x/y:1\nFROM a\n", 0},
    {"a heredoc under 1.3", "cache/syntax-old",
     "# syntax=docker/dockerfile:1.3\nFROM a\nRUN <<EOF\nx\nEOF\n", 3},
    {"a heredoc under 1", "cache/syntax-old",
     "# syntax=docker/dockerfile:1\nFROM a\nRUN <<EOF\nx\nEOF\n", 0},
    {"checksum under 1.4", "cache/syntax-old",
     "# syntax=docker/dockerfile:1.4\nFROM a\nADD --checksum=sha256:1 https://x.org/a /a\n", 3},
    /* cache/copy-before-install */
    {"npm", "cache/copy-before-install",
     "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n", 4,
     "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run "
     "build\n"},
    {"pip", "cache/copy-before-install",
     "FROM python:3\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements.txt\n", 4,
     "FROM python:3\nWORKDIR /app\nCOPY requirements.txt /app/\nRUN pip install -r "
     "requirements.txt\nCOPY . /app\n"},
    {"manifests first", "cache/copy-before-install",
     "FROM node:20\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n", 0},
    {"the project itself is installed", "cache/copy-before-install",
     "FROM python:3\nCOPY . .\nRUN pip install .\n", 0},
    {"a second install behind the first", "cache/copy-before-install",
     "FROM node:20\nCOPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build && npm ci "
     "--omit=dev\n",
     0},
    {"another stage's copy", "cache/copy-before-install",
     "FROM node:20 AS a\nCOPY . .\nFROM node:20\nCOPY --from=a /x .\nRUN npm ci\n", 0},
    /* cache/packages-after-copy */
    {"system packages below the sources", "cache/packages-after-copy",
     "FROM debian:12\nCOPY . /app\nRUN apt-get update && apt-get install -y curl\n", 3,
     "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCOPY . /app\n"},
    {"a package that was copied", "cache/packages-after-copy",
     "FROM debian:12\nCOPY . /app\nRUN apt-get install -y /app/a.deb\n", 0},
    {"the same RUN reads what was copied", "cache/packages-after-copy",
     "FROM python:3\nADD . /a\nRUN apt-get update && apt-get install -y gcc && pip install -r /a/r.txt\n",
     0},
    {"one file may be what it needs", "cache/packages-after-copy",
     "FROM debian:12\nCOPY sources.list /etc/apt/\nRUN apt-get update && apt-get install -y a\n",
     0},
    /* cache/volatile-early */
    {"a commit above the install", "cache/volatile-early",
     "FROM node:20\nARG GIT_SHA\nRUN npm ci\nLABEL revision=$GIT_SHA\n", 2,
     "FROM node:20\nRUN npm ci\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n"},
    {"below the install", "cache/volatile-early",
     "FROM node:20\nRUN npm ci\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n", 0},
    {"the step needs it", "cache/volatile-early",
     "FROM golang:1\nARG GIT_SHA\nRUN make VERSION=$GIT_SHA\n", 0},
    {"a version is not volatile", "cache/volatile-early",
     "FROM node:20\nARG NODE_VERSION\nRUN npm ci\n", 0},
    /* cache/lockfile-missing */
    {"npm ci without its lock", "cache/lockfile-missing",
     "FROM node:20\nCOPY package.json ./\nRUN npm ci\n", 3},
    {"with it", "cache/lockfile-missing",
     "FROM node:20\nCOPY package.json package-lock.json ./\nRUN npm ci\n", 0},
    {"a glob may bring it", "cache/lockfile-missing",
     "FROM node:20\nCOPY package*.json ./\nRUN npm ci\n", 0},
    {"from another stage", "cache/lockfile-missing",
     "FROM node:20\nCOPY --from=a /app ./\nCOPY package.json ./\nRUN npm ci\n", 0},
    /* cache/go-rebuild-all */
    {"the guide's own: -a", "cache/go-rebuild-all",
     "FROM golang:1.22\nRUN CGO_ENABLED=0 go build -a -installsuffix cgo -o app .\n", 2},
    {"without", "cache/go-rebuild-all", "FROM golang:1.22\nRUN go build -o app .\n", 0},
    /* cache/unpinned-clone */
    {"the default branch", "cache/unpinned-clone", "FROM x\nRUN git clone https://x.org/a.git\n",
     2},
    {"a tag", "cache/unpinned-clone",
     "FROM x\nRUN git clone --depth 1 --branch v1.0 https://x.org/a.git\n", 0},
    {"a checkout", "cache/unpinned-clone",
     "FROM x\nRUN git clone https://x.org/a && cd a && git checkout 12ab\n", 0},
    {"a checkout some steps later", "cache/unpinned-clone",
     "FROM x\nRUN git clone https://x.org/a\nWORKDIR /a\nENV B=c\nRUN git checkout v1.6.7\n", 0},
    /* cache/mount-missing, cache/tests-in-chain */
    {"no mount", "cache/mount-missing", "FROM node:20\nRUN npm ci\n", 2,
     "FROM node:20\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci\n"},
    {"a mount", "cache/mount-missing",
     "FROM node:20\nRUN --mount=type=cache,target=/root/.npm npm ci\n", 0},
    {"another home", "cache/mount-missing", "FROM node:20\nUSER node\nRUN npm ci\n", 3,
     "FROM node:20\nUSER node\nRUN --mount=type=cache,target=/home/node/.npm,uid=1000,gid=1000 "
     "\\\n    npm ci\n"},
    {"the image waits for tests", "cache/tests-in-chain",
     "FROM node:20 AS b\nRUN npm run test\nFROM scratch\nCOPY --from=b /a /a\n", 2},
    {"a stage of their own", "cache/tests-in-chain",
     "FROM node:20 AS b\nFROM b AS test\nRUN npm run test\nFROM scratch\nCOPY --from=b /a /a\n", 0},
    /* layers/archive-left, layers/temp-left */
    {"unpacked and kept", "layers/archive-left",
     "FROM debian:12\nRUN wget https://x.org/a.tgz && tar xf a.tgz\n", 2,
     "FROM debian:12\nRUN wget https://x.org/a.tgz && tar xf a.tgz && rm /a.tgz\n"},
    {"removed", "layers/archive-left",
     "FROM debian:12\nRUN wget https://x.org/a.tgz && tar xf a.tgz && rm a.tgz\n", 0},
    {"removed with its directory", "layers/archive-left",
     "FROM debian:12\nRUN cd /tmp && wget https://x.org/a.tgz && tar xf a.tgz -C /opt && cd / && "
     "rm -rf /tmp/*\n",
     0},
    {"piped", "layers/archive-left",
     "FROM debian:12\nRUN wget -O- https://x.org/a.tgz | tar xz -C /opt\n", 0},
    {"a variable may be anything", "layers/archive-left",
     "FROM debian:12\nRUN wget https://x.org/a.tgz && tar xf a.tgz && rm $(ls)\n", 0},
    {"a .deb that is installed", "layers/archive-left",
     "FROM debian:12\nRUN curl -o /a.deb https://x.org/a.deb && dpkg -i /a.deb\n", 2},
    {"an early stage", "layers/archive-left",
     "FROM debian:12 AS b\nRUN wget https://x.org/a.tgz && tar xf a.tgz\nFROM scratch\n", 0},
    {"an installer in /tmp", "layers/temp-left",
     "FROM debian:12\nRUN wget -O /tmp/a.bin https://x.org/a && bash /tmp/a.bin\n", 2,
     "FROM debian:12\nRUN wget -O /tmp/a.bin https://x.org/a && bash /tmp/a.bin && rm -rf "
     "/tmp/a.bin\n"},
    {"a later step needs it", "layers/temp-left",
     "FROM debian:12\nRUN wget -O /tmp/a.bin https://x.org/a\nRUN bash /tmp/a.bin\n", 0},
    {"on a tmpfs", "layers/temp-left",
     "FROM debian:12\nRUN --mount=type=tmpfs,target=/tmp wget -O /tmp/a.bin https://x.org/a\n", 0},
};

static void test_cache(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_cache)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
