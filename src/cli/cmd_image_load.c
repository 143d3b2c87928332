#include "cli/image_arg.h"

#include "archive/archive.h"
#include "base/arena.h"
#include "base/io.h"
#include "base/nameless.h"
#include "base/num.h"
#include "registry/registry.h"
#include "report/report.h"

#include <fcntl.h>
#include <unistd.h>

/* plimsoll image load and image save: images of archives and layouts, into the store and out of
 * it. */

struct load_args {
    struct image_args image;
    struct opt_list names;
    str output, tag;
    unsigned form; /* enum image_form */
};

#define AT(field) offsetof(struct load_args, field)

/* -- load -------------------------------------------------------------------------------------- */

enum { SPOOL_BYTES = 1 << 20 };

/* What comes by a pipe is read from a nameless file of the store: an archive is read from its end
 * too. */
static bool spool_input(struct ctx *ctx, const struct image_args *args, struct nameless *file,
                        str *out_name, struct err *err)
{
    str path = args->store.len ? args->store : store_path_default(ctx->arena, &ctx->host);
    AUTO(fd) int folder_fd = dir_open(AT_FDCWD, path, err);
    if (folder_fd < 0 || !nameless_open(folder_fd, file, err))
        return false;
    char *piece = arena_alloc(ctx->arena, SPOOL_BYTES, 1);
    ssize_t got;
    while ((got = read(STDIN_FILENO, piece, SPOOL_BYTES)) > 0)
        if (!fd_write_all(file->fd, (str){piece, (size_t)got}, err))
            return err_wrap(err, "standard input");
    if (got < 0)
        return err_sys(err, "cannot read standard input");
    *out_name = str_fmt(ctx->arena, "/proc/self/fd/%d", file->fd);
    return true;
}

struct loading {
    struct store *store;
    struct store_writer *writer;
    struct registry_moved moved;
};

static bool add_to_store(void *to, str bytes, struct err *err)
{
    return store_write_add(((struct loading *)to)->writer, bytes, err);
}

static bool load_part(struct loading *loading, const struct image_part *part, struct err *err)
{
    bool found;
    struct blob blob;
    struct byte_sink sink = {add_to_store, loading};
    if (!store_find_blob(loading->store, part->digest, &found, &blob, err))
        return false;
    if (found) {
        fd_cleanup(&blob.fd);
        loading->moved.present++;
        return true;
    }
    if (!store_write_begin(loading->store, &loading->writer, err))
        return false;
    if (!image_part_copy(part, &sink, err)) {
        store_write_drop(loading->writer);
        return false;
    }
    loading->moved.blobs++;
    loading->moved.bytes += part->size;
    return store_write_end(loading->writer, &part->digest, NULL, err);
}

/* What it is to be called. */
static bool names_of(struct ctx *ctx, const struct load_args *args, const struct image *image,
                     struct strs *out_names, struct err *err)
{
    str name;
    *out_names = image_full_names(ctx->arena, image);
    if (!args->tag.len && out_names->count)
        return true;
    if (!args->tag.len) {
        err_set(err, ERR_USAGE, "'%.*s' does not say what the image is called",
                STR_ARG(image->name));
        return err_hint(err, "--tag NAME[:TAG] gives it a name");
    }
    *out_names = (struct strs){0};
    if (!image_arg_name(ctx, args->tag, &name, err))
        return false;
    vec_push(ctx->arena, out_names, name);
    return true;
}

static bool load_image(struct ctx *ctx, const struct load_args *args, struct store *store,
                       const struct image *image, struct moved_images *moved, struct err *err)
{
    struct image_parts parts;
    struct strs names;
    struct loading loading = {.store = store, .moved = {.from = args->names.at[0]}};
    if (!names_of(ctx, args, image, &names, err) || !image_parts_of(ctx->arena, image, &parts, err))
        return false;
    VEC_EACH(struct image_part, part, parts.list) {
        if (!load_part(&loading, part, err))
            return err_wrap(err, "image '%.*s'", STR_ARG(image->name));
    }
    loading.moved.descriptor = parts.root;
    VEC_EACH(str, name, names) {
        if (!store_tag(store, *name, &parts.root, ctx->host.now_s, err))
            return false;
        loading.moved.name = *name;
        vec_push(ctx->arena, moved, loading.moved);
    }
    ctx_note(ctx, "%.*s: %" PRIu32 " blobs, %.*s; %" PRIu32 " were here", STR_ARG(names.at[0]),
             loading.moved.blobs, STR_ARG(size_print(ctx->arena, loading.moved.bytes)),
             loading.moved.present);
    return true;
}

static bool load_all(struct ctx *ctx, const struct load_args *args, str name, struct store *store,
                     struct err *err)
{
    struct moved_images moved = {0};
    struct image_choice choice;
    uint32_t count;
    if (!image_arg_choice(&args->image, &choice, err) ||
        !images_count(ctx->arena, name, &count, err))
        return false;
    if (args->tag.len && count > 1) {
        err_set(err, ERR_USAGE, "--tag gives one name, and there are %" PRIu32 " images", count);
        return err_hint(err, "name one of them: FILE:NAME, or FILE:@0 for the first");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct image image;
        str one = count > 1 ? str_fmt(ctx->arena, "%.*s:@%" PRIu32, STR_ARG(name), i) : name;
        if (!image_open(ctx->arena, one, &choice, &image, err) ||
            !load_image(ctx, args, store, &image, &moved, err))
            return false;
    }
    return ctx_print(ctx, report_moved(ctx->arena, &moved, false, ctx->common.format == 1), err);
}

