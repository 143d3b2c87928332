#include "report/check_formats.h"
#include "report/paint.h"

#include "base/num.h"
#include "rules/rules.h"

/* A rule, all rules, a base image: what `explain` prints and docs/rules is made of. */

enum { RULE_LABEL_WIDTH = 10, BASE_LABEL_WIDTH = 12 };

/* How a fix class is told to a person. */
static const char *fix_sentence(enum fix_safety safety)
{
    switch (safety) {
    case FIX_SAFE: return "'plimsoll fix' mends it";
    case FIX_PROOF:
        return "'plimsoll fix --unproven' mends it; the effect needs a rebuild to prove";
    case FIX_SUGGESTION: return "the finding says what to write; a person decides";
    case FIX_NONE: return "none: the way out depends on what the file is for";
    }
    return "";
}

static const char *rule_state(const struct rule *rule)
{
    if (rule->nursery)
        return "off unless selected by name (new)";
    return rule->policy ? "off unless configured or selected by name (policy)" : "on";
}

/* One row of a rule's description. A NULL text is left out. */
struct rule_part {
    const char *label, *text;
};

enum { RULE_PARTS = 8 };

static void rule_parts(const struct rule *rule, struct rule_part parts[RULE_PARTS])
{
    const struct rule_part all[RULE_PARTS] = {
        {"what", rule->what},
        {"why", rule->why},
        {"how", rule->how},
        {"fix", fix_sentence(rule->fix)},
        {"default", rule_state(rule)},
        {"also", rule->aka && *rule->aka ? rule->aka : NULL},
        {"source", rule->source},
        {"since", rule->since},
    };
    for (unsigned i = 0; i < RULE_PARTS; i++)
        parts[i] = all[i];
}

static void paint_part(struct paint *paint, unsigned width, const char *label, str text)
{
    paint_fmt(paint, INK_DIM, "  %-*s", (int)width - 2, label);
    paint_wrapped(paint, text, width, width);
    paint_z(paint, INK_PLAIN, "\n");
}

static str rule_human(struct arena *arena, const struct rule *rule,
                      const struct report_style *style)
{
    struct paint paint = paint_init(arena, style);
    struct rule_part parts[RULE_PARTS];
    rule_parts(rule, parts);
    paint_z(&paint, INK_BOLD, rule->name);
    paint_fmt(&paint, severity_ink(rule->severity), "  %s\n", severity_name(rule->severity));
    for (unsigned i = 0; i < RULE_PARTS; i++)
        if (parts[i].text)
            paint_part(&paint, RULE_LABEL_WIDTH, parts[i].label, str_from(parts[i].text));
    if (!style->quiet)
        paint_part(&paint, RULE_LABEL_WIDTH, "ignore",
                   str_fmt(arena, "# plimsoll: ignore=%s -- reason", rule->name));
    return buf_str(&paint.out);
}

/* Text of the table inside Markdown: what would be markup is escaped. */
static void put_markdown(struct buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (str_has_char(STR("<>|*`\\"), text.at[i]) ||
            (text.at[i] == '_' && i > 0 && !char_is_alnum(text.at[i - 1])))
            buf_add_char(out, '\\');
        buf_add_char(out, text.at[i]);
    }
}

static void put_section(struct buf *out, const char *heading, const char *text)
{
    if (!text || !*text)
        return;
    buf_fmt(out, "\n## %s\n\n", heading);
    put_markdown(out, str_from(text));
    buf_add_char(out, '\n');
}

static void put_aka(struct buf *out, const char *aka)
{
    str rest = str_from(aka), word;
    const char *before = "\n## Also known as\n\n";
    while (str_next_word(&rest, &word)) {
        buf_fmt(out, "%s`%.*s`", before, STR_ARG(word));
        before = ", ";
    }
    buf_add(out, *before == ',' ? STR("\n") : STR(""));
}

static str rule_markdown(struct arena *arena, const struct rule *rule)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    buf_fmt(&out, "# %s\n\n", rule->name);
    put_markdown(&out, str_from(rule->what));
    buf_fmt(&out,
            "\n\n| severity | fix | default | since |\n| --- | --- | --- | --- |\n"
            "| %s | %s | %s | %s |\n",
            severity_name(rule->severity), fix_safety_name(rule->fix), rule_state(rule),
            rule->since ? rule->since : "");
    put_section(&out, "Why", rule->why);
    put_section(&out, "How", rule->how);
    put_section(&out, "Fix", fix_sentence(rule->fix));
    put_aka(&out, rule->aka);
    put_section(&out, "Source", rule->source);
    return buf_str(&out);
}

static void put_aka_list(struct json_out *out, const char *key, const char *words)
{
    str rest = str_from(words), word;
    json_list(out, key);
    while (str_next_word(&rest, &word))
        json_str(out, NULL, word);
    json_end_list(out);
}

