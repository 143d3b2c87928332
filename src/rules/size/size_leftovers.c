#include "rules/families.h"

#include "rules/templates.h"

/* Packages that only the build, or a person in front of a terminal, needs. */

static bool ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships;
}

/* "libpq-dev=15.*" and "gcc:amd64": the name alone. */
static str package_name(const struct shell_word *word)
{
    str name = word->known ? word->value : word->prefix;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == '=' || name.at[i] == ':' || name.at[i] == '<' || name.at[i] == '~' ||
            name.at[i] == '>')
            return str_slice(name, 0, i);
    return name;
}

/* Does the step take this package away again: by name, by its virtual package, by a purge of all
 * that was marked as not needed? */
static bool is_purged(const struct facts *facts, const struct step_facts *step,
                      const struct package_command *install, str name)
{
    str virtual = STR("");
    if (!shell_option_value(install->command, "-t", &virtual))
        shell_option_value(install->command, "--virtual", &virtual);
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *other = &step->packages[k];
        if (other->verb != PACKAGE_REMOVE)
            continue;
        bool automatic = shell_is(other->command, "apt-get", "autoremove") ||
                         shell_option(other->command, "--auto-remove") ||
                         shell_option(other->command, "--autoremove");
        struct shell_words words = shell_operands(facts->arena, other->command, true);
        bool marked = automatic && (!words.count || step_find(step, "apt-mark", NULL));
        VEC_EACH(struct shell_word, word, words) {
            if (!word->known || str_eq(package_name(word), name) ||
                (virtual.len && str_eq(word->raw, virtual)))
                return true;
        }
        if (marked)
            return true;
    }
    return false;
}

/* -- installed to add a repository ------------------------------------------------------------- */

/* Does some command of the stage, up to this step's end, add a package repository? */
static const struct shell_command *adds_repository(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct shell_command *command = &step->commands[k];
        bool writes = false;
        VEC_EACH(struct shell_redirect, redirect, command->redirects) {
            writes = writes || str_has(redirect->target.raw, STR("/etc/apt/"));
        }
        if (str_eq(command->name, STR("tee")))
            VEC_EACH(struct shell_word, word, command->argv) {
                writes = writes || str_has(word->raw, STR("/etc/apt/"));
            }
        if (writes ||
            STR_IN(command->name, "add-apt-repository", "apt-add-repository", "apt-key") ||
            (STR_IN(command->name, "gpg", "gpg2") && shell_option(command, "--dearmor")))
            return command;
    }
    return NULL;
}

static const struct shell_command *stage_adds_repository(const struct facts *facts,
                                                         const struct step_facts *step)
{
    const struct step_facts *end = step_look_end(facts, step);
    for (const struct step_facts *at = step; at < end && at->stage == step->stage; at++) {
        const struct shell_command *command = at->packages ? adds_repository(at) : NULL;
        if (command)
            return command;
    }
    return NULL;
}

static void check_repository_tool(const struct facts *facts, struct rule_sink *sink,
                                  const struct step_facts *step,
                                  const struct package_command *package)
{
    str manager = str_from(package->manager ? package->manager : "");
    if (package->verb != PACKAGE_INSTALL || !STR_IN(manager, "apt-get", "apt", "aptitude") ||
        !ships(facts, step))
        return;
    str left = STR("");
    const struct shell_word *first = NULL;
    VEC_EACH(struct shell_word, word, package->packages) {
        str name = package_name(word);
        if (!STR_IN(name, "gnupg", "gnupg2", "gnupg1", "gpg", "dirmngr", "gpg-agent",
                    "software-properties-common", "apt-transport-https",
                    "python-software-properties") ||
            is_purged(facts, step, package, name))
            continue;
        first = first ? first : word;
        left = left.len ? str_fmt(sink->arena, "%.*s %.*s", STR_ARG(left), STR_ARG(name)) : name;
    }
    const struct shell_command *used = first ? stage_adds_repository(facts, step) : NULL;
    if (!used)
        return;
    found(sink, first->at, "used to add a repository, and left in the image: %.*s", STR_ARG(left));
    found_related(sink, used->at, "the repository is added here");
    if (used->at.start < step->instruction->at.start || used->at.end > step->instruction->at.end ||
        !step->script || step->script->comments.count || step->instruction->heredocs.count)
        return;
    found_fix(sink, "Purge it in the same RUN");
    struct edit edit =
        run_append_edit(facts, step, NULL,
                        str_fmt(sink->arena, "apt-get purge -y --auto-remove %.*s", STR_ARG(left)));
    found_edit(sink, edit.at, edit.text);
}

static void check_repository_tools(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_repository_tool);
}

/* -- compilers and headers --------------------------------------------------------------------- */

static bool is_build_package(str name)
{
    if (str_starts(name, STR("lib")) &&
        (str_ends(name, STR("-dev")) || str_ends(name, STR("-devel"))))
        return true;
    static const char *const ends[] = {"-dev", "-devel", "-headers"};
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(name, str_from(ends[i])))
            return true;
    return STR_IN(name, "build-essential", "build-base", "gcc", "g++", "gcc-c++", "clang", "llvm",
                  "make", "cmake", "ninja-build", "meson", "autoconf", "automake", "libtool",
                  "bison", "flex", "gfortran", "cargo", "rustc", "rust", "golang", "golang-go",
                  "maven", "gradle", "alpine-sdk", "linux-headers", "pkg-config", "pkgconf",
                  "pkgconfig", "nasm", "yasm", "scons", "dpkg-dev", "debhelper", "devscripts",
                  "rpm-build", "swig", "patch");
}

