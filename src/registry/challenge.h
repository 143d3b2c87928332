#pragma once

#include "base/str.h"

/*
 * registry/challenge -- what a registry wants to see before it answers: WWW-Authenticate.
 *
 *   Bearer realm="https://auth/token",service="reg",scope="repository:a/b:pull"
 *
 * Shapes   Several challenges may stand in one header, parted by commas. What cannot be read ends
 *          the list; what was read in front of it counts.
 * Errors   None: a header that says nothing we know gives CHALLENGE_NONE.
 * Source   RFC 9110, 11.6.1; docker's token authentication.
 */

enum challenge_kind { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
    enum challenge_kind kind;
    str realm, service, scope, error; /* unquoted; "" where it says none */
};

/* The strongest challenge of a header that we can answer: Bearer before Basic. */
struct challenge challenge_parse(struct arena *arena, str header);
