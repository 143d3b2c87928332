#pragma once

#include "base/buf.h"
#include "oci/oci.h"
#include "store/store.h"

/*
 * layer/layer -- a layer's bytes, read once; and what the layers of an image add up to.
 *
 *   blob --layers_read--> struct layer_report (by diff id) + struct pull_map (by blob)
 *   reports --view_fold--> struct image_view: every version of every path, and its fate
 *
 * Shapes   A report depends on nothing but the uncompressed bytes: entries in the order of their
 *          paths ('/' before every other byte, so what is in a directory stands behind it), strings
 *          in one heap. A pull map depends on the blob: what each entry costs to pull.
 *          Paths are relative to the root, clean: "usr/bin/env"; the root itself is "".
 * Units    Bytes. `order` is an entry's place in the archive, from 0.
 * Cost     Inflating and SHA-256; the rest is under a tenth of it. 120 bytes an entry.
 * Errors   ERR_DIGEST when blob or diff id are not what they say (and nothing of it is given out);
 *          ERR_FORMAT for what is no tar or leads out of the root; ERR_LIMIT.
 * Threads  layers_read() uses threads itself; reports and views never change.
 * Source   OCI image layer specification 1.1: whiteouts, opaque whiteouts, hard links.
 */

enum layer_kind {
    LAYER_FILE,
    LAYER_HARD_LINK,
    LAYER_SYMLINK,
    LAYER_DIRECTORY,
    LAYER_DEVICE,
    LAYER_FIFO,
    LAYER_WHITEOUT, /* ".wh.NAME": path is what it takes away              */
    LAYER_OPAQUE,   /* ".wh..wh..opq": path is the directory that it empties */
    LAYER_OTHER,
};

enum { LAYER_NOWHERE = UINT32_MAX };

/* One entry of the archive; stored as it is. */
struct layer_entry {
    uint64_t size;       /* of a file; 0 for everything else */
    uint64_t content[2]; /* XXH3 of a file's bytes           */
    uint64_t meta;       /* XXH3 of owner, mode, times, extended attributes */
    int64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t path_at, path_len, link_at, link_len; /* in the heap */
    uint32_t mode, uid, gid;
    uint32_t order;
    uint32_t target; /* of a hard link: the entry of this report that it names, or LAYER_NOWHERE */
    uint32_t kind;   /* enum layer_kind */
    uint32_t overridden; /* 1: the same path comes again later in this layer */
};

/* What an inspector noted of one file: its text is in the heap. */
struct layer_record {
    uint32_t entry;     /* index in the report */
    uint32_t inspector; /* index in the list that the pass was given */
    uint32_t at, len;
};

/*
 * One who looks at files while a layer is read. What it notes depends on the path and the bytes
 * alone; `version` goes up whenever that changes, so that no stored report is taken for a new one.
 */
struct inspector {
    const char *name;
    uint32_t version;
    /* How many of a file's bytes it wants to see, from the first on; 0: it does not care. A file
     * that is larger is not shown to it. */
    size_t (*wants)(str path);
    /* May a file that begins so be of interest? NULL: any may. It can be asked with few bytes. */
    bool (*begins)(str path, str bytes);
    /* Note something of a file, or nothing. */
    void (*note)(struct arena *scratch, str path, str bytes, struct buf *note);
};

struct inspectors {
    const struct inspector *const *at;
    uint32_t count;
};

struct layer_report {
    digest diff_id;
    const struct layer_entry *entries;
    uint32_t count;
    const struct layer_record *records; /* by entry */
    uint32_t record_count;
    str heap;
    uint64_t tar_bytes;  /* of the uncompressed archive */
    uint64_t file_bytes; /* sum of the sizes: what `docker history` shows */
    uint32_t file_count;
};

struct pull_map {
    bool exact;             /* gzip; else the shares are estimates */
    uint64_t blob_bytes;    /* the shares add up to it */
    const uint64_t *shares; /* by order */
    uint32_t count;
};

