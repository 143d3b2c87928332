#include "rules/artefacts.h"
#include "rules/choice.h"
#include "rules/contents.h"
#include "rules/families.h"

/* Programs that one stage builds, on the base that another one runs them on. */

typedef void artefact_check(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *copy, const struct artefact *made,
                            const struct word *source);

/* Every program that a stage which ships copies from another one, where both bases are known. */
static void each_artefact(const struct facts *facts, struct rule_sink *sink, artefact_check *check)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        const struct words *words = &step->instruction->words;
        if (!stage || !stage->ships || !stage->base || copied_stage(facts, step) == NO_INDEX)
            continue;
        for (uint32_t k = 0; k + 1 < words->count; k++) {
            struct artefact made = artefact_of(facts, step, &words->at[k]);
            if (made.kind != ARTEFACT_NONE)
                check(facts, sink, step, &made, &words->at[k]);
        }
    }
}

/* -- no loader --------------------------------------------------------------------------------- */

static bool brings_loader(const struct facts *facts, uint32_t stage)
{
    static const char *const loaders[] = {"/lib64/ld-linux-x86-64.so.2",
                                          "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1"};
    for (size_t i = 0; i < ARRAY_COUNT(loaders); i++)
        if (contents_at_end(facts, stage, str_from(loaders[i])) != HOLDS_NO)
            return true;
    return false;
}

/* Go links against libc for net and os/user: certain for a server, likely for others. */
static void set_certainty(const struct facts *facts, struct rule_sink *sink,
                          const struct artefact *made)
{
    if (made->linkage == LINK_DYNAMIC)
        found_severity(sink, SEVERITY_ERROR);
    else if (!ships_a_server(facts))
        found_severity(sink, SEVERITY_NOTE);
}

static void switch_cgo_off(const struct facts *facts, struct rule_sink *sink,
                           const struct artefact *made)
{
    bool wanted =
        dockerfile_variable(facts->file, made->step->instruction, STR("CGO_ENABLED")) ||
        str_has(source_text(sink->source, made->step->instruction->at), STR("CGO_ENABLED"));
    if (made->kind != ARTEFACT_GO || made->step->instruction->json || wanted)
        return;
    found_fix(sink, "Build with CGO_ENABLED=0");
    found_insert(sink, made->command->argv.at[0].at.start, STR("CGO_ENABLED=0 "));
}

static void check_loader(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *copy, const struct artefact *made,
                         const struct word *source)
{
    const struct stage_facts *target = step_stage(facts, copy);
    if (target->base->libc != LIBC_NONE || made->linkage < LINK_PERHAPS ||
        brings_loader(facts, copy->stage))
        return;
    if (made->kind == ARTEFACT_GO)
        found(sink, source->at,
              "with net or os/user this program is linked dynamically, and '%.*s' has no loader",
              STR_ARG(target->repository));
    else
        found(sink, source->at,
              "%s links this program dynamically, and '%.*s' has no loader: it does not start",
              artefact_maker(made), STR_ARG(target->repository));
    found_related(sink, made->command->at, "built here");
    set_certainty(facts, sink, made);
    switch_cgo_off(facts, sink, made);
}

static void check_loaders(const struct facts *facts, struct rule_sink *sink)
{
    each_artefact(facts, sink, check_loader);
}

/* -- another libc ------------------------------------------------------------------------------ */

static const char *libc_name(enum base_libc libc)
{
    return libc == LIBC_GLIBC ? "glibc" : "musl";
}

static bool differs(enum base_libc a, enum base_libc b)
{
    return (a == LIBC_GLIBC && b == LIBC_MUSL) || (a == LIBC_MUSL && b == LIBC_GLIBC);
}

/* Packages that let programs of glibc run on musl. */
static bool has_compatibility(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct stage_facts *stage = step_stage(facts, &facts->steps[i]);
        str text = source_text(facts->source, facts->steps[i].instruction->at);
        if (stage && stage->ships &&
            (str_has(text, STR("gcompat")) || str_has(text, STR("libc6-compat")) ||
             str_has(text, STR("glibc"))))
            return true;
    }
    return false;
}

static void check_program_libc(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *copy, const struct artefact *made,
                               const struct word *source)
{
    const struct stage_facts *target = step_stage(facts, copy);
    if (!differs(made->libc, target->base->libc) || made->linkage < LINK_PERHAPS ||
        has_compatibility(facts))
        return;
    found(sink, source->at, "%s of this stage links against %s, and '%.*s' has %s",
          artefact_maker(made), libc_name(made->libc), STR_ARG(target->repository),
          libc_name(target->base->libc));
    found_related(sink, made->command->at, "built here");
    set_certainty(facts, sink, made);
    switch_cgo_off(facts, sink, made);
}

