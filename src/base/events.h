#pragma once

#include "base/str.h"

/*
 * base/events -- what a capability tells while it works: events, not prints.
 *
 * Shapes   A step has a name ("layer sha256:ab..") and may have a size; bytes are added as they
 *          come. report/ makes live lines, plain lines or JSON lines of them.
 * Threads  Any thread may tell; whoever listens locks.
 */

enum event_kind { EVENT_STEP, EVENT_BYTES, EVENT_NOTE, EVENT_DONE };

struct event {
    enum event_kind kind;
    uint32_t step;  /* which step it is about; the teller counts */
    str text;       /* name of a step, text of a note, outcome of what is done ("" for success) */
    uint64_t bytes; /* of a step: in all, 0 where it is not known; else: more of them */
};

struct events {
    void (*tell)(struct events *events, const struct event *event);
};

/* Tell, where somebody listens. */
static inline void event_tell(struct events *events, struct event event)
{
    if (events)
        events->tell(events, &event);
}
