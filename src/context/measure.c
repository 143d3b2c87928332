#include "context/suggest.h"

#include "base/io.h"
#include "secrets/secrets.h"

#include <stdlib.h>

/* What a walked tree sends: sums, the largest, what lines leave out, secrets, what is unused. */

enum { LARGEST_MAX = 20, SECRET_READ_BYTES = 1 << 20 };

struct measuring {
    struct arena *arena;
    int root_fd;
    const struct context_tree *tree;
    const struct context_needs *needs;
    struct context_sums sums;
    struct context_report *report;
};

/* -- sums ------------------------------------------------------------------------------------- */

static void add_up(struct measuring *all)
{
    const struct context_tree *tree = all->tree;
    struct context_sums *sums = &all->sums;
    sums->bytes = NEW_ARRAY(all->arena, uint64_t, tree->count);
    sums->files = NEW_ARRAY(all->arena, uint32_t, tree->count);
    sums->hard = NEW_ARRAY(all->arena, uint32_t, tree->count + 1);
    sums->loose = NEW_ARRAY(all->arena, uint32_t, tree->count + 1);
    for (uint32_t i = tree->count; i-- > 0;) { /* backwards: what is below comes first */
        const struct context_entry *entry = &tree->entries[i];
        if (!entry->dropped) {
            sums->bytes[i] += entry->size_bytes;
            sums->files[i] += entry->type == ENTRY_DIRECTORY ? entry->files : 1;
        }
        if (entry->parent != NO_ENTRY) {
            sums->bytes[entry->parent] += sums->bytes[i];
            sums->files[entry->parent] += sums->files[i];
        }
    }
    const struct context_needs *needs = all->needs;
    for (uint32_t i = 0; i < tree->count; i++) {
        uint8_t marks = needs && i < needs->tree->count ? needs->marks[i] : 0;
        sums->hard[i + 1] = sums->hard[i] + ((marks & NEED_HARD) != 0);
        sums->loose[i + 1] =
            sums->loose[i] + ((marks & (NEED_HARD | NEED_SOFT | NEED_MENTION)) != 0);
    }
}

/* -- the largest ------------------------------------------------------------------------------ */

/* Put into a list of the largest, biggest first; of equals the first one found stays in front. */
static void offer(struct measuring *all, struct context_sizes *sizes, struct context_size size)
{
    if (!size.bytes ||
        (sizes->count == LARGEST_MAX && size.bytes <= sizes->at[LARGEST_MAX - 1].bytes))
        return;
    if (sizes->count < LARGEST_MAX)
        vec_push(all->arena, sizes, size);
    uint32_t at = sizes->count - 1;
    for (; at > 0 && sizes->at[at - 1].bytes < size.bytes; at--)
        sizes->at[at] = sizes->at[at - 1];
    sizes->at[at] = size;
}

/* Nearly all of a directory is in one directory below it, which tells more. */
static bool is_shell_of_one(const struct measuring *all, uint32_t index)
{
    const struct context_tree *tree = all->tree;
    uint64_t most = all->sums.bytes[index] / 20 * 19;
    for (uint32_t i = index + 1; i < tree->entries[index].end; i = tree->entries[i].end)
        if (tree->entries[i].type == ENTRY_DIRECTORY && all->sums.bytes[i] > most)
            return true;
    return false;
}

static void find_largest(struct measuring *all)
{
    const struct context_tree *tree = all->tree;
    struct context_report *report = all->report;
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct context_entry *entry = &tree->entries[i];
        struct context_size size = {entry->path, all->sums.bytes[i], all->sums.files[i]};
        if (entry->type == ENTRY_FILE && !entry->dropped)
            offer(all, &report->largest, size);
        bool beats = report->largest_directories.count < LARGEST_MAX ||
                     size.bytes > report->largest_directories.at[LARGEST_MAX - 1].bytes;
        if (entry->type == ENTRY_DIRECTORY && beats && !is_shell_of_one(all, i))
            offer(all, &report->largest_directories, size);
    }
}

/* -- lines ------------------------------------------------------------------------------------ */