static void check_packages_libc(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *copy = &facts->steps[i];
        const struct stage_facts *target = step_stage(facts, copy);
        const struct words *words = &copy->instruction->words;
        uint32_t stage = copied_stage(facts, copy);
        if (stage == NO_INDEX || !target || !target->base || !facts->stages[stage].base ||
            !differs(facts->stages[stage].base->libc, target->base->libc))
            continue;
        for (uint32_t k = 0; k + 1 < words->count; k++) {
            const char *what =
                native_packages_in(words->at[k].raw, facts->stages[stage].repository);
            if (!what)
                continue;
            found(sink, words->at[k].at, "%s of '%.*s' are built for %s, and this stage has %s",
                  what, STR_ARG(facts->stages[stage].repository),
                  libc_name(facts->stages[stage].base->libc), libc_name(target->base->libc));
            found_related(sink, facts->stages[stage].stage->from->at, "installed in this stage");
        }
    }
}

static void check_libc(const struct facts *facts, struct rule_sink *sink)
{
    each_artefact(facts, sink, check_program_libc);
    check_packages_libc(facts, sink);
}

/* -- a distribution below one program ---------------------------------------------------------- */

static bool is_plain_distribution(const struct stage_facts *stage)
{
    return stage->base && !stage->windows && !stage->base->cmd && !stage->base->sdk &&
           (STR_IN(stage->repository, "alpine", "debian", "ubuntu", "fedora", "centos",
                   "rockylinux", "almalinux", "amazonlinux", "oraclelinux") ||
            str_starts(stage->repository, STR("registry.access.redhat.com/ubi")));
}

/* Certificates, time zones and users are what the smaller bases bring themselves. */
static bool only_prepares(const struct step_facts *step)
{
    if (!step->packages)
        return false;
    for (uint32_t k = 0; k < step->command_count; k++) {
        const struct package_command *package = &step->packages[k];
        str name = step->commands[k].name;
        VEC_EACH(struct shell_word, word, package->packages) {
            if (!STR_IN(word->value, "ca-certificates", "tzdata"))
                return false;
        }
        bool packages = package->verb == PACKAGE_INSTALL || package->verb == PACKAGE_UPDATE ||
                        package->verb == PACKAGE_CLEAN || package->verb == PACKAGE_UPGRADE;
        if (!packages && !STR_IN(name, "rm", "adduser", "addgroup", "useradd", "groupadd", "set",
                                 "update-ca-certificates", "mkdir", "chown", "chmod"))
            return false;
    }
    return true;
}

/* Nothing that ships needs a shell or a package: an exec form start, COPYs and preparations. */
static bool runs_alone(const struct facts *facts, bool *out_runs)
{
    *out_runs = false;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        const struct stage_facts *stage = step_stage(facts, step);
        const struct instruction *at = step->instruction;
        if (!stage || !stage->ships)
            continue;
        bool starts = at->kind == INSTRUCTION_CMD || at->kind == INSTRUCTION_ENTRYPOINT;
        if (at->kind == INSTRUCTION_HEALTHCHECK || at->kind == INSTRUCTION_SHELL ||
            at->kind == INSTRUCTION_VOLUME || (starts && !at->json) ||
            (at->kind == INSTRUCTION_RUN && !only_prepares(step)))
            return false;
        *out_runs = *out_runs || at->kind == INSTRUCTION_RUN || at->kind == INSTRUCTION_USER;
    }
    return true;
}

/* Is the copied program the one that the image starts? */
static bool is_started(const struct facts *facts, const struct step_facts *copy,
                       const struct word *source)
{
    const struct step_facts *start = final_step(facts, INSTRUCTION_ENTRYPOINT);
    if (!start)
        start = final_step(facts, INSTRUCTION_CMD);
    str goal = vec_last(&copy->instruction->words)->raw;
    str name = start && start->command_count ? start->commands[0].name : STR("");
    return name.len &&
           (str_eq(name, str_basename(source->raw)) || str_eq(name, str_basename(goal)));
}

/* What the program could stand on instead: the newest, since a libc runs what an older one
 * linked. */
static const char *smaller_base(const struct artefact *made, const struct stage_facts *final)
{
    if (made->linkage == LINK_STATIC)
        return "gcr.io/distroless/static-debian13";
    if (made->linkage < LINK_PERHAPS || made->libc != LIBC_GLIBC || final->base->libc != LIBC_GLIBC)
        return NULL;
    return made->kind == ARTEFACT_GO ? "gcr.io/distroless/base-debian13"
                                     : "gcr.io/distroless/cc-debian13";
}

