#include "rules/families.h"

#include "base/num.h"
#include "rules/templates.h"

/* Programs that installed the dependencies, and have nothing to do in the image that ships. */

/* Unpacked with their own dependencies, measured with `pip install --target` on 2026-11-25: poetry
 * 2.5.1, uv 0.13.9, pipenv 2026.10.3. */
static const struct installer {
    const char *name;
    const char *work; /* subcommands by which it installs */
    uint64_t bytes;
} installers[] = {
    {"poetry", "install sync", 59700000},
    {"uv", "sync", 39600000},
    {"pipenv", "install sync", 24400000},
};

/* The one that a package of pip's is: "poetry==1.8.3", "poetry==$V", "uv". */
static const struct installer *installer_of(str package)
{
    size_t end = 0;
    while (end < package.len && char_is_alnum(package.at[end]))
        end++;
    for (size_t i = 0; i < ARRAY_COUNT(installers); i++)
        if (str_eq(str_slice(package, 0, end), str_from(installers[i].name)) &&
            (end == package.len || !STR_IN(str_slice(package, end, end + 1), "-", "_", ".")))
            return &installers[i];
    return NULL;
}

/* Does a RUN of the stage install with it? */
static bool is_used(const struct facts *facts, const struct step_facts *step,
                    const struct installer *installer)
{
    const struct step_facts *end = step_look_end(facts, step);
    for (const struct step_facts *at = step; at < end && at->stage == step->stage; at++)
        for (uint32_t k = 0; at->instruction->kind == INSTRUCTION_RUN && k < at->command_count;
             k++) {
            const struct shell_command *command = &at->commands[k];
            const struct shell_word *sub = shell_subcommand(command);
            if (str_eq(command->name, str_from(installer->name)) && sub &&
                str_is_listed(installer->work, sub->value))
                return true;
        }
    return false;
}

/* May what the image begins, or asks for its health, call it? A script may call anything. */
static bool may_start_it(const struct facts *facts, const struct installer *installer)
{
    static const enum instruction_kind kinds[] = {INSTRUCTION_ENTRYPOINT, INSTRUCTION_CMD,
                                                  INSTRUCTION_HEALTHCHECK};
    bool starts = false;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        const struct step_facts *step = final_step(facts, kinds[i]);
        if (!step)
            continue;
        starts = starts || kinds[i] != INSTRUCTION_HEALTHCHECK;
        if (str_has(step->instruction->logical.text, str_from(installer->name)))
            return true;
        for (uint32_t k = 0; k < step->command_count; k++) {
            str program =
                step->commands[k].argv.count ? step->commands[k].argv.at[0].value : STR("");
            bool own = str_has(program, STR(".venv/bin/"));
            if (!program.len || str_ends(program, STR(".sh")) ||
                (str_has_char(program, '/') && !own) ||
                STR_IN(program, "make", "just", "task", "sh", "bash"))
                return true;
        }
    }
    return !starts; /* a base for other images */
}

static void report(const struct facts *facts, struct rule_sink *sink, const struct step_facts *step,
                   const struct installer *installer, span at)
{
    if (!is_used(facts, step, installer) || may_start_it(facts, installer))
        return;
    found(sink, at, "'%s' installs the dependencies, and stays in the image that ships: about %.*s",
          installer->name, STR_ARG(size_print(sink->arena, installer->bytes)))
        ->bytes = installer->bytes;
    template_python_stage(facts, sink);
}

static bool is_judged(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships && !is_for_development(facts);
}

/* `pip install poetry` */
static void check_package(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_INSTALL || !str_eq(str_from(package->manager), STR("pip")) ||
        !is_judged(facts, step) ||
        str_has(source_text(facts->source, step->instruction->at), STR("uninstall")))
        return;
    VEC_EACH(struct shell_word, word, package->packages) {
        const struct installer *installer = installer_of(word->known ? word->value : word->prefix);
        if (installer)
            report(facts, sink, step, installer, word->at);
    }
}

/* `COPY --from=ghcr.io/astral-sh/uv /uv /bin/` */
static void check_copied(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct flag *from = instruction_flag(step->instruction, "from");
    if (from && is_judged(facts, step) && template_is_image_of_uv(from->value))
        report(facts, sink, step, &installers[1], from->at);
}

static void check_installers(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_package);
    each_step(facts, sink, INSTRUCTION_COPY, check_copied);
}

RULE_FAMILY(
    size_installers,
    {.name = "size/installer-left",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2 s6",
     .what = "poetry, uv or pipenv in the stage that ships, and nothing starts with it",
     .why = "poetry and its dependencies are 59.7 MB, uv 39.6 MB, pipenv 24.4 MB; what they "
            "installed runs without them",
     .how = "install in a build stage, and COPY --from of the environment (.venv): 'fix "
            "--unproven --modernize' writes it for poetry and uv",
     .source = "measured with pip install --target; guide: multi-stage builds",
     .dockerfile = check_installers});
