#include "report/check_formats.h"

#include "analyze/analyze.h"
#include "report/analyze_words.h"

/* plimsoll.analyze/1. */

/* A line of the Dockerfile, null where it is not known. */
static void put_line(struct json_out *out, const char *key, uint32_t line)
{
    if (line)
        json_u64(out, key, line);
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
        json_digest(out, "diff_id", &row->diff_id);
        json_u64(out, "size", row->size);
        json_u64(out, "compressed_size", row->compressed_size);
        json_str(out, "created_by", row->created_by);
        put_line(out, "line", row->line);
        json_u64(out, "files", row->files);
        json_u64(out, "wasted_bytes", row->wasted_bytes);
        json_bool(out, "base", i < analysis->base.count);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "instructions");
    VEC_EACH(struct instruction_row, row, analysis->instructions) {
        json_object(out, NULL);
        json_str(out, "instruction", row->instruction);
        json_u64(out, "layers", row->layers);
        json_u64(out, "files", row->files);
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "pull_bytes", row->pull);
        json_u64(out, "wasted_bytes", row->wasted_bytes);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_split(struct json_out *out, const struct analysis *analysis)
{
    static const char *const known[] = {[BASE_UNKNOWN] = "nothing",
                                        [BASE_GIVEN] = "layers of the base image",
                                        [BASE_DOCKERFILE] = "the Dockerfile",
                                        [BASE_HISTORY] = "the history"};
    const struct base_layers *base = &analysis->base;
    json_object(out, "split");
    for (int part = 0; part < PART_COUNT; part++)
        json_u64(out, part_name((enum part)part), analysis->split[part].bytes);
    json_end_object(out);
    json_object(out, "split_pull");
    for (int part = 0; part < PART_COUNT; part++)
        json_u64(out, part_name((enum part)part), analysis->split[part].pull);
    json_end_object(out);
    json_object(out, "base");
    if (base->name.len)
        json_str(out, "name", base->name);
    else
        json_null(out, "name");
    json_u64(out, "layers", base->count);
    json_z(out, "known_by", known[base->known_by]);
    json_end_object(out);
}

static void put_bloat(struct arena *arena, struct json_out *out, const struct analysis *analysis)
{
    json_list(out, "bloat");
    VEC_EACH(struct bloat, row, analysis->bloat) {
        json_object(out, NULL);
        json_z(out, "rule", row->rule->rule.name);
        json_str(out, "class", str_fmt(arena, "%c", bloat_letter(row)));
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "pull_bytes", row->pull);
        json_u64(out, "files", row->files);
        json_u64(out, "layer", row->layer);
        json_u64(out, "hider", row->hider);
        put_line(out, "line", row->line);
        json_bool(out, "base", row->in_base);
        json_str(out, "example", row->example);
        json_str(out, "message", bloat_message(arena, analysis, row));
        json_str(out, "fix", bloat_fix(arena, analysis, row));
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
        put_line(out, "writer_line", analysis->layers.at[row->writer].line);
        put_line(out, "hider_line", analysis->layers.at[row->hider].line);
        json_end_object(out);
    }
    json_end_list(out);
    json_list(out, "duplicates");
    VEC_EACH(struct duplicate, row, analysis->duplicates) {
        json_object(out, NULL);
        json_str(out, "path", row->path);
        json_u64(out, "bytes", row->bytes);
        json_u64(out, "count", row->count);
        json_u64(out, "pull_bytes", row->pull);
        json_u64(out, "within_layer_bytes", row->within_layer);
        json_u64(out, "across_layers_bytes", row->across_layers);
        json_u64(out, "owned_bytes", row->owned);
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
        json_bool(out, "recommended", package->recommended);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_image(struct json_out *out, const struct analysis *analysis)
{
    const struct image *image = analysis->image;
    json_object(out, "image");
    json_str(out, "name", image->name);
    json_str(out, "transport", image->transport);
    json_str(out, "stands_behind", image_label(image, LABEL_STANDS_BEHIND));
    json_digest(out, "digest", image->has_digest ? &image->digest : NULL);
    json_u64(out, "size", analysis->size);
    if (is_compressed(analysis))
        json_u64(out, "compressed_size", analysis->compressed_size);
    else
        json_null(out, "compressed_size");
    json_end_object(out);
}

static void put_totals(struct json_out *out, const struct analysis *analysis)
{
    json_ratio(out, "efficiency", analysis->efficiency);
    json_u64(out, "wasted_bytes", analysis->wasted_bytes);
    json_u64(out, "wasted_pull_bytes", analysis->pull_wasted);
    json_u64(out, "deleted_bytes", analysis->view->deleted_bytes);
    json_u64(out, "replaced_bytes", analysis->view->replaced_bytes);
    json_u64(out, "touched_bytes", analysis->view->touched_bytes);
    json_u64(out, "duplicate_bytes", analysis->duplicate_bytes);
    json_u64(out, "duplicate_pull_bytes", analysis->duplicate_pull);
    json_u64(out, "duplicate_within_layer_bytes", analysis->duplicate_within);
    json_u64(out, "duplicate_across_layers_bytes", analysis->duplicate_across);
    json_u64(out, "duplicate_owned_bytes", analysis->duplicate_owned);
    json_u64(out, "empty_files", analysis->empty_files);
    json_u64(out, "owned_bytes", analysis->owned_bytes);
}

str analysis_json(struct arena *arena, const struct analysis *analysis)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.analyze/1");
    put_image(&out, analysis);
    put_totals(&out, analysis);
    put_split(&out, analysis);
    put_layers(&out, analysis);
    put_waste(&out, analysis);
    put_kinds(&out, analysis);
    put_bloat(arena, &out, analysis);
    json_end_object(&out);
    return json_document(&out);
}
