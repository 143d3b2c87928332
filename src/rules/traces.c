#include "rules/questions.h"

#include "base/buf.h"

/*
 * What each step leaves on the disk, as far as its text says: where downloads, copies, archives and
 * builds put their files, and what is taken away again. One walk over a RUN's commands, with the
 * directory that `cd` has made current. What is not known is left out: a trace is never a guess,
 * but for those that say so.
 */

struct walk {
    const struct facts *facts;
    struct step_facts *step;
    uint32_t index;         /* of the step */
    str cwd, before;        /* "" is not known */
    str inner;              /* the same inside a subshell */
    bool in_subshell, root; /* user is root: ~ is /root */
};

/* -- paths as text ----------------------------------------------------------------------------- */

/* A variable in a path: its value, or its name in a form that is equal only to itself. */
static void put_variable(const struct walk *walk, struct buf *out, const struct shell_part *part)
{
    const struct variable *variable =
        dockerfile_variable(walk->facts->file, walk->step->instruction, part->name);
    if (variable && variable->known && variable->set && !part->op.len)
        buf_add(out, variable->value);
    else if (!variable && str_eq(part->name, STR("HOME")) && walk->root)
        buf_add(out, STR("/root"));
    else if (variable)
        buf_fmt(out, "${%.*s%.*s}", STR_ARG(part->name), STR_ARG(part->op));
    else
        buf_fmt(out, "${%.*s%.*s#%u}", STR_ARG(part->name), STR_ARG(part->op), walk->index);
}

/* The text of a word with its variables put in; "" when the text does not decide it. */
static str word_text(const struct walk *walk, const struct shell_word *word)
{
    if (word->known)
        return word->value;
    struct buf out = buf_init(walk->facts->arena, 4096);
    VEC_EACH(struct shell_part, part, word->parts) {
        switch (part->kind) {
        case SHELL_LITERAL:
        case SHELL_GLOB: buf_add(&out, part->text); break;
        case SHELL_ESCAPED: buf_add(&out, str_from_index(part->text, 1)); break;
        case SHELL_SINGLE:
            if (!str_starts(part->text, STR("'")))
                return STR("");
            buf_add(&out, str_slice(part->text, 1, part->text.len - 1));
            break;
        case SHELL_DOUBLE: break;
        case SHELL_PARAM: put_variable(walk, &out, part); break;
        case SHELL_TILDE:
            if (!walk->root || part->text.len != 1)
                return STR("");
            buf_add(&out, STR("/root"));
            break;
        default: return STR("");
        }
    }
    return buf_str(&out);
}

/* Made absolute by the current directory; "" when that is not known. */
static str absolute(const struct walk *walk, str text)
{
    if (!text.len)
        return STR("");
    if (text.at[0] == '/' || str_starts(text, STR("${")))
        return path_clean(walk->facts->arena, text);
    str cwd = walk->in_subshell ? walk->inner : walk->cwd;
    return cwd.len ? path_join(walk->facts->arena, cwd, text) : STR("");
}

static bool is_mounted(const struct step_facts *step, str path)
{
    for (int type = MOUNT_BIND; type < MOUNT_UNKNOWN; type++)
        if (step->instruction->mounts.count && step_mount(step, (enum mount_type)type, path))
            return true;
    return false;
}

static struct trace *leave(struct walk *walk, enum trace_kind kind, str path,
                           const struct shell_command *command)
{
    static const str devices = {"/dev/", 5};
    if (!path.len || path.len == 1 || str_starts(path, devices) || is_mounted(walk->step, path))
        return NULL;
    struct trace trace = {.kind = kind,
                          .path = path,
                          .at = command ? command->at : walk->step->instruction->at,
                          .command = command};
    vec_push(walk->facts->arena, &walk->step->traces, trace);
    return vec_last(&walk->step->traces);
}

static void leave_tree(struct walk *walk, enum trace_kind kind, str path,
                       const struct shell_command *command)
{
    struct trace *trace = leave(walk, kind, path, command);
    if (trace)
        trace->tree = true;
}

