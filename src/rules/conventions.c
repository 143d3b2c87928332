#include "rules/conventions.h"
#include "rules/image_uses.h"
#include "rules/repository.h"

/*
 * The ways of a repository. Each file has one vote for each question that it answers, and most
 * votes make a convention only where the files really agree.
 */

/* -- votes ---------------------------------------------------------------------------------------
 * */

struct poll {
    struct map votes; /* answer -> count, as a number in the pointer */
    uint32_t total;
};

static uintptr_t votes_of(const struct poll *poll, str answer)
{
    return (uintptr_t)map_find(&poll->votes, answer);
}

static void vote(struct arena *arena, struct poll *poll, str answer)
{
    if (!answer.len)
        return;
    uintptr_t count = votes_of(poll, answer) + 1;
    map_set(arena, &poll->votes, answer, (void *)count);
    poll->total++;
}

static str leader(const struct poll *poll, uintptr_t *out_votes)
{
    str best = STR("");
    *out_votes = 0;
    for (uint32_t i = 0; i < poll->votes.count; i++) {
        uintptr_t votes = (uintptr_t)poll->votes.entries[i].value;
        if (votes <= *out_votes)
            continue;
        *out_votes = votes;
        best = poll->votes.entries[i].key;
    }
    return best;
}

/* What three of four files say, and at least CONVENTION_FILES_MIN of them. */
static str agreed(const struct poll *poll)
{
    uintptr_t votes;
    str best = leader(poll, &votes);
    return votes >= CONVENTION_FILES_MIN && votes * 4 >= (uintptr_t)poll->total * 3 ? best
                                                                                    : STR("");
}

/* -- Dockerfiles ---------------------------------------------------------------------------------
 * */

static const char *const family_names[] = {
    [FAMILY_UNKNOWN] = "",        [FAMILY_DEBIAN] = "debian",
    [FAMILY_UBUNTU] = "ubuntu",   [FAMILY_ALPINE] = "alpine",
    [FAMILY_RHEL] = "rhel",       [FAMILY_SUSE] = "suse",
    [FAMILY_WOLFI] = "wolfi",     [FAMILY_ARCH] = "arch",
    [FAMILY_BUSYBOX] = "busybox", [FAMILY_DISTROLESS] = "distroless",
    [FAMILY_SCRATCH] = "scratch", [FAMILY_WINDOWS] = "windows",
};

const char *family_name(enum base_family family)
{
    return family_names[family];
}

struct polls {
    struct poll family, node, python, user, workdir, backend;
    struct poll uid, no_new_privileges, all_capabilities, size_limit;
    uint32_t numbers, names;                 /* USER by number, by name */
    uint32_t container_seccomp, pod_seccomp; /* profiles */
};

static void note_manager(const struct package_command *package, str *node, str *python)
{
    str name = package->manager ? str_from(package->manager) : STR("");
    if (package->verb != PACKAGE_INSTALL)
        return;
    if (STR_IN(name, "npm", "yarn", "pnpm", "bun"))
        *node = name;
    if (STR_IN(name, "pip", "poetry", "uv") && !(str_eq(name, STR("pip")) && python->len))
        *python = name;
}

str final_workdir(const struct facts *facts)
{
    const struct step_facts *last = final_step(facts, INSTRUCTION_WORKDIR);
    str path;
    if (!last || !last->instruction->words.count ||
        !word_value(facts, last->instruction, last->instruction->words.at[0].raw, &path))
        return STR("");
    return step_path(facts, last, path);
}

/* The user of this name, or of this number, that the shipped stage makes; false when it makes none
 * with a number. */
static bool made_user(const struct facts *facts, str user, str *out_name, str *out_uid)
{
    const struct stage *stage = facts->final->stage;
    for (uint32_t i = stage->first; i < stage->end; i++)
        for (uint32_t k = 0; k < facts->steps[i].command_count; k++) {
            const struct shell_command *command = &facts->steps[i].commands[k];
            uint64_t number;
            if (!STR_IN(command->name, "useradd", "adduser") || command->argv.count < 2 ||
                (!shell_option_value(command, "-u", out_uid) &&
                 !shell_option_value(command, "--uid", out_uid)) ||
                !str_to_u64(*out_uid, &number))
                continue;
            *out_name = vec_last(&command->argv)->value;
            if (str_eq(*out_name, user) || str_eq(*out_uid, user))
                return true;
        }
    return false;
}

