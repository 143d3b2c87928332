#include "oci/documents.h"
#include "oci/oci.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/nameless.h"
#include "data/data.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Images as an OCI layout, in a directory or as a tar archive; with a manifest.json in front of it
 * `docker load` takes it, as what docker 25 saves.
 *
 *   oci-layout  blobs/sha256/..  index.json  [manifest.json]
 *
 * An archive has the same bytes each time: no dates, files in the order of the images. It is a
 * nameless file until it is whole. In a directory blobs stand before the index that names them.
 */

struct saving {
    struct arena *arena;
    const struct image_save *save;
    struct map written; /* hexadecimal digests */
    int folder_fd;      /* the layout, or what holds the archive */
    int blobs_fd;
    int fd; /* of the archive */
    struct strs manifests;
    struct json_out docker; /* manifest.json */
};

#define LAYOUT_TEXT STR("{\"imageLayoutVersion\":\"1.0.0\"}")

/* -- a file ------------------------------------------------------------------------------------ */

static bool add_bytes(void *to, str bytes, struct err *err)
{
    return fd_write_all(*(int *)to, bytes, err);
}

static bool add_header(struct saving *saving, const struct tar_entry *entry, struct err *err)
{
    struct arena *scratch = saving->arena;
    struct arena_mark mark = arena_mark(scratch);
    struct buf out = buf_init(scratch, LIMIT_TAR_HEADER);
    tar_write_header(&out, entry);
    bool good = fd_write_all(saving->fd, buf_str(&out), err);
    arena_rewind(scratch, mark);
    return good;
}

static bool add_file(struct saving *saving, str path, const struct image_part *part,
                     struct err *err)
{
    struct tar_entry entry = {.path = path, .size = part->size, .stored = part->size, .mode = 0644};
    struct byte_sink sink = {add_bytes, &saving->fd};
    return add_header(saving, &entry, err) && image_part_copy(part, &sink, err) &&
           fd_write_all(saving->fd, tar_padding(part->size), err);
}

static bool add_folder(struct saving *saving, const char *path, struct err *err)
{
    struct tar_entry entry = {.path = str_from(path), .type = TAR_DIRECTORY, .mode = 0755};
    return add_header(saving, &entry, err);
}

static bool add_text(struct saving *saving, const char *path, str text, struct err *err)
{
    if (saving->save->form == IMAGE_OCI)
        return file_replace(saving->folder_fd, str_from(path), text, err);
    return add_file(saving, str_from(path), &(struct image_part){.text = text, .size = text.len},
                    err);
}

static bool keep_blob(struct saving *saving, str hex, const struct image_part *part,
                      struct err *err)
{
    struct stat stat;
    if (path_stat(saving->blobs_fd, hex, &stat) && S_ISREG(stat.st_mode) &&
        (uint64_t)stat.st_size == part->size)
        return true;
    AUTO(nameless) struct nameless file = {.fd = -1};
    struct byte_sink sink = {add_bytes, &file.fd};
    return nameless_open(saving->blobs_fd, &file, err) && image_part_copy(part, &sink, err) &&
           nameless_keep(&file, hex, err);
}

static bool add_blob(struct saving *saving, const struct image_part *part, struct err *err)
{
    str hex = str_copy(saving->arena, str_from(digest_hex(part->digest).z));
    if (map_has(&saving->written, hex))
        return true;
    map_set(saving->arena, &saving->written, hex, NULL);
    if (saving->save->form == IMAGE_OCI)
        return keep_blob(saving, hex, part, err);
    return add_file(saving, str_fmt(saving->arena, "blobs/sha256/%.*s", STR_ARG(hex)), part, err);
}

/* -- an image ---------------------------------------------------------------------------------- */

/* One entry of the index for each name; one without where it has none. */
static void name_manifest(struct saving *saving, const struct image *image, struct descriptor *root,
                          const struct strs *names)
{
    VEC_EACH(str, name, *names) {
        root->image_name = root->ref_name = *name;
        vec_push(saving->arena, &saving->manifests, descriptor_print(saving->arena, root));
    }
    if (names->count)
        return;
    bool tag_alone = image->tags.count && str_eq(image->transport, STR("oci"));
    root->ref_name = tag_alone ? image->tags.at[0] : STR("");
    vec_push(saving->arena, &saving->manifests, descriptor_print(saving->arena, root));
}

static str blob_path(struct arena *arena, digest id)
{
    return str_fmt(arena, "blobs/sha256/%s", digest_hex(id).z);
}

/* Its row of manifest.json. */
static void tell_docker(struct saving *saving, const struct image *image,
                        const struct image_parts *parts, const struct strs *names)
{
    struct json_out *out = &saving->docker;
    json_object(out, NULL);
    json_str(out, "Config", blob_path(saving->arena, image->config_digest));
    json_list(out, "RepoTags");
    VEC_EACH(str, name, *names) {
        struct reference reference;
        struct err unheard = {0};
        if (reference_parse(saving->arena, *name, &reference, &unheard))
            json_str(out, NULL, reference_familiar(saving->arena, &reference));
    }
    json_end_list(out);
    json_list(out, "Layers");
    VEC_EACH(digest, id, parts->layers) {
        json_str(out, NULL, blob_path(saving->arena, *id));
    }
    json_end_list(out);
    json_end_object(out);
}

