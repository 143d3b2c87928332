#include "oci/reference.h"

#include "base/buf.h"
#include "oci/oci.h"

static bool is_lower_or_digit(char c)
{
    return char_is_digit(c) || (c >= 'a' && c <= 'z');
}

/* "a", "a-b", "a__b", "a.b", "a---b": letters and digits with separators between them. */
static bool is_component(str text)
{
    size_t i = 0;
    while (i < text.len) {
        size_t start = i;
        while (i < text.len && is_lower_or_digit(text.at[i]))
            i++;
        if (i == start)
            return false;
        if (i == text.len)
            return true;
        start = i;
        char c = text.at[i];
        while (i < text.len && text.at[i] == c)
            i++;
        size_t most = c == '.' ? 1 : c == '_' ? 2 : c == '-' ? SIZE_MAX : 0;
        if (i - start > most)
            return false;
    }
    return false;
}

static bool is_repository(str text)
{
    str part;
    if (!text.len)
        return false;
    while (str_next(&text, '/', &part))
        if (!is_component(part))
            return false;
    return true;
}

static bool is_tag(str text)
{
    if (!text.len || text.len > REFERENCE_TAG_MAX || !char_is_name(text.at[0]))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (!char_is_name(text.at[i]) && text.at[i] != '.' && text.at[i] != '-')
            return false;
    return true;
}

static bool is_host(str host)
{
    str part;
    if (!host.len)
        return false;
    while (str_next(&host, '.', &part)) {
        if (!part.len || part.at[0] == '-' || part.at[part.len - 1] == '-')
            return false;
        for (size_t i = 0; i < part.len; i++)
            if (!char_is_alnum(part.at[i]) && part.at[i] != '-')
                return false;
    }
    return true;
}

/* "[::1]" */
static bool is_address(str host)
{
    if (host.len < 4 || !str_ends(host, STR("]")))
        return false;
    for (size_t i = 1; i + 1 < host.len; i++)
        if (!char_is_alnum(host.at[i]) && host.at[i] != ':')
            return false;
    return true;
}

/* A host name or an address, and a port. */
static bool is_registry(str text)
{
    size_t colon = str_find_last_char(text, ':');
    bool bracketed = str_starts(text, STR("["));
    str host = text;
    uint64_t port;
    if (colon != STR_MISSING && !(bracketed && str_ends(text, STR("]")))) {
        host = str_slice(text, 0, colon);
        if (!str_to_u64(str_from_index(text, colon + 1), &port) || port > 65535)
            return false;
    }
    return bracketed ? is_address(host) : is_host(host);
}

static bool has_upper(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] >= 'A' && text.at[i] <= 'Z')
            return true;
    return false;
}

/* Does the part in front of the first '/' name a registry? */
static bool names_registry(str part)
{
    return str_has_char(part, '.') || str_has_char(part, ':') || str_eq(part, STR("localhost")) ||
           has_upper(part);
}

static bool take_repository(struct arena *arena, str name, struct reference *out, struct err *err)
{
    size_t slash = str_find_char(name, '/');
    out->registry = STR("docker.io");
    out->repository = name;
    if (slash != STR_MISSING && names_registry(str_slice(name, 0, slash))) {
        out->registry = str_slice(name, 0, slash);
        out->repository = str_from_index(name, slash + 1);
        if (STR_IN(out->registry, "index.docker.io", "registry-1.docker.io"))
            out->registry = STR("docker.io");
    }
    if (!is_registry(out->registry))
        return err_set(err, ERR_USAGE, "'%.*s' is no registry", STR_ARG(out->registry));
    if (has_upper(out->repository)) {
        err_set(err, ERR_USAGE, "an image name has no capital letters");
        return err_hint(err, "write it as '%.*s'", STR_ARG(str_lower(arena, out->repository)));
    }
    if (!is_repository(out->repository)) {
        err_set(err, ERR_USAGE, "'%.*s' is no image name", STR_ARG(out->repository));
        return err_hint(err, "names are letters, digits and . _ - between them, parted by '/'");
    }
    if (str_eq(out->registry, STR("docker.io")) && !str_has_char(out->repository, '/'))
        out->repository = str_cat(arena, STR("library/"), out->repository);
    if (out->registry.len + 1 + out->repository.len > REFERENCE_NAME_MAX)
        return err_set(err, ERR_USAGE, "an image name has at most %d bytes", REFERENCE_NAME_MAX);
    return true;
}

static bool parse(struct arena *arena, str text, struct reference *out, struct err *err)
{
    size_t at = str_find_char(text, '@');
    struct reference reference = {.tag = STR("")};
    digest bare;
    if (at != STR_MISSING) {
        str hash = str_from_index(text, at + 1);
        if (!oci_digest_parse(hash, &reference.digest)) {
            err_set(err, ERR_USAGE, "'%.*s' is no digest", STR_ARG(hash));
            return err_hint(err, "a digest is sha256: and 64 small hexadecimal digits");
        }
        reference.has_digest = true;
        text = str_slice(text, 0, at);
    }
    size_t colon = str_find_last_char(text, ':');
    if (colon != STR_MISSING && !str_has_char(str_from_index(text, colon), '/')) {
        reference.tag = str_from_index(text, colon + 1);
        text = str_slice(text, 0, colon);
        if (!is_tag(reference.tag))
            return err_set(err, ERR_USAGE, "'%.*s' is no tag", STR_ARG(reference.tag));
    } else if (!reference.has_digest)
        reference.tag = STR("latest");
    if (digest_parse(text, &bare)) {
        err_set(err, ERR_USAGE, "64 hexadecimal digits are no image name");
        return err_hint(err, "write NAME@sha256:%.*s", STR_ARG(text));
    }
    if (!take_repository(arena, text, &reference, err))
        return false;
    *out = reference;
    return true;
}

bool reference_parse(struct arena *arena, str text, struct reference *out_reference,
                     struct err *err)
{
    if (!parse(arena, text, out_reference, err))
        return err_wrap(err, "image '%.*s'", STR_ARG(text));
    return true;
}

static str print(struct arena *arena, const struct reference *reference, str name)
{
    struct buf out = buf_init(arena, 1024);
    buf_add(&out, name);
    if (reference->tag.len)
        buf_fmt(&out, ":%.*s", STR_ARG(reference->tag));
    if (reference->has_digest)
        buf_fmt(&out, "@sha256:%s", digest_hex(reference->digest).z);
    return buf_str(&out);
}

str reference_print(struct arena *arena, const struct reference *reference)
{
    return print(
        arena, reference,
        str_fmt(arena, "%.*s/%.*s", STR_ARG(reference->registry), STR_ARG(reference->repository)));
}

/* What is left of a name of docker.io when it is written as people do; all of it where that would
 * mean something else. */
static str short_name(str repository)
{
    const str library = STR("library/");
    str bare = str_from_index(repository, library.len);
    digest ignored;
    if (str_starts(repository, library) && !str_has_char(bare, '/'))
        return digest_parse(bare, &ignored) ? repository : bare;
    size_t slash = str_find_char(repository, '/');
    return names_registry(str_slice(repository, 0, slash)) ? STR("") : repository;
}

str reference_familiar(struct arena *arena, const struct reference *reference)
{
    str name = short_name(reference->repository);
    if (!str_eq(reference->registry, STR("docker.io")) || !name.len)
        return reference_print(arena, reference);
    return print(arena, reference, name);
}
