#include "rules/templates/template_stages.h"

#include "rules/artefacts.h"

/*
 * COPY --from of all that a stage built in: either what only the build needs is taken out of it, or
 * just the program, and the directories that it reads, are copied.
 *
 *   RUN npm run build                             RUN npm run build && npm prune --omit=dev
 *
 *   COPY --from=build /src /src            -->    COPY --from=build /src/bin/a /src/bin/a
 *   CMD ["/src/bin/a"]                            CMD ["/src/bin/a"]
 */

/* The last RUN of a stage. */
static const struct step_facts *last_run_of(const struct facts *facts, uint32_t stage)
{
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t i = at->end; i-- > at->first;)
        if (facts->steps[i].instruction->kind == INSTRUCTION_RUN)
            return &facts->steps[i];
    return NULL;
}

/* Does anything else take from the stage, or stand on it? */
static bool is_shared(const struct facts *facts, uint32_t stage, const struct step_facts *copy)
{
    for (uint32_t i = 0; i < facts->stage_count; i++)
        if (facts->stages[i].stage->base_stage == stage)
            return true;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (step != copy && copied_stage(facts, step) == stage)
            return true;
        VEC_EACH(struct mount, mount, step->instruction->mounts) {
            if (mount->from.len &&
                stage_find(facts->file, mount->from, step->instruction->stage) == stage)
                return true;
        }
    }
    return false;
}

bool template_prune_copied(const struct facts *facts, struct rule_sink *sink, uint32_t stage,
                           const struct step_facts *copy)
{
    const struct step_facts *last = last_run_of(facts, stage);
    const char *prune = last ? template_pruning_of(facts, last) : NULL;
    struct template_edits edits = {0};
    if (!prune || is_shared(facts, stage, copy) || !last->script || last->script->comments.count ||
        last->script->problems.count || last->instruction->heredocs.count ||
        last->instruction->json || !last->workdir_known)
        return false;
    struct edit edit = run_append_edit(facts, last, NULL, str_from(prune));
    template_add(facts->arena, &edits, edit.at, edit.text);
    return template_give(sink, &edits, "Take out what only the build needs");
}

/* -- the program alone ------------------------------------------------------------------------- */

/* The file that the image begins: a program by its path, or the jar that java runs. */
static str begun_file(const struct facts *facts)
{
    const struct step_facts *start = final_step(facts, INSTRUCTION_ENTRYPOINT);
    start = start ? start : final_step(facts, INSTRUCTION_CMD);
    if (!start || start->command_count != 1 || !start->commands[0].argv.count ||
        start->commands[0].via)
        return STR("");
    const struct shell_command *command = &start->commands[0];
    const struct shell_word *word = &command->argv.at[0];
    str value = STR("");
    if (str_eq(command->name, STR("java")))
        return shell_option_value(command, "-jar", &value) && !glob_is_pattern(value)
                   ? step_path(facts, start, value)
                   : STR("");
    return word->known && str_has_char(word->value, '/') ? step_path(facts, start, word->value)
                                                         : STR("");
}

/* Does a later step of the stage look into the directory, but to begin the program? */
static bool is_looked_into(const struct facts *facts, const struct step_facts *copy, str place)
{
    for (const struct step_facts *step = copy + 1; step < step_look_end(facts, copy); step++) {
        enum instruction_kind kind = step->instruction->kind;
        if (step->stage != copy->stage)
            return false;
        if (kind == INSTRUCTION_RUN || kind == INSTRUCTION_VOLUME ||
            (kind == INSTRUCTION_HEALTHCHECK && step_mentions(facts, step, place)))
            return true;
    }
    return false;
}

static str copy_line(const struct facts *facts, const struct instruction *at, str from, str into)
{
    str flags = STR("");
    VEC_EACH(struct flag, flag, at->flags) {
        flags = str_fmt(facts->arena, "%.*s %.*s", STR_ARG(flags),
                        STR_ARG(source_text(facts->source, flag->at)));
    }
    return str_fmt(facts->arena, "COPY%.*s %.*s %.*s", STR_ARG(flags), STR_ARG(from),
                   STR_ARG(into));
}

bool template_narrow_copy(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *copy, str path)
{
    const struct instruction *at = copy->instruction;
    struct second_stage plan = {.facts = facts,
                                .last = last_run_of(facts, copied_stage(facts, copy))};
    str file = begun_file(facts);
    str place = at->words.count == 2 ? step_path(facts, copy, at->words.at[1].raw) : STR("");
    if (!file.len || place.len < 2 || !path_is_below(file, place) || !plan.last || at->json ||
        is_looked_into(facts, copy, place) || step_stage(facts, copy) != facts->final)
        return false;
    str made = path_join(facts->arena, path, str_from_index(file, place.len + 1));
    const struct word source = {.raw = made, .at = at->words.at[0].at};
    bool jar = str_ends(made, STR(".jar"));
    if ((!jar && artefact_of(facts, copy, &source).kind == ARTEFACT_NONE) ||
        !second_stage_assets(facts, &plan) || plan.edits.impossible)
        return false;
    template_add(facts->arena, &plan.edits, at->words.at[0].at, made);
    template_add(facts->arena, &plan.edits, at->words.at[1].at, file);
    for (uint32_t i = 0; i < plan.path_count; i++) {
        str asset = plan.paths[i];
        if (!path_is_below(asset, path))
            return false;
        str into = path_join(facts->arena, place, str_from_index(asset, path.len + 1));
        struct edit edit = insert_after_instruction(facts, at, copy_line(facts, at, asset, into));
        template_add(facts->arena, &plan.edits, edit.at, edit.text);
    }
    return template_give(sink, &plan.edits, "Copy the program alone");
}
