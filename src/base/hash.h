#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * base/hash -- SHA-256, by OpenSSL.
 *
 * Shapes   A digest travels by value. `struct sha256` is used for one message at a time; begin it
 *          again as often as you like.
 * Cost     1.7 GB/s a core with SHA-NI. libcrypto is opened at first use: linked, it would cost
 *          0.6 ms of every start (measured).
 * Errors   hash_open() fails where there is no libcrypto; after it nothing can fail.
 * Threads  hash_open() is called before threads start; one `struct sha256` belongs to one thread.
 */

typedef struct {
    uint8_t at[32];
} digest;

/* Make SHA-256 ready. */
MUST_CHECK bool hash_open(struct err *err);

struct sha256 {
    void *context;
};

/* A hash that is given back with sha256_release(). */
void sha256_init(struct sha256 *hash);
void sha256_release(struct sha256 *hash);

/* Begin a message, add to it, end it. */
void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, str bytes);
digest sha256_end(struct sha256 *hash);

/* All at once. */
digest sha256_of(str bytes);

/* Same digest. */
bool digest_eq(digest a, digest b);

/* 64 hexadecimal digits; the other way false when they are none. */
struct digest_text {
    char z[65];
};
struct digest_text digest_hex(digest value);
bool digest_parse(str hex, digest *out_digest);

/* "sha256:" and the digits, as OCI's documents name it. */
str digest_print(struct arena *arena, digest value);
