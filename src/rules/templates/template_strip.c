#include "rules/families.h"

#include "rules/templates.h"

/* Symbols that ship: in what cargo builds for release, and in what make builds and COPY takes. */

/* -- cargo ------------------------------------------------------------------------------------- */

static bool is_release_build(const struct shell_command *command)
{
    str target = STR("");
    shell_option_value(command, "--target", &target);
    return shell_is(command, "cargo", "build") && !str_has(target, STR("wasm")) &&
           (shell_option(command, "--release") || shell_option(command, "-r"));
}

/* Does some setting, here or in cargo's own files, strip already, or is that not known? */
static bool may_strip(const struct facts *facts, const struct step_facts *step)
{
    static const char *const settings[] = {"CARGO_PROFILE_RELEASE_STRIP", "RUSTFLAGS",
                                           "CARGO_PROFILE_RELEASE_DEBUG"};
    static const char *const files[] = {".cargo/config.toml", ".cargo/config"};
    str manifest = template_file(facts, STR("Cargo.toml"));
    if (!manifest.at || str_has(manifest, STR("strip")) || str_has(manifest, STR("debug =")))
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        str text = template_file(facts, str_from(files[i]));
        if (text.at && (str_has(text, STR("strip")) || str_has(text, STR("rustflags"))))
            return true;
    }
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++)
        if (str_has(step->instruction->logical.text, str_from(settings[i])) ||
            dockerfile_variable(facts->file, step->instruction, str_from(settings[i])))
            return true;
    return false;
}

/* All steps of the stage must agree on the profile, or its dependencies are compiled twice. */
static void fix_cargo(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct shell_command *command)
{
    struct template_edits edits = {0};
    const struct stage_facts *stage = step_stage(facts, step);
    if (stage->ships) {
        if (command->via || command->depth)
            return;
        template_add(facts->arena, &edits, (span){command->at.start, command->at.start},
                     STR("CARGO_PROFILE_RELEASE_STRIP=symbols "));
    } else {
        const struct step_facts *first = step;
        for (const struct step_facts *at = step; at >= step_look_first(facts, step); at--) {
            if (template_stands_on(facts, step->stage, at->stage) && step_find(at, "cargo", NULL))
                first = at;
            if (at == facts->steps)
                break;
        }
        struct edit edit = insert_before_instruction(
            facts, first->instruction, STR("ENV CARGO_PROFILE_RELEASE_STRIP=symbols"));
        uint32_t start = template_above(facts, first->instruction);
        template_add(facts->arena, &edits, (span){start, start}, edit.text);
    }
    template_give(sink, &edits, "Strip what cargo builds for release");
}

static void check_rust(const struct facts *facts, struct rule_sink *sink)
{
    uint32_t last = NO_INDEX;
    if (template_something_strips(facts))
        return;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        if (!step_is_run(facts, step) || !stage || !stage->reachable || step->stage == last)
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            if (!is_release_build(command) || may_strip(facts, step))
                continue;
            found(sink, command->at, "the symbols stay in the program");
            fix_cargo(facts, sink, step, command);
            last = step->stage;
            break;
        }
    }
}

/* -- make -------------------------------------------------------------------------------------- */

static bool is_make(const struct shell_command *command)
{
    return STR_IN(command->name, "make", "gmake", "ninja") ||
           (str_eq(command->name, STR("cmake")) && shell_option(command, "--build")) ||
           shell_is(command, "meson", "compile") || shell_is(command, "meson", "install");
}

