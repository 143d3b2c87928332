#include "report/diff_words.h"

#include "data/data.h"

/* plimsoll.diff/1. */

static void put_side(struct json_out *out, const char *key, const struct analysis *analysis)
{
    json_object(out, key);
    json_str(out, "name", analysis->image->name);
    json_str(out, "stands_behind", image_label(analysis->image, LABEL_STANDS_BEHIND));
    json_digest(out, "digest", analysis->image->has_digest ? &analysis->image->digest : NULL);
    json_u64(out, "size", analysis->size);
    json_u64(out, "compressed_size", analysis->compressed_size);
    json_u64(out, "layers", analysis->layers.count);
    json_u64(out, "packages", analysis->packages.count);
    json_u64(out, "wasted_bytes", analysis->wasted_bytes);
    json_end_object(out);
}

static void put_files(struct json_out *out, const struct image_diff *diff)
{
    json_object(out, "files");
    for (int change = 0; change < CHANGE_KINDS; change++)
        json_u64(out, change_name(change), diff->sums[change].files);
    json_u64(out, "same", diff->same_files);
    json_list(out, "rows");
    VEC_EACH(struct diff_file, file, diff->files) {
        json_object(out, NULL);
        json_str(out, "path", file->path);
        json_z(out, "change", change_name(file->change));
        json_u64(out, "bytes_a", file->size[0]);
        json_u64(out, "bytes_b", file->size[1]);
        json_u64(out, "pull_bytes_a", file->pull[0]);
        json_u64(out, "pull_bytes_b", file->pull[1]);
        json_str(out, "cause", diff->causes.at[file->cause].name);
        json_end_object(out);
    }
    json_end_list(out);
    json_end_object(out);
}

static bool is_package_change(const struct diff_package *row, enum package_change change)
{
    return package_change(row) == change;
}

static void put_packages(struct json_out *out, const struct image_diff *diff)
{
    json_object(out, "packages");
    for (int change = 0; change < PACKAGE_CHANGES; change++) {
        json_list(out, package_change_name(change));
        VEC_EACH(struct diff_package, row, diff->packages) {
            if (!is_package_change(row, change))
                continue;
            json_object(out, NULL);
            json_z(out, "type", package_type_name(row->type));
            json_str(out, "name", row->name);
            json_str(out, "version_a", row->version[0]);
            json_str(out, "version_b", row->version[1]);
            json_u64(out, "bytes_a", row->bytes[0]);
            json_u64(out, "bytes_b", row->bytes[1]);
            json_end_object(out);
        }
        json_end_list(out);
    }
    json_end_object(out);
}

static void put_layers(struct json_out *out, const struct image_diff *diff)
{
    json_list(out, "layers");
    VEC_EACH(struct diff_layer, layer, diff->layers) {
        int side = layer->at[1] == UINT32_MAX ? 0 : 1;
        const struct layer_row *row = &diff->side[side]->layers.at[layer->at[side]];
        json_object(out, NULL);
        json_z(out, "change",
               layer->at[0] == UINT32_MAX   ? "added"
               : layer->at[1] == UINT32_MAX ? "removed"
                                            : "same");
        json_digest(out, "diff_id", &row->diff_id);
        json_u64(out, "size", row->size);
        json_u64(out, "compressed_size", row->compressed_size);
        json_str(out, "created_by", row->created_by);
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_causes(struct json_out *out, const struct image_diff *diff)
{
    static const char *const kinds[] = {"package", "instruction", "hidden"};
    json_list(out, "causes");
    VEC_EACH(struct diff_cause, cause, diff->causes) {
        json_object(out, NULL);
        json_z(out, "kind", kinds[cause->kind]);
        json_str(out, "name", cause->name);
        json_u64(out, "files", cause->files);
        json_i64(out, "bytes", cause->bytes);
        json_i64(out, "pull_bytes", cause->pull);
        json_end_object(out);
    }
    json_end_list(out);
}

str diff_json(struct arena *arena, const struct image_diff *diff)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.diff/1");
    put_side(&out, "a", diff->side[0]);
    put_side(&out, "b", diff->side[1]);
    json_i64(&out, "saved_bytes", diff_saved(diff));
    json_double(&out, "saved_percent", diff_saved_percent(diff));
    json_i64(&out, "saved_pull_bytes",
             (int64_t)diff->side[0]->compressed_size - (int64_t)diff->side[1]->compressed_size);
    put_causes(&out, diff);
    put_files(&out, diff);
    put_packages(&out, diff);
    put_layers(&out, diff);
    json_list(&out, "config");
    VEC_EACH(struct diff_setting, setting, diff->config) {
        json_object(&out, NULL);
        json_str(&out, "key", setting->key);
        json_str(&out, "a", setting->value[0]);
        json_str(&out, "b", setting->value[1]);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return buf_str(&out.buf);
}
