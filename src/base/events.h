#pragma once

#include "base/str.h"

#include <stdatomic.h>

/*
 * base/events -- what a capability tells while it works: events, not prints.
 *
 *   event_begin("layer ab12..", 31000000) -> step; event_bytes(step, 65536) ..; event_end(step, "")
 *
 * Shapes   A step has a name and may have a size; bytes are added as they come. report/progress
 *          makes live lines, plain lines or JSON lines of them. NULL events: nobody listens.
 * Threads  Any thread may tell; whoever listens locks.
 */

enum event_kind { EVENT_STEP, EVENT_BYTES, EVENT_NOTE, EVENT_DONE };

struct event {
    enum event_kind kind;
    uint32_t step;  /* which step it is about, from 1; 0 for a note */
    str text;       /* name of a step, text of a note, outcome of what is done ("" for success) */
    uint64_t bytes; /* of a step: in all, 0 where it is not known; else: more of them */
};

struct events {
    void (*tell)(struct events *events, const struct event *event);
    atomic_uint steps; /* how many began */
};

/* A step begins: its number, 0 where nobody listens. */
static inline uint32_t event_begin(struct events *events, str name, uint64_t bytes)
{
    if (!events)
        return 0;
    uint32_t step = atomic_fetch_add(&events->steps, 1) + 1;
    events->tell(events, &(struct event){EVENT_STEP, step, name, bytes});
    return step;
}

/* More bytes of it are through. */
static inline void event_bytes(struct events *events, uint32_t step, uint64_t bytes)
{
    if (events)
        events->tell(events, &(struct event){EVENT_BYTES, step, STR_NONE, bytes});
}

/* It is done; `outcome` says how where that is not as meant: "is there already". */
static inline void event_end(struct events *events, uint32_t step, str outcome)
{
    if (events)
        events->tell(events, &(struct event){EVENT_DONE, step, outcome, 0});
}

/* Something worth a line. */
static inline void event_note(struct events *events, str text)
{
    if (events)
        events->tell(events, &(struct event){EVENT_NOTE, 0, text, 0});
}
