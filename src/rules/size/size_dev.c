#include "rules/families.h"
#include "rules/templates.h"

/* Development dependencies: shipped where nothing needs them, or missing where a build does. */

struct dev_row {
    const char *manager;
    const char *subs;    /* installs that bring them; "-" stands for the bare command */
    const char *options; /* any of them leaves development dependencies out */
    const char *setting; /* environment variable that does */
    const char *value;   /* its value; NULL: any */
    const char *add;     /* what to insert behind the subcommand; NULL: not by text */
};

static const struct dev_row dev_rows[] = {
    {"npm", "ci clean-install install i", "--omit --only --production --prod", "NODE_ENV",
     "production", " --omit=dev"},
    {"yarn", "install -", "--production --prod", "NODE_ENV", "production", " --production"},
    {"pnpm", "install i", "--prod --production -P", "NODE_ENV", "production", " --prod"},
    {"bun", "install i", "--production -p --omit", "NODE_ENV", "production", " --production"},
    {"bundle", "install -", "--without --with --deployment", "BUNDLE_WITHOUT", NULL, NULL},
    {"composer", "install update", "--no-dev", "COMPOSER_NO_DEV", NULL, " --no-dev"},
    {"poetry", "install", "--only --without --no-dev", "POETRY_WITHOUT", NULL, " --only main"},
    {"uv", "sync", "--no-dev --no-group --only-group --no-default-groups", "UV_NO_DEV", NULL,
     " --no-dev"},
};

enum { NODE_ROWS = 4 };

/* The row of an install of everything that the manifest names. */
static const struct dev_row *row_of(const struct package_command *package)
{
    const struct shell_command *command = package->command;
    if (package->verb != PACKAGE_INSTALL || package->packages.count ||
        shell_option(command, "-g") || shell_option(command, "--global"))
        return NULL;
    const struct shell_word *sub = shell_subcommand(command);
    str name = sub ? sub->value : STR("-");
    for (size_t i = 0; i < ARRAY_COUNT(dev_rows); i++)
        if (str_eq(str_from(package->manager), str_from(dev_rows[i].manager)) &&
            str_is_listed(dev_rows[i].subs, name))
            return &dev_rows[i];
    return NULL;
}

static bool has_option_of(const struct shell_command *command, const char *options)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        str name = str_slice(word->raw, 0, str_find_char(word->raw, '='));
        if (str_starts(name, STR("-")) && str_is_listed(options, name))
            return !str_ends(word->raw, STR("=false"));
        if (!word->known && word->splits && !word->prefix.len)
            return true; /* options may come from a variable */
    }
    return false;
}

/* NODE_ENV and its kin, in the command's own assignments or in force there. */
static bool setting_of(const struct facts *facts, const struct step_facts *step,
                       const struct shell_command *command, const struct dev_row *row,
                       const struct variable **out_variable)
{
    str name = str_from(row->setting);
    *out_variable = NULL;
    VEC_EACH(struct shell_assign, assign, command->assigns) {
        if (str_eq(assign->name, name))
            return !row->value || str_eq(assign->value.value, str_from(row->value)) ||
                   !assign->value.known;
    }
    const struct variable *variable = dockerfile_variable(facts->file, step->instruction, name);
    *out_variable = variable;
    if (!variable)
        return false;
    return !variable->known || !row->value || str_eq(variable->value, str_from(row->value));
}

enum dev_state { DEV_NONE, DEV_ALL, DEV_OMITTED, DEV_OMITTED_BY_SETTING };

static enum dev_state state_after(const struct facts *facts, const struct step_facts *step,
                                  const struct package_command *package, const struct dev_row *row,
                                  const struct variable **out_variable)
{
    const struct shell_command *command = package->command;
    *out_variable = NULL;
    str include;
    if (shell_option_value(command, "--include", &include) && str_eq(include, STR("dev")))
        return DEV_ALL;
    if (has_option_of(command, "--production=false --prod=false"))
        return DEV_ALL;
    if (has_option_of(command, row->options))
        return DEV_OMITTED;
    return setting_of(facts, step, command, row, out_variable) ? DEV_OMITTED_BY_SETTING : DEV_ALL;
}

/* -- builds ------------------------------------------------------------------------------------ */

static bool names_build(str script)
{
    return str_starts(script, STR("build")) || str_ends(script, STR(":build")) ||
           str_starts(script, STR("compile")) || STR_IN(script, "tsc", "webpack", "bundle");
}

/* `npm run build`, `yarn build`, `npx tsc`, `ng build` ... */
static bool is_node_build(const struct shell_command *command)
{
    if (STR_IN(command->name, "tsc", "webpack", "vite", "rollup", "esbuild", "gulp", "grunt",
               "parcel"))
        return true;
    if (STR_IN(command->name, "ng", "next", "nuxt", "nest", "react-scripts", "vue-cli-service",
               "turbo", "nx"))
        return command->argv.count > 1 && names_build(command->argv.at[1].value);
    if (!STR_IN(command->name, "npm", "yarn", "pnpm", "bun", "npx", "bunx"))
        return false;
    for (uint32_t i = 1; i < command->argv.count; i++) {
        str word = command->argv.at[i].value;
        if (STR_IN(word, "run", "run-script", "exec", "workspace", "--") ||
            str_starts(word, STR("-")))
            continue;
        return names_build(word);
    }
    return false;
}