/* The last make of a stage that builds C or C++ and nothing else; NULL when that is not known. */
static const struct step_facts *last_make(const struct facts *facts, uint32_t index)
{
    const struct stage_facts *of = &facts->stages[index];
    const struct step_facts *last = NULL;
    bool compiler = str_eq(of->repository, STR("gcc"));
    uint32_t end = of->stage->end - of->stage->first > LOOK_STEPS_MAX
                       ? of->stage->first + LOOK_STEPS_MAX
                       : of->stage->end;
    for (uint32_t i = of->stage->first; i < end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            str text = source_text(facts->source, command->at);
            if (STR_IN(command->name, "go", "cargo", "rustc", "npm", "yarn", "pnpm", "mvn",
                       "dotnet", "gradle", "gradlew", "pip", "pip3", "python", "python3", "ghc",
                       "cabal", "stack", "dune", "opam", "zig", "swift", "mix") ||
                str_has(text, STR("LDFLAGS")) || str_has(text, STR("--strip")))
                return NULL;
            if (is_make(command))
                last = step;
            VEC_EACH(struct shell_word, word, step->packages[k].packages) {
                compiler = compiler || STR_IN(word->value, "gcc", "g++", "clang", "build-essential",
                                              "build-base", "gcc-c++", "alpine-sdk");
            }
        }
    }
    return compiler ? last : NULL;
}

/* Is a path one program, and not a script, a library or a directory of data? */
static bool is_program_path(str path)
{
    str name = str_basename(path);
    return name.len && str_starts(path, STR("/")) && !str_has_char(name, '.') &&
           !glob_is_pattern(path) && !str_starts(path, STR("/etc/")) &&
           !str_has(path, STR("/share/")) && !str_has(path, STR("/lib/")) &&
           !STR_IN(name, "bin", "sbin", "lib", "include", "share", "local", "usr", "opt", "app",
                   "build", "dist", "out", "install", "output", "src", "etc", "rootfs");
}

static bool makefile_strips(const struct facts *facts)
{
    static const char *const files[] = {"Makefile", "makefile", "GNUmakefile", "CMakeLists.txt",
                                        "meson.build"};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        str text = template_file(facts, str_from(files[i]));
        if (text.at && (str_has(text, STR("strip")) || str_has(text, STR(" -s ")) ||
                        str_has(text, STR(" -s\n"))))
            return true;
    }
    return false;
}

static void check_copied(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    const struct flag *from = instruction_flag(at, "from");
    const struct stage_facts *stage = step_stage(facts, step);
    uint32_t source = from && stage ? stage_find(facts->file, from->value, at->stage) : NO_INDEX;
    if (source == NO_INDEX || !stage->ships || at->words.count != 2 ||
        !is_program_path(at->words.at[0].raw))
        return;
    const struct step_facts *make = last_make(facts, source);
    if (!make || makefile_strips(facts))
        return;
    str path = at->words.at[0].raw;
    found(sink, at->words.at[0].at, "'%.*s' ships with its symbols, unless its makefile strips it",
          STR_ARG(path));
    found_related(sink, make->instruction->at, "built here");
    if (make->instruction->json || !make->script || make->script->comments.count ||
        make->script->problems.count || make->instruction->heredocs.count)
        return;
    struct template_edits edits = {0};
    struct edit edit = run_append_edit(
        facts, make, NULL, str_fmt(facts->arena, "strip --strip-all %.*s", STR_ARG(path)));
    template_add(facts->arena, &edits, edit.at, edit.text);
    template_give(sink, &edits, "Strip it where it is built");
}

void template_check_copied(const struct facts *facts, struct rule_sink *sink)
{
    each_step(facts, sink, INSTRUCTION_COPY, check_copied);
}

RULE_FAMILY(template_strip,
            {.name = "size/rust-symbols",
             .aka = "",
             .severity = SEVERITY_NOTE,
             .fix = FIX_PROOF,
             .since = "0.1",
             .guide = "s5",
             .what = "cargo build --release of a program whose profile does not strip",
             .why = "the symbol table stays in the program that ships",
             .how = "strip = \"symbols\" in [profile.release], or CARGO_PROFILE_RELEASE_STRIP",
             .source = "doc.rust-lang.org, Cargo profiles: strip",
             .dockerfile = check_rust});
