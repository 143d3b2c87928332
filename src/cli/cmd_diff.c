#include "cli/image_arg.h"

#include "base/io.h"
#include "base/num.h"
#include "report/report.h"

#include <stdlib.h>

/* plimsoll diff: what changed between two images, and why one is larger. */

struct diff_args {
    struct image_args image;
    struct opt_list images;
    str max_growth, report;
    uint64_t top, threads;
};

#define AT(field) offsetof(struct diff_args, field)
static const struct opt opts[] = {
    IMAGE_OPTS,
    {"max-growth", 0, OPT_STRING, AT(max_growth), "SIZE|PERCENT",
     "status 1 when B is larger by more, e.g. 5MB or 2%"},
    {"report", 0, OPT_STRING, AT(report), "FILE",
     "write a page for browsers, complete in one file, e.g. diff.html"},
    {"top", 0, OPT_INT, AT(top), "N", "how many rows of each list are shown"},
    {"threads", 0, OPT_INT, AT(threads), "N", "workers; one a core when not given"},
};
static const struct diff_args defaults = {.top = 10};

/* How many bytes B may have more than A. */
static bool read_growth(str text, uint64_t size_a, uint64_t *out_bytes, struct err *err)
{
    str number = str_ends(text, STR("%")) ? str_slice(text, 0, text.len - 1) : STR("");
    char z[32], *end;
    if (!number.len)
        return size_parse(text, out_bytes, err) || err_wrap(err, "--max-growth");
    if (number.len < sizeof(z)) {
        for (size_t i = 0; i < number.len; i++)
            z[i] = number.at[i];
        z[number.len] = '\0';
        double percent = strtod(z, &end);
        if (!*end && percent >= 0 && percent < 1e6) {
            *out_bytes = (uint64_t)(percent / 100 * (double)size_a);
            return true;
        }
    }
    err_set(err, ERR_USAGE, "--max-growth: '%.*s' is no percentage", STR_ARG(text));
    return err_hint(err, "write it as 5MB or as 2%%");
}

/* Say what passed the budget, and what grew most; true when it did. */
static bool tell_growth(struct ctx *ctx, const struct image_diff *diff, uint64_t most)
{
    uint64_t a = diff->side[0]->size, b = diff->side[1]->size;
    if (b <= a || b - a <= most)
        return false;
    const struct diff_cause *worst = NULL;
    VEC_EACH(struct diff_cause, cause, diff->causes) {
        if (cause->bytes > 0 && (!worst || cause->bytes > worst->bytes))
            worst = cause;
    }
    str rest = worst ? worst->name : STR(""), line = STR("");
    str_next_line(&rest, &line);
    struct arena *arena = ctx->arena;
    str why = worst ? str_fmt(arena, "; most of it, %.*s, by '%.*s'",
                              STR_ARG(size_print(arena, (uint64_t)worst->bytes)), STR_ARG(line))
                    : STR("");
    ctx_complain(ctx, str_fmt(arena, "--max-growth: %.*s larger, %.*s allowed%.*s",
                              STR_ARG(size_print(arena, b - a)), STR_ARG(size_print(arena, most)),
                              STR_ARG(report_escape(arena, why))));
    return true;
}

static bool read_side(struct ctx *ctx, const struct diff_args *args, uint32_t index,
                      struct read_image *read, struct err *err)
{
    return image_arg_open(ctx, &args->image, args->images.at[index], &read->image, err) &&
           image_arg_read(ctx, &args->image, (unsigned)args->threads, read, err);
}

static bool run_diff(struct ctx *ctx, const void *raw_args, int *out_exit, struct err *err)
{
    const struct diff_args *args = raw_args;
    struct read_image read[2];
    struct analysis analysis[2];
    uint64_t most = UINT64_MAX;
    for (uint32_t i = 0; i < 2; i++) {
        if (!read_side(ctx, args, i, &read[i], err))
            return false;
        analysis[i] = analyze_image(ctx->arena, &read[i].image, &read[i].view, &read[i].packages);
    }
    if (args->max_growth.len && !read_growth(args->max_growth, analysis[0].size, &most, err))
        return false;
    const struct diff_side a = {&analysis[0], &read[0].packages},
                           b = {&analysis[1], &read[1].packages};
    struct image_diff diff = diff_images(ctx->arena, &a, &b);
    struct report_style style = ctx_style(ctx);
    if (!ctx_print(ctx,
                   report_diff(ctx->arena, &diff, (enum diff_format)ctx->common.format,
                               (uint32_t)args->top, &style),
                   err))
        return false;
    if (args->report.len &&
        !file_replace(ctx->host.cwd_fd, args->report, report_diff_page(ctx->arena, &diff), err))
        return false;
    *out_exit = tell_growth(ctx, &diff, most) ? EXIT_FINDINGS : EXIT_CLEAN;
    return true;
}

const struct command cmd_diff = {
    .name = "diff",
    .summary = "tell what changed between two images, and why one is larger",
    .operands = "A B",
    .about =
        "Compare two images as a container sees them: files added, removed and changed, packages "
        "with their versions, layers, config. Each byte of the difference has a cause: the package "
        "that owns the file, the instruction that wrote it, or that a later layer hides it. Files "
        "that differ in their time only are noise and stand apart.\n\n"
        "A and B are images as 'plimsoll analyze' takes them.",
    .opts = opts,
    .opt_count = ARRAY_COUNT(opts),
    .args_size = sizeof(struct diff_args),
    .defaults = &defaults,
    .formats = DIFF_FORMATS,
    .operands_offset = AT(images),
    .operands_min = 2,
    .operands_max = 2,
    .examples = "plimsoll diff old.tar new.tar\twhat a change costs\n"
                "plimsoll diff old.tar new.tar --max-growth 2%\ta gate for CI\n"
                "plimsoll diff old.tar new.tar --format markdown\tfor a pull request\n",
    .run = run_diff,
};
