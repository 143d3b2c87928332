#include "rules/families.h"

/* What comes from the network: scripts run unseen, files taken unchecked. */

static bool is_download(const struct shell_command *command)
{
    return STR_IN(command->name, "curl", "wget", "fetch", "aria2c");
}

static bool is_shell(const struct shell_command *command)
{
    return STR_IN(command->name, "sh", "bash", "ash", "dash", "zsh", "ksh", "python", "python3",
                  "perl", "ruby", "node", "php", "pwsh");
}

/* What stands behind an opening quote, up to the closing one. */
static str unquoted(str text)
{
    size_t end = str_find(str_from_index(text, 1), str_slice(text, 0, 1));
    return str_slice(text, 1, end == STR_MISSING ? text.len : end + 1);
}

/* The URL among a download's words, as written; "" when there is none. */
static str url_of(const struct shell_command *command, span *out_at)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        str text = word->known ? word->value : word->raw;
        if (str_starts(text, STR("\"")) || str_starts(text, STR("'")))
            text = unquoted(text);
        if (str_starts_nocase(text, STR("http://")) || str_starts_nocase(text, STR("https://")) ||
            str_starts_nocase(text, STR("ftp://"))) {
            *out_at = word->at;
            return text;
        }
    }
    return STR("");
}

static bool is_local_url(str url)
{
    size_t skip = str_find(url, STR("://"));
    str host = str_from_index(url, skip == STR_MISSING ? 0 : skip + 3);
    return str_starts(host, STR("localhost")) || str_starts(host, STR("127.")) ||
           str_starts(host, STR("[::1]")) || str_starts(host, STR("0.0.0.0"));
}

/* -- a script piped to a shell ----------------------------------------------------------------- */

/* Does a shell of the same pipeline, behind the download, read the script from it? `bash -c x` and
 * `python script.py` read something else. */
static const struct shell_command *reader_of(const struct step_facts *step,
                                             const struct shell_command *download)
{
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *other = &step->commands[i];
        if (other->pipeline != download->pipeline || other->place <= download->place ||
            !is_shell(other))
            continue;
        bool from_pipe = other->argv.count == 1 || shell_option(other, "-s") != NULL;
        for (uint32_t k = 1; k < other->argv.count && !from_pipe; k++) {
            str word = other->argv.at[k].value;
            from_pipe = str_eq(word, STR("-")) || str_eq(word, STR("--")) ||
                        (k + 1 == other->argv.count && str_starts(word, STR("-")) &&
                         !str_has_char(word, 'c'));
        }
        if (from_pipe)
            return other;
    }
    return NULL;
}

/* bash <(curl ...), sh -c "$(curl ...)", eval "$(curl ...)" */
static bool is_run_by_outer(const struct step_facts *step, const struct shell_command *download)
{
    if (download->outer < 0 || (uint32_t)download->outer >= step->command_count)
        return false;
    const struct shell_command *outer = &step->commands[download->outer];
    if (!(download->context & SHELL_IN_SUBST))
        return false;
    if (str_eq(outer->name, STR("eval")) || STR_IN(outer->name, "source", "."))
        return true;
    VEC_EACH(struct shell_word, word, outer->words) {
        VEC_EACH(struct shell_part, part, word->parts) {
            bool holds = download->at.start >= part->at.start && download->at.end <= part->at.end;
            if (holds && is_shell(outer) &&
                (part->kind == SHELL_PROCESS || shell_option(outer, "-c")))
                return true;
        }
    }
    return false;
}

static void check_remote_script(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    if (!is_download(command))
        return;
    const struct shell_command *reader = reader_of(step, command);
    if (!reader && !is_run_by_outer(step, command))
        return;
    span at = command->at;
    span url_at;
    str url = url_of(command, &url_at);
    found(sink, reader ? span_join(at, reader->at) : at,
          "a script from the network%s%.*s is run without being looked at", url.len ? ", " : "",
          STR_ARG(url.len ? url : STR("")));
}

static void check_remote_scripts(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_remote_script);
}

/* -- downloads without a checksum -------------------------------------------------------------- */

