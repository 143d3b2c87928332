#include "rules/families.h"

#include "base/num.h"

/* EXPOSE, LABEL, MAINTAINER: what the image says of itself. */

static void check_expose(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    VEC_EACH(struct word, word, step->instruction->words) {
        str raw;
        if (!word_value(facts, step->instruction, word->raw, &raw))
            continue;
        size_t slash = str_find_char(raw, '/');
        str ports = str_slice(raw, 0, slash);
        if (str_has_char(ports, ':')) {
            found(sink, word->at, "EXPOSE takes no address or mapping: '%.*s'", STR_ARG(raw));
            continue;
        }
        str low, rest = ports;
        uint64_t number;
        bool bad = !ports.len;
        while (str_next(&rest, '-', &low))
            bad = bad || !str_to_u64(low, &number) || number > 65535;
        if (bad)
            found(sink, word->at, "'%.*s' is no port between 0 and 65535", STR_ARG(raw));
    }
}

static void check_exposes(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_EXPOSE, check_expose);
}

static void check_protocol(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step)
{
    (void)facts;
    VEC_EACH(struct word, word, step->instruction->words) {
        size_t slash = str_find_char(word->raw, '/');
        if (slash == STR_MISSING || str_has_char(word->raw, '$'))
            continue;
        str protocol = str_from_index(word->raw, slash + 1);
        str lower = str_lower(sink->arena, protocol);
        if (str_eq(protocol, lower))
            continue;
        found(sink, word->at, "the protocol is written in lower case: %.*s", STR_ARG(lower));
        found_fix(sink, "Write it in lower case");
        found_edit(sink, word->at, str_cat(sink->arena, str_slice(word->raw, 0, slash + 1), lower));
    }
}

static void check_protocols(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_EXPOSE, check_protocol);
}

static void check_maintainer(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    found(sink, at->at, "MAINTAINER is no longer an instruction of its own");
    str who = instruction_rest(at);
    bool quoted = who.len > 1 && who.at[0] == '"' && who.at[who.len - 1] == '"';
    if (quoted)
        who = str_slice(who, 1, who.len - 1);
    if (!who.len || str_has_char(who, '"') || str_has_char(who, '\\') || str_has_char(who, '$') ||
        at->line != at->end_line)
        return;
    found_fix(sink, "Say it as a label");
    bool lower = str_eq(at->keyword, STR("maintainer"));
    found_edit(sink, at->at,
               str_fmt(sink->arena, "%s org.opencontainers.image.authors=\"%.*s\"",
                       lower ? "label" : "LABEL", STR_ARG(who)));
}

static void check_maintainers(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_MAINTAINER, check_maintainer);
}

/* -- labels ------------------------------------------------------------------------------------ */

static str label_key(const struct pair *pair)
{
    str name = pair->name;
    if (name.len >= 2 && (name.at[0] == '"' || name.at[0] == '\''))
        name = str_slice(name, 1, name.len - 1);
    return name;
}

static str label_value(const struct pair *pair)
{
    str value = pair->value;
    if (value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\''))
        value = str_slice(value, 1, value.len - 1);
    return value;
}

/* Lower-case letters, digits, '.', '-', beginning and ending with a letter or digit, no two
 * separators together: what Docker recommends, with '_' and '/' as Kubernetes uses them. */
static bool is_good_key(str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.at[i];
        bool word = char_is_digit(c) || (c >= 'a' && c <= 'z');
        bool separator = c == '.' || c == '-' || c == '_' || c == '/';
        bool edge = i == 0 || i + 1 == key.len;
        bool twice = separator && i > 0 && key.at[i - 1] == c && c != '_';
        if ((!word && !separator) || (edge && !word) || twice)
            return false;
    }
    return key.len > 0 && !str_starts(key, STR("com.docker.")) &&
           !str_starts(key, STR("io.docker.")) && !str_starts(key, STR("org.dockerproject."));
}

static void check_label_key(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    (void)facts;
    VEC_EACH(struct pair, pair, step->instruction->pairs) {
        str key = label_key(pair);
        if (!str_has_char(key, '$') && !is_good_key(key))
            found(sink, pair->name_at, "'%.*s' is no good label key", STR_ARG(key));
    }
}

static void check_label_keys(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_LABEL, check_label_key);
}

