#include "context/needs.h"

#include "base/buf.h"
#include "dockerfile/dockerfile.h"

/*
 * What the steps of a build do, as far as it decides about files of the context: which tools
 * install, build and test, what reads git, and which paths commands name.
 */

static bool has_word(const struct shell_command *command, const char *word)
{
    for (uint32_t i = 1; i < command->argv.count; i++)
        if (str_eq(command->argv.at[i].value, str_from(word)))
            return true;
    return false;
}

/* Some word begins with it: "test:unit" of "test", "-DskipTests=true" of "-DskipTests". */
static bool has_start(const struct shell_command *command, const char *start)
{
    for (uint32_t i = 1; i < command->argv.count; i++)
        if (str_starts(command->argv.at[i].value, str_from(start)))
            return true;
    return false;
}

static str subcommand(const struct shell_command *command)
{
    const struct shell_word *word = shell_subcommand(command);
    return word ? word->value : STR_NONE;
}

static bool installs(const struct shell_command *command)
{
    str sub = subcommand(command);
    return STR_IN(sub, "install", "i", "ci", "add", "sync", "download", "update", "restore",
                  "clean-install", "remove", "uninstall");
}

static const char *const test_programs[] = {
    "pytest", "py.test", "tox",        "nox",      "jest",    "vitest",  "mocha",
    "karma",  "ava",     "rspec",      "ctest",    "behave",  "phpunit", "gotestsum",
    "nose2",  "cypress", "playwright", "unittest", "jasmine", "pest",    "cucumber",
};

static const char *const test_runners[] = {
    "npm",     "yarn",  "pnpm",  "bun",   "go",     "cargo",   "mix",      "dotnet",    "rake",
    "rails",   "make",  "sbt",   "bazel", "python", "mvn",     "mvnw",     "manage.py", "gradle",
    "gradlew", "deno",  "nx",    "turbo", "lerna",  "python3", "composer", "just",      "swift",
    "zig",     "meson", "ninja", "hatch", "stack",  "cabal",
};

static bool runs_tests(const struct shell_command *command)
{
    if (str_in(command->name, test_programs, ARRAY_COUNT(test_programs)))
        return true;
    if (installs(command) || STR_IN(command->name, "apt-get", "apk", "pip", "pip3", "echo", "gem"))
        return false;
    if (STR_IN(command->name, "npx", "bunx", "poetry", "uv", "pipenv", "python", "python3",
               "bundle", "yarn", "pnpm", "pdm", "hatch", "php", "uvx"))
        for (uint32_t i = 1; i < command->argv.count; i++)
            if (str_in(str_basename(command->argv.at[i].value), test_programs,
                       ARRAY_COUNT(test_programs)))
                return true;
    return str_in(command->name, test_runners, ARRAY_COUNT(test_runners)) &&
           (has_word(command, "test") || has_start(command, "test:") ||
            has_word(command, "check") || has_word(command, "nextest") || has_word(command, "t"));
}

static uint32_t node_manager_step(str name)
{
    static const struct {
        const char *name;
        uint32_t step;
    } managers[] = {{"npm", STEP_NPM}, {"yarn", STEP_YARN}, {"pnpm", STEP_PNPM}, {"bun", STEP_BUN}};
    for (size_t i = 0; i < ARRAY_COUNT(managers); i++)
        if (str_eq(name, str_from(managers[i].name)))
            return managers[i].step;
    return 0;
}

static bool builds_node(const struct shell_command *command, bool manager)
{
    if (STR_IN(command->name, "tsc", "webpack", "vite", "rollup", "esbuild", "next", "parcel"))
        return true;
    if (str_eq(command->name, STR("npx")) &&
        STR_IN(subcommand(command), "tsc", "webpack", "vite", "esbuild"))
        return true;
    return (manager || STR_IN(command->name, "nx", "turbo", "npx", "ng", "node")) &&
           (has_start(command, "build") || has_word(command, "generate") ||
            has_word(command, "export"));
}

