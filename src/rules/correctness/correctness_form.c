#include "rules/families.h"

/* How instructions are written: case, forms, paths. */

static bool is_upper(str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] >= 'a' && word.at[i] <= 'z')
            return false;
    return true;
}

static bool is_lower(str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] >= 'A' && word.at[i] <= 'Z')
            return false;
    return true;
}

static void check_casing(const struct facts *facts, struct rule_sink *sink)
{
    uint32_t upper = 0, lower = 0;
    VEC_EACH(struct instruction, at, facts->file->instructions) {
        upper += at->kind != INSTRUCTION_UNKNOWN && is_upper(at->keyword);
        lower += at->kind != INSTRUCTION_UNKNOWN && is_lower(at->keyword);
    }
    bool want_lower = lower > upper;
    VEC_EACH(struct instruction, at, facts->file->instructions) {
        if (at->kind == INSTRUCTION_UNKNOWN ||
            (want_lower ? is_lower(at->keyword) : is_upper(at->keyword)))
            continue;
        str name = str_from(instruction_name(at->kind));
        if (want_lower)
            name = str_lower(sink->arena, name);
        found(sink, at->keyword_at, "'%.*s' where the rest of the file writes %s case",
              STR_ARG(at->keyword), want_lower ? "lower" : "upper");
        found_fix(sink, "Write %.*s", STR_ARG(name));
        found_edit(sink, at->keyword_at, name);
    }
}

static void check_legacy_in(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (!at->legacy || at->pairs.count != 1)
        return;
    const struct pair *pair = &at->pairs.at[0];
    found(sink, at->at, "%s without '=': the whole rest of the line is the value",
          instruction_name(at->kind));
    str value = pair->value;
    if (at->line != at->end_line || !value.len)
        return;
    bool bare = true;
    for (size_t i = 0; i < value.len; i++)
        bare = bare &&
               (char_is_alnum(value.at[i]) || str_has_char(STR("_-./:@%+,$={}~"), value.at[i]));
    bool quoted = value.len > 1 && value.at[0] == '"' && value.at[value.len - 1] == '"' &&
                  str_find_char(str_from_index(value, 1), '"') == value.len - 2;
    bool quotable = !str_has_char(value, '"') && !str_has_char(value, '\'') &&
                    !str_has_char(value, facts->file->directives.escape);
    if (!bare && !quoted && !quotable)
        return;
    found_fix(sink, "Write name=value");
    found_edit(sink, (span){pair->name_at.end, pair->value_at.end},
               bare || quoted ? str_cat(sink->arena, STR("="), value)
                              : str_fmt(sink->arena, "=\"%.*s\"", STR_ARG(value)));
}

static void check_legacy(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_ENV, check_legacy_in);
    each_step(facts, sink, INSTRUCTION_LABEL, check_legacy_in);
}

/* -- paths ------------------------------------------------------------------------------------- */

static bool is_absolute(const struct facts *facts, const struct step_facts *step, str path)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool drive = path.len > 1 && char_is_alpha(path.at[0]) && path.at[1] == ':';
    return str_starts(path, STR("/")) || drive || (stage && stage->windows) ||
           str_starts(path, STR("\\"));
}

static void check_workdir_in(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    str path;
    if (!word_value(facts, at, instruction_rest(at), &path) || !path.len || step->workdir_set ||
        is_absolute(facts, step, path) || step->stage == NO_INDEX)
        return;
    found(sink, at->at, "'%.*s' is relative to the base image's own directory", STR_ARG(path));
    bool known = facts->final && step_stage(facts, step) &&
                 step_stage(facts, step)->family == FAMILY_SCRATCH;
    if (!known)
        return;
    found_fix(sink, "Make it absolute");
    found_insert(sink, at->words.at[0].at.start, STR("/"));
}

static void check_workdir(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_WORKDIR, check_workdir_in);
}