/* Anything that may need the tools: any script of package.json, a test run. */
static bool is_node_script(const struct shell_command *command)
{
    const struct shell_word *sub = shell_subcommand(command);
    if (is_node_build(command) || STR_IN(command->name, "npx", "bunx"))
        return true;
    return STR_IN(command->name, "npm", "yarn", "pnpm", "bun") && sub &&
           STR_IN(sub->value, "run", "run-script", "test", "t", "lint", "build", "exec", "compile",
                  "dlx");
}

/* -- in the image that ships ------------------------------------------------------------------- */

/* Is the word there, and not the beginning of a longer one, as "serve" is of "server.js"? */
static bool names_word(str text, str word)
{
    size_t at;
    while ((at = str_find(text, word)) != STR_MISSING) {
        text = str_from_index(text, at + word.len);
        if (!text.len || !char_is_alnum(text.at[0]))
            return true;
    }
    return false;
}

bool is_for_development(const struct facts *facts)
{
    static const char *const words[] = {"dev",   "test",      "watch",         "nodemon",
                                        "debug", "storybook", "react-scripts", "cypress",
                                        "jest",  "bash",      "playwright"};
    static const enum instruction_kind kinds[] = {INSTRUCTION_CMD, INSTRUCTION_ENTRYPOINT};
    str name = facts->final->stage->name;
    if (str_starts(name, STR("dev")) || str_has(name, STR("test")) || str_has(name, STR("debug")) ||
        STR_IN(name, "ci", "lint"))
        return true;
    for (size_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        const struct step_facts *start = final_step(facts, kinds[k]);
        for (size_t i = 0; start && i < ARRAY_COUNT(words); i++)
            if (str_has(instruction_rest(start->instruction), str_from(words[i])))
                return true;
        if (start && names_word(instruction_rest(start->instruction), STR("serve")))
            return true;
    }
    return false;
}

/* Where the shipped layers build, and prune, for the last time: behind an install, or not. */
struct last_uses {
    uint32_t build, prune;
    uint32_t configured; /* the first `bundle config`: it may leave groups out */
};

static struct last_uses last_uses_of(const struct facts *facts)
{
    struct last_uses last = {0};
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!step->packages || !stage || !stage->ships)
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            const struct dev_row *row = row_of(&step->packages[k]);
            if (!last.configured &&
                (shell_is(command, "bundle", "config") || shell_is(command, "poetry", "config")))
                last.configured = command->at.start;
            if (is_node_script(command))
                last.build = command->at.start;
            if (shell_is(command, "npm", "prune") || shell_is(command, "pnpm", "prune") ||
                shell_is(command, "node-prune", NULL) ||
                (row && has_option_of(command, row->options)) ||
                command_removes(command, STR("node_modules")))
                last.prune = command->at.start;
        }
    }
    return last;
}

static void check_dev(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct package_command *package,
                      const struct last_uses *last)
{
    const struct dev_row *row = row_of(package);
    const struct stage_facts *stage = step_stage(facts, step);
    const struct variable *setting;
    if (!row || !stage || !stage->ships || is_for_development(facts) ||
        state_after(facts, step, package, row, &setting) != DEV_ALL)
        return;
    bool node = row < dev_rows + NODE_ROWS;
    bool builds = last->build > package->command->at.start;
    bool prunes = last->prune > package->command->at.start;
    bool configured = last->configured && last->configured < package->command->at.start;
    if (prunes || (configured && !node))
        return;
    const struct shell_word *sub = shell_subcommand(package->command);
    if (node && builds) {
        found(sink, package->command->at,
              "what only the build needs stays in the image: build in a stage of its own");
        found_severity(sink, SEVERITY_NOTE);
        template_node_stage(facts, sink);
        return;
    }
    found(sink, package->command->at,
          "'%s%s%.*s' installs development dependencies too, into the image that ships",
          row->manager, sub ? " " : "", STR_ARG(sub ? sub->value : STR("")));
    if (!node)
        found_severity(sink, SEVERITY_NOTE); /* many manifests of these have none */
    if (!row->add || !sub)
        return;
    found_fix(sink, "Leave development dependencies out");
    struct edit edit = insert_after_word(sink->arena, sub, str_from(row->add));
    found_edit(sink, edit.at, edit.text);
}