static void check_duplicates(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t s = 0; s < facts->stage_count; s++) {
        struct map seen = {0};
        const struct stage *stage = facts->stages[s].stage;
        for (uint32_t i = stage->end; i-- > stage->first;) {
            const struct instruction *at = facts->steps[i].instruction;
            for (uint32_t k = at->kind == INSTRUCTION_LABEL ? at->pairs.count : 0; k-- > 0;) {
                struct pair *pair = &at->pairs.at[k];
                struct pair *later = map_find(&seen, label_key(pair));
                if (!later) {
                    map_set(facts->arena, &seen, label_key(pair), pair);
                    continue;
                }
                found(sink, pair->at, "label '%.*s' is set again later, so this one never counts",
                      STR_ARG(label_key(pair)));
                found_related(sink, later->at, "the one that counts");
                if (at->pairs.count == 1) {
                    found_fix(sink, "Remove it");
                    found_remove_instruction(sink, at);
                }
            }
        }
    }
}

/* -- the label schema that configuration gives ------------------------------------------------- */

static bool is_hex(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_digit(text.at[i]) && !((text.at[i] | 32) >= 'a' && (text.at[i] | 32) <= 'f'))
            return false;
    return text.len > 0;
}

static bool is_semver(str text)
{
    str core = str_slice(text, 0, str_find_char(text, '+'));
    core = str_slice(core, 0, str_find_char(core, '-'));
    int parts = 0;
    str part;
    while (str_next(&core, '.', &part)) {
        uint64_t number;
        if (!str_to_u64(part, &number) || (part.len > 1 && part.at[0] == '0'))
            return false;
        parts++;
    }
    return parts == 3;
}

static bool is_rfc3339(str text)
{
    int64_t seconds;
    return time_parse(text, &seconds);
}

static bool is_email(str text)
{
    size_t at = str_find_char(text, '@');
    return at != STR_MISSING && at > 0 && str_has_char(str_from_index(text, at), '.') &&
           !str_has_char(text, ' ') && !str_has_char(str_from_index(text, at + 1), '@');
}

static bool is_url(str text)
{
    size_t colon = str_find(text, STR("://"));
    return colon != STR_MISSING && colon > 0 && text.len > colon + 3 && !str_has_char(text, ' ');
}

static bool is_spdx(str text)
{
    str word;
    bool any = false;
    while (str_next_word(&text, &word)) {
        for (size_t i = 0; i < word.len; i++)
            if (!char_is_alnum(word.at[i]) &&
                !STR_IN(((str){&word.at[i], 1}), ".", "-", "+", "(", ")", ":"))
                return false;
        any = any || STR_IN(word, "MIT", "ISC", "Zlib", "Unlicense", "0BSD", "curl", "Beerware") ||
              str_has_char(word, '-');
    }
    return any;
}

static bool is_commit(str value)
{
    return is_hex(value) && (value.len == 7 || value.len == 40);
}

static const char *schema_problem(str type, str value)
{
    static const struct {
        const char *type;
        bool (*fits)(str value);
        const char *problem;
    } types[] = {
        {"url", is_url, "it is no URL"},
        {"rfc3339", is_rfc3339, "it is no RFC 3339 time"},
        {"spdx", is_spdx, "it is no SPDX licence"},
        {"hash", is_commit, "it is no git commit"},
        {"semver", is_semver, "it is no semantic version"},
        {"email", is_email, "it is no e-mail address"},
    };
    if (!value.len)
        return "it is empty";
    for (size_t i = 0; i < ARRAY_COUNT(types); i++)
        if (str_eq(type, str_from(types[i].type)))
            return types[i].fits(value) ? NULL : types[i].problem;
    return NULL;
}

static void check_schema(const struct facts *facts, struct rule_sink *sink)
{
    const struct map *schema = &facts->options->label_schema;
    if (!facts->final || !schema->count)
        return;
    struct map seen = {0};
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (at->kind != INSTRUCTION_LABEL)
            continue;
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        VEC_EACH(struct pair, pair, at->pairs) {
            str key = label_key(pair), value = label_value(pair);
            if (stage && stage->ships)
                map_set(facts->arena, &seen, key, pair);
            const char *type = map_find(schema, key);
            const char *problem =
                type && !str_has_char(value, '$') ? schema_problem(str_from(type), value) : NULL;
            if (!type && facts->options->strict_labels)
                problem = "the configuration has no such label";
            if (problem)
                found(sink, pair->at, "label '%.*s': %s", STR_ARG(key), problem);
        }
    }
    for (uint32_t i = 0; i < schema->count; i++)
        if (!map_has(&seen, schema->entries[i].key))
            found(sink, facts->final->stage->from->at, "label '%.*s' is missing",
                  STR_ARG(schema->entries[i].key));
}

/* -- the runtime's mode ------------------------------------------------------------------------ */

