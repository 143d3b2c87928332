#include "rules/artefacts.h"
#include "rules/families.h"

/* Stages that work together on different versions of one runtime. */

/* "20.11-alpine3.19": "20.11"; "" when the tag does not begin with a version. */
static str version_of(str tag)
{
    size_t end = 0;
    while (end < tag.len && (char_is_digit(tag.at[end]) || tag.at[end] == '.'))
        end++;
    while (end && tag.at[end - 1] == '.')
        end--;
    return str_slice(tag, 0, end);
}

/* "20" and "20.11" agree: the one is a moving name of the other, or may be. */
static bool versions_differ(str a, str b)
{
    str left, right;
    while (str_next(&a, '.', &left) && str_next(&b, '.', &right))
        if (!str_eq(left, right))
            return true;
    return false;
}

static bool is_runtime(str repository)
{
    return STR_IN(repository, "node", "python", "ruby", "php", "perl", "erlang", "elixir");
}

/* "21-jre": 21; "3.9-eclipse-temurin-21" of maven: 21; 0 when the tag does not say. */
static uint64_t java_of(const struct stage_facts *stage)
{
    static const char *const marks[] = {"temurin-", "corretto-", "openjdk-", "jdk-", "jdk"};
    str version = version_of(stage->tag);
    uint64_t major = 0;
    if (STR_IN(stage->repository, "maven", "gradle")) {
        version = STR("");
        for (size_t i = 0; i < ARRAY_COUNT(marks) && !version.len; i++) {
            size_t at = str_find(stage->tag, str_from(marks[i]));
            if (at != STR_MISSING)
                version = version_of(str_from_index(stage->tag, at + str_from(marks[i]).len));
        }
    } else if (!STR_IN(stage->repository, "eclipse-temurin", "openjdk", "amazoncorretto")) {
        return 0;
    }
    return str_to_u64(str_slice(version, 0, str_find_char(version, '.')), &major) ? major : 0;
}

static void check_java(struct rule_sink *sink, const struct stage_facts *build,
                       const struct stage_facts *run, const struct instruction *at)
{
    uint64_t from = java_of(build), to = java_of(run);
    if (!from || !to || from <= to)
        return;
    found(sink, at->at,
          "compiled by Java %" PRIu64 ", run by Java %" PRIu64
          ": unless the build says --release %" PRIu64 ", the classes do not load",
          from, to, to);
    found_related(sink, build->stage->base_at, "compiled here");
    found_severity(sink, SEVERITY_NOTE);
}

static void check_copy(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    uint32_t from = copied_stage(facts, step);
    const struct stage_facts *run = step_stage(facts, step);
    const struct words *words = &step->instruction->words;
    if (from == NO_INDEX || !run || words->count < 2 || run->windows)
        return;
    const struct stage_facts *build = &facts->stages[from];
    check_java(sink, build, run, step->instruction);
    str made = version_of(build->tag), used = version_of(run->tag);
    if (!is_runtime(run->repository) || !str_eq(run->repository, build->repository) || !made.len ||
        !used.len || !versions_differ(made, used))
        return;
    const char *what = NULL;
    for (uint32_t i = 0; i + 1 < words->count && !what; i++)
        what = native_packages_in(words->at[i].raw, build->repository);
    str runtime = run->repository;
    if (what)
        found(sink, step->instruction->at, "%s built for %.*s %.*s, and this stage has %.*s %.*s",
              what, STR_ARG(runtime), STR_ARG(made), STR_ARG(runtime), STR_ARG(used));
    else
        found(sink, step->instruction->at, "built with %.*s %.*s, run with %.*s %.*s",
              STR_ARG(runtime), STR_ARG(made), STR_ARG(runtime), STR_ARG(used));
    if (!what)
        found_severity(sink, SEVERITY_NOTE);
    found_related(sink, build->stage->base_at, "the other version");
}

static void check_versions(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_copy);
}

RULE_FAMILY(
    base_versions,
    {.name = "base/mixed-versions",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s0 s23",
     .what = "two versions of one runtime in stages that copy from each other",
     .why = "native add-ons, wheels and gems are built for one version; python looks for its "
            "packages in a directory with the version in its name; and what was tested is "
            "not what runs",
     .how = "one ARG above the first FROM for the version, used by every FROM",
     .source = "guide: existing repositories, complete example (one tag in all stages)",
     .dockerfile = check_versions});
