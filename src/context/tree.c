#include "context/walk.h"

#include <stdlib.h>
#include <string.h>

/*
 * A context tree: entries depth first, so that what stands below a folder is the range behind it,
 * and a path is found by binary search.
 *
 *   index   0    1        2          3
 *   path    a    a/b      a/b/x.c    z
 *   end     3    3        -          -
 */

int path_order(str a, str b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < least; i++) {
        if (a.at[i] == b.at[i])
            continue;
        int left = a.at[i] == '/' ? -1 : (unsigned char)a.at[i];
        int right = b.at[i] == '/' ? -1 : (unsigned char)b.at[i];
        return left - right;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

/* -- laying out what was walked --------------------------------------------------------------- */

struct frame {
    const struct slot *slot;
    uint32_t next;  /* child to look at */
    uint32_t entry; /* of the folder itself */
};

struct layout {
    struct arena *arena, *scratch;
    struct context_tree *tree;
    VEC(struct frame) frames;
    uint32_t collapsed; /* entry of the folder that counts for all below; NO_ENTRY outside */
};

/* How many entries the slots hold. Iterative: a hostile tree may be two thousand folders deep. */
static uint32_t count_entries(struct arena *scratch, const struct slot *root)
{
    VEC(const struct slot *) open = {0};
    uint32_t count = 0;
    vec_push(scratch, &open, root);
    while (open.count) {
        const struct slot *slot = open.at[--open.count];
        count += slot->children.count;
        VEC_EACH(const struct child, child, slot->children)
            if (child->slot)
                vec_push(scratch, &open, child->slot);
    }
    return count;
}

static void count_totals(struct context_tree *tree, bool dropped, uint64_t bytes)
{
    *(dropped ? &tree->dropped_files : &tree->files) += 1;
    *(dropped ? &tree->dropped_bytes : &tree->bytes) += bytes;
}

static str child_path(struct arena *arena, const struct slot *slot, const struct child *child)
{
    size_t start = slot->path.len ? slot->path.len + 1 : 0;
    char *at = arena_alloc(arena, start + child->name.len + 1, 1);
    if (start) {
        memcpy(at, slot->path.at, slot->path.len);
        at[start - 1] = '/';
    }
    memcpy(at + start, child->name.at, child->name.len);
    return (str){at, start + child->name.len};
}

static void lay_child(struct layout *layout, const struct frame *top, const struct child *child)
{
    struct context_tree *tree = layout->tree;
    if (child->type != ENTRY_DIRECTORY)
        count_totals(tree, child->dropped, child->size_bytes);
    uint32_t index = layout->collapsed;
    if (index == NO_ENTRY) {
        index = tree->count++;
        tree->entries[index] = (struct context_entry){
            .path = child_path(layout->arena, top->slot, child),
            .size_bytes = child->size_bytes,
            .type = child->type,
            .dropped = child->dropped,
            .line = child->line,
            .parent = top->entry,
            .end = tree->count,
        };
    } else {
        tree->entries[index].size_bytes += child->size_bytes;
        tree->entries[index].files += child->type != ENTRY_DIRECTORY;
    }
    if (!child->slot)
        return;
    if (child->slot->unread)
        vec_push(layout->arena, &tree->unread, str_copy(layout->arena, child->slot->path));
    if (child->slot->collapsed)
        layout->collapsed = index;
    vec_push(layout->scratch, &layout->frames, (struct frame){child->slot, 0, index});
}

/* Leave the innermost folder. */
static void lay_end(struct layout *layout)
{
    struct frame top = layout->frames.at[--layout->frames.count];
    if (top.entry == NO_ENTRY)
        return;
    struct context_entry *entry = &layout->tree->entries[top.entry];
    if (layout->collapsed != top.entry)
        entry->end = layout->tree->count;
    else if (layout->frames.count == 0 || vec_last(&layout->frames)->entry != top.entry)
        layout->collapsed = NO_ENTRY;
}

struct context_tree *tree_lay_out(struct arena *arena, struct arena *scratch,
                                  const struct slot *root, const struct ignore *ignore)
{
    struct layout layout = {.arena = arena,
                            .scratch = scratch,
                            .tree = NEW(arena, struct context_tree),
                            .collapsed = NO_ENTRY};
    layout.tree->ignore = ignore;
    layout.tree->entries = NEW_ARRAY(arena, struct context_entry, count_entries(scratch, root));
    vec_push(scratch, &layout.frames, (struct frame){root, 0, NO_ENTRY});
    if (root->unread)
        vec_push(arena, &layout.tree->unread, STR("."));
    while (layout.frames.count) {
        struct frame *top = vec_last(&layout.frames);
        if (top->next == top->slot->children.count) {
            lay_end(&layout);
        } else {
            struct frame at = *top;
            top->next++; /* before the frames move */
            lay_child(&layout, &at, &at.slot->children.at[at.next]);
        }
    }
    return layout.tree;
}

/* -- a tree from a list ----------------------------------------------------------------------- */

struct named {
    str path;
    bool folder;
};

static int named_order(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    int order = path_order(left->path, right->path);
    return order ? order : right->folder - left->folder;
}

/* Close the folders that `path` is not below; the index of the one that it is, or NO_ENTRY. */
static uint32_t close_folders(struct context_tree *tree, uint32_t open, str path)
{
    while (open != NO_ENTRY) {
        struct context_entry *entry = &tree->entries[open];
        if (path_is_below(path, entry->path))
            return open;
        entry->end = tree->count;
        open = entry->parent;
    }
    return NO_ENTRY;
}

struct context_tree *context_tree_of(struct arena *arena, const str *paths, size_t count,
                                     const struct ignore *ignore)
{
    VEC(struct named) names = {0};
    for (size_t i = 0; i < count; i++) {
        str path = paths[i];
        bool folder = str_ends(path, STR("/"));
        path.len -= folder;
        vec_push(arena, &names, (struct named){path, folder});
        for (size_t k = 1; k < path.len; k++)
            if (path.at[k] == '/')
                vec_push(arena, &names, (struct named){str_slice(path, 0, k), true});
    }
    if (names.count)
        qsort(names.at, names.count, sizeof(struct named), named_order);
    struct context_tree *tree = NEW(arena, struct context_tree);
    tree->entries = NEW_ARRAY(arena, struct context_entry, names.count);
    tree->ignore = ignore;
    uint32_t open = NO_ENTRY;
    for (uint32_t i = 0; i < names.count; i++) {
        const struct named *name = &names.at[i];
        if (name->path.len == 0 || (i && str_eq(name->path, names.at[i - 1].path)))
            continue;
        open = close_folders(tree, open, name->path);
        struct ignore_verdict verdict = ignore_match(ignore, name->path);
        tree->entries[tree->count] =
            (struct context_entry){.path = name->path,
                                   .type = name->folder ? ENTRY_DIRECTORY : ENTRY_FILE,
                                   .dropped = verdict.dropped,
                                   .line = verdict.line,
                                   .parent = open,
                                   .end = tree->count + 1};
        if (name->folder)
            open = tree->count;
        else
            count_totals(tree, verdict.dropped, 0);
        tree->count++;
    }
    close_folders(tree, open, STR(""));
    return tree;
}

/* -- looking things up ------------------------------------------------------------------------ */

/* A COPY source as a path of the tree: "./a/", "/a" and "../a" are "a" (the root has no parent). */
static str plain_path(str path)
{
    for (bool more = true; more;) {
        more = true;
        if (str_starts(path, STR("/")))
            path = str_from_index(path, 1);
        else if (str_starts(path, STR("./")))
            path = str_from_index(path, 2);
        else if (str_starts(path, STR("../")))
            path = str_from_index(path, 3);
        else
            more = false;
    }
    while (str_ends(path, STR("/")))
        path.len--;
    while (str_ends(path, STR("/.")))
        path.len -= 2;
    return str_eq(path, STR(".")) || str_eq(path, STR("..")) ? STR_NONE : path;
}

/* The first entry whose path is not before `path`. */
static uint32_t lower_bound(const struct context_tree *tree, str path)
{
    uint32_t low = 0, high = tree->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (path_order(tree->entries[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct context_entry *context_find(const struct context_tree *tree, str path)
{
    path = plain_path(path);
    if (path.len == 0)
        return NULL;
    uint32_t at = lower_bound(tree, path);
    bool there = at < tree->count && str_eq(tree->entries[at].path, path);
    return there ? &tree->entries[at] : NULL;
}

static size_t depth_of(str path)
{
    size_t depth = 0;
    for (size_t i = 0; i < path.len; i++)
        depth += path.at[i] == '/';
    return depth;
}

uint32_t context_match(const struct context_tree *tree, str source, uint32_t from)
{
    source = plain_path(source);
    if (source.len && !glob_is_pattern(source)) {
        const struct context_entry *entry = context_find(tree, source);
        uint32_t index = entry ? (uint32_t)(entry - tree->entries) : NO_ENTRY;
        return entry && index >= from ? index : NO_ENTRY;
    }
    size_t depth = depth_of(source);
    bool classes = str_has_char(source, '['); /* one may match a '/' */
    for (uint32_t i = from; i < tree->count; i++) {
        str path = tree->entries[i].path;
        bool hit = source.len == 0
                       ? tree->entries[i].parent == NO_ENTRY
                       : (classes || depth_of(path) == depth) && glob_match(source, path);
        if (hit)
            return i;
    }
    return NO_ENTRY;
}