/* Does the shipped image start something of its own? Images that are made to build in do not. */
static bool has_own_start(const struct facts *facts)
{
    return (final_step(facts, INSTRUCTION_CMD) || final_step(facts, INSTRUCTION_ENTRYPOINT)) &&
           (final_step(facts, INSTRUCTION_COPY) || final_step(facts, INSTRUCTION_ADD));
}

/* Does some step of the shipped layers build? Else the tools are there to be used. */
static bool something_builds(const struct facts *facts, const struct step_facts *around)
{
    const struct step_facts *end = step_look_end(facts, around);
    for (const struct step_facts *step = step_look_first(facts, around); step < end; step++) {
        if (!step->packages || !ships(facts, step))
            continue;
        for (uint32_t k = 0; k < step->command_count; k++) {
            const char *manager = step->packages[k].manager;
            if (STR_IN(step->commands[k].name, "make", "cmake", "gcc", "g++", "cc", "configure",
                       "cargo", "go", "docker-php-ext-install", "pecl", "ninja", "meson",
                       "autogen.sh", "mvn", "gradle") ||
                (manager && STR_IN(str_from(manager), "pip", "npm", "yarn", "pnpm", "gem", "bundle",
                                   "poetry", "uv", "pipenv", "composer")))
                return true;
        }
    }
    return false;
}

/* Build wheels, or all of it, in a stage of its own. */
static void offer_stage(const struct facts *facts, struct rule_sink *sink,
                        const struct step_facts *step, const struct package_command *package)
{
    if (!template_wheels(facts, sink, step, package) && step_stage(facts, step) == facts->final)
        template_second_stage(facts, sink);
}

static void check_build_tool(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct package_command *package)
{
    str manager = str_from(package->manager ? package->manager : "");
    const struct stage_facts *stage = step_stage(facts, step);
    if (package->verb != PACKAGE_INSTALL || !ships(facts, step) ||
        (stage->base && stage->base->sdk) ||
        !STR_IN(manager, "apt-get", "apt", "aptitude", "apk", "yum", "dnf", "microdnf", "tdnf",
                "zypper"))
        return;
    const struct shell_word *first = NULL;
    uint32_t count = 0;
    VEC_EACH(struct shell_word, word, package->packages) {
        str name = package_name(word);
        if (!is_build_package(name) || is_purged(facts, step, package, name))
            continue;
        first = first ? first : word;
        count++;
    }
    if (!first)
        return;
    if (count == 1)
        found(sink, first->at, "'%.*s' is for building, and stays in the image that ships",
              STR_ARG(package_name(first)));
    else
        found(sink, first->at,
              "%u packages for building stay in the image that ships, first '%.*s'", count,
              STR_ARG(package_name(first)));
    if (!has_own_start(facts) || !something_builds(facts, step))
        found_severity(sink, SEVERITY_NOTE);
    offer_stage(facts, sink, step, package);
}

static void check_build_tools(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_build_tool);
}

/* -- tools for people -------------------------------------------------------------------------- */

static bool is_debug_package(str name)
{
    return STR_IN(name, "vim", "vim-tiny", "nano", "emacs", "emacs-nox", "gdb", "strace", "ltrace",
                  "htop", "tcpdump", "telnet", "iputils-ping", "net-tools", "man-db", "tmux",
                  "screen", "nmap", "lsof", "valgrind", "perf", "nodemon", "xdebug", "ipython",
                  "debugpy", "delve", "pry", "inetutils-ping", "traceroute", "iperf", "iperf3");
}

/* The image's own program may be just that one. */
static bool is_started(const struct facts *facts, str name)
{
    static const enum instruction_kind kinds[] = {INSTRUCTION_CMD, INSTRUCTION_ENTRYPOINT,
                                                  INSTRUCTION_HEALTHCHECK};
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        const struct step_facts *start = final_step(facts, kinds[i]);
        if (start && str_has(start->instruction->logical.text, name))
            return true;
    }
    return false;
}

static void check_debug_tool(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct package_command *package)
{
    if (package->verb != PACKAGE_INSTALL || !ships(facts, step) || !has_own_start(facts))
        return;
    VEC_EACH(struct shell_word, word, package->packages) {
        str name = package_name(word);
        if (!is_debug_package(name) || is_purged(facts, step, package, name) ||
            is_started(facts, name))
            continue;
        found(sink, word->at, "'%.*s' is for a person at a terminal, not for the service",
              STR_ARG(name));
        return;
    }
}

static void check_debug_tools(const struct facts *facts, struct rule_sink *sink)
{
    each_package(facts, sink, check_debug_tool);
}

RULE_FAMILY(
    size_leftovers,
    {.name = "size/repository-tools",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "packages that were installed to add a repository stay in the image",
     .why = "software-properties-common brings Python, gnupg its agents: tens of megabytes that "
            "nothing needs once the repository is there",
     .how = "write the .list file and the key by hand (curl, signed-by), or purge in the same RUN",
     .source = "guide: Combining RUN Commands leaves both behind; apt-cache depends",
     .dockerfile = check_repository_tools},
    {.name = "size/build-tools-left",
     .aka = "droast:DF011",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2 s6 s21 s22",
     .what = "compilers and headers in the stage that ships",
     .why = "hundreds of megabytes, and every one of their CVEs; the guide's multi-stage row saves "
            "84 %",
     .how = "build in a stage of its own and copy the result (wheels, binaries, node_modules)",
     .source = "guide: Multi-Stage Build Optimization, Benchmark Results",
     .dockerfile = check_build_tools},
    {.name = "size/debug-tools",
     .aka = "tally:php/no-xdebug-in-final-image",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s4",
     .what = "editors, debuggers and network tools in the stage that ships",
     .why = "megabytes, and tools for whoever breaks in",
     .how = "leave them out; attach a debug container when one is needed",
     .source = "guide: Minimal Base Images, trade-offs",
     .dockerfile = check_debug_tools});
