#include "rules/families.h"

/* What the parser could not take: one rule a kind of problem, so that each can be chosen. */

static void check_template(const struct facts *facts, struct rule_sink *sink)
{
    if (facts->is_template)
        found(sink, facts->file->problems.at[0].at,
              "this is a template: check what it is rendered to");
}

static void report(const struct facts *facts, struct rule_sink *sink,
                   const enum problem_kind *kinds, size_t count)
{
    VEC_EACH(struct problem, problem, facts->file->problems) {
        for (size_t i = 0; i < count; i++) {
            if (problem->kind != kinds[i])
                continue;
            if (problem->suggestion.len)
                found(sink, problem->at, "%.*s; did you mean '%.*s'?", STR_ARG(problem->message),
                      STR_ARG(problem->suggestion));
            else
                found(sink, problem->at, "%.*s", STR_ARG(problem->message));
        }
    }
}

#define PROBLEM_CHECK(name, ...)                                        \
    static void name(const struct facts *facts, struct rule_sink *sink) \
    {                                                                   \
        static const enum problem_kind kinds[] = {__VA_ARGS__};         \
        report(facts, sink, kinds, ARRAY_COUNT(kinds));                 \
    }

PROBLEM_CHECK(check_unknown, PROBLEM_UNKNOWN_INSTRUCTION)
PROBLEM_CHECK(check_order, PROBLEM_BEFORE_FROM, PROBLEM_NO_FROM)
PROBLEM_CHECK(check_argument, PROBLEM_MISSING_ARGUMENT, PROBLEM_BAD_ARGUMENT, PROBLEM_BAD_JSON)
PROBLEM_CHECK(check_flag, PROBLEM_UNKNOWN_FLAG, PROBLEM_BAD_FLAG, PROBLEM_BAD_MOUNT)
PROBLEM_CHECK(check_unterminated, PROBLEM_UNTERMINATED_HEREDOC, PROBLEM_UNTERMINATED_QUOTE)
PROBLEM_CHECK(check_expansion, PROBLEM_BAD_EXPANSION)
PROBLEM_CHECK(check_directive, PROBLEM_BAD_DIRECTIVE)
PROBLEM_CHECK(check_onbuild, PROBLEM_BAD_ONBUILD)
PROBLEM_CHECK(check_limit, PROBLEM_LONG_LINE, PROBLEM_LIMIT)
PROBLEM_CHECK(check_encoding, PROBLEM_ENCODING)

/* Where the empty lines of an instruction end to be: at its first heredoc's body. */
static uint32_t continued_end(const struct facts *facts, uint32_t offset)
{
    VEC_EACH(struct instruction, at, facts->file->instructions) {
        if (offset >= at->at.start && offset < at->at.end)
            return at->heredocs.count ? at->heredocs.at[0].body_at.start : at->at.end;
    }
    return offset;
}

/* One problem an instruction, whatever the number of its empty lines: all of them go. */
static void check_continuation(const struct facts *facts, struct rule_sink *sink)
{
    VEC_EACH(struct problem, problem, facts->file->problems) {
        if (problem->kind != PROBLEM_EMPTY_CONTINUATION)
            continue;
        found(sink, problem->at, "an empty line inside a continued instruction");
        found_fix(sink, "Remove the empty line");
        uint32_t line = source_position(facts->source, problem->at.start).line;
        uint32_t end = continued_end(facts, problem->at.start);
        for (;; line++) {
            span whole = source_full_line(facts->source, line);
            if (whole.start >= whole.end || (whole.end > end && whole.start != problem->at.start))
                break;
            if (!str_trim(source_text(facts->source, whole)).len)
                found_edit(sink, whole, STR(""));
        }
    }
}

RULE_FAMILY(correctness_problems,
            {.name = "correctness/template",
             .aka = "",
             .severity = SEVERITY_NOTE,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "a template of a Dockerfile, which is not judged",
             .why = "what it will say is only known once it is rendered",
             .how = "check the file that the template is rendered to",
             .source = "measured: templates made most of the false errors over real repositories",
             .dockerfile = check_template},
            {.name = "correctness/unknown-instruction",
             .aka = "droast:DF037",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .what = "an instruction that does not exist",
             .why = "the build stops here",
             .how = "mend the word; the rest of the file was checked all the same",
             .source = "Dockerfile reference",
             .dockerfile = check_unknown},
            {.name = "correctness/order",
             .aka = "hadolint:DL3061",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "an instruction in front of the first FROM, or no FROM at all",
             .why = "the build stops: only ARG may stand there",
             .how = "begin with FROM",
             .source = "Dockerfile reference, FROM",
             .dockerfile = check_order},
            {.name = "correctness/argument",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "an instruction's arguments are missing or wrong",
             .why = "the build stops here",
             .how = "see the Dockerfile reference for this instruction",
             .source = "Dockerfile reference",
             .dockerfile = check_argument},
            {.name = "correctness/flag",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_SUGGESTION,
             .since = "0.1",
             .guide = "s9",
             .what = "an unknown flag, mount option or value",
             .why = "the build stops here",
             .how = "mend the word",
             .source = "Dockerfile reference, RUN --mount",
             .dockerfile = check_flag},
            {.name = "correctness/unterminated",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "a heredoc or a quote without its end",
             .why = "the rest of the file would belong to it",
             .how = "close it; the terminator stands alone on its line",
             .source = "Dockerfile reference, here-documents",
             .dockerfile = check_unterminated},
            {.name = "correctness/expansion",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "a variable expression that the builder does not take",
             .why = "the build stops here",
             .how = "${name}, ${name:-word}, ${name:+word}, ${name#pattern} and their kin",
             .source = "Dockerfile reference, environment replacement",
             .dockerfile = check_expansion},
            {.name = "correctness/directive",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "a parser directive that is repeated or has a value that does not exist",
             .why = "the build stops here",
             .how = "one '# syntax=', one '# escape=' with a backslash or a backtick",
             .source = "Dockerfile reference, parser directives",
             .dockerfile = check_directive},
            {.name = "correctness/onbuild",
             .aka = "hadolint:DL3043",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "ONBUILD of FROM, ONBUILD, MAINTAINER or of nothing",
             .why = "the build stops here",
             .how = "only other instructions may be triggered",
             .source = "Dockerfile reference, ONBUILD",
             .dockerfile = check_onbuild},
            {.name = "correctness/limit",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "a line or an instruction longer than the builder reads",
             .why = "BuildKit stops at a line of 64 KiB",
             .how = "move the text to a file and COPY it",
             .source = "measured: BuildKit's line scanner",
             .dockerfile = check_limit},
            {.name = "correctness/encoding",
             .aka = "",
             .severity = SEVERITY_ERROR,
             .fix = FIX_NONE,
             .since = "0.1",
             .what = "the file is not UTF-8 text",
             .why = "the builder takes its bytes as they are and finds no instruction in them",
             .how = "save it as UTF-8",
             .source = "Dockerfile reference, encoding; BuildKit's parser",
             .dockerfile = check_encoding},
            {.name = "correctness/empty-continuation",
             .aka = "buildkit:NoEmptyContinuation",
             .severity = SEVERITY_NOTE,
             .fix = FIX_SAFE,
             .since = "0.1",
             .what = "an empty line inside a continued instruction",
             .why = "today's builder skips it with a warning; it is announced to become an error",
             .how = "remove the line, or write a comment there",
             .source = "BuildKit check NoEmptyContinuation",
             .dockerfile = check_continuation});
