#include "report/check_formats.h"

/* Base images for programs: keys that stay, sizes in bytes, null for what is not known. */

static void put_text(struct json_out *out, const char *key, const char *text)
{
    if (text && *text)
        json_z(out, key, text);
    else
        json_null(out, key);
}

static void put_bytes(struct json_out *out, const char *key, double megabytes)
{
    if (megabytes > 0)
        json_u64(out, key, (uint64_t)(megabytes * 1e6));
    else
        json_null(out, key);
}

static void put_nonroot(struct json_out *out, const struct base_fact *base)
{
    if (!base->nonroot) {
        json_null(out, "nonroot");
        return;
    }
    json_object(out, "nonroot");
    json_z(out, "name", base->nonroot);
    if (base->nonroot_uid < 0)
        json_null(out, "uid");
    else
        json_u64(out, "uid", (uint64_t)base->nonroot_uid);
    json_end_object(out);
}

static void put_base(struct json_out *out, const struct base_fact *base)
{
    json_object(out, NULL);
    json_z(out, "base", base->name);
    json_z(out, "repository", base->repository);
    json_z(out, "tags", base->tags);
    json_z(out, "use", base->use);
    put_text(out, "tradeoff", base->tradeoff);
    put_bytes(out, "unpacked_bytes", base->unpacked_mb);
    put_bytes(out, "pull_bytes", base->pull_mb);
    put_text(out, "measured", base->measured);
    put_text(out, "libc", libc_name(base->libc));
    put_text(out, "packages", base->packages);
    json_list(out, "has");
    str rest = str_from(base->has), word;
    while (str_next_word(&rest, &word))
        json_str(out, NULL, word);
    json_end_list(out);
    json_z(out, "user", base->user && *base->user ? base->user : "root");
    put_nonroot(out, base);
    json_bool(out, "ca_certificates", base->ca_certificates);
    json_bool(out, "tzdata", base->tzdata);
    json_bool(out, "sdk", base->sdk);
    put_text(out, "slim", base->slim);
    put_text(out, "alpine", base->alpine);
    put_text(out, "source", base->source);
    json_end_object(out);
}

str bases_json(struct arena *arena, const struct base_fact *bases, size_t count)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.explain/1");
    json_list(&out, "bases");
    for (size_t i = 0; i < count; i++)
        put_base(&out, &bases[i]);
    json_end_list(&out);
    json_end_object(&out);
    return json_document(&out);
}
