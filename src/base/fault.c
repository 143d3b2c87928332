#include "base/fault.h"

#ifdef PLIMSOLL_FAULTS

#    include <errno.h>
#    include <stdatomic.h>

static _Atomic(uint64_t) calls, failing;

bool fault_hits(void)
{
    if (atomic_fetch_add(&calls, 1) + 1 != failing)
        return false;
    errno = EIO;
    return true;
}

void fault_arm(uint64_t nth)
{
    calls = 0;
    failing = nth;
}

uint64_t fault_calls(void)
{
    return calls;
}

#else

bool fault_hits(void)
{
    return false;
}

void fault_arm(uint64_t nth)
{
    assert(!nth);
}

uint64_t fault_calls(void)
{
    return 0;
}

#endif
