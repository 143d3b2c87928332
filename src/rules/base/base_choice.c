#include "base/num.h"
#include "rules/families.h"
#include "rules/templates.h"

/* Which image a stage is built on, and what another one would save. */

typedef void image_check(const struct facts *facts, struct rule_sink *sink,
                         const struct stage_facts *stage);

/* Every stage whose FROM names an image that is known from the text. */
static void each_image(const struct facts *facts, struct rule_sink *sink, image_check *check)
{
    for (uint32_t i = 0; i < facts->stage_count; i++) {
        const struct stage_facts *stage = &facts->stages[i];
        if (stage->stage->base_known && stage->stage->base_stage == NO_INDEX &&
            !stage->stage->from->broken && stage->repository.len)
            check(facts, sink, stage);
    }
}

static bool is_scratch(const struct stage_facts *stage)
{
    return str_eq(stage->repository, STR("scratch"));
}

/* A variable in the reference means that the build chooses. */
static bool is_literal(const struct stage_facts *stage)
{
    return !str_has_char(stage->stage->base_raw, '$');
}

static void untagged(const struct facts *facts, struct rule_sink *sink,
                     const struct stage_facts *stage)
{
    (void)facts;
    /* Some catalogues have no version tags at all. */
    bool unversioned = str_has(stage->repository, STR("distroless/")) ||
                       str_starts(stage->repository, STR("cgr.dev/chainguard/"));
    if (stage->tag.len || stage->digest.len || is_scratch(stage) || !is_literal(stage) ||
        unversioned)
        return;
    found(sink, stage->stage->base_at, "'%.*s' without a tag is whatever 'latest' is that day",
          STR_ARG(stage->repository));
}

static void check_untagged(const struct facts *facts, struct rule_sink *sink)
{
    each_image(facts, sink, untagged);
}

static void latest(const struct facts *facts, struct rule_sink *sink,
                   const struct stage_facts *stage)
{
    (void)facts;
    bool free_catalogue = str_starts(stage->repository, STR("cgr.dev/chainguard/"));
    if (!str_eq(stage->tag, STR("latest")) || stage->digest.len || free_catalogue)
        return;
    found(sink, stage->stage->base_at, "'latest' is another image each month");
}

static void check_latest(const struct facts *facts, struct rule_sink *sink)
{
    each_image(facts, sink, latest);
}

static void undigested(const struct facts *facts, struct rule_sink *sink,
                       const struct stage_facts *stage)
{
    (void)facts;
    if (!stage->digest.len && !is_scratch(stage))
        found(sink, stage->stage->base_at, "no digest: the tag may be moved");
}

static void check_digest(const struct facts *facts, struct rule_sink *sink)
{
    each_image(facts, sink, undigested);
}

static str registry_of(str repository)
{
    size_t slash = str_find_char(repository, '/');
    if (slash == STR_MISSING)
        return STR("docker.io");
    str host = str_slice(repository, 0, slash);
    bool is_host =
        str_has_char(host, '.') || str_has_char(host, ':') || str_eq(host, STR("localhost"));
    return is_host ? host : STR("docker.io");
}

static void untrusted_at(const struct facts *facts, struct rule_sink *sink, str repository, span at)
{
    str registry = registry_of(repository);
    VEC_EACH(str, trusted, facts->options->trusted_registries) {
        if (glob_match(*trusted, registry) || str_starts(repository, *trusted))
            return;
    }
    found(sink, at, "'%.*s' is not among the trusted registries", STR_ARG(registry));
}

static void untrusted(const struct facts *facts, struct rule_sink *sink,
                      const struct stage_facts *stage)
{
    if (!is_scratch(stage))
        untrusted_at(facts, sink, stage->repository, stage->stage->base_at);
}

/* COPY --from and mounts take images too: what is no stage and is written like one. */
static void untrusted_source(const struct facts *facts, struct rule_sink *sink, str from, span at)
{
    bool image = str_has_char(from, ':') || str_has_char(from, '/');
    if (image && !str_has_char(from, '$') &&
        stage_find(facts->file, from, facts->stage_count) == NO_INDEX)
        untrusted_at(facts, sink, image_name_parse(facts->arena, from).repository, at);
}

