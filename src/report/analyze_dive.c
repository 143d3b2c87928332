#include "report/analyze_words.h"

#include "base/hash.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The file that `dive --json` writes, byte for byte, as Go's encoding/json would: two blanks,
 * <, > and & as escapes, numbers as short as they can be.
 */

struct writing {
    struct arena *arena;
    struct buf out;
};

/* -- values as Go writes them ------------------------------------------------------------------ */

static void put_string(struct writing *w, str text)
{
    buf_add_char(&w->out, '"');
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.at[i];
        size_t len = utf8_length(str_from_index(text, i));
        if (!len) {
            buf_add(&w->out, STR("\\ufffd"));
            i++;
            continue;
        }
        bool line_end = len == 3 && c == 0xe2 && (unsigned char)text.at[i + 1] == 0x80 &&
                        ((unsigned char)text.at[i + 2] | 1) == 0xa9;
        if (c == '"' || c == '\\')
            buf_fmt(&w->out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            buf_fmt(&w->out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == '<' || c == '>' || c == '&')
            buf_fmt(&w->out, "\\u%04x", c);
        else if (line_end)
            buf_fmt(&w->out, "\\u202%d", (unsigned char)text.at[i + 2] & 15);
        else
            buf_add(&w->out, str_slice(text, i, i + len));
        i += len;
    }
    buf_add_char(&w->out, '"');
}

