#include "rules/repository.h"

#include "base/io.h"

#include <fcntl.h>

/*
 * Which files of a tree matter, and which context each Dockerfile is built in.
 *
 * The context is not written in a Dockerfile. It is taken to be the nearest directory from the
 * Dockerfile's own up to the root in which all its COPY sources exist; where none has them all, the
 * one that has most.
 */

static bool is_dockerfile_name(str name)
{
    if (str_ends(name, STR(".dockerignore")) || str_ends(name, STR(".md")) ||
        str_ends(name, STR(".sh")) || str_ends(name, STR(".j2")) || str_ends(name, STR(".tmpl")) ||
        str_ends(name, STR(".template")) || str_ends(name, STR(".erb")) ||
        str_ends(name, STR(".go")) || str_ends(name, STR(".py")) || str_ends(name, STR(".txt")) ||
        str_ends(name, STR(".json")))
        return false;
    return str_eq_nocase(name, STR("Dockerfile")) || str_starts_nocase(name, STR("Dockerfile.")) ||
           str_starts_nocase(name, STR("Dockerfile-")) || str_eq(name, STR("Containerfile")) ||
           str_starts(name, STR("Containerfile.")) || str_ends(name, STR(".Dockerfile")) ||
           str_ends(name, STR(".dockerfile")) || str_ends(name, STR(".Containerfile")) ||
           str_ends(name, STR("-Dockerfile"));
}

bool file_kind_of(str path, enum file_kind *out_kind)
{
    str name = str_basename(path);
    if (is_dockerfile_name(name))
        *out_kind = FILE_DOCKERFILE;
    else if (str_eq(name, STR(".dockerignore")) || str_ends(name, STR(".dockerignore")) ||
             str_eq(name, STR(".containerignore")))
        *out_kind = FILE_IGNORE;
    else if (str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml")))
        *out_kind = FILE_YAML;
    else if (str_ends(name, STR(".sh")) || str_ends(name, STR(".bash")))
        *out_kind = FILE_SHELL;
    else if (str_eq(name, STR("Makefile")) || str_eq(name, STR("makefile")) ||
             str_eq(name, STR("GNUmakefile")) || str_ends(name, STR(".mk")))
        *out_kind = FILE_MAKE;
    else if (str_eq(name, STR("package.json")))
        *out_kind = FILE_PACKAGE_JSON;
    else if (str_ends(name, STR(".md")) || str_ends(name, STR(".markdown")))
        *out_kind = FILE_MARKDOWN;
    else
        return false;
    return true;
}

bool is_dockerfile_text(str path, str text)
{
    str line;
    if (STR_IN(str_basename(path), "Dockerfile", "Containerfile"))
        return true;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (str_starts_nocase(line, STR("FROM")) && line.len > 4 && char_is_space(line.at[4]))
            return true;
    }
    return false;
}

/* Directories whose files are somebody else's. */
static bool is_foreign_directory(str path)
{
    str name = str_basename(path);
    return STR_IN(name, ".git", "node_modules", "vendor", ".venv", "venv", "__pycache__", ".tox",
                  "third_party", ".terraform", "bower_components", "site-packages");
}

void repository_add(struct repository *repository, struct check_job *job)
{
    vec_push(repository->arena, &repository->jobs, job);
    map_set(repository->arena, &repository->jobs_inside, job->inside, job);
}

void repository_discover(struct repository *repository)
{
    const struct context_tree *tree = repository->tree;
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct context_entry *entry = &tree->entries[i];
        if (entry->type == ENTRY_DIRECTORY && is_foreign_directory(entry->path)) {
            i = entry->end - 1;
            continue;
        }
        enum file_kind kind;
        if (entry->type != ENTRY_FILE || !file_kind_of(entry->path, &kind))
            continue;
        struct check_job *job = NEW(repository->arena, struct check_job);
        bool root = !repository->shown.len || str_eq(repository->shown, STR("."));
        job->path =
            root ? entry->path : path_join(repository->arena, repository->shown, entry->path);
        job->inside = entry->path;
        job->kind = kind;
        job->named = true;
        job->walked = true;
        job->repository = repository;
        repository_add(repository, job);
    }
}

