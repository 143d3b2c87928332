#include "rules/contents/contents_parts.h"

/*
 * Questions about what a stage holds. A question goes back from where it is asked to the beginning
 * of the stage, then to the stage or image below: the newest put that may be the path decides, a
 * sure removal ends the search. A COPY is followed to where it takes from.
 */

struct search {
    const struct facts *facts;
    uint32_t looked, chain;
};

static enum holds higher(enum holds a, enum holds b)
{
    return a > b ? a : b;
}

static str extension(str path)
{
    str name = str_basename(path);
    size_t dot = str_find_last_char(name, '.');
    return dot == STR_MISSING || dot == 0 ? STR("") : str_from_index(name, dot + 1);
}

/* What a person writes, and what programs make. */
static const char text_endings[] =
    "c cc cfg cjs conf cpp cs csproj css fsproj gemspec go gradle h html ini ipynb java js json "
    "jsx "
    "kt kts lock lockb lua md mjs mod php pl properties ps1 py rb repo rs rst sbt sh sln sql sum "
    "toml ts tsx txt xml yaml yml";
static const char made_endings[] =
    "bat crt csv db deb env exe gem gpg gz jar key pem pyc rpm so tar "
    "tgz war whl xz zip";

bool is_file_name(str path)
{
    str end = extension(path), name = str_basename(path);
    return str_is_listed(text_endings, end) || str_is_listed(made_endings, end) ||
           STR_IN(name, "Makefile", "Gemfile", "Pipfile", "go.*", "Cargo.*");
}

/* -- the context ------------------------------------------------------------------------------- */

/* Looking for what a wildcard matches walks the whole tree. */
enum { GLOBS_LOOK_MAX = 4 };

/* Which directory is the context was worked out from what COPY takes: it is known when all that is
 * named stands in it. */
static bool context_is_known(const struct facts *facts)
{
    const struct contents *contents = facts->contents;
    uint32_t named = 0, globs = 0;
    uint32_t steps = facts->step_count < LOOK_STEPS_MAX ? facts->step_count : LOOK_STEPS_MAX;
    for (uint32_t i = 0; i < contents->first[steps]; i++) {
        const struct put *put = &contents->puts.at[i];
        if (put->kind != PUT_COPY || put->stage != NO_INDEX || str_eq(put->source, STR(".")))
            continue;
        if (glob_is_pattern(put->source)) {
            named += !named && globs++ < GLOBS_LOOK_MAX &&
                     context_match(facts->tree, put->source, 0) != NO_ENTRY;
            continue;
        }
        if (!context_find(facts->tree, put->source))
            return false;
        named++;
    }
    return named || !facts->context_path.len;
}

/* Something that is not in a fresh tree because a program makes it. */
static bool is_made(str path)
{
    for (str rest = path; rest.len;) {
        if (is_made_elsewhere(rest))
            return true;
        size_t slash = str_find_char(rest, '/');
        rest = str_from_index(rest, slash == STR_MISSING ? rest.len : slash + 1);
    }
    return !str_is_listed(text_endings, extension(path));
}

/* Behind a link, or in a submodule that is not checked out, anything may stand. */
static bool stands_behind_unknown(const struct context_tree *tree, str path)
{
    for (str up = str_dirname(path); up.len; up = str_dirname(up)) {
        const struct context_entry *above = context_find(tree, up);
        if (above && (above->type == ENTRY_LINK || above->end == above - tree->entries + 1))
            return true;
    }
    return false;
}

static enum holds context_holds(const struct search *search, str path)
{
    const struct context_tree *tree = search->facts->tree;
    if (!tree || tree->truncated || tree->unread.count)
        return HOLDS_UNKNOWN;
    const struct context_entry *entry = context_find(tree, path);
    if (str_eq(path, STR(".")) || (entry && !entry->dropped && entry->type != ENTRY_LINK))
        return HOLDS_YES;
    if (entry && entry->type != ENTRY_FILE)
        return HOLDS_UNKNOWN; /* a link, or a directory of which something may be sent */
    if (stands_behind_unknown(tree, path) || (!entry && is_made(path)) ||
        !context_is_known(search->facts))
        return HOLDS_UNKNOWN;
    return entry ? HOLDS_NO : HOLDS_MISSING;
}

/* -- puts -------------------------------------------------------------------------------------- */

static enum holds search_stage(struct search *search, uint32_t stage, uint32_t end, str path);

