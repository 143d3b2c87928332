#include "rules/choice.h"
#include "rules/inline.h"
#include "rules/repeat.h"
#include "rules/repository.h"
#include "rules/yaml_fix.h"

#include "base/io.h"
#include "base/limits.h"
#include "base/pool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The run: paths -> jobs -> (read, parse, facts) -> contexts -> rules -> cross-file rules ->
 * ignores -> sorted findings. Each phase runs over all jobs in parallel, results stay in the jobs.
 */

struct run {
    struct arena *arena;
    const struct host *host;
    const struct check_options *options;
    const struct rule *const *rules; /* those that were chosen */
    size_t rule_count;
    str stdin_text;
    int64_t today;
    VEC(struct check_job *) jobs;
    VEC(struct repository *) repositories;
    struct arena *workers[64];
    struct check_result *result;
};

static void choose_rules(struct run *run)
{
    size_t count, chosen = 0;
    const struct rule *const *all = rules_all(run->arena, &count);
    const struct rule **rules = NEW_ARRAY(run->arena, const struct rule *, count);
    for (size_t i = 0; i < count; i++)
        if (rule_chosen(&run->options->choice, all[i]))
            rules[chosen++] = all[i];
    run->rules = rules;
    run->rule_count = chosen;
}

/* -- phase 1: read and parse ------------------------------------------------------------------- */

static bool job_read(const struct run *run, struct check_job *job)
{
    struct err err = {0};
    str text;
    if (str_eq(job->path, STR("-"))) {
        text = run->stdin_text;
    } else {
        bool inside = job->repository && job->repository->tree;
        bool ok = inside ? file_read_beneath(job->arena, job->repository->root_fd, job->inside,
                                             LIMIT_LINT_FILE, &text, &err)
                         : file_read(job->arena, run->host->cwd_fd, job->path, LIMIT_LINT_FILE,
                                     &text, &err);
        if (!ok) {
            job->why_unread = str_copy(job->arena, str_from(err.line[0]));
            return false;
        }
    }
    if (text.len > LIMIT_LINT_FILE) {
        job->why_unread = STR("larger than the limit of 16 MiB for a file to check");
        return false;
    }
    str shown = str_eq(job->path, STR("-")) && run->options->stdin_name.len
                    ? run->options->stdin_name
                    : job->path;
    job->source = source_new(job->arena, shown, text);
    return job->read = true;
}

/* Everything that can be known from the file alone. */
static void job_parse(const struct run *run, struct check_job *job)
{
    switch (job->kind) {
    case FILE_DOCKERFILE:
        if (job->walked && !is_dockerfile_text(job->path, job->source->text)) {
            job->kind = FILE_KIND_COUNT;
            break;
        }
        job->facts = facts_make(job->arena, dockerfile_parse(job->arena, job->source), run->options,
                                run->today);
        break;
    case FILE_IGNORE:
        job->ignore_file = NEW(job->arena, struct ignore_file);
        *job->ignore_file = (struct ignore_file){
            .arena = job->arena,
            .source = job->source,
            .ignore = ignore_compile_lenient(job->arena, job->source->text),
            .root_fd = -1,
            .options = run->options,
        };
        break;
    case FILE_SHELL:
    case FILE_MAKE:
    case FILE_PACKAGE_JSON:
    case FILE_MARKDOWN:
        job->commands = command_file_make(job->arena, job->source, job->kind, NULL, run->options);
        break;
    default:
        /* The source is called as the user called standard input. */
        job->kind = yaml_classify(job->source->path, job->source->text);
        if (job->kind == FILE_KIND_COUNT)
            break;
        job->yaml = yaml_file_make(job->arena, job->source, job->kind, run->options);
        job->commands =
            command_file_make(job->arena, job->source, job->kind, job->yaml, run->options);
        break;
    }
    if (job->yaml)
        job->yaml->repository = job->repository;
    if (job->commands)
        job->commands->repository = job->repository;
}

/* -- phase 2: rules of one file ---------------------------------------------------------------- */

