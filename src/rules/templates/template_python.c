#include "rules/templates/template_stages.h"

/*
 * Poetry and uv in the stage that ships: they go to a stage of their own, and the environment that
 * they make goes on.
 *
 *   FROM python:3.12-slim                         FROM python:3.12-slim AS build
 *   RUN pip install poetry                        RUN pip install poetry
 *   WORKDIR /app                                  WORKDIR /app
 *                                          -->    ENV POETRY_VIRTUALENVS_IN_PROJECT=true
 *   COPY pyproject.toml poetry.lock ./            COPY pyproject.toml poetry.lock ./
 *   RUN poetry install --only main                RUN poetry install --only main
 *
 *                                                 FROM python:3.12-slim
 *                                                 WORKDIR /app
 *                                                 COPY --from=build /app/.venv /app/.venv
 *                                                 ENV PATH="/app/.venv/bin:$PATH"
 *   COPY . .                                      COPY . .
 */

struct environment {
    struct second_stage *plan;
    const struct step_facts *install; /* the RUN that fills it */
    bool poetry;
    bool whole; /* more than manifests were copied to the program's directory */
    str place;  /* its own directory */
};

static bool is_manifest(str source)
{
    return STR_IN(str_basename(source), "pyproject.toml", "poetry.lock", "uv.lock", "poetry.toml",
                  ".python-version", "poetry.lock*", "uv.lock*", "README.md", "pyproject.toml*");
}

bool template_is_image_of_uv(str image)
{
    return str_starts(image, STR("ghcr.io/astral-sh/uv")) ||
           str_starts(image, STR("docker.io/astral/uv"));
}

/* Does a RUN only install, so that all it leaves is the environment, packages and the tool? */
static bool only_installs(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++)
        if ((!step->packages || step->packages[k].verb == PACKAGE_NONE) &&
            !STR_IN(step->commands[k].name, "pip", "pip3", "poetry", "uv", "rm", "set", "curl",
                    "python", "python3", "echo", "true", "find"))
            return false;
    return step->command_count > 0;
}

/* Note the RUN that installs; false when it does more, or two tools install. */
static bool look_at_run(struct environment *env, const struct step_facts *step)
{
    if (!only_installs(step))
        return false;
    for (uint32_t k = 0; k < step->command_count; k++) {
        bool poetry = shell_is(&step->commands[k], "poetry", "install");
        if (!poetry && !shell_is(&step->commands[k], "uv", "sync"))
            continue;
        if (env->install && env->poetry != poetry)
            return false;
        env->install = step;
        env->poetry = poetry;
    }
    return true;
}

/* Note what is copied; false when it lies where it would be left behind. */
static bool look_at_copy(struct environment *env, const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    if (from)
        return template_is_image_of_uv(from->value);
    for (uint32_t w = 0; w + 1 < at->words.count; w++)
        env->whole = env->whole || !is_manifest(at->words.at[w].raw);
    return at->words.count &&
           path_is_in(step_path(env->plan->facts, step, vec_last(&at->words)->raw),
                      env->plan->last->workdir);
}

/* All that stands above the last RUN must be able to stay behind, or to go with the directory. */
static bool look_at_stage(struct environment *env)
{
    const struct facts *facts = env->plan->facts;
    for (uint32_t i = facts->final->stage->first; i <= env->plan->last->instruction->index; i++) {
        const struct step_facts *step = &facts->steps[i];
        enum instruction_kind kind = step->instruction->kind;
        if (kind == INSTRUCTION_RUN && !look_at_run(env, step))
            return false;
        if ((kind == INSTRUCTION_COPY || kind == INSTRUCTION_ADD) && !look_at_copy(env, step))
            return false;
    }
    return env->install != NULL;
}

static bool is_yes(str value)
{
    return STR_IN(value, "1", "true", "True", "yes");
}