/* The strings of an entry. */
static inline str layer_path(const struct layer_report *report, const struct layer_entry *entry)
{
    return str_slice(report->heap, entry->path_at, entry->path_at + entry->path_len);
}
static inline str layer_link(const struct layer_report *report, const struct layer_entry *entry)
{
    return str_slice(report->heap, entry->link_at, entry->link_at + entry->link_len);
}

/* The order in which entries stand. */
int layer_path_order(str a, str b);

struct layer_result {
    struct layer_report report;
    struct pull_map pull;
};

struct layer_reading {
    const struct inspectors *inspectors;
    unsigned threads;    /* 0: one a core */
    struct store *store; /* where reports are kept and found; NULL: nowhere */
};

/* Read all layers of an image, and show their files to the inspectors. What the store knows of a
 * layer is not read again. `out_results` has a slot for each layer. */
MUST_CHECK bool layers_read(struct arena *arena, const struct image *image,
                            const struct layer_reading *how, struct layer_result *out_results,
                            struct err *err);

/* Only what the store knows: false when it does not know all of them. */
bool layers_find(struct arena *arena, const struct image *image, const struct layer_reading *how,
                 struct layer_result *out_results);

/* The bytes of one file, by its place in the archive, to whoever takes them. The layer is read to
 * its end: only when this is true were they those of its diff id. ERR_UNSUPPORTED where the layer's
 * bytes come once (a registry), and for a sparse file. */
MUST_CHECK bool layer_extract(const struct image_layer *layer, uint32_t order,
                              const struct byte_sink *sink, struct err *err);

/* The bytes that are kept: the same for the same layer, however it was compressed and read. */
str layer_report_print(struct arena *arena, const struct layer_report *report);
str pull_map_print(struct arena *arena, const struct pull_map *pull);

/* What such bytes say, used where they stand (at a multiple of 8); false for all others. */
bool layer_report_parse(str bytes, digest diff_id, struct layer_report *out_report);
bool pull_map_parse(str bytes, struct pull_map *out_pull);

/* -- the image --------------------------------------------------------------------------------- */

enum fate {
    FATE_LIVE,
    FATE_DELETED,  /* a whiteout, or something that is no file, took its place   */
    FATE_REPLACED, /* another content                                            */
    FATE_TOUCHED,  /* the same content: only owner, mode or times differ          */
};

/* One version of a path: what one layer wrote there. */
struct view_file {
    uint16_t layer;
    uint16_t hider;  /* the layer that hid it; its own when live */
    uint8_t fate;    /* enum fate */
    uint8_t counted; /* 1: its bytes count as live, by this path or by a hard link to it */
    uint32_t entry;  /* index in its layer's report */
};

struct image_view {
    const struct layer_result *layers;
    uint32_t layer_count;
    struct view_file *files; /* every entry but whiteouts, by path, then from the lowest layer */
    uint32_t count;
    uint64_t total_bytes, live_bytes;                      /* L and V */
    uint64_t deleted_bytes, replaced_bytes, touched_bytes; /* add up to L - V */
};

/* Merge reports, the lowest layer first. */
struct image_view view_fold(struct arena *arena, const struct layer_result *layers, uint32_t count);

/* What a version says, and its path. */
static inline const struct layer_entry *view_entry(const struct image_view *view,
                                                   const struct view_file *file)
{
    return &view->layers[file->layer].report.entries[file->entry];
}
static inline str view_path(const struct image_view *view, const struct view_file *file)
{
    return layer_path(&view->layers[file->layer].report, view_entry(view, file));
}

/* What a version costs to pull: its share of its layer's blob. */
static inline uint64_t view_pull(const struct image_view *view, const struct view_file *file)
{
    const struct pull_map *pull = &view->layers[file->layer].pull;
    uint32_t order = view_entry(view, file)->order;
    return order < pull->count ? pull->shares[order] : 0;
}