static void vote_user(struct arena *arena, const struct facts *facts, struct polls *polls)
{
    const struct stage_facts *final = facts->final;
    str user = str_slice(final->user, 0, str_find_char(final->user, ':'));
    if (!final->user_known || !user.len || user_is_root(user, NULL))
        return;
    uint64_t number;
    bool numbered = str_to_u64(user, &number);
    str name = numbered ? STR("") : user, uid = numbered ? user : STR(""), made, made_uid;
    if (made_user(facts, user, &made, &made_uid)) {
        name = made;
        uid = made_uid;
    }
    polls->numbers += numbered;
    polls->names += !numbered;
    vote(arena, &polls->user, name);
    vote(arena, &polls->uid, uid);
}

static void vote_dockerfile(struct arena *arena, const struct facts *facts, struct polls *polls)
{
    const struct stage_facts *final = facts->final;
    if (!final || facts->is_template)
        return;
    str node = STR(""), python = STR("");
    for (uint32_t i = 0; i < facts->step_count; i++)
        for (uint32_t k = 0; facts->steps[i].packages && k < facts->steps[i].command_count; k++)
            note_manager(&facts->steps[i].packages[k], &node, &python);
    vote(arena, &polls->family, str_from(family_names[final->family]));
    vote(arena, &polls->node, node);
    vote(arena, &polls->python, python);
    vote_user(arena, facts, polls);
    vote(arena, &polls->workdir, final_workdir(facts));
}

static enum base_family family_of(str name)
{
    for (size_t i = 1; i < ARRAY_COUNT(family_names); i++)
        if (str_eq(name, str_from(family_names[i])))
            return (enum base_family)i;
    return FAMILY_UNKNOWN;
}

/* -- runs ----------------------------------------------------------------------------------------
 * */

bool docker_gives_up(const struct docker_command *docker)
{
    struct docker_value value;
    uint32_t cursor = 0;
    if (docker_has(docker, "--read-only") || docker_option(docker, "--cap-drop", &cursor, &value))
        return true;
    for (cursor = 0; docker_option(docker, "--security-opt", &cursor, &value);)
        if (!value.known || str_has_nocase(value.text, STR("no-new-privileges")))
            return true;
    return false;
}

str run_rights_of(struct arena *arena, const struct source *source,
                  const struct docker_command *docker)
{
    static const char *const names[] = {"--read-only", "--cap-drop", "--security-opt"};
    str all = STR("");
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct docker_value value;
        for (uint32_t cursor = 0; docker_option(docker, names[i], &cursor, &value);) {
            bool rights = i < 2 || str_has(value.text, STR("no-new-privileges"));
            if (!rights || (i && !value.known) || !docker->script->exact)
                continue;
            str text = source_text(source, value.at);
            all = all.len ? str_fmt(arena, "%.*s %.*s", STR_ARG(all), STR_ARG(text)) : text;
        }
    }
    return all;
}

/* -- CI ------------------------------------------------------------------------------------------
 * */

static void look_at_builds(const struct repository *repository, struct conventions *ways,
                           struct polls *polls)
{
    VEC_EACH(struct known_build, build, *repository->builds) {
        ways->action_builds += build->call.caller == BUILD_BY_ACTION;
        VEC_EACH(struct build_value, tag, build->call.tags) {
            str name = image_base_name(tag->text);
            if (name.len && !map_has(&ways->made, name))
                map_set(repository->arena, &ways->made, name, build);
        }
        VEC_EACH(struct build_value, value, build->call.cache_to) {
            str type = build_field(value->text, "type");
            vote(repository->arena, &polls->backend, type);
            str ref = build_field(value->text, "ref");
            if (str_eq(type, STR("registry")) && value->known && !ways->cache_ref.len)
                ways->cache_ref = ref;
        }
    }
}

