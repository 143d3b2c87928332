#include "rules/templates.h"

#include "rules/choice.h"
#include "rules/conventions.h"
#include "rules/repository.h"
#include "text/edit.h"

/* What templates ask of a file, and how their edits come together. */

bool template_is_asked(const struct facts *facts, const struct rule *rule)
{
    return facts->options->modernize || rule_named(&facts->options->choice, rule);
}

bool template_is_classic(const struct facts *facts)
{
    const struct conventions *ways = facts->repository ? facts->repository->conventions : NULL;
    return ways && ways->classic_builder;
}

void template_add(struct arena *arena, struct template_edits *edits, span at, str text)
{
    struct edit edit = {.at = at, .text = text};
    const struct edit_list one = {.at = &edit, .count = 1, .capacity = 1};
    if (edits_conflict(&edits->list, &one))
        edits->impossible = true;
    vec_push(arena, &edits->list, edit);
}

bool template_give(struct rule_sink *sink, const struct template_edits *edits, const char *title)
{
    if (edits->impossible || !edits->list.count)
        return false;
    found_fix_as(sink, FIX_PROOF, "%s", title);
    VEC_EACH(struct edit, edit, edits->list) {
        found_edit(sink, edit->at, edit->text);
    }
    return true;
}

/* Does the text set the variable itself, by an assignment or an export? */
static bool sets_itself(str text, str name)
{
    for (size_t at = str_find(text, name); at != STR_MISSING; at = str_find(text, name)) {
        bool begins = at == 0 || !char_is_name(text.at[at - 1]);
        text = str_from_index(text, at + name.len);
        if (begins && str_starts(text, STR("=")))
            return true;
    }
    return false;
}

bool template_variable(const struct facts *facts, const struct instruction *at, const char *name,
                       str *out_value)
{
    const struct variable *variable = dockerfile_variable(facts->file, at, str_from(name));
    *out_value = STR("");
    if (sets_itself(source_text(facts->source, at->at), str_from(name)))
        return false;
    if (!variable || !variable->set)
        return !variable || variable->is_env; /* an ARG may get its value from outside */
    *out_value = variable->value;
    return variable->known;
}

str template_file(const struct facts *facts, str path)
{
    if (!facts->repository)
        return STR_NONE;
    str inside =
        facts->context_path.len ? path_join(facts->arena, facts->context_path, path) : path;
    return repository_text(facts->arena, facts->repository, inside);
}

bool template_sent(const struct facts *facts, str path)
{
    const struct context_entry *entry = facts->tree ? context_find(facts->tree, path) : NULL;
    return entry && !entry->dropped;
}

bool template_stands_on(const struct facts *facts, uint32_t stage, uint32_t below)
{
    while (stage != below && stage < facts->stage_count) {
        uint32_t next = facts->file->stages.at[stage].base_stage;
        if (next == NO_INDEX || next >= stage)
            return false;
        stage = next;
    }
    return stage == below;
}

str template_platform(const struct facts *facts)
{
    const struct flag *flag = instruction_flag(facts->final->stage->from, "platform");
    return flag ? str_cat(facts->arena, source_text(facts->source, flag->at), STR(" ")) : STR("");
}

uint32_t template_above(const struct facts *facts, const struct instruction *at)
{
    uint32_t line = at->line;
    if (!at->index) /* a directive, or what the whole file is about */
        return source_full_line(facts->source, line).start;
    uint32_t lowest = facts->steps[at->index - 1].instruction->end_line + 1;
    while (line > lowest &&
           str_starts(str_trim(source_text(facts->source, source_line(facts->source, line - 1))),
                      STR("#")))
        line--;
    return source_full_line(facts->source, line).start;
}

/* -- users ------------------------------------------------------------------------------------- */

/* The command that makes a user of this name in the stage, above a step. */
static const struct shell_command *maker_of(const struct facts *facts,
                                            const struct step_facts *step, str name)
{
    for (const struct step_facts *at = step; at-- > step_look_first(facts, step);) {
        const struct stage_facts *stage = step_stage(facts, at);
        for (uint32_t k = 0; stage && k < at->command_count; k++) {
            const struct shell_command *command = &at->commands[k];
            bool own = at->stage == step->stage || stage->ships;
            if (own && STR_IN(command->name, "useradd", "adduser") && command->argv.count > 1 &&
                str_eq(vec_last(&command->argv)->value, name))
                return command;
        }
    }
    return NULL;
}

static bool made_user(const struct facts *facts, const struct step_facts *step, str name,
                      struct template_user *out)
{
    const struct shell_command *maker = maker_of(facts, step, name);
    str uid = STR(""), home = STR("");
    uint64_t number;
    if (!maker || shell_option(maker, "-M") || shell_option(maker, "-H") ||
        shell_option(maker, "--no-create-home"))
        return false;
    bool makes_home = str_eq(maker->name, STR("adduser")) || shell_option(maker, "-m") ||
                      shell_option(maker, "--create-home");
    if (!shell_option_value(maker, "-u", &uid))
        shell_option_value(maker, "--uid", &uid);
    if (shell_option_value(maker, "-d", &home) || shell_option_value(maker, "--home-dir", &home) ||
        shell_option_value(maker, "-h", &home) || shell_option_value(maker, "--home", &home))
        makes_home = makes_home && str_starts(home, STR("/"));
    if (!makes_home || !str_to_u64(uid, &number))
        return false;
    out->home = home.len ? home : str_fmt(facts->arena, "/home/%.*s", STR_ARG(name));
    out->uid = uid;
    out->gid = STR("");
    return true;
}

bool template_user_of(const struct facts *facts, const struct step_facts *step,
                      struct template_user *out_user)
{
    const struct stage_facts *stage = step_stage(facts, step);
    bool known = stage && (stage->base || str_eq(stage->repository, STR("composer")));
    if (!stage || !step->user_known || (!step->user.len && !known))
        return false;
    str home;
    if (!template_variable(facts, step->instruction, "HOME", &home))
        return false;
    if (user_is_root(step->user, stage->base)) {
        *out_user = (struct template_user){.home = home.len ? home : STR("/root")};
        return true;
    }
    str name = str_slice(step->user, 0, str_find_char(step->user, ':'));
    if (stage->base && stage->base->nonroot && str_eq(name, STR("node")) &&
        str_eq(str_from(stage->base->nonroot), name)) {
        str uid = str_fmt(facts->arena, "%d", stage->base->nonroot_uid);
        *out_user = (struct template_user){.home = STR("/home/node"), .uid = uid, .gid = uid};
    } else if (!made_user(facts, step, name, out_user)) {
        return false;
    }
    out_user->home = home.len ? home : out_user->home;
    return true;
}