str repository_text(struct arena *arena, const struct repository *repository, str path)
{
    struct err err = {0};
    str text;
    if (repository->root_fd < 0 ||
        !file_read_beneath(arena, repository->root_fd, path, (size_t)1 << 20, &text, &err))
        return STR_NONE;
    return text;
}

const struct check_job *repository_job(const struct repository *repository, str inside)
{
    return map_find(&repository->jobs_inside, inside);
}

struct rule_sink repository_sink(const struct check_job *job, const struct rule *rule)
{
    struct check_job *target = (struct check_job *)(uintptr_t)job;
    return (struct rule_sink){.arena = job->repository->arena,
                              .rule = rule,
                              .source = job->source,
                              .facts = job->facts,
                              .findings = &target->findings};
}

/* -- contexts ---------------------------------------------------------------------------------- */

/* COPY and ADD sources that stand in the context, literally or as a glob. */
static uint32_t copy_sources_found(const struct facts *facts, const struct context_tree *tree,
                                   str directory, uint32_t *out_total)
{
    uint32_t found_count = 0;
    *out_total = 0;
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct instruction *at = facts->steps[i].instruction;
        if (at->broken || (at->kind != INSTRUCTION_COPY && at->kind != INSTRUCTION_ADD) ||
            instruction_flag(at, "from") || at->heredocs.count)
            continue;
        for (uint32_t k = 0; k + 1 < at->words.count; k++) {
            str path;
            if (!word_value(facts, at, at->words.at[k].raw, &path) || str_has(path, STR("://")) ||
                str_starts(path, STR("git@")))
                continue;
            while (str_starts(path, STR("/")))
                path = str_from_index(path, 1);
            path = path_clean(facts->arena, path);
            if (str_eq(path, STR(".")))
                continue;
            ++*out_total;
            str whole = directory.len ? path_join(facts->arena, directory, path) : path;
            found_count += context_match(tree, whole, 0) != NO_ENTRY;
        }
    }
    return found_count;
}

static str best_context(const struct facts *facts, const struct context_tree *tree, str inside)
{
    str own = str_dirname(inside), best = own;
    uint32_t best_count = 0;
    for (str directory = own;; directory = str_dirname(directory)) {
        uint32_t total;
        uint32_t count = copy_sources_found(facts, tree, directory, &total);
        if (count > best_count) {
            best = directory;
            best_count = count;
        }
        if (count == total || !directory.len)
            return best_count ? best : own;
    }
}

/* The part of a tree below a directory, with the verdicts of another ignore file. */
static struct context_tree *subtree(struct arena *arena, const struct context_tree *tree,
                                    str directory, const struct ignore *ignore)
{
    struct context_tree *part = NEW(arena, struct context_tree);
    part->ignore = ignore;
    uint32_t first = 0, end = tree->count;
    size_t skip = 0;
    if (directory.len) {
        const struct context_entry *top = context_find(tree, directory);
        if (!top || top->type != ENTRY_DIRECTORY)
            return part;
        first = (uint32_t)(top - tree->entries) + 1;
        end = top->end;
        skip = directory.len + 1;
    }
    part->count = end - first;
    part->entries = NEW_ARRAY(arena, struct context_entry, part->count);
    for (uint32_t i = 0; i < part->count; i++) {
        struct context_entry *entry = &part->entries[i];
        *entry = tree->entries[first + i];
        entry->path = str_from_index(entry->path, skip);
        entry->parent =
            entry->parent == NO_ENTRY || entry->parent < first ? NO_ENTRY : entry->parent - first;
        entry->end -= first;
        struct ignore_verdict verdict = ignore_match(ignore, entry->path);
        entry->dropped = verdict.dropped;
        entry->line = verdict.line;
        if (entry->type != ENTRY_FILE)
            continue;
        *(verdict.dropped ? &part->dropped_files : &part->files) += 1;
        *(verdict.dropped ? &part->dropped_bytes : &part->bytes) += entry->size_bytes;
    }
    return part;
}

static str ignore_path_in_tree(struct arena *arena, const struct context_tree *tree, str dockerfile,
                               str context)
{
    str beside = str_cat(arena, dockerfile, STR(".dockerignore"));
    if (context_find(tree, beside))
        return beside;
    str root = context.len ? path_join(arena, context, STR(".dockerignore")) : STR(".dockerignore");
    return context_find(tree, root) ? root : STR("");
}

