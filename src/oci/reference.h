#pragma once

#include "base/err.h"
#include "base/hash.h"

/*
 * oci/reference -- the names of images, as docker reads them.
 *
 *   "debian"  -> docker.io/library/debian:latest
 *   "host:5000/team/app:1@sha256:.." -> host:5000, team/app, 1, the digest
 *
 * Shapes   A reference is {registry, repository, tag, digest}; with a digest and no tag, the tag is
 *          "". The first component is a registry when it has a '.' or a ':', or is "localhost".
 * Errors   ERR_USAGE with what is wrong in it, and how it is written right.
 * Source   github.com/distribution/reference: its grammar and its normal form.
 */

enum { REFERENCE_NAME_MAX = 255, REFERENCE_TAG_MAX = 128 };

struct reference {
    str registry;   /* "docker.io", "localhost:5000" */
    str repository; /* "library/debian" */
    str tag;        /* "latest"; "" with a digest alone */
    bool has_digest;
    digest digest;
};

/* Read a name as the user wrote it. */
MUST_CHECK bool reference_parse(struct arena *arena, str text, struct reference *out_reference,
                                struct err *err);

/* "docker.io/library/debian:latest": all of it, in normal form. */
str reference_print(struct arena *arena, const struct reference *reference);

/* "debian:latest": without what a bare name means anyway. */
str reference_familiar(struct arena *arena, const struct reference *reference);
