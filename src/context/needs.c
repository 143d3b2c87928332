#include "context/needs.h"

#include "base/io.h"
#include "dockerfile/dockerfile.h"

#include <string.h>

/* What the Dockerfiles take from the context: sources of COPY, ADD and bind mounts. */

/* Globs that are looked up one by one; behind them anything counts as taken. */
enum { GLOBS_MAX = 256, TEXT_BYTES_MAX = 256 << 10, TEXTS_MAX = 256 };

/* -- marking ---------------------------------------------------------------------------------- */

void needs_mark(struct context_needs *needs, const struct context_entry *entry, uint8_t mark)
{
    needs->marks[entry - needs->tree->entries] |= mark;
}

static bool sends_below(const struct context_tree *tree, const struct context_entry *entry)
{
    for (uint32_t i = (uint32_t)(entry - tree->entries) + 1; i < entry->end; i++)
        if (!tree->entries[i].dropped && tree->entries[i].type != ENTRY_DIRECTORY)
            return true;
    return false;
}

/* An entry that a source names. A directory that is left out is no loss while something below it is
 * sent again. */
static void mark_named(struct context_needs *needs, const struct context_entry *entry, bool needed)
{
    uint32_t index = (uint32_t)(entry - needs->tree->entries);
    needs->found++;
    if (entry->type == ENTRY_LINK)
        needs->soft_all = true; /* the builder follows it, we do not */
    if (entry->type == ENTRY_DIRECTORY) {
        needs->range_ends[index]++;
        needs->range_ends[entry->end]--;
        needed = needed && (!entry->dropped || !sends_below(needs->tree, entry));
    }
    needs_mark(needs, entry, NEED_SOFT | NEED_USED | (needed ? NEED_HARD : 0));
}

static size_t depth_of(str path)
{
    size_t depth = 0;
    for (size_t i = 0; i < path.len; i++)
        depth += path.at[i] == '/';
    return depth;
}

/* The entries that a glob may match: those below its plain beginning. */
static void glob_range(const struct context_tree *tree, str source, uint32_t *out_first,
                       uint32_t *out_end)
{
    size_t plain = 0;
    for (size_t i = 0; i < source.len && !strchr("*?[\\", source.at[i]); i++)
        if (source.at[i] == '/')
            plain = i;
    *out_first = 0;
    *out_end = tree->count;
    if (!plain)
        return;
    const struct context_entry *top = context_find(tree, str_slice(source, 0, plain));
    *out_first = top ? (uint32_t)(top - tree->entries) + 1 : 0;
    *out_end = top ? top->end : 0;
}

/* A source that is not there (yet): the last directory of it that is must stay. Behind a link we
 * do not look. */
static void mark_missing(struct context_needs *needs, str source)
{
    const struct context_entry *last = NULL;
    needs->missing++;
    for (size_t i = 1; i < source.len; i++) {
        if (source.at[i] != '/')
            continue;
        const struct context_entry *entry = context_find(needs->tree, str_slice(source, 0, i));
        if (!entry)
            break;
        last = entry;
    }
    if (last && last->type == ENTRY_LINK)
        needs->soft_all = true;
    if (last && !last->dropped)
        needs_mark(needs, last, NEED_HARD);
}

static void mark_glob(struct context_needs *needs, str source)
{
    const struct context_tree *tree = needs->tree;
    if (++needs->globs > GLOBS_MAX) {
        needs->soft_all = true;
        return;
    }
    size_t depth = depth_of(source);
    bool classes = str_has_char(source, '['); /* one may match a '/' */
    uint32_t first, end;
    glob_range(tree, source, &first, &end);
    bool any = false;
    for (int pass = 0; pass < 2; pass++) {
        bool sent = false;
        for (uint32_t i = first; i < end;) {
            const struct context_entry *entry = &tree->entries[i];
            bool level = classes || depth_of(entry->path) == depth;
            bool hit = level && glob_match(source, entry->path);
            if (hit)
                mark_named(needs, entry, pass || !entry->dropped);
            any = any || hit;
            sent = sent || (hit && !entry->dropped);
            i = level && !classes ? entry->end : i + 1;
        }
        if (sent)
            return; /* what is left out of a glob was meant to be; nothing left: the build stops */
    }
    if (!any)
        mark_missing(needs, source);
}

static void mark_source(struct context_needs *needs, str source)
{
    source = path_clean(needs->arena, str_cat(needs->arena, STR("/"), source));
    source = str_from_index(source, 1);
    if (map_has(&needs->sources, source))
        return;
    map_set(needs->arena, &needs->sources, source, needs);
    if (!source.len || STR_IN(source, "*", "**")) {
        needs->whole = true;
        return;
    }
    if (glob_is_pattern(source)) {
        mark_glob(needs, source);
        return;
    }
    const struct context_entry *entry = context_find(needs->tree, source);
    if (entry)
        mark_named(needs, entry, true);
    else
        mark_missing(needs, source);
}

/* Add the ranges up: what stands below a directory that was named. */
static void settle_ranges(struct context_needs *needs)
{
    int32_t open = 0;
    for (uint32_t i = 0; i < needs->tree->count; i++) {
        open += needs->range_ends[i];
        if (open > 0)
            needs->marks[i] |= NEED_SOFT | NEED_USED;
    }
}

/* -- instructions ----------------------------------------------------------------------------- */

