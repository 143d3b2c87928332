#include "rules/templates/template_stages.h"

#include "base/buf.h"
#include "rules/repository.h"

/*
 * pip with compilers in the stage that ships: these go to a stage of their own, which builds
 * wheels, and the shipped stage installs the wheels from a mount.
 *
 *   FROM python:3.12-slim AS wheels
 *   RUN apt-get update && apt-get install -y gcc libpq-dev
 *   COPY requirements.txt ./
 *   RUN pip wheel --no-cache-dir --wheel-dir /wheels -r requirements.txt
 *
 *   FROM python:3.12-slim
 *   RUN apt-get update && apt-get install -y libpq5
 *   RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
 *       pip install --no-index --find-links=/wheels -r requirements.txt
 */

/* What a package for building leaves to be needed at run time; "" nothing that python's images have
 * not. Packages that are not listed here are not taken apart. */
static const struct {
    const char *package, *apt, *apk; /* NULL: not known there */
} runtime_rows[] = {
    {"gcc", "", ""},
    {"g++", "", "libstdc++"},
    {"make", "", ""},
    {"cmake", "", ""},
    {"build-essential", "", NULL},
    {"build-base", NULL, "libstdc++"},
    {"python3-dev", "", ""},
    {"python-dev", "", ""},
    {"musl-dev", NULL, ""},
    {"linux-headers", NULL, ""},
    {"libc-dev", "", ""},
    {"libc6-dev", "", NULL},
    {"libffi-dev", "", ""},
    {"libssl-dev", "", NULL},
    {"openssl-dev", NULL, ""},
    {"zlib1g-dev", "", NULL},
    {"zlib-dev", NULL, ""},
    {"pkg-config", "", NULL},
    {"pkgconf", "", ""},
    {"cargo", "", ""},
    {"rustc", "", NULL},
    {"rust", NULL, ""},
    {"swig", "", ""},
    {"gfortran", "libgfortran5", "libgfortran"},
    {"libpq-dev", "libpq5", "libpq"},
    {"postgresql-dev", NULL, "libpq"},
    {"default-libmysqlclient-dev", "libmariadb3", NULL},
    {"libmariadb-dev", "libmariadb3", NULL},
    {"mariadb-dev", NULL, "mariadb-connector-c"},
    {"mariadb-connector-c-dev", NULL, "mariadb-connector-c"},
    {"libxml2-dev", "libxml2", "libxml2"},
    {"libxslt1-dev", "libxslt1.1", NULL},
    {"libxslt-dev", NULL, "libxslt"},
    {"libjpeg62-turbo-dev", "libjpeg62-turbo", NULL},
    {"libjpeg-dev", "libjpeg62-turbo", NULL},
    {"jpeg-dev", NULL, "libjpeg-turbo"},
    {"libfreetype6-dev", "libfreetype6", NULL},
    {"freetype-dev", NULL, "freetype"},
};

const char *template_wheel_library_of(str package, bool apk)
{
    for (size_t i = 0; i < ARRAY_COUNT(runtime_rows); i++)
        if (str_eq(package, str_from(runtime_rows[i].package)))
            return apk ? runtime_rows[i].apk : runtime_rows[i].apt;
    return NULL;
}

struct wheels {
    const struct facts *facts;
    const struct step_facts *system, *pip; /* the RUN of the compilers, and of pip */
    const struct package_command *compilers, *install;
    str lists;    /* files of -r, blank-separated */
    str packages; /* runtime packages in place of those for building */
    bool nothing; /* no package at all is left to install */
    struct template_edits edits;
};

/* -- pip --------------------------------------------------------------------------------------- */

/* `pip install -r a -r b` with options that change nothing about what is built. */
static bool read_install(struct wheels *wheels, const struct package_command *package)
{
    const struct shell_words *argv = &package->command->argv;
    str lists = STR("");
    for (uint32_t i = 1; i < argv->count; i++) {
        str raw = argv->at[i].raw;
        if (STR_IN(raw, "-r", "--requirement") && i + 1 < argv->count) {
            str file = argv->at[++i].value;
            if (!file.len || file.at[0] == '/' || str_has_char(file, '/') || !argv->at[i].known)
                return false;
            lists = lists.len
                        ? str_fmt(wheels->facts->arena, "%.*s %.*s", STR_ARG(lists), STR_ARG(file))
                        : file;
        } else if (!STR_IN(raw, "install", "--no-cache-dir", "--upgrade", "-U", "-q", "--quiet",
                           "--disable-pip-version-check", "--no-input", "--prefer-binary")) {
            return false;
        }
    }
    wheels->lists = lists;
    return lists.len > 0;
}