/* What is started, and the variable that puts it into its mode for production. */
static const struct mode_row {
    const char *program, *name, *value;
} mode_rows[] = {
    {"node", "NODE_ENV", "production"},
    {"python", "PYTHONUNBUFFERED", "1"},
    {"python3", "PYTHONUNBUFFERED", "1"},
    {"rails", "RAILS_ENV", "production"},
};

static void check_mode(const struct facts *facts, struct rule_sink *sink)
{
    const struct step_facts *cmd = final_step(facts, INSTRUCTION_CMD);
    for (size_t i = 0; cmd && cmd->command_count && i < ARRAY_COUNT(mode_rows); i++) {
        const struct mode_row *row = &mode_rows[i];
        if (!str_eq(cmd->commands[0].name, str_from(row->program)) ||
            dockerfile_variable(facts->file, cmd->instruction, str_from(row->name)) ||
            (row->program[0] == 'p' && shell_option(&cmd->commands[0], "-u")))
            continue;
        found(sink, cmd->instruction->at, "%s is not set", row->name);
        found_fix(sink, "Set it in front of CMD");
        str line = str_fmt(sink->arena, "ENV %s=%s", row->name, row->value);
        struct edit edit = insert_before_instruction(facts, cmd->instruction, line);
        found_edit(sink, edit.at, edit.text);
    }
}

RULE_FAMILY(
    runtime_metadata,
    {.name = "runtime/expose-invalid",
     .aka = "hadolint:DL3011 buildkit:ExposeInvalidFormat trivy:DS008 trivy:DS-0008 droast:DF040",
     .severity = SEVERITY_ERROR,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s23",
     .what = "EXPOSE of what is no port",
     .why = "the build fails, or the port is not the one that was meant",
     .how = "EXPOSE 8080 or EXPOSE 8080/udp; publishing is for 'docker run -p'",
     .source = "Dockerfile reference, EXPOSE",
     .dockerfile = check_exposes},
    {.name = "runtime/expose-protocol",
     .aka = "buildkit:ExposeProtoCasing",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = NULL,
     .what = "the protocol of EXPOSE in upper case",
     .why = "tools that compare text take TCP and tcp for two ports",
     .how = "tcp, udp, sctp",
     .source = "BuildKit check ExposeProtoCasing",
     .dockerfile = check_protocols},
    {.name = "runtime/maintainer",
     .aka = "hadolint:DL4000 buildkit:MaintainerDeprecated trivy:DS022 trivy:DS-0022 "
            "checkov:CKV_DOCKER_6 droast:DF019",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s23",
     .what = "MAINTAINER",
     .why = "it is deprecated since 2017, and no tool reads it",
     .how = "LABEL org.opencontainers.image.authors=\"...\"",
     .source = "Dockerfile reference, MAINTAINER",
     .dockerfile = check_maintainers},
    {.name = "runtime/label-key",
     .aka = "hadolint:DL3048",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .policy = true,
     .since = "0.1",
     .guide = "s23",
     .what = "a label key that does not follow the recommended form",
     .why = "tools that sort and select images by label miss it",
     .how = "lower case, reverse domain: org.example.team",
     .source = "Docker: Object labels, key format",
     .dockerfile = check_label_keys},
    {.name = "runtime/label-repeated",
     .aka = "tally:duplicate-label",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s23",
     .what = "a label set twice in one stage",
     .why = "only the last one counts",
     .how = "keep the last one",
     .source = "Dockerfile reference, LABEL",
     .dockerfile = check_duplicates},
    {.name = "runtime/label-schema",
     .aka =
         "hadolint:DL3049 hadolint:DL3050 hadolint:DL3051 hadolint:DL3052 hadolint:DL3053 hadolint:DL3054 "
         "hadolint:DL3055 hadolint:DL3056 hadolint:DL3058",
     .severity = SEVERITY_NOTE,
     .fix = FIX_NONE,
     .since = "0.1",
     .guide = "s23",
     .what = "labels that the configuration asks for are missing or badly formed, or others there",
     .why = "the organisation's own rule: silent unless 'labels' is configured",
     .how = "labels: {org.opencontainers.image.created: rfc3339} in .plimsoll.yaml",
     .source = "hadolint label-schema",
     .dockerfile = check_schema},
    {.name = "runtime/mode",
     .aka = "droast:DF032",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .policy = true,
     .since = "0.1",
     .guide = "s23",
     .what = "NODE_ENV, RAILS_ENV or PYTHONUNBUFFERED is not set where it counts",
     .why = "express and rails run slower and tell more in their error pages; python keeps its "
            "last lines of log in a buffer, and they are lost when it is killed",
     .how = "ENV NODE_ENV=production behind the build steps",
     .source = "guide: complete example",
     .dockerfile = check_mode});
