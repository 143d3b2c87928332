#include "rules/templates/template_stages.h"

#include "base/buf.h"
#include "rules/repository.h"

/*
 * One stage becomes two: what builds keeps its lines, and behind its last RUN a stage on a smaller
 * base takes the result. What follows there already (CMD, EXPOSE, COPY of settings) is then the new
 * stage's own.
 *
 *   FROM golang:1.22 AS build          named, or its name goes to the new stage
 *   RUN CGO_ENABLED=0 go build -o /app .
 *
 *   FROM gcr.io/distroless/static-debian12
 *   COPY --from=build /app /app
 *   CMD ["/app"]
 */

static bool is_setting_of_builds(str name)
{
    static const char *const starts[] = {"GO",
                                         "CGO",
                                         "CARGO",
                                         "RUST",
                                         "MAVEN",
                                         "GRADLE",
                                         "CFLAGS",
                                         "CXX",
                                         "LDFLAG",
                                         "CC",
                                         "DEBIAN_FRONTEND",
                                         "PATH",
                                         "DOTNET",
                                         "NUGET",
                                         "MAKEF",
                                         "NPM_CONFIG",
                                         "UV_",
                                         "POETRY",
                                         "PIP"};
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++)
        if (str_starts(name, str_from(starts[i])))
            return true;
    return false;
}

/* Packages of the distribution that a build needs, and a program does not. */
static bool is_for_builds(str name)
{
    return STR_IN(name, "git", "make", "gcc", "g++", "musl-dev", "build-base", "build-essential",
                  "pkg-config", "pkgconf", "curl", "wget", "ca-certificates", "cmake", "libc-dev",
                  "libc6-dev", "protobuf-compiler", "protoc", "binutils", "file", "maven", "gradle",
                  "upx", "openssh-client", "unzip", "tar", "python3", "ninja-build", "ninja",
                  "meson", "autoconf", "automake", "libtool", "bison", "flex", "alpine-sdk",
                  "clang", "samurai", "pkgconfig");
}

static void add_package(struct second_stage *plan, str name)
{
    struct arena *arena = plan->facts->arena;
    if (str_is_listed(str_z(arena, plan->packages), name))
        return;
    plan->packages = plan->packages.len
                         ? str_fmt(arena, "%.*s %.*s", STR_ARG(plan->packages), STR_ARG(name))
                         : name;
}

/* Take along what a program needs of a package that its stage installs: the library of one to build
 * with, or itself; false when that is not known. */
static bool take_package(struct second_stage *plan, str name, bool apk)
{
    const char *libraries = NULL;
    bool python = str_eq(plan->facts->final->repository, STR("python"));
    if (python)
        libraries = template_wheel_library_of(name, apk);
    if (!libraries)
        libraries = template_library_of(name, apk);
    if (!libraries &&
        (str_ends(name, STR("-dev")) || str_ends(name, STR("-devel")) || str_has_char(name, '=')))
        return false;
    str rest = str_from(libraries ? libraries : ""), library;
    while (str_next_word(&rest, &library))
        add_package(plan, library);
    if (!libraries)
        add_package(plan, name);
    return true;
}

/* A package that a build needs, and the check of health does not. */
static bool is_left_behind(const struct second_stage *plan, str name)
{
    const struct step_facts *health = final_step(plan->facts, INSTRUCTION_HEALTHCHECK);
    return is_for_builds(name) && !(health && str_has(health->instruction->logical.text, name));
}

/* May the steps of the stage up to its last RUN be left behind? */
static bool can_be_left(struct second_stage *plan, const struct step_facts *step)
{
    for (uint32_t k = 0; step->packages && k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        str manager = str_from(package->manager ? package->manager : "");
        if (STR_IN(step->commands[k].name, "useradd", "adduser", "groupadd", "addgroup", "chown",
                   "setcap", "ln", "locale-gen", "update-ca-certificates"))
            return false;
        if (package->verb != PACKAGE_INSTALL ||
            !STR_IN(manager, "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper"))
            continue;
        VEC_EACH(struct shell_word, word, package->packages) {
            bool left = word->known && is_left_behind(plan, word->value);
            bool taken = word->known && plan->libraries && !left &&
                         take_package(plan, word->value, str_eq(manager, STR("apk")));
            if (!left && !taken)
                return false;
        }
    }
    return true;
}