/* Note a file of the repository that cannot be read, where the run must not be silent about it. */
static void add_unread(struct repository *repository, str inside)
{
    struct arena *arena = repository->arena;
    struct unread unread = {.path = path_join(arena, repository->shown, inside),
                            .why = STR("cannot be read")};
    vec_push(arena, &repository->unread, unread);
}

static const struct build_context *context_for(struct repository *repository, str path,
                                               str ignore_path)
{
    VEC_EACH(struct build_context, context, repository->contexts) {
        if (str_eq(context->path, path) && str_eq(context->ignore_path, ignore_path))
            return context;
    }
    struct arena *arena = repository->arena;
    struct build_context context = {.path = path, .ignore_path = ignore_path};
    struct err err = {0};
    str text;
    if (ignore_path.len) {
        if (file_read_beneath(arena, repository->root_fd, ignore_path, (size_t)1 << 20, &text,
                              &err))
            context.ignore = ignore_compile_lenient(arena, text);
        else if (err_is_unreadable(&err))
            add_unread(repository, ignore_path);
    }
    context.tree = subtree(arena, repository->tree, path, context.ignore);
    vec_push(arena, &repository->contexts, context);
    return vec_last(&repository->contexts);
}

static void connect_dockerfile(struct repository *repository, struct check_job *job)
{
    struct facts *facts = job->facts;
    str path = best_context(facts, repository->tree, job->inside);
    str ignore_path = ignore_path_in_tree(repository->arena, repository->tree, job->inside, path);
    const struct build_context *context = context_for(repository, path, ignore_path);
    facts->tree = context->tree;
    facts->ignore = context->ignore;
    facts->context_path = context->path;
    facts->repository = repository;
    VEC_EACH(struct check_job *, other, repository->jobs) {
        struct ignore_file *file = (*other)->ignore_file;
        if (!file || !str_eq((*other)->inside, ignore_path))
            continue;
        vec_push(repository->arena, &file->dockerfiles, facts);
    }
}

void ignore_file_measure(struct ignore_file *file)
{
    if (!file->repository || file->root_fd < 0)
        return;
    struct arena *arena = file->arena;
    file->tree = subtree(arena, file->repository->tree, file->context_path, file->ignore);
    if (file->needs && context_needs_unread(file->needs).len)
        return;
    struct context_report *report = NEW(arena, struct context_report);
    struct err err = {0};
    if (context_measure(arena, file->root_fd, file->tree, file->needs, file->source->path, report,
                        &err))
        file->report = report;
}

static void connect_ignore(struct repository *repository, struct check_job *job)
{
    struct ignore_file *file = job->ignore_file;
    struct arena *arena = repository->arena;
    file->arena = arena;
    file->repository = repository;
    file->context_path =
        file->dockerfiles.count ? file->dockerfiles.at[0]->context_path : str_dirname(job->inside);
    struct err err = {0};
    file->root_fd = repository->root_fd;
    if (file->context_path.len)
        file->root_fd =
            open_beneath(repository->root_fd, file->context_path, O_RDONLY | O_DIRECTORY, &err);
    VEC(const struct source *) sources = {0};
    VEC_EACH(const struct facts *, facts, file->dockerfiles) {
        vec_push(arena, &sources, (*facts)->source);
    }
    if (file->root_fd < 0)
        return;
    file->tree = subtree(arena, repository->tree, file->context_path, file->ignore);
    file->needs = context_needs_of(arena, file->tree, file->root_fd, sources.at, sources.count);
    str unread = context_needs_unread(file->needs);
    if (unread.len)
        add_unread(repository, path_join(arena, file->context_path, unread));
    ignore_file_measure(file);
}

void repository_connect(struct repository *repository)
{
    if (!repository->tree)
        return;
    VEC_EACH(struct check_job *, job, repository->jobs) {
        if ((*job)->facts)
            connect_dockerfile(repository, *job);
    }
    VEC_EACH(struct check_job *, job, repository->jobs) {
        if ((*job)->ignore_file)
            connect_ignore(repository, *job);
    }
}
