#include "tests/unit/rules/rules_unit.h"

/* Rules of runtime/: how the container starts, what it says of itself, what it writes. */

#define NODE "FROM node:20-alpine\nCOPY a.js /a.js\n"

static const struct rule_row rows[] = {
    /* runtime/shell-form */
    {"words become an array", "runtime/shell-form", NODE "CMD node /a.js --x 'y z'\n", 3,
     NODE "CMD [\"node\", \"/a.js\", \"--x\", \"y z\"]\n"},
    {"exec form", "runtime/shell-form", NODE "CMD [\"node\", \"/a.js\"]\n", 0},
    {"exec hands signals on", "runtime/shell-form", NODE "CMD exec node /a.js\n", 0},
    {"SHELL is a decision", "runtime/shell-form",
     NODE "SHELL [\"/bin/ash\", \"-ec\"]\nCMD node /a.js\n", 0},
    {"a variable needs the shell", "runtime/shell-form", NODE "CMD node /a.js $X\n", 3,
     NODE "CMD node /a.js $X\n"},
    {"a chain needs the shell", "runtime/shell-form", NODE "CMD cd / && node a.js\n", 3,
     NODE "CMD cd / && node a.js\n"},
    {"ENTRYPOINT too", "runtime/shell-form", NODE "ENTRYPOINT node /a.js\n", 3,
     NODE "ENTRYPOINT [\"node\", \"/a.js\"]\n"},
    {"health checks may use a shell", "runtime/shell-form",
     NODE "HEALTHCHECK CMD node /h.js\nCMD [\"node\", \"/a.js\"]\n", 0},
    {"a Windows image", "runtime/shell-form",
     "FROM mcr.microsoft.com/windows/nanoserver:1809\nCMD a.exe /b\n", 0},
    /* runtime/broken-array */
    {"single quotes", "runtime/broken-array", NODE "CMD ['node', '/a.js']\n", 3,
     NODE "CMD [\"node\", \"/a.js\"]\n"},
    {"a comma at the end", "runtime/broken-array", NODE "CMD [\"node\", \"/a.js\",]\n", 3,
     NODE "CMD [\"node\", \"/a.js\"]\n"},
    {"a test is no array", "runtime/broken-array", NODE "RUN [ -f /a.js ] && ls\n", 0},
    {"a valid one", "runtime/broken-array", NODE "CMD [\"node\"]\n", 0},
    {"in a health check", "runtime/broken-array", NODE "HEALTHCHECK CMD ['node', '/h.js']\n", 3,
     NODE "HEALTHCHECK CMD [\"node\", \"/h.js\"]\n"},
    /* runtime/repeated */
    {"two CMD", "runtime/repeated", NODE "CMD [\"a\"]\nCMD [\"b\"]\n", 3, NODE "CMD [\"b\"]\n"},
    {"two health checks", "runtime/repeated",
     NODE "HEALTHCHECK CMD a\nHEALTHCHECK --interval=5s CMD b\n", 3,
     NODE "HEALTHCHECK --interval=5s CMD b\n"},
    {"one in each stage", "runtime/repeated",
     "FROM debian:12 AS a\nCMD [\"a\"]\nFROM debian:12\nCMD [\"b\"]\n", 0},
    /* runtime/cmd-unused */
    {"ENTRYPOINT in shell form", "runtime/cmd-unused", NODE "ENTRYPOINT node\nCMD [\"/a.js\"]\n",
     4},
    {"it takes its arguments", "runtime/cmd-unused",
     NODE "ENTRYPOINT exec node \"$@\"\nCMD [\"/a.js\"]\n", 0},
    {"both as arrays", "runtime/cmd-unused", NODE "ENTRYPOINT [\"node\"]\nCMD [\"/a.js\"]\n", 0},
    /* runtime/npm-start */
    {"npm start", "runtime/npm-start", NODE "CMD [\"npm\", \"start\"]\n", 3},
    {"yarn run", "runtime/npm-start", NODE "CMD yarn run serve\n", 3},
    {"the program itself", "runtime/npm-start", NODE "CMD [\"node\", \"/a.js\"]\n", 0},
    {"a build stage", "runtime/npm-start",
     "FROM node:20 AS a\nCMD [\"npm\", \"start\"]\nFROM node:20\nCMD [\"node\", \"a\"]\n", 0},
    /* runtime/dev-server */
    {"nodemon", "runtime/dev-server", NODE "CMD [\"nodemon\", \"/a.js\"]\n", 3},
    {"npm run dev", "runtime/dev-server", NODE "CMD [\"npm\", \"run\", \"dev\"]\n", 3},
    {"runserver", "runtime/dev-server",
     "FROM python:3.12\nCMD python manage.py runserver 0.0.0.0:80\n", 2},
    {"reload", "runtime/dev-server", "FROM python:3.12\nCMD [\"uvicorn\", \"a:b\", \"--reload\"]\n",
     2},
    {"flask run", "runtime/dev-server", "FROM python:3.12\nCMD [\"flask\", \"run\"]\n", 2},
    {"a server", "runtime/dev-server", "FROM python:3.12\nCMD [\"gunicorn\", \"a:b\"]\n", 0},
    {"a preview of what was built", "runtime/dev-server", NODE "CMD [\"vite\", \"preview\"]\n", 0},
    /* runtime/healthcheck-tool */
    {"no curl in slim", "runtime/healthcheck-tool",
     "FROM python:3.12-slim\nHEALTHCHECK CMD curl -f http://localhost/\n", 2},
    {"installed", "runtime/healthcheck-tool",
     "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y curl\n"
     "HEALTHCHECK CMD curl -f http://localhost/\n",
     0},
    {"busybox has wget", "runtime/healthcheck-tool",
     "FROM alpine:3.19\nHEALTHCHECK CMD wget -q http://localhost/\n", 0},
    {"an image that is not known", "runtime/healthcheck-tool",
     "FROM x.io/y:1\nHEALTHCHECK CMD curl -f http://localhost/\n", 0},
    {"no shell", "runtime/healthcheck-tool",
     "FROM gcr.io/distroless/static-debian12\nCOPY h /h\nHEALTHCHECK CMD /h\n", 3},
    {"no shell, and none needed", "runtime/healthcheck-tool",
     "FROM gcr.io/distroless/static-debian12\nCOPY h /h\nHEALTHCHECK CMD [\"/h\"]\n", 0},
    {"switched off", "runtime/healthcheck-tool",
     "FROM gcr.io/distroless/static-debian12\nHEALTHCHECK NONE\n", 0},
    /* runtime/healthcheck-missing, runtime/healthcheck-timeout: policy */
    {"none", "runtime/healthcheck-missing", NODE "CMD [\"node\"]\n", 1},
    {"there is one", "runtime/healthcheck-missing", NODE "HEALTHCHECK CMD node h\nCMD [\"node\"]\n",
     0},
    {"said to be none", "runtime/healthcheck-missing", NODE "HEALTHCHECK NONE\nCMD [\"node\"]\n",
     0},
    {"a base image starts nothing", "runtime/healthcheck-missing", NODE, 0},
    {"the default timeout", "runtime/healthcheck-timeout",
     NODE "HEALTHCHECK --interval=5s CMD node h\n", 3},
    {"with a timeout", "runtime/healthcheck-timeout", NODE "HEALTHCHECK --timeout=3s CMD node h\n",
     0},
    {"no check", "runtime/healthcheck-timeout", NODE "HEALTHCHECK NONE\n", 0},
    /* runtime/stop-signal */
    {"another spelling", "runtime/stop-signal", NODE "STOPSIGNAL quit\n", 3,
     NODE "STOPSIGNAL SIGQUIT\n"},
    {"cannot be caught", "runtime/stop-signal", NODE "STOPSIGNAL SIGKILL\n", 3},
    {"nor as a number", "runtime/stop-signal", NODE "STOPSIGNAL 9\n", 3},
    {"there is none", "runtime/stop-signal", NODE "STOPSIGNAL 99\n", 3},
    {"a number", "runtime/stop-signal", NODE "STOPSIGNAL 3\n", 0},
    {"a name", "runtime/stop-signal", NODE "STOPSIGNAL SIGINT\n", 0},
    {"a variable", "runtime/stop-signal", NODE "ARG S\nSTOPSIGNAL $S\n", 0},
    {"real time", "runtime/stop-signal", NODE "STOPSIGNAL SIGRTMIN+3\n", 0},
    /* runtime/expose-invalid */
    {"too large", "runtime/expose-invalid", NODE "EXPOSE 80000\n", 3},
    {"a mapping", "runtime/expose-invalid", NODE "EXPOSE 8080:80\n", 3},
    {"a word", "runtime/expose-invalid", NODE "EXPOSE http\n", 3},
    {"ports, ranges, protocols", "runtime/expose-invalid",
     NODE "EXPOSE 80 443/udp 3000-3005 53/TCP\n", 0},
    {"a variable without a value", "runtime/expose-invalid", NODE "ARG P\nEXPOSE $P\n", 0},
    {"a variable with one", "runtime/expose-invalid", NODE "ARG P=99999\nEXPOSE $P\n", 4},
    /* runtime/expose-protocol */
    {"upper case", "runtime/expose-protocol", NODE "EXPOSE 80/TCP\n", 3, NODE "EXPOSE 80/tcp\n"},
    {"lower case", "runtime/expose-protocol", NODE "EXPOSE 80/tcp 81\n", 0},
    /* runtime/maintainer */
    {"becomes a label", "runtime/maintainer", NODE "MAINTAINER A B <a@b.org>\n", 3,
     NODE "LABEL org.opencontainers.image.authors=\"A B <a@b.org>\"\n"},
    {"in quotes already", "runtime/maintainer", NODE "MAINTAINER \"A B\"\n", 3,
     NODE "LABEL org.opencontainers.image.authors=\"A B\"\n"},
    {"a label", "runtime/maintainer", NODE "LABEL maintainer=a\n", 0},
    /* runtime/label-key: policy */
    {"capitals", "runtime/label-key", NODE "LABEL Foo=a\n", 3},
    {"Docker's own name space", "runtime/label-key", NODE "LABEL com.docker.foo=a\n", 3},
    {"two dots", "runtime/label-key", NODE "LABEL org..foo=a\n", 3},
    {"reverse domain", "runtime/label-key", NODE "LABEL org.example.foo-bar=a x=b\n", 0},
    {"a quoted key", "runtime/label-key", NODE "LABEL \"org.example.foo\"=a\n", 0},
    /* runtime/label-repeated */
    {"twice", "runtime/label-repeated", NODE "LABEL a=1\nLABEL a=2\n", 3, NODE "LABEL a=2\n"},
    {"once in each stage", "runtime/label-repeated",
     "FROM debian:12 AS x\nLABEL a=1\nFROM debian:12\nLABEL a=2\n", 0},
    /* runtime/mode: policy */
    {"not set", "runtime/mode", NODE "CMD [\"node\", \"/a.js\"]\n", 3,
     NODE "ENV NODE_ENV=production\nCMD [\"node\", \"/a.js\"]\n"},
    {"set", "runtime/mode", NODE "ENV NODE_ENV=production\nCMD [\"node\", \"/a.js\"]\n", 0},
    {"python keeps its log", "runtime/mode", "FROM python:3.12\nCMD [\"python\", \"a\"]\n", 2,
     "FROM python:3.12\nENV PYTHONUNBUFFERED=1\nCMD [\"python\", \"a\"]\n"},
    {"told not to", "runtime/mode", "FROM python:3.12\nCMD [\"python\", \"-u\", \"a\"]\n", 0},
    {"rails", "runtime/mode", "FROM ruby:3.3\nCMD [\"rails\", \"server\"]\n", 2},
    {"another program", "runtime/mode", "FROM debian:12\nCMD [\"a\"]\n", 0},
    /* runtime/init-unused */
    {"installed and unused", "runtime/init-unused",
     "FROM node:20-alpine\nRUN apk add --no-cache dumb-init\nCMD [\"node\", \"a.js\"]\n", 2,
     "FROM node:20-alpine\nRUN apk add --no-cache dumb-init\nENTRYPOINT [\"dumb-init\", "
     "\"--\"]\nCMD [\"node\", \"a.js\"]\n"},
    {"put beside an ENTRYPOINT", "runtime/init-unused",
     "FROM node:20\nADD --chmod=755 https://x.org/tini /tini\nENTRYPOINT [\"node\"]\nCMD "
     "[\"a.js\"]\n",
     2,
     "FROM node:20\nADD --chmod=755 https://x.org/tini /tini\nENTRYPOINT [\"/tini\", \"--\", "
     "\"node\"]\nCMD [\"a.js\"]\n"},
    {"used", "runtime/init-unused",
     "FROM node:20-alpine\nRUN apk add --no-cache dumb-init\nENTRYPOINT [\"dumb-init\", "
     "\"--\"]\nCMD [\"node\", \"a.js\"]\n",
     0},
    {"used by CMD", "runtime/init-unused",
     "FROM node:20-alpine\nRUN apk add --no-cache tini\nCMD [\"tini\", \"node\", \"a.js\"]\n", 0},
    {"a script may use it", "runtime/init-unused",
     "FROM node:20-alpine\nRUN apk add --no-cache tini\nENTRYPOINT [\"/entry.sh\"]\nCMD "
     "[\"node\"]\n",
     0},
    {"a base for others", "runtime/init-unused",
     "FROM node:20-alpine\nRUN apk add --no-cache tini\n", 0},
    {"a build stage", "runtime/init-unused",
     "FROM node:20-alpine AS b\nRUN apk add --no-cache tini\nFROM node:20-alpine\nCMD [\"node\"]\n",
     0},
    /* runtime/init-missing: policy */
    {"an interpreter", "runtime/init-missing", NODE "CMD [\"node\", \"/a.js\"]\n", 3},
    {"under an init", "runtime/init-missing",
     NODE "ENTRYPOINT [\"tini\", \"--\"]\nCMD [\"node\", \"/a.js\"]\n", 0},
    {"a server", "runtime/init-missing", "FROM nginx:1.27\nCMD [\"nginx\"]\n", 0},
    /* runtime/not-writable */
    {"a database in WORKDIR", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nENV DB=sqlite:///app.db\nUSER 1000\nCMD "
     "[\"python\", \"a.py\"]\n",
     4,
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nENV DB=sqlite:///app.db\nRUN mkdir -p /app "
     "&& chown 1000 /app\nUSER 1000\nCMD [\"python\", \"a.py\"]\n"},
    {"a log below it", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nUSER 1000\nCMD [\"gunicorn\", \"a:b\", "
     "\"--access-logfile\", \"logs/a.log\"]\n",
     5},
    {"a log for root only", "runtime/not-writable",
     "FROM python:3.12-slim\nUSER 1000\nCMD python a.py > /var/log/a.log\n", 3},
    {"a schedule in WORKDIR", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nUSER 1000\nCMD [\"celery\", \"-A\", \"a\", "
     "\"beat\"]\n",
     4},
    {"a schedule elsewhere", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nUSER 1000\nCMD [\"celery\", \"-A\", \"a\", \"beat\", "
     "\"-s\", \"/tmp/s\"]\n",
     0},
    {"standard output is no file", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nUSER 1000\nCMD gunicorn a:b --access-logfile - "
     ">/dev/null 2>&1\n",
     0},
    {"given away", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nRUN chown 1000 /app\nENV DB=sqlite:///app.db\nUSER "
     "1000\nCMD [\"python\", \"a.py\"]\n",
     0},
    {"copied as that user", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nCOPY --chown=1000 . .\nENV DB=sqlite:///app.db\nUSER "
     "1000\nCMD [\"python\", \"a.py\"]\n",
     0},
    {"WORKDIR behind USER is the user's", "runtime/not-writable",
     "FROM python:3.12-slim\nUSER 1000\nWORKDIR /app\nENV DB=sqlite:///app.db\nCMD [\"python\", "
     "\"a.py\"]\n",
     0},
    {"a volume", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /data\nVOLUME /data\nENV DB=sqlite:////data/app.db\nUSER "
     "1000\nCMD [\"python\", \"a.py\"]\n",
     0},
    {"a directory that nobody made here", "runtime/not-writable",
     "FROM python:3.12-slim\nENV DB=sqlite:////data/app.db\nUSER 1000\nCMD [\"python\", "
     "\"a.py\"]\n",
     0},
    {"/tmp", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /tmp\nENV DB=sqlite:///app.db\nUSER 1000\nCMD [\"python\"]\n",
     0},
    {"root writes everywhere", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nENV DB=sqlite:///app.db\nCMD [\"python\", \"a.py\"]\n",
     0},
    {"in memory", "runtime/not-writable",
     "FROM python:3.12-slim\nWORKDIR /app\nENV DB=sqlite:///:memory:\nUSER 1000\nCMD "
     "[\"python\"]\n",
     0},
    /* security/capabilities-label */
    {"no such capability", "security/capabilities-label",
     "FROM nginx:1.27\nLABEL security.capabilities=\"NET_BIND,CHOWN\"\n", 2},
    {"the guide's own", "security/capabilities-label",
     "FROM nginx:1.27\nLABEL security.capabilities=\"NET_BIND_SERVICE,CHOWN,SETUID,SETGID\"\n", 0},
    {"a low port without it", "security/capabilities-label",
     "FROM node:20\nLABEL security.capabilities=CHOWN\nEXPOSE 80\nUSER node\n", 2},
    {"a low port with it", "security/capabilities-label",
     "FROM node:20\nLABEL security.capabilities=cap_net_bind_service\nEXPOSE 80\nUSER node\n", 0},
    {"gosu without them", "security/capabilities-label",
     "FROM debian:12\nLABEL security.capabilities=CHOWN\nENTRYPOINT [\"gosu\", \"a\", \"b\"]\n", 2},
    {"no label", "security/capabilities-label", "FROM node:20\nEXPOSE 80\nUSER node\n", 0},
};

static void test_runtime(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_runtime)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