/* The only pip step of the stage, behind the compilers. */
static bool find_install(struct wheels *wheels)
{
    const struct facts *facts = wheels->facts;
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; i < stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
            const struct package_command *package = &step->packages[k];
            str name = step->commands[k].name;
            if (STR_IN(name, "make", "gcc", "cmake", "cargo", "poetry", "uv", "npm", "pipenv"))
                return false; /* something else builds, too */
            if (package->verb != PACKAGE_INSTALL || !str_eq(str_from(package->manager), STR("pip")))
                continue;
            bool itself = package->packages.count == 1 &&
                          STR_IN(package->packages.at[0].value, "pip", "setuptools", "wheel");
            if (itself)
                continue;
            if (wheels->pip || !read_install(wheels, package))
                return false;
            wheels->pip = step;
            wheels->install = package;
        }
    }
    return wheels->pip && wheels->pip > wheels->system;
}

/* -- the packages ------------------------------------------------------------------------------ */

/* Only index, install and cleaning: such a RUN can be written again in another stage. */
static bool is_plain_install(const struct step_facts *step)
{
    for (uint32_t k = 0; k < step->command_count; k++) {
        enum package_verb verb = step->packages[k].verb;
        bool known = verb == PACKAGE_INSTALL || verb == PACKAGE_UPDATE || verb == PACKAGE_CLEAN ||
                     STR_IN(step->commands[k].name, "rm", "set");
        if (!known || step->commands[k].depth)
            return false;
    }
    return !step->instruction->heredocs.count && !step->instruction->json && step->script &&
           !step->script->comments.count && !step->script->problems.count;
}

static void add_package(struct wheels *wheels, str name)
{
    struct arena *arena = wheels->facts->arena;
    if (!name.len || str_is_listed(str_z(arena, wheels->packages), name))
        return;
    wheels->packages = wheels->packages.len
                           ? str_fmt(arena, "%.*s %.*s", STR_ARG(wheels->packages), STR_ARG(name))
                           : name;
}

/* Sort the packages: what they leave to be needed, and whether any other one is there. */
static bool sort_packages(struct wheels *wheels, bool apk)
{
    bool others = false;
    VEC_EACH(struct shell_word, word, wheels->compilers->packages) {
        const char *runtime = word->known ? template_wheel_library_of(word->value, apk) : NULL;
        bool build = str_ends(word->raw, STR("-dev")) || str_has_char(word->raw, '$');
        if (!runtime && build)
            return false;
        others = others || !runtime;
        add_package(wheels, str_from(runtime ? runtime : ""));
    }
    uint32_t installs = 0;
    for (uint32_t k = 0; k < wheels->system->command_count; k++)
        installs += wheels->system->packages[k].verb == PACKAGE_INSTALL;
    wheels->nothing = !others && !wheels->packages.len;
    return installs == 1;
}

/* The shipped stage installs what is needed at run time, or nothing. */
static void edit_packages(struct wheels *wheels, bool apk)
{
    const struct facts *facts = wheels->facts;
    const struct instruction *at = wheels->system->instruction;
    if (wheels->nothing) {
        span first = source_full_line(facts->source, at->line);
        span last = source_full_line(facts->source, at->end_line);
        template_add(facts->arena, &wheels->edits, span_join(first, last), STR(""));
        return;
    }
    str packages = wheels->packages;
    VEC_EACH(struct shell_word, word, wheels->compilers->packages) {
        struct edit edit;
        if (!template_wheel_library_of(word->value, apk))
            continue;
        if (packages.len) {
            template_add(facts->arena, &wheels->edits, word->at, packages);
            packages = STR("");
        } else if (remove_word_edit(facts, wheels->compilers->command, word, &edit)) {
            template_add(facts->arena, &wheels->edits, edit.at, edit.text);
        } else {
            wheels->edits.impossible = true;
        }
    }
}

/* -- the stage --------------------------------------------------------------------------------- */

static str cache_flags(const struct facts *facts, const struct instruction *at)
{
    str flags = STR("");
    VEC_EACH(struct mount, mount, at->mounts) {
        if (mount->type == MOUNT_CACHE)
            flags = str_fmt(facts->arena, "%.*s %.*s", STR_ARG(flags),
                            STR_ARG(source_text(facts->source, mount->at)));
    }
    return flags;
}

