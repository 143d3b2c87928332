#include "base/hash.h"

#include "base/library.h"

#include <string.h>

/* What we use of libcrypto's EVP interface. */
static struct {
    void *(*context_new)(void);
    void (*context_free)(void *);
    const void *(*sha256)(void);
    int (*init)(void *, const void *, void *);
    int (*update)(void *, const void *, size_t);
    int (*final)(void *, unsigned char *, unsigned int *);
} evp;

bool hash_open(struct err *err)
{
    if (evp.final)
        return true;
    const struct library_symbol symbols[] = {
        {"EVP_MD_CTX_new", &evp.context_new}, {"EVP_MD_CTX_free", &evp.context_free},
        {"EVP_sha256", &evp.sha256},          {"EVP_DigestInit_ex", &evp.init},
        {"EVP_DigestUpdate", &evp.update},    {"EVP_DigestFinal_ex", &evp.final},
    };
    if (!library_open("libcrypto.so.3", symbols, ARRAY_COUNT(symbols), err))
        return err_hint(err, "install OpenSSL 3 (Debian: libssl3)");
    return true;
}

void sha256_init(struct sha256 *hash)
{
    assert(evp.final);
    hash->context = evp.context_new();
    assert(hash->context);
}

void sha256_release(struct sha256 *hash)
{
    if (hash->context)
        evp.context_free(hash->context);
    hash->context = NULL;
}

void sha256_begin(struct sha256 *hash)
{
    int good = evp.init(hash->context, evp.sha256(), NULL);
    assert(good);
}

void sha256_add(struct sha256 *hash, str bytes)
{
    int good = !bytes.len || evp.update(hash->context, bytes.at, bytes.len);
    assert(good);
}

digest sha256_end(struct sha256 *hash)
{
    digest result;
    int good = evp.final(hash->context, result.at, NULL);
    assert(good);
    return result;
}

digest sha256_of(str bytes)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_begin(&hash);
    sha256_add(&hash, bytes);
    digest result = sha256_end(&hash);
    sha256_release(&hash);
    return result;
}

bool digest_eq(digest a, digest b)
{
    return memcmp(a.at, b.at, sizeof(a.at)) == 0;
}

struct digest_text digest_hex(digest value)
{
    static const char digits[] = "0123456789abcdef";
    struct digest_text text;
    for (size_t i = 0; i < sizeof(value.at); i++) {
        text.z[2 * i] = digits[value.at[i] >> 4];
        text.z[2 * i + 1] = digits[value.at[i] & 15];
    }
    text.z[64] = '\0';
    return text;
}

str digest_print(struct arena *arena, digest value)
{
    return str_fmt(arena, "sha256:%s", digest_hex(value).z);
}

static int digit_of(char c)
{
    if (char_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; /* upper case is no digest of OCI */
}

bool digest_parse(str hex, digest *out_digest)
{
    digest result;
    if (hex.len != 2 * sizeof(result.at))
        return false;
    for (size_t i = 0; i < sizeof(result.at); i++) {
        int high = digit_of(hex.at[2 * i]), low = digit_of(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        result.at[i] = (uint8_t)(high << 4 | low);
    }
    *out_digest = result;
    return true;
}