/* The value of an option as path text; "" when it is not given or not known. */
static str option_text(const struct walk *walk, const struct shell_command *command,
                       const char *option)
{
    const struct shell_word *word = shell_option(command, option);
    str value;
    if (!word || !shell_option_value(command, option, &value))
        return STR("");
    str raw = word->known ? word->value : word->raw;
    bool inside = value.at >= raw.at && value.at <= raw.at + raw.len;
    if (!inside)
        return word + 1 < command->argv.at + command->argv.count ? word_text(walk, word + 1)
                                                                 : STR("");
    str text = word_text(walk, word);
    return str_from_index(text, raw.len - value.len <= text.len ? raw.len - value.len : text.len);
}

static str option_of_two(const struct walk *walk, const struct shell_command *command,
                         const char *option, const char *twin)
{
    str text = option_text(walk, command, option);
    return text.len ? text : option_text(walk, command, twin);
}

/* -- downloads and archives -------------------------------------------------------------------- */

static bool is_url(str text)
{
    return str_starts_nocase(text, STR("http://")) || str_starts_nocase(text, STR("https://")) ||
           str_starts_nocase(text, STR("ftp://"));
}

/* "https://x/y/z.tgz?raw=1" is saved as "z.tgz". */
static str url_file(str url)
{
    url = str_slice(url, 0, str_find_char(url, '?'));
    url = str_slice(url, 0, str_find_char(url, '#'));
    size_t host = str_find(url, STR("://"));
    str path = host == STR_MISSING ? url : str_from_index(url, host + 3);
    return str_has_char(path, '/') ? str_basename(path) : STR("");
}

static void saved_under_own_name(struct walk *walk, const struct shell_command *command,
                                 str directory)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        str url = word->known || word->parts.count ? word_text(walk, word) : STR("");
        bool guessed = str_starts(url, STR("${")) && str_has_char(url, '/');
        str name = is_url(url) || guessed ? url_file(url) : STR("");
        if (!name.len)
            continue;
        str path = directory.len ? path_join(walk->facts->arena, directory, name) : name;
        leave(walk, TRACE_DOWNLOAD, absolute(walk, path), command);
    }
}

static void trace_download(struct walk *walk, const struct shell_command *command)
{
    bool curl = str_eq(command->name, STR("curl"));
    str file = curl ? option_of_two(walk, command, "-o", "--output")
                    : option_of_two(walk, command, "-O", "--output-document");
    str directory = curl ? option_text(walk, command, "--output-dir")
                         : option_of_two(walk, command, "-P", "--directory-prefix");
    if (file.len) {
        if (!str_eq(file, STR("-")))
            leave(walk, TRACE_DOWNLOAD, absolute(walk, file), command);
        return;
    }
    bool own_name = curl ? shell_option(command, "-O") || shell_option(command, "--remote-name")
                         : !shell_option(command, "-O") && !shell_option(command, "--spider") &&
                               !shell_option(command, "--output-document");
    if (own_name)
        saved_under_own_name(walk, command, directory);
}

/* "/tmp/foo-1.0.tar.gz": "foo-1.0" */
static str archive_stem(str archive)
{
    static const char *const ends[] = {".tar.gz", ".tgz",    ".tar.bz2", ".tbz2",
                                       ".tar.xz", ".txz",    ".tar",     ".tar.zst",
                                       ".zip",    ".tar.lz", ".tbz",     ".tar.Z"};
    str name = str_basename(archive);
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(name, str_from(ends[i])))
            return str_slice(name, 0, name.len - str_from(ends[i]).len);
    return STR("");
}