static bool run_load(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct load_args *args = raw_args;
    struct store *store;
    AUTO(nameless) struct nameless spooled = {.fd = -1};
    str name = args->names.at[0];
    *out_exit = EXIT_CLEAN;
    if (!image_arg_store(ctx, &args->image, true, &store, err) ||
        (str_eq(name, STR("-")) && !spool_input(ctx, &args->image, &spooled, &name, err)))
        return false;
    return load_all(ctx, args, name, store, err) ||
           (spooled.fd >= 0 && err_wrap(err, "standard input"));
}

static const struct opt load_opts[] = {
    STORE_OPT,
    PLATFORM_OPT,
    {"tag", 't', OPT_STRING, AT(tag), "NAME", "what the image is to be called"},
};

const struct command cmd_image_load = {
    .name = "image load",
    .summary = "take images out of archives, layouts and directories",
    .operands = "FILE|DIR|-",
    .about =
        "Bring all images of an archive (docker save of any age, OCI) or of an OCI layout into "
        "the store; FILE:NAME takes one of several, rootfs:DIR a directory tree as an image of one "
        "layer, - what comes by standard input. Every blob is checked against its digest, and "
        "stays as it is.",
    .opts = load_opts,
    .opt_count = ARRAY_COUNT(load_opts),
    .args_size = sizeof(struct load_args),
    .formats = IMAGE_FORMATS,
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = 1,
    .examples = "plimsoll image load image.tar\twhat docker save wrote\n"
                "cat image.tar | plimsoll image load -\tthe same by a pipe\n"
                "plimsoll image load --tag base rootfs:layout\ta directory as an image\n",
    .run = run_load,
};

/* -- save -------------------------------------------------------------------------------------- */

/* "oci:DIR" says the form too; a directory that is there is a layout. */
static str read_output(const struct load_args *args, unsigned *form)
{
    static const struct {
        const char *prefix;
        enum image_form form;
    } rows[] = {{"oci:", IMAGE_OCI},
                {"oci-archive:", IMAGE_OCI_ARCHIVE},
                {"docker-archive:", IMAGE_DOCKER_ARCHIVE}};
    struct stat stat;
    *form = args->form;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (str_starts(args->output, str_from(rows[i].prefix))) {
            *form = rows[i].form;
            return str_from_index(args->output, str_from(rows[i].prefix).len);
        }
    if (str_ends(args->output, STR("/")) ||
        (path_stat(AT_FDCWD, args->output, &stat) && S_ISDIR(stat.st_mode)))
        *form = IMAGE_OCI;
    return args->output;
}

static bool run_save(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct load_args *args = raw_args;
    struct image *images = NEW_ARRAY(ctx->arena, struct image, args->names.count);
    unsigned form;
    struct image_save save = {.images = images, .count = args->names.count, .fd = -1};
    save.path = read_output(args, &form);
    save.form = (enum image_form)form;
    bool piped = !save.path.len || str_eq(save.path, STR("-"));
    if (piped && (form == IMAGE_OCI || isatty(STDOUT_FILENO))) {
        err_set(err, ERR_USAGE, "an archive is no text for a terminal, and a layout no stream");
        return err_hint(err, "-o FILE names where it goes");
    }
    if (piped) {
        save.fd = STDOUT_FILENO;
        save.path = STR("standard output");
    }
    for (uint32_t i = 0; i < save.count; i++)
        if (!image_arg_open(ctx, &args->image, args->names.at[i], &images[i], err))
            return false;
    *out_exit = EXIT_CLEAN;
    if (!images_save(ctx->arena, &save, err))
        return false;
    ctx_note(ctx, "saved to %.*s", STR_ARG(save.path));
    return true;
}

static const struct opt save_opts[] = {
    IMAGE_OPTS,
    {"output", 'o', OPT_STRING, AT(output), "FILE|DIR", "where to; standard output without it"},
    {"as", 0, OPT_CHOICE, AT(form), "docker-archive|oci-archive|oci",
     "a directory that is there, and DIR/, is taken for a layout"},
};

const struct command cmd_image_save = {
    .name = "image save",
    .summary = "write images as an archive or a layout",
    .operands = "IMAGE...",
    .about =
        "Write images as docker save of docker 25 and newer does: an OCI layout with a "
        "manifest.json, which docker load, podman load, skopeo and dive take. Blobs, manifests and "
        "configs stay byte for byte what they are, so digests and signatures hold. An image "
        "without a manifest is given one. The same images give the same bytes.",
    .opts = save_opts,
    .opt_count = ARRAY_COUNT(save_opts),
    .args_size = sizeof(struct load_args),
    .operands_offset = AT(names),
    .operands_min = 1,
    .operands_max = OPERANDS_ANY,
    .examples = "plimsoll image save image.tar layout -o both.tar\tfor docker load\n"
                "plimsoll image save image.tar -o oci:copy\tas an OCI layout\n",
    .run = run_save,
};