static void job_rules(const struct run *run, struct check_job *job)
{
    struct rule_sink sink = {.arena = job->arena,
                             .source = job->source,
                             .facts = job->facts,
                             .findings = &job->findings};
    for (size_t i = 0; i < run->rule_count; i++) {
        const struct rule *rule = run->rules[i];
        sink.rule = rule;
        if (job->facts && job->facts->is_template &&
            !str_eq(str_from(rule->name), STR(RULE_OF_TEMPLATES)))
            continue;
        if (job->facts && rule->dockerfile)
            rule->dockerfile(job->facts, &sink);
        if (job->ignore_file && rule->ignore)
            rule->ignore(job->ignore_file, &sink);
        if (job->yaml)
            yaml_rule_run(job->yaml, &sink);
        if (job->commands && rule->commands)
            rule->commands(job->commands, &sink);
        if (job->findings.count > LIMIT_FINDINGS_PER_FILE) {
            job->findings.count = LIMIT_FINDINGS_PER_FILE;
            break;
        }
    }
}

static const char *rule_name_of(const struct rule *rule)
{
    return rule->name;
}

static void job_finish(const struct run *run, struct check_job *job)
{
    const struct rule_choice *choice = &run->options->choice;
    VEC_EACH(struct finding, finding, job->findings) {
        finding->severity = rule_severity(choice, finding->rule, finding->severity);
    }
    if (!run->options->no_inline)
        job->ignored = inline_apply(job->arena, job->source, job->facts ? job->facts->file : NULL,
                                    choice, run->today, &job->findings);
    findings_sort(&job->findings, rule_name_of);
}

/* -- keeping findings beyond their file's arena ------------------------------------------------ */

static struct finding finding_copy(struct arena *arena, const struct finding *from,
                                   const struct source *source)
{
    struct finding copy = *from;
    copy.source = source;
    copy.stage = str_copy(arena, from->stage);
    copy.message = str_copy(arena, from->message);
    copy.fix.title = str_copy(arena, from->fix.title);
    copy.fix.edits = (struct edit_list){0};
    copy.related = (struct related_list){0};
    VEC_EACH(struct edit, edit, from->fix.edits) {
        vec_push(arena, &copy.fix.edits,
                 (struct edit){.at = edit->at, .text = str_copy(arena, edit->text)});
    }
    VEC_EACH(struct related, related, from->related) {
        vec_push(arena, &copy.related,
                 (struct related){.at = related->at, .note = str_copy(arena, related->note)});
    }
    return copy;
}

/* One file from beginning to end, for runs without a repository: its arena is rewound, and only
 * findings and, where there are some, the source stay. */
static void whole_job(void *context, size_t index, unsigned worker)
{
    struct run *run = context;
    struct check_job *job = run->jobs.at[index];
    struct arena *keep = run->workers[worker * 2], *scratch = run->workers[worker * 2 + 1];
    struct arena_mark mark = arena_mark(scratch);
    job->arena = scratch;
    if (!job_read(run, job)) {
        job->why_unread = str_copy(keep, job->why_unread);
        arena_rewind(scratch, mark);
        return;
    }
    job_parse(run, job);
    job_rules(run, job);
    job_finish(run, job);
    const struct source *source = NULL;
    if (str_eq(job->path, STR("-")))
        source = source_new(keep, job->source->path, run->stdin_text);
    else if (job->findings.count)
        source = source_new(keep, job->source->path, str_copy(keep, job->source->text));
    else
        source = source_new(keep, job->source->path, STR(""));
    struct finding_list kept = {0};
    VEC_EACH(struct finding, finding, job->findings) {
        vec_push(keep, &kept, finding_copy(keep, finding, source));
    }
    job->findings = kept;
    job->source = source;
    job->arena = keep;
    job->facts = NULL;
    job->yaml = NULL;
    job->commands = NULL;
    job->ignore_file = NULL;
    arena_rewind(scratch, mark);
}

static void parse_job(void *context, size_t index, unsigned worker)
{
    struct run *run = context;
    struct check_job *job = run->jobs.at[index];
    job->arena = run->workers[worker * 2];
    if (job_read(run, job))
        job_parse(run, job);
}