const struct shell_command *dev_install_of(const struct facts *facts, uint32_t stage)
{
    const struct shell_command *install = NULL;
    const struct stage *at = facts->stages[stage].stage;
    const struct step_facts *end = step_look_end(facts, &facts->steps[at->first]);
    for (const struct step_facts *other = &facts->steps[at->first];
         other < end && other < facts->steps + at->end; other++) {
        for (uint32_t k = 0; other->packages && k < other->command_count; k++) {
            const struct dev_row *row = row_of(&other->packages[k]);
            const struct variable *setting;
            if (row && state_after(facts, other, &other->packages[k], row, &setting) == DEV_ALL)
                install = &other->commands[k];
            else if (row || shell_is(&other->commands[k], "npm", "prune") ||
                     shell_is(&other->commands[k], "pnpm", "prune"))
                install = NULL;
        }
    }
    return install;
}

/* node_modules from a stage that installed everything, and nothing took them out again. */
static void check_copied(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    const struct stage_facts *own = step_stage(facts, step);
    uint32_t source = from ? stage_find(facts->file, from->value, at->stage) : NO_INDEX;
    if (!own || !own->ships || source == NO_INDEX || at->words.count < 2 ||
        !str_ends(at->words.at[0].raw, STR("node_modules")) || is_for_development(facts))
        return;
    const struct shell_command *install = dev_install_of(facts, source);
    if (!install)
        return;
    found(sink, at->at, "these node_modules hold development dependencies");
    found_severity(sink, SEVERITY_NOTE);
    found_related(sink, install->at, "installed here");
}

static void check_devs(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->final)
        return;
    struct last_uses last = last_uses_of(facts);
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step->packages && step_is_run(facts, step) && k < step->command_count;
             k++)
            check_dev(facts, sink, step, &step->packages[k], &last);
    }
    each_step(facts, sink, INSTRUCTION_COPY, check_copied);
}

/* -- missing where a build needs them ---------------------------------------------------------- */

/* The node builds of each stage, with what the installs before them left out. bun brings its own
 * bundler. */
static void each_build(const struct facts *facts, struct rule_sink *sink, enum dev_state wanted)
{
    enum dev_state state = DEV_NONE;
    const struct package_command *install = NULL;
    const struct variable *setting = NULL, *seen;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (step->instruction->kind == INSTRUCTION_FROM)
            state = DEV_NONE;
        if (!step->packages || !step_is_run(facts, step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            const struct dev_row *row = row_of(&step->packages[k]);
            if (row && row < dev_rows + NODE_ROWS && !str_eq(str_from(row->manager), STR("bun"))) {
                enum dev_state now = state_after(facts, step, &step->packages[k], row, &seen);
                if (state == DEV_ALL && now != DEV_ALL &&
                    !shell_is(&step->commands[k], "npm", "ci"))
                    continue; /* npm install adds to what is there */
                state = now;
                setting = seen;
                install = &step->packages[k];
            }
            if (state != wanted || !is_node_build(&step->commands[k]))
                continue;
            found(sink, step->commands[k].at,
                  "this build has no development dependencies: the install on line %u left them "
                  "out",
                  source_position(sink->source, install->command->at.start).line);
            found_related(sink, install->command->at, "installed here");
            if (setting && setting->instruction)
                found_related(sink, setting->instruction->at, "'%.*s' is set here",
                              STR_ARG(setting->name));
            state = DEV_NONE;
        }
    }
}

static void check_after_omit(const struct facts *facts, struct rule_sink *sink)
{
    each_build(facts, sink, DEV_OMITTED);
}

static void check_production(const struct facts *facts, struct rule_sink *sink)
{
    each_build(facts, sink, DEV_OMITTED_BY_SETTING);
}

RULE_FAMILY(
    size_dev,
    {.name = "size/dev-dependencies",
     .aka = "tally:php/composer-no-dev-in-production tally:ruby/missing-bundle-without",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s6 s10 s23",
     .what = "development dependencies in the image that ships",
     .why = "compilers, test runners and linters: often more than the application and its runtime "
            "dependencies together",
     .how = "npm ci --omit=dev, yarn install --production, pnpm install --prod, composer install "
            "--no-dev, poetry install --only main, uv sync --no-dev; build in another stage",
     .source = "guide: Exclude Development Dependencies",
     .dockerfile = check_devs},
    {.name = "size/build-after-omit",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s8",
     .what = "a build runs after an install without development dependencies",
     .why = "compilers and bundlers are development dependencies: the build fails, or they are "
            "declared where they ship to every user",
     .how = "install everything in a build stage, build there, and install --omit=dev in the last",
     .source = "the guide's Instruction Ordering does it; docs.npmjs.com, npm-install",
     .dockerfile = check_after_omit},
    {.name = "size/production-before-build",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "NODE_ENV=production is set before a build that needs development dependencies",
     .why = "npm, yarn 1 and pnpm leave development dependencies out when it is set",
     .how = "set NODE_ENV behind the build, or in the last stage",
     .source = "docs.npmjs.com, config: omit; guide: Complete Optimization Example's order",
     .dockerfile = check_production});
