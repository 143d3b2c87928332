#include "report/paint.h"

#include "base/num.h"
#include "data/data.h"
#include "store/store.h"

/* The images of the store, and what one says of itself. */

/* "3 days ago"; "" where nobody knows. */
static str age_print(struct arena *arena, int64_t then_s, int64_t now_s)
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = {{31536000, "year"}, {2592000, "month"}, {604800, "week"}, {86400, "day"},
                 {3600, "hour"},     {60, "minute"},     {1, "second"}};
    int64_t age = now_s - then_s;
    if (!then_s)
        return STR("");
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        int64_t count = age / units[i].seconds;
        if (count > 0)
            return str_fmt(arena, "%" PRId64 " %s%s ago", count, units[i].unit,
                           count == 1 ? "" : "s");
    }
    return STR("now");
}

/* -- ls ---------------------------------------------------------------------------------------- */

static str images_json(struct arena *arena, const struct stored_images *rows)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.images/1");
    json_list(&out, "images");
    VEC_EACH(struct stored_image, row, *rows) {
        str rest = row->platforms, platform;
        json_object(&out, NULL);
        json_str(&out, "name", row->name);
        json_str(&out, "stands_behind", row->stands_behind);
        json_digest(&out, "digest", &row->digest);
        json_list(&out, "platforms");
        while (row->platforms.len && str_next(&rest, ',', &platform))
            json_str(&out, NULL, platform);
        json_end_list(&out);
        json_bool(&out, "whole", row->whole);
        json_u64(&out, "layers", row->layers);
        json_u64(&out, "compressed_size", row->compressed_size);
        if (row->sized)
            json_u64(&out, "size", row->size);
        else
            json_null(&out, "size");
        if (row->tagged_s)
            json_i64(&out, "tagged", row->tagged_s);
        else
            json_null(&out, "tagged");
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return buf_str(&out.buf);
}

static unsigned name_columns(const struct stored_images *rows)
{
    unsigned most = 4;
    VEC_EACH(struct stored_image, row, *rows) {
        unsigned width = text_width(row->name);
        most = width > most ? width : most;
    }
    return most;
}

str report_images(struct arena *arena, const struct stored_images *rows, bool json, int64_t now_s,
                  const struct report_style *style)
{
    if (json)
        return images_json(arena, rows);
    struct paint paint = paint_init(arena, style);
    unsigned columns = name_columns(rows);
    if (rows->count && !style->quiet)
        paint_fmt(&paint, INK_DIM, "%-*s  %-12s  %9s  %9s  %-16s  PLATFORM\n", (int)columns, "NAME",
                  "DIGEST", "PULL", "SIZE", "NAMED");
    VEC_EACH(struct stored_image, row, *rows) {
        paint_text(&paint, INK_BOLD, row->name);
        if (style->quiet) {
            paint_z(&paint, INK_PLAIN, "\n");
            continue;
        }
        paint_blanks(&paint, columns - text_width(row->name));
        paint_fmt(&paint, INK_PLAIN, "  %.12s  ", digest_hex(row->digest).z);
        if (row->whole)
            paint_size(&paint, INK_PLAIN, row->compressed_size);
        else
            paint_z(&paint, INK_YELLOW, "not whole");
        paint_z(&paint, INK_PLAIN, "  ");
        if (row->sized)
            paint_size(&paint, INK_PLAIN, row->size);
        else
            paint_fmt(&paint, INK_DIM, "%9s", "-");
        paint_fmt(&paint, INK_PLAIN, "  %-16.*s  ",
                  STR_ARG(age_print(arena, row->tagged_s, now_s)));
        paint_text(&paint, INK_PLAIN, row->platforms);
        if (row->stands_behind.len) {
            paint_z(&paint, INK_DIM, "  behind: ");
            paint_text(&paint, INK_DIM, row->stands_behind);
        }
        paint_z(&paint, INK_PLAIN, "\n");
    }
    return buf_str(&paint.out);
}

/* -- inspect ----------------------------------------------------------------------------------- */

static void json_strs(struct json_out *out, const char *key, const struct strs *list)
{
    json_list(out, key);
    VEC_EACH(str, item, *list) {
        json_str(out, NULL, *item);
    }
    json_end_list(out);
}

static void config_json(struct json_out *out, const struct image_config *config)
{
    json_object(out, "config");
    json_str(out, "created", config->created);
    json_str(out, "user", config->user);
    json_str(out, "working_dir", config->working_dir);
    json_strs(out, "env", &config->env);
    json_strs(out, "entrypoint", &config->entrypoint);
    json_strs(out, "cmd", &config->cmd);
    json_strs(out, "ports", &config->ports);
    json_strs(out, "volumes", &config->volumes);
    json_str(out, "stop_signal", config->stop_signal);
    json_object(out, "labels");
    VEC_EACH(struct name_value, label, config->labels) {
        json_str(out, str_z(out->buf.arena, label->name), label->value);
    }
    json_end_object(out);
    json_end_object(out);
}

