#include "rules/image_uses.h"

#include "base/num.h"
#include "rules/builds.h"

/* Which Dockerfile an image's name stands for, who runs it, and what its text says of its files. */

enum {
    USES_MAX = 4096,
    STEPS_MAX = 2048,
    WRITABLE_MAX = 32
}; /* hostile repositories cost no more than this */

/* -- names ------------------------------------------------------------------------------------- */

/* One name: the Dockerfile that it is built from; NULL where two are. */
struct built {
    const struct facts *facts;
};

static void add_name(struct arena *arena, struct map *names, str reference,
                     const struct facts *facts)
{
    str literal = str_slice(reference, 0, str_find_char(reference, '$'));
    struct image_name name = image_name_parse(arena, literal);
    bool cut = literal.len < reference.len;
    if (!name.repository.len || (cut && !str_has_char(str_basename(literal), ':')))
        return;
    struct built *known = map_find(names, name.repository);
    if (known) {
        known->facts = known->facts == facts ? facts : NULL;
        return;
    }
    known = NEW(arena, struct built);
    known->facts = facts;
    map_set(arena, names, name.repository, known);
}

/* The Dockerfile of a build, where what it makes is what we take for shipped. */
static const struct facts *facts_shipped(const struct facts *facts, const struct build_call *call)
{
    if (!facts || !facts->final)
        return NULL;
    const struct stage *ships = facts->final->stage;
    bool same = call->target.len ? call->target_known && str_eq_nocase(call->target, ships->name)
                                 : ships->index + 1 == facts->stage_count;
    return same ? facts : NULL;
}

/* "ghcr.io/a/b", "name=ghcr.io/a/b,enable=true" */
static str image_of_line(str line)
{
    str part;
    if (!str_has_char(line, '='))
        return str_trim(line);
    while (str_next(&line, ',', &part))
        if (str_starts(str_trim(part), STR("name=")))
            return str_from_index(str_trim(part), 5);
    return STR("");
}

/* "${{ steps.meta.outputs.tags }}" stands for the images of docker/metadata-action. */
static void add_metadata(struct arena *arena, const struct yaml_file *file,
                         const struct build_call *call, str tag, const struct facts *facts,
                         struct map *names)
{
    VEC_EACH(struct ci_step, step, file->steps) {
        str id = node_str(node_get(step->node, "id"));
        str output = str_fmt(arena, "steps.%.*s.outputs.", STR_ARG(id));
        if (step->job != call->step->job || !id.len || !str_has(tag, output) ||
            !str_starts(step->uses, STR("docker/metadata-action")))
            continue;
        str rest = node_str(node_get(step->with, "images")), line;
        while (str_next_line(&rest, &line))
            add_name(arena, names, image_of_line(line), facts);
    }
}

/* A build whose Dockerfile is not certain makes its names uncertain, too. */
static void add_build(struct arena *arena, const struct known_build *build, struct map *names)
{
    const struct facts *facts = facts_shipped(build->facts, &build->call);
    VEC_EACH(struct build_value, tag, build->call.tags) {
        add_name(arena, names, tag->text, facts);
        if (build->call.caller == BUILD_BY_ACTION)
            add_metadata(arena, build->job->yaml, &build->call, tag->text, facts, names);
    }
}

/* Skaffold: build.artifacts, each with image, context and docker.dockerfile. */
static void add_artifacts(struct arena *arena, const struct check_job *job, struct map *names)
{
    VEC_EACH(struct node *, slot, job->yaml->yaml->documents) {
        if (!str_starts(node_str(node_get(*slot, "apiVersion")), STR("skaffold/")))
            continue;
        const struct node *list = node_path(*slot, "build.artifacts");
        for (uint32_t i = 0; i < node_count(list); i++) {
            const struct node *item = node_item(list, i);
            struct build_call call = {.caller = BUILD_BY_COMPOSE,
                                      .source = job->source,
                                      .context = node_str(node_get(item, "context")),
                                      .dockerfile = node_str(node_path(item, "docker.dockerfile")),
                                      .target = node_str(node_path(item, "docker.target"))};
            call.context_known = call.dockerfile_known = call.target_known = true;
            const struct facts *facts = facts_shipped(build_call_facts(arena, job, &call), &call);
            str image = node_str(node_get(item, "image"));
            if (facts && image.len)
                add_name(arena, names, image, facts);
        }
    }
}

