#include "rules/families.h"

/* Checks switched off: of TLS certificates, of package signatures. */

/* Options that switch a check off. `value` NULL: a flag; else the option's value must hold it ("":
 * any). */
struct off_switch {
    const char *program, *option, *value;
};

static const struct off_switch tls_switches[] = {
    {"curl", "-k", NULL},
    {"curl", "--insecure", NULL},
    {"curl", "--proxy-insecure", NULL},
    {"wget", "--no-check-certificate", NULL},
    {"pip", "--trusted-host", ""},
    {"pip3", "--trusted-host", ""},
    {"uv", "--allow-insecure-host", ""},
    {"npm", "--strict-ssl", "false"},
    {"npm", "--no-strict-ssl", NULL},
    {"pnpm", "--strict-ssl", "false"},
    {"pnpm", "--no-strict-ssl", NULL},
    {"yum", "--setopt", "sslverify="},
    {"dnf", "--setopt", "sslverify="},
    {"conda", "--insecure", NULL},
    {"apk", "--no-check-certificate", NULL},
};

static const struct off_switch unsigned_switches[] = {
    {"apk", "--allow-untrusted", NULL},
    {"apt-get", "--allow-unauthenticated", NULL},
    {"apt-get", "--force-yes", NULL},
    {"apt", "--allow-unauthenticated", NULL},
    {"apt-get", "--allow-insecure-repositories", NULL},
    {"yum", "--nogpgcheck", NULL},
    {"dnf", "--nogpgcheck", NULL},
    {"microdnf", "--nogpgcheck", NULL},
    {"zypper", "--no-gpg-checks", NULL},
    {"rpm", "--nosignature", NULL},
    {"rpm", "--nodigest", NULL},
    {"rpm", "--noverify", NULL},
};

static bool switch_is_used(const struct shell_command *command, const struct off_switch *row,
                           span *out_at)
{
    if (!str_eq(command->name, str_from(row->program)))
        return false;
    const struct shell_word *option = shell_option(command, row->option);
    if (!option)
        return false;
    str value;
    if (row->value && (!shell_option_value(command, row->option, &value) ||
                       !str_has(value, str_from(row->value))))
        return false;
    *out_at = option->at;
    return true;
}

/* Take an option and the blanks in front of it away, when the word is the option alone. */
static void remove_option(struct rule_sink *sink, const struct off_switch *row, span at)
{
    if (row->value || !str_eq(source_text(sink->source, at), str_from(row->option)))
        return;
    uint32_t start = at.start;
    while (start > 0 && char_is_blank(sink->source->text.at[start - 1]))
        start--;
    found_fix(sink, "Remove %s", row->option);
    found_edit(sink, (span){start, at.end}, STR(""));
}

/* -- TLS: words, settings, files ------------------------------------------------------------- */

/* Whatever is asked on this machine needs no certificate. */
static bool asks_here(const struct shell_command *command)
{
    VEC_EACH(struct shell_word, word, command->argv) {
        size_t skip = str_find(word->raw, STR("://"));
        str host = str_from_index(word->raw, skip == STR_MISSING ? 0 : skip + 3);
        if (skip != STR_MISSING &&
            (str_starts(host, STR("localhost")) || str_starts(host, STR("127.")) ||
             str_starts(host, STR("[::1]")) || str_starts(host, STR("0.0.0.0"))))
            return true;
    }
    return false;
}

/* `npm config set strict-ssl false` and its kin: the tool, what is set, to what. */
static const struct {
    const char *program, *setting, *value;
} tls_settings[] = {
    {"npm", "strict-ssl", "false"},     {"yarn", "strict-ssl", "false"},
    {"pnpm", "strict-ssl", "false"},    {"yarn", "enableStrictSsl", "false"},
    {"git", "http.sslVerify", "false"}, {"pip", "trusted-host", ""},
    {"pip3", "trusted-host", ""},       {"composer", "disable-tls", "true"},
    {"conda", "ssl_verify", "false"},   {"conda", "ssl_verify", "no"},
    {"bundle", "ssl_verify_mode", "0"},
};

