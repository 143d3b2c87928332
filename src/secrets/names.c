#include "secrets/secrets.h"

#include <string.h>

/*
 * What a variable's name and value say.
 *
 * A name is cut into words at '_', '-', '.' and where a capital follows a small letter; a word that
 * means a secret ("password", or "api" + "key") makes the name secret, unless a word behind it says
 * that the value only points at the secret or speaks about it ("file", "length"), or a word in
 * front says that it is no secret ("public").
 */

enum { WORDS_MAX = 16, WORD_BYTES = 32 };

struct name_words {
    char at[WORDS_MAX][WORD_BYTES];
    unsigned count;
};

static void split_name(str name, struct name_words *out)
{
    size_t len = 0;
    out->count = 0;
    for (size_t i = 0; i <= name.len && out->count < WORDS_MAX; i++) {
        char c = i < name.len ? name.at[i] : '_';
        bool hump = i > 0 && c >= 'A' && c <= 'Z' && name.at[i - 1] >= 'a' && name.at[i - 1] <= 'z';
        bool gap = !char_is_alnum(c);
        if ((gap || hump) && len) {
            out->at[out->count++][len] = '\0';
            len = 0;
        }
        if (!gap && len < WORD_BYTES - 1 && out->count < WORDS_MAX)
            out->at[out->count][len++] = char_lower(c);
    }
}

#define WORD_IN(word, ...) STR_IN(str_from(word), __VA_ARGS__)

/* Digits at a word's end do not change what it means: password2. */
static str without_digits(const char *word)
{
    str text = str_from(word);
    while (text.len && char_is_digit(text.at[text.len - 1]))
        text.len--;
    return text;
}

static bool is_key_owner(const char *word)
{
    return WORD_IN(word, "api", "access", "secret", "private", "encryption", "encrypt", "signing",
                   "sign", "auth", "master", "ssh", "deploy", "account", "storage", "admin", "jwt",
                   "app", "session", "service", "cipher", "crypt", "crypto", "hmac", "license",
                   "subscription", "shared", "aes", "rsa");
}

/* Does word `i`, perhaps with the one before it, mean a secret? */
static bool means_secret(const struct name_words *words, unsigned i)
{
    str word = without_digits(words->at[i]);
    static const char *const whole[] = {"pass",       "pwd",         "pword",     "secrets",
                                        "credential", "credentials", "secretkey", "accesskey",
                                        "privatekey", "authkey",     "masterkey", "signingkey"};
    static const char *const ends[] = {"password", "passwd", "passphrase",
                                       "secret",   "token",  "apikey"};
    if (str_in(word, whole, ARRAY_COUNT(whole)))
        return true;
    for (size_t k = 0; k < ARRAY_COUNT(ends); k++)
        if (str_ends(word, str_from(ends[k])))
            return !str_eq(word, STR("htpasswd"));
    return i > 0 && str_eq(word, STR("key")) && is_key_owner(words->at[i - 1]);
}

/* Behind the secret word: the value is about it, or a way to it. */
static bool disarms(const char *word)
{
    static const char *const about[] = {
        "file",        "files",     "filename",  "path",       "paths",    "dir",
        "directory",   "folder",    "url",       "uri",        "urls",     "endpoint",
        "alias",       "aliases",   "name",      "names",      "id",       "ids",
        "length",      "len",       "size",      "bytes",      "bits",     "rounds",
        "iterations",  "ttl",       "expiry",    "expires",    "expire",   "expiration",
        "timeout",     "lifetime",  "age",       "duration",   "interval", "days",
        "hours",       "minutes",   "seconds",   "type",       "types",    "algorithm",
        "algo",        "hash",      "hasher",    "hashers",    "hashing",  "enabled",
        "enable",      "disabled",  "required",  "require",    "policy",   "min",
        "max",         "mode",      "header",    "prefix",     "suffix",   "field",
        "param",       "issuer",    "audience",  "host",       "hostname", "port",
        "user",        "username",  "version",   "format",     "method",   "class",
        "provider",    "store",     "location",  "ref",        "arn",      "var",
        "variable",    "env",       "count",     "limit",      "regex",    "pattern",
        "label",       "hint",      "prompt",    "scope",      "scopes",   "region",
        "bucket",      "strategy",  "reset",     "server",     "manager",  "mount",
        "fingerprint", "digest",    "checksum",  "sha256",     "keyring",  "cache",
        "backend",     "generator", "validator", "validators", "auth",     "command",
        "cmd",         "script",    "source",    "key",        "rotation", "issue",
        "encoding",    "separator", "cookie",    "change"};
    return str_in(str_from(word), about, ARRAY_COUNT(about));
}

static bool is_known_secret(str name)
{
    return STR_IN(name, "COMPOSER_AUTH", "DOCKER_AUTH_CONFIG", "NPM_AUTH", "REDISCLI_AUTH",
                  "BASIC_AUTH", "HTTP_BASIC_AUTH", "SECRET_KEY_BASE", "secret_key_base");
}

