#include "cli/cli.h"

/*
 * The verbs that people bring with them from other tools, and what they are here. A verb works as
 * soon as the command it names exists; until then it is answered with that name (run.c).
 */

const struct alias aliases[] = {
    {"hadolint", "check"},
    {"lint", "check"},
    {"trivy config", "check"},
    {"trivy conf", "check"},
    {"config", "check"},
    {"build --check", "check"},
    {"buildx build --check", "check"},
    {"image build --check", "check"},
    {"rules", "explain"},
    {"completions", "completion"},
    {"builder build", "build"},
    {"buildx build", "build"},
    {"buildx b", "build"},
    {"image build", "build"},
    {"buildx prune", "cache prune"},
    {"builder prune", "cache prune"},
    {"buildx du", "cache ls"},
    {"buildx history", "history"},
    {"pull", "image pull"},
    {"push", "image push"},
    {"load", "image load"},
    {"save", "image save"},
    {"tag", "image tag"},
    {"rmi", "image rm"},
    {"images", "image ls"},
    {"inspect", "image inspect"},
    {"image history", "history"},
    {"image import", "image load"},
    {"container run", "run"},
    {"container ls", "ps"},
    {"container logs", "logs"},
    {"container exec", "exec"},
    {"container stop", "stop"},
    {"container rm", "rm"},
    {"scout cves", "scan image"},
    {"scout quickview", "scan image"},
    {"scout qv", "scan image"},
    {"scout recommendations", "optimize"},
    {"scout compare", "diff"},
    {"scout sbom", "sbom"},
    {"scout", "scan image"},
    {"trivy image", "scan image"},
    {"trivy fs", "scan fs"},
    {"trivy filesystem", "scan fs"},
    {"trivy rootfs", "scan fs"},
    {"trivy repo", "scan fs"},
    {"trivy sbom", "scan sbom"},
    {"trivy", "scan image"},
    {"grype db", "db"},
    {"grype", "scan image"},
    {"syft", "sbom"},
    {"snyk container test", "scan image"},
    {"snyk container monitor", "scan image"},
    {"snyk", "scan image"},
    {"container test", "scan image"},
    {"dockle", "scan image"},
    {"dive", "analyze"},
    {"container-diff", "diff"},
    {"slim build", "optimize"},
    {"slim xray", "analyze"},
    {"slim profile", "harden"},
    {"slim lint", "check"},
    {"slim", "optimize"},
    {"docker-slim", "optimize"},
    {"xray", "analyze"},
    {"build", "build"},
    {"image", "image"},
    {"history", "history"},
    {"analyze", "analyze"},
    {"diff", "diff"},
    {"sbom", "sbom"},
    {"scan", "scan"},
    {"db", "db"},
    {"run", "run"},
    {"harden", "harden"},
    {"optimize", "optimize"},
    {"verify", "verify"},
    {"init", "init"},
    {"ci", "ci"},
    {"cache", "cache"},
    {"ps", "ps"},
    {"logs", "logs"},
    {"exec", "exec"},
    {"stop", "stop"},
    {"rm", "rm"},
    {"doctor", "doctor"},
};
const size_t alias_count = ARRAY_COUNT(aliases);

/* How many words of the alias stand in front of the command line; 0 when they do not all. */
static size_t match_words(const char *alias, const str *words, size_t count)
{
    str rest = str_from(alias), word;
    size_t used = 0;
    while (str_next_word(&rest, &word)) {
        if (used >= count || !str_eq(words[used], word))
            return 0;
        used++;
    }
    return used;
}

const struct alias *alias_find(const str *words, size_t count, size_t *out_used)
{
    const struct alias *best = NULL;
    *out_used = 0;
    for (size_t i = 0; i < alias_count; i++) {
        size_t used = match_words(aliases[i].words, words, count);
        if (used > *out_used) {
            *out_used = used;
            best = &aliases[i];
        }
    }
    return best;
}

static const struct {
    const char *theirs, *ours;
} foreign[] = {
    {"failure-threshold", "'--fail-on error|warning|note|none'"},
    {"no-fail", "'--fail-on none'"},
    {"exit-code", "'--fail-on': findings at or above it end with status 1"},
    {"severity", "'--fail-on', or '--severity-override RULE=LEVEL' for one rule"},
    {"error", "'--severity-override RULE=error'"},
    {"warning", "'--severity-override RULE=warning'"},
    {"info", "'--severity-override RULE=note'"},
    {"style", "'--severity-override RULE=note'"},
    {"trusted-registry", "'trusted-registries' in .plimsoll.yaml"},
    {"require-label", "'labels' in .plimsoll.yaml"},
    {"strict-labels", "'labels' in .plimsoll.yaml"},
    {"disable-ignore-pragma", "'--no-inline'"},
    {"verbose", "not needed: messages are whole"},
    {"file-path-in-report", "'--stdin-filename PATH'"},
    {"skip-dirs", "not needed: name the paths that are to be checked"},
    {"skip-files", "not needed: name the paths that are to be checked"},
    {"file", "an argument: 'plimsoll check FILE'"},
    {"no-color", "'--color never'"},
    {"nofail", "'--fail-on none'"},
    {"outfile", "'--output FILE'"},
    {"output-file", "'--output FILE'"},
    {"template", "'--format': the list of formats is fixed"},
    {"write", "'plimsoll fix', which writes unless '--diff' is given"},
};

const char *foreign_option(str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(foreign); i++)
        if (str_eq(str_from(foreign[i].theirs), name))
            return foreign[i].ours;
    return NULL;
}

static const struct {
    const char *theirs, *ours;
} foreign_words[] = {
    {"tty", "human"},      {"table", "human"},        {"text", "human"},
    {"gnu", "line"},       {"codeclimate", "gitlab"}, {"gitlab_codeclimate", "gitlab"},
    {"actions", "github"}, {"info", "note"},          {"style", "note"},
    {"ignore", "none"},    {"critical", "error"},     {"high", "error"},
    {"medium", "warning"}, {"low", "note"},
};

const char *foreign_word(str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(foreign_words); i++)
        if (str_eq_nocase(str_from(foreign_words[i].theirs), word))
            return foreign_words[i].ours;
    return NULL;
}