/* The variables of an ENV that are about running. Those of an environment that is shipped may name
 * others; the rest may not. */
static bool take_settings(const struct facts *facts, const struct instruction *at,
                          struct buf *lines)
{
    str newline = source_newline(facts->source), kept = STR("");
    uint32_t count = 0;
    VEC_EACH(struct pair, pair, at->pairs) {
        str text = source_text(facts->source, pair->at);
        bool finds = str_has(text, STR(".venv/bin"));
        if (is_setting_of_builds(pair->name) && !finds)
            continue;
        if (str_has_char(text, '$') && !finds)
            return false;
        kept = count++ ? str_fmt(facts->arena, "%.*s \\%.*s    %.*s", STR_ARG(kept),
                                 STR_ARG(newline), STR_ARG(text))
                       : text;
    }
    if (count == at->pairs.count)
        buf_fmt(lines, "%.*s%.*s", STR_ARG(source_text(facts->source, at->at)), STR_ARG(newline));
    else if (count)
        buf_fmt(lines, "%.*s %.*s%.*s", STR_ARG(at->keyword), STR_ARG(kept), STR_ARG(newline));
    return facts->file->directives.escape == '\\' || count == at->pairs.count || count < 2;
}

/* Instructions above the last RUN that are about running: they go to the new stage. */
static bool take_along(const struct facts *facts, struct second_stage *plan,
                       const struct step_facts *step, struct buf *lines)
{
    const struct instruction *at = step->instruction;
    str line =
        str_cat(facts->arena, source_text(facts->source, at->at), source_newline(facts->source));
    switch (at->kind) {
    case INSTRUCTION_ENV: return take_settings(facts, at, lines);
    case INSTRUCTION_CMD:
    case INSTRUCTION_ENTRYPOINT:
    case INSTRUCTION_EXPOSE:
    case INSTRUCTION_LABEL:
    case INSTRUCTION_STOPSIGNAL:
    case INSTRUCTION_VOLUME:
    case INSTRUCTION_HEALTHCHECK: {
        span first = source_full_line(facts->source, at->line);
        span last = source_full_line(facts->source, at->end_line);
        if (str_has_char(line, '$'))
            return false;
        buf_add(lines, line);
        template_add(facts->arena, &plan->edits, span_join(first, last), STR(""));
        return true;
    }
    case INSTRUCTION_USER:
        return user_is_root(at->words.count ? at->words.at[0].raw : STR(""), NULL);
    case INSTRUCTION_RUN: return can_be_left(plan, step);
    case INSTRUCTION_FROM:
    case INSTRUCTION_ARG:
    case INSTRUCTION_WORKDIR:
    case INSTRUCTION_COPY:
    case INSTRUCTION_ADD: return true;
    default: return false; /* SHELL, ONBUILD, MAINTAINER ... */
    }
}

/* Variables that the new stage may not have: any but PATH, which every image has. */
static bool needs_variables(str text)
{
    for (size_t at = str_find_char(text, '$'); at != STR_MISSING; at = str_find_char(text, '$')) {
        text = str_from_index(text, at + 1);
        str name = str_starts(text, STR("{")) ? str_from_index(text, 1) : text;
        if (!str_starts(name, STR("PATH")) || (name.len > 4 && char_is_name(name.at[4])))
            return true;
    }
    return false;
}

/* What follows the last RUN is the new stage's: it may not use what only the old one has. */
static bool can_follow(const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (at->broken || at->kind == INSTRUCTION_SHELL || at->kind == INSTRUCTION_ONBUILD)
        return false;
    bool shell = at->kind == INSTRUCTION_CMD || at->kind == INSTRUCTION_ENTRYPOINT ||
                 at->kind == INSTRUCTION_HEALTHCHECK || at->kind == INSTRUCTION_RUN;
    return shell || !needs_variables(at->logical.text);
}

