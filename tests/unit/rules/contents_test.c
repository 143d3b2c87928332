#include "tests/unit/rules/rules_unit.h"

#include "rules/contents.h"

#define FROM_RULE  "correctness/copy-from-missing"
#define INPUT_RULE "correctness/input-missing"
#define START_RULE "runtime/file-missing"

static const struct rule_row rows[] = {
    {"golang works in /go, so nothing is in /build", FROM_RULE,
     "FROM golang:1.22-alpine AS b\nRUN go build -o app .\nFROM scratch\n"
     "COPY --from=b /build/app /app\n",
     4,
     "FROM golang:1.22-alpine AS b\nRUN go build -o app .\nFROM scratch\n"
     "COPY --from=b /go/app /app\n"},
    {"with a WORKDIR it is there", FROM_RULE,
     "FROM golang:1.22-alpine AS b\nWORKDIR /build\nCOPY . .\nRUN go build -o app .\n"
     "FROM scratch\nCOPY --from=b /build/app /app\n",
     0},
    {"a build without -o names its result itself", FROM_RULE,
     "FROM golang:1.22 AS b\nWORKDIR /build\nCOPY go.mod main.go ./\nRUN go build\n"
     "FROM scratch\nCOPY --from=b /build/x /app\n",
     0},
    {"but it stays where it was built", FROM_RULE,
     "FROM golang:1.22 AS b\nWORKDIR /build\nCOPY go.mod main.go ./\nRUN go build\n"
     "FROM scratch\nCOPY --from=b /out/x /app\n",
     6},
    {"make may write anything anywhere", FROM_RULE,
     "FROM gcc:13 AS b\nRUN make\nFROM scratch\nCOPY --from=b /out/x /x\n", 0},
    {"a base that is not known may hold anything", FROM_RULE,
     "FROM corp/base:1 AS b\nFROM scratch\nCOPY --from=b /out/x /x\n", 0},
    {"a base that the build chooses is not known", FROM_RULE,
     "ARG BASE=golang:1.22\nFROM $BASE AS b\nFROM scratch\nCOPY --from=b /out/x /x\n", 0},
    {"a version that the build chooses changes no directory", FROM_RULE,
     "ARG V=1.22\nFROM golang:$V AS b\nFROM scratch\nCOPY --from=b /out/x /x\n", 4},
    {"packages are installed below /usr, not below /app", FROM_RULE,
     "FROM debian:12 AS b\nRUN apt-get update && apt-get install -y nginx\nFROM scratch\n"
     "COPY --from=b /usr/sbin/nginx /n\nCOPY --from=b /app/nginx /n\n",
     5},
    {"a package that is only fetched", FROM_RULE,
     "FROM debian:12 AS b\nWORKDIR /d\nRUN apt-get download nginx\nFROM scratch\n"
     "COPY --from=b /d/nginx.deb /n\n",
     0},
    {"a package that is unpacked elsewhere", FROM_RULE,
     "FROM debian:12 AS b\nCOPY n.deb /\nRUN dpkg -x /n.deb /out\nFROM scratch\n"
     "COPY --from=b /out/bin /n\n",
     0},
    {"what was removed is not there", FROM_RULE,
     "FROM alpine:3.20 AS b\nCOPY . /src\nRUN rm -rf /src\nFROM scratch\n"
     "COPY --from=b /src/a /a\n",
     5},
    {"what was perhaps removed may be there", FROM_RULE,
     "FROM alpine:3.20 AS b\nCOPY . /src\nRUN test -f /x && rm -rf /src || true\nFROM scratch\n"
     "COPY --from=b /src/a /a\n",
     0},
    {"removing what is in a directory leaves it", FROM_RULE,
     "FROM alpine:3.20 AS b\nWORKDIR /src\nRUN rm -rf /src/*\nFROM scratch\n"
     "COPY --from=b /src /a\n",
     0},
    {"what stands behind a link", FROM_RULE,
     "FROM alpine:3.20 AS b\nRUN ln -s /data /app\nCOPY x /app/\nFROM scratch\n"
     "COPY --from=b /data/x /x\n",
     0},
    {"a copy of a copy", FROM_RULE,
     "FROM alpine:3.20 AS a\nCOPY x.txt /in/\nFROM alpine:3.20 AS b\nCOPY --from=a /in /out\n"
     "FROM scratch\nCOPY --from=b /out/x.txt /\nCOPY --from=b /out/y.txt /\n",
     7},
    {"the copy that fails is told once", FROM_RULE,
     "FROM scratch AS a\nFROM scratch AS b\nCOPY --from=a /x /y\nFROM scratch\n"
     "COPY --from=b /y /y\n",
     3},
    {"a stage on a stage", FROM_RULE,
     "FROM alpine:3.20 AS a\nWORKDIR /w\nCOPY . .\nFROM a AS b\nFROM scratch\n"
     "COPY --from=b /w/x /x\n",
     0},
    {"a mount from a stage", FROM_RULE,
     "FROM scratch AS a\nFROM alpine:3.20\n"
     "RUN --mount=type=bind,from=a,source=/x,target=/y cat /y\n",
     3},
    {"a copied file that the context has not", FROM_RULE,
     "FROM alpine:3.20 AS b\nCOPY conf /conf/\nFROM scratch\nCOPY --from=b /conf/x.conf /\n"
     "COPY --from=b /conf/y.conf /\n",
     5, NULL, "conf/x.conf"},
    {"a loop may write anything that it names", FROM_RULE,
     "FROM alpine:3.20 AS b\nRUN for i in a b; do echo $i > /out/$i; done\nFROM scratch\n"
     "COPY --from=b /out/a /a\n",
     0},
    {"a redirection of a loop", FROM_RULE,
     "FROM alpine:3.20 AS b\nRUN for i in a b; do echo $i; done > /list\nFROM scratch\n"
     "COPY --from=b /list /a\n",
     0},
    {"a system with a user of its own", FROM_RULE,
     "FROM alpine:3.20 AS b\nRUN adduser -D -h /app app\nFROM scratch\nCOPY --from=b /app/x /a\n",
     0},
    {"a tool that a variable tells where", FROM_RULE,
     "FROM python:3.12 AS b\nENV PYTHONUSERBASE=/deps\nRUN pip install --user flask\n"
     "FROM python:3.12\nCOPY --from=b /deps /deps\n",
     0},
    {"a variable that is the working directory", FROM_RULE,
     "FROM python:3.12 AS b\nENV APP=/app\nWORKDIR $APP\nCOPY x.py .\nFROM python:3.12\n"
     "COPY --from=b /app/y.py /\n",
     6},
    {"unpacked where tar was told", FROM_RULE,
     "FROM alpine:3.20 AS b\nRUN wget https://x.io/a.tgz && tar xzf a.tgz -C /srv\nFROM scratch\n"
     "COPY --from=b /srv/a /a\nCOPY --from=b /data/a /a\n",
     5},

    {"requirements that nobody copied", INPUT_RULE,
     "FROM python:3.12-slim\nRUN pip install --no-cache-dir -r requirements.txt\n", 2},
    {"they are copied in front", INPUT_RULE,
     "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n", 0},
    {"they come too late", INPUT_RULE,
     "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install -r requirements.txt\nCOPY . .\n", 3,
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt ./\n"
     "RUN pip install -r requirements.txt\nCOPY . .\n"},
    {"they come too late, from a directory", INPUT_RULE,
     "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install -r deps/prod.txt\nCOPY . .\n", 3,
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY deps/prod.txt ./deps/\n"
     "RUN pip install -r deps/prod.txt\nCOPY . .\n"},
    {"a build needs more than its manifest", INPUT_RULE,
     "FROM golang:1.22\nWORKDIR /app\nRUN go build .\nCOPY . .\n", 3},
    {"standard input is no file", INPUT_RULE, "FROM alpine:3.20\nRUN echo x | cat - > /y\n", 0},
    {"a file that sed edits", INPUT_RULE, "FROM alpine:3.20\nRUN sed -i 's/a/b/' /x.conf\n", 2},
    {"a filter reads no file", INPUT_RULE, "FROM alpine:3.20\nRUN echo a | sed s/a/b/ > /x\n", 0},
    {"they are mounted", INPUT_RULE,
     "FROM python:3.12-slim\nRUN --mount=type=bind,target=. pip install -r requirements.txt\n", 0},
    {"they are written by the step itself", INPUT_RULE,
     "FROM python:3.12-slim\nRUN echo flask > r.txt && pip install -r r.txt\n", 0},
    {"they are fetched", INPUT_RULE,
     "FROM python:3.12-slim\nRUN pip install -r https://x.io/requirements.txt\n", 0},
    {"a failure that nobody minds", INPUT_RULE,
     "FROM python:3.12-slim\nRUN pip install -r requirements.txt || true\n", 0},
    {"a failure that ; passes over", INPUT_RULE,
     "FROM python:3.12-slim\nRUN pip install -r requirements.txt; true\n", 0},
    {"unless set -e", INPUT_RULE,
     "FROM python:3.12-slim\nRUN set -e; pip install -r requirements.txt; true\n", 2},
    {"go build without a module", INPUT_RULE, "FROM golang:1.22\nRUN go build -o app .\n", 2},
    {"old go needed none", INPUT_RULE, "FROM golang:1.12\nRUN go build -o app .\n", 0},
    {"a module above", INPUT_RULE,
     "FROM golang:1.22\nWORKDIR /src\nCOPY go.mod ./\nWORKDIR /src/cmd/x\nCOPY x.go ./\n"
     "RUN go build .\n",
     0},
    {"a module that is made", INPUT_RULE,
     "FROM golang:1.22\nWORKDIR /x\nRUN go mod init x\nRUN go build .\n", 0},
    {"another module's program", INPUT_RULE, "FROM golang:1.22\nRUN go build golang.org/x/y\n", 0},
    {"npm ci without a manifest", INPUT_RULE, "FROM node:20\nWORKDIR /app\nRUN npm ci\nCOPY . .\n",
     3},
    {"a manifest by a glob", INPUT_RULE,
     "FROM node:20\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n", 0},
    {"a global install", INPUT_RULE, "FROM node:20\nRUN npm run -g x\n", 0},
    {"a script that comes later", INPUT_RULE,
     "FROM alpine:3.20\nRUN chmod +x /entry.sh\nCOPY entry.sh /\n", 2},
    {"a script that is there", INPUT_RULE,
     "FROM alpine:3.20\nCOPY entry.sh /\nRUN chmod +x /entry.sh\n", 0},
    {"a directory that WORKDIR makes", INPUT_RULE,
     "FROM alpine:3.20\nWORKDIR /app\nRUN chown -R 1000 /app\n", 0},
    {"a directory of a volume", INPUT_RULE,
     "FROM alpine:3.20\nVOLUME /data\nRUN chown -R 1000 /data\n", 0},
    {"a file that the server names", INPUT_RULE,
     "FROM alpine:3.20\nWORKDIR /x\nRUN curl -LJO https://x.io/get && unzip a.zip\n", 0},
    {"a submodule that is not there", INPUT_RULE,
     "FROM alpine:3.20\nCOPY . /app\nRUN sh /app/lib/setup.sh\n", 0, NULL, "lib/ x.sh"},
    {"a directory that nothing makes", INPUT_RULE,
     "FROM alpine:3.20\nRUN chown -R 1000 /app\nWORKDIR /app\n", 2},
    {"a system directory may hold it", INPUT_RULE,
     "FROM alpine:3.20\nRUN chown -R 1000 /var/lib/x\n", 0},
    {"a file of the context by its tree", INPUT_RULE,
     "FROM python:3.12\nCOPY . /app\nRUN sh /app/setup.sh\n", 3, NULL, "app.py"},
    {"it is in the tree", INPUT_RULE, "FROM python:3.12\nCOPY . /app\nRUN sh /app/setup.sh\n", 0,
     NULL, "app.py setup.sh"},
    {"without a tree a COPY may bring anything", INPUT_RULE,
     "FROM python:3.12\nCOPY . /app\nRUN sh /app/setup.sh\n", 0},
    {"a project file", INPUT_RULE,
     "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nRUN dotnet restore App.csproj\n", 3},

    {"a health check that nobody copied", START_RULE,
     "FROM node:20-alpine\nWORKDIR /app\nCOPY dist ./dist\n"
     "HEALTHCHECK CMD node healthcheck.js\nCMD [\"node\", \"dist/index.js\"]\n",
     4},
    {"it was copied", START_RULE,
     "FROM node:20-alpine\nWORKDIR /app\nCOPY dist ./dist\nCOPY healthcheck.js ./\n"
     "HEALTHCHECK CMD node healthcheck.js || exit 1\n",
     0},
    {"node adds the ending itself", START_RULE,
     "FROM node:20-alpine\nWORKDIR /app\nCOPY lib ./lib\nCOPY server.js ./\n"
     "CMD [\"node\", \"server\"]\n",
     0},
    {"a program that is not there", START_RULE,
     "FROM scratch\nCOPY bin/app /app\nENTRYPOINT [\"/server\"]\n", 3},
    {"behind an init", START_RULE,
     "FROM node:20-alpine\nWORKDIR /app\nCOPY dist ./dist\n"
     "CMD [\"dumb-init\", \"--\", \"node\", \"server.js\"]\n",
     4},
    {"an argument is no program", START_RULE,
     "FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]\nCMD [\"/data\"]\n", 0},
    {"a volume brings it", START_RULE,
     "FROM node:20\nVOLUME /app\nWORKDIR /app\nCOPY dist ./dist\nCMD [\"node\", \"x.js\"]\n", 0},
    {"with manifests alone, the source is mounted", START_RULE,
     "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\n"
     "RUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n",
     0},
    {"a module is looked for elsewhere", START_RULE,
     "FROM python:3.12\nWORKDIR /app\nCOPY src ./src\nCMD [\"python\", \"-m\", \"web\"]\n", 0},
    {"a jar", START_RULE,
     "FROM eclipse-temurin:21-jre\nWORKDIR /app\nCOPY app.jar /app/\n"
     "CMD [\"java\", \"-Xmx1g\", \"-jar\", \"server.jar\"]\n",
     4},
    {"the tree has no such script", START_RULE,
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"main.py\"]\n", 4, NULL,
     "app.py"},
};