static void look_at_commands(const struct repository *repository, const struct check_job *job,
                             struct conventions *ways)
{
    if (!job->commands || ways->run_rights.len)
        return;
    VEC_EACH(struct docker_command, docker, job->commands->docker) {
        if (str_eq(docker->verb, STR("run")) && !ways->run_rights.len)
            ways->run_rights = run_rights_of(repository->arena, job->source, docker);
    }
}

static void look_at_scans(const struct repository *repository, const struct check_job *job,
                          struct conventions *ways)
{
    bool ci = job->kind == FILE_GITHUB || job->kind == FILE_GITLAB;
    bool runs = ci || job->kind == FILE_SHELL || job->kind == FILE_MAKE;
    if (!runs || !job->source || !names_scanner(job->source->text))
        return;
    struct image_scans scans = image_scans_of(repository->arena, job->yaml, job->commands);
    ways->names_scanner = true;
    ways->scans_unknown = ways->scans_unknown || !scans.count;
    VEC_EACH(struct image_scan, scan, scans) {
        vec_push(repository->arena, &ways->scans, *scan);
        ways->scans_open = ways->scans_open || !scan->image_known || !scan->image.len;
        map_set(repository->arena, &ways->scanned, image_base_name(scan->image), NULL);
    }
}

/* How compose files and manifests write what the rules about rights would add. */
static void vote_services(struct arena *arena, const struct yaml_file *yaml, struct polls *polls)
{
    VEC_EACH(struct service_facts, service, yaml->services) {
        const struct node *options = node_get(service->node, "security_opt");
        const struct node *drop = node_get(service->node, "cap_drop");
        for (uint32_t i = 0; i < node_count(options); i++)
            if (str_starts(node_str(node_item(options, i)), STR("no-new-privileges")))
                vote(arena, &polls->no_new_privileges, node_str(node_item(options, i)));
        for (uint32_t i = 0; i < node_count(drop); i++)
            if (str_eq_nocase(node_str(node_item(drop, i)), STR("ALL")))
                vote(arena, &polls->all_capabilities, node_str(node_item(drop, i)));
    }
}

static void vote_pods(struct arena *arena, const struct yaml_file *yaml, struct polls *polls)
{
    VEC_EACH(struct pod_facts, pod, yaml->pods) {
        const struct node *volumes = node_get(pod->spec, "volumes");
        for (uint32_t i = 0; i < node_count(volumes); i++)
            vote(arena, &polls->size_limit,
                 node_str(node_path(node_item(volumes, i), "emptyDir.sizeLimit")));
        polls->pod_seccomp += node_path(pod->spec, "securityContext.seccompProfile") != NULL;
        VEC_EACH(struct container_facts, container, pod->containers) {
            const struct node *drop =
                node_path(container->node, "securityContext.capabilities.drop");
            polls->container_seccomp +=
                node_path(container->node, "securityContext.seccompProfile") != NULL;
            for (uint32_t i = 0; i < node_count(drop); i++)
                if (str_eq_nocase(node_str(node_item(drop, i)), STR("ALL")))
                    vote(arena, &polls->all_capabilities, node_str(node_item(drop, i)));
        }
    }
}

/* Does this file call a builder that knows no mounts: the classic one, or kaniko? */
static bool calls_classic_builder(const struct check_job *job)
{
    static const char *const marks[] = {"DOCKER_BUILDKIT=0", "DOCKER_BUILDKIT: 0",
                                        "DOCKER_BUILDKIT: \"0\"", "DOCKER_BUILDKIT: '0'",
                                        "kaniko-project/executor"};
    bool calls = job->kind != FILE_MARKDOWN && job->kind != FILE_DOCKERFILE &&
                 job->kind != FILE_IGNORE && job->source;
    for (size_t i = 0; calls && i < ARRAY_COUNT(marks); i++)
        if (str_has(job->source->text, str_from(marks[i])))
            return true;
    return false;
}

