#include "tui/file_out.h"

#include "base/host.h"
#include "base/io.h"
#include "base/nameless.h"
#include "base/num.h"

enum { NAMES_MAX = 1000 };

static bool write_piece(void *to, str bytes, struct err *err)
{
    return fd_write_all(((struct nameless *)to)->fd, bytes, err);
}

/* The first of name, name.1, name.2 that nobody has. */
static bool keep(struct arena *arena, struct nameless *file, str name, str *out_name,
                 struct err *err)
{
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        bool taken;
        *out_name = i ? str_fmt(arena, "%.*s.%u", STR_ARG(name), i) : name;
        if (!nameless_keep_new(file, *out_name, &taken, err))
            return false;
        if (!taken)
            return true;
    }
    return err_set(err, ERR_LIMIT, "too many files have that name");
}

/* Where its bytes stand in the layer: a hard link has those of the file that it names. */
static bool place_of(const struct layer_report *report, const struct layer_entry *entry,
                     uint32_t *out_order, struct err *err)
{
    if (entry->kind == LAYER_HARD_LINK && entry->target != LAYER_NOWHERE)
        entry = &report->entries[entry->target];
    *out_order = entry->order;
    if (entry->kind == LAYER_FILE)
        return true;
    return entry->kind == LAYER_HARD_LINK
               ? err_set(err, ERR_UNSUPPORTED, "its bytes are in a lower layer, as '%.*s'",
                         STR_ARG(layer_link(report, entry)))
               : err_set(err, ERR_UNSUPPORTED, "it is no regular file");
}

static bool write_version(const struct browser *browser, int dir_fd, const struct view_file *file,
                          str *name, struct err *err)
{
    const struct image_view *view = browser->analysis->view;
    uint32_t order;
    AUTO(nameless) struct nameless made = {.fd = -1};
    const struct byte_sink sink = {write_piece, &made};
    return place_of(&view->layers[file->layer].report, view_entry(view, file), &order, err) &&
           nameless_open(dir_fd, &made, err) &&
           layer_extract(&browser->analysis->image->layers.at[file->layer], order, &sink, err) &&
           keep(browser->arena, &made, *name, name, err);
}

str extract_version(const struct browser *browser, const struct host *host, uint32_t version)
{
    const struct image_view *view = browser->analysis->view;
    const struct view_file *file = &view->files[version];
    str path = view_path(view, file), name;
    size_t slash = str_find_last_char(path, '/');
    struct err err = {0};
    name = slash == STR_MISSING ? path : str_from_index(path, slash + 1);
    int dir_fd AUTO(fd) = dir_open(host->cwd_fd, STR("."), &err);
    if (dir_fd >= 0 && write_version(browser, dir_fd, file, &name, &err))
        return str_fmt(browser->arena, "wrote ./%.*s, of layer %u", STR_ARG(name),
                       file->layer + 1U);
    return str_fmt(browser->arena, "not extracted: %s%s%s", err.line[0], err.hint[0] ? "; " : "",
                   err.hint);
}
