#include "dockerfile/instructions.h"

#include <string.h>

/*
 * What BuildKit refuses when it turns a parsed line into a command: unknown words and flags, too
 * few or too many arguments, values outside of their set, words that cannot be expanded.
 */

#define KIND(name) (1u << INSTRUCTION_##name)

enum flag_type { FLAG_BOOL, FLAG_TEXT, FLAG_MANY, FLAG_DURATION, FLAG_COUNT };

static const struct {
    const char *name;
    unsigned kinds;
    enum flag_type type;
} known_flags[] = {
    {"chown", KIND(ADD) | KIND(COPY), FLAG_TEXT},
    {"chmod", KIND(ADD) | KIND(COPY), FLAG_TEXT},
    {"link", KIND(ADD) | KIND(COPY), FLAG_BOOL},
    {"exclude", KIND(ADD) | KIND(COPY), FLAG_MANY},
    {"from", KIND(COPY), FLAG_TEXT},
    {"parents", KIND(COPY), FLAG_BOOL},
    {"keep-git-dir", KIND(ADD), FLAG_BOOL},
    {"checksum", KIND(ADD), FLAG_TEXT},
    {"unpack", KIND(ADD), FLAG_BOOL},
    {"mount", KIND(RUN), FLAG_MANY},
    {"network", KIND(RUN), FLAG_TEXT},
    {"security", KIND(RUN), FLAG_TEXT},
    {"device", KIND(RUN), FLAG_MANY},
    {"platform", KIND(FROM), FLAG_TEXT},
    {"interval", KIND(HEALTHCHECK), FLAG_DURATION},
    {"timeout", KIND(HEALTHCHECK), FLAG_DURATION},
    {"start-period", KIND(HEALTHCHECK), FLAG_DURATION},
    {"start-interval", KIND(HEALTHCHECK), FLAG_DURATION},
    {"retries", KIND(HEALTHCHECK), FLAG_COUNT},
};

static const char *const instruction_words[] = {
    "add",    "arg",   "cmd",         "copy",  "entrypoint", "env",
    "expose", "from",  "healthcheck", "label", "maintainer", "onbuild",
    "run",    "shell", "stopsignal",  "user",  "volume",     "workdir"};

#define complain(parser, in, kind, at, ...)                          \
    do {                                                             \
        dockerfile_problem_fmt((parser), (kind), (at), __VA_ARGS__); \
        (in)->broken = true;                                         \
    } while (0)

/* -- flags ------------------------------------------------------------------------------------ */

/* A Go duration: "0", or numbers each with a unit. */
static bool is_duration(str text)
{
    size_t at = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
    if (str_eq(str_from_index(text, at), STR("0")))
        return true;
    if (at == text.len)
        return false;
    while (at < text.len) {
        size_t digits = at;
        while (at < text.len && (char_is_digit(text.at[at]) || text.at[at] == '.'))
            at++;
        size_t unit = at;
        while (at < text.len && !char_is_digit(text.at[at]) && text.at[at] != '.')
            at++;
        if (unit == digits || !STR_IN(str_slice(text, unit, at), "ns", "us", "\u00b5s", "\u03bcs",
                                      "ms", "s", "m", "h"))
            return false;
    }
    return true;
}