static bool setting_is_off(const struct shell_command *command, str text)
{
    if (!STR_IN(command->name, "npm", "yarn", "pnpm", "git", "pip", "pip3", "composer", "conda",
                "bundle"))
        return false;
    const struct shell_word *sub = shell_subcommand(command);
    if (!sub || !STR_IN(sub->value, "config", "set"))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(tls_settings); i++)
        if (str_eq(command->name, str_from(tls_settings[i].program)) &&
            str_has_nocase(text, str_from(tls_settings[i].setting)) &&
            str_has(text, str_from(tls_settings[i].value)))
            return true;
    return false;
}

/* NAME=value settings that switch TLS checks off. */
static bool env_switches_off(str name, str value)
{
    static const struct {
        const char *name, *off;
    } rows[] = {
        {"NODE_TLS_REJECT_UNAUTHORIZED", "0"},
        {"PYTHONHTTPSVERIFY", "0"},
        {"GIT_SSL_NO_VERIFY", ""},
        {"NPM_CONFIG_STRICT_SSL", "false"},
        {"npm_config_strict_ssl", "false"},
        {"YARN_ENABLE_STRICT_SSL", "false"},
        {"CURL_INSECURE", ""},
        {"PIP_TRUSTED_HOST", ""},
        {"GOINSECURE", ""},
        {"UV_INSECURE_HOST", ""},
    };
    if (value.len >= 2 && (value.at[0] == '"' || value.at[0] == '\''))
        value = str_slice(value, 1, value.len - 1);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (str_eq(name, str_from(rows[i].name)))
            return rows[i].off[0]
                       ? str_eq(value, str_from(rows[i].off))
                       : value.len && !str_eq(value, STR("0")) && !str_eq(value, STR("false"));
    return false;
}

/* A line of a configuration file that does the same. */
static bool line_switches_off(str text)
{
    static const char *const lines[] = {
        "sslverify=0",       "sslverify=false",       "sslverify = 0",
        "sslverify = false", "check_certificate=off", "check_certificate = off",
        "strict-ssl=false",  "Verify-Peer \"false\"", "Verify-Peer=false",
        "Verify-Host=false", "Verify-Host \"false\"", ":ssl_verify_mode: 0",
        "sslVerify=false"};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++)
        if (str_has_nocase(text, str_from(lines[i])))
            return true;
    return false;
}

static bool words_switch_off(const struct shell_command *command)
{
    bool curl = false;
    VEC_EACH(struct shell_redirect, redirect, command->redirects) {
        curl = curl || str_has(redirect->target.raw, STR("curlrc"));
        if (line_switches_off(redirect->heredoc))
            return true;
    }
    if (!STR_IN(command->name, "echo", "printf", "sed", "git", "apt-get", "apt"))
        return false;
    VEC_EACH(struct shell_word, word, command->argv) {
        str text = word->known ? word->value : word->raw;
        if (line_switches_off(text) || (curl && str_eq(text, STR("insecure"))))
            return true;
    }
    return false;
}

static void check_tls_command(const struct facts *facts, struct rule_sink *sink,
                              const struct step_facts *step, const struct shell_command *command)
{
    (void)facts;
    (void)step;
    span at;
    if (asks_here(command))
        return;
    for (size_t i = 0; i < ARRAY_COUNT(tls_switches); i++)
        if (switch_is_used(command, &tls_switches[i], &at)) {
            found(sink, at, "'%s' takes whatever answers: the certificate is not checked",
                  tls_switches[i].option);
            remove_option(sink, &tls_switches[i], at);
            return;
        }
    if (setting_is_off(command, source_text(sink->source, command->at)) ||
        words_switch_off(command))
        found(sink, command->at, "this switches the check of certificates off");
}

static void report_env(struct rule_sink *sink, str name, str value, span at)
{
    if (env_switches_off(name, value))
        found(sink, at, "%.*s switches the check of certificates off", STR_ARG(name));
}

