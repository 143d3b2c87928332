#include "rules/families.h"

/* A program that one layer brought and a later one strips or packs is in the image twice. */

/* Does the step itself write the path, so that no other layer holds it? */
static bool writes(const struct step_facts *step, str path)
{
    VEC_EACH(struct trace, trace, step->traces) {
        bool brings = trace->kind != TRACE_REMOVED && trace->kind != TRACE_MOVED;
        if (brings && (str_eq(trace->path, path) || (trace->tree && path_is_in(path, trace->path))))
            return true;
    }
    return false;
}

/* What an earlier step of the shipped image wrote there; NULL when nothing known did. */
static const struct trace *writer_of(const struct facts *facts, const struct step_facts *step,
                                     str path)
{
    for (const struct step_facts *at = step; at-- > step_look_first(facts, step);) {
        const struct stage_facts *stage = step_stage(facts, at);
        if (!stage || !stage->ships)
            continue;
        VEC_EACH(struct trace, trace, at->traces) {
            bool brings = trace->kind == TRACE_COPY || trace->kind == TRACE_DOWNLOAD ||
                          trace->kind == TRACE_UNPACK || trace->kind == TRACE_BUILD;
            bool here = str_eq(trace->path, path) ||
                        (trace->tree && trace->path.len > 1 && path_is_in(path, trace->path));
            if (brings && here && !trace->guess)
                return trace;
        }
    }
    return NULL;
}

/* Does the step do nothing that could have made the file anew? */
static bool only_rewrites(const struct step_facts *step)
{
    for (uint32_t i = 0; i < step->command_count; i++)
        if (!STR_IN(step->commands[i].name, "strip", "upx", "gzip", "bzip2", "xz", "zstd", "set",
                    "chmod", "chown", "ls", "echo", "true", "cd", "mkdir", "file", "rm", "apk",
                    "apt-get"))
            return false;
    return true;
}

static void check_rewrite(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command)
{
    const struct stage_facts *stage = step_stage(facts, step);
    if (!STR_IN(command->name, "strip", "upx", "gzip", "bzip2", "xz", "zstd") || !stage ||
        !stage->ships || command->pipeline_length > 1 || command->argv.count > LOOK_STEPS_MAX ||
        !only_rewrites(step))
        return;
    struct shell_words operands = shell_operands(facts->arena, command, false);
    VEC_EACH(struct shell_word, word, operands) {
        str path = word->known ? step_path(facts, step, word->value) : STR("");
        if (!path.len || writes(step, path))
            continue;
        const struct trace *writer = writer_of(facts, step, path);
        if (!writer)
            continue;
        found(sink, command->at, "'%.*s' is in the image twice: as it is here, and as it was",
              STR_ARG(path));
        found_related(sink, writer->at, "this layer keeps the larger one");
        return;
    }
}

static void check_rewrites(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_rewrite);
}

RULE_FAMILY(
    layers_rewritten,
    {.name = "layers/rewritten",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s20 s5",
     .what = "a RUN strips or packs what an earlier layer brought",
     .why = "the earlier layer keeps the file as it was: the image grows by the small one instead "
            "of shrinking",
     .how = "strip it where it is made, before COPY --from takes it",
     .source = "OCI image specification: a layer can hide a file, not give its bytes back",
     .dockerfile = check_rewrites});
