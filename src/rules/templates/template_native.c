#include "rules/templates/template_stages.h"

#include "rules/artefacts.h"

/*
 * Programs in C and C++: built by a compiler, make, ninja, cmake or meson in the stage that ships,
 * on a build image or with the distribution's own compilers.
 *
 *   FROM debian:12                                FROM debian:12 AS build
 *   RUN apt-get update && \                       RUN apt-get update && \
 *       apt-get install -y g++ cmake libpq-dev        apt-get install -y g++ cmake libpq-dev
 *   COPY . /src                                   COPY . /src
 *   RUN cmake -S /src -B /b && \           -->    RUN cmake -S /src -B /b && cmake --build /b
 *       cmake --build /b
 *   CMD ["/b/tool"]                               FROM debian:12-slim
 *                                                 RUN apt-get update && apt-get install ... libpq5
 *                                                 COPY --from=build /b/tool /b/tool
 *                                                 CMD ["/b/tool"]
 */

/* The library that a package of headers belongs to; NULL: not known there. */
static const struct {
    const char *package, *apt, *apk;
} library_rows[] = {
    {"libssl-dev", "libssl3", NULL},
    {"openssl-dev", NULL, "libssl3 libcrypto3"},
    {"libcurl4-openssl-dev", "libcurl4 ca-certificates", NULL},
    {"libcurl4-gnutls-dev", "libcurl3-gnutls ca-certificates", NULL},
    {"curl-dev", NULL, "libcurl ca-certificates"},
    {"zlib1g-dev", "zlib1g", NULL},
    {"zlib-dev", NULL, "zlib"},
    {"libsqlite3-dev", "libsqlite3-0", NULL},
    {"sqlite-dev", NULL, "sqlite-libs"},
    {"libpq-dev", "libpq5", "libpq"},
    {"postgresql-dev", NULL, "libpq"},
    {"libxml2-dev", "libxml2", "libxml2"},
    {"libpcre2-dev", "libpcre2-8-0", NULL},
    {"pcre2-dev", NULL, "pcre2"},
    {"libyaml-dev", "libyaml-0-2", NULL},
    {"yaml-dev", NULL, "yaml"},
    {"libjansson-dev", "libjansson4", NULL},
    {"jansson-dev", NULL, "jansson"},
    {"libuv1-dev", "libuv1", NULL},
    {"libuv-dev", NULL, "libuv"},
    {"libncurses-dev", "libncursesw6", NULL},
    {"libncurses5-dev", "libncursesw6", NULL},
    {"ncurses-dev", NULL, "libncursesw"},
    {"libzstd-dev", "libzstd1", NULL},
    {"zstd-dev", NULL, "zstd-libs"},
    {"liblz4-dev", "liblz4-1", NULL},
    {"lz4-dev", NULL, "lz4-libs"},
    {"libseccomp-dev", "libseccomp2", "libseccomp"},
    {"libcap-dev", "libcap2", "libcap2"},
    {"libc6-dev", "", NULL},
    {"libc-dev", "", ""},
    {"musl-dev", NULL, ""},
    {"linux-headers", NULL, ""},
    {"linux-libc-dev", "", NULL},
};

const char *template_library_of(str package, bool apk)
{
    for (size_t i = 0; i < ARRAY_COUNT(library_rows); i++)
        if (str_eq(package, str_from(library_rows[i].package)))
            return apk ? library_rows[i].apk : library_rows[i].apt;
    return NULL;
}

/* -- what built it ----------------------------------------------------------------------------- */

static bool is_compiler(str name)
{
    return STR_IN(name, "gcc", "cc", "clang", "g++", "c++", "clang++");
}

/* The directory that a build works in; "" when the text does not tell. */
static str build_directory(const struct facts *facts, const struct step_facts *step,
                           const struct shell_command *command)
{
    str directory = step->directories[command - step->commands], value;
    static const char *const options[] = {"--build", "-C"};
    if (str_eq(command->name, STR("make")) && !shell_option_value(command, "-C", &value))
        return directory;
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if (shell_option_value(command, options[i], &value))
            return directory.len && !str_has_char(value, '$')
                       ? path_join(facts->arena, directory, value)
                       : STR("");
    return directory;
}

/* "make install", "cmake --install build", "ninja -C build install" */
static bool installs(const struct shell_command *command)
{
    if (!STR_IN(command->name, "make", "gmake", "ninja", "cmake", "meson"))
        return false;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (STR_IN(word->value, "install", "install/strip", "install-strip", "--install"))
            return true;
    }
    return false;
}

static bool links_to(const struct facts *facts, const struct step_facts *step,
                     const struct shell_command *command, str path)
{
    str output, directory = step->directories[command - step->commands];
    return !shell_option(command, "-c") && !shell_option(command, "-shared") &&
           shell_option_value(command, "-o", &output) && directory.len &&
           !str_has_char(output, '$') && str_eq(path_join(facts->arena, directory, output), path);
}

