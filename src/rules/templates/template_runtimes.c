#include "rules/templates/template_stages.h"

/* Programs that a stage builds and another program runs: Java, .NET, Python, Node. */

/* The number that follows a mark in a tag: "21" of "3.9-eclipse-temurin-21-alpine". */
static str number_behind(str tag, const char *mark)
{
    size_t at = str_find(tag, str_from(mark));
    if (at == STR_MISSING)
        return STR("");
    str rest = str_from_index(tag, at + str_from(mark).len);
    size_t digits = 0;
    while (digits < rest.len && char_is_digit(rest.at[digits]))
        digits++;
    return str_slice(rest, 0, digits);
}

/* The runtime that belongs to a build image; "" when its version is not known. */
static str jre_of(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    str version = STR("");
    if (str_eq(final->repository, STR("maven")))
        version = number_behind(final->tag, "eclipse-temurin-");
    else if (str_eq(final->repository, STR("gradle")))
        version = number_behind(final->tag, "jdk");
    else if (str_eq(final->repository, STR("eclipse-temurin")))
        version = number_behind(final->tag, "");
    if (!version.len)
        return STR("");
    return str_fmt(facts->arena, "eclipse-temurin:%.*s-jre%s", STR_ARG(version),
                   final->family == FAMILY_ALPINE ? "-alpine" : "");
}

bool second_stage_java(struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    const struct shell_command *start = &plan->start->commands[0];
    str jar;
    bool builds = false;
    for (uint32_t k = 0; k < plan->last->command_count; k++)
        builds = builds || STR_IN(plan->last->commands[k].name, "mvn", "mvnw", "gradle", "gradlew");
    if (!builds || !str_eq(start->name, STR("java")) || !shell_option_value(start, "-jar", &jar) ||
        glob_is_pattern(jar))
        return false;
    jar = step_path(facts, plan->start, jar);
    plan->base = second_stage_usual_base(facts, facts->final->base->libc);
    if (!plan->base.len)
        plan->base = jre_of(facts);
    if (jar.len)
        second_stage_ship(plan, jar);
    return jar.len && plan->base.len;
}

bool second_stage_dotnet(struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    const struct shell_command *start = &plan->start->commands[0];
    str output = STR("");
    bool alone = start->argv.count >= 2 && str_eq(start->name, STR("dotnet")) &&
                 str_ends(start->argv.at[1].value, STR(".dll"));
    if (!alone || !str_eq(facts->final->repository, STR("mcr.microsoft.com/dotnet/sdk")))
        return false;
    for (uint32_t k = 0; k < plan->last->command_count; k++)
        if (shell_is(&plan->last->commands[k], "dotnet", "publish") &&
            !shell_option_value(&plan->last->commands[k], "-o", &output))
            shell_option_value(&plan->last->commands[k], "--output", &output);
    output = output.len ? step_path(facts, plan->last, output) : STR("");
    str library = step_path(facts, plan->start, start->argv.at[1].value);
    if (!output.len || !library.len || !str_eq(str_dirname(library), output))
        return false;
    plan->base =
        str_fmt(facts->arena, "mcr.microsoft.com/dotnet/aspnet:%.*s", STR_ARG(facts->final->tag));
    second_stage_ship(plan, output);
    return facts->final->tag.len > 0;
}

/* -- uv ---------------------------------------------------------------------------------------- */

/* "python3.12-bookworm-slim" of uv's images is built on "python:3.12-slim-bookworm". */
static str python_of(const struct facts *facts)
{
    str tag = facts->final->tag;
    static const char *const suites[] = {"bookworm", "trixie", "bullseye"};
    size_t at = str_find(tag, STR("python3."));
    str minor = at == STR_MISSING ? STR("") : number_behind(tag, "python3.");
    if (!minor.len)
        return STR("");
    if (str_has(tag, STR("alpine")))
        return str_fmt(facts->arena, "python:3.%.*s-alpine", STR_ARG(minor));
    for (size_t i = 0; i < ARRAY_COUNT(suites); i++)
        if (str_has(tag, str_from(suites[i])))
            return str_fmt(facts->arena, "python:3.%.*s-slim-%s", STR_ARG(minor), suites[i]);
    return STR("");
}

