#include "rules/contents.h"

/*
 * What base images hold, by directory: the ones of a distribution may hold anything, and few images
 * bring a directory of their own. What no row knows is not known.
 */

/* Of every Linux distribution. */
static const char *const system_directories[] = {
    "/afs",   "/bin",     "/boot",   "/dev",   "/etc", "/home", "/lib",  "/lib32",
    "/lib64", "/libexec", "/libx32", "/media", "/mnt", "/opt",  "/proc", "/root",
    "/run",   "/sbin",    "/srv",    "/sys",   "/tmp", "/usr",  "/var",
};

struct base_layout {
    const char *repository, *tags; /* as in the table of base images */
    const char *workdir;           /* of its configuration */
    const char *own;               /* further directories and files that may hold anything */
    const char *empty;             /* system directories that it leaves empty */
};

#define PLAIN "/mnt /srv /usr/src"

static const struct base_layout layouts[] = {
    {"scratch", "*", "/", "", ""},
    {"gcr.io/distroless/*", "*nonroot*", "/home/nonroot", "/busybox /nodejs /app", ""},
    {"gcr.io/distroless/*", "*", "/", "/busybox /nodejs", ""},
    {"cgr.dev/chainguard/static", "*", "/", "", ""},
    {"busybox", "*", "/", "", ""},
    {"alpine", "*", "/", "", PLAIN " /home /opt"},
    {"debian", "*", "/", "", PLAIN " /home /opt"},
    {"ubuntu", "*", "/", "", PLAIN " /opt"},
    {"fedora", "*", "/", "", ""},
    {"centos", "*", "/", "", ""},
    {"rockylinux", "*", "/", "", ""},
    {"almalinux", "*", "/", "", ""},
    {"amazonlinux", "*", "/", "", ""},
    {"oraclelinux", "*", "/", "", ""},
    {"archlinux", "*", "/", "", ""},
    {"buildpack-deps", "*", "/", "", PLAIN " /home /opt"},
    {"python", "*", "/", "", PLAIN " /home /opt"},
    {"node", "*", "/", "", PLAIN},
    {"ruby", "*", "/", "", PLAIN " /home /opt"},
    {"rust", "*", "/", "", PLAIN " /home /opt"},
    {"gcc", "*", "/", "", PLAIN " /home /opt"},
    {"golang", "*", "/go", "/go/src /go/bin /go/pkg", PLAIN " /home /opt"},
    {"php", "*fpm*", "/var/www/html", "", ""},
    {"php", "*apache*", "/var/www/html", "", ""},
    {"eclipse-temurin", "*", "/", "/__cacert_entrypoint.sh", ""},
    {"maven", "*", "/", "/__cacert_entrypoint.sh", ""},
    {"gradle", "*", "/home/gradle", "/__cacert_entrypoint.sh", ""},
    {"mcr.microsoft.com/dotnet/sdk", "*", "/", "", ""},
    {"mcr.microsoft.com/dotnet/aspnet", "*", "/", "", ""},
    {"mcr.microsoft.com/dotnet/runtime", "*", "/", "", ""},
    {"mcr.microsoft.com/dotnet/runtime-deps", "*", "/", "", ""},
    {"nginx", "*", "/", "/docker-entrypoint.d /docker-entrypoint.sh", ""},
    {"httpd", "*", "/usr/local/apache2", "", ""},
    {"redis", "*", "/data", "/data", ""},
    {"postgres", "*", "/", "/docker-entrypoint-initdb.d", ""},
};

static const struct base_layout *layout_of(const struct stage_facts *stage)
{
    str written = stage->stage->base_raw;
    size_t tag = str_find_last_char(written, ':'), variable = str_find_char(written, '$');
    bool chosen = variable != STR_MISSING && (tag == STR_MISSING || variable < tag);
    bool own = stage->stage->base_stage == NO_INDEX;
    if (!stage->base || stage->windows || (own && chosen) || str_has(stage->tag, STR("onbuild")))
        return NULL;
    str repository = stage->repository;
    if (str_starts(repository, STR("gcr.io/distroless/")))
        repository = STR("gcr.io/distroless/*");
    for (size_t i = 0; i < ARRAY_COUNT(layouts); i++)
        if (str_eq(str_from(layouts[i].repository), repository) &&
            glob_match(str_from(layouts[i].tags), stage->tag))
            return &layouts[i];
    return NULL;
}

const char *base_workdir(const struct stage_facts *stage)
{
    const struct base_layout *layout = layout_of(stage);
    return layout ? layout->workdir : NULL;
}

static bool covered_by_list(const char *list, str path, bool *out_above)
{
    str rest = str_from(list), directory;
    while (str_next_word(&rest, &directory)) {
        if (path_is_in(path, directory))
            return true;
        *out_above = *out_above || path_is_in(directory, path);
    }
    return false;
}

bool is_system_path(str path)
{
    for (size_t i = 0; i < ARRAY_COUNT(system_directories); i++)
        if (path_is_in(path, str_from(system_directories[i])))
            return true;
    return false;
}

enum holds base_holds(const struct stage_facts *stage, str path)
{
    const struct base_layout *layout = layout_of(stage);
    if (str_eq(path, STR("/")))
        return HOLDS_YES;
    if (!layout)
        return HOLDS_UNKNOWN;
    if (stage->base->libc == LIBC_NONE && str_has(path, STR("/ld-")))
        return HOLDS_NO; /* a loader is part of a libc */
    bool above = false, itself = false;
    if (covered_by_list(layout->own, path, &above))
        return HOLDS_UNKNOWN;
    if (above || str_eq(path, str_from(layout->workdir)))
        return HOLDS_YES;
    if (stage->base->family == FAMILY_SCRATCH || !is_system_path(path))
        return HOLDS_NO;
    bool below_empty = covered_by_list(layout->empty, str_dirname(path), &itself);
    return below_empty ? HOLDS_NO : HOLDS_UNKNOWN;
}
