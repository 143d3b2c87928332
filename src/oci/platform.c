#include "oci/oci.h"

#include "base/arena.h"
#include "base/buf.h"

/* Which image of several runs on a platform, as containerd chooses it. */

static str machine_architecture(void)
{
#if defined(__x86_64__)
    return STR("amd64");
#elif defined(__aarch64__)
    return STR("arm64");
#elif defined(__riscv)
    return STR("riscv64");
#elif defined(__powerpc64__)
    return STR("ppc64le");
#elif defined(__s390x__)
    return STR("s390x");
#else
    return STR("unknown");
#endif
}

struct platform platform_machine(void)
{
    return (struct platform){.os = STR("linux"), .architecture = machine_architecture()};
}

/* Other words for the same, and the variant that is meant where none is named. */
static struct platform normal(const struct platform *platform)
{
    static const struct {
        const char *architecture, *variant, *to, *to_variant;
    } rows[] = {
        {"x86_64", "", "amd64", ""},  {"x86-64", "", "amd64", ""},    {"amd64", "v1", "amd64", ""},
        {"aarch64", "", "arm64", ""}, {"aarch64", "v8", "arm64", ""}, {"arm64", "v8", "arm64", ""},
        {"arm64", "8", "arm64", ""},  {"armhf", "", "arm", "v7"},     {"armel", "", "arm", "v6"},
        {"arm", "", "arm", "v7"},     {"arm", "5", "arm", "v5"},      {"arm", "6", "arm", "v6"},
        {"arm", "7", "arm", "v7"},    {"arm", "8", "arm", "v8"},      {"i386", "", "386", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (str_eq(platform->architecture, str_from(rows[i].architecture)) &&
            str_eq(platform->variant, str_from(rows[i].variant)))
            return (struct platform){platform->os, str_from(rows[i].to),
                                     str_from(rows[i].to_variant)};
    return *platform;
}

/* "v7" is 7: what is built for a lower one runs on it too. 0: it has none. */
static unsigned level(str variant)
{
    uint64_t number;
    bool good = str_starts(variant, STR("v")) && str_to_u64(str_from_index(variant, 1), &number) &&
                number < 100;
    return good ? (unsigned)number : 0;
}

unsigned platform_rank(const struct platform *have, const struct platform *wanted)
{
    struct platform want = *wanted;
    bool any_variant = !want.variant.len;
    if (!want.os.len)
        want.os = STR("linux");
    if (!want.architecture.len)
        want.architecture = platform_machine().architecture;
    want = normal(&want);
    struct platform own = normal(have);
    if (!str_eq(own.os, want.os) || !str_eq(own.architecture, want.architecture))
        return 0;
    if (str_eq(own.variant, want.variant))
        return 1000;
    unsigned own_level = level(own.variant), want_level = level(want.variant);
    bool lower = own_level < want_level && (own_level || !own.variant.len);
    if (lower) /* "" stands for the lowest where levels are counted */
        return 100 + own_level;
    return any_variant ? 1 : 0;
}

/* Attestations stand among the images of an index under this platform. */
static bool is_no_image(const struct descriptor *descriptor)
{
    return str_eq(descriptor->platform.os, STR("unknown"));
}

bool platform_choose(struct arena *arena, const struct descriptors *manifests,
                     const struct image_choice *choice, const struct descriptor **out_chosen,
                     struct err *err)
{
    const struct descriptor *only = NULL, *best = NULL;
    unsigned images = 0, best_rank = 0;
    struct buf names = buf_init(arena, 512);
    VEC_EACH(struct descriptor, descriptor, *manifests) {
        if (is_no_image(descriptor))
            continue;
        unsigned rank = platform_rank(&descriptor->platform, &choice->platform);
        if (rank > best_rank) {
            best_rank = rank;
            best = descriptor;
        }
        only = descriptor;
        buf_fmt(&names, "%s%.*s", images++ ? ", " : "",
                STR_ARG(platform_print(arena, &descriptor->platform)));
    }
    bool asked = choice->platform.os.len || choice->platform.architecture.len;
    if (!best && images == 1 && !asked)
        best = only;
    if (best) {
        *out_chosen = best;
        return true;
    }
    err_set(err, ERR_USAGE, images ? "it has no image for this platform" : "it holds no image");
    return images ? err_hint(err, "--platform takes one of %.*s", STR_ARG(buf_str(&names))) : false;
}
