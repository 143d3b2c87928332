#include "rules/artefacts.h"

#include "rules/contents.h"

uint32_t copied_stage(const struct facts *facts, const struct step_facts *copy)
{
    const struct instruction *at = copy->instruction;
    const struct flag *from = at->broken ? NULL : instruction_flag(at, "from");
    return from ? stage_find(facts->file, from->value, at->stage) : NO_INDEX;
}

const char *artefact_maker(const struct artefact *artefact)
{
    return artefact->kind == ARTEFACT_GO ? "go" : artefact->kind == ARTEFACT_RUST ? "rustc" : "cc";
}

bool ships_a_server(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        if (stage && stage->ships && facts->steps[i].instruction->kind == INSTRUCTION_EXPOSE)
            return true;
    }
    return false;
}

const char *native_packages_in(str path, str repository)
{
    static const struct {
        const char *part, *what;
        const char *of; /* only when that image installed them; NULL: the name is enough */
    } rows[] = {
        {"node_modules", "native add-ons", NULL},
        {"site-packages", "wheels", NULL},
        {"dist-packages", "wheels", NULL},
        {"venv", "wheels", NULL},
        {".venv", "wheels", NULL},
        {"virtualenv", "wheels", "python"},
        {"wheels", "wheels", "python"},
        {".local", "wheels", "python"},
        {"bundle", "native gems", "ruby"},
    };
    str part;
    while (str_next(&path, '/', &part))
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
            if (str_eq(part, str_from(rows[i].part)) &&
                (!rows[i].of || str_eq(repository, str_from(rows[i].of))))
                return rows[i].what;
    return NULL;
}

/* -- how it is linked -------------------------------------------------------------------------- */

/* Some variable of that name is in force, or the step names it. */
static bool is_named(const struct facts *facts, const struct step_facts *step, const char *name)
{
    return dockerfile_variable(facts->file, step->instruction, str_from(name)) ||
           str_has(source_text(facts->source, step->instruction->at), str_from(name));
}

/* Options may come from a variable; -X main.version=$VERSION is none. */
static bool hides_options(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        bool stamps = str_has(word->raw, STR("-X"));
        bool flags = str_has(word->raw, STR("FLAGS")) || str_has(word->raw, STR("ARGS"));
        if (!word->known && ((word->splits && !word->prefix.len) || (flags && !stamps)))
            return true;
    }
    return false;
}

static bool has_raw(const struct shell_command *command, const char *part)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_has(word->raw, str_from(part)))
            return true;
    }
    return false;
}

/* A C compiler comes from packages, or with the image. */
static bool has_compiler(const struct facts *facts, uint32_t stage)
{
    const struct base_fact *base = facts->stages[stage].base;
    if (base && str_is_listed(base->has, STR("gcc")))
        return true;
    const struct stage *at = facts->stages[stage].stage;
    for (uint32_t i = at->first; i < at->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step->packages && k < step->command_count; k++)
            VEC_EACH(struct shell_word, word, step->packages[k].packages) {
                if (!word->known || STR_IN(word->value, "gcc", "build-base", "alpine-sdk", "clang",
                                           "musl-dev", "g++", "build-essential"))
                    return true;
            }
    }
    return false;
}

/* "1.22-alpine": 22; 0 when the tag names no version. */
static uint64_t go_minor(str tag)
{
    uint64_t minor = 0;
    size_t end = 2;
    while (end < tag.len && char_is_digit(tag.at[end]))
        end++;
    bool known = str_starts(tag, STR("1.")) && str_to_u64(str_slice(tag, 2, end), &minor);
    return known ? minor : 0;
}

static enum linkage go_linkage(const struct facts *facts, const struct artefact *made)
{
    const struct stage_facts *stage = &facts->stages[made->stage];
    const struct instruction *at = made->step->instruction;
    str text = source_text(facts->source, at->at);
    const struct variable *cgo = dockerfile_variable(facts->file, at, STR("CGO_ENABLED"));
    if (str_has(text, STR("CGO_ENABLED=0")) || has_raw(made->command, "-static"))
        return LINK_STATIC;
    bool said = str_has(text, STR("CGO_ENABLED"));
    if (cgo && !said && cgo->known && str_eq(cgo->value, STR("0")))
        return LINK_STATIC;
    bool on = cgo && cgo->known && str_eq(cgo->value, STR("1"));
    if ((cgo && !on) || (said && !str_has(text, STR("CGO_ENABLED=1"))) ||
        hides_options(made->command) || shell_option(made->command, "-tags") ||
        is_named(facts, made->step, "GOARCH") || is_named(facts, made->step, "GOFLAGS") ||
        shell_option(made->command, "-buildmode") || has_raw(made->command, "linkmode") ||
        !str_eq(stage->repository, STR("golang")) || stage->stage->platform.len)
        return LINK_UNKNOWN;
    if (made->libc == LIBC_GLIBC || on || str_has(text, STR("CGO_ENABLED=1")) ||
        has_compiler(facts, made->stage))
        return LINK_PERHAPS;
    /* Since 1.20, cgo is off where no C compiler is. */
    uint64_t minor = go_minor(stage->tag);
    return minor >= 20 ? LINK_STATIC : minor ? LINK_PERHAPS : LINK_UNKNOWN;
}

