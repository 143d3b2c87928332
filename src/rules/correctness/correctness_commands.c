#include "rules/families.h"

/* Commands of RUN that will not do in a build what they do at a desk. */

static void check_apt(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct shell_command *command)
{
    struct package_command package = step_package(facts, step, command);
    if (!str_eq(command->name, STR("apt")) || package.verb == PACKAGE_NONE)
        return;
    const struct shell_word *word = &command->argv.at[0];
    found(sink, word->at, "'apt' is for people at a terminal; its options may change");
    if (!str_eq(source_text(sink->source, word->at), STR("apt")))
        return;
    found_fix(sink, "Use apt-get");
    found_edit(sink, word->at, STR("apt-get"));
}

static void check_apts(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_apt);
}

/* Managers that ask, their verbs that ask, and the options that answer. */
static bool answers(const struct shell_command *command)
{
    static const char *const options[] = {
        "-y",          "--yes",       "--assume-yes", "-qq",
        "--quiet=2",   "--assumeyes", "-n",           "--non-interactive",
        "--force-yes", "-f",          "--noconfirm",  "--no-confirm"};
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        bool zypper = str_eq(command->name, STR("zypper"));
        bool only_zypper = options[i][1] == 'n' || options[i][1] == 'f' ||
                           str_eq(str_from(options[i]), STR("--non-interactive"));
        if (only_zypper && !zypper)
            continue;
        if (shell_option(command, options[i]))
            return true;
    }
    if (shell_option(command, "-s") || shell_option(command, "--simulate") ||
        shell_option(command, "--dry-run") || shell_option(command, "--download-only"))
        return str_starts(command->name, STR("apt"));
    uint32_t quiet = 0;
    VEC_EACH(struct shell_word, word, command->argv) {
        quiet += str_eq(word->value, STR("-q")) || str_eq(word->value, STR("--quiet"));
        if (str_starts(word->value, STR("-q=2")) || str_eq(word->value, STR("--quiet=2")))
            quiet = 2;
        if (!word->known && word->splits)
            return true; /* $APT_OPTIONS may hold it */
    }
    return quiet >= 2 && str_starts(command->name, STR("apt"));
}

static bool assumes_yes(const struct facts *facts, const struct step_facts *step)
{
    str text = source_text(facts->source, step->instruction->at);
    return str_has(text, STR("Assume-Yes")) || str_has(text, STR("assumeyes")) ||
           str_has(text, STR("ASSUME_ALWAYS_YES"));
}

static void check_yes(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct shell_command *command)
{
    struct package_command package = step_package(facts, step, command);
    const char *manager = package.manager;
    if (!manager || !STR_IN(str_from(manager), "apt-get", "apt", "aptitude", "yum", "dnf",
                            "microdnf", "zypper", "tdnf"))
        return;
    bool asks = package.verb == PACKAGE_INSTALL || package.verb == PACKAGE_UPGRADE ||
                package.verb == PACKAGE_REMOVE;
    if (!asks || answers(command) || command->place > 0)
        return;
    const struct shell_word *sub = shell_subcommand(command);
    found(sink, command->at, "'%s %.*s' asks, and nobody is there to answer", manager,
          STR_ARG(sub ? sub->value : STR("")));
    if (!sub)
        return;
    bool zypper = str_eq(str_from(manager), STR("zypper"));
    found_fix(sink, "Answer yes");
    struct edit edit = insert_after_word(sink->arena, zypper ? &command->argv.at[0] : sub,
                                         zypper ? STR(" --non-interactive") : STR(" -y"));
    found_edit(sink, edit.at, edit.text);
}

static void check_all_yes(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (assumes_yes(facts, step))
            return; /* from here on nobody is asked */
        for (uint32_t k = 0; step_is_run(facts, step) && k < step->command_count; k++)
            check_yes(facts, sink, step, &step->commands[k]);
    }
}

static void check_pointless(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (STR_IN(command->name, "ssh", "vim", "vi", "nano", "emacs", "shutdown", "reboot", "service",
               "systemctl", "ps", "free", "top", "htop", "kill", "killall", "pkill", "mount",
               "umount", "ifconfig", "iptables", "screen", "tmux", "journalctl") &&
        !(command->context & (SHELL_GUARDED | SHELL_IN_CONDITION)) &&
        !shell_option(command, "--version") && !shell_option(command, "-V") &&
        !shell_option(command, "--help"))
        found(sink, command->at, "'%.*s' has nothing to act on in a build", STR_ARG(command->name));
}

static void check_pointless_all(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_pointless);
}