static str stage_text(const struct wheels *wheels, str name)
{
    const struct facts *facts = wheels->facts;
    const struct stage *stage = facts->final->stage;
    str newline = source_newline(facts->source), rest = wheels->lists, list;
    struct buf text = buf_init(facts->arena, (size_t)1 << 16);
    buf_fmt(&text, "%.*s %.*s%.*s AS %.*s%.*s", STR_ARG(stage->from->keyword),
            STR_ARG(template_platform(facts)), STR_ARG(stage->base_raw), STR_ARG(name),
            STR_ARG(newline));
    buf_fmt(&text, "%.*s%.*s", STR_ARG(source_text(facts->source, wheels->system->instruction->at)),
            STR_ARG(newline));
    str place = wheels->pip->workdir_set ? wheels->pip->workdir : STR("/build");
    buf_fmt(&text, "WORKDIR %.*s%.*s", STR_ARG(place), STR_ARG(newline));
    buf_fmt(&text, "COPY %.*s ./%.*sRUN%.*s pip wheel --no-cache-dir --wheel-dir /wheels",
            STR_ARG(wheels->lists), STR_ARG(newline),
            STR_ARG(cache_flags(facts, wheels->pip->instruction)));
    while (str_next_word(&rest, &list))
        buf_fmt(&text, " -r %.*s", STR_ARG(list));
    buf_fmt(&text, "%.*s%.*s", STR_ARG(newline), STR_ARG(newline));
    return text.full ? STR("") : buf_str(&text);
}

/* Does something in force tell pip, or the compilers, more than the new stage would know? */
static bool is_told_more(const struct wheels *wheels)
{
    static const char *const names[] = {"PIP_INDEX_URL",
                                        "PIP_EXTRA_INDEX_URL",
                                        "PIP_FIND_LINKS",
                                        "PIP_CONFIG_FILE",
                                        "PIP_TRUSTED_HOST",
                                        "PIP_NO_BINARY",
                                        "CFLAGS",
                                        "LDFLAGS",
                                        "CC",
                                        "CXX"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (dockerfile_variable(wheels->facts->file, wheels->pip->instruction, str_from(names[i])))
            return true;
    return str_has_char(wheels->system->instruction->logical.text, '$') ||
           wheels->install->command->assigns.count > 0;
}

/* Do COPYs of the stage bring the lists, from the context and under their own names? */
static bool lists_are_copied(const struct wheels *wheels)
{
    const struct facts *facts = wheels->facts;
    str rest = wheels->lists, list;
    while (str_next_word(&rest, &list)) {
        bool found_it = false;
        for (uint32_t i = facts->final->stage->first; i < wheels->pip->instruction->index; i++) {
            const struct instruction *at = facts->steps[i].instruction;
            if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) ||
                instruction_flag(at, "from"))
                continue;
            for (uint32_t k = 0; k + 1 < at->words.count; k++)
                found_it = found_it || str_eq(at->words.at[k].raw, list) ||
                           (str_eq(at->words.at[k].raw, STR(".")) && template_sent(facts, list));
        }
        if (!found_it)
            return false;
    }
    return true;
}

static str free_name(const struct facts *facts)
{
    static const char *const names[] = {"wheels", "wheel-build", "pip-build"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (stage_find(facts->file, str_from(names[i]), facts->stage_count) == NO_INDEX)
            return str_from(names[i]);
    return STR("");
}

bool template_wheels(const struct facts *facts, struct rule_sink *sink,
                     const struct step_facts *step, const struct package_command *compilers)
{
    struct wheels wheels = {.facts = facts, .system = step, .compilers = compilers};
    const struct stage_facts *final = facts->final;
    bool apk = str_eq(str_from(compilers->manager), STR("apk"));
    bool apt = STR_IN(str_from(compilers->manager), "apt-get", "apt");
    if (!template_is_asked(facts, sink->rule) || !final || step_stage(facts, step) != final ||
        !str_eq(final->repository, STR("python")) || final->stage->base_stage != NO_INDEX ||
        (!apk && !apt) || template_is_classic(facts) || !is_plain_install(step) ||
        !find_install(&wheels) || !sort_packages(&wheels, apk) || !lists_are_copied(&wheels) ||
        is_told_more(&wheels))
        return false;
    str name = free_name(facts), text = name.len ? stage_text(&wheels, name) : STR("");
    const struct shell_word *sub = shell_subcommand(wheels.install->command);
    const struct instruction *pip = wheels.pip->instruction;
    if (!text.len || !sub || pip->json || !wheels.pip->script || pip->heredocs.count)
        return false;
    uint32_t start = template_above(facts, final->stage->from);
    template_add(facts->arena, &wheels.edits, (span){start, start}, text);
    edit_packages(&wheels, apk);
    str mount = str_fmt(facts->arena, "--mount=type=bind,from=%.*s,source=/wheels,target=/wheels",
                        STR_ARG(name));
    struct edit edit = add_mounts(facts, pip, &mount, 1);
    template_add(facts->arena, &wheels.edits, edit.at, edit.text);
    template_add(facts->arena, &wheels.edits, (span){sub->at.end, sub->at.end},
                 STR(" --no-index --find-links=/wheels"));
    if (!template_give(sink, &wheels.edits, "Build wheels in a stage of their own"))
        return false;
    vec_last(sink->findings)->fix.turn = TURN_STAGES;
    return true;
}
