#include "cli/image_arg.h"

#include "base/num.h"
#include "report/report.h"

/* plimsoll history: layers and the instruction that made each, as docker prints them. */

struct history_args {
    struct image_args image;
    struct opt_list images;
    str format;
    uint64_t threads;
    bool human, no_trunc;
};

#define AT(field) offsetof(struct history_args, field)
static const struct opt opts[] = {
    IMAGE_OPTS,
    {"format", 0, OPT_STRING, AT(format), "TEMPLATE",
     "'json', 'table', or fields as docker has them: '{{.ID}} {{.Size}}', '{{json .}}'"},
    {"human", 'H', OPT_FLAG, AT(human), NULL,
     "sizes and times for people; --human=false gives bytes and dates"},
    {"no-trunc", 0, OPT_FLAG, AT(no_trunc), NULL, "cut nothing"},
    {"threads", 0, OPT_INT, AT(threads), "N", "workers; one a core when not given"},
};
static const struct history_args defaults = {.human = true};

static void set_time(const struct host *host, struct history_row *row, str created)
{
    row->created = created;
    if (!time_parse(created, &row->created_s))
        row->created_s = HISTORY_NO_TIME;
    if (host->offset_s)
        row->offset_s = host->offset_s(row->created_s);
}

static void set_layer(struct history_row *row, const struct read_image *read, uint32_t layer)
{
    const struct image_layer *image_layer = &read->image.layers.at[layer];
    row->size = read->layers[layer].report.file_bytes;
    row->diff_id = image_layer->diff_id;
    row->blob = image_layer->digest;
    row->has_digest = image_layer->has_digest;
}

/* Rows from the oldest to the newest, then turned. Where the history does not fit the layers, the
 * layers are told without it. */
static struct history_rows make_rows(struct ctx *ctx, const struct read_image *read)
{
    struct arena *arena = ctx->arena;
    const struct image *image = &read->image;
    const struct image_config *config = image->config;
    struct history_rows rows = {0}, turned = {0};
    uint32_t layer = 0;
    bool fits = image->layers.count ? image->layers.at[0].history >= 0 : true;
    for (uint32_t i = 0; fits && i < config->history.count; i++) {
        const struct image_history *entry = &config->history.at[i];
        struct history_row row = {.created_by = entry->created_by,
                                  .comment = entry->comment,
                                  .empty = entry->empty_layer};
        set_time(&ctx->host, &row, entry->created);
        if (!row.empty)
            set_layer(&row, read, layer++);
        vec_push(arena, &rows, row);
    }
    for (; layer < image->layers.count; layer++) {
        struct history_row row = {.created_by = STR(""), .comment = STR("")};
        set_time(&ctx->host, &row, STR(""));
        set_layer(&row, read, layer);
        vec_push(arena, &rows, row);
    }
    for (uint32_t i = rows.count; i-- > 0;)
        vec_push(arena, &turned, rows.at[i]);
    return turned;
}

static bool run_history(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct history_args *args = raw_args;
    struct read_image read;
    str text;
    if (!image_arg_open(ctx, &args->image, args->images.at[0], &read.image, err) ||
        !image_arg_read(ctx, &args->image, (unsigned)args->threads, &read, err))
        return false;
    struct history_rows rows = make_rows(ctx, &read);
    const struct history_style style = {.now_s = ctx->host.now_s,
                                        .human = args->human,
                                        .whole = args->no_trunc,
                                        .ids_only = ctx->common.quiet,
                                        .image_id = read.image.config_digest,
                                        .template = args->format};
    *out_exit = EXIT_CLEAN;
    if (str_eq(args->format, STR("json")))
        return ctx_print(ctx, report_history_json(ctx->arena, &rows), err);
    return report_history(ctx->arena, &rows, &style, &text, err) && ctx_print(ctx, text, err);
}

const struct command cmd_history = {
    .name = "history",
    .summary = "layers and the instruction that made each",
    .operands = "IMAGE",
    .about =
        "Print what 'docker history' prints, byte for byte, of any image that 'plimsoll analyze' "
        "takes: newest first, the size of a layer being the bytes of its regular files. -q prints "
        "ids only; --format takes docker's templates, and json for one document.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct history_args),
    .defaults = &defaults,
    .formats = "table|json",
    .operands_offset = AT(images),
    .operands_min = 1,
    .operands_max = 1,
    .examples = "plimsoll history image.tar\tas docker prints it\n"
                "plimsoll history image.tar --no-trunc --format '{{.CreatedBy}}'\tthe "
                "instructions, whole\n",
    .run = run_history,
};
