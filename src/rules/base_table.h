#pragma once

#include "rules/facts.h"

/*
 * rules/base_table -- what is known about base images: the rows, and when releases end.
 *
 * Shapes   Rows of one repository stand together; the first whose tag glob matches wins, so "*" is
 *          last. A repository may end in '*'.
 * Units    Megabytes of 10^6 bytes, one platform (linux/amd64), rounded; `measured` says when.
 * Source   The image's own documentation and registry tag pages; end dates as their projects
 *          publish them. Sizes move a few percent a month: they are for orders of magnitude.
 */

extern const struct base_fact base_distros[], base_languages[], base_servers[];
extern const size_t base_distros_count, base_languages_count, base_servers_count;
