#pragma once

#include "base/vec.h"
#include "text/source.h"

/*
 * secrets/secrets -- finding secrets in any text, and knowing the files that hold them.
 *
 * Shapes   One table of rules: how a token looks, a keyword that must stand near, the least
 *          entropy, words that show it is an example. Nothing found is ever printed whole:
 *          secret_redact() gives what may be shown.
 * Cost     A literal prefilter in one pass over the text; regular expressions run only around hits.
 * Errors   None.
 * Threads  The table is const; compiled patterns are made once behind a lock and then shared.
 * Source   Public documentation of each token's issuer, named in its row.
 */

struct secret_match {
    const char *kind;  /* "aws-access-key", "private-key", "generic-password" ... */
    const char *title; /* "an AWS access key id" */
    span at;           /* in the text given */
};
VEC_TYPE(secret_matches, struct secret_match);

/* All secrets in a text. `named` patterns (NAME=value, where the name says secret) are included. */
void secrets_find(struct arena *arena, str text, struct secret_matches *out_matches);

/* Does a variable's name say that its value is secret (PASSWORD, TOKEN, API_KEY ...)? Names that
 * only point at a secret (..._FILE, ..._PATH, KEY_ALIAS, PUBLIC_KEY, TOKEN_URL) do not. */
bool secret_name(str name);

/* Is a value, given to a variable with a secret name, a secret itself? Empty, placeholder
 * ("changeme" counts as one, "<your key>", "xxx", "$VAR", a path, a URL without credentials,
 * true/false, a small number) is not. */
bool secret_value(str value);

/* A value that is secret whatever it is called: token patterns, private keys, high entropy beside
 * a telling name. NULL when it is not, else the row's title. */
const char *secret_in_value(struct arena *arena, str value);

/* Does a file's path say that it holds secrets (".env", "id_rsa", "*.pem", ".npmrc",
 * "credentials.json", ".aws/credentials" ...)? Examples (".env.example", "*.pub", "*.template") do
 * not. NULL or the kind: "environment file", "private key", ... `content` may be STR_NONE; where it
 * is given, it decides the doubtful ones (a .pem that is a certificate, an .npmrc without a token).
 * */
const char *secret_file(str path, str content);

/* What may be shown of a secret: at most its first 4 bytes and its length class. */
str secret_redact(struct arena *arena, str secret);

/* Credentials in a URL ("https://user:token@host/"): the span of what is secret, else empty. */
span secret_in_url(str text);

/* Shannon entropy of the bytes, in bits a byte. */
double secret_entropy(str text);