static void check_value(struct parser *parser, struct instruction *in, const struct flag *flag,
                        enum flag_type type)
{
    uint64_t number;
    str name = flag->name, value = flag->value;
    if (type == FLAG_BOOL) {
        bool good = flag->has_value
                        ? str_eq_nocase(value, STR("true")) || str_eq_nocase(value, STR("false"))
                        : true;
        if (!good)
            complain(parser, in, PROBLEM_BAD_FLAG, flag->at, "--%.*s is true or false, not '%.*s'",
                     STR_ARG(name), STR_ARG(value));
    } else if (!flag->has_value) {
        complain(parser, in, PROBLEM_BAD_FLAG, flag->at, "--%.*s needs a value", STR_ARG(name));
    } else if (type == FLAG_DURATION && value.len > 0 && !is_duration(value)) {
        complain(parser, in, PROBLEM_BAD_FLAG, flag->at, "--%.*s is a time such as 30s, not '%.*s'",
                 STR_ARG(name), STR_ARG(value));
    } else if (type == FLAG_COUNT && value.len > 0 && !str_to_u64(value, &number)) {
        complain(parser, in, PROBLEM_BAD_FLAG, flag->at, "--%.*s is a number, not '%.*s'",
                 STR_ARG(name), STR_ARG(value));
    } else if (str_eq(name, STR("network")) && !STR_IN(value, "default", "none", "host")) {
        static const char *const modes[] = {"default", "none", "host"};
        in->broken = true;
        dockerfile_problem(parser, PROBLEM_BAD_FLAG, flag->value_at,
                           str_fmt(parser->arena, "--network is default, none or host, not '%.*s'",
                                   STR_ARG(str_slice(value, 0, 80))),
                           dockerfile_nearest(value, modes, ARRAY_COUNT(modes)));
    } else if (str_eq(name, STR("security")) && !STR_IN(value, "insecure", "sandbox")) {
        complain(parser, in, PROBLEM_BAD_FLAG, flag->value_at,
                 "--security is insecure or sandbox, not '%.*s'", STR_ARG(value));
    }
}

static void unknown_flag(struct parser *parser, struct instruction *in, const struct flag *flag)
{
    const char *names[ARRAY_COUNT(known_flags)];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(known_flags); i++)
        if (known_flags[i].kinds & 1u << in->kind)
            names[count++] = known_flags[i].name;
    in->broken = true;
    dockerfile_problem(parser, PROBLEM_UNKNOWN_FLAG, flag->at,
                       str_fmt(parser->arena, "%s has no flag --%.*s", instruction_name(in->kind),
                               STR_ARG(str_slice(flag->name, 0, 80))),
                       dockerfile_nearest(flag->name, names, count));
}

static void check_flags(struct parser *parser, struct instruction *in)
{
    if (in->kind == INSTRUCTION_ARG || in->kind == INSTRUCTION_STOPSIGNAL)
        return; /* the builder does not look at their flags at all */
    uint32_t seen = 0;
    VEC_EACH(struct flag, flag, in->flags) {
        size_t i = 0;
        while (i < ARRAY_COUNT(known_flags) && !((known_flags[i].kinds & 1u << in->kind) &&
                                                 str_eq(flag->name, str_from(known_flags[i].name))))
            i++;
        if (i == ARRAY_COUNT(known_flags)) {
            unknown_flag(parser, in, flag);
            continue;
        }
        if ((seen & 1u << i) && known_flags[i].type != FLAG_MANY)
            complain(parser, in, PROBLEM_BAD_FLAG, flag->at, "--%.*s is given twice",
                     STR_ARG(flag->name));
        seen |= 1u << i;
        check_value(parser, in, flag, known_flags[i].type);
    }
}

/* -- words that are expanded ------------------------------------------------------------------ */

static bool always_set(const void *context, str name, str *out_value)
{
    (void)context, (void)name;
    *out_value = STR("x");
    return true;
}

/* Errors that do not depend on the values of variables. */
static void check_expansion(struct parser *parser, struct instruction *in, str word, span at)
{
    static const struct variables variables = {always_set, NULL};
    struct arena_mark mark = arena_mark(parser->arena);
    struct expansion expansion = expand_word(parser->arena, word, parser->escape, &variables);
    const char *error = expansion.error;
    arena_rewind(parser->arena, mark);
    if (expansion.ok)
        return;
    bool quote = strstr(error, "-quote") != NULL;
    complain(parser, in, quote ? PROBLEM_UNTERMINATED_QUOTE : PROBLEM_BAD_EXPANSION, at,
             quote ? "quote is not closed in '%.*s'" : "'%.*s' cannot be expanded: %s",
             STR_ARG(str_slice(word, 0, 120)), error);
}