/* -- cd ---------------------------------------------------------------------------------------- */

/* The step above, in the same stage, that goes to the same directory and stays there. */
static const struct shell_command *cd_above(const struct facts *facts,
                                            const struct step_facts *step, str directory)
{
    for (const struct step_facts *at = step; at-- > step_look_first(facts, step);) {
        if (at->stage != step->stage)
            return NULL;
        const struct shell_command *first = at->command_count ? &at->commands[0] : NULL;
        if (!step_is_run(facts, at) || at->script_is_heredoc || !shell_is(first, "cd", NULL) ||
            first->context || first->argv.count != 2)
            continue;
        if (str_eq(first->argv.at[1].value, directory))
            return first;
    }
    return NULL;
}

static void check_cd(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t i = 0; i < facts->step_count; i++) {
        const struct step_facts *step = &facts->steps[i];
        if (!step_is_run(facts, step) || step->script_is_heredoc || step->command_count < 1)
            continue;
        const struct shell_command *first = &step->commands[0];
        if (!str_eq(first->name, STR("cd")) || first->context || first->argv.count != 2)
            continue;
        if (step->command_count == 1) {
            found(sink, first->at,
                  "this cd ends with its RUN: the next instruction does not see it");
            found_severity(sink, SEVERITY_WARNING);
            if (!first->argv.at[1].known)
                continue;
            found_fix(sink, "Use WORKDIR");
            found_edit(sink, step->instruction->at,
                       str_cat(sink->arena, STR("WORKDIR "), first->argv.at[1].value));
            continue;
        }
        /* Two steps that work in one directory: WORKDIR says it once. */
        const struct shell_word *goal = &first->argv.at[1];
        const struct shell_command *before =
            goal->known ? cd_above(facts, step, goal->value) : NULL;
        if (!before || first->after != SHELL_SEP_AND || !str_starts(goal->value, STR("/")))
            continue;
        found(sink, first->at, "another step that runs in '%.*s': WORKDIR says so once",
              STR_ARG(goal->value));
        found_related(sink, before->at, "the one before");
    }
}

/* -- downloads --------------------------------------------------------------------------------- */

static void check_curl_and_wget(const struct facts *facts, struct rule_sink *sink)
{
    for (uint32_t s = 0; s < facts->stage_count; s++) {
        const struct stage *stage = facts->stages[s].stage;
        const struct shell_command *curl = NULL, *wget = NULL;
        for (uint32_t i = stage->first; i < stage->end; i++) {
            if (!step_is_run(facts, &facts->steps[i]))
                continue;
            if (!curl)
                curl = step_find(&facts->steps[i], "curl", NULL);
            if (!wget)
                wget = step_find(&facts->steps[i], "wget", NULL);
        }
        if (!curl || !wget)
            continue;
        const struct shell_command *later = curl->at.start > wget->at.start ? curl : wget;
        found(sink, later->at, "curl and wget in one stage: one of them is enough");
        found_related(sink, (later == curl ? wget : curl)->at, "the other one");
    }
}

static bool has_url(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        if (str_has(word->raw, STR("://")))
            return true;
    }
    return false;
}

static void check_curl_fail(const struct facts *facts, struct rule_sink *sink,
                            const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!str_eq(command->name, STR("curl")) || !has_url(command) ||
        (command->context & (SHELL_IN_CONDITION | SHELL_GUARDED | SHELL_IN_SUBST)))
        return;
    if (shell_option(command, "-f") || shell_option(command, "--fail") ||
        shell_option(command, "--fail-with-body") || shell_option(command, "-w") ||
        shell_option(command, "-I") || shell_option(command, "--head") ||
        shell_option(command, "-X") || shell_option(command, "--version"))
        return;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && word->splits && str_starts(word->raw, STR("$")))
            return; /* options may come from a variable */
    }
    found(sink, command->argv.at[0].at,
          "without --fail, curl takes an error page for the file and says that all is well");
    found_fix(sink, "Add --fail");
    struct edit edit = insert_after_word(sink->arena, &command->argv.at[0], STR(" --fail"));
    found_edit(sink, edit.at, edit.text);
}

/* Addresses that answer with a redirect to where the file lies. */
static bool redirects(str url)
{
    bool github = str_has(url, STR("://github.com/"));
    bool api = str_has(url, STR("://api.github.com/repos/"));
    return (github && (str_has(url, STR("/releases/download/")) || str_has(url, STR("/archive/")) ||
                       str_has(url, STR("/releases/latest/")) || str_has(url, STR("/raw/")))) ||
           (api && (str_has(url, STR("/tarball")) || str_has(url, STR("/zipball"))));
}

