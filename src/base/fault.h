#pragma once

#include "base/base.h"

/*
 * base/fault -- failing on purpose: in the program that tests/fault runs, the n-th system call of
 * base/io, context/walk or the n-th block of an arena fails.
 *
 *   fault_arm(7) ... six calls work, the seventh says EIO, all later ones work again
 *
 * Shapes   Only built into plimsoll-faulty (PLIMSOLL_FAULTS); everywhere else nothing ever fails.
 * Threads  Calls are counted over all threads; run on one core to have them in one order.
 */

/* Does this call have to fail? Sets errno to EIO when it does. */
bool fault_hits(void);

/* The `nth` call from now on fails; 0: none. */
void fault_arm(uint64_t nth);

/* Calls that were counted since. */
uint64_t fault_calls(void);
