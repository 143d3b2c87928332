#include "rules/families.h"
#include "rules/repository.h"

#include "base/num.h"

/* COPY and ADD against the ignore file and the real tree. */

static bool takes_context(const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    return (at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD) &&
           !instruction_flag(at, "from") && at->words.count >= 2;
}

/* A source as a path of the context; false for addresses and what is not known. */
static bool source_path(const struct facts *facts, const struct instruction *at,
                        const struct word *word, str *out_path)
{
    str path;
    if (str_starts(word->raw, STR("<<")) || !word_value(facts, at, word->raw, &path) ||
        str_has(path, STR("://")) || str_starts(path, STR("git@")) || !path.len)
        return false;
    while (str_starts(path, STR("/")))
        path = str_from_index(path, 1);
    *out_path = path_clean(facts->arena, path);
    return !str_starts(*out_path, STR(".."));
}

/* Is something of this entry sent: itself, or what stands in it? */
static bool is_sent(const struct context_tree *tree, uint32_t index)
{
    const struct context_entry *entry = &tree->entries[index];
    bool sent = !entry->dropped;
    for (uint32_t d = index + 1; entry->type == ENTRY_DIRECTORY && d < entry->end && !sent; d++)
        sent = !tree->entries[d].dropped;
    return sent;
}

/* Does the ignore file leave all of a COPY source out? */
static bool is_left_out(const struct facts *facts, str path)
{
    bool any = false;
    for (uint32_t k = facts->tree ? context_match(facts->tree, path, 0) : NO_ENTRY; k != NO_ENTRY;
         k = context_match(facts->tree, path, k + 1)) {
        any = true;
        if (is_sent(facts->tree, k))
            return false;
    }
    return any || (!glob_is_pattern(path) && ignore_match(facts->ignore, path).dropped);
}

static void check_ignored_in(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (!facts->ignore || !takes_context(step))
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str path;
        if (source_path(facts, at, &at->words.at[i], &path) && !str_eq(path, STR(".")) &&
            is_left_out(facts, path))
            found(sink, at->words.at[i].at, "'%.*s' is left out of the context by the ignore file",
                  STR_ARG(path));
    }
}

static void check_ignored(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_ignored_in);
}

/* The entry beside a missing path whose name is nearest to it. */
static str nearest_entry(const struct facts *facts, str path)
{
    str directory = str_dirname(path), name = str_basename(path), best = STR("");
    unsigned distance = 3;
    for (uint32_t i = 0; i < facts->tree->count; i++) {
        const struct context_entry *entry = &facts->tree->entries[i];
        if (!str_eq(str_dirname(entry->path), directory))
            continue;
        unsigned far = str_distance(str_basename(entry->path), name, distance - 1);
        if (far < distance) {
            best = entry->path;
            distance = far;
        }
    }
    return name.len > 3 ? best : STR("");
}

bool is_made_elsewhere(str path)
{
    str first = str_slice(path, 0, str_find_char(path, '/'));
    return STR_IN(first, "dist", "build", "target", "out", "bin", "publish", "release", "artifacts",
                  ".next", "public", "_output", "obj", "node_modules", "vendor") ||
           str_ends(path, STR(".jar")) || str_ends(path, STR(".war")) ||
           str_ends(path, STR(".whl")) || str_ends(path, STR(".tgz"));
}

static void check_missing_in(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (!facts->tree || !facts->tree->count || !takes_context(step))
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str path;
        if (!source_path(facts, at, &at->words.at[i], &path) || str_eq(path, STR(".")) ||
            context_match(facts->tree, path, 0) != NO_ENTRY || glob_is_pattern(path))
            continue;
        str near = nearest_entry(facts, path);
        if (near.len) {
            found(sink, at->words.at[i].at,
                  "there is no '%.*s' in the context; did you mean '%.*s'?", STR_ARG(path),
                  STR_ARG(near));
            found_severity(sink, SEVERITY_ERROR);
        } else if (!is_made_elsewhere(path)) {
            found(sink, at->words.at[i].at, "there is no '%.*s' in the context", STR_ARG(path));
        }
    }
}

static void check_missing(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COUNT, check_missing_in);
}

