#include "report/paint.h"

#include "data/data.h"
#include "registry/registry.h"

/* What a pull or a push did. */

static str moved_json(struct arena *arena, const struct moved_images *rows, bool push)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", push ? "plimsoll.push/1" : "plimsoll.pull/1");
    json_list(&out, "images");
    VEC_EACH(struct registry_moved, row, *rows) {
        json_object(&out, NULL);
        json_str(&out, "name", row->name);
        json_digest(&out, "digest", &row->descriptor.digest);
        json_str(&out, "media_type", row->descriptor.media_type);
        json_str(&out, push ? "to" : "from", row->from);
        json_u64(&out, "blobs", row->blobs);
        json_u64(&out, "present", row->present);
        if (push)
            json_u64(&out, "mounted", row->mounted);
        json_u64(&out, "bytes", row->bytes);
        json_end_object(&out);
    }
    json_end_list(&out);
    json_end_object(&out);
    return buf_str(&out.buf);
}

str report_moved(struct arena *arena, const struct moved_images *rows, bool push, bool json)
{
    if (json)
        return moved_json(arena, rows, push);
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    VEC_EACH(struct registry_moved, row, *rows) {
        str id = str_fmt(arena, "@sha256:%s", digest_hex(row->descriptor.digest).z);
        buf_fmt(&out, "%.*s%s\n", STR_ARG(row->name),
                str_has(row->name, id) ? "" : str_z(arena, id));
    }
    return buf_str(&out);
}

/* -- what is attached -------------------------------------------------------------------------- */

str report_referrers(struct arena *arena, str name, const struct descriptors *rows, bool json)
{
    struct json_out out = json_out_init(arena, true);
    struct buf lines = buf_init(arena, REPORT_BYTES_MAX);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.referrers/1");
    json_str(&out, "name", name);
    json_list(&out, "referrers");
    VEC_EACH(struct descriptor, row, *rows) {
        str id = digest_print(arena, row->digest);
        json_object(&out, NULL);
        json_str(&out, "digest", id);
        json_str(&out, "artifact_type", row->artifact_type);
        json_str(&out, "media_type", row->media_type);
        json_u64(&out, "size", row->size);
        json_end_object(&out);
        buf_fmt(&lines, "%.*s  %.*s\n", STR_ARG(id),
                STR_ARG(report_escape(arena, row->artifact_type.len ? row->artifact_type
                                                                    : row->media_type)));
    }
    json_end_list(&out);
    json_end_object(&out);
    return buf_str(json ? &out.buf : &lines);
}