/* Facts go on taking memory from the arena that they were made in, so in later phases all jobs of
 * one arena are done by one thread: `index` is that of the arena, whoever works on it. */
static void rules_jobs(void *context, size_t index, unsigned worker)
{
    struct run *run = context;
    (void)worker;
    VEC_EACH(struct check_job *, job, run->jobs) {
        if ((*job)->read && (*job)->arena == run->workers[index * 2])
            job_rules(run, *job);
    }
}

static void finish_jobs(void *context, size_t index, unsigned worker)
{
    struct run *run = context;
    (void)worker;
    VEC_EACH(struct check_job *, job, run->jobs) {
        if ((*job)->read && (*job)->arena == run->workers[index * 2])
            job_finish(run, *job);
    }
}

/* -- which files ------------------------------------------------------------------------------- */

/* The nearest directory upwards that holds .git; else the start itself. */
static str repository_root(struct arena *arena, const struct host *host, str start)
{
    str directory = start.len ? start : STR(".");
    str up = directory;
    for (int i = 0; i < 32; i++) {
        struct stat stat;
        if (path_stat(host->cwd_fd, path_join(arena, up, STR(".git")), &stat))
            return up;
        if (str_eq(up, STR("/")))
            break;
        struct stat before, after;
        str next = path_join(arena, up, STR(".."));
        if (!path_stat(host->cwd_fd, up, &before) || !path_stat(host->cwd_fd, next, &after) ||
            (before.st_dev == after.st_dev && before.st_ino == after.st_ino))
            break;
        up = next;
    }
    return directory;
}

/* Where a root stands below the directory that holds .git: "" when that is not known. */
static str below_git(struct run *run, str root, int root_fd)
{
    struct err err = {0};
    str top = repository_root(run->arena, run->host, root);
    AUTO(fd) int fd = dir_open(run->host->cwd_fd, top, &err);
    str outer = fd < 0 ? STR("") : dir_path(run->arena, fd);
    str inner = dir_path(run->arena, root_fd);
    bool inside = outer.len && path_is_below(inner, outer);
    return inside ? str_from_index(inner, outer.len + 1) : STR("");
}

static struct repository *repository_open(struct run *run, str root, struct err *err)
{
    VEC_EACH(struct repository *, known, run->repositories) {
        if (str_eq((*known)->shown, root))
            return *known;
    }
    struct repository *repository = NEW(run->arena, struct repository);
    repository->arena = run->arena;
    repository->shown = root;
    repository->options = run->options;
    repository->root_fd = dir_open(run->host->cwd_fd, root, err);
    if (repository->root_fd < 0)
        return NULL;
    struct context_options options = {.threads = run->options->threads, .skip_git_objects = true};
    struct context_tree *tree;
    if (!context_walk(run->arena, repository->root_fd, NULL, &options, &tree, err)) {
        err_wrap(err, "walking '%.*s'", STR_ARG(root));
        return NULL;
    }
    repository->tree = tree;
    repository->below = below_git(run, root, repository->root_fd);
    vec_push(run->arena, &run->repositories, repository);
    return repository;
}

static void add_lone_file(struct run *run, str path)
{
    struct check_job *job = NEW(run->arena, struct check_job);
    job->path = path;
    job->named = true;
    str name = str_eq(path, STR("-")) ? run->options->stdin_name : path;
    if (!file_kind_of(name, &job->kind))
        job->kind = FILE_DOCKERFILE;
    vec_push(run->arena, &run->jobs, job);
}

/* The file's path below the repository's own root. */
static str place_of(struct run *run, const struct check_job *job)
{
    const struct repository *repository = job->repository;
    if (!repository || !job->inside.len)
        return path_clean(run->arena, job->source->path);
    return repository->below.len ? path_join(run->arena, repository->below, job->inside)
                                 : job->inside;
}

