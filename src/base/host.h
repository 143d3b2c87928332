#pragma once

#include "base/str.h"

/*
 * base/host -- what a command may know of the world around it, so that tests can say it.
 *
 * Shapes   cli/ fills one and passes it down; nothing below cli/ reads environment, clock or
 *          terminal in any other way.
 */

struct host {
    const char *const *environment; /* NAME=value, NULL at the end                         */
    int64_t now_s;                  /* seconds since 1970, UTC                              */
    unsigned width;                 /* columns for human output                             */
    bool color;                     /* may stdout have colour                               */
    int cwd_fd;                     /* where relative paths start                           */
    int32_t (*offset_s)(int64_t s); /* local time less UTC at a moment; NULL: it is UTC      */
    uint64_t (*ticks_ms)(void);     /* milliseconds since some moment; NULL: time stands     */
};

/* The value of an environment variable, STR_NONE when it is not set. */
str host_env(const struct host *host, const char *name);

/* Milliseconds since some moment, for how long things take. */
static inline uint64_t host_ticks_ms(const struct host *host)
{
    return host->ticks_ms ? host->ticks_ms() : 0;
}
