#include "cli/cli.h"

/*
 * Words of other tools that have no counterpart here. Each is answered with the command that comes
 * nearest: somebody who types it from habit learns where to go on. What has a counterpart is an
 * alias (aliases.c).
 */

#define ENGINE   "a running container is the engine's; 'plimsoll help' lists what works on files"
#define SERVICES "'plimsoll check' judges compose files, and starts no services"
#define CLUSTER  "'plimsoll check' judges manifests, and talks to no cluster"
#define REGISTRY "'plimsoll check' and 'plimsoll fix' need no registry, and no login"
#define SOURCES  "'plimsoll check' judges container files, not the program in them"
#define ACCOUNT  "'plimsoll check' works without an account or a service"
#define INSIDE   "'plimsoll check' is one program, without plugins or a server"

static const struct foreign_verb verbs[] = {
    /* docker, podman, nerdctl */
    {"attach", ENGINE},
    {"create", ENGINE},
    {"events", ENGINE},
    {"kill", ENGINE},
    {"pause", ENGINE},
    {"port", ENGINE},
    {"rename", ENGINE},
    {"restart", ENGINE},
    {"start", ENGINE},
    {"stats", ENGINE},
    {"top", ENGINE},
    {"unpause", ENGINE},
    {"update", ENGINE},
    {"wait", ENGINE},
    {"container", ENGINE},
    {"debug", ENGINE},
    {"cp", "'plimsoll context' shows what a build copies, and what it need not"},
    {"commit", "'plimsoll check' judges the Dockerfile that an image should come from"},
    {"export", "'plimsoll help' lists what works on files; images come with a later version"},
    {"import", "'plimsoll help' lists what works on files; images come with a later version"},
    {"manifest", "'plimsoll help' lists what works on files; images come with a later version"},
    {"compose", SERVICES},
    {"stack", SERVICES},
    {"service", SERVICES},
    {"swarm", SERVICES},
    {"node", SERVICES},
    {"network", "'plimsoll check' tells which services share the host's network"},
    {"volume", "'plimsoll check' tells which volumes reach the host"},
    {"secret", "'plimsoll check --select secrets' tells where a build leaks them"},
    {"login", REGISTRY},
    {"logout", REGISTRY},
    {"search", "'plimsoll explain base' lists the base images that are known"},
    {"info", "'plimsoll version' tells the version; no engine is asked"},
    {"system", "'plimsoll version' tells the version; no engine is asked"},
    {"plugin", INSIDE},
    {"trust", "'plimsoll check --select base' judges where base images come from"},
    {"builder", "'plimsoll check' judges what is built; builders are the engine's"},
    {"buildx", "'plimsoll check' judges what is built; builders are the engine's"},
    {"buildx bake", "'plimsoll check' reads the builds that scripts and CI files call"},
    {"buildx imagetools", "'plimsoll help' lists what works on files"},
    {"buildx create", "'plimsoll check' judges what is built; builders are the engine's"},
    {"scout policy", "'plimsoll check --fail-on' is the gate, '.plimsoll.yaml' the policy"},
    {"scout attestation", "'plimsoll help' lists what works on files"},
    {"scout environment", ACCOUNT},
    {"scout enroll", ACCOUNT},
    {"scout integration", ACCOUNT},
    /* trivy */
    {"trivy kubernetes", CLUSTER},
    {"trivy k8s", CLUSTER},
    {"trivy aws", "'plimsoll check' judges container files, and asks no cloud"},
    {"trivy vm", "'plimsoll check' judges container files, not disks"},
    {"trivy plugin", INSIDE},
    {"trivy module", INSIDE},
    {"trivy server", INSIDE},
    {"trivy client", INSIDE},
    {"trivy registry", REGISTRY},
    {"trivy convert", "'plimsoll check --format' writes each format from the start"},
    {"trivy clean", "'plimsoll check' keeps no cache"},
    {"trivy vex", "'plimsoll check --baseline' leaves out what is known"},
    /* grype, syft, dive, slim */
    {"grype explain", "'plimsoll explain RULE' tells what a finding is about"},
    {"syft convert", "'plimsoll check --format' writes each format from the start"},
    {"slim registry", REGISTRY},
    {"slim run", ENGINE},
    /* snyk */
    {"snyk code", SOURCES},
    {"snyk test", SOURCES},
    {"snyk fix", "'plimsoll fix' mends container files, not the program in them"},
    {"snyk monitor", ACCOUNT},
    {"snyk auth", ACCOUNT},
    {"snyk config",
     "'.plimsoll.yaml' is the configuration; 'plimsoll check --config FILE' names it"},
    {"snyk ignore", "'plimsoll check --ignore RULE', or a comment '# plimsoll: ignore=RULE'"},
    {"snyk policy", "'.plimsoll.yaml' is the policy; 'plimsoll check --config FILE' names it"},
    {"snyk log4shell", SOURCES},
};

const struct foreign_verb *foreign_verb_find(const str *words, size_t count, size_t *out_used)
{
    const struct foreign_verb *best = NULL;
    *out_used = 0;
    for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
        size_t used = words_match(verbs[i].theirs, words, count);
        if (used > *out_used) {
            *out_used = used;
            best = &verbs[i];
        }
    }
    return best;
}

