#include "registry/engine.h"

#include "base/arena.h"
#include "base/io.h"

/* Where an image is that the user named: the order of design.md, "Image arguments". */

static bool has_transport(str name)
{
    static const char *const transports[] = {"oci:", "oci-archive:", "docker-archive:", "rootfs:"};
    for (size_t i = 0; i < ARRAY_COUNT(transports); i++)
        if (str_starts(name, str_from(transports[i])))
            return true;
    return false;
}

/* "/x", "./x", "../x": a path, whatever else it might be. */
static bool is_path(str name)
{
    return str_starts(name, STR("/")) || str_starts(name, STR("./")) ||
           str_starts(name, STR("../")) || str_eq(name, STR(".")) || str_eq(name, STR(".."));
}

/* "image.tar": whoever writes it means a file, also where there is none. */
static bool is_archive_name(str name)
{
    static const char *const ends[] = {".tar", ".tar.gz", ".tgz", ".tar.zst"};
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(name, str_from(ends[i])))
            return true;
    return false;
}

/* Does something stand there that the name means? With ":TAG" behind it only a file or a layout
 * counts: the folder of an application often has the name of its image. */
static bool stands_there(struct arena *arena, const struct host *host, str name)
{
    struct stat stat;
    size_t colon = str_find_last_char(name, ':');
    if (path_stat(host->cwd_fd, name, &stat))
        return true;
    if (colon == STR_MISSING || !path_stat(host->cwd_fd, str_slice(name, 0, colon), &stat))
        return false;
    str index = path_join(arena, str_slice(name, 0, colon), STR("index.json"));
    return S_ISREG(stat.st_mode) || path_stat(host->cwd_fd, index, &stat);
}

static bool platform_fits(const struct image_choice *choice, const struct image *image)
{
    const struct platform *want = &choice->platform;
    bool any = !want->os.len && !want->architecture.len;
    return any || platform_rank(&image->config->platform, want);
}

struct finding_image {
    struct arena *arena;
    const struct image_search *search;
    str text; /* as the user wrote it */
    struct reference reference;
    struct store *store;
    struct image *out;
};

static bool open_store(struct finding_image *finding, bool create, struct err *err)
{
    str path = finding->search->store_path;
    if (!path.len)
        path = store_path_default(finding->arena, finding->search->settings.host);
    return store_open(finding->arena, path, create, &finding->store, err);
}

static void close_store(struct finding_image *finding)
{
    if (finding->store)
        store_close(finding->store);
    finding->store = NULL;
}

/* What the store has under the name, if it is what is wanted. One that is not whole, or for
 * another platform, is as good as none where it can be pulled. */
static bool find_stored(struct finding_image *finding, bool *out_found, struct err *err)
{
    struct store_name name;
    struct err problem = {0};
    str normal = reference_print(finding->arena, &finding->reference);
    *out_found = false;
    if (!open_store(finding, false, err) ||
        !store_find_name(finding->arena, finding->store, normal, out_found, &name, err))
        return false;
    if (!*out_found)
        return true;
    name.name = finding->text;
    if (!store_image_open(finding->arena, finding->store, &name, &finding->search->choice,
                          finding->out, &problem)) {
        *out_found = false;
        if (finding->search->pull == PULL_NEVER) {
            *err = problem;
            return false;
        }
        event_note(finding->search->settings.events,
                   str_fmt(finding->arena, "what the store has of '%.*s' does not do: %s",
                           STR_ARG(finding->text), problem.line[0]));
    } else
        *out_found = platform_fits(&finding->search->choice, finding->out);
    return true;
}

static bool find_in_engine(struct finding_image *finding, bool *out_found, struct err *err)
{
    const struct image_search *search = finding->search;
    if (!engine_image_open(finding->arena, search, finding->text, out_found, finding->out, err))
        return false;
    *out_found = *out_found && platform_fits(&search->choice, finding->out);
    finding->out->name = finding->text;
    return true;
}

static bool pull_it(struct finding_image *finding, struct err *err)
{
    const struct image_search *search = finding->search;
    struct registry_moved moved;
    close_store(finding);
    if (!open_store(finding, true, err))
        return false;
    struct registry_pull pull = {
        .settings = search->settings, .store = finding->store, .choice = search->choice};
    if (!registry_pull(finding->arena, &pull, &finding->reference, &moved, err))
        return false;
    struct store_name name = {.name = finding->text, .descriptor = moved.descriptor};
    if (!store_image_open(finding->arena, finding->store, &name, &search->choice, finding->out,
                          err))
        return false;
    finding->out->transport = STR("registry");
    return true;
}

static bool find_named(struct finding_image *finding, struct err *err)
{
    const struct image_search *search = finding->search;
    const struct host *host = search->settings.host;
    bool found = false;
    if (search->pull != PULL_ALWAYS && !find_stored(finding, &found, err))
        return false;
    if (found)
        return true;
    if (stands_there(finding->arena, host, finding->text))
        return image_open(finding->arena, finding->text, &search->choice, finding->out, err);
    if (search->pull != PULL_ALWAYS && !search->no_engine && !find_in_engine(finding, &found, err))
        return false;
    if (found)
        return true;
    if (search->pull != PULL_NEVER)
        return pull_it(finding, err);
    err_set(err, ERR_IO, "'%.*s' is neither a file, nor in the store%s", STR_ARG(finding->text),
            search->no_engine ? "" : ", nor in an engine of this host");
    return err_hint(err, "--pull missing gets it from its registry");
}

static bool find_daemon(struct finding_image *finding, str name, struct err *err)
{
    bool found;
    if (!engine_image_open(finding->arena, finding->search, name, &found, finding->out, err))
        return false;
    finding->out->name = finding->text;
    if (found)
        return true;
    err_set(err, ERR_IO, "no engine on this host has '%.*s'", STR_ARG(name));
    return err_hint(err, "is it running, and may you use its socket? DOCKER_HOST names another");
}

bool image_find(struct arena *arena, const struct image_search *search, str name,
                struct image *out_image, struct err *err)
{
    const str remote = STR("docker://"), daemon = STR("docker-daemon:");
    struct image image = {0};
    struct finding_image finding = {.arena = arena, .search = search, .text = name, .out = &image};
    struct err unheard = {0};
    bool good;
    if (!hash_open(err))
        return false;
    if (str_starts(name, remote))
        good = reference_parse(arena, str_from_index(name, remote.len), &finding.reference, err) &&
               registry_image_open(arena, &search->settings, &finding.reference, &search->choice,
                                   &image, err);
    else if (str_starts(name, daemon))
        good = find_daemon(&finding, str_from_index(name, daemon.len), err);
    else if (has_transport(name) || is_path(name) || is_archive_name(name) ||
             !reference_parse(arena, name, &finding.reference, &unheard))
        good = image_open(arena, name, &search->choice, &image, err);
    else
        good = find_named(&finding, err);
    close_store(&finding); /* the image has its blobs open for itself */
    if (good)
        *out_image = image;
    return good;
}