static void put_rule(struct json_out *out, const struct rule *rule)
{
    json_object(out, NULL);
    json_z(out, "rule", rule->name);
    json_z(out, "severity", severity_name(rule->severity));
    json_z(out, "fix", fix_safety_name(rule->fix));
    json_bool(out, "default", !rule->policy && !rule->nursery);
    put_aka_list(out, "aka", rule->aka);
    put_aka_list(out, "guide", rule->guide);
    json_z(out, "what", rule->what);
    json_z(out, "why", rule->why);
    json_z(out, "how", rule->how);
    json_z(out, "source", rule->source);
    json_z(out, "since", rule->since);
    json_end_object(out);
}

static str rules_json(struct arena *arena, const struct rule *const *rules, size_t count)
{
    struct json_out out = json_out_init(arena, true);
    json_object(&out, NULL);
    json_z(&out, "schema", "plimsoll.explain/1");
    json_list(&out, "rules");
    for (size_t i = 0; i < count; i++)
        put_rule(&out, rules[i]);
    json_end_list(&out);
    json_end_object(&out);
    return json_document(&out);
}

str report_rule(struct arena *arena, const struct rule *rule, enum explain_format format,
                const struct report_style *style)
{
    if (format == EXPLAIN_JSON)
        return rules_json(arena, &rule, 1);
    return format == EXPLAIN_HUMAN ? rule_human(arena, rule, style) : rule_markdown(arena, rule);
}

static str rules_human(struct arena *arena, const struct rule *const *rules, size_t count,
                       const struct report_style *style)
{
    struct paint paint = paint_init(arena, style);
    size_t widest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = str_from(rules[i]->name).len;
        widest = length > widest ? length : widest;
    }
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = rules[i];
        paint_fmt(&paint, severity_ink(rule->severity), "%-8s", severity_name(rule->severity));
        paint_fmt(&paint, INK_BOLD, "%-*s  ", (int)widest, rule->name);
        unsigned column = (unsigned)widest + 10;
        paint_wrapped(&paint, str_from(rule->what), column, column);
        paint_z(&paint, INK_DIM, rule->policy || rule->nursery ? " (off)\n" : "\n");
    }
    return buf_str(&paint.out);
}

/* What the columns of the list mean, for a reader who comes from a search engine. */
static const char rules_intro[] =
    "# Rules\n\n"
    "Severity follows cost. *error*: a secret, root, or a build that breaks. *warning*: bytes, "
    "seconds or a\nrisk that can be measured. *note*: the rest. Rules marked *off* run when they "
    "are selected by name or\nconfigured.\n\n"
    "Fix: *safe* is applied by `plimsoll fix`, its effect is fully known from the text; *proof* "
    "only with\n`--unproven`, since a rebuild has to show it; *suggestion* says what to write, and "
    "a person decides.\n"
    "\n\"guide\" in a source is the image optimisation guide that the rules began with.\n";

static str rules_markdown(struct arena *arena, const struct rule *const *rules, size_t count)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    buf_add(&out, str_from(rules_intro));
    str group = STR("");
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = rules[i];
        if (!str_eq(rule_group(rule), group)) {
            group = rule_group(rule);
            buf_fmt(&out, "\n## %.*s\n\n", STR_ARG(group));
            buf_add(&out, STR("| rule | severity | fix | what |\n| --- | --- | --- | --- |\n"));
        }
        buf_fmt(&out, "| [%s](%s.md) | %s%s | %s | ", rule->name, rule->name,
                severity_name(rule->severity), rule->policy || rule->nursery ? ", off" : "",
                fix_safety_name(rule->fix));
        put_markdown(&out, str_from(rule->what));
        buf_add(&out, STR(" |\n"));
    }
    return buf_str(&out);
}

str report_rules(struct arena *arena, const struct rule *const *rules, size_t count,
                 enum explain_format format, const struct report_style *style)
{
    switch (format) {
    case EXPLAIN_HUMAN: return rules_human(arena, rules, count, style);
    case EXPLAIN_MARKDOWN: return rules_markdown(arena, rules, count);
    case EXPLAIN_JSON: return rules_json(arena, rules, count);
    }
    return STR_NONE;
}

/* -- base images ------------------------------------------------------------------------------- */

const char *libc_name(enum base_libc libc)
{
    switch (libc) {
    case LIBC_GLIBC: return "glibc";
    case LIBC_MUSL: return "musl";
    case LIBC_NONE: return "none";
    case LIBC_UNKNOWN: return NULL;
    }
    return NULL;
}

enum { BASE_PARTS = 16 };

struct base_part {
    const char *label;
    str text; /* empty: left out */
};

static str base_user(struct arena *arena, const struct base_fact *base)
{
    str user = base->user && *base->user ? str_from(base->user) : STR("root");
    if (!base->nonroot)
        return user;
    if (base->nonroot_uid < 0)
        return str_fmt(arena, "%.*s; brings '%s'", STR_ARG(user), base->nonroot);
    return str_fmt(arena, "%.*s; brings '%s' (uid %d)", STR_ARG(user), base->nonroot,
                   base->nonroot_uid);
}