static bool step_verifies(const struct step_facts *step)
{
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        if (STR_IN(command->name, "sha256sum", "sha512sum", "sha1sum", "md5sum", "shasum", "gpg",
                   "gpgv", "cosign", "minisign", "b2sum", "openssl", "sq", "rhash", "cksum",
                   "slsa-verifier", "gpg2") ||
            str_has(command->name, STR("sum")) || str_has(command->name, STR("verif")))
            return true;
    }
    return false;
}

/* Is what comes down used as a program or an archive (not only shown, or read as data)? */
static bool is_installed(const struct facts *facts, const struct step_facts *step,
                         const struct shell_command *download)
{
    bool piped = download->pipeline_length > 1 && !(download->context & SHELL_IN_SUBST);
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *other = &step->commands[i];
        if (piped && other->pipeline != download->pipeline)
            continue; /* what comes down goes into its own pipe */
        bool extracts =
            STR_IN(other->name, "tar", "unzip", "gunzip", "rpm", "bsdtar", "7z", "cpio", "unxz") ||
            (str_eq(other->name, STR("dpkg")) &&
             (shell_option(other, "-i") || shell_option(other, "--install") ||
              shell_option(other, "-x")));
        if (extracts || shell_is(other, "chmod", NULL) || shell_is(other, "install", NULL))
            return true;
        struct package_command package = package_command_of(facts->arena, other);
        if (package.verb == PACKAGE_INSTALL && other->at.start > download->at.end)
            VEC_EACH(struct shell_word, word, package.packages) {
                if (str_has_char(word->raw, '/'))
                    return true;
            }
    }
    return false;
}

/* The same in a later step of the stage: what the download wrote is unpacked there, unchecked. */
static bool is_installed_later(const struct facts *facts, const struct step_facts *step,
                               const struct shell_command *download)
{
    str path = STR("");
    VEC_EACH(struct trace, trace, step->traces) {
        if (trace->kind == TRACE_DOWNLOAD && trace->command == download)
            path = trace->path;
    }
    for (const struct step_facts *next = step + 1;
         path.len && next < step_look_end(facts, step) && next->stage == step->stage; next++) {
        if (!next->command_count || !step_mentions(facts, next, path))
            continue;
        return !step_verifies(next) && is_installed(facts, next, download);
    }
    return false;
}

static void check_unverified(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    span at;
    str url = is_download(command) ? url_of(command, &at) : STR("");
    if (!url.len || is_local_url(url) || step_verifies(step) || reader_of(step, command) ||
        (!is_installed(facts, step, command) && !is_installed_later(facts, step, command)))
        return;
    found(sink, at, "what comes from '%.*s' is installed without a checksum or a signature",
          STR_ARG(url));
}

static void check_add_unverified(const struct facts *facts, struct rule_sink *sink,
                                 const struct step_facts *step)
{
    const struct instruction *at = step->instruction;
    if (instruction_flag(at, "checksum"))
        return;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str url;
        if (!word_value(facts, at, at->words.at[i].raw, &url))
            url = at->words.at[i].raw;
        bool git = str_has(url, STR(".git"));
        if ((str_starts_nocase(url, STR("https://")) || str_starts_nocase(url, STR("http://"))) &&
            !git && !is_local_url(url))
            found(sink, at->words.at[i].at, "ADD takes '%.*s' as it is on that day", STR_ARG(url));
    }
}

static void check_downloads(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_unverified);
    each_step(facts, sink, INSTRUCTION_ADD, check_add_unverified);
}

/* -- plain http -------------------------------------------------------------------------------- */

static void check_plain_command(const struct facts *facts, struct rule_sink *sink,
                                const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    span at;
    bool fetches = is_download(command) || shell_is(command, "git", "clone") ||
                   shell_is(command, "pip", "install");
    str url = fetches ? url_of(command, &at) : STR("");
    if (!str_starts_nocase(url, STR("http://")) || is_local_url(url) || step_verifies(step))
        return;
    found(sink, at, "'%.*s' comes over plain http", STR_ARG(url));
    size_t inside = str_find(source_text(sink->source, at), STR("http://"));
    if (inside == STR_MISSING)
        return;
    found_fix(sink, "Ask over https");
    found_insert(sink, at.start + (uint32_t)inside + 4, STR("s"));
}