struct place {
    const struct dockerfile *file;
    const struct instruction *at;
};

static bool find_variable(const void *context, str name, str *out_value)
{
    const struct place *place = context;
    const struct variable *variable = dockerfile_variable(place->file, place->at, name);
    if (!variable || !variable->known)
        return false;
    *out_value = variable->value;
    return true;
}

/* Of a source only the beginning is known: all below its last plain directory may be taken. */
static void mark_unknown(struct context_needs *needs, str raw)
{
    str plain = str_slice(raw, 0, str_find_char(raw, '$'));
    size_t slash = str_find_last_char(plain, '/');
    str directory = slash == STR_MISSING ? STR_NONE : str_slice(plain, 0, slash);
    const struct context_entry *entry = context_find(needs->tree, directory);
    if (entry)
        mark_named(needs, entry, true);
    else
        needs->soft_all = true;
}

static void take_source(struct context_needs *needs, const struct place *place, str raw)
{
    struct variables variables = {find_variable, place};
    char escape = place->file->directives.escape;
    if (str_starts(raw, STR("<<")))
        return;
    struct expansion got = expand_word(needs->arena, raw, escape, &variables);
    if (!got.ok || got.unset)
        mark_unknown(needs, raw);
    else if (!str_has(got.value, STR("://")) && !str_starts(got.value, STR("git@")))
        mark_source(needs, got.value);
}

static void take_instruction(struct context_needs *needs, const struct dockerfile *file,
                             const struct instruction *at)
{
    struct place place = {file, at};
    if (at->broken)
        return;
    if (at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD) {
        for (uint32_t i = 0; i + 1 < at->words.count && !instruction_flag(at, "from"); i++)
            take_source(needs, &place, at->words.at[i].raw);
        return;
    }
    if (at->kind == INSTRUCTION_RUN) {
        VEC_EACH(struct mount, mount, at->mounts)
            if (mount->type == MOUNT_BIND && !mount->from.len)
                take_source(needs, &place, mount->source);
    }
    if (at->kind == INSTRUCTION_FROM && at->words.count &&
        (str_has(at->words.at[0].raw, STR("node")) || str_has(at->words.at[0].raw, STR("bun"))))
        needs->steps |= STEP_NODE;
    needs_read_step(needs, at);
}

/* -- reading ---------------------------------------------------------------------------------- */

bool needs_texts_have(const struct context_needs *needs, str part)
{
    VEC_EACH(str, text, needs->texts)
        if (str_has(*text, part))
            return true;
    return false;
}

str needs_read(struct context_needs *needs, str path)
{
    const struct context_entry *entry = context_find(needs->tree, path);
    struct err unread = {0}; /* a file that is too large or none says nothing */
    str text;
    if (!entry || entry->type != ENTRY_FILE || needs->root_fd < 0 ||
        needs->texts.count >= TEXTS_MAX)
        return STR_NONE;
    if (!file_read_beneath(needs->arena, needs->root_fd, path, TEXT_BYTES_MAX, &text, &unread)) {
        if (err_is_unreadable(&unread) && !entry->dropped)
            needs->unread = entry->path;
        return STR_NONE;
    }
    vec_push(needs->arena, &needs->texts, text);
    return text;
}

bool tree_has_below(const struct context_tree *tree, const struct context_entry *entry,
                    const char *name)
{
    char path[512];
    str base = str_from(name);
    size_t start = entry ? entry->path.len + 1 : 0;
    if (start + base.len > sizeof(path))
        return false;
    if (entry) {
        memcpy(path, entry->path.at, entry->path.len);
        path[start - 1] = '/';
    }
    memcpy(path + start, base.at, base.len);
    return context_find(tree, (str){path, start + base.len}) != NULL;
}

bool tree_has_beside(const struct context_tree *tree, const struct context_entry *entry,
                     const char *name)
{
    return tree_has_below(tree, entry->parent == NO_ENTRY ? NULL : &tree->entries[entry->parent],
                          name);
}

str context_needs_unread(const struct context_needs *needs)
{
    return needs->unread;
}

struct context_needs *context_needs_of(struct arena *arena, const struct context_tree *tree,
                                       int root_fd, const struct source *const *dockerfiles,
                                       size_t count)
{
    struct context_needs *needs = NEW(arena, struct context_needs);
    *needs = (struct context_needs){.arena = arena,
                                    .tree = tree,
                                    .root_fd = root_fd,
                                    .marks = NEW_ARRAY(arena, uint8_t, tree->count),
                                    .range_ends = NEW_ARRAY(arena, int32_t, tree->count + 1),
                                    .builds = count > 0};
    for (size_t i = 0; i < count; i++) { /* before any script: texts begins with builders */
        vec_push(arena, &needs->texts, dockerfiles[i]->text);
        vec_push(arena, &needs->builders, dockerfiles[i]->path);
    }
    for (size_t i = 0; i < count; i++) {
        const struct dockerfile *file = dockerfile_parse(arena, dockerfiles[i]);
        VEC_EACH(struct instruction, at, file->instructions)
            take_instruction(needs, file, at);
    }
    if (count)
        needs_read_tools(needs);
    settle_ranges(needs);
    return needs;
}

bool context_needed(const struct context_needs *needs, str path)
{
    const struct context_entry *entry = context_find(needs->tree, path);
    return entry && needs->marks[entry - needs->tree->entries] & NEED_HARD;
}