/* -- names ------------------------------------------------------------------------------------- */

/* Name the old stage; its own name, which builds may ask for, is the new one's. */
static str name_stage(const struct facts *facts, struct second_stage *plan)
{
    const struct stage *stage = facts->final->stage;
    static const char *const names[] = {"build", "builder", "compile"};
    str name = STR("");
    for (size_t i = 0; i < ARRAY_COUNT(names) && !name.len; i++)
        if (stage_find(facts->file, str_from(names[i]), facts->stage_count) == NO_INDEX)
            name = str_from(names[i]);
    if (!name.len)
        return name;
    if (stage->name.len) {
        template_add(facts->arena, &plan->edits, stage->name_at, name);
        return name;
    }
    bool lower = char_lower(stage->from->keyword.at[0]) == stage->from->keyword.at[0];
    template_add(facts->arena, &plan->edits, (span){stage->base_at.end, stage->base_at.end},
                 str_fmt(facts->arena, " %s %.*s", lower ? "as" : "AS", STR_ARG(name)));
    return name;
}

static const char *in_case(const struct facts *facts, const char *upper, const char *lower)
{
    str keyword = facts->final->stage->from->keyword;
    return char_lower(keyword.at[0]) == keyword.at[0] ? lower : upper;
}

/* The packages of libraries, as the new stage's system has them installed. */
static void add_install(const struct second_stage *plan, struct buf *text)
{
    const struct facts *facts = plan->facts;
    const char *run = in_case(facts, "RUN", "run");
    str newline = source_newline(facts->source);
    if (!plan->packages.len)
        return;
    if (facts->final->family == FAMILY_ALPINE)
        buf_fmt(text, "%s apk add --no-cache %.*s%.*s", run, STR_ARG(plan->packages),
                STR_ARG(newline));
    else
        buf_fmt(text,
                "%s apt-get update && apt-get install -y --no-install-recommends %.*s && "
                "rm -rf /var/lib/apt/lists/*%.*s",
                run, STR_ARG(plan->packages), STR_ARG(newline));
}

static str block_of(const struct facts *facts, const struct second_stage *plan, str build,
                    str lines)
{
    struct buf text = buf_init(facts->arena, (size_t)1 << 16);
    str newline = source_newline(facts->source), own = facts->final->stage->name;
    const struct step_facts *last = plan->last;
    buf_add(&text, newline);
    buf_fmt(&text, "%s %.*s%.*s", in_case(facts, "FROM", "from"), STR_ARG(template_platform(facts)),
            STR_ARG(plan->base));
    if (own.len)
        buf_fmt(&text, " %s %.*s", in_case(facts, "AS", "as"),
                STR_ARG(source_text(facts->source, facts->final->stage->name_at)));
    buf_add(&text, newline);
    uint32_t below = facts->final->stage->from->end_line + 1;
    if (!str_trim(source_text(facts->source, source_line(facts->source, below))).len)
        buf_add(&text, newline); /* the file sets FROM apart */
    if (last->workdir_set)
        buf_fmt(&text, "%s %.*s%.*s", in_case(facts, "WORKDIR", "workdir"), STR_ARG(last->workdir),
                STR_ARG(newline));
    buf_add(&text, lines);
    add_install(plan, &text);
    for (uint32_t i = 0; i < plan->path_count; i++)
        buf_fmt(&text, "%s --from=%.*s %.*s %.*s%.*s", in_case(facts, "COPY", "copy"),
                STR_ARG(build), STR_ARG(plan->paths[i]), STR_ARG(plan->places[i]),
                STR_ARG(newline));
    if (plan->setting.len)
        buf_fmt(&text, "%s %.*s%.*s", in_case(facts, "ENV", "env"), STR_ARG(plan->setting),
                STR_ARG(newline));
    if (plan->command.len)
        buf_fmt(&text, "%s %.*s%.*s", in_case(facts, "RUN", "run"), STR_ARG(plan->command),
                STR_ARG(newline));
    return text.full ? STR("") : buf_str(&text);
}

/* -- what the program reads -------------------------------------------------------------------- */

