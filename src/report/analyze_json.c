#include "report/check_formats.h"

#include "analyze/analyze.h"
#include "report/analyze_words.h"

/* plimsoll.analyze/1. */

static void put_digest(struct json_out *out, const char *key, const digest *value)
{
    if (value)
        json_str(out, key, str_fmt(out->buf.arena, "sha256:%s", digest_hex(*value).z));
    else
        json_null(out, key);
}

static void put_layers(struct json_out *out, const struct analysis *analysis)
{
    json_list(out, "layers");
    for (uint32_t i = 0; i < analysis->layers.count; i++) {
        const struct layer_row *row = &analysis->layers.at[i];
        json_object(out, NULL);
        json_u64(out, "index", i);
        put_digest(out, "diff_id", &row->diff_id);
        json_u64(out, "size", row->size);
        json_u64(out, "compressed_size", row->compressed_size);
        json_str(out, "created_by", row->created_by);
        if (row->line)
            json_u64(out, "line", row->line);
        else
            json_null(out, "line");
        json_u64(out, "files", row->files);
        json_u64(out, "wasted_bytes", row->wasted_bytes);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_waste(struct json_out *out, const struct analysis *analysis)
{
    json_list(out, "waste");
    VEC_EACH(struct waste_path, row, analysis->waste) {
        json_object(out, NULL);
        json_str(out, "path", row->path);
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "pull_bytes", row->pull);
        json_u64(out, "count", row->count);
        json_z(out, "fate", fate_name(row->fate));
        json_u64(out, "writer", row->writer);
        json_u64(out, "hider", row->hider);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "duplicates");
    VEC_EACH(struct duplicate, row, analysis->duplicates) {
        json_object(out, NULL);
        json_str(out, "path", row->path);
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "count", row->count);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_kinds(struct json_out *out, const struct analysis *analysis)
{
    json_list(out, "categories");
    VEC_EACH(struct category_row, row, analysis->categories) {
        json_object(out, NULL);
        json_z(out, "category", row->category);
        json_u64(out, "files", row->files);
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "pull_bytes", row->pull);
        json_u64(out, "removable_bytes", row->removable ? row->bytes : 0);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "packages");
    VEC_EACH(const struct package *, row, analysis->packages) {
        const struct package *package = *row;
        json_object(out, NULL);
        json_z(out, "type", package_type_name(package->type));
        json_str(out, "name", package->name);
        json_str(out, "version", package->version);
        json_u64(out, "bytes", package->bytes);
        json_u64(out, "pull_bytes", package->pull);
        json_u64(out, "files", package->files);
        json_end_object(out);
    }
    json_end_list(out);
}

str analysis_json(struct arena *arena, const struct analysis *analysis)
{
    const struct image *image = analysis->image;
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.analyze/1");
    json_object(&out, "image");
    json_str(&out, "name", image->name);
    put_digest(&out, "digest", image->has_digest ? &image->digest : NULL);
    json_u64(&out, "size", analysis->size);
    if (is_compressed(analysis))
        json_u64(&out, "compressed_size", analysis->compressed_size);
    else
        json_null(&out, "compressed_size");
    json_end_object(&out);
    json_ratio(&out, "efficiency", analysis->efficiency);
    json_u64(&out, "wasted_bytes", analysis->wasted_bytes);
    json_u64(&out, "deleted_bytes", analysis->view->deleted_bytes);
    json_u64(&out, "replaced_bytes", analysis->view->replaced_bytes);
    json_u64(&out, "touched_bytes", analysis->view->touched_bytes);
    json_u64(&out, "duplicate_bytes", analysis->duplicate_bytes);
    json_u64(&out, "owned_bytes", analysis->owned_bytes);
    put_layers(&out, analysis);
    put_waste(&out, analysis);
    put_kinds(&out, analysis);
    json_end_object(&out);
    return json_document(&out);
}
