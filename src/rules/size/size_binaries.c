#include "rules/families.h"

#include "rules/templates.h"

/* Programs that a stage builds: symbols that nobody will look at, and debug builds that ship. */

static bool is_needed(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->reachable;
}

/* Something in the stages that are needed strips, or packs, what was built. */
bool template_something_strips(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step->packages || !is_needed(facts, step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            str name = step->commands[k].name;
            if (STR_IN(name, "upx", "objcopy") || str_ends(name, STR("strip")) ||
                str_has(source_text(facts->source, step->commands[k].at), STR("install-strip")))
                return true;
        }
    }
    return false;
}

/* -- go ---------------------------------------------------------------------------------------- */

/* Linker flags in the environment, or in a file that go reads: not known here. */
static bool sets_go_flags(const struct facts *facts, const struct step_facts *step,
                          const struct shell_command *command)
{
    static const char *const names[] = {"GOFLAGS", "GO_LDFLAGS", "LDFLAGS"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (dockerfile_variable(facts->file, step->instruction, str_from(names[i])))
            return true;
        VEC_EACH(struct shell_assign, assign, command->assigns) {
            if (str_eq(assign->name, str_from(names[i])))
                return true;
        }
    }
    return false;
}

/* The word of -ldflags, "-ldflags=-X a=b" or "-ldflags" with its value in the next word. */
static const struct shell_word *linker_flags(const struct shell_command *command, str *out_value)
{
    *out_value = STR("");
    const struct shell_word *word = shell_option(command, "-ldflags");
    if (!word)
        word = shell_option(command, "--ldflags");
    if (!word)
        return NULL;
    size_t equals = str_find_char(word->raw, '=');
    bool next = equals == STR_MISSING && word + 1 < command->argv.at + command->argv.count;
    *out_value = next ? word[1].raw : str_from_index(word->raw, equals);
    return next ? word + 1 : word;
}

/* -trimpath came with Go 1.13. */
static bool knows_trimpath(const struct stage_facts *stage)
{
    str tag = stage->tag;
    uint64_t minor;
    if (!str_eq(stage->repository, STR("golang")) || !str_starts(tag, STR("1.")))
        return true;
    tag = str_from_index(tag, 2);
    size_t digits = 0;
    while (digits < tag.len && char_is_digit(tag.at[digits]))
        digits++;
    return !str_to_u64(str_slice(tag, 0, digits), &minor) || minor >= 13;
}

/* Its symbols are wanted, or nobody keeps what it makes. */
static bool keeps_symbols(const struct shell_command *command)
{
    static const char *const wants[] = {"-race", "-gcflags", "-buildmode", "-n"};
    str output;
    for (size_t i = 0; i < ARRAY_COUNT(wants); i++)
        if (shell_option(command, wants[i]))
            return true;
    return shell_option_value(command, "-o", &output) && str_eq(output, STR("/dev/null"));
}

/* Put the flags in front of those that are there, in their quotes or in new ones. */
static void extend_linker_flags(struct rule_sink *sink, const struct shell_word *word)
{
    str raw = source_text(sink->source, word->at);
    size_t quote = str_find_char(raw, '"');
    if (quote == STR_MISSING)
        quote = str_find_char(raw, '\'');
    size_t equals = str_find_char(raw, '=');
    bool joined = str_starts(raw, STR("-")) && equals != STR_MISSING;
    uint32_t start = word->at.start;
    if (quote != STR_MISSING) {
        found_insert(sink, start + (uint32_t)quote + 1, STR("-s -w "));
    } else if (joined || !str_starts(raw, STR("-ldflags"))) {
        start += joined ? (uint32_t)equals + 1 : 0;
        found_insert(sink, start, STR("\"-s -w "));
        found_insert(sink, word->at.end, STR("\""));
    }
}

static void strip_go(const struct facts *facts, struct rule_sink *sink,
                     const struct step_facts *step, const struct shell_command *command,
                     const struct shell_word *flags)
{
    bool trims = !shell_option(command, "-trimpath") && knows_trimpath(step_stage(facts, step));
    str more = trims ? STR(" -trimpath") : STR("");
    if (!flags)
        more = str_cat(sink->arena, more, STR(" -ldflags=\"-s -w\""));
    found_fix(sink, "Link with -s -w");
    if (more.len)
        found_insert(sink, shell_subcommand(command)->at.end, more);
    if (flags)
        extend_linker_flags(sink, flags);
}

static void check_go(const struct facts *facts, struct rule_sink *sink,
                     const struct step_facts *step, const struct shell_command *command)
{
    bool builds = shell_is(command, "go", "build") || shell_is(command, "go", "install");
    if (!builds || !is_needed(facts, step) || sets_go_flags(facts, step, command) ||
        keeps_symbols(command))
        return;
    str flags;
    const struct shell_word *word = linker_flags(command, &flags);
    bool known = !word || (!str_has_char(flags, '$') && !str_has_char(flags, '`'));
    bool strips = str_has(flags, STR("-s")) || str_has(flags, STR("-w"));
    const struct shell_word *sub = shell_subcommand(command);
    if (strips || !known || !sub || step->instruction->json)
        return;
    found(sink, sub->at, "the symbol table and DWARF data stay in the program");
    strip_go(facts, sink, step, command, word);
}