/* The build of a service, NULL when it has none or its Dockerfile is not certain. */
static const struct facts *facts_of_service(struct arena *arena, const struct yaml_file *file,
                                            const struct service_facts *service)
{
    struct yaml_file one = *file;
    struct service_list alone = {0};
    vec_push(arena, &alone, *service);
    one.services = alone;
    one.steps = (struct ci_step_list){0};
    struct build_calls calls = build_calls_of(arena, &one, NULL);
    const struct facts *facts =
        calls.count ? build_facts_in(arena, file->repository, file->source, &calls.at[0]) : NULL;
    return calls.count ? facts_shipped(facts, &calls.at[0]) : NULL;
}

static void add_services(struct arena *arena, const struct check_job *job, struct map *names)
{
    VEC_EACH(struct service_facts, service, job->yaml->services) {
        str image = node_str(node_get(service->node, "image"));
        const struct facts *facts = image.len && node_get(service->node, "build")
                                        ? facts_of_service(arena, job->yaml, service)
                                        : NULL;
        if (facts)
            add_name(arena, names, image, facts);
    }
}

/* -- uses -------------------------------------------------------------------------------------- */

static const struct facts *image_facts(struct arena *arena, const struct repository *repository,
                                       str reference)
{
    if (!repository || !repository->images.count || !reference.len ||
        str_has_char(reference, '$') || str_has(reference, STR("{{")))
        return NULL;
    const struct built *built =
        map_find(&repository->images, image_name_parse(arena, reference).repository);
    return built ? built->facts : NULL;
}

static void add_use(struct arena *arena, struct image_uses *uses, struct image_use use)
{
    if (use.facts && uses->count < USES_MAX)
        vec_push(arena, uses, use);
}

static void add_yaml_uses(struct arena *arena, const struct check_job *job, struct image_uses *uses)
{
    VEC_EACH(struct pod_facts, pod, job->yaml->pods) {
        VEC_EACH(struct container_facts, container, pod->containers) {
            if (!container->node->aliased)
                add_use(arena, uses,
                        (struct image_use){
                            .job = job,
                            .facts = image_facts(arena, job->repository, container->image),
                            .container = container});
        }
    }
    VEC_EACH(struct service_facts, service, job->yaml->services) {
        bool builds = node_get(service->node, "build") != NULL;
        if (!service->node->aliased)
            add_use(arena, uses,
                    (struct image_use){
                        .job = job,
                        .facts = builds ? facts_of_service(arena, job->yaml, service)
                                        : image_facts(arena, job->repository,
                                                      node_str(node_get(service->node, "image"))),
                        .service = service});
    }
}

static void add_run_uses(struct arena *arena, const struct check_job *job, struct image_uses *uses)
{
    VEC_EACH(struct docker_command, docker, job->commands->docker) {
        if (!STR_IN(docker->verb, "run", "create"))
            continue;
        struct shell_words operands = docker_operands(arena, docker);
        const struct shell_word *image = operands.count ? &operands.at[0] : NULL;
        if (image && image->known)
            add_use(arena, uses,
                    (struct image_use){.job = job,
                                       .facts = image_facts(arena, job->repository, image->value),
                                       .run = docker});
    }
}

void each_image_use(const struct repository *repository, struct rule_sink *sink,
                    image_use_check *check)
{
    struct image_uses uses = {0};
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        if ((*slot)->source && (*slot)->yaml)
            add_yaml_uses(sink->arena, *slot, &uses);
        if ((*slot)->source && (*slot)->commands)
            add_run_uses(sink->arena, *slot, &uses);
    }
    VEC_EACH(struct image_use, use, uses) {
        struct rule_sink own = repository_sink(use->job, sink->rule);
        check(&own, use);
    }
}

span image_use_place(const struct image_use *use)
{
    if (use->container)
        return container_place(use->container);
    return use->service ? use->service->key->at : use->run->at;
}