static uint32_t node_steps(const struct shell_command *command)
{
    str sub = subcommand(command);
    bool manager = STR_IN(command->name, "npm", "yarn", "pnpm", "bun", "lerna", "rush");
    bool runs = manager || STR_IN(command->name, "node", "nodejs", "npx", "bunx", "deno", "tsx",
                                  "nodemon", "pm2", "pm2-runtime", "ts-node");
    uint32_t steps = runs ? STEP_NODE : 0;
    if (manager && (installs(command) || !sub.len || STR_IN(sub, "fetch", "bootstrap")))
        steps |= STEP_NODE_INSTALL | node_manager_step(command->name);
    if (builds_node(command, manager))
        steps |= STEP_NODE_BUILD;
    return steps;
}

static uint32_t python_steps(const struct shell_command *command)
{
    bool pip = STR_IN(command->name, "pip", "pip3") || has_word(command, "pip");
    uint32_t steps = 0;
    if (!pip && !STR_IN(command->name, "poetry", "uv", "pdm", "pipenv", "hatch", "python",
                        "python3", "flit", "conda", "rye", "setup.py"))
        return 0;
    bool install = installs(command) || has_word(command, "install") || has_word(command, "venv");
    if (install)
        steps |= STEP_PYTHON_INSTALL;
    if (pip && install &&
        (has_word(command, ".") || has_start(command, ".[") || has_start(command, "./") ||
         has_word(command, "-e") || has_word(command, "--editable")))
        steps |= STEP_PYTHON_BUILD;
    if (has_word(command, "build") || has_word(command, "wheel") || has_word(command, "setup.py"))
        steps |= STEP_PYTHON_BUILD;
    if (STR_IN(command->name, "poetry", "pdm", "uv", "rye") && install && !pip &&
        !has_word(command, "--no-root") && !has_start(command, "--no-install-") &&
        !has_word(command, "--no-self"))
        steps |= STEP_PYTHON_BUILD;
    return steps;
}

static uint32_t java_steps(const struct shell_command *command)
{
    bool maven = STR_IN(command->name, "mvn", "mvnw", "mvnd");
    bool gradle = STR_IN(command->name, "gradle", "gradlew");
    uint32_t steps = (maven ? STEP_MAVEN : 0) | (gradle ? STEP_GRADLE : 0);
    if (maven && !has_start(command, "-DskipTests") && !has_start(command, "-Dmaven.test.skip") &&
        (has_word(command, "package") || has_word(command, "install") ||
         has_word(command, "verify") || has_word(command, "deploy")))
        steps |= STEP_TEST_IMPLIED;
    if (gradle && has_word(command, "build") && !has_word(command, "-x"))
        steps |= STEP_TEST_IMPLIED;
    return steps;
}

static uint32_t other_steps(const struct shell_command *command)
{
    str name = command->name, sub = subcommand(command);
    uint32_t steps = 0;
    if (str_eq(name, STR("go")) &&
        (STR_IN(sub, "get", "install") || has_word(command, "download") ||
         has_word(command, "vendor") || has_word(command, "tidy")))
        steps |= STEP_GO_MODULES;
    if (str_eq(name, STR("go")) && has_word(command, "-mod=vendor"))
        steps |= STEP_GO_VENDOR;
    if (str_starts(name, STR("cargo")))
        steps |= STEP_CARGO;
    if (STR_IN(name, "dotnet", "msbuild"))
        steps |= STEP_DOTNET;
    if (STR_IN(name, "composer", "composer.phar") && installs(command))
        steps |= STEP_COMPOSER;
    if (STR_IN(name, "bundle", "bundler") && installs(command))
        steps |= STEP_BUNDLE;
    if (STR_IN(name, "make", "gmake", "cmake", "ninja", "just", "task", "mage", "meson", "rake"))
        steps |= STEP_MAKE;
    if (STR_IN(name, "mkdocs", "sphinx-build", "mdbook", "hugo", "jekyll", "docusaurus",
               "vitepress", "pandoc", "antora", "gitbook", "zola", "eleventy", "vuepress",
               "asciidoctor"))
        steps |= STEP_DOCUMENTS;
    return steps;
}

static bool reads_git(const struct shell_command *command)
{
    str sub = subcommand(command);
    return str_eq(command->name, STR("git")) && !has_word(command, "-C") &&
           STR_IN(sub, "describe", "rev-parse", "log", "show", "rev-list", "ls-files", "status",
                  "diff", "submodule", "archive", "name-rev", "shortlog", "blame");
}

