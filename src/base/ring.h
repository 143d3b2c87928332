#pragma once

#include "base/base.h"

/*
 * base/ring -- buffers that one thread fills and another uses, in order.
 *
 *   filler: ring_claim -> fill it -> ring_publish     user: ring_next -> use it -> ring_done
 *
 * Shapes   `count` slots, numbered; what is in them is the caller's. ring_close() by the filler:
 *          no more come. ring_cancel() by either: the other sees it at its next call.
 * Cost     A lock for each slot handed over: make slots large.
 * Threads  One filler, one user.
 */

enum { RING_END = -1 };

struct ring;

struct arena;

/* A ring of empty slots, and giving back what the kernel holds for it. */
struct ring *ring_new(struct arena *arena, unsigned count);
void ring_release(struct ring *ring);

/* A slot to fill; RING_END when the user cancelled. */
int ring_claim(struct ring *ring);

/* It is filled; and: no more will come. */
void ring_publish(struct ring *ring);
void ring_close(struct ring *ring);

/* The next filled slot, in order; RING_END when all were used, or it was cancelled. */
int ring_next(struct ring *ring);
void ring_done(struct ring *ring);

/* Stop, whoever says it: both sides see RING_END. */
void ring_cancel(struct ring *ring);