static enum linkage rust_linkage(const struct facts *facts, const struct artefact *made, str path)
{
    static const char *const settings[] = {"RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_ENCODED",
                                           "CARGO_TARGET"};
    for (size_t i = 0; i < ARRAY_COUNT(settings); i++)
        if (is_named(facts, made->step, settings[i]))
            return LINK_UNKNOWN;
    const struct context_tree *tree = facts->tree;
    if (hides_options(made->command) || (tree && (context_find(tree, STR(".cargo/config")) ||
                                                  context_find(tree, STR(".cargo/config.toml")))))
        return LINK_UNKNOWN;
    str target;
    bool given = shell_option_value(made->command, "--target", &target);
    bool plain = str_has(path, STR("/target/release/")) || str_has(path, STR("/target/debug/"));
    if (given)
        return str_has(target, STR("musl"))  ? LINK_STATIC
               : str_has(target, STR("gnu")) ? LINK_DYNAMIC
                                             : LINK_UNKNOWN;
    if (!plain)
        return LINK_UNKNOWN;
    return made->libc == LIBC_MUSL ? LINK_STATIC : LINK_DYNAMIC;
}

static enum linkage c_linkage(const struct artefact *made)
{
    if (hides_options(made->command) || has_raw(made->command, "$"))
        return LINK_UNKNOWN;
    return has_raw(made->command, "-static") ? LINK_STATIC : LINK_DYNAMIC;
}

/* -- what made it ------------------------------------------------------------------------------ */

/* The value of -o made absolute; "" when there is none, or it is not known. */
static str output_path(const struct facts *facts, const struct step_facts *step,
                       const struct shell_command *command)
{
    str value, directory = step->directories[command - step->commands];
    if (!shell_option_value(command, "-o", &value) || str_has_char(value, '$') || !directory.len)
        return STR("");
    return path_join(facts->arena, directory, value);
}

static bool is_c_compiler(str name)
{
    return STR_IN(name, "gcc", "g++", "cc", "c++", "clang", "clang++");
}

/* What a command of the stage makes, when it is this path. */
static enum artefact_kind made_by(const struct facts *facts, const struct step_facts *step,
                                  const struct shell_command *command, str path)
{
    str directory = step->directories[command - step->commands];
    bool go = shell_is(command, "go", "build");
    if (go || is_c_compiler(command->name)) {
        str output = output_path(facts, step, command);
        bool below = go && output.len && path_is_in(path, output);
        bool here = go && !shell_option(command, "-o") && directory.len &&
                    str_eq(str_dirname(path), directory);
        if (output.len && (below || str_eq(output, path)))
            return go ? ARTEFACT_GO : ARTEFACT_C;
        return here ? ARTEFACT_GO : ARTEFACT_NONE;
    }
    if (shell_is(command, "go", "install") && str_starts(path, STR("/go/bin/")))
        return ARTEFACT_GO;
    bool rust = shell_is(command, "cargo", "build") && directory.len &&
                path_is_in(path, path_join(facts->arena, directory, STR("target")));
    return rust ? ARTEFACT_RUST : ARTEFACT_NONE;
}

str artefact_moved_from(const struct facts *facts, const struct step_facts *step,
                        const struct shell_command *command, str path)
{
    if (!STR_IN(command->name, "cp", "mv", "install"))
        return STR("");
    struct shell_words operands = shell_operands(facts->arena, command, false);
    if (operands.count != 2)
        return STR("");
    str from = trace_path(facts, step, command, &operands.at[0]);
    str into = trace_path(facts, step, command, &operands.at[1]);
    bool there =
        into.len && from.len &&
        (str_eq(into, path) || str_eq(path_join(facts->arena, into, str_basename(from)), path));
    return there ? from : STR("");
}

/* The newest command of the stage that makes it. `io_path` is where that command put it. */
static struct artefact maker_of(const struct facts *facts, uint32_t stage, str *io_path)
{
    struct artefact made = {.kind = ARTEFACT_NONE, .stage = stage};
    const struct stage *at = facts->stages[stage].stage;
    uint32_t looked = 0;
    for (uint32_t i = at->end; i-- > at->first && looked++ < LOOK_STEPS_MAX;) {
        const struct step_facts *step = &facts->steps[i];
        if (!step->packages || !step->directories || !step_is_run(facts, step))
            continue;
        for (uint32_t k = step->command_count; k-- > 0;) {
            made.kind = made_by(facts, step, &step->commands[k], *io_path);
            made.step = step;
            made.command = &step->commands[k];
            if (made.kind != ARTEFACT_NONE)
                return made;
            str from = artefact_moved_from(facts, step, &step->commands[k], *io_path);
            *io_path = from.len ? from : *io_path;
        }
    }
    return made;
}

struct artefact artefact_of(const struct facts *facts, const struct step_facts *copy,
                            const struct word *source)
{
    struct artefact made = {.kind = ARTEFACT_NONE};
    uint32_t stage = copied_stage(facts, copy);
    str path;
    if (stage == NO_INDEX || !word_value(facts, copy->instruction, source->raw, &path) ||
        !path.len || glob_is_pattern(path))
        return made;
    path = path_join(facts->arena, STR("/"), path);
    made = maker_of(facts, stage, &path);
    const struct base_fact *base = facts->stages[stage].base;
    if (made.kind == ARTEFACT_NONE || !base)
        return (struct artefact){.kind = ARTEFACT_NONE};
    made.libc = base->libc;
    made.linkage = made.kind == ARTEFACT_GO     ? go_linkage(facts, &made)
                   : made.kind == ARTEFACT_RUST ? rust_linkage(facts, &made, path)
                                                : c_linkage(&made);
    return made;
}