static bool add_image(struct saving *saving, const struct image *image, struct err *err)
{
    struct image_parts parts;
    if (!image_parts_of(saving->arena, image, &parts, err))
        return false;
    VEC_EACH(struct image_part, part, parts.list) {
        if (!add_blob(saving, part, err))
            return false;
    }
    struct strs names = image_full_names(saving->arena, image);
    name_manifest(saving, image, &parts.root, &names);
    tell_docker(saving, image, &parts, &names);
    return true;
}

static bool add_images(struct saving *saving, struct err *err)
{
    saving->docker = json_out_init(saving->arena, false);
    json_list(&saving->docker, NULL);
    for (uint32_t i = 0; i < saving->save->count; i++)
        if (!add_image(saving, &saving->save->images[i], err))
            return err_wrap(err, "image '%.*s'", STR_ARG(saving->save->images[i].name));
    json_end_list(&saving->docker);
    return true;
}

/* -- the archive ------------------------------------------------------------------------------- */

static bool write_archive(struct saving *saving, struct err *err)
{
    return add_folder(saving, "blobs", err) && add_folder(saving, "blobs/sha256", err) &&
           add_images(saving, err) && add_text(saving, "oci-layout", LAYOUT_TEXT, err) &&
           add_text(saving, "index.json", index_print(saving->arena, &saving->manifests), err) &&
           (saving->save->form != IMAGE_DOCKER_ARCHIVE ||
            add_text(saving, "manifest.json", buf_str(&saving->docker.buf), err)) &&
           fd_write_all(saving->fd, tar_end(), err);
}

static bool save_archive(struct saving *saving, str path, struct err *err)
{
    AUTO(nameless) struct nameless file = {.fd = -1};
    str folder = str_dirname(path);
    if (!folder.len)
        folder = str_starts(path, STR("/")) ? STR("/") : STR(".");
    AUTO(fd) int folder_fd = dir_open(AT_FDCWD, folder, err);
    if (folder_fd < 0 || !nameless_open(folder_fd, &file, err))
        return false;
    saving->fd = file.fd;
    return write_archive(saving, err) && nameless_replace(&file, str_basename(path), err);
}

/* -- the directory ----------------------------------------------------------------------------- */

/* What the layout has already stays in its index, but for what is named anew. */
static bool take_old(struct saving *saving, struct err *err)
{
    struct descriptors old, added = {0};
    struct stat stat;
    struct strs all = {0};
    str text;
    if (!path_stat(saving->folder_fd, STR("index.json"), &stat))
        return true;
    if (!file_read_beneath(saving->arena, saving->folder_fd, STR("index.json"), LIMIT_MANIFEST,
                           &text, err) ||
        !index_parse(saving->arena, text, &old, err) ||
        !index_parse(saving->arena, index_print(saving->arena, &saving->manifests), &added, err))
        return err_wrap(err, "index.json of '%.*s'", STR_ARG(saving->save->path));
    VEC_EACH(struct descriptor, descriptor, old) {
        bool replaced = false;
        VEC_EACH(struct descriptor, other, added) {
            replaced =
                replaced || (str_eq(other->ref_name, descriptor->ref_name) &&
                             (other->ref_name.len || digest_eq(other->digest, descriptor->digest)));
        }
        if (!replaced)
            vec_push(saving->arena, &all, descriptor->text);
    }
    VEC_EACH(str, entry, saving->manifests) {
        vec_push(saving->arena, &all, *entry);
    }
    saving->manifests = all;
    return true;
}

static bool is_layout_or_empty(struct saving *saving, struct err *err)
{
    struct stat stat;
    struct dir_names names;
    if (path_stat(saving->folder_fd, STR("oci-layout"), &stat))
        return true;
    if (!dir_list(saving->arena, saving->folder_fd, &names, err))
        return false;
    if (!names.count)
        return true;
    err_set(err, ERR_USAGE, "'%.*s' has files, but is no OCI layout", STR_ARG(saving->save->path));
    return err_hint(err, "name a new or empty directory, or --as docker-archive and a file");
}

static bool save_folder(struct saving *saving, str path, struct err *err)
{
    if (!dirs_make(AT_FDCWD, path, err))
        return false;
    AUTO(fd) int folder_fd = dir_open(AT_FDCWD, path, err);
    saving->folder_fd = folder_fd;
    if (folder_fd < 0 || !is_layout_or_empty(saving, err) ||
        !dirs_make(folder_fd, STR("blobs/sha256"), err))
        return false;
    AUTO(fd) int blobs_fd = dir_open(folder_fd, STR("blobs/sha256"), err);
    saving->blobs_fd = blobs_fd;
    return blobs_fd >= 0 && add_images(saving, err) && take_old(saving, err) &&
           add_text(saving, "index.json", index_print(saving->arena, &saving->manifests), err) &&
           add_text(saving, "oci-layout", LAYOUT_TEXT, err);
}

bool images_save(struct arena *arena, const struct image_save *save, struct err *err)
{
    struct saving saving = {
        .arena = arena, .save = save, .folder_fd = -1, .blobs_fd = -1, .fd = save->fd};
    bool good = save->form == IMAGE_OCI ? save_folder(&saving, save->path, err)
                : save->fd >= 0         ? write_archive(&saving, err)
                                        : save_archive(&saving, save->path, err);
    return good || err_wrap(err, "saving to '%.*s'", STR_ARG(save->path));
}