static void check_tls_env(const struct facts *facts, struct rule_sink *sink,
                          const struct step_facts *step)
{
    (void)facts;
    const struct instruction *at = step->instruction;
    if (at->kind == INSTRUCTION_ENV || at->kind == INSTRUCTION_ARG)
        VEC_EACH(struct pair, pair, at->pairs) {
            if (pair->has_value)
                report_env(sink, pair->name, pair->value, pair->at);
        }
    for (uint32_t i = 0; i < step->command_count; i++) {
        const struct shell_command *command = &step->commands[i];
        VEC_EACH(struct shell_assign, assign, command->assigns) {
            report_env(sink, assign->name, assign->value.value, assign->at);
        }
        for (uint32_t k = 1; str_eq(command->name, STR("export")) && k < command->argv.count; k++) {
            str word = command->argv.at[k].value;
            size_t equals = str_find_char(word, '=');
            if (equals != STR_MISSING)
                report_env(sink, str_slice(word, 0, equals), str_from_index(word, equals + 1),
                           command->argv.at[k].at);
        }
    }
}

static void check_tls(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_tls_command);
    each_step(facts, sink, INSTRUCTION_COUNT, check_tls_env);
}

/* -- signatures ------------------------------------------------------------------------------ */

static void check_unsigned_command(const struct facts *facts, struct rule_sink *sink,
                                   const struct step_facts *step,
                                   const struct shell_command *command)
{
    (void)facts;
    (void)step;
    span at;
    if (str_eq(command->name, STR("apk")) && !shell_is(command, "apk", "add"))
        return; /* apk index installs nothing */
    for (size_t i = 0; i < ARRAY_COUNT(unsigned_switches); i++)
        if (switch_is_used(command, &unsigned_switches[i], &at)) {
            found(sink, at, "'%s' installs packages that nobody signed",
                  unsigned_switches[i].option);
            remove_option(sink, &unsigned_switches[i], at);
            return;
        }
    VEC_EACH(struct shell_word, word, command->argv) {
        bool local = str_has(word->raw, STR(" file:"));
        bool trusted = (str_has(word->raw, STR("trusted=yes")) && !local) ||
                       str_eq(word->value, STR("gpgcheck=0"));
        if (trusted) {
            found(sink, word->at, "packages of this repository are taken unsigned");
            return;
        }
    }
}

static void check_unsigned(const struct facts *facts, struct rule_sink *sink)
{
    each_run_command(facts, sink, check_unsigned_command);
}

RULE_FAMILY(
    security_checks,
    {.name = "security/tls-off",
     .aka = "checkov:CKV2_DOCKER_2 checkov:CKV2_DOCKER_3 checkov:CKV2_DOCKER_4 "
            "checkov:CKV2_DOCKER_5 checkov:CKV2_DOCKER_6 checkov:CKV2_DOCKER_7 "
            "checkov:CKV2_DOCKER_12 checkov:CKV2_DOCKER_13 checkov:CKV2_DOCKER_14 "
            "checkov:CKV2_DOCKER_15 checkov:CKV2_DOCKER_16",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = NULL,
     .what = "a download, or the whole image, does not check TLS certificates",
     .why = "anybody on the way can put something else into the image; as ENV it also holds for "
            "what runs in production",
     .how = "remove the switch; add the missing CA certificate to the image instead",
     .source = "checkov CKV2_DOCKER_2 to 7 and 12 to 16",
     .dockerfile = check_tls},
    {.name = "security/unsigned-packages",
     .aka = "checkov:CKV2_DOCKER_8 checkov:CKV2_DOCKER_9 checkov:CKV2_DOCKER_10 "
            "checkov:CKV2_DOCKER_11",
     .severity = SEVERITY_WARNING,
     .fix = FIX_PROOF,
     .since = "0.1",
     .guide = NULL,
     .what = "packages are installed without their signatures being checked",
     .why = "a mirror or a proxy can put any package into the image",
     .how = "remove the switch and install the repository's key",
     .source = "checkov CKV2_DOCKER_8 to 11",
     .dockerfile = check_unsigned});
