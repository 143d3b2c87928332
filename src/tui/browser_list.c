#include "tui/browser.h"

#include <stdlib.h>

/*
 * What rows are and weigh for the layer that is chosen, and which of them are to be seen.
 *
 * A version is there at layer n when it was written by n or below and is live, or hidden by a
 * layer above n. So the versions of a row, which stand from the lowest layer up, tell what it was
 * before the layer and after it.
 */

struct versions {
    uint32_t here, earlier, after; /* index in view->files; TREE_NONE */
};

static struct versions versions_at(const struct browser *browser, const struct tree_row *row,
                                   uint32_t layer)
{
    const struct image_view *view = browser->analysis->view;
    struct versions found = {TREE_NONE, TREE_NONE, TREE_NONE};
    for (uint32_t i = row->file; i < row->file + row->version_count; i++) {
        const struct view_file *file = &view->files[i];
        bool live = file->fate == FATE_LIVE;
        if (file->layer > layer)
            break;
        if (file->layer == layer)
            found.here = i;
        else if (live || file->hider >= layer)
            found.earlier = i;
        if (live || file->hider > layer)
            found.after = i;
    }
    return found;
}

static void weigh(const struct browser *browser, uint32_t version, struct amount *amount)
{
    const struct image_view *view = browser->analysis->view;
    const struct layer_entry *entry = view_entry(view, &view->files[version]);
    if (entry->kind != LAYER_FILE)
        return;
    amount->bytes += entry->size;
    amount->pull += view_pull(view, &view->files[version]);
    amount->files++;
}

/* Written again as it was: folders come with every layer that has something in them. */
static bool is_same_folder(const struct browser *browser, uint32_t a, uint32_t b)
{
    const struct image_view *view = browser->analysis->view;
    const struct layer_entry *x = view_entry(view, &view->files[a]),
                             *y = view_entry(view, &view->files[b]);
    return x->kind == LAYER_DIRECTORY && y->kind == LAYER_DIRECTORY && x->mode == y->mode &&
           x->uid == y->uid && x->gid == y->gid;
}

static enum row_state state_in_layer(const struct browser *browser, const struct versions *found)
{
    bool before = found->earlier != TREE_NONE, after = found->after != TREE_NONE;
    if (!after)
        return before ? ROW_REMOVED : ROW_ABSENT;
    if (!before)
        return ROW_ADDED;
    if (found->here == TREE_NONE || is_same_folder(browser, found->here, found->earlier))
        return ROW_SAME;
    return ROW_CHANGED;
}

/* All versions that are hidden: by the layer that is chosen, or by any. */
static void weigh_hidden(const struct browser *browser, const struct tree_row *row,
                         struct amount *amount)
{
    const struct image_view *view = browser->analysis->view;
    for (uint32_t i = row->file; i < row->file + row->version_count; i++)
        if (!view->files[i].counted &&
            (!browser->layer || view->files[i].hider == browser->layer - 1))
            weigh(browser, i, amount);
}

static enum row_state measure_row(const struct browser *browser, uint32_t index,
                                  struct amount *amount)
{
    const struct image_view *view = browser->analysis->view;
    const struct tree_row *row = &browser->tree.rows[index];
    if (browser->waste)
        weigh_hidden(browser, row, amount);
    if (!browser->layer) {
        for (uint32_t i = row->file; !browser->waste && i < row->file + row->version_count; i++)
            if (view->files[i].counted)
                weigh(browser, i, amount);
        if (!row->version_count)
            return ROW_ABSENT;
        return tree_live_version(&browser->tree, index) == TREE_NONE ? ROW_REMOVED : ROW_SAME;
    }
    struct versions found = versions_at(browser, row, browser->layer - 1);
    uint32_t weighed = browser->layer_only ? found.here : found.after;
    if (!browser->waste && weighed != TREE_NONE)
        weigh(browser, weighed, amount);
    return state_in_layer(browser, &found);
}