const struct conventions *conventions_of(const struct repository *repository)
{
    struct arena *arena = repository->arena;
    struct conventions *ways = NEW(arena, struct conventions);
    *ways = (struct conventions){.cache_ref = STR(""), .run_rights = STR("")};
    struct polls polls = {0};
    look_at_builds(repository, ways, &polls);
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        if ((*slot)->facts)
            vote_dockerfile(arena, (*slot)->facts, &polls);
        if ((*slot)->yaml) {
            vote_services(arena, (*slot)->yaml, &polls);
            vote_pods(arena, (*slot)->yaml, &polls);
        }
        look_at_commands(repository, *slot, ways);
        look_at_scans(repository, *slot, ways);
        ways->classic_builder = ways->classic_builder || calls_classic_builder(*slot);
    }
    uintptr_t votes;
    ways->cache_backend = leader(&polls.backend, &votes);
    ways->family = family_of(agreed(&polls.family));
    ways->node_manager = agreed(&polls.node);
    ways->python_manager = agreed(&polls.python);
    ways->user = agreed(&polls.user);
    ways->user_of_most = leader(&polls.user, &votes);
    ways->workdir = agreed(&polls.workdir);
    ways->uid = leader(&polls.uid, &votes);
    ways->user_by_number = polls.numbers > polls.names && polls.numbers > 1;
    ways->no_new_privileges = leader(&polls.no_new_privileges, &votes);
    ways->all_capabilities = leader(&polls.all_capabilities, &votes);
    ways->size_limit = leader(&polls.size_limit, &votes);
    ways->seccomp_by_container = polls.container_seccomp > polls.pod_seccomp;
    return ways;
}

/* -- what fixes ask --------------------------------------------------------------------------- */

static str usual(str found_word, const char *otherwise)
{
    return found_word.len ? found_word : str_from(otherwise);
}

str usual_all_capabilities(const struct repository *repository)
{
    return usual(repository ? repository->conventions->all_capabilities : STR(""), "ALL");
}

str usual_no_new_privileges(const struct repository *repository)
{
    return usual(repository ? repository->conventions->no_new_privileges : STR(""),
                 "no-new-privileges:true");
}

str usual_size_limit(const struct repository *repository, const char *otherwise)
{
    str size = repository ? repository->conventions->size_limit : STR("");
    for (size_t i = 0; i < size.len; i++)
        if (!char_is_alnum(size.at[i]))
            return str_from(otherwise); /* a template's */
    return usual(size, otherwise);
}

bool usual_seccomp_by_container(const struct repository *repository)
{
    return repository && repository->conventions->seccomp_by_container;
}

/* -- what ships ----------------------------------------------------------------------------- */

/* What all known builds of one Dockerfile ask for. */
struct asked {
    struct name_list targets;
    bool open; /* one of them takes the last stage, or one that is not known */
};

static struct asked *asked_of(struct repository *repository, struct map *all,
                              const struct facts *facts)
{
    str key = facts->source->path;
    struct asked *asked = map_find(all, key);
    if (!asked) {
        asked = NEW(repository->arena, struct asked);
        map_set(repository->arena, all, key, asked);
    }
    return asked;
}

/* Where the last stage is for development and every known build names another one, those ship. */
static void ship_targets(struct repository *repository)
{
    struct map all = {0};
    if (repository->options->target.len)
        return;
    VEC_EACH(struct known_build, build, *repository->builds) {
        if (!build->facts)
            continue;
        struct asked *asked = asked_of(repository, &all, build->facts);
        asked->open |= !build->call.target_known || !build->call.target.len;
        vec_push(repository->arena, &asked->targets, build->call.target);
    }
    VEC_EACH(struct check_job *, job, repository->jobs) {
        struct facts *facts = (*job)->facts;
        struct asked *asked = facts ? map_find(&all, facts->source->path) : NULL;
        if (!asked || asked->open || facts->stage_count < 2)
            continue;
        str last = facts->stages[facts->stage_count - 1].stage->name;
        if (is_workshop_name(str_lower(repository->arena, last)))
            facts_ship(facts, asked->targets.at, asked->targets.count);
    }
}

void repository_learn(struct repository *repository)
{
    VEC_EACH(struct check_job *, job, repository->jobs) {
        map_set(repository->arena, &repository->jobs_shown, (*job)->path, *job);
    }
    repository->builds = known_builds_of(repository);
    ship_targets(repository);
    images_name(repository);
    repository->conventions = conventions_of(repository);
}