static str base_megabytes(struct arena *arena, double megabytes)
{
    return megabytes > 0 ? size_print(arena, (uint64_t)(megabytes * 1e6)) : STR("not measured");
}

/* What was measured, and when. */
static str base_measured(struct arena *arena, const struct base_fact *base)
{
    if (!base->measured)
        return STR_NONE;
    return str_fmt(arena, "%s, built on %s", base->sample, base->measured);
}

/* "python:*slim*"; each of several globs for itself. */
static str base_image(struct arena *arena, const struct base_fact *base)
{
    struct buf out = buf_init(arena, REPORT_BYTES_MAX);
    str rest = str_from(base->tags), glob;
    while (str_next_word(&rest, &glob))
        buf_fmt(&out, "%s%s:%.*s", out.len ? " " : "", base->repository, STR_ARG(glob));
    return buf_str(&out);
}

/* The sibling's name, and what it saves where both were measured. */
static str base_sibling_text(struct arena *arena, const struct base_fact *base, const char *sibling)
{
    const struct base_fact *row = base_sibling(arena, base, sibling);
    if (!row)
        return STR_NONE;
    double saved = row->unpacked_mb > 0 ? base->unpacked_mb - row->unpacked_mb : 0;
    if (saved <= 0)
        return str_fmt(arena, "base/%s", row->name);
    return str_fmt(arena, "base/%s saves %.*s", row->name, STR_ARG(base_megabytes(arena, saved)));
}

static void base_parts(struct arena *arena, const struct base_fact *base,
                       struct base_part parts[BASE_PARTS])
{
    const struct base_part all[BASE_PARTS] = {
        {"image", base_image(arena, base)},
        {"use", str_from(base->use)},
        {"trade-off", str_from(base->tradeoff)},
        {"unpacked", base_megabytes(arena, base->unpacked_mb)},
        {"pulled", base_megabytes(arena, base->pull_mb)},
        {"measured", base_measured(arena, base)},
        {"libc", str_from(libc_name(base->libc))},
        {"packages", str_from(base->packages)},
        {"has", str_from(base->has)},
        {"user", base_user(arena, base)},
        {"CA certs", base->ca_certificates ? STR("yes") : STR("no")},
        {"tzdata", base->tzdata ? STR("yes") : STR("no")},
        {"kind", base->sdk ? STR("made to build with, not to ship") : STR_NONE},
        {"slimmer", base_sibling_text(arena, base, base->slim)},
        {"alpine", base_sibling_text(arena, base, base->alpine)},
        {"source", str_from(base->source)},
    };
    for (unsigned i = 0; i < BASE_PARTS; i++)
        parts[i] = all[i];
}

str report_base(struct arena *arena, const struct base_fact *base, enum explain_format format,
                const struct report_style *style)
{
    struct base_part parts[BASE_PARTS];
    base_parts(arena, base, parts);
    if (format == EXPLAIN_JSON)
        return bases_json(arena, base, 1);
    struct paint paint = paint_init(arena, style);
    paint_fmt(&paint, INK_BOLD, format == EXPLAIN_MARKDOWN ? "# base/%s\n\n" : "base/%s\n",
              base->name);
    for (unsigned i = 0; i < BASE_PARTS; i++) {
        if (!parts[i].text.len)
            continue;
        if (format == EXPLAIN_MARKDOWN) {
            buf_fmt(&paint.out, "- %s: ", parts[i].label);
            put_markdown(&paint.out, parts[i].text);
            buf_add_char(&paint.out, '\n');
        } else
            paint_part(&paint, BASE_LABEL_WIDTH, parts[i].label, parts[i].text);
    }
    return buf_str(&paint.out);
}

str report_bases(struct arena *arena, const struct base_fact *bases, size_t count,
                 enum explain_format format, const struct report_style *style)
{
    if (format == EXPLAIN_JSON)
        return bases_json(arena, bases, count);
    struct paint paint = paint_init(arena, style);
    bool markdown = format == EXPLAIN_MARKDOWN;
    if (markdown)
        buf_add(&paint.out, STR("| base | unpacked | use |\n| --- | --- | --- |\n"));
    for (size_t i = 0; i < count; i++) {
        str size = bases[i].unpacked_mb > 0 ? base_megabytes(arena, bases[i].unpacked_mb) : STR("");
        str name = str_fmt(arena, "base/%s", bases[i].name);
        if (markdown)
            buf_fmt(&paint.out, "| %.*s | %.*s | ", STR_ARG(name), STR_ARG(size));
        else
            paint_fmt(&paint, INK_PLAIN, "%-32.*s %9.*s  ", STR_ARG(name), STR_ARG(size));
        if (markdown)
            put_markdown(&paint.out, str_from(bases[i].use));
        else
            paint_wrapped(&paint, str_from(bases[i].use), 44, 44);
        buf_add(&paint.out, markdown ? STR(" |\n") : STR("\n"));
    }
    return buf_str(&paint.out);
}
