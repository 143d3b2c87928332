#pragma once

#include "base/base.h"

/*
 * base/pool -- the one way to use more than one core.
 *
 *   pool_each(count, threads, work, context) calls work(context, index, worker) for every index
 *
 * Shapes   Indexes are handed out in order; results go to slots by index, so that output order
 *          never depends on timing. `worker` is 0 .. threads-1: use it to pick a worker's arena.
 * Cost     Threads live for one call. With one thread, or one index, it runs in the caller.
 * Errors   None; a thread that cannot be started is done without.
 */

typedef void pool_work(void *context, size_t index, unsigned worker);

/* Run all of it and come back when it is done. threads 0: one for each core that we may use. */
void pool_each(size_t count, unsigned threads, pool_work *work, void *context);

/* Run `beside` in a thread of its own and `here` in the caller, until both are done. False where no
 * thread can be started: nothing was run. */
bool pool_pair(void (*beside)(void *), void (*here)(void *), void *context);

/* How many cores this process may use, at least 1. */
unsigned pool_cores(void);