static void check_gos(const struct facts *facts, struct rule_sink *sink)
{
    if (template_something_strips(facts))
        return;
    each_run_command(facts, sink, check_go);
}

/* -- cargo ------------------------------------------------------------------------------------- */

/* The COPY that takes a debug build into a later stage; NULL when none does. */
static const struct instruction *debug_copy(const struct facts *facts,
                                            const struct step_facts *build)
{
    uint32_t stage = build->stage;
    for (const struct step_facts *step = build; step < step_look_end(facts, build); step++) {
        const struct instruction *at = step->instruction;
        const struct flag *from = instruction_flag(at, "from");
        if (from && at->words.count > 1 &&
            stage_find(facts->file, from->value, at->stage) == stage &&
            str_has(at->words.at[0].raw, STR("/debug/")))
            return at;
    }
    return NULL;
}

static void check_cargo(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct shell_command *command)
{
    const struct stage_facts *stage = step_stage(facts, step);
    if (!shell_is(command, "cargo", "build") || !is_needed(facts, step) ||
        shell_option(command, "--release") || shell_option(command, "-r") ||
        shell_option(command, "--profile"))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && word->splits && !word->prefix.len)
            return; /* options may come from a variable */
    }
    const struct instruction *copy = debug_copy(facts, step);
    if (!copy && !stage->ships)
        return;
    found(sink, command->at, "a debug build ships: slow, and many times as large");
    if (copy)
        found_related(sink, copy->at, "copied here");
}

static void check_cargos(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_cargo);
}

/* -- C and C++ --------------------------------------------------------------------------------- */

static bool is_compiler(str name)
{
    return STR_IN(name, "gcc", "g++", "cc", "c++", "clang", "clang++") ||
           str_ends(name, STR("-gcc")) || str_ends(name, STR("-g++"));
}

/* What a compiler links with -o and a later stage copies, never stripped. */
static void check_link(const struct facts *facts, struct rule_sink *sink,
                       const struct step_facts *step, const struct shell_command *command)
{
    str output;
    if (!is_compiler(command->name) || !is_needed(facts, step) || shell_option(command, "-c") ||
        shell_option(command, "-s") || shell_option(command, "-S") || shell_option(command, "-E") ||
        shell_option(command, "-shared") || !shell_option_value(command, "-o", &output) ||
        str_ends(output, STR(".o")))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_has(word->raw, STR("-Wl,-s")) || str_has(word->raw, STR("--strip")) ||
            (!word->known && word->splits))
            return;
    }
    const struct stage_facts *stage = step_stage(facts, step);
    bool copied = false;
    for (const struct step_facts *other = step; other < step_look_end(facts, step); other++) {
        const struct instruction *at = other->instruction;
        const struct flag *from = instruction_flag(at, "from");
        if (from && at->words.count > 1 &&
            stage_find(facts->file, from->value, at->stage) == step->stage)
            copied = copied || str_eq(str_basename(at->words.at[0].raw), str_basename(output));
    }
    if (!copied && !stage->ships)
        return;
    found(sink, command->at, "'%.*s' ships with its symbols", STR_ARG(output));
    found_fix(sink, "Link with -s");
    struct edit edit = insert_after_word(sink->arena, &command->argv.at[0], STR(" -s"));
    found_edit(sink, edit.at, edit.text);
}

static void check_links(const struct facts *facts, struct rule_sink *sink)
{
    if (template_something_strips(facts))
        return;
    each_run_command(facts, sink, check_link);
    template_check_copied(facts, sink);
}

RULE_FAMILY(
    size_binaries,
    {.name = "size/cargo-debug",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s4",
     .what = "cargo build without --release, and its result ships",
     .why = "a debug build is unoptimised and several times as large",
     .how = "cargo build --release, and copy from target/release",
     .source = "doc.rust-lang.org, Cargo profiles",
     .dockerfile = check_cargos},
    {.name = "size/go-symbols",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s5 s22",
     .what = "go build without -ldflags '-s -w'",
     .why = "the guide's row: 25 MB become 12 MB; stack traces keep their names without them",
     .how = "go build -trimpath -ldflags='-s -w'",
     .source = "guide: Strip Debug Symbols, Benchmark Results; cmd/link",
     .dockerfile = check_gos},
    {.name = "size/unstripped",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s5",
     .what = "a C or C++ program ships unstripped",
     .why = "symbol tables and debug sections are often half of the file",
     .how = "link with -s, or strip --strip-all before it is copied",
     .source = "guide: Strip Debug Symbols; strip(1)",
     .dockerfile = check_links});