static void check_expansions(struct parser *parser, struct instruction *in)
{
    switch (in->kind) {
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY:
    case INSTRUCTION_EXPOSE:
    case INSTRUCTION_STOPSIGNAL:
    case INSTRUCTION_USER:
    case INSTRUCTION_VOLUME:
    case INSTRUCTION_WORKDIR:
        VEC_EACH(struct word, word, in->words)
            if (in->heredocs.count == 0 || !str_has(word->raw, STR("<<")))
                check_expansion(parser, in, word->raw, word->at);
        break;
    case INSTRUCTION_FROM:
        if (in->words.count > 0)
            check_expansion(parser, in, in->words.at[0].raw, in->words.at[0].at);
        break;
    case INSTRUCTION_ARG:
    case INSTRUCTION_ENV:
    case INSTRUCTION_LABEL:
        VEC_EACH(struct pair, pair, in->pairs) {
            check_expansion(parser, in, pair->name, pair->name_at);
            if (pair->has_value)
                check_expansion(parser, in, pair->value, pair->value_at);
        }
        break;
    default: break;
    }
}

/* -- arguments -------------------------------------------------------------------------------- */

static bool is_stage_name(str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = char_lower(name.at[i]);
        bool good =
            char_is_alpha(c) || (i > 0 && (char_is_digit(c) || c == '-' || c == '_' || c == '.'));
        if (!good)
            return false;
    }
    return name.len > 0;
}

static void check_from(struct parser *parser, struct instruction *in)
{
    const struct words *words = &in->words;
    bool named = words->count == 3 && str_eq_nocase(words->at[1].raw, STR("as"));
    if (words->count == 0)
        complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at, "FROM needs an image");
    else if (words->count != 1 && !named)
        complain(parser, in, PROBLEM_BAD_ARGUMENT, in->at,
                 "FROM takes an image, and 'AS name' behind it");
    else if (named && !is_stage_name(words->at[2].raw))
        complain(parser, in, PROBLEM_BAD_ARGUMENT, words->at[2].at,
                 "'%.*s' is no stage name: a letter, then letters, digits, '-', '_', '.'",
                 STR_ARG(words->at[2].raw));
}

static void check_health(struct parser *parser, struct instruction *in)
{
    static const char *const forms[] = {"cmd", "none"};
    if (in->healthcheck.len == 0) {
        complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at, "HEALTHCHECK needs CMD or NONE");
    } else if (str_eq_nocase(in->healthcheck, STR("none"))) {
        if (in->words.count > 0)
            complain(parser, in, PROBLEM_BAD_ARGUMENT, in->words.at[0].at,
                     "HEALTHCHECK NONE takes no arguments");
    } else if (!str_eq_nocase(in->healthcheck, STR("cmd"))) {
        in->broken = true;
        dockerfile_problem(parser, PROBLEM_BAD_ARGUMENT, in->at,
                           str_fmt(parser->arena, "HEALTHCHECK takes CMD or NONE, not '%.*s'",
                                   STR_ARG(str_slice(in->healthcheck, 0, 80))),
                           dockerfile_nearest(in->healthcheck, forms, ARRAY_COUNT(forms)));
    } else if (in->words.count == 0) {
        complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at, "HEALTHCHECK CMD needs a command");
    }
}

static void check_copy(struct parser *parser, struct instruction *in)
{
    if (in->words.count < 2) {
        complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at,
                 "%s needs a source and a destination", instruction_name(in->kind));
        return;
    }
    const struct flag *from = instruction_flag(in, "from");
    if (from && str_has_char(from->value, '$'))
        complain(parser, in, PROBLEM_BAD_FLAG, from->value_at,
                 "--from takes no variables; name a stage that is FROM this image instead");
    const struct word *last = vec_last(&in->words);
    VEC_EACH(struct heredoc, heredoc, in->heredocs)
        if (heredoc->at.start == last->at.start)
            complain(parser, in, PROBLEM_BAD_ARGUMENT, last->at,
                     "%s cannot have a heredoc as its destination", instruction_name(in->kind));
}

