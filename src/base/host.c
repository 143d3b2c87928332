#include "base/host.h"

str host_env(const struct host *host, const char *name)
{
    str wanted = str_from(name);
    for (const char *const *at = host->environment; at && *at; at++) {
        str entry = str_from(*at);
        if (str_starts(entry, wanted) && entry.len > wanted.len && entry.at[wanted.len] == '=')
            return str_from_index(entry, wanted.len + 1);
    }
    return STR_NONE;
}