void browser_measure(struct browser *browser)
{
    struct amount sum = {0};
    uint32_t count = browser->tree.count;
    for (uint32_t i = 0; i < count; i++) {
        browser->before[i] = sum;
        browser->state[i] = (uint8_t)measure_row(browser, i, &sum);
        browser->below[i] = browser->state[i];
    }
    browser->before[count] = sum;
    for (uint32_t i = count; i-- > 1;)
        browser->below[browser->tree.rows[i].parent] |= browser->below[i];
}

struct amount browser_sum(const struct browser *browser, uint32_t row)
{
    const struct amount *from = &browser->before[row],
                        *to = &browser->before[browser->tree.rows[row].end];
    return (struct amount){to->bytes - from->bytes, to->pull - from->pull, to->files - from->files};
}

uint64_t browser_weight(const struct browser *browser, uint32_t row)
{
    struct amount sum = browser_sum(browser, row);
    return browser->pull ? sum.pull : sum.bytes;
}

void browser_filter(struct browser *browser)
{
    str wanted = {browser->filter, browser->filter_len};
    for (uint32_t i = 0; i < browser->tree.count; i++)
        browser->found[i] = !wanted.len || str_has_nocase(tree_name(&browser->tree, i), wanted);
    for (uint32_t i = browser->tree.count; wanted.len && i-- > 1;)
        if (browser->found[i])
            browser->found[browser->tree.rows[i].parent] = true;
}

static bool is_shown(const struct browser *browser, uint32_t row)
{
    return browser->found[row] && (browser->below[row] & browser->shown) &&
           (!browser->waste || browser_sum(browser, row).files);
}

struct sorted {
    uint64_t weight;
    uint32_t row;
};

static int heavier(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    if (a->weight != b->weight)
        return a->weight < b->weight ? 1 : -1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* The children that are to be seen, in their order. */
static struct sorted *children_of(struct browser *browser, uint32_t row, uint32_t *out_count)
{
    uint32_t count = 0, at = 0;
    TREE_EACH(child, &browser->tree, row) {
        count += is_shown(browser, child);
    }
    struct sorted *children = NEW_ARRAY(browser->listing, struct sorted, count + 1);
    TREE_EACH(child, &browser->tree, row) {
        if (!is_shown(browser, child))
            continue;
        uint64_t weight = browser->sorting == SORT_SIZE    ? browser_weight(browser, child)
                          : browser->sorting == SORT_COUNT ? browser_sum(browser, child).files
                                                           : 0;
        children[at++] = (struct sorted){weight, child};
    }
    if (browser->sorting != SORT_NAME)
        qsort(children, count, sizeof(*children), heavier);
    *out_count = count;
    return children;
}

/* As deep as the deepest path; a path has at most 4,096 bytes. */
static void list_below(struct browser *browser, uint32_t row)
{
    uint32_t count;
    struct sorted *children = children_of(browser, row, &count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t child = children[i].row;
        browser->list[browser->list_count++] = child;
        if (browser->open[child] || (browser->filter_len && tree_is_folder(&browser->tree, child)))
            list_below(browser, child);
    }
}

void browser_list(struct browser *browser)
{
    arena_rewind(browser->listing, browser->empty);
    browser->list = NEW_ARRAY(browser->listing, uint32_t, browser->tree.count + 1);
    browser->list_count = 0;
    list_below(browser, 0);
}

uint32_t browser_version(const struct browser *browser, uint32_t row)
{
    const struct tree_row *at = &browser->tree.rows[row];
    uint32_t live = tree_live_version(&browser->tree, row);
    if (browser->layer) {
        struct versions found = versions_at(browser, at, browser->layer - 1);
        uint32_t after = found.here != TREE_NONE ? found.here : found.after;
        if (after != TREE_NONE || found.earlier != TREE_NONE)
            return after != TREE_NONE ? after : found.earlier;
    }
    if (live != TREE_NONE || !at->version_count)
        return live;
    return at->file + at->version_count - 1;
}