static void check_copy_target_in(const struct facts *facts, struct rule_sink *sink,
                                 const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    str goal;
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || at->words.count < 2 ||
        step->workdir_set || step->stage == NO_INDEX ||
        !word_value(facts, at, vec_last(&at->words)->raw, &goal) || !goal.len ||
        is_absolute(facts, step, goal) || str_starts(vec_last(&at->words)->raw, STR("$")))
        return;
    const struct stage_facts *stage = step_stage(facts, step);
    if (stage && stage->family == FAMILY_SCRATCH) /* it has no directory of its own: it is "/" */
        return;
    found(sink, vec_last(&at->words)->at, "'%.*s' is relative, and no WORKDIR says to what",
          STR_ARG(goal));
}

static void check_copy_target(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_copy_target_in);
}

static void check_copy_slash_in(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    uint32_t sources = at->words.count ? at->words.count - 1 : 0;
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || sources < 2)
        return;
    const struct word *goal = vec_last(&at->words);
    if (str_ends(goal->raw, STR("/")) || str_ends(goal->raw, STR("\\")) ||
        str_ends(goal->raw, STR("/\"")) || STR_IN(goal->raw, ".", "..") ||
        str_ends(goal->raw, STR("/.")) || str_has_char(goal->raw, '$'))
        return;
    found(sink, goal->at, "several sources: the target must be a directory and end in '/'");
    found_fix(sink, "Add the slash");
    bool quoted = str_ends(goal->raw, STR("\"")) || at->json;
    found_insert(sink, goal->at.end - quoted, STR("/"));
}

static void check_copy_slash(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_copy_slash_in);
}

/* -- ADD --------------------------------------------------------------------------------------- */

static bool is_archive(str path)
{
    static const char *const endings[] = {".tar",    ".tar.gz", ".tgz",     ".tar.bz2", ".tbz2",
                                          ".tar.xz", ".txz",    ".tar.zst", ".gz",      ".bz2",
                                          ".xz",     ".zst",    ".tar.Z"};
    for (size_t i = 0; i < ARRAY_COUNT(endings); i++)
        if (str_ends(path, str_from(endings[i])))
            return true;
    return false;
}

static void check_add_in(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->words.count < 2 || at->heredocs.count || instruction_flag(at, "checksum"))
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str path;
        if (!word_value(facts, at, at->words.at[i].raw, &path))
            return;
        if (str_has(path, STR("://")) || str_starts(path, STR("git@")) || is_archive(path) ||
            str_ends(path, STR(".git")) || str_has(path, STR(".git#")))
            return;
        /* A glob may name an archive, which ADD unpacks and COPY would not. */
        if (glob_is_pattern(path) && (str_ends(path, STR("*")) || str_has(path, STR(".tar"))))
            return;
    }
    found(sink, at->keyword_at, "ADD of files that COPY would take as they are");
    found_fix(sink, "Use COPY");
    found_edit(sink, at->keyword_at, is_lower(at->keyword) ? STR("copy") : STR("COPY"));
}

static void check_add(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_ADD, check_add_in);
}

/* COPY of an archive that a later RUN of the stage unpacks. */
static void check_copy_archive_in(const struct facts *facts, struct rule_sink *sink,
                                  const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    for (uint32_t i = 0; i + 1 < at->words.count && !instruction_flag(at, "from"); i++) {
        str name = str_basename(at->words.at[i].raw);
        if (!is_archive(name) || (!str_has(name, STR(".tar")) && !str_ends(name, STR("gz"))))
            continue;
        for (uint32_t k = at->index + 1; k < facts->step_count; k++) {
            const struct step_facts *later = &facts->steps[k];
            if (later->stage != step->stage)
                break;
            const struct shell_command *tar = step_find(later, "tar", NULL);
            if (!tar || !str_has(source_text(facts->source, tar->at), name))
                continue;
            found(sink, at->words.at[i].at, "ADD unpacks '%.*s' by itself, without a layer for it",
                  STR_ARG(name));
            found_related(sink, tar->at, "unpacked here");
            return;
        }
    }
}

static void check_copy_archive(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_copy_archive_in);
}

/* -- comments ---------------------------------------------------------------------------------- */

