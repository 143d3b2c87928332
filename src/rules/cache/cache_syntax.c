#include "rules/families.h"

/* The syntax directive: ignored, misspelt, or older than what the file uses. */

/* -- not in the first lines -------------------------------------------------------------------- */

static bool is_syntax_line(str text)
{
    size_t equals = str_find_char(text, '=');
    return equals != STR_MISSING &&
           str_eq_nocase(str_trim(str_slice(text, 0, equals)), STR("syntax")) &&
           str_has_char(str_from_index(text, equals + 1), '/');
}

static void check_inert(const struct facts *facts, struct rule_sink *sink)
{
    const struct dockerfile *file = facts->file;
    if (file->directives.syntax.len)
        return;
    VEC_EACH(struct comment, comment, file->comments) {
        if (comment->inside || comment->before > 0 || !is_syntax_line(comment->text))
            continue;
        found(sink, comment->at,
              "only a comment: a syntax directive stands above every comment and blank line");
        found_fix(sink, "Move it to the first line");
        span line = source_full_line(sink->source, comment->line);
        str bom = STR("\xEF\xBB\xBF");
        uint32_t top = str_starts(sink->source->text, bom) ? 3 : 0;
        found_insert(sink, top,
                     str_cat(sink->arena, source_text(sink->source, comment->at),
                             source_newline(sink->source)));
        found_edit(sink, line, STR(""));
        return;
    }
}

/* -- a name that is almost right --------------------------------------------------------------- */

static void check_typo(const struct facts *facts, struct rule_sink *sink)
{
    str syntax = facts->file->directives.syntax;
    static const char *const known[] = {"docker/dockerfile", "docker/dockerfile-upstream",
                                        "docker.io/docker/dockerfile"};
    str name = str_slice(syntax, 0, str_find_char(syntax, ':'));
    name = str_slice(name, 0, str_find_char(name, '@'));
    if (!name.len)
        return;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        if (str_eq(name, str_from(known[i])))
            return;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        if (str_distance(name, str_from(known[i]), 2) <= 2) {
            found(sink, facts->file->directives.syntax_at,
                  "there is no frontend '%.*s': '%s' is meant", STR_ARG(name), known[i]);
            return;
        }
}

/* -- older than what is used ------------------------------------------------------------------- */

struct feature {
    enum instruction_kind kind;
    const char *flag;
    unsigned minor; /* of version 1 */
};

static const struct feature features[] = {
    {INSTRUCTION_RUN, "mount", 2},        {INSTRUCTION_COPY, "link", 4},
    {INSTRUCTION_ADD, "link", 4},         {INSTRUCTION_COPY, "chmod", 2},
    {INSTRUCTION_ADD, "chmod", 2},        {INSTRUCTION_ADD, "checksum", 6},
    {INSTRUCTION_ADD, "keep-git-dir", 1}, {INSTRUCTION_COPY, "parents", 20},
    {INSTRUCTION_COPY, "exclude", 19},    {INSTRUCTION_ADD, "exclude", 19},
    {INSTRUCTION_ADD, "unpack", 17},      {INSTRUCTION_HEALTHCHECK, "start-interval", 6},
    {INSTRUCTION_RUN, "network", 3},
};

/* 4 of "docker/dockerfile:1.4", "1.4.2" and "1.4-labs"; false for "1", "latest", digests alone. */
static bool minor_of(str syntax, uint64_t *out_minor)
{
    if (!str_starts(syntax, STR("docker/dockerfile:1.")))
        return false;
    str rest = str_from_index(syntax, sizeof("docker/dockerfile:1.") - 1);
    size_t digits = 0;
    while (digits < rest.len && char_is_digit(rest.at[digits]))
        digits++;
    bool labs = str_has(rest, STR("labs")) || str_has(rest, STR("experimental"));
    return !labs && str_to_u64(str_slice(rest, 0, digits), out_minor);
}

static void check_old(const struct facts *facts, struct rule_sink *sink)
{
    uint64_t minor;
    if (!minor_of(facts->file->directives.syntax, &minor))
        return;
    VEC_EACH(struct instruction, at, facts->file->instructions) {
        if (at->heredocs.count && minor < 4) {
            found(sink, at->keyword_at,
                  "heredocs need docker/dockerfile:1.4, and the file asks for 1.%u",
                  (unsigned)minor);
            found_related(sink, facts->file->directives.syntax_at, "asked for here");
            return;
        }
        for (size_t i = 0; at->flags.count && i < ARRAY_COUNT(features); i++) {
            const struct flag *flag = features[i].kind == at->kind && minor < features[i].minor
                                          ? instruction_flag(at, features[i].flag)
                                          : NULL;
            if (!flag)
                continue;
            found(sink, flag->at, "--%s needs docker/dockerfile:1.%u, and the file asks for 1.%u",
                  features[i].flag, features[i].minor, (unsigned)minor);
            found_related(sink, facts->file->directives.syntax_at, "asked for here");
            return;
        }
    }
}

RULE_FAMILY(
    cache_syntax,
    {.name = "cache/syntax-inert",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s9 s19 s23",
     .what = "a syntax directive behind a comment, a blank line or an instruction",
     .why = "it is a plain comment there: the builder takes its own frontend, and mounts or "
            "heredocs fail where that is old",
     .how = "the first line of the file",
     .source = "Dockerfile reference, Parser directives; the guide's own examples do it",
     .dockerfile = check_inert},
    {.name = "cache/syntax-old",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s9",
     .what = "the file uses what the frontend that it asks for does not know",
     .why = "the build stops at an unknown flag",
     .how = "# syntax=docker/dockerfile:1",
     .source = "moby/buildkit, release notes of the Dockerfile frontend",
     .dockerfile = check_old},
    {.name = "cache/syntax-typo",
     .aka = "",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s9",
     .what = "the syntax directive names a frontend that is almost docker/dockerfile",
     .why = "the build stops, or runs somebody else's frontend",
     .how = "# syntax=docker/dockerfile:1",
     .source = "Dockerfile reference, Parser directives",
     .dockerfile = check_typo});
