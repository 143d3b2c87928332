#pragma once

#include "base/str.h"

/*
 * rules/base_facts -- what is known of base images, in one table. Part of the door rules/rules.h.
 *
 * Shapes   Rows are const. What is not known is NULL, -1 or 0; no row guesses.
 * Units    Sizes are megabytes of 10^6 bytes.
 * Cost     A look-up compares the rows' first bytes.
 * Errors   None.
 * Source   Each row names its own.
 */

enum shell_kind {
    SHELL_KIND_UNKNOWN, /* base not known: treat as sh */
    SHELL_KIND_SH,      /* POSIX sh whose make is not known */
    SHELL_KIND_DASH,
    SHELL_KIND_ASH,
    SHELL_KIND_BASH,
    SHELL_KIND_POWERSHELL,
    SHELL_KIND_CMD,
    SHELL_KIND_NONE,  /* scratch, distroless: there is no shell */
    SHELL_KIND_OTHER, /* python, perl ...: not judged */
};

enum base_family {
    FAMILY_UNKNOWN,
    FAMILY_DEBIAN,
    FAMILY_UBUNTU,
    FAMILY_ALPINE,
    FAMILY_RHEL, /* fedora, centos, rocky, alma, ubi, amazonlinux, oraclelinux */
    FAMILY_SUSE,
    FAMILY_WOLFI,
    FAMILY_ARCH,
    FAMILY_BUSYBOX,
    FAMILY_DISTROLESS,
    FAMILY_SCRATCH,
    FAMILY_WINDOWS,
};

enum base_libc { LIBC_UNKNOWN, LIBC_GLIBC, LIBC_MUSL, LIBC_NONE };

/* One row of what is known about base images (rules/base/base_facts.c). */
struct base_fact {
    const char *name;       /* for `explain base/NAME`: "python-slim" */
    const char *repository; /* normalised: "python", "gcr.io/distroless/static-debian12" */
    const char *tags;       /* globs over the tag, first row that matches wins: "*-slim*", "*" */
    enum base_family family;
    enum base_libc libc;
    enum shell_kind shell; /* what /bin/sh is */
    bool has_bash;
    const char *user;     /* user in its config: "" is root */
    const char *nonroot;  /* a non-root user that it brings: "node"; NULL when there is none */
    int nonroot_uid;      /* -1 when there is none */
    const char *packages; /* "apt", "apk", "dnf", "microdnf", "yum", "zypper", NULL */
    const char *has;      /* programs it has that rules ask about: "curl wget git gcc make ..." */
    bool ca_certificates, tzdata;
    bool sdk;           /* made to build with, not to ship: golang, rust, gcc, maven, jdk ... */
    const char *slim;   /* what to ship instead, NULL: "-slim" at the tag's end, "-slim-" behind its
                         * version, or a reference: "eclipse-temurin:21-jre" */
    const char *alpine; /* the alpine sibling: "-alpine", NULL */
    double unpacked_mb, pull_mb; /* 0: not measured */
    const char *measured;        /* the day on which `sample` was built; NULL with both 0 */
    const char *sample;          /* the image that was measured: "python:3.14-slim" */
    const char *use, *tradeoff;
    const char *cmd; /* its CMD or ENTRYPOINT names a server: "nginx"; NULL */
    const char *source;
};

/* The row for an image reference, NULL when it is not in the table. */
const struct base_fact *base_fact_find(str repository, str tag);

/* The row of a sibling as a row's `slim` or `alpine` names it; NULL when there is none. */
const struct base_fact *base_sibling(struct arena *arena, const struct base_fact *base,
                                     const char *sibling);

/* What to ship a program on that was built on `base`: its slim sibling, else the smallest plain
 * image of its family; NULL when the table has none. */
const struct base_fact *base_to_ship(struct arena *arena, const struct base_fact *base);

/* The first day on which a release gets no more fixes, "2024-06-30": of the image itself or of the
 * distribution release that its tag names. NULL when it is supported or not known. `out_what` says
 * what ended: "Debian 10 (buster)". */
const char *base_end(str repository, str tag, const char **out_what);

/* All rows, for explain. */
const struct base_fact *base_facts_all(struct arena *arena, size_t *out_count);

/* "docker.io/library/python:3.12-slim@sha256:..": python, 3.12-slim, sha256:.. */
struct image_name {
    str repository, tag, digest;
};
struct image_name image_name_parse(struct arena *arena, str reference);
