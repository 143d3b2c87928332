#include "cli/plumbing.h"

#include "base/io.h"
#include "base/limits.h"
#include "data/data.h"
#include "dockerfile/dockerfile.h"

/* plumbing parse: plimsoll.parse/1, the instructions as BuildKit's parser gives them. */

static void put_directives(struct json_out *out, const struct directives *directives)
{
    json_object(out, "directives");
    if (directives->syntax.len)
        json_str(out, "syntax", directives->syntax);
    else
        json_null(out, "syntax");
    if (directives->escape_given)
        json_str(out, "escape", (str){&directives->escape, 1});
    else
        json_null(out, "escape");
    if (directives->check.len)
        json_str(out, "check", directives->check);
    else
        json_null(out, "check");
    json_end_object(out);
}

/* Name, value and what joins them: a pair is three nodes. */
static void put_pairs(struct json_out *out, const struct instruction *in)
{
    VEC_EACH(struct pair, pair, in->pairs) {
        json_str(out, NULL, pair->name);
        json_str(out, NULL, pair->value);
        json_z(out, NULL, in->legacy ? "" : "=");
    }
}

static void put_args(struct json_out *out, const struct instruction *in)
{
    json_list(out, "args");
    if (in->kind == INSTRUCTION_ENV || in->kind == INSTRUCTION_LABEL) {
        put_pairs(out, in);
    } else {
        if (in->kind == INSTRUCTION_HEALTHCHECK && in->healthcheck.len)
            json_str(out, NULL, in->healthcheck);
        if (in->kind == INSTRUCTION_UNKNOWN)
            json_z(out, NULL, ""); /* the builder leaves one empty node */
        VEC_EACH(struct word, word, in->words)
            json_str(out, NULL, word->raw);
    }
    json_end_list(out);
}

/* Bodies are as written: the builder's parser leaves the tabs of <<- in. */
static void put_heredocs(struct json_out *out, const struct source *source,
                         const struct instruction *in)
{
    json_list(out, "heredocs");
    VEC_EACH(struct heredoc, heredoc, in->heredocs) {
        json_object(out, NULL);
        json_str(out, "name", heredoc->name);
        json_bool(out, "expand", heredoc->expand);
        json_bool(out, "strip_tabs", heredoc->strip_tabs);
        json_str(out, "body", source_text(source, heredoc->body_at));
        json_end_object(out);
    }
    json_end_list(out);
}

static void put_instruction(struct arena *arena, struct json_out *out, const struct source *source,
                            const struct instruction *whole)
{
    const struct instruction *in = whole;
    while (in->kind == INSTRUCTION_ONBUILD && in->trigger)
        in = in->trigger;
    bool onbuild = in != whole;
    json_object(out, NULL);
    const char *name = instruction_name(in->kind);
    char *keyword = str_z(arena, in->keyword);
    for (char *c = keyword; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    json_z(out, "instruction", name && *name ? name : keyword);
    json_list(out, "flags");
    VEC_EACH(struct flag, flag, in->flags)
        json_str(out, NULL, flag->text);
    json_end_list(out);
    put_args(out, in);
    json_bool(out, "json", in->json);
    json_bool(out, "onbuild", onbuild);
    put_heredocs(out, source, whole);
    json_u64(out, "line", whole->line);
    json_u64(out, "end_line", whole->end_line);
    json_end_object(out);
}

static void put_file(struct arena *arena, struct json_out *out, const struct dockerfile *file)
{
    json_object(out, NULL);
    json_z(out, "schema", "plimsoll.parse/1");
    json_str(out, "file", file->source->path);
    put_directives(out, &file->directives);
    json_list(out, "instructions");
    VEC_EACH(struct instruction, instruction, file->instructions)
        put_instruction(arena, out, file->source, instruction);
    json_end_list(out);
    json_list(out, "errors");
    VEC_EACH(struct problem, problem, file->problems) {
        if (problem->kind == PROBLEM_EMPTY_CONTINUATION)
            continue; /* a warning, not an error */
        json_object(out, NULL);
        json_u64(out, "line", source_position(file->source, problem->at.start).line);
        json_str(out, "message", problem->message);
        json_end_object(out);
    }
    json_end_list(out);
    json_end_object(out);
}

bool plumbing_parse(struct ctx *ctx, const str *files, size_t count, struct err *err)
{
    static const str standard_input = {"-", 1};
    struct buf all = buf_init(ctx->arena, (size_t)1 << 30);
    for (size_t i = 0; i < (count ? count : 1); i++) {
        str path = count ? files[i] : standard_input, text;
        AUTO(arena) struct arena *item = arena_new(0);
        if (str_eq(path, standard_input)) {
            if (!ctx_stdin(ctx, &text, err))
                return false;
        } else if (!file_read(item, ctx->host.cwd_fd, path, LIMIT_LINT_FILE, &text, err))
            return false;
        struct json_out out = json_out_init(item, false);
        put_file(item, &out, dockerfile_parse(item, source_new(item, path, text)));
        buf_add(&all, str_trim_end(buf_str(&out.buf)));
        buf_add_char(&all, '\n');
    }
    return ctx_print(ctx, buf_str(&all), err);
}
