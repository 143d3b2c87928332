#include "rules/families.h"
#include "rules/repository.h"

/* An architecture that is written out where the build knows its own. */

struct arch_row {
    const char *name;
    const char *instead; /* a substitution that gives it, where the text can tell; NULL */
    bool debian;         /* the substitution needs dpkg */
};

static const struct arch_row arch_rows[] = {
    {"amd64", "$(dpkg --print-architecture)", true},
    {"x86_64", "$(uname -m)", false},
    {"arm64", "$(dpkg --print-architecture)", true},
    {"aarch64", "$(uname -m)", false},
    {"linux-x64", NULL, false},
};

/* Where this row's name stands in the text as a word of its own; STR_MISSING: nowhere. */
static size_t find_arch(str text, const struct arch_row *row)
{
    str name = str_from(row->name);
    size_t skipped = 0;
    for (;;) {
        size_t at = str_find(str_from_index(text, skipped), name);
        if (at == STR_MISSING)
            return STR_MISSING;
        at += skipped;
        size_t end = at + name.len;
        bool before = at && char_is_alnum(text.at[at - 1]);
        bool after = end < text.len && char_is_alnum(text.at[end]);
        if (!before && !after)
            return at;
        skipped = end;
    }
}

/* The step asks which architecture it is built for, or has a case for more than one. */
static bool asks_architecture(str text)
{
    static const char *const marks[] = {
        "TARGETARCH", "TARGETPLATFORM", "BUILDARCH", "uname",   "print-arch",   "TARGETVARIANT",
        "dpkgArch",   "$ARCH",          "${ARCH",    "$(arch)", "RUNTIME_ARCH", "BUILDPLATFORM"};
    for (size_t i = 0; i < ARRAY_COUNT(marks); i++)
        if (str_has(text, str_from(marks[i])))
            return true;
    bool intel = find_arch(text, &arch_rows[0]) != STR_MISSING ||
                 find_arch(text, &arch_rows[1]) != STR_MISSING;
    bool arm = find_arch(text, &arch_rows[2]) != STR_MISSING ||
               find_arch(text, &arch_rows[3]) != STR_MISSING;
    return intel && arm;
}

/* One Dockerfile an architecture: "docker/arm64v8/Dockerfile", "Dockerfile.amd64". */
static bool is_named_for_one(const struct facts *facts)
{
    static const char *const names[] = {"amd64", "x86_64", "arm64", "aarch64", "arm32", "armhf"};
    str path = facts->source->path, file = str_basename(path);
    str beside = str_basename(str_dirname(path));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (str_has(file, str_from(names[i])) || str_has(beside, str_from(names[i])))
            return true;
    return false;
}

/* A stage that is for one platform by its FROM. */
static bool is_single_platform(const struct stage_facts *stage)
{
    static const char *const prefixes[] = {"amd64/", "arm64v8/", "arm32v7/", "i386/", "ppc64le/"};
    str image = stage->repository, tag = stage->tag;
    if (stage->stage->platform.len || stage->windows)
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++)
        if (str_starts(image, str_from(prefixes[i])))
            return true;
    for (size_t i = 0; i < ARRAY_COUNT(arch_rows); i++)
        if (find_arch(image, &arch_rows[i]) != STR_MISSING ||
            find_arch(tag, &arch_rows[i]) != STR_MISSING)
            return true;
    return false;
}

enum { JOBS_LOOK_MAX = 256 };

/* Does something in the repository build for more than one platform? */
static bool builds_platforms(const struct facts *facts)
{
    uint32_t looked = 0;
    if (!facts->repository)
        return false;
    VEC_EACH(struct check_job *, job, facts->repository->jobs) {
        enum file_kind kind = (*job)->kind;
        bool builds = kind == FILE_GITHUB || kind == FILE_GITLAB || kind == FILE_SHELL ||
                      kind == FILE_MAKE || kind == FILE_COMPOSE;
        if (!builds || !(*job)->source || looked++ >= JOBS_LOOK_MAX)
            continue;
        str text = (*job)->source->text;
        if (str_has(text, STR("linux/arm64")) && str_has(text, STR("linux/amd64")) &&
            str_has(text, STR("platform")))
            return true;
    }
    return false;
}

/* The file keeps the name that stands in the address, and what follows asks for it by that name. */
static bool keeps_name(const struct shell_command *command)
{
    if (str_eq(command->name, STR("wget")))
        return !shell_option(command, "-O") && !shell_option(command, "--output-document");
    return str_eq(command->name, STR("curl")) &&
           (shell_option(command, "-O") || shell_option(command, "--remote-name"));
}