/* Of a Dockerfile that a person wrote, all. */
static uint32_t steps_looked_at(const struct facts *facts)
{
    return facts->step_count < STEPS_MAX ? facts->step_count : STEPS_MAX;
}

/* -- who the image runs as --------------------------------------------------------------------- */

static bool step_ships(const struct facts *facts, const struct step_facts *step)
{
    const struct stage_facts *stage = step_stage(facts, step);
    return stage && stage->ships && !step->instruction->broken;
}

static bool has_word(const struct shell_command *command, str word)
{
    VEC_EACH(struct shell_word, at, command->argv) {
        if (at->known && str_eq(at->value, word))
            return true;
    }
    return false;
}

/* "useradd -u 1000 app": 1000 of "app". -1 when no command says so. */
static int64_t uid_of(const struct facts *facts, str name)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step_ships(facts, step) && k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            str text;
            uint64_t uid;
            bool made = STR_IN(command->name, "useradd", "adduser") && has_word(command, name);
            if (made &&
                (shell_option_value(command, "-u", &text) ||
                 shell_option_value(command, "--uid", &text)) &&
                str_to_u64(text, &uid) && uid <= INT32_MAX)
                return (int64_t)uid;
        }
    }
    const struct base_fact *base = facts->final->base;
    if (base && base->nonroot && str_eq(name, str_from(base->nonroot)))
        return base->nonroot_uid;
    return -1;
}

struct image_user image_user_of(const struct facts *facts)
{
    const struct stage_facts *final = facts->final;
    struct image_user user = {.uid = -1};
    str text = final->user;
    if (!final->user_known || final->windows || (!text.len && !final->base))
        return user;
    if (!text.len)
        text = str_from(final->base->user);
    user.known = true;
    user.name = str_slice(text, 0, str_find_char(text, ':'));
    user.root = user_is_root(text, NULL) || !text.len;
    uint64_t number;
    if (user.root) {
        user.uid = 0;
    } else if (str_to_u64(user.name, &number)) {
        user.uid = number <= INT32_MAX ? (int64_t)number : -1;
    } else {
        user.by_name = true;
        user.uid = uid_of(facts, user.name);
    }
    return user;
}

/* -- what the image holds ---------------------------------------------------------------------- */

static bool is_removed(const struct facts *facts, uint32_t from, str path)
{
    for (uint32_t i = from; i < facts->step_count && i < from + LOOK_STEPS_MAX; i++) {
        if (!step_ships(facts, &facts->steps[i]))
            continue;
        VEC_EACH(struct trace, trace, facts->steps[i].traces) {
            bool gone = trace->kind == TRACE_REMOVED || trace->kind == TRACE_MOVED;
            if (gone && trace_covers(trace->path, path))
                return true;
        }
    }
    return false;
}

const struct trace *image_fills(const struct facts *facts, str path)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        if (!step_ships(facts, &facts->steps[i]))
            continue;
        VEC_EACH(struct trace, trace, facts->steps[i].traces) {
            bool fills = trace->kind == TRACE_COPY || trace->kind == TRACE_UNPACK ||
                         trace->kind == TRACE_CLONE || trace->kind == TRACE_BUILD;
            if (fills && !trace->guess && path_is_in(trace->path, path) &&
                !is_removed(facts, i, trace->path))
                return trace;
        }
    }
    return NULL;
}

static bool is_user(str owner, const struct image_user *user)
{
    str name = str_slice(owner, 0, str_find_char(owner, ':'));
    uint64_t number;
    if (name.len && str_eq(name, user->name))
        return true;
    return str_to_u64(name, &number) && user->uid >= 0 && number == (uint64_t)user->uid;
}

static bool covers(const struct facts *facts, const struct step_facts *step,
                   const struct shell_word *word, str path, bool deep)
{
    str at = word->known ? step_path(facts, step, word->value) : STR("");
    return at.len > 1 && (!path.len || str_eq(at, path) || (deep && path_is_in(path, at)));
}