static void check_plain_add(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    for (uint32_t i = 0; i + 1 < at->words.count; i++) {
        str url = at->words.at[i].raw;
        if (!str_starts_nocase(url, STR("http://")) || is_local_url(url) ||
            instruction_flag(at, "checksum"))
            continue;
        found(sink, at->words.at[i].at, "'%.*s' comes over plain http", STR_ARG(url));
        found_fix(sink, "Ask over https");
        found_insert(sink, at->words.at[i].at.start + 4, STR("s"));
    }
}

static void check_plain(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_plain_command);
    each_step(facts, sink, INSTRUCTION_ADD, check_plain_add);
}

/* -- repository keys --------------------------------------------------------------------------- */

static void check_apt_key(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (shell_is(command, "apt-key", "add") || shell_is(command, "apt-key", "adv"))
        found(sink, command->at,
              "apt-key trusts this key for every repository, not for the one that it signs");
}

static void check_signed_by(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    if (!STR_IN(command->name, "echo", "printf", "add-apt-repository"))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        size_t deb = str_find(word->raw, STR("deb "));
        size_t options = str_find(word->raw, STR("deb ["));
        bool url = str_has(word->raw, STR("://"));
        if (!url || (deb == STR_MISSING && options == STR_MISSING) ||
            str_has(word->raw, STR("signed-by")) || str_has(word->raw, STR(" file:")) ||
            str_has(word->raw, STR("archive.ubuntu.com")) ||
            str_has(word->raw, STR("deb.debian.org")))
            continue;
        found(sink, word->at, "this repository is not tied to its key by signed-by");
        for (uint32_t i = 0; i < step->command_count; i++)
            if (shell_is(&step->commands[i], "gpg", NULL))
                found_related(sink, step->commands[i].at, "the key is made here");
        return;
    }
}

static void check_keys(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_apt_key);
}

static void check_repositories(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_signed_by);
}

RULE_FAMILY(
    security_download,
    {.name = "security/remote-script",
     .aka = "droast:DF021 trivy:DS-0035",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s1",
     .what = "a script from the network piped into a shell",
     .why = "whoever controls that address, today or later, runs commands in the build; a cut "
            "connection runs half a script; and the step is not repeatable",
     .how = "download to a file, check its SHA-256, then run it; or ADD --checksum=sha256:...",
     .source = "guide: Combining RUN Commands (WRONG block)",
     .dockerfile = check_remote_scripts},
    {.name = "security/download-unverified",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s1 s3",
     .what = "a program or archive from the network is installed unchecked",
     .why = "a changed download goes into the image without anybody noticing, and the cache keeps "
            "an old one for ever",
     .how = "ADD --checksum=sha256:..., or 'echo \"HASH  FILE\" | sha256sum -c -' in the same RUN",
     .source = "Dockerfile reference, ADD --checksum",
     .dockerfile = check_downloads},
    {.name = "security/plain-http",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = NULL,
     .what = "a download over http without a checksum",
     .why = "anybody on the way can put something else into the image",
     .how = "use https, or check a SHA-256 in the same step",
     .source = "Dockerfile reference, ADD --checksum",
     .dockerfile = check_plain},
    {.name = "security/apt-key",
     .aka = "",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s1",
     .what = "apt-key add",
     .why = "the key may sign packages of every repository; apt-key is gone from Debian 13 and "
            "Ubuntu 24.04, so the step breaks with the next base",
     .how = "gpg --dearmor -o /usr/share/keyrings/NAME.gpg, and [signed-by=...] in the source line",
     .source = "apt-key(8): deprecated",
     .dockerfile = check_keys},
    {.name = "security/repository-unsigned-by",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .guide = "s1",
     .what = "a repository line without signed-by",
     .why = "apt does not look into /usr/share/keyrings by itself: either the step fails, or the "
            "key was made valid for all repositories",
     .how = "deb [signed-by=/usr/share/keyrings/NAME.gpg] https://...",
     .source = "sources.list(5)",
     .dockerfile = check_repositories});
