#include "packages/recommends.h"

#include "base/arena.h"

struct providers {
    VEC(uint32_t) list;
};

struct deb {
    VEC(str) needs, recommends; /* as the status says them */
    bool unasked, kept, recommended;
};

struct recommending recommending_new(struct arena *arena, struct package_list *list,
                                     const struct map *names)
{
    return (struct recommending){.arena = arena,
                                 .list = list,
                                 .names = names,
                                 .debs =
                                     NEW_ARRAY(arena, struct deb, (size_t)list->list.count + 1)};
}

/* The name at the front of "libc6:any (>= 2.36)". */
static str clause_name(str clause)
{
    size_t end = 0;
    clause = str_trim(clause);
    while (end < clause.len && !char_is_space(clause.at[end]) &&
           !str_has_char(STR("(:["), clause.at[end]))
        end++;
    return str_slice(clause, 0, end);
}

static uint32_t index_of(const struct recommending *r, str name)
{
    const void *found = map_find(r->names, name);
    return found ? (uint32_t)(uintptr_t)found - 1 : PACKAGE_NONE_OWNS;
}

static void provide(struct recommending *r, uint32_t index, str text)
{
    str clause;
    while (str_next(&text, ',', &clause)) {
        str name = clause_name(clause);
        struct providers *providers = map_find(&r->provided, name);
        if (!providers) {
            providers = NEW(r->arena, struct providers);
            map_set(r->arena, &r->provided, name, providers);
        }
        vec_push(r->arena, &providers->list, index);
    }
}

void recommending_add(struct recommending *r, str note)
{
    struct note_package fact;
    while (note_next(&note, &fact)) {
        uint32_t index = fact.type == PACKAGE_DEB ? index_of(r, fact.name) : PACKAGE_NONE_OWNS;
        if (index == PACKAGE_NONE_OWNS)
            continue;
        struct deb *deb = &r->debs[index];
        if (fact.kind == NOTE_NEEDS)
            vec_push(r->arena, &deb->needs, fact.version);
        else if (fact.kind == NOTE_RECOMMENDS)
            vec_push(r->arena, &deb->recommends, fact.version);
        else if (fact.kind == NOTE_PROVIDES)
            provide(r, index, fact.version);
        else if (fact.kind == NOTE_UNASKED)
            deb->unasked = r->any = true;
    }
}

/* Set what `index` came by; those that are new are pushed, to be followed in their turn. */
VEC_TYPE(todo_list, uint32_t);

static void reach(struct recommending *r, uint32_t index, bool kept, struct todo_list *todo)
{
    struct deb *deb = &r->debs[index];
    bool known = kept ? deb->kept : deb->kept || deb->recommended;
    if (known)
        return;
    if (kept)
        deb->kept = true;
    else
        deb->recommended = true;
    vec_push(r->arena, todo, index);
}

/* All that the clauses of "a, b | c" may mean and that is installed. */
static void reach_clauses(struct recommending *r, str text, bool kept, struct todo_list *todo)
{
    str clause, choice;
    while (str_next(&text, ',', &clause))
        while (str_next(&clause, '|', &choice)) {
            str name = clause_name(choice);
            uint32_t index = index_of(r, name);
            if (index != PACKAGE_NONE_OWNS)
                reach(r, index, kept, todo);
            const struct providers *providers = map_find(&r->provided, name);
            for (uint32_t i = 0; providers && i < providers->list.count; i++)
                reach(r, providers->list.at[i], kept, todo);
        }
}

static void follow(struct recommending *r, bool kept, struct todo_list *todo)
{
    while (todo->count) {
        const struct deb *deb = &r->debs[todo->at[--todo->count]];
        VEC_EACH(str, needs, deb->needs)
            reach_clauses(r, *needs, kept, todo);
        for (uint32_t i = 0; !kept && i < deb->recommends.count; i++)
            reach_clauses(r, deb->recommends.at[i], kept, todo);
    }
}

void recommending_end(struct recommending *r)
{
    struct todo_list todo = {0};
    if (!r->any)
        return;
    for (uint32_t i = 0; i < r->list->list.count; i++)
        if (r->list->list.at[i].type == PACKAGE_DEB && !r->debs[i].unasked)
            reach(r, i, true, &todo);
    follow(r, true, &todo);
    for (uint32_t i = 0; i < r->list->list.count; i++)
        for (uint32_t k = 0; r->debs[i].kept && k < r->debs[i].recommends.count; k++)
            reach_clauses(r, r->debs[i].recommends.at[k], false, &todo);
    follow(r, false, &todo);
    for (uint32_t i = 0; i < r->list->list.count; i++)
        r->list->list.at[i].recommended = r->debs[i].recommended && !r->debs[i].kept;
}