static void untrusted_in(const struct facts *facts, struct rule_sink *sink,
                         const struct step_facts *step)
{
    const struct flag *from = instruction_flag(step->instruction, "from");
    if (from)
        untrusted_source(facts, sink, from->value, from->value_at);
    VEC_EACH(struct mount, mount, step->instruction->mounts) {
        untrusted_source(facts, sink, mount->from, mount->value_at);
    }
}

static void check_registry(const struct facts *facts, struct rule_sink *sink)
{
    if (!facts->options->trusted_registries.count)
        return;
    each_image(facts, sink, untrusted);
    each_step(facts, sink, INSTRUCTION_COUNT, untrusted_in);
}

/* -- ends -------------------------------------------------------------------------------------- */

static void ended(const struct facts *facts, struct rule_sink *sink,
                  const struct stage_facts *stage)
{
    const char *what, *end = base_end(stage->repository, stage->tag, &what);
    int64_t last;
    if (!end || !date_parse(str_from(end), &last) || last > facts->today)
        return;
    if (stage->ships)
        found(sink, stage->stage->base_at, "%s has had no security fixes since %s", what, end);
}

static void check_end(const struct facts *facts, struct rule_sink *sink)
{
    each_image(facts, sink, ended);
}

static void abandoned(const struct facts *facts, struct rule_sink *sink,
                      const struct stage_facts *stage)
{
    (void)facts;
    static const struct {
        const char *repository, *instead;
    } images[] = {
        {"openjdk", "eclipse-temurin"},      {"java", "eclipse-temurin"},
        {"adoptopenjdk", "eclipse-temurin"}, {"microsoft/dotnet", "mcr.microsoft.com/dotnet"},
        {"nodesource/node", "node"},         {"phusion/passenger-full", "ruby"}};
    for (size_t i = 0; i < ARRAY_COUNT(images); i++)
        if (str_eq(stage->repository, str_from(images[i].repository)))
            found(sink, stage->stage->base_at, "'%s' is not maintained any more; '%s' is",
                  images[i].repository, images[i].instead);
}

static void check_abandoned(const struct facts *facts, struct rule_sink *sink)
{
    each_image(facts, sink, abandoned);
}

/* -- smaller ----------------------------------------------------------------------------------- */

/* Does the stage start a program of its own: something copied in, and a command that is no shell?
 * */
static bool ships_a_program(const struct facts *facts)
{
    const struct step_facts *start = final_step(facts, INSTRUCTION_ENTRYPOINT);
    if (!start)
        start = final_step(facts, INSTRUCTION_CMD);
    if (!start || !start->command_count ||
        (!final_step(facts, INSTRUCTION_COPY) && !final_step(facts, INSTRUCTION_ADD)))
        return false;
    const struct shell_command *command = &start->commands[0];
    bool bare = command->argv.count == 1 && STR_IN(command->name, "python", "python3", "irb");
    return !bare && !STR_IN(command->name, "bash", "sh", "ash", "zsh", "");
}

static str megabytes(const struct facts *facts, double size_mb)
{
    return size_print(facts->arena, (uint64_t)(size_mb * 1e6));
}

static void check_sdk(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    if (!final || !final->base || !final->base->sdk || final->windows || !ships_a_program(facts))
        return;
    if (str_eq(final->repository, STR("buildpack-deps"))) /* made to build other bases from */
        return;
    const struct base_fact *ship = base_to_ship(facts->arena, final->base);
    double saved = ship && ship->unpacked_mb > 0 ? final->base->unpacked_mb - ship->unpacked_mb : 0;
    if (saved > 0)
        found(sink, final->stage->base_at,
              "'%.*s' is made to build with, and ships about %.*s that '%s' would not",
              STR_ARG(final->repository), STR_ARG(megabytes(facts, saved)), ship->name)
            ->bytes = (uint64_t)(saved * 1e6);
    else
        found(sink, final->stage->base_at,
              "'%.*s' is made to build with, and it is shipped: what that costs is not measured",
              STR_ARG(final->repository));
    template_second_stage(facts, sink);
}

/* "24-bookworm" + "-slim" -> "24-bookworm-slim", "bookworm" + "-slim-" -> "slim-bookworm",
 * "3.12-bookworm" + "-slim-" -> "3.12-slim-bookworm", "latest" + any -> "slim" */