/* The fewest digits that read back as the same number. */
static void put_number(struct writing *w, double value)
{
    char text[64];
    int digits = 0;
    if (value != 0 && value < 1e-6) {
        for (digits = 0; digits < 17; digits++) {
            snprintf(text, sizeof(text), "%.*e", digits, value);
            if (strtod(text, NULL) == value)
                break;
        }
        str mantissa = str_from(text);
        size_t at = str_find(mantissa, STR("e-0")); /* Go writes e-7 */
        if (at == STR_MISSING)
            buf_add(&w->out, mantissa);
        else
            buf_fmt(&w->out, "%.*se-%s", (int)at, text, text + at + 3);
        return;
    }
    for (; digits < 24; digits++) {
        snprintf(text, sizeof(text), "%.*f", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add(&w->out, str_from(text));
}

/* -- files ------------------------------------------------------------------------------------- */

/* A tar's type and mode as Go's os.FileMode has them. */
static unsigned type_flag(const struct layer_entry *entry)
{
    switch ((enum layer_kind)entry->kind) {
    case LAYER_HARD_LINK: return '1';
    case LAYER_SYMLINK: return '2';
    case LAYER_DEVICE: return '3';
    case LAYER_DIRECTORY: return '5';
    case LAYER_FIFO: return '6';
    default: return '0';
    }
}

static uint32_t go_mode(const struct layer_entry *entry)
{
    uint32_t mode = entry->mode & 0777;
    mode |= entry->mode & 04000 ? 1u << 23 : 0;
    mode |= entry->mode & 02000 ? 1u << 22 : 0;
    mode |= entry->mode & 01000 ? 1u << 20 : 0;
    switch ((enum layer_kind)entry->kind) {
    case LAYER_DIRECTORY: return mode | 1u << 31;
    case LAYER_SYMLINK: return mode | 1u << 27;
    case LAYER_DEVICE: return mode | 1u << 26 | 1u << 21;
    case LAYER_FIFO: return mode | 1u << 25;
    default: return mode;
    }
}

/* NULL: a folder that only what is in it tells of. */
static void put_file(struct writing *w, const struct layer_report *report,
                     const struct layer_entry *entry, str path, bool *first)
{
    const struct layer_entry none = {0};
    const struct layer_entry *shown = entry ? entry : &none;
    buf_add(&w->out, *first ? STR("\n        {\n          \"path\": ")
                            : STR(",\n        {\n          \"path\": "));
    *first = false;
    put_string(w, entry ? path : STR(""));
    buf_fmt(&w->out, ",\n          \"typeFlag\": %u,\n          \"linkName\": ",
            entry ? type_flag(entry) : 0);
    put_string(w, entry ? layer_link(report, entry) : STR(""));
    buf_fmt(&w->out,
            ",\n          \"size\": %" PRIu64 ",\n          \"fileMode\": %" PRIu32
            ",\n          \"uid\": %" PRIu32 ",\n          \"gid\": %" PRIu32
            ",\n          \"isDir\": %s\n        }",
            shown->size, entry ? go_mode(entry) : 0, shown->uid, shown->gid,
            entry && entry->kind == LAYER_DIRECTORY ? "true" : "false");
}

struct listed {
    const struct layer_entry *entry;
    str path;
};
VEC_TYPE(listed_entries, struct listed);

static int listed_order(const void *left, const void *right)
{
    const struct listed *a = left, *b = right;
    return layer_path_order(a->path, b->path);
}

/* What dive has in a layer's tree, by the names as they are written. */
static struct listed_entries list_entries(struct arena *arena, const struct layer_report *report)
{
    struct listed_entries list = {0};
    for (uint32_t i = 0; i < report->count; i++) {
        const struct layer_entry *entry = &report->entries[i];
        str path = layer_path(report, entry), folder = str_dirname(path);
        if (dive_drops(path, entry))
            continue;
        if (entry->kind == LAYER_WHITEOUT)
            path = str_fmt(arena, "%.*s%s.wh.%.*s", STR_ARG(folder), folder.len ? "/" : "",
                           STR_ARG(str_basename(path)));
        vec_push(arena, &list, (struct listed){entry, path});
    }
    if (list.count)
        qsort(list.at, list.count, sizeof(struct listed), listed_order);
    return list;
}

/* Folders come behind what is in them: they wait on a stack until a path that is not below. */
static void put_files(struct writing *w, const struct layer_report *report)
{
    struct listed_entries list = list_entries(w->arena, report);
    struct listed_entries open = {0};
    bool first = true;
    buf_add(&w->out, STR("["));
    for (uint32_t i = 0; i <= list.count; i++) {
        str path = i < list.count ? list.at[i].path : STR("");
        while (open.count && !path_is_below(path, vec_last(&open)->path)) {
            put_file(w, report, vec_last(&open)->entry, vec_last(&open)->path, &first);
            open.count--;
        }
        size_t at = open.count ? vec_last(&open)->path.len + 1 : 0;
        for (size_t end = at; i < list.count && end < path.len; end++)
            if (path.at[end] == '/')
                vec_push(w->arena, &open, (struct listed){NULL, str_slice(path, 0, end)});
        if (i < list.count)
            vec_push(w->arena, &open, list.at[i]);
    }
    buf_add(&w->out, first ? STR("]") : STR("\n      ]"));
}

/* -- layers ------------------------------------------------------------------------------------ */

/* dive gives the k-th layer the k-th entry that is not empty, whether they fit or not; false when
 * there is none left: then it knows no diff id, either. */
static bool command_of(const struct image *image, uint32_t layer, str *out_command)
{
    uint32_t at = 0;
    *out_command = STR("(missing)");
    VEC_EACH(struct image_history, row, image->config->history) {
        if (row->empty_layer || at++ != layer)
            continue;
        str shell = STR("/bin/sh -c ");
        *out_command = str_starts(row->created_by, shell)
                           ? str_from_index(row->created_by, shell.len)
                           : row->created_by;
        return true;
    }
    return false;
}

static str layer_id(const struct image_layer *layer)
{
    size_t slash = str_find_char(layer->file, '/');
    return layer->file.len ? str_slice(layer->file, 0, slash) : STR("blobs");
}

static void put_layer(struct writing *w, const struct analysis *analysis, uint32_t index)
{
    const struct image_layer *layer = &analysis->image->layers.at[index];
    const struct layer_report *report = &analysis->view->layers[index].report;
    str command;
    bool known = command_of(analysis->image, index, &command);
    buf_fmt(&w->out, "%s\n    {\n      \"index\": %" PRIu32 ",\n      \"id\": ", index ? "," : "",
            index);
    put_string(w, layer_id(layer));
    buf_fmt(&w->out,
            ",\n      \"digestId\": \"%s%s\",\n      \"sizeBytes\": %" PRIu64
            ",\n      \"command\": ",
            known ? "sha256:" : "", known ? digest_hex(layer->diff_id).z : "", report->file_bytes);
    put_string(w, command);
    buf_add(&w->out, STR(",\n      \"fileList\": "));
    put_files(w, report);
    buf_add(&w->out, STR("\n    }"));
}

str report_dive(struct arena *arena, const struct analysis *analysis)
{
    const struct image_view *view = analysis->view;
    struct dive_numbers dive = dive_count(arena, view->layers, view->layer_count);
    struct writing w = {arena, buf_init(arena, REPORT_BYTES_MAX)};
    buf_add(&w.out, STR("{\n  \"layer\": ["));
    for (uint32_t i = 0; i < view->layer_count; i++)
        put_layer(&w, analysis, i);
    buf_fmt(&w.out,
            "%s],\n  \"image\": {\n    \"sizeBytes\": %" PRIu64
            ",\n    \"inefficientBytes\": %" PRIu64 ",\n    \"efficiencyScore\": ",
            view->layer_count ? "\n  " : "", dive.image_bytes, dive.wasted_bytes);
    put_number(&w, dive.efficiency);
    buf_add(&w.out, STR(",\n    \"fileReference\": ["));
    VEC_EACH(struct dive_path, row, dive.wasted) {
        buf_fmt(&w.out,
                "%s\n      {\n        \"count\": %" PRIu32 ",\n        \"sizeBytes\": %" PRIu64
                ",\n        \"file\": ",
                row == dive.wasted.at ? "" : ",", row->count, row->bytes);
        put_string(&w, row->path);
        buf_add(&w.out, STR("\n      }"));
    }
    buf_fmt(&w.out, "%s]\n  }\n}", dive.wasted.count ? "\n    " : "");
    return buf_str(&w.out);
}
