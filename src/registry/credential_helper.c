#include "registry/credentials.h"

#include "base/arena.h"
#include "base/io.h"
#include "data/data.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * docker-credential-NAME: it gets the server on standard input and says JSON. It may hang (a locked
 * key ring, a dialogue nobody sees), so it has a time limit and a process group to be ended with.
 */

enum { ANSWER_BYTES_MAX = 256 << 10 };

static bool is_name(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!char_is_name(name.at[i]) && name.at[i] != '-' && name.at[i] != '.')
            return false;
    return name.len > 0;
}

/* The server's name as a file to read; a pipe could end us by SIGPIPE. */
static int question(str server, struct err *err)
{
    AUTO(fd) int fd = memfd_create("server", MFD_CLOEXEC);
    if (fd < 0 || !fd_write_all(fd, server, err) || lseek(fd, 0, SEEK_SET) != 0) {
        err_sys(err, "cannot write what to ask");
        return -1;
    }
    int result = fd;
    fd = -1;
    return result;
}

static bool start(const struct host *host, const char *program, int in, int out, pid_t *out_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *const words[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "get", NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    errno = posix_spawnp(out_pid, program, &actions, &attributes, words,
                         (char *const *)(uintptr_t)host->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return errno == 0;
}

/* What it says until it ends; false when it takes too long or says too much. */
static bool listen_to(int from, char *to, size_t *out_len)
{
    AUTO(fd) int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec limit = {.it_value = {.tv_sec = HELPER_WAIT_S}};
    size_t len = 0;
    if (timer < 0 || timerfd_settime(timer, 0, &limit, NULL) != 0)
        return false;
    for (;;) {
        struct pollfd fds[] = {{.fd = from, .events = POLLIN}, {.fd = timer, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[1].revents)
            return false;
        if (!fds[0].revents)
            continue;
        ssize_t got = read(from, to + len, ANSWER_BYTES_MAX - len);
        if (got < 0)
            return false;
        len += (size_t)got;
        *out_len = len;
        if (!got || len == ANSWER_BYTES_MAX)
            return !got;
    }
}

/* Its status; what closed its output and does not end is ended. */
static bool reap(pid_t pid, int *out_status)
{
    enum { TRIES = 100, STEP_MS = 20 };
    for (int i = 0; i < TRIES; i++) {
        pid_t ended = waitpid(pid, out_status, WNOHANG);
        if (ended == pid)
            return true;
        if (ended < 0 && errno != EINTR)
            return false;
        poll(NULL, 0, STEP_MS);
    }
    kill(-pid, SIGKILL);
    while (waitpid(pid, out_status, 0) < 0 && errno == EINTR)
        ;
    return false;
}

static bool read_answer(struct arena *arena, str text, struct credentials *out, struct err *err)
{
    struct node *root;
    if (!json_parse(arena, text, &root, err))
        return false;
    str user = node_str(node_get(root, "Username")), secret = node_str(node_get(root, "Secret"));
    *out = (struct credentials){0};
    if (str_eq(user, STR("<token>")))
        out->identity_token = secret;
    else
        *out = (struct credentials){.user = user, .secret = secret};
    return true;
}

bool helper_ask(struct arena *arena, const struct host *host, str name, str server,
                struct credentials *out_credentials, struct err *err)
{
    int ends[2], status = 0;
    pid_t pid;
    size_t len = 0;
    if (!is_name(name))
        return err_set(err, ERR_FORMAT, "'%.*s' is no name of a helper", STR_ARG(name));
    const char *program = str_z(arena, str_fmt(arena, "docker-credential-%.*s", STR_ARG(name)));
    char *answer = arena_alloc(arena, ANSWER_BYTES_MAX, 1);
    AUTO(fd) int in = question(server, err);
    if (in < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_sys(err, "cannot make a pipe");
    AUTO(fd) int from = ends[0];
    bool started = start(host, program, in, ends[1], &pid);
    int start_errno = errno;
    close(ends[1]);
    errno = start_errno;
    if (!started) {
        err_sys(err, "cannot start %s", program);
        return err_hint(err, "install it, or take it out of credsStore and credHelpers");
    }
    bool heard = listen_to(from, answer, &len);
    if (!heard)
        kill(-pid, SIGKILL);
    if (!reap(pid, &status))
        heard = false;
    str text = str_trim((str){answer, len});
    if (!heard)
        return err_set(err, ERR_IO, "%s gave no answer within %d seconds", program, HELPER_WAIT_S);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        if (str_has(text, STR("credentials not found")))
            return true;
        return err_set(err, ERR_IO, "%s failed: %.*s", program, STR_ARG(str_slice(text, 0, 120)));
    }
    if (!read_answer(arena, text, out_credentials, err))
        return err_wrap(err, "what %s says", program);
    return true;
}