static void check_description(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct comment, comment, facts->file->comments) {
        if (comment->inside || comment->before >= facts->file->instructions.count ||
            !comment->text.len)
            continue;
        const struct instruction *at = &facts->file->instructions.at[comment->before];
        bool adjacent = comment->line + 1 == at->line;
        str name = at->kind == INSTRUCTION_ARG && at->pairs.count ? at->pairs.at[0].name
                   : at->kind == INSTRUCTION_FROM && at->stage < facts->stage_count
                       ? facts->stages[at->stage].stage->name
                       : STR("");
        str rest = comment->text, word;
        if (!adjacent || !name.len || !str_next_word(&rest, &word) || str_eq(word, name))
            continue;
        found(sink, comment->at, "a description of '%.*s' begins with its name", STR_ARG(name));
    }
}

RULE_FAMILY(
    correctness_form,
    {.name = "correctness/casing",
     .aka = "buildkit:ConsistentInstructionCasing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "keywords in mixed case",
     .why = "the eye looks for the other form and misses the instruction",
     .how = "one case, upper by custom",
     .source = "BuildKit check ConsistentInstructionCasing",
     .dockerfile = check_casing},
    {.name = "correctness/legacy-form",
     .aka = "buildkit:LegacyKeyValueFormat",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "ENV name value or LABEL name value",
     .why =
         "the form takes one name only, and the second name on the line becomes part of the value",
     .how = "name=value",
     .source = "BuildKit check LegacyKeyValueFormat",
     .dockerfile = check_legacy},
    {.name = "correctness/workdir-relative",
     .aka = "hadolint:DL3000 buildkit:WorkdirRelativePath trivy:DS009 trivy:DS-0009 "
            "checkov:CKV_DOCKER_10 semgrep:dockerfile.correctness.use-absolute-workdir",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "a first WORKDIR that is relative",
     .why = "it moves when the base image's own directory does",
     .how = "begin with '/'",
     .source = "BuildKit check WorkdirRelativePath",
     .dockerfile = check_workdir},
    {.name = "correctness/copy-relative",
     .aka = "hadolint:DL3045",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "COPY to a relative path, and no WORKDIR",
     .why = "the files land wherever the base image happens to stand, most often in '/'",
     .how = "set WORKDIR first, or begin with '/'",
     .source = "hadolint DL3045",
     .dockerfile = check_copy_target},
    {.name = "correctness/copy-slash",
     .aka = "hadolint:DL3021 trivy:DS011 trivy:DS-0011",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "several sources and a target that does not end in '/'",
     .why = "the build stops here",
     .how = "add the slash",
     .source = "Dockerfile reference, COPY",
     .dockerfile = check_copy_slash},
    {.name = "correctness/add-for-copy",
     .aka = "hadolint:DL3020 trivy:DS005 trivy:DS-0005 checkov:CKV_DOCKER_4 dockle:CIS-DI-0009 "
            "droast:DF006 semgrep:dockerfile.best-practice.prefer-copy-over-add",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "ADD where COPY does the same",
     .why =
         "ADD unpacks archives and fetches addresses: whoever reads it must check that it does not",
     .how = "COPY; keep ADD for archives, addresses and git",
     .source = "Docker: building best practices, ADD or COPY",
     .dockerfile = check_add},
    {.name = "size/archive-copied",
     .aka = "hadolint:DL3010",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s3",
     .what = "an archive is copied in and then unpacked",
     .why = "the archive stays in its layer beside what came out of it",
     .how = "ADD, which unpacks it, or RUN --mount=type=bind",
     .source = "guide: Chain Cleanup in Same Layer",
     .dockerfile = check_copy_archive},
    {.name = "correctness/description",
     .aka = "buildkit:InvalidDefinitionDescription",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .nursery = true,
     .since = "0.1",
     .what = "a comment where the builder looks for a description, in another form",
     .why = "'docker build --call outline' shows no description",
     .how = "begin with the name, or leave an empty line behind the comment",
     .source = "BuildKit check InvalidDefinitionDescription (experimental)",
     .dockerfile = check_description});