/* Of the row of a line; lines ascend. */
static struct context_line *line_find(struct context_lines *lines, uint32_t line)
{
    uint32_t low = 0, high = lines->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (lines->at[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lines->count && lines->at[low].line == line ? &lines->at[low] : NULL;
}

static void weigh_lines(struct measuring *all)
{
    const struct context_tree *tree = all->tree;
    struct context_lines *lines = &all->report->lines;
    size_t count = 0;
    const struct ignore_pattern *patterns =
        tree->ignore ? ignore_patterns(tree->ignore, &count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (!patterns[i].negated && !patterns[i].bad)
            vec_push(all->arena, lines,
                     (struct context_line){.pattern = patterns[i].raw, .line = patterns[i].line});
    struct context_line *last = NULL;
    for (uint32_t i = 0; i < tree->count && lines->count; i++) {
        const struct context_entry *entry = &tree->entries[i];
        if (!entry->dropped)
            continue;
        if (!last || last->line != entry->line)
            last = line_find(lines, entry->line);
        if (!last)
            continue;
        last->files += entry->type == ENTRY_DIRECTORY ? entry->files : 1;
        last->bytes += entry->size_bytes;
    }
}

/* -- secrets ---------------------------------------------------------------------------------- */

/* Directories of others: what looks like a key there is an example or a test of theirs. */
static bool is_foreign(str name)
{
    return STR_IN(name, "node_modules", ".git", "vendor", ".venv", "venv", "site-packages");
}

static void find_secrets(struct measuring *all)
{
    const struct context_tree *tree = all->tree;
    AUTO(arena) struct arena *scratch = arena_new(0);
    for (uint32_t i = 0; i < tree->count;) {
        const struct context_entry *entry = &tree->entries[i];
        if (entry->type == ENTRY_DIRECTORY && is_foreign(str_basename(entry->path))) {
            i = entry->end;
            continue;
        }
        i++;
        if (entry->type != ENTRY_FILE || entry->dropped || !secret_file(entry->path, STR_NONE))
            continue;
        struct arena_mark mark = arena_mark(scratch);
        struct err unread = {0}; /* what cannot be read is judged by its name */
        str content = STR_NONE;
        if (all->root_fd >= 0 && !file_read_beneath(scratch, all->root_fd, entry->path,
                                                    SECRET_READ_BYTES, &content, &unread))
            content = STR_NONE;
        const char *kind = secret_file(entry->path, content);
        if (kind)
            vec_push(all->arena, &all->report->secrets, (struct context_secret){entry->path, kind});
        arena_rewind(scratch, mark);
    }
}

/* -- unused ----------------------------------------------------------------------------------- */

static int size_order(const void *a, const void *b)
{
    const struct context_size *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return str_order(left->path, right->path);
}

/* What the builder itself reads. */
static bool is_builders(const struct measuring *all, str path)
{
    if (str_eq(path, all->report->ignore_path) || str_eq(path, STR(".dockerignore")))
        return true;
    VEC_EACH(str, builder, all->needs->builders)
        if (str_eq(path, *builder))
            return true;
    return false;
}

/* Sent, and no COPY, ADD or bind mount takes it: by top directory. */
static void find_unused(struct measuring *all)
{
    const struct context_tree *tree = all->tree;
    const struct context_needs *needs = all->needs;
    struct context_report *report = all->report;
    if (!needs || !needs->builds || needs->whole || needs->soft_all ||
        (needs->missing && !needs->found)) /* then this is not the context of these files */
        return;
    for (uint32_t top = 0; top < tree->count; top = tree->entries[top].end) {
        struct context_size size = {.path = tree->entries[top].path};
        for (uint32_t i = top; i < tree->entries[top].end; i++) {
            const struct context_entry *entry = &tree->entries[i];
            bool counts = entry->type != ENTRY_DIRECTORY || entry->files;
            if (!counts || entry->dropped || needs->marks[i] & NEED_USED ||
                (entry->type == ENTRY_FILE && is_builders(all, entry->path)))
                continue;
            size.bytes += entry->size_bytes;
            size.files += entry->type == ENTRY_DIRECTORY ? entry->files : 1;
        }
        if (!size.files)
            continue;
        report->unused_bytes += size.bytes;
        report->unused_files += size.files;
        vec_push(all->arena, &report->unused, size);
    }
    if (report->unused.count)
        qsort(report->unused.at, report->unused.count, sizeof(struct context_size), size_order);
    if (report->unused.count > LARGEST_MAX)
        report->unused.count = LARGEST_MAX;
}

bool context_measure(struct arena *arena, int root_fd, const struct context_tree *tree,
                     const struct context_needs *needs, str ignore_path,
                     struct context_report *out_report, struct err *err)
{
    if (needs && needs->tree->count != tree->count)
        return err_set(err, ERR_USAGE, "these needs are of another tree");
    *out_report = (struct context_report){.tree = tree, .ignore_path = ignore_path};
    struct measuring all = {
        .arena = arena, .root_fd = root_fd, .tree = tree, .needs = needs, .report = out_report};
    add_up(&all);
    find_largest(&all);
    weigh_lines(&all);
    find_secrets(&all);
    find_unused(&all);
    context_suggest(arena, needs, &all.sums, out_report);
    return true;
}
