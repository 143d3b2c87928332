#include "rules/families.h"

/* What a RUN brings, uses, and forgets: archives that were extracted, and files in /tmp. */

static bool ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships;
}

static bool is_archive(str path)
{
    static const char *const ends[] = {".tar", ".gz",  ".tgz", ".bz2", ".tbz2", ".xz",
                                       ".txz", ".zip", ".zst", ".deb", ".rpm",  ".7z",
                                       ".run", ".bin", ".whl", ".apk"};
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(path, str_from(ends[i])))
            return true;
    return false;
}

/* Does some command behind the trace take its path away, by name, by glob or with its directory? */
static bool is_removed(const struct step_facts *step, const struct trace *trace)
{
    VEC_EACH(struct trace, other, step->traces) {
        if ((other->kind == TRACE_REMOVED || other->kind == TRACE_MOVED) &&
            other->at.start >= trace->at.start && trace_covers(other->path, trace->path))
            return true;
    }
    return false;
}

/* A removal whose words are not known might take anything: find -delete, rm of a variable. */
static bool removes_unknown(const struct step_facts *step, const struct trace *trace)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        if (command->at.start < trace->at.start)
            continue;
        if (str_eq(command->name, STR("find")) && shell_option(command, "-delete"))
            return true;
        if (!str_eq(command->name, STR("rm")))
            continue;
        if (command->via & (SHELL_VIA_FIND | SHELL_VIA_XARGS))
            return true;
        uint32_t known = 0, operands = 0;
        VEC_EACH(struct shell_word, word, command->argv) {
            operands += !str_starts(word->raw, STR("-"));
        }
        VEC_EACH(struct trace, other, step->traces) {
            known += other->command == command && other->kind == TRACE_REMOVED;
        }
        if (known + 1 < operands)
            return true;
    }
    return false;
}

static bool removed_later(const struct facts *facts, const struct step_facts *step,
                          const struct trace *trace)
{
    for (const struct step_facts *next = step + 1; next < step_look_end(facts, step); next++) {
        if (!ships(facts, next))
            continue;
        VEC_EACH(struct trace, other, next->traces) {
            if ((other->kind == TRACE_REMOVED || other->kind == TRACE_MOVED) &&
                trace_covers(other->path, trace->path))
                return true;
        }
    }
    return false;
}

/* More text than the rest of any file that a person wrote. */
enum { LOOK_BYTES_MAX = 1 << 16, ARCHIVES_MAX = 32 };

static bool used_later(const struct facts *facts, const struct step_facts *step, str path)
{
    size_t seen = 0;
    for (const struct step_facts *next = step + 1; next < step_look_end(facts, step); next++) {
        const struct instruction *at = next->instruction;
        seen += at->logical.text.len;
        if (seen > LOOK_BYTES_MAX)
            return true;
        if (step_mentions(facts, next, path) || str_has(at->logical.text, str_basename(path)))
            return true;
    }
    return false;
}

/* -- archives ---------------------------------------------------------------------------------- */

/* The command of the same RUN that extracts or installs the file. */
static const struct shell_command *extractor_of(const struct step_facts *step,
                                                const struct trace *trace)
{
    str name = str_basename(trace->path);
    size_t variable = str_find_char(name, '$');
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        bool extracts =
            STR_IN(command->name, "tar", "bsdtar", "unzip", "7z", "dpkg", "rpm", "gdebi") ||
            step->packages[k].verb == PACKAGE_INSTALL;
        if (!extracts || command->at.start <= trace->at.start)
            continue;
        VEC_EACH(struct shell_word, word, command->argv) {
            str text = word->known ? word->value : word->raw;
            if (str_starts(text, STR("\"")))
                text = str_slice(text, 1, text.len - 1);
            str other = str_basename(text);
            bool glob = str_starts(other, STR("*.")) && str_ends(name, str_from_index(other, 1));
            bool start = variable != STR_MISSING && variable > 0 &&
                         str_starts(other, str_slice(name, 0, variable + 1));
            if (str_eq(other, name) || glob || start)
                return command;
        }
    }
    return NULL;
}