static void leave_unpacked(struct walk *walk, const struct shell_command *command, str archive,
                           str directory, bool keeps_top)
{
    str into = directory.len ? absolute(walk, directory) : absolute(walk, STR("."));
    if (!into.len)
        return;
    leave_tree(walk, TRACE_UNPACK, into, command);
    str stem = keeps_top ? archive_stem(archive) : STR("");
    if (!stem.len)
        return;
    struct trace *trace =
        leave(walk, TRACE_UNPACK, path_join(walk->facts->arena, into, stem), command);
    if (trace)
        trace->guess = true;
}

static void trace_tar(struct walk *walk, const struct shell_command *command)
{
    if (!shell_option(command, "-x") && !shell_option(command, "--extract") &&
        !shell_option(command, "--get"))
        return;
    str archive = option_of_two(walk, command, "-f", "--file");
    if (command->argv.count > 2 && command->argv.at[1].value.len &&
        command->argv.at[1].value.at[0] != '-')
        archive = word_text(walk, &command->argv.at[2]);
    bool stripped = shell_option(command, "--strip-components") || shell_option(command, "--strip");
    leave_unpacked(walk, command, archive, option_of_two(walk, command, "-C", "--directory"),
                   !stripped);
}

static void trace_unzip(struct walk *walk, const struct shell_command *command)
{
    struct shell_words operands = shell_operands(walk->facts->arena, command, false);
    if (operands.count && !shell_option(command, "-l") && !shell_option(command, "-p"))
        leave_unpacked(walk, command, word_text(walk, &operands.at[0]),
                       option_text(walk, command, "-d"), true);
}

static void trace_git(struct walk *walk, const struct shell_command *command)
{
    if (!shell_is(command, "git", "clone"))
        return;
    struct shell_words operands = shell_operands(walk->facts->arena, command, true);
    if (!operands.count)
        return;
    str directory = word_text(walk, &operands.at[operands.count > 1 ? 1 : 0]);
    if (operands.count == 1) {
        while (directory.len && directory.at[directory.len - 1] == '/')
            directory.len--;
        directory = str_basename(directory);
        if (str_ends(directory, STR(".git")))
            directory.len -= 4;
    }
    leave_tree(walk, TRACE_CLONE, absolute(walk, directory), command);
}

/* -- files moved, copied, removed -------------------------------------------------------------- */

static void trace_copy(struct walk *walk, const struct shell_command *command)
{
    struct shell_words operands = shell_operands(walk->facts->arena, command, false);
    bool moves = str_eq(command->name, STR("mv"));
    if (operands.count < 2 || shell_option(command, "-t") || shell_option(command, "-s") ||
        (str_eq(command->name, STR("install")) && shell_option(command, "-d")))
        return;
    str goal = word_text(walk, vec_last(&operands));
    str into = absolute(walk, goal);
    if (!into.len)
        return;
    bool directory = str_ends(goal, STR("/")) || operands.count > 2 || str_ends(goal, STR("."));
    for (uint32_t i = 0; i + 1 < operands.count; i++) {
        str from = word_text(walk, &operands.at[i]);
        str name = str_basename(from);
        if (moves)
            leave(walk, TRACE_MOVED, absolute(walk, from), command);
        if (name.len && directory)
            leave(walk, TRACE_COPY, path_join(walk->facts->arena, into, name), command);
    }
    if (!directory)
        leave(walk, TRACE_COPY, into, command);
}

static void trace_removal(struct walk *walk, const struct shell_command *command)
{
    if (command->via & (SHELL_VIA_FIND | SHELL_VIA_XARGS))
        return;
    struct shell_words operands = shell_operands(walk->facts->arena, command, false);
    VEC_EACH(struct shell_word, word, operands) {
        str text = word_text(walk, word);
        leave(walk, TRACE_REMOVED, absolute(walk, text), command);
    }
}

/* -- what installs and builds leave ------------------------------------------------------------ */

static void leave_cache(struct walk *walk, str below_home, const struct shell_command *command)
{
    if (walk->root)
        leave_tree(walk, TRACE_CACHE, str_cat(walk->facts->arena, STR("/root/"), below_home),
                   command);
}

