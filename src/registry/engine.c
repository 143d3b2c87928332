#include "registry/engine.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/nameless.h"

#include <errno.h>

enum { ENGINE_PATIENCE = 10 };

struct engine {
    struct arena *arena;
    const struct registry_settings *settings;
    str shown; /* the socket or the address */
    struct url url;
    struct http *http;
};

/* -- where ------------------------------------------------------------------------------------- */

static void add_socket(struct arena *arena, struct strs *sockets, str folder, const char *name)
{
    if (folder.len)
        vec_push(arena, sockets, path_join(arena, folder, str_from(name)));
}

/* The sockets to ask, in order; a "tcp://" address stands as it is. */
static bool find_sockets(struct arena *arena, const struct host *host, struct strs *out_sockets,
                         struct err *err)
{
    str given = host_env(host, "DOCKER_HOST"), run = host_env(host, "XDG_RUNTIME_DIR");
    *out_sockets = (struct strs){0};
    if (!given.len) {
        add_socket(arena, out_sockets, STR("/var/run"), "docker.sock");
        add_socket(arena, out_sockets, run, "docker.sock");
        add_socket(arena, out_sockets, run, "podman/podman.sock");
        add_socket(arena, out_sockets, STR("/run/podman"), "podman.sock");
        return true;
    }
    if (str_starts(given, STR("unix://")))
        given = str_from_index(given, 7);
    else if (!str_starts(given, STR("tcp://"))) {
        err_set(err, ERR_UNSUPPORTED, "DOCKER_HOST is '%.*s'", STR_ARG(given));
        return err_hint(err, "an engine on this host is asked: unix://PATH, or --from-engine no");
    }
    vec_push(arena, out_sockets, given);
    return true;
}

static bool open_engine(struct engine *engine, str socket, struct err *err)
{
    struct http_setup setup = {.silence_s = REGISTRY_SILENCE_S};
    engine->shown = socket;
    engine->url = (struct url){.host = STR("localhost"), .path = STR("/")};
    if (str_starts(socket, STR("tcp://"))) {
        str address = str_cat(engine->arena, STR("http://"), str_from_index(socket, 6));
        if (!url_parse(engine->arena, address, &engine->url, err))
            return false;
        if (!host_is_loopback(engine->url.host)) {
            err_set(err, ERR_UNSUPPORTED, "the engine of DOCKER_HOST is not on this host");
            return err_hint(err, "--from-engine no does without it");
        }
    } else
        setup.socket = socket;
    if (engine->settings->silence_s)
        setup.silence_s = engine->settings->silence_s;
    engine->http = http_new(engine->arena, &setup);
    return true;
}

/* -- what it has ------------------------------------------------------------------------------- */

static bool ask(struct engine *engine, str name, const char *what, struct http_answer *out_answer,
                struct err *err)
{
    struct url url = engine->url;
    url.path = str_fmt(engine->arena, "/images/%.*s/%s", STR_ARG(name), what);
    struct http_request request = {.method = "GET", .url = &url, .patience = ENGINE_PATIENCE};
    return http_send(engine->arena, engine->http, &request, out_answer, err);
}

/* The saved archive into a file. */
static bool receive(struct engine *engine, const struct nameless *file, struct err *err)
{
    struct events *events = engine->settings->events;
    uint32_t step = event_begin(events, STR("image of the engine"), 0);
    uint64_t size = 0;
    enum step next;
    str piece;
    while ((next = http_next(engine->http, &piece, err)) == STEP_ITEM) {
        size += piece.len;
        if (size > LIMIT_BLOB) {
            err_set(err, ERR_LIMIT, "the engine gives more than %" PRIu64 " bytes", LIMIT_BLOB);
            next = STEP_FAIL;
            break;
        }
        if (!fd_write_all(file->fd, piece, err)) {
            next = STEP_FAIL;
            break;
        }
        event_bytes(events, step, piece.len);
    }
    event_end(events, step, next == STEP_END ? STR("") : STR("failed"));
    return next == STEP_END;
}

static bool get(struct engine *engine, str name, const struct image_choice *choice,
                struct image *out_image, struct err *err)
{
    str folder = host_env(engine->settings->host, "TMPDIR");
    struct http_answer answer;
    struct nameless file;
    AUTO(fd)
    int folder_fd =
        dir_open(engine->settings->host->cwd_fd, folder.len ? folder : STR("/var/tmp"), err);
    if (folder_fd < 0 || !ask(engine, name, "get", &answer, err))
        return false;
    if (answer.status != 200)
        return err_set(err, ERR_IO, "the engine does not save it: status %u", answer.status);
    if (!nameless_open(folder_fd, &file, err))
        return false;
    str path = str_fmt(engine->arena, "docker-archive:/proc/self/fd/%d", file.fd);
    bool good =
        receive(engine, &file, err) && image_open(engine->arena, path, choice, out_image, err);
    nameless_drop(&file); /* the image has it open for itself */
    out_image->transport = STR("docker-daemon");
    return good;
}

/* Look under one name; out_found false when the engine does not have it. */
static bool look(struct engine *engine, str name, const struct image_choice *choice,
                 bool *out_found, struct image *out_image, struct err *err)
{
    struct http_answer answer;
    struct err problem = {0};
    *out_found = false;
    if (!ask(engine, name, "json", &answer, &problem)) {
        event_note(engine->settings->events,
                   str_fmt(engine->arena, "the engine at %.*s does not answer: %s",
                           STR_ARG(engine->shown), problem.line[0]));
        return true;
    }
    http_done(engine->http);
    *out_found = answer.status == 200;
    return !*out_found || get(engine, name, choice, out_image, err) ||
           err_wrap(err, "image '%.*s' of the engine at %.*s", STR_ARG(name),
                    STR_ARG(engine->shown));
}

bool engine_image_open(struct arena *arena, const struct image_search *search, str name,
                       bool *out_found, struct image *out_image, struct err *err)
{
    const struct registry_settings *settings = &search->settings;
    struct strs sockets;
    struct stat stat;
    struct reference reference;
    *out_found = false;
    if (!hash_open(err) || !reference_parse(arena, name, &reference, err) ||
        !find_sockets(arena, settings->host, &sockets, err))
        return false;
    /* podman calls what was built there "localhost/NAME". */
    bool bare = str_eq(reference.registry, STR("docker.io"));
    str tagged = reference_familiar(arena, &reference);
    const str names[] = {tagged, bare ? str_cat(arena, STR("localhost/"), tagged) : STR("")};
    VEC_EACH(str, socket, sockets) {
        struct engine engine = {.arena = arena, .settings = settings};
        if (!str_starts(*socket, STR("tcp://")) &&
            !path_stat(settings->host->cwd_fd, *socket, &stat))
            continue;
        if (!http_open(err) || !open_engine(&engine, *socket, err))
            return false;
        bool good = true;
        for (size_t i = 0; good && !*out_found && i < ARRAY_COUNT(names); i++)
            if (names[i].len)
                good = look(&engine, names[i], &search->choice, out_found, out_image, err);
        http_free(engine.http);
        if (!good || *out_found)
            return good;
    }
    return true;
}
