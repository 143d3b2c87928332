#include "tests/unit/rules/rules_unit.h"

/* Rules of size/ about system packages. hadolint's own examples are rows, its false alarms too. */

static const struct rule_row rows[] = {
    /* size/apt-lists-left */
    {"lists stay", "size/apt-lists-left",
     "FROM debian:12\nRUN apt-get update && apt-get install -y a\n", 2,
     "FROM debian:12\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n"},
    {"in the file's style: && at line starts", "size/apt-lists-left",
     "FROM debian:12\nRUN apt-get update \\\n  && apt-get install -y a\n", 2,
     "FROM debian:12\nRUN apt-get update \\\n  && apt-get install -y a \\\n  && rm -rf "
     "/var/lib/apt/lists/*\n"},
    {"removed in the same RUN", "size/apt-lists-left",
     "FROM debian:12\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n",
     0},
    {"a cleanup before the update does not count", "size/apt-lists-left",
     "FROM debian:12\nRUN rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y a\n",
     2},
    {"cache mount", "size/apt-lists-left",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt/lists apt-get update && apt-get "
     "install a\n",
     0},
    {"cache mount above the lists", "size/apt-lists-left",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt "
     "--mount=type=cache,target=/var/cache/apt apt-get update && apt-get install a\n",
     0},
    {"tmpfs mount", "size/apt-lists-left",
     "FROM debian:12\nRUN --mount=type=tmpfs,target=/var/lib/apt apt-get update\n", 0},
    {"a mount of the archives alone does not keep the lists out", "size/apt-lists-left",
     "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt apt-get update && apt-get "
     "install a\n",
     2},
    {"a stage that does not ship", "size/apt-lists-left",
     "FROM ubuntu as foo\nRUN apt-get update && apt-get install python\nFROM scratch\nCOPY "
     "--from=foo /x /x\n",
     0},
    {"a stage below the shipped one", "size/apt-lists-left",
     "FROM ubuntu as foo\nRUN apt-get update && apt-get install python\nFROM foo\nRUN hey!\n", 2},
    {"apt and aptitude too", "size/apt-lists-left",
     "FROM debian:12\nRUN aptitude update && aptitude install python\n", 2},
    {"a cleanup in a later RUN is that rule's finding", "size/apt-lists-left",
     "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN rm -rf "
     "/var/lib/apt/lists/*\n",
     0},
    {"find -delete removes too", "size/apt-lists-left",
     "FROM debian:12\nRUN apt-get update && apt-get install a && find /var/lib/apt/lists -type f "
     "-delete\n",
     0},
    /* size/recommends */
    {"recommends come along", "size/recommends", "FROM debian:12\nRUN apt-get install -y a\n", 2,
     "FROM debian:12\nRUN apt-get install --no-install-recommends -y a\n"},
    {"switched off by option", "size/recommends",
     "FROM debian:12\nRUN apt-get install --no-install-recommends a\n", 0},
    {"switched off by -o", "size/recommends",
     "FROM debian:12\nRUN apt-get -o APT::Install-Recommends=false install python\n", 0},
    {"the option may stand last", "size/recommends",
     "FROM debian:12\nRUN apt-get install -y a b \\\n  --no-install-recommends\n", 0},
    {"switched off for good in an earlier step", "size/recommends",
     "FROM debian:12\nRUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/9\n"
     "RUN apt-get install -y a\n",
     0},
    {"a simulation installs nothing", "size/recommends",
     "FROM debian:12\nRUN apt-get install -s a\n", 0},
    {"a stage that does not ship", "size/recommends",
     "FROM debian:12 AS b\nRUN apt-get install -y a\nFROM scratch\n", 0},
    /* size/apk-cache */
    {"the index stays", "size/apk-cache", "FROM alpine:3.19\nRUN apk add flex\n", 2,
     "FROM alpine:3.19\nRUN apk add --no-cache flex\n"},
    {"--no-cache", "size/apk-cache", "FROM alpine:3.19\nRUN apk add --no-cache flex\n", 0},
    {"cache mount", "size/apk-cache",
     "FROM alpine:3.19\nRUN --mount=type=cache,target=/var/cache/apk apk add -U curl\n", 0},
    {"a mount of something else", "size/apk-cache",
     "FROM alpine:3.19\nRUN --mount=type=cache,target=/var/cache/foo apk add -U curl\n", 2},
    {"cleaned up by hand", "size/apk-cache",
     "FROM alpine:3.19\nRUN apk add curl && rm -rf /var/cache/apk/*\n", 0},
    {"--no-network fetches nothing", "size/apk-cache",
     "FROM alpine:3.19\nRUN apk add --no-network --virtual .run so:libc.so\n", 0},
    /* size/rpm-cache */
    {"yum", "size/rpm-cache", "FROM centos:7\nRUN yum install -y mariadb-10.4\n", 2,
     "FROM centos:7\nRUN yum install -y mariadb-10.4 && yum clean all\n"},
    {"yum clean", "size/rpm-cache", "FROM centos:7\nRUN yum install -y a && yum clean all\n", 0},
    {"clean before install does nothing", "size/rpm-cache",
     "FROM centos:7\nRUN yum clean all && yum install -y a\n", 2},
    {"removed by hand", "size/rpm-cache",
     "FROM centos:7\nRUN yum install -y a && rm -rf /var/cache/yum/*\n", 0},
    {"dnf", "size/rpm-cache", "FROM fedora:40\nRUN dnf -y upgrade\n", 2},
    {"dnf with a cache mount", "size/rpm-cache",
     "FROM fedora:40\nRUN --mount=type=cache,target=/var/cache/libdnf5 dnf install -y a\n", 0},
    {"microdnf", "size/rpm-cache", "FROM x\nRUN microdnf install -y a && microdnf clean all\n", 0},
    {"another manager's clean does not count", "size/rpm-cache",
     "FROM x\nRUN dnf install -y a && microdnf clean all\n", 2},
    {"zypper", "size/rpm-cache", "FROM x\nRUN zypper install -y mariadb\n", 2},
    {"zypper cc", "size/rpm-cache", "FROM x\nRUN zypper install -y mariadb && zypper cc\n", 0},
    {"another root has its own cache", "size/rpm-cache",
     "FROM x\nRUN dnf install --installroot /out -y a\n", 0},
    /* size/upgrade */
    {"the whole base", "size/upgrade", "FROM debian:12\nRUN apt-get update && apt-get -y upgrade\n",
     2},
    {"apk", "size/upgrade", "FROM alpine:3.19\nRUN apk upgrade --no-cache\n", 2},
    {"zypper dup", "size/upgrade", "FROM x\nRUN zypper dup\n", 2},
    {"one package by name", "size/upgrade", "FROM x\nRUN dnf -y upgrade openssl\n", 0},
    /* size/repository-tools */
    {"the guide's own: left behind", "size/repository-tools",
     "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y gnupg curl && \\\n"
     "    curl https://x.org/k | gpg --dearmor -o /usr/share/keyrings/k.gpg\n",
     2,
     "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y gnupg curl && \\\n"
     "    curl https://x.org/k | gpg --dearmor -o /usr/share/keyrings/k.gpg && \\\n"
     "    apt-get purge -y --auto-remove gnupg\n"},
    {"purged in the same RUN", "size/repository-tools",
     "FROM ubuntu:22.04\nRUN apt-get install -y gnupg && apt-key add k && apt-get purge -y gnupg\n",
     0},
    {"no repository is added: it may be meant", "size/repository-tools",
     "FROM ubuntu:22.04\nRUN apt-get install -y gnupg\n", 0},
    /* size/build-tools-left */
    {"compilers ship", "size/build-tools-left",
     "FROM python:3.12-slim\nRUN apt-get install -y gcc libpq-dev\nRUN pip install psycopg\n", 2},
    {"a stage to build in", "size/build-tools-left",
     "FROM python:3.12-slim AS b\nRUN apt-get install -y gcc\nFROM python:3.12-slim\n", 0},
    {"purged in the same RUN", "size/build-tools-left",
     "FROM python:3.12-slim\nRUN apt-get install -y gcc && make && apt-get purge -y gcc\n", 0},
    {"a virtual package that goes", "size/build-tools-left",
     "FROM alpine:3.19\nRUN apk add --virtual .b gcc musl-dev && make && apk del .b\n", 0},
    {"official images: all that was not marked goes", "size/build-tools-left",
     "FROM debian:12\nRUN apt-get install -y gcc; make; apt-mark auto '.*' > /dev/null; apt-get "
     "purge -y --auto-remove\n",
     0},
    {"what a variable holds is not known", "size/build-tools-left",
     "FROM debian:12\nRUN apt-get install -y gcc && make && apt-get purge -y $deps\n", 0},
    /* size/debug-tools */
    {"an editor ships", "size/debug-tools",
     "FROM debian:12\nRUN apt-get install -y vim\nCOPY a /a\nCMD [\"/a\"]\n", 2},
    {"it is what the image is for", "size/debug-tools",
     "FROM debian:12\nRUN apt-get install -y vim\nCOPY a /a\nCMD [\"vim\"]\n", 0},
};

static void test_size_packages(void **state)
{
    struct unit_rows checked = {0};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        rule_row_check(*state, &checked, &rows[i]);
    assert_rows(checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(test_size_packages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