/* A manager's own clean takes its cache away. */
static void trace_clean(struct walk *walk, const struct shell_command *command, str manager)
{
    if (STR_IN(manager, "yum", "dnf", "microdnf", "dnf5", "tdnf")) {
        leave(walk, TRACE_REMOVED, STR("/var/cache/yum"), command);
        leave(walk, TRACE_REMOVED, STR("/var/cache/dnf"), command);
    } else if (str_eq(manager, STR("zypper"))) {
        leave(walk, TRACE_REMOVED, STR("/var/cache/zypp"), command);
    } else if (str_eq(manager, STR("apk"))) {
        leave(walk, TRACE_REMOVED, STR("/var/cache/apk"), command);
    } else if (str_eq(manager, STR("npm"))) {
        leave(walk, TRACE_REMOVED, STR("/root/.npm"), command);
    } else if (str_eq(manager, STR("pip"))) {
        leave(walk, TRACE_REMOVED, STR("/root/.cache/pip"), command);
    }
}

static void trace_update(struct walk *walk, const struct shell_command *command, str manager)
{
    if (STR_IN(manager, "apt-get", "apt", "aptitude"))
        leave_tree(walk, TRACE_CACHE, STR("/var/lib/apt/lists"), command);
    else if (str_eq(manager, STR("apk")) && !shell_option(command, "--no-cache"))
        leave_tree(walk, TRACE_CACHE, STR("/var/cache/apk"), command);
}

static void trace_pip(struct walk *walk, const struct shell_command *command)
{
    if (!shell_option(command, "--no-cache-dir"))
        leave_cache(walk, STR(".cache/pip"), command);
    str wheels = option_of_two(walk, command, "-w", "--wheel-dir");
    if (wheels.len)
        leave_tree(walk, TRACE_BUILD, absolute(walk, wheels), command);
}

static void trace_node(struct walk *walk, const struct shell_command *command, str manager)
{
    if (shell_option(command, "-g") || shell_option(command, "--global"))
        return;
    leave_tree(walk, TRACE_BUILD, absolute(walk, STR("node_modules")), command);
    if (str_eq(manager, STR("npm")))
        leave_cache(walk, STR(".npm"), command);
}

static void trace_install(struct walk *walk, const struct shell_command *command, str manager)
{
    if (STR_IN(manager, "yum", "dnf", "microdnf", "dnf5", "tdnf"))
        leave_tree(walk, TRACE_CACHE,
                   str_eq(manager, STR("yum")) ? STR("/var/cache/yum") : STR("/var/cache/dnf"),
                   command);
    else if (str_eq(manager, STR("zypper")))
        leave_tree(walk, TRACE_CACHE, STR("/var/cache/zypp"), command);
    else if (str_eq(manager, STR("pip")))
        trace_pip(walk, command);
    else if (STR_IN(manager, "npm", "yarn", "pnpm", "bun"))
        trace_node(walk, command, manager);
}

static void trace_package(struct walk *walk, const struct package_command *package)
{
    str manager = str_from(package->manager);
    switch (package->verb) {
    case PACKAGE_UPDATE: trace_update(walk, package->command, manager); break;
    case PACKAGE_CLEAN: trace_clean(walk, package->command, manager); break;
    case PACKAGE_INSTALL:
    case PACKAGE_UPGRADE: trace_install(walk, package->command, manager); break;
    default: break;
    }
}

static void trace_build(struct walk *walk, const struct shell_command *command)
{
    if (STR_IN(command->name, "mvn", "mvnw")) {
        leave_tree(walk, TRACE_BUILD, absolute(walk, STR("target")), command);
        leave_cache(walk, STR(".m2"), command);
    } else if (STR_IN(command->name, "gradle", "gradlew")) {
        leave_cache(walk, STR(".gradle"), command);
    } else if (shell_is(command, "cargo", "build")) {
        leave_tree(walk, TRACE_BUILD, absolute(walk, STR("target")), command);
    } else if (shell_is(command, "go", "build")) {
        leave(walk, TRACE_BUILD, absolute(walk, option_text(walk, command, "-o")), command);
    } else if (shell_is(command, "docker-php-source", "extract")) {
        leave_tree(walk, TRACE_UNPACK, STR("/usr/src/php"), command);
    } else if (shell_is(command, "docker-php-source", "delete")) {
        leave(walk, TRACE_REMOVED, STR("/usr/src/php"), command);
    }
}