/* Does the command make the program at this path, as far as one can say? */
static bool makes(const struct facts *facts, const struct step_facts *step,
                  const struct shell_command *command, str path)
{
    if (is_compiler(command->name))
        return links_to(facts, step, command, path);
    if (installs(command) && STR_IN(str_dirname(path), "/usr/local/bin", "/usr/local/sbin"))
        return true;
    bool builds = STR_IN(command->name, "make", "gmake", "ninja", "samu") ||
                  (str_eq(command->name, STR("cmake")) && shell_option(command, "--build")) ||
                  shell_is(command, "meson", "compile");
    str directory = builds ? build_directory(facts, step, command) : STR("");
    if (directory.len > 1 && path_is_below(path, directory))
        return true;
    return builds && step->workdir_set && step->workdir.len > 1 &&
           path_is_below(path, step->workdir);
}

/* Something tells an install to go elsewhere. */
static bool has_prefix(const struct facts *facts, const struct step_facts *step)
{
    str text = source_text(facts->source, step->instruction->at);
    return str_has_nocase(text, STR("prefix")) || str_has(text, STR("DESTDIR"));
}

/* What the stage does to get its program, from its end to its start. */
struct build {
    bool found, other; /* other: by a compiler of another language too */
    bool prefix;
    bool cpp;
};

static struct build look_at_build(const struct second_stage *plan, str path)
{
    const struct facts *facts = plan->facts;
    struct build build = {0};
    for (uint32_t i = plan->last->instruction->index + 1; i-- > facts->final->stage->first;) {
        const struct step_facts *step = &facts->steps[i];
        if (step->instruction->kind != INSTRUCTION_RUN || !step->directories)
            continue;
        build.prefix = build.prefix || has_prefix(facts, step);
        for (uint32_t k = step->command_count; k-- > 0;) {
            const struct shell_command *command = &step->commands[k];
            build.cpp = build.cpp || STR_IN(command->name, "g++", "c++", "clang++");
            build.other = build.other || STR_IN(command->name, "go", "cargo", "pip", "npm", "mvn");
            str from = build.found ? STR("") : artefact_moved_from(facts, step, command, path);
            path = from.len ? from : path;
            build.found = build.found || makes(facts, step, command, path);
        }
    }
    return build;
}

static bool tree_has_cpp(const struct context_tree *tree)
{
    for (uint32_t i = 0; tree && i < tree->count; i++) {
        str path = tree->entries[i].path;
        if (str_ends(path, STR(".cpp")) || str_ends(path, STR(".cc")) ||
            str_ends(path, STR(".cxx")))
            return true;
    }
    return !tree;
}

/* -- where it goes ----------------------------------------------------------------------------- */

/* "12", "bookworm", "12.5-slim": is there a -slim of it? */
static bool has_slim(str tag)
{
    bool number = tag.len && char_is_digit(tag.at[0]) && !str_has_char(tag, '-');
    return number || STR_IN(tag, "stable", "trixie", "bookworm", "bullseye");
}

/* The image with the libraries of the one that built; "" when there is none that is known. */
static str base_for(const struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    const struct stage_facts *final = facts->final;
    str raw = final->stage->base_raw;
    if (str_eq(final->repository, STR("gcc"))) {
        str usual = second_stage_usual_base(facts, LIBC_GLIBC);
        return str_starts(usual, STR("debian:")) ? usual : second_stage_system(facts);
    }
    if (!STR_IN(final->repository, "debian", "ubuntu", "alpine") || str_has_char(raw, '$'))
        return STR("");
    bool slim =
        str_eq(final->repository, STR("debian")) && !final->digest.len && has_slim(final->tag);
    return slim ? str_fmt(facts->arena, "%.*s-slim", STR_ARG(raw)) : raw;
}

/* gcc's own image links to its own, newer library, which no other image has. */
static void ship_libraries(struct second_stage *plan)
{
    second_stage_ship_to(plan, STR("/usr/local/lib64/libstdc++.so.6"), STR("/usr/local/lib/"));
    second_stage_ship_to(plan, STR("/usr/local/lib64/libgcc_s.so.1"), STR("/usr/local/lib/"));
    plan->command = STR("ldconfig");
}

bool second_stage_c(struct second_stage *plan)
{
    const struct facts *facts = plan->facts;
    const struct shell_command *start = &plan->start->commands[0];
    const struct shell_word *word = &start->argv.at[0];
    str path = second_stage_program(plan);
    bool bare = !path.len && word->known && !start->via && !str_has_char(word->value, '/');
    if (bare)
        path = path_join(facts->arena, STR("/usr/local/bin"), word->value);
    struct build build = path.len ? look_at_build(plan, path) : (struct build){0};
    bool alpine = facts->final->family == FAMILY_ALPINE;
    bool gcc = str_eq(facts->final->repository, STR("gcc"));
    if (!build.found || build.other || (build.prefix && path_is_in(path, STR("/usr/local"))) ||
        !second_stage_assets(facts, plan))
        return false;
    bool cpp = build.cpp || tree_has_cpp(facts->tree);
    plan->libraries = true;
    plan->base = base_for(plan);
    if (cpp && alpine)
        plan->packages = STR("libstdc++");
    second_stage_ship(plan, path);
    if (cpp && gcc)
        ship_libraries(plan);
    return plan->base.len > 0;
}
