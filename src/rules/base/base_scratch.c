#include "rules/artefacts.h"
#include "rules/contents.h"
#include "rules/families.h"

/* Data that programs expect, and that scratch does not have: certificates, time zones. */

static bool is_scratch(const struct facts *facts)
{
    return facts->final && str_eq(facts->final->repository, STR("scratch"));
}

/* Some instruction that ships says this. */
static const struct instruction *ships_text(const struct facts *facts, const char *part)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        if (stage && stage->ships && str_has(source_text(facts->source, at->at), str_from(part)))
            return at;
    }
    return NULL;
}

/* The last COPY --from of the stage that ships: files of the build come with it. */
static const struct step_facts *last_copy(const struct facts *facts, uint32_t *out_stage)
{
    const struct step_facts *last = NULL;
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; i < stage->end; i++) {
        uint32_t from = copied_stage(facts, &facts->steps[i]);
        if (from == NO_INDEX)
            continue;
        last = &facts->steps[i];
        *out_stage = from;
    }
    return last;
}

/* A step of the stage that installs this package; NULL when there is none. */
static const struct shell_command *installs(const struct facts *facts, uint32_t stage,
                                            const char *package)
{
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t i = at->first; i < at->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
            if (step->packages[k].verb != PACKAGE_INSTALL)
                continue;
            VEC_EACH(struct shell_word, word, step->packages[k].packages) {
                if (word->known && str_eq(word->value, str_from(package)))
                    return &step->commands[k];
            }
        }
    }
    return NULL;
}

/* The stage in which others name the stage they copy from. */
static void fix_by_copy(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *copy, str path, str goal)
{
    const struct flag *from = instruction_flag(copy->instruction, "from");
    str line = str_fmt(sink->arena, "COPY --from=%.*s %.*s %.*s", STR_ARG(from->value),
                       STR_ARG(path), STR_ARG(goal));
    struct edit edit = insert_after_instruction(facts, copy->instruction, line);
    found_fix(sink, "Copy '%.*s' from the build", STR_ARG(path));
    found_edit(sink, edit.at, edit.text);
}

static void check_certificates(const struct facts *facts, struct rule_sink *sink)
{
    uint32_t stage = NO_INDEX;
    const struct step_facts *copy = is_scratch(facts) ? last_copy(facts, &stage) : NULL;
    str bundle = STR("/etc/ssl/certs/ca-certificates.crt");
    if (!copy || contents_at_end(facts, facts->final->stage->index, bundle) != HOLDS_NO ||
        ships_text(facts, "SSL_CERT"))
        return;
    const struct instruction *address = ships_text(facts, "https://");
    bool is_label =
        address && (address->kind == INSTRUCTION_LABEL || address->kind == INSTRUCTION_ADD ||
                    address->kind == INSTRUCTION_FROM || address->kind == INSTRUCTION_MAINTAINER);
    const struct shell_command *install = installs(facts, stage, "ca-certificates");
    if (install)
        found(sink, copy->instruction->at,
              "the build installs CA certificates, and nothing copies them to where the program "
              "runs");
    else if (address && !is_label)
        found(sink, address->at,
              "the program is told an https address, and has no CA certificates");
    else
        return;
    if (install)
        found_related(sink, install->at, "installed here");
    const struct base_fact *base = facts->stages[stage].base;
    if (install || (base && base->ca_certificates))
        fix_by_copy(facts, sink, copy, bundle, STR("/etc/ssl/certs/"));
}

static void check_zones(const struct facts *facts, struct rule_sink *sink)
{
    uint32_t stage = NO_INDEX;
    const struct step_facts *copy = is_scratch(facts) ? last_copy(facts, &stage) : NULL;
    if (!copy || ships_text(facts, "ZONEINFO") || ships_text(facts, "zoneinfo") ||
        contents_at_end(facts, facts->final->stage->index, STR("/usr/share/zoneinfo/UTC")) !=
            HOLDS_NO)
        return;
    const struct step_facts *last = &facts->steps[facts->final->stage->end - 1];
    const struct variable *zone = dockerfile_variable(facts->file, last->instruction, STR("TZ"));
    if (!zone || !zone->is_env || !zone->pair ||
        (zone->known && STR_IN(zone->value, "UTC", "Etc/UTC", "")))
        return;
    if (str_has(facts->source->text, STR("timetzdata")))
        return;
    found(sink, zone->pair->at, "TZ names a time zone, and the image has no time zones");
    const struct base_fact *base = facts->stages[stage].base;
    if ((base && base->tzdata) || installs(facts, stage, "tzdata"))
        fix_by_copy(facts, sink, copy, STR("/usr/share/zoneinfo"), STR("/usr/share/zoneinfo"));
}

static void check_data(const struct facts *facts, struct rule_sink *sink)
{
    check_certificates(facts, sink);
    check_zones(facts, sink);
}

RULE_FAMILY(
    base_scratch,
    {.name = "base/scratch-data",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2",
     .what = "FROM scratch without the CA certificates or time zones that the program needs",
     .why = "every TLS connection fails with an unknown authority, and times are in UTC "
            "whatever TZ says; told only where the text shows that they are wanted",
     .how = "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/, and "
            "/usr/share/zoneinfo; or distroless/static, which has both",
     .source = "guide: multi-stage builds, which copies the certificates",
     .dockerfile = check_data});