static void check_no_ignore(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->tree || facts->ignore || !facts->repository)
        return;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        str path;
        if (at->broken || !takes_context(&facts->steps[i]) ||
            !source_path(facts, at, &at->words.at[0], &path) || !str_eq(path, STR(".")))
            continue;
        bool history = context_find(facts->tree, STR(".git")) != NULL;
        bool packages = context_find(facts->tree, STR("node_modules")) != NULL;
        bool env = context_find(facts->tree, STR(".env")) != NULL;
        str size = size_print(sink->arena, facts->tree->bytes);
        struct finding *finding =
            found(sink, at->at,
                  "the whole context is copied, and no ignore file says what is not "
                  "wanted: %" PRIu64 " files, %.*s%s%s%s",
                  facts->tree->files, STR_ARG(size), history ? ", .git" : "",
                  packages ? ", node_modules" : "", env ? ", .env" : "");
        finding->bytes = facts->tree->bytes;
        if (history || packages || env || facts->tree->bytes > 10000000)
            found_severity(sink, SEVERITY_WARNING);
        return;
    }
}

static void check_wrong_file(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->repository || !facts->tree || !facts->file->instructions.count)
        return;
    str own = str_cat(facts->arena, str_basename(facts->source->path), STR(".dockerignore"));
    bool beside = context_find(facts->tree, own) != NULL;
    bool root = context_find(facts->tree, STR(".dockerignore")) != NULL;
    if (beside && root)
        found(sink, facts->file->instructions.at[0].at,
              "'%.*s' is used for this file, and '.dockerignore' is not", STR_ARG(own));
    if (!beside && root && context_find(facts->tree, STR(".containerignore")))
        found(sink, facts->file->instructions.at[0].at,
              "podman reads '.containerignore', docker reads '.dockerignore'");
}

/* The one directory at the top of the context that all COPY sources lie in; NULL when there is no
 * such one. */
static const struct context_entry *common_top(const struct facts *facts,
                                              const struct instruction **out_first)
{
    const struct context_entry *common = NULL;
    *out_first = NULL;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        for (uint32_t k = 0; takes_context(&facts->steps[i]) && k + 1 < at->words.count; k++) {
            str path;
            if (!source_path(facts, at, &at->words.at[k], &path) || str_eq(path, STR(".")))
                return NULL;
            const struct context_entry *entry =
                context_find(facts->tree, str_slice(path, 0, str_find_char(path, '/')));
            if (!entry || entry->type != ENTRY_DIRECTORY || (common && common != entry))
                return NULL;
            common = entry;
            *out_first = *out_first ? *out_first : at;
        }
    }
    return common;
}

/* All sources below one directory of a much wider context. */
static void check_wide(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->tree || facts->tree->bytes < 1000000)
        return;
    const struct instruction *first;
    const struct context_entry *entry = common_top(facts, &first);
    if (!entry)
        return;
    uint64_t used = 0;
    for (uint32_t i = (uint32_t)(entry - facts->tree->entries); i < entry->end; i++)
        used += facts->tree->entries[i].dropped ? 0 : facts->tree->entries[i].size_bytes;
    if (used * 2 > facts->tree->bytes)
        return;
    str all = size_print(sink->arena, facts->tree->bytes), part = size_print(sink->arena, used);
    struct finding *finding =
        found(sink, first->at, "every COPY takes from '%.*s' (%.*s), the context holds %.*s",
              STR_ARG(entry->path), STR_ARG(part), STR_ARG(all));
    finding->bytes = facts->tree->bytes - used;
}

RULE_FAMILY(
    context_copy,
    {.name = "context/source-ignored",
     .aka = "buildkit:CopyIgnoredFile",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "COPY of what the ignore file leaves out",
     .why = "the build stops here: the file is not in the context",
     .how = "add an exception ('!path') behind the pattern that leaves it out",
     .source = "BuildKit check CopyIgnoredFile, exceptions included",
     .dockerfile = check_ignored},
    {.name = "context/source-missing",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "COPY of what is not in the tree",
     .why = "the build stops here, unless something makes the file first",
     .how = "mend the path, or build with the right context",
     .source = "Dockerfile reference, COPY; measured over real repositories",
     .dockerfile = check_missing},
    {.name = "context/no-ignore-file",
     .aka = "droast:DF033",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "COPY . without an ignore file",
     .why = "history, dependencies and secrets of the working tree go into the image, and each "
            "change of any file breaks the cache",
     .how = "'plimsoll context --write' writes one from what is really there",
     .source = "guide: Comprehensive .dockerignore; hadolint#1199",
     .dockerfile = check_no_ignore},
    {.name = "context/two-ignore-files",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "two ignore files, of which a build reads one",
     .why = "only one of them is read",
     .how = "keep one, or repeat the lines",
     .source = "Docker: build context, ignore files",
     .dockerfile = check_wrong_file},
    {.name = "context/too-wide",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "the context is much wider than what is copied",
     .why = "all of it is walked and compared at each build",
     .how = "build with that directory as the context",
     .source = "measured in the tree",
     .dockerfile = check_wide});
