#pragma once

#include "base/base.h"

/*
 * base/ring -- buffers that one thread fills and another uses, in order.
 *
 *   filler: ring_claim -> fill slot -> ring_publish ..    user: ring_next -> use slot -> ring_done ..
 *
 * Shapes   `count` slots, numbered; what is in them is the caller's. ring_close() by the filler:
 *          no more come. ring_cancel() by either: the other sees it at its next call.
 * Cost     A lock for each slot handed over: make slots large.
 * Threads  One filler, one user.
 */

enum { RING_END = -1 };

struct ring;

struct ring *ring_new(unsigned count);
void ring_free(struct ring *ring);

/* A slot to fill; RING_END when the user cancelled. */
int ring_claim(struct ring *ring);
void ring_publish(struct ring *ring);
void ring_close(struct ring *ring);

/* The next filled slot, in order; RING_END when all were used, or it was cancelled. */
int ring_next(struct ring *ring);
void ring_done(struct ring *ring);

void ring_cancel(struct ring *ring);

/* Run both sides at once: `fill` in a thread of its own, `use` in the caller. Where no thread can
 * be started, false: nothing was run. */
bool ring_run(struct ring *ring, void (*fill)(void *), void (*use)(void *), void *context);
