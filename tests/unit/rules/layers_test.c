#include "tests/unit/rules/rules_unit.h"

/* Rules of layers/: what one layer writes and a later one takes away, repeats or owns anew. */

static const struct rule_row rows[] = {
    /* layers/dead-bytes */
    {"the guide's WRONG block: the rm line is named", "layers/dead-bytes",
     "FROM node:20-alpine\nWORKDIR /app\nRUN wget https://example.com/package.tar.gz\n"
     "RUN tar -xzf package.tar.gz -C /usr/local\nRUN rm package.tar.gz\n",
     5,
     "FROM node:20-alpine\nWORKDIR /app\nRUN wget https://example.com/package.tar.gz && \\\n"
     "    tar -xzf package.tar.gz -C /usr/local && \\\n    rm package.tar.gz\n"},
    {"written and removed in one RUN", "layers/dead-bytes",
     "FROM debian:12\nRUN wget https://x.org/a.tgz && tar xf a.tgz && rm a.tgz\n", 0},
    {"a stage that does not ship costs nothing", "layers/dead-bytes",
     "FROM debian:12 AS b\nRUN wget https://x.org/a.tgz\nRUN rm a.tgz\nFROM scratch\nCOPY "
     "--from=b /x /x\n",
     0},
    {"a stage below the shipped one ships", "layers/dead-bytes",
     "FROM debian:12 AS b\nRUN wget https://x.org/a.tgz\nFROM b\nRUN rm /a.tgz\n", 4},
    {"a glob removes too", "layers/dead-bytes",
     "FROM debian:12\nRUN curl -o /opt/a.tgz https://x.org/a\nUSER x\nRUN rm /opt/*.tgz\n", 4},
    {"cd is followed", "layers/dead-bytes",
     "FROM debian:12\nRUN cd /opt && curl -LO https://x.org/a.tgz\nENV A=1\nRUN rm /opt/a.tgz\n", 4,
     "FROM debian:12\nRUN cd /opt && curl -LO https://x.org/a.tgz\nENV A=1\nRUN rm /opt/a.tgz\n"},
    {"nothing between needs it: the rm goes where it is written", "layers/dead-bytes",
     "FROM debian:12\nRUN curl -o /opt/a.tgz https://x.org/a; cat /opt/a.tgz | sum\n"
     "RUN echo a\nRUN rm /opt/a.tgz\n",
     4,
     "FROM debian:12\nRUN curl -o /opt/a.tgz https://x.org/a; cat /opt/a.tgz | sum; rm "
     "/opt/a.tgz\nRUN echo a\n"},
    {"a variable of the file is the same in both", "layers/dead-bytes",
     "FROM debian:12\nARG V\nRUN wget https://x.org/a-$V.tgz\nRUN rm a-${V}.tgz\n", 4},
    {"a variable of the script is another one in each", "layers/dead-bytes",
     "FROM debian:12\nRUN f=a; wget -O $f https://x.org/a\nRUN f=b; rm $f\n", 0},
    {"under a mount nothing stays", "layers/dead-bytes",
     "FROM debian:12\nRUN --mount=type=cache,target=/dl wget -O /dl/a.tgz https://x.org/a\nRUN rm "
     "/dl/a.tgz\n",
     0},
    {"another file", "layers/dead-bytes",
     "FROM debian:12\nRUN wget https://x.org/a.tgz\nRUN rm b.tgz\n", 0},
    {"a clone removed later", "layers/dead-bytes",
     "FROM debian:12\nRUN git clone https://x.org/y/z.git\nRUN make -C z\nRUN rm -rf z\n", 4},
    {"lists removed by a later RUN that builds", "layers/dead-bytes",
     "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN make && rm -rf "
     "/var/lib/apt/lists/*\n",
     3},
    {"taken back in its own RUN, and once more", "layers/dead-bytes",
     "FROM debian:12\nRUN wget https://x.org/a && rm a\nRUN rm -f /a\n", 0},
    {"cleaned in its own RUN, and once more", "layers/dead-bytes",
     "FROM centos:7\nRUN yum install -y a && yum clean all\nRUN make && rm -rf "
     "/var/cache/yum/*\n",
     0},
    /* layers/copied-then-removed */
    {"wheels of the guide become a bind mount", "layers/copied-then-removed",
     "FROM python:3.12-slim AS builder\nFROM python:3.12-slim\nCOPY --from=builder /wheels "
     "/wheels\nRUN pip install /wheels/* && \\\n    rm -rf /wheels\n",
     5,
     "FROM python:3.12-slim AS builder\nFROM python:3.12-slim\nRUN "
     "--mount=type=bind,from=builder,source=/wheels,target=/wheels pip install /wheels/*\n"},
    {"a copy that stays", "layers/copied-then-removed",
     "FROM debian:12\nCOPY a.deb /tmp/\nRUN dpkg -i /tmp/a.deb\n", 0},
    {"an archive brought by ADD", "layers/copied-then-removed",
     "FROM debian:12\nADD https://x.org/a.zip /tmp/\nRUN unzip /tmp/a.zip && rm /tmp/a.zip\n", 3},
    {"/tmp/* takes it too", "layers/copied-then-removed",
     "FROM debian:12\nCOPY a.deb /tmp/a.deb\nRUN dpkg -i /tmp/a.deb && rm -rf /tmp/*\n", 3},
    {"part of a copied tree, where the context is known", "layers/copied-then-removed",
     "FROM debian:12\nCOPY . /app\nRUN rm -rf /app/tests\n", 3, NULL, "a.py tests/ tests/a.py"},
    {"what the ignore file keeps out never came", "layers/copied-then-removed",
     "FROM debian:12\nCOPY . /app\nRUN rm -rf /app/tests\n", 0, NULL, "a.py tests/ tests/a.py",
     "tests\n"},
    {"what the context does not have", "layers/copied-then-removed",
     "FROM debian:12\nCOPY . /app\nRUN rm -rf /app/.cache\n", 0, NULL, "a.py"},
    {"with no context nothing is known of its parts", "layers/copied-then-removed",
     "FROM debian:12\nCOPY . /app\nRUN rm -rf /app/tests\n", 0},
    {"below a directory that was copied", "layers/copied-then-removed",
     "FROM debian:12\nCOPY src /app/src\nRUN rm -rf /app/src/docs\n", 3, NULL,
     "src/ src/docs/ src/docs/a"},
    /* layers/moved */
    {"a move across layers is a copy", "layers/moved",
     "FROM debian:12\nCOPY --from=x /big /tmp/big\nRUN mv /tmp/big /opt/big\n", 3},
    {"a move in the same RUN", "layers/moved",
     "FROM debian:12\nRUN wget -O /tmp/a https://x.org/a && mv /tmp/a /opt/a\n", 0},
    /* layers/rewritten */
    {"stripped after the copy", "layers/rewritten",
     "FROM gcc:12 AS b\nFROM debian:12\nCOPY --from=b /out/app /app\nRUN strip /app\n", 4},
    {"stripped where it is made", "layers/rewritten",
     "FROM gcc:12 AS b\nRUN make && strip /out/app\nFROM debian:12\nCOPY --from=b /out/app "
     "/app\n",
     0},
    {"made and stripped in one step", "layers/rewritten",
     "FROM debian:12\nRUN curl -fo /app https://x.org/app && strip /app\n", 0},
    {"the guide's own: made from what was copied", "layers/rewritten",
     "FROM gcc:12 AS builder\nWORKDIR /build\nCOPY . .\nRUN make && strip --strip-all "
     "/build/app\n",
     0},
    {"below a copied directory", "layers/rewritten",
     "FROM gcc:12 AS b\nFROM debian:12\nCOPY --from=b /out/ /opt/app/\nRUN upx "
     "/opt/app/bin/a\n",
     4},
    {"of the base image", "layers/rewritten", "FROM debian:12\nRUN strip /usr/bin/perl\n", 0},
    /* layers/purge-later */
    {"virtual package removed in another RUN", "layers/purge-later",
     "FROM alpine:3.19\nRUN apk add --no-cache --virtual .deps gcc\nRUN make\nRUN apk del .deps\n",
     4},
    {"removed where it was installed", "layers/purge-later",
     "FROM alpine:3.19\nRUN apk add --virtual .deps gcc && make && apk del .deps\n", 0},
    {"the base's own package", "layers/purge-later", "FROM debian:12\nRUN apt-get purge -y perl\n",
     0},
    /* layers/index-alone */
    {"the guide's WRONG block: index alone", "layers/index-alone",
     "FROM ubuntu:22.04\nRUN apt-get update\nRUN apt-get install -y curl gnupg\n", 2,
     "FROM ubuntu:22.04\nRUN apt-get update && \\\n    apt-get install -y curl gnupg\n"},
    {"update and install together", "layers/index-alone",
     "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y curl\n", 0},
    {"what a script installs is not known", "layers/index-alone",
     "FROM ubuntu:22.04\nRUN apt-get update && ./install.sh\n", 0},
    {"apk too", "layers/index-alone", "FROM alpine:3.19\nRUN apk update\nRUN apk add curl\n", 2},
    {"comments between stay", "layers/index-alone",
     "FROM ubuntu:22.04\nRUN apt-get update\n\n# tools\nRUN apt-get install -y curl\n", 2,
     "FROM ubuntu:22.04\nRUN apt-get update && \\\n# tools\n    apt-get install -y curl\n"},
    /* layers/cleanup-alone */
    {"the guide's WRONG block: cleanup alone", "layers/cleanup-alone",
     "FROM ubuntu:22.04\nRUN apt-get install -y curl\nRUN apt-get clean\n", 3,
     "FROM ubuntu:22.04\nRUN apt-get install -y curl && apt-get clean\n"},
    {"lists and clean", "layers/cleanup-alone",
     "FROM ubuntu:22.04\nRUN apt-get update && \\\n    apt-get install -y curl\nENV A=b\n"
     "RUN apt-get clean && rm -rf /var/lib/apt/lists/*\n",
     5,
     "FROM ubuntu:22.04\nRUN apt-get update && \\\n    apt-get install -y curl && \\\n    apt-get "
     "clean && rm -rf /var/lib/apt/lists/*\nENV A=b\n"},
    {"in the installing RUN", "layers/cleanup-alone",
     "FROM ubuntu:22.04\nRUN apt-get install -y curl && apt-get clean\n", 0},
    {"in a stage that does not ship", "layers/cleanup-alone",
     "FROM ubuntu:22.04 AS b\nRUN apt-get install -y curl\nRUN apt-get clean\nFROM scratch\n", 0},
    {"nothing was installed here", "layers/cleanup-alone",
     "FROM ubuntu:22.04\nRUN rm -rf /var/cache/*\n", 0},
    /* layers/consecutive-run: hadolint's plain neighbours are no finding */
    {"neighbours that cost nothing", "layers/consecutive-run",
     "FROM debian:12\nRUN make\nRUN make install\n", 0},
    {"index twice", "layers/consecutive-run",
     "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get update && apt-get "
     "install -y b\n",
     3,
     "FROM debian:12\nRUN apt-get update && apt-get install -y a && \\\n    apt-get update && "
     "apt-get install -y b\n"},
    /* layers/chown-after-copy */
    {"the guide's own: chown of the application", "layers/chown-after-copy",
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN useradd -m app && chown -R app:app /app\n",
     4},
    {"an empty directory is nothing", "layers/chown-after-copy",
     "FROM alpine:3.19\nWORKDIR /app\nRUN chown -R 1000:1000 /app\nCOPY --chown=1000 . .\n", 0},
    {"a number can go to the COPY", "layers/chown-after-copy",
     "FROM alpine:3.19\nCOPY . /app\nRUN chown -R 1000:1000 /app\n", 3,
     "FROM alpine:3.19\nCOPY --chown=1000:1000 . /app\n"},
    {"a script is small", "layers/chown-after-copy",
     "FROM alpine:3.19\nCOPY run.sh /run.sh\nRUN chmod +x /run.sh\n", 0},
    {"what nobody copied", "layers/chown-after-copy",
     "FROM alpine:3.19\nCOPY . /app\nRUN mkdir /x && chmod -R a+r /x && chown -R a /x\n", 0},
    {"made in the same RUN", "layers/chown-after-copy",
     "FROM alpine:3.19\nCOPY . /app\nRUN mkdir -p /tmp/app && chown -R 1:1 /tmp/app\n", 0},
    /* layers/sparse-lastlog */
    {"a large uid", "layers/sparse-lastlog", "FROM debian:12\nRUN useradd -u 123456 u\n", 2,
     "FROM debian:12\nRUN useradd --no-log-init -u 123456 u\n"},
    {"without the log", "layers/sparse-lastlog", "FROM debian:12\nRUN useradd -l -u 123456 u\n", 0},
    {"a short uid", "layers/sparse-lastlog", "FROM debian:12\nRUN useradd -u 12345 u\n", 0},
    /* layers/whole-filesystem */
    {"all of a stage", "layers/whole-filesystem",
     "FROM debian:12 AS b\nFROM debian:12\nCOPY --from=b / /\n", 3},
    {"a stage on scratch holds what was put into it", "layers/whole-filesystem",
     "FROM scratch AS b\nCOPY a /a\nFROM debian:12\nCOPY --from=b / /\n", 0},
    {"an image that we do not know may be made for it", "layers/whole-filesystem",
     "FROM x.io/xx:1 AS xx\nFROM debian:12\nCOPY --from=xx / /\nCOPY --from=x.io/yy:1 / /\n", 0},
    {"one layer of many", "layers/whole-filesystem",
     "FROM debian:12 AS b\nRUN make\nFROM scratch\nCOPY --from=b / /\n", 0},
    {"a stage for building may hold anything", "layers/whole-filesystem",
     "FROM debian:12 AS x\nFROM debian:12 AS b\nCOPY --from=x / /\nFROM debian:12\nCOPY --from=b "
     "/a /a\n",
     0},
    {"one directory", "layers/whole-filesystem",
     "FROM debian:12 AS b\nFROM debian:12\nCOPY --from=b /app /\n", 0},
    /* layers/copied-twice */
    {"the same directory twice", "layers/copied-twice",
     "FROM node:20 AS d\nFROM node:20\nCOPY --from=d /n /n\nCOPY --from=d /n /m\n", 4},
    {"from another stage", "layers/copied-twice",
     "FROM node:20 AS d\nFROM node:20 AS e\nFROM node:20\nCOPY --from=d /n /n\nCOPY --from=e /n "
     "/m\n",
     0},
};

static void test_layers(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_layers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