static void check_trigger(struct parser *parser, struct instruction *in)
{
    if (!in->trigger) {
        complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at, "ONBUILD needs an instruction");
        return;
    }
    enum instruction_kind kind = in->trigger->kind;
    if (kind == INSTRUCTION_ONBUILD || kind == INSTRUCTION_FROM || kind == INSTRUCTION_MAINTAINER)
        complain(parser, in, PROBLEM_BAD_ONBUILD, in->trigger->keyword_at,
                 "%s cannot be triggered by ONBUILD", instruction_name(kind));
}

static void check_arguments(struct parser *parser, struct instruction *in)
{
    switch (in->kind) {
    case INSTRUCTION_FROM: check_from(parser, in); break;
    case INSTRUCTION_HEALTHCHECK: check_health(parser, in); break;
    case INSTRUCTION_ADD:
    case INSTRUCTION_COPY: check_copy(parser, in); break;
    case INSTRUCTION_ONBUILD: check_trigger(parser, in); break;
    case INSTRUCTION_SHELL:
        if (in->words.count == 0 || !in->json)
            complain(parser, in, PROBLEM_BAD_ARGUMENT, in->at,
                     "SHELL needs a JSON array, such as [\"/bin/sh\", \"-c\"]");
        break;
    case INSTRUCTION_VOLUME:
        VEC_EACH(struct word, word, in->words)
            if (blank_trim(word->raw).len == 0)
                complain(parser, in, PROBLEM_BAD_ARGUMENT, word->at, "VOLUME with an empty path");
        __attribute__((fallthrough));
    case INSTRUCTION_ARG:
    case INSTRUCTION_ENV:
    case INSTRUCTION_LABEL:
    case INSTRUCTION_EXPOSE:
    case INSTRUCTION_MAINTAINER:
    case INSTRUCTION_STOPSIGNAL:
    case INSTRUCTION_USER:
    case INSTRUCTION_WORKDIR:
        if (in->words.count == 0 && in->pairs.count == 0 && !in->broken)
            complain(parser, in, PROBLEM_MISSING_ARGUMENT, in->at, "%s needs an argument",
                     instruction_name(in->kind));
        break;
    default: break;
    }
}

static void unknown_instruction(struct parser *parser, struct instruction *in)
{
    in->broken = true;
    if (parser->has_nul &&
        memchr(in->logical.text.at ? in->logical.text.at : "", 0, in->logical.text.len))
        return; /* reported once, as a file that is not text */
    dockerfile_problem(
        parser, PROBLEM_UNKNOWN_INSTRUCTION, in->keyword_at,
        str_fmt(parser->arena, "unknown instruction '%.*s'",
                STR_ARG(str_slice(in->keyword, 0, 80))),
        dockerfile_nearest(in->keyword, instruction_words, ARRAY_COUNT(instruction_words)));
}

void check_instruction(struct parser *parser, struct instruction *in)
{
    if (in->kind == INSTRUCTION_UNKNOWN) {
        unknown_instruction(parser, in);
        return;
    }
    bool first = in->kind == INSTRUCTION_FROM || in->kind == INSTRUCTION_ARG;
    if (in->stage == NO_INDEX && !first)
        complain(parser, in, PROBLEM_BEFORE_FROM, in->keyword_at, "%s stands before the first FROM",
                 instruction_name(in->kind));
    if (in->broken)
        return;
    check_flags(parser, in);
    check_arguments(parser, in);
    check_expansions(parser, in);
    if (in->kind == INSTRUCTION_RUN)
        mounts_parse(parser, in);
}