static void check_redirect(const struct facts *facts, struct rule_sink *sink,
                           const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!str_eq(command->name, STR("curl")) || shell_option(command, "-L") ||
        shell_option(command, "--location") || shell_option(command, "-I") ||
        shell_option(command, "-w") || shell_option(command, "--write-out"))
        return;
    const struct shell_word *url = NULL;
    VEC_EACH(struct shell_word, word, command->argv) {
        if (!word->known && word->splits && str_starts(word->raw, STR("$")))
            return; /* options may come from a variable */
        if (redirects(word->raw))
            url = word;
    }
    if (!url)
        return;
    found(sink, url->at,
          "this address answers with a redirect, which curl keeps instead of the file");
    found_fix(sink, "Follow it");
    struct edit edit = insert_after_word(sink->arena, &command->argv.at[0], STR(" --location"));
    found_edit(sink, edit.at, edit.text);
}

static void check_redirects(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_redirect);
}

static void check_curls(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_curl_fail);
}

static void check_wget_noise(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!str_eq(command->name, STR("wget")) || !has_url(command) || shell_option(command, "-q") ||
        shell_option(command, "--quiet") || shell_option(command, "-nv") ||
        shell_option(command, "--no-verbose") || shell_option(command, "--progress") ||
        shell_option(command, "-o") || shell_option(command, "--output-file") ||
        shell_option(command, "-a") || shell_option(command, "--append-output"))
        return;
    found(sink, command->argv.at[0].at, "wget draws its progress into the build's log");
}

static void check_wgets(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_wget_noise);
}

static void check_shell_link(const struct facts *facts, struct rule_sink *sink,
                             const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    if (!str_eq(command->name, STR("ln")) || command->argv.count < 3)
        return;
    const struct shell_word *goal = vec_last(&command->argv);
    if (STR_IN(goal->value, "/bin/sh", "/usr/bin/sh"))
        found(sink, command->at, "SHELL changes the shell of the build without changing the image");
}

static void check_shell_links(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_shell_link);
}

/* -- pinning (policy) -------------------------------------------------------------------------- */

static bool is_pinned(const char *manager, const struct shell_word *word)
{
    str text = word->known ? word->value : word->raw;
    if (!word->known && !word->prefix.len)
        return true; /* not known: not judged */
    if (str_has_char(text, '/') || str_ends(text, STR(".deb")) || str_ends(text, STR(".rpm")) ||
        str_ends(text, STR(".apk")) || str_ends(text, STR(".whl")) || str_starts(text, STR(".")))
        if (!str_eq(str_from(manager), STR("npm")) && !str_eq(str_from(manager), STR("go")))
            return true;
    if (STR_IN(str_from(manager), "npm", "yarn", "pnpm", "bun", "go"))
        return str_has_char(str_from_index(text, 1), '@') || str_starts(text, STR(".")) ||
               str_starts(text, STR("/")) || str_has(text, STR("://")) ||
               str_ends(text, STR(".tgz"));
    if (str_eq(str_from(manager), STR("gem")))
        return str_has_char(text, ':');
    if (STR_IN(str_from(manager), "yum", "dnf", "microdnf", "tdnf"))
        return str_has_char(text, '-') && str_has(text, STR("-")) &&
               str_find_char(text, '.') != STR_MISSING;
    return str_has_char(text, '=') || str_has_char(text, '~') || str_has_char(text, '<') ||
           str_has_char(text, '>') || str_has_char(text, '@');
}

static void check_pin(const struct facts *facts, struct rule_sink *sink,
                      const struct step_facts *step, const struct shell_command *command)
{
    struct package_command package = step_package(facts, step, command);
    if (package.verb != PACKAGE_INSTALL)
        return;
    str manager = str_from(package.manager);
    if (!STR_IN(manager, "apt-get", "apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pip",
                "npm", "gem", "go"))
        return;
    bool listed = shell_option(command, "-r") || shell_option(command, "--requirement") ||
                  shell_option(command, "-c") || shell_option(command, "--constraint") ||
                  shell_option(command, "-t") || shell_option(command, "--target-release") ||
                  shell_option(command, "-v") || shell_option(command, "--version");
    const struct shell_word *sub = shell_subcommand(command);
    if (listed || !sub || STR_IN(sub->value, "mod", "wheel"))
        return;
    VEC_EACH(struct shell_word, word, package.packages) {
        if (is_pinned(package.manager, word))
            continue;
        found(sink, word->at, "'%.*s' is taken in whatever version there is on the day",
              STR_ARG(word->known ? word->value : word->raw));
        return;
    }
}

