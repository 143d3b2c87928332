#include "rules/base_table.h"

/*
 * When releases end, as their projects say; for Debian the end of long-term support, for Ubuntu the
 * end of standard support. A tag is asked for its image's own release first ("python:3.8-..."),
 * then for the distribution release that one of its parts names ("...-buster", "...-alpine3.12").
 */

struct release_end {
    const char *repository; /* ends in '/': all below it */
    const char *release;    /* "3.8" is also 3.8.2 */
    const char *what, *end;
};

static const struct release_end ends[] = {
    {"debian", "7", "Debian 7 (wheezy)", "2018-05-31"},
    {"debian", "wheezy", "Debian 7 (wheezy)", "2018-05-31"},
    {"debian", "8", "Debian 8 (jessie)", "2020-06-30"},
    {"debian", "jessie", "Debian 8 (jessie)", "2020-06-30"},
    {"debian", "9", "Debian 9 (stretch)", "2022-06-30"},
    {"debian", "stretch", "Debian 9 (stretch)", "2022-06-30"},
    {"debian", "10", "Debian 10 (buster)", "2024-06-30"},
    {"debian", "buster", "Debian 10 (buster)", "2024-06-30"},
    {"debian", "11", "Debian 11 (bullseye)", "2026-08-31"},
    {"debian", "bullseye", "Debian 11 (bullseye)", "2026-08-31"},
    {"ubuntu", "14.04", "Ubuntu 14.04", "2019-04-25"},
    {"ubuntu", "trusty", "Ubuntu 14.04", "2019-04-25"},
    {"ubuntu", "16.04", "Ubuntu 16.04", "2021-04-30"},
    {"ubuntu", "xenial", "Ubuntu 16.04", "2021-04-30"},
    {"ubuntu", "18.04", "Ubuntu 18.04", "2023-05-31"},
    {"ubuntu", "bionic", "Ubuntu 18.04", "2023-05-31"},
    {"ubuntu", "20.04", "Ubuntu 20.04", "2025-05-31"},
    {"ubuntu", "focal", "Ubuntu 20.04", "2025-05-31"},
    {"ubuntu", "19.04", "Ubuntu 19.04", "2020-01-23"},
    {"ubuntu", "disco", "Ubuntu 19.04", "2020-01-23"},
    {"ubuntu", "19.10", "Ubuntu 19.10", "2020-07-17"},
    {"ubuntu", "eoan", "Ubuntu 19.10", "2020-07-17"},
    {"ubuntu", "20.10", "Ubuntu 20.10", "2021-07-22"},
    {"ubuntu", "groovy", "Ubuntu 20.10", "2021-07-22"},
    {"ubuntu", "21.04", "Ubuntu 21.04", "2022-01-20"},
    {"ubuntu", "hirsute", "Ubuntu 21.04", "2022-01-20"},
    {"ubuntu", "21.10", "Ubuntu 21.10", "2022-07-14"},
    {"ubuntu", "impish", "Ubuntu 21.10", "2022-07-14"},
    {"ubuntu", "22.10", "Ubuntu 22.10", "2023-07-20"},
    {"ubuntu", "kinetic", "Ubuntu 22.10", "2023-07-20"},
    {"ubuntu", "23.04", "Ubuntu 23.04", "2024-01-25"},
    {"ubuntu", "lunar", "Ubuntu 23.04", "2024-01-25"},
    {"ubuntu", "23.10", "Ubuntu 23.10", "2024-07-11"},
    {"ubuntu", "mantic", "Ubuntu 23.10", "2024-07-11"},
    {"ubuntu", "24.10", "Ubuntu 24.10", "2025-07-10"},
    {"ubuntu", "oracular", "Ubuntu 24.10", "2025-07-10"},
    {"ubuntu", "25.04", "Ubuntu 25.04", "2026-01-15"},
    {"ubuntu", "plucky", "Ubuntu 25.04", "2026-01-15"},
    {"alpine", "3.1", "Alpine 3.1", "2016-11-01"},
    {"alpine", "3.2", "Alpine 3.2", "2017-05-01"},
    {"alpine", "3.3", "Alpine 3.3", "2017-11-01"},
    {"alpine", "3.4", "Alpine 3.4", "2018-05-01"},
    {"alpine", "3.5", "Alpine 3.5", "2018-11-01"},
    {"alpine", "3.6", "Alpine 3.6", "2019-05-01"},
    {"alpine", "3.7", "Alpine 3.7", "2019-11-01"},
    {"alpine", "3.8", "Alpine 3.8", "2020-05-01"},
    {"alpine", "3.9", "Alpine 3.9", "2020-11-01"},
    {"alpine", "3.10", "Alpine 3.10", "2021-05-01"},
    {"alpine", "3.11", "Alpine 3.11", "2021-11-01"},
    {"alpine", "3.12", "Alpine 3.12", "2022-05-01"},
    {"alpine", "3.13", "Alpine 3.13", "2022-11-01"},
    {"alpine", "3.14", "Alpine 3.14", "2023-05-01"},
    {"alpine", "3.15", "Alpine 3.15", "2023-11-01"},
    {"alpine", "3.16", "Alpine 3.16", "2024-05-23"},
    {"alpine", "3.17", "Alpine 3.17", "2024-11-22"},
    {"alpine", "3.18", "Alpine 3.18", "2025-05-09"},
    {"alpine", "3.19", "Alpine 3.19", "2025-11-01"},
    {"alpine", "3.20", "Alpine 3.20", "2026-04-01"},
    {"alpine", "3.21", "Alpine 3.21", "2026-11-01"},
    {"node", "4", "Node.js 4", "2018-04-30"},
    {"node", "6", "Node.js 6", "2019-04-30"},
    {"node", "8", "Node.js 8", "2019-12-31"},
    {"node", "10", "Node.js 10", "2021-04-30"},
    {"node", "12", "Node.js 12", "2022-04-30"},
    {"node", "14", "Node.js 14", "2023-04-30"},
    {"node", "15", "Node.js 15", "2021-06-01"},
    {"node", "16", "Node.js 16", "2023-09-11"},
    {"node", "17", "Node.js 17", "2022-06-01"},
    {"node", "18", "Node.js 18", "2025-04-30"},
    {"node", "19", "Node.js 19", "2023-06-01"},
    {"node", "20", "Node.js 20", "2026-04-30"},
    {"node", "21", "Node.js 21", "2024-06-01"},
    {"node", "23", "Node.js 23", "2025-06-01"},
    {"python", "2", "Python 2", "2020-01-01"},
    {"python", "2.7", "Python 2.7", "2020-01-01"},
    {"python", "3.4", "Python 3.4", "2019-03-18"},
    {"python", "3.5", "Python 3.5", "2020-09-30"},
    {"python", "3.6", "Python 3.6", "2021-12-23"},
    {"python", "3.7", "Python 3.7", "2023-06-27"},
    {"python", "3.8", "Python 3.8", "2024-10-07"},
    {"python", "3.9", "Python 3.9", "2025-10-31"},
    {"python", "3.10", "Python 3.10", "2026-10-31"},
    {"ruby", "2.3", "Ruby 2.3", "2019-03-31"},
    {"ruby", "2.4", "Ruby 2.4", "2020-03-31"},
    {"ruby", "2.5", "Ruby 2.5", "2021-03-31"},
    {"ruby", "2.6", "Ruby 2.6", "2022-04-12"},
    {"ruby", "2.7", "Ruby 2.7", "2023-03-31"},
    {"ruby", "3.0", "Ruby 3.0", "2024-04-23"},
    {"ruby", "3.1", "Ruby 3.1", "2025-03-26"},
    {"ruby", "3.2", "Ruby 3.2", "2026-03-31"},
    {"php", "5", "PHP 5", "2018-12-31"},
    {"php", "5.6", "PHP 5.6", "2018-12-31"},
    {"php", "7", "PHP 7", "2022-11-28"},
    {"php", "7.0", "PHP 7.0", "2019-01-10"},
    {"php", "7.1", "PHP 7.1", "2019-12-01"},
    {"php", "7.2", "PHP 7.2", "2020-11-30"},
    {"php", "7.3", "PHP 7.3", "2021-12-06"},
    {"php", "7.4", "PHP 7.4", "2022-11-28"},
    {"php", "8.0", "PHP 8.0", "2023-11-26"},
    {"php", "8.1", "PHP 8.1", "2025-12-31"},
    {"postgres", "9.4", "PostgreSQL 9.4", "2020-02-13"},
    {"postgres", "9.5", "PostgreSQL 9.5", "2021-02-11"},
    {"postgres", "9.6", "PostgreSQL 9.6", "2021-11-11"},
    {"postgres", "9", "PostgreSQL 9", "2021-11-11"},
    {"postgres", "10", "PostgreSQL 10", "2022-11-10"},
    {"postgres", "11", "PostgreSQL 11", "2023-11-09"},
    {"postgres", "12", "PostgreSQL 12", "2024-11-21"},
    {"postgres", "13", "PostgreSQL 13", "2025-11-13"},
    {"postgres", "14", "PostgreSQL 14", "2026-11-12"},
    {"mysql", "5.5", "MySQL 5.5", "2018-12-03"},
    {"mysql", "5.6", "MySQL 5.6", "2021-02-05"},
    {"mysql", "5.7", "MySQL 5.7", "2023-10-21"},
    {"mysql", "5", "MySQL 5", "2023-10-21"},
    {"mysql", "8.0", "MySQL 8.0", "2026-04-30"},
    {"mongo", "3.6", "MongoDB 3.6", "2021-04-30"},
    {"mongo", "4.0", "MongoDB 4.0", "2022-04-30"},
    {"mongo", "4.2", "MongoDB 4.2", "2023-04-30"},
    {"mongo", "4.4", "MongoDB 4.4", "2024-02-29"},
    {"mongo", "5.0", "MongoDB 5.0", "2024-10-31"},
    {"mongo", "6.0", "MongoDB 6.0", "2025-07-31"},
    {"centos", "5", "CentOS 5", "2020-11-30"},
    {"centos", "6", "CentOS 6", "2020-11-30"},
    {"centos", "7", "CentOS 7", "2024-06-30"},
    {"centos", "8", "CentOS 8", "2021-12-31"},
    {"centos", "centos7", "CentOS 7", "2024-06-30"},
    {"centos", "latest", "CentOS 8", "2021-12-31"},
    {"mcr.microsoft.com/dotnet/", "2.1", ".NET 2.1", "2021-08-21"},
    {"mcr.microsoft.com/dotnet/", "3.1", ".NET 3.1", "2022-12-13"},
    {"mcr.microsoft.com/dotnet/", "5.0", ".NET 5.0", "2022-05-10"},
    {"mcr.microsoft.com/dotnet/", "6.0", ".NET 6.0", "2024-11-12"},
    {"mcr.microsoft.com/dotnet/", "7.0", ".NET 7.0", "2024-05-14"},
    {"mcr.microsoft.com/dotnet/", "8.0", ".NET 8.0", "2026-11-10"},
    {"mcr.microsoft.com/dotnet/", "9.0", ".NET 9.0", "2026-11-10"},
    {"golang", "1.11", "Go 1.11", "2019-09-03"},
    {"golang", "1.12", "Go 1.12", "2020-02-25"},
    {"golang", "1.13", "Go 1.13", "2020-08-11"},
    {"golang", "1.14", "Go 1.14", "2021-02-16"},
    {"golang", "1.15", "Go 1.15", "2021-08-16"},
    {"golang", "1.16", "Go 1.16", "2022-03-15"},
    {"golang", "1.17", "Go 1.17", "2022-08-02"},
    {"golang", "1.18", "Go 1.18", "2023-02-01"},
    {"golang", "1.19", "Go 1.19", "2023-08-08"},
    {"golang", "1.20", "Go 1.20", "2024-02-06"},
    {"golang", "1.21", "Go 1.21", "2024-08-13"},
    {"golang", "1.22", "Go 1.22", "2025-02-11"},
    {"golang", "1.23", "Go 1.23", "2025-08-12"},
};