#define IMAGES_ONLY "not needed: 'plimsoll check' reads files, and builds or scans nothing"
#define GATE        "'--fail-on error|warning|note|none'"
#define SEEN        "not needed: name the paths that are to be checked"

static const struct {
    const char *theirs, *ours;
} options[] = {
    /* hadolint */
    {"failure-threshold", GATE},
    {"no-fail", "'--fail-on none'"},
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
    {"no-color", "'--color never'"},
    {"nofail", "'--fail-on none'"},
    /* docker build --check */
    {"file", "an argument: 'plimsoll check FILE'"},
    {"build-arg", "not needed: what only the build knows is left open"},
    {"build-context", "not needed: a named context is no error"},
    {"cache-from", IMAGES_ONLY},
    {"cache-to", IMAGES_ONLY},
    {"iidfile", IMAGES_ONLY},
    {"label", IMAGES_ONLY},
    {"load", IMAGES_ONLY},
    {"metadata-file", IMAGES_ONLY},
    {"no-cache", IMAGES_ONLY},
    {"platform", IMAGES_ONLY},
    {"provenance", IMAGES_ONLY},
    {"pull", IMAGES_ONLY},
    {"push", IMAGES_ONLY},
    {"sbom", IMAGES_ONLY},
    {"secret", IMAGES_ONLY},
    {"ssh", IMAGES_ONLY},
    {"tag", IMAGES_ONLY},
    {"call", "'--format buildkit', which prints what --call=check does"},
    {"check", "'plimsoll check' itself"},
    /* trivy */
    {"exit-code", "'--fail-on': findings at or above it end with status 1"},
    {"severity", "'--fail-on', or '--severity-override RULE=LEVEL' for one rule"},
    {"skip-dirs", SEEN},
    {"skip-files", SEEN},
    {"file-patterns", SEEN},
    {"ignorefile", "'--ignore RULE', 'ignore' in .plimsoll.yaml, or '--baseline FILE'"},
    {"ignore-policy", "'--ignore RULE', 'ignore' in .plimsoll.yaml, or '--baseline FILE'"},
    {"config-check", "'--select RULE'; the rules are built in"},
    {"config-policy", "'--select RULE'; the rules are built in"},
    {"misconfig-scanners", "'--select GROUP'"},
    {"scanners", "'--select GROUP'"},
    {"ignore-unfixed", IMAGES_ONLY},
    {"offline-scan", "not needed: nothing is fetched"},
    {"skip-db-update", "not needed: there is no database"},
    {"skip-check-update", "not needed: the rules are built in"},
    {"cache-dir", "not needed: no cache is kept"},
    {"template", "'--format': the list of formats is fixed"},
    {"outfile", "'--output FILE'"},
    {"output-file", "'--output FILE'"},
    {"write", "'plimsoll fix', which writes unless '--diff' is given"},
    /* dive */
    {"ci", "not needed: 'plimsoll check' ends with status 1 when '--fail-on' is met"},
    {"ci-config", "'--config FILE'"},
    {"json", "'--format json'"},
    {"source", IMAGES_ONLY},
    {"lowestEfficiency", GATE},
    {"highestWastedBytes", GATE},
    {"highestUserWastedPercent", GATE},
    {"ignore-errors", "'--fail-on none'"},
    /* grype */
    {"only-fixed", IMAGES_ONLY},
    {"by-cve", IMAGES_ONLY},
    {"distro", IMAGES_ONLY},
    {"scope", IMAGES_ONLY},
    {"vex", "'--baseline FILE'"},
    {"show-suppressed", "'--no-inline', which lets no comment take a finding away"},
    /* snyk */
    {"severity-threshold", GATE},
    {"exclude-base-image-vulns", IMAGES_ONLY},
    {"app-vulns", IMAGES_ONLY},
    {"exclude-app-vulns", IMAGES_ONLY},
    {"sarif", "'--format sarif'"},
    {"json-file-output", "'--format json --output FILE'"},
    {"sarif-file-output", "'--format sarif --output FILE'"},
    {"policy-path", "'--config FILE'"},
    {"all-projects", "not needed: a directory is walked whole"},
    {"detection-depth", "not needed: a directory is walked whole"},
    {"org", "not needed: there is no account"},
};

const char *foreign_option(str name)
{
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if (str_eq(str_from(options[i].theirs), name))
            return options[i].ours;
    return NULL;
}

static const struct {
    const char *theirs, *ours;
} words_of_others[] = {
    {"tty", "human"},      {"table", "human"},        {"text", "human"},
    {"gnu", "line"},       {"codeclimate", "gitlab"}, {"gitlab_codeclimate", "gitlab"},
    {"actions", "github"}, {"info", "note"},          {"style", "note"},
    {"ignore", "none"},    {"critical", "error"},     {"high", "error"},
    {"medium", "warning"}, {"low", "note"},
};

const char *foreign_word(str word)
{
    for (size_t i = 0; i < ARRAY_COUNT(words_of_others); i++)
        if (str_eq_nocase(str_from(words_of_others[i].theirs), word))
            return words_of_others[i].ours;
    return NULL;
}