/* A file that the user named, together with the repository that it stands in. */
static bool add_file(struct run *run, str path, struct err *err)
{
    if (run->options->no_repository || str_eq(path, STR("-"))) {
        add_lone_file(run, path);
        return true;
    }
    str root =
        repository_root(run->arena, run->host,
                        str_dirname(path).len || path.at[0] == '/' ? str_dirname(path) : STR("."));
    struct repository *repository = repository_open(run, root, err);
    if (!repository) {
        err_clear(err);
        add_lone_file(run, path);
        return true;
    }
    if (!repository->jobs.count) {
        repository_discover(repository);
        VEC_EACH(struct check_job *, job, repository->jobs) {
            (*job)->named = false;
            vec_push(run->arena, &run->jobs, *job);
        }
    }
    struct stat wanted, have;
    bool there = path_stat(run->host->cwd_fd, path, &wanted);
    VEC_EACH(struct check_job *, job, repository->jobs) {
        if (there && str_eq(str_basename((*job)->inside), str_basename(path)) &&
            path_stat(repository->root_fd, (*job)->inside, &have) && have.st_ino == wanted.st_ino &&
            have.st_dev == wanted.st_dev) {
            (*job)->named = true;
            (*job)->walked = false;
            (*job)->path = path;
            return true;
        }
    }
    add_lone_file(run, path);
    return true;
}

static bool add_directory(struct run *run, str path, struct err *err)
{
    str root = path_clean(run->arena, path);
    struct repository *repository = repository_open(run, root, err);
    if (!repository)
        return false;
    repository->asked = true;
    if (!repository->jobs.count) {
        repository_discover(repository);
        VEC_EACH(struct check_job *, job, repository->jobs) {
            vec_push(run->arena, &run->jobs, *job);
        }
    }
    return true;
}

static bool collect(struct run *run, const str *paths, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct stat stat;
        bool standard = str_eq(paths[i], STR("-"));
        bool there = !standard && path_stat(run->host->cwd_fd, paths[i], &stat);
        bool ok = there && S_ISDIR(stat.st_mode) ? add_directory(run, paths[i], err)
                                                 : add_file(run, paths[i], err);
        if (!ok)
            return false;
    }
    return true;
}

/* -- together ---------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    const struct checked_file *left = a, *right = b;
    return str_order(left->path, right->path);
}

/* Folders that could not be read, and may hold what should have been looked at. What the ignore
 * file at the root leaves out is no build's business: a database's own folder, as a rule. */
static void gather_folders(struct run *run, const struct repository *repository)
{
    VEC_EACH(struct unread, unread, repository->unread) {
        unread->asked = repository->asked;
        vec_push(run->arena, &run->result->unread, *unread);
    }
    if (!repository->tree->unread.count)
        return;
    str text = repository_text(run->arena, repository, STR(".dockerignore"));
    const struct ignore *ignore = ignore_compile_lenient(run->arena, text);
    VEC_EACH(str, path, repository->tree->unread) {
        if (ignore_match(ignore, *path).dropped)
            continue;
        struct unread unread = {.path = path_join(run->arena, repository->shown, *path),
                                .why = STR("this folder cannot be read"),
                                .asked = repository->asked};
        vec_push(run->arena, &run->result->unread, unread);
    }
}

static void gather(struct run *run)
{
    struct check_result *result = run->result;
    VEC_EACH(struct repository *, repository, run->repositories)
        gather_folders(run, *repository);
    VEC_EACH(struct check_job *, slot, run->jobs) {
        struct check_job *job = *slot;
        if (!job->named)
            continue;
        if (!job->read) {
            vec_push(run->arena, &result->unread,
                     (struct unread){.path = job->path, .why = job->why_unread, .asked = true});
            continue;
        }
        bool nothing = job->kind == FILE_KIND_COUNT && !job->findings.count;
        if (nothing)
            continue;
        struct checked_file file = {
            .path = job->source->path,
            .place = place_of(run, job),
            .kind = job->kind,
            .source = job->source,
            .findings = job->findings,
            .ignored = job->ignored,
            .job = run->options->no_repository ? NULL : job,
        };
        vec_push(run->arena, &result->files, file);
        VEC_EACH(struct finding, finding, job->findings) {
            result->errors += finding->severity == SEVERITY_ERROR;
            result->warnings += finding->severity == SEVERITY_WARNING;
            result->notes += finding->severity == SEVERITY_NOTE;
        }
    }
    if (result->files.count)
        qsort(result->files.at, result->files.count, sizeof(*result->files.at), by_path);
}