bool secret_name(str name)
{
    if (is_known_secret(name))
        return true;
    struct name_words words;
    split_name(name, &words);
    bool secret = false;
    for (unsigned i = 0; i < words.count; i++) {
        const char *word = words.at[i];
        if (WORD_IN(word, "public", "pub", "no", "disable", "enable", "use", "skip", "allow",
                    "allows", "require", "requires", "generate", "random", "max", "min", "num",
                    "csrf", "xsrf"))
            return false;
        if (means_secret(&words, i))
            secret = true;
        else if (secret && disarms(word))
            secret = false;
    }
    return secret;
}

/* -- values ------------------------------------------------------------------------------------ */

static str unquote(str value)
{
    value = str_trim(value);
    char quote = value.len >= 2 ? value.at[0] : '\0';
    if ((quote == '"' || quote == '\'') && value.at[value.len - 1] == quote)
        value = str_trim(str_slice(value, 1, value.len - 1));
    return value;
}

static bool is_switch(str value)
{
    str no_case[] = {STR("true"),   STR("false"),   STR("yes"),      STR("no"),
                     STR("on"),     STR("off"),     STR("enabled"),  STR("disabled"),
                     STR("none"),   STR("null"),    STR("nil"),      STR("undefined"),
                     STR("auto"),   STR("default"), STR("required"), STR("optional"),
                     STR("string"), STR("unset"),   STR("empty"),    STR("inherit"),
                     STR("random"), STR("n/a")};
    for (size_t i = 0; i < ARRAY_COUNT(no_case); i++)
        if (str_eq_nocase(value, no_case[i]))
            return true;
    return false;
}

/* One character over and over ("xxxx", "****", "..."), or nothing but marks. */
static bool is_monotone(str value)
{
    bool same = true, marks = true;
    for (size_t i = 0; i < value.len; i++) {
        same = same && char_lower(value.at[i]) == char_lower(value.at[0]);
        marks = marks && !char_is_alnum(value.at[i]);
    }
    return same || marks;
}

/* A word that only a placeholder holds. */
static bool has_placeholder_word(str value)
{
    static const char *const words[] = {
        "changeme",     "change_me",  "change-me",  "changethis", "change_this", "change-this",
        "change it",    "changeit",   "replaceme",  "replace_me", "replace-me",  "replace_with",
        "replace-with", "replace me", "your_",      "your-",      "your ",       "yourpassword",
        "yoursecret",   "yourtoken",  "yourapikey", "example",    "placeholder", "dummy",
        "redacted",     "xxxx",       "insert_",    "insert-",    "to_be_",      "not_set",
        "not-set",      "notset",     "fill_me",    "todo",       "_here",       "-here",
        " here"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_has_nocase(value, str_from(words[i])))
            return true;
    return false;
}

/* Filled in by something else later: a variable, a template, a reference to a vault. */
static bool is_reference(str value)
{
    static const char *const starts[] = {"$",
                                         "<",
                                         "{{",
                                         "{%",
                                         "%(",
                                         "%env(",
                                         "@@",
                                         "__",
                                         "#{",
                                         "arn:",
                                         "vault:",
                                         "secret:",
                                         "ref+",
                                         "env:",
                                         "file:",
                                         "!",
                                         "@Microsoft.KeyVault",
                                         "((",
                                         "[[",
                                         "process.env",
                                         "os.environ",
                                         "secretref:"};
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++)
        if (str_starts(value, str_from(starts[i])))
            return true;
    return str_has(value, STR("${")) || str_has(value, STR("$(")) || str_has(value, STR("{{")) ||
           (value.len > 2 && value.at[0] == '%' && value.at[value.len - 1] == '%') ||
           (value.len > 2 && value.at[0] == '[' && value.at[value.len - 1] == ']') ||
           (value.len > 2 && value.at[0] == '{' && value.at[value.len - 1] == '}');
}

static bool is_path_or_url(str value)
{
    if (str_starts(value, STR("./")) || str_starts(value, STR("../")) ||
        str_starts(value, STR("~/")))
        return true;
    if (str_has(value, STR("://")))
        return span_is_empty(secret_in_url(value));
    return value.len > 1 && value.at[0] == '/' && !str_has_char(value, '+') &&
           !str_has_char(value, '=');
}

static bool is_small_number(str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!char_is_digit(value.at[i]) && value.at[i] != '.' && value.at[i] != '-')
            return false;
    return value.len <= 5;
}

bool secret_value(str value)
{
    value = unquote(value);
    return value.len >= 3 && !is_switch(value) && !is_monotone(value) && !is_reference(value) &&
           !is_path_or_url(value) && !is_small_number(value) && !has_placeholder_word(value);
}