/* Is `part` that release or a patch of it: "3.8" or "3.8.2" for "3.8"? */
static bool is_release(str part, str release)
{
    if (str_starts(part, STR("v")) && part.len > 1 && char_is_digit(part.at[1]))
        part = str_from_index(part, 1);
    return str_starts(part, release) && (part.len == release.len || (char_is_digit(release.at[0]) &&
                                                                     part.at[release.len] == '.'));
}

static bool is_repository(const char *pattern, str repository)
{
    str want = str_from(pattern);
    return str_ends(want, STR("/")) ? str_starts(repository, want) : str_eq(want, repository);
}

/* The longest release that fits: "3.1" must not take "3.10". */
static const struct release_end *find_end(const char *const *repository, str own, str part)
{
    const struct release_end *best = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
        bool fits = repository ? str_eq(str_from(*repository), str_from(ends[i].repository))
                               : is_repository(ends[i].repository, own);
        if (fits && is_release(part, str_from(ends[i].release)) &&
            (!best || str_from(ends[i].release).len > str_from(best->release).len))
            best = &ends[i];
    }
    return best;
}

/* "buster", "alpine3.12", "focal" as a part of any image's tag. */
static const struct release_end *find_distribution(str part)
{
    static const char *const alpine = "alpine", *const debian = "debian", *const ubuntu = "ubuntu";
    if (str_starts(part, STR("alpine")) && part.len > 6)
        return find_end(&alpine, STR(""), str_from_index(part, 6));
    if (str_starts(part, STR("debian")) && part.len > 6)
        return find_end(&debian, STR(""), str_from_index(part, 6));
    if (str_starts(part, STR("ubuntu")) && part.len > 6)
        return find_end(&ubuntu, STR(""), str_from_index(part, 6));
    if (!part.len || !char_is_alpha(part.at[0]))
        return NULL;
    const struct release_end *end = find_end(&debian, STR(""), part);
    return end ? end : find_end(&ubuntu, STR(""), part);
}

const char *base_end(str repository, str tag, const char **out_what)
{
    str rest = tag.len ? tag : STR("latest"), part;
    bool first = true;
    while (str_next(&rest, '-', &part)) {
        const struct release_end *end = first ? find_end(NULL, repository, part) : NULL;
        if (!end)
            end = find_distribution(part);
        first = false;
        if (end) {
            *out_what = end->what;
            return end->end;
        }
    }
    return NULL;
}
