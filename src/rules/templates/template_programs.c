#include "rules/templates/template_stages.h"

/* Programs that a stage compiles and that its ENTRYPOINT or CMD begins: Go, Rust. */

str second_stage_program(const struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    const struct shell_word *word = &plan->start->commands[0].argv.at[0];
    str value = word->known ? word->value : STR("");
    if (!value.len || plan->start->commands[0].via)
        return STR("");
    if (str_has_char(value, '/'))
        return step_path(facts, plan->start, value);
    return STR(""); /* somewhere in PATH */
}

/* Does the command build a program, and may it be the one at this path? */
static bool may_build(const struct second_stage *plan, const struct shell_command *command,
                      str path)
{
    str output = STR("");
    bool go = shell_is(command, "go", "build");
    if (shell_is(command, "cargo", "build"))
        return (shell_option(command, "--release") || shell_option(command, "-r")) &&
               str_has(path, STR("/release/"));
    if (!go)
        return false;
    if (!shell_option_value(command, "-o", &output))
        return trace_covers(plan->last->workdir, path);
    str place = step_path(plan->facts, plan->last, output);
    return place.len && trace_covers(place, path);
}

/* The image's own release: "1.22-alpine3.19" and "12-bookworm". */
str second_stage_system(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    static const char *const suites[] = {"trixie", "bookworm", "bullseye"};
    size_t alpine = str_find(final->tag, STR("alpine"));
    if (final->family == FAMILY_ALPINE) {
        str version = alpine == STR_MISSING ? STR("") : str_from_index(final->tag, alpine + 6);
        return str_fmt(facts->arena, "alpine:%.*s",
                       STR_ARG(version.len && char_is_digit(version.at[0]) ? version : STR("3")));
    }
    if (final->family != FAMILY_DEBIAN)
        return STR("");
    for (size_t i = 0; i < ARRAY_COUNT(suites); i++)
        if (str_has(final->tag, str_from(suites[i])))
            return str_fmt(facts->arena, "debian:%s-slim", suites[i]);
    return STR("debian:stable-slim");
}

/* Built without cgo: it needs no libc at all. */
static bool is_static(const struct second_stage *plan, const struct shell_command *command)
{
    str value;
    VEC_EACH(struct shell_assign, assign, command->assigns) {
        if (str_eq(assign->name, STR("CGO_ENABLED")))
            return str_eq(assign->value.value, STR("0"));
    }
    return template_variable(plan->facts, plan->last->instruction, "CGO_ENABLED", &value) &&
           str_eq(value, STR("0"));
}

/* Does something that stays want a shell, or a port or place of root's? */
static bool wants_system(const struct facts *facts, const struct second_stage *plan)
{
    static const enum instruction_kind kinds[] = {INSTRUCTION_HEALTHCHECK, INSTRUCTION_VOLUME,
                                                  INSTRUCTION_USER, INSTRUCTION_CMD};
    if (!plan->start->instruction->json)
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        const struct step_facts *step = final_step(facts, kinds[i]);
        if (step && (kinds[i] != INSTRUCTION_CMD || !step->instruction->json))
            return true;
    }
    return false;
}

/* Libraries that cargo's packages link to, and that a small base has not. */
static bool links_to_more(const struct facts *facts)
{
    static const char *const names[] = {"\"openssl-sys\"", "\"pq-sys\"",   "\"mysqlclient-sys\"",
                                        "\"rdkafka-sys\"", "\"libz-sys\"", "\"gtk-sys\""};
    str lock = template_file(facts, STR("Cargo.lock"));
    for (size_t i = 0; lock.at && i < ARRAY_COUNT(names); i++)
        if (str_has(lock, str_from(names[i])))
            return true;
    return false;
}

static const struct shell_command *building_command(const struct second_stage *plan, str path)
{
    for (uint32_t k = 0; k < plan->last->command_count; k++)
        if (may_build(plan, &plan->last->commands[k], path))
            return &plan->last->commands[k];
    return NULL;
}

/* The program is begun by its name alone: what puts one of that name where PATH leads. */
static const struct shell_command *installing_command(const struct second_stage *plan,
                                                      str *out_path)
{
    struct arena *arena = plan->facts->arena;
    const struct shell_word *word = &plan->start->commands[0].argv.at[0];
    if (!word->known || str_has_char(word->value, '/') || plan->start->commands[0].via)
        return NULL;
    for (uint32_t k = 0; k < plan->last->command_count; k++) {
        const struct shell_command *command = &plan->last->commands[k];
        str output = STR(""), root = STR("");
        if (shell_is(command, "cargo", "install") && !shell_option_value(command, "--root", &root))
            *out_path = path_join(arena, STR("/usr/local/cargo/bin"), word->value);
        else if (shell_is(command, "go", "install"))
            *out_path = path_join(arena, STR("/go/bin"), word->value);
        else if (shell_is(command, "go", "build") && shell_option_value(command, "-o", &output) &&
                 STR_IN(str_dirname(output), "/usr/local/bin", "/usr/bin", "/bin", "/go/bin") &&
                 str_eq(str_basename(output), word->value))
            *out_path = output;
        else
            continue;
        return command;
    }
    return NULL;
}

/* Where the program goes: only build images have the directories of go and cargo in PATH. */
static str shipped_place(const struct second_stage *plan, str path)
{
    bool elsewhere =
        str_starts(path, STR("/go/bin/")) || str_starts(path, STR("/usr/local/cargo/"));
    bool named = !str_has_char(plan->start->commands[0].argv.at[0].value, '/');
    return elsewhere && named
               ? path_join(plan->facts->arena, STR("/usr/local/bin"), str_basename(path))
               : path;
}

bool second_stage_native(struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    str path = second_stage_program(plan);
    const struct shell_command *command =
        path.len ? building_command(plan, path) : installing_command(plan, &path);
    if (!command || !second_stage_assets(facts, plan))
        return false;
    bool rust = str_eq(command->name, STR("cargo")), go = str_eq(command->name, STR("go"));
    if (rust && links_to_more(facts))
        return false;
    bool alone = go && is_static(plan, command);
    plan->base = second_stage_usual_base(facts, alone ? LIBC_NONE : facts->final->base->libc);
    if (!plan->base.len)
        plan->base = alone && !wants_system(facts, plan) ? STR("gcr.io/distroless/static-debian12")
                                                         : second_stage_system(facts);
    if (str_starts(plan->base, STR("debian:")) && (go || rust))
        second_stage_ship(plan, STR("/etc/ssl/certs/ca-certificates.crt"));
    second_stage_ship_to(plan, path, shipped_place(plan, path));
    return plan->base.len > 0;
}
