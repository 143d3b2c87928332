#include "rules/base_table.h"

#include <string.h>

/* -- names ------------------------------------------------------------------------------------- */

/* "docker.io/library/python" and "index.docker.io/library/python" are "python". */
static str normal_repository(str name)
{
    static const char *const hubs[] = {"docker.io/", "index.docker.io/", "registry-1.docker.io/"};
    for (size_t i = 0; i < ARRAY_COUNT(hubs); i++)
        if (str_starts(name, str_from(hubs[i]))) {
            name = str_from_index(name, str_from(hubs[i]).len);
            break;
        }
    if (str_starts(name, STR("library/")))
        name = str_from_index(name, 8);
    return name;
}

struct image_name image_name_parse(struct arena *arena, str reference)
{
    struct image_name name = {.repository = STR(""), .tag = STR(""), .digest = STR("")};
    size_t at = str_find_char(reference, '@');
    if (at < reference.len) {
        name.digest = str_from_index(reference, at + 1);
        reference = str_slice(reference, 0, at);
    }
    size_t colon = str_find_last_char(reference, ':');
    if (colon < reference.len && !str_has_char(str_from_index(reference, colon), '/')) {
        name.tag = str_from_index(reference, colon + 1);
        reference = str_slice(reference, 0, colon);
    }
    name.repository = str_lower(arena, normal_repository(reference));
    return name;
}

/* -- rows -------------------------------------------------------------------------------------- */

static bool repository_matches(const char *pattern, str repository)
{
    str want = str_from(pattern);
    if (!str_ends(want, STR("*")))
        return str_eq(want, repository);
    return str_starts(repository, str_slice(want, 0, want.len - 1));
}

static const struct base_fact *find_in(const struct base_fact *rows, size_t count, str repository,
                                       str tag)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].repository[0] == repository.at[0] &&
            repository_matches(rows[i].repository, repository) &&
            glob_match(str_from(rows[i].tags), tag))
            return &rows[i];
    return NULL;
}

const struct base_fact *base_fact_find(str repository, str tag)
{
    if (!repository.len)
        return NULL;
    if (!tag.len)
        tag = STR("latest");
    const struct base_fact *row = find_in(base_languages, base_languages_count, repository, tag);
    if (!row)
        row = find_in(base_distros, base_distros_count, repository, tag);
    if (!row)
        row = find_in(base_servers, base_servers_count, repository, tag);
    return row;
}

const struct base_fact *base_facts_all(struct arena *arena, size_t *out_count)
{
    size_t count = base_distros_count + base_languages_count + base_servers_count;
    struct base_fact *all = NEW_ARRAY(arena, struct base_fact, count), *next = all;
    memcpy(next, base_distros, base_distros_count * sizeof(*all));
    next += base_distros_count;
    memcpy(next, base_languages, base_languages_count * sizeof(*all));
    next += base_languages_count;
    memcpy(next, base_servers, base_servers_count * sizeof(*all));
    *out_count = count;
    return all;
}