static bool brings_git(const struct shell_command *command)
{
    return str_eq(command->name, STR("git")) &&
           STR_IN(subcommand(command), "clone", "init", "fetch", "pull");
}

/* -- paths that commands name ----------------------------------------------------------------- */

enum { SCRIPT_WORD_BYTES = 300 };

static bool is_script(str path)
{
    return str_ends(path, STR(".sh")) || str_ends(path, STR(".bash")) ||
           str_ends(path, STR(".py")) || str_ends(path, STR(".mk"));
}

/* "/app/conf/x.ini" is conf/x.ini of the context when /app is where it was copied to: each tail of
 * the path is tried. */
static void mention(struct context_needs *needs, str word, bool read)
{
    if (word.len > SCRIPT_WORD_BYTES || STR_IN(word, "", ".", "./", "/"))
        return;
    for (;;) {
        const struct context_entry *entry = context_find(needs->tree, word);
        if (entry) {
            needs_mark(needs, entry, NEED_MENTION);
            if (read && is_script(entry->path))
                needs_read(needs, entry->path);
            return;
        }
        size_t slash = str_find_char(word, '/');
        if (slash == STR_MISSING)
            return;
        word = str_from_index(word, slash + 1);
    }
}

static void mention_words(struct context_needs *needs, const struct shell_command *command)
{
    if (STR_IN(command->name, "rm", "rmdir", "mkdir", "echo", "printf", "export", "test", "["))
        return;
    bool names = STR_IN(command->name, "cat", "cp", "mv", "tar", "ln", "source", ".", "install",
                        "unzip", "find", "rsync");
    for (uint32_t i = 0; i < command->argv.count; i++) {
        str word = command->argv.at[i].value;
        size_t equals = str_find_char(word, '=');
        if (str_starts(word, STR("-")) && equals != STR_MISSING)
            word = str_from_index(word, equals + 1);
        if (names || str_has_char(word, '/') || str_has_char(word, '.'))
            mention(needs, word, true);
    }
}

static void read_commands(struct context_needs *needs, const struct joined *text)
{
    const struct script *script = shell_parse(needs->arena, text, SHELL_BASH);
    bool brought = false, reads = false;
    VEC_EACH(struct shell_command, command, script->commands) {
        needs->steps |= node_steps(command) | python_steps(command) | java_steps(command) |
                        other_steps(command) | (runs_tests(command) ? STEP_TEST : 0);
        brought = brought || brings_git(command);
        reads = reads || (!brought && reads_git(command));
        mention_words(needs, command);
        VEC_EACH(struct shell_redirect, redirect, command->redirects)
            if (str_eq(redirect->op, STR("<")))
                mention(needs, redirect->target.value, false);
    }
    if (reads)
        needs->steps |= STEP_GIT;
}

/* The exec form as the command line that it is. */
static struct joined exec_text(struct arena *arena, const struct instruction *at)
{
    struct buf line = buf_init(arena, (size_t)1 << 20);
    bool shell = at->words.count > 2 && str_eq(at->words.at[1].raw, STR("-c"));
    VEC_EACH(struct word, word, at->words) {
        if (shell && word < at->words.at + 2)
            continue;
        if (shell) {
            buf_add(&line, word->raw);
        } else {
            str quoted = str_replace(arena, word->raw, STR("'"), STR("'\\''"));
            buf_fmt(&line, "'%.*s'", STR_ARG(quoted));
        }
        buf_add_char(&line, ' ');
    }
    struct joined joined = {.text = buf_str(&line)};
    vec_push(arena, &joined.pieces, (struct joined_piece){0, at->at.start});
    return joined;
}

void needs_read_step(struct context_needs *needs, const struct instruction *at)
{
    if (at->kind != INSTRUCTION_RUN && at->kind != INSTRUCTION_CMD &&
        at->kind != INSTRUCTION_ENTRYPOINT)
        return;
    if (at->json) {
        struct joined text = exec_text(needs->arena, at);
        read_commands(needs, &text);
        return;
    }
    struct joined text = joined_slice(needs->arena, &at->logical, at->rest, at->logical.text.len);
    read_commands(needs, &text);
    VEC_EACH(struct heredoc, heredoc, at->heredocs)
        read_commands(needs, &heredoc->text);
}
