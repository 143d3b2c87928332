#include "cli/analyze_args.h"

#include "base/arena.h"
#include "base/io.h"
#include "base/limits.h"

bool analyze_source_is_engine(str source)
{
    return STR_IN(source, "docker", "docker-archive", "podman");
}

bool analyze_source(struct ctx *ctx, const struct analyze_args *args,
                    const struct dockerfile **out_file, struct err *err)
{
    str path = args->file, text;
    *out_file = NULL;
    bool folder = args->source.len && !analyze_source_is_engine(args->source);
    if (!path.len && !folder)
        return true;
    if (!path.len) {
        str dir = args->source;
        while (dir.len > 1 && str_ends(dir, STR("/")))
            dir = str_slice(dir, 0, dir.len - 1);
        path = str_eq(dir, STR(".")) ? STR("Dockerfile")
                                     : str_fmt(ctx->arena, "%.*s/Dockerfile", STR_ARG(dir));
    }
    if (!file_read(ctx->arena, ctx->host.cwd_fd, path, LIMIT_LINT_FILE, &text, err)) {
        err_hint(err, "--source is the folder that holds the Dockerfile, --file the file itself");
        return false;
    }
    *out_file = dockerfile_parse(ctx->arena, source_new(ctx->arena, path, text));
    return true;
}