static bool can_append(const struct step_facts *step)
{
    return step->script && !step->script->comments.count && !step->instruction->json &&
           (!step->instruction->heredocs.count || step->script_is_heredoc);
}

static void check_archive_step(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->packages || !ships(facts, step))
        return;
    uint32_t left = ARCHIVES_MAX;
    VEC_EACH(struct trace, trace, step->traces) {
        if (trace->kind == TRACE_DOWNLOAD && !left--)
            return;
        const struct shell_command *extractor =
            trace->kind == TRACE_DOWNLOAD && is_archive(trace->path) ? extractor_of(step, trace)
                                                                     : NULL;
        if (!extractor || is_removed(step, trace) || removes_unknown(step, trace) ||
            removed_later(facts, step, trace) || used_later(facts, step, trace->path))
            continue;
        found(sink, trace->at, "'%.*s' is unpacked, and stays in the image",
              STR_ARG(str_basename(trace->path)));
        found_related(sink, extractor->at, "unpacked here");
        if (!can_append(step) || str_has_char(trace->path, '$'))
            continue;
        found_fix(sink, "Remove it in the same RUN");
        struct edit edit =
            run_append_edit(facts, step, NULL, str_cat(sink->arena, STR("rm "), trace->path));
        found_edit(sink, edit.at, edit.text);
    }
}

static void check_archives(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_archive_step);
}

/* -- /tmp -------------------------------------------------------------------------------------- */

static bool is_temporary(str path)
{
    return str_starts(path, STR("/tmp/")) || str_starts(path, STR("/var/tmp/"));
}

static void check_temporary_step(const struct facts *facts, struct rule_sink *sink,
                                 const struct step_facts *step)
{
    if (!step_is_run(facts, step) || !step->packages || !ships(facts, step))
        return;
    uint32_t left = ARCHIVES_MAX;
    VEC_EACH(struct trace, trace, step->traces) {
        bool big = trace->kind == TRACE_DOWNLOAD || trace->kind == TRACE_CLONE ||
                   (trace->kind == TRACE_UNPACK && !trace->guess);
        bool archive =
            trace->kind == TRACE_DOWNLOAD && is_archive(trace->path) && extractor_of(step, trace);
        if (big && !left--)
            return;
        if (!big || archive || !is_temporary(trace->path) || trace_is_small(trace) ||
            is_removed(step, trace) || removes_unknown(step, trace) ||
            removed_later(facts, step, trace) || used_later(facts, step, trace->path))
            continue;
        found(sink, trace->at, "'%.*s' is left in the image", STR_ARG(trace->path));
        if (!can_append(step) || str_has_char(trace->path, '$'))
            return;
        found_fix(sink, "Remove it in the same RUN");
        struct edit edit =
            run_append_edit(facts, step, NULL, str_cat(sink->arena, STR("rm -rf "), trace->path));
        found_edit(sink, edit.at, edit.text);
        return;
    }
}

static void check_temporaries(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_RUN, check_temporary_step);
}

RULE_FAMILY(layers_left,
            {.name = "layers/archive-left",
             .aka = "",
             .severity = SEVERITY_WARNING,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s3",
             .what = "an archive or package is downloaded, unpacked and kept",
             .why = "its bytes are in the image twice: packed and unpacked",
             .how = "&& rm the archive, curl ... | tar xz, or ADD --checksum with --unpack",
             .source = "guide: Chain Cleanup in Same Layer",
             .dockerfile = check_archives},
            {.name = "layers/temp-left",
             .aka = "",
             .severity = SEVERITY_WARNING,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s1 s3",
             .what = "downloads and source trees are left in /tmp",
             .why = "a layer keeps /tmp like any other directory",
             .how = "rm -rf in the same RUN, or RUN --mount=type=tmpfs,target=/tmp",
             .source = "guide: Combining RUN Commands cleans /tmp and /var/tmp",
             .dockerfile = check_temporaries});
