#include "rules/yaml_facts.h"

#include "base/buf.h"
#include "base/limits.h"

#include <string.h>

/*
 * Shell text inside other files: each text is put together from the lines that hold it, so that a
 * word's span is its place in the file.
 */

/* Texts longer than this are not scripts that somebody wrote by hand. */
enum { SCRIPT_BYTES_MAX = 256 << 10 };

/* Only texts that name one of these are worth parsing. */
static bool is_interesting(str text)
{
    static const char *const words[] = {"docker",   "podman", "buildah", "nerdctl",
                                        "plimsoll", "trivy",  "grype",   "snyk",
                                        "skopeo",   "kaniko", "buildctl"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (str_has(text, str_from(words[i])))
            return true;
    return false;
}

static void add_script(struct command_file *file, struct joined *text, bool exact, span at,
                       enum shell_dialect dialect, const struct ci_step *step)
{
    if (!text->text.len || text->text.len > SCRIPT_BYTES_MAX || !is_interesting(text->text))
        return;
    if (!text->pieces.count)
        vec_push(file->arena, &text->pieces, (struct joined_piece){0, at.start});
    struct command_script *script = NEW(file->arena, struct command_script);
    *script = (struct command_script){
        .script = shell_parse(file->arena, text, dialect), .exact = exact, .at = at, .step = step};
    vec_push(file->arena, &file->scripts, script);
}

/* A growing text with the place of each of its pieces. */
struct text_builder {
    struct buf buf;
    struct joined joined;
};

static void add_piece(struct arena *arena, struct text_builder *builder, str text, uint32_t source)
{
    vec_push(arena, &builder->joined.pieces,
             (struct joined_piece){(uint32_t)builder->buf.len, source});
    buf_add(&builder->buf, text);
}

static struct text_builder builder_new(struct arena *arena)
{
    return (struct text_builder){.buf = buf_init(arena, LIMIT_LINT_FILE)};
}

static struct joined *builder_done(struct text_builder *builder)
{
    builder->joined.text = buf_str(&builder->buf);
    return &builder->joined;
}

/* "${{ github.sha }}" becomes an unknown variable of the same length, so that no place moves. */
static str hide_expressions(struct arena *arena, str text)
{
    if (!str_has(text, STR("${{")))
        return text;
    str copy = str_copy(arena, text);
    char *bytes = (char *)(uintptr_t)copy.at;
    for (size_t i = 0; i + 3 < copy.len; i++) {
        if (memcmp(bytes + i, "${{", 3) != 0)
            continue;
        size_t length = str_find(str_from_index(copy, i), STR("}}"));
        if (length == STR_MISSING)
            break;
        memset(bytes + i + 2, '_', length - 1);
        i += length + 1;
    }
    return copy;
}

/* -- YAML -------------------------------------------------------------------------------------- */

/* The lines of a block scalar without their indentation. */
static struct joined *block_lines(struct arena *arena, const struct source *source, span at)
{
    struct text_builder builder = builder_new(arena);
    uint32_t first = source_position(source, at.start).line + 1;
    uint32_t last = source_position(source, at.end).line;
    size_t indent = SIZE_MAX;
    for (uint32_t line = first; line <= last; line++) {
        span full = source_full_line(source, line);
        if (full.start >= at.end)
            break;
        str text = source_text(source, full);
        str trimmed = str_trim(text);
        size_t own = 0;
        while (own < text.len && text.at[own] == ' ')
            own++;
        if (indent == SIZE_MAX && trimmed.len)
            indent = own;
        size_t skip = indent == SIZE_MAX || own < indent ? own : indent;
        add_piece(arena, &builder, str_from_index(text, skip), full.start + (uint32_t)skip);
    }
    struct joined *joined = NEW(arena, struct joined);
    *joined = *builder_done(&builder);
    return joined;
}

static void add_scalar(struct command_file *file, const struct node *scalar,
                       const struct ci_step *step)
{
    const struct source *source = file->source;
    struct joined *text = NULL;
    bool exact = false;
    if (scalar->style == '|') {
        text = block_lines(file->arena, source, scalar->at);
        exact = str_eq(str_trim_end(text->text), str_trim_end(scalar->value)) || source->crlf;
    } else {
        span inside = scalar->at;
        if (scalar->style == '"' || scalar->style == '\'')
            inside = (span){inside.start + 1,
                            inside.end > inside.start + 1 ? inside.end - 1 : inside.start + 1};
        exact = str_eq(source_text(source, inside), scalar->value);
        text = NEW(file->arena, struct joined);
        *text = joined_of(file->arena, source, inside);
    }
    if (!exact || scalar->aliased) {
        exact = false;
        *text = (struct joined){.text = scalar->value};
    }
    text->text = hide_expressions(file->arena, text->text);
    add_script(file, text, exact, scalar->at, SHELL_BASH, step);
}

/* -- make -------------------------------------------------------------------------------------- */

/* One line of a recipe: "$$" is the shell's "$", "$(X)" is a variable. */
static void add_recipe_line(struct command_file *file, struct text_builder *builder, span line)
{
    str text = source_text(file->source, line);
    size_t from = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] != '$' || text.at[i + 1] != '$')
            continue;
        add_piece(file->arena, builder, str_slice(text, from, i), line.start + (uint32_t)from);
        from = ++i;
    }
    add_piece(file->arena, builder, str_from_index(text, from), line.start + (uint32_t)from);
}