void second_stage_ship_to(struct second_stage *plan, str path, str place)
{
    for (uint32_t i = 0; i < plan->path_count; i++)
        if (str_eq(plan->paths[i], path))
            return;
    if (plan->path_count == ARRAY_COUNT(plan->paths)) {
        plan->edits.impossible = true;
        return;
    }
    plan->paths[plan->path_count] = path;
    plan->places[plan->path_count++] = place;
}

void second_stage_ship(struct second_stage *plan, str path)
{
    second_stage_ship_to(plan, path, path);
}

bool second_stage_assets(const struct facts *facts, struct second_stage *plan)
{
    static const char *const names[] = {
        "templates", "template", "static",  "public", "views",      "assets", "web",      "config",
        "configs",   "conf",     "locales", "i18n",   "migrations", "data",   "resources"};
    const struct step_facts *copy = copy_of_everything(facts, plan->last);
    if (!copy)
        return true;
    str place = step_path(facts, copy, vec_last(&copy->instruction->words)->raw);
    if (!facts->tree || !place.len)
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (template_sent(facts, str_from(names[i])))
            second_stage_ship(plan, path_join(facts->arena, place, str_from(names[i])));
    return true;
}

/* -- the repository's own ---------------------------------------------------------------------- */

str second_stage_usual_base(const struct facts *facts, enum base_libc libc)
{
    const struct repository *repository = facts->repository;
    if (!repository)
        return STR("");
    VEC_EACH(struct check_job *, job, repository->jobs) {
        const struct facts *other = (*job)->facts;
        const struct stage_facts *final = other ? other->final : NULL;
        if (!final || other->stage_count < 2 || !final->base || final->base->sdk ||
            final->stage->base_stage != NO_INDEX || str_has_char(final->stage->base_raw, '$') ||
            (libc != LIBC_NONE && final->base->libc != libc))
            continue;
        for (uint32_t i = 0; i + 1 < other->stage_count; i++)
            if (str_eq(other->stages[i].repository, facts->final->repository))
                return final->stage->base_raw;
    }
    return STR("");
}

/* -- together ---------------------------------------------------------------------------------- */

bool second_stage_begin(const struct facts *facts, struct second_stage *plan)
{
    const struct stage_facts *final = facts->final;
    *plan = (struct second_stage){.facts = facts};
    if (!final || final->windows || final->stage->index + 1 != facts->stage_count ||
        final->stage->base_stage != NO_INDEX || final->stage->from->broken)
        return false;
    plan->last = final_step(facts, INSTRUCTION_RUN);
    plan->start = final_step(facts, INSTRUCTION_ENTRYPOINT);
    if (!plan->start)
        plan->start = final_step(facts, INSTRUCTION_CMD);
    return plan->last && plan->start && plan->start->command_count == 1 &&
           plan->last->workdir_known && plan->start->workdir_known &&
           plan->start->commands[0].argv.count > 0;
}

bool second_stage_give(struct rule_sink *sink, struct second_stage *plan, const char *title)
{
    const struct facts *facts = plan->facts;
    const struct stage *stage = facts->final->stage;
    struct buf lines = buf_init(facts->arena, (size_t)1 << 16);
    if (!plan->base.len || !plan->path_count)
        return false;
    for (uint32_t i = stage->first; i < stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        bool above = i <= plan->last->instruction->index;
        if (above ? step->instruction->broken || !take_along(facts, plan, step, &lines)
                  : !can_follow(step))
            return false;
    }
    str build = name_stage(facts, plan);
    str block = build.len && !lines.full ? block_of(facts, plan, build, buf_str(&lines)) : STR("");
    if (!block.len)
        return false;
    span end = source_full_line(facts->source, plan->last->instruction->end_line);
    if (!str_ends(source_text(facts->source, end), STR("\n")))
        block = str_cat(facts->arena, source_newline(facts->source), str_trim_end(block));
    template_add(facts->arena, &plan->edits, (span){end.end, end.end}, block);
    if (!template_give(sink, &plan->edits, title))
        return false;
    vec_last(sink->findings)->fix.turn = TURN_STAGES;
    return true;
}