/* "chown -R app:app /a /b", "install -d -o app /a", "mkdir /a" as that user. */
static bool command_gives(const struct facts *facts, const struct step_facts *step,
                          const struct shell_command *command, str path,
                          const struct image_user *user)
{
    bool chown = str_eq(command->name, STR("chown"));
    bool install = str_eq(command->name, STR("install")) && shell_option(command, "-d");
    bool mkdir = str_eq(command->name, STR("mkdir")) && step->user_known && step->user.len &&
                 is_user(step->user, user);
    str owner;
    if (!chown && !install && !mkdir)
        return false;
    struct shell_words operands = shell_operands(facts->arena, command, false);
    if (install && (!shell_option_value(command, "-o", &owner) || !is_user(owner, user)))
        return false;
    if (chown && (!operands.count || !operands.at[0].known || !is_user(operands.at[0].value, user)))
        return false;
    bool deep = chown && (shell_option(command, "-R") || shell_option(command, "--recursive"));
    for (uint32_t i = chown; i < operands.count; i++)
        if (covers(facts, step, &operands.at[i], path, deep))
            return true;
    return false;
}

/* "COPY --chown=app . /app" */
static bool copy_gives(const struct step_facts *step, str path, const struct image_user *user)
{
    const struct instruction *at = step->instruction;
    const struct flag *chown = instruction_flag(at, "chown");
    if ((at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) || !chown ||
        !is_user(chown->value, user))
        return false;
    VEC_EACH(struct trace, trace, step->traces) {
        if (!path.len || (path_is_in(trace->path, path) && !trace->guess))
            return true;
    }
    return false;
}

const struct step_facts *image_gives(const struct facts *facts, str path,
                                     const struct image_user *user)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step_ships(facts, step))
            continue;
        if (copy_gives(step, path, user))
            return step;
        for (uint32_t k = 0; k < step->command_count && k < STEP_COMMANDS_MAX; k++)
            if (command_gives(facts, step, &step->commands[k], path, user))
                return step;
    }
    return NULL;
}

static bool is_volume(const struct facts *facts, str path)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        const struct step_facts *step = &facts->steps[i];
        bool volume = step->instruction->kind == INSTRUCTION_VOLUME && step_ships(facts, step);
        for (uint32_t k = 0; volume && k < step->instruction->words.count; k++) {
            str at;
            if (!word_value(facts, step->instruction, step->instruction->words.at[k].raw, &at) ||
                path_is_in(path, at))
                return true;
        }
    }
    return false;
}

static bool step_gives(const struct facts *facts, const struct step_facts *step, str path,
                       const struct image_user *user)
{
    for (uint32_t i = 0; i < step->command_count && i < STEP_COMMANDS_MAX; i++)
        if (command_gives(facts, step, &step->commands[i], path, user))
            return true;
    return false;
}

static bool is_for_writing(const struct facts *facts, const struct step_facts *step, str path,
                           const struct image_user *user)
{
    const struct step_facts *last = &facts->steps[facts->final->stage->end - 1];
    return path.len > 1 && !str_has_char(path, ' ') && !str_has_char(path, '$') &&
           !glob_is_pattern(path) && step_gives(facts, step, path, user) && last->workdir_known &&
           !path_is_in(last->workdir, path) && !image_fills(facts, path) && !is_volume(facts, path);
}

struct str_list image_writable(struct arena *arena, const struct facts *facts,
                               const struct image_user *user)
{
    struct str_list paths = {0};
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        const struct step_facts *step = &facts->steps[i];
        for (uint32_t k = 0; step_ships(facts, step) && k < step->command_count; k++) {
            const struct shell_command *command = &step->commands[k];
            if (step->instruction->kind != INSTRUCTION_RUN ||
                !str_eq(command->name, STR("mkdir")) || k >= STEP_COMMANDS_MAX ||
                paths.count >= WRITABLE_MAX)
                continue;
            struct shell_words operands = shell_operands(facts->arena, command, false);
            VEC_EACH(struct shell_word, word, operands) {
                str path = word->known ? step_path(facts, step, word->value) : STR("");
                if (is_for_writing(facts, step, path, user))
                    vec_push(arena, &paths, path);
            }
        }
    }
    return paths;
}