static str slim_tag(struct arena *arena, str tag, const char *slim)
{
    str suffix = str_from(slim);
    bool inside = str_ends(suffix, STR("-"));
    if (inside)
        suffix.len--;
    str plain = str_from_index(suffix, 1);
    if (!tag.len || str_eq(tag, STR("latest")))
        return plain;
    if (inside && !char_is_digit(tag.at[0]))
        return str_fmt(arena, "%.*s-%.*s", STR_ARG(plain), STR_ARG(tag));
    size_t dash = inside ? str_find_char(tag, '-') : STR_MISSING;
    if (dash == STR_MISSING)
        return str_fmt(arena, "%.*s%.*s", STR_ARG(tag), STR_ARG(suffix));
    return str_fmt(arena, "%.*s%.*s%.*s", STR_ARG(str_slice(tag, 0, dash)), STR_ARG(suffix),
                   STR_ARG(str_from_index(tag, dash)));
}

/* The tag of the slim sibling. Only Debian itself has none for "latest". */
static str slim_sibling_tag(struct arena *arena, const struct stage_facts *stage)
{
    bool newest = !stage->tag.len || str_eq(stage->tag, STR("latest"));
    if (newest && str_eq(stage->repository, STR("debian")))
        return STR("stable-slim");
    return slim_tag(arena, stage->tag, stage->base->slim);
}

/* Does some step of the stage call a program that only the full image has? */
static bool calls_more(const struct facts *facts, const struct stage_facts *stage,
                       const struct base_fact *slim)
{
    const char *full_has = stage->base->has ? stage->base->has : "";
    const char *slim_has = slim->has ? slim->has : "";
    for (uint32_t i = stage->stage->first; i < stage->stage->end; i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; k < step->command_count; k++) {
            str name = step->commands[k].name;
            bool compiles = shell_is(&step->commands[k], "bundle", "install") ||
                            shell_is(&step->commands[k], "gem", "install");
            if (compiles ||
                (name.len && str_is_listed(full_has, name) && !str_is_listed(slim_has, name)))
                return true;
        }
    }
    return false;
}

/* The row and the tag of the slim sibling; NULL when there is none. */
static const struct base_fact *slim_sibling(const struct facts *facts,
                                            const struct stage_facts *stage, str *out_tag)
{
    if (!stage->base || !stage->base->slim || stage->base->sdk || stage->base->slim[0] != '-' ||
        stage->stage->base_stage != NO_INDEX || !stage->stage->base_known)
        return NULL;
    *out_tag = slim_sibling_tag(facts->arena, stage);
    const struct base_fact *slim = base_fact_find(stage->repository, *out_tag);
    return slim == stage->base ? NULL : slim;
}

str base_slim_reference(const struct facts *facts, const struct stage_facts *stage)
{
    str tag;
    const struct base_fact *slim = slim_sibling(facts, stage, &tag);
    if (!slim || !is_literal(stage) || stage->digest.len)
        return STR("");
    size_t name = stage->stage->base_raw.len - (stage->tag.len ? stage->tag.len + 1 : 0);
    return str_fmt(facts->arena, "%.*s:%.*s", STR_ARG(str_slice(stage->stage->base_raw, 0, name)),
                   STR_ARG(tag));
}

/* A server's image starts its own program, so that files copied in are enough. */
static bool ships_on_a_server(const struct facts *facts)
{
    return facts->final->base->cmd && final_step(facts, INSTRUCTION_COPY) &&
           !final_step(facts, INSTRUCTION_CMD) && !final_step(facts, INSTRUCTION_ENTRYPOINT);
}

static void check_slim(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    str tag;
    bool ships = final && (ships_a_program(facts) || (final->base && ships_on_a_server(facts)));
    const struct base_fact *slim = ships ? slim_sibling(facts, final, &tag) : NULL;
    if (!slim)
        return;
    double saved = final->base->unpacked_mb - slim->unpacked_mb;
    if (saved > 0 && slim->unpacked_mb > 0)
        found(sink, final->stage->base_at, "'%.*s:%.*s' is about %.*s smaller: %.*s unpacked",
              STR_ARG(final->repository), STR_ARG(tag), STR_ARG(megabytes(facts, saved)),
              STR_ARG(megabytes(facts, slim->unpacked_mb)))
            ->bytes = (uint64_t)(saved * 1e6);
    else
        found(sink, final->stage->base_at, "'%.*s:%.*s' is smaller: by how much is not measured",
              STR_ARG(final->repository), STR_ARG(tag));
    str reference = base_slim_reference(facts, final);
    if (!template_is_asked(facts, sink->rule) || !reference.len || calls_more(facts, final, slim))
        return;
    found_fix(sink, "Build on '%.*s'", STR_ARG(tag));
    found_edit(sink, final->stage->base_at, reference);
    vec_last(sink->findings)->fix.turn = TURN_BASE;
}

