#include "base/num.h"
#include "rules/families.h"
#include "rules/repository.h"

/* Where every COPY names what it takes, a list of those says more than a list of the rest. */

enum { ALLOWED_MAX = 10, DENIED_BYTES_MIN = 1000000 };

struct allowed {
    struct map paths; /* path -> NULL */
    bool unknown;     /* some source takes everything, or is not known */
};

static void allow(const struct facts *facts, const struct instruction *at, str raw,
                  struct allowed *allowed)
{
    str path;
    if (str_starts(raw, STR("<<")))
        return;
    if (!word_value(facts, at, raw, &path)) {
        allowed->unknown = true;
        return;
    }
    if (str_has(path, STR("://")) || str_starts(path, STR("git@")))
        return;
    while (str_starts(path, STR("/")))
        path = str_from_index(path, 1);
    path = path_clean(facts->arena, path);
    bool all =
        STR_IN(path, ".", "*", "**") || str_starts(path, STR("*")) || str_starts(path, STR(".."));
    if (all)
        allowed->unknown = true;
    else
        map_set(facts->arena, &allowed->paths, path, NULL);
}

static void allow_step(const struct step_facts *step, const struct facts *facts,
                       struct allowed *allowed)
{
    const struct instruction *at = step->instruction;
    bool copies = at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD;
    if (copies && !instruction_flag(at, "from"))
        for (uint32_t i = 0; i + 1 < at->words.count; i++)
            allow(facts, at, at->words.at[i].raw, allowed);
    VEC_EACH(struct mount, mount, at->mounts) {
        if (mount->type == MOUNT_BIND && !mount->from.len)
            allow(facts, at, mount->source.len ? mount->source : STR("."), allowed);
    }
    allowed->unknown = allowed->unknown || at->kind == INSTRUCTION_ONBUILD || at->broken;
}

/* Is the path below another one of the list, which brings it along? */
static bool is_covered(const struct allowed *allowed, str path)
{
    for (uint32_t i = 0; i < allowed->paths.count; i++) {
        if (path_is_below(path, allowed->paths.entries[i].key))
            return true;
    }
    return false;
}

/* Lines that leave something out; 0 when the list is one of exceptions already. */
static size_t denied_lines(const struct ignore_file *file)
{
    size_t count, lines = 0;
    const struct ignore_pattern *patterns = ignore_patterns(file->ignore, &count);
    for (size_t i = 0; i < count; i++) {
        if (STR_IN(patterns[i].cleaned, "*", "**", "**/*", "*/*"))
            return 0;
        lines += !patterns[i].negated;
    }
    return lines;
}

static void check_allow(const struct ignore_file *file, struct rule_sink *sink)
{
    const struct context_report *report = file->report;
    size_t denied = denied_lines(file);
    if (!report || !file->dockerfiles.count || !denied || file->tree->truncated ||
        !report->unused_files)
        return;
    struct allowed allowed = {0};
    VEC_EACH(const struct facts *, facts, file->dockerfiles) {
        for (uint32_t i = 0; i < (*facts)->step_count && !allowed.unknown; i++)
            allow_step(&(*facts)->steps[i], *facts, &allowed);
    }
    if (allowed.unknown || !allowed.paths.count || allowed.paths.count > ALLOWED_MAX * 2)
        return;
    uint32_t lines = 1;
    str list = STR("'*'");
    for (uint32_t i = 0; i < allowed.paths.count; i++) {
        str path = allowed.paths.entries[i].key;
        if (is_covered(&allowed, path))
            continue;
        list = str_fmt(sink->arena, "%.*s, '!%.*s'", STR_ARG(list), STR_ARG(path));
        lines++;
    }
    bool smaller = lines * 2 <= denied || report->unused_bytes >= DENIED_BYTES_MIN;
    if (lines > ALLOWED_MAX || !smaller)
        return;
    str size = size_print(sink->arena, report->unused_bytes);
    struct finding *finding =
        found(sink, source_line(sink->source, 1),
              "%u lines would do for these %zu, and leave out %.*s more: %.*s", lines, denied,
              STR_ARG(size), STR_ARG(list));
    finding->bytes = report->unused_bytes;
}

RULE_FAMILY(
    context_allow,
    {.name = "context/allow-list",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s7",
     .what = "every COPY names what it takes, and the ignore file lists the rest",
     .why = "a new file, a secret among them, is sent until somebody thinks of a line for it; a "
            "list of what is wanted needs none",
     .how = "'*', then an exception for each source: '!src', '!package.json'",
     .source = "guide: Comprehensive .dockerignore; measured in the tree",
     .ignore = check_allow});