str tmpfs_for(struct arena *arena, str path, const struct image_user *user)
{
    return user->uid > 0 ? str_fmt(arena, "%.*s:uid=%d", STR_ARG(path), (int)user->uid)
                         : str_fmt(arena, "%.*s:mode=1777", STR_ARG(path));
}

unsigned image_low_port(const struct facts *facts)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++) {
        const struct step_facts *step = &facts->steps[i];
        if (step->instruction->kind != INSTRUCTION_EXPOSE || !step_ships(facts, step))
            continue;
        VEC_EACH(struct word, word, step->instruction->words) {
            str text;
            uint64_t port;
            if (word_value(facts, step->instruction, word->raw, &text) &&
                str_to_u64(str_slice(text, 0, str_find_char(text, '/')), &port) && port &&
                port < 1024)
                return (unsigned)port;
        }
    }
    return 0;
}

bool image_sets_capabilities(const struct facts *facts)
{
    for (uint32_t i = 0; i < steps_looked_at(facts); i++)
        if (step_ships(facts, &facts->steps[i]) && step_find(&facts->steps[i], "setcap", NULL))
            return true;
    return false;
}

/* -- what is known of an image ----------------------------------------------------------------- */

struct image_note {
    struct image_user user;
    struct str_list writable;
};

static void note_image(struct repository *repository, const struct facts *facts)
{
    if (!facts || map_has(&repository->image_notes, facts->source->path))
        return;
    struct image_note *note = NEW(repository->arena, struct image_note);
    note->user = image_user_of(facts);
    if (note->user.known && !note->user.root)
        note->writable = image_writable(repository->arena, facts, &note->user);
    map_set(repository->arena, &repository->image_notes, facts->source->path, note);
}

void images_name(struct repository *repository)
{
    struct arena *arena = repository->arena;
    VEC_EACH(struct known_build, build, *repository->builds) {
        add_build(arena, build, &repository->images);
    }
    VEC_EACH(struct check_job *, slot, repository->jobs) {
        const struct check_job *job = *slot;
        if (!job->source || !job->yaml)
            continue;
        add_artifacts(arena, job, &repository->images);
        add_services(arena, job, &repository->images);
        VEC_EACH(struct service_facts, service, job->yaml->services) {
            note_image(repository, facts_of_service(arena, job->yaml, service));
        }
    }
    for (uint32_t i = 0; i < repository->images.count; i++) {
        const struct built *built = repository->images.entries[i].value;
        note_image(repository, built->facts);
    }
}

static struct image_known known_of(const struct yaml_file *file, const struct facts *facts,
                                   str reference)
{
    struct image_known known = {.facts = facts, .as_root = true};
    str repository = reference.len ? image_name_parse(file->arena, reference).repository : STR("");
    if (facts) {
        const struct image_note *note =
            map_find(&file->repository->image_notes, facts->source->path);
        repository = facts->final->repository;
        known.user = note ? note->user : known.user;
        known.writable = note ? &note->writable : NULL;
        known.as_root = !known.user.known || known.user.root;
    }
    known.server = repository.len ? server_image_find(repository) : NULL;
    return known;
}

struct image_known container_image(const struct yaml_file *file,
                                   const struct container_facts *container)
{
    const struct facts *facts = image_facts(file->arena, file->repository, container->image);
    struct image_known known = known_of(file, facts, container->image);
    int64_t uid;
    if (node_int(container_security(container, "runAsUser"), &uid))
        known.as_root = uid == 0;
    return known;
}

struct image_known service_image(const struct yaml_file *file, const struct service_facts *service)
{
    const struct facts *facts = NULL;
    str image = node_str(node_get(service->node, "image"));
    bool builds = node_get(service->node, "build") != NULL;
    if (builds)
        facts = facts_of_service(file->arena, file, service);
    else
        facts = image_facts(file->arena, file->repository, image);
    struct image_known known = known_of(file, facts, builds ? STR("") : image);
    str user = node_str(node_get(service->node, "user"));
    if (user.len)
        known.as_root = user_is_root(user, NULL);
    return known;
}