static enum holds source_holds(struct search *search, const struct put *put, str path)
{
    if (put->stage == NO_INDEX)
        return context_holds(search, path);
    if (search->chain == COPY_CHAIN_MAX)
        return HOLDS_UNKNOWN;
    const struct contents *contents = search->facts->contents;
    search->chain++;
    enum holds holds = search_stage(
        search, put->stage, contents->first[search->facts->stages[put->stage].stage->end], path);
    search->chain--;
    return holds;
}

/* The first component of a relative path. */
static str first_part(str path)
{
    return str_slice(path, 0, str_find_char(path, '/'));
}

/* A source with wildcards: files of matching names stand in the target, and what is below matching
 * directories. */
static enum holds glob_gives(struct search *search, const struct put *put, str below)
{
    str name = str_basename(put->source), first = first_part(below);
    if (!is_file_name(name) || glob_is_pattern(str_dirname(put->source)))
        return HOLDS_UNKNOWN;
    if (!str_eq(first, below) || !glob_match(name, first))
        return HOLDS_NO;
    str from = path_join(search->facts->arena, str_dirname(put->source), first);
    return source_holds(search, put, from);
}

/* The part of a path below the place of a COPY, without the '/' in front. */
static str below_place(str path, str place)
{
    str below = str_from_index(path, place.len == 1 ? 1 : place.len);
    return str_starts(below, STR("/")) ? str_from_index(below, 1) : below;
}

/* What a source without wildcards, of which `whole` is known, puts at `below` its place: a file of
 * its own name, or what stands in it. */
static enum holds source_gives(struct search *search, const struct put *put, str below,
                               enum holds whole)
{
    const struct context_entry *entry = put->stage == NO_INDEX && search->facts->tree
                                            ? context_find(search->facts->tree, put->source)
                                            : NULL;
    bool file = entry ? entry->type == ENTRY_FILE : is_file_name(put->source);
    enum holds holds = HOLDS_NO;
    if (!file)
        holds = source_holds(search, put, path_join(search->facts->arena, put->source, below));
    bool directory = STR_IN(put->source, ".", "/") || (entry && entry->type == ENTRY_DIRECTORY);
    if (!directory && str_eq(below, str_basename(put->source)))
        holds = higher(holds, whole);
    return holds;
}

static enum holds copy_gives(struct search *search, const struct put *put, str path)
{
    if (!path_is_in(path, put->path))
        return path_is_in(put->path, path) ? HOLDS_YES : HOLDS_NO;
    str below = below_place(path, put->path);
    if (!below.len && put->into)
        return HOLDS_YES;
    if (glob_is_pattern(put->source))
        return below.len ? glob_gives(search, put, below) : HOLDS_UNKNOWN;
    enum holds whole = source_holds(search, put, put->source);
    if (whole < HOLDS_UNKNOWN)
        return HOLDS_UNKNOWN; /* this COPY itself fails: that is said there */
    return below.len ? source_gives(search, put, below, whole) : HOLDS_YES;
}

static enum holds put_gives(struct search *search, uint32_t stage, const struct put *put, str path)
{
    switch (put->kind) {
    case PUT_ANYTHING: return HOLDS_UNKNOWN;
    case PUT_SYSTEM: return is_system_path(path) ? HOLDS_UNKNOWN : HOLDS_NO;
    case PUT_BELOW:
        return path_is_in(path, put->path) || path_is_in(put->path, path) ? HOLDS_UNKNOWN
                                                                          : HOLDS_NO;
    case PUT_PATH:
        if (!path_is_in(put->path, path))
            return HOLDS_NO;
        return put->sure ? HOLDS_YES : HOLDS_UNKNOWN;
    case PUT_COPY: return copy_gives(search, put, path);
    case PUT_INSTALL: return install_gives(search->facts, stage, put, path);
    case PUT_REMOVED: break;
    }
    return HOLDS_NO;
}

static enum holds search_stage(struct search *search, uint32_t stage, uint32_t end, str path)
{
    const struct facts *facts = search->facts;
    const struct contents *contents = facts->contents;
    enum holds best = HOLDS_NO;
    for (;;) {
        const struct stage *at = facts->stages[stage].stage;
        for (uint32_t i = end; i-- > contents->first[at->first];) {
            const struct put *put = &contents->puts.at[i];
            if (search->looked++ >= PUTS_LOOK_MAX)
                return HOLDS_UNKNOWN;
            if (put->kind == PUT_REMOVED && trace_covers(put->path, path))
                return best;
            best = higher(best, put_gives(search, stage, put, path));
            if (best >= HOLDS_UNKNOWN)
                return best;
        }
        if (at->base_stage == NO_INDEX || at->base_stage >= stage ||
            search->looked++ >= PUTS_LOOK_MAX)
            break;
        stage = at->base_stage;
        end = contents->first[facts->stages[stage].stage->end];
    }
    if (facts->stages[stage].stage->base_stage != NO_INDEX)
        return HOLDS_UNKNOWN;
    return higher(best, base_holds(&facts->stages[stage], path));
}