static void propose(const struct facts *facts, struct rule_sink *sink, const char *base, bool runs)
{
    const struct stage *stage = facts->final->stage;
    bool asked = facts->options->modernize || rule_named(&facts->options->choice, sink->rule);
    if (!asked || runs || stage->base_stage != NO_INDEX || str_has_char(stage->base_raw, '$'))
        return;
    found_fix(sink, "Build on '%s'", base);
    found_edit(sink, stage->base_at, str_from(base));
}

static void check_distribution(const struct facts *facts, struct rule_sink *sink,
                               const struct step_facts *copy, const struct artefact *made,
                               const struct word *source, bool is_static)
{
    const struct stage_facts *final = facts->final;
    bool runs;
    const char *base = smaller_base(made, final);
    if (copy->stage != final->stage->index || !base || !is_plain_distribution(final) ||
        is_static != (made->linkage == LINK_STATIC) || !is_started(facts, copy, source) ||
        !runs_alone(facts, &runs))
        return;
    const struct base_fact *fact = base_fact_find(str_from(base), STR(""));
    bool measured = fact && fact->unpacked_mb > 0 && final->base->unpacked_mb > 0;
    double saved = measured ? final->base->unpacked_mb - fact->unpacked_mb : 0;
    const char *sort = is_static ? "static" : "dynamic";
    const char *instead = is_static ? "'scratch' or " : "";
    str size = saved > 0 ? str_fmt(sink->arena, ": about %.0f MB less", saved) : STR("");
    struct finding *finding = found(sink, final->stage->base_at,
                                    "a %s program is all that runs here, and %s'%s' is enough%.*s",
                                    sort, instead, base, STR_ARG(size));
    finding->bytes = size.len ? (uint64_t)(saved * 1e6) : 0;
    found_related(sink, made->command->at, "built here");
    propose(facts, sink, base, runs);
}

static void check_static(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *copy, const struct artefact *made,
                         const struct word *source)
{
    check_distribution(facts, sink, copy, made, source, true);
}

static void check_statics(const struct facts *facts, struct rule_sink *sink)
{
    each_artefact(facts, sink, check_static);
}

static void check_dynamic(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *copy, const struct artefact *made,
                          const struct word *source)
{
    check_distribution(facts, sink, copy, made, source, false);
}

static void check_dynamics(const struct facts *facts, struct rule_sink *sink)
{
    each_artefact(facts, sink, check_dynamic);
}

RULE_FAMILY(
    base_artefacts,
    {.name = "base/dynamic-on-distro",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s4",
     .what = "a whole distribution below one dynamically linked program",
     .why = "shell, package manager and libraries are shipped that the program never opens, with "
            "their vulnerabilities",
     .how = "distroless/base (Go, C) or distroless/cc (Rust, C++): libc, certificates and time "
            "zones, no shell; edits only when asked for by name or with --modernize",
     .source = "guide: minimal base images; the table of base images",
     .dockerfile = check_dynamics},
    {.name = "base/libc-mismatch",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s4",
     .what = "programs or packages built for one libc, copied to a stage that has another",
     .why = "a program linked against glibc does not start on musl ('not found'), and native "
            "add-ons, wheels and gems do not load",
     .how = "build and run on the same family of images, or link statically (CGO_ENABLED=0, a musl "
            "target)",
     .source = "guide: minimal base images, trade-offs of musl",
     .dockerfile = check_libc},
    {.name = "base/loader-missing",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2 s4 s5",
     .what = "a dynamically linked program in an image without libc",
     .why = "scratch and distroless/static have no loader: the program does not start ('no such "
            "file or directory'); go links against libc for net and os/user where a C compiler is",
     .how = "CGO_ENABLED=0 go build, a musl target for Rust, -static for C; or distroless/base",
     .source = "guide: multi-stage builds, base images; Go 1.20 release notes, cgo",
     .dockerfile = check_loaders},
    {.name = "base/static-on-distro",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s4 s22",
     .what = "a whole distribution below one static program",
     .why = "the program needs none of it: a shell and a package manager are there for whoever "
            "breaks in, and each of their vulnerabilities is yours",
     .how = "scratch, or distroless/static where certificates, time zones or a user are needed; "
            "edits only when asked for by name or with --modernize",
     .source = "guide: minimal base images, benchmark results; the table of base images",
     .dockerfile = check_statics});