static void run_phases(struct run *run)
{
    unsigned threads = run->options->threads ? run->options->threads : pool_cores();
    if (threads > ARRAY_COUNT(run->workers) / 2)
        threads = ARRAY_COUNT(run->workers) / 2;
    if (threads > run->jobs.count)
        threads = run->jobs.count ? run->jobs.count : 1;
    for (unsigned i = 0; i < threads * 2; i++)
        run->workers[i] = arena_child(run->arena, 0);
    if (run->options->no_repository && !run->repositories.count) {
        pool_each(run->jobs.count, threads, whole_job, run);
        gather(run);
        return;
    }
    pool_each(run->jobs.count, threads, parse_job, run);
    VEC_EACH(struct repository *, repository, run->repositories) {
        repository_connect(*repository);
        repository_learn(*repository);
    }
    pool_each(threads, threads, rules_jobs, run);
    for (uint32_t r = 0; r < run->repositories.count; r++)
        for (size_t i = 0; i < run->rule_count && !run->options->no_repository; i++)
            if (run->rules[i]->repository) {
                struct rule_sink sink = {.arena = run->arena, .rule = run->rules[i]};
                run->rules[i]->repository(run->repositories.at[r], &sink);
            }
    pool_each(threads, threads, finish_jobs, run);
    gather(run);
}

bool check_run(struct arena *arena, const struct host *host, const struct check_input *input,
               const struct check_options *options, struct check_result *out_result,
               struct err *err)
{
    if (!choice_verify(&options->choice, err))
        return false;
    struct check_result result = {.today = host->now_s / 86400};
    struct run run = {.arena = arena,
                      .host = host,
                      .options = options,
                      .stdin_text = input->stdin_text,
                      .today = result.today,
                      .result = &result};
    choose_rules(&run);
    if (!collect(&run, input->paths, input->count, err))
        return false;
    run_phases(&run);
    result.repository = run.repositories.count ? run.repositories.at[0] : NULL;
    *out_result = result;
    return true;
}

struct finding_list check_text(struct arena *arena, const struct check_result *like,
                               const struct checked_file *file, str text,
                               const struct check_options *options)
{
    struct run run = {.arena = arena, .options = options, .today = like->today};
    choose_rules(&run);
    struct check_job job = {.path = file->path, .kind = file->kind, .arena = arena, .read = true};
    job.source = source_new(arena, file->path, text);
    const struct check_job *old = file->job;
    job_parse(&run, &job);
    if (job.facts && old && old->facts) {
        job.facts->tree = old->facts->tree;
        job.facts->ignore = old->facts->ignore;
        job.facts->context_path = old->facts->context_path;
        job.facts->repository = old->facts->repository;
        facts_ship(job.facts, old->facts->targets.at, old->facts->targets.count);
    }
    if (job.yaml && old && old->yaml)
        job.yaml->repository = old->yaml->repository;
    if (job.commands && old && old->commands)
        job.commands->repository = old->commands->repository;
    if (job.ignore_file && old && old->ignore_file) {
        struct ignore_file *fresh = job.ignore_file;
        const struct ignore_file *from = old->ignore_file;
        fresh->needs = from->needs;
        fresh->root_fd = from->root_fd;
        fresh->context_path = from->context_path;
        fresh->repository = from->repository;
        fresh->dockerfiles.at = from->dockerfiles.at;
        fresh->dockerfiles.count = from->dockerfiles.count;
        fresh->dockerfiles.capacity = from->dockerfiles.count;
        ignore_file_measure(fresh);
    }
    job_rules(&run, &job);
    if (old && old->repository)
        repository_repeat(run.rules, run.rule_count, &job, file);
    job_finish(&run, &job);
    baseline_mark(arena, like->baseline, file, &job.findings);
    return job.findings;
}