/* -- questions --------------------------------------------------------------------------------- */

enum holds contents_at_end(const struct facts *facts, uint32_t stage, str path)
{
    if (stage >= facts->stage_count || !path.len || path.at[0] != '/')
        return HOLDS_UNKNOWN;
    struct search search = {.facts = facts};
    return search_stage(&search, stage, facts->contents->first[facts->stages[stage].stage->end],
                        path);
}

enum holds contents_before(const struct facts *facts, const struct step_facts *step,
                           uint32_t command, str path)
{
    if (step->stage >= facts->stage_count || !path.len || path.at[0] != '/')
        return HOLDS_UNKNOWN;
    const struct contents *contents = facts->contents;
    uint32_t index = (uint32_t)(step - facts->steps), end = contents->first[index];
    while (end < contents->first[index + 1] && contents->puts.at[end].command < command)
        end++;
    struct search search = {.facts = facts};
    return search_stage(&search, step->stage, end, path);
}

bool contents_lost(const struct facts *facts, const struct step_facts *step)
{
    const struct contents *contents = facts->contents;
    const struct stage_facts *stage = step_stage(facts, step);
    uint32_t end = contents->first[step - facts->steps];
    return !stage || (end > contents->first[stage->stage->first] &&
                      contents->puts.at[end - 1].kind == PUT_ANYTHING);
}

/* What dependencies are installed from: no program is among them. */
static bool is_manifest(str source)
{
    static const char *const manifests[] = {"package*",
                                            "npm-shrinkwrap.json",
                                            "yarn.lock",
                                            "pnpm-*.yaml",
                                            "*requirements*.txt",
                                            "Pipfile*",
                                            "pyproject.toml",
                                            "poetry.lock",
                                            "uv.lock",
                                            "Gemfile*",
                                            "composer*",
                                            "go.mod",
                                            "go.sum",
                                            "go.*",
                                            "Cargo.*",
                                            "pom.xml",
                                            "*.gradle*",
                                            "*.csproj",
                                            "*.sln",
                                            ".npmrc",
                                            ".yarnrc*",
                                            "setup.cfg",
                                            "*.lock",
                                            "bun.lockb"};
    for (size_t i = 0; i < ARRAY_COUNT(manifests); i++)
        if (glob_match(str_from(manifests[i]), str_basename(source)))
            return true;
    return false;
}

bool contents_copied_into(const struct facts *facts, uint32_t stage, str directory)
{
    const struct contents *contents = facts->contents;
    for (uint32_t hops = 0; stage < facts->stage_count && hops < COPY_CHAIN_MAX; hops++) {
        const struct stage *at = facts->stages[stage].stage;
        for (uint32_t i = contents->first[at->first]; i < contents->first[at->end]; i++) {
            const struct put *put = &contents->puts.at[i];
            if (put->kind == PUT_COPY && path_is_in(put->path, directory) &&
                !is_manifest(put->source))
                return true;
        }
        stage = at->base_stage < stage ? at->base_stage : NO_INDEX;
    }
    return false;
}

const struct step_facts *contents_brought_later(const struct facts *facts,
                                                const struct step_facts *step, str path)
{
    const struct contents *contents = facts->contents;
    struct search search = {.facts = facts};
    for (const struct step_facts *at = step + 1; at < step_look_end(facts, step); at++) {
        uint32_t index = (uint32_t)(at - facts->steps);
        if (at->stage != step->stage)
            break;
        for (uint32_t i = contents->first[index]; i < contents->first[index + 1]; i++)
            if (contents->puts.at[i].kind == PUT_COPY &&
                put_gives(&search, at->stage, &contents->puts.at[i], path) >= HOLDS_UNKNOWN)
                return at;
    }
    return NULL;
}

str contents_of_name(const struct facts *facts, uint32_t stage, str name,
                     const struct step_facts **out_step)
{
    const struct contents *contents = facts->contents;
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t s = at->end; s-- > at->first;)
        for (uint32_t i = contents->first[s]; i < contents->first[s + 1]; i++) {
            const struct put *put = &contents->puts.at[i];
            bool names = put->kind == PUT_BELOW || put->kind == PUT_PATH || put->kind == PUT_COPY;
            if (names && str_eq(str_basename(put->path), name)) {
                *out_step = &facts->steps[s];
                return put->path;
            }
        }
    return STR("");
}