/* $(NAME) as ${NAME}, which has the same length. */
static str make_variables(struct arena *arena, str text)
{
    str copy = str_copy(arena, text);
    char *bytes = (char *)(uintptr_t)copy.at;
    for (size_t i = 0; i + 2 < copy.len; i++) {
        if (bytes[i] != '$' || bytes[i + 1] != '(')
            continue;
        size_t end = i + 2;
        while (end < copy.len && char_is_name(bytes[end]))
            end++;
        if (end < copy.len && bytes[end] == ')' && end > i + 2) {
            bytes[i + 1] = '{';
            bytes[end] = '}';
        }
    }
    return copy;
}

static void add_makefile(struct command_file *file)
{
    const struct source *source = file->source;
    for (uint32_t line = 1; line <= source->line_count; line++) {
        span full = source_full_line(source, line);
        str text = source_text(source, full);
        if (!str_starts(text, STR("\t")))
            continue;
        span start = full;
        struct text_builder builder = builder_new(file->arena);
        full.start++;
        while (full.start < full.end && str_has_char(STR("@-+ \t"), source->text.at[full.start]))
            full.start++;
        add_recipe_line(file, &builder, full);
        while (str_ends(str_trim_end(text), STR("\\")) && line < source->line_count) {
            full = source_full_line(source, ++line);
            text = source_text(source, full);
            add_recipe_line(file, &builder, full);
        }
        struct joined *joined = builder_done(&builder);
        joined->text = make_variables(file->arena, joined->text);
        add_script(file, joined, true, (span){start.start, full.end}, SHELL_SH, NULL);
    }
}

/* -- Markdown ---------------------------------------------------------------------------------- */

static bool is_shell_fence(str info)
{
    return STR_IN(info, "sh", "bash", "shell", "console", "zsh", "shell-session", "");
}

/* The text behind a prompt; a line that only shows output of a console is left out. */
static void add_fence_line(struct command_file *file, struct text_builder *builder, span line,
                           size_t indent, bool prompts)
{
    str text = source_text(file->source, line);
    size_t skip = 0;
    while (skip < indent && skip < text.len && text.at[skip] == ' ')
        skip++;
    str rest = str_from_index(text, skip);
    bool prompt = str_starts(rest, STR("$ "));
    bool joined =
        builder->buf.len >= 2 && str_ends(str_trim_end(buf_str(&builder->buf)), STR("\\"));
    if (prompts && !prompt && !joined)
        return;
    if (prompt)
        skip += 2;
    add_piece(file->arena, builder, str_from_index(text, skip), line.start + (uint32_t)skip);
}

static uint32_t add_fence(struct command_file *file, uint32_t line, str fence, size_t indent,
                          bool shell)
{
    const struct source *source = file->source;
    struct text_builder builder = builder_new(file->arena);
    span first = source_line(source, line), last = first;
    bool prompts = false;
    uint32_t at = line + 1;
    for (; at <= source->line_count; at++) {
        str text = str_trim(source_text(source, source_line(source, at)));
        if (str_starts(text, fence))
            break;
        prompts = prompts || str_starts(text, STR("$ "));
    }
    for (uint32_t i = line + 1; shell && i < at; i++) {
        last = source_full_line(source, i);
        add_fence_line(file, &builder, last, indent, prompts);
    }
    if (shell)
        add_script(file, builder_done(&builder), true, (span){first.start, last.end}, SHELL_BASH,
                   NULL);
    return at;
}

static void add_markdown(struct command_file *file)
{
    const struct source *source = file->source;
    for (uint32_t line = 1; line <= source->line_count; line++) {
        str text = source_text(source, source_line(source, line));
        str trimmed = str_trim_start(text);
        bool ticks = str_starts(trimmed, STR("```"));
        if (!ticks && !str_starts(trimmed, STR("~~~")))
            continue;
        str fence = ticks ? STR("```") : STR("~~~");
        str info = str_trim(str_from_index(trimmed, 3)), language = STR("");
        str_next_word(&info, &language);
        line = add_fence(file, line, fence, text.len - trimmed.len, is_shell_fence(language));
    }
}

/* -- others ------------------------------------------------------------------------------------ */

static void add_package_json(struct command_file *file)
{
    struct node *root;
    struct err err = {0};
    if (!json_parse(file->arena, file->source->text, &root, &err))
        return;
    const struct node *scripts = node_get(root, "scripts");
    if (!scripts || scripts->kind != NODE_MAP)
        return;
    VEC_EACH(struct node_pair, pair, scripts->pairs) {
        if (pair->value->kind == NODE_STRING)
            add_scalar(file, pair->value, NULL);
    }
}

static void add_shell(struct command_file *file)
{
    const struct source *source = file->source;
    str text = source->text, line = STR("");
    str rest = text;
    str_next_line(&rest, &line);
    bool posix = str_starts(line, STR("#!")) && !str_has(line, STR("bash"));
    struct joined whole =
        joined_of(file->arena, source, (span){source->bom ? 3 : 0, (uint32_t)text.len});
    add_script(file, &whole, true, (span){0, (uint32_t)text.len}, posix ? SHELL_SH : SHELL_BASH,
               NULL);
}

struct command_file *command_file_make(struct arena *arena, const struct source *source,
                                       enum file_kind kind, const struct yaml_file *yaml,
                                       const struct check_options *options)
{
    struct command_file *file = NEW(arena, struct command_file);
    *file = (struct command_file){
        .arena = arena, .source = source, .kind = kind, .options = options, .yaml = yaml};
    switch (kind) {
    case FILE_SHELL: add_shell(file); break;
    case FILE_MAKE: add_makefile(file); break;
    case FILE_PACKAGE_JSON: add_package_json(file); break;
    case FILE_MARKDOWN: add_markdown(file); break;
    default:
        if (yaml)
            VEC_EACH(struct ci_step, step, yaml->steps) {
                if (step->run)
                    add_scalar(file, step->run, step);
            }
        break;
    }
    docker_commands_collect(file);
    return file;
}
