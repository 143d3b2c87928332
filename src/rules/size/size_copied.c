#include "rules/artefacts.h"
#include "rules/families.h"
#include "rules/templates.h"

/* COPY --from of the directory that something was built in, rather than of what was built. */

/* What a build leaves beside its result. */
struct build_row {
    const char *program, *subs; /* "" is any */
    const char *below;          /* where its results are, below the place it runs in */
    const char *what;
    enum severity severity;
};

static const struct build_row build_rows[] = {
    {"cargo", "build", "target", "its object files and dependencies, hundreds of megabytes",
     SEVERITY_WARNING},
    {"mvn", "package install verify", "target", "sources, classes and reports", SEVERITY_NOTE},
    {"gradle", "build assemble bootJar shadowJar", "build", "sources, classes and reports",
     SEVERITY_NOTE},
    {"go", "build", NULL, "the sources", SEVERITY_NOTE},
};

/* `go build ../cmd/x`: the sources stand elsewhere. */
static bool builds_elsewhere(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_starts(word->raw, STR("..")) || str_starts(word->raw, STR("/")))
            return true;
    }
    return false;
}

/* The command that was run in this directory, or in one below it, and its row. */
static const struct shell_command *build_in(const struct facts *facts, uint32_t stage, str path,
                                            const struct build_row **out_row)
{
    const struct stage *at = facts->stages[stage].stage;
    uint32_t looked = 0;
    for (uint32_t i = at->end; i-- > at->first && looked++ < LOOK_STEPS_MAX;) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = step->directories ? step->command_count : 0; k-- > 0;) {
            const struct shell_word *sub = shell_subcommand(&step->commands[k]);
            for (size_t r = 0; sub && r < ARRAY_COUNT(build_rows); r++) {
                const struct build_row *row = &build_rows[r];
                str where = step->directories[k];
                if (!str_eq(step->commands[k].name, str_from(row->program)) ||
                    !str_is_listed(row->subs, sub->value) || where.len < 2 ||
                    (!row->below && builds_elsewhere(&step->commands[k])))
                    continue;
                str results =
                    row->below ? path_join(facts->arena, where, str_from(row->below)) : where;
                *out_row = row;
                if (path_is_in(where, path) || str_eq(path, results))
                    return &step->commands[k];
            }
        }
    }
    return NULL;
}

/* The directory that a package manager filled stands in what is copied. */
static bool holds_install(const struct facts *facts, uint32_t stage, str path,
                          const struct shell_command *install)
{
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t i = at->first; i < at->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        bool inside = step->directories && install >= step->commands &&
                      install < step->commands + step->command_count;
        if (inside) {
            str where = step->directories[install - step->commands];
            return where.len > 1 && path_is_in(where, path);
        }
    }
    return false;
}

static void check_source(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *copy, const struct word *word, str path)
{
    uint32_t stage = copied_stage(facts, copy);
    const struct shell_command *install = dev_install_of(facts, stage);
    if (install && holds_install(facts, stage, path, install)) {
        found(sink, word->at, "all of '%.*s' is copied, development dependencies included",
              STR_ARG(path));
        found_related(sink, install->at, "installed here");
        template_prune_copied(facts, sink, stage, copy);
        return;
    }
    const struct build_row *row = NULL;
    const struct shell_command *build = build_in(facts, stage, path, &row);
    if (!build)
        return;
    found(sink, word->at, "all of '%.*s' is copied, where %s was built: with %s", STR_ARG(path),
          "the program", row->what);
    found_severity(sink, row->severity);
    found_related(sink, build->at, "built here");
    template_narrow_copy(facts, sink, copy, path);
}

static void check_copy(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step)
{
    const struct stage_facts *own = step_stage(facts, step);
    const struct words *words = &step->instruction->words;
    if (copied_stage(facts, step) == NO_INDEX || !own || !own->ships || own->windows ||
        is_for_development(facts))
        return;
    for (uint32_t i = 0; i + 1 < words->count; i++) {
        str value;
        if (!word_value(facts, step->instruction, words->at[i].raw, &value) || !value.len ||
            glob_is_pattern(value))
            continue;
        str path = path_join(facts->arena, STR("/"), value);
        if (path.len > 1)
            check_source(facts, sink, step, &words->at[i], path);
    }
}

static void check_copies(const struct facts *facts, struct rule_sink *sink)
{
    if (facts->final)
        each_step(facts, sink, INSTRUCTION_COPY, check_copy);
}

RULE_FAMILY(size_copied,
            {.name = "size/build-directory-copied",
             .aka = "",
             .severity = SEVERITY_WARNING,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s6 s23",
             .what = "COPY --from of the whole directory that a stage builds in",
             .why = "sources, development dependencies and intermediate files are shipped with the "
                    "result: what the second stage was made to leave behind",
             .how = "copy the result alone: dist and production node_modules, target/release/app, "
                    "the jar, the binary",
             .source = "guide: exclude development dependencies, complete example",
             .dockerfile = check_copies});