bool second_stage_begins_in_venv(const struct second_stage *plan)
{
    const struct shell_command *start = &plan->start->commands[0];
    const struct variable *path =
        dockerfile_variable(plan->facts->file, plan->start->instruction, STR("PATH"));
    return !STR_IN(start->name, "uv", "uvx") &&
           (str_has(start->argv.at[0].value, STR(".venv/bin/")) ||
            (path && path->pair && str_has(path->pair->value, STR(".venv/bin"))));
}

bool second_stage_uv(struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    bool syncs = false;
    for (uint32_t k = 0; k < plan->last->command_count; k++)
        syncs = syncs || shell_is(&plan->last->commands[k], "uv", "sync");
    if (!str_eq(facts->final->repository, STR("ghcr.io/astral-sh/uv")) || !syncs ||
        !plan->last->workdir_set || plan->last->workdir.len < 2 ||
        !second_stage_begins_in_venv(plan))
        return false;
    plan->base = python_of(facts);
    second_stage_ship(plan, plan->last->workdir);
    return plan->base.len > 0;
}

/* -- node -------------------------------------------------------------------------------------- */

const char *template_pruning_of(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    for (const struct step_facts *at = step; at > facts->steps && at->stage == step->stage; at--)
        for (uint32_t k = 0; at->packages && k < at->command_count; k++) {
            const char *manager = at->packages[k].manager;
            if (at->packages[k].verb != PACKAGE_INSTALL || !manager || !stage)
                continue;
            if (str_eq(str_from(manager), STR("npm")))
                return "npm prune --omit=dev";
            if (str_eq(str_from(manager), STR("pnpm")))
                return "pnpm prune --prod";
            bool classic = facts->tree && !template_sent(facts, STR(".yarnrc.yml"));
            if (str_eq(str_from(manager), STR("yarn")))
                return classic ? "yarn install --frozen-lockfile --production --ignore-scripts "
                                 "--prefer-offline"
                               : NULL;
        }
    return NULL;
}

bool template_node_stage(const struct facts *facts, struct rule_sink *sink)
{
    struct second_stage plan;
    if (!template_is_asked(facts, sink->rule) || !second_stage_begin(facts, &plan) ||
        !str_eq(facts->final->repository, STR("node")) || facts->final->digest.len ||
        !plan.last->workdir_set || plan.last->workdir.len < 2 || !plan.last->script ||
        plan.last->script->comments.count || plan.last->instruction->heredocs.count ||
        plan.last->instruction->json || str_has_char(facts->final->stage->base_raw, '$'))
        return false;
    const struct shell_command *start = &plan.start->commands[0];
    const char *prune = template_pruning_of(facts, plan.last);
    if (!prune || !STR_IN(start->name, "node", "npm", "yarn", "pnpm"))
        return false;
    str slim = base_slim_reference(facts, facts->final);
    plan.base = slim.len ? slim : facts->final->stage->base_raw;
    struct edit edit = run_append_edit(facts, plan.last, NULL, str_from(prune));
    template_add(facts->arena, &plan.edits, edit.at, edit.text);
    second_stage_ship(&plan, plan.last->workdir);
    return second_stage_give(sink, &plan, "Build in a stage of its own");
}

bool template_second_stage(const struct facts *facts, struct rule_sink *sink)
{
    struct second_stage plan;
    if (!template_is_asked(facts, sink->rule) || !second_stage_begin(facts, &plan) ||
        !facts->final->base)
        return false;
    if (!second_stage_native(&plan) && !second_stage_c(&plan) && !second_stage_java(&plan) &&
        !second_stage_dotnet(&plan) && !second_stage_uv(&plan))
        return false;
    return second_stage_give(sink, &plan, "Build in a stage of its own");
}