static void check_debug_tag(const struct facts *facts, struct rule_sink *sink)
{
    const struct stage_facts *final = facts->final;
    if (final && final->stage->base_known && str_has(final->repository, STR("distroless/")) &&
        str_has(final->tag, STR("debug")))
        found(sink, final->stage->base_at, "the debug tag ships a busybox shell");
}

RULE_FAMILY(
    base_choice,
    {.name = "base/abandoned",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s4",
     .what = "a base image that its makers gave up",
     .why = "it gets no security fixes",
     .how = "the image that took its place",
     .source = "the images' own deprecation notes",
     .dockerfile = check_abandoned},
    {.name = "base/debug-shipped",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s4 s14",
     .what = "a distroless debug image as the base that ships",
     .why = "its shell is what distroless leaves out on purpose",
     .how = "the tag without debug; 'docker debug' or an ephemeral container to look inside",
     .source = "distroless: debug images",
     .dockerfile = check_debug_tag},
    {.name = "base/end-of-life",
     .aka = "tally:ruby-eol",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s4",
     .what = "a base whose release gets no security fixes any more",
     .why = "each CVE found from then on stays; a note, since it comes by the clock alone and must "
            "not stop a build that passed yesterday",
     .how = "a supported release; 'plimsoll explain base/NAME' tells what is known of it",
     .source = "end dates as the projects publish them",
     .dockerfile = check_end},
    {.name = "base/latest",
     .aka = "hadolint:DL3007 trivy:DS001 dockle:DKL-DI-0006 semgrep:avoid-latest-version",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "FROM an image by 'latest'",
     .why = "the same Dockerfile gives another image next month",
     .how = "a version tag, as full as the repository's others are",
     .source = "guide: complete example",
     .dockerfile = check_latest},
    {.name = "base/no-digest",
     .aka = "semgrep:missing-image-version checkov:CKV_K8S_43",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .what = "a base image without a digest",
     .why = "a tag can be moved to other content",
     .how = "image:tag@sha256:..., kept up to date by a bot",
     .source = "OCI distribution specification: tags are mutable",
     .dockerfile = check_digest},
    {.name = "base/sdk-shipped",
     .aka = "droast:DF011 tally:prefer-multi-stage",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s2 s4",
     .what = "the stage that ships is built on a build image",
     .why = "compilers and headers are shipped: hundreds of megabytes, and tools for whoever "
            "breaks in",
     .how = "a second stage on a small base, and COPY --from=build of what is needed: 'fix "
            "--unproven --modernize' writes it for Go, Rust, C, C++, Java and .NET",
     .source = "guide: multi-stage builds",
     .dockerfile = check_sdk},
    {.name = "base/slim-sibling",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s4 s22",
     .what = "a full base image where its slim sibling exists",
     .why = "compilers, headers and version control that a running program does not need",
     .how = "the -slim tag; what it lacks is installed by name, or built in a stage",
     .source = "guide: base images; registry tag pages",
     .dockerfile = check_slim},
    {.name = "base/untagged",
     .aka = "hadolint:DL3006 trivy:DS001 semgrep:missing-image-version droast:DF001",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s23",
     .what = "FROM an image without a tag",
     .why = "the same Dockerfile gives another image next month",
     .how = "a version tag, as full as the repository's others are",
     .source = "guide: complete example",
     .dockerfile = check_untagged},
    {.name = "base/untrusted-registry",
     .aka = "hadolint:DL3026",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "a base from a registry that the configuration does not trust",
     .why = "the organisation's own rule: silent unless trusted-registries is configured",
     .how = "an image of a trusted registry, or the registry in the list",
     .source = "hadolint trustedRegistries",
     .dockerfile = check_registry});