static void check_pins(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_pin);
}

RULE_FAMILY(
    correctness_commands,
    {.name = "correctness/apt",
     .aka = "hadolint:DL3027 checkov:CKV_DOCKER_9 semgrep:dockerfile.correctness.avoid-apt-get",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s1",
     .what = "apt instead of apt-get",
     .why = "apt promises no stable command line: a new base image may break the build",
     .how = "apt-get, apt-cache",
     .source = "apt(8), script usage",
     .dockerfile = check_apts},
    {.name = "correctness/assume-yes",
     .aka = "hadolint:DL3014 hadolint:DL3030 hadolint:DL3038 hadolint:DL3034 trivy:DS021 "
            "trivy:DS-0021 droast:DF015 droast:DF027",
     .severity = SEVERITY_ERROR,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s1",
     .what = "a package manager that asks, without -y",
     .why = "the build stops at the question",
     .how = "-y; zypper --non-interactive",
     .source = "apt-get(8)",
     .dockerfile = check_all_yes},
    {.name = "correctness/pointless-command",
     .aka = "hadolint:DL3001",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "a command that makes no sense in a build step",
     .why = "there is no running service, no terminal and no host there: it fails or does nothing",
     .how = "do it when the container runs, or not at all",
     .source = "hadolint DL3001",
     .dockerfile = check_pointless_all},
    {.name = "correctness/cd",
     .aka =
         "hadolint:DL3003 trivy:DS013 trivy:DS-0013 semgrep:dockerfile.best-practice.use-workdir",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SAFE,
     .since = "0.1",
     .what = "cd where WORKDIR is meant",
     .why = "a directory change does not outlive its RUN",
     .how = "WORKDIR",
     .source = "Dockerfile reference, WORKDIR",
     .dockerfile = check_cd},
    {.name = "size/curl-and-wget",
     .aka = "hadolint:DL4001 trivy:DS014 trivy:DS-0014",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "curl and wget in one stage",
     .why = "one more program with its libraries, and one more to patch",
     .how = "use one of them",
     .source = "hadolint DL4001",
     .dockerfile = check_curl_and_wget},
    {.name = "correctness/curl-redirect",
     .aka = "tally:curl-should-follow-redirects",
     .severity = SEVERITY_WARNING,
     .fix = FIX_SAFE,
     .since = "0.1",
     .guide = "s1",
     .what = "curl without --location of an address that redirects",
     .why = "the answer is empty or a few words of HTML, and curl says that all is well",
     .how = "curl -fsSL",
     .source = "guide: Combining RUN Commands uses -fsSL; GitHub's releases and archives redirect",
     .dockerfile = check_redirects},
    {.name = "correctness/curl-fail",
     .aka = "",
     .severity = SEVERITY_NOTE,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = "s1",
     .what = "curl without --fail",
     .why = "an error page of the server becomes the downloaded file, and the step succeeds",
     .how = "curl -fsSL",
     .source = "guide: Combining RUN Commands uses -fsSL; curl(1)",
     .dockerfile = check_curls},
    {.name = "correctness/wget-progress",
     .aka = "hadolint:DL3047 droast:DF035",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .what = "wget without -q, -nv or --progress",
     .why = "thousands of lines in the log of a slow download",
     .how = "wget -nv, or --progress=dot:giga",
     .source = "hadolint DL3047",
     .dockerfile = check_wgets},
    {.name = "correctness/shell-link",
     .aka = "hadolint:DL4005",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .since = "0.1",
     .what = "/bin/sh replaced by a link",
     .why = "scripts of the distribution are written for its own sh",
     .how = "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
     .source = "Dockerfile reference, SHELL",
     .dockerfile = check_shell_links},
    {.name = "correctness/unpinned",
     .aka = "hadolint:DL3008 hadolint:DL3018 hadolint:DL3033 hadolint:DL3041 hadolint:DL3037 "
            "hadolint:DL3013 hadolint:DL3016 hadolint:DL3028 hadolint:DL3062 droast:DF005",
     .severity = SEVERITY_NOTE,
     .fix = FIX_SUGGESTION,
     .policy = true,
     .since = "0.1",
     .what = "packages are installed without a version",
     .why = "two builds of one file give two images; but a distribution removes old versions, so a "
            "pin also breaks builds: a policy, not a mistake",
     .how = "name=version, a lock file, or a base image pinned by digest",
     .source = "hadolint DL3008 and its kin",
     .dockerfile = check_pins});