static void contents_rules(void **state)
{
    struct unit_rows result = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &result, &rows[i]);
    assert_int_equal(result.bad, 0);
}

static struct facts *facts_of(struct arena *arena, const char *text)
{
    const struct source *source = source_new(arena, STR("Dockerfile"), str_from(text));
    struct check_options *options = NEW(arena, struct check_options);
    return facts_make(arena, dockerfile_parse(arena, source), options, 20000);
}

static void three_answers(void **state)
{
    static const struct {
        const char *path;
        enum holds holds;
    } asked[] = {{"/", HOLDS_YES},
                 {"/app", HOLDS_YES},
                 {"/app/x", HOLDS_UNKNOWN},
                 {"/app/deep", HOLDS_UNKNOWN},
                 {"/usr/bin/x", HOLDS_UNKNOWN},
                 {"/data", HOLDS_NO},
                 {"/opt/x", HOLDS_NO},
                 {"/made", HOLDS_YES},
                 {"/gone", HOLDS_NO},
                 {"/app/deep/y", HOLDS_UNKNOWN}};
    struct facts *facts = facts_of(*state, "FROM alpine:3.20\nWORKDIR /app/deep\n"
                                           "RUN mkdir /made /gone && rmdir /nothing\nCOPY . /app\n"
                                           "RUN rm -r /gone\n");
    for (size_t i = 0; i < ARRAY_COUNT(asked); i++)
        assert_int_equal(contents_at_end(facts, 0, str_from(asked[i].path)), asked[i].holds);
    assert_int_equal(contents_before(facts, &facts->steps[1], 0, STR("/app")), HOLDS_NO);
    assert_int_equal(contents_before(facts, &facts->steps[4], 0, STR("/gone")), HOLDS_YES);
    assert_int_equal(contents_at_end(facts, 7, STR("/app")), HOLDS_UNKNOWN);
    assert_int_equal(contents_at_end(facts, 0, STR("app")), HOLDS_UNKNOWN);
}

/* Each stage copies twice from the one before: 2^40 ways, of which few are looked at. */
static void copies_of_copies_are_bounded(void **state)
{
    struct buf text = buf_init(*state, 1 << 20);
    buf_add(&text, STR("FROM alpine:3.20 AS s0\n"));
    for (int i = 1; i < 40; i++)
        buf_fmt(&text, "FROM alpine:3.20 AS s%d\nCOPY --from=s%d / /\nCOPY --from=s%d / /\n", i,
                i - 1, i - 1);
    struct facts *facts = facts_of(*state, str_z(*state, buf_str(&text)));
    assert_int_equal(contents_at_end(facts, 39, STR("/x/y")), HOLDS_UNKNOWN);
    assert_int_equal(contents_at_end(facts, 2, STR("/x/y")), HOLDS_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(contents_rules),
        UNIT_TEST(three_answers),
        UNIT_TEST(copies_of_copies_are_bounded),
    };
    return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