static void trace_redirects(struct walk *walk, const struct shell_command *command)
{
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        if (!STR_IN(redirect->op, ">", ">>", ">|", "&>"))
            continue;
        bool fetched = STR_IN(command->name, "curl", "wget");
        str path = absolute(walk, word_text(walk, &redirect->target));
        leave(walk, fetched ? TRACE_DOWNLOAD : TRACE_TEXT, path, command);
    }
}

/* -- one step ---------------------------------------------------------------------------------- */

static void change_directory(struct walk *walk, const struct shell_command *command)
{
    str *cwd = walk->in_subshell ? &walk->inner : &walk->cwd;
    str now = *cwd;
    if (command->argv.count < 2)
        *cwd = walk->root && str_eq(command->name, STR("cd")) ? STR("/root") : walk->before;
    else if (str_eq(command->argv.at[1].value, STR("-")))
        *cwd = walk->before;
    else
        *cwd = absolute(walk, word_text(walk, &command->argv.at[1]));
    if (command->context & (SHELL_IN_BRANCH | SHELL_IN_FUNCTION | SHELL_IN_LOOP))
        *cwd = STR("");
    walk->before = now;
}

static void trace_command(struct walk *walk, const struct shell_command *command,
                          const struct package_command *package)
{
    bool inside = (command->context & (SHELL_IN_SUBSHELL | SHELL_IN_SUBST)) != 0;
    if (inside && !walk->in_subshell)
        walk->inner = walk->cwd;
    walk->in_subshell = inside;
    walk->step->directories[command - walk->step->commands] = inside ? walk->inner : walk->cwd;
    if (command->redirects.count)
        trace_redirects(walk, command);
    if (package->verb != PACKAGE_NONE)
        trace_package(walk, package);
    else if (STR_IN(command->name, "cd", "pushd", "popd"))
        change_directory(walk, command);
    else if (STR_IN(command->name, "curl", "wget"))
        trace_download(walk, command);
    else if (STR_IN(command->name, "tar", "bsdtar"))
        trace_tar(walk, command);
    else if (str_eq(command->name, STR("unzip")))
        trace_unzip(walk, command);
    else if (str_eq(command->name, STR("git")))
        trace_git(walk, command);
    else if (STR_IN(command->name, "cp", "mv", "install"))
        trace_copy(walk, command);
    else if (STR_IN(command->name, "rm", "unlink", "shred"))
        trace_removal(walk, command);
    else
        trace_build(walk, command);
}

/* -- COPY and ADD ------------------------------------------------------------------------------ */

static void leave_source(struct walk *walk, str source, str into, bool directory)
{
    bool add = walk->step->instruction->kind == INSTRUCTION_ADD;
    bool from = instruction_flag(walk->step->instruction, "from") != NULL;
    bool url = add && is_url(source);
    str name = url ? url_file(source) : str_basename(source);
    bool unpacks = add && !url && archive_stem(source).len;
    bool whole = !name.len || STR_IN(name, ".", "..") || str_ends(source, STR("/"));
    if (whole || unpacks) {
        leave_tree(walk, unpacks ? TRACE_UNPACK : TRACE_COPY, into, NULL);
        return;
    }
    if (!directory) {
        leave(walk, url ? TRACE_DOWNLOAD : TRACE_COPY, into, NULL);
        return;
    }
    /* A file of that name, or the contents of a directory: a name with a dot in it is a file. */
    bool file = str_has_char(str_from_index(name, 1), '.') || url;
    struct trace *trace = leave(walk, url ? TRACE_DOWNLOAD : TRACE_COPY,
                                path_join(walk->facts->arena, into, name), NULL);
    if (trace)
        trace->guess = !file;
    if (!file && from)
        leave_tree(walk, TRACE_COPY, into, NULL);
}