static str image_json(struct arena *arena, const struct image *image)
{
    struct json_out out = json_out_init(arena, true);
    uint64_t compressed = 0;
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.image/1");
    json_str(&out, "name", image->name);
    json_str(&out, "transport", image->transport);
    json_digest(&out, "digest", image->has_digest ? &image->digest : NULL);
    json_digest(&out, "config_digest", &image->config_digest);
    json_str(&out, "platform", platform_print(arena, &image->config->platform));
    config_json(&out, image->config);
    json_list(&out, "layers");
    VEC_EACH(struct image_layer, layer, image->layers) {
        json_object(&out, NULL);
        json_digest(&out, "diff_id", &layer->diff_id);
        json_digest(&out, "digest", layer->has_digest ? &layer->digest : NULL);
        json_str(&out, "media_type", layer->media_type);
        json_u64(&out, "compressed_size", layer->blob.size);
        compressed += layer->blob.size;
        json_end_object(&out);
    }
    json_end_list(&out);
    json_u64(&out, "compressed_size", compressed);
    json_end_object(&out);
    return buf_str(&out.buf);
}

static void paint_line(struct paint *paint, const char *label, str text)
{
    if (!text.len)
        return;
    paint_fmt(paint, INK_DIM, "%-12s", label);
    paint_text(paint, INK_PLAIN, text);
    paint_z(paint, INK_PLAIN, "\n");
}

static void paint_list(struct paint *paint, const char *label, const struct strs *list)
{
    VEC_EACH(str, item, *list) {
        paint_line(paint, item == list->at ? label : "", *item);
    }
}

str report_image(struct arena *arena, const struct image *image, bool json,
                 const struct report_style *style)
{
    if (json)
        return image_json(arena, image);
    struct paint paint = paint_init(arena, style);
    const struct image_config *config = image->config;
    paint_line(&paint, "image", image->name);
    paint_line(&paint, "from", image->transport);
    if (image->has_digest)
        paint_line(&paint, "digest", digest_print(arena, image->digest));
    paint_line(&paint, "config", digest_print(arena, image->config_digest));
    paint_line(&paint, "platform", platform_print(arena, &config->platform));
    paint_line(&paint, "created", config->created);
    paint_line(&paint, "user", config->user.len ? config->user : STR("root"));
    paint_line(&paint, "directory", config->working_dir);
    paint_list(&paint, "entrypoint", &config->entrypoint);
    paint_list(&paint, "cmd", &config->cmd);
    paint_list(&paint, "env", &config->env);
    paint_list(&paint, "ports", &config->ports);
    paint_list(&paint, "volumes", &config->volumes);
    VEC_EACH(struct name_value, label, config->labels) {
        str text = str_fmt(arena, "%.*s=%.*s", STR_ARG(label->name), STR_ARG(label->value));
        paint_line(&paint, label == config->labels.at ? "labels" : "", text);
    }
    paint_fmt(&paint, INK_BOLD, "\n%" PRIu32 " layers, the lowest first\n", image->layers.count);
    VEC_EACH(struct image_layer, layer, image->layers) {
        paint_size(&paint, INK_PLAIN, layer->blob.size);
        paint_fmt(&paint, INK_PLAIN, "  sha256:%.12s  ", digest_hex(layer->diff_id).z);
        paint_text(&paint, INK_DIM, layer->media_type);
        paint_z(&paint, INK_PLAIN, "\n");
    }
    return buf_str(&paint.out);
}

/* -- prune ------------------------------------------------------------------------------------- */

str report_pruned(struct arena *arena, const struct store_pruned *pruned, bool dry, bool json,
                  const struct report_style *style)
{
    if (json) {
        struct json_out out = json_out_init(arena, true);
        json_object(&out, NULL);
        json_z(&out, "schema", "plimsoll.pruned/1");
        json_bool(&out, "dry_run", dry);
        json_u64(&out, "blobs", pruned->blobs);
        json_u64(&out, "notes", pruned->notes);
        json_u64(&out, "bytes", pruned->bytes);
        json_end_object(&out);
        return buf_str(&out.buf);
    }
    struct paint paint = paint_init(arena, style);
    paint_fmt(&paint, INK_PLAIN, "%s %.*s: %" PRIu64 " blobs, %" PRIu64 " notes\n",
              dry ? "would give back" : "gave back", STR_ARG(size_print(arena, pruned->bytes)),
              pruned->blobs, pruned->notes);
    return buf_str(&paint.out);
}
