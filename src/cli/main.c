#include "base/fault.h"
#include "base/io.h"
#include "base/num.h"
#include "cli/cli.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/*
 * The one place that asks the world: environment, clock, terminal. All below takes it from struct
 * host. PLIMSOLL_NOW (seconds since 1970, or a date) stands in for the clock, so that output that
 * depends on a date can be made again.
 */

enum { WIDTH_DEFAULT = 100, WIDTH_MIN = 40, WIDTH_MAX = 400 };

static unsigned clamp_width(uint64_t columns)
{
    return columns < WIDTH_MIN ? WIDTH_MIN : columns > WIDTH_MAX ? WIDTH_MAX : (unsigned)columns;
}

static unsigned find_width(const struct host *host)
{
    struct winsize size;
    uint64_t columns;
    if (str_to_u64(host_env(host, "COLUMNS"), &columns) && columns > 0)
        return clamp_width(columns);
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return clamp_width(size.ws_col);
    return WIDTH_DEFAULT;
}

static bool find_color(const struct host *host)
{
    if (host_env(host, "NO_COLOR").len || str_eq(host_env(host, "TERM"), STR("dumb")))
        return false;
    return isatty(STDOUT_FILENO);
}

static int64_t find_now(const struct host *host)
{
    uint64_t seconds;
    int64_t days;
    str given = host_env(host, "PLIMSOLL_NOW");
    if (str_to_u64(given, &seconds))
        return (int64_t)seconds;
    if (date_parse(given, &days))
        return days * 86400;
    return (int64_t)time(NULL);
}

static int32_t find_offset(int64_t seconds)
{
    struct tm local;
    time_t moment = (time_t)seconds;
    return localtime_r(&moment, &local) ? (int32_t)local.tm_gmtoff : 0;
}

static uint64_t find_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#ifdef PLIMSOLL_FAULTS
/* PLIMSOLL_FAULT=N: the N-th call fails; 0 only counts. */
static void arm_faults(const struct host *host)
{
    uint64_t nth;
    if (str_to_u64(host_env(host, "PLIMSOLL_FAULT"), &nth))
        fault_arm(nth);
}

static void tell_faults(struct arena *arena)
{
    struct err unheard = {0};
    str text = str_fmt(arena, "faults: %" PRIu64 " calls\n", fault_calls());
    if (!fd_write_all(STDERR_FILENO, text, &unheard))
        return;
}
#else
static void arm_faults(const struct host *host)
{
    (void)host;
}

static void tell_faults(struct arena *arena)
{
    (void)arena;
}
#endif

int main(int argc, char **argv)
{
    struct host host = {.environment = (const char *const *)environ, .cwd_fd = AT_FDCWD};
    host.now_s = find_now(&host);
    host.width = find_width(&host);
    host.color = find_color(&host);
    host.offset_s = find_offset;
    host.ticks_ms = find_ticks;
    arm_faults(&host);
    struct arena *arena = arena_new(0);
    int code = cli_main(arena, &host, argc, (const char *const *)argv, isatty(STDERR_FILENO) == 1);
    tell_faults(arena);
    arena_free(arena);
    return code;
}
