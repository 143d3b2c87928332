#include "cli/cli.h"
#include "cli/man.h"

#include "report/report.h"

/* plimsoll-rules(7): the rule table as a man page, a section a group. */

static void put_rule(struct buf *out, const struct rule *rule)
{
    bool off = rule->policy || rule->nursery;
    str kind = str_fmt(out->arena, "(%s, fix: %s%s)", severity_name(rule->severity),
                       fix_safety_name(rule->fix), off ? ", off" : "");
    man_term(out, str_from(rule->name), kind);
    buf_add(out, STR(".br\n"));
    man_text(out, str_fmt(out->arena, "%s. To mend it: %s.", rule->what, rule->how));
    if (rule->aka && *rule->aka) {
        buf_add(out, STR(".br\n"));
        man_text(out, str_fmt(out->arena, "Also: %s", rule->aka));
    }
}

static void put_meaning(struct buf *out)
{
    static const char *const rows[][2] = {
        {"error", "a secret, root, or a build that breaks"},
        {"warning", "bytes, seconds or a risk that can be measured"},
        {"note", "the rest"},
        {"fix: safe", "'plimsoll fix' applies it: its effect is fully known from the text"},
        {"fix: proof", "'plimsoll fix --unproven' applies it: a rebuild has to prove it"},
        {"fix: suggestion", "the finding says what to write, and a person decides"},
        {"fix: none", "the way out depends on what the file is for"},
        {"off", "the rule runs when it is selected by name or configured"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        man_term(out, str_from(rows[i][0]), str_from(rows[i][1]));
}

str man_rules_page(struct arena *arena)
{
    struct buf out = buf_init(arena, MAN_BYTES_MAX);
    man_head(&out, STR("plimsoll-rules"), "7", "what plimsoll finds, and how to mend it");
    buf_add(&out, STR(".SH DESCRIPTION\n"));
    man_text(&out, STR("A rule is named GROUP/NAME. Wherever a rule is asked for, its name, its "
                       "group or the id that another linter gives it will do. 'plimsoll explain "
                       "RULE' tells why a rule is there, and where its evidence is from."));
    put_meaning(&out);
    size_t count;
    const struct rule *const *rules = rules_all(arena, &count);
    str group = STR("");
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(rule_group(rules[i]), group)) {
            group = rule_group(rules[i]);
            man_section(&out, group);
        }
        put_rule(&out, rules[i]);
    }
    buf_add(&out, STR(".SH IGNORING A FINDING\n"));
    man_text(&out, STR("A comment above the instruction takes it away, for ever or until a day:"));
    buf_add(&out, STR(".PP\n.nf\n"
                      "# plimsoll: ignore=RULE[,RULE] [until=YYYY\\-MM\\-DD] [\\-\\- reason]\n"
                      ".fi\n.PP\n"));
    man_text(&out, STR("'# hadolint ignore=', '# hadolint global ignore=' and '# check=skip=' are "
                       "read as well."));
    buf_add(&out, STR(".SH SEE ALSO\n.BR plimsoll (1),\n.BR plimsoll\\-check (1),\n"
                      ".BR plimsoll\\-explain (1),\n.BR plimsoll.yaml (5)\n"));
    return buf_str(&out);
}
