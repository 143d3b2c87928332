#include "rules/base/base_table.h"
#include "rules/questions.h"

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

/* Does one of the globs fit? */
static bool tag_matches(const char *globs, str tag)
{
    str rest = str_from(globs), glob;
    while (str_next_word(&rest, &glob))
        if (glob_match(glob, tag))
            return true;
    return false;
}

struct base_rows {
    const struct base_fact *at;
    size_t count;
};

enum { BASE_TABLES = 5 };

static void base_tables(struct base_rows tables[BASE_TABLES])
{
    const struct base_rows all[BASE_TABLES] = {{base_languages, base_languages_count},
                                               {base_distros, base_distros_count},
                                               {base_hardened, base_hardened_count},
                                               {base_dotnet, base_dotnet_count},
                                               {base_servers, base_servers_count}};
    memcpy(tables, all, sizeof(all));
}

const struct base_fact *base_fact_find(str repository, str tag)
{
    if (!repository.len)
        return NULL;
    if (!tag.len)
        tag = STR("latest");
    struct base_rows tables[BASE_TABLES];
    base_tables(tables);
    for (size_t t = 0; t < BASE_TABLES; t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct base_fact *row = &tables[t].at[i];
            if (row->repository[0] == repository.at[0] &&
                repository_matches(row->repository, repository) && tag_matches(row->tags, tag))
                return row;
        }
    return NULL;
}

const struct base_fact *base_facts_all(struct arena *arena, size_t *out_count)
{
    struct base_rows tables[BASE_TABLES];
    base_tables(tables);
    size_t count = 0;
    for (size_t t = 0; t < BASE_TABLES; t++)
        count += tables[t].count;
    struct base_fact *all = NEW_ARRAY(arena, struct base_fact, count), *next = all;
    for (size_t t = 0; t < BASE_TABLES; t++) {
        memcpy(next, tables[t].at, tables[t].count * sizeof(*all));
        next += tables[t].count;
    }
    *out_count = count;
    return all;
}

const struct base_fact *base_sibling(struct arena *arena, const struct base_fact *base,
                                     const char *sibling)
{
    if (!sibling)
        return NULL;
    str name = str_from(sibling), repository = str_from(base->repository), tag = name;
    if (name.at[0] == '-') {
        if (str_ends(name, STR("-")))
            name.len--;
        bool alpine = base->family == FAMILY_ALPINE && !str_has(name, STR("alpine"));
        tag = str_fmt(arena, "1%s%.*s", alpine ? "-alpine" : "", STR_ARG(name));
    } else {
        struct image_name image = image_name_parse(arena, name);
        repository = image.repository;
        tag = image.tag;
    }
    const struct base_fact *row = base_fact_find(repository, tag);
    return row == base ? NULL : row;
}

/* What programs of this family are shipped on when nothing nearer is known. */
static const char *plain_base(enum base_family family)
{
    switch (family) {
    case FAMILY_DEBIAN: return "debian:stable-slim";
    case FAMILY_UBUNTU: return "ubuntu";
    case FAMILY_ALPINE: return "alpine";
    default: return NULL;
    }
}

const struct base_fact *base_to_ship(struct arena *arena, const struct base_fact *base)
{
    const struct base_fact *row = base_sibling(arena, base, base->slim);
    if (!row || row->sdk)
        row = base_sibling(arena, base, plain_base(base->family));
    return row;
}