static void trace_instruction(struct walk *walk)
{
    const struct instruction *at = walk->step->instruction;
    str goal;
    if (at->words.count < 2 || !word_value(walk->facts, at, vec_last(&at->words)->raw, &goal))
        return;
    str into = absolute(walk, goal);
    if (!into.len)
        return;
    bool directory = str_ends(goal, STR("/")) || at->words.count > 2 ||
                     STR_IN(str_basename(goal), ".", "..") || str_eq(into, walk->step->workdir);
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str source;
        if (!str_starts(at->words.at[i].raw, STR("<<")) &&
            word_value(walk->facts, at, at->words.at[i].raw, &source))
            leave_source(walk, source, into, directory);
    }
}

void traces_make(struct facts *facts)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        struct step_facts *step = &facts->steps[i];
        const struct instruction *at = step->instruction;
        const struct stage_facts *stage = step_stage(facts, step);
        if (!stage || at->broken || stage->windows)
            continue;
        struct walk walk = {.facts = facts, .step = step, .index = i};
        walk.cwd = step->workdir_known ? step->workdir : STR("");
        walk.root = step->user_known && user_is_root(step->user, stage->base);
        if (at->kind == INSTRUCTION_COPY || at->kind == INSTRUCTION_ADD)
            trace_instruction(&walk);
        if (step->packages)
            step->directories = NEW_ARRAY(facts->arena, str, step->command_count);
        for (uint32_t k = 0; step->packages && k < step->command_count; k++)
            trace_command(&walk, &step->commands[k], &step->packages[k]);
    }
}

str trace_path(const struct facts *facts, const struct step_facts *step,
               const struct shell_command *command, const struct shell_word *word)
{
    const struct stage_facts *stage = step_stage(facts, step);
    uint32_t index = (uint32_t)(step - facts->steps);
    struct walk walk = {.facts = facts, .step = &facts->steps[index], .index = index};
    walk.cwd = step->directories     ? step->directories[command - step->commands]
               : step->workdir_known ? step->workdir
                                     : STR("");
    walk.root = stage && step->user_known && user_is_root(step->user, stage->base);
    return absolute(&walk, word_text(&walk, word));
}

bool trace_covers(str pattern, str path)
{
    while (str_ends(pattern, STR("/*")))
        pattern.len -= 2;
    if (!pattern.len)
        return false;
    if (path_is_in(path, pattern))
        return true;
    if (!glob_is_pattern(pattern))
        return false;
    for (str up = path; up.len > 1; up = str_dirname(up))
        if (glob_match(pattern, up))
            return true;
    return false;
}

bool trace_is_small(const struct trace *trace)
{
    str path = trace->path;
    static const char *const ends[] = {
        ".sh",    ".txt",  ".json", ".conf", ".cfg",  ".yml",     ".yaml", ".xml",
        ".toml",  ".lock", ".repo", ".gpg",  ".list", ".asc",     ".key",  ".pub",
        ".patch", ".py",   ".sql",  ".ini",  ".md",   ".sig",     ".pem",  ".crt",
        ".rb",    ".lua",  ".js",   ".php",  ".diff", ".service", ".cpp",  ".c",
        ".h",     ".go",   ".java", ".rs",   ".ts",   ".config",  ".css",  ".sum",
        ".env",   ".cert", ".list", ".dsc",  ".html", "rc",       ".pl"};
    for (size_t i = 0; i < ARRAY_COUNT(ends); i++)
        if (str_ends(path, str_from(ends[i])))
            return true;
    return trace->kind == TRACE_TEXT || (str_starts(path, STR("/etc/")) && !trace->tree);
}