/* One edit for each time that the name stands unquoted, or in double quotes. False: nothing was
 * edited, or not all of it can be. */
static bool edits_of(struct rule_sink *sink, const struct shell_word *word,
                     const struct arch_row *row, struct edit_list *out_edits)
{
    str written = source_text(sink->source, word->at), name = str_from(row->name);
    for (size_t done = 0;;) {
        size_t at = find_arch(str_from_index(written, done), row);
        if (at == STR_MISSING)
            return out_edits->count > 0;
        uint32_t start = word->at.start + (uint32_t)(done + at);
        bool literal = false;
        VEC_EACH(struct shell_part, part, word->parts) {
            literal = literal || (part->kind == SHELL_LITERAL && start >= part->at.start &&
                                  start < part->at.end);
        }
        if (!literal)
            return false;
        struct edit edit = {{start, start + (uint32_t)name.len}, str_from(row->instead)};
        vec_push(sink->arena, out_edits, edit);
        done += at + name.len;
    }
}

static void give_fix(const struct facts *facts, struct rule_sink *sink,
                     const struct step_facts *step, const struct shell_command *command,
                     const struct shell_word *word, const struct arch_row *row)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool debian = stage->family == FAMILY_DEBIAN || stage->family == FAMILY_UBUNTU;
    bool checks = str_has(source_text(sink->source, step->instruction->at), STR("sha256sum"));
    struct edit_list edits = {0};
    if (!row->instead || (row->debian && !debian) || step->instruction->json || checks ||
        keeps_name(command) || !edits_of(sink, word, row, &edits))
        return;
    found_fix(sink, "Ask for the architecture: %s", row->instead);
    VEC_EACH(struct edit, edit, edits) {
        found_edit(sink, edit->at, edit->text);
    }
}

/* A repository line, or an address: where packages are fetched from. */
static bool names_source(str raw)
{
    return str_has(raw, STR("://")) || str_has(raw, STR("arch="));
}

static void check_command(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command,
                          bool *io_known)
{
    if (!STR_IN(command->name, "curl", "wget", "echo", "printf", "add-apt-repository", "yum", "dnf",
                "rpm", "apt-get", "pip", "aria2c"))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        for (size_t i = 0; names_source(word->raw) && i < ARRAY_COUNT(arch_rows); i++) {
            if (find_arch(word->raw, &arch_rows[i]) == STR_MISSING)
                continue;
            if (!*io_known && asks_architecture(source_text(sink->source, step->instruction->at)))
                return;
            *io_known = true;
            found(sink, word->at,
                  "'%s' is written out: on another architecture this is the wrong file",
                  arch_rows[i].name);
            if (builds_platforms(facts))
                found_severity(sink, SEVERITY_WARNING);
            give_fix(facts, sink, step, command, word, &arch_rows[i]);
            return;
        }
    }
}

static void check_step(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool known = false; /* that the step does not ask */
    if (!stage || !step_is_run(facts, step) || is_single_platform(stage))
        return;
    for (uint32_t k = 0; k < step->command_count; k++)
        check_command(facts, sink, step, &step->commands[k], &known);
}

static void check_add(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    const struct words *words = &step->instruction->words;
    if (!stage || is_single_platform(stage))
        return;
    for (uint32_t k = 0; k + 1 < words->count; k++)
        for (size_t i = 0; i < ARRAY_COUNT(arch_rows); i++)
            if (str_has(words->at[k].raw, STR("://")) &&
                find_arch(words->at[k].raw, &arch_rows[i]) != STR_MISSING) {
                found(sink, words->at[k].at,
                      "'%s' is written out: on another architecture this is the wrong file",
                      arch_rows[i].name);
                if (builds_platforms(facts))
                    found_severity(sink, SEVERITY_WARNING);
                return;
            }
}

static void check_architectures(const struct facts *facts, struct rule_sink *sink)
{
    if (is_named_for_one(facts))
        return;
    each_step(facts, sink, INSTRUCTION_RUN, check_step);
    each_step(facts, sink, INSTRUCTION_ADD, check_add);
}

RULE_FAMILY(
    correctness_architecture,
    {.name = "correctness/fixed-architecture",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "an architecture written out in a repository line or a download's address",
     .why = "on an ARM machine the same Dockerfile fails, or fetches programs that do not start; a "
            "warning where the repository builds for several platforms",
     .how = "ARG TARGETARCH and $TARGETARCH, or $(dpkg --print-architecture) in a repository line",
     .source = "Dockerfile reference: automatic platform ARGs; the guide's first example has "
               "[arch=amd64]",
     .dockerfile = check_architectures});