/* `poetry config virtualenvs.create false`, which an environment needs no more. */
static bool drop_config(struct environment *env)
{
    const struct facts *facts = env->plan->facts;
    for (uint32_t i = facts->final->stage->first; i <= env->install->instruction->index; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            struct edit edit;
            if (step->instruction->kind != INSTRUCTION_RUN ||
                !shell_is(command, "poetry", "config") ||
                !str_has(source_text(facts->source, command->at), STR("virtualenvs.create")))
                continue;
            if (step->command_count > 1 && !remove_command_edit(facts, step, command, &edit))
                return false;
            if (step->command_count == 1)
                edit = (struct edit){
                    .at = span_join(source_full_line(facts->source, step->instruction->line),
                                    source_full_line(facts->source, step->instruction->end_line)),
                    .text = STR("")};
            template_add(facts->arena, &env->plan->edits, edit.at, edit.text);
        }
    }
    return true;
}

/* The first COPY in front of the install, where another install may come to stand: whatever is set
 * there holds for both. */
static const struct instruction *place_of_setting(const struct environment *env)
{
    const struct facts *facts = env->plan->facts;
    const struct instruction *install = env->install->instruction;
    for (uint32_t i = facts->final->stage->first; i < install->index; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if ((at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD) &&
            !instruction_flag(at, "from"))
            return at;
    }
    return install;
}

/* Poetry makes its environment in its own cache, or none at all, unless it is told. */
static bool put_in_project(struct environment *env)
{
    const struct facts *facts = env->plan->facts;
    const struct instruction *at = env->install->instruction;
    str inside, create;
    if (!template_variable(facts, at, "POETRY_VIRTUALENVS_IN_PROJECT", &inside) ||
        !template_variable(facts, at, "POETRY_VIRTUALENVS_CREATE", &create) ||
        (inside.len && !is_yes(inside)) || !drop_config(env))
        return false;
    const struct variable *variable =
        dockerfile_variable(facts->file, at, STR("POETRY_VIRTUALENVS_CREATE"));
    if (create.len && !is_yes(create)) {
        if (!variable->pair)
            return false;
        template_add(facts->arena, &env->plan->edits, variable->pair->value_at, STR("true"));
    }
    if (inside.len)
        return true;
    struct edit edit = insert_before_instruction(facts, place_of_setting(env),
                                                 STR("ENV POETRY_VIRTUALENVS_IN_PROJECT=true"));
    template_add(facts->arena, &env->plan->edits, edit.at, edit.text);
    return true;
}

/* Where the environment is, and that the program finds it there. */
static bool place_environment(struct environment *env)
{
    const struct facts *facts = env->plan->facts;
    str place = STR("");
    if (!template_variable(facts, env->install->instruction, "UV_PROJECT_ENVIRONMENT", &place) ||
        place.len || (env->poetry && !put_in_project(env)))
        return false;
    env->place = path_join(facts->arena, env->install->workdir, STR(".venv"));
    if (second_stage_begins_in_venv(env->plan))
        return true;
    env->plan->setting = str_fmt(facts->arena, "PATH=\"%.*s/bin:$PATH\"", STR_ARG(env->place));
    return env->poetry; /* with uv, what begins outside of it does not use it */
}

bool template_python_stage(const struct facts *facts, struct rule_sink *sink)
{
    struct second_stage plan;
    struct environment env = {.plan = &plan};
    if (!template_is_asked(facts, sink->rule) || !second_stage_begin(facts, &plan) ||
        !str_eq(facts->final->repository, STR("python")) || facts->final->digest.len ||
        str_has_char(facts->final->stage->base_raw, '$') || !plan.last->workdir_set ||
        plan.last->workdir.len < 2 || !look_at_stage(&env) ||
        !str_eq(env.install->workdir, plan.last->workdir) || !place_environment(&env))
        return false;
    plan.libraries = true;
    str slim = base_slim_reference(facts, facts->final);
    plan.base = slim.len ? slim : facts->final->stage->base_raw;
    second_stage_ship(&plan, env.whole ? plan.last->workdir : env.place);
    return second_stage_give(sink, &plan, "Install in a stage of its own");
}
