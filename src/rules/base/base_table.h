#pragma once

#include "base/base.h"
#include "rules/base_facts.h"

/*
 * rules/base/base_table -- what is known about base images: the rows, and when releases end.
 *
 * Shapes   Rows of one repository stand together; the first whose tag glob matches wins, so "*" is
 *          last. A repository may end in '*', and a longer one stands before it. `tags` is one glob
 *          or several with blanks between.
 * Units    Megabytes of 10^6 bytes, one platform (linux/amd64). `sample` is the image that was
 *          measured and `measured` the day it was built: other versions differ by some percent,
 *          and the pull size may be of another build of that tag in the same weeks. 0 is not
 *          measured, and nothing is guessed; tools/measure-base asks a registry for both.
 * Source   docker-library/repo-info for official images (unpacked: local/, pulled: remote/); for
 *          the rest what the row names. Users, programs and shells are from the Dockerfiles and
 *          image definitions of the repositories that the row names.
 */

extern const struct base_fact base_distros[], base_hardened[], base_languages[], base_dotnet[],
    base_servers[];
extern const size_t base_distros_count, base_hardened_count, base_languages_count,
    base_dotnet_count, base_servers_count;
